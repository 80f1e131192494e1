//! Which databases of a booking exist, and which of them serves.
//!
//! The engine restores into a new `Cluster`, so a booking that was restored has several, told apart by the number of the
//! restore: 0 is the first one. The customer connects to one Service that is of none of them; whose pods it selects is what
//! serves, in the cluster itself, where no lost status can change it. Where somebody deleted that Service, what was seen last
//! counts until it is written anew.

use super::{PREFIX, manifests};
use crate::kinds::context::{LABEL_BOOKING, object_name};
use crate::kinds::readiness::{of_kind, text};
use crate::{Desired, Restore};
use serde_json::Value;

/// Label by which the engine marks what belongs to a `Cluster`.
pub const LABEL_CLUSTER: &str = "cnpg.io/cluster";

/// Name of a database of the booking.
pub fn name(desired: &Desired, number: u32) -> String {
    let name = object_name(PREFIX, desired.booking);
    if number == 0 { name } else { format!("{name}-r{number}") }
}

/// Whether this is a database of the engine that goes back to an earlier state and does not serve yet.
pub fn is_restoring(object: &Value) -> bool {
    text(object, "/kind") == Some("Cluster")
        && object.pointer("/spec/bootstrap/recovery").is_some()
        && !super::ready::is_up(object)
}

/// Whether an object that is named after a database is of this one: itself, its volumes and pods, and what is said of them.
pub(super) fn is_of(desired: &Desired, found: &str, of: u32) -> bool {
    let derived =
        |name: &str| found.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    let restored = || {
        let rest = found.strip_prefix(&format!("{}-r", name(desired, 0)));
        rest.is_some_and(|rest| rest.starts_with(|sign: char| sign.is_ascii_digit()))
    };
    derived(&name(desired, of)) && (of > 0 || !restored())
}

/// The number in such a name.
fn number(desired: &Desired, found: &str) -> Option<u32> {
    let rest = found.strip_prefix(&object_name(PREFIX, desired.booking))?;
    if rest.is_empty() { Some(0) } else { rest.strip_prefix("-r")?.parse().ok() }
}

/// Names of every database that the booking may ever have had.
pub fn names(desired: &Desired) -> Vec<String> {
    let newest = desired.restore.map_or(0, |restore| restore.number);
    (0..=newest).map(|number| name(desired, number)).collect()
}

/// What the Service selects; nothing where there is none.
fn selected(desired: &Desired, observed: &[Value]) -> Option<u32> {
    let access = manifests::access_service(desired);
    let service =
        of_kind(observed, "Service").find(|it| text(it, "/metadata/name") == Some(access.as_str()))?;
    number(desired, text(service, "/spec/selector/cnpg.io~1cluster")?)
}

/// Which one shall serve: the restored one as soon as it does, and never again the one before. `before` served at the last look.
pub fn next(desired: &Desired, observed: &[Value], before: u32) -> u32 {
    let now = selected(desired, observed).unwrap_or(before);
    let wished = desired.restore.map_or(now, |restore| restore.number);
    let restored = name(desired, wished);
    let cluster =
        of_kind(observed, "Cluster").find(|object| text(object, "/metadata/name") == Some(restored.as_str()));
    if wished > now && cluster.is_some_and(super::ready::is_up) { wished } else { now }
}

/// Those whose objects are written: the one that serves, and the one that is being restored.
pub fn written(desired: &Desired, serving: u32) -> Vec<u32> {
    let restored = desired.restore.map(|restore| restore.number).filter(|number| *number > serving);
    std::iter::once(serving).chain(restored).collect()
}

/// The wish that made a database; none for the first one.
pub fn made_by(desired: &Desired, number: u32) -> Option<Restore> {
    desired.restore.filter(|restore| restore.number == number)
}

/// Objects of databases that nobody needs any more: what was restored in vain, and what was replaced once the marketplace
/// says so. Of what serves nothing, and nothing at all while it is not seen what serves.
pub fn surplus<'a>(desired: &Desired, observed: &'a [Value]) -> Vec<&'a Value> {
    let (Some(serving), Some(restore)) = (selected(desired, observed), desired.restore) else {
        return Vec::new();
    };
    let replaced = !restore.keep_before && restore.number == serving;
    let gone = |number: u32| number > serving && number != restore.number || replaced && number < serving;
    let own = desired.booking.to_string();
    let label = |object: &Value| {
        object.pointer("/metadata/labels").and_then(|it| it.get(LABEL_BOOKING)).cloned()
            == Some(Value::String(own.clone()))
    };
    let belongs = |object: &&Value| {
        let of = match text(object, "/kind") {
            Some("Cluster") => text(object, "/metadata/name"),
            Some("Database" | "ScheduledBackup") => text(object, "/spec/cluster/name"),
            _ => None,
        };
        label(object) && of.and_then(|of| number(desired, of)).is_some_and(gone)
    };
    observed.iter().filter(belongs).collect()
}
