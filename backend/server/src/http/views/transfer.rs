//! Moving a booking to another Kostenstelle, Sachkonto or Haushaltsansatz.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::orders::BudgetLineChoice;
use super::schema_form::Choice;
use super::values::{Amount, Day, Moment};

/// Form to move a booking. Inputs: `cost_centre`, `ledger_account`, `budget_line`, `from_day`, `from_month`, `from_year`,
/// `justification`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TransferView {
    pub booking: Uuid,
    pub number: String,
    pub name: String,
    /// Where it belongs now.
    pub present: LeftView,
    pub budget_lines: Vec<BudgetLineChoice>,
    /// Kostenstellen to choose from; empty where the organisation keeps no list and types them.
    pub cost_centres: Vec<Choice>,
    /// Sachkonten to choose from; empty where the organisation keeps no list and types them.
    pub accounts: Vec<Choice>,
    pub earliest: Day,
    /// Net per month, the same before and after.
    pub monthly_net: Amount,
    pub approvers: Vec<String>,
}

/// Where a booking belonged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeftView {
    pub cost_centre: String,
    pub ledger_account: String,
    /// Code and name; empty where a price-free organisation has none.
    pub budget_line: String,
}

/// Where a booking belonged or will belong, from an instant on; as its page lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AssignedView {
    /// None for the first one.
    pub from: Option<Moment>,
    pub unit: String,
    pub cost_centre: String,
    pub ledger_account: String,
    /// The order that agreed it.
    pub order: Uuid,
    /// Whether it counts now.
    pub present: bool,
}
