//! IO: write the effects, in their order, and delete what shall go. What already is as it is wanted is not written again.

use crate::bookings::short;
use crate::cluster::{Cluster, ClusterError, object, path_of};
use crate::decide::{Applied, ObjectRef};
use crate::drawn::{create, draw};
use crate::drift::{is_as_wanted, is_edited, is_same, marked};
use crate::state::lock;
use contract::Tampering;
use contract::canonical::canonical_json;
use contract::kinds::Effects;
use contract::kinds::context::LABEL_BOOKING;
use contract::kinds::quantity::milli;
use contract::kinds::readiness::text;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// After this time what no look shows is looked at by itself: what belongs to a namespace, and drawn Secrets.
const REPAIR_AFTER: Duration = Duration::from_secs(300);

/// An object that is older than this when its writing is answered was there before; both times are whole seconds of one clock.
const MADE_JUST_NOW: SignedDuration = SignedDuration::from_secs(1);

/// An object, and what somebody had done to it.
pub type Repaired = (String, Tampering);

/// Remembers what need not be looked at or written again for a while. All of it can be lost.
pub struct Applier {
    /// Values that the operator was given for the location, by the key under which Secrets hold them.
    of_location: BTreeMap<String, String>,
    started: Instant,
    /// When something was looked at last, by the digest of its name, and what it was then.
    checked: Mutex<HashMap<u128, (Instant, u128)>>,
    /// Objects that are not as they were written, although nobody changed them, by the digest of their path.
    bent: Mutex<HashMap<u128, Bent>>,
    /// Which objects of a booking were seen as they are wanted, by the digests of their paths.
    seen: Mutex<HashMap<Uuid, BTreeSet<u128>>>,
}

/// How such an object was left.
struct Bent {
    mark: u128,
    generation: Option<i64>,
    at: Instant,
}

impl Default for Applier {
    fn default() -> Applier {
        Applier {
            of_location: BTreeMap::new(),
            started: Instant::now(),
            checked: Mutex::default(),
            bent: Mutex::default(),
            seen: Mutex::default(),
        }
    }
}

impl Applier {
    /// One that writes these values into the Secrets that ask for them.
    pub fn new(of_location: BTreeMap<String, String>) -> Applier {
        Applier { of_location, ..Applier::default() }
    }

    /// Applies in order and stops at the first refusal. Drawn Secrets come between what the namespace needs and what
    /// belongs to the booking. `grows_only`: the quota of the namespace takes nothing away, because it is not known what else is
    /// booked there. Adds to `repaired` what somebody had changed or deleted by hand and is written again, also where something
    /// after it is refused.
    pub async fn apply(
        &self,
        cluster: &Cluster,
        (booking, effects): (Uuid, &Effects),
        observed: &[Value],
        grows_only: bool,
        repaired: &mut Vec<Repaired>,
    ) -> Applied {
        let tampered = self.tampered(booking, effects, observed);
        let (own, shared): (Vec<&Value>, Vec<&Value>) =
            effects.manifests.iter().partition(|manifest| is_own(manifest));
        let missing = |manifest: &&&Value| !self.is_there(manifest, observed);
        let missing: Vec<&Value> = own.iter().filter(missing).copied().collect();
        let once: Vec<&Value> = effects
            .once
            .iter()
            .filter(|manifest| !observed.iter().any(|object| is_same(object, manifest)))
            .collect();
        let at_once = !missing.is_empty() || !once.is_empty() || own.is_empty();
        if self.shares(&effects.namespace, &shared, at_once)
            && let Err(refused) = self.share(cluster, &effects.namespace, &shared, grows_only, repaired).await
        {
            return refused;
        }
        for secret in &effects.generated_secrets {
            let key = digest(&[&effects.namespace, &secret.name]);
            if !at_once && !self.is_due(key, 0) {
                continue;
            }
            if let Err(error) = draw(cluster, &effects.namespace, secret, &self.of_location).await {
                return classify(&format!("Secret {}", secret.name), &error);
            }
            self.checked(key, 0);
        }
        for manifest in once {
            if let Err(error) = create(cluster, manifest).await {
                return classify(&title(manifest), &error);
            }
        }
        for manifest in missing {
            let title = title(manifest);
            match self.write(cluster, manifest).await {
                Ok(was_there) => {
                    let what = tampered.iter().find(|(object, _)| *object == title).map(|(_, what)| *what);
                    repaired.extend(what.map(|what| (title, told(what, was_there))));
                }
                Err(error) => {
                    if error.code() == Some(404) {
                        // Somebody deleted the namespace.
                        lock(&self.checked).remove(&digest(&[&effects.namespace]));
                    }
                    return classify(&title, &error);
                }
            }
        }
        Applied::Done
    }

