//! The catalogue: finding offerings, reading one with its prices, and whether the own organisation may order it.
//!
//! `load` turns rows into an [`Offer`], `catalogue` lists them, `eligibility` answers "Darf meine Behörde bestellen?",
//! this file holds the page of one offering and the question to a colleague.

mod catalogue;
mod compare;
mod eligibility;
mod load;

pub use catalogue::{CatalogueQuery, catalogue};
pub use compare::compare;
pub use eligibility::{Standing, approvers, approvers_of, helper_for, look, no_place, who_may_decide};
pub(super) use load::schema_findings;
pub use load::{
    Details, NoPlace, Offer, Part, PlanParts, any_abilities, default_order, load_all, load_current,
    load_version, typed_choices,
};

use crate::app::App;
use crate::http::views::offerings::{
    Calculator, Document, Eligibility, Fact, FactGroup, OfferingVersion, OfferingView, PlanView,
    PriceComponent, Protection, ProviderRef,
};
use crate::http::views::schema_form::{self, FormField, Input};
use crate::http::views::text::{Bearing, Text};
use crate::usecases::estimates::{self, Estimation, MONTHS, MONTHS_MAX, Wish};
use crate::usecases::notify::{self, Recipient};
use crate::usecases::{Error, Refusal, orders, record};
use db::offerings::VatRow;
use db::people::PersonRow;
use domain::ids::{OfferingId, PersonId};
use domain::money::Money;
use domain::order::Finding;
use domain::policy::{Action, Actor, Role, Scope, authorize};
use domain::rating::Terms;
use domain::time::berlin_day;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Sizes that somebody tries out on the page of an offering, by the names of the inputs.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// `plan`, `months`, `parameters.…`, `expected.…`.
    pub typed: BTreeMap<String, String>,
}

/// One offering in its present version. What is wrong with the chosen sizes comes beside it, and then it has no estimate.
/// Without a reader it shows list prices, net, and nothing that depends on who orders.
pub async fn show(
    app: &App,
    reader: Option<&Actor>,
    id: OfferingId,
    chosen: &Chosen,
) -> Result<(OfferingView, Vec<Finding>), Error> {
    let now = app.clock.now();
    let (offer, versions) = app
        .db
        .read(&system(), async |conn: &mut db::Conn| {
            let offer = load_current(conn, id).await?;
            Ok::<_, Error>((offer, db::offerings::list_versions(conn, id).await?))
        })
        .await?;
    // Which VAT there is belongs to the buyer's side of the page.
    let vat = if reader.is_some() { offer.vat.as_slice() } else { &[] };
    let tried = try_out(&offer, vat, chosen, now)?;
    let amount = tried.estimation.as_ref().map(|it| it.committed).unwrap_or_default();
    let eligibility = match reader {
        Some(actor) => eligibility_of(app, actor, &offer, amount, now).await?,
        None => Eligibility { organisation: None, may_order: false, helper: None, checks: Vec::new() },
    };
    let versions = versions.iter().map(|row| OfferingVersion {
        version: u32::try_from(row.number).unwrap_or_default(),
        valid_from: berlin_day(row.published_at.to_jiff()).into(),
        change: Details::read(&row.details).change,
        published_at: row.published_at.to_jiff().into(),
    });
    let details = &offer.details;
    let view = OfferingView {
        id: offer.current.offering.id,
        version: u32::try_from(offer.current.version.number).unwrap_or_default(),
        valid_from: berlin_day(offer.current.version.published_at.to_jiff()).into(),
        title: offer.current.version.title.clone(),
        summary: offer.current.version.summary.clone(),
        provider: offer.provider_ref(),
        kind: offer.current.offering.kind.clone(),
        tags: details.tags.clone(),
        suited: details.suited.clone(),
        unsuited: details.unsuited.clone(),
        protection: details.protection.as_ref().map(protection),
        exports: crate::usecases::bookings::ways(offer.kind),
        facts: details.facts.iter().map(fact_group).collect(),
        documents: details.documents.iter().map(document).collect(),
        versions: versions.collect(),
        plans: offer.plans.iter().map(|plan| plan_view(plan, now)).collect(),
        calculator: Calculator {
            plan: tried.plan.map(|plan| plan.row.id),
            fields: tried.fields,
            months: tried.months,
        },
        estimate: tried.estimation.as_ref().map(Estimation::to_view),
        eligibility,
        usual_minutes: None,
        product: details.product.clone(),
    };
    Ok((view, tried.findings))
}

