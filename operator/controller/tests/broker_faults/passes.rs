//! Whole passes of the operator over a booking of the kind `shared-service`: namespace, status, Secret, annotation, finalizer.
//! API server and broker are small servers in this process; the broker does what each test says.

use crate::api_server::ApiServer;
use crate::scripted::{Broker, catalogue, credentials, says};
use crate::walk::Walk;
use contract::kinds::{Kind, namespace, shared_service};
use contract::{Desired, PendingWord, WordOutcome};
use controller::apply::Applier;
use controller::cluster::{Cluster, booking_path};
use controller::config::Config;
use controller::crd::FINALIZER;
use controller::reconcile::{manifest, reconcile};
use controller::state::State;
use controller::words;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

struct Operator {
    api: ApiServer,
    state: Arc<State>,
    applier: Applier,
    desired: Desired,
}

impl Operator {
    async fn start(broker: &Broker) -> Operator {
        let walk = Walk::new(&broker.url, "p");
        let api = ApiServer::start().await;
        let mut kube_config = kube::Config::new(api.url.parse().unwrap());
        kube_config.default_retry = false;
        let cluster = Cluster::new(kube::Client::try_from(kube_config).unwrap());
        let market = |name: &str| (name == "MARKETPLACE_URL").then(|| "http://127.0.0.1:1".to_owned());
        let state = State::new(Config::from_lookup(market).unwrap(), cluster, walk.brokers, 1);
        state.abilities.write().unwrap().kinds = vec![Kind::SharedService];
        state.site.write().unwrap().brokers = vec!["efa".to_owned()];
        let operator =
            Operator { api, state: Arc::new(state), applier: Applier::default(), desired: walk.desired };
        operator.wish();
        operator
    }

    fn path(&self) -> String {
        booking_path(&self.desired.booking.to_string())
    }

    /// Writes what is wanted, as the pull loop does.
    fn wish(&self) {
        let mut object = manifest(&self.desired, 1);
        if let Some(known) = self.api.get(&self.path()) {
            object["status"] = known["status"].clone();
        }
        self.api.put(&self.path(), object);
    }

    fn booking(&self) -> Value {
        self.api.get(&self.path()).unwrap()
    }

    fn say(&self, word: &str) {
        let mut object = self.booking();
        object["metadata"]["annotations"] = json!({"wolkenamt.de/broker": word});
        self.api.put(&self.path(), object);
    }

    /// What the provider's people said in the marketplace is read once more. Nothing while it is not heard.
    async fn read(&self, id: u128, word: &str) -> Option<WordOutcome> {
        let booking = self.desired.booking;
        let order = PendingWord { id: Uuid::from_u128(id), booking, word: word.to_owned(), seconds: 600 };
        words::look(&self.state, &order).await.unwrap()
    }

    fn secret(&self) -> Option<Value> {
        let namespace = namespace::name(&self.desired);
        let name = shared_service::secret_name(&self.desired);
        self.api.get(&format!("/api/v1/namespaces/{namespace}/secrets/{name}"))
    }

    /// One pass, from what the API server has now. Says when to look again.
    async fn pass(&self) -> Duration {
        self.state.bookings.remove(self.desired.booking);
        let looked = reconcile(&self.state, &self.applier, &[self.desired.booking]).await.unwrap();
        looked.into_iter().next().unwrap().1.unwrap().unwrap().1
    }

    /// Passes, up to `seconds` of the API server's time, and no further than `enough`.
    async fn work(&self, seconds: i64, enough: impl Fn(&Value) -> bool) {
        let until = self.api.with(|held| held.now) + seconds;
        for _ in 0..100 {
            let again = self.pass().await;
            if enough(&self.booking()) {
                return;
            }
            let wait = i64::try_from(again.max(Duration::from_millis(1)).as_secs()).unwrap();
            let now = self.api.with(|held| {
                held.now += wait;
                held.now
            });
            assert!(now <= until, "not within {seconds} s: {}", self.booking()["status"]);
        }
        panic!("a storm of passes: {}", self.booking()["status"]);
    }
}

fn phase(wanted: &'static str) -> impl Fn(&Value) -> bool {
    move |booking| booking["status"]["phase"] == wanted
}

