//! Bookings: the list, one booking with its progress, access, sizes, costs and evidence, and how it ends.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::availability::{AvailabilityView, MaintenanceView};
use super::offerings::ProviderRef;
use super::orders::{Answer, OrderAction, OrderState};
use super::text::Text;
use super::timeline::Step;
use super::values::{Amount, Day, Moment};

/// Computed from wanted and seen, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BookingPhase {
    Waiting,
    Provisioning,
    Active,
    /// Runs, and something else was agreed that is carried out.
    Changing,
    /// Could be used before and starts again.
    Starting,
    Stopping,
    Stopped,
    /// Runs, but not as it was ordered last.
    Tainted,
    Degraded,
    Unknown,
    Terminating,
    /// Ended and out of reach; its data are kept for a while.
    Retained,
    Gone,
    /// Gone, and everything that it cost was invoiced.
    Settled,
    /// Declined, or ended before anybody took it on: no location ever learned of it.
    NotBegun,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingListView {
    /// `running` or `ended`.
    pub tab: String,
    pub rows: Vec<BookingRow>,
    pub total: u64,
    pub next: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingRow {
    pub id: Uuid,
    /// For example "BU-2026-0088".
    pub number: String,
    pub name: String,
    pub offering: String,
    pub provider: String,
    pub phase: BookingPhase,
    /// `phase-note-<code>`, for example since when the operator is silent.
    pub note: Option<Text>,
    pub cost_centre: String,
    /// Net, this month until now.
    pub month_to_date: Amount,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingView {
    pub id: Uuid,
    pub number: String,
    pub etag: String,
    pub name: String,
    pub offering: BookedOffering,
    /// None where people of the provider fulfil it.
    pub location: Option<String>,
    /// People of the provider fulfil it; start and end are stated and confirmed.
    pub by_people: bool,
    /// Short name of the other side: the provider for the customer, the customer for the provider.
    pub partner: String,
    /// True where the location's workloads are simulated and nothing really runs.
    pub simulated: bool,
    pub phase: BookingPhase,
    pub ready_at: Option<Moment>,
    /// What the customer books it to; the provider is not told.
    pub cost_centre: Option<String>,
    pub progress: Progress,
    /// What people have to do; empty where an operator fulfils it.
    pub tasks: Vec<super::tasks::TaskView>,
    pub endpoints: Vec<Endpoint>,
    pub access: Access,
    /// What was answered to the questions that the offering asks beyond its kind; customer and provider read the same.
    pub answers: Vec<Answer>,
    /// The online service that went live with it, one record per LeiKa key; empty before, and where there is none.
    pub online_services: Vec<OnlineServiceView>,
    /// The provider's people report counts for it.
    pub counted: bool,
    pub sizes: Vec<SizeRow>,
    pub costs: BookingCosts,
    pub usage: UsageEvidence,
    /// This month and the one before, the youngest first; nothing where no operator reports.
    pub availability: Vec<AvailabilityView>,
    /// Announced maintenance that is not over.
    pub maintenance: Vec<MaintenanceView>,
    pub orders: Vec<BookingOrder>,
    /// Stopping and starting; none where that is not possible.
    pub power: Option<PowerChoice>,
    pub may: BookingActions,
    /// Where it belonged over time, and where it will; only for the customer, and only once it was transferred.
    pub assigned: Vec<super::transfer::AssignedView>,
    pub end: Option<BookingEnd>,
    /// What stands against the loss of its data; none where the plan promises no backups.
    pub backups: Option<Backups>,
    /// What the operator wrote again because somebody had changed or deleted it by hand, the latest first; only for the provider.
    pub repairs: Vec<RepairView>,
    /// A service broker makes it, and this person may say something about its troubles: see `/bookings/{id}/broker`.
    pub at_broker: bool,
    /// What the provider had done about a trouble with the service broker that is not over.
    pub acted: Option<ActedView>,
    /// How the data of the booking itself come out; empty for the provider, whose they are not.
    pub exports: Vec<Text>,
    pub people: BookingPeople,
}

/// What the provider had done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ActedView {
    /// `retry`: the broker was asked once more; `delete`: what it may have made was ended.
    pub word: String,
    /// Since when the location knows it.
    pub heard_at: Moment,
}

/// One repair.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RepairView {
    /// When it was written again, by the cluster.
    pub at: Moment,
    /// Kind and name of the object.
    pub object: String,
    /// `changed` or `deleted`.
    pub what: String,
}

/// Backups as the operator of the location sees them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Backups {
    /// For how many days the plan promises them.
    pub days: i64,
    /// The earliest state that the data can go back to; none before the first backup.
    pub since: Option<Moment>,
    /// When the last full backup was complete.
    pub last: Option<Moment>,
    /// Whether every write since then is archived, too.
    pub archiving: bool,
    /// This person may order that the data go back.
    pub may_restore: bool,
    /// What the last restore has replaced, as long as it is kept.
    pub replaced: Option<super::restore::Replaced>,
}

