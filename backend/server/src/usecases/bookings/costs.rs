//! What a booking costs and what was measured for it: a preview, computed now and never stored.

use super::load::Loaded;
use crate::app::App;
use crate::http::views::bookings::{
    BookingCosts, CostLine, SizeRow, UsageEvidence, UsageGap, UsageRow, UsageState,
};
use crate::usecases::Error;
use crate::usecases::months::findings::{self, Shown};
use crate::usecases::months::picture::{self, BookingPicture, View};
use contract::{Condition, ConditionStatus, ConditionType, Kind, MessageKey, Meter};
use db::closings::Closings;
use db::months::Which;
use db::usage::UsageRow as Stored;
use domain::booking::Seen;
use domain::export::german;
use domain::ids::{BookingId, OrganisationId};
use domain::money::Money;
use domain::policy::Scope;
use domain::time::Month;
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::collections::HashMap;
use uuid::Uuid;

/// So many intervals are shown; the CSV has all of them.
const ROWS_SHOWN: usize = 100;

/// Costs, evidence and sizes of a booking.
pub(super) struct Measured {
    /// Money.
    pub costs: BookingCosts,
    /// Intervals.
    pub usage: UsageEvidence,
    /// Wanted and seen.
    pub sizes: Vec<SizeRow>,
}

/// Computes everything up to the watermark of the location.
pub(super) async fn measure(
    app: &App,
    scope: &Scope,
    of: &Loaded,
    monthly: Decimal,
    now: Timestamp,
) -> Result<Measured, Error> {
    let provider = OrganisationId(of.row.provider_id);
    let month = Month::of(now);
    let span = (month.previous().period().from(), month.period().to());
    let until = HashMap::from([(of.row.location_id, of.measured_until())]);
    let ids = [of.row.id];
    let (present, previous, records, charged, closings) = app
        .db
        .read(scope, async |conn: &mut db::Conn| {
            let present = take(conn, provider, &ids, month, &until).await?;
            let previous = take(conn, provider, &ids, month.previous(), &until).await?;
            let records = db::usage::list_records(conn, provider, &[BookingId(of.row.id)], span).await?;
            let charged = db::bookings::get_charged(conn, scope, BookingId(of.row.id)).await?;
            let closings = db::closings::list(conn, &[of.row.provider_id], &[of.row.organisation_id]).await?;
            Ok::<_, Error>((present, previous, records, charged, closings))
        })
        .await?;
    let to_date = net(present.as_ref());
    let last = net(previous.as_ref());
    // What is not on an invoice yet is added as far as it is shown here.
    let invoiced_until = charged.until.map(|at| at.to_jiff());
    let open_last =
        if invoiced_until.is_none_or(|at| at < month.period().from()) { last } else { Money::ZERO };
    let open_now =
        if invoiced_until.is_none_or(|at| at <= month.period().from()) { to_date } else { Money::ZERO };
    let since_start = charged.net + open_last.decimal() + open_now.decimal();
    let costs = BookingCosts {
        monthly_net: monthly.into(),
        month_to_date: to_date.decimal().into(),
        as_of: of.measured_until().max(of.row.created_at.to_jiff()).into(),
        last_month: previous
            .as_ref()
            .filter(|picture| !picture.lines.is_empty())
            .map(|_| last.decimal().into()),
        since_start: since_start.into(),
        lines: present.as_ref().map(lines).unwrap_or_default(),
    };
    let sizes = sizes(of, &records);
    let pictures: Vec<BookingPicture> = previous.into_iter().chain(present).collect();
    Ok(Measured { costs, usage: evidence(of, &records, &pictures, &closings), sizes })
}

/// Net of the running month of several bookings of one provider, by booking.
pub(super) async fn month_to_date(
    conn: &mut db::Conn,
    provider: OrganisationId,
    ids: &[Uuid],
    month: Month,
    until: &HashMap<Option<Uuid>, Timestamp>,
) -> Result<HashMap<Uuid, Decimal>, Error> {
    let view = View { month, assignments: &HashMap::new(), until, then: None };
    let pictures = picture::load(conn, provider, Which::These(ids), &view).await?;
    Ok(pictures.iter().map(|picture| (picture.row.booking.id, net(Some(picture)).decimal())).collect())
}

async fn take(
    conn: &mut db::Conn,
    provider: OrganisationId,
    ids: &[Uuid],
    month: Month,
    until: &HashMap<Option<Uuid>, Timestamp>,
) -> Result<Option<BookingPicture>, Error> {
    let view = View { month, assignments: &HashMap::new(), until, then: None };
    Ok(picture::load(conn, provider, Which::These(ids), &view).await?.pop())
}

fn net(picture: Option<&BookingPicture>) -> Money {
    picture.map(|picture| picture.lines.iter().map(|line| line.charge.amount).sum()).unwrap_or(Money::ZERO)
}

