//! Budget lines and the commitments that orders hold in them.

use crate::people::money;
use crate::schema::{budget_lines, commitments, orders};
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::budget::{BudgetLine, still_bound};
use domain::ids::{BookingId, BudgetLineId, OrderId};
use domain::money::Money;
use domain::policy::Scope;
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A Haushaltsansatz.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = budget_lines)]
pub struct BudgetLineRow {
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub unit_id: Uuid,
    pub year: i32,
    pub code: String,
    pub name: String,
    pub amount: Decimal,
    pub spent: Decimal,
    pub created_at: Ts,
}

/// Money that an order holds: reserved, then confirmed or released. Released after it was confirmed, it is settled: its
/// booking is over, what was invoiced is spent and the rest is free.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = commitments)]
pub struct CommitmentRow {
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub budget_line_id: Uuid,
    pub order_id: Uuid,
    pub amount: Decimal,
    pub reserved_at: Ts,
    pub confirmed_at: Option<Ts>,
    pub released_at: Option<Ts>,
}

/// A budget line with what is held in it now.
#[derive(Debug, Clone)]
pub struct HeldLine {
    /// The line.
    pub row: BudgetLineRow,
    /// Held by undecided orders.
    pub reserved: Money,
    /// Held by approved orders.
    pub confirmed: Money,
}

impl HeldLine {
    /// As the rules see it.
    pub fn to_line(&self) -> Result<BudgetLine> {
        Ok(BudgetLine {
            year: i16::try_from(self.row.year).unwrap_or(i16::MAX),
            amount: money(self.row.amount)?,
            spent: money(self.row.spent)?,
            committed: self.reserved + self.confirmed,
        })
    }
}

/// Every line of the scope in one year, or of all years, with what is held in it.
pub async fn list_held(conn: &mut Conn, scope: &Scope, year: Option<i16>) -> Result<Vec<HeldLine>> {
    let mut query = budget_lines::table
        .filter(budget_lines::organisation_id.eq_any(crate::scope_ids(scope)))
        .order((budget_lines::year, budget_lines::code))
        .select(BudgetLineRow::as_select())
        .into_boxed();
    if let Some(year) = year {
        query = query.filter(budget_lines::year.eq(i32::from(year)));
    }
    let rows = query.load(conn).await?;
    hold(conn, rows).await
}

/// One line of the scope with what is held in it.
pub async fn get_held(conn: &mut Conn, scope: &Scope, id: BudgetLineId) -> Result<HeldLine> {
    let row = budget_lines::table
        .filter(budget_lines::id.eq(id.0))
        .filter(budget_lines::organisation_id.eq_any(crate::scope_ids(scope)))
        .select(BudgetLineRow::as_select())
        .first(conn)
        .await?;
    let mut held = hold(conn, vec![row]).await?;
    held.pop().ok_or(crate::Error::NotFound)
}

/// The same with its row locked until the transaction ends, so that nobody else reserves meanwhile. None if the line
/// does not exist in this scope.
pub async fn lock(conn: &mut Conn, scope: &Scope, id: BudgetLineId) -> Result<Option<HeldLine>> {
    let row = budget_lines::table
        .filter(budget_lines::id.eq(id.0))
        .filter(budget_lines::organisation_id.eq_any(crate::scope_ids(scope)))
        .for_no_key_update()
        .select(BudgetLineRow::as_select())
        .first(conn)
        .await
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    Ok(hold(conn, vec![row]).await?.pop())
}

/// Adds a line.
pub async fn insert_line(conn: &mut Conn, row: &BudgetLineRow) -> Result<()> {
    diesel::insert_into(budget_lines::table).values(row).execute(conn).await?;
    Ok(())
}

/// Reserves money.
pub async fn insert_commitment(conn: &mut Conn, row: &CommitmentRow) -> Result<()> {
    diesel::insert_into(commitments::table).values(row).execute(conn).await?;
    Ok(())
}

