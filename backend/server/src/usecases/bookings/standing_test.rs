//! What the page says about money and who acts, as tables.

use super::*;
use contract::{Condition, ConditionStatus, ConditionType};
use jiff::SignedDuration;
use uuid::Uuid;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn row(wanted: &str, ends_at: Option<&str>) -> BookingRow {
    BookingRow {
        id: Uuid::from_u128(1),
        number: "BU-2026-0001".into(),
        organisation_id: Uuid::from_u128(2),
        provider_id: Uuid::from_u128(3),
        location_id: Some(Uuid::from_u128(4)),
        offering_id: Uuid::from_u128(5),
        version_id: Uuid::from_u128(6),
        plan_id: Uuid::from_u128(7),
        kind: "postgresql".into(),
        name: "Fachverfahren".into(),
        parameters: serde_json::json!({}),
        exposure: serde_json::json!({}),
        generation: 1,
        revision: 1,
        wanted: wanted.into(),
        power: "running".into(),
        wished_start_at: at("2026-11-20T00:00:00Z").into(),
        ends_at: ends_at.map(|text| at(text).into()),
        deletes_at: None,
        restore: None,
        created_at: at("2026-11-19T00:00:00Z").into(),
    }
}

fn seen(ready_at: Option<&str>, key: MessageKey) -> Seen {
    let status = if key == MessageKey::Ready { ConditionStatus::True } else { ConditionStatus::False };
    Seen {
        generation: 1,
        conditions: vec![Condition {
            r#type: ConditionType::Ready,
            status,
            reason: "Because".into(),
            message_key: key,
            message_args: BTreeMap::from([("detail".to_owned(), "kein Platz".to_owned())]),
            since: at("2026-11-24T02:14:00Z"),
        }],
        reached: Some(1),
        ready_at: ready_at.map(at),
        gone_at: None,
    }
}

const FACTS: MoneyFacts = MoneyFacts {
    monthly: Decimal::ONE,
    former: None,
    stopped: Some(Decimal::ZERO),
    committed: Some(Decimal::TWO),
};

#[test]
fn money_runs_only_between_readiness_and_end() {
    let now = at("2026-11-24T10:00:00Z");
    let ready = seen(Some("2026-11-21T00:00:00Z"), MessageKey::Ready);
    let stuck = seen(None, MessageKey::NoRoom);
    let mut later = row("present", None);
    later.wished_start_at = at("2026-12-01T00:00:00Z").into();
    let reserved = Money::Reserved { amount: Decimal::TWO.into() };
    let runs = Money::AsBefore { monthly: Decimal::ONE.into() };
    assert_eq!(money(&row("present", None), None, FACTS, Phase::Active, now), reserved, "nobody took it up");
    assert_eq!(
        money(&row("present", None), Some(&stuck), FACTS, Phase::Active, now),
        reserved,
        "stuck at night"
    );
    assert_eq!(money(&row("present", None), Some(&ready), FACTS, Phase::Active, now), runs);
    assert_eq!(
        money(&later, Some(&ready), FACTS, Phase::Active, now),
        reserved,
        "ready before it is wished for"
    );
    assert_eq!(
        money(&row("present", Some("2026-12-01T00:00:00Z")), Some(&ready), FACTS, Phase::Active, now),
        runs,
        "ends later"
    );
    assert_eq!(
        money(&row("absent", Some("2026-11-24T09:00:00Z")), Some(&ready), FACTS, Phase::Active, now),
        Money::Over,
        "ended"
    );
    assert_eq!(
        money(&row("absent", Some("2026-11-24T09:00:00Z")), None, FACTS, Phase::Active, now),
        Money::Over
    );
    let ordered = BookingRow { power: "stopped".into(), ..row("present", None) };
    let less = Money::AsBefore { monthly: Decimal::ZERO.into() };
    assert_eq!(money(&ordered, Some(&ready), FACTS, Phase::Active, now), runs, "the stop is on its way");
    assert_eq!(money(&ordered, Some(&ready), FACTS, Phase::Stopped, now), less, "what is stopped costs less");
    let changing = MoneyFacts { former: Some(Decimal::TEN), ..FACTS };
    let before = Money::AsBefore { monthly: Decimal::TEN.into() };
    assert_eq!(money(&row("present", None), Some(&ready), changing, Phase::Active, now), before);
}

#[test]
fn what_was_declined_did_not_come_about() {
    let now = at("2026-11-24T10:00:00Z");
    let gone_at = Some(at("2026-11-24T09:00:00Z"));
    let declined = Seen { generation: 2, conditions: Vec::new(), reached: None, ready_at: None, gone_at };
    let ended = Seen { gone_at, ..seen(Some("2026-11-21T00:00:00Z"), MessageKey::Ready) };
    let phase = |seen: &Seen| {
        let row = row("absent", Some("2026-11-24T09:00:00Z"));
        standing((&row, 1), Some(seen), Some(now), now).with_settled(true).phase
    };
    assert_eq!([phase(&declined), phase(&ended)], [BookingPhase::NotBegun, BookingPhase::Settled]);
}

#[test]
fn a_failure_names_reason_and_who_acts() {
    let now = at("2026-11-24T02:20:00Z");
    let stuck = seen(None, MessageKey::NoRoom);
    let standing = standing((&row("present", None), 1), Some(&stuck), Some(now), now);
    assert_eq!(standing.phase, BookingPhase::Degraded);
    let why = why(&standing, Money::None, "IT-Verbund").unwrap();
    assert_eq!((why.reason.code.as_str(), why.actor.code.as_str()), ("no-room", "provider"));
    assert_eq!(why.reason.args["detail"], "kein Platz");
}

#[test]
fn a_silent_operator_hides_what_it_said_last() {
    let now = at("2026-11-24T10:00:00Z");
    let heard = now - SignedDuration::from_mins(11);
    let ready = seen(Some("2026-11-21T00:00:00Z"), MessageKey::Ready);
    let standing = standing((&row("present", None), 1), Some(&ready), Some(heard), now);
    assert_eq!(standing.phase, BookingPhase::Unknown);
    assert_eq!(standing.reason.unwrap().code, "operator-silent");
}
