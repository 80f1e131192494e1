//! The provider decides an order by hand: nothing reaches its location before, a declined one is over at once and its money
//! is free, and whoever waits is reminded.

use crate::tasks_story::{self, fine};
use domain::policy::Scope;
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::worker::tasks as sweep;
use tests::api::ApiAnswer;
use tests::bookings::{approve, booked, show, steps};
use tests::world::id;
use tests::{Api, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const TOBIAS: &str = "tobias@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
const FELIX: &str = "felix@beispielland.example";

async fn by_hand(app: &TestApp, by_hand: bool) {
    let paul = app.api(PAUL).await;
    let path = format!("/api/v1/locations/{}/decision", id::LOCATION);
    let set = paul.post(&path, "", &json!({"by_hand": by_hand})).await;
    assert_eq!((set.status, &set.body["decides_by_hand"]), (200, &json!(by_hand)), "{}", set.body);
}

fn task(view: &Value) -> String {
    let tasks = view["tasks"].as_array().unwrap();
    let task = tasks.iter().find(|task| task["step"] == "accept").unwrap();
    format!("/api/v1/bookings/{}/tasks/{}", view["id"].as_str().unwrap(), task["id"].as_str().unwrap())
}

async fn decide(api: &Api, path: &str, outcome: &str, reason: &str) -> ApiAnswer {
    api.post(path, "", &json!({"outcome": outcome, "reason": reason})).await
}

async fn mails(app: &TestApp, to: &str) -> Vec<String> {
    let scope = Scope::system("tests read the outbox");
    let found = app.app.db.read(&scope, async |conn: &mut db::Conn| db::outbox::list(conn, None, 200).await);
    let found = found.await.unwrap().into_iter().filter(|mail| mail.recipient == to);
    found.map(|mail| format!("{}\n{}", mail.subject, mail.body)).collect()
}

fn step(view: &Value, code: &str) -> Value {
    let steps = view["progress"]["steps"].as_array().unwrap();
    steps.iter().find(|step| step["text"]["code"] == code).cloned().unwrap_or_default()
}

#[actix_web::test]
async fn an_order_waits_until_the_provider_accepts_it() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let (jana, felix) = (app.api(JANA).await, app.api(FELIX).await);
    let before = booked(&app, &jana, "Vorher", "before").await;
    by_hand(&app, true).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    for _ in 0..2 {
        sim.tick().await;
        sim.pull(true).await;
    }
    assert_eq!(sim.bookings.len(), 1, "the location learns of what was ordered before, and of nothing else");
    assert_eq!(show(&jana, &before).await["phase"], "active");

    // Who acts next, by when, and that no money runs.
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "waiting");
    let waits = step(&view, "taken");
    assert_eq!(
        (waits["state"].as_str(), waits["why"]["actor"]["code"].as_str()),
        (Some("waiting"), Some("provider-people"))
    );
    assert!(
        waits["why"]["due"].is_string() && waits["why"]["money"].to_string().contains("reserved"),
        "{waits:#}"
    );
    assert!(steps(&view).iter().any(|(code, state)| code == "ready" && state == "todo"), "{view:#}");

    // It stands among the tasks of those who fulfil, by mail, too; whoever forgets is reminded once.
    sweep::pass(&app.app).await.unwrap();
    let mut page = app.sign_in(FELIX).await;
    assert!(
        page.get("/").await.html.contains("Baumkataster")
            && page.get("/tasks").await.html.contains("Baumkataster")
    );
    assert_eq!(mails(&app, FELIX).await.len(), 1);
    app.app.clock.advance(SignedDuration::from_hours(24 * 4));
    for _ in 0..2 {
        sweep::pass(&app.app).await.unwrap();
    }
    let told = mails(&app, FELIX).await;
    assert!(told.len() == 2 && told.iter().any(|mail| mail.contains("Überfällig")), "{told:?}");
    assert_eq!(
        step(&show(&jana, &booking).await, "taken")["state"],
        "failed",
        "overdue is seen by the customer"
    );

    let path = task(&view);
    for (foreign, status) in
        [(JANA, 422), ("jana@kleindorf.example", 404), ("paul@musterregion.example", 403), (PAUL, 403)]
    {
        let answer = decide(&app.api(foreign).await, &path, "done", "").await;
        assert_eq!(answer.status, status, "{foreign}: {}", answer.body);
    }
    assert_eq!(decide(&felix, &path, "decline", "").await.body["errors"][0]["code"], "task-reason-missing");
    let both =
        join_all([decide(&felix, &path, "done", ""), decide(&felix, &path, "decline", "kein Platz")]).await;
    let (won, lost): (Vec<&ApiAnswer>, Vec<&ApiAnswer>) =
        both.iter().partition(|answer| answer.status == 200);
    assert_eq!((won.len(), lost[0].body["code"].as_str()), (1, Some("task-already-closed")), "{both:?}");
}

