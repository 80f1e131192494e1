//! Tasks: what people do for bookings that no operator fulfils, and beside an operator what their offering lists. They are
//! planned when a booking begins (`begin`) and, without an operator, when it ends (`sweep`), closed by the side that owns
//! them (`close`), and the two that matter for money are a statement of the provider and the answer of the customer
//! (`statements`). `access` seals access data that somebody enters, `counts` takes what the provider counted, `list` and `show`
//! are what people see, `tell` is who gets which mail.
//!
//! Everything about one booking happens under the lock of all its tasks. What one side does stands in the audit of both.

mod access;
mod begin;
mod close;
pub mod counts;
mod decide;
mod list;
mod show;
mod statements;
mod sweep;
mod tell;

pub use access::{EnterAccess, Sealed, enter, enter_sealed};
pub(super) use begin::{ask_access, begin};
pub use close::{CloseTask, Outcome, close};
pub use list::{TaskQuery, list, open_tasks};
pub use show::show;
pub(super) use show::{Names, of_booking};
pub use statements::{Answer, AnswerStatement, StateDay, answer, state, typed_day};
pub use sweep::sweep;

use crate::app::App;
use crate::http::views::text::Text;
use crate::usecases::{Error, Refusal, bookings, record};
use db::Remembered;
use db::bookings::BookingRow;
use db::observations::{ObservationRow, ObservedBooking};
use db::tasks::{TaskChange, TaskRow};
use domain::agent::Known as Observed;
use domain::ids::{BookingId, OrganisationId, TaskId};
use domain::order::Finding;
use domain::policy::{Action, Actor, Role, Scope, authorize, authorize_deal};
use domain::task::{KNOWN, Known, Refused, Side};
use jiff::Timestamp;
use serde_json::Value;

/// A booking that people do something for, as somebody of one of its two sides acts on it.
struct Deal {
    row: BookingRow,
    side: Side,
    /// Reaches the rows of both sides.
    scope: Scope,
}

impl Deal {
    /// Finds the booking; refuses whoever holds no role for it on the own side.
    async fn find(app: &App, actor: &Actor, action: Action, id: BookingId) -> Result<Self, Error> {
        let own = authorize(actor, action)?;
        let row =
            app.db.read(&own, async |conn: &mut db::Conn| db::bookings::get(conn, &own, id).await).await?;
        let side = side_of(actor, &row);
        let roles: &[Role] = match side {
            Side::Provider => &[Role::Fulfils],
            Side::Customer => &[Role::Orders, Role::It],
        };
        if !roles.iter().any(|role| actor.holds(*role)) {
            return Err(Error::NotFound);
        }
        let partner = match side {
            Side::Provider => row.organisation_id,
            Side::Customer => row.provider_id,
        };
        let scope = authorize_deal(actor, action, OrganisationId(partner))?;
        Ok(Self { row, side, scope })
    }

    /// The same, for what only one side does, whatever roles somebody of the other one has.
    fn of(self, side: Side) -> Result<Self, Error> {
        if self.side == side { Ok(self) } else { Err(Error::NotFound) }
    }

    /// The same, for what an operator does elsewhere.
    fn by_people(self) -> Result<Self, Error> {
        if bookings::by_people(&self.row) { Ok(self) } else { Err(Error::NotFound) }
    }

    fn partner(&self) -> OrganisationId {
        OrganisationId(match self.side {
            Side::Provider => self.row.organisation_id,
            Side::Customer => self.row.provider_id,
        })
    }

    /// What was done, in the audit of both sides.
    fn remember(&self, actor: &Actor, action: Action, detail: Value, now: Timestamp) -> Remembered {
        let subject = format!("booking:{}", self.row.id);
        let theirs = record::by_partner(
            self.partner(),
            actor.organisation,
            action.code(),
            &subject,
            detail.clone(),
            now,
        );
        record::by_person(actor, action, &subject, detail, now).and(theirs)
    }
}

/// On which side of a booking a person stands.
fn side_of(actor: &Actor, row: &BookingRow) -> Side {
    if row.organisation_id == actor.organisation.0 { Side::Customer } else { Side::Provider }
}

/// All tasks of a booking, locked, as rows and as the rules know them.
struct Locked {
    rows: Vec<TaskRow>,
    known: Vec<Known>,
}

impl Locked {
    async fn of(conn: &mut db::Conn, booking: BookingId) -> Result<Self, Error> {
        let rows = db::tasks::lock_of_booking(conn, booking).await?;
        let known = rows.iter().map(TaskRow::to_known).collect::<Result<_, _>>()?;
        Ok(Self { rows, known })
    }

