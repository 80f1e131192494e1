//! What engine, nodes and brokers make of the objects until the next pass, at once and as the story wants it.

use super::Play;
use contract::kinds::namespace;
use contract::kinds::readiness::text;
use contract::kinds::shared_service::Service;
use contract::kinds::shared_service::next::{Step, Word, next};
use contract::kinds::shared_service::state::{Action, Ill, Operation, SEEN, Standing, Trouble};
use contract::{Desired, Kind, Power, Wanted};
use controller::crd::Booking;
use jiff::Timestamp;
use serde_json::{Value, json};
/// Server-side apply as far as it matters here: an object that exists keeps its status.
pub(super) fn apply(objects: &mut Vec<Value>, manifests: &[Value]) {
    for manifest in manifests {
        let same = |object: &&mut Value| {
            text(object, "/kind") == text(manifest, "/kind")
                && text(object, "/metadata/name") == text(manifest, "/metadata/name")
        };
        match objects.iter_mut().find(same) {
            Some(known) => {
                known["spec"] = manifest["spec"].clone();
                for part in ["annotations", "labels"] {
                    known["metadata"][part] = manifest["metadata"][part].clone();
                }
            }
            None => objects.push(manifest.clone()),
        }
    }
}

/// What engine and nodes make of the objects until the next pass.
pub(super) fn nodes(how: Play, desired: &Desired, objects: &mut Vec<Value>, at: Timestamp) {
    // Only what an operator would list again counts as observed.
    objects.retain(|object| {
        !matches!(text(object, "/kind"), Some("Namespace" | "ResourceQuota" | "LimitRange" | "RoleBinding"))
    });
    objects.retain(|object| {
        text(object, "/metadata/name") != Some("cnpg")
            && text(object, "/metadata/labels/wolkenamt.de~1booking").is_some()
            || owned(object)
    });
    let engine = match desired.kind {
        Kind::Postgresql => "Cluster",
        Kind::Application => "Deployment",
        Kind::VirtualMachine => "VirtualMachine",
        Kind::SharedService => SEEN,
        Kind::Manual => unreachable!("no operator is told about it"),
    };
    if !objects.iter().any(|object| text(object, "/kind") == Some(engine)) {
        // The engine is gone, and with it what it made.
        objects.retain(|object| !owned(object));
        return;
    }
    if how == Play::Idle {
        return;
    }
    objects.retain(|object| !owned(object));
    objects.extend(made(how, desired, at));
    if desired.power == Power::Off {
        objects.retain(|object| !matches!(text(object, "/kind"), Some("Pod" | "VirtualMachineInstance")));
    }
    if desired.kind == Kind::VirtualMachine {
        fill_disk(objects);
    }
    let name = desired.kind.object_name(desired.booking);
    for object in
        objects.iter_mut().filter(|object| text(object, "/kind") == Some(engine) && how == Play::Ready)
    {
        let slept = text(object, "/status/currentPrimary") == Some(ASLEEP);
        let same = slept == (desired.power == Power::Off);
        let since =
            text(object, "/status/since").filter(|_| same).map_or_else(|| at.to_string(), str::to_owned);
        object["metadata"]["generation"] = json!(1);
        if desired.power == Power::Off {
            object["status"] = asleep(&since);
            continue;
        }
        object["status"] = json!({
            "since": since, "phase": "Cluster in healthy state", "readyInstances": 1, "currentPrimary": format!("{name}-1"),
            "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1,
            "conditions": [
                {"type": "Ready", "status": "True", "lastTransitionTime": since},
                {"type": "Available", "status": "True", "lastTransitionTime": since},
                {"type": "ContinuousArchiving", "status": "True", "lastTransitionTime": since},
            ],
        });
    }
    for object in objects.iter_mut().filter(|object| text(object, "/kind") == Some("Service")) {
        object["status"] = json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}});
    }
}

/// What the engine says about the inside of a database, and its plug-in about the backups.
pub(super) fn inside(refused: Option<&str>, objects: &mut [Value], at: Timestamp) {
    let clusters = objects.iter().filter(|object| text(object, "/kind") == Some("Cluster"));
    let names: Vec<String> =
        clusters.filter_map(|it| text(it, "/metadata/name").map(str::to_owned)).collect();
    for object in objects.iter_mut().filter(|object| text(object, "/kind") == Some("ObjectStore")) {
        for name in &names {
            let windows = &mut object["status"]["serverRecoveryWindow"];
            if windows.get(name).is_none() {
                let at = at.to_string();
                windows[name] = json!({"firstRecoverabilityPoint": at, "lastSuccessfulBackupTime": at});
            }
        }
    }
    for object in objects.iter_mut().filter(|object| text(object, "/kind") == Some("Database")) {
        object["metadata"]["generation"] = json!(1);
        object["status"] = match refused {
            None => json!({"applied": true, "observedGeneration": 1}),
            Some(words) => json!({"applied": false, "observedGeneration": 1, "message": words}),
        };
    }
}

