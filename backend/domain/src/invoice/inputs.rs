//! The hash of everything that an invoice was computed from.
//!
//! It is printed, so that a recomputation from the same inputs can be compared without trusting anybody. The day of
//! issue and the number are no inputs: the same charges give the same hash whenever they are invoiced.

use std::fmt::Write;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Draft, GroupKey, Issue, Line};
use crate::money::ROUNDING_RULE;
use crate::time::{Month, Period, zone_data_version};

/// Version of the rules of rating, tax and grouping. Raise it when the same inputs give another result.
pub const RULES_VERSION: u32 = 1;

/// The canonical form: JSON with the fields in this order, decimals as strings, lists sorted.
#[derive(Serialize)]
struct Inputs<'a> {
    rules: u32,
    rounding: &'static str,
    zone_data: &'static str,
    month: Month,
    period: Period,
    key: &'a GroupKey,
    lines: &'a [Line],
    usage: Vec<&'a str>,
}

/// `sha256:` and 64 hexadecimal digits: how the hash is printed.
pub fn input_hash(draft: &Draft, issue: &Issue) -> String {
    input_digest(draft, issue).iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// SHA-256 over the canonical form of the inputs: how the hash is stored.
pub fn input_digest(draft: &Draft, issue: &Issue) -> [u8; 32] {
    let mut usage: Vec<&str> = issue.evidence.iter().map(String::as_str).collect();
    usage.sort_unstable();
    usage.dedup();
    let inputs = Inputs {
        rules: RULES_VERSION,
        rounding: ROUNDING_RULE,
        zone_data: zone_data_version(),
        month: draft.month,
        period: draft.period,
        key: &draft.key,
        lines: &draft.lines,
        usage,
    };
    // Only maps with keys that are no strings cannot become JSON, and there is none.
    let canonical = serde_json::to_vec(&inputs).unwrap_or_default();
    Sha256::digest(&canonical).into()
}
