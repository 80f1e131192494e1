//! Orders and the one decision about each. Both are inserted once and never edited.

use crate::people::money;
use crate::schema::{order_decisions, orders};
use crate::{Conn, Error, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::{BookingId, OrderId, PersonId, UnitId};
use domain::order::{Decision, Pending};
use domain::policy::Scope;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

/// An order as it was sent. `parameters` is what the kind asked, `answers` what the offering asked beyond it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = orders)]
pub struct OrderRow {
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub number: String,
    pub kind: String,
    pub name: String,
    pub booking_id: Uuid,
    pub provider_id: Uuid,
    pub version_id: Uuid,
    pub plan_id: Uuid,
    pub location_id: Option<Uuid>,
    pub parameters: Value,
    pub answers: Value,
    pub unit_id: Uuid,
    pub cost_centre: String,
    pub account: String,
    pub budget_line_id: Option<Uuid>,
    pub legal_basis_id: Uuid,
    pub wished_at: Ts,
    pub justification: String,
    pub monthly_amount: Decimal,
    pub committed_amount: Decimal,
    pub estimate: Value,
    pub requested_by: Uuid,
    pub requested_at: Ts,
    pub decide_by: Ts,
    pub idempotency_key: String,
    pub request_hash: Vec<u8>,
    /// Of a change: what it replaces.
    pub replaces: Option<Value>,
    /// Of a termination: how many days the data are kept; of a restore: those that it replaces.
    pub keep_days: Option<i32>,
    /// When the booking shall end: of one that begins for a fixed time, and of one that puts the end off.
    pub ends_at: Option<Ts>,
    /// Of a restore: the moment.
    pub restore_at: Option<Ts>,
}

/// How an order ended.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = order_decisions)]
pub struct DecisionRow {
    pub order_id: Uuid,
    pub organisation_id: Uuid,
    pub decision: String,
    pub requested_by: Uuid,
    pub decided_by: Option<Uuid>,
    pub reason: Option<String>,
    pub decided_at: Ts,
}

impl DecisionRow {
    /// The decision about an order that needs nobody.
    pub fn by_rule(order: &OrderRow, now: Timestamp) -> Self {
        Self {
            order_id: order.id,
            organisation_id: order.organisation_id,
            decision: Decision::ByRule.code().to_owned(),
            requested_by: order.requested_by,
            decided_by: None,
            reason: None,
            decided_at: now.into(),
        }
    }
}

/// Which orders a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of the organisation.
    All,
    /// Of one person.
    By(PersonId),
    /// Without a decision.
    Open,
    /// Approved or rejected.
    Decided,
}

/// A place in a list that is sorted by time and id, the youngest first.
pub type Cursor = (Timestamp, Uuid);

impl OrderRow {
    /// As the rules about decisions see it.
    pub fn to_pending(&self, decision: Option<&DecisionRow>) -> Result<Pending> {
        let decided = decision
            .map(|row| {
                Decision::from_code(&row.decision)
                    .ok_or_else(|| Error::Refused("order_decisions_decision_check".into()))
            })
            .transpose()?;
        Ok(Pending {
            requested_by: PersonId(self.requested_by),
            amount: money(self.committed_amount)?,
            decide_by: self.decide_by.to_jiff(),
            decided,
            unit: UnitId(self.unit_id),
        })
    }
}

/// One order of the scope with its decision.
pub async fn get(conn: &mut Conn, scope: &Scope, id: OrderId) -> Result<(OrderRow, Option<DecisionRow>)> {
    Ok(orders::table
        .left_join(order_decisions::table.on(order_decisions::order_id.eq(orders::id)))
        .filter(orders::id.eq(id.0))
        .filter(orders::organisation_id.eq_any(crate::scope_ids(scope)))
        .select((OrderRow::as_select(), Option::<DecisionRow>::as_select()))
        .first(conn)
        .await?)
}

