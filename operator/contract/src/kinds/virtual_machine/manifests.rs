//! The objects of a virtual machine.

use super::keys::PublicKey;
use super::{HOST_KEY, Order, PREFIX, Plan, USER, name, start};
use crate::kinds::context::{
    DrawnConfig, Effects, GeneratedSecret, LABEL_BOOKING, Site, labels, object_name,
};
use crate::kinds::namespace::{self, put};
use crate::kinds::networks;
use crate::{Desired, ExposureClass, Power};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Seconds in which a guest may shut itself down before it is switched off.
const GRACE: i64 = 120;

pub(super) fn effects(
    site: &Site,
    desired: &Desired,
    plan: &Plan,
    order: &Order,
    image: &str,
    keys: &[PublicKey],
) -> Effects {
    let namespace = namespace::name(desired);
    let mut manifests = namespace::manifests(site, desired);
    manifests.push(import_policy(&namespace));
    manifests.push(policy(site, desired, &namespace));
    manifests.push(disk(site, desired, order, &namespace));
    manifests.push(service(site, desired, order, &namespace));
    manifests.push(machine(desired, plan, order, &namespace));
    Effects {
        manifests,
        once: vec![image_source(desired, image, &namespace)],
        generated_secrets: vec![start_secret(site, desired, plan, order, keys)],
        namespace,
    }
}

/// Host name: what the marketplace asked for, else the ordered name made unique by the booking.
pub(super) fn host(site: &Site, desired: &Desired, order: &Order) -> Option<String> {
    desired.exposure.host.clone().or_else(|| {
        let tail: String = desired.booking.simple().to_string().chars().skip(28).collect();
        site.domain.as_ref().map(|domain| format!("{}-{tail}.{domain}", order.hostname))
    })
}

/// Name of the Service through which the customer connects.
pub(super) fn access_service(desired: &Desired) -> String {
    format!("{}-access", name(desired))
}

/// Name of the Secret with what the machine reads at its first start.
pub(super) fn start_secret_name(booking: Uuid) -> String {
    format!("{}-start", object_name(PREFIX, booking))
}

/// Name of the claim that is the machine's disk.
pub(super) fn disk_name(desired: &Desired) -> String {
    format!("{}-root", name(desired))
}

fn meta(desired: &Desired, namespace: &str, name: &str) -> Value {
    json!({"name": name, "namespace": namespace, "labels": labels(desired)})
}

fn selector(desired: &Desired) -> Value {
    json!({LABEL_BOOKING: desired.booking.to_string()})
}

fn start_secret(
    site: &Site,
    desired: &Desired,
    plan: &Plan,
    order: &Order,
    keys: &[PublicKey],
) -> GeneratedSecret {
    let labels = labels(desired)
        .into_iter()
        .filter_map(|(key, value)| value.as_str().map(|text| (key, text.to_owned())))
        .collect();
    let host = host(site, desired, order);
    GeneratedSecret {
        name: start_secret_name(desired.booking),
        labels,
        fixed: BTreeMap::from([(USER.to_owned(), plan.user.clone())]),
        random: Vec::new(),
        config: Some(DrawnConfig {
            // The name under which KubeVirt looks for it.
            key: "userdata".to_owned(),
            public: HOST_KEY.to_owned(),
            config: start::configuration(plan, order, keys, host.as_deref()),
        }),
        of_location: Vec::new(),
    }
}

/// From where the disk is filled. Its specification cannot be changed later, and the disk keeps what it was filled with.
fn image_source(desired: &Desired, image: &str, namespace: &str) -> Value {
    let place = if image.starts_with("docker://") { "registry" } else { "http" };
    json!({
        "apiVersion": "cdi.kubevirt.io/v1beta1", "kind": "VolumeImportSource",
        "metadata": meta(desired, namespace, &disk_name(desired)),
        "spec": {"contentType": "kubevirt", "source": {place: {"url": image}}}
    })
}

