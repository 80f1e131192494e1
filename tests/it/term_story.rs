//! A booking for a fixed term: what it binds, who is reminded when, how it is put off, and how it ends.

use jiff::SignedDuration;
use serde_json::{Value, json};
use server::worker::{end_due, remind};
use tests::bookings::{approve, show};
use tests::world::id;
use tests::{Api, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";

fn days(app: &TestApp, days: i64) {
    app.app.clock.advance(SignedDuration::from_hours(24 * days));
}

fn wish(ends_on: &str) -> Value {
    wish_from("2026-11-24", ends_on)
}

fn wish_from(wished_on: &str, ends_on: &str) -> Value {
    json!({
        "offering": id::POSTGRESQL, "plan": id::POSTGRESQL_PLAN, "name": "Wahlhelfer",
        "parameters": {"database": "wahl", "version": 15, "storage_gib": 10, "allowed_networks": ["192.0.2.0/24"]},
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": wished_on, "ends_on": ends_on, "justification": "nur für die Wahl",
    })
}

async fn booked(app: &TestApp, jana: &Api, ends_on: &str) -> String {
    let sent = jana.post("/api/v1/orders", &format!("k{ends_on}"), &wish(ends_on)).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    approve(app, &sent.body).await;
    jana.get("/api/v1/bookings").await.body["rows"][0]["id"].as_str().unwrap().to_owned()
}

async fn reminded(app: &TestApp) -> i64 {
    app.count("outbox", "subject like '%endet am%'").await
}

#[actix_web::test]
async fn a_fixed_term_binds_its_months_reminds_and_ends() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let sent = jana.post("/api/v1/orders", "k", &wish("2026-12-01")).await;
    assert_eq!(sent.body["commitment"]["amount"], "36.53", "one begun month: {}", sent.body);
    assert_eq!(sent.body["content"]["end_day"], "2026-12-01");
    let withdrawn = format!("/api/v1/orders/{}/withdraw", sent.body["id"].as_str().unwrap());
    jana.post(&withdrawn, "", &json!({})).await;

    let booking = booked(&app, &jana, "2027-01-06").await;
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!(
        (view["phase"].as_str(), view["progress"]["action"].as_str()),
        (Some("active"), Some("create"))
    );
    assert_eq!(
        (view["end"]["over"].as_bool(), view["may"]["change"].as_bool()),
        (Some(false), Some(true)),
        "{view:#}"
    );
    assert_eq!(remind::pass(&app.app).await.unwrap(), 0, "six weeks are left");
    days(&app, 14);
    assert_eq!(remind::pass(&app.app).await.unwrap(), 1);
    assert_eq!(remind::pass(&app.app).await.unwrap(), 0, "once");
    days(&app, 24);
    assert_eq!(remind::pass(&app.app).await.unwrap(), 1, "a week before");
    assert_eq!(reminded(&app).await, 2);
    days(&app, 10);
    assert_eq!(remind::pass(&app.app).await.unwrap(), 0);
    assert_eq!(end_due::pass(&app.app).await.unwrap(), 1);
    let view = show(&app.api(JANA).await, &booking).await;
    assert_eq!(view["end"]["over"], true, "{view:#}");
    assert_eq!(view["progress"]["action"], "terminate");
}

#[actix_web::test]
async fn a_term_is_put_off_with_its_money_and_reminded_anew() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "2026-12-01").await;
    sim.tick().await;
    assert_eq!(remind::pass(&app.app).await.unwrap(), 0, "who sets an end within a week knows it");
    let path = format!("/api/v1/bookings/{booking}/resume");
    let longer = |until: &str| json!({"ends_on": until, "justification": "Stichwahl"});
    for (until, code) in [
        ("2026-11-30", "end-not-later"),
        ("2026-12-01", "end-not-later"),
        ("2026-11-01", "end-before-start"),
        ("2040-01-01", "end-too-far"),
    ] {
        let refused = jana.post(&path, &format!("w{until}"), &longer(until)).await;
        assert_eq!(
            (refused.status, refused.body["errors"][0]["code"].as_str()),
            (422, Some(code)),
            "{}",
            refused.body
        );
        assert_eq!(refused.body["errors"][0]["pointer"], "/ends_on");
    }
    let sent = jana.post(&path, "longer", &longer("2027-02-01")).await;
    assert_eq!(sent.body["commitment"]["amount"], "36.53", "December comes on top: {}", sent.body);
    assert_eq!(sent.body["content"]["end_day"], "2027-02-01");
    approve(&app, &sent.body).await;
    let view = show(&jana, &booking).await;
    assert!(
        view["end"]["effective_at"].as_str().unwrap().starts_with("2027-01-31T23:00"),
        "{:#}",
        view["end"]
    );
    assert_eq!(view["progress"]["action"], "resume");
    let later = json!({"ends_on": "2027-03-01", "justification": "zu spät"});
    let refused = jana.post(&format!("/api/v1/bookings/{booking}/terminate"), "t", &later).await;
    assert_eq!(refused.body["errors"][0]["code"], "end-not-earlier", "{}", refused.body);
    let seen = tobias_reads(&app, &sent.body).await;
    assert!(seen.contains("01.12.2026 → 01.02.2027"), "the end before stands beside the new one: {seen}");
    assert!(seen.contains("30,70") && !seen.contains("Keine neuen Kosten"), "{seen}");
    days(&app, 40);
    assert_eq!(remind::pass(&app.app).await.unwrap(), 1);
    assert_eq!(end_due::pass(&app.app).await.unwrap(), 0);

    let jana = app.api(JANA).await;
    let sent = jana.post(&path, "open", &json!({"justification": "doch auf Dauer"})).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    approve(&app, &sent.body).await;
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!((&view["end"], view["phase"].as_str()), (&Value::Null, Some("active")));
}

