//! Access data in custody: they are shown once, and whoever needs them again has them changed.

use contract::kinds::Rotation;
use jiff::Timestamp;

use crate::ids::PersonId;

/// What happened to the access data of one booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Who makes new ones.
    pub rotation: Rotation,
    /// When and to whom they were shown last.
    pub shown: Option<(Timestamp, PersonId)>,
    /// When they were changed last.
    pub changed: Option<Timestamp>,
    /// Whether a change is under way.
    pub changing: bool,
}

/// Why they are not shown, or not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Somebody has seen them: first they are changed.
    #[error("reveal-seen")]
    Seen {
        /// When.
        at: Timestamp,
        /// Who.
        by: PersonId,
    },
    /// They are being changed.
    #[error("reveal-changing")]
    Changing,
    /// What was booked changes them itself, or there is nothing secret.
    #[error("rotation-not-possible")]
    NotPossible,
}

/// Whether they can be shown now. Where nobody can change them from outside, or people enter them anew each time, they are
/// shown again, and everybody who answers for the booking is told each time.
pub fn show(known: &Known) -> Result<(), Refused> {
    if known.changing {
        return Err(Refused::Changing);
    }
    match known.shown {
        Some((at, by))
            if known.rotation.can_be_ordered() && known.changed.is_none_or(|changed| changed < at) =>
        {
            Err(Refused::Seen { at, by })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a display that was asked for at this time may still be opened: what came of it must be neither seen by somebody
/// else meanwhile nor out of date.
pub fn open(known: &Known, asked_at: Timestamp) -> bool {
    let later = |at: Timestamp| at > asked_at;
    let seen = known.rotation.can_be_ordered() && known.shown.is_some_and(|(at, _)| later(at));
    !known.changing && !seen && !known.changed.is_some_and(later)
}

/// Whether a change can be ordered now. One that is under way is as good as another.
pub fn change(known: &Known) -> Result<(), Refused> {
    if known.rotation.can_be_ordered() { Ok(()) } else { Err(Refused::NotPossible) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn of_two_displays_one_is_opened() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let somebody = PersonId(Uuid::from_u128(1));
        let fresh = Known { rotation: Rotation::Engine, shown: None, changed: None, changing: false };
        assert!(open(&fresh, at(5)));
        assert!(open(&Known { shown: Some((at(4), somebody)), changed: Some(at(5)), ..fresh }, at(5)));
        assert!(!open(&Known { shown: Some((at(6), somebody)), ..fresh }, at(5)));
        assert!(!open(&Known { changed: Some(at(6)), ..fresh }, at(5)), "sealed before the change");
        assert!(!open(&Known { changing: true, ..fresh }, at(5)));
    }

    #[test]
    fn what_was_seen_is_changed_before_it_is_shown_again() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let somebody = PersonId(Uuid::from_u128(1));
        let fresh = Known { rotation: Rotation::Engine, shown: None, changed: None, changing: false };
        assert_eq!(show(&fresh), Ok(()));
        let seen = Known { shown: Some((at(5), somebody)), ..fresh };
        assert_eq!(show(&seen), Err(Refused::Seen { at: at(5), by: somebody }));
        assert_eq!(show(&Known { changing: true, ..seen }), Err(Refused::Changing));
        assert_eq!(
            show(&Known { changed: Some(at(4)), ..seen }),
            Err(Refused::Seen { at: at(5), by: somebody })
        );
        assert_eq!(show(&Known { changed: Some(at(6)), ..seen }), Ok(()));
        for rotation in [Rotation::People, Rotation::Inside, Rotation::Nothing] {
            assert_eq!(show(&Known { rotation, ..seen }), Ok(()));
            assert_eq!(change(&Known { rotation, ..seen }), Err(Refused::NotPossible));
        }
    }
}
