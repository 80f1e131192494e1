//! Going back to an earlier state of a booking's data.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::values::Moment;

/// Form to order it. Inputs: `at_day`, `at_month`, `at_year`, `at_time`, `justification`, `confirm`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RestoreView {
    pub booking: Uuid,
    pub number: String,
    pub name: String,
    /// The earliest moment that the archive holds.
    pub since: Moment,
    /// The latest one.
    pub until: Moment,
    /// For how many days what is replaced is kept.
    pub kept_days: u32,
    pub approvers: Vec<String>,
}

/// What a restore has replaced, as long as it is kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Replaced {
    /// The moment whose state serves now.
    pub state_of: Moment,
    pub until: Moment,
    /// This person may say that it goes now.
    pub may_drop: bool,
}
