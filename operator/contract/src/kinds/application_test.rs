use super::*;
use crate::kinds::fields::{Field, Input};
use crate::{Exposure, ExposureClass, Kind, OrganisationRef, Power, Wanted};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

fn plan() -> Plan {
    Plan {
        image: "registry.example/austausch:1.0".to_owned(),
        port: 8080,
        ports: Vec::new(),
        vcpu_milli: 200,
        memory_mib: 128,
        storage_gib: 1,
        data_path: data(),
        volumes: Vec::new(),
        health_path: "/healthz".to_owned(),
        live_path: None,
        run_as_user: nonroot(),
        environment: BTreeMap::new(),
        fields: Vec::new(),
        secrets: Vec::new(),
        first_admin: None,
        counters: vec![Counter {
            meter: Meter::Users,
            path: "/metrics".to_owned(),
            series: "users_total".to_owned(),
            epoch_series: None,
        }],
        exposures: exposure::usual(),
    }
}

#[test]
fn orders_as_table() {
    let cases = [
        ("austausch", "a@b.example", None),
        ("a", "a@b.example", None),
        ("1a", "a@b.example", Some("/label")),
        ("a-", "a@b.example", Some("/label")),
        ("", "a@b.example", Some("/label")),
        ("austausch", "a@b", Some("/admin_email")),
        ("austausch", "a b@c.example", Some("/admin_email")),
    ];
    for (label, mail, expected) in cases {
        let order = Order { label: label.to_owned(), admin_email: mail.to_owned(), ..order(json!({})) };
        let findings = check(&plan(), &order);
        assert_eq!(findings.first().map(|finding| finding.pointer.as_str()), expected, "{label} {mail}");
    }
}

#[test]
fn plans_as_table() {
    assert_eq!(check_plan(&plan()), Vec::new());
    for image in ["austausch", "registry.example:5000/austausch", "austausch:latest"] {
        let bad = Plan { image: image.to_owned(), ..plan() };
        assert_eq!(
            check_plan(&bad).first().map(|finding| finding.code.as_str()),
            Some("no-version"),
            "{image}"
        );
    }
    let mut bad = plan();
    bad.counters[0].meter = Meter::Vcpu;
    assert_eq!(check_plan(&bad)[0].pointer, "/counters/0/meter");
}

#[test]
fn a_smaller_volume_is_no_change() {
    let plan = |storage: i64| json!({"image": "localhost/app:1", "port": 8080, "vcpu_milli": 100, "memory_mib": 128, "health_path": "/", "storage_gib": storage});
    let order = json!({"label": "auskunft", "admin_email": "it@example.org"});
    let found = |after: i64| Kind::Application.check_change((&plan(5), &order), (&plan(after), &order));
    assert_eq!(found(5), []);
    assert_eq!(found(9), []);
    assert_eq!(
        found(0).first().map(|it| (it.pointer.as_str(), it.code.as_str())),
        Some(("", "cannot-shrink"))
    );
}

fn order(further: Value) -> Order {
    let further = serde_json::from_value(further).unwrap();
    Order {
        label: "austausch".to_owned(),
        admin_email: "a@b.example".to_owned(),
        exposure: None,
        allowed_networks: Vec::new(),
        further,
    }
}

fn setting(name: &str, variable: &str, input: Input) -> Setting {
    let field = Field {
        name: name.to_owned(),
        title: format!("Feld {name}"),
        description: "So gehört es.".to_owned(),
        input,
        optional: true,
        default: None,
    };
    Setting { field, variable: variable.to_owned() }
}

fn secret(name: &str, variable: &str, reveal: bool) -> Secret {
    Secret {
        name: name.to_owned(),
        title: format!("Schlüssel {name}"),
        variable: variable.to_owned(),
        reveal,
    }
}

fn volume(name: &str, path: &str, storage_gib: i64) -> Volume {
    Volume { name: name.to_owned(), path: path.to_owned(), storage_gib }
}

