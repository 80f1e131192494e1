//! What is ordered, for whose money and why, as draft, check, order and approval show it.

use super::change_form::change_of;
use super::resume::FormerEnd;
use super::transfer_form::left_of;
use crate::http::views::orders::{
    Answer, BudgetLineChoice, LegalBasisChoice, OfferingRef, OrderAction, OrderContent, OrderState,
    PlanChoice,
};
use crate::http::views::schema_form::{self, FormField, Input};
use crate::usecases::Error;
use crate::usecases::offerings::{Offer, PlanParts, any_abilities};
use db::budgets::HeldLine;
use db::master_data::LegalBasisRow;
use db::orders::{DecisionRow, OrderRow};
use domain::order::{Decision, OrderKind};
use domain::time::berlin_day;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

/// The German name of a legal basis with its source; what it is worth is for the organisation to judge.
#[must_use]
pub fn basis_title(code: &str) -> &'static str {
    match code {
        "INHOUSE_108_1" => "Inhouse-Vergabe, § 108 Abs. 1 GWB",
        "INHOUSE_108_3" => "Inhouse-Vergabe, § 108 Abs. 3 GWB",
        "INHOUSE_108_4" => "Inhouse-Vergabe, § 108 Abs. 4 GWB",
        "KOOPERATION_108_6" => "Kooperation öffentlicher Auftraggeber, § 108 Abs. 6 GWB",
        "RAHMENVERTRAG" => "Abruf aus Rahmenvertrag",
        "DIREKTAUFTRAG" => "Direktauftrag",
        "VERGABE" => "Vergabeverfahren",
        "GESETZLICHE_AUFGABE" => "Gesetzliche Aufgabe",
        _ => "Sonstige Rechtsgrundlage",
    }
}

/// A legal basis to choose or to read.
#[must_use]
pub(super) fn basis_choice(row: &LegalBasisRow) -> LegalBasisChoice {
    LegalBasisChoice {
        id: row.id,
        title: basis_title(&row.code).to_owned(),
        evidence: row.reference.clone(),
        valid_until: row.valid_until.map(|until| berlin_day(until.to_jiff()).into()),
    }
}

/// A budget line to choose or to read.
pub fn budget_choice(line: &HeldLine) -> Result<BudgetLineChoice, Error> {
    let rules = line.to_line()?;
    Ok(BudgetLineChoice {
        id: line.row.id,
        code: line.row.code.clone(),
        title: line.row.name.clone(),
        year: rules.year,
        budget: rules.amount.decimal().into(),
        available: rules.available().decimal().into(),
    })
}

/// What stands in place of a budget line where a price-free organisation orders.
#[must_use]
pub fn no_budget(year: i16) -> BudgetLineChoice {
    BudgetLineChoice {
        id: Uuid::nil(),
        code: "–".to_owned(),
        title: "ohne Haushaltsansatz, preisfreie Organisation".to_owned(),
        year,
        budget: Decimal::ZERO.into(),
        available: Decimal::ZERO.into(),
    }
}

/// The offering in the version that is ordered.
#[must_use]
pub(super) fn offering_ref(offer: &Offer) -> OfferingRef {
    OfferingRef {
        id: offer.current.offering.id,
        version: u32::try_from(offer.current.version.number).unwrap_or_default(),
        title: offer.current.version.title.clone(),
        kind: offer.current.offering.kind.clone(),
        provider: offer.provider_ref(),
    }
}

/// A plan to choose or to read.
#[must_use]
pub(super) fn plan_choice(plan: &PlanParts) -> PlanChoice {
    PlanChoice { id: plan.row.id, title: plan.row.title.clone(), summary: plan.summary() }
}

/// What was said, apart from where it is kept.
pub(super) struct Said<'a> {
    pub(super) action: OrderAction,
    pub(super) name: &'a str,
    pub(super) plan: Uuid,
    pub(super) parameters: &'a Value,
    pub(super) answers: &'a Value,
    pub(super) cost_centre: &'a str,
    pub(super) account: &'a str,
    pub(super) wished_on: Date,
    pub(super) ends_on: Option<Date>,
    pub(super) justification: &'a str,
}

