//! Months that a provider has closed for a customer: inserted once, in the transaction that issues the documents.

use crate::schema::month_closings;
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::OrganisationId;
use domain::time::Month;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A closing as stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = month_closings)]
pub struct ClosingRow {
    pub provider_id: Uuid,
    pub organisation_id: Uuid,
    pub month_from_at: Ts,
    pub closed_at: Ts,
    pub closed_by: Uuid,
}

/// Closed months by provider and customer.
#[derive(Debug, Clone, Default)]
pub struct Closings(HashMap<(Uuid, Uuid, Month), Timestamp>);

impl Closings {
    /// Whether the provider has closed the month for the customer.
    pub fn contains(&self, provider: Uuid, customer: Uuid, month: Month) -> bool {
        self.0.contains_key(&(provider, customer, month))
    }

    /// When it did.
    pub fn closed_at(&self, provider: Uuid, customer: Uuid, month: Month) -> Option<Timestamp> {
        self.0.get(&(provider, customer, month)).copied()
    }
}

/// Closes a month; [`crate::Error::Taken`] of `month_closings_pkey` if somebody was faster.
pub async fn insert(conn: &mut Conn, row: &ClosingRow) -> Result<()> {
    diesel::insert_into(month_closings::table).values(row).execute(conn).await?;
    Ok(())
}

/// When a provider closed a month for a customer, if it did.
pub async fn find(
    conn: &mut Conn,
    provider: OrganisationId,
    customer: OrganisationId,
    month: Month,
) -> Result<Option<ClosingRow>> {
    Ok(month_closings::table
        .find((provider.0, customer.0, Ts::from(month.period().from())))
        .select(ClosingRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Customers for whom a provider has closed a month.
pub async fn list_customers(
    conn: &mut Conn,
    provider: OrganisationId,
    month: Month,
) -> Result<HashSet<Uuid>> {
    let ids: Vec<Uuid> = month_closings::table
        .filter(month_closings::provider_id.eq(provider.0))
        .filter(month_closings::month_from_at.eq(Ts::from(month.period().from())))
        .select(month_closings::organisation_id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().collect())
}

/// Everything that some providers have closed for some customers.
pub async fn list(conn: &mut Conn, providers: &[Uuid], customers: &[Uuid]) -> Result<Closings> {
    let rows: Vec<ClosingRow> = month_closings::table
        .filter(month_closings::provider_id.eq_any(providers))
        .filter(month_closings::organisation_id.eq_any(customers))
        .select(ClosingRow::as_select())
        .load(conn)
        .await?;
    let closed = rows.into_iter().map(|row| {
        let key = (row.provider_id, row.organisation_id, Month::of(row.month_from_at.to_jiff()));
        (key, row.closed_at.to_jiff())
    });
    Ok(Closings(closed.collect()))
}
