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
}

impl Lost {
    /// Whether it is only a matter of room.
    #[must_use]
    pub fn full(&self) -> bool {
        matches!(self.reason, LeftOut::FullVcpu { .. } | LeftOut::FullMemory { .. })
    }
}

/// Looks whether the location of an order that makes something new can still take it.
pub async fn lost(app: &App, scope: &Scope, order: &OrderRow) -> Result<Option<Lost>, Error> {
    let Some(location) = order.location_id.filter(|_| order.kind == OrderKind::Create.code()) else {
        return Ok(None);
    };
    let now = app.clock.now();
    let (record, lost, bases) = app
        .db
        .read(scope, async |conn: &mut db::Conn| {
            let lost = db::differences::find_unlisted(conn, BookingId(order.booking_id)).await?;
            let bases = db::master_data::list_legal_bases(conn, scope, order.provider_id, now).await?;
            Ok::<_, Error>((db::placements::find(conn, scope, OrderId(order.id)).await?, lost, bases))
        })
        .await?;
    // What it takes over fills its own place already.
    let runs_at = lost.filter(|lost| lost.closed_at.is_none()).map(|lost| lost.location_id);
    let controls =
        order.provider_id == order.organisation_id || bases.iter().any(|basis| own_operator(&basis.code));
    let record = record.and_then(|row| PlacementView::deserialize(&row.record).ok());
    let demand = record.as_ref().map(demand_of).unwrap_or_default();
    let version = VersionId(order.version_id);
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
    let Some(plan) = offer.plan(order.plan_id) else { return Ok(None) };
    let mut gone = None;
    let mut others = Vec::new();
    for place in &offer.places {
        let mut candidate = super::candidate(&offer, &known, Some(place), Some(plan), &order.parameters)?;
        if Some(place.location_id) == runs_at {
            candidate.room = None;
        }
        candidate.data_centre_of = candidate.data_centre_of.filter(|_| controls);
        let reasons = left_out(&demand, OrganisationId(order.organisation_id), &candidate, now);
        let stops = reasons.into_iter().find(LeftOut::stops_approval);
        match stops {
            Some(reason) if place.location_id == location => gone = Some((place.name.clone(), reason)),
            None if place.location_id != location => others.push(place.name.clone()),
            Some(_) | None => {}
        }
    }
    Ok(gone.map(|(location, reason)| Lost { location, reason, others }))
}

/// Refuses an approval whose place is gone.
pub async fn refuse_lost(app: &App, scope: &Scope, order: &OrderRow) -> Result<(), Error> {
    let Some(lost) = lost(app, scope, order).await? else { return Ok(()) };
    let code = if lost.full() { "place-full" } else { "place-unfit" };
    let refusal = Refusal::new(code)
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
