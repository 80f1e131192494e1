//! What engines and nodes make of the objects, at once and at a time that the test knows.

use crate::cluster::{Held, time};
use serde_json::{Value, json};

const BOOKING: &str = "wolkenamt.de/booking";

/// Plays until nothing moves any more.
pub(crate) fn play(held: &mut Held) {
    loop {
        let before = held.version;
        let all: Vec<(String, Value)> =
            held.objects.iter().map(|(path, it)| (path.clone(), it.clone())).collect();
        for (path, object) in &all {
            match object["kind"].as_str() {
                Some("Deployment") => deployment(held, path, object),
                Some("Cluster") => database(held, path, object),
                Some("Database") => inside(held, path, object),
                Some("VirtualMachine") => machine(held, path, object),
                Some("Service") => service(held, path, object),
                Some("PersistentVolumeClaim") => claim(held, path, object),
                _ => {}
            }
        }
        collect(held);
        if held.version == before {
            return;
        }
    }
}

/// What is owned goes with its owner.
fn collect(held: &mut Held) {
    let names: Vec<String> = held.objects.keys().cloned().collect();
    let gone = |object: &Value| {
        object["metadata"]["ownerReferences"][0]["path"]
            .as_str()
            .is_some_and(|owner| !names.iter().any(|path| path == owner))
    };
    let orphans: Vec<String> =
        held.objects.iter().filter(|(_, object)| gone(object)).map(|(path, _)| path.clone()).collect();
    for path in orphans {
        remove(held, &path);
    }
}

fn remove(held: &mut Held, path: &str) {
    if held.objects.remove(path).is_some() {
        held.version += 1;
    }
}

/// Path of an object of another kind in the same namespace.
fn beside(path: &str, root: &str, plural: &str, name: &str) -> String {
    let namespace = path.split('/').skip_while(|part| *part != "namespaces").nth(1).unwrap();
    format!("{root}/namespaces/{namespace}/{plural}/{name}")
}

fn update(held: &mut Held, path: &str, change: impl FnOnce(&mut Value)) {
    let mut object = held.objects[path].clone();
    change(&mut object);
    held.store_changed(path, object);
}

/// A running pod of this shape, made anew if there is one of another shape. Says since when it runs.
fn pod(
    held: &mut Held,
    owner: &str,
    object: &Value,
    name: &str,
    container: &str,
    resources: &Value,
) -> String {
    let path = beside(owner, "/api/v1", "pods", name);
    if let Some(known) = held.objects.get(&path)
        && known["spec"]["containers"][0]["resources"] == *resources
    {
        return known["status"]["startTime"].as_str().unwrap().to_owned();
    }
    remove(held, &path);
    let now = time(held.now);
    let mut labels = object["metadata"]["labels"].clone();
    labels["cnpg.io/cluster"] = object["metadata"]["name"].clone();
    labels["cnpg.io/podRole"] = json!("instance");
    let image = object.pointer("/spec/imageName").cloned().unwrap_or(json!("a:1"));
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": object["metadata"]["namespace"], "labels": labels,
                     "ownerReferences": [{"path": owner}]},
        "spec": {"containers": [{"name": container, "image": image, "resources": resources}]},
        "status": {
            "phase": "Running", "startTime": now, "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": container, "restartCount": 0, "state": {"running": {"startedAt": now}}}]
        }
    });
    held.store(&path, pod);
    now
}

/// Since when a condition says what it says.
fn since(object: &Value, says: &Value, now: &str) -> Value {
    if object["status"]["says"] == *says { object["status"]["since"].clone() } else { json!(now) }
}

fn deployment(held: &mut Held, path: &str, object: &Value) {
    let name = object["metadata"]["name"].as_str().unwrap();
    let runs = object["spec"]["replicas"] == 1;
    let pod_name = format!("{name}-1");
    if runs {
        let resources = &object["spec"]["template"]["spec"]["containers"][0]["resources"];
        pod(held, path, object, &pod_name, "app", resources);
    } else {
        remove(held, &beside(path, "/api/v1", "pods", &pod_name));
    }
    let since = since(object, &json!(runs), &time(held.now));
    let generation = object["metadata"]["generation"].clone();
    update(held, path, |object| {
        object["status"] = json!({
            "observedGeneration": generation, "says": runs, "since": since,
            "conditions": [{"type": "Available", "status": "True", "lastTransitionTime": since}]
        });
        if runs {
            for count in ["replicas", "updatedReplicas", "availableReplicas"] {
                object["status"][count] = json!(1);
            }
        }
    });
}

