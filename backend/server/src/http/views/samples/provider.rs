//! Invented data: locations and incoming orders.

use super::bookings::PHASES;
use super::{amount, at, id};
use crate::http::views::bookings::BookingPhase;
use crate::http::views::broker::{BrokerView, WordView};
use crate::http::views::differences::{DifferenceListView, DifferenceView, FormInput, TakeOver};
use crate::http::views::offerings::Protection;
use crate::http::views::provider::{
    BrokerRow, CapacityRow, EnrolmentCode, LocationBooking, LocationListView, LocationRow, LocationState,
    LocationView, ProfileView,
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

/// Every kind, in every state that a person can find.
#[must_use]
pub fn differences(filled: bool) -> DifferenceListView {
    let row = |number: u128, kind: &str, next: &str| DifferenceView {
        id: id(number),
        kind: kind.to_owned(),
        booking: id(40),
        known: kind != "unlisted",
        number: (kind != "unlisted").then(|| "BU-2026-0088".to_owned()),
        name: Some("Datenbank PostgreSQL".to_owned()),
        bookable: (kind != "lost").then(|| "postgresql".to_owned()),
        customer: Some("Stadt Musterstadt".to_owned()),
        provider: "IT Beispielland".to_owned(),
        location: "Beispielhausen".to_owned(),
        since: (kind != "lost").then(|| at("2026-10-01T08:00:00Z")),
        gone: (next == "ending").then(|| at("2026-11-23T08:00:00Z")),
        first_at: at("2026-11-24T09:00:00Z"),
        settled_at: (next == "settled").then(|| at("2026-11-24T10:00:00Z")),
        next: next.to_owned(),
        answers: Vec::new(),
        answer: None,
        reason: None,
        answered_by: None,
        answered_at: None,
        may_confirm: false,
        takes_over: Vec::new(),
    };
    let open = |number, kind, answer: &str| DifferenceView {
        answers: vec![answer.to_owned()],
        ..row(number, kind, "decide")
    };
    let input = |name: &str, value: &str| FormInput { name: name.to_owned(), value: value.to_owned() };
    let rows = vec![
        open(70, "unlisted", "take-down"),
        open(71, "newer", "marketplace-counts"),
        open(72, "lost", "provision-anew"),
        DifferenceView {
            answer: Some("take-down".to_owned()),
            reason: Some("Der Kunde hat sie längst beendet.".to_owned()),
            answered_by: Some("Felix Roth".to_owned()),
            answered_at: Some(at("2026-11-24T09:30:00Z")),
            may_confirm: true,
            ..row(73, "unlisted", "second")
        },
        DifferenceView {
            takes_over: vec![TakeOver {
                offering: id(10),
                title: "Datenbank PostgreSQL".to_owned(),
                inputs: vec![input("plan", "s"), input("parameters.storage_gib", "10")],
            }],
            ..row(74, "unlisted", "take-over")
        },
        row(75, "newer", "at-work"),
        row(76, "unlisted", "ending"),
        row(77, "lost", "provider"),
        row(78, "lost", "settled"),
    ];
    DifferenceListView { rows: if filled { rows } else { Vec::new() }, may_settle: true }
}

/// A trouble that is to be decided about, one about which something is said, and none.
#[must_use]
pub fn broker(open: bool, waiting: bool) -> BrokerView {
    let said = |word: &str, state: &str, code: Option<&str>| WordView {
        id: id(80),
        word: word.to_owned(),
        reason: "Beim Broker nachgesehen: Dort steht nichts.".to_owned(),
        said_by: "Paul Kern".to_owned(),
        said_at: at("2026-11-24T09:00:00Z"),
        state: state.to_owned(),
        answered_at: (state != "waiting").then(|| at("2026-11-24T09:01:00Z")),
        code: code.map(str::to_owned),
    };
    let says = Text::new("service-unclear").with("object", "efa").with("detail", "HTTP 500");
    let history = vec![
        said("delete", "failed", Some("expired")),
        said("retry", "failed", Some("of-a-newer-version")),
        said("retry", "heard", None),
    ];
    let words = ["retry", "delete"].map(str::to_owned).to_vec();
    BrokerView {
        booking: id(40),
        number: "BU-2026-0088".to_owned(),
        name: "Ausländerbehörde".to_owned(),
        customer: "Stadt Musterstadt".to_owned(),
        location: id(60),
        location_name: "Beispielhausen".to_owned(),
        phase: if open { BookingPhase::Degraded } else { BookingPhase::Active },
        says: open.then_some(says),
        since: open.then(|| at("2026-11-24T08:00:00Z")),
        words: if open && !waiting { words } else { Vec::new() },
        waiting: waiting.then(|| said("delete", "waiting", None)),
        history: if open { history } else { Vec::new() },
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
        at_broker: phase == BookingPhase::Degraded,
    };
    LocationView {
        location: row(state),
        may_manage: true,
        decides_by_hand: with_code,
        enrolment: with_code.then(|| EnrolmentCode {
            code: "WA-7F3K-92QD-K1TT".to_owned(),
            valid_until: at("2026-11-24T11:00:00Z"),
            command:
                "wolkenamt-operator enrol --marketplace https://wolkenamt.example --code WA-7F3K-92QD-K1TT"
                    .to_owned(),
        }),
        code_until: (!enrolled && !with_code).then(|| at("2026-11-24T11:00:00Z")),
        operator_version: enrolled.then(|| "0.1.0".to_owned()),
        version_refused: (state == LocationState::Silent).then(|| Text {
            code: "operator-outdated".to_owned(),
            args: [("operator", "0.1.0"), ("marketplace", "0.3.0")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        }),
        kubernetes_version: enrolled.then(|| "1.33.5".to_owned()),
        key_fingerprint: enrolled.then(|| "sha256:4be1d07f9a3c52e60f8842bb".to_owned()),
        enrolled_at: enrolled.then(|| at("2026-10-01T08:00:00Z")),
        profile: ProfileView {
            stated_at: enrolled.then(|| at("2026-11-02T08:00:00Z")),
            protection: Protection { confidentiality: 2, integrity: 2, availability: 1 },
            data_centre_of: enrolled.then(|| "musterstadt".to_owned()),
            data_centre_of_name: enrolled.then(|| "Musterstadt".to_owned()),
            certificates: if enrolled {
                super::orders::placement().rows[0].certificates.clone()
            } else {
                Vec::new()
            },
        },
        abilities: if enrolled {
            vec![
                Check::new(Bearing::Good, Text::new("network-policy")),
                Check::new(Bearing::Info, Text::new("snapshots")),
            ]
        } else {
            Vec::new()
        },
        brokers: match enrolled {
            true => vec![BrokerRow { name: "efa".to_owned(), plans: 4 }],
            false => Vec::new(),
        },
        kinds: if enrolled { vec!["postgresql".to_owned(), "application".to_owned()] } else { Vec::new() },
        exposures: if enrolled { vec!["provider-network".to_owned()] } else { Vec::new() },
        bookings: if enrolled { PHASES.into_iter().map(booking).collect() } else { Vec::new() },
    }
}