fn lines(picture: &BookingPicture) -> Vec<CostLine> {
    picture
        .lines
        .iter()
        .map(|line| CostLine {
            title: line.text.name.rsplit(": ").next().unwrap_or_default().to_owned(),
            explanation: german::explanation(&line.charge),
            amount: line.charge.amount.decimal().into(),
        })
        .collect()
}

fn sizes(of: &Loaded, records: &[Stored]) -> Vec<SizeRow> {
    let Some(kind) = Kind::from_code(&of.row.kind) else { return Vec::new() };
    let wanted = kind.sizes(&of.plan.settings, &of.row.parameters).unwrap_or_default();
    wanted
        .into_iter()
        .filter(|(meter, _)| *meter != Meter::Instance)
        .map(|(meter, amount)| {
            let (wanted, unit) = written(meter, amount);
            SizeRow {
                title: meter.title_de().to_owned(),
                unit: unit.to_owned(),
                seen: held(of, records, meter, amount).map(|amount| german::number(written(meter, amount).0)),
                wanted: german::number(wanted),
            }
        })
        .collect()
}

/// How much of a meter is held now, as far as that is known; `agreed` is what was agreed last.
fn held(of: &Loaded, records: &[Stored], meter: Meter, agreed: i64) -> Option<i64> {
    let seen = of.seen.as_ref()?;
    let ready = readiness(seen);
    let stopped = ready.is_some_and(|it| it.message_key == MessageKey::Stopped);
    // What is given back was measured before that, and is not held any more.
    if seen.gone_at.is_some() || stopped && !meter.lasts_while_stopped() {
        return Some(0);
    }
    let own = records.iter().filter(|row| row.meter == meter.code());
    let latest = own.max_by_key(|row| row.to_at.to_jiff()).map(|row| row.amount);
    // The interval that lasts is reported at midnight. Until then a ready operator's word for this generation is what is
    // known: it says ready only when the sizes are in effect.
    let reached = of.agreed_in_effect().unwrap_or(seen.generation == of.row.generation);
    match ready.is_some_and(|it| it.status == ConditionStatus::True) {
        true if reached => Some(agreed),
        false if reached && stopped => latest.or(Some(agreed)),
        _ => latest,
    }
}

fn readiness(seen: &Seen) -> Option<&Condition> {
    seen.conditions.iter().find(|condition| condition.r#type == ConditionType::Ready)
}

/// An amount of a meter in the unit that people read.
fn written(meter: Meter, amount: i64) -> (Decimal, &'static str) {
    match meter {
        Meter::Vcpu => (Decimal::new(amount, 3).normalize(), "vCPU"),
        Meter::Memory | Meter::Storage => {
            ((Decimal::from(amount) / Decimal::from(1024)).round_dp(2).normalize(), "GiB")
        }
        Meter::Instance | Meter::Conversations | Meter::Users | Meter::Lamps | Meter::Cases => {
            (Decimal::from(amount), meter.unit())
        }
    }
}

fn evidence(
    of: &Loaded,
    records: &[Stored],
    pictures: &[BookingPicture],
    closings: &Closings,
) -> UsageEvidence {
    let mut sorted: Vec<&Stored> = records.iter().collect();
    sorted.sort_by_key(|row| std::cmp::Reverse((row.from_at.to_jiff(), row.meter.clone())));
    let found: Vec<Shown> = pictures.iter().flat_map(findings::shown).collect();
    let rows = sorted.iter().take(ROWS_SHOWN).filter_map(|row| {
        let meter = Meter::from_code(&row.meter)?;
        let (quantity, unit) = written(meter, row.amount);
        Some(UsageRow {
            meter: row.meter.clone(),
            unit: unit.to_owned(),
            from: row.from_at.to_jiff().into(),
            until: Some(row.to_at.to_jiff().into()),
            quantity: quantity.into(),
            state: state(row, &found, closings),
        })
    });
    UsageEvidence {
        rows: rows.collect(),
        watermark: if records.is_empty() { None } else { of.watermark().map(Into::into) },
        gaps: found.iter().map(gap).collect(),
        total: u64::try_from(records.len()).unwrap_or(u64::MAX),
    }
}

/// What became of an interval.
fn state(row: &Stored, found: &[Shown], closings: &Closings) -> UsageState {
    let (from, to) = (row.from_at.to_jiff(), row.to_at.to_jiff());
    let touches = |code: &str| {
        let mut own = found.iter().filter(|shown| shown.reason.code == code && shown.meter == row.meter);
        own.any(|shown| shown.from < to && from < shown.until)
    };
    if touches("overlap") {
        UsageState::Quarantined
    } else if touches("waived") {
        UsageState::Waived
    } else if closings
        .closed_at(row.provider_id, row.organisation_id, Month::of(from))
        .is_some_and(|closed_at| closed_at < row.received_at.to_jiff())
    {
        UsageState::Late
    } else {
        UsageState::Recorded
    }
}

fn gap(shown: &Shown) -> UsageGap {
    UsageGap {
        meter: shown.meter.clone(),
        from: shown.from.into(),
        until: shown.until.into(),
        reason: shown.reason.clone(),
    }
}
