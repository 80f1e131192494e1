//! The walls around a booking, as a program that knows nothing of how manifests are made.

use crate::pods;
use contract::kinds::context::{ISSUER_ANNOTATION, LABEL_BOOKING, LABEL_ORGANISATION, NAME_ANNOTATION};
use contract::kinds::postgresql::backups;
use contract::kinds::quantity::{mebibytes, milli_cpu};
use contract::kinds::{Effects, Kind, Site, namespace};
use contract::{Desired, ExposureClass};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Kinds of objects that bookings are made of. Of the whole list only the first lives in no namespace.
const KINDS: &[&str] = &[
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "RoleBinding",
    "PersistentVolumeClaim",
    "Service",
    "Ingress",
    "Deployment",
    "Cluster",
    "Database",
    "ObjectStore",
    "ScheduledBackup",
    "VirtualMachine",
    "VolumeImportSource",
];

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Every wall that the effects of a booking break.
pub(crate) fn violations(site: &Site, desired: &Desired, effects: &Effects) -> Vec<String> {
    let mut wrong = Vec::new();
    let all: Vec<&Value> = effects.manifests.iter().chain(&effects.once).collect();
    if effects.namespace != namespace::name(desired) || !effects.namespace.starts_with("wa-") {
        wrong.push(format!("another namespace: {}", effects.namespace));
    }
    if !is_label(&effects.namespace) {
        wrong.push(format!("{:?} is no name of a namespace", effects.namespace));
    }
    for made in &all {
        object(site, desired, effects, made, &mut wrong);
        pods::look(made, text(made, "/kind"), &mut wrong);
        references(desired, made, text(made, "/kind"), &mut wrong);
    }
    let namespaces = all.iter().filter(|made| made["kind"] == "Namespace").count();
    if namespaces != 1 || effects.manifests.first().map(|made| &made["kind"]) != Some(&json!("Namespace")) {
        wrong.push(format!("{namespaces} namespaces, or not first"));
    }
    let main = desired.kind.object_name(desired.booking);
    for secret in &effects.generated_secrets {
        if !belongs(&secret.name, &main) || !is_label(&secret.name) {
            wrong.push(format!("a Secret of the name {:?}", secret.name));
        }
        if secret.labels.values().any(|value| !is_label_value(value)) {
            wrong.push(format!("labels of Secret {}", secret.name));
        }
    }
    quota(desired, &all, &mut wrong);
    wrong
}

