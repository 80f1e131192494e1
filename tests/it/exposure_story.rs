//! From where a booking is reached: chosen in the order, served by some locations only, changed later, and closed by a provider.

use crate::placement_story::{SECOND, second_location, told, verdicts};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::Api;
use tests::api::ApiAnswer;
use tests::bookings::{approve, booked, show};
use tests::world::id;
use tests::{SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
const PLAN: &str = "00000000-0000-7000-8000-0000000004a7";

/// The database in a plan that can be reached from two networks; the same size and price as the other one.
async fn offer_plan(app: &TestApp) {
    let (provider, version) = (id::BEISPIELLAND, id::POSTGRESQL_VERSION);
    let sql = format!(
        r#"insert into plans (id, provider_id, version_id, code, title, position, settings)
            select '{PLAN}', '{provider}', '{version}', 'offen', 'Einzelknoten offen', 3,
                settings || '{{"exposures": ["provider-network", "internet"]}}' from plans where id = '{old}';
        insert into components (id, provider_id, plan_id, code, title, position, meter, model) values
            ('00000000-0000-7000-8000-0000000004b7', '{provider}', '{PLAN}', 'base', 'Grundpreis', 1, null,
                '{{"model": "flat", "per": "month"}}');
        insert into prices (id, provider_id, component_id, amount, valid_from) values
            ('00000000-0000-7000-8000-0000000004c7', '{provider}', '00000000-0000-7000-8000-0000000004b7', 60.00, '2026-01-01');"#,
        old = id::POSTGRESQL_PLAN,
    );
    app.owner_sql(&sql).await.unwrap();
}

async fn place(jana: &Api, key: &str, exposure: &Value) -> ApiAnswer {
    let mut parameters =
        json!({"database": "baum", "version": 15, "storage_gib": 10, "allowed_networks": ["192.0.2.0/24"]});
    if !exposure.is_null() {
        parameters["exposure"] = exposure.clone();
    }
    let order = json!({
        "offering": id::POSTGRESQL, "plan": PLAN, "name": key, "parameters": parameters,
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": "2026-11-24", "justification": "Fachverfahren der Grünpflege",
    });
    jana.post("/api/v1/orders", key, &order).await
}

async fn passes(app: &TestApp, sim: &mut SimCluster<'_>) {
    for _ in 0..3 {
        sim.tick().await;
        app.app.clock.advance(SignedDuration::from_secs(60));
    }
}

/// The way in that the cluster holds, by its class, name and annotation.
fn way_in(sim: &SimCluster<'_>) -> (Value, Value, Value) {
    let booking = sim.bookings.values().next().unwrap();
    let services: Vec<&Value> = sim.objects().filter(|object| object["kind"] == "Service").collect();
    let annotations = &services[0]["metadata"]["annotations"];
    assert_eq!(services.len(), 1);
    assert!(booking.spec.desired.order.get("exposure").is_none(), "told by the exposure alone");
    (
        serde_json::to_value(booking.spec.desired.exposure.class).unwrap(),
        annotations["external-dns.alpha.kubernetes.io/hostname"].clone(),
        annotations["pool.example/name"].clone(),
    )
}

#[actix_web::test]
async fn an_order_for_the_internet_runs_where_the_internet_is_served() {
    let app = TestApp::start().await;
    second_location(&app).await;
    offer_plan(&app).await;
    let _closed = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let mut open = SimCluster::enrol(&app, SECOND, PAUL).await;
    let jana = app.api(JANA).await;
    let nowhere = place(&jana, "nowhere", &json!("internet")).await;
    assert_eq!(nowhere.status, 422, "{}", nowhere.body);
    assert_eq!(nowhere.body["errors"][0]["pointer"], "/parameters/exposure", "{}", nowhere.body);

    open.open_to_the_internet();
    open.beat().await;
    let foreign = place(&jana, "foreign", &json!("state-network")).await;
    assert_eq!(foreign.body["errors"][0]["pointer"], "/parameters/exposure", "{}", foreign.body);
    let placed = place(&jana, "open", &json!("internet")).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let expected = [told("Neustadt", "chosen", &[]), told("Beispielhausen", "left-out", &["not-the-choice"])];
    assert_eq!(verdicts(&placed.body), expected);
    approve(&app, &placed.body).await;
    passes(&app, &mut open).await;
    let (class, host, pool) = way_in(&open);
    assert_eq!((class, pool), (json!("internet"), json!("offen")));
    assert!(host.as_str().unwrap().ends_with(".offen.example"), "{host}");
    let booking = open.bookings.keys().next().unwrap().to_string();
    let endpoint = show(&jana, &booking).await["endpoints"][0].clone();
    assert_eq!((&endpoint["exposure"], &endpoint["address"]), (&json!("internet"), &host));

    // Back into the provider's network: another name, and nothing of the former one stays.
    let path = format!("/api/v1/bookings/{booking}/change");
    let wish =
        json!({"parameters": {"exposure": "provider-network"}, "justification": "nicht mehr öffentlich"});
    let changed = jana.post(&path, "inside", &wish).await;
    assert_eq!(changed.status, 201, "{}", changed.body);
    approve(&app, &changed.body).await;
    passes(&app, &mut open).await;
    let (class, host, pool) = way_in(&open);
    assert_eq!((class, pool), (json!("provider-network"), Value::Null));
    assert!(host.as_str().unwrap().ends_with(".nord.example"), "{host}");
    let view = show(&jana, &booking).await;
    assert_eq!(
        (&view["endpoints"][0]["exposure"], &view["phase"]),
        (&json!("provider-network"), &json!("active"))
    );
}

#[actix_web::test]
async fn a_location_that_closes_the_internet_refuses_and_says_so() {
    let app = TestApp::start().await;
    offer_plan(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    passes(&app, &mut sim).await;
    let path = format!("/api/v1/bookings/{booking}/change");
    let wish = json!({"plan": PLAN, "parameters": {"exposure": "internet"}, "justification": "öffentlich"});
    let refused = jana.post(&path, "early", &wish).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(refused.body["errors"][0]["pointer"], "/parameters/exposure", "{}", refused.body);

    sim.open_to_the_internet();
    sim.beat().await;
    let changed = jana.post(&path, "late", &wish).await;
    assert_eq!(changed.status, 201, "{}", changed.body);
    // The provider closes it before the operator has fetched the change: what runs goes on as it did.
    sim.close_to_the_internet();
    approve(&app, &changed.body).await;
    passes(&app, &mut sim).await;
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "tainted", "{:#}", view["progress"]);
    let (_, host, _) = way_in(&sim);
    assert!(host.as_str().unwrap().ends_with(".nord.example"), "{host}");
}
