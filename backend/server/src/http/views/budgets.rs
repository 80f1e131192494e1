//! Budget lines: what is planned, reserved, confirmed, invoiced, and what is left.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::approvals::BudgetFigures;
use super::values::{Amount, Moment};

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BudgetsView {
    pub year: i16,
    pub years: Vec<i16>,
    pub lines: Vec<BudgetLineView>,
    pub sum: BudgetFigures,
    pub commitments: Vec<CommitmentRow>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BudgetLineView {
    pub id: Uuid,
    pub code: String,
    pub title: String,
    pub unit: Option<String>,
    pub year: i16,
    pub figures: BudgetFigures,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommitmentRow {
    pub order: Uuid,
    pub number: String,
    pub name: String,
    pub budget_line: String,
    pub state: super::orders::CommitmentState,
    pub amount: Amount,
    /// Gross, what was invoiced of it so far.
    pub invoiced: Amount,
    /// What it still binds.
    pub bound: Amount,
    /// What is free again; nothing while it binds.
    pub released: Amount,
    pub at: Moment,
}
