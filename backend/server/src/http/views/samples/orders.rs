//! Invented data: order form, orders, approvals.

use serde_json::json;

use super::offerings::{estimate, provider, schema};
use super::{amount, at, day, id};
use crate::http::views::approvals::{
    ApprovalListView, ApprovalRow, ApprovalView, BudgetEffect, BudgetFigures, DecidedRow, Deputyship,
};
use crate::http::views::change::{ChangeOf, ChangedAnswer};
use crate::http::views::form::Form;
use crate::http::views::offerings::Protection;
use crate::http::views::orders::{
    Answer, BudgetLineChoice, CommitmentState, CommitmentView, DecisionView, LegalBasisChoice, OfferingRef,
    OrderAction, OrderCheckView, OrderContent, OrderFormView, OrderListView, OrderRow, OrderState, OrderView,
    PlanChoice,
};
use crate::http::views::placement::{CertificateView, DemandView, PlaceForm, PlacementRow, PlacementView};
use crate::http::views::schema_form;
use crate::http::views::text::{Bearing, Check, Text};
use crate::http::views::timeline::{Money, Step, StepState, Why};

#[must_use]
pub fn offering_ref() -> OfferingRef {
    OfferingRef {
        id: id(10),
        version: 7,
        title: "Datenbank PostgreSQL".to_owned(),
        kind: "postgresql".to_owned(),
        provider: provider(),
    }
}

#[must_use]
pub fn budget_line() -> BudgetLineChoice {
    BudgetLineChoice {
        id: id(20),
        code: "55.1.10".to_owned(),
        title: "Öffentliches Grün, Geschäftsaufwand IT".to_owned(),
        year: 2026,
        budget: amount("12000.00"),
        available: amount("3989.56"),
    }
}

fn legal_basis() -> LegalBasisChoice {
    LegalBasisChoice {
        id: id(21),
        title: "Inhouse-Vergabe, § 108 Abs. 4 GWB".to_owned(),
        evidence: "Verbandssatzung vom 12.03.2019".to_owned(),
        valid_until: Some(day("2028-12-31")),
    }
}

#[must_use]
pub fn form(filled: bool) -> OrderFormView {
    let plan = |number: u128, title: &str| PlanChoice {
        id: id(number),
        title: title.to_owned(),
        summary: "4 vCPU, 16 GiB".to_owned(),
    };
    OrderFormView {
        draft: filled.then(|| id(30)),
        number: filled.then(|| "B-2026-0412".to_owned()),
        offering: offering_ref(),
        plans: vec![plan(11, "Einzelknoten M"), plan(12, "Hochverfügbar M")],
        fields: schema_form::fields(&schema(), "parameters"),
        budget_lines: if filled {
            vec![budget_line(), BudgetLineChoice { id: id(22), ..budget_line() }]
        } else {
            Vec::new()
        },
        legal_bases: if filled { vec![legal_basis()] } else { Vec::new() },
        cost_centres: if filled { vec![code("55110", "Grünflächen")] } else { Vec::new() },
        accounts: if filled { vec![code("5431000", "IT-Dienstleistungen")] } else { Vec::new() },
        earliest_start: day("2026-11-24"),
        estimate: filled.then(estimate),
        approvers: if filled { vec!["Dr. Heike Sommer".to_owned()] } else { Vec::new() },
        helper: filled.then(|| "Tobias Krell".to_owned()),
        place: filled.then(place_form),
    }
}

fn place_form() -> PlaceForm {
    PlaceForm {
        needs: ["normal", "high", "very-high"].map(str::to_owned).to_vec(),
        lands: vec![schema_form::Choice { value: "land-16".to_owned(), label: "Thüringen".to_owned() }],
        certificates: ["c5-type-1", "c5-type-2", "iso-27001", "it-grundschutz"].map(str::to_owned).to_vec(),
        rows: placement().rows,
        by_people: false,
    }
}

