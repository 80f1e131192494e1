//! What becomes of a booking when the two sides compare what they know: pure, and before anything is written.
//!
//! A restore makes one side forget. What it forgot is never torn down, taken back or provisioned a second time by itself; it
//! is reported, and people decide. Usage is another matter: its identities are a function of the log, so it is sent again as
//! far as the log reaches, and a log that is older than what was stored goes on from there.

use crate::allocation;
use crate::crd::{BookingSpec, BookingStatus, Transition};
use contract::{Desired, Difference, DifferenceKind, Held, Tail, Wanted};

/// What to do about one listed booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The cluster has it like that.
    Keep,
    /// Write it.
    Write,
    /// Leave it as it is, and report it.
    Hold(DifferenceKind),
}

/// Decides about a listed booking that the cluster has. `epoch` is that of the list.
pub fn step(desired: &Desired, epoch: i64, known: &BookingSpec) -> Step {
    let ours = &known.desired;
    let forgotten = desired.generation < ours.generation
        // The same number was drawn twice: once before the restore, once after it.
        || desired.generation == ours.generation && known.epoch < epoch && !same_wish(desired, ours);
    match () {
        () if forgotten => Step::Hold(DifferenceKind::Newer),
        () if *ours == *desired && known.epoch == epoch => Step::Keep,
        () => Step::Write,
    }
}

/// Decides about a listed booking that the cluster does not have; `left` tells whether anything else of it is there.
pub fn first_step(desired: &Desired, held: Option<&Held>, left: bool) -> Step {
    let used = held.is_some_and(|held| held.used);
    if used && !left && desired.wanted == Wanted::Present {
        Step::Hold(DifferenceKind::Lost)
    } else {
        Step::Write
    }
}

fn same_wish(one: &Desired, other: &Desired) -> bool {
    (one.wanted, one.power, &one.plan, &one.order, &one.exposure, one.restore)
        == (other.wanted, other.power, &other.plan, &other.order, &other.exposure, other.restore)
}

/// The report about a booking of the cluster.
pub fn report(kind: DifferenceKind, spec: &BookingSpec, status: Option<&BookingStatus>) -> Difference {
    let log_begins = status.and_then(|status| status.log.first()).map(|entry| entry.from);
    Difference {
        booking: spec.desired.booking,
        kind,
        desired: serde_json::to_value(&spec.desired).ok(),
        since: status.and_then(|status| status.first_ready).or(log_begins),
        gone: status.and_then(|status| status.gone),
    }
}

/// The report about a booking of which nothing is left.
pub fn lost(desired: &Desired) -> Difference {
    Difference {
        booking: desired.booking,
        kind: DifferenceKind::Lost,
        desired: None,
        since: None,
        gone: None,
    }
}

/// How the log goes on, if it is not what the marketplace holds; none where both agree.
pub fn usage(spec: &BookingSpec, status: &BookingStatus, held: &Held, epoch: i64) -> Option<BookingStatus> {
    let mut next = status.clone();
    if status.compared.unwrap_or(spec.epoch) < epoch {
        // What was acknowledged after the backup is not stored any more: it is sent again as far as the log reaches.
        let stored_to = held.usage.as_ref().map(|tail| tail.to);
        next.acknowledged_to = status.acknowledged_to.zip(stored_to).map(|(done, stored)| done.min(stored));
        for counter in &mut next.counters {
            counter.acknowledged = false;
        }
        next.compared = Some(epoch);
    }
    if let Some(tail) = held.usage.as_ref().filter(|tail| is_older(&spec.desired, status, tail)) {
        adopt(&mut next, tail);
    }
    (next != *status).then_some(next)
}

/// Whether the log cannot have told the interval that was stored last: it was restored to an earlier state, or began anew. An
/// empty one tells nothing yet.
fn is_older(desired: &Desired, status: &BookingStatus, tail: &Tail) -> bool {
    let Some(first) = status.log.first() else { return false };
    let Some(position) = status.log.iter().position(|entry| entry.seq == tail.seq) else {
        return first.seq < tail.seq;
    };
    let Some(entry) = status.log.get(position) else { return true };
    let same = allocation::meters(desired.kind).all(|meter| {
        let amount = entry.sizes.get(meter.code()).copied().unwrap_or(0);
        tail.sizes.get(meter.code()).is_none_or(|stored| *stored == amount)
    });
    let ends = status.log.get(position + 1).map(|next| next.from);
    // Something happened where the stored usage ends, and the log does not know it.
    let forgot = ends.is_none() && !allocation::ends_with_its_day(tail.from, tail.to) && !entry.last;
    !same || forgot || entry.from > tail.from || ends.is_some_and(|at| at < tail.to)
}

/// Goes on where the stored usage ends: the log before it stays as far as it fits, what happened after it follows. In between
/// the last known sizes count.
fn adopt(status: &mut BookingStatus, tail: &Tail) {
    let (mut log, later): (Vec<Transition>, Vec<Transition>) =
        std::mem::take(&mut status.log).into_iter().partition(|entry| entry.from < tail.to);
    if log.is_empty() {
        // It began after what is stored. What was in between nobody knows: a gap, which is shown and not billed.
        status.log = (tail.seq + 1..).zip(later).map(|(seq, entry)| Transition { seq, ..entry }).collect();
        return;
    }
    // The entry that was stored last keeps its beginning if the log still knows it. Otherwise nobody knows when those before it
    // ended, so that they must not be told again: all of it is stored.
    let begun = log
        .iter()
        .find(|entry| entry.seq == tail.seq && entry.sizes == tail.sizes && entry.from <= tail.from)
        .map(|entry| entry.from);
    log.retain(|entry| begun.is_some() && entry.from < tail.from && entry.seq < tail.seq);
    let known = |seq, from| Transition {
        seq,
        from,
        sizes: tail.sizes.clone(),
        cause: "restored".to_owned(),
        last: false,
    };
    log.push(known(tail.seq, begun.unwrap_or(tail.from)));
    let follows = later.first().is_some_and(|entry| entry.from == tail.to);
    let cut = !allocation::ends_with_its_day(tail.from, tail.to);
    if cut && !follows {
        log.push(known(tail.seq + 1, tail.to));
    }
    let next = log.last().map_or(0, |entry| entry.seq + 1);
    log.extend((next..).zip(later).map(|(seq, entry)| Transition { seq, ..entry }));
    status.log = log;
    status.closed_to = status.closed_to.max(Some(tail.to));
    status.acknowledged_to = status.acknowledged_to.max(Some(tail.to));
}

#[cfg(test)]
#[path = "compare_test.rs"]
mod tests;
