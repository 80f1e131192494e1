//! How long clients take that decide nothing: one that only writes the Bookings, their objects, and a status for each, and one that
//! only reads all of them once. What the same API server can at most do for an operator.

use crate::wishes;
use contract::Desired;
use controller::cluster::{Cluster, ClusterError, booking_path};
use controller::reconcile::manifest;
use futures::StreamExt;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Writes under way at the same time, as many as the operator has.
const CONCURRENCY: usize = 8;

/// Writes everything. Says how many writes there were, and how long they took.
pub(crate) async fn write(cluster: &Cluster, all: &[Desired]) -> (usize, Duration) {
    let objects = wishes::objects(all);
    let started = Instant::now();
    let writes: usize = futures::stream::iter(all.iter().zip(objects))
        .map(|(wish, objects)| one(cluster, wish, objects))
        .buffer_unordered(CONCURRENCY)
        .fold(0, |sum, written| async move { sum + written })
        .await;
    (writes, started.elapsed())
}

/// Reads everything that a look at every booking needs, each object once, all kinds at the same time. Says how many there were.
pub(crate) async fn read(cluster: &Cluster, all: &[Desired]) -> (usize, Duration) {
    let queries = all.iter().flat_map(|wish| wish.kind.queries(wish));
    let kinds: BTreeSet<_> = queries.map(|query| (query.api_version, query.kind)).collect();
    let kinds = kinds.into_iter().chain([("wolkenamt.de/v1alpha1", "Booking")]);
    let started = Instant::now();
    let read = kinds.map(async |(api_version, kind)| {
        let (mut count, mut next) = (0, None);
        loop {
            let page = cluster.page(api_version, kind, "", 100, next.as_deref()).await.unwrap();
            count += page.items.len();
            next = page.next().map(str::to_owned);
            if next.is_none() {
                return count;
            }
        }
    });
    let counts: Vec<usize> = futures::future::join_all(read).await;
    (counts.iter().sum(), started.elapsed())
}

async fn one(cluster: &Cluster, wish: &Desired, objects: Vec<Value>) -> usize {
    let mut booking = cluster.create(&manifest(wish, 1)).await.unwrap().value;
    for object in &objects {
        create(cluster, object).await;
    }
    // Twice, as it is written at least: when the objects are there, and when they are ready.
    let path = format!("{}/status", booking_path(&wish.booking.to_string()));
    for phase in ["Provisioning", "Ready"] {
        booking["status"] = status(phase);
        booking = cluster.replace(&path, &booking).await.unwrap().value;
    }
    objects.len() + 3
}

/// A namespace that another one is just making, or its quota, is waited for.
async fn create(cluster: &Cluster, object: &Value) {
    loop {
        match cluster.create(object).await {
            Ok(_) => return,
            Err(error) if error.already_exists() => return,
            Err(ClusterError::Status { code: 403 | 404 | 409, .. }) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{object}: {error}"),
        }
    }
}

/// About as long as the real ones.
fn status(phase: &str) -> Value {
    let condition = |kind: &str| {
        json!({"type": kind, "status": "True", "reason": "Ready", "messageKey": "ready", "messageArgs": {},
               "since": "2026-07-01T10:00:00Z"})
    };
    let conditions = ["Accepted", "Applied", "Ready", "Metered"].map(condition);
    json!({
        "observedGeneration": 1, "phase": phase, "message": "Läuft.", "endpoints": [], "counters": [],
        "conditions": conditions,
        "log": [{"seq": 0, "from": "2026-07-01T10:00:00Z", "cause": "ready",
                 "sizes": {"vcpu": 500, "memory": 512, "storage": 2048, "instance": 1}}]
    })
}
