//! PostgreSQL as a service: a CloudNativePG `Cluster`, reached through a Service of its own with a verified certificate.
//!
//! This file holds plan, order, form and checks; [`manifests`] and [`ready`] beside it hold the two large functions.

use super::context::{Effects, Query, Site};
use super::exposure;
use super::networks::{self, check_networks};
use super::readiness::Readiness;
use super::{Finding, GeneratedSecret, schema_of};
use crate::reveal::{Access, AccessField};
use crate::{Abilities, Desired, Endpoint, ExposureClass, Meter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub mod backups;
pub mod extensions;
mod manifests;
mod ready;
pub mod restore;

/// What can be measured.
pub const METERS: &[Meter] = &[Meter::Vcpu, Meter::Memory, Meter::Storage, Meter::Instance];

/// What a change keeps: the engine makes the database once, and another major version is another database.
pub const FIXED: &[&str] = &["database", "version"];

/// Prefix of object names.
pub const PREFIX: &str = "pg";

/// Connections of an instance whose plan names no limit.
pub const CONNECTIONS: i64 = 100;
/// Each connection is a process with memory of its own.
const CONNECTIONS_MAX: i64 = 2000;
/// More copies than this slow down each write without another benefit.
const INSTANCES_MAX: i64 = 5;

/// What the provider's plan fixes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Virtual processors of each instance, in thousandths.
    #[schemars(title = "vCPU (Tausendstel)", description = "Prozessoranteil je Instanz, 1000 = 1 vCPU")]
    pub vcpu_milli: i64,
    /// Memory of each instance in MiB.
    #[schemars(title = "Arbeitsspeicher (MiB)", description = "Je Instanz")]
    pub memory_mib: i64,
    /// Smallest storage that can be ordered, in GiB.
    #[schemars(title = "Kleinster Speicherplatz (GiB)", description = "Untergrenze der Bestellung")]
    pub storage_gib_min: i64,
    /// Largest storage that can be ordered, in GiB.
    #[schemars(title = "Größter Speicherplatz (GiB)", description = "Obergrenze der Bestellung")]
    pub storage_gib_max: i64,
    /// Offered major versions.
    #[schemars(title = "Versionen", description = "Angebotene Hauptversionen")]
    pub versions: Vec<u16>,
    /// Instances; more than one is highly available.
    #[serde(default = "one")]
    #[schemars(title = "Instanzen", description = "1 = Einzelknoten, ab 2 hochverfügbar, höchstens 5")]
    pub instances: i64,
    /// Extensions that may be chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Erweiterungen", description = "Namen der Erweiterungen, die bestellt werden dürfen")]
    pub extensions: Vec<String>,
    /// Most connections to the database at the same time; without it the engine's own limit of the instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        title = "Verbindungen",
        description = "So viele gleichzeitig; ohne Angabe 100 für die ganze Instanz"
    )]
    pub connections: Option<i64>,
    /// For how many days the database can be restored; without it there are no backups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Sicherungen (Tage)", description = "So weit zurück; ohne Angabe keine Sicherungen")]
    pub backup_days: Option<i64>,
    /// From where it can be ordered to be reached; the first is proposed.
    #[serde(default = "exposure::usual")]
    #[schemars(transform = exposure::describe_offered)]
    pub exposures: Vec<ExposureClass>,
}

/// What the orderer chooses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Bestellung einer PostgreSQL-Datenbank")]
pub struct Order {
    /// Name of the database and of its owner.
    #[schemars(
        title = "Name der Datenbank",
        description = "Kleinbuchstaben, Ziffern und Unterstrich, beginnend mit einem Buchstaben, zum Beispiel fachverfahren",
        extend("pattern" = "^[a-z][a-z0-9_]{0,30}$", "minLength" = 1, "maxLength" = 31)
    )]
    pub database: String,
    /// Major version.
    #[schemars(title = "Version", description = "Hauptversion von PostgreSQL")]
    pub version: u16,
    /// Storage in GiB.
    #[schemars(
        title = "Speicherplatz",
        description = "Kann später wachsen, aber nicht schrumpfen",
        extend("x-unit" = "GiB")
    )]
    pub storage_gib: i64,
    /// Extensions to create.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        title = "Erweiterungen",
        description = "Werden in der Datenbank eingerichtet; später können weitere dazukommen"
    )]
    pub extensions: Vec<String>,
    /// From where it is reached; without it the plan's first class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", transform = exposure::describe)]
    pub exposure: Option<ExposureClass>,
    /// Networks that may connect.
    #[serde(default)]
    #[schemars(transform = networks::describe)]
    pub allowed_networks: Vec<String>,
}

