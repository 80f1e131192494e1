//! What stands still is told to those who can act, once a day at most, and not to those who cannot.

use jiff::SignedDuration;
use serde_json::json;
use server::worker::{announce, stalled};
use tests::bookings::{approve, booked, show};
use tests::sim_cluster::Play;
use tests::world::id;
use tests::{SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
const FELIX: &str = "felix@beispielland.example";
const OTTO: &str = "otto@marktplatz.example";

async fn mails(app: &TestApp, to: &str, subject: &str) -> i64 {
    app.count("outbox", &format!("recipient = '{to}' and subject like '{subject}%'")).await
}

/// Time passes, and the operator calls meanwhile.
async fn hours(app: &TestApp, sim: &mut SimCluster<'_>, hours: i64) {
    app.app.clock.advance(SignedDuration::from_hours(hours));
    sim.beat().await;
}

/// One pass that tells, and one that has nothing left to tell.
async fn told(app: &TestApp) -> usize {
    let told = stalled::pass(&app.app).await.unwrap();
    assert_eq!(stalled::pass(&app.app).await.unwrap(), 0, "once a day");
    told
}

#[actix_web::test]
async fn an_order_without_effect_is_told_to_both_sides_and_then_to_the_marketplace() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    booked(&app, &jana, "Baumkataster", "a").await;
    // The operator calls, and does nothing.
    hours(&app, &mut sim, 1).await;
    assert_eq!(stalled::pass(&app.app).await.unwrap(), 0, "not yet");
    hours(&app, &mut sim, 1).await;
    assert_eq!(told(&app).await, 1);
    let subject = "Noch nicht ausgeführt";
    assert_eq!((mails(&app, PAUL, subject).await, mails(&app, JANA, subject).await), (1, 1));
    for day in 2..=3 {
        hours(&app, &mut sim, 24).await;
        assert_eq!(told(&app).await, 1);
        assert_eq!((mails(&app, PAUL, subject).await, mails(&app, JANA, subject).await), (day, 1));
    }
    assert_eq!(mails(&app, OTTO, subject).await, 0);
    hours(&app, &mut sim, 24).await;
    assert_eq!(told(&app).await, 1);
    assert_eq!((mails(&app, PAUL, subject).await, mails(&app, OTTO, subject).await), (4, 1));
    hours(&app, &mut sim, 6 * 24).await;
    assert_eq!(told(&app).await, 0, "weekly from now on");
    hours(&app, &mut sim, 24).await;
    assert_eq!(told(&app).await, 1);
    assert_eq!((mails(&app, PAUL, subject).await, mails(&app, JANA, subject).await), (5, 2));
    // What is done is no matter any more.
    sim.tick().await;
    hours(&app, &mut sim, 8 * 24).await;
    assert_eq!(told(&app).await, 0);
}

#[actix_web::test]
async fn several_workers_tell_once() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    booked(&app, &jana, "Baumkataster", "a").await;
    hours(&app, &mut sim, 3).await;
    for done in futures::future::join_all((0..4).map(|_| stalled::pass(&app.app))).await {
        done.unwrap();
    }
    assert_eq!(mails(&app, PAUL, "Noch nicht ausgeführt").await, 1);
}

#[actix_web::test]
async fn a_silent_location_is_told_once_for_all_of_its_bookings() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    app.app.clock.advance(SignedDuration::from_hours(2));
    assert_eq!(told(&app).await, 0, "nothing is booked there");
    sim.beat().await;
    let jana = app.api(JANA).await;
    let first = booked(&app, &jana, "Baumkataster", "a").await;
    booked(&app, &jana, "Straßenkataster", "b").await;
    sim.tick().await;
    announce::pass(&app.app).await.unwrap();
    app.app.clock.advance(SignedDuration::from_mins(59));
    assert_eq!(told(&app).await, 0);
    app.app.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(told(&app).await, 1);
    let subject = "Standort „Beispielhausen“ meldet sich nicht";
    assert_eq!((mails(&app, PAUL, subject).await, mails(&app, OTTO, subject).await), (1, 0));
    assert_eq!(app.count("silence_notices", "bookings = 2 and mails = 1").await, 1);

    // Whoever cannot go to the cluster reads what to do; whoever waits for an order hears of it.
    let page = app.sign_in(FELIX).await.get("/").await.html;
    assert!(page.contains("ist unbekannt") && page.contains("bitten Sie Ihren Plattformbetrieb"), "{page}");
    let page = app.sign_in(PAUL).await.get("/").await.html;
    assert!(page.contains("prüfen Sie, ob das Betreiberprogramm läuft"), "{page}");
    assert!(!page.contains("ist unbekannt"), "once, and not for each booking: {page}");
    assert!(!app.sign_in(JANA).await.get("/").await.html.contains("ist unbekannt"));
    let change = json!({"parameters": {"storage_gib": 20}, "justification": "mehr Bäume"});
    let sent = jana.post(&format!("/api/v1/bookings/{first}/change"), "c", &change).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    approve(&app, &sent.body).await;
    app.app.clock.advance(SignedDuration::from_hours(2));
    assert_eq!(told(&app).await, 1);
    assert_eq!(mails(&app, JANA, "Noch nicht ausgeführt").await, 1);
    assert_eq!(mails(&app, PAUL, "Noch nicht ausgeführt").await, 0, "the location was told");
    let said = "subject like 'Noch nicht%' and body like '%meldet sich seit%'";
    assert_eq!(app.count("outbox", said).await, 1);
    app.app.clock.advance(SignedDuration::from_hours(22));
    assert_eq!(told(&app).await, 1);
    assert_eq!(mails(&app, PAUL, subject).await, 2, "the next day");
    sim.tick().await;
    app.app.clock.advance(SignedDuration::from_mins(59));
    assert_eq!(told(&app).await, 0, "it calls again");
}

