//! To which unit, Kostenstelle, Sachkonto and Haushaltsansatz bookings belonged over time. The customer's alone.

use crate::schema::{booking_assignments, booking_customer_private, bookings, orders, units};
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::assignment::{Stretch, at, stretches};
use domain::ids::{BookingId, OrganisationId};
use domain::policy::Scope;
use jiff::Timestamp;
use std::collections::HashMap;
use uuid::Uuid;

/// One assignment.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = booking_assignments)]
pub struct AssignmentRow {
    pub booking_id: Uuid,
    /// Place in the order of agreement, from 1.
    pub position: i32,
    pub organisation_id: Uuid,
    pub begins_at: Ts,
    pub unit_id: Uuid,
    pub cost_centre: String,
    pub account: String,
    pub budget_line_id: Option<Uuid>,
    /// The order that agreed it.
    pub order_id: Uuid,
    /// The order whose commitment pays.
    pub paid_by: Uuid,
    pub agreed_at: Ts,
}

/// An assignment as invoices print it.
#[derive(Debug, Clone, Queryable)]
pub struct PrintedRow {
    pub booking_id: Uuid,
    pub begins_at: Ts,
    pub unit: String,
    pub cost_centre: String,
    pub account: String,
    pub order_number: String,
}

/// The assignments of one booking, in the order of agreement.
#[derive(Debug, Clone)]
pub struct History<T> {
    rows: Vec<T>,
    stretches: Vec<Stretch>,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), stretches: Vec::new() }
    }
}

impl<T> History<T> {
    fn new(rows: Vec<T>, from: impl Fn(&T) -> Timestamp) -> Self {
        let stretches = stretches(rows.iter().map(from));
        Self { rows, stretches }
    }

    /// The assignment that counts at an instant.
    pub fn at(&self, instant: Timestamp) -> Option<&T> {
        self.rows.get(at(&self.stretches, instant)?)
    }

    /// The assignment that counts until an instant.
    pub fn before(&self, instant: Timestamp) -> Option<&T> {
        let until = self.stretches.iter().rev().find(|stretch| stretch.from < instant)?;
        self.rows.get(until.position)
    }

    /// The one that begins at an instant.
    pub fn beginning(&self, instant: Timestamp) -> Option<&T> {
        let own = self.stretches.iter().skip(1).find(|stretch| stretch.from == instant)?;
        self.rows.get(own.position)
    }

    /// Instants at which another assignment begins to count than before.
    pub fn cuts(&self) -> impl Iterator<Item = Timestamp> {
        self.stretches.iter().skip(1).map(|stretch| stretch.from)
    }

    /// Every assignment that counts at some time, with its first instant, in order of time.
    pub fn counting(&self) -> impl Iterator<Item = (Timestamp, &T)> {
        self.stretches.iter().filter_map(|it| Some((it.from, self.rows.get(it.position)?)))
    }

    /// All that were ever agreed, also those that never counted.
    pub fn agreed(&self) -> &[T] {
        &self.rows
    }
}

/// Adds an assignment. `Taken` of `booking_assignments_pkey` if somebody was faster.
pub async fn insert(conn: &mut Conn, row: &AssignmentRow) -> Result<()> {
    diesel::insert_into(booking_assignments::table).values(row).execute(conn).await?;
    Ok(())
}

/// Every assignment of a booking of the scope.
pub async fn list(conn: &mut Conn, scope: &Scope, booking: BookingId) -> Result<History<AssignmentRow>> {
    let rows: Vec<AssignmentRow> = booking_assignments::table
        .filter(booking_assignments::booking_id.eq(booking.0))
        .filter(booking_assignments::organisation_id.eq_any(crate::scope_ids(scope)))
        .order(booking_assignments::position)
        .select(AssignmentRow::as_select())
        .load(conn)
        .await?;
    Ok(History::new(rows, |row| row.begins_at.to_jiff()))
}

/// Assignments of bookings by their ids alone, for sweeps, which know no organisation, and for who was shown the bookings;
/// row-level security hides what is foreign.
pub async fn list_named(conn: &mut Conn, ids: &[Uuid]) -> Result<HashMap<Uuid, History<AssignmentRow>>> {
    let rows: Vec<AssignmentRow> = booking_assignments::table
        .filter(booking_assignments::booking_id.eq_any(ids))
        .order((booking_assignments::booking_id, booking_assignments::position))
        .select(AssignmentRow::as_select())
        .load(conn)
        .await?;
    Ok(by_booking(rows, |row| (row.booking_id, row.begins_at)))
}

/// Rows that stand together, by booking.
fn by_booking<T: Clone>(rows: Vec<T>, of: impl Fn(&T) -> (Uuid, Ts)) -> HashMap<Uuid, History<T>> {
    let own = rows.chunk_by(|one, next| of(one).0 == of(next).0);
    own.filter_map(|rows| Some((of(rows.first()?).0, History::new(rows.to_vec(), |row| of(row).1.to_jiff()))))
        .collect()
}

/// Assignments of bookings of a provider, by booking. Only the product itself can read this across organisations; it goes
/// onto the invoice of the customer to whom it belongs.
pub async fn list_printed(
    conn: &mut Conn,
    provider: OrganisationId,
    ids: &[BookingId],
) -> Result<HashMap<Uuid, History<PrintedRow>>> {
    let ids: Vec<Uuid> = ids.iter().map(|booking| booking.0).collect();
    let rows: Vec<PrintedRow> = booking_assignments::table
        .inner_join(bookings::table.on(bookings::id.eq(booking_assignments::booking_id)))
        .inner_join(orders::table.on(orders::id.eq(booking_assignments::paid_by)))
        .inner_join(units::table.on(units::id.eq(booking_assignments::unit_id)))
        .filter(bookings::provider_id.eq(provider.0))
        .filter(bookings::id.eq_any(ids))
        .order((bookings::id, booking_assignments::position))
        .select((
            bookings::id,
            booking_assignments::begins_at,
            units::name,
            booking_assignments::cost_centre,
            booking_assignments::account,
            orders::number,
        ))
        .load(conn)
        .await?;
    Ok(by_booking(rows, |row| (row.booking_id, row.begins_at)))
}

/// Bookings for which a transfer that lay ahead has begun since the last pass; for the sweep.
pub async fn list_due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<BookingId>> {
    let ids: Vec<Uuid> = booking_assignments::table
        .inner_join(
            booking_customer_private::table
                .on(booking_customer_private::booking_id.eq(booking_assignments::booking_id)),
        )
        .filter(booking_assignments::begins_at.le(Ts::from(now)))
        .filter(booking_assignments::position.gt(booking_customer_private::assignment))
        .distinct()
        .limit(limit)
        .select(booking_assignments::booking_id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(BookingId).collect())
}
