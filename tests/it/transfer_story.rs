//! Moving a booking to another Kostenstelle and Haushaltsansatz: the service does not notice, the money and the invoice do.

use crate::billing::{BILLS, at, complete_up_to};
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::worker::{settle, transfer_due};
use tests::bookings::{approve, booked, show};
use tests::world::id;
use tests::{Api, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
/// Haushaltsansatz of the Bauhof in 2026, its successor in 2027, and one of 2026 with next to nothing in it.
const LINE: &str = "00000000-0000-7000-8000-000000000581";
const NEXT_YEAR: &str = "00000000-0000-7000-8000-000000000582";
const POOR: &str = "00000000-0000-7000-8000-000000000583";

/// A second unit with Kostenstelle and budget.
async fn add_unit(app: &TestApp) {
    let (own, unit) = (id::MITTELFELD, "00000000-0000-7000-8000-000000000181");
    let line = |line: &str, year: i32, code: &str, amount: &str| {
        format!("('{line}', '{own}', '{unit}', {year}, '{code}', 'Bauhof', {amount}, 0, '2026-01-01')")
    };
    let lines = [
        line(LINE, 2026, "55.1.10", "900"),
        line(NEXT_YEAR, 2027, "55.1.10", "900"),
        line(POOR, 2026, "55.1.11", "50"),
    ];
    let sql = format!(
        "insert into units (id, organisation_id, name, created_at) values ('{unit}', '{own}', 'Bauhof', '2026-01-01');
         insert into cost_centres (organisation_id, code, name, unit_id) values ('{own}', '55110', 'Bauhof', '{unit}');
         insert into budget_lines (id, organisation_id, unit_id, year, code, name, amount, spent, created_at) values {}",
        lines.join(", ")
    );
    app.owner_sql(&sql).await.unwrap();
}

fn pass(app: &TestApp, seconds: i64) {
    app.app.clock.advance(SignedDuration::from_secs(seconds));
}

fn to(line: &str) -> Value {
    json!({"cost_centre": "55110", "account": "5431000", "budget_line": line, "justification": "gehört zum Bauhof"})
}

fn with(mut wish: Value, name: &str, value: &str) -> Value {
    wish[name] = json!(value);
    wish
}

async fn order(jana: &Api, booking: &str, key: &str, wish: &Value) -> Value {
    let sent = jana.post(&format!("/api/v1/bookings/{booking}/transfer"), key, wish).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    sent.body
}

async fn line(app: &TestApp, code: &str) -> Value {
    let budgets = app.api("hanna@mittelfeld.example").await.get("/api/v1/budgets?year=2026").await.body;
    let lines = budgets["lines"].as_array().unwrap();
    lines.iter().find(|line| line["code"] == code).unwrap_or_else(|| panic!("{code}: {budgets:#}")).clone()
}

fn euros(line: &Value) -> [&str; 3] {
    ["invoiced", "confirmed", "reserved"].map(|name| line["figures"][name].as_str().unwrap())
}

#[actix_web::test]
async fn the_invoice_splits_at_the_transfer_and_each_line_pays_its_part() {
    let app = TestApp::start().await;
    add_unit(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    pass(&app, 86_400);
    sim.tick().await;
    let sent = order(&jana, &booking, "t", &to(LINE)).await;
    let content = &sent["content"];
    assert_eq!(
        (content["action"].as_str(), content["left"]["cost_centre"].as_str()),
        (Some("transfer"), Some("11140"))
    );
    assert_eq!(content["left"]["budget_line"], "11.1.40 Rechenzentrum und Netze");
    // 30.70 for November and December, with VAT.
    assert_eq!(
        (sent["commitment"]["amount"].as_str(), sent["commitment"]["state"].as_str()),
        (Some("73.06"), Some("reserved"))
    );
    assert_eq!(show(&jana, &booking).await["cost_centre"], "11140", "nothing moves before the approval");
    approve(&app, &sent).await;
    let view = show(&jana, &booking).await;
    assert_eq!((view["cost_centre"].as_str(), view["phase"].as_str()), (Some("55110"), Some("active")));
    let assigned = view["assigned"].as_array().unwrap();
    assert_eq!(assigned.len(), 2, "{assigned:#?}");
    assert_eq!(
        (assigned[0]["unit"].as_str(), assigned[0]["present"].as_bool()),
        (Some("Bauhof"), Some(true))
    );
    assert_eq!(assigned[1]["from"], Value::Null);
    sim.tick().await;
    let label = |code: &str| sim.objects().filter(|object| object.to_string().contains(code)).count();
    let worn = (label("55110") > 0, label("11140"));
    assert_eq!(worn, (true, 0), "the cluster wears the new label");
    let paul = app.api("felix@beispielland.example").await.get(&format!("/api/v1/bookings/{booking}")).await;
    assert_eq!(paul.body["assigned"], json!([]), "the provider learns nothing of it: {}", paul.body);

    while app.app.clock.now() < at("2026-12-01T10:00:00Z") {
        pass(&app, 86_400);
        sim.tick().await;
    }
    complete_up_to(&app, "2026-12-01T10:00:00Z").await;
    assert_eq!(settle::pass(&app.app).await.unwrap(), 0, "November is open");
    let issued =
        crate::billing::issue(&app, &app.actor(BILLS).await, "2026-11".parse().unwrap()).await.unwrap();
    let xml = String::from_utf8(issued[0].xml.clone()).unwrap();
    assert_eq!(xml.matches("<cac:InvoiceLine>").count(), 4, "two components, cut once: {xml}");
    let said = |code: &str| xml.matches(&format!("<cbc:AccountingCost>{code}</cbc:AccountingCost>")).count();
    assert_eq!((said("11140"), said("55110")), (2, 2), "{xml}");
    let verified = app.api(BILLS).await.get(&format!("/api/v1/invoices/{}/verification", issued[0].id)).await;
    assert_eq!((verified.status, verified.body["intact"].as_bool()), (200, Some(true)), "{}", verified.body);

    let karl = app
        .api("karl@mittelfeld.example")
        .await
        .get(&format!("/api/v1/invoices/{}", issued[0].id))
        .await
        .body;
    let shares: Vec<_> =
        karl["accounts"].as_array().unwrap().iter().map(|it| it["budget_line"].as_str().unwrap()).collect();
    assert_eq!(shares, ["11.1.40 Rechenzentrum und Netze", "55.1.10 Bauhof"], "{karl:#}");

    let (old, new) = (line(&app, "11.1.40").await, line(&app, "55.1.10").await);
    let [old_spent, old_bound, _] = euros(&old);
    let [new_spent, new_bound, _] = euros(&new);
    assert_eq!(old_bound, "0.00", "its months are closed, the rest is free: {old:#}");
    assert_ne!(new_spent, "0.00");
    let sum = |a: &str, b: &str| a.parse::<f64>().unwrap() + b.parse::<f64>().unwrap();
    assert!((sum(new_spent, new_bound) - 73.06).abs() < 0.001, "{new:#}");
    let gross =
        xml.split("<cbc:TaxInclusiveAmount currencyID=\"EUR\">").nth(1).unwrap().split('<').next().unwrap();
    let spent_before = 6820.44;
    assert!(
        (sum(old_spent, new_spent) - spent_before - gross.parse::<f64>().unwrap()).abs() < 0.011,
        "{old:#} {new:#} {gross}"
    );
}

#[actix_web::test]
async fn a_transfer_that_lies_ahead_begins_by_itself_and_can_be_replaced() {
    let app = TestApp::start().await;
    add_unit(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let mistake = order(&jana, &booking, "first", &with(to(LINE), "from_on", "2026-12-10")).await;
    approve(&app, &mistake).await;
    let view = show(&jana, &booking).await;
    assert_eq!(
        (view["cost_centre"].as_str(), view["assigned"].as_array().unwrap().len()),
        (Some("11140"), 2)
    );
    assert_eq!(line(&app, "55.1.10").await["figures"]["confirmed"], "36.53", "from its month on");
    // It stays where it is after all, from that very day on.
    let back = with(with(to(id::BUDGET_LINE), "cost_centre", "11140"), "from_on", "2026-12-10");
    let next = jana.post(&format!("/api/v1/bookings/{booking}/transfer"), "back", &back).await;
    approve(&app, &next.body).await;
    assert_eq!(settle::pass(&app.app).await.unwrap(), 1, "what was called off binds nothing from now on");
    assert_eq!(line(&app, "55.1.10").await["figures"]["confirmed"], "0.00");
    assert_eq!(app.count("commitments", "released_at is null").await, 1, "and nothing is bound twice");
    while app.app.clock.now() < at("2026-12-11T00:00:00Z") {
        pass(&app, 86_400);
        sim.tick().await;
    }
    assert_eq!(transfer_due::pass(&app.app).await.unwrap(), 1);
    assert_eq!(transfer_due::pass(&app.app).await.unwrap(), 0, "once");
    assert_eq!(show(&app.api(JANA).await, &booking).await["cost_centre"], "11140");

    let jana = app.api(JANA).await;
    let year = order(&jana, &booking, "c", &with(to(NEXT_YEAR), "from_on", "2027-01-01")).await;
    approve(&app, &year).await;
    while app.app.clock.now() < at("2027-01-02T00:00:00Z") {
        pass(&app, 86_400);
    }
    assert_eq!(transfer_due::pass(&app.app).await.unwrap(), 1);
    let jana = app.api(JANA).await;
    assert_eq!(show(&jana, &booking).await["cost_centre"], "55110");
}

#[actix_web::test]
async fn wrong_transfers_name_field_and_reason() {
    let app = TestApp::start().await;
    add_unit(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let path = format!("/api/v1/bookings/{booking}/transfer");
    let same = with(to(id::BUDGET_LINE), "cost_centre", "11140");
    let foreign = "00000000-0000-7000-8000-000000000502";
    let wrong = [
        (same, "", "transfer-nothing"),
        (with(to(LINE), "cost_centre", "99999"), "/cost_centre", "cost-centre-unknown"),
        (with(to(LINE), "account", ""), "/account", "account-missing"),
        (to(foreign), "/budget_line", "budget-line-unknown"),
        (to(NEXT_YEAR), "/budget_line", "budget-line-year"),
        (to(POOR), "/budget_line", "budget-insufficient"),
        (with(to(LINE), "from_on", "2026-11-01"), "/from_on", "wished-past"),
        (with(to(LINE), "from_on", "2029-11-01"), "/budget_line", "budget-line-year"),
        (with(to(LINE), "justification", " "), "/justification", "justification-missing"),
    ];
    for (number, (wish, pointer, code)) in wrong.into_iter().enumerate() {
        let refused = jana.post(&path, &format!("w{number}"), &wish).await;
        assert_eq!(refused.status, 422, "{wish}: {}", refused.body);
        let found = refused.body["errors"].as_array().unwrap();
        assert!(
            found.iter().any(|it| it["pointer"] == pointer && it["code"] == code),
            "{wish} should say {code} at {pointer}: {}",
            refused.body
        );
    }
    assert_eq!(app.count("orders", "kind = 'transfer'").await, 0);
    assert_eq!(app.count("commitments", "true").await, 1);
    let stranger = app.api("jana@kleindorf.example").await;
    assert_eq!(stranger.post(&path, "x", &to(foreign)).await.status, 404);
    let auditor = app.api("olga@mittelfeld.example").await;
    assert_eq!(auditor.post(&path, "x", &to(LINE)).await.status, 403);

    let sent = order(&jana, &booking, "one", &to(LINE)).await;
    let again = jana.post(&path, "one", &to(LINE)).await;
    assert_eq!(again.body["id"], sent["id"], "twice is once");
    let second = jana.post(&path, "two", &to(LINE)).await;
    assert_eq!(second.body["code"], "transfer-already-ordered", "{}", second.body);
    let withdrawn =
        jana.post(&format!("/api/v1/orders/{}/withdraw", sent["id"].as_str().unwrap()), "", &json!({})).await;
    assert_eq!(withdrawn.status, 200, "{}", withdrawn.body);
    assert_eq!(euros(&line(&app, "55.1.10").await), ["0.00", "0.00", "0.00"]);
}

#[actix_web::test]
async fn the_page_says_what_changes_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    add_unit(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let api = app.api(JANA).await;
    let booking = booked(&app, &api, "Baumkataster", "a").await;
    sim.tick().await;
    let mut jana = app.sign_in(JANA).await;
    let (page, form) = (format!("/bookings/{booking}"), format!("/bookings/{booking}/transfer"));
    assert!(jana.get(&page).await.html.contains("Umbuchen"));
    let html = jana.get(&form).await.html;
    assert!(html.contains("Baumkataster umbuchen") && html.contains("55.1.10 Bauhof"), "{html}");
    let typed = [("budget_line", LINE), ("cost_centre", "55110"), ("ledger_account", "5431000")];
    let wrong: Vec<_> = typed
        .iter()
        .copied()
        .chain([("from_day", "31"), ("from_month", "2"), ("from_year", "2027")])
        .collect();
    let refused = jana.submit(&form, &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(refused.html.contains("value=\"31\"") && refused.html.contains("Begründung"), "{}", refused.html);
    let sure: Vec<_> = typed.iter().copied().chain([("justification", "gehört zum Bauhof")]).collect();
    let sent = jana.submit(&form, &sure).await;
    assert_eq!((sent.status, sent.location), (303, Some(page)), "{}", sent.html);
    let order = show(&api, &booking).await["orders"].as_array().unwrap().last().unwrap()["id"].clone();
    let mut tobias = app.sign_in("tobias@mittelfeld.example").await;
    let approval = tobias.get(&format!("/approvals/{}", order.as_str().unwrap())).await.html;
    assert!(
        approval.contains("11140 → 55110")
            && approval.contains("11.1.40 Rechenzentrum und Netze → 55.1.10 Bauhof"),
        "{approval}"
    );
}

#[actix_web::test]
async fn what_was_planned_is_neither_dropped_nor_bound_too_little() {
    let app = TestApp::start().await;
    add_unit(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let ahead = |line: &str| with(to(line), "from_on", "2026-12-10");
    approve(&app, &order(&jana, &booking, "first", &ahead(LINE)).await).await;
    let path = format!("/api/v1/bookings/{booking}/transfer");
    let sooner = jana.post(&path, "sooner", &with(to(id::BUDGET_LINE), "cost_centre", "55110")).await;
    let found = sooner.body["errors"].as_array().unwrap();
    assert!(
        found.iter().any(|it| it["code"] == "transfer-before-planned" && it["pointer"] == "/from_on"),
        "{}",
        sooner.body
    );
    let dearer = json!({"parameters": {"storage_gib": 20}, "justification": "Luftbilder"});
    let refused = jana.post(&format!("/api/v1/bookings/{booking}/change"), "dearer", &dearer).await;
    assert_eq!(refused.body["code"], "transfer-ahead", "the other line bound less: {}", refused.body);

    // The same line and day with another Sachkonto: the first order goes on paying.
    app.owner_sql(&format!("insert into accounts values ('{}', '5431700', 'Lizenzen')", id::MITTELFELD))
        .await
        .unwrap();
    let corrected = order(&jana, &booking, "corrected", &with(ahead(LINE), "account", "5431700")).await;
    assert_eq!(corrected["commitment"], Value::Null, "{corrected:#}");
    approve(&app, &corrected).await;
    assert_eq!(settle::pass(&app.app).await.unwrap(), 0, "what pays is not free");
    assert_eq!(line(&app, "55.1.10").await["figures"]["confirmed"], "36.53");

    // An order that was computed before something else was agreed is outdated.
    let late = order(&jana, &booking, "late", &with(to(LINE), "from_on", "2026-12-12")).await;
    app.owner_sql(&format!("update bookings set ends_at = '2026-12-20' where id = '{booking}'"))
        .await
        .unwrap();
    let tobias = app.api("tobias@mittelfeld.example").await;
    let decided = format!("/api/v1/approvals/{}", late["id"].as_str().unwrap());
    let outdated = tobias.post(&decided, "", &json!({"decision": "approve", "reason": ""})).await;
    assert_eq!(outdated.body["code"], "transfer-outdated", "{}", outdated.body);
}
