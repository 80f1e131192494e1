//! What a kind is told about the cluster it goes into, and what it answers with.

use super::postgresql::backups::BackupStore;
use super::virtual_machine::start::{CloudConfig, HostKey};
use crate::{Desired, ExposureClass, Meter};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Label that carries the booking id on everything that belongs to it.
pub const LABEL_BOOKING: &str = "wolkenamt.de/booking";
/// Label with the Kostenstelle.
pub const LABEL_COST_CENTRE: &str = "wolkenamt.de/cost-centre";
/// Label with the organisation id.
pub const LABEL_ORGANISATION: &str = "wolkenamt.de/organisation";
/// Label with the kind's code.
pub const LABEL_KIND: &str = "wolkenamt.de/kind";
/// Standard label; value [`MANAGER`].
pub const LABEL_MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Field manager and managed-by value.
pub const MANAGER: &str = "wolkenamt-operator";

/// Convention by which a Service asks for a name in the location's DNS.
pub const NAME_ANNOTATION: &str = "external-dns.alpha.kubernetes.io/hostname";

/// Convention by which an Ingress asks cert-manager for a certificate.
pub const ISSUER_ANNOTATION: &str = "cert-manager.io/cluster-issuer";

/// What is particular to a location. From the configuration of the operator and from what it found in the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    /// Major version → image of PostgreSQL.
    pub postgresql_images: BTreeMap<u16, String>,
    /// User id of `postgres` in those images, if it is not 26.
    pub postgresql_uid: Option<i64>,
    /// Names of the extensions that those images have; `*` for every one that a plan names.
    pub postgresql_extensions: Vec<String>,
    /// Where backups of databases go; `None` where there are none.
    pub backup_store: Option<BackupStore>,
    /// Storage class; the cluster's default if absent.
    pub storage_class: Option<String>,
    /// Whether volumes of that class keep the size that they were made with.
    pub volumes_fixed: bool,
    /// Code of an operating system → address of its disk image (`docker://…`, `https://…`).
    pub machine_images: BTreeMap<String, String>,
    /// Storage class for disks of machines; `storage_class` if absent.
    pub machine_storage_class: Option<String>,
    /// Whether volumes of that class keep the size that they were made with.
    pub machine_volumes_fixed: bool,
    /// Networks (CIDR) that machines may reach; none but the names of the cluster if empty.
    pub machine_networks: Vec<String>,
    /// Classes from which the location lets bookings be reached, beside [`ExposureClass::Cluster`]; every one if empty.
    pub exposures: Vec<ExposureClass>,
    /// What is different for some of them.
    pub networks: BTreeMap<ExposureClass, Network>,
    /// Annotations of Services that are reached from outside, such as the name of a range of addresses.
    pub service_annotations: BTreeMap<String, String>,
    /// Domain under which endpoints get their names.
    pub domain: Option<String>,
    /// Namespace of the CloudNativePG operator.
    pub engine_namespace: String,
    /// Addresses of the API server as pods see them (policies match after translation), with port.
    pub api_servers: Vec<(String, u16)>,
    /// `loadBalancerClass` of Services; the cluster's default if absent.
    pub load_balancer_class: Option<String>,
    /// Class of Ingress for applications; without it each gets a LoadBalancer Service.
    pub ingress_class: Option<String>,
    /// Namespace of the Ingress controller.
    pub ingress_namespace: Option<String>,
    /// Whether the Ingress controller serves a certificate of its own for every host of the domain.
    pub ingress_tls: bool,
    /// ClusterIssuer of cert-manager that makes a certificate for each host.
    pub ingress_issuer: Option<String>,
    /// Annotation through which the Ingress controller takes an allow-list; absent if it cannot.
    pub ingress_allow_annotation: Option<String>,
    /// PEM of the CA that signs the certificates of Ingress hosts, if clients do not know it anyway.
    pub ingress_ca: Option<String>,
    /// Names of the service brokers that the operator was given.
    pub brokers: Vec<String>,
    /// Binding to write into each namespace; `None` where the operator's rights do not come from one.
    pub secrets_binding: Option<SecretsBinding>,
    /// Pod Security version to pin, such as `v1.36`.
    pub pod_security_version: String,
    /// Sum of what is booked in the namespace of this booking.
    pub namespace_sizes: BTreeMap<Meter, i64>,
    /// Number of bookings in that namespace; one that is being restored stands there twice.
    pub namespace_bookings: i64,
    /// Which database of this booking serves, by the number of its restore.
    pub serving: u32,
}

/// How a location publishes one class of exposure, where that differs from the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// Domain of the names.
    pub domain: Option<String>,
    /// Class of Ingress. It is used only where the location has one at all.
    pub ingress_class: Option<String>,
    /// Annotations of Services.
    pub service_annotations: BTreeMap<String, String>,
}

