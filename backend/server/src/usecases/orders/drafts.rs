//! The order form, what was typed into it, and the page that shows the answers once more before they are sent.
//!
//! Every submit saves the draft first, so that nothing typed is lost, whatever is wrong with it.

use super::command::{Generated, PlaceOrder, for_form, from_form};
use super::content::{Said, basis_choice, budget_choice, content_of, offering_ref, plan_choice};
use super::place::{Placed, check_key, place};
use super::prepare::{Prepared, prepare};
use crate::app::App;
use crate::http::views::form::Form;
use crate::http::views::orders::{OrderAction, OrderCheckView, OrderFormView};
use crate::http::views::text::{Bearing, Check as Fact, Text};
use crate::ports::secrets::new_id;
use crate::usecases::notify::{self, Recipient};
use crate::usecases::offerings::{Offer, PlanParts, any_abilities, load_current, load_version, system};
use crate::usecases::placement::survey;
use crate::usecases::{Error, Refusal, record};
use contract::kinds::virtual_machine::keys;
use db::drafts::DraftRow;
use domain::ids::{OfferingId, PersonId, VersionId};
use domain::order::{self, Finding};
use domain::policy::{Action, Actor, Scope, authorize};
use domain::time::berlin_day;
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Inputs by name, as typed.
pub type Inputs = BTreeMap<String, String>;

/// The form with its state.
pub struct Filled {
    /// What the page shows.
    pub view: OrderFormView,
    /// What is in the fields.
    pub values: Inputs,
    /// What is wrong, with pointers to the inputs.
    pub findings: Vec<Finding>,
    /// Key of the draft.
    pub key: String,
}

/// What saving a draft came to.
pub struct Draft {
    /// Its id.
    pub id: Uuid,
    /// The form once more, if something is wrong.
    pub wrong: Option<Filled>,
}

/// What the check page needs.
pub struct Check {
    /// What it shows.
    pub view: OrderCheckView,
    /// Key under which it will be sent.
    pub key: String,
}

/// An empty form for an offering, with what was chosen on its page.
pub async fn form(
    app: &App,
    actor: &Actor,
    id: OfferingId,
    chosen: Inputs,
    key: String,
) -> Result<Filled, Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    let now = app.clock.now();
    let offer = app.db.read(&system(), async |conn: &mut db::Conn| load_current(conn, id).await).await?;
    let mut values = proposals(&offer, now)?;
    values.extend(chosen);
    let own =
        app.db.read(&scope, async |conn: &mut db::Conn| own(conn, actor, &scope, &offer, now).await).await?;
    for (name, value) in own {
        values.entry(name).or_insert(value);
    }
    let draft = Kept { id: None, key };
    let (mut filled, _) = fill(app, (actor, &scope), &offer, &draft, values, now).await?;
    // Nobody has typed anything yet; only what prevents every order is said at once.
    filled.findings.retain(|finding| finding.pointer.is_empty());
    Ok(filled)
}

/// The form of a draft, as it was left.
pub async fn edit(app: &App, actor: &Actor, draft: Uuid) -> Result<Filled, Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    let now = app.clock.now();
    let row = get(app, actor, &scope, draft).await?;
    let offer = current_of(app, &row).await?;
    let kept = Kept { id: Some(row.id), key: row.idempotency_key.clone() };
    let own =
        app.db.read(&scope, async |conn: &mut db::Conn| own(conn, actor, &scope, &offer, now).await).await?;
    let mut values = inputs(&row);
    for (name, value) in own {
        values.entry(name).or_insert(value);
    }
    let (mut filled, _) = fill(app, (actor, &scope), &offer, &kept, values, now).await?;
    filled.findings.retain(|finding| finding.pointer.is_empty());
    Ok(filled)
}