/// One location of each outcome, with every reason that has arguments.
#[must_use]
pub fn placement() -> PlacementView {
    let row = |name: &str, outcome: &str, reasons: Vec<Text>| PlacementRow {
        offering: id(10),
        version: 7,
        provider: "IT-Verbund Beispielland AöR".to_owned(),
        location: Some(id(40)),
        name: name.to_owned(),
        land: Some("Thüringen".to_owned()),
        protection: Protection { confidentiality: 2, integrity: 2, availability: 1 },
        certificates: vec![CertificateView {
            class: "c5-type-2".to_owned(),
            number: "C5-2026-17".to_owned(),
            valid_until: day("2027-06-30"),
        }],
        heard_at: Some(at("2026-11-24T08:59:30Z")),
        monthly_net: Some(amount("195.00")),
        total_gross: Some(amount("2784.60")),
        outcome: outcome.to_owned(),
        reasons,
    };
    let level = Text::new("protection-availability").with("needed", "very-high").with("offered", "high");
    let full = Text::new("full-memory").with("free_number", "3.5").with("needed_number", "16");
    let over = Text::new("certificate-over").with("until_date", "2026-10-31");
    let dearer = Text::new("dearer").with("by_eur", "120.00").with("months", 12);
    PlacementView {
        demand: DemandView {
            confidentiality: "high".to_owned(),
            integrity: "normal".to_owned(),
            availability: "normal".to_owned(),
            stay: "land-16".to_owned(),
            land: Some("Thüringen".to_owned()),
            certificate: Some("c5-type-1".to_owned()),
        },
        by_hand: false,
        placed_at: at("2026-11-24T09:00:00Z"),
        months: 12,
        rows: vec![
            row("Beispielhausen", "chosen", Vec::new()),
            row("Neustadt", "not-chosen", vec![dearer]),
            row("Altstadt", "left-out", vec![level, full, over]),
        ],
    }
}

/// An answer to a question that the offering asks beyond its kind.
#[must_use]
pub fn own_answer() -> Answer {
    Answer {
        name: "answers.domain".to_owned(),
        label: "Wunschname der Adresse".to_owned(),
        values: vec!["lampen.musterstadt.example".to_owned()],
        unit: None,
        ticked: None,
    }
}

fn code(value: &str, name: &str) -> schema_form::Choice {
    schema_form::Choice { value: value.to_owned(), label: format!("{value} {name}") }
}

/// What somebody typed, with values of every kind of input.
#[must_use]
pub fn typed() -> Form {
    let fields = schema_form::fields(&schema(), "parameters");
    let value = json!({ "name": "baum", "version": "16", "storage_gib": 100, "backup": true, "contact": "it@musterstadt.example",
        "networks": ["192.0.2.0/24", "198.51.100.0/24"], "window": { "day": "tue" } });
    let mut form = Form::fresh("key-2");
    form.values = schema_form::texts_of(&fields, &value);
    form.value("name", "Baumkataster, Datenbank")
        .value("cost_centre", "1020-44")
        .value("budget_line", id(20))
        .value("legal_basis", id(21))
        .value("start_day", "1")
        .value("start_month", "11")
        .value("start_year", "2026")
        .value("justification", "<script>alert(1)</script> Zugriff aus dem Außendienst")
}

#[must_use]
pub fn content(action: OrderAction) -> OrderContent {
    let answer =
        |name: &str, label: &str, values: &[&str], unit: Option<&str>, ticked: Option<bool>| Answer {
            name: format!("parameters.{name}"),
            label: label.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            unit: unit.map(str::to_owned),
            ticked,
        };
    OrderContent {
        action,
        name: "Baumkataster, Datenbank".to_owned(),
        offering: offering_ref(),
        plan: Some(PlanChoice {
            id: id(12),
            title: "Hochverfügbar M".to_owned(),
            summary: "4 vCPU, 16 GiB".to_owned(),
        }),
        parameters: vec![
            answer("version", "Version", &["17"], None, None),
            answer("storage_gib", "Speicherplatz", &["100"], Some("GiB"), None),
            answer("networks", "Zugelassene Netze", &["192.0.2.0/24", "198.51.100.0/24"], None, None),
            answer("backup", "Tägliche Sicherung", &[], None, Some(true)),
            answer("share", "Anteil", &[], None, None),
        ],
        cost_centre: "1020-440".to_owned(),
        ledger_account: "5431700".to_owned(),
        budget_line: budget_line(),
        legal_basis: legal_basis(),
        wished_day: day("2026-12-01"),
        justification: "Datenbank für das Baumkataster, Zugriff aus dem Außendienst".to_owned(),
        keep_days: match action {
            OrderAction::Terminate => Some(0),
            OrderAction::Restore => Some(7),
            _ => None,
        },
        restore_at: (action == OrderAction::Restore).then(|| at("2026-11-23T16:40:12Z")),
        left: (action == OrderAction::Transfer).then(super::transfer::left),
        former_end: (action == OrderAction::Resume).then(|| day("2026-12-31")),
        end_day: (action == OrderAction::Resume).then(|| day("2027-01-31")),
        change: (action == OrderAction::Change).then(|| ChangeOf {
            rows: vec![
                ChangedAnswer {
                    label: String::new(),
                    before: "S".to_owned(),
                    after: "Hochverfügbar M".to_owned(),
                },
                ChangedAnswer {
                    label: "Speicherplatz".to_owned(),
                    before: "50 GiB".to_owned(),
                    after: "100 GiB".to_owned(),
                },
            ],
            monthly_before: amount("86.20"),
            monthly_after: amount("214.90"),
            difference: amount("128.70"),
            counts_from: "effect".to_owned(),
        }),
    }
}