/// The order with this idempotency key.
pub async fn find_by_key(conn: &mut Conn, scope: &Scope, key: &str) -> Result<Option<OrderRow>> {
    Ok(orders::table
        .filter(orders::idempotency_key.eq(key))
        .filter(orders::organisation_id.eq_any(crate::scope_ids(scope)))
        .select(OrderRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Orders of the scope, the youngest first, after a place in the list.
pub async fn list(
    conn: &mut Conn,
    scope: &Scope,
    which: Which,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<(OrderRow, Option<DecisionRow>)>> {
    let mut query = orders::table
        .left_join(order_decisions::table.on(order_decisions::order_id.eq(orders::id)))
        .filter(orders::organisation_id.eq_any(crate::scope_ids(scope)))
        .order((orders::requested_at.desc(), orders::id.desc()))
        .limit(limit)
        .select((OrderRow::as_select(), Option::<DecisionRow>::as_select()))
        .into_boxed();
    if let Some((at, id)) = after {
        let at = Ts::from(at);
        query =
            query.filter(orders::requested_at.lt(at).or(orders::requested_at.eq(at).and(orders::id.lt(id))));
    }
    query = match which {
        Which::All => query,
        Which::By(person) => query.filter(orders::requested_by.eq(person.0)),
        Which::Open => query.filter(order_decisions::order_id.is_null()),
        Which::Decided => query.filter(order_decisions::decision.eq_any(["approved", "rejected"])),
    };
    Ok(query.load(conn).await?)
}

/// How many orders such a list has.
pub async fn count(conn: &mut Conn, scope: &Scope, which: Which) -> Result<i64> {
    let mut query = orders::table
        .left_join(order_decisions::table.on(order_decisions::order_id.eq(orders::id)))
        .filter(orders::organisation_id.eq_any(crate::scope_ids(scope)))
        .select(diesel::dsl::count_star())
        .into_boxed();
    query = match which {
        Which::All => query,
        Which::By(person) => query.filter(orders::requested_by.eq(person.0)),
        Which::Open => query.filter(order_decisions::order_id.is_null()),
        Which::Decided => query.filter(order_decisions::decision.eq_any(["approved", "rejected"])),
    };
    Ok(query.get_result(conn).await?)
}

/// How many undecided orders of others this person may approve now; what binds more than the limit is left out.
pub async fn count_decidable(
    conn: &mut Conn,
    scope: &Scope,
    person: PersonId,
    limit: Decimal,
    now: Timestamp,
) -> Result<i64> {
    Ok(orders::table
        .left_join(order_decisions::table.on(order_decisions::order_id.eq(orders::id)))
        .filter(orders::organisation_id.eq_any(crate::scope_ids(scope)))
        .filter(order_decisions::order_id.is_null())
        .filter(orders::requested_by.ne(person.0))
        .filter(orders::decide_by.ge(Ts::from(now)))
        .filter(orders::committed_amount.le(limit))
        .select(diesel::dsl::count_star())
        .get_result(conn)
        .await?)
}

/// The orders about one booking, in the order in which they were sent.
pub async fn list_of_booking(
    conn: &mut Conn,
    scope: &Scope,
    booking: Uuid,
) -> Result<Vec<(OrderRow, Option<DecisionRow>)>> {
    Ok(orders::table
        .left_join(order_decisions::table.on(order_decisions::order_id.eq(orders::id)))
        .filter(orders::booking_id.eq(booking))
        .filter(orders::organisation_id.eq_any(crate::scope_ids(scope)))
        .order((orders::requested_at, orders::id))
        .select((OrderRow::as_select(), Option::<DecisionRow>::as_select()))
        .load(conn)
        .await?)
}

/// What the approved order of a booking answered to the offering's own questions. They are asked for the provider, who
/// does not see the order: for the product itself, about a booking that the reader was found to see.
pub async fn find_answers(conn: &mut Conn, booking: BookingId) -> Result<Option<Value>> {
    Ok(orders::table
        .inner_join(order_decisions::table.on(order_decisions::order_id.eq(orders::id)))
        .filter(orders::booking_id.eq(booking.0))
        .filter(orders::kind.eq("create"))
        .filter(order_decisions::decision.eq("approved"))
        .select(orders::answers)
        .first(conn)
        .await
        .optional()?)
}

/// Undecided orders whose time to decide is over, in all organisations; for the sweep.
pub async fn list_overdue(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<OrderRow>> {
    Ok(orders::table
        .left_join(order_decisions::table.on(order_decisions::order_id.eq(orders::id)))
        .filter(order_decisions::order_id.is_null())
        .filter(orders::decide_by.lt(Ts::from(now)))
        .order((orders::decide_by, orders::id))
        .limit(limit)
        .select(OrderRow::as_select())
        .load(conn)
        .await?)
}

/// Adds an order.
pub async fn insert(conn: &mut Conn, row: &OrderRow) -> Result<()> {
    diesel::insert_into(orders::table).values(row).execute(conn).await?;
    Ok(())
}

/// Decides an order. A second decision is [`Error::Taken`] of `order_decisions_pkey`.
pub async fn insert_decision(conn: &mut Conn, row: &DecisionRow) -> Result<()> {
    diesel::insert_into(order_decisions::table).values(row).execute(conn).await?;
    Ok(())
}

/// Numbers of orders of the scope.
pub async fn list_numbers(conn: &mut Conn, scope: &Scope, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    Ok(orders::table
        .filter(orders::id.eq_any(ids))
        .filter(orders::organisation_id.eq_any(crate::scope_ids(scope)))
        .select((orders::id, orders::number))
        .load(conn)
        .await?)
}
