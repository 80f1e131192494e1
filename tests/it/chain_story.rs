//! The whole chain with a simulated cluster: order → approve → provision → ready → reveal → terminate → gone → proof,
//! and what happens when the operator repeats, is late, restarts, or is cut off.

use contract::Answer;
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::worker::{announce, end_due, expire_reveals};
use tests::bookings::{approve, booked, show, steps};
use tests::sim_cluster::{CANARY, Play};
use tests::world::{PASSWORD, id};
use tests::{SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const MURAT: &str = "murat@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";

fn waits(view: &Value) -> &Value {
    let steps = view["progress"]["steps"].as_array().unwrap();
    steps.iter().find(|step| step["why"].is_object()).map(|step| &step["why"]).unwrap_or(&Value::Null)
}

/// Everything that the database holds, as text.
pub(crate) async fn dump(app: &TestApp) -> String {
    let output = std::process::Command::new("pg_dump")
        .arg("--data-only")
        .arg("--inserts")
        .arg(app.db.owner_url())
        .output();
    let output = output.expect("pg_dump stands beside the server of the tests");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[actix_web::test]
async fn a_booking_runs_from_the_order_to_the_proof_of_its_deletion() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;

    let view = show(&jana, &booking).await;
    assert_eq!((view["number"].as_str(), view["phase"].as_str()), (Some("BU-2026-0001"), Some("waiting")));
    assert_eq!(
        (waits(&view)["reason"]["code"].as_str(), waits(&view)["money"]["state"].as_str()),
        (Some("not-fetched"), Some("reserved"))
    );
    assert!(view["simulated"].as_bool().unwrap());

    app.app.clock.advance(SignedDuration::from_secs(20));
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "active", "{view:#}");
    assert!(steps(&view).iter().all(|(_, state)| state == "done"), "{:?}", steps(&view));
    assert_eq!(view["endpoints"][0]["port"], 5432);
    assert_eq!(view["endpoints"][0]["allowed_from"][0], "192.0.2.0/24");
    assert_eq!(view["progress"]["steps"][0]["who"], "jana mittelfeld");
    assert_eq!(announce::pass(&app.app).await.unwrap(), 1);
    assert_eq!(announce::pass(&app.app).await.unwrap(), 0, "told once");

    app.app.clock.advance(SignedDuration::from_hours(36));
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert!(view["usage"]["total"].as_u64().unwrap() >= 4, "{:#}", view["usage"]);
    let cost: f64 = view["costs"]["month_to_date"].as_str().unwrap().parse().unwrap();
    assert!(cost > 0.0, "{:#}", view["costs"]);
    assert!(view["usage"]["gaps"].as_array().unwrap().is_empty(), "{:#}", view["usage"]["gaps"]);

    let ended = jana
        .post(&format!("/api/v1/bookings/{booking}/terminate"), "end", &json!({"justification": "abgelöst"}))
        .await;
    assert_eq!(ended.status, 201, "{}", ended.body);
    let again = jana
        .post(&format!("/api/v1/bookings/{booking}/terminate"), "end", &json!({"justification": "abgelöst"}))
        .await;
    assert_eq!((again.status, &again.body["id"]), (201, &ended.body["id"]), "the same key, the same order");
    assert_eq!(show(&jana, &booking).await["may"]["why_not"]["code"], "order-open");
    approve(&app, &ended.body).await;
    assert_eq!(show(&jana, &booking).await["phase"], "terminating");
    app.app.clock.advance(SignedDuration::from_secs(60));
    sim.pull(false).await;
    sim.reconcile();
    sim.push().await;
    assert_eq!(waits(&show(&jana, &booking).await)["reason"]["code"], "deleting");
    app.app.clock.advance(SignedDuration::from_secs(5));
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "gone", "{:#}", view["progress"]);
    let proof = &view["end"]["proof"];
    assert_eq!(proof["sha256"].as_str().unwrap().len(), 64);
    let objects = proof["objects"].to_string();
    assert!(objects.contains("Cluster") && objects.contains("PersistentVolumeClaim"), "{objects}");
    app.app.clock.advance(SignedDuration::from_secs(60));
    sim.tick().await;
    assert!(sim.bookings.is_empty(), "acknowledged, gone and no more listed");
    assert_eq!(jana.get("/api/v1/bookings").await.body["total"], 0);
    assert_eq!(jana.get("/api/v1/bookings?tab=ended").await.body["total"], 1);
}

