//! The operator's key and what the marketplace said at enrolment: kept in a file or in a Secret, never shown.

use crate::cluster::{Cluster, object};
use crate::config::Config;
use anyhow::{Context, Result, anyhow};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use contract::protocol::{ASSERTION_SECONDS, ASSERTION_TYPE, Claims};
use contract::{Enrolled, PublicJwk, canonical};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// What is kept. No `Debug`: it contains the private key.
#[derive(Clone, Serialize, Deserialize)]
pub struct Stored {
    /// PKCS#8, standard base64.
    pkcs8: String,
    /// Absent until enrolled.
    #[serde(default)]
    enrolled: Option<Enrolled>,
    /// When the key was drawn, by the local clock; absent for a key of an older version, which counts as new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drawn_at: Option<Timestamp>,
    /// The key that takes over once the marketplace knows it, in the same form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An enrolled operator.
pub struct Identity {
    key: EncodingKey,
    /// Answer of the enrolment.
    pub enrolled: Enrolled,
}

impl Stored {
    /// Draws a key.
    pub fn generate() -> Result<Stored> {
        Ok(Stored { pkcs8: draw()?, enrolled: None, drawn_at: Some(Timestamp::now()), next: None })
    }

    /// The public half.
    pub fn public(&self) -> Result<PublicJwk> {
        public_half(&self.pkcs8)
    }

    /// The public half of the key that takes over, if that was begun.
    pub fn next(&self) -> Result<Option<PublicJwk>> {
        self.next.as_deref().map(public_half).transpose()
    }

    /// For how long the key is good, if it shall be replaced after some seconds.
    pub fn good_for(&self, seconds: u64, now: Timestamp) -> Duration {
        let age = self.drawn_at.map_or(0, |drawn| now.as_second().saturating_sub(drawn.as_second()));
        Duration::from_secs(seconds.saturating_sub(u64::try_from(age).unwrap_or(0)))
    }

    /// The same with a key drawn that shall take over.
    pub fn with_next(mut self) -> Result<Stored> {
        self.next = Some(draw()?);
        Ok(self)
    }

    /// After the next key took over.
    pub fn promoted(self, now: Timestamp) -> Result<Stored> {
        let public = self.next()?.context("there is no next key")?;
        let enrolled = self
            .enrolled
            .map(|enrolled| Enrolled { key_id: contract::key_id(enrolled.operator, &public), ..enrolled });
        Ok(Stored { pkcs8: self.next.unwrap_or_default(), enrolled, drawn_at: Some(now), next: None })
    }

    /// What the marketplace said, once it did.
    pub fn enrolled(&self) -> Option<&Enrolled> {
        self.enrolled.as_ref()
    }

    /// The same with the answer of the enrolment.
    pub fn with(mut self, enrolled: Enrolled) -> Stored {
        self.enrolled = Some(enrolled);
        self
    }

    /// An identity that can sign, if enrolled.
    pub fn identity(&self) -> Result<Option<Identity>> {
        let Some(enrolled) = self.enrolled.clone() else { return Ok(None) };
        let der = STANDARD.decode(&self.pkcs8)?;
        Ok(Some(Identity { key: EncodingKey::from_ed_der(&der), enrolled }))
    }
}

fn draw() -> Result<String> {
    let key = Ed25519KeyPair::generate().context("no key could be drawn")?;
    let document = key.to_pkcs8().context("the key has no PKCS#8 form")?;
    Ok(STANDARD.encode(document.as_ref()))
}

fn public_half(pkcs8: &str) -> Result<PublicJwk> {
    let key = Ed25519KeyPair::from_pkcs8(&STANDARD.decode(pkcs8)?)
        .map_err(|_rejected| anyhow!("the stored key is damaged"))?;
    Ok(PublicJwk {
        kty: "OKP".to_owned(),
        crv: "Ed25519".to_owned(),
        x: URL_SAFE_NO_PAD.encode(key.public_key().as_ref()),
    })
}

impl Identity {
    /// A short-lived assertion for one request. `now` is in seconds since 1970.
    pub fn assertion(&self, now: i64, method_and_path: &str, body: &[u8]) -> Result<String> {
        let header = Header {
            typ: Some(ASSERTION_TYPE.to_owned()),
            kid: Some(self.enrolled.key_id.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        let operator = self.enrolled.operator.to_string();
        let claims = Claims {
            iss: operator.clone(),
            sub: operator,
            aud: self.enrolled.audience.clone(),
            iat: now,
            nbf: now,
            exp: now + ASSERTION_SECONDS,
            jti: Uuid::now_v7().to_string(),
            htm: method_and_path.to_owned(),
            body_sha256: canonical::sha256_hex(body),
        };
        Ok(jsonwebtoken::encode(&header, &claims, &self.key)?)
    }
}

/// Chooses the cryptography for assertions; with two providers in the tree there is no default.
pub fn install_crypto() {
    if jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().is_err() {
        // A second call in the same process finds it installed, which is what is wanted.
        tracing::debug!("cryptography was chosen before");
    }
}

/// Reads what is kept, from the file or the Secret.
pub async fn load(config: &Config, cluster: &Cluster) -> Result<Option<Stored>> {
    if let Some(path) = &config.key_file {
        return match read_file(path)? {
            Some(stored) => Ok(Some(stored)),
            None => read_file(&pending(path)),
        };
    }
    let path = object("v1", "Secret", Some(&config.namespace), &config.key_secret)?;
    let Some(answer) = cluster.get(&path).await? else { return Ok(None) };
    let text = answer
        .value
        .pointer("/data/identity")
        .and_then(Value::as_str)
        .context("the Secret has no identity")?;
    Ok(Some(serde_json::from_slice(&STANDARD.decode(text)?).context("the Secret is damaged")?))
}

/// Keeps it.
pub async fn save(config: &Config, cluster: &Cluster, stored: &Stored) -> Result<()> {
    let bytes = serde_json::to_vec(stored)?;
    if let Some(path) = &config.key_file {
        let target = if stored.enrolled.is_some() { path.clone() } else { pending(path) };
        write_private(&target, &bytes).context(format!("{} cannot be written", target.display()))?;
        if stored.enrolled.is_some() && pending(path).exists() {
            std::fs::remove_file(pending(path))?;
        }
        return Ok(());
    }
    cluster.ensure_namespace(&config.namespace).await?;
    cluster
        .apply(&json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"name": config.key_secret, "namespace": config.namespace},
            "data": {"identity": STANDARD.encode(bytes)}
        }))
        .await?;
    Ok(())
}

