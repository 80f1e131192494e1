//! What stands still: bookings whose order has no effect, that somebody holds up, or whose access data are not changed, and
//! locations that are silent. For the sweep, which knows no organisation.

use crate::schema::silence_notices;
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use domain::stall;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A booking that stands still, and of which people shall hear once more.
#[derive(Debug, Clone, QueryableByName)]
pub struct StalledRow {
    #[diesel(sql_type = SqlUuid)]
    pub booking_id: Uuid,
    /// `blocked`, `rotation`, `wish`, `restore` or `end`.
    #[diesel(sql_type = Text)]
    pub cause: String,
    /// Since when.
    #[diesel(sql_type = Timestamptz)]
    pub since_at: Ts,
    /// When people were told of it last.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub told_at: Option<Ts>,
    /// Who waits for the access data.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub person_id: Option<Uuid>,
}

/// A silent location with bookings that are not gone.
#[derive(Debug, Clone, QueryableByName)]
pub struct SilentRow {
    #[diesel(sql_type = SqlUuid)]
    pub location_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub provider_id: Uuid,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Timestamptz)]
    pub since_at: Ts,
    #[diesel(sql_type = BigInt)]
    pub bookings: i64,
    /// When people were told last.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub told_at: Option<Ts>,
}

/// That people were told of a silent location.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = silence_notices)]
pub struct SilenceNoticeRow {
    pub id: Uuid,
    pub location_id: Uuid,
    pub provider_id: Uuid,
    pub silent_since_at: Ts,
    pub bookings: i64,
    pub mails: i32,
    pub told_at: Ts,
}

/// Keys of the messages that hold a booking up.
#[derive(Debug, Clone)]
pub struct HoldingKeys {
    /// Where the condition is not fulfilled.
    pub unfulfilled: Vec<String>,
    /// Always: it is not as ordered.
    pub always: Vec<String>,
}

/// What an order wants is open since its last change: an order, an end that came, an acceptance by hand. What an operator of the
/// last release reached it does not say; a machine that grows with its next start waits for its customer.
const WISHES: &str = "
    select b.organisation_id, b.id as booking_id, null::uuid as person_id,
      case when b.wanted = 'absent' then 'end'
           when o.effective_generation = b.generation then 'restore'
           else 'wish' end as cause,
      greatest(b.created_at,
        (select max(e.happened_at) from booking_events e where e.organisation_id = b.organisation_id
           and e.booking_id = b.id and (e.name like '%-ordered' and e.name not in ('transfer-ordered', 'end-ordered') or e.name in ('began', 'replaced-dropped'))),
        (select max(t.closed_at) from booking_tasks t where t.booking_id = b.id and t.step = $9),
        case when b.ends_at <= $1 then b.ends_at end,
        case when b.wanted = 'absent' then b.deletes_at end) as since_at,
      b.kind
    from bookings b left join booking_observations o on o.booking_id = b.id
    where b.location_id is not null and o.gone_at is null
      and (b.wanted = 'absent' or o.booking_id is null or o.effective_generation < b.generation
        or o.effective_generation is null and (o.ready_at is null or o.generation < b.generation)
        or b.wanted = 'present' and b.restore ->> 'number' is distinct from o.restored ->> 'number'
          and b.restore is not null and not coalesce(o.conditions @> '[{\"messageKey\": \"restore-failed\"}]'
            or o.conditions @> '[{\"messageKey\": \"restore-waits\"}]', false))
      and not exists (select from booking_tasks t
        where t.booking_id = b.id and t.step = $9 and t.state <> 'done')
      and not coalesce(o.conditions @> '[{\"messageKey\": \"restart-needed\"}]', false)";

/// What somebody has to act on, since it was first reported after it went well; what fails and starts in turns stays one.
const BLOCKED: &str = "
    select b.organisation_id, b.id as booking_id, null::uuid as person_id, 'blocked' as cause,
      coalesce((select min(e.recorded_at) from booking_events e where e.organisation_id = b.organisation_id
        and e.booking_id = b.id and e.name = 'blocked' and e.recorded_at > coalesce((select max(r.recorded_at)
          from booking_events r where r.organisation_id = b.organisation_id and r.booking_id = b.id
            and r.name in ('ready', 'effective')), '-infinity')), o.observed_at) as since_at
    from bookings b join booking_observations o on o.booking_id = b.id
    where b.location_id is not null and o.gone_at is null
      and exists (select from jsonb_array_elements(o.conditions) c
        where c ->> 'messageKey' <> 'restart-needed' and (b.wanted = 'present' or c ->> 'type' <> 'Accepted') and (c ->> 'messageKey' = any($8)
          or c ->> 'status' <> 'True' and c ->> 'messageKey' = any($7)))";

