//! The catalogue: products, each with the providers who offer it, and the filters that narrow it.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::estimate::PricePeriod;
use super::offerings::{Protection, ProviderRef};
use super::values::{Amount, Day};

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CatalogueView {
    pub q: String,
    pub kinds: Vec<Facet>,
    pub providers: Vec<Facet>,
    pub products: Vec<ProductEntry>,
    pub products_total: u64,
    pub offerings_total: u64,
    pub prices_on: Day,
    /// Cursor of the next page, none on the last one.
    pub next: Option<String>,
}

/// One choice of a filter with the number of offerings behind it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Facet {
    pub value: String,
    /// Shown name; empty for kinds, whose names are in the locales under `kind-<value>`.
    pub label: String,
    pub count: u64,
    pub selected: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProductEntry {
    /// Word under which its offers can be compared; none where there is nothing to compare.
    pub product: Option<String>,
    pub title: String,
    pub summary: String,
    pub kind: String,
    pub tags: Vec<String>,
    pub offers: Vec<OfferRow>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OfferRow {
    pub id: Uuid,
    pub provider: ProviderRef,
    /// Where it runs, for example "Beispielhausen, Hessen".
    pub place: String,
    pub price: Option<PriceTag>,
    pub protection: Option<Protection>,
}

/// The lowest price, so that a list can say "ab 47,10 € im Monat, Einzelknoten S".
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PriceTag {
    pub amount: Amount,
    pub period: PricePeriod,
    /// True where larger plans cost more.
    pub from: bool,
    /// Unit for `period: unit`, and for prices per unit and month ("Leuchte").
    pub unit: Option<String>,
    pub plan: Option<String>,
    /// What is measured or counted comes on top, as a title per component.
    pub plus: Vec<String>,
}
