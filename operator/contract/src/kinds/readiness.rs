//! What a kind reads from observed objects: a state in one word, a sentence, and what is allocated since when.

use crate::{Endpoint, MessageKey, Meter, Recoverable};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// How far a booking is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Never ran yet.
    Starting,
    /// The customer can use it.
    Running,
    /// Ran before, does not serve as wanted right now.
    Changing,
    /// On its way to a stop.
    Stopping,
    /// Stopped, data kept.
    Stopped,
    /// Will not proceed without somebody acting.
    Failed,
}

/// A size that exists in the cluster since a time that the cluster knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocated {
    /// An allocation meter.
    pub meter: Meter,
    /// In its unit.
    pub amount: i64,
    /// In-cluster time of the change, if there is one; else the time of the observation counts.
    pub since: Option<Timestamp>,
}

/// Result of reading the observed objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// In one word.
    pub state: State,
    /// In a sentence.
    pub message: MessageKey,
    /// Arguments of the sentence.
    pub args: BTreeMap<String, String>,
    /// In-cluster time of the present state, where the cluster knows it.
    pub since: Option<Timestamp>,
    /// Sizes that exist now; a meter that is missing here has size zero.
    pub allocated: Vec<Allocated>,
    /// Ways in; only real once running.
    pub endpoints: Vec<Endpoint>,
    /// Whether it can be used, though not in the sizes that are wanted.
    pub serves: bool,
    /// To which moments its data can go back.
    pub recoverable: Option<Recoverable>,
}

impl Readiness {
    /// A state with a sentence and nothing else known.
    pub fn new(state: State, message: MessageKey) -> Readiness {
        Readiness {
            state,
            message,
            args: BTreeMap::new(),
            since: None,
            allocated: Vec::new(),
            endpoints: Vec::new(),
            serves: false,
            recoverable: None,
        }
    }

    /// The same with the argument `detail`.
    pub fn detail(mut self, detail: impl Into<String>) -> Readiness {
        self.args.insert("detail".to_owned(), detail.into());
        self
    }
}

/// Objects of one Kubernetes kind among the observed ones.
pub fn of_kind<'a>(observed: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> + 'a {
    observed.iter().filter(move |object| text(object, "/kind") == Some(kind))
}

/// A text at a JSON pointer.
pub fn text<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    object.pointer(pointer).and_then(Value::as_str)
}

/// A whole number at a JSON pointer.
pub fn number(object: &Value, pointer: &str) -> Option<i64> {
    object.pointer(pointer).and_then(Value::as_i64)
}

/// A time at a JSON pointer, cut to whole seconds.
pub fn time(object: &Value, pointer: &str) -> Option<Timestamp> {
    let stamp: Timestamp = text(object, pointer)?.parse().ok()?;
    Timestamp::from_second(stamp.as_second()).ok()
}

/// The entry of a list of conditions with this type.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object
        .pointer("/status/conditions")
        .and_then(Value::as_array)?
        .iter()
        .find(|condition| text(condition, "/type") == Some(kind))
}
