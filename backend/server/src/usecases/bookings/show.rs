//! One booking as its page and the API show it, for the customer and for the provider.

use super::availability::Measured;
use super::costs::measure;
use super::export::ways_of;
use super::load::{Loaded, load, takes_effect};
use super::progress::progress;
use super::standing::{MoneyFacts, Standing, never_began, standing};
use super::{power_of, wanted_from_code};
use crate::app::App;
use crate::http::views::bookings::{
    Access, AccessEvent, ActedView, Backups, BookedOffering, BookingActions, BookingEnd, BookingOrder,
    BookingPeople, BookingPhase, BookingView, DeletionProof, DeletionRecord, Endpoint, FinalState, Labelled,
    PowerChoice, PowerView, Progress, RepairView, TerminateView,
};
use crate::http::views::offerings::ProviderRef;
use crate::http::views::orders::{Answer, OrderState};
use crate::http::views::tasks::TaskView;
use crate::http::views::text::Text;
use crate::usecases::estimates::{Estimation, Wish, compute};
use crate::usecases::offerings::{any_abilities, load_version};
use crate::usecases::orders::own_answers;
use crate::usecases::tasks::{Names, of_booking};
use crate::usecases::words::may_say;
use crate::usecases::{Error, orders};
use contract::{Exposure, ExposureClass, Kind, MessageKey, Wanted, canonical};
use db::bookings::EventRow;
use db::orders::{DecisionRow, OrderRow};
use domain::access::Refused;
use domain::booking::billable;
use domain::ids::{BookingId, VersionId};
use domain::metering::final_possible;
use domain::money::Money;
use domain::order::OrderKind;
use domain::policy::{Action, Actor, Scope, authorize};
use domain::time::{Month, berlin_day};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Repairs that the page of a booking shows.
const REPAIRS_SHOWN: i64 = 10;

/// One booking.
pub async fn show(app: &App, actor: &Actor, id: BookingId) -> Result<BookingView, Error> {
    let scope = authorize(actor, Action::ViewBookings)?;
    let now = app.clock.now();
    let of = load(app, actor, &scope, id).await?;
    let facts = facts(app, &scope, &of).await?;
    let mut measured = measure(app, &scope, &of, facts.monthly, now).await?;
    super::consumption::add(app, &scope, &of, now, &mut measured.usage).await?;
    let availability = Measured::read(app, &scope, &of, now).await?;
    let stands =
        standing((&of.row, of.agreed()), of.seen.as_ref(), of.heard_at(), now).with_settled(of.settled);
    let spent = !measured.costs.since_start.0.is_zero();
    let mut view = BookingView {
        id: of.row.id,
        number: of.row.number.clone(),
        etag: String::new(),
        name: of.row.name.clone(),
        offering: offering(&of),
        location: of.heard.as_ref().map(|heard| heard.name.clone()),
        by_people: of.by_people(),
        partner: partner(&of, actor),
        simulated: of.heard.as_ref().is_some_and(|heard| heard.simulated),
        phase: stands.phase,
        ready_at: of.seen.as_ref().and_then(|seen| seen.ready_at).map(Into::into),
        cost_centre: of.private.as_ref().map(|private| private.cost_centre.clone()),
        progress: progress(&of, &stands, facts, now),
        tasks: tasks(&of, actor)?,
        endpoints: endpoints(&of, now),
        access: access(&of, actor, &stands)?,
        answers: answers(&of)?,
        online_services: super::online_service::records_of(&of).iter().map(Into::into).collect(),
        counted: of.by_people() && !counted(&of).is_empty(),
        sizes: measured.sizes,
        costs: measured.costs,
        usage: measured.usage,
        availability: Vec::new(),
        maintenance: availability.maintenance(),
        orders: of
            .orders
            .iter()
            .map(|(order, decision)| booking_order(&of, order, decision.as_ref()))
            .collect(),
        power: power(&of, actor, &stands, facts),
        may: may(&of, actor, now),
        assigned: super::assigned::assigned(app, &scope, &of).await?,
        end: end(&of, now, spent),
        backups: backups(&of, actor)?,
        repairs: repairs(app, actor, &scope, &of).await?,
        at_broker: may_say(actor, &of.row)
            && !matches!(stands.phase, BookingPhase::Gone | BookingPhase::Settled),
        acted: acted(&of, &stands),
        exports: match of.private.is_some() && stands.phase != BookingPhase::NotBegun {
            true => ways_of(&of.row.kind),
            false => Vec::new(),
        },
        people: people(&of),
    };
    let bytes = serde_json::to_vec(&view).map_err(|error| Error::Internal(error.into()))?;
    canonical::sha256_hex(&bytes).get(..24).unwrap_or_default().clone_into(&mut view.etag);
    // What grows by the second is no change.
    view.availability = availability.latest();
    Ok(view)
}

