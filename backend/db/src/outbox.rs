//! Mails that still have to leave the house. A row is written in the transaction that decides about it.

use crate::schema::outbox;
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use uuid::Uuid;

/// A mail on its way.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = outbox)]
pub struct OutboxRow {
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub recipient: String,
    pub subject: String,
    pub body: String,
    pub created_at: Ts,
    pub due_at: Ts,
    pub attempts: i32,
    pub last_error: Option<String>,
    pub delivered_at: Option<Ts>,
    pub parked_at: Option<Ts>,
}

/// Puts a mail into the outbox.
pub async fn append(conn: &mut Conn, row: &OutboxRow) -> Result<()> {
    diesel::insert_into(outbox::table).values(row).execute(conn).await?;
    Ok(())
}

/// Takes mails that are due, locked until the transaction ends; two workers never take the same.
pub async fn claim_due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<OutboxRow>> {
    Ok(outbox::table
        .filter(outbox::delivered_at.is_null())
        .filter(outbox::parked_at.is_null())
        .filter(outbox::due_at.le(Ts::from(now)))
        .order((outbox::due_at, outbox::id))
        .limit(limit)
        .for_no_key_update()
        .skip_locked()
        .select(OutboxRow::as_select())
        .load(conn)
        .await?)
}

/// The mail was handed over.
pub async fn update_delivered(conn: &mut Conn, id: Uuid, now: Timestamp) -> Result<()> {
    diesel::update(outbox::table.find(id))
        .set((
            outbox::delivered_at.eq(Some(Ts::from(now))),
            outbox::attempts.eq(outbox::attempts + 1),
            outbox::last_error.eq(None::<String>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The mail could not be handed over; it is due again later, or parked for a person to look at.
pub async fn update_failed(
    conn: &mut Conn,
    id: Uuid,
    error: &str,
    due_at: Timestamp,
    parked_at: Option<Timestamp>,
) -> Result<()> {
    diesel::update(outbox::table.find(id))
        .set((
            outbox::attempts.eq(outbox::attempts + 1),
            outbox::last_error.eq(Some(error)),
            outbox::due_at.eq(Ts::from(due_at)),
            outbox::parked_at.eq(parked_at.map(Ts::from)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Everything that was ever put in, the youngest first, after a place in the list: the kept mails of the demonstration.
pub async fn list(conn: &mut Conn, after: Option<(Timestamp, Uuid)>, limit: i64) -> Result<Vec<OutboxRow>> {
    let mut query = outbox::table
        .order((outbox::created_at.desc(), outbox::id.desc()))
        .limit(limit)
        .select(OutboxRow::as_select())
        .into_boxed();
    if let Some((at, id)) = after {
        let at = Ts::from(at);
        query = query.filter(outbox::created_at.lt(at).or(outbox::created_at.eq(at).and(outbox::id.lt(id))));
    }
    Ok(query.load(conn).await?)
}

/// How many there are.
pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(outbox::table.count().get_result(conn).await?)
}

/// One of them.
pub async fn find(conn: &mut Conn, id: Uuid) -> Result<Option<OutboxRow>> {
    Ok(outbox::table.find(id).select(OutboxRow::as_select()).first(conn).await.optional()?)
}
