//! The own account: personal access tokens and open sessions.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::values::Moment;

/// Tokens and sessions. Inputs of the form: `name`, `days`, `roles` (several), `reads_only`, `password`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TokensView {
    pub tokens: Vec<TokenRow>,
    pub sessions: Vec<SessionRow>,
    /// Only in the one answer after it was made.
    pub made: Option<MadeToken>,
    pub days: Vec<u32>,
    /// Codes of the roles that a token can get: those that the person holds.
    pub roles: Vec<String>,
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
    /// Codes of the roles that it may use, as far as the person still holds them.
    pub roles: Vec<String>,
    pub reads_only: bool,
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
