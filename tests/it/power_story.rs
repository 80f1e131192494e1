//! Stopping a booking for the weekend and starting it again: on the page, by the API, and in everything that can go wrong.

use contract::Meter;
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::bookings::{approve, booked, show, steps};
use tests::world::id;
use tests::{SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";

#[actix_web::test]
async fn what_is_stopped_costs_storage_only_and_comes_back() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let path = format!("/api/v1/bookings/{booking}/power");
    let before = show(&jana, &booking).await;
    assert_eq!(before["power"]["wanted"], "running");
    let money = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let (running, stopped) =
        (money(&before["power"]["monthly_net"]), money(&before["power"]["stopped_monthly_net"]));
    assert!(0.0 < stopped && stopped <= running, "{stopped} of {running}");

    app.app.clock.advance(SignedDuration::from_hours(2));
    sim.tick().await;
    let sent = jana.post(&path, "stop", &json!({"power": "stopped", "justification": "Wochenende"})).await;
    assert_eq!((sent.status, sent.body["state"].as_str()), (201, Some("approved")), "{}", sent.body);
    assert_eq!(show(&jana, &booking).await["phase"], "stopping");
    app.app.clock.advance(SignedDuration::from_secs(5));
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "stopped", "{:#}", view["progress"]);
    let done = ["requested", "fetched", "stopped"].map(|code| (code.to_owned(), "done".to_owned()));
    assert_eq!(steps(&view), done);
    assert!(sim.objects().any(|object| object["kind"] == "PersistentVolumeClaim"), "the data stay");
    assert_eq!(held(&view), ["0", "0", "10"], "processors and memory are given back: {:#}", view["sizes"]);

    app.app.clock.advance(SignedDuration::from_hours(48));
    sim.tick().await;
    let sent = jana.post(&path, "start", &json!({"power": "running"})).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    assert_eq!(show(&jana, &booking).await["phase"], "starting", "nothing is changed");
    assert_eq!(
        jana.get("/api/v1/bookings").await.body["rows"][0]["phase"],
        "starting",
        "the list says the same"
    );
    app.app.clock.advance(SignedDuration::from_secs(5));
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "active");
    assert!(!held(&view).contains(&"0"), "{:#}", view["sizes"]);
    app.app.clock.advance(SignedDuration::from_hours(24));
    sim.tick().await;
    let usage = sim.intervals(Meter::Vcpu);
    let seconds = |amount: i64| -> i64 {
        usage
            .iter()
            .filter(|row| row.amount == amount)
            .map(|row| row.to.as_second() - row.from.as_second())
            .sum()
    };
    assert!((seconds(0) - 48 * 3600).abs() < 60, "{usage:#?}");
    assert!(sim.intervals(Meter::Storage).iter().all(|row| row.amount > 0), "storage goes on");
    let view = show(&jana, &booking).await;
    assert!(view["usage"]["gaps"].as_array().unwrap().is_empty(), "{:#}", view["usage"]["gaps"]);
}

/// What a booking holds now: processors, memory, storage.
fn held(view: &Value) -> Vec<&str> {
    view["sizes"].as_array().unwrap().iter().map(|row| row["seen"].as_str().unwrap_or("–")).collect()
}

#[actix_web::test]
async fn switching_is_refused_where_it_makes_no_sense() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    let path = format!("/api/v1/bookings/{booking}/power");
    let off = json!({"power": "stopped"});
    let early = jana.post(&path, "early", &off).await;
    assert_eq!((early.status, early.body["code"].as_str()), (422, Some("power-not-ready")), "{}", early.body);
    sim.tick().await;
    let wrong = jana.post(&path, "wrong", &json!({"power": "off"})).await;
    assert_eq!(wrong.status, 400, "{}", wrong.body);
    let on = jana.post(&path, "on", &json!({"power": "running"})).await;
    assert_eq!(on.body["code"], "power-running-already", "{}", on.body);
    for stranger in ["jana@kleindorf.example", "felix@beispielland.example"] {
        let answer = app.api(stranger).await.post(&path, "s", &off).await;
        assert!(matches!(answer.status, 403 | 404), "{stranger}: {}", answer.body);
    }

    // Pressed twice, and by two people at once: one order each key, one effect.
    let tries = join_all(["k", "k", "l", "m"].map(|key| jana.post(&path, key, &off))).await;
    let placed: Vec<&Value> = tries.iter().filter(|it| it.status == 201).map(|it| &it.body["id"]).collect();
    assert!(!placed.is_empty() && placed.iter().all(|id| *id == placed[0]), "{tries:#?}");
    let orders = show(&jana, &booking).await["orders"].as_array().unwrap().len();
    assert_eq!(orders, 2, "the order that made it and one that stops it");
    sim.tick().await;
    assert_eq!(show(&jana, &booking).await["phase"], "stopped");

    // What is stopped can be ended.
    let end = format!("/api/v1/bookings/{booking}/terminate");
    let ended = jana.post(&end, "end", &json!({"justification": "abgelöst"})).await;
    approve(&app, &ended.body).await;
    let late = jana.post(&path, "late", &json!({"power": "running"})).await;
    assert_eq!(late.body["code"], "booking-ends-already", "{}", late.body);
    sim.tick().await;
    sim.tick().await;
    assert_eq!(show(&jana, &booking).await["phase"], "settled", "it never cost anything");
}

#[actix_web::test]
async fn the_page_shows_the_price_before_and_after() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let api = app.api(JANA).await;
    let booking = booked(&app, &api, "Baumkataster", "a").await;
    sim.tick().await;
    let mut jana = app.sign_in(JANA).await;
    let page = format!("/bookings/{booking}");
    assert!(jana.get(&page).await.html.contains("Jetzt anhalten"));
    let form = format!("{page}/power");
    let html = jana.get(&form).await.html;
    assert!(html.contains("Voller Monat, angehalten") && html.contains("Nichts ändern"), "{html}");
    let sent = jana.submit(&form, &[("power", "stopped"), ("justification", "Wochenende")]).await;
    assert_eq!((sent.status, sent.location), (303, Some(page.clone())), "{}", sent.html);
    sim.tick().await;
    let html = jana.get(&page).await.html;
    assert!(
        html.contains("Angehalten") && html.contains("Jetzt starten") && html.contains("Wochenende"),
        "{html}"
    );
    assert_eq!(jana.submit(&form, &[("power", "sideways")]).await.status, 404);
    let mut paul = app.sign_in(PAUL).await;
    assert!(paul.get(&page).await.html.contains("Angehalten"), "the provider sees it");
}
