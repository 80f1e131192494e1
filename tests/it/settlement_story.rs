//! The end of the money: what was bound and never invoiced is free again, the customer is told, and nothing is left running.

use crate::billing::{
    BILLS, Booked, OVER, What, at, bind, book, complete_up_to, issue, october, records, report,
};
use domain::ids::BookingId;
use domain::policy::Scope;
use server::usecases::{Error, audit, months, settlement};
use tests::TestApp;

const KARL: &str = "karl@mittelfeld.example";

/// A database of Mittelfeld that ended on 20 October at 14:00; 100.00 € are bound for it.
async fn ended(clock: &str) -> (TestApp, Booked) {
    let app = TestApp::start_at(at(clock), "keep").await;
    let ready = "2026-10-05T10:00:00Z";
    let end = Some("2026-10-20T12:00:00Z");
    let short = book(&app, 3, "mittelfeld", What::Postgresql { storage_gib: 20 }, ready, end).await;
    report(&app, records(&short, "2026-10-05T09:00:00Z", "2026-10-20T12:00:00Z"), vec![]).await;
    bind(&app, &short, "100.00").await;
    (app, short)
}

/// State of the only commitment: state, ordered, invoiced, bound, free.
async fn commitment(app: &TestApp) -> Vec<String> {
    let view = app.api(KARL).await.get("/api/v1/budgets?year=2026").await;
    assert_eq!(view.status, 200);
    let row = &view.body["commitments"][0];
    let word = |name: &str| row[name].as_str().unwrap().to_owned();
    ["state", "amount", "invoiced", "bound", "released"].map(word).to_vec()
}

/// Phase of the booking, whether its page asks again by itself, and the code and state of its last step.
async fn standing(app: &TestApp, booked: &Booked) -> (String, bool, String, String) {
    let view = app.api(KARL).await.get(&format!("/api/v1/bookings/{}", booked.id)).await;
    let progress = &view.body["progress"];
    let last = progress["steps"].as_array().unwrap().last().unwrap();
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    (
        word(&view.body["phase"]),
        progress["live"].as_bool().unwrap(),
        word(&last["text"]["code"]),
        word(&last["state"]),
    )
}

/// Actions in the audit of Mittelfeld, the oldest first.
async fn remembered(app: &TestApp) -> Vec<String> {
    let olga = app.actor("olga@mittelfeld.example").await;
    let entries = audit::list(&app.app, &olga, None, 50).await.unwrap().rows;
    let actions = entries.into_iter().rev().map(|entry| entry.action);
    actions.filter(|action| !action.starts_with("account") && action != "token.made").collect()
}

/// Recipient and subject of every mail.
async fn mails(app: &TestApp) -> Vec<(String, String)> {
    let scope = Scope::system("tests read mails");
    let found = app
        .app
        .db
        .read(&scope, async |conn: &mut db::Conn| Ok::<_, Error>(db::outbox::list(conn, None, 50).await?));
    found.await.unwrap().into_iter().map(|row| (row.recipient, row.subject)).collect()
}

#[actix_web::test]
async fn a_final_invoice_frees_the_rest_and_tells_the_customer() {
    let (app, short) = ended("2026-10-20T14:00:00Z").await;
    let berta = app.actor(BILLS).await;
    complete_up_to(&app, "2026-10-20T13:00:00Z").await;
    assert_eq!(commitment(&app).await, ["confirmed", "100.00", "0", "100.00", "0"]);
    let (phase, live, step, state) = standing(&app, &short).await;
    assert_eq!(
        (phase.as_str(), live, step.as_str(), state.as_str()),
        ("gone", false, "final-invoice", "waiting")
    );
    assert_eq!(settlement::settle(&app.app).await.unwrap(), 0, "nothing was invoiced yet");

    let head = months::issue_final(&app.app, &berta, BookingId(short.id)).await.unwrap();
    // 16.62 net, 19.78 with VAT; 80.22 were bound and are not needed.
    assert_eq!(head.gross.to_string(), "19.78");
    assert_eq!(commitment(&app).await, ["settled", "100.00", "19.78", "0", "80.22"]);
    let (phase, live, step, state) = standing(&app, &short).await;
    assert_eq!(
        (phase.as_str(), live, step.as_str(), state.as_str()),
        ("settled", false, "final-invoice", "done")
    );
    assert_eq!(remembered(&app).await, ["invoice.receive", "commitment.settle"]);
    assert_eq!(
        mails(&app).await,
        [(KARL.to_owned(), format!("Rechnung {} von IT-Verbund Beispielland", head.number))]
    );

    // Again, by hand and by the sweep: nothing more.
    months::issue_final(&app.app, &berta, BookingId(short.id)).await.unwrap();
    assert_eq!(settlement::settle(&app.app).await.unwrap(), 0);
    assert_eq!((remembered(&app).await.len(), mails(&app).await.len()), (2, 1));
    assert!(audit::verify_all(&app.app).await.unwrap().iter().all(|chain| chain.broken.is_none()));
    let page = app.sign_in(KARL).await.get("/budgets?year=2026").await;
    assert!(page.html.contains("beendet, Rest frei") && page.html.contains("80,22"), "{}", page.html);
}

