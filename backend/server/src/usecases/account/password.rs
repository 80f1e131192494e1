//! Passwords: argon2id with the parameters of this release (19 MiB, 2 passes; OWASP).

use crate::usecases::Error;
use anyhow::anyhow;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use std::time::Duration;
use tokio::sync::Semaphore;

/// The hash of a password that nobody knows, with the present parameters, so that an unknown address costs the same.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$jRjv6o7UTNbMCQBs9ofgNQ$Mr5qy3UWNMQpqUjhobt6tMckOQ8PhL36noF0ABvqj4g";
/// Checks at the same time: each takes 19 MiB and a core, and whoever floods the sign-in shall not have all of them.
static AT_ONCE: Semaphore = Semaphore::const_new(4);
const PATIENCE: Duration = Duration::from_secs(10);

/// Hashes a password.
pub fn hash_password(password: &str) -> Result<String, Error> {
    let hash = argon2id()?.hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| Error::Internal(anyhow!("password hash: {error}")))
}

/// Verifies in a thread of its own, because it costs time on purpose. Without a stored hash it costs the same.
pub(super) async fn verify(password: String, stored: Option<String>) -> Result<bool, Error> {
    let too_many = || Error::TooMany { retry_after_seconds: PATIENCE.as_secs() };
    let waited = tokio::time::timeout(PATIENCE, AT_ONCE.acquire()).await.map_err(|_elapsed| too_many())?;
    let _one_of_few = waited.map_err(|error| Error::Internal(error.into()))?;
    let verified = tokio::task::spawn_blocking(move || {
        let known = stored.is_some();
        let hash = stored.unwrap_or_else(|| NOBODY.to_owned());
        let parsed =
            PasswordHash::new(&hash).map_err(|error| Error::Internal(anyhow!("stored hash: {error}")))?;
        Ok::<_, Error>(argon2id()?.verify_password(password.as_bytes(), &parsed).is_ok() && known)
    });
    verified.await.map_err(|error| Error::Internal(error.into()))?
}

fn argon2id() -> Result<Argon2<'static>, Error> {
    let params =
        Params::new(19 * 1024, 2, 1, None).map_err(|error| Error::Internal(anyhow!("argon2: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise the time of an answer would tell which addresses are known.
    #[test]
    fn nobodys_hash_costs_what_everybodys_costs() {
        let parameters = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        let fresh = hash_password("irgendein Kennwort").unwrap();
        assert_eq!(parameters(NOBODY), parameters(&fresh));
        assert_eq!(NOBODY.len(), fresh.len());
        assert!(PasswordHash::new(NOBODY).is_ok());
    }
}
