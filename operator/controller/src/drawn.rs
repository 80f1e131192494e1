//! IO: Secrets with values that are drawn in the cluster once, which nobody outside ever learns.

use crate::cluster::{Cluster, ClusterError, object};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::kinds::GeneratedSecret;
use contract::kinds::readiness::text;
use contract::kinds::virtual_machine::start::HostKey;
use rand::{Rng, RngExt};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Length of drawn passwords.
const PASSWORD_LENGTH: usize = 32;
/// Letters and digits that are not mistaken for one another.
const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/// Creates a Secret with drawn values if it is missing. What was drawn in an existing one stays; one in which nothing was, is made
/// anew where the location was given other values since.
pub async fn draw(
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
pub async fn create(cluster: &Cluster, manifest: &Value) -> Result<(), ClusterError> {
    match cluster.create(manifest).await {
        Err(error) if !error.already_exists() => Err(error),
        Ok(_) | Err(_) => Ok(()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::lock;
    use std::sync::{Arc, Mutex};

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
