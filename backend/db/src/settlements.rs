//! Commitments of bookings that are over: what is still bound although nothing more may come.

use crate::schema::{
    booking_assignments, booking_observations, bookings, commitments, invoices, orders, organisations,
};
use crate::{Conn, Result, Ts};
use diesel::dsl::{exists, select};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::booking::{Costs, billable};
use domain::ids::{OrderId, OrganisationId};
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

/// A confirmed commitment whose booking has ended, or was transferred.
#[derive(Debug, Clone, Queryable)]
pub struct EndedRow {
    pub order_id: Uuid,
    pub order_number: String,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub booking_id: Uuid,
    pub booking_number: String,
    pub budget_line_id: Uuid,
    pub amount: Decimal,
    pub wished_start_at: Ts,
    pub ends_at: Option<Ts>,
    pub ready_at: Option<Ts>,
    pub gone_at: Option<Ts>,
    pub price_free: bool,
    pub reserved_at: Ts,
}

impl EndedRow {
    /// As the rules see it.
    pub fn to_costs(&self, final_invoice: bool) -> Costs {
        let (ready, gone) = (self.ready_at.map(|at| at.to_jiff()), self.gone_at.map(|at| at.to_jiff()));
        let ends = self.ends_at.map(|at| at.to_jiff());
        Costs {
            span: billable(ready, self.wished_start_at.to_jiff(), ends, gone),
            gone: gone.is_some(),
            final_invoice,
            price_free: self.price_free,
        }
    }
}

/// A piece of them in the order of their orders, of one provider and customer or of everybody (for the sweep).
pub async fn list_ended(
    conn: &mut Conn,
    of: Option<(OrganisationId, OrganisationId)>,
    now: Timestamp,
    after: Uuid,
    limit: i64,
) -> Result<Vec<EndedRow>> {
    let transferred = booking_assignments::table
        .filter(booking_assignments::booking_id.eq(orders::booking_id))
        .filter(booking_assignments::position.gt(1));
    let mut query = commitments::table
        .inner_join(orders::table.on(orders::id.eq(commitments::order_id)))
        .inner_join(bookings::table.on(bookings::id.eq(orders::booking_id)))
        .inner_join(organisations::table.on(organisations::id.eq(bookings::organisation_id)))
        .left_join(booking_observations::table.on(booking_observations::booking_id.eq(bookings::id)))
        .filter(commitments::confirmed_at.is_not_null())
        .filter(commitments::released_at.is_null())
        .filter(orders::kind.eq_any(["create", "change", "transfer", "resume"]))
        .filter(orders::id.gt(after))
        .filter(
            bookings::ends_at
                .le(Ts::from(now))
                .or(booking_observations::gone_at.is_not_null())
                .or(exists(transferred)),
        )
        .order(orders::id)
        .limit(limit)
        .select((
            orders::id,
            orders::number,
            bookings::organisation_id,
            bookings::provider_id,
            bookings::id,
            bookings::number,
            commitments::budget_line_id,
            commitments::amount,
            bookings::wished_start_at,
            bookings::ends_at,
            booking_observations::ready_at.nullable(),
            booking_observations::gone_at.nullable(),
            organisations::price_free,
            commitments::reserved_at,
        ))
        .into_boxed();
    if let Some((provider, customer)) = of {
        query = query
            .filter(bookings::provider_id.eq(provider.0))
            .filter(bookings::organisation_id.eq(customer.0));
    }
    Ok(query.load(conn).await?)
}

/// Whether a booking has its final invoice.
pub async fn has_final(conn: &mut Conn, booking: Uuid) -> Result<bool> {
    let finals =
        invoices::table.filter(invoices::document.eq("final")).filter(invoices::booking_id.eq(booking));
    Ok(select(exists(finals)).get_result(conn).await?)
}

/// Frees what an order still binds. False if somebody was faster.
pub async fn update_settled(conn: &mut Conn, order: OrderId, now: Timestamp) -> Result<bool> {
    let changed = diesel::update(
        commitments::table
            .filter(commitments::order_id.eq(order.0))
            .filter(commitments::confirmed_at.is_not_null())
            .filter(commitments::released_at.is_null()),
    )
    .set(commitments::released_at.eq(Some(Ts::from(now))))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}
