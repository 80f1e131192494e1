//! A service that people set up: ordered, accepted, prepared, handed over, started, billed, ended; with everything that can
//! go wrong between two sides that have to agree.

use crate::billing::{BILLS, issue};
use crate::chain_story::dump;
use domain::time::Month;
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::usecases::invoices::verify::verify_all;
use server::worker::{end_due, tasks as sweep};
use tests::api::ApiAnswer;
use tests::bookings::{approve, show};
use tests::world::{PASSWORD, id};
use tests::{Api, TestApp};

pub(crate) const JANA: &str = "jana@mittelfeld.example";
const MURAT: &str = "murat@mittelfeld.example";
pub(crate) const FELIX: &str = "felix@beispielland.example";
const SECRET: &str = "kanarienvogel-von-hand";
const OFFERING: &str = "00000000-0000-7000-8000-000000000403";
const PLAN: &str = "00000000-0000-7000-8000-000000000423";

/// An EfA service of Beispielland with two steps of its own: 60 € per month, 2.40 € per case.
const SERVICE: &str = r#"
insert into offerings (id, provider_id, slug, kind, created_at) values ('{O}', '{P}', 'karte', 'manual', '2026-01-01');
insert into offering_versions (id, provider_id, offering_id, number, title, title_en, summary, description, details,
    order_schema, published_at) values ('00000000-0000-7000-8000-000000000413', '{P}', '{O}', 1, 'Fahrtenschreiberkarte',
    'Tachograph card', 'EfA', 'Onlinedienst', '{"online_service": {"url": "https://karte.example/{ars}", "leika": ["99108055001000"]}, "tasks": [
        {"step": "agreement", "title": "Nachnutzung vereinbaren", "side": "customer", "days": 5},
        {"step": "dvdv", "title": "Eintrag im DVDV", "side": "provider", "days": 7}]}',
    '{"type": "object", "properties": {"ars": {"type": "string", "title": "ARS", "pattern": "^[0-9]{12}$"}},
      "required": ["ars"], "additionalProperties": false}', '2026-01-01');
insert into plans (id, provider_id, version_id, code, title, position, settings) values ('{N}', '{P}',
    '00000000-0000-7000-8000-000000000413', 's', 'Standard', 1, '{"includes": "Betrieb", "counts": ["cases"]}');
insert into components (id, provider_id, plan_id, code, title, position, meter, model) values
    ('00000000-0000-7000-8000-000000000436', '{P}', '{N}', 'base', 'Grundpreis', 1, null, '{"model": "flat", "per": "month"}'),
    ('00000000-0000-7000-8000-000000000437', '{P}', '{N}', 'cases', 'Fälle', 2, 'cases', '{"model": "consumption", "each": 1}');
insert into prices (id, provider_id, component_id, amount, valid_from) values
    ('00000000-0000-7000-8000-000000000446', '{P}', '00000000-0000-7000-8000-000000000436', 60.00, '2026-01-01'),
    ('00000000-0000-7000-8000-000000000447', '{P}', '00000000-0000-7000-8000-000000000437', 2.40, '2026-01-01');
"#;

/// Offers the service.
pub(crate) async fn start(app: &TestApp) {
    let sql = SERVICE.replace("{O}", OFFERING).replace("{P}", id::BEISPIELLAND).replace("{N}", PLAN);
    app.owner_sql(&sql).await.unwrap();
}

fn order() -> Value {
    json!({
        "offering": OFFERING, "plan": PLAN, "name": "Karte Mittelfeld",
        "parameters": {"contact": "Amt für Digitalisierung, 0361 000001", "note": "Verfahren X, Fassung 8"},
        "answers": {"ars": "160990000012"}, "expected": {"cases": 10},
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": "2026-11-24", "justification": "Pflichtaufgabe",
    })
}

/// Orders and approves; the id of the booking.
pub(crate) async fn booked(app: &TestApp, jana: &Api) -> String {
    let placed = jana.post("/api/v1/orders", "k1", &order()).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    approve(app, &placed.body).await;
    let list = jana.get("/api/v1/bookings").await.body;
    list["rows"][0]["id"].as_str().unwrap().to_owned()
}

