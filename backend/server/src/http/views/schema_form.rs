//! From JSON Schema to a form and back. One generic way for every kind, so that a new kind needs no new template.
//!
//! Owns: which input a property becomes, how typed text becomes JSON, which problem a field has. Understands objects (also
//! nested), strings, integers, numbers, booleans, closed choices, lists of strings (one per line, or one box for each of
//! closed choices), `$ref` into `$defs`, and optional members. Titles and descriptions of the schema are the labels and hints; `x-unit` names a unit.
//! Does not own: wording of problems (`web/locales`, prefix `field`), rules between fields (`contract`).

use std::collections::BTreeMap;

use jsonschema::error::ValidationErrorKind;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::text::Text;

/// One input of a generated form.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FormField {
    /// Name in the form: prefix and path with dots, `parameters.storage_gib`.
    pub name: String,
    /// JSON pointer below the prefix, `/storage_gib`.
    pub pointer: String,
    pub label: String,
    /// What is asked, as whole sentences. The unit stands beside the label, and what an input of its kind takes follows.
    pub hint: Option<String>,
    pub input: Input,
    pub required: bool,
    pub unit: Option<String>,
    pub min: Option<String>,
    pub max: Option<String>,
    pub max_length: Option<u64>,
    pub choices: Vec<Choice>,
    /// What the schema proposes, as it stands in the input.
    pub default: Option<String>,
    /// Title of the nested object this field belongs to.
    pub group: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    Text,
    Email,
    Integer,
    Decimal,
    Checkbox,
    Select,
    /// A list of strings, one per line.
    Lines,
    /// A list of strings out of a closed list, one box each.
    Boxes,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// What is wrong with one field; `field-<code>` in the locales says it in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    pub name: String,
    pub pointer: String,
    pub text: Text,
}

/// The inputs for `schema`, in the order of its properties. Read-only and `x-hidden` members are left out.
#[must_use]
pub fn fields(schema: &Value, prefix: &str) -> Vec<FormField> {
    let mut found = Vec::new();
    collect(
        schema,
        schema,
        &Place { name: prefix.to_owned(), pointer: String::new(), group: None },
        &mut found,
    );
    found
}

/// What each input shows for `value`, for example when somebody changes an answer.
#[must_use]
pub fn texts_of(fields: &[FormField], value: &Value) -> BTreeMap<String, String> {
    let shown = |field: &FormField| {
        let text = value.pointer(&field.pointer).map(in_input).or_else(|| field.default.clone())?;
        Some((field.name.clone(), text))
    };
    fields.iter().filter_map(shown).collect()
}

/// The JSON that was meant. Empty optional inputs are left out; what is no number stays out and is a problem.
#[must_use]
pub fn parse(fields: &[FormField], typed: &BTreeMap<String, String>) -> (Value, Vec<FieldProblem>) {
    let mut root = Value::Object(Map::new());
    let mut problems = Vec::new();
    for field in fields {
        let text = typed.get(&field.name).map_or("", |text| text.trim());
        match read(field, text) {
            Ok(Some(value)) => put(&mut root, &field.pointer, value),
            Ok(None) => {}
            Err(code) => problems.push(problem(field, Text::new(code))),
        }
    }
    (root, problems)
}

/// Everything that `schema` refuses about `value`, one problem per field. `Err` when the schema itself is broken.
pub fn problems(schema: &Value, fields: &[FormField], value: &Value) -> Result<Vec<FieldProblem>, String> {
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(schema)
        .map_err(|error| error.to_string())?;
    let mut found: Vec<FieldProblem> = Vec::new();
    for error in validator.iter_errors(value) {
        let at = error.instance_path().to_string();
        for (pointer, text) in explain(error.kind(), &at) {
            let owner = fields.iter().find(|field| {
                pointer == field.pointer || pointer.starts_with(&format!("{}/", field.pointer))
            });
            let next = match owner {
                Some(field) => problem(field, with_limits(text, field)),
                None => {
                    FieldProblem { name: pointer.trim_start_matches('/').replace('/', "."), pointer, text }
                }
            };
            if !found.iter().any(|known| known.name == next.name) {
                found.push(next);
            }
        }
    }
    Ok(found)
}

/// `value` with a stand-in for everything that was refused, so that rules which read the whole form can judge the rest of it.
#[must_use]
pub fn readable(fields: &[FormField], value: &Value, refused: &[FieldProblem]) -> Value {
    let mut whole = value.clone();
    for problem in refused {
        match fields.iter().find(|field| field.pointer == problem.pointer) {
            Some(field) => put(&mut whole, &field.pointer, stand_in(field)),
            // Nothing asks for it.
            None => {
                if let Some(members) = whole.as_object_mut() {
                    members.shift_remove(problem.pointer.trim_start_matches('/'));
                }
            }
        }
    }
    whole
}

