//! From the catalogue to the decision: what is typed wrong, pressed twice, decided twice, ordered by too many at once.

use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::usecases::orders::{self, Terminate};
use tests::api::ApiAnswer;
use tests::world::id;
use tests::{Api, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const TOBIAS: &str = "tobias@mittelfeld.example";
const BOTH: &str = "both@mittelfeld.example";

/// Starts with an operator at the location that can do both kinds.
pub(crate) async fn start() -> TestApp {
    let app = TestApp::start().await;
    let beat = json!({
        "epoch": 1, "revision": 0, "hash": "", "operator_version": "0", "kubernetes_version": "1.35", "bookings": 0,
        "abilities": {"kinds": ["postgresql", "application"], "exposures": ["provider-network"],
            "postgresql_versions": [{"major": 15, "full": "15.14"}]},
        "capacity": {"nodes": 1, "vcpu_total": 8000, "vcpu_used": 0, "memory_total": 8192, "memory_used": 0},
        "at": "2026-11-24T08:59:00Z",
    });
    let sql = format!(
        "update operators set enrolled_at = '2026-11-01', heartbeat = '{beat}', heartbeat_at = '2026-11-24T08:59:00Z' \
         where location_id = '{}'",
        id::LOCATION
    );
    app.owner_sql(&sql).await.unwrap();
    app
}

pub(crate) fn order() -> Value {
    json!({
        "offering": id::POSTGRESQL, "plan": id::POSTGRESQL_PLAN, "name": "Baumkataster",
        "parameters": {"database": "baum", "version": 15, "storage_gib": 10, "allowed_networks": ["192.0.2.0/24"]},
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": "2026-11-24", "justification": "Fachverfahren der Grünpflege",
    })
}

/// The same with one member changed.
pub(crate) fn with(member: &str, value: Value) -> Value {
    let mut order = order();
    order[member] = value;
    order
}

pub(crate) async fn sent(api: &Api, key: &str) -> Value {
    let answer = api.post("/api/v1/orders", key, &order()).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

fn path(order: &Value, tail: &str) -> String {
    format!("/api/v1/orders/{}{tail}", order["id"].as_str().unwrap())
}

pub(crate) async fn decide(api: &Api, order: &Value, decision: &str, reason: &str) -> ApiAnswer {
    let path = format!("/api/v1/approvals/{}", order["id"].as_str().unwrap());
    api.post(&path, "", &json!({"decision": decision, "reason": reason})).await
}

async fn available(app: &TestApp) -> String {
    let budgets = app.api("hanna@mittelfeld.example").await.get("/api/v1/budgets").await;
    budgets.body["lines"][0]["figures"]["available"].as_str().unwrap().to_owned()
}

/// Codes by pointer of a refusal.
fn errors(answer: &ApiAnswer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 422, "{}", answer.body);
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (text(it, "pointer"), text(it, "code")))
        .collect()
}

