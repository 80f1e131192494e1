//! How much of a month a booking could be used, beside what was promised.
//!
//! Owns: which second counts as what, announced maintenance, the percentage. Does not own: money (a disturbance is no
//! discount by itself), the phase of this moment ([`crate::booking`]).
//!
//! Every second of the month has exactly one [`Use`]. What the customer asked for is never held against the provider:
//! before the first readiness, while stopped, after the end. What nobody heard is unknown and never called available.

use crate::time::{Month, Period};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

/// So much time a start, or a change that was ordered, may take before it counts as an interruption.
pub const START_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// How long before its begin maintenance has to be announced where an offering says nothing else.
pub const LEAD: SignedDuration = SignedDuration::from_hours(72);

/// The longest maintenance that can be announced at once.
pub const WINDOW_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// So long before its begin maintenance can be announced; beyond that it is a typing error that every customer is mailed.
pub const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(366 * 24);

/// What a second of a booking was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// The location said that it can be used.
    Available,
    /// It could not, and nobody had asked for that.
    Interrupted,
    /// It could not, or nothing was heard, within maintenance that was announced in time.
    Maintenance,
    /// Nothing was heard of the location.
    Unknown,
    /// Not yet ready, stopped or ended as ordered, or in the future.
    NotCounted,
}

/// A stretch of the month; neighbours differ in their use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// From when to when.
    pub period: Period,
    /// What it was.
    pub kind: Use,
}

/// Something in the history of a booking that decides what its time counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The location says that it can be used.
    Ready,
    /// The location says that it cannot be used.
    Down,
    /// The customer stops it.
    StopOrdered,
    /// The customer starts it.
    StartOrdered,
    /// The customer changes it, which may need a restart.
    ChangeOrdered,
    /// What was changed is done.
    Effective,
    /// The location does not do what was changed.
    Refused,
    /// The customer ends it.
    EndOrdered {
        /// On this moment.
        ends_at: Timestamp,
    },
    /// An end has come that was fixed from the beginning; what can be stopped is stopped.
    EndCame,
    /// The customer takes the end back.
    ResumeOrdered {
        /// What was stopped for the end starts again; whatever the customer stopped before stays as it is.
        starts: bool,
    },
}

/// A change with its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// When; by the cluster where the location says it.
    pub at: Timestamp,
    /// What.
    pub change: Change,
}

/// What is known of a booking.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Everything that happened, in the order in which it was recorded.
    pub events: &'a [Event],
    /// When it ends, as the customer wants it now.
    pub ends_at: Option<Timestamp>,
    /// When nothing was left of it.
    pub gone_at: Option<Timestamp>,
    /// Maintenance that was announced in time.
    pub agreed: &'a [Period],
    /// Time in which nothing was heard of the location.
    pub silent: &'a [Period],
    /// Nothing is known of what lies later.
    pub now: Timestamp,
}

/// Divides the whole month, to the second.
pub fn measure(month: Month, of: &History<'_>) -> Vec<Stretch> {
    let whole = month.period();
    let events = in_order(of.events);
    let mut cuts = vec![whole.from(), whole.to(), of.now];
    cuts.extend(of.ends_at.into_iter().chain(of.gone_at));
    cuts.extend(events.iter().flat_map(|event| [event.at, event.at + START_WITHIN]));
    cuts.extend(of.agreed.iter().chain(of.silent).flat_map(|period| [period.from(), period.to()]));
    let mut cuts: Vec<Timestamp> =
        cuts.into_iter().map(second).filter(|cut| whole.from() <= *cut && *cut <= whole.to()).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut state = State::default();
    let mut next = events.iter().peekable();
    let mut stretches: Vec<Stretch> = Vec::new();
    for (from, to) in cuts.iter().zip(cuts.iter().skip(1)) {
        while let Some(event) = next.next_if(|event| event.at <= *from) {
            state.apply(event);
        }
        let Ok(period) = Period::new(*from, *to) else { continue };
        let kind = overlaid(state.kind(*from), *from, of);
        match stretches.last_mut() {
            Some(last) if last.kind == kind => {
                if let Ok(joined) = Period::new(last.period.from(), *to) {
                    last.period = joined;
                }
            }
            _ => stretches.push(Stretch { period, kind }),
        }
    }
    stretches
}

