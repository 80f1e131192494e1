//! What a program may do in somebody's name, who may let it, and how the audit tells it from the person.

use serde_json::{Value, json};
use tests::world::{PASSWORD, id};
use tests::{Api, Browser, PageAnswer, TestApp};

const BOTH: &str = "both@mittelfeld.example";

async fn make(browser: &mut Browser, fields: &[(&str, &str)]) -> PageAnswer {
    let page = browser.get("/account/tokens").await;
    let mut all = vec![("csrf".to_owned(), page.hidden("csrf").unwrap())];
    all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    browser.post_raw("/account/tokens", &all).await
}

/// The secret in the answer after it was made.
fn api(app: &TestApp, page: &PageAnswer) -> Api {
    assert_eq!(page.status, 200, "{}", page.html);
    let secret =
        page.html.split("<code>wka_").find_map(|part| part.split('<').next().filter(|it| it.len() == 43));
    Api::new(&app.url, &format!("wka_{}", secret.unwrap()))
}

async fn roles(api: &Api) -> Value {
    api.get("/api/v1/account").await.body["roles"].clone()
}

#[actix_web::test]
async fn an_open_screen_gives_no_token_away() {
    let app = TestApp::start().await;
    let mut browser = app.sign_in(BOTH).await;
    let wish = [("name", "x"), ("days", "30"), ("roles", "orders")];
    for password in ["", "falsch"] {
        let answer = make(&mut browser, &[&wish[..], &[("password", password)]].concat()).await;
        assert_eq!(answer.status, 422, "{password:?}");
        assert!(!answer.html.contains("<code>wka_"), "{password:?}");
    }
    // Wrong passwords count, a wrong wish does not ask for one.
    for _ in 0..20 {
        assert_eq!(
            make(&mut browser, &[("name", ""), ("days", "30"), ("password", "falsch")]).await.status,
            422
        );
    }
    for _ in 0..6 {
        make(&mut browser, &[&wish[..], &[("password", "falsch")]].concat()).await;
    }
    let answer = make(&mut browser, &[&wish[..], &[("password", PASSWORD)]].concat()).await;
    assert_eq!(answer.status, 422);
    assert!(answer.html.contains("Zu viele Versuche"), "{}", answer.html);
    assert!(
        app.sign_in(BOTH).await.get("/account/tokens").await.status == 200,
        "signing in is counted apart"
    );
}

#[actix_web::test]
async fn a_token_has_the_roles_that_were_given_and_none_that_the_person_lacks() {
    let app = TestApp::start().await;
    let mut browser = app.sign_in(BOTH).await;
    let wish = [("name", "x"), ("days", "30"), ("password", PASSWORD)];
    let foreign = make(&mut browser, &[&wish[..], &[("roles", "audits")]].concat()).await;
    assert_eq!(foreign.status, 422, "a role of somebody else");
    let unknown = make(&mut browser, &[&wish[..], &[("roles", "orders\nroot")]].concat()).await;
    assert_eq!(unknown.status, 422);

    let one = api(&app, &make(&mut browser, &[&wish[..], &[("roles", "orders")]].concat()).await);
    assert_eq!(roles(&one).await, json!(["orders"]));
    assert_eq!(one.get("/api/v1/approvals").await.status, 403, "the person approves, this program does not");
    let none = api(&app, &make(&mut browser, &wish).await);
    assert_eq!(roles(&none).await, json!([]));
    assert_eq!(none.get("/api/v1/orders").await.status, 403);

    app.owner_sql("delete from person_roles where role = 'orders' and person_id in (select id from people where email = 'both@mittelfeld.example')")
        .await
        .unwrap();
    assert_eq!(roles(&one).await, json!([]), "what the person loses, the program loses at once");
}

#[actix_web::test]
async fn a_token_that_reads_changes_nothing() {
    let app = TestApp::start().await;
    let mut browser = app.sign_in(BOTH).await;
    let wish =
        [("name", "x"), ("days", "30"), ("password", PASSWORD), ("roles", "orders"), ("reads_only", "true")];
    let reads = api(&app, &make(&mut browser, &wish).await);
    assert_eq!(reads.get("/api/v1/orders").await.status, 200);
    for path in ["/api/v1/orders", "/api/v1/bookings/00000000-0000-7000-8000-0000000000b1/terminate"] {
        let refused = reads.post(path, "key", &json!({})).await;
        assert_eq!(
            (refused.status, refused.body["code"].as_str()),
            (403, Some("token-reads-only")),
            "{path}"
        );
    }
}

/// Who decided must be told from what ran in somebody's name: the person, a program, the administrator of the machine.
#[actix_web::test]
async fn the_audit_tells_the_person_the_program_and_the_command_line_apart() {
    let app = TestApp::start().await;
    let actor = app.actor(BOTH).await;
    let mut browser = app.sign_in(BOTH).await;
    let wish = [("name", "Nachtlauf"), ("days", "30"), ("password", PASSWORD), ("roles", "orders")];
    let program = api(&app, &make(&mut browser, &wish).await);
    server::usecases::admin::token(&app.app, BOTH).await.unwrap();
    let _operator = tests::SimCluster::enrol(&app, id::LOCATION, "paul@beispielland.example").await;
    let order = json!({
        "offering": id::POSTGRESQL, "plan": id::POSTGRESQL_PLAN, "name": "Nachtlauf",
        "parameters": {"database": "baum", "version": 15, "storage_gib": 10, "allowed_networks": ["192.0.2.0/24"]},
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": "2026-11-24", "justification": "Fachverfahren der Grünpflege",
    });
    let placed = program.post("/api/v1/orders", "key", &order).await;
    assert_eq!(placed.status, 201, "{}", placed.body);

    let olga = app.api("olga@mittelfeld.example").await;
    let entries = olga.get("/api/v1/audit").await.body["entries"].clone();
    let kinds: Vec<String> = entries
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| {
            entry["actor"].as_str()?.strip_suffix(&format!(":{}", actor.person)).map(str::to_owned)
        })
        .collect();
    assert_eq!(kinds, ["program", "command-line", "person", "person"], "youngest first: {entries}");
    assert_eq!(olga.get("/api/v1/audit").await.body["chain"]["intact"], true);
    let page = app.sign_in("olga@mittelfeld.example").await.get("/audit").await;
    assert!(
        page.html.contains("Kommandozeile im Namen von")
            && page.html.contains("Programm mit Zugangstoken von")
    );
}