#[tokio::test]
async fn credentials_are_in_the_secret_and_nowhere_else() {
    let broker = Broker::start(vec![catalogue(), says(201, json!({})), says(201, credentials())]).await;
    let mut operator = Operator::start(&broker).await;
    operator.work(10, phase("Ready")).await;
    let secret = operator.secret().unwrap();
    assert_eq!(secret["metadata"]["labels"]["app.kubernetes.io/managed-by"], "wolkenamt-operator");
    assert!(secret["data"]["credentials"].is_string());
    assert!(!operator.booking().to_string().contains("geheim"), "{}", operator.booking());
    let namespace = operator.api.get(&format!("/api/v1/namespaces/{}", namespace::name(&operator.desired)));
    assert_eq!(namespace.unwrap()["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "restricted");

    operator.desired.wanted = contract::Wanted::Absent;
    operator.desired.generation += 1;
    operator.wish();
    broker.then(vec![says(200, json!({})), says(200, json!({}))]);
    operator.work(60, phase("Gone")).await;
    assert_eq!(operator.secret(), None);
    assert!(operator.booking()["status"]["gone"].is_string());
    assert_eq!(
        operator.booking()["metadata"]["finalizers"],
        json!([FINALIZER]),
        "until usage is acknowledged"
    );
    assert_eq!(broker.methods(), ["GET", "PUT", "PUT", "DELETE", "DELETE"]);
}

#[tokio::test]
async fn a_lost_race_for_the_status_asks_the_broker_once_more() {
    let broker = Broker::start(vec![catalogue(), says(201, json!({}))]).await;
    let operator = Operator::start(&broker).await;
    operator.work(10, |booking| booking["status"]["service"]["binding"] == "unclear").await;
    // The credentials are in the Secret, but nobody remembers.
    broker.then(vec![says(201, credentials())]);
    operator.api.with(|held| held.conflict = true);
    operator.pass().await;
    let first = operator.secret().unwrap();
    let newer = json!({"credentials": {"password": "noch-einmal-geheim"}});
    broker.then(vec![says(200, newer)]);
    operator.work(10, phase("Ready")).await;
    assert_ne!(operator.secret().unwrap()["data"], first["data"], "what the broker said last");
    let calls = broker.lines();
    assert_eq!(calls[2], calls[3], "the same request");
}

#[tokio::test]
async fn a_word_is_heard_once() {
    let down = || says(500, json!({}));
    let broker = Broker::start(vec![catalogue(), down(), down(), down()]).await;
    let operator = Operator::start(&broker).await;
    operator.say("delete");
    let unclear = |booking: &Value| booking["status"]["service"]["trouble"]["ill"] == "orphan";
    operator.work(60, unclear).await;
    assert!(
        operator.booking()["metadata"]["annotations"].get("wolkenamt.de/broker").is_none(),
        "said too early"
    );
    assert_eq!(broker.methods(), ["GET", "PUT", "PUT", "PUT"], "and without effect");

    operator.say("delete");
    broker.then(vec![says(410, json!({}))]);
    operator.work(60, |booking| booking["status"]["service"]["ended"].is_string()).await;
    assert!(operator.booking()["metadata"]["annotations"].get("wolkenamt.de/broker").is_none());
    assert_eq!(broker.methods().last().unwrap(), "DELETE");
    operator.work(60, phase("Failed")).await;
    assert!(operator.booking()["status"]["log"].as_array().unwrap().is_empty(), "nothing is measured");
}

#[tokio::test]
async fn a_word_from_the_marketplace_reaches_the_broker_once() {
    let down = || says(500, json!({}));
    let broker = Broker::start(vec![catalogue(), down(), down(), down()]).await;
    let operator = Operator::start(&broker).await;
    let unclear = |booking: &Value| booking["status"]["service"]["trouble"]["ill"] == "orphan";
    let nothing = Some(WordOutcome::Unavailable { code: "nothing-to-do".to_owned() });
    assert_eq!(operator.read(1, "retry").await, nothing, "nothing is wrong yet");
    operator.work(60, unclear).await;
    assert_eq!(broker.methods(), ["GET", "PUT", "PUT", "PUT"]);

    // Read twice before it is heard, and heard by a pass whose status is lost.
    for _ in 0..2 {
        assert_eq!(operator.read(2, "retry").await, None);
    }
    operator.api.with(|held| held.conflict = true);
    operator.pass().await;
    assert!(operator.booking()["status"]["heard"].is_null(), "somebody was faster");
    broker.then(vec![down(), down(), down()]);
    operator.work(1000, |booking| booking["status"]["heard"].is_string()).await;
    operator.work(1000, unclear).await;
    assert_eq!(
        broker.methods().len(),
        7,
        "asked for the same once more, and nothing else: {:?}",
        broker.methods()
    );
    // The answer got lost: it is read again, and nothing is said to the broker.
    for _ in 0..2 {
        assert_eq!(operator.read(2, "retry").await, Some(WordOutcome::Done));
        operator.pass().await;
    }
    assert_eq!(broker.methods().len(), 7);

    // By hand and by the marketplace at the same time: each is heard for itself.
    operator.say("retry");
    assert_eq!(operator.read(3, "delete").await, None);
    broker.then(vec![down(), down(), down()]);
    operator.pass().await;
    assert_eq!(operator.booking()["status"]["word"]["word"], "delete", "not yet");
    operator.pass().await;
    let under_way = Some(WordOutcome::Unavailable { code: "under-way".to_owned() });
    assert_eq!(operator.read(3, "delete").await, under_way, "the broker is just being asked");
    operator.work(1000, unclear).await;
    assert_eq!(broker.methods().len(), 10);

    let deleted = || broker.methods().iter().filter(|method| *method == "DELETE").count();
    assert_eq!(deleted(), 0);
    assert_eq!(operator.read(4, "delete").await, None);
    broker.then(vec![says(410, json!({}))]);
    operator.work(1000, |booking| booking["status"]["service"]["ended"].is_string()).await;
    for _ in 0..2 {
        assert_eq!(operator.read(4, "delete").await, Some(WordOutcome::Done));
        operator.pass().await;
    }
    assert_eq!(deleted(), 1);
}

#[tokio::test]
async fn a_word_that_cannot_be_noted_is_refused() {
    let down = || says(500, json!({}));
    let broker = Broker::start(vec![catalogue(), down(), down(), down()]).await;
    let operator = Operator::start(&broker).await;
    operator.work(60, |booking| booking["status"]["service"]["trouble"]["ill"] == "orphan").await;
    operator.api.with(|held| held.outdated = true);
    let refused = WordOutcome::Unavailable { code: "definition-outdated".to_owned() };
    assert_eq!(operator.read(1, "delete").await, Some(refused));
    operator.pass().await;
    assert_eq!(broker.methods(), ["GET", "PUT", "PUT", "PUT"], "nothing was deleted");
}
