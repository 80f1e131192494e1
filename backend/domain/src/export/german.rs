//! Numbers, days and the steps of a calculation in German, as they stand in exported files.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::money::Money;
use crate::rating::{Charge, Per, Step, Unit};
use crate::time::{Period, berlin};

/// `1234,5`: comma, no thousands separator, no useless zeros.
pub fn number(value: Decimal) -> String {
    value.normalize().to_string().replace('.', ",")
}

/// `1234,50`.
pub fn amount(value: Money) -> String {
    value.to_string().replace('.', ",")
}

/// `31.10.2026`.
pub fn day(value: Date) -> String {
    format!("{:02}.{:02}.{:04}", value.day(), value.month(), value.year())
}

/// `31.10.2026 14:05:00` in Berlin time, with the offset that tells the two hours of an October night apart.
pub fn instant(value: Timestamp) -> String {
    value.to_zoned(berlin()).strftime("%d.%m.%Y %H:%M:%S%:z").to_string()
}

/// The unit of a quantity, such as `GiB-Monat` or `Stunde`.
pub fn unit(charge: &Charge) -> &'static str {
    match (charge.unit, charge.per) {
        (Unit::Piece, None) => "Stück",
        (Unit::Piece, Some(Per::Hour)) => "Stunde",
        (Unit::Piece, Some(Per::Month)) => "Monat",
        (Unit::Piece, Some(Per::Year)) => "Jahr",
        (Unit::Vcpu, None) => "vCPU",
        (Unit::Vcpu, Some(Per::Hour)) => "vCPU-Stunde",
        (Unit::Vcpu, Some(Per::Month)) => "vCPU-Monat",
        (Unit::Vcpu, Some(Per::Year)) => "vCPU-Jahr",
        (Unit::Gibibyte, None) => "GiB",
        (Unit::Gibibyte, Some(Per::Hour)) => "GiB-Stunde",
        (Unit::Gibibyte, Some(Per::Month)) => "GiB-Monat",
        (Unit::Gibibyte, Some(Per::Year)) => "GiB-Jahr",
        (Unit::Tebibyte, None) => "TiB",
        (Unit::Tebibyte, Some(Per::Hour)) => "TiB-Stunde",
        (Unit::Tebibyte, Some(Per::Month)) => "TiB-Monat",
        (Unit::Tebibyte, Some(Per::Year)) => "TiB-Jahr",
    }
}

/// Steps that a sentence lists before it says how many more there are; the itemised statement has them all.
const STEPS_SHOWN: usize = 6;

/// The months, January first.
pub const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// The calculation in words that people can check with a calendar and a pocket calculator: what was held and how long, then
/// quantity × price, such as `40 GiB, 1. bis 14. Oktober 2026, 312 Std. 20 Min. von 745 Std.; 16,77 × 0,35 € je GiB-Monat`.
/// Exact instants and seconds stand in the tables of [`super::csv`].
pub fn explanation(charge: &Charge) -> String {
    let mut parts = match counted(&charge.steps) {
        Some(sentence) => vec![sentence],
        None => {
            let mut parts: Vec<String> =
                charge.steps.iter().take(STEPS_SHOWN).map(|one| step(one, charge)).collect();
            if let Some(more) = charge.steps.len().checked_sub(STEPS_SHOWN).filter(|more| *more > 0) {
                parts.push(format!("und {more} weitere Zeilen im Einzelnachweis"));
            }
            parts
        }
    };
    parts.push(product(charge));
    parts.join("; ")
}

/// Quantity × price; a price per 1,000 is shown with the quantity in thousands.
fn product(charge: &Charge) -> String {
    let quantity =
        charge.quantity.checked_div(Decimal::from(charge.base)).unwrap_or(charge.quantity).normalize();
    let per = if charge.base == 1 {
        unit(charge).to_owned()
    } else {
        format!("{} {}", grouped(i64::from(charge.base)), unit(charge))
    };
    format!("{} × {} je {per}", number(quantity), price(charge.unit_price.decimal()))
}

/// A price with at least two decimals: `27,20 €`, `0,04567 €`.
fn price(value: Decimal) -> String {
    let value = value.normalize();
    let mut shown = value;
    shown.rescale(value.scale().max(2));
    format!("{} €", shown.to_string().replace('.', ","))
}

/// Events that a counter showed are one sum; their days are in the itemised statement.
fn counted(steps: &[Step]) -> Option<String> {
    let mut sum: i64 = 0;
    let mut span: Option<Period> = None;
    for step in steps {
        let Step::Counted { period, count } = step else { return None };
        sum = sum.saturating_add(*count);
        let from = span.map_or(period.from(), |span| span.from().min(period.from()));
        let to = span.map_or(period.to(), |span| span.to().max(period.to()));
        span = Period::new(from, to).ok();
    }
    span.map(|span| format!("{} gezählt, {}", grouped(sum), days(&span)))
}

