//! Access data in custody: shown once, then changed before they are shown again; who saw and changed them when stands on the
//! page of the booking, and everybody who answers for it is told.

use crate::tasks_story::{self, fine};
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::worker::rotations;
use tests::api::ApiAnswer;
use tests::bookings::{booked, show};
use tests::sim_cluster::CANARY;
use tests::world::{PASSWORD, id};
use tests::{Api, Browser, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const MURAT: &str = "murat@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";

/// What somebody sees who asks in the browser; empty if asking was refused.
async fn displayed(app: &TestApp, who: &mut Browser, sim: &SimCluster<'_>, booking: &str) -> String {
    who.get(&format!("/bookings/{booking}")).await;
    let path = format!("/bookings/{booking}/reveal");
    let asked = who.submit(&path, &[("password", PASSWORD)]).await;
    if asked.status != 303 {
        return String::new();
    }
    sim.answer_reveals().await;
    app.app.clock.advance(SignedDuration::from_secs(5));
    who.get(&path).await.html
}

async fn change(api: &Api, booking: &str) -> ApiAnswer {
    api.post(&format!("/api/v1/bookings/{booking}/access-rotations"), "", &json!({})).await
}

fn history(view: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let events = view["access"]["history"].as_array().unwrap();
    events.iter().map(|event| (text(&event["what"]), text(&event["by"]))).collect()
}

fn row(what: &str, by: &str) -> (String, String) {
    (what.to_owned(), by.to_owned())
}

#[actix_web::test]
async fn whoever_needs_them_again_has_them_changed() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let (jana, murat) = (app.api(JANA).await, app.api(MURAT).await);
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    assert_eq!(change(&jana, &booking).await.body["code"], "reveal-not-ready", "there are none yet");
    sim.tick().await;
    let (mut first, mut second) = (app.sign_in(JANA).await, app.sign_in(MURAT).await);
    assert!(displayed(&app, &mut first, &sim, &booking).await.contains(CANARY));

    // The next one is told who saw them, and what to do.
    assert_eq!(displayed(&app, &mut second, &sim, &booking).await, "");
    let page = second.get(&format!("/bookings/{booking}")).await.html;
    assert!(
        page.contains("jana mittelfeld hat die Zugangsdaten") && page.contains("Jetzt wechseln"),
        "{page}"
    );
    let ask = json!({"password": PASSWORD, "public_key": "xz4Rgz8nmVbwUyPF0ITAL0qbk9GQKk6PrOKjjBgLpU8="});
    let refused = murat.post(&format!("/api/v1/bookings/{booking}/reveals"), "", &ask).await;
    assert_eq!((refused.status, &refused.body["code"]), (422, &json!("reveal-seen")), "{}", refused.body);

    // Only the customer's people order it, and twice is once.
    for (foreign, status) in [
        ("jana@kleindorf.example", 404),
        ("felix@beispielland.example", 403),
        ("tobias@mittelfeld.example", 403),
    ] {
        assert_eq!(change(&app.api(foreign).await, &booking).await.status, status, "{foreign}");
    }
    let both = futures::future::join_all([change(&murat, &booking), change(&jana, &booking)]).await;
    assert!(both.iter().all(|answer| answer.status == 202), "{both:?}");
    let sent = second.submit(&format!("/bookings/{booking}/access-rotation"), &[]).await;
    assert_eq!(sent.status, 303, "a third time");
    assert_eq!(app.count("access_rotations", "true").await, 1);
    assert_eq!(displayed(&app, &mut second, &sim, &booking).await, "", "not while they are being changed");
    assert!(second.get(&format!("/bookings/{booking}")).await.html.contains("werden gerade gewechselt"));

    // The first answer of the location gets lost; the order is carried out once all the same.
    assert_eq!(sim.rotate_access(false).await, 1);
    let new = sim.password(booking.parse().unwrap());
    assert_eq!(sim.rotate_access(true).await, 1);
    assert_eq!(sim.rotate_access(true).await, 0);
    assert_eq!(sim.password(booking.parse().unwrap()), new);
    let shown = displayed(&app, &mut second, &sim, &booking).await;
    assert!(shown.contains(&new) && new != CANARY, "the new ones");

    let events = history(&show(&jana, &booking).await);
    let last = events.first().cloned();
    assert_eq!(last, Some(row("shown", "murat mittelfeld")));
    assert_eq!(events.last().cloned(), Some(row("shown", "jana mittelfeld")));
    assert!(events.contains(&row("changed", "-")), "{events:?}");
    let provider = app.api("felix@beispielland.example").await;
    assert_eq!(history(&show(&provider, &booking).await), [], "not the provider's business");
    let told = |what: &str| format!("recipient = '{JANA}' and subject like '{what}%'");
    assert_eq!(
        app.count("outbox", &told("Zugangsdaten angezeigt")).await,
        1,
        "of the display by somebody else"
    );
    assert!(app.count("outbox", "subject like 'Neue Zugangsdaten%'").await == 1);
    let actions = "action = 'booking.rotate' and detail::text not like '%kanarien%'";
    assert!(app.count("audit_entries", actions).await >= 2);
}

