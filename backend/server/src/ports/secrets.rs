//! Randomness: ids and secrets. Ids may be guessed, secrets have 256 bits from the system.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A time-ordered id for a new row.
#[must_use]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// 256 random bits as text for cookies, tokens and one-time codes.
#[must_use]
pub fn new_secret() -> String {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is stored of a secret.
#[must_use]
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// Compares without telling by its duration where two texts differ.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    hash(one) == hash(other)
}
