//! Usage arrives twice, at once, contradicting itself and wrong; what counts, counts once.

use crate::billing::{What, at, book, operator, reading, records};
use contract::{Answer, Meter, UsageBatch, UsageRecord};
use domain::ids::{LocationId, OrganisationId};
use domain::policy::{OperatorIdentity, Scope};
use server::usecases::{Error, usage};
use tests::TestApp;
use tests::world::id;
use uuid::Uuid;

async fn start() -> TestApp {
    TestApp::start_at(at("2026-11-03T09:00:00Z"), "keep").await
}

fn rejected(code: &str) -> Answer {
    Answer::Rejected { code: code.to_owned(), detail: String::new() }
}

/// Rows and their sum, as the database has them.
async fn stored(app: &TestApp, booking: Uuid) -> (usize, i64) {
    let period = (at("2000-01-01T00:00:00Z"), at("2100-01-01T00:00:00Z"));
    let scope = operator().scope();
    let provider = operator().provider;
    app.app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let rows = db::usage::list_records(conn, provider, &[booking.into()], period).await?;
            Ok::<_, Error>((rows.len(), rows.iter().map(|row| row.amount).sum()))
        })
        .await
        .unwrap()
}

#[actix_web::test]
async fn a_batch_counts_once_however_often_it_comes() {
    let app = start().await;
    let booked =
        book(&app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-10-10T08:00:00Z", None).await;
    let batch = UsageBatch {
        records: records(&booked, "2026-10-10T08:00:00Z", "2026-10-31T23:00:00Z"),
        readings: vec![],
    };
    let first = usage::accept(&app.app, &operator(), batch.clone()).await.unwrap();
    assert!(first.records.iter().all(|answer| *answer == Answer::Accepted), "{first:?}");
    let before = stored(&app, booked.id).await;
    assert_eq!(before.0, batch.records.len());
    let mut reordered = batch.clone();
    reordered.records.reverse();
    for again in [batch, reordered] {
        let answers = usage::accept(&app.app, &operator(), again).await.unwrap();
        assert!(answers.records.iter().all(|answer| *answer == Answer::Duplicate), "{answers:?}");
    }
    assert_eq!(stored(&app, booked.id).await, before);
}

#[actix_web::test]
async fn two_equal_batches_at_the_same_moment_count_once() {
    let app = start().await;
    let booked =
        book(&app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-10-10T08:00:00Z", None).await;
    let batch = UsageBatch {
        records: records(&booked, "2026-10-10T08:00:00Z", "2026-10-31T23:00:00Z"),
        readings: vec![],
    };
    let mut reordered = batch.clone();
    reordered.records.reverse();
    let who = operator();
    let sent =
        [&batch, &reordered, &batch, &reordered].map(|batch| usage::accept(&app.app, &who, batch.clone()));
    let answers = futures::future::join_all(sent).await;
    let accepted: usize = answers
        .iter()
        .map(|answers| answers.as_ref().expect("no deadlock"))
        .map(|answers| answers.records.iter().filter(|answer| **answer == Answer::Accepted).count())
        .sum();
    assert_eq!(accepted, batch.records.len(), "each record is accepted exactly once");
    assert_eq!(stored(&app, booked.id).await.0, batch.records.len());
}

#[actix_web::test]
async fn a_contradiction_is_quarantined_and_changes_nothing() {
    let app = start().await;
    let booked =
        book(&app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-10-10T08:00:00Z", None).await;
    let all = records(&booked, "2026-10-10T08:00:00Z", "2026-10-12T22:00:00Z");
    let batch = UsageBatch { records: all.clone(), readings: vec![] };
    usage::accept(&app.app, &operator(), batch).await.unwrap();
    let before = stored(&app, booked.id).await;

    let more = UsageRecord { amount: all[0].amount + 1, ..all[0].clone() };
    let twice = UsageBatch { records: vec![more.clone(), all[1].clone(), more.clone()], readings: vec![] };
    for _ in 0..2 {
        let answers = usage::accept(&app.app, &operator(), twice.clone()).await.unwrap();
        assert_eq!(answers.records, [Answer::Conflict, Answer::Duplicate, Answer::Conflict]);
    }
    assert_eq!(stored(&app, booked.id).await, before, "the first content counts");
    let scope = operator().scope();
    let kept = app
        .app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::usage::list_conflicts_of(conn, operator().provider, &[booked.id]).await?)
        })
        .await
        .unwrap();
    assert_eq!(kept.len(), 1, "the same contradiction is kept once");
    assert_eq!(kept[0].record["amount"], all[0].amount + 1);
    let entries = app
        .app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::audit::list_entries(conn, &scope, None, 10).await?)
        })
        .await
        .unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.action == "usage.conflict").count(), 1);
}