/// Something of the type that the input gives.
fn stand_in(field: &FormField) -> Value {
    match field.input {
        Input::Integer => {
            json!(field.min.as_ref().and_then(|min| min.parse::<i64>().ok()).unwrap_or_default())
        }
        Input::Decimal => json!(0),
        Input::Checkbox => json!(false),
        Input::Select => json!(field.choices.first().map(|choice| &choice.value)),
        Input::Lines | Input::Boxes => json!([]),
        Input::Text | Input::Email => json!(""),
    }
}

struct Place {
    name: String,
    pointer: String,
    group: Option<String>,
}

impl Place {
    fn below(&self, key: &str) -> Self {
        let name = if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) };
        let escaped = key.replace('~', "~0").replace('/', "~1");
        Self { name, pointer: format!("{}/{escaped}", self.pointer), group: self.group.clone() }
    }
}

fn collect(root: &Value, object: &Value, place: &Place, found: &mut Vec<FormField>) {
    let required: Vec<&str> = object["required"]
        .as_array()
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let Some(properties) = object.get("properties").and_then(Value::as_object) else { return };
    for (key, member) in properties {
        let (schema, optional) = resolve(root, member);
        if flag(member, "x-hidden") || flag(&schema, "readOnly") {
            continue;
        }
        let mut inner = place.below(key);
        if schema.get("properties").is_some() {
            inner.group = text(member, "title").or_else(|| text(&schema, "title"));
            collect(root, &schema, &inner, found);
            continue;
        }
        let required = required.contains(&key.as_str()) && !optional;
        if let Some(field) = field(member, &schema, inner, key, required) {
            found.push(field);
        }
    }
}

/// Follows `$ref` and strips "or null". The second value says that null was allowed.
fn resolve(root: &Value, member: &Value) -> (Value, bool) {
    if let Some(reference) = member.get("$ref").and_then(Value::as_str) {
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return target.map_or((Value::Null, false), |target| resolve(root, target));
    }
    if let Some(one) = member.get("allOf").and_then(Value::as_array).and_then(|all| all.first()) {
        return resolve(root, one);
    }
    if let Some(any) = member.get("anyOf").and_then(Value::as_array) {
        let real = any.iter().find(|choice| choice["type"] != "null");
        return real.map_or((Value::Null, true), |real| (resolve(root, real).0, true));
    }
    (member.clone(), allows_null(member))
}

fn allows_null(schema: &Value) -> bool {
    schema["type"].as_array().is_some_and(|types| types.iter().any(|name| name == "null"))
}

fn field(member: &Value, schema: &Value, place: Place, key: &str, required: bool) -> Option<FormField> {
    let boxes = schema.get("items").map(choices).unwrap_or_default();
    let boxed = !boxes.is_empty();
    let choices = if boxed { boxes } else { choices(schema) };
    let kind = schema["type"]
        .as_str()
        .or_else(|| schema["type"].as_array()?.iter().filter_map(Value::as_str).find(|name| *name != "null"));
    let input = match kind {
        _ if boxed => Input::Boxes,
        _ if !choices.is_empty() => Input::Select,
        Some("integer") => Input::Integer,
        Some("number") => Input::Decimal,
        Some("boolean") => Input::Checkbox,
        Some("array") => Input::Lines,
        Some("string") if schema["format"] == "email" => Input::Email,
        Some("string") => Input::Text,
        _ => return None,
    };
    let pick = |name: &str| member.get(name).or_else(|| schema.get(name)).filter(|value| !value.is_null());
    let lists = matches!(input, Input::Lines | Input::Boxes);
    Some(FormField {
        label: text(member, "title").or_else(|| text(schema, "title")).unwrap_or_else(|| key.to_owned()),
        hint: text(member, "description").or_else(|| text(schema, "description")).map(sentence),
        input,
        // A list may be empty and a box unticked unless the schema says more; a mark "required" would mislead.
        required: required
            && input != Input::Checkbox
            && !(lists && schema["minItems"].as_u64().unwrap_or(0) == 0),
        unit: text(member, "x-unit").or_else(|| text(schema, "x-unit")),
        min: pick("minimum").map(in_input),
        max: pick("maximum").map(in_input),
        max_length: pick("maxLength").and_then(Value::as_u64),
        choices,
        default: pick("default").map(in_input),
        group: place.group,
        name: place.name,
        pointer: place.pointer,
    })
}

/// Closed choices: `enum`, or `oneOf` of constants with titles.
fn choices(schema: &Value) -> Vec<Choice> {
    let plain = |value: &Value| Choice { value: in_input(value), label: in_input(value) };
    let titled = |one: &Value| {
        let value = in_input(one.get("const")?);
        let label = text(one, "title").or_else(|| text(one, "description")).unwrap_or_else(|| value.clone());
        Some(Choice { value, label })
    };
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().filter(|value| !value.is_null()).map(plain).collect();
    }
    schema
        .get("oneOf")
        .and_then(Value::as_array)
        .map(|all| all.iter().filter_map(titled).collect())
        .unwrap_or_default()
}

