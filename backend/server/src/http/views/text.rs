//! Sentences that travel as code and arguments, because the language is known only where they are shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A sentence: its code (kebab-case, stable) and what fills its gaps.
///
/// Argument names say how a value is written: `…_date` is a day, `…_at` a moment, `…_eur` an amount of money,
/// `…_number` a decimal number; everything else is put in as it is. `web/locales/<lang>/*.ftl` holds the wording under
/// `<prefix>-<code>`; the template names the prefix, so the same code may be worded differently in a list and a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Text {
    pub code: String,
    #[schema(value_type = std::collections::HashMap<String, String>)]
    pub args: BTreeMap<String, String>,
}

impl Text {
    #[must_use]
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), args: BTreeMap::new() }
    }

    /// Adds one argument. `value` is a machine value: a day as `2026-11-24`, an amount as `195.00`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }
}

/// How a fact bears on what somebody wants to do. Colour and sign follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bearing {
    Good,
    Info,
    Warn,
    Bad,
}

/// One checked fact: `check-<code>-<bearing>` in the locales, with an attribute `.detail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Check {
    pub bearing: Bearing,
    pub text: Text,
}

impl Check {
    #[must_use]
    pub fn new(bearing: Bearing, text: Text) -> Self {
        Self { bearing, text }
    }
}
