//! What people count and report for a booking that people fulfil: by file, by program, twice, wrongly and too late; and the
//! record of the online service that went live.

use crate::billing::{BILLS, issue};
use crate::tasks_story::{FELIX, JANA, booked, confirms, fine, prepared, start, states_day};
use domain::time::Month;
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::usecases::invoices::verify::verify_all;
use tests::bookings::show;
use tests::{Api, TestApp};

const HEAD: &str = "Tag;Messgröße;Anzahl;Vorgang\r\n";

/// A booking whose start on 27 November was confirmed; it is 1 December.
async fn started(app: &TestApp) -> (Api, Api, String) {
    let (jana, felix) = (app.api(JANA).await, app.api(FELIX).await);
    let booking = booked(app, &jana).await;
    prepared(&felix, &jana, &booking).await;
    app.app.clock.set("2026-12-01T09:00:00Z".parse().unwrap());
    fine(&states_day(&felix, &booking, "start", "2026-11-27").await);
    fine(&confirms(&jana, &booking, "confirm-start").await);
    (jana, felix, booking)
}

fn line(day: &str, count: i64, reference: &str) -> Value {
    json!({"day": day, "meter": "cases", "count": count, "reference": reference})
}

async fn report(felix: &Api, booking: &str, lines: &[Value]) -> Vec<String> {
    let answer =
        felix.post(&format!("/api/v1/bookings/{booking}/counts"), "", &json!({"lines": lines})).await;
    fine(&answer);
    answers(&answer.body)
}

/// Answer of each line, with its reason.
fn answers(view: &Value) -> Vec<String> {
    let answer = |row: &Value| match row["reason"]["code"].as_str() {
        Some(reason) => format!("{} {reason}", row["answer"].as_str().unwrap()),
        None => row["answer"].as_str().unwrap().to_owned(),
    };
    view["rows"].as_array().unwrap().iter().map(answer).collect()
}

/// Number and unit of everything that was counted, as the page of the booking shows it.
async fn cases(api: &Api, booking: &str) -> i64 {
    let view = show(api, booking).await;
    let rows = view["usage"]["rows"].as_array().unwrap().clone();
    let counted = rows.iter().filter(|row| row["meter"] == "cases");
    counted.map(|row| row["quantity"].as_str().unwrap().parse::<i64>().unwrap()).sum()
}

#[actix_web::test]
async fn counted_lines_are_taken_once_and_billed_even_if_they_come_late() {
    let app = TestApp::start().await;
    start(&app).await;
    let (jana, felix, booking) = started(&app).await;
    let lines = [
        line("2026-11-27", 3, "K-1"),
        line("2026-11-30", 2, "K-2"),
        line("2026-12-01", 1, "K-3"),
        line("2026-11-26", 1, "K-4"),
        line("2026-11-28", -1, "K-5"),
        line("2026-11-28", 1, ""),
        line("2026-11-27", 3, "K-1"),
        line("2026-11-27", 4, "K-1"),
    ];
    let expected = [
        "accepted",
        "accepted",
        "rejected count-day-open",
        "rejected count-before-start",
        "rejected count-number",
        "rejected count-reference",
        "duplicate",
        "conflict conflict",
    ];
    let preview = format!("/api/v1/bookings/{booking}/counts/preview");
    let shown = felix.post(&preview, "", &json!({"lines": lines})).await;
    fine(&shown);
    assert_eq!(answers(&shown.body), expected);
    assert_eq!(cases(&jana, &booking).await, 0, "a preview stores nothing");
    assert_eq!(report(&felix, &booking, &lines).await, expected);
    assert_eq!(cases(&jana, &booking).await, 5);
    assert_eq!(
        report(&felix, &booking, &lines[..2]).await,
        ["duplicate", "duplicate"],
        "twice changes nothing"
    );
    assert_eq!(cases(&jana, &booking).await, 5);
    let gaps = show(&jana, &booking).await["usage"]["gaps"].to_string();
    assert!(gaps.contains("conflict"), "the customer sees what contradicts itself: {gaps}");

    let own = json!({"lines": [line("2026-11-28", 1, "K-9")]});
    let path = format!("/api/v1/bookings/{booking}/counts");
    assert_eq!(jana.post(&path, "", &own).await.status, 403, "customers report nothing");
    let foreign = app.api("paul@musterregion.example").await;
    assert_eq!(foreign.post(&path, "", &own).await.status, 403);

    // Four of thirty days of 60 €, and five cases of 2.40 €.
    let berta = app.actor(BILLS).await;
    let november = Month::new(2026, 11).unwrap();
    let issued = issue(&app, &berta, november).await.unwrap();
    assert_eq!(issued[0].net.to_string(), "20.00");
    app.app.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(report(&felix, &booking, &[line("2026-11-29", 10, "K-6")]).await, ["accepted"]);
    let late = server::usecases::months::show(&app.app, &berta, november).await.unwrap();
    assert_eq!(
        late.late().map(|(_, late)| late.net().to_string()).collect::<Vec<_>>(),
        ["24.00"],
        "ten cases came late"
    );
    let report = verify_all(&app.app).await.unwrap();
    assert!(report.intact(), "{report:?}");
}

