//! Changing a booking: more storage, another plan, the price before and after, what the location refuses and the way back,
//! and what the invoice of the month says about it.

use crate::billing::{BILLS, at, complete_up_to};
use contract::Meter;
use controller::policy::{ProviderPolicySpec, Sizes};
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::bookings::{approve, booked, show, steps};
use tests::world::id;
use tests::{SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
const PLAN_M: &str = "00000000-0000-7000-8000-0000000004a1";

/// A second plan of the database: twice the size, 60 € a month.
async fn offer_plan_m(app: &TestApp) {
    let (provider, version) = (id::BEISPIELLAND, id::POSTGRESQL_VERSION);
    let sql = format!(
        r#"insert into plans (id, provider_id, version_id, code, title, position, settings) values ('{PLAN_M}', '{provider}',
            '{version}', 'm', 'Einzelknoten M', 2, '{{"vcpu_milli": 1000, "memory_mib": 1024, "storage_gib_min": 1,
            "storage_gib_max": 40, "versions": [15], "instances": 1}}');
        insert into components (id, provider_id, plan_id, code, title, position, meter, model) values
            ('00000000-0000-7000-8000-0000000004b1', '{provider}', '{PLAN_M}', 'base', 'Grundpreis', 1, null,
                '{{"model": "flat", "per": "month"}}'),
            ('00000000-0000-7000-8000-0000000004b2', '{provider}', '{PLAN_M}', 'storage', 'Speicherplatz', 2, 'storage',
                '{{"model": "per-unit", "unit": "gibibyte", "per": "month"}}');
        insert into prices (id, provider_id, component_id, amount, valid_from) values
            ('00000000-0000-7000-8000-0000000004c1', '{provider}', '00000000-0000-7000-8000-0000000004b1', 60.00, '2026-01-01'),
            ('00000000-0000-7000-8000-0000000004c2', '{provider}', '00000000-0000-7000-8000-0000000004b2', 0.35, '2026-01-01');"#
    );
    app.owner_sql(&sql).await.unwrap();
}

fn pass(app: &TestApp, seconds: i64) {
    app.app.clock.advance(SignedDuration::from_secs(seconds));
}

