//! IO: write the effects, in their order, and delete what shall go. What already is as it is wanted is not written again.

use crate::bookings::short;
use crate::cluster::{Cluster, ClusterError, object, path_of};
use crate::decide::{Applied, ObjectRef};
use crate::drift::{is_as_wanted, is_edited, is_same, marked};
use crate::state::lock;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::Tampering;
use contract::canonical::canonical_json;
use contract::kinds::context::LABEL_BOOKING;
use contract::kinds::quantity::milli;
use contract::kinds::readiness::text;
use contract::kinds::virtual_machine::start::HostKey;
use contract::kinds::{Effects, GeneratedSecret};
use rand::{Rng, RngExt};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// After this time what no look shows is looked at by itself: what belongs to a namespace, and drawn Secrets.
const REPAIR_AFTER: Duration = Duration::from_secs(300);
/// Length of drawn passwords.
const PASSWORD_LENGTH: usize = 32;
/// Letters and digits that are not mistaken for one another.
const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

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
    /// booked there.
    pub async fn apply(
        &self,
        cluster: &Cluster,
        effects: &Effects,
        observed: &[Value],
        grows_only: bool,
    ) -> Applied {
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
            && let Err(refused) = self.share(cluster, &effects.namespace, &shared, grows_only).await
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
            if let Err(error) = self.write(cluster, manifest).await {
                if error.code() == Some(404) {
                    // Somebody deleted the namespace.
                    lock(&self.checked).remove(&digest(&[&effects.namespace]));
                }
                return classify(&title(manifest), &error);
            }
        }
        Applied::Done
    }

    /// What somebody changed or deleted by hand, of what this process saw as it is wanted: what the cluster keeps in another form
    /// than it was written looks edited until it was written once. Asked before [`Applier::apply`] writes it again.
    pub fn tampered(&self, booking: Uuid, effects: &Effects, observed: &[Value]) -> Vec<(String, Tampering)> {
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
    ) -> Result<(), Applied> {
        for manifest in manifests {
            let refused = |error| classify(&title(manifest), &error);
            let path = path_of(manifest).map_err(refused)?;
            let present = cluster.get(&path).await.map_err(refused)?.map(|present| present.value);
            let wanted = match &present {
                Some(present) if grows_only => Cow::Owned(not_smaller(manifest, present)),
                Some(_) | None => Cow::Borrowed(*manifest),
            };
            if !present.is_some_and(|present| is_as_wanted(&wanted, &present)) {
                self.write(cluster, &wanted).await.map_err(refused)?;
            }
        }
        self.checked(digest(&[namespace]), contents(manifests));
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

    async fn write(&self, cluster: &Cluster, manifest: &Value) -> Result<(), ClusterError> {
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
        Ok(())
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

/// Creates a Secret with drawn values if it is missing. What was drawn in an existing one stays; one in which nothing was, is made
/// anew where the location was given other values since.
async fn draw(
    cluster: &Cluster,
    namespace: &str,
    secret: &GeneratedSecret,
    of_location: &BTreeMap<String, String>,
) -> Result<(), ClusterError> {
    let path = object("v1", "Secret", Some(namespace), &secret.name)?;
    let mut data = known(secret, of_location);
    if let Some(present) = cluster.get(&path).await? {
        let drawn = !secret.random.is_empty() || secret.config.is_some();
        if drawn
            || data.iter().all(|(key, value)| present.value.pointer(&format!("/data/{key}")) == Some(value))
        {
            return Ok(());
        }
        // The operator may not change Secrets. If it ends in between, the next look finds the Secret missing.
        match cluster.delete(&path, text(&present.value, "/metadata/uid")).await {
            Ok(()) => {}
            // Somebody else made it anew: the next look decides about that one.
            Err(ClusterError::Status { code: 409, .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
        tracing::info!(namespace, secret = secret.name, "made anew: the location was given other values");
    }
    for key in &secret.random {
        data.insert(key.clone(), json!(STANDARD.encode(password())));
    }
    if let Some(config) = &secret.config {
        for (key, value) in config.entries(&host_key()?) {
            data.insert(key, json!(STANDARD.encode(value)));
        }
    }
    let manifest = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": secret.name, "namespace": namespace, "labels": secret.labels},
        "data": data
    });
    create(cluster, &manifest).await
}

/// What a Secret holds that was not drawn.
fn known(secret: &GeneratedSecret, of_location: &BTreeMap<String, String>) -> Map<String, Value> {
    let given = |key: &String| (key.clone(), of_location.get(key).cloned().unwrap_or_default());
    let fixed = secret.fixed.iter().map(|(key, value)| (key.clone(), value.clone()));
    let all = fixed.chain(secret.of_location.iter().map(given));
    all.map(|(key, value)| (key, json!(STANDARD.encode(value)))).collect()
}

/// A repeated create whose first answer was lost is fine; what is there is as good.
async fn create(cluster: &Cluster, manifest: &Value) -> Result<(), ClusterError> {
    match cluster.create(manifest).await {
        Ok(_) | Err(ClusterError::Status { code: 409, .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A host key for a machine. Its private half goes into one Secret and nowhere else.
fn host_key() -> Result<HostKey, ClusterError> {
    let mut random = rand::rng();
    let mut seed = [0_u8; 32];
    random.fill_bytes(&mut seed);
    let unusable = |what: &str| ClusterError::Unreadable(format!("no host key could be drawn: {what}"));
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|error| unusable(&error.to_string()))?;
    let public = pair.public_key().as_ref().try_into().map_err(|_length| unusable("its length"))?;
    Ok(HostKey { seed, public, check: random.next_u32() })
}

fn password() -> String {
    let mut random = rand::rng();
    (0..PASSWORD_LENGTH)
        .filter_map(|_| ALPHABET.get(random.random_range(0..ALPHABET.len())).copied())
        .map(char::from)
        .collect()
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
    use std::sync::Arc;

    /// An API server that holds one Secret and counts what changes it.
    #[derive(Clone, Default)]
    struct OneSecret {
        held: Arc<Mutex<Option<Value>>>,
        changes: Arc<Mutex<Vec<&'static str>>>,
    }

    impl OneSecret {
        fn cluster(&self) -> Cluster {
            let server = self.clone();
            let service = tower::service_fn(move |request: http::Request<kube::client::Body>| {
                let server = server.clone();
                async move { Ok::<_, std::convert::Infallible>(server.answer(request).await) }
            });
            Cluster::new(kube::Client::new(service, "default"))
        }

        async fn answer(
            &self,
            request: http::Request<kube::client::Body>,
        ) -> http::Response<kube::client::Body> {
            let (head, body) = request.into_parts();
            let body: Value =
                serde_json::from_slice(&body.collect_bytes().await.unwrap()).unwrap_or_default();
            let known = lock(&self.held).clone();
            let (status, answer) = match (head.method.as_str(), known) {
                ("GET", Some(secret)) => (200, secret),
                ("POST", None) => {
                    let mut made = body;
                    made["metadata"]["uid"] = json!(format!("u{}", lock(&self.changes).len()));
                    lock(&self.changes).push("create");
                    *lock(&self.held) = Some(made.clone());
                    (201, made)
                }
                ("DELETE", Some(secret)) if body["preconditions"]["uid"] == secret["metadata"]["uid"] => {
                    lock(&self.changes).push("delete");
                    *lock(&self.held) = None;
                    (200, json!({}))
                }
                ("DELETE", Some(_)) => (409, json!({})),
                _ => (404, json!({})),
            };
            let answer = kube::client::Body::from(answer.to_string().into_bytes());
            let date = "Wed, 01 Jul 2026 10:00:00 GMT";
            http::Response::builder().status(status).header("date", date).body(answer).unwrap()
        }
    }

    #[tokio::test]
    async fn another_key_of_the_location_reaches_its_secrets() {
        let server = OneSecret::default();
        let cluster = server.cluster();
        let given = |key: &str| BTreeMap::from([("KEY".to_owned(), key.to_owned())]);
        let mut secret = GeneratedSecret {
            name: "pg-1-backup".to_owned(),
            labels: BTreeMap::new(),
            fixed: BTreeMap::new(),
            random: Vec::new(),
            config: None,
            of_location: vec!["KEY".to_owned()],
        };
        for key in ["a", "a", "b"] {
            draw(&cluster, "n", &secret, &given(key)).await.unwrap();
        }
        assert_eq!(*lock(&server.changes), ["create", "delete", "create"]);
        let held = lock(&server.held).clone().unwrap();
        assert_eq!(held["data"]["KEY"], STANDARD.encode("b"));
        secret.random = vec!["password".to_owned()];
        draw(&cluster, "n", &secret, &given("c")).await.unwrap();
        assert_eq!(*lock(&server.held), Some(held), "what was drawn in it would be lost");
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
        let cases = [
            (status(422, "can't shrink existing storage"), "refused"),
            (status(403, "exceeded quota: booked"), "refused"),
            (status(403, "pods \"x\" is forbidden: status unknown for quota: booked"), "failed"),
            (status(500, "failed to create typed patch object"), "refused"),
            (status(500, "Internal error occurred: failed calling webhook \"mcluster.cnpg.io\""), "engine"),
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

    #[test]
    fn host_keys_differ_and_their_halves_belong_together() {
        let (one, other) = (host_key().unwrap(), host_key().unwrap());
        assert_ne!(one.seed, other.seed);
        assert_ne!(one.public_line(), other.public_line());
        let pair = Ed25519KeyPair::from_seed_and_public_key(&one.seed, &one.public);
        assert!(pair.is_ok(), "the public half is that of the seed");
        assert!(Ed25519KeyPair::from_seed_and_public_key(&one.seed, &other.public).is_err());
    }

    #[test]
    fn passwords_differ_and_are_long() {
        assert_eq!(password().len(), PASSWORD_LENGTH);
        assert_ne!(password(), password());
    }
}
