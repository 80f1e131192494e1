//! What somebody typed into an order form and has not sent. Drafts belong to one person, who may have been asked for the
//! order by a colleague.

use crate::schema::order_drafts;
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::PersonId;
use domain::policy::Scope;
use serde_json::Value;
use uuid::Uuid;

/// A draft as stored; `form` holds the inputs by their names.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = order_drafts)]
pub struct DraftRow {
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub person_id: Uuid,
    pub asked_by: Option<Uuid>,
    pub version_id: Uuid,
    pub plan_id: Uuid,
    pub form: Value,
    pub idempotency_key: String,
    pub created_at: Ts,
    pub updated_at: Ts,
}

/// One of the person's own drafts.
pub async fn find(conn: &mut Conn, scope: &Scope, person: PersonId, id: Uuid) -> Result<Option<DraftRow>> {
    Ok(order_drafts::table
        .filter(order_drafts::id.eq(id))
        .filter(order_drafts::person_id.eq(person.0))
        .filter(order_drafts::organisation_id.eq_any(crate::scope_ids(scope)))
        .select(DraftRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// The person's own drafts, the youngest change first.
pub async fn list(conn: &mut Conn, scope: &Scope, person: PersonId) -> Result<Vec<DraftRow>> {
    Ok(order_drafts::table
        .filter(order_drafts::person_id.eq(person.0))
        .filter(order_drafts::organisation_id.eq_any(crate::scope_ids(scope)))
        .order((order_drafts::updated_at.desc(), order_drafts::id))
        .limit(100)
        .select(DraftRow::as_select())
        .load(conn)
        .await?)
}

/// How many drafts the person has.
pub async fn count(conn: &mut Conn, scope: &Scope, person: PersonId) -> Result<i64> {
    Ok(order_drafts::table
        .filter(order_drafts::person_id.eq(person.0))
        .filter(order_drafts::organisation_id.eq_any(crate::scope_ids(scope)))
        .select(diesel::dsl::count_star())
        .get_result(conn)
        .await?)
}

/// Adds a draft; with a key that the person has used before, saves into that draft instead. Returns its id.
pub async fn insert(conn: &mut Conn, row: &DraftRow) -> Result<Uuid> {
    Ok(diesel::insert_into(order_drafts::table)
        .values(row)
        .on_conflict((order_drafts::organisation_id, order_drafts::person_id, order_drafts::idempotency_key))
        .do_update()
        .set((
            order_drafts::version_id.eq(row.version_id),
            order_drafts::plan_id.eq(row.plan_id),
            order_drafts::form.eq(&row.form),
            order_drafts::updated_at.eq(row.updated_at),
        ))
        .returning(order_drafts::id)
        .get_result(conn)
        .await?)
}

/// Adds a draft that somebody asked its person for; false if that request is there already, which then stays as it is.
pub async fn insert_asked(conn: &mut Conn, row: &DraftRow) -> Result<bool> {
    let added = diesel::insert_into(order_drafts::table)
        .values(row)
        .on_conflict((order_drafts::organisation_id, order_drafts::person_id, order_drafts::idempotency_key))
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(added > 0)
}

/// Saves what was typed.
pub async fn update(conn: &mut Conn, row: &DraftRow) -> Result<()> {
    diesel::update(order_drafts::table.find(row.id)).set(row).execute(conn).await?;
    Ok(())
}

/// Forgets a draft, and returns what it was.
pub async fn delete(conn: &mut Conn, scope: &Scope, person: PersonId, id: Uuid) -> Result<Option<DraftRow>> {
    Ok(diesel::delete(
        order_drafts::table
            .filter(order_drafts::id.eq(id))
            .filter(order_drafts::person_id.eq(person.0))
            .filter(order_drafts::organisation_id.eq_any(crate::scope_ids(scope))),
    )
    .returning(DraftRow::as_returning())
    .get_result(conn)
    .await
    .optional()?)
}
