//! What is remembered of every change, in one hash chain per organisation.
//!
//! `hash = SHA-256(hash of the entry before ‖ canonical form of this entry)`. Whoever changes, drops or inserts an entry
//! breaks the chain from there on; the first entry stands on 32 zero bytes.

use crate::ids::OrganisationId;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Hash before the first entry.
pub const GENESIS: [u8; 32] = [0; 32];

/// One entry without its place in the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Whose chain.
    pub organisation: OrganisationId,
    /// When, in whole microseconds as the database keeps it.
    pub at: Timestamp,
    /// `person:<id>`, `program:<id>` (a token of that person), `command-line:<id>` (the administrator of the machine in
    /// that person's name), `operator:<location>` or `system:<task>`.
    pub actor: String,
    /// Code of the action, such as `order.place`.
    pub action: String,
    /// `order:<id>` and the like.
    pub subject: String,
    /// What else matters; never a secret.
    pub detail: Value,
}

/// The hash of an entry at its place in the chain.
pub fn link(previous: &[u8; 32], sequence: i64, entry: &Entry) -> [u8; 32] {
    let canonical = contract::canonical::canonical_json(&serde_json::json!({
        "sequence": sequence,
        "organisation": entry.organisation,
        "at": entry.at.as_microsecond(),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
    }));
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(canonical.as_bytes());
    hash.finalize().into()
}

/// Where a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The entry does not have the hash that its content and its predecessor give.
    #[error("audit.changed")]
    Changed {
        /// Its number.
        sequence: i64,
    },
    /// A number is missing or stands twice.
    #[error("audit.missing")]
    Missing {
        /// The number that was expected.
        sequence: i64,
    },
    /// The chain ends elsewhere than its head says.
    #[error("audit.head")]
    Head {
        /// Last number found.
        sequence: i64,
    },
}

impl Broken {
    /// The number at which it shows.
    pub fn sequence(self) -> i64 {
        match self {
            Self::Changed { sequence } | Self::Missing { sequence } | Self::Head { sequence } => sequence,
        }
    }
}

/// Walks a chain from its beginning, or on from where an earlier walk stopped; entries come in the order of their numbers.
#[derive(Debug, Clone)]
pub struct Verifier {
    sequence: i64,
    hash: [u8; 32],
}

impl Default for Verifier {
    fn default() -> Self {
        Self { sequence: 0, hash: GENESIS }
    }
}

impl Verifier {
    /// Goes on after an entry that an earlier walk has proven, with the hash that it had then.
    pub fn after(sequence: i64, hash: [u8; 32]) -> Self {
        Self { sequence, hash }
    }

    /// The last entry that fits, with its hash; what a later walk goes on from.
    pub fn position(&self) -> (i64, [u8; 32]) {
        (self.sequence, self.hash)
    }

    /// Takes the next entry with the hash that stands beside it.
    pub fn entry(&mut self, sequence: i64, entry: &Entry, stored: &[u8]) -> Result<(), Broken> {
        let expected = self.sequence + 1;
        if sequence != expected {
            return Err(Broken::Missing { sequence: expected });
        }
        let hash = link(&self.hash, sequence, entry);
        if hash.as_slice() != stored {
            return Err(Broken::Changed { sequence });
        }
        self.sequence = sequence;
        self.hash = hash;
        Ok(())
    }

    /// Compares the end with the stored head: cutting off the youngest entries is tampering too.
    pub fn head(&self, sequence: i64, stored: &[u8]) -> Result<(), Broken> {
        if sequence == self.sequence && stored == self.hash.as_slice() {
            Ok(())
        } else {
            Err(Broken::Head { sequence: self.sequence })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(subject: &str) -> Entry {
        Entry {
            organisation: OrganisationId(uuid::Uuid::from_u128(7)),
            at: "2026-11-24T10:00:00.123456Z".parse().unwrap(),
            actor: "person:1".into(),
            action: "order.place".into(),
            subject: subject.into(),
            detail: json!({"b": 1, "a": [1, 2]}),
        }
    }

    fn chain() -> Vec<(i64, Entry, [u8; 32])> {
        let mut before = GENESIS;
        (1..=3)
            .map(|sequence| {
                let entry = entry(&format!("order:{sequence}"));
                before = link(&before, sequence, &entry);
                (sequence, entry, before)
            })
            .collect()
    }

    fn verify(chain: &[(i64, Entry, [u8; 32])], head: (i64, [u8; 32])) -> Result<(), Broken> {
        let mut verifier = Verifier::default();
        for (sequence, entry, hash) in chain {
            verifier.entry(*sequence, entry, hash)?;
        }
        verifier.head(head.0, &head.1)
    }

    #[test]
    fn every_kind_of_tampering_is_found() {
        let good = chain();
        let head = (3, good[2].2);
        assert_eq!(verify(&good, head), Ok(()));

        let mut changed = good.clone();
        changed[1].1.detail = json!({"a": [1, 2], "b": 2});
        assert_eq!(verify(&changed, head), Err(Broken::Changed { sequence: 2 }));

        let mut rehashed = good.clone();
        rehashed[1].1.actor = "person:2".into();
        rehashed[1].2 = link(&rehashed[0].2, 2, &rehashed[1].1);
        assert_eq!(verify(&rehashed, head), Err(Broken::Changed { sequence: 3 }));

        let dropped: Vec<_> = good.iter().filter(|(sequence, ..)| *sequence != 2).cloned().collect();
        assert_eq!(verify(&dropped, head), Err(Broken::Missing { sequence: 2 }));
        assert_eq!(verify(&good[..2], head), Err(Broken::Head { sequence: 2 }));
    }

    #[test]
    fn a_walk_goes_on_where_it_stopped() {
        let good = chain();
        let mut first = Verifier::default();
        first.entry(1, &good[0].1, &good[0].2).unwrap();
        let (sequence, hash) = first.position();
        let mut second = Verifier::after(sequence, hash);
        for (sequence, entry, hash) in &good[1..] {
            second.entry(*sequence, entry, hash).unwrap();
        }
        assert_eq!(second.head(3, &good[2].2), Ok(()));
        let mut elsewhere = Verifier::after(1, [7; 32]);
        assert_eq!(elsewhere.entry(2, &good[1].1, &good[1].2), Err(Broken::Changed { sequence: 2 }));
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let mut other = entry("order:1");
        other.detail = json!({"a": [1, 2], "b": 1});
        assert_eq!(link(&GENESIS, 1, &entry("order:1")), link(&GENESIS, 1, &other));
    }
}
