//! The month run of a provider: what a month would come to, what is missing, and the step that issues its invoices.
//!
//! A preview is computed and never stored. A month is rated once, in one snapshot; closing it stores what that snapshot gave,
//! one transaction per customer under the lock of the provider's number series. Killed in between, the next run goes on with
//! the next customer; run twice, it finds every customer closed. What comes in after the snapshot is late, and becomes a
//! correction of the month. A finished booking may get its final invoice before the month ends.

use crate::app::App;
use crate::usecases::invoices::document::{Prepared, SERIES};
use crate::usecases::{Error, Refusal, record};
use db::assignments::{History, PrintedRow};
use db::invoices::{InvoiceHead, InvoiceRow};
use db::months::{WatermarkRow, Which};
use domain::ids::{BookingId, OrganisationId};
use domain::metering::{final_possible, waiting_for};
use domain::money::Money;
use domain::policy::{Action, Actor, Scope, authorize, authorize_sale};
use domain::time::{Month, Period, berlin_day, midnight};
use issuing::Sale;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use uuid::Uuid;

mod agreements;
mod drafts;
pub mod findings;
mod issuing;
mod late;
pub mod obstacle;
pub mod picture;
pub mod present;
pub mod waive;

pub use drafts::BuyerMonth;
pub use late::Late;
use obstacle::Obstacle;
use picture::View;

/// At most so many months are listed, the youngest first.
const MONTHS_SHOWN: usize = 24;

/// Corrections of so many months before are issued with a month; those of older ones by hand.
const LATE_MONTHS: usize = 3;

/// How far a month is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It still runs, or something is missing.
    Open,
    /// Everything is there; nothing was issued.
    Complete,
    /// Closed for some customers, not for others.
    Rated,
    /// Closed for every customer.
    Issued,
}

/// A month in the list, without looking into it: whether usage has gaps is known only once it is rated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthHead {
    /// Which.
    pub month: Month,
    /// How far it is, as closings and watermarks tell.
    pub state: State,
    /// Documents that were issued.
    pub documents: u64,
    /// Net of what was issued.
    pub net: Money,
}

/// The list of months, and one of them in full.
#[derive(Debug, Clone)]
pub struct Months {
    /// The youngest first.
    pub heads: Vec<MonthHead>,
    /// The one that was wished for, else the one that waits, else the youngest.
    pub chosen: Option<MonthPicture>,
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
    /// Bookings and lines of each issued document.
    pub counts: HashMap<Uuid, (i64, i64)>,
    /// When the picture was taken.
    pub as_of: Timestamp,
}

impl MonthPicture {
    /// Net and gross of everything, issued or waiting.
    pub fn totals(&self) -> (Money, Money) {
        let all = self.buyers.iter().map(BuyerMonth::totals);
        all.fold((Money::ZERO, Money::ZERO), |(net, gross), (n, g)| (net + n, gross + g))
    }

    /// What came too late for its invoice, with its customer.
    pub fn late(&self) -> impl Iterator<Item = (&BuyerMonth, &Late)> {
        self.buyers.iter().flat_map(|buyer| buyer.late.iter().map(move |late| (buyer, late)))
    }
}

/// Months that could have cost something, the youngest first, and one of them with its picture.
pub async fn list(app: &App, actor: &Actor, wished: Option<Month>) -> Result<Months, Error> {
    let scope = authorize(actor, Action::IssueInvoices)?;
    let now = app.clock.now();
    let provider = actor.organisation;
    let heads = app.db.read(&scope, async |conn: &mut db::Conn| heads(conn, provider, now).await).await?;
    let waits = |head: &&MonthHead| matches!(head.state, State::Complete | State::Rated);
    let chosen = match wished {
        Some(month) => heads.iter().find(|head| head.month == month),
        None => heads.iter().find(waits).or_else(|| heads.first()),
    };
    let chosen = match chosen {
        Some(head) => Some(picture_of(app, &scope, provider, head.month).await?),
        None => None,
    };
    Ok(Months { heads, chosen })
}