/// Only the steps, for the part of the page that refreshes itself.
pub async fn show_progress(app: &App, actor: &Actor, id: BookingId) -> Result<Progress, Error> {
    let scope = authorize(actor, Action::ViewBookings)?;
    let now = app.clock.now();
    let of = load(app, actor, &scope, id).await?;
    let stands =
        standing((&of.row, of.agreed()), of.seen.as_ref(), of.heard_at(), now).with_settled(of.settled);
    let facts = facts(app, &scope, &of).await?;
    Ok(progress(&of, &stands, facts, now))
}

/// What the form that ends a booking shows.
pub async fn show_termination(app: &App, actor: &Actor, id: BookingId) -> Result<TerminateView, Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    let now = app.clock.now();
    let of = load(app, actor, &scope, id).await?;
    if of.private.is_none() {
        return Err(Error::NotFound);
    }
    let (approvers, keep_days) = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let approvers =
                crate::usecases::offerings::approvers(conn, actor, &scope, Money::ZERO, now).await?;
            Ok::<_, Error>((approvers, orders::keep_days(conn, of.row.version_id).await?))
        })
        .await?;
    Ok(TerminateView {
        booking: of.row.id,
        number: of.row.number.clone(),
        name: of.row.name.clone(),
        offering: of.offering.version.title.clone(),
        earliest_end: berlin_day(now).into(),
        monthly_net: facts(app, &scope, &of).await?.monthly.into(),
        data_days: u32::try_from(keep_days).unwrap_or_default(),
        approvers: approvers.into_iter().map(|person| person.name).collect(),
        by_people: of.by_people(),
        exports: ways_of(&of.row.kind),
    })
}

/// What the plan promises about backups, and what was seen of them.
fn backups(of: &Loaded, actor: &Actor) -> Result<Option<Backups>, Error> {
    let Some(days) = of.plan.settings.get("backup_days").and_then(Value::as_i64) else { return Ok(None) };
    let orders = of.private.is_some() && authorize(actor, Action::PlaceOrder).is_ok() && !of.over();
    let replaced = super::restored::replaced(&of.row, of.restored, orders)?;
    Ok(Some(Backups {
        may_restore: orders
            && of.recoverable.is_some()
            && replaced.is_none()
            && of.open_order().is_none()
            && !of.going_back()?,
        replaced,
        days,
        since: of.recoverable.map(|it| it.since.into()),
        last: of.recoverable.map(|it| it.last_backup.into()),
        archiving: of.recoverable.is_some_and(|it| it.archiving),
    }))
}

/// The other side of the booking.
fn partner(of: &Loaded, actor: &Actor) -> String {
    let mine = of.row.organisation_id == actor.organisation.0;
    if mine { of.provider.short_name.clone() } else { of.customer.short_name.clone() }
}

/// What people count for it.
fn counted(of: &Loaded) -> Vec<contract::Meter> {
    Kind::from_code(&of.row.kind).map(|kind| kind.counted(&of.plan.settings)).unwrap_or_default()
}

