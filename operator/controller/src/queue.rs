//! Which booking is looked at when. A change comes before a mere look, and what lies in one namespace is looked at together.

use crate::state::lock;
use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

/// Bookings that wait, and those that are being looked at.
#[derive(Default)]
pub struct Queue {
    inner: Mutex<Inner>,
    wake: Notify,
}

#[derive(Default)]
struct Inner {
    changes: BTreeSet<Turn>,
    looks: BTreeSet<Turn>,
    /// Of everything that waits.
    turns: HashMap<Uuid, Turn>,
    /// With what came in meanwhile.
    running: HashMap<Uuid, Option<Turn>>,
}

/// When it is a booking's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    /// False sorts first.
    look: bool,
    at: Instant,
    id: Uuid,
}

impl Inner {
    fn add(&mut self, turn: Turn) {
        if let Some(meanwhile) = self.running.get_mut(&turn.id) {
            *meanwhile = Some(meanwhile.map_or(turn, |known| sooner(known, turn)));
            return;
        }
        let wanted = match self.remove(turn.id) {
            Some(known) => sooner(known, turn),
            None => turn,
        };
        self.turns.insert(turn.id, wanted);
        self.part(wanted.look).insert(wanted);
    }

    fn remove(&mut self, id: Uuid) -> Option<Turn> {
        let turn = self.turns.remove(&id)?;
        self.part(turn.look).remove(&turn);
        Some(turn)
    }

    fn part(&mut self, look: bool) -> &mut BTreeSet<Turn> {
        if look { &mut self.looks } else { &mut self.changes }
    }

    /// The most urgent one that is due; or when the next one is.
    fn due(&self, now: Instant) -> Result<Turn, Option<Instant>> {
        let first = [self.changes.first(), self.looks.first()].into_iter().flatten();
        first.clone().find(|turn| turn.at <= now).copied().ok_or_else(|| first.map(|turn| turn.at).min())
    }

    /// Takes those of these that are due, the most urgent first, and at most so many.
    fn start(&mut self, first: Uuid, beside: Vec<Uuid>, most: usize, now: Instant) -> Vec<Uuid> {
        let mut others: Vec<Turn> = beside
            .iter()
            .filter(|id| **id != first)
            .filter_map(|id| self.turns.get(id).copied())
            .filter(|turn| turn.at <= now)
            .collect();
        others.sort_unstable();
        others.dedup();
        let others = others.into_iter().map(|turn| turn.id).take(most.saturating_sub(1));
        let ids: Vec<Uuid> = std::iter::once(first).chain(others).collect();
        for id in &ids {
            self.remove(*id);
            self.running.insert(*id, None);
        }
        ids
    }
}

fn sooner(one: Turn, other: Turn) -> Turn {
    Turn { look: one.look && other.look, at: one.at.min(other.at), id: one.id }
}

impl Queue {
    /// Something about the booking changed.
    pub fn changed(&self, id: Uuid) {
        self.add(id, false, Duration::ZERO);
    }

    /// Nothing is known to have changed; it shall be looked at after this time.
    pub fn look(&self, id: Uuid, after: Duration) {
        self.add(id, true, after);
    }

    fn add(&self, id: Uuid, look: bool, after: Duration) {
        lock(&self.inner).add(Turn { look, at: Instant::now() + after, id });
        self.wake.notify_one();
    }

    /// Waits until something is due, and takes it together with at most `most - 1` others that are due and that `beside` names.
    /// Whoever takes them says when they are [`Queue::done`].
    pub async fn take(&self, most: usize, beside: impl Fn(Uuid) -> Vec<Uuid>) -> Vec<Uuid> {
        loop {
            let next = {
                let now = Instant::now();
                let mut inner = lock(&self.inner);
                match inner.due(now) {
                    Ok(first) => {
                        let ids = inner.start(first.id, beside(first.id), most, now);
                        if inner.due(now).is_ok() {
                            self.wake.notify_one();
                        }
                        return ids;
                    }
                    Err(next) => next,
                }
            };
            match next {
                Some(next) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(next) => {}
                        () = self.wake.notified() => {}
                    }
                }
                None => self.wake.notified().await,
            }
        }
    }

    /// The look has ended; the next one is due after this time, or only with a change.
    pub fn done(&self, id: Uuid, again: Option<(bool, Duration)>) {
        let mut inner = lock(&self.inner);
        let meanwhile = inner.running.remove(&id).flatten();
        let planned = again.map(|(look, after)| Turn { look, at: Instant::now() + after, id });
        for turn in [meanwhile, planned].into_iter().flatten() {
            inner.add(turn);
        }
        drop(inner);
        self.wake.notify_one();
    }
}

#[cfg(test)]
#[path = "queue_test.rs"]
mod tests;
