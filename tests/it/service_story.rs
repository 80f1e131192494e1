//! A shared service: one more tenant of an EfA service, ordered by its form, handed over, metered, and ended with a proof.

use contract::Meter;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::bookings::{approve, show};
use tests::sim_cluster::CANARY;
use tests::world::{PASSWORD, id};
use tests::{Api, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
const OFFERING: &str = "00000000-0000-7000-8000-000000000408";
const PLAN: &str = "00000000-0000-7000-8000-000000000428";

const SERVICE: &str = r#"
insert into offerings (id, provider_id, slug, kind, created_at) values
('00000000-0000-7000-8000-000000000408', '00000000-0000-7000-8000-000000000003', 'aufenthalt', 'shared-service', '2026-01-01');
insert into offering_locations (provider_id, offering_id, location_id) values
('00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000408', '00000000-0000-7000-8000-000000000301');
insert into offering_versions (id, provider_id, offering_id, number, title, title_en, summary, description, details,
    order_schema, published_at) values
('00000000-0000-7000-8000-000000000418', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000408', 1,
    'Aufenthaltstitel', 'Residence title', 'EfA-Dienst', 'Aufenthaltstitel zum Zweck der Erwerbstätigkeit.', '{}',
    '{"type": "object", "properties": {}}', '2026-01-01');
insert into plans (id, provider_id, version_id, code, title, position, settings) values
('00000000-0000-7000-8000-000000000428', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000418', 's',
    'Mandant', 1, '{"broker": "efa", "service_id": "aufenthalt", "plan_id": "klein", "fields": [{"name": "ags",
    "title": "Amtlicher Gemeindeschlüssel", "description": "Acht Ziffern", "input": "text", "max_length": 8}]}');
insert into components (id, provider_id, plan_id, code, title, position, meter, model) values
('00000000-0000-7000-8000-000000000481', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000428',
    'instance', 'Mandant', 1, 'instance', '{"model": "per-unit", "unit": "piece", "per": "month"}');
insert into prices (id, provider_id, component_id, amount, valid_from) values
('00000000-0000-7000-8000-000000000485', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000481', 99.00, '2026-01-01');
"#;

fn order(parameters: Value) -> Value {
    json!({
        "offering": OFFERING, "plan": PLAN, "name": "Ausländerbehörde", "parameters": parameters,
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": "2026-11-24", "justification": "Online-Antrag für Aufenthaltstitel",
    })
}

async fn booked(app: &TestApp, jana: &Api) -> String {
    let parameters =
        json!({"tenant": "Stadt Mittelfeld", "admin_email": "a@mittelfeld.example", "ags": "01234567"});
    let placed = jana.post("/api/v1/orders", "service", &order(parameters)).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    approve(app, &placed.body).await;
    let list = jana.get("/api/v1/bookings").await.body;
    list["rows"][0]["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_tenant_is_ordered_used_and_ended_with_a_proof() {
    let app = TestApp::start().await;
    app.owner_sql(SERVICE).await.unwrap();
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;

    // The form asks what the plan asks, and says what is wrong beside the field.
    let mut browser = app.sign_in(JANA).await;
    let form = browser.get(&format!("/offerings/{OFFERING}/order")).await;
    assert!(
        form.html.contains("Amtlicher Gemeindeschlüssel") && form.html.contains("Mandant"),
        "{}",
        form.html
    );
    let short = json!({"tenant": "Stadt Mittelfeld", "admin_email": "niemand", "ags": "012345678"});
    let refused = jana.post("/api/v1/orders", "wrong", &order(short)).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let pointers: Vec<&str> =
        refused.body["errors"].as_array().unwrap().iter().filter_map(|it| it["pointer"].as_str()).collect();
    assert!(pointers.contains(&"/parameters/ags"), "{pointers:?}");

    let booking = booked(&app, &jana).await;
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "active", "{:#}", view["progress"]);
    assert!(view.to_string().contains("aufenthalt.example"), "{view:#}");
    assert!(!view.to_string().contains(CANARY));
    let off =
        jana.post(&format!("/api/v1/bookings/{booking}/power"), "stop", &json!({"power": "stopped"})).await;
    assert_eq!(off.status, 422, "a tenant cannot be switched off: {}", off.body);

    let reveal = format!("/bookings/{booking}/reveal");
    browser.get(&format!("/bookings/{booking}")).await;
    assert_eq!(browser.submit(&reveal, &[("password", PASSWORD)]).await.status, 303);
    assert_eq!(sim.answer_reveals().await, 1);
    let shown = browser.get(&reveal).await.html;
    assert!(shown.contains("verwaltung") && shown.contains(CANARY), "{shown}");
    assert!(!crate::chain_story::dump(&app).await.contains(CANARY), "access data are not kept");

    app.app.clock.advance(SignedDuration::from_hours(24));
    sim.tick().await;
    let usage = sim.intervals(Meter::Instance);
    assert!(!usage.is_empty() && usage.iter().all(|interval| interval.amount == 1), "{usage:?}");

    let end = format!("/api/v1/bookings/{booking}/terminate");
    let ended = jana.post(&end, "end", &json!({"justification": "abgelöst"})).await;
    approve(&app, &ended.body).await;
    app.app.clock.advance(SignedDuration::from_secs(60));
    sim.pull(false).await;
    sim.reconcile();
    sim.push().await;
    app.app.clock.advance(SignedDuration::from_secs(5));
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "gone", "{:#}", view["progress"]);
    assert!(view["end"]["proof"]["objects"].to_string().contains("ServiceInstance"), "{:#}", view["end"]);
    assert!(view.to_string().contains("HTTP 200"), "the broker's answer is the proof: {view:#}");
}
