//! IO: fetch desired bookings and write Booking objects. State, never commands: what is missing from a list is reported.

use crate::cluster::{ClusterError, booking_path};
use crate::crd::Booking;
use crate::decide::is_acknowledged;
use crate::marketplace::{Marketplace, MarketplaceError};
use crate::observe;
use crate::reconcile::{create, manifest};
use crate::state::{State, lock};
use contract::{Desired, RawDesiredList, raw_list_hash};
use jiff::Timestamp;
use kube::runtime::reflector::ObjectRef;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The full list is compared at least this often.
const FULL_EVERY: Duration = Duration::from_secs(3600);
/// Longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Why one round did not succeed.
#[derive(Debug, thiserror::Error)]
enum PullError {
    #[error(transparent)]
    Marketplace(#[from] MarketplaceError),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error("the marketplace is at epoch {theirs}, this operator already obeys {ours}")]
    OldEpoch { theirs: i64, ours: i64 },
    #[error("the full list does not have the hash that the marketplace names")]
    WrongHash,
}

/// Where the loop is.
struct Pull {
    state: Arc<State>,
    marketplace: Arc<Marketplace>,
    wanted: BTreeMap<Uuid, Value>,
    last_full: Option<Instant>,
}

/// Pulls for ever.
pub async fn run(state: Arc<State>, marketplace: Arc<Marketplace>) {
    let mut pull = Pull { state, marketplace, wanted: BTreeMap::new(), last_full: None };
    let mut pause = Duration::from_millis(500);
    loop {
        match pull.round().await {
            Ok(()) => pause = Duration::from_millis(500),
            Err(error) => {
                tracing::warn!(error = %error, "pull failed");
                metrics::counter!("wolkenamt_operator_pull_failures_total").increment(1);
                if matches!(error, PullError::WrongHash | PullError::OldEpoch { .. }) {
                    pull.last_full = None;
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

impl Pull {
    async fn round(&mut self) -> Result<(), PullError> {
        let full = self.last_full.is_none_or(|last| last.elapsed() > FULL_EVERY);
        let after = if full { None } else { Some(self.state.revision.load(Ordering::Relaxed)) };
        let list = self.marketplace.bookings(after).await?;
        let ours = self.state.epoch.load(Ordering::Relaxed);
        if list.epoch < ours {
            return Err(PullError::OldEpoch { theirs: list.epoch, ours });
        }
        if list.epoch > ours && !list.full {
            tracing::warn!(
                from = ours,
                to = list.epoch,
                "the marketplace was restored; comparing the full list"
            );
            self.last_full = None;
            return Ok(());
        }
        self.write(list).await
    }

    async fn write(&mut self, list: RawDesiredList) -> Result<(), PullError> {
        if list.full {
            self.wanted.clear();
        }
        for desired in list.bookings {
            match desired.get("booking").and_then(Value::as_str).and_then(|id| id.parse().ok()) {
                Some(id) => drop(self.wanted.insert(id, desired)),
                None => tracing::error!("the marketplace sent a booking without an id; ignored"),
            }
        }
        let agree = raw_list_hash(self.wanted.values()) == list.hash;
        if list.full && !agree {
            return Err(PullError::WrongHash);
        }
        self.state.epoch.store(list.epoch, Ordering::Relaxed);
        for (id, raw) in &self.wanted {
            match Desired::deserialize(raw) {
                Ok(desired) => self.put(&desired, list.epoch).await?,
                // Such as a kind that this version does not know. The others must not suffer from it.
                Err(error) => {
                    tracing::error!(booking = %id, error = %error, "booking not understood; kept as it is")
                }
            }
        }
        if agree {
            list.hash.clone_into(&mut lock(&self.state.hash));
        }
        if list.full {
            self.missing().await?;
            self.last_full = Some(Instant::now());
            self.state.pulled.store(true, Ordering::Relaxed);
        } else if !agree {
            // Something left the list, or a change was missed.
            self.last_full = None;
        }
        self.state.revision.store(list.revision, Ordering::Relaxed);
        self.state.pulled_at.store(Timestamp::now().as_second(), Ordering::Relaxed);
        Ok(())
    }

    /// Writes one booking unless the cluster has it. Also restores what somebody removed with the object.
    async fn put(&self, desired: &Desired, epoch: i64) -> Result<(), ClusterError> {
        let name = desired.booking.to_string();
        let known = self.state.bookings.get(&ObjectRef::<Booking>::new(&name));
        if known.is_some_and(|known| known.spec.desired == *desired && known.spec.epoch == epoch) {
            return Ok(());
        }
        // The watched copy may be old.
        let Some((fresh, _at)) = observe::booking(&self.state.cluster, &name).await? else {
            tracing::info!(booking = name, kind = desired.kind.code(), "new booking");
            return create(&self.state, desired, epoch).await;
        };
        let spec = &fresh.spec;
        if spec.desired == *desired && spec.epoch == epoch {
            return Ok(());
        }
        if epoch == spec.epoch && desired.generation < spec.desired.generation {
            tracing::warn!(booking = name, "the marketplace sent an older generation; ignored");
            return Ok(());
        }
        tracing::info!(booking = name, generation = desired.generation, "changed booking");
        self.state.cluster.apply(&manifest(desired, epoch)).await.map(drop)
    }

    /// Bookings of the cluster that a full list does not name: gone and acknowledged ones are forgotten, others only
    /// reported.
    async fn missing(&self) -> Result<(), ClusterError> {
        let mut reported = 0_u32;
        for booking in self.state.bookings.state() {
            let desired = &booking.spec.desired;
            if self.wanted.contains_key(&desired.booking) {
                continue;
            }
            let name = desired.booking.to_string();
            let done = booking
                .status
                .as_ref()
                .is_some_and(|status| status.gone.is_some() && is_acknowledged(desired, status));
            if done {
                self.state.cluster.delete(&booking_path(&name), booking.metadata.uid.as_deref()).await?;
            } else {
                reported += 1;
                tracing::warn!(
                    booking = name,
                    "the marketplace does not know this booking; it is kept as it is"
                );
            }
        }
        metrics::gauge!("wolkenamt_operator_unlisted_bookings").set(reported);
        Ok(())
    }
}
