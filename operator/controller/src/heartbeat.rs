//! IO: what the location is and can, found in the cluster, sent every few seconds with the watermark.

use crate::cluster::{Cluster, ClusterError};
use crate::marketplace::Marketplace;
use crate::policy;
use crate::state::{State, lock};
use crate::{allocation, catalogues};
use contract::kinds::Site;
use contract::kinds::postgresql::backups::STORE;
use contract::kinds::quantity::{mebibytes, milli_cpu};
use contract::kinds::readiness::{condition, number, text};
use contract::version::{self, Outdated};
use contract::{Abilities, Capacity, Heartbeat, Kind, PostgresqlVersion};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// A nodes' simulator marks its nodes with this.
const SIMULATED: &str = "kwok.x-k8s.io/node";
/// For each booking that there is, the pods are counted this much less often: with 10,000 every 5 minutes.
const PER_BOOKING: Duration = Duration::from_millis(30);

/// Beats for ever.
pub async fn run(state: Arc<State>, marketplace: Arc<Marketplace>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(state.config.heartbeat_seconds.max(1)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        beat(&state, &marketplace).await;
    }
}

/// Beats once.
pub async fn beat(state: &State, marketplace: &Marketplace) {
    let beat = match compose(state).await {
        Ok(beat) => beat,
        Err(error) => return tracing::warn!(error = %error, "the cluster cannot be described"),
    };
    if let Some(watermark) = beat.watermark {
        let mut promised = lock(&state.promised);
        *promised = (*promised).max(Some(watermark));
    }
    match marketplace.heartbeat(&beat).await {
        Ok(answer) => {
            let mut promised = lock(&state.promised);
            *promised = (*promised).max(answer.watermark);
            tell_distance(answer.version.as_deref().unwrap_or_default());
        }
        Err(error) => tracing::warn!(error = %error, "heartbeat failed"),
    }
}

/// Says who has to update where a marketplace answers that is too old to refuse this operator, or the other way round.
fn tell_distance(marketplace: &str) {
    let outdated = version::outdated(version::OURS, marketplace);
    metrics::gauge!("wolkenamt_operator_version_refused").set(u32::from(outdated.is_some()));
    let who = match outdated {
        None => return,
        Some(Outdated::Operator) => "this operator is too old for the marketplace: update the operator",
        Some(Outdated::Marketplace) => {
            "the marketplace is too old for this operator: whoever runs the marketplace has to update it"
        }
    };
    tracing::error!(operator = version::OURS, marketplace, "{who}");
}

async fn compose(state: &State) -> Result<Heartbeat, ClusterError> {
    let Found { abilities, capacity, version, at } = find(state).await?;
    read_policy(state).await?;
    Ok(Heartbeat {
        epoch: state.epoch.load(Ordering::Relaxed),
        revision: state.revision.load(Ordering::Relaxed),
        hash: lock(&state.hash).clone(),
        operator_version: version::OURS.to_owned(),
        kubernetes_version: version,
        abilities,
        capacity,
        bookings: i64::try_from(state.bookings.len()).unwrap_or(i64::MAX),
        watermark: watermark(state, at),
        at,
    })
}

/// Up to when nothing is missing for any booking; unknown while a booking was not looked at since the start, cannot be read, or may
/// have another usage than is known.
fn watermark(state: &State, at: Timestamp) -> Option<Timestamp> {
    if !state.pulled.load(Ordering::Relaxed) {
        return None;
    }
    let settled = Timestamp::from_second(at.as_second() - allocation::SETTLE_SECONDS).ok()?;
    let mut lowest = settled;
    let unlisted = lock(&state.unlisted);
    let unreadable = state.bookings.unreadable();
    metrics::gauge!("wolkenamt_operator_unreadable_bookings")
        .set(u32::try_from(unreadable.len()).unwrap_or(u32::MAX));
    let held_up = unreadable.iter().any(|id| !unlisted.contains(id)) || !lock(&state.uncertain).is_empty();
    if held_up {
        return None;
    }
    let observed = lock(&state.observed);
    for entry in state.bookings.all().iter().filter(|entry| !unlisted.contains(&entry.id)) {
        let seen = observed.get(&entry.id).copied()?;
        if let Some(complete) = entry.complete_to(seen) {
            lowest = lowest.min(complete);
        }
    }
    Some(lowest)
}

/// What the cluster has and can.
struct Found {
    abilities: Abilities,
    capacity: Capacity,
    version: String,
    at: Timestamp,
}

/// Looks at the cluster, and tells the other loops: engines and classes may come later than the operator.
async fn find(state: &State) -> Result<Found, ClusterError> {
    let version = state.cluster.get("/version").await?;
    let at = version.as_ref().map(|answer| answer.at).unwrap_or_default();
    let version = version
        .and_then(|answer| text(&answer.value, "/gitVersion").map(str::to_owned))
        .unwrap_or_else(|| "unknown".to_owned());
    let nodes = state.cluster.list("v1", "Node", None, "").await?;
    let abilities = find_abilities(state, &nodes).await?;
    let capacity = capacity(state, &nodes).await?;
    Ok(Found { abilities, capacity, version, at })
}