#[actix_web::test]
async fn access_data_are_shown_once_and_never_kept() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let api = app.api(JANA).await;
    let booking = booked(&app, &api, "Baumkataster", "a").await;
    let page = format!("/bookings/{booking}");
    let reveal = format!("/bookings/{booking}/reveal");
    let mut murat = app.sign_in(MURAT).await;
    murat.get(&page).await;
    let early = murat.submit(&reveal, &[("password", PASSWORD)]).await;
    assert_eq!(early.status, 422, "not before it is ready");
    sim.tick().await;

    let shown = murat.get(&page).await;
    assert_eq!(shown.status, 200, "{}", shown.html);
    let wrong = murat.submit(&reveal, &[("password", "falsch")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.html.contains("Das Passwort stimmt nicht"), "{}", wrong.html);
    let asked = murat.submit(&reveal, &[("password", PASSWORD)]).await;
    assert_eq!((asked.status, asked.location.as_deref()), (303, Some(reveal.as_str())));
    let waiting = murat.get(&reveal).await;
    assert!(waiting.html.contains("Der Standort wird gefragt"), "{}", waiting.html);
    assert_eq!(sim.answer_reveals().await, 1);
    assert_eq!(sim.answer_reveals().await, 0, "answered");

    let mut stranger = app.sign_in(JANA).await;
    assert_eq!(stranger.get(&reveal).await.status, 303, "Jana has not asked");
    let mut thief = murat.clone();
    thief.cookies.remove("__Host-reveal");
    assert!(!thief.get(&reveal).await.html.contains(CANARY), "without the key nothing opens");
    let once = murat.get(&reveal).await;
    assert!(once.html.contains(CANARY), "{}", once.html);
    assert_eq!(once.headers["cache-control"], "no-store");
    let twice = murat.get(&reveal).await;
    assert!(!twice.html.contains(CANARY));
    assert!(twice.html.contains("Schon angezeigt"), "{}", twice.html);

    let dump = dump(&app).await;
    assert!(dump.contains("Baumkataster"), "the dump holds the data");
    assert!(!dump.contains(CANARY), "readable in the database");
    assert!(dump.contains("Zugangsdaten angezeigt"), "the orderer is told by mail");
    assert!(!murat.get(&page).await.html.contains(CANARY));
}

#[actix_web::test]
async fn a_display_that_nobody_answers_expires() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let api = app.api(JANA).await;
    let booking = booked(&app, &api, "Baumkataster", "a").await;
    sim.tick().await;
    let reveal = format!("/bookings/{booking}/reveal");
    let mut jana = app.sign_in(JANA).await;
    jana.get(&format!("/bookings/{booking}")).await;
    assert_eq!(jana.submit(&reveal, &[("password", PASSWORD)]).await.status, 303);
    app.app.clock.advance(SignedDuration::from_secs(121));
    assert_eq!(sim.answer_reveals().await, 0, "nobody waits any more");
    assert!(jana.get(&reveal).await.html.contains("nicht rechtzeitig"));
    jana.get(&format!("/bookings/{booking}")).await;
    assert_eq!(jana.submit(&reveal, &[("password", PASSWORD)]).await.status, 303);
    sim.answer_reveals().await;
    app.app.clock.advance(SignedDuration::from_secs(121));
    expire_reveals::pass(&app.app).await.unwrap();
    assert!(!jana.get(&reveal).await.html.contains(CANARY), "wiped");
}

