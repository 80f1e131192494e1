//! Approvals: the one decision about an order, and what follows from it for money, booking and people.
//!
//! `show` is what waits for a person, and one order with the budget before and after.

mod show;

pub use show::{list, show};

use crate::app::App;
use crate::http::views::text::Text;
use crate::usecases::notify::{self, Recipient};
use crate::usecases::{Error, Refusal, bookings, orders, placement, record};
use db::orders::{DecisionRow, OrderRow};
use domain::ids::{OrderId, OrganisationId, PersonId};
use domain::order::{self, DecideRefused, Decision, Finding, OrderKind};
use domain::policy::{Action, Actor, Scope, authorize};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Longest reason in characters.
const REASON_MAX: usize = 2000;

/// What somebody decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It becomes, or ends, a booking.
    Approve,
    /// It does not; needs a reason.
    Reject,
}

/// A decision on an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// What is decided.
    pub decision: Verdict,
    /// Why; the orderer and the auditor read it.
    #[serde(default)]
    pub reason: String,
}

/// Approves or rejects. Exactly one decision is ever stored; whoever comes second is told who was first.
pub async fn decide(
    app: &App,
    actor: &Actor,
    id: OrderId,
    cmd: &Decide,
    seen: &str,
) -> Result<Decision, Error> {
    let scope = authorize(actor, Action::DecideOrder)?;
    let decision = match cmd.decision {
        Verdict::Approve => Decision::Approved,
        Verdict::Reject => Decision::Rejected,
    };
    if decision == Decision::Approved {
        check_place(app, actor, &scope, id, &cmd.reason).await?;
    }
    settle(app, actor, (&scope, Action::DecideOrder), id, decision, &cmd.reason, seen).await?;
    Ok(decision)
}

/// Refuses to approve what would only wait: its location cannot take it any more. Whoever may not decide at all is told that
/// first, by the decision itself.
async fn check_place(
    app: &App,
    actor: &Actor,
    scope: &Scope,
    id: OrderId,
    reason: &str,
) -> Result<(), Error> {
    let now = app.clock.now();
    let (row, before) = app
        .db
        .read(scope, async |conn: &mut db::Conn| Ok::<_, Error>(db::orders::get(conn, scope, id).await?))
        .await?;
    let pending = row.to_pending(before.as_ref())?;
    if order::decide(&pending, Decision::Approved, reason.trim(), actor, now).is_err() {
        return Ok(());
    }
    placement::refuse_lost(app, scope, &row).await
}

/// Takes an own undecided order back.
pub async fn withdraw(app: &App, actor: &Actor, id: OrderId, seen: &str) -> Result<(), Error> {
    let scope = authorize(actor, Action::WithdrawOrder)?;
    settle(app, actor, (&scope, Action::WithdrawOrder), id, Decision::Withdrawn, "", seen).await
}

/// Lets orders expire whose time to decide is over; the sweep of the worker.
pub async fn expire(app: &App, limit: i64) -> Result<usize, Error> {
    let scope = Scope::system("sweep of orders that nobody decided");
    let now = app.clock.now();
    let overdue = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::orders::list_overdue(conn, now, limit).await?)
        })
        .await?;
    let mut moved = 0;
    for row in &overdue {
        let done = app
            .db
            .write(&scope, async |conn: &mut db::Conn| {
                save(conn, row, Decision::Expired, None, None, now).await?;
                tell(conn, app, row, "order-expired", "", "", now).await?;
                let detail = json!({"event": "expired", "number": row.number});
                let subject = format!("order:{}", row.id);
                let organisation = OrganisationId(row.organisation_id);
                Ok::<_, Ended>((
                    (),
                    record::by_system(organisation, "expire", "order.expire", subject, detail, now),
                ))
            })
            .await;
        match done {
            Ok(()) => moved += 1,
            // Somebody decided, or took it back, in this very moment.
            Err(Ended::Decided) => {}
            Err(Ended::Error(error)) => return Err(error),
        }
    }
    Ok(moved)
}

/// How the transaction of a decision can end without one.
enum Ended {
    Error(Error),
    Decided,
}

impl From<db::Error> for Ended {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Taken(name) if name == "order_decisions_pkey" => Self::Decided,
            other => Self::Error(other.into()),
        }
    }
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

