//! How many usage records per second the accept path takes in, next to a plain `COPY` of the same rows into an equally
//! indexed table on the same server in the same run.
//!
//! Both commit durably (fsync as the server has it). The accept path checks, hashes, deduplicates and answers every
//! record under row-level security; the `COPY` does none of that. `WOLKENAMT_BENCH_RECORDS` sets how many are sent.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints and may fail at once")]

mod figures;

use contract::{Answer, Kind, Meter, Nature, UsageBatch, UsageRecord};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use domain::ids::{LocationId, OrganisationId};
use domain::policy::OperatorIdentity;
use domain::time::Month;
use figures::{Figure, machine, table};
use server::usecases::usage;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tests::TestApp;
use tests::world::id;
use uuid::Uuid;

/// Records per request, as operators send them.
const BATCH: usize = contract::protocol::MAX_USAGE;
/// Requests under way at the same time: one per core of the target machine.
const SENDERS: usize = 2;
/// The goals of the design: the accept path reaches at least this share of the plain `COPY`, and this many records/s.
const GOAL: f64 = 0.5;
const GOAL_RATE: f64 = 50_000.0;
/// Runs of everything; each on a database of its own.
const RUNS: usize = 3;

fn main() {
    let wished = std::env::var("WOLKENAMT_BENCH_RECORDS").ok().and_then(|text| text.parse().ok());
    actix_web::rt::System::new().block_on(run(wished.unwrap_or(200_000)));
}

async fn run(count: usize) {
    for run in 0..RUNS {
        let app = TestApp::start_at("2026-11-03T09:00:00Z".parse().unwrap(), "keep").await;
        if run == 0 {
            machine(&app.db.owner_url()).await;
        }
        once(&app, count).await;
    }
}

async fn once(app: &TestApp, count: usize) {
    let records = records(app, count).await;
    let (accept, slowest) = accept(app, &records).await;
    let replay = accept_again(app, &records).await;
    let copy = copy(app, &records).await;
    let sent = f64::from(u32::try_from(records.len()).unwrap());
    let rate = |took: Duration| sent / took.as_secs_f64();
    let figure = |name, measured: Duration, limit_name, limit, goal| Figure {
        name,
        unit: "records/s",
        measured: rate(measured),
        limit,
        limit_name,
        goal,
        less: false,
    };
    let title = format!(
        "usage ingest, {} records in batches of {BATCH}, {SENDERS} senders, slowest batch {} ms",
        records.len(),
        slowest.as_millis()
    );
    table(
        &title,
        &[
            figure("accept path", accept, "plain COPY", rate(copy), Some(GOAL)),
            figure("accept path", accept, "goal of the design", GOAL_RATE, Some(1.0)),
            figure("full replay, all duplicates", replay, "plain COPY", rate(copy), None),
        ],
    );
}

/// Bookings of the test world with the usage of October, in the order in which an operator sends them.
async fn records(app: &TestApp, count: usize) -> Vec<UsageRecord> {
    let meters: Vec<Meter> = Kind::Postgresql
        .meters()
        .iter()
        .copied()
        .filter(|meter| meter.nature() == Nature::Allocation)
        .collect();
    let days = Month::new(2026, 10).unwrap().period().days();
    let bookings: Vec<Uuid> =
        (0..count.div_ceil(meters.len() * days.len())).map(|_| Uuid::now_v7()).collect();
    let mut sql = String::new();
    for (number, booking) in bookings.iter().enumerate() {
        sql.push_str(&format!(
            "insert into bookings (id, number, organisation_id, provider_id, location_id, offering_id, version_id, plan_id,
               kind, name, parameters, exposure, generation, revision, wanted, wished_start_at, created_at) values ('{booking}',
               'BU-{number}', '{}', '{}', '{}', '{}', '{}', '{}', 'postgresql', 'Test', '{{}}', '{{}}', 1, {number}, 'present',
               '2026-10-01', '2026-10-01');",
            id::MITTELFELD,
            id::BEISPIELLAND,
            id::LOCATION,
            id::POSTGRESQL,
            id::POSTGRESQL_VERSION,
            id::POSTGRESQL_PLAN,
        ));
    }
    app.owner_sql(&sql).await.unwrap();
    let mut records = Vec::with_capacity(count);
    for (_, day) in &days {
        for booking in &bookings {
            for meter in &meters {
                records.push(UsageRecord {
                    booking: *booking,
                    meter: *meter,
                    seq: 0,
                    from: day.from(),
                    to: day.to(),
                    amount: 1024,
                    epoch: 1,
                });
            }
        }
    }
    records.truncate(count);
    records
}

