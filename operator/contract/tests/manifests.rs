//! What each kind writes into a cluster: snapshots for people, and rules that no plan or order may break.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use contract::kinds::context::{LABEL_BOOKING, LABEL_COST_CENTRE, SecretsBinding};
use contract::kinds::postgresql::backups::BackupStore;
use contract::kinds::shared_service::next::{Call, Step, next};
use contract::kinds::shared_service::requests::request;
use contract::kinds::shared_service::state::{Offer, Standing};
use contract::kinds::shared_service::{Order, Plan, Service, Wish};
use contract::kinds::virtual_machine::start::HostKey;
use contract::kinds::{Effects, Kind, Site};
use contract::{Desired, Exposure, ExposureClass, Meter, OrganisationRef, Power, Restore, Wanted};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Made for this test; its private half was thrown away.
const SSH_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrnd+xf8UZOGBRVihBryHMwCp1w8a6tvRXOgSfo/gB9 jana@rathaus";

fn site() -> Site {
    Site {
        postgresql_images: BTreeMap::from([(15, "registry.example/postgresql:15.14".to_owned())]),
        machine_images: BTreeMap::from([(
            "debian-12".to_owned(),
            "docker://registry.example/disks/debian:12".to_owned(),
        )]),
        domain: Some("nord.provider.example".to_owned()),
        brokers: vec!["efa".to_owned()],
        engine_namespace: "cnpg-system".to_owned(),
        api_servers: vec![("192.0.2.10".to_owned(), 6443)],
        pod_security_version: "v1.33".to_owned(),
        namespace_sizes: BTreeMap::from([(Meter::Vcpu, 500), (Meter::Memory, 512), (Meter::Storage, 2048)]),
        namespace_bookings: 1,
        ..Site::default()
    }
}

/// Kinds of which anything is in a cluster.
fn in_clusters() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|kind| !kind.by_people())
}

fn desired(kind: Kind) -> Desired {
    let (plan, order) = match kind {
        Kind::Postgresql => (
            json!({"vcpu_milli": 500, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 10, "versions": [15]}),
            json!({"database": "fachverfahren", "version": 15, "storage_gib": 2, "allowed_networks": ["192.0.2.0/24"]}),
        ),
        Kind::Application => (
            json!({
                "image": "registry.example/austausch:1.0", "port": 8080, "vcpu_milli": 200, "memory_mib": 128,
                "storage_gib": 1, "health_path": "/healthz", "environment": {"LANGUAGE": "de"},
                "first_admin": {"email_env": "ADMIN_USER", "password_env": "ADMIN_PASSWORD", "url_env": "PUBLIC_URL"},
                "counters": [{"meter": "users", "path": "/metrics", "series": "users_total"}]
            }),
            json!({"label": "austausch", "admin_email": "admin@musterstadt.example"}),
        ),
        Kind::VirtualMachine => (
            json!({
                "vcpu_milli": 2000, "memory_mib": 4096, "storage_gib_min": 10, "storage_gib_max": 100,
                "systems": [{"code": "debian-12", "title": "Debian 12"}, {"code": "ubuntu-24-04", "title": "Ubuntu 24.04"}]
            }),
            json!({
                "hostname": "fachverfahren", "system": "debian-12", "storage_gib": 20, "ssh_keys": [SSH_KEY],
                "allowed_networks": ["192.0.2.0/24"]
            }),
        ),
        Kind::SharedService => (
            json!({
                "broker": "efa", "service_id": "aufenthalt", "plan_id": "klein", "parameters": {"stage": "produktion"},
                "fields": [{"name": "ags", "title": "Amtlicher Gemeindeschlüssel", "description": "Acht Ziffern",
                            "input": "text", "max_length": 8},
                           {"name": "offices", "title": "Standorte", "description": "Zahl der Ausländerbehörden",
                            "input": "number", "minimum": 1, "maximum": 20, "optional": true}]
            }),
            json!({"tenant": "Musterstadt", "admin_email": "admin@musterstadt.example", "ags": "01234567"}),
        ),
        Kind::Manual => (
            json!({"includes": "Betrieb und Betreuung", "counts": ["cases"]}),
            json!({"contact": "Amt für Digitalisierung, 0361 000001", "note": ""}),
        ),
    };
    Desired {
        booking: Uuid::parse_str("01935d2e-7c1a-7e3b-8f00-0123456789ab").unwrap(),
        generation: 1,
        wanted: Wanted::Present,
        power: Power::On,
        kind,
        plan,
        order,
        organisation: OrganisationRef {
            id: Uuid::parse_str("01935d2e-0000-7000-8000-00000000abcd").unwrap(),
            slug: "musterstadt".to_owned(),
        },
        cost_centre: "4711 / Süd".to_owned(),
        title: "Probe".to_owned(),
        wished_start: None,
        exposure: Exposure {
            class: ExposureClass::ProviderNetwork,
            host: None,
            allowed_networks: Vec::new(),
        },
        restore: None,
    }
}

