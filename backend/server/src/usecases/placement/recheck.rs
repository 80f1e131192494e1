//! Whether the place of an order is still there when somebody is about to approve it.
//!
//! Between order and approval a location may have filled up. An approval that no location could fulfil would be an endless
//! wait, so it is refused, with the way out: nothing is bound any more once the order is rejected or withdrawn, and the
//! same can be ordered elsewhere.

use super::survey;
use crate::app::App;
use crate::http::views::placement::PlacementView;
use crate::usecases::offerings::{load_version, system};
use crate::usecases::{Error, Refusal};
use db::orders::OrderRow;
use domain::ids::{BookingId, OrderId, OrganisationId, VersionId};
use domain::order::OrderKind;
use domain::placement::{CertificateClass, Demand, LeftOut, Need, Protection, Stay, left_out, own_operator};
use domain::policy::Scope;
use serde::Deserialize;

/// The place of an order is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Name of the location.
    pub location: String,
    /// The first reason.
    pub reason: LeftOut,
    /// Other locations of the same offer that could take the order now.
    pub others: Vec<String>,
    /// Whether an earlier state of the data needs the room, beside what runs there.
    pub beside: bool,
}

impl Lost {
    /// What is wrong, as a code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match (self.beside, is_room(&self.reason)) {
            (true, _) => "restore-no-room",
            (false, true) => "place-full",
            (false, false) => "place-unfit",
        }
    }
}

/// Looks whether the location of an order that makes something new can still take it, or has room for a second database beside the
/// one whose earlier state is wanted.
pub async fn lost(app: &App, scope: &Scope, order: &OrderRow) -> Result<Option<Lost>, Error> {
    let beside = order.kind == OrderKind::Restore.code();
    let makes = beside || order.kind == OrderKind::Create.code();
    let Some(location) = order.location_id.filter(|_| makes) else { return Ok(None) };
    let now = app.clock.now();
    let (record, lost, bases, booked) = app
        .db
        .read(scope, async |conn: &mut db::Conn| {
            let lost = db::differences::find_unlisted(conn, BookingId(order.booking_id)).await?;
            let bases = db::master_data::list_legal_bases(conn, scope, order.provider_id, now).await?;
            let record = db::placements::find(conn, scope, OrderId(order.id)).await?;
            // What runs may be larger by now than when its earlier state was ordered.
            let booked = match beside {
                true => Some(db::bookings::get(conn, scope, BookingId(order.booking_id)).await?),
                false => None,
            };
            Ok::<_, Error>((record, lost, bases, booked))
        })
        .await?;
    // What it takes over fills its own place already.
    let runs_at = lost.filter(|lost| lost.closed_at.is_none()).map(|lost| lost.location_id);
    let controls =
        order.provider_id == order.organisation_id || bases.iter().any(|basis| own_operator(&basis.code));
    let record = record.and_then(|row| PlacementView::deserialize(&row.record).ok());
    let demand = record.as_ref().map(demand_of).unwrap_or_default();
    let (version, plan_id, parameters) = match &booked {
        Some(row) => (VersionId(row.version_id), row.plan_id, &row.parameters),
        None => (VersionId(order.version_id), order.plan_id, &order.parameters),
    };
    let (offer, known) = app
        .db
        .read(&system(), async |conn: &mut db::Conn| {
            let mut offer = load_version(conn, version).await?;
            // Only its own locations matter here.
            offer.details.product = None;
            let known = survey(conn, &offer).await?;
            Ok::<_, Error>((offer, known))
        })
        .await?;
    let Some(plan) = offer.plan(plan_id) else { return Ok(None) };
    let mut gone = None;
    let mut others = Vec::new();
    for place in &offer.places {
        let mut candidate = super::candidate(&offer, &known, Some(place), Some(plan), parameters)?;
        if Some(place.location_id) == runs_at {
            candidate.room = None;
        }
        candidate.data_centre_of = candidate.data_centre_of.filter(|_| controls);
        let reasons = left_out(&demand, OrganisationId(order.organisation_id), &candidate, now);
        let stops = |reason: &LeftOut| if beside { is_room(reason) } else { reason.stops_approval() };
        match reasons.into_iter().find(stops) {
            Some(reason) if place.location_id == location => gone = Some((place.name.clone(), reason)),
            // Data do not move.
            None if place.location_id != location && !beside => others.push(place.name.clone()),
            Some(_) | None => {}
        }
    }
    Ok(gone.map(|(location, reason)| Lost { location, reason, others, beside }))
}

fn is_room(reason: &LeftOut) -> bool {
    matches!(reason, LeftOut::FullVcpu { .. } | LeftOut::FullMemory { .. })
}

/// Refuses an approval whose place is gone.
pub async fn refuse_lost(app: &App, scope: &Scope, order: &OrderRow) -> Result<(), Error> {
    let Some(lost) = lost(app, scope, order).await? else { return Ok(()) };
    let refusal = Refusal::new(lost.code())
        .with("location", &lost.location)
        .with("others", lost.others.join(", "))
        .with("n_count", lost.others.len());
    Err(refusal.into())
}

/// The demand as it was recorded.
fn demand_of(record: &PlacementView) -> Demand {
    let need = |code: &str| Need::from_code(code).unwrap_or_default();
    let of = &record.demand;
    Demand {
        protection: Protection {
            confidentiality: need(&of.confidentiality),
            integrity: need(&of.integrity),
            availability: need(&of.availability),
        },
        stay: Stay::from_code(&of.stay).unwrap_or_default(),
        certificate: of.certificate.as_deref().and_then(CertificateClass::from_code),
    }
}
