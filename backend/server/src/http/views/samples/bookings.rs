//! Invented data: bookings, reveals, endings.

use super::availability::{month, window};
use super::offerings::{estimate, provider};
use super::orders::step;
use super::{amount, at, day, id};
use crate::http::views::bookings::{
    Access, AccessEvent, ActedView, Backups, BookedOffering, BookingActions, BookingCosts, BookingEnd,
    BookingListView, BookingOrder, BookingPeople, BookingPhase, BookingRow, BookingView, CostLine,
    DeletionProof, Endpoint, FinalState, Labelled, PowerChoice, PowerView, Progress, RepairView, RevealState,
    RevealView, Secret, SizeRow, TerminateView, UsageEvidence, UsageGap, UsageRow, UsageState,
};
use crate::http::views::change::{ChangeView, ComparedView};
use crate::http::views::orders::{Answer, OrderAction, OrderState, PlanChoice};
use crate::http::views::restore::{Replaced, RestoreView};
use crate::http::views::schema_form;
use crate::http::views::text::Text;
use crate::http::views::timeline::{Money, Step, StepState, Why};
use serde_json::json;

pub const PHASES: [BookingPhase; 15] = [
    BookingPhase::NotBegun,
    BookingPhase::Retained,
    BookingPhase::Tainted,
    BookingPhase::Waiting,
    BookingPhase::Provisioning,
    BookingPhase::Active,
    BookingPhase::Changing,
    BookingPhase::Starting,
    BookingPhase::Stopping,
    BookingPhase::Stopped,
    BookingPhase::Degraded,
    BookingPhase::Unknown,
    BookingPhase::Terminating,
    BookingPhase::Gone,
    BookingPhase::Settled,
];

#[must_use]
pub fn row(phase: BookingPhase) -> BookingRow {
    let silent = phase == BookingPhase::Unknown;
    BookingRow {
        id: id(40),
        number: "BU-2026-0088".to_owned(),
        name: "Grünflächenportal, Datenbank".to_owned(),
        offering: "Datenbank PostgreSQL".to_owned(),
        provider: provider().name,
        phase,
        note: silent.then(|| Text::new("operator-silent").with("since_at", "2026-11-24T01:14:00Z")),
        cost_centre: "1020-440".to_owned(),
        month_to_date: amount("69.74"),
    }
}

#[must_use]
pub fn list(tab: &str, filled: bool) -> BookingListView {
    let rows = if filled { PHASES.into_iter().map(row).collect() } else { Vec::new() };
    BookingListView { tab: tab.to_owned(), rows, total: if filled { 9 } else { 0 }, next: None }
}

#[must_use]
pub fn progress(state: StepState) -> Progress {
    let why = |code: &str| Why {
        reason: Text::new(code).with("detail", "Beispielhausen hat für 100 GiB mehr keinen freien Speicher"),
        money: Money::AsBefore { monthly: amount("97.50") },
        actor: Text::new("provider").with("name", "IT-Verbund Beispielland AöR"),
        due: Some(at("2026-11-24T17:00:00Z")),
    };
    let fourth = match state {
        StepState::Waiting => {
            Step { why: Some(why("no-room")), ..step(state, "applied", Some("2026-11-20T12:41:00Z"), None) }
        }
        StepState::Failed => Step {
            why: Some(Why { due: None, money: Money::None, ..why("a-code-of-the-future") }),
            ..step(state, "applied", Some("2026-11-20T12:41:00Z"), None)
        },
        _ => step(state, "applied", Some("2026-11-20T12:41:00Z"), None),
    };
    Progress {
        booking: id(40),
        action: OrderAction::Create,
        steps: vec![
            step(StepState::Done, "requested", Some("2026-11-20T08:12:00Z"), Some("Jana Probst")),
            step(StepState::Done, "approved", Some("2026-11-20T12:40:00Z"), Some("Dr. Heike Sommer")),
            step(StepState::Done, "fetched", Some("2026-11-20T12:41:00Z"), None),
            fourth,
            step(
                if state == StepState::Done { StepState::Done } else { StepState::Todo },
                "ready",
                None,
                None,
            ),
        ],
        done: if state == StepState::Done { 5 } else { 3 },
        as_of: at("2026-11-24T10:02:00Z"),
        live: state != StepState::Done,
    }
}

fn booked_offering() -> BookedOffering {
    BookedOffering {
        id: id(10),
        version: 7,
        title: "Datenbank PostgreSQL".to_owned(),
        plan: "Einzelknoten S".to_owned(),
        kind: "postgresql".to_owned(),
        provider: provider(),
    }
}

