//! Organisations and their units.

use crate::schema::{organisations, units};
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::OrganisationId;
use domain::policy::Scope;
use uuid::Uuid;

/// An organisation as stored. The directory is readable by everybody who signed in.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = organisations)]
pub struct OrganisationRow {
    pub id: Uuid,
    pub kind: String,
    pub name: String,
    pub short_name: String,
    pub slug: String,
    pub ars: Option<String>,
    pub ags: Option<String>,
    pub leitweg_id: Option<String>,
    pub street: String,
    pub postcode: String,
    pub city: String,
    pub contact_name: String,
    pub contact_phone: String,
    pub contact_email: String,
    pub vat_id: Option<String>,
    pub tax_number: Option<String>,
    pub iban: Option<String>,
    pub invoice_prefix: Option<String>,
    pub price_free: bool,
    pub created_at: Ts,
}

/// An Amt.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = units)]
pub struct UnitRow {
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub name: String,
    pub created_at: Ts,
}

/// One organisation of the directory.
pub async fn get(conn: &mut Conn, id: OrganisationId) -> Result<OrganisationRow> {
    Ok(organisations::table.find(id.0).select(OrganisationRow::as_select()).first(conn).await?)
}

/// An organisation of the directory by its short name for addresses.
pub async fn find_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<OrganisationRow>> {
    Ok(organisations::table
        .filter(organisations::slug.eq(slug))
        .select(OrganisationRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Short names of organisations; everybody signed in may know them.
pub async fn list_names(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    Ok(organisations::table
        .filter(organisations::id.eq_any(ids))
        .select((organisations::id, organisations::short_name))
        .load(conn)
        .await?)
}

/// Every organisation, by name.
pub async fn list(conn: &mut Conn) -> Result<Vec<OrganisationRow>> {
    Ok(organisations::table
        .order(organisations::name)
        .select(OrganisationRow::as_select())
        .load(conn)
        .await?)
}

/// Adds an organisation.
pub async fn insert(conn: &mut Conn, row: &OrganisationRow) -> Result<()> {
    diesel::insert_into(organisations::table).values(row).execute(conn).await?;
    Ok(())
}

/// Units of the scope, by name.
pub async fn list_units(conn: &mut Conn, scope: &Scope) -> Result<Vec<UnitRow>> {
    Ok(units::table
        .filter(units::organisation_id.eq_any(crate::scope_ids(scope)))
        .order(units::name)
        .select(UnitRow::as_select())
        .load(conn)
        .await?)
}

/// Adds a unit.
pub async fn insert_unit(conn: &mut Conn, row: &UnitRow) -> Result<()> {
    diesel::insert_into(units::table).values(row).execute(conn).await?;
    Ok(())
}
