//! Access data in custody: what was seen once is changed before it is shown again. A change needs nobody's approval; everybody
//! who answers for the booking is told, and its page tells who saw and changed what when.

use crate::app::App;
use crate::http::views::text::Text;
use crate::ports::secrets::new_id;
use crate::usecases::notify::{self, Recipient};
use crate::usecases::reveals::{others, usable};
use crate::usecases::{Error, Refusal, record};
use anyhow::anyhow;
use contract::{Kind, Restored, RotationOutcome};
use db::bookings::BookingRow;
use db::rotations::RotationRow;
use domain::access::{self, Known, Refused};
use domain::ids::{BookingId, OrganisationId, PersonId, RotationId};
use domain::policy::{Action, Actor, OperatorIdentity, Scope, authorize};
use domain::stall::{BROKER, ROTATION_OVER};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

const BATCH: i64 = 50;
/// Code of an order that nobody carried out in time.
const EXPIRED: &str = "expired";

/// What happened to the access data of a booking.
#[derive(Debug, Clone, Default)]
pub(super) struct Custody {
    /// When and to whom they were shown, the oldest first.
    pub(super) shown: Vec<(Timestamp, Uuid)>,
    /// Orders to change them, the oldest first.
    pub(super) rotations: Vec<RotationRow>,
    /// The restore that took over last.
    pub(super) restored: Option<Restored>,
}

impl Custody {
    /// Of a booking of the scope.
    pub(super) async fn of(conn: &mut db::Conn, scope: &Scope, id: BookingId) -> Result<Self, Error> {
        let shown = db::rotations::list_shown(conn, scope, id).await?;
        let seen = db::observations::find(conn, scope, id).await?;
        let seen = seen.as_ref().map(|seen| seen.to_known()).transpose()?;
        Ok(Self {
            restored: seen.and_then(|seen| seen.restored),
            shown: shown.into_iter().map(|(at, person)| (at.to_jiff(), person)).collect(),
            rotations: db::rotations::list(conn, scope, id).await?,
        })
    }

    /// Everybody who saw or changed them.
    pub(super) fn people(&self) -> impl Iterator<Item = Uuid> {
        self.shown.iter().map(|(_, person)| *person).chain(self.rotations.iter().map(|row| row.person_id))
    }

    /// The order that is under way.
    pub(super) fn open(&self) -> Option<&RotationRow> {
        self.rotations.iter().find(|row| row.done_at.is_none() && row.failed_at.is_none())
    }

    /// As the rules know it.
    pub(super) fn known(&self, row: &BookingRow) -> Result<Known, Error> {
        let kind = Kind::from_code(&row.kind)
            .ok_or_else(|| Error::Internal(anyhow!("unknown kind {}", row.kind)))?;
        let changed = self.rotations.iter().filter_map(|row| row.done_at).map(|at| at.to_jiff()).max();
        Ok(Known {
            rotation: kind.rotation(),
            shown: self.shown.last().map(|(at, person)| (*at, PersonId(*person))),
            // An earlier state of the data has access data of its own.
            changed: changed.max(self.restored.map(|restored| restored.at)),
            changing: self.open().is_some(),
        })
    }
}

/// Says in words why access data are not shown or not changed.
pub(super) async fn refusal(conn: &mut db::Conn, scope: &Scope, refused: Refused) -> Result<Error, Error> {
    let refusal = Refusal::new(match refused {
        Refused::Seen { .. } => "reveal-seen",
        Refused::Changing => "reveal-changing",
        Refused::NotPossible => "rotation-not-possible",
    });
    let Refused::Seen { at, by } = refused else { return Ok(refusal.into()) };
    let who = db::people::get(conn, scope, by).await?;
    Ok(refusal.with("name", who.name).with("shown_at", at).into())
}

/// How a transaction can end without an order.
enum Ended {
    Error(Error),
    /// One is under way, which is as good.
    UnderWay,
}

