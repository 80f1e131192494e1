//! The catalogue page at 100 requests a second, and orders placed one after the other. Beside each stands what the same
//! server can at most do in the same run: a page without a query, and a committed row on the same PostgreSQL.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints and may fail at once")]

mod figures;

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use figures::{Figure, machine, table};
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
        machine(&app.db.owner_url()).await;
        let title = format!("catalogue, {RATE} requests/s for {SECONDS} s, open loop, one server thread");
        let figure = |name, percent| Figure {
            name,
            unit: "ms",
            measured: at(&catalogue, percent).as_secs_f64() * 1000.0,
            limit: at(&plain, percent).as_secs_f64() * 1000.0,
            limit_name: "page without a query",
            goal: None,
            less: true,
        };
        table(&title, &[figure("p50", 50), figure("p99", 99)]);
        orders(&app).await;
    });
}

/// Sends requests at the pace, however long the answers take; returns the sorted times since each was due, so that a
/// server that falls behind does not look fast.
async fn paced(browser: &Browser, path: &'static str) -> Vec<Duration> {
    let began = Instant::now();
    let requests = (0..RATE * SECONDS).map(|number| {
        let mut browser = browser.clone();
        async move {
            let due = Duration::from_secs(1) / RATE * number;
            tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
            assert_eq!(browser.get(path).await.status, 200);
            began.elapsed().saturating_sub(due)
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
    let figure = Figure {
        name: "placed",
        unit: "orders/s",
        measured: placed,
        limit: rows,
        limit_name: "committed rows/s",
        goal: None,
        less: false,
    };
    table(&format!("orders, {ORDERS} one after the other by the API"), &[figure]);
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
