//! A virtual machine: a KubeVirt `VirtualMachine` with a disk of its own, entered by `ssh` with the customer's own key.
//!
//! This file holds plan, order, form and checks; beside it [`keys`] reads public keys, [`start`] writes what the machine
//! reads at its first start, [`manifests`] and [`ready`] hold the two large functions.

use super::context::{Effects, Query, Site, object_name};
use super::exposure;
use super::networks::{self, check_networks};
use super::postgresql::set;
use super::readiness::Readiness;
use super::{Finding, schema_of};
use crate::reveal::{Access, AccessField};
use crate::{Abilities, Desired, Endpoint, ExposureClass, Meter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub mod keys;
mod manifests;
mod ready;
pub mod start;

/// What can be measured.
pub const METERS: &[Meter] = &[Meter::Vcpu, Meter::Memory, Meter::Storage, Meter::Instance];

/// What a change keeps: the machine reads all of it once, at its first start.
pub const FIXED: &[&str] = &["hostname", "system", "ssh_keys"];

/// Prefix of object names.
pub const PREFIX: &str = "vm";

/// Key of the Secret with the public host key.
pub(super) const HOST_KEY: &str = "host_key";
/// Key of the Secret with the name of the person that signs in.
pub(super) const USER: &str = "user";

/// What the provider's plan fixes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Virtual processors in thousandths; whole ones only.
    #[schemars(title = "vCPU (Tausendstel)", description = "1000 = 1 vCPU, nur ganze vCPU")]
    pub vcpu_milli: i64,
    /// Memory in MiB.
    #[schemars(title = "Arbeitsspeicher (MiB)", description = "Den die Maschine sieht")]
    pub memory_mib: i64,
    /// Smallest disk that can be ordered, in GiB.
    #[schemars(title = "Kleinste Festplatte (GiB)", description = "Untergrenze der Bestellung")]
    pub storage_gib_min: i64,
    /// Largest disk that can be ordered, in GiB.
    #[schemars(title = "Größte Festplatte (GiB)", description = "Obergrenze der Bestellung")]
    pub storage_gib_max: i64,
    /// Offered operating systems; a location knows their images by the code.
    #[schemars(
        title = "Betriebssysteme",
        description = "Kennung des Abbilds am Standort und Name für Menschen"
    )]
    pub systems: Vec<System>,
    /// Login name of the account that the keys open.
    #[serde(default = "user")]
    #[schemars(title = "Anmeldename", description = "Konto, das die öffentlichen Schlüssel öffnen")]
    pub user: String,
    /// From where it can be ordered to be reached; the first is proposed.
    #[serde(default = "exposure::usual")]
    #[schemars(transform = exposure::describe_offered)]
    pub exposures: Vec<ExposureClass>,
}

/// An operating system that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct System {
    /// Under which the operator of a location knows the image, such as `debian-12`.
    pub code: String,
    /// Such as `Debian 12`.
    pub title: String,
}

/// What the orderer chooses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Bestellung einer virtuellen Maschine")]
pub struct Order {
    /// Host name.
    #[schemars(
        title = "Rechnername",
        description = "Kleinbuchstaben, Ziffern und Bindestrich, beginnend mit einem Buchstaben, zum Beispiel fachverfahren",
        extend("pattern" = "^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$", "minLength" = 1, "maxLength" = 30)
    )]
    pub hostname: String,
    /// Code of the operating system.
    #[schemars(title = "Betriebssystem", description = "Womit die Maschine zum ersten Mal startet")]
    pub system: String,
    /// Disk in GiB.
    #[schemars(
        title = "Festplatte",
        description = "Bleibt erhalten, wenn die Maschine angehalten wird",
        extend("x-unit" = "GiB")
    )]
    pub storage_gib: i64,
    /// Public keys that open the account. How many there may be is said by the check, so that a pasted private key is
    /// recognised before its lines are counted.
    #[schemars(
        title = "Öffentliche SSH-Schlüssel",
        description = "Der Inhalt einer Datei mit der Endung .pub. Nur wer den passenden privaten Schlüssel hat, kann sich anmelden; ein Kennwort gibt es nicht",
        extend("x-widget" = "lines", "minItems" = 1)
    )]
    pub ssh_keys: Vec<String>,
    /// From where it is reached; without it the plan's first class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", transform = exposure::describe)]
    pub exposure: Option<ExposureClass>,
    /// Networks that may connect.
    #[serde(default)]
    #[schemars(transform = networks::describe)]
    pub allowed_networks: Vec<String>,
}