fn operator() -> OperatorIdentity {
    OperatorIdentity {
        location: LocationId(id::LOCATION.parse().unwrap()),
        provider: OrganisationId(id::BEISPIELLAND.parse().unwrap()),
    }
}

/// Sends every batch once and checks that every record was accepted.
async fn accept(app: &TestApp, records: &[UsageRecord]) -> (Duration, Duration) {
    send(app, records, &Answer::Accepted).await
}

/// Sends the same again: everything is a duplicate.
async fn accept_again(app: &TestApp, records: &[UsageRecord]) -> Duration {
    send(app, records, &Answer::Duplicate).await.0
}

async fn send(app: &TestApp, records: &[UsageRecord], expected: &Answer) -> (Duration, Duration) {
    let batches: Vec<UsageBatch> = records
        .chunks(BATCH)
        .map(|chunk| UsageBatch { records: chunk.to_vec(), readings: Vec::new() })
        .collect();
    let who = operator();
    let start = Instant::now();
    let mut lanes: Vec<Vec<UsageBatch>> = vec![Vec::new(); SENDERS];
    for (position, batch) in batches.into_iter().enumerate() {
        lanes.get_mut(position % SENDERS).unwrap().push(batch);
    }
    let who = &who;
    let sent = lanes.into_iter().map(|lane| async move {
        let mut slowest = Duration::ZERO;
        for batch in lane {
            let begun = Instant::now();
            let answers = usage::accept(&app.app, who, batch).await.unwrap();
            slowest = slowest.max(begun.elapsed());
            assert!(answers.records.iter().all(|answer| answer == expected), "{expected:?}");
        }
        slowest
    });
    let slowest = futures::future::join_all(sent).await.into_iter().max().unwrap_or_default();
    (start.elapsed(), slowest)
}

/// Copies the same rows in the same batches, each in a transaction of its own, into a table with the same columns and
/// indexes, as the owner and past every wall.
async fn copy(app: &TestApp, records: &[UsageRecord]) -> Duration {
    let mut conn = AsyncPgConnection::establish(&app.db.owner_url()).await.unwrap();
    conn.batch_execute(
        "create table copied (like usage_records including defaults including constraints including indexes)",
    )
    .await
    .unwrap();
    let batches: Vec<String> = records.chunks(BATCH).map(rows).collect();
    let start = Instant::now();
    let mut psql = Command::new("psql")
        .args(["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", &app.db.owner_url()])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = psql.stdin.take().unwrap();
    for batch in &batches {
        input.write_all(b"copy copied from stdin;\n").unwrap();
        input.write_all(batch.as_bytes()).unwrap();
        input.write_all(b"\\.\n").unwrap();
    }
    drop(input);
    assert!(psql.wait().unwrap().success());
    start.elapsed()
}

/// Rows in the text form of `COPY`.
fn rows(records: &[UsageRecord]) -> String {
    records
        .iter()
        .map(|record| {
            format!(
                "{}\t{}\t{}\t{}\t{}\t{}\t\\\\x{}\t{}\t{}\t2026-11-03T09:00:00Z\n",
                record.booking,
                record.meter.code(),
                record.from,
                record.to,
                record.seq,
                record.amount,
                record.content_hash(),
                id::MITTELFELD,
                id::BEISPIELLAND,
            )
        })
        .collect()
}
