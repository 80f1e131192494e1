//! What the loops share besides the Bookings: where each of them is. All of it can be lost and is found again.

use crate::broker::Brokers;
use crate::cluster::Cluster;
use crate::config::Config;
use crate::crd::Booking;
use crate::policy::ProviderPolicySpec;
use contract::kinds::Site;
use contract::{Abilities, Kind};
use jiff::Timestamp;
use kube::runtime::reflector::Store;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
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
    /// Bookings, as watched.
    pub bookings: Store<Booking>,
    /// Configuration of the site with what was found in the cluster.
    pub site: RwLock<Site>,
    /// Abilities as last found.
    pub abilities: RwLock<Abilities>,
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
}

impl State {
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
