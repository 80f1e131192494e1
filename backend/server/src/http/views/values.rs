//! Machine values with one spelling everywhere: amounts, moments, days.

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A decimal number in JSON as a string, so that no reader turns money into floating point: `"195.00"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[schema(value_type = String, example = "195.00")]
pub struct Amount(pub Decimal);

impl From<Decimal> for Amount {
    fn from(value: Decimal) -> Self {
        Self(value)
    }
}

/// A point in time, RFC 3339 in UTC: `"2026-11-24T17:00:00Z"`. Pages show it in Europe/Berlin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-24T17:00:00Z")]
pub struct Moment(pub Timestamp);

impl From<Timestamp> for Moment {
    fn from(value: Timestamp) -> Self {
        Self(value)
    }
}

/// A calendar day in Europe/Berlin: `"2026-11-24"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[schema(value_type = String, format = Date, example = "2026-11-24")]
pub struct Day(pub Date);

impl From<Date> for Day {
    fn from(value: Date) -> Self {
        Self(value)
    }
}
