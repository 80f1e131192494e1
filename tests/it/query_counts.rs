//! A page asks the database a small number of questions, however many rows it shows. Counted by PostgreSQL itself
//! (`pg_stat_statements`, which `tests/postgres.sh` loads), so that nothing in the product has to count.

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use tests::world::id;
use tests::{Browser, TestApp};

/// Statements of one page, transactions and tenant contexts included.
const STATEMENTS_MAX: i64 = 90;
/// Rows of everything at the first count: more than one, so that no branch for an empty list is taken.
const FEW: u32 = 3;
/// Rows of everything at the second count; less than a page, so that both show all of them.
const MANY: u32 = 23;

/// Pages with the person who reads them; `{order}` and `{booking}` are those of the first order.
const PAGES: &[(&str, &str)] = &[
    ("jana@mittelfeld.example", "/"),
    ("jana@mittelfeld.example", "/offerings"),
    ("jana@mittelfeld.example", "/offerings/00000000-0000-7000-8000-000000000401"),
    ("jana@mittelfeld.example", "/offerings/00000000-0000-7000-8000-000000000401/order"),
    ("jana@mittelfeld.example", "/orders?tab=organisation"),
    ("jana@mittelfeld.example", "/orders/{order}"),
    ("jana@mittelfeld.example", "/bookings"),
    ("jana@mittelfeld.example", "/bookings/{booking}"),
    ("tobias@mittelfeld.example", "/"),
    ("tobias@mittelfeld.example", "/approvals"),
    ("tobias@mittelfeld.example", "/approvals/{order}"),
    ("hanna@mittelfeld.example", "/budgets"),
    ("karl@mittelfeld.example", "/invoices"),
    ("olga@mittelfeld.example", "/audit"),
    ("paul@beispielland.example", "/locations"),
    ("paul@beispielland.example", "/locations/00000000-0000-7000-8000-000000000301"),
    ("felix@beispielland.example", "/bookings"),
];

#[derive(QueryableByName)]
struct Calls {
    #[diesel(sql_type = BigInt)]
    calls: i64,
}

/// Statements that the roles of the product have sent to this database so far.
async fn calls(app: &TestApp) -> i64 {
    let mut conn = AsyncPgConnection::establish(&app.db.owner_url()).await.unwrap();
    let counted = sql_query(
        "select coalesce(sum(s.calls), 0)::bigint as calls from pg_stat_statements s join pg_roles r on r.oid = s.userid
         where s.dbid = (select oid from pg_database where datname = current_database()) and r.rolname <> current_user",
    );
    counted.get_result::<Calls>(&mut conn).await.unwrap().calls
}

/// Statements of one look at a page.
async fn statements(app: &TestApp, browser: &mut Browser, path: &str) -> i64 {
    // The first look of a connection also asks for types.
    for _ in 0..2 {
        assert_eq!(browser.get(path).await.status, 200, "{path}");
    }
    let before = calls(app).await;
    browser.get(path).await;
    calls(app).await - before
}

/// Statements of every page, in the order of [`PAGES`].
async fn all(app: &TestApp, order: &str, booking: &str) -> Vec<(String, i64)> {
    let mut found = Vec::new();
    for (who, path) in PAGES {
        let path = path.replace("{order}", order).replace("{booking}", booking);
        let mut browser = app.sign_in(who).await;
        found.push((format!("{who} {path}"), statements(app, &mut browser, &path).await));
    }
    found
}

/// An approved order with its booking, as a program would make them.
async fn booked(app: &TestApp) -> (String, String) {
    let order = json!({
        "offering": id::POSTGRESQL, "plan": id::POSTGRESQL_PLAN, "name": "Baumkataster",
        "parameters": {"database": "baum", "version": 15, "storage_gib": 10, "allowed_networks": []},
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": "2026-11-24", "justification": "Fachverfahren der Grünpflege",
    });
    let made = app.api("jana@mittelfeld.example").await.post("/api/v1/orders", "first", &order).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let order = made.body["id"].as_str().unwrap().to_owned();
    let tobias = app.api("tobias@mittelfeld.example").await;
    let decision = json!({"decision": "approve", "reason": ""});
    let decided = tobias.post(&format!("/api/v1/approvals/{order}"), "", &decision).await;
    assert!(decided.status < 300, "{}", decided.body);
    let shown = tobias.get(&format!("/api/v1/approvals/{order}")).await;
    let booking = shown.body["order"]["booking"].as_str().unwrap().to_owned();
    (order, booking)
}

