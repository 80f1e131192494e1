//! The trouble of one booking with its service broker, for the people of its provider: what the location says, what they can
//! say, and what came of what was said.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::bookings::BookingPhase;
use super::text::Text;
use super::values::Moment;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BrokerView {
    pub booking: Uuid,
    pub number: String,
    pub name: String,
    pub customer: String,
    pub location: Uuid,
    pub location_name: String,
    pub phase: BookingPhase,
    /// `reason-<code>`: what the location says, or that it is silent.
    pub says: Option<Text>,
    /// Since when it says so.
    pub since: Option<Moment>,
    /// What can be said now: `retry`, `delete`; empty while something said is under way.
    pub words: Vec<String>,
    /// What was said and is not answered yet.
    pub waiting: Option<WordView>,
    /// What was said before, the latest first.
    pub history: Vec<WordView>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WordView {
    pub id: Uuid,
    /// `retry` or `delete`.
    pub word: String,
    pub reason: String,
    pub said_by: String,
    pub said_at: Moment,
    /// `waiting`, `heard` or `failed`.
    pub state: String,
    /// When it was heard, or was over.
    pub answered_at: Option<Moment>,
    /// `word-code-<code>`: why it was not heard.
    pub code: Option<String>,
}