/// A plan that uses everything.
fn full() -> Plan {
    let admin = FirstAdmin {
        email_env: "ADMIN_USER".to_owned(),
        password_env: "ADMIN_PASSWORD".to_owned(),
        url_env: Some("PUBLIC_URL".to_owned()),
    };
    Plan {
        environment: BTreeMap::from([("LANGUAGE".to_owned(), "de".to_owned())]),
        fields: vec![
            setting("greeting", "GREETING", Input::Text { max_length: 40 }),
            setting("largest", "LARGEST", Input::Number { minimum: 1, maximum: 100 }),
            setting("public", "PUBLIC", Input::Boolean),
        ],
        secrets: vec![secret("session", "SESSION_KEY", false), secret("api", "API_KEY", true)],
        volumes: vec![volume("index", "/index", 3)],
        ports: vec![Port { name: "smtp".to_owned(), number: 2525 }],
        live_path: Some("/livez".to_owned()),
        first_admin: Some(admin),
        ..plan()
    }
}

fn desired(plan: &Plan, order: &Order, class: ExposureClass) -> Desired {
    Desired {
        booking: Uuid::from_u128(7),
        generation: 1,
        wanted: Wanted::Present,
        power: Power::On,
        kind: Kind::Application,
        plan: serde_json::to_value(plan).unwrap(),
        order: serde_json::to_value(order).unwrap(),
        organisation: OrganisationRef { id: Uuid::from_u128(8), slug: "musterstadt".to_owned() },
        cost_centre: "4711".to_owned(),
        title: "Probe".to_owned(),
        wished_start: None,
        exposure: Exposure { class, host: None, allowed_networks: Vec::new() },
        restore: None,
    }
}

fn made(site: &Site, plan: &Plan, order: &Order) -> Effects {
    let desired = desired(plan, order, ExposureClass::ProviderNetwork);
    effects(site, &desired, plan, order).unwrap()
}

fn container(effects: &Effects) -> Value {
    let deployment = effects.manifests.iter().find(|made| made["kind"] == "Deployment").unwrap();
    deployment["spec"]["template"]["spec"]["containers"][0].clone()
}

fn variable(effects: &Effects, name: &str) -> Option<Value> {
    container(effects)["env"].as_array().unwrap().iter().find(|entry| entry["name"] == name).cloned()
}

/// As kubelet reads values: `third_party/forked/golang/expansion` of Kubernetes.
fn expanded(value: &str, known: &BTreeMap<&str, &str>) -> String {
    let (mut out, mut rest) = (String::new(), value);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            out.push_str(&known.get(name).map_or_else(|| format!("$({name})"), |value| (*value).to_owned()));
            rest = after;
        } else {
            out.push('$');
        }
    }
    out + rest
}

proptest! {
    #[test]
    fn what_was_typed_reaches_the_container_as_it_is(text in "[a-c$()A-Z_]{1,40}") {
        let known = BTreeMap::from([("ADMIN_PASSWORD", "geheim"), ("A", "geheim"), ("a", "geheim")]);
        let made = made(&Site::default(), &full(), &order(json!({"greeting": text})));
        let value = variable(&made, "GREETING").unwrap()["value"].as_str().unwrap().to_owned();
        prop_assert_eq!(expanded(&value, &known), text);
    }
}

#[test]
fn a_reference_to_a_secret_stays_a_text() {
    let known = BTreeMap::from([("ADMIN_PASSWORD", "geheim")]);
    assert_eq!(expanded("$(ADMIN_PASSWORD)", &known), "geheim", "the test reads as Kubernetes does");
    let made = made(&Site::default(), &full(), &order(json!({"greeting": "$(ADMIN_PASSWORD)"})));
    assert_eq!(variable(&made, "GREETING").unwrap()["value"], "$$(ADMIN_PASSWORD)");
}

#[test]
fn settings_become_variables() {
    let given = order(json!({"largest": 7, "public": false}));
    let made = made(&Site::default(), &full(), &given);
    assert_eq!(variable(&made, "LARGEST").unwrap()["value"], "7");
    assert_eq!(variable(&made, "PUBLIC").unwrap()["value"], "false");
    assert_eq!(variable(&made, "GREETING"), None, "nothing was entered, and nothing proposed");
    let mut proposed = full();
    proposed.fields[0].field.default = Some(json!("Guten Tag"));
    let made = self::made(&Site::default(), &proposed, &given);
    assert_eq!(variable(&made, "GREETING").unwrap()["value"], "Guten Tag");
    for (further, pointer) in [
        (json!({"largest": 101}), "/largest"),
        (json!({"public": "ja"}), "/public"),
        (json!({"LARGEST": 7}), "/LARGEST"),
    ] {
        assert_eq!(
            check(&full(), &order(further)).first().map(|it| it.pointer.clone()).as_deref(),
            Some(pointer)
        );
    }
}

