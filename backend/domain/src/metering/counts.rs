//! What people count: one line per day and event, with a reference of the provider's own that makes it the same line however
//! often it is sent.
//!
//! A line becomes two readings of a counter of its own (named by the reference): zero when its day in Berlin began, and the
//! count when the day was over. So counted events need no running total, and their order of arrival does not matter.

use contract::{CumulativeReading, Meter, Nature};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::ids::BookingId;
use crate::time::{berlin_day, day_period};

/// First line of a table of counts.
pub const HEAD: [&str; 4] = ["Tag", "Messgröße", "Anzahl", "Vorgang"];
/// So many lines are read at once.
pub const LINES_MAX: usize = 1000;
/// Longest reference, in characters.
pub const REFERENCE_MAX: usize = 100;
/// More events than this on one day are a typing error.
pub const COUNT_MAX: i64 = 1_000_000;

/// A line as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The day in Berlin on which it happened.
    pub day: Date,
    /// What was counted.
    pub meter: Meter,
    /// How often.
    pub count: i64,
    /// The provider's own name of it; unique for the booking and the meter.
    pub reference: String,
}

/// Why a line is rejected; the others of the table are not touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineRefused {
    /// It has not four fields.
    #[error("count-fields")]
    Fields,
    /// The day cannot be read.
    #[error("count-day")]
    Day,
    /// No such meter, or the plan of the booking does not count it.
    #[error("count-meter")]
    Meter,
    /// No whole number from 0 to [`COUNT_MAX`].
    #[error("count-number")]
    Number,
    /// The reference is missing, too long, or has signs that nobody can see.
    #[error("count-reference")]
    Reference,
    /// The day is not over in Berlin.
    #[error("count-day-open")]
    DayOpen,
    /// The start of the booking was not confirmed yet.
    #[error("count-not-started")]
    NotStarted,
    /// The day lies before the start.
    #[error("count-before-start")]
    BeforeStart,
    /// The day lies after the end.
    #[error("count-after-end")]
    AfterEnd,
}

/// A table that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableRefused {
    /// There is nothing but the head.
    #[error("counts-empty")]
    Empty,
    /// The first line is not [`HEAD`].
    #[error("counts-head")]
    Head,
    /// More than [`LINES_MAX`] lines.
    #[error("counts-too-long")]
    TooLong,
}

/// A line of a table with its number there; the head is line 1.
pub type Numbered = (u64, Result<Line, LineRefused>);

/// Reads a table with semicolons, with or without a byte order mark.
pub fn read(text: &str) -> Result<Vec<Numbered>, TableRefused> {
    // The reader would count a line break of two signs before the line that it ends.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b';')
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows = reader.records();
    let head = rows.next().and_then(Result::ok).ok_or(TableRefused::Head)?;
    let expected = |(cell, name): (&str, &str)| cell.to_lowercase() == name.to_lowercase();
    if head.len() != HEAD.len() || !head.iter().zip(HEAD).all(expected) {
        return Err(TableRefused::Head);
    }
    let mut lines = Vec::new();
    for row in rows {
        let (number, line) = match row {
            Ok(row) => (row.position().map_or(0, csv::Position::line), cells(&row)),
            Err(error) => (error.position().map_or(0, csv::Position::line), Err(LineRefused::Fields)),
        };
        lines.push((number, line));
        if lines.len() > LINES_MAX {
            return Err(TableRefused::TooLong);
        }
    }
    if lines.is_empty() { Err(TableRefused::Empty) } else { Ok(lines) }
}

fn cells(row: &csv::StringRecord) -> Result<Line, LineRefused> {
    let cells: Vec<&str> = row.iter().collect();
    let [day, meter, count, reference] = cells.as_slice() else { return Err(LineRefused::Fields) };
    Ok(Line {
        day: typed_day(day).ok_or(LineRefused::Day)?,
        meter: typed_meter(meter).ok_or(LineRefused::Meter)?,
        count: count.parse().map_err(|_not_a_number| LineRefused::Number)?,
        reference: (*reference).to_owned(),
    })
}

/// `2026-12-01` or `1.12.2026`.
fn typed_day(text: &str) -> Option<Date> {
    if let Ok(day) = text.parse() {
        return Some(day);
    }
    let mut parts = text.split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The code or the German name of a meter.
fn typed_meter(text: &str) -> Option<Meter> {
    let named = |meter: &Meter| meter.title_de().to_lowercase() == text.to_lowercase();
    Meter::from_code(text).or_else(|| Meter::ALL.into_iter().find(named))
}

/// The booking as far as its counts need it.
#[derive(Debug, Clone)]
pub struct Counted<'a> {
    /// Which.
    pub booking: BookingId,
    /// What its plan counts.
    pub meters: &'a [Meter],
    /// From when to when it costs, as [`crate::booking::billable`] tells.
    pub span: Option<(Timestamp, Option<Timestamp>)>,
}

