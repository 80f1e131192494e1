//! Fields that a plan adds to the order form of its kind: form, checks and values are the same wherever they go.

use super::{Finding, namespace};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One more field of the order form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Field {
    /// Name in the order: letters, digits, `_` and `-`.
    pub name: String,
    /// Label.
    pub title: String,
    /// What is asked, with an example.
    pub description: String,
    /// What may be entered.
    #[serde(flatten)]
    pub input: Input,
    /// Whether it may be left out.
    #[serde(default)]
    pub optional: bool,
    /// What the form proposes, and what counts where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
}

/// What may be entered in a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "input", rename_all = "kebab-case")]
pub enum Input {
    /// One line.
    Text {
        /// Most characters.
        max_length: u32,
    },
    /// One of these.
    Choice {
        /// The values.
        values: Vec<String>,
    },
    /// A whole number.
    Number {
        /// Smallest.
        minimum: i64,
        /// Largest.
        maximum: i64,
    },
    /// Yes or no.
    Boolean,
}

impl Field {
    /// Whether an order must name it.
    fn must(&self) -> bool {
        !self.optional && self.default.is_none()
    }

    fn property(&self) -> Value {
        let mut property = match &self.input {
            Input::Text { max_length } => json!({"type": "string", "minLength": 1, "maxLength": max_length}),
            Input::Choice { values } => json!({"type": "string", "enum": values}),
            Input::Number { minimum, maximum } => {
                json!({"type": "integer", "minimum": minimum, "maximum": maximum})
            }
            Input::Boolean => json!({"type": "boolean"}),
        };
        namespace::put(&mut property, "title", json!(self.title));
        namespace::put(&mut property, "description", json!(self.description));
        if let Some(default) = &self.default {
            namespace::put(&mut property, "default", default.clone());
        }
        property
    }
}

/// Adds the fields to the form of a kind, which from then on takes nothing else.
pub fn extend<'a>(schema: &mut Value, fields: impl IntoIterator<Item = &'a Field>) {
    let taken = |value: Option<&mut Value>| value.map(Value::take);
    let properties = taken(schema.get_mut("properties")).and_then(|value| value.as_object().cloned());
    let required = taken(schema.get_mut("required")).and_then(|value| value.as_array().cloned());
    let (mut properties, mut required) = (properties.unwrap_or_default(), required.unwrap_or_default());
    for field in fields {
        properties.insert(field.name.clone(), field.property());
        if field.must() {
            required.push(json!(field.name));
        }
    }
    namespace::put(schema, "properties", Value::Object(properties));
    namespace::put(schema, "required", Value::Array(required));
    namespace::put(schema, "additionalProperties", json!(false));
}

/// What is wrong with the fields of a plan; `taken` are the names that mean something else in an order.
pub fn check_plan<'a>(fields: impl IntoIterator<Item = &'a Field>, taken: &[&'a str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut taken = taken.to_vec();
    for (position, field) in fields.into_iter().enumerate() {
        let mut refuse = |wrong: bool, name: &str, code: &str, message: &str| {
            if wrong {
                findings.push(Finding::new(format!("/fields/{position}/{name}"), code, message));
            }
        };
        let shape = !field.name.is_empty()
            && field.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        let words = "Der Name besteht aus Buchstaben, Ziffern, „_“ und „-“.";
        refuse(!shape, "name", "not-a-name", words);
        let twice = taken.contains(&field.name.as_str());
        refuse(twice, "name", "twice", "Diesen Namen trägt schon eine andere Angabe.");
        let untitled = field.title.trim().is_empty();
        refuse(untitled, "title", "empty", "Diese Angabe darf nicht leer sein.");
        let senseless = match &field.input {
            Input::Text { max_length } => *max_length == 0,
            Input::Choice { values } => values.is_empty(),
            Input::Number { minimum, maximum } => minimum > maximum,
            Input::Boolean => false,
        };
        refuse(senseless, "input", "nothing-fits", "In dieses Feld passt keine Eingabe.");
        let strange = field.default.as_ref().is_some_and(|value| !fits(&field.input, value));
        refuse(strange, "default", "does-not-fit", "Die Vorgabe passt nicht in das Feld.");
        taken.push(&field.name);
    }
    findings
}

