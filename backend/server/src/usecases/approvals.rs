//! Approvals: what waits for a person, one order with the budget before and after, and the one decision about it.

use crate::app::App;
use crate::http::views::approvals::{
    ApprovalListView, ApprovalRow, ApprovalView, BudgetEffect, BudgetFigures, DecidedRow,
};
use crate::http::views::text::{Bearing, Check, Text};
use crate::usecases::budgets::figures;
use crate::usecases::notify::{self, Recipient};
use crate::usecases::orders::{self, Loaded, basis_title, order_view};
use crate::usecases::{Error, Refusal, bookings, record};
use db::budgets::HeldLine;
use db::orders::{DecisionRow, OrderRow, Which};
use domain::ids::{OrderId, OrganisationId, PersonId};
use domain::money::Money;
use domain::order::{self, DecideRefused, Decision, Finding};
use domain::policy::{Action, Actor, Role, Scope, authorize};
use domain::time::berlin_day;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Orders that are shown at once; the rest follows as they are decided.
const OPEN_MAX: i64 = 100;
/// Decisions that are shown below them.
const DECIDED_MAX: i64 = 20;
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

/// Undecided orders of others, and what was decided last.
pub async fn list(app: &App, actor: &Actor) -> Result<ApprovalListView, Error> {
    let scope = authorize(actor, Action::DecideOrder)?;
    let now = app.clock.now();
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let open = db::orders::list(conn, &scope, Which::Open, None, OPEN_MAX).await?;
            let open: Vec<_> = open
                .into_iter()
                .filter(|(row, _)| row.requested_by != actor.person.0 && row.decide_by.to_jiff() >= now)
                .collect();
            let lines = db::budgets::list_held(conn, &scope, None).await?;
            let shown = orders::rows(conn, &scope, &open, now).await?;
            let mut rows = Vec::new();
            for ((row, _), shown) in open.iter().zip(shown) {
                rows.push(approval_row(actor, row, shown, &lines)?);
            }
            rows.sort_by_key(|row: &ApprovalRow| (row.due, row.number.clone()));
            let decided = db::orders::list(conn, &scope, Which::Decided, None, DECIDED_MAX).await?;
            let decided = decided_rows(conn, &scope, decided).await?;
            Ok(ApprovalListView { open: rows, decided, deputy_for: Vec::new(), may_approve: true })
        })
        .await
}

/// One order as the person who decides needs it.
pub async fn show(app: &App, actor: &Actor, id: OrderId) -> Result<ApprovalView, Error> {
    let loaded = orders::loaded(app, actor, Action::DecideOrder, id).await?;
    let now = app.clock.now();
    let order = order_view(actor, &loaded, now)?;
    let pending = loaded.row.to_pending(loaded.decision.as_ref())?;
    let refused = order::decide(&pending, Decision::Approved, "", actor, now).err();
    let may_reject = order::decide(&pending, Decision::Rejected, "x", actor, now).is_ok();
    Ok(ApprovalView {
        budget: effect(&loaded)?,
        checks: checks(actor, &loaded, refused.as_ref())?,
        may_decide: refused.is_none() || may_reject,
        why_not: refused.as_ref().map(why_not),
        order,
    })
}