/// Where a key lies that is not registered yet: the key file itself exists only for an enrolled operator, so that scripts
/// can tell by it whether a one-time code is needed.
fn pending(path: &Path) -> PathBuf {
    path.with_extension("pending")
}

fn read_file(path: &Path) -> Result<Option<Stored>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).context("the key file is damaged")?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context(format!("{} cannot be read", path.display())),
    }
}

/// Writes a file that only its owner can read, complete or not at all.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let temporary = path.with_extension("new");
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{DecodingKey, Validation};

    fn enrolled() -> Stored {
        Stored::generate().unwrap().with(Enrolled {
            operator: Uuid::from_u128(1),
            key_id: "k1".to_owned(),
            audience: "https://markt.example".to_owned(),
            location: Uuid::from_u128(2),
            location_name: "Nord".to_owned(),
            epoch: 1,
        })
    }

    #[test]
    fn the_next_key_takes_over_with_its_own_name() {
        let stored = enrolled().with_next().unwrap();
        let next = stored.next().unwrap().unwrap();
        assert_ne!(stored.public().unwrap(), next);
        // What a process finds that starts in between.
        let kept: Stored = serde_json::from_slice(&serde_json::to_vec(&stored).unwrap()).unwrap();
        assert_eq!(kept.next().unwrap(), Some(next.clone()));
        let promoted = kept.promoted(Timestamp::now()).unwrap();
        assert_eq!(promoted.public().unwrap(), next);
        assert_eq!(promoted.next().unwrap(), None);
        assert_eq!(promoted.enrolled().unwrap().key_id, contract::key_id(Uuid::from_u128(1), &next));
        assert!(enrolled().promoted(Timestamp::now()).is_err());
    }

    #[test]
    fn keys_age() {
        let stored = enrolled();
        let drawn = stored.drawn_at.unwrap();
        let later = |seconds| Timestamp::from_second(drawn.as_second() + seconds).unwrap();
        assert_eq!(stored.good_for(100, later(40)), Duration::from_secs(60));
        assert_eq!(stored.good_for(100, later(140)), Duration::ZERO);
        assert_eq!(stored.good_for(100, later(-40)), Duration::from_secs(100), "a clock that went back");
    }

    #[test]
    fn assertions_verify_with_the_public_half() {
        install_crypto();
        let stored = enrolled();
        let now = Timestamp::now().as_second();
        let token =
            stored.identity().unwrap().unwrap().assertion(now, "POST /agent/v1/usage", b"{}").unwrap();
        let key = DecodingKey::from_ed_components(&stored.public().unwrap().x).unwrap();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&["https://markt.example"]);
        let decoded = jsonwebtoken::decode::<Claims>(&token, &key, &validation).unwrap();
        assert_eq!(decoded.header.typ.as_deref(), Some("operator+jwt"));
        assert_eq!(decoded.claims.body_sha256, canonical::sha256_hex(b"{}"));
        let other =
            DecodingKey::from_ed_components(&Stored::generate().unwrap().public().unwrap().x).unwrap();
        assert!(jsonwebtoken::decode::<Claims>(&token, &other, &validation).is_err());
    }
}
