//! What is wrong with an order, what it costs and where it would run. Form, check page and placing ask the same.

use super::asked;
use super::command::PlaceOrder;
use crate::http::views::placement::{PlaceForm, PlacementView};
use crate::http::views::schema_form::{self, Choice};
use crate::usecases::Error;
use crate::usecases::differences;
use crate::usecases::estimates::{self, Estimation, Wish};
use crate::usecases::offerings::{Offer, PlanParts, Standing, any_abilities, look, schema_findings};
use crate::usecases::placement::{self, Judged, Ordered, Survey};
use db::budgets::HeldLine;
use db::master_data::LegalBasisRow;
use domain::money::Money;
use domain::order::{self, Assignment, Finding, MasterData};
use domain::placement::{Candidate, LeftOut, own_operator};
use domain::policy::{Actor, Scope};
use domain::time::berlin_day;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use std::collections::HashSet;
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
    /// Where it would run, and why nowhere else; none while plan and parameters cannot be read.
    pub(super) judged: Option<Judged>,
    /// Why it runs there, to be recorded and shown.
    pub(super) placement: Option<PlacementView>,
    /// What the form shows about the place.
    pub(super) place_form: Option<PlaceForm>,
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
    /// Where it would run; none where people fulfil it, and where something was found.
    pub(super) fn location(&self) -> Option<Uuid> {
        self.judged.as_ref()?.chosen()?.location.map(|location| location.0)
    }

    /// The chosen budget line, if it is one of the organisation's.
    pub(super) fn line(&self, id: Option<Uuid>) -> Option<&HeldLine> {
        self.standing.lines.iter().find(|line| Some(line.row.id) == id)
    }
}

/// Checks a command. `before` are findings of reading it; a field that could not be read gets no second finding.
pub(super) async fn prepare(
    conn: &mut db::Conn,
    (actor, scope): (&Actor, &Scope),
    (offer, survey): (&Offer, &Survey),
    cmd: &PlaceOrder,
    before: Vec<Finding>,
    now: Timestamp,
) -> Result<Prepared, Error> {
    let today = berlin_day(now);
    let wished_on = cmd.wished_on.unwrap_or(today);
    let plan = cmd.plan.and_then(|id| offer.plan(id));
    let mut findings = before;
    add(&mut findings, own_fields(offer, cmd, plan)?);
    let estimation = plan.and_then(|plan| estimate(offer, plan, cmd, wished_on).transpose()).transpose()?;
    let committed = estimation.as_ref().map(|it| it.committed).unwrap_or_default();
    let standing = look(conn, actor, scope, offer, committed, now).await?;
    let (bases, own_operators) = with_basis(conn, scope, (offer, survey), &standing, now).await?;
    let runs_at = differences::runs_at(conn, actor, cmd.takes_over).await?;
    let ordered = plan.map(|plan| Ordered {
        demand: &cmd.demand,
        location: cmd.location,
        plan,
        parameters: &cmd.parameters,
        expected: &cmd.expected,
        start: wished_on,
        ends_on: cmd.ends_on,
        runs_at,
        customer: actor.organisation,
        bases: &bases,
        own_operators: &own_operators,
    });
    let judged = ordered
        .map(|ordered| placement::judge(offer, survey, &ordered, estimation.as_ref(), now))
        .transpose()?;
    // Where plan or sizes do not fit, no place would.
    let unfit = findings.iter().any(|it| it.pointer == "/plan" || it.pointer.starts_with("/parameters"));
    let nowhere = judged.as_ref().filter(|_| !unfit).and_then(|it| no_place(it, offer, cmd));
    add(&mut findings, nowhere.into_iter().collect());
    let own_land = own_land(conn, actor).await?;
    let amount = if standing.price_free { Money::ZERO } else { committed };
    let basis = standing.bases.iter().find(|basis| Some(basis.id) == cmd.legal_basis).cloned();
    let chosen = standing.lines.iter().find(|line| Some(line.row.id) == cmd.budget_line);
    let (cost_centres, accounts) = own_lists(conn, scope).await?;
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
    // From a begin that is refused nothing follows for the end.
    if !findings.iter().any(|finding| finding.pointer == "/wished_on") {
        add(&mut findings, order::check_end(cmd.ends_on, wished_on).into_iter().collect());
    }
    add(&mut findings, money_findings(chosen, &standing, amount)?);
    Ok(Prepared {
        findings,
        estimation,
        standing,
        placement: judged.as_ref().zip(ordered).map(|(judged, ordered)| judged.to_view(&ordered, now)),
        place_form: judged.as_ref().map(|judged| judged.to_form(offer, survey, own_land.as_deref())),
        judged,
        basis,
        amount,
        cost_centres,
        accounts,
        wished_on,
    })
}

