//! Whether bookings could be used: silences of locations, announced maintenance, and what offerings came to in past months.

use crate::bookings::{BookingRow, EventRow};
use crate::schema::{
    booking_events, booking_observations, bookings, location_silences, maintenance_mails,
    maintenance_notices, offering_availability, offering_versions, offerings,
};
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use domain::ids::{BookingId, LocationId, OrganisationId};
use domain::policy::{OperatorIdentity, Scope};
use domain::time::{Month, Period};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// Time in which nothing was heard of a location.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = location_silences)]
pub struct SilenceRow {
    pub location_id: Uuid,
    pub provider_id: Uuid,
    pub starts_at: Ts,
    pub ends_at: Ts,
}

/// One word about a maintenance window.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = maintenance_notices)]
pub struct NoticeRow {
    pub id: Uuid,
    pub window_id: Uuid,
    pub number: i32,
    pub provider_id: Uuid,
    pub location_id: Uuid,
    /// `announced`, `shortened` or `withdrawn`.
    pub what: String,
    pub starts_at: Ts,
    pub ends_at: Ts,
    pub reason: String,
    pub said_by: Option<Uuid>,
    pub said_at: Ts,
}

/// What the bookings of an offering came to in a month.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = offering_availability)]
pub struct MeasuredRow {
    pub offering_id: Uuid,
    pub provider_id: Uuid,
    pub month_from_at: Ts,
    pub bookings: i32,
    pub available: i64,
    pub interrupted: i64,
    pub maintenance: i64,
    pub unknown: i64,
    pub not_counted: i64,
    pub measured_at: Ts,
}

/// A booking with what is needed to measure it.
#[derive(Debug, Clone)]
pub struct MeasurableRow {
    /// The booking.
    pub booking: BookingRow,
    /// Details of its offering version, which say what was promised.
    pub details: Value,
    /// When nothing was left of it.
    pub gone_at: Option<Ts>,
}

/// When an operator was heard before this word.
pub async fn find_heard(conn: &mut Conn, who: &OperatorIdentity) -> Result<Option<Ts>> {
    use crate::schema::operators;
    Ok(operators::table
        .filter(operators::location_id.eq(who.location.0))
        .filter(operators::provider_id.eq(who.provider.0))
        .select(operators::heartbeat_at)
        .first(conn)
        .await?)
}

/// Remembers that nothing was heard; twice is once.
pub async fn insert_silence(conn: &mut Conn, row: &SilenceRow) -> Result<()> {
    diesel::insert_into(location_silences::table).values(row).on_conflict_do_nothing().execute(conn).await?;
    Ok(())
}

/// Silences of a location that touch a period.
pub async fn list_silences(
    conn: &mut Conn,
    location: LocationId,
    period: &Period,
) -> Result<Vec<SilenceRow>> {
    Ok(location_silences::table
        .filter(location_silences::location_id.eq(location.0))
        .filter(location_silences::starts_at.lt(Ts::from(period.to())))
        .filter(location_silences::ends_at.gt(Ts::from(period.from())))
        .order(location_silences::starts_at)
        .select(SilenceRow::as_select())
        .load(conn)
        .await?)
}

/// Adds a word about maintenance; [`crate::Error::Taken`] if somebody was faster.
pub async fn insert_notice(conn: &mut Conn, row: &NoticeRow) -> Result<()> {
    diesel::insert_into(maintenance_notices::table).values(row).execute(conn).await?;
    Ok(())
}

/// Everything that was said about maintenance of a location that ends after a moment, window by window in its order.
pub async fn list_notices(conn: &mut Conn, location: LocationId, after: Timestamp) -> Result<Vec<NoticeRow>> {
    let windows: Vec<Uuid> = maintenance_notices::table
        .filter(maintenance_notices::location_id.eq(location.0))
        .filter(maintenance_notices::number.eq(1))
        .filter(maintenance_notices::ends_at.gt(Ts::from(after)))
        .select(maintenance_notices::window_id)
        .load(conn)
        .await?;
    Ok(maintenance_notices::table
        .filter(maintenance_notices::window_id.eq_any(windows))
        .order((maintenance_notices::window_id, maintenance_notices::number))
        .select(NoticeRow::as_select())
        .load(conn)
        .await?)
}

