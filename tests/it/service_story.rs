//! A shared service: one more tenant of an EfA service, ordered by its form, handed over, metered, and ended with a proof.

use crate::tasks_story::{FELIX, done, fine, refused, states};
use contract::{BrokerPlan, Meter};
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::worker::{announce, stalled, tasks as sweep};
use tests::bookings::{approve, show};
use tests::sim_cluster::{CANARY, create_location};
use tests::world::{PASSWORD, id};
use tests::{Api, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
const OFFERING: &str = "00000000-0000-7000-8000-000000000408";
const PLAN: &str = "00000000-0000-7000-8000-000000000428";

pub(crate) const SERVICE: &str = r#"
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

pub(crate) async fn booked(app: &TestApp, jana: &Api, answers: Value) -> String {
    let parameters =
        json!({"tenant": "Stadt Mittelfeld", "admin_email": "a@mittelfeld.example", "ags": "01234567"});
    let mut wish = order(parameters);
    wish["answers"] = answers;
    let placed = jana.post("/api/v1/orders", "service", &wish).await;
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

    let booking = booked(&app, &jana, json!({})).await;
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

const STEPS: &str = r#"{"online_service": {"url": "https://aufenthalt.example/{ars}", "leika": ["99010020000000"]}, "tasks": [
    {"step": "agreement", "title": "Nachnutzung vereinbaren", "side": "customer", "days": 10},
    {"step": "dvdv", "title": "Eintrag im DVDV", "side": "provider", "days": 28},
    {"step": "go-live", "title": "Freischalten", "side": "provider", "days": 35}]}"#;

const AREA: &str =
    r#"{"type": "object", "properties": {"ars": {"type": "string", "title": "ARS"}}, "required": ["ars"]}"#;

fn pairs(steps: [(&str, &str); 3]) -> Vec<(String, String)> {
    steps.map(|(step, state)| (step.to_owned(), state.to_owned())).to_vec()
}

/// Ordered, approved and set up by the broker, with steps of people beside it.
async fn running<'a>(app: &'a TestApp, jana: &Api) -> (SimCluster<'a>, String) {
    app.owner_sql(SERVICE).await.unwrap();
    app.owner_sql(&format!(
        "alter table offering_versions disable trigger user;
         update offering_versions set details = '{STEPS}', order_schema = '{AREA}' where offering_id = '{OFFERING}';
         alter table offering_versions enable trigger user"
    ))
    .await
    .unwrap();
    let mut sim = SimCluster::enrol(app, id::LOCATION, PAUL).await;
    let booking = booked(app, jana, json!({"ars": "160990000012"})).await;
    sim.tick().await;
    (sim, booking)
}

#[actix_web::test]
async fn people_do_the_steps_beside_the_broker_and_the_service_goes_live() {
    let app = TestApp::start().await;
    let jana = app.api(JANA).await;
    let (_sim, booking) = running(&app, &jana).await;
    let felix = app.api(FELIX).await;
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "active", "the broker waits for nobody: {:#}", view["progress"]);
    assert_eq!(states(&view), pairs([("agreement", "open"), ("dvdv", "open"), ("go-live", "open")]));
    assert_eq!(view["online_services"], json!([]), "not for citizens yet");
    assert!(sweep::pass(&app.app).await.unwrap() > 0, "both sides are told");

    assert_eq!(refused(&done(&felix, &booking, "agreement").await), "task-not-yours");
    assert_eq!(refused(&done(&felix, &booking, "go-live").await), "tasks-open");
    fine(&done(&jana, &booking, "agreement").await);
    fine(&done(&felix, &booking, "dvdv").await);
    app.app.clock.advance(SignedDuration::from_hours(24));
    fine(&done(&felix, &booking, "go-live").await);
    let live = &show(&jana, &booking).await["online_services"][0];
    assert_eq!(live["leika"], "99010020000000", "{live:#}");
    assert_eq!(
        live["valid_from"], "2026-11-25",
        "the day on which it went live, not the one of the set-up: {live:#}"
    );
    let counts = format!("/api/v1/bookings/{booking}/counts");
    let lines = json!({"lines": [{"day": "2026-11-24", "meter": "cases", "count": 3, "reference": "a"}]});
    assert_eq!(felix.post(&counts, "", &lines).await.status, 404, "the location measures, nobody reports");
}

