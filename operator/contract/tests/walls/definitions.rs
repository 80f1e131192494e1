//! The definitions that the engines themselves install, where they are at hand beside the checkout.

use serde_json::{Value, json};

/// Compares manifests with a definition. `misspell` puts an unknown field into a manifest, which must be seen.
pub(crate) fn valid(file: &str, manifests: &[Value], misspell: fn(&mut Value)) {
    let path = format!("{}/../../../shared/crds/{file}", env!("CARGO_MANIFEST_DIR"));
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("{file} is not beside this checkout; not compared");
        return;
    };
    let definition: Value = serde_yaml_ng::from_str(&text).unwrap();
    let mut schema = definition.pointer("/spec/versions/0/schema/openAPIV3Schema").unwrap().clone();
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(!manifests.is_empty(), "nothing to compare with {file}");
    for manifest in manifests {
        let errors: Vec<String> = validator
            .iter_errors(manifest)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
        let mut wrong = manifest.clone();
        misspell(&mut wrong);
        assert!(!validator.is_valid(&wrong), "the check would not see a misspelt field");
    }
    println!("{file}: {} manifests are valid", manifests.len());
}

/// The API server prunes unknown fields in silence; here they are errors.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let open = map.get("x-kubernetes-preserve-unknown-fields").is_some();
            let metadata = !map.contains_key("properties");
            if !open && !metadata && !map.contains_key("additionalProperties") {
                map.insert("additionalProperties".to_owned(), json!(false));
            }
            map.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
