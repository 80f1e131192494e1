//! The marketplace of one test.

use crate::{Api, Browser, World};
use db::test_db::TestDb;
use domain::ids::PersonId;
use domain::policy::{Actor, Scope};
use jiff::Timestamp;
use server::app::App;
use server::config::{Config, DatabaseConfig, HttpConfig, LogConfig, MailConfig};
use server::ports::clock::Clock;
use server::usecases::{Error, account};
use std::net::TcpListener;
use std::path::PathBuf;

/// The day on which every test begins, unless it says otherwise.
pub const START: &str = "2026-11-24T09:00:00Z";

/// A running marketplace with its own database and a clock that stands still.
pub struct TestApp {
    /// What use-cases need; tests may call them directly.
    pub app: App,
    /// Scheme, host and port.
    pub url: String,
    /// The database.
    pub db: TestDb,
}

impl TestApp {
    /// Starts with the people and offerings of [`World`].
    pub async fn start() -> Self {
        Self::start_at(START.parse().unwrap(), "keep").await
    }

    /// Starts at a moment, with an SMTP address or `keep`.
    pub async fn start_at(now: Timestamp, smtp_url: &str) -> Self {
        let db = TestDb::create()
            .await
            .expect("WOLKENAMT_TEST_DATABASE names a PostgreSQL server; see tests/postgres.sh");
        World::insert(&db).await;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = App::new(config(&db, &url, smtp_url), Clock::frozen_at(now)).unwrap();
        let server = server::http::serve::serve(app.clone(), listener).unwrap();
        actix_web::rt::spawn(server);
        Self { app, url, db }
    }

    /// A browser in which nobody has signed in.
    #[must_use]
    pub fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// A browser in which a person of the world has signed in through the form.
    pub async fn sign_in(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        browser.get("/sign-in").await;
        let answer =
            browser.submit("/sign-in", &[("email", email), ("password", crate::world::PASSWORD)]).await;
        assert_eq!(answer.status, 303, "{email}: {}", answer.html);
        browser
    }

    /// A program that acts for a person of the world with a fresh access token.
    pub async fn api(&self, email: &str) -> Api {
        let actor = self.actor(email).await;
        let wish = account::MakeToken::whole(&actor, "test", 30);
        let made = account::issue_token(&self.app, &actor, wish).await.unwrap();
        Api::new(&self.url, &made.token)
    }

    /// A person of the world as the policy sees it.
    pub async fn actor(&self, email: &str) -> Actor {
        let now = self.app.clock.now();
        let scope = Scope::system("tests look up a person");
        let found = self.app.db.read(&scope, async |conn: &mut db::Conn| {
            let person = db::people::find_by_email(conn, email).await?.ok_or(Error::NotFound)?;
            Ok::<_, Error>(db::people::find_recognised(conn, PersonId(person.id), now).await?)
        });
        found.await.unwrap().expect("person of the world").actor
    }

    /// How many rows of a table fulfil a condition, whoever they belong to.
    pub async fn count(&self, table: &str, condition: &str) -> i64 {
        use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
        #[derive(diesel::QueryableByName)]
        struct Counted {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        let mut conn = AsyncPgConnection::establish(&self.db.owner_url()).await.unwrap();
        let sql = format!("select count(*) from {table} where {condition}");
        diesel::sql_query(sql).get_result::<Counted>(&mut conn).await.unwrap().count
    }

    /// A backup of the database, under another name on the same server.
    pub async fn backup(&self, name: &str) {
        let name = format!("{}_{name}", self.db.name);
        self.disconnect().await;
        self.admin_sql(&format!("create database {name} template {}", self.db.name)).await;
    }

    /// The database is restored to a backup; whoever was connected is cut off.
    pub async fn restore(&self, name: &str) {
        let backup = format!("{}_{name}", self.db.name);
        self.admin_sql(&format!("drop database {} with (force)", self.db.name)).await;
        self.admin_sql(&format!("create database {} template {backup}", self.db.name)).await;
    }

    async fn disconnect(&self) {
        let cut = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname =";
        self.admin_sql(&format!("{cut} '{}'", self.db.name)).await;
    }

    async fn admin_sql(&self, sql: &str) {
        use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
        let url = self.db.owner_url();
        let server = url.strip_suffix(self.db.name.as_str()).unwrap();
        let mut conn = AsyncPgConnection::establish(&format!("{server}postgres")).await.unwrap();
        conn.batch_execute(sql).await.unwrap();
    }

    /// Runs one statement with the owner's account, past every wall: to tamper, or to look.
    pub async fn owner_sql(&self, sql: &str) -> Result<(), String> {
        use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
        let mut conn = AsyncPgConnection::establish(&self.db.owner_url()).await.unwrap();
        conn.batch_execute(sql).await.map_err(|error| error.to_string())
    }
}

/// The repository, wherever it was cloned to.
#[must_use]
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn config(db: &TestDb, url: &str, smtp_url: &str) -> Config {
    let database = db.config();
    Config {
        database: DatabaseConfig {
            app_url: database.app_url,
            system_url: database.system_url,
            connections: 5,
            ca: None,
        },
        http: HttpConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            public_url: url.to_owned(),
            metrics_listen: "127.0.0.1:0".parse().unwrap(),
            web: repository().join("web"),
            threads: 1,
            trusted_proxies: 1,
        },
        mail: MailConfig { smtp_url: smtp_url.to_owned(), from: "Wolkenamt <wolkenamt@example.org>".into() },
        log: LogConfig { json: true, filter: "warn".into() },
        demo: false,
    }
}
