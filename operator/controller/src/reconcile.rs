//! observe → decide → apply → report, for bookings of one namespace at a time.

use crate::apply::{Applier, Repaired, classify};
use crate::bookings;
use crate::cluster::{ClusterError, booking_path, object};
use crate::crd::{Booking, BookingSpec, BookingStatus, FINALIZER};
use crate::decide::{self, Applied, Finalizer, Observed, Plan};
use crate::state::{State, lock};
use crate::{counters, observe, policy, service, sweep};
use contract::kinds::context::{LABEL_MANAGED_BY, MANAGER, labels};
use contract::kinds::namespace::put;
use contract::{Desired, Repair, Wanted};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Prefix of the ConfigMap that carries a status while its Booking is written anew.
const CARRIED: &str = "carried-";
/// After losing a race for the object.
const AT_ONCE: Duration = Duration::from_millis(200);
/// After writing a status.
const ONCE_MORE: Duration = Duration::from_millis(20);
/// Longest time for one booking, and for what is read for a group before. Each call has its own time-out; this bounds their sum.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Repairs that are kept of a booking.
const REPAIRS: usize = 10;
/// Between two repairs of one look.
const MOMENT: SignedDuration = SignedDuration::from_micros(1);
/// Of two that fight over a field, one repair in so long is told.
const REPAIR_TOLD_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// When to look again at the latest, and whether that is a mere look; nothing where a sweep is enough, and for what does not
/// exist any more.
pub type Next = Option<(bool, Duration)>;

/// One look at bookings of one namespace. Says of each of them when it is due again.
pub async fn reconcile(
    state: &Arc<State>,
    applier: &Applier,
    group: &[Uuid],
) -> Result<Vec<(Uuid, Result<Next, ClusterError>)>, ClusterError> {
    let started = Instant::now();
    let mut looked = Vec::new();
    let (seen, at) = in_time(read(state, group, &mut looked)).await?;
    for (id, _) in looked.iter().filter(|(_, next)| matches!(next, Ok(None))) {
        // Whatever comes under this name later was never seen.
        applier.forget(*id);
    }
    for (id, booking, objects) in seen {
        // What was read is too old by now; it is read anew for those that are left.
        let next = if started.elapsed() > TIMEOUT {
            Ok(Some((false, AT_ONCE)))
        } else {
            in_time(one(state, applier, &booking, objects, at)).await
        };
        looked.push((id, next));
    }
    state.changed.notify_one();
    Ok(looked)
}

/// The bookings of a group that can be decided about, with their objects and the time before these were read. What became of the
/// others goes into `looked`.
async fn read(
    state: &State,
    group: &[Uuid],
    looked: &mut Vec<(Uuid, Result<Next, ClusterError>)>,
) -> Result<(Vec<(Uuid, Booking, Vec<Value>)>, Timestamp), ClusterError> {
    let mut known = Vec::new();
    for id in group {
        match prepare(state, *id).await {
            Ok(Prepared::Known(booking)) => known.push((*id, *booking)),
            Ok(Prepared::Again) => looked.push((*id, Ok(Some((false, AT_ONCE))))),
            Ok(Prepared::Missing) => looked.push((*id, Ok(None))),
            Err(error) => looked.push((*id, Err(error))),
        }
    }
    if known.is_empty() {
        return Ok((Vec::new(), Timestamp::UNIX_EPOCH));
    }
    let at = state.cluster.time().await?;
    let wishes: Vec<&Desired> = known.iter().map(|(_, booking)| &booking.spec.desired).collect();
    let observed = observe::observe(&state.cluster, &wishes).await?;
    Ok((known.into_iter().zip(observed).map(|((id, booking), objects)| (id, booking, objects)).collect(), at))
}

async fn in_time<T>(work: impl Future<Output = Result<T, ClusterError>>) -> Result<T, ClusterError> {
    tokio::time::timeout(TIMEOUT, work).await.map_err(|_elapsed| ClusterError::TimedOut)?
}

/// What is known of a booking before its objects are read.
enum Prepared {
    Known(Box<Booking>),
    /// It was changed before anything could be decided.
    Again,
    Missing,
}

