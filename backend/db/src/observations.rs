//! What operators said about bookings: the last word of each.

use crate::schema::{booking_observations, bookings};
use crate::{Conn, Error, Result, Ts};
use contract::InEffect;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::agent::Known;
use domain::booking::Seen;
use domain::ids::BookingId;
use domain::policy::{OperatorIdentity, Scope};
use serde_json::Value;
use uuid::Uuid;

/// The last word about a booking.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = booking_observations, treat_none_as_null = true)]
pub struct ObservationRow {
    pub booking_id: Uuid,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub generation: i64,
    pub conditions: Value,
    pub endpoints: Value,
    pub ready_at: Option<Ts>,
    pub gone_at: Option<Ts>,
    pub observed_at: Ts,
    pub effective_generation: Option<i64>,
    pub effective_at: Option<Ts>,
    pub recoverable: Option<Value>,
    pub restored: Option<Value>,
    pub repaired_at: Option<Ts>,
}

impl ObservationRow {
    /// The row as the rules know it.
    pub fn to_known(&self) -> Result<Known> {
        Ok(Known {
            generation: self.generation,
            conditions: read(&self.conditions)?,
            endpoints: read(&self.endpoints)?,
            ready_at: self.ready_at.map(|at| at.to_jiff()),
            gone_at: self.gone_at.map(|at| at.to_jiff()),
            in_effect: self
                .effective_generation
                .zip(self.effective_at)
                .map(|(generation, at)| InEffect { generation, since: at.to_jiff() }),
            recoverable: self.recoverable.as_ref().map(read).transpose()?,
            restored: self.restored.as_ref().map(read).transpose()?,
            repaired_at: self.repaired_at.map(|at| at.to_jiff()),
            observed_at: self.observed_at.to_jiff(),
        })
    }

    /// The row as phases are computed from it.
    pub fn to_seen(&self) -> Result<Seen> {
        let known = self.to_known()?;
        Ok(Seen {
            generation: known.generation,
            conditions: known.conditions,
            reached: known.in_effect.map(|reached| reached.generation),
            ready_at: known.ready_at,
            gone_at: known.gone_at,
        })
    }

    /// What is known, as a row of its booking.
    pub fn from_known(of: &ObservedBooking, known: &Known) -> Result<Self> {
        Ok(Self {
            booking_id: of.id,
            organisation_id: of.organisation_id,
            provider_id: of.provider_id,
            generation: known.generation,
            conditions: write(&known.conditions)?,
            endpoints: write(&known.endpoints)?,
            ready_at: known.ready_at.map(Into::into),
            gone_at: known.gone_at.map(Into::into),
            observed_at: known.observed_at.into(),
            effective_generation: known.in_effect.map(|reached| reached.generation),
            effective_at: known.in_effect.map(|reached| reached.since.into()),
            recoverable: known.recoverable.as_ref().map(write).transpose()?,
            restored: known.restored.as_ref().map(write).transpose()?,
            repaired_at: known.repaired_at.map(Into::into),
        })
    }
}

/// What must be known of a booking to take down a word about it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = bookings)]
pub struct ObservedBooking {
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub generation: i64,
    pub wanted: String,
}

/// Bookings of the operator's location among the given ones, in the order of their ids.
pub async fn list_booked(
    conn: &mut Conn,
    who: &OperatorIdentity,
    ids: &[Uuid],
) -> Result<Vec<ObservedBooking>> {
    Ok(bookings::table
        .filter(bookings::id.eq_any(ids))
        .filter(bookings::location_id.eq(who.location.0))
        .filter(bookings::provider_id.eq(who.provider.0))
        .order(bookings::id)
        .select(ObservedBooking::as_select())
        .load(conn)
        .await?)
}

/// What was said before, locked in the order of the ids so that two batches never wait for each other.
pub async fn lock_all(conn: &mut Conn, who: &OperatorIdentity, ids: &[Uuid]) -> Result<Vec<ObservationRow>> {
    Ok(booking_observations::table
        .filter(booking_observations::booking_id.eq_any(ids))
        .filter(booking_observations::provider_id.eq(who.provider.0))
        .order(booking_observations::booking_id)
        .for_no_key_update()
        .select(ObservationRow::as_select())
        .load(conn)
        .await?)
}

/// Takes the last word down.
pub async fn update(conn: &mut Conn, row: &ObservationRow) -> Result<()> {
    diesel::insert_into(booking_observations::table)
        .values(row)
        .on_conflict(booking_observations::booking_id)
        .do_update()
        .set(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// The last word about one booking.
pub async fn find(conn: &mut Conn, scope: &Scope, booking: BookingId) -> Result<Option<ObservationRow>> {
    let mine = crate::scope_ids(scope);
    Ok(booking_observations::table
        .filter(booking_observations::booking_id.eq(booking.0))
        .filter(
            booking_observations::organisation_id
                .eq_any(mine.clone())
                .or(booking_observations::provider_id.eq_any(mine)),
        )
        .select(ObservationRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// The last word about a booking by its id alone; for the sweep, which knows no organisation.
pub async fn find_named(conn: &mut Conn, booking: BookingId) -> Result<Option<ObservationRow>> {
    Ok(booking_observations::table
        .find(booking.0)
        .select(ObservationRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// The last words about several bookings.
pub async fn list(conn: &mut Conn, scope: &Scope, ids: &[Uuid]) -> Result<Vec<ObservationRow>> {
    let mine = crate::scope_ids(scope);
    Ok(booking_observations::table
        .filter(booking_observations::booking_id.eq_any(ids))
        .filter(
            booking_observations::organisation_id
                .eq_any(mine.clone())
                .or(booking_observations::provider_id.eq_any(mine)),
        )
        .select(ObservationRow::as_select())
        .load(conn)
        .await?)
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T> {
    T::deserialize(value).map_err(|error| Error::Refused(format!("booking_observations: {error}")))
}

fn write(value: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::Refused(format!("booking_observations: {error}")))
}