impl Site {
    /// The location as a booking of this class sees it.
    #[must_use]
    pub fn towards(&self, class: ExposureClass) -> Site {
        let mut site = self.clone();
        if let Some(network) = self.networks.get(&class) {
            site.domain = network.domain.clone().or(site.domain);
            if site.ingress_class.is_some() {
                site.ingress_class = network.ingress_class.clone().or(site.ingress_class);
            }
            site.service_annotations.extend(network.service_annotations.clone());
        }
        site
    }

    /// Whether applications behind the Ingress are reached by https, whoever makes the certificate.
    pub fn ingress_encrypts(&self) -> bool {
        self.ingress_tls || self.ingress_issuer.is_some()
    }

    /// Whether an application can be restricted to networks without giving up its encryption.
    pub fn restricts_applications(&self) -> bool {
        self.ingress_class.is_none() || !self.ingress_encrypts() || self.ingress_allow_annotation.is_some()
    }
}

/// How the operator gets at Secrets in the namespaces that it makes, without a right to the Secrets of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretsBinding {
    /// ClusterRole that is bound in each namespace.
    pub cluster_role: String,
    /// Service account of the operator.
    pub service_account: String,
    /// Its namespace.
    pub namespace: String,
}

/// What shall exist.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effects {
    /// Namespace that holds all of it.
    pub namespace: String,
    /// Objects to apply, in this order.
    pub manifests: Vec<Value>,
    /// Objects that are created before those of the booking if they are missing, and left alone afterwards.
    pub once: Vec<Value>,
    /// Secrets whose values are drawn once in the cluster and never change by themselves.
    pub generated_secrets: Vec<GeneratedSecret>,
}

/// Objects to read for one booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Group and version.
    pub api_version: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Label by which they are found.
    pub label: &'static str,
    /// Its value.
    pub value: String,
}

impl Query {
    /// Objects of a kind with the booking's label.
    pub fn of_booking(api_version: &'static str, kind: &'static str, desired: &Desired) -> Query {
        Query { api_version, kind, label: LABEL_BOOKING, value: desired.booking.to_string() }
    }
}

/// A Secret that is created if it is missing, with random values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedSecret {
    /// Name in the namespace of the effects.
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Fixed keys.
    pub fixed: BTreeMap<String, String>,
    /// Keys that get 32 random letters and digits.
    pub random: Vec<String>,
    /// First configuration of a machine, with a host key that is drawn.
    pub config: Option<DrawnConfig>,
    /// Keys whose values the operator was given for the location, and tells nobody else.
    pub of_location: Vec<String>,
}

/// A configuration that gets a drawn host key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnConfig {
    /// Key of the Secret for the configuration.
    pub key: String,
    /// Key of the Secret for the public half of the host key.
    pub public: String,
    /// The configuration without it.
    pub config: CloudConfig,
}

impl DrawnConfig {
    /// Keys and values of the Secret for this host key.
    pub fn entries(&self, key: &HostKey) -> [(String, String); 2] {
        [(self.key.clone(), self.config.render(key)), (self.public.clone(), key.public_line())]
    }
}

/// Name of the objects of a booking: prefix and the last 12 hexadecimal digits of its id, which are random in a
/// UUID of version 7. Short enough for every name that engines derive from it.
pub fn object_name(prefix: &str, booking: Uuid) -> String {
    let digits = booking.simple().to_string();
    let tail: String = digits.chars().skip(20).collect();
    format!("{prefix}-{tail}")
}

/// Labels of everything that belongs to a booking.
pub fn labels(desired: &Desired) -> Map<String, Value> {
    let mut labels = Map::new();
    labels.insert(LABEL_BOOKING.to_owned(), json!(desired.booking.to_string()));
    labels.insert(LABEL_ORGANISATION.to_owned(), json!(desired.organisation.id.to_string()));
    labels.insert(LABEL_KIND.to_owned(), json!(desired.kind.code()));
    labels.insert(LABEL_MANAGED_BY.to_owned(), json!(MANAGER));
    let cost_centre = label_value(&desired.cost_centre);
    if !cost_centre.is_empty() {
        labels.insert(LABEL_COST_CENTRE.to_owned(), json!(cost_centre));
    }
    labels
}

/// Makes any text a valid label value: other characters become `_`, at most 63, letters or digits at both ends.
pub fn label_value(text: &str) -> String {
    let replaced: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' })
        .take(63)
        .collect();
    replaced.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

/// Makes any text a part of a DNS name: lower case, other characters become `-`, at most `max`.
pub fn dns_label(text: &str, max: usize) -> String {
    let replaced: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' })
        .take(max)
        .collect();
    replaced.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_deterministic_and_short() {
        let id = Uuid::parse_str("01935d2e-7c1a-7e3b-8f00-0123456789ab").unwrap();
        assert_eq!(object_name("pg", id), "pg-0123456789ab");
    }

    #[test]
    fn label_values_are_valid_whatever_comes() {
        assert_eq!(label_value("Kostenstelle 4711/ä"), "Kostenstelle_4711");
        assert_eq!(label_value("___"), "");
        assert_eq!(dns_label("Musterstadt (Süd)", 30), "musterstadt--s-d");
    }
}