/// What the moment is once silence, maintenance, the end and the future are laid over what the location said.
fn overlaid(said: Use, at: Timestamp, of: &History<'_>) -> Use {
    let over = |end: Option<Timestamp>| end.is_some_and(|end| second(end) <= at);
    let within = |periods: &[Period]| periods.iter().any(|period| period.contains(at));
    if at >= second(of.now) || over(of.ends_at) || over(of.gone_at) {
        return Use::NotCounted;
    }
    let unheard = said == Use::Available && within(of.silent);
    let heard = if unheard { Use::Unknown } else { said };
    let excusable = heard == Use::Interrupted || heard == Use::Unknown;
    if excusable && within(of.agreed) { Use::Maintenance } else { heard }
}

/// Events by time, with each end that came true in its place.
fn in_order(events: &[Event]) -> Vec<Moved> {
    let resumed_after = |at: Timestamp| {
        let resumes =
            events.iter().filter(|it| matches!(it.change, Change::ResumeOrdered { .. }) && it.at >= at);
        resumes.map(|it| it.at).min()
    };
    let mut moved: Vec<Moved> = events
        .iter()
        .filter_map(|event| {
            let what = match event.change {
                Change::Ready => What::Up,
                Change::Down => What::Down,
                Change::StopOrdered | Change::EndCame => What::Stop,
                Change::StartOrdered | Change::ResumeOrdered { starts: true } => What::Start,
                Change::ResumeOrdered { starts: false } => return None,
                Change::ChangeOrdered => What::Change,
                Change::Effective | Change::Refused => What::Changed,
                Change::EndOrdered { ends_at } => {
                    let end = ends_at.max(event.at);
                    let taken_back = resumed_after(event.at).is_some_and(|at| at <= end);
                    return (!taken_back).then_some(Moved { at: second(end), what: What::Stop });
                }
            };
            Some(Moved { at: second(event.at), what })
        })
        .collect();
    moved.sort_by_key(|event| event.at);
    moved
}

#[derive(Debug, Clone, Copy)]
struct Moved {
    at: Timestamp,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Up,
    Down,
    Stop,
    Start,
    Change,
    Changed,
}

/// What is known at a moment.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    ready_once: bool,
    up: bool,
    stopped: bool,
    changing: bool,
    patient_until: Option<Timestamp>,
}

impl State {
    fn apply(&mut self, event: &Moved) {
        match event.what {
            What::Up => {
                self.changing &= self.up;
                (self.ready_once, self.up, self.patient_until) = (true, true, None);
            }
            What::Down => {
                if self.up && self.changing {
                    self.patient_until = Some(event.at + START_WITHIN);
                }
                self.up = false;
            }
            What::Stop => self.stopped = true,
            What::Start => {
                self.stopped = false;
                self.patient_until = Some(event.at + START_WITHIN);
            }
            What::Change => self.changing = true,
            What::Changed => self.changing = false,
        }
    }

    fn kind(&self, at: Timestamp) -> Use {
        match () {
            () if !self.ready_once || self.stopped => Use::NotCounted,
            () if self.up => Use::Available,
            () if self.patient_until.is_some_and(|until| at < until) => Use::NotCounted,
            () => Use::Interrupted,
        }
    }
}

fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Seconds of a month by their use; together the whole month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// It could be used.
    pub available: i64,
    /// It could not.
    pub interrupted: i64,
    /// It could not, as agreed.
    pub maintenance: i64,
    /// Nothing was heard.
    pub unknown: i64,
    /// Not asked of the provider.
    pub not_counted: i64,
}

impl Totals {
    /// Adds stretches up.
    pub fn of(stretches: &[Stretch]) -> Self {
        let mut totals = Self::default();
        for stretch in stretches {
            let seconds = stretch.period.seconds();
            match stretch.kind {
                Use::Available => totals.available += seconds,
                Use::Interrupted => totals.interrupted += seconds,
                Use::Maintenance => totals.maintenance += seconds,
                Use::Unknown => totals.unknown += seconds,
                Use::NotCounted => totals.not_counted += seconds,
            }
        }
        totals
    }

    /// Two together, such as two bookings of one offering.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            available: self.available + other.available,
            interrupted: self.interrupted + other.interrupted,
            maintenance: self.maintenance + other.maintenance,
            unknown: self.unknown + other.unknown,
            not_counted: self.not_counted + other.not_counted,
        }
    }

    /// Per cent of the time that is known and counts, to three places, never rounded up; nothing if there is no such time.
    pub fn percent(&self) -> Option<Decimal> {
        share(self.available, self.available + self.interrupted)
    }

    /// The same if everything unknown had been an interruption: silence never makes a provider look better.
    pub fn at_least(&self) -> Option<Decimal> {
        share(self.available, self.available + self.interrupted + self.unknown)
    }

    /// How this stands to a promised percentage.
    pub fn against(&self, promised: Decimal) -> Option<Outcome> {
        let (known, least) = (self.percent().or(self.at_least())?, self.at_least()?);
        Some(match () {
            () if least >= promised => Outcome::Kept,
            () if known < promised && self.percent().is_some() => Outcome::Missed,
            () => Outcome::Open,
        })
    }
}

