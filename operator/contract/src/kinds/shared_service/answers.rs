//! What follows from an answer of the broker, or from none. Pure; after the tables of Open Service Broker API 2.17.

use super::catalogue::catalogue;
use super::next::{Call, after_pause, deadline, later, noted};
use super::state::{Action, Ill, Operation, Service, Standing, Trouble, Wish};
use crate::kinds::readiness::text;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Requests whose answers are lost are repeated so often before people are asked.
const ASKED: u32 = 3;
/// Between two tries after a clear refusal, in seconds.
pub(super) const REFUSED_SECONDS: i64 = 300;
/// Credentials last at least so long, whatever a broker says of them, in seconds.
const RENEWED_SECONDS: i64 = 3600;
/// Longest text of a broker that is kept.
const WORDS: usize = 300;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A status.
    Http {
        /// HTTP status.
        status: u16,
        /// The body, if it is a JSON object.
        body: Option<Map<String, Value>>,
        /// `Retry-After` in seconds.
        retry_after: Option<i64>,
    },
    /// Nothing was sent: no connection.
    NotSent(String),
    /// It was sent, and no answer came, or not all of it.
    Lost(String),
}

/// What to remember, and credentials that have to be kept before that is remembered.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// To be written into the status.
    pub service: Service,
    /// To be written into the Secret first. Brokers may tell them only once.
    pub credentials: Option<Map<String, Value>>,
}

/// Meaning of an answer to a change.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    Accepted,
    /// Nobody knows what came of it.
    Unclear(String),
    /// The same again later.
    Again(String),
    /// Not like this.
    Refused(String),
    /// The version of the plan's maintenance is another one by now.
    Outdated(String),
    /// There is one of that id, and it is another.
    Conflict(String),
}

/// Seconds before the next try, growing up to a minute.
pub(super) fn pause(tries: u32) -> i64 {
    2_i64.saturating_pow(tries.saturating_add(1)).clamp(2, 60)
}

/// Takes in the answer to a call. `longest` is the location's own limit for an operation in seconds.
pub fn take(
    wish: &Wish,
    service: &Service,
    call: Call,
    answer: &Answer,
    longest: i64,
    now: Timestamp,
) -> Outcome {
    let plain = |service| Outcome { service, credentials: None };
    match (call, &service.operation) {
        (Call::Catalogue, _) => plain(catalogue(wish, service, answer, now)),
        (_, None) => plain(service.clone()),
        (Call::Send, Some(operation)) => send(service, operation, answer, longest, now),
        (Call::Poll, Some(operation)) => plain(poll(service, operation, answer, now)),
        (Call::Fetch, Some(operation)) => fetch(service, operation, answer, now),
    }
}

fn verdict(action: Action, answer: &Answer) -> Verdict {
    let makes = matches!(action, Action::Provision | Action::Bind);
    let ends = matches!(action, Action::Deprovision | Action::Unbind);
    let said = words(answer);
    let (status, body) = match answer {
        Answer::NotSent(_) => return Verdict::Again(said),
        Answer::Lost(_) if makes => return Verdict::Unclear(said),
        Answer::Lost(_) => return Verdict::Again(said),
        Answer::Http { status, body, .. } => (*status, body),
    };
    let named = |name: &str| {
        body.as_ref()
            .and_then(|body| body.get("error"))
            .and_then(Value::as_str)
            .is_some_and(|error| error == name)
    };
    let complete = body
        .as_ref()
        .is_some_and(|body| action != Action::Bind || body.get("credentials").is_some_and(Value::is_object));
    match status {
        // Without the body that belongs to it, it exists all the same: the same request once more tells.
        200 if complete => Verdict::Done,
        200 => Verdict::Again(said),
        201 if makes && complete => Verdict::Done,
        202 if body.is_some() => Verdict::Accepted,
        201..=299 if makes => Verdict::Unclear(said),
        201..=299 => Verdict::Again(said),
        410 if ends => Verdict::Done,
        408 | 429 => Verdict::Again(said),
        422 if named("ConcurrencyError") => Verdict::Again(said),
        422 if named("MaintenanceInfoConflict") => Verdict::Outdated(said),
        409 if makes => Verdict::Conflict(said),
        500..=599 if makes => Verdict::Unclear(said),
        500..=599 => Verdict::Again(said),
        _ => Verdict::Refused(said),
    }
}

