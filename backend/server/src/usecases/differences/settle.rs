//! What people decide about a difference. A decision reaches the location as an ordinary wanted state.

use super::{known, obeyed, scope_of, tell};
use crate::app::App;
use crate::usecases::{Error, Refusal, bookings, record};
use contract::DifferenceKind;
use db::bookings::{RestoreChange, WantedChange};
use db::differences::DifferenceRow;
use domain::difference::{self, Answer, REASON_MAX, Refused};
use domain::ids::{BookingId, DifferenceId, LocationId, OrganisationId};
use domain::order::Finding;
use domain::policy::{Action, Actor, Scope};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerDifference {
    /// `take-down`, `marketplace-counts` or `provision-anew`; a difference names those that fit.
    #[schema(value_type = String, example = "take-down")]
    pub answer: Answer,
    /// Why; whoever has to agree and the auditor read it.
    pub reason: String,
}

fn system() -> Scope {
    Scope::system("what is decided about a difference concerns provider, customer and marketplace")
}

/// Decides. What ends a booking takes effect only once somebody else has agreed.
pub async fn answer(app: &App, actor: &Actor, id: DifferenceId, cmd: &AnswerDifference) -> Result<(), Error> {
    let own = scope_of(app, actor, Action::SettleDifference).await?;
    let now = app.clock.now();
    app.db
        .write(&system(), async |conn: &mut db::Conn| {
            let Locked { row, of, name } = lock(conn, &own, id).await?;
            difference::answer(&of, cmd.answer, &cmd.reason).map_err(refusal)?;
            let answered = (cmd.answer.code(), cmd.reason.trim());
            db::differences::update_answered(conn, id, answered, actor.person, now).await?;
            if cmd.answer == Answer::MarketplaceCounts {
                outrank(conn, &row).await?;
            }
            let code = if cmd.answer.needs_second() { "difference-proposed" } else { "difference-decided" };
            tell::decided(conn, app, &row, (code, &name), now).await?;
            let detail = json!({
                "event": "answered", "difference": id, "kind": row.kind, "answer": cmd.answer.code(),
                "reason": cmd.reason.trim(),
            });
            Ok::<_, Error>(((), remember(actor, &row, detail, now)))
        })
        .await
}

/// Agrees with what somebody else decided.
pub async fn confirm(app: &App, actor: &Actor, id: DifferenceId) -> Result<(), Error> {
    let own = scope_of(app, actor, Action::SettleDifference).await?;
    let now = app.clock.now();
    app.db
        .write(&system(), async |conn: &mut db::Conn| {
            let Locked { row, of, name } = lock(conn, &own, id).await?;
            difference::confirm(&of, actor.person).map_err(refusal)?;
            if of.kind == DifferenceKind::Unlisted {
                refuse_ordered(conn, &row).await?;
            }
            db::differences::update_confirmed(conn, id, actor.person, now).await?;
            if of.kind == DifferenceKind::Newer {
                end(conn, &row, now).await?;
            }
            tell::decided(conn, app, &row, ("difference-ended", &name), now).await?;
            let detail =
                json!({"event": "confirmed", "difference": id, "kind": row.kind, "answer": row.answer});
            Ok::<_, Error>(((), remember(actor, &row, detail, now)))
        })
        .await
}

/// A difference that somebody decides about.
struct Locked {
    row: DifferenceRow,
    of: difference::Known,
    /// Name of the booking; title of the offering where the marketplace lost it.
    name: String,
}

/// The row, locked, if it is one of theirs; with what the rules need to know of it.
async fn lock(conn: &mut db::Conn, own: &Scope, id: DifferenceId) -> Result<Locked, Error> {
    let row = db::differences::lock_named(conn, id).await?;
    let theirs = own.organisations().iter().any(|organisation| organisation.0 == row.provider_id);
    if !own.is_system() && !theirs {
        return Err(Error::NotFound);
    }
    let booked = db::differences::find_booked(conn, BookingId(row.booking_id)).await?;
    let of = known(&row, booked.as_ref().is_some_and(|booked| booked.wanted == "absent"))?;
    let name = booked.map(|booked| booked.name).or(obeyed(&row).map(|obeyed| obeyed.title));
    Ok(Locked { name: name.unwrap_or_else(|| row.booking_id.to_string()), row, of })
}

