//! Where an order runs: what was demanded, which location was chosen, and a reason for every other one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::offerings::Protection;
use super::schema_form::Choice;
use super::text::Text;
use super::values::{Amount, Day, Moment};

/// What a form about the place shows. Input names: `need_confidentiality`, `need_integrity`, `need_availability`, `stay`,
/// `certificate`, `location`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaceForm {
    /// Codes of the levels of protection, the lowest first.
    pub needs: Vec<String>,
    /// Länder in which the data can be demanded to stay, the own one first; values as in `stay`.
    pub lands: Vec<Choice>,
    /// Codes of the classes of evidence that can be demanded.
    pub certificates: Vec<String>,
    /// The locations of this offer and how they stand to what is demanded now.
    pub rows: Vec<PlacementRow>,
    /// People fulfil it; there is no location to choose.
    pub by_people: bool,
}

/// Why an order runs where it runs. Recorded when it is sent, and never changed afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlacementView {
    pub demand: DemandView,
    /// The customer named the location instead of leaving it to the rule.
    pub by_hand: bool,
    /// When it was judged; everything below is as it was then.
    pub placed_at: Moment,
    /// Over how many months prices are compared.
    pub months: u32,
    /// Every location of every offer of the same product, the chosen one first.
    pub rows: Vec<PlacementRow>,
}

/// What was demanded of the place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DemandView {
    /// `normal`, `high` or `very-high`.
    pub confidentiality: String,
    pub integrity: String,
    pub availability: String,
    /// `anywhere`, `land-<key>` or `own`.
    pub stay: String,
    /// Name of the Land, if the data must stay in one.
    pub land: Option<String>,
    /// `c5-type-1`, `c5-type-2`, `iso-27001` or `it-grundschutz`.
    pub certificate: Option<String>,
}

/// One location and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlacementRow {
    pub offering: Uuid,
    pub version: u32,
    pub provider: String,
    /// Nothing where people fulfil it.
    pub location: Option<Uuid>,
    pub name: String,
    /// Name of the Land.
    pub land: Option<String>,
    pub protection: Protection,
    pub certificates: Vec<CertificateView>,
    /// The last word of its operator.
    pub heard_at: Option<Moment>,
    /// Net, of a full month.
    pub monthly_net: Option<Amount>,
    /// What this customer pays over the compared months, VAT included.
    pub total_gross: Option<Amount>,
    /// `chosen`, `not-chosen` or `left-out`.
    pub outcome: String,
    /// `not-chosen-<code>` or `left-out-<code>`; empty only for the chosen one.
    pub reasons: Vec<Text>,
}

/// Evidence of a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateView {
    /// `c5-type-1`, `c5-type-2`, `iso-27001` or `it-grundschutz`.
    pub class: String,
    pub number: String,
    /// Last day on which it counts.
    pub valid_until: Day,
}