/// Where the reader's organisation stands with an offering.
async fn eligibility_of(
    app: &App,
    actor: &Actor,
    offer: &Offer,
    amount: Money,
    now: Timestamp,
) -> Result<Eligibility, Error> {
    let scope = authorize(actor, Action::BrowseOfferings)?;
    let standing = app
        .db
        .read(&scope, async |conn: &mut db::Conn| look(conn, actor, &scope, offer, amount, now).await)
        .await?;
    Ok(Eligibility {
        organisation: Some(standing.organisation.clone()),
        may_order: standing.may_order(),
        helper: standing.helper.as_ref().map(|person| person.name.clone()),
        checks: standing.checks,
    })
}

/// Asks the person who can help with this offering. Whoever may order gets a mail and a draft with what was chosen, so that
/// it waits among the tasks; everybody else gets the mail. Asked twice, nothing is sent again.
pub async fn ask(app: &App, actor: &Actor, id: OfferingId, chosen: &Chosen) -> Result<String, Error> {
    let scope = authorize(actor, Action::BrowseOfferings)?;
    let now = app.clock.now();
    let offer = app.db.read(&system(), async |conn: &mut db::Conn| load_current(conn, id).await).await?;
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            let standing = look(conn, actor, &scope, &offer, Default::default(), now).await?;
            let helper = standing.helper.ok_or_else(|| Error::Refused(Refusal::new("nobody-to-ask")))?;
            let orderers = db::people::list_holders(conn, &scope, Role::Orders, now).await?;
            let may_order = orderers.iter().any(|(person, _)| person.id == helper.id);
            let draft = if may_order {
                let row = orders::asked(actor, PersonId(helper.id), &offer, chosen.typed.clone(), now)?;
                db::drafts::insert_asked(conn, &row).await?.then_some(row.id)
            } else {
                None
            };
            let known = may_order && draft.is_none();
            if !known {
                tell_helper(conn, app, actor, &offer, (&helper, draft), now).await?;
            }
            let detail =
                json!({"event": "asked", "asked": PersonId(helper.id), "draft": draft, "again": known});
            let entry =
                record::by_person(actor, Action::BrowseOfferings, format!("offering:{id}"), detail, now);
            Ok::<_, Error>((helper.name, entry))
        })
        .await
}

async fn tell_helper(
    conn: &mut db::Conn,
    app: &App,
    actor: &Actor,
    offer: &Offer,
    (helper, draft): (&PersonRow, Option<Uuid>),
    now: Timestamp,
) -> Result<(), db::Error> {
    let to = Recipient {
        organisation: actor.organisation,
        email: helper.email.clone(),
        language: helper.language.clone(),
    };
    let code = if draft.is_some() { "asked-draft" } else { "asked" };
    let text = Text::new(code).with("name", &actor.name).with("title", &offer.current.version.title);
    let path = match draft {
        Some(draft) => format!("/orders/{draft}/edit"),
        None => format!("/offerings/{}", offer.current.offering.id),
    };
    notify::mail(conn, app, &to, text, &path, now).await
}

/// The catalogue is the same for everybody, but what operators report belongs to their providers.
pub(super) fn system() -> Scope {
    Scope::system("offerings with the abilities of their locations, for any customer")
}

struct Tried<'a> {
    plan: Option<&'a PlanParts>,
    fields: Vec<FormField>,
    months: u32,
    /// The smallest order with the chosen sizes.
    parameters: Value,
    estimation: Option<Estimation>,
    findings: Vec<Finding>,
}

