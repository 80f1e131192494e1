//! What people may decide about a booking on which a location and the marketplace do not agree since a restore.
//!
//! Owns: which answers fit to which difference, and which of them need a second person. Does not own: how a difference is
//! found ([`contract::compare`]), and what a decision does to the booking.

use contract::{DifferenceKind, Wanted};
use serde::{Deserialize, Serialize};

use crate::ids::PersonId;

/// Longest reason, in characters.
pub const REASON_MAX: usize = 500;

/// What somebody decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// End it at the location, data included. Nobody decides that alone.
    TakeDown,
    /// The location shall obey what the marketplace knows.
    MarketplaceCounts,
    /// Provision it anew, without the data that are lost.
    ProvisionAnew,
}

impl Answer {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::TakeDown, Self::MarketplaceCounts, Self::ProvisionAnew];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::TakeDown => "take-down",
            Self::MarketplaceCounts => "marketplace-counts",
            Self::ProvisionAnew => "provision-anew",
        }
    }

    /// The answer with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.code() == code)
    }

    /// Whether a second person has to agree: what is torn down does not come back.
    pub fn needs_second(self) -> bool {
        match self {
            Self::TakeDown => true,
            Self::MarketplaceCounts | Self::ProvisionAnew => false,
        }
    }
}

/// A difference as far as the rules need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// What kind.
    pub kind: DifferenceKind,
    /// What the location obeys; nothing where nothing is left.
    pub obeys: Option<Wanted>,
    /// Whether the marketplace knows the booking as ended: then the customer's end stands, and nobody has to decide.
    pub ended: bool,
    /// Who decided what.
    pub answered: Option<(Answer, PersonId)>,
    /// Whether a second person has agreed.
    pub confirmed: bool,
    /// Whether the location does not report it any more.
    pub closed: bool,
}

/// Why a decision is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is settled by now.
    #[error("difference-settled")]
    Settled,
    /// Somebody was faster.
    #[error("difference-answered")]
    Answered,
    /// This answer does not fit to this difference.
    #[error("difference-unfit")]
    Unfit,
    /// There is nothing to agree to.
    #[error("difference-nothing-to-confirm")]
    NothingToConfirm,
    /// Four eyes: nobody agrees with oneself.
    #[error("difference-own")]
    Own,
    /// A reason is missing.
    #[error("difference-reason-missing")]
    ReasonMissing,
    /// The reason is too long.
    #[error("difference-reason-too-long")]
    ReasonTooLong,
}

/// The answers that fit. A booking that the marketplace lost is also taken over by ordering it again, which is no answer
/// here; one that the location lost is also ended by an ordinary order.
pub fn answers(known: &Known) -> &'static [Answer] {
    if known.closed || known.ended {
        return &[];
    }
    match (known.kind, known.obeys) {
        (DifferenceKind::Unlisted, _) => &[Answer::TakeDown],
        // It is being torn down, or gone: going back would provision it a second time.
        (DifferenceKind::Newer, Some(Wanted::Absent)) => &[Answer::TakeDown],
        (DifferenceKind::Newer, _) => &[Answer::MarketplaceCounts],
        (DifferenceKind::Lost, _) => &[Answer::ProvisionAnew],
    }
}

/// Whether this can be decided now.
pub fn answer(known: &Known, answer: Answer, reason: &str) -> Result<(), Refused> {
    if known.closed || known.ended {
        return Err(Refused::Settled);
    }
    if known.answered.is_some() {
        return Err(Refused::Answered);
    }
    if !answers(known).contains(&answer) {
        return Err(Refused::Unfit);
    }
    match reason.trim().chars().count() {
        0 => Err(Refused::ReasonMissing),
        length if length > REASON_MAX => Err(Refused::ReasonTooLong),
        _ => Ok(()),
    }
}

/// Whether this person can agree now.
pub fn confirm(known: &Known, by: PersonId) -> Result<(), Refused> {
    match known.answered {
        _ if known.closed => Err(Refused::Settled),
        Some((answer, _)) if !answer.needs_second() => Err(Refused::NothingToConfirm),
        None => Err(Refused::NothingToConfirm),
        Some(_) if known.confirmed => Err(Refused::Answered),
        Some((_, first)) if first == by => Err(Refused::Own),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const KNOWN: Known = Known {
        kind: DifferenceKind::Unlisted,
        obeys: Some(Wanted::Present),
        ended: false,
        answered: None,
        confirmed: false,
        closed: false,
    };

    #[test]
    fn what_was_ended_never_comes_back_by_an_answer() {
        let newer = Known { kind: DifferenceKind::Newer, ..KNOWN };
        assert_eq!(answers(&newer), [Answer::MarketplaceCounts]);
        let gone = Known { obeys: Some(Wanted::Absent), ..newer };
        assert_eq!(answer(&gone, Answer::MarketplaceCounts, "weil"), Err(Refused::Unfit));
        assert_eq!(answer(&gone, Answer::TakeDown, "weil"), Ok(()));
        assert_eq!(answer(&Known { ended: true, ..KNOWN }, Answer::TakeDown, "weil"), Err(Refused::Settled));
    }

    #[test]
    fn nobody_ends_alone_and_nobody_decides_twice() {
        let one = PersonId(Uuid::from_u128(1));
        let answered = Known { answered: Some((Answer::TakeDown, one)), ..KNOWN };
        assert_eq!(answer(&KNOWN, Answer::TakeDown, "  "), Err(Refused::ReasonMissing));
        assert_eq!(answer(&answered, Answer::TakeDown, "weil"), Err(Refused::Answered));
        assert_eq!(confirm(&KNOWN, one), Err(Refused::NothingToConfirm));
        assert_eq!(confirm(&answered, one), Err(Refused::Own));
        let other = PersonId(Uuid::from_u128(2));
        assert_eq!(confirm(&answered, other), Ok(()));
        assert_eq!(confirm(&Known { confirmed: true, ..answered }, other), Err(Refused::Answered));
        for code in Answer::ALL {
            assert_eq!(Answer::from_code(code.code()), Some(code));
        }
    }
}
