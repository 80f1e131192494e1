//! The level `restricted` of Kubernetes' Pod Security Standards, for every pod that a manifest describes, and what no manifest
//! may contain whoever makes the pod. Source: kubernetes.io, "Pod Security Standards".

use serde_json::Value;

/// Members that give a pod, a machine or a Service something of the node, of the cluster or of another namespace.
const FORBIDDEN: &[&str] = &[
    "hostPath",
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "hostUsers",
    "hostPort",
    "hostAliases",
    "hostDisk",
    "hostDevices",
    "gpus",
    "privileged",
    "procMount",
    "sysctls",
    "volumeDevices",
    "ephemeralContainers",
    "serviceAccount",
    "serviceAccountName",
    "serviceAccountToken",
    "serviceAccountTemplate",
    "projected",
    "projectedVolumeTemplate",
    "csi",
    "flexVolume",
    "externalIPs",
    "externalName",
    "superuserSecret",
    "multus",
    "runtimeClassName",
    "priorityClassName",
    "nodeName",
    "nodeSelector",
    "tolerations",
    "schedulerName",
];
/// Kinds of volumes that `restricted` allows and the operator needs.
const VOLUMES: &[&str] = &["emptyDir", "persistentVolumeClaim", "cloudInitNoCloud"];

/// Looks at everything below a manifest.
pub(crate) fn look(value: &Value, path: &str, wrong: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let path = format!("{path}/{key}");
                if FORBIDDEN.contains(&key.as_str()) {
                    wrong.push(format!("{path}: nothing of a booking may have that"));
                }
                if key == "volumes" {
                    volumes(inner, &path, wrong);
                }
                look(inner, &path, wrong);
            }
            if map.contains_key("containers") {
                pod(value, path, wrong);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| look(item, &format!("{path}/{at}"), wrong));
        }
        Value::Null => wrong.push(format!("{path} is null: an apply would claim the field")),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn volumes(list: &Value, path: &str, wrong: &mut Vec<String>) {
    for volume in list.as_array().into_iter().flatten() {
        let sources = volume.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        for source in sources.filter(|source| *source != "name" && !VOLUMES.contains(source)) {
            wrong.push(format!("{path}: a volume of the kind {source}"));
        }
    }
}

fn pod(spec: &Value, path: &str, wrong: &mut Vec<String>) {
    let mut must = |fits: bool, what: &str| {
        if !fits {
            wrong.push(format!("{path}: {what}"));
        }
    };
    let context = &spec["securityContext"];
    must(spec["automountServiceAccountToken"] == false, "a service account token is mounted");
    must(spec["enableServiceLinks"] == false, "it is told about the Services of its namespace");
    must(context["runAsNonRoot"] == true, "restricted: runAsNonRoot");
    must(context["runAsUser"].as_i64().is_some_and(|user| user > 0), "restricted: runs as root");
    must(context["seccompProfile"]["type"] == "RuntimeDefault", "restricted: seccompProfile");
    let lists =
        ["containers", "initContainers"].map(|list| spec[list].as_array().cloned().unwrap_or_default());
    for container in lists.iter().flatten() {
        let own = &container["securityContext"];
        must(own["allowPrivilegeEscalation"] == false, "restricted: allowPrivilegeEscalation");
        must(own["capabilities"]["drop"] == serde_json::json!(["ALL"]), "restricted: drop ALL capabilities");
        must(own["capabilities"].get("add").is_none(), "restricted: adds capabilities");
        must(own["readOnlyRootFilesystem"] == true, "writes into its image");
        for weakened in ["runAsNonRoot", "runAsUser", "seccompProfile"] {
            must(own.get(weakened).is_none(), "a container changes what its pod promises");
        }
        must(container["resources"]["requests"]["cpu"].is_string(), "no request for processors");
        must(container["resources"]["limits"]["memory"].is_string(), "no limit for memory");
        must(
            container["image"].as_str().is_some_and(|image| image.contains(':')),
            "an image without version",
        );
    }
}