/// Checks a line and makes the two readings of it: zero at first, its count at last.
pub fn check(line: &Line, of: &Counted<'_>, now: Timestamp) -> Result<[CumulativeReading; 2], LineRefused> {
    if line.meter.nature() != Nature::Consumption || !of.meters.contains(&line.meter) {
        return Err(LineRefused::Meter);
    }
    if !(0..=COUNT_MAX).contains(&line.count) {
        return Err(LineRefused::Number);
    }
    let length = line.reference.trim().chars().count();
    if length == 0 || length > REFERENCE_MAX || line.reference.chars().any(char::is_control) {
        return Err(LineRefused::Reference);
    }
    let day = day_period(line.day).ok_or(LineRefused::Day)?;
    if day.to() > now {
        return Err(LineRefused::DayOpen);
    }
    let (from, to) = of.span.ok_or(LineRefused::NotStarted)?;
    if line.day < berlin_day(from) {
        return Err(LineRefused::BeforeStart);
    }
    // The day on which it ended counts up to the end.
    let at = to.map_or(day.to(), |to| to.min(day.to()));
    let since = day.from().max(ceil(from));
    if at <= since {
        return Err(LineRefused::AfterEnd);
    }
    let reading = |at: Timestamp, value: i64| CumulativeReading {
        booking: of.booking.0,
        meter: line.meter,
        uid: line.reference.trim().to_owned(),
        epoch: 0,
        value,
        at,
    };
    Ok([reading(since, 0), reading(at, line.count)])
}

/// Readings are taken at whole seconds.
fn ceil(at: Timestamp) -> Timestamp {
    let whole = Timestamp::from_second(at.as_second()).unwrap_or(at);
    if whole < at { whole + jiff::SignedDuration::from_secs(1) } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn line(day: &str, count: i64, reference: &str) -> Line {
        Line { day: day.parse().unwrap(), meter: Meter::Cases, count, reference: reference.into() }
    }

    const METERS: &[Meter] = &[Meter::Cases];

    fn of(to: Option<&str>) -> Counted<'static> {
        let span = Some((at("2026-11-26T23:00:00Z"), to.map(at)));
        Counted { booking: BookingId(uuid::Uuid::from_u128(1)), meters: METERS, span }
    }

    #[test]
    fn a_table_is_read_line_by_line() {
        let text = "\u{feff}Tag;Messgröße;Anzahl;Vorgang\r\n2026-12-01;cases;3;A 1\r\n1.12.2026;Fälle;2;\"A;2\"\r\n\
            gestern;cases;1;A3\r\n2026-12-01;pizza;1;A4\r\n2026-12-01;cases;viele;A5\r\n2026-12-01;cases;1\r\n";
        let lines = read(text).unwrap();
        let codes: Vec<String> = lines
            .iter()
            .map(|(number, line)| {
                format!(
                    "{number} {}",
                    line.as_ref().map_or_else(ToString::to_string, |it| it.reference.clone())
                )
            })
            .collect();
        assert_eq!(
            codes,
            ["2 A 1", "3 A;2", "4 count-day", "5 count-meter", "6 count-number", "7 count-fields"]
        );
        assert_eq!(lines[1].1, Ok(line("2026-12-01", 2, "A;2")));
        assert_eq!(read("Datum;Menge\n"), Err(TableRefused::Head));
        assert_eq!(read(""), Err(TableRefused::Head));
        assert_eq!(read("Tag;Messgröße;Anzahl;Vorgang\n"), Err(TableRefused::Empty));
        let long =
            format!("Tag;Messgröße;Anzahl;Vorgang\n{}", "2026-12-01;cases;1;x\n".repeat(LINES_MAX + 1));
        assert_eq!(read(&long), Err(TableRefused::TooLong));
    }

    #[test]
    fn a_line_becomes_a_reading_at_the_end_of_its_day() {
        let now = at("2026-12-20T12:00:00Z");
        let try_it =
            |line: &Line, of: &Counted<'_>| check(line, of, now).map(|[_, last]| last.at.to_string());
        assert_eq!(try_it(&line("2026-11-30", 3, "A"), &of(None)).unwrap(), "2026-11-30T23:00:00Z");
        assert_eq!(try_it(&line("2026-12-20", 3, "A"), &of(None)), Err(LineRefused::DayOpen));
        assert_eq!(try_it(&line("2026-11-26", 3, "A"), &of(None)), Err(LineRefused::BeforeStart));
        let [first, _] = check(&line("2026-11-30", 3, "A"), &of(None), now).unwrap();
        assert_eq!((first.at.to_string(), first.value), ("2026-11-29T23:00:00Z".to_owned(), 0));
        let ended = of(Some("2026-12-10T10:00:00Z"));
        assert_eq!(try_it(&line("2026-12-10", 3, "A"), &ended).unwrap(), "2026-12-10T10:00:00Z");
        assert_eq!(try_it(&line("2026-12-11", 3, "A"), &ended), Err(LineRefused::AfterEnd));
        let midnight = of(Some("2026-12-09T23:00:00Z"));
        assert_eq!(try_it(&line("2026-12-10", 3, "A"), &midnight), Err(LineRefused::AfterEnd));
        assert_eq!(try_it(&line("2026-12-09", 3, "A"), &midnight).unwrap(), "2026-12-09T23:00:00Z");
        let open = Counted { span: None, ..of(None) };
        assert_eq!(try_it(&line("2026-12-01", 3, "A"), &open), Err(LineRefused::NotStarted));
        let other = Counted { meters: &[Meter::Users], ..of(None) };
        assert_eq!(try_it(&line("2026-12-01", 3, "A"), &other), Err(LineRefused::Meter));
        for (count, reference, expected) in [
            (-1, "A", LineRefused::Number),
            (COUNT_MAX + 1, "A", LineRefused::Number),
            (1, " ", LineRefused::Reference),
            (1, "a\u{7}", LineRefused::Reference),
        ] {
            assert_eq!(try_it(&line("2026-12-01", count, reference), &of(None)), Err(expected));
        }
        let long = "x".repeat(REFERENCE_MAX + 1);
        assert_eq!(try_it(&line("2026-12-01", 1, &long), &of(None)), Err(LineRefused::Reference));
    }
}
