use super::*;
use contract::{Exposure, ExposureClass, Kind, OrganisationRef, Power, Restore};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn desired() -> Desired {
    Desired {
        booking: Uuid::from_u128(7),
        generation: 3,
        wanted: Wanted::Present,
        power: Power::On,
        kind: Kind::Postgresql,
        plan: json!({}),
        order: json!({"storage_gib": 2}),
        organisation: OrganisationRef { id: Uuid::from_u128(1), slug: "musterstadt".to_owned() },
        cost_centre: String::new(),
        title: String::new(),
        wished_start: None,
        exposure: Exposure { class: ExposureClass::Cluster, host: None, allowed_networks: Vec::new() },
        restore: None,
    }
}

fn spec(change: impl FnOnce(&mut Desired), epoch: i64) -> BookingSpec {
    let mut desired = desired();
    change(&mut desired);
    BookingSpec { desired, epoch }
}

fn sizes(cpu: i64) -> BTreeMap<String, i64> {
    allocation::meters(desired().kind).map(|meter| (meter.code().to_owned(), cpu)).collect()
}

fn held(used: bool, usage: Option<Tail>) -> Held {
    Held { booking: desired().booking, used, usage }
}

fn tail(seq: i64, cpu: i64, from: &str, to: &str) -> Tail {
    Tail { seq, from: at(from), to: at(to), sizes: sizes(cpu) }
}

/// A log with a resize on the second day, cut and acknowledged to the third midnight in Berlin.
fn log() -> BookingStatus {
    let mut status = BookingStatus::default();
    for (cpu, when) in [(500, "2026-07-01T10:00:00Z"), (1000, "2026-07-02T10:00:00Z")] {
        allocation::record(&mut status, sizes(cpu), at(when), at(when), None, "test");
    }
    status.closed_to = Some(at("2026-07-03T22:00:00Z"));
    status.acknowledged_to = status.closed_to;
    status
}

#[test]
fn what_the_marketplace_forgot_is_held_and_what_is_new_is_written() {
    let here = spec(|_| {}, 1);
    let listed = |change: &dyn Fn(&mut Desired)| spec(|desired| change(desired), 1).desired;
    let same = listed(&|_| {});
    assert_eq!(step(&same, 1, &here), Step::Keep);
    assert_eq!(step(&same, 2, &here), Step::Write, "it only learns the epoch");
    let older = listed(&|desired| desired.generation -= 1);
    for epoch in [1, 2] {
        assert_eq!(
            step(&older, epoch, &here),
            Step::Hold(DifferenceKind::Newer),
            "with or without the command"
        );
    }
    let newer = listed(&|desired| {
        desired.generation += 1;
        desired.wanted = Wanted::Absent;
    });
    assert_eq!(step(&newer, 2, &here), Step::Write);
    // After the restore somebody ordered another change, which drew the same number.
    let rival = listed(&|desired| desired.order["storage_gib"] = 9.into());
    assert_eq!(step(&rival, 2, &here), Step::Hold(DifferenceKind::Newer));
    let back = Restore { number: 1, from: 0, at: at("2026-07-01T00:00:00Z"), keep_before: true };
    let rival = listed(&|desired| desired.restore = Some(back));
    assert_eq!(step(&rival, 2, &here), Step::Hold(DifferenceKind::Newer), "so did an order to restore");
    assert_eq!(step(&listed(&|desired| desired.cost_centre = "1".into()), 2, &here), Step::Write);
}

#[test]
fn nothing_is_provisioned_twice() {
    let wanted = desired();
    let absent = Desired { wanted: Wanted::Absent, ..desired() };
    let used = held(true, None);
    assert_eq!(first_step(&wanted, None, false), Step::Write, "nobody ever saw it");
    assert_eq!(first_step(&wanted, Some(&held(false, None)), false), Step::Write);
    assert_eq!(first_step(&wanted, Some(&used), true), Step::Write, "only the Booking was removed");
    assert_eq!(first_step(&wanted, Some(&used), false), Step::Hold(DifferenceKind::Lost));
    assert_eq!(first_step(&absent, Some(&used), false), Step::Write, "an end is proven, not provisioned");
}

