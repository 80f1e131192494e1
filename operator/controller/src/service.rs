//! The kind `shared-service` in the cluster: one step per pass, remembered in the Booking's status.
//!
//! [`turn`] asks the broker and knows no cluster. [`pass`] keeps what came of it: credentials go into their Secret first, the
//! state of the instance into the status afterwards, so that a crash between the two asks the broker once more.

use crate::broker::{Broker, Brokers};
use crate::cluster::{ClusterError, booking_path, object};
use crate::crd::{Booking, BookingStatus};
use crate::decide::Plan;
use crate::state::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::kinds::shared_service::answers::{self, Answer};
use contract::kinds::shared_service::next::{Call, LONGEST_SECONDS, Step, Word, next};
use contract::kinds::shared_service::requests::{originating_identity, request};
use contract::kinds::shared_service::{self, CREDENTIALS, Service, Wish};
use contract::kinds::{context, namespace};
use contract::{Desired, Kind, Wanted};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Through this annotation of a Booking the provider's people say what shall be done: `retry`, `delete` or `rotate`.
pub const ANNOTATION: &str = "wolkenamt.de/broker";
/// A note is acted upon at once, in a pass of its own.
const AT_ONCE: Duration = Duration::from_millis(200);
/// While all calls are taken.
const NO_ROOM: Duration = Duration::from_secs(2);

/// What came of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// To remember.
    pub service: Service,
    /// To put into the Secret before.
    pub credentials: Option<Map<String, Value>>,
    /// Whether the Secret shall go before.
    pub forget: bool,
    /// When to look again at the latest; nothing if only a change of the wish makes a difference.
    pub again_in: Option<Duration>,
}

/// What is wanted of the broker; `None` for other kinds and for what cannot be read.
pub fn wish(desired: &Desired) -> Option<Wish> {
    if desired.kind != Kind::SharedService {
        return None;
    }
    let plan = shared_service::Plan::deserialize(&desired.plan).ok()?;
    let order = shared_service::Order::deserialize(&desired.order).ok()?;
    Some(Wish::new(desired, &plan, &order))
}

/// One step: a note, or one call.
pub async fn turn(
    brokers: &Brokers,
    desired: &Desired,
    service: &Service,
    word: Option<Word>,
    cluster: &str,
    now: Timestamp,
) -> Turn {
    let same = |again_in| Turn { service: service.clone(), credentials: None, forget: false, again_in };
    let Some(wish) = wish(desired) else { return same(None) };
    let call = match next(&wish, service, word, now) {
        Step::Rest => return same(None),
        Step::Wait(until) => {
            let seconds = until.duration_since(now).as_secs().max(1);
            return same(Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(1))));
        }
        Step::Note(noted) => {
            let service = *noted;
            return Turn { service, credentials: None, forget: false, again_in: Some(AT_ONCE) };
        }
        Step::Forget => {
            let service = Service { secret: false, ..service.clone() };
            return Turn { service, credentials: None, forget: true, again_in: Some(AT_ONCE) };
        }
        Step::Call(call) => call,
    };
    // An instance stays with the broker that made it, whatever the plan says by now.
    let made = service.is_left() && !service.broker.is_empty();
    let name = if made { &service.broker } else { &wish.broker };
    let Some(request) = request(call, desired, service, cluster) else { return same(None) };
    let Some(_room) = brokers.room() else { return same(Some(NO_ROOM)) };
    let broker = brokers.get(name);
    let answer = match broker {
        Some(broker) => broker.call(&request, &originating_identity(desired)).await,
        None => Answer::NotSent("an diesem Standort nicht eingerichtet".to_owned()),
    };
    tell(desired, call, service, name, &answer);
    let longest = broker.map_or(LONGEST_SECONDS, Broker::longest_seconds);
    let outcome = answers::take(&wish, service, call, &answer, longest, now);
    Turn {
        service: outcome.service,
        credentials: outcome.credentials,
        forget: false,
        again_in: Some(AT_ONCE),
    }
}

/// What was asked and what the status of the answer was; never what stands in it.
fn tell(desired: &Desired, call: Call, service: &Service, broker: &str, answer: &Answer) {
    let action = service.operation.as_ref().map(|operation| operation.action);
    let status = match answer {
        Answer::Http { status, .. } => *status,
        Answer::NotSent(_) | Answer::Lost(_) => 0,
    };
    metrics::counter!("wolkenamt_operator_broker_calls_total", "status" => status.to_string()).increment(1);
    tracing::info!(booking = %desired.booking, broker, ?call, ?action, status, "service broker asked");
}

