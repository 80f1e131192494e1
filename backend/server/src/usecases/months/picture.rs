//! What the bookings of a provider come to in a month, from everything that is stored about them.
//!
//! Owns the way from rows to `domain::rating` and back to lines. Preview, issue, late data and verification all go through
//! [`load`], so a preview shows what will be issued, and a verification recomputes what was.

use super::agreements::{Agreements, Changed, Counted, Priced, counted, ordered};
use super::obstacle::Obstacle;
use crate::usecases::Error;
use crate::usecases::usage::hash_text;
use contract::Meter;
use db::assignments::{History, PrintedRow};
use db::months::{MonthBooking, Which};
use db::usage::{ConflictRow, ReadingRow, UsageRow};
use db::waivers::WaiverRow;
use domain::ids::{BookingId, OrganisationId};
use domain::invoice::LineText;
use domain::metering::{Reading, Usage, Waived};
use domain::rating::{BookingMonth, Charge, Doubt, Measure, Offered, Term, rate_terms};
use domain::tax::{VatDecision, VatTreatment, changes, treatment_of};
use domain::terms::Reign;
use domain::time::{Month, Period};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// From when to when a booking costs: what the invoice was computed from, kept with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The booking.
    pub booking: Uuid,
    /// When it could be used for the first time.
    pub ready: Option<Timestamp>,
    /// When it was wished for.
    pub wished: Timestamp,
    /// The effective end.
    pub end: Option<Timestamp>,
    /// From when another plan counted than the first one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Changed>,
    /// From when it belonged to another Kostenstelle or Haushaltsansatz.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<Timestamp>,
}

impl Span {
    /// As the rows say now.
    pub fn of(row: &MonthBooking, reigns: &[Reign], transfers: impl IntoIterator<Item = Timestamp>) -> Self {
        let wished = row.booking.wished_start_at.to_jiff();
        let ready = row.ready_at.map(|at| at.to_jiff());
        let (ends, gone) = (row.booking.ends_at.map(|at| at.to_jiff()), row.gone_at.map(|at| at.to_jiff()));
        let end = domain::booking::billable(ready, wished, ends, gone).and_then(|(_, end)| end);
        let changes = reigns.iter().skip(1).map(|it| Changed { generation: it.generation, from: it.from });
        let transfers = transfers.into_iter().collect();
        Self { booking: row.booking.id, ready, wished, end, changes: changes.collect(), transfers }
    }
}

/// A line with how it is taxed.
#[derive(Debug, Clone)]
pub struct Taxed {
    /// What is owed.
    pub charge: Charge,
    /// How it is taxed.
    pub vat: VatTreatment,
    /// The words around it.
    pub text: LineText,
}

/// One booking in one month.
#[derive(Debug, Clone)]
pub struct BookingPicture {
    /// Its rows.
    pub row: MonthBooking,
    /// From when to when it costs.
    pub span: Span,
    /// The units of the customer's organisation to which its lines belong.
    pub units: BTreeSet<String>,
    /// Its lines.
    pub lines: Vec<Taxed>,
    /// What its provider gave up of the month.
    pub waivers: Vec<WaiverRow>,
    /// Records of the month that contradict what counts; kept aside.
    pub conflicts: Vec<ConflictRow>,
    /// What is doubtful about its usage.
    pub doubts: Vec<Doubt>,
    /// Content hashes of the records and readings that were used.
    pub evidence: Vec<String>,
    /// What keeps it from being invoiced.
    pub obstacles: Vec<Obstacle>,
}

/// How a picture is taken.
pub struct View<'a> {
    /// The month.
    pub month: Month,
    /// Account assignments of the bookings.
    pub assignments: &'a HashMap<Uuid, History<PrintedRow>>,
    /// For a preview: how far usage is complete, by location; without a location, until when is computed. A location that is
    /// missing is complete.
    pub until: &'a HashMap<Option<Uuid>, Timestamp>,
    /// For a verification: only this evidence counts, and these are the spans of then.
    pub then: Option<Then<'a>>,
}

