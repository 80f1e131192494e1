//! From what was held and counted to what it costs.
//!
//! Owns: price models, [`Charge`] and the exact arithmetic behind it. Does not own: which usage counts (metering), VAT,
//! and who gets the invoice.
//!
//! One charge is one invoice line: one component of one booking, at one price, in one calendar month. It is computed
//! from exact products and rounded once. A price that changes inside the month splits the line. Nothing here looks
//! back: each month is rated once, and what comes later becomes a document of its own.
//!
//! A further model (graduated, volume, committed minimum, tiers by population, cost share) is one more file beside
//! `flat`, one more variant of [`PriceModel`] and one more arm in [`rate`]; the compiler names the other places.

use contract::Meter;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::{BookingId, ComponentId, PriceId};
use crate::money::{Money, MoneyRefused, UnitPrice};
use crate::time::{Month, Period};

mod booking;
mod consumption;
mod estimate;
mod flat;
mod held;
mod offered;
mod one_time;
mod per_unit;
mod validity;

pub use booking::{BookingMonth, Doubt, Rated, Term, rate_booking, rate_terms};
pub use estimate::{Amounts, Estimate, EstimateLine, estimate};
pub use offered::{Offered, Terms, offered};

/// How a price turns quantities into money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "kebab-case")]
pub enum PriceModel {
    /// A price for the booking as such, or for each ordered piece of it, for as long as it can be billed.
    Flat {
        /// Euros per piece and `per`.
        price: UnitPrice,
        /// What the price is per.
        per: Per,
    },
    /// A price for a measured size, such as vCPU·month or GiB·hour.
    PerUnit {
        /// Euros per unit and `per`.
        price: UnitPrice,
        /// The unit that is sold; the meter may count in a finer one.
        unit: Unit,
        /// What the price is per.
        per: Per,
    },
    /// A price for what was counted: cases, conversations, documents.
    Consumption {
        /// Euros for `each` events.
        price: UnitPrice,
        /// 1, or 1000 for a price "per 1,000"; billed in proportion, not by started thousands.
        each: u32,
    },
    /// A price that falls due once, such as a set-up fee.
    OneTime {
        /// Euros.
        price: UnitPrice,
    },
}

/// The time that a price for something held refers to. Months and years count with their actual seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// 3,600 seconds.
    Hour,
    /// The calendar month in Berlin: 743 to 745 hours when the clocks change, and the same price for each.
    Month,
    /// The calendar year in Berlin.
    Year,
}

impl Per {
    /// How many seconds cost the full price in this month.
    pub fn seconds(self, month: Month) -> i64 {
        match self {
            Self::Hour => 3600,
            Self::Month => month.seconds(),
            Self::Year => {
                let mut first = month;
                while first.number() != 1 {
                    first = first.previous();
                }
                let mut seconds = 0;
                let mut next = first;
                while next.year() == first.year() {
                    seconds += next.seconds();
                    next = next.next();
                }
                seconds
            }
        }
    }
}

/// The unit in which a measured size is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// One booking, instance, seat, counter, lamp.
    Piece,
    /// One virtual processor.
    Vcpu,
    /// 2³⁰ bytes.
    Gibibyte,
    /// 2⁴⁰ bytes.
    Tebibyte,
}

impl Unit {
    /// How much of a meter's own unit makes one of this; nothing if the meter measures something else.
    pub fn of_meter(self, meter: Meter) -> Option<i64> {
        match (self, meter) {
            (Self::Vcpu, Meter::Vcpu) => Some(1000),
            (Self::Gibibyte, Meter::Memory | Meter::Storage) => Some(1024),
            (Self::Tebibyte, Meter::Memory | Meter::Storage) => Some(1024 * 1024),
            (Self::Piece, Meter::Instance) => Some(1),
            (Self::Piece | Self::Vcpu | Self::Gibibyte | Self::Tebibyte, _) => None,
        }
    }
}

/// One priced part of a plan, as rating sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// Its id.
    pub id: ComponentId,
    /// What is counted for it.
    pub measure: Measure,
}

/// What a component counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "measure", content = "meter", rename_all = "kebab-case")]
pub enum Measure {
    /// The booking, or the pieces of it that were ordered, for as long as it can be billed.
    Flat,
    /// Falls due once.
    Once,
    /// What the operator or the service measures.
    Meter(Meter),
}

/// A price of a component. Immutable once valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Its id; the price version that an invoice names.
    pub id: PriceId,
    /// First instant at which it counts.
    pub valid_from: Timestamp,
    /// First instant at which it no longer counts; open if nothing follows yet.
    pub valid_to: Option<Timestamp>,
    /// The model with its numbers.
    pub model: PriceModel,
}

impl Price {
    /// Whether the price counts at an instant.
    pub fn valid_at(&self, at: Timestamp) -> bool {
        self.valid_from <= at && self.valid_to.is_none_or(|end| at < end)
    }

    /// The part of a period in which the price counts.
    fn share(&self, of: &Period) -> Option<Period> {
        let to = self.valid_to.unwrap_or(of.to()).min(of.to());
        Period::new(self.valid_from.max(of.from()), to).ok()
    }
}

