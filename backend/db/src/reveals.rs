//! Displays of access data: who asked, the public half of the key, the sealed answer until it was shown.

use crate::schema::reveals;
use crate::{Conn, Error, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::{BookingId, PersonId, RevealId};
use domain::policy::{OperatorIdentity, Scope};
use jiff::Timestamp;
use uuid::Uuid;

/// One display.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = reveals)]
pub struct RevealRow {
    pub id: Uuid,
    pub booking_id: Uuid,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub location_id: Option<Uuid>,
    pub person_id: Uuid,
    pub public_key: Vec<u8>,
    pub sealed: Option<Vec<u8>>,
    pub requested_at: Ts,
    pub expires_at: Ts,
    pub answered_at: Option<Ts>,
    pub shown_at: Option<Ts>,
}

/// Adds a display.
pub async fn insert(conn: &mut Conn, row: &RevealRow) -> Result<()> {
    diesel::insert_into(reveals::table).values(row).execute(conn).await?;
    Ok(())
}

/// One display of a booking that this person asked for.
pub async fn get_own(
    conn: &mut Conn,
    scope: &Scope,
    person: PersonId,
    booking: BookingId,
    id: RevealId,
) -> Result<RevealRow> {
    Ok(reveals::table
        .filter(reveals::id.eq(id.0))
        .filter(reveals::booking_id.eq(booking.0))
        .filter(reveals::person_id.eq(person.0))
        .filter(reveals::organisation_id.eq_any(crate::scope_ids(scope)))
        .select(RevealRow::as_select())
        .first(conn)
        .await?)
}

/// One display that this person asked for, locked so that it is shown once.
pub async fn lock_own(conn: &mut Conn, scope: &Scope, person: PersonId, id: RevealId) -> Result<RevealRow> {
    Ok(reveals::table
        .filter(reveals::id.eq(id.0))
        .filter(reveals::person_id.eq(person.0))
        .filter(reveals::organisation_id.eq_any(crate::scope_ids(scope)))
        .for_no_key_update()
        .select(RevealRow::as_select())
        .first(conn)
        .await?)
}

/// The last display of a booking that this person asked for.
pub async fn find_last(
    conn: &mut Conn,
    scope: &Scope,
    person: PersonId,
    booking: BookingId,
) -> Result<Option<RevealRow>> {
    Ok(reveals::table
        .filter(reveals::booking_id.eq(booking.0))
        .filter(reveals::person_id.eq(person.0))
        .filter(reveals::organisation_id.eq_any(crate::scope_ids(scope)))
        .order(reveals::requested_at.desc())
        .select(RevealRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Displays that wait for the operator of a location, the oldest first.
pub async fn list_open(conn: &mut Conn, who: &OperatorIdentity, now: Timestamp) -> Result<Vec<RevealRow>> {
    Ok(reveals::table
        .filter(reveals::location_id.eq(who.location.0))
        .filter(reveals::provider_id.eq(who.provider.0))
        .filter(reveals::answered_at.is_null())
        .filter(reveals::expires_at.gt(Ts::from(now)))
        .order(reveals::requested_at)
        .limit(100)
        .select(RevealRow::as_select())
        .load(conn)
        .await?)
}

/// One display of the operator's location, locked until it is answered.
pub async fn lock_asked(conn: &mut Conn, who: &OperatorIdentity, id: RevealId) -> Result<RevealRow> {
    Ok(reveals::table
        .filter(reveals::id.eq(id.0))
        .filter(reveals::location_id.eq(who.location.0))
        .filter(reveals::provider_id.eq(who.provider.0))
        .for_no_key_update()
        .select(RevealRow::as_select())
        .first(conn)
        .await?)
}

/// The public half of a display of the scope that waits for an answer.
pub async fn find_public_key(conn: &mut Conn, scope: &Scope, id: RevealId) -> Result<Option<Vec<u8>>> {
    Ok(reveals::table
        .find(id.0)
        .filter(reveals::provider_id.eq_any(crate::scope_ids(scope)))
        .filter(reveals::answered_at.is_null())
        .select(reveals::public_key)
        .first(conn)
        .await
        .optional()?)
}

/// The operator's answer; nothing sealed means that there is nothing to show.
pub async fn update_answered(
    conn: &mut Conn,
    id: RevealId,
    sealed: Option<&[u8]>,
    now: Timestamp,
) -> Result<()> {
    let changed = diesel::update(reveals::table.find(id.0))
        .set((reveals::sealed.eq(sealed), reveals::answered_at.eq(Some(Ts::from(now)))))
        .execute(conn)
        .await?;
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// It was shown: the sealed text is wiped.
pub async fn update_shown(conn: &mut Conn, id: RevealId, now: Timestamp) -> Result<()> {
    diesel::update(reveals::table.find(id.0))
        .set((reveals::sealed.eq(None::<Vec<u8>>), reveals::shown_at.eq(Some(Ts::from(now)))))
        .execute(conn)
        .await?;
    Ok(())
}

/// It will not be shown: the sealed text is wiped.
pub async fn update_wiped(conn: &mut Conn, id: RevealId) -> Result<()> {
    diesel::update(reveals::table.find(id.0)).set(reveals::sealed.eq(None::<Vec<u8>>)).execute(conn).await?;
    Ok(())
}

/// Wipes what nobody can open any more because its display has expired.
pub async fn update_expired(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    Ok(diesel::update(reveals::table)
        .filter(reveals::sealed.is_not_null())
        .filter(reveals::expires_at.le(Ts::from(now)))
        .set(reveals::sealed.eq(None::<Vec<u8>>))
        .execute(conn)
        .await?)
}
