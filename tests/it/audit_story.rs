//! Every change is remembered, and whoever tampers with what is remembered is found.

use domain::audit::Broken;
use server::usecases::audit::verify_all;
use tests::{TestApp, world};

async fn broken(app: &TestApp) -> Option<Broken> {
    let reports = verify_all(&app.app).await.unwrap();
    reports.into_iter().find(|chain| chain.organisation.to_string() == world::id::MITTELFELD).unwrap().broken
}

/// Three sign-ins make three entries.
async fn with_history() -> TestApp {
    let app = TestApp::start().await;
    for email in ["jana@mittelfeld.example", "tobias@mittelfeld.example", "olga@mittelfeld.example"] {
        app.sign_in(email).await;
    }
    assert_eq!(broken(&app).await, None);
    app
}

#[actix_web::test]
async fn even_the_owner_cannot_change_an_entry_without_taking_the_guard_away() {
    let app = with_history().await;
    for sql in [
        "update audit_entries set actor = 'person:x'",
        "delete from audit_entries where sequence = 2",
        "truncate audit_entries",
    ] {
        assert!(app.owner_sql(sql).await.unwrap_err().contains("append-only"), "{sql}");
    }
}

#[actix_web::test]
async fn a_changed_a_dropped_and_a_cut_off_entry_are_found() {
    let own = format!("organisation_id = '{}'", world::id::MITTELFELD);
    for (sql, expected) in [
        (
            format!("update audit_entries set actor = 'person:x' where {own} and sequence = 2"),
            Broken::Changed { sequence: 2 },
        ),
        (format!("delete from audit_entries where {own} and sequence = 2"), Broken::Missing { sequence: 2 }),
        (format!("delete from audit_entries where {own} and sequence = 3"), Broken::Head { sequence: 2 }),
    ] {
        let app = with_history().await;
        app.owner_sql(&format!("alter table audit_entries disable trigger user; {sql}")).await.unwrap();
        assert_eq!(broken(&app).await, Some(expected), "{sql}");
    }
}

/// What the page and the API say about the chain of Mittelfeld.
async fn seen(app: &TestApp) -> serde_json::Value {
    app.api("olga@mittelfeld.example").await.get("/api/v1/audit").await.body["chain"].clone()
}

#[actix_web::test]
async fn a_look_goes_on_where_the_sweep_stopped_and_the_sweep_begins_anew_every_day() {
    let app = with_history().await;
    let young = seen(&app).await;
    assert_eq!((&young["intact"], &young["begun_at"]), (&true.into(), &serde_json::Value::Null));
    assert!(server::usecases::audit::check(&app.app, 20).await.unwrap() > 0);
    assert_eq!(server::usecases::audit::check(&app.app, 20).await.unwrap(), 0, "nothing has grown");
    let own = format!("organisation_id = '{}'", world::id::MITTELFELD);
    let tamper = async |number: u32| {
        let sql = format!("update audit_entries set actor = 'person:x' where {own} and sequence = {number}");
        app.owner_sql(&format!("alter table audit_entries disable trigger user; {sql}")).await.unwrap();
    };
    tamper(2).await;
    let known = seen(&app).await;
    assert_eq!(known["intact"], true, "what the sweep has proven today is not walked again by a look");
    assert_eq!(known["checked"], known["length"]);
    assert!(broken(&app).await.is_some(), "the command walks everything");

    app.app.clock.advance(jiff::SignedDuration::from_hours(25));
    server::usecases::audit::check(&app.app, 20).await.unwrap();
    let next = seen(&app).await;
    assert_eq!(
        (&next["intact"], &next["broken_entry"], &next["checked"]),
        (&false.into(), &2.into(), &1.into())
    );
}

#[actix_web::test]
async fn a_look_itself_walks_what_is_younger_than_the_sweep() {
    let app = with_history().await;
    server::usecases::audit::check(&app.app, 20).await.unwrap();
    app.sign_in("jana@mittelfeld.example").await;
    let youngest = seen(&app).await["length"].as_i64().unwrap();
    let sql = format!(
        "alter table audit_entries disable trigger user;
         update audit_entries set actor = 'person:x' where organisation_id = '{}' and sequence = {youngest}",
        world::id::MITTELFELD
    );
    app.owner_sql(&sql).await.unwrap();
    let looked = seen(&app).await;
    assert_eq!((&looked["intact"], &looked["broken_entry"]), (&false.into(), &youngest.into()));
}

#[actix_web::test]
async fn the_auditor_sees_the_own_chain_and_whether_it_holds() {
    let app = with_history().await;
    let mut olga = app.sign_in("olga@mittelfeld.example").await;
    let page = olga.get("/audit").await;
    assert_eq!(page.status, 200);
    let api = app.api("olga@mittelfeld.example").await.get("/api/v1/audit").await;
    assert_eq!(api.body["chain"]["intact"], true);
    assert!(api.body["entries"].as_array().unwrap().len() >= 4);
    assert_eq!(app.api("jana@mittelfeld.example").await.get("/api/v1/audit").await.status, 403);
    let foreign = app.api("olga@kleindorf.example").await.get("/api/v1/audit").await;
    assert!(foreign.body["entries"].as_array().unwrap().len() <= 1, "another organisation has another chain");
}