#[actix_web::test]
async fn an_identity_twice_in_one_batch_counts_once() {
    let app = start().await;
    let booked =
        book(&app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-10-10T08:00:00Z", None).await;
    let one = records(&booked, "2026-10-10T08:00:00Z", "2026-10-10T22:00:00Z").remove(0);
    let other = UsageRecord { amount: one.amount + 1, ..one.clone() };
    let batch = UsageBatch { records: vec![one.clone(), one.clone(), other], readings: vec![] };
    let answers = usage::accept(&app.app, &operator(), batch).await.unwrap();
    assert_eq!(answers.records, [Answer::Accepted, Answer::Duplicate, Answer::Conflict]);
    assert_eq!(stored(&app, booked.id).await, (1, one.amount));
}

#[actix_web::test]
async fn what_cannot_be_is_rejected_and_spoils_nothing() {
    let app = start().await;
    let booked =
        book(&app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-10-10T08:00:00Z", None).await;
    let good = records(&booked, "2026-10-10T08:00:00Z", "2026-10-10T22:00:00Z").remove(0);
    let changed = |change: &dyn Fn(&mut UsageRecord)| {
        let mut record = good.clone();
        change(&mut record);
        record
    };
    let wrong = [
        ("unknown-booking", changed(&|r| r.booking = Uuid::now_v7())),
        ("not-whole-seconds", changed(&|r| r.from = at("2026-10-10T08:00:00.5Z"))),
        ("empty-interval", changed(&|r| r.to = r.from)),
        ("empty-interval", changed(&|r| (r.from, r.to) = (r.to, r.from))),
        ("crosses-midnight", changed(&|r| r.to = at("2026-10-10T22:00:01Z"))),
        ("negative", changed(&|r| r.amount = -1)),
        (
            "in-the-future",
            changed(&|r| (r.from, r.to) = (at("2026-11-03T09:00:00Z"), at("2026-11-03T10:00:00Z"))),
        ),
        ("wrong-meter", changed(&|r| r.meter = Meter::Conversations)),
    ];
    let mut batch =
        UsageBatch { records: wrong.iter().map(|(_, record)| record.clone()).collect(), readings: vec![] };
    batch.records.push(good.clone());
    // A PostgreSQL has no counters.
    batch.readings = vec![reading(&booked, "2026-10-10T22:00:00Z", 1)];
    let answers = usage::accept(&app.app, &operator(), batch).await.unwrap();
    let mut expected: Vec<Answer> = wrong.iter().map(|(code, _)| rejected(code)).collect();
    expected.push(Answer::Accepted);
    assert_eq!(answers.records, expected);
    assert_eq!(answers.readings, [rejected("wrong-meter")]);
    assert_eq!(stored(&app, booked.id).await, (1, good.amount));
}

#[actix_web::test]
async fn the_operator_of_another_provider_cannot_report_for_it() {
    let app = start().await;
    let booked =
        book(&app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-10-10T08:00:00Z", None).await;
    let other = OperatorIdentity {
        location: LocationId("00000000-0000-7000-8000-000000000302".parse().unwrap()),
        provider: OrganisationId(id::MUSTERREGION.parse().unwrap()),
    };
    let batch = UsageBatch {
        records: records(&booked, "2026-10-10T08:00:00Z", "2026-10-10T22:00:00Z"),
        readings: vec![],
    };
    let answers = usage::accept(&app.app, &other, batch).await.unwrap();
    assert!(answers.records.iter().all(|answer| *answer == rejected("unknown-booking")), "{answers:?}");
    assert_eq!(stored(&app, booked.id).await.0, 0);
}

#[actix_web::test]
async fn readings_of_a_counter_are_kept_once() {
    let app = start().await;
    let booked = book(&app, 1, "mittelfeld", What::Chatbot, "2026-10-14T22:00:00Z", None).await;
    let all =
        vec![reading(&booked, "2026-10-20T08:00:00Z", 40), reading(&booked, "2026-10-21T08:00:00Z", 90)];
    let batch = UsageBatch { records: vec![], readings: all.clone() };
    let first = usage::accept(&app.app, &operator(), batch.clone()).await.unwrap();
    assert_eq!(first.readings, [Answer::Accepted, Answer::Accepted]);
    let again = usage::accept(&app.app, &operator(), batch).await.unwrap();
    assert_eq!(again.readings, [Answer::Duplicate, Answer::Duplicate]);
    let other = UsageBatch { records: vec![], readings: vec![reading(&booked, "2026-10-20T08:00:00Z", 41)] };
    assert_eq!(usage::accept(&app.app, &operator(), other).await.unwrap().readings, [Answer::Conflict]);
}

#[actix_web::test]
async fn a_batch_beyond_the_limit_is_refused_as_a_whole() {
    let app = start().await;
    let booked =
        book(&app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-10-10T08:00:00Z", None).await;
    let one = records(&booked, "2026-10-10T08:00:00Z", "2026-10-10T22:00:00Z").remove(0);
    let batch = UsageBatch { records: vec![one; contract::protocol::MAX_USAGE + 1], readings: vec![] };
    assert!(matches!(usage::accept(&app.app, &operator(), batch).await, Err(Error::Conflict("too-large"))));
    assert_eq!(stored(&app, booked.id).await.0, 0);
}

#[actix_web::test]
async fn stored_usage_cannot_be_changed_by_the_programs() {
    let app = start().await;
    let booked =
        book(&app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-10-10T08:00:00Z", None).await;
    let batch = UsageBatch {
        records: records(&booked, "2026-10-10T08:00:00Z", "2026-10-10T22:00:00Z"),
        readings: vec![],
    };
    usage::accept(&app.app, &operator(), batch).await.unwrap();
    for sql in ["update usage_records set amount = 0", "delete from usage_records", "truncate usage_records"]
    {
        let refused = app.owner_sql(sql).await.unwrap_err();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    // Not even the right of the product itself changes it: the grant is missing.
    let scope = Scope::system("a test tries to tamper");
    let tried = app.app.db.touch(&scope, "a test tries to tamper", async |conn: &mut db::Conn| {
        use diesel_async::SimpleAsyncConnection;
        conn.batch_execute("update usage_records set amount = 0").await.map_err(db::Error::from)?;
        Ok::<_, Error>(())
    });
    assert!(tried.await.is_err());
}
