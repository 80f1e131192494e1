//! Every Booking of the cluster as the watch showed it last, small enough for ten thousand of them.
//!
//! What the loops ask of all Bookings at once stands in an [`Entry`]; everything else stays packed JSON until somebody asks for it. A
//! copy may be a moment old, so whatever is written on its ground carries its resource version.

use crate::allocation;
use crate::crd::{Booking, BookingStatus};
use crate::decide::is_acknowledged;
use crate::packed::{Packed, Packer};
use crate::push;
use contract::kinds::namespace;
use contract::{ConditionStatus, ConditionType, Desired, Kind, Meter, Wanted, canonical};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::watch;
use uuid::Uuid;

/// Sizes by meter, in its unit.
pub type Sizes = BTreeMap<Meter, i64>;

/// What is known of one Booking.
#[derive(Debug)]
pub struct Entry {
    /// Its id and name.
    pub id: Uuid,
    /// The customer.
    pub organisation: Uuid,
    /// How it is provisioned.
    pub kind: Kind,
    /// Whether it shall exist.
    pub wanted: Wanted,
    /// Where everything of it lies.
    pub namespace: Arc<str>,
    /// What is booked.
    pub sizes: Sizes,
    /// How many times that stands in the namespace ([`copies`]).
    pub copies: i64,
    /// Whether it is certain that nothing of it is left.
    pub gone: bool,
    /// Whether plan and order were accepted here; nothing before the first pass.
    pub accepted: Option<ConditionStatus>,
    /// Whether counters of it are to be read.
    pub counted: bool,
    /// Whether its last usage is acknowledged, so that the object may be forgotten once the booking is gone.
    pub acknowledged: bool,
    /// Since when usage is not acknowledged.
    pub open: Option<Timestamp>,
    /// End of the oldest interval that is not acknowledged.
    pub oldest: Option<Timestamp>,
    /// Epoch of the list that its wish came with.
    pub epoch: i64,
    /// [`digest`] of what is wanted.
    pub digest: u128,
    /// Digest of what is to be said of it; nothing before the first pass.
    pub said: Option<u128>,
    version: u64,
    text: Packed,
}

impl Entry {
    /// Takes in a Booking.
    pub fn of(booking: &Booking, packer: &Packer) -> Result<Entry, serde_json::Error> {
        let desired = &booking.spec.desired;
        let status = booking.status.clone().unwrap_or_default();
        let condition = |kind| status.condition(kind).map(|condition| condition.status);
        let runs = condition(ConditionType::Ready) == Some(ConditionStatus::True);
        let unsent = allocation::unacknowledged(desired, &status, 0);
        let mut kept = booking.clone();
        kept.metadata.managed_fields = None;
        kept.metadata.labels = None;
        Ok(Entry {
            id: desired.booking,
            organisation: desired.organisation.id,
            kind: desired.kind,
            wanted: desired.wanted,
            namespace: namespace::name(desired).into(),
            sizes: sizes(desired),
            copies: copies(desired),
            gone: status.gone.is_some(),
            accepted: condition(ConditionType::Accepted),
            counted: runs && !desired.kind.counters(&desired.plan).is_empty(),
            acknowledged: is_acknowledged(desired, &status),
            open: allocation::open_since(desired, &status),
            oldest: unsent.first().map(|record| record.to),
            epoch: booking.spec.epoch,
            digest: digest(desired, booking.spec.epoch),
            said: push::told(&status).map(|told| short(told.as_bytes())),
            version: booking.metadata.resource_version.as_deref().map_or(0, number),
            text: packer.pack(Some(desired.kind), &serde_json::to_vec(&kept)?),
        })
    }

    /// The Booking itself, without labels and managed fields.
    pub fn booking(&self) -> Result<Booking, serde_json::Error> {
        serde_json::from_slice(&self.text.unpack().map_err(serde::de::Error::custom)?)
    }

    /// Up to when nothing is missing for it, if it was seen at that time; `None` if it holds nothing up.
    pub fn complete_to(&self, seen_at: Timestamp) -> Option<Timestamp> {
        allocation::complete(self.open, self.gone, seen_at)
    }
}

/// What is booked. What would be refused books nothing: its numbers may be anything, and others share its quota.
pub fn sizes(desired: &Desired) -> Sizes {
    if !desired.kind.check(&desired.plan, &desired.order).is_empty() {
        return Sizes::new();
    }
    desired.kind.sizes(&desired.plan, &desired.order).unwrap_or_default().into_iter().collect()
}

/// Until it has taken over and the one before is gone, a restored database stands beside another.
pub fn copies(desired: &Desired) -> i64 {
    if desired.restore.is_some_and(|restore| restore.keep_before) { 2 } else { 1 }
}

/// Tells one wish from another.
pub fn digest(desired: &Desired, epoch: i64) -> u128 {
    // A Desired consists of plain data, so it always has a JSON form.
    let value = serde_json::to_value(desired).unwrap_or_default();
    short(format!("{epoch} {}", canonical::canonical_json(&value)).as_bytes())
}

/// Half of a SHA-256.
pub fn short(bytes: &[u8]) -> u128 {
    let hex = canonical::sha256_hex(bytes);
    u128::from_str_radix(hex.get(..32).unwrap_or_default(), 16).unwrap_or_default()
}

/// Resource versions are numbers that rise. Source: Kubernetes, KEP-5504.
pub fn number(version: &str) -> u64 {
    version.parse().unwrap_or(0)
}

/// All of them.
pub struct Bookings {
    held: RwLock<Held>,
    packer: Packer,
    complete: watch::Sender<bool>,
}

#[derive(Default)]
struct Held {
    entries: HashMap<Uuid, Arc<Entry>>,
    by_organisation: HashMap<Uuid, HashSet<Uuid>>,
    unreadable: HashMap<Uuid, Unreadable>,
}