#[actix_web::test]
async fn what_was_accepted_is_provisioned_once() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let (jana, felix) = (app.api(JANA).await, app.api(FELIX).await);
    by_hand(&app, true).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let path = task(&show(&felix, &booking).await);
    let mut page = app.sign_in(FELIX).await;
    let at = path.trim_start_matches("/api/v1");
    let html = page.get(at).await.html;
    assert!(html.contains("Ablehnen") && html.contains("Buchung annehmen"), "{html}");
    assert_eq!(page.submit(at, &[("outcome", "done")]).await.status, 303);
    assert_eq!(decide(&felix, &path, "done", "").await.body["code"], "task-already-closed", "twice");
    by_hand(&app, false).await;
    sim.tick().await;
    let view = show(&jana, &booking).await;
    assert_eq!(
        (view["phase"].as_str(), step(&view, "taken")["state"].as_str()),
        (Some("active"), Some("done"))
    );
    assert_eq!(sim.bookings.len(), 1);
    assert!(mails(&app, JANA).await.iter().any(|mail| mail.contains("Angenommen")));
    let next = booked(&app, &jana, "Ohne Zusage", "b").await;
    sim.tick().await;
    assert_eq!(show(&jana, &next).await["phase"], "active", "decided by itself again");
}

#[actix_web::test]
async fn what_runs_already_is_not_declined() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let (jana, felix) = (app.api(JANA).await, app.api(FELIX).await);
    by_hand(&app, true).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    let path = task(&show(&felix, &booking).await);
    fine(&decide(&felix, &path, "done", "").await);
    sim.tick().await;
    // The marketplace was restored to the moment before, and the location reported again.
    app.owner_sql(
        "update booking_tasks set state = 'open', closed_at = null, closed_by = null where step = 'accept'",
    )
    .await
    .unwrap();
    let refused = decide(&felix, &path, "decline", "kein Platz").await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (422, &json!("task-booking-runs")),
        "{}",
        refused.body
    );
    assert_eq!(show(&jana, &booking).await["phase"], "active");
    fine(&decide(&felix, &path, "done", "").await);
}