/// Saves what was typed into the form of an offering or of a draft, and says what is wrong with it. A form that was sent
/// twice with the same key stays one draft.
pub async fn save(
    app: &App,
    actor: &Actor,
    (offering, draft): (Option<OfferingId>, Option<Uuid>),
    typed: Inputs,
    key: String,
) -> Result<Draft, Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    let now = app.clock.now();
    check_key(&key)?;
    let before = match draft {
        Some(id) => Some(get(app, actor, &scope, id).await?),
        None => None,
    };
    let offer = match (&before, offering) {
        (Some(row), _) => current_of(app, row).await?,
        (None, Some(id)) => {
            app.db.read(&system(), async |conn: &mut db::Conn| load_current(conn, id).await).await?
        }
        (None, None) => return Err(Error::NotFound),
    };
    let plan = chosen_plan(&offer, &typed).ok_or(Error::NotFound)?;
    let keepable = without_private_keys(&typed);
    let row = DraftRow {
        id: before.as_ref().map_or_else(new_id, |row| row.id),
        organisation_id: actor.organisation.0,
        person_id: actor.person.0,
        asked_by: before.as_ref().and_then(|row| row.asked_by),
        version_id: offer.current.version.id,
        plan_id: plan.row.id,
        form: serde_json::to_value(&keepable).map_err(|error| Error::Internal(error.into()))?,
        idempotency_key: before.as_ref().map_or(key, |row| row.idempotency_key.clone()),
        created_at: before.as_ref().map_or(now.into(), |row| row.created_at),
        updated_at: now.into(),
    };
    let id = app
        .db
        .write(&scope, async |conn: &mut db::Conn| {
            let id = match before {
                Some(_) => db::drafts::update(conn, &row).await.map(|()| row.id)?,
                None => db::drafts::insert(conn, &row).await?,
            };
            let detail = json!({"event": "draft-saved", "offering": offer.current.offering.id});
            Ok::<_, Error>((
                id,
                record::by_person(actor, Action::PlaceOrder, format!("draft:{id}"), detail, now),
            ))
        })
        .await?;
    let kept = Kept { id: Some(id), key: row.idempotency_key.clone() };
    let (mut filled, _) = fill(app, (actor, &scope), &offer, &kept, typed, now).await?;
    filled.values = keepable;
    Ok(Draft { id, wrong: (!filled.findings.is_empty()).then_some(filled) })
}

/// A draft for the colleague who may order, with what was chosen on the page of the offering. The key makes a repeated
/// request the same draft, until it was sent or thrown away.
pub fn asked(
    actor: &Actor,
    orderer: PersonId,
    offer: &Offer,
    chosen: Inputs,
    now: Timestamp,
) -> Result<DraftRow, Error> {
    let plan = chosen_plan(offer, &chosen).ok_or(Error::NotFound)?.row.id;
    let mut values = proposals(offer, now)?;
    let sizes =
        |name: &String| name == "plan" || name.starts_with("parameters.") || name.starts_with("expected.");
    values.extend(without_private_keys(&chosen).into_iter().filter(|(name, _)| sizes(name)));
    Ok(DraftRow {
        id: new_id(),
        organisation_id: actor.organisation.0,
        person_id: orderer.0,
        asked_by: Some(actor.person.0),
        version_id: offer.current.version.id,
        plan_id: plan,
        form: serde_json::to_value(&values).map_err(|error| Error::Internal(error.into()))?,
        idempotency_key: format!("asked-{}-{}", actor.person.0, offer.current.offering.id),
        created_at: now.into(),
        updated_at: now.into(),
    })
}

/// Whoever asked a colleague for an order learns what became of it; `code` names the mail.
pub(super) async fn tell_asker(
    conn: &mut db::Conn,
    app: &App,
    (actor, scope): (&Actor, &Scope),
    draft: &DraftRow,
    code: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(asker) = draft.asked_by else { return Ok(()) };
    let asker = db::people::get(conn, scope, PersonId(asker)).await?;
    if asker.disabled_at.is_some() {
        return Ok(());
    }
    let offered = db::offerings::get_version(conn, VersionId(draft.version_id)).await?;
    let to = Recipient { organisation: actor.organisation, email: asker.email, language: asker.language };
    let text = Text::new(code).with("name", &actor.name).with("title", &offered.version.title);
    Ok(notify::mail(conn, app, &to, text, &format!("/offerings/{}", offered.offering.id), now).await?)
}

/// Throws an own draft away.
pub async fn discard(app: &App, actor: &Actor, draft: Uuid) -> Result<(), Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    let now = app.clock.now();
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            let gone = db::drafts::delete(conn, &scope, actor.person, draft).await?.ok_or(Error::NotFound)?;
            tell_asker(conn, app, (actor, &scope), &gone, "asked-discarded", now).await?;
            let detail = json!({"event": "draft-discarded"});
            Ok(((), record::by_person(actor, Action::PlaceOrder, format!("draft:{draft}"), detail, now)))
        })
        .await
}