fn tasks(of: &Loaded, actor: &Actor) -> Result<Vec<TaskView>, Error> {
    let names = Names {
        provider: &of.provider.short_name,
        customer: &of.customer.short_name,
        person: &|id| of.name_of(id),
    };
    of_booking(actor, &of.row, (&of.tasks, &of.statements), &names, of.now)
}

/// What was answered to the questions of the offering; where people set it up, also what they have to know from the order.
fn answers(of: &Loaded) -> Result<Vec<Answer>, Error> {
    let own = own_answers(&of.offering.version.order_schema, &of.answers);
    let Some(kind) = Kind::from_code(&of.row.kind).filter(|kind| kind.by_people()) else { return Ok(own) };
    let schema = kind.order_schema(&of.plan.settings, &any_abilities());
    let schema = schema.map_err(|bad| Error::Internal(anyhow::anyhow!("plan {}: {bad:?}", of.plan.id)))?;
    let mut all = own_answers(&schema, &of.row.parameters);
    all.extend(own);
    Ok(all)
}

/// Money as ordered. A provider does not see the order; it reads what its own prices made of the sizes.
async fn facts(app: &App, scope: &Scope, of: &Loaded) -> Result<MoneyFacts, Error> {
    if let Some(order) = of.present_order() {
        let estimation = Estimation::deserialize(&order.estimate).ok();
        return Ok(MoneyFacts {
            monthly: order.monthly_amount,
            former: of.former_order().map(|order| order.monthly_amount),
            stopped: estimation.and_then(|it| it.stopped).map(Money::decimal),
            committed: Some(order.committed_amount),
        });
    }
    let version = VersionId(of.row.version_id);
    let offer = app.db.read(scope, async |conn: &mut db::Conn| load_version(conn, version).await).await?;
    let plan = offer.plans.iter().find(|plan| plan.row.id == of.row.plan_id).ok_or(Error::NotFound)?;
    let wish = Wish {
        kind: offer.kind,
        plan,
        parameters: &of.row.parameters,
        expected: &BTreeMap::new(),
        vat: &offer.vat,
        start: berlin_day(of.row.wished_start_at.to_jiff()),
        months: 1,
        ends_on: None,
    };
    let computed = compute(&wish)?;
    Ok(MoneyFacts {
        monthly: computed.monthly.decimal(),
        former: None,
        stopped: computed.stopped.map(Money::decimal),
        committed: None,
    })
}

fn offering(of: &Loaded) -> BookedOffering {
    BookedOffering {
        id: of.row.offering_id,
        version: u32::try_from(of.offering.version.number).unwrap_or_default(),
        title: of.offering.version.title.clone(),
        plan: of.plan.title.clone(),
        kind: of.row.kind.clone(),
        provider: ProviderRef { id: of.provider.id, name: of.provider.short_name.clone() },
    }
}

/// Addresses that somebody outside the cluster can reach; others are no access.
fn endpoints(of: &Loaded, now: Timestamp) -> Vec<Endpoint> {
    let Ok(exposure) = Exposure::deserialize(&of.row.exposure) else { return Vec::new() };
    if exposure.class == ExposureClass::Cluster
        || wanted_from_code(&of.row.wanted) == Wanted::Absent
        || of.row.ends_at.is_some_and(|at| at.to_jiff() <= now)
    {
        return Vec::new();
    }
    of.endpoints
        .iter()
        .map(|endpoint| Endpoint {
            name: endpoint.name.clone(),
            address: endpoint.host.clone(),
            port: Some(endpoint.port),
            scheme: if endpoint.url.is_some() { "https".to_owned() } else { endpoint.name.clone() },
            url: endpoint.url.clone(),
            exposure: exposure.class.code().to_owned(),
            allowed_from: exposure.allowed_networks.clone(),
        })
        .collect()
}

