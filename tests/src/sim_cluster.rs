//! A provider in the test process: calls the agent API over HTTP with a real key, keeps Booking objects in memory, and
//! runs the operator's own `decide` and `allocation`. What the cluster does is played: readiness, delay, causes, deletion.

mod play;

use crate::TestApp;
use contract::kinds::postgresql::backups::BackupStore;
use contract::kinds::readiness::text;
use contract::kinds::shared_service::CREDENTIALS;
use contract::kinds::shared_service::next::Word;
use contract::kinds::shared_service::state::Ill;
use contract::kinds::{Network, Site};
use contract::protocol::{BOOKINGS, REVEALS};
use contract::{
    Abilities, BrokerPlan, Capacity, Desired, DesiredList, Difference, DifferenceKind, Differences, Endpoint,
    Enrolled, Enrolment, ExposureClass, Heartbeat, Held, Kind, Meter, Observation, ObservationBatch,
    PendingReveal, PendingReveals, PendingRotation, PendingWord, PostgresqlVersion, RotationOutcome,
    SealedReveal, UsageAnswers, UsageBatch, UsageRecord, Wanted, WordOutcome, list_hash,
};
use controller::allocation;
use controller::compare::{self, Step};
use controller::crd::{Booking, BookingSpec};
use controller::credentials::{self, Next};
use controller::decide::{self, Applied, Observed};
use controller::identity::Stored;
use controller::lease::Guard;
use controller::marketplace::{self, Marketplace};
use controller::policy::ProviderPolicySpec;
use controller::words;
use domain::ids::LocationId;
use jiff::Timestamp;
use serde_json::{Value, json};
use server::usecases::locations::{self, CreateLocation};
use std::collections::{BTreeMap, BTreeSet};
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
    /// Whether what is restored never comes up.
    pub restores_fail: bool,
    /// What PostgreSQL says to what shall be set up inside a database; nothing where all of it succeeds.
    pub inside: Option<String>,
    /// What its service broker says to a change and to an end that it does not carry out; nothing where it does.
    pub broker_refuses: Option<String>,
    /// What becomes of everything that its service broker is asked to make; nothing where it makes it.
    pub broker_ill: Option<Ill>,
    /// What its service broker was asked for because of a word of the provider's people.
    pub asked_by_word: Vec<Word>,
    /// What its service brokers offer; unknown, as with an operator of the last release.
    pub broker_plans: Option<Vec<BrokerPlan>>,
    /// What its provider allows.
    pub policy: Option<ProviderPolicySpec>,
    /// Booking objects by id.
    pub bookings: BTreeMap<Uuid, Booking>,
    objects: BTreeMap<Uuid, Vec<Value>>,
    /// How often the access data of a booking were made anew.
    renewed: BTreeMap<Uuid, u32>,
    wanted: BTreeMap<Uuid, Desired>,
    site: Site,
    held: Option<BTreeMap<Uuid, Held>>,
    unlisted: BTreeSet<Uuid>,
    /// The operator is killed once it has written what it compared, before it reports.
    pub dies_before_report: bool,
    revision: i64,
    epoch: i64,
    promised: Option<Timestamp>,
}

