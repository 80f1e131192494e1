//! Differences: bookings about which a location and the marketplace do not agree since one of them was restored to an
//! earlier state. Operators report them (`report`), people look at them (`show`) and decide (`settle`); a booking that the
//! marketplace lost is also taken over by ordering it again (`take_over`). `tell` is who gets which mail.

mod report;
mod settle;
mod show;
mod take_over;
mod tell;

pub use report::{given_up, report, take_down};
pub use settle::{AnswerDifference, answer, confirm};
pub use show::{list, open};
pub(super) use take_over::{runs_at, taken_over, to_take_over};

use crate::app::App;
use crate::usecases::Error;
use contract::{Desired, DifferenceKind, Wanted};
use db::differences::DifferenceRow;
use domain::difference::{Answer, Known};
use domain::ids::PersonId;
use domain::policy::{Action, Actor, Role, Scope, authorize};
use serde::Deserialize;

/// The rows that somebody may see: those of the own organisation, all for the marketplace's own people.
async fn scope_of(app: &App, actor: &Actor, action: Action) -> Result<Scope, Error> {
    let own = authorize(actor, action)?;
    if !actor.holds(Role::Operates) {
        return Ok(own);
    }
    let organisation = app
        .db
        .read(&own, async |conn: &mut db::Conn| db::organisations::get(conn, actor.organisation).await)
        .await?;
    Ok(if organisation.kind == "marketplace" {
        Scope::system("the marketplace watches over what no provider and no customer sees alone")
    } else {
        own
    })
}

/// The wanted state that a location obeys, where this version understands it.
fn obeyed(row: &DifferenceRow) -> Option<Desired> {
    row.desired.as_ref().and_then(|desired| Desired::deserialize(desired).ok())
}

/// A row as the rules know it. `ended` tells whether the marketplace's own booking is not wanted any more.
fn known(row: &DifferenceRow, ended: bool) -> Result<Known, Error> {
    let broken = || Error::Internal(anyhow::anyhow!("difference {}", row.id));
    let answered = match (&row.answer, row.answered_by) {
        (Some(answer), Some(by)) => Some((Answer::from_code(answer).ok_or_else(broken)?, PersonId(by))),
        _ => None,
    };
    let gone = row.gone_at.map(|_at| Wanted::Absent);
    Ok(Known {
        kind: DifferenceKind::from_code(&row.kind).ok_or_else(broken)?,
        obeys: gone.or(obeyed(row).map(|desired| desired.wanted)),
        ended,
        answered,
        confirmed: row.confirmed_at.is_some(),
        closed: row.closed_at.is_some(),
    })
}
