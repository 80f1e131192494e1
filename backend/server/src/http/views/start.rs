//! The first page after sign-in, and the sign-in page itself.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::bookings::BookingRow;
use super::budgets::BudgetLineView;
use super::orders::OrderRow;
use super::text::Text;
use super::values::{Amount, Day};

/// Sign-in. Inputs: `email`, `password`, hidden `next`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignInView {
    /// Local path to return to.
    pub next: String,
    /// Demonstration sign-ins, shown only where the product runs as a demonstration.
    pub demo_accounts: Vec<DemoAccount>,
    /// Seconds until the next attempt counts, after too many wrong ones.
    pub retry_after_seconds: Option<u64>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DemoAccount {
    pub email: String,
    pub password: String,
    pub name: String,
    pub organisation: String,
    pub roles: Vec<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StartView {
    /// Nothing ordered, nothing booked, nothing to approve yet.
    pub first_day: bool,
    pub tasks: Vec<Task>,
    /// Orders of this person that others have to act on.
    pub waiting: Vec<OrderRow>,
    pub bookings: Vec<BookingRow>,
    pub bookings_total: u64,
    pub budgets: Vec<BudgetLineView>,
    /// Who in the own organisation grants roles and answers questions.
    pub helper: Option<String>,
}

/// Something this person can do now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Task {
    pub kind: TaskKind,
    /// Id of the order, draft, booking, invoice or location the task is about.
    pub id: Uuid,
    /// Name and number of what it is about.
    pub title: String,
    pub number: Option<String>,
    /// Further words, `task-note-<code>`; none where the title says enough.
    pub note: Option<Text>,
    pub amount: Option<Amount>,
    pub due: Option<Day>,
    pub late: bool,
    /// The booking of a task of people.
    pub booking: Option<Uuid>,
    /// What is to be done about the booking is said to its service broker.
    pub at_broker: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    Approve,
    FinishDraft,
    RevealAccess,
    CheckInvoice,
    /// `title` is the first day of the month.
    CloseMonth,
    EnrolLocation,
    /// Its operator is silent.
    LookAtLocation,
    /// A booking is disturbed.
    LookAtBooking,
    /// A booking can be used, but is not as ordered.
    LookAtTainted,
    /// Nobody knows how a booking is, because its location is silent.
    LookAtUnknown,
    /// The deletion of an ended booking does not go on.
    LookAtDeletion,
    /// A location and the marketplace do not agree about a booking.
    LookAtDifference,
    /// Somebody waits for this task of a booking; `booking` says which.
    DoTask,
}
