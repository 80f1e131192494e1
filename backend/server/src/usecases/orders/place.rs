//! Sends an order: exactly once per key, with its money reserved in the same transaction.

use super::command::PlaceOrder;
use super::drafts::tell_asker;
use super::prepare::{Prepared, prepare};
use crate::app::App;
use crate::http::views::text::Text;
use crate::ports::secrets::{hash, new_id};
use crate::usecases::notify::{self, Recipient};
use crate::usecases::offerings::{Offer, load_current, system};
use crate::usecases::placement::{Survey, survey};
use crate::usecases::{Error, Refusal, differences, record};
use contract::canonical::canonical_json;
use db::budgets::CommitmentRow;
use db::orders::OrderRow;
use db::placements::PlacementRow;
use domain::ids::{BudgetLineId, OfferingId};
use domain::order::{self, Finding, OrderKind};
use domain::policy::{Action, Actor, Scope, authorize};
use domain::time::{berlin_day, midnight};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// Longest idempotency key in bytes.
const KEY_MAX: usize = 200;

/// An order that was sent, now or before with the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub id: Uuid,
    /// Its number, such as `B-2026-0001`.
    pub number: String,
    /// Whether this call sent it.
    pub new: bool,
}

/// Places an order. The same key with the same content answers with the same order; with another content it is a
/// conflict. `draft` is forgotten in the same transaction.
pub async fn place(
    app: &App,
    actor: &Actor,
    key: &str,
    cmd: &PlaceOrder,
    draft: Option<Uuid>,
) -> Result<Placed, Error> {
    let content = serde_json::to_value(cmd).map_err(|error| Error::Internal(error.into()))?;
    once(app, actor, key, &content, async |scope, sent| {
        let offering = OfferingId(cmd.offering);
        let found = app
            .db
            .read(&system(), async |conn: &mut db::Conn| {
                let offer = load_current(conn, offering).await?;
                let known = survey(conn, &offer).await?;
                Ok::<_, Error>((offer, known))
            })
            .await;
        let (offer, known) = found.map_err(|error| match error {
            Error::NotFound => Refusal::fields(vec![Finding::new("/offering", "offering-unknown")]).into(),
            other => other,
        })?;
        let sent = Sent { draft, ..*sent };
        let written =
            async |conn: &mut db::Conn| write(conn, app, (actor, scope), (&offer, &known), cmd, &sent).await;
        app.db.write(scope, written).await
    })
    .await
}

/// Runs what places an order, once per key: the same key with the same content answers with the same order
/// and runs nothing; with another content it is a conflict.
pub(super) async fn once(
    app: &App,
    actor: &Actor,
    key: &str,
    content: &Value,
    run: impl AsyncFnOnce(&Scope, &Sent<'_>) -> Result<Placed, Ended>,
) -> Result<Placed, Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    check_key(key)?;
    let now = app.clock.now();
    let hash = request_hash(actor, content);
    if let Some(before) = replay(app, &scope, key, &hash).await? {
        return Ok(before);
    }
    let sent = Sent { key, hash: &hash, draft: None, now };
    let placed = run(&scope, &sent).await;
    finish(app, &scope, key, &hash, placed).await
}

/// What identifies the sending.
pub(super) struct Sent<'a> {
    pub(super) key: &'a str,
    pub(super) hash: &'a [u8],
    pub(super) draft: Option<Uuid>,
    pub(super) now: Timestamp,
}

/// How a transaction that places an order can end without one.
pub(super) enum Ended {
    /// Refused or failed.
    Error(Error),
    /// Somebody was faster with the same key.
    SameKey,
}

