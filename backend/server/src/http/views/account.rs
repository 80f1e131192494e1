//! The own account: personal access tokens and open sessions.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::values::Moment;

/// Tokens and sessions. Inputs of the form: `name`, `days`, `scopes`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TokensView {
    pub tokens: Vec<TokenRow>,
    pub sessions: Vec<SessionRow>,
    /// Only in the one answer after it was made.
    pub made: Option<MadeToken>,
    pub days: Vec<u32>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TokenRow {
    pub id: Uuid,
    pub name: String,
    /// First characters, to recognise it.
    pub starts_with: String,
    pub created_at: Moment,
    pub expires_at: Moment,
    pub last_used_at: Option<Moment>,
    pub expired: bool,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct MadeToken {
    pub name: String,
    pub token: String,
    pub expires_at: Moment,
}

impl std::fmt::Debug for MadeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeToken").field("name", &self.name).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionRow {
    pub id: Uuid,
    pub created_at: Moment,
    pub last_seen_at: Moment,
    /// Browser and system in words, derived from the user agent.
    pub device: String,
    pub current: bool,
}
