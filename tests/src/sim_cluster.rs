//! A provider in the test process: calls the agent API over HTTP with a real key, keeps Booking objects in memory, and
//! runs the operator's own `decide` and `allocation`. What the cluster does is played: readiness, delay, causes, deletion.

use crate::TestApp;
use contract::kinds::Site;
use contract::kinds::namespace;
use contract::kinds::readiness::text;
use contract::kinds::shared_service::state::{SEEN, Standing};
use contract::kinds::shared_service::{CREDENTIALS, Service};
use contract::protocol::{BOOKINGS, REVEALS};
use contract::{
    Abilities, Capacity, Desired, DesiredList, Endpoint, Enrolled, Enrolment, ExposureClass, Heartbeat, Kind,
    Meter, Observation, ObservationBatch, PendingReveal, PendingReveals, PostgresqlVersion, Power,
    SealedReveal, UsageAnswers, UsageBatch, UsageRecord, Wanted, list_hash,
};
use controller::allocation;
use controller::crd::{Booking, BookingSpec};
use controller::decide::{self, Applied, Observed};
use controller::identity::Stored;
use controller::lease::Guard;
use controller::marketplace::{self, Marketplace};
use controller::policy::ProviderPolicySpec;
use domain::ids::LocationId;
use jiff::Timestamp;
use serde_json::{Value, json};
use server::usecases::locations::{self, CreateLocation};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Password that every simulated database has; a canary for whoever looks for leaks.
pub const CANARY: &str = "kanarienvogel-im-bergwerk";

/// Public host key of every simulated machine.
pub const HOST_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcAg34hH9P+TY83UGBcxzipNJQCPmIC4HNV730RqtM5";

/// Makes a one-time code as the provider's platform team does.
pub async fn code(app: &TestApp, location: &str, platform: &str) -> String {
    let actor = app.actor(platform).await;
    let made = locations::make_code(&app.app, &actor, LocationId(location.parse().unwrap())).await.unwrap();
    made.code
}

/// Enrols a fresh key with a code.
pub async fn enrol_with(app: &TestApp, code: &str) -> anyhow::Result<Stored> {
    controller::identity::install_crypto();
    let stored = Stored::generate()?;
    let enrolled = enrol_key(app, code, &stored).await?;
    Ok(stored.with(enrolled))
}

/// Enrols this very key with a code.
pub async fn enrol_key(app: &TestApp, code: &str, stored: &Stored) -> anyhow::Result<Enrolled> {
    let enrolment =
        Enrolment { code: code.to_owned(), key: stored.public()?, operator_version: "test".to_owned() };
    marketplace::enrol(&app.url, None, &enrolment).await
}

/// Enrols an operator at a location.
pub async fn enrol(app: &TestApp, location: &str, platform: &str) -> Stored {
    let code = code(app, location, platform).await;
    enrol_with(app, &code).await.unwrap()
}

/// The operator's own client.
pub fn client(app: &TestApp, stored: &Stored) -> Marketplace {
    let identity = stored.identity().unwrap().unwrap();
    Marketplace::new(&app.url, None, identity, Guard::always()).unwrap()
}

/// Adds a location for a provider.
pub async fn create_location(app: &TestApp, platform: &str, name: &str) -> LocationId {
    let actor = app.actor(platform).await;
    let wish = CreateLocation { name: name.to_owned(), place: format!("{name}, Bayern") };
    locations::create(&app.app, &actor, wish).await.unwrap()
}

/// How the played cluster behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Play {
    /// Everything becomes ready with the next pass.
    #[default]
    Ready,
    /// Pods find no room.
    NoRoom,
    /// Nothing moves.
    Idle,
}

/// One played cluster with its operator.
pub struct SimCluster<'a> {
    app: &'a TestApp,
    /// The operator's client, for calls that a test changes.
    pub marketplace: Marketplace,
    /// What its nodes do.
    pub play: Play,
    /// What its provider allows.
    pub policy: Option<ProviderPolicySpec>,
    /// Booking objects by id.
    pub bookings: BTreeMap<Uuid, Booking>,
    objects: BTreeMap<Uuid, Vec<Value>>,
    wanted: BTreeMap<Uuid, Desired>,
    site: Site,
    revision: i64,
    epoch: i64,
    promised: Option<Timestamp>,
}