#[must_use]
pub fn check() -> OrderCheckView {
    OrderCheckView {
        draft: id(30),
        number: None,
        etag: "\"3\"".to_owned(),
        content: content(OrderAction::Create),
        estimate: estimate(),
        placement: Some(placement()),
        checks: vec![
            Check::new(Bearing::Good, Text::new("budget").with("available_eur", "3989.56")),
            Check::new(Bearing::Info, Text::new("approval").with("names", "Dr. Heike Sommer")),
        ],
        reserves: amount("195.00"),
        approvers: vec!["Dr. Heike Sommer".to_owned(), "Murat Demir".to_owned()],
        decide_by: Some(day("2026-12-01")),
        usual_minutes: Some(4),
    }
}

#[must_use]
pub fn row(state: OrderState) -> OrderRow {
    let waits = state == OrderState::Requested;
    OrderRow {
        id: id(31),
        number: (state != OrderState::Draft).then(|| "B-2026-0412".to_owned()),
        action: OrderAction::Create,
        name: "Baumkataster, Datenbank".to_owned(),
        offering: "Datenbank PostgreSQL".to_owned(),
        provider: provider().name,
        requested_by: "Jana Probst".to_owned(),
        asked_by: (state == OrderState::Draft).then(|| "Murat Demir".to_owned()),
        at: at("2026-11-22T09:42:00Z"),
        state,
        waits_for: if waits { vec!["Dr. Heike Sommer".to_owned()] } else { Vec::new() },
        due: waits.then(|| day("2026-11-29")),
        monthly_net: amount("195.00"),
        total_gross: amount("1234567.89"),
    }
}

pub const STATES: [OrderState; 8] = [
    OrderState::Draft,
    OrderState::Requested,
    OrderState::Approved,
    OrderState::Rejected,
    OrderState::Withdrawn,
    OrderState::Expired,
    OrderState::Fulfilled,
    OrderState::Failed,
];

#[must_use]
pub fn list(tab: &str, filled: bool) -> OrderListView {
    let rows = if filled { STATES.into_iter().map(row).collect() } else { Vec::new() };
    OrderListView {
        tab: tab.to_owned(),
        rows,
        total: if filled { 12_480 } else { 0 },
        next: filled.then(|| "abc".to_owned()),
    }
}

#[must_use]
pub fn step(state: StepState, code: &str, at_time: Option<&str>, who: Option<&str>) -> Step {
    Step {
        state,
        text: Text::new(code),
        at: at_time.map(at),
        who: who.map(str::to_owned),
        said: None,
        why: None,
    }
}

#[must_use]
pub fn order(state: OrderState) -> OrderView {
    let decided = matches!(state, OrderState::Approved | OrderState::Rejected);
    let mut timeline = vec![
        Step {
            said: Some("Bitte bis Monatsende".to_owned()),
            ..step(StepState::Done, "requested", Some("2026-11-22T09:42:00Z"), Some("Jana Probst"))
        },
        step(StepState::Done, "checked", Some("2026-11-22T09:42:00Z"), None),
    ];
    timeline.push(match state {
        OrderState::Rejected => {
            step(StepState::Failed, "rejected", Some("2026-11-23T08:00:00Z"), Some("Dr. Heike Sommer"))
        }
        OrderState::Approved => {
            step(StepState::Done, "approved", Some("2026-11-23T08:00:00Z"), Some("Dr. Heike Sommer"))
        }
        _ => Step {
            why: Some(Why {
                reason: Text::new("approval"),
                money: Money::Reserved { amount: amount("195.00") },
                actor: Text::new("approver").with("name", "Dr. Heike Sommer"),
                due: Some(at("2026-11-29T22:59:59Z")),
            }),
            ..step(StepState::Waiting, "approval", Some("2026-11-22T09:42:00Z"), None)
        },
    });
    timeline.push(step(StepState::Todo, "fetched", None, None));
    OrderView {
        id: id(31),
        number: "B-2026-0412".to_owned(),
        etag: "\"1\"".to_owned(),
        state,
        requested_by: "Jana Probst".to_owned(),
        requested_at: at("2026-11-22T09:42:00Z"),
        content: content(OrderAction::Create),
        estimate: estimate(),
        decision: DecisionView {
            approvers: vec!["Dr. Heike Sommer".to_owned()],
            due: Some(day("2026-11-29")),
            decided_by: decided.then(|| "Dr. Heike Sommer".to_owned()),
            deputy_for: decided.then(|| "Murat Demir".to_owned()),
            decided_at: decided.then(|| at("2026-11-23T08:00:00Z")),
            reason: decided.then(|| "Größe S reicht nach Messung, bitte neu bestellen".to_owned()),
        },
        commitment: Some(CommitmentView {
            amount: amount("195.00"),
            state: CommitmentState::Reserved,
            budget_line: "55.1.10".to_owned(),
            year: 2026,
        }),
        placement: Some(placement()),
        timeline,
        booking: (state == OrderState::Approved).then(|| id(40)),
        may_withdraw: state == OrderState::Requested,
        may_decide: false,
    }
}

