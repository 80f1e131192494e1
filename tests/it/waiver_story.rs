//! What was not measured can be given up with a reason; then it is never billed, and both sides see it.

use crate::billing::{BILLS, Booked, OVER, What, at, book, complete_up_to, issue, october, records, report};
use domain::ids::BookingId;
use server::usecases::invoices::verify::{Fault, verify_all};
use server::usecases::months::waive::{Waive, waive};
use server::usecases::{Error, audit, months};
use tests::TestApp;

/// A database of Mittelfeld; from 10:00 to 16:00 on 12 October (UTC 8 to 14) its storage was not measured.
async fn with_gap() -> (TestApp, Booked) {
    let app = TestApp::start_at(at("2026-11-03T09:00:00Z"), "keep").await;
    let database =
        book(&app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-09-30T22:00:00Z", None).await;
    let mut all = records(&database, "2026-09-30T22:00:00Z", "2026-10-12T08:00:00Z");
    all.extend(records(&database, "2026-10-12T14:00:00Z", OVER));
    report(&app, all, vec![]).await;
    complete_up_to(&app, OVER).await;
    (app, database)
}

fn storage(reason: &str) -> Waive {
    Waive {
        meter: "storage".to_owned(),
        from: at("2026-10-12T08:00:00Z"),
        until: at("2026-10-12T14:00:00Z"),
        reason: reason.to_owned(),
    }
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Refused(refusal)) => refusal.findings[0].code.clone(),
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn a_gap_that_was_given_up_opens_the_month_and_is_never_billed() {
    let (app, database) = with_gap().await;
    let berta = app.actor(BILLS).await;
    let booking = BookingId(database.id);
    assert_eq!(refused(issue(&app, &berta, october()).await), "month-missing");
    assert_eq!(refused(waive(&app.app, &berta, booking, storage(" ")).await), "waive-reason-missing");
    let other = Waive { from: at("2026-10-12T09:00:00Z"), ..storage("x") };
    assert_eq!(refused(waive(&app.app, &berta, booking, other).await), "waive-nothing");
    let stranger = app.actor("berta@musterregion.example").await;
    assert!(matches!(waive(&app.app, &stranger, booking, storage("x")).await, Err(Error::NotFound)));
    let karl = app.actor("karl@mittelfeld.example").await;
    assert!(matches!(waive(&app.app, &karl, booking, storage("x")).await, Err(Error::Denied(_))));

    // Two people at once, and once more.
    let runs = (0..3).map(|_| waive(&app.app, &berta, booking, storage("Ausfall der Messung")));
    for run in futures::future::join_all(runs).await {
        assert_eq!(run.unwrap(), october());
    }
    for whose in ["olga@mittelfeld.example", BILLS] {
        let actor = app.actor(whose).await;
        let grant = domain::policy::Grant { role: domain::policy::Role::Audits, limit: None };
        let auditor = domain::policy::Actor { grants: vec![grant], ..actor };
        let entries = audit::list(&app.app, &auditor, None, 50).await.unwrap().rows;
        assert_eq!(entries.iter().filter(|entry| entry.action == "usage.waive").count(), 1, "{whose}");
    }

    let issued = issue(&app, &berta, october()).await.unwrap();
    // 739 of 745 hours of storage: 10 × 0.35 × 739/745 = 3.47; the base price is not measured and stays 27.20.
    assert_eq!(issued[0].net.to_string(), "30.67");
    assert!(verify_all(&app.app).await.unwrap().intact());
    let late = Waive { meter: "vcpu".to_owned(), ..storage("zu spät") };
    assert_eq!(refused(waive(&app.app, &berta, booking, late).await), "waive-closed");

    // The usage turns up after all: nothing is owed for it.
    app.app.clock.set(at("2026-11-05T09:00:00Z"));
    report(&app, records(&database, "2026-10-12T08:00:00Z", "2026-10-12T14:00:00Z"), vec![]).await;
    assert!(months::correct(&app.app, &berta, october()).await.unwrap().is_empty());
    assert!(verify_all(&app.app).await.unwrap().intact());

    // Whoever takes the waiver away afterwards is found out.
    app.owner_sql(
        "alter table usage_waivers disable trigger all; delete from usage_waivers;
         alter table usage_waivers enable trigger all",
    )
    .await
    .unwrap();
    let report = verify_all(&app.app).await.unwrap();
    assert!(report.invoices[0].faults.contains(&Fault::EvidenceMissing(1)), "{report:?}");
}

#[actix_web::test]
async fn both_sides_read_what_is_wrong_and_who_acts() {
    let (app, database) = with_gap().await;
    let path = format!("/bookings/{}", database.id);
    let mut karl = app.sign_in("karl@mittelfeld.example").await;
    let page = karl.get(&path).await;
    assert!(page.html.contains("Der Anbieter reicht die Messwerte nach"), "{}", page.html);
    let mut berta = app.sign_in(BILLS).await;
    let month = berta.get("/finance/months/2026-10").await;
    assert!(month.html.contains("Der Anbieter reicht die Messwerte nach"), "{}", month.html);
    assert!(berta.get(&path).await.html.contains("Der Anbieter reicht die Messwerte nach"));

    let form = |reason: &'static str| {
        [
            ("meter", "storage"),
            ("from", "2026-10-12T08:00:00Z"),
            ("until", "2026-10-12T14:00:00Z"),
            ("reason", reason),
        ]
    };
    let waivers = format!("{path}/usage-waivers");
    let answer = berta.submit(&waivers, &form("")).await;
    assert!(
        answer.status == 422 && answer.html.contains("Schreiben Sie, warum Sie verzichten"),
        "{}",
        answer.html
    );
    let answer = berta.submit(&waivers, &form("Ausfall der <Messung>")).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/finance/months/2026-10")));
    let page = karl.get(&path).await;
    assert!(page.html.contains("Ausfall der &lt;Messung&gt;"), "{}", page.html);
    assert!(
        page.html.contains("nie berechnet") && !page.html.contains("reicht die Messwerte nach"),
        "{}",
        page.html
    );

    let api = app.api(BILLS).await;
    let body = serde_json::json!({"meter": "storage", "from": "2026-10-12T08:00:00Z", "until": "2026-10-12T14:00:00Z", "reason": "x"});
    let again = api.post(&format!("/api/v1{waivers}"), "any", &body).await;
    assert_eq!(
        (again.status, &again.body["state"]),
        (200, &"complete".into()),
        "the same again changes nothing: {}",
        again.body
    );
}

