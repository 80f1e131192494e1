//! Whether a booking could be used, beside what was promised, and announced maintenance.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::text::Text;
use super::values::{Amount, Moment};

/// One month of a booking.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AvailabilityView {
    pub booking: Uuid,
    pub number: String,
    pub name: String,
    /// `2026-10`.
    pub month: String,
    /// The month is over.
    pub over: bool,
    pub promised: Option<PromiseView>,
    /// Per cent of the time that is known and counts, never rounded up; nothing without such time.
    pub percent: Option<Amount>,
    /// The same if everything unknown had been an interruption.
    pub at_least: Option<Amount>,
    /// `kept`, `missed` or `open`; nothing without a promise or without time that counts.
    pub outcome: Option<String>,
    /// Together the whole month, in seconds.
    pub seconds: SecondsView,
    /// What was not available, in order of time: interruptions, maintenance, time of which nothing was heard.
    pub interruptions: Vec<StretchView>,
    /// Maintenance that touches the month.
    pub maintenance: Vec<MaintenanceView>,
    /// Months that can be looked at, the youngest first.
    pub months: Vec<String>,
}

/// What an offering promises.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PromiseView {
    /// Per cent of a month.
    pub percent: Amount,
    /// How long before its begin maintenance has to be announced.
    pub lead_hours: i64,
}

/// Seconds of a month by what they were.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct SecondsView {
    pub available: i64,
    pub interrupted: i64,
    pub maintenance: i64,
    pub unknown: i64,
    /// Before the first readiness, stopped or ended as ordered, or in the future.
    pub not_counted: i64,
}

/// A stretch in which a booking was not available.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StretchView {
    /// `interrupted`, `maintenance` or `unknown`.
    pub kind: String,
    pub from: Moment,
    pub until: Moment,
    pub seconds: i64,
    /// It goes on.
    pub open: bool,
    /// What the location said, `reason-<code>`.
    pub reason: Option<Text>,
}

/// Announced maintenance as it stands now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MaintenanceView {
    pub id: Uuid,
    pub from: Moment,
    pub until: Moment,
    pub reason: String,
    pub announced_at: Moment,
    /// Announced early enough to count as agreed; nothing where no booking is looked at.
    pub agreed: Option<bool>,
    /// `announced`, `shortened` or `withdrawn`.
    pub state: String,
    /// It has begun, or is over.
    pub begun: bool,
    pub over: bool,
    /// Everything that was said about it, the first word first.
    pub history: Vec<NoticeView>,
}

/// One word about maintenance; never edited.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NoticeView {
    /// `announced`, `shortened` or `withdrawn`.
    pub what: String,
    pub from: Moment,
    pub until: Moment,
    pub reason: String,
    pub said_at: Moment,
}

/// Maintenance of a location, for its provider.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MaintenanceListView {
    pub location: Uuid,
    pub name: String,
    pub may_manage: bool,
    /// How many bookings are there, of how many customers.
    pub bookings: u64,
    pub customers: u64,
    /// The longest lead that a booking there was promised, in hours.
    pub lead_hours: i64,
    /// From when a new window would count as agreed for every booking there.
    pub earliest_agreed: Moment,
    /// The next to begin first; windows of the last ninety days are at the end.
    pub windows: Vec<MaintenanceView>,
}