/// Whether the broker may be asked in this pass: what is refused here is not begun, what was begun is ended.
fn may(plan: &Plan, desired: &Desired, service: &Service) -> bool {
    desired.wanted == Wanted::Absent || plan.effects.is_some() || service.operation.is_some()
}

/// One step of a booking, after its namespace is there. Changes the plan's status and when to look again. Says whether
/// the people's word was listened to.
pub async fn pass(
    state: &State,
    booking: &Booking,
    plan: &mut Plan,
    now: Timestamp,
) -> Result<bool, ClusterError> {
    let desired = &booking.spec.desired;
    if desired.kind != Kind::SharedService {
        return Ok(false);
    }
    let before = plan.status.service.clone().unwrap_or_default();
    if plan.status.gone.is_some() || !may(plan, desired, &before) || !state.cluster.may_write() {
        return Ok(false);
    }
    let word = word(booking).or_else(|| hear(&mut plan.status, desired, now));
    let cluster = state.config.site.domain.clone().unwrap_or_else(|| state.config.namespace.clone());
    let turn = turn(&state.brokers, desired, &before, word, &cluster, now).await;
    if let Some(credentials) = &turn.credentials {
        keep(state, desired, credentials).await?;
    }
    if turn.forget {
        state.cluster.delete(&secret(desired)?, None).await?;
    }
    if turn.service != before {
        plan.status.service = Some(turn.service);
    }
    plan.again_in = turn.again_in.map_or(plan.again_in, |again_in| plan.again_in.min(again_in));
    Ok(true)
}

/// What the people said in the marketplace. That it was heard is remembered in the same status as what came of it, so it counts
/// once, however often a pass is repeated; what comes too late or to nothing is forgotten.
pub fn hear(status: &mut BookingStatus, desired: &Desired, now: Timestamp) -> Option<Word> {
    let said = status.word.take()?;
    let service = status.service.clone().unwrap_or_default();
    let helps = wish(desired).is_some_and(|wish| said.word.helps(&wish, &service));
    if !helps || now >= said.until {
        return None;
    }
    status.heard = Some(said.id);
    tracing::info!(booking = %desired.booking, word = ?said.word, id = %said.id, "the people's word was heard");
    Some(said.word)
}

/// Takes the people's word away once it was heard: it must not decide about what comes later.
pub async fn heard(state: &State, booking: &Booking) -> Result<(), ClusterError> {
    if booking.metadata.annotations.iter().flatten().all(|(name, _)| name != ANNOTATION) {
        return Ok(());
    }
    let name = booking.metadata.name.clone().unwrap_or_default();
    let body = json!({"metadata": {"annotations": {ANNOTATION: Value::Null}}});
    state.cluster.merge(&booking_path(&name), &body).await.map(drop)
}

fn word(booking: &Booking) -> Option<Word> {
    let said = booking.metadata.annotations.as_ref()?.get(ANNOTATION)?;
    let word = Word::read(said);
    if word.is_none() {
        tracing::warn!(said, "the annotation of a Booking says neither retry, delete nor rotate");
    }
    word
}

fn secret(desired: &Desired) -> Result<String, ClusterError> {
    object("v1", "Secret", Some(&namespace::name(desired)), &shared_service::secret_name(desired))
}

/// Puts credentials into their Secret. One that is there holds older ones: the broker has just told these.
async fn keep(
    state: &State,
    desired: &Desired,
    credentials: &Map<String, Value>,
) -> Result<(), ClusterError> {
    let text = Value::Object(credentials.clone()).to_string();
    let manifest = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": shared_service::secret_name(desired), "namespace": namespace::name(desired),
                     "labels": context::labels(desired)},
        "data": {CREDENTIALS: STANDARD.encode(text)}
    });
    match state.cluster.create(&manifest).await {
        Err(error) if error.already_exists() => {
            state.cluster.delete(&secret(desired)?, None).await?;
            state.cluster.create(&manifest).await.map(drop)
        }
        result => result.map(drop),
    }
}
