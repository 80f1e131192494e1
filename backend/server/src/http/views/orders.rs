//! Orders: the form, the answers to check, the list, and one order with everybody who decides about it.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::change::ChangeOf;
use super::estimate::Estimate;
use super::offerings::ProviderRef;
use super::placement::{PlaceForm, PlacementView};
use super::schema_form::{Choice, FormField};
use super::text::Check;
use super::timeline::Step;
use super::transfer::LeftView;
use super::values::{Amount, Day, Moment};

/// The order form. Input names: `plan`, `name`, the `parameters.…` of `fields`, `cost_centre`, `ledger_account`,
/// `budget_line`, `legal_basis`, `start_day`, `start_month`, `start_year`, `end_day`, `end_month`, `end_year` (empty for no
/// fixed end), `justification`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderFormView {
    /// Set when an existing draft is changed.
    pub draft: Option<Uuid>,
    pub number: Option<String>,
    pub offering: OfferingRef,
    pub plans: Vec<PlanChoice>,
    pub fields: Vec<FormField>,
    pub budget_lines: Vec<BudgetLineChoice>,
    pub legal_bases: Vec<LegalBasisChoice>,
    /// Kostenstellen to choose from; empty where the organisation keeps no list and types them.
    pub cost_centres: Vec<Choice>,
    /// Sachkonten to choose from; empty where the organisation keeps no list and types them.
    pub accounts: Vec<Choice>,
    pub earliest_start: Day,
    pub estimate: Option<Estimate>,
    /// Names of those who may approve; never the person who orders.
    pub approvers: Vec<String>,
    /// Whom to ask for a missing budget line or legal basis.
    pub helper: Option<String>,
    /// Where it can run; nothing while the plan cannot be read.
    pub place: Option<PlaceForm>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OfferingRef {
    pub id: Uuid,
    pub version: u32,
    pub title: String,
    pub kind: String,
    pub provider: ProviderRef,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanChoice {
    pub id: Uuid,
    pub title: String,
    pub summary: String,
}

/// What a budget line still has, as the orderer sees it before choosing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BudgetLineChoice {
    pub id: Uuid,
    /// For example "55.1.10".
    pub code: String,
    pub title: String,
    pub year: i16,
    pub budget: Amount,
    pub available: Amount,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LegalBasisChoice {
    pub id: Uuid,
    /// For example "Inhouse-Vergabe, § 108 Abs. 4 GWB".
    pub title: String,
    pub evidence: String,
    pub valid_until: Option<Day>,
}

/// What is ordered, for whose money and why. The same in draft, check, order and approval.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderContent {
    pub action: OrderAction,
    /// Name of the booking, for example "Grünflächenportal, Datenbank".
    pub name: String,
    pub offering: OfferingRef,
    pub plan: Option<PlanChoice>,
    pub parameters: Vec<Answer>,
    pub cost_centre: String,
    pub ledger_account: String,
    pub budget_line: BudgetLineChoice,
    pub legal_basis: LegalBasisChoice,
    /// Start of a new booking, or the end for `terminate`.
    pub wished_day: Day,
    /// At whose beginning the booking ends; of one with a fixed term, and of one whose end is put off.
    pub end_day: Option<Day>,
    /// The fixed end before, of an order that puts it off or takes it back.
    pub former_end: Option<Day>,
    pub justification: String,
    /// How many days the data are kept after the end, 0 for not at all; of `restore` those that it replaces.
    pub keep_days: Option<i32>,
    /// The moment whose state comes back; only of `restore`.
    pub restore_at: Option<Moment>,
    /// What is different; only of `change`.
    pub change: Option<ChangeOf>,
    /// Where the booking belonged before; only of `transfer`.
    pub left: Option<LeftView>,
}

/// One answer of the generated part of the form, ready to be read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Answer {
    pub name: String,
    pub label: String,
    /// Each line of a list, else one entry; empty when nothing was said.
    pub values: Vec<String>,
    pub unit: Option<String>,
    /// True for a ticked box, false for an unticked one, none for everything else.
    pub ticked: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OrderAction {
    Create,
    Change,
    Stop,
    Start,
    Terminate,
    Resume,
    Transfer,
    Restore,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OrderState {
    Draft,
    /// Sent, waits for a decision.
    Requested,
    Approved,
    Rejected,
    Withdrawn,
    Expired,
    /// Approved, and then declined by the provider.
    Declined,
    Fulfilled,
    Failed,
}

/// Check your answers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderCheckView {
    pub draft: Uuid,
    pub number: Option<String>,
    pub etag: String,
    pub content: OrderContent,
    pub estimate: Estimate,
    /// Where it will run, and why nowhere else.
    pub placement: Option<PlacementView>,
    pub checks: Vec<Check>,
    /// What is reserved in the budget line when this is sent.
    pub reserves: Amount,
    pub approvers: Vec<String>,
    pub decide_by: Option<Day>,
    pub usual_minutes: Option<u32>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderListView {
    /// `mine`, `organisation`, or `drafts`.
    pub tab: String,
    pub rows: Vec<OrderRow>,
    pub total: u64,
    pub next: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderRow {
    pub id: Uuid,
    /// For example "B-2026-0412"; drafts have none yet.
    pub number: Option<String>,
    pub action: OrderAction,
    pub name: String,
    pub offering: String,
    pub provider: String,
    pub requested_by: String,
    /// The colleague who asked for it; only of a draft.
    pub asked_by: Option<String>,
    /// When it was sent; for a draft when it was last saved.
    pub at: Moment,
    pub state: OrderState,
    /// Who has to act, by name; empty when nobody.
    pub waits_for: Vec<String>,
    pub due: Option<Day>,
    pub monthly_net: Amount,
    pub total_gross: Amount,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderView {
    pub id: Uuid,
    pub number: String,
    pub etag: String,
    pub state: OrderState,
    pub requested_by: String,
    pub requested_at: Moment,
    pub content: OrderContent,
    pub estimate: Estimate,
    pub decision: DecisionView,
    pub commitment: Option<CommitmentView>,
    /// Why it runs where it runs, as judged when it was sent; only of an order that makes something new.
    pub placement: Option<PlacementView>,
    pub timeline: Vec<Step>,
    pub booking: Option<Uuid>,
    pub may_withdraw: bool,
    pub may_decide: bool,
}

/// Who decides, or who has decided.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DecisionView {
    pub approvers: Vec<String>,
    pub due: Option<Day>,
    pub decided_by: Option<String>,
    /// Set when the deciding person acted as a deputy.
    pub deputy_for: Option<String>,
    pub decided_at: Option<Moment>,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommitmentView {
    pub amount: Amount,
    pub state: CommitmentState,
    pub budget_line: String,
    pub year: i16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CommitmentState {
    Reserved,
    Confirmed,
    /// The order came to nothing; all of it is free again.
    Released,
    /// The booking is over: what was invoiced is spent, the rest is free again.
    Settled,
}