fn step(step: &Step, charge: &Charge) -> String {
    match step {
        Step::Held { size, period, seconds, of_seconds } => {
            let size = match (charge.unit, *size == Decimal::ONE) {
                (Unit::Piece, true) => String::new(),
                (Unit::Piece, false) => format!("{} Stück, ", number(*size)),
                (Unit::Vcpu, _) => format!("{} vCPU, ", number(*size)),
                (Unit::Gibibyte, _) => format!("{} GiB, ", number(*size)),
                (Unit::Tebibyte, _) => format!("{} TiB, ", number(*size)),
            };
            let held = duration(*seconds);
            let of = match charge.per {
                Some(Per::Month | Per::Year) => format!(" von {}", duration(*of_seconds)),
                Some(Per::Hour) | None => String::new(),
            };
            format!("{size}{}, {held}{of}", days(period))
        }
        Step::Counted { period, count } => format!("{} gezählt, {}", grouped(*count), days(period)),
        Step::Due { at } => format!("einmalig, fällig am {}", long_day(at.to_zoned(berlin()).date())),
        Step::Invoiced { amount: net, .. } => format!("bisher berechnet: {}", price(net.decimal())),
    }
}

/// `14. Oktober 2026`.
pub fn long_day(value: Date) -> String {
    format!("{}. {} {}", value.day(), month_name(value), value.year())
}

/// The Berlin days of a period, first and last included: `1. bis 14. Oktober 2026`.
pub fn days(period: &Period) -> String {
    let (first, last) = period.first_and_last_day();
    if first == last {
        long_day(last)
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        format!("{}. bis {}", first.day(), long_day(last))
    } else if first.year() == last.year() {
        format!("{}. {} bis {}", first.day(), month_name(first), long_day(last))
    } else {
        format!("{} bis {}", long_day(first), long_day(last))
    }
}

fn month_name(day: Date) -> &'static str {
    let index = usize::try_from(day.month() - 1).unwrap_or_default();
    MONTHS.get(index).copied().unwrap_or_default()
}

/// `312 Std. 20 Min.`; seconds only where there are any.
pub fn duration(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds % 3600 / 60, seconds % 60);
    let parts = [(hours, "Std."), (minutes, "Min."), (rest, "Sek.")];
    let shown: Vec<String> = parts
        .into_iter()
        .filter(|(value, _)| *value != 0)
        .map(|(value, word)| format!("{} {word}", grouped(value)))
        .collect();
    if shown.is_empty() { "0 Sek.".to_owned() } else { shown.join(" ") }
}

/// `12.345`.
fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoice::sample::{corrected, monthly, taxable};

    fn period(from: &str, to: &str) -> Period {
        Period::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
    }

    #[test]
    fn days_are_read_as_people_write_them() {
        let cases = [
            ("2026-09-30T22:00:00Z", "2026-10-14T22:00:00Z", "1. bis 14. Oktober 2026"),
            ("2026-10-14T08:00:00Z", "2026-10-14T09:00:00Z", "14. Oktober 2026"),
            ("2026-09-28T08:00:00Z", "2026-10-02T22:00:00Z", "28. September bis 2. Oktober 2026"),
            ("2026-12-31T08:00:00Z", "2027-01-01T08:00:00Z", "31. Dezember 2026 bis 1. Januar 2027"),
        ];
        for (from, to, expected) in cases {
            assert_eq!(days(&period(from, to)), expected);
        }
        let cases =
            [(1_124_400, "312 Std. 20 Min."), (59, "59 Sek."), (3605, "1 Std. 5 Sek."), (0, "0 Sek.")];
        for (seconds, expected) in cases {
            assert_eq!(duration(seconds), expected);
        }
        assert_eq!([grouped(999), grouped(1000), grouped(-1_234_567)], ["999", "1.000", "-1.234.567"]);
    }

    #[test]
    fn every_sort_of_line_explains_itself_without_seconds_and_offsets() {
        let said: Vec<String> =
            monthly(taxable()).draft.lines.iter().map(|line| explanation(&line.charge)).collect();
        assert_eq!(
            said,
            [
                "1. bis 9. Oktober 2026, 216 Std. von 745 Std.; 14. bis 31. Oktober 2026, 433 Std. von 745 Std.; \
                 0,871141 × 27,20 € je Monat",
                "40 GiB, 1. bis 31. Oktober 2026, 745 Std. von 745 Std.; 40 × 0,12 € je GiB-Monat",
                "15. bis 31. Oktober 2026, 409 Std.; 409 × 0,04567 € je Stunde",
                "2.345 gezählt, 15. bis 31. Oktober 2026; 2,345 × 4,50 € je 1.000 Stück",
                "einmalig, fällig am 15. Oktober 2026; 1 × 250,00 € je Stück",
            ]
        );
        let back: Vec<String> =
            corrected(6).draft.lines.iter().map(|line| explanation(&line.charge)).collect();
        assert!(
            back.contains(&"bisher berechnet: 23,70 €; 0,871141 × 27,20 € je Monat".to_owned()),
            "{back:?}"
        );
    }
}
