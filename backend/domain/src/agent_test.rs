//! What repeated, late and reordered words of an operator change.

use super::*;
use contract::{Repair, Tampering};
use uuid::Uuid;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn said(generation: i64, second: i64, status: ConditionStatus, key: MessageKey) -> Observation {
    Observation {
        booking: Uuid::from_u128(1),
        generation,
        conditions: vec![Condition {
            r#type: ConditionType::Ready,
            status,
            reason: "Because".into(),
            message_key: key,
            message_args: Default::default(),
            since: at(second),
        }],
        endpoints: Vec::new(),
        first_ready: (status == ConditionStatus::True).then(|| at(second)),
        in_effect: None,
        recoverable: None,
        restored: None,
        repairs: Vec::new(),
        seen_at: at(second),
        gone: None,
    }
}

fn changed(heard: Heard) -> (Known, Vec<&'static str>) {
    match heard {
        Heard::Changed { known, events } => (*known, events.into_iter().map(|event| event.name).collect()),
        Heard::Nothing => panic!("nothing changed"),
    }
}

#[test]
fn the_first_readiness_stays() {
    let starting = said(1, 10, ConditionStatus::False, MessageKey::Starting);
    let (known, events) = changed(hear(None, &starting));
    assert!(events.is_empty());
    assert_eq!(hear(Some(&known), &starting), Heard::Nothing, "a repetition");
    let (known, events) = changed(hear(Some(&known), &said(1, 20, ConditionStatus::True, MessageKey::Ready)));
    assert_eq!((known.ready_at, events), (Some(at(20)), vec!["ready"]));
    let (known, events) =
        changed(hear(Some(&known), &said(1, 30, ConditionStatus::False, MessageKey::Crashing)));
    assert_eq!(events, ["interrupted", "blocked"]);
    let (known, events) = changed(hear(Some(&known), &said(1, 40, ConditionStatus::True, MessageKey::Ready)));
    assert_eq!((known.ready_at, events), (Some(at(20)), vec!["ready"]));
}

#[test]
fn old_words_change_nothing() {
    let (known, _) = changed(hear(None, &said(2, 20, ConditionStatus::True, MessageKey::Ready)));
    let late = said(2, 19, ConditionStatus::False, MessageKey::Starting);
    assert_eq!(hear(Some(&known), &late), Heard::Nothing, "overtaken by a later one");
    let old = said(1, 50, ConditionStatus::False, MessageKey::Starting);
    assert_eq!(hear(Some(&known), &old), Heard::Nothing, "about an older wanted state");
}

#[test]
fn gone_is_remembered_once_and_for_ever() {
    let (known, _) = changed(hear(None, &said(1, 20, ConditionStatus::True, MessageKey::Ready)));
    let mut end = said(2, 60, ConditionStatus::False, MessageKey::Gone);
    end.gone = Some(at(59));
    let (known, events) = changed(hear(Some(&known), &end));
    assert_eq!((known.gone_at, events), (Some(at(59)), vec!["gone"]));
    end.gone = Some(at(70));
    end.seen_at = at(70);
    assert_eq!(hear(Some(&known), &end), Heard::Nothing);
}

#[test]
fn an_end_is_never_in_the_past() {
    let now = at(100);
    assert_eq!(ending(at(50), now), Ending { ends_at: now, wanted: Wanted::Absent });
    assert_eq!(ending(at(100), now), Ending { ends_at: now, wanted: Wanted::Absent });
    assert_eq!(ending(at(200), now), Ending { ends_at: at(200), wanted: Wanted::Present });
}

#[test]
fn what_is_deleted_is_named_once() {
    let (known, _) = changed(hear(None, &said(1, 20, ConditionStatus::True, MessageKey::Ready)));
    let mut end = said(2, 60, ConditionStatus::False, MessageKey::Deleting);
    end.conditions[0]
        .message_args
        .insert("detail".into(), "Cluster pg-1, PersistentVolumeClaim pg-1-1".into());
    let (known, events) = changed(hear(Some(&known), &end));
    assert_eq!(events, ["deleting"]);
    end.conditions[0].message_args.insert("detail".into(), "PersistentVolumeClaim pg-1-1".into());
    assert_eq!(changed(hear(Some(&known), &end)).1, Vec::<&str>::new());
}

#[test]
fn what_was_reached_is_remembered_once_and_in_its_order() {
    let reached = |generation, second, effect: Option<(i64, i64)>| Observation {
        in_effect: effect.map(|(generation, since)| InEffect { generation, since: at(since) }),
        ..said(generation, second, ConditionStatus::True, MessageKey::Ready)
    };
    let (known, events) = changed(hear(None, &reached(1, 10, Some((1, 9)))));
    assert_eq!(events, ["ready", "effective"]);
    let (known, events) = changed(hear(Some(&known), &reached(2, 20, Some((1, 15)))));
    assert!(events.is_empty(), "the change is not done, and the first word about the first state stays");
    assert_eq!(known.in_effect, Some(InEffect { generation: 1, since: at(9) }));
    let (known, events) = changed(hear(Some(&known), &reached(2, 30, Some((2, 28)))));
    assert_eq!(events, ["effective"]);
    // An operator that was replaced by an older one says nothing about it.
    let (known, events) = changed(hear(Some(&known), &reached(2, 40, None)));
    assert_eq!((known.in_effect.map(|it| it.generation), events), (Some(2), vec![]));
}

#[test]
fn each_repair_is_told_once() {
    let repair =
        |second| Repair { at: at(second), object: "Service pg-1".to_owned(), what: Tampering::Deleted };
    let word = |seen, repairs: &[i64]| Observation {
        repairs: repairs.iter().map(|second| repair(*second)).collect(),
        seen_at: at(seen),
        ..said(1, 10, ConditionStatus::True, MessageKey::Ready)
    };
    let (first, events) = changed(hear(None, &word(10, &[5, 6])));
    assert_eq!(events.iter().filter(|name| **name == REPAIRED).count(), 2);
    assert_eq!(hear(Some(&first), &word(20, &[5, 6])), Heard::Nothing);
    let (then, events) = changed(hear(Some(&first), &word(30, &[6, 7])));
    assert_eq!(events, [REPAIRED]);
    assert_eq!(then.repaired_at, Some(at(7)));
    // An operator that lost its memory tells of none; nothing is forgotten here.
    assert_eq!(hear(Some(&then), &word(40, &[])), Heard::Nothing);
}

#[test]
fn what_is_not_as_ordered_is_news_since_it_was_seen() {
    let key = MessageKey::ServiceChangeRefused;
    let (known, _) = changed(hear(None, &said(1, 20, ConditionStatus::True, MessageKey::Ready)));
    let mut refused = said(2, 60, ConditionStatus::True, key);
    refused.conditions[0].since = at(20);
    let Heard::Changed { known: then, events } = hear(Some(&known), &refused) else { panic!("nothing") };
    let told: Vec<_> = events.iter().map(|event| (event.name, event.at)).collect();
    assert_eq!(told, [("blocked", at(60))]);
    refused.conditions[0].message_args.insert("detail".into(), "HTTP 422".into());
    let (then, events) = changed(hear(Some(&then), &refused));
    assert!(events.is_empty(), "the same with other words");
    refused.generation = 3;
    assert_eq!(changed(hear(Some(&then), &refused)).1, ["blocked"], "a later wish is refused, too");
}
