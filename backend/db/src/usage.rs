//! Usage as operators report it: intervals of allocation, readings of counters, and what contradicts itself.
//!
//! Owns the statements of the ingest and the reads of rating. Rows are inserted once; the primary key is the identity, so
//! that a repeated record is harmless without any check before.

use crate::schema::{bookings, meter_readings, plans, usage_conflicts, usage_records};
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use domain::ids::{BookingId, OrganisationId};
use domain::policy::OperatorIdentity;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::HashSet;
use uuid::Uuid;

/// A booking as far as the check of its usage needs it.
#[derive(Debug, Clone, Queryable)]
pub struct MeteredRow {
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub kind: String,
    pub settings: Value,
}

/// An interval as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = usage_records)]
pub struct UsageRow {
    pub booking_id: Uuid,
    pub meter: String,
    pub from_at: Ts,
    pub to_at: Ts,
    pub sequence: i64,
    pub amount: i64,
    pub content_hash: Vec<u8>,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub received_at: Ts,
}

/// What makes an interval the same interval: booking, meter, start.
pub type UsageKey = (Uuid, String, Timestamp);

impl UsageRow {
    /// Its identity.
    pub fn key(&self) -> UsageKey {
        (self.booking_id, self.meter.clone(), self.from_at.to_jiff())
    }
}

/// A reading as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = meter_readings)]
pub struct ReadingRow {
    pub booking_id: Uuid,
    pub meter: String,
    pub uid: String,
    pub epoch: i64,
    pub read_at: Ts,
    pub value: i64,
    pub content_hash: Vec<u8>,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub received_at: Ts,
}

/// What makes a reading the same reading: booking, meter, counter, epoch, time.
pub type ReadingKey = (Uuid, String, String, i64, Timestamp);

impl ReadingRow {
    /// Its identity.
    pub fn key(&self) -> ReadingKey {
        (self.booking_id, self.meter.clone(), self.uid.clone(), self.epoch, self.read_at.to_jiff())
    }
}

/// A record that contradicts what is stored under its identity.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = usage_conflicts)]
pub struct ConflictRow {
    pub id: Uuid,
    pub booking_id: Uuid,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub record: Value,
    pub content_hash: Vec<u8>,
    pub received_at: Ts,
}

/// Those of the bookings that run at the operator's location.
pub async fn list_metered(conn: &mut Conn, who: &OperatorIdentity, ids: &[Uuid]) -> Result<Vec<MeteredRow>> {
    Ok(bookings::table
        .inner_join(plans::table.on(plans::id.eq(bookings::plan_id)))
        .filter(bookings::id.eq_any(ids))
        .filter(bookings::location_id.eq(who.location.0))
        .filter(bookings::provider_id.eq(who.provider.0))
        .select((
            bookings::id,
            bookings::organisation_id,
            bookings::provider_id,
            bookings::kind,
            plans::settings,
        ))
        .load(conn)
        .await?)
}

#[derive(QueryableByName)]
struct KeyOfUsage {
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = Text)]
    meter: String,
    #[diesel(sql_type = Timestamptz)]
    from_at: Ts,
}

#[derive(QueryableByName)]
struct HashOfUsage {
    #[diesel(embed)]
    key: KeyOfUsage,
    #[diesel(sql_type = Binary)]
    content_hash: Vec<u8>,
}

#[derive(QueryableByName)]
struct KeyOfReading {
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = Text)]
    meter: String,
    #[diesel(sql_type = Text)]
    uid: String,
    #[diesel(sql_type = BigInt)]
    epoch: i64,
    #[diesel(sql_type = Timestamptz)]
    read_at: Ts,
}

#[derive(QueryableByName)]
struct HashOfReading {
    #[diesel(embed)]
    key: KeyOfReading,
    #[diesel(sql_type = Binary)]
    content_hash: Vec<u8>,
}

impl From<KeyOfUsage> for UsageKey {
    fn from(row: KeyOfUsage) -> Self {
        (row.booking_id, row.meter, row.from_at.to_jiff())
    }
}

impl From<KeyOfReading> for ReadingKey {
    fn from(row: KeyOfReading) -> Self {
        (row.booking_id, row.meter, row.uid, row.epoch, row.read_at.to_jiff())
    }
}