/// Approves or rejects. Exactly one decision is ever stored; whoever comes second is told who was first.
pub async fn decide(app: &App, actor: &Actor, id: OrderId, cmd: &Decide, seen: &str) -> Result<Decision, Error> {
    let scope = authorize(actor, Action::DecideOrder)?;
    let decision = match cmd.decision {
        Verdict::Approve => Decision::Approved,
        Verdict::Reject => Decision::Rejected,
    };
    settle(app, actor, (&scope, Action::DecideOrder), id, decision, &cmd.reason, seen).await?;
    Ok(decision)
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
        .read(&scope, async |conn: &mut db::Conn| Ok::<_, Error>(db::orders::list_overdue(conn, now, limit).await?))
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
                Ok::<_, Ended>(((), record::by_system(organisation, "expire", "order.expire", subject, detail, now)))
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
        return Err(Refusal::fields(vec![Finding::new("/reason", "reason-too-long").with("max", REASON_MAX)]).into());
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
                match row.kind.as_str() {
                    "terminate" => bookings::end(conn, app, &row, now).await?,
                    _ => {
                        bookings::begin(conn, app, &row, now).await?;
                    }
                }
            }
            let code = match decision {
                Decision::Approved => Some("order-approved"),
                Decision::Rejected => Some("order-rejected"),
                Decision::Withdrawn | Decision::Expired => None,
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
        Decision::Approved => db::budgets::update_confirmed(conn, OrderId(row.id), now).await,
        Decision::Rejected | Decision::Withdrawn | Decision::Expired => {
            db::budgets::update_released(conn, OrderId(row.id), now).await
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
        .with("name", by)
        .with("reason", reason);
    let path = if code == "order-approved" { format!("/bookings/{}", row.booking_id) } else { format!("/orders/{}", row.id) };
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

fn approval_row(
    actor: &Actor,
    row: &OrderRow,
    shown: crate::http::views::orders::OrderRow,
    lines: &[HeldLine],
) -> Result<ApprovalRow, Error> {
    let line = lines.iter().find(|line| Some(line.row.id) == row.budget_line_id);
    let short = line.map(HeldLine::to_line).transpose()?.is_some_and(|line| line.available() < Money::ZERO);
    let above = actor.approval_limit().is_none_or(|limit| limit.decimal() < row.committed_amount);
    let (bearing, finding) = match (above, short) {
        (true, _) => (Bearing::Bad, "above-limit"),
        (false, true) => (Bearing::Warn, "budget-short"),
        (false, false) => (Bearing::Good, "good"),
    };
    Ok(ApprovalRow {
        order: row.id,
        number: row.number.clone(),
        action: shown.action,
        name: shown.name,
        offering: shown.offering,
        requested_by: shown.requested_by,
        requested_at: row.requested_at.to_jiff().into(),
        budget_line: line.map_or_else(|| "–".to_owned(), |line| line.row.code.clone()),
        monthly_net: shown.monthly_net,
        total_gross: shown.total_gross,
        bearing,
        finding: Text::new(finding),
        due: shown.due,
    })
}

async fn decided_rows(
    conn: &mut db::Conn,
    scope: &Scope,
    decided: Vec<(OrderRow, Option<DecisionRow>)>,
) -> Result<Vec<DecidedRow>, Error> {
    let mut rows = Vec::new();
    for (row, decision) in decided {
        let Some(decision) = decision else { continue };
        let name = match decision.decided_by {
            Some(person) => db::people::get(conn, scope, PersonId(person)).await?.name,
            None => String::new(),
        };
        rows.push(DecidedRow {
            order: row.id,
            number: row.number,
            name: row.name,
            approved: decision.decision == "approved",
            reason: decision.reason,
            decided_by: name,
            decided_at: decision.decided_at.to_jiff().into(),
        });
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.decided_at));
    Ok(rows)
}

/// The line without and with this order. After the decision both show the line as it is.
fn effect(loaded: &Loaded) -> Result<BudgetEffect, Error> {
    let amount = Money::from_exact(loaded.row.committed_amount);
    let amount = amount.map_err(|error| Error::Internal(error.into()))?;
    let Some(line) = &loaded.line else {
        let nothing = figures_of(Money::ZERO, Money::ZERO, Money::ZERO, Money::ZERO);
        let code = orders::no_budget(0);
        return Ok(BudgetEffect {
            code: code.code,
            title: code.title,
            year: berlin_day(loaded.row.wished_at.to_jiff()).year(),
            amount: amount.decimal().into(),
            before: nothing,
            after: nothing,
            sufficient: true,
        });
    };
    let held = loaded.commitment.as_ref().is_some_and(|it| it.confirmed_at.is_none() && it.released_at.is_none());
    let (before, after) = if held {
        let rules = line.to_line()?;
        let others = line.reserved - amount;
        let before = figures_of(rules.amount, rules.spent, line.confirmed, others);
        (before, figures_of(rules.amount, rules.spent, line.confirmed + amount, others))
    } else {
        (figures(line)?, figures(line)?)
    };
    Ok(BudgetEffect {
        code: line.row.code.clone(),
        title: line.row.name.clone(),
        year: i16::try_from(line.row.year).unwrap_or_default(),
        amount: amount.decimal().into(),
        sufficient: line.to_line()?.available() >= Money::ZERO,
        before,
        after,
    })
}

fn figures_of(budget: Money, invoiced: Money, confirmed: Money, reserved: Money) -> BudgetFigures {
    BudgetFigures {
        budget: budget.decimal().into(),
        invoiced: invoiced.decimal().into(),
        confirmed: confirmed.decimal().into(),
        reserved: reserved.decimal().into(),
        available: (budget - invoiced - confirmed - reserved).decimal().into(),
    }
}

fn checks(actor: &Actor, loaded: &Loaded, refused: Option<&DecideRefused>) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    let limit = actor.approval_limit().unwrap_or(Money::ZERO);
    let basis = &loaded.basis;
    checks.push(match refused {
        Some(DecideRefused::OwnOrder) => Check::new(Bearing::Bad, Text::new("four-eyes-bad")),
        Some(DecideRefused::AboveLimit { limit, .. }) => {
            Check::new(Bearing::Bad, Text::new("limit-bad").with("limit_eur", limit))
        }
        _ => {
            let name = loaded.name(loaded.row.requested_by);
            Check::new(Bearing::Good, Text::new("four-eyes-good").with("name", name).with("limit_eur", limit))
        }
    });
    let title = basis_title(&basis.code);
    let until = basis.valid_until.map(|until| until.to_jiff());
    checks.push(match until {
        Some(until) if until < loaded.row.wished_at.to_jiff() => {
            let text = Text::new("legal-basis-warn").with("title", title).with("until_date", berlin_day(until));
            Check::new(Bearing::Warn, text)
        }
        _ => {
            let text = Text::new("legal-basis-good").with("title", title).with("evidence", &basis.reference);
            Check::new(Bearing::Good, text)
        }
    });
    checks.push(match &loaded.line {
        None => Check::new(Bearing::Info, Text::new("price-free-info")),
        Some(line) => {
            let available = line.to_line()?.available();
            let good = available >= Money::ZERO;
            let (bearing, code) = if good { (Bearing::Good, "budget-good") } else { (Bearing::Bad, "budget-bad") };
            let text = Text::new(code).with("available_eur", available).with("amount_eur", loaded.row.committed_amount);
            Check::new(bearing, text)
        }
    });
    Ok(checks)
}

fn why_not(refused: &DecideRefused) -> Text {
    match refused {
        DecideRefused::AlreadyDecided(_) => Text::new("decided"),
        DecideRefused::Expired => Text::new("expired"),
        DecideRefused::OwnOrder => Text::new("own-order"),
        DecideRefused::AboveLimit { limit, amount } => {
            Text::new("limit").with("limit_eur", limit).with("amount_eur", amount)
        }
        DecideRefused::ReasonMissing | DecideRefused::NotOwn => Text::new("role"),
    }
}

/// How many orders of others wait for this person; the number beside the navigation.
pub async fn count_open(app: &App, actor: &Actor) -> Result<u32, Error> {
    if !actor.holds(Role::Approves) {
        return Ok(0);
    }
    let list = list(app, actor).await?;
    Ok(u32::try_from(list.open.len()).unwrap_or(u32::MAX))
}
