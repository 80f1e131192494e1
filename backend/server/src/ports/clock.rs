//! The one clock. A demonstration or a test moves it; rules only ever get its time as a parameter.

use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Tells the time. Clones show the same time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    // Microseconds: frozen at this time if `frozen` is set, else the offset from the real time.
    offset: Arc<AtomicI64>,
    frozen: bool,
}

impl Clock {
    /// A clock that stands still until it is moved.
    #[must_use]
    pub fn frozen_at(now: Timestamp) -> Self {
        Self { offset: Arc::new(AtomicI64::new(now.as_microsecond())), frozen: true }
    }

    /// The time, in whole microseconds as the database keeps it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let offset = self.offset.load(Ordering::Relaxed);
        let base = if self.frozen { 0 } else { Timestamp::now().as_microsecond() };
        Timestamp::from_microsecond(base.saturating_add(offset)).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock; time never goes back within a database that has seen the later time.
    pub fn advance(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.offset.fetch_add(micros, Ordering::Relaxed);
    }

    /// Sets a frozen clock.
    pub fn set(&self, now: Timestamp) {
        let real = if self.frozen { 0 } else { Timestamp::now().as_microsecond() };
        self.offset.store(now.as_microsecond().saturating_sub(real), Ordering::Relaxed);
    }

    /// Whether it shows another time than the real one.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        self.frozen || self.offset.load(Ordering::Relaxed) != 0
    }
}
