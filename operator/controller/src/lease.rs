//! IO: who leads. One Lease per location; only its holder writes to the cluster and speaks to the marketplace.
//!
//! A holder believes in its Lease for less time than everybody else does, and asks [`Guard`] before each write. A process that
//! was stopped and wakes up late therefore finds its belief expired before it writes. Where the operator runs as a pod, the
//! API server refuses it as well (`charts/operator/templates/admission-policy.yaml`).
//! Durations are measured by the local monotonic clock; clocks of different machines are never compared.

use crate::cluster::{Answer, Cluster, ClusterError, object, path_of};
use crate::state::lock;
use contract::kinds::context::{LABEL_MANAGED_BY, MANAGER};
use contract::kinds::namespace::put;
use contract::kinds::readiness::{number, text};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Name of the Lease.
const NAME: &str = "wolkenamt-operator";

/// Says whether this process may write. Cheap to ask; every copy says the same.
#[derive(Clone, Default)]
pub struct Guard {
    believed_until: Arc<Mutex<Option<Instant>>>,
}

impl Guard {
    /// For programs that share the cluster with no other operator.
    pub fn always() -> Guard {
        let guard = Guard::default();
        guard.believe(Instant::now().checked_add(Duration::from_secs(u64::from(u32::MAX))));
        guard
    }

    /// Whether the Lease is held, with a margin.
    pub fn holds(&self) -> bool {
        lock(&self.believed_until).is_some_and(|until| Instant::now() < until)
    }

    fn believe(&self, until: Option<Instant>) {
        *lock(&self.believed_until) = until;
    }
}

/// What a candidate knows of the Lease.
pub struct Candidate {
    cluster: Cluster,
    namespace: String,
    instance: String,
    duration: Duration,
    guard: Guard,
    /// The Lease as it was last seen to change, and when.
    seen: Option<(Value, Instant)>,
    /// Time in our last write, whether its answer came or not.
    renewed: Option<String>,
}

/// What came of one try.
#[derive(Debug, PartialEq, Eq)]
enum Tried {
    Held,
    Others(String),
}

impl Candidate {
    /// A candidate of this name; names of living candidates differ.
    pub fn new(cluster: Cluster, namespace: &str, instance: &str, duration: Duration) -> Candidate {
        Candidate {
            cluster,
            namespace: namespace.to_owned(),
            instance: instance.to_owned(),
            duration,
            guard: Guard::default(),
            seen: None,
            renewed: None,
        }
    }

    /// What to ask before each write.
    pub fn guard(&self) -> Guard {
        self.guard.clone()
    }

    /// Waits until the Lease is held.
    pub async fn acquire(&mut self, standing_by: &AtomicBool) {
        let mut told = None;
        loop {
            match self.attempt().await {
                Ok(Tried::Held) => {
                    tracing::info!(instance = self.instance, "this operator leads");
                    return;
                }
                Ok(Tried::Others(holder)) => {
                    standing_by.store(true, Ordering::Relaxed);
                    if told.as_ref() != Some(&holder) {
                        tracing::info!(
                            instance = self.instance,
                            holder,
                            "another operator leads; standing by"
                        );
                        told = Some(holder);
                    }
                }
                Err(error) => tracing::warn!(error = %error, "the Lease cannot be read or written"),
            }
            tokio::time::sleep(self.pause()).await;
        }
    }

    /// Renews until the Lease is lost.
    pub async fn keep(&mut self) {
        loop {
            tokio::time::sleep(self.pause()).await;
            // Whatever happened meanwhile: a belief that has expired is not revived.
            if !self.guard.holds() {
                break;
            }
            match self.attempt().await {
                Ok(Tried::Held) => {}
                Ok(Tried::Others(holder)) => {
                    tracing::error!(holder, "the Lease went to another operator");
                    break;
                }
                Err(error) => tracing::warn!(error = %error, "the Lease could not be renewed"),
            }
        }
        self.guard.believe(None);
    }

