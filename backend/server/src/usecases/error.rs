//! How a use-case can end without a result. `http::problem` is the only place that knows status codes.

use domain::order::Finding;
use domain::policy::Denied;

/// Closed list; nothing converts into it by accident.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody signed in, or the token is not in force.
    #[error("not signed in")]
    Unauthenticated,
    /// Signed in, but no role permits it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Missing or foreign: the same from outside.
    #[error("not found")]
    NotFound,
    /// A rule refuses it.
    #[error("refused: {}", .0.code)]
    Refused(Refusal),
    /// Changed meanwhile, or the same key with another content.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// Too often.
    #[error("too many attempts")]
    TooMany {
        /// Seconds until it is worth trying again.
        retry_after_seconds: u64,
    },
    /// The database or a neighbour does not answer.
    #[error("unavailable")]
    Unavailable(#[source] anyhow::Error),
    /// A fault of the program.
    #[error("internal failure")]
    Internal(#[source] anyhow::Error),
}

/// What a rule says: a code for the whole, and what is wrong with which field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable kebab-case code, `refused-<code>` in the locales.
    pub code: String,
    /// Arguments of its sentence.
    pub args: std::collections::BTreeMap<String, String>,
    /// Fields, if single fields are wrong.
    pub findings: Vec<Finding>,
}

impl Refusal {
    /// Something that concerns no single field.
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), args: std::collections::BTreeMap::new(), findings: Vec::new() }
    }

    /// Wrong fields.
    #[must_use]
    pub fn fields(findings: Vec<Finding>) -> Self {
        Self { findings, ..Self::new("invalid-input") }
    }

    /// The same with one more argument for its sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }
}

impl Error {
    /// The same with what is wrong with `field` said beside `input`: a use-case names its own fields, a form may have several
    /// inputs for one, or another name.
    #[must_use]
    pub fn beside(mut self, field: &str, input: &str) -> Self {
        if let Self::Refused(refusal) = &mut self {
            for finding in refusal.findings.iter_mut().filter(|finding| finding.pointer == field) {
                input.clone_into(&mut finding.pointer);
            }
        }
        self
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::NotFound => Self::NotFound,
            db::Error::Unavailable(_) => Self::Unavailable(error.into()),
            // A use-case that expects a taken key asks for it before; here it is a surprise.
            db::Error::Taken(_) | db::Error::Refused(_) | db::Error::Other(_) => Self::Internal(error.into()),
        }
    }
}
