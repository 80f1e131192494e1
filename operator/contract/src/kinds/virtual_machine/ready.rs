//! One honest state of a KubeVirt `VirtualMachine`.
//!
//! "Running" of the engine only says that the emulator runs; the instance's readiness follows port 22 of the guest. A
//! machine that nobody has looked at yet reads as stopped, copies of old conditions stay on a stopped one, and observed
//! generations do not converge, so the instance and its effects are read, and of the machine only what is named here.

use super::{Order, Plan, manifests, name};
use crate::kinds::context::Site;
use crate::kinds::quantity::mebibytes;
use crate::kinds::readiness::{Allocated, Readiness, State, condition, number, of_kind, text, time};
use crate::kinds::workload::{address, known_cause, volume_size};
use crate::{Desired, Endpoint, ExposureClass, MessageKey, Meter, Power};
use jiff::Timestamp;
use serde_json::Value;

/// What was found of one machine.
struct Seen<'a> {
    machine: Option<&'a Value>,
    instance: Option<&'a Value>,
    pods: Vec<&'a Value>,
    disk: Option<&'a Value>,
}

pub(super) fn readiness(
    site: &Site,
    desired: &Desired,
    plan: &Plan,
    order: &Order,
    observed: &[Value],
) -> Readiness {
    let name = name(desired);
    let named = |kind: &'static str, wanted: &str| {
        of_kind(observed, kind).find(|object| text(object, "/metadata/name") == Some(wanted))
    };
    let seen = Seen {
        machine: named("VirtualMachine", &name),
        instance: named("VirtualMachineInstance", &name),
        pods: of_kind(observed, "Pod").filter(|pod| !ended(pod)).collect(),
        disk: named("PersistentVolumeClaim", &manifests::disk_name(desired)),
    };
    let mut readiness = state(desired, plan, order, observed, &seen);
    readiness.allocated = sizes(seen.instance);
    let disks: Vec<&Value> = seen.disk.into_iter().collect();
    readiness.allocated.push(volume_size(&disks));
    readiness.endpoints = endpoint(site, desired, order, observed).into_iter().collect();
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

fn state(desired: &Desired, plan: &Plan, order: &Order, observed: &[Value], seen: &Seen<'_>) -> Readiness {
    let Some(machine) = seen.machine else {
        return Readiness::new(State::Starting, MessageKey::Applying);
    };
    if desired.power == Power::Off {
        return stopping(machine, seen);
    }
    if let Some(instance) = seen.instance.filter(|instance| serves(instance)) {
        // A running machine takes another size only where it can move to another node; elsewhere nothing says that it waits.
        // Neither that nor a growing disk interrupts it.
        let key = if running_sizes(instance) != (plan.vcpu_milli, plan.memory_mib) {
            MessageKey::RestartNeeded
        } else if grown(order, observed) {
            MessageKey::Ready
        } else {
            MessageKey::Growing
        };
        let mut running = Readiness::new(State::Running, key);
        running.since = condition(instance, "Ready").and_then(|ready| time(ready, "/lastTransitionTime"));
        return running;
    }
    if let Some(cause) = cause(machine, observed, seen) {
        return cause;
    }
    Readiness::new(
        State::Starting,
        if !bound(seen) {
            MessageKey::StartingVolume
        } else if seen.instance.is_some_and(runs) {
            MessageKey::StartingMachine
        } else {
            MessageKey::Starting
        },
    )
}

/// The strategy that the engine acted on must be the wanted one: before, it may be about to start the machine.
fn stopping(machine: &Value, seen: &Seen<'_>) -> Readiness {
    let heard = text(machine, "/spec/runStrategy") == Some("Halted")
        && text(machine, "/status/runStrategy").is_none_or(|acted_on| acted_on == "Halted");
    if seen.instance.is_some() || !seen.pods.is_empty() || !heard {
        return Readiness::new(State::Stopping, MessageKey::Stopping);
    }
    Readiness::new(State::Stopped, MessageKey::Stopped)
}

fn serves(instance: &Value) -> bool {
    runs(instance)
        && instance.pointer("/metadata/deletionTimestamp").is_none()
        && condition(instance, "Ready").is_some_and(|ready| text(ready, "/status") == Some("True"))
}

fn runs(instance: &Value) -> bool {
    text(instance, "/status/phase") == Some("Running")
}

fn ended(pod: &Value) -> bool {
    matches!(text(pod, "/status/phase"), Some("Succeeded" | "Failed"))
}

fn bound(seen: &Seen<'_>) -> bool {
    seen.disk.is_some_and(|disk| text(disk, "/status/phase") == Some("Bound"))
}