#[actix_web::test]
async fn what_stays_held_up_is_reminded_of() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    sim.play = Play::NoRoom;
    let jana = app.api(JANA).await;
    booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    app.app.clock.advance(SignedDuration::from_secs(61));
    assert_eq!(announce::pass(&app.app).await.unwrap(), 1);
    hours(&app, &mut sim, 23).await;
    assert_eq!(told(&app).await, 0, "told on that day");
    hours(&app, &mut sim, 1).await;
    assert_eq!(told(&app).await, 1);
    let subject = "Erinnerung, Buchung braucht Sie";
    assert_eq!((mails(&app, PAUL, subject).await, mails(&app, OTTO, subject).await), (1, 0));
    assert_eq!(mails(&app, JANA, "Erinnerung").await, 0, "the provider acts");
    assert_eq!(app.count("outbox", "subject like 'Erinnerung%' and body like '%genug Platz%'").await, 1);
}

#[actix_web::test]
async fn an_end_that_does_not_come_is_the_providers() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    let end = format!("/api/v1/bookings/{booking}/terminate");
    let ended = jana.post(&end, "end", &json!({"justification": "abgelöst"})).await;
    approve(&app, &ended.body).await;
    let before = app.count("outbox", &format!("recipient = '{JANA}'")).await;
    hours(&app, &mut sim, 1).await;
    assert_eq!(told(&app).await, 0);
    assert!(!app.sign_in(PAUL).await.get("/").await.html.contains("Löschung von"));
    hours(&app, &mut sim, 1).await;
    assert_eq!(told(&app).await, 1);
    assert_eq!(mails(&app, PAUL, "Löschung hängt").await, 1);
    assert_eq!(app.count("outbox", &format!("recipient = '{JANA}'")).await, before);
    let page = app.sign_in(PAUL).await.get("/").await.html;
    assert!(page.contains("Löschung von „Baumkataster“ hängt") && page.contains("entfernen Sie"), "{page}");
    assert!(!app.sign_in(JANA).await.get("/").await.html.contains("Löschung von"), "nothing to do for her");
}

#[actix_web::test]
async fn access_data_that_are_not_changed_are_told_of() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let murat = app.api("murat@mittelfeld.example").await;
    let path = format!("/api/v1/bookings/{booking}/access-rotations");
    let sent = murat.post(&path, "", &json!({})).await;
    assert!(sent.status < 300, "{}", sent.body);
    hours(&app, &mut sim, 1).await;
    assert_eq!(told(&app).await, 1);
    let subject = "Zugangsdaten noch nicht gewechselt";
    assert_eq!(mails(&app, PAUL, subject).await, 1);
    assert_eq!(mails(&app, "murat@mittelfeld.example", subject).await, 1);
    assert_eq!(mails(&app, JANA, subject).await, 0);
    assert_eq!(sim.rotate_access(true).await, 1);
    hours(&app, &mut sim, 25).await;
    assert_eq!(told(&app).await, 0);
}

#[actix_web::test]
async fn what_grows_with_the_next_start_is_not_stuck() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    app.owner_sql(
        "update bookings set generation = generation + 1;
         update booking_observations set generation = generation + 1,
           conditions = replace(conditions::text, '\"ready\"', '\"restart-needed\"')::jsonb",
    )
    .await
    .unwrap();
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "tainted", "{view:#}");
    hours(&app, &mut sim, 80).await;
    assert_eq!(told(&app).await, 0);
    let page = app.sign_in(JANA).await.get("/").await.html;
    assert!(page.contains("läuft nicht wie bestellt") && page.contains("es liegt bei Ihnen"), "{page}");
    assert!(!app.sign_in(PAUL).await.get("/").await.html.contains("läuft nicht wie bestellt"));
}
