//! One side is restored to an earlier state: the marketplace's database, or the store of a provider's cluster. Nothing is
//! provisioned twice, no second of usage is lost or doubled, and what does not fit is listed for people.

use contract::{Answer, Meter};
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::usecases::restored;
use std::collections::BTreeSet;
use tests::api::ApiAnswer;
use tests::bookings::{approve, booked, show};
use tests::world::id;
use tests::{Api, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
const FELIX: &str = "felix@beispielland.example";
const OTTO: &str = "otto@marktplatz.example";

fn pass(app: &TestApp, hours: i64) {
    app.app.clock.advance(SignedDuration::from_hours(hours));
}

async fn days(app: &TestApp, sim: &mut SimCluster<'_>, days: i64) {
    for _ in 0..days {
        pass(app, 24);
        sim.tick().await;
    }
}

fn clusters(sim: &SimCluster<'_>) -> BTreeSet<String> {
    let names = sim.objects().filter(|object| object["kind"] == "Cluster");
    names.map(|object| object["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

/// Kind, booking and next step of each open difference, as somebody sees them.
async fn open(api: &Api) -> Vec<(String, String, String)> {
    let list = api.get("/api/v1/differences").await;
    assert_eq!(list.status, 200, "{}", list.body);
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = list.body["rows"].as_array().unwrap().clone();
    let rows = rows.iter().filter(|row| row["settled_at"].is_null());
    rows.map(|row| (text(row, "kind"), text(row, "booking"), text(row, "next"))).collect()
}

async fn difference(api: &Api, booking: &str) -> String {
    let list = api.get("/api/v1/differences").await.body;
    let rows = list["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["booking"] == booking && row["settled_at"].is_null()).unwrap();
    row["id"].as_str().unwrap().to_owned()
}

async fn answer(api: &Api, booking: &str, answer: &str) -> ApiAnswer {
    let path = format!("/api/v1/differences/{}", difference(api, booking).await);
    api.post(&path, "", &json!({"answer": answer, "reason": "besprochen"})).await
}

async fn order(app: &TestApp, jana: &Api, booking: &str, what: &str, key: &str, wish: Value) {
    let sent = jana.post(&format!("/api/v1/bookings/{booking}/{what}"), key, &wish).await;
    assert!(sent.status < 300, "{}", sent.body);
    if sent.body["state"] == "requested" {
        approve(app, &sent.body).await;
    }
}

/// What is stored of a booking tiles: every interval of each meter once, without a gap, and nothing contradicts.
async fn tiles(app: &TestApp, booking: &str) {
    let broken = format!(
        "(select meter, from_at, sequence, lag(to_at) over w as before, lag(sequence) over w as number from usage_records
          where booking_id = '{booking}' window w as (partition by meter order by from_at)) u"
    );
    assert_eq!(
        app.count(&broken, "before <> from_at or sequence - number not in (0, 1)").await,
        0,
        "{booking}"
    );
    assert!(app.count("usage_records", &format!("booking_id = '{booking}'")).await > 0);
    assert_eq!(app.count("usage_conflicts", "true").await, 0);
}

/// Every interval that the logs of the cluster can tell is stored.
async fn nothing_is_missing(app: &TestApp, sim: &SimCluster<'_>) {
    for told in sim.intervals(Meter::Storage) {
        let stored = format!(
            "booking_id = '{}' and meter = 'storage' and from_at = '{}' and to_at = '{}' and amount = {}",
            told.booking, told.from, told.to, told.amount
        );
        assert_eq!(app.count("usage_records", &stored).await, 1, "{told:?}");
    }
}

#[actix_web::test]
async fn a_restored_marketplace_takes_nothing_down_and_asks_for_usage_again() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let (jana, paul, otto) = (app.api(JANA).await, app.api(PAUL).await, app.api(OTTO).await);
    let changed = booked(&app, &jana, "Baumkataster", "a").await;
    let ended = booked(&app, &jana, "Altverfahren", "b").await;
    sim.tick().await;
    days(&app, &mut sim, 2).await;
    app.backup("yesterday").await;

    let new = booked(&app, &jana, "Neu nach der Sicherung", "c").await;
    order(&app, &jana, &changed, "power", "stop", json!({"power": "stopped"})).await;
    order(
        &app,
        &jana,
        &ended,
        "terminate",
        "end",
        json!({"justification": "abgelöst", "delete_at_once": true}),
    )
    .await;
    days(&app, &mut sim, 3).await;
    sim.pull(true).await;
    assert_eq!(clusters(&sim).len(), 2, "one ended, one came");
    let before = clusters(&sim);

    app.restore("yesterday").await;
    // Whoever forgets the command loses nothing either: the operator knows more and says so.
    sim.tick().await;
    assert_eq!(clusters(&sim), before);
    for _ in 0..2 {
        let epochs = restored::restored(&app.app).await.unwrap();
        assert!(!epochs.is_empty());
        // Killed in the middle: it has compared, and reported nothing.
        sim.dies_before_report = true;
        sim.pull(true).await;
        sim.tick().await;
        sim.tick().await;
    }
    assert!(app.count("audit_entries", "action = 'marketplace.restored'").await >= 2);
    assert_eq!(clusters(&sim), before, "nothing is torn down, nothing provisioned twice");
    let expected = BTreeSet::from([
        ("newer".to_owned(), changed.clone(), "decide".to_owned()),
        ("lost".to_owned(), ended.clone(), "decide".to_owned()),
        ("unlisted".to_owned(), new.clone(), "decide".to_owned()),
    ]);
    assert_eq!(BTreeSet::from_iter(open(&paul).await), expected);
    assert_eq!(BTreeSet::from_iter(open(&otto).await), expected, "the marketplace's people see the same");
    tiles(&app, &changed).await;
    assert_eq!(open(&app.api("jana@kleindorf.example").await).await, []);
    let mails =
        app.count("outbox", "recipient in ('paul@beispielland.example', 'otto@marktplatz.example')").await;
    assert!(mails >= 2, "{mails} mails");

    settle(&app, &mut sim, (&jana, &paul), (&changed, &ended, &new)).await;
    take_over(&app, &mut sim, &jana, &new).await;
    assert_eq!(clusters(&sim), before, "the same database under the same name");
    assert_eq!(open(&paul).await, []);
    days(&app, &mut sim, 2).await;
    for booking in [&changed, &new] {
        tiles(&app, booking).await;
    }
    nothing_is_missing(&app, &sim).await;
}

/// The provider and the customer decide about a lost stop and a lost end.
async fn settle(
    app: &TestApp,
    sim: &mut SimCluster<'_>,
    (jana, paul): (&Api, &Api),
    (changed, ended, new): (&str, &str, &str),
) {
    let before = clusters(sim);
    // The stop is lost: the provider restores what the marketplace knows.
    assert_eq!(answer(jana, changed, "marketplace-counts").await.status, 403);
    assert_eq!(answer(paul, changed, "take-down").await.body["code"], "difference-unfit");
    assert_eq!(answer(paul, changed, "marketplace-counts").await.status, 200);
    assert_eq!(answer(paul, changed, "marketplace-counts").await.body["code"], "difference-answered");
    // What ended is ended again, by an ordinary order; nothing comes back for it.
    order(
        app,
        jana,
        ended,
        "terminate",
        "again",
        json!({"justification": "abgelöst", "delete_at_once": true}),
    )
    .await;
    sim.pull(true).await;
    sim.tick().await;
    pass(app, 1);
    sim.tick().await;
    assert_eq!(show(jana, changed).await["phase"], "active");
    assert_eq!(show(jana, ended).await["phase"], "gone");
    assert_eq!(clusters(sim), before);
    sim.pull(true).await;
    assert_eq!(open(paul).await, [("unlisted".to_owned(), new.to_owned(), "decide".to_owned())]);
}

/// The customer orders a booking again that the marketplace lost; once, whoever tries what.
async fn take_over(app: &TestApp, sim: &mut SimCluster<'_>, jana: &Api, booking: &str) {
    let mine = jana.get("/api/v1/differences").await.body;
    let row = mine["rows"].as_array().unwrap().iter().find(|row| row["booking"] == booking).unwrap().clone();
    assert_eq!(row["next"], "take-over");
    let form = &row["takes_over"][0];
    assert_eq!(form["offering"], id::POSTGRESQL, "{row:#}");
    let wish = json!({
        "offering": id::POSTGRESQL, "plan": id::POSTGRESQL_PLAN, "name": "Übernommen", "takes_over": row["id"],
        "parameters": {"database": "baum", "version": 15, "storage_gib": 10, "allowed_networks": ["192.0.2.0/24"]},
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": app.app.clock.now().to_string().split('T').next().unwrap(), "justification": "lief schon",
    });
    let mut foreign = wish.clone();
    foreign["takes_over"] = json!(id::LOCATION);
    let refused = jana.post("/api/v1/orders", "foreign", &foreign).await;
    assert_eq!(
        refused.body.pointer("/errors/0/code"),
        Some(&json!("takes-over-unknown")),
        "{}",
        refused.body
    );
    let sent = jana.post("/api/v1/orders", "take-over", &wish).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let twice = jana.post("/api/v1/orders", "take-over-2", &wish).await;
    assert_eq!(twice.body.pointer("/errors/0/code"), Some(&json!("takes-over-ordered")), "{}", twice.body);
    approve(app, &sent.body).await;
    sim.pull(true).await;
    sim.tick().await;
    pass(app, 1);
    sim.tick().await;
    sim.pull(true).await;
    assert_eq!(show(jana, booking).await["phase"], "active");
}

#[actix_web::test]
async fn two_people_end_what_the_marketplace_lost() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let (jana, paul, felix) = (app.api(JANA).await, app.api(PAUL).await, app.api(FELIX).await);
    app.backup("empty").await;
    let booking = booked(&app, &jana, "Neu", "a").await;
    sim.tick().await;
    days(&app, &mut sim, 1).await;
    app.restore("empty").await;
    restored::restored(&app.app).await.unwrap();
    sim.tick().await;
    days(&app, &mut sim, 1).await;
    assert_eq!(clusters(&sim).len(), 1, "it runs on");
    let answers = sim.push().await;
    assert!(
        answers.records.iter().all(|it| matches!(it, Answer::Rejected { .. })),
        "kept, not billed: {answers:?}"
    );
    // What the marketplace does not know keeps nobody else's month open.
    let late = app.app.clock.now() - SignedDuration::from_hours(1);
    assert_eq!(app.count("operators", &format!("watermark_at > '{late}'")).await, 1);

    assert_eq!(answer(&paul, &booking, "take-down").await.status, 200);
    let confirm = format!("/api/v1/differences/{}/confirmation", difference(&paul, &booking).await);
    assert_eq!(paul.post(&confirm, "", &json!({})).await.body["code"], "difference-own");
    sim.pull(true).await;
    sim.tick().await;
    assert_eq!(clusters(&sim).len(), 1, "one person ends nothing");
    assert_eq!(jana.post(&confirm, "", &json!({})).await.status, 403);
    assert_eq!(felix.post(&confirm, "", &json!({})).await.status, 200);
    assert_eq!(felix.post(&confirm, "", &json!({})).await.body["code"], "difference-answered");
    sim.pull(true).await;
    sim.tick().await;
    pass(&app, 1);
    sim.tick().await;
    assert!(clusters(&sim).is_empty());
    for _ in 0..2 {
        sim.pull(true).await;
        sim.push().await;
    }
    assert!(sim.bookings.is_empty(), "settled, so the object goes");
    assert_eq!(open(&paul).await, []);
    assert_eq!(app.count("usage_records", "true").await, 0, "given up, never billed");
}

#[actix_web::test]
async fn a_restored_cluster_measures_nothing_twice_and_provisions_nothing_twice() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let (jana, paul) = (app.api(JANA).await, app.api(PAUL).await);
    let grown = booked(&app, &jana, "Baumkataster", "a").await;
    let ended = booked(&app, &jana, "Altverfahren", "b").await;
    sim.tick().await;
    days(&app, &mut sim, 2).await;
    let earlier = sim.backup();
    let before = clusters(&sim);

    let new = booked(&app, &jana, "Neu", "c").await;
    let wish = json!({"parameters": {"storage_gib": 20}, "justification": "Luftbilder"});
    order(&app, &jana, &grown, "change", "grow", wish).await;
    order(
        &app,
        &jana,
        &ended,
        "terminate",
        "end",
        json!({"justification": "abgelöst", "delete_at_once": true}),
    )
    .await;
    days(&app, &mut sim, 3).await;
    sim.pull(true).await;
    assert_eq!(show(&jana, &ended).await["phase"], "gone");
    let stored = app.count("usage_records", "true").await;

    for round in 0..2 {
        sim.restore(&earlier);
        sim.dies_before_report = round == 1;
        sim.tick().await;
        sim.pull(true).await;
        sim.reconcile();
        let lost = ("lost".to_owned(), new.clone(), "decide".to_owned());
        assert!(open(&paul).await.contains(&lost), "not provisioned a second time");
        assert!(clusters(&sim).is_subset(&before));
        for _ in 0..3 {
            sim.pull(true).await;
            sim.tick().await;
        }
        assert_eq!(clusters(&sim).len(), 1, "what was ended ends again, by the order that stands");
        assert_eq!(open(&paul).await, [lost]);

        tiles(&app, &grown).await;
    }
    assert!(app.count("usage_records", "true").await >= stored);
    assert_eq!(show(&jana, &ended).await["phase"], "gone");
    days(&app, &mut sim, 2).await;
    tiles(&app, &grown).await;
    let sizes = format!("booking_id = '{grown}' and meter = 'storage' and amount = 20480");
    assert!(app.count("usage_records", &sizes).await >= 4, "the change counts before and after");

    assert_eq!(answer(&paul, &new, "provision-anew").await.status, 200);
    sim.pull(true).await;
    sim.tick().await;
    assert_eq!(clusters(&sim).len(), 2);
    sim.pull(true).await;
    assert_eq!(open(&paul).await, []);
}
