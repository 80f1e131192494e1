//! The list of bookings that an organisation booked or runs.

use super::by_people;
use super::costs::month_to_date;
use super::load::{is_settled, measured_until};
use super::standing::{Standing, standing};
use crate::app::App;
use crate::http::views::bookings::{BookingListView, BookingPhase, BookingRow};
use crate::http::views::text::Text;
use crate::usecases::Error;
use contract::Kind;
use contract::message::Acts;
use db::bookings::{ListedRow, Tab};
use db::operators::HeardOf;
use db::settlements::has_final;
use domain::booking::{Seen, blocking_end};
use domain::ids::OrganisationId;
use domain::policy::{Action, Actor, Role, Scope, authorize};
use domain::stall;
use domain::time::{Month, berlin_day};
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

const PAGE: i64 = 25;
/// Bookings that are looked through for trouble.
const TROUBLE_LOOKED_AT: i64 = 200;

/// Which part of the list.
#[derive(Debug, Clone, Default)]
pub struct BookingQuery {
    /// `running` (default) or `ended`.
    pub tab: String,
    /// Where the page before ended.
    pub after: Option<String>,
}

/// One page of the list, the youngest first.
pub async fn list(app: &App, actor: &Actor, query: &BookingQuery) -> Result<BookingListView, Error> {
    let scope = authorize(actor, Action::ViewBookings)?;
    let now = app.clock.now();
    let tab = if query.tab == "ended" { Tab::Ended } else { Tab::Running };
    let after = query.after.as_deref().and_then(read_cursor);
    let (mut rows, total, settled) = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let rows = db::bookings::list(conn, &scope, tab, after, PAGE + 1).await?;
            let total = db::bookings::count(conn, &scope, tab).await?;
            let settled = settled(conn, &rows, now).await?;
            Ok::<_, Error>((rows, total, settled))
        })
        .await?;
    let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > PAGE;
    rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(cursor);
    let heard = heard_of(app, &rows).await?;
    let costs = costs(app, &scope, &rows, &heard, now).await?;
    let rows = rows
        .iter()
        .map(|row| view(actor, row, &heard, (&costs, settled.contains(&row.booking.id)), now))
        .collect::<Result<_, _>>()?;
    let tab = if tab == Tab::Ended { "ended" } else { "running" };
    Ok(BookingListView { tab: tab.to_owned(), rows, total: u64::try_from(total).unwrap_or(0), next })
}

/// What is wrong with a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It cannot be used.
    Disturbed,
    /// It can be used, but is not as ordered.
    Tainted,
    /// Its location is silent.
    Unknown,
    /// It ended and does not stop; its data are kept.
    Ending,
    /// It is to be deleted, and that does not go on.
    Deletion,
}

/// A booking that does not do what it should.
pub struct Troubled {
    /// Which.
    pub row: ListedRow,
    /// Since when, and why.
    pub stands: Standing,
    /// In a word.
    pub trouble: Trouble,
    /// Whether the actor's organisation runs it.
    pub runs: bool,
}

/// Bookings that do not do what they should now, among the youngest, as far as the actor can do something about it. Of a silent
/// location the platform team reads once, and not for each of its bookings.
pub async fn troubled(app: &App, actor: &Actor, limit: usize) -> Result<Vec<Troubled>, Error> {
    let scope = authorize(actor, Action::ViewBookings)?;
    let now = app.clock.now();
    let rows = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::bookings::list(conn, &scope, Tab::Running, None, TROUBLE_LOOKED_AT).await?)
        })
        .await?;
    let heard = heard_of(app, &rows).await?;
    let mut found = Vec::new();
    for row in rows {
        let seen = row.observation.as_ref().map(|row| row.to_seen()).transpose()?;
        let stands = standing((&row.booking, row.agreed), seen.as_ref(), heard_at(&row, &heard, now), now);
        let runs = row.booking.provider_id == actor.organisation.0;
        if let Some(trouble) = trouble(&row.booking, seen.as_ref(), &stands, now)
            && can_act(actor, trouble, &stands, runs)
            && found.len() < limit
        {
            found.push(Troubled { row, stands, trouble, runs });
        }
    }
    Ok(found)
}

