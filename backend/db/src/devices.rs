//! Devices on which a person has signed in before. Only hashes of their secrets are stored.

use crate::schema::{known_devices, people};
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use uuid::Uuid;

/// A device that a person used.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = known_devices)]
pub struct DeviceRow {
    pub person_id: Uuid,
    pub device_hash: Vec<u8>,
    pub organisation_id: Uuid,
    pub used_at: Ts,
    pub expires_at: Ts,
}

/// Whether this device is known for the person with this address; asked before anybody is known.
pub async fn is_known(conn: &mut Conn, device_hash: &[u8], email: &str, now: Timestamp) -> Result<bool> {
    let known = known_devices::table
        .inner_join(people::table.on(people::id.eq(known_devices::person_id)))
        .filter(known_devices::device_hash.eq(device_hash))
        .filter(known_devices::expires_at.gt(Ts::from(now)))
        .filter(people::email.eq(email));
    Ok(diesel::select(diesel::dsl::exists(known)).get_result(conn).await?)
}

/// Whether anybody ever signed in on this device.
pub async fn is_anybodys(conn: &mut Conn, device_hash: &[u8], now: Timestamp) -> Result<bool> {
    let known = known_devices::table
        .filter(known_devices::device_hash.eq(device_hash))
        .filter(known_devices::expires_at.gt(Ts::from(now)));
    Ok(diesel::select(diesel::dsl::exists(known)).get_result(conn).await?)
}

/// Remembers that a person used a device, or that it was used again.
pub async fn update_used(conn: &mut Conn, row: &DeviceRow) -> Result<()> {
    diesel::insert_into(known_devices::table)
        .values(row)
        .on_conflict((known_devices::person_id, known_devices::device_hash))
        .do_update()
        .set((known_devices::used_at.eq(row.used_at), known_devices::expires_at.eq(row.expires_at)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets devices that were not used for long; returns how many.
pub async fn delete_expired(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    Ok(diesel::delete(known_devices::table.filter(known_devices::expires_at.le(Ts::from(now))))
        .execute(conn)
        .await?)
}