/// Step and state of each task.
pub(crate) fn states(view: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    view["tasks"].as_array().unwrap().iter().map(|task| (text(&task["step"]), text(&task["state"]))).collect()
}

fn state_of(view: &Value, step: &str) -> String {
    states(view).into_iter().find(|(name, _)| name == step).map(|(_, state)| state).unwrap_or_default()
}

fn path(view: &Value, step: &str, tail: &str) -> String {
    let tasks = view["tasks"].as_array().unwrap();
    let task = tasks.iter().rev().find(|task| task["step"] == step).unwrap();
    format!("/api/v1/bookings/{}/tasks/{}{tail}", view["id"].as_str().unwrap(), task["id"].as_str().unwrap())
}

/// What somebody does about a task of a booking.
async fn act(api: &Api, booking: &str, step: &str, tail: &str, body: Value) -> ApiAnswer {
    let view = show(api, booking).await;
    api.post(&path(&view, step, tail), "", &body).await
}

pub(crate) async fn done(api: &Api, booking: &str, step: &str) -> ApiAnswer {
    act(api, booking, step, "", json!({"outcome": "done"})).await
}

pub(crate) async fn states_day(api: &Api, booking: &str, step: &str, day: &str) -> ApiAnswer {
    act(api, booking, step, "/statement", json!({"day": day})).await
}

pub(crate) async fn confirms(api: &Api, booking: &str, step: &str) -> ApiAnswer {
    act(api, booking, step, "/answer", json!({"answer": "confirm"})).await
}

#[track_caller]
pub(crate) fn fine(answer: &ApiAnswer) {
    assert!(answer.status == 200, "{} {}", answer.status, answer.body);
}

/// Code of a refusal: of its first field, else of the whole.
#[track_caller]
pub(crate) fn refused(answer: &ApiAnswer) -> String {
    assert_eq!(answer.status, 422, "{}", answer.body);
    let code = answer.body.pointer("/errors/0/code").unwrap_or(&answer.body["code"]);
    code.as_str().unwrap().to_owned()
}

/// Accepted, and everything before the start done or not needed.
pub(crate) async fn prepared(felix: &Api, jana: &Api, booking: &str) {
    fine(&done(felix, booking, "accept").await);
    fine(&done(jana, booking, "agreement").await);
    fine(&done(felix, booking, "dvdv").await);
}

/// Recipient and subject of every mail.
async fn mails(app: &TestApp) -> Vec<(String, String)> {
    let scope = domain::policy::Scope::system("tests read the outbox");
    let found = app.app.db.read(&scope, async |conn: &mut db::Conn| db::outbox::list(conn, None, 200).await);
    found.await.unwrap().into_iter().map(|mail| (mail.recipient, mail.subject)).collect()
}