fn share(part: i64, whole: i64) -> Option<Decimal> {
    let exact = Decimal::from(part).checked_mul(Decimal::ONE_HUNDRED)?.checked_div(Decimal::from(whole))?;
    Some(exact.round_dp_with_strategy(3, RoundingStrategy::ToZero).normalize())
}

/// Whether a promise was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Whatever was unknown, it was.
    Kept,
    /// What is known is less than promised.
    Missed,
    /// It depends on time of which nothing was heard.
    Open,
}

impl Outcome {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Missed => "missed",
            Self::Open => "open",
        }
    }
}

/// Announced maintenance as it stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From when to when.
    pub period: Period,
    /// When it was announced first; a later shortening does not count against it.
    pub announced_at: Timestamp,
}

impl Window {
    /// Whether it was announced early enough; what was not is shown and excuses nothing.
    pub fn agreed(&self, lead: SignedDuration) -> bool {
        self.period.from().duration_since(self.announced_at) >= lead
    }
}

/// Why maintenance cannot be announced, shortened or withdrawn like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WindowRefused {
    /// It ends before it begins, or at once.
    #[error("maintenance-empty")]
    Empty,
    /// It lies in the past.
    #[error("maintenance-past")]
    Past,
    /// It begins later than [`AHEAD_MAX`].
    #[error("maintenance-too-far")]
    TooFar,
    /// It is longer than [`WINDOW_MAX`].
    #[error("maintenance-too-long")]
    TooLong,
    /// It has begun; it can end earlier, but what was is not undone.
    #[error("maintenance-begun")]
    Begun,
    /// It would not be shorter, or reach beyond what was announced.
    #[error("maintenance-not-shorter")]
    NotShorter,
    /// It is over, or was withdrawn.
    #[error("maintenance-over")]
    Over,
}

impl WindowRefused {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "maintenance-empty",
            Self::Past => "maintenance-past",
            Self::TooFar => "maintenance-too-far",
            Self::TooLong => "maintenance-too-long",
            Self::Begun => "maintenance-begun",
            Self::NotShorter => "maintenance-not-shorter",
            Self::Over => "maintenance-over",
        }
    }
}

/// Announces maintenance that has not begun.
pub fn announce(from: Timestamp, to: Timestamp, now: Timestamp) -> Result<Period, WindowRefused> {
    let period = Period::new(second(from), second(to)).map_err(|_not_a_period| WindowRefused::Empty)?;
    if period.from() <= now {
        return Err(WindowRefused::Past);
    }
    if period.from().duration_since(now) > AHEAD_MAX {
        return Err(WindowRefused::TooFar);
    }
    if period.to().duration_since(period.from()) > WINDOW_MAX {
        return Err(WindowRefused::TooLong);
    }
    Ok(period)
}

/// Makes announced maintenance shorter. What has passed of it stays as it was.
pub fn shorten(
    before: Period,
    from: Timestamp,
    to: Timestamp,
    now: Timestamp,
) -> Result<Period, WindowRefused> {
    if before.to() <= now {
        return Err(WindowRefused::Over);
    }
    let after = Period::new(second(from), second(to)).map_err(|_not_a_period| WindowRefused::Empty)?;
    if after == before || after.from() < before.from() || after.to() > before.to() {
        return Err(WindowRefused::NotShorter);
    }
    let begun = before.from() <= now;
    if begun && after.from() != before.from() {
        return Err(WindowRefused::Begun);
    }
    if after.to() != before.to() && after.to() < second(now) {
        return Err(WindowRefused::Past);
    }
    Ok(after)
}

/// Withdraws announced maintenance that has not begun.
pub fn withdraw(before: Period, now: Timestamp) -> Result<(), WindowRefused> {
    if before.to() <= now {
        Err(WindowRefused::Over)
    } else if before.from() <= now {
        Err(WindowRefused::Begun)
    } else {
        Ok(())
    }
}

#[cfg(test)]
#[path = "availability_test.rs"]
mod tests;
