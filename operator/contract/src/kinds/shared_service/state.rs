//! What is remembered of an instance at a broker, in the status of its Booking. It holds no credential.

use crate::desired::free_object;
use crate::{Desired, Endpoint, Wanted};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// Whether something exists at the broker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Never asked for, clearly refused, or gone.
    #[default]
    Absent,
    /// A request for it may have reached the broker.
    Unclear,
    /// The broker said so.
    Present,
}

/// A change that the broker is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Make the instance.
    Provision,
    /// Change it.
    Update,
    /// End it.
    Deprovision,
    /// Make credentials.
    Bind,
    /// Take them back.
    Unbind,
}

/// What an instance is, in the broker's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attributes {
    /// `id` of the service in the catalogue.
    pub service_id: String,
    /// `id` of the plan.
    pub plan_id: String,
    /// Parameters.
    #[schemars(schema_with = "free_object")]
    pub parameters: Value,
}

/// What the catalogue says of one plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// The service.
    pub service_id: String,
    /// The plan.
    pub plan_id: String,
    /// Whether there are credentials.
    pub bindable: bool,
    /// Whether the plan of an instance can be changed.
    pub updateable: bool,
    /// Whether a new binding can follow an old one while both are good.
    #[serde(default)]
    pub rotatable: bool,
    /// Longest duration of an operation in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_seconds: Option<i64>,
    /// Version that has to be named when an instance is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance_version: Option<String>,
}

/// A change under way. It is noted before the first call, so that no request can be forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Which.
    pub action: Action,
    /// What is asked for, by provision and update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
    /// The binding that is taken back, if it is a former one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i64>")]
    pub number: Option<u32>,
    /// Whether the broker works on it by itself and is to be polled.
    #[serde(default)]
    pub accepted: bool,
    /// Whether it is done and its result, the credentials, has still to be fetched.
    #[serde(default)]
    pub fetch: bool,
    /// `operation` of the broker, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// When it was accepted, else when it was noted.
    pub started: Timestamp,
    /// When polling ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// No call before this time.
    pub next: Timestamp,
    /// Calls so far in its present stage.
    #[serde(default)]
    #[schemars(with = "i64")]
    pub tries: u32,
    /// Whether an answer was lost, so that nobody knows what came of it.
    #[serde(default)]
    pub unclear: bool,
    /// What the broker said last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

/// Why it does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ill {
    /// The catalogue could not be read.
    Silent,
    /// The catalogue does not have the plan, or not as the plan of the marketplace needs it.
    NotOffered,
    /// The broker refused to make the instance or its credentials; it is asked again from time to time.
    Refused,
    /// The broker tried and failed. Not asked again unless somebody says so.
    Failed,
    /// Nobody knows whether there is an instance. Somebody decides.
    Orphan,
    /// The broker refused a change; what was there before goes on.
    ChangeRefused,
}

/// A trouble, in the broker's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// Which.
    pub ill: Ill,
    /// Words of the broker, shortened.
    pub detail: String,
    /// When to try again by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Timestamp>,
    /// What was asked for: another wish is worth another try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Attributes>,
}

/// A former binding, which is good for a while beside its successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retiring {
    /// Its number.
    #[schemars(with = "i64")]
    pub number: u32,
    /// When it is taken back.
    pub until: Timestamp,
}

/// Everything that is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Service {
    /// Name of the broker; an instance never moves.
    pub broker: String,
    /// What its catalogue says of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// The instance.
    pub instance: Standing,
    /// How many instances there were before this one.
    #[schemars(with = "i64")]
    pub instance_number: u32,
    /// What the instance is, or may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
    /// The binding.
    pub binding: Standing,
    /// How many bindings there were before this one.
    #[schemars(with = "i64")]
    pub binding_number: u32,
    /// The binding before, until it is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retiring: Option<Retiring>,
    /// When the broker wants the credentials to be renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renew_at: Option<Timestamp>,
    /// Whether the Secret with the credentials exists.
    pub secret: bool,
    /// The change under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// Why it does not go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// Since when it is as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Page of the service, as the broker named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dashboard_url: Option<String>,
    /// What the broker answered when the instance was ended: the proof of deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
}