#[actix_web::test]
async fn a_service_of_people_runs_from_the_order_to_the_final_invoice() {
    let app = TestApp::start().await;
    start(&app).await;
    let (jana, murat, felix) = (app.api(JANA).await, app.api(MURAT).await, app.api(FELIX).await);
    let offering = jana.get(&format!("/api/v1/offerings/{OFFERING}")).await.body;
    assert_eq!(
        offering["eligibility"]["may_order"], true,
        "no operator is needed: {:#}",
        offering["eligibility"]
    );
    let booking = booked(&app, &jana).await;

    let view = show(&jana, &booking).await;
    assert_eq!((view["phase"].as_str(), view["by_people"].as_bool()), (Some("waiting"), Some(true)));
    assert_eq!(view["location"], Value::Null);
    let steps = ["accept", "agreement", "dvdv", "start", "confirm-start"];
    let expected = steps
        .map(|step| (step.to_owned(), if step == "confirm-start" { "waiting" } else { "open" }.to_owned()));
    assert_eq!(states(&view), expected);
    assert_eq!(view["tasks"][0]["owner"], "IT-Verbund Beispielland");
    let waits =
        view["progress"]["steps"].as_array().unwrap().iter().find(|it| it["why"].is_object()).unwrap();
    assert_eq!(waits["why"]["reason"]["code"], "task-accept");
    assert_eq!(waits["why"]["money"]["state"], "reserved");
    assert_eq!(waits["why"]["due"], "2026-11-26T22:59:59Z");
    let provider = show(&felix, &booking).await;
    assert!(
        provider["answers"].to_string().contains("0361 000001"),
        "whom to ask: {:#}",
        provider["answers"]
    );

    assert_eq!(sweep::pass(&app.app).await.unwrap(), 2, "the acceptance, and what the customer has to do");
    assert_eq!(sweep::pass(&app.app).await.unwrap(), 0, "told once");
    let told: Vec<String> = mails(&app).await.into_iter().map(|(to, _)| to).collect();
    assert!(told.contains(&FELIX.to_owned()) && told.contains(&JANA.to_owned()), "{told:?}");

    assert_eq!(refused(&done(&felix, &booking, "dvdv").await), "task-accept-first");
    assert_eq!(refused(&done(&jana, &booking, "accept").await), "task-not-yours");
    assert_eq!(refused(&states_day(&felix, &booking, "start", "2026-11-24").await), "task-accept-first");
    fine(&done(&felix, &booking, "accept").await);
    assert_eq!(refused(&done(&felix, &booking, "accept").await), "task-already-closed", "done twice");
    assert_eq!(show(&jana, &booking).await["phase"], "provisioning");
    assert_eq!(refused(&states_day(&felix, &booking, "start", "2026-11-24").await), "tasks-open");
    let skipped =
        act(&jana, &booking, "agreement", "", json!({"outcome": "not-needed", "reason": " "})).await;
    assert_eq!(refused(&skipped), "task-reason-missing");
    let reason = "Rahmenvereinbarung des Landes liegt vor";
    fine(&act(&jana, &booking, "agreement", "", json!({"outcome": "not-needed", "reason": reason})).await);
    fine(&done(&felix, &booking, "dvdv").await);

    app.app.clock.advance(SignedDuration::from_hours(7 * 24));
    assert_eq!(refused(&states_day(&felix, &booking, "start", "2027-01-01").await), "stated-in-future");
    assert_eq!(refused(&states_day(&felix, &booking, "start", "2026-11-01").await), "stated-before-booking");
    assert_eq!(refused(&confirms(&jana, &booking, "confirm-start").await), "task-not-yet");
    fine(&states_day(&felix, &booking, "start", "2026-11-26").await);
    assert_eq!(refused(&states_day(&felix, &booking, "start", "2026-11-26").await), "task-already-closed");
    let view = show(&jana, &booking).await;
    assert_eq!(view["costs"]["month_to_date"], "0", "nothing runs before it is confirmed");
    let objection = json!({"answer": "object", "reason": "Die Anmeldung ging erst einen Tag später"});
    let silent = act(&jana, &booking, "confirm-start", "/answer", json!({"answer": "object"})).await;
    assert_eq!(refused(&silent), "task-reason-missing");
    fine(&act(&jana, &booking, "confirm-start", "/answer", objection).await);
    let view = show(&felix, &booking).await;
    assert_eq!(
        (state_of(&view, "start"), state_of(&view, "confirm-start")),
        ("open".into(), "waiting".into())
    );
    sweep::pass(&app.app).await.unwrap();
    assert!(
        mails(&app).await.iter().any(|(to, what)| to == FELIX && what.starts_with("Einwand")),
        "told why"
    );
    fine(&states_day(&felix, &booking, "start", "2026-11-27").await);
    fine(&confirms(&murat, &booking, "confirm-start").await);
    assert_eq!(refused(&confirms(&jana, &booking, "confirm-start").await), "task-already-closed");
    let view = show(&jana, &booking).await;
    assert_eq!(
        (view["phase"].as_str(), view["ready_at"].as_str()),
        (Some("active"), Some("2026-11-26T23:00:00Z"))
    );

    // November has 720 hours; from the 27th four days of them: 60 × 96/720 = 8.00.
    app.app.clock.set("2026-12-02T09:00:00Z".parse().unwrap());
    let berta = app.actor(BILLS).await;
    let november = issue(&app, &berta, Month::new(2026, 11).unwrap()).await.unwrap();
    assert_eq!(november.len(), 1);
    assert_eq!(november[0].net.to_string(), "8.00");

    let end = json!({"ends_on": "2026-12-11", "justification": "Der Bund übernimmt"});
    let ended = jana.post(&format!("/api/v1/bookings/{booking}/terminate"), "end", &end).await;
    assert_eq!(ended.status, 201, "{}", ended.body);
    approve(&app, &ended.body).await;
    app.app.clock.set("2026-12-14T09:00:00Z".parse().unwrap());
    assert_eq!(end_due::pass(&app.app).await.unwrap(), 1);
    assert_eq!(show(&jana, &booking).await["phase"], "terminating");
    assert!(sweep::pass(&app.app).await.unwrap() >= 1);
    let berta_api = app.api(BILLS).await;
    let early = berta_api.post(&format!("/api/v1/bookings/{booking}/final-invoice"), "", &json!({})).await;
    assert_eq!(refused(&early), "month-end-unconfirmed");
    assert_eq!(refused(&states_day(&felix, &booking, "end", "2026-11-20").await), "stated-before-start");
    fine(&states_day(&felix, &booking, "end", "2026-12-11").await);
    fine(&confirms(&jana, &booking, "confirm-end").await);
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "gone", "{:#}", view["progress"]);
    assert_eq!(jana.get("/api/v1/bookings?tab=ended").await.body["total"], 1);
    let last = berta_api.post(&format!("/api/v1/bookings/{booking}/final-invoice"), "", &json!({})).await;
    assert!(last.status < 300, "{}", last.body);
    // Ten of 31 days: 60 × 10/31 = 19.35, and 19 % VAT.
    let invoices = app.api("karl@mittelfeld.example").await.get("/api/v1/invoices").await.body;
    let payable: Vec<&str> =
        invoices["rows"].as_array().unwrap().iter().map(|it| it["payable"].as_str().unwrap()).collect();
    assert!(payable.contains(&"23.03") && payable.contains(&"9.52"), "{invoices:#}");
    let report = verify_all(&app.app).await.unwrap();
    assert!(report.intact(), "{report:?}");
    assert!(
        states(&view).iter().all(|(_, state)| state == "done" || state == "not-needed"),
        "{:?}",
        states(&view)
    );
}

