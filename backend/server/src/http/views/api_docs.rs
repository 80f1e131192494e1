//! The API documentation page, read from the OpenAPI document itself, so that it cannot say something else.

use serde::Serialize;
use serde_json::Value;

#[derive(Clone, Debug, Default, Serialize)]
pub struct ApiDocsView {
    pub title: String,
    pub version: String,
    pub description: String,
    pub groups: Vec<ApiGroup>,
    pub schemas: Vec<ApiSchema>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ApiGroup {
    pub name: String,
    pub operations: Vec<ApiOperation>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ApiOperation {
    /// Anchor on the page.
    pub id: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    pub description: String,
    pub parameters: Vec<ApiParameter>,
    pub body: Option<ApiType>,
    pub responses: Vec<ApiResponse>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ApiParameter {
    pub name: String,
    /// `path`, `query` or `header`.
    pub place: String,
    pub required: bool,
    pub kind: ApiType,
    pub description: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ApiResponse {
    pub status: String,
    pub description: String,
    pub body: Option<ApiType>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ApiSchema {
    pub name: String,
    pub description: String,
    pub members: Vec<ApiMember>,
    pub choices: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ApiMember {
    pub name: String,
    pub required: bool,
    pub kind: ApiType,
    pub description: String,
}

/// A type in words, with the schema it refers to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ApiType {
    pub words: String,
    pub schema: Option<String>,
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Reads an OpenAPI 3.1 document. Unknown parts are left out, never guessed.
#[must_use]
pub fn from_openapi(document: &Value) -> ApiDocsView {
    let mut view = ApiDocsView {
        title: words(document, "/info/title"),
        version: words(document, "/info/version"),
        description: words(document, "/info/description"),
        ..ApiDocsView::default()
    };
    for (path, item) in members(document.get("paths")) {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                let tag = words(operation, "/tags/0");
                let name = if tag.is_empty() { "api".to_owned() } else { tag };
                let shown = operation_of(path, method, operation);
                match view.groups.iter_mut().find(|group| group.name == name) {
                    Some(group) => group.operations.push(shown),
                    None => view.groups.push(ApiGroup { name, operations: vec![shown] }),
                }
            }
        }
    }
    view.schemas = members(document.pointer("/components/schemas"))
        .map(|(name, schema)| schema_of(name, schema))
        .collect();
    view
}

fn operation_of(path: &str, method: &str, operation: &Value) -> ApiOperation {
    let list = |name: &str| operation.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let id = words(operation, "/operationId");
    ApiOperation {
        id: if id.is_empty() {
            format!("{method}-{}", path.trim_matches('/').replace(['/', '{', '}'], "-"))
        } else {
            id
        },
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: words(operation, "/summary"),
        description: words(operation, "/description"),
        parameters: list("parameters").iter().map(parameter_of).collect(),
        body: operation.get("requestBody").and_then(content_type_of),
        responses: members(operation.get("responses"))
            .map(|(status, answer)| ApiResponse {
                status: status.to_owned(),
                description: words(answer, "/description"),
                body: content_type_of(answer),
            })
            .collect(),
    }
}

fn parameter_of(parameter: &Value) -> ApiParameter {
    ApiParameter {
        name: words(parameter, "/name"),
        place: words(parameter, "/in"),
        required: parameter["required"] == true,
        kind: parameter.get("schema").map(type_of).unwrap_or_default(),
        description: words(parameter, "/description"),
    }
}

fn content_type_of(holder: &Value) -> Option<ApiType> {
    let (_, media) = members(holder.get("content")).next()?;
    media.get("schema").map(type_of)
}

fn schema_of(name: &str, schema: &Value) -> ApiSchema {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    ApiSchema {
        name: name.to_owned(),
        description: words(schema, "/description"),
        members: members(schema.get("properties"))
            .map(|(member, inner)| ApiMember {
                name: member.to_owned(),
                required: required.iter().any(|name| name == member),
                kind: type_of(inner),
                description: words(inner, "/description"),
            })
            .collect(),
        choices: schema
            .get("enum")
            .and_then(Value::as_array)
            .map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            .unwrap_or_default(),
    }
}

fn type_of(schema: &Value) -> ApiType {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or(reference).to_owned();
        return ApiType { words: name.clone(), schema: Some(name) };
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(all) = schema.get(key).and_then(Value::as_array) {
            let real: Vec<ApiType> = all.iter().filter(|one| one["type"] != "null").map(type_of).collect();
            let words = real.iter().map(|one| one.words.as_str()).collect::<Vec<_>>().join(" | ");
            let schema = (real.len() == 1).then(|| real.first().and_then(|one| one.schema.clone())).flatten();
            return ApiType { words, schema };
        }
    }
    if schema["type"] == "array" {
        let item = schema.get("items").map(type_of).unwrap_or_default();
        return ApiType { words: format!("[{}]", item.words), schema: item.schema };
    }
    let kind = match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| *name != "null")
            .collect::<Vec<_>>()
            .join(" | "),
        _ => "any".to_owned(),
    };
    let format = words(schema, "/format");
    ApiType { words: if format.is_empty() { kind } else { format!("{kind}, {format}") }, schema: None }
}

fn words(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten().map(|(name, inner)| (name.as_str(), inner))
}
