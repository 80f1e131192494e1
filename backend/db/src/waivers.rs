//! Stretches of meters that providers gave up with a reason. Inserted once, never edited; customer and provider both see them.

use crate::schema::usage_waivers;
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::OrganisationId;
use uuid::Uuid;

/// A stretch that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = usage_waivers)]
pub struct WaiverRow {
    pub id: Uuid,
    pub booking_id: Uuid,
    pub meter: String,
    pub from_at: Ts,
    pub to_at: Ts,
    pub reason: String,
    pub waived_by: Uuid,
    pub waived_at: Ts,
    pub content_hash: Vec<u8>,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
}

/// Gives a stretch up; [`crate::Error::Taken`] of `usage_waivers_once` if that was done before.
pub async fn insert(conn: &mut Conn, row: &WaiverRow) -> Result<()> {
    diesel::insert_into(usage_waivers::table).values(row).execute(conn).await?;
    Ok(())
}

/// What a provider gave up of some bookings, in order of time.
pub async fn list(conn: &mut Conn, provider: OrganisationId, bookings: &[Uuid]) -> Result<Vec<WaiverRow>> {
    Ok(usage_waivers::table
        .filter(usage_waivers::booking_id.eq_any(bookings))
        .filter(usage_waivers::provider_id.eq(provider.0))
        .order((
            usage_waivers::booking_id,
            usage_waivers::meter,
            usage_waivers::from_at,
            usage_waivers::to_at,
        ))
        .select(WaiverRow::as_select())
        .load(conn)
        .await?)
}
