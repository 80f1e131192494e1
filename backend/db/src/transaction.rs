//! Connections and transactions: the only way to a tenant table is a scope.
//!
//! Two pools with two roles: `wolkenamt_app` under row-level security for people and operators, `wolkenamt_system` for
//! the product itself. The scope decides which one is used, and sets the tenant context as the first statement.

use crate::{Error, Result, audit, connect, scope_ids};
use diesel::sql_types::Text;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, deadpool};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, TransactionManager};
use domain::audit::Entry;
use domain::policy::Scope;
use futures::FutureExt;
use std::time::Duration;
use tokio_postgres_rustls::MakeRustlsConnect;

/// A connection inside a transaction.
pub type Conn = AsyncPgConnection;
type Pool = deadpool::Pool<AsyncPgConnection>;

/// Where the database is and how many connections may be open. No `Debug`: the addresses hold passwords.
#[derive(Clone)]
pub struct DbConfig {
    /// Address for `wolkenamt_app`.
    pub app_url: String,
    /// Address for `wolkenamt_system`.
    pub system_url: String,
    /// Connections of the app pool; cores × 2 + 1 is a good start.
    pub app_connections: usize,
    /// Connections of the system pool.
    pub system_connections: usize,
    /// PEM of the authority that signs PostgreSQL's certificate; none: those of the system.
    pub ca: Option<String>,
}

/// Both pools.
#[derive(Clone)]
pub struct Db {
    app: Pool,
    system: Pool,
}

impl Db {
    /// Builds the pools without connecting yet.
    pub fn new(config: &DbConfig) -> Result<Self> {
        let trusting = connect::trusting(config.ca.as_deref())?;
        Ok(Self {
            app: pool(&config.app_url, config.app_connections, trusting.clone())?,
            system: pool(&config.system_url, config.system_connections, trusting)?,
        })
    }

    /// Runs queries that change nothing, in one read-only snapshot.
    pub async fn read<T, E: From<Error>>(
        &self,
        scope: &Scope,
        work: impl AsyncFnOnce(&mut Conn) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.transaction(scope, "begin isolation level repeatable read read only", work).await
    }

    /// Runs a change. It cannot commit without at least one audit entry; entries are linked into their chains last, so
    /// that the lock of a chain is held only for the end of the transaction.
    pub async fn write<T, E: From<Error>>(
        &self,
        scope: &Scope,
        work: impl AsyncFnOnce(&mut Conn) -> std::result::Result<(T, Remembered), E>,
    ) -> std::result::Result<T, E> {
        self.transaction(scope, "begin", async |conn: &mut Conn| {
            let (value, remembered) = work(conn).await?;
            audit::append(conn, &remembered.into_entries()).await?;
            Ok(value)
        })
        .await
    }

    /// Runs a change that leaves no trace in the audit because it is none of anybody's decisions: the last use of a
    /// session, a heartbeat, a delivered mail. The reason is for whoever searches the code.
    pub async fn touch<T, E: From<Error>>(
        &self,
        scope: &Scope,
        _reason: &'static str,
        work: impl AsyncFnOnce(&mut Conn) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.transaction(scope, "begin", work).await
    }

    async fn transaction<T, E: From<Error>>(
        &self,
        scope: &Scope,
        begin: &'static str,
        work: impl AsyncFnOnce(&mut Conn) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let pool = if scope.is_system() { &self.system } else { &self.app };
        let mut conn = pool.get().await.map_err(|error| Error::Unavailable(Box::new(error)))?;
        let conn: &mut Conn = &mut conn;
        // A connection whose transaction was left open by a dropped future is thrown away by the pool.
        AnsiTransactionManager::begin_transaction_sql(conn, begin).await.map_err(Error::from)?;
        let done = match set_context(conn, scope).await {
            Ok(()) => work(conn).await,
            Err(error) => Err(error.into()),
        };
        match done {
            Ok(value) => {
                <AnsiTransactionManager as TransactionManager<Conn>>::commit_transaction(conn)
                    .await
                    .map_err(Error::from)?;
                Ok(value)
            }
            Err(error) => {
                if let Err(failed) =
                    <AnsiTransactionManager as TransactionManager<Conn>>::rollback_transaction(conn).await
                {
                    tracing::warn!(error = %failed, "rollback failed, the connection is given up");
                }
                Err(error)
            }
        }
    }
}

/// Audit entries of one change; at least one.
#[derive(Debug)]
pub struct Remembered {
    first: Entry,
    more: Vec<Entry>,
}

impl Remembered {
    /// What is remembered first.
    pub fn new(first: Entry) -> Self {
        Self { first, more: Vec::new() }
    }

    /// One more entry.
    #[must_use]
    pub fn and(mut self, entry: Entry) -> Self {
        self.more.push(entry);
        self
    }

    fn into_entries(self) -> Vec<Entry> {
        std::iter::once(self.first).chain(self.more).collect()
    }
}

async fn set_context(conn: &mut Conn, scope: &Scope) -> Result<()> {
    let ids: Vec<String> = scope_ids(scope).iter().map(ToString::to_string).collect();
    diesel::sql_query("select set_config('app.organisation_ids', $1, true)")
        .bind::<Text, _>(format!("{{{}}}", ids.join(",")))
        .execute(conn)
        .await?;
    Ok(())
}

fn pool(url: &str, connections: usize, trusting: MakeRustlsConnect) -> Result<Pool> {
    let mut how = ManagerConfig::default();
    how.custom_setup = Box::new(move |url| {
        let (url, trusting) = (url.to_owned(), trusting.clone());
        async move { connect::connect(&url, trusting).await }.boxed()
    });
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(with_limits(url), how);
    Pool::builder(manager)
        .max_size(connections)
        .wait_timeout(Some(Duration::from_secs(5)))
        .create_timeout(Some(Duration::from_secs(5)))
        .recycle_timeout(Some(Duration::from_secs(5)))
        .runtime(::deadpool::Runtime::Tokio1)
        .build()
        .map_err(|error| Error::Unavailable(Box::new(error)))
}

/// No statement and no forgotten transaction may hold a lock for long.
fn with_limits(url: &str) -> String {
    let join = if url.contains('?') { '&' } else { '?' };
    let options = "-c%20statement_timeout%3D15s%20-c%20lock_timeout%3D5s%20-c%20idle_in_transaction_session_timeout%3D15s";
    format!("{url}{join}options={options}")
}
