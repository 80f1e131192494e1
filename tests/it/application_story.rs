//! An application with everything that a plan can ask for: ordered with settings, changed, shown, metered and ended.

use contract::Meter;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::bookings::{approve, show};
use tests::world::{PASSWORD, id};
use tests::{Api, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
const OFFERING: &str = "00000000-0000-7000-8000-000000000409";
const SMALL: &str = "00000000-0000-7000-8000-000000000429";
/// Another field, a larger volume.
const LARGE: &str = "00000000-0000-7000-8000-00000000042a";
/// More storage in all, but not the volume that is booked.
const BARE: &str = "00000000-0000-7000-8000-00000000042b";

fn plan(storage_gib: i64, volumes: Value, fields: Value) -> Value {
    json!({
        "image": "registry.example/austausch:1", "port": 8080, "vcpu_milli": 100, "memory_mib": 128,
        "storage_gib": storage_gib, "volumes": volumes, "health_path": "/healthz", "live_path": "/livez", "fields": fields,
        "secrets": [{"name": "session", "title": "Sitzungsschlüssel", "variable": "SESSION_KEY"},
                    {"name": "api", "title": "Schlüssel der Schnittstelle", "variable": "API_KEY", "reveal": true}],
        "first_admin": {"email_env": "ADMIN_USER", "password_env": "ADMIN_PASSWORD"}
    })
}

/// An offering of an application in three sizes.
async fn offer(app: &TestApp) {
    let provider = id::BEISPIELLAND;
    let number = |name: &str, title: &str, most: i64, default: Option<i64>| {
        let mut field = json!({
            "name": name, "title": title, "description": "Eine ganze Zahl", "input": "number", "minimum": 1,
            "maximum": most, "variable": name.to_uppercase()
        });
        if let Some(default) = default {
            field["default"] = json!(default);
        }
        field
    };
    let greeting = json!({
        "name": "greeting", "title": "Begrüßung", "description": "Höchstens 40 Zeichen", "input": "text", "max_length": 40,
        "optional": true, "variable": "GREETING"
    });
    let guests = json!({
        "name": "guests", "title": "Gäste zulassen", "description": "Auch ohne Konto", "input": "boolean",
        "optional": true, "variable": "GUESTS"
    });
    let largest = number("largest_file_mb", "Größte Datei (MB)", 100, Some(50));
    let records = number("records", "Höchstzahl der Datensätze", 9_000_000, None);
    let volume = |size: i64| json!([{"name": "index", "path": "/index", "storage_gib": size}]);
    let plans = [
        (SMALL, "s", plan(1, volume(2), json!([largest, records, greeting, guests]))),
        (LARGE, "m", plan(1, volume(4), json!([largest, records]))),
        (BARE, "l", plan(50, json!([]), json!([largest, records]))),
    ];
    let mut sql = format!(
        r#"insert into offerings (id, provider_id, slug, kind, created_at) values
            ('{OFFERING}', '{provider}', 'austausch', 'application', '2026-01-01');
        insert into offering_locations (provider_id, offering_id, location_id) values ('{provider}', '{OFFERING}', '{}');
        insert into offering_versions (id, provider_id, offering_id, number, title, title_en, summary, description, details,
            order_schema, published_at) values ('00000000-0000-7000-8000-000000000419', '{provider}', '{OFFERING}', 1,
            'Datenaustausch', 'Data exchange', 'Dateien', 'Dateien austauschen.', '{{}}',
            '{{"type": "object", "properties": {{}}}}', '2026-01-01');"#,
        id::LOCATION
    );
    for (position, (id, code, settings)) in plans.into_iter().enumerate() {
        let component = format!("00000000-0000-7000-8000-0000000009c{position}");
        let price = format!("00000000-0000-7000-8000-0000000009d{position}");
        sql.push_str(&format!(
            r#"insert into plans (id, provider_id, version_id, code, title, position, settings) values ('{id}', '{provider}',
                '00000000-0000-7000-8000-000000000419', '{code}', 'Größe {code}', {position} + 1, '{settings}');
            insert into components (id, provider_id, plan_id, code, title, position, meter, model) values ('{component}',
                '{provider}', '{id}', 'storage', 'Speicherplatz', 1, 'storage',
                '{{"model": "per-unit", "unit": "gibibyte", "per": "month"}}');
            insert into prices (id, provider_id, component_id, amount, valid_from) values
                ('{price}', '{provider}', '{component}', 1.00, '2026-01-01');"#
        ));
    }
    app.owner_sql(&sql).await.unwrap();
}

