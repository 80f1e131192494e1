//! Invoices as semicolon-separated tables: one of lines, one of the steps that explain them.
//!
//! Decimals have a comma, because these files are opened in German spreadsheets. Text that a spreadsheet would take for a
//! formula gets an apostrophe in front, unless the profile is read by a machine; numbers never do, since a negative
//! amount begins with a minus.

use crate::invoice::{Invoice, Line};
use crate::rating::{Charge, Step};

use super::german;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvProfile {
    /// Starts with a UTF-8 byte order mark, without which spreadsheets misread umlauts.
    pub byte_order_mark: bool,
    /// Disarms text that begins like a formula. Off for files that another program reads.
    pub guard_formulas: bool,
}

impl CsvProfile {
    /// For people with a spreadsheet.
    pub const SPREADSHEET: Self = Self { byte_order_mark: true, guard_formulas: true };
    /// For another program.
    pub const MACHINE: Self = Self { byte_order_mark: false, guard_formulas: false };
}

/// The table could not be written; the reason is the writer's.
#[derive(Debug, thiserror::Error)]
#[error("csv-failed: {0}")]
pub struct CsvFailed(String);

/// One cell: numbers and days are written as they are, text is guarded.
enum Cell {
    Plain(String),
    Text(String),
}

const LINE_HEAD: [&str; 23] = [
    "Rechnung",
    "Rechnungsdatum",
    "Position",
    "Buchung",
    "Bestellung",
    "Leistung",
    "Leistung von",
    "Leistung bis",
    "Menge",
    "Einheit",
    "Einzelpreis EUR",
    "Preis für Menge",
    "Netto EUR",
    "USt-Kategorie",
    "USt-Satz %",
    "Kostenstelle",
    "Sachkonto",
    "Leitweg-ID",
    "Rechenweg",
    "von (UTC)",
    "bis (UTC)",
    "Sekunden",
    "Sekunden für den vollen Preis",
];

/// The lines of an invoice, one row each. Amounts of a Rechnungskorrektur are given back, so they are negative here.
pub fn lines(invoice: &Invoice, profile: CsvProfile) -> Result<Vec<u8>, CsvFailed> {
    table(&LINE_HEAD, invoice.draft.lines.iter().map(|line| line_cells(invoice, line)), profile)
}

fn line_cells(invoice: &Invoice, line: &Line) -> Vec<Cell> {
    let (charge, text) = (&line.charge, &line.text);
    let (first, last) = charge.service.first_and_last_day();
    let sign =
        |value: rust_decimal::Decimal| if invoice.draft.key.kind.gives_back() { -value } else { value };
    let net = if invoice.draft.key.kind.gives_back() { -charge.amount } else { charge.amount };
    let vat = &invoice.draft.key.vat;
    let (held, full) = seconds(charge);
    vec![
        Cell::Text(invoice.number.clone()),
        Cell::Plain(german::day(invoice.issued_on)),
        Cell::Plain(line.position.to_string()),
        Cell::Text(text.booking_number.clone()),
        Cell::Text(text.order_number.clone()),
        Cell::Text(text.name.clone()),
        Cell::Plain(german::day(first)),
        Cell::Plain(german::day(last)),
        Cell::Plain(german::number(sign(charge.quantity))),
        Cell::Plain(german::unit(charge).to_owned()),
        Cell::Plain(charge.unit_price.to_string().replace('.', ",")),
        Cell::Plain(charge.base.to_string()),
        Cell::Plain(german::amount(net)),
        Cell::Plain(vat.category().code().to_owned()),
        Cell::Plain(german::number(vat.rate_percent())),
        Cell::Text(text.cost_centre.clone()),
        Cell::Text(text.account.clone()),
        Cell::Text(invoice.buyer.leitweg.as_ref().map(ToString::to_string).unwrap_or_default()),
        Cell::Text(german::explanation(charge)),
        Cell::Plain(charge.service.from().to_string()),
        Cell::Plain(charge.service.to().to_string()),
        Cell::Plain(held.to_string()),
        Cell::Plain(full.map(|seconds| seconds.to_string()).unwrap_or_default()),
    ]
}

/// Seconds in which something was held, and those that cost the full price; for programs that compute the line again.
fn seconds(charge: &Charge) -> (i64, Option<i64>) {
    let mut full = None;
    let mut held = 0_i64;
    for step in &charge.steps {
        if let Step::Held { seconds, of_seconds, .. } = step {
            held = held.saturating_add(*seconds);
            full = Some(*of_seconds);
        }
    }
    (held, full)
}

