//! The objects of an application booking.

use super::{Order, PREFIX, Plan};
use crate::kinds::context::{
    Effects, GeneratedSecret, LABEL_BOOKING, NAME_ANNOTATION, Site, dns_label, labels, object_name,
};
use crate::kinds::namespace::{self, put};
use crate::kinds::networks;
use crate::{Desired, ExposureClass, Power};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Container that does the work.
pub(super) const CONTAINER: &str = "app";

pub(super) fn effects(site: &Site, desired: &Desired, plan: &Plan, order: &Order) -> Effects {
    let mut manifests = namespace::manifests(site, desired);
    let namespace = namespace::name(desired);
    manifests.push(policy(site, desired, plan, &namespace));
    if plan.storage_gib > 0 {
        manifests.push(volume(site, desired, plan, &namespace));
    }
    manifests.push(service(site, desired, order, &namespace));
    if let Some(class) = ingress_class(site, desired) {
        manifests.push(ingress(site, desired, order, &namespace, class));
    }
    manifests.push(deployment(site, desired, plan, order, &namespace));
    Effects {
        namespace,
        manifests,
        once: Vec::new(),
        generated_secrets: admin_secret(desired, plan, order).into_iter().collect(),
    }
}

/// Host name: what the marketplace asked for, else the ordered label made unique by the booking.
pub(super) fn host(site: &Site, desired: &Desired, order: &Order) -> Option<String> {
    desired.exposure.host.clone().or_else(|| {
        let tail: String = desired.booking.simple().to_string().chars().skip(28).collect();
        let label = dns_label(&order.label, 30);
        site.domain.as_ref().map(|domain| format!("{label}-{tail}.{domain}"))
    })
}

/// The class of Ingress to use, if the location has one and the booking is to be reached from outside.
pub(super) fn ingress_class<'a>(site: &'a Site, desired: &Desired) -> Option<&'a str> {
    // What reaches an Ingress has lost its address before any NetworkPolicy sees it: either the controller itself obeys the
    // list, or a Service of its own does. The latter has no certificate, so it never takes the place of one that has.
    let listed = !desired.exposure.allowed_networks.is_empty();
    let own_service = listed && !site.ingress_tls && site.ingress_allow_annotation.is_none();
    if desired.exposure.class == ExposureClass::Cluster || own_service {
        None
    } else {
        site.ingress_class.as_deref()
    }
}

/// Address for a browser.
pub(super) fn url(site: &Site, desired: &Desired, host: &str) -> String {
    if ingress_class(site, desired).is_some() && site.ingress_tls {
        format!("https://{host}/")
    } else {
        format!("http://{host}/")
    }
}

/// Name of the Secret with the first administrator.
pub(super) fn admin_secret_name(desired: &Desired) -> String {
    format!("{}-admin", object_name(PREFIX, desired.booking))
}

fn meta(desired: &Desired, namespace: &str) -> Value {
    json!({"name": object_name(PREFIX, desired.booking), "namespace": namespace, "labels": labels(desired)})
}

fn selector(desired: &Desired) -> Value {
    json!({LABEL_BOOKING: desired.booking.to_string()})
}

fn admin_secret(desired: &Desired, plan: &Plan, order: &Order) -> Option<GeneratedSecret> {
    plan.first_admin.as_ref()?;
    let labels = labels(desired)
        .into_iter()
        .filter_map(|(key, value)| value.as_str().map(|text| (key, text.to_owned())))
        .collect();
    Some(GeneratedSecret {
        name: admin_secret_name(desired),
        labels,
        fixed: BTreeMap::from([("email".to_owned(), order.admin_email.clone())]),
        random: vec!["password".to_owned()],
        config: None,
        of_location: Vec::new(),
    })
}

fn policy(site: &Site, desired: &Desired, plan: &Plan, namespace: &str) -> Value {
    let ingress = ingress_class(site, desired).map(|_class| &site.ingress_namespace);
    let mut from: Vec<Value> = match ingress {
        None if desired.exposure.class == ExposureClass::Cluster => vec![json!({"podSelector": {}})],
        None => networks::peers(desired),
        Some(Some(controller)) => {
            vec![json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": controller}}})]
        }
        // Nobody said from where the controller comes; it alone obeys the list.
        Some(None) => vec![json!({"ipBlock": {"cidr": "0.0.0.0/0"}}), json!({"ipBlock": {"cidr": "::/0"}})],
    };
    // Counters are read through the API server's proxy.
    for (address, _port) in &site.api_servers {
        let width = if address.contains(':') { 128 } else { 32 };
        from.push(json!({"ipBlock": {"cidr": format!("{address}/{width}")}}));
    }
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta(desired, namespace),
        "spec": {
            "podSelector": {"matchLabels": selector(desired)},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": from, "ports": [{"port": plan.port}]}]
        }
    })
}

fn volume(site: &Site, desired: &Desired, plan: &Plan, namespace: &str) -> Value {
    let mut spec = json!({
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": format!("{}Gi", plan.storage_gib)}}
    });
    if let Some(class) = &site.storage_class {
        put(&mut spec, "storageClassName", json!(class));
    }
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta(desired, namespace), "spec": spec})
}

