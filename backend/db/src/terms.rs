//! What was agreed about bookings over time, and since when their locations do it.

use crate::offerings::PlanRow;
use crate::schema::{booking_events, booking_terms, bookings, offering_versions, plans};
use crate::{Conn, Error, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::BookingId;
use domain::policy::Scope;
use domain::terms::{Agreed, CountsFrom, Reign, reigns};
use domain::time::berlin_day;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use uuid::Uuid;

/// One agreement about a booking.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = booking_terms)]
pub struct TermsRow {
    pub booking_id: Uuid,
    pub generation: i64,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub version_id: Uuid,
    pub plan_id: Uuid,
    pub parameters: Value,
    pub agreed_at: Ts,
    pub counts_from: String,
}

impl TermsRow {
    /// As the rules see it.
    pub fn to_agreed(&self) -> Result<Agreed> {
        let unknown = || Error::Refused(format!("booking_terms.counts_from: {}", self.counts_from));
        Ok(Agreed {
            generation: self.generation,
            at: self.agreed_at.to_jiff(),
            counts_from: CountsFrom::from_code(&self.counts_from).ok_or_else(unknown)?,
        })
    }
}

/// An agreement with the plan and the title that its lines on an invoice name.
#[derive(Debug, Clone)]
pub struct AgreedRow {
    pub terms: TermsRow,
    pub plan: PlanRow,
    /// Title of the offering version.
    pub title: String,
}

/// Adds an agreement.
pub async fn insert(conn: &mut Conn, row: &TermsRow) -> Result<()> {
    diesel::insert_into(booking_terms::table).values(row).execute(conn).await?;
    Ok(())
}

/// All agreements about some bookings, each booking's in their order. Who may see the bookings is the caller's to know;
/// row-level security hides what is foreign.
pub async fn list(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<AgreedRow>> {
    let rows: Vec<(TermsRow, PlanRow, String)> = booking_terms::table
        .inner_join(plans::table.on(plans::id.eq(booking_terms::plan_id)))
        .inner_join(offering_versions::table.on(offering_versions::id.eq(booking_terms::version_id)))
        .filter(booking_terms::booking_id.eq_any(ids))
        .order((booking_terms::booking_id, booking_terms::generation))
        .select((TermsRow::as_select(), PlanRow::as_select(), offering_versions::title))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(terms, plan, title)| AgreedRow { terms, plan, title }).collect())
}

/// Since when which wanted state of some bookings was reached, as their operators reported it.
pub async fn list_effects(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<(Uuid, i64, Timestamp)>> {
    let rows: Vec<(Uuid, Ts, Value)> = booking_events::table
        .filter(booking_events::booking_id.eq_any(ids))
        .filter(booking_events::name.eq("effective"))
        .order((booking_events::booking_id, booking_events::happened_at, booking_events::id))
        .select((booking_events::booking_id, booking_events::happened_at, booking_events::detail))
        .load(conn)
        .await?;
    let read = |(booking, at, detail): (Uuid, Ts, Value)| {
        Some((booking, detail.get("generation")?.as_i64()?, at.to_jiff()))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Which agreement about a booking counted in which months of a span, each until the next one; the month of a change belongs to
/// the later one, as money is bound by begun months.
pub async fn months(
    conn: &mut Conn,
    booking: Uuid,
    (since, until): (Date, Date),
) -> Result<Vec<(AgreedRow, Date, Date)>> {
    let all = list(conn, &[booking]).await?;
    let effects = list_effects(conn, &[booking]).await?;
    let effects: Vec<(i64, Timestamp)> =
        effects.into_iter().map(|(_, generation, at)| (generation, at)).collect();
    let agreed = all.iter().map(|row| row.terms.to_agreed()).collect::<Result<Vec<_>>>()?;
    let reigns = reigns(&agreed, &effects);
    let month_of = |reign: &Reign| berlin_day(reign.from).first_of_month();
    let mut periods = Vec::new();
    for (position, reign) in reigns.iter().enumerate() {
        let from = month_of(reign).max(since);
        let to = reigns.get(position + 1).map_or(until, month_of).min(until);
        let row = all.iter().find(|row| row.terms.generation == reign.generation);
        periods.extend(row.filter(|_| from < to).map(|row| (row.clone(), from, to)));
    }
    Ok(periods)
}

/// What the row of a booking repeats of its latest agreement.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = bookings)]
pub struct TermsChange {
    pub version_id: Uuid,
    pub plan_id: Uuid,
    pub parameters: Value,
    pub exposure: Value,
    pub generation: i64,
    pub revision: i64,
}

/// Changes what is booked, for a booking of the scope's organisation.
pub async fn update_booked(
    conn: &mut Conn,
    scope: &Scope,
    booking: BookingId,
    change: &TermsChange,
) -> Result<()> {
    let own = bookings::table
        .filter(bookings::id.eq(booking.0))
        .filter(bookings::organisation_id.eq_any(crate::scope_ids(scope)));
    match diesel::update(own).set(change).execute(conn).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}