/// A Booking in words that this version does not know. It books something, and nobody here knows what.
struct Unreadable {
    /// By its label.
    organisation: Option<Uuid>,
    version: u64,
}

impl Default for Bookings {
    fn default() -> Bookings {
        Bookings { held: RwLock::default(), packer: Packer::default(), complete: watch::Sender::new(false) }
    }
}

impl Bookings {
    /// Takes in a Booking that was read, written or watched; an older copy than the known one changes nothing. True: it is
    /// another one than before.
    pub fn put(&self, booking: &Booking) -> bool {
        // Most of what is watched was answered before, when it was written.
        let version = booking.metadata.resource_version.as_deref().map_or(0, number);
        let id = booking.spec.desired.booking;
        if self.get(id).is_some_and(|known| known.version >= version) {
            return false;
        }
        let entry = match Entry::of(booking, &self.packer) {
            Ok(entry) => Arc::new(entry),
            Err(error) => {
                tracing::error!(booking = booking.metadata.name, error = %error, "a Booking cannot be kept");
                return false;
            }
        };
        let mut held = self.write();
        // An object that was written anew has a higher version, too.
        if held.entries.get(&entry.id).is_some_and(|known| known.version >= entry.version) {
            return false;
        }
        if held.unreadable.get(&entry.id).is_some_and(|known| known.version < entry.version) {
            held.unreadable.remove(&entry.id);
        }
        held.by_organisation.entry(entry.organisation).or_default().insert(entry.id);
        if let Some(known) = held.entries.insert(entry.id, entry.clone())
            && known.organisation != entry.organisation
        {
            held.forget(&known);
        }
        true
    }

    /// Remembers that there is a Booking that cannot be read. What was known of it before stays.
    pub fn put_unreadable(&self, id: Uuid, organisation: Option<Uuid>, version: u64) {
        self.write().unreadable.insert(id, Unreadable { organisation, version });
    }

    /// Bookings that cannot be read.
    pub fn unreadable(&self) -> Vec<Uuid> {
        self.read().unreadable.keys().copied().collect()
    }

    /// Whether an organisation may have booked more than is known here.
    pub fn hides(&self, organisation: Uuid) -> bool {
        let of = |hidden: &Unreadable| hidden.organisation.is_none_or(|of| of == organisation);
        self.read().unreadable.values().any(of)
    }

    /// Forgets a Booking that is not in the cluster any more.
    pub fn remove(&self, id: Uuid) {
        self.remove_until(id, u64::MAX);
    }

    /// The same, unless it was written anew after this resource version.
    pub fn remove_until(&self, id: Uuid, version: u64) {
        let mut held = self.write();
        if held.unreadable.get(&id).is_some_and(|known| known.version <= version) {
            held.unreadable.remove(&id);
        }
        if held.entries.get(&id).is_some_and(|known| known.version <= version)
            && let Some(known) = held.entries.remove(&id)
        {
            held.forget(&known);
        }
    }

    /// Forgets all but these: a list of everything did not name the others.
    pub fn retain(&self, listed: &HashSet<Uuid>) {
        let known = self.all().into_iter().map(|entry| entry.id).chain(self.unreadable());
        let gone: Vec<Uuid> = known.filter(|id| !listed.contains(id)).collect();
        gone.into_iter().for_each(|id| self.remove(id));
    }

    /// From now on everything that is in the cluster is here. True: it was so before.
    pub fn set_complete(&self) -> bool {
        self.complete.send_replace(true)
    }

    /// Waits until everything that is in the cluster is here.
    pub async fn wait_until_complete(&self) {
        // The sender lives as long as this.
        drop(self.complete.subscribe().wait_for(|complete| *complete).await);
    }

    /// One of them.
    pub fn get(&self, id: Uuid) -> Option<Arc<Entry>> {
        self.read().entries.get(&id).cloned()
    }

    /// Every one.
    pub fn all(&self) -> Vec<Arc<Entry>> {
        self.read().entries.values().cloned().collect()
    }

    /// Those of one organisation.
    pub fn of_organisation(&self, organisation: Uuid) -> Vec<Arc<Entry>> {
        let held = self.read();
        let ids = held.by_organisation.get(&organisation).into_iter().flatten();
        ids.filter_map(|id| held.entries.get(id).cloned()).collect()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.read().entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn forget(&mut self, entry: &Entry) {
        if let Some(ids) = self.by_organisation.get_mut(&entry.organisation) {
            ids.remove(&entry.id);
            if ids.is_empty() {
                self.by_organisation.remove(&entry.organisation);
            }
        }
    }
}

/// Sum of what is booked in the namespace of `desired`, and the number of bookings there, one that is being restored counted as
/// two. What is gone books nothing.
pub fn namespace_totals<'a>(desired: &Desired, others: impl Iterator<Item = &'a Entry>) -> (Sizes, i64) {
    let namespace = namespace::name(desired);
    // The watched copy of the booking itself may be older than its wish.
    let mut totals = sizes(desired);
    totals.values_mut().for_each(|amount| *amount *= copies(desired));
    let mut count = copies(desired);
    for other in others {
        if *other.namespace == *namespace && other.id != desired.booking && !other.gone {
            count += other.copies;
            for (meter, amount) in &other.sizes {
                let total = totals.entry(*meter).or_insert(0_i64);
                *total = total.saturating_add(amount.saturating_mul(other.copies));
            }
        }
    }
    (totals, count)
}

/// The status of a Booking, empty before its first pass.
pub fn status(booking: &Booking) -> BookingStatus {
    booking.status.clone().unwrap_or_default()
}

#[cfg(test)]
#[path = "bookings_test.rs"]
mod tests;
