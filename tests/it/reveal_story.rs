//! Access data by the API: sealed to a key of the program that asks, after the password, handed over once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crypto_box::SecretKey;
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::usecases::audit;
use tests::api::ApiAnswer;
use tests::bookings::booked;
use tests::sim_cluster::CANARY;
use tests::world::{PASSWORD, id};
use tests::{Api, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const MURAT: &str = "murat@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";

/// A program's key pair: the private half never leaves this test.
fn pair() -> (SecretKey, String) {
    let mut private = [0_u8; 32];
    rand::fill(&mut private);
    let key = SecretKey::from(private);
    let public = STANDARD.encode(key.public_key().as_bytes());
    (key, public)
}

async fn ask(api: &Api, booking: &str, password: &str, public_key: &str) -> ApiAnswer {
    let body = json!({"password": password, "public_key": public_key});
    api.post(&format!("/api/v1/bookings/{booking}/reveals"), "", &body).await
}

fn place(booking: &str, asked: &Value) -> String {
    format!("/api/v1/bookings/{booking}/reveals/{}", asked["id"].as_str().unwrap())
}

#[actix_web::test]
async fn a_program_opens_what_was_sealed_to_its_own_key_once() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    let (key, public) = pair();
    assert_eq!(ask(&jana, &booking, PASSWORD, &public).await.status, 422, "not before it is ready");
    sim.tick().await;

    let asked = ask(&jana, &booking, PASSWORD, &public).await;
    assert_eq!((asked.status, &asked.body["state"]), (202, &json!("waiting")), "{}", asked.body);
    let place = place(&booking, &asked.body);
    assert_eq!(jana.get(&place).await.body["state"], "waiting");
    assert_eq!(sim.answer_reveals().await, 1);

    let murat = app.api(MURAT).await;
    assert_eq!(murat.get(&place).await.status, 404, "somebody else's display");
    let once = jana.get(&place).await;
    assert_eq!((once.status, &once.body["state"]), (200, &json!("shown")), "{}", once.body);
    assert!(!once.body.to_string().contains(CANARY), "sealed");
    let sealed = STANDARD.decode(once.body["sealed"].as_str().unwrap()).unwrap();
    assert!(pair().0.unseal(&sealed).is_err(), "another key opens nothing");
    assert!(String::from_utf8(key.unseal(&sealed).unwrap()).unwrap().contains(CANARY));
    let twice = jana.get(&place).await.body;
    assert_eq!((&twice["state"], &twice["sealed"]), (&json!("already-shown"), &Value::Null));

    let entries = jana_events(&app).await;
    assert_eq!(entries, ["requested", "shown"], "both are in the audit");
}

/// Events of displays in the audit of the customer.
async fn jana_events(app: &TestApp) -> Vec<String> {
    let dump = crate::chain_story::dump(app).await;
    assert!(dump.contains("Zugangsdaten angezeigt"), "others who answer for the booking are told by mail");
    assert!(audit::verify_all(&app.app).await.unwrap().iter().all(|chain| chain.broken.is_none()));
    ["requested", "shown"]
        .into_iter()
        .filter(|event| dump.contains(&format!("\"event\": \"{event}\", \"reveal\"")))
        .map(str::to_owned)
        .collect()
}

#[actix_web::test]
async fn a_token_without_the_password_or_with_a_worthless_key_shows_nothing() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let (_key, public) = pair();
    let wrong = ask(&jana, &booking, "falsch", &public).await;
    assert_eq!((wrong.status, &wrong.body["errors"][0]["pointer"]), (422, &json!("/password")));
    let one = STANDARD.encode([[1].as_slice(), &[0; 31]].concat());
    for worthless in [&STANDARD.encode([0; 32]), &one, &STANDARD.encode([7; 31]), "kein Schlüssel", ""] {
        let answer = ask(&jana, &booking, PASSWORD, worthless).await;
        assert_eq!(answer.status, 422, "{worthless}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["pointer"], "/public_key", "{worthless}");
    }
    assert_eq!(sim.answer_reveals().await, 0, "nobody asked");
    let provider = app.api(PAUL).await;
    assert_ne!(
        ask(&provider, &booking, PASSWORD, &public).await.status,
        202,
        "the provider sees no access data"
    );
    let stranger = ask(&jana, id::LOCATION, PASSWORD, &public).await;
    assert_eq!(stranger.status, 404, "no such booking");
    for _ in 0..20 {
        app.app.clock.advance(SignedDuration::from_secs(1));
        if ask(&jana, &booking, "falsch", &public).await.status == 429 {
            return;
        }
    }
    panic!("passwords can be guessed without end");
}

#[actix_web::test]
async fn an_answer_that_is_not_fetched_in_time_is_gone() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let (_key, public) = pair();
    let asked = ask(&jana, &booking, PASSWORD, &public).await.body;
    sim.answer_reveals().await;
    app.app.clock.advance(SignedDuration::from_secs(121));
    let late = jana.get(&place(&booking, &asked)).await.body;
    assert_eq!((&late["state"], &late["sealed"]), (&json!("expired"), &Value::Null));
}
