//! The month run of a provider: what a month would come to, what is missing, and the step that issues its invoices.
//!
//! A preview is computed and never stored. Issuing is one transaction per document under the lock of the provider's number
//! series: load → rate → number → store. Killed in between, the next run goes on with the next document; run twice, it
//! finds nothing left. A finished booking may get its final invoice before the month ends.

use crate::app::App;
use crate::usecases::invoices::document::{self, SERIES};
use crate::usecases::{Error, Refusal, record};
use db::invoices::{InvoiceHead, InvoiceRow};
use db::months::{AssignmentRow, WatermarkRow, Which};
use domain::ids::{BookingId, OrganisationId};
use domain::metering::{final_possible, waiting_for};
use domain::money::Money;
use domain::policy::{Action, Actor, Scope, authorize};
use domain::time::{Month, berlin_day, midnight};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

mod drafts;
mod late;
pub mod obstacle;
pub mod picture;
pub mod present;

pub use drafts::{BuyerMonth, Pending};
pub use late::Late;
use obstacle::Obstacle;
use picture::View;

/// At most so many months are listed, the youngest first.
const MONTHS_SHOWN: usize = 24;

/// How far a month is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It still runs, or something is missing.
    Open,
    /// Everything is there; nothing was issued.
    Complete,
    /// Some documents were issued, some were not.
    Rated,
    /// Every document was issued.
    Issued,
}

/// A month as a whole.
#[derive(Debug, Clone)]
pub struct MonthPicture {
    /// Which.
    pub month: Month,
    /// How far it is.
    pub state: State,
    /// Locations with bookings in it.
    pub watermarks: Vec<WatermarkRow>,
    /// What each customer owes.
    pub buyers: Vec<BuyerMonth>,
    /// What keeps it from being issued.
    pub obstacles: Vec<Obstacle>,
    /// What came late and is not on any document yet.
    pub late: Vec<Late>,
    /// When the picture was taken.
    pub as_of: Timestamp,
}

impl MonthPicture {
    /// Net and gross of everything, issued or not.
    pub fn totals(&self) -> (Money, Money) {
        let pending = self.buyers.iter().flat_map(|buyer| &buyer.pending);
        pending.fold((Money::ZERO, Money::ZERO), |(net, gross), pending| {
            let (n, g) = pending.totals();
            (net + n, gross + g)
        })
    }
}

/// Months that could have cost something, the youngest first, each with its picture.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<MonthPicture>, Error> {
    let scope = authorize(actor, Action::IssueInvoices)?;
    let now = app.clock.now();
    let provider = actor.organisation;
    let first = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::months::find_first_ready(conn, provider).await?)
        })
        .await?;
    let Some(first) = first.map(Month::of) else { return Ok(Vec::new()) };
    let mut months = Vec::new();
    let mut month = Month::of(now);
    while month >= first && months.len() < MONTHS_SHOWN {
        months.push(picture_of(app, &scope, provider, month).await?);
        month = month.previous();
    }
    Ok(months)
}

/// The last month, if its usage is complete and nobody has begun to invoice it. Only counts and watermarks: what else may
/// be missing is found when the month is opened.
pub async fn closable(app: &App, actor: &Actor) -> Result<Option<Month>, Error> {
    let scope = authorize(actor, Action::IssueInvoices)?;
    let month = Month::of(app.clock.now()).previous();
    let provider = actor.organisation;
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let marks = db::months::list_watermarks(conn, provider, &month.period()).await?;
            let rules: Vec<_> = marks.iter().map(WatermarkRow::to_mark).collect();
            let complete = !rules.is_empty() && waiting_for(month, &rules).is_empty();
            let open = complete && !db::invoices::has_month(conn, provider, &month.period()).await?;
            Ok(open.then_some(month))
        })
        .await
}

/// One month, computed now.
pub async fn show(app: &App, actor: &Actor, month: Month) -> Result<MonthPicture, Error> {
    let scope = authorize(actor, Action::IssueInvoices)?;
    picture_of(app, &scope, actor.organisation, month).await
}

