//! What many stories begin with: a database that was ordered by one person and approved by another.

use crate::world::id;
use crate::{Api, TestApp};
use domain::time::berlin_day;
use serde_json::{Value, json};

const TOBIAS: &str = "tobias@mittelfeld.example";

/// Orders a database and approves it. Returns the id of the booking.
pub async fn booked(app: &TestApp, jana: &Api, name: &str, key: &str) -> String {
    let order = json!({
        "offering": id::POSTGRESQL, "plan": id::POSTGRESQL_PLAN, "name": name,
        "parameters": {"database": "baum", "version": 15, "storage_gib": 10, "allowed_networks": ["192.0.2.0/24"]},
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": berlin_day(app.app.clock.now()), "justification": "Fachverfahren der Grünpflege",
    });
    let placed = jana.post("/api/v1/orders", key, &order).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    approve(app, &placed.body).await;
    let list = jana.get("/api/v1/bookings").await;
    assert_eq!(list.status, 200, "{}", list.body);
    let rows = list.body["rows"].as_array().unwrap().clone();
    let row = rows.iter().find(|row| row["name"] == name).unwrap();
    row["id"].as_str().unwrap().to_owned()
}

/// Somebody else approves an order.
pub async fn approve(app: &TestApp, order: &Value) {
    let tobias = app.api(TOBIAS).await;
    let path = format!("/api/v1/approvals/{}", order["id"].as_str().unwrap());
    let decided = tobias.post(&path, "", &json!({"decision": "approve", "reason": ""})).await;
    assert_eq!(decided.status, 200, "{}", decided.body);
}

/// One booking, as the API shows it.
pub async fn show(api: &Api, booking: &str) -> Value {
    let answer = api.get(&format!("/api/v1/bookings/{booking}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// Code and state of each step of its progress.
pub fn steps(view: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let steps = view["progress"]["steps"].as_array().unwrap();
    steps.iter().map(|step| (text(&step["text"]["code"]), text(&step["state"]))).collect()
}
