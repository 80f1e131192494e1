//! The requests to a broker, as Open Service Broker API 2.17 has them.

use super::next::Call;
use super::state::{Action, Attributes, Service, binding_id};
use crate::{Desired, canonical};
use serde_json::{Map, Value, json};

/// Version that is spoken.
pub const VERSION: &str = "2.17";

/// One request. Sending the same one twice does no harm.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `GET`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// Path below the broker's address.
    pub path: String,
    /// Names and values, not yet encoded.
    pub query: Vec<(&'static str, String)>,
    /// JSON body.
    pub body: Option<Value>,
}

/// The request of a call; `None` where there is nothing to ask for.
pub fn request(call: Call, desired: &Desired, service: &Service, cluster: &str) -> Option<Request> {
    if call == Call::Catalogue {
        let path = "/v2/catalog".to_owned();
        return Some(Request { method: "GET", path, query: Vec::new(), body: None });
    }
    let operation = service.operation.as_ref()?;
    // During a change of the plan an instance is named by its old one.
    let known = service.attributes.as_ref().or(operation.attributes.as_ref())?;
    let instance = format!("/v2/service_instances/{}", service.instance_id(desired.booking));
    let number = operation.number.unwrap_or(service.binding_number);
    let binding = format!("{instance}/service_bindings/{}", binding_id(desired.booking, number));
    let path = match operation.action {
        Action::Provision | Action::Update | Action::Deprovision => instance,
        Action::Bind | Action::Unbind => binding,
    };
    let ids = || vec![("service_id", known.service_id.clone()), ("plan_id", known.plan_id.clone())];
    Some(match (call, operation.action) {
        (Call::Poll, _) => {
            let mut query = ids();
            query.extend(operation.token.clone().map(|token| ("operation", token)));
            Request { method: "GET", path: format!("{path}/last_operation"), query, body: None }
        }
        (Call::Fetch, _) => Request { method: "GET", path, query: ids(), body: None },
        (_, Action::Deprovision | Action::Unbind) => {
            let mut query = ids();
            query.push(asynchronous());
            Request { method: "DELETE", path, query, body: None }
        }
        (_, action) => {
            let body = body(action, desired, service, known, operation.attributes.as_ref(), cluster);
            let method = if action == Action::Update { "PATCH" } else { "PUT" };
            Request { method, path, query: vec![asynchronous()], body: Some(body) }
        }
    })
}

fn asynchronous() -> (&'static str, String) {
    ("accepts_incomplete", "true".to_owned())
}

fn body(
    action: Action,
    desired: &Desired,
    service: &Service,
    known: &Attributes,
    wanted: Option<&Attributes>,
    cluster: &str,
) -> Value {
    let organisation = desired.organisation.id.to_string();
    let mut body = Map::new();
    body.insert("service_id".to_owned(), json!(known.service_id));
    match (action, wanted) {
        (Action::Update, Some(wanted)) => {
            if wanted.plan_id != known.plan_id {
                body.insert("plan_id".to_owned(), json!(wanted.plan_id));
            }
            let changed = changed(&known.parameters, &wanted.parameters);
            if !changed.is_empty() {
                body.insert("parameters".to_owned(), Value::Object(changed));
            }
            body.insert(
                "previous_values".to_owned(),
                json!({"plan_id": known.plan_id, "service_id": known.service_id,
                       "organization_id": organisation, "space_id": organisation}),
            );
        }
        (Action::Provision, Some(wanted)) => {
            body.insert("plan_id".to_owned(), json!(wanted.plan_id));
            body.insert("organization_guid".to_owned(), json!(organisation));
            body.insert("space_guid".to_owned(), json!(organisation));
            body.insert("parameters".to_owned(), wanted.parameters.clone());
            let version = service.offer.as_ref().and_then(|offer| offer.maintenance_version.as_ref());
            if let Some(version) = version {
                body.insert("maintenance_info".to_owned(), json!({"version": version}));
            }
        }
        _ => {
            body.insert("plan_id".to_owned(), json!(known.plan_id));
            let rotatable = service.offer.as_ref().is_some_and(|offer| offer.rotatable);
            if let Some(former) = service.retiring.filter(|_| rotatable) {
                let id = binding_id(desired.booking, former.number);
                body.insert("predecessor_binding_id".to_owned(), json!(id.to_string()));
            }
        }
    }
    body.insert("context".to_owned(), context(desired, cluster));
    Value::Object(body)
}

/// What the broker may know of the platform: no person, no price.
fn context(desired: &Desired, cluster: &str) -> Value {
    json!({
        "platform": "kubernetes",
        "clusterid": cluster,
        "namespace": crate::kinds::namespace::name(desired),
        "instance_name": desired.kind.object_name(desired.booking),
        "organization_guid": desired.organisation.id.to_string(),
        "space_guid": desired.organisation.id.to_string(),
    })
}

/// Parameters that differ; what is not wanted any more is named with null.
fn changed(known: &Value, wanted: &Value) -> Map<String, Value> {
    let empty = Map::new();
    let (known, wanted) = (known.as_object().unwrap_or(&empty), wanted.as_object().unwrap_or(&empty));
    let mut changed: Map<String, Value> =
        wanted.iter().filter(|(name, value)| known.get(*name) != Some(value)).map(pair).collect();
    for name in known.keys().filter(|name| !wanted.contains_key(*name)) {
        changed.insert(name.clone(), Value::Null);
    }
    changed
}

fn pair((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// For whom a change is asked: the organisation, never a person. To be encoded with base64, after the word `kubernetes`.
pub fn originating_identity(desired: &Desired) -> String {
    canonical::canonical_json(&json!({
        "username": format!("organisation:{}", desired.organisation.id),
        "uid": desired.organisation.id.to_string(),
        "groups": [],
        "extra": {"booking": [desired.booking.to_string()]},
    }))
}
