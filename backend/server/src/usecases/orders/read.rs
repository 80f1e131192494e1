//! Orders to read: the list, and one with everybody who decides about it.

use super::change::Replaced;
use super::content::{action, content, state};
use crate::app::App;
use crate::http::views::orders::{
    CommitmentState, CommitmentView, DecisionView, OrderAction, OrderListView, OrderRow as Row, OrderState,
    OrderView,
};
use crate::http::views::placement::PlacementView;
use crate::http::views::text::Text;
use crate::http::views::timeline::{Money as Running, Step, StepState, Why};
use crate::usecases::Error;
use crate::usecases::estimates::Estimation;
use crate::usecases::offerings::{Offer, approvers_of, load_version, system, who_may_decide};
use db::bookings::EventRow;
use db::budgets::{CommitmentRow, HeldLine};
use db::drafts::DraftRow;
use db::master_data::LegalBasisRow;
use db::offerings::CurrentOffering;
use db::orders::{Cursor, DecisionRow, OrderRow, Which};
use db::people::PersonRow;
use domain::ids::{BudgetLineId, LegalBasisId, OrderId, VersionId};
use domain::order::{Decision, OrderKind, decide};
use domain::policy::{Action, Actor, Role, Scope, authorize};
use domain::time::berlin_day;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Orders on one page.
const PAGE: i64 = 25;

/// Which orders.
#[derive(Debug, Clone, Default)]
pub struct OrderQuery {
    /// `mine`, `organisation` or `drafts`.
    pub tab: String,
    /// Cursor of the page.
    pub after: Option<String>,
}

/// An order with everything that is said about it.
pub struct Loaded {
    /// The order.
    pub row: OrderRow,
    /// Its decision.
    pub decision: Option<DecisionRow>,
    /// The offering as it read then.
    pub offer: Offer,
    /// Its budget line now.
    pub line: Option<HeldLine>,
    /// What it holds there.
    pub commitment: Option<CommitmentRow>,
    /// Its legal basis.
    pub basis: LegalBasisRow,
    /// Why it runs where it runs; only of an order that makes something new.
    pub placement: Option<PlacementView>,
    /// People of the organisation by id, for names.
    pub people: BTreeMap<Uuid, String>,
    /// Who may decide it now.
    pub approvers: Vec<PersonRow>,
    /// That the provider declined the booking which the order makes.
    pub declined: Option<EventRow>,
}

/// The list of a tab.
pub async fn list(app: &App, actor: &Actor, query: &OrderQuery) -> Result<OrderListView, Error> {
    let scope = authorize(actor, Action::ViewOrders)?;
    let now = app.clock.now();
    let tab = match query.tab.as_str() {
        "organisation" | "drafts" => query.tab.clone(),
        _ => "mine".to_owned(),
    };
    let which = if tab == "organisation" { Which::All } else { Which::By(actor.person) };
    let after = query.after.as_deref().and_then(read_cursor);
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            if tab == "drafts" {
                let drafts = db::drafts::list(conn, &scope, actor.person).await?;
                let rows = draft_rows(conn, (actor, &scope), &drafts).await?;
                let total = u64::try_from(rows.len()).unwrap_or_default();
                return Ok(OrderListView { tab, rows, total, next: None });
            }
            let mut found = db::orders::list(conn, &scope, which, after, PAGE + 1).await?;
            let more = found.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
            found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
            let next = found.last().filter(|_| more).map(|(row, _)| cursor_of(row));
            let total = u64::try_from(db::orders::count(conn, &scope, which).await?).unwrap_or_default();
            Ok(OrderListView { tab, rows: rows(conn, &scope, &found, now).await?, total, next })
        })
        .await
}

/// Drafts and the youngest orders of a person, in one look; for the first page.
pub async fn own(app: &App, actor: &Actor) -> Result<(Vec<Row>, Vec<Row>), Error> {
    let scope = authorize(actor, Action::ViewOrders)?;
    let now = app.clock.now();
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let drafts = db::drafts::list(conn, &scope, actor.person).await?;
            let drafts = draft_rows(conn, (actor, &scope), &drafts).await?;
            let mine = db::orders::list(conn, &scope, Which::By(actor.person), None, PAGE).await?;
            Ok((drafts, rows(conn, &scope, &mine, now).await?))
        })
        .await
}

/// One order of the own organisation.
pub async fn show(app: &App, actor: &Actor, id: OrderId) -> Result<OrderView, Error> {
    let loaded = loaded(app, actor, Action::ViewOrders, id).await?;
    order_view(actor, &loaded, app.clock.now())
}

