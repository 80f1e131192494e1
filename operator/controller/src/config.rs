//! Configuration by environment only. Half a configuration is refused with the name of what is missing.

use anyhow::{Context, Result, bail};
use contract::ExposureClass;
use contract::kinds::context::SecretsBinding;
use contract::kinds::postgresql::extensions::{EVERY, is_name};
use contract::kinds::{Network, Site};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

mod backups;
mod brokers;

pub use backups::BackupConfig;
pub use brokers::BrokerConfig;

/// Prefix of every variable.
const PREFIX: &str = "WOLKENAMT_OPERATOR_";

/// Everything that the operator is told from outside.
#[derive(Debug, Clone)]
pub struct Config {
    /// Base address of the marketplace, without a slash at the end.
    pub marketplace_url: String,
    /// PEM file with the CA of the marketplace, instead of the system's store.
    pub marketplace_ca_file: Option<PathBuf>,
    /// kubeconfig; inside a cluster the service account is used.
    pub kubeconfig: Option<PathBuf>,
    /// Namespace for the operator's own objects.
    pub namespace: String,
    /// Name of this process among the operators of the location.
    pub instance: String,
    /// Seconds after which another operator takes over from a silent one.
    pub lease_seconds: u64,
    /// File for the key; else a Secret in the namespace.
    pub key_file: Option<PathBuf>,
    /// Name of that Secret.
    pub key_secret: String,
    /// One-time code; only needed until the operator is enrolled.
    pub enrolment_code: Option<String>,
    /// After this many seconds the operator replaces its key.
    pub key_seconds: u64,
    /// Address of health and metrics.
    pub status_listen: SocketAddr,
    /// Log filter.
    pub log: String,
    /// Seconds between two readings of consumption counters.
    pub counter_seconds: u64,
    /// Seconds between two heartbeats.
    pub heartbeat_seconds: u64,
    /// The service brokers by name.
    pub brokers: BTreeMap<String, BrokerConfig>,
    /// The object storage for backups of databases.
    pub backups: Option<BackupConfig>,
    /// What is particular to this location.
    pub site: Site,
    /// vCPU of machines that share one CPU of a node, at least 1.
    pub machine_cpu_ratio: i64,
    /// Whether the network plug-in enforces NetworkPolicies; reported, not assumed.
    pub network_policy_enforced: bool,
}