impl From<db::Error> for Ended {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Taken(name) if name == "access_rotations_open" => Self::UnderWay,
            other => Self::Error(other.into()),
        }
    }
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Has the access data of an own booking changed. Asked twice, they are changed once.
pub async fn order(app: &App, actor: &Actor, booking: BookingId) -> Result<(), Error> {
    let scope = authorize(actor, Action::RotateAccess)?;
    let now = app.clock.now();
    let done = app
        .db
        .write(&scope, async |conn: &mut db::Conn| {
            let row = db::bookings::lock(conn, &scope, booking).await?;
            let seen = db::observations::find(conn, &scope, booking).await?;
            let known = Custody::of(conn, &scope, booking).await?.known(&row)?;
            if let Err(refused) = access::change(&known) {
                return Err(refusal(conn, &scope, refused).await?.into());
            }
            let location = row.location_id.filter(|_| usable(&row, seen.as_ref(), now));
            let Some(location) = location else {
                return Err(Error::from(Refusal::new("reveal-not-ready")).into());
            };
            if known.changing {
                return Err(Ended::UnderWay);
            }
            let order = RotationRow {
                id: new_id(),
                booking_id: row.id,
                organisation_id: row.organisation_id,
                provider_id: row.provider_id,
                location_id: location,
                person_id: actor.person.0,
                requested_at: now.into(),
                done_at: None,
                failed_at: None,
                code: None,
            };
            db::rotations::insert(conn, &order).await?;
            for recipient in others(conn, &scope, actor, &row, now).await? {
                let text = Text::new("access-changing")
                    .with("title", &row.name)
                    .with("number", &row.number)
                    .with("name", &actor.name)
                    .with("requested_at", now);
                notify::mail(conn, app, &recipient, text, &format!("/bookings/{}", row.id), now).await?;
            }
            let detail = json!({"event": "ordered", "rotation": order.id});
            let subject = format!("booking:{booking}");
            Ok::<_, Ended>(((), record::by_person(actor, Action::RotateAccess, subject, detail, now)))
        })
        .await;
    match done {
        Ok(()) | Err(Ended::UnderWay) => Ok(()),
        Err(Ended::Error(error)) => Err(error),
    }
}

/// Takes the operator's answer; a repeated one changes nothing. Who ordered the change is told.
pub async fn answered(
    app: &App,
    who: &OperatorIdentity,
    id: RotationId,
    said: RotationOutcome,
) -> Result<(), Error> {
    let scope = Scope::system("the provider's operator answers what a customer ordered");
    let now = app.clock.now();
    let code = match said {
        RotationOutcome::Done => None,
        RotationOutcome::Unavailable { code } => Some(code.chars().take(50).collect::<String>()),
    };
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            let row = db::rotations::lock_ordered(conn, who, id).await?;
            // An answer that comes too late still says what is so: there are others.
            let late = row.code.as_deref() == Some(EXPIRED) && code.is_none();
            let open = row.done_at.is_none() && (row.failed_at.is_none() || late);
            if open {
                db::rotations::update_answered(conn, id, code.as_deref(), now).await?;
                tell(conn, app, &row, code.is_some(), now).await?;
            }
            let detail = json!({"event": if code.is_none() { "changed" } else { "failed" }, "rotation": id,
                "code": code, "repeated": !open});
            let subject = format!("booking:{}", row.booking_id);
            Ok::<_, Error>(((), record::by_operator(who, "booking.rotate", subject, detail, now)))
        })
        .await
}

/// One pass of the sweep: an order that nobody has carried out for so long is over, so that it holds up nothing. Who ordered it
/// is told. Returns how many there were.
pub async fn expire(app: &App) -> Result<usize, Error> {
    let scope = Scope::system("orders to change access data grow old in every organisation");
    let now = app.clock.now();
    let due = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::rotations::list_overdue(conn, now - ROTATION_OVER, now - BROKER, BATCH).await?)
        })
        .await?;
    for id in &due {
        app.db
            .write(&scope, async |conn: &mut db::Conn| {
                let row = db::rotations::lock(conn, *id).await?;
                let open = row.done_at.is_none() && row.failed_at.is_none();
                if open {
                    db::rotations::update_answered(conn, *id, Some(EXPIRED), now).await?;
                    tell(conn, app, &row, true, now).await?;
                }
                let detail = json!({"event": "expired", "rotation": row.id, "repeated": !open});
                let customer = OrganisationId(row.organisation_id);
                let subject = format!("booking:{}", row.booking_id);
                let entry = record::by_system(customer, "expire", "booking.rotate", subject, detail, now);
                Ok::<_, Error>(((), entry))
            })
            .await?;
    }
    Ok(due.len())
}

async fn tell(
    conn: &mut db::Conn,
    app: &App,
    row: &RotationRow,
    failed: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(person) = db::people::find_active(conn, PersonId(row.person_id)).await? else { return Ok(()) };
    let booking = db::bookings::lock_named(conn, BookingId(row.booking_id)).await?;
    let to = Recipient {
        organisation: OrganisationId(person.organisation_id),
        email: person.email,
        language: person.language,
    };
    let text = Text::new(if failed { "access-not-changed" } else { "access-changed" })
        .with("title", &booking.name)
        .with("number", &booking.number);
    Ok(notify::mail(conn, app, &to, text, &format!("/bookings/{}#access", booking.id), now).await?)
}
