//! The record of an online service that went live: what a Land's service finder needs to know to lead people to it, "which
//! service, for which area, where, since when". One record per LeiKa key.
//!
//! Missing keys are never made up: a record without one says that it has to be completed.

use jiff::civil::Date;
use serde::Serialize;

use super::csv::{CsvFailed, CsvProfile};

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnlineService {
    /// Name of the service.
    pub title: String,
    /// Address of the service for citizens, with the area filled in.
    pub url: String,
    /// Leistungsschlüssel, 14 digits beginning with 99; none while it has to be completed.
    pub leika: Option<String>,
    /// Amtlicher Regionalschlüssel of the area, 12 digits.
    pub ars: String,
    /// First day.
    pub valid_from: Date,
    /// Number of the booking that it comes from.
    pub booking: String,
}

/// The service as its offering describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described<'a> {
    /// Name.
    pub title: &'a str,
    /// Address; `{ars}` stands for the area.
    pub url: &'a str,
    /// Keys, as far as they are known.
    pub leika: &'a [String],
}

/// Whether a text is a Leistungsschlüssel.
pub fn is_leika(text: &str) -> bool {
    text.len() == 14 && text.starts_with("99") && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is an Amtlicher Regionalschlüssel.
pub fn is_ars(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The records of a booking that went live for an area. None for an area that is no ARS, or without an encrypted address.
pub fn records(of: &Described<'_>, ars: &str, valid_from: Date, booking: &str) -> Vec<OnlineService> {
    if !is_ars(ars) || !of.url.starts_with("https://") {
        return Vec::new();
    }
    let record = |leika: Option<String>| OnlineService {
        title: of.title.to_owned(),
        url: of.url.replace("{ars}", ars),
        leika,
        ars: ars.to_owned(),
        valid_from,
        booking: booking.to_owned(),
    };
    let known: Vec<OnlineService> =
        of.leika.iter().filter(|key| is_leika(key)).map(|key| record(Some(key.clone()))).collect();
    if known.is_empty() { vec![record(None)] } else { known }
}

/// The records as a table for another program.
pub fn table(records: &[OnlineService], profile: CsvProfile) -> Result<Vec<u8>, CsvFailed> {
    let head = ["Leistung", "Adresse", "Leistungsschlüssel", "Regionalschlüssel", "Gültig ab", "Buchung"];
    let rows = records.iter().map(|record| {
        vec![
            record.title.clone(),
            record.url.clone(),
            record.leika.clone().unwrap_or_default(),
            record.ars.clone(),
            record.valid_from.to_string(),
            record.booking.clone(),
        ]
    });
    super::csv::text_table(&head, rows, profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> Date {
        "2026-11-27".parse().unwrap()
    }

    #[test]
    fn one_record_for_each_key_and_none_is_made_up() {
        let keys = ["99108055001000".to_owned(), "1234".to_owned(), "99108055001001".to_owned()];
        let of = Described { title: "Karte", url: "https://karte.example/{ars}", leika: &keys };
        let found = records(&of, "160990000012", day(), "BU-2026-0001");
        let leika: Vec<_> = found.iter().map(|record| record.leika.as_deref()).collect();
        assert_eq!(leika, [Some("99108055001000"), Some("99108055001001")]);
        assert_eq!(found[0].url, "https://karte.example/160990000012");
        let open = records(&Described { leika: &[], ..of.clone() }, "160990000012", day(), "BU-2026-0001");
        assert_eq!((open.len(), open[0].leika.as_deref()), (1, None), "to be completed");
        assert!(records(&of, "16099000001", day(), "B").is_empty());
        assert!(
            records(&Described { url: "http://karte.example", ..of }, "160990000012", day(), "B").is_empty()
        );
    }

    #[test]
    fn the_table_is_one_that_a_program_reads() {
        let of = Described { title: "Karte", url: "https://karte.example", leika: &[] };
        let records = records(&of, "160990000012", day(), "BU-2026-0001");
        let text = String::from_utf8(table(&records, CsvProfile::MACHINE).unwrap()).unwrap();
        assert_eq!(
            text,
            "Leistung;Adresse;Leistungsschlüssel;Regionalschlüssel;Gültig ab;Buchung\r\n\
             Karte;https://karte.example;;160990000012;2026-11-27;BU-2026-0001\r\n"
        );
    }
}
