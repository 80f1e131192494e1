//! The marketplace's side of metering: what an operator reports becomes what may be billed.
//!
//! Owns: the checks of a record, the billable window, tiling, deltas of counters, the ceiling of what was ordered, and
//! when a month is complete. Does not own: how an operator measures, storage, and prices.
//!
//! Usage is physical and complete, also where it must not be billed: intervals of one booking and meter tile its life.
//! A gap or an overlap is shown and held back, never billed silently. The seller's own cluster is the meter, so what
//! exceeds the order is cut off and shown as well.

use contract::{Answer, CumulativeReading, Meter, Nature, UsageRecord};
use jiff::{SignedDuration, Timestamp};

use crate::ids::{BookingId, LocationId};
use crate::rating::Held;
use crate::time::{Month, Period, berlin_day};

mod ceiling;
mod consumption;
pub mod counts;
mod tiling;

pub use ceiling::{Excess, below_order};
pub use consumption::{CounterFell, counted};
pub use tiling::{Irregular, Tiled, tile, without_waived};

/// How far a record may lie ahead of the marketplace's clock before it is refused.
pub const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(5);

/// One interval of one meter of one booking, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The booking.
    pub booking: BookingId,
    /// An allocation meter.
    pub meter: Meter,
    /// Number of the transition in the booking's log; an interval cut at midnight repeats it.
    pub seq: i64,
    /// Inside one Berlin day.
    pub period: Period,
    /// In the unit of the meter.
    pub amount: i64,
}

/// One reading of a counter, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The booking.
    pub booking: BookingId,
    /// A consumption meter.
    pub meter: Meter,
    /// Names the counter.
    pub uid: String,
    /// Rises whenever the counter starts anew.
    pub epoch: i64,
    /// What the counter showed.
    pub value: i64,
    /// When.
    pub at: Timestamp,
}

/// A stretch of a meter that the provider has given up with a reason. It is never billed, whatever was or will be reported
/// for it, and it keeps no month open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waived {
    /// An allocation meter.
    pub meter: Meter,
    /// What is given up.
    pub period: Period,
}

/// Why a record or a reading is rejected. It is answered per record; the rest of the batch is not touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordRefused {
    /// No such booking at the location of the operator.
    #[error("unknown-booking")]
    UnknownBooking,
    /// The kind of the booking has no such meter, or the meter is reported in the other way.
    #[error("wrong-meter")]
    WrongMeter,
    /// A time has a fraction of a second.
    #[error("not-whole-seconds")]
    NotWholeSeconds,
    /// The end is not after the start.
    #[error("empty-interval")]
    EmptyInterval,
    /// The interval is not cut at midnight in Berlin.
    #[error("crosses-midnight")]
    CrossesMidnight,
    /// A size, count, sequence number or epoch below zero.
    #[error("negative")]
    Negative,
    /// Ends later than now and some minutes.
    #[error("in-the-future")]
    InTheFuture,
    /// A reading without the name of its counter.
    #[error("counter-unnamed")]
    CounterUnnamed,
}

impl RecordRefused {
    /// The answer to the operator.
    pub fn answer(self) -> Answer {
        Answer::Rejected { code: self.to_string(), detail: String::new() }
    }
}

/// Checks an interval. `meters` are those of the booking's kind, `now` is the time of receipt.
pub fn check_record(record: &UsageRecord, meters: &[Meter], now: Timestamp) -> Result<Usage, RecordRefused> {
    if record.meter.nature() != Nature::Allocation || !meters.contains(&record.meter) {
        return Err(RecordRefused::WrongMeter);
    }
    if record.from.subsec_nanosecond() != 0 || record.to.subsec_nanosecond() != 0 {
        return Err(RecordRefused::NotWholeSeconds);
    }
    let period = Period::new(record.from, record.to).map_err(|_empty| RecordRefused::EmptyInterval)?;
    let (first, last) = period.first_and_last_day();
    if first != last {
        return Err(RecordRefused::CrossesMidnight);
    }
    if record.amount < 0 || record.seq < 0 || record.epoch < 0 {
        return Err(RecordRefused::Negative);
    }
    if record.to.duration_since(now) > AHEAD_MAX {
        return Err(RecordRefused::InTheFuture);
    }
    let booking = BookingId(record.booking);
    Ok(Usage { booking, meter: record.meter, seq: record.seq, period, amount: record.amount })
}