#[actix_web::test]
async fn the_monthly_invoice_settles_what_ended_in_its_month() {
    let (app, short) = ended("2026-11-03T09:00:00Z").await;
    let other =
        book(&app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-10-10T08:00:00Z", None).await;
    report(&app, records(&other, "2026-10-10T08:00:00Z", OVER), vec![]).await;
    complete_up_to(&app, OVER).await;
    let berta = app.actor(BILLS).await;
    let issued = issue(&app, &berta, october()).await.unwrap();
    assert_eq!(issued.len(), 1);
    assert_eq!(commitment(&app).await, ["settled", "100.00", "19.78", "0", "80.22"]);
    let (phase, live, step, state) = standing(&app, &short).await;
    assert_eq!((phase.as_str(), live, step.as_str(), state.as_str()), ("settled", false, "settled", "done"));
    let list = app.api(KARL).await.get("/api/v1/bookings?tab=ended").await;
    assert_eq!(list.body["rows"][0]["phase"], "settled", "{}", list.body);
    // What runs is not touched, and the month is not invoiced a second time by a final invoice.
    assert_eq!(standing(&app, &other).await.0, "unknown");
    let again = months::issue_final(&app.app, &berta, BookingId(short.id)).await;
    let Err(Error::Refused(refusal)) = again else { panic!("{again:?}") };
    assert_eq!(refusal.findings[0].code, "month-already-invoiced");
    let page = app.sign_in(KARL).await.get(&format!("/bookings/{}", short.id)).await;
    assert!(
        page.html.contains("steht auf einer Rechnung") && page.html.contains("data-live=\"false\""),
        "{}",
        page.html
    );
}

#[actix_web::test]
async fn an_earlier_month_keeps_the_money_bound() {
    let app = TestApp::start_at(at("2026-10-20T14:00:00Z"), "keep").await;
    let (ready, end) = ("2026-09-20T10:00:00Z", "2026-10-20T12:00:00Z");
    let long = book(&app, 3, "mittelfeld", What::Postgresql { storage_gib: 20 }, ready, Some(end)).await;
    report(&app, records(&long, ready, end), vec![]).await;
    bind(&app, &long, "100.00").await;
    complete_up_to(&app, "2026-10-20T13:00:00Z").await;
    let berta = app.actor(BILLS).await;
    months::issue_final(&app.app, &berta, BookingId(long.id)).await.unwrap();
    assert_eq!(commitment(&app).await[0], "confirmed", "September is not invoiced yet");
    assert_eq!(standing(&app, &long).await.0, "gone");
    issue(&app, &berta, october().previous()).await.unwrap();
    assert_eq!(commitment(&app).await[0], "settled");
    assert_eq!(standing(&app, &long).await.0, "settled");
}

#[actix_web::test]
async fn what_never_ran_is_freed_by_the_sweep() {
    let (app, short) = ended("2026-11-03T09:00:00Z").await;
    app.owner_sql("update booking_observations set ready_at = null").await.unwrap();
    assert_eq!(settlement::settle(&app.app).await.unwrap(), 1);
    assert_eq!(commitment(&app).await, ["settled", "100.00", "0", "0", "100.00"]);
    assert_eq!(settlement::settle(&app.app).await.unwrap(), 0);
    assert_eq!(remembered(&app).await, ["commitment.settle"]);
    assert_eq!(standing(&app, &short).await.0, "not-begun");
}
