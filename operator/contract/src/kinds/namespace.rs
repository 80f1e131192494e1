//! The namespace of an organisation and kind class: Pod Security, default deny, quota. Never deleted by a booking.

use super::application::plan::MOST_PORTS;
use super::context::{LABEL_MANAGED_BY, LABEL_ORGANISATION, MANAGER, Site, dns_label};
use super::postgresql::backups;
use crate::{Desired, Kind, Meter};
use serde_json::{Value, json};

/// Kinds that share a namespace because they need the same Pod Security level.
pub fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Postgresql => "db",
        Kind::Application => "app",
        Kind::VirtualMachine => "vm",
        Kind::SharedService => "svc",
        // Nothing of it is in a cluster.
        Kind::Manual => "people",
    }
}

/// Pod Security level of a class. The pod in which an emulator runs has a capability and no seccomp profile, so
/// `restricted` refuses it; nobody but the engine makes pods in such a namespace.
fn level(kind: Kind) -> &'static str {
    match kind {
        Kind::Postgresql | Kind::Application | Kind::SharedService | Kind::Manual => "restricted",
        Kind::VirtualMachine => "baseline",
    }
}

/// Name of the namespace: readable for people, unique by the organisation's id.
pub fn name(desired: &Desired) -> String {
    let slug = dns_label(&desired.organisation.slug, 30);
    let digits = desired.organisation.id.simple().to_string();
    let tail: String = digits.chars().skip(24).collect();
    format!("wa-{slug}-{tail}-{}", class(desired.kind))
}

/// Namespace, default-deny policy, DNS rule and quota, in the order in which they must be applied.
pub fn manifests(site: &Site, desired: &Desired) -> Vec<Value> {
    let namespace = name(desired);
    let common = json!({LABEL_MANAGED_BY: MANAGER, LABEL_ORGANISATION: desired.organisation.id.to_string()});
    let mut labels = common.clone();
    for mode in ["enforce", "audit", "warn"] {
        put(&mut labels, &format!("pod-security.kubernetes.io/{mode}"), json!(level(desired.kind)));
        if !site.pod_security_version.is_empty() {
            put(
                &mut labels,
                &format!("pod-security.kubernetes.io/{mode}-version"),
                json!(site.pod_security_version),
            );
        }
    }
    let meta = |name: &str| json!({"name": name, "namespace": namespace, "labels": common});
    let mut manifests = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}),
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta("default-deny"),
            "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        }),
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta("allow-dns"),
            "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{
                "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
                "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
            }]}
        }),
        json!({
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta("booked"),
            "spec": {"hard": quota(site, desired.kind)}
        }),
    ];
    if let Some(binding) = &site.secrets_binding {
        manifests.push(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": meta("operator-secrets"),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": binding.cluster_role},
            "subjects": [{
                "kind": "ServiceAccount", "name": binding.service_account, "namespace": binding.namespace
            }]
        }));
    }
    manifests
}

/// What is booked, plus what the engines need beside it for a moment. Pods are replaced one after the other (a Job
/// ends before its instance starts, Deployments recreate), so processors and memory need no head room.
fn quota(site: &Site, kind: Kind) -> Value {
    let size = |meter: Meter| site.namespace_sizes.get(&meter).copied().unwrap_or(0);
    let bookings = site.namespace_bookings.max(1);
    let mut quota = json!({
        "requests.cpu": format!("{}m", size(Meter::Vcpu)),
        "requests.memory": format!("{}Mi", size(Meter::Memory)),
        "limits.memory": format!("{}Mi", size(Meter::Memory)),
        "requests.storage": format!("{}Mi", size(Meter::Storage)),
        "pods": (bookings * 6).to_string(),
        "persistentvolumeclaims": (bookings * 4).to_string(),
        "services.loadbalancers": bookings.to_string(),
        "services.nodeports": bookings.to_string(),
    });
    if kind == Kind::Application {
        // A Service of type LoadBalancer holds one for each of its ports.
        let ports = i64::try_from(MOST_PORTS).unwrap_or_default() + 1;
        put(&mut quota, "services.nodeports", json!((bookings * ports).to_string()));
    }
    if kind == Kind::Postgresql {
        // At most five instances, and one that is just being made.
        put(&mut quota, "persistentvolumeclaims", json!((bookings * 6).to_string()));
    }
    if kind == Kind::Postgresql && site.backup_store.is_some() {
        // The program that writes backups stands beside each of at most five instances, and beside the Job that makes one.
        let (cpu, memory) = backups::SIDECAR;
        put(&mut quota, "requests.cpu", json!(format!("{}m", size(Meter::Vcpu) + bookings * 6 * cpu)));
        for key in ["requests.memory", "limits.memory"] {
            put(&mut quota, key, json!(format!("{}Mi", size(Meter::Memory) + bookings * 6 * memory)));
        }
    }
    if kind == Kind::VirtualMachine {
        // The emulator's own memory, generously; a limit would have to be on pods that the engine makes without one.
        let overhead = bookings * 512 + size(Meter::Vcpu) / 1000 * 16 + size(Meter::Memory) / 256;
        put(&mut quota, "requests.memory", json!(format!("{}Mi", size(Meter::Memory) + overhead)));
        // While a disk is filled there are up to two more volumes of its size.
        put(&mut quota, "requests.storage", json!(format!("{}Mi", size(Meter::Storage) * 3)));
        if let Some(quota) = quota.as_object_mut() {
            quota.shift_remove("limits.memory");
        }
    }
    quota
}

/// Sets a key of a JSON object.
pub fn put(object: &mut Value, key: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}
