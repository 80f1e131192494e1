//! The `Booking` custom resource: what is wanted as spec, what was seen and measured as status.
//!
//! Cluster-scoped and named after the booking id. The status holds the transition log until the marketplace has
//! acknowledged it, so the object itself is the spool.

use crate::policy::ProviderPolicy;
use contract::kinds::shared_service::Service;
use contract::kinds::shared_service::next::Word;
use contract::{
    Condition, ConditionType, Desired, Endpoint, InEffect, Meter, Recoverable, Repair, Restored, lenient,
};
use jiff::Timestamp;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, ValidationRule,
};
use kube::{CustomResource, CustomResourceExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The definitions that an administrator installs: file in `charts/operator/crds` and content.
pub fn definitions() -> serde_yaml_ng::Result<Vec<(&'static str, String)>> {
    let document = |definition: &CustomResourceDefinition| {
        serde_yaml_ng::to_string(definition).map(|text| format!("---\n{text}"))
    };
    let mut policy = ProviderPolicy::crd();
    for version in &mut policy.spec.versions {
        if let Some(schema) = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut()) {
            schema.x_kubernetes_validations = Some(vec![ValidationRule {
                rule: format!("self.metadata.name == '{}'", crate::policy::NAME),
                message: Some(format!("the one policy of a cluster has the name {}", crate::policy::NAME)),
                ..ValidationRule::default()
            }]);
        }
    }
    Ok(vec![("bookings.yaml", document(&Booking::crd())?), ("provider-policies.yaml", document(&policy)?)])
}

/// Kept until the booking is torn down and its last usage is acknowledged.
pub const FINALIZER: &str = "wolkenamt.de/booking";

/// Wanted state of one booking, as the marketplace sent it.
#[derive(CustomResource, Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "wolkenamt.de",
    version = "v1alpha1",
    kind = "Booking",
    plural = "bookings",
    status = "BookingStatus",
    category = "wolkenamt",
    printcolumn = r#"{"name":"Kind","type":"string","jsonPath":".spec.desired.kind"}"#,
    printcolumn = r#"{"name":"Organisation","type":"string","jsonPath":".spec.desired.organisation.slug"}"#,
    printcolumn = r#"{"name":"Wanted","type":"string","jsonPath":".spec.desired.wanted"}"#,
    printcolumn = r#"{"name":"Phase","type":"string","jsonPath":".status.phase"}"#,
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Since","type":"date","jsonPath":".status.conditions[?(@.type==\"Ready\")].since"}"#,
    printcolumn = r#"{"name":"Message","type":"string","jsonPath":".status.message","priority":1}"#,
    printcolumn = r#"{"name":"Address","type":"string","jsonPath":".status.endpoints[0].host","priority":1}"#
)]
#[serde(rename_all = "camelCase")]
pub struct BookingSpec {
    /// What the marketplace wants.
    pub desired: Desired,
    /// Epoch in which it was wanted.
    pub epoch: i64,
}

/// What was seen and measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct BookingStatus {
    /// Generation of the wanted state that this is about.
    pub observed_generation: i64,
    /// One word for `kubectl`, derived from the conditions.
    pub phase: String,
    /// One sentence for `kubectl`.
    pub message: String,
    /// Accepted, Applied, Ready, Metered; what an operator of a newer version wrote besides is forgotten.
    #[serde(deserialize_with = "lenient::list")]
    pub conditions: Vec<Condition>,
    /// Ways in.
    pub endpoints: Vec<Endpoint>,
    /// First time it was usable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_ready: Option<Timestamp>,
    /// The latest wanted state that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_effect: Option<InEffect>,
    /// The wanted state that is not reached, and since when it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<InEffect>,
    /// Transition log of all allocation meters.
    pub log: Vec<Transition>,
    /// The open interval of the log is cut here; nothing later may start earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_to: Option<Timestamp>,
    /// Every interval that ends at or before this time is acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_to: Option<Timestamp>,
    /// Epoch in which the log was compared with what the marketplace holds; none before the marketplace was ever restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<i64>,
    /// The instance at a service broker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// To which moments the data can go back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recoverable: Option<Recoverable>,
    /// Which database serves, by the number of its restore.
    #[serde(skip_serializing_if = "is_first")]
    #[schemars(with = "i32", range(min = 0))]
    pub serving: u32,
    /// The restore that took over last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restored: Option<Restored>,
    /// The order to make new access data that is being carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotating: Option<Rotating>,
    /// The last one that was carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated: Option<Uuid>,
    /// What the provider's people said in the marketplace, until it is heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<Said>,
    /// The last of them that was heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<Uuid>,
    /// The last repairs, ascending.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub repairs: Vec<Repair>,
    /// Consumption counters.
    pub counters: Vec<CounterState>,
    /// When nothing of it was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<Timestamp>,
    /// This status was given back after somebody deleted the object; its copy may still lie beside the operator.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub carried: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_first(serving: &u32) -> bool {
    *serving == 0
}

/// An order to make new access data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rotating {
    /// The order.
    pub id: Uuid,
    /// Names the access data that shall go: never what stands in them.
    pub former: String,
}

/// A word of the provider's people that is to be heard once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Said {
    /// By which the marketplace knows it.
    pub id: Uuid,
    /// What they said.
    pub word: Word,
    /// Later it is not heard any more: whoever said it was told so.
    pub until: Timestamp,
}

/// From `from` on these sizes are allocated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    /// Rises by one.
    pub seq: i64,
    /// Whole second, from the cluster.
    pub from: Timestamp,
    /// Meter code → amount, zeros included.
    pub sizes: BTreeMap<String, i64>,
    /// What happened.
    pub cause: String,
    /// After this entry there is nothing more to measure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub last: bool,
}

/// Last reading of one counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CounterState {
    /// Which meter.
    pub meter: Meter,
    /// Rises whenever the counter starts anew.
    pub epoch: i64,
    /// What it showed.
    pub value: i64,
    /// When, by the API server.
    pub at: Timestamp,
    /// Whether the marketplace has acknowledged this reading.
    #[serde(default)]
    pub acknowledged: bool,
}

impl BookingStatus {
    /// The condition of this type, if it is known.
    pub fn condition(&self, wanted: ConditionType) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.r#type == wanted)
    }
}
