//! What an orderer sends: read from a form or from JSON into one command, with a finding for everything unreadable.

use crate::http::views::schema_form::{self, FormField};
use crate::usecases::Error;
use crate::usecases::offerings::{Offer, PlanParts, typed_choices};
use contract::Abilities;
use domain::order::Finding;
use domain::placement::{CertificateClass, Demand, Need, Protection, Stay};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::str::FromStr;
use utoipa::ToSchema;
use uuid::Uuid;

/// An order for something new.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PlaceOrder {
    /// The offering; its present version is ordered.
    pub offering: Uuid,
    /// One of its plans.
    pub plan: Option<Uuid>,
    /// What the booking shall be called, 1 to 120 characters.
    pub name: String,
    /// What the kind asks; its schema is part of the offering.
    #[schema(value_type = Object)]
    pub parameters: Value,
    /// What the offering asks beyond its kind.
    #[schema(value_type = Object)]
    pub answers: Value,
    /// Expected events a month by code of the component; what is missing counts as the provider expects.
    #[schema(value_type = Object)]
    pub expected: BTreeMap<String, i64>,
    /// Kostenstelle.
    pub cost_centre: String,
    /// Sachkonto.
    pub account: String,
    /// Haushaltsansatz; only price-free organisations go without.
    pub budget_line: Option<Uuid>,
    /// Rechtsgrundlage.
    pub legal_basis: Option<Uuid>,
    /// When it shall be usable.
    #[schema(value_type = String, format = Date)]
    pub wished_on: Option<Date>,
    /// From the beginning of this day it is not wanted any more; none has no fixed end.
    #[schema(value_type = Option<String>, format = Date)]
    pub ends_on: Option<Date>,
    /// What it is for.
    pub justification: String,
    /// What the place must fulfil: `protection` (`confidentiality`, `integrity`, `availability`: `normal`, `high`,
    /// `very-high`), `stay` (`anywhere`, `land-<key>`, `own`), `certificate` (`c5-type-1`, `c5-type-2`, `iso-27001`,
    /// `it-grundschutz`). What is missing is not demanded.
    #[schema(value_type = Object)]
    pub demand: Demand,
    /// A location of the offering; without one the rule chooses among those that fulfil the demand.
    pub location: Option<Uuid>,
    /// The difference whose booking this order takes over: it runs, and the marketplace lost it in a restore.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takes_over: Option<Uuid>,
}

const MEMBERS: [&str; 16] = [
    "offering",
    "plan",
    "name",
    "parameters",
    "answers",
    "expected",
    "cost_centre",
    "account",
    "budget_line",
    "legal_basis",
    "wished_on",
    "ends_on",
    "justification",
    "demand",
    "location",
    "takes_over",
];

/// Reads the body of the API. Every unreadable or unknown member is a finding of its own.
pub fn from_json(body: &Value) -> Result<PlaceOrder, Vec<Finding>> {
    let Some(members) = body.as_object() else { return Err(vec![Finding::new("", "not-an-object")]) };
    let mut read = Reader { members, findings: Vec::new() };
    let order = PlaceOrder {
        offering: read.parsed("offering").unwrap_or_default(),
        plan: read.parsed("plan"),
        name: read.text("name").unwrap_or_default(),
        parameters: read.object("parameters"),
        answers: read.object("answers"),
        expected: read.numbers("expected"),
        cost_centre: read.text("cost_centre").unwrap_or_default(),
        account: read.text("account").unwrap_or_default(),
        budget_line: read.parsed("budget_line"),
        legal_basis: read.parsed("legal_basis"),
        wished_on: read.parsed("wished_on"),
        ends_on: read.parsed("ends_on"),
        justification: read.text("justification").unwrap_or_default(),
        demand: read.demand(),
        location: read.parsed("location"),
        takes_over: read.parsed("takes_over"),
    };
    if !members.contains_key("offering") {
        read.wrong("/offering", "required");
    }
    for name in members.keys().filter(|name| !MEMBERS.contains(&name.as_str())) {
        read.findings.push(Finding::new(&format!("/{name}"), "unknown"));
    }
    if read.findings.is_empty() { Ok(order) } else { Err(read.findings) }
}

