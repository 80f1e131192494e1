//! One booking in one month: from everything that is known about it to its charges.
//!
//! The order of the steps is the rule: find the billable window, check that what was measured tiles it, cut it down to
//! what was ordered, rate each component. What is doubtful is held back and named; what is sound is charged.

use std::collections::BTreeMap;

use contract::{Meter, Nature};
use jiff::Timestamp;

use super::{Charge, Held, Measure, Offered, Rateable, RatingRefused, Seen, rate};
use crate::ids::{BookingId, ComponentId};
use crate::metering::{
    CounterFell, Excess, Irregular, Reading, Usage, Waived, below_order, billable, clip, counted, tile,
    without_waived,
};
use crate::time::{Month, Period};

/// What is known about a booking in a month.
#[derive(Debug, Clone)]
pub struct BookingMonth<'a> {
    /// The booking.
    pub booking: BookingId,
    /// When it could be used for the first time.
    pub ready: Option<Timestamp>,
    /// When it was wished for.
    pub wished: Timestamp,
    /// The end that the customer asked for.
    pub end: Option<Timestamp>,
    /// For a preview: the watermark, up to which usage is complete. Nothing for the close of a month.
    pub until: Option<Timestamp>,
    /// The components of its plan.
    pub offered: &'a [Offered],
    /// Its intervals, of all meters; those of other months do no harm.
    pub usage: &'a [Usage],
    /// Stretches that the provider has given up.
    pub waived: &'a [Waived],
    /// The size that the customer wanted over time, by meter. A meter that is missing has no ceiling.
    pub ordered: &'a BTreeMap<Meter, Vec<Held>>,
    /// Ordered pieces over time, by flat component. A component that is missing counts once.
    pub pieces: &'a BTreeMap<ComponentId, Vec<Held>>,
    /// The readings of its counters, also those before the month.
    pub readings: &'a [Reading],
    /// Instants at which lines must end: changes of the VAT treatment and of the account assignment.
    pub cuts: &'a [Timestamp],
}

/// What is doubtful about a booking's usage. Shown to customer and provider, never billed silently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// The intervals of a meter do not tile the window.
    Irregular(Meter, Irregular),
    /// More was reported than ordered.
    Excess(Meter, Excess),
    /// A counter fell.
    CounterFell(CounterFell),
}

/// Charges and doubts of one booking in one month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rated {
    /// In the order of the components.
    pub charges: Vec<Charge>,
    /// In the order in which they were found.
    pub doubts: Vec<Doubt>,
}

/// What a booking costs from an instant on.
#[derive(Debug, Clone, Copy)]
pub struct Term<'a> {
    /// First instant at which it counts; it counts until the next one does.
    pub from: Timestamp,
    /// The components of its plan.
    pub offered: &'a [Offered],
}

/// Rates a booking whose plan changed, for a month: each stretch by the plan that counted in it. `known.offered` is not
/// looked at. One-time fees belong to the plan that counted when the booking could be billed for the first time; a later
/// one brings none.
pub fn rate_terms(
    month: Month,
    known: &BookingMonth<'_>,
    terms: &[Term<'_>],
) -> Result<Rated, RatingRefused> {
    let mut all = Rated::default();
    let first = known.ready.map(|ready| ready.max(known.wished));
    for (position, term) in terms.iter().enumerate() {
        let next = terms.get(position + 1).map(|next| next.from);
        let began = first.is_some_and(|first| term.from <= first && next.is_none_or(|next| first < next));
        let offered: Vec<Offered> = term
            .offered
            .iter()
            .filter(|offered| began || offered.component.measure != Measure::Once)
            .cloned()
            .collect();
        let part = BookingMonth {
            wished: known.wished.max(term.from),
            end: known.end.into_iter().chain(next).min(),
            offered: &offered,
            ..known.clone()
        };
        let rated = rate_booking(month, &part)?;
        all.charges.extend(rated.charges);
        all.doubts.extend(rated.doubts);
    }
    Ok(all)
}

/// Rates a booking for a month. Without a billable window there is nothing to charge.
pub fn rate_booking(month: Month, known: &BookingMonth<'_>) -> Result<Rated, RatingRefused> {
    let mut rated = Rated::default();
    let Some(window) = window(month, known) else { return Ok(rated) };
    let mut checked: BTreeMap<Meter, Seen> = BTreeMap::new();
    for offered in known.offered {
        let component = &offered.component;
        let seen = match component.measure {
            Measure::Flat => Seen::Held(match known.pieces.get(&component.id) {
                Some(pieces) => within(pieces, &window),
                None => vec![Held { period: window, amount: 1 }],
            }),
            // Due at the first billable instant of the booking, not of each month.
            Measure::Once => Seen::Due(known.ready.map(|ready| ready.max(known.wished))),
            // Two components may price the same meter; its doubts are named once.
            Measure::Meter(meter) => match checked.get(&meter) {
                Some(seen) => seen.clone(),
                None => {
                    let seen = measured(meter, known, &window, &mut rated.doubts);
                    checked.insert(meter, seen.clone());
                    seen
                }
            },
        };
        let rateable = Rateable {
            booking: known.booking,
            component,
            prices: &offered.prices,
            seen: &seen,
            cuts: known.cuts,
        };
        rated.charges.extend(rate(month, &rateable)?);
    }
    Ok(rated)
}

fn window(month: Month, known: &BookingMonth<'_>) -> Option<Period> {
    let end = match (known.end, known.until) {
        (Some(end), Some(until)) => Some(end.min(until)),
        (end, until) => end.or(until),
    };
    billable(month, known.ready, known.wished, end)
}

fn within(held: &[Held], window: &Period) -> Vec<Held> {
    held.iter()
        .filter_map(|h| h.period.overlap(window).map(|period| Held { period, amount: h.amount }))
        .collect()
}

fn measured(meter: Meter, known: &BookingMonth<'_>, window: &Period, doubts: &mut Vec<Doubt>) -> Seen {
    match meter.nature() {
        Nature::Allocation => {
            let own: Vec<Usage> = known
                .usage
                .iter()
                .filter(|u| {
                    u.booking == known.booking && u.meter == meter && u.period.overlap(window).is_some()
                })
                .copied()
                .collect();
            let waived: Vec<Period> = known
                .waived
                .iter()
                .filter(|waived| waived.meter == meter)
                .map(|waived| waived.period)
                .collect();
            let tiled = tile(&without_waived(&own, &waived), window);
            let findings = tiled.findings.into_iter().flat_map(|found| found.without_waived(&waived));
            doubts.extend(findings.map(|found| Doubt::Irregular(meter, found)));
            let held = clip(&tiled.sound, window);
            match known.ordered.get(&meter) {
                None => Seen::Held(held),
                Some(ordered) => {
                    let (held, excess) = below_order(&held, ordered);
                    doubts.extend(excess.into_iter().map(|found| Doubt::Excess(meter, found)));
                    Seen::Held(held)
                }
            }
        }
        Nature::Consumption => {
            let own: Vec<Reading> = known
                .readings
                .iter()
                .filter(|r| r.booking == known.booking && r.meter == meter)
                .cloned()
                .collect();
            let (counted, falls) = counted(&own, window);
            doubts.extend(falls.into_iter().map(Doubt::CounterFell));
            Seen::Counted(counted)
        }
    }
}

#[cfg(test)]
#[path = "booking_test.rs"]
mod tests;