/// What a Land's service finder needs to know.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OnlineServiceView {
    pub title: String,
    /// Address for citizens.
    pub url: String,
    /// Leistungsschlüssel; none while it has to be completed.
    pub leika: Option<String>,
    /// Amtlicher Regionalschlüssel.
    pub ars: String,
    pub valid_from: Day,
    /// Number of the booking.
    pub booking: String,
}

impl From<&domain::export::online_service::OnlineService> for OnlineServiceView {
    fn from(of: &domain::export::online_service::OnlineService) -> Self {
        Self {
            title: of.title.clone(),
            url: of.url.clone(),
            leika: of.leika.clone(),
            ars: of.ars.clone(),
            valid_from: of.valid_from.into(),
            booking: of.booking.clone(),
        }
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookedOffering {
    pub id: Uuid,
    pub version: u32,
    pub title: String,
    pub plan: String,
    pub kind: String,
    pub provider: ProviderRef,
}

/// What `/bookings/{id}/progress` shows again and again while `live`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Progress {
    pub booking: Uuid,
    /// Which change this is about.
    pub action: OrderAction,
    pub steps: Vec<Step>,
    pub done: u32,
    /// When the marketplace last heard from the location.
    pub as_of: Moment,
    /// True while something is still going to change by itself.
    pub live: bool,
}

/// How the booking is reached. An address that only the cluster can reach is never listed here.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Endpoint {
    pub name: String,
    pub address: String,
    pub port: Option<u16>,
    /// `https`, `postgresql`, `ssh`.
    pub scheme: String,
    /// Set when a browser can open it.
    pub url: Option<String>,
    /// `provider-network`, `landesnetz`, `internet`.
    pub exposure: String,
    pub allowed_from: Vec<String>,
}

/// Access data. Secrets are never part of a view; a reveal passes them through once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Access {
    /// There is something to reveal and this person may.
    pub may_reveal: bool,
    /// `reveal-not-<code>` when not: `not-ready`, `role`, `none`, `gone`.
    pub why_not: Option<Text>,
    /// What is no secret: host, port, database, user.
    pub known: Vec<Labelled>,
    pub last_revealed_by: Option<String>,
    pub last_revealed_at: Option<Moment>,
    /// Who makes new ones: `engine`, `broker`, `people`, `inside`, `nothing`.
    pub rotation: String,
    /// This person may have them changed.
    pub may_change: bool,
    /// They are being changed since then.
    pub changing_since: Option<Moment>,
    /// Who saw and changed them, the latest first; only for the customer.
    pub history: Vec<AccessEvent>,
}

/// Something that happened to access data.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccessEvent {
    /// `shown`, `change-ordered`, `changed` or `change-failed`.
    pub what: String,
    pub at: Moment,
    /// Who did it; none for what the location did.
    pub by: Option<String>,
}

