//! What a database can be ordered with: extensions that plan and location share, a limit of connections, backups where the
//! location has room for them; what is said where something of it is missing; and everything that is known of it as a file.

use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::api::ApiAnswer;
use tests::bookings::{approve, show};
use tests::world::id;
use tests::{Api, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
const FELIX: &str = "felix@beispielland.example";
const TOBIAS: &str = "tobias@mittelfeld.example";
const PLAN: &str = "00000000-0000-7000-8000-0000000004a2";

/// A plan that asks for everything: a standby, extensions, a limit, and backups if `days` says so.
async fn offer(app: &TestApp, days: &str) {
    let (provider, version) = (id::BEISPIELLAND, id::POSTGRESQL_VERSION);
    let sql = format!(
        r#"insert into plans (id, provider_id, version_id, code, title, position, settings) values ('{PLAN}', '{provider}',
            '{version}', 'h', 'Alles', 3, '{{"vcpu_milli": 500, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 20,
            "versions": [15, 16], "instances": 1, "connections": 40, "extensions": ["pgcrypto", "pg_trgm", "postgis"]{days}}}');
        insert into components (id, provider_id, plan_id, code, title, position, meter, model) values
            ('00000000-0000-7000-8000-0000000004b3', '{provider}', '{PLAN}', 'base', 'Grundpreis', 1, null,
                '{{"model": "flat", "per": "month"}}');
        insert into prices (id, provider_id, component_id, amount, valid_from) values
            ('00000000-0000-7000-8000-0000000004c3', '{provider}', '00000000-0000-7000-8000-0000000004b3', 60.00, '2026-01-01');"#
    );
    app.owner_sql(&sql).await.unwrap();
}

async fn order(jana: &Api, key: &str, extensions: Value) -> ApiAnswer {
    let order = json!({
        "offering": id::POSTGRESQL, "plan": PLAN, "name": "Aktenregister",
        "parameters": {"database": "akten", "version": 15, "storage_gib": 10, "extensions": extensions},
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": "2026-11-24", "justification": "Aktenregister",
    });
    jana.post("/api/v1/orders", key, &order).await
}

async fn booked(app: &TestApp, jana: &Api, extensions: Value) -> String {
    let placed = order(jana, "booked", extensions).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    approve(app, &placed.body).await;
    let list = jana.get("/api/v1/bookings").await;
    list.body["rows"][0]["id"].as_str().unwrap().to_owned()
}

