//! What an offering's developer fixes about an application, and what is wrong with it on its own and as the successor of
//! another plan.

use super::{data, is_label, nonroot};
use crate::kinds::Finding;
use crate::kinds::exposure;
use crate::kinds::fields::{self, Field};
use crate::{Abilities, ExposureClass, Meter, Nature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Volumes of one application, so that the quota of a namespace knows how many there can be.
const MOST_VOLUMES: usize = 4;
/// Ports beside the first.
pub(in crate::kinds) const MOST_PORTS: usize = 4;
/// Characters in the name of a volume or a secret, which becomes part of the name of an object.
const LONGEST_NAME: usize = 20;
/// Members of an order that are no fields of the plan.
const ORDERED: &[&str] = &["label", "admin_email", "exposure", "allowed_networks"];

/// What the provider's plan fixes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Image with tag or digest.
    #[schemars(title = "Programmabbild", description = "Mit Version oder Prüfsumme, nie „latest“")]
    pub image: String,
    /// TCP port on which the application speaks HTTP; above 1023.
    #[schemars(title = "Port", description = "Port, auf dem die Anwendung HTTP spricht")]
    pub port: u16,
    /// More TCP ports; they need a location where applications have Services of their own.
    #[serde(default)]
    #[schemars(
        title = "Weitere Ports",
        description = "Nur an Standorten, die nicht allein HTTP veröffentlichen"
    )]
    pub ports: Vec<Port>,
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
    /// More volumes; all of them count as storage.
    #[serde(default)]
    #[schemars(title = "Weitere Speicher", description = "Zählen zusammen mit dem ersten als Speicherplatz")]
    pub volumes: Vec<Volume>,
    /// Page that answers 200 once the application can do its job.
    #[schemars(
        title = "Bereitschaftsseite",
        description = "Antwortet mit 200, sobald die Anwendung arbeitet"
    )]
    pub health_path: String,
    /// Page that answers 200 as long as a restart would not help; without it a hung application is not restarted.
    #[serde(default)]
    #[schemars(
        title = "Lebenszeichen",
        description = "Bleibt die Antwort zwei Minuten aus, wird die Anwendung neu gestartet"
    )]
    pub live_path: Option<String>,
    /// User id in the image; never 0.
    #[serde(default = "nonroot")]
    #[schemars(title = "Benutzernummer", description = "Unter der die Anwendung läuft, nie 0")]
    pub run_as_user: i64,
    /// Fixed environment.
    #[serde(default)]
    #[schemars(title = "Umgebungsvariablen", description = "Feste Einstellungen, keine Geheimnisse")]
    pub environment: BTreeMap<String, String>,
    /// What the order form asks besides.
    #[serde(default)]
    #[schemars(
        title = "Einstellungen",
        description = "Was die Bestellung erfragt und die Anwendung erfährt"
    )]
    pub fields: Vec<Setting>,
    /// What is drawn in the cluster once for each booking.
    #[serde(default)]
    #[schemars(title = "Geheimnisse", description = "Am Standort gezogen; nur die Anwendung erfährt sie")]
    pub secrets: Vec<Secret>,
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
    /// From where it can be ordered to be reached; the first is proposed.
    #[serde(default = "exposure::usual")]
    #[schemars(transform = exposure::describe_offered)]
    pub exposures: Vec<ExposureClass>,
}

/// One more port of the application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Port {
    /// Name: at most 15 small letters, digits and `-`.
    pub name: String,
    /// Number, in the container and outside; above 1023.
    pub number: u16,
}

/// One more volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Volume {
    /// Name, by which a later plan keeps it.
    pub name: String,
    /// Where it appears.
    pub path: String,
    /// Size in GiB.
    pub storage_gib: i64,
}

/// A field of the order form that reaches the application as an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// The field.
    #[serde(flatten)]
    pub field: Field,
    /// Name of the variable.
    pub variable: String,
}

/// 32 random letters and digits in an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Secret {
    /// Name, by which a later plan keeps it.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Name of the variable.
    pub variable: String,
    /// Whether it is shown with the access data; else it never leaves the cluster.
    #[serde(default)]
    pub reveal: bool,
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

impl Secret {
    /// Its key in the Secret, and its name among the access data.
    pub(super) fn key(&self) -> String {
        format!("secret-{}", self.name)
    }
}

impl Plan {
    /// The fields of the order form.
    pub(in crate::kinds) fn asked(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().map(|setting| &setting.field)
    }

