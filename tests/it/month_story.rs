//! A month with a change of the clocks: metered, previewed, refused, issued once, corrected never, recomputed to the byte.

use crate::billing::{
    BILLS, Booked, OVER, What, at, bind, book, complete_up_to, issue, keep, october, reading, records, report,
};
use domain::ids::{BookingId, InvoiceId, OrganisationId};
use domain::money::Money;
use domain::time::Month;
use server::usecases::invoices::verify::{Fault, verify_all};
use server::usecases::invoices::{self, Format};
use server::usecases::months::{self, MonthPicture, State};
use server::usecases::{Error, budgets};
use tests::TestApp;
use tests::world::id;

/// Two customers in October 2026: a database and a chatbot of Mittelfeld, a database of Kleindorf.
struct Bookings {
    database: Booked,
    chatbot: Booked,
    other: Booked,
}

async fn october_begins(app: &TestApp) -> Bookings {
    let database =
        book(app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-10-10T08:00:00Z", None).await;
    let chatbot = book(app, 2, "mittelfeld", What::Chatbot, "2026-10-14T22:00:00Z", None).await;
    let other =
        book(app, 1, "kleindorf", What::Postgresql { storage_gib: 5 }, "2026-09-30T22:00:00Z", None).await;
    Bookings { database, chatbot, other }
}

async fn october_was_reported(app: &TestApp, all: &Bookings) {
    // Provisioning began earlier than the service was ready; the machine was there, but it is not billed.
    report(app, records(&all.database, "2026-10-10T07:00:00Z", OVER), vec![]).await;
    report(app, records(&all.other, "2026-09-30T20:00:00Z", OVER), vec![]).await;
    let readings = [
        ("2026-10-20T08:00:00Z", 1000),
        ("2026-10-25T00:30:00Z", 1800),
        ("2026-10-25T01:30:00Z", 1900),
        (OVER, 2345),
    ];
    report(app, vec![], readings.map(|(when, value)| reading(&all.chatbot, when, value)).to_vec()).await;
}

async fn ready() -> (TestApp, Bookings) {
    let app = TestApp::start_at(at("2026-11-03T09:00:00Z"), "keep").await;
    let all = october_begins(&app).await;
    october_was_reported(&app, &all).await;
    complete_up_to(&app, OVER).await;
    (app, all)
}

/// Codes of a refusal, sorted.
fn reasons<T>(result: Result<T, Error>) -> Vec<String> {
    let Err(Error::Refused(refusal)) = result else { panic!("was not refused") };
    assert!(["month-open", "final-open"].contains(&refusal.code.as_str()), "{refusal:?}");
    let mut codes: Vec<String> = refusal.findings.into_iter().map(|finding| finding.code).collect();
    codes.sort();
    codes.dedup();
    codes
}

fn sums(picture: &MonthPicture) -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for buyer in &picture.buyers {
        let slug = || buyer.buyer.slug.clone();
        let issued = buyer.issued.iter().map(db::invoices::InvoiceHead::signed);
        all.extend(issued.map(|(net, gross)| (slug(), net.to_string(), gross.to_string())));
        let waiting = buyer.waiting.iter().map(|prepared| prepared.signed());
        all.extend(waiting.map(|(net, gross)| (slug(), net.to_string(), gross.to_string())));
    }
    all
}

