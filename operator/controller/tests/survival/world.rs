//! One operator between a cluster and a marketplace, and what can be seen of all three from outside.

use crate::cluster::{FakeCluster, Held};
use crate::engine;
use crate::fate::{Fate, Side};
use crate::market::{Kept, Market};
use contract::kinds::Kind;
use contract::{Desired, Enrolled, Observation};
use controller::apply::Applier;
use controller::broker::Brokers;
use controller::cluster::Cluster;
use controller::config::Config;
use controller::heartbeat;
use controller::identity::Stored;
use controller::lease::Guard;
use controller::marketplace::Marketplace;
use controller::pull::Pull;
use controller::push::Push;
use controller::reconcile::reconcile;
use controller::state::State;
use controller::sweep::sweep;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// Everything that a process holds in memory.
struct Operator {
    state: Arc<State>,
    applier: Applier,
    pull: Pull,
    push: Push,
    marketplace: Arc<Marketplace>,
    /// Whether something asked to be looked at once more although nothing moved.
    hurries: bool,
}

impl Operator {
    async fn start(cluster: &FakeCluster, marketplace: &Marketplace, stored: &Stored) -> Operator {
        let config = |name: &str| {
            let value = match name {
                "MARKETPLACE_URL" => "http://127.0.0.1:1",
                "POSTGRESQL_IMAGES" => "15=registry.example/postgresql:15.1",
                "VM_IMAGES" => "debian-12=docker://registry.example/debian:12",
                "DOMAIN" => "nord.example",
                "BACKUPS_FILE" => concat!(env!("CARGO_MANIFEST_DIR"), "/tests/survival/backups.yaml"),
                _ => return None,
            };
            Some(value.to_owned())
        };
        let config = Config::from_lookup(config).unwrap();
        let brokers = Brokers::new(&config).unwrap();
        let state = Arc::new(State::new(config, Cluster::new(cluster.client()), brokers, 1));
        heartbeat::complete_site(&state).await.unwrap();
        let marketplace = Arc::new(marketplace.with_identity(stored.identity().unwrap().unwrap()));
        Operator {
            applier: Applier::default(),
            pull: Pull::new(state.clone(), marketplace.clone()),
            push: Push::new(state.clone(), marketplace.clone()),
            state,
            marketplace,
            hurries: false,
        }
    }

    /// What the watches would have told by now.
    fn watch(&self, cluster: &FakeCluster) {
        let mut listed = HashSet::new();
        for object in cluster.with(|held| held.objects.values().cloned().collect::<Vec<_>>()) {
            if object["kind"] == "Booking" {
                let object = serde_json::from_value(object).unwrap();
                listed.extend(controller::controller::take(&self.state, object, false));
            }
        }
        self.state.bookings.retain(&listed);
    }

    /// One round of each loop, in an order that is always the same.
    async fn round(&mut self, cluster: &FakeCluster) {
        self.watch(cluster);
        self.pull.round().await.unwrap();
        for _ in 0..20 {
            self.watch(cluster);
            let before = cluster.with(|held| held.version);
            let mut namespaces: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
            for entry in self.state.bookings.all() {
                namespaces.entry(entry.namespace.to_string()).or_default().push(entry.id);
            }
            self.hurries = false;
            for ids in namespaces.values() {
                for (id, next) in reconcile(&self.state, &self.applier, ids).await.unwrap() {
                    match next {
                        Ok(next) => self.hurries |= matches!(next, Some((false, _))),
                        Err(error) => assert!(cluster.with(|held| held.refuses.is_some()), "{id}: {error}"),
                    }
                }
            }
            if cluster.with(|held| held.version) == before {
                break;
            }
        }
        self.watch(cluster);
        self.push.round().await.unwrap();
        heartbeat::beat(&self.state, &self.marketplace).await;
    }
}

/// Everything that outlives a process: cluster, marketplace, and what is wanted.
#[derive(Clone)]
pub(crate) struct Stage {
    held: Held,
    kept: Kept,
    pub(crate) wish: Desired,
}

/// What all worlds of a test share, because it takes long to make and remembers nothing.
pub(crate) struct Ground {
    market: Market,
    client: Marketplace,
    stored: Stored,
}

