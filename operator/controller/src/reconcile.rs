//! observe → decide → apply → report, for one booking.

use crate::apply::{Applier, classify};
use crate::cluster::{ClusterError, booking_path, object};
use crate::crd::{Booking, BookingStatus, FINALIZER};
use crate::decide::{self, Applied, Finalizer, Plan};
use crate::state::{State, lock};
use crate::{counters, observe, policy, service};
use contract::kinds::context::{LABEL_MANAGED_BY, MANAGER};
use contract::{Desired, Wanted};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Prefix of the ConfigMap that carries a status while its Booking is written anew.
const CARRIED: &str = "carried-";
/// Time that each booking gets of the API server in a steady state: 10,000 bookings are looked at in 200 s.
const PACE: Duration = Duration::from_millis(20);
/// After losing a race for the object.
const AT_ONCE: Duration = Duration::from_millis(200);

/// One pass. Returns when to look again at the latest.
pub async fn reconcile(state: &Arc<State>, applier: &Applier, name: &str) -> Result<Duration, ClusterError> {
    let Some((booking, at)) = observe::booking(&state.cluster, name).await? else {
        return Ok(Duration::from_secs(3600));
    };
    if booking.metadata.deletion_timestamp.is_none() && !has_finalizer(&booking) {
        return put_finalizer(state, &booking).await.map(|()| AT_ONCE);
    }
    // Before anything is decided: a log that began anew would measure the same time twice.
    if booking.status.is_none() && restore(state, &booking, name).await? {
        return Ok(AT_ONCE);
    }
    let desired = booking.spec.desired.clone();
    let before = booking.status.clone().unwrap_or_default();
    let available = state.available(desired.kind);
    let mut seen = observe::observe(&state.cluster, &desired, at, state.promised(), available).await?;
    if let Some(policy) = state.policy() {
        let all = state.bookings.state();
        seen.others =
            policy::others(&desired, all.iter().map(|other| &**other)).into_iter().cloned().collect();
        seen.policy = Some(policy);
    }
    let site = site(state, &desired);
    let mut plan = decide::decide(&booking, &seen, &site);
    if plan.read_counters {
        last_reading(state, &desired, &mut plan, at).await;
    }
    let applied = match desired.wanted {
        Wanted::Present => match &plan.effects {
            Some(effects) => applier.apply(&state.cluster, effects, &seen.objects).await,
            None => Applied::Done,
        },
        Wanted::Absent => match applier.delete(&state.cluster, &plan.teardown).await {
            Ok(()) => Applied::Done,
            Err(error) => classify("deletion", &error),
        },
    };
    if applied != Applied::Done {
        tracing::warn!(booking = name, ?applied, "not everything could be written");
        metrics::counter!("wolkenamt_operator_apply_failures_total").increment(1);
    }
    let heard = applied == Applied::Done && service::pass(state, &booking, &mut plan, at).await?;
    let plan = decide::with_apply(plan, &before, at, &applied);
    if plan.status != before && !report(state, &booking, &plan.status).await? {
        return Ok(AT_ONCE);
    }
    if heard {
        service::heard(state, &booking).await?;
    }
    lock(&state.observed).insert(desired.booking, at);
    state.changed.notify_one();
    finish(state, &booking, &plan).await?;
    Ok(paced(plan.again_in, state.bookings.len()))
}

/// Looks that only keep observations young are spread out where there are many bookings; the watermark lags accordingly.
fn paced(again_in: Duration, bookings: usize) -> Duration {
    let share = u32::try_from(bookings).map_or(Duration::MAX, |count| PACE.saturating_mul(count));
    if again_in >= decide::STEADY { again_in.max(share) } else { again_in }
}

fn has_finalizer(booking: &Booking) -> bool {
    booking.metadata.finalizers.iter().flatten().any(|finalizer| finalizer == FINALIZER)
}

async fn put_finalizer(state: &State, booking: &Booking) -> Result<(), ClusterError> {
    let body = json!({"metadata": {
        "resourceVersion": booking.metadata.resource_version, "finalizers": [FINALIZER]
    }});
    let name = booking.metadata.name.clone().unwrap_or_default();
    state.cluster.merge(&booking_path(&name), &body).await.map(drop)
}