#[actix_web::test]
async fn what_was_previewed_is_what_is_issued_and_never_twice() {
    let (app, _) = ready().await;
    let berta = app.actor(BILLS).await;
    let preview = months::show(&app.app, &berta, october()).await.unwrap();
    assert_eq!(preview.state, State::Complete);
    // Mittelfeld, from 10 October 10:00 of 745 hours: 27.20 × 1868400/2682000 = 18.95; 10 GiB × 0.35 × the same = 2.44.
    // Chatbot from 15 October: 190 × 1472400/2682000 = 104.31; 2345 conversations = 29.31; set-up 250.00.
    // Kleindorf, the whole month of 745 hours: 27.20 and 5 × 0.35 = 1.75. VAT 19 %.
    let expected = [("mittelfeld", "405.01", "481.96"), ("kleindorf", "28.95", "34.45")]
        .map(|(who, net, gross)| (who.to_owned(), net.to_owned(), gross.to_owned()));
    assert_eq!(sums(&preview), expected);

    let issued = issue(&app, &berta, october()).await.unwrap();
    let numbers: Vec<&str> = issued.iter().map(|row| row.number.as_str()).collect();
    assert_eq!(numbers, ["IVB-RE-2026-10-000001", "IVB-RE-2026-10-000002"]);
    let after = months::show(&app.app, &berta, october()).await.unwrap();
    assert_eq!((after.state, sums(&after)), (State::Issued, sums(&preview)), "issued is what was previewed");
    assert_eq!(after.late().count(), 0);

    assert!(issue(&app, &berta, october()).await.unwrap().is_empty(), "nothing is left");
    let report = verify_all(&app.app).await.unwrap();
    assert!(report.intact(), "{report:?}");
    assert_eq!(report.invoices.len(), 2);

    let entries =
        server::usecases::audit::list(&app.app, &auditor(&app, &berta).await, None, 50).await.unwrap().rows;
    assert_eq!(
        entries.iter().filter(|entry| entry.action == "invoice.issue").count(),
        2,
        "every issue is remembered"
    );
}

/// The same person with the right to read the audit.
async fn auditor(_app: &TestApp, actor: &domain::policy::Actor) -> domain::policy::Actor {
    let grant = domain::policy::Grant { role: domain::policy::Role::Audits, limit: None };
    domain::policy::Actor { grants: vec![grant], ..actor.clone() }
}

#[actix_web::test]
async fn two_people_who_issue_at_once_issue_once() {
    let (app, _) = ready().await;
    let berta = app.actor(BILLS).await;
    let runs = (0..4).map(|_| issue(&app, &berta, october()));
    let issued: usize =
        futures::future::join_all(runs).await.into_iter().map(|rows| rows.unwrap().len()).sum();
    assert_eq!(issued, 2);
    let next = months::show(&app.app, &berta, october()).await.unwrap();
    assert_eq!(next.state, State::Issued);
    assert!(verify_all(&app.app).await.unwrap().intact());
}

#[actix_web::test]
async fn a_run_that_died_between_two_documents_goes_on() {
    let (app, _) = ready().await;
    let berta = app.actor(BILLS).await;
    let mittelfeld = OrganisationId(id::MITTELFELD.parse().unwrap());
    let first = months::issue_to(&app.app, &berta, october(), mittelfeld).await.unwrap();
    assert_eq!(first.len(), 1);
    assert_eq!(months::show(&app.app, &berta, october()).await.unwrap().state, State::Rated);
    let rest = issue(&app, &berta, october()).await.unwrap();
    assert_eq!(rest.iter().map(|row| row.number.as_str()).collect::<Vec<_>>(), ["IVB-RE-2026-10-000002"]);

    // The same data in one go give the same documents, byte for byte.
    let (whole, _) = ready().await;
    let again = issue(&whole, &whole.actor(BILLS).await, october()).await.unwrap();
    let in_pieces: Vec<&Vec<u8>> = first.iter().chain(&rest).map(|row| &row.xml).collect();
    assert_eq!(in_pieces, again.iter().map(|row| &row.xml).collect::<Vec<_>>());
}

#[actix_web::test]
async fn an_aborted_transaction_leaves_no_hole_in_the_numbers() {
    let (app, _) = ready().await;
    let berta = app.actor(BILLS).await;
    let mittelfeld = OrganisationId(id::MITTELFELD.parse().unwrap());
    // The insertion of charges fails, after the number was drawn and the invoice written.
    app.owner_sql("alter table charges add constraint broken check (amount < 0)").await.unwrap();
    assert!(months::issue_to(&app.app, &berta, october(), mittelfeld).await.is_err());
    assert_eq!(
        months::show(&app.app, &berta, october()).await.unwrap().state,
        State::Complete,
        "nothing was issued"
    );
    app.owner_sql("alter table charges drop constraint broken").await.unwrap();
    let issued = issue(&app, &berta, october()).await.unwrap();
    assert_eq!(issued[0].number, "IVB-RE-2026-10-000001");
}