/// A booking in one of its phases: being provisioned, running, ended.
#[must_use]
pub fn booking(phase: BookingPhase) -> BookingView {
    let running = matches!(phase, BookingPhase::Active | BookingPhase::Gone | BookingPhase::Degraded);
    let ended = phase == BookingPhase::Gone;
    let state = match phase {
        BookingPhase::Active | BookingPhase::Gone => StepState::Done,
        BookingPhase::Degraded => StepState::Failed,
        BookingPhase::Waiting => StepState::Waiting,
        _ => StepState::Running,
    };
    BookingView {
        id: id(40),
        number: "BU-2026-0088".to_owned(),
        etag: "\"5\"".to_owned(),
        name: "Grünflächenportal, Datenbank".to_owned(),
        offering: booked_offering(),
        location: running.then(|| "Beispielhausen, Hessen".to_owned()),
        by_people: false,
        partner: "IT-Verbund Beispielland".to_owned(),
        simulated: phase == BookingPhase::Degraded,
        phase,
        ready_at: running.then(|| at("2026-02-03T09:00:00Z")),
        cost_centre: Some("1020-440".to_owned()),
        progress: progress(state),
        tasks: Vec::new(),
        endpoints: if running && !ended {
            vec![endpoint(None), endpoint(Some("https://portal.example"))]
        } else {
            Vec::new()
        },
        access: Access {
            why_not: if ended { Some(Text::new("gone")) } else { access(running).why_not },
            ..access(running && !ended)
        },
        answers: if running { vec![super::orders::own_answer()] } else { Vec::new() },
        online_services: Vec::new(),
        counted: false,
        sizes: vec![SizeRow {
            title: "Speicherplatz".to_owned(),
            unit: "GiB".to_owned(),
            seen: running.then(|| "50".to_owned()),
            wanted: "150".to_owned(),
        }],
        costs: costs(running),
        usage: usage(running),
        availability: if running { vec![month(None), month(Some("open"))] } else { Vec::new() },
        maintenance: if running { vec![window("announced"), window("shortened")] } else { Vec::new() },
        orders: vec![BookingOrder {
            id: id(31),
            number: "B-2026-0405".to_owned(),
            action: OrderAction::Create,
            state: OrderState::Fulfilled,
            at: at("2026-11-20T08:12:00Z"),
        }],
        power: (!ended).then(|| power(phase == BookingPhase::Stopped, running)),
        may: may(phase, running, ended),
        assigned: super::transfer::assigned(),
        end: ended.then(end),
        backups: running.then(|| backups(phase)),
        repairs: vec![repair()],
        at_broker: matches!(phase, BookingPhase::Active | BookingPhase::Tainted),
        acted: acted(phase),
        exports: vec![Text::new("database-dump")],
        people: BookingPeople {
            requested_by: "Jana Probst".to_owned(),
            approved_by: Some("Dr. Heike Sommer".to_owned()),
            provider_contact: Some("06000 000-440".to_owned()),
        },
    }
}

fn repair() -> RepairView {
    RepairView {
        at: at("2026-11-23T22:14:00Z"),
        object: "Service pg-7f2e1c9a0b44-access".to_owned(),
        what: "deleted".to_owned(),
    }
}

/// What the provider had done about a broker.
fn acted(phase: BookingPhase) -> Option<ActedView> {
    let word = match phase {
        BookingPhase::Degraded => "delete",
        BookingPhase::Tainted => "retry",
        _ => return None,
    };
    Some(ActedView { word: word.to_owned(), heard_at: at("2026-11-24T09:00:00Z") })
}

/// What stops or starts a booking.
pub fn power(stopped: bool, ready: bool) -> PowerChoice {
    PowerChoice {
        wanted: if stopped { "stopped" } else { "running" }.to_owned(),
        reached: ready,
        may_switch: ready,
        why_not: (!ready).then(|| Text::new("not-ready")),
        monthly_net: amount("86.20"),
        stopped_monthly_net: amount("12.00"),
    }
}

/// The page that stops or starts a booking.
pub fn power_page(stopped: bool) -> PowerView {
    PowerView {
        booking: id(40),
        number: "BU-2026-0088".to_owned(),
        name: "Grünflächenportal, Datenbank".to_owned(),
        offering: "Datenbank PostgreSQL".to_owned(),
        choice: power(stopped, true),
    }
}

fn may(phase: BookingPhase, running: bool, ended: bool) -> BookingActions {
    BookingActions {
        terminate: running && !ended,
        change: running && !ended,
        revert: phase == BookingPhase::Tainted,
        resume: phase == BookingPhase::Retained,
        transfer: true,
        why_not: (!running).then(|| Text::new("order-open")),
        earliest_end: running.then(|| day("2026-11-25")),
    }
}

