//! People, their roles, and how they are recognised.

use crate::schema::{organisations, people, person_roles};
use crate::{Conn, Error, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::{OrganisationId, PersonId, UnitId};
use domain::money::Money;
use domain::policy::{Actor, Grant, Means, Role, Scope};
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

/// A person as stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = people)]
pub struct PersonRow {
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub unit_id: Option<Uuid>,
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
    pub password_hash: String,
    pub language: String,
    pub created_at: Ts,
    pub disabled_at: Option<Ts>,
}

/// A role with its period.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = person_roles)]
pub struct RoleRow {
    pub organisation_id: Uuid,
    pub person_id: Uuid,
    pub role: String,
    pub limit_amount: Option<Decimal>,
    pub valid_from: Ts,
    pub valid_to: Option<Ts>,
}

/// A person with what is in force at a moment.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// Identity and roles.
    pub actor: Actor,
    /// `de` or `en`.
    pub language: String,
    /// For mails.
    pub email: String,
    /// Name of the organisation.
    pub organisation: String,
}

/// The person with this address who may sign in; sign-in looks across all organisations.
pub async fn find_by_email(conn: &mut Conn, email: &str) -> Result<Option<PersonRow>> {
    Ok(people::table
        .filter(people::email.eq(email.trim().to_lowercase()))
        .filter(people::disabled_at.is_null())
        .select(PersonRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Roles that are in force now and the names that go with the person; nothing for a disabled person.
pub async fn find_recognised(
    conn: &mut Conn,
    person: PersonId,
    now: Timestamp,
) -> Result<Option<Recognised>> {
    let found: Option<(PersonRow, String)> = people::table
        .inner_join(organisations::table.on(organisations::id.eq(people::organisation_id)))
        .filter(people::id.eq(person.0))
        .filter(people::disabled_at.is_null())
        .select((PersonRow::as_select(), organisations::short_name))
        .first(conn)
        .await
        .optional()?;
    let Some((row, organisation)) = found else { return Ok(None) };
    let grants = list_grants(conn, person, now).await?;
    Ok(Some(Recognised {
        actor: Actor {
            person,
            organisation: OrganisationId(row.organisation_id),
            unit: row.unit_id.map(UnitId),
            name: row.name,
            grants,
            means: Means::Pages,
        },
        language: row.language,
        email: row.email,
        organisation,
    }))
}

/// People of the organisation who hold a role now, with name and address.
pub async fn list_holders(
    conn: &mut Conn,
    scope: &Scope,
    role: Role,
    now: Timestamp,
) -> Result<Vec<(PersonRow, RoleRow)>> {
    Ok(people::table
        .inner_join(person_roles::table.on(person_roles::person_id.eq(people::id)))
        .filter(people::organisation_id.eq_any(crate::scope_ids(scope)))
        .filter(people::disabled_at.is_null())
        .filter(person_roles::role.eq(role.code()))
        .filter(person_roles::valid_from.le(Ts::from(now)))
        .filter(person_roles::valid_to.is_null().or(person_roles::valid_to.gt(Ts::from(now))))
        .order(people::name)
        .select((PersonRow::as_select(), RoleRow::as_select()))
        .load(conn)
        .await?)
}

/// Names of people of the scope, by id; also of those who left.
pub async fn list_names(conn: &mut Conn, scope: &Scope, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(people::table
        .filter(people::id.eq_any(ids))
        .filter(people::organisation_id.eq_any(crate::scope_ids(scope)))
        .select((people::id, people::name))
        .load(conn)
        .await?)
}

/// One person of the scope.
pub async fn get(conn: &mut Conn, scope: &Scope, person: PersonId) -> Result<PersonRow> {
    Ok(people::table
        .filter(people::id.eq(person.0))
        .filter(people::organisation_id.eq_any(crate::scope_ids(scope)))
        .select(PersonRow::as_select())
        .first(conn)
        .await?)
}

/// A person who was not disabled, by id alone; only for ids that a row names which the caller may see.
pub async fn find_active(conn: &mut Conn, person: PersonId) -> Result<Option<PersonRow>> {
    Ok(people::table
        .find(person.0)
        .filter(people::disabled_at.is_null())
        .select(PersonRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Adds a person.
pub async fn insert(conn: &mut Conn, row: &PersonRow) -> Result<()> {
    diesel::insert_into(people::table).values(row).execute(conn).await?;
    Ok(())
}

/// Entrusts a role.
pub async fn insert_role(conn: &mut Conn, row: &RoleRow) -> Result<()> {
    diesel::insert_into(person_roles::table).values(row).execute(conn).await?;
    Ok(())
}

async fn list_grants(conn: &mut Conn, person: PersonId, now: Timestamp) -> Result<Vec<Grant>> {
    let rows: Vec<(String, Option<Decimal>)> = person_roles::table
        .filter(person_roles::person_id.eq(person.0))
        .filter(person_roles::valid_from.le(Ts::from(now)))
        .filter(person_roles::valid_to.is_null().or(person_roles::valid_to.gt(Ts::from(now))))
        .order(person_roles::role)
        .select((person_roles::role, person_roles::limit_amount))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(code, limit)| {
            let role =
                Role::from_code(&code).ok_or_else(|| Error::Refused("person_roles_role_check".into()))?;
            let limit = limit.map(money).transpose()?;
            Ok(Grant { role, limit })
        })
        .collect()
}

/// An amount of the database as money; anything else than whole cents is a broken row.
pub(crate) fn money(amount: Decimal) -> Result<Money> {
    Money::from_exact(amount).map_err(|_broken| Error::Refused("not whole cents".into()))
}
