//! What locations and the marketplace do not agree about since one of them was restored. Written by the product itself.

use crate::schema::{
    booking_differences, booking_observations, bookings, legal_bases, locations, offering_versions,
    offerings, operators, order_decisions, orders, organisations, plans,
};
use crate::{Conn, Result, Ts};
use contract::{Held, Tail};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use domain::ids::{BookingId, DifferenceId, LocationId, OrganisationId, PersonId};
use domain::policy::{OperatorIdentity, Scope};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// One difference.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = booking_differences)]
pub struct DifferenceRow {
    pub id: Uuid,
    pub provider_id: Uuid,
    pub location_id: Uuid,
    pub booking_id: Uuid,
    pub organisation_id: Option<Uuid>,
    pub kind: String,
    pub desired: Option<Value>,
    pub since_at: Option<Ts>,
    pub gone_at: Option<Ts>,
    pub first_at: Ts,
    pub closed_at: Option<Ts>,
    pub answer: Option<String>,
    pub reason: Option<String>,
    pub answered_by: Option<Uuid>,
    pub answered_at: Option<Ts>,
    pub confirmed_by: Option<Uuid>,
    pub confirmed_at: Option<Ts>,
}

/// One with the names around it.
#[derive(Debug, Clone)]
pub struct ListedDifference {
    pub row: DifferenceRow,
    /// Name of the location.
    pub location: String,
    /// Short name of the provider.
    pub provider: String,
    /// The booking, if the marketplace has it.
    pub booked: Option<Booked>,
}

/// What the marketplace knows of the booking that a difference is about.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = bookings)]
pub struct Booked {
    pub organisation_id: Uuid,
    pub location_id: Option<Uuid>,
    pub number: String,
    pub name: String,
    pub wanted: String,
}

/// Raises the epoch of every operator; the locations with their providers and new epochs.
pub async fn update_epochs(conn: &mut Conn) -> Result<Vec<(Uuid, Uuid, i64)>> {
    Ok(diesel::update(operators::table)
        .set(operators::epoch.eq(operators::epoch + 1))
        .returning((operators::provider_id, operators::location_id, operators::epoch))
        .load(conn)
        .await?)
}

/// Locations with their providers and present epochs.
pub async fn list_epochs(conn: &mut Conn) -> Result<Vec<(Uuid, Uuid, i64)>> {
    Ok(operators::table
        .order((operators::provider_id, operators::location_id))
        .select((operators::provider_id, operators::location_id, operators::epoch))
        .load(conn)
        .await?)
}

/// Open differences of a location, locked so that two reports come one after the other.
pub async fn lock_open(conn: &mut Conn, location: LocationId) -> Result<Vec<DifferenceRow>> {
    Ok(booking_differences::table
        .filter(booking_differences::location_id.eq(location.0))
        .filter(booking_differences::closed_at.is_null())
        .order(booking_differences::booking_id)
        .for_no_key_update()
        .select(DifferenceRow::as_select())
        .load(conn)
        .await?)
}

/// The same for reading.
pub async fn list_open(conn: &mut Conn, location: LocationId) -> Result<Vec<DifferenceRow>> {
    Ok(booking_differences::table
        .filter(booking_differences::location_id.eq(location.0))
        .filter(booking_differences::closed_at.is_null())
        .order(booking_differences::booking_id)
        .select(DifferenceRow::as_select())
        .load(conn)
        .await?)
}

/// Adds what was reported for the first time.
pub async fn insert(conn: &mut Conn, rows: &[DifferenceRow]) -> Result<()> {
    diesel::insert_into(booking_differences::table).values(rows).execute(conn).await?;
    Ok(())
}