    /// What somebody changed or deleted by hand, of what this process saw as it is wanted: what the cluster keeps in another form
    /// than it was written looks edited until it was written once. What lost the label by which it is found looks deleted.
    fn tampered(&self, booking: Uuid, effects: &Effects, observed: &[Value]) -> Vec<Repaired> {
        let mut all = lock(&self.seen);
        let seen = all.entry(booking).or_default();
        let (mut found, mut wanted) = (Vec::new(), BTreeSet::new());
        for manifest in effects.manifests.iter().filter(|manifest| is_own(manifest)) {
            let Ok(path) = path_of(manifest) else { continue };
            let key = digest(&[&path]);
            wanted.insert(key);
            if self.is_there(manifest, observed) {
                seen.insert(key);
                continue;
            }
            if !seen.contains(&key) {
                continue;
            }
            match observed.iter().find(|object| is_same(object, manifest)) {
                None => found.push((title(manifest), Tampering::Deleted)),
                Some(object) if is_edited(manifest, object) && !self.was_bent(key, object) => {
                    found.push((title(manifest), Tampering::Changed));
                }
                Some(_) => {}
            }
        }
        // What is not wanted any more is not missed if it is wanted again.
        seen.retain(|key| wanted.contains(key));
        found
    }

    /// Whether it is in the form in which the cluster keeps what was written.
    fn was_bent(&self, key: u128, object: &Value) -> bool {
        lock(&self.bent).get(&key).is_some_and(|bent| bent.generation == generation(object))
    }

    /// Nothing is wanted of a booking any more.
    pub fn forget(&self, booking: Uuid) {
        lock(&self.seen).remove(&booking);
    }

    /// Whether [`Applier::apply`] would neither write nor read anything.
    pub fn is_settled(&self, booking: Uuid, effects: &Effects, observed: &[Value]) -> bool {
        // Also remembers what is there, so that it is missed later.
        if !self.tampered(booking, effects, observed).is_empty() {
            return false;
        }
        let (own, shared): (Vec<&Value>, Vec<&Value>) =
            effects.manifests.iter().partition(|manifest| is_own(manifest));
        let secrets = || {
            let names = effects.generated_secrets.iter().map(|secret| &secret.name);
            names.map(|name| digest(&[&effects.namespace, name])).any(|key| self.is_due(key, 0))
        };
        !own.is_empty()
            && own.iter().all(|manifest| self.is_there(manifest, observed))
            && effects.once.iter().all(|made| observed.iter().any(|object| is_same(object, made)))
            && !self.shares(&effects.namespace, &shared, false)
            && !secrets()
    }

    /// Whether what belongs to the namespace is to be looked at.
    fn shares(&self, namespace: &str, manifests: &[&Value], at_once: bool) -> bool {
        let (key, content) = (digest(&[namespace]), contents(manifests));
        // Another content than the one that was written is written now; of an unknown one somebody else took care before.
        let known = lock(&self.checked).contains_key(&key);
        at_once && !known || self.is_due(key, content)
    }

    /// What belongs to the namespace. It is read first, so that after a start nothing is written that is as it was.
    async fn share(
        &self,
        cluster: &Cluster,
        namespace: &str,
        manifests: &[&Value],
        grows_only: bool,
        repaired: &mut Vec<Repaired>,
    ) -> Result<(), Applied> {
        let (key, content) = (digest(&[namespace]), contents(manifests));
        // Only what was seen as it is wanted can have been changed by somebody.
        let known = lock(&self.checked).get(&key).is_some_and(|(_, known)| *known == content);
        for manifest in manifests {
            let refused = |error| classify(&title(manifest), &error);
            let path = path_of(manifest).map_err(refused)?;
            let present = cluster.get(&path).await.map_err(refused)?.map(|present| present.value);
            let wanted = match &present {
                Some(present) if grows_only => Cow::Owned(not_smaller(manifest, present)),
                Some(_) | None => Cow::Borrowed(*manifest),
            };
            if present.as_ref().is_some_and(|present| is_as_wanted(&wanted, present)) {
                continue;
            }
            let what = match &present {
                None => Some(Tampering::Deleted),
                Some(present) => {
                    let edited = is_edited(&wanted, present) && !self.was_bent(digest(&[&path]), present);
                    edited.then_some(Tampering::Changed)
                }
            };
            self.write(cluster, &wanted).await.map_err(refused)?;
            repaired.extend(what.filter(|_| known).map(|what| (title(manifest), what)));
        }
        self.checked(key, content);
        Ok(())
    }

