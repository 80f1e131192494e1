//! What comes after the invoice becomes a document of its own, with the month, the prices and the VAT of then.

use crate::billing::{
    BILLS, Booked, OVER, What, at, book, complete_up_to, issue, keep, october, reading, records, report,
};
use db::invoices::InvoiceRow;
use domain::policy::Actor;
use domain::time::Month;
use server::usecases::invoices::verify::{Fault, verify_all};
use server::usecases::{Error, months};
use tests::TestApp;

/// A chatbot of Mittelfeld in October: 2,345 conversations were invoiced.
async fn invoiced() -> (TestApp, Actor, Booked, InvoiceRow) {
    let app = TestApp::start_at(at("2026-11-03T09:00:00Z"), "keep").await;
    let chatbot = book(&app, 2, "mittelfeld", What::Chatbot, "2026-10-14T22:00:00Z", None).await;
    report(&app, vec![], vec![reading(&chatbot, "2026-10-31T20:00:00Z", 2345)]).await;
    complete_up_to(&app, OVER).await;
    let berta = app.actor(BILLS).await;
    let row = issue(&app, &berta, october()).await.unwrap().remove(0);
    app.app.clock.set(at("2026-11-05T09:00:00Z"));
    (app, berta, chatbot, row)
}

async fn correct(app: &TestApp, actor: &Actor, month: Month) -> Vec<InvoiceRow> {
    let issued = months::correct(&app.app, actor, month).await.unwrap();
    for row in &issued {
        keep(app, &row.number, &row.xml);
    }
    issued
}

async fn intact(app: &TestApp) {
    let report = verify_all(&app.app).await.unwrap();
    assert!(report.intact(), "{report:?}");
}

#[actix_web::test]
async fn late_usage_becomes_a_correction_and_another_one_after_it() {
    let (app, berta, chatbot, first) = invoiced().await;
    assert!(correct(&app, &berta, october()).await.is_empty(), "nothing came in");
    report(&app, vec![], vec![reading(&chatbot, "2026-10-31T22:30:00Z", 2745)]).await;
    let one = correct(&app, &berta, october()).await;
    assert_eq!(one.len(), 1);
    // 34.31 instead of 29.31; 19 % on the difference.
    let sums = [one[0].net, one[0].vat, one[0].gross].map(|sum| sum.to_string());
    assert_eq!((one[0].document.as_str(), sums), ("correction", ["5.00", "0.95", "5.95"].map(str::to_owned)));
    assert_eq!((one[0].number.as_str(), one[0].follows_id), ("IVB-RK-2026-10-000002", Some(first.id)));
    let xml = String::from_utf8(one[0].xml.clone()).unwrap();
    for part in ["<cbc:InvoiceTypeCode>384<", "<cac:BillingReference>", &first.number, ">2026-10-31<"] {
        assert!(xml.contains(part), "{part}: {xml}");
    }
    assert!(correct(&app, &berta, october()).await.is_empty(), "once");

    report(&app, vec![], vec![reading(&chatbot, "2026-10-31T22:45:00Z", 3145)]).await;
    let two = correct(&app, &berta, october()).await;
    assert_eq!((two[0].net.to_string(), two[0].follows_id), ("5.00".to_owned(), Some(one[0].id)));
    intact(&app).await;
    let after = months::show(&app.app, &berta, october()).await.unwrap();
    assert_eq!((after.state, after.late().count()), (months::State::Issued, 0));
    // 383.62 + 5.00 + 5.00
    assert_eq!(after.totals().0.to_string(), "393.62");

    // The customer reads which invoice it belongs to, and was told.
    let mut karl = app.sign_in("karl@mittelfeld.example").await;
    let page = karl.get(&format!("/invoices/{}", two[0].id)).await;
    assert!(page.html.contains(&format!("/invoices/{}\">{}", first.id, first.number)), "{}", page.html);
    assert!(
        page.html.contains("Nachberechnung") && page.html.contains("bisher berechnet: 34,31"),
        "{}",
        page.html
    );
    // A correction that somebody changes behind the product's back is found.
    let sql = format!(
        "alter table charges disable trigger all; update charges set amount = amount + 1 where invoice_id = '{}';
         alter table charges enable trigger all",
        one[0].id
    );
    app.owner_sql(&sql).await.unwrap();
    let report = verify_all(&app.app).await.unwrap();
    let faults: Vec<_> = report.invoices.iter().filter(|found| !found.faults.is_empty()).collect();
    assert!(
        matches!(faults[..], [found] if found.id == one[0].id && found.faults == [Fault::Charges]),
        "{faults:?}"
    );
}