/// What is wrong with what was entered.
pub fn check<'a>(
    fields: impl IntoIterator<Item = &'a Field>,
    entered: &BTreeMap<String, Value>,
) -> Vec<Finding> {
    let fields: Vec<&Field> = fields.into_iter().collect();
    let mut findings = Vec::new();
    for field in &fields {
        let pointer = format!("/{}", field.name);
        match entered.get(&field.name) {
            None if field.must() => {
                findings.push(Finding::new(pointer, "missing", format!("„{}“ fehlt.", field.title)));
            }
            Some(value) if !fits(&field.input, value) => findings.push(Finding::new(
                pointer,
                "does-not-fit",
                format!("„{}“ passt nicht: {}", field.title, field.description),
            )),
            None | Some(_) => {}
        }
    }
    for name in entered.keys().filter(|name| fields.iter().all(|field| field.name != **name)) {
        findings.push(Finding::new(format!("/{name}"), "unknown", "Danach fragt dieser Tarif nicht."));
    }
    findings
}

/// What counts: what was entered, else what the plan proposes.
pub fn values<'a>(
    fields: impl IntoIterator<Item = &'a Field>,
    entered: &BTreeMap<String, Value>,
) -> Vec<(&'a Field, Value)> {
    let counts = |field: &'a Field| {
        let value = entered.get(&field.name).or(field.default.as_ref())?;
        Some((field, value.clone()))
    };
    fields.into_iter().filter_map(counts).collect()
}

fn fits(input: &Input, value: &Value) -> bool {
    match input {
        Input::Text { max_length } => value.as_str().is_some_and(|text| {
            !text.trim().is_empty()
                && !text.chars().any(char::is_control)
                && u32::try_from(text.chars().count()).is_ok_and(|length| length <= *max_length)
        }),
        Input::Choice { values } => value.as_str().is_some_and(|text| values.iter().any(|one| one == text)),
        Input::Number { minimum, maximum } => {
            value.as_i64().is_some_and(|number| number >= *minimum && number <= *maximum)
        }
        Input::Boolean => value.is_boolean(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(input: Value, default: Option<Value>, optional: bool) -> Field {
        let mut field = json!({"name": "f", "title": "Feld", "description": "So.", "optional": optional});
        field.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        Field { default, ..serde_json::from_value(field).unwrap() }
    }

    #[test]
    fn entries_as_table() {
        let text = json!({"input": "text", "max_length": 5});
        let number = json!({"input": "number", "minimum": -1, "maximum": 9});
        let choice = json!({"input": "choice", "values": ["a", "b"]});
        let cases = [
            (&text, json!("größe"), true),
            (&text, json!("größer"), false),
            (&text, json!(" "), false),
            (&text, json!("a\nb"), false),
            (&text, json!("a\0b"), false),
            (&text, json!(1), false),
            (&number, json!(-1), true),
            (&number, json!(10), false),
            (&number, json!("1"), false),
            (&choice, json!("b"), true),
            (&choice, json!("c"), false),
            (&json!({"input": "boolean"}), json!(false), true),
            (&json!({"input": "boolean"}), json!("false"), false),
        ];
        for (input, value, fits) in cases {
            let field = field(input.clone(), None, false);
            let found = check([&field], &BTreeMap::from([("f".to_owned(), value.clone())]));
            assert_eq!(found.is_empty(), fits, "{input} {value}");
            let as_default = Field { default: Some(value.clone()), ..field };
            assert_eq!(check_plan([&as_default], &[]).is_empty(), fits, "{input} {value} as default");
        }
    }

    #[test]
    fn what_is_left_out_counts_as_proposed() {
        let number = json!({"input": "number", "minimum": 1, "maximum": 9});
        let cases = [
            (field(number.clone(), None, false), Some("missing"), None),
            (field(number.clone(), None, true), None, None),
            (field(number.clone(), Some(json!(3)), false), None, Some(json!(3))),
        ];
        for (field, finding, counts) in cases {
            let nothing = BTreeMap::new();
            assert_eq!(check([&field], &nothing).first().map(|it| it.code.as_str()), finding);
            assert_eq!(values([&field], &nothing).pop().map(|(_, value)| value), counts);
            let mut schema = json!({"type": "object", "properties": {}});
            extend(&mut schema, [&field]);
            assert_eq!(schema["required"].as_array().unwrap().is_empty(), finding.is_none(), "{schema}");
            assert_eq!(schema["properties"]["f"].get("default"), field.default.as_ref());
        }
        let entered = BTreeMap::from([("f".to_owned(), json!(5))]);
        let proposed = field(number, Some(json!(3)), false);
        assert_eq!(values([&proposed], &entered)[0].1, json!(5));
    }
}
