use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::rating::Counted;

const ALL: &[Meter] = &Meter::ALL;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn second(of: Timestamp, offset: i64) -> Timestamp {
    Timestamp::from_second(of.as_second() + offset).unwrap()
}

fn period(from: &str, to: &str) -> Period {
    Period::new(at(from), at(to)).unwrap()
}

fn record(from: &str, to: &str) -> UsageRecord {
    UsageRecord {
        booking: Uuid::from_u128(7),
        meter: Meter::Vcpu,
        seq: 1,
        from: at(from),
        to: at(to),
        amount: 2000,
        epoch: 1,
    }
}

fn usage(seq: i64, period: Period) -> Usage {
    Usage { booking: BookingId(Uuid::from_u128(7)), meter: Meter::Vcpu, seq, period, amount: 2000 }
}

#[test]
fn a_sound_record_is_taken_and_faults_are_named() {
    let now = at("2026-10-02T00:00:00Z");
    let sound = record("2026-09-30T22:00:00Z", "2026-10-01T22:00:00Z");
    assert_eq!(check_record(&sound, ALL, now).unwrap().period.seconds(), 86_400);
    let refused = |record: UsageRecord| check_record(&record, ALL, now).unwrap_err().to_string();
    assert_eq!(refused(record("2026-10-01T21:00:00Z", "2026-10-01T23:00:00Z")), "crosses-midnight");
    assert_eq!(refused(record("2026-10-01T21:00:00.5Z", "2026-10-01T21:10:00Z")), "not-whole-seconds");
    assert_eq!(refused(record("2026-10-01T21:00:00Z", "2026-10-01T21:00:00Z")), "empty-interval");
    assert_eq!(refused(record("2026-10-02T00:00:00Z", "2026-10-02T00:05:01Z")), "in-the-future");
    assert_eq!(refused(UsageRecord { amount: -1, ..sound.clone() }), "negative");
    assert_eq!(refused(UsageRecord { meter: Meter::Conversations, ..sound.clone() }), "wrong-meter");
    assert_eq!(check_record(&sound, &[Meter::Storage], now), Err(RecordRefused::WrongMeter));
    let answer = RecordRefused::UnknownBooking.answer();
    assert_eq!(answer, Answer::Rejected { code: "unknown-booking".into(), detail: String::new() });
}

#[test]
fn the_same_identity_with_other_content_is_a_conflict() {
    let first = record("2026-09-30T22:00:00Z", "2026-10-01T22:00:00Z");
    let mut other = first.clone();
    assert_eq!(repeated(&first.content_hash(), &other.content_hash()), Answer::Duplicate);
    other.amount = 1;
    assert_eq!(repeated(&first.content_hash(), &other.content_hash()), Answer::Conflict);
}