/// The answers once more. None while something is wrong with them; then the form says what.
pub async fn check(app: &App, actor: &Actor, draft: Uuid) -> Result<Option<Check>, Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    let now = app.clock.now();
    let row = get(app, actor, &scope, draft).await?;
    let offer = current_of(app, &row).await?;
    let kept = Kept { id: Some(row.id), key: row.idempotency_key.clone() };
    let (filled, ready) = fill(app, (actor, &scope), &offer, &kept, inputs(&row), now).await?;
    let (Some((cmd, prepared)), true) = (ready, filled.findings.is_empty()) else { return Ok(None) };
    let (Some(estimation), Some(basis)) = (&prepared.estimation, &prepared.basis) else { return Ok(None) };
    let line = prepared.line(cmd.budget_line).filter(|_| !prepared.standing.price_free);
    let said = Said {
        action: OrderAction::Create,
        name: &cmd.name,
        plan: cmd.plan.unwrap_or_default(),
        parameters: &cmd.parameters,
        answers: &cmd.answers,
        cost_centre: &cmd.cost_centre,
        account: &cmd.account,
        wished_on: prepared.wished_on,
        ends_on: cmd.ends_on,
        justification: &cmd.justification,
    };
    let view = OrderCheckView {
        draft: row.id,
        number: None,
        etag: etag(&row),
        content: content_of(&offer, &said, line, basis)?,
        estimate: estimation.to_view(),
        placement: prepared.placement.clone(),
        checks: facts(&prepared),
        reserves: prepared.amount.decimal().into(),
        approvers: names(&prepared),
        decide_by: Some(berlin_day(order::decide_by(now)).into()),
        usual_minutes: None,
    };
    Ok(Some(Check { view, key: row.idempotency_key }))
}

/// Sends a draft. Pressed twice it answers with the same order, also after the draft is gone.
pub async fn submit(
    app: &App,
    actor: &Actor,
    draft: Uuid,
    key: &str,
    confirmed: bool,
    seen: &str,
) -> Result<Placed, Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    let now = app.clock.now();
    let found = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let row = db::drafts::find(conn, &scope, actor.person, draft).await?;
            let sent = db::orders::find_by_key(conn, &scope, key).await?;
            Ok::<_, Error>((row, sent.filter(|order| order.requested_by == actor.person.0)))
        })
        .await?;
    let row = match found {
        (None, Some(order)) => return Ok(Placed { id: order.id, number: order.number, new: false }),
        (None, None) => return Err(Error::NotFound),
        (Some(row), _) => row,
    };
    if !confirmed {
        return Err(Refusal::fields(vec![Finding::new("/confirm", "confirm-missing")]).into());
    }
    if !seen.is_empty() && seen != etag(&row) {
        return Err(Error::Conflict("changed"));
    }
    let offer = current_of(app, &row).await?;
    let typed = inputs(&row);
    let plan = chosen_plan(&offer, &typed).ok_or(Error::NotFound)?;
    let generated = generated(&offer, plan)?;
    let (cmd, findings) = from_form(&offer, plan, &generated, &typed);
    if !findings.is_empty() {
        return Err(Refusal::fields(for_form(findings, &generated.all())).into());
    }
    tracing::debug!(%draft, at = %now, "sending a draft");
    match place(app, actor, &row.idempotency_key, &cmd, Some(row.id)).await {
        Err(Error::Refused(refusal)) => {
            Err(Error::Refused(Refusal { findings: for_form(refusal.findings, &generated.all()), ..refusal }))
        }
        other => other,
    }
}

struct Kept {
    id: Option<Uuid>,
    key: String,
}

async fn get(app: &App, actor: &Actor, scope: &Scope, draft: Uuid) -> Result<DraftRow, Error> {
    app.db
        .read(scope, async |conn: &mut db::Conn| {
            db::drafts::find(conn, scope, actor.person, draft).await?.ok_or(Error::NotFound)
        })
        .await
}

/// The present version of the offering that a draft is about: a draft is never sent for an older one.
async fn current_of(app: &App, row: &DraftRow) -> Result<Offer, Error> {
    let version = VersionId(row.version_id);
    app.db
        .read(&system(), async |conn: &mut db::Conn| {
            let then = load_version(conn, version).await?;
            load_current(conn, OfferingId(then.current.offering.id)).await
        })
        .await
}

fn inputs(row: &DraftRow) -> Inputs {
    serde_json::from_value(row.form.clone()).unwrap_or_default()
}

/// What may be kept of what was typed. A private key that was pasted by mistake is refused where a public one is asked for;
/// it must not lie in the database meanwhile, nor travel back in a page.
fn without_private_keys(typed: &Inputs) -> Inputs {
    let keep = |text: &String| if keys::is_private(text) { String::new() } else { text.clone() };
    typed.iter().map(|(name, text)| (name.clone(), keep(text))).collect()
}

fn etag(row: &DraftRow) -> String {
    row.updated_at.to_jiff().as_microsecond().to_string()
}

fn chosen_plan<'a>(offer: &'a Offer, typed: &Inputs) -> Option<&'a PlanParts> {
    typed.get("plan").and_then(|id| offer.plan(id.trim().parse().ok()?)).or(offer.plans.first())
}

fn generated(offer: &Offer, plan: &PlanParts) -> Result<Generated, Error> {
    Generated::of(offer, plan, &offer.abilities().unwrap_or_else(any_abilities))
}

