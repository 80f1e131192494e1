//! What the loops share besides the Bookings: where each of them is. All of it can be lost and is found again.

use crate::bookings::Bookings;
use crate::broker::Brokers;
use crate::cluster::Cluster;
use crate::config::Config;
use crate::policy::ProviderPolicySpec;
use crate::queue::Queue;
use contract::kinds::Site;
use contract::{Abilities, BrokerPlan, Capacity, Kind};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::Notify;
use uuid::Uuid;

/// Shared by all loops.
pub struct State {
    /// Configuration.
    pub config: Config,
    /// The cluster.
    pub cluster: Cluster,
    /// The service brokers.
    pub brokers: Brokers,
    /// What each of them offers, as last read.
    pub catalogues: RwLock<BTreeMap<String, Vec<BrokerPlan>>>,
    /// Bookings, as watched.
    pub bookings: Bookings,
    /// Whose turn it is.
    pub queue: Queue,
    /// Configuration of the site with what was found in the cluster.
    pub site: RwLock<Site>,
    /// Abilities as last found.
    pub abilities: RwLock<Abilities>,
    /// What the nodes have and what is used of it, and when that was counted.
    pub capacity: Mutex<Option<(Capacity, Instant)>>,
    /// What the provider allows, as last read.
    pub policy: RwLock<Option<ProviderPolicySpec>>,
    /// Epoch of the list that is obeyed.
    pub epoch: AtomicI64,
    /// Revision that is written to the cluster.
    pub revision: AtomicI64,
    /// Hash of the list that is written to the cluster, as both sides computed it.
    pub hash: Mutex<String>,
    /// Whether a full list was written since the start.
    pub pulled: AtomicBool,
    /// Bookings of the cluster that the marketplace does not hold: they keep nobody else's month open.
    pub unlisted: Mutex<BTreeSet<Uuid>>,
    /// Bookings whose log could not be compared with what the marketplace holds, or whose object is lost and cannot be written
    /// back: nothing is sent or promised of them.
    pub uncertain: Mutex<BTreeSet<Uuid>>,
    /// Whether it was said that the definition of Booking in the cluster is older than this operator.
    pub said_old_definition: AtomicBool,
    /// When the last pull succeeded, seconds since 1970 by the local clock; for metrics only.
    pub pulled_at: AtomicI64,
    /// When the last push succeeded, likewise.
    pub pushed_at: AtomicI64,
    /// When each booking was last observed and written, by the API server's clock.
    pub observed: Mutex<HashMap<Uuid, Timestamp>>,
    /// Watermark that was promised: no transition may start before it.
    pub promised: Mutex<Option<Timestamp>>,
    /// Wakes the push loop.
    pub changed: Notify,
    /// Changes may have been missed: everything is to be looked at.
    pub missed: Notify,
}

impl State {
    /// The state at the start of a process: nothing is known yet.
    pub fn new(config: Config, cluster: Cluster, brokers: Brokers, epoch: i64) -> State {
        State {
            site: RwLock::new(config.site.clone()),
            brokers,
            catalogues: RwLock::default(),
            config,
            cluster,
            bookings: Bookings::default(),
            queue: Queue::default(),
            abilities: RwLock::new(Abilities::default()),
            capacity: Mutex::new(None),
            policy: RwLock::new(None),
            epoch: AtomicI64::new(epoch),
            revision: AtomicI64::new(0),
            hash: Mutex::new(String::new()),
            pulled: AtomicBool::new(false),
            unlisted: Mutex::new(BTreeSet::new()),
            uncertain: Mutex::new(BTreeSet::new()),
            said_old_definition: AtomicBool::new(false),
            pulled_at: AtomicI64::new(0),
            pushed_at: AtomicI64::new(0),
            observed: Mutex::new(HashMap::new()),
            promised: Mutex::new(None),
            changed: Notify::new(),
            missed: Notify::new(),
        }
    }

    /// Whether the engine of a kind is present.
    pub fn available(&self, kind: Kind) -> bool {
        self.abilities.read().unwrap_or_else(PoisonError::into_inner).kinds.contains(&kind)
    }

    /// The site as it is now.
    pub fn site(&self) -> Site {
        self.site.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the provider allows.
    pub fn policy(&self) -> Option<ProviderPolicySpec> {
        self.policy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The promised watermark.
    pub fn promised(&self) -> Option<Timestamp> {
        *lock(&self.promised)
    }
}

/// A lock; a panic of another holder does not make these values wrong.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