#[actix_web::test]
async fn a_month_that_is_not_complete_is_refused_with_every_reason() {
    let app = TestApp::start_at(at("2026-10-20T09:00:00Z"), "keep").await;
    let all = october_begins(&app).await;
    let berta = app.actor(BILLS).await;
    report(&app, records(&all.database, "2026-10-10T08:00:00Z", "2026-10-19T22:00:00Z"), vec![]).await;
    assert_eq!(reasons(issue(&app, &berta, october()).await), ["month-running", "month-watermark"]);

    complete_up_to(&app, "2026-10-19T22:00:00Z").await;
    let preview = months::show(&app.app, &berta, october()).await.unwrap();
    assert_eq!(preview.state, State::Open);
    // Up to the watermark: 230 of 745 hours of the database (8.40 + 1.08), 120 of the chatbot (30.60), its set-up (250.00).
    let mittelfeld = sums(&preview).into_iter().find(|(who, ..)| who == "mittelfeld").unwrap();
    assert_eq!(mittelfeld.1, "290.08", "{preview:?}");

    app.app.clock.set(at("2026-11-03T09:00:00Z"));
    complete_up_to(&app, OVER).await;
    assert_eq!(reasons(issue(&app, &berta, october()).await), ["month-missing"]);
    let gaps = months::show(&app.app, &berta, october()).await.unwrap();
    let gap = gaps
        .obstacles
        .iter()
        .find(|gap| gap.booking.as_ref().is_some_and(|b| b.id == all.database.id))
        .unwrap();
    assert_eq!(gap.period.unwrap().from(), at("2026-10-19T22:00:00Z"));

    report(&app, records(&all.database, "2026-10-19T22:00:00Z", OVER), vec![]).await;
    report(&app, records(&all.other, "2026-09-30T22:00:00Z", OVER), vec![]).await;
    assert_eq!(issue(&app, &berta, october()).await.unwrap().len(), 2);
}

#[actix_web::test]
async fn overlapping_usage_is_shown_and_never_billed() {
    let (app, all) = ready().await;
    let berta = app.actor(BILLS).await;
    let mut extra = records(&all.database, "2026-10-12T10:00:00Z", "2026-10-12T11:00:00Z");
    extra.retain(|record| record.meter == contract::Meter::Storage);
    report(&app, extra, vec![]).await;
    assert_eq!(reasons(issue(&app, &berta, october()).await), ["month-overlap"]);
}

#[actix_web::test]
async fn without_a_vat_decision_or_a_leitweg_id_nothing_is_issued() {
    let (app, _) = ready().await;
    let berta = app.actor(BILLS).await;
    let move_decision = |to: &str| {
        format!(
            "alter table vat_decisions disable trigger all; update vat_decisions set valid_from = '{to}';
             alter table vat_decisions enable trigger all"
        )
    };
    app.owner_sql(&move_decision("2026-12-01")).await.unwrap();
    assert_eq!(reasons(issue(&app, &berta, october()).await), ["month-vat-decision-missing"]);
    app.owner_sql(&move_decision("2026-01-01")).await.unwrap();
    app.owner_sql("update organisations set leitweg_id = '16999001-MUSTERAU-84' where slug = 'mittelfeld'")
        .await
        .unwrap();
    assert_eq!(reasons(issue(&app, &berta, october()).await), ["month-leitweg-missing"]);
    let report = verify_all(&app.app).await.unwrap();
    assert!(report.invoices.is_empty(), "not even the other customer's invoice");
}

#[actix_web::test]
async fn a_change_of_the_vat_treatment_splits_the_month() {
    let (app, _) = ready().await;
    let berta = app.actor(BILLS).await;
    let provider = id::BEISPIELLAND;
    let sql = format!(
        "insert into vat_decisions (id, provider_id, offering_id, class, rate, reason_code, reason, evidence, valid_from)
         values (gen_random_uuid(), '{provider}', null, 'O', 0, 'VATEX-EU-O', 'Nicht steuerbar nach § 2b UStG', 'Vermerk',
         '2026-10-20T22:00:00Z')"
    );
    app.owner_sql(&sql).await.unwrap();
    let issued = issue(&app, &berta, october()).await.unwrap();
    let classes: Vec<(&str, bool)> =
        issued.iter().map(|row| (row.vat_class.as_str(), row.vat.is_zero())).collect();
    assert_eq!(classes.iter().filter(|class| **class == ("S", false)).count(), 2, "{classes:?}");
    assert_eq!(classes.iter().filter(|class| **class == ("O", true)).count(), 2, "{classes:?}");
    assert!(verify_all(&app.app).await.unwrap().intact());
}

