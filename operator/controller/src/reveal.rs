//! IO: access data, read from named Secrets, sealed to the key of one display. Never logged, never kept.

use crate::cluster::object;
use crate::credentials;
use crate::marketplace::Marketplace;
use crate::observe;
use crate::state::State;
use crate::words;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::kinds::namespace;
use contract::reveal::Access;
use contract::{PendingReveal, SealedReveal};
use crypto_box::PublicKey;
use crypto_box::aead::OsRng;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// While new access data are being made.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(5);

/// Answers reveals for ever.
pub async fn run(state: Arc<State>, marketplace: Arc<Marketplace>) {
    loop {
        match marketplace.reveals().await {
            Ok(pending) => {
                for reveal in pending.reveals {
                    answer(&state, &marketplace, &reveal).await;
                }
                // First what was asked for before: a display never shows what comes of a later order.
                let rotated = credentials::rotate_all(&state, &marketplace, &pending.rotations).await;
                if !words::listen(&state, &marketplace, &pending.words).await || !rotated {
                    tokio::time::sleep(BETWEEN_LOOKS).await;
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "reveals cannot be fetched");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn answer(state: &State, marketplace: &Marketplace, reveal: &PendingReveal) {
    let unavailable = |code: &str| SealedReveal::Unavailable { code: code.to_owned() };
    let answer = match collect(state, reveal).await {
        Ok(Some(access)) => match seal(&access, &reveal.public_key) {
            Ok(sealed) => SealedReveal::Sealed { sealed },
            Err(error) => {
                tracing::error!(reveal = %reveal.id, error = %error, "access data cannot be sealed");
                unavailable("not-sealable")
            }
        },
        Ok(None) => unavailable("not-provisioned"),
        Err(error) => {
            tracing::warn!(reveal = %reveal.id, error = %error, "access data cannot be read");
            unavailable("not-readable")
        }
    };
    match marketplace.answer_reveal(reveal.id, &answer).await {
        Ok(()) => tracing::info!(reveal = %reveal.id, booking = %reveal.booking, "reveal answered"),
        Err(error) => tracing::warn!(reveal = %reveal.id, error = %error, "reveal not answered"),
    }
}

/// The plain access data; `None` if the booking or one of its Secrets does not exist.
async fn collect(state: &State, reveal: &PendingReveal) -> anyhow::Result<Option<Access>> {
    let Some((booking, _at)) = observe::booking(&state.cluster, &reveal.booking.to_string()).await? else {
        return Ok(None);
    };
    let desired = &booking.spec.desired;
    let namespace = namespace::name(desired);
    let mut values = BTreeMap::new();
    let serving = booking.status.as_ref().map_or(0, |status| status.serving);
    for (secret, keys) in desired.kind.access_secrets(desired, serving) {
        let path = object("v1", "Secret", Some(&namespace), &secret)?;
        let Some(found) = state.cluster.get(&path).await? else { return Ok(None) };
        for key in keys {
            let encoded = found.value.get("data").and_then(|data| data.get(&key)).and_then(Value::as_str);
            let Some(encoded) = encoded else { return Ok(None) };
            values.insert(key, String::from_utf8(STANDARD.decode(encoded)?)?);
        }
    }
    let endpoints = booking.status.map(|status| status.endpoints).unwrap_or_default();
    Ok(Some(desired.kind.access(&state.site(), desired, &endpoints, &values)))
}

/// X25519 sealed box of the JSON of the access data, standard base64.
pub fn seal(access: &Access, public_key: &str) -> anyhow::Result<String> {
    let bytes: [u8; 32] = STANDARD
        .decode(public_key)?
        .try_into()
        .map_err(|wrong: Vec<u8>| anyhow::anyhow!("a key has 32 bytes, not {}", wrong.len()))?;
    let plain = serde_json::to_vec(access)?;
    let sealed = PublicKey::from(bytes)
        .seal(&mut OsRng, &plain)
        .map_err(|error| anyhow::anyhow!("sealing failed: {error}"))?;
    Ok(STANDARD.encode(sealed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::reveal::AccessField;
    use crypto_box::SecretKey;

    #[test]
    fn only_the_private_half_opens_it() {
        let secret = SecretKey::generate(&mut OsRng);
        let access = Access { fields: vec![AccessField::hidden("password", "Kennwort", "kanarienvogel")] };
        let sealed = seal(&access, &STANDARD.encode(secret.public_key().as_bytes())).unwrap();
        let bytes = STANDARD.decode(&sealed).unwrap();
        assert!(!sealed.contains("kanarienvogel"));
        let opened: Access = serde_json::from_slice(&secret.unseal(&bytes).unwrap()).unwrap();
        assert_eq!(opened.fields[0].value, "kanarienvogel");
        assert!(SecretKey::generate(&mut OsRng).unseal(&bytes).is_err());
        assert!(seal(&access, "AAAA").is_err());
    }
}