fn one() -> i64 {
    1
}

/// The form, narrowed to versions that plan and location share and to the plan's storage range.
pub fn order_schema(plan: &Plan, abilities: &Abilities) -> Value {
    let mut schema = schema_of::<Order>();
    let versions: Vec<u16> = plan
        .versions
        .iter()
        .copied()
        .filter(|major| abilities.postgresql_versions.iter().any(|version| version.major == *major))
        .collect();
    let newest = versions.iter().max().copied();
    set(&mut schema, "version", "enum", json!(versions));
    if let Some(newest) = newest {
        set(&mut schema, "version", "default", json!(newest));
    }
    set(&mut schema, "storage_gib", "minimum", json!(plan.storage_gib_min));
    set(&mut schema, "storage_gib", "maximum", json!(plan.storage_gib_max));
    set(&mut schema, "storage_gib", "default", json!(plan.storage_gib_min));
    extensions::narrow(&mut schema, plan, abilities);
    exposure::narrow(&mut schema, &plan.exposures, abilities);
    schema
}

/// Sets a keyword of one property of an object schema.
pub(super) fn set(schema: &mut Value, property: &str, keyword: &str, value: Value) {
    if let Some(Value::Object(map)) = schema.pointer_mut(&format!("/properties/{property}")) {
        map.insert(keyword.to_owned(), value);
    }
}

/// What is wrong with the plan.
pub fn check_plan(plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut positive = |pointer: &str, value: i64, least: i64| {
        if value < least {
            findings.push(Finding::new(pointer, "too-small", format!("Mindestens {least}.")));
        }
    };
    positive("/vcpu_milli", plan.vcpu_milli, 100);
    positive("/memory_mib", plan.memory_mib, 256);
    positive("/storage_gib_min", plan.storage_gib_min, 1);
    positive("/storage_gib_max", plan.storage_gib_max, plan.storage_gib_min);
    positive("/instances", plan.instances, 1);
    positive("/connections", plan.connections.unwrap_or(CONNECTIONS), 1);
    if plan.instances > INSTANCES_MAX {
        findings.push(Finding::new("/instances", "too-large", format!("Höchstens {INSTANCES_MAX}.")));
    }
    if plan.connections.is_some_and(|connections| connections > CONNECTIONS_MAX) {
        findings.push(Finding::new("/connections", "too-large", format!("Höchstens {CONNECTIONS_MAX}.")));
    }
    if let Some(wrong) = plan.extensions.iter().position(|name| !extensions::is_name(name)) {
        findings.push(Finding::new(
            format!("/extensions/{wrong}"),
            "not-a-name",
            "Namen von Erweiterungen bestehen aus Kleinbuchstaben, Ziffern, Unterstrich und Bindestrich.",
        ));
    }
    findings.extend(backups::check_plan(plan));
    findings.extend(exposure::check_plan(&plan.exposures));
    if plan.versions.is_empty() {
        findings.push(Finding::new("/versions", "missing", "Mindestens eine Version anbieten."));
    }
    findings
}

