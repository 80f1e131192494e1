//! What is wrong with an order, what it costs and where it would run. Form, check page and placing ask the same.

use super::command::PlaceOrder;
use crate::http::views::schema_form::{self, Choice};
use crate::usecases::Error;
use crate::usecases::estimates::{self, Estimation, MONTHS, Wish};
use crate::usecases::offerings::{NoPlace, Offer, PlanParts, Standing, any_abilities, look, schema_findings};
use db::budgets::HeldLine;
use db::master_data::LegalBasisRow;
use domain::money::Money;
use domain::order::{self, Assignment, Finding, MasterData};
use domain::policy::{Actor, Scope};
use domain::time::berlin_day;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use uuid::Uuid;

/// Longest name of a booking in characters.
const NAME_MAX: usize = 120;

/// The result of all checks.
pub(super) struct Prepared {
    /// Everything that is wrong, with pointers into the command.
    pub(super) findings: Vec<Finding>,
    /// Cost, where plan and parameters can be read.
    pub(super) estimation: Option<Estimation>,
    /// Where the organisation stands.
    pub(super) standing: Standing,
    /// Where it would run; none where people fulfil it, and where something was found.
    pub(super) location: Option<Uuid>,
    /// The legal basis, if it counts.
    pub(super) basis: Option<LegalBasisRow>,
    /// Gross, what is reserved; nothing for a price-free organisation.
    pub(super) amount: Money,
    /// Kostenstellen of the organisation; without any they are typed.
    pub(super) cost_centres: Vec<Choice>,
    /// Sachkonten of the organisation; without any they are typed.
    pub(super) accounts: Vec<Choice>,
    /// First day.
    pub(super) wished_on: Date,
}

impl Prepared {
    /// The chosen budget line, if it is one of the organisation's.
    pub(super) fn line(&self, id: Option<Uuid>) -> Option<&HeldLine> {
        self.standing.lines.iter().find(|line| Some(line.row.id) == id)
    }
}

/// Checks a command. `before` are findings of reading it; a field that could not be read gets no second finding.
pub(super) async fn prepare(
    conn: &mut db::Conn,
    (actor, scope): (&Actor, &Scope),
    offer: &Offer,
    cmd: &PlaceOrder,
    before: Vec<Finding>,
    now: Timestamp,
) -> Result<Prepared, Error> {
    let today = berlin_day(now);
    let wished_on = cmd.wished_on.unwrap_or(today);
    let plan = cmd.plan.and_then(|id| offer.plan(id));
    let mut findings = before;
    add(&mut findings, own_fields(offer, cmd, plan)?);
    let location = match offer.place() {
        _ if offer.kind.by_people() => None,
        Ok((place, _)) => Some(place.location_id),
        Err(why) => {
            let code = match why {
                NoPlace::NoOperator => "location-without-operator",
                NoPlace::NoneAble => "location-not-able",
            };
            add(&mut findings, vec![Finding::new("/offering", code)]);
            None
        }
    };
    let estimation = plan.and_then(|plan| estimate(offer, plan, cmd, wished_on).transpose()).transpose()?;
    let committed = estimation.as_ref().map(|it| it.committed).unwrap_or_default();
    let standing = look(conn, actor, scope, offer, committed, now).await?;
    let amount = if standing.price_free { Money::ZERO } else { committed };
    let basis = standing.bases.iter().find(|basis| Some(basis.id) == cmd.legal_basis).cloned();
    let chosen = standing.lines.iter().find(|line| Some(line.row.id) == cmd.budget_line);
    let cost_centres = db::master_data::list_cost_centres(conn, scope).await?;
    let cost_centres: Vec<Choice> = cost_centres.into_iter().map(|row| choice(row.code, &row.name)).collect();
    let accounts = db::master_data::list_accounts(conn, scope).await?;
    let accounts: Vec<Choice> = accounts.into_iter().map(|row| choice(row.code, &row.name)).collect();
    let master = MasterData {
        cost_centres: codes(&cost_centres),
        accounts: codes(&accounts),
        budget_year: chosen.and_then(|line| i16::try_from(line.row.year).ok()),
        legal_basis_covers: basis.is_some(),
        price_free: standing.price_free,
    };
    let assignment = Assignment {
        cost_centre: cmd.cost_centre.clone(),
        account: cmd.account.clone(),
        wished_on,
        justification: cmd.justification.clone(),
    };
    if cmd.wished_on.is_none() {
        add(&mut findings, vec![Finding::new("/wished_on", "date-missing")]);
    }
    add(&mut findings, order::check(&assignment, &master, today));
    add(&mut findings, money_findings(chosen, &standing, amount)?);
    Ok(Prepared {
        findings,
        estimation,
        standing,
        location,
        basis,
        amount,
        cost_centres,
        accounts,
        wished_on,
    })
}