#[test]
fn full_plans_as_table() {
    assert_eq!(check_plan(&full()), Vec::new());
    type Change = fn(&mut Plan);
    let cases: [(Change, &str, &str); 22] = [
        (|p| p.fields[0].variable = "LANGUAGE".to_owned(), "/fields/0/variable", "twice"),
        (|p| p.fields[0].variable = "ADMIN_USER".to_owned(), "/fields/0/variable", "twice"),
        (|p| p.fields[0].variable = "ADMIN_PASSWORD".to_owned(), "/fields/0/variable", "twice"),
        (|p| p.fields[0].variable = "PUBLIC_URL".to_owned(), "/fields/0/variable", "twice"),
        (|p| p.fields[1].variable = "GREETING".to_owned(), "/fields/1/variable", "twice"),
        (|p| p.secrets[0].variable = "GREETING".to_owned(), "/secrets/0/variable", "twice"),
        (|p| p.secrets[1].variable = "SESSION_KEY".to_owned(), "/secrets/1/variable", "twice"),
        (|p| p.fields[0].variable = "A=B".to_owned(), "/fields/0/variable", "not-a-name"),
        (|p| p.fields[0].field.name = "label".to_owned(), "/fields/0/name", "twice"),
        (|p| p.fields[0].field.name = "allowed_networks".to_owned(), "/fields/0/name", "twice"),
        (|p| p.secrets[1].name = "session".to_owned(), "/secrets/1/name", "twice"),
        (|p| p.secrets[0].name = "../x".to_owned(), "/secrets/0/name", "not-a-name"),
        (|p| p.volumes[0].name = "data".to_owned(), "/volumes/0/name", "twice"),
        (|p| p.volumes[0].path = "/data/index".to_owned(), "/volumes/0/path", "twice"),
        (|p| p.volumes[0].path = "/tmp".to_owned(), "/volumes/0/path", "twice"),
        (|p| p.volumes[0].path = "/a/../data".to_owned(), "/volumes/0/path", "not-absolute"),
        (|p| p.volumes[0].path = "/".to_owned(), "/volumes/0/path", "not-absolute"),
        (|p| p.volumes[0].storage_gib = 0, "/volumes/0/storage_gib", "too-small"),
        (|p| p.ports[0].number = 8080, "/ports/0/number", "twice"),
        (|p| p.ports[0].number = 25, "/ports/0/number", "privileged"),
        (|p| p.ports[0].name = "http".to_owned(), "/ports/0/name", "twice"),
        (|p| p.live_path = Some("livez".to_owned()), "/live_path", "not-absolute"),
    ];
    for (change, pointer, code) in cases {
        let mut plan = full();
        change(&mut plan);
        let found = check_plan(&plan);
        let first = found.first().map(|it| (it.pointer.as_str(), it.code.as_str()));
        assert_eq!(first, Some((pointer, code)), "{found:?}");
    }
    let mut many = full();
    many.volumes = (0..4).map(|at| volume(&format!("v{at}"), &format!("/v{at}"), 1)).collect();
    assert_eq!(check_plan(&many)[0].code, "too-many");
    many.storage_gib = 0;
    assert_eq!(check_plan(&many), Vec::new());
}

#[test]
fn secrets_are_drawn_and_handed_over_only_where_the_plan_says_so() {
    let plan = full();
    let desired = desired(&plan, &order(json!({})), ExposureClass::ProviderNetwork);
    let made = made(&Site::default(), &plan, &order(json!({})));
    let drawn: Vec<String> = made.generated_secrets.iter().map(|secret| secret.name.clone()).collect();
    assert_eq!(drawn.len(), 3);
    assert_eq!(Kind::Application.drawn_secrets(&desired), drawn, "all of them end with the booking");
    for secret in &made.generated_secrets {
        assert_eq!(secret.random.len(), 1, "what is there is never drawn again, so each stands alone");
    }
    let key = &variable(&made, "SESSION_KEY").unwrap()["valueFrom"]["secretKeyRef"];
    assert!(drawn.contains(&key["name"].as_str().unwrap().to_owned()));
    assert_eq!(key["key"], "secret-session");

    let read = Kind::Application.access_secrets(&desired, 0);
    let keys: Vec<&str> = read.iter().flat_map(|(_, keys)| keys).map(String::as_str).collect();
    assert_eq!(keys, ["email", "password", "secret-api"], "the other one is not even read");
    let values = ["email", "password", "secret-api", "secret-session"];
    let values = values.map(|key| (key.to_owned(), format!("wert {key}"))).into_iter().collect();
    let told = Kind::Application.access(&Site::default(), &desired, &[], &values);
    let told: Vec<(&str, bool)> = told.fields.iter().map(|it| (it.name.as_str(), it.secret)).collect();
    assert_eq!(told, [("user", false), ("password", true), ("secret-api", true)]);
}

