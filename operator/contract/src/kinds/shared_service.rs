//! One more tenant of a service that runs for all: an instance and a binding at an Open Service Broker (API 2.17).
//!
//! This file holds plan, order, form and checks. Beside it: `state` is what is remembered of an instance, `next` decides the
//! next call, `answers` takes in what the broker said, `requests` writes the calls, `ready` reads how far it is. All of it is
//! pure; the operator sends one call per pass.

use super::application::looks_like_mail;
use super::context::{self, Effects, Site};
use super::fields::{self, Field};
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
    /// What the order form asks besides; the name of a field is the name of the parameter.
    #[serde(default)]
    #[schemars(title = "Weitere Felder", description = "Was die Bestellung außerdem erfragt")]
    pub fields: Vec<Field>,
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
    fields::extend(&mut schema, &plan.fields);
    schema
}

/// What is wrong with the plan.
pub fn check_plan(plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pointer, text) in [
        ("/broker", &plan.broker),
        ("/service_id", &plan.service_id),
        ("/plan_id", &plan.plan_id),
        ("/tenant_parameter", &plan.tenant_parameter),
        ("/email_parameter", &plan.email_parameter),
    ] {
        if text.trim().is_empty() {
            findings.push(Finding::new(pointer, "empty", "Diese Angabe darf nicht leer sein."));
        }
    }
    let mut taken = vec!["tenant", "admin_email", &plan.tenant_parameter, &plan.email_parameter];
    taken.extend(plan.parameters.keys().map(String::as_str));
    findings.extend(fields::check_plan(&plan.fields, &taken));
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
    findings.extend(fields::check(&plan.fields, &order.further));
    findings
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
    let asked = fields::values(&plan.fields, &order.further);
    parameters.extend(asked.into_iter().map(|(field, value)| (field.name.clone(), value)));
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
pub fn access_secrets(desired: &Desired, plan: &Plan) -> Vec<(String, Vec<String>)> {
    if plan.credentials { vec![(secret_name(desired), vec![CREDENTIALS.to_owned()])] } else { Vec::new() }
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