fn access(of: &Loaded, actor: &Actor, stands: &Standing) -> Result<Access, Error> {
    let own = of.private.is_some();
    let role = authorize(actor, Action::RevealAccess).is_ok() && own;
    // Where people hand them over, they do so before the service starts.
    let ready = of.seen.as_ref().is_some_and(|seen| of.by_people() || seen.ready_at.is_some());
    let custody = of.custody.known(&of.row)?;
    let why_not = match (stands.phase, ready, role) {
        (
            BookingPhase::Gone
            | BookingPhase::Settled
            | BookingPhase::NotBegun
            | BookingPhase::Terminating
            | BookingPhase::Retained,
            ..,
        ) => Some(Text::new("gone")),
        (_, false, _) => Some(Text::new("not-ready")),
        (_, true, false) => Some(Text::new("role")),
        (_, true, true) => match domain::access::show(&custody) {
            Ok(()) => None,
            Err(Refused::Seen { at, by }) => {
                let name = of.name_of(by.0).unwrap_or_default();
                Some(Text::new("seen").with("name", name).with("shown_at", at))
            }
            Err(Refused::Changing | Refused::NotPossible) => Some(Text::new("changing")),
        },
    };
    let usable = why_not.as_ref().is_none_or(|text| text.code == "seen");
    let may_rotate = authorize(actor, Action::RotateAccess).is_ok() && own && usable && ready;
    let known = of.endpoints.first().and_then(|endpoint| endpoint.address.clone());
    let last = of.custody.shown.last();
    Ok(Access {
        may_reveal: why_not.is_none(),
        why_not,
        known: known.map(|value| Labelled { code: "address".to_owned(), value }).into_iter().collect(),
        last_revealed_by: last.and_then(|(_, person)| of.name_of(*person)),
        last_revealed_at: last.map(|(at, _)| (*at).into()),
        rotation: custody.rotation.code().to_owned(),
        may_change: may_rotate && domain::access::change(&custody).is_ok(),
        changing_since: of.custody.open().map(|row| row.requested_at.to_jiff().into()),
        history: custody_events(of),
    })
}

/// Who saw and changed the access data, the latest first.
fn custody_events(of: &Loaded) -> Vec<AccessEvent> {
    let event = |what: &str, at: Timestamp, by: Option<Uuid>| AccessEvent {
        what: what.to_owned(),
        at: at.into(),
        by: by.and_then(|by| of.name_of(by)),
    };
    let mut events: Vec<AccessEvent> =
        of.custody.shown.iter().map(|(at, by)| event("shown", *at, Some(*by))).collect();
    for row in &of.custody.rotations {
        events.push(event("change-ordered", row.requested_at.to_jiff(), Some(row.person_id)));
        events.extend(row.done_at.map(|at| event("changed", at.to_jiff(), None)));
        events.extend(row.failed_at.map(|at| event("change-failed", at.to_jiff(), None)));
    }
    // Of one moment, what came later in the list came later.
    events.sort_by_key(|event| event.at);
    events.reverse();
    events
}

fn booking_order(of: &Loaded, order: &OrderRow, decision: Option<&DecisionRow>) -> BookingOrder {
    let seen = of.seen.as_ref();
    let effective = seen.is_some_and(|seen| match OrderKind::from_code(&order.kind) {
        // One that was taken back had its effect all the same.
        Some(OrderKind::Terminate) => seen.gone_at.is_some() || of.was_followed(order),
        Some(OrderKind::Stop | OrderKind::Start | OrderKind::Resume) => {
            seen.generation >= of.row.generation || of.was_followed(order)
        }
        Some(OrderKind::Change) => {
            match of.present_order() {
                Some(last) if last.id == order.id => of.agreed_in_effect() == Some(true),
                // An earlier one, unless the next one took it back.
                Some(_) | None => !of.was_taken_back(order),
            }
        }
        Some(OrderKind::Transfer) => order.wished_at.to_jiff() <= of.now,
        Some(OrderKind::Restore) => of.went_back.is_some(),
        Some(OrderKind::Create) | None => seen.ready_at.is_some(),
    });
    let declined = order.kind == OrderKind::Create.code()
        && of.events.iter().any(|event| event.name == domain::task::DECLINED);
    let state = match orders::state(decision, declined) {
        OrderState::Approved if effective => OrderState::Fulfilled,
        other => other,
    };
    BookingOrder {
        id: order.id,
        number: order.number.clone(),
        action: orders::action(order),
        state,
        at: order.requested_at.to_jiff().into(),
    }
}

