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
    /// In the order in which they are due; changes first.
    waiting: BTreeSet<Turn>,
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
        let wanted = match self.turns.get(&turn.id) {
            Some(known) => sooner(*known, turn),
            None => turn,
        };
        if let Some(known) = self.turns.insert(turn.id, wanted) {
            self.waiting.remove(&known);
        }
        self.waiting.insert(wanted);
    }

    /// Those that are due, the most urgent first; or when the next one is.
    fn due(&self, now: Instant) -> Result<Vec<Turn>, Option<Instant>> {
        // Changes are due at once or after a pause, looks in their order: both parts are sorted by time.
        let of = |look: bool| self.waiting.iter().filter(move |turn| turn.look == look);
        let ready: Vec<Turn> = [false, true]
            .into_iter()
            .flat_map(|look| of(look).take_while(|turn| turn.at <= now))
            .copied()
            .collect();
        if ready.is_empty() {
            return Err([false, true]
                .into_iter()
                .filter_map(|look| of(look).next())
                .map(|turn| turn.at)
                .min());
        }
        Ok(ready)
    }

    fn start(&mut self, turn: &Turn) -> Uuid {
        self.waiting.remove(turn);
        self.turns.remove(&turn.id);
        self.running.insert(turn.id, None);
        turn.id
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

    /// Waits until something is due, and takes it together with at most `most - 1` others that are due and that `together`
    /// puts beside it. Whoever takes them says when they are [`Queue::done`].
    pub async fn take(&self, most: usize, together: impl Fn(Uuid, Uuid) -> bool) -> Vec<Uuid> {
        loop {
            let next = {
                let mut inner = lock(&self.inner);
                match inner.due(Instant::now()) {
                    Ok(ready) => {
                        let group = group(&ready, most, &together);
                        let ids: Vec<Uuid> = group.iter().map(|turn| inner.start(turn)).collect();
                        if ready.len() > ids.len() {
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

/// The first one and what belongs beside it.
fn group(ready: &[Turn], most: usize, together: &impl Fn(Uuid, Uuid) -> bool) -> Vec<Turn> {
    let Some(first) = ready.first() else { return Vec::new() };
    let beside = ready.iter().skip(1).filter(|turn| together(first.id, turn.id));
    std::iter::once(first).chain(beside.take(most.saturating_sub(1))).copied().collect()
}

#[cfg(test)]
#[path = "queue_test.rs"]
mod tests;