#[actix_web::test]
async fn a_price_free_organisation_gets_no_invoice() {
    let (app, _) = ready().await;
    let berta = app.actor(BILLS).await;
    app.owner_sql("update organisations set price_free = true where slug = 'mittelfeld'").await.unwrap();
    let issued = issue(&app, &berta, october()).await.unwrap();
    assert_eq!(issued.len(), 1);
    assert_eq!(issued[0].organisation_id.to_string(), id::KLEINDORF);
}

#[actix_web::test]
async fn an_ended_booking_gets_its_final_invoice_and_the_month_leaves_it_out() {
    let app = TestApp::start_at(at("2026-10-20T14:00:00Z"), "keep").await;
    let all = october_begins(&app).await;
    let short = book(
        &app,
        3,
        "mittelfeld",
        What::Postgresql { storage_gib: 20 },
        "2026-10-05T10:00:00Z",
        Some("2026-10-20T12:00:00Z"),
    )
    .await;
    let berta = app.actor(BILLS).await;
    let booking = BookingId(short.id);
    report(&app, records(&short, "2026-10-05T09:00:00Z", "2026-10-20T12:00:00Z"), vec![]).await;
    complete_up_to(&app, "2026-10-20T11:59:59Z").await;
    assert_eq!(reasons(months::issue_final(&app.app, &berta, booking).await), ["month-watermark"]);
    let running = BookingId(all.database.id);
    assert_eq!(reasons(months::issue_final(&app.app, &berta, running).await), ["month-not-ended"]);

    complete_up_to(&app, "2026-10-20T12:00:00Z").await;
    let head = months::issue_final(&app.app, &berta, booking).await.unwrap();
    // 362 of 745 hours: 27.20 × 362/745 = 13.22; 20 × 0.35 × 362/745 = 3.40.
    assert_eq!((head.document.as_str(), head.net.to_string()), ("final", "16.62".to_owned()));
    assert_eq!(
        months::issue_final(&app.app, &berta, booking).await.unwrap().id,
        head.id,
        "again gives the same"
    );
    let xml = invoices::download(&app.app, &berta, InvoiceId(head.id), Format::Xrechnung).await.unwrap();
    keep(&app, &head.number, &xml.bytes);

    app.app.clock.set(at("2026-11-03T09:00:00Z"));
    october_was_reported(&app, &all).await;
    complete_up_to(&app, OVER).await;
    let issued = issue(&app, &berta, october()).await.unwrap();
    assert_eq!(issued.len(), 2);
    for row in &issued {
        let text = String::from_utf8(row.xml.clone()).unwrap();
        assert!(!text.contains("BU-2026-0003"), "the month leaves it out");
    }
    let report = verify_all(&app.app).await.unwrap();
    assert!(report.intact(), "{report:?}");
    // The booking's page offers the same step as a button.
    let mut browser = app.sign_in(BILLS).await;
    browser.get("/finance/months").await;
    let answer = browser.submit(&format!("/bookings/{}/final-invoice", short.id), &[]).await;
    assert_eq!(answer.location, Some(format!("/invoices/{}", head.id)));
    let page = browser.get(&format!("/bookings/{}", short.id)).await.html;
    assert!(!page.contains("/final-invoice\""), "it is issued");
    let running = format!("/bookings/{}", all.database.id);
    browser.get("/finance/months").await;
    let refused = browser.submit(&format!("{running}/final-invoice"), &[]).await;
    assert!(
        refused.status == 422 && refused.html.contains("Die Buchung ist noch nicht beendet"),
        "{}",
        refused.html
    );
    assert!(refused.html.contains("BU-2026-0001"), "on the page of the booking");
    let stranger = app.actor("berta@musterregion.example").await;
    assert!(matches!(months::issue_final(&app.app, &stranger, booking).await, Err(Error::NotFound)));
}