#[actix_web::test]
async fn an_end_makes_the_open_steps_needless() {
    let app = TestApp::start().await;
    let jana = app.api(JANA).await;
    let (_sim, booking) = running(&app, &jana).await;
    let end = format!("/api/v1/bookings/{booking}/terminate");
    let ended = jana.post(&end, "end", &json!({"justification": "abgelöst"})).await;
    approve(&app, &ended.body).await;
    sweep::pass(&app.app).await.unwrap();
    let view = show(&jana, &booking).await;
    let over = [("agreement", "not-needed"), ("dvdv", "not-needed"), ("go-live", "not-needed")];
    assert_eq!(states(&view), pairs(over));
    assert_eq!(view["tasks"][0]["reason"]["code"], "booking-ended", "{:#}", view["tasks"]);
    assert_eq!(sweep::pass(&app.app).await.unwrap(), 0, "once");
}

#[actix_web::test]
async fn an_order_goes_where_a_broker_offers_the_plan() {
    let app = TestApp::start().await;
    app.owner_sql(SERVICE).await.unwrap();
    // Both locations have brokers; the first by name has one that offers something else.
    let other = create_location(&app, PAUL, "Zweitstadt").await;
    app.owner_sql(&format!(
        "insert into offering_locations (provider_id, offering_id, location_id)
         values ('{}', '{OFFERING}', '{other}')",
        id::BEISPIELLAND
    ))
    .await
    .unwrap();
    let mut first = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let mut second = SimCluster::enrol(&app, &other.to_string(), PAUL).await;
    let offers = |plan: &str| {
        let of = |text: &str| text.to_owned();
        Some(vec![BrokerPlan { broker: of("efa"), service_id: of("aufenthalt"), plan_id: of(plan) }])
    };
    first.broker_plans = offers("anderer");
    second.broker_plans = offers("anderer");
    first.beat().await;
    second.beat().await;

    let jana = app.api(JANA).await;
    let parameters =
        json!({"tenant": "Stadt Mittelfeld", "admin_email": "a@mittelfeld.example", "ags": "01234567"});
    let refused = jana.post("/api/v1/orders", "nobody", &order(parameters)).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(refused.body["errors"][0]["code"], "place-not-the-broker", "{}", refused.body);
    let mut browser = app.sign_in(JANA).await;
    let page = browser.get(&format!("/offerings/{OFFERING}")).await.html;
    assert!(page.contains("Kein Standort hat einen Service-Broker"), "{page}");

    second.broker_plans = offers("klein");
    second.beat().await;
    let booking = booked(&app, &jana, json!({})).await;
    first.tick().await;
    assert!(first.bookings.is_empty(), "nothing for the location without the plan");
    second.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!((&view["phase"], &view["location"]), (&json!("active"), &json!("Zweitstadt")), "{view:#}");
}

async fn pass(app: &TestApp, sim: &mut SimCluster<'_>) {
    app.app.clock.advance(SignedDuration::from_secs(61));
    sim.tick().await;
}

/// How many mails with such a subject went to somebody.
async fn mails(app: &TestApp, to: &str, subject: &str) -> i64 {
    app.count("outbox", &format!("recipient = '{to}' and subject like '{subject}%'")).await
}

