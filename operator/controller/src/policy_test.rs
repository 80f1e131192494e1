use super::*;
use crate::crd::{BookingSpec, BookingStatus};
use crate::packed::Packer;
use contract::kinds::Site;
use contract::{Condition, Exposure, ExposureClass, MessageKey, OrganisationRef};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

fn desired(number: u128) -> Desired {
    Desired {
        booking: Uuid::from_u128(number),
        generation: 3,
        wanted: Wanted::Present,
        power: Power::On,
        kind: Kind::Application,
        plan: json!({"image": "registry.example/apps/chat:1", "port": 8080, "vcpu_milli": 500, "memory_mib": 512,
                     "storage_gib": 2, "health_path": "/healthz"}),
        order: json!({"label": "chat", "admin_email": "admin@musterstadt.example"}),
        organisation: OrganisationRef { id: Uuid::from_u128(1), slug: "musterstadt".to_owned() },
        cost_centre: "4711".to_owned(),
        title: "Chat".to_owned(),
        wished_start: None,
        exposure: Exposure {
            class: ExposureClass::ProviderNetwork,
            host: None,
            allowed_networks: Vec::new(),
        },
        restore: None,
    }
}

fn booking(desired: Desired, accepted: Option<ConditionStatus>) -> Booking {
    let status = accepted.map(|status| BookingStatus {
        observed_generation: 3,
        conditions: vec![Condition {
            r#type: ConditionType::Accepted,
            status,
            reason: String::new(),
            message_key: MessageKey::Accepted,
            message_args: BTreeMap::new(),
            since: Timestamp::UNIX_EPOCH,
        }],
        ..BookingStatus::default()
    });
    let mut booking = Booking::new(&desired.booking.to_string(), BookingSpec { desired, epoch: 1 });
    booking.status = status;
    booking
}

fn policy(value: Value) -> ProviderPolicySpec {
    serde_json::from_value(value).unwrap()
}

fn refused(policy: &ProviderPolicySpec, booking: &Booking, others: &[Desired]) -> Vec<String> {
    let desired = &booking.spec.desired;
    let effects = desired.kind.effects(&Site::default(), desired).unwrap();
    let others: Vec<_> = others.iter().map(bookings::sizes).collect();
    refusals(policy, booking, &effects, &others).into_iter().map(|finding| finding.message_de).collect()
}

#[test]
fn each_limit_as_table() {
    let cases = [
        (json!({}), None),
        (json!({"kinds": ["application"]}), None),
        (json!({"kinds": ["postgresql"]}), Some("Anwendung")),
        (json!({"kinds": []}), Some("Anwendung")),
        (json!({"imageRegistries": ["registry.example/apps/"]}), None),
        (json!({"imageRegistries": ["registry.example/apps"]}), None),
        (json!({"imageRegistries": ["registry.example/apps/chat"]}), None),
        (json!({"imageRegistries": ["registry.example/app"]}), Some("registry.example/apps/chat:1")),
        (json!({"imageRegistries": ["registry.example.evil"]}), Some("keiner freigegebenen")),
        (json!({"imageRegistries": []}), Some("keiner freigegebenen")),
        (json!({"largest": {"vcpuMilli": 500, "memoryMib": 512, "storageMib": 2048}}), None),
        (json!({"largest": {"vcpuMilli": 499}}), Some("499 Tausendstel vCPU je Buchung")),
        (json!({"largest": {"memoryMib": 511}}), Some("gewünscht sind 512")),
        (json!({"largest": {"storageMib": 2047}}), Some("MiB Speicherplatz")),
        (json!({"mostPerOrganisation": {"memoryMib": 1024, "bookings": 2}}), None),
        (json!({"mostPerOrganisation": {"memoryMib": 1023}}), Some("je Organisation, gewünscht sind 1024")),
        (json!({"mostPerOrganisation": {"bookings": 1}}), Some("dies wäre Nummer 2")),
    ];
    let other = desired(8);
    for (limits, expected) in cases {
        let found =
            refused(&policy(limits.clone()), &booking(desired(7), None), std::slice::from_ref(&other));
        match expected {
            None => assert_eq!(found, Vec::<String>::new(), "{limits}"),
            Some(words) => assert!(found.len() == 1 && found[0].contains(words), "{limits}: {found:?}"),
        }
    }
}