/// What the marketplace knows counts: its wish rises above the one that the location obeys. A restore that it forgot happened
/// all the same; only the location knows its number.
async fn outrank(conn: &mut db::Conn, row: &DifferenceRow) -> Result<(), Error> {
    let booking = db::bookings::lock_named(conn, BookingId(row.booking_id)).await?;
    let obeyed = obeyed(row).ok_or(Error::NotFound)?;
    let restore = domain::restore::carried(bookings::last_restore(&booking)?, &obeyed);
    let change = RestoreChange {
        generation: booking.generation.max(obeyed.generation) + 1,
        revision: db::bookings::lock_revision(conn, LocationId(row.location_id)).await?,
        restore: bookings::stored(restore)?,
    };
    Ok(db::bookings::update_restore(conn, BookingId(booking.id), &change).await?)
}

/// Nothing is ended while the customer takes it over: somebody has to refuse the order first.
async fn refuse_ordered(conn: &mut db::Conn, row: &DifferenceRow) -> Result<(), Error> {
    db::differences::lock_take_over(conn, DifferenceId(row.id)).await?;
    match db::differences::is_ordered(conn, BookingId(row.booking_id)).await? {
        true => Err(Refusal::new("difference-ordered").into()),
        false => Ok(()),
    }
}

/// The end that the location obeys and the marketplace forgot counts here, too: from when it was reported.
async fn end(conn: &mut db::Conn, row: &DifferenceRow, now: Timestamp) -> Result<(), Error> {
    let booking = db::bookings::lock_named(conn, BookingId(row.booking_id)).await?;
    let obeyed = obeyed(row).ok_or(Error::NotFound)?;
    let began = booking.created_at.to_jiff();
    let ends_at = row.gone_at.unwrap_or(row.first_at).to_jiff().max(began);
    let change = WantedChange {
        generation: booking.generation.max(obeyed.generation) + 1,
        revision: db::bookings::lock_revision(conn, LocationId(row.location_id)).await?,
        wanted: "absent".to_owned(),
        power: booking.power.clone(),
        ends_at: Some(ends_at.into()),
        deletes_at: None,
    };
    db::bookings::update_wanted(conn, BookingId(booking.id), &change).await?;
    let detail = json!({"difference": row.id, "ends_at": ends_at});
    let ended = bookings::event(&booking, "end-ordered", detail, now, now);
    Ok(db::bookings::append_events(conn, &[ended]).await?)
}

/// In the audit of whoever decided and of the provider; also of the customer, if the booking is one of the marketplace's.
fn remember(actor: &Actor, row: &DifferenceRow, detail: Value, now: Timestamp) -> db::Remembered {
    let action = Action::SettleDifference;
    let subject = format!("booking:{}", row.booking_id);
    let mut remembered = record::by_person(actor, action, &subject, detail.clone(), now);
    let others = [Some(row.provider_id), row.organisation_id];
    for other in others.into_iter().flatten().filter(|other| *other != actor.organisation.0) {
        let entry = record::by_partner(
            OrganisationId(other),
            actor.organisation,
            action.code(),
            &subject,
            detail.clone(),
            now,
        );
        remembered = remembered.and(entry);
    }
    remembered
}

fn refusal(refused: Refused) -> Error {
    match refused {
        Refused::ReasonMissing | Refused::ReasonTooLong => {
            let finding = Finding::new("/reason", &refused.to_string()).with("max", REASON_MAX);
            Refusal::fields(vec![finding]).into()
        }
        other => Refusal::new(&other.to_string()).into(),
    }
}
