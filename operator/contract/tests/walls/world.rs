//! Where the orders go: plans that are offered, locations that differ in what they have, and the wish around an order.

use crate::inputs::Input;
use contract::kinds::context::SecretsBinding;
use contract::kinds::postgresql::backups::BackupStore;
use contract::kinds::postgresql::extensions::EVERY;
use contract::kinds::{Kind, Network, Site};
use contract::{Desired, Exposure, ExposureClass, Meter, OrganisationRef, Restore, Wanted};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Every shape of plan, by kind.
pub(crate) fn offered() -> Vec<(Kind, Value)> {
    let plans: Vec<Value> = serde_json::from_str(include_str!("plans.json")).unwrap();
    let offered: Vec<(Kind, Value)> = plans
        .into_iter()
        .map(|entry| (Kind::from_code(entry["kind"].as_str().unwrap()).unwrap(), entry["plan"].clone()))
        .collect();
    for kind in Kind::ALL.into_iter().filter(|kind| !kind.by_people()) {
        assert!(offered.iter().any(|(offered, _)| *offered == kind), "{} has no plan here", kind.code());
    }
    offered
}

/// Number of [`sites`].
pub(crate) const SITES: usize = 5;

/// A bare location, one that serves by Services of their own, one with everything, one whose Ingress cannot restrict, and one
/// where an issuer makes the certificates.
pub(crate) fn sites() -> Vec<Site> {
    let image = |major: u16| (major, format!("registry.example/postgresql:{major}.1"));
    let bare = Site {
        postgresql_images: BTreeMap::from([image(15), image(16), image(17)]),
        machine_images: BTreeMap::from([(
            "linux-klein".to_owned(),
            "docker://registry.example/linux:1".to_owned(),
        )]),
        brokers: vec!["efa".to_owned()],
        engine_namespace: "cnpg-system".to_owned(),
        ..Site::default()
    };
    let named = Site {
        domain: Some("nord.provider.example".to_owned()),
        api_servers: vec![("192.0.2.10".to_owned(), 6443), ("2001:db8::10".to_owned(), 6443)],
        pod_security_version: "v1.33".to_owned(),
        postgresql_extensions: vec![EVERY.to_owned()],
        backup_store: Some(BackupStore {
            destination: "s3://sicherungen/datenbanken".to_owned(),
            endpoint: Some("https://speicher.provider.example:9000".to_owned()),
            networks: vec!["192.0.2.32/28".to_owned()],
            port: 9000,
        }),
        secrets_binding: Some(SecretsBinding {
            cluster_role: "operator-secrets".to_owned(),
            service_account: "operator".to_owned(),
            namespace: "wolkenamt-system".to_owned(),
        }),
        ..bare.clone()
    };
    let full = Site {
        postgresql_uid: Some(999),
        storage_class: Some("fast".to_owned()),
        machine_storage_class: Some("disks".to_owned()),
        machine_networks: vec!["198.51.100.0/24".to_owned()],
        load_balancer_class: Some("provider".to_owned()),
        ingress_class: Some("provider".to_owned()),
        ingress_namespace: Some("ingress".to_owned()),
        ingress_tls: true,
        ingress_allow_annotation: Some("ingress.example/allow".to_owned()),
        exposures: ExposureClass::ALL.to_vec(),
        networks: BTreeMap::from([(
            ExposureClass::Internet,
            Network {
                domain: Some("offen.provider.example".to_owned()),
                ingress_class: Some("offen".to_owned()),
                service_annotations: BTreeMap::from([("pool.example/name".to_owned(), "offen".to_owned())]),
            },
        )]),
        ..named.clone()
    };
    let plain_ingress = Site { ingress_class: Some("provider".to_owned()), ..named.clone() };
    let issued = Site { ingress_tls: false, ingress_issuer: Some("behoerden".to_owned()), ..full.clone() };
    let all = vec![bare, named, full, plain_ingress, issued];
    assert_eq!(all.len(), SITES);
    all
}

/// The location as the operator completes it where this is the only booking of its namespace: while a database is being
/// restored it stands there twice.
pub(crate) fn booked(site: Site, desired: &Desired) -> Site {
    let sizes = desired.kind.sizes(&desired.plan, &desired.order).unwrap_or_default();
    let copies = if desired.restore.is_some() { 2 } else { 1 };
    let namespace_sizes: BTreeMap<Meter, i64> =
        sizes.into_iter().map(|(meter, amount)| (meter, amount.saturating_mul(copies))).collect();
    Site { namespace_sizes, namespace_bookings: copies, ..site.towards(desired.exposure.class) }
}

/// What the marketplace would send for an order.
pub(crate) fn wish(kind: Kind, plan: &Value, input: &Input) -> Desired {
    let [slug, cost_centre, title] = input.words.clone();
    Desired {
        booking: Uuid::parse_str("01935d2e-7c1a-7e3b-8f00-0123456789ab").unwrap(),
        generation: 1,
        wanted: Wanted::Present,
        power: input.power,
        kind,
        plan: plan.clone(),
        order: input.order.clone(),
        organisation: OrganisationRef {
            id: Uuid::parse_str("01935d2e-0000-7000-8000-00000000abcd").unwrap(),
            slug,
        },
        cost_centre,
        title,
        wished_start: None,
        restore: restore(plan, input),
        exposure: Exposure {
            class: input.class,
            host: None,
            allowed_networks: kind.allowed_networks(&input.order),
        },
    }
}

/// Orders to restore come only for databases with backups and an address that can be led to another one.
fn restore(plan: &Value, input: &Input) -> Option<Restore> {
    let possible = plan.get("backup_days").is_some() && input.class != ExposureClass::Cluster;
    let at = "2026-07-01T03:14:15Z".parse().unwrap();
    (input.restore && possible).then_some(Restore { number: 1, from: 0, at, keep_before: true })
}
