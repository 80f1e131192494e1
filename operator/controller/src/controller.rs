//! Watches and wiring only: which change in the cluster makes which booking be looked at again.

use crate::apply::Applier;
use crate::cluster::ClusterError;
use crate::counters;
use crate::crd::Booking;
use crate::observe;
use crate::reconcile::{reconcile, report};
use crate::state::State;
use contract::ConditionStatus;
use contract::kinds::Site;
use contract::kinds::context::LABEL_BOOKING;
use futures::{Stream, StreamExt};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Service};
use kube::api::{Api, ApiResource, DynamicObject};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bookings that are looked at at the same time; kube's own default is unbounded.
const CONCURRENCY: u16 = 8;
/// Longest time for one pass. Each call has its own time-out; this bounds their sum.
const PASS_TIMEOUT: Duration = Duration::from_secs(120);

/// The Bookings of the cluster, watched.
pub fn watch_bookings(client: Client) -> (Store<Booking>, impl Stream<Item = ()> + Send) {
    let (reader, writer) = kube::runtime::reflector::store();
    let stream = watcher(Api::<Booking>::all(client), watcher::Config::default())
        .default_backoff()
        .reflect(writer)
        .filter_map(|event| async move {
            if let Err(error) = event {
                tracing::warn!(error = %error, "watch of Bookings interrupted");
            }
            Some(())
        });
    (reader, stream)
}

/// Reconciles until told to stop.
pub async fn run(state: Arc<State>, stop: impl Future<Output = ()> + Send + Sync + 'static) {
    let client = state.cluster.client();
    let labelled = watcher::Config::default().labels(LABEL_BOOKING);
    let mut controller = Controller::new(Api::<Booking>::all(client.clone()), watcher::Config::default())
        .with_config(kube::runtime::controller::Config::default().concurrency(CONCURRENCY))
        .watches(Api::<Pod>::all(client.clone()), labelled.clone(), |object: Pod| owner(&object))
        .watches(Api::<Service>::all(client.clone()), labelled.clone(), |object: Service| owner(&object))
        .watches(Api::<Deployment>::all(client.clone()), labelled.clone(), |object: Deployment| {
            owner(&object)
        })
        .watches(
            Api::<PersistentVolumeClaim>::all(client.clone()),
            labelled.clone(),
            |object: PersistentVolumeClaim| owner(&object),
        );
    // Also where an engine is not there yet: the watch waits for it, with a growing pause.
    for resource in engines(&state.config.site) {
        controller = controller.watches_with(
            Api::<DynamicObject>::all_with(client.clone(), &resource),
            resource,
            labelled.clone(),
            |object: DynamicObject| owner(&object),
        );
    }
    let context = Arc::new(Context { state, applier: Applier::default() });
    controller
        .graceful_shutdown_on(stop)
        .run(pass, retry, context)
        .for_each(|result| async move {
            if let Err(error) = result {
                tracing::debug!(error = %error, "controller");
            }
        })
        .await;
}

/// Objects of the engines for which the location has images.
fn engines(site: &Site) -> Vec<ApiResource> {
    let resource = |group: &str, kind: &str, plural: &str| ApiResource {
        group: group.to_owned(),
        version: "v1".to_owned(),
        api_version: format!("{group}/v1"),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    };
    let mut watched = Vec::new();
    if !site.postgresql_images.is_empty() {
        watched.push(resource("postgresql.cnpg.io", "Cluster", "clusters"));
    }
    if !site.machine_images.is_empty() {
        watched.push(resource("kubevirt.io", "VirtualMachine", "virtualmachines"));
        watched.push(resource("kubevirt.io", "VirtualMachineInstance", "virtualmachineinstances"));
    }
    watched
}

struct Context {
    state: Arc<State>,
    applier: Applier,
}

fn owner(object: &impl ResourceExt) -> Option<ObjectRef<Booking>> {
    object.labels().get(LABEL_BOOKING).map(|id| ObjectRef::new(id))
}

async fn pass(booking: Arc<Booking>, context: Arc<Context>) -> Result<Action, ClusterError> {
    let name = booking.name_any();
    let started = Instant::now();
    let again = tokio::time::timeout(PASS_TIMEOUT, reconcile(&context.state, &context.applier, &name))
        .await
        .map_err(|_elapsed| ClusterError::TimedOut)??;
    metrics::histogram!("wolkenamt_operator_reconcile_seconds").record(started.elapsed().as_secs_f64());
    Ok(Action::requeue(again))
}

#[expect(clippy::needless_pass_by_value, reason = "the controller calls it with owned values")]
fn retry(booking: Arc<Booking>, error: &ClusterError, _context: Arc<Context>) -> Action {
    tracing::warn!(booking = booking.name_any(), error = %error, "pass failed");
    metrics::counter!("wolkenamt_operator_reconcile_failures_total").increment(1);
    Action::requeue(Duration::from_secs(5))
}

/// Reads the counters of all running bookings, again and again.
pub async fn read_counters(state: Arc<State>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(state.config.counter_seconds.max(1)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for booking in state.bookings.state() {
            let desired = &booking.spec.desired;
            let ready =
                booking.status.as_ref().and_then(|status| status.condition(contract::ConditionType::Ready));
            let runs = ready.is_some_and(|ready| ready.status == ConditionStatus::True);
            if !runs || desired.kind.counters(&desired.plan).is_empty() {
                continue;
            }
            if let Err(detail) = read_one(&state, &booking.name_any()).await {
                tracing::warn!(booking = booking.name_any(), detail, "counter not readable");
                metrics::counter!("wolkenamt_operator_counter_failures_total").increment(1);
            }
        }
    }
}

async fn read_one(state: &State, name: &str) -> Result<(), String> {
    let found = observe::booking(&state.cluster, name).await.map_err(|error| error.to_string())?;
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
