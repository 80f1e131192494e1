//! Invented data: invoices, months, budgets.

use super::orders::figures;
use super::{amount, at, day, id};
use crate::http::views::budgets::{BudgetLineView, BudgetsView, CommitmentRow};
use crate::http::views::invoices::{
    AccountShare, Download, InvoiceBooking, InvoiceEvidence, InvoiceKind, InvoiceLine, InvoiceLink,
    InvoiceListView, InvoiceParty, InvoiceRow, InvoiceVat, InvoiceView,
};
use crate::http::views::months::{
    CorrectionRow, GapRow, MonthDetail, MonthRow, MonthState, MonthsView, PreviewRow, WatermarkRow,
};
use crate::http::views::orders::CommitmentState;
use crate::http::views::text::Text;

pub const KINDS: [InvoiceKind; 4] =
    [InvoiceKind::Invoice, InvoiceKind::Final, InvoiceKind::Correction, InvoiceKind::Credit];

#[must_use]
pub fn invoices(filled: bool, as_seller: bool) -> InvoiceListView {
    let row = |kind: InvoiceKind| InvoiceRow {
        id: id(50),
        number: "RE-2026-10-000317".to_owned(),
        kind,
        seller: "IT-Verbund Beispielland AöR".to_owned(),
        buyer: "Stadt Musterstadt".to_owned(),
        from: day("2026-10-01"),
        to: day("2026-10-31"),
        issued_on: day("2026-11-03"),
        due_on: day("2026-12-03"),
        payable: amount("218.57"),
    };
    let rows = if filled { KINDS.into_iter().map(row).collect() } else { Vec::new() };
    InvoiceListView { rows, total: if filled { 31 } else { 0 }, next: None, as_seller }
}

#[must_use]
pub fn invoice(kind: InvoiceKind) -> InvoiceView {
    let correction = matches!(kind, InvoiceKind::Correction | InvoiceKind::Credit);
    let party = |name: &str, unit: Option<&str>, vat_id: Option<&str>| InvoiceParty {
        name: name.to_owned(),
        unit: unit.map(str::to_owned),
        street: "Musterplatz 1".to_owned(),
        postcode: "99999".to_owned(),
        city: "Musterstadt".to_owned(),
        vat_id: vat_id.map(str::to_owned),
    };
    InvoiceView {
        id: id(50),
        number: "RE-2026-10-000317".to_owned(),
        kind,
        corrects: correction.then(|| InvoiceLink { id: id(51), number: "RE-2026-09-000298".to_owned() }),
        seller: party("IT-Verbund Beispielland AöR", None, Some("DE999999999")),
        buyer: party("Stadt Musterstadt", Some("Grünflächenamt"), None),
        leitweg_id: "06999000-MUSTERSTADT-76".to_owned(),
        issued_on: day("2026-11-03"),
        due_on: day("2026-12-03"),
        from: day("2026-10-01"),
        to: day("2026-10-31"),
        lines: invoice_lines(),
        net: amount("218.57"),
        vat: vec![
            InvoiceVat {
                category: "O".to_owned(),
                rate: amount("0"),
                base: amount("118.57"),
                amount: amount("0.00"),
                reason: Some("nicht steuerbar".to_owned()),
            },
            InvoiceVat {
                category: "S".to_owned(),
                rate: amount("19"),
                base: amount("100.00"),
                amount: amount("19.00"),
                reason: None,
            },
        ],
        payable: amount("237.57"),
        iban: Some("DE93 9999 9999 0000 0000 01".to_owned()),
        accounts: if correction {
            Vec::new()
        } else {
            vec![AccountShare {
                budget_line: "55.1.10".to_owned(),
                cost_centre: "1020-440".to_owned(),
                ledger_account: "5431700".to_owned(),
                order: Some("B-2026-0405".to_owned()),
                amount: amount("237.57"),
            }]
        },
        evidence: InvoiceEvidence {
            created_at: at("2026-11-03T01:14:07Z"),
            usage_records: 4471,
            prices: 9,
            input_sha256: "4be1d07f9a3c52e60f8842bbc7d915ae6630f1d284ab79c51e27f09db3506ca8".to_owned(),
            xrechnung_sha256: "c20a9f1377e4b8d05521ce6f90ab34d7e8f6120c4d9b7a35fa01682e19c5d37b".to_owned(),
        },
        downloads: ["xrechnung", "csv", "evidence-csv"]
            .into_iter()
            .map(|format| Download {
                format: format.to_owned(),
                url: format!("/invoices/x/{format}"),
                bytes: Some(24_310),
            })
            .collect(),
    }
}