impl<'a> SimCluster<'a> {
    /// Enrols at a location of the world and beats once.
    pub async fn enrol(app: &'a TestApp, location: &str, platform: &str) -> SimCluster<'a> {
        let stored = enrol(app, location, platform).await;
        let site = Site {
            postgresql_images: BTreeMap::from([(15, "localhost/postgresql:15".to_owned())]),
            machine_images: BTreeMap::from([(
                "debian-12".to_owned(),
                "docker://localhost/debian:12".to_owned(),
            )]),
            domain: Some("nord.example".to_owned()),
            brokers: vec!["efa".to_owned()],
            ..Site::default()
        };
        let mut sim = Self {
            app,
            marketplace: client(app, &stored),
            play: Play::Ready,
            policy: None,
            bookings: BTreeMap::new(),
            objects: BTreeMap::new(),
            wanted: BTreeMap::new(),
            site,
            revision: 0,
            epoch: 0,
            promised: None,
        };
        sim.pull(true).await;
        sim.beat().await;
        sim
    }

    /// The time of the cluster: that of the test.
    fn now(&self) -> Timestamp {
        let now = self.app.app.clock.now();
        Timestamp::from_second(now.as_second()).unwrap()
    }

    /// Forgets what a process would hold in memory; the cluster keeps its objects.
    pub fn restart(&mut self) {
        self.wanted.clear();
        self.revision = 0;
        self.promised = None;
    }

    /// Fetches what is wanted, everything or what changed.
    pub async fn pull(&mut self, full: bool) {
        let after = if full { None } else { Some(self.revision) };
        let query = after.map_or_else(String::new, |after| format!("?after={after}&wait=0"));
        let list: DesiredList = self.get(&format!("{BOOKINGS}{query}")).await;
        assert!(list.epoch >= self.epoch, "an older marketplace");
        if list.full {
            self.wanted.clear();
        }
        for desired in list.bookings {
            self.wanted.insert(desired.booking, desired);
        }
        let all: Vec<Desired> = self.wanted.values().cloned().collect();
        if list_hash(&all) != list.hash {
            assert!(!list.full, "a full list has the hash that it names");
            return Box::pin(self.pull(true)).await;
        }
        self.epoch = list.epoch;
        self.revision = list.revision;
        for desired in self.wanted.values() {
            let spec = BookingSpec { desired: desired.clone(), epoch: self.epoch };
            let id = desired.booking;
            match self.bookings.get_mut(&id) {
                Some(known) => known.spec = spec,
                None => {
                    self.bookings.insert(id, Booking::new(&id.to_string(), spec));
                }
            }
        }
        let wanted = &self.wanted;
        self.bookings.retain(|id, booking| {
            let status = booking.status.clone().unwrap_or_default();
            wanted.contains_key(id)
                || status.gone.is_none()
                || !decide::is_acknowledged(&booking.spec.desired, &status)
        });
    }

    /// Asks without waiting; the operator's own client always waits.
    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        let now = Timestamp::now().as_second();
        let token = self.marketplace.identity().assertion(now, &format!("GET {path}"), b"").unwrap();
        let url = format!("{}{path}", self.app.url);
        let response = reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap();
        let (status, body) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// One pass over every booking: observe, decide, apply.
    pub fn reconcile(&mut self) {
        let at = self.now();
        for (id, booking) in &mut self.bookings {
            let objects = self.objects.entry(*id).or_default();
            play_broker(self.play, booking, at);
            let seen = Observed {
                objects: objects.clone(),
                at,
                floor: self.promised,
                available: true,
                policy: self.policy.clone(),
                others: Vec::new(),
            };
            let before = booking.status.clone().unwrap_or_default();
            let plan = decide::decide(booking, &seen, &self.site);
            if let Some(effects) = &plan.effects {
                apply(objects, &effects.once);
                apply(objects, &effects.manifests);
            }
            for gone in &plan.teardown {
                objects.retain(|object| {
                    text(object, "/kind") != Some(&gone.kind)
                        || text(object, "/metadata/name") != Some(&gone.name)
                });
            }
            let refused = plan.effects.is_none() && booking.spec.desired.wanted == Wanted::Present;
            booking.status = Some(decide::with_apply(plan, &before, at, &Applied::Done).status);
            if !refused {
                play(self.play, &booking.spec.desired, objects, at);
            }
        }
    }

    /// Sends usage and observations, as the operator does. Returns the answers.
    pub async fn push(&mut self) -> UsageAnswers {
        let batch = self.usage();
        let answers = if batch.records.is_empty() {
            UsageAnswers::default()
        } else {
            self.marketplace.usage(&batch).await.unwrap()
        };
        for (record, answer) in batch.records.iter().zip(&answers.records) {
            if answer.settles()
                && let Some(status) =
                    self.bookings.get_mut(&record.booking).and_then(|booking| booking.status.as_mut())
            {
                status.acknowledged_to = status.acknowledged_to.max(Some(record.to));
            }
        }
        let observations = self.observations();
        self.marketplace.observations(&observations).await.unwrap();
        answers
    }

    /// Everything that lies in the cluster.
    pub fn objects(&self) -> impl Iterator<Item = &Value> {
        self.objects.values().flatten()
    }

    /// Every interval of a meter that the logs hold, acknowledged or not.
    pub fn intervals(&self, meter: Meter) -> Vec<UsageRecord> {
        let logs = self.bookings.values().flat_map(|booking| {
            let status = booking.status.clone().unwrap_or_default();
            allocation::segments(&booking.spec.desired, &status, self.epoch)
        });
        logs.filter(|record| record.meter == meter).collect()
    }

    /// What is not acknowledged.
    pub fn usage(&self) -> UsageBatch {
        let mut batch = UsageBatch::default();
        for booking in self.bookings.values() {
            let status = booking.status.clone().unwrap_or_default();
            batch.records.extend(allocation::unacknowledged(&booking.spec.desired, &status, self.epoch));
        }
        batch
    }

    /// What would be said now.
    pub fn observations(&self) -> ObservationBatch {
        let at = self.now();
        let said = self.bookings.values().filter_map(|booking| {
            let status = booking.status.as_ref().filter(|status| !status.conditions.is_empty())?;
            Some(Observation {
                booking: booking.spec.desired.booking,
                generation: status.observed_generation,
                conditions: status.conditions.clone(),
                endpoints: status.endpoints.clone(),
                first_ready: status.first_ready,
                in_effect: status.in_effect,
                seen_at: at,
                gone: status.gone,
            })
        });
        ObservationBatch { epoch: self.epoch, observations: said.collect() }
    }

    /// Says what the location is and up to when usage is complete.
    pub async fn beat(&mut self) {
        let at = self.now();
        let settled = Timestamp::from_second(at.as_second() - allocation::SETTLE_SECONDS).unwrap();
        let mut watermark = settled;
        for booking in self.bookings.values() {
            let status = booking.status.clone().unwrap_or_default();
            if let Some(to) = allocation::complete_to(&booking.spec.desired, &status, at, self.epoch) {
                watermark = watermark.min(to);
            }
        }
        let desired: Vec<Desired> = self.wanted.values().cloned().collect();
        let beat = Heartbeat {
            epoch: self.epoch,
            revision: self.revision,
            hash: list_hash(&desired),
            operator_version: "test".to_owned(),
            kubernetes_version: "v1.33.0".to_owned(),
            abilities: Abilities {
                kinds: Kind::ALL.to_vec(),
                postgresql_versions: vec![PostgresqlVersion { major: 15, full: "15.14".to_owned() }],
                machine_images: self.site.machine_images.keys().cloned().collect(),
                exposures: vec![ExposureClass::ProviderNetwork],
                application_networks: true,
                nodes_simulated: true,
                ..Abilities::default()
            },
            capacity: Capacity {
                nodes: 1,
                vcpu_total: 8000,
                vcpu_used: 500,
                memory_total: 16384,
                memory_used: 512,
            },
            bookings: i64::try_from(self.bookings.len()).unwrap(),
            watermark: Some(watermark),
            at,
        };
        let answer = self.marketplace.heartbeat(&beat).await.unwrap();
        self.promised = self.promised.max(answer.watermark);
    }

    /// Pull, two passes (the second sees what the first made), push, beat.
    pub async fn tick(&mut self) {
        self.pull(false).await;
        self.reconcile();
        self.reconcile();
        self.push().await;
        self.beat().await;
    }

    /// Answers every display that waits. Returns how many there were.
    pub async fn answer_reveals(&self) -> usize {
        let pending: PendingReveals = self.get(&format!("{REVEALS}?wait=0")).await;
        for reveal in &pending.reveals {
            let sealed = self.seal(reveal);
            self.marketplace.answer_reveal(reveal.id, &sealed).await.unwrap();
        }
        pending.reveals.len()
    }

    fn seal(&self, reveal: &PendingReveal) -> SealedReveal {
        let Some(booking) = self.bookings.get(&reveal.booking) else {
            return SealedReveal::Unavailable { code: "unknown-booking".to_owned() };
        };
        let secrets = BTreeMap::from([
            ("username".to_owned(), "fach".to_owned()),
            ("password".to_owned(), CANARY.to_owned()),
            ("dbname".to_owned(), "fach".to_owned()),
            ("user".to_owned(), "verwaltung".to_owned()),
            ("host_key".to_owned(), HOST_KEY.to_owned()),
            (CREDENTIALS.to_owned(), json!({"username": "verwaltung", "password": CANARY}).to_string()),
            ("ca.crt".to_owned(), "-----BEGIN CERTIFICATE-----\nTEST\n-----END CERTIFICATE-----".to_owned()),
        ]);
        let endpoints: Vec<Endpoint> = booking.status.clone().unwrap_or_default().endpoints;
        let access = booking.spec.desired.kind.access(&self.site, &endpoints, &secrets);
        SealedReveal::Sealed { sealed: controller::reveal::seal(&access, &reveal.public_key).unwrap() }
    }
}

/// Server-side apply as far as it matters here: an object that exists keeps its status.
fn apply(objects: &mut Vec<Value>, manifests: &[Value]) {
    for manifest in manifests {
        let same = |object: &&mut Value| {
            text(object, "/kind") == text(manifest, "/kind")
                && text(object, "/metadata/name") == text(manifest, "/metadata/name")
        };
        match objects.iter_mut().find(same) {
            Some(known) => {
                known["spec"] = manifest["spec"].clone();
                known["metadata"]["annotations"] = manifest["metadata"]["annotations"].clone();
            }
            None => objects.push(manifest.clone()),
        }
    }
}

/// What engine and nodes make of the objects until the next pass.
fn play(how: Play, desired: &Desired, objects: &mut Vec<Value>, at: Timestamp) {
    // Only what an operator would list again counts as observed.
    objects.retain(|object| {
        !matches!(text(object, "/kind"), Some("Namespace" | "ResourceQuota" | "LimitRange" | "RoleBinding"))
    });
    objects.retain(|object| {
        text(object, "/metadata/name") != Some("cnpg")
            && text(object, "/metadata/labels/wolkenamt.de~1booking").is_some()
            || owned(object)
    });
    let engine = match desired.kind {
        Kind::Postgresql => "Cluster",
        Kind::Application => "Deployment",
        Kind::VirtualMachine => "VirtualMachine",
        Kind::SharedService => SEEN,
        Kind::Manual => unreachable!("no operator is told about it"),
    };
    if !objects.iter().any(|object| text(object, "/kind") == Some(engine)) {
        // The engine is gone, and with it what it made.
        objects.retain(|object| !owned(object));
        return;
    }
    if how == Play::Idle {
        return;
    }
    objects.retain(|object| !owned(object));
    objects.extend(made(how, desired, at));
    if desired.power == Power::Off {
        objects.retain(|object| !matches!(text(object, "/kind"), Some("Pod" | "VirtualMachineInstance")));
    }
    if desired.kind == Kind::VirtualMachine {
        fill_disk(objects);
    }
    let name = desired.kind.object_name(desired.booking);
    for object in
        objects.iter_mut().filter(|object| text(object, "/kind") == Some(engine) && how == Play::Ready)
    {
        let slept = text(object, "/status/currentPrimary") == Some(ASLEEP);
        let same = slept == (desired.power == Power::Off);
        let since =
            text(object, "/status/since").filter(|_| same).map_or_else(|| at.to_string(), str::to_owned);
        object["metadata"]["generation"] = json!(1);
        if desired.power == Power::Off {
            object["status"] = asleep(&since);
            continue;
        }
        object["status"] = json!({
            "since": since, "phase": "Cluster in healthy state", "readyInstances": 1, "currentPrimary": format!("{name}-1"),
            "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1,
            "conditions": [
                {"type": "Ready", "status": "True", "lastTransitionTime": since},
                {"type": "Available", "status": "True", "lastTransitionTime": since},
            ],
        });
    }
    for object in objects.iter_mut().filter(|object| text(object, "/kind") == Some("Service")) {
        object["status"] = json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}});
    }
}