/// Variables with defaults and meaning, in the order of `print-config`.
pub const VARIABLES: &[(&str, &str, &str)] = &[
    ("MARKETPLACE_URL", "", "base address of the marketplace, https (http only on loopback); required"),
    ("MARKETPLACE_CA_FILE", "", "PEM file with its CA; default: the system's store"),
    ("KUBECONFIG", "", "kubeconfig for a process outside the cluster; default: service account"),
    ("NAMESPACE", "wolkenamt-system", "namespace for the operator's own objects"),
    (
        "INSTANCE",
        "",
        "name of this process among several for one location; default: host name (the pod's name)",
    ),
    ("LEASE_SECONDS", "15", "seconds after which another process takes over from a silent one, at least 5"),
    ("KEY_FILE", "", "file for the operator's key; default: a Secret in the namespace"),
    ("KEY_SECRET", "wolkenamt-operator-key", "name of that Secret"),
    ("ENROLMENT_CODE", "", "one-time code of the portal; only until enrolled"),
    ("KEY_SECONDS", "2592000", "seconds after which the operator replaces its key (30 days)"),
    ("STATUS_LISTEN", "127.0.0.1:8081", "address of /healthz, /readyz and /metrics"),
    ("LOG", "info", "log filter"),
    ("COUNTER_SECONDS", "30", "seconds between two readings of consumption counters"),
    ("HEARTBEAT_SECONDS", "15", "seconds between two heartbeats"),
    ("POSTGRESQL_IMAGES", "", "MAJOR=IMAGE, comma separated; none: no databases"),
    ("POSTGRESQL_UID", "", "user id of postgres in those images, if it is not 26"),
    (
        "POSTGRESQL_EXTENSIONS",
        "",
        "names of the extensions that those images have, comma separated; * for every one that a plan names",
    ),
    ("BACKUPS_FILE", "", "YAML file with the object storage for backups of databases; none: no backups"),
    (
        "VM_IMAGES",
        "",
        "SYSTEM=ADDRESS of disk images (docker://…, https://…), comma separated; none: no machines",
    ),
    ("VM_STORAGE_CLASS", "", "storage class for disks of machines; default: STORAGE_CLASS"),
    ("VM_CPU_RATIO", "10", "vCPU of machines that share one CPU of a node: KubeVirt's cpuAllocationRatio"),
    ("VM_NETWORKS", "", "CIDR that machines may reach, comma separated; none: only names of the cluster"),
    ("STORAGE_CLASS", "", "storage class; default: the cluster's"),
    ("DOMAIN", "", "domain under which endpoints get names; required for verified certificates"),
    ("ENGINE_NAMESPACE", "cnpg-system", "namespace of the CloudNativePG operator"),
    ("LOAD_BALANCER_CLASS", "", "loadBalancerClass of Services; default: the cluster's"),
    ("INGRESS_CLASS", "", "IngressClass for applications; default: a LoadBalancer Service each"),
    ("INGRESS_NAMESPACE", "", "namespace of the Ingress controller"),
    (
        "INGRESS_TLS",
        "false",
        "whether the Ingress controller serves a certificate of its own for every host of the domain",
    ),
    (
        "INGRESS_ISSUER",
        "",
        "ClusterIssuer of cert-manager that makes a certificate for each host; not beside INGRESS_TLS",
    ),
    (
        "INGRESS_ALLOW_ANNOTATION",
        "",
        "annotation through which the Ingress controller takes an allow-list, such as nginx.ingress.kubernetes.io/whitelist-source-range",
    ),
    ("INGRESS_CA_FILE", "", "PEM file with the CA of those certificates, handed over with the access data"),
    (
        "SECRETS_ROLE",
        "",
        "ClusterRole to bind in each namespace for the operator's Secrets; set by the chart",
    ),
    ("SERVICE_ACCOUNT", "", "service account of the operator; goes with SECRETS_ROLE"),
    ("BROKERS_FILE", "", "YAML file with the service brokers of the location; none: no shared services"),
    ("EXPOSURES", "provider-network", "cluster, provider-network, state-network, internet; comma separated"),
    (
        "NETWORKS",
        "",
        "what differs for some of them, as JSON: {CLASS: {domain, ingressClass, serviceAnnotations: {NAME: VALUE}}}",
    ),
    ("NETWORK_POLICY_ENFORCED", "false", "whether the network plug-in enforces NetworkPolicies"),
];

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Config> {
        Config::from_lookup(|name| std::env::var(format!("{PREFIX}{name}")).ok())
    }

    /// Reads variables by their name without prefix. An empty value counts as absent.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Config> {
        let optional = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let value = |name: &str| {
            optional(name).unwrap_or_else(|| {
                VARIABLES
                    .iter()
                    .find(|(known, _, _)| *known == name)
                    .map(|(_, default, _)| (*default).to_owned())
                    .unwrap_or_default()
            })
        };
        let marketplace_url = value("MARKETPLACE_URL").trim_end_matches('/').to_owned();
        check_url(&marketplace_url)?;
        let brokers = brokers::read(optional("BROKERS_FILE"))?;
        let backups = backups::read(optional("BACKUPS_FILE"))?;
        let site = Site {
            brokers: brokers.keys().cloned().collect(),
            postgresql_images: images(&value("POSTGRESQL_IMAGES"))?,
            postgresql_uid: optional("POSTGRESQL_UID")
                .map(|text| number("POSTGRESQL_UID", &text))
                .transpose()?,
            postgresql_extensions: extensions(&value("POSTGRESQL_EXTENSIONS"))?,
            machine_images: machine_images(&value("VM_IMAGES"))?,
            machine_storage_class: optional("VM_STORAGE_CLASS"),
            machine_networks: machine_networks(&value("VM_NETWORKS"))?,
            storage_class: optional("STORAGE_CLASS"),
            exposures: exposures(&value("EXPOSURES"))?,
            networks: networks(&value("NETWORKS"))?,
            domain: optional("DOMAIN"),
            engine_namespace: value("ENGINE_NAMESPACE"),
            load_balancer_class: optional("LOAD_BALANCER_CLASS"),
            ingress_class: optional("INGRESS_CLASS"),
            ingress_namespace: optional("INGRESS_NAMESPACE"),
            ingress_tls: boolean("INGRESS_TLS", &value("INGRESS_TLS"))?,
            ingress_issuer: optional("INGRESS_ISSUER"),
            ingress_allow_annotation: optional("INGRESS_ALLOW_ANNOTATION"),
            secrets_binding: secrets_binding(
                optional("SECRETS_ROLE"),
                optional("SERVICE_ACCOUNT"),
                &value("NAMESPACE"),
            )?,
            ingress_ca: optional("INGRESS_CA_FILE").map(|path| content(&path)).transpose()?,
            ..Site::default()
        };
        check_ingress(&site)?;
        Ok(Config {
            marketplace_url,
            marketplace_ca_file: optional("MARKETPLACE_CA_FILE").map(PathBuf::from),
            kubeconfig: optional("KUBECONFIG").map(PathBuf::from),
            namespace: value("NAMESPACE"),
            instance: optional("INSTANCE").unwrap_or_else(host_name),
            lease_seconds: at_least(5, "LEASE_SECONDS", &value("LEASE_SECONDS"))?,
            key_file: optional("KEY_FILE").map(PathBuf::from),
            key_secret: value("KEY_SECRET"),
            enrolment_code: optional("ENROLMENT_CODE"),
            key_seconds: number("KEY_SECONDS", &value("KEY_SECONDS"))?,
            status_listen: value("STATUS_LISTEN").parse().context(format!("{PREFIX}STATUS_LISTEN"))?,
            log: value("LOG"),
            counter_seconds: number("COUNTER_SECONDS", &value("COUNTER_SECONDS"))?,
            heartbeat_seconds: number("HEARTBEAT_SECONDS", &value("HEARTBEAT_SECONDS"))?,
            brokers,
            backups,
            site,
            machine_cpu_ratio: at_least(1, "VM_CPU_RATIO", &value("VM_CPU_RATIO"))?,
            network_policy_enforced: boolean("NETWORK_POLICY_ENFORCED", &value("NETWORK_POLICY_ENFORCED"))?,
        })
    }
}

