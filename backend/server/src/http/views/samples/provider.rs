//! Invented data: locations and incoming orders.

use super::bookings::PHASES;
use super::{amount, at, id};
use crate::http::views::bookings::BookingPhase;
use crate::http::views::provider::{
    CapacityRow, EnrolmentCode, LocationBooking, LocationListView, LocationRow, LocationState, LocationView,
};
use crate::http::views::text::{Bearing, Check, Text};

pub const STATES: [LocationState; 4] =
    [LocationState::NotEnrolled, LocationState::Connected, LocationState::Silent, LocationState::Revoked];

#[must_use]
pub fn row(state: LocationState) -> LocationRow {
    let enrolled = state != LocationState::NotEnrolled;
    LocationRow {
        id: id(60),
        name: "Beispielhausen".to_owned(),
        place: "Beispielhausen, Hessen".to_owned(),
        state,
        last_heartbeat: enrolled.then(|| at("2026-11-24T10:01:30Z")),
        watermark: enrolled.then(|| at("2026-11-24T10:00:00Z")),
        bookings: 5,
        simulated: state == LocationState::Silent,
        capacity: if enrolled {
            vec![CapacityRow {
                title: "vCPU".to_owned(),
                unit: "vCPU".to_owned(),
                total: amount("64"),
                used: amount("41.5"),
            }]
        } else {
            Vec::new()
        },
    }
}

#[must_use]
pub fn locations(filled: bool) -> LocationListView {
    LocationListView {
        rows: if filled { STATES.into_iter().map(row).collect() } else { Vec::new() },
        may_manage: true,
    }
}

#[must_use]
pub fn location(state: LocationState, with_code: bool) -> LocationView {
    let enrolled = state != LocationState::NotEnrolled;
    let booking = |phase: BookingPhase| LocationBooking {
        id: id(40),
        number: "BU-2026-0088".to_owned(),
        customer: "Stadt Musterstadt".to_owned(),
        offering: "Datenbank PostgreSQL".to_owned(),
        phase,
        generation: 3,
        observed_generation: (phase != BookingPhase::Waiting).then_some(2),
        reason: (phase == BookingPhase::Degraded).then(|| Text::new("engine-down")),
    };
    LocationView {
        location: row(state),
        may_manage: true,
        enrolment: with_code.then(|| EnrolmentCode {
            code: "WA-7F3K-92QD-K1TT".to_owned(),
            valid_until: at("2026-11-24T11:00:00Z"),
            command:
                "wolkenamt-operator enrol --marketplace https://wolkenamt.example --code WA-7F3K-92QD-K1TT"
                    .to_owned(),
        }),
        code_until: (!enrolled && !with_code).then(|| at("2026-11-24T11:00:00Z")),
        operator_version: enrolled.then(|| "0.1.0".to_owned()),
        kubernetes_version: enrolled.then(|| "1.33.5".to_owned()),
        key_fingerprint: enrolled.then(|| "sha256:4be1d07f9a3c52e60f8842bb".to_owned()),
        enrolled_at: enrolled.then(|| at("2026-10-01T08:00:00Z")),
        abilities: if enrolled {
            vec![
                Check::new(Bearing::Good, Text::new("network-policy")),
                Check::new(Bearing::Info, Text::new("snapshots")),
            ]
        } else {
            Vec::new()
        },
        kinds: if enrolled { vec!["postgresql".to_owned(), "application".to_owned()] } else { Vec::new() },
        bookings: if enrolled { PHASES.into_iter().map(booking).collect() } else { Vec::new() },
    }
}
