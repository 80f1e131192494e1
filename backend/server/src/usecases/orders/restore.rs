//! Orders that bring an earlier state of a booking's data back. A second person decides: what was written since is replaced.

use super::follow_up::{Booked, check_reason, over};
use super::place::{Ended, Placed, Sent, once, tell_approvers};
use crate::app::App;
use crate::usecases::{Error, Refusal, bookings, record};
use db::bookings::BookingRow;
use db::orders::OrderRow;
use domain::ids::BookingId;
use domain::money::Money;
use domain::order::{Finding, OrderKind};
use domain::policy::{Action, Actor, Scope};
use domain::restore::{KEPT_DAYS, Refused};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The wish to have the data as they were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GoBack {
    /// The moment.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Why.
    pub justification: String,
}

/// Places the order. Findings point to `/at` and `/justification`. Refuses a booking without a complete backup, and one whose
/// last restore has left something that is still kept.
pub async fn place_restore(
    app: &App,
    actor: &Actor,
    key: &str,
    booking: BookingId,
    cmd: &GoBack,
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
    cmd: &GoBack,
    sent: &Sent<'_>,
) -> Result<(Placed, db::Remembered), Ended> {
    let booked = Booked::lock(conn, scope, id, sent).await?;
    booked.refuse_waiting(&[(OrderKind::Restore, "restore-already-ordered")])?;
    next(conn, scope, &booked.row, cmd.at, sent.now).await?;
    let approvers = crate::usecases::offerings::approvers(conn, actor, scope, Money::ZERO, sent.now).await?;
    if approvers.is_empty() {
        return Err(Error::from(Refusal::fields(vec![Finding::new("", "no-approver")])).into());
    }
    let order = booked.order(conn, actor, (OrderKind::Restore, sent.now), &cmd.justification, sent).await?;
    let order = OrderRow { restore_at: Some(cmd.at.into()), keep_days: Some(KEPT_DAYS), ..order };
    db::orders::insert(conn, &order).await?;
    tell_approvers(conn, app, actor, &order, &approvers, sent.now).await?;
    let detail =
        json!({"event": "sent", "number": order.number, "kind": order.kind, "booking": order.booking_id});
    let entry = record::by_person(actor, Action::PlaceOrder, format!("order:{}", order.id), detail, sent.now);
    Ok((Placed { id: order.id, number: order.number, new: true }, entry))
}

/// What the location would be told, from its last word about the backups.
async fn next(
    conn: &mut db::Conn,
    scope: &Scope,
    row: &BookingRow,
    at: Timestamp,
    now: Timestamp,
) -> Result<contract::Restore, Error> {
    let known = db::observations::find(conn, scope, BookingId(row.id)).await?;
    let known = known.as_ref().map(|known| known.to_known()).transpose()?;
    let seen = known.and_then(|known| known.recoverable);
    let last = bookings::last_restore(row)?;
    domain::restore::next(seen.as_ref(), last.as_ref(), at, now).map_err(|refused| match refused {
        Refused::NoBackup => Refusal::new("restore-no-backup").into(),
        Refused::KeptStill => Refusal::new("restore-kept-still").into(),
        Refused::Outside { since, until } => Refusal::fields(vec![
            Finding::new("/at", "restore-outside").with("since_exact", since).with("until_exact", until),
        ])
        .into(),
    })
}

/// An approved order takes effect: the location is told. Called inside the transaction of the approval.
pub(crate) async fn restored(
    conn: &mut db::Conn,
    scope: &Scope,
    order: &OrderRow,
    now: Timestamp,
) -> Result<(), Error> {
    let row = db::bookings::lock(conn, scope, BookingId(order.booking_id)).await?;
    if over(&row, now) {
        return Err(Refusal::new("booking-ends-already").into());
    }
    let at = order.restore_at.ok_or_else(|| anyhow::anyhow!("order {} names no moment", order.id));
    let at = at.map_err(Error::Internal)?.to_jiff();
    let wish = next(conn, scope, &row, at, now).await?;
    bookings::go_back(conn, &row, order, wish, now).await
}
