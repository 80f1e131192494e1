//! The operator's program against a real API server, a real node and the stand-in for CloudNativePG, with a fake
//! marketplace at the other end. Run by `tests/operator.sh`, which makes the cluster.
//!
//! One story, because each step needs what the one before left behind: provision, use, be killed, be cut off, lose the
//! Booking and its definition, be torn down.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod fake_marketplace;

use contract::kinds::{Kind, namespace};
use contract::{
    ConditionStatus, ConditionType, Desired, Exposure, ExposureClass, Meter, OrganisationRef, Power, Wanted,
};
use controller::cluster::{Cluster, booking_path};
use fake_marketplace::FakeMarketplace;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Longest wait for one step; a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(120);

struct World {
    market: FakeMarketplace,
    cluster: Cluster,
    operator: Option<Child>,
    database: Desired,
    chatbot: Desired,
    started: Instant,
}

#[tokio::test]
async fn a_booking_survives_everything_but_its_termination() {
    let mut world = World::new().await;
    world.start_operator();
    world.provision().await;
    world.use_database("create table kept as select 42 as answer").await;
    world.count().await;
    world.does_nothing_where_nothing_changes().await;
    world.is_killed().await;
    world.loses_an_answer().await;
    world.loses_its_object_while_cut_off().await;
    world.loses_its_definition().await;
    assert_eq!(world.use_database("select answer from kept").await, "42");
    world.is_torn_down().await;
    world.stops_cleanly();
    world.market.with(|kept| assert_eq!(kept.wrong, Vec::<String>::new()));
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_absent| panic!("{name} is missing: run tests/operator.sh"))
}

fn booking(kind: Kind, id: &str, plan: Value, order: Value) -> Desired {
    Desired {
        booking: Uuid::parse_str(id).unwrap(),
        generation: 1,
        wanted: Wanted::Present,
        power: Power::On,
        kind,
        plan,
        order,
        organisation: OrganisationRef { id: Uuid::from_u128(0xabcd), slug: "musterstadt".to_owned() },
        cost_centre: "4711".to_owned(),
        title: "Probe".to_owned(),
        wished_start: None,
        exposure: Exposure {
            class: ExposureClass::ProviderNetwork,
            host: None,
            allowed_networks: Vec::new(),
        },
    }
}

impl World {
    async fn new() -> World {
        controller::identity::install_crypto();
        let kubeconfig = kube::config::Kubeconfig::read_from(variable("WOLKENAMT_TEST_KUBECONFIG")).unwrap();
        let options = kube::config::KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
        let definition = concat!(env!("CARGO_MANIFEST_DIR"), "/../../charts/operator/crds/bookings.yaml");
        assert!(kubectl(&["apply", "--server-side", "-f", definition]).contains("bookings.wolkenamt.de"));
        World {
            market: FakeMarketplace::start().await,
            cluster: Cluster::new(kube::Client::try_from(config).unwrap()),
            operator: None,
            database: booking(
                Kind::Postgresql,
                "01935d2e-7c1a-7e3b-8f00-0123456789ab",
                json!({"vcpu_milli": 250, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 5, "versions": [15]}),
                json!({"database": "fachverfahren", "version": 15, "storage_gib": 1}),
            ),
            chatbot: booking(
                Kind::Application,
                "01935d2e-7c1a-7e3b-8f00-0123456789ac",
                json!({"image": "localhost/wolkenamt/chatbot:1", "port": 8080, "vcpu_milli": 100, "memory_mib": 128,
                       "storage_gib": 1, "health_path": "/healthz",
                       "counters": [{"meter": "conversations", "path": "/metrics",
                                     "series": "wolkenamt_conversations_total", "epoch_series": "wolkenamt_epoch"}]}),
                json!({"label": "chat", "admin_email": "admin@musterstadt.example"}),
            ),
            started: Instant::now(),
        }
    }

    fn say(&self, what: &str) {
        println!("{:6.1} s  {what}", self.started.elapsed().as_secs_f32());
    }

