//! The month run of a provider: what has arrived, what is missing, what would be invoiced, and the step that issues it.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::invoices::{InvoiceKind, InvoiceLink};
use super::text::Text;
use super::values::{Amount, Day, Moment};

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MonthsView {
    pub months: Vec<MonthRow>,
    pub month: Option<MonthDetail>,
    pub may_issue: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MonthRow {
    /// First day of the month.
    pub month: Day,
    /// Whether usage has gaps is known only of the month that is shown in full.
    pub state: MonthState,
    /// Net of what was issued; nothing before.
    pub net: Amount,
    pub invoices: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MonthState {
    /// Still running or data missing.
    Open,
    /// Every watermark has passed its end.
    Complete,
    Rated,
    Issued,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MonthDetail {
    pub month: Day,
    pub state: MonthState,
    pub watermarks: Vec<WatermarkRow>,
    pub gaps: Vec<GapRow>,
    /// Issued documents, and those that closing the month would issue.
    pub preview: Vec<PreviewRow>,
    /// Documents that the month needs because something came in after its invoices.
    pub corrections: Vec<CorrectionRow>,
    pub net: Amount,
    pub payable: Amount,
    pub as_of: Moment,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WatermarkRow {
    pub location: Uuid,
    pub name: String,
    pub watermark: Option<Moment>,
    pub passed: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GapRow {
    pub booking: Uuid,
    pub number: String,
    pub name: String,
    pub meter: String,
    pub from: Moment,
    pub until: Moment,
    /// `gap-<code>` says what it is, `gap-next-<code>` who acts next.
    pub reason: Text,
    /// Whether the provider can give the stretch up with a reason.
    pub may_waive: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PreviewRow {
    pub buyer: String,
    pub leitweg_id: String,
    pub kind: InvoiceKind,
    pub bookings: u64,
    pub lines: u64,
    pub net: Amount,
    pub payable: Amount,
    /// Set once the invoice is issued.
    pub invoice: Option<Uuid>,
    pub number: Option<String>,
}

/// A document that waits; amounts below zero are given back.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CorrectionRow {
    pub buyer: String,
    pub kind: InvoiceKind,
    /// None if the month had no invoice that could be corrected.
    pub corrects: Option<InvoiceLink>,
    pub net: Amount,
    pub payable: Amount,
}
