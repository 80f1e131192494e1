//! An application of the app store: Deployment, volume, Service and address, as the offering's developer described it.
//!
//! This file holds order, form and checks; beside it `plan` holds the plan, `manifests` and `ready` the two large functions.

use super::context::{Effects, Query, Site};
use super::exposure;
use super::networks::{self, check_networks};
use super::readiness::Readiness;
use super::{Finding, fields, schema_of};
use crate::reveal::{Access, AccessField};
use crate::{Abilities, Desired, Endpoint, ExposureClass, Meter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

mod manifests;
pub(super) mod plan;
mod ready;

pub use plan::{
    Counter, FirstAdmin, Plan, Port, Secret, Setting, Volume, check_change, check_location, check_plan,
};

/// What can be measured; which consumption meters apply is up to the plan's counters.
pub const METERS: &[Meter] = &[
    Meter::Vcpu,
    Meter::Memory,
    Meter::Storage,
    Meter::Instance,
    Meter::Conversations,
    Meter::Users,
    Meter::Lamps,
];

/// What a change keeps: the address that people know, and who signed in first.
pub const FIXED: &[&str] = &["label", "admin_email"];

/// Prefix of object names.
pub const PREFIX: &str = "app";

/// What the orderer chooses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Bestellung einer Anwendung")]
pub struct Order {
    /// First part of the host name.
    #[schemars(
        title = "Name in der Adresse",
        description = "Erster Teil der Internetadresse: Kleinbuchstaben, Ziffern und Bindestrich, zum Beispiel austausch",
        extend("pattern" = "^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$", "minLength" = 1, "maxLength" = 30)
    )]
    pub label: String,
    /// First administrator.
    #[schemars(
        title = "E-Mail der ersten Administration",
        description = "Wer sich zuerst anmeldet und weitere Personen einträgt",
        extend("format" = "email", "maxLength" = 200)
    )]
    pub admin_email: String,
    /// From where it is reached; without it the plan's first class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", transform = exposure::describe)]
    pub exposure: Option<ExposureClass>,
    /// Networks that may connect.
    #[serde(default)]
    #[schemars(transform = networks::describe)]
    pub allowed_networks: Vec<String>,
    /// Values of the plan's fields.
    #[serde(flatten)]
    #[schemars(skip)]
    pub further: BTreeMap<String, Value>,
}

fn data() -> String {
    "/data".to_owned()
}

fn nonroot() -> i64 {
    65532
}

/// The form, with what the plan asks besides; where the location cannot restrict applications to networks, it does not ask for
/// them.
pub fn order_schema(plan: &Plan, abilities: &Abilities) -> Value {
    let mut schema = schema_of::<Order>();
    if let Some(Value::Object(properties)) = schema.get_mut("properties")
        && !abilities.application_networks
    {
        properties.shift_remove("allowed_networks");
    }
    exposure::narrow(&mut schema, &plan.exposures, abilities);
    fields::extend(&mut schema, plan.asked());
    schema
}

/// What is wrong with the order.
pub fn check(plan: &Plan, order: &Order) -> Vec<Finding> {
    let mut findings = Vec::new();
    let shape = is_label(&order.label, 30);
    if !shape {
        findings.push(Finding::new(
            "/label",
            "not-a-name",
            "Der Name besteht aus höchstens 30 Kleinbuchstaben, Ziffern und Bindestrichen, beginnt mit einem Buchstaben und endet nicht mit einem Bindestrich.",
        ));
    }
    if !looks_like_mail(&order.admin_email) {
        findings.push(Finding::new(
            "/admin_email",
            "not-an-address",
            "Das ist keine E-Mail-Adresse. Richtig wäre zum Beispiel name@musterstadt.example.",
        ));
    }
    findings.extend(exposure::check(&plan.exposures, order.exposure));
    findings.extend(check_networks(&order.allowed_networks));
    findings.extend(fields::check(plan.asked(), &order.further));
    findings
}

/// Small letters, digits and `-`, as every name in a cluster may have them; a letter first, no `-` last.
fn is_label(text: &str, most: usize) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.ends_with(plain)
        && text.chars().all(|c| plain(c) || c == '-')
        && text.len() <= most
}

