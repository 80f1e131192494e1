//! A database per test, cloned from a migrated template. Only for tests.
//!
//! `WOLKENAMT_TEST_DATABASE` is the address of a PostgreSQL server where the owner may create databases; the harness of
//! `make test` starts a private one. Nothing here is compiled into the product.

use crate::{DbConfig, Error, Result, migrate};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A database that only one test uses. It stays until the server ends, so that a failed test can be looked at.
#[derive(Debug, Clone)]
pub struct TestDb {
    server: String,
    /// Its name.
    pub name: String,
}

impl TestDb {
    /// Clones the template, making it first if this server has none for the present migrations.
    pub async fn create() -> Result<Self> {
        let server =
            std::env::var("WOLKENAMT_TEST_DATABASE").map_err(|error| Error::Unavailable(Box::new(error)))?;
        let mut admin = connect(&format!("{server}/postgres")).await?;
        // The advisory lock makes test processes that start together wait for one template.
        admin.batch_execute("select pg_advisory_lock(4711)").await?;
        let template = make_template(&server, &mut admin).await;
        admin.batch_execute("select pg_advisory_unlock(4711)").await?;
        let template = template?;
        let name = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        admin.batch_execute(&format!("drop database if exists {name} with (force)")).await?;
        admin
            .batch_execute(&format!("create database {name} template {template} strategy file_copy"))
            .await?;
        Ok(Self { server, name })
    }

    /// Address with a role's account.
    pub fn url(&self, role: &str) -> String {
        let (scheme, rest) = self.server.split_once("://").unwrap_or(("postgres", &self.server));
        let host = rest.split_once('@').map_or(rest, |(_, host)| host);
        format!("{scheme}://{role}@{host}/{}", self.name)
    }

    /// Both pools of the product, small.
    pub fn config(&self) -> DbConfig {
        DbConfig {
            app_url: self.url("wolkenamt_app"),
            system_url: self.url("wolkenamt_system"),
            app_connections: 5,
            system_connections: 3,
            ca: None,
        }
    }

    /// Address with the owner's account, whom row-level security binds too but triggers do not spare.
    pub fn owner_url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }
}

/// The template appears under its name only when it is complete, so that a killed run leaves no half of one.
async fn make_template(server: &str, admin: &mut AsyncPgConnection) -> Result<String> {
    let name = format!("template_{}", fingerprint()?);
    let known = diesel::sql_query(format!("select 1 from pg_database where datname = '{name}'"));
    if known.execute(admin).await? > 0 {
        return Ok(name);
    }
    let raw = format!("raw_{name}");
    admin.batch_execute(&format!("drop database if exists {raw} with (force)")).await?;
    admin.batch_execute(&format!("create database {raw}")).await?;
    let url = format!("{server}/{raw}");
    // The migrations need a runtime with several threads; a test usually has one.
    let migrated = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.map_err(|error| Error::Unavailable(Box::new(error)))?.block_on(migrate::run(&url, None))
    });
    migrated.join().map_err(|_panicked| Error::Refused("migration panicked".into()))??;
    admin.batch_execute(&format!("alter database {raw} rename to {name}")).await?;
    Ok(name)
}

/// Changes when a migration changes; names the template.
fn fingerprint() -> Result<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let unreadable = |error: std::io::Error| Error::Unavailable(Box::new(error));
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path().join("up.sql");
        if file.is_file() {
            texts.push(format!("{}{}", file.display(), std::fs::read_to_string(&file).map_err(unreadable)?));
        }
    }
    texts.sort();
    Ok(contract::canonical::sha256_hex(texts.join("").as_bytes()).chars().take(12).collect())
}

async fn connect(url: &str) -> Result<AsyncPgConnection> {
    AsyncPgConnection::establish(url).await.map_err(|error| Error::Unavailable(Box::new(error)))
}