#[test]
fn a_night_of_25_hours_is_one_day() {
    let now = at("2026-10-26T00:00:00Z");
    let night = record("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
    assert_eq!(check_record(&night, ALL, now).unwrap().period.seconds(), 25 * 3600);
    let fixed_offset = record("2026-10-25T22:00:00Z", "2026-10-25T23:30:00Z");
    assert_eq!(check_record(&fixed_offset, ALL, now), Err(RecordRefused::CrossesMidnight));
}

#[test]
fn the_billable_window_starts_when_both_sides_are_ready_and_ends_as_wished() {
    let october = Month::new(2026, 10).unwrap();
    let wished = at("2026-10-14T22:00:00Z");
    let window = |ready: &str, end: Option<&str>| billable(october, Some(at(ready)), wished, end.map(at));
    assert_eq!(window("2026-10-10T08:00:00Z", None).unwrap().from(), wished);
    assert_eq!(window("2026-10-16T08:00:00Z", None).unwrap().from(), at("2026-10-16T08:00:00Z"));
    assert_eq!(window("2026-10-16T08:00:00Z", None).unwrap().to(), october.period().to());
    let ended = window("2026-10-16T08:00:00Z", Some("2026-10-20T22:00:00Z")).unwrap();
    assert_eq!(ended.to(), at("2026-10-20T22:00:00Z"));
    assert_eq!(window("2026-10-16T08:00:00Z", Some("2026-10-16T08:00:00Z")), None);
    assert_eq!(window("2026-11-16T08:00:00Z", None), None);
    assert_eq!(billable(october, None, wished, None), None, "never ready, never billed");
    let fractions = window("2026-10-16T08:00:00.7Z", Some("2026-10-20T22:00:00.7Z")).unwrap();
    assert_eq!(fractions, period("2026-10-16T08:00:01Z", "2026-10-20T22:00:00Z"));
    let clipped = clip(&[usage(1, period("2026-10-19T22:00:00Z", "2026-10-20T23:00:00Z"))], &ended);
    assert_eq!(clipped[0].period.seconds(), 86_400);
}

#[test]
fn gaps_overlaps_and_lost_transitions_are_found() {
    let day = |n: i64, seconds: i64| {
        let start = second(at("2026-07-01T00:00:00Z"), n);
        Period::new(start, second(start, seconds)).unwrap()
    };
    let expected = day(0, 1000);
    let sound = tile(&[usage(1, day(400, 600)), usage(1, day(0, 400))], &expected);
    assert_eq!((sound.sound.len(), sound.findings.len()), (2, 0));
    let gaps = tile(&[usage(1, day(100, 300)), usage(2, day(500, 400))], &expected);
    assert_eq!(
        gaps.findings,
        [Irregular::Gap(day(0, 100)), Irregular::Gap(day(400, 100)), Irregular::Gap(day(900, 100))]
    );
    let overlap = tile(&[usage(1, day(0, 600)), usage(2, day(500, 500))], &expected);
    assert_eq!(overlap.findings, [Irregular::Overlap(day(500, 100))]);
    assert_eq!((overlap.sound.len(), overlap.quarantined.len()), (0, 2));
    let inside = tile(&[usage(1, day(0, 1000)), usage(2, day(10, 10)), usage(2, day(30, 10))], &expected);
    assert_eq!((inside.sound.len(), inside.quarantined.len(), inside.findings.len()), (0, 3, 2));
    let lost = tile(&[usage(1, day(0, 400)), usage(3, day(400, 600))], &expected);
    let at = day(400, 1).from();
    assert_eq!(lost.findings, [Irregular::MissingTransition { at, before: 1, after: 3 }]);
    let nothing = tile(&[], &expected);
    assert_eq!(nothing.findings, [Irregular::Gap(expected)]);
}

fn reading(uid: &str, epoch: i64, value: i64, at: Timestamp) -> Reading {
    let booking = BookingId(Uuid::from_u128(7));
    Reading { booking, meter: Meter::Conversations, uid: uid.into(), epoch, value, at }
}

fn sum(counted: &[Counted]) -> i64 {
    counted.iter().map(|c| c.count).sum()
}

#[test]
fn counters_restart_without_loss_and_falls_are_shown() {
    let october = Month::new(2026, 10).unwrap().period();
    let hour = |n: i64| second(october.from(), n * 3600);
    let readings = [
        reading("a", 1, 100, hour(-1)),
        reading("a", 1, 140, hour(2)),
        reading("a", 2, 25, hour(4)),  // started anew
        reading("a", 1, 130, hour(3)), // a fall inside the first epoch
        reading("b", 1, 7, second(october.to(), 0)),
        reading("a", 2, 99, second(october.to(), 1)),
    ];
    let (deltas, falls) = counted(&readings, &october);
    assert_eq!(sum(&deltas), 40 + 25 + 7);
    assert_eq!(falls, [CounterFell { reading: readings[3].clone(), maximum: 140 }]);
    let (next, _) = counted(&readings, &Month::new(2026, 11).unwrap().period());
    assert_eq!(sum(&next), 74, "the next month starts where this one ended");
}

#[test]
fn a_check_of_readings_names_faults() {
    let now = at("2026-10-02T00:00:00Z");
    let sound = CumulativeReading {
        booking: Uuid::from_u128(7),
        meter: Meter::Conversations,
        uid: "counter".into(),
        epoch: 1,
        value: 3,
        at: at("2026-10-01T00:00:00Z"),
    };
    assert!(check_reading(&sound, ALL, now).is_ok());
    let refused = |reading: CumulativeReading| check_reading(&reading, ALL, now).unwrap_err().to_string();
    assert_eq!(refused(CumulativeReading { meter: Meter::Vcpu, ..sound.clone() }), "wrong-meter");
    assert_eq!(refused(CumulativeReading { value: -3, ..sound.clone() }), "negative");
    assert_eq!(refused(CumulativeReading { uid: " ".into(), ..sound.clone() }), "counter-unnamed");
    assert_eq!(refused(CumulativeReading { at: at("2026-10-03T00:00:00Z"), ..sound }), "in-the-future");
}

#[test]
fn what_exceeds_the_order_is_cut_off_and_shown() {
    let whole = period("2026-07-01T00:00:00Z", "2026-07-01T10:00:00Z");
    let change = at("2026-07-01T04:00:00Z");
    let (before, after) = whole.split_at(change).unwrap();
    let ordered = [Held { period: after, amount: 1000 }, Held { period: before, amount: 2000 }];
    let (billed, excess) = below_order(&[Held { period: whole, amount: 2000 }], &ordered);
    assert_eq!(billed, [Held { period: before, amount: 2000 }, Held { period: after, amount: 1000 }]);
    assert_eq!(excess, [Excess { period: after, reported: 2000, ordered: 1000 }]);
    let (billed, excess) = below_order(&[Held { period: whole, amount: 5 }], &[]);
    assert_eq!((billed[0].amount, excess.len()), (0, 1), "nothing was ordered");
}

#[test]
fn a_month_waits_for_every_watermark() {
    let march = Month::new(2026, 3).unwrap();
    let location = |n| LocationId(Uuid::from_u128(n));
    let passed = (location(1), Some(at("2026-03-31T22:00:00Z")));
    let behind = (location(2), Some(at("2026-03-31T21:59:59Z")));
    let never = (location(3), None);
    assert_eq!(waiting_for(march, &[passed, behind, never]), [behind, never]);
    assert_eq!(waiting_for(march, &[passed]), []);
    assert!(final_possible(at("2026-03-10T08:00:00Z"), Some(at("2026-03-10T08:00:00Z"))));
    assert!(!final_possible(at("2026-03-10T08:00:00Z"), None));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn lost_repeated_and_reordered_readings_change_nothing(
        grown in prop::collection::vec(0..1000_i64, 2..30), keep in prop::collection::vec(any::<bool>(), 30),
        turn in 0..30_usize,
    ) {
        let july = Month::new(2026, 7).unwrap().period();
        let mut value = 0;
        let mut all = Vec::new();
        for (n, growth) in grown.iter().enumerate() {
            value += growth;
            all.push(reading("a", 1, value, second(july.from(), 60 * (i64::try_from(n).unwrap() + 1))));
        }
        let last = all.len() - 1;
        let mut arrived: Vec<Reading> =
            all.iter().enumerate().filter(|(n, _)| *n == last || keep[*n]).map(|(_, r)| r.clone()).collect();
        arrived.extend(arrived.clone());
        let turn = turn % arrived.len();
        arrived.rotate_left(turn);
        prop_assert_eq!(sum(&counted(&arrived, &july).0), value);
    }

    #[test]
    fn cutting_at_midnight_tiles(start in 0..86_400_i64, length in 1..400_000_i64) {
        let from = second(at("2026-03-27T00:00:00Z"), start);
        let life = Period::new(from, second(from, length)).unwrap();
        let pieces: Vec<Usage> = life.days().into_iter().map(|(_, part)| usage(1, part)).collect();
        let tiled = tile(&pieces, &life);
        prop_assert!(tiled.findings.is_empty() && tiled.quarantined.is_empty());
        prop_assert_eq!(tiled.sound.iter().map(|u| u.period.seconds()).sum::<i64>(), length);
    }

    #[test]
    fn never_billed_more_than_ordered(
        held in prop::collection::vec((1..5000_i64, 0..10_i64), 1..10),
        ordered in prop::collection::vec((1..5000_i64, 0..10_i64), 0..10),
    ) {
        let lay = |sizes: &[(i64, i64)]| {
            let mut from = at("2026-07-01T00:00:00Z");
            sizes
                .iter()
                .map(|(seconds, amount)| {
                    let period = Period::new(from, second(from, *seconds)).unwrap();
                    from = period.to();
                    Held { period, amount: *amount }
                })
                .collect::<Vec<_>>()
        };
        let (held, ordered) = (lay(&held), lay(&ordered));
        let (billed, _) = below_order(&held, &ordered);
        let weight = |h: &[Held]| h.iter().map(|h| h.amount * h.period.seconds()).sum::<i64>();
        let time = |h: &[Held]| h.iter().map(|h| h.period.seconds()).sum::<i64>();
        prop_assert!(weight(&billed) <= weight(&held) && weight(&billed) <= weight(&ordered));
        prop_assert_eq!(time(&billed), time(&held), "no second disappears");
    }
}