#[actix_web::test]
async fn late_usage_is_kept_and_never_changes_an_issued_invoice() {
    let (app, all) = ready().await;
    let berta = app.actor(BILLS).await;
    let issued = issue(&app, &berta, october()).await.unwrap();
    app.app.clock.set(at("2026-11-05T09:00:00Z"));
    // A reading of October that the operator could not send in time: 2,345 were invoiced, 2,745 were counted.
    report(&app, vec![], vec![reading(&all.chatbot, "2026-10-31T22:30:00Z", 2745)]).await;

    let after = months::show(&app.app, &berta, october()).await.unwrap();
    assert_eq!(after.state, State::Issued);
    let late: Vec<_> = after.late().map(|(_, late)| (late.corrects.clone(), late.net())).collect();
    // 2,745 / 1000 × 12.50 = 34.31, of which 29.31 were invoiced.
    assert_eq!(late, [(Some((issued[0].id, issued[0].number.clone())), Money::from_cents(500))]);
    assert!(issue(&app, &berta, october()).await.unwrap().is_empty());
    let again = invoices::get(&app.app, &berta, InvoiceId(issued[0].id)).await.unwrap();
    assert_eq!(again.row.xml, issued[0].xml);
    let report = verify_all(&app.app).await.unwrap();
    assert!(report.intact(), "what came later is no tampering: {report:?}");
}

#[actix_web::test]
async fn the_next_month_counts_from_where_the_last_one_ended() {
    let (app, all) = ready().await;
    let berta = app.actor(BILLS).await;
    issue(&app, &berta, october()).await.unwrap();
    let (november, over) = (Month::new(2026, 11).unwrap(), "2026-11-30T23:00:00Z");
    app.app.clock.set(at("2026-12-02T09:00:00Z"));
    report(
        &app,
        records(&all.database, OVER, over),
        vec![reading(&all.chatbot, "2026-11-20T08:00:00Z", 3345)],
    )
    .await;
    report(&app, records(&all.other, OVER, over), vec![]).await;
    complete_up_to(&app, over).await;
    let issued = issue(&app, &berta, november).await.unwrap();
    // Whole months cost whole prices whatever their length: 27.20 + 3.50 + 190.00 + 1,000 conversations = 12.50.
    assert_eq!(issued[0].net.to_string(), "233.20");
    assert_eq!(issued[1].net.to_string(), "28.95");
    assert_eq!(issued[0].number, "IVB-RE-2026-11-000003");
    assert!(verify_all(&app.app).await.unwrap().intact());
}

#[actix_web::test]
async fn a_new_price_splits_the_line() {
    let (app, _) = ready().await;
    let berta = app.actor(BILLS).await;
    let sql = "insert into prices (id, provider_id, component_id, amount, valid_from) select '00000000-0000-7000-8000-000000000446', provider_id,
        component_id, 30.00, '2026-10-15T22:00:00Z' from prices where id = '00000000-0000-7000-8000-000000000441'";
    app.owner_sql(sql).await.unwrap();
    let issued = issue(&app, &berta, october()).await.unwrap();
    // Kleindorf: 360 hours at 27.20 and 385 hours at 30.00 of 745 hours: 13.14 + 15.50 + 1.75.
    assert_eq!(issued[1].net.to_string(), "30.39");
    assert!(verify_all(&app.app).await.unwrap().intact());
}

#[actix_web::test]
async fn more_than_was_ordered_is_not_billed() {
    let app = TestApp::start_at(at("2026-11-03T09:00:00Z"), "keep").await;
    let booked =
        book(&app, 1, "kleindorf", What::Postgresql { storage_gib: 5 }, "2026-09-30T22:00:00Z", None).await;
    let berta = app.actor(BILLS).await;
    let mut all = records(&booked, "2026-09-30T22:00:00Z", OVER);
    for record in &mut all {
        record.amount *= 3;
    }
    report(&app, all, vec![]).await;
    complete_up_to(&app, OVER).await;
    let preview = months::show(&app.app, &berta, october()).await.unwrap();
    let shown = months::findings::shown(&preview.buyers[0].bookings[0]);
    assert!(shown.iter().any(|shown| shown.reason.code == "ceiling"), "the excess is shown");
    assert_eq!(issue(&app, &berta, october()).await.unwrap()[0].net.to_string(), "28.95");
}

