//! The provider's people say in the portal what shall be done about a trouble with a service broker: the location hears it once,
//! and nothing is deleted before somebody says so.

use crate::service_story::{SERVICE, booked};
use contract::WordOutcome;
use contract::kinds::shared_service::next::Word;
use contract::kinds::shared_service::state::Ill;
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::worker::{announce, words};
use tests::api::ApiAnswer;
use tests::bookings::{approve, show};
use tests::world::id;
use tests::{Api, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
const FELIX: &str = "felix@beispielland.example";

/// Ordered and approved, and the broker does to it what `ill` says.
async fn troubled<'a>(app: &'a TestApp, ill: Ill) -> (SimCluster<'a>, String) {
    app.owner_sql(SERVICE).await.unwrap();
    let mut sim = SimCluster::enrol(app, id::LOCATION, PAUL).await;
    sim.broker_ill = Some(ill);
    let booking = booked(app, &app.api(JANA).await, json!({})).await;
    sim.tick().await;
    (sim, booking)
}

async fn pass(app: &TestApp, sim: &mut SimCluster<'_>) {
    app.app.clock.advance(SignedDuration::from_secs(61));
    sim.tick().await;
}

fn path(booking: &str) -> String {
    format!("/api/v1/bookings/{booking}/broker")
}

async fn say(api: &Api, booking: &str, word: &str, confirm: bool) -> ApiAnswer {
    let said = json!({"word": word, "reason": "beim Broker nachgesehen", "confirm": confirm});
    api.post(&path(booking), "", &said).await
}