    fn start_operator(&mut self) {
        let cluster = variable("WOLKENAMT_TEST_CLUSTER");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(PathBuf::from(variable("WOLKENAMT_TEST_LOGS")).join("operator.log"))
            .unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_wolkenamt-operator"))
            .arg("run")
            .env("WOLKENAMT_OPERATOR_MARKETPLACE_URL", &self.market.url)
            .env("WOLKENAMT_OPERATOR_KUBECONFIG", variable("WOLKENAMT_TEST_KUBECONFIG"))
            .env("WOLKENAMT_OPERATOR_ENROLMENT_CODE", "once")
            .env("WOLKENAMT_OPERATOR_POSTGRESQL_IMAGES", "15=localhost/wolkenamt/postgresql:15")
            .env("WOLKENAMT_OPERATOR_DOMAIN", format!("{cluster}.wolkenamt.test"))
            .env("WOLKENAMT_OPERATOR_INGRESS_CLASS", "wolkenamt")
            .env("WOLKENAMT_OPERATOR_STATUS_LISTEN", "127.0.0.1:0")
            .env("WOLKENAMT_OPERATOR_COUNTER_SECONDS", "2")
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        self.operator = Some(child);
    }

    fn end_operator(&mut self, signal: &str) {
        let mut child = self.operator.take().unwrap();
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        child.wait().unwrap();
    }

    async fn status(&self, desired: &Desired) -> Value {
        let found = self.cluster.get(&booking_path(&desired.booking.to_string())).await;
        found.ok().flatten().map(|answer| answer.value).unwrap_or(Value::Null)
    }

