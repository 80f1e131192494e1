//! What the provider's people said about troubles with service brokers.

use crate::schema::broker_words;
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::{BookingId, WordId};
use domain::policy::{OperatorIdentity, Scope};
use jiff::Timestamp;
use uuid::Uuid;

/// So many of the youngest are told.
const LISTED: i64 = 50;

/// One word.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = broker_words)]
pub struct WordRow {
    pub id: Uuid,
    pub booking_id: Uuid,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub location_id: Uuid,
    pub person_id: Uuid,
    pub said_at: Ts,
    pub word: String,
    pub reason: String,
    pub heard_at: Option<Ts>,
    pub failed_at: Option<Ts>,
    pub code: Option<String>,
}

/// Adds a word; [`crate::Error::Taken`] while another one about the booking is open.
pub async fn insert(conn: &mut Conn, row: &WordRow) -> Result<()> {
    diesel::insert_into(broker_words::table).values(row).execute(conn).await?;
    Ok(())
}

/// Words of the scope about a booking, the latest first.
pub async fn list(conn: &mut Conn, scope: &Scope, booking: BookingId) -> Result<Vec<WordRow>> {
    Ok(broker_words::table
        .filter(broker_words::booking_id.eq(booking.0))
        .filter(broker_words::provider_id.eq_any(crate::scope_ids(scope)))
        .order((broker_words::said_at.desc(), broker_words::id.desc()))
        .limit(LISTED)
        .select(WordRow::as_select())
        .load(conn)
        .await?)
}

/// Which word about a booking was heard last, and when; for whoever may see the booking, and no more of it.
pub async fn find_heard(conn: &mut Conn, booking: BookingId) -> Result<Option<(String, Ts)>> {
    Ok(broker_words::table
        .filter(broker_words::booking_id.eq(booking.0))
        .filter(broker_words::heard_at.is_not_null())
        .order(broker_words::heard_at.desc())
        .select((broker_words::word, broker_words::heard_at.assume_not_null()))
        .first(conn)
        .await
        .optional()?)
}

/// Open words of an operator's location, the oldest first; also those since a moment that were over before anybody answered: the
/// operator may have heard them.
pub async fn list_open(
    conn: &mut Conn,
    who: &OperatorIdentity,
    expired_since: Timestamp,
) -> Result<Vec<WordRow>> {
    Ok(broker_words::table
        .filter(broker_words::location_id.eq(who.location.0))
        .filter(broker_words::provider_id.eq(who.provider.0))
        .filter(broker_words::heard_at.is_null())
        .filter(
            broker_words::failed_at
                .is_null()
                .or(broker_words::code.eq("expired").and(broker_words::said_at.gt(Ts::from(expired_since)))),
        )
        .order((broker_words::said_at, broker_words::id))
        .limit(100)
        .select(WordRow::as_select())
        .load(conn)
        .await?)
}

/// One word for the operator's location, locked.
pub async fn lock_said(conn: &mut Conn, who: &OperatorIdentity, id: WordId) -> Result<WordRow> {
    Ok(broker_words::table
        .filter(broker_words::id.eq(id.0))
        .filter(broker_words::location_id.eq(who.location.0))
        .filter(broker_words::provider_id.eq(who.provider.0))
        .for_no_key_update()
        .select(WordRow::as_select())
        .first(conn)
        .await?)
}

/// Open words from before a moment, the oldest first; for the sweep.
pub async fn list_overdue(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<WordId>> {
    let ids: Vec<Uuid> = broker_words::table
        .filter(broker_words::heard_at.is_null())
        .filter(broker_words::failed_at.is_null())
        .filter(broker_words::said_at.lt(Ts::from(before)))
        .order((broker_words::said_at, broker_words::id))
        .limit(limit)
        .select(broker_words::id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(WordId).collect())
}

/// One word, locked; for the sweep.
pub async fn lock(conn: &mut Conn, id: WordId) -> Result<WordRow> {
    Ok(broker_words::table.find(id.0).for_no_key_update().select(WordRow::as_select()).first(conn).await?)
}

/// It was heard, or not for this reason.
pub async fn update_answered(
    conn: &mut Conn,
    id: WordId,
    failed: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let now = Some(Ts::from(now));
    diesel::update(broker_words::table.find(id.0))
        .set((
            broker_words::heard_at.eq(now.filter(|_| failed.is_none())),
            broker_words::failed_at.eq(now.filter(|_| failed.is_some())),
            broker_words::code.eq(failed),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