/// What the engine says about a database that cannot be made from its archive.
pub(super) fn fail_restores(objects: &mut [Value]) {
    let restored = |object: &&mut Value| {
        text(object, "/kind") == Some("Cluster") && object.pointer("/spec/bootstrap/recovery").is_some()
    };
    for object in objects.iter_mut().filter(restored) {
        object["status"] = json!({
            "phase": "Cluster is unrecoverable and needs manual intervention",
            "phaseReason": "recovery ended before configured recovery target was reached",
        });
    }
}

/// The word of the provider's people that this pass hears, with the note that the operator's own rules make of it.
pub(super) fn hear(booking: &mut Booking, at: Timestamp) -> Option<Word> {
    let desired = &booking.spec.desired;
    let status = booking.status.as_mut()?;
    let word = controller::service::hear(status, desired, at)?;
    let wish = controller::service::wish(desired)?;
    let Step::Note(noted) = next(&wish, &status.service.clone().unwrap_or_default(), Some(word), at) else {
        unreachable!("a word that helps is a note");
    };
    status.service = Some(*noted);
    Some(word)
}

/// What a service broker answers until the next pass. Its own dialogue is tested beside the operator.
pub(super) fn broker(
    how: Play,
    (refuses, ill): (Option<&str>, Option<Ill>),
    booking: &mut Booking,
    at: Timestamp,
) {
    let desired = &booking.spec.desired;
    if desired.kind != Kind::SharedService {
        return;
    }
    let status = booking.status.get_or_insert_default();
    let before = status.service.take().unwrap_or_default();
    let wished = controller::service::wish(desired).map(|wish| wish.attributes);
    let made = before.instance == Standing::Present;
    let refused =
        refuses.filter(|_| made && (desired.wanted == Wanted::Absent || before.attributes != wished));
    if let Some(said) = refused {
        status.service = Some(match desired.wanted {
            Wanted::Absent => Service { operation: Some(in_vain(Action::Deprovision, said, at)), ..before },
            Wanted::Present => {
                let detail = said.to_owned();
                let trouble = Trouble { ill: Ill::ChangeRefused, detail, again: None, about: wished };
                Service { trouble: Some(trouble), ..before }
            }
        });
        return;
    }
    let deleting = |operation: &Operation| operation.action == Action::Deprovision;
    if desired.wanted == Wanted::Present && before.operation.as_ref().is_some_and(deleting) {
        let said = Some("HTTP 410".to_owned());
        status.service = Some(Service { operation: None, instance: Standing::Absent, ended: said, ..before });
        return;
    }
    if desired.wanted == Wanted::Present && !made && before.trouble.is_some() {
        // Until somebody says something, or another wish does.
        status.service = Some(before);
        return;
    }
    if let Some(ill) = ill.filter(|_| desired.wanted == Wanted::Present && !made) {
        let trouble = Trouble { ill, detail: "HTTP 500".to_owned(), again: None, about: wished.clone() };
        let unclear = ill == Ill::Orphan;
        status.service = Some(Service {
            broker: "efa".to_owned(),
            instance: if unclear { Standing::Unclear } else { Standing::Absent },
            attributes: wished,
            trouble: Some(trouble),
            ..Service::default()
        });
        return;
    }
    status.service = Some(match (desired.wanted, how) {
        (_, Play::Idle) => before,
        (Wanted::Absent, _) if before.binding == Standing::Present => {
            Service { binding: Standing::Absent, ..before }
        }
        (Wanted::Absent, _) => {
            Service { broker: before.broker, ended: Some("HTTP 200".to_owned()), ..Service::default() }
        }
        (Wanted::Present, _) => Service {
            broker: "efa".to_owned(),
            instance: Standing::Present,
            binding: Standing::Present,
            secret: true,
            since: Some(before.since.unwrap_or(at)),
            attributes: wished,
            dashboard_url: Some("https://aufenthalt.example/mittelfeld".to_owned()),
            ..Service::default()
        },
    });
}

/// A call that the broker answered with these words as often as it takes until people are told.
fn in_vain(action: Action, said: &str, at: Timestamp) -> Operation {
    Operation {
        action,
        attributes: None,
        number: None,
        accepted: false,
        fetch: false,
        token: None,
        started: at,
        deadline: None,
        next: at,
        tries: 3,
        unclear: false,
        said: Some(said.to_owned()),
    }
}