/// What a backup of the cluster's own store holds.
#[derive(Debug, Clone)]
pub struct Backup {
    bookings: BTreeMap<Uuid, Booking>,
    objects: BTreeMap<Uuid, Vec<Value>>,
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
            postgresql_extensions: vec!["pgcrypto".to_owned(), "pg_trgm".to_owned()],
            domain: Some("nord.example".to_owned()),
            brokers: vec!["efa".to_owned()],
            exposures: vec![ExposureClass::ProviderNetwork],
            ..Site::default()
        };
        let mut sim = Self {
            app,
            marketplace: client(app, &stored),
            play: Play::Ready,
            restores_fail: false,
            inside: None,
            broker_refuses: None,
            broker_ill: None,
            asked_by_word: Vec::new(),
            broker_plans: None,
            policy: None,
            bookings: BTreeMap::new(),
            objects: BTreeMap::new(),
            renewed: BTreeMap::new(),
            wanted: BTreeMap::new(),
            site,
            held: None,
            unlisted: BTreeSet::new(),
            dies_before_report: false,
            revision: 0,
            epoch: 0,
            promised: None,
        };
        sim.pull(true).await;
        sim.beat().await;
        sim
    }

    /// Gives the location object storage for backups.
    pub fn equip_backups(&mut self) {
        self.site.backup_store = Some(BackupStore {
            destination: "s3://sicherungen/datenbanken".to_owned(),
            endpoint: None,
            networks: Vec::new(),
            port: 443,
        });
    }

    /// Opens the location to the internet, under names of their own.
    pub fn open_to_the_internet(&mut self) {
        self.site.exposures.push(ExposureClass::Internet);
        let domain = Some("offen.example".to_owned());
        let pool = BTreeMap::from([("pool.example/name".to_owned(), "offen".to_owned())]);
        let network = Network { domain, service_annotations: pool, ..Network::default() };
        self.site.networks.insert(ExposureClass::Internet, network);
    }

    /// Changes its mind.
    pub fn close_to_the_internet(&mut self) {
        self.site.exposures.retain(|class| *class != ExposureClass::Internet);
    }

    /// The time of the cluster: that of the test.
    fn now(&self) -> Timestamp {
        let now = self.app.app.clock.now();
        Timestamp::from_second(now.as_second()).unwrap()
    }

    /// Forgets what a process would hold in memory; the cluster keeps its objects.
    pub fn restart(&mut self) {
        self.wanted.clear();
        self.held = None;
        self.unlisted.clear();
        self.revision = 0;
        self.promised = None;
        // The enrolment is older than what the cluster obeys.
        self.epoch = self.bookings.values().map(|booking| booking.spec.epoch).max().unwrap_or(0);
    }

    /// What the cluster's own store holds, as a backup of it would.
    #[must_use]
    pub fn backup(&self) -> Backup {
        Backup { bookings: self.bookings.clone(), objects: self.objects.clone() }
    }

    /// The store is restored to an earlier state; whatever ran in the cluster starts anew.
    pub fn restore(&mut self, earlier: &Backup) {
        self.bookings = earlier.bookings.clone();
        self.objects = earlier.objects.clone();
        self.restart();
    }

    /// Fetches what is wanted, everything or what changed, and compares before it obeys.
    pub async fn pull(&mut self, full: bool) {
        // A process that has not compared yet begins with everything.
        let after = if full || self.held.is_none() { None } else { Some(self.revision) };
        let query = after.map_or_else(String::new, |after| format!("?after={after}&wait=0"));
        let list: DesiredList = self.get(&format!("{BOOKINGS}{query}")).await;
        assert!(list.epoch >= self.epoch, "an older marketplace");
        if list.epoch > self.epoch && !list.full {
            return Box::pin(self.pull(true)).await;
        }
        if list.full {
            self.wanted.clear();
            self.held = list.held.map(|held| held.into_iter().map(|held| (held.booking, held)).collect());
        }
        for desired in list.bookings {
            self.wanted.insert(desired.booking, desired);
        }
        let all: Vec<Desired> = self.wanted.values().cloned().collect();
        if list_hash(&all) != list.hash {
            assert!(!list.full, "a full list has the hash that it names");
            return Box::pin(self.pull(true)).await;
        }
        if list.full {
            self.compare_usage(list.epoch);
        }
        let mut differences = self.write(list.epoch);
        if list.full {
            differences.extend(self.missing());
            if std::mem::take(&mut self.dies_before_report) {
                return self.restart();
            }
            self.marketplace.differences(&Differences { epoch: list.epoch, differences }).await.unwrap();
        }
        self.epoch = list.epoch;
        self.revision = list.revision;
    }

    fn compare_usage(&mut self, epoch: i64) {
        for (id, booking) in &mut self.bookings {
            let Some(held) = self.held.as_ref().and_then(|held| held.get(id)) else { continue };
            let Some(status) = &booking.status else { continue };
            if let Some(next) = compare::usage(&booking.spec, status, held, epoch) {
                booking.status = Some(next);
            }
        }
    }

    /// Writes what may be written; what is held back is the answer.
    fn write(&mut self, epoch: i64) -> Vec<Difference> {
        let mut differences = Vec::new();
        for (id, desired) in &self.wanted {
            let spec = BookingSpec { desired: desired.clone(), epoch };
            match self.bookings.get_mut(id) {
                Some(known) => match compare::step(desired, epoch, &known.spec) {
                    Step::Keep => {}
                    Step::Write => known.spec = spec,
                    Step::Hold(kind) => {
                        differences.push(compare::report(kind, &known.spec, known.status.as_ref()));
                    }
                },
                None => {
                    let held = self.held.as_ref().and_then(|held| held.get(id));
                    let left = self.objects.get(id).is_some_and(|objects| !objects.is_empty());
                    match compare::first_step(desired, held, left) {
                        Step::Hold(_) => differences.push(compare::lost(desired)),
                        Step::Write | Step::Keep => {
                            self.bookings.insert(*id, Booking::new(&id.to_string(), spec));
                        }
                    }
                }
            }
        }
        differences
    }

    /// Forgets what is gone and acknowledged; whatever else the marketplace does not hold is the answer.
    fn missing(&mut self) -> Vec<Difference> {
        let (wanted, held) = (&self.wanted, &self.held);
        let is_held = |id: &Uuid| held.as_ref().map_or(wanted.contains_key(id), |held| held.contains_key(id));
        let done = |booking: &Booking| {
            let status = booking.status.clone().unwrap_or_default();
            status.gone.is_some() && decide::is_acknowledged(&booking.spec.desired, &status)
        };
        self.bookings.retain(|id, booking| wanted.contains_key(id) || !done(booking));
        let unlisted = self.bookings.iter().filter(|(id, booking)| !is_held(id) && !done(booking));
        let report = |booking: &Booking| {
            compare::report(DifferenceKind::Unlisted, &booking.spec, booking.status.as_ref())
        };
        let found: Vec<Difference> = unlisted.map(|(_, booking)| report(booking)).collect();
        self.unlisted = found.iter().map(|difference| difference.booking).collect();
        found
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
            self.asked_by_word.extend(play::hear(booking, at));
            play::broker(self.play, (self.broker_refuses.as_deref(), self.broker_ill), booking, at);
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
                play::apply(objects, &effects.once);
                play::apply(objects, &effects.manifests);
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
                play::nodes(self.play, &booking.spec.desired, objects, at);
                play::inside(self.inside.as_deref(), objects, at);
                if self.restores_fail {
                    play::fail_restores(objects);
                }
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
                recoverable: status.recoverable,
                restored: status.restored,
                repairs: status.repairs.clone(),
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
            if self.unlisted.contains(&booking.spec.desired.booking) {
                continue;
            }
            let status = booking.status.clone().unwrap_or_default();
            if let Some(to) = allocation::complete_to(&booking.spec.desired, &status, at) {
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
                postgresql_extensions: self.site.postgresql_extensions.clone(),
                postgresql_backups: self.site.backup_store.is_some(),
                machine_images: self.site.machine_images.keys().cloned().collect(),
                broker_plans: self.broker_plans.clone(),
                exposures: self.site.exposures.clone(),
                application_networks: true,
                application_settings: true,
                application_ports: true,
                nodes_simulated: true,
                ..Abilities::default()
            },
            capacity: Capacity {
                nodes: 1,
                vcpu_total: 8000,
                vcpu_used: 500,
                machine_cpu_ratio: 10,
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
        if self.held.is_none() {
            // It died, and the next one begins with the list.
            return;
        }
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

    /// Carries out every order to make new access data that waits; `answers` tells whether the answer arrives. Returns how many
    /// there were.
    pub async fn rotate_access(&mut self, answers: bool) -> usize {
        let pending: PendingReveals = self.get(&format!("{REVEALS}?wait=0")).await;
        for order in &pending.rotations {
            let outcome = self.rotate(order);
            if answers {
                self.marketplace.answer_rotation(order.id, &outcome).await.unwrap();
            }
        }
        pending.rotations.len()
    }

    fn rotate(&mut self, order: &PendingRotation) -> RotationOutcome {
        let unavailable = |code: &str| RotationOutcome::Unavailable { code: code.to_owned() };
        let Some(booking) = self.bookings.get_mut(&order.booking) else {
            return unavailable("unknown-booking");
        };
        let renewed = self.renewed.entry(order.booking).or_default();
        let kind = booking.spec.desired.kind;
        let status = booking.status.get_or_insert_default();
        loop {
            let present = status.first_ready.map(|_ready| renewed.to_string());
            match credentials::next(order.id, kind, status, present.as_deref()) {
                Next::Done => return RotationOutcome::Done,
                Next::Note(noted) => status.rotating = Some(noted),
                Next::Act => *renewed += 1,
                Next::Finish => (status.rotating, status.rotated) = (None, Some(order.id)),
                Next::Wait => unreachable!("here they are made at once"),
                Next::Impossible(code) => return unavailable(code),
            }
        }
    }

    /// Reads every word of the provider's people that waits, and answers what can be answered; `answers` tells whether that
    /// arrives. Returns how many there were.
    pub async fn hear_words(&mut self, answers: bool) -> usize {
        let pending: PendingReveals = self.get(&format!("{REVEALS}?wait=0")).await;
        for order in &pending.words {
            let outcome = self.hear(order);
            if let Some(outcome) = outcome.filter(|_| answers) {
                self.marketplace.answer_word(order.id, &outcome).await.unwrap();
            }
        }
        pending.words.len()
    }

    fn hear(&mut self, order: &PendingWord) -> Option<WordOutcome> {
        let unavailable = |code: &str| Some(WordOutcome::Unavailable { code: code.to_owned() });
        let now = self.now();
        let Some(booking) = self.bookings.get_mut(&order.booking) else {
            return unavailable("unknown-booking");
        };
        let status = booking.status.get_or_insert_default();
        match words::next(order, &booking.spec.desired, status, now) {
            words::Next::Done => Some(WordOutcome::Done),
            words::Next::Wait => None,
            words::Next::Impossible(code) => unavailable(code),
            words::Next::Note(said) => {
                status.word = Some(said);
                None
            }
        }
    }

    /// The password of a booking as it is now; each of them holds the canary.
    #[must_use]
    pub fn password(&self, booking: Uuid) -> String {
        match self.renewed.get(&booking).copied().unwrap_or(0) {
            0 => CANARY.to_owned(),
            times => format!("{CANARY}-{times}"),
        }
    }

    fn seal(&self, reveal: &PendingReveal) -> SealedReveal {
        let Some(booking) = self.bookings.get(&reveal.booking) else {
            return SealedReveal::Unavailable { code: "unknown-booking".to_owned() };
        };
        let secrets = BTreeMap::from([
            ("username".to_owned(), "fach".to_owned()),
            ("password".to_owned(), self.password(reveal.booking)),
            ("dbname".to_owned(), "fach".to_owned()),
            ("secret-api".to_owned(), "wert-api".to_owned()),
            ("secret-session".to_owned(), "wert-session".to_owned()),
            ("user".to_owned(), "verwaltung".to_owned()),
            ("host_key".to_owned(), HOST_KEY.to_owned()),
            (
                CREDENTIALS.to_owned(),
                json!({"username": "verwaltung", "password": self.password(reveal.booking)}).to_string(),
            ),
            ("ca.crt".to_owned(), "-----BEGIN CERTIFICATE-----\nTEST\n-----END CERTIFICATE-----".to_owned()),
        ]);
        let endpoints: Vec<Endpoint> = booking.status.clone().unwrap_or_default().endpoints;
        let desired = &booking.spec.desired;
        let access = desired.kind.access(&self.site, desired, &endpoints, &secrets);
        SealedReveal::Sealed { sealed: controller::reveal::seal(&access, &reveal.public_key).unwrap() }
    }
}
