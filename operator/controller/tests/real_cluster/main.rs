//! The operator's program against a real API server, a real node and the stand-ins for CloudNativePG and KubeVirt, with a fake
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

mod by_hand;
mod database;
mod fake_marketplace;
mod machine;
mod refusals;

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
    /// Which of the two pods it is.
    pod: &'static str,
    /// After how long the operator replaces its key.
    key_seconds: u64,
    database: Desired,
    chatbot: Desired,
    /// Of another organisation, so that it shares no namespace and no limit with the others.
    machine: Desired,
    started: Instant,
}

#[tokio::test]
async fn a_booking_survives_everything_but_its_termination() {
    let mut world = World::new().await;
    world.enrols_after_a_lost_answer().await;
    world.provision().await;
    world.use_database("create table kept as select 42 as answer").await;
    world.has_what_was_ordered_inside().await;
    world.goes_back_to_a_moment().await;
    world.changes_its_password().await;
    world.repairs_what_was_changed_by_hand().await;
    world.count().await;
    world.obeys_allow_lists().await;
    refusals::the_api_server_refuses(&kubeconfig_of("a"), &namespace::name(&world.chatbot));
    machine::refusals(&kubeconfig_of("a"), &namespace::name(&world.machine));
    world.obeys_the_providers_policy().await;
    world.enters_its_machine().await;
    world.stops_its_machine().await;
    world.hands_over().await;
    world.replaces_its_key().await;
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
        restore: None,
    }
}

