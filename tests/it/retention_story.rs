//! After the end: nobody reaches the booking, its data stay for the declared time, it can come back, and then it is deleted
//! with a record that can be handed on.

use jiff::SignedDuration;
use serde_json::{Value, json};
use server::worker::end_due;
use tests::bookings::{approve, booked, show, steps};
use tests::world::id;
use tests::{SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";

/// The offering declares that data are kept for a week.
async fn keep_a_week(app: &TestApp) {
    let sql = format!(
        "alter table offering_versions disable trigger user;
         update offering_versions set details = details || '{{\"keep_days\": 7}}' where id = '{}';
         alter table offering_versions enable trigger user",
        id::POSTGRESQL_VERSION
    );
    app.owner_sql(&sql).await.unwrap();
}

fn days(app: &TestApp, days: i64) {
    app.app.clock.advance(SignedDuration::from_hours(24 * days));
}

fn volumes(sim: &SimCluster<'_>) -> usize {
    sim.objects().filter(|object| object["kind"] == "PersistentVolumeClaim").count()
}

async fn end(app: &TestApp, jana: &tests::Api, booking: &str, wish: &Value) {
    let key = format!("end-{booking}-{}", wish["ends_on"]).replace('"', "");
    let sent = jana.post(&format!("/api/v1/bookings/{booking}/terminate"), &key, wish).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    approve(app, &sent.body).await;
}

#[actix_web::test]
async fn what_ended_is_out_of_reach_then_deleted_with_a_record() {
    let app = TestApp::start().await;
    keep_a_week(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    days(&app, 1);
    sim.tick().await;
    let mut page = app.sign_in(JANA).await;
    let form = page.get(&format!("/bookings/{booking}/terminate")).await.html;
    assert!(
        form.contains("Daten sofort löschen") && form.contains("bleiben Ihre Daten 7 Tage aufbewahrt"),
        "{form}"
    );
    end(&app, &jana, &booking, &json!({"justification": "abgelöst"})).await;
    app.app.clock.advance(SignedDuration::from_secs(60));
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!(
        (view["phase"].as_str(), view["may"]["resume"].as_bool()),
        (Some("retained"), Some(true)),
        "{view:#}"
    );
    assert_eq!(view["endpoints"], json!([]), "no way in is shown");
    assert_eq!(view["access"]["why_not"]["code"], "gone");
    assert_eq!(volumes(&sim), 1, "the data stay");
    let state = |code: &str| steps(&view).into_iter().find(|(name, _)| name == code).map(|(_, state)| state);
    assert_eq!((state("end").as_deref(), state("kept").as_deref()), (Some("done"), Some("waiting")));
    assert!(page.get(&format!("/bookings/{booking}")).await.html.contains("Ende zurücknehmen"));
    assert_eq!(
        jana.get(&format!("/api/v1/bookings/{booking}/deletion-record")).await.status,
        404,
        "nothing is deleted"
    );
    let looked = jana
        .post(
            &format!("/api/v1/bookings/{booking}/reveals"),
            "r",
            &json!({"password": tests::world::PASSWORD, "public_key": "x"}),
        )
        .await;
    assert_ne!(looked.status, 201, "{}", looked.body);

    days(&app, 6);
    assert_eq!(end_due::pass(&app.app).await.unwrap(), 0, "a day is left");
    days(&app, 1);
    assert_eq!(end_due::pass(&app.app).await.unwrap(), 1);
    assert_eq!(end_due::pass(&app.app).await.unwrap(), 0);
    for _ in 0..3 {
        app.app.clock.advance(SignedDuration::from_secs(60));
        sim.tick().await;
    }
    assert_eq!(volumes(&sim), 0);
    let record = jana.get(&format!("/api/v1/bookings/{booking}/deletion-record")).await;
    assert_eq!(record.status, 200, "{}", record.body);
    let (ended, kept) = (&record.body["ended_at"], &record.body["kept_until"]);
    let at = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(at(kept).duration_since(at(ended)), SignedDuration::from_hours(7 * 24));
    assert_eq!(record.body["proof"]["sha256"].as_str().map(str::len), Some(64), "{}", record.body);
    let mut page = app.sign_in(JANA).await; // the session of a week ago is over
    let file = page.get(&format!("/bookings/{booking}/deletion-record.json")).await;
    assert_eq!(file.status, 200, "{}", file.html);
    assert!(file.headers["content-disposition"].contains("loeschnachweis-BU-2026-0001.json"));
    let paul = app.api(PAUL).await.get(&format!("/api/v1/bookings/{booking}/deletion-record")).await;
    assert_eq!((paul.status, &paul.body["ordered_by"]), (200, &Value::Null), "the order is the customer's");
    let stranger = app.api("jana@kleindorf.example").await;
    assert_eq!(stranger.get(&format!("/api/v1/bookings/{booking}/deletion-record")).await.status, 404);
}

#[actix_web::test]
async fn an_ended_booking_comes_back_with_its_data_while_they_are_kept() {
    let app = TestApp::start().await;
    keep_a_week(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let path = format!("/api/v1/bookings/{booking}/resume");
    let none = jana.post(&path, "none", &json!({"justification": "doch"})).await;
    assert_eq!(none.body["code"], "resume-no-end", "{}", none.body);
    end(&app, &jana, &booking, &json!({"justification": "abgelöst"})).await;
    app.app.clock.advance(SignedDuration::from_secs(60));
    sim.tick().await;
    days(&app, 3);
    let empty = jana.post(&path, "empty", &json!({"justification": " "})).await;
    assert_eq!(empty.body["errors"][0]["code"], "justification-missing", "{}", empty.body);
    let stranger = app.api("jana@kleindorf.example").await;
    assert_eq!(stranger.post(&path, "s", &json!({"justification": "fremd"})).await.status, 404);
    let sent = jana.post(&path, "back", &json!({"justification": "wird doch gebraucht"})).await;
    assert_eq!((sent.status, sent.body["state"].as_str()), (201, Some("requested")), "{}", sent.body);
    let again = jana.post(&path, "other", &json!({"justification": "wird doch gebraucht"})).await;
    assert_eq!(again.body["code"], "resume-already-ordered", "{}", again.body);
    approve(&app, &sent.body).await;
    for _ in 0..2 {
        app.app.clock.advance(SignedDuration::from_secs(60));
        sim.tick().await;
    }
    let view = show(&jana, &booking).await;
    assert_eq!(
        (view["phase"].as_str(), view["end"].is_null()),
        (Some("active"), true),
        "{:#}",
        view["progress"]
    );
    assert_eq!(volumes(&sim), 1);
    days(&app, 10);
    assert_eq!(end_due::pass(&app.app).await.unwrap(), 0, "the old end is forgotten");
    sim.tick().await;
    assert!(show(&jana, &booking).await["usage"]["gaps"].as_array().unwrap().is_empty());
}

#[actix_web::test]
async fn what_was_stopped_before_its_end_comes_back_stopped() {
    let app = TestApp::start().await;
    keep_a_week(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let stop =
        jana.post(&format!("/api/v1/bookings/{booking}/power"), "stop", &json!({"power": "stopped"})).await;
    assert_eq!(stop.status, 201, "{}", stop.body);
    sim.tick().await;
    end(&app, &jana, &booking, &json!({"justification": "abgelöst"})).await;
    days(&app, 2);
    sim.tick().await;
    let path = format!("/api/v1/bookings/{booking}/resume");
    let sent = jana.post(&path, "back", &json!({"justification": "wird doch gebraucht"})).await;
    approve(&app, &sent.body).await;
    sim.tick().await;
    assert_eq!(show(&jana, &booking).await["phase"], "stopped");
}

#[actix_web::test]
async fn a_later_end_can_be_taken_back_and_a_deletion_at_once_cannot() {
    let app = TestApp::start().await;
    keep_a_week(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    let other = booked(&app, &jana, "Grünflächen", "b").await;
    sim.tick().await;
    end(&app, &jana, &booking, &json!({"justification": "bald", "ends_on": "2026-11-27"})).await;
    let path = format!("/api/v1/bookings/{booking}/resume");
    let sent = jana.post(&path, "back", &json!({"justification": "bleibt"})).await;
    approve(&app, &sent.body).await;
    days(&app, 4);
    assert_eq!(end_due::pass(&app.app).await.unwrap(), 0);
    sim.tick().await;
    assert_eq!(show(&jana, &booking).await["phase"], "active");

    // An approval that comes too late brings nothing back.
    end(&app, &jana, &booking, &json!({"justification": "nun doch", "ends_on": "2026-11-29"})).await;
    let sent = jana.post(&path, "late", &json!({"justification": "bleibt"})).await;
    days(&app, 9);
    end_due::pass(&app.app).await.unwrap();
    let tobias = app.api("tobias@mittelfeld.example").await;
    let order = format!("/api/v1/approvals/{}", sent.body["id"].as_str().unwrap());
    let late = tobias.post(&order, "", &json!({"decision": "approve", "reason": ""})).await;
    assert!(matches!(late.status, 409 | 422), "{}", late.body);

    let sent = jana
        .post(
            &format!("/api/v1/bookings/{other}/terminate"),
            "look",
            &json!({"justification": "sofort", "delete_at_once": true}),
        )
        .await;
    let mut tobias = app.sign_in("tobias@mittelfeld.example").await;
    let approval = tobias.get(&format!("/approvals/{}", sent.body["id"].as_str().unwrap())).await.html;
    assert!(approval.contains("sofort und endgültig gelöscht"), "{approval}");
    approve(&app, &sent.body).await;
    let refused =
        jana.post(&format!("/api/v1/bookings/{other}/resume"), "x", &json!({"justification": "doch"})).await;
    assert_eq!(refused.body["code"], "resume-too-late", "{}", refused.body);
}
