//! The objects of an application booking.

use super::{Order, PREFIX, Plan, Secret, Volume};
use crate::kinds::context::{
    Effects, GeneratedSecret, ISSUER_ANNOTATION, LABEL_BOOKING, Site, dns_label, labels, object_name,
};
use crate::kinds::fields;
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
    manifests.extend(claims(site, desired, plan, &namespace));
    manifests.push(service(site, desired, plan, order, &namespace));
    if let Some(class) = ingress_class(site, desired) {
        manifests.push(ingress(site, desired, order, &namespace, class));
    }
    manifests.push(deployment(site, desired, plan, order, &namespace));
    Effects { namespace, manifests, once: Vec::new(), generated_secrets: secrets(desired, plan, order) }
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
    let own_service = listed && !site.ingress_encrypts() && site.ingress_allow_annotation.is_none();
    if desired.exposure.class == ExposureClass::Cluster || own_service {
        None
    } else {
        site.ingress_class.as_deref()
    }
}

/// Address for a browser.
pub(super) fn url(site: &Site, desired: &Desired, host: &str) -> String {
    if ingress_class(site, desired).is_some() && site.ingress_encrypts() {
        format!("https://{host}/")
    } else {
        format!("http://{host}/")
    }
}

/// Name of the Secret with the first administrator.
pub(super) fn admin_secret_name(desired: &Desired) -> String {
    format!("{}-admin", object_name(PREFIX, desired.booking))
}

/// Name of the Secret with one of the plan's secrets: each has one of its own, because what was drawn is never changed.
pub(super) fn secret_name(desired: &Desired, secret: &Secret) -> String {
    format!("{}-secret-{}", object_name(PREFIX, desired.booking), secret.name)
}

/// Name of the Secret with the certificate of the host name, which the issuer makes.
pub(super) fn certificate_name(desired: &Desired) -> String {
    format!("{}-tls", object_name(PREFIX, desired.booking))
}

fn meta(desired: &Desired, namespace: &str) -> Value {
    json!({"name": object_name(PREFIX, desired.booking), "namespace": namespace, "labels": labels(desired)})
}

fn selector(desired: &Desired) -> Value {
    json!({LABEL_BOOKING: desired.booking.to_string()})
}

fn secrets(desired: &Desired, plan: &Plan, order: &Order) -> Vec<GeneratedSecret> {
    let labels: BTreeMap<String, String> = labels(desired)
        .into_iter()
        .filter_map(|(key, value)| value.as_str().map(|text| (key, text.to_owned())))
        .collect();
    let drawn = |name: String, key: String, fixed: BTreeMap<String, String>| GeneratedSecret {
        name,
        labels: labels.clone(),
        fixed,
        random: vec![key],
        config: None,
        of_location: Vec::new(),
    };
    let admin = plan.first_admin.iter().map(|_admin| {
        let fixed = BTreeMap::from([("email".to_owned(), order.admin_email.clone())]);
        drawn(admin_secret_name(desired), "password".to_owned(), fixed)
    });
    let further =
        plan.secrets.iter().map(|secret| drawn(secret_name(desired, secret), secret.key(), BTreeMap::new()));
    admin.chain(further).collect()
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
    let ports = std::iter::once(plan.port).chain(plan.ports.iter().map(|port| port.number));
    let ports: Vec<Value> = ports.map(|number| json!({"port": number})).collect();
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta(desired, namespace),
        "spec": {
            "podSelector": {"matchLabels": selector(desired)},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": from, "ports": ports}]
        }
    })
}

/// A claim for each volume; the first has the name of the booking.
fn claims(site: &Site, desired: &Desired, plan: &Plan, namespace: &str) -> Vec<Value> {
    let claim = |name: String, size: i64| {
        let mut spec = json!({
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": format!("{size}Gi")}}
        });
        if let Some(class) = &site.storage_class {
            put(&mut spec, "storageClassName", json!(class));
        }
        let mut meta = meta(desired, namespace);
        put(&mut meta, "name", json!(name));
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec})
    };
    let first = (plan.storage_gib > 0).then(|| claim(object_name(PREFIX, desired.booking), plan.storage_gib));
    let further = plan.volumes.iter().map(|volume| claim(claim_name(desired, volume), volume.storage_gib));
    first.into_iter().chain(further).collect()
}

fn claim_name(desired: &Desired, volume: &Volume) -> String {
    format!("{}-{}", object_name(PREFIX, desired.booking), volume.name)
}