fn trouble(
    row: &db::bookings::BookingRow,
    seen: Option<&Seen>,
    of: &Standing,
    now: Timestamp,
) -> Option<Trouble> {
    // What people fulfil has tasks of its own.
    if by_people(row) {
        return None;
    }
    match of.phase {
        BookingPhase::Degraded => Some(Trouble::Disturbed),
        BookingPhase::Tainted => Some(Trouble::Tainted),
        BookingPhase::Unknown => Some(Trouble::Unknown),
        BookingPhase::Terminating => {
            let held = seen.is_some_and(|seen| blocking_end(&seen.conditions).is_some());
            let limit = if row.kind == Kind::SharedService.code() { stall::BROKER } else { stall::END };
            let ended = row.ends_at.max(row.deletes_at.filter(|_| row.wanted == "absent"));
            let late = ended.is_some_and(|at| now.duration_since(at.to_jiff()) >= limit);
            let kept = row.wanted != "absent";
            (held || late).then_some(if kept { Trouble::Ending } else { Trouble::Deletion })
        }
        _ => None,
    }
}

/// Whether this person's side can do something about it.
fn can_act(actor: &Actor, trouble: Trouble, of: &Standing, runs: bool) -> bool {
    match trouble {
        Trouble::Disturbed => true,
        // Whoever may order takes the change back.
        Trouble::Tainted if runs => of.acts == Acts::Provider,
        Trouble::Tainted => of.acts == Acts::Customer || actor.holds(Role::Orders),
        Trouble::Unknown => runs && !actor.holds(Role::Platform),
        Trouble::Ending | Trouble::Deletion => runs,
    }
}

/// Bookings of the page that are over and invoiced.
async fn settled(conn: &mut db::Conn, rows: &[ListedRow], now: Timestamp) -> Result<HashSet<Uuid>, Error> {
    let providers: Vec<Uuid> = rows.iter().map(|row| row.booking.provider_id).collect();
    let customers: Vec<Uuid> = rows.iter().map(|row| row.booking.organisation_id).collect();
    let closings = db::closings::list(conn, &providers, &customers).await?;
    let mut found = HashSet::new();
    for row in rows {
        let seen = row.observation.as_ref().map(|row| row.to_seen()).transpose()?;
        let gone = seen.as_ref().is_some_and(|seen| seen.gone_at.is_some());
        let booking = row.booking.id;
        // A customer without prices has none to settle, and keeps the plain word.
        if gone
            && is_settled(
                &row.booking,
                seen.as_ref(),
                (has_final(conn, booking).await?, false),
                &closings,
                now,
            )
        {
            found.insert(booking);
        }
    }
    Ok(found)
}

async fn heard_of(app: &App, rows: &[ListedRow]) -> Result<HashMap<Uuid, HeardOf>, Error> {
    let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.booking.location_id).collect();
    let scope = Scope::system("whoever sees a booking sees when its operator last called, and no more of it");
    let found = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::operators::list_heard_of(conn, &ids).await?)
        })
        .await?;
    Ok(found.into_iter().map(|heard| (heard.location_id, heard)).collect())
}

/// The operator of a booking's location.
fn of<'a>(row: &ListedRow, heard: &'a HashMap<Uuid, HeardOf>) -> Option<&'a HeardOf> {
    heard.get(&row.booking.location_id?)
}

/// When it last called; what people say counts until they say something else.
fn heard_at(row: &ListedRow, heard: &HashMap<Uuid, HeardOf>, now: Timestamp) -> Option<Timestamp> {
    if by_people(&row.booking) {
        return Some(now);
    }
    of(row, heard)?.heartbeat_at.map(|at| at.to_jiff())
}

