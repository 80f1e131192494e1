//! What follows from what is wanted and what was seen. Pure, and the same for every kind.
//!
//! It always starts at the beginning and checks each property on its own; of the previous status it takes only what
//! must not be forgotten: the transition log, the first readiness, and since when each condition has its value. All
//! times come from the observation, never from a clock.

use crate::allocation;
use crate::bookings::Sizes;
use crate::conditions::{Change, accepted, is_stuck, is_unreachable, metered, ready, sentence};
use crate::crd::{Booking, BookingStatus};
use crate::policy::{self, ProviderPolicySpec};
use contract::kinds::context::LABEL_BOOKING;
use contract::kinds::readiness::{Readiness, State, text};
use contract::kinds::shared_service::Service;
use contract::kinds::shared_service::state::SEEN;
use contract::kinds::{Effects, Finding, Site, exposure, namespace};
use contract::{
    ConditionStatus, ConditionType, Desired, InEffect, MessageKey, Meter, Power, Restored, Wanted,
};
use jiff::Timestamp;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// Watches report changes at once; this only bounds how old an observation may get, and with it the watermark.
pub const STEADY: Duration = Duration::from_secs(30);
/// While something moves, causes may appear that no watch reports (events, volumes of the engine).
const MOVING: Duration = Duration::from_secs(5);

/// What was seen of one booking.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Objects that carry the booking's label or belong to its engine.
    pub objects: Vec<Value>,
    /// Time of the API server before they were read.
    pub at: Timestamp,
    /// Watermark that was promised to the marketplace.
    pub floor: Option<Timestamp>,
    /// Whether the engine of the kind is present.
    pub available: bool,
    /// What the provider allows.
    pub policy: Option<ProviderPolicySpec>,
    /// Sizes of what the organisation holds beside this booking, as far as the policy asks.
    pub others: Vec<Sizes>,
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// To apply.
    pub effects: Option<Effects>,
    /// To delete.
    pub teardown: Vec<ObjectRef>,
    /// Read the consumption counters before deleting: the last value is lost with the pod.
    pub read_counters: bool,
    /// To write, after [`with_apply`].
    pub status: BookingStatus,
    /// What happens to the finalizer.
    pub finalizer: Finalizer,
    /// Look again after this time at the latest.
    pub again_in: Duration,
}

/// What happens to the finalizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finalizer {
    /// Stays, or is put there.
    Keep,
    /// The booking is gone and acknowledged: let the object go.
    Release,
    /// Somebody deleted the object of a wanted booking and its log is acknowledged: let it go and write it anew.
    Rewrite,
}

/// Names one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRef {
    /// Group and version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Only this very object, if known.
    pub uid: Option<String>,
}

/// What became of applying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// Everything is written.
    Done,
    /// The cluster refused an object for a reason; repeating soon is pointless.
    Refused {
        /// Kind and name.
        object: String,
        /// In the words of the cluster.
        detail: String,
    },
    /// The engine behind a webhook is down.
    EngineDown,
    /// The cluster could not be reached or was busy.
    Failed {
        /// For the log.
        detail: String,
    },
}

