//! Numbers, days and the steps of a calculation in German, as they stand in exported files.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::money::Money;
use crate::rating::{Charge, Per, Step, Unit};
use crate::time::berlin;

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

/// The calculation in words, such as `2 × 2336400 von 2682000 Sekunden`.
pub fn explanation(charge: &Charge) -> String {
    let mut parts: Vec<String> = charge.steps.iter().take(STEPS_SHOWN).map(step).collect();
    if let Some(more) = charge.steps.len().checked_sub(STEPS_SHOWN).filter(|more| *more > 0) {
        parts.push(format!("und {more} weitere Zeilen im Einzelnachweis"));
    }
    parts.join("; ")
}

fn step(step: &Step) -> String {
    match step {
        Step::Held { size, period, seconds, of_seconds } => format!(
            "{} × {seconds} von {of_seconds} Sekunden ({} bis {})",
            number(*size),
            instant(period.from()),
            instant(period.to())
        ),
        Step::Counted { period, count } => {
            format!("{count} gezählt ({} bis {})", instant(period.from()), instant(period.to()))
        }
        Step::Due { at } => format!("einmalig, fällig am {}", instant(*at)),
        Step::Invoiced { quantity, amount: net } => {
            format!("bisher berechnet: {} zu {} EUR", number(*quantity), amount(*net))
        }
    }
}
