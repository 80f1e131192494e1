//! A page for what went wrong: what happened, whether money is bound, who acts, and under which number to ask.

use serde::Serialize;

use super::text::Text;
use super::values::Moment;

/// `error-<code>` in the locales: title, and attributes `.what`, `.money`, `.who`.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorView {
    /// HTTP status.
    pub status: u16,
    /// `forbidden`, `not-found`, `conflict`, `refused`, `csrf`, `too-many`, `unavailable`, `internal`, …
    pub text: Text,
    /// The refusal in words, where a rule refused something.
    pub detail: Option<String>,
    /// Person or office that can help.
    pub helper: Option<String>,
    /// Number of the incident, also in the log and the answer's header.
    pub incident: String,
    pub at: Moment,
    /// Where to go on; the start page when none.
    pub back: Option<String>,
}