/// Decides for one booking.
pub fn decide(booking: &Booking, seen: &Observed, site: &Site) -> Plan {
    let desired = &booking.spec.desired;
    let before = booking.status.clone().unwrap_or_default();
    let seen = &with_service(desired, &before, seen, site);
    let serving = desired.kind.serving(desired, &seen.objects, before.serving);
    let site = &Site { serving, ..site.towards(desired.exposure.class) };
    let mut plan = match desired.wanted {
        Wanted::Absent => tear_down(desired, &before, seen, site),
        Wanted::Present => provision(booking, &before, seen, site),
    };
    allocation::close(&mut plan.status, seen.at);
    allocation::prune(&mut plan.status);
    if serving > 0 && before.restored.is_none_or(|known| known.number != serving) {
        plan.status.restored = Some(Restored { number: serving, at: seen.at });
    }
    plan.status.serving = serving;
    plan.status.observed_generation = desired.generation;
    plan.status.conditions.sort_by_key(|condition| condition.r#type);
    let deleted = booking.metadata.deletion_timestamp.is_some();
    if deleted {
        let settled = is_acknowledged(desired, &plan.status);
        plan.finalizer = match desired.wanted {
            Wanted::Absent if plan.status.gone.is_some() && settled => Finalizer::Release,
            Wanted::Present if settled => Finalizer::Rewrite,
            Wanted::Absent | Wanted::Present => Finalizer::Keep,
        };
        if desired.wanted == Wanted::Present {
            plan.again_in = MOVING;
        }
    }
    plan
}

/// What is remembered of an instance at a broker counts among what was seen.
fn with_service<'a>(
    desired: &Desired,
    before: &BookingStatus,
    seen: &'a Observed,
    site: &Site,
) -> Cow<'a, Observed> {
    let remembered = before.service.clone().or_else(|| Service::doubt(desired, site));
    let Some(service) = remembered else { return Cow::Borrowed(seen) };
    let mut seen = seen.clone();
    seen.objects.push(service.as_seen(desired));
    Cow::Owned(seen)
}

/// Whether the marketplace has acknowledged all usage that the log and the counters can tell.
pub fn is_acknowledged(desired: &Desired, status: &BookingStatus) -> bool {
    allocation::unacknowledged(desired, status, 0).is_empty()
        && status.counters.iter().all(|counter| counter.acknowledged)
}