/// What is wanted of the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Whether the instance shall exist.
    pub present: bool,
    /// Name of the broker.
    pub broker: String,
    /// What it shall be.
    pub attributes: Attributes,
    /// Whether credentials are needed.
    pub credentials: bool,
}

impl Wish {
    /// From plan and order of a booking.
    pub fn new(desired: &Desired, plan: &super::Plan, order: &super::Order) -> Wish {
        Wish {
            present: desired.wanted == Wanted::Present,
            broker: plan.broker.clone(),
            attributes: super::attributes(plan, order),
            credentials: plan.credentials,
        }
    }
}

/// Kind of the object that stands for an instance among what was observed.
pub const SEEN: &str = "ServiceInstance";

impl Service {
    /// Id of the instance: that of the booking, and derived from it where an earlier one had to be given up. Never used twice.
    pub fn instance_id(&self, booking: Uuid) -> Uuid {
        match self.instance_number {
            0 => booking,
            number => Uuid::new_v5(&booking, format!("instance/{number}").as_bytes()),
        }
    }

    /// Id of the binding.
    pub fn binding_id(&self, booking: Uuid) -> Uuid {
        binding_id(booking, self.binding_number)
    }

    /// Whether anything may be left of it.
    pub fn is_left(&self) -> bool {
        self.instance != Standing::Absent
            || self.binding != Standing::Absent
            || self.retiring.is_some()
            || self.secret
    }

    /// Whether nothing at all is remembered.
    pub fn is_forgotten(&self) -> bool {
        *self == Service::default()
    }

    /// Whether the customer can use it.
    pub fn is_usable(&self, credentials: bool) -> bool {
        let bound = self.binding == Standing::Present || self.retiring.is_some();
        self.instance == Standing::Present && (bound || !credentials)
    }

    /// As an observed object, for the rules that are the same for every kind.
    pub fn as_seen(&self, desired: &Desired) -> Value {
        json!({
            "apiVersion": "servicebroker/v2.17", "kind": SEEN,
            "metadata": {"name": self.instance_id(desired.booking).to_string()},
            "status": self,
        })
    }

    /// As long as nothing is remembered of a booking that ends, there may be an instance; unless the location never had that
    /// broker.
    pub fn doubt(desired: &Desired, site: &crate::kinds::Site) -> Option<Service> {
        let broker = desired.kind.broker(&desired.plan).filter(|broker| site.brokers.contains(broker))?;
        let ends = desired.wanted == Wanted::Absent;
        ends.then(|| Service { broker, instance: Standing::Unclear, ..Service::default() })
    }

    /// The same back again.
    pub fn seen(observed: &[Value]) -> Option<Service> {
        let object = crate::kinds::readiness::of_kind(observed, SEEN).next()?;
        Service::deserialize(object.get("status")?).ok()
    }

    /// Where it can be reached.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.dashboard_url.as_deref().and_then(endpoint).into_iter().collect()
    }
}

/// Id of the binding with a number.
pub(super) fn binding_id(booking: Uuid, number: u32) -> Uuid {
    Uuid::new_v5(&booking, format!("binding/{number}").as_bytes())
}

/// Host and port of an address; nothing if it is none that a browser opens.
fn endpoint(url: &str) -> Option<Endpoint> {
    let (scheme, rest) = url.split_once("://")?;
    let port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let authority =
        rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty() && !host.contains('@'))?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, digits)) if !digits.ends_with(']') => (host, digits.parse().ok()?),
        _ => (authority, port),
    };
    Some(Endpoint {
        name: "web".to_owned(),
        host: host.to_owned(),
        port,
        address: None,
        url: Some(url.to_owned()),
    })
}
