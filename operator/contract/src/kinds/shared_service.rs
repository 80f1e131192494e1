//! One more tenant of a service that runs for all: an instance and a binding at an Open Service Broker (API 2.17).
//!
//! This file holds plan, order, form and checks. Beside it: `state` is what is remembered of an instance, `next` decides the
//! next call, `answers` takes in what the broker said, `requests` writes the calls, `ready` reads how far it is. All of it is
//! pure; the operator sends one call per pass.

use super::application::looks_like_mail;
use super::context::{self, Effects, Site};
use super::{Finding, namespace, schema_of};
use crate::reveal::{Access, AccessField};
use crate::{BrokerPlan, Desired, Endpoint, Meter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub mod answers;
pub mod catalogue;
pub mod next;
pub mod ready;
pub mod requests;
pub mod state;

pub use state::{Attributes, Service, Standing, Wish};

/// What can be measured.
pub const METERS: &[Meter] = &[Meter::Instance];

/// Prefix of object names.
pub const PREFIX: &str = "svc";

/// Members of the order that a change keeps: none, because a broker takes other parameters or refuses them.
pub const FIXED: &[&str] = &[];

/// Key of the Secret that holds the credentials of the binding, as JSON.
pub const CREDENTIALS: &str = "credentials";

/// What the provider's plan fixes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Name under which the operator of the location knows the broker; its address and password stay there.
    #[schemars(title = "Service-Broker", description = "Name, unter dem der Standort den Broker kennt")]
    pub broker: String,
    /// `id` of the service in the broker's catalogue.
    #[schemars(title = "Dienst", description = "Kennung (id) des Dienstes im Katalog des Brokers")]
    pub service_id: String,
    /// `id` of the plan in the broker's catalogue.
    #[schemars(title = "Tarif des Brokers", description = "Kennung (id) des Tarifs im Katalog des Brokers")]
    pub plan_id: String,
    /// Parameters that every instance gets.
    #[serde(default)]
    #[schemars(
        title = "Feste Angaben",
        description = "Angaben, die jede Instanz bekommt; keine Geheimnisse"
    )]
    pub parameters: BTreeMap<String, Value>,
    /// Whether a binding is made, so that there are credentials to hand over.
    #[serde(default = "yes")]
    #[schemars(title = "Zugangsdaten", description = "Ob der Dienst Zugangsdaten ausgibt")]
    pub credentials: bool,
    /// Name of the parameter that carries the tenant.
    #[serde(default = "tenant")]
    #[schemars(title = "Name der Angabe „Mandant“", description = "Wie der Broker den Mandanten nennt")]
    pub tenant_parameter: String,
    /// Name of the parameter that carries the e-mail address of the first administrator.
    #[serde(default = "email")]
    #[schemars(title = "Name der Angabe „E-Mail“", description = "Wie der Broker die Adresse nennt")]
    pub email_parameter: String,
    /// What the order form asks besides.
    #[serde(default)]
    #[schemars(title = "Weitere Felder", description = "Was die Bestellung außerdem erfragt")]
    pub fields: Vec<Field>,
}

/// One more field of the order form; its name is the name of the parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Field {
    /// Name of the parameter: letters, digits, `_` and `-`.
    pub name: String,
    /// Label.
    pub title: String,
    /// What is asked, with an example.
    pub description: String,
    /// What may be entered.
    #[serde(flatten)]
    pub input: Input,
    /// Whether it may be left out.
    #[serde(default)]
    pub optional: bool,
}

/// What may be entered in a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "input", rename_all = "kebab-case")]
pub enum Input {
    /// One line.
    Text {
        /// Most characters.
        max_length: u32,
    },
    /// One of these.
    Choice {
        /// The values.
        values: Vec<String>,
    },
    /// A whole number.
    Number {
        /// Smallest.
        minimum: i64,
        /// Largest.
        maximum: i64,
    },
}

/// What the orderer chooses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Bestellung eines gemeinsamen Dienstes")]
pub struct Order {
    /// Name of the tenant.
    #[schemars(
        title = "Mandant",
        description = "Name, unter dem der Dienst Ihre Behörde führt, zum Beispiel Stadt Mittelfeld",
        extend("minLength" = 1, "maxLength" = 80)
    )]
    pub tenant: String,
    /// First administrator.
    #[schemars(
        title = "E-Mail der ersten Administration",
        description = "Wer sich zuerst anmeldet und weitere Personen einträgt",
        extend("format" = "email", "maxLength" = 200)
    )]
    pub admin_email: String,
    /// Values of the plan's fields.
    #[serde(flatten)]
    #[schemars(skip)]
    pub further: BTreeMap<String, Value>,
}

