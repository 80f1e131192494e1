//! The objects of a PostgreSQL booking.

use super::{CONNECTIONS, Order, PREFIX, Plan, backup_secret, backups, extensions, restore};
use crate::kinds::context::{Effects, LABEL_BOOKING, Site, labels, object_name};
use crate::kinds::namespace::{self, put};
use crate::kinds::networks;
use crate::{Desired, ExposureClass, Power};
use serde_json::{Value, json};

pub(super) fn effects(site: &Site, desired: &Desired, plan: &Plan, order: &Order, image: &str) -> Effects {
    let mut manifests = namespace::manifests(site, desired);
    let namespace = namespace::name(desired);
    manifests.push(engine_policy(site, &namespace));
    manifests.push(client_policy(desired, &namespace));
    let stored = site.backup_store.as_ref().zip(plan.backup_days);
    let [store, schedule] = match stored {
        Some((store, days)) => backups::manifests(desired, store, days, site.serving).map(Some),
        None => [None, None],
    };
    // The engine refuses to start an instance whose object store is unknown.
    manifests.extend(store);
    for number in restore::written(desired, site.serving) {
        manifests.push(cluster(site, desired, (plan, order), image, number));
        manifests.extend(extensions::database(desired, plan, order, number));
    }
    manifests.extend(access(site, desired));
    manifests.extend(schedule);
    let generated_secrets = backup_secret(desired, plan).into_iter().collect();
    Effects { namespace, manifests, generated_secrets, ..Effects::default() }
}

/// Host name of the database: what the marketplace asked for, else name and domain of the location.
pub(super) fn host(site: &Site, desired: &Desired) -> Option<String> {
    desired.exposure.host.clone().or_else(|| {
        site.domain.as_ref().map(|domain| format!("{}.{domain}", object_name(PREFIX, desired.booking)))
    })
}

/// Name of the Service through which the customer connects.
pub(super) fn access_service(desired: &Desired) -> String {
    format!("{}-access", object_name(PREFIX, desired.booking))
}

/// Connections of an instance beyond those that the plan sells.
const SPARE: i64 = 20;

fn cluster(
    site: &Site,
    desired: &Desired,
    (plan, order): (&Plan, &Order),
    image: &str,
    number: u32,
) -> Value {
    let name = restore::name(desired, number);
    let labels = Value::Object(labels(desired));
    let memory = format!("{}Mi", plan.memory_mib);
    let cpu = format!("{}m", plan.vcpu_milli);
    let size = json!({"cpu": cpu, "memory": memory});
    let mut spec = json!({
        "instances": plan.instances,
        "imageName": image,
        "inheritedMetadata": {"labels": labels},
        "enablePDB": plan.instances > 1,
        "smartShutdownTimeout": 15,
        "stopDelay": 120,
        "storage": storage(site, order),
        "resources": {"requests": size, "limits": size},
        "bootstrap": {"initdb": {"database": order.database, "owner": order.database, "dataChecksums": true}},
        "postgresql": settings(plan),
        "probes": {"startup": {"periodSeconds": 2, "failureThreshold": 300}, "readiness": {"periodSeconds": 5}}
    });
    if let Some(uid) = site.postgresql_uid {
        put(&mut spec, "postgresUID", json!(uid));
        put(&mut spec, "postgresGID", json!(uid));
    }
    if plan.instances > 1 {
        put(
            &mut spec,
            "affinity",
            json!({"enablePodAntiAffinity": true, "podAntiAffinityType": "preferred"}),
        );
    }
    if plan.backup_days.is_some() {
        put(&mut spec, "plugins", backups::plugin(desired, number));
    }
    if let Some(wish) = restore::made_by(desired, number) {
        let (bootstrap, source) = backups::recovery(desired, &wish, &order.database);
        put(&mut spec, "bootstrap", bootstrap);
        put(&mut spec, "externalClusters", source);
    }
    if let Some(host) = host(site, desired) {
        put(&mut spec, "certificates", json!({"serverAltDNSNames": [host]}));
    }
    if desired.exposure.class != ExposureClass::Cluster {
        put(&mut spec, "managed", json!({"services": {"disabledDefaultServices": ["ro", "r"]}}));
    }
    let hibernation = match desired.power {
        Power::On => "off",
        Power::Off => "on",
    };
    json!({
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
        "metadata": {
            "name": name, "namespace": namespace::name(desired), "labels": labels,
            "annotations": {"cnpg.io/hibernation": hibernation}
        },
        "spec": spec
    })
}