fn with_networks(mut desired: Desired) -> Desired {
    desired.exposure.allowed_networks = desired.kind.allowed_networks(&desired.order);
    desired
}

fn effects(site: &Site, desired: &Desired) -> Effects {
    desired.kind.effects(site, desired).unwrap()
}

#[test]
fn postgresql() {
    let effects = effects(&site(), &with_networks(desired(Kind::Postgresql)));
    insta::assert_json_snapshot!("postgresql", effects.manifests);
}

/// Everything that a plan can ask for, at a location that has it.
fn full() -> (Site, Desired) {
    let mut desired = with_networks(desired(Kind::Postgresql));
    desired.plan = json!({
        "vcpu_milli": 500, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 10, "versions": [15, 16, 17],
        "instances": 3, "extensions": ["pgcrypto", "pg_trgm", "postgis"], "connections": 150, "backup_days": 14
    });
    let order = desired.order.as_object_mut().unwrap();
    order.insert("extensions".to_owned(), json!(["pgcrypto", "pg_trgm"]));
    let site = Site {
        postgresql_extensions: vec!["*".to_owned()],
        backup_store: Some(BackupStore {
            destination: "s3://sicherungen/datenbanken".to_owned(),
            endpoint: Some("https://objekte.provider.example:9000".to_owned()),
            networks: vec!["198.51.100.0/28".to_owned()],
            port: 9000,
        }),
        ..site()
    };
    (site, desired)
}

#[test]
fn postgresql_with_standbys_extensions_and_backups() {
    let (site, desired) = full();
    let effects = effects(&site, &desired);
    insta::assert_json_snapshot!("postgresql_full", effects.manifests);
    let drawn: Vec<String> = effects.generated_secrets.iter().map(|secret| secret.name.clone()).collect();
    assert_eq!(Kind::Postgresql.drawn_secrets(&desired), drawn);
    let secret = effects.generated_secrets.first().unwrap();
    assert!(secret.fixed.is_empty() && secret.random.is_empty(), "the key comes from the operator alone");
    let restored = Desired {
        restore: Some(Restore {
            number: 1,
            from: 0,
            at: "2026-11-30T09:30:00Z".parse().unwrap(),
            keep_before: true,
        }),
        ..desired.clone()
    };
    let both = self::effects(&site, &restored);
    let clusters: Vec<&Value> = both.manifests.iter().filter(|made| made["kind"] == "Cluster").collect();
    assert_eq!(clusters.len(), 2);
    insta::assert_json_snapshot!("postgresql_restored", clusters[1]["spec"]);
    let missing = Site { backup_store: None, ..site };
    let refused = Kind::Postgresql.effects(&missing, &desired).unwrap_err();
    assert_eq!(refused.first().map(|it| it.code.as_str()), Some("backup-unavailable"));
}