#[actix_web::test]
async fn the_catalogue_is_found_by_german_words_and_says_what_is_missing() {
    let app = TestApp::start().await;
    let jana = app.api(JANA).await;
    let titles = async |q: &str| -> Vec<String> {
        let found = jana.get(&format!("/api/v1/offerings?q={q}")).await;
        let products = found.body["products"].as_array().unwrap().clone();
        products.iter().map(|it| it["title"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(titles("").await.len(), 2);
    assert_eq!(titles("Datenbanken").await, ["Datenbank PostgreSQL"], "inflected");
    assert_eq!(titles("chatb").await, ["Bürgerservice-Chatbot"], "part of a compound word");
    assert!(titles("Kettensäge").await.is_empty());
    let facets = jana.get("/api/v1/offerings?kind=application").await.body;
    assert_eq!(facets["products_total"], 1);
    let counts: Vec<i64> =
        facets["kinds"].as_array().unwrap().iter().map(|it| it["count"].as_i64().unwrap()).collect();
    assert_eq!(counts, [1, 1], "the chosen kind does not hide the others");

    let offering = jana
        .get(&format!("/api/v1/offerings/{}?parameters.storage_gib=10&months=2", id::POSTGRESQL))
        .await
        .body;
    assert_eq!(offering["estimate"]["monthly_net"], "30.70", "27.20 + 10 × 0.35");
    assert_eq!(offering["estimate"]["total_gross"], "73.06");
    assert_eq!(offering["eligibility"]["may_order"], false, "nobody runs an operator there yet");
    let refused = jana.post("/api/v1/orders", "k", &order()).await;
    assert_eq!(errors(&refused), [("/offering".to_owned(), "location-without-operator".to_owned())]);
    let wrong = jana.get(&format!("/api/v1/offerings/{}?parameters.storage_gib=999", id::POSTGRESQL)).await;
    assert_eq!(errors(&wrong)[0].0, "/parameters/storage_gib");
}

#[actix_web::test]
async fn an_order_is_placed_mailed_approved_and_becomes_a_booking() {
    let app = start().await;
    let (jana, tobias) = (app.api(JANA).await, app.api(TOBIAS).await);
    let order = sent(&jana, "k1").await;
    assert_eq!((order["number"].as_str(), order["state"].as_str()), (Some("B-2026-0001"), Some("requested")));
    assert_eq!(order["commitment"]["amount"], "73.06", "two begun months with VAT");
    assert_eq!(available(&app).await, "5106.50");
    let mails = mails(&app).await;
    let told: Vec<&str> = mails.iter().map(|mail| mail.0.as_str()).collect();
    assert_eq!(told, [BOTH, TOBIAS], "whose limit reaches, and nobody else");
    assert!(mails[0].1.contains(&format!("/approvals/{}", order["id"].as_str().unwrap())));

    let view = tobias.get(&format!("/api/v1/approvals/{}", order["id"].as_str().unwrap())).await.body;
    assert_eq!(view["budget"]["before"]["available"], "5179.56");
    assert_eq!(view["budget"]["after"]["available"], "5106.50");
    let done = decide(&tobias, &order, "approve", "").await;
    assert_eq!((done.status, &done.body["order"]["state"]), (200, &json!("approved")), "{}", done.body);
    let read = jana.get(&path(&order, "")).await.body;
    assert_eq!(read["commitment"]["state"], "confirmed");
    assert!(read["booking"].is_string());
    let list = self::mails(&app).await;
    assert_eq!(list.last().unwrap().0, JANA, "the orderer is told");

    let actor = app.actor(JANA).await;
    let booking = domain::ids::BookingId(read["booking"].as_str().unwrap().parse().unwrap());
    let wish = Terminate { ends_on: None, justification: "Verfahren endet".into(), delete_at_once: true };
    let end = orders::place_termination(&app.app, &actor, "e1", booking, &wish).await.unwrap();
    let again = orders::place_termination(&app.app, &actor, "e1", booking, &wish).await.unwrap();
    assert_eq!((end.id, end.new, again.new), (again.id, true, false));
    let second = orders::place_termination(&app.app, &actor, "e2", booking, &wish).await;
    assert!(format!("{second:?}").contains("end-already-ordered"), "{second:?}");
    let done = decide(&tobias, &json!({"id": end.id}), "approve", "").await;
    assert_eq!(done.status, 200, "{}", done.body);
}

pub(crate) async fn mails(app: &TestApp) -> Vec<(String, String)> {
    let scope = domain::policy::Scope::system("tests read the outbox");
    let found = app.app.db.read(&scope, async |conn: &mut db::Conn| db::outbox::list(conn, None, 50).await);
    let mut mails: Vec<_> = found.await.unwrap();
    mails.sort_by(|one, other| {
        (one.created_at.to_jiff(), &one.recipient).cmp(&(other.created_at.to_jiff(), &other.recipient))
    });
    mails.sort_by_key(|mail| mail.id);
    let mut pairs: Vec<(String, String)> =
        mails.into_iter().map(|mail| (mail.recipient, mail.body)).collect();
    let split = pairs.len().min(2);
    pairs[..split].sort();
    pairs
}

#[actix_web::test]
async fn each_wrong_member_is_named_with_its_pointer() {
    let app = start().await;
    let jana = app.api(JANA).await;
    let cases = [
        ("name", json!(""), "/name", "name-missing"),
        ("plan", json!(id::CHATBOT_PLAN), "/plan", "plan-unknown"),
        (
            "parameters",
            json!({"database": "Baum!", "version": 15, "storage_gib": 10}),
            "/parameters/database",
            "pattern",
        ),
        (
            "parameters",
            json!({"database": "postgres", "version": 15, "storage_gib": 10}),
            "/parameters/database",
            "reserved",
        ),
        (
            "parameters",
            json!({"database": "baum", "version": 16, "storage_gib": 10}),
            "/parameters/version",
            "not-a-choice",
        ),
        (
            "parameters",
            json!({"database": "baum", "version": 15, "storage_gib": 21}),
            "/parameters/storage_gib",
            "out-of-range",
        ),
        ("parameters", json!({"database": "baum", "version": 15}), "/parameters/storage_gib", "required"),
        (
            "parameters",
            json!({"database": "baum", "version": 15, "storage_gib": 10, "allowed_networks": ["192.0.2.1/24"]}),
            "/parameters/allowed_networks/0",
            "host-bits",
        ),
        ("answers", json!({"colour": "red"}), "/answers/colour", "unknown"),
        ("expected", json!({"lamps": 3}), "/expected/lamps", "unknown"),
        ("cost_centre", json!("1"), "/cost_centre", "cost-centre-unknown"),
        ("account", json!("1"), "/account", "account-unknown"),
        ("budget_line", json!("00000000-0000-7000-8000-000000000502"), "/budget_line", "budget-line-unknown"),
        ("legal_basis", json!("00000000-0000-7000-8000-000000000512"), "/legal_basis", "legal-basis-missing"),
        ("wished_on", json!("2026-11-23"), "/wished_on", "wished-past"),
        ("wished_on", json!("gestern"), "/wished_on", "pattern"),
        ("justification", json!(" "), "/justification", "justification-missing"),
        ("colour", json!("red"), "/colour", "unknown"),
    ];
    for (member, value, pointer, code) in cases {
        let answer = jana.post("/api/v1/orders", "k", &with(member, value)).await;
        let found = errors(&answer);
        assert!(
            found.iter().any(|(at, what)| at == pointer && (what == code || code == "host-bits")),
            "{member}: {found:?}"
        );
        assert_eq!(found.len(), 1, "{member}: nothing else is wrong: {found:?}");
    }
    let without_key = jana.post("/api/v1/orders", "", &order()).await;
    assert_eq!(errors(&without_key)[0].0, "/idempotency_key");
    assert_eq!(available(&app).await, "5179.56", "no refused order binds money");
}

#[actix_web::test]
async fn wrong_input_keeps_what_was_typed_and_the_draft_is_sent_once() {
    let app = start().await;
    let mut jana = app.sign_in(JANA).await;
    let form_path = format!("/offerings/{}/order", id::POSTGRESQL);
    let form = jana.get(&form_path).await;
    assert_eq!(form.status, 200, "{}", form.html);
    let mut typed = vec![
        ("plan", id::POSTGRESQL_PLAN),
        ("name", "Baumkataster Süd"),
        ("parameters.database", "Baum Kataster"),
        ("parameters.version", "15"),
        ("parameters.storage_gib", "21"),
        ("parameters.allowed_networks", "192.0.2.0/24\r\n198.51.100.7/24"),
        ("cost_centre", "99999"),
        ("ledger_account", "1"),
        ("budget_line", ""),
        ("legal_basis", ""),
        ("start_day", "31"),
        ("start_month", "2"),
        ("start_year", "2027"),
        ("justification", ""),
    ];
    let wrong = jana.submit(&form_path, &typed).await;
    assert_eq!(wrong.status, 422);
    for field in [
        "parameters.database",
        "parameters.storage_gib",
        "cost_centre",
        "ledger_account",
        "budget_line",
        "legal_basis",
        "start_day",
        "justification",
    ] {
        assert!(wrong.html.contains(&format!("href=\"#{field}\"")), "the summary links to {field}");
    }
    for kept in ["Baumkataster Süd", "Baum Kataster", "198.51.100.7/24", "99999", "value=\"31\""] {
        assert!(wrong.html.contains(kept), "{kept} is kept");
    }
    let edit = wrong.html.split("action=\"/orders/").nth(1).unwrap().split('"').next().unwrap();
    let edit = format!("/orders/{edit}");
    assert!(jana.get(&edit).await.html.contains("Baum Kataster"), "and survives as a draft");
    for (name, value) in [
        ("parameters.database", "baum"),
        ("parameters.storage_gib", "10"),
        ("parameters.allowed_networks", ""),
        ("cost_centre", "11140"),
        ("ledger_account", "5431000"),
        ("budget_line", id::BUDGET_LINE),
        ("legal_basis", id::LEGAL_BASIS),
        ("start_day", "1"),
        ("start_month", "12"),
        ("start_year", "2026"),
        ("justification", "Grünpflege"),
    ] {
        typed.iter_mut().find(|(field, _)| *field == name).unwrap().1 = value;
    }
    let saved = jana.submit(&edit, &typed).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let check = jana.get(&saved.location.unwrap()).await;
    assert_eq!(check.status, 200, "{}", check.html);
    assert!(check.html.contains("Baumkataster Süd") && check.html.contains("36,53"), "one month with VAT");
    let submit = edit.replace("/edit", "/submit");
    assert_eq!(jana.submit(&submit, &[]).await.status, 422, "nothing is sent without the tick");
    let check = jana.get(&edit.replace("/edit", "/check")).await;
    let fields: Vec<(String, String)> = ["csrf", "idempotency_key", "etag"]
        .map(|name| (name.to_owned(), check.hidden(name).unwrap()))
        .into_iter()
        .chain([("confirm".to_owned(), "true".to_owned())])
        .collect();
    let pressed = join_all((0..4).map(|_| {
        let (mut browser, submit, fields) = (jana.clone(), submit.clone(), fields.clone());
        async move { browser.post_raw(&submit, &fields).await }
    }))
    .await;
    let places: Vec<_> = pressed.iter().map(|answer| (answer.status, answer.location.clone())).collect();
    assert!(places.iter().all(|place| *place == places[0] && place.0 == 303), "{places:?}");
    let orders = app.api(JANA).await.get("/api/v1/orders").await.body;
    assert_eq!((&orders["total"], &orders["rows"][0]["number"]), (&json!(1), &json!("B-2026-0001")));
    assert_eq!(jana.get(&places[0].1.clone().unwrap()).await.status, 200);
    assert_eq!(jana.post_raw(&submit, &fields).await.location, places[0].1, "also after the draft is gone");
    assert_eq!(jana.get(&edit).await.status, 404);
}

#[actix_web::test]
async fn the_same_key_answers_the_same_and_another_content_conflicts() {
    let app = start().await;
    let jana = app.api(JANA).await;
    let body = order();
    let answers = join_all((0..6).map(|_| jana.post("/api/v1/orders", "same", &body))).await;
    let ids: Vec<_> = answers.iter().map(|answer| (answer.status, answer.body["id"].clone())).collect();
    assert!(ids.iter().all(|it| *it == ids[0] && it.0 == 201), "{ids:?}");
    let other = jana.post("/api/v1/orders", "same", &with("name", json!("Anderes"))).await;
    assert_eq!((other.status, &other.body["code"]), (409, &json!("idempotency-key-reused")));
    let somebody = app.api(BOTH).await.post("/api/v1/orders", "same", &order()).await;
    assert_eq!(somebody.status, 409, "a key of somebody else shows nothing");
    assert_eq!(available(&app).await, "5106.50", "bound once");
    let next = sent(&jana, "next").await;
    assert_eq!(next["number"], "B-2026-0002", "no number was lost");
}

#[actix_web::test]
async fn two_approvers_at_once_make_one_decision_and_the_other_is_told() {
    let app = start().await;
    let jana = app.api(JANA).await;
    let (tobias, both) = (app.api(TOBIAS).await, app.api(BOTH).await);
    for round in 0..5 {
        let order = sent(&jana, &format!("k{round}")).await;
        let (one, other) = futures::join!(
            decide(&tobias, &order, "approve", ""),
            decide(&both, &order, "reject", "nicht nötig")
        );
        let mut ends = [(one.status, "both mittelfeld", &other), (other.status, "tobias mittelfeld", &one)];
        ends.sort_by_key(|end| end.0);
        assert_eq!([ends[0].0, ends[1].0], [200, 422], "{} {}", one.body, other.body);
        let loser = if one.status == 422 { &one } else { &other };
        assert_eq!(loser.body["code"], "order-already-decided");
        let winner = if one.status == 200 { "tobias mittelfeld" } else { "both mittelfeld" };
        assert!(loser.body["detail"].as_str().unwrap().contains(winner), "told who: {}", loser.body);
    }
    app.owner_sql("do $$ begin if (select count(*) from order_decisions) <> 5 then raise 'not one each'; end if; end $$")
        .await
        .unwrap();
    app.owner_sql(
        "do $$ begin if (select count(*) from bookings) <> (select count(*) from order_decisions where decision = 'approved')
         then raise 'bookings'; end if; end $$",
    )
    .await
    .unwrap();
}

#[actix_web::test]
async fn nobody_approves_an_own_order_or_above_the_limit() {
    let app = start().await;
    let both = app.api(BOTH).await;
    let own = sent(&both, "k").await;
    let refused = decide(&both, &own, "approve", "").await;
    assert_eq!((refused.status, &refused.body["code"]), (422, &json!("order-own")));
    let refused = decide(&both, &own, "reject", "x").await;
    assert_eq!((refused.status, &refused.body["code"]), (422, &json!("order-own")));
    let petra = app.api("petra@mittelfeld.example").await;
    let refused = decide(&petra, &own, "approve", "").await;
    assert_eq!((refused.status, &refused.body["code"]), (422, &json!("order-above-limit")));
    assert_eq!(decide(&app.api(JANA).await, &own, "approve", "").await.status, 403, "no role");
    let (order, person) =
        (own["id"].as_str().unwrap(), format!("(select id from people where email = '{BOTH}')"));
    let past_the_rules = format!(
        "insert into order_decisions values ('{order}', '{}', 'approved', {person}, {person}, null, now())",
        id::MITTELFELD
    );
    assert!(
        app.owner_sql(&past_the_rules).await.unwrap_err().contains("four_eyes"),
        "the table refuses it, too"
    );
    let page = app.sign_in(BOTH).await.get(&format!("/approvals/{order}")).await;
    assert!(page.status == 200 && page.html.contains("selbst bestellt"), "{}", page.status);
}

#[actix_web::test]
async fn a_foreign_order_looks_like_a_missing_one() {
    let app = start().await;
    let order = sent(&app.api(JANA).await, "k").await;
    let missing = "00000000-0000-7000-8000-00000000ffff";
    let (stranger, approver) =
        (app.api("jana@kleindorf.example").await, app.api("tobias@kleindorf.example").await);
    let seen =
        |answer: ApiAnswer| (answer.status, answer.body["code"].clone(), answer.body["detail"].clone());
    let at = |id: &str, tail: &str| format!("/api/v1/orders/{id}{tail}");
    let id = order["id"].as_str().unwrap();
    let foreign = seen(stranger.get(&at(id, "")).await);
    assert_eq!((foreign.0, &foreign), (404, &seen(stranger.get(&at(missing, "")).await)));
    let foreign = seen(stranger.post(&at(id, "/withdraw"), "", &json!({})).await);
    assert_eq!(
        (foreign.0, &foreign),
        (404, &seen(stranger.post(&at(missing, "/withdraw"), "", &json!({})).await))
    );
    assert_eq!(decide(&approver, &order, "approve", "").await.status, 404);
    assert_eq!(decide(&approver, &json!({"id": missing}), "approve", "").await.status, 404);
    let mut browser = app.sign_in("jana@kleindorf.example").await;
    assert_eq!(browser.get(&format!("/orders/{id}")).await.status, 404);
    assert_eq!(browser.get("/orders/kein-schluessel").await.status, 404);
}

#[actix_web::test]
async fn concurrent_orders_never_exceed_the_budget_line() {
    let app = start().await;
    // 6820.44 are spent; three orders of 73.06 fit, the fourth lacks one cent.
    let amount = format!("update budget_lines set amount = 7112.67 where id = '{}'", id::BUDGET_LINE);
    app.owner_sql(&amount).await.unwrap();
    let (jana, body) = (app.api(JANA).await, order());
    let answers = join_all((0..8).map(|number| {
        let (jana, body) = (jana.clone(), body.clone());
        async move { jana.post("/api/v1/orders", &format!("k{number}"), &body).await }
    }))
    .await;
    let placed = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(placed, 3);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(errors(refused), [("/budget_line".to_owned(), "budget-insufficient".to_owned())]);
    }
    assert_eq!(available(&app).await, "73.05");
}

#[actix_web::test]
async fn rejection_withdrawal_and_expiry_free_the_money() {
    let app = start().await;
    let (jana, tobias) = (app.api(JANA).await, app.api(TOBIAS).await);
    let rejected = sent(&jana, "k1").await;
    let silent = decide(&tobias, &rejected, "reject", " ").await;
    assert_eq!(errors(&silent), [("/reason".to_owned(), "order-reason-missing".to_owned())]);
    assert_eq!(available(&app).await, "5106.50");
    assert_eq!(decide(&tobias, &rejected, "reject", "zu früh").await.status, 200);
    assert_eq!(available(&app).await, "5179.56");
    let view = jana.get(&path(&rejected, "")).await.body;
    assert_eq!((&view["state"], &view["decision"]["reason"]), (&json!("rejected"), &json!("zu früh")));

    let withdrawn = sent(&jana, "k2").await;
    let stale =
        jana.request("POST".parse().unwrap(), &path(&withdrawn, "/withdraw")).header("if-match", "\"alt\"");
    assert_eq!(jana.finish(stale).await.status, 409);
    assert_eq!(jana.post(&path(&withdrawn, "/withdraw"), "", &json!({})).await.body["state"], "withdrawn");
    assert_eq!(available(&app).await, "5179.56");
    assert_eq!(decide(&tobias, &withdrawn, "approve", "").await.body["code"], "order-already-decided");

    let expired = sent(&jana, "k3").await;
    app.app.clock.advance(SignedDuration::from_hours(24 * 7));
    assert_eq!(server::worker::expire::pass(&app.app).await.unwrap(), 0, "the last second still counts");
    app.app.clock.advance(SignedDuration::from_secs(1));
    let late = decide(&app.api(TOBIAS).await, &expired, "approve", "").await;
    assert_eq!((late.status, &late.body["code"]), (422, &json!("order-expired")));
    assert_eq!(server::worker::expire::pass(&app.app).await.unwrap(), 1);
    assert_eq!(server::worker::expire::pass(&app.app).await.unwrap(), 0);
    assert_eq!(app.api(JANA).await.get(&path(&expired, "")).await.body["state"], "expired");
    assert_eq!(available(&app).await, "5179.56");
}

#[actix_web::test]
async fn whoever_may_not_order_learns_why_and_asks_with_one_click() {
    let app = start().await;
    let mut nobody = app.sign_in("nobody@mittelfeld.example").await;
    let page = nobody.get(&format!("/offerings/{}", id::POSTGRESQL)).await;
    assert!(page.html.contains("Rolle „Bestellen“ fehlt"), "{}", page.status);
    assert!(page.html.contains(&format!("action=\"/offerings/{}/ask\"", id::POSTGRESQL)));
    let asked = nobody.submit(&format!("/offerings/{}/ask", id::POSTGRESQL), &[]).await;
    assert_eq!(asked.status, 303, "{}", asked.html);
    let mails = mails(&app).await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].1.contains("nobody mittelfeld") && mails[0].1.contains("/orders/"), "{:?}", mails[0]);
    assert_eq!(nobody.get(&format!("/offerings/{}/order", id::POSTGRESQL)).await.status, 403);
    assert_eq!(nobody.get("/").await.status, 200);
    assert_eq!(app.sign_in(JANA).await.get("/").await.status, 200);
    assert_eq!(app.sign_in(TOBIAS).await.get("/approvals").await.status, 200);
    assert_eq!(app.sign_in("hanna@mittelfeld.example").await.get("/budgets").await.status, 200);
    assert_eq!(app.sign_in("hanna@mittelfeld.example").await.get("/orders").await.status, 200);
}

