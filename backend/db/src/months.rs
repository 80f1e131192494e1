//! What the month run reads: bookings that were there in a month, and the watermarks of their locations.

use crate::bookings::BookingRow;
use crate::schema::{
    booking_observations, bookings, locations, offering_versions, offerings, operators, organisations,
};
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use domain::ids::{LocationId, OrganisationId};
use domain::time::Period;
use jiff::Timestamp;
use uuid::Uuid;

/// A booking with what its lines on an invoice need beside its agreements and the customer's account assignment.
#[derive(Debug, Clone)]
pub struct MonthBooking {
    /// The booking.
    pub booking: BookingRow,
    /// Title of the offering version.
    pub title: String,
    /// Short name of the offering.
    pub slug: String,
    /// When it could be used for the first time.
    pub ready_at: Option<Ts>,
    /// When everything was gone.
    pub gone_at: Option<Ts>,
}

/// A location that had bookings in a month.
#[derive(Debug, Clone, Queryable)]
pub struct WatermarkRow {
    pub location_id: Uuid,
    pub name: String,
    pub watermark_at: Option<Ts>,
}

impl WatermarkRow {
    /// As the rules see it.
    pub fn to_mark(&self) -> (LocationId, Option<Timestamp>) {
        (LocationId(self.location_id), self.watermark_at.map(|at| at.to_jiff()))
    }
}

/// Which bookings of a provider are read.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// Those that one customer had during a period.
    Of(OrganisationId, Period),
    /// Exactly these.
    These(&'a [Uuid]),
}

/// Customers whose bookings of this provider could have cost something in the period, in a fixed order.
pub async fn list_buyers(
    conn: &mut Conn,
    provider: OrganisationId,
    period: &Period,
) -> Result<Vec<OrganisationId>> {
    let ids: Vec<Uuid> = bookings::table
        .inner_join(booking_observations::table.on(booking_observations::booking_id.eq(bookings::id)))
        .inner_join(organisations::table.on(organisations::id.eq(bookings::organisation_id)))
        .filter(bookings::provider_id.eq(provider.0))
        .filter(bookings::wished_start_at.lt(Ts::from(period.to())))
        .filter(bookings::ends_at.is_null().or(bookings::ends_at.gt(Ts::from(period.from()))))
        .filter(booking_observations::ready_at.lt(Ts::from(period.to())))
        .filter(
            booking_observations::gone_at
                .is_null()
                .or(booking_observations::gone_at.gt(Ts::from(period.from())))
                // An end that was confirmed late may lie before a month that was charged up to the ordered end.
                .or(bookings::kind.eq("manual")),
        )
        .filter(organisations::price_free.eq(false))
        .distinct()
        .order(bookings::organisation_id)
        .select(bookings::organisation_id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(OrganisationId).collect())
}

/// Bookings of a provider, in the order of their ids.
pub async fn list_bookings(
    conn: &mut Conn,
    provider: OrganisationId,
    which: Which<'_>,
) -> Result<Vec<MonthBooking>> {
    type Found = (BookingRow, String, String, Option<Ts>, Option<Ts>);
    let mut query = bookings::table
        .inner_join(offering_versions::table.on(offering_versions::id.eq(bookings::version_id)))
        .inner_join(offerings::table.on(offerings::id.eq(bookings::offering_id)))
        .left_join(booking_observations::table.on(booking_observations::booking_id.eq(bookings::id)))
        .filter(bookings::provider_id.eq(provider.0))
        .order(bookings::id)
        .select((
            BookingRow::as_select(),
            offering_versions::title,
            offerings::slug,
            booking_observations::ready_at.nullable(),
            booking_observations::gone_at.nullable(),
        ))
        .into_boxed();
    query = match which {
        Which::Of(buyer, period) => query
            .filter(bookings::organisation_id.eq(buyer.0))
            .filter(bookings::wished_start_at.lt(Ts::from(period.to())))
            .filter(bookings::ends_at.is_null().or(bookings::ends_at.gt(Ts::from(period.from())))),
        Which::These(ids) => query.filter(bookings::id.eq_any(ids)),
    };
    let rows: Vec<Found> = query.load(conn).await?;
    Ok(rows
        .into_iter()
        .map(|(booking, title, slug, ready_at, gone_at)| MonthBooking {
            booking,
            title,
            slug,
            ready_at,
            gone_at,
        })
        .collect())
}