/// Issues every document of a month that is not issued yet, and returns those. Refused with every reason at once if
/// anything is missing; then nothing is issued.
pub async fn issue(app: &App, actor: &Actor, month: Month) -> Result<Vec<InvoiceRow>, Error> {
    let picture = show(app, actor, month).await?;
    reject(&picture.obstacles)?;
    let mut issued = Vec::new();
    for buyer in picture.buyers.iter().filter(|buyer| buyer.open()) {
        let buyer = OrganisationId(buyer.buyer.id);
        while let Some(row) = issue_one(app, actor, month, buyer).await? {
            issued.push(row);
        }
    }
    Ok(issued)
}

/// Issues the next document of one customer's month in one transaction; nothing if none is left.
pub async fn issue_one(
    app: &App,
    actor: &Actor,
    month: Month,
    buyer: OrganisationId,
) -> Result<Option<InvoiceRow>, Error> {
    let scope = authorize(actor, Action::IssueInvoices)?;
    let now = app.clock.now();
    let provider = actor.organisation;
    let assignments = assignments(app, provider, Which::Of(buyer, month.period())).await?;
    let done = app
        .db
        .write(&scope, async |conn: &mut db::Conn| {
            db::invoices::lock_series(conn, provider, SERIES, month.year()).await?;
            let marks = db::months::list_watermarks(conn, provider, &month.period()).await?;
            let until = incomplete(&marks, month, now);
            let view = View { month, assignments: &assignments, until: &until, then: None };
            let sellers = db::organisations::get(conn, provider).await?;
            let theirs = drafts::load(conn, &sellers, buyer, &view, now).await?;
            let mut obstacles = of_the_month(&marks, month, now);
            obstacles.extend(theirs.obstacles.iter().cloned());
            let Some(next) = theirs.pending.iter().find(|pending| pending.issued.is_none()) else {
                return Err(Step::Nothing);
            };
            reject(&obstacles)?;
            let parties = (&sellers, &theirs.buyer);
            let (row, _) = document::store(conn, actor, next.prepared.clone(), parties, now).await?;
            let entry = issued_entry(actor, &row, month, now);
            Ok((row, entry))
        })
        .await;
    match done {
        Ok(row) => Ok(Some(row)),
        Err(Step::Nothing) => Ok(None),
        Err(Step::Failed(error)) => Err(error),
    }
}

/// Issues the final invoice of a booking that has ended and whose usage is complete. The same again answers with the
/// invoice that there is.
pub async fn issue_final(app: &App, actor: &Actor, booking: BookingId) -> Result<InvoiceHead, Error> {
    let scope = authorize(actor, Action::IssueInvoices)?;
    let now = app.clock.now();
    let provider = actor.organisation;
    let assignments = assignments(app, provider, Which::These(&[booking.0])).await?;
    let done = app
        .db
        .write(&scope, async |conn: &mut db::Conn| {
            let (month, location, buyer) = ended(conn, &scope, booking, now).await?;
            db::invoices::lock_series(conn, provider, SERIES, month.year()).await?;
            if let Some(head) = db::invoices::find_final(conn, &scope, booking.0).await? {
                return Err(FinalStep::Done(Box::new(head)));
            }
            let marks = db::months::list_watermarks(conn, provider, &month.period()).await?;
            let end = ended_at(conn, provider, booking).await?;
            let mark = marks.iter().find(|mark| mark.location_id == location);
            if !final_possible(end, mark.and_then(|mark| mark.to_mark().1)) {
                let missing = mark.map_or_else(|| Obstacle::new("watermark"), Obstacle::of_location);
                return Err(refusal(&[missing]).into());
            }
            let until = HashMap::new();
            let view = View { month, assignments: &assignments, until: &until, then: None };
            let seller = db::organisations::get(conn, provider).await?;
            let buyer = db::organisations::get(conn, OrganisationId(buyer)).await?;
            let prepared = drafts::load_final(conn, &seller, &buyer, booking, &view, now).await?;
            let (row, _) = document::store(conn, actor, prepared, (&seller, &buyer), now).await?;
            let entry = issued_entry(actor, &row, month, now);
            Ok((row.id, entry))
        })
        .await;
    match done {
        Ok(_) => {
            let found = app
                .db
                .read(&scope, async |conn: &mut db::Conn| {
                    Ok::<_, Error>(db::invoices::find_final(conn, &scope, booking.0).await?)
                })
                .await?;
            found.ok_or(Error::NotFound)
        }
        Err(FinalStep::Done(head)) => Ok(*head),
        Err(FinalStep::Failed(Error::Refused(refusal))) => {
            Err(Refusal { code: "final-open".to_owned(), ..refusal }.into())
        }
        Err(FinalStep::Failed(error)) => Err(error),
    }
}