async fn prepare(state: &State, id: Uuid) -> Result<Prepared, ClusterError> {
    let name = id.to_string();
    let booking = match state.bookings.get(id) {
        Some(entry) => {
            entry.booking().map_err(|error| ClusterError::Unreadable(format!("Booking {name}: {error}")))?
        }
        None => match observe::booking(&state.cluster, &name).await? {
            Some((booking, _at)) => booking,
            None => return Ok(Prepared::Missing),
        },
    };
    if booking.metadata.deletion_timestamp.is_none() && !has_finalizer(&booking) {
        return put_finalizer(state, &booking).await.map(|()| Prepared::Again);
    }
    // Before anything is decided: a log that began anew would measure the same time twice.
    let settled = match &booking.status {
        None => restore(state, &booking, &name).await?,
        Some(status) if status.carried => {
            state.cluster.delete(&carried(state, &name)?, None).await?;
            report(state, &booking, &BookingStatus { carried: false, ..status.clone() }).await?;
            true
        }
        Some(_) => false,
    };
    if settled {
        return Ok(Prepared::Again);
    }
    Ok(Prepared::Known(Box::new(booking)))
}

/// One booking, whose objects were read after `at`.
async fn one(
    state: &Arc<State>,
    applier: &Applier,
    booking: &Booking,
    objects: Vec<Value>,
    at: Timestamp,
) -> Result<Next, ClusterError> {
    let desired = &booking.spec.desired;
    let before = bookings::status(booking);
    let seen = seen(state, desired, objects, at);
    let site = site(state, desired);
    let mut plan = decide::decide(booking, &seen, &site);
    if plan.read_counters {
        last_reading(state, desired, &mut plan, at).await;
    }
    if booking.status.is_none() || desired.wanted == Wanted::Absent {
        applier.forget(desired.booking);
    }
    let mut repairs = Vec::new();
    let applied = match desired.wanted {
        Wanted::Present => match &plan.effects {
            Some(effects) => {
                let grows_only = state.bookings.hides(desired.organisation.id);
                let effects = (desired.booking, effects);
                match applier.apply(&state.cluster, effects, &seen.objects, grows_only, &mut repairs).await {
                    Applied::Done => deleted(applier.delete(&state.cluster, &plan.teardown).await),
                    refused => refused,
                }
            }
            None => Applied::Done,
        },
        Wanted::Absent => deleted(applier.delete(&state.cluster, &plan.teardown).await),
    };
    if applied != Applied::Done {
        tracing::warn!(booking = %desired.booking, ?applied, "not everything could be written");
        metrics::counter!("wolkenamt_operator_apply_failures_total").increment(1);
    }
    repaired(desired, &mut plan.status, repairs, at);
    let heard = applied == Applied::Done && service::pass(state, booking, &mut plan, at).await?;
    let plan = decide::with_apply(plan, &before, at, &applied);
    let mut news = plan.status != before;
    if news {
        match report(state, booking, &plan.status).await? {
            Reported::Written => {}
            // Another pass would find the same news.
            Reported::Pruned => news = false,
            Reported::Raced => return Ok(Some((false, AT_ONCE))),
        }
    }
    if heard {
        service::heard(state, booking).await?;
    }
    lock(&state.observed).insert(desired.booking, at);
    finish(state, booking, &plan).await?;
    // What was just written is looked at once more: some things are true only once they were written.
    Ok(if news {
        Some((false, ONCE_MORE))
    } else if plan.again_in < decide::STEADY {
        Some((true, plan.again_in))
    } else if sweep::covers(desired.kind) {
        None
    } else {
        Some((true, plan.again_in.max(sweep::pause(state.bookings.len()))))
    })
}