/// What an invoice was computed from.
#[derive(Clone, Copy)]
pub struct Then<'a> {
    /// Content hashes.
    pub evidence: &'a HashSet<String>,
    /// Spans by booking.
    pub spans: &'a [Span],
}

/// Rows that several bookings share.
struct Shared {
    agreements: Agreements,
    offered: HashMap<Uuid, Vec<Priced>>,
    decisions: HashMap<Uuid, Vec<VatDecision>>,
    usage: HashMap<Uuid, Vec<UsageRow>>,
    readings: HashMap<Uuid, Vec<ReadingRow>>,
    waivers: HashMap<Uuid, Vec<WaiverRow>>,
    conflicts: HashMap<Uuid, Vec<ConflictRow>>,
}

/// Takes the picture of some bookings of a provider, in the order of their ids.
pub async fn load(
    conn: &mut db::Conn,
    provider: OrganisationId,
    which: Which<'_>,
    view: &View<'_>,
) -> Result<Vec<BookingPicture>, Error> {
    let rows = db::months::list_bookings(conn, provider, which).await?;
    let shared = load_shared(conn, provider, &rows, view).await?;
    rows.into_iter().map(|row| take(row, &shared, view)).collect()
}

async fn load_shared(
    conn: &mut db::Conn,
    provider: OrganisationId,
    rows: &[MonthBooking],
    view: &View<'_>,
) -> Result<Shared, Error> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.booking.id).collect();
    let agreements = Agreements::load(conn, &ids).await?;
    let plans: Vec<Uuid> = distinct(agreements.plans());
    let components = db::offerings::list_components(conn, &plans).await?;
    let priced: Vec<Uuid> = components.iter().map(|component| component.id).collect();
    let prices = db::offerings::list_prices(conn, &priced).await?;
    let mut offered: HashMap<Uuid, Vec<Priced>> = HashMap::new();
    for component in &components {
        let rank = u32::try_from(component.position).unwrap_or_default();
        let own = (component.to_offered(&prices)?, component.title.clone(), rank);
        offered.entry(component.plan_id).or_default().push(own);
    }
    let recorded = db::vat::list(conn, provider).await?;
    let mut decisions = HashMap::new();
    for offering in distinct(rows.iter().map(|row| row.booking.offering_id)) {
        decisions.insert(offering, recorded.of(offering)?);
    }
    let bookings: Vec<BookingId> = rows.iter().map(|row| BookingId(row.booking.id)).collect();
    let period = view.month.period();
    let span = (period.from(), period.to());
    let mut usage: HashMap<Uuid, Vec<UsageRow>> = HashMap::new();
    for row in db::usage::list_records(conn, provider, &bookings, span).await? {
        usage.entry(row.booking_id).or_default().push(row);
    }
    let mut readings: HashMap<Uuid, Vec<ReadingRow>> = HashMap::new();
    for row in db::usage::list_readings(conn, provider, &bookings, period.to()).await? {
        readings.entry(row.booking_id).or_default().push(row);
    }
    let mut waivers: HashMap<Uuid, Vec<WaiverRow>> = HashMap::new();
    for row in db::waivers::list(conn, provider, &ids).await? {
        if row.from_at.to_jiff() < period.to() && row.to_at.to_jiff() > period.from() {
            waivers.entry(row.booking_id).or_default().push(row);
        }
    }
    let mut conflicts: HashMap<Uuid, Vec<ConflictRow>> = HashMap::new();
    for row in db::usage::list_conflicts_of(conn, provider, &ids).await? {
        if when(&row).is_some_and(|at| period.contains(at)) {
            conflicts.entry(row.booking_id).or_default().push(row);
        }
    }
    Ok(Shared { agreements, offered, decisions, usage, readings, waivers, conflicts })
}