fn send(service: &Service, operation: &Operation, answer: &Answer, longest: i64, now: Timestamp) -> Outcome {
    let action = operation.action;
    let body = match answer {
        Answer::Http { body, .. } => body.clone(),
        Answer::NotSent(_) | Answer::Lost(_) => None,
    };
    let verdict = verdict(action, answer);
    let credentials = body.as_ref().and_then(|body| body.get("credentials")?.as_object().cloned());
    let credentials = credentials.filter(|_| action == Action::Bind && verdict == Verdict::Done);
    let mut taken = service.clone();
    let dashboard = body.as_ref().and_then(|body| body.get("dashboard_url")?.as_str());
    if let Some(url) = dashboard.filter(|_| matches!(verdict, Verdict::Done | Verdict::Accepted)) {
        taken.dashboard_url = Some(url.to_owned());
    }
    if credentials.is_some() {
        taken.renew_at = body.as_ref().and_then(|body| renew_at(body, now));
    }
    let service = match verdict {
        Verdict::Done => done(&taken, operation, &words(answer), now),
        Verdict::Accepted => {
            let token = body.as_ref().and_then(|body| body.get("operation")?.as_str()).map(str::to_owned);
            let accepted = Operation {
                accepted: true,
                token,
                started: now,
                deadline: Some(deadline(service, longest, now)),
                next: after_pause(now, 0, retry_after(answer)),
                tries: 0,
                said: None,
                ..operation.clone()
            };
            Service { operation: Some(accepted), ..taken }
        }
        Verdict::Again(said) => again(service, operation, said, answer, now),
        Verdict::Unclear(said) => unclear(service, operation, said, answer, now),
        Verdict::Refused(said) | Verdict::Conflict(said) | Verdict::Outdated(said)
            if matches!(action, Action::Deprovision | Action::Unbind) =>
        {
            // An end is never given up: what is not ended must be remembered.
            let slow = Operation { next: later(now, REFUSED_SECONDS), ..next_try(operation, said) };
            Service { operation: Some(slow), ..service.clone() }
        }
        Verdict::Outdated(said) => {
            let known = Service { offer: None, ..service.clone() };
            refused(&known, operation, said, 30, now)
        }
        Verdict::Conflict(said) if action == Action::Provision => orphan(service, said),
        Verdict::Conflict(_) => noted(service, Action::Unbind, now),
        Verdict::Refused(said) if action == Action::Provision && operation.unclear => orphan(service, said),
        Verdict::Refused(said) => refused(service, operation, said, REFUSED_SECONDS, now),
    };
    Outcome { service, credentials }
}

fn poll(service: &Service, operation: &Operation, answer: &Answer, now: Timestamp) -> Service {
    let ends = matches!(operation.action, Action::Deprovision | Action::Unbind);
    let (status, body) = match answer {
        Answer::Http { status, body, .. } => (*status, body.clone()),
        Answer::NotSent(_) | Answer::Lost(_) => return again(service, operation, words(answer), answer, now),
    };
    let described = body.as_ref().and_then(|body| body.get("description")?.as_str()).map(shorten);
    let state = body.as_ref().and_then(|body| body.get("state")?.as_str());
    match (status, state) {
        (410, _) if ends => done(service, operation, &words(answer), now),
        (200, Some("succeeded")) if operation.action == Action::Bind => {
            let fetch = Operation { fetch: true, next: now, tries: 0, ..operation.clone() };
            Service { operation: Some(fetch), ..service.clone() }
        }
        (200, Some("succeeded")) => done(service, operation, "HTTP 200, succeeded", now),
        (200, Some("failed")) => {
            let repeatable = body.as_ref().and_then(|body| body.get("update_repeatable")?.as_bool());
            failed(service, operation, described.unwrap_or_else(|| "failed".to_owned()), repeatable, now)
        }
        (200, Some("in progress")) => {
            let polled = Operation {
                tries: operation.tries.saturating_add(1),
                next: after_pause(now, operation.tries, retry_after(answer)),
                said: described,
                ..operation.clone()
            };
            Service { operation: Some(polled), ..service.clone() }
        }
        // Anything else is no answer: the broker goes on, and so does the polling.
        _ => again(service, operation, words(answer), answer, now),
    }
}

