//! The object storage for backups of databases: a YAML file, mounted from a Secret. The marketplace only learns that there
//! is one.

use super::PREFIX;
use anyhow::{Context, Result, ensure};
use contract::kinds::networks::check_networks;
use contract::kinds::postgresql::backups::{BackupStore, KEYS};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// Where backups go and with which key they are written.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BackupConfig {
    /// Bucket and folder, such as `s3://sicherungen/datenbanken`. Each booking gets a folder of its own in it.
    pub destination: String,
    /// Address of the storage, `https://HOST[:PORT]` (http only where the network in between is the location's own).
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Networks (CIDR) of the storage, for the rules that let databases out.
    #[serde(default)]
    pub networks: Vec<String>,
    /// Id of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
}

/// A log that shows the configuration must not show the key.
impl fmt::Debug for BackupConfig {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("BackupConfig").field("destination", &self.destination).finish_non_exhaustive()
    }
}

impl BackupConfig {
    /// What manifests are made of; without the key.
    pub fn store(&self) -> BackupStore {
        BackupStore {
            destination: self.destination.clone(),
            endpoint: self.endpoint.clone(),
            networks: self.networks.clone(),
            port: port(self.endpoint.as_deref()),
        }
    }

    /// What goes into Secrets beside the databases.
    pub fn secrets(&self) -> BTreeMap<String, String> {
        let values = [&self.access_key_id, &self.secret_access_key];
        KEYS.iter().zip(values).map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }
}

/// Port of an address; without one that of its scheme.
fn port(endpoint: Option<&str>) -> u16 {
    let Some(endpoint) = endpoint else { return 443 };
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", endpoint));
    let host = rest.split('/').next().unwrap_or_default();
    let named = host.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    named.unwrap_or(if scheme == "http" { 80 } else { 443 })
}

/// Reads the file; without one there are no backups.
pub(super) fn read(path: Option<String>) -> Result<Option<BackupConfig>> {
    let Some(path) = path else { return Ok(None) };
    let text = std::fs::read_to_string(&path).with_context(|| format!("{PREFIX}BACKUPS_FILE: {path}"))?;
    parse(&text).map(Some).with_context(|| format!("{PREFIX}BACKUPS_FILE: {path}"))
}

fn parse(text: &str) -> Result<BackupConfig> {
    let config: BackupConfig = serde_yaml_ng::from_str(text)?;
    ensure!(config.destination.starts_with("s3://"), "destination must be s3://BUCKET/FOLDER");
    let schemes = ["https://", "http://"];
    ensure!(
        config.endpoint.as_ref().is_none_or(|it| schemes.iter().any(|scheme| it.starts_with(scheme))),
        "endpoint must begin with https:// or http://"
    );
    ensure!(
        !config.access_key_id.is_empty() && !config.secret_access_key.is_empty(),
        "accessKeyId and secretAccessKey are needed"
    );
    let wrong = check_networks(&config.networks);
    ensure!(wrong.is_empty(), "networks: {}", wrong.first().map_or("", |it| it.message_de.as_str()));
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_storage_is_refused() {
        let good = "{destination: 's3://b/db', endpoint: 'http://10.0.0.9:9000', accessKeyId: a, secretAccessKey: geheim}";
        let config = parse(good).unwrap();
        assert_eq!(config.store().port, 9000);
        assert_eq!(config.secrets()["ACCESS_SECRET_KEY"], "geheim");
        assert!(!format!("{config:?}").contains("geheim"));
        for bad in [
            "{destination: '/srv/b', accessKeyId: a, secretAccessKey: b}",
            "{destination: 's3://b', accessKeyId: a}",
            "{destination: 's3://b', accessKeyId: a, secretAccessKey: ''}",
            "{destination: 's3://b', endpoint: 'ftp://x', accessKeyId: a, secretAccessKey: b}",
            "{destination: 's3://b', networks: ['10.0.0.1/8'], accessKeyId: a, secretAccessKey: b}",
            "{destination: 's3://b', accessKeyId: a, secretAccessKey: b, region: x}",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ports_follow_from_the_address() {
        for (endpoint, expected) in [
            (None, 443),
            (Some("https://s3.example/x"), 443),
            (Some("http://s3"), 80),
            (Some("https://s3:9"), 9),
        ] {
            assert_eq!(port(endpoint), expected, "{endpoint:?}");
        }
    }
}