/// Adds findings about fields that nothing was found about before.
fn add(findings: &mut Vec<Finding>, more: Vec<Finding>) {
    for finding in more {
        if !findings.iter().any(|known| known.pointer == finding.pointer) {
            findings.push(finding);
        }
    }
}

fn choice(code: String, name: &str) -> Choice {
    Choice { label: format!("{code} {name}"), value: code }
}

fn codes(choices: &[Choice]) -> Vec<String> {
    choices.iter().map(|choice| choice.value.clone()).collect()
}

/// Name, plan, and what kind and offering ask.
fn own_fields(offer: &Offer, cmd: &PlaceOrder, plan: Option<&PlanParts>) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    match cmd.name.trim().chars().count() {
        0 => findings.push(Finding::new("/name", "name-missing")),
        length if length > NAME_MAX => {
            findings.push(Finding::new("/name", "name-too-long").with("max", NAME_MAX))
        }
        _ => {}
    }
    let Some(plan) = plan else {
        findings
            .push(Finding::new("/plan", if cmd.plan.is_some() { "plan-unknown" } else { "plan-missing" }));
        return Ok(findings);
    };
    let any = any_abilities();
    let abilities = offer.place().map_or(&any, |(_, abilities)| abilities);
    let schema = offer.order_schema(plan, abilities)?;
    let fields = schema_form::fields(&schema, "parameters");
    let wrong = schema_findings("/parameters", &schema, &fields, &cmd.parameters)?;
    if wrong.is_empty() {
        let refused = offer.kind.check(&plan.row.settings, &cmd.parameters);
        findings.extend(refused.into_iter().map(|it| {
            Finding::new(&format!("/parameters{}", it.pointer), &it.code).with("text", it.message_de)
        }));
    }
    findings.extend(wrong);
    findings.extend(answer_fields(&offer.current.version.order_schema, &cmd.answers)?);
    findings.extend(plan.check_expected(&cmd.expected));
    Ok(findings)
}

/// What the offering asks beyond its kind; a schema that does not say so refuses unknown members all the same.
fn answer_fields(schema: &Value, answers: &Value) -> Result<Vec<Finding>, Error> {
    let known = schema.get("properties").and_then(Value::as_object);
    let unknown = |name: &String| known.is_none_or(|known| !known.contains_key(name));
    let mut findings: Vec<Finding> = answers
        .as_object()
        .into_iter()
        .flat_map(|answers| answers.keys())
        .filter(|name| unknown(name))
        .map(|name| Finding::new(&format!("/answers/{name}"), "unknown"))
        .collect();
    if findings.is_empty() && known.is_some() {
        findings = schema_findings("/answers", schema, &schema_form::fields(schema, "answers"), answers)?;
    }
    Ok(findings)
}

fn estimate(
    offer: &Offer,
    plan: &PlanParts,
    cmd: &PlaceOrder,
    start: Date,
) -> Result<Option<Estimation>, Error> {
    if offer.kind.sizes(&plan.row.settings, &cmd.parameters).is_err() || !sane(&cmd.parameters) {
        return Ok(None);
    }
    let wish = Wish {
        kind: offer.kind,
        plan,
        parameters: &cmd.parameters,
        expected: &cmd.expected,
        vat: &offer.vat,
        start,
        months: MONTHS,
    };
    estimates::compute(&wish).map(Some)
}

/// Numbers of absurd size are refused by the schema; they must not overflow the estimate before.
fn sane(parameters: &Value) -> bool {
    let small = |value: &Value| value.as_i64().is_none_or(|number| (0..=1_000_000).contains(&number));
    parameters.as_object().is_some_and(|members| members.values().all(small))
}

fn money_findings(
    chosen: Option<&HeldLine>,
    standing: &Standing,
    amount: Money,
) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    if let Some(line) = chosen.filter(|_| !standing.price_free)
        && let Err(exceeded) = line.to_line()?.reserve(amount)
    {
        findings.push(
            Finding::new("/budget_line", "budget-insufficient")
                .with("available_eur", exceeded.available)
                .with("amount_eur", exceeded.needed),
        );
    }
    if standing.approvers.is_empty() {
        findings.push(Finding::new("", "no-approver").with("amount_eur", amount));
    }
    Ok(findings)
}
