//! Orders that take the end of a booking back or put it off: before it has come, or afterwards while the data are still kept.

use super::follow_up::{Booked, refuse_ahead};
use super::longer::longer;
use super::place::{Ended, Placed, Sent, commitment, once, tell_approvers};
use super::replanned::{Offers, ends_on};
use crate::app::App;
use crate::usecases::{Error, Refusal, bookings, record};
use db::bookings::BookingRow;
use db::orders::OrderRow;
use domain::ids::{BookingId, BudgetLineId, OrderId};
use domain::order::OrderKind;
use domain::policy::{Action, Actor, Scope};
use domain::time::midnight;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The wish to keep a booking whose end is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// From the beginning of this day it is not wanted any more; none goes on without an end.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub ends_on: Option<Date>,
    /// Why.
    pub justification: String,
}

/// What such an order replaces: kept with it, for the person who approves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormerEnd {
    /// The day at whose beginning the booking would end, or has ended.
    pub(super) ends_on: Date,
}

impl FormerEnd {
    /// What an order replaces; nothing for orders that put no end off.
    pub(super) fn of(order: &OrderRow) -> Option<Self> {
        Self::deserialize(order.replaces.as_ref()?).ok()
    }
}

/// Places the order that takes the end of a booking of the own organisation back. Refuses a booking without an end, one
/// whose data are being deleted, and one whose costs are already settled.
pub async fn place_resume(
    app: &App,
    actor: &Actor,
    key: &str,
    booking: BookingId,
    cmd: &Resume,
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
    (offers, cmd): (&Offers, &Resume),
    sent: &Sent<'_>,
) -> Result<(Placed, db::Remembered), Ended> {
    let booked = Booked::lock_any(conn, scope, id, sent).await?;
    booked.refuse_waiting(&[
        (OrderKind::Resume, "resume-already-ordered"),
        (OrderKind::Change, "change-waits"),
    ])?;
    refuse_late(conn, scope, &booked.row, sent.now).await?;
    refuse_ahead(conn, scope, &booked.row, sent.now).await?;
    if let Some(line) = booked.private.budget_line_id {
        // Whoever holds this lock alone decides about the rest of the line.
        db::budgets::lock(conn, scope, BudgetLineId(line)).await?;
    }
    let longer = longer(conn, (actor, scope), offers, (&booked.row, &booked.private), cmd, sent.now).await?;
    if !longer.findings.is_empty() {
        return Err(Error::from(Refusal::fields(longer.findings)).into());
    }
    let order = booked.order(conn, actor, (OrderKind::Resume, sent.now), &cmd.justification, sent).await?;
    let former = ends_on(&booked.row).map(|ends_on| FormerEnd { ends_on });
    let order = OrderRow {
        ends_at: cmd.ends_on.map(|day| midnight(day).into()),
        replaces: former
            .map(serde_json::to_value)
            .transpose()
            .map_err(|error| Error::Internal(error.into()))?,
        monthly_amount: longer.after.monthly.decimal(),
        committed_amount: longer.more.decimal(),
        estimate: serde_json::to_value(&longer.after).map_err(|error| Error::Internal(error.into()))?,
        ..order
    };
    db::orders::insert(conn, &order).await?;
    if let (Some(line), false) = (order.budget_line_id, longer.reserves.is_zero()) {
        db::budgets::insert_commitment(conn, &commitment(&order, line, sent.now)).await?;
    }
    tell_approvers(conn, app, actor, &order, &longer.standing.approvers, sent.now).await?;
    let detail = json!({"event": "sent", "number": order.number, "kind": order.kind, "booking": order.booking_id,
        "committed": longer.more, "ends_on": cmd.ends_on});
    let entry = record::by_person(actor, Action::PlaceOrder, format!("order:{}", order.id), detail, sent.now);
    Ok((Placed { id: order.id, number: order.number, new: true }, entry))
}

/// Why it is too late, if it is: nothing to take back, data on their way out, or money that nobody holds any more.
async fn refuse_late(
    conn: &mut db::Conn,
    scope: &Scope,
    row: &BookingRow,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(ends_at) = row.ends_at.map(|at| at.to_jiff()) else {
        return Err(Refusal::new("resume-no-end").into());
    };
    let deletes_at = row.deletes_at.map_or(ends_at, |at| at.to_jiff());
    if row.wanted == "absent" || deletes_at <= now {
        return Err(Refusal::new("resume-too-late").into());
    }
    let private = db::bookings::find_customer_private(conn, scope, BookingId(row.id)).await?;
    let private = private.ok_or(Error::NotFound)?;
    let history = db::assignments::list(conn, scope, BookingId(row.id)).await?;
    let paid_by = history.at(now).map_or(private.order_id, |it| it.paid_by);
    let held = db::budgets::find_commitment(conn, scope, OrderId(paid_by)).await?;
    let settled = held.is_some_and(|held| held.released_at.is_some());
    if settled || db::invoices::find_final(conn, scope, row.id).await?.is_some() {
        return Err(Refusal::new("resume-settled").into());
    }
    Ok(())
}

/// An approved order takes effect: the end is gone, and what was stopped for it starts. Called inside the transaction of the
/// approval.
pub(crate) async fn resumed(
    conn: &mut db::Conn,
    scope: &Scope,
    order: &OrderRow,
    now: Timestamp,
) -> Result<(), Error> {
    let row = db::bookings::lock(conn, scope, BookingId(order.booking_id)).await?;
    refuse_late(conn, scope, &row, now).await?;
    if order.ends_at.is_some_and(|end| end.to_jiff() <= now) {
        return Err(Refusal::new("resume-outdated").into());
    }
    refuse_ahead(conn, scope, &row, now).await?;
    bookings::resume(conn, &row, order, now).await
}