/// Loads an order with everything around it.
pub async fn loaded(app: &App, actor: &Actor, action: Action, id: OrderId) -> Result<Loaded, Error> {
    let scope = authorize(actor, action)?;
    let now = app.clock.now();
    let (row, decision) = app
        .db
        .read(&scope, async |conn: &mut db::Conn| Ok::<_, Error>(db::orders::get(conn, &scope, id).await?))
        .await?;
    let version = VersionId(row.version_id);
    let offer = app.db.read(&system(), async |conn: &mut db::Conn| load_version(conn, version).await).await?;
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let line = match row.budget_line_id {
                Some(line) => Some(db::budgets::get_held(conn, &scope, BudgetLineId(line)).await?),
                None => None,
            };
            let commitment = db::budgets::find_commitment(conn, &scope, id).await?;
            let basis =
                db::master_data::get_legal_basis(conn, &scope, LegalBasisId(row.legal_basis_id)).await?;
            let placement = db::placements::find(conn, &scope, id).await?;
            let placement = placement.and_then(|row| PlacementView::deserialize(&row.record).ok());
            let asked = [Some(row.requested_by), decision.as_ref().and_then(|row| row.decided_by)];
            let people = names(conn, &scope, asked.into_iter().flatten()).await?;
            let approvers = approvers_of(conn, &scope, &row, now).await?;
            let declined = declined(conn, &scope, std::iter::once(&row)).await?.remove(&row.booking_id);
            Ok(Loaded {
                row,
                decision,
                offer,
                line,
                commitment,
                basis,
                placement,
                people,
                approvers,
                declined,
            })
        })
        .await
}

/// Whether an order makes something new, which the provider can decline.
fn makes(row: &OrderRow) -> bool {
    row.kind == OrderKind::Create.code()
}

/// Which bookings the provider declined, of those that some orders make.
async fn declined(
    conn: &mut db::Conn,
    scope: &Scope,
    rows: impl Iterator<Item = &OrderRow>,
) -> Result<BTreeMap<Uuid, EventRow>, Error> {
    let ids: Vec<Uuid> = rows.filter(|row| makes(row)).map(|row| row.booking_id).collect();
    let found = db::bookings::list_declined(conn, scope, &ids).await?;
    Ok(found.into_iter().map(|event| (event.booking_id, event)).collect())
}

/// Names of people of the organisation, by id.
pub async fn names(
    conn: &mut db::Conn,
    scope: &Scope,
    ids: impl Iterator<Item = Uuid>,
) -> Result<BTreeMap<Uuid, String>, Error> {
    let ids: Vec<Uuid> = ids.collect();
    Ok(db::people::list_names(conn, scope, &ids).await?.into_iter().collect())
}

/// The order as its page shows it.
pub fn order_view(actor: &Actor, loaded: &Loaded, now: Timestamp) -> Result<OrderView, Error> {
    let Loaded { row, decision, .. } = loaded;
    let pending = row.to_pending(decision.as_ref())?;
    let state = state(decision.as_ref(), loaded.declined.is_some());
    let estimation: Estimation =
        serde_json::from_value(row.estimate.clone()).map_err(|error| Error::Internal(error.into()))?;
    let approver_names: Vec<String> = loaded.approvers.iter().map(|person| person.name.clone()).collect();
    let open = state == OrderState::Requested;
    Ok(OrderView {
        id: row.id,
        number: row.number.clone(),
        etag: etag(row, decision.as_ref()),
        state,
        requested_by: loaded.name(row.requested_by),
        requested_at: row.requested_at.to_jiff().into(),
        content: content(&loaded.offer, row, loaded.line.as_ref(), &loaded.basis)?,
        estimate: estimation.to_view(),
        decision: DecisionView {
            approvers: approver_names,
            due: open.then(|| berlin_day(row.decide_by.to_jiff()).into()),
            decided_by: decision.as_ref().and_then(|row| row.decided_by).map(|id| loaded.name(id)),
            deputy_for: None,
            decided_at: decision.as_ref().map(|row| row.decided_at.to_jiff().into()),
            reason: decision.as_ref().and_then(|row| row.reason.clone()),
        },
        commitment: commitment(loaded),
        placement: loaded.placement.clone(),
        timeline: timeline(loaded, now),
        booking: (matches!(state, OrderState::Approved | OrderState::Declined)
            || row.kind != OrderKind::Create.code())
        .then_some(row.booking_id),
        may_withdraw: actor.person.0 == row.requested_by
            && authorize(actor, Action::WithdrawOrder).is_ok()
            && decide(&pending, Decision::Withdrawn, "", actor, now).is_ok(),
        may_decide: authorize(actor, Action::DecideOrder).is_ok()
            && decide(&pending, Decision::Approved, "", actor, now).is_ok(),
    })
}

