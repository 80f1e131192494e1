//! How far an instance is, in a word and a sentence.

use super::state::{Action, Ill, Operation, Service, Standing, Trouble};
use super::{Order, Plan, attributes};
use crate::kinds::readiness::{Allocated, Readiness, State};
use crate::{Desired, MessageKey, Meter, Wanted};
use serde_json::Value;

/// After so many calls in vain people are told.
const IN_VAIN: u32 = 3;

/// How far it is.
pub fn readiness(desired: &Desired, plan: &Plan, order: &Order, observed: &[Value]) -> Readiness {
    let Some(service) = Service::seen(observed) else {
        let (state, message) = match desired.wanted {
            Wanted::Present => (State::Starting, MessageKey::Applying),
            Wanted::Absent => (State::Stopping, MessageKey::Deleting),
        };
        return Readiness::new(state, message);
    };
    let mut readiness = match desired.wanted {
        Wanted::Present => present(plan, order, &service),
        Wanted::Absent => ending(&service),
    };
    readiness.args.insert("object".to_owned(), service.broker.clone());
    if service.instance == Standing::Present {
        readiness.allocated.push(Allocated { meter: Meter::Instance, amount: 1, since: service.since });
        readiness.endpoints = service.endpoints();
    }
    readiness
}

fn present(plan: &Plan, order: &Order, service: &Service) -> Readiness {
    let usable = service.is_usable(plan.credentials);
    if usable {
        let mut running = match (&service.trouble, &service.operation) {
            (Some(Trouble { detail, .. }), _) => {
                Readiness::new(State::Running, MessageKey::ServiceChangeRefused).detail(detail)
            }
            (_, Some(operation)) if in_vain(operation) => {
                let said = operation.said.as_deref().unwrap_or("–");
                Readiness::new(State::Running, MessageKey::ServiceChangeSilent).detail(said)
            }
            // What was there before is used on meanwhile.
            (_, Some(_)) => Readiness::new(State::Running, MessageKey::Changing),
            (_, None) if service.attributes.as_ref() != Some(&attributes(plan, order)) => {
                Readiness::new(State::Running, MessageKey::Changing)
            }
            (_, None) => match service.retiring {
                None => Readiness::new(State::Running, MessageKey::Ready),
                Some(former) => {
                    let day = former.until.strftime("%d.%m.%Y").to_string();
                    Readiness::new(State::Running, MessageKey::ServiceRenewed).detail(day)
                }
            },
        };
        running.since = service.since;
        return running;
    }
    if let Some(trouble) = &service.trouble {
        let (state, message) = match trouble.ill {
            Ill::Silent => (State::Starting, MessageKey::BrokerSilent),
            Ill::NotOffered => (State::Failed, MessageKey::ServiceNotOffered),
            Ill::Refused | Ill::ChangeRefused => (State::Failed, MessageKey::ServiceRefused),
            Ill::Failed => (State::Failed, MessageKey::ServiceFailed),
            Ill::Orphan => (State::Failed, MessageKey::ServiceUnclear),
        };
        return Readiness::new(state, message).detail(&trouble.detail);
    }
    match &service.operation {
        None => Readiness::new(State::Starting, MessageKey::Starting),
        Some(operation) if in_vain(operation) => silent(State::Starting, operation),
        Some(Operation { action: Action::Bind | Action::Unbind, .. }) => {
            Readiness::new(State::Starting, MessageKey::ServiceBinding)
        }
        Some(operation) => {
            let said = operation.said.as_deref().unwrap_or("–");
            Readiness::new(State::Starting, MessageKey::ServicePending).detail(said)
        }
    }
}

fn ending(service: &Service) -> Readiness {
    match (&service.operation, &service.ended) {
        (Some(operation), _) if in_vain(operation) && operation.said.is_some() => {
            silent(State::Stopping, operation)
        }
        (None, Some(ended)) if !service.is_left() => {
            Readiness::new(State::Stopping, MessageKey::ServiceGone).detail(ended)
        }
        _ => Readiness::new(State::Stopping, MessageKey::Deleting),
    }
}

fn in_vain(operation: &Operation) -> bool {
    !operation.accepted && operation.tries >= IN_VAIN
}

fn silent(state: State, operation: &Operation) -> Readiness {
    let detail = operation.said.as_deref().unwrap_or("–");
    let key = if state == State::Stopping { MessageKey::ServiceStuck } else { MessageKey::BrokerSilent };
    Readiness::new(state, key).detail(detail)
}
