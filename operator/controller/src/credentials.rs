//! New access data, ordered by the customer. The engine or the broker makes them; the operator takes the former ones away and
//! sees that there are others. It knows their identity and never what stands in them.
//!
//! What shall go is noted in the Booking's status before anything is done, so that a crash at any point neither forgets the
//! order nor carries it out twice.

use crate::bookings;
use crate::cluster::{ClusterError, booking_path, object};
use crate::crd::{Booking, BookingStatus, Rotating};
use crate::marketplace::Marketplace;
use crate::observe;
use crate::reconcile::{Reported, report};
use crate::service;
use crate::state::State;
use contract::kinds::namespace;
use contract::kinds::readiness::text;
use contract::kinds::shared_service::state::Standing;
use contract::kinds::{Kind, Rotation};
use contract::{Desired, PendingRotation, RotationOutcome};
use serde_json::json;
use uuid::Uuid;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Write the status; the order is carried out.
    Finish,
    /// It was carried out before.
    Done,
    /// Write the status that notes what shall go.
    Note(Rotating),
    /// Take them away, or ask for others.
    Act,
    /// The others are being made.
    Wait,
    /// There is nothing to change.
    Impossible(&'static str),
}

/// Decides. `present` names the access data that there are.
pub fn next(order: Uuid, kind: Kind, status: &BookingStatus, present: Option<&str>) -> Next {
    if status.rotated == Some(order) {
        return Next::Done;
    }
    match kind.rotation() {
        Rotation::Engine | Rotation::Broker => {}
        Rotation::People | Rotation::Inside | Rotation::Nothing => return Next::Impossible("not-possible"),
    }
    let noted = status.rotating.as_ref().filter(|noted| noted.id == order);
    match (noted, present) {
        (None, None) => Next::Impossible("not-provisioned"),
        (None, Some(present)) => Next::Note(Rotating { id: order, former: present.to_owned() }),
        (Some(_), None) => Next::Wait,
        (Some(noted), Some(present)) if noted.former == present => Next::Act,
        (Some(_), Some(_)) => Next::Finish,
    }
}

/// One look at every order. False: some of them have to be looked at again soon.
pub async fn rotate_all(state: &State, marketplace: &Marketplace, orders: &[PendingRotation]) -> bool {
    let mut settled = true;
    for order in orders {
        let outcome = match rotate(state, order).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::warn!(rotation = %order.id, error = %error, "access data cannot be changed now");
                None
            }
        };
        match outcome {
            None => settled = false,
            Some(outcome) => match marketplace.answer_rotation(order.id, &outcome).await {
                Ok(()) => {
                    tracing::info!(rotation = %order.id, booking = %order.booking, ?outcome, "rotation answered")
                }
                Err(error) => {
                    settled = false;
                    tracing::warn!(rotation = %order.id, error = %error, "rotation not answered");
                }
            },
        }
    }
    settled
}

/// One look at one order; nothing while it is under way.
async fn rotate(state: &State, order: &PendingRotation) -> Result<Option<RotationOutcome>, ClusterError> {
    let unavailable = |code: &str| Ok(Some(RotationOutcome::Unavailable { code: code.to_owned() }));
    let Some((booking, _at)) = observe::booking(&state.cluster, &order.booking.to_string()).await? else {
        return unavailable("unknown-booking");
    };
    let status = booking.status.clone().unwrap_or_default();
    let desired = &booking.spec.desired;
    let present = present(state, desired, &status).await?;
    match next(order.id, desired.kind, &status, present.as_deref()) {
        Next::Done => Ok(Some(RotationOutcome::Done)),
        Next::Wait if refused(&status) => unavailable("broker-refused"),
        Next::Wait => Ok(None),
        Next::Impossible(code) => unavailable(code),
        Next::Note(noted) => {
            let status = BookingStatus { rotating: Some(noted), ..status };
            report(state, &booking, &status).await.map(|_written| None)
        }
        Next::Act => act(state, &booking, present.as_deref()).await.map(|()| None),
        Next::Finish => {
            let status = BookingStatus { rotating: None, rotated: Some(order.id), ..status };
            let written = report(state, &booking, &status).await?;
            Ok((written != Reported::Raced).then_some(RotationOutcome::Done))
        }
    }
}

