//! What flat and per-unit prices share: a size held for a time.
//!
//! The sum of size × seconds is a whole number. Price × sum is exact, too, and is divided once, by the seconds that
//! cost the full price; so it does not matter into how many pieces usage was cut on its way.

use rust_decimal::Decimal;

use super::{Charge, Held, Per, Rateable, RatingRefused, Step, Unit};
use crate::ids::PriceId;
use crate::money::{Money, MoneyRefused, UnitPrice, printed_quantity};
use crate::time::{Month, Period};

/// The terms under which something is held.
pub(super) struct Terms {
    pub(super) price: UnitPrice,
    pub(super) unit: Unit,
    /// How much of the meter's unit makes one sold unit.
    pub(super) unit_size: i64,
    pub(super) per: Per,
}

/// One charge for everything held during the stretch; none if nothing was.
pub(super) fn charge(
    of: &Rateable<'_>,
    price: PriceId,
    month: Month,
    stretch: Period,
    (held, terms): (&[Held], Terms),
) -> Result<Option<Charge>, RatingRefused> {
    let of_seconds = terms.per.seconds(month);
    let stretches = merged(held, &stretch);
    let weight: i128 = stretches.iter().map(|h| i128::from(h.amount) * i128::from(h.period.seconds())).sum();
    let (Some(first), Some(last)) = (stretches.first(), stretches.last()) else { return Ok(None) };
    let service = Period::new(first.period.from(), last.period.to()).unwrap_or(stretch);
    let weight = Decimal::try_from_i128_with_scale(weight, 0).map_err(|_overflow| MoneyRefused::TooLarge)?;
    let full = Decimal::from(of_seconds) * Decimal::from(terms.unit_size);
    let exact = terms.price.decimal().checked_mul(weight).and_then(|product| product.checked_div(full));
    let amount = Money::rounded(exact.ok_or(MoneyRefused::TooLarge)?)?;
    let quantity = weight.checked_div(full).ok_or(MoneyRefused::TooLarge)?;
    Ok(Some(Charge {
        booking: of.booking,
        component: of.component.id,
        price,
        service,
        quantity: printed_quantity(quantity, terms.price, amount),
        unit: terms.unit,
        per: Some(terms.per),
        unit_price: terms.price,
        base: 1,
        amount,
        steps: stretches
            .iter()
            .map(|h| Step::Held {
                size: (Decimal::from(h.amount) / Decimal::from(terms.unit_size)).normalize(),
                period: h.period,
                seconds: h.period.seconds(),
                of_seconds,
            })
            .collect(),
    }))
}

/// The parts inside the stretch that cost something, in order, with neighbours of equal size joined: usage is cut at
/// every midnight, and nobody wants to read thirty equal steps.
fn merged(held: &[Held], stretch: &Period) -> Vec<Held> {
    let mut inside: Vec<Held> = held
        .iter()
        .filter(|h| h.amount != 0)
        .filter_map(|h| h.period.overlap(stretch).map(|period| Held { period, amount: h.amount }))
        .collect();
    inside.sort_by_key(|h| h.period);
    let mut joined: Vec<Held> = Vec::new();
    for next in inside {
        match joined.last_mut() {
            Some(last) if last.amount == next.amount && last.period.to() == next.period.from() => {
                last.period = Period::new(last.period.from(), next.period.to()).unwrap_or(last.period);
            }
            Some(_) | None => joined.push(next),
        }
    }
    joined
}
