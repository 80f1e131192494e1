//! Invoices: the list, and one invoice whose lines explain themselves.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::values::{Amount, Day, Moment};

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvoiceListView {
    pub rows: Vec<InvoiceRow>,
    pub total: u64,
    pub next: Option<String>,
    /// True where the own organisation is the seller.
    pub as_seller: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvoiceRow {
    pub id: Uuid,
    pub number: String,
    pub kind: InvoiceKind,
    pub seller: String,
    pub buyer: String,
    pub from: Day,
    /// Last day of the service period.
    pub to: Day,
    pub issued_on: Day,
    pub due_on: Day,
    /// Below zero for a credit.
    pub payable: Amount,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InvoiceKind {
    Invoice,
    /// Final invoice of a terminated booking, before the month ends.
    Final,
    /// More is owed for a month that was invoiced before.
    Correction,
    /// Less is owed; amounts are positive and are given back.
    Credit,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvoiceView {
    pub id: Uuid,
    pub number: String,
    pub kind: InvoiceKind,
    /// The invoice that a correction belongs to.
    pub corrects: Option<InvoiceLink>,
    pub seller: InvoiceParty,
    pub buyer: InvoiceParty,
    pub leitweg_id: String,
    pub issued_on: Day,
    pub due_on: Day,
    pub from: Day,
    pub to: Day,
    pub lines: Vec<InvoiceLine>,
    pub net: Amount,
    pub vat: Vec<InvoiceVat>,
    pub payable: Amount,
    pub iban: Option<String>,
    pub accounts: Vec<AccountShare>,
    pub evidence: InvoiceEvidence,
    pub downloads: Vec<Download>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvoiceLink {
    pub id: Uuid,
    pub number: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvoiceParty {
    pub name: String,
    pub unit: Option<String>,
    pub street: String,
    pub postcode: String,
    pub city: String,
    pub vat_id: Option<String>,
}

/// `quantity` × `unit_price` = `amount`, within half a cent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvoiceLine {
    pub position: u32,
    pub title: String,
    pub booking: Option<InvoiceBooking>,
    /// The calculation in words, as it was stored when the line was rated.
    pub explanation: String,
    pub quantity: Amount,
    pub unit: String,
    pub unit_price: Amount,
    pub amount: Amount,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvoiceBooking {
    pub id: Uuid,
    pub number: String,
    pub name: String,
}

/// One VAT class of BT-118; `rate` is a percentage, `reason` stands where no VAT is charged.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvoiceVat {
    pub category: String,
    pub rate: Amount,
    pub base: Amount,
    pub amount: Amount,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountShare {
    pub budget_line: String,
    pub cost_centre: String,
    pub ledger_account: String,
    pub order: Option<String>,
    pub amount: Amount,
}

/// What makes the invoice recomputable.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvoiceEvidence {
    pub created_at: Moment,
    pub usage_records: u64,
    pub prices: u64,
    pub input_sha256: String,
    pub xrechnung_sha256: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Download {
    /// `xrechnung`, `csv`, `evidence-csv`; named in the locales under `download-<format>`.
    pub format: String,
    pub url: String,
    pub bytes: Option<u64>,
}
