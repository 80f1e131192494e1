//! Everything that was measured for one booking, as CSV: the evidence that the customer keeps.

use crate::app::App;
use crate::usecases::Error;
use crate::usecases::usage::hash_text;
use db::usage::UsageRow;
use domain::ids::{BookingId, OrganisationId};
use domain::policy::{Action, Actor, authorize};
use jiff::Timestamp;

/// Semicolons, one row per interval or reading; times in UTC, amounts in the unit of the meter.
pub async fn usage_csv(app: &App, actor: &Actor, id: BookingId) -> Result<(String, String), Error> {
    let scope = authorize(actor, Action::ViewBookings)?;
    let (number, records, readings) = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let row = db::bookings::get(conn, &scope, id).await?;
            let provider = OrganisationId(row.provider_id);
            let always =
                (Timestamp::UNIX_EPOCH, Timestamp::MAX.round(jiff::Unit::Second).unwrap_or(Timestamp::MAX));
            let records = db::usage::list_records(conn, provider, &[id], always).await?;
            let readings = db::usage::list_readings(conn, provider, &[id], always.1).await?;
            Ok::<_, Error>((row.number, records, readings))
        })
        .await?;
    let mut csv = String::from("Buchung;Messgröße;Von;Bis;Menge;Einheit;Nummer;SHA-256\r\n");
    for row in &records {
        csv.push_str(&line(&number, row));
    }
    for row in &readings {
        let unit = contract::Meter::from_code(&row.meter).map(contract::Meter::unit).unwrap_or_default();
        csv.push_str(&format!(
            "{number};{};;{};{};{unit};{};{}\r\n",
            row.meter,
            row.read_at.to_jiff(),
            row.value,
            row.epoch,
            hash_text(&row.content_hash)
        ));
    }
    Ok((format!("{number}-messwerte.csv"), csv))
}

fn line(number: &str, row: &UsageRow) -> String {
    let unit = contract::Meter::from_code(&row.meter).map(contract::Meter::unit).unwrap_or_default();
    format!(
        "{number};{};{};{};{};{unit};{};{}\r\n",
        row.meter,
        row.from_at.to_jiff(),
        row.to_at.to_jiff(),
        row.amount,
        row.sequence,
        hash_text(&row.content_hash)
    )
}