fn codes(answer: &ApiAnswer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

fn named(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

/// The objects of a kind in the played cluster.
fn objects(sim: &SimCluster<'_>, kind: &str) -> Vec<Value> {
    sim.objects().filter(|object| object["kind"] == kind).cloned().collect()
}

fn pass(app: &TestApp, seconds: i64) {
    app.app.clock.advance(SignedDuration::from_secs(seconds));
}

#[actix_web::test]
async fn extensions_are_chosen_from_what_plan_and_location_share() {
    let app = TestApp::start().await;
    offer(&app, "").await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let api = app.api(JANA).await;
    let wrong = order(&api, "w", json!(["postgis"])).await;
    assert_eq!((wrong.status, codes(&wrong)), (422, named("/parameters/extensions", "not-a-choice")));
    let twice = order(&api, "t", json!(["pgcrypto", "pgcrypto"])).await;
    assert_eq!((twice.status, codes(&twice)), (422, named("/parameters/extensions", "twice")));

    let mut jana = app.sign_in(JANA).await;
    let form = format!("/offerings/{}/order", id::POSTGRESQL);
    let ticked = [
        ("plan", PLAN),
        ("parameters.database", "Falsch"),
        ("parameters.extensions", "pgcrypto"),
        ("parameters.extensions", "pg_trgm"),
    ];
    assert!(jana.get(&format!("{form}?plan={PLAN}")).await.html.contains("pg_trgm"), "the form offers them");
    let again = jana.submit(&form, &ticked).await;
    assert_eq!(again.status, 422);
    for name in ["pgcrypto", "pg_trgm"] {
        assert!(
            again.html.contains(&format!("value=\"{name}\" checked")),
            "{name} stays ticked: {}",
            again.html
        );
    }
    assert!(!again.html.contains("value=\"postgis\""), "what the location lacks is not offered");

    let booking = booked(&app, &api, json!(["pg_trgm", "pgcrypto"])).await;
    sim.tick().await;
    pass(&app, 60);
    sim.tick().await;
    let database = objects(&sim, "Database").pop().unwrap();
    assert_eq!(database["spec"]["connectionLimit"], 40);
    let names: Vec<&Value> =
        database["spec"]["extensions"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["pg_trgm", "pgcrypto"]);
    assert_eq!(show(&api, &booking).await["phase"], "active");
    assert!(objects(&sim, "ScheduledBackup").is_empty());

    let path = format!("/api/v1/bookings/{booking}/change");
    let fewer = json!({"parameters": {"extensions": ["pgcrypto"]}, "justification": "weniger"});
    let refused = api.post(&path, "f", &fewer).await;
    assert_eq!((refused.status, codes(&refused)), (422, named("/parameters/extensions", "cannot-remove")));
}

/// How often somebody was told that a booking is not as ordered, after the mails are written.
async fn told(app: &TestApp) -> i64 {
    pass(app, 61);
    server::worker::announce::pass(&app.app).await.unwrap();
    app.count("outbox", &format!("recipient = '{JANA}' and subject like 'Läuft, aber nicht wie bestellt%'"))
        .await
}

#[actix_web::test]
async fn what_cannot_be_set_up_inside_is_said_and_the_database_stays_usable() {
    let app = TestApp::start().await;
    offer(&app, "").await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let api = app.api(JANA).await;
    let booking = booked(&app, &api, json!(["pgcrypto"])).await;
    sim.tick().await;
    pass(&app, 60);
    sim.tick().await;
    assert_eq!(show(&api, &booking).await["phase"], "active");
    sim.inside = Some("extension \"pg_trgm\" is not available".to_owned());
    let more = json!({"parameters": {"extensions": ["pgcrypto", "pg_trgm"]}, "justification": "Suche"});
    let sent = api.post(&format!("/api/v1/bookings/{booking}/change"), "m", &more).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    approve(&app, &sent.body).await;
    pass(&app, 60);
    sim.tick().await;
    pass(&app, 60);
    sim.tick().await;
    let view = show(&api, &booking).await;
    assert_eq!(view["phase"], "tainted", "{:#}", view["progress"]);
    assert_eq!(told(&app).await, 1);
    assert!(view["access"]["may"].as_bool().unwrap_or(true));
    let page = app.sign_in(JANA).await.get(&format!("/bookings/{booking}")).await.html;
    assert!(page.contains("pg_trgm") && page.contains("is not available"), "{page}");
}

#[actix_web::test]
async fn a_plan_with_backups_needs_a_location_that_has_room_for_them() {
    let app = TestApp::start().await;
    offer(&app, r#", "backup_days": 14"#).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let api = app.api(JANA).await;
    let refused = order(&api, "r", json!([])).await;
    assert_eq!((refused.status, codes(&refused)), (422, named("/plan", "backup-unavailable")));
    assert!(refused.body.to_string().contains("Objektspeicher"), "{}", refused.body);
    sim.equip_backups();
    sim.beat().await;
    let booking = booked(&app, &api, json!([])).await;
    sim.tick().await;
    pass(&app, 60);
    sim.tick().await;
    sim.tick().await;
    let view = show(&api, &booking).await;
    assert_eq!(view["phase"], "active");
    let backups = &view["backups"];
    assert_eq!((&backups["days"], &backups["archiving"]), (&json!(14), &json!(true)));
    assert!(backups["since"].is_string() && backups["last"].is_string(), "{backups}");
    let page = app.sign_in(JANA).await.get(&format!("/bookings/{booking}")).await.html;
    assert!(
        page.contains("14 Tage zurück") && page.contains("Seither wird jede Änderung mitgeschrieben"),
        "{page}"
    );
    let store = objects(&sim, "ObjectStore").pop().unwrap();
    assert_eq!(store["spec"]["retentionPolicy"], "14d");
    assert_eq!(objects(&sim, "ScheduledBackup").len(), 1);
    let cluster = objects(&sim, "Cluster").pop().unwrap();
    assert_eq!(cluster["spec"]["plugins"][0]["isWALArchiver"], true);
}

#[actix_web::test]
async fn everything_that_is_known_of_a_booking_is_a_file_of_its_customer() {
    let app = TestApp::start().await;
    offer(&app, "").await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let api = app.api(JANA).await;
    let booking = booked(&app, &api, json!(["pgcrypto"])).await;
    sim.tick().await;
    for _ in 0..3 {
        pass(&app, 86_400);
        sim.tick().await;
    }
    let path = format!("/api/v1/bookings/{booking}/export");
    let file = api.get(&path).await;
    assert_eq!(file.status, 200, "{}", file.body);
    let body = &file.body;
    assert_eq!(body["format"], "wolkenamt-buchung/1");
    assert_eq!(body["booking"]["parameters"]["extensions"], json!(["pgcrypto"]));
    assert_eq!(body["booking"]["cost_centre"], "11140");
    assert_eq!(body["agreements"].as_array().map(Vec::len), Some(1));
    let order = &body["orders"][0];
    assert_eq!((&order["kind"], &order["decision"]), (&json!("create"), &json!("approved")));
    assert!(order["requested_by"].is_string() && order["decided_by"].is_string(), "{order}");
    assert!(body["events"].as_array().is_some_and(|events| !events.is_empty()));
    let stored = app.count("usage_records", "true").await;
    assert!(stored > 0 && body["usage"].as_array().map(Vec::len) == usize::try_from(stored).ok(), "{stored}");
    assert!(!body.to_string().contains(tests::sim_cluster::CANARY));
    for stranger in [FELIX, PAUL, "jana@kleindorf.example"] {
        let answer = app.api(stranger).await.get(&path).await;
        assert!(matches!(answer.status, 403 | 404), "{stranger}: {}", answer.status);
    }

    let mut jana = app.sign_in(JANA).await;
    let page = jana.get(&format!("/bookings/{booking}/terminate")).await.html;
    let link = format!("/bookings/{booking}/export.json");
    let (before, after) = page.split_once(&link).unwrap_or_else(|| panic!("no file on the page: {page}"));
    assert!(before.contains("pg_dump") && after.contains("Beendigung zur Freigabe senden"));
    let saved = jana.get(&link).await;
    assert_eq!(saved.status, 200);
    assert!(saved.html.contains("wolkenamt-buchung/1"));
    let offering = jana.get(&format!("/offerings/{}", id::POSTGRESQL)).await.html;
    assert!(offering.contains("So kommen Ihre Daten heraus") && offering.contains("pg_dump"));
}

/// A database with backups that has run for two days.
async fn with_backups<'a>(app: &'a TestApp) -> (SimCluster<'a>, Api, String) {
    offer(app, r#", "backup_days": 14"#).await;
    let mut sim = SimCluster::enrol(app, id::LOCATION, PAUL).await;
    sim.equip_backups();
    sim.beat().await;
    let api = app.api(JANA).await;
    let booking = booked(app, &api, json!(["pgcrypto"])).await;
    for seconds in [0, 60, 86_400, 86_400] {
        pass(app, seconds);
        sim.tick().await;
    }
    (sim, api, booking)
}

fn names(sim: &SimCluster<'_>, kind: &str) -> Vec<String> {
    let name = |object: &Value| object["metadata"]["name"].as_str().unwrap().to_owned();
    let mut names: Vec<String> = objects(sim, kind).iter().map(name).collect();
    names.sort();
    names
}

async fn go_back(api: &Api, booking: &str, key: &str, at: &str) -> ApiAnswer {
    let wish = json!({"at": at, "justification": "Tabelle versehentlich gelöscht"});
    api.post(&format!("/api/v1/bookings/{booking}/restore"), key, &wish).await
}

#[actix_web::test]
async fn data_go_back_beside_what_serves_and_the_replaced_state_is_kept() {
    let app = TestApp::start().await;
    let (mut sim, api, booking) = with_backups(&app).await;
    for (position, at) in ["2026-11-20T10:00:00Z", "2026-12-24T10:00:00Z"].iter().enumerate() {
        let early = go_back(&api, &booking, &format!("o{position}"), at).await;
        assert_eq!((early.status, codes(&early)), (422, named("/at", "restore-outside")), "{}", early.body);
    }
    for stranger in [FELIX, "jana@kleindorf.example"] {
        let answer = go_back(&app.api(stranger).await, &booking, "s", "2026-11-25T10:00:00Z").await;
        assert!(matches!(answer.status, 403 | 404), "{stranger}: {}", answer.status);
    }
    let sent = go_back(&api, &booking, "a", "2026-11-25T10:00:00Z").await;
    assert_eq!((sent.status, sent.body["state"].as_str()), (201, Some("requested")), "{}", sent.body);
    assert_eq!(sent.body["content"]["restore_at"], "2026-11-25T10:00:00Z");
    let second = go_back(&api, &booking, "b", "2026-11-25T10:00:00Z").await;
    assert_eq!(second.body["code"], "restore-already-ordered", "{}", second.body);
    sim.tick().await;
    assert_eq!(names(&sim, "Cluster").len(), 1, "nothing happens before somebody else has approved");
    let monthly = show(&api, &booking).await["costs"]["monthly_net"].clone();

    approve(&app, &sent.body).await;
    sim.tick().await;
    pass(&app, 60);
    sim.tick().await;
    let view = show(&api, &booking).await;
    assert_eq!(view["phase"], "active", "{:#}", view["progress"]);
    assert_eq!(view["progress"]["action"], "restore");
    assert_eq!(view["costs"]["monthly_net"], monthly, "only one database is billed");
    let clusters = names(&sim, "Cluster");
    assert!(clusters.len() == 2 && clusters[1].ends_with("-r1"), "{clusters:?}");
    let access = objects(&sim, "Service").pop().unwrap();
    assert_eq!(access["spec"]["selector"]["cnpg.io/cluster"], json!(clusters[1]));
    assert_eq!(view["backups"]["replaced"]["state_of"], "2026-11-25T10:00:00Z");
    let again = go_back(&api, &booking, "c", "2026-11-25T10:00:00Z").await;
    assert_eq!(again.body["code"], "restore-kept-still", "{}", again.body);

    let drop = format!("/api/v1/bookings/{booking}/restore/drop");
    let stranger = app.api("jana@kleindorf.example").await.post(&drop, "", &json!({})).await;
    assert_eq!(stranger.status, 404);
    assert_eq!(api.post(&drop, "", &json!({})).await.status, 204);
    assert_eq!(api.post(&drop, "", &json!({})).await.body["code"], "restore-nothing-kept");
    pass(&app, 60);
    sim.tick().await;
    assert_eq!(names(&sim, "Cluster"), clusters[1..]);
    assert_eq!(show(&api, &booking).await["phase"], "active");
}

#[actix_web::test]
async fn what_was_replaced_goes_after_its_days() {
    let app = TestApp::start().await;
    let (mut sim, api, booking) = with_backups(&app).await;
    let sent = go_back(&api, &booking, "a", "2026-11-25T10:00:00Z").await;
    approve(&app, &sent.body).await;
    for _ in 0..7 {
        pass(&app, 86_399);
        sim.tick().await;
        assert_eq!(server::usecases::bookings::drop_due(&app.app).await.unwrap(), 0);
    }
    assert_eq!(names(&sim, "Cluster").len(), 2);
    // The restored database took over in one of the first two of these days.
    pass(&app, 2 * 86_400);
    sim.tick().await;
    assert_eq!(server::usecases::bookings::drop_due(&app.app).await.unwrap(), 1);
    assert_eq!(server::usecases::bookings::drop_due(&app.app).await.unwrap(), 0);
    sim.tick().await;
    assert_eq!(names(&sim, "Cluster").len(), 1);
}

#[actix_web::test]
async fn no_earlier_state_is_approved_that_would_only_wait_for_room() {
    let app = TestApp::start().await;
    let (mut sim, api, booking) = with_backups(&app).await;
    let sent = go_back(&api, &booking, "a", "2026-11-25T10:00:00Z").await;
    let order = sent.body["id"].as_str().unwrap();
    let full = format!(
        "update operators set heartbeat = jsonb_set(heartbeat, '{{capacity,memory_used}}',
           heartbeat #> '{{capacity,memory_total}}') where location_id = '{}'",
        id::LOCATION
    );
    app.owner_sql(&full).await.unwrap();
    let tobias = app.api(TOBIAS).await;
    let path = format!("/api/v1/approvals/{order}");
    let approve = json!({"decision": "approve", "reason": ""});
    let refused = tobias.post(&path, "", &approve).await;
    assert_eq!((refused.status, refused.body["code"].as_str()), (422, Some("restore-no-room")));
    let mut browser = app.sign_in(TOBIAS).await;
    let html = browser.get(&format!("/approvals/{order}")).await.html;
    assert!(html.contains("ist kein Platz für den früheren Stand"), "{html}");
    let answer = browser.submit(&format!("/approvals/{order}"), &[("decision", "approve")]).await;
    assert!(answer.html.contains("die Datenbank läuft unverändert"), "{}", answer.html);

    sim.tick().await;
    let decided = tobias.post(&path, "", &approve).await;
    assert_eq!(decided.status, 200, "somebody made room: {}", decided.body);
}

#[actix_web::test]
async fn a_failed_restore_leaves_what_runs_and_the_next_one_starts_afresh() {
    let app = TestApp::start().await;
    let (mut sim, api, booking) = with_backups(&app).await;
    sim.restores_fail = true;
    let sent = go_back(&api, &booking, "a", "2026-11-25T10:00:00Z").await;
    approve(&app, &sent.body).await;
    for _ in 0..3 {
        pass(&app, 60);
        sim.tick().await;
    }
    let view = show(&api, &booking).await;
    assert_eq!(view["phase"], "tainted", "{:#}", view["progress"]);
    assert_eq!(told(&app).await, 1);
    let mut jana = app.sign_in(JANA).await;
    let page = jana.get(&format!("/bookings/{booking}")).await.html;
    assert!(page.contains("ließ sich nicht wiederherstellen") && page.contains("recovery target"), "{page}");
    let access = objects(&sim, "Service").pop().unwrap();
    assert!(!access["spec"]["selector"]["cnpg.io/cluster"].as_str().unwrap().ends_with("-r1"));
    assert!(view["backups"]["replaced"].is_null(), "nothing was replaced: {view:#}");
    assert_eq!(
        api.post(&format!("/api/v1/bookings/{booking}/restore/drop"), "", &json!({})).await.status,
        422
    );

    // What is changed meanwhile takes effect all the same, and is paid from then on.
    let larger = json!({"parameters": {"storage_gib": 12}, "justification": "mehr Akten"});
    let change = api.post(&format!("/api/v1/bookings/{booking}/change"), "larger", &larger).await;
    assert_eq!(change.status, 201, "{}", change.body);
    approve(&app, &change.body).await;
    for _ in 0..3 {
        pass(&app, 60);
        sim.tick().await;
    }
    let reached = "name = 'effective' and (detail ->> 'generation')::bigint = (select max(generation) from booking_terms)";
    assert_eq!(app.count("booking_events", reached).await, 1);

    sim.restores_fail = false;
    let form = format!("/bookings/{booking}/restore");
    assert!(jana.get(&form).await.html.contains("Möglich ist jeder Zeitpunkt"));
    let wrong = jana.submit(&form, &[("at_day", "31"), ("at_month", "2"), ("at_year", "2026")]).await;
    assert!(wrong.status == 422 && wrong.html.contains("href=\"#at_day\""), "{}", wrong.html);
    let typed = [
        ("at_day", "25"),
        ("at_month", "11"),
        ("at_year", "2026"),
        ("at_time", "11:30:07"),
        ("justification", "noch einmal"),
        ("confirm", "true"),
    ];
    let placed = jana.submit(&form, &typed).await;
    assert_eq!(placed.status, 303, "{}", placed.html);
    let orders = api.get("/api/v1/orders").await;
    let row = orders.body["rows"].as_array().unwrap().iter().find(|row| row["state"] == "requested").unwrap();
    let order = api.get(&format!("/api/v1/orders/{}", row["id"].as_str().unwrap())).await.body;
    assert_eq!(order["content"]["restore_at"], "2026-11-25T10:30:07Z", "half past eleven in Berlin");
    let page = jana.get(&format!("/orders/{}", order["id"].as_str().unwrap())).await.html;
    assert!(page.contains("25.11.2026, 11:30:07"), "a second decides what is brought back: {page}");
    approve(&app, &order).await;
    for _ in 0..3 {
        pass(&app, 60);
        sim.tick().await;
    }
    let clusters = names(&sim, "Cluster");
    assert!(clusters.len() == 2 && clusters[1].ends_with("-r2"), "what failed is gone: {clusters:?}");
    assert_eq!(show(&api, &booking).await["phase"], "active");
}