/// Those of the bookings about which something was reported since, whether it is open or settled.
pub async fn list_reported_since(conn: &mut Conn, ids: &[Uuid], since: Timestamp) -> Result<HashSet<Uuid>> {
    let found: Vec<Uuid> = booking_differences::table
        .filter(booking_differences::booking_id.eq_any(ids))
        .filter(booking_differences::first_at.gt(Ts::from(since)))
        .select(booking_differences::booking_id)
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// Those of the customers who ever had a legal basis to buy from a provider.
pub async fn list_customers(conn: &mut Conn, provider: Uuid, ids: &[Uuid]) -> Result<HashSet<Uuid>> {
    let found: Vec<Uuid> = legal_bases::table
        .filter(legal_bases::provider_id.eq(provider))
        .filter(legal_bases::organisation_id.eq_any(ids))
        .select(legal_bases::organisation_id)
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// What the location reports now.
pub async fn update_reported(conn: &mut Conn, row: &DifferenceRow) -> Result<()> {
    diesel::update(booking_differences::table.find(row.id))
        .set((
            booking_differences::kind.eq(&row.kind),
            booking_differences::desired.eq(&row.desired),
            booking_differences::since_at.eq(row.since_at),
            booking_differences::gone_at.eq(row.gone_at),
            booking_differences::answer.eq(&row.answer),
            booking_differences::reason.eq(&row.reason),
            booking_differences::answered_by.eq(row.answered_by),
            booking_differences::answered_at.eq(row.answered_at),
            booking_differences::confirmed_by.eq(row.confirmed_by),
            booking_differences::confirmed_at.eq(row.confirmed_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The location does not report it any more.
pub async fn update_closed(conn: &mut Conn, ids: &[Uuid], now: Timestamp) -> Result<()> {
    diesel::update(booking_differences::table.filter(booking_differences::id.eq_any(ids)))
        .set(booking_differences::closed_at.eq(Some(Ts::from(now))))
        .execute(conn)
        .await?;
    Ok(())
}

/// Differences of the scope's bookings, of all for the product itself: open ones first, then the youngest.
pub async fn list(conn: &mut Conn, scope: &Scope, open: bool, limit: i64) -> Result<Vec<ListedDifference>> {
    let mine = crate::scope_ids(scope);
    let mut query = booking_differences::table
        .inner_join(locations::table.on(locations::id.eq(booking_differences::location_id)))
        .inner_join(organisations::table.on(organisations::id.eq(booking_differences::provider_id)))
        .left_join(bookings::table.on(bookings::id.eq(booking_differences::booking_id)))
        .order((
            booking_differences::closed_at.is_null().desc(),
            booking_differences::first_at.desc(),
            booking_differences::id,
        ))
        .limit(limit)
        .select((
            DifferenceRow::as_select(),
            locations::name,
            organisations::short_name,
            Option::<Booked>::as_select(),
        ))
        .into_boxed();
    if open {
        query = query.filter(booking_differences::closed_at.is_null());
    }
    if !scope.is_system() {
        query =
            query.filter(booking_differences::provider_id.eq_any(mine.clone()).or(
                booking_differences::organisation_id.eq_any(mine.into_iter().map(Some).collect::<Vec<_>>()),
            ));
    }
    let rows: Vec<(DifferenceRow, String, String, Option<Booked>)> = query.load(conn).await?;
    Ok(rows
        .into_iter()
        .map(|(row, location, provider, booked)| ListedDifference { row, location, provider, booked })
        .collect())
}

/// One by its id alone, locked; only for callers who then check whose it is.
pub async fn lock_named(conn: &mut Conn, id: DifferenceId) -> Result<DifferenceRow> {
    Ok(booking_differences::table
        .find(id.0)
        .for_no_key_update()
        .select(DifferenceRow::as_select())
        .first(conn)
        .await?)
}

/// What somebody decided.
pub async fn update_answered(
    conn: &mut Conn,
    id: DifferenceId,
    (answer, reason): (&str, &str),
    by: PersonId,
    now: Timestamp,
) -> Result<()> {
    diesel::update(booking_differences::table.find(id.0))
        .set((
            booking_differences::answer.eq(Some(answer)),
            booking_differences::reason.eq(Some(reason)),
            booking_differences::answered_by.eq(Some(by.0)),
            booking_differences::answered_at.eq(Some(Ts::from(now))),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Somebody else agrees.
pub async fn update_confirmed(conn: &mut Conn, id: DifferenceId, by: PersonId, now: Timestamp) -> Result<()> {
    diesel::update(booking_differences::table.find(id.0))
        .set((
            booking_differences::confirmed_by.eq(Some(by.0)),
            booking_differences::confirmed_at.eq(Some(Ts::from(now))),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes everybody who takes a booking over, or ends it, come one after the other; until the end of the transaction.
pub async fn lock_take_over(conn: &mut Conn, id: DifferenceId) -> Result<()> {
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended($1, 2))")
        .bind::<Text, _>(format!("take-over:{id}"))
        .execute(conn)
        .await?;
    Ok(())
}

/// An open one of a customer's booking that the marketplace lost, for whoever takes it over; two who try come one after the
/// other.
pub async fn lock_unlisted(
    conn: &mut Conn,
    customer: OrganisationId,
    id: DifferenceId,
) -> Result<Option<DifferenceRow>> {
    lock_take_over(conn, id).await?;
    find_lost(conn, customer, id).await
}

/// The same for reading.
pub async fn find_lost(
    conn: &mut Conn,
    customer: OrganisationId,
    id: DifferenceId,
) -> Result<Option<DifferenceRow>> {
    Ok(booking_differences::table
        .filter(booking_differences::id.eq(id.0))
        .filter(booking_differences::organisation_id.eq(customer.0))
        .filter(booking_differences::kind.eq("unlisted"))
        .filter(booking_differences::closed_at.is_null())
        .filter(booking_differences::confirmed_at.is_null())
        .select(DifferenceRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// The last one about a booking that the marketplace lost, open or not; read again once nobody else decides about it.
pub async fn lock_lost_booking(conn: &mut Conn, booking: BookingId) -> Result<Option<DifferenceRow>> {
    let Some(found) = find_unlisted(conn, booking).await? else { return Ok(None) };
    lock_take_over(conn, DifferenceId(found.id)).await?;
    find_unlisted(conn, booking).await
}

/// The last one about a booking that the marketplace lost, open or not.
pub async fn find_unlisted(conn: &mut Conn, booking: BookingId) -> Result<Option<DifferenceRow>> {
    Ok(booking_differences::table
        .filter(booking_differences::booking_id.eq(booking.0))
        .filter(booking_differences::kind.eq("unlisted"))
        .order((booking_differences::closed_at.is_null().desc(), booking_differences::first_at.desc()))
        .select(DifferenceRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Whether somebody has ordered a lost booking again, and nobody has refused it.
pub async fn is_ordered(conn: &mut Conn, booking: BookingId) -> Result<bool> {
    let open = orders::table
        .left_join(order_decisions::table.on(order_decisions::order_id.eq(orders::id)))
        .filter(orders::booking_id.eq(booking.0))
        .filter(orders::kind.eq("create"))
        .filter(order_decisions::decision.is_null().or(order_decisions::decision.eq("approved")));
    Ok(diesel::select(diesel::dsl::exists(open)).get_result(conn).await?)
}

/// Wanted states of a location's bookings that are to be torn down although the marketplace does not hold them: two people
/// decided it, or the customer's end stands since before.
pub async fn list_to_take_down(conn: &mut Conn, who: &OperatorIdentity) -> Result<Vec<Value>> {
    let ended = bookings::table
        .filter(bookings::id.eq(booking_differences::booking_id))
        .filter(bookings::wanted.eq("absent"));
    let known = bookings::table.filter(bookings::id.eq(booking_differences::booking_id));
    let decided =
        booking_differences::confirmed_at.is_not_null().and(diesel::dsl::not(diesel::dsl::exists(known)));
    let found: Vec<Option<Value>> = booking_differences::table
        .filter(booking_differences::location_id.eq(who.location.0))
        .filter(booking_differences::provider_id.eq(who.provider.0))
        .filter(booking_differences::closed_at.is_null())
        .filter(booking_differences::kind.eq("unlisted"))
        .filter(decided.or(diesel::dsl::exists(ended)))
        .order(booking_differences::booking_id)
        .select(booking_differences::desired)
        .load(conn)
        .await?;
    Ok(found.into_iter().flatten().collect())
}

/// Those of the bookings whose usage is given up, because two people decided to end what the marketplace lost.
pub async fn list_given_up(conn: &mut Conn, who: &OperatorIdentity, ids: &[Uuid]) -> Result<HashSet<Uuid>> {
    let found: Vec<Uuid> = booking_differences::table
        .filter(booking_differences::location_id.eq(who.location.0))
        .filter(booking_differences::provider_id.eq(who.provider.0))
        .filter(booking_differences::booking_id.eq_any(ids))
        .filter(booking_differences::closed_at.is_null())
        .filter(booking_differences::kind.eq("unlisted"))
        .filter(booking_differences::confirmed_at.is_not_null())
        .select(booking_differences::booking_id)
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// Those of the bookings that had ended and that a restored location has again, with the time at which they were gone. Also
/// once it obeys the end again: its last usage comes after that.
pub async fn list_returned(
    conn: &mut Conn,
    who: &OperatorIdentity,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Timestamp)>> {
    let found: Vec<(Uuid, Option<Ts>)> = booking_differences::table
        .inner_join(
            booking_observations::table
                .on(booking_observations::booking_id.eq(booking_differences::booking_id)),
        )
        .filter(booking_differences::location_id.eq(who.location.0))
        .filter(booking_differences::provider_id.eq(who.provider.0))
        .filter(booking_differences::booking_id.eq_any(ids))
        .filter(booking_differences::kind.eq("unlisted"))
        .filter(booking_observations::gone_at.is_not_null())
        .distinct()
        .select((booking_differences::booking_id, booking_observations::gone_at))
        .load(conn)
        .await?;
    Ok(found.into_iter().filter_map(|(id, gone)| Some((id, gone?.to_jiff()))).collect())
}

#[derive(QueryableByName)]
struct HeldRow {
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = Bool)]
    used: bool,
    #[diesel(sql_type = Nullable<Text>)]
    meter: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    from_at: Option<Ts>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    to_at: Option<Ts>,
    #[diesel(sql_type = Nullable<BigInt>)]
    sequence: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    amount: Option<i64>,
}

/// What the marketplace holds of the bookings of a location: whether each was used, and the end of its stored usage.
/// `meters` are the allocation meters by kind. A used booking that people decided to provision anew counts as not used.
pub async fn list_held(
    conn: &mut Conn,
    who: &OperatorIdentity,
    meters: &[(&'static str, &'static str)],
) -> Result<Vec<Held>> {
    let rows: Vec<HeldRow> = diesel::sql_query(
        "select b.id as booking_id,
                o.ready_at is not null and o.gone_at is null and not exists (select from booking_differences d
                    where d.booking_id = b.id and d.closed_at is null and d.answer = 'provision-anew') as used,
                u.meter, u.from_at, u.to_at, u.sequence, u.amount
         from bookings b
         left join booking_observations o on o.booking_id = b.id
         left join unnest($3, $4) as k (kind, meter) on k.kind = b.kind
         left join lateral (select r.meter, r.from_at, r.to_at, r.sequence, r.amount from usage_records r
             where r.booking_id = b.id and r.meter = k.meter order by r.from_at desc limit 1) u on true
         where b.location_id = $1 and b.provider_id = $2 and (b.wanted = 'present' or o.gone_at is null)
           and not exists (select from booking_tasks t
               where t.booking_id = b.id and t.step = 'accept' and t.state <> 'done')
         order by b.id",
    )
    .bind::<SqlUuid, _>(who.location.0)
    .bind::<SqlUuid, _>(who.provider.0)
    .bind::<Array<Text>, _>(meters.iter().map(|(kind, _)| *kind).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(meters.iter().map(|(_, meter)| *meter).collect::<Vec<_>>())
    .load(conn)
    .await?;
    let mut held: BTreeMap<Uuid, Held> = BTreeMap::new();
    for row in rows {
        let HeldRow { booking_id: booking, used, .. } = row;
        let of = held.entry(booking).or_insert(Held { booking, used, usage: None });
        let (Some(meter), Some(from), Some(to), Some(seq), Some(amount)) =
            (row.meter, row.from_at, row.to_at, row.sequence, row.amount)
        else {
            continue;
        };
        let (from, to) = (from.to_jiff(), to.to_jiff());
        match &mut of.usage {
            Some(tail) if tail.to > to => {}
            Some(tail) if tail.to == to => drop(tail.sizes.insert(meter, amount)),
            later => *later = Some(Tail { seq, from, to, sizes: BTreeMap::from([(meter, amount)]) }),
        }
    }
    Ok(held.into_values().collect())
}

/// A booking that the marketplace has.
pub async fn find_booked(conn: &mut Conn, booking: BookingId) -> Result<Option<Booked>> {
    Ok(bookings::table.find(booking.0).select(Booked::as_select()).first(conn).await.optional()?)
}

/// Plans of a provider's present versions that fix the same: offering, plan, title of the version.
pub async fn list_plans(
    conn: &mut Conn,
    provider: Uuid,
    kind: &str,
    settings: &Value,
) -> Result<Vec<(Uuid, Uuid, String)>> {
    let later = diesel::alias!(offering_versions as later);
    let newer = later
        .filter(later.field(offering_versions::offering_id).eq(offering_versions::offering_id))
        .filter(later.field(offering_versions::number).gt(offering_versions::number));
    Ok(plans::table
        .inner_join(offering_versions::table.on(offering_versions::id.eq(plans::version_id)))
        .inner_join(offerings::table.on(offerings::id.eq(offering_versions::offering_id)))
        .filter(offerings::provider_id.eq(provider))
        .filter(offerings::kind.eq(kind))
        .filter(offerings::withdrawn_at.is_null())
        .filter(plans::settings.eq(settings))
        .filter(diesel::dsl::not(diesel::dsl::exists(newer)))
        .order((offering_versions::title, plans::position))
        .select((offerings::id, plans::id, offering_versions::title))
        .load(conn)
        .await?)
}
