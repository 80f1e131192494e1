//! Brings a database to the state of this program: roles, then migrations. Run with the owner's account.

use crate::{Error, Result, connect};
use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Creates the two roles without a password if they are missing. They log in only where the administrator lets them.
const ROLES: &str = "do $$ begin
    if not exists (select from pg_roles where rolname = 'wolkenamt_app') then
        create role wolkenamt_app login nosuperuser nobypassrls;
    end if;
    if not exists (select from pg_roles where rolname = 'wolkenamt_system') then
        create role wolkenamt_system login nosuperuser nobypassrls;
    end if;
exception when duplicate_object or unique_violation then null; -- two migrate at once
end $$";

/// Applies what is missing and returns the versions that were applied. Needs a multi-threaded runtime.
/// The authority is that of [`DbConfig::ca`](crate::DbConfig::ca).
pub async fn run(owner_url: &str, ca: Option<&str>) -> Result<Vec<String>> {
    let trusting = connect::trusting(ca)?;
    let connected = connect::connect(owner_url, trusting).await;
    let mut conn = connected.map_err(|error| Error::Unavailable(Box::new(error)))?;
    conn.batch_execute(ROLES).await?;
    let mut harness = AsyncMigrationHarness::new(conn);
    let applied = harness.run_pending_migrations(MIGRATIONS).map_err(Error::Unavailable)?;
    Ok(applied.iter().map(ToString::to_string).collect())
}

/// Takes everything back, newest first. Only the round-trip test does this.
pub async fn revert_all(owner_url: &str) -> Result<()> {
    let mut harness = AsyncMigrationHarness::new(local(owner_url).await?);
    harness.revert_all_migrations(MIGRATIONS).map_err(Error::Unavailable)?;
    Ok(())
}

async fn local(url: &str) -> Result<AsyncPgConnection> {
    AsyncPgConnection::establish(url).await.map_err(|error| Error::Unavailable(Box::new(error)))
}