#[actix_web::test]
async fn a_change_that_nobody_carries_out_holds_up_nothing() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let mut browser = app.sign_in(JANA).await;
    assert!(displayed(&app, &mut browser, &sim, &booking).await.contains(CANARY));
    assert_eq!(change(&jana, &booking).await.status, 202);
    app.app.clock.advance(SignedDuration::from_mins(119));
    assert_eq!(rotations::pass(&app.app).await.unwrap(), 0);
    app.app.clock.advance(SignedDuration::from_mins(2));
    assert_eq!(rotations::pass(&app.app).await.unwrap(), 1);
    assert_eq!(rotations::pass(&app.app).await.unwrap(), 0);
    assert_eq!(app.count("outbox", "subject like '%nicht gewechselt%'").await, 1);
    let jana = app.api(JANA).await;
    assert_eq!(change(&jana, &booking).await.status, 202, "it can be ordered again");
    assert_eq!(app.count("access_rotations", "true").await, 2);
    sim.rotate_access(true).await;
    assert_eq!(app.count("access_rotations", "done_at is not null").await, 1);
}

#[actix_web::test]
async fn a_display_from_before_a_change_shows_nothing() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let path = format!("/bookings/{booking}/reveal");
    let (mut first, mut second) = (app.sign_in(JANA).await, app.sign_in(MURAT).await);
    for browser in [&mut first, &mut second] {
        browser.get(&format!("/bookings/{booking}")).await;
        assert_eq!(browser.submit(&path, &[("password", PASSWORD)]).await.status, 303);
    }
    assert_eq!(sim.answer_reveals().await, 2, "both were sealed");
    app.app.clock.advance(SignedDuration::from_secs(5));
    assert!(first.get(&path).await.html.contains(CANARY));
    app.app.clock.advance(SignedDuration::from_secs(5));
    assert!(!second.get(&path).await.html.contains(CANARY), "of two displays one is opened");
    assert_eq!(app.count("reveals", "sealed is not null").await, 0, "the other is wiped");

    assert_eq!(change(&jana, &booking).await.status, 202);
    sim.rotate_access(true).await;
    first.get(&format!("/bookings/{booking}")).await;
    assert_eq!(first.submit(&path, &[("password", PASSWORD)]).await.status, 303);
    sim.answer_reveals().await;
    app.app.clock.advance(SignedDuration::from_secs(5));
    assert_eq!(change(&jana, &booking).await.status, 202);
    assert!(!first.get(&path).await.html.contains(CANARY), "it was sealed before the change");
}

#[actix_web::test]
async fn people_enter_new_ones_each_time() {
    let app = TestApp::start().await;
    tasks_story::start(&app).await;
    let (jana, felix) = (app.api(JANA).await, app.api(tasks_story::FELIX).await);
    let booking = tasks_story::booked(&app, &jana).await;
    tasks_story::prepared(&felix, &jana, &booking).await;
    assert_eq!(change(&jana, &booking).await.body["code"], "rotation-not-possible");
    let mut browser = app.sign_in(MURAT).await;
    for again in [false, true] {
        browser.get(&format!("/bookings/{booking}")).await;
        let path = format!("/bookings/{booking}/reveal");
        assert_eq!(browser.submit(&path, &[("password", PASSWORD)]).await.status, 303);
        let view = show(&felix, &booking).await;
        let tasks = view["tasks"].as_array().unwrap();
        let task =
            tasks.iter().rev().find(|task| task["step"] == "answer-access" && task["mine"] == true).unwrap();
        assert_eq!(task["reason"]["code"] == "access-again", again, "{task:#}");
        let page = format!("/bookings/{booking}/tasks/{}", task["id"].as_str().unwrap());
        let mut people = app.sign_in(tasks_story::FELIX).await;
        let html = people.get(&page).await.html;
        assert_eq!(html.contains("Vergeben Sie neue"), again);
        let entered =
            people.submit(&format!("{page}/access"), &[("access_user", "amt"), ("password", "geheim")]).await;
        assert_eq!(entered.status, 303, "{}", entered.html);
        app.app.clock.advance(SignedDuration::from_secs(5));
        assert!(browser.get(&path).await.html.contains("geheim"));
        app.app.clock.advance(SignedDuration::from_secs(5));
    }
    fine(&jana.get(&format!("/api/v1/bookings/{booking}")).await);
}