async fn settle(
    app: &App,
    actor: &Actor,
    (scope, action): (&Scope, Action),
    id: OrderId,
    decision: Decision,
    reason: &str,
    seen: &str,
) -> Result<(), Error> {
    let now = app.clock.now();
    let reason = reason.trim();
    if reason.chars().count() > REASON_MAX {
        return Err(Refusal::fields(vec![
            Finding::new("/reason", "reason-too-long").with("max", REASON_MAX),
        ])
        .into());
    }
    let done = app
        .db
        .write(scope, async |conn: &mut db::Conn| {
            let (row, before) = db::orders::get(conn, scope, id).await?;
            if let Err(refused) = order::decide(&row.to_pending(before.as_ref())?, decision, reason, actor, now) {
                return Err(match refused {
                    DecideRefused::AlreadyDecided(_) => Ended::Decided,
                    other => Ended::Error(refusal(&other)),
                });
            }
            if !seen.is_empty() && seen != orders::etag(&row, before.as_ref()) {
                return Err(Ended::Error(Error::Conflict("changed")));
            }
            let said = (!reason.is_empty()).then(|| reason.to_owned());
            // The decision is stored first: a second one waits here and is then refused by the primary key.
            save(conn, &row, decision, Some(actor.person), said, now).await?;
            if decision == Decision::Approved {
                take_effect(conn, app, scope, &row, now).await?;
            }
            let code = match decision {
                Decision::Approved => Some("order-approved"),
                Decision::Rejected => Some("order-rejected"),
                Decision::ByRule | Decision::Withdrawn | Decision::Expired => None,
            };
            if let Some(code) = code {
                tell(conn, app, &row, code, &actor.name, reason, now).await?;
            }
            let detail = json!({
                "event": decision.code(), "number": row.number, "reason": reason, "committed": row.committed_amount,
                "booking": row.booking_id,
            });
            let entry = record::by_person(actor, action, format!("order:{}", row.id), detail, now);
            Ok::<_, Ended>(((), entry))
        })
        .await;
    match done {
        Ok(()) => Ok(()),
        Err(Ended::Error(error)) => Err(error),
        Err(Ended::Decided) => Err(already_decided(app, scope, id).await?),
    }
}

/// Stores the decision and what follows for the money.
async fn save(
    conn: &mut db::Conn,
    row: &OrderRow,
    decision: Decision,
    by: Option<PersonId>,
    reason: Option<String>,
    now: Timestamp,
) -> Result<(), db::Error> {
    let decided = DecisionRow {
        order_id: row.id,
        organisation_id: row.organisation_id,
        decision: decision.code().to_owned(),
        requested_by: row.requested_by,
        decided_by: by.map(|person| person.0),
        reason,
        decided_at: now.into(),
    };
    db::orders::insert_decision(conn, &decided).await?;
    match decision {
        Decision::Approved | Decision::ByRule => {
            db::budgets::update_confirmed(conn, OrderId(row.id), now).await
        }
        Decision::Rejected | Decision::Withdrawn | Decision::Expired => {
            db::budgets::update_released(conn, OrderId(row.id), now).await
        }
    }
}

/// What an approved order does to its booking. Orders that nobody has to approve never come here.
async fn take_effect(
    conn: &mut db::Conn,
    app: &App,
    scope: &Scope,
    row: &OrderRow,
    now: Timestamp,
) -> Result<(), Error> {
    match OrderKind::from_code(&row.kind) {
        Some(OrderKind::Create) => bookings::begin(conn, app, row, now).await.map(|_booking| ()),
        Some(OrderKind::Terminate) => bookings::end(conn, app, row, now).await,
        Some(OrderKind::Change) => orders::approved(conn, scope, row, now).await,
        Some(OrderKind::Resume) => orders::resumed(conn, scope, row, now).await,
        Some(OrderKind::Transfer) => orders::transferred(conn, scope, row, now).await,
        Some(OrderKind::Restore) => orders::restored(conn, scope, row, now).await,
        Some(OrderKind::Stop | OrderKind::Start) | None => {
            Err(Error::Internal(anyhow::anyhow!("order {} of kind {} waits for nobody", row.id, row.kind)))
        }
    }
}

/// Mails the orderer.
async fn tell(
    conn: &mut db::Conn,
    app: &App,
    row: &OrderRow,
    code: &str,
    by: &str,
    reason: &str,
    now: Timestamp,
) -> Result<(), db::Error> {
    let Some(orderer) = db::people::find_recognised(conn, PersonId(row.requested_by), now).await? else {
        return Ok(());
    };
    let to = Recipient {
        organisation: OrganisationId(row.organisation_id),
        email: orderer.email,
        language: orderer.language,
    };
    let text = Text::new(code)
        .with("number", &row.number)
        .with("title", &row.name)
        .with("kind", &row.kind)
        .with("name", by)
        .with("reason", reason);
    let path = if code == "order-approved" {
        format!("/bookings/{}", row.booking_id)
    } else {
        format!("/orders/{}", row.id)
    };
    notify::mail(conn, app, &to, text, &path, now).await
}

fn refusal(refused: &DecideRefused) -> Error {
    let refusal = match refused {
        DecideRefused::ReasonMissing => Refusal::fields(vec![Finding::new("/reason", refused.code())]),
        DecideRefused::AboveLimit { limit, amount } => {
            Refusal::new(refused.code()).with("limit_eur", limit).with("amount_eur", amount)
        }
        DecideRefused::AlreadyDecided(_)
        | DecideRefused::Expired
        | DecideRefused::OwnOrder
        | DecideRefused::NotOwn => Refusal::new(refused.code()),
    };
    Error::Refused(refusal)
}

/// Tells who was first, and when.
async fn already_decided(app: &App, scope: &Scope, id: OrderId) -> Result<Error, Error> {
    app.db
        .read(scope, async |conn: &mut db::Conn| {
            let (_, decision) = db::orders::get(conn, scope, id).await?;
            let decision = decision.ok_or(Error::NotFound)?;
            let name = match decision.decided_by {
                Some(person) => db::people::get(conn, scope, PersonId(person)).await?.name,
                None => String::new(),
            };
            let refusal = Refusal::new("order-already-decided")
                .with("name", name)
                .with("decision", decision.decision)
                .with("decided_at", decision.decided_at.to_jiff());
            Ok(Error::Refused(refusal))
        })
        .await
}