/// The requests of a whole life, one after the other.
#[test]
fn shared_service() {
    let mut desired = desired(Kind::SharedService);
    let plan: Plan = serde_json::from_value(desired.plan.clone()).unwrap();
    let order: Order = serde_json::from_value(desired.order.clone()).unwrap();
    let wish = Wish::new(&desired, &plan, &order);
    let mut service = Service { broker: "efa".to_owned(), ..Service::default() };
    let mut told = Vec::new();
    let mut tell = |desired: &Desired, service: &Service, call| {
        let it = request(call, desired, service, "nord.provider.example").unwrap();
        told.push(json!({"call": format!("{} {}", it.method, it.path), "query": it.query, "body": it.body}));
    };
    let begin = |service: &Service, wish: &Wish| match next(wish, service, None, Timestamp::UNIX_EPOCH) {
        Step::Note(noted) => *noted,
        other => panic!("{other:?}"),
    };
    tell(&desired, &service, Call::Catalogue);
    service.offer = Some(Offer {
        service_id: "aufenthalt".to_owned(),
        plan_id: "klein".to_owned(),
        bindable: true,
        updateable: true,
        rotatable: false,
        longest_seconds: None,
        maintenance_version: Some("2.1.0".to_owned()),
    });
    service = begin(&service, &wish);
    tell(&desired, &service, Call::Send);
    service.operation.as_mut().unwrap().token = Some("Schritt 1 & 2".to_owned());
    tell(&desired, &service, Call::Poll);
    service.instance = Standing::Present;
    service.operation = None;
    service = begin(&service, &wish);
    tell(&desired, &service, Call::Send);
    tell(&desired, &service, Call::Fetch);
    service.binding = Standing::Present;
    service.operation = None;
    desired.plan["plan_id"] = json!("gross");
    desired.order = json!({"tenant": "Musterstadt", "admin_email": "neu@musterstadt.example", "offices": 3});
    let plan: Plan = serde_json::from_value(desired.plan.clone()).unwrap();
    let order: Order = serde_json::from_value(desired.order.clone()).unwrap();
    let wish = Wish::new(&desired, &plan, &order);
    service = begin(&service, &wish);
    tell(&desired, &service, Call::Send);
    service.operation = None;
    let absent = Wish { present: false, ..wish };
    service = begin(&service, &absent);
    tell(&desired, &service, Call::Send);
    service.binding = Standing::Absent;
    service.operation = None;
    service = begin(&service, &absent);
    tell(&desired, &service, Call::Send);
    insta::assert_json_snapshot!("shared_service", told);
}

#[test]
fn virtual_machine() {
    let effects = effects(&site(), &with_networks(desired(Kind::VirtualMachine)));
    insta::assert_json_snapshot!("virtual_machine", effects.manifests);
    insta::assert_json_snapshot!("virtual_machine_once", effects.once);
    let secret = &effects.generated_secrets[0];
    let key = HostKey { seed: [1; 32], public: [2; 32], check: 3 };
    let [(name, text), (public, _line)] = secret.config.as_ref().unwrap().entries(&key);
    assert_eq!((name.as_str(), public.as_str()), ("userdata", "host_key"));
    insta::assert_snapshot!("virtual_machine_userdata", text);
}