/// Marks what was stopped, so that the next pass knows since when.
const ASLEEP: &str = "asleep";

/// A hibernated database says that it is healthy all the same; a Deployment without replicas counts nothing.
fn asleep(since: &str) -> Value {
    json!({
        "since": since, "phase": "Cluster in healthy state", "currentPrimary": ASLEEP, "observedGeneration": 1,
        "conditions": [
            {"type": "Ready", "status": "True", "lastTransitionTime": since},
            {"type": "cnpg.io/hibernation", "status": "True", "lastTransitionTime": since},
        ],
    })
}

fn owned(object: &Value) -> bool {
    object.pointer("/metadata/ownerReferences").is_some()
}

/// Pod, volume and Service that the engine makes.
fn made(how: Play, desired: &Desired, at: Timestamp) -> Vec<Value> {
    let name = desired.kind.object_name(desired.booking);
    let meta = |name: &str| {
        json!({
            "name": name, "namespace": namespace::name(desired),
            "labels": {"wolkenamt.de/booking": desired.booking.to_string(), "cnpg.io/podRole": "instance"},
            "ownerReferences": [{"kind": "Cluster"}],
            "creationTimestamp": at.to_string(),
        })
    };
    let container = match desired.kind {
        Kind::Postgresql => "postgres",
        Kind::Application => "app",
        Kind::VirtualMachine => "compute",
        Kind::SharedService => "none",
        Kind::Manual => unreachable!("no operator is told about it"),
    };
    let (cpu, memory) = (desired.plan["vcpu_milli"].clone(), desired.plan["memory_mib"].clone());
    let mut size = desired
        .order
        .get("storage_gib")
        .or_else(|| desired.plan.get("storage_gib"))
        .and_then(Value::as_i64)
        .unwrap_or(1);
    let further = desired.plan["volumes"].as_array().into_iter().flatten();
    size += further.filter_map(|volume| volume["storage_gib"].as_i64()).sum::<i64>();
    let started = at.to_string();
    let status = match how {
        Play::Ready => json!({
            "phase": "Running", "startTime": started, "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": container, "restartCount": 0, "state": {"running": {"startedAt": started}}}],
        }),
        Play::NoRoom | Play::Idle => json!({
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                "message": "0/1 nodes are available: 1 Insufficient memory."}],
        }),
    };
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": meta(&format!("{name}-1")),
        "spec": {"containers": [{"name": container, "image": "localhost/postgresql:15",
            "resources": {"requests": {"cpu": format!("{cpu}m"), "memory": format!("{memory}Mi")}}}]},
        "status": status,
    });
    if desired.kind == Kind::VirtualMachine {
        return vec![pod, instance(how, desired, meta(&name), at)];
    }
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta(&format!("{name}-1")),
        "status": {"phase": "Bound", "capacity": {"storage": format!("{size}Gi")}},
    });
    vec![pod, volume]
}

/// What KubeVirt makes of a machine that shall run.
fn instance(how: Play, desired: &Desired, meta: Value, at: Timestamp) -> Value {
    let at = at.to_string();
    let sockets = desired.plan["vcpu_milli"].as_i64().unwrap() / 1000;
    let status = match how {
        Play::Ready => json!({
            "phase": "Running", "currentCPUTopology": {"sockets": sockets, "cores": 1, "threads": 1},
            "memory": {"guestCurrent": format!("{}Mi", desired.plan["memory_mib"])},
            "phaseTransitionTimestamps": [{"phase": "Running", "phaseTransitionTimestamp": at}],
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at}],
        }),
        Play::NoRoom | Play::Idle => json!({
            "phase": "Scheduling",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                "message": "0/1 nodes are available: 1 Insufficient memory."}],
        }),
    };
    json!({"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "metadata": meta, "status": status})
}

/// Binds the claims of a machine once their disk is filled from its image, which here takes no time.
fn fill_disk(objects: &mut [Value]) {
    let from: Vec<Value> = objects
        .iter()
        .filter(|object| text(object, "/kind") == Some("VolumeImportSource"))
        .map(|source| source["metadata"]["name"].clone())
        .collect();
    let claims = objects.iter_mut().filter(|object| text(object, "/kind") == Some("PersistentVolumeClaim"));
    for claim in claims.filter(|claim| from.contains(&claim["spec"]["dataSourceRef"]["name"])) {
        let size = claim["spec"]["resources"]["requests"]["storage"].clone();
        claim["status"] = json!({"phase": "Bound", "capacity": {"storage": size}});
    }
}