#[actix_web::test]
async fn a_file_is_shown_before_it_is_taken() {
    let app = TestApp::start().await;
    start(&app).await;
    let (jana, _, booking) = started(&app).await;
    let mut felix = app.sign_in(FELIX).await;
    let page = format!("/bookings/{booking}/counts");
    assert!(felix.get(&format!("/bookings/{booking}")).await.html.contains("Zahlen melden"));
    let template = felix.get(&format!("{page}.csv")).await;
    assert_eq!(template.html.trim_start_matches('\u{feff}'), HEAD);
    felix.get(&page).await;
    let wrong = felix.submit(&page, &[("table", "Datum;Menge\n1;2")]).await;
    assert!(wrong.status == 422 && wrong.html.contains("Die erste Zeile lautet"), "{}", wrong.html);
    assert!(wrong.html.contains("Datum;Menge"), "nothing typed is lost");

    let table = format!("{HEAD}28.11.2026;Fälle;3;K-1\r\nirgendwann;cases;1;K-2\r\n");
    let form = felix.get(&page).await;
    let csrf = form.hidden("csrf").unwrap();
    let shown = felix.upload(&page, &[("csrf", &csrf), ("table", "")], ("file", "faelle.csv", &table)).await;
    assert_eq!(shown.status, 200, "{}", shown.html);
    assert!(shown.html.contains("1 neu, 0 schon bekannt, 0 im Widerspruch, 1 abgelehnt"), "{}", shown.html);
    assert!(shown.html.contains("Der Tag ist nicht lesbar"));
    assert_eq!(cases(&jana, &booking).await, 0);
    let taken = felix.submit(&format!("{page}/take"), &[("table", &table)]).await;
    assert!(taken.html.contains("Das ist daraus geworden"), "{}", taken.html);
    assert_eq!(cases(&jana, &booking).await, 3);
    let forged = felix.upload(&page, &[("csrf", "x")], ("file", "f.csv", &table)).await;
    assert_eq!(forged.status, 403, "a file needs the token as well");
}

#[actix_web::test]
async fn going_live_gives_the_record_for_the_service_finder() {
    let app = TestApp::start().await;
    start(&app).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana).await;
    let path = format!("/api/v1/bookings/{booking}/online-service");
    assert_eq!(jana.get(&path).await.status, 404, "not before it went live");
    let felix = app.api(FELIX).await;
    prepared(&felix, &jana, &booking).await;
    app.app.clock.set("2026-12-01T09:00:00Z".parse().unwrap());
    fine(&states_day(&felix, &booking, "start", "2026-11-27").await);
    fine(&confirms(&jana, &booking, "confirm-start").await);
    let expected = json!([{
        "title": "Fahrtenschreiberkarte", "url": "https://karte.example/160990000012", "leika": "99108055001000",
        "ars": "160990000012", "valid_from": "2026-11-27", "booking": "BU-2026-0001",
    }]);
    assert_eq!(jana.get(&path).await.body, expected);
    let mut browser = app.sign_in(FELIX).await;
    let csv = browser.get(&format!("/bookings/{booking}/online-service.csv")).await;
    assert!(
        csv.html.ends_with(
            "https://karte.example/160990000012;99108055001000;160990000012;2026-11-27;BU-2026-0001\r\n"
        ),
        "{}",
        csv.html
    );
    assert!(csv.headers["content-disposition"].contains("BU-2026-0001-onlinedienst.csv"));
    let stranger = app.api("jana@kleindorf.example").await;
    assert_eq!(stranger.get(&path).await.status, 404);
}
