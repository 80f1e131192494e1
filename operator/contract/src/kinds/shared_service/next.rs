//! The next step towards what is wanted. Starts from the remembered state each time; a step is one note or one call.
//!
//! A change is noted before its first call, so that a request that was sent can never be forgotten. Nothing that may hold data
//! is deleted unless the booking is wanted absent or the provider's people say so.

use super::answers::pause;
use super::state::{Action, Attributes, Ill, Operation, Retiring, Service, Standing, Trouble, Wish};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Our own limit for an operation, where the plan names none or a longer one: seven days.
pub const LONGEST_SECONDS: i64 = 7 * 24 * 3600;

/// So long former credentials stay good beside new ones: seven days.
const GRACE_SECONDS: i64 = 7 * 24 * 3600;

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing, until something is wanted or said.
    Rest,
    /// Nothing before this time.
    Wait(Timestamp),
    /// Remember this, then ask again.
    Note(Box<Service>),
    /// Ask the broker.
    Call(Call),
    /// Delete the Secret with the credentials.
    Forget,
}

/// One request to the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Read the catalogue.
    Catalogue,
    /// Ask for the noted change.
    Send,
    /// Ask how far it is.
    Poll,
    /// Fetch the credentials of a binding that took its time.
    Fetch,
}

/// What the provider's people say about a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Ask the broker for the same once more.
    Retry,
    /// End at the broker whatever there is.
    Delete,
    /// Make new credentials. Said once more, it ends the former ones at once.
    Rotate,
}

impl Word {
    /// As it is written into the annotation of a Booking.
    pub fn read(text: &str) -> Option<Word> {
        match text {
            "retry" => Some(Word::Retry),
            "delete" => Some(Word::Delete),
            "rotate" => Some(Word::Rotate),
            _ => None,
        }
    }

    /// Whether it makes a difference to a trouble: then hearing it is one note, and no call.
    pub fn helps(self, wish: &Wish, service: &Service) -> bool {
        let Some(trouble) = service.trouble.as_ref().filter(|_| service.operation.is_none() && wish.present)
        else {
            return false;
        };
        match self {
            Word::Retry => true,
            Word::Delete => trouble.ill == Ill::Orphan,
            Word::Rotate => false,
        }
    }
}

/// Decides.
pub fn next(wish: &Wish, service: &Service, word: Option<Word>, now: Timestamp) -> Step {
    if let Some(operation) = &service.operation {
        return go_on(wish, service, operation, now);
    }
    if !wish.present {
        return unmake(wish, service, now);
    }
    if let Some(trouble) = &service.trouble
        && let Some(step) = troubled(wish, service, trouble, word, now)
    {
        return step;
    }
    make(wish, service, word, now)
}

/// A change that was noted.
fn go_on(wish: &Wish, service: &Service, operation: &Operation, now: Timestamp) -> Step {
    if operation.accepted && operation.deadline.is_some_and(|deadline| now >= deadline) {
        return Step::Note(Box::new(super::answers::too_late(service, operation, now)));
    }
    let makes = matches!(operation.action, Action::Provision | Action::Update | Action::Bind);
    if makes && !operation.accepted && !wish.present {
        // Whether the request arrived is not asked any more: what may exist is ended.
        return Step::Note(Box::new(Service { operation: None, ..service.clone() }));
    }
    if now < operation.next {
        return Step::Wait(operation.next);
    }
    Step::Call(match (operation.accepted, operation.fetch) {
        (_, true) => Call::Fetch,
        (true, false) => Call::Poll,
        (false, false) => Call::Send,
    })
}

/// What a trouble holds up; `None` if it does not.
fn troubled(
    wish: &Wish,
    service: &Service,
    trouble: &Trouble,
    word: Option<Word>,
    now: Timestamp,
) -> Option<Step> {
    let cleared = || Step::Note(Box::new(Service { trouble: None, ..service.clone() }));
    let again = trouble.again.is_some_and(|again| now >= again);
    let other = trouble.about.as_ref().is_some_and(|about| *about != wish.attributes);
    match (trouble.ill, word) {
        (Ill::Orphan, Some(Word::Retry)) => {
            let attributes = service.attributes.clone().unwrap_or_else(|| wish.attributes.clone());
            Some(begin(service, Action::Provision, Some(attributes), now))
        }
        (Ill::Orphan, Some(Word::Delete)) => {
            let failed = Trouble { ill: Ill::Failed, about: None, ..trouble.clone() };
            let service = Service { trouble: Some(failed), ..service.clone() };
            Some(begin(&service, Action::Deprovision, None, now))
        }
        (Ill::Orphan, Some(Word::Rotate) | None) => Some(Step::Rest),
        (Ill::ChangeRefused, Some(Word::Retry)) => Some(cleared()),
        (Ill::ChangeRefused, _) => (other || again).then(cleared),
        (_, Some(Word::Retry)) => Some(cleared()),
        (_, _) if again || other => Some(cleared()),
        (_, _) => Some(trouble.again.map_or(Step::Rest, Step::Wait)),
    }
}

