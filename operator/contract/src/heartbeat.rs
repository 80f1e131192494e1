//! What a location is and can: sent every minute, shown to the provider, used to narrow order forms.

use crate::{ExposureClass, Kind, lenient};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A major version of PostgreSQL that the location has an image for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostgresqlVersion {
    /// Major version, such as 15.
    pub major: u16,
    /// Full version as far as it is known, such as `15.14`.
    pub full: String,
}

/// A plan in the catalogue of a service broker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct BrokerPlan {
    /// Name under which the location knows the broker.
    pub broker: String,
    /// `id` of the service in its catalogue.
    pub service_id: String,
    /// `id` of the plan in its catalogue.
    pub plan_id: String,
}

/// What the cluster can do and enforce. The default can nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Abilities {
    /// Kinds whose engine is present.
    #[serde(default, deserialize_with = "lenient::list")]
    pub kinds: Vec<Kind>,
    /// Offered versions, ascending.
    #[serde(default)]
    pub postgresql_versions: Vec<PostgresqlVersion>,
    /// Names of the extensions that databases can have; `*` for every one that a plan names.
    #[serde(default)]
    pub postgresql_extensions: Vec<String>,
    /// Whether there is object storage for backups of databases.
    #[serde(default)]
    pub postgresql_backups: bool,
    /// Codes of the operating systems that the location has an image for, ascending.
    #[serde(default)]
    pub machine_images: Vec<String>,
    /// What the service brokers of the location offer, ascending. Absent: an operator that does not report it, whose kinds are
    /// all that is known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker_plans: Option<Vec<BrokerPlan>>,
    /// From where bookings can be reached.
    #[serde(default, deserialize_with = "lenient::list")]
    pub exposures: Vec<ExposureClass>,
    /// Domain under which the operator names endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Whether NetworkPolicies are enforced, which includes allow-lists.
    #[serde(default)]
    pub network_policy_enforced: bool,
    /// Whether applications can be restricted to networks; databases always can.
    #[serde(default)]
    pub application_networks: bool,
    /// Whether plans of applications can have settings, secrets, further volumes and signs of life.
    #[serde(default)]
    pub application_settings: bool,
    /// Whether applications can be reached at further ports beside HTTP.
    #[serde(default)]
    pub application_ports: bool,
    /// Whether volumes can grow.
    #[serde(default)]
    pub volumes_expandable: bool,
    /// Whether volumes can be snapshotted.
    #[serde(default)]
    pub snapshots: bool,
    /// Whether virtual machines run with hardware support; without it they are emulated, and slow.
    #[serde(default)]
    pub kvm: bool,
    /// Whether nodes are played by a simulator, so that nothing really runs.
    #[serde(default)]
    pub nodes_simulated: bool,
}

/// What the nodes have and what bookings hold, in the units of the meters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Capacity {
    /// Ready nodes.
    pub nodes: i64,
    /// Allocatable mCPU.
    pub vcpu_total: i64,
    /// mCPU requested by pods.
    pub vcpu_used: i64,
    /// Allocatable MiB.
    pub memory_total: i64,
    /// MiB requested by pods.
    pub memory_used: i64,
    /// vCPU of virtual machines that share one CPU of a node (KubeVirt's `cpuAllocationRatio`); at least 1.
    #[serde(default = "default_machine_cpu_ratio")]
    pub machine_cpu_ratio: i64,
}

/// What KubeVirt does unless it is told otherwise.
fn default_machine_cpu_ratio() -> i64 {
    10
}

/// Body of `POST /agent/v1/heartbeat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heartbeat {
    /// Epoch of the list that the operator obeys.
    pub epoch: i64,
    /// Revision of it that is written to the cluster.
    pub revision: i64,
    /// [`crate::list_hash`] of what is written to the cluster.
    pub hash: String,
    /// Version of the operator.
    pub operator_version: String,
    /// Version of the API server.
    pub kubernetes_version: String,
    /// What it can.
    pub abilities: Abilities,
    /// What it has.
    pub capacity: Capacity,
    /// Bookings that the operator holds, absent ones included.
    pub bookings: i64,
    /// All usage that ends at or before this time is sent and acknowledged; absent until that was ever so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<Timestamp>,
    /// Time of the API server.
    pub at: Timestamp,
}

/// Answer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeartbeatAnswer {
    /// Present epoch of the marketplace.
    pub epoch: i64,
    /// Highest watermark that the marketplace knows: no later transition may start before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<Timestamp>,
    /// Time of the marketplace, so that the operator can report a wrong clock.
    pub now: Timestamp,
    /// Version of the marketplace; absent from one that does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}
