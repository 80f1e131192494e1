//! The audit log of one organisation: who did what when, and whether the chain holds.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::text::Text;
use super::values::Moment;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditView {
    pub entries: Vec<AuditEntry>,
    pub total: u64,
    pub next: Option<String>,
    pub chain: ChainState,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    pub number: i64,
    pub at: Moment,
    /// Person, operator or program, as it was hashed.
    pub actor: String,
    /// Who that is, where the reader may know.
    pub actor_name: Option<String>,
    /// `audit-<code>` in the locales; unknown codes show as they are.
    pub action: Text,
    /// What it was about, for example "B-2026-0412".
    pub subject: Option<String>,
    /// What people call it, where the reader may know.
    pub subject_name: Option<String>,
    pub link: Option<String>,
    pub hash: String,
    pub request_id: Option<Uuid>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChainState {
    pub intact: bool,
    /// When this was looked at.
    pub checked_at: Moment,
    /// Entries that fit, from the first one on.
    pub checked: i64,
    /// Since when the older ones were walked; every day they are walked anew.
    pub begun_at: Option<Moment>,
    pub length: i64,
    pub head: String,
    /// First entry that does not fit.
    pub broken_entry: Option<i64>,
}
