//! What a form page needs besides its view: errors, what was typed, and the key that makes a second press harmless.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// One refused field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Name of the input in the form, for example `parameters.storage_gib`; the error summary links to it.
    pub field: String,
    /// JSON pointer into the body of the API, for example `/parameters/storage_gib`.
    pub pointer: String,
    /// Stable code, for example `too-small`.
    pub code: String,
    /// The sentence beside the field: what is wrong and what would be right.
    pub message: String,
}

/// State of the forms of one page, in templates as `errors`, `values` and `idempotency_key`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Form {
    pub errors: Vec<FieldError>,
    /// What is in the fields: typed by the person, else proposed. Missing names count as empty.
    pub values: BTreeMap<String, String>,
    pub idempotency_key: String,
    /// Whether the form asks for something that no browser should keep.
    #[serde(skip)]
    pub secret: bool,
}

impl Form {
    /// A form that nobody has filled in yet.
    #[must_use]
    pub fn fresh(idempotency_key: impl Into<String>) -> Self {
        Self { idempotency_key: idempotency_key.into(), ..Self::default() }
    }

    #[must_use]
    pub fn value(mut self, name: &str, value: impl ToString) -> Self {
        self.values.insert(name.to_owned(), value.to_string());
        self
    }

    #[must_use]
    pub fn error(mut self, error: FieldError) -> Self {
        self.errors.push(error);
        self
    }
}