/// Inserts the intervals that are not stored yet and tells which. The fixed order keeps two batches with the same records
/// from waiting for each other. No two rows may have the same key.
pub async fn insert_records(conn: &mut Conn, rows: &[UsageRow]) -> Result<HashSet<UsageKey>> {
    let inserted: Vec<KeyOfUsage> = diesel::sql_query(
        "insert into usage_records
           (booking_id, meter, from_at, to_at, sequence, amount, content_hash, organisation_id, provider_id, received_at)
         select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           as t (booking_id, meter, from_at, to_at, sequence, amount, content_hash, organisation_id, provider_id, received_at)
         order by booking_id, meter, from_at
         on conflict (booking_id, meter, from_at) do nothing
         returning booking_id, meter, from_at",
    )
    .bind::<Array<SqlUuid>, _>(column(rows, |row| row.booking_id))
    .bind::<Array<Text>, _>(column(rows, |row| row.meter.as_str()))
    .bind::<Array<Timestamptz>, _>(column(rows, |row| row.from_at))
    .bind::<Array<Timestamptz>, _>(column(rows, |row| row.to_at))
    .bind::<Array<BigInt>, _>(column(rows, |row| row.sequence))
    .bind::<Array<BigInt>, _>(column(rows, |row| row.amount))
    .bind::<Array<Binary>, _>(column(rows, |row| row.content_hash.as_slice()))
    .bind::<Array<SqlUuid>, _>(column(rows, |row| row.organisation_id))
    .bind::<Array<SqlUuid>, _>(column(rows, |row| row.provider_id))
    .bind::<Array<Timestamptz>, _>(column(rows, |row| row.received_at))
    .load(conn)
    .await?;
    Ok(inserted.into_iter().map(UsageKey::from).collect())
}

/// Content hashes of the intervals with these identities.
pub async fn list_record_hashes(conn: &mut Conn, keys: &[UsageKey]) -> Result<Vec<(UsageKey, Vec<u8>)>> {
    let found: Vec<HashOfUsage> = diesel::sql_query(
        "select r.booking_id, r.meter, r.from_at, r.content_hash
         from unnest($1, $2, $3) as t (booking_id, meter, from_at)
         join usage_records r using (booking_id, meter, from_at)",
    )
    .bind::<Array<SqlUuid>, _>(column(keys, |key| key.0))
    .bind::<Array<Text>, _>(column(keys, |key| key.1.as_str()))
    .bind::<Array<Timestamptz>, _>(column(keys, |key| Ts::from(key.2)))
    .load(conn)
    .await?;
    Ok(found.into_iter().map(|row| (row.key.into(), row.content_hash)).collect())
}

/// Inserts the readings that are not stored yet and tells which. No two rows may have the same key.
pub async fn insert_readings(conn: &mut Conn, rows: &[ReadingRow]) -> Result<HashSet<ReadingKey>> {
    let inserted: Vec<KeyOfReading> = diesel::sql_query(
        "insert into meter_readings
           (booking_id, meter, uid, epoch, read_at, value, content_hash, organisation_id, provider_id, received_at)
         select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           as t (booking_id, meter, uid, epoch, read_at, value, content_hash, organisation_id, provider_id, received_at)
         order by booking_id, meter, uid, epoch, read_at
         on conflict (booking_id, meter, uid, epoch, read_at) do nothing
         returning booking_id, meter, uid, epoch, read_at",
    )
    .bind::<Array<SqlUuid>, _>(column(rows, |row| row.booking_id))
    .bind::<Array<Text>, _>(column(rows, |row| row.meter.as_str()))
    .bind::<Array<Text>, _>(column(rows, |row| row.uid.as_str()))
    .bind::<Array<BigInt>, _>(column(rows, |row| row.epoch))
    .bind::<Array<Timestamptz>, _>(column(rows, |row| row.read_at))
    .bind::<Array<BigInt>, _>(column(rows, |row| row.value))
    .bind::<Array<Binary>, _>(column(rows, |row| row.content_hash.as_slice()))
    .bind::<Array<SqlUuid>, _>(column(rows, |row| row.organisation_id))
    .bind::<Array<SqlUuid>, _>(column(rows, |row| row.provider_id))
    .bind::<Array<Timestamptz>, _>(column(rows, |row| row.received_at))
    .load(conn)
    .await?;
    Ok(inserted.into_iter().map(ReadingKey::from).collect())
}