fn service(site: &Site, desired: &Desired, order: &Order, namespace: &str) -> Value {
    let mut meta = meta(desired, namespace);
    let mut spec = json!({
        "selector": selector(desired),
        "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"}]
    });
    if desired.exposure.class == ExposureClass::Cluster || ingress_class(site, desired).is_some() {
        put(&mut spec, "type", json!("ClusterIP"));
    } else {
        put(&mut spec, "type", json!("LoadBalancer"));
        networks::restrict(desired, &mut spec);
        if let Some(class) = &site.load_balancer_class {
            put(&mut spec, "loadBalancerClass", json!(class));
        }
        if let Some(host) = host(site, desired, order) {
            put(&mut meta, "annotations", json!({NAME_ANNOTATION: host}));
        }
    }
    json!({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})
}

fn ingress(site: &Site, desired: &Desired, order: &Order, namespace: &str, class: &str) -> Value {
    let name = object_name(PREFIX, desired.booking);
    let backend = json!({"service": {"name": name, "port": {"name": "http"}}});
    let mut rule = json!({"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}});
    let mut spec = json!({"ingressClassName": class});
    if let Some(host) = host(site, desired, order) {
        put(&mut rule, "host", json!(host));
        if site.ingress_tls {
            put(&mut spec, "tls", json!([{"hosts": [host], "secretName": format!("{name}-tls")}]));
        }
    }
    put(&mut spec, "rules", json!([rule]));
    let mut meta = meta(desired, namespace);
    if let Some(annotation) = &site.ingress_allow_annotation
        && !desired.exposure.allowed_networks.is_empty()
    {
        put(&mut meta, "annotations", json!({annotation: desired.exposure.allowed_networks.join(",")}));
    }
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta, "spec": spec})
}

fn environment(site: &Site, desired: &Desired, plan: &Plan, order: &Order) -> Vec<Value> {
    let mut entries: Vec<Value> =
        plan.environment.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    if let Some(admin) = &plan.first_admin {
        let secret = |key: &str| json!({"secretKeyRef": {"name": admin_secret_name(desired), "key": key}});
        entries.push(json!({"name": admin.email_env, "valueFrom": secret("email")}));
        entries.push(json!({"name": admin.password_env, "valueFrom": secret("password")}));
        if let (Some(name), Some(host)) = (&admin.url_env, host(site, desired, order)) {
            entries.push(json!({"name": name, "value": url(site, desired, &host)}));
        }
    }
    entries
}

fn container(site: &Site, desired: &Desired, plan: &Plan, order: &Order) -> Value {
    let mut mounts = vec![json!({"name": "tmp", "mountPath": "/tmp"})];
    if plan.storage_gib > 0 {
        mounts.push(json!({"name": "data", "mountPath": plan.data_path}));
    }
    let probe = json!({"httpGet": {"path": plan.health_path, "port": "http"}});
    let with = |extra: Value| {
        let mut all = probe.clone();
        if let (Some(target), Some(source)) = (all.as_object_mut(), extra.as_object()) {
            target.extend(source.clone());
        }
        all
    };
    json!({
        "name": CONTAINER,
        "image": plan.image,
        "ports": [{"name": "http", "containerPort": plan.port, "protocol": "TCP"}],
        "env": environment(site, desired, plan, order),
        "resources": {
            "requests": {"cpu": format!("{}m", plan.vcpu_milli), "memory": format!("{}Mi", plan.memory_mib)},
            "limits": {"memory": format!("{}Mi", plan.memory_mib)}
        },
        "securityContext": {
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}
        },
        "startupProbe": with(json!({"periodSeconds": 2, "failureThreshold": 150})),
        "readinessProbe": with(json!({"periodSeconds": 5})),
        "volumeMounts": mounts
    })
}

fn deployment(site: &Site, desired: &Desired, plan: &Plan, order: &Order, namespace: &str) -> Value {
    let name = object_name(PREFIX, desired.booking);
    let mut volumes = vec![json!({"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}})];
    if plan.storage_gib > 0 {
        volumes.push(json!({"name": "data", "persistentVolumeClaim": {"claimName": name}}));
    }
    let replicas = match desired.power {
        Power::On => 1,
        Power::Off => 0,
    };
    let pod_labels: Map<String, Value> = labels(desired);
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": meta(desired, namespace),
        "spec": {
            "replicas": replicas,
            "progressDeadlineSeconds": 120,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": selector(desired)},
            "template": {
                "metadata": {"labels": pod_labels},
                "spec": {
                    "automountServiceAccountToken": false,
                    "enableServiceLinks": false,
                    "terminationGracePeriodSeconds": 20,
                    "securityContext": {
                        "runAsNonRoot": true, "runAsUser": plan.run_as_user, "runAsGroup": plan.run_as_user,
                        "fsGroup": plan.run_as_user, "seccompProfile": {"type": "RuntimeDefault"}
                    },
                    "containers": [container(site, desired, plan, order)],
                    "volumes": volumes
                }
            }
        }
    })
}