async fn tobias_reads(app: &TestApp, order: &Value) -> String {
    let mut tobias = app.sign_in("tobias@mittelfeld.example").await;
    tobias.get(&format!("/approvals/{}", order["id"].as_str().unwrap())).await.html
}

#[actix_web::test]
async fn what_is_approved_too_late_costs_no_longer_and_binds_what_it_needs() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "2026-12-02").await;
    sim.tick().await;
    days(&app, 6);
    let jana = app.api(JANA).await;
    let path = format!("/api/v1/bookings/{booking}");
    let end = jana.post(&format!("{path}/terminate"), "end", &json!({"justification": "sofort"})).await;
    assert_eq!(end.status, 201, "{}", end.body);
    days(&app, 3);
    assert_eq!(end_due::pass(&app.app).await.unwrap(), 1, "the term is over");
    approve(&app, &end.body).await;
    let view = show(&app.api(JANA).await, &booking).await;
    assert!(
        view["end"]["effective_at"].as_str().unwrap().starts_with("2026-12-01T23:00"),
        "{:#}",
        view["end"]
    );

    let jana = app.api(JANA).await;
    sim.tick().await;
    let sent = jana.post("/api/v1/orders", "past", &wish_from("2026-12-04", "2026-12-06")).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    days(&app, 4);
    let tobias = app.api("tobias@mittelfeld.example").await;
    let decided = format!("/api/v1/approvals/{}", sent.body["id"].as_str().unwrap());
    let over = tobias.post(&decided, "", &json!({"decision": "approve", "reason": ""})).await;
    assert_eq!(over.body["code"], "term-over", "{}", over.body);
}

#[actix_web::test]
async fn an_extension_holds_months_that_are_not_invoiced_yet() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "2026-12-20").await;
    sim.tick().await;
    days(&app, 12);
    let jana = app.api(JANA).await;
    let path = format!("/api/v1/bookings/{booking}/resume");
    let longer = json!({"ends_on": "2026-12-30", "justification": "Stichwahl"});
    let sent = jana.post(&path, "same-months", &longer).await;
    assert_eq!(sent.body["commitment"], Value::Null, "November and December are held: {}", sent.body);
}

#[actix_web::test]
async fn an_extension_counts_the_past_by_what_was_agreed_then() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "2026-12-20").await;
    sim.tick().await;
    days(&app, 12);
    let jana = app.api(JANA).await;
    let path = format!("/api/v1/bookings/{booking}");
    let larger = |gib: u32| json!({"parameters": {"storage_gib": gib}, "justification": "mehr"});
    let longer = json!({"ends_on": "2026-12-30", "justification": "Stichwahl"});
    let sent = jana.post(&format!("{path}/change"), "up", &larger(20)).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    assert_eq!(sent.body["commitment"]["amount"], "4.17", "December is dearer, November is not");
    let waits = jana.post(&format!("{path}/resume"), "early", &longer).await;
    assert_eq!(waits.body["code"], "change-waits", "{}", waits.body);
    approve(&app, &sent.body).await;
    sim.tick().await;
    let sent = jana.post(&format!("{path}/resume"), "longer", &longer).await;
    assert_eq!(sent.body["commitment"], Value::Null, "the change holds December as it is now: {}", sent.body);
    let waits = jana.post(&format!("{path}/change"), "late", &larger(30)).await;
    assert_eq!(waits.body["code"], "resume-waits", "{}", waits.body);
}

#[actix_web::test]
async fn what_ends_without_being_kept_says_so() {
    let app = TestApp::start().await;
    let sql = format!(
        "alter table offering_versions disable trigger user;
         update offering_versions set details = details || '{{\"keep_days\": 0}}' where id = '{}';
         alter table offering_versions enable trigger user",
        id::POSTGRESQL_VERSION
    );
    app.owner_sql(&sql).await.unwrap();
    let _sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    booked(&app, &jana, "2027-01-06").await;
    days(&app, 14);
    assert_eq!(remind::pass(&app.app).await.unwrap(), 1);
    assert_eq!(app.count("outbox", "subject like '%die Daten werden gelöscht%'").await, 1);
}

#[actix_web::test]
async fn the_form_asks_for_a_term_and_the_page_offers_to_extend() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let api = app.api(JANA).await;
    let booking = booked(&app, &api, "2027-01-06").await;
    sim.tick().await;
    let mut jana = app.sign_in(JANA).await;
    let page = format!("/bookings/{booking}");
    let html = jana.get(&page).await.html;
    assert!(html.contains("endet am 6. Januar 2027") || html.contains("endet am 06.01.2027"), "{html}");
    assert!(html.contains("Verlängern") && html.contains("Buchung ändern"), "{html}");
    let wrong = jana
        .submit(
            &format!("{page}/resume"),
            &[("end_day", "40"), ("end_month", "1"), ("end_year", "2027"), ("justification", "x")],
        )
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.html.contains("value=\"40\""), "what was typed stays");
    let form = jana.get(&format!("/offerings/{}/order", id::POSTGRESQL)).await.html;
    assert!(form.contains("Befristet bis?"), "{form}");
}
