//! IO: fetch what belongs to the bookings of one namespace. Lists without a resource version are consistent reads, so what is
//! absent here is absent in the cluster; the time is the API server's before the first of them.

use crate::cluster::{Cluster, ClusterError, booking_path};
use crate::crd::Booking;
use crate::drift::is_same;
use contract::kinds::postgresql::restore::is_restoring;
use contract::kinds::readiness::text;
use contract::kinds::{Query, namespace};
use contract::{Desired, Wanted};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The Booking as it is now, with the API server's time.
pub async fn booking(cluster: &Cluster, name: &str) -> Result<Option<(Booking, Timestamp)>, ClusterError> {
    let Some(answer) = cluster.get(&booking_path(name)).await? else { return Ok(None) };
    let mut booking: Booking = serde_json::from_value(answer.value)
        .map_err(|error| ClusterError::Unreadable(format!("Booking {name}: {error}")))?;
    // They were not read whole, and whoever writes the object back must not claim that they are.
    booking.metadata.managed_fields = None;
    Ok(Some((booking, answer.at)))
}

/// The objects of each of these bookings, in their order. All of them lie in the same namespace.
pub async fn observe(cluster: &Cluster, wishes: &[&Desired]) -> Result<Vec<Vec<Value>>, ClusterError> {
    let mut found: Vec<Vec<Value>> = vec![Vec::new(); wishes.len()];
    let Some(first) = wishes.first() else { return Ok(found) };
    let namespace = namespace::name(first);
    let mut asked = HashSet::new();
    for (api_version, kind, label, owners) in questions(wishes) {
        let first_of_kind = asked.insert((api_version, kind));
        let values: Vec<&str> = owners.keys().map(String::as_str).collect();
        let selector = match values[..] {
            [one] => format!("{label}={one}"),
            _ => format!("{label} in ({})", values.join(",")),
        };
        let query = format!("labelSelector={}", encode(&selector));
        for object in cluster.list(api_version, kind, Some(&namespace), &query).await? {
            let value = object.pointer("/metadata/labels").and_then(|labels| labels.get(label));
            let owner = value.and_then(Value::as_str).and_then(|value| owners.get(value));
            if let Some(objects) = owner.and_then(|position| found.get_mut(*position))
                // One that carries two labels that are asked for is there once.
                && (first_of_kind || !objects.iter().any(|known| is_same(known, &object)))
            {
                objects.push(object);
            }
        }
    }
    volumes(cluster, &namespace, wishes, &mut found).await?;
    warnings(cluster, &namespace, wishes, &mut found).await?;
    Ok(found)
}

/// What is asked for: group and version, kind, label, and which booking a value of the label belongs to.
type Question = (&'static str, &'static str, &'static str, HashMap<String, usize>);

/// The queries of all bookings, those for the same kind of objects together.
fn questions(wishes: &[&Desired]) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    for (position, desired) in wishes.iter().enumerate() {
        for Query { api_version, kind, label, value } in desired.kind.queries(desired) {
            let same = |known: &&mut Question| (known.0, known.1, known.2) == (api_version, kind, label);
            match questions.iter_mut().find(same) {
                Some((_, _, _, owners)) => drop(owners.insert(value, position)),
                None => questions.push((api_version, kind, label, HashMap::from([(value, position)]))),
            }
        }
    }
    questions
}

/// Volumes that still hold data of bookings that shall go, whatever their reclaim policy.
async fn volumes(
    cluster: &Cluster,
    namespace: &str,
    wishes: &[&Desired],
    found: &mut [Vec<Value>],
) -> Result<(), ClusterError> {
    let ending: Vec<(usize, String)> = named(wishes, |_, desired| desired.wanted == Wanted::Absent);
    if ending.is_empty() {
        return Ok(());
    }
    let claim = |volume: &Value| {
        let place = text(volume, "/spec/claimRef/namespace")? == namespace;
        text(volume, "/spec/claimRef/name").filter(|_claim| place).and_then(|claim| owner(&ending, claim))
    };
    let kept = cluster.list_where("v1", "PersistentVolume", None, "", |it| claim(it).is_some()).await?;
    for volume in kept {
        if let Some(objects) = claim(&volume).and_then(|position| found.get_mut(position)) {
            objects.push(volume);
        }
    }
    Ok(())
}

/// Warnings about the objects of bookings of which no pod is ready, or that wait for an earlier state: they explain what is held up.
async fn warnings(
    cluster: &Cluster,
    namespace: &str,
    wishes: &[&Desired],
    found: &mut [Vec<Value>],
) -> Result<(), ClusterError> {
    let held_up = |position: usize, desired: &Desired| {
        let objects = found.get(position).map(Vec::as_slice).unwrap_or_default();
        let ready = objects.iter().any(|object| {
            text(object, "/kind") == Some("Pod") && contract::kinds::workload::pod_ready(object)
        });
        // An earlier state that does not come up stands beside a database that is ready.
        let restoring = desired.restore.is_some() && objects.iter().any(is_restoring);
        desired.wanted == Wanted::Present && (!ready || restoring) && !objects.is_empty()
    };
    let held_up: Vec<(usize, String)> = named(wishes, held_up);
    if held_up.is_empty() {
        return Ok(());
    }
    let about =
        |event: &Value| text(event, "/involvedObject/name").and_then(|object| owner(&held_up, object));
    let query = "fieldSelector=type%3DWarning";
    let kept = cluster.list_where("v1", "Event", Some(namespace), query, |it| about(it).is_some()).await?;
    for event in kept {
        if let Some(objects) = about(&event).and_then(|position| found.get_mut(position)) {
            objects.push(event);
        }
    }
    Ok(())
}

/// Positions and main names of the bookings that `which` chooses.
fn named(wishes: &[&Desired], which: impl Fn(usize, &Desired) -> bool) -> Vec<(usize, String)> {
    wishes
        .iter()
        .enumerate()
        .filter(|(position, desired)| which(*position, desired))
        .map(|(position, desired)| (position, desired.kind.object_name(desired.booking)))
        .collect()
}

/// The booking that a derived name belongs to.
fn owner(bookings: &[(usize, String)], derived: &str) -> Option<usize> {
    bookings.iter().find(|(_, name)| belongs(derived, name)).map(|(position, _)| *position)
}

/// Whether a derived name belongs to the booking's name.
fn belongs(derived: &str, name: &str) -> bool {
    derived.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Percent-encodes the characters of a label selector that a query must not contain.
pub(crate) fn encode(selector: &str) -> String {
    selector
        .chars()
        .map(|sign| match sign {
            '%' => "%25".to_owned(),
            '=' => "%3D".to_owned(),
            '/' => "%2F".to_owned(),
            ',' => "%2C".to_owned(),
            ' ' => "%20".to_owned(),
            '(' => "%28".to_owned(),
            ')' => "%29".to_owned(),
            '!' => "%21".to_owned(),
            plain => plain.to_string(),
        })
        .collect()
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

    #[test]
    fn selectors_survive_a_query() {
        assert_eq!(encode("a/b in (1,2)"), "a%2Fb%20in%20%281%2C2%29");
    }
}
