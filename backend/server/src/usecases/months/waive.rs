//! A provider gives up a stretch of usage that is missing or contradicts itself, with a reason: it is never billed, the month
//! goes on without it, and the customer sees it. Given up once is given up for good, also if the usage turns up later.

use super::picture::{self, BookingPicture, View};
use super::{assignments, incomplete};
use crate::app::App;
use crate::ports::secrets::new_id;
use crate::usecases::usage::hash_bytes;
use crate::usecases::{Error, Refusal, record};
use contract::{Meter, canonical};
use db::months::Which;
use db::waivers::WaiverRow;
use domain::ids::{BookingId, OrganisationId};
use domain::order::Finding;
use domain::policy::{Action, Actor, authorize, authorize_sale};
use domain::rating::Doubt;
use domain::time::{Month, Period};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// Longest reason in characters.
const REASON_MAX: usize = 500;

/// What is given up, and why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct Waive {
    /// Code of the meter.
    pub meter: String,
    /// First instant.
    #[schema(value_type = String)]
    pub from: Timestamp,
    /// First instant that is no longer given up.
    #[schema(value_type = String)]
    pub until: Timestamp,
    /// In words; the customer reads it.
    pub reason: String,
}

/// Gives a stretch up and returns its month. The same again changes nothing.
pub async fn waive(app: &App, actor: &Actor, booking: BookingId, cmd: Waive) -> Result<Month, Error> {
    let own = authorize(actor, Action::IssueInvoices)?;
    let now = app.clock.now();
    let provider = actor.organisation;
    let (reason, meter, period) = check(&cmd)?;
    let month = Month::of(period.from());
    let customer = app
        .db
        .read(&own, async |conn: &mut db::Conn| {
            let row = db::bookings::get(conn, &own, booking).await?;
            if row.provider_id == provider.0 {
                Ok(OrganisationId(row.organisation_id))
            } else {
                Err(Error::NotFound)
            }
        })
        .await?;
    let assignments = assignments(app, provider, Which::These(&[booking.0])).await?;
    let scope = authorize_sale(actor, Action::IssueInvoices, customer)?;
    let done = app
        .db
        .write(&scope, async |conn: &mut db::Conn| {
            // Two people who give the same up come one after the other.
            db::bookings::lock_named(conn, booking).await?;
            if db::closings::find(conn, provider, customer, month).await?.is_some() {
                return Err(refused("waive-closed"));
            }
            let marks = db::months::list_watermarks(conn, provider, &month.period()).await?;
            let until = incomplete(&marks, month, now);
            let view = View { month, assignments: &assignments, until: &until, then: None };
            let found = picture::load(conn, provider, Which::These(&[booking.0]), &view).await?.pop();
            let found = found.ok_or(Error::NotFound)?;
            let same = |row: &WaiverRow| {
                (row.meter.as_str(), row.from_at.to_jiff(), row.to_at.to_jiff())
                    == (meter.code(), period.from(), period.to())
            };
            if found.waivers.iter().any(same) {
                return Err(Step::Nothing);
            }
            if !found.doubts.iter().any(|doubt| is_about(doubt, meter, period)) {
                return Err(refused("waive-nothing"));
            }
            let given_up = (meter, period, reason);
            let row = to_row(&found, actor, given_up, now);
            db::waivers::insert(conn, &row).await?;
            let detail = json!({
                "meter": row.meter, "from": period.from(), "until": period.to(), "reason": row.reason,
                "number": found.row.booking.number,
            });
            let subject = format!("booking:{booking}");
            let theirs = record::by_partner(customer, provider, "usage.waive", &subject, detail, now);
            let mut mine = theirs.clone();
            mine.organisation = provider;
            mine.actor = format!("person:{}", actor.person);
            Ok((month, db::Remembered::new(mine).and(theirs)))
        })
        .await;
    match done {
        Ok(month) => Ok(month),
        Err(Step::Nothing) => Ok(month),
        Err(Step::Failed(error)) => Err(error),
    }
}

fn to_row(
    of: &BookingPicture,
    actor: &Actor,
    (meter, period, reason): (Meter, Period, String),
    now: Timestamp,
) -> WaiverRow {
    let booking = &of.row.booking;
    let mut row = WaiverRow {
        id: new_id(),
        booking_id: booking.id,
        meter: meter.code().to_owned(),
        from_at: period.from().into(),
        to_at: period.to().into(),
        reason,
        waived_by: actor.person.0,
        waived_at: now.into(),
        content_hash: Vec::new(),
        organisation_id: booking.organisation_id,
        provider_id: booking.provider_id,
    };
    row.content_hash = hash_bytes(&waiver_hash(&row));
    row
}

/// How the transaction can end without a change.
enum Step {
    Nothing,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Step {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

fn refused(code: &str) -> Step {
    let findings = vec![Finding::new("", code)];
    Step::Failed(Refusal { findings, ..Refusal::new(code) }.into())
}

fn check(cmd: &Waive) -> Result<(String, Meter, Period), Error> {
    let mut findings = Vec::new();
    let reason = cmd.reason.trim().to_owned();
    match reason.chars().count() {
        0 => findings.push(Finding::new("/reason", "waive-reason-missing")),
        length if length > REASON_MAX => {
            findings.push(Finding::new("/reason", "reason-too-long").with("max", REASON_MAX));
        }
        _ => {}
    }
    let meter = Meter::from_code(&cmd.meter);
    let period = Period::new(cmd.from, cmd.until).ok();
    let inside = |period: &Period| period.months().len() == 1;
    match (meter, period.filter(inside)) {
        (Some(meter), Some(period)) if findings.is_empty() => Ok((reason, meter, period)),
        (Some(_), Some(_)) => Err(Refusal::fields(findings).into()),
        (None, _) | (_, None) => {
            findings.push(Finding::new("", "waive-nothing"));
            Err(Refusal::fields(findings).into())
        }
    }
}

fn is_about(doubt: &Doubt, meter: Meter, period: Period) -> bool {
    matches!(doubt, Doubt::Irregular(of, found) if *of == meter && found.period() == Some(period))
}

/// The hash under which a stretch that was given up is an input of an invoice.
pub(crate) fn waiver_hash(row: &WaiverRow) -> String {
    let content = json!({
        "booking": row.booking_id,
        "meter": row.meter,
        "from": row.from_at.to_jiff(),
        "to": row.to_at.to_jiff(),
        "reason": row.reason,
    });
    canonical::sha256_hex(canonical::canonical_json(&content).as_bytes())
}