/// Copies the oldest row of a table with some columns changed; `n` is the number of the copy.
fn copies(table: &str, numbers: &str, changed: &str) -> String {
    format!(
        "insert into {table} select (jsonb_populate_record(t, jsonb_build_object({changed}))).*
         from {table} t, {numbers} n where t.ctid = (select min(ctid) from {table});"
    )
}

/// More of everything that a list can show: decided and undecided orders, bookings, budget lines, locations, invoices.
fn more(from: u32, to: u32) -> String {
    let numbers = format!("generate_series({from}, {to})");
    let own = |group: &str| format!("('{group}-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid");
    let (order, booking, other) = (own("0000000a"), own("0000000b"), own("0000000c"));
    let copies = |table: &str, changed: &str| copies(table, &numbers, changed);
    let numbered = |sign: &str| format!("'number', '{sign}-' || n, 'idempotency_key', '{sign}-' || n");
    let provider = format!("'provider_id', '{}'", id::BEISPIELLAND);
    [
        copies("orders", &format!("'id', {order}, 'booking_id', {booking}, {}", numbered("M"))),
        copies("order_decisions", &format!("'order_id', {order}")),
        copies("bookings", &format!("'id', {booking}, 'number', 'MB-' || n, 'revision', 1000 + n")),
        copies("booking_customer_private", &format!("'booking_id', {booking}, 'order_id', {order}")),
        copies("orders", &format!("'id', {other}, 'booking_id', {other}, {}", numbered("O"))),
        copies("budget_lines", &format!("'id', {other}, 'code', 'X-' || n, 'name', 'Line ' || n")),
        copies("locations", &format!("'id', {other}, 'code', 'x-' || n, 'name', 'Place ' || n, {provider}")),
        copies("operators", &format!("'location_id', {other}, 'heartbeat', null, 'heartbeat_at', null, {provider}")),
        format!(
            "insert into invoices (id, number, provider_id, organisation_id, leitweg_id, document, period_from_at,
               period_to_at, vat_class, vat_rate, vat_reason, issued_at, issued_by, due_at, net, vat, gross, content, input_hash, xml)
             select {other}, 'RE-' || n, '{}', '{}', '16999001-MUSTERAU-85', 'month',
               timestamptz '2020-01-01' + n * interval '1 month', timestamptz '2020-02-01' + n * interval '1 month', 'S', 19, '',
               '2026-11-01', {other}, '2026-12-01', 1, 0.19, 1.19, '{{}}', sha256('x'), 'x' from {numbers} n;",
            id::BEISPIELLAND,
            id::MITTELFELD,
        ),
    ]
    .concat()
}

#[actix_web::test]
async fn more_rows_do_not_make_more_statements() {
    let app = TestApp::start().await;
    let beat = json!({
        "epoch": 1, "revision": 0, "hash": "", "operator_version": "0", "kubernetes_version": "1.36", "bookings": 0,
        "abilities": {"kinds": ["postgresql"], "exposures": ["provider-network"],
            "postgresql_versions": [{"major": 15, "full": "15.18"}]},
        "capacity": {"nodes": 1, "vcpu_total": 8000, "vcpu_used": 0, "memory_total": 8192, "memory_used": 0},
        "at": "2026-11-24T08:59:00Z",
    });
    let sql = format!(
        "create extension pg_stat_statements;
         update operators set enrolled_at = '2026-11-01', heartbeat = '{beat}', heartbeat_at = '2026-11-24T08:59:00Z'
         where location_id = '{}'",
        id::LOCATION
    );
    app.owner_sql(&sql).await.unwrap();
    let (order, booking) = booked(&app).await;
    app.owner_sql(&more(1, FEW)).await.unwrap();
    let few = all(&app, &order, &booking).await;
    app.owner_sql(&more(FEW + 1, MANY)).await.unwrap();
    let many = all(&app, &order, &booking).await;
    assert_eq!(few, many, "statements by page, with {FEW} rows and with {MANY}");
    for (page, statements) in few {
        assert!(statements <= STATEMENTS_MAX, "{page}: {statements} statements");
        assert!(statements > 0, "{page}: nothing was counted");
    }
}