    fn get(&self, id: TaskId) -> Result<(&TaskRow, &Known), Error> {
        let found = self.rows.iter().zip(&self.known).find(|(row, _)| row.id == id.0);
        found.ok_or(Error::NotFound)
    }

    fn step(&self, step: &str) -> Result<&TaskRow, Error> {
        self.rows.iter().find(|row| row.step == step).ok_or(Error::NotFound)
    }
}

/// A task closed by a person.
fn closed(row: &TaskRow, state: domain::task::State, by: Option<&Actor>, now: Timestamp) -> TaskChange {
    TaskChange {
        state: state.code().to_owned(),
        closed_by: by.map(|actor| actor.person.0),
        closed_at: Some(now.into()),
        ..TaskChange::of(row)
    }
}

/// Closes whatever is still open of a booking that is over.
async fn close_rest(
    conn: &mut db::Conn,
    rows: &[TaskRow],
    spare: &[&str],
    now: Timestamp,
) -> Result<(), Error> {
    for row in rows.iter().filter(|row| row.state == "open" && !spare.contains(&row.step.as_str())) {
        let over = TaskChange {
            // A code, put into words where it is shown.
            reason: Some(ENDED.to_owned()),
            ..closed(row, domain::task::State::NotNeeded, None, now)
        };
        db::tasks::update(conn, TaskId(row.id), &over).await?;
    }
    Ok(())
}

/// Reason of a task that the end of its booking made needless.
const ENDED: &str = "booking-ended";
/// Reason of a task to enter access data once more: somebody saw the former ones.
const AGAIN: &str = "access-again";
/// Reason of a display of access data that nobody answered in time.
const EXPIRED: &str = "access-expired";

/// What is known of a booking from people, taken down as an operator's word would be.
async fn observe(
    conn: &mut db::Conn,
    row: &BookingRow,
    before: Option<Observed>,
    change: impl FnOnce(&mut Observed),
    now: Timestamp,
) -> Result<(), Error> {
    let mut known = before.unwrap_or(Observed {
        generation: row.generation,
        conditions: Vec::new(),
        endpoints: Vec::new(),
        ready_at: None,
        in_effect: None,
        recoverable: None,
        restored: None,
        repaired_at: None,
        gone_at: None,
        observed_at: now,
    });
    known.generation = row.generation;
    known.observed_at = now;
    change(&mut known);
    let of = ObservedBooking {
        id: row.id,
        organisation_id: row.organisation_id,
        provider_id: row.provider_id,
        generation: row.generation,
        wanted: row.wanted.clone(),
    };
    Ok(db::observations::update(conn, &ObservationRow::from_known(&of, &known)?).await?)
}

/// What was known before.
async fn observed(conn: &mut db::Conn, row: &BookingRow) -> Result<Option<Observed>, Error> {
    let found = db::observations::find_named(conn, row.id.into()).await?;
    Ok(found.map(|found| found.to_known()).transpose()?)
}

/// How a task is called: by the product if it knows the step and the offering has no words of its own.
fn title(row: &TaskRow) -> Text {
    let worded = KNOWN.contains(&row.step.as_str()) || row.step == "set-up";
    if row.title.is_empty() && worded {
        Text::new(row.step.clone())
    } else {
        Text::new("own").with("title", if row.title.is_empty() { &row.step } else { &row.title })
    }
}

/// A refusal of the rules, beside its field where it has one.
fn refusal(refused: &Refused, field: &str) -> Error {
    let code = refused.code();
    let finding = Finding::new(field, code);
    let finding = match refused {
        Refused::BeforeBooking(day) | Refused::BeforeStart(day) | Refused::AfterEnd(day) => {
            finding.with("from_date", day)
        }
        Refused::InFuture => finding,
        Refused::ReasonMissing => finding,
        Refused::ReasonTooLong => finding.with("max", domain::task::REASON_MAX),
        Refused::TasksOpen(count) => return Refusal::new(code).with("n_count", count).into(),
        Refused::NotYours
        | Refused::AlreadyClosed
        | Refused::NotYet
        | Refused::AcceptFirst
        | Refused::OtherWay
        | Refused::CannotSkip
        | Refused::CannotDecline
        | Refused::StartUnanswered => return Refusal::new(code).into(),
    };
    Refusal::fields(vec![finding]).into()
}
