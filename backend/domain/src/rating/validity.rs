//! Which price counts when: exactly one at every instant at which something costs money.

use jiff::Timestamp;

use super::{Price, Rateable, RatingRefused, Seen};
use crate::time::Period;

/// In the order of their validity.
pub(super) fn sorted(prices: &[Price]) -> Vec<&Price> {
    let mut sorted: Vec<&Price> = prices.iter().collect();
    sorted.sort_by_key(|price| (price.valid_from, price.id));
    sorted
}

/// Two prices at the same time would leave open which one counts.
pub(super) fn reject_overlapping_prices(of: &Rateable<'_>) -> Result<(), RatingRefused> {
    let sorted = sorted(of.prices);
    let overlap = sorted
        .iter()
        .zip(sorted.iter().skip(1))
        .any(|(a, b)| a.valid_to.is_none_or(|end| end > b.valid_from));
    if overlap { Err(RatingRefused::TwoPrices { component: of.component.id }) } else { Ok(()) }
}

/// Everything that would cost something needs a price for all of its time.
pub(super) fn reject_unpriced(month: &Period, of: &Rateable<'_>) -> Result<(), RatingRefused> {
    let component = of.component.id;
    let stretches: Vec<Period> = match of.seen {
        Seen::Held(held) => {
            if held.iter().any(|h| h.amount < 0) {
                return Err(RatingRefused::Negative { component });
            }
            held.iter().filter(|h| h.amount != 0).filter_map(|h| h.period.overlap(month)).collect()
        }
        Seen::Counted(counted) => {
            if counted.iter().any(|c| c.count < 0) {
                return Err(RatingRefused::Negative { component });
            }
            counted
                .iter()
                .filter(|c| c.count != 0)
                .filter_map(|c| last_second(&c.period).overlap(month))
                .collect()
        }
        Seen::Due(at) => at.and_then(first_second).and_then(|s| s.overlap(month)).into_iter().collect(),
    };
    let sorted = sorted(of.prices);
    for stretch in stretches {
        let mut at = stretch.from();
        while at < stretch.to() {
            let price = sorted.iter().find(|p| p.valid_at(at));
            at = price
                .map(|p| p.valid_to.unwrap_or(stretch.to()))
                .ok_or(RatingRefused::NoPrice { component, at })?;
        }
    }
    Ok(())
}

/// The second in which a reading was taken: it decides month and price of what the reading counted.
pub(super) fn last_second(period: &Period) -> Period {
    let start = Timestamp::from_second(period.to().as_second() - 1).unwrap_or(period.from());
    Period::new(start, period.to()).unwrap_or(*period)
}

/// The second in which something happened.
pub(super) fn first_second(at: Timestamp) -> Option<Period> {
    let start = Timestamp::from_second(at.as_second()).ok()?;
    Period::new(start, Timestamp::from_second(at.as_second() + 1).ok()?).ok()
}