#[test]
fn a_machine_goes_where_the_provider_lets_it() {
    let find = |effects: &Effects| {
        let own = |made: &&Value| {
            made["kind"] == "NetworkPolicy" && made["metadata"]["labels"][LABEL_BOOKING].is_string()
        };
        effects.manifests.iter().find(own).cloned().unwrap()
    };
    let closed = find(&effects(&site(), &desired(Kind::VirtualMachine)));
    assert_eq!(closed["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
    assert!(closed["spec"].get("egress").is_none(), "nowhere, unless the provider says so");
    let open = Site { machine_networks: vec!["198.51.100.0/24".to_owned()], ..site() };
    let opened = find(&effects(&open, &desired(Kind::VirtualMachine)));
    assert_eq!(opened["spec"]["egress"], json!([{"to": [{"ipBlock": {"cidr": "198.51.100.0/24"}}]}]));
    let by_http = Site {
        machine_images: BTreeMap::from([(
            "debian-12".to_owned(),
            "https://images.example/debian.qcow2".to_owned(),
        )]),
        ..site()
    };
    let source = effects(&by_http, &desired(Kind::VirtualMachine)).once[0]["spec"]["source"].clone();
    assert_eq!(source, json!({"http": {"url": "https://images.example/debian.qcow2"}}));
    let refused = Kind::VirtualMachine
        .effects(&Site { machine_images: BTreeMap::new(), ..site() }, &desired(Kind::VirtualMachine))
        .unwrap_err();
    assert_eq!(refused[0].code, "system-unavailable");
}

/// The level of a namespace belongs to its class, so that one kind's exception is not another's.
#[test]
fn pod_security_as_table() {
    for (kind, level) in [
        (Kind::Postgresql, "restricted"),
        (Kind::Application, "restricted"),
        (Kind::VirtualMachine, "baseline"),
    ] {
        let made = effects(&site(), &desired(kind));
        assert_eq!(made.manifests[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], level);
        let quota = made.manifests.iter().find(|made| made["kind"] == "ResourceQuota").unwrap();
        let limited = quota["spec"]["hard"].get("limits.memory").is_some();
        assert_eq!(limited, kind != Kind::VirtualMachine, "an emulator's pod has no limit");
    }
}

#[test]
fn application_with_a_service_of_its_own() {
    let effects = effects(&site(), &desired(Kind::Application));
    insta::assert_json_snapshot!("application", effects.manifests);
    assert_eq!(effects.generated_secrets.len(), 1);
    assert_eq!(effects.generated_secrets[0].random, ["password"]);
}

#[test]
fn application_behind_an_ingress() {
    let find = |site: &Site| {
        let effects = effects(site, &desired(Kind::Application));
        effects.manifests.into_iter().find(|manifest| manifest["kind"] == "Ingress").unwrap()
    };
    let site = Site { ingress_class: Some("provider".to_owned()), ingress_tls: true, ..site() };
    insta::assert_json_snapshot!("application_ingress", find(&site)["spec"]);
    let issued = Site { ingress_tls: false, ingress_issuer: Some("behoerden".to_owned()), ..site };
    insta::assert_json_snapshot!("application_issued", find(&issued));
}

/// The application plan that uses everything, and an order that fills all of its fields.
fn full_application() -> Desired {
    let plans: Vec<Value> = serde_json::from_str(include_str!("walls/plans.json")).unwrap();
    let full =
        plans.iter().find(|entry| entry["kind"] == "application" && entry["plan"].get("ports").is_some());
    let mut desired = desired(Kind::Application);
    desired.plan = full.unwrap()["plan"].clone();
    let order = desired.order.as_object_mut().unwrap();
    let fields = json!({
        "greeting": "Guten Tag, $(ADMIN_PASSWORD)!", "largest_file_mb": 20, "language": "leicht", "guests": false
    });
    order.extend(fields.as_object().unwrap().clone());
    desired
}

#[test]
fn application_with_everything() {
    let desired = full_application();
    let effects = effects(&site(), &desired);
    let of_booking = |made: &&Value| made["metadata"]["labels"][LABEL_BOOKING].is_string();
    let own: Vec<&Value> = effects.manifests.iter().filter(of_booking).collect();
    insta::assert_json_snapshot!("application_full", own);
    let schema = desired.kind.order_schema(&desired.plan, &contract::Abilities::default()).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&desired.order), "{schema}");
    insta::assert_json_snapshot!("form_application_full", schema);
}

#[test]
fn an_allow_list_is_obeyed_by_whoever_sees_the_clients_address() {
    let mut desired = desired(Kind::Application);
    desired.exposure.allowed_networks = vec!["192.0.2.0/24".to_owned(), "198.51.100.0/24".to_owned()];
    let find = |effects: &Effects, kind: &str| {
        effects.manifests.iter().find(|manifest| manifest["kind"] == kind).cloned()
    };
    let plain = Site { ingress_class: Some("provider".to_owned()), ..site() };
    let made = effects(&plain, &desired);
    assert_eq!(find(&made, "Ingress"), None, "an Ingress that cannot be told is not used");
    let service = find(&made, "Service").unwrap();
    assert_eq!(service["spec"]["type"], "LoadBalancer");
    assert_eq!(service["spec"]["loadBalancerSourceRanges"], json!(["192.0.2.0/24", "198.51.100.0/24"]));

    let told = Site {
        ingress_tls: true,
        ingress_allow_annotation: Some("ingress.example/allow".to_owned()),
        ingress_namespace: Some("ingress".to_owned()),
        ..plain.clone()
    };
    let made = effects(&told, &desired);
    let ingress = find(&made, "Ingress").unwrap();
    assert_eq!(
        ingress["metadata"]["annotations"],
        json!({"ingress.example/allow": "192.0.2.0/24,198.51.100.0/24"})
    );
    assert_eq!(find(&made, "Service").unwrap()["spec"]["type"], "ClusterIP");
    let policies: Vec<_> = made.manifests.iter().filter(|made| made["kind"] == "NetworkPolicy").collect();
    let own = policies.iter().find(|made| made["metadata"]["labels"][LABEL_BOOKING].is_string()).unwrap();
    let from = own["spec"]["ingress"][0]["from"].as_array().unwrap();
    assert!(from.iter().any(|peer| peer["namespaceSelector"].is_object()), "the controller is let in");
    assert!(from.iter().all(|peer| peer["ipBlock"]["cidr"] != "0.0.0.0/0"), "nobody passes it by: {from:?}");

    let encrypted_only = Site { ingress_tls: true, ..plain };
    let refused = desired.kind.effects(&encrypted_only, &desired).unwrap_err();
    assert_eq!(refused[0].code, "networks-unsupported", "encryption is not given up in silence");
}