async fn heads(
    conn: &mut db::Conn,
    provider: OrganisationId,
    now: Timestamp,
) -> Result<Vec<MonthHead>, Error> {
    let Some(first) = db::months::find_first_ready(conn, provider).await?.map(Month::of) else {
        return Ok(Vec::new());
    };
    let sums = db::invoices::list_month_sums(conn, provider).await?;
    let mut heads = Vec::new();
    let mut month = Month::of(now);
    while month >= first && heads.len() < MONTHS_SHOWN {
        let customers = db::months::list_buyers(conn, provider, &month.period()).await?;
        let closed = db::closings::list_customers(conn, provider, month).await?;
        let marks = db::months::list_watermarks(conn, provider, &month.period()).await?;
        let open = customers.iter().filter(|customer| !closed.contains(&customer.0)).count();
        let sum = sums.iter().find(|sum| Month::of(sum.month_from_at.to_jiff()) == month);
        heads.push(MonthHead {
            month,
            state: state((customers.len(), open), of_the_month(&marks, month, now).is_empty()),
            documents: sum.map_or(0, |sum| u64::try_from(sum.documents).unwrap_or_default()),
            net: sum.and_then(|sum| Money::from_exact(sum.net).ok()).unwrap_or_default(),
        });
        month = month.previous();
    }
    Ok(heads)
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

/// Closes a month: issues every document of it that is not issued yet, with the corrections of months before that wait, and
/// returns those. Refused with every reason at once if anything is missing; then nothing is issued.
pub async fn issue(app: &App, actor: &Actor, month: Month) -> Result<Vec<InvoiceRow>, Error> {
    let picture = show(app, actor, month).await?;
    if picture.state != State::Issued {
        reject(&picture.obstacles)?;
    }
    let mut issued = Vec::new();
    for buyer in picture.buyers.iter().filter(|buyer| buyer.closed_at.is_none()) {
        issued.extend(close(app, actor, month, buyer).await?);
    }
    for earlier in late_months(app, actor, month).await? {
        issued.extend(correct(app, actor, earlier).await?);
    }
    Ok(issued)
}

/// Months shortly before this one for which usage came in after their invoices.
async fn late_months(app: &App, actor: &Actor, month: Month) -> Result<Vec<Month>, Error> {
    let scope = authorize(actor, Action::IssueInvoices)?;
    let first = (0..LATE_MONTHS).fold(month, |month, _| month.previous());
    let span = Period::new(first.period().from(), month.period().from())
        .map_err(|error| Error::Internal(error.into()))?;
    let starts = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::months::list_late(conn, actor.organisation, &span).await?)
        })
        .await?;
    Ok(starts.into_iter().map(Month::of).collect())
}

/// Closes a month for one customer, as the run does for each. Refused like the run.
pub async fn issue_to(
    app: &App,
    actor: &Actor,
    month: Month,
    buyer: OrganisationId,
) -> Result<Vec<InvoiceRow>, Error> {
    let picture = show(app, actor, month).await?;
    reject(&picture.obstacles)?;
    match picture.buyers.iter().find(|known| known.buyer.id == buyer.0) {
        Some(known) if known.closed_at.is_none() => close(app, actor, month, known).await,
        Some(_) => Ok(Vec::new()),
        None => Err(Error::NotFound),
    }
}

/// Issues the corrections that a month needs because something came in after its invoices, and returns them. Run twice, it
/// finds nothing left.
pub async fn correct(app: &App, actor: &Actor, month: Month) -> Result<Vec<InvoiceRow>, Error> {
    let picture = show(app, actor, month).await?;
    let mut issued = Vec::new();
    for buyer in picture.buyers.iter().filter(|buyer| !buyer.late.is_empty()) {
        let documents = buyer.late.iter().map(|late| (late.prepared.clone(), late.follows)).collect();
        issued.extend(store(app, actor, (month, buyer), documents, false).await?);
    }
    Ok(issued)
}

async fn close(app: &App, actor: &Actor, month: Month, buyer: &BuyerMonth) -> Result<Vec<InvoiceRow>, Error> {
    let documents = buyer.waiting.iter().map(|prepared| (prepared.clone(), None)).collect();
    store(app, actor, (month, buyer), documents, true).await
}

