//! Bookings: what is wanted, for the customer, the provider and the operator of the location.

use crate::schema::{
    booking_customer_private, booking_events, booking_observations, booking_tasks, bookings,
    offering_versions, offerings, organisations, plans,
};
use crate::{Conn, Error, Result, Ts};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use domain::agent::REPAIRED;
use domain::ids::{BookingId, LocationId, PlanId, VersionId};
use domain::policy::{OperatorIdentity, Scope};
use domain::task::DECLINED;
use serde_json::Value;
use uuid::Uuid;

mod lists;
mod stalled;
mod sweeps;

pub use lists::*;
pub use stalled::*;
pub use sweeps::*;

/// What customer and provider both see of a booking.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = bookings)]
pub struct BookingRow {
    pub id: Uuid,
    pub number: String,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub location_id: Option<Uuid>,
    pub offering_id: Uuid,
    pub version_id: Uuid,
    pub plan_id: Uuid,
    pub kind: String,
    pub name: String,
    pub parameters: Value,
    pub exposure: Value,
    pub generation: i64,
    pub revision: i64,
    pub wanted: String,
    pub power: String,
    pub wished_start_at: Ts,
    pub ends_at: Option<Ts>,
    pub created_at: Ts,
    /// Until when its data are kept after the end; none means that they go with it.
    pub deletes_at: Option<Ts>,
    /// The last restore that was approved.
    pub restore: Option<Value>,
}

/// What only the customer sees.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = booking_customer_private)]
pub struct CustomerPrivateRow {
    pub booking_id: Uuid,
    pub organisation_id: Uuid,
    pub unit_id: Uuid,
    pub cost_centre: String,
    pub account: String,
    pub budget_line_id: Option<Uuid>,
    pub legal_basis_id: Uuid,
    /// The order that made the booking.
    pub order_id: Uuid,
    /// Which assignment it repeats ([`crate::assignments`]).
    pub assignment: i32,
}

/// One change that was seen or decided.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = booking_events)]
pub struct EventRow {
    pub id: Uuid,
    pub booking_id: Uuid,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub happened_at: Ts,
    pub recorded_at: Ts,
    pub name: String,
    pub detail: Value,
}

/// What an operator is told about a booking, besides its row.
#[derive(Debug, Clone)]
pub struct WantedRow {
    pub booking: BookingRow,
    /// `settings` of the plan.
    pub plan: Value,
    /// Title of the offering version.
    pub title: String,
    /// Short name of the customer.
    pub slug: String,
    /// When the operator reported that nothing is left.
    pub gone_at: Option<Ts>,
}

/// The offering behind a version: id, kind and the version's details.
pub async fn find_offering(conn: &mut Conn, version: VersionId) -> Result<Option<(Uuid, String, Value)>> {
    Ok(offering_versions::table
        .inner_join(offerings::table.on(offerings::id.eq(offering_versions::offering_id)))
        .filter(offering_versions::id.eq(version.0))
        .select((offerings::id, offerings::kind, offering_versions::details))
        .first(conn)
        .await
        .optional()?)
}

/// Settings of a plan.
pub async fn get_plan_settings(conn: &mut Conn, plan: PlanId) -> Result<Value> {
    Ok(plans::table.find(plan.0).select(plans::settings).first(conn).await?)
}

/// Draws a revision of a location. Whoever holds its lock commits before the next one draws, so an operator that has seen
/// revision N will never find a smaller one later.
pub async fn lock_revision(conn: &mut Conn, location: LocationId) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Drawn {
        #[diesel(sql_type = BigInt)]
        drawn: i64,
    }
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended($1, 1))")
        .bind::<Text, _>(format!("booking_revisions:{location}"))
        .execute(conn)
        .await?;
    let row: Drawn =
        diesel::sql_query("select nextval('booking_revisions') as drawn").get_result(conn).await?;
    Ok(row.drawn)
}

/// Adds a booking.
pub async fn insert(conn: &mut Conn, row: &BookingRow) -> Result<()> {
    diesel::insert_into(bookings::table).values(row).execute(conn).await?;
    Ok(())
}

/// Adds what only the customer sees.
pub async fn insert_customer_private(conn: &mut Conn, row: &CustomerPrivateRow) -> Result<()> {
    diesel::insert_into(booking_customer_private::table).values(row).execute(conn).await?;
    Ok(())
}

/// Remembers changes.
pub async fn append_events(conn: &mut Conn, rows: &[EventRow]) -> Result<()> {
    diesel::insert_into(booking_events::table).values(rows).execute(conn).await?;
    Ok(())
}