/// Providers for whom the organisation has a legal basis on file, and those of them that it controls.
async fn with_basis(
    conn: &mut db::Conn,
    scope: &Scope,
    (offer, survey): (&Offer, &Survey),
    standing: &Standing,
    now: Timestamp,
) -> Result<(HashSet<Uuid>, HashSet<Uuid>), Error> {
    let controls = |found: &[LegalBasisRow]| found.iter().any(|basis| own_operator(&basis.code));
    let ordered = offer.current.offering.provider_id;
    // An order names its own legal basis, which is checked for itself.
    let mut bases = HashSet::from([ordered]);
    let mut own: HashSet<Uuid> = controls(&standing.bases).then_some(ordered).into_iter().collect();
    for rival in &survey.rivals {
        let provider = rival.current.offering.provider_id;
        let found = db::master_data::list_legal_bases(conn, scope, provider, now).await?;
        bases.extend((!found.is_empty()).then_some(provider));
        own.extend(controls(&found).then_some(provider));
    }
    Ok((bases, own))
}

/// Kostenstellen and Sachkonten of the organisation.
async fn own_lists(conn: &mut db::Conn, scope: &Scope) -> Result<(Vec<Choice>, Vec<Choice>), Error> {
    let cost_centres = db::master_data::list_cost_centres(conn, scope).await?;
    let accounts = db::master_data::list_accounts(conn, scope).await?;
    Ok((
        cost_centres.into_iter().map(|row| choice(row.code, &row.name)).collect(),
        accounts.into_iter().map(|row| choice(row.code, &row.name)).collect(),
    ))
}

/// The key of the Land that the organisation belongs to.
async fn own_land(conn: &mut db::Conn, actor: &Actor) -> Result<Option<String>, Error> {
    let organisation = db::organisations::get(conn, actor.organisation).await?;
    Ok(organisation.ars.and_then(|ars| ars.get(..2).map(str::to_owned)))
}

/// Why no location takes the order: what all of them lack, else what the nearest one lacks.
fn no_place(judged: &Judged, offer: &Offer, cmd: &PlaceOrder) -> Option<Finding> {
    if judged.chosen().is_some() {
        return None;
    }
    let all: Vec<(&Candidate, &[LeftOut])> = judged.left_out(offer.current.offering.id).collect();
    let each =
        |wanted: &[LeftOut]| all.iter().all(|(_, reasons)| reasons.iter().any(|it| wanted.contains(it)));
    if each(&[LeftOut::WithoutOperator]) && cmd.location.is_none() {
        return Some(Finding::new("/offering", "location-without-operator"));
    }
    if each(&[LeftOut::WithoutOperator, LeftOut::NotTheKind]) && cmd.location.is_none() {
        return Some(Finding::new("/offering", "location-not-able"));
    }
    let named = |candidate: &Candidate| {
        cmd.location.is_none() || candidate.location.map(|location| location.0) == cmd.location
    };
    let nearest = all.iter().filter(|(it, _)| named(it)).min_by_key(|(_, reasons)| reasons.len());
    let Some((candidate, [reason, ..])) = nearest else {
        return Some(Finding::new("/location", "location-unknown"));
    };
    let text = placement::left_out(reason);
    let finding = Finding::new("/location", &format!("place-{}", text.code)).with("name", &candidate.name);
    Some(Finding { args: finding.args.into_iter().chain(text.args).collect(), ..finding })
}

/// Adds findings about fields that nothing was found about before.
pub(super) fn add(findings: &mut Vec<Finding>, more: Vec<Finding>) {
    for finding in more {
        if !findings.iter().any(|known| known.pointer == finding.pointer) {
            findings.push(finding);
        }
    }
}

/// An entry of a list of the organisation.
pub(super) fn choice(code: String, name: &str) -> Choice {
    Choice { label: format!("{code} {name}"), value: code }
}

/// Their codes.
pub(super) fn codes(choices: &[Choice]) -> Vec<String> {
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
    if let Some(lacking) = offer.lacking(plan) {
        findings.push(Finding::new("/plan", &lacking.code).with("text", lacking.message_de));
    }
    let abilities = offer.abilities().unwrap_or_else(any_abilities);
    let schema = offer.order_schema(plan, &abilities)?;
    let fields = schema_form::fields(&schema, "parameters");
    let rules = |order: &Value| offer.kind.check(&plan.row.settings, order);
    findings.extend(asked::refused(&schema, &fields, &cmd.parameters, rules)?);
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
    if !estimates::is_sized(offer.kind, &plan.row.settings, &cmd.parameters) {
        return Ok(None);
    }
    let wish = Wish {
        kind: offer.kind,
        plan,
        parameters: &cmd.parameters,
        expected: &cmd.expected,
        vat: &offer.vat,
        start,
        months: estimates::term(start, cmd.ends_on),
        ends_on: cmd.ends_on,
    };
    estimates::compute(&wish).map(Some)
}

/// Whether the line bears the amount, and somebody may approve it.
pub(super) fn money_findings(
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