impl From<db::Error> for Ended {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Taken(name) if name == "orders_idempotency_key" => Self::SameKey,
            other => Self::Error(other.into()),
        }
    }
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// A key is what a client makes up for one wish.
pub(super) fn check_key(key: &str) -> Result<(), Error> {
    let fine = (1..=KEY_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if fine {
        Ok(())
    } else {
        Err(Refusal::fields(vec![Finding::new("/idempotency_key", "idempotency-key").with("max", KEY_MAX)])
            .into())
    }
}

/// The content of a request, and who sent it.
fn request_hash(actor: &Actor, content: &Value) -> Vec<u8> {
    let content = json!({"person": actor.person, "content": content});
    hash(&canonical_json(&content))
}

/// The answer to the same key before, or a conflict if the content was another one.
async fn replay(app: &App, scope: &Scope, key: &str, hash: &[u8]) -> Result<Option<Placed>, Error> {
    let found = app
        .db
        .read(scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::orders::find_by_key(conn, scope, key).await?)
        })
        .await?;
    match found {
        None => Ok(None),
        Some(row) if row.request_hash == hash => {
            Ok(Some(Placed { id: row.id, number: row.number, new: false }))
        }
        Some(_) => Err(Error::Conflict("idempotency-key-reused")),
    }
}

/// Turns the end of the transaction into the answer.
async fn finish(
    app: &App,
    scope: &Scope,
    key: &str,
    hash: &[u8],
    placed: Result<Placed, Ended>,
) -> Result<Placed, Error> {
    match placed {
        Ok(placed) => Ok(placed),
        Err(Ended::Error(error)) => Err(error),
        Err(Ended::SameKey) => {
            replay(app, scope, key, hash).await?.ok_or(Error::Conflict("idempotency-key-reused"))
        }
    }
}

async fn write(
    conn: &mut db::Conn,
    app: &App,
    (actor, scope): (&Actor, &Scope),
    (offer, known): (&Offer, &Survey),
    cmd: &PlaceOrder,
    sent: &Sent<'_>,
) -> Result<(Placed, db::Remembered), Ended> {
    if let Some(line) = cmd.budget_line {
        // Whoever holds this lock alone decides about the rest of the line; a second press waits here for the first.
        db::budgets::lock(conn, scope, BudgetLineId(line)).await?;
        if db::orders::find_by_key(conn, scope, sent.key).await?.is_some() {
            return Err(Ended::SameKey);
        }
    }
    let prepared = prepare(conn, (actor, scope), (offer, known), cmd, Vec::new(), sent.now).await?;
    if !prepared.findings.is_empty() {
        return Err(Error::from(Refusal::fields(prepared.findings)).into());
    }
    let mut row = row(conn, actor, offer, cmd, &prepared, sent).await?;
    if let Some(difference) = cmd.takes_over {
        let place = row.location_id;
        row.booking_id = differences::to_take_over(conn, (actor, scope), difference, offer, place).await?;
    }
    db::orders::insert(conn, &row).await?;
    insert_placement(conn, &row, &prepared).await?;
    if let Some(line) = row.budget_line_id {
        db::budgets::insert_commitment(conn, &commitment(&row, line, sent.now)).await?;
    }
    if let Some(draft) = sent.draft {
        let gone = db::drafts::delete(conn, scope, actor.person, draft).await?;
        if let Some(gone) = gone {
            tell_asker(conn, app, (actor, scope), &gone, "asked-ordered", sent.now).await?;
        }
    }
    tell_approvers(conn, app, actor, &row, &prepared.standing.approvers, sent.now).await?;
    let detail = json!({
        "event": "sent", "number": row.number, "kind": row.kind, "offering": offer.current.offering.id,
        "version": row.version_id, "committed": prepared.amount, "budget_line": row.budget_line_id,
        "location": row.location_id,
    });
    let entry = record::by_person(actor, Action::PlaceOrder, format!("order:{}", row.id), detail, sent.now);
    Ok((Placed { id: row.id, number: row.number, new: true }, entry))
}

