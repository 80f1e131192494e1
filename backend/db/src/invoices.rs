//! Issued invoices. Inserted once under the lock of the provider's number series; never edited.

use crate::schema::{invoices, number_series, organisations};
use crate::{Conn, Error, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::{InvoiceId, OrganisationId};
use domain::policy::Scope;
use domain::time::Period;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

/// An invoice with its document.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = invoices)]
pub struct InvoiceRow {
    pub id: Uuid,
    pub number: String,
    pub provider_id: Uuid,
    pub organisation_id: Uuid,
    pub leitweg_id: String,
    pub document: String,
    pub booking_id: Option<Uuid>,
    pub follows_id: Option<Uuid>,
    pub period_from_at: Ts,
    pub period_to_at: Ts,
    pub vat_class: String,
    pub vat_rate: Decimal,
    pub vat_reason: String,
    pub issued_at: Ts,
    pub issued_by: Uuid,
    pub due_at: Ts,
    pub net: Decimal,
    pub vat: Decimal,
    pub gross: Decimal,
    pub content: Value,
    pub input_hash: Vec<u8>,
    pub xml: Vec<u8>,
}

/// An invoice as lists show it, without its document.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = invoices)]
pub struct InvoiceHead {
    pub id: Uuid,
    pub number: String,
    pub provider_id: Uuid,
    pub organisation_id: Uuid,
    pub leitweg_id: String,
    pub document: String,
    pub booking_id: Option<Uuid>,
    pub follows_id: Option<Uuid>,
    pub period_from_at: Ts,
    pub period_to_at: Ts,
    pub vat_class: String,
    pub vat_rate: Decimal,
    pub vat_reason: String,
    pub issued_at: Ts,
    pub due_at: Ts,
    pub net: Decimal,
    pub gross: Decimal,
}

impl InvoiceHead {
    /// Net and gross with the sign of what they change: a credit gives back.
    pub fn signed(&self) -> (Decimal, Decimal) {
        if self.document == "credit" { (-self.net, -self.gross) } else { (self.net, self.gross) }
    }
}

/// A place in a list that is sorted by time and id, the youngest first.
pub type Cursor = (Timestamp, Uuid);

/// Makes the provider's issuing of one year wait for its turn until the transaction ends.
pub async fn lock_series(conn: &mut Conn, provider: OrganisationId, series: &str, year: i16) -> Result<()> {
    let year = i32::from(year);
    diesel::insert_into(number_series::table)
        .values((
            number_series::organisation_id.eq(provider.0),
            number_series::series.eq(series),
            number_series::year.eq(year),
            number_series::last.eq(0),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    number_series::table
        .find((provider.0, series, year))
        .select(number_series::last)
        .for_no_key_update()
        .first::<i32>(conn)
        .await?;
    Ok(())
}

/// Adds an invoice; [`Error::Taken`] of `invoices_once` if there is one already.
pub async fn insert(conn: &mut Conn, row: &InvoiceRow) -> Result<()> {
    diesel::insert_into(invoices::table).values(row).execute(conn).await?;
    Ok(())
}

/// Invoices of a provider whose service lies in the period, by number.
pub async fn list_of_period(
    conn: &mut Conn,
    provider: OrganisationId,
    buyer: Option<OrganisationId>,
    period: &Period,
) -> Result<Vec<InvoiceHead>> {
    let mut query = invoices::table
        .filter(invoices::provider_id.eq(provider.0))
        .filter(invoices::period_from_at.ge(Ts::from(period.from())))
        .filter(invoices::period_from_at.lt(Ts::from(period.to())))
        .order(invoices::number)
        .select(InvoiceHead::as_select())
        .into_boxed();
    if let Some(buyer) = buyer {
        query = query.filter(invoices::organisation_id.eq(buyer.0));
    }
    Ok(query.load(conn).await?)
}

/// The same with their documents.
pub async fn list_documents(
    conn: &mut Conn,
    provider: OrganisationId,
    buyer: OrganisationId,
    period: &Period,
) -> Result<Vec<InvoiceRow>> {
    Ok(invoices::table
        .filter(invoices::provider_id.eq(provider.0))
        .filter(invoices::organisation_id.eq(buyer.0))
        .filter(invoices::period_from_at.ge(Ts::from(period.from())))
        .filter(invoices::period_from_at.lt(Ts::from(period.to())))
        .order(invoices::number)
        .select(InvoiceRow::as_select())
        .load(conn)
        .await?)
}

/// What a provider invoiced in a month, by month of the service.
#[derive(Debug, Clone, QueryableByName)]
pub struct MonthSum {
    /// Midnight in Berlin at which the month begins.
    #[diesel(sql_type = diesel::sql_types::Timestamptz)]
    pub month_from_at: Ts,
    /// How many documents.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub documents: i64,
    /// Net; credits count below zero.
    #[diesel(sql_type = diesel::sql_types::Numeric)]
    pub net: Decimal,
}

/// What a provider invoiced, by month of the service.
pub async fn list_month_sums(conn: &mut Conn, provider: OrganisationId) -> Result<Vec<MonthSum>> {
    Ok(diesel::sql_query(
        "select date_trunc('month', period_from_at at time zone 'Europe/Berlin') at time zone 'Europe/Berlin' as month_from_at,
           count(*) as documents, sum(case document when 'credit' then -net else net end) as net
         from invoices where provider_id = $1 group by 1",
    )
    .bind::<diesel::sql_types::Uuid, _>(provider.0)
    .load(conn)
    .await?)
}

/// Which of these bookings of a provider have their final invoice.
pub async fn list_final(
    conn: &mut Conn,
    provider: OrganisationId,
    bookings: &[Uuid],
) -> Result<Vec<InvoiceHead>> {
    Ok(invoices::table
        .filter(invoices::provider_id.eq(provider.0))
        .filter(invoices::document.eq("final"))
        .filter(invoices::booking_id.eq_any(bookings))
        .select(InvoiceHead::as_select())
        .load(conn)
        .await?)
}

/// The final invoice of a booking, for whoever may see it.
pub async fn find_final(conn: &mut Conn, scope: &Scope, booking: Uuid) -> Result<Option<InvoiceHead>> {
    let mine = crate::scope_ids(scope);
    Ok(invoices::table
        .filter(invoices::document.eq("final"))
        .filter(invoices::booking_id.eq(booking))
        .filter(invoices::organisation_id.eq_any(mine.clone()).or(invoices::provider_id.eq_any(mine)))
        .order(invoices::number)
        .select(InvoiceHead::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Invoices that the scope received or issued, the youngest first, with seller and buyer.
pub async fn list(
    conn: &mut Conn,
    scope: &Scope,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<(InvoiceHead, String, String)>> {
    let mine = crate::scope_ids(scope);
    let (sellers, buyers) = diesel::alias!(organisations as sellers, organisations as buyers);
    let mut query = invoices::table
        .inner_join(sellers.on(sellers.field(organisations::id).eq(invoices::provider_id)))
        .inner_join(buyers.on(buyers.field(organisations::id).eq(invoices::organisation_id)))
        .filter(invoices::organisation_id.eq_any(mine.clone()).or(invoices::provider_id.eq_any(mine)))
        .order((invoices::issued_at.desc(), invoices::id.desc()))
        .limit(limit)
        .select((
            InvoiceHead::as_select(),
            sellers.field(organisations::short_name),
            buyers.field(organisations::short_name),
        ))
        .into_boxed();
    if let Some((at, id)) = after {
        let at = Ts::from(at);
        query =
            query.filter(invoices::issued_at.lt(at).or(invoices::issued_at.eq(at).and(invoices::id.lt(id))));
    }
    Ok(query.load(conn).await?)
}

/// Invoices that the scope received and that are not due yet, with their sellers, the first due date first.
pub async fn list_due(
    conn: &mut Conn,
    scope: &Scope,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(InvoiceHead, String)>> {
    Ok(invoices::table
        .inner_join(organisations::table.on(organisations::id.eq(invoices::provider_id)))
        .filter(invoices::organisation_id.eq_any(crate::scope_ids(scope)))
        .filter(invoices::due_at.ge(Ts::from(now)))
        .order((invoices::due_at, invoices::number))
        .limit(limit)
        .select((InvoiceHead::as_select(), organisations::short_name))
        .load(conn)
        .await?)
}

/// Whether a provider has issued invoices of a month, and not only final ones.
pub async fn has_month(conn: &mut Conn, provider: OrganisationId, period: &Period) -> Result<bool> {
    let issued = invoices::table
        .filter(invoices::provider_id.eq(provider.0))
        .filter(invoices::document.eq("month"))
        .filter(invoices::period_from_at.ge(Ts::from(period.from())))
        .filter(invoices::period_from_at.lt(Ts::from(period.to())));
    Ok(diesel::select(diesel::dsl::exists(issued)).get_result(conn).await?)
}

/// How many invoices the scope received or issued.
pub async fn count(conn: &mut Conn, scope: &Scope) -> Result<i64> {
    let mine = crate::scope_ids(scope);
    Ok(invoices::table
        .filter(invoices::organisation_id.eq_any(mine.clone()).or(invoices::provider_id.eq_any(mine)))
        .count()
        .get_result(conn)
        .await?)
}

/// One invoice that the scope received or issued.
pub async fn get(conn: &mut Conn, scope: &Scope, id: InvoiceId) -> Result<InvoiceRow> {
    let mine = crate::scope_ids(scope);
    Ok(invoices::table
        .filter(invoices::id.eq(id.0))
        .filter(invoices::organisation_id.eq_any(mine.clone()).or(invoices::provider_id.eq_any(mine)))
        .select(InvoiceRow::as_select())
        .first(conn)
        .await?)
}

/// The same without its document.
pub async fn get_head(conn: &mut Conn, scope: &Scope, id: InvoiceId) -> Result<InvoiceHead> {
    let mine = crate::scope_ids(scope);
    Ok(invoices::table
        .filter(invoices::id.eq(id.0))
        .filter(invoices::organisation_id.eq_any(mine.clone()).or(invoices::provider_id.eq_any(mine)))
        .select(InvoiceHead::as_select())
        .first(conn)
        .await?)
}

/// Numbers of invoices that the scope received or issued.
pub async fn list_numbers(conn: &mut Conn, scope: &Scope, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let mine = crate::scope_ids(scope);
    Ok(invoices::table
        .filter(invoices::id.eq_any(ids))
        .filter(invoices::organisation_id.eq_any(mine.clone()).or(invoices::provider_id.eq_any(mine)))
        .select((invoices::id, invoices::number))
        .load(conn)
        .await?)
}

/// One invoice of a provider.
pub async fn get_of(conn: &mut Conn, provider: OrganisationId, id: InvoiceId) -> Result<InvoiceRow> {
    Ok(invoices::table
        .filter(invoices::id.eq(id.0))
        .filter(invoices::provider_id.eq(provider.0))
        .select(InvoiceRow::as_select())
        .first(conn)
        .await?)
}

/// A piece of all invoices in the order of their ids, for the verifier.
pub async fn list_all(conn: &mut Conn, after: Option<Uuid>, limit: i64) -> Result<Vec<InvoiceRow>> {
    Ok(invoices::table
        .filter(invoices::id.gt(after.unwrap_or(Uuid::nil())))
        .order(invoices::id)
        .limit(limit)
        .select(InvoiceRow::as_select())
        .load(conn)
        .await?)
}

impl InvoiceRow {
    /// Reads its content.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.content).map_err(|_broken| Error::Refused("invoices_content".into()))
    }
}