/// What a service broker answers until the next pass. Its own dialogue is tested beside the operator.
fn play_broker(how: Play, booking: &mut Booking, at: Timestamp) {
    let desired = &booking.spec.desired;
    if desired.kind != Kind::SharedService {
        return;
    }
    let status = booking.status.get_or_insert_default();
    let before = status.service.take().unwrap_or_default();
    status.service = Some(match (desired.wanted, how) {
        (_, Play::Idle) => before,
        (Wanted::Absent, _) if before.binding == Standing::Present => {
            Service { binding: Standing::Absent, ..before }
        }
        (Wanted::Absent, _) => {
            Service { broker: before.broker, ended: Some("HTTP 200".to_owned()), ..Service::default() }
        }
        (Wanted::Present, _) => Service {
            broker: "efa".to_owned(),
            instance: Standing::Present,
            binding: Standing::Present,
            secret: true,
            since: Some(before.since.unwrap_or(at)),
            attributes: controller::service::wish(desired).map(|wish| wish.attributes),
            dashboard_url: Some("https://aufenthalt.example/mittelfeld".to_owned()),
            ..Service::default()
        },
    });
}

/// Marks what was stopped, so that the next pass knows since when.
const ASLEEP: &str = "asleep";

/// A hibernated database says that it is healthy all the same; a Deployment without replicas counts nothing.
fn asleep(since: &str) -> Value {
    json!({
        "since": since, "phase": "Cluster in healthy state", "currentPrimary": ASLEEP, "observedGeneration": 1,
        "conditions": [
            {"type": "Ready", "status": "True", "lastTransitionTime": since},
            {"type": "cnpg.io/hibernation", "status": "True", "lastTransitionTime": since},
        ],
    })
}