/// Puts it together with names for ids.
pub(super) fn content_of(
    offer: &Offer,
    said: &Said<'_>,
    line: Option<&HeldLine>,
    basis: &LegalBasisRow,
) -> Result<OrderContent, Error> {
    let plan = offer.plan(said.plan);
    let mut parameters = Vec::new();
    if let Some(plan) = plan {
        let schema = offer.order_schema(plan, &any_abilities())?;
        parameters.extend(answers(&schema_form::fields(&schema, "parameters"), said.parameters));
        parameters.extend(own_answers(&offer.current.version.order_schema, said.answers));
    }
    Ok(OrderContent {
        action: said.action,
        name: said.name.to_owned(),
        offering: offering_ref(offer),
        plan: plan.map(plan_choice),
        parameters,
        cost_centre: said.cost_centre.to_owned(),
        ledger_account: said.account.to_owned(),
        budget_line: line.map(budget_choice).transpose()?.unwrap_or_else(|| no_budget(said.wished_on.year())),
        legal_basis: basis_choice(basis),
        wished_day: said.wished_on.into(),
        end_day: said.ends_on.map(Into::into),
        former_end: None,
        justification: said.justification.to_owned(),
        keep_days: None,
        restore_at: None,
        change: None,
        left: None,
    })
}

/// The content of an order that was sent.
pub fn content(
    offer: &Offer,
    order: &OrderRow,
    line: Option<&HeldLine>,
    basis: &LegalBasisRow,
) -> Result<OrderContent, Error> {
    let said = Said {
        action: action(order),
        name: &order.name,
        plan: order.plan_id,
        parameters: &order.parameters,
        answers: &order.answers,
        cost_centre: &order.cost_centre,
        account: &order.account,
        wished_on: berlin_day(order.wished_at.to_jiff()),
        ends_on: order.ends_at.map(|at| berlin_day(at.to_jiff())),
        justification: &order.justification,
    };
    Ok(OrderContent {
        keep_days: order.keep_days,
        former_end: FormerEnd::of(order).map(|it| it.ends_on.into()),
        restore_at: order.restore_at.map(|at| at.to_jiff().into()),
        change: change_of(offer, order)?,
        left: left_of(order),
        ..content_of(offer, &said, line, basis)?
    })
}

/// What an order does.
#[must_use]
pub fn action(order: &OrderRow) -> OrderAction {
    match OrderKind::from_code(&order.kind) {
        Some(OrderKind::Change) => OrderAction::Change,
        Some(OrderKind::Stop) => OrderAction::Stop,
        Some(OrderKind::Start) => OrderAction::Start,
        Some(OrderKind::Terminate) => OrderAction::Terminate,
        Some(OrderKind::Resume) => OrderAction::Resume,
        Some(OrderKind::Transfer) => OrderAction::Transfer,
        Some(OrderKind::Restore) => OrderAction::Restore,
        Some(OrderKind::Create) | None => OrderAction::Create,
    }
}

/// Where an order stands, from its decision.
#[must_use]
pub fn state(decision: Option<&DecisionRow>, declined: bool) -> OrderState {
    let Some(row) = decision else { return OrderState::Requested };
    match Decision::from_code(&row.decision) {
        Some(Decision::Approved | Decision::ByRule) if declined => OrderState::Declined,
        Some(Decision::Approved | Decision::ByRule) => OrderState::Approved,
        Some(Decision::Rejected) => OrderState::Rejected,
        Some(Decision::Withdrawn) => OrderState::Withdrawn,
        Some(Decision::Expired) | None => OrderState::Expired,
    }
}

/// What was answered to the questions that an offering asks beyond its kind.
#[must_use]
pub fn own_answers(order_schema: &Value, given: &Value) -> Vec<Answer> {
    answers(&schema_form::fields(order_schema, "answers"), given)
}

/// What a value says in the words of a form.
pub(super) fn answers(fields: &[FormField], value: &Value) -> Vec<Answer> {
    let answer = |field: &FormField| {
        let given = value.pointer(&field.pointer).filter(|value| !value.is_null());
        // What was left out counts as proposed.
        let proposed = field.default.clone().filter(|text| !text.is_empty() && given.is_none());
        let ticked = (field.input == Input::Checkbox)
            .then(|| given.and_then(Value::as_bool).unwrap_or(proposed.as_deref() == Some("true")));
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let values = match given {
            _ if ticked.is_some() => Vec::new(),
            Some(Value::Array(lines)) => lines.iter().map(|line| label_of(field, text(line))).collect(),
            Some(value) => vec![label_of(field, text(value))],
            None => proposed.into_iter().map(|text| label_of(field, text)).collect(),
        };
        Answer {
            name: field.name.clone(),
            label: field.label.clone(),
            values,
            unit: field.unit.clone(),
            ticked,
        }
    };
    fields.iter().map(answer).collect()
}

fn label_of(field: &FormField, value: String) -> String {
    let choice = field.choices.iter().find(|choice| choice.value == value);
    choice.map_or(value, |choice| choice.label.clone())
}