/// Stopping and starting, where the kind can and the booking is not ending.
fn power(of: &Loaded, actor: &Actor, stands: &Standing, facts: MoneyFacts) -> Option<PowerChoice> {
    let stopped = facts.stopped?;
    if of.over() {
        return None;
    }
    let why_not = if of.private.is_none() || authorize(actor, Action::PlaceOrder).is_err() {
        Some("role")
    } else if of.seen.as_ref().is_none_or(|seen| seen.ready_at.is_none()) {
        Some("not-ready")
    } else {
        None
    };
    Some(PowerChoice {
        wanted: power_of(&of.row).code().to_owned(),
        reached: matches!(stands.phase, BookingPhase::Active | BookingPhase::Stopped),
        may_switch: why_not.is_none(),
        why_not: why_not.map(Text::new),
        monthly_net: facts.former.unwrap_or(facts.monthly).into(),
        stopped_monthly_net: stopped.into(),
    })
}

/// What the page shows that stops or starts a booking.
pub async fn show_power(app: &App, actor: &Actor, id: BookingId) -> Result<PowerView, Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    let now = app.clock.now();
    let of = load(app, actor, &scope, id).await?;
    let facts = facts(app, &scope, &of).await?;
    let stands = standing((&of.row, of.agreed()), of.seen.as_ref(), of.heard_at(), now);
    let choice = power(&of, actor, &stands, facts).filter(|_| of.private.is_some()).ok_or(Error::NotFound)?;
    Ok(PowerView {
        booking: of.row.id,
        number: of.row.number.clone(),
        name: of.row.name.clone(),
        offering: of.offering.version.title.clone(),
        choice,
    })
}

fn may(of: &Loaded, actor: &Actor, now: Timestamp) -> BookingActions {
    let why_not = if of.over() {
        Some("ended")
    } else if of.private.is_none() || authorize(actor, Action::PlaceOrder).is_err() {
        Some("role")
    } else if of.open_order().is_some() {
        Some("order-open")
    } else {
        None
    };
    let taken_up = of.agreed_in_effect() == Some(true);
    BookingActions {
        terminate: why_not.is_none(),
        change: why_not.is_none() && !of.by_people(),
        revert: why_not.is_none()
            && of.terms.len() > 1
            && !taken_up
            && orders::last_change(&of.orders).is_some(),
        resume: may_resume(of, actor, now),
        transfer: why_not.is_none(),
        why_not: why_not.map(Text::new),
        earliest_end: why_not.is_none().then(|| berlin_day(now).into()),
    }
}

/// Whether the end can be taken back: as long as the data are there and nothing is settled.
fn may_resume(of: &Loaded, actor: &Actor, now: Timestamp) -> bool {
    let kept = of.row.deletes_at.or(of.row.ends_at).is_some_and(|at| at.to_jiff() > now);
    let open = of.open_order().is_some() || of.final_invoice.is_some() || of.settled;
    let may = of.private.is_some() && authorize(actor, Action::PlaceOrder).is_ok();
    kept && may && !open && wanted_from_code(&of.row.wanted) == Wanted::Present
}

