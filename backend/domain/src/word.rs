//! What the provider's people may say about a trouble of a booking with its service broker.
//!
//! Owns: which word fits to what the location says, what it needs beside it, and how long it holds. Does not own: what comes of
//! it at the broker, which is the operator's ([`contract::kinds::shared_service`]).

use contract::{Kind, MessageKey};
use jiff::SignedDuration;

/// Longest reason, in characters.
pub const REASON_MAX: usize = 500;
/// So long a word may be heard: what lies behind that was said about another state of things.
pub const HOLDS: SignedDuration = SignedDuration::from_hours(1);
/// After this long it is over: the operator had time to say that it heard it.
pub const OVER: SignedDuration = SignedDuration::from_mins(75);

/// What they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Ask the broker for the same once more.
    Retry,
    /// End at the broker whatever there is.
    Delete,
}

impl Word {
    /// Every word.
    pub const ALL: [Self; 2] = [Self::Retry, Self::Delete];

    /// The stable code, as the operator reads it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Delete => "delete",
        }
    }

    /// The word with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.code() == code)
    }
}

/// What somebody says, as it was typed.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Code of the word.
    pub word: &'a str,
    /// Why.
    pub reason: &'a str,
    /// That it is known what is deleted.
    pub confirmed: bool,
}

/// Why a word is refused, each with the field that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such word.
    #[error("word-unknown")]
    Unknown,
    /// It fits to something else than what the location says.
    #[error("word-unfit")]
    Unfit,
    /// A reason is missing.
    #[error("word-reason-missing")]
    ReasonMissing,
    /// The reason is too long.
    #[error("word-reason-too-long")]
    ReasonTooLong,
    /// What is deleted does not come back; somebody has to say that this is known.
    #[error("word-confirm-missing")]
    ConfirmMissing,
}

impl Refused {
    /// The field that has to be corrected.
    pub fn field(self) -> &'static str {
        match self {
            Self::Unknown | Self::Unfit => "/word",
            Self::ReasonMissing | Self::ReasonTooLong => "/reason",
            Self::ConfirmMissing => "/confirm",
        }
    }
}

/// The words that fit to what the location says of a booking; none where nothing is to be decided, or where it ends.
pub fn words(kind: Kind, ends: bool, says: Option<MessageKey>) -> &'static [Word] {
    if kind != Kind::SharedService || ends {
        return &[];
    }
    match says {
        Some(MessageKey::ServiceUnclear) => &[Word::Retry, Word::Delete],
        Some(
            MessageKey::ServiceFailed
            | MessageKey::ServiceRefused
            | MessageKey::ServiceNotOffered
            | MessageKey::ServiceChangeRefused,
        ) => &[Word::Retry],
        _ => &[],
    }
}

/// Whether this can be said where these words fit; else everything that is wrong with it.
pub fn say(fitting: &[Word], said: &Said<'_>) -> Result<Word, Vec<Refused>> {
    let word = Word::from_code(said.word);
    let mut refused = Vec::new();
    match word {
        None => refused.push(Refused::Unknown),
        Some(word) if !fitting.contains(&word) => refused.push(Refused::Unfit),
        Some(_) => {}
    }
    match said.reason.trim().chars().count() {
        0 => refused.push(Refused::ReasonMissing),
        length if length > REASON_MAX => refused.push(Refused::ReasonTooLong),
        _ => {}
    }
    if word == Some(Word::Delete) && !said.confirmed {
        refused.push(Refused::ConfirmMissing);
    }
    word.filter(|_| refused.is_empty()).ok_or(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_unclear_can_be_deleted() {
        let of = |key| words(Kind::SharedService, false, Some(key));
        let mut fitting = Vec::new();
        for key in MessageKey::ALL {
            assert_eq!(words(Kind::SharedService, true, Some(*key)), [], "it ends by itself");
            assert_eq!(words(Kind::Postgresql, false, Some(*key)), []);
            let deletes = of(*key).contains(&Word::Delete);
            assert_eq!(deletes, *key == MessageKey::ServiceUnclear, "{key:?}");
            fitting.extend(of(*key).contains(&Word::Retry).then_some(key.code()));
        }
        fitting.sort_unstable();
        let expected = [
            "service-change-refused",
            "service-failed",
            "service-not-offered",
            "service-refused",
            "service-unclear",
        ];
        assert_eq!(fitting, expected);
        assert_eq!(words(Kind::SharedService, false, None), []);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let both = Word::ALL;
        let of = |word, reason, confirmed| Said { word, reason, confirmed };
        assert_eq!(say(&both, &of("retry", "Broker läuft wieder", false)), Ok(Word::Retry));
        assert_eq!(say(&both, &of("delete", "dort nachgesehen", true)), Ok(Word::Delete));
        let missing = vec![Refused::ReasonMissing, Refused::ConfirmMissing];
        assert_eq!(say(&both, &of("delete", "  ", false)), Err(missing));
        assert_eq!(say(&[Word::Retry], &of("delete", "weil", true)), Err(vec![Refused::Unfit]));
        assert_eq!(say(&both, &of("rotate", "weil", true)), Err(vec![Refused::Unknown]));
        let long = "x".repeat(REASON_MAX + 1);
        assert_eq!(say(&both, &of("retry", &long, false)), Err(vec![Refused::ReasonTooLong]));
        for word in Word::ALL {
            assert_eq!(Word::from_code(word.code()), Some(word));
        }
    }

    #[test]
    fn the_operator_reads_every_word() {
        use contract::kinds::shared_service::next::Word as Heard;
        assert_eq!(Heard::read(Word::Retry.code()), Some(Heard::Retry));
        assert_eq!(Heard::read(Word::Delete.code()), Some(Heard::Delete));
    }
}
