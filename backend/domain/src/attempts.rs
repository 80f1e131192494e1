//! How often somebody may try a secret: a bucket per key that empties at a steady rate.
//!
//! An attempt is taken out *before* the secret is checked, and given back when it was right, so that guesses sent at the
//! same moment count as well as those sent one after the other. A bucket is one point in time: until when it is in use.

use jiff::{SignedDuration, Timestamp};

/// How many attempts at once, and how fast they come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Attempts in a row.
    pub burst: i32,
    /// One more after each of these.
    pub every: SignedDuration,
}

/// For whoever sits at one device or behind one address, per person: eight, then eight in ten minutes.
pub const NEAR: Limit = Limit { burst: 8, every: SignedDuration::from_secs(75) };
/// For the whole world, per person, from devices that this person never used: guessing from many addresses gets no further
/// than one in a minute.
pub const FAR: Limit = Limit { burst: 24, every: SignedDuration::from_secs(60) };
/// For one source, whomever it tries, from devices that are not known: wide enough for an authority behind one address.
pub const SOURCE: Limit = Limit { burst: 200, every: SignedDuration::from_secs(3) };

impl Limit {
    /// Takes one attempt out of a bucket that is in use until `busy_until`: until when it is in use then, or how long to
    /// wait for the next one.
    pub fn take(self, busy_until: Timestamp, now: Timestamp) -> Result<Timestamp, SignedDuration> {
        let busy_until = busy_until.max(now);
        let room = self.every * (self.burst - 1);
        let beyond = busy_until.duration_since(now) - room;
        if beyond.is_positive() { Err(beyond) } else { Ok(busy_until + self.every) }
    }

    /// Gives one attempt back, because the secret was right.
    #[must_use]
    pub fn give_back(self, busy_until: Timestamp) -> Timestamp {
        busy_until - self.every
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { burst: 3, every: SignedDuration::from_secs(10) };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_burst_then_one_for_each_interval() {
        let mut busy = Timestamp::UNIX_EPOCH;
        for _ in 0..3 {
            busy = LIMIT.take(busy, at(0)).unwrap();
        }
        assert_eq!(LIMIT.take(busy, at(0)), Err(SignedDuration::from_secs(10)));
        assert_eq!(LIMIT.take(busy, at(9)), Err(SignedDuration::from_secs(1)));
        busy = LIMIT.take(busy, at(10)).unwrap();
        assert_eq!(LIMIT.take(busy, at(10)), Err(SignedDuration::from_secs(10)));
        // After a long time the whole burst is there again, and no more than that.
        for _ in 0..3 {
            busy = LIMIT.take(busy, at(1000)).unwrap();
        }
        assert!(LIMIT.take(busy, at(1000)).is_err());
    }

    #[test]
    fn what_was_right_does_not_count() {
        let mut busy = Timestamp::UNIX_EPOCH;
        for _ in 0..100 {
            busy = LIMIT.give_back(LIMIT.take(busy, at(0)).unwrap());
        }
        assert!(LIMIT.take(busy, at(0)).is_ok());
    }
}