/// What was repaired of a booking, the latest first.
pub async fn list_repairs(
    conn: &mut Conn,
    scope: &Scope,
    booking: BookingId,
    limit: i64,
) -> Result<Vec<EventRow>> {
    Ok(booking_events::table
        .filter(booking_events::booking_id.eq(booking.0))
        .filter(booking_events::provider_id.eq_any(crate::scope_ids(scope)))
        .filter(booking_events::name.eq(REPAIRED))
        .order((booking_events::happened_at.desc(), booking_events::id.desc()))
        .limit(limit)
        .select(EventRow::as_select())
        .load(conn)
        .await?)
}

/// Everything that happened to a booking, in its order, but repairs: there may be many.
pub async fn list_events(conn: &mut Conn, scope: &Scope, booking: BookingId) -> Result<Vec<EventRow>> {
    Ok(booking_events::table
        .filter(booking_events::booking_id.eq(booking.0))
        .filter(
            booking_events::organisation_id
                .eq_any(crate::scope_ids(scope))
                .or(booking_events::provider_id.eq_any(crate::scope_ids(scope))),
        )
        .filter(booking_events::name.ne(REPAIRED))
        .order((booking_events::happened_at, booking_events::id))
        .limit(500)
        .select(EventRow::as_select())
        .load(conn)
        .await?)
}

/// That the provider declined bookings of the scope's organisation, of those among these that it did.
pub async fn list_declined(conn: &mut Conn, scope: &Scope, ids: &[Uuid]) -> Result<Vec<EventRow>> {
    Ok(booking_events::table
        .filter(booking_events::booking_id.eq_any(ids))
        .filter(booking_events::organisation_id.eq_any(crate::scope_ids(scope)))
        .filter(booking_events::name.eq(DECLINED))
        .select(EventRow::as_select())
        .load(conn)
        .await?)
}

/// What the customer ordered last of stop and start; nothing before the first of them. Who may see it is the caller's to know.
pub async fn find_last_power(conn: &mut Conn, booking: BookingId) -> Result<Option<String>> {
    Ok(booking_events::table
        .filter(booking_events::booking_id.eq(booking.0))
        .filter(booking_events::name.eq_any(["stop-ordered", "start-ordered"]))
        .order((booking_events::happened_at.desc(), booking_events::id.desc()))
        .select(booking_events::name)
        .first(conn)
        .await
        .optional()?)
}

/// One booking that the scope's organisation booked or runs.
pub async fn get(conn: &mut Conn, scope: &Scope, booking: BookingId) -> Result<BookingRow> {
    let mine = crate::scope_ids(scope);
    Ok(bookings::table
        .filter(bookings::id.eq(booking.0))
        .filter(bookings::organisation_id.eq_any(mine.clone()).or(bookings::provider_id.eq_any(mine)))
        .select(BookingRow::as_select())
        .first(conn)
        .await?)
}

/// The same, locked until the transaction ends; only for the customer.
pub async fn lock(conn: &mut Conn, scope: &Scope, booking: BookingId) -> Result<BookingRow> {
    Ok(bookings::table
        .filter(bookings::id.eq(booking.0))
        .filter(bookings::organisation_id.eq_any(crate::scope_ids(scope)))
        .for_no_key_update()
        .select(BookingRow::as_select())
        .first(conn)
        .await?)
}

/// One booking by its id alone, locked; only for callers whose scope was checked on a row that names it. Row-level security
/// still hides what is foreign.
pub async fn lock_named(conn: &mut Conn, booking: BookingId) -> Result<BookingRow> {
    Ok(bookings::table
        .find(booking.0)
        .for_no_key_update()
        .select(BookingRow::as_select())
        .first(conn)
        .await?)
}

