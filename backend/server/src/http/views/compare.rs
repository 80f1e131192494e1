//! One product of several providers, side by side.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::offerings::{Protection, ProviderRef};
use super::placement::{PlaceForm, PlacementRow};
use super::schema_form::FormField;
use super::text::Text;
use super::values::{Amount, Day, Moment};

/// Offers of one product for one size. Input names: `plan` (a code), `parameters.…`, `expected.…`, and those of the place.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CompareView {
    /// The word that joins the offers.
    pub product: String,
    pub title: String,
    pub summary: String,
    pub kind: String,
    /// Short name of the organisation for which prices are computed; none for a visitor.
    pub organisation: Option<String>,
    /// Codes and titles of the plans.
    pub plans: Vec<ComparedPlan>,
    /// Code of the compared plan.
    pub plan: String,
    /// Sizes that can be changed.
    pub fields: Vec<FormField>,
    /// Demands on the place that can be changed.
    pub place: PlaceForm,
    /// Over how many months the price counts.
    pub months: u32,
    pub as_of: Moment,
    /// By name of the provider.
    pub offers: Vec<ComparedOffer>,
    /// Rows that say the same of every offer: `monthly`, `total`, `place`, `protection`, `certificates`, `promised`,
    /// `measured`, `keep-days`, `legal-basis`, `order`.
    pub same: Vec<String>,
    /// The other rows, in the same order.
    pub different: Vec<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ComparedPlan {
    pub code: String,
    pub title: String,
    pub summary: String,
}

/// One offer of the product.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ComparedOffer {
    pub id: Uuid,
    pub version: u32,
    pub provider: ProviderRef,
    /// Its plan with the compared code.
    pub plan: Option<Uuid>,
    /// Net, of a full month.
    pub monthly_net: Option<Amount>,
    /// Net, once.
    pub once_net: Option<Amount>,
    /// What this organisation pays over the compared months, VAT included; for a visitor net.
    pub total: Option<Amount>,
    /// Up to which need of protection the offer may be used.
    pub protection: Protection,
    /// Per cent of a month that is promised.
    pub promised: Option<Amount>,
    pub measured: Option<MeasuredView>,
    /// How many days data are kept after the end.
    pub keep_days: u8,
    pub legal_basis: Option<ComparedBasis>,
    /// Its locations and why they would be left out; empty reasons where they may take the order.
    pub places: Vec<PlacementRow>,
    pub may_order: bool,
    /// `compare-not-<code>`; empty where it may be ordered.
    pub why_not: Vec<Text>,
}

/// What all bookings of the offer came to in the months that are over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MeasuredView {
    pub percent: Amount,
    /// If everything unknown had been an interruption.
    pub at_least: Amount,
    pub months: u32,
    /// Most bookings that were measured in one of the months.
    pub bookings: u32,
}

/// Why this organisation may buy there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComparedBasis {
    pub title: String,
    pub valid_until: Option<Day>,
}
