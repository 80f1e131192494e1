//! What sweeps look for: ends that have come, events that nobody was told about. They know no organisation.

use super::{BookingRow, EventRow};
use crate::people::PersonRow;
use crate::schema::{booking_customer_private, booking_events, bookings, orders, people, person_roles};
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use domain::ids::{BookingId, OrganisationId};
use domain::policy::Role;
use jiff::Timestamp;
use uuid::Uuid;

/// Bookings whose end has come and that still run, or whose data were kept long enough; for the sweep.
pub async fn list_due_ends(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<BookingId>> {
    let ids: Vec<Uuid> = bookings::table
        .filter(bookings::wanted.eq("present"))
        .filter(bookings::ends_at.le(Ts::from(now)))
        .filter(
            bookings::deletes_at
                .is_null()
                .or(bookings::deletes_at.le(Ts::from(now)))
                .or(bookings::power.eq("running")),
        )
        .order(bookings::ends_at)
        .limit(limit)
        .select(bookings::id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(BookingId).collect())
}

/// Events that people wait for and that were not announced yet: the first readiness of a booking, and what holds it up
/// for longer than until `settled`. Of all organisations; for the sweep.
pub async fn list_unannounced(
    conn: &mut Conn,
    since: Timestamp,
    settled: Timestamp,
    limit: i64,
) -> Result<Vec<EventRow>> {
    let ids: Vec<NamedEvent> = diesel::sql_query(
        "select e.id from booking_events e
         where e.recorded_at > $1
           and (e.name = 'ready' and not exists (select from booking_events f where f.booking_id = e.booking_id
                  and f.name = 'ready' and (f.recorded_at, f.id) < (e.recorded_at, e.id))
             or e.name = 'blocked' and e.recorded_at <= $2)
           and not exists (select from booking_events a where a.booking_id = e.booking_id and a.name = 'announced'
                  and a.detail ->> 'event' = e.id::text)
         order by e.recorded_at, e.id limit $3",
    )
    .bind::<Timestamptz, _>(Ts::from(since))
    .bind::<Timestamptz, _>(Ts::from(settled))
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    let ids: Vec<Uuid> = ids.into_iter().map(|row| row.id).collect();
    Ok(booking_events::table
        .filter(booking_events::id.eq_any(ids))
        .order((booking_events::recorded_at, booking_events::id))
        .select(EventRow::as_select())
        .load(conn)
        .await?)
}

#[derive(QueryableByName)]
struct NamedEvent {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// A reminder that is due: `end` or `deletion`, when that is, and how many days before people are told.
#[derive(Debug, Clone, QueryableByName)]
pub struct Reminder {
    #[diesel(sql_type = SqlUuid)]
    pub booking_id: Uuid,
    #[diesel(sql_type = Text)]
    pub about: String,
    #[diesel(sql_type = Timestamptz)]
    pub at: Ts,
    #[diesel(sql_type = Integer)]
    pub days: i32,
}

/// Ends that come within 30 and 7 days and deletions that come within 2, of which nobody was told yet. What was set within
/// that time is no news: whoever set it knows. Of all organisations; for the sweep.
pub async fn list_due_reminders(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<Reminder>> {
    Ok(diesel::sql_query(
        "with due as (
           select b.id as booking_id, 'end' as about, b.ends_at as at, s.days, b.created_at
             from bookings b, (values (30, 7), (7, 0)) as s(days, next)
             where b.wanted = 'present' and b.ends_at > $1 + s.next * interval '1 day'
               and b.ends_at <= $1 + s.days * interval '1 day'
           union all
           select b.id, 'deletion', b.deletes_at, 2, b.created_at from bookings b
             where b.wanted = 'present' and b.ends_at <= $1 and b.deletes_at > $1
               and b.deletes_at <= $1 + interval '2 days')
         select booking_id, about, at, days from due
         where (select coalesce(max(e.happened_at), due.created_at) from booking_events e
                 where e.booking_id = due.booking_id and e.name in ('end-ordered', 'resume-ordered'))
             <= due.at - due.days * interval '1 day'
           and not exists (select from booking_events e where e.booking_id = due.booking_id and e.name = 'reminded'
             and e.detail ->> 'about' = due.about and (e.detail ->> 'at')::timestamptz = due.at
             and (e.detail ->> 'days')::integer = due.days)
         order by at, booking_id limit $2",
    )
    .bind::<Timestamptz, _>(Ts::from(now))
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// Who ordered a booking; for the sweep, which knows no organisation.
pub async fn find_orderer(conn: &mut Conn, booking: BookingId) -> Result<Option<PersonRow>> {
    Ok(booking_customer_private::table
        .inner_join(orders::table.on(orders::id.eq(booking_customer_private::order_id)))
        .inner_join(people::table.on(people::id.eq(orders::requested_by)))
        .filter(booking_customer_private::booking_id.eq(booking.0))
        .select(PersonRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// People of an organisation who hold a role; for the sweep, which knows no organisation.
pub async fn list_responsible(
    conn: &mut Conn,
    organisation: OrganisationId,
    role: Role,
    now: Timestamp,
) -> Result<Vec<PersonRow>> {
    Ok(people::table
        .inner_join(person_roles::table.on(person_roles::person_id.eq(people::id)))
        .filter(people::organisation_id.eq(organisation.0))
        .filter(people::disabled_at.is_null())
        .filter(person_roles::role.eq(role.code()))
        .filter(person_roles::valid_from.le(Ts::from(now)))
        .filter(person_roles::valid_to.is_null().or(person_roles::valid_to.gt(Ts::from(now))))
        .order(people::id)
        .select(PersonRow::as_select())
        .load(conn)
        .await?)
}

/// Whether people were told by mail, since a moment, that what is wanted now is held up by this; for the sweep.
pub async fn was_announced(conn: &mut Conn, row: &BookingRow, key: &str, since: Timestamp) -> Result<bool> {
    let told = diesel::sql_query(
        "select e.id from booking_events e where e.booking_id = $1 and e.name = 'announced' and e.recorded_at > $2
           and e.detail ->> 'key' = $3 and (e.detail ->> 'generation')::bigint = $4 and (e.detail ->> 'mails')::integer > 0 limit 1",
    )
    .bind::<SqlUuid, _>(row.id)
    .bind::<Timestamptz, _>(Ts::from(since))
    .bind::<Text, _>(key)
    .bind::<BigInt, _>(row.generation);
    let told: Vec<NamedEvent> = told.load(conn).await?;
    Ok(!told.is_empty())
}

/// Bookings whose data went back and whose former ones are still kept, although the earlier state has served since `since`;
/// for the sweep.
pub async fn list_replaced(conn: &mut Conn, since: Timestamp, limit: i64) -> Result<Vec<BookingId>> {
    let ids: Vec<NamedEvent> = diesel::sql_query(
        "select b.id from bookings b join booking_observations o on o.booking_id = b.id
         where b.wanted = 'present' and (b.restore ->> 'keep_before')::boolean
           and o.restored ->> 'number' = b.restore ->> 'number' and (o.restored ->> 'at')::timestamptz <= $1
         order by o.restored ->> 'at', b.id limit $2",
    )
    .bind::<Timestamptz, _>(Ts::from(since))
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(ids.into_iter().map(|row| BookingId(row.id)).collect())
}