/// Stores the documents of one customer's month in one transaction, and closes the month with them if `closing`.
async fn store(
    app: &App,
    actor: &Actor,
    (month, of): (Month, &BuyerMonth),
    documents: Vec<(Prepared, Option<Uuid>)>,
    closing: bool,
) -> Result<Vec<InvoiceRow>, Error> {
    let customer = OrganisationId(of.buyer.id);
    let scope = authorize_sale(actor, Action::IssueInvoices, customer)?;
    let now = app.clock.now();
    let provider = actor.organisation;
    let done = app
        .db
        .write(&scope, async |conn: &mut db::Conn| {
            db::invoices::lock_series(conn, provider, SERIES, month.year()).await?;
            let closed = db::closings::find(conn, provider, customer, month).await?.is_some();
            if closing && closed {
                return Err(Step::Nothing);
            }
            let seller = db::organisations::get(conn, provider).await?;
            let sale = Sale { app, actor, seller: &seller, buyer: &of.buyer, month, now };
            let mut entries = Vec::new();
            if closing {
                entries.push(sale.close(conn).await?);
            }
            let stored = sale.store(conn, documents).await?;
            entries.extend(stored.entries);
            Ok((stored.rows, record::all(entries).ok_or(Step::Nothing)?))
        })
        .await;
    match done {
        Ok(rows) => Ok(rows),
        Err(Step::Nothing) => Ok(Vec::new()),
        Err(Step::Failed(error)) => Err(error),
    }
}

/// Issues the final invoice of a booking that has ended and whose usage is complete. The same again answers with the
/// invoice that there is.
pub async fn issue_final(app: &App, actor: &Actor, booking: BookingId) -> Result<InvoiceHead, Error> {
    let own = authorize(actor, Action::IssueInvoices)?;
    let now = app.clock.now();
    let provider = actor.organisation;
    let assignments = assignments(app, provider, Which::These(&[booking.0])).await?;
    let ended = app.db.read(&own, async |conn: &mut db::Conn| ended(conn, &own, booking, now).await).await;
    let of = ended.map_err(as_final)?;
    let scope = authorize_sale(actor, Action::IssueInvoices, of.customer)?;
    let done = app
        .db
        .write(&scope, async |conn: &mut db::Conn| {
            db::invoices::lock_series(conn, provider, SERIES, of.month.year()).await?;
            if db::invoices::find_final(conn, &scope, booking.0).await?.is_some() {
                return Err(Step::Nothing);
            }
            let marks = db::months::list_watermarks(conn, provider, &of.month.period()).await?;
            if let Some(missing) = of.missing(&marks) {
                return Err(refusal(&[missing]).into());
            }
            let until = HashMap::new();
            let view = View { month: of.month, assignments: &assignments, until: &until, then: None };
            let seller = db::organisations::get(conn, provider).await?;
            let buyer = db::organisations::get(conn, of.customer).await?;
            let prepared = drafts::load_final(conn, &seller, &buyer, booking, &view, now).await?;
            let sale = Sale { app, actor, seller: &seller, buyer: &buyer, month: of.month, now };
            let stored = sale.store(conn, prepared.into_iter().map(|one| (one, None)).collect()).await?;
            Ok(((), record::all(stored.entries).ok_or(Step::Nothing)?))
        })
        .await;
    match done {
        Ok(()) | Err(Step::Nothing) => {}
        Err(Step::Failed(error)) => return Err(as_final(error)),
    }
    let found = app
        .db
        .read(&own, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::invoices::find_final(conn, &own, booking.0).await?)
        })
        .await?;
    found.ok_or(Error::NotFound)
}

/// The same reasons, said about a final invoice.
fn as_final(error: Error) -> Error {
    match error {
        Error::Refused(refusal) => {
            let never = ["month-nothing-owed", "month-price-free"];
            let nothing = refusal.findings.iter().any(|finding| never.contains(&finding.code.as_str()));
            let code = if nothing { "final-nothing-owed" } else { "final-open" };
            Refusal { code: code.to_owned(), ..refusal }.into()
        }
        other => other,
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
            let mut all = Vec::new();
            for buyer in buyers {
                let assignments = assigned.remove(&buyer).unwrap_or_default();
                let view = View { month, assignments: &assignments, until: &until, then: None };
                all.push(drafts::load(conn, &seller, buyer, &view, now).await?);
            }
            let issued: Vec<Uuid> = all.iter().flat_map(|buyer| &buyer.issued).map(|head| head.id).collect();
            let counts = db::charges::count_of(conn, provider, &issued).await?;
            let mut obstacles = of_the_month(&marks, month, now);
            obstacles.extend(all.iter().flat_map(|buyer| buyer.obstacles.iter().cloned()));
            let open = all.iter().filter(|buyer| buyer.closed_at.is_none()).count();
            let state = state((all.len(), open), obstacles.is_empty());
            Ok(MonthPicture { month, state, watermarks: marks, buyers: all, obstacles, counts, as_of: now })
        })
        .await
}

