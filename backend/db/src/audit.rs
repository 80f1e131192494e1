//! The audit: entries and the head of each organisation's hash chain.

use crate::schema::{audit_checks, audit_entries, audit_heads};
use crate::{Conn, Error, Result, Ts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::audit::{Entry, GENESIS, link};
use domain::ids::OrganisationId;
use domain::policy::Scope;
use serde_json::Value;
use uuid::Uuid;

/// An entry at its place in the chain.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_entries)]
pub struct AuditRow {
    pub organisation_id: Uuid,
    pub sequence: i64,
    pub happened_at: Ts,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub detail: Value,
    pub hash: Vec<u8>,
}

impl AuditRow {
    /// The entry as it was hashed.
    pub fn to_entry(&self) -> Entry {
        Entry {
            organisation: OrganisationId(self.organisation_id),
            at: self.happened_at.to_jiff(),
            actor: self.actor.clone(),
            action: self.action.clone(),
            subject: self.subject.clone(),
            detail: self.detail.clone(),
        }
    }
}

/// How far a chain was walked, and since when the walk lasts.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = audit_checks, primary_key(organisation_id), treat_none_as_null = true)]
pub struct CheckRow {
    pub organisation_id: Uuid,
    pub sequence: i64,
    pub hash: Vec<u8>,
    pub begun_at: Ts,
    pub checked_at: Ts,
    pub broken_entry: Option<i64>,
}

/// Links entries into their chains. Heads are locked in the order of their ids, so that two transactions never wait for
/// each other.
pub async fn append(conn: &mut Conn, entries: &[Entry]) -> Result<()> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by_key(|entry| entry.organisation);
    for entry in sorted {
        let (sequence, previous) = lock_head(conn, entry.organisation).await?;
        let sequence = sequence + 1;
        let entry = &whole_microseconds(entry);
        let hash = link(&previous, sequence, entry);
        diesel::insert_into(audit_entries::table)
            .values(AuditRow {
                organisation_id: entry.organisation.0,
                sequence,
                happened_at: entry.at.into(),
                actor: entry.actor.clone(),
                action: entry.action.clone(),
                subject: entry.subject.clone(),
                detail: entry.detail.clone(),
                hash: hash.to_vec(),
            })
            .execute(conn)
            .await?;
        diesel::update(audit_heads::table.find(entry.organisation.0))
            .set((audit_heads::sequence.eq(sequence), audit_heads::hash.eq(hash.to_vec())))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// The youngest entries first, before a sequence number if one is given.
pub async fn list_entries(
    conn: &mut Conn,
    scope: &Scope,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditRow>> {
    let rows = audit_entries::table
        .filter(audit_entries::organisation_id.eq_any(crate::scope_ids(scope)))
        .filter(audit_entries::sequence.lt(before.unwrap_or(i64::MAX)))
        .order(audit_entries::sequence.desc())
        .limit(limit)
        .select(AuditRow::as_select())
        .load(conn)
        .await?;
    Ok(rows)
}

/// A piece of one chain in its own order, for the verifier.
pub async fn list_chain(
    conn: &mut Conn,
    organisation: OrganisationId,
    after: i64,
    limit: i64,
) -> Result<Vec<AuditRow>> {
    let rows = audit_entries::table
        .filter(audit_entries::organisation_id.eq(organisation.0))
        .filter(audit_entries::sequence.gt(after))
        .order(audit_entries::sequence.asc())
        .limit(limit)
        .select(AuditRow::as_select())
        .load(conn)
        .await?;
    Ok(rows)
}

/// Every chain that exists, with its last number and hash.
pub async fn list_heads(conn: &mut Conn) -> Result<Vec<(Uuid, i64, Vec<u8>)>> {
    Ok(audit_heads::table
        .order(audit_heads::organisation_id)
        .select((audit_heads::organisation_id, audit_heads::sequence, audit_heads::hash))
        .load(conn)
        .await?)
}

/// Last number and hash of a chain; nothing before its first entry.
pub async fn find_head(conn: &mut Conn, organisation: OrganisationId) -> Result<Option<(i64, Vec<u8>)>> {
    Ok(audit_heads::table
        .find(organisation.0)
        .select((audit_heads::sequence, audit_heads::hash))
        .first(conn)
        .await
        .optional()?)
}

/// How far one chain was walked.
pub async fn find_check(conn: &mut Conn, organisation: OrganisationId) -> Result<Option<CheckRow>> {
    Ok(audit_checks::table.find(organisation.0).select(CheckRow::as_select()).first(conn).await.optional()?)
}

/// How far every chain was walked.
pub async fn list_checks(conn: &mut Conn) -> Result<Vec<CheckRow>> {
    Ok(audit_checks::table.select(CheckRow::as_select()).load(conn).await?)
}

/// Remembers how far a chain was walked.
pub async fn update_check(conn: &mut Conn, row: &CheckRow) -> Result<()> {
    diesel::insert_into(audit_checks::table)
        .values(row)
        .on_conflict(audit_checks::organisation_id)
        .do_update()
        .set(row)
        .execute(conn)
        .await?;
    Ok(())
}

async fn lock_head(conn: &mut Conn, organisation: OrganisationId) -> Result<(i64, [u8; 32])> {
    diesel::insert_into(audit_heads::table)
        .values((
            audit_heads::organisation_id.eq(organisation.0),
            audit_heads::sequence.eq(0),
            audit_heads::hash.eq(GENESIS.to_vec()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let (sequence, hash): (i64, Vec<u8>) = audit_heads::table
        .find(organisation.0)
        .select((audit_heads::sequence, audit_heads::hash))
        .for_no_key_update()
        .first(conn)
        .await?;
    let hash = hash.try_into().map_err(|_wrong_length| Error::Refused("audit_heads_hash".into()))?;
    Ok((sequence, hash))
}

/// The database keeps microseconds; what is hashed must be what is read back.
fn whole_microseconds(entry: &Entry) -> Entry {
    let at = jiff::Timestamp::from_microsecond(entry.at.as_microsecond()).unwrap_or(entry.at);
    Entry { at, ..entry.clone() }
}
