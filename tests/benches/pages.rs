//! The catalogue page at 100 requests a second, and orders placed one after the other. Beside each stands what the same
//! server can at most do in the same run: a page without a query, and a committed row on the same PostgreSQL.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints and may fail at once")]

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use serde_json::json;
use std::time::{Duration, Instant};
use tests::world::id;
use tests::{Api, Browser, TestApp};

/// Requests per second at the catalogue.
const RATE: u32 = 100;
/// How long.
const SECONDS: u32 = 10;
/// Orders placed.
const ORDERS: u32 = 200;

fn main() {
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::start().await;
        let browser = app.sign_in("jana@mittelfeld.example").await;
        let plain = paced(&browser, "/accessibility").await;
        let catalogue = paced(&browser, "/offerings").await;
        println!("pages, {RATE} requests/s for {SECONDS} s, one server thread");
        show("page without a query", &plain);
        show("catalogue", &catalogue);
        let ratio = at(&catalogue, 50).as_secs_f64() / at(&plain, 50).as_secs_f64();
        println!("  ratio of medians {ratio:>8.2} × the page without a query");
        orders(&app).await;
    });
}

/// Sends requests at the pace, however long the answers take; returns the sorted times.
async fn paced(browser: &Browser, path: &'static str) -> Vec<Duration> {
    let began = Instant::now();
    let requests = (0..RATE * SECONDS).map(|number| {
        let mut browser = browser.clone();
        async move {
            let due = Duration::from_secs(1) / RATE * number;
            tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
            let sent = Instant::now();
            assert_eq!(browser.get(path).await.status, 200);
            sent.elapsed()
        }
    });
    let mut took = futures::future::join_all(requests).await;
    took.sort();
    took
}

async fn orders(app: &TestApp) {
    let beat = json!({
        "epoch": 1, "revision": 0, "hash": "", "operator_version": "0", "kubernetes_version": "1.36", "bookings": 0,
        "abilities": {"kinds": ["postgresql"], "exposures": ["provider-network"],
            "postgresql_versions": [{"major": 15, "full": "15.18"}]},
        "capacity": {"nodes": 1, "vcpu_total": 8000, "vcpu_used": 0, "memory_total": 8192, "memory_used": 0},
        "at": "2026-11-24T08:59:00Z",
    });
    let sql = format!(
        "update operators set enrolled_at = '2026-11-01', heartbeat = '{beat}', heartbeat_at = '2026-11-24T08:59:00Z'
             where location_id = '{}';
         update budget_lines set amount = 100000000 where id = '{}';
         create table bench_rows (id bigserial primary key, at timestamptz)",
        id::LOCATION,
        id::BUDGET_LINE
    );
    app.owner_sql(&sql).await.unwrap();
    let mut conn = AsyncPgConnection::establish(&app.db.owner_url()).await.unwrap();
    let began = Instant::now();
    for _ in 0..ORDERS {
        conn.batch_execute("insert into bench_rows (at) values (now())").await.unwrap();
    }
    let rows = f64::from(ORDERS) / began.elapsed().as_secs_f64();

    let jana = app.api("jana@mittelfeld.example").await;
    let began = Instant::now();
    for number in 0..ORDERS {
        place(&jana, number).await;
    }
    let placed = f64::from(ORDERS) / began.elapsed().as_secs_f64();
    println!("orders, {ORDERS} one after the other by the API");
    println!("  placed         {placed:>9.1} orders/s");
    println!("  committed rows {rows:>9.1} rows/s on the same server");
    println!("  ratio          {:>9.3}", placed / rows);
}

async fn place(api: &Api, number: u32) {
    let order = json!({
        "offering": id::POSTGRESQL, "plan": id::POSTGRESQL_PLAN, "name": "Baumkataster",
        "parameters": {"database": "baum", "version": 15, "storage_gib": 1, "allowed_networks": []},
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": "2026-11-24", "justification": "Messung",
    });
    let answer = api.post("/api/v1/orders", &format!("bench-{number}"), &order).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

fn show(name: &str, sorted: &[Duration]) {
    let ms = |percent| at(sorted, percent).as_secs_f64() * 1000.0;
    println!("  {name:<22} p50 {:>7.2} ms, p99 {:>7.2} ms", ms(50), ms(99));
}