    /// GiB of all volumes.
    pub(super) fn volumes_gib(&self) -> i64 {
        self.volumes.iter().fold(self.storage_gib, |sum, volume| sum.saturating_add(volume.storage_gib))
    }

    /// Whether it needs what operators of the first releases do not know, and would leave out in silence.
    fn asks_more(&self) -> bool {
        let settings = !self.fields.is_empty() || !self.secrets.is_empty();
        settings || !self.volumes.is_empty() || !self.ports.is_empty() || self.live_path.is_some()
    }
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
    let dead = plan.live_path.as_ref().is_some_and(|path| !path.starts_with('/'));
    refuse(dead, "/live_path", "not-absolute", "Der Pfad beginnt mit „/“.");
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
    findings.extend(check_ports(plan));
    findings.extend(check_volumes(plan));
    findings.extend(exposure::check_plan(&plan.exposures));
    findings.extend(fields::check_plan(plan.asked(), ORDERED));
    findings.extend(check_secrets(plan));
    findings.extend(check_variables(plan));
    findings
}

fn check_ports(plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    if plan.ports.len() > MOST_PORTS {
        findings.push(Finding::new("/ports", "too-many", format!("Höchstens {MOST_PORTS} weitere Ports.")));
    }
    let (mut names, mut numbers) = (BTreeSet::from(["http"]), BTreeSet::from([plan.port]));
    for (position, port) in plan.ports.iter().enumerate() {
        let mut refuse = |wrong: bool, member: &str, code: &str, message: &str| {
            if wrong {
                findings.push(Finding::new(format!("/ports/{position}/{member}"), code, message));
            }
        };
        let shape = is_label(&port.name, 15) && !port.name.contains("--");
        let words = "Der Name besteht aus höchstens 15 Kleinbuchstaben, Ziffern und einzelnen Bindestrichen.";
        refuse(!shape, "name", "not-a-name", words);
        let twice = "Diesen Port gibt es schon; „http“ heißt der erste.";
        refuse(!names.insert(&port.name), "name", "twice", twice);
        refuse(port.number < 1024, "number", "privileged", "Der Port muss über 1023 liegen.");
        refuse(!numbers.insert(port.number), "number", "twice", twice);
    }
    findings
}

fn check_volumes(plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    let all = plan.volumes.len() + usize::from(plan.storage_gib > 0);
    if all > MOST_VOLUMES {
        findings.push(Finding::new("/volumes", "too-many", format!("Höchstens {MOST_VOLUMES} Speicher.")));
    }
    let mut names = BTreeSet::from(["data", "tmp"]);
    let mut paths = vec!["/tmp"];
    if plan.storage_gib > 0 {
        paths.push(&plan.data_path);
    }
    for (position, volume) in plan.volumes.iter().enumerate() {
        let mut refuse = |wrong: bool, member: &str, code: &str, message: &str| {
            if wrong {
                findings.push(Finding::new(format!("/volumes/{position}/{member}"), code, message));
            }
        };
        let shape = is_label(&volume.name, LONGEST_NAME);
        refuse(!shape, "name", "not-a-name", NAME_WORDS);
        let twice = "Diesen Namen trägt schon ein anderer Speicher.";
        refuse(!names.insert(&volume.name), "name", "twice", twice);
        refuse(
            !is_place(&volume.path),
            "path",
            "not-absolute",
            "Der Ort beginnt mit „/“ und hat weder „..“ noch „:“.",
        );
        let nested = paths.iter().any(|path| overlap(path, &volume.path));
        refuse(nested, "path", "twice", "An diesem Ort liegt schon ein anderer Speicher, oder „/tmp“.");
        refuse(volume.storage_gib < 1, "storage_gib", "too-small", "Mindestens 1 GiB.");
        paths.push(&volume.path);
    }
    findings
}

const NAME_WORDS: &str = "Der Name besteht aus höchstens 20 Kleinbuchstaben, Ziffern und Bindestrichen, beginnt mit einem \
    Buchstaben und endet nicht mit einem Bindestrich.";

/// A folder of its own: absolute, and written in one way only, so that two of them can be compared.
fn is_place(path: &str) -> bool {
    let plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains([':', '\0']);
    path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(plain))
}

fn overlap(one: &str, other: &str) -> bool {
    let below = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let (one, other) = (one.trim_end_matches('/'), other.trim_end_matches('/'));
    below(one, other) || below(other, one)
}

