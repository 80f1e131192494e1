//! Plays the engines with as few writes as they can have: a pod for what shall run (kwok plays the node under it), a bound
//! volume, a status that says so. It is no measure for the real engines; it only must not be what is waited for.

use controller::cluster::{Cluster, ClusterError, object, path_of};
use futures::StreamExt;
use kube::api::{Api, ApiResource, DynamicObject};
use kube::runtime::{WatchStreamExt, watcher};
use serde_json::{Value, json};
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Nodes that kwok plays.
pub(crate) const NODES: usize = 10;
/// Writes under way at the same time.
const CONCURRENCY: usize = 6;

/// Watches one kind and plays what its engine would do, for ever.
pub(crate) async fn play(cluster: Cluster, resource: ApiResource, room: Arc<Semaphore>) {
    let api = Api::<DynamicObject>::all_with(cluster.client(), &resource);
    let config = watcher::Config::default().labels("wolkenamt.de/booking");
    let mut events = pin!(watcher(api, config).default_backoff().applied_objects());
    while let Some(event) = events.next().await {
        let Ok(found) = event else { continue };
        let mut found = serde_json::to_value(found).unwrap();
        found["apiVersion"] = json!(resource.api_version);
        found["kind"] = json!(resource.kind);
        let room = room.clone().acquire_owned().await.unwrap();
        let cluster = cluster.clone();
        tokio::spawn(async move {
            if let Err(error) = act(&cluster, &found).await {
                eprintln!("player: {} {}: {error}", found["kind"], found["metadata"]["name"]);
            }
            drop(room);
        });
    }
}

/// Everything that is played.
pub(crate) fn start(cluster: &Cluster) {
    let room = Arc::new(Semaphore::new(CONCURRENCY));
    let resources = [
        ("", "PersistentVolumeClaim", "persistentvolumeclaims"),
        ("apps", "Deployment", "deployments"),
        ("networking.k8s.io", "Ingress", "ingresses"),
        ("postgresql.cnpg.io", "Cluster", "clusters"),
        ("kubevirt.io", "VirtualMachine", "virtualmachines"),
    ];
    for (group, kind, plural) in resources {
        let resource = ApiResource {
            group: group.to_owned(),
            version: "v1".to_owned(),
            api_version: if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") },
            kind: kind.to_owned(),
            plural: plural.to_owned(),
        };
        tokio::spawn(play(cluster.clone(), resource, room.clone()));
    }
}

async fn act(cluster: &Cluster, found: &Value) -> Result<(), ClusterError> {
    let now = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap().to_string();
    match found["kind"].as_str().unwrap() {
        "PersistentVolumeClaim" if found["status"]["phase"] != "Bound" => {
            let capacity = found["spec"]["resources"]["requests"].clone();
            status(cluster, found, json!({"phase": "Bound", "capacity": capacity})).await
        }
        "Ingress" if found["status"]["loadBalancer"]["ingress"].is_null() => {
            status(cluster, found, json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}})).await
        }
        "Deployment" if found["status"]["observedGeneration"] != found["metadata"]["generation"] => {
            deployment(cluster, found, &now).await
        }
        "Cluster" if found["status"]["played"] != found["metadata"]["generation"] => {
            database(cluster, found, &now).await
        }
        "VirtualMachine" if found["status"]["played"] != found["metadata"]["generation"] => {
            machine(cluster, found, &now).await
        }
        _ => Ok(()),
    }
}

