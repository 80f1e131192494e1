//! What an order will cost, before anything runs.
//!
//! The estimate rates whole months with the same rules as the invoice, so that a booking which runs a full month as
//! estimated costs what was estimated, to the cent, also where prices change within the year or are per hour.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Counted, Held, Measure, Offered, Rateable, RatingRefused, Seen, rate};
use crate::ids::{BookingId, ComponentId};
use crate::money::Money;
use crate::time::Month;

/// Amounts by component: the size held, in the unit of the meter, or the events expected per month. A flat component
/// without an entry counts once; a measured one without an entry is listed as open.
pub type Amounts = BTreeMap<ComponentId, i64>;

/// Net cost of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Estimate {
    /// Of the month that was asked for.
    pub per_month: Money,
    /// Of the twelve months from there, without one-off fees.
    pub per_year: Money,
    /// One-off fees.
    pub once: Money,
    /// One line per component that has a price.
    pub lines: Vec<EstimateLine>,
    /// Components whose amount nobody knows yet, so that the sums lack them.
    pub open: Vec<ComponentId>,
}

/// Net cost of one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstimateLine {
    /// The component.
    pub component: ComponentId,
    /// In the unit of the meter, or events per month.
    pub amount: i64,
    /// Of the month that was asked for.
    pub per_month: Money,
    /// Of the twelve months from there.
    pub per_year: Money,
    /// One-off.
    pub once: Money,
}

/// Estimates the components of a plan from the given month on.
///
/// A first price that begins later counts from the start: what is published today for next month has a price to show.
/// Refused like rating otherwise: a component without any price is an error of the offer.
pub fn estimate(parts: &[Offered], amounts: &Amounts, from: Month) -> Result<Estimate, RatingRefused> {
    let mut sum = Estimate::default();
    for part in parts {
        let id = part.component.id;
        let amount = match (amounts.get(&id), part.component.measure) {
            (Some(amount), _) => *amount,
            (None, Measure::Flat | Measure::Once) => 1,
            (None, Measure::Meter(_)) => {
                sum.open.push(id);
                continue;
            }
        };
        let line = estimate_line(part, amount, from)?;
        sum.per_month += line.per_month;
        sum.per_year += line.per_year;
        sum.once += line.once;
        sum.lines.push(line);
    }
    Ok(sum)
}

fn estimate_line(part: &Offered, amount: i64, from: Month) -> Result<EstimateLine, RatingRefused> {
    let mut line = EstimateLine {
        component: part.component.id,
        amount,
        per_month: Money::ZERO,
        per_year: Money::ZERO,
        once: Money::ZERO,
    };
    let mut prices = part.prices.clone();
    if let Some(first) = prices.iter_mut().min_by_key(|price| price.valid_from) {
        first.valid_from = first.valid_from.min(from.period().from());
    }
    let mut month = from;
    for nth in 0..12 {
        let period = month.period();
        let seen = match part.component.measure {
            Measure::Once if nth == 0 => Seen::Due(Some(period.from())),
            Measure::Once => break,
            Measure::Flat => Seen::Held(vec![Held { period, amount }]),
            Measure::Meter(meter) => match meter.nature() {
                contract::Nature::Allocation => Seen::Held(vec![Held { period, amount }]),
                contract::Nature::Consumption => Seen::Counted(vec![Counted { period, count: amount }]),
            },
        };
        let rateable = Rateable {
            booking: BookingId(Uuid::nil()), // nothing is booked yet
            component: &part.component,
            prices: &prices,
            seen: &seen,
            cuts: &[],
        };
        let cost: Money = rate(month, &rateable)?.iter().map(|charge| charge.amount).sum();
        match part.component.measure {
            Measure::Once => line.once = cost,
            Measure::Flat | Measure::Meter(_) => {
                if nth == 0 {
                    line.per_month = cost;
                }
                line.per_year += cost;
            }
        }
        month = month.next();
    }
    Ok(line)
}
