//! Operators of locations: their key, their last heartbeat, the assertions that they used.

use crate::schema::{assertion_ids, locations, operators};
use crate::{Conn, Error, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::LocationId;
use domain::policy::{OperatorIdentity, Scope};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// The operator of a location.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = operators)]
pub struct OperatorRow {
    pub location_id: Uuid,
    pub provider_id: Uuid,
    pub enrolment_code_hash: Option<Vec<u8>>,
    pub enrolment_expires_at: Option<Ts>,
    pub enrolment_used_at: Option<Ts>,
    pub public_key: Option<Value>,
    pub former_key: Option<Value>,
    pub former_key_ends_at: Option<Ts>,
    pub enrolled_at: Option<Ts>,
    pub revoked_at: Option<Ts>,
    pub epoch: i64,
    pub heartbeat: Option<Value>,
    pub heartbeat_at: Option<Ts>,
    pub watermark_at: Option<Ts>,
}

/// What a customer may know of the operator that runs a booking.
#[derive(Debug, Clone)]
pub struct HeardOf {
    /// Which location.
    pub location_id: Uuid,
    /// Its name.
    pub name: String,
    /// When it last called.
    pub heartbeat_at: Option<Ts>,
    /// Usage is complete up to here.
    pub watermark_at: Option<Ts>,
    /// Whether its nodes are simulated.
    pub simulated: bool,
    /// Revision of the list that is written to its cluster; 0 if unknown.
    pub revision: i64,
}

/// Adds the operator of a new location.
pub async fn insert(conn: &mut Conn, row: &OperatorRow) -> Result<()> {
    diesel::insert_into(operators::table).values(row).execute(conn).await?;
    Ok(())
}

/// Operators of the scope's locations.
pub async fn list(conn: &mut Conn, scope: &Scope) -> Result<Vec<OperatorRow>> {
    Ok(operators::table
        .filter(operators::provider_id.eq_any(crate::scope_ids(scope)))
        .select(OperatorRow::as_select())
        .load(conn)
        .await?)
}

/// The operator of one location of the scope.
pub async fn get(conn: &mut Conn, scope: &Scope, location: LocationId) -> Result<OperatorRow> {
    Ok(operators::table
        .filter(operators::location_id.eq(location.0))
        .filter(operators::provider_id.eq_any(crate::scope_ids(scope)))
        .select(OperatorRow::as_select())
        .first(conn)
        .await?)
}

/// The operator that an assertion names, before it is verified; only for the verification.
pub async fn find_claimed(conn: &mut Conn, location: LocationId) -> Result<Option<OperatorRow>> {
    Ok(operators::table.find(location.0).select(OperatorRow::as_select()).first(conn).await.optional()?)
}

/// The same, locked until its key is replaced.
pub async fn lock(conn: &mut Conn, who: &OperatorIdentity) -> Result<OperatorRow> {
    Ok(operators::table
        .filter(operators::location_id.eq(who.location.0))
        .filter(operators::provider_id.eq(who.provider.0))
        .for_no_key_update()
        .select(OperatorRow::as_select())
        .first(conn)
        .await?)
}

/// The operator whose enrolment code this is, used or not, if it has not expired; locked.
pub async fn lock_by_code(
    conn: &mut Conn,
    code_hash: &[u8],
    now: Timestamp,
) -> Result<Option<(OperatorRow, String)>> {
    Ok(operators::table
        .inner_join(locations::table.on(locations::id.eq(operators::location_id)))
        .filter(operators::enrolment_code_hash.eq(code_hash))
        .filter(operators::enrolment_expires_at.gt(Ts::from(now)))
        .for_no_key_update()
        .select((OperatorRow::as_select(), locations::name))
        .first(conn)
        .await
        .optional()?)
}

/// A new one-time code; an earlier one stops working.
pub async fn update_code(
    conn: &mut Conn,
    scope: &Scope,
    location: LocationId,
    hash: &[u8],
    until: Timestamp,
) -> Result<()> {
    let changed = diesel::update(operators::table.find(location.0))
        .filter(operators::provider_id.eq_any(crate::scope_ids(scope)))
        .set((
            operators::enrolment_code_hash.eq(Some(hash)),
            operators::enrolment_expires_at.eq(Some(Ts::from(until))),
            operators::enrolment_used_at.eq(None::<Ts>),
        ))
        .execute(conn)
        .await?;
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// The code was used: the key counts from now on, a former one no more.
pub async fn update_enrolled(
    conn: &mut Conn,
    location: LocationId,
    key: &Value,
    now: Timestamp,
) -> Result<()> {
    diesel::update(operators::table.find(location.0))
        .set((
            operators::enrolment_used_at.eq(Some(Ts::from(now))),
            operators::public_key.eq(Some(key)),
            operators::former_key.eq(None::<Value>),
            operators::former_key_ends_at.eq(None::<Ts>),
            operators::enrolled_at.eq(Some(Ts::from(now))),
            operators::revoked_at.eq(None::<Ts>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Another key takes over; the one before stays good for a while.
pub async fn update_key(
    conn: &mut Conn,
    who: &OperatorIdentity,
    key: &Value,
    former: Option<&Value>,
    former_until: Timestamp,
) -> Result<()> {
    diesel::update(operators::table.find(who.location.0))
        .filter(operators::provider_id.eq(who.provider.0))
        .set((
            operators::public_key.eq(Some(key)),
            operators::former_key.eq(former),
            operators::former_key_ends_at.eq(former.map(|_key| Ts::from(former_until))),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The operator is no longer trusted; effective with its next request.
pub async fn update_revoked(
    conn: &mut Conn,
    scope: &Scope,
    location: LocationId,
    now: Timestamp,
) -> Result<()> {
    let changed = diesel::update(operators::table.find(location.0))
        .filter(operators::provider_id.eq_any(crate::scope_ids(scope)))
        .filter(operators::revoked_at.is_null())
        .set((
            operators::revoked_at.eq(Some(Ts::from(now))),
            operators::enrolment_code_hash.eq(None::<Vec<u8>>),
            operators::enrolment_expires_at.eq(None::<Ts>),
        ))
        .execute(conn)
        .await?;
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Takes a heartbeat down and answers with epoch and watermark. The watermark only ever rises.
pub async fn update_heartbeat(
    conn: &mut Conn,
    who: &OperatorIdentity,
    heartbeat: &Value,
    watermark: Option<Timestamp>,
    now: Timestamp,
) -> Result<(i64, Option<Ts>)> {
    define_sql_function!(
        /// The larger of two; null counts as nothing.
        fn greatest(a: diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>, b: diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>) -> diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>
    );
    Ok(diesel::update(operators::table.find(who.location.0))
        .filter(operators::provider_id.eq(who.provider.0))
        .set((
            operators::heartbeat.eq(Some(heartbeat)),
            operators::heartbeat_at.eq(Some(Ts::from(now))),
            operators::watermark_at.eq(greatest(operators::watermark_at, watermark.map(Ts::from))),
        ))
        .returning((operators::epoch, operators::watermark_at))
        .get_result(conn)
        .await?)
}

/// The epoch that the operator of a location must obey.
pub async fn get_epoch(conn: &mut Conn, who: &OperatorIdentity) -> Result<i64> {
    Ok(operators::table
        .filter(operators::location_id.eq(who.location.0))
        .filter(operators::provider_id.eq(who.provider.0))
        .select(operators::epoch)
        .first(conn)
        .await?)
}

/// What customers may know of the operators of some locations; read by the product itself, because the row is the provider's.
pub async fn list_heard_of(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<HeardOf>> {
    type Found = (Uuid, String, Option<Value>, Option<Ts>, Option<Ts>);
    let rows: Vec<Found> = operators::table
        .inner_join(locations::table.on(locations::id.eq(operators::location_id)))
        .filter(operators::location_id.eq_any(ids))
        .select((
            operators::location_id,
            locations::name,
            operators::heartbeat,
            operators::heartbeat_at,
            operators::watermark_at,
        ))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(location_id, name, heartbeat, heartbeat_at, watermark_at)| HeardOf {
            location_id,
            name,
            heartbeat_at,
            watermark_at,
            revision: heartbeat
                .as_ref()
                .and_then(|value| value.get("revision"))
                .and_then(Value::as_i64)
                .unwrap_or(0),
            simulated: heartbeat
                .as_ref()
                .and_then(|value| value.pointer("/abilities/nodes_simulated"))
                .and_then(Value::as_bool)
                .unwrap_or(false),
        })
        .collect())
}

/// Remembers that an assertion was used; [`Error::Taken`] if it was used before.
pub async fn insert_assertion(
    conn: &mut Conn,
    location: LocationId,
    jti: &str,
    expires_at: Timestamp,
) -> Result<()> {
    diesel::insert_into(assertion_ids::table)
        .values((
            assertion_ids::location_id.eq(location.0),
            assertion_ids::jti.eq(jti),
            assertion_ids::expires_at.eq(Ts::from(expires_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets assertions that have expired and are refused for that.
pub async fn delete_assertions(conn: &mut Conn, before: Timestamp) -> Result<usize> {
    Ok(diesel::delete(assertion_ids::table.filter(assertion_ids::expires_at.lt(Ts::from(before))))
        .execute(conn)
        .await?)
}