/// Short names of seller and buyer of an invoice.
pub async fn parties(app: &App, actor: &Actor, head: &InvoiceHead) -> Result<(String, String), Error> {
    let scope = authorize(actor, Action::IssueInvoices)?;
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let seller = db::organisations::get(conn, OrganisationId(head.provider_id)).await?;
            let buyer = db::organisations::get(conn, OrganisationId(head.organisation_id)).await?;
            Ok((seller.short_name, buyer.short_name))
        })
        .await
}

/// How a transaction that issues one document can end without one.
enum Step {
    Nothing,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Step {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

enum FinalStep {
    Done(Box<InvoiceHead>),
    Failed(Error),
}

impl<E: Into<Error>> From<E> for FinalStep {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

async fn picture_of(
    app: &App,
    scope: &Scope,
    provider: OrganisationId,
    month: Month,
) -> Result<MonthPicture, Error> {
    let now = app.clock.now();
    let period = month.period();
    let buyers = app
        .db
        .read(scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::months::list_buyers(conn, provider, &period).await?)
        })
        .await?;
    let mut assigned = HashMap::new();
    for buyer in &buyers {
        assigned.insert(*buyer, assignments(app, provider, Which::Of(*buyer, period)).await?);
    }
    app.db
        .read(scope, async |conn: &mut db::Conn| {
            let marks = db::months::list_watermarks(conn, provider, &period).await?;
            let until = incomplete(&marks, month, now);
            let seller = db::organisations::get(conn, provider).await?;
            let (mut all, mut late) = (Vec::new(), Vec::new());
            for buyer in buyers {
                let assignments = assigned.remove(&buyer).unwrap_or_default();
                let view = View { month, assignments: &assignments, until: &until, then: None };
                let theirs = drafts::load(conn, &seller, buyer, &view, now).await?;
                late.extend(late::find(conn, provider, &theirs, month).await?);
                all.push(theirs);
            }
            let mut obstacles = of_the_month(&marks, month, now);
            obstacles.extend(all.iter().flat_map(|buyer| buyer.obstacles.iter().cloned()));
            let state = state(&all, &obstacles, now >= period.to());
            Ok(MonthPicture { month, state, watermarks: marks, buyers: all, obstacles, late, as_of: now })
        })
        .await
}

fn state(buyers: &[BuyerMonth], obstacles: &[Obstacle], over: bool) -> State {
    let pending = || buyers.iter().flat_map(|buyer| &buyer.pending);
    let issued = pending().any(|pending| pending.issued.is_some() && !pending.is_final());
    match (over, pending().any(|pending| pending.issued.is_none())) {
        (false, _) => State::Open,
        (true, _) if !obstacles.is_empty() => State::Open,
        // What came late does not reopen a month that was issued.
        (true, false) => State::Issued,
        (true, true) if issued => State::Rated,
        (true, true) => State::Complete,
    }
}

/// Reasons that concern every customer: the month still runs, or a location has not reported everything.
fn of_the_month(marks: &[WatermarkRow], month: Month, now: Timestamp) -> Vec<Obstacle> {
    let mut obstacles = Vec::new();
    if now < month.period().to() {
        obstacles.push(Obstacle::new("running"));
    }
    let rules: Vec<_> = marks.iter().map(WatermarkRow::to_mark).collect();
    for (location, _) in waiting_for(month, &rules) {
        let row = marks.iter().find(|mark| mark.location_id == location.0);
        obstacles.push(row.map_or_else(|| Obstacle::new("watermark"), Obstacle::of_location));
    }
    obstacles
}

/// How far usage is complete, for locations that have not passed the month: an interval that lasts is reported up to the
/// last midnight in Berlin, although the watermark is younger. Today is therefore open, and no gap.
fn incomplete(marks: &[WatermarkRow], month: Month, now: Timestamp) -> HashMap<Uuid, Timestamp> {
    let start = month.period().from();
    let rules: Vec<_> = marks.iter().map(WatermarkRow::to_mark).collect();
    let waiting = waiting_for(month, &rules).into_iter();
    let last_midnight = |mark: Timestamp| midnight(berlin_day(mark.min(now))).max(start);
    waiting.map(|(location, mark)| (location.0, mark.map_or(start, last_midnight))).collect()
}

fn reject(obstacles: &[Obstacle]) -> Result<(), Error> {
    if obstacles.is_empty() { Ok(()) } else { Err(refusal(obstacles)) }
}

fn refusal(obstacles: &[Obstacle]) -> Error {
    let findings = obstacles.iter().map(Obstacle::to_finding).collect();
    Refusal { findings, ..Refusal::new("month-open") }.into()
}

fn issued_entry(actor: &Actor, row: &InvoiceRow, month: Month, now: Timestamp) -> db::Remembered {
    let detail = json!({
        "number": row.number,
        "document": row.document,
        "buyer": row.organisation_id,
        "month": month.to_string(),
        "gross": Money::from_exact(row.gross).map(|gross| gross.to_string()).unwrap_or_default(),
        "input_hash": crate::usecases::usage::hash_text(&row.input_hash),
    });
    record::by_person(actor, Action::IssueInvoices, format!("invoice:{}", row.id), detail, now)
}

/// Account assignments of a provider's bookings, read in the name of the product: they belong to the customer and go onto
/// the customer's invoice.
async fn assignments(
    app: &App,
    provider: OrganisationId,
    which: Which<'_>,
) -> Result<HashMap<Uuid, AssignmentRow>, Error> {
    let scope = Scope::system("an invoice prints its customer's account assignment");
    let rows = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let bookings = db::months::list_bookings(conn, provider, which).await?;
            let ids: Vec<BookingId> = bookings.iter().map(|row| BookingId(row.booking.id)).collect();
            Ok::<_, Error>(db::months::list_assignments(conn, provider, &ids).await?)
        })
        .await?;
    Ok(rows.into_iter().map(|row| (row.booking_id, row)).collect())
}

/// Month, location and customer of a booking that has ended; refused while it has not.
async fn ended(
    conn: &mut db::Conn,
    scope: &Scope,
    booking: BookingId,
    now: Timestamp,
) -> Result<(Month, Uuid, Uuid), Error> {
    let row = db::bookings::get(conn, scope, booking).await?;
    let provider = OrganisationId(row.provider_id);
    if !scope.organisations().contains(&provider) {
        return Err(Error::NotFound);
    }
    let end = ended_at(conn, provider, booking).await?;
    if end > now {
        return Err(refusal(&[Obstacle::new("not-ended")]));
    }
    // The last second decides: what ends at midnight belongs to the month before.
    let month = Month::of(end - SignedDuration::from_secs(1));
    Ok((month, row.location_id, row.organisation_id))
}

async fn ended_at(
    conn: &mut db::Conn,
    provider: OrganisationId,
    booking: BookingId,
) -> Result<Timestamp, Error> {
    let rows = db::months::list_bookings(conn, provider, Which::These(&[booking.0])).await?;
    let row = rows.first().ok_or(Error::NotFound)?;
    picture::Span::of(row).end.ok_or_else(|| refusal(&[Obstacle::of_booking(row, "not-ended")]))
}
