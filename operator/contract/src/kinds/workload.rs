//! What pods and volumes say, for every kind: which sizes exist, and which known cause holds something up.

use super::quantity::{mebibytes, milli_cpu};
use super::readiness::{Allocated, Readiness, State, number, of_kind, text, time};
use crate::{MessageKey, Meter};
use jiff::Timestamp;
use serde_json::Value;

/// Whether a pod holds its sizes: from the first start of its container until the pod is gone or has ended.
pub fn pod_runs(pod: &Value) -> bool {
    text(pod, "/status/phase") == Some("Running")
}

/// Whether the pod serves.
pub fn pod_ready(pod: &Value) -> bool {
    pod_runs(pod)
        && pod.pointer("/metadata/deletionTimestamp").is_none()
        && super::readiness::condition(pod, "Ready")
            .is_some_and(|ready| text(ready, "/status") == Some("True"))
}

/// Processor, memory and instance sizes of the running pods among `pods`, read from the named container.
pub fn pod_sizes(pods: &[&Value], container: &str) -> Vec<Allocated> {
    let mut cpu = 0;
    let mut memory = 0;
    let mut since: Option<Timestamp> = None;
    let mut running = 0;
    for pod in pods.iter().filter(|pod| pod_runs(pod)) {
        let Some(spec) = named(pod, "/spec/containers", container) else { continue };
        running += 1;
        cpu += text(spec, "/resources/requests/cpu").and_then(milli_cpu).unwrap_or(0);
        memory += text(spec, "/resources/requests/memory").and_then(mebibytes).unwrap_or(0);
        since = since.max(started(pod, container));
    }
    let ended = pods.iter().filter(|pod| !pod_runs(pod)).filter_map(|pod| finished(pod, container)).max();
    let since = if running > 0 { since } else { ended };
    let one = |meter, amount| Allocated { meter, amount, since };
    vec![one(Meter::Vcpu, cpu), one(Meter::Memory, memory), one(Meter::Instance, i64::from(running > 0))]
}

/// Capacity of the bound volumes. The time is that of the last status update, when binding or growth became true.
pub fn volume_size(volumes: &[&Value]) -> Allocated {
    let mut amount = 0;
    let mut since = None;
    for volume in volumes.iter().filter(|volume| text(volume, "/status/phase") == Some("Bound")) {
        amount += text(volume, "/status/capacity/storage").and_then(mebibytes).unwrap_or(0);
        since = since.max(status_time(volume)).max(time(volume, "/metadata/creationTimestamp"));
    }
    Allocated { meter: Meter::Storage, amount, since }
}

/// When the container started for the first time in this pod.
fn started(pod: &Value, container: &str) -> Option<Timestamp> {
    let status = named(pod, "/status/containerStatuses", container)?;
    if number(status, "/restartCount").unwrap_or(0) == 0
        && let Some(at) = time(status, "/state/running/startedAt")
    {
        return Some(at);
    }
    time(pod, "/status/startTime")
}

/// When the container of an ended pod ended.
fn finished(pod: &Value, container: &str) -> Option<Timestamp> {
    time(named(pod, "/status/containerStatuses", container)?, "/state/terminated/finishedAt")
}

/// The entry with this name of a list.
pub fn named<'a>(object: &'a Value, list: &str, name: &str) -> Option<&'a Value> {
    object.pointer(list).and_then(Value::as_array)?.iter().find(|entry| text(entry, "/name") == Some(name))
}

/// Time at which the status was last written, from the managed fields that the API server keeps.
pub fn status_time(object: &Value) -> Option<Timestamp> {
    object
        .pointer("/metadata/managedFields")
        .and_then(Value::as_array)?
        .iter()
        .filter(|entry| text(entry, "/subresource") == Some("status"))
        .filter_map(|entry| time(entry, "/time"))
        .max()
}

/// A cause on pods, Jobs or volumes for which nothing will proceed by itself.
pub fn known_cause(observed: &[Value]) -> Option<Readiness> {
    for pod in of_kind(observed, "Pod") {
        if let Some(found) = pod_cause(pod) {
            return Some(found);
        }
    }
    for owner in of_kind(observed, "ReplicaSet").chain(of_kind(observed, "Deployment")) {
        if let Some(failure) = super::readiness::condition(owner, "ReplicaFailure")
            && text(failure, "/status") == Some("True")
        {
            return Some(refusal(text(failure, "/message").unwrap_or_default()));
        }
    }
    for event in of_kind(observed, "Event") {
        let note = text(event, "/message").or_else(|| text(event, "/note")).unwrap_or_default();
        match text(event, "/reason") {
            Some("FailedCreate") => return Some(refusal(note)),
            Some("ProvisioningFailed") => {
                return Some(Readiness::new(State::Failed, MessageKey::VolumeFailed).detail(note));
            }
            _ => {}
        }
    }
    None
}

fn refusal(note: &str) -> Readiness {
    let key =
        if note.contains("exceeded quota") { MessageKey::QuotaExceeded } else { MessageKey::ApplyRefused };
    let mut readiness = Readiness::new(State::Failed, key).detail(note);
    readiness.args.insert("object".to_owned(), "Pod".to_owned());
    readiness
}

fn pod_cause(pod: &Value) -> Option<Readiness> {
    if let Some(scheduled) = super::readiness::condition(pod, "PodScheduled")
        && text(scheduled, "/reason") == Some("Unschedulable")
    {
        let note = text(scheduled, "/message").unwrap_or_default();
        // A volume that is just being made also counts as unschedulable for some seconds.
        if !note.contains("unbound immediate PersistentVolumeClaims") {
            return Some(Readiness::new(State::Failed, MessageKey::NoRoom).detail(note));
        }
    }
    let statuses = ["/status/initContainerStatuses", "/status/containerStatuses"];
    for status in statuses.iter().filter_map(|list| pod.pointer(list).and_then(Value::as_array)).flatten() {
        let note = text(status, "/state/waiting/message").unwrap_or_default();
        match text(status, "/state/waiting/reason") {
            Some("ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull" | "InvalidImageName") => {
                return Some(Readiness::new(State::Failed, MessageKey::ImageMissing).detail(note));
            }
            Some("CrashLoopBackOff") => {
                if text(status, "/lastState/terminated/reason") == Some("OOMKilled") {
                    return Some(Readiness::new(State::Failed, MessageKey::OutOfMemory));
                }
                return Some(Readiness::new(State::Failed, MessageKey::Crashing).detail(note));
            }
            Some("CreateContainerConfigError" | "CreateContainerError") => {
                return Some(Readiness::new(State::Failed, MessageKey::Crashing).detail(note));
            }
            _ => {}
        }
    }
    None
}

/// Address that a LoadBalancer Service or an Ingress was given.
pub fn address(object: &Value) -> Option<&str> {
    let first = object.pointer("/status/loadBalancer/ingress").and_then(Value::as_array)?.first()?;
    text(first, "/ip").or_else(|| text(first, "/hostname"))
}
