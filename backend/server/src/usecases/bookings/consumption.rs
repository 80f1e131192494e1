//! What the counters of a booking counted, shown beside the intervals of its sizes as soon as it was read. These are the
//! differences that are billed; the CSV has every reading.

use super::load::Loaded;
use crate::app::App;
use crate::http::views::bookings::{UsageEvidence, UsageRow, UsageState};
use crate::usecases::Error;
use crate::usecases::months::picture::to_reading;
use contract::Meter;
use domain::ids::{BookingId, OrganisationId};
use domain::metering::{Reading, counted};
use domain::policy::Scope;
use domain::time::{Month, Period};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// So many differences are shown.
const ROWS_SHOWN: usize = 100;

/// Adds what was counted since the month before this one began, or since the booking was ready; the youngest first.
pub(super) async fn add(
    app: &App,
    scope: &Scope,
    of: &Loaded,
    now: Timestamp,
    usage: &mut UsageEvidence,
) -> Result<(), Error> {
    let begins = of.seen.as_ref().and_then(|seen| seen.ready_at).unwrap_or(of.row.created_at.to_jiff());
    let since = begins.max(Month::of(now).previous().period().from());
    let second = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap_or(at);
    let Ok(window) = Period::new(second(since), second(now)) else { return Ok(()) };
    let provider = OrganisationId(of.row.provider_id);
    let stored = app
        .db
        .read(scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(
                db::usage::list_readings(conn, provider, &[BookingId(of.row.id)], window.to()).await?,
            )
        })
        .await?;
    let mut readings: BTreeMap<Meter, Vec<Reading>> = BTreeMap::new();
    for row in &stored {
        let reading = to_reading(row)?;
        readings.entry(reading.meter).or_default().push(reading);
    }
    if readings.is_empty() {
        return Ok(());
    }
    usage.watermark = usage.watermark.or(of.watermark().map(Into::into));
    for (meter, readings) in readings {
        let (differences, _fell) = counted(&readings, &window);
        usage.total += u64::try_from(differences.len()).unwrap_or_default();
        usage.rows.extend(differences.iter().rev().take(ROWS_SHOWN).map(|difference| UsageRow {
            meter: meter.code().to_owned(),
            unit: meter.unit().to_owned(),
            from: difference.period.from().into(),
            until: Some(difference.period.to().into()),
            quantity: rust_decimal::Decimal::from(difference.count).into(),
            state: UsageState::Recorded,
        }));
    }
    Ok(())
}
