//! What people have to do for bookings, and what they stated about them.

use crate::schema::{
    booking_observations, booking_statements, booking_tasks, bookings, organisations, reveals,
};
use crate::{Conn, Error, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::{BookingId, RevealId, TaskId};
use domain::policy::Scope;
use domain::task::{Known, Side, State};
use jiff::Timestamp;
use uuid::Uuid;

/// One task.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = booking_tasks)]
pub struct TaskRow {
    pub id: Uuid,
    pub booking_id: Uuid,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub step: String,
    pub title: String,
    pub hint: String,
    pub side: String,
    pub position: i32,
    pub due_at: Option<Ts>,
    pub state: String,
    pub reason: Option<String>,
    pub owner_id: Option<Uuid>,
    pub closed_by: Option<Uuid>,
    pub closed_at: Option<Ts>,
    pub told_at: Option<Ts>,
    pub reminded_at: Option<Ts>,
    pub reveal_id: Option<Uuid>,
    pub created_at: Ts,
}

impl TaskRow {
    /// The row as the rules know it.
    pub fn to_known(&self) -> Result<Known> {
        let refused = || Error::Refused(format!("booking_tasks {}", self.id));
        Ok(Known {
            step: self.step.clone(),
            side: Side::from_code(&self.side).ok_or_else(refused)?,
            state: State::from_code(&self.state).ok_or_else(refused)?,
            due: self.due_at.map(|at| at.to_jiff()),
        })
    }
}

/// How a task stands from now on.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = booking_tasks, treat_none_as_null = true)]
pub struct TaskChange {
    pub due_at: Option<Ts>,
    pub state: String,
    pub reason: Option<String>,
    pub owner_id: Option<Uuid>,
    pub closed_by: Option<Uuid>,
    pub closed_at: Option<Ts>,
    pub told_at: Option<Ts>,
    pub reminded_at: Option<Ts>,
}

impl TaskChange {
    /// Nothing different from what the row says.
    #[must_use]
    pub fn of(row: &TaskRow) -> Self {
        Self {
            due_at: row.due_at,
            state: row.state.clone(),
            reason: row.reason.clone(),
            owner_id: row.owner_id,
            closed_by: row.closed_by,
            closed_at: row.closed_at,
            told_at: row.told_at,
            reminded_at: row.reminded_at,
        }
    }
}

/// What a provider stated about a booking, and what the customer said to it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = booking_statements)]
pub struct StatementRow {
    pub id: Uuid,
    pub booking_id: Uuid,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub what: String,
    pub effective_at: Ts,
    pub note: String,
    pub stated_by: Uuid,
    pub stated_at: Ts,
    pub answer: Option<String>,
    pub reason: Option<String>,
    pub answered_by: Option<Uuid>,
    pub answered_at: Option<Ts>,
}

/// Which tasks a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Those that somebody can do now.
    Open,
    /// Those of them whose time is over.
    Overdue,
    /// Those that are closed.
    Closed,
}

/// A task with what its list needs to know of its booking.
#[derive(Debug, Clone)]
pub struct ListedTask {
    pub task: TaskRow,
    /// Number of the booking.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Short name of the customer.
    pub customer: String,
    /// Short name of the provider.
    pub provider: String,
}

/// Adds tasks.
pub async fn insert(conn: &mut Conn, rows: &[TaskRow]) -> Result<()> {
    diesel::insert_into(booking_tasks::table).values(rows).execute(conn).await?;
    Ok(())
}

/// All tasks of a booking of the scope, in their order.
pub async fn list_of_booking(conn: &mut Conn, scope: &Scope, booking: BookingId) -> Result<Vec<TaskRow>> {
    let mine = crate::scope_ids(scope);
    Ok(booking_tasks::table
        .filter(booking_tasks::booking_id.eq(booking.0))
        .filter(
            booking_tasks::organisation_id.eq_any(mine.clone()).or(booking_tasks::provider_id.eq_any(mine)),
        )
        .order((booking_tasks::position, booking_tasks::created_at, booking_tasks::id))
        .select(TaskRow::as_select())
        .load(conn)
        .await?)
}

