//! Orders that move a booking to another Kostenstelle, Sachkonto or Haushaltsansatz, and with the latter to another unit. The
//! location learns nothing but a new label; invoices split their lines at the first instant. What was invoiced does not move.

use super::change::latest_generation;
use super::follow_up::{Booked, check_reason};
use super::place::{Ended, Placed, Sent, commitment, once, tell_approvers};
use super::prepare::{add, choice, codes, money_findings};
use super::replanned::{Offers, ends_on, estimate};
use crate::app::App;
use crate::http::views::schema_form::Choice;
use crate::usecases::estimates::Estimation;
use crate::usecases::offerings::{Standing, look};
use crate::usecases::{Error, Refusal, bookings, record};
use db::assignments::AssignmentRow;
use db::bookings::BookingRow;
use db::budgets::HeldLine;
use db::orders::OrderRow;
use domain::assignment::begins;
use domain::ids::{BookingId, BudgetLineId};
use domain::money::Money;
use domain::order::{self, Assignment, Finding, MasterData, OrderKind};
use domain::policy::{Action, Actor, Scope};
use domain::time::berlin_day;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// The wish to move a booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Kostenstelle.
    pub cost_centre: String,
    /// Sachkonto.
    pub account: String,
    /// Haushaltsansatz; its unit becomes the booking's. Only price-free organisations go without.
    #[serde(default)]
    pub budget_line: Option<Uuid>,
    /// First day on which it counts; none or today means as soon as it is approved.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub from_on: Option<Date>,
    /// Why; the approver reads it.
    pub justification: String,
}

/// Where a booking belonged before a transfer: kept with its order, for the person who approves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Left {
    /// Kostenstelle.
    pub cost_centre: String,
    /// Sachkonto.
    pub account: String,
    /// Code and name of the Haushaltsansatz.
    pub line: String,
    /// What the amount was computed from; if any of it changed until the approval, the order is outdated.
    #[serde(default)]
    pub grounds: Grounds,
}

/// What decides how much another line has to bind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grounds {
    /// The assignment that counts until the transfer.
    pub before: i32,
    /// The one that it replaces because it would begin at the same instant.
    pub replaced: Option<i32>,
    /// Generation of the latest agreement about the booking.
    pub generation: i64,
    /// When the booking ends.
    pub ends_at: Option<Timestamp>,
}

/// What counts around the instant at which a transfer begins.
struct Around {
    before: AssignmentRow,
    /// The order that pays for the wished line already, if it does not have to be bound anew.
    paid_by: Option<Uuid>,
    grounds: Grounds,
    /// A transfer that would begin later.
    planned: Option<Timestamp>,
}

async fn around(
    conn: &mut db::Conn,
    scope: &Scope,
    row: &BookingRow,
    (from, line): (Timestamp, Option<Uuid>),
) -> Result<Around, Error> {
    let history = db::assignments::list(conn, scope, BookingId(row.id)).await?;
    let before = history.before(from).ok_or(Error::NotFound)?.clone();
    let replaced = history.beginning(from);
    let pays = |it: &&AssignmentRow| it.budget_line_id == line;
    let paid_by = Some(&before).filter(pays).or(replaced.filter(pays)).map(|it| it.paid_by);
    let grounds = Grounds {
        before: before.position,
        replaced: replaced.map(|it| it.position),
        generation: latest_generation(conn, row.id).await?,
        ends_at: row.ends_at.map(|at| at.to_jiff()),
    };
    let planned = history.cuts().find(|at| *at > from);
    Ok(Around { before, paid_by, grounds, planned })
}

impl Left {
    /// What an order leaves; nothing for orders that move nothing.
    pub(super) fn of(order: &OrderRow) -> Option<Self> {
        Self::deserialize(order.replaces.as_ref()?).ok()
    }
}

/// Places the order that moves a booking of the own organisation. Findings point to the members of [`Transfer`].
pub async fn place_transfer(
    app: &App,
    actor: &Actor,
    key: &str,
    booking: BookingId,
    cmd: &Transfer,
) -> Result<Placed, Error> {
    let content = json!({"booking": booking, "wish": cmd});
    once(app, actor, key, &content, async |scope, sent| {
        let offers = Offers::load(app, scope, booking).await?;
        app.db
            .write(scope, async |conn: &mut db::Conn| {
                write(conn, app, (actor, scope), booking, (&offers, cmd), sent).await
            })
            .await
    })
    .await
}

