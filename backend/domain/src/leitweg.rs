//! The Leitweg-ID: the address of an invoice inside the public administration (BT-10, EAS 0204).
//!
//! Owns: format and check digits (KoSIT format specification 2.0, ISO/IEC 7064 MOD 97-10). Whether the leading digits
//! name an existing Land is a different finding: published test data use prefixes that no Land has.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A Leitweg-ID whose form and check digits are right, in upper case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeitwegId(String);

/// Why a text is not a Leitweg-ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeitwegRefused {
    /// Not `Grob-[Fein-]Prüf` with 2–12 digits, 1–30 letters and digits, 2 digits; 5 to 46 characters in all.
    #[error("leitweg-malformed")]
    Malformed,
    /// The form is right, the check digits are not.
    #[error("leitweg-check-digits: expected {expected:02}")]
    CheckDigits {
        /// What the check digits of this Leitweg-ID would have to be (2 to 98), so that a typing error can be found.
        expected: u32,
    },
}

impl LeitwegId {
    /// Checks and takes a Leitweg-ID as somebody typed it; surrounding blanks are dropped.
    pub fn parse(text: &str) -> Result<Self, LeitwegRefused> {
        let id = text.trim();
        // A letter outside ASCII would count as one character here and as none in the check digits.
        if !id.is_ascii() || !(5..=46).contains(&id.len()) {
            return Err(LeitwegRefused::Malformed);
        }
        let parts: Vec<&str> = id.split('-').collect();
        let (coarse, fine, check) = match parts.as_slice() {
            [coarse, check] => (*coarse, None, *check),
            [coarse, fine, check] => (*coarse, Some(*fine), *check),
            _ => return Err(LeitwegRefused::Malformed),
        };
        let well_formed = (2..=12).contains(&coarse.len())
            && digits(coarse)
            && fine
                .is_none_or(|f| (1..=30).contains(&f.len()) && f.bytes().all(|b| b.is_ascii_alphanumeric()))
            && check.len() == 2
            && digits(check);
        if !well_formed {
            return Err(LeitwegRefused::Malformed);
        }
        let expected = check_digits(coarse, fine).ok_or(LeitwegRefused::Malformed)?;
        // Computed anew instead of testing "mod 97 is 1": 00, 01 and 99 can satisfy the congruence as well.
        if check.parse() != Ok(expected) {
            return Err(LeitwegRefused::CheckDigits { expected });
        }
        Ok(Self(id.to_ascii_uppercase()))
    }

    /// The text, in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the first two digits are a Land (01 to 16) or the Bund (99). A hint for people, not a refusal.
    pub fn plausible_land(&self) -> bool {
        self.0
            .get(..2)
            .and_then(|land| land.parse::<u32>().ok())
            .is_some_and(|land| (1..=16).contains(&land) || land == 99)
    }
}

impl fmt::Display for LeitwegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LeitwegId {
    type Err = LeitwegRefused;
    fn from_str(text: &str) -> Result<Self, LeitwegRefused> {
        Self::parse(text)
    }
}

impl Serialize for LeitwegId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for LeitwegId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Check number (2 to 98) for coarse and optional fine address; nothing if a character is neither letter nor digit.
pub fn check_digits(coarse: &str, fine: Option<&str>) -> Option<u32> {
    let remainder = remainder_97(coarse.chars().chain(fine.unwrap_or_default().chars()))?;
    Some(98 - (remainder * 100) % 97)
}

/// Remainder modulo 97 of a text whose letters count as two digits; also the check of an IBAN. Nothing if a character is
/// neither letter nor digit.
pub(crate) fn remainder_97(mut characters: impl Iterator<Item = char>) -> Option<u32> {
    characters.try_fold(0, feed)
}

/// Feeds one character into the remainder. A letter counts as two digits (A=10 … Z=35), so it shifts by 100.
fn feed(remainder: u32, character: char) -> Option<u32> {
    let value = character.to_digit(36)?;
    let shift = if value < 10 { 10 } else { 100 };
    Some((remainder * shift + value) % 97)
}

fn digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_ids_are_taken() {
        for id in [
            "04011000-1234512345-06",
            "04011000-12345-03",
            "04011000-12346-97",
            "04011000-12347-94",
            "04011000-12348-91",
            "04011000-12349-88",
            "04011000-12350-85",
            "04011000-900X999-08",
            "05711-06001-79",
            "11002002-98765-14",
            "90000000-03083-72",
            "99000000-18188-18",
            "12345678-12345-83",
            "1234567890-54321-40",
            "991-99012-32",
            "991-33333TEST-33",
            "99661-WEBSERVICEOZG-28",
            "992-90009-96",
            "09564000-NUE0001-49",
            "16999001-MUSTERAU-85",
            "09162000-RATHAUS-11",
            "11-65",
            "991-35",
            "06999000-MUSTERSTADT-76",
        ] {
            assert_eq!(LeitwegId::parse(id).map(|l| l.to_string()), Ok(id.to_owned()));
        }
    }

    #[test]
    fn wrong_check_digits_name_the_right_ones() {
        for (id, expected) in [
            ("04011000-12345-34", 3),
            ("04011000-12345-35", 3),
            ("04011000-12345-39", 3),
            ("991-01234-44", 38),
            ("99000000-01944-98", 56),
            ("99000000-05676-98", 15),
            ("993-80272-79", 34),
            ("991-11111TEST-34", 86),
            ("08111-01001-55", 4),
            ("04011000-1234567890-35", 17),
        ] {
            assert_eq!(LeitwegId::parse(id), Err(LeitwegRefused::CheckDigits { expected }), "{id}");
        }
        let refused = LeitwegRefused::CheckDigits { expected: 3 };
        assert_eq!(refused.to_string(), "leitweg-check-digits: expected 03");
    }

    #[test]
    fn other_texts_are_malformed() {
        for id in [
            "",
            "04011000",
            "-12-",
            "04011000--06",
            "04011000-12345-100",
            "04011000-ä-00",
            "a-b-c-d",
            "1-2-3",
        ] {
            assert_eq!(LeitwegId::parse(id), Err(LeitwegRefused::Malformed), "{id}");
        }
    }

    #[test]
    fn case_and_blanks_do_not_matter_and_the_land_is_only_a_hint() {
        let id = LeitwegId::parse(" 16999001-musterau-85 ").unwrap();
        assert_eq!(id.as_str(), "16999001-MUSTERAU-85");
        assert!(id.plausible_land());
        assert!(!LeitwegId::parse("90000000-03083-72").unwrap().plausible_land());
        assert_eq!(serde_json::from_str::<LeitwegId>("\"16999001-MUSTERAU-85\"").unwrap(), id);
        assert!(serde_json::from_str::<LeitwegId>("\"16999001-MUSTERAU-84\"").is_err());
    }
}