/// Content hashes of the readings with these identities.
pub async fn list_reading_hashes(conn: &mut Conn, keys: &[ReadingKey]) -> Result<Vec<(ReadingKey, Vec<u8>)>> {
    let found: Vec<HashOfReading> = diesel::sql_query(
        "select r.booking_id, r.meter, r.uid, r.epoch, r.read_at, r.content_hash
         from unnest($1, $2, $3, $4, $5) as t (booking_id, meter, uid, epoch, read_at)
         join meter_readings r using (booking_id, meter, uid, epoch, read_at)",
    )
    .bind::<Array<SqlUuid>, _>(column(keys, |key| key.0))
    .bind::<Array<Text>, _>(column(keys, |key| key.1.as_str()))
    .bind::<Array<Text>, _>(column(keys, |key| key.2.as_str()))
    .bind::<Array<BigInt>, _>(column(keys, |key| key.3))
    .bind::<Array<Timestamptz>, _>(column(keys, |key| Ts::from(key.4)))
    .load(conn)
    .await?;
    Ok(found.into_iter().map(|row| (row.key.into(), row.content_hash)).collect())
}

/// Quarantines contradictions; one that came before is not kept twice.
pub async fn insert_conflicts(conn: &mut Conn, rows: &[ConflictRow]) -> Result<usize> {
    Ok(diesel::insert_into(usage_conflicts::table)
        .values(rows)
        .on_conflict((usage_conflicts::booking_id, usage_conflicts::content_hash))
        .do_nothing()
        .execute(conn)
        .await?)
}

/// Quarantined records of some bookings of a provider, in the order in which they came.
pub async fn list_conflicts_of(
    conn: &mut Conn,
    provider: OrganisationId,
    bookings: &[Uuid],
) -> Result<Vec<ConflictRow>> {
    Ok(usage_conflicts::table
        .filter(usage_conflicts::booking_id.eq_any(bookings))
        .filter(usage_conflicts::provider_id.eq(provider.0))
        .order((usage_conflicts::booking_id, usage_conflicts::received_at, usage_conflicts::id))
        .select(ConflictRow::as_select())
        .load(conn)
        .await?)
}

/// Intervals of some bookings that touch `[from, to)`, in order.
pub async fn list_records(
    conn: &mut Conn,
    provider: OrganisationId,
    bookings: &[BookingId],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<UsageRow>> {
    Ok(usage_records::table
        .filter(usage_records::booking_id.eq_any(ids(bookings)))
        .filter(usage_records::provider_id.eq(provider.0))
        .filter(usage_records::from_at.lt(Ts::from(to)))
        .filter(usage_records::to_at.gt(Ts::from(from)))
        .order((usage_records::booking_id, usage_records::meter, usage_records::from_at))
        .select(UsageRow::as_select())
        .load(conn)
        .await?)
}

/// Readings of some bookings up to and including an instant, in order.
pub async fn list_readings(
    conn: &mut Conn,
    provider: OrganisationId,
    bookings: &[BookingId],
    until: Timestamp,
) -> Result<Vec<ReadingRow>> {
    Ok(meter_readings::table
        .filter(meter_readings::booking_id.eq_any(ids(bookings)))
        .filter(meter_readings::provider_id.eq(provider.0))
        .filter(meter_readings::read_at.le(Ts::from(until)))
        .order((
            meter_readings::booking_id,
            meter_readings::meter,
            meter_readings::uid,
            meter_readings::epoch,
            meter_readings::read_at,
        ))
        .select(ReadingRow::as_select())
        .load(conn)
        .await?)
}

/// A piece of all intervals after a key, for the verifier.
pub async fn list_all_records(
    conn: &mut Conn,
    after: Option<&UsageRow>,
    limit: i64,
) -> Result<Vec<UsageRow>> {
    let mut query = usage_records::table
        .order((usage_records::booking_id, usage_records::meter, usage_records::from_at))
        .limit(limit)
        .select(UsageRow::as_select())
        .into_boxed();
    if let Some(last) = after {
        query = query.filter(
            usage_records::booking_id
                .gt(last.booking_id)
                .or(usage_records::booking_id
                    .eq(last.booking_id)
                    .and(usage_records::meter.gt(last.meter.clone())))
                .or(usage_records::booking_id
                    .eq(last.booking_id)
                    .and(usage_records::meter.eq(last.meter.clone()))
                    .and(usage_records::from_at.gt(last.from_at))),
        );
    }
    Ok(query.load(conn).await?)
}

fn column<'a, R, T>(rows: &'a [R], value: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

fn ids(bookings: &[BookingId]) -> Vec<Uuid> {
    bookings.iter().map(|booking| booking.0).collect()
}
