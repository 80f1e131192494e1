//! What an organisation says about itself before it can order: Kostenstellen, Sachkonten, legal bases.

use crate::schema::{accounts, cost_centres, legal_bases};
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::LegalBasisId;
use domain::policy::Scope;
use jiff::Timestamp;
use uuid::Uuid;

/// A Kostenstelle.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = cost_centres)]
pub struct CostCentreRow {
    pub organisation_id: Uuid,
    pub code: String,
    pub name: String,
    pub unit_id: Option<Uuid>,
}

/// A Sachkonto.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = accounts)]
pub struct AccountRow {
    pub organisation_id: Uuid,
    pub code: String,
    pub name: String,
}

/// Why the organisation may buy from a provider, with its evidence.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = legal_bases)]
pub struct LegalBasisRow {
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub code: String,
    pub reference: String,
    pub asserted_by: String,
    pub valid_from: Ts,
    pub valid_until: Option<Ts>,
    pub created_at: Ts,
}

impl LegalBasisRow {
    /// Whether it counts at a moment.
    pub fn counts_at(&self, at: Timestamp) -> bool {
        self.valid_from.to_jiff() <= at && self.valid_until.is_none_or(|until| at < until.to_jiff())
    }
}

/// Kostenstellen of the scope, by code.
pub async fn list_cost_centres(conn: &mut Conn, scope: &Scope) -> Result<Vec<CostCentreRow>> {
    Ok(cost_centres::table
        .filter(cost_centres::organisation_id.eq_any(crate::scope_ids(scope)))
        .order(cost_centres::code)
        .select(CostCentreRow::as_select())
        .load(conn)
        .await?)
}

/// Sachkonten of the scope, by code.
pub async fn list_accounts(conn: &mut Conn, scope: &Scope) -> Result<Vec<AccountRow>> {
    Ok(accounts::table
        .filter(accounts::organisation_id.eq_any(crate::scope_ids(scope)))
        .order(accounts::code)
        .select(AccountRow::as_select())
        .load(conn)
        .await?)
}

/// Legal bases of the scope for one provider that count at a moment.
pub async fn list_legal_bases(
    conn: &mut Conn,
    scope: &Scope,
    provider: Uuid,
    at: Timestamp,
) -> Result<Vec<LegalBasisRow>> {
    Ok(legal_bases::table
        .filter(legal_bases::organisation_id.eq_any(crate::scope_ids(scope)))
        .filter(legal_bases::provider_id.eq(provider))
        .filter(legal_bases::valid_from.le(Ts::from(at)))
        .filter(legal_bases::valid_until.is_null().or(legal_bases::valid_until.gt(Ts::from(at))))
        .order((legal_bases::code, legal_bases::id))
        .select(LegalBasisRow::as_select())
        .load(conn)
        .await?)
}

/// One legal basis of the scope, whether it still counts or not.
pub async fn get_legal_basis(conn: &mut Conn, scope: &Scope, id: LegalBasisId) -> Result<LegalBasisRow> {
    Ok(legal_bases::table
        .filter(legal_bases::id.eq(id.0))
        .filter(legal_bases::organisation_id.eq_any(crate::scope_ids(scope)))
        .select(LegalBasisRow::as_select())
        .first(conn)
        .await?)
}

/// Adds a Kostenstelle.
pub async fn insert_cost_centre(conn: &mut Conn, row: &CostCentreRow) -> Result<()> {
    diesel::insert_into(cost_centres::table).values(row).execute(conn).await?;
    Ok(())
}

/// Adds a Sachkonto.
pub async fn insert_account(conn: &mut Conn, row: &AccountRow) -> Result<()> {
    diesel::insert_into(accounts::table).values(row).execute(conn).await?;
    Ok(())
}

/// Adds a legal basis.
pub async fn insert_legal_basis(conn: &mut Conn, row: &LegalBasisRow) -> Result<()> {
    diesel::insert_into(legal_bases::table).values(row).execute(conn).await?;
    Ok(())
}