fn take(row: MonthBooking, shared: &Shared, view: &View<'_>) -> Result<BookingPicture, Error> {
    let id = row.booking.id;
    let agreed = shared.agreements.of(id);
    let then = view.then.and_then(|then| then.spans.iter().find(|span| span.booking == id).cloned());
    let span = match then {
        Some(then) => then,
        None => {
            let transfers = view.assignments.get(&id).into_iter().flat_map(History::cuts);
            Span::of(&row, &shared.agreements.reigns(id)?, transfers)
        }
    };
    let counted = counted(agreed, &span.changes, &shared.offered);
    let terms: Vec<Term<'_>> = counted.iter().map(Counted::term).collect();
    let decisions = shared.decisions.get(&row.booking.offering_id).map(Vec::as_slice).unwrap_or_default();
    let offered = counted.iter().flat_map(|it| &it.offered);
    let (usage, readings, mut evidence) = seen(id, offered, shared, view)?;
    let waivers = waivers(id, shared, view);
    evidence.extend(waivers.iter().map(|waiver| hash_text(&waiver.content_hash)));
    let waived = waivers.iter().map(to_waived).collect::<Result<Vec<_>, _>>()?;
    let mut obstacles = Vec::new();
    let ordered = ordered(&row, agreed, view.month).unwrap_or_else(|| {
        obstacles.push(Obstacle::of_booking(&row, "plan-unreadable"));
        BTreeMap::new()
    });
    let mut cuts = changes(decisions);
    cuts.extend(&span.transfers);
    let rated = rate_terms(
        view.month,
        &BookingMonth {
            booking: BookingId(id),
            ready: span.ready,
            wished: span.wished,
            end: span.end,
            until: view.until.get(&row.booking.location_id).copied(),
            offered: &[],
            usage: &usage,
            waived: &waived,
            ordered: &ordered,
            pieces: &BTreeMap::new(),
            readings: &readings,
            cuts: &cuts,
        },
        &terms,
    );
    let rated = rated.unwrap_or_else(|refused| {
        obstacles.push(Obstacle::of_booking(&row, refused.to_string()));
        domain::rating::Rated::default()
    });
    obstacles.extend(rated.doubts.iter().filter_map(|doubt| Obstacle::of_doubt(&row, doubt)));
    let assignment = view.assignments.get(&id);
    if assignment.is_none() && !rated.charges.is_empty() {
        obstacles.push(Obstacle::of_booking(&row, "assignment-missing"));
    }
    let of_line = |charge: &Charge| assignment.and_then(|history| history.at(charge.service.from()));
    let words = |charge: &Charge| text(&row, charge, &counted, of_line(charge));
    let lines = taxed(rated.charges, decisions, words, |why, service| {
        obstacles.push(Obstacle::of_service(&row, why, service));
    });
    let units = lines.iter().filter_map(|line| Some(of_line(&line.charge)?.unit.clone())).collect();
    let conflicts = shared.conflicts.get(&id).cloned().unwrap_or_default();
    Ok(BookingPicture {
        row,
        span,
        units,
        lines,
        waivers,
        conflicts,
        doubts: rated.doubts,
        evidence,
        obstacles,
    })
}

/// Charges with words and VAT; what no decision covers is handed to `refuse`.
fn taxed(
    charges: Vec<Charge>,
    decisions: &[VatDecision],
    words: impl Fn(&Charge) -> LineText,
    mut refuse: impl FnMut(String, Period),
) -> Vec<Taxed> {
    let mut lines = Vec::new();
    for charge in charges {
        match treatment_of(decisions, &charge.service) {
            Ok(vat) => lines.push(Taxed { text: words(&charge), vat: vat.clone(), charge }),
            Err(refused) => refuse(refused.to_string(), charge.service),
        }
    }
    lines
}

/// Intervals, readings, and the content hashes of both.
type Seen = (Vec<Usage>, Vec<Reading>, Vec<String>);