/// The disk is a claim of its own: what an engine makes for a machine would go with the machine.
fn disk(site: &Site, desired: &Desired, order: &Order, namespace: &str) -> Value {
    let name = disk_name(desired);
    let mut spec = json!({
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": format!("{}Gi", order.storage_gib)}},
        "dataSourceRef": {"apiGroup": "cdi.kubevirt.io", "kind": "VolumeImportSource", "name": name}
    });
    if let Some(class) = site.machine_storage_class.as_ref().or(site.storage_class.as_ref()) {
        put(&mut spec, "storageClassName", json!(class));
    }
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": meta(desired, namespace, &name), "spec": spec
    })
}

/// What fills disks may fetch images; one policy for all machines of the namespace.
fn import_policy(namespace: &str) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "image-import", "namespace": namespace,
                     "labels": {"app.kubernetes.io/managed-by": crate::kinds::context::MANAGER}},
        "spec": {
            "podSelector": {"matchLabels": {"cdi.kubevirt.io": "importer"}},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}]}]
        }
    })
}

/// Who may reach the machine, and where the machine itself may go: nowhere but to names and what the provider opened.
fn policy(site: &Site, desired: &Desired, namespace: &str) -> Value {
    let from: Vec<Value> = if desired.exposure.class == ExposureClass::Cluster {
        vec![json!({"podSelector": {}})]
    } else {
        networks::peers(desired)
    };
    let mut spec = json!({
        "podSelector": {"matchLabels": selector(desired)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": from, "ports": [{"port": 22}]}]
    });
    if !site.machine_networks.is_empty() {
        let to: Vec<Value> =
            site.machine_networks.iter().map(|network| json!({"ipBlock": {"cidr": network}})).collect();
        put(&mut spec, "egress", json!([{"to": to}]));
    }
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": meta(desired, namespace, &access_service(desired)), "spec": spec
    })
}

fn service(site: &Site, desired: &Desired, order: &Order, namespace: &str) -> Value {
    let mut meta = meta(desired, namespace, &access_service(desired));
    let mut spec = json!({
        "selector": selector(desired),
        "ports": [{"name": "ssh", "port": 22, "protocol": "TCP", "targetPort": 22}]
    });
    if desired.exposure.class == ExposureClass::Cluster {
        put(&mut spec, "type", json!("ClusterIP"));
    } else {
        let host = host(site, desired, order);
        networks::publish(site, desired, host.as_deref(), &mut meta, &mut spec);
    }
    json!({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})
}

/// Only fields that are meant: the engine adds firmware, machine type and architecture, which must survive each apply.
fn machine(desired: &Desired, plan: &Plan, order: &Order, namespace: &str) -> Value {
    let name = name(desired);
    let strategy = match desired.power {
        Power::On => "Always",
        Power::Off => "Halted",
    };
    let virtio = |name: &str| json!({"name": name, "disk": {"bus": "virtio"}});
    json!({
        "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
        "metadata": meta(desired, namespace, &name),
        "spec": {
            "runStrategy": strategy,
            "template": {
                "metadata": {"labels": labels(desired)},
                "spec": {
                    "hostname": order.hostname,
                    "terminationGracePeriodSeconds": GRACE,
                    "evictionStrategy": "LiveMigrateIfPossible",
                    "domain": {
                        // Only sockets can grow while a machine runs.
                        "cpu": {"sockets": plan.vcpu_milli / 1000, "cores": 1, "threads": 1},
                        "memory": {"guest": format!("{}Mi", plan.memory_mib)},
                        "devices": {
                            "disks": [
                                {"name": "root", "bootOrder": 1, "disk": {"bus": "virtio"}},
                                virtio("start")
                            ],
                            "interfaces": [{"name": "default", "masquerade": {}}],
                            "rng": {}
                        }
                    },
                    "networks": [{"name": "default", "pod": {}}],
                    // Without it "ready" would only mean that the emulator runs.
                    "readinessProbe": {
                        "tcpSocket": {"port": 22},
                        "initialDelaySeconds": 5, "periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 3
                    },
                    "volumes": [
                        {"name": "root", "persistentVolumeClaim": {"claimName": disk_name(desired)}},
                        {"name": "start",
                         "cloudInitNoCloud": {"secretRef": {"name": start_secret_name(desired.booking)}}}
                    ]
                }
            }
        }
    })
}
