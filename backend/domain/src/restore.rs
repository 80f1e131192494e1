//! To which moment the data of a booking may go back, and what becomes of those that are replaced.
//!
//! Owns: the checks of a wish, the number that the next restore gets, how long what was replaced is kept. Does not own: how a
//! location restores (`contract::kinds`).

use contract::{Desired, Recoverable, Restore, Restored};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// For so many days what was replaced is kept, unless the customer says earlier that it may go.
pub const KEPT_DAYS: i32 = 7;

/// The last restore of a booking, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// What the location is told.
    #[serde(flatten)]
    pub wish: Restore,
    /// Generation of the wanted state that asked for it.
    pub generation: i64,
}

/// Why data cannot go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The location has reported no complete backup.
    NoBackup,
    /// What the last restore replaced is still there.
    KeptStill,
    /// The moment is not in the archive.
    Outside {
        /// The first one that is.
        since: Timestamp,
        /// The last one that is.
        until: Timestamp,
    },
}

/// First and last moment that the archive holds.
pub fn window(seen: &Recoverable, now: Timestamp) -> (Timestamp, Timestamp) {
    (seen.since, if seen.archiving { now } else { seen.last_backup })
}

/// What a booking shall be told: the next number, and the archive of the database that serves now.
pub fn next(
    seen: Option<&Recoverable>,
    last: Option<&Ordered>,
    at: Timestamp,
    now: Timestamp,
) -> Result<Restore, Refused> {
    let seen = seen.ok_or(Refused::NoBackup)?;
    if last.is_some_and(|last| last.wish.keep_before && last.wish.number == seen.database) {
        return Err(Refused::KeptStill);
    }
    let (since, until) = window(seen, now);
    if at < since || at > until {
        return Err(Refused::Outside { since, until });
    }
    // What serves may come from a restore that the marketplace lost; its number is taken.
    let number = last.map_or(0, |last| last.wish.number).max(seen.database).saturating_add(1);
    Ok(Restore { number, from: seen.database, at, keep_before: true })
}

/// The last restore of a booking whose location obeys another wish than the marketplace knows: the later one, and of the same one
/// the location's word, which also tells whether what was replaced is gone.
pub fn carried(own: Option<Ordered>, obeyed: &Desired) -> Option<Ordered> {
    let theirs = obeyed.restore.map(|wish| Ordered { wish, generation: obeyed.generation });
    match (own, theirs) {
        (Some(own), Some(theirs)) if own.wish.number > theirs.wish.number => Some(own),
        (own, theirs) => theirs.or(own),
    }
}

/// Until when what was replaced is kept; nothing before the earlier state serves, and nothing once it is gone.
pub fn kept_until(ordered: &Ordered, restored: Option<Restored>) -> Option<Timestamp> {
    let since = took_over(ordered, restored)?;
    let days = SignedDuration::from_hours(24 * i64::from(KEPT_DAYS));
    ordered.wish.keep_before.then(|| since.saturating_add(days).unwrap_or(Timestamp::MAX))
}

/// Since when the data of this restore serve; nothing while it is under way, and after it failed.
pub fn took_over(ordered: &Ordered, restored: Option<Restored>) -> Option<Timestamp> {
    restored.filter(|restored| restored.number == ordered.wish.number).map(|restored| restored.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}:00Z").parse().unwrap()
    }

    fn seen(database: u32, archiving: bool) -> Recoverable {
        Recoverable { database, since: at("20T02:00"), last_backup: at("24T02:00"), archiving }
    }

    fn ordered(number: u32, keep_before: bool) -> Ordered {
        Ordered { wish: Restore { number, from: 0, at: at("22T10:00"), keep_before }, generation: 4 }
    }

    #[test]
    fn moments_as_table() {
        let now = at("24T12:00");
        let cases = [
            ("20T02:00", true, true),
            ("20T01:59", true, false),
            ("24T11:59", true, true),
            ("24T12:01", true, false),
            ("24T03:00", false, false),
            ("24T01:00", false, true),
        ];
        for (moment, archiving, possible) in cases {
            let found = next(Some(&seen(0, archiving)), None, at(moment), now);
            assert_eq!(found.is_ok(), possible, "{moment} {archiving}: {found:?}");
        }
        assert_eq!(next(None, None, at("22T10:00"), now), Err(Refused::NoBackup));
    }

    #[test]
    fn numbers_rise_and_the_archive_is_that_of_what_serves() {
        let now = at("24T12:00");
        let go = |seen, last: Option<Ordered>| next(Some(&seen), last.as_ref(), at("22T10:00"), now);
        let first = go(seen(0, true), None).unwrap();
        assert_eq!((first.number, first.from, first.keep_before), (1, 0, true));
        let again = go(seen(0, true), Some(ordered(1, true))).unwrap();
        assert_eq!((again.number, again.from), (2, 0), "the first attempt never served");
        assert_eq!(go(seen(1, true), Some(ordered(1, true))), Err(Refused::KeptStill));
        let later = go(seen(1, true), Some(ordered(1, false))).unwrap();
        assert_eq!((later.number, later.from), (2, 1));
    }

    #[test]
    fn a_forgotten_restore_keeps_its_number() {
        let go =
            |seen, last: Option<Ordered>| next(Some(&seen), last.as_ref(), at("22T10:00"), at("24T12:00"));
        let forgotten = go(seen(2, true), None).unwrap();
        assert_eq!((forgotten.number, forgotten.from), (3, 2));
        let obeyed = |restore: Option<Ordered>| -> Desired {
            serde_json::from_value(serde_json::json!({
                "booking": uuid::Uuid::nil(), "generation": 9, "wanted": "present", "kind": "postgresql", "plan": {},
                "order": {}, "organisation": {"id": uuid::Uuid::nil(), "slug": "m"},
                "exposure": {"class": "provider-network"}, "restore": restore.map(|it| it.wish),
            }))
            .unwrap()
        };
        let of = |own, theirs| carried(own, &obeyed(theirs)).map(|it| (it.wish.number, it.wish.keep_before));
        assert_eq!(of(None, None), None);
        assert_eq!(of(None, Some(ordered(1, true))), Some((1, true)));
        assert_eq!(of(Some(ordered(1, true)), Some(ordered(1, false))), Some((1, false)), "dropped since");
        assert_eq!(of(Some(ordered(1, true)), Some(ordered(2, true))), Some((2, true)));
        assert_eq!(of(Some(ordered(2, true)), Some(ordered(1, true))), Some((2, true)));
        assert_eq!(of(Some(ordered(1, true)), None), Some((1, true)));
        assert_eq!(carried(None, &obeyed(Some(ordered(1, true)))).unwrap().generation, 9);
    }

    #[test]
    fn what_was_replaced_is_kept_from_the_change_over_on() {
        let restored = |number| Some(Restored { number, at: at("24T12:00") });
        assert_eq!(kept_until(&ordered(1, true), None), None);
        assert_eq!(kept_until(&ordered(2, true), restored(1)), None, "the second one failed or is under way");
        assert_eq!(kept_until(&ordered(1, true), restored(1)), Some("2026-12-01T12:00:00Z".parse().unwrap()));
        assert_eq!(kept_until(&ordered(1, false), restored(1)), None);
    }
}