fn fetch(service: &Service, operation: &Operation, answer: &Answer, now: Timestamp) -> Outcome {
    let told = match answer {
        Answer::Http { status: 200, body: Some(body), .. } => {
            body.get("credentials").and_then(Value::as_object).map(|told| (told.clone(), renew_at(body, now)))
        }
        _ => None,
    };
    let (credentials, renew_at) = told.map_or((None, None), |(told, at)| (Some(told), at));
    let service = match &credentials {
        Some(_) => done(&Service { renew_at, ..service.clone() }, operation, "HTTP 200", now),
        None if operation.tries < ASKED => again(service, operation, words(answer), answer, now),
        None => take_back(service, words(answer), now),
    };
    Outcome { service, credentials }
}

/// When the credentials have to be renewed: as the broker says, else a day before they expire; never at once again.
fn renew_at(body: &Map<String, Value>, now: Timestamp) -> Option<Timestamp> {
    let metadata = body.get("metadata")?;
    let time = |name: &str| text(metadata, name).and_then(|text| text.parse::<Timestamp>().ok());
    let named = time("/renew_before").or_else(|| Some(later(time("/expires_at")?, -24 * 3600)));
    named.map(|at| at.max(later(now, RENEWED_SECONDS)))
}

/// The change is made.
fn done(service: &Service, operation: &Operation, said: &str, now: Timestamp) -> Service {
    let mut done = Service { operation: None, ..service.clone() };
    match operation.action {
        Action::Provision => {
            done.instance = Standing::Present;
            done.since = Some(now);
            done.trouble = None;
            done.ended = None;
        }
        Action::Update => {
            done.attributes.clone_from(&operation.attributes);
            done.trouble = None;
        }
        Action::Bind => {
            done.binding = Standing::Present;
            done.secret = true;
            done.since = Some(now);
            done.trouble = None;
        }
        Action::Unbind if operation.number.is_some() => done.retiring = None,
        Action::Unbind => {
            done.binding = Standing::Absent;
            done.binding_number = service.binding_number.saturating_add(1);
        }
        Action::Deprovision => {
            done.instance = Standing::Absent;
            done.instance_number = service.instance_number.saturating_add(1);
            done.attributes = None;
            done.offer = None;
            done.dashboard_url = None;
            done.since = None;
            done.ended = Some(said.to_owned());
        }
    }
    done
}

/// The broker itself says that it did not succeed.
fn failed(
    service: &Service,
    operation: &Operation,
    detail: String,
    repeatable: Option<bool>,
    now: Timestamp,
) -> Service {
    match operation.action {
        // It never was anybody's, so there is nothing in it: it is cleaned up, and not tried again by itself.
        Action::Provision => {
            let trouble = Trouble { ill: Ill::Failed, detail, again: None, about: None };
            noted(&Service { trouble: Some(trouble), ..service.clone() }, Action::Deprovision, now)
        }
        Action::Update => {
            let again = repeatable.filter(|repeatable| *repeatable).map(|_| later(now, REFUSED_SECONDS));
            let about = operation.attributes.clone();
            let trouble = Trouble { ill: Ill::ChangeRefused, detail, again, about };
            Service { operation: None, trouble: Some(trouble), ..service.clone() }
        }
        Action::Bind => take_back(service, detail, now),
        Action::Deprovision | Action::Unbind => {
            let anew = Operation {
                accepted: false,
                token: None,
                deadline: None,
                next: later(now, 60),
                ..next_try(operation, detail)
            };
            Service { operation: Some(anew), ..service.clone() }
        }
    }
}