/// A size that was held during a period, in the unit of its meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// When.
    pub period: Period,
    /// How much; 0 while something is stopped.
    pub amount: i64,
}

/// Events that were counted during a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// From the reading before to the reading that showed them. They count at the end of it.
    pub period: Period,
    /// How many.
    pub count: i64,
}

/// What was seen of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Sizes over time, without overlaps (metering has checked that).
    Held(Vec<Held>),
    /// Events.
    Counted(Vec<Counted>),
    /// The instant at which a one-time fee fell due, if it did.
    Due(Option<Timestamp>),
}

/// One component of one booking, ready to be rated.
#[derive(Debug, Clone)]
pub struct Rateable<'a> {
    /// The booking.
    pub booking: BookingId,
    /// The component.
    pub component: &'a Component,
    /// All its price versions.
    pub prices: &'a [Price],
    /// What was seen of it.
    pub seen: &'a Seen,
    /// Further instants at which a line must end because VAT class or account assignment changes.
    pub cuts: &'a [Timestamp],
}

/// A rated amount: one line of an invoice, with the steps that explain it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The booking.
    pub booking: BookingId,
    /// The component.
    pub component: ComponentId,
    /// The price version.
    pub price: PriceId,
    /// The part of the month that the line covers.
    pub service: Period,
    /// Quantity as printed; quantity × unit price ÷ base, rounded, is the amount (BT-129).
    pub quantity: Decimal,
    /// The unit of the quantity.
    pub unit: Unit,
    /// The time that the unit price refers to; nothing for events and one-time fees.
    pub per: Option<Per>,
    /// Unrounded (BT-146).
    pub unit_price: UnitPrice,
    /// The quantity that the unit price is for: 1, or 1000 (BT-149).
    pub base: u32,
    /// Net, rounded once (BT-131).
    pub amount: Money,
    /// The way from what was seen to the amount, as data.
    pub steps: Vec<Step>,
}

/// One step of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// A size was held for some seconds of those that cost the full price.
    Held {
        /// In the unit of the charge.
        size: Decimal,
        /// When.
        period: Period,
        /// How long.
        seconds: i64,
        /// Seconds that cost the full price: of the hour, the month or the year.
        of_seconds: i64,
    },
    /// Events were counted.
    Counted {
        /// When.
        period: Period,
        /// How many.
        count: i64,
    },
    /// A one-time fee fell due.
    Due {
        /// When.
        at: Timestamp,
    },
    /// Only in corrections: what was invoiced for the same line before and is taken off.
    Invoiced {
        /// In the unit of the charge.
        quantity: Decimal,
        /// Net.
        amount: Money,
    },
}

/// Why something cannot be rated. The month run stops for the booking and says so; it never guesses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RatingRefused {
    /// No price is valid for a part of what was seen.
    #[error("rating-no-price")]
    NoPrice {
        /// The component.
        component: ComponentId,
        /// The first instant without a price.
        at: Timestamp,
    },
    /// Two prices are valid at the same time.
    #[error("rating-two-prices")]
    TwoPrices {
        /// The component.
        component: ComponentId,
    },
    /// The price model does not suit what the component counts.
    #[error("rating-model-does-not-fit")]
    ModelDoesNotFit {
        /// The component.
        component: ComponentId,
    },
    /// A negative size or count.
    #[error("rating-negative")]
    Negative {
        /// The component.
        component: ComponentId,
    },
    /// The result cannot be an amount.
    #[error(transparent)]
    Money(#[from] MoneyRefused),
}

/// Rates one component of one booking for one month: one charge per price version and cut, in order of time.
///
/// What was seen outside the month is left to its own month. A stretch in which nothing was held gives no charge.
pub fn rate(month: Month, of: &Rateable<'_>) -> Result<Vec<Charge>, RatingRefused> {
    let whole = month.period();
    validity::reject_overlapping_prices(of)?;
    validity::reject_unpriced(&whole, of)?;
    let mut charges = Vec::new();
    for price in validity::sorted(of.prices) {
        for stretch in price.share(&whole).map(|s| cut(s, of.cuts)).unwrap_or_default() {
            let charge = match price.model {
                PriceModel::Flat { price: each, per } => {
                    flat::charge(of, price.id, month, stretch, (each, per))
                }
                PriceModel::PerUnit { price: each, unit, per } => {
                    per_unit::charge(of, price.id, month, stretch, (each, unit, per))
                }
                PriceModel::Consumption { price: fee, each } => {
                    consumption::charge(of, price.id, stretch, fee, each)
                }
                PriceModel::OneTime { price: fee } => one_time::charge(of, price.id, stretch, fee),
            }?;
            charges.extend(charge);
        }
    }
    Ok(charges)
}

/// The parts of a stretch between the cuts that fall into it.
fn cut(stretch: Period, cuts: &[Timestamp]) -> Vec<Period> {
    let mut sorted = cuts.to_vec();
    sorted.sort_unstable();
    let mut rest = stretch;
    let mut parts = Vec::new();
    for at in sorted {
        if let Some((before, after)) = rest.split_at(at) {
            parts.push(before);
            rest = after;
        }
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
#[path = "rating/rating_test.rs"]
mod tests;

#[cfg(test)]
#[path = "rating/regression_test.rs"]
mod regressions;
