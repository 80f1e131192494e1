//! Platform people announce maintenance of a location, shorten it or withdraw it. Nothing of it is ever edited.

use super::{Said, windows};
use crate::app::App;
use crate::http::views::availability::MaintenanceListView;
use crate::ports::secrets::new_id;
use crate::usecases::{Error, Refusal, record};
use db::availability::NoticeRow;
use domain::availability::{self as rules, WindowRefused};
use domain::ids::LocationId;
use domain::order::Finding;
use domain::policy::{Action, Actor, Scope, authorize};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest reason in characters.
const REASON_MAX: usize = 500;
/// Windows that ended longer ago are not listed.
const SHOWN: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Maintenance to announce.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Announce {
    /// First moment.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// The moment from which it is over.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// What is done and what customers notice of it.
    pub reason: String,
}

/// A shorter window; the moments that are missing stay.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Shorten {
    /// A later first moment.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    /// An earlier end.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
}

/// Announces maintenance of a location. Whether it counts as agreed follows from the lead that each booking was promised.
pub async fn announce(app: &App, actor: &Actor, location: LocationId, cmd: &Announce) -> Result<Uuid, Error> {
    let scope = authorize(actor, Action::ManageLocations)?;
    let now = app.clock.now();
    let mut findings: Vec<Finding> = check_reason(&cmd.reason).into_iter().collect();
    let period = rules::announce(cmd.starts_at, cmd.ends_at, now);
    if let Err(refused) = period {
        findings.push(Finding::new(field(refused), refused.code()));
    }
    let (Ok(period), true) = (period, findings.is_empty()) else {
        return Err(Refusal::fields(findings).into());
    };
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            let stored = db::locations::get(conn, &scope, location).await?;
            let id = new_id();
            let row = NoticeRow {
                id,
                window_id: id,
                number: 1,
                provider_id: stored.provider_id,
                location_id: stored.id,
                what: "announced".to_owned(),
                starts_at: period.from().into(),
                ends_at: period.to().into(),
                reason: cmd.reason.trim().to_owned(),
                said_by: Some(actor.person.0),
                said_at: now.into(),
            };
            db::availability::insert_notice(conn, &row).await?;
            Ok::<_, Error>((id, remembered(actor, &row, now)))
        })
        .await
}

/// What is wrong with a reason.
pub fn check_reason(reason: &str) -> Option<Finding> {
    let fine = (1..=REASON_MAX).contains(&reason.trim().chars().count());
    (!fine).then(|| Finding::new("/reason", "maintenance-reason").with("max", REASON_MAX))
}

/// The input of the form that a refusal belongs to.
fn field(refused: WindowRefused) -> &'static str {
    match refused {
        WindowRefused::Past | WindowRefused::TooFar | WindowRefused::Begun | WindowRefused::Over => {
            "/starts_at"
        }
        WindowRefused::Empty | WindowRefused::TooLong | WindowRefused::NotShorter => "/ends_at",
    }
}

/// Makes announced maintenance shorter, also while it runs.
pub async fn shorten(
    app: &App,
    actor: &Actor,
    (location, window): (LocationId, Uuid),
    cmd: &Shorten,
) -> Result<(), Error> {
    say(app, actor, (location, window), "shortened", |said, now| {
        let before = said.window.period;
        let (from, to) = (cmd.starts_at.unwrap_or(before.from()), cmd.ends_at.unwrap_or(before.to()));
        rules::shorten(before, from, to, now)
    })
    .await
}

/// Withdraws maintenance that has not begun.
pub async fn withdraw(app: &App, actor: &Actor, (location, window): (LocationId, Uuid)) -> Result<(), Error> {
    say(app, actor, (location, window), "withdrawn", |said, now| {
        rules::withdraw(said.window.period, now).map(|()| said.window.period)
    })
    .await
}

/// Adds a word to a window. Two words at once: the number lets one of them through.
async fn say(
    app: &App,
    actor: &Actor,
    (location, window): (LocationId, Uuid),
    what: &str,
    decide: impl Fn(&Said, Timestamp) -> Result<domain::time::Period, WindowRefused>,
) -> Result<(), Error> {
    let scope = authorize(actor, Action::ManageLocations)?;
    let now = app.clock.now();
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            let notices = db::availability::list_of_window(conn, &scope, location, window).await?;
            let said = Said::read(notices)?;
            let last = said.last().cloned().ok_or(Error::NotFound)?;
            let decided = if said.withdrawn { Err(WindowRefused::Over) } else { decide(&said, now) };
            let period = decided.map_err(|refused| Error::from(Refusal::new(refused.code())))?;
            let row = NoticeRow {
                id: new_id(),
                number: last.number + 1,
                what: what.to_owned(),
                starts_at: period.from().into(),
                ends_at: period.to().into(),
                said_by: Some(actor.person.0),
                said_at: now.into(),
                ..last
            };
            db::availability::insert_notice(conn, &row).await.map_err(|error| match error {
                db::Error::Taken(_) => Error::Conflict("changed"),
                other => other.into(),
            })?;
            Ok::<_, Error>(((), remembered(actor, &row, now)))
        })
        .await
}

fn remembered(actor: &Actor, row: &NoticeRow, now: Timestamp) -> db::Remembered {
    let detail = json!({
        "event": format!("maintenance-{}", row.what), "window": row.window_id, "from": row.starts_at.to_jiff(),
        "until": row.ends_at.to_jiff(), "reason": row.reason,
    });
    record::by_person(actor, Action::ManageLocations, format!("location:{}", row.location_id), detail, now)
}

/// Maintenance of a location that is announced or was of late.
pub async fn list(app: &App, actor: &Actor, location: LocationId) -> Result<MaintenanceListView, Error> {
    let scope = authorize(actor, Action::ViewLocations)?;
    let now = app.clock.now();
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let stored = db::locations::get(conn, &scope, location).await?;
            let said = windows(db::availability::list_notices(conn, location, now - SHOWN).await?)?;
            let (over, coming): (Vec<_>, Vec<_>) =
                said.iter().partition(|said| said.withdrawn || said.window.period.to() <= now);
            let shown = coming.into_iter().chain(over.into_iter().rev());
            let lead = longest_lead(conn, &scope, location).await?;
            let (bookings, customers) = db::availability::count_touched(conn, &scope, location).await?;
            Ok(MaintenanceListView {
                location: stored.id,
                name: stored.name,
                may_manage: authorize(actor, Action::ManageLocations).is_ok(),
                bookings: u64::try_from(bookings).unwrap_or_default(),
                customers: u64::try_from(customers).unwrap_or_default(),
                lead_hours: lead.as_hours(),
                earliest_agreed: (now + lead).into(),
                windows: shown.filter_map(|said| said.to_view(None, now)).collect(),
            })
        })
        .await
}

/// The longest lead that any booking at the location was promised.
async fn longest_lead(
    conn: &mut db::Conn,
    scope: &Scope,
    location: LocationId,
) -> Result<SignedDuration, Error> {
    let details = db::availability::list_promises(conn, scope, location).await?;
    let leads = details.iter().map(|details| {
        let promise = crate::usecases::offerings::Details::read(details).availability;
        super::lead(promise.as_ref())
    });
    Ok(leads.max().unwrap_or(rules::LEAD))
}
