//! One offering: answers to what a buyer asks, plans with prices, an estimate, and whether this organisation may order.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::estimate::{Estimate, PricePeriod};
use super::schema_form::FormField;
use super::text::{Check, Text};
use super::values::{Amount, Day, Moment};

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OfferingView {
    pub id: Uuid,
    pub version: u32,
    pub valid_from: Day,
    pub title: String,
    pub summary: String,
    pub provider: ProviderRef,
    /// `postgresql`, `application`, …
    pub kind: String,
    pub tags: Vec<String>,
    pub suited: Vec<String>,
    pub unsuited: Vec<String>,
    pub protection: Option<Protection>,
    pub facts: Vec<FactGroup>,
    pub documents: Vec<Document>,
    pub versions: Vec<OfferingVersion>,
    pub plans: Vec<PlanView>,
    /// Inputs of the price calculator: the parameters of the kind, with the chosen values.
    pub calculator: Calculator,
    pub estimate: Option<Estimate>,
    pub eligibility: Eligibility,
    /// How long provisioning usually takes, measured over all bookings of this offering; none while there are too few.
    pub usual_minutes: Option<u32>,
    /// Word under which the same product of other providers can be compared.
    pub product: Option<String>,
    /// How the data of a booking come out.
    pub exports: Vec<Text>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProviderRef {
    pub id: Uuid,
    pub name: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanView {
    pub id: Uuid,
    pub title: String,
    pub summary: String,
    pub components: Vec<PriceComponent>,
}

/// One priced part of a plan. `unit` is a German word such as "vCPU" or "Leuchte".
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PriceComponent {
    pub title: String,
    pub unit: String,
    pub period: PricePeriod,
    /// Price per unit; with `tiers` the price of the first tier.
    pub price: Amount,
    pub included: Option<Amount>,
    pub tiers: Vec<PriceTier>,
    pub valid_from: Day,
    pub valid_until: Option<Day>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PriceTier {
    /// Units up to and including this number; none for the last tier.
    pub up_to: Option<Amount>,
    pub price: Amount,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Calculator {
    pub plan: Option<Uuid>,
    pub fields: Vec<FormField>,
    pub months: u32,
}

/// "Darf meine Behörde bestellen?" `organisation` is none for a visitor who has not signed in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Eligibility {
    pub organisation: Option<String>,
    pub may_order: bool,
    pub checks: Vec<Check>,
    /// Whom to ask where something is missing, for example the person who grants the role.
    pub helper: Option<String>,
}

/// Protection level that the offering carries: confidentiality, integrity, availability, each 1 normal, 2 high, 3 very high.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Protection {
    pub confidentiality: u8,
    pub integrity: u8,
    pub availability: u8,
}

/// Facts under one question; `key` is `data`, `security`, `operation` or `exit`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FactGroup {
    pub key: String,
    pub facts: Vec<Fact>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Fact {
    pub label: String,
    pub value: String,
    pub note: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Document {
    pub title: String,
    pub edition: String,
    pub sha256: String,
    /// For example "PDF".
    pub format: String,
    pub bytes: u64,
    /// None while only its digest is recorded here.
    pub url: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OfferingVersion {
    pub version: u32,
    pub valid_from: Day,
    pub change: String,
    pub published_at: Moment,
}