impl Ground {
    pub(crate) async fn new() -> Ground {
        controller::identity::install_crypto();
        let market = Market::start().await;
        let stored = Stored::generate().unwrap();
        let key = stored.public().unwrap();
        let stored = stored.with(Enrolled {
            operator: Uuid::from_u128(1),
            key_id: contract::key_id(Uuid::from_u128(1), &key),
            audience: market.url.clone(),
            location: Uuid::from_u128(1),
            location_name: "Probe".to_owned(),
            epoch: 1,
        });
        let identity = stored.identity().unwrap().unwrap();
        let client = Marketplace::new(&market.url, None, identity, Guard::always()).unwrap();
        Ground { market, client, stored }
    }
}

impl Stage {
    /// Nothing is booked yet.
    pub(crate) fn empty(wish: Desired, now: &str) -> Stage {
        let now: jiff::Timestamp = now.parse().unwrap();
        Stage { held: Held::empty(now.as_second()), kept: Kept::default(), wish }
    }
}

pub(crate) struct World<'a> {
    pub(crate) cluster: FakeCluster,
    pub(crate) market: Market,
    pub(crate) fate: Fate,
    ground: &'a Ground,
    operator: Option<Operator>,
    /// Seconds between the end of an operator and the start of the next one.
    pause: i64,
    pub(crate) wish: Desired,
}

impl<'a> World<'a> {
    /// Goes on from a stage, without an operator.
    pub(crate) fn new(
        ground: &'a Ground,
        stage: Stage,
        dies: Option<(usize, Side)>,
        pause: i64,
    ) -> World<'a> {
        let fate = Fate::new(dies);
        let cluster = FakeCluster::new(stage.held, fate.clone());
        let market = ground.market.clone();
        market.become_like(stage.kept, &fate);
        World { cluster, market, fate, ground, operator: None, pause, wish: stage.wish }
    }

    /// What is left when the process ends now.
    pub(crate) fn stage(&self) -> Stage {
        let held = self.cluster.with(|held| held.clone());
        Stage { held, kept: self.market.with(|kept| kept.clone()), wish: self.wish.clone() }
    }

    /// Something else is wanted from now on.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Desired)) {
        change(&mut self.wish);
        self.wish.generation += 1;
        self.wish.exposure.allowed_networks = self.wish.kind.allowed_networks(&self.wish.order);
        self.market.want(&self.wish);
    }

    /// The process ends, and another one starts when there is something to do.
    pub(crate) fn end_operator(&mut self) {
        self.operator = None;
    }

    /// Whether the operator would look again at once although nothing moves any more.
    pub(crate) fn hurries(&self) -> bool {
        self.operator.as_ref().unwrap().hurries
    }

    /// Another process starts and looks at everything. Says whether something is left to be looked at by itself.
    pub(crate) async fn restarts(&mut self) -> bool {
        let operator = Operator::start(&self.cluster, &self.ground.client, &self.ground.stored).await;
        operator.watch(&self.cluster);
        sweep(&operator.state, &operator.applier).await;
        let due = operator.state.queue.take(1, |_| Vec::new());
        let left = tokio::time::timeout(std::time::Duration::from_millis(100), due).await.is_ok();
        self.operator = Some(operator);
        left
    }

    /// Time passes.
    pub(crate) fn wait(&self, seconds: i64) {
        self.cluster.with(|held| held.now += seconds);
    }

    /// Rounds of the operator, and what engines make of them, until nothing moves any more. An operator that ends is followed
    /// by one that knows nothing.
    pub(crate) async fn settle(&mut self) {
        for _ in 0..30 {
            self.cluster.with(engine::play);
            let before = self.cluster.with(|held| held.version);
            self.round().await;
            self.cluster.with(engine::play);
            if self.cluster.with(|held| held.version) == before {
                return;
            }
        }
        panic!("it does not come to rest: {:?}", self.fate.calls());
    }

    async fn round(&mut self) {
        loop {
            if self.operator.is_none() {
                // It only reads.
                self.operator =
                    Some(Operator::start(&self.cluster, &self.ground.client, &self.ground.stored).await);
            }
            let operator = self.operator.as_mut().unwrap();
            tokio::select! {
                () = operator.round(&self.cluster) => return,
                () = self.fate.died() => {}
            }
            self.operator = None;
            self.fate.revive();
            // Engines go on while nobody looks; what nobody saw is told by nobody.
            if self.pause > 0 {
                self.wait(self.pause);
                self.cluster.with(engine::play);
            }
        }
    }

    /// Everything that can be seen from outside, without what is drawn and without numbers that only count.
    pub(crate) fn picture(&self) -> Value {
        let objects: Vec<Value> = self.cluster.with(|held| {
            held.objects
                .values()
                .map(|object| {
                    let mut object = object.clone();
                    for drawn in ["resourceVersion", "uid"] {
                        object["metadata"].as_object_mut().unwrap().shift_remove(drawn);
                    }
                    if object["kind"] == "Secret" {
                        let keys: Vec<String> = object["data"].as_object().unwrap().keys().cloned().collect();
                        object["data"] = json!(keys);
                    }
                    object
                })
                .collect()
        });
        self.market.with(|kept| {
            let timeless = |said: &Observation| {
                let mut said = json!(said);
                // When somebody looked is no property of what was seen.
                said.as_object_mut().unwrap().shift_remove("seen_at");
                said
            };
            let said: Vec<Value> = kept.observations.values().map(timeless).collect();
            json!({"objects": objects, "usage": kept.billed(), "said": said})
        })
    }
}