#[test]
fn the_disk_image_of_a_machine_is_an_image() {
    let machine = Desired {
        kind: Kind::VirtualMachine,
        plan: json!({"vcpu_milli": 1000, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 10,
                     "systems": [{"code": "debian-12", "title": "Debian 12"}]}),
        order: json!({"hostname": "fach", "system": "debian-12", "storage_gib": 2, "ssh_keys": [
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrnd+xf8UZOGBRVihBryHMwCp1w8a6tvRXOgSfo/gB9"]}),
        ..desired(7)
    };
    let address = "docker://registry.example/disks/debian:12".to_owned();
    let site =
        Site { machine_images: BTreeMap::from([("debian-12".to_owned(), address)]), ..Site::default() };
    let effects = machine.kind.effects(&site, &machine).unwrap();
    let booking = booking(machine, None);
    for (registries, allowed) in
        [(json!(["registry.example/disks"]), true), (json!(["registry.example/apps"]), false)]
    {
        let found = refusals(&policy(json!({"imageRegistries": registries})), &booking, &effects, &[]);
        assert_eq!(found.is_empty(), allowed, "{registries}: {found:?}");
    }
    let found = refusals(&policy(json!({"kinds": ["application"]})), &booking, &effects, &[]);
    assert!(found[0].message_de.contains("Virtuelle Maschine"), "{found:?}");
}

#[test]
fn what_was_accepted_stays_and_may_always_stop() {
    let strict = policy(json!({"kinds": []}));
    assert!(refused(&strict, &booking(desired(7), Some(ConditionStatus::True)), &[]).is_empty());
    let mut changed = desired(7);
    changed.generation = 4;
    assert_eq!(refused(&strict, &booking(changed.clone(), Some(ConditionStatus::True)), &[]).len(), 1);
    changed.power = Power::Off;
    assert!(refused(&strict, &booking(changed, Some(ConditionStatus::True)), &[]).is_empty());
    assert_eq!(refused(&strict, &booking(desired(7), Some(ConditionStatus::False)), &[]).len(), 1);
}

#[test]
fn of_two_that_wait_the_older_one_counts() {
    let counted = |mine: u128, all: &[Booking]| -> Vec<u128> {
        let all: Vec<Entry> =
            all.iter().map(|booking| Entry::of(booking, &Packer::default()).unwrap()).collect();
        others(&desired(mine), all.iter()).iter().map(|other| other.id.as_u128()).collect()
    };
    let waiting = [booking(desired(7), None), booking(desired(8), None)];
    assert_eq!(counted(7, &waiting), Vec::<u128>::new());
    assert_eq!(counted(8, &waiting), [7]);
    let mut foreign = desired(1);
    foreign.organisation.id = Uuid::from_u128(2);
    let mut ending = desired(2);
    ending.wanted = Wanted::Absent;
    let others = [
        booking(foreign, Some(ConditionStatus::True)),
        booking(ending, Some(ConditionStatus::True)),
        booking(desired(3), Some(ConditionStatus::False)),
        booking(desired(9), Some(ConditionStatus::True)),
    ];
    assert_eq!(counted(7, &others), [9], "only what is accepted, wanted and of the same organisation");
}

#[test]
fn only_named_brokers_are_used() {
    let mut service = desired(7);
    service.kind = Kind::SharedService;
    service.plan = json!({"broker": "efa", "service_id": "s", "plan_id": "p"});
    service.order = json!({"tenant": "Mittelfeld", "admin_email": "a@mittelfeld.example"});
    let site = Site { brokers: vec!["efa".to_owned()], ..Site::default() };
    let effects = service.kind.effects(&site, &service).unwrap();
    let wish = booking(service, None);
    for (limits, refused) in
        [(json!({}), false), (json!({"brokers": ["efa"]}), false), (json!({"brokers": ["andere"]}), true)]
    {
        let findings = refusals(&policy(limits), &wish, &effects, &[]);
        assert_eq!(findings.iter().any(|finding| finding.message_de.contains("„efa“")), refused);
    }
    let images_only = policy(json!({"brokers": []}));
    assert!(refused(&images_only, &booking(desired(8), None), &[]).is_empty(), "others need no broker");
}

#[test]
fn a_misspelt_limit_is_no_missing_limit() {
    assert!(serde_json::from_value::<ProviderPolicySpec>(json!({"largest": {"vcpu": 1}})).is_err());
    assert!(serde_json::from_value::<ProviderPolicySpec>(json!({"kind": ["postgresql"]})).is_err());
}