fn check_secrets(plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut names = BTreeSet::new();
    for (position, secret) in plan.secrets.iter().enumerate() {
        let mut refuse = |wrong: bool, member: &str, code: &str, message: &str| {
            if wrong {
                findings.push(Finding::new(format!("/secrets/{position}/{member}"), code, message));
            }
        };
        refuse(!is_label(&secret.name, LONGEST_NAME), "name", "not-a-name", NAME_WORDS);
        let twice = "Diesen Namen trägt schon ein anderes Geheimnis.";
        refuse(!names.insert(&secret.name), "name", "twice", twice);
        let untitled = secret.title.trim().is_empty();
        refuse(untitled, "title", "empty", "Diese Angabe darf nicht leer sein.");
    }
    findings
}

/// Of two variables of one name the later one would win, and who orders would change what the provider fixed.
fn check_variables(plan: &Plan) -> Vec<Finding> {
    let mut taken: BTreeSet<&str> = plan.environment.keys().map(String::as_str).collect();
    let admin = plan.first_admin.iter().flat_map(|admin| {
        [Some(&admin.email_env), Some(&admin.password_env), admin.url_env.as_ref()].into_iter().flatten()
    });
    taken.extend(admin.map(String::as_str));
    let fields = plan.fields.iter().enumerate().map(|(at, it)| (format!("/fields/{at}"), &it.variable));
    let secrets = plan.secrets.iter().enumerate().map(|(at, it)| (format!("/secrets/{at}"), &it.variable));
    let mut findings = Vec::new();
    for (pointer, variable) in fields.chain(secrets) {
        let mut signs = variable.chars();
        let shape = signs.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && signs.all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
        if !shape {
            let words = "Der Name einer Umgebungsvariablen besteht aus Buchstaben, Ziffern und „_“.";
            findings.push(Finding::new(format!("{pointer}/variable"), "not-a-name", words));
        }
        if !taken.insert(variable) {
            let words = "Diese Umgebungsvariable hat schon eine andere Bedeutung.";
            findings.push(Finding::new(format!("{pointer}/variable"), "twice", words));
        }
    }
    findings
}

/// What a plan needs and a location lacks.
pub fn check_location(plan: &Plan, abilities: &Abilities) -> Vec<Finding> {
    let mut findings = Vec::new();
    if plan.asks_more() && !abilities.application_settings {
        findings.push(Finding::new(
            "",
            "application-unsupported",
            "Der Operator dieses Standorts ist für diesen Tarif zu alt. Der Anbieter muss ihn erneuern.",
        ));
    }
    if !plan.ports.is_empty() && !abilities.application_ports {
        findings.push(ports_unsupported());
    }
    findings.extend(exposure::check_location(&plan.exposures, abilities));
    findings
}

/// Behind an Ingress only HTTP arrives.
pub(super) fn ports_unsupported() -> Finding {
    Finding::new(
        "/ports",
        "ports-unsupported",
        "Dieser Standort veröffentlicht Anwendungen allein über HTTP. Ein Tarif mit weiteren Ports läuft hier nicht.",
    )
}

/// What would be lost by going from one plan to another.
pub fn check_change(from: &Plan, to: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut refuse = |code: &str, message: String| findings.push(Finding::new("", code, message));
    if to.storage_gib < from.storage_gib {
        refuse(
            "cannot-shrink",
            "Speicherplatz kann wachsen, aber nicht schrumpfen. Bestellen Sie neu und übertragen Sie die Daten.".to_owned(),
        );
    }
    for volume in &from.volumes {
        match to.volumes.iter().find(|kept| kept.name == volume.name) {
            None => refuse(
                "cannot-vanish",
                format!(
                    "Der neue Tarif hat den Speicher „{}“ nicht, seine Daten gingen verloren. Wählen Sie einen Tarif, der ihn hat, oder bestellen Sie neu und übertragen Sie die Daten.",
                    volume.name
                ),
            ),
            Some(kept) if kept.storage_gib < volume.storage_gib => refuse(
                "cannot-shrink",
                format!(
                    "Der Speicher „{}“ kann wachsen, aber nicht schrumpfen. Bestellen Sie neu und übertragen Sie die Daten.",
                    volume.name
                ),
            ),
            Some(_) => {}
        }
    }
    for secret in &from.secrets {
        if to.secrets.iter().all(|kept| kept.name != secret.name) {
            refuse(
                "cannot-vanish",
                format!(
                    "Der neue Tarif hat das Geheimnis „{}“ nicht; was damit verschlüsselt ist, wäre nicht mehr lesbar. Wählen Sie einen Tarif, der es hat, oder bestellen Sie neu.",
                    secret.title
                ),
            );
        }
    }
    findings
}