#[actix_web::test]
async fn a_declined_order_frees_its_money_and_is_over() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let (jana, felix) = (app.api(JANA).await, app.api(FELIX).await);
    // An offering can ask for it, too.
    let sql = format!(
        "alter table offering_versions disable trigger user;
         update offering_versions set details = details || '{{\"decides_by_hand\": true}}' where id = '{}';
         alter table offering_versions enable trigger user",
        id::POSTGRESQL_VERSION
    );
    app.owner_sql(&sql).await.unwrap();
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    assert_eq!(app.count("commitments", "released_at is null").await, 1);
    let path = task(&show(&felix, &booking).await);
    fine(&decide(&felix, &path, "decline", "Zurzeit ist kein Platz für Datenbanken.").await);
    assert_eq!(app.count("commitments", "released_at is null").await, 0, "at once");
    for whom in [JANA, TOBIAS] {
        let told = mails(&app, whom).await;
        assert!(
            told.iter().any(|mail| mail.contains("abgelehnt") && mail.contains("kein Platz")),
            "{whom}: {told:?}"
        );
    }
    for outcome in ["done", "decline"] {
        assert_eq!(decide(&felix, &path, outcome, "x").await.body["code"], "task-already-closed");
    }
    sweep::pass(&app.app).await.unwrap();
    sim.pull(true).await;
    sim.tick().await;
    assert!(sim.bookings.is_empty(), "the location never learned of it");
    let view = show(&jana, &booking).await;
    let declined = step(&view, "declined");
    assert_eq!(
        (view["phase"].as_str(), declined["state"].as_str()),
        (Some("not-begun"), Some("failed")),
        "{view:#}"
    );
    assert_eq!(declined["said"], "Zurzeit ist kein Platz für Datenbanken.");
    assert_eq!(view["costs"]["since_start"], "0");
    let order = &jana.get("/api/v1/orders").await.body["rows"][0];
    assert_eq!(order["state"], "declined", "{order:#}");
    let path = format!("/orders/{}", order["id"].as_str().unwrap());
    let read = jana.get(&format!("/api/v1{path}")).await.body;
    let last = read["timeline"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (read["state"].as_str(), last["text"]["code"].as_str(), last["said"].as_str()),
        (Some("declined"), Some("declined"), Some("Zurzeit ist kein Platz für Datenbanken.")),
        "the provider has the last word: {read:#}"
    );
    let page = app.sign_in(JANA).await.get(&path).await.html;
    assert!(page.contains("Vom Anbieter abgelehnt") && page.contains("kein Platz für Datenbanken"), "{page}");
    let html = app.sign_in(JANA).await.get(&format!("/bookings/{booking}")).await.html;
    assert!(html.contains("Vom Anbieter abgelehnt"), "{html}");
}

#[actix_web::test]
async fn what_the_customer_ended_meanwhile_cannot_be_accepted() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let (jana, felix) = (app.api(JANA).await, app.api(FELIX).await);
    by_hand(&app, true).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    let path = task(&show(&felix, &booking).await);
    let wish = json!({"justification": "doch nicht", "delete_at_once": true});
    let sent = jana.post(&format!("/api/v1/bookings/{booking}/terminate"), "end", &wish).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    approve(&app, &sent.body).await;
    assert_eq!(decide(&felix, &path, "done", "").await.body["code"], "task-booking-ended");
    for _ in 0..2 {
        sweep::pass(&app.app).await.unwrap();
    }
    sim.pull(true).await;
    sim.tick().await;
    assert!(sim.bookings.is_empty());
    assert_eq!(show(&jana, &booking).await["phase"], "not-begun", "nothing was ever owed");
    assert_eq!(decide(&felix, &path, "done", "").await.body["code"], "task-already-closed");
}

#[actix_web::test]
async fn a_service_of_people_can_be_declined() {
    let app = TestApp::start().await;
    tasks_story::start(&app).await;
    let (jana, felix) = (app.api(JANA).await, app.api(FELIX).await);
    let booking = tasks_story::booked(&app, &jana).await;
    let path = task(&show(&felix, &booking).await);
    fine(&decide(&felix, &path, "decline", "Der Dienst wird eingestellt.").await);
    let view = show(&jana, &booking).await;
    assert_eq!(view["phase"], "not-begun", "{:#}", view["progress"]);
    let open = view["tasks"].as_array().unwrap().iter().filter(|task| task["mine"] == true).count();
    assert_eq!((open, app.count("commitments", "released_at is null").await), (0, 0));
    assert_eq!(step(&view, "declined")["said"], "Der Dienst wird eingestellt.");
    sweep::pass(&app.app).await.unwrap();
    assert_eq!(app.count("booking_tasks", "step = 'end'").await, 0, "nothing to state");
}
