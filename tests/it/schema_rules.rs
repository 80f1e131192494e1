//! Rules that hold for every table, asked of the database itself.

use db::test_db::TestDb;
use diesel::sql_types::Text;
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

async fn lines(db: &TestDb, sql: &str) -> Vec<String> {
    let mut conn = AsyncPgConnection::establish(&db.owner_url()).await.unwrap();
    let rows: Vec<Line> = sql_query(sql).load(&mut conn).await.unwrap();
    rows.into_iter().map(|row| row.line).collect()
}

/// Which tables append-only is meant for; a table leaves this list by a decision, not by accident.
const APPEND_ONLY: &[&str] = &[
    "audit_entries",
    "booking_assignments",
    "booking_events",
    "booking_terms",
    "charges",
    "components",
    "invoices",
    "location_profiles",
    "location_silences",
    "maintenance_notices",
    "meter_readings",
    "month_closings",
    "offering_availability",
    "offering_versions",
    "order_decisions",
    "order_placements",
    "orders",
    "plans",
    "prices",
    "silence_notices",
    "usage_conflicts",
    "usage_records",
    "usage_waivers",
    "vat_decisions",
];

#[actix_web::test]
async fn every_table_forces_row_level_security() {
    let db = TestDb::create().await.unwrap();
    let open = lines(
        &db,
        "select relname as line from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'public' and relkind = 'r' and relname not like '\\_\\_diesel%'
           and not (relrowsecurity and relforcerowsecurity) order by 1",
    )
    .await;
    assert_eq!(open, Vec::<String>::new());
    let without = lines(
        &db,
        "select c.relname || ' ' || cmd as line from pg_class c join pg_namespace n on n.oid = c.relnamespace
         cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) cmd
         where n.nspname = 'public' and relkind = 'r' and relname not like '\\_\\_diesel%'
           and relname not in ('attempts', 'assertion_ids')
           and not exists (select from pg_policies p where p.tablename = c.relname and p.cmd = cmd and 'wolkenamt_app' = any (p.roles))
         order by 1",
    )
    .await;
    assert_eq!(without, Vec::<String>::new());
}

#[actix_web::test]
async fn what_has_left_the_house_refuses_changes_even_by_the_owner() {
    let db = TestDb::create().await.unwrap();
    let protected = lines(
        &db,
        "select distinct tgrelid::regclass::text as line from pg_trigger where tgname = 'refuse_change' order by 1",
    )
    .await;
    assert_eq!(protected, APPEND_ONLY);
    let granted = lines(
        &db,
        "select distinct table_name::text || ' ' || privilege_type as line from information_schema.role_table_grants
         where grantee in ('wolkenamt_app', 'wolkenamt_system') and privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE')
           and table_name in (select tgrelid::regclass::text from pg_trigger where tgname = 'refuse_change') order by 1",
    )
    .await;
    assert_eq!(granted, Vec::<String>::new());
}

#[actix_web::test]
async fn foreign_keys_are_indexed_and_constraints_are_named() {
    let db = TestDb::create().await.unwrap();
    let slow = lines(
        &db,
        "select conrelid::regclass::text || ' ' || conname as line from pg_constraint k where contype = 'f'
         and not exists (select from pg_index i where i.indrelid = k.conrelid
             and (i.indkey::int2[])[0:0] <@ k.conkey) order by 1",
    )
    .await;
    assert_eq!(slow, Vec::<String>::new());
    let unnamed = lines(
        &db,
        "select conname::text as line from pg_constraint k join pg_namespace n on n.oid = k.connamespace
         where n.nspname = 'public' and contype in ('u', 'f') and conname ~ '_(key|fkey)[0-9]*$'
           and conname <> 'orders_idempotency_key' order by 1",
    )
    .await;
    assert_eq!(unnamed, Vec::<String>::new());
}

#[actix_web::test]
async fn money_and_times_have_exact_types() {
    let db = TestDb::create().await.unwrap();
    let wrong = lines(
        &db,
        "select table_name || '.' || column_name as line from information_schema.columns
         where table_schema = 'public' and table_name not like '\\_\\_diesel%'
           and (data_type in ('real', 'double precision', 'money', 'timestamp without time zone')
             or (column_name like '%\\_at' and data_type <> 'timestamp with time zone')
             or (data_type = 'timestamp with time zone' and column_name !~ '_at$' and column_name not in
                 ('valid_from', 'valid_to', 'valid_until', 'decide_by'))) order by 1",
    )
    .await;
    assert_eq!(wrong, Vec::<String>::new());
}

#[actix_web::test]
async fn the_schema_file_is_what_the_migrations_make() {
    let db = TestDb::create().await.unwrap();
    let sql = include_str!("../../backend/db/src/sql/diesel_schema.sql");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let made = words(&lines(&db, sql).await.join("\n"));
    let file = include_str!("../../backend/db/src/schema.rs");
    let body: Vec<&str> = file.lines().filter(|line| !line.starts_with("//!")).collect();
    let body = words(&body.join("\n"));
    let tables = body.split("diesel::allow_tables").next().unwrap().trim();
    assert_eq!(tables, made.trim(), "run make schema");
}

#[actix_web::test]
async fn migrations_go_back_and_forth() {
    let db = TestDb::create().await.unwrap();
    let url = db.owner_url();
    let dump = "select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable as line
        from information_schema.columns where table_schema = 'public' and table_name not like '\\_\\_diesel%'
        union all select tablename || ' ' || policyname || ' ' || cmd || ' ' || coalesce(qual, '') || coalesce(with_check, '') from pg_policies
        union all select tablename || ' ' || indexdef from pg_indexes where schemaname = 'public' and tablename not like '\\_\\_diesel%'
        order by 1";
    let before = lines(&db, dump).await;
    // The harness of the migrations needs a runtime with several threads.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(db::migrate::revert_all(&url)).unwrap();
        runtime.block_on(db::migrate::run(&url, None)).unwrap();
    })
    .join()
    .unwrap();
    assert_eq!(lines(&db, dump).await, before);
    assert!(before.len() > 300);
}
