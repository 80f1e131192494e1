use super::*;
use contract::{Exposure, ExposureClass, OrganisationRef, Power, Wanted};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

fn desired() -> Desired {
    Desired {
        booking: Uuid::from_u128(7),
        generation: 1,
        wanted: Wanted::Present,
        power: Power::On,
        kind: Kind::Postgresql,
        plan: json!({}),
        order: json!({}),
        organisation: OrganisationRef { id: Uuid::from_u128(1), slug: "musterstadt".to_owned() },
        cost_centre: String::new(),
        title: String::new(),
        wished_start: None,
        exposure: Exposure { class: ExposureClass::Cluster, host: None, allowed_networks: Vec::new() },
        restore: None,
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn sizes(cpu: i64, storage: i64) -> BTreeMap<String, i64> {
    BTreeMap::from([
        ("vcpu".to_owned(), cpu),
        ("memory".to_owned(), 0),
        ("storage".to_owned(), storage),
        ("instance".to_owned(), i64::from(cpu > 0)),
    ])
}

fn put(status: &mut BookingStatus, cpu: i64, storage: i64, when: &str) {
    record(status, sizes(cpu, storage), at(when), at(when), None, "test");
}

fn of(records: &[UsageRecord], meter: Meter) -> Vec<(String, String, i64, i64)> {
    records
        .iter()
        .filter(|record| record.meter == meter)
        .map(|record| (record.from.to_string(), record.to.to_string(), record.seq, record.amount))
        .collect()
}

#[test]
fn open_end_is_cut_at_berlin_midnight_and_daylight_saving_is_right() {
    let mut status = BookingStatus::default();
    put(&mut status, 500, 1024, "2026-03-28T12:00:00Z");
    close(&mut status, at("2026-03-30T05:00:00Z"));
    let records = segments(&desired(), &status, 1);
    assert_eq!(
        of(&records, Meter::Vcpu),
        [
            ("2026-03-28T12:00:00Z".to_owned(), "2026-03-28T23:00:00Z".to_owned(), 0, 500),
            // The day of the change to summer time has 23 hours.
            ("2026-03-28T23:00:00Z".to_owned(), "2026-03-29T22:00:00Z".to_owned(), 0, 500),
        ]
    );
}

#[test]
fn nothing_is_cut_before_kubelets_had_time_to_report() {
    let mut status = BookingStatus::default();
    put(&mut status, 500, 1024, "2026-07-01T12:00:00Z");
    close(&mut status, at("2026-07-01T22:00:29Z"));
    assert_eq!(status.closed_to, None);
    close(&mut status, at("2026-07-01T22:00:30Z"));
    assert_eq!(status.closed_to, Some(at("2026-07-01T22:00:00Z")));
}

#[test]
fn late_news_start_where_the_log_was_cut() {
    let mut status = BookingStatus::default();
    put(&mut status, 500, 1024, "2026-07-01T12:00:00Z");
    close(&mut status, at("2026-07-01T23:00:00Z"));
    let before = segments(&desired(), &status, 1);
    record(&mut status, sizes(0, 1024), at("2026-07-01T21:59:00Z"), at("2026-07-01T23:05:00Z"), None, "late");
    assert_eq!(status.log[1].from, at("2026-07-01T22:00:00Z"));
    let after = segments(&desired(), &status, 1);
    assert_eq!(before, after, "what was sent stays as it was");
}

#[test]
fn a_stopped_booking_has_intervals_of_size_zero() {
    let mut status = BookingStatus::default();
    put(&mut status, 500, 1024, "2026-07-01T08:00:00Z");
    put(&mut status, 0, 1024, "2026-07-01T09:00:00Z");
    put(&mut status, 500, 1024, "2026-07-01T10:00:00Z");
    let records = segments(&desired(), &status, 1);
    let amounts: Vec<i64> = of(&records, Meter::Vcpu).into_iter().map(|part| part.3).collect();
    assert_eq!(amounts, [500, 0]);
    let storage: Vec<i64> = of(&records, Meter::Storage).into_iter().map(|part| part.3).collect();
    assert_eq!(storage, [1024, 1024]);
}

#[test]
fn the_end_is_final() {
    let mut status = BookingStatus::default();
    put(&mut status, 500, 1024, "2026-07-01T08:00:00Z");
    finish(&mut status, at("2026-07-01T09:00:00Z"), None);
    let records = segments(&desired(), &status, 1);
    close(&mut status, at("2026-07-09T09:00:00Z"));
    put(&mut status, 500, 1024, "2026-07-02T08:00:00Z");
    finish(&mut status, at("2026-07-03T09:00:00Z"), None);
    assert_eq!(records, segments(&desired(), &status, 1));
    assert_eq!(of(&records, Meter::Vcpu).len(), 1);
}

#[test]
fn watermark_waits_for_acknowledgement_and_the_gone_hold_nothing_up() {
    let mut status = BookingStatus::default();
    put(&mut status, 500, 1024, "2026-07-01T08:00:00Z");
    let seen = at("2026-07-01T09:30:00Z");
    assert_eq!(complete_to(&desired(), &status, seen), Some(at("2026-07-01T09:29:30Z")));
    finish(&mut status, at("2026-07-01T09:00:00Z"), None);
    status.gone = Some(at("2026-07-01T09:00:00Z"));
    assert_eq!(complete_to(&desired(), &status, seen), Some(at("2026-07-01T08:00:00Z")));
    status.acknowledged_to = Some(at("2026-07-01T09:00:00Z"));
    assert_eq!(complete_to(&desired(), &status, seen), None);
}

#[test]
fn pruning_changes_nothing_that_is_still_open() {
    let mut status = BookingStatus::default();
    for step in 0..250_i64 {
        let when = Timestamp::from_second(1_750_000_000 + step * 100).unwrap();
        record(&mut status, sizes(100 + step, 1024), when, when, None, "step");
    }
    status.acknowledged_to = Some(status.log[200].from);
    let open = unacknowledged(&desired(), &status, 1);
    prune(&mut status);
    assert_eq!(status.log.len(), 100);
    assert_eq!(open, unacknowledged(&desired(), &status, 1));
}

proptest! {
    /// Per meter the segments tile the log without gap or overlap, no segment crosses a midnight in Berlin, and what
    /// was once sent is sent again in the same form whatever happens later.
    #[test]
    fn segments_tile_and_never_change(
        steps in prop::collection::vec((1_i64..200_000, -100_000_i64..100, 0_i64..4, 0_i64..3), 1..20)
    ) {
        let mut status = BookingStatus::default();
        let mut now = 1_774_000_000_i64;
        let mut sent: BTreeMap<(Meter, Timestamp), UsageRecord> = BTreeMap::new();
        for (wait, late, cpu, storage) in steps {
            now += wait;
            let seen = Timestamp::from_second(now).unwrap();
            let since = Timestamp::from_second(now + late).unwrap();
            record(&mut status, sizes(cpu * 500, storage * 1024), since, seen, None, "step");
            close(&mut status, seen);
            let records = segments(&desired(), &status, 1);
            let again: BTreeMap<(Meter, Timestamp), UsageRecord> =
                records.into_iter().map(|record| ((record.meter, record.from), record)).collect();
            for (identity, record) in &sent {
                prop_assert_eq!(again.get(identity), Some(record));
            }
            sent = again;
        }
        for meter in meters(Kind::Postgresql) {
            let chain: Vec<&UsageRecord> = sent.values().filter(|record| record.meter == meter).collect();
            for pair in chain.windows(2) {
                prop_assert_eq!(pair[0].to, pair[1].from);
                prop_assert!(pair[1].seq - pair[0].seq <= 1);
            }
            for part in chain {
                prop_assert!(part.from < part.to);
                let last_second = Timestamp::from_second(part.to.as_second() - 1).unwrap();
                let day = |when: Timestamp| when.to_zoned(BERLIN.clone()).date();
                prop_assert_eq!(day(part.from), day(last_second));
            }
        }
    }
}
