use super::*;
use crate::invoice::sample::{corrected, monthly, taxable};

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn lines_are_german_and_complete() {
    let invoice = monthly(taxable());
    let table = text(lines(&invoice, CsvProfile::SPREADSHEET).unwrap());
    assert!(table.starts_with("\u{feff}Rechnung;Rechnungsdatum;Position;"));
    assert_eq!(table.lines().count(), 1 + invoice.draft.lines.len());
    assert!(
        table.contains(";0,871141;Monat;27,20;1;23,70;S;19;1020-440;5431700;06999000-MUSTERSTADT-76;"),
        "{table}"
    );
    assert!(table.contains(";2345;Stück;4,50;1000;10,55;"), "{table}");
    assert!(table.contains("01.10.2026;31.10.2026;"));
    // The readable columns have no raw seconds and no offsets; the last four are for programs.
    let readable = |row: &str| row.rsplitn(5, ';').last().unwrap().to_owned();
    assert!(
        table.lines().skip(1).all(|row| !readable(row).contains("+0") && !readable(row).contains("Sekunden"))
    );
    let raw = ";2026-09-30T22:00:00Z;2026-10-31T23:00:00Z;2336400;2682000\r\n";
    assert!(table.contains(raw), "{table}");
}

#[test]
fn what_is_given_back_is_negative() {
    let table = text(lines(&corrected(6), CsvProfile::MACHINE).unwrap());
    assert!(table.contains(";-0,871141;Monat;27,20;1;-23,70;O;0;"), "{table}");
}

#[test]
fn steps_explain_every_line() {
    let invoice = monthly(taxable());
    let table = text(steps(&invoice, CsvProfile::MACHINE).unwrap());
    let expected: usize = invoice.draft.lines.iter().map(|line| line.charge.steps.len()).sum();
    assert_eq!(table.lines().count(), 1 + expected);
    assert!(
        table.contains("gehalten;01.10.2026 00:00:00+02:00;10.10.2026 00:00:00+02:00;1;777600;2682000;;"),
        "{table}"
    );
    assert!(table.contains("einmalig;15.10.2026 00:00:00+02:00;"));
}

#[test]
fn formulas_are_disarmed_in_text_only() {
    let mut invoice = corrected(6);
    invoice.draft.lines[0].text.name = "=HYPERLINK(\"x\";\"y\")".into();
    let guarded = text(lines(&invoice, CsvProfile::SPREADSHEET).unwrap());
    assert!(guarded.contains("\"'=HYPERLINK(\"\"x\"\";\"\"y\"\")\""), "{guarded}");
    assert!(guarded.contains(";-23,70;"), "a negative amount stays a number");
    let raw = text(lines(&invoice, CsvProfile::MACHINE).unwrap());
    assert!(raw.contains("\"=HYPERLINK"));
    for first in ["+1", "-1", "@x", "\tx", "\rx", "\n=1", "＝1", "＋1", "－1", "＠x"] {
        assert!(super::guarded(first.to_owned()).starts_with('\''));
    }
}

#[test]
fn what_was_measured_is_listed_with_its_hash() {
    let record = Measured {
        booking_number: "BU-2026-0031".into(),
        meter: contract::Meter::Storage,
        from: Some("2026-10-24T22:00:00Z".parse().unwrap()),
        to: "2026-10-25T23:00:00Z".parse().unwrap(),
        value: 40_960,
        content_hash: "ab".repeat(32),
    };
    let reading = Measured { from: None, ..record.clone() };
    let table =
        text(measured(&monthly(taxable()), [record, reading].into_iter(), CsvProfile::MACHINE).unwrap());
    let row = format!(
        "RE-2026-10-000317;BU-2026-0031;Speicherplatz;MiB;25.10.2026 00:00:00+02:00;26.10.2026 00:00:00+01:00;40960;{}\r\n",
        "ab".repeat(32)
    );
    assert!(table.contains(&row), "{table}");
    assert!(table.contains(";MiB;;26.10.2026"), "{table}");
}