#[must_use]
pub fn approvals(filled: bool, may_approve: bool) -> ApprovalListView {
    let open = |number: u128, bearing: Bearing, finding: Text| ApprovalRow {
        order: id(number),
        number: "B-2026-0412".to_owned(),
        action: OrderAction::Create,
        name: "Baumkataster, Datenbank".to_owned(),
        offering: "Datenbank PostgreSQL".to_owned(),
        requested_by: "Jana Probst".to_owned(),
        requested_at: at("2026-11-22T09:42:00Z"),
        budget_line: "55.1.10".to_owned(),
        monthly_net: amount("195.00"),
        total_gross: amount("5532.15"),
        bearing,
        within_limit: finding.code != "above-limit",
        finding,
        due: Some(day("2026-11-29")),
    };
    if !filled {
        return ApprovalListView {
            open: Vec::new(),
            decided: Vec::new(),
            deputy_for: Vec::new(),
            may_approve,
        };
    }
    ApprovalListView {
        open: vec![
            open(31, Bearing::Bad, Text::new("budget-short")),
            open(32, Bearing::Warn, Text::new("notes").with("n_count", 2)),
            open(33, Bearing::Good, Text::new("good")),
            open(35, Bearing::Bad, Text::new("above-limit")),
        ],
        decided: vec![DecidedRow {
            order: id(34),
            number: "B-2026-0379".to_owned(),
            name: "Testserver".to_owned(),
            approved: false,
            reason: Some("Größe M reicht nach Messung".to_owned()),
            decided_by: "Dr. Heike Sommer".to_owned(),
            decided_at: at("2026-11-13T10:00:00Z"),
        }],
        deputy_for: vec![Deputyship { name: "Murat Demir".to_owned(), until: day("2026-12-04") }],
        may_approve,
    }
}

#[must_use]
pub fn figures(
    budget: &str,
    invoiced: &str,
    confirmed: &str,
    reserved: &str,
    available: &str,
) -> BudgetFigures {
    BudgetFigures {
        budget: amount(budget),
        invoiced: amount(invoiced),
        confirmed: amount(confirmed),
        reserved: amount(reserved),
        available: amount(available),
    }
}

#[must_use]
pub fn approval(state: OrderState, may_decide: bool) -> ApprovalView {
    ApprovalView {
        order: order(state),
        budget: BudgetEffect {
            code: "55.1.10".to_owned(),
            title: "Öffentliches Grün".to_owned(),
            year: 2026,
            amount: amount("195.00"),
            before: figures("12000.00", "6820.44", "1190.00", "0.00", "3989.56"),
            after: figures("12000.00", "6820.44", "1190.00", "195.00", "3794.56"),
            sufficient: may_decide,
        },
        checks: vec![
            Check::new(
                Bearing::Good,
                Text::new("legal-basis")
                    .with("title", "Inhouse-Vergabe, § 108 Abs. 4 GWB")
                    .with("evidence", "Verbandssatzung vom 12.03.2019"),
            ),
            Check::new(
                Bearing::Good,
                Text::new("four-eyes").with("name", "Jana Probst").with("limit_eur", "25000.00"),
            ),
        ],
        may_decide,
        why_not: (!may_decide)
            .then(|| Text::new("limit").with("amount_eur", "5532.15").with("limit_eur", "5000.00")),
    }
}