fn euros(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn more_storage_costs_more_once_it_is_there() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    pass(&app, 3600);
    sim.tick().await;
    let path = format!("/api/v1/bookings/{booking}");

    let form = jana.get(&format!("{path}/change-form")).await.body;
    let names: Vec<&str> =
        form["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["parameters.storage_gib", "parameters.allowed_networks"], "{form:#}");
    assert_eq!(form["fixed"].as_array().unwrap().len(), 2, "name and version stay");

    let wish = json!({"parameters": {"storage_gib": 20}, "justification": "Luftbilder"});
    let seen = jana.post(&format!("{path}/change-preview"), "", &wish).await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    let shown =
        [&seen.body["monthly_before"], &seen.body["monthly_after"], &seen.body["difference"]].map(euros);
    assert_eq!(shown, ["30.70", "34.20", "3.50"]);
    // Ten GiB more for the begun months of the year, with VAT: two times 3.50 and 19 per cent.
    assert_eq!(euros(&seen.body["reserves"]), "8.34");
    assert_eq!(seen.body["counts_from"], "effect");

    let sent = jana.post(&format!("{path}/change"), "change", &wish).await;
    assert_eq!((sent.status, sent.body["state"].as_str()), (201, Some("requested")), "{}", sent.body);
    let change = &sent.body["content"]["change"];
    assert_eq!(
        (change["rows"][0]["before"].as_str(), change["rows"][0]["after"].as_str()),
        (Some("10\u{a0}GiB"), Some("20\u{a0}GiB"))
    );
    let second = jana.post(&format!("{path}/change"), "other", &wish).await;
    assert_eq!(second.body["code"], "change-already-ordered", "{}", second.body);
    sim.tick().await;
    assert_eq!(show(&jana, &booking).await["phase"], "active", "nothing happens before the approval");

    approve(&app, &sent.body).await;
    let view = show(&jana, &booking).await;
    assert_eq!((view["phase"].as_str(), view["may"]["revert"].as_bool()), (Some("changing"), Some(true)));
    assert_eq!(euros(&view["costs"]["monthly_net"]), "34.20");
    pass(&app, 60);
    sim.tick().await;
    pass(&app, 60);
    sim.tick().await;
    let view = show(&jana, &booking).await;
    let done =
        ["requested", "approved", "fetched", "changed"].map(|code| (code.to_owned(), "done".to_owned()));
    assert_eq!(
        (view["phase"].as_str(), steps(&view)),
        (Some("active"), done.to_vec()),
        "{:#}",
        view["progress"]
    );
    assert_eq!(view["may"]["revert"], false);
    let last = sim.intervals(Meter::Storage).last().map(|record| record.amount);
    pass(&app, 86_400);
    sim.tick().await;
    assert!(sim.intervals(Meter::Storage).last().map(|record| record.amount) >= last);
    assert_eq!(sim.intervals(Meter::Storage).last().map(|record| record.amount), Some(20 * 1024));
    let late = jana.post(&format!("{path}/change/revert"), "late", &json!({})).await;
    assert_eq!(late.body["code"], "change-nothing-to-revert", "{}", late.body);
    assert_eq!(app.count("booking_terms", "true").await, 2);
}

#[actix_web::test]
async fn a_month_that_is_over_and_not_invoiced_pays_for_no_change() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let booking = booked(&app, &app.api(JANA).await, "Baumkataster", "a").await;
    sim.tick().await;
    pass(&app, 15 * 86_400);
    sim.tick().await;
    let jana = app.api(JANA).await;
    let wish = json!({"parameters": {"storage_gib": 20}, "justification": "Luftbilder"});
    let seen = jana.post(&format!("/api/v1/bookings/{booking}/change-preview"), "", &wish).await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    // November is still held, but by what was used then; December is dearer by 3.50 and 19 per cent.
    assert_eq!(euros(&seen.body["reserves"]), "4.17");
}

#[actix_web::test]
async fn wrong_changes_name_field_and_reason() {
    let app = TestApp::start().await;
    offer_plan_m(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let path = format!("/api/v1/bookings/{booking}/change");
    let wrong = [
        (json!({"parameters": {"storage_gib": 5}}), "/parameters/storage_gib", "cannot-shrink"),
        (json!({"parameters": {"storage_gib": 99}}), "/parameters/storage_gib", "out-of-range"),
        (json!({"parameters": {"database": "anders"}}), "/parameters/database", "fixed"),
        (json!({"parameters": {"allowed_networks": ["10.0.0.0/40"]}}), "/parameters/allowed_networks", ""),
        (json!({"parameters": {"colour": "red"}}), "/parameters/colour", "unknown"),
        (json!({"parameters": {}}), "", "change-nothing"),
        (json!({"plan": id::CHATBOT_PLAN}), "/plan", "plan-unknown"),
        (json!({"plan": PLAN_M, "justification": ""}), "/justification", "justification-missing"),
    ];
    for (position, (wish, pointer, code)) in wrong.into_iter().enumerate() {
        let mut wish = wish;
        if wish.get("justification").is_none() {
            wish["justification"] = json!("weil");
        }
        let answer = jana.post(&path, &format!("w{position}"), &wish).await;
        assert_eq!(answer.status, 422, "{wish}: {}", answer.body);
        let errors = answer.body["errors"].as_array().unwrap();
        let found = errors.iter().any(|error| {
            error["pointer"].as_str().unwrap_or_default().starts_with(pointer)
                && (code.is_empty() || error["code"] == code)
        });
        assert!(found, "{wish}: {:#}", answer.body);
    }
    for stranger in ["jana@kleindorf.example", "felix@beispielland.example", "tobias@mittelfeld.example"] {
        let wish = json!({"plan": PLAN_M, "justification": "weil"});
        let answer = app.api(stranger).await.post(&path, "s", &wish).await;
        assert!(matches!(answer.status, 403 | 404), "{stranger}: {}", answer.body);
    }
    // Pressed twice and by several at once: one order.
    let wish = json!({"plan": PLAN_M, "justification": "mehr Last"});
    let tries = join_all(["k", "k", "l", "m"].map(|key| jana.post(&path, key, &wish))).await;
    let placed: Vec<&Value> = tries.iter().filter(|it| it.status == 201).map(|it| &it.body["id"]).collect();
    assert!(!placed.is_empty() && placed.iter().all(|id| *id == placed[0]), "{tries:#?}");
    // Neither an ended booking nor one that was changed otherwise can be changed by an old order.
    let end = format!("/api/v1/bookings/{booking}/terminate");
    let ended = jana.post(&end, "end", &json!({"justification": "abgelöst"})).await;
    approve(&app, &ended.body).await;
    let tobias = app.api("tobias@mittelfeld.example").await;
    let late = tobias
        .post(
            &format!("/api/v1/approvals/{}", placed[0].as_str().unwrap()),
            "",
            &json!({"decision": "approve", "reason": ""}),
        )
        .await;
    assert_eq!(late.body["code"], "booking-ends-already", "{}", late.body);
}

#[actix_web::test]
async fn what_the_provider_refuses_leaves_a_usable_booking_and_a_way_back() {
    let app = TestApp::start().await;
    offer_plan_m(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let small = Sizes { vcpu_milli: Some(600), ..Sizes::default() };
    sim.policy = Some(ProviderPolicySpec { largest: Some(small), ..ProviderPolicySpec::default() });
    let path = format!("/api/v1/bookings/{booking}/change");
    let sent = jana.post(&path, "c", &json!({"plan": PLAN_M, "justification": "mehr Last"})).await;
    approve(&app, &sent.body).await;
    for _ in 0..3 {
        pass(&app, 60);
        sim.tick().await;
    }
    let view = show(&jana, &booking).await;
    assert_eq!(
        (view["phase"].as_str(), view["may"]["revert"].as_bool()),
        (Some("tainted"), Some(true)),
        "{view:#}"
    );
    assert!(!view["endpoints"].as_array().unwrap().is_empty(), "it still can be used");
    let failed = view["progress"]["steps"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (failed["state"].as_str(), failed["why"]["reason"]["code"].as_str()),
        (Some("failed"), Some("policy-refused"))
    );
    server::worker::announce::pass(&app.app).await.unwrap();
    let told = |words: &str| format!("recipient = '{JANA}' and subject like '{words}%'");
    assert_eq!(app.count("outbox", &told("Läuft, aber nicht wie bestellt")).await, 1);
    assert_eq!(app.count("outbox", &told("Gestört")).await, 0, "it can be used");
    let held = app.count("commitments", "released_at is null").await;

    let back = jana.post(&format!("{path}/revert"), "back", &json!({})).await;
    assert_eq!((back.status, back.body["state"].as_str()), (201, Some("approved")), "{}", back.body);
    let again = jana.post(&format!("{path}/revert"), "back", &json!({})).await;
    assert_eq!(again.body["id"], back.body["id"], "the same key is the same order");
    let twice = jana.post(&format!("{path}/revert"), "twice", &json!({})).await;
    assert_eq!(
        twice.body["code"], "change-nothing-to-revert",
        "what was taken back does not come back: {}",
        twice.body
    );
    assert_eq!(show(&jana, &booking).await["may"]["revert"], false);
    assert_eq!(app.count("commitments", "released_at is null").await, held - 1, "its money is free");
    pass(&app, 60);
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!(
        (view["phase"].as_str(), view["offering"]["plan"].as_str()),
        (Some("active"), Some("Einzelknoten S"))
    );
    assert_eq!(euros(&view["costs"]["monthly_net"]), "30.70");
    assert!(view["power"].is_object(), "it can be stopped as before");
}

#[actix_web::test]
async fn the_invoice_splits_the_month_at_the_second_of_the_change() {
    let app = TestApp::start().await;
    offer_plan_m(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    pass(&app, 86_400);
    let sent = jana
        .post(
            &format!("/api/v1/bookings/{booking}/change"),
            "c",
            &json!({"plan": PLAN_M, "parameters": {"storage_gib": 20}, "justification": "mehr Last"}),
        )
        .await;
    approve(&app, &sent.body).await;
    pass(&app, 7200);
    sim.tick().await;
    pass(&app, 60);
    sim.tick().await;
    while app.app.clock.now() < at("2026-12-01T10:00:00Z") {
        pass(&app, 86_400);
        sim.tick().await;
    }
    complete_up_to(&app, "2026-12-01T10:00:00Z").await;
    let november = "2026-11".parse().unwrap();
    let berta = app.actor(BILLS).await;
    let issued = crate::billing::issue(&app, &berta, november).await.unwrap();
    assert_eq!(issued.len(), 1);
    let xml = String::from_utf8(issued[0].xml.clone()).unwrap();
    assert!(
        xml.contains("Einzelknoten S: Grundpreis") && xml.contains("Einzelknoten M: Grundpreis"),
        "{xml}"
    );
    assert_eq!(xml.matches("<cac:InvoiceLine>").count(), 4, "two plans of two components each");
    // The old plan reigned until the location reported the change, two hours after the approval.
    let effects = app.count("booking_events", "name = 'effective'").await;
    assert_eq!(effects, 2, "the beginning and the change");
    let verified = app.api(BILLS).await.get(&format!("/api/v1/invoices/{}/verification", issued[0].id)).await;
    assert_eq!((verified.status, verified.body["intact"].as_bool()), (200, Some(true)), "{}", verified.body);
}

#[actix_web::test]
async fn the_page_shows_the_price_first_and_orders_then() {
    let app = TestApp::start().await;
    offer_plan_m(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let api = app.api(JANA).await;
    let booking = booked(&app, &api, "Baumkataster", "a").await;
    sim.tick().await;
    let mut jana = app.sign_in(JANA).await;
    let page = format!("/bookings/{booking}");
    assert!(jana.get(&page).await.html.contains("Buchung ändern"));
    let form = format!("{page}/change");
    let html = jana.get(&form).await.html;
    assert!(
        html.contains("Einzelknoten M") && html.contains("Ihr jetziger Tarif") && html.contains("baum"),
        "{html}"
    );
    let chosen = jana.get(&format!("{form}?plan={PLAN_M}")).await.html;
    assert!(chosen.contains("Voller Monat danach"), "{chosen}");

    let typed =
        [("plan", PLAN_M), ("parameters.storage_gib", "21"), ("parameters.allowed_networks", "192.0.2.0/24")];
    let faulty = [
        ("plan", PLAN_M),
        ("parameters.storage_gib", "viel"),
        ("parameters.allowed_networks", "10.0.0.0/40"),
    ];
    let wrong = jana.submit(&form, &faulty).await;
    assert_eq!(
        (wrong.status, wrong.headers["cache-control"].as_str()),
        (422, "private, no-cache"),
        "for going back"
    );
    assert!(wrong.html.contains("value=\"viel\""), "what was typed stays: {}", wrong.html);
    for field in ["parameters.storage_gib", "parameters.allowed_networks", "justification"] {
        assert!(wrong.html.contains(&format!("href=\"#{field}\"")), "{field} at once: {}", wrong.html);
    }
    let first: Vec<_> = typed.iter().copied().chain([("justification", "mehr Last")]).collect();
    let compared = jana.submit(&form, &first).await;
    assert_eq!(compared.status, 200, "{}", compared.html);
    assert!(compared.html.contains("Änderung verbindlich bestellen"), "{}", compared.html);
    assert_eq!(app.count("orders", "kind = 'change'").await, 0, "only looked at");
    let seen =
        compared.html.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let stale: Vec<_> = first.iter().copied().chain([("seen", "0000")]).collect();
    assert_eq!(jana.submit(&form, &stale).await.status, 200, "another price is shown once more");
    let sure: Vec<_> = first.iter().copied().chain([("seen", seen.as_str())]).collect();
    let sent = jana.submit(&form, &sure).await;
    assert_eq!((sent.status, sent.location), (303, Some(page.clone())), "{}", sent.html);
    let order = show(&api, &booking).await["orders"].as_array().unwrap().last().unwrap()["id"].clone();
    let mut tobias = app.sign_in("tobias@mittelfeld.example").await;
    let approval = tobias.get(&format!("/approvals/{}", order.as_str().unwrap())).await.html;
    assert!(
        approval.contains("Einzelknoten S → Einzelknoten M")
            && approval.contains("10\u{a0}GiB → 21\u{a0}GiB"),
        "{approval}"
    );
    let mut felix = app.sign_in("felix@beispielland.example").await;
    assert!(!felix.get(&page).await.html.contains("Buchung ändern</span></a>"), "a provider changes nothing");
}

#[actix_web::test]
async fn what_is_bound_already_is_not_bound_again() {
    let app = TestApp::start().await;
    offer_plan_m(&app).await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let path = format!("/api/v1/bookings/{booking}/change");
    for (key, plan) in [("up", PLAN_M), ("down", id::POSTGRESQL_PLAN)] {
        let sent = jana.post(&path, key, &json!({"plan": plan, "justification": "Last"})).await;
        approve(&app, &sent.body).await;
        for _ in 0..2 {
            pass(&app, 60);
            sim.tick().await;
        }
    }
    let wish = json!({"plan": PLAN_M, "justification": "wieder mehr Last"});
    let seen = jana.post(&format!("{path}-preview"), "", &wish).await;
    assert_eq!([&seen.body["reserves"], &seen.body["difference"]].map(euros), ["0", "32.80"]);
    // Cheaper than what was agreed last, but not than what runs: it waits for its effect, as the dearer one did.
    let sent = jana.post(&path, "again", &wish).await;
    approve(&app, &sent.body).await;
    let back = json!({"plan": id::POSTGRESQL_PLAN, "parameters": {"storage_gib": 12}, "justification": "doch nicht"});
    let seen = jana.post(&format!("{path}-preview"), "", &back).await;
    assert_eq!(seen.body["counts_from"], "effect", "{}", seen.body);
}
