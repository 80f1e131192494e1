//! Changing a booking: what can be different, what stays, and what it costs before and after.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::estimate::EstimateLine;
use super::orders::{Answer, PlanChoice};
use super::schema_form::FormField;
use super::values::Amount;

/// Form to change a booking. Inputs: `plan`, the `parameters.…` of `fields`, `justification`; `seen` repeats
/// `compared.digest`, so that nobody orders at a price that was not shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangeView {
    pub booking: Uuid,
    pub number: String,
    pub name: String,
    pub offering: String,
    pub kind: String,
    /// Chosen plan.
    pub plan: Uuid,
    /// Booked plan.
    pub present: Uuid,
    pub plans: Vec<PlanChoice>,
    pub fields: Vec<FormField>,
    /// What stands for the whole life of the booking.
    pub fixed: Vec<Answer>,
    /// None while something is wrong with the answers.
    pub compared: Option<ComparedView>,
    pub approvers: Vec<String>,
}

/// The price before and after a change, net.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ComparedView {
    pub monthly_before: Amount,
    pub monthly_after: Amount,
    /// After minus before.
    pub difference: Amount,
    pub lines_before: Vec<EstimateLine>,
    pub lines_after: Vec<EstimateLine>,
    /// Gross, reserved in the budget line of the booking beside what it holds already.
    pub reserves: Amount,
    /// `agreement`: from the approval on; `effect`: once the location has done it.
    pub counts_from: String,
    /// Of all of it.
    pub digest: String,
}

/// What an order changes, as orderer and approver read it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangeOf {
    pub rows: Vec<ChangedAnswer>,
    pub monthly_before: Amount,
    pub monthly_after: Amount,
    /// After minus before.
    pub difference: Amount,
    /// `agreement` or `effect`, as in [`ComparedView`].
    pub counts_from: String,
}

/// One answer that is different.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangedAnswer {
    /// Empty for the plan.
    pub label: String,
    pub before: String,
    pub after: String,
}