fn service(site: &Site, desired: &Desired, plan: &Plan, order: &Order, namespace: &str) -> Value {
    let mut meta = meta(desired, namespace);
    let first = json!({"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"});
    let further = plan.ports.iter().map(
        |port| json!({"name": port.name, "port": port.number, "protocol": "TCP", "targetPort": port.name}),
    );
    let ports: Vec<Value> = std::iter::once(first).chain(further).collect();
    let mut spec = json!({"selector": selector(desired), "ports": ports});
    if desired.exposure.class == ExposureClass::Cluster || ingress_class(site, desired).is_some() {
        put(&mut spec, "type", json!("ClusterIP"));
    } else {
        let host = host(site, desired, order);
        networks::publish(site, desired, host.as_deref(), &mut meta, &mut spec);
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
        if site.ingress_encrypts() {
            // Without the name of a Secret the controller serves the certificate that it has for every host.
            let mut tls = json!({"hosts": [host]});
            if site.ingress_issuer.is_some() {
                put(&mut tls, "secretName", json!(certificate_name(desired)));
            }
            put(&mut spec, "tls", json!([tls]));
        }
    }
    put(&mut spec, "rules", json!([rule]));
    let mut annotations = Map::new();
    if let Some(annotation) = &site.ingress_allow_annotation
        && !desired.exposure.allowed_networks.is_empty()
    {
        annotations.insert(annotation.clone(), json!(desired.exposure.allowed_networks.join(",")));
    }
    if let Some(issuer) = &site.ingress_issuer {
        annotations.insert(ISSUER_ANNOTATION.to_owned(), json!(issuer));
    }
    let mut meta = meta(desired, namespace);
    if !annotations.is_empty() {
        put(&mut meta, "annotations", Value::Object(annotations));
    }
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta, "spec": spec})
}

/// A value as the container shall read it. Kubernetes puts other variables, secrets among them, in the place of `$(NAME)`, and a
/// single `$` in that of `$$`.
fn literal(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).replace('$', "$$")
}

fn environment(site: &Site, desired: &Desired, plan: &Plan, order: &Order) -> Vec<Value> {
    let mut entries: Vec<Value> =
        plan.environment.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let asked = fields::values(plan.fields.iter().map(|setting| &setting.field), &order.further);
    for setting in &plan.fields {
        let value = asked.iter().find(|(field, _)| field.name == setting.field.name);
        entries.extend(value.map(|(_, value)| json!({"name": setting.variable, "value": literal(value)})));
    }
    for secret in &plan.secrets {
        let key = json!({"name": secret_name(desired, secret), "key": secret.key()});
        entries.push(json!({"name": secret.variable, "valueFrom": {"secretKeyRef": key}}));
    }
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
    mounts.extend(plan.volumes.iter().map(|it| json!({"name": it.name, "mountPath": it.path})));
    let first = json!({"name": "http", "containerPort": plan.port, "protocol": "TCP"});
    let further = plan
        .ports
        .iter()
        .map(|port| json!({"name": port.name, "containerPort": port.number, "protocol": "TCP"}));
    let ports: Vec<Value> = std::iter::once(first).chain(further).collect();
    let mut container = json!({
        "name": CONTAINER,
        "image": plan.image,
        "ports": ports,
        "env": environment(site, desired, plan, order),
        "resources": {
            "requests": {"cpu": format!("{}m", plan.vcpu_milli), "memory": format!("{}Mi", plan.memory_mib)},
            "limits": {"memory": format!("{}Mi", plan.memory_mib)}
        },
        "securityContext": {
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}
        },
        "startupProbe": probe(&plan.health_path, json!({"periodSeconds": 2, "failureThreshold": 150})),
        "readinessProbe": probe(&plan.health_path, json!({"periodSeconds": 5})),
        "volumeMounts": mounts
    });
    if let Some(path) = &plan.live_path {
        // A restart loses what is under way: only who says nothing for two minutes hangs.
        let patient = json!({"periodSeconds": 20, "timeoutSeconds": 10, "failureThreshold": 6});
        put(&mut container, "livenessProbe", probe(path, patient));
    }
    container
}

fn probe(path: &str, more: Value) -> Value {
    let mut probe = json!({"httpGet": {"path": path, "port": "http"}});
    if let (Some(target), Some(source)) = (probe.as_object_mut(), more.as_object()) {
        target.extend(source.clone());
    }
    probe
}

fn deployment(site: &Site, desired: &Desired, plan: &Plan, order: &Order, namespace: &str) -> Value {
    let name = object_name(PREFIX, desired.booking);
    let mut volumes = vec![json!({"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}})];
    if plan.storage_gib > 0 {
        volumes.push(json!({"name": "data", "persistentVolumeClaim": {"claimName": name}}));
    }
    volumes.extend(plan.volumes.iter().map(|volume| {
        json!({"name": volume.name, "persistentVolumeClaim": {"claimName": claim_name(desired, volume)}})
    }));
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