/// The page that changes a booking; `compared` once the price was asked for.
pub fn change_page(compared: bool) -> ChangeView {
    let plan = |nth, title: &str| PlanChoice {
        id: id(nth),
        title: title.to_owned(),
        summary: "1 vCPU, 2 GiB RAM".to_owned(),
    };
    let estimate = estimate();
    ChangeView {
        booking: id(40),
        number: "BU-2026-0088".to_owned(),
        name: "Grünflächenportal, Datenbank".to_owned(),
        offering: "Datenbank PostgreSQL".to_owned(),
        kind: "postgresql".to_owned(),
        plan: id(12),
        present: id(11),
        plans: vec![plan(11, "Einzelknoten S"), plan(12, "Hochverfügbar M")],
        fields: schema_form::fields(
            &json!({"properties": {"storage_gib": {"type": "integer", "title": "Speicherplatz", "x-unit": "GiB",
                "minimum": 10, "maximum": 100, "description": "Kann wachsen, aber nicht schrumpfen"}},
                "required": ["storage_gib"]}),
            "parameters",
        ),
        fixed: vec![Answer {
            name: "parameters.database".to_owned(),
            label: "Name der Datenbank".to_owned(),
            values: vec!["gruen".to_owned()],
            unit: None,
            ticked: None,
        }],
        compared: compared.then(|| ComparedView {
            monthly_before: amount("86.20"),
            monthly_after: amount("214.90"),
            difference: amount("128.70"),
            lines_before: estimate.lines.clone(),
            lines_after: estimate.lines,
            reserves: amount("306.31"),
            counts_from: "effect".to_owned(),
            digest: "4be1d07f9a3c52e60f8842bb".to_owned(),
        }),
        approvers: vec!["Tobias Lehmann".to_owned()],
    }
}

fn end() -> BookingEnd {
    BookingEnd {
        effective_at: at("2026-11-23T23:00:00Z"),
        over: true,
        data_until: Some(at("2026-12-23T23:00:00Z")),
        deleting_at: Some(at("2026-11-23T23:01:00Z")),
        proof: Some(DeletionProof {
            reported_at: at("2026-11-23T23:04:00Z"),
            location: "Beispielhausen".to_owned(),
            objects: vec!["Cluster b-0088".to_owned(), "PersistentVolumeClaim b-0088-1".to_owned()],
            sha256: "4be1d07f9a3c52e60f8842bbc7d915ae6630f1d284ab79c51e27f09db3506ca8".to_owned(),
        }),
        final_invoice: Some(id(50)),
        final_state: FinalState::Issued,
        settled: true,
    }
}

fn endpoint(url: Option<&str>) -> Endpoint {
    Endpoint {
        name: if url.is_some() { "Web" } else { "PostgreSQL" }.to_owned(),
        address: "gruen-0088.db.beispielhausen.example".to_owned(),
        port: Some(5432),
        scheme: "postgresql".to_owned(),
        url: url.map(str::to_owned),
        exposure: "provider-network".to_owned(),
        allowed_from: vec!["192.0.2.0/24".to_owned()],
    }
}

fn shown(when: &str) -> AccessEvent {
    AccessEvent { what: "shown".to_owned(), at: at(when), by: Some("Yusuf Karaca".to_owned()) }
}

/// Access data that somebody has seen, and that are then being changed.
#[must_use]
pub fn custody(changing: bool) -> Access {
    let event = |what: &str, when: &str, by: Option<&str>| AccessEvent {
        what: what.to_owned(),
        at: at(when),
        by: by.map(str::to_owned),
    };
    let why = Text::new("seen").with("name", "Yusuf Karaca").with("shown_at", "2026-02-04T08:00:00Z");
    Access {
        may_reveal: false,
        why_not: Some(if changing { Text::new("changing") } else { why }),
        may_change: !changing,
        changing_since: changing.then(|| at("2026-11-24T09:59:00Z")),
        history: vec![
            event("change-ordered", "2026-11-24T09:59:00Z", Some("Jana Probst")),
            event("change-failed", "2026-11-20T09:00:20Z", None),
            event("changed", "2026-02-03T08:00:20Z", None),
            shown("2026-02-04T08:00:00Z"),
        ],
        ..access(true)
    }
}