fn user() -> String {
    "verwaltung".to_owned()
}

/// The form, narrowed to the plan's disk range and to the systems that plan and location share. A location that names no
/// image narrows nothing: without images it does not offer the kind at all.
pub fn order_schema(plan: &Plan, abilities: &Abilities) -> Value {
    let mut schema = schema_of::<Order>();
    let known = |system: &&System| {
        abilities.machine_images.is_empty() || abilities.machine_images.contains(&system.code)
    };
    let systems: Vec<&System> = plan.systems.iter().filter(known).collect();
    let choices: Vec<Value> =
        systems.iter().map(|system| json!({"const": system.code, "title": system.title})).collect();
    set(&mut schema, "system", "oneOf", json!(choices));
    if let Some(first) = systems.first() {
        set(&mut schema, "system", "default", json!(first.code));
    }
    set(&mut schema, "storage_gib", "minimum", json!(plan.storage_gib_min));
    set(&mut schema, "storage_gib", "maximum", json!(plan.storage_gib_max));
    set(&mut schema, "storage_gib", "default", json!(plan.storage_gib_min));
    exposure::narrow(&mut schema, &plan.exposures, abilities);
    schema
}

/// What is wrong with the plan.
pub fn check_plan(plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut refuse = |wrong: bool, pointer: &str, code: &str, message: String| {
        if wrong {
            findings.push(Finding::new(pointer, code, message));
        }
    };
    refuse(
        plan.vcpu_milli < 1000 || plan.vcpu_milli % 1000 != 0 || plan.vcpu_milli > 256_000,
        "/vcpu_milli",
        "not-whole",
        "Eine Maschine hat 1 bis 256 ganze vCPU: 1000, 2000 und so weiter.".to_owned(),
    );
    refuse(
        plan.memory_mib < 128 || plan.memory_mib % 2 != 0,
        "/memory_mib",
        "too-small",
        "Mindestens 128 MiB, und eine gerade Zahl.".to_owned(),
    );
    refuse(plan.storage_gib_min < 1, "/storage_gib_min", "too-small", "Mindestens 1 GiB.".to_owned());
    refuse(
        plan.storage_gib_max < plan.storage_gib_min,
        "/storage_gib_max",
        "too-small",
        format!("Mindestens {}.", plan.storage_gib_min),
    );
    refuse(
        plan.systems.is_empty(),
        "/systems",
        "missing",
        "Mindestens ein Betriebssystem anbieten.".to_owned(),
    );
    for (position, system) in plan.systems.iter().enumerate() {
        refuse(
            !is_label(&system.code, 40) || system.title.trim().is_empty(),
            &format!("/systems/{position}"),
            "not-a-system",
            "Ein Betriebssystem hat eine Kennung aus Kleinbuchstaben, Ziffern und Bindestrich und einen Namen.".to_owned(),
        );
    }
    refuse(
        !is_label(&plan.user, 32) || plan.user == "root",
        "/user",
        "not-a-name",
        "Der Anmeldename besteht aus Kleinbuchstaben, Ziffern und Bindestrich und ist nicht root.".to_owned(),
    );
    findings.extend(exposure::check_plan(&plan.exposures));
    findings
}

/// What is wrong with the order under this plan.
pub fn check(plan: &Plan, order: &Order) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !is_label(&order.hostname, 30) {
        findings.push(Finding::new(
            "/hostname",
            "not-a-name",
            "Der Rechnername besteht aus höchstens 30 Kleinbuchstaben, Ziffern und Bindestrichen, beginnt mit einem Buchstaben und endet nicht mit einem Bindestrich.",
        ));
    }
    if order.hostname == "localhost" {
        findings.push(Finding::new(
            "/hostname",
            "reserved",
            "„localhost“ meint immer den eigenen Rechner. Wählen Sie einen anderen Namen.",
        ));
    }
    if !plan.systems.iter().any(|system| system.code == order.system) {
        let offered: Vec<&str> = plan.systems.iter().map(|system| system.title.as_str()).collect();
        findings.push(Finding::new(
            "/system",
            "not-offered",
            format!("Dieses Betriebssystem gehört nicht zu diesem Tarif. Angeboten: {}.", offered.join(", ")),
        ));
    }
    if order.storage_gib < plan.storage_gib_min || order.storage_gib > plan.storage_gib_max {
        findings.push(Finding::new(
            "/storage_gib",
            if order.storage_gib < plan.storage_gib_min { "too-small" } else { "too-large" },
            format!(
                "Die Festplatte muss zwischen {} und {} GiB groß sein.",
                plan.storage_gib_min, plan.storage_gib_max
            ),
        ));
    }
    findings.extend(keys::read_all(&order.ssh_keys).err().unwrap_or_default());
    findings.extend(exposure::check(&plan.exposures, order.exposure));
    findings.extend(check_networks(&order.allowed_networks));
    findings
}