/// What an order holds, if anything.
pub async fn find_commitment(
    conn: &mut Conn,
    scope: &Scope,
    order: OrderId,
) -> Result<Option<CommitmentRow>> {
    Ok(commitments::table
        .filter(commitments::order_id.eq(order.0))
        .filter(commitments::organisation_id.eq_any(crate::scope_ids(scope)))
        .select(CommitmentRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// The youngest commitments of lines of one year, with number and name of their orders.
pub async fn list_commitments(
    conn: &mut Conn,
    scope: &Scope,
    year: i16,
    limit: i64,
) -> Result<Vec<(CommitmentRow, String, String, String)>> {
    Ok(commitments::table
        .inner_join(budget_lines::table.on(budget_lines::id.eq(commitments::budget_line_id)))
        .inner_join(orders::table.on(orders::id.eq(commitments::order_id)))
        .filter(commitments::organisation_id.eq_any(crate::scope_ids(scope)))
        .filter(budget_lines::year.eq(i32::from(year)))
        .order((commitments::reserved_at.desc(), commitments::id))
        .limit(limit)
        .select((CommitmentRow::as_select(), orders::number, orders::name, budget_lines::code))
        .load(conn)
        .await?)
}

/// The order was approved: the money is bound.
pub async fn update_confirmed(conn: &mut Conn, order: OrderId, now: Timestamp) -> Result<()> {
    diesel::update(commitments::table.filter(commitments::order_id.eq(order.0)))
        .set(commitments::confirmed_at.eq(Some(Ts::from(now))))
        .execute(conn)
        .await?;
    Ok(())
}

/// The order came to nothing: the money is free again.
pub async fn update_released(conn: &mut Conn, order: OrderId, now: Timestamp) -> Result<()> {
    diesel::update(
        commitments::table
            .filter(commitments::order_id.eq(order.0))
            .filter(commitments::released_at.is_null()),
    )
    .set(commitments::released_at.eq(Some(Ts::from(now))))
    .execute(conn)
    .await?;
    Ok(())
}

/// What the approved orders of a booking hold in a line, invoiced or not.
pub async fn get_confirmed(conn: &mut Conn, line: BudgetLineId, booking: BookingId) -> Result<Money> {
    let held: Vec<Decimal> = commitments::table
        .inner_join(orders::table.on(orders::id.eq(commitments::order_id)))
        .filter(commitments::budget_line_id.eq(line.0))
        .filter(orders::booking_id.eq(booking.0))
        .filter(commitments::released_at.is_null())
        .filter(commitments::confirmed_at.is_not_null())
        .select(commitments::amount)
        .load(conn)
        .await?;
    money(held.into_iter().sum())
}

async fn hold(conn: &mut Conn, rows: Vec<BudgetLineRow>) -> Result<Vec<HeldLine>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let invoiced = crate::charges::list_invoiced(conn, &ids).await?;
    let held: Vec<Held> = commitments::table
        .inner_join(orders::table.on(orders::id.eq(commitments::order_id)))
        .filter(commitments::budget_line_id.eq_any(&ids))
        .filter(commitments::released_at.is_null())
        .select((
            commitments::budget_line_id,
            commitments::order_id,
            orders::booking_id,
            commitments::amount,
            commitments::confirmed_at,
        ))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|mut row| {
            let own: Vec<&Held> = held.iter().filter(|held| held.line == row.id).collect();
            let of_line = || invoiced.iter().filter(|invoiced| invoiced.line == row.id);
            let reserved =
                own.iter().filter(|held| held.confirmed_at.is_none()).map(|held| held.amount).sum();
            let mut bound: BTreeMap<Uuid, (Decimal, Decimal)> = BTreeMap::new();
            for held in own.iter().filter(|held| held.confirmed_at.is_some()) {
                // What was invoiced is no longer bound, but spent. A booking that was changed holds money by several orders.
                let (amount, spent) = bound.entry(held.booking).or_default();
                *amount += held.amount;
                *spent += of_line()
                    .filter(|invoiced| invoiced.order == held.order)
                    .map(|invoiced| invoiced.gross.decimal())
                    .sum::<Decimal>();
            }
            let mut confirmed = Decimal::ZERO;
            for (amount, spent) in bound.into_values() {
                confirmed += still_bound(money(amount)?, money(spent)?).decimal();
            }
            let spent: Decimal = of_line().map(|invoiced| invoiced.gross.decimal()).sum();
            row.spent += spent;
            Ok(HeldLine { row, reserved: money(reserved)?, confirmed: money(confirmed)? })
        })
        .collect()
}

/// What one order holds in a line.
#[derive(Queryable)]
struct Held {
    line: Uuid,
    order: Uuid,
    booking: Uuid,
    amount: Decimal,
    confirmed_at: Option<Ts>,
}
