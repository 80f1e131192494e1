//! IO: one request to a service broker. Credentials, parameters and bodies are never logged.

use crate::config::{BrokerConfig, Config};
use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::kinds::shared_service::answers::Answer;
use contract::kinds::shared_service::requests::{Request, VERSION};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::{Method, Response};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Longest answer that is read, in bytes.
const LONGEST_BODY: usize = 1 << 20;
/// Calls at the same time, of all bookings and brokers: fewer than passes, so that slow brokers hold up nobody else.
const CALLS: usize = 4;

/// The brokers of the location.
pub struct Brokers {
    named: BTreeMap<String, Broker>,
    room: Semaphore,
}

/// One broker.
pub struct Broker {
    http: reqwest::Client,
    config: BrokerConfig,
}

impl Brokers {
    /// Clients of all brokers of the configuration.
    pub fn new(config: &Config) -> Result<Brokers> {
        let client = |(name, config): (&String, &BrokerConfig)| {
            let broker = Broker::new(config).with_context(|| format!("service broker {name}"))?;
            Ok((name.clone(), broker))
        };
        let named = config.brokers.iter().map(client).collect::<Result<_>>()?;
        Ok(Brokers { named, room: Semaphore::new(CALLS) })
    }

    /// All of them with their names.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Broker)> {
        self.named.iter().map(|(name, broker)| (name.as_str(), broker))
    }

    /// The broker of this name.
    pub fn get(&self, name: &str) -> Option<&Broker> {
        self.named.get(name)
    }

    /// Room for one more call, if there is.
    pub(crate) fn room(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        self.room.try_acquire().ok()
    }
}

impl Broker {
    /// A client: no redirects, only the configured authority where there is one.
    pub fn new(config: &BrokerConfig) -> Result<Broker> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(config.timeout_seconds))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("wolkenamt-operator/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = &config.ca {
            builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(pem.as_bytes())?);
        }
        Ok(Broker { http: builder.build()?, config: config.clone() })
    }

    /// Longest duration of an operation that the location waits for, in seconds.
    pub fn longest_seconds(&self) -> i64 {
        self.config.longest_seconds
    }

    /// Sends one request. `for_whom` is the originating identity, for changes.
    pub async fn call(&self, request: &Request, for_whom: &str) -> Answer {
        let Ok(method) = Method::from_bytes(request.method.as_bytes()) else {
            return Answer::NotSent("kein Verfahren von HTTP".to_owned());
        };
        let base = self.config.url.trim_end_matches('/');
        let mut call = self
            .http
            .request(method, format!("{base}{}", request.path))
            .query(&request.query)
            .basic_auth(&self.config.user, Some(&self.config.password))
            .header("X-Broker-API-Version", VERSION)
            .header("X-Broker-API-Request-Identity", Uuid::now_v7().to_string());
        if request.method != "GET" {
            let identity = format!("kubernetes {}", STANDARD.encode(for_whom));
            call = call.header("X-Broker-API-Originating-Identity", identity);
        }
        if let Some(body) = &request.body {
            call = call.header("content-type", "application/json").body(body.to_string());
        }
        match call.send().await {
            Ok(response) => read(response).await,
            Err(error) if error.is_connect() || error.is_builder() => {
                tracing::warn!(error = %chain(&error), "a service broker is not reachable");
                Answer::NotSent("keine Verbindung".to_owned())
            }
            Err(error) => lost(&error),
        }
    }
}

async fn read(mut response: Response) -> Answer {
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| seconds(text, Timestamp::now()));
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() <= LONGEST_BODY => bytes.extend_from_slice(&chunk),
            Ok(Some(_)) => return Answer::Http { status, body: None, retry_after },
            Ok(None) => break,
            Err(error) => return lost(&error),
        }
    }
    let body = serde_json::from_slice::<Map<String, Value>>(&bytes).ok();
    Answer::Http { status, body, retry_after }
}

/// `Retry-After`: seconds, or a date.
fn seconds(text: &str, now: Timestamp) -> Option<i64> {
    text.trim().parse().ok().filter(|seconds| *seconds >= 0).or_else(|| {
        let at = rfc2822::parse(text).ok()?.timestamp();
        Some(at.duration_since(now).as_secs().max(0))
    })
}

fn lost(error: &reqwest::Error) -> Answer {
    tracing::warn!(error = %chain(error), "the answer of a service broker is lost");
    Answer::Lost(
        if error.is_timeout() { "keine Antwort in der vereinbarten Zeit" } else { "Verbindung abgebrochen" }
            .to_owned(),
    )
}

/// An error with its causes, without the address: parameters are not for the log.
fn chain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    let kind = if error.is_timeout() { "timed out" } else { "failed" };
    format!("{kind}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_come_as_seconds_or_as_a_date() {
        let now = "2026-07-01T10:00:00Z".parse().unwrap();
        assert_eq!(seconds("7", now), Some(7));
        assert_eq!(seconds("Wed, 01 Jul 2026 10:01:00 GMT", now), Some(60));
        assert_eq!(seconds("Wed, 01 Jul 2026 09:00:00 GMT", now), Some(0));
        assert_eq!(seconds("soon", now), None);
        assert_eq!(seconds("-1", now), None);
    }
}
