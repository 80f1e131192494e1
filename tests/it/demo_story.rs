//! The demonstration data: loaded by the command's function, twice, with the past that belongs to them.

use db::test_db::TestDb;
use domain::leitweg::LeitwegId;
use domain::policy::Scope;
use server::app::App;
use server::config::{Config, DatabaseConfig};
use server::ports::clock::Clock;
use server::usecases::{Error, account, audit, months, orders};
use tests::TestApp;
use tests::app::START;

async fn empty(clock: &str) -> (App, TestDb) {
    let other = TestApp::start().await;
    let db = TestDb::create().await.unwrap();
    let urls = db.config();
    let database = DatabaseConfig { app_url: urls.app_url, system_url: urls.system_url, connections: 5 };
    let config = Config { database, demo: true, ..(*other.app.config).clone() };
    (App::new(config, Clock::frozen_at(clock.parse().unwrap())).unwrap(), db)
}

async fn signed_in(app: &App, email: &str) -> domain::policy::Actor {
    let cmd = account::SignIn { email: email.into(), password: server::demo::PASSWORD.into() };
    account::sign_in(app, cmd, account::From::default()).await.unwrap().who.actor
}

/// Audit entries of all chains: every write of anybody leaves at least one.
async fn entries(app: &App) -> i64 {
    audit::verify_all(app).await.unwrap().iter().map(|chain| chain.entries).sum()
}

#[actix_web::test]
async fn the_demonstration_is_loaded_once_with_two_closed_months() {
    let (app, _db) = empty(START).await;
    server::demo::load(&app).await.unwrap();
    let loaded = entries(&app).await;
    server::demo::load(&app).await.unwrap();
    assert_eq!(entries(&app).await, loaded, "a second time changes nothing");
    assert!(audit::verify_all(&app).await.unwrap().iter().all(|chain| chain.broken.is_none()));

    let scope = Scope::system("tests read organisations");
    let read =
        app.db.read(&scope, async |conn: &mut db::Conn| Ok::<_, Error>(db::organisations::list(conn).await?));
    let organisations = read.await.unwrap();
    assert_eq!(organisations.len(), 8);
    for row in organisations.iter().filter(|row| row.kind == "authority") {
        let id = LeitwegId::parse(row.leitweg_id.as_ref().unwrap()).unwrap();
        assert!(id.plausible_land(), "{id}");
    }
    for bills in ["berta.franke@it-verbund.example", "klara.busch@datenzentrale.example"] {
        let actor = signed_in(&app, bills).await;
        for number in [9, 10] {
            let month = domain::time::Month::new(2026, number).unwrap();
            let picture = months::show(&app, &actor, month).await.unwrap();
            assert_eq!(picture.state, months::State::Issued, "{bills} {number}");
            assert!(!picture.totals().1.is_zero(), "{bills} {number}");
        }
    }
    let jana = signed_in(&app, "jana.probst@musterstadt.example").await;
    let mine = orders::list(&app, &jana, &orders::OrderQuery::default()).await.unwrap();
    assert_eq!(mine.total, 2, "ordered and ended");
}

#[actix_web::test]
async fn everybody_of_the_sign_in_page_can_sign_in_and_every_role_is_held() {
    let (app, _db) = empty(START).await;
    server::demo::load(&app).await.unwrap();
    let accounts = server::demo::accounts();
    for account in &accounts {
        let actor = signed_in(&app, &account.email).await;
        assert_eq!(actor.name, account.name);
        assert_eq!(actor.grants.len(), account.roles.len(), "{}", account.email);
    }
    for role in domain::policy::Role::ALL {
        assert!(
            accounts.iter().any(|account| account.roles.iter().any(|held| held == role.code())),
            "{role:?}"
        );
    }
}