/// How far a month is: of all customers, for how many it is open, and whether nothing is missing. What came in late does not
/// reopen what was closed.
fn state((all, open): (usize, usize), complete: bool) -> State {
    match (complete, open) {
        (_, 0) if all > 0 => State::Issued,
        (false, _) => State::Open,
        (true, 0) => State::Issued,
        (true, open) if open < all => State::Rated,
        (true, _) => State::Complete,
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
/// What people fulfil is complete at any time, and counts until now.
fn incomplete(marks: &[WatermarkRow], month: Month, now: Timestamp) -> HashMap<Option<Uuid>, Timestamp> {
    let start = month.period().from();
    let rules: Vec<_> = marks.iter().map(WatermarkRow::to_mark).collect();
    let waiting = waiting_for(month, &rules).into_iter();
    let last_midnight = |mark: Timestamp| midnight(berlin_day(mark.min(now))).max(start);
    let by_people = std::iter::once((None, Timestamp::from_second(now.as_second()).unwrap_or(now)));
    waiting
        .map(|(location, mark)| (Some(location.0), mark.map_or(start, last_midnight)))
        .chain(by_people)
        .collect()
}

fn reject(obstacles: &[Obstacle]) -> Result<(), Error> {
    if obstacles.is_empty() { Ok(()) } else { Err(refusal(obstacles)) }
}

fn refusal(obstacles: &[Obstacle]) -> Error {
    let findings = obstacles.iter().map(Obstacle::to_finding).collect();
    Refusal { findings, ..Refusal::new("month-open") }.into()
}

/// Account assignments of a provider's bookings, read in the name of the product: they belong to the customer and go onto
/// the customer's invoice.
async fn assignments(
    app: &App,
    provider: OrganisationId,
    which: Which<'_>,
) -> Result<HashMap<Uuid, History<PrintedRow>>, Error> {
    let scope = Scope::system("an invoice prints its customer's account assignment");
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let bookings = db::months::list_bookings(conn, provider, which).await?;
            let ids: Vec<BookingId> = bookings.iter().map(|row| BookingId(row.booking.id)).collect();
            Ok::<_, Error>(db::assignments::list_printed(conn, provider, &ids).await?)
        })
        .await
}

/// A booking that has ended.
struct Ended {
    month: Month,
    end: Timestamp,
    /// None where people fulfil it.
    location: Option<Uuid>,
    /// Whether nothing is left, or the end was confirmed.
    gone: bool,
    customer: OrganisationId,
}

impl Ended {
    /// What is missing of its last month: the words of its location, or the confirmation of its end.
    fn missing(&self, marks: &[WatermarkRow]) -> Option<Obstacle> {
        let Some(location) = self.location else {
            return (!self.gone).then(|| Obstacle::new("end-unconfirmed"));
        };
        let mark = marks.iter().find(|mark| mark.location_id == location);
        if final_possible(self.end, mark.and_then(|mark| mark.to_mark().1)) {
            return None;
        }
        Some(mark.map_or_else(|| Obstacle::new("watermark"), Obstacle::of_location))
    }
}

/// Refused while the booking has not ended.
async fn ended(
    conn: &mut db::Conn,
    scope: &Scope,
    booking: BookingId,
    now: Timestamp,
) -> Result<Ended, Error> {
    let row = db::bookings::get(conn, scope, booking).await?;
    let provider = OrganisationId(row.provider_id);
    if !scope.organisations().contains(&provider) {
        return Err(Error::NotFound);
    }
    let rows = db::months::list_bookings(conn, provider, Which::These(&[booking.0])).await?;
    let found = rows.first().ok_or(Error::NotFound)?;
    let end = picture::Span::of(found, &[], []).end.filter(|end| *end <= now);
    let end = end.ok_or_else(|| refusal(&[Obstacle::of_booking(found, "not-ended")]))?;
    // The last second decides: what ends at midnight belongs to the month before.
    let month = Month::of(end - SignedDuration::from_secs(1));
    let gone = found.gone_at.is_some();
    Ok(Ended { month, end, location: row.location_id, gone, customer: OrganisationId(row.organisation_id) })
}
