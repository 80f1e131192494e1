//! Transition log → usage intervals. A pure function of the log, so that any re-run sends the same records.
//!
//! Intervals are half-open, in whole seconds, cut at each midnight in Berlin, and exist for every allocation meter of the
//! kind, zeros included: per meter they tile the time from the first transition to the last. The open end is sent only
//! up to `closed_to`; [`record`] never lets a transition start before it.

use crate::crd::{BookingStatus, Transition};
use contract::{Desired, Kind, Meter, Nature, UsageRecord};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;

static BERLIN: TimeZone = jiff::tz::get!("Europe/Berlin");

/// Seconds that a kubelet may take to report what happened; the open end is cut only after them.
pub const SETTLE_SECONDS: i64 = 30;

/// Entries that are kept in any case, for people who look at the object.
const KEEP: usize = 100;

/// The allocation meters of a kind, in a fixed order.
pub fn meters(kind: Kind) -> impl Iterator<Item = Meter> {
    kind.meters().iter().copied().filter(|meter| meter.nature() == Nature::Allocation)
}

/// Everything that can be said of the log so far.
pub fn segments(desired: &Desired, status: &BookingStatus, epoch: i64) -> Vec<UsageRecord> {
    let mut records = Vec::new();
    for (position, entry) in status.log.iter().enumerate() {
        let end = match status.log.get(position + 1) {
            Some(next) => Some(next.from),
            None if entry.last => None,
            None => status.closed_to,
        };
        let Some(end) = end else { continue };
        for (from, to) in cut(entry.from, end) {
            for meter in meters(desired.kind) {
                records.push(UsageRecord {
                    booking: desired.booking,
                    meter,
                    seq: entry.seq,
                    from,
                    to,
                    amount: entry.sizes.get(meter.code()).copied().unwrap_or(0),
                    epoch,
                });
            }
        }
    }
    records
}

/// The segments that still have to be acknowledged.
pub fn unacknowledged(desired: &Desired, status: &BookingStatus, epoch: i64) -> Vec<UsageRecord> {
    let mut records = segments(desired, status, epoch);
    if let Some(done) = status.acknowledged_to {
        records.retain(|record| record.to > done);
    }
    records
}

/// Appends a transition if the sizes differ from the last ones.
///
/// `since` is the in-cluster time of the change. It is raised to what was already cut or promised (`floor`) and lowered
/// to `seen_at`. A change in the second of the last transition replaces its sizes: nothing of it can have been sent.
pub fn record(
    status: &mut BookingStatus,
    sizes: BTreeMap<String, i64>,
    since: Timestamp,
    seen_at: Timestamp,
    floor: Option<Timestamp>,
    cause: &str,
) {
    let Some(last) = status.log.last_mut() else {
        if sizes.values().any(|amount| *amount != 0) {
            let from = whole(since.min(seen_at).max(floor.unwrap_or(Timestamp::MIN)));
            status.log.push(Transition { seq: 0, from, sizes, cause: cause.to_owned(), last: false });
        }
        return;
    };
    if last.last || last.sizes == sizes {
        return;
    }
    let from = whole(since.min(seen_at))
        .max(last.from)
        .max(status.closed_to.unwrap_or(Timestamp::MIN))
        .max(floor.map_or(Timestamp::MIN, whole_up));
    if from == last.from {
        last.sizes = sizes;
        cause.clone_into(&mut last.cause);
        return;
    }
    let seq = last.seq + 1;
    status.log.push(Transition { seq, from, sizes, cause: cause.to_owned(), last: false });
}

/// Ends the log: nothing is left to measure.
pub fn finish(status: &mut BookingStatus, seen_at: Timestamp, floor: Option<Timestamp>) {
    let Some(last) = status.log.last() else { return };
    if last.last {
        return;
    }
    let zeros: BTreeMap<String, i64> = last.sizes.keys().map(|code| (code.clone(), 0)).collect();
    record(status, zeros.clone(), seen_at, seen_at, floor, "gone");
    if let Some(last) = status.log.last_mut() {
        last.last = true;
    }
}

/// Cuts the open end at the last midnight in Berlin that has certainly been reported by all kubelets.
pub fn close(status: &mut BookingStatus, seen_at: Timestamp) {
    let Some(last) = status.log.last() else { return };
    let settled = Timestamp::from_second(seen_at.as_second() - SETTLE_SECONDS).unwrap_or(seen_at);
    let Some(midnight) = midnight_at_or_before(settled) else { return };
    if !last.last && midnight > last.from && status.closed_to.is_none_or(|closed| midnight > closed) {
        status.closed_to = Some(midnight);
    }
}

/// Forgets entries whose intervals are long acknowledged. The last ones stay.
pub fn prune(status: &mut BookingStatus) {
    let Some(done) = status.acknowledged_to else { return };
    let surplus = status.log.len().saturating_sub(KEEP);
    let mut drop = 0;
    for next in status.log.iter().skip(1).take(surplus) {
        if next.from > done {
            break;
        }
        drop += 1;
    }
    status.log.drain(..drop);
}

/// Since when something is not acknowledged; `None` if everything is.
pub fn open_since(desired: &Desired, status: &BookingStatus) -> Option<Timestamp> {
    let unread = status.counters.iter().filter(|counter| !counter.acknowledged).map(|counter| counter.at);
    let unsent = unacknowledged(desired, status, 0).into_iter().map(|record| record.from);
    unsent.chain(unread).min()
}

/// Up to when nothing is missing: everything that ends at or before it is acknowledged, and no later transition can
/// start before it. `None` for a booking that has ended and is acknowledged: it holds nothing up.
pub fn complete(open: Option<Timestamp>, gone: bool, seen_at: Timestamp) -> Option<Timestamp> {
    let settled = Timestamp::from_second(seen_at.as_second() - SETTLE_SECONDS).unwrap_or(seen_at);
    match open {
        Some(from) => Some(from.min(settled)),
        None if gone => None,
        None => Some(settled),
    }
}

/// [`complete`] of a status.
pub fn complete_to(desired: &Desired, status: &BookingStatus, seen_at: Timestamp) -> Option<Timestamp> {
    complete(open_since(desired, status), status.gone.is_some(), seen_at)
}

/// Whether an interval that began at `from` and was never cut short ends at `to`.
pub fn ends_with_its_day(from: Timestamp, to: Timestamp) -> bool {
    midnight_after(from) == Some(to)
}

/// Cuts `[from, to)` at midnights in Berlin.
fn cut(from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let mut parts = Vec::new();
    let mut start = from;
    while start < to {
        let end = midnight_after(start).map_or(to, |midnight| midnight.min(to));
        if end <= start {
            break;
        }
        parts.push((start, end));
        start = end;
    }
    parts
}

fn midnight_after(at: Timestamp) -> Option<Timestamp> {
    let tomorrow = at.to_zoned(BERLIN.clone()).date().checked_add(1.day()).ok()?;
    Some(tomorrow.to_zoned(BERLIN.clone()).ok()?.timestamp())
}

fn midnight_at_or_before(at: Timestamp) -> Option<Timestamp> {
    Some(at.to_zoned(BERLIN.clone()).date().to_zoned(BERLIN.clone()).ok()?.timestamp())
}

fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_nanosecond().div_euclid(1_000_000_000).try_into().unwrap_or(at.as_second()))
        .unwrap_or(at)
}

fn whole_up(at: Timestamp) -> Timestamp {
    let down = whole(at);
    if down == at { at } else { Timestamp::from_second(down.as_second() + 1).unwrap_or(at) }
}

#[cfg(test)]
#[path = "allocation_test.rs"]
mod tests;