/// What was said about one window of the scope's provider, in order.
pub async fn list_of_window(
    conn: &mut Conn,
    scope: &Scope,
    location: LocationId,
    window: Uuid,
) -> Result<Vec<NoticeRow>> {
    Ok(maintenance_notices::table
        .filter(maintenance_notices::window_id.eq(window))
        .filter(maintenance_notices::location_id.eq(location.0))
        .filter(maintenance_notices::provider_id.eq_any(crate::scope_ids(scope)))
        .order(maintenance_notices::number)
        .select(NoticeRow::as_select())
        .load(conn)
        .await?)
}

/// A notice that a customer with bookings at its location has not been told about.
#[derive(Debug, Clone, QueryableByName)]
pub struct Untold {
    /// The notice.
    #[diesel(sql_type = SqlUuid)]
    pub notice_id: Uuid,
    /// The customer.
    #[diesel(sql_type = SqlUuid)]
    pub organisation_id: Uuid,
}

/// The last word about each window that is not over, with customers who have not been told; whoever was never told of a window
/// is not told that it was withdrawn. Of all organisations; for the sweep.
pub async fn list_untold(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<Untold>> {
    Ok(diesel::sql_query(
        "select distinct n.id as notice_id, b.organisation_id, n.said_at
         from maintenance_notices n join bookings b on b.location_id = n.location_id and b.wanted = 'present'
         where n.ends_at > $1
           and not exists (select from maintenance_notices later
                where later.window_id = n.window_id and later.number > n.number)
           and not exists (select from maintenance_mails m
                where m.notice_id = n.id and m.organisation_id = b.organisation_id)
           and (n.what <> 'withdrawn' or exists (select from maintenance_mails m
                join maintenance_notices earlier on earlier.id = m.notice_id
                where earlier.window_id = n.window_id and m.organisation_id = b.organisation_id))
         order by n.said_at, n.id, b.organisation_id limit $2",
    )
    .bind::<Timestamptz, _>(Ts::from(now))
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// One notice by its id alone; for the sweep.
pub async fn get_notice(conn: &mut Conn, id: Uuid) -> Result<NoticeRow> {
    Ok(maintenance_notices::table.find(id).select(NoticeRow::as_select()).first(conn).await?)
}

/// Wanted bookings of a customer at a location, the oldest first; for the sweep.
pub async fn list_touched(
    conn: &mut Conn,
    location: Uuid,
    customer: OrganisationId,
    limit: i64,
) -> Result<Vec<BookingRow>> {
    Ok(bookings::table
        .filter(bookings::location_id.eq(location))
        .filter(bookings::organisation_id.eq(customer.0))
        .filter(bookings::wanted.eq("present"))
        .order((bookings::created_at, bookings::id))
        .limit(limit)
        .select(BookingRow::as_select())
        .load(conn)
        .await?)
}

/// How many bookings are wanted at a location of the scope's provider, and of how many customers.
pub async fn count_touched(conn: &mut Conn, scope: &Scope, location: LocationId) -> Result<(i64, i64)> {
    Ok(bookings::table
        .filter(bookings::location_id.eq(location.0))
        .filter(bookings::provider_id.eq_any(crate::scope_ids(scope)))
        .filter(bookings::wanted.eq("present"))
        .select((
            diesel::dsl::count_star(),
            diesel::dsl::sql::<BigInt>("count(distinct bookings.organisation_id)"),
        ))
        .first(conn)
        .await?)
}

/// Details of every offering version that is booked at a location of the scope's provider.
pub async fn list_promises(conn: &mut Conn, scope: &Scope, location: LocationId) -> Result<Vec<Value>> {
    let booked = bookings::table
        .filter(bookings::location_id.eq(location.0))
        .filter(bookings::provider_id.eq_any(crate::scope_ids(scope)))
        .filter(bookings::wanted.eq("present"))
        .select(bookings::version_id);
    Ok(offering_versions::table
        .filter(offering_versions::id.eq_any(booked))
        .select(offering_versions::details)
        .load(conn)
        .await?)
}

/// Name of a location; everybody may know it.
pub async fn get_location_name(conn: &mut Conn, location: Uuid) -> Result<String> {
    use crate::schema::locations;
    Ok(locations::table.find(location).select(locations::name).first(conn).await?)
}

/// Remembers that a customer was told; [`crate::Error::Taken`] if somebody was faster.
pub async fn insert_told(
    conn: &mut Conn,
    notice: Uuid,
    customer: OrganisationId,
    now: Timestamp,
) -> Result<()> {
    diesel::insert_into(maintenance_mails::table)
        .values((
            maintenance_mails::notice_id.eq(notice),
            maintenance_mails::organisation_id.eq(customer.0),
            maintenance_mails::told_at.eq(Ts::from(now)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Offerings that were booked before the end of a month and were not measured for it, with their providers; for the sweep.
pub async fn list_unmeasured(conn: &mut Conn, month: Month, limit: i64) -> Result<Vec<(Uuid, Uuid)>> {
    let period = month.period();
    let measured = offering_availability::table
        .filter(offering_availability::month_from_at.eq(Ts::from(period.from())))
        .select(offering_availability::offering_id);
    Ok(offerings::table
        .filter(offerings::id.ne_all(measured))
        .filter(
            offerings::id.eq_any(
                bookings::table
                    .filter(bookings::created_at.lt(Ts::from(period.to())))
                    .filter(bookings::location_id.is_not_null())
                    .select(bookings::offering_id),
            ),
        )
        .order(offerings::id)
        .limit(limit)
        .select((offerings::id, offerings::provider_id))
        .load(conn)
        .await?)
}

/// Bookings of an offering that existed in a period, after one by id; for the sweep.
pub async fn list_measurable(
    conn: &mut Conn,
    offering: Uuid,
    period: &Period,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<MeasurableRow>> {
    let rows: Vec<(BookingRow, Value, Option<Ts>)> = bookings::table
        .inner_join(offering_versions::table.on(offering_versions::id.eq(bookings::version_id)))
        .left_join(booking_observations::table.on(booking_observations::booking_id.eq(bookings::id)))
        .filter(bookings::offering_id.eq(offering))
        .filter(bookings::location_id.is_not_null())
        .filter(bookings::created_at.lt(Ts::from(period.to())))
        .filter(bookings::ends_at.is_null().or(bookings::ends_at.gt(Ts::from(period.from()))))
        .filter(bookings::id.gt(after.unwrap_or(Uuid::nil())))
        .order(bookings::id)
        .limit(limit)
        .select((
            BookingRow::as_select(),
            offering_versions::details,
            booking_observations::gone_at.nullable(),
        ))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(booking, details, gone_at)| MeasurableRow { booking, details, gone_at })
        .collect())
}

/// The part of a booking's history that says whether it could be used, in its order.
pub async fn list_history(conn: &mut Conn, scope: &Scope, booking: BookingId) -> Result<Vec<EventRow>> {
    let mine = crate::scope_ids(scope);
    Ok(booking_events::table
        .filter(booking_events::booking_id.eq(booking.0))
        .filter(
            booking_events::organisation_id.eq_any(mine.clone()).or(booking_events::provider_id.eq_any(mine)),
        )
        .filter(booking_events::name.eq_any(DECIDING))
        .order((booking_events::happened_at, booking_events::recorded_at, booking_events::id))
        .select(EventRow::as_select())
        .load(conn)
        .await?)
}

/// Names of the events that decide what the time of a booking counts as.
const DECIDING: [&str; 11] = [
    "ready",
    "interrupted",
    "stop-ordered",
    "start-ordered",
    "change-ordered",
    "effective",
    "refused",
    "blocked",
    "end-ordered",
    "end-came",
    "resume-ordered",
];

/// The same of several bookings; for the sweep.
pub async fn list_events_of(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<EventRow>> {
    Ok(booking_events::table
        .filter(booking_events::booking_id.eq_any(ids))
        .filter(booking_events::name.eq_any(DECIDING))
        .order((booking_events::happened_at, booking_events::recorded_at, booking_events::id))
        .select(EventRow::as_select())
        .load(conn)
        .await?)
}

/// Stores what an offering came to; [`crate::Error::Taken`] if somebody was faster.
pub async fn insert_measured(conn: &mut Conn, row: &MeasuredRow) -> Result<()> {
    diesel::insert_into(offering_availability::table).values(row).execute(conn).await?;
    Ok(())
}

/// What some offerings came to since a month, the youngest first.
pub async fn list_measured(conn: &mut Conn, ids: &[Uuid], since: Month) -> Result<Vec<MeasuredRow>> {
    Ok(offering_availability::table
        .filter(offering_availability::offering_id.eq_any(ids))
        .filter(offering_availability::month_from_at.ge(Ts::from(since.period().from())))
        .order((offering_availability::offering_id, offering_availability::month_from_at.desc()))
        .select(MeasuredRow::as_select())
        .load(conn)
        .await?)
}