fn invoice_lines() -> Vec<InvoiceLine> {
    let line =
        |position: u32, title: &str, explanation: &str, quantity: &str, price: &str, sum: &str| InvoiceLine {
            position,
            title: title.to_owned(),
            booking: (position == 1).then(|| InvoiceBooking {
                id: id(40),
                number: "BU-2026-0088".to_owned(),
                name: "Grünflächenportal".to_owned(),
            }),
            explanation: explanation.to_owned(),
            quantity: amount(quantity),
            unit: "Monate".to_owned(),
            unit_price: amount(price),
            amount: amount(sum),
        };
    vec![
        line(
            1,
            "Rechenleistung",
            "2 vCPU × 21,50 €, ganzer Monat (745 Stunden, Zeitumstellung am 25.10.)",
            "1",
            "43.00",
            "43.00",
        ),
        line(2, "Arbeitsspeicher", "27,20 € × 649 ÷ 745 Stunden", "0.871141", "27.20", "23.70"),
        line(3, "Speicher", "27,20 € × 6 ÷ 720 Stunden", "-0.008333", "27.20", "-0.23"),
    ]
}

fn month_rows() -> Vec<MonthRow> {
    vec![
        MonthRow { month: day("2026-11-01"), state: MonthState::Open, net: amount("4303.88"), invoices: 0 },
        MonthRow {
            month: day("2026-10-01"),
            state: MonthState::Issued,
            net: amount("54152.67"),
            invoices: 31,
        },
    ]
}

#[must_use]
pub fn months(state: Option<MonthState>) -> MonthsView {
    let Some(state) = state else { return MonthsView { months: Vec::new(), month: None, may_issue: true } };
    let open = state == MonthState::Open;
    let issued = state == MonthState::Issued;
    MonthsView {
        months: month_rows(),
        month: Some(MonthDetail {
            month: day("2026-11-01"),
            state,
            watermarks: vec![
                WatermarkRow {
                    location: id(60),
                    name: "Beispielhausen".to_owned(),
                    watermark: Some(at("2026-12-01T00:10:00Z")),
                    passed: true,
                },
                WatermarkRow {
                    location: id(61),
                    name: "Neubeispiel".to_owned(),
                    watermark: None,
                    passed: !open,
                },
            ],
            gaps: if open {
                vec![GapRow {
                    booking: id(40),
                    number: "BU-2026-0088".to_owned(),
                    name: "Grünflächenportal".to_owned(),
                    meter: "vcpu".to_owned(),
                    from: at("2026-11-10T00:00:00Z"),
                    until: at("2026-11-10T06:00:00Z"),
                    reason: Text::new("missing"),
                    may_waive: true,
                }]
            } else {
                Vec::new()
            },
            preview: if state == MonthState::Rated {
                Vec::new()
            } else {
                vec![PreviewRow {
                    buyer: "Stadt Musterstadt".to_owned(),
                    leitweg_id: "06999000-MUSTERSTADT-76".to_owned(),
                    kind: InvoiceKind::Invoice,
                    bookings: 5,
                    lines: 11,
                    net: amount("218.57"),
                    payable: amount("218.57"),
                    invoice: issued.then(|| id(50)),
                    number: issued.then(|| "RE-2026-11-000001".to_owned()),
                }]
            },
            corrections: if issued {
                vec![CorrectionRow {
                    buyer: "Stadt Musterstadt".to_owned(),
                    kind: InvoiceKind::Correction,
                    corrects: Some(InvoiceLink { id: id(50), number: "RE-2026-11-000001".to_owned() }),
                    net: amount("5.00"),
                    payable: amount("5.95"),
                }]
            } else {
                Vec::new()
            },
            net: amount("218.57"),
            payable: amount("218.57"),
            as_of: at("2026-12-01T06:00:00Z"),
        }),
        may_issue: state != MonthState::Rated,
    }
}

#[must_use]
pub fn budget_lines() -> Vec<BudgetLineView> {
    let line = |code: &str, title: &str, money: [&str; 5]| BudgetLineView {
        id: id(20),
        code: code.to_owned(),
        title: title.to_owned(),
        unit: Some("Grünflächenamt".to_owned()),
        year: 2026,
        figures: figures(money[0], money[1], money[2], money[3], money[4]),
    };
    vec![
        line("55.1.10", "Öffentliches Grün", ["12000.00", "6820.44", "1190.00", "195.00", "3794.56"]),
        line("54.1.30", "Straßenbeleuchtung", ["4000.00", "3204.10", "736.00", "0.00", "59.90"]),
        line("11.1.60", "Zentrale IT", ["0.00", "0.00", "0.00", "0.00", "0.00"]),
    ]
}

#[must_use]
pub fn budgets(filled: bool) -> BudgetsView {
    let states = [
        CommitmentState::Reserved,
        CommitmentState::Confirmed,
        CommitmentState::Released,
        CommitmentState::Settled,
    ];
    let row = |state: CommitmentState| CommitmentRow {
        order: id(31),
        number: "B-2026-0412".to_owned(),
        name: "Baumkataster, Datenbank".to_owned(),
        budget_line: "55.1.10".to_owned(),
        state,
        amount: amount("195.00"),
        invoiced: amount("65.00"),
        bound: amount("130.00"),
        released: amount("0.00"),
        at: at("2026-11-22T09:42:00Z"),
    };
    BudgetsView {
        year: 2026,
        years: vec![2026, 2027],
        lines: if filled { budget_lines() } else { Vec::new() },
        sum: figures("16000.00", "10024.54", "1926.00", "195.00", "3854.46"),
        commitments: if filled { states.into_iter().map(row).collect() } else { Vec::new() },
    }
}
