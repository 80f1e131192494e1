//! The demonstration data: loaded by the command's function, twice, with the past that belongs to them.

use contract::{
    Abilities, Capacity, Enrolment, ExposureClass, Heartbeat, Kind, PostgresqlVersion, PublicJwk,
};
use db::test_db::TestDb;
use domain::ids::{BookingId, LocationId};
use domain::leitweg::LeitwegId;
use domain::policy::{Action, OperatorIdentity, Scope, authorize};
use server::app::App;
use server::config::{Config, DatabaseConfig};
use server::ports::clock::Clock;
use server::usecases::{Error, account, agent, audit, bookings, locations, months, operator_keys, orders};
use tests::TestApp;
use tests::app::START;

async fn empty(clock: &str) -> (App, TestDb) {
    let other = TestApp::start().await;
    let db = TestDb::create().await.unwrap();
    let urls = db.config();
    let database =
        DatabaseConfig { app_url: urls.app_url, system_url: urls.system_url, connections: 5, ca: None };
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

    // Every kept mail stands on exactly one of the pages.
    let (mut mails, mut after) = (std::collections::BTreeSet::new(), None::<String>);
    loop {
        let part = server::usecases::mails::list(&app, after.as_deref()).await.unwrap();
        assert!(part.rows.len() <= 50 && part.rows.iter().all(|mail| mails.insert(mail.id)), "no mail twice");
        after = part.next;
        if after.is_none() {
            assert_eq!(u64::try_from(mails.len()).unwrap(), part.total);
            break;
        }
    }

    let scope = Scope::system("tests read organisations");
    let read =
        app.db.read(&scope, async |conn: &mut db::Conn| Ok::<_, Error>(db::organisations::list(conn).await?));
    let organisations = read.await.unwrap();
    assert_eq!(organisations.len(), 9);
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

/// Plays the operator that enrols at the location of the IT-Verbund and reports.
async fn operator_reports(app: &App) {
    let platform = signed_in(app, "paul.seidel@it-verbund.example").await;
    let scope = authorize(&platform, Action::ViewLocations).unwrap();
    let read = app
        .db
        .read(&scope, async |conn: &mut db::Conn| Ok::<_, Error>(db::locations::list(conn, &scope).await?));
    let location = LocationId(read.await.unwrap().first().unwrap().id);
    let code = locations::make_code(app, &platform, location).await.unwrap().code;
    let key = PublicJwk { kty: "OKP".into(), crv: "Ed25519".into(), x: server::ports::secrets::new_secret() };
    operator_keys::enrol(app, Enrolment { code, key, operator_version: "test".into() }).await.unwrap();
    let abilities = Abilities {
        kinds: Kind::ALL.to_vec(),
        postgresql_versions: vec![PostgresqlVersion { major: 15, full: "15.14".into() }],
        exposures: vec![ExposureClass::ProviderNetwork],
        ..Abilities::default()
    };
    let now = app.clock.now();
    let word = Heartbeat {
        epoch: 1,
        revision: 0,
        hash: String::new(),
        operator_version: "test".into(),
        kubernetes_version: "test".into(),
        abilities,
        capacity: Capacity::default(),
        bookings: 0,
        watermark: None,
        at: now,
    };
    let who = OperatorIdentity { location, provider: platform.organisation };
    agent::beat(app, &who, word, now).await.unwrap();
}

#[actix_web::test]
async fn one_booking_runs_and_no_later_start_adds_another_or_brings_it_back() {
    let (app, _db) = empty(START).await;
    server::demo::load(&app).await.unwrap();
    let without = server::demo::order_running(&app).await.unwrap_err();
    assert!(format!("{without:?}").contains("location-without-operator"), "{without:?}");

    operator_reports(&app).await;
    let (one, other) = futures::join!(server::demo::order_running(&app), server::demo::order_running(&app));
    one.and(other).unwrap();
    let jana = signed_in(&app, "jana.probst@musterstadt.example").await;
    let list = async || bookings::list(&app, &jana, &bookings::BookingQuery::default()).await.unwrap();
    let running = list().await.rows;
    assert_eq!(running.len(), 1);
    assert_eq!(running[0].name, "Spielplatzkontrolle, Datenbank");

    let ending = orders::Terminate { ends_on: None, justification: "Probe".into(), delete_at_once: true };
    orders::place_termination(&app, &jana, "end", BookingId(running[0].id), &ending).await.unwrap();
    app.clock.advance(jiff::SignedDuration::from_hours(24 * 40));
    let before = entries(&app).await;
    server::demo::order_running(&app).await.unwrap();
    assert_eq!(entries(&app).await, before, "months later nothing is ordered");
    assert_eq!(list().await.rows.len(), 1);
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