/// What can be said now, and what the location says.
async fn stands(api: &Api, booking: &str) -> (Value, Value) {
    let answer = api.get(&path(booking)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    (answer.body["words"].clone(), answer.body["says"]["code"].clone())
}

async fn mails(app: &TestApp, to: &str, subject: &str) -> i64 {
    app.count("outbox", &format!("recipient = '{to}' and subject like '{subject}%'")).await
}

#[actix_web::test]
async fn asked_twice_the_broker_is_asked_once_more_once() {
    let app = TestApp::start().await;
    let (mut sim, booking) = troubled(&app, Ill::Orphan).await;
    let (paul, felix) = (app.api(PAUL).await, app.api(FELIX).await);
    assert_eq!(stands(&paul, &booking).await, (json!(["retry", "delete"]), json!("service-unclear")));
    app.app.clock.advance(SignedDuration::from_secs(61));
    announce::pass(&app.app).await.unwrap();
    let told = format!("recipient = '{PAUL}' and body like '%/bookings/{booking}/broker%'");
    assert_eq!(app.count("outbox", &told).await, 1, "the mail leads to the page");
    let start = app.sign_in(PAUL).await.get("/").await.html;
    assert!(start.contains(&format!("/bookings/{booking}/broker")), "and so does the start page: {start}");

    let both = futures::future::join_all([
        say(&paul, &booking, "retry", false),
        say(&felix, &booking, "retry", false),
    ])
    .await;
    assert!(both.iter().all(|answer| answer.status == 202), "{both:?}");
    assert_eq!(app.count("broker_words", "true").await, 1);
    let (other, waiting) = (say(&paul, &booking, "delete", true).await, paul.get(&path(&booking)).await.body);
    assert_eq!((other.status, &other.body["code"]), (422, &json!("word-open")), "{}", other.body);
    assert_eq!(
        (&waiting["words"], &waiting["waiting"]["word"]),
        (&json!([]), &json!("retry")),
        "{waiting:#}"
    );

    // Noted, heard, and the answer gets lost: it is read again and nothing more is said to the broker.
    assert_eq!(sim.hear_words(true).await, 1);
    assert_eq!(sim.hear_words(true).await, 1, "not heard yet");
    sim.broker_ill = None;
    pass(&app, &mut sim).await;
    assert_eq!(sim.hear_words(false).await, 1);
    pass(&app, &mut sim).await;
    assert_eq!((sim.hear_words(true).await, sim.hear_words(true).await), (1, 0));
    assert_eq!(sim.asked_by_word, [Word::Retry]);
    assert_eq!(show(&app.api(JANA).await, &booking).await["phase"], "active");
    let after = paul.get(&path(&booking)).await.body;
    assert_eq!((&after["words"], &after["history"][0]["state"]), (&json!([]), &json!("heard")), "{after:#}");
    let by = after["history"][0]["said_by"].as_str().unwrap();
    assert!(by.starts_with("paul") || by.starts_with("felix"), "{after:#}");
    assert_eq!(app.count("outbox", "subject like 'Ihr Standort hat es gehört%'").await, 1);
    let audit = |who: &str| format!("action = 'booking.word' and actor like '{who}:%'");
    assert_eq!(app.count("audit_entries", &audit("program")).await, 1, "said");
    assert!(app.count("audit_entries", &audit("operator")).await >= 1, "heard");
    assert_eq!(app.count("audit_entries", &audit("organisation")).await, 1, "in the customer's books");
    let nothing = say(&paul, &booking, "retry", false).await;
    assert_eq!(
        (nothing.status, &nothing.body["code"]),
        (422, &json!("word-nothing-to-do")),
        "{}",
        nothing.body
    );
}

#[actix_web::test]
async fn what_may_have_come_into_being_is_deleted_only_on_a_confirmed_word() {
    let app = TestApp::start().await;
    let (mut sim, booking) = troubled(&app, Ill::Orphan).await;
    let (paul, jana) = (app.api(PAUL).await, app.api(JANA).await);
    let page = format!("/bookings/{booking}/broker");
    let mut browser = app.sign_in(FELIX).await;
    let html = browser.get(&page).await.html;
    assert!(html.contains("Beim Broker löschen lassen") && html.contains("samt seinen Daten"), "{html}");

    // It asks before it deletes, and what was typed stays.
    let unsure = browser.submit(&page, &[("word", "delete"), ("reason", "steht dort doppelt")]).await;
    assert_eq!(unsure.status, 422);
    assert!(unsure.html.contains("kommt nicht wieder. Setzen Sie das Häkchen"), "{}", unsure.html);
    assert!(unsure.html.contains("steht dort doppelt"), "{}", unsure.html);
    let empty = browser.submit(&page, &[("confirm", "true")]).await;
    assert!(empty.html.contains("Schreiben Sie, warum") && empty.html.contains("eine der angebotenen"));
    let wrong = say(&paul, &booking, "rotate", false).await;
    assert_eq!(wrong.body["errors"][0]["pointer"], "/word", "{}", wrong.body);
    assert_eq!(app.count("broker_words", "true").await, 0);

    let said = browser
        .submit(&page, &[("word", "delete"), ("reason", "steht dort doppelt"), ("confirm", "true")])
        .await;
    assert_eq!(said.status, 303, "{}", said.html);
    let html = browser.get(&page).await.html;
    assert!(html.contains("Unterwegs zum Standort") && html.contains("felix"), "{html}");
    sim.hear_words(true).await;
    pass(&app, &mut sim).await;
    pass(&app, &mut sim).await;
    sim.hear_words(true).await;
    assert_eq!(sim.asked_by_word, [Word::Delete]);
    assert_eq!(stands(&paul, &booking).await, (json!(["retry"]), json!("service-failed")));
    assert_eq!(mails(&app, FELIX, "Ihr Standort hat es gehört").await, 1);
    let seen = show(&jana, &booking).await;
    assert_eq!(seen["acted"]["word"], "delete", "the customer reads that the provider acted: {seen:#}");
    assert!(!seen.to_string().contains("steht dort doppelt"), "and not why: {seen:#}");
    let html = app.sign_in(JANA).await.get(&format!("/bookings/{booking}")).await.html;
    assert!(html.contains("beim Service-Broker löschen, was für diese Buchung"), "{html}");

    let again = say(&paul, &booking, "delete", true).await;
    assert_eq!(again.body["errors"][0]["code"], "word-unfit", "nothing is unclear any more: {}", again.body);
    sim.broker_ill = None;
    assert_eq!(say(&paul, &booking, "retry", false).await.status, 202);
    sim.hear_words(true).await;
    pass(&app, &mut sim).await;
    pass(&app, &mut sim).await;
    sim.hear_words(true).await;
    let view = show(&jana, &booking).await;
    assert_eq!((&view["phase"], &view["acted"]), (&json!("active"), &Value::Null), "{view:#}");
}

#[actix_web::test]
async fn only_the_people_of_its_provider_say_something() {
    let app = TestApp::start().await;
    let (_sim, booking) = troubled(&app, Ill::Failed).await;
    for (who, status) in [
        ("paul@musterregion.example", 404),
        (JANA, 403),
        ("jana@kleindorf.example", 403),
        ("berta@beispielland.example", 403),
    ] {
        let api = app.api(who).await;
        assert_eq!(say(&api, &booking, "retry", false).await.status, status, "{who}");
        assert_eq!(api.get(&path(&booking)).await.status, status, "{who}");
    }
    let page = format!("/bookings/{booking}/broker");
    assert_eq!(app.sign_in("paul@musterregion.example").await.get(&page).await.status, 404);
    assert_eq!(app.count("broker_words", "true").await, 0);
    assert_eq!(show(&app.api(JANA).await, &booking).await["at_broker"], false);
    assert_eq!(show(&app.api(PAUL).await, &booking).await["at_broker"], true);
}

#[actix_web::test]
async fn what_no_location_heard_in_time_is_over_and_a_late_answer_counts() {
    let app = TestApp::start().await;
    let (mut sim, booking) = troubled(&app, Ill::Orphan).await;
    let paul = app.api(PAUL).await;
    assert_eq!(say(&paul, &booking, "delete", true).await.status, 202);
    let hours = |minutes: i64| app.app.clock.advance(SignedDuration::from_mins(minutes));
    hours(74);
    assert_eq!(words::pass(&app.app).await.unwrap(), 0);
    hours(2);
    for done in futures::future::join_all((0..3).map(|_| words::pass(&app.app))).await {
        done.unwrap();
    }
    assert_eq!(words::pass(&app.app).await.unwrap(), 0);
    assert_eq!(mails(&app, PAUL, "Nicht ausgeführt, was Sie gesagt haben").await, 1);
    let paul = app.api(PAUL).await;
    assert_eq!(paul.get(&path(&booking)).await.body["history"][0]["code"], "expired");
    // The location reads it now, and does nothing that somebody was told is over.
    assert_eq!(sim.hear_words(true).await, 1);
    assert_eq!(sim.hear_words(true).await, 0);
    pass(&app, &mut sim).await;
    assert_eq!(sim.asked_by_word, []);
    assert_eq!(paul.get(&path(&booking)).await.body["history"][0]["code"], "too-late");
    assert_eq!(mails(&app, PAUL, "Nicht ausgeführt, was Sie gesagt haben").await, 1, "told once");

    // Heard in time, and cut off before it could say so.
    assert_eq!(say(&paul, &booking, "retry", false).await.status, 202);
    sim.hear_words(true).await;
    sim.reconcile();
    assert_eq!(sim.asked_by_word, [Word::Retry]);
    hours(80);
    assert_eq!(words::pass(&app.app).await.unwrap(), 1);
    assert_eq!(sim.hear_words(true).await, 1);
    let paul = app.api(PAUL).await;
    let view = paul.get(&path(&booking)).await.body;
    assert_eq!(view["history"][0]["state"], "heard", "{view:#}");
    assert_eq!(mails(&app, PAUL, "Ihr Standort hat es gehört").await, 1);
}

#[actix_web::test]
async fn an_answer_counts_once_and_only_from_the_own_location() {
    let app = TestApp::start().await;
    let (sim, booking) = troubled(&app, Ill::Refused).await;
    let paul = app.api(PAUL).await;
    let unfit = say(&paul, &booking, "delete", true).await;
    assert_eq!(unfit.body["errors"][0]["code"], "word-unfit", "{}", unfit.body);
    assert_eq!(say(&paul, &booking, "retry", false).await.status, 202);
    let waiting = paul.get(&path(&booking)).await.body["waiting"].clone();
    let word = waiting["id"].as_str().unwrap().parse().unwrap();
    let other = tests::sim_cluster::create_location(&app, PAUL, "Zweitstadt").await;
    let elsewhere = SimCluster::enrol(&app, &other.to_string(), PAUL).await;
    assert!(elsewhere.marketplace.answer_word(word, &WordOutcome::Done).await.is_err());
    let failed = WordOutcome::Unavailable { code: "of-a-newer-version".to_owned() };
    sim.marketplace.answer_word(word, &failed).await.unwrap();
    sim.marketplace.answer_word(word, &WordOutcome::Done).await.unwrap();
    let view = paul.get(&path(&booking)).await.body;
    assert_eq!(view["history"][0]["state"], "failed", "the first answer counts: {view:#}");
    assert_eq!(mails(&app, PAUL, "Nicht ausgeführt, was Sie gesagt haben").await, 1);
    let html = app.sign_in(PAUL).await.get(&format!("/bookings/{booking}/broker")).await.html;
    assert!(html.contains("kennt dieser Marktplatz noch nicht"), "{html}");
}

#[actix_web::test]
async fn where_the_booking_ends_nothing_is_to_be_said() {
    let app = TestApp::start().await;
    let (mut sim, booking) = troubled(&app, Ill::Orphan).await;
    let (paul, jana) = (app.api(PAUL).await, app.api(JANA).await);
    assert_eq!(say(&paul, &booking, "retry", false).await.status, 202);
    let end = format!("/api/v1/bookings/{booking}/terminate");
    let ended = jana.post(&end, "end", &json!({"justification": "abgelöst"})).await;
    approve(&app, &ended.body).await;
    pass(&app, &mut sim).await;
    sim.hear_words(true).await;
    assert_eq!(sim.asked_by_word, [], "it ends by itself");
    let view = paul.get(&path(&booking)).await.body;
    assert_eq!(
        (&view["words"], &view["history"][0]["code"]),
        (&json!([]), &json!("nothing-to-do")),
        "{view:#}"
    );
}