#[test]
fn volumes_are_claimed_mounted_and_counted_together() {
    let plan = full();
    let made = made(&Site::default(), &plan, &order(json!({})));
    let claims: Vec<(&str, &str)> = made
        .manifests
        .iter()
        .filter(|made| made["kind"] == "PersistentVolumeClaim")
        .map(|made| {
            let size = made["spec"]["resources"]["requests"]["storage"].as_str().unwrap();
            (made["metadata"]["name"].as_str().unwrap(), size)
        })
        .collect();
    assert_eq!(claims, [("app-000000000007", "1Gi"), ("app-000000000007-index", "3Gi")]);
    let mounts = container(&made)["volumeMounts"].clone();
    assert_eq!(mounts[2], json!({"name": "index", "mountPath": "/index"}));
    let stored = sizes(&plan, &order(json!({}))).into_iter().find(|(meter, _)| *meter == Meter::Storage);
    assert_eq!(stored, Some((Meter::Storage, 4096)));
}

#[test]
fn a_change_loses_no_data() {
    type Change = fn(&mut Plan);
    let cases: [(Change, Option<&str>); 9] = [
        (|_| {}, None),
        (|p| p.volumes[0].storage_gib = 9, None),
        (|p| p.volumes[0].path = "/anderswo".to_owned(), None),
        (|p| p.volumes.push(volume("mehr", "/mehr", 1)), None),
        (|p| p.secrets.push(secret("mehr", "MEHR", false)), None),
        (|p| p.volumes[0].storage_gib = 2, Some("cannot-shrink")),
        // More in all, and yet the data of one are gone.
        (|p| p.volumes = vec![volume("neu", "/neu", 50)], Some("cannot-vanish")),
        (|p| (p.storage_gib, p.volumes[0].storage_gib) = (0, 50), Some("cannot-shrink")),
        (|p| p.secrets.clear(), Some("cannot-vanish")),
    ];
    let json = |plan: &Plan| serde_json::to_value(plan).unwrap();
    let booked = json!({"label": "auskunft", "admin_email": "it@example.org"});
    for (change, expected) in cases {
        let mut after = full();
        change(&mut after);
        let (from, to) = (json(&full()), json(&after));
        let found = Kind::Application.check_change((&from, &booked), (&to, &booked));
        assert_eq!(found.first().map(|it| it.code.as_str()), expected, "{found:?}");
    }
}

#[test]
fn further_ports_need_a_service_of_their_own() {
    let (plan, order) = (full(), order(json!({})));
    let made = made(&Site::default(), &plan, &order);
    let service = made.manifests.iter().find(|made| made["kind"] == "Service").unwrap();
    let further = json!({"name": "smtp", "port": 2525, "protocol": "TCP", "targetPort": "smtp"});
    assert_eq!(service["spec"]["ports"][1], further);
    let own =
        |made: &&Value| made["kind"] == "NetworkPolicy" && made["metadata"]["name"] == "app-000000000007";
    let policy = made.manifests.iter().find(own).unwrap();
    assert_eq!(policy["spec"]["ingress"][0]["ports"], json!([{"port": 8080}, {"port": 2525}]));

    let desired = |class| desired(&plan, &order, class);
    let ingress = Site {
        ingress_class: Some("provider".to_owned()),
        domain: Some("nord.example".to_owned()),
        ..Site::default()
    };
    let behind = effects(&ingress, &desired(ExposureClass::ProviderNetwork), &plan, &order).unwrap_err();
    assert_eq!(behind[0].code, "ports-unsupported");
    assert!(effects(&ingress, &desired(ExposureClass::Cluster), &plan, &order).is_ok(), "no Ingress there");

    let mut seen = service.clone();
    seen["status"] = json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}});
    let wish = desired(ExposureClass::ProviderNetwork);
    let endpoints = readiness(&Site::default(), &wish, &plan, &order, &[seen]).endpoints;
    let told: Vec<(&str, u16)> = endpoints.iter().map(|it| (it.name.as_str(), it.port)).collect();
    assert_eq!(told, [("web", 80), ("smtp", 2525)]);
    let shown = access(&Site::default(), &plan, &endpoints, &BTreeMap::new());
    let port = shown.fields.iter().find(|field| field.name == "port-smtp").unwrap();
    assert_eq!(port.value, "192.0.2.10:2525");
}

