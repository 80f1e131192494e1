//! Mails that the demonstration keeps instead of sending.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::values::Moment;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MailsView {
    pub mails: Vec<MailRow>,
    pub total: u64,
    pub next: Option<String>,
    pub open: Option<MailView>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MailRow {
    pub id: Uuid,
    pub at: Moment,
    pub to: String,
    pub subject: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MailView {
    pub id: Uuid,
    pub at: Moment,
    pub from: String,
    pub to: String,
    pub subject: String,
    pub text: String,
}
