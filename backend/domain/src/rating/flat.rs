//! A price for the booking as such, or for each ordered piece of it: prorated by the second.

use super::{Charge, Measure, Per, Rateable, RatingRefused, Seen, Unit, held};
use crate::ids::PriceId;
use crate::money::UnitPrice;
use crate::time::{Month, Period};

pub(super) fn charge(
    of: &Rateable<'_>,
    id: PriceId,
    month: Month,
    stretch: Period,
    (price, per): (UnitPrice, Per),
) -> Result<Option<Charge>, RatingRefused> {
    let (Measure::Flat, Seen::Held(sizes)) = (of.component.measure, of.seen) else {
        return Err(RatingRefused::ModelDoesNotFit { component: of.component.id });
    };
    held::charge(of, id, month, stretch, (sizes, held::Terms { price, unit: Unit::Piece, unit_size: 1, per }))
}
