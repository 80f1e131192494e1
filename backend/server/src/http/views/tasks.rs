//! Tasks of people: the list, the rows on the page of a booking, and the page of one task.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::text::Text;
use super::values::{Amount, Day, Moment};

/// How a task stands, for whoever reads it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TaskState {
    /// It waits for another task.
    Waiting,
    Open,
    Overdue,
    Done,
    NotNeeded,
    /// The provider does not take the booking on.
    Declined,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskListView {
    /// `open`, `overdue` or `closed`.
    pub tab: String,
    pub rows: Vec<TaskRow>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskRow {
    pub id: Uuid,
    pub booking: Uuid,
    /// Number of the booking.
    pub number: String,
    /// Name of the booking.
    pub name: String,
    /// Short name of the other side.
    pub partner: String,
    /// `task-step-<code>`.
    pub title: Text,
    pub due: Option<Day>,
    pub state: TaskState,
    /// Who of the own organisation looks after it.
    pub owner: Option<String>,
}

/// One task of a booking.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskView {
    pub id: Uuid,
    /// Key, for example `accept`, `start` or one of the offering's own.
    pub step: String,
    /// `task-step-<code>`.
    pub title: Text,
    pub hint: String,
    /// `provider` or `customer`.
    pub side: String,
    /// Who looks after it: a person of the own organisation, else the name of the other one.
    pub owner: String,
    pub due: Option<Day>,
    pub state: TaskState,
    /// `task-reason-<code>`: why it is not needed, or why it has to be done once more.
    pub reason: Option<Text>,
    pub closed_at: Option<Moment>,
    pub closed_by: Option<String>,
    /// This person's side does it, and it can be done now.
    pub mine: bool,
    /// What was stated last, on tasks that state or confirm.
    pub statement: Option<StatementView>,
    /// Key of the display that waits for access data: X25519, 32 bytes, standard base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StatementView {
    /// `start` or `end`.
    pub what: String,
    pub effective_at: Moment,
    pub note: String,
    pub stated_at: Moment,
    /// `confirmed` or `objected`; none while nobody answered.
    pub answer: Option<String>,
    pub reason: Option<String>,
    pub answered_at: Option<Moment>,
}

/// Reported consumption, line by line. Inputs: `file` or `table`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CountsView {
    pub booking: Uuid,
    pub number: String,
    pub name: String,
    /// Short name of the customer.
    pub partner: String,
    /// What the plan counts.
    pub meters: Vec<CountMeter>,
    /// The start was confirmed.
    pub started: bool,
    pub rows: Vec<CountRow>,
    pub accepted: u32,
    pub duplicates: u32,
    pub conflicts: u32,
    pub rejected: u32,
    /// The table that was read, to take it as it was shown; only on the page.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub table: String,
    /// False for a preview: nothing was stored.
    pub taken: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CountMeter {
    pub code: String,
    pub title: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CountRow {
    /// Line of the table, or place in the list.
    pub number: u64,
    pub day: Option<Day>,
    pub meter: Option<String>,
    pub count: Option<i64>,
    pub reference: Option<String>,
    /// `accepted`, `duplicate`, `conflict` or `rejected`.
    pub answer: String,
    /// `count-reason-<code>`.
    pub reason: Option<Text>,
}

/// The page of one task. Inputs by `form`: `plain` has `outcome` and `reason`, `state` has `day_day`, `day_month`,
/// `day_year` and `note`, `answer` has `answer` and `reason`, `access` has `access_url`, `access_user`, `password` and
/// `access_note`; `none` has none.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskPageView {
    pub booking: Uuid,
    pub number: String,
    pub name: String,
    pub offering: String,
    /// Short name of the other side.
    pub partner: String,
    pub task: TaskView,
    pub form: TaskForm,
    /// It may be left out with a reason.
    pub may_skip: bool,
    /// The provider may decline instead of accepting.
    pub may_decline: bool,
    /// Everything that was stated before, the oldest first.
    pub statements: Vec<StatementView>,
    /// Net a month, once the start is confirmed.
    pub monthly_net: Amount,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TaskForm {
    None,
    Plain,
    State,
    Answer,
    Access,
}
