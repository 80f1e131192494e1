//! What stands still: after which time people are told of it, and how often again.
//!
//! A location says itself when it cannot go on. These limits are behind its own, for what it does not say.

use jiff::{SignedDuration, Timestamp};

/// After this long without a word of its operator the people of a location are told.
pub const SILENCE: SignedDuration = SignedDuration::from_hours(1);
/// After this long an order has no effect that should have one.
pub const WISH: SignedDuration = SignedDuration::from_hours(2);
/// The same of an end: what is deleted takes its time.
pub const END: SignedDuration = SignedDuration::from_hours(2);
/// An archive of a large database is read for hours.
pub const RESTORE: SignedDuration = SignedDuration::from_hours(14);
/// A service broker names its own limit, at most this long ago.
pub const BROKER: SignedDuration = SignedDuration::from_hours(8 * 24);
/// New access data are made within minutes. Before the order is over (`ROTATION_OVER`) those who can do something are told.
pub const ROTATION: SignedDuration = SignedDuration::from_mins(30);
/// After this long an order to change access data is over; at a broker after [`BROKER`].
pub const ROTATION_OVER: SignedDuration = SignedDuration::from_hours(2);

/// For this long people are told each day, afterwards each week.
pub const DAILY: SignedDuration = SignedDuration::from_hours(3 * 24);
/// Between two of them at first.
pub const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Between two of them afterwards.
pub const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Whether people are told now of what stands still since `since`; `last` is when they were told before.
pub fn is_due(since: Timestamp, last: Option<Timestamp>, now: Timestamp) -> bool {
    let Some(last) = last else { return true };
    let pause = if last.duration_since(since) < DAILY { DAY } else { WEEK };
    now.duration_since(last) >= pause
}

/// Whether those who should act had their days, and others are told beside them.
pub fn is_escalated(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) >= DAILY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_daily_for_three_days_and_weekly_afterwards() {
        let since: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let mut told = Vec::new();
        for hour in 2..(24 * 20) {
            let now = since + SignedDuration::from_hours(hour);
            if is_due(since, told.last().copied(), now) {
                told.push(now);
            }
        }
        let hours: Vec<i64> = told.iter().map(|at| at.duration_since(since).as_hours()).collect();
        assert_eq!(hours, [2, 26, 50, 74, 74 + 168, 74 + 2 * 168]);
        let escalated: Vec<bool> = told.iter().map(|at| is_escalated(since, *at)).collect();
        assert_eq!(escalated, [false, false, false, true, true, true]);
    }

    #[test]
    fn what_was_found_late_is_told_at_once() {
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        assert!(is_due(now - SignedDuration::from_hours(24 * 30), None, now));
    }
}