async fn write(
    conn: &mut db::Conn,
    app: &App,
    (actor, scope): (&Actor, &Scope),
    id: BookingId,
    (offers, cmd): (&Offers, &Transfer),
    sent: &Sent<'_>,
) -> Result<(Placed, db::Remembered), Ended> {
    let booked = Booked::lock(conn, scope, id, sent).await?;
    booked.refuse_waiting(&[(OrderKind::Transfer, "transfer-already-ordered")])?;
    if let Some(line) = cmd.budget_line {
        // Whoever holds this lock alone decides about the rest of the line.
        db::budgets::lock(conn, scope, BudgetLineId(line)).await?;
    }
    let mut wished = moved(conn, (actor, scope), offers, &booked.row, cmd, sent.now).await?;
    add(&mut wished.findings, check_reason(&cmd.justification, true).into_iter().collect());
    if !wished.findings.is_empty() {
        return Err(Error::from(Refusal::fields(wished.findings)).into());
    }
    let begins_at = order::wished_at(wished.from_on, sent.now);
    let order = booked.order(conn, actor, (OrderKind::Transfer, begins_at), &cmd.justification, sent).await?;
    let line = wished.line();
    let order = OrderRow {
        unit_id: line.map_or(order.unit_id, |line| line.row.unit_id),
        cost_centre: cmd.cost_centre.clone(),
        account: cmd.account.clone(),
        budget_line_id: line.map(|line| line.row.id),
        monthly_amount: wished.estimation.monthly.decimal(),
        committed_amount: wished.amount.decimal(),
        estimate: serde_json::to_value(&wished.estimation).map_err(|error| Error::Internal(error.into()))?,
        replaces: Some(serde_json::to_value(wished.left()).map_err(|error| Error::Internal(error.into()))?),
        ..order
    };
    db::orders::insert(conn, &order).await?;
    if let (Some(line), true) = (order.budget_line_id, wished.other_line) {
        db::budgets::insert_commitment(conn, &commitment(&order, line, sent.now)).await?;
    }
    tell_approvers(conn, app, actor, &order, &wished.standing.approvers, sent.now).await?;
    let detail = json!({
        "event": "sent", "number": order.number, "kind": order.kind, "booking": order.booking_id,
        "committed": wished.amount, "budget_line": order.budget_line_id,
    });
    let entry = record::by_person(actor, Action::PlaceOrder, format!("order:{}", order.id), detail, sent.now);
    Ok((Placed { id: order.id, number: order.number, new: true }, entry))
}

/// A transfer with everything that is known about it.
pub(super) struct Moved {
    /// Where the booking belongs until the transfer.
    pub(super) before: AssignmentRow,
    /// What the amount was computed from.
    grounds: Grounds,
    /// First day.
    pub(super) from_on: Date,
    /// Whether another Haushaltsansatz pays than before.
    pub(super) other_line: bool,
    /// Gross, what it binds in the other line for the rest of its year.
    pub(super) amount: Money,
    /// Cost from the first day on.
    pub(super) estimation: Estimation,
    /// Where the organisation stands.
    pub(super) standing: Standing,
    /// Kostenstellen to choose from.
    pub(super) cost_centres: Vec<Choice>,
    /// Sachkonten to choose from.
    pub(super) accounts: Vec<Choice>,
    /// Everything that is wrong.
    pub(super) findings: Vec<Finding>,
    chosen: Option<Uuid>,
    lines: Vec<HeldLine>,
}

impl Moved {
    fn line(&self) -> Option<&HeldLine> {
        let own = self.standing.lines.iter().find(|line| Some(line.row.id) == self.chosen);
        own.filter(|_| !self.standing.price_free)
    }

    /// Where the booking belongs before, in words.
    pub(super) fn left(&self) -> Left {
        let line = self.lines.iter().find(|line| Some(line.row.id) == self.before.budget_line_id);
        Left {
            cost_centre: self.before.cost_centre.clone(),
            account: self.before.account.clone(),
            line: line.map_or_else(String::new, |line| format!("{} {}", line.row.code, line.row.name)),
            grounds: self.grounds.clone(),
        }
    }
}