async fn status(cluster: &Cluster, found: &Value, status: Value) -> Result<(), ClusterError> {
    let path = format!(
        "{}/status",
        path(found, found["apiVersion"].as_str().unwrap(), found["kind"].as_str().unwrap(), name(found))?
    );
    match cluster.merge(&path, &json!({"status": status})).await {
        Ok(_) | Err(ClusterError::Status { code: 404 | 409, .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn name(found: &Value) -> &str {
    found["metadata"]["name"].as_str().unwrap()
}

fn path(found: &Value, api_version: &str, kind: &str, name: &str) -> Result<String, ClusterError> {
    object(api_version, kind, found["metadata"]["namespace"].as_str(), name)
}

/// Creates what is not there; a quota that is not counted yet, or does not know yet what was booked, is waited for.
async fn create(cluster: &Cluster, manifest: &Value) -> Result<(), ClusterError> {
    loop {
        match cluster.create(manifest).await {
            Ok(_) => return Ok(()),
            Err(error) if error.already_exists() => return Ok(()),
            // Its quota is in use by another one.
            Err(ClusterError::Status { code: 409, .. }) => {}
            Err(ClusterError::Status { code: 403, message, .. })
                if message.contains("status unknown")
                    || message.contains("serviceaccount")
                    || message.contains("exceeded quota") =>
            {
                // A full quota is told before that the object is there.
                if cluster.get(&path_of(manifest)?).await?.is_some() {
                    return Ok(());
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// A pod with this specification, on one of the played nodes.
fn pod(found: &Value, pod_name: &str, labels: Value, mut spec: Value) -> Value {
    let digits = name(found).rsplit('-').next().unwrap();
    let number = usize::from_str_radix(digits, 16).unwrap_or(0);
    spec["nodeName"] = json!(format!("bench-{}", number % NODES));
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": pod_name, "namespace": found["metadata"]["namespace"], "labels": labels},
        "spec": spec
    })
}

async fn deployment(cluster: &Cluster, found: &Value, now: &str) -> Result<(), ClusterError> {
    let pod_name = format!("{}-1", name(found));
    let runs = found["spec"]["replicas"] == 1;
    if runs {
        let template = &found["spec"]["template"];
        let labels = template["metadata"]["labels"].clone();
        create(cluster, &pod(found, &pod_name, labels, template["spec"].clone())).await?;
    } else {
        end(cluster, found, &pod_name).await?;
    }
    let count = i32::from(runs);
    let condition =
        json!({"type": "Available", "status": "True", "lastTransitionTime": now, "lastUpdateTime": now});
    let said = json!({
        "observedGeneration": found["metadata"]["generation"], "replicas": count, "updatedReplicas": count,
        "readyReplicas": count, "availableReplicas": count, "conditions": [condition]
    });
    status(cluster, found, said).await
}

/// At once: kwok needs no time to stop what does not run.
async fn end(cluster: &Cluster, found: &Value, pod_name: &str) -> Result<(), ClusterError> {
    let path = path(found, "v1", "Pod", pod_name)?;
    cluster.delete(&format!("{path}?gracePeriodSeconds=0"), None).await
}

async fn database(cluster: &Cluster, found: &Value, now: &str) -> Result<(), ClusterError> {
    let instance = format!("{}-1", name(found));
    let mut labels = found["metadata"]["labels"].clone();
    labels["cnpg.io/cluster"] = json!(name(found));
    labels["cnpg.io/podRole"] = json!("instance");
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": instance, "namespace": found["metadata"]["namespace"], "labels": labels},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": found["spec"]["storage"]["size"]}}}
    });
    create(cluster, &claim).await?;
    let spec = json!({
        "automountServiceAccountToken": false,
        "securityContext": {"runAsNonRoot": true, "runAsUser": 26, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{
            "name": "postgres", "image": found["spec"]["imageName"], "resources": found["spec"]["resources"],
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}
        }]
    });
    create(cluster, &pod(found, &instance, labels, spec)).await?;
    let said = json!({
        "played": found["metadata"]["generation"], "phase": "Cluster in healthy state", "readyInstances": 1,
        "currentPrimary": instance, "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": now,
                                                  "reason": "ClusterIsReady", "message": "ready"}]
    });
    status(cluster, found, said).await
}

async fn machine(cluster: &Cluster, found: &Value, now: &str) -> Result<(), ClusterError> {
    let domain = &found["spec"]["template"]["spec"]["domain"];
    let labels = found["metadata"]["labels"].clone();
    let launcher = format!("virt-launcher-{}", name(found));
    let spec = json!({
        "automountServiceAccountToken": false,
        "containers": [{"name": "compute", "image": "localhost/wolkenamt/virt-launcher:1",
                        "resources": {"requests": {"cpu": "100m", "memory": domain["memory"]["guest"]}}}]
    });
    create(cluster, &pod(found, &launcher, labels.clone(), spec)).await?;
    let ready = json!([{"type": "Ready", "status": "True", "lastTransitionTime": now}]);
    let instance = json!({
        "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
        "metadata": {"name": name(found), "namespace": found["metadata"]["namespace"], "labels": labels},
        "spec": {"domain": {"devices": {}}},
        "status": {
            "phase": "Running", "currentCPUTopology": domain["cpu"], "memory": {"guestCurrent": domain["memory"]["guest"]},
            "phaseTransitionTimestamps": [{"phase": "Running", "phaseTransitionTimestamp": now}], "conditions": ready
        }
    });
    create(cluster, &instance).await?;
    let said = json!({
        "played": found["metadata"]["generation"], "runStrategy": found["spec"]["runStrategy"],
        "printableStatus": "Running", "created": true, "ready": true, "conditions": ready
    });
    status(cluster, found, said).await
}