/// What is wrong with the order under this plan.
pub fn check(plan: &Plan, order: &Order) -> Vec<Finding> {
    let mut findings = check_database(&order.database);
    if !plan.versions.contains(&order.version) {
        let offered: Vec<String> = plan.versions.iter().map(u16::to_string).collect();
        findings.push(Finding::new(
            "/version",
            "not-offered",
            format!(
                "Version {} gehört nicht zu diesem Tarif. Angeboten: {}.",
                order.version,
                offered.join(", ")
            ),
        ));
    }
    if order.storage_gib < plan.storage_gib_min || order.storage_gib > plan.storage_gib_max {
        findings.push(Finding::new(
            "/storage_gib",
            if order.storage_gib < plan.storage_gib_min { "too-small" } else { "too-large" },
            format!(
                "Der Speicherplatz muss zwischen {} und {} GiB liegen.",
                plan.storage_gib_min, plan.storage_gib_max
            ),
        ));
    }
    findings.extend(extensions::check(plan, order));
    findings.extend(exposure::check(&plan.exposures, order.exposure));
    findings.extend(check_networks(&order.allowed_networks));
    findings
}

/// What a plan needs that a location lacks.
pub fn check_location(plan: &Plan, abilities: &Abilities) -> Vec<Finding> {
    let reach = exposure::check_location(&plan.exposures, abilities);
    backups::check_location(plan, abilities).into_iter().chain(reach).collect()
}

/// What a change must not take away.
pub fn check_change(from: (&Plan, &Order), to: (&Plan, &Order)) -> Vec<Finding> {
    let mut findings = extensions::check_change(from.1, to.1);
    if from.0.backup_days.is_some() && to.0.backup_days.is_none() {
        findings.push(Finding::new(
            "",
            "backups-end",
            "Zu diesem Tarif gehören keine Sicherungen; die vorhandenen gingen verloren. Wählen Sie einen Tarif mit Sicherungen.",
        ));
    }
    findings
}

fn check_database(name: &str) -> Vec<Finding> {
    let mut chars = name.chars();
    let shape = chars.next().is_some_and(|first| first.is_ascii_lowercase())
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.len() <= 31;
    if !shape {
        return vec![Finding::new(
            "/database",
            "not-a-name",
            "Der Name besteht aus höchstens 31 Kleinbuchstaben, Ziffern und Unterstrichen und beginnt mit einem Buchstaben.",
        )];
    }
    let reserved = ["postgres", "template0", "template1", "streaming_replica", "public", "none"];
    if reserved.contains(&name) || name.starts_with("pg_") {
        return vec![Finding::new(
            "/database",
            "reserved",
            format!(
                "„{name}“ ist in PostgreSQL vergeben. Wählen Sie einen anderen Namen, zum Beispiel {name}_db."
            ),
        )];
    }
    Vec::new()
}

/// What is allocated while it runs. Also asked for what no check has seen yet, so no number may be too large for it.
pub fn sizes(plan: &Plan, order: &Order) -> Vec<(Meter, i64)> {
    vec![
        (Meter::Vcpu, plan.vcpu_milli.saturating_mul(plan.instances)),
        (Meter::Memory, plan.memory_mib.saturating_mul(plan.instances)),
        (Meter::Storage, order.storage_gib.saturating_mul(1024).saturating_mul(plan.instances)),
        (Meter::Instance, 1),
    ]
}

/// A size that the volume class cannot reach would be accepted by the engine, never happen, show nowhere, and block every
/// later change.
pub fn check_observed(site: &Site, desired: &Desired, order: &Order, observed: &[Value]) -> Vec<Finding> {
    if !site.volumes_fixed || ready::grown(order, &ready::volumes(site, desired, observed)) {
        return Vec::new();
    }
    vec![Finding::new(
        "/storage_gib",
        "volume-cannot-grow",
        "Der Speicherplatz kann an diesem Standort nicht wachsen. Bestellen Sie eine neue Datenbank in der gewünschten Größe.",
    )]
}