#[actix_web::test]
async fn tampering_is_found() {
    let (app, all) = ready().await;
    let berta = app.actor(BILLS).await;
    let issued = issue(&app, &berta, october()).await.unwrap();
    let booking = all.database.id;
    let tamper = |sql: &str, table: &str| {
        format!("alter table {table} disable trigger all; {sql}; alter table {table} enable trigger all")
    };
    // One hour's storage of one day is made larger, as the owner of the database could do it.
    let sql = format!(
        "update usage_records set amount = amount - 1024 where booking_id = '{booking}' and meter = 'storage'
         and from_at = '2026-10-11T22:00:00Z'"
    );
    app.owner_sql(&tamper(&sql, "usage_records")).await.unwrap();
    let report = verify_all(&app.app).await.unwrap();
    assert_eq!(report.changed_records.len(), 1);
    let faults = &report.invoices.iter().find(|invoice| invoice.id == issued[0].id).unwrap().faults;
    assert!(faults.contains(&Fault::EvidenceChanged(1)) && faults.contains(&Fault::Content), "{faults:?}");
    let other = &report.invoices.iter().find(|invoice| invoice.id == issued[1].id).unwrap().faults;
    assert!(other.is_empty(), "only the invoice that it concerns: {other:?}");

    // A record that is gone, and an invoice whose bytes were changed.
    let sql = format!(
        "delete from usage_records where booking_id = '{}' and from_at = '2026-10-11T22:00:00Z'",
        all.other.id
    );
    app.owner_sql(&tamper(&sql, "usage_records")).await.unwrap();
    let sql = format!("update invoices set xml = xml || ' '::bytea where id = '{}'", issued[1].id);
    app.owner_sql(&tamper(&sql, "invoices")).await.unwrap();
    let report = verify_all(&app.app).await.unwrap();
    let faults = &report.invoices.iter().find(|invoice| invoice.id == issued[1].id).unwrap().faults;
    assert!(faults.contains(&Fault::EvidenceMissing(1)) && faults.contains(&Fault::Bytes), "{faults:?}");
}

#[actix_web::test]
async fn an_invoice_takes_off_the_commitment_of_its_order() {
    let (app, all) = ready().await;
    let berta = app.actor(BILLS).await;
    // 600.00 € are bound by the order of the chatbot; the database was ordered without a commitment.
    bind(&app, &all.chatbot, "600.00").await;
    let hanna = app.actor("hanna@mittelfeld.example").await;
    let figures = async || {
        let view = budgets::list(&app.app, &hanna, Some(2026)).await.unwrap();
        let f = view.lines.into_iter().find(|line| line.code == "11.1.40").unwrap().figures;
        [f.invoiced, f.confirmed, f.available].map(|amount| amount.0.to_string())
    };
    assert_eq!(figures().await, ["6820.44", "600.00", "4579.56"]);
    issue(&app, &berta, october()).await.unwrap();
    // Of 481.96 €, 456.51 € are the chatbot's (383.62 × 1.19), which are no longer bound but spent; 25.45 € are the database's.
    assert_eq!(figures().await, ["7302.40", "143.49", "4554.11"]);
}