/// What only the customer sees; nothing for a provider.
pub async fn find_customer_private(
    conn: &mut Conn,
    scope: &Scope,
    booking: BookingId,
) -> Result<Option<CustomerPrivateRow>> {
    Ok(booking_customer_private::table
        .filter(booking_customer_private::booking_id.eq(booking.0))
        .filter(booking_customer_private::organisation_id.eq_any(crate::scope_ids(scope)))
        .select(CustomerPrivateRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// What the customer's part of a booking repeats of the assignment that counts now.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = booking_customer_private, treat_none_as_null = true)]
pub struct AssignmentChange {
    pub unit_id: Uuid,
    pub cost_centre: String,
    pub account: String,
    pub budget_line_id: Option<Uuid>,
    pub assignment: i32,
}

/// Makes the customer's part of a booking repeat another assignment.
pub async fn update_assignment(conn: &mut Conn, booking: BookingId, change: &AssignmentChange) -> Result<()> {
    match diesel::update(booking_customer_private::table.find(booking.0)).set(change).execute(conn).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Names of bookings of the scope by id.
pub async fn list_names(conn: &mut Conn, scope: &Scope, bookings: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let ids = crate::scope_ids(scope);
    Ok(bookings::table
        .filter(bookings::id.eq_any(bookings))
        .filter(bookings::organisation_id.eq_any(ids.clone()).or(bookings::provider_id.eq_any(ids)))
        .select((bookings::id, bookings::name))
        .load(conn)
        .await?)
}

/// What the marketplace wants of a booking from now on.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = bookings, treat_none_as_null = true)]
pub struct WantedChange {
    pub generation: i64,
    pub revision: i64,
    pub wanted: String,
    pub power: String,
    pub ends_at: Option<Ts>,
    pub deletes_at: Option<Ts>,
}

/// Changes what is wanted.
pub async fn update_wanted(conn: &mut Conn, booking: BookingId, change: &WantedChange) -> Result<()> {
    match diesel::update(bookings::table.find(booking.0)).set(change).execute(conn).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Which earlier state of its data a booking shall have from now on.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = bookings)]
pub struct RestoreChange {
    pub generation: i64,
    pub revision: i64,
    pub restore: Option<Value>,
}

/// Changes that.
pub async fn update_restore(conn: &mut Conn, booking: BookingId, change: &RestoreChange) -> Result<()> {
    match diesel::update(bookings::table.find(booking.0)).set(change).execute(conn).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Moves a booking to a new revision without changing what is wanted, so that operators fetch the list anew.
pub async fn update_revision(conn: &mut Conn, booking: BookingId, revision: i64) -> Result<()> {
    diesel::update(bookings::table.find(booking.0))
        .set(bookings::revision.eq(revision))
        .execute(conn)
        .await?;
    Ok(())
}

/// The youngest revision of a location; 0 if nothing was ever booked there.
pub async fn get_revision(conn: &mut Conn, who: &OperatorIdentity) -> Result<i64> {
    let found: Option<i64> = bookings::table
        .filter(bookings::location_id.eq(who.location.0))
        .filter(bookings::provider_id.eq(who.provider.0))
        .select(diesel::dsl::max(bookings::revision))
        .first(conn)
        .await?;
    Ok(found.unwrap_or(0))
}

/// Everything that a location shall hold: present bookings, and absent ones until their end was observed. What the provider
/// has not accepted is nothing to it.
pub async fn list_wanted(conn: &mut Conn, who: &OperatorIdentity) -> Result<Vec<WantedRow>> {
    let undecided = booking_tasks::table
        .filter(booking_tasks::booking_id.eq(bookings::id))
        .filter(booking_tasks::step.eq(domain::task::ACCEPT))
        .filter(booking_tasks::state.ne(domain::task::State::Done.code()));
    let rows: Vec<(BookingRow, Value, String, String, Option<Ts>)> = bookings::table
        .inner_join(plans::table.on(plans::id.eq(bookings::plan_id)))
        .inner_join(offering_versions::table.on(offering_versions::id.eq(bookings::version_id)))
        .inner_join(organisations::table.on(organisations::id.eq(bookings::organisation_id)))
        .left_join(booking_observations::table.on(booking_observations::booking_id.eq(bookings::id)))
        .filter(bookings::location_id.eq(who.location.0))
        .filter(bookings::provider_id.eq(who.provider.0))
        .filter(bookings::wanted.eq("present").or(booking_observations::gone_at.is_null()))
        .filter(diesel::dsl::not(diesel::dsl::exists(undecided)))
        .order(bookings::id)
        .select((
            BookingRow::as_select(),
            plans::settings,
            offering_versions::title,
            organisations::slug,
            booking_observations::gone_at.nullable(),
        ))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(booking, plan, title, slug, gone_at)| WantedRow { booking, plan, title, slug, gone_at })
        .collect())
}

/// Kostenstelle of each booking of a location. Only the product itself can read this across customers; it reaches the
/// cluster as a label and nobody else.
pub async fn list_cost_centres(conn: &mut Conn, location: LocationId) -> Result<Vec<(Uuid, String)>> {
    Ok(booking_customer_private::table
        .inner_join(bookings::table.on(bookings::id.eq(booking_customer_private::booking_id)))
        .filter(bookings::location_id.eq(location.0))
        .select((booking_customer_private::booking_id, booking_customer_private::cost_centre))
        .load(conn)
        .await?)
}
