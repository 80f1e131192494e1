//! Invented data: a booking that moves to another Kostenstelle.

use super::orders::budget_line;
use super::{amount, at, day, id};
use crate::http::views::orders::BudgetLineChoice;
use crate::http::views::schema_form::Choice;
use crate::http::views::transfer::{AssignedView, LeftView, TransferView};

/// The form.
pub fn page() -> TransferView {
    let choice = |code: &str, name: &str| Choice { value: code.to_owned(), label: format!("{code} {name}") };
    TransferView {
        booking: id(40),
        number: "BU-2026-0088".to_owned(),
        name: "Grünflächenportal, Datenbank".to_owned(),
        present: left(),
        budget_lines: vec![
            budget_line(),
            BudgetLineChoice { id: id(21), code: "11.1.40".to_owned(), ..budget_line() },
        ],
        cost_centres: vec![choice("1020-440", "Grünflächen"), choice("1020-110", "Digitalisierung")],
        accounts: Vec::new(),
        earliest: day("2026-11-24"),
        monthly_net: amount("86.20"),
        approvers: vec!["Dr. Heike Sommer".to_owned()],
    }
}

/// Where it belonged before.
pub fn left() -> LeftView {
    LeftView {
        cost_centre: "1020-440".to_owned(),
        ledger_account: "5431000".to_owned(),
        budget_line: "55.1.10 Öffentliches Grün, Geschäftsaufwand IT".to_owned(),
    }
}

/// Where it belonged over time.
pub fn assigned() -> Vec<AssignedView> {
    let unit = |unit: &str, from, present| AssignedView {
        from,
        unit: unit.to_owned(),
        cost_centre: "1020-440".to_owned(),
        ledger_account: "5431000".to_owned(),
        order: id(31),
        present,
    };
    vec![
        unit("Amt für Digitalisierung", Some(at("2026-12-31T23:00:00Z")), false),
        unit("Grünflächenamt", None, true),
    ]
}
