//! Lists of which a newer sender may know more: what this version does not understand is left out, and hides nothing else.

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;

/// The entries that this version understands; for `deserialize_with`.
pub fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let all = Vec::<Value>::deserialize(deserializer)?;
    Ok(all.into_iter().filter_map(|entry| T::deserialize(entry).ok()).collect())
}
