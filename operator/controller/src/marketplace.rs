//! IO: the marketplace, over HTTPS, always as the caller. Every call has a time-out and a signed assertion.

use crate::identity::Identity;
use crate::lease::Guard;
use anyhow::{Context, Result};
use contract::protocol::{self, MAX_WAIT_SECONDS};
use contract::version;
use contract::{
    Differences, Enrolled, Enrolment, Heartbeat, HeartbeatAnswer, KeyTaken, NextKey, ObservationBatch,
    PendingReveals, RawDesiredList, RotationOutcome, SealedReveal, UsageAnswers, UsageBatch, WordOutcome,
};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::{Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use uuid::Uuid;

/// Longest wait for an ordinary answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// A long poll is given the wait that it asked for and a little more.
const POLL_TIMEOUT: Duration = Duration::from_secs(MAX_WAIT_SECONDS + 10);

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum MarketplaceError {
    /// The marketplace answered with a problem.
    #[error("HTTP {status}: {problem}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The problem document, shortened.
        problem: String,
    },
    /// No answer.
    #[error("marketplace not reachable: {0:#}")]
    Unreachable(#[source] anyhow::Error),
    /// Another operator may lead by now; nothing was sent.
    #[error("this operator does not lead any more")]
    NotLeading,
}

/// No connection at the enrolment: worth waiting for, unlike a refusal.
#[derive(Debug, thiserror::Error)]
#[error("the marketplace is not reachable: {0}")]
pub struct NotReachable(#[source] reqwest::Error);

/// Client of one marketplace.
pub struct Marketplace {
    http: reqwest::Client,
    base: String,
    identity: RwLock<Arc<Identity>>,
    guard: Guard,
    /// Seconds that the local clock is behind the marketplace's; learned from refusals.
    skew: AtomicI64,
}

impl Marketplace {
    /// A client for an enrolled operator, which says nothing any more once the guard does not hold.
    pub fn new(base: &str, ca_file: Option<&Path>, identity: Identity, guard: Guard) -> Result<Marketplace> {
        let identity = RwLock::new(Arc::new(identity));
        Ok(Marketplace {
            http: http(ca_file)?,
            base: base.to_owned(),
            identity,
            guard,
            skew: AtomicI64::new(0),
        })
    }

    /// Who this operator is.
    pub fn identity(&self) -> Arc<Identity> {
        self.identity.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Signs with another key from now on.
    pub fn become_identity(&self, identity: Identity) {
        *self.identity.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(identity);
    }

    /// A client that signs with another key; this one keeps its own.
    pub fn with_identity(&self, identity: Identity) -> Marketplace {
        Marketplace {
            http: self.http.clone(),
            base: self.base.clone(),
            identity: RwLock::new(Arc::new(identity)),
            guard: self.guard.clone(),
            skew: AtomicI64::new(self.skew.load(Ordering::Relaxed)),
        }
    }

    /// Names the key that takes over.
    pub async fn replace_key(&self, next: &NextKey) -> Result<KeyTaken, MarketplaceError> {
        read(self.post(protocol::KEYS, next).await?).await
    }

    /// Desired bookings: everything, or what changed after a revision, waiting up to 25 s for a change.
    pub async fn bookings(&self, after: Option<i64>) -> Result<RawDesiredList, MarketplaceError> {
        let path = match after {
            Some(after) => format!("{}?after={after}&wait=25", protocol::BOOKINGS),
            None => protocol::BOOKINGS.to_owned(),
        };
        self.get(&path).await
    }

    /// Pending reveals, waiting up to 25 s for one.
    pub async fn reveals(&self) -> Result<PendingReveals, MarketplaceError> {
        self.get(&format!("{}?wait=25", protocol::REVEALS)).await
    }

    /// Answers a reveal.
    pub async fn answer_reveal(&self, id: Uuid, answer: &SealedReveal) -> Result<(), MarketplaceError> {
        self.post(&format!("{}/{id}", protocol::REVEALS), answer).await.map(drop)
    }

    /// Tells what became of an order to make new access data.
    pub async fn answer_rotation(&self, id: Uuid, outcome: &RotationOutcome) -> Result<(), MarketplaceError> {
        self.post(&format!("{}/{id}", protocol::ROTATIONS), outcome).await.map(drop)
    }

    /// Tells what became of a word of the provider's people.
    pub async fn answer_word(&self, id: Uuid, outcome: &WordOutcome) -> Result<(), MarketplaceError> {
        self.post(&format!("{}/{id}", protocol::WORDS), outcome).await.map(drop)
    }

    /// Sends observations.
    pub async fn observations(&self, batch: &ObservationBatch) -> Result<(), MarketplaceError> {
        self.post(protocol::OBSERVATIONS, batch).await.map(drop)
    }

    /// Reports what does not fit to the full list.
    pub async fn differences(&self, report: &Differences) -> Result<(), MarketplaceError> {
        self.post(protocol::DIFFERENCES, report).await.map(drop)
    }

    /// Sends usage.
    pub async fn usage(&self, batch: &UsageBatch) -> Result<UsageAnswers, MarketplaceError> {
        read(self.post(protocol::USAGE, batch).await?).await
    }

    /// Sends the heartbeat.
    pub async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<HeartbeatAnswer, MarketplaceError> {
        read(self.post(protocol::HEARTBEAT, heartbeat).await?).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, MarketplaceError> {
        read(self.call(Method::GET, path, Vec::new(), POLL_TIMEOUT).await?).await
    }

    async fn post<T: Serialize>(&self, path: &str, body: &T) -> Result<Response, MarketplaceError> {
        let bytes = serde_json::to_vec(body)
            .context("a message has no JSON form")
            .map_err(MarketplaceError::Unreachable)?;
        self.call(Method::POST, path, bytes, CALL_TIMEOUT).await
    }

    /// One call; a refusal for a wrong clock is repeated once with the time of the answer.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<Response, MarketplaceError> {
        let first = self.once(method.clone(), path, body.clone(), timeout).await?;
        let response = if first.status() == StatusCode::UNAUTHORIZED && self.learn_clock(&first) {
            self.once(method, path, body, timeout).await?
        } else {
            first
        };
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let problem = response.text().await.unwrap_or_default().chars().take(500).collect();
        Err(MarketplaceError::Refused { status, problem })
    }

    async fn once(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<Response, MarketplaceError> {
        if method != Method::GET && !self.guard.holds() {
            return Err(MarketplaceError::NotLeading);
        }
        let now = Timestamp::now().as_second() + self.skew.load(Ordering::Relaxed);
        let assertion = self
            .identity()
            .assertion(now, &format!("{method} {path}"), &body)
            .map_err(MarketplaceError::Unreachable)?;
        let mut request =
            self.http.request(method, format!("{}{path}", self.base)).timeout(timeout).bearer_auth(assertion);
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(body);
        }
        request.send().await.map_err(|error| MarketplaceError::Unreachable(error.without_url().into()))
    }

    /// Takes over the marketplace's time if ours is more than a few seconds off. The local clock only serves assertions.
    fn learn_clock(&self, response: &Response) -> bool {
        let Some(theirs) = response
            .headers()
            .get("date")
            .and_then(|date| date.to_str().ok())
            .and_then(|date| rfc2822::parse(date).ok())
        else {
            return false;
        };
        let skew = theirs.timestamp().as_second() - Timestamp::now().as_second();
        let known = self.skew.swap(skew, Ordering::Relaxed);
        if (skew - known).abs() <= 5 {
            return false;
        }
        tracing::warn!(skew, "the local clock differs from the marketplace's; assertions use theirs");
        true
    }
}

/// Enrols: the only call without an assertion.
pub async fn enrol(base: &str, ca_file: Option<&Path>, enrolment: &Enrolment) -> Result<Enrolled> {
    let response = http(ca_file)?
        .post(format!("{base}{}", protocol::ENROLMENT))
        .timeout(CALL_TIMEOUT)
        .json(enrolment)
        .send()
        .await
        .map_err(|error| NotReachable(error.without_url()))?;
    let status = response.status();
    if !status.is_success() {
        let problem: String = response.text().await.unwrap_or_default().chars().take(500).collect();
        anyhow::bail!("the marketplace refused the enrolment: HTTP {status}: {problem}");
    }
    response.json().await.context("the answer to the enrolment is unreadable")
}

fn http(ca_file: Option<&Path>) -> Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(format!("{}{}", version::OPERATOR, version::OURS));
    if let Some(path) = ca_file {
        let pem = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem)?;
        builder = builder.tls_certs_only(certificates);
    }
    Ok(builder.build()?)
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, MarketplaceError> {
    response.json().await.map_err(|error| MarketplaceError::Unreachable(error.without_url().into()))
}