#[test]
fn forms() {
    let abilities = contract::Abilities {
        postgresql_versions: vec![contract::PostgresqlVersion { major: 15, full: "15.14".to_owned() }],
        application_networks: true,
        ..contract::Abilities::default()
    };
    for kind in Kind::ALL {
        let desired = desired(kind);
        let schema = kind.order_schema(&desired.plan, &abilities).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(validator.is_valid(&desired.order), "{}", kind.code());
        for (name, property) in schema["properties"].as_object().unwrap() {
            assert!(property["title"].is_string(), "{} {name} has no title", kind.code());
            assert!(property["description"].is_string(), "{} {name} has no description", kind.code());
        }
        insta::assert_json_snapshot!(format!("form_{}", kind.code()), schema);
    }
}

#[test]
fn a_location_that_cannot_restrict_does_not_ask() {
    let application = desired(Kind::Application);
    let schema = Kind::Application.order_schema(&application.plan, &contract::Abilities::default()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut order = application.order.clone();
    assert!(validator.is_valid(&order));
    order["allowed_networks"] = json!(["192.0.2.0/24"]);
    assert!(!validator.is_valid(&order));
}

#[test]
fn names_and_labels_are_a_function_of_the_booking() {
    for kind in in_clusters() {
        let desired = desired(kind);
        let one = effects(&site(), &desired);
        assert_eq!(one, effects(&site(), &desired));
        let main = kind.object_name(desired.booking);
        for manifest in one.manifests.iter().chain(&one.once) {
            let labels = &manifest["metadata"]["labels"];
            assert!(labels["app.kubernetes.io/managed-by"].is_string(), "{manifest}");
            if labels[LABEL_BOOKING].is_string() {
                assert!(manifest["metadata"]["name"].as_str().unwrap().starts_with(&main));
                assert_eq!(labels[LABEL_COST_CENTRE], "4711___S_d");
            }
            assert!(manifest["metadata"].get("ownerReferences").is_none(), "{manifest}");
            if manifest["kind"] != "Namespace" {
                assert_eq!(manifest["metadata"]["namespace"], one.namespace, "{manifest}");
            }
        }
    }
}

#[test]
fn what_is_drawn_is_known_by_name() {
    for kind in in_clusters() {
        let desired = desired(kind);
        let drawn: Vec<String> =
            effects(&site(), &desired).generated_secrets.into_iter().map(|secret| secret.name).collect();
        assert_eq!(kind.drawn_secrets(&desired), drawn, "{}", kind.code());
    }
}

#[test]
fn nothing_in_a_manifest_is_null() {
    fn check(value: &Value, path: &str) {
        match value {
            Value::Null => panic!("{path} is null: an apply would claim the field"),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, item)| check(item, &format!("{path}/{i}")))
            }
            Value::Object(map) => map.iter().for_each(|(key, item)| check(item, &format!("{path}/{key}"))),
            _ => {}
        }
    }
    for kind in in_clusters() {
        let made = effects(&site(), &desired(kind));
        for manifest in made.manifests.iter().chain(&made.once) {
            check(manifest, kind.code());
        }
    }
}

#[test]
fn the_secrets_role_is_bound_before_it_is_needed() {
    let binding = SecretsBinding {
        cluster_role: "operator-secrets".to_owned(),
        service_account: "operator".to_owned(),
        namespace: "wolkenamt-system".to_owned(),
    };
    let site = Site { secrets_binding: Some(binding), ..site() };
    let kinds: Vec<Value> = effects(&site, &desired(Kind::Application))
        .manifests
        .iter()
        .map(|manifest| manifest["kind"].clone())
        .collect();
    let position = |kind: &str| kinds.iter().position(|found| found == kind).unwrap();
    assert_eq!(position("Namespace"), 0);
    assert!(position("RoleBinding") < position("Deployment"));
}
