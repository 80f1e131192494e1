//! What locations and the marketplace do not agree about since one of them was restored.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::values::Moment;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DifferenceListView {
    /// Open ones first.
    pub rows: Vec<DifferenceView>,
    pub may_settle: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DifferenceView {
    pub id: Uuid,
    /// `unlisted`, `newer` or `lost`.
    pub kind: String,
    pub booking: Uuid,
    /// The marketplace has the booking.
    pub known: bool,
    pub number: Option<String>,
    /// Name of the booking; title of the offering where the marketplace lost it.
    pub name: Option<String>,
    /// Kind of the thing, for example `postgresql`; none where nothing is left of it.
    pub bookable: Option<String>,
    pub customer: Option<String>,
    pub provider: String,
    pub location: String,
    /// Since when it is there.
    pub since: Option<Moment>,
    /// When nothing of it was left.
    pub gone: Option<Moment>,
    /// When it was reported first.
    pub first_at: Moment,
    pub settled_at: Option<Moment>,
    /// `difference-next-<code>`: who acts next.
    pub next: String,
    /// What this person may decide: `take-down`, `marketplace-counts`, `provision-anew`.
    pub answers: Vec<String>,
    /// What was decided.
    pub answer: Option<String>,
    pub reason: Option<String>,
    pub answered_by: Option<String>,
    pub answered_at: Option<Moment>,
    /// This person may agree.
    pub may_confirm: bool,
    /// Order forms that take the booking over.
    pub takes_over: Vec<TakeOver>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TakeOver {
    pub offering: Uuid,
    /// Title of the offering.
    pub title: String,
    /// What stands in its order form already.
    pub inputs: Vec<FormInput>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FormInput {
    pub name: String,
    pub value: String,
}
