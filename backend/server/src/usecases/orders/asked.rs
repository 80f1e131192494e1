//! What is wrong with what a kind asks: its schema and its own rules tell all of it at once.

use crate::http::views::schema_form::{self, FormField};
use crate::usecases::Error;
use crate::usecases::offerings::{broken_schema, finding};
use contract::kinds;
use domain::order::Finding;
use serde_json::Value;

/// Member of the command that holds what the kind asks.
const BELOW: &str = "/parameters";

/// Everything that schema and kind refuse. The rules of a kind can only read a whole order, so they see a stand-in for each
/// input that the schema refused, and what they say about such an input is left out: it was told already.
pub(super) fn refused(
    schema: &Value,
    fields: &[FormField],
    parameters: &Value,
    rules: impl FnOnce(&Value) -> Vec<contract::Finding>,
) -> Result<Vec<Finding>, Error> {
    let problems = schema_form::problems(schema, fields, parameters).map_err(broken_schema)?;
    let told = |it: &contract::Finding| {
        let at = |told: &str| it.pointer == told || it.pointer.starts_with(&format!("{told}/"));
        problems.iter().any(|problem| at(&problem.pointer) || it.code == kinds::UNREADABLE)
    };
    let by_kind: Vec<Finding> = rules(&schema_form::readable(fields, parameters, &problems))
        .into_iter()
        .filter(|it| !told(it))
        .map(|it| Finding::new(&format!("{BELOW}{}", it.pointer), &it.code).with("text", it.message_de))
        .collect();
    Ok(problems.into_iter().map(|problem| finding(BELOW, problem)).chain(by_kind).collect())
}