    async fn wait_for(&self, what: &str, mut done: impl AsyncFnMut() -> bool) {
        let until = Instant::now() + PATIENCE;
        while !done().await {
            assert!(Instant::now() < until, "{what}: not within {} s", PATIENCE.as_secs());
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        self.say(what);
    }

    fn reported_ready(&self, desired: &Desired) -> bool {
        self.market.with(|kept| {
            let seen = kept.observations.get(&desired.booking);
            seen.and_then(|seen| seen.condition(ConditionType::Ready))
                .is_some_and(|ready| ready.status == ConditionStatus::True)
        })
    }

    async fn provision(&self) {
        self.market.want(self.database.clone());
        self.market.want(self.chatbot.clone());
        self.wait_for("both bookings are reported ready", async || {
            self.reported_ready(&self.database) && self.reported_ready(&self.chatbot)
        })
        .await;
        let table = kubectl(&["get", "bookings"]);
        assert!(
            table.contains("postgresql") && table.contains("musterstadt") && table.contains("Ready"),
            "{table}"
        );
        self.market.with(|kept| {
            let seen = &kept.observations[&self.database.booking];
            assert_eq!(seen.endpoints[0].port, 5432);
            assert!(seen.first_ready.unwrap() <= seen.seen_at);
        });
    }

    /// Runs SQL from the customer's network with revealed access data and full verification.
    async fn use_database(&self, sql: &str) -> String {
        let id = self.market.reveal(self.database.booking);
        self.wait_for("access data are revealed", async || {
            self.market.with(|kept| kept.shown.contains_key(&id))
        })
        .await;
        let shown = self.market.with(|kept| kept.shown.remove(&id)).unwrap();
        let field = |name: &str| {
            let fields = shown["fields"].as_array().unwrap();
            fields.iter().find(|field| field["name"] == name).unwrap()["value"].as_str().unwrap().to_owned()
        };
        let ca = PathBuf::from(variable("WOLKENAMT_TEST_LOGS")).join("ca.crt");
        std::fs::write(&ca, field("ca")).unwrap();
        let connection = format!(
            "host={} port={} dbname={} user={} password={} sslmode=verify-full sslrootcert={}",
            field("host"),
            field("port"),
            field("database"),
            field("user"),
            field("password"),
            ca.display()
        );
        customer(&["psql", &connection, "-qAtc", sql])
    }

    async fn count(&self) {
        let host =
            self.market.with(|kept| kept.observations[&self.chatbot.booking].endpoints[0].host.clone());
        let url = format!("http://{host}/api/conversations");
        for _ in 0..3 {
            customer(&[
                "curl",
                "-sSf",
                "-H",
                "content-type: application/json",
                "-d",
                r#"{"text":"Hallo"}"#,
                &url,
            ]);
        }
        self.wait_for("three conversations are reported", async || self.conversations() == 3).await;
    }

    fn conversations(&self) -> i64 {
        self.market.with(|kept| {
            let of_meter = kept.readings.iter().filter(|reading| reading.meter == Meter::Conversations);
            of_meter.map(|reading| reading.value).max().unwrap_or(0)
        })
    }

    /// Kind, name and resource version of everything that the operator owns.
    async fn versions(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (api_version, kind) in [
            ("wolkenamt.de/v1alpha1", "Booking"),
            ("postgresql.cnpg.io/v1", "Cluster"),
            ("apps/v1", "Deployment"),
            ("networking.k8s.io/v1", "NetworkPolicy"),
            ("networking.k8s.io/v1", "Ingress"),
            ("v1", "ResourceQuota"),
            ("v1", "PersistentVolumeClaim"),
            ("v1", "Service"),
        ] {
            for object in self.cluster.list(api_version, kind, None, "").await.unwrap() {
                let meta = &object["metadata"];
                found.push(format!("{kind} {} {}", meta["name"], meta["resourceVersion"]));
            }
        }
        found.sort();
        found
    }

    async fn does_nothing_where_nothing_changes(&self) {
        let database = &self.database;
        self.wait_for("all usage so far is acknowledged", async || {
            let status = self.status(database).await;
            let last = status["status"]["log"].as_array().unwrap().last().unwrap()["from"].clone();
            status["status"]["acknowledgedTo"] == last
        })
        .await;
        let before = self.versions().await;
        tokio::time::sleep(Duration::from_secs(40)).await;
        assert_eq!(before, self.versions().await, "somebody writes although nothing changes");
        self.say("40 s without a single write");
    }

    async fn is_killed(&mut self) {
        let before = self.versions().await;
        self.end_operator("-KILL");
        self.market.with(|kept| kept.heartbeat = None);
        self.start_operator();
        self.wait_for("a new process has looked at everything", async || {
            self.market.with(|kept| kept.heartbeat.as_ref().is_some_and(|beat| beat.watermark.is_some()))
        })
        .await;
        assert_eq!(before, self.versions().await, "a restart writes nothing");
    }

    /// A transition whose acknowledgement is lost is sent again and found to be a duplicate.
    async fn loses_an_answer(&self) {
        self.market.with(|kept| kept.lose_answers = true);
        self.lose_pod().await;
        self.wait_for("usage came again because its answer was lost", async || {
            self.market.with(|kept| kept.duplicates > 0)
        })
        .await;
        self.market.with(|kept| kept.lose_answers = false);
        self.wait_for("it is acknowledged at last", async || self.is_acknowledged().await).await;
    }

    async fn is_acknowledged(&self) -> bool {
        let found = self.status(&self.database).await;
        let last =
            found["status"]["log"].as_array().and_then(|log| log.last()).map(|entry| entry["from"].clone());
        last.is_some() && last.as_ref() == found["status"].get("acknowledgedTo")
    }

    /// The instance's pod goes and comes again.
    async fn lose_pod(&self) {
        let namespace = namespace::name(&self.database);
        let pod = format!("{}-1", self.database.kind.object_name(self.database.booking));
        let entries = self.status(&self.database).await["status"]["log"].as_array().unwrap().len();
        kubectl(&["-n", &namespace, "delete", "pod", &pod, "--wait=false"]);
        self.wait_for("the lost pod is in the log, and its successor", async || {
            let found = self.status(&self.database).await;
            found["status"]["log"].as_array().is_some_and(|log| log.len() >= entries + 2)
                && found["status"]["phase"] == "Ready"
        })
        .await;
    }

    fn volume(&self) -> String {
        let namespace = namespace::name(&self.database);
        kubectl(&["-n", &namespace, "get", "pvc", "-o", "jsonpath={.items[*].metadata.uid}"])
    }

    async fn loses_its_object_while_cut_off(&self) {
        let volume = self.volume();
        self.market.with(|kept| kept.cut = true);
        self.lose_pod().await;
        let name = self.database.booking.to_string();
        let before = self.status(&self.database).await;
        kubectl(&["delete", "booking", &name, "--wait=false"]);
        tokio::time::sleep(Duration::from_secs(8)).await;
        let kept = self.status(&self.database).await;
        assert!(kept["metadata"]["deletionTimestamp"].is_string(), "its finalizer holds it: {kept}");
        assert_eq!(kept["metadata"]["uid"], before["metadata"]["uid"]);
        self.market.with(|kept| kept.cut = false);
        self.wait_for("the deleted object is written anew", async || {
            let found = self.status(&self.database).await;
            found["metadata"]["uid"].is_string()
                && found["metadata"]["uid"] != before["metadata"]["uid"]
                && found["status"]["log"].is_array()
        })
        .await;
        let anew = self.status(&self.database).await;
        assert_eq!(anew["status"]["log"], before["status"]["log"], "the log goes on");
        assert_eq!(volume, self.volume(), "the same volume");
    }

    async fn loses_its_definition(&self) {
        let volume = self.volume();
        kubectl(&["delete", "crd", "bookings.wolkenamt.de", "--wait=false"]);
        self.wait_for("the definition is gone", async || {
            self.cluster.get("/apis/wolkenamt.de/v1alpha1/bookings").await.is_ok_and(|found| found.is_none())
        })
        .await;
        assert_eq!(volume, self.volume(), "no data went with it");
        let definition = concat!(env!("CARGO_MANIFEST_DIR"), "/../../charts/operator/crds/bookings.yaml");
        kubectl(&["apply", "--server-side", "-f", definition]);
        self.wait_for("both Bookings are back", async || {
            let (one, two) = (self.status(&self.database).await, self.status(&self.chatbot).await);
            one["status"]["phase"] == "Ready" && two["status"]["phase"] == "Ready"
        })
        .await;
        assert_eq!(volume, self.volume());
    }

    async fn is_torn_down(&self) {
        for desired in [&self.database, &self.chatbot] {
            let generation = desired.generation + 1;
            self.market.want(Desired { wanted: Wanted::Absent, generation, ..desired.clone() });
        }
        self.wait_for("both are gone, proven, and forgotten by the cluster", async || {
            self.status(&self.database).await.is_null() && self.status(&self.chatbot).await.is_null()
        })
        .await;
        assert_eq!(self.cluster.list("v1", "PersistentVolume", None, "").await.unwrap(), Vec::<Value>::new());
        assert_eq!(self.conversations(), 3, "the last reading");
        self.market.with(|kept| {
            for desired in [&self.database, &self.chatbot] {
                assert!(kept.observations[&desired.booking].gone.is_some());
                for meter in controller::allocation::meters(desired.kind) {
                    let chain: Vec<_> = kept
                        .usage
                        .values()
                        .filter(|record| record.booking == desired.booking && record.meter == meter)
                        .collect();
                    assert!(!chain.is_empty());
                    for pair in chain.windows(2) {
                        assert_eq!(pair[0].to, pair[1].from, "{} of {}", meter.code(), desired.booking);
                    }
                }
            }
        });
        self.say("usage tiles the whole life of both");
    }

    fn stops_cleanly(&mut self) {
        let started = Instant::now();
        self.end_operator("-TERM");
        assert!(started.elapsed() < Duration::from_secs(20), "a clean stop");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(mut child) = self.operator.take() {
            drop(child.kill());
        }
    }
}

fn kubectl(arguments: &[&str]) -> String {
    let kubeconfig = variable("WOLKENAMT_TEST_KUBECONFIG");
    run(Command::new("kubectl").args(["--kubeconfig", &kubeconfig]).args(arguments))
}

/// Runs a command in the customer's network.
fn customer(arguments: &[&str]) -> String {
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cluster/client.sh");
    run(Command::new(client).arg(variable("WOLKENAMT_TEST_CLUSTER")).arg("--").args(arguments))
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert!(output.status.success(), "{command:?}: {text} {}", String::from_utf8_lossy(&output.stderr));
    text
}