fn yes() -> bool {
    true
}

fn tenant() -> String {
    "tenant".to_owned()
}

fn email() -> String {
    "admin_email".to_owned()
}

/// The form: tenant, administrator, and what the plan asks besides.
pub fn order_schema(plan: &Plan) -> Value {
    let mut schema = schema_of::<Order>();
    let object = |value: Option<&mut Value>| value.and_then(Value::as_object_mut).map(std::mem::take);
    let mut properties = object(schema.get_mut("properties")).unwrap_or_default();
    let mut required = vec![json!("tenant"), json!("admin_email")];
    for field in &plan.fields {
        properties.insert(field.name.clone(), property(field));
        if !field.optional {
            required.push(json!(field.name));
        }
    }
    namespace::put(&mut schema, "properties", Value::Object(properties));
    namespace::put(&mut schema, "required", Value::Array(required));
    namespace::put(&mut schema, "additionalProperties", json!(false));
    schema
}

fn property(field: &Field) -> Value {
    let mut property = match &field.input {
        Input::Text { max_length } => json!({"type": "string", "minLength": 1, "maxLength": max_length}),
        Input::Choice { values } => json!({"type": "string", "enum": values}),
        Input::Number { minimum, maximum } => {
            json!({"type": "integer", "minimum": minimum, "maximum": maximum})
        }
    };
    namespace::put(&mut property, "title", json!(field.title));
    namespace::put(&mut property, "description", json!(field.description));
    property
}

/// What is wrong with the plan.
pub fn check_plan(plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut refuse = |wrong: bool, pointer: String, code: &str, message: &str| {
        if wrong {
            findings.push(Finding::new(pointer, code, message));
        }
    };
    let empty = "Diese Angabe darf nicht leer sein.";
    for (pointer, text) in [
        ("/broker", &plan.broker),
        ("/service_id", &plan.service_id),
        ("/plan_id", &plan.plan_id),
        ("/tenant_parameter", &plan.tenant_parameter),
        ("/email_parameter", &plan.email_parameter),
    ] {
        refuse(text.trim().is_empty(), pointer.to_owned(), "empty", empty);
    }
    let mut taken = vec!["tenant", "admin_email", &plan.tenant_parameter, &plan.email_parameter];
    for (position, field) in plan.fields.iter().enumerate() {
        let pointer = |name: &str| format!("/fields/{position}/{name}");
        let shape = !field.name.is_empty()
            && field.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        let words = "Der Name besteht aus Buchstaben, Ziffern, „_“ und „-“.";
        refuse(!shape, pointer("name"), "not-a-name", words);
        let twice = taken.contains(&field.name.as_str()) || plan.parameters.contains_key(&field.name);
        refuse(twice, pointer("name"), "twice", "Diesen Namen trägt schon eine andere Angabe.");
        refuse(field.title.trim().is_empty(), pointer("title"), "empty", empty);
        let senseless = match &field.input {
            Input::Text { max_length } => *max_length == 0,
            Input::Choice { values } => values.is_empty(),
            Input::Number { minimum, maximum } => minimum > maximum,
        };
        refuse(senseless, pointer("input"), "nothing-fits", "In dieses Feld passt keine Eingabe.");
        taken.push(&field.name);
    }
    findings
}

/// What is wrong with the order.
pub fn check(plan: &Plan, order: &Order) -> Vec<Finding> {
    let mut findings = Vec::new();
    if order.tenant.trim().is_empty() || order.tenant.chars().count() > 80 {
        let words = "Der Mandant braucht einen Namen von höchstens 80 Zeichen.";
        findings.push(Finding::new("/tenant", "not-a-name", words));
    }
    if !looks_like_mail(&order.admin_email) {
        findings.push(Finding::new(
            "/admin_email",
            "not-an-address",
            "Das ist keine E-Mail-Adresse. Richtig wäre zum Beispiel name@musterstadt.example.",
        ));
    }
    for field in &plan.fields {
        let pointer = format!("/{}", field.name);
        match order.further.get(&field.name) {
            None if field.optional => {}
            None => findings.push(Finding::new(pointer, "missing", format!("„{}“ fehlt.", field.title))),
            Some(value) if !fits(&field.input, value) => findings.push(Finding::new(
                pointer,
                "does-not-fit",
                format!("„{}“ passt nicht: {}", field.title, field.description),
            )),
            Some(_) => {}
        }
    }
    for name in order.further.keys().filter(|name| plan.fields.iter().all(|field| field.name != **name)) {
        findings.push(Finding::new(format!("/{name}"), "unknown", "Danach fragt dieser Tarif nicht."));
    }
    findings
}