#[test]
fn usage_that_a_restored_marketplace_forgot_is_sent_again() {
    let here = spec(|_| {}, 1);
    let stored = tail(0, 500, "2026-07-01T10:00:00Z", "2026-07-01T22:00:00Z");
    let status = log();
    assert_eq!(usage(&here, &status, &held(true, Some(stored.clone())), 1), None, "the same epoch");
    let next = usage(&here, &status, &held(true, Some(stored.clone())), 2).unwrap();
    assert_eq!(next.acknowledged_to, Some(stored.to));
    assert_eq!(next.log, status.log);
    let again = allocation::unacknowledged(&here.desired, &next, 2);
    let all = allocation::segments(&here.desired, &status, 2);
    let missing: Vec<_> = all.into_iter().filter(|record| record.from >= stored.to).collect();
    assert_eq!(again, missing);
    assert_eq!(usage(&here, &next, &held(true, Some(stored)), 2), None, "once per epoch");
    let nothing = usage(&here, &status, &held(true, None), 2).unwrap();
    assert_eq!(nothing.acknowledged_to, None, "everything, where nothing is stored");
}

#[test]
fn a_log_of_yesterday_goes_on_where_the_stored_usage_ends() {
    let here = spec(|_| {}, 1);
    let whole = log();
    let mut yesterday = BookingStatus { closed_to: None, acknowledged_to: None, ..whole.clone() };
    yesterday.log.truncate(1);
    let stored = tail(1, 1000, "2026-07-02T22:00:00Z", "2026-07-03T22:00:00Z");
    let next = usage(&here, &yesterday, &held(true, Some(stored.clone())), 1).unwrap();
    assert_eq!(allocation::unacknowledged(&here.desired, &next, 1), [], "nothing is measured twice");
    assert_eq!(next.log.last().map(|entry| (entry.seq, entry.sizes.clone())), Some((1, sizes(1000))));
    assert_eq!(usage(&here, &next, &held(true, Some(stored.clone())), 1), None);
    // A log that began anew after the Booking was written again keeps what it saw since.
    let mut anew = BookingStatus::default();
    allocation::record(
        &mut anew,
        sizes(700),
        at("2026-07-04T08:00:00Z"),
        at("2026-07-04T08:00:00Z"),
        None,
        "test",
    );
    let next = usage(&here, &anew, &held(true, Some(stored)), 1).unwrap();
    let seen: Vec<_> = next.log.iter().map(|entry| (entry.seq, entry.from)).collect();
    assert_eq!(seen, [(2, at("2026-07-04T08:00:00Z"))], "what was in between stays a gap");
}

proptest! {
    /// Whatever part of the log a restore leaves, and wherever the stored usage ends: together they tile, once.
    #[test]
    fn restored_logs_tile_with_what_is_stored(
        steps in prop::collection::vec((1_i64..200_000, 1_i64..5), 1..12),
        kept in 1_usize..12,
        stored in 0_usize..40,
        later in 1_i64..100_000,
    ) {
        let here = spec(|_| {}, 1);
        let mut second = 1_782_900_000_i64;
        let mut status = BookingStatus::default();
        for (pause, cpu) in steps {
            let when = Timestamp::from_second(second).unwrap();
            allocation::record(&mut status, sizes(cpu), when, when, None, "test");
            second += pause;
        }
        allocation::close(&mut status, Timestamp::from_second(second + 100).unwrap());
        let told = allocation::segments(&here.desired, &status, 1);
        let meters = allocation::meters(here.desired.kind).count();
        let count = told.len() / meters;
        let stored = &told[..stored.min(count) * meters];
        let tail = stored.last().map(|last| Tail { seq: last.seq, from: last.from, to: last.to, sizes: sizes(last.amount) });
        let mut restored = status.clone();
        restored.log.truncate(kept);
        restored.closed_to = None;
        let held = held(true, tail.clone());
        let mut next = usage(&here, &restored, &held, 1).unwrap_or(restored);
        let when = Timestamp::from_second(second + later).unwrap();
        allocation::record(&mut next, sizes(9), when, when, tail.as_ref().map(|tail| tail.to), "test");
        let mut together: Vec<_> = stored.to_vec();
        for record in allocation::segments(&here.desired, &next, 1) {
            let twice = together.iter().find(|other| (other.meter, other.from) == (record.meter, record.from));
            match twice {
                Some(known) => prop_assert_eq!(known.content_hash(), record.content_hash()),
                None => together.push(record),
            }
        }
        let first = allocation::meters(here.desired.kind).next().unwrap();
        let mut line: Vec<_> = together.into_iter().filter(|record| record.meter == first).collect();
        line.sort_by_key(|record| record.from);
        for pair in line.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from);
            prop_assert!(pair[1].seq == pair[0].seq || pair[1].seq == pair[0].seq + 1);
        }
    }
}
