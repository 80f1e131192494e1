//! The token of a form, masked anew in every answer.
//!
//! Pages are compressed, and a page may repeat what its address says. Whoever can make a browser load such pages and see
//! their lengths could guess a constant token letter by letter (BREACH). So each answer carries `pad ‖ (pad ⊕ token)` with
//! a fresh random pad: nothing in the page is the same twice, and the token itself never leaves cookie and session.

use crate::ports::secrets::same;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const BYTES: usize = 32;

/// The token as one answer shows it; empty for something that is no token.
#[must_use]
pub fn mask(token: &str) -> String {
    let Some(token) = read::<BYTES>(token) else { return String::new() };
    let mut pad = [0_u8; BYTES];
    rand::fill(&mut pad);
    let mut shown = pad.to_vec();
    shown.extend(pad.iter().zip(token).map(|(one, other)| one ^ other));
    URL_SAFE_NO_PAD.encode(shown)
}

/// Whether a form sent back this token in any of its masks.
#[must_use]
pub fn matches(sent: &str, token: &str) -> bool {
    let Some(shown) = read::<{ 2 * BYTES }>(sent) else { return false };
    let (pad, masked) = shown.split_at(BYTES);
    let found: Vec<u8> = pad.iter().zip(masked).map(|(one, other)| one ^ other).collect();
    is_token(token) && same(&URL_SAFE_NO_PAD.encode(found), token)
}

/// Whether this text can be a token: a visitor's cookie may hold anything.
#[must_use]
pub fn is_token(text: &str) -> bool {
    read::<BYTES>(text).is_some()
}

fn read<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::secrets::new_secret;

    #[test]
    fn every_mask_is_another_and_all_open_the_same() {
        let (token, other) = (new_secret(), new_secret());
        let (one, two) = (mask(&token), mask(&token));
        assert_ne!(one, two);
        assert!(matches(&one, &token) && matches(&two, &token));
        assert!(!matches(&one, &other));
        assert!(!one.contains(&token));
    }

    #[test]
    fn what_is_no_mask_opens_nothing() {
        let token = new_secret();
        for sent in ["", "x", token.as_str(), &"A".repeat(86), &mask(&token)[1..]] {
            assert!(!matches(sent, &token), "{sent}");
        }
        assert!(!matches(&mask(""), ""), "no token, no form");
        assert_eq!(mask("too short"), "");
    }
}