/// Records and readings of the meters that cost something, with their content hashes.
fn seen<'a>(
    id: Uuid,
    offered: impl Iterator<Item = &'a Offered>,
    shared: &Shared,
    view: &View<'_>,
) -> Result<Seen, Error> {
    let priced: HashSet<&str> = offered
        .filter_map(|offered| match offered.component.measure {
            Measure::Meter(meter) => Some(meter.code()),
            Measure::Flat | Measure::Once => None,
        })
        .collect();
    let mut evidence = Vec::new();
    let mut counts = |meter: &str, hash: &[u8]| {
        let hash = hash_text(hash);
        let counted = priced.contains(meter) && view.then.is_none_or(|then| then.evidence.contains(&hash));
        if counted {
            evidence.push(hash);
        }
        counted
    };
    let records = shared.usage.get(&id).into_iter().flatten();
    let records: Vec<&UsageRow> = records.filter(|row| counts(&row.meter, &row.content_hash)).collect();
    let readings = shared.readings.get(&id).into_iter().flatten();
    let readings: Vec<&ReadingRow> = readings.filter(|row| counts(&row.meter, &row.content_hash)).collect();
    let usage = records.into_iter().map(to_usage).collect::<Result<_, _>>()?;
    let readings = readings.into_iter().map(to_reading).collect::<Result<_, _>>()?;
    Ok((usage, readings, evidence))
}

/// What was given up of a booking; for a verification, what was given up before its invoice.
fn waivers(id: Uuid, shared: &Shared, view: &View<'_>) -> Vec<WaiverRow> {
    let all = shared.waivers.get(&id).into_iter().flatten();
    let counts =
        |row: &&WaiverRow| view.then.is_none_or(|then| then.evidence.contains(&hash_text(&row.content_hash)));
    all.filter(counts).cloned().collect()
}

/// When the usage began, or the counter was read, that a contradiction is about.
fn when(row: &ConflictRow) -> Option<Timestamp> {
    let said = row.record.get("from").or_else(|| row.record.get("at"))?;
    said.as_str()?.parse().ok()
}

fn to_waived(row: &WaiverRow) -> Result<Waived, Error> {
    let period = Period::new(row.from_at.to_jiff(), row.to_at.to_jiff())
        .map_err(|error| Error::Internal(error.into()))?;
    Ok(Waived { meter: meter(&row.meter)?, period })
}

/// A stored interval as the rules see it.
pub fn to_usage(row: &UsageRow) -> Result<Usage, Error> {
    let period = Period::new(row.from_at.to_jiff(), row.to_at.to_jiff())
        .map_err(|error| Error::Internal(error.into()))?;
    Ok(Usage {
        booking: BookingId(row.booking_id),
        meter: meter(&row.meter)?,
        seq: row.sequence,
        period,
        amount: row.amount,
    })
}

/// A stored reading as the rules see it.
pub fn to_reading(row: &ReadingRow) -> Result<Reading, Error> {
    Ok(Reading {
        booking: BookingId(row.booking_id),
        meter: meter(&row.meter)?,
        uid: row.uid.clone(),
        epoch: row.epoch,
        value: row.value,
        at: row.read_at.to_jiff(),
    })
}

/// The meter of a stored row.
pub fn meter(code: &str) -> Result<Meter, Error> {
    Meter::from_code(code).ok_or_else(|| Error::Internal(anyhow::anyhow!("unknown meter {code} is stored")))
}

fn text(
    row: &MonthBooking,
    charge: &Charge,
    counted: &[Counted<'_>],
    assignment: Option<&PrintedRow>,
) -> LineText {
    let own = counted.iter().find_map(|it| {
        let component =
            it.components.iter().find(|(offered, ..)| offered.component.id == charge.component)?;
        Some((it.agreed, component))
    });
    let (title, plan, code, component, rank) =
        own.map_or(("", "", "", "", 0), |(agreed, (_, title, rank))| {
            (
                agreed.title.as_str(),
                agreed.plan.title.as_str(),
                agreed.plan.code.as_str(),
                title.as_str(),
                *rank,
            )
        });
    LineText {
        name: format!("{title}, {plan}: {component}"),
        item_number: format!("{}-{code}", row.slug),
        booking_number: row.booking.number.clone(),
        order_number: assignment.map(|a| a.order_number.clone()).unwrap_or_default(),
        cost_centre: assignment.map(|a| a.cost_centre.clone()).unwrap_or_default(),
        account: assignment.map(|a| a.account.clone()).unwrap_or_default(),
        rank,
    }
}

fn distinct(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