/// Why it will not come by itself. What only waits for its disk also counts as unschedulable, and says so nowhere.
fn cause(machine: &Value, observed: &[Value], seen: &Seen<'_>) -> Option<Readiness> {
    if !bound(seen)
        && let Some(event) =
            of_kind(observed, "Event").find(|event| text(event, "/reason") == Some("ErrImportFailed"))
    {
        let note = text(event, "/message").or_else(|| text(event, "/note")).unwrap_or_default();
        return Some(Readiness::new(State::Failed, MessageKey::ImageMissing).detail(note));
    }
    if let Some(failure) =
        condition(machine, "Failure").filter(|found| text(found, "/status") == Some("True"))
    {
        return Some(refused(text(failure, "/message").unwrap_or_default()));
    }
    if let Some(synchronized) = seen.instance.and_then(|instance| condition(instance, "Synchronized"))
        && text(synchronized, "/status") == Some("False")
    {
        let note = text(synchronized, "/message").unwrap_or_default();
        match text(synchronized, "/reason") {
            Some("ErrImagePull" | "ImagePullBackOff") => {
                return Some(Readiness::new(State::Failed, MessageKey::ImageMissing).detail(note));
            }
            // The claim is written before the machine; the engine has not heard of it yet.
            Some("FailedPvcNotFound") => {}
            _ => return Some(refused(note)),
        }
    }
    if let Some(paused) = seen.instance.and_then(|instance| condition(instance, "Paused"))
        && text(paused, "/status") == Some("True")
        && text(paused, "/reason") == Some("PausedIOError")
    {
        let note = text(paused, "/message").unwrap_or_default();
        return Some(Readiness::new(State::Failed, MessageKey::VolumeFailed).detail(note));
    }
    let scheduled = seen.instance.and_then(|instance| condition(instance, "PodScheduled"));
    if bound(seen)
        && let Some(scheduled) = scheduled.filter(|found| text(found, "/reason") == Some("Unschedulable"))
        && !text(scheduled, "/message").unwrap_or_default().contains("unbound immediate")
    {
        let note = text(scheduled, "/message").unwrap_or_default();
        return Some(Readiness::new(State::Failed, MessageKey::NoRoom).detail(note));
    }
    if number(machine, "/status/startFailure/consecutiveFailCount").unwrap_or(0) > 0 {
        let note = text(machine, "/status/printableStatus").unwrap_or_default();
        return Some(Readiness::new(State::Failed, MessageKey::Crashing).detail(note));
    }
    known_cause(observed)
}

/// A refusal of the cluster that the engine passes on.
fn refused(note: &str) -> Readiness {
    let key =
        if note.contains("exceeded quota") { MessageKey::QuotaExceeded } else { MessageKey::ApplyRefused };
    let mut readiness = Readiness::new(State::Failed, key).detail(note);
    readiness.args.insert("object".to_owned(), "VirtualMachine".to_owned());
    readiness
}

/// Processors in thousandths and memory in MiB that the guest has now.
fn running_sizes(instance: &Value) -> (i64, i64) {
    let topology = instance
        .pointer("/status/currentCPUTopology")
        .or_else(|| instance.pointer("/spec/domain/cpu"))
        .unwrap_or(&Value::Null);
    let each = |name: &str| number(topology, name).unwrap_or(1);
    let processors = each("/sockets") * each("/cores") * each("/threads");
    let memory = text(instance, "/status/memory/guestCurrent")
        .or_else(|| text(instance, "/spec/domain/memory/guest"))
        .and_then(mebibytes)
        .unwrap_or(0);
    (processors * 1000, memory)
}

/// Sizes that are held from the first moment of the emulator to its end. With the instance its times disappear; then the
/// time of the observation counts.
fn sizes(instance: Option<&Value>) -> Vec<Allocated> {
    let running = instance.filter(|instance| runs(instance));
    let (vcpu, memory) = running.map_or((0, 0), running_sizes);
    let since = match instance {
        Some(instance) if runs(instance) => entered(instance, &["Running"]),
        Some(instance) => entered(instance, &["Succeeded", "Failed"]),
        None => None,
    };
    let one = |meter, amount| Allocated { meter, amount, since };
    vec![
        one(Meter::Vcpu, vcpu),
        one(Meter::Memory, memory),
        one(Meter::Instance, i64::from(running.is_some())),
    ]
}

/// When an instance entered the last of these phases.
fn entered(instance: &Value, phases: &[&str]) -> Option<Timestamp> {
    instance
        .pointer("/status/phaseTransitionTimestamps")
        .and_then(Value::as_array)?
        .iter()
        .filter(|entry| text(entry, "/phase").is_some_and(|phase| phases.contains(&phase)))
        .filter_map(|entry| time(entry, "/phaseTransitionTimestamp"))
        .max()
}

/// Whether the disk has the wanted capacity; a growth that fails shows nowhere else.
pub(super) fn grown(order: &Order, observed: &[Value]) -> bool {
    of_kind(observed, "PersistentVolumeClaim").all(|volume| {
        text(volume, "/status/capacity/storage")
            .and_then(mebibytes)
            .is_none_or(|capacity| capacity >= order.storage_gib.saturating_mul(1024))
    })
}

fn endpoint(site: &Site, desired: &Desired, order: &Order, observed: &[Value]) -> Option<Endpoint> {
    if desired.exposure.class == ExposureClass::Cluster {
        return None;
    }
    let service = manifests::access_service(desired);
    let address = of_kind(observed, "Service")
        .find(|object| text(object, "/metadata/name") == Some(&service))
        .and_then(address)?
        .to_owned();
    let host = manifests::host(site, desired, order).unwrap_or_else(|| address.clone());
    Some(Endpoint { name: "ssh".to_owned(), host, port: 22, address: Some(address), url: None })
}