impl Loaded {
    /// Name of a person of the organisation.
    #[must_use]
    pub fn name(&self, id: Uuid) -> String {
        self.people.get(&id).cloned().unwrap_or_default()
    }
}

/// Changes with the decision; everything else about an order never changes.
#[must_use]
pub fn etag(row: &OrderRow, decision: Option<&DecisionRow>) -> String {
    format!("{}.{}", row.id.simple(), decision.map_or("open", |row| row.decision.as_str()))
}

fn commitment(loaded: &Loaded) -> Option<CommitmentView> {
    let (held, line) = (loaded.commitment.as_ref()?, loaded.line.as_ref()?);
    Some(CommitmentView {
        amount: held.amount.into(),
        state: commitment_state(held),
        budget_line: line.row.code.clone(),
        year: i16::try_from(line.row.year).unwrap_or_default(),
    })
}

/// Reserved, confirmed or released.
#[must_use]
pub fn commitment_state(held: &CommitmentRow) -> CommitmentState {
    match (held.released_at, held.confirmed_at) {
        (Some(_), Some(_)) => CommitmentState::Settled,
        (Some(_), None) => CommitmentState::Released,
        (None, Some(_)) => CommitmentState::Confirmed,
        (None, None) => CommitmentState::Reserved,
    }
}

fn timeline(loaded: &Loaded, now: Timestamp) -> Vec<Step> {
    let row = &loaded.row;
    let kind = OrderKind::from_code(&row.kind);
    let ends = kind == Some(OrderKind::Terminate);
    let step =
        |state, code: &str| Step { state, text: Text::new(code), at: None, who: None, said: None, why: None };
    let sent = Step {
        at: Some(row.requested_at.to_jiff().into()),
        who: Some(loaded.name(row.requested_by)),
        ..step(StepState::Done, if ends { "end-ordered" } else { "requested" })
    };
    let next = match kind {
        Some(OrderKind::Terminate) => "handed-over-end",
        Some(OrderKind::Transfer) => "transferred",
        _ => "handed-over",
    };
    let next = step(StepState::Todo, next);
    let decided = match &loaded.decision {
        None => return vec![sent, waiting(loaded), next],
        Some(decided) => decided,
    };
    let approved = Decision::from_code(&decided.decision).is_some_and(Decision::takes_effect);
    let decision = Step {
        at: Some(decided.decided_at.to_jiff().into()),
        who: decided.decided_by.map(|id| loaded.name(id)),
        said: decided.reason.clone(),
        ..step(if approved { StepState::Done } else { StepState::Failed }, &decided.decision)
    };
    if !approved {
        return vec![sent, decision];
    }
    if let Some(event) = &loaded.declined {
        let declined = Step {
            at: Some(event.happened_at.to_jiff().into()),
            who: Some(loaded.offer.current.provider.clone()),
            said: event.detail.get("reason").and_then(|reason| reason.as_str()).map(str::to_owned),
            ..step(StepState::Failed, &event.name)
        };
        return vec![sent, decision, declined];
    }
    // A transfer may lie ahead; everything else is handed over with the decision.
    let at = match kind {
        Some(OrderKind::Transfer) => row.wished_at.to_jiff().max(decided.decided_at.to_jiff()),
        _ => decided.decided_at.to_jiff(),
    };
    let state = if at <= now { StepState::Done } else { StepState::Todo };
    let handed = Step { state, at: Some(at.into()), ..next };
    vec![sent, decision, handed]
}

fn waiting(loaded: &Loaded) -> Step {
    let row = &loaded.row;
    let names = loaded.approvers.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join(", ");
    let actor =
        if names.is_empty() { Text::new("customer") } else { Text::new("approver").with("name", names) };
    let kind = OrderKind::from_code(&row.kind);
    let money = match (&loaded.commitment, Replaced::of(row)) {
        _ if kind == Some(OrderKind::Transfer) => Running::AsBefore { monthly: row.monthly_amount.into() },
        _ if !matches!(kind, Some(OrderKind::Create | OrderKind::Change)) => Running::Unchanged,
        // What runs goes on costing what it costs.
        (_, Some(before)) => Running::AsBefore { monthly: before.monthly.into() },
        (Some(held), None) => Running::Reserved { amount: held.amount.into() },
        (None, None) => Running::None,
    };
    let why = Why {
        reason: Text::new(if loaded.approvers.is_empty() { "approval-nobody" } else { "approval" }),
        money,
        actor,
        due: Some(row.decide_by.to_jiff().into()),
    };
    Step {
        state: StepState::Waiting,
        text: Text::new("approval"),
        at: Some(row.requested_at.to_jiff().into()),
        who: None,
        said: None,
        why: Some(why),
    }
}

