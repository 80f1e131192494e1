//! The form that changes a booking, with the price before and after.

use super::change::{Change, Replaced};
use super::content::{answers, plan_choice};
use super::drafts::Inputs;
use super::follow_up::check_reason;
use super::replanned::{Offers, Replanned, replan};
use crate::app::App;
use crate::http::views::change::{ChangeOf, ChangeView, ChangedAnswer, ComparedView};
use crate::http::views::orders::Answer;
use crate::http::views::schema_form::{self, FormField};
use crate::usecases::estimates::Estimation;
use crate::usecases::offerings::{Offer, any_abilities, finding, typed_choices};
use crate::usecases::{Error, Refusal};
use contract::canonical;
use db::bookings::{BookingRow, CustomerPrivateRow};
use db::orders::OrderRow;
use domain::ids::BookingId;
use domain::order::Finding;
use domain::policy::{Action, Actor, authorize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The form with its state.
pub struct FilledChange {
    /// What the page shows.
    pub view: ChangeView,
    /// What stands in the fields.
    pub values: Inputs,
    /// What is wrong, with pointers to the inputs.
    pub findings: Vec<Finding>,
}

/// The form as nobody has touched it, for a plan: answers as booked.
pub async fn change_form(
    app: &App,
    actor: &Actor,
    id: BookingId,
    plan: Option<Uuid>,
) -> Result<FilledChange, Error> {
    let cmd = Change { plan, parameters: json!({}), justification: String::new() };
    let mut filled = fill(app, actor, id, &cmd, None).await?;
    // Nobody has typed anything yet; only what prevents every change is said at once.
    filled.findings.retain(|finding| finding.pointer.is_empty() && finding.code != "change-nothing");
    if plan.is_none_or(|plan| plan == filled.view.present) {
        filled.view.compared = None;
    }
    Ok(filled)
}

/// What was typed, read into a command, and what it would cost.
pub async fn read_change(
    app: &App,
    actor: &Actor,
    id: BookingId,
    typed: &Inputs,
) -> Result<(Change, FilledChange), Error> {
    let get = |name: &str| typed.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let plan = get("plan").parse().ok();
    let bare = Change { plan, parameters: json!({}), justification: get("justification") };
    let form = fill(app, actor, id, &bare, None).await?;
    let (parameters, problems) = schema_form::parse(&form.view.fields, typed);
    let mut members = Map::new();
    for field in &form.view.fields {
        // What was left empty is taken away.
        members.insert(field.pointer.trim_start_matches('/').to_owned(), Value::Null);
    }
    if let Value::Object(read) = typed_choices(&form_schema(&form.view.fields), parameters) {
        members.extend(read);
    }
    let cmd = Change { parameters: Value::Object(members), ..bare };
    let mut filled = fill(app, actor, id, &cmd, Some(typed)).await?;
    let problems = problems.into_iter().map(|it| finding("/parameters", it)).collect();
    let problems = for_inputs(problems, &filled.view.fields);
    // What could not be read is not missing besides.
    filled.findings.retain(|it| !problems.iter().any(|problem| problem.pointer == it.pointer));
    filled.findings.splice(0..0, problems);
    filled.findings.extend(check_reason(&cmd.justification, true));
    if !filled.findings.is_empty() {
        filled.view.compared = None;
    }
    Ok((cmd, filled))
}

/// What a change would cost, or what is wrong with it; for programs.
pub async fn change_compared(
    app: &App,
    actor: &Actor,
    id: BookingId,
    cmd: &Change,
) -> Result<ComparedView, Error> {
    let filled = fill(app, actor, id, cmd, None).await?;
    match filled.view.compared {
        Some(compared) if filled.findings.is_empty() => Ok(compared),
        Some(_) | None => Err(Refusal::fields(filled.findings).into()),
    }
}

async fn fill(
    app: &App,
    actor: &Actor,
    id: BookingId,
    cmd: &Change,
    typed: Option<&Inputs>,
) -> Result<FilledChange, Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    let now = app.clock.now();
    let offers = Offers::load(app, &scope, id).await?;
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let row = db::bookings::get(conn, &scope, id).await?;
            let private =
                db::bookings::find_customer_private(conn, &scope, id).await?.ok_or(Error::NotFound)?;
            let wished = replan(conn, (actor, &scope), &offers, (&row, &private), cmd, now).await?;
            filled(&offers, (&row, &private), wished, typed)
        })
        .await
}