impl World {
    async fn new() -> World {
        controller::identity::install_crypto();
        let kubeconfig = kube::config::Kubeconfig::read_from(variable("WOLKENAMT_TEST_KUBECONFIG")).unwrap();
        let options = kube::config::KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
        World {
            market: FakeMarketplace::start().await,
            cluster: Cluster::new(kube::Client::try_from(config).unwrap()),
            operator: None,
            pod: "a",
            key_seconds: 3600,
            database: booking(
                Kind::Postgresql,
                "01935d2e-7c1a-7e3b-8f00-0123456789ab",
                database::plan(),
                json!({"database": "fachverfahren", "version": 15, "storage_gib": 1, "extensions": ["pgcrypto"]}),
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
            machine: machine::wish(),
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
            .open(PathBuf::from(variable("WOLKENAMT_TEST_LOGS")).join(format!("operator-{}.log", self.pod)))
            .unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_wolkenamt-operator"))
            .arg("run")
            .env("WOLKENAMT_OPERATOR_MARKETPLACE_URL", &self.market.url)
            .env("WOLKENAMT_OPERATOR_KUBECONFIG", kubeconfig_of(self.pod))
            .env("WOLKENAMT_OPERATOR_INSTANCE", format!("operator-{}", self.pod))
            .env("WOLKENAMT_OPERATOR_LEASE_SECONDS", "10")
            .env("WOLKENAMT_OPERATOR_NAMESPACE", variable("WOLKENAMT_TEST_NAMESPACE"))
            .env("WOLKENAMT_OPERATOR_SERVICE_ACCOUNT", variable("WOLKENAMT_TEST_ACCOUNT"))
            .env("WOLKENAMT_OPERATOR_SECRETS_ROLE", format!("{}-secrets", variable("WOLKENAMT_TEST_ACCOUNT")))
            .env("WOLKENAMT_OPERATOR_KEY_SECRET", format!("{}-key", variable("WOLKENAMT_TEST_ACCOUNT")))
            .env("WOLKENAMT_OPERATOR_ENROLMENT_CODE", "once")
            .env("WOLKENAMT_OPERATOR_POSTGRESQL_IMAGES", "15=localhost/wolkenamt/postgresql:15")
            .env("WOLKENAMT_OPERATOR_POSTGRESQL_EXTENSIONS", "pgcrypto")
            .env("WOLKENAMT_OPERATOR_BACKUPS_FILE", variable("WOLKENAMT_TEST_BACKUPS"))
            .env("WOLKENAMT_OPERATOR_VM_IMAGES", format!("linux-klein={}", variable("WOLKENAMT_TEST_GUEST")))
            .env("WOLKENAMT_OPERATOR_VM_STORAGE_CLASS", "virtual-disks")
            .env("WOLKENAMT_OPERATOR_DOMAIN", format!("{cluster}.wolkenamt.test"))
            .env("WOLKENAMT_OPERATOR_INGRESS_CLASS", "wolkenamt")
            .env("WOLKENAMT_OPERATOR_INGRESS_TLS", "true")
            .env("WOLKENAMT_OPERATOR_INGRESS_ALLOW_ANNOTATION", variable("WOLKENAMT_TEST_ALLOW_ANNOTATION"))
            .env("WOLKENAMT_OPERATOR_KEY_SECONDS", self.key_seconds.to_string())
            .env("WOLKENAMT_OPERATOR_STATUS_LISTEN", "127.0.0.1:0")
            .env("WOLKENAMT_OPERATOR_COUNTER_SECONDS", "2")
            .env("WOLKENAMT_OPERATOR_HEARTBEAT_SECONDS", "2")
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

    /// Killed between its registration and the writing of its Secret: the code is used, and the same key gets its answer.
    async fn enrols_after_a_lost_answer(&mut self) {
        self.market.with(|kept| kept.lose_key_answers = true);
        self.start_operator();
        self.wait_for("the key is registered, its answer lost", async || {
            self.market.with(|kept| !kept.enrolled.is_empty())
        })
        .await;
        self.end_operator("-KILL");
        self.market.with(|kept| kept.lose_key_answers = false);
        self.start_operator();
        self.wait_for("a new process is enrolled with the same key", async || {
            self.market.with(|kept| kept.heartbeat.is_some())
        })
        .await;
        self.market.with(|kept| {
            assert!(kept.enrolled.len() > 1 && kept.enrolled.iter().all(|key| *key == kept.enrolled[0]));
        });
    }

    /// Killed between the registration of its next key and the writing of its Secret, once within the time in which both keys
    /// are good, once longer than that.
    async fn replaces_its_key(&mut self) {
        for late in [false, true] {
            self.end_operator("-TERM");
            self.market.with(|kept| {
                kept.lose_key_answers = true;
                kept.successors.clear();
            });
            self.key_seconds = 1;
            self.start_operator();
            self.wait_for("the next key is registered, its answer lost", async || {
                self.market.with(|kept| !kept.successors.is_empty())
            })
            .await;
            self.end_operator("-KILL");
            let successor = self.market.with(|kept| {
                kept.lose_key_answers = false;
                if late {
                    kept.end_overlap();
                }
                contract::key_id(fake_marketplace::OPERATOR, &kept.successors[0])
            });
            self.key_seconds = 3600;
            self.start_operator();
            self.wait_for("a new process signs with the next key", async || {
                self.market.with(|kept| kept.signed_by.as_ref() == Some(&successor))
            })
            .await;
            // What was signed just before the change has arrived by then.
            self.market.with(|kept| kept.heartbeat = None);
            self.wait_for("it goes on with that key", async || {
                self.market.with(|kept| kept.heartbeat.is_some())
            })
            .await;
            self.market.with(|kept| {
                assert!(kept.successors.iter().all(|key| *key == kept.successors[0]), "one key, not two");
                let refused: Vec<String> = std::mem::take(&mut kept.wrong);
                assert!(refused.iter().all(|word| late && word.ends_with("not good")), "{refused:?}");
            });
        }
    }

    /// From a network that is not in the list nothing answers; from the same network once it is in the list, all does.
    async fn obeys_allow_lists(&mut self) {
        let cases = [(vec!["192.0.2.0/24"], false), (vec!["192.0.2.0/24", "192.168.213.0/24"], true)];
        for (networks, admitted) in cases {
            for desired in [&mut self.database, &mut self.chatbot] {
                desired.generation += 1;
                desired.exposure.allowed_networks = networks.iter().map(|it| (*it).to_owned()).collect();
                self.market.want(desired.clone());
            }
            let what = if admitted { "a listed network is let in" } else { "any other network is refused" };
            self.wait_for(what, async || {
                let host = |desired: &Desired| {
                    self.market.with(|kept| kept.observations[&desired.booking].endpoints[0].host.clone())
                };
                let database = try_customer(&["pg_isready", "-qt", "2", "-h", &host(&self.database)]).0;
                let url = format!("https://{}/", host(&self.chatbot));
                let page = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", &url];
                let status = try_customer(&page).1;
                database == admitted && status == if admitted { "200" } else { "403" }
            })
            .await;
            assert!(self.reported_ready(&self.database) && self.reported_ready(&self.chatbot));
        }
    }

    /// What the provider forbids is refused with a reason, whatever the marketplace wishes; what runs keeps running.
    async fn obeys_the_providers_policy(&mut self) {
        let policy = json!({
            "apiVersion": "wolkenamt.de/v1alpha1", "kind": "ProviderPolicy", "metadata": {"name": "default"},
            "spec": {"kinds": ["application"], "mostPerOrganisation": {"bookings": 2}}
        });
        kubectl_with(&["apply", "-f", "-"], &policy);
        let mut other = policy.clone();
        other["metadata"]["name"] = json!("another");
        assert!(try_kubectl_with(&["apply", "-f", "-"], &other).contains("default"), "one policy, one name");
        // The operator reads it with every heartbeat.
        self.market.with(|kept| kept.heartbeat = None);
        self.wait_for("a heartbeat has passed", async || self.market.with(|kept| kept.heartbeat.is_some()))
            .await;
        let third = Desired {
            booking: Uuid::parse_str("01935d2e-7c1a-7e3b-8f00-0123456789ad").unwrap(),
            ..self.chatbot.clone()
        };
        let database = Desired {
            booking: Uuid::parse_str("01935d2e-7c1a-7e3b-8f00-0123456789ae").unwrap(),
            ..self.database.clone()
        };
        for (wish, words) in [(&third, "dies wäre Nummer 3"), (&database, "PostgreSQL-Datenbank")] {
            self.market.want(wish.clone());
            self.wait_for("the orderer reads the provider's reason", async || {
                self.market.with(|kept| {
                    let seen = kept.observations.get(&wish.booking);
                    let accepted = seen.and_then(|seen| seen.condition(ConditionType::Accepted));
                    accepted.is_some_and(|accepted| {
                        accepted.status == ConditionStatus::False
                            && accepted.message_key.text_de(&accepted.message_args).contains(words)
                    })
                })
            })
            .await;
            let name = wish.kind.object_name(wish.booking);
            assert!(
                !kubectl(&["get", "deployments,clusters", "-A"]).contains(&name),
                "nothing of it was made"
            );
            self.market.want(Desired {
                wanted: Wanted::Absent,
                generation: wish.generation + 1,
                ..wish.clone()
            });
        }
        self.wait_for("what was refused can be ended", async || {
            self.status(&third).await.is_null() && self.status(&database).await.is_null()
        })
        .await;
        assert!(
            self.reported_ready(&self.database) && self.reported_ready(&self.chatbot),
            "what runs keeps running"
        );
        kubectl(&["delete", "providerpolicy", "default"]);
    }

    /// A leader that was stopped for a while finds a successor, and writes nothing any more.
    async fn hands_over(&mut self) {
        let stopped = self.operator.take().unwrap();
        let stopped_id = stopped.id().to_string();
        Command::new("kill").args(["-STOP", &stopped_id]).status().unwrap();
        self.pod = "b";
        self.start_operator();
        self.market.with(|kept| kept.heartbeat = None);
        self.wait_for("the second operator leads", async || {
            self.market.with(|kept| kept.heartbeat.is_some())
        })
        .await;
        let home = variable("WOLKENAMT_TEST_NAMESPACE");
        let holder =
            ["-n", &home, "get", "lease", "wolkenamt-operator", "-o", "jsonpath={.spec.holderIdentity}"];
        assert_eq!(kubectl(&holder), "operator-b");
        self.old_leader_wakes(&stopped_id).await;
        assert_eq!(kubectl(&holder), "operator-b", "it did not take the Lease back");
        let mut stopped = stopped;
        Command::new("kill").args(["-TERM", &stopped_id]).status().unwrap();
        assert!(stopped.wait().unwrap().success());
        self.market.with(|kept| assert_eq!(kept.wrong, Vec::<String>::new()));
        refusals::only_the_leader_writes(
            &kubeconfig_of("a"),
            &kubeconfig_of("b"),
            &namespace::name(&self.chatbot),
        );
    }

    async fn provision(&self) {
        self.market.want(self.database.clone());
        self.market.want(self.chatbot.clone());
        // It starts while the others are used.
        self.market.want(self.machine.clone());
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

    /// Access data of a booking, by name.
    async fn access(&self, desired: &Desired) -> impl Fn(&str) -> String + use<> {
        let id = self.market.reveal(desired.booking);
        self.wait_for("access data are revealed", async || {
            self.market.with(|kept| kept.shown.contains_key(&id))
        })
        .await;
        let shown = self.market.with(|kept| kept.shown.remove(&id)).unwrap();
        move |name: &str| {
            let fields = shown["fields"].as_array().unwrap();
            fields.iter().find(|field| field["name"] == name).unwrap()["value"].as_str().unwrap().to_owned()
        }
    }

    /// Runs SQL from the customer's network with revealed access data and full verification.
    async fn use_database(&self, sql: &str) -> String {
        customer(&["psql", &self.connection().await, "-qAtc", sql])
    }

    /// Present access data of the database, as `psql` takes them.
    async fn connection(&self) -> String {
        let field = self.access(&self.database).await;
        let ca = PathBuf::from(variable("WOLKENAMT_TEST_LOGS")).join("ca.crt");
        std::fs::write(&ca, field("ca")).unwrap();
        format!(
            "host={} port={} dbname={} user={} password={} sslmode=verify-full sslrootcert={}",
            field("host"),
            field("port"),
            field("database"),
            field("user"),
            field("password"),
            ca.display()
        )
    }

    async fn count(&self) {
        let host =
            self.market.with(|kept| kept.observations[&self.chatbot.booking].endpoints[0].host.clone());
        let url = format!("https://{host}/api/conversations");
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
        // A touched pod makes its booking be looked at; all else comes by its own clocks, of which the slowest has 20 s.
        for desired in [&self.database, &self.chatbot] {
            kubectl(&["-n", &namespace::name(desired), "annotate", "pod", "--all", "touched=yes"]);
        }
        tokio::time::sleep(Duration::from_secs(21)).await;
        assert_eq!(before, self.versions().await, "somebody writes although nothing changes");
        self.say("21 s and two looks without a single write");
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
        let pod = self.instance();
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
        let all = [&self.database, &self.chatbot, &self.machine];
        for desired in all {
            let generation = desired.generation + 1;
            self.market.want(Desired { wanted: Wanted::Absent, generation, ..desired.clone() });
        }
        self.wait_for("all are gone, proven, and forgotten by the cluster", async || {
            for desired in all {
                if !self.status(desired).await.is_null() {
                    return false;
                }
            }
            true
        })
        .await;
        let mut volumes = self.cluster.list("v1", "PersistentVolume", None, "").await.unwrap();
        // Of the object storage that stands beside the databases here.
        volumes.retain(|volume| volume["spec"]["claimRef"]["namespace"] != "object-storage");
        assert_eq!(volumes, Vec::<Value>::new());
        assert_eq!(self.conversations(), 3, "the last reading");
        self.market.with(|kept| {
            for desired in all {
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
        self.say("usage tiles the whole life of each");
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

/// Access as one of the two pods of the operator.
fn kubeconfig_of(pod: &str) -> String {
    format!("{}/operator-{pod}.kubeconfig", variable("WOLKENAMT_TEST_LOGS"))
}

fn kubectl_with(arguments: &[&str], input: &Value) -> String {
    let (done, said) = refusals::feed(&variable("WOLKENAMT_TEST_KUBECONFIG"), arguments, &input.to_string());
    assert!(done, "{said}");
    said
}

fn try_kubectl_with(arguments: &[&str], input: &Value) -> String {
    refusals::feed(&variable("WOLKENAMT_TEST_KUBECONFIG"), arguments, &input.to_string()).1
}

fn kubectl(arguments: &[&str]) -> String {
    let kubeconfig = variable("WOLKENAMT_TEST_KUBECONFIG");
    run(Command::new("kubectl").args(["--kubeconfig", &kubeconfig]).args(arguments))
}

/// Runs a command in the customer's network.
fn customer(arguments: &[&str]) -> String {
    run(&mut in_customers_network(arguments))
}

/// The same for a command that may fail: whether it succeeded, and what it printed.
fn try_customer(arguments: &[&str]) -> (bool, String) {
    let output = in_customers_network(arguments).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn in_customers_network(arguments: &[&str]) -> Command {
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cluster/client.sh");
    let mut command = Command::new(client);
    command.arg(variable("WOLKENAMT_TEST_CLUSTER")).arg("--").args(arguments);
    command
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert!(output.status.success(), "{command:?}: {text} {}", String::from_utf8_lossy(&output.stderr));
    text
}
