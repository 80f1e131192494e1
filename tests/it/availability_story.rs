//! Whether a booking could be used, beside what was promised; and maintenance that is announced, shortened, withdrawn.

use super::placement_story::rivals;
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::usecases::availability;
use tests::bookings::{approve, booked, show};
use tests::world::id;
use tests::{Api, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";

/// Something in the history of a booking, as an operator or a use-case would have written it.
async fn happened(app: &TestApp, booking: &str, name: &str, at: &str) {
    app.owner_sql(&format!(
        "insert into booking_events (id, booking_id, organisation_id, provider_id, happened_at, recorded_at, name, detail)
         select gen_random_uuid(), id, organisation_id, provider_id, '{at}', '{at}', '{name}',
            '{{\"message_key\": \"engine-down\", \"args\": {{}}}}' from bookings where id = '{booking}'"
    ))
    .await
    .unwrap();
}

async fn month(api: &Api, booking: &str, month: &str) -> Value {
    let answer = api.get(&format!("/api/v1/bookings/{booking}/availability?month={month}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

fn seconds(view: &Value, kind: &str) -> i64 {
    view["seconds"][kind].as_i64().unwrap()
}

/// The uses of a month are the whole month, to the second.
fn assert_whole(view: &Value, length: i64) {
    let kinds = ["available", "interrupted", "maintenance", "unknown", "not_counted"];
    assert_eq!(kinds.iter().map(|kind| seconds(view, kind)).sum::<i64>(), length, "{view}");
}

const NOVEMBER: i64 = 30 * 86_400;
const DECEMBER: i64 = 31 * 86_400;

#[actix_web::test]
async fn a_month_is_measured_from_what_the_location_said() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    let before = month(&jana, &booking, "2026-11").await;
    assert_whole(&before, NOVEMBER);
    assert_eq!((seconds(&before, "not_counted"), before["percent"].as_str()), (NOVEMBER, None), "{before}");
    sim.tick().await;

    // Beats every five minutes for two hours; within them twenty minutes of disturbance.
    happened(&app, &booking, "interrupted", "2026-11-24T09:30:00Z").await;
    happened(&app, &booking, "ready", "2026-11-24T09:50:00Z").await;
    for _ in 0..24 {
        app.app.clock.advance(SignedDuration::from_mins(5));
        sim.beat().await;
    }
    let view = month(&jana, &booking, "2026-11").await;
    assert_whole(&view, NOVEMBER);
    assert_eq!((seconds(&view, "interrupted"), seconds(&view, "unknown")), (1200, 0), "{view}");
    assert_eq!(seconds(&view, "available"), 2 * 3600 - 1200, "{view}");
    assert_eq!(view["interruptions"][0]["from"], "2026-11-24T09:30:00Z");
    assert_eq!(view["interruptions"][0]["reason"]["code"], "engine-down");

    // Nothing is heard for three hours: that is unknown until the location says something, and afterwards, too.
    app.app.clock.advance(SignedDuration::from_hours(3));
    let quiet = month(&jana, &booking, "2026-11").await;
    assert_eq!(seconds(&quiet, "unknown"), 3 * 3600, "{quiet}");
    sim.beat().await;
    let heard = month(&jana, &booking, "2026-11").await;
    assert_whole(&heard, NOVEMBER);
    assert_eq!(seconds(&heard, "unknown"), 3 * 3600, "{heard}");
    assert_eq!(seconds(&heard, "available"), seconds(&view, "available"));
    let percent = |view: &Value, name: &str| view[name].as_str().unwrap().parse::<f64>().unwrap();
    assert!(percent(&heard, "at_least") < percent(&heard, "percent"), "{heard}");

    // Customer and provider read the same, on the page and by the API.
    let paul = app.api(PAUL).await;
    assert_eq!(month(&paul, &booking, "2026-11").await, heard);
    let page = format!("/bookings/{booking}");
    for who in [JANA, PAUL] {
        let mut browser = app.sign_in(who).await;
        assert!(browser.get(&page).await.html.contains("Verfügbarkeit"), "{who}");
        let html = browser.get(&format!("{page}/availability?month=2026-11")).await.html;
        assert!(html.contains("20\u{a0}Min.") && html.contains("unbekannt"), "{html}");
    }
    for path in [format!("{page}/availability?month=2026-09"), format!("{page}/availability?month=soon")] {
        assert_eq!(app.sign_in(JANA).await.get(&path).await.status, 404, "{path}");
    }
    let stranger = app.api("jana@kleindorf.example").await;
    assert_eq!(stranger.get(&format!("/api/v1{page}/availability")).await.status, 404);
}

#[actix_web::test]
async fn what_the_customer_stopped_is_not_held_against_the_provider() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let path = format!("/api/v1/bookings/{booking}/power");
    let heard = async |sim: &mut SimCluster<'_>, minutes: i64| {
        for _ in 0..minutes / 5 {
            app.app.clock.advance(SignedDuration::from_mins(5));
            sim.tick().await;
        }
    };
    heard(&mut sim, 60).await;
    let stopped = jana.post(&path, "stop", &json!({"power": "stopped", "justification": "Pause"})).await;
    assert_eq!(stopped.status, 201, "{}", stopped.body);
    heard(&mut sim, 120).await;
    let started = jana.post(&path, "start", &json!({"power": "running"})).await;
    assert_eq!(started.status, 201, "{}", started.body);
    heard(&mut sim, 60).await;
    let view = month(&jana, &booking, "2026-11").await;
    assert_whole(&view, NOVEMBER);
    assert_eq!((seconds(&view, "interrupted"), seconds(&view, "unknown")), (0, 0), "{view}");
    let available = seconds(&view, "available");
    assert!((7200 - 600..=7200).contains(&available), "an hour before and one after: {view}");
}

/// A database under the version that promises 99.5 per cent and a lead of 24 hours.
async fn booked_of_product(app: &TestApp, jana: &Api) -> String {
    let order = json!({
        "offering": id::POSTGRESQL, "plan": "00000000-0000-7000-8000-000000000470", "name": "Baumkataster",
        "parameters": {"database": "baum", "version": 15, "storage_gib": 10, "allowed_networks": []},
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": "2026-11-24", "justification": "Fachverfahren der Grünpflege",
    });
    let placed = jana.post("/api/v1/orders", "a", &order).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    approve(app, &placed.body).await;
    let list = jana.get("/api/v1/bookings").await;
    list.body["rows"][0]["id"].as_str().unwrap().to_owned()
}

/// The windows of a location, as its provider reads them.
async fn windows(paul: &Api) -> Vec<Value> {
    let answer = paul.get(&format!("/api/v1/locations/{}/maintenance", id::LOCATION)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["windows"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn maintenance_is_announced_in_time_or_counts_for_nothing() {
    let app = TestApp::start().await;
    rivals(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let (jana, paul) = (app.api(JANA).await, app.api(PAUL).await);
    let booking = booked_of_product(&app, &jana).await;
    sim.tick().await;

    let path = format!("/api/v1/locations/{}/maintenance", id::LOCATION);
    let window =
        |from: &str, to: &str| json!({"starts_at": from, "ends_at": to, "reason": "Neue Netzgeräte"});
    let (ok, late) = (
        window("2026-11-25T20:00:00Z", "2026-11-25T22:00:00Z"),
        window("2026-11-24T20:00:00Z", "2026-11-24T21:00:00Z"),
    );
    for (wrong, code) in [
        (window("2026-11-24T08:00:00Z", "2026-11-24T10:00:00Z"), "maintenance-past"),
        (window("2026-11-26T10:00:00Z", "2026-11-26T10:00:00Z"), "maintenance-empty"),
        (window("2026-11-26T10:00:00Z", "2026-12-06T10:00:00Z"), "maintenance-too-long"),
    ] {
        let refused = paul.post(&path, "", &wrong).await;
        assert_eq!(
            (refused.status, refused.body["errors"][0]["code"].as_str()),
            (422, Some(code)),
            "{}",
            refused.body
        );
    }
    assert_eq!(paul.post(&path, "", &ok).await.status, 201);
    assert_eq!(paul.post(&path, "", &late).await.status, 201);
    let told = availability::tell(&app.app).await.unwrap();
    assert_eq!(
        (told, availability::tell(&app.app).await.unwrap()),
        (2, 0),
        "each customer once of each notice"
    );
    assert_eq!(
        app.count("outbox", "recipient = 'jana@mittelfeld.example' and subject like 'Wartung am Standort%'")
            .await,
        2
    );
    assert_eq!(
        app.count("outbox", "recipient = 'murat@mittelfeld.example'").await,
        2,
        "the technical staff, too"
    );
    assert_eq!(
        app.count("outbox", "recipient like '%kleindorf%'").await,
        0,
        "who has nothing there is not bothered"
    );

    // The customer sees both, and which of them counts.
    let view = show(&jana, &booking).await;
    let agreed: Vec<bool> =
        view["maintenance"].as_array().unwrap().iter().map(|it| it["agreed"].as_bool().unwrap()).collect();
    assert_eq!(agreed, [false, true], "the first comes 11 hours from now");
    let html = app.sign_in(JANA).await.get(&format!("/bookings/{booking}")).await.html;
    assert!(html.contains("zählt als vereinbart") && html.contains("zu spät angekündigt"), "{html}");

    down_in_both(&app, &mut sim, &booking).await;
    // What is over cannot be made undone.
    let id =
        windows(&paul).await.iter().find(|it| it["from"] == "2026-11-25T20:00:00Z").unwrap()["id"].clone();
    let over = paul.post(&format!("{path}/{}/withdraw", id.as_str().unwrap()), "", &json!({})).await;
    assert_eq!((over.status, over.body["code"].as_str()), (422, Some("maintenance-over")), "{}", over.body);
    let edited =
        app.owner_sql("update maintenance_notices set starts_at = starts_at - interval '1 day'").await;
    assert!(edited.unwrap_err().contains("append-only"));
}

/// Down in both windows, and half an hour longer than agreed in the second.
async fn down_in_both(app: &TestApp, sim: &mut SimCluster<'_>, booking: &str) {
    let late = ("2026-11-24T20:00:00Z", "2026-11-24T21:00:00Z");
    for (from, to) in [late, ("2026-11-25T20:00:00Z", "2026-11-25T22:30:00Z")] {
        happened(app, booking, "interrupted", from).await;
        happened(app, booking, "ready", to).await;
    }
    for _ in 0..(48 * 12) {
        app.app.clock.advance(SignedDuration::from_mins(5));
        sim.beat().await;
    }
    let view = month(&app.api(JANA).await, booking, "2026-11").await;
    assert_whole(&view, NOVEMBER);
    assert_eq!((seconds(&view, "maintenance"), seconds(&view, "interrupted")), (7200, 3600 + 1800), "{view}");
    assert_eq!(
        (view["outcome"].as_str(), view["promised"]["lead_hours"].as_i64()),
        (Some("missed"), Some(24))
    );
}

#[actix_web::test]
async fn a_window_is_shortened_and_withdrawn_and_its_history_stays() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let api = app.api(JANA).await;
    let booking = booked(&app, &api, "Baumkataster", "a").await;
    sim.tick().await;
    let mut paul = app.sign_in(PAUL).await;
    let page = format!("/locations/{}/maintenance", id::LOCATION);
    let html = paul.get(&page).await.html;
    assert!(
        html.contains("Keine Wartung angekündigt") && html.contains("Hier läuft 1 Buchung von 1 Kunden."),
        "{html}"
    );
    let empty = paul.submit(&page, &[("starts_at", ""), ("ends_at", "morgen"), ("reason", "")]).await;
    assert_eq!(empty.status, 422);
    for told in ["Beginn: Geben Sie Tag", "Ende: Geben Sie Tag", "href=\"#reason\""] {
        assert!(empty.html.contains(told), "{told}: {}", empty.html);
    }
    // Local time: 22:00 in Berlin is 21:00 UTC in winter.
    let typed =
        [("starts_at", "2026-12-05T22:00"), ("ends_at", "2026-12-06T02:00"), ("reason", "Neue Netzgeräte")];
    let sent = paul.submit(&page, &typed).await;
    assert_eq!((sent.status, sent.location), (303, Some(page.clone())), "{}", sent.html);
    let reader = app.api(PAUL).await;
    let window = windows(&reader).await.pop().unwrap();
    assert_eq!(window["from"], "2026-12-05T21:00:00Z");
    availability::tell(&app.app).await.unwrap();

    let one = format!("{page}/{}", window["id"].as_str().unwrap());
    paul.get(&page).await;
    let longer = paul.submit(&one, &[("action", "shorten"), ("ends_at", "2026-12-06T03:00")]).await;
    assert!(longer.html.contains("Ein Fenster wird nur kürzer"), "{}", longer.html);
    assert!(longer.html.contains("value=\"2026-12-06T03:00\""), "what was typed stays: {}", longer.html);
    paul.get(&page).await;
    let unread = paul.submit(&one, &[("action", "shorten"), ("starts_at", "gestern"), ("ends_at", "")]).await;
    let input = format!("from-{}", window["id"].as_str().unwrap());
    assert!(unread.html.contains(&format!("href=\"#{input}\"")), "{}", unread.html);
    assert!(!unread.html.contains("href=\"#until-"), "an end that is left out stays as it was");
    paul.get(&page).await;
    let shorter = paul.submit(&one, &[("action", "shorten"), ("ends_at", "2026-12-06T00:00")]).await;
    assert_eq!(shorter.status, 303, "{}", shorter.html);
    availability::tell(&app.app).await.unwrap();
    assert_eq!(app.count("outbox", "subject like '%ist kürzer'").await, 2, "orderer and technical staff");
    paul.get(&page).await;
    assert_eq!(paul.submit(&one, &[("action", "withdraw")]).await.status, 303);
    availability::tell(&app.app).await.unwrap();
    assert_eq!(app.count("outbox", "subject like '%entfällt'").await, 2);
    let window = windows(&reader).await.pop().unwrap();
    let said: Vec<&str> =
        window["history"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap()).collect();
    assert_eq!(said, ["announced", "shortened", "withdrawn"]);
    paul.get(&page).await;
    let again = paul.submit(&one, &[("action", "withdraw")]).await;
    assert!(again.html.contains("vorbei oder zurückgezogen"), "{}", again.html);
    let html = app.sign_in(JANA).await.get(&format!("/bookings/{booking}")).await.html;
    assert!(html.contains("zurückgezogen"), "{html}");
    for (who, status) in [("lena@beispielland.example", 403), ("paul@musterregion.example", 404)] {
        let body =
            json!({"starts_at": "2026-12-05T20:00:00Z", "ends_at": "2026-12-05T21:00:00Z", "reason": "x"});
        assert_eq!(
            app.api(who).await.post(&format!("/api/v1{page}"), "", &body).await.status,
            status,
            "{who}"
        );
    }
}

#[actix_web::test]
async fn a_month_that_is_over_is_kept_for_whoever_compares() {
    let app = TestApp::start().await;
    rivals(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked_of_product(&app, &jana).await;
    sim.tick().await;
    assert_eq!(availability::measure(&app.app).await.unwrap(), 0, "nothing was booked in October");
    let end: jiff::Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
    while app.app.clock.now() < end {
        app.app.clock.advance(SignedDuration::from_mins(10));
        sim.beat().await;
    }
    happened(&app, &booking, "interrupted", "2026-11-26T08:00:00Z").await;
    happened(&app, &booking, "ready", "2026-11-26T10:00:00Z").await;
    assert_eq!(availability::measure(&app.app).await.unwrap(), 0, "operators get two days to tell");
    app.app.clock.advance(SignedDuration::from_hours(49));
    sim.beat().await;
    assert_eq!(availability::measure(&app.app).await.unwrap(), 1);
    assert_eq!(availability::measure(&app.app).await.unwrap(), 0, "once");
    let own = month(&jana, &booking, "2026-11").await;
    assert_eq!(seconds(&own, "interrupted"), 7200, "{own}");
    let view = jana.get("/api/v1/products/postgresql").await.body;
    let offer = view["offers"].as_array().unwrap().iter().find(|it| it["measured"].is_object()).unwrap();
    assert_eq!(offer["measured"]["percent"], own["percent"], "one booking is the whole offer: {offer}");
    assert_eq!(
        (offer["measured"]["months"].as_i64(), offer["measured"]["bookings"].as_i64()),
        (Some(1), Some(1))
    );
    let december = month(&jana, &booking, "2026-12").await;
    assert_whole(&december, DECEMBER);
}