const STEP_HEAD: [&str; 11] = [
    "Rechnung",
    "Position",
    "Buchung",
    "Art",
    "von",
    "bis",
    "Größe",
    "Sekunden",
    "von Sekunden",
    "Anzahl",
    "bisher berechnet EUR",
];

/// The steps behind the lines, one row each: the itemised statement (Einzelnachweis).
pub fn steps(invoice: &Invoice, profile: CsvProfile) -> Result<Vec<u8>, CsvFailed> {
    let rows = invoice.draft.lines.iter().flat_map(|line| {
        line.charge.steps.iter().map(|step| {
            let mut cells = vec![
                Cell::Text(invoice.number.clone()),
                Cell::Plain(line.position.to_string()),
                Cell::Text(line.text.booking_number.clone()),
            ];
            cells.extend(step_cells(step));
            cells
        })
    });
    table(&STEP_HEAD, rows, profile)
}

fn step_cells(step: &Step) -> [Cell; 8] {
    let none = String::new;
    let cells = match step {
        Step::Held { size, period, seconds, of_seconds } => [
            "gehalten".to_owned(),
            german::instant(period.from()),
            german::instant(period.to()),
            german::number(*size),
            seconds.to_string(),
            of_seconds.to_string(),
            none(),
            none(),
        ],
        Step::Counted { period, count } => [
            "gezählt".to_owned(),
            german::instant(period.from()),
            german::instant(period.to()),
            none(),
            none(),
            none(),
            count.to_string(),
            none(),
        ],
        Step::Due { at } => [
            "einmalig".to_owned(),
            german::instant(*at),
            none(),
            none(),
            none(),
            none(),
            "1".to_owned(),
            none(),
        ],
        Step::Invoiced { quantity, amount } => [
            "bisher berechnet".to_owned(),
            none(),
            none(),
            german::number(*quantity),
            none(),
            none(),
            none(),
            german::amount(*amount),
        ],
    };
    cells.map(Cell::Plain)
}

/// One stored interval or reading behind an invoice, for the list of what was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// Number of the booking.
    pub booking_number: String,
    /// What was measured.
    pub meter: contract::Meter,
    /// Start of an interval; nothing for the reading of a counter.
    pub from: Option<jiff::Timestamp>,
    /// End of an interval, or when the counter was read.
    pub to: jiff::Timestamp,
    /// The size that was held, or what the counter showed.
    pub value: i64,
    /// Content hash of the record, as it went into the hash of the invoice's inputs.
    pub content_hash: String,
}

const MEASURED_HEAD: [&str; 8] =
    ["Rechnung", "Buchung", "Messgröße", "Einheit", "von", "bis", "Wert", "Prüfsumme des Messwerts"];

/// Everything that was measured for an invoice, one row per record, in the order given.
pub fn measured(
    invoice: &Invoice,
    records: impl Iterator<Item = Measured>,
    profile: CsvProfile,
) -> Result<Vec<u8>, CsvFailed> {
    let rows = records.map(|record| {
        vec![
            Cell::Text(invoice.number.clone()),
            Cell::Text(record.booking_number),
            Cell::Plain(record.meter.title_de().to_owned()),
            Cell::Plain(record.meter.unit().to_owned()),
            Cell::Plain(record.from.map(german::instant).unwrap_or_default()),
            Cell::Plain(german::instant(record.to)),
            Cell::Plain(record.value.to_string()),
            Cell::Plain(record.content_hash),
        ]
    });
    table(&MEASURED_HEAD, rows, profile)
}

/// A table of plain text, such as a record for another program.
pub(super) fn text_table(
    head: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    profile: CsvProfile,
) -> Result<Vec<u8>, CsvFailed> {
    table(head, rows.map(|row| row.into_iter().map(Cell::Text).collect()), profile)
}

fn table(
    head: &[&str],
    rows: impl Iterator<Item = Vec<Cell>>,
    profile: CsvProfile,
) -> Result<Vec<u8>, CsvFailed> {
    let start = if profile.byte_order_mark { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
    let mut writer =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(start);
    let failed = |reason: csv::Error| CsvFailed(reason.to_string());
    writer.write_record(head).map_err(failed)?;
    for row in rows {
        let texts = row.into_iter().map(|cell| match cell {
            Cell::Plain(text) => text,
            Cell::Text(text) if profile.guard_formulas => guarded(text),
            Cell::Text(text) => text,
        });
        writer.write_record(texts).map_err(failed)?;
    }
    writer.into_inner().map_err(|reason| CsvFailed(reason.to_string()))
}

/// Text that begins with one of `= + - @`, also in full width, a tab or a line break is run as a formula by spreadsheets.
fn guarded(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
#[path = "csv_test.rs"]
mod tests;
