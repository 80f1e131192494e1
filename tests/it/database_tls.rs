//! The way to a database on another machine: encrypted, and only to a server whose certificate is believed.

use db::{Conn, Db, DbConfig, Error};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::policy::Scope;
use tests::TestApp;

/// Reads over a way that demands TLS, and tells whether the server saw it encrypted.
async fn encrypted(app: &TestApp, host: &str, ca: Option<String>) -> Result<bool, Error> {
    let demanding = |role| {
        let url = app.db.url(role).replace("127.0.0.1", host);
        format!("{url}?sslmode=require")
    };
    let (app_url, system_url) = (demanding("wolkenamt_app"), demanding("wolkenamt_system"));
    let db = Db::new(&DbConfig { app_url, system_url, app_connections: 1, system_connections: 1, ca })?;
    db.read(&Scope::system("a test looks at its own connection"), async |conn: &mut Conn| {
        let seen: Seen = diesel::sql_query("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
            .get_result(conn)
            .await?;
        Ok(seen.ssl)
    })
    .await
}

#[derive(QueryableByName)]
struct Seen {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    ssl: bool,
}

#[actix_web::test]
async fn only_a_server_with_a_believed_certificate_gets_the_password() {
    let app = TestApp::start().await;
    let ca = std::fs::read_to_string(std::env::var("WOLKENAMT_TEST_DATABASE_CA").unwrap()).unwrap();
    assert!(encrypted(&app, "127.0.0.1", Some(ca.clone())).await.unwrap());
    assert!(encrypted(&app, "localhost", Some(ca.clone())).await.unwrap());
    // Not signed by an authority of this system, and a name that the certificate does not hold.
    let refused = [("127.0.0.1", None), ("127.0.0.2", Some(ca))];
    for (host, ca) in refused {
        let error = encrypted(&app, host, ca).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{host}: {error:?}");
    }
    let no_pem = encrypted(&app, "127.0.0.1", Some("no certificate".to_owned())).await.unwrap_err();
    assert!(matches!(no_pem, Error::Unavailable(_)), "{no_pem:?}");
}
