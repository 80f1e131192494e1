//! What the provider allows in its cluster, obeyed before the marketplace's wish: the custom resource `ProviderPolicy`.
//!
//! One optional object of the name `default`; what it does not name is allowed. It decides about what is new or changed: a
//! booking that was accepted keeps what it has, and may always be stopped or ended. Pure but for [`read`].

use crate::bookings::{self, Entry};
use crate::cluster::{Cluster, ClusterError};
use crate::crd::Booking;
use contract::kinds::readiness::text;
use contract::kinds::{Effects, Finding};
use contract::{ConditionStatus, ConditionType, Desired, Kind, Meter, Power, Wanted};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The one name that counts.
pub const NAME: &str = "default";

/// What may be booked in this cluster. Absent fields allow everything.
#[derive(CustomResource, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "wolkenamt.de",
    version = "v1alpha1",
    kind = "ProviderPolicy",
    plural = "providerpolicies",
    category = "wolkenamt"
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProviderPolicySpec {
    /// Kinds that may be booked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<Kind>>,
    /// Beginnings of image names, such as `registry.provider.example/apps/`. A beginning counts up to a `/` or `:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_registries: Option<Vec<String>>,
    /// Names of the service brokers that may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brokers: Option<Vec<String>>,
    /// Largest size of one booking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest: Option<Sizes>,
    /// Most that all bookings of one organisation may hold together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_per_organisation: Option<Sizes>,
}

/// Limits in the units of the meters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sizes {
    /// Processors in thousandths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vcpu_milli: Option<i64>,
    /// Memory in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<i64>,
    /// Storage in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_mib: Option<i64>,
    /// Number of bookings; means nothing for a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bookings: Option<i64>,
}

/// The policy of the cluster; `None` where there is none. A policy that cannot be read is an error, never no policy.
pub async fn read(cluster: &Cluster) -> Result<Option<ProviderPolicySpec>, ClusterError> {
    let path = format!("/apis/wolkenamt.de/v1alpha1/providerpolicies/{NAME}");
    let Some(found) = cluster.get(&path).await? else { return Ok(None) };
    let spec = found.value.get("spec").cloned().unwrap_or_default();
    serde_json::from_value(spec)
        .map(Some)
        .map_err(|error| ClusterError::Unreadable(format!("ProviderPolicy: {error}")))
}

/// What is held by the other bookings of the organisation. Of two that wait for the same room, the older one gets it.
pub fn others<'a>(desired: &Desired, all: impl Iterator<Item = &'a Entry>) -> Vec<&'a Entry> {
    all.filter(|other| {
        let counts = match other.accepted {
            Some(ConditionStatus::True) => true,
            Some(ConditionStatus::False) => false,
            Some(ConditionStatus::Unknown) | None => other.id < desired.booking,
        };
        counts
            && other.organisation == desired.organisation.id
            && other.id != desired.booking
            && other.wanted == Wanted::Present
            && !other.gone
    })
    .collect()
}

/// Why the policy refuses a booking; empty if it does not.
pub fn refusals(
    policy: &ProviderPolicySpec,
    booking: &Booking,
    effects: &Effects,
    others: &[bookings::Sizes],
) -> Vec<Finding> {
    let desired = &booking.spec.desired;
    if desired.power == Power::Off || keeps(booking) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    if policy.kinds.as_ref().is_some_and(|kinds| !kinds.contains(&desired.kind)) {
        findings.push(refusal(format!("Die Art „{}“ ist hier nicht freigegeben.", desired.kind.title_de())));
    }
    let broker = desired.kind.broker(&desired.plan);
    if let (Some(broker), Some(brokers)) = (broker, &policy.brokers)
        && !brokers.contains(&broker)
    {
        findings.push(refusal(format!("Der Service-Broker „{broker}“ ist hier nicht freigegeben.")));
    }
    for image in images(effects) {
        let known = |registries: &Vec<String>| registries.iter().any(|registry| is_from(&image, registry));
        if policy.image_registries.as_ref().is_some_and(|registries| !known(registries)) {
            findings.push(refusal(format!(
                "Das Programmabbild „{image}“ kommt aus keiner freigegebenen Ablage."
            )));
        }
    }
    let own = bookings::sizes(desired);
    if let Some(largest) = &policy.largest {
        exceed(&mut findings, largest, &own, "je Buchung");
    }
    if let Some(most) = &policy.most_per_organisation {
        let all = total(others.iter().chain([&own]));
        exceed(&mut findings, most, &all, "je Organisation");
        let count = i64::try_from(others.len()).unwrap_or(i64::MAX).saturating_add(1);
        if let Some(limit) = most.bookings.filter(|limit| count > *limit) {
            findings.push(refusal(format!(
                "Höchstens {limit} Buchungen je Organisation, dies wäre Nummer {count}."
            )));
        }
    }
    findings
}

/// Whether the booking was accepted as it is wanted now.
fn keeps(booking: &Booking) -> bool {
    let Some(status) = &booking.status else { return false };
    let accepted = status.condition(ConditionType::Accepted);
    accepted.is_some_and(|accepted| accepted.status == ConditionStatus::True)
        && status.observed_generation == booking.spec.desired.generation
}

fn refusal(message: String) -> Finding {
    Finding::new("", "policy-refused", message)
}

/// Sizes of bookings together.
fn total<'a>(bookings: impl Iterator<Item = &'a bookings::Sizes>) -> bookings::Sizes {
    let mut total = BTreeMap::new();
    for (meter, amount) in bookings.flatten() {
        let sum = total.entry(*meter).or_insert(0_i64);
        *sum = sum.saturating_add(*amount);
    }
    total
}

fn exceed(findings: &mut Vec<Finding>, limits: &Sizes, sizes: &BTreeMap<Meter, i64>, per: &str) {
    let limits = [
        (Meter::Vcpu, limits.vcpu_milli, "Tausendstel vCPU"),
        (Meter::Memory, limits.memory_mib, "MiB Arbeitsspeicher"),
        (Meter::Storage, limits.storage_mib, "MiB Speicherplatz"),
    ];
    for (meter, limit, unit) in limits {
        let wanted = sizes.get(&meter).copied().unwrap_or(0);
        if let Some(limit) = limit.filter(|limit| wanted > *limit) {
            findings.push(refusal(format!("Höchstens {limit} {unit} {per}, gewünscht sind {wanted}.")));
        }
    }
}

/// Every image that the effects name, wherever the kind puts it.
fn images(effects: &Effects) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    match inner.as_str() {
                        Some(image) if key == "image" || key == "imageName" => found.push(image.to_owned()),
                        // A disk image: its address without the scheme.
                        Some(image) if key == "url" => {
                            found.push(image.split_once("://").map_or(image, |(_, rest)| rest).to_owned());
                        }
                        _ => collect(inner, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = Vec::new();
    let manifests = effects.manifests.iter().chain(&effects.once);
    for manifest in manifests.filter(|manifest| text(manifest, "/kind").is_some()) {
        collect(manifest, &mut found);
    }
    found.sort();
    found.dedup();
    found
}

/// `registry.example/apps` covers `registry.example/apps/a:1` and not `registry.example/apps-of-others/a:1`.
fn is_from(image: &str, registry: &str) -> bool {
    let registry = registry.trim_end_matches('/');
    image.strip_prefix(registry).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':', '@']))
}

#[cfg(test)]
#[path = "policy_test.rs"]
mod tests;