fn check_ingress(site: &Site) -> Result<()> {
    if site.ingress_class.is_some() && site.domain.is_none() {
        bail!("{PREFIX}INGRESS_CLASS needs {PREFIX}DOMAIN: an Ingress answers by host name");
    }
    if site.ingress_issuer.is_some() && site.ingress_class.is_none() {
        bail!("{PREFIX}INGRESS_ISSUER needs {PREFIX}INGRESS_CLASS: it makes certificates for Ingress hosts");
    }
    if site.ingress_issuer.is_some() && site.ingress_tls {
        bail!(
            "{PREFIX}INGRESS_ISSUER and {PREFIX}INGRESS_TLS contradict each other: a host has a certificate of its own \
             or that of the controller"
        );
    }
    Ok(())
}

fn content(path: &str) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{path} cannot be read"))
}

/// In a pod this is the pod's name.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "wolkenamt-operator".to_owned() } else { name.trim().to_owned() }
}

/// Every variable with its present value; the one secret among them is not shown.
pub fn describe(lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    for (name, default, meaning) in VARIABLES {
        let set = lookup(name).filter(|value| !value.is_empty());
        let shown = match (*name, set) {
            ("ENROLMENT_CODE", Some(_)) => "(set)".to_owned(),
            (_, Some(value)) => value,
            (_, None) => (*default).to_owned(),
        };
        out.push_str(&format!("# {meaning}\n{PREFIX}{name}={shown}\n"));
    }
    out
}