/// How it ended; `spent` says whether anything was invoiced or measured of late.
fn end(of: &Loaded, now: Timestamp, spent: bool) -> Option<BookingEnd> {
    let ends_at = of.row.ends_at?.to_jiff();
    let (ready, gone) = of.seen.as_ref().map(|seen| (seen.ready_at, seen.gone_at)).unwrap_or_default();
    let wished = of.row.wished_start_at.to_jiff();
    let span = billable(ready, wished, Some(ends_at), gone);
    let last = span.and_then(|(_, end)| end).unwrap_or(ends_at);
    let final_state = final_state(&Finality {
        issued: of.final_invoice.is_some(),
        settled: of.settled,
        costs: span.is_some_and(|(from, _)| from < last) && !of.customer.price_free,
        end: last,
        complete: final_possible(last, of.watermark()),
        spent,
        now,
    });
    Some(BookingEnd {
        effective_at: ends_at.into(),
        over: ends_at <= now,
        data_until: of
            .row
            .deletes_at
            .map(|at| at.to_jiff())
            .filter(|at| ends_at <= now && *at > now && wanted_from_code(&of.row.wanted) == Wanted::Present)
            .map(Into::into),
        deleting_at: deleting(of).map(|event| event.happened_at.to_jiff().into()),
        proof: proof(of),
        final_invoice: of.final_invoice.as_ref().map(|head| head.id),
        final_state,
        settled: of.settled,
    })
}

/// What decides how far a final invoice is.
struct Finality {
    issued: bool,
    settled: bool,
    /// It could be used, by a customer who gets invoices.
    costs: bool,
    end: Timestamp,
    complete: bool,
    spent: bool,
    now: Timestamp,
}

fn final_state(of: &Finality) -> FinalState {
    // What was spent is known of invoices and of the last two months; a booking that ended before may owe something.
    let known = Month::of(of.end) >= Month::of(of.now).previous();
    match () {
        () if of.issued => FinalState::Issued,
        () if of.end > of.now => FinalState::Running,
        () if !of.costs => FinalState::NothingOwed,
        () if of.settled => FinalState::Settled,
        () if !of.complete => FinalState::Measuring,
        () if known && !of.spent => FinalState::NothingOwed,
        () => FinalState::Possible,
    }
}

/// What was written again, the latest first; the provider's matter.
async fn repairs(app: &App, actor: &Actor, scope: &Scope, of: &Loaded) -> Result<Vec<RepairView>, Error> {
    if of.row.provider_id != actor.organisation.0 {
        return Ok(Vec::new());
    }
    let events = app
        .db
        .read(scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(
                db::bookings::list_repairs(conn, scope, BookingId(of.row.id), REPAIRS_SHOWN).await?,
            )
        })
        .await?;
    let named = |event: &EventRow, name: &str| {
        event.detail.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let view = |event: &EventRow| RepairView {
        at: event.happened_at.to_jiff().into(),
        object: named(event, "object"),
        what: named(event, "what"),
    };
    Ok(events.iter().map(view).collect())
}

/// What the provider had done about what holds the booking up, for its customer.
fn acted(of: &Loaded, stands: &Standing) -> Option<ActedView> {
    of.private.as_ref()?;
    let (word, heard_at) = of.acted.clone()?;
    let blocked = of.events.iter().rev().find(|event| event.name == "blocked");
    if blocked.is_some_and(|event| event.recorded_at.to_jiff() > heard_at) {
        return None;
    }
    let under_way = matches!(
        stands.phase,
        BookingPhase::Waiting | BookingPhase::Provisioning | BookingPhase::Degraded | BookingPhase::Tainted
    );
    under_way.then(|| ActedView { word, heard_at: heard_at.into() })
}

/// The last word of the operator about what it was deleting.
fn deleting(of: &Loaded) -> Option<&EventRow> {
    of.events.iter().rev().find(|event| event.name == "deleting")
}

/// What a service broker answered to the end of its instance.
fn broker_answer(gone: &EventRow) -> Option<String> {
    let text = |pointer: &str| gone.detail.pointer(pointer)?.as_str();
    let said = text("/message_key")? == MessageKey::ServiceGone.code();
    said.then_some(format!("ServiceBroker {}: {}", text("/args/object")?, text("/args/detail")?))
}

