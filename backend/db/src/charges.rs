//! Charges: the lines of issued invoices, each inserted once.

use crate::people::money;
use crate::schema::{booking_customer_private, charges};
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::{BookingId, InvoiceId, OrganisationId};
use domain::money::Money;
use domain::policy::Scope;
use domain::time::Period;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A Posten as stored; `content` is the whole charge with its steps.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = charges)]
pub struct ChargeRow {
    pub id: Uuid,
    pub invoice_id: Uuid,
    pub booking_id: Uuid,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub component_id: Uuid,
    pub price_id: Uuid,
    pub from_at: Ts,
    pub to_at: Ts,
    pub quantity: Decimal,
    pub unit_price: Decimal,
    pub amount: Decimal,
    pub content: Value,
}

/// Adds charges; `Taken` of `charges_once` if one of them was invoiced before.
pub async fn insert(conn: &mut Conn, rows: &[ChargeRow]) -> Result<()> {
    diesel::insert_into(charges::table).values(rows).execute(conn).await?;
    Ok(())
}

/// Charges of one invoice.
pub async fn list_of_invoice(conn: &mut Conn, invoice: InvoiceId) -> Result<Vec<ChargeRow>> {
    Ok(charges::table
        .filter(charges::invoice_id.eq(invoice.0))
        .order((charges::booking_id, charges::component_id, charges::from_at, charges::price_id))
        .select(ChargeRow::as_select())
        .load(conn)
        .await?)
}

/// Charges of one booking of a provider whose service begins in the period.
pub async fn list_of_booking(
    conn: &mut Conn,
    provider: OrganisationId,
    booking: BookingId,
    period: &Period,
) -> Result<Vec<ChargeRow>> {
    Ok(charges::table
        .filter(charges::booking_id.eq(booking.0))
        .filter(charges::provider_id.eq(provider.0))
        .filter(charges::from_at.ge(Ts::from(period.from())))
        .filter(charges::from_at.lt(Ts::from(period.to())))
        .select(ChargeRow::as_select())
        .load(conn)
        .await?)
}

/// Net amounts that were invoiced for bookings of the scope, by the order that made the booking: what is taken off its
/// commitment.
pub async fn list_invoiced_by_order(conn: &mut Conn, scope: &Scope) -> Result<BTreeMap<Uuid, Money>> {
    let rows: Vec<(Uuid, Option<Decimal>)> = charges::table
        .inner_join(booking_customer_private::table.on(booking_customer_private::booking_id.eq(charges::booking_id)))
        .filter(charges::organisation_id.eq_any(crate::scope_ids(scope)))
        .group_by(booking_customer_private::order_id)
        .select((booking_customer_private::order_id, diesel::dsl::sum(charges::amount)))
        .load(conn)
        .await?;
    sums(rows.into_iter().map(|(order, sum)| (order, sum)))
}

/// Net amounts that were invoiced for bookings of the scope, by budget line, of services in a period (the budget year).
pub async fn list_invoiced_by_line(conn: &mut Conn, scope: &Scope, period: &Period) -> Result<BTreeMap<Uuid, Money>> {
    let rows: Vec<(Option<Uuid>, Option<Decimal>)> = charges::table
        .inner_join(booking_customer_private::table.on(booking_customer_private::booking_id.eq(charges::booking_id)))
        .filter(charges::organisation_id.eq_any(crate::scope_ids(scope)))
        .filter(charges::from_at.ge(Ts::from(period.from())))
        .filter(charges::from_at.lt(Ts::from(period.to())))
        .group_by(booking_customer_private::budget_line_id)
        .select((booking_customer_private::budget_line_id, diesel::dsl::sum(charges::amount)))
        .load(conn)
        .await?;
    sums(rows.into_iter().filter_map(|(line, sum)| Some((line?, sum))))
}

fn sums(rows: impl Iterator<Item = (Uuid, Option<Decimal>)>) -> Result<BTreeMap<Uuid, Money>> {
    rows.map(|(id, sum)| Ok((id, money(sum.unwrap_or_default())?))).collect()
}
