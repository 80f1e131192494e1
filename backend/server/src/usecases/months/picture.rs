//! What the bookings of a provider come to in a month, from everything that is stored about them.
//!
//! Owns the way from rows to `domain::rating` and back to lines. Preview, issue, late data and verification all go through
//! [`load`], so a preview shows what will be issued, and a verification recomputes what was.

use super::obstacle::Obstacle;
use crate::usecases::Error;
use crate::usecases::usage::hash_text;
use contract::{Kind, Meter, Nature};
use db::months::{AssignmentRow, MonthBooking, Which};
use db::usage::{ConflictRow, ReadingRow, UsageRow};
use db::waivers::WaiverRow;
use domain::ids::{BookingId, ComponentId, OrganisationId};
use domain::invoice::LineText;
use domain::metering::{Reading, Usage, Waived};
use domain::rating::{BookingMonth, Charge, Doubt, Held, Measure, Offered, rate_booking};
use domain::tax::{VatDecision, VatTreatment, changes, treatment_of};
use domain::time::{Month, Period};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// From when to when a booking costs: what the invoice was computed from, kept with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The booking.
    pub booking: Uuid,
    /// When it could be used for the first time.
    pub ready: Option<Timestamp>,
    /// When it was wished for.
    pub wished: Timestamp,
    /// The effective end.
    pub end: Option<Timestamp>,
}

impl Span {
    /// As the rows say now.
    pub fn of(row: &MonthBooking) -> Self {
        let wished = row.booking.wished_start_at.to_jiff();
        let ready = row.ready_at.map(|at| at.to_jiff());
        let (ends, gone) = (row.booking.ends_at.map(|at| at.to_jiff()), row.gone_at.map(|at| at.to_jiff()));
        let end = domain::booking::billable(ready, wished, ends, gone).and_then(|(_, end)| end);
        Self { booking: row.booking.id, ready, wished, end }
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
    /// Its unit in the customer's organisation.
    pub unit: Option<String>,
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
    pub assignments: &'a HashMap<Uuid, AssignmentRow>,
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
    offered: HashMap<Uuid, Vec<(Offered, String, u32)>>,
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
    let plans: Vec<Uuid> = distinct(rows.iter().map(|row| row.plan.id));
    let components = db::offerings::list_components(conn, &plans).await?;
    let ids: Vec<Uuid> = components.iter().map(|component| component.id).collect();
    let prices = db::offerings::list_prices(conn, &ids).await?;
    let mut offered: HashMap<Uuid, Vec<(Offered, String, u32)>> = HashMap::new();
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
    let ids: Vec<Uuid> = bookings.iter().map(|booking| booking.0).collect();
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
    Ok(Shared { offered, decisions, usage, readings, waivers, conflicts })
}

fn take(row: MonthBooking, shared: &Shared, view: &View<'_>) -> Result<BookingPicture, Error> {
    let id = row.booking.id;
    let then = view.then.and_then(|then| then.spans.iter().find(|span| span.booking == id).copied());
    let span = then.unwrap_or_else(|| Span::of(&row));
    let components = shared.offered.get(&row.plan.id).map(Vec::as_slice).unwrap_or_default();
    let offered: Vec<Offered> = components.iter().map(|(offered, ..)| offered.clone()).collect();
    let decisions = shared.decisions.get(&row.booking.offering_id).map(Vec::as_slice).unwrap_or_default();
    let (usage, readings, mut evidence) = seen(id, &offered, shared, view)?;
    let waivers = waivers(id, shared, view);
    evidence.extend(waivers.iter().map(|waiver| hash_text(&waiver.content_hash)));
    let waived = waivers.iter().map(to_waived).collect::<Result<Vec<_>, _>>()?;
    let mut obstacles = Vec::new();
    let ordered = ordered(&row, view.month.period()).unwrap_or_else(|| {
        obstacles.push(Obstacle::of_booking(&row, "plan-unreadable"));
        BTreeMap::new()
    });
    let rated = rate_booking(
        view.month,
        &BookingMonth {
            booking: BookingId(id),
            ready: span.ready,
            wished: span.wished,
            end: span.end,
            until: view.until.get(&row.booking.location_id).copied(),
            offered: &offered,
            usage: &usage,
            waived: &waived,
            ordered: &ordered,
            pieces: &BTreeMap::new(),
            readings: &readings,
            cuts: &changes(decisions),
        },
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
    let mut lines = Vec::new();
    for charge in rated.charges {
        match treatment_of(decisions, &charge.service) {
            Ok(vat) => lines.push(Taxed {
                text: text(&row, &charge, components, assignment),
                vat: vat.clone(),
                charge,
            }),
            Err(refused) => obstacles.push(Obstacle::of_service(&row, refused.to_string(), charge.service)),
        }
    }
    let unit = assignment.map(|assignment| assignment.unit.clone());
    let conflicts = shared.conflicts.get(&id).cloned().unwrap_or_default();
    Ok(BookingPicture {
        row,
        span,
        unit,
        lines,
        waivers,
        conflicts,
        doubts: rated.doubts,
        evidence,
        obstacles,
    })
}

/// Intervals, readings, and the content hashes of both.
type Seen = (Vec<Usage>, Vec<Reading>, Vec<String>);

/// Records and readings of the meters that cost something, with their content hashes.
fn seen(id: Uuid, offered: &[Offered], shared: &Shared, view: &View<'_>) -> Result<Seen, Error> {
    let priced: HashSet<&str> = offered
        .iter()
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

/// What was ordered, by allocation meter: the ceiling of what is billed. Nothing if plan or order cannot be read.
fn ordered(row: &MonthBooking, period: Period) -> Option<BTreeMap<Meter, Vec<Held>>> {
    let kind = Kind::from_code(&row.booking.kind)?;
    let sizes = kind.sizes(&row.plan.settings, &row.booking.parameters).ok()?;
    let allocated = sizes.into_iter().filter(|(meter, _)| meter.nature() == Nature::Allocation);
    Some(allocated.map(|(meter, amount)| (meter, vec![Held { period, amount }])).collect())
}

fn text(
    row: &MonthBooking,
    charge: &Charge,
    components: &[(Offered, String, u32)],
    assignment: Option<&AssignmentRow>,
) -> LineText {
    let own = components.iter().find(|(offered, ..)| offered.component.id == ComponentId(charge.component.0));
    let component = own.map(|(_, title, _)| title.as_str()).unwrap_or_default();
    LineText {
        name: format!("{}, {}: {component}", row.title, row.plan.title),
        item_number: format!("{}-{}", row.slug, row.plan.code),
        booking_number: row.booking.number.clone(),
        order_number: assignment.map(|a| a.order_number.clone()).unwrap_or_default(),
        cost_centre: assignment.map(|a| a.cost_centre.clone()).unwrap_or_default(),
        account: assignment.map(|a| a.account.clone()).unwrap_or_default(),
        rank: own.map_or(0, |(_, _, rank)| *rank),
    }
}

fn distinct(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