fn filled(
    offers: &Offers,
    (row, _private): (&BookingRow, &CustomerPrivateRow),
    wished: Replanned<'_>,
    typed: Option<&Inputs>,
) -> Result<FilledChange, Error> {
    let compared = wished.after.as_ref().map(|after| compared(&wished, after)).transpose()?;
    let values = match typed {
        Some(typed) => typed.clone(),
        None => schema_form::texts_of(&wished.fields, &wished.parameters),
    };
    let plans = offers.choices(row.plan_id).into_iter().map(|(offer, plan)| {
        let mut choice = plan_choice(plan);
        if offers.present.is_some() {
            // Two versions may call different prices by the same name.
            choice.title = format!("{} (Fassung {})", choice.title, offer.current.version.number);
        }
        choice
    });
    let view = ChangeView {
        booking: row.id,
        number: row.number.clone(),
        name: row.name.clone(),
        offering: wished.offer.current.version.title.clone(),
        kind: row.kind.clone(),
        plan: wished.plan.row.id,
        present: row.plan_id,
        plans: plans.collect(),
        fixed: answers(&wished.fixed, &wished.parameters),
        compared,
        approvers: wished.standing.approvers.iter().map(|person| person.name.clone()).collect(),
        fields: wished.fields.clone(),
    };
    Ok(FilledChange { findings: for_inputs(wished.findings, &view.fields), values, view })
}

fn compared(wished: &Replanned<'_>, after: &Estimation) -> Result<ComparedView, Error> {
    let (before, now) = (wished.before.to_view(), after.to_view());
    let mut view = ComparedView {
        monthly_before: before.monthly_net,
        monthly_after: now.monthly_net,
        difference: (after.monthly - wished.before.monthly).decimal().into(),
        lines_before: before.lines,
        lines_after: now.lines,
        reserves: wished.reserves.decimal().into(),
        counts_from: wished.counts_from.code().to_owned(),
        digest: String::new(),
    };
    let value = serde_json::to_value(&view).map_err(|error| Error::Internal(error.into()))?;
    let digest = canonical::sha256_hex(canonical::canonical_json(&value).as_bytes());
    digest.get(..24).unwrap_or_default().clone_into(&mut view.digest);
    Ok(view)
}

/// A schema that knows only the choices of the fields, to give numbers their type back.
fn form_schema(fields: &[FormField]) -> Value {
    let members = fields.iter().filter(|field| !field.choices.is_empty()).map(|field| {
        let choice = |text: &String| text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number));
        let choices: Vec<Value> = field.choices.iter().map(|it| choice(&it.value)).collect();
        (field.pointer.trim_start_matches('/').to_owned(), json!({"enum": choices}))
    });
    json!({"properties": members.collect::<Map<String, Value>>()})
}

/// Findings about the order of the kind stand beside its inputs.
fn for_inputs(findings: Vec<Finding>, fields: &[FormField]) -> Vec<Finding> {
    super::command::for_form(findings, fields)
}

/// What an order changes; nothing for orders that are no change.
pub(super) fn change_of(offer: &Offer, order: &OrderRow) -> Result<Option<ChangeOf>, Error> {
    let (Some(before), Some(plan)) = (Replaced::of(order), offer.plan(order.plan_id)) else {
        return Ok(None);
    };
    let schema = offer.order_schema(plan, &any_abilities())?;
    let fields = schema_form::fields(&schema, "parameters");
    let said = |answer: &Answer| match answer.ticked {
        Some(ticked) => (if ticked { "ja" } else { "nein" }).to_owned(),
        None => answer.values.join(", "),
    };
    let (old, new) = (answers(&fields, &before.parameters), answers(&fields, &order.parameters));
    let unit =
        |answer: &Answer| answer.unit.as_ref().map_or_else(String::new, |unit| format!("\u{a0}{unit}"));
    let mut rows = Vec::new();
    if before.plan != order.plan_id {
        let row = ChangedAnswer {
            label: String::new(),
            before: before.plan_title.clone(),
            after: plan.row.title.clone(),
        };
        rows.push(row);
    }
    for (old, new) in old.iter().zip(&new).filter(|(old, new)| said(old) != said(new)) {
        rows.push(ChangedAnswer {
            label: new.label.clone(),
            before: format!("{}{}", said(old), unit(old)),
            after: format!("{}{}", said(new), unit(new)),
        });
    }
    Ok(Some(ChangeOf {
        rows,
        monthly_before: before.monthly.into(),
        monthly_after: order.monthly_amount.into(),
        difference: (order.monthly_amount - before.monthly).into(),
        counts_from: before.counts_from,
    }))
}