fn access(ready: bool) -> Access {
    Access {
        may_reveal: ready,
        why_not: (!ready).then(|| Text::new("not-ready")),
        known: if ready {
            vec![Labelled { code: "database".to_owned(), value: "gruenflaechen".to_owned() }]
        } else {
            Vec::new()
        },
        last_revealed_by: ready.then(|| "Yusuf Karaca".to_owned()),
        last_revealed_at: ready.then(|| at("2026-02-04T08:00:00Z")),
        rotation: "engine".to_owned(),
        may_change: ready,
        changing_since: None,
        history: if ready { vec![shown("2026-02-04T08:00:00Z")] } else { Vec::new() },
    }
}

fn costs(running: bool) -> BookingCosts {
    let line = CostLine {
        title: "Speicherplatz".to_owned(),
        explanation: "50 GiB × 0,24 € × 562 ÷ 720 Stunden".to_owned(),
        amount: amount("9.37"),
    };
    BookingCosts {
        monthly_net: amount("97.50"),
        month_to_date: amount(if running { "69.74" } else { "0.00" }),
        as_of: at("2026-11-24T10:02:00Z"),
        last_month: running.then(|| amount("97.50")),
        since_start: amount("940.28"),
        lines: if running { vec![line] } else { Vec::new() },
    }
}

fn usage(running: bool) -> UsageEvidence {
    let usage_row = |until: Option<&str>, state: UsageState| UsageRow {
        meter: "storage".to_owned(),
        unit: "GiB".to_owned(),
        from: at("2026-11-22T23:00:00Z"),
        until: until.map(at),
        quantity: amount("50"),
        state,
    };
    if !running {
        return UsageEvidence { rows: Vec::new(), watermark: None, gaps: Vec::new(), total: 0 };
    }
    UsageEvidence {
        rows: vec![
            usage_row(Some("2026-11-23T23:00:00Z"), UsageState::Recorded),
            usage_row(Some("2026-11-23T23:00:00Z"), UsageState::Late),
            usage_row(Some("2026-11-23T23:00:00Z"), UsageState::Quarantined),
            usage_row(None, UsageState::Waived),
        ],
        watermark: Some(at("2026-11-24T10:00:00Z")),
        gaps: vec![UsageGap {
            meter: "storage".to_owned(),
            from: at("2026-11-10T00:00:00Z"),
            until: at("2026-11-10T06:00:00Z"),
            reason: Text::new("missing"),
        }],
        total: 4471,
    }
}

#[must_use]
pub fn reveal(state: RevealState) -> RevealView {
    let shown = state == RevealState::Shown;
    let secret = |code: &str, value: &str| Secret {
        code: code.to_owned(),
        label: code.to_owned(),
        value: value.to_owned(),
    };
    RevealView {
        booking: id(40),
        number: "BU-2026-0088".to_owned(),
        name: "Grünflächenportal, Datenbank".to_owned(),
        state,
        requested_at: at("2026-11-24T10:02:00Z"),
        until: at("2026-11-24T10:03:00Z"),
        by_people: false,
        secrets: if shown {
            vec![secret("host", "gruen-0088.db.example"), secret("password", "Beispiel-kein-echtes-Passwort")]
        } else {
            Vec::new()
        },
        ca_pem: shown.then(|| "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_owned()),
    }
}

#[must_use]
pub fn terminate(approvers: bool) -> TerminateView {
    TerminateView {
        booking: id(40),
        number: "BU-2026-0088".to_owned(),
        name: "Grünflächenportal, Datenbank".to_owned(),
        offering: "Datenbank PostgreSQL".to_owned(),
        earliest_end: day("2026-11-25"),
        monthly_net: amount("97.50"),
        data_days: if approvers { 30 } else { 0 },
        approvers: if approvers { vec!["Dr. Heike Sommer".to_owned()] } else { Vec::new() },
        by_people: false,
        exports: vec![Text::new("database-dump")],
    }
}

#[must_use]
pub fn restore() -> RestoreView {
    RestoreView {
        booking: id(40),
        number: "BU-2026-0088".to_owned(),
        name: "Grünflächenportal, Datenbank".to_owned(),
        since: at("2026-11-20T02:15:00Z"),
        until: at("2026-11-24T11:30:00Z"),
        kept_days: 7,
        approvers: vec!["Dr. Heike Sommer".to_owned()],
    }
}

fn backups(phase: BookingPhase) -> Backups {
    Backups {
        days: 14,
        since: Some(at("2026-11-20T02:15:00Z")),
        last: Some(at("2026-11-24T02:15:00Z")),
        archiving: phase != BookingPhase::Degraded,
        may_restore: phase == BookingPhase::Active,
        replaced: (phase == BookingPhase::Changing).then(|| Replaced {
            state_of: at("2026-11-23T16:40:12Z"),
            until: at("2026-12-01T12:00:00Z"),
            may_drop: true,
        }),
    }
}
