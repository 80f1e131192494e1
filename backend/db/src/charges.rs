//! Charges: the lines of issued invoices, each inserted once.

use crate::schema::charges;
use crate::{Conn, Error, Result, Ts};
use diesel::prelude::*;
use diesel::sql_types::{Array, Numeric, Timestamptz, Uuid as SqlUuid};
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

/// What was invoiced, net and with VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invoiced {
    /// Sum of the lines.
    pub net: Money,
    /// The same with each invoice's VAT, rounded once.
    pub gross: Money,
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Numeric)]
    net: Decimal,
    #[diesel(sql_type = Numeric)]
    gross: Decimal,
}

/// What was invoiced for bookings of the scope, by the order that made the booking: it is taken off the order's open
/// commitment.
pub async fn list_invoiced_by_order(conn: &mut Conn, scope: &Scope) -> Result<BTreeMap<Uuid, Invoiced>> {
    let rows: Vec<SumRow> = diesel::sql_query(
        "select p.order_id as id, sum(c.amount) as net, sum(c.amount * i.gross / i.net) as gross
         from charges c join invoices i on i.id = c.invoice_id and i.net <> 0
         join booking_customer_private p on p.booking_id = c.booking_id
         where c.organisation_id = any ($1) group by p.order_id",
    )
    .bind::<Array<SqlUuid>, _>(crate::scope_ids(scope))
    .load(conn)
    .await?;
    sums(rows)
}

/// What was invoiced for bookings of the scope, by budget line, for services in a period (the budget year).
pub async fn list_invoiced_by_line(
    conn: &mut Conn,
    scope: &Scope,
    period: &Period,
) -> Result<BTreeMap<Uuid, Invoiced>> {
    let rows: Vec<SumRow> = diesel::sql_query(
        "select p.budget_line_id as id, sum(c.amount) as net, sum(c.amount * i.gross / i.net) as gross
         from charges c join invoices i on i.id = c.invoice_id and i.net <> 0
         join booking_customer_private p on p.booking_id = c.booking_id
         where c.organisation_id = any ($1) and c.from_at >= $2 and c.from_at < $3 and p.budget_line_id is not null
         group by p.budget_line_id",
    )
    .bind::<Array<SqlUuid>, _>(crate::scope_ids(scope))
    .bind::<Timestamptz, _>(Ts::from(period.from()))
    .bind::<Timestamptz, _>(Ts::from(period.to()))
    .load(conn)
    .await?;
    sums(rows)
}

fn sums(rows: Vec<SumRow>) -> Result<BTreeMap<Uuid, Invoiced>> {
    let rounded = |exact| Money::rounded(exact).map_err(|_too_large| Error::Refused("charges_amount".into()));
    rows.into_iter()
        .map(|row| Ok((row.id, Invoiced { net: rounded(row.net)?, gross: rounded(row.gross)? })))
        .collect()
}
