//! How amounts and times are written: `1.234,56 €`, `24.11.2026`, `18:00 Uhr`; in English `€1,234.56`, `24 Nov 2026`,
//! `18:00`. No-break space before units, `−` for minus. Pure; times are shown in the zone that is passed in.
//!
//! Each function gives none for what it cannot read; the caller decides whether that is an error.

use domain::export::german;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rust_decimal::Decimal;

use crate::http::views::page::Lang;

const NBSP: char = '\u{a0}';
const MINUS: char = '\u{2212}';
const ENGLISH_MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const ENGLISH_MONTHS_LONG: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Euros with at least two decimals; unit prices keep further ones that are not zero (`0,021 €`).
#[must_use]
pub fn eur(lang: Lang, value: &str) -> Option<String> {
    let amount: Decimal = value.parse().ok()?;
    let scale = amount.normalize().scale().max(2);
    let digits = grouped(lang, amount.abs(), Some(scale));
    let sign = if amount.is_sign_negative() && !amount.is_zero() { minus(lang) } else { String::new() };
    Some(match lang {
        Lang::De => format!("{sign}{digits}{NBSP}€"),
        Lang::En => format!("{sign}€{digits}"),
    })
}

/// A number with grouped thousands and only the decimals it needs.
#[must_use]
pub fn number(lang: Lang, value: &str) -> Option<String> {
    let number: Decimal = value.parse().ok()?;
    let sign = if number.is_sign_negative() && !number.is_zero() { minus(lang) } else { String::new() };
    Some(format!("{sign}{}", grouped(lang, number.abs().normalize(), None)))
}

/// A number and its unit: `4 vCPU`. A unit that begins with a number is counted: `2 × 1.000 Gespräche`.
#[must_use]
pub fn quantity(lang: Lang, value: &str, unit: &str) -> Option<String> {
    let digits = number(lang, value)?;
    let counted = unit.starts_with(|sign: char| sign.is_ascii_digit());
    Some(if counted { format!("{digits}{NBSP}×{NBSP}{unit}") } else { format!("{digits}{NBSP}{unit}") })
}

/// `312 kB`, `1,4 MB`; decimal prefixes.
#[must_use]
pub fn bytes(lang: Lang, value: &str) -> Option<String> {
    let bytes: Decimal = value.parse().ok()?;
    let thousand = Decimal::from(1000);
    let (amount, unit, scale) = if bytes < thousand {
        (bytes, "Byte", 0)
    } else if bytes < thousand * thousand {
        (bytes / thousand, "kB", 0)
    } else {
        (bytes / thousand / thousand, "MB", 1)
    };
    Some(format!("{}{NBSP}{unit}", number(lang, &amount.round_dp(scale).to_string())?))
}

/// A day from `2026-11-24`, or the day of a moment in `zone`.
#[must_use]
pub fn date(lang: Lang, value: &str, zone: &TimeZone) -> Option<String> {
    let day = day_of(value, zone)?;
    Some(match lang {
        Lang::De => format!("{:02}.{:02}.{}", day.day(), day.month(), day.year()),
        Lang::En => format!("{}{NBSP}{}{NBSP}{}", day.day(), english_month(day)?, day.year()),
    })
}

/// `November 2026`.
#[must_use]
pub fn month(lang: Lang, value: &str, zone: &TimeZone) -> Option<String> {
    let day = day_of(value, zone)?;
    let names = match lang {
        Lang::De => german::MONTHS,
        Lang::En => ENGLISH_MONTHS_LONG,
    };
    let index = usize::try_from(day.month()).ok()?.checked_sub(1)?;
    Some(format!("{}{NBSP}{}", names.get(index)?, day.year()))
}

/// `18:00 Uhr`; English `18:00`.
#[must_use]
pub fn time(lang: Lang, value: &str, zone: &TimeZone) -> Option<String> {
    let at = moment(value, zone)?;
    Some(match lang {
        Lang::De => format!("{:02}:{:02}{NBSP}Uhr", at.hour(), at.minute()),
        Lang::En => format!("{:02}:{:02}", at.hour(), at.minute()),
    })
}