/// The same, locked until the transaction ends, so that two people who act on a booking come one after the other.
pub async fn lock_of_booking(conn: &mut Conn, booking: BookingId) -> Result<Vec<TaskRow>> {
    Ok(booking_tasks::table
        .filter(booking_tasks::booking_id.eq(booking.0))
        .order((booking_tasks::position, booking_tasks::created_at, booking_tasks::id))
        .for_no_key_update()
        .select(TaskRow::as_select())
        .load(conn)
        .await?)
}

/// Changes how a task stands.
pub async fn update(conn: &mut Conn, task: TaskId, change: &TaskChange) -> Result<()> {
    match diesel::update(booking_tasks::table.find(task.0)).set(change).execute(conn).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Tasks of the scope's side of its bookings: the first due first, the youngest of the closed first.
pub async fn list(
    conn: &mut Conn,
    scope: &Scope,
    tab: Tab,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<ListedTask>> {
    type Found = (TaskRow, String, String, String, String);
    let (provider, customer) = diesel::alias!(organisations as provider, organisations as customer);
    let mine = crate::scope_ids(scope);
    let own_side = (booking_tasks::side.eq("provider").and(booking_tasks::provider_id.eq_any(mine.clone())))
        .or(booking_tasks::side.eq("customer").and(booking_tasks::organisation_id.eq_any(mine)));
    let query = booking_tasks::table
        .inner_join(bookings::table.on(bookings::id.eq(booking_tasks::booking_id)))
        .inner_join(provider.on(provider.field(organisations::id).eq(booking_tasks::provider_id)))
        .inner_join(customer.on(customer.field(organisations::id).eq(booking_tasks::organisation_id)))
        .filter(own_side)
        .limit(limit)
        .select((
            TaskRow::as_select(),
            bookings::number,
            bookings::name,
            customer.field(organisations::short_name),
            provider.field(organisations::short_name),
        ))
        .into_boxed();
    let query = match tab {
        Tab::Open => query
            .filter(booking_tasks::state.eq("open"))
            .filter(booking_tasks::due_at.is_not_null())
            .order((booking_tasks::due_at, booking_tasks::id)),
        Tab::Overdue => query
            .filter(booking_tasks::state.eq("open"))
            .filter(booking_tasks::due_at.lt(Ts::from(now)))
            .order((booking_tasks::due_at, booking_tasks::id)),
        Tab::Closed => query
            .filter(booking_tasks::state.ne("open"))
            .order((booking_tasks::closed_at.desc(), booking_tasks::id)),
    };
    let rows: Vec<Found> = query.load(conn).await?;
    Ok(rows
        .into_iter()
        .map(|(task, number, name, customer, provider)| ListedTask { task, number, name, customer, provider })
        .collect())
}

/// Adds a statement.
pub async fn insert_statement(conn: &mut Conn, row: &StatementRow) -> Result<()> {
    diesel::insert_into(booking_statements::table).values(row).execute(conn).await?;
    Ok(())
}

/// Everything that was stated about a booking of the scope, the oldest first.
pub async fn list_statements(
    conn: &mut Conn,
    scope: &Scope,
    booking: BookingId,
) -> Result<Vec<StatementRow>> {
    let mine = crate::scope_ids(scope);
    Ok(booking_statements::table
        .filter(booking_statements::booking_id.eq(booking.0))
        .filter(
            booking_statements::organisation_id
                .eq_any(mine.clone())
                .or(booking_statements::provider_id.eq_any(mine)),
        )
        .order((booking_statements::stated_at, booking_statements::id))
        .select(StatementRow::as_select())
        .load(conn)
        .await?)
}

/// The customer's answer to a statement that has none.
pub async fn update_answered(
    conn: &mut Conn,
    statement: Uuid,
    (answer, reason): (&str, Option<&str>),
    by: Uuid,
    now: Timestamp,
) -> Result<()> {
    let open = booking_statements::table
        .filter(booking_statements::id.eq(statement))
        .filter(booking_statements::answer.is_null());
    let changed = diesel::update(open)
        .set((
            booking_statements::answer.eq(Some(answer)),
            booking_statements::reason.eq(reason),
            booking_statements::answered_by.eq(Some(by)),
            booking_statements::answered_at.eq(Some(Ts::from(now))),
        ))
        .execute(conn)
        .await?;
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Bookings that people fulfil, or that the provider never accepted, and that are not wanted any more, of which it is not yet planned how they end; of all
/// organisations, for the sweep.
pub async fn list_to_end(conn: &mut Conn, limit: i64) -> Result<Vec<BookingId>> {
    let planned = booking_tasks::table
        .filter(booking_tasks::booking_id.eq(bookings::id))
        .filter(booking_tasks::step.eq(domain::task::END));
    let undecided = booking_tasks::table
        .filter(booking_tasks::booking_id.eq(bookings::id))
        .filter(booking_tasks::step.eq(domain::task::ACCEPT))
        .filter(booking_tasks::state.ne("done"));
    let gone = booking_observations::table
        .filter(booking_observations::booking_id.eq(bookings::id))
        .filter(booking_observations::gone_at.is_not_null());
    let ids: Vec<Uuid> = bookings::table
        .filter(bookings::kind.eq("manual").or(diesel::dsl::exists(undecided)))
        .filter(bookings::wanted.eq("absent"))
        .filter(diesel::dsl::not(diesel::dsl::exists(planned)))
        .filter(diesel::dsl::not(diesel::dsl::exists(gone)))
        .order(bookings::ends_at)
        .limit(limit)
        .select(bookings::id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(BookingId).collect())
}

/// Bookings of an operator that are not wanted any more and still have open tasks; of all organisations, for the sweep.
pub async fn list_needless(conn: &mut Conn, limit: i64) -> Result<Vec<BookingId>> {
    let open = booking_tasks::table
        .filter(booking_tasks::booking_id.eq(bookings::id))
        .filter(booking_tasks::state.eq("open"));
    // What the provider never accepted ends in [`list_to_end`].
    let undecided = booking_tasks::table
        .filter(booking_tasks::booking_id.eq(bookings::id))
        .filter(booking_tasks::step.eq(domain::task::ACCEPT))
        .filter(booking_tasks::state.ne("done"));
    let ids: Vec<Uuid> = bookings::table
        .filter(bookings::kind.ne("manual"))
        .filter(bookings::wanted.eq("absent"))
        .filter(diesel::dsl::exists(open))
        .filter(diesel::dsl::not(diesel::dsl::exists(undecided)))
        .order(bookings::ends_at)
        .limit(limit)
        .select(bookings::id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(BookingId).collect())
}

/// Tasks that can be done and of which nobody was told, or that are overdue and nobody was reminded of; of all organisations,
/// for the sweep.
pub async fn list_untold(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<TaskRow>> {
    let late = booking_tasks::due_at.lt(Ts::from(now)).and(booking_tasks::reminded_at.is_null());
    Ok(booking_tasks::table
        .filter(booking_tasks::state.eq("open"))
        .filter(booking_tasks::due_at.is_not_null())
        .filter(booking_tasks::told_at.is_null().or(late))
        .order((booking_tasks::due_at, booking_tasks::id))
        .limit(limit)
        .select(TaskRow::as_select())
        .load(conn)
        .await?)
}

/// Open tasks whose display of access data has expired; of all organisations, for the sweep.
pub async fn list_expired(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<TaskRow>> {
    Ok(booking_tasks::table
        .inner_join(reveals::table.on(reveals::id.nullable().eq(booking_tasks::reveal_id)))
        .filter(booking_tasks::state.eq("open"))
        .filter(reveals::expires_at.le(Ts::from(now)))
        .order(booking_tasks::id)
        .limit(limit)
        .select(TaskRow::as_select())
        .load(conn)
        .await?)
}

/// One task by its id alone, locked; for the sweep.
pub async fn lock_named(conn: &mut Conn, task: TaskId) -> Result<TaskRow> {
    Ok(booking_tasks::table.find(task.0).for_no_key_update().select(TaskRow::as_select()).first(conn).await?)
}

/// The display that a task answers: public key, who asked, whether it still waits.
pub async fn lock_reveal(conn: &mut Conn, reveal: RevealId) -> Result<crate::reveals::RevealRow> {
    Ok(reveals::table
        .find(reveal.0)
        .for_no_key_update()
        .select(crate::reveals::RevealRow::as_select())
        .first(conn)
        .await?)
}