#[actix_web::test]
async fn a_form_sent_twice_at_once_stays_one_draft() {
    let app = start().await;
    let mut jana = app.sign_in(JANA).await;
    let path = format!("/offerings/{}/order", id::POSTGRESQL);
    let form = jana.get(&path).await;
    let mut fields: Vec<(String, String)> =
        ["csrf", "idempotency_key"].map(|name| (name.to_owned(), form.hidden(name).unwrap())).to_vec();
    for (name, value) in [
        ("plan", id::POSTGRESQL_PLAN),
        ("name", "Baumkataster"),
        ("parameters.database", "baum"),
        ("parameters.version", "15"),
        ("parameters.storage_gib", "10"),
        ("cost_centre", "11140"),
        ("ledger_account", "5431000"),
        ("budget_line", id::BUDGET_LINE),
        ("legal_basis", id::LEGAL_BASIS),
        ("start_day", "1"),
        ("start_month", "12"),
        ("start_year", "2026"),
        ("justification", "Grünpflege"),
    ] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let pressed = join_all((0..4).map(|_| {
        let (mut browser, path, fields) = (jana.clone(), path.clone(), fields.clone());
        async move { browser.post_raw(&path, &fields).await }
    }))
    .await;
    let places: Vec<_> = pressed.iter().map(|answer| (answer.status, answer.location.clone())).collect();
    assert!(places.iter().all(|place| *place == places[0] && place.0 == 303), "{places:?}");
    let drafts = app.api(JANA).await.get("/api/v1/orders?tab=drafts").await.body;
    assert_eq!(drafts["total"], 1);
}
