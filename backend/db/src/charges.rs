//! Charges: the lines of issued invoices, each inserted once.

use crate::schema::charges;
use crate::{Conn, Error, Result, Ts};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Numeric, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use domain::ids::{BookingId, InvoiceId, OrganisationId};
use domain::money::Money;
use domain::time::Period;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// A Posten as stored; `content` is the whole charge with its steps. Quantity and amount have the sign of what they change:
/// what a credit gives back is negative.
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
    pub correction_id: Option<Uuid>,
    pub taken_off: bool,
    pub content: Value,
}

/// Adds charges; `Taken` of `charges_once` if one of them was invoiced before by another document than a
/// correction.
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

/// What was invoiced for the bookings of one order, out of one budget line and in its year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoiced {
    /// The budget line.
    pub line: Uuid,
    /// The order whose commitment pays.
    pub order: Uuid,
    /// Sum of the lines.
    pub net: Money,
    /// The same with each invoice's VAT, rounded once.
    pub gross: Money,
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = SqlUuid)]
    budget_line_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    order_id: Uuid,
    #[diesel(sql_type = Numeric)]
    net: Decimal,
    #[diesel(sql_type = Numeric)]
    gross: Decimal,
}

/// What was invoiced out of these budget lines for services of their year, by order: it is no longer bound, but spent.
pub async fn list_invoiced(conn: &mut Conn, lines: &[Uuid]) -> Result<Vec<Invoiced>> {
    let rows: Vec<SumRow> = diesel::sql_query(
        "select p.budget_line_id, p.paid_by as order_id, sum(c.amount) as net,
           sum(case when i.net = 0 then c.amount * (1 + i.vat_rate / 100) else c.amount * i.gross / i.net end) as gross
         from budget_lines b
         join booking_assignments p on p.budget_line_id = b.id
         join charges c on c.booking_id = p.booking_id
         join invoices i on i.id = c.invoice_id
         where b.id = any ($1)
           -- The assignment that counted when the service began (domain::assignment).
           and (p.position = 1 or p.begins_at <= c.from_at)
           and not exists (select from booking_assignments later where later.booking_id = p.booking_id
             and later.position > p.position and later.begins_at <= c.from_at)
           and c.from_at >= make_timestamptz(b.year, 1, 1, 0, 0, 0, 'Europe/Berlin')
           and c.from_at < make_timestamptz(b.year + 1, 1, 1, 0, 0, 0, 'Europe/Berlin')
         group by p.budget_line_id, p.paid_by order by p.budget_line_id, p.paid_by",
    )
    .bind::<Array<SqlUuid>, _>(lines)
    .load(conn)
    .await?;
    let rounded = |exact| Money::rounded(exact).map_err(|_too_large| Error::Refused("charges_amount".into()));
    rows.into_iter()
        .map(|row| {
            let (net, gross) = (rounded(row.net)?, rounded(row.gross)?);
            Ok(Invoiced { line: row.budget_line_id, order: row.order_id, net, gross })
        })
        .collect()
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = SqlUuid)]
    invoice_id: Uuid,
    #[diesel(sql_type = BigInt)]
    bookings: i64,
    #[diesel(sql_type = BigInt)]
    lines: i64,
}

/// Bookings and lines of invoices of a provider, by invoice.
pub async fn count_of(
    conn: &mut Conn,
    provider: OrganisationId,
    invoices: &[Uuid],
) -> Result<HashMap<Uuid, (i64, i64)>> {
    let rows: Vec<CountRow> = diesel::sql_query(
        "select invoice_id, count(distinct booking_id) as bookings, count(*) as lines
         from charges where provider_id = $1 and invoice_id = any ($2) group by invoice_id",
    )
    .bind::<SqlUuid, _>(provider.0)
    .bind::<Array<SqlUuid>, _>(invoices)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.invoice_id, (row.bookings, row.lines))).collect())
}
