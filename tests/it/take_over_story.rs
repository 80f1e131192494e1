//! A booking that a restored marketplace lost is taken over: nobody declines or ends it meanwhile, and what the location knows
//! of its data stays known.

use jiff::SignedDuration;
use serde_json::{Value, json};
use server::usecases::restored;
use tests::bookings::{approve, booked, show};
use tests::world::id;
use tests::{Api, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
const FELIX: &str = "felix@beispielland.example";
const TOBIAS: &str = "tobias@mittelfeld.example";

async fn difference(api: &Api, booking: &str) -> Value {
    let list = api.get("/api/v1/differences").await.body;
    let rows = list["rows"].as_array().unwrap();
    rows.iter().find(|row| row["booking"] == booking && row["settled_at"].is_null()).unwrap().clone()
}

/// A booking that runs at the location and that the marketplace forgot.
async fn lost(app: &TestApp, sim: &mut SimCluster<'_>, jana: &Api) -> String {
    app.backup("empty").await;
    let booking = booked(app, jana, "Neu", "a").await;
    sim.tick().await;
    app.app.clock.advance(SignedDuration::from_hours(24));
    sim.tick().await;
    app.restore("empty").await;
    restored::restored(&app.app).await.unwrap();
    sim.tick().await;
    booking
}

/// Orders it again.
async fn order(app: &TestApp, jana: &Api, difference: &Value, key: &str) -> Value {
    let wish = json!({
        "offering": id::POSTGRESQL, "plan": id::POSTGRESQL_PLAN, "name": "Übernommen",
        "takes_over": difference["id"], "location": id::LOCATION,
        "parameters": {"database": "baum", "version": 15, "storage_gib": 10, "allowed_networks": ["192.0.2.0/24"]},
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": app.app.clock.now().to_string().split('T').next().unwrap(), "justification": "lief schon",
    });
    let sent = jana.post("/api/v1/orders", key, &wish).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    sent.body
}

#[actix_web::test]
async fn what_is_taken_over_is_neither_ended_nor_declined_nor_restored_twice() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let (jana, paul, felix) = (app.api(JANA).await, app.api(PAUL).await, app.api(FELIX).await);
    let booking = lost(&app, &mut sim, &jana).await;
    assert!(
        app.count("outbox", "recipient like 'jana@%' and subject like 'Abweichungen bei Ihren%'").await == 1
    );
    // The location is full, its provider decides by hand, and it obeys a restore that the marketplace forgot.
    app.owner_sql(&format!(
        "update operators set heartbeat = jsonb_set(heartbeat, '{{capacity,vcpu_used}}', '8000')
           where location_id = '{location}';
         update locations set decides_by_hand = true where id = '{location}';
         update booking_differences set desired = desired
           || '{{\"restore\": {{\"number\": 2, \"from\": 0, \"at\": \"2026-11-20T00:00:00Z\", \"keep_before\": true}}}}'",
        location = id::LOCATION
    ))
    .await
    .unwrap();
    let found = difference(&paul, &booking).await;
    let path = format!("/api/v1/differences/{}", found["id"].as_str().unwrap());
    let wish = json!({"answer": "take-down", "reason": "unbekannt"});
    assert_eq!(paul.post(&path, "", &wish).await.status, 200);
    let told = "recipient like 'jana@%' and subject like 'Abbau vorgeschlagen%'";
    assert_eq!(app.count("outbox", told).await, 1);

    let sent = order(&app, &jana, &found, "take-over").await;
    let confirm = format!("{path}/confirmation");
    assert_eq!(felix.post(&confirm, "", &json!({})).await.body["code"], "difference-ordered");
    approve(&app, &sent).await;
    assert_eq!(felix.post(&confirm, "", &json!({})).await.body["code"], "difference-ordered");
    assert_eq!(app.count("booking_tasks", "step = 'accept'").await, 0, "nothing to decline");
    let restore =
        format!("id = '{booking}' and restore ->> 'number' = '2' and restore ->> 'generation' = '1'");
    assert_eq!(app.count("bookings", &restore).await, 1);
    sim.pull(true).await;
    sim.tick().await;
    app.app.clock.advance(SignedDuration::from_hours(1));
    sim.tick().await;
    assert_eq!(show(&jana, &booking).await["name"], "Übernommen");
}

#[actix_web::test]
async fn what_two_people_ended_is_not_taken_over_any_more() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = lost(&app, &mut sim, &jana).await;
    let found = difference(&jana, &booking).await;
    let sent = order(&app, &jana, &found, "take-over").await;
    app.owner_sql("update booking_differences set gone_at = first_at").await.unwrap();
    let tobias = app.api(TOBIAS).await;
    let path = format!("/api/v1/approvals/{}", sent["id"].as_str().unwrap());
    let decided = tobias.post(&path, "", &json!({"decision": "approve", "reason": ""})).await;
    assert_eq!(decided.body["code"], "takes-over-gone", "{}", decided.body);
}