/// Remembers what was written again, so that the provider learns of it.
fn repaired(desired: &Desired, status: &mut BookingStatus, repairs: Vec<Repaired>, at: Timestamp) {
    for (object, what) in repairs {
        let lately = |known: &Repair| {
            known.object == object && known.what == what && at.duration_since(known.at) < REPAIR_TOLD_EVERY
        };
        if status.repairs.iter().any(lately) {
            continue;
        }
        // The marketplace tells new ones by their time.
        let at = status.repairs.last().map_or(at, |last| at.max(last.at + MOMENT));
        tracing::warn!(booking = %desired.booking, object, what = what.code(), "repaired what somebody did by hand");
        metrics::counter!("wolkenamt_operator_repairs_total", "what" => what.code()).increment(1);
        status.repairs.push(Repair { at, object, what });
    }
    let surplus = status.repairs.len().saturating_sub(REPAIRS);
    status.repairs.drain(..surplus);
}

fn deleted(answer: Result<(), ClusterError>) -> Applied {
    answer.map_or_else(|error| classify("deletion", &error), |()| Applied::Done)
}

/// What was read, with what else decides.
pub(crate) fn seen(state: &State, desired: &Desired, objects: Vec<Value>, at: Timestamp) -> Observed {
    let policy = state.policy();
    let others = match &policy {
        Some(policy) if policy.most_per_organisation.is_some() => {
            let all = state.bookings.of_organisation(desired.organisation.id);
            let others = policy::others(desired, all.iter().map(|other| &**other));
            others.into_iter().map(|other| other.sizes.clone()).collect()
        }
        Some(_) | None => Vec::new(),
    };
    let available = state.available(desired.kind);
    Observed { objects, at, floor: state.promised(), available, policy, others }
}

pub(crate) fn has_finalizer(booking: &Booking) -> bool {
    booking.metadata.finalizers.iter().flatten().any(|finalizer| finalizer == FINALIZER)
}