#[actix_web::test]
async fn two_people_who_correct_at_once_correct_once() {
    let (app, berta, chatbot, _) = invoiced().await;
    report(&app, vec![], vec![reading(&chatbot, "2026-10-31T22:30:00Z", 2745)]).await;
    let runs = (0..4).map(|_| months::correct(&app.app, &berta, october()));
    let mut issued = 0;
    for run in futures::future::join_all(runs).await {
        match run {
            Ok(rows) => issued += rows.len(),
            Err(Error::Conflict("changed")) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(issued, 1);
    intact(&app).await;
}

#[actix_web::test]
async fn less_than_invoiced_is_given_back_with_the_rate_of_then() {
    let app = TestApp::start_at(at("2026-11-03T09:00:00Z"), "keep").await;
    let database =
        book(&app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-09-30T22:00:00Z", None).await;
    report(&app, records(&database, "2026-09-30T22:00:00Z", OVER), vec![]).await;
    complete_up_to(&app, OVER).await;
    let berta = app.actor(BILLS).await;
    let first = issue(&app, &berta, october()).await.unwrap().remove(0);
    // The customer's end of 21 October is recorded after the invoice; from November another rate counts.
    app.owner_sql(
        "update bookings set ends_at = '2026-10-20T22:00:00Z';
         insert into vat_decisions (id, provider_id, offering_id, class, rate, reason_code, reason, evidence, valid_from)
         select gen_random_uuid(), provider_id, null, 'S', 7, null, null, 'Vermerk', '2026-10-31T23:00:00Z'
         from vat_decisions where class = 'S'",
    )
    .await
    .unwrap();
    app.app.clock.set(at("2026-12-02T09:00:00Z"));
    complete_up_to(&app, "2026-11-30T23:00:00Z").await;
    // It is issued with the next month that is closed, although that one has nothing to invoice.
    let back = correct(&app, &berta, october()).await;
    // 480 of 745 hours: 17.52 and 2.26 instead of 27.20 and 3.50.
    let sums = [back[0].net, back[0].vat, back[0].gross].map(|sum| sum.to_string());
    assert_eq!((back[0].document.as_str(), sums), ("credit", ["10.92", "2.07", "12.99"].map(str::to_owned)));
    assert!(String::from_utf8(back[0].xml.clone()).unwrap().contains("<cbc:CreditNoteTypeCode>381<"));
    intact(&app).await;
    let karl = app.api("karl@mittelfeld.example").await;
    let list = karl.get("/api/v1/invoices").await;
    let rows: Vec<_> =
        list.body["rows"].as_array().unwrap().iter().map(|row| (&row["kind"], &row["payable"])).collect();
    assert_eq!(
        rows,
        [(&"credit".into(), &"-12.99".into()), (&"invoice".into(), &first.gross.to_string().into())]
    );
    // 36.53 were spent, 12.99 came back, beside the 6,820.44 of the accounting.
    let budget = karl.get("/api/v1/budgets?year=2026").await;
    let line =
        budget.body["lines"].as_array().unwrap().iter().find(|line| line["code"] == "11.1.40").unwrap();
    assert_eq!(line["figures"]["invoiced"], "6843.98", "{line}");
}

#[actix_web::test]
async fn the_next_month_brings_the_corrections_of_the_one_before() {
    let (app, berta, chatbot, first) = invoiced().await;
    report(&app, vec![], vec![reading(&chatbot, "2026-10-31T22:30:00Z", 2745)]).await;
    app.app.clock.set(at("2026-12-02T09:00:00Z"));
    report(&app, vec![], vec![reading(&chatbot, "2026-11-20T08:00:00Z", 3745)]).await;
    complete_up_to(&app, "2026-11-30T23:00:00Z").await;
    let issued = issue(&app, &berta, october().next()).await.unwrap();
    let said: Vec<_> = issued.iter().map(|row| (row.document.as_str(), row.net.to_string())).collect();
    // 190.00 and 1,000 conversations since the last reading; the 400 of October are October's.
    assert_eq!(said, [("month", "202.50".to_owned()), ("correction", "5.00".to_owned())]);
    assert_eq!(issued[1].follows_id, Some(first.id));
    let berlin = issued[1].period_to_at.to_jiff();
    assert!(berlin <= at(OVER), "the service period is October's: {berlin}");
    intact(&app).await;
}

#[actix_web::test]
async fn two_rates_inside_a_month_make_two_invoices() {
    let app = TestApp::start_at(at("2026-11-03T09:00:00Z"), "keep").await;
    let database =
        book(&app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-09-30T22:00:00Z", None).await;
    report(&app, records(&database, "2026-09-30T22:00:00Z", OVER), vec![]).await;
    complete_up_to(&app, OVER).await;
    // From 16 October another rate of the same class counts.
    app.owner_sql(
        "insert into vat_decisions (id, provider_id, offering_id, class, rate, reason_code, reason, evidence, valid_from)
         select gen_random_uuid(), provider_id, null, 'S', 7, null, null, 'Vermerk', '2026-10-15T22:00:00Z'
         from vat_decisions where class = 'S'",
    )
    .await
    .unwrap();
    let berta = app.actor(BILLS).await;
    let mut issued = issue(&app, &berta, october()).await.unwrap();
    issued.sort_by_key(|row| row.vat_rate);
    // 385 of 745 hours at 7 %: 14.06 + 1.81; 360 hours at 19 %: 13.14 + 1.69. Together one month: 27.20 + 3.50.
    let sums: Vec<_> =
        issued.iter().map(|row| [row.vat_rate, row.net, row.vat].map(|sum| sum.to_string())).collect();
    assert_eq!(sums, [["7", "15.87", "1.11"], ["19", "14.83", "2.82"]].map(|sums| sums.map(str::to_owned)));
    assert!(issue(&app, &berta, october()).await.unwrap().is_empty());
    intact(&app).await;
}

#[actix_web::test]
async fn corrections_are_issued_in_browser_and_api() {
    let (app, _, chatbot, _) = invoiced().await;
    report(&app, vec![], vec![reading(&chatbot, "2026-10-31T22:30:00Z", 2745)]).await;
    let mut berta = app.sign_in(BILLS).await;
    let page = berta.get("/finance/months/2026-10").await;
    assert!(page.html.contains("Korrekturen, die anstehen") && page.html.contains("5,95"), "{}", page.html);
    let answer = berta.submit("/finance/months/2026-10/correct", &[]).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/finance/months/2026-10")));
    let page = berta.get("/finance/months/2026-10").await;
    assert!(
        page.html.contains("IVB-RK-2026-10-000002") && !page.html.contains("die anstehen"),
        "{}",
        page.html
    );

    report(&app, vec![], vec![reading(&chatbot, "2026-10-31T22:45:00Z", 3145)]).await;
    let api = app.api(BILLS).await;
    let month = api.get("/api/v1/months/2026-10").await;
    assert_eq!(month.body["corrections"][0]["net"], "5.00", "{}", month.body);
    let done = api.post("/api/v1/months/2026-10/correct", "any", &serde_json::json!({})).await;
    assert_eq!((done.status, done.body["corrections"].as_array().unwrap().len()), (200, 0));
    let karl = app.api("karl@mittelfeld.example").await;
    assert_eq!(karl.post("/api/v1/months/2026-10/correct", "any", &serde_json::json!({})).await.status, 403);
}