fn order(fields: Value) -> Value {
    let mut parameters = json!({"label": "austausch", "admin_email": "a@mittelfeld.example"});
    parameters.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({
        "offering": OFFERING, "plan": SMALL, "name": "Austausch", "parameters": parameters,
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": "2026-11-24", "justification": "Pläne mit Büros austauschen",
    })
}

/// The variables of the container, as Kubernetes gets them.
fn variable(sim: &SimCluster<'_>, name: &str) -> Option<String> {
    let deployment = sim.objects().find(|object| object["kind"] == "Deployment")?;
    let all = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array()?;
    all.iter().find(|it| it["name"] == name)?["value"].as_str().map(str::to_owned)
}

async fn running<'a>(app: &'a TestApp, jana: &Api) -> (SimCluster<'a>, String) {
    offer(app).await;
    let mut sim = SimCluster::enrol(app, id::LOCATION, PAUL).await;
    // More than any size may be: what a field asks for is no size.
    let wish =
        order(json!({"records": 2_000_000, "greeting": "Guten Tag, $(ADMIN_PASSWORD)", "guests": false}));
    let placed = jana.post("/api/v1/orders", "a", &wish).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let content = &placed.body["content"];
    let largest = content["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "parameters.largest_file_mb");
    assert_eq!(largest.unwrap()["values"], json!(["50"]), "whoever approves sees what counts");
    assert_eq!(content["plan"]["summary"], "0,1 vCPU, 128 MiB RAM, 3 GiB");
    approve(app, &placed.body).await;
    let list = jana.get("/api/v1/bookings").await.body;
    sim.tick().await;
    (sim, list["rows"][0]["id"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn the_form_asks_what_the_plan_asks() {
    let app = TestApp::start().await;
    offer(&app).await;
    let _sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await.tick().await;
    let mut browser = app.sign_in(JANA).await;
    let form = browser.get(&format!("/offerings/{OFFERING}/order?plan={SMALL}")).await.html;
    for part in ["Größte Datei (MB)", "Gäste zulassen", "Begrüßung", "value=\"50\"", "maxlength=\"40\""]
    {
        assert!(form.contains(part), "{part} is not in {form}");
    }
    let jana = app.api(JANA).await;
    for (fields, pointer) in [
        (json!({}), "/parameters/records"),
        (json!({"records": 1, "largest_file_mb": 101}), "/parameters/largest_file_mb"),
        (json!({"records": 1, "greeting": "x".repeat(41)}), "/parameters/greeting"),
        (json!({"records": 1, "greeting": "a\nb"}), "/parameters/greeting"),
        (json!({"records": 1, "guests": "ja"}), "/parameters/guests"),
        (json!({"records": 1, "SESSION_KEY": "x"}), "/parameters/SESSION_KEY"),
    ] {
        let refused = jana.post("/api/v1/orders", "wrong", &order(fields.clone())).await;
        assert_eq!(refused.status, 422, "{fields}: {}", refused.body);
        let pointers: Vec<&str> = refused.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| it["pointer"].as_str())
            .collect();
        assert_eq!(pointers, [pointer], "{fields}");
    }
}

#[actix_web::test]
async fn settings_reach_the_container_and_change_with_an_order() {
    let app = TestApp::start().await;
    let jana = app.api(JANA).await;
    let (mut sim, booking) = running(&app, &jana).await;
    assert_eq!(show(&jana, &booking).await["phase"], "active");
    let told = ["LARGEST_FILE_MB", "RECORDS", "GREETING", "GUESTS"].map(|name| variable(&sim, name));
    let wanted = ["50", "2000000", "Guten Tag, $$(ADMIN_PASSWORD)", "false"];
    assert_eq!(told, wanted.map(|value| Some(value.to_owned())), "the default, and every letter");

    app.app.clock.advance(SignedDuration::from_secs(3600));
    sim.tick().await;
    let path = format!("/api/v1/bookings/{booking}/change");
    let other = json!({"parameters": {"largest_file_mb": 7, "greeting": null}, "justification": "kleiner"});
    let sent = jana.post(&path, "b", &other).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let rows = sent.body["content"]["change"]["rows"].to_string();
    assert!(rows.contains("Größte Datei (MB)"), "{rows}");
    approve(&app, &sent.body).await;
    for _ in 0..2 {
        app.app.clock.advance(SignedDuration::from_secs(60));
        sim.tick().await;
    }
    assert_eq!(show(&jana, &booking).await["phase"], "active");
    assert_eq!(variable(&sim, "LARGEST_FILE_MB").as_deref(), Some("7"));
    assert_eq!(variable(&sim, "GREETING"), None);
}

#[actix_web::test]
async fn another_plan_keeps_what_it_asks_for_and_loses_no_data() {
    let app = TestApp::start().await;
    let jana = app.api(JANA).await;
    let (mut sim, booking) = running(&app, &jana).await;
    app.app.clock.advance(SignedDuration::from_secs(3600));
    sim.tick().await;
    let path = format!("/api/v1/bookings/{booking}/change");
    let bare = jana.post(&path, "b", &json!({"plan": BARE, "justification": "mehr Platz"})).await;
    assert_eq!(bare.status, 422, "{}", bare.body);
    let error = &bare.body["errors"][0];
    assert_eq!(error["code"], "cannot-vanish", "{}", bare.body);
    assert!(error.to_string().contains("„index“"), "it says which data: {error}");

    let sent = jana.post(&path, "c", &json!({"plan": LARGE, "justification": "mehr Platz"})).await;
    assert_eq!(sent.status, 201, "what the new plan does not ask for is left out: {}", sent.body);
    approve(&app, &sent.body).await;
    for _ in 0..2 {
        app.app.clock.advance(SignedDuration::from_secs(60));
        sim.tick().await;
    }
    assert_eq!(show(&jana, &booking).await["phase"], "active");
    assert_eq!((variable(&sim, "RECORDS").as_deref(), variable(&sim, "GREETING")), (Some("2000000"), None));
    app.app.clock.advance(SignedDuration::from_hours(24));
    sim.tick().await;
    let stored = sim.intervals(Meter::Storage).last().map(|record| record.amount);
    assert_eq!(stored, Some(5 * 1024), "all volumes together");
}

#[actix_web::test]
async fn only_what_is_meant_for_people_is_shown_and_nothing_is_left() {
    let app = TestApp::start().await;
    let jana = app.api(JANA).await;
    let (mut sim, booking) = running(&app, &jana).await;
    let claims = |sim: &SimCluster<'_>| {
        let own =
            sim.objects().filter(|it| it["kind"] == "PersistentVolumeClaim" && it.get("spec").is_some());
        own.count()
    };
    assert_eq!(claims(&sim), 2);
    let mut browser = app.sign_in(JANA).await;
    browser.get(&format!("/bookings/{booking}")).await;
    let reveal = format!("/bookings/{booking}/reveal");
    assert_eq!(browser.submit(&reveal, &[("password", PASSWORD)]).await.status, 303);
    assert_eq!(sim.answer_reveals().await, 1);
    let shown = browser.get(&reveal).await.html;
    assert!(shown.contains("Schlüssel der Schnittstelle") && shown.contains("wert-api"), "{shown}");
    assert!(!shown.contains("Sitzungsschlüssel") && !shown.contains("wert-session"), "{shown}");

    let off =
        jana.post(&format!("/api/v1/bookings/{booking}/power"), "off", &json!({"power": "stopped"})).await;
    assert_eq!(off.status, 201, "{}", off.body);
    app.app.clock.advance(SignedDuration::from_secs(60));
    sim.tick().await;
    assert_eq!(claims(&sim), 2, "stopped, it keeps what it holds");
    let end = format!("/api/v1/bookings/{booking}/terminate");
    let wish = json!({"justification": "abgelöst", "delete_at_once": true});
    let ended = jana.post(&end, "end", &wish).await;
    approve(&app, &ended.body).await;
    for _ in 0..3 {
        app.app.clock.advance(SignedDuration::from_secs(60));
        sim.tick().await;
    }
    let view = show(&jana, &booking).await;
    assert_eq!((view["phase"].as_str(), claims(&sim)), (Some("gone"), 0), "{:#}", view["progress"]);
}