#[actix_web::test]
async fn access_data_of_people_are_sealed_for_the_browser_that_waits() {
    let app = TestApp::start().await;
    start(&app).await;
    let (jana, felix) = (app.api(JANA).await, app.api(FELIX).await);
    let booking = booked(&app, &jana).await;
    let page = format!("/bookings/{booking}");
    let reveal = format!("{page}/reveal");
    let mut murat = app.sign_in(MURAT).await;
    murat.get(&page).await;
    let early = murat.submit(&reveal, &[("password", PASSWORD)]).await;
    assert_eq!(early.status, 422, "nobody has taken it on");
    fine(&done(&felix, &booking, "accept").await);
    murat.get(&page).await;
    assert_eq!(murat.submit(&reveal, &[("password", PASSWORD)]).await.status, 303);
    let waiting = murat.get(&reveal).await.html;
    assert!(waiting.contains("Der Anbieter ist gefragt") && !waiting.contains("data-reload"), "{waiting}");

    let view = show(&felix, &booking).await;
    let task = path(&view, "answer-access", "");
    let form = task.replace("/api/v1", "");
    let mut people = app.sign_in(FELIX).await;
    assert!(people.get("/tasks").await.html.contains("Zugangsdaten eingeben"));
    assert!(people.get(&form).await.html.contains("access_url"));
    let empty = people.submit(&format!("{form}/access"), &[("access_url", ""), ("password", "")]).await;
    assert!(empty.status == 422 && empty.html.contains("mindestens ein Feld"), "{}", empty.html);
    let fields = [("access_url", "http://dienst.example"), ("access_user", "amt33"), ("password", SECRET)];
    let wrong = people.submit(&format!("{form}/access"), &fields).await;
    assert!(
        wrong.status == 422 && wrong.html.contains("amt33") && !wrong.html.contains(SECRET),
        "{}",
        wrong.html
    );
    let fields = [("access_url", "https://dienst.example"), ("access_user", "amt33"), ("password", SECRET)];
    assert_eq!(people.submit(&format!("{form}/access"), &fields).await.status, 303);
    people.get(&form).await;
    assert_eq!(people.submit(&format!("{form}/access"), &fields).await.status, 422, "entered once");
    assert!(
        mails(&app)
            .await
            .iter()
            .any(|(to, what)| to == MURAT && what.starts_with("Zugangsdaten liegen bereit"))
    );

    let mut thief = murat.clone();
    thief.cookies.retain(|name, _| !name.starts_with("__Host-reveal"));
    assert!(!thief.get(&reveal).await.html.contains(SECRET), "without the key nothing opens");
    let once = murat.get(&reveal).await;
    assert!(once.html.contains(SECRET) && once.html.contains("https://dienst.example"), "{}", once.html);
    assert!(!murat.get(&reveal).await.html.contains(SECRET), "shown once");
    let stored = dump(&app).await;
    assert!(stored.contains("Karte Mittelfeld") && !stored.contains(SECRET), "readable in the database");

    // A second request that nobody answers ends by itself and is told.
    app.app.clock.advance(SignedDuration::from_mins(1));
    murat.get(&page).await;
    assert_eq!(murat.submit(&reveal, &[("password", PASSWORD)]).await.status, 303);
    app.app.clock.advance(SignedDuration::from_hours(97));
    sweep::pass(&app.app).await.unwrap();
    assert!(mails(&app).await.iter().any(|(to, what)| to == MURAT && what.starts_with("Keine Antwort")));
    let last = show(&felix, &booking).await["tasks"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((last["step"].as_str(), last["state"].as_str()), (Some("answer-access"), Some("not-needed")));
    let again = app.sign_in(MURAT).await.get(&reveal).await;
    assert!(again.html.contains("Der Anbieter hat nicht rechtzeitig geantwortet"), "{}", again.html);
}

#[actix_web::test]
async fn strangers_and_the_other_side_change_nothing() {
    let app = TestApp::start().await;
    start(&app).await;
    let (jana, felix) = (app.api(JANA).await, app.api(FELIX).await);
    let booking = booked(&app, &jana).await;
    let view = show(&jana, &booking).await;
    let stranger = app.api("jana@kleindorf.example").await;
    let body = json!({"outcome": "done"});
    assert_eq!(stranger.post(&path(&view, "agreement", ""), "", &body).await.status, 404);
    assert_eq!(stranger.get(&path(&view, "agreement", "")).await.status, 404);
    assert_eq!(stranger.get("/api/v1/tasks").await.body["rows"], json!([]));
    let answer = json!({"answer": "confirm"});
    assert_eq!(stranger.post(&path(&view, "confirm-start", "/answer"), "", &answer).await.status, 404);
    let day = json!({"day": "2026-11-24"});
    assert_eq!(
        jana.post(&path(&view, "start", "/statement"), "", &day).await.status,
        403,
        "only who fulfils"
    );
    assert_eq!(felix.post(&path(&view, "confirm-start", "/answer"), "", &answer).await.status, 403);
    let other = app.api("paul@beispielland.example").await;
    assert_eq!(other.post(&path(&view, "accept", ""), "", &body).await.status, 403, "not this role");
    let tasks = felix.get("/api/v1/tasks").await.body;
    let steps: Vec<&str> =
        tasks["rows"].as_array().unwrap().iter().map(|it| it["title"]["code"].as_str().unwrap()).collect();
    assert_eq!(steps, ["accept", "own", "start"], "the own side only, the first due first");
    let taken = felix.post(&path(&view, "start", ""), "", &json!({"outcome": "take"})).await;
    assert_eq!(taken.body["task"]["owner"], "felix beispielland");
    assert!(!show(&jana, &booking).await.to_string().contains("felix"), "no names of the provider's people");
}

#[actix_web::test]
async fn what_is_overdue_is_shown_and_mailed_once() {
    let app = TestApp::start().await;
    start(&app).await;
    let (jana, felix) = (app.api(JANA).await, app.api(FELIX).await);
    let booking = booked(&app, &jana).await;
    sweep::pass(&app.app).await.unwrap();
    app.app.clock.advance(SignedDuration::from_hours(72));
    assert_eq!(sweep::pass(&app.app).await.unwrap(), 1, "the acceptance");
    assert_eq!(sweep::pass(&app.app).await.unwrap(), 0);
    let late = mails(&app).await.into_iter().filter(|(_, what)| what.starts_with("Überfällig")).count();
    assert_eq!(late, 1);
    assert_eq!(state_of(&show(&felix, &booking).await, "accept"), "overdue");
    assert_eq!(felix.get("/api/v1/tasks?tab=overdue").await.body["rows"].as_array().unwrap().len(), 1);
    let mut people = app.sign_in(FELIX).await;
    assert!(people.get("/").await.html.contains("Aufgabe zu „Karte Mittelfeld“"));
    assert!(people.get("/tasks?tab=overdue").await.html.contains("überfällig"));
    let html = app.sign_in(JANA).await.get(&format!("/bookings/{booking}")).await.html;
    assert!(html.contains("Der Anbieter hat die Buchung noch nicht angenommen"), "{html}");
    for nonsense in ["Größe", "Standort", "noch keine Messwerte", "Löschnachweis"] {
        assert!(!html.contains(nonsense), "{nonsense} means nothing here");
    }
}

#[actix_web::test]
async fn what_nobody_took_on_ends_at_once_and_costs_nothing() {
    let app = TestApp::start().await;
    start(&app).await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana).await;
    let ended = jana
        .post(&format!("/api/v1/bookings/{booking}/terminate"), "end", &json!({"justification": "Irrtum"}))
        .await;
    approve(&app, &ended.body).await;
    assert_eq!(sweep::pass(&app.app).await.unwrap(), 1);
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "not-begun", "nothing is owed: {:#}", view["progress"]);
    assert!(states(&view).iter().all(|(_, state)| state == "not-needed"), "{:?}", states(&view));
    assert_eq!(view["end"]["final_state"], "nothing-owed");
    let felix = app.api(FELIX).await;
    assert_eq!(refused(&done(&felix, &booking, "accept").await), "task-already-closed");
}

#[actix_web::test]
async fn a_start_that_is_confirmed_after_the_month_was_invoiced_becomes_a_further_invoice() {
    let app = TestApp::start().await;
    start(&app).await;
    let (jana, felix) = (app.api(JANA).await, app.api(FELIX).await);
    let booking = booked(&app, &jana).await;
    prepared(&felix, &jana, &booking).await;
    app.app.clock.set("2026-12-02T09:00:00Z".parse().unwrap());
    fine(&states_day(&felix, &booking, "start", "2026-11-27").await);
    let berta = app.actor(BILLS).await;
    let november = Month::new(2026, 11).unwrap();
    // Nothing is confirmed, so nothing is owed, and the customer's answer holds nobody else up.
    assert!(issue(&app, &berta, november).await.unwrap().is_empty());
    app.app.clock.advance(SignedDuration::from_hours(24));
    fine(&confirms(&jana, &booking, "confirm-start").await);
    let issued = issue(&app, &berta, november).await.unwrap();
    assert_eq!(issued.iter().map(|row| row.net.to_string()).collect::<Vec<_>>(), ["8.00"]);
}
