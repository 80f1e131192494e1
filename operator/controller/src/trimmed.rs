//! Reads JSON of the API server without the lists of owned fields, which are half of it and interest nobody here.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Member of `managedFields` entries that names every field one by one.
const FIELDS: &str = "fieldsV1";

/// Any JSON, without those members.
pub(crate) struct Trimmed(pub(crate) Value);

impl<'de> Deserialize<'de> for Trimmed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Trimmed, D::Error> {
        deserializer.deserialize_any(Trim).map(Trimmed)
    }
}

struct Trim;

impl<'de> DeserializeSeed<'de> for Trim {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Trim)
    }
}

impl<'de> Visitor<'de> for Trim {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(Trim)? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if name == FIELDS {
                members.next_value::<IgnoredAny>()?;
            } else {
                all.insert(name, members.next_value_seed(Trim)?);
            }
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn everything_else_is_read_as_it_is() {
        let text = r#"{"a": [1, -2, 18446744073709551615, 0.5, null, true, "ü\n"], "managedFields": [
            {"manager": "x", "time": "2026-07-01T10:00:00Z", "fieldsV1": {"f:spec": {"f:a": {}}}}], "b": {}}"#;
        let expected = json!({
            "a": [1, -2, u64::MAX, 0.5, null, true, "ü\n"],
            "managedFields": [{"manager": "x", "time": "2026-07-01T10:00:00Z"}], "b": {}
        });
        assert_eq!(serde_json::from_str::<Trimmed>(text).unwrap().0, expected);
    }
}
