//! A fee that falls due once, in the month in which the booking becomes billable.

use rust_decimal::Decimal;

use super::{Charge, Measure, Rateable, RatingRefused, Seen, Step, Unit, validity};
use crate::ids::PriceId;
use crate::money::{Money, UnitPrice};
use crate::time::Period;

pub(super) fn charge(
    of: &Rateable<'_>,
    id: PriceId,
    stretch: Period,
    price: UnitPrice,
) -> Result<Option<Charge>, RatingRefused> {
    let (Measure::Once, Seen::Due(due)) = (of.component.measure, of.seen) else {
        return Err(RatingRefused::ModelDoesNotFit { component: of.component.id });
    };
    let Some((at, service)) =
        due.filter(|at| stretch.contains(*at)).and_then(|at| Some((at, validity::first_second(at)?)))
    else {
        return Ok(None);
    };
    Ok(Some(Charge {
        booking: of.booking,
        component: of.component.id,
        price: id,
        service,
        quantity: Decimal::ONE,
        unit: Unit::Piece,
        per: None,
        unit_price: price,
        base: 1,
        amount: Money::rounded(price.decimal())?,
        steps: vec![Step::Due { at }],
    }))
}