fn database(held: &mut Held, path: &str, object: &Value) {
    let name = object["metadata"]["name"].as_str().unwrap();
    let asleep = object["metadata"]["annotations"]["cnpg.io/hibernation"] == "on";
    let instance = format!("{name}-1");
    let mut labels = object["metadata"]["labels"].clone();
    labels["cnpg.io/cluster"] = json!(name);
    let meta = |name: &str, labels: &Value| {
        json!({"name": name, "namespace": object["metadata"]["namespace"], "labels": labels,
               "ownerReferences": [{"path": path}]})
    };
    let volume = beside(path, "/api/v1", "persistentvolumeclaims", &instance);
    let wanted = object["spec"]["storage"]["size"].clone();
    let claim = held.objects.get(&volume).cloned().unwrap_or_else(
        || json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta(&instance, &labels)}),
    );
    let grown = json!({"resources": {"requests": {"storage": wanted}}});
    held.store_changed(&volume, with(claim, "spec", grown));
    if asleep {
        remove(held, &beside(path, "/api/v1", "pods", &instance));
    } else {
        pod(held, path, object, &instance, "postgres", &object["spec"]["resources"]);
    }
    let since = since(object, &json!(asleep), &time(held.now));
    let mut conditions = vec![json!({"type": "Ready", "status": "True", "lastTransitionTime": since})];
    if asleep {
        conditions
            .push(json!({"type": "cnpg.io/hibernation", "status": "True", "lastTransitionTime": since}));
    }
    let status = json!({
        "says": asleep, "since": since, "phase": "Cluster in healthy state", "readyInstances": i32::from(!asleep),
        "currentPrimary": instance, "conditions": conditions
    });
    update(held, path, |object| object["status"] = status);
}

/// What shall be inside of a database is there at once.
fn inside(held: &mut Held, path: &str, object: &Value) {
    let status = json!({"observedGeneration": object["metadata"]["generation"], "applied": true});
    update(held, path, |object| object["status"] = status);
}

fn with(mut object: Value, member: &str, value: Value) -> Value {
    object[member] = value;
    object
}

fn machine(held: &mut Held, path: &str, object: &Value) {
    let name = object["metadata"]["name"].as_str().unwrap();
    let runs = object["spec"]["runStrategy"] == "Always";
    let instance = beside(path, "/apis/kubevirt.io/v1", "virtualmachineinstances", name);
    let launcher = format!("virt-launcher-{name}");
    if runs {
        let domain = &object["spec"]["template"]["spec"]["domain"];
        let at = pod(held, path, object, &launcher, "compute", &json!({}));
        let status = json!({
            "phase": "Running", "currentCPUTopology": domain["cpu"], "memory": {"guestCurrent": domain["memory"]["guest"]},
            "phaseTransitionTimestamps": [{"phase": "Running", "phaseTransitionTimestamp": at}],
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at}]
        });
        let made = json!({
            "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
            "metadata": {"name": name, "namespace": object["metadata"]["namespace"],
                         "labels": object["metadata"]["labels"], "ownerReferences": [{"path": path}]}
        });
        // Sizes are those of the start: another plan counts after the next one.
        if !held.objects.contains_key(&instance) {
            held.store(&instance, with(made, "status", status));
        }
    } else {
        remove(held, &beside(path, "/api/v1", "pods", &launcher));
        remove(held, &instance);
    }
    let since = since(object, &json!(runs), &time(held.now));
    let strategy = object["spec"]["runStrategy"].clone();
    let word = if runs { "Running" } else { "Stopped" };
    update(held, path, |object| {
        object["status"] = json!({
            "says": runs, "since": since, "runStrategy": strategy, "printableStatus": word, "created": runs, "ready": runs,
            "conditions": [{"type": "Ready", "status": if runs { "True" } else { "False" }, "lastTransitionTime": since}]
        });
    });
}

fn service(held: &mut Held, path: &str, object: &Value) {
    if object["spec"]["type"] == "LoadBalancer" {
        update(held, path, |object| {
            object["status"] = json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}});
        });
    }
}

/// A volume is bound at once, and grows at once.
fn claim(held: &mut Held, path: &str, object: &Value) {
    let size = object["spec"]["resources"]["requests"]["storage"].clone();
    if object["status"]["capacity"]["storage"] == size || object["metadata"]["labels"][BOOKING].is_null() {
        return;
    }
    let now = time(held.now);
    update(held, path, |object| {
        object["status"] = json!({"phase": "Bound", "capacity": {"storage": size}});
        object["metadata"]["managedFields"] =
            json!([{"manager": "nodes", "subresource": "status", "time": now}]);
    });
}