fn owned(object: &Value) -> bool {
    object.pointer("/metadata/ownerReferences").is_some()
}

/// Pod, volume and Service that the engine makes.
fn made(how: Play, desired: &Desired, at: Timestamp) -> Vec<Value> {
    let name = desired.kind.object_name(desired.booking);
    let meta = |name: &str| {
        json!({
            "name": name, "namespace": namespace::name(desired),
            "labels": {"wolkenamt.de/booking": desired.booking.to_string(), "cnpg.io/podRole": "instance"},
            "ownerReferences": [{"kind": "Cluster"}],
            "creationTimestamp": at.to_string(),
        })
    };
    let container = match desired.kind {
        Kind::Postgresql => "postgres",
        Kind::Application => "app",
        Kind::VirtualMachine => "compute",
        Kind::SharedService => "none",
        Kind::Manual => unreachable!("no operator is told about it"),
    };
    let (cpu, memory) = (desired.plan["vcpu_milli"].clone(), desired.plan["memory_mib"].clone());
    let size = desired
        .order
        .get("storage_gib")
        .or_else(|| desired.plan.get("storage_gib"))
        .cloned()
        .unwrap_or(json!(1));
    let started = at.to_string();
    let status = match how {
        Play::Ready => json!({
            "phase": "Running", "startTime": started, "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": container, "restartCount": 0, "state": {"running": {"startedAt": started}}}],
        }),
        Play::NoRoom | Play::Idle => json!({
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                "message": "0/1 nodes are available: 1 Insufficient memory."}],
        }),
    };
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": meta(&format!("{name}-1")),
        "spec": {"containers": [{"name": container, "image": "localhost/postgresql:15",
            "resources": {"requests": {"cpu": format!("{cpu}m"), "memory": format!("{memory}Mi")}}}]},
        "status": status,
    });
    if desired.kind == Kind::VirtualMachine {
        return vec![pod, instance(how, desired, meta(&name), at)];
    }
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta(&format!("{name}-1")),
        "status": {"phase": "Bound", "capacity": {"storage": format!("{size}Gi")}},
    });
    let mut all = vec![pod, volume];
    if desired.kind == Kind::Postgresql {
        all.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": meta(&format!("{name}-access")), "spec": {}}));
    }
    all
}

