//! One honest state of a CloudNativePG `Cluster`.
//!
//! The engine has no observed generation and calls a hibernated cluster healthy, so "running" counts only together
//! with its effects: ready instances, the wanted image and resources in the pods, the wanted capacity of the volumes.

use super::{Order, PREFIX, Plan, manifests};
use crate::kinds::context::{Site, object_name};
use crate::kinds::quantity::{mebibytes, milli_cpu};
use crate::kinds::readiness::{Readiness, State, condition, number, of_kind, text, time};
use crate::kinds::workload::{address, known_cause, named, pod_ready, pod_sizes, volume_size};
use crate::{Desired, Endpoint, ExposureClass, MessageKey, Power};
use serde_json::Value;

const CONTAINER: &str = "postgres";
const HEALTHY: &str = "Cluster in healthy state";

pub(super) fn readiness(
    site: &Site,
    desired: &Desired,
    plan: &Plan,
    order: &Order,
    observed: &[Value],
) -> Readiness {
    let name = object_name(PREFIX, desired.booking);
    let cluster = of_kind(observed, "Cluster").find(|object| text(object, "/metadata/name") == Some(&name));
    let instances: Vec<&Value> = of_kind(observed, "Pod")
        .filter(|pod| text(pod, "/metadata/labels/cnpg.io~1podRole") == Some("instance"))
        .collect();
    let volumes: Vec<&Value> = of_kind(observed, "PersistentVolumeClaim").collect();
    let mut readiness = state(site, desired, plan, order, observed, cluster, &instances, &volumes);
    readiness.allocated = pod_sizes(&instances, CONTAINER);
    readiness.allocated.push(volume_size(&volumes));
    readiness.endpoints = endpoint(site, desired, observed).into_iter().collect();
    if readiness.state == State::Running
        && readiness.endpoints.is_empty()
        && desired.exposure.class != ExposureClass::Cluster
    {
        readiness.state = State::Starting;
        readiness.message = MessageKey::WaitingForAddress;
        readiness.since = None;
    }
    readiness
}

#[expect(clippy::too_many_arguments, reason = "the parts of one observation, looked up once")]
fn state(
    site: &Site,
    desired: &Desired,
    plan: &Plan,
    order: &Order,
    observed: &[Value],
    cluster: Option<&Value>,
    instances: &[&Value],
    volumes: &[&Value],
) -> Readiness {
    let Some(cluster) = cluster else {
        return Readiness::new(State::Starting, MessageKey::Applying);
    };
    if let Some(stopped) = hibernation(cluster, desired, instances) {
        return stopped;
    }
    let phase = text(cluster, "/status/phase").unwrap_or_default();
    if let Some(failed) = failed_phase(phase, cluster) {
        return failed;
    }
    let up = phase == HEALTHY
        && condition(cluster, "Ready").is_some_and(|ready| text(ready, "/status") == Some("True"))
        && instances.iter().any(|pod| pod_ready(pod));
    let serves = up
        && number(cluster, "/status/readyInstances") == Some(plan.instances)
        && i64::try_from(instances.iter().filter(|pod| pod_ready(pod)).count()) == Ok(plan.instances);
    let ran = text(cluster, "/status/currentPrimary").is_some();
    if serves && effective(site, plan, order, instances) {
        // A growing volume does not interrupt the service, and a growth that fails shows nowhere else.
        let key = if grown(order, observed) { MessageKey::Ready } else { MessageKey::Growing };
        let mut running = Readiness::new(State::Running, key);
        running.since = condition(cluster, "Ready").and_then(|ready| time(ready, "/lastTransitionTime"));
        return running;
    }
    let bound = volumes.iter().any(|volume| text(volume, "/status/phase") == Some("Bound"));
    let mut underway = known_cause(observed).unwrap_or_else(|| match (ran, bound) {
        (true, _) => Readiness::new(State::Changing, MessageKey::Changing),
        (false, true) => Readiness::new(State::Starting, MessageKey::StartingPrimary),
        (false, false) => Readiness::new(State::Starting, MessageKey::StartingVolume),
    });
    underway.serves = up;
    underway
}

/// Hibernation comes first: a hibernated cluster says that it is healthy and ready.
fn hibernation(cluster: &Value, desired: &Desired, instances: &[&Value]) -> Option<Readiness> {
    let found = condition(cluster, "cnpg.io/hibernation");
    let asleep = found.is_some_and(|found| text(found, "/status") == Some("True")) && instances.is_empty();
    match (desired.power, asleep) {
        (Power::Off, true) => {
            let mut stopped = Readiness::new(State::Stopped, MessageKey::Stopped);
            stopped.since = found.and_then(|found| time(found, "/lastTransitionTime"));
            Some(stopped)
        }
        (Power::Off, false) => Some(Readiness::new(State::Stopping, MessageKey::Stopping)),
        (Power::On, true) => Some(Readiness::new(State::Changing, MessageKey::Changing)),
        (Power::On, false) => None,
    }
}

fn failed_phase(phase: &str, cluster: &Value) -> Option<Readiness> {
    let note = text(cluster, "/status/phaseReason").unwrap_or(phase);
    match phase {
        "Not enough disk space" => Some(Readiness::new(State::Failed, MessageKey::VolumeFull)),
        "Cluster is unrecoverable and needs manual intervention"
        | "Invalid cluster definition"
        | "Unable to create required cluster objects"
        | "Cluster has incomplete or invalid image catalog"
        | "Cluster cannot execute instance online upgrade due to missing architecture binary" => {
            let key = if note.contains("exceeded quota") {
                MessageKey::QuotaExceeded
            } else {
                MessageKey::EngineFailed
            };
            Some(Readiness::new(State::Failed, key).detail(note))
        }
        _ => None,
    }
}

/// Whether the pods already have what is wanted.
fn effective(site: &Site, plan: &Plan, order: &Order, instances: &[&Value]) -> bool {
    let image = site.postgresql_images.get(&order.version).map(String::as_str);
    instances.iter().all(|pod| {
        named(pod, "/spec/containers", CONTAINER).is_some_and(|container| {
            text(container, "/resources/requests/cpu").and_then(milli_cpu) == Some(plan.vcpu_milli)
                && text(container, "/resources/requests/memory").and_then(mebibytes) == Some(plan.memory_mib)
                && (image.is_none() || text(container, "/image") == image)
        })
    })
}

/// Whether every bound volume has the wanted capacity; a growth that fails shows nowhere else.
pub(super) fn grown(order: &Order, observed: &[Value]) -> bool {
    of_kind(observed, "PersistentVolumeClaim").all(|volume| {
        text(volume, "/status/capacity/storage")
            .and_then(mebibytes)
            .is_none_or(|capacity| capacity >= order.storage_gib * 1024)
    })
}

fn endpoint(site: &Site, desired: &Desired, observed: &[Value]) -> Option<Endpoint> {
    if desired.exposure.class == ExposureClass::Cluster {
        return None;
    }
    let service = manifests::access_service(desired);
    let address = of_kind(observed, "Service")
        .find(|object| text(object, "/metadata/name") == Some(&service))
        .and_then(address)?
        .to_owned();
    let host = manifests::host(site, desired).unwrap_or_else(|| address.clone());
    Some(Endpoint { name: "postgresql".to_owned(), host, port: 5432, address: Some(address), url: None })
}
