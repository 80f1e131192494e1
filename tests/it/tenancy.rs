//! Two walls between tenants: the scope in every finder, and row-level security. Each must hold with the other removed.

use diesel::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tests::{TestApp, world};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn count(conn: &mut AsyncPgConnection, sql: &str) -> Result<i64, String> {
    let rows: Result<Vec<Count>, _> = sql_query(sql).load(conn).await;
    rows.map(|rows| rows[0].count).map_err(|error| error.to_string())
}

async fn app_role(app: &TestApp) -> AsyncPgConnection {
    AsyncPgConnection::establish(&app.db.url("wolkenamt_app")).await.unwrap()
}

async fn enter(conn: &mut AsyncPgConnection, organisation: &str) {
    conn.batch_execute("begin").await.unwrap();
    sql_query("select set_config('app.organisation_ids', $1, true)")
        .bind::<Text, _>(format!("{{{organisation}}}"))
        .execute(conn)
        .await
        .unwrap();
}

/// The first wall removed: statements without any filter, as a bug in a query would send them.
#[actix_web::test]
async fn without_a_filter_row_level_security_shows_own_rows_only() {
    let app = TestApp::start().await;
    let mut conn = app_role(&app).await;
    for table in ["people", "units", "budget_lines", "cost_centres", "legal_bases", "person_roles"] {
        enter(&mut conn, world::id::MITTELFELD).await;
        let foreign =
            format!("select count(*) from {table} where organisation_id <> '{}'", world::id::MITTELFELD);
        assert_eq!(count(&mut conn, &foreign).await, Ok(0), "{table}");
        assert!(count(&mut conn, &format!("select count(*) from {table}")).await.unwrap() > 0, "{table}");
        let changed = sql_query(format!(
            "update {table} set organisation_id = organisation_id where organisation_id <> '{}'",
            world::id::MITTELFELD
        ));
        assert_eq!(changed.execute(&mut conn).await.unwrap(), 0, "{table}");
        conn.batch_execute("rollback").await.unwrap();
    }
}

#[actix_web::test]
async fn nobody_writes_into_another_tenant() {
    let app = TestApp::start().await;
    let mut conn = app_role(&app).await;
    enter(&mut conn, world::id::MITTELFELD).await;
    let insert = format!(
        "insert into cost_centres (organisation_id, code, name) values ('{}', '66666', 'fremd')",
        world::id::KLEINDORF
    );
    let refused = conn.batch_execute(&insert).await.unwrap_err().to_string();
    assert!(refused.contains("row-level security"), "{refused}");
}

/// A forgotten context is an error and never an empty answer, on a fresh and on a reused connection.
#[actix_web::test]
async fn a_forgotten_context_is_refused() {
    let app = TestApp::start().await;
    let mut conn = app_role(&app).await;
    assert!(
        count(&mut conn, "select count(*) from people").await.unwrap_err().contains("app.organisation_ids")
    );
    enter(&mut conn, world::id::MITTELFELD).await;
    conn.batch_execute("commit").await.unwrap();
    assert!(count(&mut conn, "select count(*) from people").await.unwrap_err().contains("malformed array"));
}

/// The second wall removed: the owner switches row-level security off, and the finders still filter.
#[actix_web::test]
async fn without_row_level_security_the_finders_still_filter() {
    let app = TestApp::start().await;
    app.owner_sql(
        "do $$ declare t record; begin for t in select tablename from pg_tables where schemaname = 'public' loop
            execute format('alter table %I disable row level security', t.tablename); end loop; end $$",
    )
    .await
    .unwrap();
    let actor = app.actor("olga@mittelfeld.example").await;
    let scope = domain::policy::authorize(&actor, domain::policy::Action::ViewAudit).unwrap();
    let units = app
        .app
        .db
        .read(&scope, async |conn: &mut db::Conn| db::organisations::list_units(conn, &scope).await);
    let units = units.await.unwrap();
    assert_eq!(units.len(), 1);
    assert_eq!(units[0].organisation_id.to_string(), world::id::MITTELFELD);
    let role = domain::policy::Role::Orders;
    let now = app.app.clock.now();
    let holders = app
        .app
        .db
        .read(&scope, async |conn: &mut db::Conn| db::people::list_holders(conn, &scope, role, now).await);
    assert!(
        holders
            .await
            .unwrap()
            .iter()
            .all(|(person, _)| person.organisation_id.to_string() == world::id::MITTELFELD)
    );
}
