//! Orders to make new access data.

use crate::schema::{access_rotations, bookings, reveals};
use crate::{Conn, Result, Ts};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::{BookingId, RotationId};
use domain::policy::{OperatorIdentity, Scope};
use jiff::Timestamp;
use uuid::Uuid;

/// So many of the youngest are told.
const LISTED: i64 = 200;

/// One order.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = access_rotations)]
pub struct RotationRow {
    pub id: Uuid,
    pub booking_id: Uuid,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub location_id: Uuid,
    pub person_id: Uuid,
    pub requested_at: Ts,
    pub done_at: Option<Ts>,
    pub failed_at: Option<Ts>,
    pub code: Option<String>,
}

/// Adds an order; [`crate::Error::Taken`] while another one of the booking is open.
pub async fn insert(conn: &mut Conn, row: &RotationRow) -> Result<()> {
    diesel::insert_into(access_rotations::table).values(row).execute(conn).await?;
    Ok(())
}

/// Orders about a booking of the scope, the oldest first.
pub async fn list(conn: &mut Conn, scope: &Scope, booking: BookingId) -> Result<Vec<RotationRow>> {
    let mut rows = access_rotations::table
        .filter(access_rotations::booking_id.eq(booking.0))
        .filter(access_rotations::organisation_id.eq_any(crate::scope_ids(scope)))
        .order((access_rotations::requested_at.desc(), access_rotations::id.desc()))
        .limit(LISTED)
        .select(RotationRow::as_select())
        .load(conn)
        .await?;
    rows.reverse();
    Ok(rows)
}

/// Open orders of an operator's location, the youngest first; also those that were over before anybody answered, unless there is a
/// newer one: the operator may have carried them out.
pub async fn list_open(conn: &mut Conn, who: &OperatorIdentity) -> Result<Vec<RotationRow>> {
    let newer = diesel::alias!(access_rotations as newer);
    Ok(access_rotations::table
        .filter(access_rotations::location_id.eq(who.location.0))
        .filter(access_rotations::provider_id.eq(who.provider.0))
        .filter(access_rotations::done_at.is_null())
        .filter(
            access_rotations::failed_at.is_null().or(access_rotations::code.eq("expired").and(not(exists(
                newer
                    .filter(newer.field(access_rotations::booking_id).eq(access_rotations::booking_id))
                    .filter(newer.field(access_rotations::requested_at).gt(access_rotations::requested_at)),
            )))),
        )
        .order(access_rotations::requested_at.desc())
        .limit(100)
        .select(RotationRow::as_select())
        .load(conn)
        .await?)
}

/// One order of the operator's location, locked.
pub async fn lock_ordered(conn: &mut Conn, who: &OperatorIdentity, id: RotationId) -> Result<RotationRow> {
    Ok(access_rotations::table
        .filter(access_rotations::id.eq(id.0))
        .filter(access_rotations::location_id.eq(who.location.0))
        .filter(access_rotations::provider_id.eq(who.provider.0))
        .for_no_key_update()
        .select(RotationRow::as_select())
        .first(conn)
        .await?)
}

/// Open orders from before a moment, those to brokers from before another, the oldest first; for the sweep.
pub async fn list_overdue(
    conn: &mut Conn,
    before: Timestamp,
    of_broker: Timestamp,
    limit: i64,
) -> Result<Vec<RotationId>> {
    let ids: Vec<Uuid> = access_rotations::table
        .inner_join(bookings::table.on(bookings::id.eq(access_rotations::booking_id)))
        .filter(access_rotations::done_at.is_null())
        .filter(access_rotations::failed_at.is_null())
        .filter(access_rotations::requested_at.lt(Ts::from(before)))
        .filter(
            bookings::kind.ne("shared-service").or(access_rotations::requested_at.lt(Ts::from(of_broker))),
        )
        .order((access_rotations::requested_at, access_rotations::id))
        .limit(limit)
        .select(access_rotations::id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(RotationId).collect())
}

/// One order, locked; for the sweep.
pub async fn lock(conn: &mut Conn, id: RotationId) -> Result<RotationRow> {
    Ok(access_rotations::table
        .find(id.0)
        .for_no_key_update()
        .select(RotationRow::as_select())
        .first(conn)
        .await?)
}

/// There are new access data, or nothing to change for this reason.
pub async fn update_answered(
    conn: &mut Conn,
    id: RotationId,
    failed: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let now = Some(Ts::from(now));
    diesel::update(access_rotations::table.find(id.0))
        .set((
            access_rotations::done_at.eq(now.filter(|_| failed.is_none())),
            access_rotations::failed_at.eq(now.filter(|_| failed.is_some())),
            access_rotations::code.eq(failed),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Displays of a booking that really showed something: when and to whom, the oldest first.
pub async fn list_shown(conn: &mut Conn, scope: &Scope, booking: BookingId) -> Result<Vec<(Ts, Uuid)>> {
    let mut rows = reveals::table
        .filter(reveals::booking_id.eq(booking.0))
        .filter(reveals::organisation_id.eq_any(crate::scope_ids(scope)))
        .filter(reveals::shown_at.is_not_null())
        .order((reveals::shown_at.desc(), reveals::id.desc()))
        .limit(LISTED)
        .select((reveals::shown_at.assume_not_null(), reveals::person_id))
        .load(conn)
        .await?;
    rows.reverse();
    Ok(rows)
}