/// Locations of a provider with bookings in the period, and how far their usage is complete.
pub async fn list_watermarks(
    conn: &mut Conn,
    provider: OrganisationId,
    period: &Period,
) -> Result<Vec<WatermarkRow>> {
    Ok(bookings::table
        .inner_join(locations::table.on(bookings::location_id.eq(locations::id.nullable())))
        .left_join(operators::table.on(operators::location_id.eq(locations::id)))
        .inner_join(booking_observations::table.on(booking_observations::booking_id.eq(bookings::id)))
        .filter(bookings::provider_id.eq(provider.0))
        .filter(bookings::wished_start_at.lt(Ts::from(period.to())))
        .filter(bookings::ends_at.is_null().or(bookings::ends_at.gt(Ts::from(period.from()))))
        .filter(booking_observations::ready_at.lt(Ts::from(period.to())))
        .filter(
            booking_observations::gone_at
                .is_null()
                .or(booking_observations::gone_at.gt(Ts::from(period.from()))),
        )
        .distinct()
        .order((locations::name, locations::id))
        .select((locations::id, locations::name, operators::watermark_at.nullable()))
        .load(conn)
        .await?)
}

/// When the first booking of a provider could be used; the first month that can cost something.
pub async fn find_first_ready(conn: &mut Conn, provider: OrganisationId) -> Result<Option<Timestamp>> {
    let found: Option<Ts> = booking_observations::table
        .filter(booking_observations::provider_id.eq(provider.0))
        .select(diesel::dsl::min(booking_observations::ready_at))
        .first(conn)
        .await?;
    Ok(found.map(|at| at.to_jiff()))
}

#[derive(QueryableByName)]
struct LateMonth {
    #[diesel(sql_type = Timestamptz)]
    month_from_at: Ts,
}

/// Months that a provider closed, from one instant to another, for which usage came in after the closing and after the last
/// document, or a start or an end was confirmed since; the oldest first. What came in may change nothing: only rating the month can tell.
pub async fn list_late(conn: &mut Conn, provider: OrganisationId, span: &Period) -> Result<Vec<Timestamp>> {
    let rows: Vec<LateMonth> = diesel::sql_query(
        "with closed as (
           select c.organisation_id, c.month_from_at,
             (c.month_from_at at time zone 'Europe/Berlin' + interval '1 month') at time zone 'Europe/Berlin' as month_to_at,
             greatest(c.closed_at, (select max(i.issued_at) from invoices i
               where i.provider_id = c.provider_id and i.organisation_id = c.organisation_id
                 and i.period_from_at >= c.month_from_at
                 and i.period_from_at < (c.month_from_at at time zone 'Europe/Berlin' + interval '1 month')
                   at time zone 'Europe/Berlin')) as known_at
           from month_closings c
           where c.provider_id = $1 and c.month_from_at >= $2 and c.month_from_at < $3)
         select distinct closed.month_from_at
         from closed join bookings b on b.organisation_id = closed.organisation_id and b.provider_id = $1
         where exists (select from usage_records u where u.booking_id = b.id and u.received_at > closed.known_at
             and u.from_at >= closed.month_from_at and u.from_at < closed.month_to_at)
           or exists (select from meter_readings r where r.booking_id = b.id and r.received_at > closed.known_at
             and r.read_at > closed.month_from_at and r.read_at <= closed.month_to_at)
           or b.kind = 'manual' and exists (select from booking_observations o where o.booking_id = b.id
             and o.observed_at > closed.known_at and o.ready_at < closed.month_to_at
             and (o.gone_at is null or o.gone_at > closed.month_from_at or o.gone_at < b.ends_at))
         order by closed.month_from_at",
    )
    .bind::<SqlUuid, _>(provider.0)
    .bind::<Timestamptz, _>(Ts::from(span.from()))
    .bind::<Timestamptz, _>(Ts::from(span.to()))
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.month_from_at.to_jiff()).collect())
}
