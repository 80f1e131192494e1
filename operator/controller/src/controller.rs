//! Watches and wiring only: which change in the cluster makes which booking be looked at again.
//!
//! Of the objects that bookings are made of only the metadata is watched, and nothing of them is kept: a change says whose
//! turn it is, and the look reads what is there now.

use crate::apply::Applier;
use crate::bookings::number;
use crate::cluster::ClusterError;
use crate::config::BackupConfig;
use crate::counters;
use crate::crd::Booking;
use crate::observe;
use crate::reconcile::{reconcile, report};
use crate::state::State;
use crate::sweep::{self, sweep};
use contract::kinds::Site;
use contract::kinds::context::{LABEL_BOOKING, LABEL_ORGANISATION};
use futures::{StreamExt, TryStreamExt};
use kube::api::{Api, ApiResource, DynamicObject, ListParams, PartialObjectMeta, WatchEvent, WatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Resource, ResourceExt};
use std::collections::HashSet;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Groups of bookings that are looked at at the same time.
const CONCURRENCY: usize = 8;
/// Bookings of one namespace that are looked at together.
const GROUP: usize = 24;
/// A watch that says nothing for so long has lost its connection: the API server ends each of them before.
const SILENCE: Duration = Duration::from_secs(300);
/// After a watch that ended.
const REST: Duration = Duration::from_secs(1);
/// After a pass that failed.
const RETRY: Duration = Duration::from_secs(5);
/// Bookings that are read with one call when all are.
const PAGE: u32 = 100;

/// Keeps `state.bookings` as the cluster has them, for ever.
pub async fn watch_bookings(state: Arc<State>) {
    let api = Api::<DynamicObject>::all_with(state.cluster.client(), &ApiResource::erase::<Booking>(&()));
    let config = watcher::Config::default().page_size(PAGE);
    let mut events = pin!(watcher(api, config).default_backoff());
    let mut listed = HashSet::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(watcher::Event::Init) => listed.clear(),
            Ok(watcher::Event::InitApply(object)) => listed.extend(take(&state, object, false)),
            Ok(watcher::Event::InitDone) => {
                state.bookings.retain(&listed);
                if state.bookings.set_complete() {
                    state.missed.notify_one();
                }
            }
            Ok(watcher::Event::Apply(object)) => drop(take(&state, object, true)),
            Ok(watcher::Event::Delete(object)) => {
                if let Ok(id) = object.name_any().parse() {
                    let version = object.resource_version().as_deref().map_or(u64::MAX, number);
                    state.bookings.remove_until(id, version);
                    state.changed.notify_one();
                }
            }
            Err(error) => tracing::warn!(error = %error, "watch of Bookings interrupted"),
        }
    }
}

/// Takes in a watched object. One that this version cannot read is left alone, and hides no other.
pub fn take(state: &State, object: DynamicObject, changed: bool) -> Option<Uuid> {
    let name = object.name_any();
    let organisation = object.labels().get(LABEL_ORGANISATION).and_then(|id| id.parse().ok());
    let version = object.resource_version().as_deref().map_or(0, number);
    let read = serde_json::to_value(object).and_then(serde_json::from_value::<Booking>);
    match read {
        Ok(booking) => {
            let id = booking.spec.desired.booking;
            if state.bookings.put(&booking) && changed {
                state.queue.changed(id);
            }
            Some(id)
        }
        Err(error) => {
            tracing::error!(booking = name, error = %error, "Booking not understood; kept as it is");
            let id = name.parse().ok()?;
            state.bookings.put_unreadable(id, organisation, version);
            Some(id)
        }
    }
}