/// The environment variable of that name without prefix.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(format!("{PREFIX}{name}")).ok()
}

fn check_url(url: &str) -> Result<()> {
    if url.is_empty() {
        bail!("{PREFIX}MARKETPLACE_URL is missing");
    }
    if !is_safe(url) {
        bail!("{PREFIX}MARKETPLACE_URL must be https, http only on loopback");
    }
    Ok(())
}

/// https, or http on loopback.
fn is_safe(url: &str) -> bool {
    let host = url.strip_prefix("http://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    url.starts_with("https://") || matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

fn images(text: &str) -> Result<BTreeMap<u16, String>> {
    let mut images = BTreeMap::new();
    for entry in entries(text) {
        let Some((major, image)) = entry.split_once('=') else {
            bail!("{PREFIX}POSTGRESQL_IMAGES: {entry} is not MAJOR=IMAGE");
        };
        let major = major.parse().context(format!("{PREFIX}POSTGRESQL_IMAGES: {major} is no version"))?;
        images.insert(major, image.to_owned());
    }
    Ok(images)
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

fn machine_images(text: &str) -> Result<BTreeMap<String, String>> {
    let mut images = BTreeMap::new();
    for entry in entries(text) {
        let known = entry.split_once('=').filter(|(system, address)| {
            !system.is_empty()
                && ["docker://", "https://", "http://"].iter().any(|scheme| address.starts_with(scheme))
        });
        let Some((system, address)) = known else {
            bail!("{PREFIX}VM_IMAGES: {entry} is not SYSTEM=ADDRESS with docker://, https:// or http://");
        };
        images.insert(system.to_owned(), address.to_owned());
    }
    Ok(images)
}

fn extensions(text: &str) -> Result<Vec<String>> {
    let names: Vec<String> = entries(text).map(str::to_owned).collect();
    if let Some(wrong) = names.iter().find(|name| *name != EVERY && !is_name(name)) {
        bail!("{PREFIX}POSTGRESQL_EXTENSIONS: {wrong} is no name of an extension");
    }
    Ok(names)
}

fn machine_networks(text: &str) -> Result<Vec<String>> {
    let networks: Vec<String> = entries(text).map(str::to_owned).collect();
    if let Some(wrong) = contract::kinds::networks::check_networks(&networks).first() {
        bail!("{PREFIX}VM_NETWORKS: {}", wrong.message_de);
    }
    Ok(networks)
}

fn exposures(text: &str) -> Result<Vec<ExposureClass>> {
    entries(text)
        .map(|entry| {
            let known = ExposureClass::ALL.into_iter().find(|class| class.code() == entry);
            known.with_context(|| format!("{PREFIX}EXPOSURES: {entry} is unknown"))
        })
        .collect()
}

fn networks(text: &str) -> Result<BTreeMap<ExposureClass, Network>> {
    if text.is_empty() {
        return Ok(BTreeMap::new());
    }
    serde_json::from_str(text).with_context(|| format!("{PREFIX}NETWORKS"))
}

fn secrets_binding(
    role: Option<String>,
    account: Option<String>,
    namespace: &str,
) -> Result<Option<SecretsBinding>> {
    match (role, account) {
        (Some(cluster_role), Some(service_account)) => {
            Ok(Some(SecretsBinding { cluster_role, service_account, namespace: namespace.to_owned() }))
        }
        (None, None) => Ok(None),
        _ => bail!("{PREFIX}SECRETS_ROLE and {PREFIX}SERVICE_ACCOUNT go together"),
    }
}

fn number<T: FromStr>(name: &str, text: &str) -> Result<T> {
    text.parse().ok().with_context(|| format!("{PREFIX}{name} is no number"))
}

fn at_least<T: FromStr + PartialOrd + Display>(least: T, name: &str, text: &str) -> Result<T> {
    let found = number::<T>(name, text)?;
    if found < least {
        bail!("{PREFIX}{name} is a number from {least}");
    }
    Ok(found)
}

fn boolean(name: &str, text: &str) -> Result<bool> {
    match text {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        other => bail!("{PREFIX}{name}: {other} is neither true nor false"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<Config> {
        Config::from_lookup(|name| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn half_a_configuration_is_refused() {
        assert!(read(&[]).unwrap_err().to_string().contains("MARKETPLACE_URL"));
        assert!(read(&[("MARKETPLACE_URL", "http://markt.example")]).is_err());
        let url = ("MARKETPLACE_URL", "http://127.0.0.1:8080/");
        assert_eq!(read(&[url]).unwrap().marketplace_url, "http://127.0.0.1:8080");
        assert!(read(&[url, ("INGRESS_CLASS", "x")]).is_err());
        let (class, domain) = (("INGRESS_CLASS", "x"), ("DOMAIN", "nord.example"));
        let (issuer, tls) = (("INGRESS_ISSUER", "ca"), ("INGRESS_TLS", "true"));
        assert!(read(&[url, issuer]).unwrap_err().to_string().contains("INGRESS_CLASS"));
        let both = read(&[url, class, domain, issuer, tls]).unwrap_err().to_string();
        assert!(both.contains("INGRESS_ISSUER") && both.contains("INGRESS_TLS"), "{both}");
        assert!(read(&[url, class, domain, tls]).unwrap().site.ingress_encrypts());
        assert!(read(&[url, class, domain, issuer]).unwrap().site.ingress_encrypts());
        assert!(!read(&[url, class, domain]).unwrap().site.ingress_encrypts());
        assert!(read(&[url, ("POSTGRESQL_IMAGES", "15:a")]).is_err());
        assert!(read(&[url, ("EXPOSURES", "mars")]).is_err());
        let networks =
            r#"{"internet": {"domain": "cloud.example", "serviceAnnotations": {"pool": "public"}}}"#;
        let site = read(&[url, domain, ("NETWORKS", networks)]).unwrap().site;
        let domains =
            [ExposureClass::Internet, ExposureClass::ProviderNetwork].map(|it| site.towards(it).domain);
        assert_eq!(domains, [Some("cloud.example".to_owned()), Some("nord.example".to_owned())]);
        for wrong in ["internet", r#"{"mars": {}}"#, r#"{"internet": {"dns": "x"}}"#] {
            assert!(read(&[url, ("NETWORKS", wrong)]).is_err(), "{wrong}");
        }
        assert!(read(&[url, ("SECRETS_ROLE", "a")]).is_err());
        for wrong in ["debian-12", "debian-12=registry.example/disk:1", "=docker://a"] {
            assert!(read(&[url, ("VM_IMAGES", wrong)]).is_err(), "{wrong}");
        }
        assert!(read(&[url, ("POSTGRESQL_EXTENSIONS", "pgcrypto; drop table")]).is_err());
        assert!(read(&[url, ("VM_NETWORKS", "10.0.0.1/8")]).is_err());
        let machines = [url, ("VM_IMAGES", "a=docker://x/a:1, b=https://y/b"), ("VM_NETWORKS", "10.0.0.0/8")];
        let site = read(&machines).unwrap().site;
        assert_eq!(site.machine_images.get("b").map(String::as_str), Some("https://y/b"));
        assert_eq!(site.machine_networks, ["10.0.0.0/8"]);
        let config = read(&[url, ("POSTGRESQL_IMAGES", "15=a:15.1, 16=b:16")]).unwrap();
        assert_eq!(config.site.postgresql_images.get(&16).map(String::as_str), Some("b:16"));
    }

    #[test]
    fn the_code_is_never_printed() {
        let text = describe(|name| (name == "ENROLMENT_CODE").then(|| "geheim".to_owned()));
        assert!(text.contains("ENROLMENT_CODE=(set)") && !text.contains("geheim"));
    }
}