#[actix_web::test]
async fn a_change_that_the_broker_refuses_leaves_a_usable_booking_and_people_who_know() {
    let app = TestApp::start().await;
    app.owner_sql(SERVICE).await.unwrap();
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let parameters =
        json!({"tenant": "Stadt Mittelfeld", "admin_email": "a@mittelfeld.example", "ags": "01234567"});
    let booking = booked(&app, &jana, json!({})).await;
    sim.tick().await;
    assert_eq!(show(&jana, &booking).await["phase"], "active");
    announce::pass(&app.app).await.unwrap();

    sim.broker_refuses = Some("HTTP 422: Mandant gesperrt".to_owned());
    let mut other = parameters.clone();
    other["admin_email"] = json!("b@mittelfeld.example");
    let path = format!("/api/v1/bookings/{booking}/change");
    let sent = jana.post(&path, "c", &json!({"parameters": other, "justification": "neu"})).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    approve(&app, &sent.body).await;
    pass(&app, &mut sim).await;
    let since = app.app.clock.now();
    pass(&app, &mut sim).await;
    let view = show(&jana, &booking).await;
    assert_eq!(
        (view["phase"].as_str(), view["may"]["revert"].as_bool()),
        (Some("tainted"), Some(true)),
        "{view:#}"
    );
    assert!(view.to_string().contains("aufenthalt.example"), "it still can be used: {view:#}");
    let failed = view["progress"]["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (failed["state"].as_str(), failed["why"]["reason"]["code"].as_str()),
        (Some("failed"), Some("service-change-refused")),
        "{failed:#}"
    );
    assert_eq!(failed["at"], json!(since), "since the refusal, not since the booking runs");
    assert!(view.to_string().contains("Mandant gesperrt"), "{view:#}");
    assert!(announce::pass(&app.app).await.unwrap() > 0);
    assert_eq!(announce::pass(&app.app).await.unwrap(), 0, "told once");
    assert_eq!(mails(&app, JANA, "Läuft, aber nicht wie bestellt").await, 1);
    assert_eq!(mails(&app, PAUL, "Buchung läuft nicht wie bestellt").await, 1);
    assert_eq!(mails(&app, JANA, "Gestört").await, 0, "it can be used");

    let page = app.sign_in(JANA).await.get("/").await.html;
    assert!(page.contains("läuft nicht wie bestellt") && page.contains("können Sie zurücknehmen"), "{page}");
    let page = app.sign_in(PAUL).await.get("/").await.html;
    assert!(page.contains("läuft nicht wie bestellt") && page.contains("beheben Sie am Standort"), "{page}");

    // The same again: another wish that the broker refuses is news.
    let mut third = parameters.clone();
    third["admin_email"] = json!("c@mittelfeld.example");
    let sent = jana.post(&path, "d", &json!({"parameters": third, "justification": "neu"})).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    approve(&app, &sent.body).await;
    pass(&app, &mut sim).await;
    pass(&app, &mut sim).await;
    announce::pass(&app.app).await.unwrap();
    assert_eq!(mails(&app, JANA, "Läuft, aber nicht wie bestellt").await, 2);

    let back = jana.post(&format!("{path}/revert"), "back", &json!({})).await;
    assert_eq!((back.status, back.body["state"].as_str()), (201, Some("approved")), "{}", back.body);
    pass(&app, &mut sim).await;
    let view = show(&jana, &booking).await;
    assert_ne!(view["phase"], "degraded", "{view:#}");
    announce::pass(&app.app).await.unwrap();
    assert_eq!(mails(&app, JANA, "Gestört").await, 0);
}

#[actix_web::test]
async fn an_end_that_the_broker_refuses_is_told_to_the_provider_and_not_to_the_customer() {
    let app = TestApp::start().await;
    app.owner_sql(SERVICE).await.unwrap();
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, json!({})).await;
    sim.tick().await;
    announce::pass(&app.app).await.unwrap();
    sim.broker_refuses = Some("HTTP 500".to_owned());
    let end = format!("/api/v1/bookings/{booking}/terminate");
    let ended = jana.post(&end, "end", &json!({"justification": "abgelöst"})).await;
    approve(&app, &ended.body).await;
    let before = app.count("outbox", &format!("recipient = '{JANA}'")).await;
    pass(&app, &mut sim).await;
    pass(&app, &mut sim).await;
    announce::pass(&app.app).await.unwrap();
    assert_eq!(mails(&app, PAUL, "Löschung hängt").await, 1);
    app.app.clock.advance(SignedDuration::from_hours(24));
    sim.tick().await;
    assert_eq!(stalled::pass(&app.app).await.unwrap(), 1, "a reminder");
    assert_eq!(mails(&app, PAUL, "Löschung hängt").await, 2);
    assert_eq!(app.count("outbox", &format!("recipient = '{JANA}'")).await, before);

    sim.broker_refuses = None;
    pass(&app, &mut sim).await;
    pass(&app, &mut sim).await;
    assert_eq!(show(&jana, &booking).await["phase"], "settled");
}

#[actix_web::test]
async fn where_the_provider_has_nobody_the_marketplace_is_told() {
    let app = TestApp::start().await;
    app.owner_sql(SERVICE).await.unwrap();
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, json!({})).await;
    sim.tick().await;
    app.owner_sql("update person_roles set valid_to = '2026-11-24' where role = 'platform'").await.unwrap();
    sim.broker_refuses = Some("HTTP 500".to_owned());
    let end = format!("/api/v1/bookings/{booking}/terminate");
    let ended = jana.post(&end, "end", &json!({"justification": "abgelöst"})).await;
    approve(&app, &ended.body).await;
    pass(&app, &mut sim).await;
    pass(&app, &mut sim).await;
    announce::pass(&app.app).await.unwrap();
    assert_eq!(mails(&app, "otto@marktplatz.example", "Löschung hängt").await, 1);
}