#[actix_web::test]
async fn what_is_held_up_names_reason_money_and_who_acts() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    sim.play = Play::NoRoom;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let view = show(&jana, &booking).await;
    let why = waits(&view);
    assert_eq!(view["phase"], "degraded", "{view:#}");
    assert_eq!(why["reason"]["code"], "no-room");
    assert_eq!(why["money"]["state"], "reserved");
    assert_eq!(
        (why["actor"]["code"].as_str(), why["actor"]["args"]["name"].as_str()),
        (Some("provider"), Some("IT-Verbund Beispielland"))
    );
    assert_eq!(announce::pass(&app.app).await.unwrap(), 0, "not before it has lasted a minute");
    app.app.clock.advance(SignedDuration::from_secs(61));
    assert_eq!(announce::pass(&app.app).await.unwrap(), 1);
    assert_eq!(announce::pass(&app.app).await.unwrap(), 0);
    assert_eq!(waits(&show(&jana, &booking).await)["actor"]["code"], "provider-told");
    let mut page = app.sign_in(JANA).await;
    let html = page.get(&format!("/bookings/{booking}")).await.html;
    assert!(html.contains("Kein Rechner des Standorts hat genug Platz"), "{html}");

    sim.play = Play::Ready;
    sim.tick().await;
    assert_eq!(show(&jana, &booking).await["phase"], "active");
    app.app.clock.advance(SignedDuration::from_mins(11));
    let view = show(&jana, &booking).await;
    assert_eq!(
        (view["phase"].as_str(), waits(&view)["reason"]["code"].as_str()),
        (Some("unknown"), Some("operator-silent"))
    );
    assert_eq!(waits(&view)["money"]["state"], "as-before");
}

#[actix_web::test]
async fn repeated_and_late_words_change_nothing() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.pull(false).await;
    sim.reconcile();
    let early = sim.observations();
    app.app.clock.advance(SignedDuration::from_secs(30));
    sim.tick().await;
    let before = show(&jana, &booking).await;
    let etag = jana.get(&format!("/api/v1/bookings/{booking}")).await.etag.unwrap();
    sim.marketplace.observations(&early).await.unwrap();
    sim.marketplace.observations(&sim.observations()).await.unwrap();
    assert_eq!(show(&jana, &booking).await, before, "nothing changed");
    let known = jana
        .request(reqwest::Method::GET, &format!("/api/v1/bookings/{booking}"))
        .header("if-none-match", &etag);
    assert_eq!(jana.finish(known).await.status, 304);

    app.app.clock.advance(SignedDuration::from_hours(30));
    sim.reconcile();
    let usage = sim.usage();
    assert!(!usage.records.is_empty());
    let first = sim.marketplace.usage(&usage).await.unwrap();
    assert!(first.records.iter().all(|answer| *answer == Answer::Accepted), "{first:?}");
    let second = sim.marketplace.usage(&usage).await.unwrap();
    assert!(second.records.iter().all(|answer| *answer == Answer::Duplicate), "{second:?}");
    sim.restart();
    sim.tick().await;
    assert_eq!(show(&jana, &booking).await["phase"], "active");

    app.owner_sql("update operators set epoch = 2").await.unwrap();
    let refused = sim.marketplace.observations(&sim.observations()).await.unwrap_err().to_string();
    assert!(refused.contains("409") && refused.contains("epoch-outdated"), "{refused}");
    sim.pull(true).await;
    sim.reconcile();
    sim.push().await;
}

#[actix_web::test]
async fn an_end_that_lies_ahead_keeps_the_booking_until_then() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let wish = json!({"ends_on": "2026-11-26", "justification": "abgelöst"});
    let ended = jana.post(&format!("/api/v1/bookings/{booking}/terminate"), "end", &wish).await;
    assert_eq!(ended.status, 201, "{}", ended.body);
    approve(&app, &ended.body).await;
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "active", "the data stay");
    assert_eq!(waits(&view)["reason"]["code"], "wished-end");
    assert_eq!(end_due::pass(&app.app).await.unwrap(), 0);
    app.app.clock.advance(SignedDuration::from_hours(48));
    assert_eq!(end_due::pass(&app.app).await.unwrap(), 1);
    assert_eq!(end_due::pass(&app.app).await.unwrap(), 0);
    sim.tick().await;
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "gone");
    assert_eq!(
        view["end"]["effective_at"], "2026-11-25T23:00:00Z",
        "midnight in Berlin, however late it was deleted"
    );
}

#[actix_web::test]
async fn providers_and_strangers_see_their_side_only() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let stranger = app.api("jana@kleindorf.example").await;
    assert_eq!(stranger.get(&format!("/api/v1/bookings/{booking}")).await.status, 404);
    assert_eq!(stranger.get("/api/v1/bookings").await.body["total"], 0);
    let felix = app.api("felix@beispielland.example").await;
    let view = show(&felix, &booking).await;
    assert_eq!((view["cost_centre"].as_str(), view["orders"].as_array().unwrap().len()), (None, 0));
    assert_eq!(view["access"]["may_reveal"], false);
    assert_eq!(view["people"]["requested_by"], "Mittelfeld");
    assert!(!view.to_string().contains("jana"), "no names of the customer's people: {view:#}");
    let paul = app.api(PAUL).await;
    let location = paul.get(&format!("/api/v1/locations/{}", id::LOCATION)).await;
    assert_eq!(location.status, 200, "{}", location.body);
    assert_eq!(location.body["location"]["state"], "connected");
    assert_eq!(location.body["location"]["simulated"], true);
    assert_eq!(location.body["bookings"][0]["phase"], "active");
    let other = app.api("paul@musterregion.example").await;
    assert_eq!(other.get(&format!("/api/v1/locations/{}", id::LOCATION)).await.status, 404);
}

