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