/// What a plan needs that a location lacks.
pub fn check_location(plan: &Plan, abilities: &Abilities) -> Vec<Finding> {
    exposure::check_location(&plan.exposures, abilities).into_iter().collect()
}

/// A DNS label of at most `most` letters.
fn is_label(text: &str, most: usize) -> bool {
    let inner = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit();
    text.len() <= most
        && text.chars().next().is_some_and(|first| first.is_ascii_lowercase())
        && text.chars().last().is_some_and(inner)
        && text.chars().all(|sign| inner(sign) || sign == '-')
}

/// What is allocated while it runs.
pub fn sizes(plan: &Plan, order: &Order) -> Vec<(Meter, i64)> {
    vec![
        (Meter::Vcpu, plan.vcpu_milli),
        (Meter::Memory, plan.memory_mib),
        (Meter::Storage, order.storage_gib.saturating_mul(1024)),
        (Meter::Instance, 1),
    ]
}

/// A disk that cannot grow would be asked for and never come.
pub fn check_observed(site: &Site, order: &Order, observed: &[Value]) -> Vec<Finding> {
    if !site.machine_volumes_fixed || ready::grown(order, observed) {
        return Vec::new();
    }
    vec![Finding::new(
        "/storage_gib",
        "volume-cannot-grow",
        "Die Festplatte kann an diesem Standort nicht wachsen. Bestellen Sie eine neue Maschine in der gewünschten Größe.",
    )]
}

/// Everything that shall exist.
pub fn effects(site: &Site, desired: &Desired, plan: &Plan, order: &Order) -> Result<Effects, Vec<Finding>> {
    let mut findings = check_plan(plan);
    findings.extend(check(plan, order));
    if !findings.is_empty() {
        return Err(findings);
    }
    let Some(image) = site.machine_images.get(&order.system) else {
        return Err(vec![Finding::new(
            "/system",
            "system-unavailable",
            format!("Das Betriebssystem „{}“ ist an diesem Standort nicht verfügbar.", order.system),
        )]);
    };
    let keys = keys::read_all(&order.ssh_keys)?;
    Ok(manifests::effects(site, desired, plan, order, image, &keys))
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

/// The machine's template carries the booking's label to everything that the engine makes of it.
pub fn queries(desired: &Desired) -> Vec<Query> {
    [
        ("kubevirt.io/v1", "VirtualMachine"),
        ("kubevirt.io/v1", "VirtualMachineInstance"),
        ("cdi.kubevirt.io/v1beta1", "VolumeImportSource"),
        ("v1", "Pod"),
        ("v1", "PersistentVolumeClaim"),
        ("v1", "Service"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
    ]
    .into_iter()
    .map(|(api_version, kind)| Query::of_booking(api_version, kind, desired))
    .collect()
}

/// Secret and keys that are read for the access data; never the private host key.
pub fn access_secrets(desired: &Desired) -> Vec<(String, Vec<String>)> {
    vec![(manifests::start_secret_name(desired.booking), vec![USER.to_owned(), HOST_KEY.to_owned()])]
}

/// Access data from the values of those keys. The private key of the customer is with the customer.
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
    fields.push(AccessField::shown("user", "Benutzer", value(USER)));
    if let Some(fingerprint) = start::fingerprint(value(HOST_KEY)) {
        fields.push(AccessField::shown("fingerprint", "Fingerabdruck der Maschine", &fingerprint));
    }
    if let Some(endpoint) = endpoint {
        let command = format!("ssh {}@{}", value(USER), endpoint.host);
        fields.push(AccessField::shown("command", "Anmelden mit", &command));
        let known = format!("{} {}", endpoint.host, value(HOST_KEY));
        fields.push(AccessField::shown("known-hosts", "Zeile für known_hosts", &known));
    }
    Access { fields }
}

/// Main object of a booking.
fn name(desired: &Desired) -> String {
    object_name(PREFIX, desired.booking)
}

#[cfg(test)]
#[path = "virtual_machine_test.rs"]
mod tests;
