//! What is booked: databases, applications and machines of many organisations, twenty bookings each, as authorities have them.

use contract::kinds::{Kind, Site};
use contract::{Desired, Exposure, ExposureClass, OrganisationRef, Power, Wanted};
use controller::bookings;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Bookings of one organisation.
const EACH: usize = 20;
/// Made for this bench; its private half was thrown away.
const SSH_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrnd+xf8UZOGBRVihBryHMwCp1w8a6tvRXOgSfo/gB9";

/// Out of five two are databases, two are applications, one is a machine.
pub(crate) fn wishes(count: usize) -> Vec<Desired> {
    (0..count).map(wish).collect()
}

fn wish(number: usize) -> Desired {
    let (kind, plan, order) = match number % 5 {
        0 | 1 => (
            Kind::Postgresql,
            json!({"vcpu_milli": 500, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 20, "versions": [15]}),
            json!({"database": "fachverfahren", "version": 15, "storage_gib": 2, "allowed_networks": ["192.0.2.0/24"]}),
        ),
        2 | 3 => (
            Kind::Application,
            json!({
                "image": "localhost/wolkenamt/datenaustausch:1", "port": 8080, "vcpu_milli": 200, "memory_mib": 256,
                "storage_gib": 5, "health_path": "/healthz", "run_as_user": 1000,
                "first_admin": {"email_env": "ADMIN_USER", "password_env": "ADMIN_PASSWORD", "url_env": "PUBLIC_URL"}
            }),
            json!({"label": "austausch", "admin_email": "admin@musterstadt.example"}),
        ),
        _ => (
            Kind::VirtualMachine,
            json!({
                "vcpu_milli": 1000, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 20,
                "systems": [{"code": "linux-klein", "title": "Linux klein"}]
            }),
            json!({"hostname": "rechner", "system": "linux-klein", "storage_gib": 2, "ssh_keys": [SSH_KEY]}),
        ),
    };
    let organisation = number / EACH;
    let class =
        if kind == Kind::Application { ExposureClass::ProviderNetwork } else { ExposureClass::Cluster };
    Desired {
        booking: id(0x1000_0000, number),
        generation: 1,
        wanted: Wanted::Present,
        power: Power::On,
        kind,
        exposure: Exposure { class, host: None, allowed_networks: kind.allowed_networks(&order) },
        plan,
        order,
        organisation: OrganisationRef {
            id: id(0x2000_0000, organisation),
            slug: format!("gemeinde-{organisation}"),
        },
        cost_centre: "4711".to_owned(),
        title: "Probe".to_owned(),
        wished_start: None,
        restore: None,
    }
}

/// The last digits of an id become names, so they differ.
fn id(kind: u128, number: usize) -> Uuid {
    let number = u128::try_from(number).unwrap();
    Uuid::from_u128((kind << 96) | (7 << 76) | (8 << 60) | number)
}

/// The location as the operator of the bench is configured, without what it finds in the cluster.
pub(crate) fn site() -> Site {
    Site {
        postgresql_images: BTreeMap::from([(15, "localhost/wolkenamt/postgresql:15".to_owned())]),
        machine_images: BTreeMap::from([(
            "linux-klein".to_owned(),
            "docker://localhost/wolkenamt/linux-klein:1".to_owned(),
        )]),
        domain: Some("bench.wolkenamt.test".to_owned()),
        ingress_class: Some("bench".to_owned()),
        engine_namespace: "cnpg-system".to_owned(),
        pod_security_version: "v1.36".to_owned(),
        ..Site::default()
    }
}

/// The objects of all bookings, those of a namespace once, with a Secret where one is drawn. What a namespace holds together is
/// written with the sum of all, as it stands in the end.
pub(crate) fn objects(wishes: &[Desired]) -> Vec<Vec<Value>> {
    let mut totals: HashMap<String, (bookings::Sizes, i64)> = HashMap::new();
    for wish in wishes {
        let (sizes, count) = totals.entry(contract::kinds::namespace::name(wish)).or_default();
        *count += 1;
        for (meter, amount) in bookings::sizes(wish) {
            *sizes.entry(meter).or_insert(0) += amount;
        }
    }
    let mut known = std::collections::HashSet::new();
    wishes
        .iter()
        .map(|wish| {
            let (sizes, count) = totals[&contract::kinds::namespace::name(wish)].clone();
            let site = Site { namespace_sizes: sizes, namespace_bookings: count, ..site() };
            let effects = wish.kind.effects(&site, wish).unwrap();
            let first = known.insert(effects.namespace.clone());
            let own = |made: &Value| made["metadata"]["labels"]["wolkenamt.de/booking"].is_string();
            let mut all: Vec<Value> = effects.manifests.into_iter().filter(|made| first || own(made)).collect();
            all.extend(effects.once);
            all.extend(effects.generated_secrets.iter().map(|secret| {
                json!({
                    "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                    "metadata": {"name": secret.name, "namespace": effects.namespace, "labels": secret.labels},
                    "data": {"password": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
                })
            }));
            all
        })
        .collect()
}
