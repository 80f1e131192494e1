//! Bookings as lists show them, and what was charged for one.

use super::BookingRow;
use crate::observations::ObservationRow;
use crate::schema::{
    booking_customer_private, booking_observations, bookings, charges, offering_versions, orders,
    organisations, reveals,
};
use crate::{Conn, Result, Ts};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use domain::ids::{BookingId, LocationId, PersonId};
use domain::policy::Scope;
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

/// Which bookings a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Everything that is not gone.
    Running,
    /// What is gone.
    Ended,
}

/// A booking as a list shows it.
#[derive(Debug, Clone)]
pub struct ListedRow {
    pub booking: BookingRow,
    /// Generation of what was agreed last.
    pub agreed: i64,
    /// Title of the offering version.
    pub title: String,
    /// Short name of the provider.
    pub provider: String,
    /// Short name of the customer.
    pub customer: String,
    /// Kostenstelle; only for the customer.
    pub cost_centre: Option<String>,
    /// The last word of the operator.
    pub observation: Option<ObservationRow>,
}

/// Bookings that the scope's organisation booked or runs, the youngest first, after a place in the list.
pub async fn list(
    conn: &mut Conn,
    scope: &Scope,
    tab: Tab,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> Result<Vec<ListedRow>> {
    type Found = (BookingRow, i64, String, String, String, Option<String>, Option<ObservationRow>);
    let (provider, customer) = diesel::alias!(organisations as provider, organisations as customer);
    let mine = crate::scope_ids(scope);
    let mut query = bookings::table
        .inner_join(offering_versions::table.on(offering_versions::id.eq(bookings::version_id)))
        .inner_join(provider.on(provider.field(organisations::id).eq(bookings::provider_id)))
        .inner_join(customer.on(customer.field(organisations::id).eq(bookings::organisation_id)))
        .left_join(booking_customer_private::table.on(booking_customer_private::booking_id.eq(bookings::id)))
        .left_join(booking_observations::table.on(booking_observations::booking_id.eq(bookings::id)))
        .filter(bookings::organisation_id.eq_any(mine.clone()).or(bookings::provider_id.eq_any(mine)))
        .order((bookings::created_at.desc(), bookings::id.desc()))
        .limit(limit)
        .select((
            BookingRow::as_select(),
            last_agreed(),
            offering_versions::title,
            provider.field(organisations::short_name),
            customer.field(organisations::short_name),
            booking_customer_private::cost_centre.nullable(),
            Option::<ObservationRow>::as_select(),
        ))
        .into_boxed();
    if let Some((at, id)) = after {
        let at = Ts::from(at);
        query = query
            .filter(bookings::created_at.lt(at).or(bookings::created_at.eq(at).and(bookings::id.lt(id))));
    }
    query = match tab {
        Tab::Running => query.filter(booking_observations::gone_at.is_null()),
        Tab::Ended => query.filter(booking_observations::gone_at.is_not_null()),
    };
    let rows: Vec<Found> = query.load(conn).await?;
    Ok(rows
        .into_iter()
        .map(|(booking, agreed, title, provider, customer, cost_centre, observation)| ListedRow {
            booking,
            agreed,
            title,
            provider,
            customer,
            cost_centre,
            observation,
        })
        .collect())
}

/// Generation of what was agreed last about the booking of the query around it.
fn last_agreed() -> SqlLiteral<BigInt> {
    sql(
        "(select coalesce(max(t.generation), bookings.generation) from booking_terms t where t.booking_id = bookings.id)",
    )
}

/// A booking whose access data nobody has looked at.
#[derive(Debug, Clone, Queryable)]
pub struct UnrevealedRow {
    pub id: Uuid,
    pub number: String,
    pub name: String,
    /// Since when it can be used.
    pub ready_at: Ts,
}

/// Bookings of the scope that an operator runs, that can be used and whose access data were never shown to anybody, the youngest first; of one
/// orderer or of all.
pub async fn list_unrevealed(
    conn: &mut Conn,
    scope: &Scope,
    orderer: Option<PersonId>,
    limit: i64,
) -> Result<Vec<UnrevealedRow>> {
    let shown = reveals::table
        .filter(reveals::booking_id.eq(bookings::id))
        .filter(reveals::organisation_id.eq(bookings::organisation_id))
        .filter(reveals::shown_at.is_not_null());
    let mut query = bookings::table
        .inner_join(booking_observations::table.on(booking_observations::booking_id.eq(bookings::id)))
        .inner_join(booking_customer_private::table.on(booking_customer_private::booking_id.eq(bookings::id)))
        .inner_join(orders::table.on(orders::id.eq(booking_customer_private::order_id)))
        .filter(bookings::organisation_id.eq_any(crate::scope_ids(scope)))
        .filter(bookings::wanted.eq("present"))
        .filter(booking_observations::gone_at.is_null())
        .filter(booking_observations::ready_at.is_not_null())
        // Where people hand them over, that is a task of its own.
        .filter(bookings::kind.ne("manual"))
        .filter(diesel::dsl::not(diesel::dsl::exists(shown)))
        .order((bookings::created_at.desc(), bookings::id.desc()))
        .limit(limit)
        .select((
            bookings::id,
            bookings::number,
            bookings::name,
            booking_observations::ready_at.assume_not_null(),
        ))
        .into_boxed();
    if let Some(person) = orderer {
        query = query.filter(orders::requested_by.eq(person.0));
    }
    Ok(query.load(conn).await?)
}

/// How many bookings such a list has.
pub async fn count(conn: &mut Conn, scope: &Scope, tab: Tab) -> Result<i64> {
    let mine = crate::scope_ids(scope);
    let query = bookings::table
        .left_join(booking_observations::table.on(booking_observations::booking_id.eq(bookings::id)))
        .filter(bookings::organisation_id.eq_any(mine.clone()).or(bookings::provider_id.eq_any(mine)))
        .select(diesel::dsl::count_star())
        .into_boxed();
    let query = match tab {
        Tab::Running => query.filter(booking_observations::gone_at.is_null()),
        Tab::Ended => query.filter(booking_observations::gone_at.is_not_null()),
    };
    Ok(query.get_result(conn).await?)
}

/// What was charged for a booking so far.
#[derive(Debug, Clone, Copy)]
pub struct Charged {
    /// Net.
    pub net: Decimal,
    /// End of the last charged service.
    pub until: Option<Ts>,
}

/// Sum of the charges of a booking.
pub async fn get_charged(conn: &mut Conn, scope: &Scope, booking: BookingId) -> Result<Charged> {
    let mine = crate::scope_ids(scope);
    let (net, until): (Option<Decimal>, Option<Ts>) = charges::table
        .filter(charges::booking_id.eq(booking.0))
        .filter(charges::organisation_id.eq_any(mine.clone()).or(charges::provider_id.eq_any(mine)))
        .select((diesel::dsl::sum(charges::amount), diesel::dsl::max(charges::to_at)))
        .first(conn)
        .await?;
    Ok(Charged { net: net.unwrap_or_default(), until })
}

/// A booking as its provider lists it.
#[derive(Debug, Clone)]
pub struct PlacedRow {
    pub booking: BookingRow,
    /// Generation of what was agreed last.
    pub agreed: i64,
    /// Short name of the customer.
    pub customer: String,
    /// Title of the offering version.
    pub title: String,
}

/// Bookings of one location of the scope's provider, the youngest first.
pub async fn list_of_location(
    conn: &mut Conn,
    scope: &Scope,
    location: LocationId,
    limit: i64,
) -> Result<Vec<PlacedRow>> {
    let rows: Vec<(BookingRow, i64, String, String)> = bookings::table
        .inner_join(offering_versions::table.on(offering_versions::id.eq(bookings::version_id)))
        .inner_join(organisations::table.on(organisations::id.eq(bookings::organisation_id)))
        .filter(bookings::location_id.eq(location.0))
        .filter(bookings::provider_id.eq_any(crate::scope_ids(scope)))
        .order((bookings::created_at.desc(), bookings::id.desc()))
        .limit(limit)
        .select((BookingRow::as_select(), last_agreed(), organisations::short_name, offering_versions::title))
        .load(conn)
        .await?;
    let placed = |(booking, agreed, customer, title): (BookingRow, i64, String, String)| PlacedRow {
        booking,
        agreed,
        customer,
        title,
    };
    Ok(rows.into_iter().map(placed).collect())
}