fn fits(input: &Input, value: &Value) -> bool {
    match input {
        Input::Text { max_length } => value.as_str().is_some_and(|text| {
            !text.trim().is_empty()
                && u32::try_from(text.chars().count()).is_ok_and(|length| length <= *max_length)
        }),
        Input::Choice { values } => value.as_str().is_some_and(|text| values.iter().any(|one| one == text)),
        Input::Number { minimum, maximum } => {
            value.as_i64().is_some_and(|number| number >= *minimum && number <= *maximum)
        }
    }
}

/// Whether a location offers the plan, as far as its operator says what its brokers offer.
pub fn offered(plan: &Plan, known: Option<&[BrokerPlan]>) -> bool {
    let same = |it: &BrokerPlan| {
        it.broker == plan.broker && it.service_id == plan.service_id && it.plan_id == plan.plan_id
    };
    known.is_none_or(|known| known.iter().any(same))
}

/// What the broker shall make of the instance.
pub fn attributes(plan: &Plan, order: &Order) -> Attributes {
    let mut parameters: Map<String, Value> = plan.parameters.clone().into_iter().collect();
    parameters.insert(plan.tenant_parameter.clone(), json!(order.tenant));
    parameters.insert(plan.email_parameter.clone(), json!(order.admin_email));
    parameters.extend(order.further.clone());
    Attributes {
        service_id: plan.service_id.clone(),
        plan_id: plan.plan_id.clone(),
        parameters: Value::Object(parameters),
    }
}

/// The namespace for the Secret with the credentials; the instance itself is made by calls to the broker.
pub fn effects(site: &Site, desired: &Desired, plan: &Plan, order: &Order) -> Result<Effects, Vec<Finding>> {
    let mut findings = check_plan(plan);
    findings.extend(check(plan, order));
    if !site.brokers.contains(&plan.broker) {
        findings.push(Finding::new(
            "/broker",
            "broker-unknown",
            format!("Dieser Standort kennt keinen Service-Broker mit dem Namen „{}“.", plan.broker),
        ));
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    Ok(Effects {
        namespace: namespace::name(desired),
        manifests: namespace::manifests(site, desired),
        ..Effects::default()
    })
}

/// Name of the Secret with the credentials.
pub fn secret_name(desired: &Desired) -> String {
    format!("{}-access", context::object_name(PREFIX, desired.booking))
}

/// Secret and key that are read for the access data.
pub fn access_secrets(desired: &Desired, plan: &Plan) -> Vec<(String, Vec<&'static str>)> {
    if plan.credentials { vec![(secret_name(desired), vec![CREDENTIALS])] } else { Vec::new() }
}

/// Access data from the address and the credentials, whose shape every broker chooses for itself.
pub fn access(endpoints: &[Endpoint], secrets: &BTreeMap<String, String>) -> Access {
    let mut fields: Vec<AccessField> = endpoints
        .iter()
        .filter_map(|endpoint| endpoint.url.as_ref())
        .map(|url| AccessField::shown("url", "Adresse", url))
        .collect();
    let credentials: Map<String, Value> =
        secrets.get(CREDENTIALS).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let known = fields.clone();
    for (key, value) in &credentials {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if known.iter().any(|field| field.value == value) {
            // Many brokers repeat the address among the credentials.
            continue;
        }
        fields.push(match key.as_str() {
            "host" | "hostname" => AccessField::shown("host", "Rechner", &value),
            "port" => AccessField::shown("port", "Port", &value),
            "database" | "dbname" => AccessField::shown("database", "Datenbank", &value),
            "tenant" => AccessField::shown("tenant", "Mandant", &value),
            "user" | "username" => AccessField::shown("user", "Anmeldename", &value),
            "password" => AccessField::hidden("password", "Kennwort", &value),
            // What is not known by name may be a secret; addresses often carry a password.
            other => AccessField::hidden(other, other, &value),
        });
    }
    Access { fields }
}

#[cfg(test)]
#[path = "shared_service_test.rs"]
mod tests;