#[actix_web::test]
async fn contradictions_late_usage_and_overlaps_have_names() {
    let (app, database) = with_gap().await;
    let berta = app.actor(BILLS).await;
    // The same interval with another size, and one that overlaps.
    let mut other = records(&database, "2026-10-20T22:00:00Z", "2026-10-21T22:00:00Z");
    other.retain(|record| record.meter == contract::Meter::Storage);
    let mut twice = records(&database, "2026-10-14T10:00:00Z", "2026-10-14T11:00:00Z");
    twice.retain(|record| record.meter == contract::Meter::Storage);
    other[0].amount += 1;
    let batch = contract::UsageBatch { records: vec![other.remove(0), twice.remove(0)], readings: vec![] };
    server::usecases::usage::accept(&app.app, &crate::billing::operator(), batch).await.unwrap();
    let picture = months::show(&app.app, &berta, october()).await.unwrap();
    let mut codes: Vec<_> = months::findings::shown(&picture.buyers[0].bookings[0])
        .into_iter()
        .map(|shown| shown.reason.code)
        .collect();
    codes.sort();
    assert_eq!(codes, ["conflict", "missing", "overlap"]);
    for (from, until) in
        [("2026-10-12T08:00:00Z", "2026-10-12T14:00:00Z"), ("2026-10-14T10:00:00Z", "2026-10-14T11:00:00Z")]
    {
        let cmd = Waive { from: at(from), until: at(until), ..storage("Messfehler") };
        waive(&app.app, &berta, BookingId(database.id), cmd).await.unwrap();
    }
    issue(&app, &berta, october()).await.unwrap();
    app.app.clock.set(at("2026-11-05T09:00:00Z"));
    let mut late = records(&database, "2026-10-12T08:00:00Z", "2026-10-12T14:00:00Z");
    late.retain(|record| record.meter == contract::Meter::Memory);
    report(&app, late, vec![]).await;
    let view =
        app.api("karl@mittelfeld.example").await.get(&format!("/api/v1/bookings/{}", database.id)).await;
    let usage = &view.body["usage"];
    let reasons: Vec<_> =
        usage["gaps"].as_array().unwrap().iter().map(|gap| &gap["reason"]["code"]).collect();
    assert_eq!(reasons, ["conflict", "waived", "waived"], "{usage}");
    assert!(verify_all(&app.app).await.unwrap().intact());
}