#[test]
fn a_location_says_what_it_can() {
    let able = Abilities { application_settings: true, application_ports: true, ..Abilities::default() };
    let codes = |plan: &Plan, abilities: &Abilities| {
        let found = check_location(plan, abilities);
        found.into_iter().map(|it| it.code).collect::<Vec<String>>()
    };
    assert_eq!(codes(&full(), &able), Vec::<String>::new());
    assert_eq!(codes(&plan(), &Abilities::default()), Vec::<String>::new(), "as every operator knows it");
    let http = Abilities { application_ports: false, ..able.clone() };
    assert_eq!(codes(&full(), &http), ["ports-unsupported"]);
    let old = Abilities { application_settings: false, ..able };
    let quiet = Plan { live_path: Some("/livez".to_owned()), ..plan() };
    for plan in [full(), quiet] {
        assert_eq!(
            codes(&plan, &old),
            ["application-unsupported"],
            "it would leave out what it does not know"
        );
    }
}

#[test]
fn who_hangs_is_restarted_and_nobody_else() {
    let made = |plan: &Plan| container(&made(&Site::default(), plan, &order(json!({}))));
    assert!(made(&plan()).get("livenessProbe").is_none());
    let probe = made(&full())["livenessProbe"].clone();
    assert_eq!(probe["httpGet"], json!({"path": "/livez", "port": "http"}));
    let patience = probe["periodSeconds"].as_i64().unwrap() * probe["failureThreshold"].as_i64().unwrap();
    assert!(patience >= 120, "{probe}");
}

#[test]
fn certificates_as_table() {
    let ingress = |tls: bool, issuer: Option<&str>| Site {
        ingress_class: Some("provider".to_owned()),
        ingress_tls: tls,
        ingress_issuer: issuer.map(str::to_owned),
        domain: Some("nord.example".to_owned()),
        ..Site::default()
    };
    let (hosts, name) = (json!(["austausch-0007.nord.example"]), "app-000000000007-tls");
    let cases = [
        (ingress(false, None), None, "http"),
        (ingress(true, None), Some(json!([{"hosts": hosts}])), "https"),
        (ingress(false, Some("ca")), Some(json!([{"hosts": hosts, "secretName": name}])), "https"),
    ];
    for (site, tls, scheme) in cases {
        let (plan, order) = (Plan { ports: Vec::new(), ..full() }, order(json!({})));
        let made = made(&site, &plan, &order);
        let ingress = made.manifests.iter().find(|made| made["kind"] == "Ingress").unwrap();
        assert_eq!(ingress["spec"].get("tls"), tls.as_ref());
        let asked = ingress["metadata"]["annotations"].get("cert-manager.io/cluster-issuer");
        assert_eq!(asked.and_then(Value::as_str), site.ingress_issuer.as_deref());
        let url = variable(&made, "PUBLIC_URL").unwrap()["value"].as_str().unwrap().to_owned();
        assert_eq!(url.split("://").next(), Some(scheme));
    }
    let wish = desired(&plan(), &order(json!({})), ExposureClass::ProviderNetwork);
    assert_eq!(Kind::Application.issued_secrets(&wish), [name], "the issuer leaves it behind");
}

#[test]
fn a_plan_that_does_not_ask_any_more() {
    let json = |plan: &Plan| serde_json::to_value(plan).unwrap();
    assert_eq!(Kind::Application.asked(&json(&full())), ["greeting", "largest", "public"]);
    assert_eq!(Kind::Application.asked(&json(&plan())), Vec::<String>::new());
}
