//! Tasks of people, and a booking that people fulfil.

use super::{amount, at, bookings, day, id};
use crate::http::views::bookings::{
    BookingPhase, BookingView, FinalState, OnlineServiceView, RevealState, RevealView, TerminateView,
};
use crate::http::views::tasks::{
    CountMeter, CountRow, CountsView, StatementView, TaskForm, TaskListView, TaskPageView, TaskRow,
    TaskState, TaskView,
};
use crate::http::views::text::Text;

pub const FORMS: [TaskForm; 5] =
    [TaskForm::None, TaskForm::Plain, TaskForm::State, TaskForm::Answer, TaskForm::Access];

fn statement(answer: Option<&str>) -> StatementView {
    StatementView {
        what: "start".to_owned(),
        effective_at: at("2026-12-01T23:00:00Z"),
        note: "Freigeschaltet im Zuständigkeitsfinder".to_owned(),
        stated_at: at("2026-12-03T09:00:00Z"),
        answer: answer.map(str::to_owned),
        reason: (answer == Some("objected")).then(|| "Die Anmeldung ging erst am 2. Dezember".to_owned()),
        answered_at: answer.map(|_| at("2026-12-04T10:00:00Z")),
    }
}

fn task(step: &str, side: &str, state: TaskState) -> TaskView {
    let closed = matches!(state, TaskState::Done | TaskState::NotNeeded);
    let own = ["agreement", "dvdv"].contains(&step);
    TaskView {
        id: id(70),
        step: step.to_owned(),
        title: if own { Text::new("own").with("title", "Eintrag im DVDV") } else { Text::new(step) },
        hint: if own { "Die pflegende Stelle trägt Ihre Behörde ein.".to_owned() } else { String::new() },
        side: side.to_owned(),
        owner: if side == "provider" { "IT-Verbund Beispielland" } else { "Jana Probst" }.to_owned(),
        due: (state != TaskState::Waiting).then(|| day("2026-12-04")),
        state,
        reason: (state == TaskState::NotNeeded).then(|| Text::new("said").with("text", "Liegt schon vor")),
        closed_at: closed.then(|| at("2026-11-27T09:00:00Z")),
        closed_by: closed.then(|| "IT-Verbund Beispielland".to_owned()),
        mine: side == "customer" && matches!(state, TaskState::Open | TaskState::Overdue),
        statement: (step == "confirm-start").then(|| statement(None)),
        public_key: None,
    }
}

/// The tasks of a booking on its way.
fn tasks() -> Vec<TaskView> {
    vec![
        task("accept", "provider", TaskState::Done),
        task("agreement", "customer", TaskState::Overdue),
        task("dvdv", "provider", TaskState::Open),
        task("access", "provider", TaskState::NotNeeded),
        task("start", "provider", TaskState::Open),
        task("confirm-start", "customer", TaskState::Waiting),
    ]
}

/// A booking that people fulfil.
pub fn booking(phase: BookingPhase) -> BookingView {
    let mut view = BookingView {
        name: "Fahrtenschreiberkarte".to_owned(),
        by_people: true,
        location: None,
        simulated: false,
        endpoints: Vec::new(),
        sizes: Vec::new(),
        tasks: tasks(),
        counted: true,
        online_services: if phase == BookingPhase::Active { online_services() } else { Vec::new() },
        ..bookings::booking(phase)
    };
    view.usage.rows.clear();
    view.usage.gaps.clear();
    view.usage.watermark = None;
    view.offering.kind = "manual".to_owned();
    if let Some(end) = view.end.as_mut() {
        end.proof = None;
        end.final_invoice = None;
        end.final_state = FinalState::Measuring;
    }
    view
}

fn online_services() -> Vec<OnlineServiceView> {
    let record = |leika: Option<&str>| OnlineServiceView {
        title: "Fahrtenschreiberkarte beantragen (EfA)".to_owned(),
        url: "https://karte.example/160990000012".to_owned(),
        leika: leika.map(str::to_owned),
        ars: "160990000012".to_owned(),
        valid_from: day("2026-11-27"),
        booking: "BU-2026-0088".to_owned(),
    };
    vec![record(Some("99108055001000")), record(None)]
}

/// Reported lines: none, checked, taken.
pub fn counts(rows: bool, taken: bool) -> CountsView {
    let row = |number: u64, answer: &str, reason: Option<&str>| CountRow {
        number,
        day: (number < 5).then(|| day("2026-12-01")),
        meter: (number < 5).then(|| "cases".to_owned()),
        count: (number < 5).then_some(3),
        reference: (number < 5).then(|| format!("K-{number}")),
        answer: answer.to_owned(),
        reason: reason.map(Text::new),
    };
    let all = vec![
        row(2, "accepted", None),
        row(3, "duplicate", None),
        row(4, "conflict", Some("conflict")),
        row(5, "rejected", Some("count-day")),
    ];
    CountsView {
        booking: id(40),
        number: "BU-2026-0088".to_owned(),
        name: "Fahrtenschreiberkarte".to_owned(),
        partner: "Stadt Musterstadt".to_owned(),
        meters: vec![CountMeter { code: "cases".to_owned(), title: "Fälle".to_owned() }],
        started: rows,
        rows: if rows { all } else { Vec::new() },
        accepted: 1,
        duplicates: 1,
        conflicts: 1,
        rejected: 1,
        table: if rows && !taken { "Tag;Messgröße;Anzahl;Vorgang".to_owned() } else { String::new() },
        taken,
    }
}

pub fn list(tab: &str, filled: bool) -> TaskListView {
    let row = |state: TaskState, owner: Option<&str>| TaskRow {
        id: id(70),
        booking: id(40),
        number: "BU-2026-0088".to_owned(),
        name: "Fahrtenschreiberkarte".to_owned(),
        partner: "Stadt Musterstadt".to_owned(),
        title: Text::new("accept"),
        due: Some(day("2026-12-04")),
        state,
        owner: owner.map(str::to_owned),
    };
    let rows = vec![row(TaskState::Overdue, None), row(TaskState::Open, Some("Felix Arnold"))];
    TaskListView { tab: tab.to_owned(), rows: if filled { rows } else { Vec::new() } }
}

pub fn page(form: TaskForm) -> TaskPageView {
    let (step, side) = match form {
        TaskForm::None => ("dvdv", "provider"),
        TaskForm::Plain => ("agreement", "customer"),
        TaskForm::State => ("start", "provider"),
        TaskForm::Answer => ("confirm-start", "customer"),
        TaskForm::Access => ("answer-access", "provider"),
    };
    TaskPageView {
        booking: id(40),
        number: "BU-2026-0088".to_owned(),
        name: "Fahrtenschreiberkarte".to_owned(),
        offering: "Fahrtenschreiberkarte beantragen (EfA)".to_owned(),
        partner: "IT-Verbund Beispielland".to_owned(),
        task: task(step, side, TaskState::Open),
        form,
        may_skip: matches!(form, TaskForm::Plain | TaskForm::Access),
        may_decline: false,
        statements: match form {
            TaskForm::State => vec![statement(Some("objected")), statement(Some("confirmed"))],
            TaskForm::Answer => vec![statement(None)],
            TaskForm::None | TaskForm::Plain | TaskForm::Access => Vec::new(),
        },
        monthly_net: amount("60.00"),
    }
}

pub fn reveal(state: RevealState) -> RevealView {
    RevealView { by_people: true, ca_pem: None, ..bookings::reveal(state) }
}

pub fn terminate() -> TerminateView {
    TerminateView { by_people: true, ..bookings::terminate(true) }
}
