//! A price for a measured size: vCPU, memory, storage, running instances; per hour, month or year.

use super::{Charge, Measure, Per, Rateable, RatingRefused, Seen, Unit, held};
use crate::ids::PriceId;
use crate::money::UnitPrice;
use crate::time::{Month, Period};

pub(super) fn charge(
    of: &Rateable<'_>,
    id: PriceId,
    month: Month,
    stretch: Period,
    (price, unit, per): (UnitPrice, Unit, Per),
) -> Result<Option<Charge>, RatingRefused> {
    let misfit = RatingRefused::ModelDoesNotFit { component: of.component.id };
    let (Measure::Meter(meter), Seen::Held(sizes)) = (of.component.measure, of.seen) else {
        return Err(misfit);
    };
    let unit_size = unit.of_meter(meter).ok_or(misfit)?;
    held::charge(of, id, month, stretch, (sizes, held::Terms { price, unit, unit_size, per }))
}
