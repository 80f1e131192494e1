//! The agent protocol as JSON Schema. A changed snapshot is a changed agreement: an operator of the last release must
//! still be understood.

use contract::{
    DesiredList, Differences, Enrolled, Enrolment, Heartbeat, HeartbeatAnswer, KeyTaken, NextKey,
    ObservationBatch, PendingReveals, RotationOutcome, SealedReveal, UsageAnswers, UsageBatch, WordOutcome,
    list_hash, protocol,
};
use schemars::{JsonSchema, schema_for};
use serde_json::{Map, Value, json};

fn put<T: JsonSchema>(schemas: &mut Map<String, Value>, name: &str) {
    schemas.insert(name.to_owned(), schema_for!(T).to_value());
}

#[test]
fn messages_as_agreed() {
    let mut schemas = Map::new();
    put::<Enrolment>(&mut schemas, "POST enrolment");
    put::<Enrolled>(&mut schemas, "POST enrolment, answer");
    put::<NextKey>(&mut schemas, "POST keys");
    put::<KeyTaken>(&mut schemas, "POST keys, answer");
    put::<DesiredList>(&mut schemas, "GET bookings, answer");
    put::<ObservationBatch>(&mut schemas, "POST observations");
    put::<UsageBatch>(&mut schemas, "POST usage");
    put::<UsageAnswers>(&mut schemas, "POST usage, answer");
    put::<Heartbeat>(&mut schemas, "POST heartbeat");
    put::<HeartbeatAnswer>(&mut schemas, "POST heartbeat, answer");
    put::<Differences>(&mut schemas, "POST differences");
    put::<PendingReveals>(&mut schemas, "GET reveals, answer");
    put::<SealedReveal>(&mut schemas, "POST reveals/{id}");
    put::<RotationOutcome>(&mut schemas, "POST rotations/{id}");
    put::<WordOutcome>(&mut schemas, "POST words/{id}");
    put::<protocol::Claims>(&mut schemas, "assertion");
    insta::assert_json_snapshot!("messages", schemas);
}

/// As a marketplace without any optional field would send it.
fn shortest() -> Value {
    json!({
        "epoch": 1, "revision": 4, "full": true, "hash": "",
        "bookings": [{
            "booking": "01935d2e-7c1a-7e3b-8f00-0123456789ab", "generation": 1, "wanted": "present",
            "kind": "postgresql", "plan": {"b": 1, "a": 2}, "order": {},
            "organisation": {"id": "01935d2e-0000-7000-8000-00000000abcd", "slug": "musterstadt"},
            "exposure": {"class": "provider-network"}
        }]
    })
}

#[test]
fn what_is_left_out_has_a_meaning() {
    let list: DesiredList = serde_json::from_value(shortest()).unwrap();
    assert_eq!(list.bookings[0].power, contract::Power::On);
    assert_eq!(list.bookings[0].wished_start, None);
}

#[test]
fn unknown_fields_of_a_newer_marketplace_do_no_harm() {
    let mut newer = shortest();
    newer["bookings"][0]["colour"] = json!("blue");
    serde_json::from_value::<DesiredList>(newer).unwrap();
}

#[test]
fn what_an_older_operator_does_not_know_does_not_change_the_hash() {
    let list: DesiredList = serde_json::from_value(shortest()).unwrap();
    let as_sent = json!(list);
    let sent: Vec<&Value> = as_sent["bookings"].as_array().unwrap().iter().collect();
    assert_eq!(contract::raw_list_hash(sent.into_iter()), list_hash(&list.bookings));
}

#[test]
fn both_sides_compute_the_same_hash_whatever_their_key_order() {
    let list: DesiredList = serde_json::from_value(shortest()).unwrap();
    let mut other = shortest();
    other["bookings"][0]["plan"] = json!({"a": 2, "b": 1});
    let other: DesiredList = serde_json::from_value(other).unwrap();
    assert_eq!(list_hash(&list.bookings), list_hash(&other.bookings));
    let mut changed = other.bookings.clone();
    changed[0].generation = 2;
    assert_ne!(list_hash(&list.bookings), list_hash(&changed));
}
