//! Attempts at secrets: until when each bucket is in use, by the hash of what it is for. Nobody's rows.

use crate::schema::attempts;
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;

/// Until when a bucket is in use, locked until the transaction ends; a new one is empty. Whoever locks several takes them
/// in the order of their hashes.
pub async fn lock(conn: &mut Conn, key_hash: &[u8], now: Timestamp) -> Result<Timestamp> {
    diesel::insert_into(attempts::table)
        .values((attempts::key_hash.eq(key_hash), attempts::busy_until_at.eq(Ts::from(now))))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let busy_until: Ts = attempts::table
        .find(key_hash)
        .select(attempts::busy_until_at)
        .for_no_key_update()
        .first(conn)
        .await?;
    Ok(busy_until.to_jiff())
}

/// Until when a bucket is in use from now on.
pub async fn update(conn: &mut Conn, key_hash: &[u8], busy_until: Timestamp) -> Result<()> {
    diesel::update(attempts::table.find(key_hash))
        .set(attempts::busy_until_at.eq(Ts::from(busy_until)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets buckets that are empty again; returns how many.
pub async fn delete_empty(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    Ok(diesel::delete(attempts::table.filter(attempts::busy_until_at.lt(Ts::from(now))))
        .execute(conn)
        .await?)
}