struct Reader<'a> {
    members: &'a Map<String, Value>,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn wrong(&mut self, pointer: &str, code: &str) {
        self.findings.push(Finding::new(pointer, code));
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.members.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.trim().to_owned()),
            Some(_) => {
                self.wrong(&format!("/{name}"), "wrong-type");
                None
            }
        }
    }

    fn parsed<T: FromStr>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.wrong(&format!("/{name}"), "pattern");
        }
        value
    }

    fn object(&mut self, name: &str) -> Value {
        match self.members.get(name) {
            None | Some(Value::Null) => Value::Object(Map::new()),
            Some(value @ Value::Object(_)) => value.clone(),
            Some(_) => {
                self.wrong(&format!("/{name}"), "wrong-type");
                Value::Object(Map::new())
            }
        }
    }

    fn demand(&mut self) -> Demand {
        let value = self.object("demand");
        Demand::deserialize(value).unwrap_or_else(|_unreadable| {
            self.wrong("/demand", "demand");
            Demand::default()
        })
    }

    fn numbers(&mut self, name: &str) -> BTreeMap<String, i64> {
        let value = self.object(name);
        let mut numbers = BTreeMap::new();
        for (code, value) in value.as_object().into_iter().flatten() {
            match value.as_i64() {
                Some(number) => {
                    numbers.insert(code.clone(), number);
                }
                None => self.wrong(&format!("/{name}/{code}"), "not-a-number"),
            }
        }
        numbers
    }
}

/// The generated part of the form: what the kind asks, what the offering asks beyond, what is expected to be counted.
pub(super) struct Generated {
    /// Schema of the kind, narrowed.
    pub(super) schema: Value,
    /// Inputs of `parameters`.
    pub(super) parameters: Vec<FormField>,
    /// Inputs of `answers`.
    pub(super) answers: Vec<FormField>,
    /// Inputs of `expected`.
    pub(super) expected: Vec<FormField>,
}

impl Generated {
    pub(super) fn of(offer: &Offer, plan: &PlanParts, abilities: &Abilities) -> Result<Self, Error> {
        let schema = offer.order_schema(plan, abilities)?;
        Ok(Self {
            parameters: schema_form::fields(&schema, "parameters"),
            answers: schema_form::fields(&offer.current.version.order_schema, "answers"),
            expected: plan.expected_fields(),
            schema,
        })
    }

    pub(super) fn all(&self) -> Vec<FormField> {
        self.parameters.iter().chain(&self.answers).chain(&self.expected).cloned().collect()
    }
}

/// Reads the inputs of the form. Reading problems come beside the command, which then lacks those values.
pub(super) fn from_form(
    offer: &Offer,
    plan: &PlanParts,
    generated: &Generated,
    typed: &BTreeMap<String, String>,
) -> (PlaceOrder, Vec<Finding>) {
    let get = |name: &str| typed.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let below = |prefix: &str, problems: Vec<schema_form::FieldProblem>| -> Vec<Finding> {
        problems.into_iter().map(|it| crate::usecases::offerings::finding(prefix, it)).collect()
    };
    let (parameters, problems) = schema_form::parse(&generated.parameters, typed);
    let mut findings = below("/parameters", problems);
    let (answers, problems) = schema_form::parse(&generated.answers, typed);
    findings.extend(below("/answers", problems));
    let (expected, problems) = plan.read_expected(typed);
    findings.extend(problems);
    let wished_on = match date(&get("start_day"), &get("start_month"), &get("start_year")) {
        Ok(date) => Some(date),
        Err(code) => {
            findings.push(Finding::new("/wished_on", code));
            None
        }
    };
    let ends_on = match date(&get("end_day"), &get("end_month"), &get("end_year")) {
        Ok(date) => Some(date),
        Err("date-missing") => None,
        Err(code) => {
            findings.push(Finding::new("/ends_on", code));
            None
        }
    };
    let order = PlaceOrder {
        offering: offer.current.offering.id,
        plan: Some(plan.row.id),
        name: get("name"),
        parameters: typed_choices(&generated.schema, parameters),
        answers: typed_choices(&offer.current.version.order_schema, answers),
        expected,
        cost_centre: get("cost_centre"),
        account: get("ledger_account"),
        budget_line: get("budget_line").parse().ok(),
        legal_basis: get("legal_basis").parse().ok(),
        wished_on,
        ends_on,
        justification: get("justification"),
        demand: demand(&get).unwrap_or_else(|| {
            findings.push(Finding::new("/demand", "demand"));
            Demand::default()
        }),
        location: match get("location").as_str() {
            "" => None,
            // Nobody's location is found by this id, so it is refused as every other unknown one.
            other => Some(other.parse().unwrap_or_default()),
        },
        takes_over: get("takes_over").parse().ok(),
    };
    (order, findings)
}