/// Reconciles until told to stop.
pub async fn run(state: Arc<State>, stop: impl Future<Output = ()>) {
    let of_location = state.config.backups.as_ref().map(BackupConfig::secrets).unwrap_or_default();
    let applier = Arc::new(Applier::new(of_location));
    let mut watching = JoinSet::new();
    let (starting, mut started) = mpsc::channel(1);
    for resource in watched(&state.config.site) {
        watching.spawn(follow(state.clone(), resource, starting.clone()));
    }
    drop(starting);
    // Each watch drops its end once it follows: from then on no change is missed.
    while started.recv().await.is_some() {}
    watching.spawn(sweeps(state.clone(), applier.clone()));
    let (stopping, ended) = tokio::sync::watch::channel(false);
    let mut working = JoinSet::new();
    for _ in 0..CONCURRENCY {
        working.spawn(work(state.clone(), applier.clone(), ended.clone()));
    }
    stop.await;
    stopping.send_replace(true);
    while working.join_next().await.is_some() {}
}

/// Looks at everything from time to time, and whenever changes may have been missed; for ever.
async fn sweeps(state: Arc<State>, applier: Arc<Applier>) {
    loop {
        let started = Instant::now();
        sweep(&state, &applier).await;
        metrics::histogram!("wolkenamt_operator_sweep_seconds").record(started.elapsed().as_secs_f64());
        let pause = sweep::pause(state.bookings.len());
        drop(tokio::time::timeout(pause, state.missed.notified()).await);
    }
}

/// One after the other, until told to stop.
async fn work(state: Arc<State>, applier: Arc<Applier>, mut ended: tokio::sync::watch::Receiver<bool>) {
    loop {
        let group = tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended) => return,
            group = state.queue.take(GROUP, |id| beside(&state, id)) => group,
        };
        pass(&state, &applier, &group).await;
    }
}

/// What lies in the namespace of a booking. What is asked of a broker takes its time: nobody waits for another's answer.
fn beside(state: &State, id: Uuid) -> Vec<Uuid> {
    let Some(entry) = state.bookings.get(id).filter(|entry| sweep::covers(entry.kind)) else {
        return Vec::new();
    };
    let all = state.bookings.of_organisation(entry.organisation);
    let here = all.iter().filter(|other| other.namespace == entry.namespace && sweep::covers(other.kind));
    here.map(|other| other.id).collect()
}

/// One look at a group. Whatever comes of it, each of them gets its next turn.
async fn pass(state: &Arc<State>, applier: &Applier, group: &[Uuid]) {
    let started = Instant::now();
    let looked = reconcile(state, applier, group).await;
    metrics::histogram!("wolkenamt_operator_reconcile_seconds").record(started.elapsed().as_secs_f64());
    let failed = |id: Uuid, error: &ClusterError| {
        tracing::warn!(booking = %id, error = %error, "pass failed");
        metrics::counter!("wolkenamt_operator_reconcile_failures_total").increment(1);
        state.queue.done(id, Some((true, RETRY)));
    };
    match looked {
        Ok(looked) => {
            for (id, next) in looked {
                match next {
                    Ok(next) => state.queue.done(id, next),
                    Err(error) => failed(id, &error),
                }
            }
        }
        Err(error) => group.iter().for_each(|id| failed(*id, &error)),
    }
}

/// What bookings are made of, with the objects of the engines for which the location has images.
fn watched(site: &Site) -> Vec<ApiResource> {
    let resource = |group: &str, kind: &str, plural: &str| ApiResource {
        group: group.to_owned(),
        version: "v1".to_owned(),
        api_version: if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") },
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    };
    let mut watched = vec![
        resource("", "Pod", "pods"),
        resource("", "Service", "services"),
        resource("", "PersistentVolumeClaim", "persistentvolumeclaims"),
        resource("apps", "Deployment", "deployments"),
        resource("networking.k8s.io", "Ingress", "ingresses"),
    ];
    if !site.postgresql_images.is_empty() {
        watched.push(resource("postgresql.cnpg.io", "Cluster", "clusters"));
        watched.push(resource("postgresql.cnpg.io", "Database", "databases"));
    }
    if !site.machine_images.is_empty() {
        watched.push(resource("kubevirt.io", "VirtualMachine", "virtualmachines"));
        watched.push(resource("kubevirt.io", "VirtualMachineInstance", "virtualmachineinstances"));
    }
    watched
}