/// A booking of a kind, with what changes in its life.
pub(crate) struct Life {
    pub(crate) first: Desired,
    /// The other plan.
    pub(crate) larger: Value,
    /// The other order.
    pub(crate) changed: Value,
}

pub(crate) fn life(kind: Kind) -> Life {
    let (plan, order, larger, changed) = match kind {
        Kind::Postgresql => (
            json!({"vcpu_milli": 500, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 10, "versions": [15],
                   "connections": 50}),
            json!({"database": "fach", "version": 15, "storage_gib": 2, "allowed_networks": ["192.0.2.0/24"]}),
            json!({"vcpu_milli": 1000, "memory_mib": 1024, "storage_gib_min": 1, "storage_gib_max": 10, "versions": [15],
                   "connections": 100}),
            json!({"database": "fach", "version": 15, "storage_gib": 3}),
        ),
        Kind::Application => {
            let plan = |memory: i64, index: i64| {
                json!({
                    "image": "registry.example/a:1", "port": 8080, "vcpu_milli": 200, "memory_mib": memory, "storage_gib": 1,
                    "health_path": "/", "first_admin": {"email_env": "ADMIN", "password_env": "PASSWORD"},
                    "volumes": [{"name": "index", "path": "/index", "storage_gib": index}],
                    "secrets": [{"name": "session", "title": "Sitzung", "variable": "SESSION"}],
                    "ports": [{"name": "smtp", "number": 2525}], "live_path": "/",
                    "fields": [{"name": "greeting", "title": "Begrüßung", "description": "Ein Satz", "input": "text",
                                "max_length": 40, "variable": "GREETING", "optional": true}]
                })
            };
            let order = |networks: Value, greeting: &str| json!({"label": "a", "admin_email": "a@b.example", "allowed_networks": networks, "greeting": greeting});
            let (first, later) = (order(json!(["192.0.2.0/24"]), "Tag"), order(json!([]), "$(PASSWORD)"));
            (plan(128, 1), first, plan(256, 2), later)
        }
        Kind::VirtualMachine => {
            let plan = |vcpu: i64| {
                json!({
                    "vcpu_milli": vcpu, "memory_mib": 1024, "storage_gib_min": 1, "storage_gib_max": 10,
                    "systems": [{"code": "debian-12", "title": "Debian 12"}]
                })
            };
            let order = |storage: i64| {
                json!({
                    "hostname": "rechner", "system": "debian-12", "storage_gib": storage, "ssh_keys": [
                        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrnd+xf8UZOGBRVihBryHMwCp1w8a6tvRXOgSfo/gB9"]
                })
            };
            (plan(1000), order(2), plan(2000), order(3))
        }
        Kind::SharedService | Kind::Manual => {
            unreachable!("their lives are tested beside their brokers and people")
        }
    };
    let first = Desired {
        booking: Uuid::parse_str("01935d2e-7c1a-7e3b-8f00-0123456789ab").unwrap(),
        generation: 0,
        wanted: contract::Wanted::Present,
        power: contract::Power::On,
        kind,
        plan,
        order,
        organisation: contract::OrganisationRef { id: Uuid::from_u128(7), slug: "musterstadt".to_owned() },
        cost_centre: "4711".to_owned(),
        title: "Probe".to_owned(),
        wished_start: None,
        restore: None,
        exposure: contract::Exposure {
            class: contract::ExposureClass::ProviderNetwork,
            host: None,
            allowed_networks: Vec::new(),
        },
    };
    Life { first, larger, changed }
}
