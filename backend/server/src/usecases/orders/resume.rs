//! Orders that take the end of a booking back: before it has come, or afterwards while the data are still kept.

use super::follow_up::{Booked, check_reason};
use super::place::{Ended, Placed, Sent, once, tell_approvers};
use crate::app::App;
use crate::usecases::{Error, Refusal, bookings, record};
use db::bookings::BookingRow;
use db::orders::OrderRow;
use domain::ids::{BookingId, OrderId};
use domain::money::Money;
use domain::order::{Finding, OrderKind};
use domain::policy::{Action, Actor, Scope};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The wish to keep a booking whose end is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// Why.
    pub justification: String,
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
        if let Some(wrong) = check_reason(&cmd.justification, true) {
            return Err(Error::from(Refusal::fields(vec![wrong])).into());
        }
        app.db
            .write(scope, async |conn: &mut db::Conn| {
                write(conn, app, (actor, scope), booking, cmd, sent).await
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
    cmd: &Resume,
    sent: &Sent<'_>,
) -> Result<(Placed, db::Remembered), Ended> {
    let booked = Booked::lock_any(conn, scope, id, sent).await?;
    if let Some(open) = booked.open(OrderKind::Resume) {
        return Err(Error::from(Refusal::new("resume-already-ordered").with("number", &open.number)).into());
    }
    refuse_late(conn, scope, &booked.row, sent.now).await?;
    let approvers = crate::usecases::offerings::approvers(conn, actor, scope, Money::ZERO, sent.now).await?;
    if approvers.is_empty() {
        return Err(Error::from(Refusal::fields(vec![Finding::new("", "no-approver")])).into());
    }
    let order = booked.order(conn, actor, (OrderKind::Resume, sent.now), &cmd.justification, sent).await?;
    db::orders::insert(conn, &order).await?;
    tell_approvers(conn, app, actor, &order, &approvers, sent.now).await?;
    let detail =
        json!({"event": "sent", "number": order.number, "kind": order.kind, "booking": order.booking_id});
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
    let held = db::budgets::find_commitment(conn, scope, OrderId(private.order_id)).await?;
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
    bookings::resume(conn, &row, order, now).await
}