/// `24.11.2026, 18:00 Uhr`.
#[must_use]
pub fn datetime(lang: Lang, value: &str, zone: &TimeZone) -> Option<String> {
    Some(format!("{}, {}", date(lang, value, zone)?, time(lang, value, zone)?))
}

/// `24.11.2026, 18:00:12 Uhr`: where a second decides.
#[must_use]
pub fn exact(lang: Lang, value: &str, zone: &TimeZone) -> Option<String> {
    let at = moment(value, zone)?;
    let clock = format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
    Some(match lang {
        Lang::De => format!("{}, {clock}{NBSP}Uhr", date(lang, value, zone)?),
        Lang::En => format!("{}, {clock}", date(lang, value, zone)?),
    })
}

/// Seconds in words, to the second: `2 Tage 3 Std. 15 Min.`
#[must_use]
pub fn duration(lang: Lang, value: &str) -> Option<String> {
    let seconds: u64 = value.parse().ok()?;
    let words = match lang {
        Lang::De => ["Tag", "Tage", "Std.", "Min.", "Sek."],
        Lang::En => ["day", "days", "h", "min", "s"],
    };
    let [day, days, hour, minute, second] = words;
    let parts = [
        (seconds / 86_400, if seconds / 86_400 == 1 { day } else { days }),
        (seconds / 3600 % 24, hour),
        (seconds / 60 % 60, minute),
        (seconds % 60, second),
    ];
    let said = parts.iter().filter(|(number, _)| *number > 0);
    let said: Vec<String> = said.map(|(number, word)| format!("{number}{NBSP}{word}")).collect();
    Some(if said.is_empty() { format!("0{NBSP}{second}") } else { said.join(" ") })
}

/// `part` of `whole` as an attribute of an SVG element: `56.84%`, between 0 and 100.
#[must_use]
pub fn share(part: &str, whole: &str) -> Option<String> {
    let (part, whole): (Decimal, Decimal) = (part.parse().ok()?, whole.parse().ok()?);
    let hundred = Decimal::ONE_HUNDRED;
    let percent = if whole <= Decimal::ZERO { Decimal::ZERO } else { part * hundred / whole };
    Some(format!("{}%", percent.clamp(Decimal::ZERO, hundred).round_dp(2)))
}

fn english_month(day: Date) -> Option<&'static str> {
    let index = usize::try_from(day.month()).ok()?.checked_sub(1)?;
    ENGLISH_MONTHS.get(index).copied()
}

fn day_of(value: &str, zone: &TimeZone) -> Option<Date> {
    if value.len() == 10 {
        return value.parse().ok();
    }
    Some(moment(value, zone)?.date())
}

fn moment(value: &str, zone: &TimeZone) -> Option<Zoned> {
    let at: Timestamp = value.parse().ok()?;
    Some(at.to_zoned(zone.clone()))
}

fn minus(lang: Lang) -> String {
    match lang {
        Lang::De => format!("{MINUS}{NBSP}"),
        Lang::En => MINUS.to_string(),
    }
}

fn grouped(lang: Lang, value: Decimal, scale: Option<u32>) -> String {
    let (thousands, point) = match lang {
        Lang::De => ('.', ','),
        Lang::En => (',', '.'),
    };
    let mut plain = value;
    if let Some(scale) = scale {
        plain.rescale(scale);
    }
    let text = plain.to_string();
    let (whole, rest) =
        text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let count = whole.chars().count();
    let mut written = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (count - index) % 3 == 0 {
            written.push(thousands);
        }
        written.push(digit);
    }
    if let Some(rest) = rest {
        written.push(point);
        written.push_str(rest);
    }
    written
}

#[cfg(test)]
#[path = "format_test.rs"]
mod format_test;
