//! One minor version of distance, both ways: the messages as the version before sent them (`versions/before.json`) and as a next
//! one might (`versions/next.json`: members, kinds, meters, conditions and words that this version does not know).
//!
//! `before.json` is never edited to make a test pass: an operator out there still sends it. When a release is made, it becomes
//! what that release sends.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use contract::{
    Answer, ConditionType, Enrolled, Enrolment, Heartbeat, HeartbeatAnswer, Kind, MessageKey,
    ObservationBatch, PendingReveals, RawDesiredList, RawUsageBatch, SealedReveal, UsageAnswers,
};
use contract::{Desired, ExposureClass, Power};
use serde::de::DeserializeOwned;
use serde_json::Value;

const BEFORE: &str = include_str!("versions/before.json");
const NEXT: &str = include_str!("versions/next.json");

fn message<T: DeserializeOwned>(file: &str, name: &str) -> T {
    let all: Value = serde_json::from_str(file).unwrap();
    let found = all.get(name).unwrap_or_else(|| panic!("{name} is missing"));
    serde_json::from_value(found.clone()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_message_of_either_version_is_read() {
    for file in [BEFORE, NEXT] {
        message::<Enrolment>(file, "POST enrolment");
        message::<Enrolled>(file, "POST enrolment, answer");
        message::<RawDesiredList>(file, "GET bookings, answer");
        message::<ObservationBatch>(file, "POST observations");
        message::<RawUsageBatch>(file, "POST usage");
        message::<UsageAnswers>(file, "POST usage, answer");
        message::<Heartbeat>(file, "POST heartbeat");
        message::<HeartbeatAnswer>(file, "POST heartbeat, answer");
        message::<PendingReveals>(file, "GET reveals, answer");
        message::<SealedReveal>(file, "POST reveals/{id}");
    }
}

#[test]
fn what_the_version_before_did_not_send_has_a_meaning() {
    let list: RawDesiredList = message(BEFORE, "GET bookings, answer");
    let desired: Desired = serde_json::from_str(&list.bookings[0].line).unwrap();
    assert_eq!((desired.power, desired.wished_start), (Power::On, None));
    let said: ObservationBatch = message(BEFORE, "POST observations");
    assert_eq!((said.observations[0].in_effect, said.observations[0].endpoints.len()), (None, 0));
    let beat: Heartbeat = message(BEFORE, "POST heartbeat");
    assert_eq!((beat.abilities.exposures.len(), beat.watermark), (0, None));
    assert_eq!(message::<HeartbeatAnswer>(BEFORE, "POST heartbeat, answer").version, None);
    assert_eq!(message::<PendingReveals>(BEFORE, "GET reveals, answer").words, []);
}

#[test]
fn what_the_next_version_adds_hides_nothing() {
    let list: RawDesiredList = message(NEXT, "GET bookings, answer");
    let read: Vec<bool> =
        list.bookings.iter().map(|raw| serde_json::from_str::<Desired>(&raw.line).is_ok()).collect();
    assert_eq!(read, [true, false, false], "one can be provisioned, two are kept as they are");
    assert!(list.bookings[0].line.contains("\"colour\":\"blue\""), "and counts for the hash as it was sent");
    let said: ObservationBatch = message(NEXT, "POST observations");
    let conditions = &said.observations[0].conditions;
    let kinds: Vec<ConditionType> = conditions.iter().map(|condition| condition.r#type).collect();
    assert_eq!(kinds, [ConditionType::Accepted, ConditionType::Ready]);
    assert_eq!(conditions[1].message_key, MessageKey::Unknown);
    let beat: Heartbeat = message(NEXT, "POST heartbeat");
    assert_eq!(beat.abilities.kinds, [Kind::Postgresql, Kind::Application]);
    assert_eq!(beat.abilities.exposures, [ExposureClass::ProviderNetwork]);
    let pending: PendingReveals = message(NEXT, "GET reveals, answer");
    assert_eq!((pending.reveals.len(), pending.words[0].word.as_str()), (1, "adopt"), "no display is hidden");
    let answers: UsageAnswers = message(NEXT, "POST usage, answer");
    let settled: Vec<bool> = answers.records.iter().map(Answer::settles).collect();
    assert_eq!(settled, [true, false], "an answer that nobody knows settles nothing");
}

#[test]
fn a_meter_that_nobody_knows_holds_up_no_other() {
    let (batch, unreadable) = message::<RawUsageBatch>(NEXT, "POST usage").read();
    assert_eq!(batch.records.len(), 1);
    let answers = UsageAnswers { records: vec![Answer::Accepted], readings: Vec::new() };
    let answers = unreadable.complete(answers).records;
    assert!(matches!(&answers[0], Answer::Rejected { code, .. } if code == "unreadable"), "{answers:?}");
    assert_eq!(answers[1], Answer::Accepted, "each answer stands where its record stood");
}
