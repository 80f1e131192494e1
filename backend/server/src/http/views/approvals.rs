//! Approvals: what waits for the person, and one order with the budget before and after.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::orders::{OrderAction, OrderView};
use super::text::{Bearing, Check, Text};
use super::values::{Amount, Day, Moment};

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApprovalListView {
    pub open: Vec<ApprovalRow>,
    pub decided: Vec<DecidedRow>,
    /// Those for whom this person decides right now.
    pub deputy_for: Vec<Deputyship>,
    pub may_approve: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Deputyship {
    pub name: String,
    pub until: Day,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApprovalRow {
    /// The order's id; `/approvals/{order}` opens it.
    pub order: Uuid,
    pub number: String,
    pub action: OrderAction,
    pub name: String,
    pub offering: String,
    pub requested_by: String,
    pub requested_at: Moment,
    pub budget_line: String,
    pub monthly_net: Amount,
    pub total_gross: Amount,
    /// The worst of its checks: good, warn or bad, and which one (`approval-row-<code>`).
    pub bearing: Bearing,
    pub finding: Text,
    /// Whether this person may approve such an amount; else only reject it.
    pub within_limit: bool,
    pub due: Option<Day>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DecidedRow {
    pub order: Uuid,
    pub number: String,
    pub name: String,
    pub approved: bool,
    pub reason: Option<String>,
    pub decided_by: String,
    pub decided_at: Moment,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApprovalView {
    pub order: OrderView,
    pub budget: BudgetEffect,
    pub checks: Vec<Check>,
    pub may_decide: bool,
    /// Why this person cannot decide: `why-not-<code>` (`own-order`, `limit`, `role`, `decided`).
    pub why_not: Option<Text>,
}

/// The budget line before and after this order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BudgetEffect {
    pub code: String,
    pub title: String,
    pub year: i16,
    /// The order's amount in this budget year, gross.
    pub amount: Amount,
    pub before: BudgetFigures,
    pub after: BudgetFigures,
    pub sufficient: bool,
}

/// One line's money: `budget` = `invoiced` + `confirmed` + `reserved` + `available`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct BudgetFigures {
    pub budget: Amount,
    pub invoiced: Amount,
    pub confirmed: Amount,
    pub reserved: Amount,
    pub available: Amount,
}