async fn find_abilities(state: &State, nodes: &[Value]) -> Result<Abilities, ClusterError> {
    let cluster = &state.cluster;
    let config = &state.config;
    let mut kinds = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|kind| !kind.by_people()) {
        if engine_present(cluster, kind).await? && is_equipped(&config.site, kind) {
            kinds.push(kind);
        }
    }
    let backup_store = match &config.backups {
        Some(backups) if serves(cluster, STORE.0, STORE.1).await? => Some(backups.store()),
        Some(_) | None => None,
    };
    let abilities = Abilities {
        kinds,
        postgresql_versions: versions(state),
        postgresql_extensions: config.site.postgresql_extensions.clone(),
        postgresql_backups: backup_store.is_some(),
        machine_images: config.site.machine_images.keys().cloned().collect(),
        broker_plans: Some(catalogues::plans(state)),
        exposures: config.site.exposures.clone(),
        domain: config.site.domain.clone(),
        network_policy_enforced: config.network_policy_enforced,
        application_networks: config.site.restricts_applications(),
        application_settings: true,
        application_ports: config.site.ingress_class.is_none(),
        volumes_expandable: expandable(cluster, config.site.storage_class.as_deref()).await?,
        snapshots: false,
        kvm: nodes.iter().any(has_kvm),
        nodes_simulated: nodes.iter().any(simulated),
    };
    let machines = config.site.machine_storage_class.as_deref().or(config.site.storage_class.as_deref());
    let machine_volumes_fixed = !expandable(cluster, machines).await?;
    {
        let mut site = state.site.write().unwrap_or_else(PoisonError::into_inner);
        site.backup_store = backup_store;
        site.volumes_fixed = !abilities.volumes_expandable;
        site.machine_volumes_fixed = machine_volumes_fixed;
    }
    *state.abilities.write().unwrap_or_else(PoisonError::into_inner) = abilities.clone();
    Ok(abilities)
}

/// Whether the location was given that without which a kind can do nothing.
fn is_equipped(site: &Site, kind: Kind) -> bool {
    match kind {
        Kind::Postgresql => !site.postgresql_images.is_empty(),
        Kind::VirtualMachine => !site.machine_images.is_empty(),
        Kind::Application | Kind::Manual => true,
        Kind::SharedService => !site.brokers.is_empty(),
    }
}

/// KubeVirt offers the device on nodes that have it.
fn has_kvm(node: &Value) -> bool {
    node.pointer("/status/allocatable")
        .and_then(|allocatable| text(allocatable, "/devices.kubevirt.io~1kvm"))
        .and_then(contract::kinds::quantity::milli)
        .is_some_and(|count| count > 0)
}

fn versions(state: &State) -> Vec<PostgresqlVersion> {
    state
        .config
        .site
        .postgresql_images
        .iter()
        .map(|(major, image)| {
            let tag = image.rsplit_once(':').map(|(_, tag)| tag).unwrap_or_default();
            let full = if tag.is_empty() { major.to_string() } else { tag.to_owned() };
            PostgresqlVersion { major: *major, full }
        })
        .collect()
}

async fn engine_present(cluster: &Cluster, kind: Kind) -> Result<bool, ClusterError> {
    let Some((group_version, name)) = kind.engine() else { return Ok(true) };
    serves(cluster, group_version, name).await
}

/// Whether the API server knows a resource.
async fn serves(cluster: &Cluster, group_version: &str, name: &str) -> Result<bool, ClusterError> {
    let Some(found) = cluster.get(&format!("/apis/{group_version}")).await? else { return Ok(false) };
    let resources = found.value.get("resources").and_then(Value::as_array);
    Ok(resources.into_iter().flatten().any(|resource| text(resource, "/kind") == Some(name)))
}

async fn expandable(cluster: &Cluster, wanted: Option<&str>) -> Result<bool, ClusterError> {
    let classes = cluster.list("storage.k8s.io/v1", "StorageClass", None, "").await?;
    let default = "/metadata/annotations/storageclass.kubernetes.io~1is-default-class";
    let class = classes.iter().find(|class| match wanted {
        Some(name) => text(class, "/metadata/name") == Some(name),
        None => text(class, default) == Some("true"),
    });
    Ok(class.is_some_and(|class| {
        class.pointer("/allowVolumeExpansion").and_then(Value::as_bool).unwrap_or(false)
    }))
}

fn simulated(node: &Value) -> bool {
    node.pointer("/metadata/annotations").is_some_and(|annotations| annotations.get(SIMULATED).is_some())
}

