//! What the provider's people say in the marketplace about a trouble with a service broker: `retry` or `delete`.
//!
//! A word is noted in the Booking's status; the pass that hears it forgets it and remembers its id together with what comes of
//! it, in one write. A crash at any point therefore neither loses a word nor lets it be heard twice. What people say with
//! `kubectl` stands in an annotation of its own, and neither is taken for the other.

use crate::cluster::ClusterError;
use crate::crd::{BookingStatus, Said};
use crate::marketplace::Marketplace;
use crate::observe;
use crate::reconcile::{Reported, report};
use crate::service;
use crate::state::State;
use contract::kinds::shared_service::next::Word;
use contract::{Desired, PendingWord, WordOutcome};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use uuid::Uuid;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It was heard.
    Done,
    /// Write the status that notes it.
    Note(Said),
    /// It is noted; a pass will hear it.
    Wait,
    /// It was not heard, and will not be.
    Impossible(&'static str),
}

/// Decides. What is noted and makes no difference any more is forgotten by the pass that would hear it.
pub fn next(order: &PendingWord, desired: &Desired, status: &BookingStatus, now: Timestamp) -> Next {
    if status.heard == Some(order.id) {
        return Next::Done;
    }
    if let Some(noted) = status.word.filter(|noted| noted.id == order.id) {
        // No pass hears it after that, also where none heard it before.
        let over = now.duration_since(noted.until) > SignedDuration::from_mins(5);
        return if over { Next::Impossible("too-late") } else { Next::Wait };
    }
    let word = Word::read(&order.word).filter(|word| matches!(word, Word::Retry | Word::Delete));
    let (Some(word), Some(wish)) = (word, service::wish(desired)) else {
        return Next::Impossible("not-possible");
    };
    if order.seconds <= 0 {
        return Next::Impossible("too-late");
    }
    let service = status.service.clone().unwrap_or_default();
    if service.operation.is_some() {
        return Next::Impossible("under-way");
    }
    if status.gone.is_some() || !word.helps(&wish, &service) {
        return Next::Impossible("nothing-to-do");
    }
    // The API server's clock and the marketplace's may differ: what counts is how long it still holds.
    let until = now.checked_add(SignedDuration::from_secs(order.seconds)).unwrap_or(now);
    Next::Note(Said { id: order.id, word, until })
}

/// One look at every word, the oldest first. False: some of them have to be looked at again soon.
pub async fn listen(state: &State, marketplace: &Marketplace, orders: &[PendingWord]) -> bool {
    let mut settled = true;
    // Only the last word that was heard is remembered: what became of one is told before the next one is noted.
    let mut untold = HashSet::new();
    for order in orders {
        if untold.contains(&order.booking) {
            continue;
        }
        let outcome = match look(state, order).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::warn!(word = %order.id, error = %error, "a word cannot be heard now");
                None
            }
        };
        let Some(outcome) = outcome else {
            settled = false;
            continue;
        };
        match marketplace.answer_word(order.id, &outcome).await {
            Ok(()) => tracing::info!(word = %order.id, booking = %order.booking, ?outcome, "word answered"),
            Err(error) => {
                settled = false;
                untold.insert(order.booking);
                tracing::warn!(word = %order.id, error = %error, "word not answered");
            }
        }
    }
    settled
}

/// One look at one word; nothing while it is not heard.
pub async fn look(state: &State, order: &PendingWord) -> Result<Option<WordOutcome>, ClusterError> {
    let unavailable = |code: &str| Ok(Some(WordOutcome::Unavailable { code: code.to_owned() }));
    let Some((booking, at)) = observe::booking(&state.cluster, &order.booking.to_string()).await? else {
        return unavailable("unknown-booking");
    };
    let status = booking.status.clone().unwrap_or_default();
    match next(order, &booking.spec.desired, &status, at) {
        Next::Done => Ok(Some(WordOutcome::Done)),
        Next::Wait => Ok(None),
        Next::Impossible(code) => unavailable(code),
        Next::Note(said) => {
            let status = BookingStatus { word: Some(said), ..status };
            match report(state, &booking, &status).await? {
                Reported::Written => state.queue.changed(booking.spec.desired.booking),
                Reported::Raced => {}
                // What cannot be noted cannot be heard only once. Something else may be missing from the definition, too.
                Reported::Pruned if !is_noted(state, booking.spec.desired.booking, order.id) => {
                    return unavailable("definition-outdated");
                }
                Reported::Pruned => state.queue.changed(booking.spec.desired.booking),
            }
            Ok(None)
        }
    }
}

/// Whether the answer of the API server still had the word.
fn is_noted(state: &State, booking: Uuid, word: Uuid) -> bool {
    let kept = state.bookings.get(booking).and_then(|entry| entry.booking().ok());
    kept.and_then(|booking| booking.status?.word).is_some_and(|noted| noted.id == word)
}

#[cfg(test)]
#[path = "words_test.rs"]
mod tests;