/// Follows one kind of objects for ever. Also where an engine is not there yet: it is asked for again, with a growing pause.
async fn follow(state: Arc<State>, resource: ApiResource, starting: mpsc::Sender<()>) {
    let api = Api::<DynamicObject>::all_with(state.cluster.client(), &resource);
    let mut pause = REST;
    let mut starting = Some(starting);
    loop {
        let followed = follow_on(&state, &api, &mut starting).await;
        starting = None;
        match followed {
            Ok(()) => {
                pause = REST;
                tokio::time::sleep(REST).await;
            }
            Err(error) => {
                tracing::debug!(kind = resource.kind, error = %error, "watch interrupted");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(30));
            }
        }
    }
}

/// From now on, until the API server does not know any more what came after the last change that was seen. What came before
/// is seen by a look at everything.
async fn follow_on(
    state: &State,
    api: &Api<DynamicObject>,
    starting: &mut Option<mpsc::Sender<()>>,
) -> Result<(), ClusterError> {
    let newest = heard(api.list_metadata(&ListParams::default().limit(1))).await?;
    let mut version = newest.metadata.resource_version.unwrap_or_default();
    if starting.take().is_none() {
        state.missed.notify_one();
    }
    let params = WatchParams::default().labels(LABEL_BOOKING);
    loop {
        let mut events = pin!(heard(api.watch_metadata(&params, &version)).await?);
        loop {
            let event = match heard(events.try_next()).await {
                Ok(Some(event)) => event,
                // Nothing is missed: the next watch begins where this one ended.
                Ok(None) | Err(ClusterError::TimedOut) => break,
                Err(error) => return Err(error),
            };
            let object: PartialObjectMeta<DynamicObject> = match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) | WatchEvent::Deleted(object) => {
                    object
                }
                WatchEvent::Bookmark(mark) => {
                    version = mark.metadata.resource_version;
                    continue;
                }
                WatchEvent::Error(_too_old) => return Ok(()),
            };
            if let Some(id) = object.labels().get(LABEL_BOOKING).and_then(|id| id.parse().ok()) {
                state.queue.changed(id);
            }
            version = object.meta().resource_version.clone().unwrap_or(version);
        }
    }
}

/// An answer, or the next event, unless the connection is silent.
async fn heard<T>(answer: impl Future<Output = kube::Result<T>>) -> Result<T, ClusterError> {
    let answer = tokio::time::timeout(SILENCE, answer).await.map_err(|_elapsed| ClusterError::TimedOut)?;
    answer.map_err(ClusterError::Unreachable)
}

/// Reads the counters of all running bookings, again and again.
pub async fn read_counters(state: Arc<State>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(state.config.counter_seconds.max(1)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for entry in state.bookings.all().into_iter().filter(|entry| entry.counted) {
            if let Err(detail) = read_one(&state, entry.id).await {
                tracing::warn!(booking = %entry.id, detail, "counter not readable");
                metrics::counter!("wolkenamt_operator_counter_failures_total").increment(1);
            }
        }
    }
}

async fn read_one(state: &State, id: Uuid) -> Result<(), String> {
    let found = observe::booking(&state.cluster, &id.to_string()).await.map_err(|error| error.to_string())?;
    let Some((booking, at)) = found else { return Ok(()) };
    let before = booking.status.clone().unwrap_or_default();
    let mut status = before.clone();
    counters::read(&state.cluster, &booking.spec.desired, &mut status, at).await?;
    if status != before {
        // A lost race is harmless: the next reading comes soon.
        report(state, &booking, &status).await.map_err(|error| error.to_string())?;
        state.changed.notify_one();
    }
    Ok(())
}
