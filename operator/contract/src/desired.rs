//! What the marketplace wants to exist at a location: state, never a command.
//!
//! A booking that is missing from a list is not unwanted. Only `wanted: absent` tears down.

use crate::{Held, Kind, canonical};
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Whether the booking shall exist at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// Provision it and keep it.
    Present,
    /// Tear it down, data included, and prove it.
    Absent,
}

/// Whether a present booking shall run. Data stay in both states. The words are not `on` and `off`, which some readers
/// of YAML take for truth values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Power {
    /// Running.
    #[default]
    #[serde(rename = "running")]
    On,
    /// Stopped by an order of the customer.
    #[serde(rename = "stopped")]
    Off,
}

impl Power {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Power::On => "running",
            Power::Off => "stopped",
        }
    }

    /// The power with this code.
    pub fn from_code(code: &str) -> Option<Power> {
        [Power::On, Power::Off].into_iter().find(|power| power.code() == code)
    }
}

/// From where a booking can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExposureClass {
    /// Only from within the cluster; never called access.
    Cluster,
    /// From the provider's network.
    ProviderNetwork,
    /// From the network of the Land.
    StateNetwork,
    /// From the internet.
    Internet,
}

impl ExposureClass {
    /// Every class, the narrowest first.
    pub const ALL: [ExposureClass; 4] = [
        ExposureClass::Cluster,
        ExposureClass::ProviderNetwork,
        ExposureClass::StateNetwork,
        ExposureClass::Internet,
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            ExposureClass::Cluster => "cluster",
            ExposureClass::ProviderNetwork => "provider-network",
            ExposureClass::StateNetwork => "state-network",
            ExposureClass::Internet => "internet",
        }
    }
}

/// How the booking shall be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exposure {
    /// From where.
    pub class: ExposureClass,
    /// Full host name; without it the operator derives one from its own domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// CIDRs that may connect; empty means every network of the class.
    #[serde(default)]
    pub allowed_networks: Vec<String>,
}

/// Whose booking it is, for names and labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrganisationRef {
    /// The organisation of the customer.
    pub id: Uuid,
    /// Short name of at most 30 characters of a-z, 0-9 and hyphen, for people who read `kubectl`.
    pub slug: String,
}

/// An earlier state of the data that the booking shall have again. Each restore makes another database beside the one that
/// serves and changes over once it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Restore {
    /// Counts the restores of the booking from 1.
    #[schemars(with = "i32", range(min = 0))]
    pub number: u32,
    /// Number of the restore whose archive holds the moment; 0 for that of the beginning.
    #[schemars(with = "i32", range(min = 0))]
    pub from: u32,
    /// The moment.
    pub at: Timestamp,
    /// Whether what was replaced is still kept.
    pub keep_before: bool,
}

/// One wanted booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Desired {
    /// The booking; every name and identity derives from it.
    pub booking: Uuid,
    /// Rises by one with every change of this booking; a lower one than known is ignored.
    pub generation: i64,
    /// Present or absent.
    pub wanted: Wanted,
    /// On or off.
    #[serde(default)]
    pub power: Power,
    /// How it is provisioned.
    pub kind: Kind,
    /// What the provider's plan fixes: the kind's `Plan`.
    #[schemars(schema_with = "free_object")]
    pub plan: Value,
    /// What the orderer chose: the kind's `Order`.
    #[schemars(schema_with = "free_object")]
    pub order: Value,
    /// The customer.
    pub organisation: OrganisationRef,
    /// Kostenstelle, as label; may be empty.
    #[serde(default)]
    pub cost_centre: String,
    /// What `kubectl` shows beside the id, such as the offering's title.
    #[serde(default)]
    pub title: String,
    /// Not before this time; provisioning may start earlier, billing does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wished_start: Option<Timestamp>,
    /// How it is reached.
    pub exposure: Exposure,
    /// The last restore that was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<Restore>,
}

/// Answer to `GET /agent/v1/bookings`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DesiredList {
    /// Raised by the marketplace after a restore; a lower one than known is refused.
    pub epoch: i64,
    /// The revision of the location's list that this answer reaches; ask next with `after=revision`.
    pub revision: i64,
    /// True if `bookings` is everything, false if it is what changed.
    pub full: bool,
    /// [`list_hash`] of the complete list at `revision`, also in answers that carry only changes.
    pub hash: String,
    /// The bookings, absent ones included until their teardown was acknowledged.
    pub bookings: Vec<Desired>,
    /// What the marketplace holds of them, in full lists only. A booking that is listed and not held is one that it lost in
    /// a restore and wants to be torn down. None from a marketplace that does not compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Vec<Held>>,
}

/// The same list as an operator reads it first: each booking as it was sent, so that a field or a kind of a newer
/// marketplace neither hides the other bookings nor changes the hash.
#[derive(Debug, Clone, Deserialize)]
pub struct RawDesiredList {
    /// As in [`DesiredList`].
    pub epoch: i64,
    /// As in [`DesiredList`].
    pub revision: i64,
    /// As in [`DesiredList`].
    pub full: bool,
    /// As in [`DesiredList`].
    pub hash: String,
    /// Each of them a [`Desired`] of some version.
    pub bookings: Vec<RawDesired>,
    /// As in [`DesiredList`].
    #[serde(default)]
    pub held: Option<Vec<Held>>,
}

/// A wanted booking of some version, in the one spelling of which the hash of the list is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawDesired {
    /// The booking; absent where the marketplace named none.
    pub booking: Option<Uuid>,
    /// [`canonical::canonical_json`] of all of it.
    pub line: Box<str>,
}

impl<'de> Deserialize<'de> for RawDesired {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawDesired, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let booking = value.get("booking").and_then(Value::as_str).and_then(|id| id.parse().ok());
        Ok(RawDesired { booking, line: canonical::canonical_json(&value).into() })
    }
}

/// [`list_hash`] of bookings as they were sent.
pub fn raw_list_hash<'a>(bookings: impl Iterator<Item = &'a Value>) -> String {
    let mut lines: Vec<(String, String)> = bookings
        .map(|desired| {
            let id = desired.get("booking").and_then(Value::as_str).unwrap_or_default().to_owned();
            (id, canonical::canonical_json(desired))
        })
        .collect();
    lines.sort();
    lines_hash(lines.iter().map(|(_, line)| line.as_str()))
}

/// The same of their canonical spellings, in the order of their ids.
pub fn lines_hash(lines: impl Iterator<Item = impl AsRef<[u8]>>) -> String {
    let mut digest = Sha256::new();
    for (position, line) in lines.enumerate() {
        if position > 0 {
            digest.update(b"\n");
        }
        digest.update(line.as_ref());
    }
    canonical::hex(&digest.finalize())
}

/// SHA-256 over the complete list in the order of booking ids, independent of key order inside `plan` and `order`.
pub fn list_hash(bookings: &[Desired]) -> String {
    // A Desired consists of plain data, so it always has a JSON form.
    let values: Vec<Value> =
        bookings.iter().map(|desired| serde_json::to_value(desired).unwrap_or(Value::Null)).collect();
    raw_list_hash(values.iter())
}

/// Schema of a free JSON object that the API server of Kubernetes keeps as it is.
pub(crate) fn free_object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}
