//! An application of the app store: Deployment, volume, Service and address, as the offering's developer described it.
//!
//! This file holds plan, order, form and checks; `manifests` and `ready` beside it hold the two large functions.

use super::context::{Effects, Query, Site};
use super::networks::{self, check_networks};
use super::readiness::Readiness;
use super::{Finding, schema_of};
use crate::reveal::{Access, AccessField};
use crate::{Abilities, Desired, Endpoint, Meter, Nature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

mod manifests;
mod ready;

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

/// What the provider's plan fixes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Image with tag or digest.
    #[schemars(title = "Programmabbild", description = "Mit Version oder Prüfsumme, nie „latest“")]
    pub image: String,
    /// TCP port on which the application speaks HTTP; above 1023.
    #[schemars(title = "Port", description = "Port, auf dem die Anwendung HTTP spricht")]
    pub port: u16,
    /// Virtual processors in thousandths.
    #[schemars(title = "vCPU (Tausendstel)", description = "1000 = 1 vCPU")]
    pub vcpu_milli: i64,
    /// Memory in MiB.
    #[schemars(title = "Arbeitsspeicher (MiB)", description = "Obergrenze der Anwendung")]
    pub memory_mib: i64,
    /// Storage in GiB, 0 for none.
    #[serde(default)]
    #[schemars(title = "Speicherplatz (GiB)", description = "0 = ohne eigenen Speicher")]
    pub storage_gib: i64,
    /// Where the volume appears.
    #[serde(default = "data")]
    #[schemars(title = "Datenverzeichnis", description = "Ort des Speichers in der Anwendung")]
    pub data_path: String,
    /// Page that answers 200 once the application can do its job.
    #[schemars(
        title = "Bereitschaftsseite",
        description = "Antwortet mit 200, sobald die Anwendung arbeitet"
    )]
    pub health_path: String,
    /// User id in the image; never 0.
    #[serde(default = "nonroot")]
    #[schemars(title = "Benutzernummer", description = "Unter der die Anwendung läuft, nie 0")]
    pub run_as_user: i64,
    /// Fixed environment.
    #[serde(default)]
    #[schemars(title = "Umgebungsvariablen", description = "Feste Einstellungen, keine Geheimnisse")]
    pub environment: BTreeMap<String, String>,
    /// Names of environment variables through which the application learns its own address and first administrator.
    #[serde(default)]
    #[schemars(
        title = "Erste Anmeldung",
        description = "Wie die Anwendung Adresse und erste Anmeldung erfährt"
    )]
    pub first_admin: Option<FirstAdmin>,
    /// Counters in Prometheus format.
    #[serde(default)]
    #[schemars(title = "Zähler", description = "Zähler im Prometheus-Format, nach denen abgerechnet wird")]
    pub counters: Vec<Counter>,
}

/// Environment variables for the first sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FirstAdmin {
    /// Variable for the e-mail address.
    pub email_env: String,
    /// Variable for the password, which is drawn in the cluster.
    pub password_env: String,
    /// Variable for the public address.
    #[serde(default)]
    pub url_env: Option<String>,
}

/// A consumption meter of the application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counter {
    /// What it counts.
    pub meter: Meter,
    /// Path of the metrics page on the application's port.
    pub path: String,
    /// Name of the counter; several series of that name are added up.
    pub series: String,
    /// Name of a series that says when counting began (seconds since 1970); it becomes the epoch of the readings.
    #[serde(default)]
    pub epoch_series: Option<String>,
}

/// What the orderer chooses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
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
    /// Networks that may connect.
    #[serde(default)]
    #[schemars(transform = networks::describe)]
    pub allowed_networks: Vec<String>,
}

fn data() -> String {
    "/data".to_owned()
}

fn nonroot() -> i64 {
    65532
}

/// The form; where the location cannot restrict applications to networks, it does not ask for them.
pub fn order_schema(_plan: &Plan, abilities: &Abilities) -> Value {
    let mut schema = schema_of::<Order>();
    if let Some(Value::Object(properties)) = schema.get_mut("properties")
        && !abilities.application_networks
    {
        properties.shift_remove("allowed_networks");
    }
    schema
}

/// What is wrong with the plan.
pub fn check_plan(plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut refuse = |wrong: bool, pointer: &str, code: &str, message: &str| {
        if wrong {
            findings.push(Finding::new(pointer, code, message));
        }
    };
    let tag = plan.image.rsplit('/').next().and_then(|last| last.split_once(':'));
    refuse(
        tag.is_none_or(|(_, version)| version.is_empty() || version == "latest"),
        "/image",
        "no-version",
        "Das Programmabbild braucht eine feste Version oder Prüfsumme.",
    );
    refuse(plan.port < 1024, "/port", "privileged", "Der Port muss über 1023 liegen.");
    refuse(plan.vcpu_milli < 10, "/vcpu_milli", "too-small", "Mindestens 10 Tausendstel vCPU.");
    refuse(plan.memory_mib < 16, "/memory_mib", "too-small", "Mindestens 16 MiB.");
    refuse(plan.storage_gib < 0, "/storage_gib", "too-small", "Der Speicherplatz kann nicht negativ sein.");
    refuse(!plan.data_path.starts_with('/'), "/data_path", "not-absolute", "Der Ort beginnt mit „/“.");
    refuse(!plan.health_path.starts_with('/'), "/health_path", "not-absolute", "Der Pfad beginnt mit „/“.");
    refuse(plan.run_as_user < 1, "/run_as_user", "root", "Die Anwendung darf nicht als root laufen.");
    for (position, counter) in plan.counters.iter().enumerate() {
        if counter.meter.nature() != Nature::Consumption {
            findings.push(Finding::new(
                format!("/counters/{position}/meter"),
                "not-a-counter",
                "Diese Messgröße wird nicht gezählt, sondern aus der Größe ermittelt.",
            ));
        }
    }
    findings
}

/// What is wrong with the order.
pub fn check(_plan: &Plan, order: &Order) -> Vec<Finding> {
    let mut findings = Vec::new();
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let shape = order.label.chars().next().is_some_and(|first| first.is_ascii_lowercase())
        && ends(order.label.chars().last())
        && order.label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && order.label.len() <= 30;
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
    findings.extend(check_networks(&order.allowed_networks));
    findings
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
        (Meter::Storage, plan.storage_gib.saturating_mul(1024)),
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

/// Secrets and keys that are read for the access data.
pub fn access_secrets(desired: &Desired, plan: &Plan) -> Vec<(String, Vec<&'static str>)> {
    match plan.first_admin {
        Some(_) => vec![(manifests::admin_secret_name(desired), vec!["email", "password"])],
        None => Vec::new(),
    }
}

/// Access data from the values of those keys.
pub fn access(site: &Site, endpoint: Option<&Endpoint>, secrets: &BTreeMap<String, String>) -> Access {
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
    let verified =
        endpoint.and_then(|endpoint| endpoint.url.as_ref()).is_some_and(|url| url.starts_with("https"));
    if let Some(ca) = site.ingress_ca.as_ref().filter(|_| verified) {
        fields.push(AccessField::shown("ca", "Zertifikat der Prüfstelle (CA)", ca));
    }
    Access { fields }
}

#[cfg(test)]
#[path = "application_test.rs"]
mod tests;