/// What inputs outside the order form demand of the place.
pub fn read_demand(typed: &BTreeMap<String, String>) -> Option<Demand> {
    demand(&|name: &str| typed.get(name).map(|text| text.trim().to_owned()).unwrap_or_default())
}

/// What the inputs about the place demand; an input that was not sent demands nothing.
fn demand(get: &impl Fn(&str) -> String) -> Option<Demand> {
    let need = |name: &str| match get(name).as_str() {
        "" => Some(Need::default()),
        code => Need::from_code(code),
    };
    Some(Demand {
        protection: Protection {
            confidentiality: need("need_confidentiality")?,
            integrity: need("need_integrity")?,
            availability: need("need_availability")?,
        },
        stay: match get("stay").as_str() {
            "" => Stay::default(),
            code => Stay::from_code(code)?,
        },
        certificate: match get("certificate").as_str() {
            "" => None,
            code => Some(CertificateClass::from_code(code)?),
        },
    })
}

fn date(day: &str, month: &str, year: &str) -> Result<Date, &'static str> {
    if day.is_empty() && month.is_empty() && year.is_empty() {
        return Err("date-missing");
    }
    let read = || Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
    read().ok_or("date-invalid")
}

/// Renames the pointers of findings to the inputs of the form, so that each stands beside its field.
pub(super) fn for_form(findings: Vec<Finding>, fields: &[FormField]) -> Vec<Finding> {
    findings
        .into_iter()
        .map(|finding| Finding { pointer: input_of(&finding.pointer, fields), ..finding })
        .collect()
}

fn input_of(pointer: &str, fields: &[FormField]) -> String {
    match pointer {
        "/account" => return "/ledger_account".to_owned(),
        "/wished_on" => return "/start_day".to_owned(),
        "/demand" => return "/need_confidentiality".to_owned(),
        "/ends_on" => return "/end_day".to_owned(),
        "/offering" => return String::new(),
        _ => {}
    }
    let dotted = pointer.trim_start_matches('/').replace('/', ".");
    let owner =
        fields.iter().find(|field| dotted == field.name || dotted.starts_with(&format!("{}.", field.name)));
    owner.map_or_else(|| pointer.to_owned(), |field| format!("/{}", field.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_unreadable_member_is_named() {
        let body = json!({"offering": "x", "name": 3, "expected": {"lamps": "many"}, "colour": "red"});
        let pointers: Vec<String> = from_json(&body).unwrap_err().into_iter().map(|it| it.pointer).collect();
        assert_eq!(pointers, ["/offering", "/name", "/expected/lamps", "/colour"]);
        assert_eq!(from_json(&json!([])).unwrap_err()[0].code, "not-an-object");
        assert_eq!(from_json(&json!({})).unwrap_err()[0].pointer, "/offering");
    }

    #[test]
    fn a_date_in_three_inputs() {
        assert_eq!(date("", "", ""), Err("date-missing"));
        assert_eq!(date("31", "02", "2026"), Err("date-invalid"));
        assert_eq!(date("1", "12", "2026").unwrap().to_string(), "2026-12-01");
    }
}
