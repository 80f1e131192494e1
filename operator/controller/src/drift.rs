//! Whether an object already is what a manifest asks for, so that nothing has to be written. Pure.
//!
//! What an earlier manifest asked for and this one does not is told by the mark, a digest of the manifest that each written
//! object carries. What others changed of the fields that the manifest names is told by comparing them.

use crate::bookings::short;
use contract::canonical::canonical_json;
use contract::kinds::quantity::milli;
use contract::kinds::readiness::text;
use serde_json::{Map, Value, json};

/// Annotation with the digest of the manifest that was written last.
pub const MARK: &str = "wolkenamt.de/manifest";

/// The manifest as it is written: with its mark.
pub fn marked(manifest: &Value) -> Value {
    let mark = mark(manifest);
    let mut marked = manifest.clone();
    if let Some(metadata) = marked.get_mut("metadata").and_then(Value::as_object_mut) {
        let annotations = metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new()));
        if let Some(annotations) = annotations.as_object_mut() {
            annotations.insert(MARK.to_owned(), json!(mark));
        }
    }
    marked
}

fn mark(manifest: &Value) -> String {
    format!("{:032x}", short(canonical_json(manifest).as_bytes()))
}

/// Whether the manifest was the last one to be written, and everything that it names is as it says.
pub fn is_as_wanted(manifest: &Value, object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_none()
        && is_marked(manifest, object)
        && holds(manifest, object)
}

/// Whether somebody changed an object since this very manifest was written.
pub fn is_edited(manifest: &Value, object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_none()
        && is_marked(manifest, object)
        && !holds(manifest, object)
}

fn is_marked(manifest: &Value, object: &Value) -> bool {
    object
        .pointer("/metadata/annotations")
        .and_then(|annotations| annotations.get(MARK))
        .and_then(Value::as_str)
        .is_some_and(|found| found == mark(manifest))
}

/// Whether everything that `wanted` names is in `found`. Lists have no more entries than are wanted: most of them are owned as a
/// whole.
fn holds(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.iter().all(|(name, inner)| found.get(name).is_some_and(|found| holds(inner, found)))
        }
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len()
                && wanted.iter().zip(found).all(|(wanted, found)| holds(wanted, found))
        }
        // The API server spells quantities in its own way: 1000m is 1.
        (Value::String(wanted), Value::String(found)) => {
            wanted == found || milli(wanted).is_some_and(|amount| milli(found) == Some(amount))
        }
        (wanted, found) => wanted == found,
    }
}

/// Whether two descriptions are of the same object.
pub fn is_same(object: &Value, manifest: &Value) -> bool {
    ["/kind", "/apiVersion", "/metadata/name", "/metadata/namespace"]
        .iter()
        .all(|pointer| text(object, pointer) == text(manifest, pointer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Value {
        json!({
            "kind": "Service", "metadata": {"name": "a", "labels": {"x": "y"}},
            "spec": {"type": "LoadBalancer", "ports": [{"port": 80}], "size": "1000m", "ranges": ["10.0.0.0/8"]}
        })
    }

    /// As the API server answers: with defaults, with what others wrote, with quantities in its own spelling.
    fn written() -> Value {
        let mut object = marked(&manifest());
        object["metadata"]["uid"] = json!("1");
        object["metadata"]["labels"]["theirs"] = json!("z");
        object["spec"]["ports"][0]["nodePort"] = json!(30000);
        object["spec"]["size"] = json!("1");
        object["status"] = json!({});
        object
    }

    #[test]
    fn what_was_written_is_as_wanted() {
        assert!(is_as_wanted(&manifest(), &written()));
    }

    #[test]
    fn each_drift_is_seen() {
        type Case = (&'static str, fn(&mut Value));
        let cases: [Case; 7] = [
            ("another value", |o| o["spec"]["type"] = json!("NodePort")),
            ("another value in a list", |o| o["spec"]["ports"][0]["port"] = json!(81)),
            ("a member less", |o| drop(o["spec"].as_object_mut().unwrap().shift_remove("type"))),
            ("an entry more", |o| o["spec"]["ranges"].as_array_mut().unwrap().push(json!("0.0.0.0/0"))),
            ("a label less", |o| o["metadata"]["labels"] = json!({})),
            ("no mark", |o| o["metadata"]["annotations"] = json!({})),
            ("on its way out", |o| o["metadata"]["deletionTimestamp"] = json!("2026-07-01T10:00:00Z")),
        ];
        for (name, change) in cases {
            let mut object = written();
            change(&mut object);
            assert!(!is_as_wanted(&manifest(), &object), "{name}");
        }
    }

    #[test]
    fn what_somebody_edited_is_told_from_what_is_wanted_otherwise() {
        assert!(!is_edited(&manifest(), &written()));
        let mut edited = written();
        edited["spec"]["type"] = json!("NodePort");
        assert!(is_edited(&manifest(), &edited));
        let mut other = manifest();
        other["spec"]["type"] = json!("NodePort");
        assert!(!is_edited(&other, &written()), "a new wish is no repair");
    }

    #[test]
    fn what_is_not_wanted_any_more_is_seen() {
        let mut less = manifest();
        less["spec"].as_object_mut().unwrap().shift_remove("ranges");
        assert!(!is_as_wanted(&less, &written()));
    }
}