/// What the ready nodes have, and what pods request of it. Many pods are counted less often than few.
async fn capacity(state: &State, nodes: &[Value]) -> Result<Capacity, ClusterError> {
    let known = *lock(&state.capacity);
    let (mut capacity, at) = match known {
        Some((capacity, at)) if at.elapsed() < PER_BOOKING.saturating_mul(count(state)) => (capacity, at),
        Some(_) | None => (requested(&state.cluster).await?, Instant::now()),
    };
    (capacity.nodes, capacity.vcpu_total, capacity.memory_total) = (0, 0, 0);
    capacity.machine_cpu_ratio = state.config.machine_cpu_ratio;
    for node in nodes {
        if condition(node, "Ready").is_some_and(|ready| text(ready, "/status") == Some("True")) {
            capacity.nodes += 1;
            capacity.vcpu_total += text(node, "/status/allocatable/cpu").and_then(milli_cpu).unwrap_or(0);
            capacity.memory_total +=
                text(node, "/status/allocatable/memory").and_then(mebibytes).unwrap_or(0);
        }
    }
    *lock(&state.capacity) = Some((capacity, at));
    Ok(capacity)
}

fn count(state: &State) -> u32 {
    u32::try_from(state.bookings.len()).unwrap_or(u32::MAX)
}

/// What all running pods request together.
async fn requested(cluster: &Cluster) -> Result<Capacity, ClusterError> {
    let mut capacity = Capacity::default();
    let add = |pod: &Value| {
        for container in pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten() {
            capacity.vcpu_used += text(container, "/resources/requests/cpu").and_then(milli_cpu).unwrap_or(0);
            capacity.memory_used +=
                text(container, "/resources/requests/memory").and_then(mebibytes).unwrap_or(0);
        }
        false
    };
    cluster.list_where("v1", "Pod", None, "fieldSelector=status.phase%3DRunning", add).await?;
    Ok(capacity)
}

/// Completes the site by what only the cluster knows: addresses of the API server, the version to pin, and what must be known
/// before anything is decided, lest a kind is refused whose engine was only not looked for yet.
pub async fn complete_site(state: &State) -> Result<(), ClusterError> {
    let nodes = state.cluster.list("v1", "Node", None, "").await?;
    find_abilities(state, &nodes).await?;
    read_policy(state).await?;
    let slices = state
        .cluster
        .list(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            Some("default"),
            "labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes",
        )
        .await?;
    let mut servers = Vec::new();
    for slice in &slices {
        let port = number(slice, "/ports/0/port").and_then(|port| u16::try_from(port).ok()).unwrap_or(443);
        for endpoint in slice.get("endpoints").and_then(Value::as_array).into_iter().flatten() {
            for address in endpoint.get("addresses").and_then(Value::as_array).into_iter().flatten() {
                servers.extend(address.as_str().map(|address| (address.to_owned(), port)));
            }
        }
    }
    servers.sort();
    let version = state.cluster.get("/version").await?;
    let pinned = version.and_then(|answer| {
        let digits = |pointer| {
            let found: String =
                text(&answer.value, pointer)?.chars().take_while(char::is_ascii_digit).collect();
            (!found.is_empty()).then_some(found)
        };
        Some(format!("v{}.{}", digits("/major")?, digits("/minor")?))
    });
    find(state).await?;
    {
        let mut site = state.site.write().unwrap_or_else(PoisonError::into_inner);
        site.api_servers = servers;
        site.pod_security_version = pinned.unwrap_or_default();
    }
    read_policy(state).await
}

/// A policy that cannot be read leaves the one before in force.
async fn read_policy(state: &State) -> Result<(), ClusterError> {
    let policy = policy::read(&state.cluster).await?;
    let mut known = state.policy.write().unwrap_or_else(PoisonError::into_inner);
    if *known != policy {
        tracing::info!(present = policy.is_some(), "the provider's policy changed");
        *known = policy;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn nodes_say_whether_machines_have_hardware_support() {
        for (allocatable, supported) in [
            (json!({"cpu": "2", "devices.kubevirt.io/kvm": "1k"}), true),
            (json!({"cpu": "2", "devices.kubevirt.io/kvm": "1000"}), true),
            (json!({"cpu": "2", "devices.kubevirt.io/kvm": "0"}), false),
            (json!({"cpu": "2"}), false),
        ] {
            let node = json!({"status": {"allocatable": allocatable}});
            assert_eq!(has_kvm(&node), supported, "{node}");
        }
    }

    #[test]
    fn a_kind_without_images_is_not_offered() {
        let nothing = Site::default();
        let located = Kind::ALL.into_iter().filter(|kind| !kind.by_people()).collect::<Vec<_>>();
        let offered = |site: &Site| -> Vec<Kind> {
            located.iter().copied().filter(|kind| is_equipped(site, *kind)).collect()
        };
        assert_eq!(offered(&nothing), [Kind::Application]);
        let machine_images = BTreeMap::from([("debian-12".to_owned(), "docker://x/y:1".to_owned())]);
        assert_eq!(offered(&Site { machine_images, ..nothing }), [Kind::Application, Kind::VirtualMachine]);
    }
}