/// Whether the broker refused and will not be asked again by itself.
fn refused(status: &BookingStatus) -> bool {
    status.service.as_ref().is_some_and(|service| {
        service.operation.is_none() && service.trouble.as_ref().is_some_and(|trouble| trouble.again.is_none())
    })
}

/// Which access data there are; nothing while others are being made.
async fn present(
    state: &State,
    desired: &Desired,
    status: &BookingStatus,
) -> Result<Option<String>, ClusterError> {
    match desired.kind.rotation() {
        Rotation::Engine => {
            let Some(path) = secret(desired, status)? else { return Ok(None) };
            let found = state.cluster.get(&path).await?;
            Ok(found.and_then(|found| text(&found.value, "/metadata/uid").map(str::to_owned)))
        }
        Rotation::Broker => Ok(status
            .service
            .as_ref()
            .filter(|service| service.binding == Standing::Present && service.operation.is_none())
            .map(|service| format!("{}/{}", service.instance_number, service.binding_number))),
        Rotation::People | Rotation::Inside | Rotation::Nothing => Ok(None),
    }
}

/// The engine makes a new Secret for one that is gone, and tells the database; the broker is asked by the word that the
/// provider's people use, too.
async fn act(state: &State, booking: &Booking, present: Option<&str>) -> Result<(), ClusterError> {
    let desired = &booking.spec.desired;
    match desired.kind.rotation() {
        Rotation::Engine => match secret(desired, &bookings::status(booking))? {
            Some(path) => state.cluster.delete(&path, present).await,
            None => Ok(()),
        },
        Rotation::Broker => {
            let name = booking.metadata.name.clone().unwrap_or_default();
            let body = json!({"metadata": {"annotations": {service::ANNOTATION: "rotate"}}});
            state.cluster.merge(&booking_path(&name), &body).await.map(drop)
        }
        Rotation::People | Rotation::Inside | Rotation::Nothing => Ok(()),
    }
}

/// The first of the Secrets that access data are read from holds the password.
fn secret(desired: &Desired, status: &BookingStatus) -> Result<Option<String>, ClusterError> {
    let secrets = desired.kind.access_secrets(desired, status.serving);
    let name = secrets.first().map(|(name, _keys)| name);
    name.map(|name| object("v1", "Secret", Some(&namespace::name(desired)), name)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_carried_out_once_however_often_it_is_begun() {
        let order = Uuid::from_u128(1);
        let kind = Kind::Postgresql;
        let mut status = BookingStatus::default();
        assert_eq!(next(order, kind, &status, None), Next::Impossible("not-provisioned"));
        let Next::Note(noted) = next(order, kind, &status, Some("a")) else { panic!("not noted") };
        status.rotating = Some(noted);
        for _ in 0..2 {
            assert_eq!(next(order, kind, &status, Some("a")), Next::Act, "killed before or after it acted");
        }
        assert_eq!(next(order, kind, &status, None), Next::Wait);
        assert_eq!(next(order, kind, &status, Some("b")), Next::Finish);
        status = BookingStatus { rotating: None, rotated: Some(order), ..status };
        assert_eq!(next(order, kind, &status, Some("b")), Next::Done, "the answer got lost");
        let later = Uuid::from_u128(2);
        assert!(matches!(next(later, kind, &status, Some("b")), Next::Note(_)));
    }

    #[test]
    fn kinds_that_cannot_say_so() {
        for kind in Kind::ALL {
            let said = next(Uuid::from_u128(1), kind, &BookingStatus::default(), Some("a"));
            let can = matches!(kind.rotation(), Rotation::Engine | Rotation::Broker);
            assert_eq!(matches!(said, Next::Note(_)), can, "{kind:?}");
        }
    }
}
