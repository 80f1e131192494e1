//! What something will cost: one line per component, per month, per budget year, over the term.

use serde::Serialize;
use utoipa::ToSchema;

use super::values::{Amount, Day};

/// A computed preview, never stored. All amounts in euros, net unless the name says otherwise.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Estimate {
    pub lines: Vec<EstimateLine>,
    pub monthly_net: Amount,
    pub once_net: Amount,
    /// What a stopped booking still costs per month; none where stopping is not offered.
    pub stopped_monthly_net: Option<Amount>,
    pub months: u32,
    pub years: Vec<YearCost>,
    pub total_net: Amount,
    pub total_gross: Amount,
    pub vat: Vec<VatPeriod>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EstimateLine {
    pub title: String,
    pub quantity: Amount,
    pub unit: String,
    pub unit_price: Amount,
    pub period: PricePeriod,
    pub amount: Amount,
    /// German remark of the provider, for example "1.000 Gespräche enthalten".
    pub note: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PricePeriod {
    Month,
    Once,
    /// Per counted unit, whenever it happens.
    Unit,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct YearCost {
    pub year: i16,
    pub months: u32,
    pub net: Amount,
    pub vat: Amount,
    pub gross: Amount,
}

/// Which VAT applies from when. `rate` is a percentage; none means not taxable.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VatPeriod {
    pub from: Day,
    pub until: Option<Day>,
    pub rate: Option<Amount>,
    /// Legal source as text, for example "§ 2b UStG".
    pub basis: String,
}
