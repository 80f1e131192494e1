//! IO: write the effects, in their order, and delete what shall go. Unchanged manifests are not sent again.

use crate::cluster::{Cluster, ClusterError, object, path_of};
use crate::decide::{Applied, ObjectRef};
use crate::state::lock;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::canonical;
use contract::kinds::context::LABEL_BOOKING;
use contract::kinds::readiness::text;
use contract::kinds::virtual_machine::start::HostKey;
use contract::kinds::{Effects, GeneratedSecret};
use rand::{Rng, RngExt};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// After this time an unchanged manifest is sent again, in case somebody changed what the operator owns. Server-side
/// apply of the same content writes nothing.
const REPAIR_AFTER: Duration = Duration::from_secs(300);
/// Length of drawn passwords.
const PASSWORD_LENGTH: usize = 32;
/// Letters and digits that are not mistaken for one another.
const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/// Remembers what was sent.
#[derive(Default)]
pub struct Applier {
    sent: Mutex<HashMap<String, Sent>>,
}

struct Sent {
    hash: String,
    generation: Option<i64>,
    at: Instant,
}

impl Applier {
    /// Applies in order and stops at the first refusal. Drawn Secrets come between what the namespace needs and what
    /// belongs to the booking.
    pub async fn apply(&self, cluster: &Cluster, effects: &Effects, observed: &[Value]) -> Applied {
        let (own, shared): (Vec<&Value>, Vec<&Value>) =
            effects.manifests.iter().partition(|manifest| is_own(manifest));
        for manifest in shared {
            if let Err(refused) = self.one(cluster, manifest, observed).await {
                return refused;
            }
        }
        for secret in &effects.generated_secrets {
            if let Err(error) = draw(cluster, &effects.namespace, secret).await {
                return classify(&format!("Secret {}", secret.name), &error);
            }
        }
        for manifest in &effects.once {
            if !observed.iter().any(|object| same(object, manifest))
                && let Err(error) = create(cluster, manifest).await
            {
                let kind = text(manifest, "/kind").unwrap_or_default();
                return classify(&format!("{kind} {}", name_of(manifest)), &error);
            }
        }
        for manifest in own {
            if let Err(refused) = self.one(cluster, manifest, observed).await {
                return refused;
            }
        }
        Applied::Done
    }

    async fn one(&self, cluster: &Cluster, manifest: &Value, observed: &[Value]) -> Result<(), Applied> {
        self.send(cluster, manifest, observed).await.map_err(|error| {
            let kind = text(manifest, "/kind").unwrap_or_default();
            classify(&format!("{kind} {}", name_of(manifest)), &error)
        })
    }

    async fn send(
        &self,
        cluster: &Cluster,
        manifest: &Value,
        observed: &[Value],
    ) -> Result<(), ClusterError> {
        let path = path_of(manifest)?;
        let hash = canonical::sha256_hex(canonical::canonical_json(manifest).as_bytes());
        let present = observed.iter().find(|object| same(object, manifest));
        let known = lock(&self.sent).get(&path).is_some_and(|sent| {
            let generation = present.and_then(generation);
            let as_left = present.is_some() && (generation.is_none() || generation == sent.generation);
            sent.hash == hash && sent.at.elapsed() < REPAIR_AFTER && (!is_own(manifest) || as_left)
        });
        if known {
            return Ok(());
        }
        let answer = cluster.apply(manifest).await?;
        let sent = Sent { hash, generation: generation(&answer.value), at: Instant::now() };
        lock(&self.sent).insert(path, sent);
        Ok(())
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
            lock(&self.sent).remove(&path);
        }
        Ok(())
    }
}

/// Whether a manifest belongs to one booking and not to its namespace.
fn is_own(manifest: &Value) -> bool {
    manifest.pointer("/metadata/labels").and_then(|labels| labels.get(LABEL_BOOKING)).is_some()
}

fn generation(object: &Value) -> Option<i64> {
    object.pointer("/metadata/generation").and_then(Value::as_i64)
}

fn same(object: &Value, manifest: &Value) -> bool {
    ["/kind", "/apiVersion", "/metadata/name", "/metadata/namespace"]
        .iter()
        .all(|pointer| text(object, pointer) == text(manifest, pointer))
}

/// Creates a Secret with drawn values if it is missing. An existing one keeps its values.
async fn draw(cluster: &Cluster, namespace: &str, secret: &GeneratedSecret) -> Result<(), ClusterError> {
    let path = object("v1", "Secret", Some(namespace), &secret.name)?;
    if cluster.get(&path).await?.is_some() {
        return Ok(());
    }
    let mut data = Map::new();
    for (key, value) in &secret.fixed {
        data.insert(key.clone(), json!(STANDARD.encode(value)));
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

/// A repeated create whose first answer was lost is fine; what is there is as good.
async fn create(cluster: &Cluster, manifest: &Value) -> Result<(), ClusterError> {
    match cluster.create(manifest).await {
        Ok(_) | Err(ClusterError::Status { code: 409, .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn name_of(manifest: &Value) -> &str {
    text(manifest, "/metadata/name").unwrap_or_default()
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
