//! Locations: where a provider's clusters are. A directory that everybody who signed in may read.

use crate::schema::{bookings, locations};
use crate::{Conn, Error, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::LocationId;
use domain::policy::Scope;
use uuid::Uuid;

/// A location.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = locations)]
pub struct LocationRow {
    pub id: Uuid,
    pub provider_id: Uuid,
    pub code: String,
    pub name: String,
    /// Key of the Land, two digits.
    pub land: String,
    pub created_at: Ts,
}

/// Adds a location.
pub async fn insert(conn: &mut Conn, row: &LocationRow) -> Result<()> {
    diesel::insert_into(locations::table).values(row).execute(conn).await?;
    Ok(())
}

/// Locations of the scope's provider, by name.
pub async fn list(conn: &mut Conn, scope: &Scope) -> Result<Vec<LocationRow>> {
    Ok(locations::table
        .filter(locations::provider_id.eq_any(crate::scope_ids(scope)))
        .order(locations::name)
        .select(LocationRow::as_select())
        .load(conn)
        .await?)
}

/// One location of the scope's provider.
pub async fn get(conn: &mut Conn, scope: &Scope, location: LocationId) -> Result<LocationRow> {
    Ok(locations::table
        .filter(locations::id.eq(location.0))
        .filter(locations::provider_id.eq_any(crate::scope_ids(scope)))
        .select(LocationRow::as_select())
        .first(conn)
        .await?)
}

/// How many wanted bookings each location of the scope holds.
pub async fn list_counts(conn: &mut Conn, scope: &Scope) -> Result<Vec<(Uuid, i64)>> {
    Ok(bookings::table
        .filter(bookings::provider_id.eq_any(crate::scope_ids(scope)))
        .filter(bookings::wanted.eq("present"))
        .filter(bookings::location_id.is_not_null())
        .group_by(bookings::location_id)
        .select((bookings::location_id.assume_not_null(), diesel::dsl::count_star()))
        .load(conn)
        .await?)
}

/// Whether the provider decides each order for a location by hand.
pub async fn is_decided_by_hand(conn: &mut Conn, location: LocationId) -> Result<bool> {
    Ok(locations::table.find(location.0).select(locations::decides_by_hand).first(conn).await?)
}

/// Changes that for a location of the scope's provider.
pub async fn update_decided_by_hand(
    conn: &mut Conn,
    scope: &Scope,
    location: LocationId,
    by_hand: bool,
) -> Result<()> {
    let own = locations::table
        .filter(locations::id.eq(location.0))
        .filter(locations::provider_id.eq_any(crate::scope_ids(scope)));
    match diesel::update(own).set(locations::decides_by_hand.eq(by_hand)).execute(conn).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}