#[actix_web::test]
async fn the_month_is_issued_in_the_browser() {
    let (app, _) = ready().await;
    let mut berta = app.sign_in(BILLS).await;
    let page = berta.get("/finance/months?month=2026-10-01").await;
    assert_eq!(page.status, 200);
    assert!(page.html.contains("481,96") && page.html.contains("405,01"), "{}", page.html);
    let answer = berta.submit("/finance/months", &[("month", "2026-10-01")]).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/finance/months/2026-10")));
    let page = berta.get("/finance/months/2026-10").await;
    assert!(page.html.contains("IVB-RE-2026-10-000001"), "{}", page.html);

    // The customer reads and downloads it; nobody else does.
    let mut karl = app.sign_in("karl@mittelfeld.example").await;
    let list = karl.get("/invoices").await;
    assert!(
        list.html.contains("IVB-RE-2026-10-000001") && !list.html.contains("IVB-RE-2026-10-000002"),
        "{}",
        list.html
    );
    let link = list.html.split("href=\"/invoices/").nth(1).unwrap()[..36].to_owned();
    let page = karl.get(&format!("/invoices/{link}")).await;
    assert_eq!(page.status, 200);
    for part in ["481,96", "76,95", "Einrichtung", "2,345", "11140", "16999001-MUSTERAU-85", "sha256:"] {
        assert!(page.html.contains(part), "{part}: {}", page.html);
    }
    let xml = karl.get(&format!("/invoices/{link}/xrechnung")).await;
    assert_eq!(xml.headers["content-disposition"], "attachment; filename=\"IVB-RE-2026-10-000001.xml\"");
    assert!(xml.html.starts_with("<?xml"));
    assert_eq!(xml.html, karl.get(&format!("/invoices/{link}/xrechnung")).await.html, "the same bytes");
    let csv = karl.get(&format!("/invoices/{link}/csv")).await;
    assert!(csv.html.contains(";29,31;") && csv.html.lines().count() == 6, "{}", csv.html);
    let evidence = karl.get(&format!("/invoices/{link}/evidence-csv")).await;
    assert!(evidence.html.lines().count() > 20, "{}", evidence.html);
    for stranger in ["karl@kleindorf.example", "berta@musterregion.example"] {
        let mut stranger = app.sign_in(stranger).await;
        for path in ["", "/xrechnung", "/csv", "/evidence-csv"] {
            assert_eq!(stranger.get(&format!("/invoices/{link}{path}")).await.status, 404);
        }
    }
}

#[actix_web::test]
async fn what_is_missing_is_said_beside_the_button() {
    let app = TestApp::start_at(at("2026-10-20T09:00:00Z"), "keep").await;
    october_begins(&app).await;
    let mut berta = app.sign_in(BILLS).await;
    berta.get("/finance/months").await;
    let answer = berta.submit("/finance/months", &[("month", "2026-10-01")]).await;
    assert_eq!(answer.status, 422);
    for part in ["Der Monat läuft noch", "Beispielhausen hat noch nicht alles"] {
        assert!(answer.html.contains(part), "{part}: {}", answer.html);
    }
    let mut jana = app.sign_in("jana@mittelfeld.example").await;
    assert_eq!(jana.get("/finance/months").await.status, 403);
}

#[actix_web::test]
async fn the_month_is_issued_by_the_api() {
    let (app, all) = ready().await;
    let berta = app.api(BILLS).await;
    let preview = berta.get("/api/v1/months/2026-10").await;
    assert_eq!(
        (preview.status, &preview.body["state"], &preview.body["payable"]),
        (200, &"complete".into(), &"516.41".into())
    );
    for _ in 0..2 {
        let issued = berta.post("/api/v1/months/2026-10/issue", "any", &serde_json::json!({})).await;
        assert_eq!(
            (issued.status, &issued.body["state"], &issued.body["payable"]),
            (200, &"issued".into(), &"516.41".into())
        );
    }
    let karl = app.api("karl@mittelfeld.example").await;
    let list = karl.get("/api/v1/invoices").await;
    assert_eq!((list.status, &list.body["total"]), (200, &1.into()));
    let path = format!("/api/v1/invoices/{}", list.body["rows"][0]["id"].as_str().unwrap());
    let invoice = karl.get(&path).await;
    assert_eq!(invoice.body["payable"], "481.96");
    assert!(invoice.etag.is_some());
    let said = karl.get(&format!("{path}/verification")).await;
    assert_eq!((&said.body["intact"], said.body["faults"].as_array().unwrap().len()), (&true.into(), 0));
    assert_eq!(app.api("karl@kleindorf.example").await.get(&path).await.status, 404);
    assert_eq!(berta.get("/api/v1/months/2026-13").await.status, 404);
    assert_eq!(karl.get("/api/v1/months").await.status, 403);
    let running = format!("/api/v1/bookings/{}/final-invoice", all.database.id);
    let refused = berta.post(&running, "any", &serde_json::json!({})).await;
    assert_eq!((refused.status, &refused.body["code"]), (422, &"final-open".into()));
    assert_eq!(refused.body["errors"][0]["code"], "month-not-ended");
    assert!(
        refused.body["detail"].as_str().unwrap().starts_with("Die Schlussrechnung geht noch nicht"),
        "{}",
        refused.body
    );
}