fn try_out<'a>(
    offer: &'a Offer,
    vat: &[VatRow],
    chosen: &Chosen,
    now: Timestamp,
) -> Result<Tried<'a>, Error> {
    let get = |name: &str| chosen.typed.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let plan = get("plan").and_then(|id| offer.plan(id.parse().ok()?)).or(offer.plans.first());
    let mut findings = Vec::new();
    let months = match get("months").map(str::parse::<u32>) {
        None => MONTHS,
        Some(Ok(months)) if (1..=MONTHS_MAX).contains(&months) => months,
        Some(_) => {
            findings.push(Finding::new("/months", "months").with("max", MONTHS_MAX));
            MONTHS
        }
    };
    let Some(plan) = plan else {
        let parameters = Value::Null;
        return Ok(Tried { plan: None, fields: Vec::new(), months, parameters, estimation: None, findings });
    };
    let schema = offer.order_schema(plan, &offer.abilities().unwrap_or_else(any_abilities))?;
    let sizes: Vec<FormField> = schema_form::fields(&schema, "parameters")
        .into_iter()
        .filter(|field| matches!(field.input, Input::Integer | Input::Decimal) && field.choices.is_empty())
        .collect();
    let mut parameters = default_order(&schema);
    let (typed, problems) = schema_form::parse(&sizes, &with_defaults(&sizes, &chosen.typed));
    if let (Value::Object(all), Value::Object(typed)) = (&mut parameters, typed) {
        all.extend(typed);
    }
    let wrong = schema_form::problems(&schema, &sizes, &parameters).map_err(broken_schema)?;
    let wrong = wrong.into_iter().filter(|problem| sizes.iter().any(|field| field.name == problem.name));
    findings.extend(problems.into_iter().chain(wrong).map(|problem| finding("/parameters", problem)));
    let fields = plan.expected_fields();
    let (expected, problems) = plan.read_expected(&with_defaults(&fields, &chosen.typed));
    findings.extend(problems);
    let estimation = if findings.is_empty() {
        Some(estimates::compute(&Wish {
            kind: offer.kind,
            plan,
            parameters: &parameters,
            expected: &expected,
            vat,
            start: berlin_day(now),
            ends_on: None,
            months,
        })?)
    } else {
        None
    };
    Ok(Tried {
        plan: Some(plan),
        fields: sizes.into_iter().chain(fields).collect(),
        months,
        parameters,
        estimation,
        findings,
    })
}

/// What was typed; an input that was not sent counts as proposed.
fn with_defaults(fields: &[FormField], typed: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let value = |field: &FormField| {
        let text = typed.get(&field.name).cloned().or_else(|| field.default.clone()).unwrap_or_default();
        (field.name.clone(), text)
    };
    fields.iter().map(value).collect()
}

/// A problem of a generated field as a finding below a member of the body.
pub(in crate::usecases) fn finding(prefix: &str, problem: schema_form::FieldProblem) -> Finding {
    Finding {
        pointer: format!("{prefix}{}", problem.pointer),
        code: problem.text.code,
        args: problem.text.args,
    }
}

pub(in crate::usecases) fn broken_schema(error: String) -> Error {
    Error::Internal(anyhow::anyhow!("order schema of an offering: {error}"))
}

fn plan_view(plan: &PlanParts, now: Timestamp) -> PlanView {
    PlanView {
        id: plan.row.id,
        title: plan.row.title.clone(),
        summary: plan.summary(),
        components: plan.parts.iter().filter_map(|part| component_view(part, now)).collect(),
    }
}

/// A component without a price in force yet is not shown.
fn component_view(part: &Part, now: Timestamp) -> Option<PriceComponent> {
    use crate::http::views::estimate::PricePeriod;
    let price = part.offered.prices.iter().find(|price| price.valid_at(now))?;
    Some(PriceComponent {
        title: part.row.title.clone(),
        unit: part.unit(),
        period: match part.terms {
            Terms::OneTime => PricePeriod::Once,
            Terms::Consumption { .. } => PricePeriod::Unit,
            Terms::Flat { .. } | Terms::PerUnit { .. } => PricePeriod::Month,
        },
        price: part.price_at(now)?.into(),
        included: None,
        tiers: Vec::new(),
        valid_from: berlin_day(price.valid_from).into(),
        valid_until: price.valid_to.and_then(|end| berlin_day(end).yesterday().ok()).map(Into::into),
    })
}

fn protection(level: &load::Level) -> Protection {
    Protection {
        confidentiality: level.confidentiality,
        integrity: level.integrity,
        availability: level.availability,
    }
}

fn fact_group(group: &load::Group) -> FactGroup {
    let fact = |fact: &load::Said| Fact {
        label: fact.label.clone(),
        value: fact.value.clone(),
        note: fact.note.clone(),
    };
    FactGroup { key: group.key.clone(), facts: group.facts.iter().map(fact).collect() }
}

fn document(document: &load::Paper) -> Document {
    Document {
        title: document.title.clone(),
        edition: document.edition.clone(),
        sha256: document.sha256.clone(),
        format: document.format.clone(),
        bytes: document.bytes,
        url: document.url.clone(),
    }
}

/// Reference to the provider of an offering.
pub fn provider_ref(id: Uuid, name: &str) -> ProviderRef {
    ProviderRef { id, name: name.to_owned() }
}

/// A check that the page shows with its sign.
pub(super) fn check(bearing: Bearing, text: Text) -> crate::http::views::text::Check {
    crate::http::views::text::Check::new(bearing, text)
}
