//! The kind `shared-service` against a broker that misbehaves in every way that a network knows: answers that get lost, are cut
//! off, are no JSON, come late, or say that they cannot. Each test says what the broker answers, one call after the other.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod api_server;
mod passes;
mod scripted;
#[path = "../broker/walk.rs"]
mod walk;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::MessageKey;
use contract::kinds::shared_service::Standing;
use contract::kinds::shared_service::next::Word;
use scripted::{Broker, Fate, catalogue, credentials, says};
use serde_json::{Value, json};
use walk::{PASSWORD, USER, Walk};

#[tokio::test]
async fn calls_are_as_agreed() {
    let broker = Broker::start(vec![catalogue(), says(201, json!({})), says(201, credentials())]).await;
    let mut walk = Walk::new(&broker.url, "p");
    walk.rest(0).await;
    assert!(walk.is_bound());
    let id = walk.desired.booking;
    assert_eq!(broker.lines()[0], "GET /v2/catalog HTTP/1.1");
    assert_eq!(broker.lines()[1], format!("PUT /v2/service_instances/{id}?accepts_incomplete=true HTTP/1.1"));
    let provision = broker.arrived(1);
    let header = |name: &str| {
        let line = provision.head.lines().find(|line| line.starts_with(name));
        line.unwrap_or_else(|| panic!("{name} is missing: {}", provision.head))[name.len() + 2..].to_owned()
    };
    assert_eq!(header("x-broker-api-version"), "2.17");
    assert_eq!(header("authorization"), format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}"))));
    assert!(uuid::Uuid::parse_str(&header("x-broker-api-request-identity")).is_ok());
    let whom = header("x-broker-api-originating-identity");
    let whom: Value =
        serde_json::from_slice(&STANDARD.decode(whom.strip_prefix("kubernetes ").unwrap()).unwrap()).unwrap();
    assert_eq!(whom["uid"], walk.desired.organisation.id.to_string());
    let body: Value = serde_json::from_str(&provision.body).unwrap();
    assert_eq!(body["context"]["platform"], "kubernetes");
    assert_eq!(body["organization_guid"], walk.desired.organisation.id.to_string());
    assert!(broker.lines()[2].contains(&format!("{id}/service_bindings/")), "{:?}", broker.lines());
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_with_the_very_same_request() {
    for lost in
        [Fate::Lost, Fate::Half, Fate::Late, says(500, json!({})), Fate::Says(201, "x".to_owned(), "")]
    {
        let fates = vec![catalogue(), lost, says(200, json!({})), says(201, credentials())];
        let broker = Broker::start(fates).await;
        let mut walk = Walk::new(&broker.url, "p");
        walk.rest(10).await;
        assert!(walk.is_bound(), "{:?} {:?}", walk.service, broker.lines());
        let (first, second) = (broker.arrived(1), broker.arrived(2));
        assert_eq!((first.line, first.body), (second.line, second.body), "byte for byte");
    }
}

#[tokio::test]
async fn an_orphan_is_shown_and_deleted_only_on_a_word() {
    let down = || says(503, json!({"description": "Wartung"}));
    let broker = Broker::start(vec![catalogue(), down(), Fate::Lost, down()]).await;
    let mut walk = Walk::new(&broker.url, "p");
    walk.rest(1_000_000).await;
    assert_eq!(walk.readiness().message, MessageKey::ServiceUnclear);
    assert!(walk.sentence().contains("Wartung"), "{}", walk.sentence());
    assert_eq!(broker.methods(), ["GET", "PUT", "PUT", "PUT"], "no DELETE");

    broker.then(vec![down(), Fate::Lost, down()]);
    walk.pass(Some(Word::Retry)).await;
    walk.rest(1_000_000).await;
    assert_eq!(walk.readiness().message, MessageKey::ServiceUnclear, "still nobody knows");
    assert!(!broker.methods().contains(&"DELETE".to_owned()));

    broker.then(vec![says(410, json!({}))]);
    walk.pass(Some(Word::Delete)).await;
    walk.rest(0).await;
    assert_eq!(broker.methods().last().unwrap(), "DELETE");
    assert_eq!(walk.service.instance, Standing::Absent);
    assert!(broker.is_done());
}

#[tokio::test]
async fn an_end_is_never_given_up() {
    let broker = Broker::start(vec![catalogue(), says(201, json!({})), says(201, credentials())]).await;
    let mut walk = Walk::new(&broker.url, "p");
    walk.rest(0).await;
    walk.end();
    broker.then(vec![
        says(422, json!({"error": "ConcurrencyError"})),
        says(200, json!({})),
        Fate::Lost,
        says(500, json!({})),
        says(404, json!({})),
        says(403, json!({"description": "kein Zugang"})),
    ]);
    walk.rest(1_000).await;
    assert!(broker.is_done() && walk.service.is_left(), "it is remembered");
    assert_eq!(walk.readiness().message, MessageKey::ServiceStuck);
    assert!(walk.secret.is_some(), "the Secret goes last");
    broker.then(vec![says(410, json!({}))]);
    walk.rest(1_000).await;
    assert!(!walk.service.is_left() && walk.secret.is_none());
    assert!(walk.sentence().contains("HTTP 410"), "the proof: {}", walk.sentence());
}

#[tokio::test]
async fn a_broker_says_when_to_ask_again() {
    let later = Fate::Says(202, json!({"operation": "a b&c"}).to_string(), "retry-after: 45\r\n");
    let broker = Broker::start(vec![catalogue(), later]).await;
    let mut walk = Walk::new(&broker.url, "p");
    walk.rest(44).await;
    assert_eq!(broker.methods(), ["GET", "PUT"], "not before");
    let busy = Fate::Says(429, "{}".to_owned(), "retry-after: 120\r\n");
    let done = says(200, json!({"state": "succeeded"}));
    broker.then(vec![says(410, json!({})), busy, done, says(201, credentials())]);
    let waited = walk.rest(400).await;
    assert!(walk.is_bound() && waited >= 120, "{waited} s {:?}", broker.lines());
    let poll = &broker.lines()[2];
    assert!(poll.contains("/last_operation?service_id=aufenthalt&plan_id=p&operation=a"), "{poll}");
    assert!(poll.contains("%26c"), "what the broker said goes back unchanged: {poll}");
}

#[tokio::test]
async fn a_binding_of_which_nobody_knows_is_taken_back() {
    let broker =
        Broker::start(vec![catalogue(), says(201, json!({})), Fate::Lost, says(410, json!({}))]).await;
    let mut walk = Walk::new(&broker.url, "p");
    broker.then(vec![says(201, credentials())]);
    walk.rest(60).await;
    assert!(walk.is_bound(), "{:?}", walk.service);
    assert_eq!(broker.methods(), ["GET", "PUT", "PUT", "DELETE", "PUT"]);
    let id = |position: usize| {
        let line = broker.lines()[position].clone();
        line.split("service_bindings/").nth(1).unwrap().split('?').next().unwrap().to_owned()
    };
    assert_eq!(id(2), id(3));
    assert_ne!(id(3), id(4), "an id is never used twice");
}

#[tokio::test]
async fn what_cannot_be_read_is_no_answer() {
    let moved = Fate::Says(302, String::new(), "location: http://127.0.0.1:1/\r\n");
    let huge = Fate::Says(200, format!("{{\"services\": \"{}\"}}", "x".repeat(2 << 20)), "");
    let broker = Broker::start(vec![moved, huge, Fate::Says(200, "[".to_owned(), ""), Fate::Half]).await;
    let mut walk = Walk::new(&broker.url, "p");
    walk.rest(100).await;
    assert_eq!(walk.readiness().message, MessageKey::BrokerSilent);
    assert!(broker.is_done(), "{:?}", broker.lines());
    let nobody = Walk::new("http://127.0.0.1:1", "p");
    let mut nobody = nobody;
    nobody.rest(0).await;
    assert!(nobody.sentence().contains("keine Verbindung"), "{}", nobody.sentence());
}

#[tokio::test]
async fn a_forgotten_instance_is_ended_all_the_same() {
    let broker = Broker::start(vec![says(200, json!({}))]).await;
    let mut walk = Walk::new(&broker.url, "p");
    walk.end();
    walk.rest(0).await;
    let id = walk.desired.booking;
    let line = format!(
        "DELETE /v2/service_instances/{id}?service_id=aufenthalt&plan_id=p&accepts_incomplete=true HTTP/1.1"
    );
    assert_eq!(broker.lines(), [line]);
    assert!(!walk.service.is_left() && walk.sentence().contains("HTTP 200"));
}