async fn put_finalizer(state: &State, booking: &Booking) -> Result<(), ClusterError> {
    let body = json!({"metadata": {
        "resourceVersion": booking.metadata.resource_version, "finalizers": [FINALIZER]
    }});
    let name = booking.metadata.name.clone().unwrap_or_default();
    match state.cluster.merge(&booking_path(&name), &body).await {
        Ok(answer) => keep(state, &answer.value),
        Err(error) if refreshes(&error) => refresh(state, &name).await?,
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Whether the known copy of a Booking is too old to write on its ground.
fn refreshes(error: &ClusterError) -> bool {
    matches!(error.code(), Some(404 | 409))
}

/// Takes in what the API server answered.
fn keep(state: &State, answer: &Value) {
    match serde_json::from_value::<Booking>(answer.clone()) {
        Ok(booking) => drop(state.bookings.put(&booking)),
        Err(error) => tracing::warn!(error = %error, "a Booking that was just written cannot be read"),
    }
}

/// Reads a Booking whose known copy is too old.
async fn refresh(state: &State, name: &str) -> Result<(), ClusterError> {
    match observe::booking(&state.cluster, name).await? {
        Some((booking, _at)) => drop(state.bookings.put(&booking)),
        None => {
            if let Ok(id) = name.parse() {
                state.bookings.remove(id);
            }
        }
    }
    Ok(())
}

/// The site with what is booked in the booking's namespace, from the watched Bookings.
pub(crate) fn site(state: &State, desired: &Desired) -> contract::kinds::Site {
    let mut site = state.site();
    let all = state.bookings.of_organisation(desired.organisation.id);
    let (sizes, count) = bookings::namespace_totals(desired, all.iter().map(|other| &**other));
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

/// What became of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// It is in the cluster.
    Written,
    /// It is there but for what the definition of Booking in the cluster does not know.
    Pruned,
    /// Somebody else was faster; decide again.
    Raced,
}

/// Writes the status with the resource version that was read.
pub async fn report(
    state: &State,
    booking: &Booking,
    status: &BookingStatus,
) -> Result<Reported, ClusterError> {
    let mut changed = booking.clone();
    changed.status = Some(status.clone());
    let body = serde_json::to_value(&changed).map_err(|error| ClusterError::Unreadable(error.to_string()))?;
    let name = booking.metadata.name.clone().unwrap_or_default();
    match state.cluster.replace(&format!("{}/status", booking_path(&name)), &body).await {
        Ok(answer) => {
            keep(state, &answer.value);
            let kept = answer.value.get("status").cloned().unwrap_or_default();
            if serde_json::from_value::<BookingStatus>(kept).is_ok_and(|kept| kept == *status) {
                return Ok(Reported::Written);
            }
            complain_of_definition(state);
            Ok(Reported::Pruned)
        }
        Err(error) if refreshes(&error) => {
            refresh(state, &name).await?;
            Ok(Reported::Raced)
        }
        Err(error) => Err(error),
    }
}

/// Says it once: it is so for every booking.
fn complain_of_definition(state: &State) {
    metrics::gauge!("wolkenamt_operator_definition_outdated").set(1);
    if !state.said_old_definition.swap(true, Ordering::Relaxed) {
        tracing::error!(
            "the definition of Booking in this cluster is older than this operator and drops what it writes: apply crds/ of the chart"
        );
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

/// Whether a status lies aside: its Booking is just being written anew.
pub(crate) async fn is_carried(state: &State, booking: Uuid) -> Result<bool, ClusterError> {
    Ok(state.cluster.get(&carried(state, &booking.to_string())?).await?.is_some())
}

/// Path of what [`carry`] puts aside.
fn carried(state: &State, name: &str) -> Result<String, ClusterError> {
    object("v1", "ConfigMap", Some(&state.config.namespace), &format!("{CARRIED}{name}"))
}

/// Gives a Booking that was just written the status of its predecessor, if there was one. True: it was given.
async fn restore(state: &State, booking: &Booking, name: &str) -> Result<bool, ClusterError> {
    let path = carried(state, name)?;
    let Some(carried) = state.cluster.get(&path).await? else { return Ok(false) };
    let status = carried.value.pointer("/data/status").and_then(Value::as_str).unwrap_or("{}");
    let status: BookingStatus =
        serde_json::from_str(status).map_err(|error| ClusterError::Unreadable(error.to_string()))?;
    // The copy goes only once this is written, by whoever reads it: a process may end in between.
    report(state, booking, &BookingStatus { carried: true, ..status }).await?;
    Ok(true)
}

/// Writes a Booking that does not exist. A predecessor's status is restored by the first pass. False: it is there already.
pub async fn create(state: &State, desired: &Desired, epoch: i64) -> Result<bool, ClusterError> {
    let made = match state.cluster.create(&manifest(desired, epoch)).await {
        Ok(answer) => {
            keep(state, &answer.value);
            true
        }
        Err(error) if error.already_exists() => {
            refresh(state, &desired.booking.to_string()).await?;
            false
        }
        Err(error) => return Err(error),
    };
    state.queue.changed(desired.booking);
    Ok(made)
}

/// Writes what is wanted of a Booking that exists, as a whole: what is not wanted any more of it must not stay.
pub async fn update(
    state: &State,
    found: &Booking,
    desired: &Desired,
    epoch: i64,
) -> Result<Reported, ClusterError> {
    let mut changed = found.clone();
    changed.spec = BookingSpec { desired: desired.clone(), epoch };
    let mut body =
        serde_json::to_value(&changed).map_err(|error| ClusterError::Unreadable(error.to_string()))?;
    if let Some(metadata) = body.get_mut("metadata") {
        put(metadata, "labels", json!(labels(desired)));
    }
    let answer = match state.cluster.replace(&booking_path(&desired.booking.to_string()), &body).await {
        Ok(answer) => answer.value,
        Err(ClusterError::Status { code: 409, .. }) => return Ok(Reported::Raced),
        Err(error) => return Err(error),
    };
    keep(state, &answer);
    state.queue.changed(desired.booking);
    if serde_json::from_value::<Booking>(answer).is_ok_and(|kept| kept.spec == changed.spec) {
        return Ok(Reported::Written);
    }
    complain_of_definition(state);
    Ok(Reported::Pruned)
}

/// The Booking object of a desired booking.
pub fn manifest(desired: &Desired, epoch: i64) -> Value {
    json!({
        "apiVersion": "wolkenamt.de/v1alpha1", "kind": "Booking",
        "metadata": {
            "name": desired.booking.to_string(),
            "finalizers": [FINALIZER],
            "labels": labels(desired)
        },
        "spec": {"desired": desired, "epoch": epoch}
    })
}