/// What KubeVirt makes of a machine that shall run.
fn instance(how: Play, desired: &Desired, meta: Value, at: Timestamp) -> Value {
    let at = at.to_string();
    let sockets = desired.plan["vcpu_milli"].as_i64().unwrap() / 1000;
    let status = match how {
        Play::Ready => json!({
            "phase": "Running", "currentCPUTopology": {"sockets": sockets, "cores": 1, "threads": 1},
            "memory": {"guestCurrent": format!("{}Mi", desired.plan["memory_mib"])},
            "phaseTransitionTimestamps": [{"phase": "Running", "phaseTransitionTimestamp": at}],
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at}],
        }),
        Play::NoRoom | Play::Idle => json!({
            "phase": "Scheduling",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                "message": "0/1 nodes are available: 1 Insufficient memory."}],
        }),
    };
    json!({"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "metadata": meta, "status": status})
}

/// Binds the claims of a machine once their disk is filled from its image, which here takes no time.
fn fill_disk(objects: &mut [Value]) {
    let from: Vec<Value> = objects
        .iter()
        .filter(|object| text(object, "/kind") == Some("VolumeImportSource"))
        .map(|source| source["metadata"]["name"].clone())
        .collect();
    let claims = objects.iter_mut().filter(|object| text(object, "/kind") == Some("PersistentVolumeClaim"));
    for claim in claims.filter(|claim| from.contains(&claim["spec"]["dataSourceRef"]["name"])) {
        let size = claim["spec"]["resources"]["requests"]["storage"].clone();
        claim["status"] = json!({"phase": "Bound", "capacity": {"storage": size}});
    }
}
