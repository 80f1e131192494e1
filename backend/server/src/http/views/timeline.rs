//! Steps that somebody can follow: what is done, what waits and why, what comes.

use serde::Serialize;
use utoipa::ToSchema;

use super::text::Text;
use super::values::{Amount, Moment};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    Done,
    /// Somebody or something is at work, within the usual time.
    Running,
    /// It does not go on by itself right now; `why` says more.
    Waiting,
    Failed,
    Todo,
}

/// One step; title `step-<code>`, text its attribute `.text` in the locales.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Step {
    pub state: StepState,
    pub text: Text,
    /// When it was done, or since when it runs or waits.
    pub at: Option<Moment>,
    /// Person or program that did it.
    pub who: Option<String>,
    /// What the person wrote, quoted.
    pub said: Option<String>,
    pub why: Option<Why>,
}

/// What invariant 10 asks for: what happened, whether money is running, who acts, by when.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Why {
    /// `reason-<code>` in the locales; the code is the operator's or the marketplace's message key.
    pub reason: Text,
    pub money: Money,
    /// `actor-<code>` in the locales, with `name` where a person or office is known.
    pub actor: Text,
    pub due: Option<Moment>,
}

/// Is money running?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Money {
    /// Nothing is charged while this lasts.
    None,
    /// Whatever is charged or not stays so.
    Unchanged,
    /// The end has come, nothing is charged any more.
    Over,
    /// `monthly` is charged as before, net in euros.
    AsBefore { monthly: Amount },
    /// `amount` is reserved in the budget, nothing is charged.
    Reserved { amount: Amount },
}