/// What stands in an empty form.
fn proposals(offer: &Offer, now: Timestamp) -> Result<Inputs, Error> {
    let today = berlin_day(now);
    let mut values = Inputs::new();
    values.insert("start_day".into(), today.day().to_string());
    values.insert("start_month".into(), today.month().to_string());
    values.insert("start_year".into(), today.year().to_string());
    if let Some(plan) = offer.plans.first() {
        for field in generated(offer, plan)?.all() {
            if let Some(default) = field.default {
                values.insert(field.name, default);
            }
        }
    }
    Ok(values)
}

/// Where there is only one thing to choose, it is chosen: the legal basis, the Sachkonto, the Kostenstelle of the own Amt.
async fn own(
    conn: &mut db::Conn,
    actor: &Actor,
    scope: &Scope,
    offer: &Offer,
    now: Timestamp,
) -> Result<Inputs, Error> {
    let mut values = Inputs::new();
    let provider = offer.current.offering.provider_id;
    if let [only] = db::master_data::list_legal_bases(conn, scope, provider, now).await?.as_slice() {
        values.insert("legal_basis".into(), only.id.to_string());
    }
    if let [only] = db::master_data::list_accounts(conn, scope).await?.as_slice() {
        values.insert("ledger_account".into(), only.code.clone());
    }
    let all = db::master_data::list_cost_centres(conn, scope).await?;
    let unit = actor.unit.map(|unit| unit.0);
    let near: Vec<_> = all.iter().filter(|row| unit.is_some() && row.unit_id == unit).collect();
    let only = match (near.as_slice(), all.as_slice()) {
        ([only], _) => Some(only.code.clone()),
        (_, [only]) => Some(only.code.clone()),
        _ => None,
    };
    values.extend(only.map(|code| ("cost_centre".to_owned(), code)));
    Ok(values)
}

type Ready = Option<(PlaceOrder, Prepared)>;

/// The form with everything that is known about what was typed.
async fn fill(
    app: &App,
    (actor, scope): (&Actor, &Scope),
    offer: &Offer,
    draft: &Kept,
    values: Inputs,
    now: Timestamp,
) -> Result<(Filled, Ready), Error> {
    let plan = chosen_plan(offer, &values).ok_or(Error::NotFound)?;
    let generated = generated(offer, plan)?;
    let (cmd, before) = from_form(offer, plan, &generated, &values);
    let known = app.db.read(&system(), async |conn: &mut db::Conn| survey(conn, offer).await).await?;
    let prepared = app
        .db
        .read(scope, async |conn: &mut db::Conn| {
            prepare(conn, (actor, scope), (offer, &known), &cmd, before, now).await
        })
        .await?;
    let fields = generated.all();
    let standing = &prepared.standing;
    let view = OrderFormView {
        draft: draft.id,
        number: None,
        offering: offering_ref(offer),
        plans: offer.plans.iter().map(plan_choice).collect(),
        budget_lines: standing.lines.iter().map(budget_choice).collect::<Result<_, _>>()?,
        legal_bases: standing.bases.iter().map(basis_choice).collect(),
        cost_centres: prepared.cost_centres.clone(),
        accounts: prepared.accounts.clone(),
        earliest_start: berlin_day(now).into(),
        estimate: prepared.estimation.as_ref().map(|it| it.to_view()),
        approvers: names(&prepared),
        helper: standing.helper.as_ref().map(|person| person.name.clone()),
        place: prepared.place_form.clone(),
        fields: fields.clone(),
    };
    let findings = for_form(prepared.findings.clone(), &fields);
    let filled = Filled { view, values, findings, key: draft.key.clone() };
    Ok((filled, Some((cmd, prepared))))
}

fn names(prepared: &Prepared) -> Vec<String> {
    prepared.standing.approvers.iter().map(|person| person.name.clone()).collect()
}

/// Facts of the organisation, with the budget told for the chosen line instead of the best one.
fn facts(prepared: &Prepared) -> Vec<Fact> {
    // The place has a section of its own.
    let elsewhere = ["budget-good", "budget-warn", "budget-line-bad", "location-good"];
    let mut facts: Vec<Fact> = prepared
        .standing
        .checks
        .iter()
        .filter(|fact| !elsewhere.contains(&fact.text.code.as_str()))
        .cloned()
        .collect();
    if !prepared.standing.price_free {
        facts.push(Fact::new(
            Bearing::Good,
            Text::new("budget-covers-good").with("amount_eur", prepared.amount),
        ));
    }
    facts
}

impl Filled {
    /// The state of the form without what is wrong, which the reader's language decides.
    #[must_use]
    pub fn to_form(&self) -> Form {
        Form { values: self.values.clone(), idempotency_key: self.key.clone(), ..Form::default() }
    }
}
