//! Operators of the version before and of the next one at this marketplace, and one that is too far away.

use contract::Enrolment;
use contract::protocol::{BOOKINGS, HEARTBEAT, OBSERVATIONS, USAGE};
use contract::version::{OPERATOR, OURS};
use controller::identity::Stored;
use serde_json::{Value, json};
use tests::sim_cluster::{self, SimCluster};
use tests::{TestApp, bookings, world};

const PLATFORM: &str = "paul@beispielland.example";
const BEFORE: &str = include_str!("../../operator/contract/tests/versions/before.json");
const NEXT: &str = include_str!("../../operator/contract/tests/versions/next.json");

/// Sends a message as an operator of this version. Says status and answer.
async fn send(
    app: &TestApp,
    stored: &Stored,
    version: &str,
    path: &str,
    body: Option<&Value>,
) -> (u16, Value) {
    let text = body.map(Value::to_string).unwrap_or_default();
    let method = if body.is_some() { "POST" } else { "GET" };
    let now = jiff::Timestamp::now().as_second();
    let identity = stored.identity().unwrap().unwrap();
    let token = identity.assertion(now, &format!("{method} {path}"), text.as_bytes()).unwrap();
    let client = reqwest::Client::builder().user_agent(format!("{OPERATOR}{version}")).build().unwrap();
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let request = client.request(method, format!("{}{path}", app.url)).bearer_auth(token).body(text);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
}

/// The next version before or after a version.
fn minor(distance: i64) -> String {
    let mut parts = OURS.split('.').map(|part| part.parse::<i64>().unwrap());
    let (major, minor) = (parts.next().unwrap(), parts.next().unwrap());
    format!("{major}.{}.0", minor + distance)
}

/// What an operator of another version says about a booking of this world.
fn messages(file: &str, booking: &str) -> Value {
    let text = file.replace("01935d2e-7c1a-7e3b-8f00-0123456789ab", booking);
    serde_json::from_str(&text).unwrap()
}

#[actix_web::test]
async fn neighbours_are_understood() {
    for (file, version) in [(BEFORE, minor(-1)), (NEXT, minor(1))] {
        let app = TestApp::start().await;
        let mut sim = SimCluster::enrol(&app, world::id::LOCATION, PLATFORM).await;
        let jana = app.api("jana@mittelfeld.example").await;
        let booking = bookings::booked(&app, &jana, "Versionen", "versions-1").await;
        sim.tick().await;
        let stored = sim_cluster::enrol(&app, world::id::LOCATION, PLATFORM).await;
        let said = messages(file, &booking);
        let (status, list) = send(&app, &stored, &version, BOOKINGS, None).await;
        assert_eq!((status, list["bookings"].as_array().map(Vec::len)), (200, Some(1)), "{version}: {list}");
        let mut beat = said["POST heartbeat"].clone();
        beat["operator_version"] = json!(version);
        let (status, answer) = send(&app, &stored, &version, HEARTBEAT, Some(&beat)).await;
        assert_eq!((status, answer["version"].as_str()), (200, Some(OURS)), "{version}: {answer}");
        let (status, answer) =
            send(&app, &stored, &version, OBSERVATIONS, Some(&said["POST observations"])).await;
        assert_eq!(status, 204, "{version}: {answer}");
        let (status, answer) = send(&app, &stored, &version, USAGE, Some(&said["POST usage"])).await;
        let records = answer["records"].as_array().cloned().unwrap_or_default();
        let sent = said["POST usage"]["records"].as_array().unwrap().len();
        assert_eq!((status, records.len()), (200, sent), "each is answered: {version}: {answer}");
        assert!(records.iter().all(|record| record["answer"].is_string()), "{version}: {answer}");
    }
}

#[actix_web::test]
async fn who_is_too_far_away_hears_who_has_to_update() {
    let app = TestApp::start().await;
    let stored = sim_cluster::enrol(&app, world::id::LOCATION, PLATFORM).await;
    let far = minor(2);
    let said = messages(NEXT, world::id::LOCATION);
    for (path, body) in [(BOOKINGS, None), (OBSERVATIONS, Some(&said["POST observations"]))] {
        let (status, problem) = send(&app, &stored, &far, path, body).await;
        assert_eq!((status, problem["code"].as_str()), (422, Some("marketplace-outdated")), "{problem}");
        let sentence = problem["detail"].as_str().unwrap();
        assert!(sentence.contains("Der Marktplatzbetrieb muss ihn aktualisieren"), "{sentence}");
        assert!(sentence.contains(&far) && sentence.contains(OURS), "{sentence}");
    }
    // The heartbeat is taken down all the same, so that the provider sees which version is there; it promises nothing.
    let mut beat = said["POST heartbeat"].clone();
    beat["operator_version"] = json!(far);
    beat["watermark"] = beat["at"].clone();
    assert_eq!(send(&app, &stored, &far, HEARTBEAT, Some(&beat)).await.0, 422);
    let actor = app.actor(PLATFORM).await;
    let location = domain::ids::LocationId(world::id::LOCATION.parse().unwrap());
    let view = server::usecases::locations::show(&app.app, &actor, location).await.unwrap();
    assert_eq!((view.operator_version, view.location.watermark.is_none()), (Some(far.clone()), true));

    let code = sim_cluster::code(&app, world::id::LOCATION, PLATFORM).await;
    let fresh = Stored::generate().unwrap();
    let enrolment = Enrolment { code, key: fresh.public().unwrap(), operator_version: far };
    let refused = controller::marketplace::enrol(&app.url, None, &enrolment).await.unwrap_err().to_string();
    assert!(refused.contains("marketplace-outdated"), "{refused}");
}
