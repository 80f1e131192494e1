//! A component as it is offered: what is counted, how it is priced, and the numbers with their validity.

use contract::{Meter, Nature};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Component, Measure, Per, Price, PriceModel, RatingRefused, Unit};
use crate::ids::{ComponentId, PriceId};
use crate::money::UnitPrice;
use crate::time::ends;

/// A component with its price versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The component.
    pub component: Component,
    /// Its prices.
    pub prices: Vec<Price>,
}

/// How a component is priced, without the number: part of the published version, while numbers follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "kebab-case")]
pub enum Terms {
    /// For the booking, or for each ordered piece of it.
    Flat {
        /// What the price is per.
        per: Per,
    },
    /// For a measured size.
    PerUnit {
        /// The unit that is sold.
        unit: Unit,
        /// What the price is per.
        per: Per,
    },
    /// For counted events.
    Consumption {
        /// 1, or 1000.
        each: u32,
    },
    /// Once.
    OneTime,
}

impl Terms {
    /// The model with its number.
    pub fn at(self, price: UnitPrice) -> PriceModel {
        match self {
            Self::Flat { per } => PriceModel::Flat { price, per },
            Self::PerUnit { unit, per } => PriceModel::PerUnit { price, unit, per },
            Self::Consumption { each } => PriceModel::Consumption { price, each },
            Self::OneTime => PriceModel::OneTime { price },
        }
    }

    /// What a component with these terms and this meter counts; nothing if the two do not fit.
    pub fn measure(self, meter: Option<Meter>) -> Option<Measure> {
        match (self, meter) {
            (Self::Flat { .. }, None) => Some(Measure::Flat),
            (Self::OneTime, None) => Some(Measure::Once),
            (Self::PerUnit { unit, .. }, Some(meter)) => unit.of_meter(meter).map(|_| Measure::Meter(meter)),
            (Self::Consumption { each }, Some(meter)) => {
                (each > 0 && meter.nature() == Nature::Consumption).then_some(Measure::Meter(meter))
            }
            (Self::Flat { .. } | Self::OneTime, Some(_))
            | (Self::PerUnit { .. } | Self::Consumption { .. }, None) => None,
        }
    }
}

/// Puts a component together from what is stored of it. A price counts until the next one begins.
pub fn offered(
    id: ComponentId,
    meter: Option<Meter>,
    terms: Terms,
    mut numbers: Vec<(PriceId, Timestamp, UnitPrice)>,
) -> Result<Offered, RatingRefused> {
    let measure = terms.measure(meter).ok_or(RatingRefused::ModelDoesNotFit { component: id })?;
    numbers.sort_by_key(|(price, valid_from, _)| (*valid_from, *price));
    let starts: Vec<Timestamp> = numbers.iter().map(|(_, valid_from, _)| *valid_from).collect();
    let prices: Vec<Price> = numbers
        .iter()
        .zip(ends(&starts))
        .map(|((id, valid_from, price), valid_to)| Price {
            id: *id,
            valid_from: *valid_from,
            valid_to,
            model: terms.at(*price),
        })
        .collect();
    if prices.iter().any(|price| price.valid_to == Some(price.valid_from)) {
        return Err(RatingRefused::TwoPrices { component: id });
    }
    Ok(Offered { component: Component { id, measure }, prices })
}
