//! What is remembered of an instance at a broker becomes conditions, usage and the end of a booking like everything else.

use super::tests::{at, booking, desired as database, seen, site};
use super::*;
use crate::service;
use contract::kinds::Kind;
use contract::kinds::shared_service::Standing;
use contract::kinds::shared_service::state::{Ill, Trouble};
use serde_json::json;

fn desired() -> Desired {
    Desired {
        kind: Kind::SharedService,
        plan: json!({"broker": "efa", "service_id": "s", "plan_id": "p"}),
        order: json!({"tenant": "Mittelfeld", "admin_email": "a@mittelfeld.example"}),
        ..database()
    }
}

fn with_broker() -> Site {
    Site { brokers: vec!["efa".to_owned()], ..site() }
}

fn bound() -> Service {
    Service {
        broker: "efa".to_owned(),
        instance: Standing::Present,
        binding: Standing::Present,
        secret: true,
        since: Some(at("2026-07-01T10:00:40Z")),
        attributes: service::wish(&desired()).map(|wish| wish.attributes),
        dashboard_url: Some("https://dienst.example/m".to_owned()),
        ..Service::default()
    }
}

fn decided(desired: Desired, before: BookingStatus, when: &str) -> Plan {
    decide(&booking(desired, Some(before)), &seen(Vec::new(), when), &with_broker())
}

fn remembering(service: Service) -> BookingStatus {
    BookingStatus { service: Some(service), ..BookingStatus::default() }
}

fn key(plan: &Plan) -> MessageKey {
    plan.status.condition(ConditionType::Ready).unwrap().message_key
}

#[test]
fn it_is_ready_reachable_and_metered_since_the_broker_said_so() {
    let plan = decided(desired(), remembering(bound()), "2026-07-01T10:01:00Z");
    assert_eq!(plan.status.phase, "Ready");
    assert_eq!(plan.status.first_ready, Some(at("2026-07-01T10:00:40Z")));
    assert_eq!(plan.status.endpoints[0].url.as_deref(), Some("https://dienst.example/m"));
    assert_eq!(plan.status.log[0].from, at("2026-07-01T10:00:40Z"));
    assert_eq!(plan.status.log[0].sizes["instance"], 1);
    assert_eq!(plan.status.service, Some(bound()), "nothing is forgotten");
    let kinds: Vec<&str> =
        plan.effects.as_ref().unwrap().manifests.iter().filter_map(|made| text(made, "/kind")).collect();
    assert!(kinds.contains(&"Namespace"), "room for the Secret: {kinds:?}");
}

#[test]
fn a_change_is_in_effect_when_the_broker_made_it_and_not_before() {
    let first = decided(desired(), remembering(bound()), "2026-07-01T10:01:00Z");
    let written = with_apply(first, &BookingStatus::default(), at("2026-07-01T10:01:00Z"), &Applied::Done);
    let known = decided(desired(), written.status, "2026-07-01T10:02:00Z").status;
    assert_eq!(known.in_effect.map(|it| it.generation), Some(3));
    let mut changed = Desired { generation: 4, ..desired() };
    changed.order["tenant"] = json!("Nordfeld");
    let seen = decided(changed.clone(), known, "2026-07-01T11:00:00Z").status;
    let waiting = decided(changed.clone(), seen, "2026-07-01T11:00:01Z");
    assert_eq!((waiting.status.phase.as_str(), key(&waiting)), ("Ready", MessageKey::Changing));
    assert_eq!(waiting.status.in_effect.map(|it| it.generation), Some(3), "the broker has the old one");
    let attributes = service::wish(&changed).map(|wish| wish.attributes);
    let service = Some(Service { attributes, ..bound() });
    let done = decided(changed, BookingStatus { service, ..waiting.status }, "2026-07-01T11:00:02Z");
    assert_eq!(done.status.in_effect.unwrap().since, at("2026-07-01T11:00:02Z"));
}

#[test]
fn an_unknown_broker_is_refused_before_anything_is_asked() {
    let booking = booking(desired(), None);
    let plan = decide(&booking, &seen(Vec::new(), "2026-07-01T10:01:00Z"), &site());
    assert_eq!((plan.status.phase.as_str(), &plan.effects), ("Refused", &None));
    let accepted = plan.status.condition(ConditionType::Accepted).unwrap();
    assert_eq!(accepted.message_key, MessageKey::PolicyRefused);
}

#[test]
fn an_orphan_waits_for_people_and_costs_nothing() {
    let trouble = Trouble { ill: Ill::Orphan, detail: "HTTP 500".to_owned(), again: None, about: None };
    let orphan = Service { instance: Standing::Unclear, trouble: Some(trouble), ..Service::default() };
    let plan = decided(desired(), remembering(orphan), "2026-07-01T10:01:00Z");
    assert_eq!((plan.status.phase.as_str(), key(&plan)), ("Failed", MessageKey::ServiceUnclear));
    assert!(plan.status.log.is_empty() && plan.teardown.is_empty());
}

#[test]
fn what_is_not_remembered_is_asked_for_before_it_counts_as_gone() {
    let absent = Desired { wanted: Wanted::Absent, generation: 4, ..desired() };
    let plan = decided(absent.clone(), BookingStatus::default(), "2026-07-01T11:00:00Z");
    assert_eq!((plan.status.gone, key(&plan)), (None, MessageKey::Deleting));
    let never = decide(&booking(absent, None), &seen(Vec::new(), "2026-07-01T11:00:00Z"), &site());
    assert!(never.status.gone.is_some(), "a location without that broker cannot have it");
}

#[test]
fn it_is_gone_when_the_broker_said_so_and_not_before() {
    let running = decided(desired(), remembering(bound()), "2026-07-01T10:01:00Z").status;
    let absent = Desired { wanted: Wanted::Absent, generation: 4, ..desired() };
    let ending = decided(absent.clone(), running, "2026-07-01T11:00:00Z");
    assert_eq!((ending.status.gone, key(&ending)), (None, MessageKey::Deleting));
    let ended =
        Service { ended: Some("HTTP 410".to_owned()), broker: "efa".to_owned(), ..Service::default() };
    let before = BookingStatus { service: Some(ended), ..ending.status };
    let gone = decided(absent, before, "2026-07-01T11:00:10Z");
    assert_eq!((gone.status.gone, key(&gone)), (Some(at("2026-07-01T11:00:10Z")), MessageKey::ServiceGone));
    assert!(gone.status.log.last().unwrap().last && gone.status.log.last().unwrap().sizes["instance"] == 0);
    let said = gone.status.condition(ConditionType::Ready).unwrap();
    assert_eq!(said.message_args["detail"], "HTTP 410", "the proof");
    assert_eq!(gone.teardown, Vec::new());
}