/// What the operator reported: when nothing was left, and what there had been. The digest covers all of it.
fn proof(of: &Loaded) -> Option<DeletionProof> {
    let seen = of.seen.as_ref()?;
    if of.by_people() || never_began(seen) {
        return None;
    }
    let gone_at = seen.gone_at?;
    let mut objects: Vec<String> = deleting(of)
        .and_then(|event| event.detail.pointer("/args/detail")?.as_str())
        .map(|detail| detail.split(", ").map(str::to_owned).filter(|name| !name.is_empty()).collect())
        .unwrap_or_default();
    objects.extend(of.events.iter().rev().find(|event| event.name == "gone").and_then(broker_answer));
    let location = of.heard.as_ref().map(|heard| heard.name.clone()).unwrap_or_default();
    let reported = json!({
        "booking": of.row.id, "number": of.row.number, "location": of.row.location_id,
        "gone_at": gone_at, "objects": objects,
    });
    let sha256 = canonical::sha256_hex(canonical::canonical_json(&reported).as_bytes());
    Some(DeletionProof { reported_at: gone_at.into(), location, objects, sha256 })
}

/// The record of the deletion with a name for its file. Not found before the location has reported that nothing is left.
pub async fn deletion_record(
    app: &App,
    actor: &Actor,
    id: BookingId,
) -> Result<(String, DeletionRecord), Error> {
    let scope = authorize(actor, Action::ViewBookings)?;
    let of = load(app, actor, &scope, id).await?;
    let (Some(proof), Some(ended_at)) = (proof(&of), of.row.ends_at) else { return Err(Error::NotFound) };
    let ended = |(order, decision): &&(OrderRow, Option<DecisionRow>)| {
        order.kind == OrderKind::Terminate.code() && takes_effect(decision.as_ref())
    };
    let record = DeletionRecord {
        booking: of.row.id,
        number: of.row.number.clone(),
        name: of.row.name.clone(),
        offering: of.offering.version.title.clone(),
        customer: of.customer.name.clone(),
        provider: of.provider.name.clone(),
        ordered_by: of.orders.iter().rev().find(ended).map(|(order, _)| order.number.clone()),
        ended_at: ended_at.to_jiff().into(),
        kept_until: of.row.deletes_at.unwrap_or(ended_at).to_jiff().into(),
        proof,
    };
    Ok((format!("loeschnachweis-{}.json", of.row.number), record))
}

fn people(of: &Loaded) -> BookingPeople {
    let first = of.first_order();
    BookingPeople {
        requested_by: first
            .and_then(|(order, _)| of.name_of(order.requested_by))
            .unwrap_or_else(|| of.customer.short_name.clone()),
        approved_by: first
            .and_then(|(_, decision)| decision.as_ref()?.decided_by)
            .and_then(|who| of.name_of(who)),
        provider_contact: Some(format!("{}, {}", of.provider.contact_name, of.provider.contact_phone)),
    }
}

#[cfg(test)]
mod tests {
    use super::{FinalState, Finality, final_state};

    fn ended(end: &str, change: impl FnOnce(&mut Finality)) -> FinalState {
        let now = "2026-11-10T12:00:00Z".parse().unwrap();
        let end = end.parse().unwrap();
        let mut of =
            Finality { issued: false, settled: false, costs: true, end, complete: true, spent: true, now };
        change(&mut of);
        final_state(&of)
    }

    #[test]
    fn a_final_invoice_is_offered_when_it_can_be_made() {
        let october = "2026-10-20T12:00:00Z";
        assert_eq!(ended(october, |_| {}), FinalState::Possible);
        assert_eq!(ended("2026-12-31T23:00:00Z", |of| of.complete = false), FinalState::Running);
        assert_eq!(ended(october, |of| of.complete = false), FinalState::Measuring);
        assert_eq!(ended(october, |of| of.spent = false), FinalState::NothingOwed);
        assert_eq!(ended("2026-08-20T12:00:00Z", |of| of.spent = false), FinalState::Possible, "long ago");
        assert_eq!(ended(october, |of| of.costs = false), FinalState::NothingOwed);
        assert_eq!(ended(october, |of| of.settled = true), FinalState::Settled);
        assert_eq!(ended(october, |of| of.issued = true), FinalState::Issued);
    }
}