/// Checks a transfer of a booking.
pub(super) async fn moved(
    conn: &mut db::Conn,
    (actor, scope): (&Actor, &Scope),
    offers: &Offers,
    row: &BookingRow,
    cmd: &Transfer,
    now: Timestamp,
) -> Result<Moved, Error> {
    let from_on = cmd.from_on.unwrap_or_else(|| berlin_day(now));
    let begins_at = order::wished_at(from_on, now);
    let Around { before, paid_by, grounds, planned } =
        around(conn, scope, row, (begins_at, cmd.budget_line)).await?;
    let estimation = cost_from(conn, scope, offers, row, from_on, now).await?;
    let other_line = cmd.budget_line.is_some() && paid_by.is_none();
    let needed = if other_line { estimation.committed } else { Money::ZERO };
    let standing = look(conn, actor, scope, &offers.booked, needed, now).await?;
    let amount = if standing.price_free { Money::ZERO } else { needed };
    let chosen = standing.lines.iter().find(|line| Some(line.row.id) == cmd.budget_line);
    let cost_centres = db::master_data::list_cost_centres(conn, scope).await?;
    let cost_centres: Vec<Choice> = cost_centres.into_iter().map(|row| choice(row.code, &row.name)).collect();
    let accounts = db::master_data::list_accounts(conn, scope).await?;
    let accounts: Vec<Choice> = accounts.into_iter().map(|row| choice(row.code, &row.name)).collect();
    let master = MasterData {
        cost_centres: codes(&cost_centres),
        accounts: codes(&accounts),
        budget_year: chosen.and_then(|line| i16::try_from(line.row.year).ok()),
        // Nothing is bought that was not bought before.
        legal_basis_covers: true,
        price_free: standing.price_free,
    };
    let assignment = Assignment {
        cost_centre: cmd.cost_centre.clone(),
        account: cmd.account.clone(),
        wished_on: from_on,
        justification: cmd.justification.clone(),
    };
    let mut findings = order::check(&assignment, &master, berlin_day(now));
    for finding in findings.iter_mut().filter(|finding| finding.pointer == "/wished_on") {
        "/from_on".clone_into(&mut finding.pointer);
    }
    if row.ends_at.is_some_and(|end| end.to_jiff() <= begins_at) {
        findings.push(Finding::new("/from_on", "transfer-after-end"));
    }
    if let Some(planned) = planned {
        let ahead =
            Finding::new("/from_on", "transfer-before-planned").with("from_date", berlin_day(planned));
        add(&mut findings, vec![ahead]);
    }
    let line_stays = cmd.budget_line.is_none() || cmd.budget_line == before.budget_line_id;
    let stays = (&before.cost_centre, &before.account) == (&cmd.cost_centre, &cmd.account)
        && line_stays
        && grounds.replaced.is_none();
    if stays && findings.is_empty() {
        findings.push(Finding::new("", "transfer-nothing"));
    }
    if other_line || standing.approvers.is_empty() {
        add(&mut findings, money_findings(chosen.filter(|_| other_line), &standing, amount)?);
    }
    let lines = db::budgets::list_held(conn, scope, None).await?;
    Ok(Moved {
        before,
        grounds,
        from_on,
        other_line: other_line && !standing.price_free,
        amount,
        estimation,
        standing,
        cost_centres,
        accounts,
        findings,
        chosen: cmd.budget_line,
        lines,
    })
}

/// What the booking costs from the first day on, or from its start if that comes later.
async fn cost_from(
    conn: &mut db::Conn,
    scope: &Scope,
    offers: &Offers,
    row: &BookingRow,
    from_on: Date,
    now: Timestamp,
) -> Result<Estimation, Error> {
    let plan = offers.booked.plan(row.plan_id).ok_or(Error::NotFound)?;
    let seen = db::observations::find(conn, scope, BookingId(row.id)).await?;
    let wished = row.wished_start_at.to_jiff();
    let started = wished <= now && seen.is_some_and(|it| it.ready_at.is_some());
    let first = from_on.max(berlin_day(wished));
    estimate(&offers.booked, plan, &row.parameters, started, (first, ends_on(row)))
}

/// An approved transfer is agreed: from its first instant on the booking belongs elsewhere. Refused where that would be
/// another year than the line's, after the end, or where something else was agreed since. Called inside the transaction of the approval.
pub(crate) async fn transferred(
    conn: &mut db::Conn,
    scope: &Scope,
    order: &OrderRow,
    now: Timestamp,
) -> Result<(), Error> {
    let row = db::bookings::lock(conn, scope, BookingId(order.booking_id)).await?;
    let from = begins(order.wished_at.to_jiff(), now);
    if row.wanted == "absent" || row.ends_at.is_some_and(|end| end.to_jiff() <= from) {
        return Err(Refusal::new("booking-ends-already").into());
    }
    let now_so = around(conn, scope, &row, (from, order.budget_line_id)).await?;
    let grounds = Left::of(order).map(|left| left.grounds).unwrap_or_default();
    if now_so.grounds != grounds || now_so.planned.is_some() {
        return Err(Refusal::new("transfer-outdated").into());
    }
    if let (Some(line), None) = (order.budget_line_id, now_so.paid_by) {
        let line = db::budgets::get_held(conn, scope, BudgetLineId(line)).await?;
        if line.row.year != i32::from(berlin_day(from).year()) {
            return Err(Refusal::new("transfer-other-year").with("year", line.row.year).into());
        }
    }
    let agreed_before = db::assignments::list(conn, scope, BookingId(row.id)).await?.agreed().len();
    let agreed = AssignmentRow {
        booking_id: row.id,
        position: i32::try_from(agreed_before + 1).map_err(|error| Error::Internal(error.into()))?,
        organisation_id: row.organisation_id,
        begins_at: from.into(),
        unit_id: order.unit_id,
        cost_centre: order.cost_centre.clone(),
        account: order.account.clone(),
        budget_line_id: order.budget_line_id,
        order_id: order.id,
        paid_by: now_so.paid_by.unwrap_or(order.id),
        agreed_at: now.into(),
    };
    db::assignments::insert(conn, &agreed).await?;
    if from <= now { bookings::assign(conn, &row, &agreed).await } else { Ok(()) }
}