    /// Whether an object need not be written: it is as wanted, or it does not come nearer to it.
    fn is_there(&self, manifest: &Value, observed: &[Value]) -> bool {
        let Some(present) = observed.iter().find(|object| is_same(object, manifest)) else { return false };
        let bent = || {
            let Ok(path) = path_of(manifest) else { return false };
            let mark = short(canonical_json(manifest).as_bytes());
            lock(&self.bent).get(&digest(&[&path])).is_some_and(|bent| {
                bent.mark == mark
                    && bent.generation == generation(present)
                    && bent.at.elapsed() < REPAIR_AFTER
            })
        };
        is_as_wanted(manifest, present) || bent()
    }

    /// True: it was there before, in whatever form.
    async fn write(&self, cluster: &Cluster, manifest: &Value) -> Result<bool, ClusterError> {
        let path = path_of(manifest)?;
        let answer = cluster.apply(&marked(manifest)).await?;
        if is_as_wanted(manifest, &answer.value) {
            lock(&self.bent).remove(&digest(&[&path]));
        } else {
            tracing::debug!(path, "the cluster keeps this object in another form than it was written");
            let mark = short(canonical_json(manifest).as_bytes());
            let bent = Bent { mark, generation: generation(&answer.value), at: Instant::now() };
            lock(&self.bent).insert(digest(&[&path]), bent);
        }
        let made =
            text(&answer.value, "/metadata/creationTimestamp").and_then(|at| at.parse::<Timestamp>().ok());
        Ok(made.is_some_and(|made| answer.at.duration_since(made) > MADE_JUST_NOW))
    }

    /// Whether something was not looked at for long. After a start these looks are spread over the whole time.
    fn is_due(&self, key: u128, content: u128) -> bool {
        let known = lock(&self.checked).get(&key).copied();
        match known {
            Some((at, known)) => known != content || at.elapsed() >= REPAIR_AFTER,
            None => {
                let share = u32::try_from(key % 1000).unwrap_or(0);
                self.started.elapsed() >= REPAIR_AFTER * share / 1000
            }
        }
    }

    fn checked(&self, key: u128, content: u128) {
        lock(&self.checked).insert(key, (Instant::now(), content));
    }