pub(super) fn looks_like_mail(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty()
        && text.len() <= 200
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// What is allocated while it runs.
pub fn sizes(plan: &Plan, _order: &Order) -> Vec<(Meter, i64)> {
    vec![
        (Meter::Vcpu, plan.vcpu_milli),
        (Meter::Memory, plan.memory_mib),
        (Meter::Storage, plan.volumes_gib().saturating_mul(1024)),
        (Meter::Instance, 1),
    ]
}

/// Everything that shall exist.
pub fn effects(site: &Site, desired: &Desired, plan: &Plan, order: &Order) -> Result<Effects, Vec<Finding>> {
    let mut findings = check_plan(plan);
    findings.extend(check(plan, order));
    if !desired.exposure.allowed_networks.is_empty() && !site.restricts_applications() {
        findings.push(Finding::new(
            "/allowed_networks",
            "networks-unsupported",
            "Dieser Standort kann Anwendungen nicht auf einzelne Netze beschränken, ohne ihre Verschlüsselung aufzugeben.",
        ));
    }
    if !plan.ports.is_empty() && manifests::ingress_class(site, desired).is_some() {
        findings.push(plan::ports_unsupported());
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    Ok(manifests::effects(site, desired, plan, order))
}

/// How far it is.
pub fn readiness(
    site: &Site,
    desired: &Desired,
    plan: &Plan,
    order: &Order,
    observed: &[Value],
) -> Readiness {
    ready::readiness(site, desired, plan, order, observed)
}

/// Everything carries the booking's label.
pub fn queries(desired: &Desired) -> Vec<Query> {
    [
        ("apps/v1", "Deployment"),
        ("v1", "Pod"),
        ("v1", "PersistentVolumeClaim"),
        ("v1", "Service"),
        ("networking.k8s.io/v1", "Ingress"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
    ]
    .into_iter()
    .map(|(api_version, kind)| Query::of_booking(api_version, kind, desired))
    .collect()
}

/// Secrets and keys that are read for the access data: of what was drawn only what the plan reveals.
pub fn access_secrets(desired: &Desired, plan: &Plan) -> Vec<(String, Vec<String>)> {
    let admin = plan.first_admin.iter().map(|_admin| {
        (manifests::admin_secret_name(desired), vec!["email".to_owned(), "password".to_owned()])
    });
    let shown = plan.secrets.iter().filter(|secret| secret.reveal);
    let shown = shown.map(|secret| (manifests::secret_name(desired, secret), vec![secret.key()]));
    admin.chain(shown).collect()
}

/// Name of the Secret with the certificate of the host name, where the location has an issuer.
pub fn certificate_name(desired: &Desired) -> String {
    manifests::certificate_name(desired)
}

/// Names of the Secrets that are drawn.
pub fn drawn_secrets(desired: &Desired, plan: &Plan) -> Vec<String> {
    let admin = plan.first_admin.iter().map(|_admin| manifests::admin_secret_name(desired));
    admin.chain(plan.secrets.iter().map(|secret| manifests::secret_name(desired, secret))).collect()
}

/// Access data from the addresses and the values of those keys.
pub fn access(
    site: &Site,
    plan: &Plan,
    endpoints: &[Endpoint],
    secrets: &BTreeMap<String, String>,
) -> Access {
    let endpoint = endpoints.first();
    let mut fields = Vec::new();
    if let Some(endpoint) = endpoint {
        let url = endpoint.url.clone().unwrap_or_default();
        fields.push(AccessField::shown("url", "Adresse", &url));
        if let Some(address) = &endpoint.address {
            fields.push(AccessField::shown("address", "IP-Adresse", address));
        }
    }
    if let Some(email) = secrets.get("email") {
        fields.push(AccessField::shown("user", "Anmeldename", email));
    }
    if let Some(password) = secrets.get("password") {
        fields.push(AccessField::hidden("password", "Erstes Kennwort", password));
    }
    for port in endpoints.iter().skip(1) {
        let place = format!("{}:{}", port.host, port.port);
        fields.push(AccessField::shown(
            &format!("port-{}", port.name),
            &format!("Port „{}“", port.name),
            &place,
        ));
    }
    for secret in &plan.secrets {
        if let Some(value) = secrets.get(&secret.key()).filter(|_| secret.reveal) {
            fields.push(AccessField::hidden(&secret.key(), &secret.title, value));
        }
    }
    let verified =
        endpoint.and_then(|endpoint| endpoint.url.as_ref()).is_some_and(|url| url.starts_with("https"));
    if let Some(ca) = site.ingress_ca.as_ref().filter(|_| verified) {
        fields.push(AccessField::shown("ca", "CA-Zertifikat", ca));
    }
    Access { fields }
}

#[cfg(test)]
#[path = "application_test.rs"]
mod tests;
