//! Sessions and personal access tokens. Only hashes of the secrets are stored.

use crate::schema::{access_tokens, sessions};
use crate::{Conn, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::{PersonId, TokenId};
use domain::policy::Scope;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// A signed-in browser.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub struct SessionRow {
    pub key_hash: Vec<u8>,
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub person_id: Uuid,
    pub csrf_token: String,
    pub user_agent: String,
    pub created_at: Ts,
    pub last_seen_at: Ts,
    pub expires_at: Ts,
}

/// A personal access token without its secret.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = access_tokens)]
pub struct TokenRow {
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub person_id: Uuid,
    pub name: String,
    pub token_hash: Vec<u8>,
    /// First characters of the secret, to recognise it by.
    pub starts_with: String,
    /// Codes of the roles that it may use, as far as the person holds them.
    pub roles: Value,
    /// Whether it only reads.
    pub reads_only: bool,
    pub created_at: Ts,
    pub expires_at: Ts,
    pub last_used_at: Option<Ts>,
    pub revoked_at: Option<Ts>,
}

/// Starts a session.
pub async fn insert(conn: &mut Conn, row: &SessionRow) -> Result<()> {
    diesel::insert_into(sessions::table).values(row).execute(conn).await?;
    Ok(())
}

/// The session with this key, if it was used since `idle_since` and has not expired.
pub async fn find(
    conn: &mut Conn,
    key_hash: &[u8],
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Option<SessionRow>> {
    Ok(sessions::table
        .filter(sessions::key_hash.eq(key_hash))
        .filter(sessions::expires_at.gt(Ts::from(now)))
        .filter(sessions::last_seen_at.gt(Ts::from(idle_since)))
        .select(SessionRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Moves the last use of a session forward.
pub async fn update_seen(conn: &mut Conn, key_hash: &[u8], now: Timestamp) -> Result<()> {
    diesel::update(sessions::table.find(key_hash))
        .set(sessions::last_seen_at.eq(Ts::from(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Sessions of a person, the youngest first.
pub async fn list(
    conn: &mut Conn,
    scope: &Scope,
    person: PersonId,
    now: Timestamp,
) -> Result<Vec<SessionRow>> {
    Ok(sessions::table
        .filter(sessions::organisation_id.eq_any(crate::scope_ids(scope)))
        .filter(sessions::person_id.eq(person.0))
        .filter(sessions::expires_at.gt(Ts::from(now)))
        .order(sessions::created_at.desc())
        .select(SessionRow::as_select())
        .load(conn)
        .await?)
}

/// Ends one session of a person; true if there was one.
pub async fn delete(conn: &mut Conn, scope: &Scope, person: PersonId, id: Uuid) -> Result<bool> {
    let deleted = diesel::delete(
        sessions::table
            .filter(sessions::organisation_id.eq_any(crate::scope_ids(scope)))
            .filter(sessions::person_id.eq(person.0))
            .filter(sessions::id.eq(id)),
    )
    .execute(conn)
    .await?;
    Ok(deleted > 0)
}

/// Forgets sessions that nobody can use any more; returns how many.
pub async fn delete_expired(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    Ok(diesel::delete(sessions::table.filter(sessions::expires_at.le(Ts::from(now)))).execute(conn).await?)
}

/// Stores a token.
pub async fn insert_token(conn: &mut Conn, row: &TokenRow) -> Result<()> {
    diesel::insert_into(access_tokens::table).values(row).execute(conn).await?;
    Ok(())
}

/// The token with this hash, if it can be used now.
pub async fn find_token(conn: &mut Conn, token_hash: &[u8], now: Timestamp) -> Result<Option<TokenRow>> {
    Ok(access_tokens::table
        .filter(access_tokens::token_hash.eq(token_hash))
        .filter(access_tokens::expires_at.gt(Ts::from(now)))
        .filter(access_tokens::revoked_at.is_null())
        .select(TokenRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Moves the last use of a token forward.
pub async fn update_token_used(conn: &mut Conn, id: TokenId, now: Timestamp) -> Result<()> {
    diesel::update(access_tokens::table.find(id.0))
        .set(access_tokens::last_used_at.eq(Ts::from(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Tokens of a person, revoked and expired ones included, the youngest first.
pub async fn list_tokens(conn: &mut Conn, scope: &Scope, person: PersonId) -> Result<Vec<TokenRow>> {
    Ok(access_tokens::table
        .filter(access_tokens::organisation_id.eq_any(crate::scope_ids(scope)))
        .filter(access_tokens::person_id.eq(person.0))
        .order((access_tokens::created_at.desc(), access_tokens::id))
        .select(TokenRow::as_select())
        .load(conn)
        .await?)
}

/// Revokes a token of a person; [`crate::Error::NotFound`] if there is none that is in force.
pub async fn update_token_revoked(
    conn: &mut Conn,
    scope: &Scope,
    person: PersonId,
    id: TokenId,
    now: Timestamp,
) -> Result<()> {
    let changed = diesel::update(
        access_tokens::table
            .filter(access_tokens::organisation_id.eq_any(crate::scope_ids(scope)))
            .filter(access_tokens::person_id.eq(person.0))
            .filter(access_tokens::id.eq(id.0))
            .filter(access_tokens::revoked_at.is_null()),
    )
    .set(access_tokens::revoked_at.eq(Ts::from(now)))
    .execute(conn)
    .await?;
    if changed == 0 { Err(crate::Error::NotFound) } else { Ok(()) }
}