/// Bookings that stand still and are due to be told again, one cause of each, what stands still longest first.
pub async fn list_stalled(
    conn: &mut Conn,
    keys: &HoldingKeys,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<StalledRow>> {
    let before = |limit: SignedDuration| Ts::from(now - limit);
    let sql = format!(
        "with found as (
           select organisation_id, booking_id, person_id, cause, since_at, 2 as rank from ({WISHES}) w
             where since_at <= case when kind = 'shared-service' then $6 when cause = 'restore' then $4
               when cause = 'end' then $3 else $2 end
           union all select organisation_id, booking_id, person_id, cause, since_at, 1 from ({BLOCKED}) s
           union all select organisation_id, booking_id, person_id, 'rotation', requested_at, 3 from access_rotations
             where done_at is null and failed_at is null and requested_at <= $5),
         one as (select distinct on (booking_id) * from found order by booking_id, rank),
         told as (select one.*, (select max(t.recorded_at) from booking_events t
           where t.organisation_id = one.organisation_id and t.booking_id = one.booking_id and (t.name = 'stalled' and t.detail ->> 'cause' = one.cause
               and (t.detail ->> 'since')::timestamptz = one.since_at
             or one.cause = 'blocked' and t.name = 'announced' and t.recorded_at >= one.since_at
               and t.detail ->> 'name' = 'blocked' and (t.detail ->> 'mails')::integer > 0)) as told_at,
           (select max(t.recorded_at) from booking_events t
             where t.organisation_id = one.organisation_id and t.booking_id = one.booking_id and t.name = 'stalled')
             as last_at from one)
         select booking_id, cause, since_at, told_at, person_id from told
         where (last_at is null or last_at <= $10)
           and (told_at is null and (cause <> 'blocked' or since_at <= $10)
             or told_at <= case when told_at < since_at + $11 * interval '1 second' then $10 else $12 end)
         order by since_at, booking_id limit $13"
    );
    Ok(diesel::sql_query(sql)
        .bind::<Timestamptz, _>(Ts::from(now))
        .bind::<Timestamptz, _>(before(stall::WISH))
        .bind::<Timestamptz, _>(before(stall::END))
        .bind::<Timestamptz, _>(before(stall::RESTORE))
        .bind::<Timestamptz, _>(before(stall::ROTATION))
        .bind::<Timestamptz, _>(before(stall::BROKER))
        .bind::<Array<Text>, _>(&keys.unfulfilled)
        .bind::<Array<Text>, _>(&keys.always)
        .bind::<Text, _>(domain::task::ACCEPT)
        .bind::<Timestamptz, _>(before(stall::DAY))
        .bind::<BigInt, _>(stall::DAILY.as_secs())
        .bind::<Timestamptz, _>(before(stall::WEEK))
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await?)
}

/// Locations that were heard once, are silent since `limit` and hold bookings that are not gone.
pub async fn list_silent(conn: &mut Conn, limit: Timestamp) -> Result<Vec<SilentRow>> {
    Ok(diesel::sql_query(
        "with silent as (
           select o.location_id, o.provider_id, l.name, o.heartbeat_at as since_at
             from operators o join locations l on l.id = o.location_id where o.heartbeat_at <= $1)
         select s.*, held.bookings, (select max(n.told_at) from silence_notices n
             where n.location_id = s.location_id and n.silent_since_at = s.since_at) as told_at
           from silent s cross join lateral (select count(*) as bookings from bookings b
             left join booking_observations seen on seen.booking_id = b.id
             where b.location_id = s.location_id and seen.gone_at is null) held
         where held.bookings > 0 order by s.since_at, s.location_id",
    )
    .bind::<Timestamptz, _>(Ts::from(limit))
    .load(conn)
    .await?)
}

/// Remembers that people were told; [`crate::Error::Taken`] if somebody was faster.
pub async fn insert_silence_notice(conn: &mut Conn, row: &SilenceNoticeRow) -> Result<()> {
    diesel::insert_into(silence_notices::table).values(row).execute(conn).await?;
    Ok(())
}
