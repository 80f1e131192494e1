//! The provider takes a booking on or declines it. Before that no location learns of it; a declined one is over as if it had
//! never begun, and its money is free at once.

use super::{Deal, close_rest, observe, observed, tell};
use crate::app::App;
use crate::usecases::{Error, Refusal, bookings};
use db::bookings::{BookingRow, WantedChange};
use db::tasks::TaskRow;
use domain::ids::{BookingId, LocationId, OrderId};
use domain::task::{ACCEPT, DECLINED};
use jiff::Timestamp;
use serde_json::json;

/// From now on the location learns of the booking. Refuses one that the customer has ended meanwhile.
pub(super) async fn accept(conn: &mut db::Conn, deal: &Deal, now: Timestamp) -> Result<(), Error> {
    let row = lock_wanted(conn, deal, now).await?;
    let Some(location) = row.location_id else { return Ok(()) };
    let revision = db::bookings::lock_revision(conn, LocationId(location)).await?;
    Ok(db::bookings::update_revision(conn, BookingId(row.id), revision).await?)
}

/// Ends the booking that nobody provisioned, frees its money and tells who ordered and who approved.
pub(super) async fn decline(
    conn: &mut db::Conn,
    app: &App,
    deal: &Deal,
    rows: &[TaskRow],
    reason: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let row = lock_wanted(conn, deal, now).await?;
    let booking = BookingId(row.id);
    // Whoever restored the marketplace may have lost that it was taken on: then it runs, and its data are the customer's.
    if row.location_id.is_some()
        && observed(conn, &row)
            .await?
            .is_some_and(|known| known.ready_at.is_some() || !known.conditions.is_empty())
    {
        return Err(Refusal::new("task-booking-runs").into());
    }
    close_rest(conn, rows, &[ACCEPT], now).await?;
    let ends_at = Timestamp::from_second(now.as_second()).unwrap_or(now).max(row.created_at.to_jiff());
    let change = WantedChange {
        generation: row.generation + 1,
        revision: row.revision,
        wanted: "absent".to_owned(),
        power: row.power.clone(),
        ends_at: Some(ends_at.into()),
        deletes_at: None,
    };
    db::bookings::update_wanted(conn, booking, &change).await?;
    let ended = BookingRow { generation: change.generation, wanted: change.wanted, ..row.clone() };
    let before = observed(conn, &ended).await?;
    observe(conn, &ended, before, |known| known.gone_at = known.gone_at.or(Some(ends_at)), now).await?;
    let detail = json!({"reason": reason.trim()});
    db::bookings::append_events(conn, &[bookings::event(&row, DECLINED, detail, now, now)]).await?;
    let private = db::bookings::find_customer_private(conn, &deal.scope, booking).await?;
    let order = OrderId(private.ok_or(Error::NotFound)?.order_id);
    db::budgets::update_released(conn, order, now).await?;
    tell::declined(conn, app, (deal, order), reason, now).await
}

async fn lock_wanted(conn: &mut db::Conn, deal: &Deal, now: Timestamp) -> Result<BookingRow, Error> {
    let row = db::bookings::lock_named(conn, BookingId(deal.row.id)).await?;
    let over = row.wanted == "absent" || row.ends_at.is_some_and(|at| at.to_jiff() <= now);
    if over { Err(Refusal::new("task-booking-ended").into()) } else { Ok(row) }
}