/// The site with what is booked in the booking's namespace, from the watched Bookings. What is gone books nothing.
fn site(state: &State, desired: &Desired) -> contract::kinds::Site {
    let mut site = state.site();
    let mut bookings: Vec<Desired> = state
        .bookings
        .state()
        .iter()
        .filter(|other| other.status.as_ref().is_none_or(|status| status.gone.is_none()))
        .map(|other| &other.spec.desired)
        .filter(|other| other.organisation.id == desired.organisation.id && other.booking != desired.booking)
        .cloned()
        .collect();
    // The watched copy may be older than the one that was just read.
    bookings.push(desired.clone());
    let (sizes, count) = decide::namespace_totals(desired, bookings.iter());
    site.namespace_sizes = sizes;
    site.namespace_bookings = count;
    site
}

/// The last value before the pod goes. What cannot be read any more is lost, and said so in the log.
async fn last_reading(state: &State, desired: &Desired, plan: &mut Plan, at: Timestamp) {
    if let Err(detail) = counters::read(&state.cluster, desired, &mut plan.status, at).await {
        tracing::warn!(booking = %desired.booking, detail, "last reading of the counters failed");
    }
}

/// Writes the status with the resource version that was read. False: somebody else was faster, decide again.
pub async fn report(state: &State, booking: &Booking, status: &BookingStatus) -> Result<bool, ClusterError> {
    let mut changed = booking.clone();
    changed.status = Some(status.clone());
    let body = serde_json::to_value(&changed).map_err(|error| ClusterError::Unreadable(error.to_string()))?;
    let name = booking.metadata.name.clone().unwrap_or_default();
    match state.cluster.replace(&format!("{}/status", booking_path(&name)), &body).await {
        Ok(_) => Ok(true),
        Err(ClusterError::Status { code: 409, .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Lets the object go when its time has come.
async fn finish(state: &State, booking: &Booking, plan: &Plan) -> Result<(), ClusterError> {
    let name = booking.metadata.name.clone().unwrap_or_default();
    match plan.finalizer {
        Finalizer::Keep => return Ok(()),
        Finalizer::Release => tracing::info!(booking = name, "gone and acknowledged; letting the object go"),
        Finalizer::Rewrite => {
            tracing::warn!(
                booking = name,
                "somebody deleted the object of a wanted booking; writing it anew"
            );
            carry(state, &name, &plan.status).await?;
        }
    }
    let body = json!({"metadata": {"finalizers": Value::Null}});
    match state.cluster.merge(&booking_path(&name), &body).await {
        Ok(_) | Err(ClusterError::Status { code: 404, .. }) => {}
        Err(error) => return Err(error),
    }
    if plan.finalizer == Finalizer::Rewrite {
        create(state, &booking.spec.desired, booking.spec.epoch).await?;
    }
    Ok(())
}

/// Puts the status aside before the object goes, so that its log goes on in the new one.
async fn carry(state: &State, name: &str, status: &BookingStatus) -> Result<(), ClusterError> {
    let text = serde_json::to_string(status).map_err(|error| ClusterError::Unreadable(error.to_string()))?;
    let namespace = &state.config.namespace;
    state.cluster.ensure_namespace(namespace).await?;
    state
        .cluster
        .apply(&json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": format!("{CARRIED}{name}"), "namespace": namespace,
                         "labels": {LABEL_MANAGED_BY: MANAGER}},
            "data": {"status": text}
        }))
        .await
        .map(drop)
}

/// Gives a Booking that was just written the status of its predecessor, if there was one. True: it was given.
async fn restore(state: &State, booking: &Booking, name: &str) -> Result<bool, ClusterError> {
    let path = object("v1", "ConfigMap", Some(&state.config.namespace), &format!("{CARRIED}{name}"))?;
    let Some(carried) = state.cluster.get(&path).await? else { return Ok(false) };
    let status = carried.value.pointer("/data/status").and_then(Value::as_str).unwrap_or("{}");
    let status: BookingStatus =
        serde_json::from_str(status).map_err(|error| ClusterError::Unreadable(error.to_string()))?;
    if report(state, booking, &status).await? {
        state.cluster.delete(&path, None).await?;
    }
    Ok(true)
}

/// Writes a Booking that does not exist. A predecessor's status is restored by the first pass.
pub async fn create(state: &State, desired: &Desired, epoch: i64) -> Result<(), ClusterError> {
    match state.cluster.create(&manifest(desired, epoch)).await {
        Ok(_) | Err(ClusterError::Status { code: 409, .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The Booking object of a desired booking.
pub fn manifest(desired: &Desired, epoch: i64) -> Value {
    json!({
        "apiVersion": "wolkenamt.de/v1alpha1", "kind": "Booking",
        "metadata": {
            "name": desired.booking.to_string(),
            "finalizers": [FINALIZER],
            "labels": contract::kinds::context::labels(desired)
        },
        "spec": {"desired": desired, "epoch": epoch}
    })
}
