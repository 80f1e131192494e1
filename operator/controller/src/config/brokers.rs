//! The service brokers of a location: a YAML file, mounted from a Secret. The marketplace only knows their names.

use super::{PREFIX, is_safe};
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// How one broker is reached.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BrokerConfig {
    /// Base address, https (http only on loopback).
    pub url: String,
    /// Name for HTTP Basic.
    pub user: String,
    /// Password for it.
    pub password: String,
    /// PEM text of the authority that signs the broker's certificate, instead of the system's store.
    #[serde(default)]
    pub ca: Option<String>,
    /// Longest wait for an answer, 1 to 60 seconds.
    #[serde(default = "minute")]
    pub timeout_seconds: u64,
    /// Longest duration of an operation in seconds; seven days unless a plan says less.
    #[serde(default = "week")]
    pub longest_seconds: i64,
}

fn minute() -> u64 {
    60
}

fn week() -> i64 {
    contract::kinds::shared_service::next::LONGEST_SECONDS
}

/// A log that shows the configuration must not show the password.
impl fmt::Debug for BrokerConfig {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("BrokerConfig").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Reads the file; without one there are no brokers.
pub(super) fn read(path: Option<String>) -> Result<BTreeMap<String, BrokerConfig>> {
    let Some(path) = path else { return Ok(BTreeMap::new()) };
    let text = std::fs::read_to_string(&path).with_context(|| format!("{PREFIX}BROKERS_FILE: {path}"))?;
    parse(&text).with_context(|| format!("{PREFIX}BROKERS_FILE: {path}"))
}

fn parse(text: &str) -> Result<BTreeMap<String, BrokerConfig>> {
    let brokers: BTreeMap<String, BrokerConfig> = serde_yaml_ng::from_str(text)?;
    for (name, broker) in &brokers {
        if !is_safe(&broker.url) {
            bail!("{name}: url must be https, http only on loopback");
        }
        ensure!(
            !broker.user.is_empty() && !broker.password.is_empty(),
            "{name}: user and password are needed"
        );
        ensure!(
            (1..=60).contains(&broker.timeout_seconds),
            "{name}: timeoutSeconds is a number from 1 to 60"
        );
        ensure!(broker.longest_seconds > 0, "{name}: longestSeconds must be above 0");
    }
    Ok(brokers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_broker_is_refused() {
        let good = "efa: {url: 'https://broker.example', user: u, password: geheim}";
        let brokers = parse(good).unwrap();
        assert_eq!(brokers["efa"].timeout_seconds, 60);
        assert!(!format!("{brokers:?}").contains("geheim"));
        for bad in [
            "efa: {url: 'http://broker.example', user: u, password: p}",
            "efa: {url: 'https://broker.example', user: u}",
            "efa: {url: 'https://broker.example', user: u, password: ''}",
            "efa: {url: 'https://broker.example', user: u, password: p, timeoutSeconds: 90}",
            "efa: {url: 'https://broker.example', user: u, password: p, token: x}",
            "[]",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse("efa: {url: 'http://127.0.0.1:8080/osb', user: u, password: p}").is_ok());
    }
}
