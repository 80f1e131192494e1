//! The month run of a provider: what has arrived, what is missing, what would be invoiced, and the step that issues it.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

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
    pub state: MonthState,
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
    pub preview: Vec<PreviewRow>,
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
    /// `gap-<code>`.
    pub reason: Text,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PreviewRow {
    pub buyer: String,
    pub leitweg_id: String,
    pub bookings: u64,
    pub lines: u64,
    pub net: Amount,
    pub payable: Amount,
    /// Set once the invoice is issued.
    pub invoice: Option<Uuid>,
    pub number: Option<String>,
}