/// The status after applying: what could not be written decides the phase.
pub fn with_apply(mut plan: Plan, before: &BookingStatus, at: Timestamp, applied: &Applied) -> Plan {
    let (status, key, args) = match applied {
        Applied::Done if plan.effects.is_none() => return plan,
        Applied::Done => (ConditionStatus::True, MessageKey::Applied, BTreeMap::new()),
        Applied::Refused { object, detail } => {
            let key = if detail.contains("exceeded quota") {
                MessageKey::QuotaExceeded
            } else {
                MessageKey::ApplyRefused
            };
            let args = [("object".to_owned(), object.clone()), ("detail".to_owned(), detail.clone())];
            (ConditionStatus::False, key, BTreeMap::from(args))
        }
        Applied::EngineDown => (ConditionStatus::False, MessageKey::EngineDown, BTreeMap::new()),
        Applied::Failed { detail } if is_unreachable(before, at) => {
            let args = BTreeMap::from([("detail".to_owned(), detail.clone())]);
            (ConditionStatus::Unknown, MessageKey::ApplyStuck, args)
        }
        Applied::Failed { .. } => (ConditionStatus::Unknown, MessageKey::ApplyFailed, BTreeMap::new()),
    };
    plan.status.conditions.retain(|condition| condition.r#type != ConditionType::Applied);
    let change = Change { kind: ConditionType::Applied, status, key, args, since: None };
    plan.status.conditions.push(change.condition(before, at));
    plan.status.conditions.sort_by_key(|condition| condition.r#type);
    if status == ConditionStatus::False {
        "Blocked".clone_into(&mut plan.status.phase);
        plan.status.message = sentence(&plan.status, ConditionType::Applied);
        plan.again_in = STEADY;
    } else if status == ConditionStatus::Unknown {
        plan.again_in = MOVING;
    }
    plan
}

/// What shall exist, or why it shall not.
fn effects(booking: &Booking, seen: &Observed, site: &Site) -> Result<Effects, Vec<Finding>> {
    let desired = &booking.spec.desired;
    if !seen.available {
        return Err(vec![Finding::new("", "kind-unavailable", desired.kind.title_de())]);
    }
    let impossible = desired.kind.check_observed(site, desired, &seen.objects);
    if !impossible.is_empty() {
        return Err(impossible);
    }
    let effects = desired.kind.effects(site, desired)?;
    let refused = seen
        .policy
        .as_ref()
        .map(|policy| policy::refusals(policy, booking, &effects, &seen.others))
        .unwrap_or_default();
    if refused.is_empty() { Ok(effects) } else { Err(refused) }
}

fn provision(booking: &Booking, before: &BookingStatus, seen: &Observed, site: &Site) -> Plan {
    let desired = &booking.spec.desired;
    let effects = effects(booking, seen, site);
    let mut readiness = desired
        .kind
        .readiness(site, desired, &seen.objects)
        .unwrap_or_else(|_unreadable| Readiness::new(State::Failed, MessageKey::PlanInvalid));
    if effects.is_err() && readiness.serves {
        // What is refused changes nothing: it runs as it did.
        readiness.state = State::Running;
        readiness.message = MessageKey::Ready;
    }
    let mut status = BookingStatus { conditions: Vec::new(), ..before.clone() };
    status.gone = None;
    let accepted = accepted(&effects);
    status.conditions.push(accepted.condition(before, seen.at));
    if let Some(applied) = before.condition(ConditionType::Applied) {
        status.conditions.push(applied.clone());
    }
    meter(&mut status, desired, &readiness, seen);
    let refused = effects.is_err();
    let reached = !refused && written_before(desired, before) && reached(desired, &readiness);
    // What serves is as wanted although an earlier state of its data is still on its way; that has a limit of time, too.
    let restores = desired.restore.is_some_and(|restore| restore.number > site.serving);
    status.pending = pending(desired, before, seen.at).filter(|_| !reached || restores);
    let ready = ready(desired.kind, (before, status.pending), &readiness, seen);
    if ready.status == ConditionStatus::True && status.first_ready.is_none() {
        status.first_ready = Some(ready.since);
    }
    status.endpoints = if ready.status == ConditionStatus::True || status.first_ready.is_some() {
        readiness.endpoints.clone()
    } else {
        Vec::new()
    };
    status.recoverable = readiness.recoverable;
    status.conditions.push(ready);
    status.conditions.push(metered(&status).condition(before, seen.at));
    if reached {
        status.in_effect = Some(in_effect(desired, &status, before, &readiness, seen.at));
    }
    let (phase, shown) = match (refused, readiness.state) {
        (true, _) => ("Refused", ConditionType::Accepted),
        (_, State::Starting) => ("Provisioning", ConditionType::Ready),
        (_, State::Running) => ("Ready", ConditionType::Ready),
        (_, State::Changing) => ("Changing", ConditionType::Ready),
        (_, State::Stopping) => ("Stopping", ConditionType::Ready),
        (_, State::Stopped) => ("Stopped", ConditionType::Ready),
        (_, State::Failed) => ("Failed", ConditionType::Ready),
    };
    phase.clone_into(&mut status.phase);
    status.message = sentence(&status, shown);
    let steady = refused || matches!(readiness.state, State::Running | State::Stopped);
    let surplus = match &effects {
        Err(_refused) => Vec::new(),
        Ok(effects) => {
            let mut surplus = desired.kind.surplus(desired, &seen.objects);
            surplus.extend(exposure::surplus(&effects.manifests, &seen.objects));
            surplus
        }
    };
    Plan {
        effects: effects.ok(),
        teardown: surplus.into_iter().filter_map(|object| deletable(desired, object)).collect(),
        read_counters: desired.power == Power::Off && readiness.state == State::Stopping,
        status,
        finalizer: Finalizer::Keep,
        again_in: if steady { STEADY } else { MOVING },
    }
}

/// The wanted state, since it is known and not reached.
fn pending(desired: &Desired, before: &BookingStatus, at: Timestamp) -> Option<InEffect> {
    let known = before.pending.filter(|known| known.generation == desired.generation);
    let since = Timestamp::from_second(at.as_second()).unwrap_or(at);
    known.or(Some(InEffect { generation: desired.generation, since }))
}

/// Whether everything that is wanted was written before the objects were read: only then do they answer for it.
fn written_before(desired: &Desired, before: &BookingStatus) -> bool {
    before.observed_generation == desired.generation
        && before
            .condition(ConditionType::Applied)
            .is_some_and(|applied| applied.status == ConditionStatus::True)
}

/// Whether what serves is as wanted. A restore is told by itself: one that fails or takes long holds back no other change.
fn reached(desired: &Desired, readiness: &Readiness) -> bool {
    let state = readiness.state;
    match desired.power {
        Power::On => {
            let moving = [MessageKey::Growing, MessageKey::Changing];
            let message = readiness.message;
            let restore = matches!(message, MessageKey::RestoreFailed | MessageKey::RestoreWaits);
            let as_ordered = message.as_ordered() || restore;
            state == State::Running && as_ordered && !moving.contains(&message)
        }
        Power::Off => state == State::Stopped,
    }
}

/// Since when: the time of the change where the cluster shows one, else of this look. Once known it stays.
fn in_effect(
    desired: &Desired,
    status: &BookingStatus,
    before: &BookingStatus,
    readiness: &Readiness,
    at: Timestamp,
) -> InEffect {
    if let Some(known) = before.in_effect.filter(|known| known.generation == desired.generation) {
        return known;
    }
    let shown = status.log.last().map(|entry| entry.from).max(readiness.since);
    let since = shown.filter(|shown| before.in_effect.is_none_or(|known| *shown > known.since)).unwrap_or(at);
    let since = Timestamp::from_second(since.min(at).as_second()).unwrap_or(at);
    InEffect { generation: desired.generation, since }
}

fn tear_down(desired: &Desired, before: &BookingStatus, seen: &Observed, site: &Site) -> Plan {
    let mut status = BookingStatus { conditions: Vec::new(), endpoints: Vec::new(), ..before.clone() };
    let readiness = desired
        .kind
        .readiness(site, desired, &seen.objects)
        .unwrap_or_else(|_unreadable| Readiness::new(State::Stopping, MessageKey::Deleting));
    meter(&mut status, desired, &readiness, seen);
    let left: Vec<String> = seen.objects.iter().filter(|object| counts(object)).filter_map(name_of).collect();
    let gone = left.is_empty();
    if gone && status.gone.is_none() {
        allocation::finish(&mut status, seen.at, seen.floor);
        status.gone = Some(seen.at);
    }
    let mut args = BTreeMap::new();
    args.insert("detail".to_owned(), left.join(", "));
    status.pending = pending(desired, before, seen.at).filter(|_| status.gone.is_none());
    let mut key = match status.gone {
        Some(_) => MessageKey::Gone,
        None if is_stuck(desired.kind, status.pending, seen.at) => MessageKey::DeleteTooLong,
        None => MessageKey::Deleting,
    };
    if matches!(readiness.message, MessageKey::ServiceStuck | MessageKey::ServiceGone) {
        (key, args) = (readiness.message, readiness.args.clone());
    }
    for kind in [ConditionType::Accepted, ConditionType::Applied] {
        // What held the booking up does not hold up its end; what does is said anew.
        if let Some(kept) = before.condition(kind).filter(|kept| kept.status == ConditionStatus::True) {
            status.conditions.push(kept.clone());
        }
    }
    let change =
        Change { kind: ConditionType::Ready, status: ConditionStatus::False, key, args, since: None };
    status.conditions.push(change.condition(before, seen.at));
    status.conditions.push(metered(&status).condition(before, seen.at));
    if status.gone.is_some() { "Gone" } else { "Deleting" }.clone_into(&mut status.phase);
    status.message = sentence(&status, ConditionType::Ready);
    let mut teardown: Vec<ObjectRef> =
        seen.objects.iter().filter_map(|object| deletable(desired, object)).collect();
    if !gone {
        teardown.extend(secrets(desired));
    }
    let runs = seen.objects.iter().any(|object| {
        text(object, "/kind") == Some("Deployment") && object.pointer("/metadata/deletionTimestamp").is_none()
    });
    Plan {
        effects: None,
        read_counters: runs && !teardown.is_empty(),
        teardown,
        status,
        finalizer: Finalizer::Keep,
        again_in: if gone { STEADY } else { MOVING },
    }
}

/// Deletes what carries the booking's label and has no owner; what an engine owns goes with its owner.
fn deletable(desired: &Desired, object: &Value) -> Option<ObjectRef> {
    let labels = object.pointer("/metadata/labels")?;
    let ours =
        labels.get(LABEL_BOOKING).and_then(Value::as_str) == Some(desired.booking.to_string().as_str());
    let owned =
        object.pointer("/metadata/ownerReferences").and_then(Value::as_array).is_some_and(|o| !o.is_empty());
    let kind = text(object, "/kind")?;
    let ends = object.pointer("/metadata/deletionTimestamp").is_some();
    if !ours || owned || ends || matches!(kind, "Pod" | "PersistentVolume" | "Event" | "ReplicaSet") {
        return None;
    }
    Some(ObjectRef {
        api_version: text(object, "/apiVersion")?.to_owned(),
        kind: kind.to_owned(),
        namespace: text(object, "/metadata/namespace")?.to_owned(),
        name: text(object, "/metadata/name")?.to_owned(),
        uid: text(object, "/metadata/uid").map(str::to_owned),
    })
}

/// Secrets that were drawn or issued for the booking. They are not observed, because the operator cannot list secrets.
fn secrets(desired: &Desired) -> Vec<ObjectRef> {
    let one = |name| ObjectRef {
        api_version: "v1".to_owned(),
        kind: "Secret".to_owned(),
        namespace: namespace::name(desired),
        name,
        uid: None,
    };
    let all = desired.kind.drawn_secrets(desired).into_iter().chain(desired.kind.issued_secrets(desired));
    all.map(one).collect()
}

/// Whether an observed object stands in the way of "gone".
fn counts(object: &Value) -> bool {
    match text(object, "/kind") {
        Some("Event" | "ReplicaSet") => false,
        Some(SEEN) => Service::seen(std::slice::from_ref(object)).is_none_or(|service| service.is_left()),
        _ => true,
    }
}

fn name_of(object: &Value) -> Option<String> {
    Some(format!("{} {}", text(object, "/kind")?, text(object, "/metadata/name")?))
}

/// Appends to the transition log what the readiness says about sizes.
fn meter(status: &mut BookingStatus, desired: &Desired, readiness: &Readiness, seen: &Observed) {
    let mut sizes: BTreeMap<String, i64> =
        allocation::meters(desired.kind).map(|meter| (meter.code().to_owned(), 0)).collect();
    let last = status.log.last().map(|entry| entry.sizes.clone()).unwrap_or_default();
    let mut since: Option<Timestamp> = None;
    let mut unknown = false;
    for meter in allocation::meters(desired.kind) {
        let found = readiness.allocated.iter().find(|allocated| allocated.meter == meter);
        let amount = found.map_or(0, |allocated| allocated.amount);
        sizes.insert(meter.code().to_owned(), amount);
        let before = last.get(meter.code()).copied().unwrap_or(0);
        if before != amount {
            // Of a volume that is gone those that are left tell nothing.
            let tells = |_: &Timestamp| meter != Meter::Storage || amount > before;
            match found.and_then(|allocated| allocated.since).filter(tells) {
                Some(at) => since = since.max(Some(at)),
                None => unknown = true,
            }
        }
    }
    let from = if unknown { seen.at } else { since.unwrap_or(seen.at) };
    allocation::record(status, sizes, from, seen.at, seen.floor, readiness.message.code());
}

#[cfg(test)]
#[path = "decide_test.rs"]
mod tests;

#[cfg(test)]
#[path = "decide_service_test.rs"]
mod service_tests;