    /// Deletes, in the background, only what is there.
    pub async fn delete(&self, cluster: &Cluster, objects: &[ObjectRef]) -> Result<(), ClusterError> {
        for reference in objects {
            let path =
                object(&reference.api_version, &reference.kind, Some(&reference.namespace), &reference.name)?;
            match cluster.delete(&path, reference.uid.as_deref()).await {
                Ok(()) => {}
                // Another object of that name: it is not the one that was seen, the next observation decides.
                Err(ClusterError::Status { code: 409, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A quota that leaves at least as much room as the present one; anything else as it is.
fn not_smaller(manifest: &Value, present: &Value) -> Value {
    let mut wanted = manifest.clone();
    let Some(limits) = wanted.pointer_mut("/spec/hard").and_then(Value::as_object_mut) else { return wanted };
    for (name, limit) in limits {
        let Some(held) = present.pointer("/spec/hard").and_then(|held| held.get(name)) else { continue };
        let amount = |value: &Value| value.as_str().and_then(milli);
        if amount(held) > amount(limit) {
            *limit = held.clone();
        }
    }
    wanted
}

/// Tells one content from another.
fn contents(manifests: &[&Value]) -> u128 {
    let all: Vec<String> = manifests.iter().map(|manifest| canonical_json(manifest)).collect();
    short(all.join("\n").as_bytes())
}

/// Tells one name from another.
fn digest(parts: &[&str]) -> u128 {
    short(parts.join("/").as_bytes())
}

/// What was only not found by its label is there all the same.
fn told(what: Tampering, was_there: bool) -> Tampering {
    if was_there { Tampering::Changed } else { what }
}

/// Kind and name, for people.
fn title(manifest: &Value) -> String {
    let named = |pointer| text(manifest, pointer).unwrap_or_default();
    format!("{} {}", named("/kind"), named("/metadata/name"))
}

/// Whether a manifest belongs to one booking and not to its namespace.
fn is_own(manifest: &Value) -> bool {
    manifest.pointer("/metadata/labels").and_then(|labels| labels.get(LABEL_BOOKING)).is_some()
}

fn generation(object: &Value) -> Option<i64> {
    object.pointer("/metadata/generation").and_then(Value::as_i64)
}

/// What an error means: refusals go to people, the rest is tried again.
pub fn classify(object: &str, error: &ClusterError) -> Applied {
    match error {
        ClusterError::Status { message, .. } if message.contains("failed calling webhook") => {
            Applied::EngineDown
        }
        // A quota that was just made and is not counted yet lets nothing in, for a moment.
        ClusterError::Status { code: 403, message, .. } if message.contains("status unknown for quota") => {
            Applied::Failed { detail: format!("{object}: {error}") }
        }
        // Somebody changed the same at the same time: the object, or the quota that it is counted in.
        ClusterError::Status { code: 409, reason, .. } if reason == "Conflict" => {
            Applied::Failed { detail: format!("{object}: {error}") }
        }
        ClusterError::Status { code, message, .. }
            if matches!(*code, 400 | 403 | 404 | 405 | 409 | 422)
                || (*code == 500 && !message.is_empty()) =>
        {
            Applied::Refused { object: object.to_owned(), detail: message.clone() }
        }
        ClusterError::UnknownKind(kind) => {
            Applied::Refused { object: object.to_owned(), detail: format!("unknown kind {kind}") }
        }
        ClusterError::Status { .. }
        | ClusterError::Unreachable(_)
        | ClusterError::TimedOut
        | ClusterError::NotLeading
        | ClusterError::Unreadable(_) => Applied::Failed { detail: format!("{object}: {error}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::Arc;

    /// An API server that holds objects by their path, as old as the hills, and adds what is applied.
    #[derive(Clone, Default)]
    struct Objects(Arc<Mutex<HashMap<String, Value>>>);

    impl Objects {
        fn cluster(&self) -> Cluster {
            let held = self.0.clone();
            let service = tower::service_fn(move |request: http::Request<kube::client::Body>| {
                let held = held.clone();
                async move {
                    let (head, body) = request.into_parts();
                    let path = head.uri.path().to_owned();
                    let body = body.collect_bytes().await.unwrap();
                    let mut held = lock(&held);
                    if head.method == "PATCH" {
                        let mut made: Value = serde_json::from_slice(&body).unwrap();
                        let age = if held.contains_key(&path) {
                            "2026-01-01T00:00:00Z"
                        } else {
                            "2026-07-01T10:00:00Z"
                        };
                        made["metadata"]["creationTimestamp"] = json!(age);
                        held.insert(path.clone(), made);
                    }
                    let (status, answer) =
                        held.get(&path).map_or((404, json!({})), |found| (200, found.clone()));
                    let answer = kube::client::Body::from(answer.to_string().into_bytes());
                    let date = "Wed, 01 Jul 2026 10:00:00 GMT";
                    let answer =
                        http::Response::builder().status(status).header("date", date).body(answer).unwrap();
                    Ok::<_, std::convert::Infallible>(answer)
                }
            });
            Cluster::new(kube::Client::new(service, "default"))
        }
    }

    #[tokio::test]
    async fn what_a_namespace_shares_is_told_when_it_comes_back() {
        let (objects, applier) = (Objects::default(), Applier::default());
        let cluster = objects.cluster();
        let quota = |cpu: &str| {
            json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "booked", "namespace": "n"},
                "spec": {"hard": {"requests.cpu": cpu}}})
        };
        let share = async |quota: &Value| {
            let mut repaired = Vec::new();
            applier.share(&cluster, "n", &[quota], false, &mut repaired).await.unwrap();
            repaired
                .into_iter()
                .map(|(object, what)| format!("{object}: {}", what.code()))
                .collect::<Vec<_>>()
        };
        let edit = |change: fn(&mut Value)| lock(&objects.0).values_mut().for_each(change);
        assert_eq!(share(&quota("1")).await, Vec::<String>::new(), "it was not there before");
        edit(|quota| quota["spec"]["hard"]["requests.cpu"] = json!("64"));
        assert_eq!(share(&quota("1")).await, ["ResourceQuota booked: changed"]);
        lock(&objects.0).clear();
        assert_eq!(share(&quota("1")).await, ["ResourceQuota booked: deleted"]);
        edit(|quota| quota["spec"]["hard"]["requests.cpu"] = json!("64"));
        assert_eq!(share(&quota("2")).await, Vec::<String>::new(), "another booking came meanwhile");
    }

    #[tokio::test]
    async fn what_came_back_is_told_although_something_else_is_refused() {
        let (objects, applier) = (Objects::default(), Applier::default());
        let booking = Uuid::nil();
        let own = |kind: &str, name: &str| {
            json!({"apiVersion": "v1", "kind": kind,
                "metadata": {"name": name, "namespace": "n", "labels": {LABEL_BOOKING: booking.to_string()}}})
        };
        let manifests = vec![own("Service", "a"), own("Service", "b"), own("Nonsense", "c")];
        let effects = Effects { namespace: "n".to_owned(), manifests, ..Effects::default() };
        let cluster = objects.cluster();
        let apply = async |observed: &[Value]| {
            let mut repaired = Vec::new();
            let applied = applier.apply(&cluster, (booking, &effects), observed, false, &mut repaired).await;
            assert_ne!(applied, Applied::Done, "nobody knows the kind of the last object");
            repaired
                .into_iter()
                .map(|(object, what)| format!("{object}: {}", what.code()))
                .collect::<Vec<_>>()
        };
        assert_eq!(apply(&[]).await, Vec::<String>::new(), "nothing was there before");
        let there: Vec<Value> = lock(&objects.0).values().cloned().collect();
        assert_eq!(apply(&there).await, Vec::<String>::new());
        // One is deleted; the other only lost the label by which it is found.
        lock(&objects.0).retain(|path, _| path.ends_with("/b"));
        assert_eq!(apply(&[]).await, ["Service a: deleted", "Service b: changed"]);
    }

    #[test]
    fn a_quota_that_only_grows_takes_nothing_away() {
        let quota = |cpu: &str, memory: &str| json!({"kind": "ResourceQuota", "spec": {"hard": {"requests.cpu": cpu, "requests.memory": memory}}});
        assert_eq!(not_smaller(&quota("500m", "3072Mi"), &quota("1", "2Gi")), quota("1", "3072Mi"));
        let service = json!({"kind": "Service", "spec": {"type": "LoadBalancer"}});
        assert_eq!(not_smaller(&service, &quota("1", "1")), service);
    }

    #[test]
    fn answers_as_table() {
        let status = |code, message: &str| ClusterError::Status {
            code,
            reason: String::new(),
            message: message.to_owned(),
        };
        let quota_in_use = ClusterError::Status {
            code: 409,
            reason: "Conflict".to_owned(),
            message:
                "Operation cannot be fulfilled on resourcequotas \"booked\": the object has been modified"
                    .to_owned(),
        };
        let cases = [
            (status(422, "can't shrink existing storage"), "refused"),
            (status(403, "exceeded quota: booked"), "refused"),
            (status(403, "pods \"x\" is forbidden: status unknown for quota: booked"), "failed"),
            (status(500, "failed to create typed patch object"), "refused"),
            (status(500, "Internal error occurred: failed calling webhook \"mcluster.cnpg.io\""), "engine"),
            (quota_in_use, "failed"),
            (status(503, "busy"), "failed"),
            (status(429, "slow down"), "failed"),
            (ClusterError::TimedOut, "failed"),
        ];
        for (error, expected) in cases {
            let found = match classify("Cluster pg", &error) {
                Applied::Done => "done",
                Applied::Refused { .. } => "refused",
                Applied::EngineDown => "engine",
                Applied::Failed { .. } => "failed",
            };
            assert_eq!(found, expected, "{error}");
        }
    }
}
