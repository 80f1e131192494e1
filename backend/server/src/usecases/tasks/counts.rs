//! Consumption that people report: a table or a list of lines, each answered by itself. A preview stores nothing; taken twice,
//! nothing is stored again. What contradicts an earlier line is kept aside and billed by nobody.

use super::Deal;
use crate::app::App;
use crate::http::views::tasks::{CountMeter, CountRow, CountsView};
use crate::http::views::text::Text;
use crate::ports::secrets::new_id;
use crate::usecases::usage::hash_bytes;
use crate::usecases::{Error, Refusal};
use contract::{CumulativeReading, Kind, Meter};
use db::usage::{ConflictRow, ReadingRow};
use domain::booking::billable;
use domain::ids::{BookingId, OrganisationId, PlanId};
use domain::metering::counts::{self, Counted, LINES_MAX, Line, LineRefused, Numbered};
use domain::order::Finding;
use domain::policy::{Action, Actor};
use domain::task::Side;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportedLine {
    /// The day in Berlin on which it happened; it must be over.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// Code of the meter, such as `cases`.
    #[schema(value_type = String, example = "cases")]
    pub meter: Meter,
    /// How often.
    pub count: i64,
    /// Own name of the line; the same again changes nothing.
    pub reference: String,
}

/// Lines of one booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportLines {
    /// At most 1,000.
    pub lines: Vec<ReportedLine>,
}

/// What a table holds.
pub fn read_table(text: &str) -> Result<Vec<Numbered>, Error> {
    counts::read(text).map_err(|refused| {
        let finding = Finding::new("/table", &refused.to_string()).with("max", LINES_MAX);
        Refusal::fields(vec![finding]).into()
    })
}

/// The lines of a program, numbered from 1.
pub fn read_lines(cmd: ReportLines) -> Result<Vec<Numbered>, Error> {
    if cmd.lines.len() > LINES_MAX {
        return Err(Error::Conflict("too-large"));
    }
    let line =
        |it: ReportedLine| Line { day: it.day, meter: it.meter, count: it.count, reference: it.reference };
    Ok((1..).zip(cmd.lines).map(|(number, it)| (number, Ok(line(it)))).collect())
}

/// The page without any table.
pub async fn form(app: &App, actor: &Actor, booking: BookingId) -> Result<CountsView, Error> {
    preview(app, actor, booking, &[]).await
}

/// What would become of the lines; nothing is stored.
pub async fn preview(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    lines: &[Numbered],
) -> Result<CountsView, Error> {
    let deal = Deal::find(app, actor, Action::ReportUsage, booking).await?.of(Side::Provider)?.by_people()?;
    let now = app.clock.now();
    app.db
        .read(&deal.scope, async |conn: &mut db::Conn| {
            let known = Known::load(conn, &deal).await?;
            let judged = known.judge(lines, now);
            view(conn, &deal, &known, &judged, false).await
        })
        .await
}

/// Takes the lines, each answered by itself.
pub async fn take(
    app: &App,
    actor: &Actor,
    booking: BookingId,
    lines: &[Numbered],
) -> Result<CountsView, Error> {
    let deal = Deal::find(app, actor, Action::ReportUsage, booking).await?.of(Side::Provider)?.by_people()?;
    let now = app.clock.now();
    app.db
        .write(&deal.scope, async |conn: &mut db::Conn| {
            // Whoever holds the tasks of the booking alone knows which lines there are.
            db::tasks::lock_of_booking(conn, booking).await?;
            let known = Known::load(conn, &deal).await?;
            let judged = known.judge(lines, now);
            store(conn, &deal, &judged, now).await?;
            let view = view(conn, &deal, &known, &judged, true).await?;
            let detail = json!({
                "event": "reported", "number": deal.row.number, "accepted": view.accepted,
                "duplicates": view.duplicates, "conflicts": view.conflicts, "rejected": view.rejected,
            });
            Ok((view, deal.remember(actor, Action::ReportUsage, detail, now)))
        })
        .await
}

/// What is known of a booking before a report.
struct Known {
    booking: BookingId,
    meters: Vec<Meter>,
    span: Option<(Timestamp, Option<Timestamp>)>,
    /// Count and time of each line that is there.
    there: HashMap<(Meter, String), (i64, Timestamp)>,
}

/// What becomes of a line.
enum Verdict {
    Accepted([CumulativeReading; 2]),
    Duplicate,
    Conflict(CumulativeReading),
    Rejected(LineRefused),
}

type Judged<'a> = (u64, Option<&'a Line>, Verdict);