/// Where an object lies, how it is called, and what is written on it.
fn object(site: &Site, desired: &Desired, effects: &Effects, made: &Value, wrong: &mut Vec<String>) {
    let (kind, name) = (text(made, "/kind"), text(made, "/metadata/name"));
    let mut must = |fits: bool, what: &str| {
        if !fits {
            wrong.push(format!("{kind} {name}: {what}"));
        }
    };
    must(KINDS.contains(&kind), "a kind that bookings are not made of");
    must(is_label(name), "not a name");
    must(made["metadata"].get("ownerReferences").is_none(), "owned: it would go with its owner");
    if kind == "Namespace" {
        must(name == effects.namespace, "another namespace than its own");
        must(made["metadata"].get("namespace").is_none(), "a namespace in a namespace");
        let level = if desired.kind == Kind::VirtualMachine { "baseline" } else { "restricted" };
        for mode in ["enforce", "audit", "warn"] {
            let label = format!("/metadata/labels/pod-security.kubernetes.io~1{mode}");
            must(text(made, &label) == level, "another level of Pod Security");
        }
    } else {
        must(text(made, "/metadata/namespace") == effects.namespace, "it leaves its namespace");
    }
    let labels = made["metadata"]["labels"].as_object().cloned().unwrap_or_default();
    must(labels.values().all(|value| value.as_str().is_some_and(is_label_value)), "a label that is none");
    let organisation = desired.organisation.id.to_string();
    must(
        labels.get(LABEL_ORGANISATION).is_none_or(|value| *value == organisation),
        "another organisation's label",
    );
    let own = labels.get(LABEL_BOOKING);
    must(own.is_none_or(|value| *value == desired.booking.to_string()), "another booking's label");
    must(
        own.is_none() || belongs(name, &desired.kind.object_name(desired.booking)),
        "another booking's name",
    );
    let known = [
        Some(NAME_ANNOTATION),
        site.ingress_allow_annotation.as_deref(),
        site.ingress_issuer.as_ref().map(|_issuer| ISSUER_ANNOTATION),
        Some("cnpg.io/hibernation"),
    ];
    let annotations = made["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
    must(
        annotations
            .keys()
            .all(|key| known.contains(&Some(key.as_str())) || site.service_annotations.contains_key(key)),
        "an annotation that nobody knows",
    );
    if kind == "RoleBinding" {
        let binding = site.secrets_binding.as_ref();
        let subject = &made["subjects"][0];
        must(binding.is_some_and(|it| made["roleRef"]["name"] == it.cluster_role), "another role");
        must(binding.is_some_and(|it| subject["namespace"] == it.namespace), "somebody else's account");
        must(
            made["subjects"].as_array().is_some_and(|subjects| subjects.len() == 1),
            "more than one account",
        );
    }
    if kind == "Service" {
        must(serves(desired, &made["spec"]["selector"]), "it serves somebody else");
        let inside = desired.exposure.class == ExposureClass::Cluster;
        must(!inside || text(made, "/spec/type") == "ClusterIP", "reachable from outside");
    }
}

/// Whether a Service selects pods of the booking and no others: by our label, or the primary of one of its databases.
fn serves(desired: &Desired, selector: &Value) -> bool {
    let main = desired.kind.object_name(desired.booking);
    match selector["cnpg.io/cluster"].as_str() {
        Some(cluster) => {
            let only = json!({"cnpg.io/cluster": cluster, "cnpg.io/instanceRole": "primary"});
            desired.kind == Kind::Postgresql && belongs(cluster, &main) && *selector == only
        }
        None => *selector == json!({LABEL_BOOKING: desired.booking.to_string()}),
    }
}

/// What an object points to: Secrets and volumes of the same booking, networks that are some, names that are one.
fn references(desired: &Desired, value: &Value, path: &str, wrong: &mut Vec<String>) {
    let main = desired.kind.object_name(desired.booking);
    let Value::Object(map) = value else {
        for (at, item) in value.as_array().into_iter().flatten().enumerate() {
            references(desired, item, &format!("{path}/{at}"), wrong);
        }
        return;
    };
    for (key, inner) in map {
        let path = format!("{path}/{key}");
        let named = match key.as_str() {
            "secretKeyRef" | "secretRef" | "dataSourceRef" | "configMapKeyRef" | "accessKeyId"
            | "secretAccessKey" | "cluster" => Some(&inner["name"]),
            "claimName" | "secretName" | "barmanObjectName" | "serverName" => Some(inner),
            _ => None,
        };
        if named.is_some_and(|name| !name.as_str().is_some_and(|name| belongs(name, &main))) {
            wrong.push(format!("{path}: it reads what is somebody else's"));
        }
        if key == "cidr" && !inner.as_str().is_some_and(is_network) {
            wrong.push(format!("{path}: {inner} is no network"));
        }
        if key == "loadBalancerSourceRanges" {
            let all = inner.as_array().into_iter().flatten();
            let bad: Vec<&Value> = all.filter(|one| !one.as_str().is_some_and(is_network)).collect();
            if !bad.is_empty() {
                wrong.push(format!("{path}: {bad:?} is no network"));
            }
        }
        if ["host", NAME_ANNOTATION].contains(&key.as_str()) && !inner.as_str().is_some_and(is_host) {
            wrong.push(format!("{path}: {inner} is no host name"));
        }
        if key == "env" {
            variables(inner, &path, wrong);
        }
        if key == "namespaceSelector" {
            let named = inner.pointer("/matchLabels/kubernetes.io~1metadata.name");
            let others = ["kube-system", "cnpg-system", "ingress"];
            if !named.and_then(Value::as_str).is_some_and(|name| others.contains(&name)) {
                wrong.push(format!("{path}: a door to another namespace"));
            }
        }
        if key == "externalClusters" {
            // Another cluster is one of the same booking, read from the archive and never by a connection.
            let own = |one: &Value| one.as_object().is_some_and(|it| it.keys().eq(["name", "plugin"]));
            if !inner.as_array().is_some_and(|all| all.iter().all(own)) {
                wrong.push(format!("{path}: it copies another database"));
            }
        }
        references(desired, inner, &path, wrong);
    }
}

/// Each name once, and no text that Kubernetes would put the value of another variable into.
fn variables(list: &Value, path: &str, wrong: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    for entry in list.as_array().into_iter().flatten() {
        let name = text(entry, "/name");
        if !names.insert(name) {
            wrong.push(format!("{path}: the variable {name} stands there twice"));
        }
        if text(entry, "/value").replace("$$", "").contains("$(") {
            wrong.push(format!("{path}: {name} refers to another variable"));
        }
    }
}

/// What is asked for must fit into what is booked, and exactly one quota says what that is.
fn quota(desired: &Desired, all: &[&Value], wrong: &mut Vec<String>) {
    let quotas: Vec<&&Value> = all.iter().filter(|made| made["kind"] == "ResourceQuota").collect();
    let [quota] = quotas[..] else { return wrong.push(format!("{} quotas", quotas.len())) };
    let hard = |name: &str| text(quota, &format!("/spec/hard/{name}"));
    let (mut cpu, mut memory, mut storage) = (0, 0, 0);
    // Of a database the engine makes one more at a time: the Job before an instance, the instance in place of a lost one.
    let (mut pods, mut claims) = (0, 0);
    for made in all {
        let times = made["spec"]["instances"].as_i64().unwrap_or(1);
        let size = |pointer: &str| mebibytes(text(made, pointer)).unwrap_or(0) * times;
        storage += size("/spec/resources/requests/storage") + size("/spec/storage/size");
        match text(made, "/kind") {
            "Cluster" => (pods, claims) = (pods + times + 1, claims + times + 1),
            "Deployment" | "VirtualMachine" => pods += 1,
            "PersistentVolumeClaim" => claims += 1,
            _ => {}
        }
        if made["kind"] == "Cluster" {
            cpu += milli_cpu(text(made, "/spec/resources/requests/cpu")).unwrap_or(i64::MAX / 8) * times;
            memory += size("/spec/resources/limits/memory");
            let sidecars = made["spec"]["plugins"].as_array().map_or(0, |_plugins| times);
            cpu += backups::SIDECAR.0 * sidecars;
            memory += backups::SIDECAR.1 * sidecars;
        }
        for container in made["spec"]["template"]["spec"]["containers"].as_array().into_iter().flatten() {
            cpu += milli_cpu(text(container, "/resources/requests/cpu")).unwrap_or(i64::MAX / 8);
            memory += mebibytes(text(container, "/resources/limits/memory")).unwrap_or(i64::MAX / 8);
        }
        if made["kind"] == "VirtualMachine" {
            let domain = &made["spec"]["template"]["spec"]["domain"];
            cpu += domain["cpu"]["sockets"].as_i64().unwrap_or(i64::MAX / 8) * 1000;
            memory += mebibytes(text(domain, "/memory/guest")).unwrap_or(i64::MAX / 8);
        }
    }
    let room = [
        ("requests.cpu", cpu, milli_cpu(hard("requests.cpu"))),
        ("requests.memory", memory, mebibytes(hard("requests.memory"))),
        ("requests.storage", storage, mebibytes(hard("requests.storage"))),
        ("pods", pods, hard("pods").parse().ok()),
        ("persistentvolumeclaims", claims, hard("persistentvolumeclaims").parse().ok()),
    ];
    for (name, wanted, allowed) in room {
        if wanted < 0 || allowed.is_none_or(|allowed| allowed < 0 || wanted > allowed) {
            wrong.push(format!("{name}: {wanted} does not fit into the quota of {allowed:?}"));
        }
    }
    let machine = desired.kind == Kind::VirtualMachine;
    if !machine && mebibytes(hard("limits.memory")).is_none_or(|limit| memory > limit) {
        wrong.push("limits.memory does not fit into the quota".to_owned());
    }
    let balanced = all.iter().filter(|made| text(made, "/spec/type") == "LoadBalancer");
    let (mut balancers, mut ports) = (0, 0);
    for service in balanced {
        balancers += 1;
        ports += service["spec"]["ports"].as_array().map_or(0, Vec::len);
    }
    for (name, wanted) in [("services.loadbalancers", balancers), ("services.nodeports", ports)] {
        if hard(name).parse::<usize>().map_or(true, |allowed| wanted > allowed) {
            wrong.push(format!("{name}: {wanted} does not fit into the quota"));
        }
    }
}

/// Whether a derived name belongs to the booking of this name.
fn belongs(derived: &str, main: &str) -> bool {
    derived.strip_prefix(main).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// RFC 1123: a label of DNS, which is what namespaces and most names must be.
fn is_label(name: &str) -> bool {
    let plain = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit();
    (1..=63).contains(&name.len())
        && name.chars().all(|sign| plain(sign) || sign == '-')
        && name.starts_with(plain)
        && name.ends_with(plain)
}

fn is_label_value(value: &str) -> bool {
    let plain = |sign: char| sign.is_ascii_alphanumeric();
    value.len() <= 63
        && value.chars().all(|sign| plain(sign) || matches!(sign, '-' | '_' | '.'))
        && (value.is_empty() || value.starts_with(plain) && value.ends_with(plain))
}

fn is_host(name: &str) -> bool {
    name.len() <= 253 && name.contains('.') && name.split('.').all(is_label)
}

/// A network in the one spelling that every version of the API server takes.
fn is_network(text: &str) -> bool {
    let Some((address, width)) = text.split_once('/') else { return false };
    let Ok(parsed) = address.parse::<IpAddr>() else { return false };
    let most = if parsed.is_ipv4() { 32 } else { 128 };
    let mapped = matches!(parsed, IpAddr::V6(six) if six.to_ipv4_mapped().is_some());
    width.parse::<u8>().is_ok_and(|number| number <= most && number.to_string() == width) && !mapped
}

/// What is broken to see whether it is noticed: kind of booking, kind of object, pointer, the new value, a word of what must be
/// said.
pub(crate) type Breach = (Kind, &'static str, &'static str, Value, &'static str);

/// One breach for every wall.
pub(crate) fn breaches() -> Vec<Breach> {
    let mut all: Vec<Breach> = pod_breaches()
        .into_iter()
        .map(|(pointer, value, word)| (Kind::Application, "Deployment", pointer, value, word))
        .collect();
    let (app, database, machine) = (Kind::Application, Kind::Postgresql, Kind::VirtualMachine);
    let enforce = "/metadata/labels/pod-security.kubernetes.io~1enforce";
    let anybody = json!([{"from": [{"namespaceSelector": {}}]}]);
    let disk = json!({"name": "root", "hostDisk": {"path": "/dev/sda"}});
    let inner = "/spec/template/spec/domain/cpu/sockets";
    let key_id = "/spec/configuration/s3Credentials/accessKeyId/name";
    all.extend([
        (app, "Deployment", "/metadata/namespace", json!("kube-system"), "leaves its namespace"),
        (app, "Deployment", "/kind", json!("ClusterRole"), "bookings are not made of"),
        (app, "Deployment", "/metadata/name", json!("app-000000000000"), "another booking's name"),
        (app, "Namespace", "/metadata/name", json!("kube-system"), "another namespace"),
        (app, "Namespace", enforce, json!("privileged"), "level of Pod Security"),
        (app, "RoleBinding", "/roleRef/name", json!("cluster-admin"), "another role"),
        (app, "Service", "/spec/selector", json!({}), "serves somebody else"),
        (
            app,
            "ResourceQuota",
            "/spec/hard/requests.storage",
            json!("5Gi"),
            "requests.storage: 11264 does not fit",
        ),
        (app, "Service", "/spec/externalIPs", json!(["192.0.2.1"]), "externalIPs"),
        (app, "Ingress", "/spec/rules/0/host", json!("a.example,b.example"), "no host name"),
        (database, "Cluster", "/spec/instances", json!(30), "does not fit into the quota"),
        (database, "Cluster", "/spec/storage/size", json!("9000Gi"), "does not fit into the quota"),
        (database, "Cluster", "/spec/superuserSecret", json!({"name": "x"}), "superuserSecret"),
        (database, "Cluster", "/spec/plugins/0/parameters/serverName", json!("pg-1"), "somebody else's"),
        (
            database,
            "Cluster",
            "/spec/externalClusters",
            json!([{"connectionParameters": {}}]),
            "copies another",
        ),
        (database, "Database", "/spec/cluster/name", json!("pg-000000000000"), "somebody else's"),
        (database, "ObjectStore", key_id, json!("operator-key"), "somebody else's"),
        (database, "ScheduledBackup", "/spec/cluster/name", json!("pg-000000000000"), "somebody else's"),
        (database, "Service", "/spec/selector/cnpg.io~1cluster", json!("pg-000000000000"), "somebody else"),
        (database, "Service", "/spec/selector/cnpg.io~1instanceRole", json!("any"), "somebody else"),
        (database, "NetworkPolicy", "/spec/ingress", anybody, "a door"),
        (database, "ResourceQuota", "/kind", json!("Service"), "0 quotas"),
        (machine, "VirtualMachine", "/spec/template/spec/volumes/0", disk, "hostDisk"),
        (machine, "VirtualMachine", inner, json!(64), "does not fit into the quota"),
        (machine, "VirtualMachine", "/metadata/ownerReferences", json!([{"kind": "Booking"}]), "owned"),
        (machine, "PersistentVolumeClaim", "/metadata/labels", json!({"a": "ä b"}), "a label that is none"),
    ]);
    all
}

/// Of the pod of an application.
fn pod_breaches() -> Vec<(&'static str, Value, &'static str)> {
    let node = json!({"name": "tmp", "hostPath": {"path": "/"}});
    let secret = json!({"name": "x", "secret": {"secretName": "x"}});
    vec![
        ("/spec/template/spec/automountServiceAccountToken", json!(true), "token is mounted"),
        ("/spec/template/spec/hostNetwork", json!(true), "nothing of a booking may have that"),
        ("/spec/template/spec/securityContext/runAsUser", json!(0), "runs as root"),
        ("/spec/template/spec/securityContext/seccompProfile/type", json!("Unconfined"), "seccompProfile"),
        ("/spec/template/spec/containers/0/securityContext/privileged", json!(true), "privileged"),
        (
            "/spec/template/spec/containers/0/securityContext/capabilities/add",
            json!(["NET_ADMIN"]),
            "adds capabilities",
        ),
        ("/spec/template/spec/containers/0/resources/limits/memory", json!("1Ti"), "fit into the quota"),
        (
            "/spec/template/spec/containers/0/env/0",
            json!({"name": "LANGUAGE", "value": "$(ADMIN_PASSWORD)"}),
            "refers to another variable",
        ),
        (
            "/spec/template/spec/containers/0/env/0",
            json!({"name": "GREETING", "value": "a"}),
            "stands there twice",
        ),
        ("/spec/template/spec/volumes/0", node, "hostPath"),
        ("/spec/template/spec/volumes/0", secret, "somebody else's"),
    ]
}

/// Breaks one wall: sets what the pointer names in the first object of that kind.
pub(crate) fn breach(effects: &mut Effects, kind: &str, pointer: &str, value: Value) {
    let made = effects.manifests.iter_mut().find(|made| made["kind"] == kind).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = made.pointer_mut(parent).unwrap();
    match key.parse::<usize>() {
        Ok(position) => parent[position] = value,
        Err(_name) => parent[key.replace("~1", "/").as_str()] = value,
    }
}