    /// Lets the Lease go, so that another need not wait. Only after the last write.
    pub async fn release(&mut self) {
        if !self.guard.holds() {
            return;
        }
        self.guard.believe(None);
        let Some((mut lease, _)) = self.seen.take() else { return };
        if let Some(spec) = lease.get_mut("spec") {
            put(spec, "holderIdentity", json!(""));
        }
        let released = match path_of(&lease) {
            Ok(path) => self.cluster.replace(&path, &lease).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = released {
            tracing::warn!(error = %error, "the Lease could not be released");
        }
    }

    fn pause(&self) -> Duration {
        self.duration / 5
    }

    /// Takes or renews the Lease if it is free, ours, or unchanged for its whole duration.
    async fn attempt(&mut self) -> Result<Tried, ClusterError> {
        // Everybody else counts from when the renewal arrives, which is later.
        let began = Instant::now();
        let path = object("coordination.k8s.io/v1", "Lease", Some(&self.namespace), NAME)?;
        let Some(found) = self.cluster.get(&path).await? else {
            self.cluster.ensure_namespace(&self.namespace).await?;
            let lease = self.lease(0, None, None);
            let written = self.cluster.create(&lease).await;
            return self.written(written, began);
        };
        let lease = found.value;
        let holder = text(&lease, "/spec/holderIdentity").unwrap_or_default().to_owned();
        let version = text(&lease, "/metadata/resourceVersion");
        let ours = holder == self.instance;
        // Our own write whose answer was lost is no stranger's.
        let own =
            ours && self.renewed.is_some() && text(&lease, "/spec/renewTime") == self.renewed.as_deref();
        let same = |(seen, _): &&(Value, Instant)| text(seen, "/metadata/resourceVersion") == version;
        let unchanged = self.seen.as_ref().filter(same).map(|(_, since)| *since);
        let leads = self.guard.holds();
        if leads && !own && unchanged.is_none() {
            // Another process of the same name, or a successor, wrote what only the holder writes.
            return Ok(Tried::Others(holder));
        }
        let since = unchanged.unwrap_or(began);
        let seconds = number(&lease, "/spec/leaseDurationSeconds").and_then(|it| u64::try_from(it).ok());
        let expired = since.elapsed() >= seconds.map_or(self.duration, Duration::from_secs);
        if !(ours || holder.is_empty() || expired) {
            self.seen = Some((lease, since));
            return Ok(Tried::Others(holder));
        }
        let changes = number(&lease, "/spec/leaseTransitions").unwrap_or(0);
        let acquired = lease.pointer("/spec/acquireTime").filter(|_time| ours);
        let wanted = self.lease(if ours { changes } else { changes + 1 }, acquired, version);
        let written = self.cluster.replace(&path, &wanted).await;
        self.written(written, began)
    }

    fn written(
        &mut self,
        written: Result<Answer, ClusterError>,
        began: Instant,
    ) -> Result<Tried, ClusterError> {
        match written {
            Ok(answer) => {
                self.seen = Some((answer.value, Instant::now()));
                self.guard.believe(Some(began + self.duration * 3 / 5));
                Ok(Tried::Held)
            }
            Err(ClusterError::Status { code: 409, .. }) => Ok(Tried::Others("a faster one".to_owned())),
            Err(error) => Err(error),
        }
    }

    fn lease(&mut self, transitions: i64, acquired: Option<&Value>, version: Option<&str>) -> Value {
        let now = format!("{:.6}", jiff::Timestamp::now());
        let mut meta =
            json!({"name": NAME, "namespace": self.namespace, "labels": {LABEL_MANAGED_BY: MANAGER}});
        if let Some(version) = version {
            put(&mut meta, "resourceVersion", json!(version));
        }
        let lease = json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta,
            "spec": {
                "holderIdentity": self.instance, "leaseDurationSeconds": self.duration.as_secs(),
                "acquireTime": acquired.cloned().unwrap_or_else(|| json!(now)), "renewTime": now,
                "leaseTransitions": transitions
            }
        });
        self.renewed = Some(now);
        lease
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_belief_expires_by_itself() {
        let guard = Guard::default();
        assert!(!guard.holds(), "nobody leads from the beginning");
        let copy = guard.clone();
        guard.believe(Some(Instant::now() + Duration::from_secs(60)));
        assert!(copy.holds());
        guard.believe(Some(Instant::now()));
        assert!(!copy.holds());
    }
}