#[actix_web::test]
async fn every_page_of_a_booking_and_a_location_can_be_used_without_scripts() {
    let app = TestApp::start().await;
    let mut paul = app.sign_in(PAUL).await;
    assert_eq!(paul.get("/locations").await.status, 200);
    let wrong = paul.submit("/locations", &[("name", ""), ("place", "Atlantis")]).await;
    assert!(
        wrong.status == 422 && wrong.html.contains("location-name")
            || wrong.html.contains("Name des Standorts")
    );
    let made =
        paul.submit("/locations", &[("name", "Rechenzentrum Süd"), ("place", "Musterstadt, Hessen")]).await;
    assert_eq!(made.status, 303, "{}", made.html);
    let location = made.location.unwrap();
    assert!(paul.get(&location).await.html.contains("Rechenzentrum Süd, Hessen"));
    let code = paul.submit(&format!("{location}/enrolment"), &[]).await;
    assert!(code.status == 200 && code.html.contains("WOLKENAMT_OPERATOR_ENROLMENT_CODE="), "{}", code.html);
    assert!(!paul.get(&location).await.html.contains("WOLKENAMT_OPERATOR_ENROLMENT_CODE="), "shown once");

    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let api = app.api(JANA).await;
    let booking = booked(&app, &api, "Baumkataster", "a").await;
    sim.tick().await;
    app.app.clock.advance(SignedDuration::from_hours(36));
    sim.tick().await;
    let mut jana = app.sign_in(JANA).await;
    assert!(jana.get("/bookings").await.html.contains("Baumkataster"));
    assert_eq!(jana.get("/bookings?tab=ended").await.status, 200);
    let progress = jana.get(&format!("/bookings/{booking}/progress")).await;
    assert!(progress.status == 200 && !progress.html.contains("<html"), "only a part of the page");
    let csv = jana.get(&format!("/bookings/{booking}/usage.csv")).await;
    assert_eq!((csv.status, csv.headers["content-type"].as_str()), (200, "text/csv; charset=utf-8"));
    assert!(csv.html.lines().count() > 4 && csv.html.contains("BU-2026-0001;storage;"), "{}", csv.html);
    let form = format!("/bookings/{booking}/terminate");
    let asked = jana.get(&form).await.html;
    assert!(asked.contains("Mit dem Ende werden Ihre Daten sofort"), "{asked}");
    let past = jana.submit(&form, &[("end_day", "1"), ("end_month", "1"), ("end_year", "2026")]).await.html;
    for field in ["end_day", "confirm", "justification"] {
        assert!(past.contains(&format!("href=\"#{field}\"")), "{field} at once: {past}");
    }
    let wrong = jana.submit(&form, &[("end_day", "32"), ("end_month", "1"), ("end_year", "2027")]).await;
    assert!(
        wrong.status == 422 && wrong.html.contains("value=\"32\""),
        "what was typed stays: {}",
        wrong.html
    );
    let today = [
        ("end_day", "26"),
        ("end_month", "11"),
        ("end_year", "2026"),
        ("justification", "abgelöst"),
        ("confirm", "true"),
    ];
    let sent = jana.submit(&form, &today).await;
    assert_eq!((sent.status, sent.location), (303, Some(format!("/bookings/{booking}"))), "{}", sent.html);
    let mut felix = app.sign_in("felix@beispielland.example").await;
    let seen = felix.get(&format!("/bookings/{booking}")).await;
    assert!(seen.status == 200 && !seen.html.contains("11140"), "the Kostenstelle is the customer's");
    let mut paul = app.sign_in(PAUL).await;
    assert_eq!(paul.get(&format!("/locations/{}", id::LOCATION)).await.status, 200);
}
