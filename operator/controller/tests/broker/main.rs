//! The kind `shared-service` against a broker that is not ours: written with the Python library openbrokerapi. Run by
//! `tests/broker.sh`, which makes the Python for it.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod walk;

use contract::kinds::readiness::State;
use contract::kinds::shared_service::Standing;
use contract::kinds::shared_service::next::Word;
use contract::{MessageKey, Meter};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use walk::{PASSWORD, USER, Walk};

/// The broker's process; it ends with the test.
struct Broker {
    process: Child,
    url: String,
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Broker {
    fn start() -> Broker {
        let python = std::env::var("WOLKENAMT_TEST_BROKER_PYTHON")
            .unwrap_or_else(|_absent| panic!("WOLKENAMT_TEST_BROKER_PYTHON is missing: run tests/broker.sh"));
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/brokers/efa.py");
        let mut process = Command::new(python)
            .args([program, USER])
            .env("EFA_PASSWORD", PASSWORD)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Broker { process, url: format!("http://127.0.0.1:{}", port.trim()) }
    }

    /// What the broker has, and what it was asked.
    async fn kept(&self) -> Value {
        let text = reqwest::get(format!("{}/kept", self.url)).await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    async fn calls(&self) -> Vec<String> {
        let kept = self.kept().await;
        let calls = kept["calls"].as_array().unwrap().iter();
        calls.map(|call| call["call"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_tenant_comes_and_goes() {
    let broker = Broker::start();
    let mut walk = Walk::new(&broker.url, "sync");
    walk.rest(0).await;
    assert!(walk.is_bound(), "{:?}", walk.service);
    let kept = broker.kept().await;
    let booking = walk.desired.booking.to_string();
    assert_eq!(
        kept["instances"][&booking]["parameters"],
        json!({"stage": "probe", "tenant": "Stadt Mittelfeld", "admin_email": "a@mittelfeld.example"})
    );
    assert_eq!(kept["calls"][0]["user"], USER);
    let whom = &kept["calls"][0]["for"];
    assert_eq!(whom["platform"], "kubernetes", "{kept}");
    assert_eq!(whom["value"]["uid"], walk.desired.organisation.id.to_string(), "{kept}");
    assert_eq!(broker.calls().await, ["provision", "bind"], "each of them once");

    let readiness = walk.readiness();
    assert_eq!((readiness.state, readiness.message), (State::Running, MessageKey::Ready));
    assert_eq!((readiness.allocated[0].meter, readiness.allocated[0].amount), (Meter::Instance, 1));
    assert_eq!(readiness.endpoints[0].host, "dienst.example");
    let secret = Value::Object(walk.secret.clone().unwrap()).to_string();
    let read = std::collections::BTreeMap::from([("credentials".to_owned(), secret)]);
    let access = walk.desired.kind.access(
        &contract::kinds::Site::default(),
        &walk.desired,
        &readiness.endpoints,
        &read,
    );
    let hidden: Vec<&str> =
        access.fields.iter().filter(|field| field.secret).map(|field| field.name.as_str()).collect();
    assert!(hidden.contains(&"password"), "{hidden:?}");

    walk.rest(10_000).await;
    assert_eq!(broker.calls().await.len(), 2, "what is done is not asked for again");

    walk.end();
    walk.rest(0).await;
    assert!(!walk.service.is_left() && walk.secret.is_none());
    let kept = broker.kept().await;
    assert_eq!((&kept["instances"], &kept["bindings"]), (&json!({}), &json!([])));
    assert_eq!(broker.calls().await, ["provision", "bind", "unbind", "deprovision"]);
    assert!(walk.sentence().contains("HTTP 200"), "{}", walk.sentence());
}

#[tokio::test]
async fn a_broker_takes_its_time() {
    let broker = Broker::start();
    let mut walk = Walk::new(&broker.url, "async");
    walk.rest(3).await;
    assert_eq!(walk.readiness().message, MessageKey::ServicePending);
    assert!(walk.sentence().contains("Schritt 1"), "{}", walk.sentence());
    assert!(walk.rest(60).await > 0);
    assert!(walk.is_bound(), "{:?}", walk.service);
    assert_eq!(broker.calls().await, ["provision", "bind"], "operations are polled, not repeated");

    // Another tenant name while it runs: an update, which takes its time as well and interrupts nothing.
    walk.desired.order["tenant"] = json!("Stadt Nordfeld");
    walk.desired.generation += 1;
    walk.rest(3).await;
    assert_eq!((walk.readiness().state, walk.readiness().message), (State::Running, MessageKey::Changing));
    walk.rest(60).await;
    let kept = broker.kept().await;
    let booking = walk.desired.booking.to_string();
    assert_eq!(kept["instances"][&booking]["parameters"]["tenant"], "Stadt Nordfeld");
    assert_eq!(walk.readiness().message, MessageKey::Ready);

    walk.end();
    walk.rest(60).await;
    assert!(!walk.service.is_left(), "{:?}", walk.service);
    assert_eq!(broker.kept().await["instances"], json!({}));
    assert!(walk.sentence().contains("succeeded"), "{}", walk.sentence());
}

#[tokio::test]
async fn it_is_ended_while_it_comes_into_being() {
    let broker = Broker::start();
    let mut walk = Walk::new(&broker.url, "async");
    walk.rest(0).await;
    walk.end();
    walk.rest(120).await;
    assert!(!walk.service.is_left(), "{:?}", walk.service);
    assert_eq!(broker.calls().await, ["provision", "deprovision"]);
    assert_eq!(broker.kept().await["instances"], json!({}));
}

#[tokio::test]
async fn what_the_broker_could_not_make_is_cleaned_up_and_not_tried_again() {
    let broker = Broker::start();
    let mut walk = Walk::new(&broker.url, "failing");
    walk.rest(10_000).await;
    assert_eq!(
        (walk.readiness().state, walk.readiness().message),
        (State::Failed, MessageKey::ServiceFailed)
    );
    assert!(walk.sentence().contains("die Mandantenverwaltung ist voll"), "{}", walk.sentence());
    assert_eq!(broker.calls().await, ["provision", "deprovision"]);
    assert_eq!(broker.kept().await["instances"], json!({}));
    assert_eq!(walk.readiness().allocated, Vec::new(), "no money runs");
    // The plan works by now, and the provider says so: another instance, another id.
    walk.desired.plan["plan_id"] = json!("sync");
    walk.pass(Some(Word::Retry)).await;
    walk.rest(0).await;
    assert!(walk.is_bound());
    assert!(broker.kept().await["instances"].get(walk.desired.booking.to_string()).is_none());
}

#[tokio::test]
async fn what_never_gets_ready_is_left_to_people() {
    let broker = Broker::start();
    let mut walk = Walk::new(&broker.url, "endless");
    let waited = walk.rest(100_000).await;
    assert!(waited < 60, "the plan's limit counts, not ours: {waited} s");
    assert_eq!(walk.readiness().message, MessageKey::ServiceUnclear);
    assert_eq!(broker.calls().await, ["provision"], "nothing is deleted by itself");
    assert_eq!(walk.service.instance, Standing::Unclear);
    walk.pass(Some(Word::Delete)).await;
    walk.rest(0).await;
    assert_eq!(broker.calls().await, ["provision", "deprovision"]);
    assert_eq!(broker.kept().await["instances"], json!({}));
    assert_eq!(walk.readiness().message, MessageKey::ServiceFailed, "and stays so until somebody says retry");
}

#[tokio::test]
async fn changes_are_made_or_refused_while_it_goes_on() {
    let broker = Broker::start();
    let mut walk = Walk::new(&broker.url, "sync");
    walk.rest(0).await;
    walk.desired.plan["plan_id"] = json!("async");
    walk.rest(0).await;
    let booking = walk.desired.booking.to_string();
    assert_eq!(broker.kept().await["instances"][&booking]["plan"], "async");

    let mut fixed = Walk::new(&broker.url, "fixed");
    fixed.rest(0).await;
    fixed.desired.order["tenant"] = json!("Stadt Nordfeld");
    fixed.rest(10_000).await;
    let readiness = fixed.readiness();
    assert_eq!((readiness.state, readiness.message), (State::Running, MessageKey::ServiceChangeRefused));
    assert!(fixed.sentence().contains("dieser Tarif kennt keine Änderung"), "{}", fixed.sentence());
    assert_eq!(broker.calls().await.iter().filter(|call| *call == "update").count(), 2, "not asked twice");
}

#[tokio::test]
async fn credentials_are_renewed() {
    let broker = Broker::start();
    let mut walk = Walk::new(&broker.url, "rotatable");
    walk.rest(0).await;
    let former = walk.secret.clone().unwrap();
    walk.pass(Some(Word::Rotate)).await;
    walk.rest(0).await;
    assert_ne!(walk.secret.clone().unwrap(), former);
    assert_eq!(walk.readiness().message, MessageKey::ServiceRenewed);
    let kept = broker.kept().await;
    assert_eq!(kept["bindings"].as_array().unwrap().len(), 2, "both are good for a while");
    walk.rest(8 * 24 * 3600).await;
    assert_eq!(broker.kept().await["bindings"].as_array().unwrap().len(), 1);
    assert_eq!(broker.calls().await, ["provision", "bind", "bind", "unbind"]);
    assert_eq!(walk.readiness().message, MessageKey::Ready);
    walk.end();
    walk.rest(0).await;
    assert!(!walk.service.is_left());
}

#[tokio::test]
async fn what_does_not_fit_is_said() {
    let broker = Broker::start();
    let mut missing = Walk::new(&broker.url, "gold");
    missing.rest(0).await;
    assert_eq!(missing.readiness().message, MessageKey::ServiceNotOffered);
    assert!(missing.sentence().contains("gold"), "{}", missing.sentence());

    let mut nameless = Walk::new(&broker.url, "sync");
    nameless.desired.plan["tenant_parameter"] = json!("mandant");
    nameless.rest(0).await;
    assert_eq!(nameless.readiness().message, MessageKey::ServiceRefused);
    assert!(nameless.sentence().contains("tenant fehlt"), "{}", nameless.sentence());
    nameless.desired.plan["tenant_parameter"] = json!("tenant");
    nameless.rest(0).await;
    assert!(nameless.is_bound(), "another wish is worth another try");

    let mut stranger = Walk::new(&format!("{}/nowhere", broker.url), "sync");
    stranger.rest(0).await;
    assert_eq!(stranger.readiness().message, MessageKey::BrokerSilent);
    assert!(stranger.sentence().contains("404"), "{}", stranger.sentence());
}
