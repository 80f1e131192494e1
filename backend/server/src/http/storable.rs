//! The one character that PostgreSQL cannot hold. Text with it is the sender's mistake; without this check it would end as a
//! failure of the database.

/// Whether a query contains it.
#[must_use]
pub fn query(query: &str) -> bool {
    !query.contains("%00")
}

/// Whether the strings of a JSON text can be stored. JSON allows the character only as an escape; a text that speaks about
/// that escape is refused too, which nobody needs.
#[must_use]
pub fn json(body: &[u8]) -> bool {
    const ESCAPE: &[u8] = b"\\u0000";
    !body.windows(ESCAPE.len()).any(|window| window == ESCAPE)
}

#[cfg(test)]
mod tests {
    #[test]
    fn zero_characters_are_found() {
        assert!(super::json(br#"{"name": "Baum\nkataster \u0001"}"#));
        assert!(!super::json(br#"{"name": "Baum\u0000kataster"}"#));
        assert!(super::query("q=%20") && !super::query("q=a%00b"));
    }
}
