//! The life of a restore after its approval: what the location is told, and when what was replaced goes.

use super::load::load;
use super::{event, next_revision};
use crate::app::App;
use crate::http::views::restore::{Replaced, RestoreView};
use crate::usecases::{Error, Refusal, record};
use contract::{Recoverable, Restore, Restored};
use db::bookings::{BookingRow, RestoreChange};
use db::orders::OrderRow;
use domain::ids::{BookingId, OrganisationId};
use domain::money::Money;
use domain::policy::{Action, Actor, Scope, authorize};
use domain::restore::{KEPT_DAYS, Ordered, kept_until, window};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const BATCH: i64 = 50;

/// The last restore of a booking that was approved.
pub fn last_restore(row: &BookingRow) -> Result<Option<Ordered>, Error> {
    let read = |stored: &Value| serde_json::from_value(stored.clone());
    row.restore.as_ref().map(read).transpose().map_err(|error| Error::Internal(error.into()))
}

/// The same as it is stored.
pub fn stored(ordered: Option<Ordered>) -> Result<Option<Value>, Error> {
    ordered.map(serde_json::to_value).transpose().map_err(|error| Error::Internal(error.into()))
}

/// The location shall bring the earlier state back. Called inside the transaction of the approval; `row` is locked.
pub async fn go_back(
    conn: &mut db::Conn,
    row: &BookingRow,
    order: &OrderRow,
    wish: Restore,
    now: Timestamp,
) -> Result<(), Error> {
    let ordered = Ordered { wish, generation: row.generation + 1 };
    tell(conn, row, &ordered).await?;
    let detail = json!({"order": order.number, "at": wish.at, "number": wish.number});
    let ordered = event(row, "restore-ordered", detail, now, now);
    Ok(db::bookings::append_events(conn, &[ordered]).await?)
}

/// Stores the wish and moves the booking on.
async fn tell(conn: &mut db::Conn, row: &BookingRow, ordered: &Ordered) -> Result<(), Error> {
    let change = RestoreChange {
        generation: row.generation + 1,
        revision: next_revision(conn, row.location_id, row.revision).await?,
        restore: stored(Some(*ordered))?,
    };
    Ok(db::bookings::update_restore(conn, BookingId(row.id), &change).await?)
}

/// The customer's word that what was replaced may go. Refuses where nothing is kept, and before the earlier state serves.
pub async fn drop_replaced(app: &App, actor: &Actor, id: BookingId) -> Result<(), Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    let now = app.clock.now();
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            let row = db::bookings::lock(conn, &scope, id).await?;
            let private = db::bookings::find_customer_private(conn, &scope, id).await?;
            private.ok_or(Error::NotFound)?;
            let known = db::observations::find(conn, &scope, id).await?;
            let known = known.as_ref().map(|known| known.to_known()).transpose()?;
            let restored = known.and_then(|known| known.restored);
            let ordered = last_restore(&row)?.filter(|ordered| kept_until(ordered, restored).is_some());
            let Some(ordered) = ordered else {
                return Err(Error::from(Refusal::new("restore-nothing-kept")));
            };
            let detail = let_go(conn, &row, ordered, now).await?;
            let subject = format!("booking:{id}");
            Ok::<_, Error>(((), record::by_person(actor, Action::PlaceOrder, subject, detail, now)))
        })
        .await
}

async fn let_go(
    conn: &mut db::Conn,
    row: &BookingRow,
    mut ordered: Ordered,
    now: Timestamp,
) -> Result<Value, Error> {
    ordered.wish.keep_before = false;
    tell(conn, row, &ordered).await?;
    let detail = json!({"number": ordered.wish.number});
    let dropped = event(row, "replaced-dropped", detail.clone(), now, now);
    db::bookings::append_events(conn, &[dropped]).await?;
    Ok(json!({"event": "replaced-dropped", "restore": detail}))
}

/// One pass of the sweep: what was replaced long enough ago goes. Returns how many bookings it was.
pub async fn drop_due(app: &App) -> Result<usize, Error> {
    let scope = Scope::system("what was replaced is kept for the same time in every organisation");
    let now = app.clock.now();
    let since = now - SignedDuration::from_hours(24 * i64::from(KEPT_DAYS));
    let due = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::bookings::list_replaced(conn, since, BATCH).await?)
        })
        .await?;
    for id in &due {
        app.db
            .write(&scope, async |conn: &mut db::Conn| {
                let row = db::bookings::lock_named(conn, *id).await?;
                let known = db::observations::find_named(conn, *id).await?;
                let known = known.as_ref().map(|known| known.to_known()).transpose()?;
                let restored = known.and_then(|known| known.restored);
                // Meanwhile the customer may have let it go and ordered another restore, which counts anew.
                let long_ago =
                    |ordered: &Ordered| kept_until(ordered, restored).is_some_and(|until| until <= now);
                let kept = last_restore(&row)?.filter(long_ago);
                let detail = match kept {
                    Some(ordered) => let_go(conn, &row, ordered, now).await?,
                    None => json!({"event": "nothing-kept"}),
                };
                let customer = OrganisationId(row.organisation_id);
                let subject = format!("booking:{id}");
                let entry =
                    record::by_system(customer, "drop_replaced", "booking.restore", subject, detail, now);
                Ok::<_, Error>(((), entry))
            })
            .await?;
    }
    Ok(due.len())
}

/// What was replaced by the last restore, as long as it is kept.
pub(super) fn replaced(
    row: &BookingRow,
    restored: Option<Restored>,
    may: bool,
) -> Result<Option<Replaced>, Error> {
    let ordered = last_restore(row)?;
    let until = ordered.as_ref().and_then(|ordered| kept_until(ordered, restored));
    Ok(ordered.zip(until).map(|(ordered, until)| Replaced {
        state_of: ordered.wish.at.into(),
        until: until.into(),
        may_drop: may,
    }))
}

/// What the form shows. `NotFound` for whoever did not book it, and where nothing can be restored.
pub async fn show_restore(app: &App, actor: &Actor, id: BookingId) -> Result<RestoreView, Error> {
    let scope = authorize(actor, Action::PlaceOrder)?;
    let now = app.clock.now();
    let of = load(app, actor, &scope, id).await?;
    let seen: Recoverable = of.recoverable.filter(|_| of.private.is_some()).ok_or(Error::NotFound)?;
    let approvers = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            crate::usecases::offerings::approvers(conn, actor, &scope, Money::ZERO, now).await
        })
        .await?;
    let (since, until) = window(&seen, now);
    Ok(RestoreView {
        booking: of.row.id,
        number: of.row.number.clone(),
        name: of.row.name.clone(),
        since: since.into(),
        until: until.into(),
        kept_days: u32::try_from(KEPT_DAYS).unwrap_or_default(),
        approvers: approvers.into_iter().map(|person| person.name).collect(),
    })
}