fn read(field: &FormField, text: &str) -> Result<Option<Value>, &'static str> {
    match field.input {
        Input::Checkbox => return Ok(Some(Value::Bool(matches!(text, "on" | "true" | "1")))),
        Input::Lines | Input::Boxes => {
            let lines: Vec<Value> =
                text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect();
            return Ok((field.required || !lines.is_empty()).then_some(Value::Array(lines)));
        }
        _ if text.is_empty() => return Ok(None),
        _ => {}
    }
    match field.input {
        Input::Integer => whole_number(text).map(|number| Some(Value::from(number))).ok_or("not-a-number"),
        Input::Decimal => decimal(text).map(Some).ok_or("not-a-number"),
        // Choices may be numbers in the schema; the text alone does not tell, so the choice that matches decides.
        Input::Select => Ok(Some(Value::from(text))),
        _ => Ok(Some(Value::from(text))),
    }
}

/// Reads `1000`, `1.000` and `1 000`, as people write them in German.
fn whole_number(text: &str) -> Option<i64> {
    let plain: String = text.chars().filter(|sign| !matches!(sign, '.' | ' ' | '\u{a0}')).collect();
    plain.parse().ok()
}

fn decimal(text: &str) -> Option<Value> {
    let plain = if text.contains(',') { text.replace('.', "").replace(',', ".") } else { text.to_owned() };
    plain.parse::<serde_json::Number>().ok().map(Value::Number)
}

fn put(root: &mut Value, pointer: &str, value: Value) {
    let mut here = root;
    let mut parts =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).peekable();
    while let Some(part) = parts.next() {
        let Some(object) = here.as_object_mut() else { return };
        if parts.peek().is_none() {
            object.insert(part, value);
            return;
        }
        here = object.entry(part).or_insert_with(|| Value::Object(Map::new()));
    }
}

fn explain(kind: &ValidationErrorKind, at: &str) -> Vec<(String, Text)> {
    let here = |code: &str| vec![(at.to_owned(), Text::new(code))];
    match kind {
        ValidationErrorKind::Required { property } => {
            vec![(format!("{at}/{}", property.as_str().unwrap_or_default()), Text::new("required"))]
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.iter().map(|name| (format!("{at}/{name}"), Text::new("unknown"))).collect()
        }
        ValidationErrorKind::Minimum { .. } | ValidationErrorKind::ExclusiveMinimum { .. } => {
            here("out-of-range")
        }
        ValidationErrorKind::Maximum { .. } | ValidationErrorKind::ExclusiveMaximum { .. } => {
            here("out-of-range")
        }
        ValidationErrorKind::MinLength { .. } => here("required"),
        ValidationErrorKind::MaxLength { limit } => {
            vec![(at.to_owned(), Text::new("too-long").with("limit", limit))]
        }
        ValidationErrorKind::Pattern { .. } => here("pattern"),
        ValidationErrorKind::Format { format } if format == "email" => here("email"),
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::OneOfNotValid { .. } => here("not-a-choice"),
        ValidationErrorKind::Type { .. } => here("wrong-type"),
        ValidationErrorKind::MinItems { .. } => here("required"),
        ValidationErrorKind::MaxItems { limit } => {
            vec![(at.to_owned(), Text::new("too-many").with("limit", limit))]
        }
        ValidationErrorKind::UniqueItems => here("twice"),
        _ => here("refused"),
    }
}

/// Adds label, limits and unit, so that the sentence can say what would be right.
fn with_limits(mut said: Text, field: &FormField) -> Text {
    if said.code == "out-of-range" {
        said.code = match (&field.min, &field.max) {
            (Some(_), Some(_)) => "out-of-range",
            (Some(_), None) => "too-small",
            _ => "too-large",
        }
        .to_owned();
    }
    let unit = field.unit.as_ref().map(|unit| format!("\u{a0}{unit}")).unwrap_or_default();
    said.with("min", field.min.clone().unwrap_or_default())
        .with("max", field.max.clone().unwrap_or_default())
        .with("unit", unit)
        .with("hint", field.hint.clone().unwrap_or_default())
}

fn problem(field: &FormField, said: Text) -> FieldProblem {
    let said = said.with("label", &field.label);
    FieldProblem { name: field.name.clone(), pointer: field.pointer.clone(), text: said }
}

fn in_input(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().map(in_input).collect::<Vec<_>>().join("\n"),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn text(schema: &Value, name: &str) -> Option<String> {
    schema.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// With the full stop that descriptions of schemas leave out: another sentence may follow.
fn sentence(mut text: String) -> String {
    if !text.ends_with(['.', '!', '?', ':']) {
        text.push('.');
    }
    text
}

fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name).and_then(Value::as_bool).unwrap_or(false)
}

#[cfg(test)]
#[path = "schema_form_test.rs"]
mod schema_form_test;
