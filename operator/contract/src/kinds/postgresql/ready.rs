//! One honest state of a CloudNativePG `Cluster`.
//!
//! The engine has no observed generation and calls a hibernated cluster healthy, so "running" counts only together
//! with its effects: ready instances, the wanted image and resources in the pods, the wanted capacity of the volumes.

use super::extensions::{Inside, inside};
use super::{Order, Plan, backups, manifests, restore};
use crate::kinds::context::Site;
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
    let name = restore::name(desired, site.serving);
    let cluster = of_kind(observed, "Cluster").find(|object| text(object, "/metadata/name") == Some(&name));
    let instances: Vec<&Value> = of_kind(observed, "Pod")
        .filter(|pod| is_of(pod, &name))
        .filter(|pod| text(pod, "/metadata/labels/cnpg.io~1podRole") == Some("instance"))
        .collect();
    let volumes = volumes(site, desired, observed);
    let mut readiness = state(site, desired, plan, order, observed, cluster, &instances, &volumes);
    // What serves and is not yet as wanted says that first.
    if (readiness.state, readiness.message) == (State::Running, MessageKey::Ready)
        && let Some(restoring) = restoring(site, desired, observed)
    {
        readiness.message = restoring.message;
        readiness.args = restoring.args;
    }
    // Only what serves is measured: a second database beside it for a while is the provider's.
    readiness.allocated = pod_sizes(&instances, CONTAINER);
    readiness.allocated.push(volume_size(&volumes));
    readiness.endpoints = endpoint(site, desired, observed).into_iter().collect();
    readiness.recoverable = backups::recoverable(site, desired, cluster, observed);
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
    let up = is_up(cluster) && instances.iter().any(|pod| pod_ready(pod));
    let serves = up
        && number(cluster, "/status/readyInstances") == Some(plan.instances)
        && i64::try_from(instances.iter().filter(|pod| pod_ready(pod)).count()) == Ok(plan.instances);
    let ran = text(cluster, "/status/currentPrimary").is_some();
    if serves && effective(site, plan, order, instances) {
        // A growing volume does not interrupt the service, and a growth that fails shows nowhere else.
        let mut running = match inside(desired, plan, order, site.serving, observed) {
            Inside::Refused(detail) => {
                Readiness::new(State::Running, MessageKey::DatabaseNotAsOrdered).detail(detail)
            }
            Inside::Pending => Readiness::new(State::Running, MessageKey::Changing),
            Inside::Done if grown(order, volumes) => Readiness::new(State::Running, MessageKey::Ready),
            Inside::Done => Readiness::new(State::Running, MessageKey::Growing),
        };
        running.since = condition(cluster, "Ready").and_then(|ready| time(ready, "/lastTransitionTime"));
        return running;
    }
    let bound = volumes.iter().any(|volume| text(volume, "/status/phase") == Some("Bound"));
    let mut underway = cause(desired, site.serving, observed).unwrap_or_else(|| match (ran, bound) {
        (true, _) => Readiness::new(State::Changing, MessageKey::Changing),
        (false, true) => Readiness::new(State::Starting, MessageKey::StartingPrimary),
        (false, false) => Readiness::new(State::Starting, MessageKey::StartingVolume),
    });
    underway.serves = up;
    underway
}

/// Whether the engine calls a database healthy, its instances ready, and it is not asleep.
pub(super) fn is_up(cluster: &Value) -> bool {
    let holds = |kind| condition(cluster, kind).is_some_and(|it| text(it, "/status") == Some("True"));
    text(cluster, "/status/phase") == Some(HEALTHY)
        && holds("Ready")
        && !holds("cnpg.io/hibernation")
        && number(cluster, "/status/readyInstances").is_some()
}

/// So many recoveries that ended without a database are no accident.
const FUTILE_TRIES: usize = 3;

/// How far a restore is that has not taken over; what serves goes on meanwhile.
fn restoring(site: &Site, desired: &Desired, observed: &[Value]) -> Option<Readiness> {
    let wish = desired.restore.filter(|wish| wish.number > site.serving)?;
    let name = restore::name(desired, wish.number);
    let cluster = of_kind(observed, "Cluster").find(|object| text(object, "/metadata/name") == Some(&name));
    let phase = cluster.and_then(|cluster| text(cluster, "/status/phase")).unwrap_or_default();
    let failed = cluster.and_then(|cluster| failed_phase(phase, cluster));
    // The engine tries a quarter of an hour before it says so itself.
    let tries = of_kind(observed, "Pod")
        .filter(|pod| text(pod, "/metadata/labels/cnpg.io~1jobRole") == Some("full-recovery"))
        .filter(|pod| is_of(pod, &name) && text(pod, "/status/phase") == Some("Failed"));
    let failed = failed.or_else(|| {
        let detail = "PostgreSQL erreicht den Zeitpunkt nicht";
        (tries.count() >= FUTILE_TRIES)
            .then(|| Readiness::new(State::Failed, MessageKey::EngineFailed).detail(detail))
    });
    Some(match failed {
        Some(failed) => {
            let detail = failed.args.get("detail").cloned().unwrap_or_default();
            Readiness::new(State::Running, MessageKey::RestoreFailed).detail(detail)
        }
        // Whoever waits learns what for; the database that serves is not concerned.
        None => match cause(desired, wish.number, observed) {
            Some(cause) => Readiness::new(State::Running, MessageKey::RestoreWaits)
                .detail(cause.message.text_de(&cause.args)),
            None => Readiness::new(State::Running, MessageKey::Restoring),
        },
    })
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

/// Whether an object of the engine is of this database.
fn is_of(object: &Value, name: &str) -> bool {
    text(object, "/metadata/labels/cnpg.io~1cluster").is_none_or(|of| of == name)
}

/// Volumes of the database that serves.
pub(super) fn volumes<'a>(site: &Site, desired: &Desired, observed: &'a [Value]) -> Vec<&'a Value> {
    let name = restore::name(desired, site.serving);
    of_kind(observed, "PersistentVolumeClaim").filter(|volume| is_of(volume, &name)).collect()
}

/// What holds up the database of this number. What holds up a second one beside that which serves says [`restoring`].
fn cause(desired: &Desired, number: u32, observed: &[Value]) -> Option<Readiness> {
    let name = restore::name(desired, number);
    let own = |object: &&Value| match text(object, "/kind") {
        Some("Event") => {
            text(object, "/involvedObject/name").is_none_or(|about| restore::is_of(desired, about, number))
        }
        _ => is_of(object, &name),
    };
    let own: Vec<Value> = observed.iter().filter(own).cloned().collect();
    known_cause(&own)
}

/// Whether every bound volume has the wanted capacity; a growth that fails shows nowhere else.
pub(super) fn grown(order: &Order, volumes: &[&Value]) -> bool {
    volumes.iter().all(|volume| {
        text(volume, "/status/capacity/storage")
            .and_then(mebibytes)
            .is_none_or(|capacity| capacity >= order.storage_gib.saturating_mul(1024))
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