fn make(wish: &Wish, service: &Service, word: Option<Word>, now: Timestamp) -> Step {
    let wanted = &wish.attributes;
    let refused = |detail: &str| {
        Step::Note(Box::new(Service {
            trouble: Some(Trouble {
                ill: Ill::ChangeRefused,
                detail: detail.to_owned(),
                again: None,
                about: Some(wanted.clone()),
            }),
            ..service.clone()
        }))
    };
    let held = service.trouble.as_ref().is_some_and(|trouble| trouble.ill == Ill::ChangeRefused);
    let known = service.offer.as_ref().filter(|offer| {
        service.instance != Standing::Absent
            || (service.broker == wish.broker
                && offer.service_id == wanted.service_id
                && offer.plan_id == wanted.plan_id)
    });
    let Some(offer) = known else { return Step::Call(Call::Catalogue) };
    match (service.instance, &service.attributes) {
        (Standing::Absent, _) => return begin(service, Action::Provision, Some(wanted.clone()), now),
        (Standing::Unclear, Some(asked)) => {
            return begin(service, Action::Provision, Some(asked.clone()), now);
        }
        (Standing::Present, Some(made)) if made != wanted && !held => {
            if service.broker != wish.broker || made.service_id != wanted.service_id {
                return refused("Ein Dienst kann nicht zu einem anderen Broker oder Dienst umziehen.");
            }
            if made.plan_id != wanted.plan_id && !offer.updateable {
                return refused("Der Broker lässt keinen Wechsel dieses Tarifs zu.");
            }
            return begin(service, Action::Update, Some(wanted.clone()), now);
        }
        (Standing::Unclear | Standing::Present, _) => {}
    }
    match (wish.credentials, service.binding) {
        (false, _) => Step::Rest,
        (true, Standing::Present) => renew(service, word, now),
        (true, Standing::Absent) => begin(service, Action::Bind, None, now),
        (true, Standing::Unclear) => begin(service, Action::Unbind, None, now),
    }
}

/// New credentials where the broker or somebody wants them; the former ones stay good for a while.
fn renew(service: &Service, word: Option<Word>, now: Timestamp) -> Step {
    let due = service.renew_at.is_some_and(|at| now >= at) || word == Some(Word::Rotate);
    match service.retiring {
        Some(former) if due || now >= former.until => retire(service, former.number, now),
        None if due => {
            let former = Retiring { number: service.binding_number, until: later(now, GRACE_SECONDS) };
            let next = Service {
                retiring: Some(former),
                renew_at: None,
                binding_number: service.binding_number.saturating_add(1),
                ..service.clone()
            };
            begin(&next, Action::Bind, None, now)
        }
        former => {
            let times = [former.map(|former| former.until), service.renew_at];
            times.into_iter().flatten().min().map_or(Step::Rest, Step::Wait)
        }
    }
}

/// Takes back a former binding.
fn retire(service: &Service, number: u32, now: Timestamp) -> Step {
    let mut noted = noted(service, Action::Unbind, now);
    if let Some(operation) = &mut noted.operation {
        operation.number = Some(number);
    }
    Step::Note(Box::new(noted))
}

fn unmake(wish: &Wish, service: &Service, now: Timestamp) -> Step {
    if service.is_forgotten() {
        // Never looked at, or the memory was lost with its object: only the broker knows, and 410 is a good answer.
        let doubtful = Service {
            broker: wish.broker.clone(),
            instance: Standing::Unclear,
            attributes: Some(wish.attributes.clone()),
            ..Service::default()
        };
        return begin(&doubtful, Action::Deprovision, None, now);
    }
    if service.binding != Standing::Absent {
        begin(service, Action::Unbind, None, now)
    } else if let Some(former) = service.retiring {
        retire(service, former.number, now)
    } else if service.instance != Standing::Absent {
        begin(service, Action::Deprovision, None, now)
    } else if service.secret {
        Step::Forget
    } else {
        Step::Rest
    }
}

/// Notes a change, and that what it makes may exist from now on.
fn begin(service: &Service, action: Action, attributes: Option<Attributes>, now: Timestamp) -> Step {
    let mut noted = noted(service, action, now);
    match action {
        Action::Provision => {
            noted.trouble = None;
            noted.instance = Standing::Unclear;
            noted.attributes.clone_from(&attributes);
        }
        Action::Bind => noted.binding = Standing::Unclear,
        Action::Update | Action::Deprovision | Action::Unbind => {}
    }
    if let Some(operation) = &mut noted.operation {
        operation.attributes = attributes;
        // Sent once before without an answer: the broker is asked for the same, and tells what came of it.
        operation.unclear = action == Action::Provision && service.instance == Standing::Unclear;
    }
    Step::Note(Box::new(noted))
}

/// The same service with a change under way.
pub(super) fn noted(service: &Service, action: Action, now: Timestamp) -> Service {
    let operation = Operation {
        action,
        attributes: None,
        number: None,
        accepted: false,
        fetch: false,
        token: None,
        started: now,
        deadline: None,
        next: now,
        tries: 0,
        unclear: false,
        said: None,
    };
    Service { operation: Some(operation), ..service.clone() }
}

/// When polling an operation ends that was accepted now.
pub(super) fn deadline(service: &Service, longest: i64, now: Timestamp) -> Timestamp {
    let plan = service.offer.as_ref().and_then(|offer| offer.longest_seconds).filter(|seconds| *seconds > 0);
    later(now, plan.map_or(longest, |seconds| seconds.min(longest)))
}

/// So many seconds after a time.
pub(super) fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}

/// When to ask again after the answer number `tries`, which may have named a shortest wait in seconds.
pub(super) fn after_pause(now: Timestamp, tries: u32, shortest: Option<i64>) -> Timestamp {
    later(now, pause(tries).max(shortest.unwrap_or(0).clamp(0, LONGEST_SECONDS)))
}

#[cfg(test)]
#[path = "next_test.rs"]
pub(super) mod tests;