/// Beside the customer's connections the instance needs some for the engine, its standbys and its backups; those that the
/// plan sells are counted by the `Database`, where a change needs no restart.
fn settings(plan: &Plan) -> Value {
    let connections = plan.connections.map_or(CONNECTIONS, |limit| (limit + SPARE).max(CONNECTIONS));
    let mut settings = json!({
        "parameters": {
            "shared_buffers": format!("{}MB", (plan.memory_mib / 4).max(128).min(plan.memory_mib)),
            "max_connections": connections.to_string()
        },
        "pg_hba": ["hostnossl all all all reject"]
    });
    if plan.instances > 1 {
        // What was confirmed survives the loss of one instance. Without a standby it goes on alone instead of standing still.
        put(
            &mut settings,
            "synchronous",
            json!({"method": "any", "number": 1, "dataDurability": "preferred"}),
        );
    }
    settings
}

fn storage(site: &Site, order: &Order) -> Value {
    let mut storage = json!({"size": format!("{}Gi", order.storage_gib)});
    if let Some(class) = &site.storage_class {
        put(&mut storage, "storageClass", json!(class));
    }
    storage
}

/// The way in. It is no Service of the engine, which would go with its `Cluster`: name and address stay while one database
/// replaces another.
fn access(site: &Site, desired: &Desired) -> Option<Value> {
    if desired.exposure.class == ExposureClass::Cluster {
        return None;
    }
    let mut meta = json!({
        "name": access_service(desired), "namespace": namespace::name(desired), "labels": labels(desired)
    });
    let mut spec = json!({
        "selector": {restore::LABEL_CLUSTER: restore::name(desired, site.serving), "cnpg.io/instanceRole": "primary"},
        "ports": [{"name": "postgres", "port": 5432, "protocol": "TCP", "targetPort": 5432}]
    });
    networks::publish(site, desired, host(site, desired).as_deref(), &mut meta, &mut spec);
    Some(json!({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}))
}

/// What the engine needs in a default-deny namespace; one policy for all databases of the namespace.
fn engine_policy(site: &Site, namespace: &str) -> Value {
    let of_engine = json!({"matchExpressions": [{"key": "cnpg.io/cluster", "operator": "Exists"}]});
    let mut egress =
        vec![json!({"to": [{"podSelector": of_engine}], "ports": [{"port": 5432}, {"port": 8000}]})];
    for (address, port) in &site.api_servers {
        let width = if address.contains(':') { 128 } else { 32 };
        egress.push(
            json!({"to": [{"ipBlock": {"cidr": format!("{address}/{width}")}}], "ports": [{"port": port}]}),
        );
    }
    egress.extend(site.backup_store.as_ref().and_then(backups::egress));
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "cnpg", "namespace": namespace,
                     "labels": {"app.kubernetes.io/managed-by": crate::kinds::context::MANAGER}},
        "spec": {
            "podSelector": of_engine,
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"from": [{
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": site.engine_namespace}},
                    "podSelector": {"matchLabels": {"app.kubernetes.io/name": "cloudnative-pg"}}
                }], "ports": [{"port": 8000}, {"port": 5432}]},
                {"from": [{"podSelector": of_engine}], "ports": [{"port": 5432}, {"port": 8000}]}
            ],
            "egress": egress
        }
    })
}

fn client_policy(desired: &Desired, namespace: &str) -> Value {
    let from: Vec<Value> = if desired.exposure.class == ExposureClass::Cluster {
        vec![json!({"podSelector": {}})]
    } else {
        networks::peers(desired)
    };
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": access_service(desired), "namespace": namespace, "labels": labels(desired)},
        "spec": {
            "podSelector": {"matchLabels": {LABEL_BOOKING: desired.booking.to_string()}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": from, "ports": [{"port": 5432}]}]
        }
    })
}
