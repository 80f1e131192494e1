//! IO: fetch what belongs to one booking. Lists without a resource version are consistent reads, so what is absent here
//! is absent in the cluster; the time is the API server's before the first of them.

use crate::cluster::{Cluster, ClusterError, booking_path};
use crate::crd::Booking;
use crate::decide::Observed;
use contract::kinds::namespace;
use contract::kinds::readiness::text;
use contract::{Desired, Wanted};
use jiff::Timestamp;
use serde_json::Value;

/// The Booking as it is now, with the API server's time.
pub async fn booking(cluster: &Cluster, name: &str) -> Result<Option<(Booking, Timestamp)>, ClusterError> {
    let Some(answer) = cluster.get(&booking_path(name)).await? else { return Ok(None) };
    let booking = serde_json::from_value(answer.value)
        .map_err(|error| ClusterError::Unreadable(format!("Booking {name}: {error}")))?;
    Ok(Some((booking, answer.at)))
}

/// Everything else. `at` is the time of the read before.
pub async fn observe(
    cluster: &Cluster,
    desired: &Desired,
    at: Timestamp,
    floor: Option<Timestamp>,
    available: bool,
) -> Result<Observed, ClusterError> {
    let namespace = namespace::name(desired);
    let mut objects = Vec::new();
    for query in desired.kind.queries(desired) {
        let selector = format!("labelSelector={}", encode(&query.selector));
        objects.extend(cluster.list(query.api_version, query.kind, Some(&namespace), &selector).await?);
    }
    let name = desired.kind.object_name(desired.booking);
    match desired.wanted {
        Wanted::Absent => objects.extend(volumes(cluster, &namespace, &name).await?),
        Wanted::Present => objects.extend(warnings(cluster, &namespace, &name, &objects).await?),
    }
    Ok(Observed { objects, at, floor, available, policy: None, others: Vec::new() })
}

/// Volumes that still hold data of the booking, whatever their reclaim policy.
async fn volumes(cluster: &Cluster, namespace: &str, name: &str) -> Result<Vec<Value>, ClusterError> {
    let mut found = cluster.list("v1", "PersistentVolume", None, "").await?;
    found.retain(|volume| {
        text(volume, "/spec/claimRef/namespace") == Some(namespace)
            && text(volume, "/spec/claimRef/name").is_some_and(|claim| belongs(claim, name))
    });
    Ok(found)
}

/// Warnings about the booking's objects, asked for only while no pod is ready: they explain what is held up.
async fn warnings(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    objects: &[Value],
) -> Result<Vec<Value>, ClusterError> {
    let ready = objects
        .iter()
        .any(|object| text(object, "/kind") == Some("Pod") && contract::kinds::workload::pod_ready(object));
    if ready || objects.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = cluster.list("v1", "Event", Some(namespace), "fieldSelector=type%3DWarning").await?;
    found.retain(|event| text(event, "/involvedObject/name").is_some_and(|object| belongs(object, name)));
    Ok(found)
}

/// Whether a derived name belongs to the booking's name.
fn belongs(derived: &str, name: &str) -> bool {
    derived.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Percent-encodes the characters of a label selector that a query must not contain.
fn encode(selector: &str) -> String {
    selector.replace('%', "%25").replace('=', "%3D").replace('/', "%2F").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_only_begin_alike_do_not_belong() {
        assert!(belongs("pg-01", "pg-01"));
        assert!(belongs("pg-01-1-initdb", "pg-01"));
        assert!(!belongs("pg-012", "pg-01"));
    }
}