async fn row(
    conn: &mut db::Conn,
    actor: &Actor,
    offer: &Offer,
    cmd: &PlaceOrder,
    prepared: &Prepared,
    sent: &Sent<'_>,
) -> Result<OrderRow, Ended> {
    let missing = || Error::Internal(anyhow::anyhow!("a checked order lacks what was checked"));
    let estimation = prepared.estimation.as_ref().ok_or_else(missing)?;
    let line = prepared.line(cmd.budget_line).filter(|_| !prepared.standing.price_free);
    let unit = match (line, actor.unit) {
        (Some(line), _) => line.row.unit_id,
        (None, Some(unit)) => unit.0,
        (None, None) => return Err(Error::from(Refusal::new("unit-missing")).into()),
    };
    let year = berlin_day(sent.now).year();
    let number = db::numbers::update_next(conn, actor.organisation, "order", year).await?;
    Ok(OrderRow {
        id: new_id(),
        organisation_id: actor.organisation.0,
        number: format!("B-{year}-{number:04}"),
        kind: OrderKind::Create.code().to_owned(),
        name: cmd.name.trim().to_owned(),
        booking_id: new_id(),
        provider_id: offer.current.offering.provider_id,
        version_id: offer.current.version.id,
        plan_id: cmd.plan.ok_or_else(missing)?,
        location_id: prepared.location(),
        parameters: cmd.parameters.clone(),
        answers: cmd.answers.clone(),
        unit_id: unit,
        cost_centre: cmd.cost_centre.clone(),
        account: cmd.account.clone(),
        budget_line_id: line.map(|line| line.row.id),
        legal_basis_id: cmd.legal_basis.ok_or_else(missing)?,
        wished_at: order::wished_at(prepared.wished_on, sent.now).into(),
        justification: cmd.justification.trim().to_owned(),
        monthly_amount: estimation.monthly.decimal(),
        committed_amount: prepared.amount.decimal(),
        estimate: serde_json::to_value(estimation).map_err(|error| Error::Internal(error.into()))?,
        requested_by: actor.person.0,
        requested_at: sent.now.into(),
        decide_by: order::decide_by(sent.now).into(),
        idempotency_key: sent.key.to_owned(),
        request_hash: sent.hash.to_vec(),
        replaces: None,
        keep_days: None,
        ends_at: cmd.ends_on.map(|day| midnight(day).into()),
        restore_at: None,
    })
}

/// Remembers why the order runs where it runs.
async fn insert_placement(conn: &mut db::Conn, row: &OrderRow, prepared: &Prepared) -> Result<(), Ended> {
    let record = serde_json::to_value(&prepared.placement).map_err(|error| Error::Internal(error.into()))?;
    let placement = PlacementRow {
        order_id: row.id,
        organisation_id: row.organisation_id,
        record,
        placed_at: row.requested_at,
    };
    Ok(db::placements::insert(conn, &placement).await?)
}

/// What an order holds in a line.
pub(super) fn commitment(row: &OrderRow, line: Uuid, now: Timestamp) -> CommitmentRow {
    CommitmentRow {
        id: new_id(),
        organisation_id: row.organisation_id,
        budget_line_id: line,
        order_id: row.id,
        amount: row.committed_amount,
        reserved_at: now.into(),
        confirmed_at: None,
        released_at: None,
    }
}

/// Mails everybody who may decide.
pub(super) async fn tell_approvers(
    conn: &mut db::Conn,
    app: &App,
    actor: &Actor,
    row: &OrderRow,
    approvers: &[db::people::PersonRow],
    now: Timestamp,
) -> Result<(), db::Error> {
    for person in approvers {
        let to = Recipient {
            organisation: actor.organisation,
            email: person.email.clone(),
            language: person.language.clone(),
        };
        let code = match OrderKind::from_code(&row.kind) {
            Some(OrderKind::Terminate) => "end-approval-needed",
            Some(OrderKind::Change) => "change-approval-needed",
            Some(OrderKind::Resume) => "resume-approval-needed",
            Some(OrderKind::Transfer) => "transfer-approval-needed",
            Some(OrderKind::Restore) => "restore-approval-needed",
            _ => "approval-needed",
        };
        let text = Text::new(code)
            .with("number", &row.number)
            .with("title", &row.name)
            .with("name", &actor.name)
            .with("amount_eur", row.committed_amount)
            .with("due_date", berlin_day(row.decide_by.to_jiff()));
        notify::mail(conn, app, &to, text, &format!("/approvals/{}", row.id), now).await?;
    }
    Ok(())
}