/// Everything that shall exist.
pub fn effects(site: &Site, desired: &Desired, plan: &Plan, order: &Order) -> Result<Effects, Vec<Finding>> {
    let mut findings = check_plan(plan);
    findings.extend(check(plan, order));
    if !findings.is_empty() {
        return Err(findings);
    }
    let Some(image) = site.postgresql_images.get(&order.version) else {
        return Err(vec![Finding::new(
            "/version",
            "version-unavailable",
            format!("Version {} ist an diesem Standort nicht verfügbar.", order.version),
        )]);
    };
    let mut missing: Vec<Finding> = extensions::check_site(site, plan, order);
    missing.extend(backups::check_site(site, plan));
    missing.extend(check_restore(desired, plan));
    if !missing.is_empty() {
        return Err(missing);
    }
    Ok(manifests::effects(site, desired, plan, order, image))
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

/// A restore needs backups, and an address that can be led to another database.
fn check_restore(desired: &Desired, plan: &Plan) -> Option<Finding> {
    let possible = plan.backup_days.is_some() && desired.exposure.class != ExposureClass::Cluster;
    (desired.restore.is_some() && !possible).then(|| {
        Finding::new(
            "",
            "restore-impossible",
            "Diese Datenbank hat keine Sicherungen, die sich wiederherstellen ließen.",
        )
    })
}

/// The engine's own label finds what the engine makes, also where it does not inherit ours; ours finds it also where the
/// marketplace forgot that something was restored.
pub fn queries(desired: &Desired) -> Vec<Query> {
    let names = restore::names(desired);
    let engine = |api_version, kind| {
        let of =
            |value: &String| Query { api_version, kind, label: restore::LABEL_CLUSTER, value: value.clone() };
        names.iter().map(of).collect::<Vec<_>>()
    };
    let mut queries = vec![
        Query::of_booking("postgresql.cnpg.io/v1", "Cluster", desired),
        Query::of_booking("postgresql.cnpg.io/v1", "Database", desired),
        Query::of_booking("postgresql.cnpg.io/v1", "ScheduledBackup", desired),
        Query::of_booking(backups::STORE.0, backups::STORE.1, desired),
        Query::of_booking("v1", "Service", desired),
        Query::of_booking("v1", "Pod", desired),
        Query::of_booking("v1", "PersistentVolumeClaim", desired),
        Query::of_booking("networking.k8s.io/v1", "NetworkPolicy", desired),
    ];
    queries.extend(engine("v1", "Pod"));
    queries.extend(engine("v1", "PersistentVolumeClaim"));
    queries
}

/// Secrets and keys that are read for the access data. Of the CA only the certificate, never its key.
pub fn access_secrets(desired: &Desired, serving: u32) -> Vec<(String, Vec<String>)> {
    let name = restore::name(desired, serving);
    let user = ["username", "password", "dbname"].map(str::to_owned).to_vec();
    vec![(format!("{name}-app"), user), (format!("{name}-ca"), vec!["ca.crt".to_owned()])]
}

/// The Secret that is made for a plan with backups.
pub fn backup_secret(desired: &Desired, plan: &Plan) -> Option<GeneratedSecret> {
    plan.backup_days.map(|_days| backups::secret(desired))
}

/// Access data from the values of those keys.
pub fn access(endpoint: Option<&Endpoint>, secrets: &BTreeMap<String, String>) -> Access {
    let value = |key: &str| secrets.get(key).map(String::as_str).unwrap_or_default();
    let mut fields = Vec::new();
    if let Some(endpoint) = endpoint {
        fields.push(AccessField::shown("host", "Rechnername", &endpoint.host));
        if let Some(address) = &endpoint.address {
            fields.push(AccessField::shown("address", "IP-Adresse", address));
        }
        fields.push(AccessField::shown("port", "Port", &endpoint.port.to_string()));
    }
    fields.push(AccessField::shown("database", "Datenbank", value("dbname")));
    fields.push(AccessField::shown("user", "Benutzer", value("username")));
    fields.push(AccessField::hidden("password", "Kennwort", value("password")));
    fields.push(AccessField::shown("ca", "CA-Zertifikat", value("ca.crt")));
    if let Some(endpoint) = endpoint {
        let uri = format!(
            "postgresql://{}@{}:{}/{}?sslmode=verify-full&sslrootcert=ca.crt",
            value("username"),
            endpoint.host,
            endpoint.port,
            value("dbname")
        );
        fields.push(AccessField::shown("uri", "Verbindungsadresse (ohne Kennwort)", &uri));
    }
    Access { fields }
}

#[cfg(test)]
#[path = "postgresql_test.rs"]
mod tests;