/// A name from the locales (`access-<code>`) and its value.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Labelled {
    pub code: String,
    pub value: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SizeRow {
    pub title: String,
    pub unit: String,
    /// What is in effect; none before the booking was ready.
    pub seen: Option<String>,
    pub wanted: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingCosts {
    pub monthly_net: Amount,
    pub month_to_date: Amount,
    pub as_of: Moment,
    pub last_month: Option<Amount>,
    pub since_start: Amount,
    /// Explains `month_to_date`: one line per component.
    pub lines: Vec<CostLine>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CostLine {
    pub title: String,
    pub explanation: String,
    pub amount: Amount,
}

/// What was measured, so that the customer can check the invoice.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UsageEvidence {
    pub rows: Vec<UsageRow>,
    /// Everything up to here has arrived.
    pub watermark: Option<Moment>,
    pub gaps: Vec<UsageGap>,
    pub total: u64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UsageRow {
    pub meter: String,
    pub unit: String,
    pub from: Moment,
    /// End of the half-open interval; none while it lasts.
    pub until: Option<Moment>,
    pub quantity: Amount,
    pub state: UsageState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UsageState {
    Recorded,
    /// Arrived after the month was closed.
    /// It came after the month was invoiced.
    Late,
    /// Two intervals claim the same time; neither is billed until the provider has decided.
    Quarantined,
    /// The provider gave the time up; it is never billed.
    Waived,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UsageGap {
    pub meter: String,
    pub from: Moment,
    pub until: Moment,
    /// `gap-<code>` says what it is, `gap-next-<code>` who acts next.
    pub reason: Text,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingOrder {
    pub id: Uuid,
    pub number: String,
    pub action: OrderAction,
    pub state: OrderState,
    pub at: Moment,
}

/// What this person may ask for now. What is false is shown with the reason all the same.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingActions {
    pub terminate: bool,
    /// Another plan or other sizes.
    pub change: bool,
    /// The last change is not in effect and can be taken back without approval.
    pub revert: bool,
    /// The end can be taken back.
    pub resume: bool,
    /// Another Kostenstelle or Haushaltsansatz.
    pub transfer: bool,
    /// `action-not-<code>`: `role`, `order-open`, `ended`.
    pub why_not: Option<Text>,
    pub earliest_end: Option<Day>,
}

/// Stopping and starting a booking while its data stay.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PowerChoice {
    /// `running` or `stopped`, as ordered last.
    pub wanted: String,
    /// Whether it is so.
    pub reached: bool,
    /// This person may order the other.
    pub may_switch: bool,
    /// `power-not-<code>`: `role`, `not-ready`.
    pub why_not: Option<Text>,
    /// Net, running a whole month.
    pub monthly_net: Amount,
    /// Net, stopped a whole month.
    pub stopped_monthly_net: Amount,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingEnd {
    pub effective_at: Moment,
    /// Whether it has come.
    pub over: bool,
    /// Until when the data are kept; none once they are being deleted, or if they go with the end.
    pub data_until: Option<Moment>,
    /// When the location reported that it began to delete; none while it did not.
    pub deleting_at: Option<Moment>,
    pub proof: Option<DeletionProof>,
    pub final_invoice: Option<Uuid>,
    pub final_state: FinalState,
    /// Whether everything that the booking cost was invoiced, by a final invoice or with its months.
    pub settled: bool,
}

/// How far the final invoice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FinalState {
    /// The end is ordered and lies ahead.
    Running,
    /// The location has not reported everything up to the end.
    Measuring,
    /// Everything is there; the provider may issue it, else the run of its last month does.
    Possible,
    /// It never cost anything.
    NothingOwed,
    Issued,
    /// Invoiced with its months, without an invoice of its own.
    Settled,
}

/// What the operator reported about the deletion.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeletionProof {
    pub reported_at: Moment,
    pub location: String,
    /// Objects that are gone, for example "Cluster pg-0088"; empty where the location never listed any.
    pub objects: Vec<String>,
    pub sha256: String,
}

/// What can be handed to a data protection officer: whose data, where, by whose order, and what is gone since when.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeletionRecord {
    pub booking: Uuid,
    pub number: String,
    pub name: String,
    pub offering: String,
    pub customer: String,
    pub provider: String,
    /// Number of the order that ended the booking; only for the customer.
    pub ordered_by: Option<String>,
    pub ended_at: Moment,
    /// Until when the data were kept.
    pub kept_until: Moment,
    pub proof: DeletionProof,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BookingPeople {
    pub requested_by: String,
    pub approved_by: Option<String>,
    pub provider_contact: Option<String>,
}

/// One display of access data.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RevealView {
    pub booking: Uuid,
    pub number: String,
    pub name: String,
    pub state: RevealState,
    pub requested_at: Moment,
    /// Until when the location may answer, or until when the data may stay on the screen.
    pub until: Moment,
    /// People enter the data; the answer takes hours and not seconds.
    pub by_people: bool,
    /// Only in state `shown`, only in this one answer; the API hands over [`SealedRevealView`] instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    /// PEM of the authority that clients verify.
    pub ca_pem: Option<String>,
}

/// One display of access data for a program that holds the private key.
#[derive(Clone, Serialize, ToSchema)]
pub struct SealedRevealView {
    pub id: Uuid,
    pub booking: Uuid,
    pub state: RevealState,
    pub requested_at: Moment,
    /// Until when the location may answer and the answer may be fetched.
    pub until: Moment,
    /// Only in state `shown`, only in this one answer: X25519 sealed box (libsodium `crypto_box_seal`), standard base64, of
    /// `{"fields": [{"name", "label", "value", "secret"}]}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RevealState {
    Waiting,
    Shown,
    AlreadyShown,
    Expired,
    Failed,
}

/// One line of access data, `access-<code>` in the locales; what is not there is called as the location calls it.
#[derive(Clone, Serialize, ToSchema)]
pub struct Secret {
    pub code: String,
    pub label: String,
    pub value: String,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("code", &self.code).finish_non_exhaustive()
    }
}

/// Form to end a booking. Inputs: `end_day`, `end_month`, `end_year`, `justification`, `confirm`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TerminateView {
    pub booking: Uuid,
    pub number: String,
    pub name: String,
    pub offering: String,
    pub earliest_end: Day,
    pub monthly_net: Amount,
    pub data_days: u32,
    pub approvers: Vec<String>,
    /// People fulfil the booking; no location deletes anything.
    pub by_people: bool,
    /// How the data of the booking itself come out.
    pub exports: Vec<Text>,
}

/// Form to stop or start a booking. Inputs: `power`, `justification`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PowerView {
    pub booking: Uuid,
    pub number: String,
    pub name: String,
    pub offering: String,
    pub choice: PowerChoice,
}