impl Known {
    async fn load(conn: &mut db::Conn, deal: &Deal) -> Result<Self, Error> {
        let row = &deal.row;
        let booking = BookingId(row.id);
        let settings = db::bookings::get_plan_settings(conn, PlanId(row.plan_id)).await?;
        let kind = Kind::from_code(&row.kind).ok_or(Error::NotFound)?;
        let seen = db::observations::find(conn, &deal.scope, booking).await?;
        let (ready, gone) = seen.map(|seen| (seen.ready_at, seen.gone_at)).unwrap_or_default();
        let span = billable(
            ready.map(|at| at.to_jiff()),
            row.wished_start_at.to_jiff(),
            row.ends_at.map(|at| at.to_jiff()),
            gone.map(|at| at.to_jiff()),
        );
        let provider = OrganisationId(row.provider_id);
        let all = Timestamp::MAX.round(jiff::Unit::Second).unwrap_or(Timestamp::MAX);
        let mut there = HashMap::new();
        for reading in db::usage::list_readings(conn, provider, &[booking], all).await? {
            let meter = crate::usecases::months::picture::meter(&reading.meter)?;
            let own = there.entry((meter, reading.uid)).or_insert((reading.value, reading.read_at.to_jiff()));
            // The first of the two readings of a line says only when counting began.
            if reading.read_at.to_jiff() >= own.1 {
                *own = (reading.value, reading.read_at.to_jiff());
            }
        }
        Ok(Self { booking, meters: kind.counted(&settings), span, there })
    }

    fn judge<'a>(&self, lines: &'a [Numbered], now: Timestamp) -> Vec<Judged<'a>> {
        let of = Counted { booking: self.booking, meters: &self.meters, span: self.span };
        let mut there = self.there.clone();
        let judge = |(number, line): &'a Numbered| match line {
            Err(refused) => (*number, None, Verdict::Rejected(*refused)),
            Ok(line) => {
                let verdict = match counts::check(line, &of, now) {
                    Err(refused) => Verdict::Rejected(refused),
                    Ok(pair) => {
                        let [_, last] = &pair;
                        let key = (last.meter, last.uid.clone());
                        match there.get(&key) {
                            Some(known) if *known == (last.value, last.at) => Verdict::Duplicate,
                            Some(_) => Verdict::Conflict(last.clone()),
                            None => {
                                there.insert(key, (last.value, last.at));
                                Verdict::Accepted(pair)
                            }
                        }
                    }
                };
                (*number, Some(line), verdict)
            }
        };
        lines.iter().map(judge).collect()
    }
}

async fn store(conn: &mut db::Conn, deal: &Deal, judged: &[Judged<'_>], now: Timestamp) -> Result<(), Error> {
    let row = |reading: &CumulativeReading| ReadingRow {
        booking_id: reading.booking,
        meter: reading.meter.code().to_owned(),
        uid: reading.uid.clone(),
        epoch: reading.epoch,
        read_at: reading.at.into(),
        value: reading.value,
        content_hash: hash_bytes(&reading.content_hash()),
        organisation_id: deal.row.organisation_id,
        provider_id: deal.row.provider_id,
        received_at: now.into(),
    };
    let mut fresh = Vec::new();
    let mut conflicts = Vec::new();
    for (_, _, verdict) in judged {
        match verdict {
            Verdict::Accepted(pair) => fresh.extend(pair.iter().map(row)),
            Verdict::Conflict(reading) => conflicts.push(ConflictRow {
                id: new_id(),
                booking_id: reading.booking,
                organisation_id: deal.row.organisation_id,
                provider_id: deal.row.provider_id,
                record: json!(reading),
                content_hash: hash_bytes(&reading.content_hash()),
                received_at: now.into(),
            }),
            Verdict::Duplicate | Verdict::Rejected(_) => {}
        }
    }
    if !fresh.is_empty() {
        db::usage::insert_readings(conn, &fresh).await?;
    }
    if !conflicts.is_empty() {
        db::usage::insert_conflicts(conn, &conflicts).await?;
    }
    Ok(())
}

async fn view(
    conn: &mut db::Conn,
    deal: &Deal,
    known: &Known,
    judged: &[Judged<'_>],
    taken: bool,
) -> Result<CountsView, Error> {
    let customer = db::organisations::get(conn, OrganisationId(deal.row.organisation_id)).await?;
    let mut sums: BTreeMap<&str, u32> = BTreeMap::new();
    let mut rows = Vec::new();
    for (number, line, verdict) in judged {
        let (answer, reason) = match verdict {
            Verdict::Accepted(_) => ("accepted", None),
            Verdict::Duplicate => ("duplicate", None),
            Verdict::Conflict(_) => ("conflict", Some(Text::new("conflict"))),
            Verdict::Rejected(refused) => ("rejected", Some(Text::new(refused.to_string()))),
        };
        *sums.entry(answer).or_default() += 1;
        rows.push(CountRow {
            number: *number,
            day: line.map(|line| line.day.into()),
            meter: line.map(|line| line.meter.code().to_owned()),
            count: line.map(|line| line.count),
            reference: line.map(|line| line.reference.clone()),
            answer: answer.to_owned(),
            reason,
        });
    }
    let sum = |answer: &str| sums.get(answer).copied().unwrap_or_default();
    Ok(CountsView {
        booking: deal.row.id,
        number: deal.row.number.clone(),
        name: deal.row.name.clone(),
        partner: customer.short_name,
        meters: known
            .meters
            .iter()
            .map(|meter| CountMeter { code: meter.code().to_owned(), title: meter.title_de().to_owned() })
            .collect(),
        started: known.span.is_some(),
        rows,
        accepted: sum("accepted"),
        duplicates: sum("duplicate"),
        conflicts: sum("conflict"),
        rejected: sum("rejected"),
        table: String::new(),
        taken,
    })
}

/// The head of a table, to fill in.
#[must_use]
pub fn template() -> String {
    format!("\u{feff}{}\r\n", counts::HEAD.join(";"))
}
