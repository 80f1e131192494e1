//! Everything that the marketplace knows about one booking, as a file for the customer's own records. No access data: they
//! are in no record of the marketplace.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::values::{Amount, Day, Moment};

/// Name and edition of the format; a member may be added to it, none changes its meaning.
pub const FORMAT: &str = "wolkenamt-buchung/1";

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingExport {
    /// `wolkenamt-buchung/1`.
    pub format: String,
    pub exported_at: Moment,
    pub booking: ExportedBooking,
    /// What was agreed when; the first is what was ordered.
    pub agreements: Vec<ExportedAgreement>,
    pub orders: Vec<ExportedOrder>,
    /// What was seen, decided and done, the oldest first.
    pub events: Vec<ExportedEvent>,
    /// What people did for it.
    pub tasks: Vec<ExportedTask>,
    /// Start, end and what else the provider's people stated, with the customer's answer.
    pub statements: Vec<ExportedStatement>,
    /// What was held: intervals in whole seconds.
    pub usage: Vec<ExportedUsage>,
    /// What counters showed.
    pub readings: Vec<ExportedReading>,
    /// What was invoiced, with the steps of the calculation.
    pub charges: Vec<ExportedCharge>,
    /// Invoices that name the booking; each is a file of its own.
    pub invoices: Vec<ExportedInvoice>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportedBooking {
    pub id: Uuid,
    pub number: String,
    pub name: String,
    pub kind: String,
    pub offering: String,
    pub version: i32,
    pub plan: String,
    pub provider: String,
    pub customer: String,
    pub location: Option<String>,
    pub cost_centre: String,
    pub ledger_account: String,
    #[schema(value_type = Object)]
    pub parameters: Value,
    #[schema(value_type = Object)]
    pub answers: Value,
    /// Names under which it could be reached.
    pub hosts: Vec<String>,
    pub created_at: Moment,
    pub wished_from: Moment,
    pub ready_at: Option<Moment>,
    pub ends_at: Option<Moment>,
    pub deletes_at: Option<Moment>,
    pub gone_at: Option<Moment>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportedAgreement {
    pub agreed_at: Moment,
    pub counts_from: String,
    pub offering: String,
    pub plan: String,
    #[schema(value_type = Object)]
    pub parameters: Value,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportedOrder {
    pub number: String,
    /// `create`, `change`, `stop`, `start`, `terminate` or `resume`.
    pub kind: String,
    pub requested_at: Moment,
    pub requested_by: Option<String>,
    pub wished_on: Day,
    pub justification: String,
    pub monthly_net: Amount,
    pub committed: Amount,
    /// None while nobody has decided.
    pub decision: Option<String>,
    pub decided_at: Option<Moment>,
    pub decided_by: Option<String>,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportedEvent {
    pub happened_at: Moment,
    pub name: String,
    #[schema(value_type = Object)]
    pub detail: Value,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportedTask {
    pub title: String,
    /// `provider` or `customer`.
    pub side: String,
    pub state: String,
    pub due_at: Option<Moment>,
    pub closed_at: Option<Moment>,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportedStatement {
    pub what: String,
    pub effective_at: Moment,
    pub note: String,
    pub stated_at: Moment,
    pub answer: Option<String>,
    pub reason: Option<String>,
    pub answered_at: Option<Moment>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportedUsage {
    pub meter: String,
    pub unit: String,
    pub from: Moment,
    pub until: Moment,
    pub quantity: i64,
    pub sha256: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportedReading {
    pub meter: String,
    pub unit: String,
    pub read_at: Moment,
    pub value: i64,
    pub epoch: i64,
    pub sha256: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportedCharge {
    pub invoice: String,
    pub from: Moment,
    pub until: Moment,
    pub quantity: Amount,
    pub unit_price: Amount,
    pub net: Amount,
    #[schema(value_type = Object)]
    pub calculation: Value,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportedInvoice {
    pub id: Uuid,
    pub number: String,
}