async fn costs(
    app: &App,
    scope: &Scope,
    rows: &[ListedRow],
    heard: &HashMap<Uuid, HeardOf>,
    now: Timestamp,
) -> Result<HashMap<Uuid, Decimal>, Error> {
    let mut providers: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for row in rows {
        providers.entry(row.booking.provider_id).or_default().push(row.booking.id);
    }
    let until = rows.iter().map(|row| {
        if by_people(&row.booking) {
            return (None, Timestamp::from_second(now.as_second()).unwrap_or(now));
        }
        let mark = of(row, heard).and_then(|heard| heard.watermark_at).map(|at| at.to_jiff());
        let gone = row.observation.as_ref().is_some_and(|seen| seen.gone_at.is_some());
        (row.booking.location_id, measured_until(mark, gone, row.booking.created_at.to_jiff()))
    });
    let until: HashMap<Option<Uuid>, Timestamp> = until.collect();
    app.db
        .read(scope, async |conn: &mut db::Conn| {
            let mut costs = HashMap::new();
            for (provider, ids) in &providers {
                let provider = OrganisationId(*provider);
                costs.extend(month_to_date(conn, provider, ids, Month::of(now), &until).await?);
            }
            Ok(costs)
        })
        .await
}

fn view(
    actor: &Actor,
    row: &ListedRow,
    heard: &HashMap<Uuid, HeardOf>,
    (costs, settled): (&HashMap<Uuid, Decimal>, bool),
    now: Timestamp,
) -> Result<BookingRow, Error> {
    let seen = row.observation.as_ref().map(|row| row.to_seen()).transpose()?;
    let stands = standing((&row.booking, row.agreed), seen.as_ref(), heard_at(row, heard, now), now)
        .with_settled(settled);
    let mine = row.booking.organisation_id == actor.organisation.0;
    Ok(BookingRow {
        id: row.booking.id,
        number: row.booking.number.clone(),
        name: row.booking.name.clone(),
        offering: row.title.clone(),
        // A provider reads its own name nowhere; it wants to know for whom the booking runs.
        provider: if mine { row.provider.clone() } else { row.customer.clone() },
        phase: stands.phase,
        note: note(row, &stands),
        cost_centre: row.cost_centre.clone().unwrap_or_else(|| "–".to_owned()),
        month_to_date: costs.get(&row.booking.id).copied().unwrap_or(Decimal::ZERO).into(),
    })
}

/// What stands beside the phase: the silence, the end, or the reason.
fn note(row: &ListedRow, stands: &Standing) -> Option<Text> {
    match stands.phase {
        BookingPhase::Unknown => stands.reason.clone().filter(|reason| reason.code == "operator-silent"),
        BookingPhase::Active | BookingPhase::Stopped => {
            let ends_at = row.booking.ends_at?.to_jiff();
            Some(Text::new("ends").with("end_date", berlin_day(ends_at)))
        }
        BookingPhase::Tainted => stands.reason.clone(),
        BookingPhase::Retained => {
            let until = row.booking.deletes_at?.to_jiff();
            Some(Text::new("kept-until").with("until_at", until))
        }
        BookingPhase::Waiting
        | BookingPhase::Provisioning
        | BookingPhase::Changing
        | BookingPhase::Starting
        | BookingPhase::Stopping
        | BookingPhase::Degraded
        | BookingPhase::Terminating
        | BookingPhase::Gone
        | BookingPhase::Settled
        | BookingPhase::NotBegun => None,
    }
}

fn cursor(row: &ListedRow) -> String {
    format!("{}.{}", row.booking.created_at.to_jiff().as_microsecond(), row.booking.id)
}

fn read_cursor(text: &str) -> Option<(Timestamp, Uuid)> {
    let (micros, id) = text.split_once('.')?;
    Some((Timestamp::from_microsecond(micros.parse().ok()?).ok()?, id.parse().ok()?))
}