/// Checks a reading of a counter. `meters` are those that the booking's counters may report, `now` is the receipt.
pub fn check_reading(
    reading: &CumulativeReading,
    meters: &[Meter],
    now: Timestamp,
) -> Result<Reading, RecordRefused> {
    if reading.meter.nature() != Nature::Consumption || !meters.contains(&reading.meter) {
        return Err(RecordRefused::WrongMeter);
    }
    if reading.at.subsec_nanosecond() != 0 {
        return Err(RecordRefused::NotWholeSeconds);
    }
    if reading.value < 0 || reading.epoch < 0 {
        return Err(RecordRefused::Negative);
    }
    if reading.at.duration_since(now) > AHEAD_MAX {
        return Err(RecordRefused::InTheFuture);
    }
    if reading.uid.trim().is_empty() {
        return Err(RecordRefused::CounterUnnamed);
    }
    Ok(Reading {
        booking: BookingId(reading.booking),
        meter: reading.meter,
        uid: reading.uid.clone(),
        epoch: reading.epoch,
        value: reading.value,
        at: reading.at,
    })
}

/// What to answer when the identity of a record is already stored with this content hash.
pub fn repeated(stored_hash: &str, received_hash: &str) -> Answer {
    if stored_hash == received_hash { Answer::Duplicate } else { Answer::Conflict }
}

/// The part of a month in which a booking may be billed: `[max(ready, wished start), effective end)`.
///
/// `ready` is when the service could be used for the first time; before that nothing is billed. `end` is the end that
/// the customer asked for, and counts even if the cluster was cut off and went on holding it.
pub fn billable(
    month: Month,
    ready: Option<Timestamp>,
    wished: Timestamp,
    end: Option<Timestamp>,
) -> Option<Period> {
    let whole = month.period();
    let from = ready?.max(wished).max(whole.from());
    let to = end.unwrap_or(whole.to()).min(whole.to());
    Period::new(ceil(from), floor(to)).ok()
}

/// A fraction of a second at either end is never billed.
fn ceil(at: Timestamp) -> Timestamp {
    let whole = floor(at);
    if whole == at { at } else { Timestamp::from_second(whole.as_second().saturating_add(1)).unwrap_or(at) }
}

fn floor(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    let whole = Timestamp::from_second(second).unwrap_or(at);
    // Before 1970 `as_second` rounds towards zero; usage never lies there, but a window must not grow.
    if whole > at { Timestamp::from_second(second.saturating_sub(1)).unwrap_or(at) } else { whole }
}

/// What was held inside a window, for rating.
pub fn clip(usage: &[Usage], window: &Period) -> Vec<Held> {
    usage
        .iter()
        .filter_map(|u| u.period.overlap(window).map(|period| Held { period, amount: u.amount }))
        .collect()
}

/// Locations that keep a month open, because their watermark ("complete up to") has not passed its end; with the
/// watermark that each has. Empty means that the month can be closed.
pub fn waiting_for(
    month: Month,
    watermarks: &[(LocationId, Option<Timestamp>)],
) -> Vec<(LocationId, Option<Timestamp>)> {
    let end = month.period().to();
    watermarks.iter().copied().filter(|(_, complete)| complete.is_none_or(|at| at < end)).collect()
}

/// Whether a terminated booking can get its final invoice before its month ends: its usage is complete.
pub fn final_possible(end: Timestamp, watermark: Option<Timestamp>) -> bool {
    watermark.is_some_and(|complete| complete >= end)
}

/// The Berlin month to which a record belongs, for the rollup by month and for late data.
pub fn month_of(usage: &Usage) -> Month {
    Month::of_day(berlin_day(usage.period.from()))
}

#[cfg(test)]
#[path = "metering/metering_test.rs"]
mod tests;
