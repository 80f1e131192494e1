use serde_json::json;

use super::*;
use crate::http::views::samples::offerings::schema;

fn typed(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| (format!("parameters.{name}"), (*text).to_owned())).collect()
}

fn whole() -> Vec<(&'static str, &'static str)> {
    vec![
        ("name", " baum "),
        ("version", "16"),
        ("storage_gib", "1.000"),
        ("share", "2,5"),
        ("backup", "true"),
        ("contact", "it@musterstadt.example"),
        ("networks", "192.0.2.0/24\n\n 198.51.100.0/24 "),
        ("extensions", "pgcrypto\ncitext"),
        ("window.day", "tue"),
        ("window.note", ""),
    ]
}

fn codes(schema: &Value, value: &Value) -> Vec<(String, String)> {
    let fields = fields(schema, "parameters");
    problems(schema, &fields, value).unwrap().into_iter().map(|one| (one.pointer, one.text.code)).collect()
}

#[test]
fn each_property_becomes_the_fitting_input_in_order() {
    let found = fields(&schema(), "parameters");
    let inputs: Vec<(&str, Input, bool)> =
        found.iter().map(|field| (field.name.as_str(), field.input, field.required)).collect();
    assert_eq!(
        inputs,
        [
            ("parameters.name", Input::Text, true),
            ("parameters.version", Input::Select, true),
            ("parameters.storage_gib", Input::Integer, true),
            ("parameters.share", Input::Decimal, false),
            ("parameters.backup", Input::Checkbox, false),
            ("parameters.contact", Input::Email, true),
            ("parameters.networks", Input::Lines, false),
            ("parameters.extensions", Input::Boxes, false),
            ("parameters.window.day", Input::Select, true),
            ("parameters.window.note", Input::Text, false),
        ]
    );
    let hints: Vec<&str> = found.iter().filter_map(|field| field.hint.as_deref()).collect();
    assert!(hints.iter().all(|hint| hint.ends_with('.') && !hint.ends_with("..")), "{hints:?}");
    let day = found.iter().find(|field| field.pointer == "/window/day").unwrap();
    assert_eq!(day.group.as_deref(), Some("Wartungsfenster"));
    assert_eq!(
        day.choices.iter().map(|one| one.label.as_str()).collect::<Vec<_>>(),
        ["Dienstag", "Donnerstag"]
    );
    let storage = found.iter().find(|field| field.pointer == "/storage_gib").unwrap();
    assert_eq!(
        (storage.min.as_deref(), storage.max.as_deref(), storage.unit.as_deref()),
        (Some("10"), Some("2000"), Some("GiB"))
    );
}

#[test]
fn what_was_typed_becomes_json_and_back() {
    let fields = fields(&schema(), "parameters");
    let (value, wrong) = parse(&fields, &typed(&whole()));
    assert_eq!(wrong, []);
    assert_eq!(
        value,
        json!({ "name": "baum", "version": "16", "storage_gib": 1000, "share": 2.5, "backup": true,
            "contact": "it@musterstadt.example", "networks": ["192.0.2.0/24", "198.51.100.0/24"],
            "extensions": ["pgcrypto", "citext"], "window": { "day": "tue" } })
    );
    assert_eq!(codes(&schema(), &value), []);
    let (again, _) = parse(&fields, &texts_of(&fields, &value));
    assert_eq!(again, value);
}

#[test]
fn an_unticked_box_is_false_and_an_empty_answer_is_left_out() {
    let fields = fields(&schema(), "parameters");
    let (value, wrong) = parse(&fields, &BTreeMap::new());
    assert_eq!((value, wrong), (json!({ "backup": false }), Vec::new()));
}

#[test]
fn what_is_no_number_is_said_and_not_guessed() {
    let fields = fields(&schema(), "parameters");
    for text in ["zehn", "1,5", "10 GiB", "99999999999999999999"] {
        let (value, wrong) = parse(&fields, &typed(&[("storage_gib", text)]));
        assert_eq!(value.get("storage_gib"), None, "{text}");
        assert_eq!(wrong.first().map(|one| one.text.code.as_str()), Some("not-a-number"), "{text}");
    }
}

#[test]
fn what_was_refused_hides_nothing_of_the_rest() {
    let fields = fields(&schema(), "parameters");
    let value = json!({ "name": 3, "version": 9, "storage_gib": "viel", "contact": "it@musterstadt.example",
        "networks": ["a"], "window": { "note": "x" }, "colour": "red" });
    let refused = problems(&schema(), &fields, &value).unwrap();
    assert_eq!(
        readable(&fields, &value, &refused),
        json!({ "name": "", "version": "15", "storage_gib": 10, "contact": "it@musterstadt.example",
            "networks": ["a"], "window": { "note": "x", "day": "tue" } })
    );
    assert_eq!(readable(&fields, &value, &[]), value);
}

#[test]
fn each_refusal_names_its_field_and_what_would_be_right() {
    let fields = fields(&schema(), "parameters");
    let value = json!({ "name": "Baum!", "version": "9", "storage_gib": 5, "backup": true, "contact": "nobody",
        "networks": ["a"], "window": { "note": "x" }, "colour": "red" });
    let found = problems(&schema(), &fields, &value).unwrap();
    let mut codes: Vec<(&str, &str)> =
        found.iter().map(|one| (one.name.as_str(), one.text.code.as_str())).collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            ("colour", "unknown"),
            ("parameters.contact", "email"),
            ("parameters.name", "pattern"),
            ("parameters.storage_gib", "out-of-range"),
            ("parameters.version", "not-a-choice"),
            ("parameters.window.day", "required"),
        ]
    );
    let range = found.iter().find(|one| one.pointer == "/storage_gib").unwrap();
    let args = |name: &str| range.text.args.get(name).map(String::as_str);
    assert_eq!(
        (args("label"), args("min"), args("max"), args("unit")),
        (Some("Speicherplatz"), Some("10"), Some("2000"), Some("\u{a0}GiB"))
    );
}

#[test]
fn a_kind_that_nobody_foresaw_gets_its_form() {
    let schema = json!({ "type": "object", "required": ["lamps"], "properties": {
        "lamps": { "type": "integer", "title": "Leuchten", "minimum": 1 },
        "mode": { "anyOf": [{ "$ref": "#/$defs/Mode" }, { "type": "null" }], "title": "Betriebsart" },
        "secret": { "type": "string", "x-hidden": true } },
        "$defs": { "Mode": { "enum": ["dim", "off"] } } });
    let found = fields(&schema, "p");
    let names: Vec<(&str, Input, bool)> =
        found.iter().map(|one| (one.name.as_str(), one.input, one.required)).collect();
    assert_eq!(names, [("p.lamps", Input::Integer, true), ("p.mode", Input::Select, false)]);
    assert_eq!(codes(&schema, &json!({ "lamps": 0 })), [("/lamps".to_owned(), "too-small".to_owned())]);
}