/// Polling has lasted as long as it may: the operation counts as failed, and what it made is unknown.
pub(super) fn too_late(service: &Service, operation: &Operation, now: Timestamp) -> Service {
    let seconds = now.duration_since(operation.started).as_secs();
    let detail = format!("nach {seconds} Sekunden noch nicht fertig");
    match operation.action {
        Action::Provision => orphan(service, detail),
        Action::Update | Action::Bind | Action::Deprovision | Action::Unbind => {
            failed(service, operation, detail, None, now)
        }
    }
}

fn again(service: &Service, operation: &Operation, said: String, answer: &Answer, now: Timestamp) -> Service {
    let next = after_pause(now, operation.tries, retry_after(answer));
    Service { operation: Some(Operation { next, ..next_try(operation, said) }), ..service.clone() }
}

/// An instance is asked for again, which tells what came of it; only where that stays unclear, people are asked. A binding
/// holds no data: it is taken back, and another one made.
fn unclear(
    service: &Service,
    operation: &Operation,
    said: String,
    answer: &Answer,
    now: Timestamp,
) -> Service {
    match operation.action {
        Action::Bind => take_back(service, said, now),
        _ if operation.tries.saturating_add(1) < ASKED => {
            let operation = Operation { unclear: true, ..operation.clone() };
            again(service, &operation, said, answer, now)
        }
        _ => orphan(service, said),
    }
}

fn orphan(service: &Service, detail: String) -> Service {
    let trouble = Trouble { ill: Ill::Orphan, detail, again: None, about: None };
    Service { operation: None, instance: Standing::Unclear, trouble: Some(trouble), ..service.clone() }
}

/// Ends a binding of which nobody knows whether it exists. The next one waits a little.
fn take_back(service: &Service, detail: String, now: Timestamp) -> Service {
    let again = Some(later(now, pause(service.binding_number)));
    let trouble = Trouble { ill: Ill::Refused, detail, again, about: None };
    noted(&Service { trouble: Some(trouble), ..service.clone() }, Action::Unbind, now)
}

fn refused(
    service: &Service,
    operation: &Operation,
    detail: String,
    seconds: i64,
    now: Timestamp,
) -> Service {
    let mut refused = Service { operation: None, ..service.clone() };
    let update = operation.action == Action::Update;
    match operation.action {
        Action::Provision => {
            // Sent once before without an answer, there may be one although it is refused now.
            let nothing = !operation.unclear;
            refused.instance = if nothing { Standing::Absent } else { Standing::Unclear };
        }
        Action::Bind => refused.binding = Standing::Absent,
        Action::Update | Action::Deprovision | Action::Unbind => {}
    }
    refused.trouble = Some(Trouble {
        ill: if update { Ill::ChangeRefused } else { Ill::Refused },
        detail,
        again: (!update).then(|| later(now, seconds)),
        about: operation.attributes.clone(),
    });
    refused
}

fn next_try(operation: &Operation, said: String) -> Operation {
    Operation { tries: operation.tries.saturating_add(1), said: Some(said), ..operation.clone() }
}

fn retry_after(answer: &Answer) -> Option<i64> {
    match answer {
        Answer::Http { retry_after, .. } => *retry_after,
        Answer::NotSent(_) | Answer::Lost(_) => None,
    }
}

/// What people are told of an answer.
pub(super) fn words(answer: &Answer) -> String {
    match answer {
        Answer::NotSent(detail) | Answer::Lost(detail) => shorten(detail),
        Answer::Http { status, body, .. } => {
            let said = |name: &str| body.as_ref().and_then(|body| body.get(name)?.as_str());
            let parts = [said("error"), said("description")].into_iter().flatten().collect::<Vec<_>>();
            if parts.is_empty() {
                format!("HTTP {status}")
            } else {
                shorten(&format!("HTTP {status}, {}", parts.join(": ")))
            }
        }
    }
}

pub(super) fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(WORDS).collect()
}

#[cfg(test)]
#[path = "answers_test.rs"]
mod tests;
