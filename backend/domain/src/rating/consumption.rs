//! A price per counted event, or per thousand of them, in proportion.

use rust_decimal::Decimal;

use super::{Charge, Counted, Measure, Rateable, RatingRefused, Seen, Step, Unit, validity};
use crate::ids::PriceId;
use crate::money::{Money, MoneyRefused, UnitPrice};
use crate::time::Period;

pub(super) fn charge(
    of: &Rateable<'_>,
    id: PriceId,
    stretch: Period,
    price: UnitPrice,
    each: u32,
) -> Result<Option<Charge>, RatingRefused> {
    let misfit = RatingRefused::ModelDoesNotFit { component: of.component.id };
    let (Measure::Meter(_), Seen::Counted(counted)) = (of.component.measure, of.seen) else {
        return Err(misfit);
    };
    if each == 0 {
        return Err(misfit);
    }
    // A reading taken as a month or a price ends still belongs to it, so its last second decides.
    let mut inside: Vec<&Counted> = counted
        .iter()
        .filter(|c| c.count != 0 && validity::last_second(&c.period).overlap(&stretch).is_some())
        .collect();
    inside.sort_by_key(|c| c.period);
    let (Some(first), Some(last)) = (inside.first(), inside.last()) else { return Ok(None) };
    let service = Period::new(first.period.from().max(stretch.from()), last.period.to()).unwrap_or(stretch);
    let count: i128 = inside.iter().map(|c| i128::from(c.count)).sum();
    let quantity = Decimal::try_from_i128_with_scale(count, 0).map_err(|_overflow| MoneyRefused::TooLarge)?;
    let exact = price.decimal().checked_mul(quantity).and_then(|p| p.checked_div(Decimal::from(each)));
    Ok(Some(Charge {
        booking: of.booking,
        component: of.component.id,
        price: id,
        service,
        quantity,
        unit: Unit::Piece,
        per: None,
        unit_price: price,
        base: each,
        amount: Money::rounded(exact.ok_or(MoneyRefused::TooLarge)?)?,
        steps: by_day(&inside),
    }))
}

/// One step per Berlin day: readings may come every minute, and the single ones are in the itemised statement.
fn by_day(readings: &[&Counted]) -> Vec<Step> {
    let mut steps: Vec<(jiff::civil::Date, Period, i64)> = Vec::new();
    for reading in readings {
        let day = validity::last_second(&reading.period).first_and_last_day().0;
        match steps.last_mut() {
            Some((same, period, count)) if *same == day => {
                *period = Period::new(period.from(), reading.period.to()).unwrap_or(*period);
                *count = count.saturating_add(reading.count);
            }
            Some(_) | None => steps.push((day, reading.period, reading.count)),
        }
    }
    steps.into_iter().map(|(_, period, count)| Step::Counted { period, count }).collect()
}
