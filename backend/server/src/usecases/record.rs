//! How a change is put into words for the audit.

use db::Remembered;
use domain::audit::Entry;
use domain::ids::OrganisationId;
use domain::policy::{Action, Actor, Means, OperatorIdentity};
use jiff::Timestamp;
use serde_json::Value;
use std::fmt::Display;

/// A person did something to `subject`, such as `order:<id>`, or a program or the command line did it in the person's
/// name, which the entry tells. The detail never holds a secret.
pub fn by_person(
    actor: &Actor,
    action: Action,
    subject: impl Display,
    mut detail: Value,
    now: Timestamp,
) -> Remembered {
    if let (Means::Program(token), Some(detail)) = (actor.means, detail.as_object_mut()) {
        detail.insert("by_token".to_owned(), token.to_string().into());
    }
    let who = format!("{}:{}", actor.means.code(), actor.person);
    Remembered::new(entry(actor.organisation, who, action.code(), (subject.to_string(), detail), now))
}

/// An operator reported something; it stands in the chain of its provider.
pub fn by_operator(
    who: &OperatorIdentity,
    action: &str,
    subject: impl Display,
    detail: Value,
    now: Timestamp,
) -> Remembered {
    let actor = format!("operator:{}", who.location);
    Remembered::new(entry(who.provider, actor, action, (subject.to_string(), detail), now))
}

/// The product itself did something, such as letting an order expire.
pub fn by_system(
    organisation: OrganisationId,
    task: &str,
    action: &str,
    subject: impl Display,
    detail: Value,
    now: Timestamp,
) -> Remembered {
    Remembered::new(entry_of_system(organisation, task, action, subject, detail, now))
}

/// The same beside other entries of a change.
pub fn entry_of_system(
    organisation: OrganisationId,
    task: &str,
    action: &str,
    subject: impl Display,
    detail: Value,
    now: Timestamp,
) -> Entry {
    entry(organisation, format!("system:{task}"), action, (subject.to_string(), detail), now)
}

/// Another organisation did something that concerns this one, such as issuing an invoice to it. Who there did it stands in
/// that organisation's own audit.
pub fn by_partner(
    organisation: OrganisationId,
    partner: OrganisationId,
    action: &str,
    subject: impl Display,
    detail: Value,
    now: Timestamp,
) -> Entry {
    entry(organisation, format!("organisation:{partner}"), action, (subject.to_string(), detail), now)
}

fn entry(
    organisation: OrganisationId,
    actor: String,
    action: &str,
    (subject, detail): (String, Value),
    now: Timestamp,
) -> Entry {
    Entry { organisation, at: now, actor, action: action.to_owned(), subject, detail }
}

/// Several entries of one change; nothing if there is none.
pub fn all(entries: Vec<Entry>) -> Option<Remembered> {
    let mut entries = entries.into_iter();
    let first = Remembered::new(entries.next()?);
    Some(entries.fold(first, Remembered::and))
}
