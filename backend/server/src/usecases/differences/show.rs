//! Differences as people see them: what happened, where, since when, and what can be done about it.

use super::{known, obeyed, scope_of};
use crate::app::App;
use crate::http::views::differences::{DifferenceListView, DifferenceView, FormInput, TakeOver};
use crate::usecases::Error;
use contract::{Desired, DifferenceKind, Wanted};
use db::differences::{DifferenceRow, ListedDifference};
use domain::difference;
use domain::policy::{Action, Actor, Role, authorize};
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// Longest list; what is older was settled long ago.
const SHOWN: i64 = 200;

/// Differences that concern this person's organisation; all of them for the marketplace's own people.
pub async fn list(app: &App, actor: &Actor) -> Result<DifferenceListView, Error> {
    let scope = scope_of(app, actor, Action::ViewDifferences).await?;
    let may_settle = authorize(actor, Action::SettleDifference).is_ok();
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let listed = db::differences::list(conn, &scope, false, SHOWN).await?;
            let people: Vec<Uuid> = listed.iter().filter_map(|it| it.row.answered_by).collect();
            let names: HashMap<Uuid, String> =
                db::people::list_names(conn, &scope, &people).await?.into_iter().collect();
            let customers: Vec<Uuid> = listed.iter().filter_map(|it| it.row.organisation_id).collect();
            let customers: HashMap<Uuid, String> =
                db::organisations::list_names(conn, &customers).await?.into_iter().collect();
            let mut rows = Vec::new();
            for it in listed {
                let own = it.row.organisation_id == Some(actor.organisation.0);
                let takes_over = match it.booked {
                    None if own && actor.holds(Role::Orders) => take_over(conn, &it.row).await?,
                    _ => Vec::new(),
                };
                let mut view = view(actor, it, may_settle)?;
                view.customer = view.customer.and_then(|id| customers.get(&id.parse().ok()?).cloned());
                view.answered_by = view.answered_by.and_then(|id| names.get(&id.parse().ok()?).cloned());
                view.takes_over = takes_over;
                rows.push(view);
            }
            Ok(DifferenceListView { rows, may_settle })
        })
        .await
}

/// Those that wait for a decision of this person; for the first page, without the names around them.
pub async fn open(app: &App, actor: &Actor) -> Result<Vec<DifferenceView>, Error> {
    if authorize(actor, Action::ViewDifferences).is_err() {
        return Ok(Vec::new());
    }
    let scope = scope_of(app, actor, Action::ViewDifferences).await?;
    let may_settle = authorize(actor, Action::SettleDifference).is_ok();
    let listed = app
        .db
        .read(&scope, async |conn: &mut db::Conn| db::differences::list(conn, &scope, true, SHOWN).await)
        .await?;
    let views = listed.into_iter().map(|it| view(actor, it, may_settle)).collect::<Result<Vec<_>, _>>()?;
    let waits = |row: &DifferenceView| row.next == "take-over" || row.next == "decide" || row.may_confirm;
    Ok(views.into_iter().filter(waits).collect())
}

fn view(actor: &Actor, listed: ListedDifference, may_settle: bool) -> Result<DifferenceView, Error> {
    let (row, booked) = (listed.row, listed.booked);
    let ended = booked.as_ref().is_some_and(|booked| booked.wanted == "absent");
    let of = known(&row, ended)?;
    let provider = row.provider_id == actor.organisation.0 || actor.holds(Role::Operates);
    let settles = may_settle && provider && of.answered.is_none();
    let answers = if settles { difference::answers(&of) } else { &[] };
    let obeyed = obeyed(&row);
    Ok(DifferenceView {
        id: row.id,
        kind: row.kind.clone(),
        booking: row.booking_id,
        known: booked.is_some(),
        number: booked.as_ref().map(|booked| booked.number.clone()),
        name: booked.map(|booked| booked.name).or(obeyed.as_ref().map(|it| it.title.clone())),
        bookable: obeyed.as_ref().map(|it| it.kind.code().to_owned()),
        customer: row.organisation_id.map(|id| id.to_string()),
        provider: listed.provider,
        location: listed.location,
        since: row.since_at.map(|at| at.to_jiff().into()),
        gone: row.gone_at.map(|at| at.to_jiff().into()),
        first_at: row.first_at.to_jiff().into(),
        settled_at: row.closed_at.map(|at| at.to_jiff().into()),
        next: next(&of, obeyed.as_ref(), provider).to_owned(),
        answers: answers.iter().map(|answer| answer.code().to_owned()).collect(),
        answer: row.answer.clone(),
        reason: row.reason.clone(),
        answered_by: row.answered_by.map(|id| id.to_string()),
        answered_at: row.answered_at.map(|at| at.to_jiff().into()),
        may_confirm: may_settle && provider && difference::confirm(&of, actor.person).is_ok(),
        takes_over: Vec::new(),
    })
}

/// Who acts next: `difference-next-<code>`.
fn next(of: &difference::Known, obeyed: Option<&Desired>, provider: bool) -> &'static str {
    match of.answered {
        _ if of.closed => "settled",
        _ if of.ended => "ending",
        Some((answer, _)) if answer.needs_second() && !of.confirmed => "second",
        Some(_) => "at-work",
        None if provider => "decide",
        None if of.kind == DifferenceKind::Unlisted
            && obeyed.is_some_and(|it| it.wanted == Wanted::Present) =>
        {
            "take-over"
        }
        None => "provider",
    }
}

/// Order forms that would take the booking over: of plans that fix what the location obeys.
async fn take_over(conn: &mut db::Conn, row: &DifferenceRow) -> Result<Vec<TakeOver>, Error> {
    let Some(runs) = obeyed(row).filter(|it| it.wanted == Wanted::Present) else { return Ok(Vec::new()) };
    if row.closed_at.is_some() || row.confirmed_at.is_some() || row.gone_at.is_some() {
        return Ok(Vec::new());
    }
    let plans = db::differences::list_plans(conn, row.provider_id, runs.kind.code(), &runs.plan).await?;
    let parameters = inputs("parameters", &runs.order);
    Ok(plans
        .into_iter()
        .map(|(offering, plan, title)| {
            let mut inputs = vec![
                FormInput { name: "plan".to_owned(), value: plan.to_string() },
                FormInput { name: "takes_over".to_owned(), value: row.id.to_string() },
                // It runs there already; the rule for new orders might choose another place.
                FormInput { name: "location".to_owned(), value: row.location_id.to_string() },
            ];
            inputs.extend(parameters.clone());
            TakeOver { offering, title, inputs }
        })
        .collect())
}

/// Inputs of the order form for what was ordered.
fn inputs(prefix: &str, value: &Value) -> Vec<FormInput> {
    let one = |value: String| vec![FormInput { name: prefix.to_owned(), value }];
    match value {
        Value::Object(members) => {
            let below = |(name, value): (&String, &Value)| inputs(&format!("{prefix}.{name}"), value);
            members.iter().flat_map(below).collect()
        }
        Value::Array(lines) => {
            let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
            one(lines.join("\n"))
        }
        Value::Null => Vec::new(),
        Value::String(text) => one(text.clone()),
        other => one(other.to_string()),
    }
}