/// Rows of a list, with the names that go with them.
pub async fn rows(
    conn: &mut db::Conn,
    scope: &Scope,
    found: &[(OrderRow, Option<DecisionRow>)],
    now: Timestamp,
) -> Result<Vec<Row>, Error> {
    let versions: Vec<Uuid> = found.iter().map(|(row, _)| row.version_id).collect();
    let offers = by_version(db::offerings::list_of_versions(conn, &versions).await?);
    let people = names(conn, scope, found.iter().map(|(row, _)| row.requested_by)).await?;
    let holders = db::people::list_holders(conn, scope, Role::Approves, now).await?;
    let declined = declined(conn, scope, found.iter().map(|(row, _)| row)).await?;
    let mut rows = Vec::new();
    for (row, decision) in found {
        let open = decision.is_none();
        let approvers = if open { who_may_decide(&holders, row) } else { Vec::new() };
        let offer = offers.get(&row.version_id);
        let estimation: Option<Estimation> = serde_json::from_value(row.estimate.clone()).ok();
        rows.push(Row {
            id: row.id,
            number: Some(row.number.clone()),
            action: action(row),
            name: row.name.clone(),
            offering: offer.map(|it| it.version.title.clone()).unwrap_or_default(),
            provider: offer.map(|it| it.provider.clone()).unwrap_or_default(),
            requested_by: people.get(&row.requested_by).cloned().unwrap_or_default(),
            asked_by: None,
            at: row.requested_at.to_jiff().into(),
            state: state(decision.as_ref(), makes(row) && declined.contains_key(&row.booking_id)),
            waits_for: approvers.into_iter().map(|person| person.name).collect(),
            due: open.then(|| berlin_day(row.decide_by.to_jiff()).into()),
            monthly_net: row.monthly_amount.into(),
            total_gross: estimation.map(|it| it.gross.decimal()).unwrap_or_default().into(),
        });
    }
    Ok(rows)
}

fn by_version(offers: Vec<CurrentOffering>) -> BTreeMap<Uuid, CurrentOffering> {
    offers.into_iter().map(|offer| (offer.version.id, offer)).collect()
}

async fn draft_rows(
    conn: &mut db::Conn,
    (actor, scope): (&Actor, &Scope),
    drafts: &[DraftRow],
) -> Result<Vec<Row>, Error> {
    let askers = names(conn, scope, drafts.iter().filter_map(|row| row.asked_by)).await?;
    let versions: Vec<Uuid> = drafts.iter().map(|row| row.version_id).collect();
    let offers = by_version(db::offerings::list_of_versions(conn, &versions).await?);
    let row = |draft: &DraftRow| {
        let offer = offers.get(&draft.version_id);
        let name = draft.form.get("name").and_then(|name| name.as_str()).unwrap_or_default();
        Row {
            id: draft.id,
            number: None,
            action: OrderAction::Create,
            name: name.to_owned(),
            offering: offer.map(|it| it.version.title.clone()).unwrap_or_default(),
            provider: offer.map(|it| it.provider.clone()).unwrap_or_default(),
            requested_by: actor.name.clone(),
            asked_by: draft.asked_by.and_then(|person| askers.get(&person).cloned()),
            at: draft.updated_at.to_jiff().into(),
            state: OrderState::Draft,
            waits_for: vec![actor.name.clone()],
            due: None,
            monthly_net: Decimal::ZERO.into(),
            total_gross: Decimal::ZERO.into(),
        }
    };
    Ok(drafts.iter().map(row).collect())
}

/// The cursor after an order: its time and id.
#[must_use]
pub fn cursor_of(row: &OrderRow) -> String {
    format!("{}.{}", row.requested_at.to_jiff().as_microsecond(), row.id)
}

/// Reads a cursor; a broken one starts from the beginning.
#[must_use]
pub fn read_cursor(text: &str) -> Option<Cursor> {
    let (micros, id) = text.split_once('.')?;
    Some((Timestamp::from_microsecond(micros.parse().ok()?).ok()?, id.parse().ok()?))
}
