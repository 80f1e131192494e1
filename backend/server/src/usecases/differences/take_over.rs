//! A booking that runs and that the marketplace lost is taken over by ordering it again: under the same id, so that the
//! location provisions nothing, and with everything that an order needs, so that somebody decides about its money.

use super::obeyed;
use crate::usecases::offerings::Offer;
use crate::usecases::{Error, Refusal};
use contract::{Desired, Wanted};
use domain::ids::{BookingId, DifferenceId};
use domain::order::{Finding, OrderKind};
use domain::policy::{Actor, Scope};
use uuid::Uuid;

/// The id of the booking that an order takes over. It must run, at the place where the order would run, as the same kind, and nobody else
/// may have ordered it again.
pub(in crate::usecases) async fn to_take_over(
    conn: &mut db::Conn,
    (actor, scope): (&Actor, &Scope),
    difference: Uuid,
    offer: &Offer,
    location: Option<Uuid>,
) -> Result<Uuid, Error> {
    let refused = |code: &str| Error::from(Refusal::fields(vec![Finding::new("/takes_over", code)]));
    let id = DifferenceId(difference);
    let row = db::differences::lock_unlisted(conn, actor.organisation, id).await?;
    let row = row.ok_or_else(|| refused("takes-over-unknown"))?;
    let runs = obeyed(&row).filter(|obeyed| obeyed.wanted == Wanted::Present);
    let runs = runs.filter(|_| row.gone_at.is_none()).ok_or_else(|| refused("takes-over-unknown"))?;
    if Some(row.location_id) != location || runs.kind != offer.kind {
        return Err(refused("takes-over-elsewhere"));
    }
    let orders = db::orders::list_of_booking(conn, scope, row.booking_id).await?;
    let again = orders.iter().any(|(order, decision)| {
        order.kind == OrderKind::Create.code()
            && decision.as_ref().is_none_or(|decision| decision.decision == "approved")
    });
    if again { Err(refused("takes-over-ordered")) } else { Ok(row.booking_id) }
}

/// The location where the booking runs that an order would take over.
pub(in crate::usecases) async fn runs_at(
    conn: &mut db::Conn,
    actor: &Actor,
    difference: Option<Uuid>,
) -> Result<Option<Uuid>, Error> {
    let Some(id) = difference else { return Ok(None) };
    let row = db::differences::find_lost(conn, actor.organisation, DifferenceId(id)).await?;
    Ok(row.filter(|row| row.gone_at.is_none()).map(|row| row.location_id))
}

/// What the location obeys of a booking that an order begins, if it is one that is taken over: its first generation lies
/// above it. Refuses once two people decided to end it, and once it is gone; the order would make an empty one under its id.
pub(in crate::usecases) async fn taken_over(
    conn: &mut db::Conn,
    booking: BookingId,
) -> Result<Option<Desired>, Error> {
    let Some(row) = db::differences::lock_lost_booking(conn, booking).await? else { return Ok(None) };
    let over = row.closed_at.is_some() || row.confirmed_at.is_some() || row.gone_at.is_some();
    let runs = obeyed(&row).filter(|obeyed| !over && obeyed.wanted == Wanted::Present);
    runs.map(Some).ok_or_else(|| Refusal::new("takes-over-gone").into())
}
