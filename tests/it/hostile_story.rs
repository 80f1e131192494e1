//! Whoever means harm: foreign ids on every route, and input that no form would send. Nothing may break, nothing may tell
//! a foreign thing from a missing one.

use reqwest::Method;
use serde_json::{Value, json};
use server::http::routes::{Guard, Route, table};
use tests::bookings::booked;
use tests::world::id;
use tests::{Api, Browser, PageAnswer, SimCluster, TestApp};

const UNKNOWN: &str = "00000000-0000-7000-8000-ffffffffffff";
const JANA: &str = "jana@mittelfeld.example";
const STRANGER: &str = "jana@kleindorf.example";

/// Gives somebody every role there is, so that only the scope stands between them and foreign things.
async fn give_every_role(app: &TestApp, email: &str) {
    for role in domain::policy::Role::ALL {
        let code = role.code();
        let limit = if code == "approves" { "1000000" } else { "null" };
        app.owner_sql(&format!(
            "insert into person_roles (organisation_id, person_id, role, limit_amount, valid_from)
             select organisation_id, id, '{code}', {limit}, '2026-01-01' from people where email = '{email}'
             on conflict do nothing"
        ))
        .await
        .unwrap();
    }
}

fn routes() -> impl Iterator<Item = Route> {
    let skipped = ["/sign-out", "/assets/{path:.*}"];
    table().into_iter().filter(move |route| !skipped.contains(&route.path) && route.guard != Guard::Operator)
}

fn path(pattern: &str, id: &str, month: &str) -> String {
    pattern.replace("{id}", id).replace("{task}", id).replace("{window}", id).replace("{month}", month)
}

async fn call(
    browser: &mut Browser,
    api: &Api,
    route: &Route,
    path: &str,
    body: &[u8],
    kind: &str,
) -> PageAnswer {
    let method: Method = route.method.to_uppercase().parse().unwrap();
    if route.path.starts_with("/api/v1/") {
        let request = api.request(method, path).header("idempotency-key", "hostile");
        let request = if route.method == "get" {
            request
        } else {
            request.header("content-type", kind).body(body.to_vec())
        };
        let response = request.send().await.unwrap();
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
        let headers = headers.collect();
        let status = response.status().as_u16();
        return PageAnswer { status, location: None, headers, html: response.text().await.unwrap() };
    }
    let (body, kind, path) = (body.to_vec(), kind.to_owned(), path.to_owned());
    browser
        .send(|client, url| {
            let request = client
                .request(method.clone(), format!("{url}{path}"))
                .header("sec-fetch-site", "same-origin");
            if method == Method::GET { request } else { request.header("content-type", kind).body(body) }
        })
        .await
}

async fn form(browser: &mut Browser, fields: &[(&str, &str)]) -> Vec<u8> {
    let token = browser.get("/accessibility").await.hidden("csrf").unwrap();
    let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let mut text = format!("csrf={token}");
    for (name, value) in fields {
        text.push_str(&format!("&{name}={}", escape(value)));
    }
    text.into_bytes()
}

/// The answer without what differs between any two requests.
fn told(answer: &PageAnswer) -> (u16, Value) {
    let mut body: Value = serde_json::from_str(&answer.html).unwrap_or(Value::Null);
    if let Some(members) = body.as_object_mut() {
        members.remove("request_id");
    }
    (answer.status, body)
}

#[actix_web::test]
async fn a_foreign_thing_is_as_missing_as_one_that_does_not_exist() {
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, "paul@beispielland.example").await;
    let jana = app.api(JANA).await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let order = jana.get("/api/v1/orders").await.body["rows"][0]["id"].as_str().unwrap().to_owned();
    let session = app.sign_in(JANA).await.get("/account/tokens").await;
    let token = session
        .html
        .split("/account/tokens/")
        .find_map(|part| part.split_once("/revoke"))
        .unwrap()
        .0
        .to_owned();
    give_every_role(&app, STRANGER).await;
    let (mut browser, api) = (app.sign_in(STRANGER).await, app.api(STRANGER).await);
    let terminate = json!({"justification": "fremd"}).to_string();
    let decide = json!({"decision": "approve", "reason": "fremd"}).to_string();
    let mut tried = 0;
    for route in routes().filter(|route| route.path.contains("{id}") && !route.path.contains("/offerings/")) {
        for foreign in [&order, &booking, &token, &id::LOCATION.to_owned()] {
            let mut answers = Vec::new();
            for thing in [foreign.as_str(), UNKNOWN] {
                let path = path(route.path, thing, "2026-10");
                let fields = [
                    ("password", "x"),
                    ("decision", "approve"),
                    ("reason", "x"),
                    ("justification", "x"),
                    ("end_day", "1"),
                    ("end_month", "12"),
                    ("end_year", "2026"),
                ];
                let (body, kind) = match (route.path.starts_with("/api/"), route.path.contains("approvals")) {
                    (true, true) => (decide.clone().into_bytes(), "application/json"),
                    (true, false) => (terminate.clone().into_bytes(), "application/json"),
                    (false, _) => (form(&mut browser, &fields).await, "application/x-www-form-urlencoded"),
                };
                answers.push(told(&call(&mut browser, &api, &route, &path, &body, kind).await));
            }
            assert_eq!(answers[0], answers[1], "{} {}", route.method, route.path);
            assert!((400..500).contains(&answers[0].0), "{} {}: {}", route.method, route.path, answers[0].0);
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
    assert_eq!(jana.get("/api/v1/account").await.status, 200, "nobody revoked the token");
    assert_eq!(jana.get(&format!("/api/v1/bookings/{booking}")).await.body["phase"], "active");
}

/// Bodies that are no honest JSON for any call.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("nothing", Vec::new()),
        ("null", text("null")),
        ("list", text("[]")),
        ("empty", text("{}")),
        ("deep", [b"[".repeat(5000), b"]".repeat(5000)].concat()),
        ("deep objects", [b"{\"a\":".repeat(5000), text("1"), b"}".repeat(5000)].concat()),
        (
            "twice",
            text(r#"{"decision": "approve", "decision": "reject", "reason": "x", "name": "a", "name": "b"}"#),
        ),
        ("unknown", text(r#"{"organisation_id": "x", "approved": true, "amount": 0}"#)),
        ("huge number", text(r#"{"days": 1e999, "expected": {"a": 99999999999999999999}}"#)),
        (
            "zero",
            text(
                r#"{"name": "a\u0000b", "justification": "a\u0000b", "decision": "reject", "reason": "\u0000"}"#,
            ),
        ),
        ("half a pair", text(r#"{"name": "\ud800", "justification": "\udc00"}"#)),
        ("no text", vec![b'"', 0xff, 0xfe, b'"']),
        ("too long", [text("{\"name\": \""), vec![b'x'; 300 * 1024], text("\"}")].concat()),
        (
            "odd letters",
            text(
                "{\"name\": \"\u{202e}\u{feff}\u{1f4a9}\", \"justification\": \"\u{202e}\", \"decision\": \"x\"}",
            ),
        ),
    ]
}

#[actix_web::test]
async fn input_that_nobody_would_type_breaks_nothing() {
    let app = TestApp::start().await;
    give_every_role(&app, JANA).await;
    let (mut browser, api) = (app.sign_in(JANA).await, app.api(JANA).await);
    let queries = [
        "?after=%F0%9F%98%80",
        "?after=-1",
        "?after=9223372036854775808",
        "?after=%00",
        "?q=%00x",
        "?q=%25%5F%5C%27%22--%3B",
        "?q=%FF%FE",
        "?tab=x&tab=y",
        "?plan=x&plan=",
        "?wait=-1",
        "?month=2026-13",
        "?after=eyJhIjoxfQ",
        "?%00=1",
        "?next=%00",
    ];
    let long = format!("?q={}", "x".repeat(6000));
    for route in routes().filter(|route| route.method == "get") {
        let months = ["2026-10", "2026-13", "0000-00", "9999-12", "-9999-01", "+2026-10", "262144-01", "x"];
        let ids =
            [UNKNOWN, "x", "0", "{00000000-0000-7000-8000-ffffffffffff}", "00000000000070008000ffffffffffff"];
        let mut paths: Vec<String> = ids.iter().map(|it| path(route.path, it, "2026-10")).collect();
        paths.extend(months.iter().map(|it| path(route.path, UNKNOWN, it)));
        paths.extend(
            queries.iter().chain([&long.as_str()]).map(|it| path(route.path, UNKNOWN, "2026-10") + it),
        );
        paths.sort();
        paths.dedup();
        for path in paths {
            let answer = call(&mut browser, &api, &route, &path, b"", "").await;
            assert!(answer.status < 500, "{path}: {} {}", answer.status, answer.html);
            assert_eq!(answer.headers.get("cache-control").map(String::as_str), Some("no-store"), "{path}");
        }
    }
    for route in routes().filter(|route| route.method == "post" && route.path.starts_with("/api/")) {
        for (name, body) in bodies() {
            for kind in ["application/json", "text/plain", "application/json; charset=utf-16"] {
                let path = path(route.path, UNKNOWN, "2026-10");
                let answer = call(&mut browser, &api, &route, &path, &body, kind).await;
                // Some calls need no body and look at none.
                assert!(answer.status < 500, "{path} {name} {kind}: {} {}", answer.status, answer.html);
                if name == "zero" {
                    assert_eq!(answer.status, 400, "{path}: {}", answer.html);
                }
            }
        }
    }
}

#[actix_web::test]
async fn forms_that_no_page_sends_break_nothing() {
    let app = TestApp::start().await;
    give_every_role(&app, JANA).await;
    let (mut browser, api) = (app.sign_in(JANA).await, app.api(JANA).await);
    const NAMES: [&str; 25] = [
        "name",
        "days",
        "roles",
        "reads_only",
        "password",
        "email",
        "next",
        "lang",
        "decision",
        "reason",
        "justification",
        "end_day",
        "end_month",
        "end_year",
        "code",
        "place",
        "land",
        "idempotency_key",
        "etag",
        "months",
        "outcome",
        "answer",
        "note",
        "day_day",
        "access_note",
    ];
    let long = "ä".repeat(1500);
    for route in routes().filter(|route| {
        route.method == "post" && !route.path.starts_with("/api/") && !route.path.starts_with("/agent/")
    }) {
        let path = path(route.path, UNKNOWN, "2026-10");
        for value in [
            "",
            "\0",
            "-1",
            "99999999999999999999",
            "\u{202e}\u{1f4a9}",
            "a\r\nSet-Cookie: x=y",
            "<script>",
            "'",
            long.as_str(),
        ] {
            let fields: Vec<_> = NAMES.iter().map(|name| (*name, value)).collect();
            let body = form(&mut browser, &fields).await;
            let answer =
                call(&mut browser.clone(), &api, &route, &path, &body, "application/x-www-form-urlencoded")
                    .await;
            assert!(answer.status < 500, "{path} {value:?}: {} {}", answer.status, answer.html);
            assert!(!answer.headers.values().any(|header| header.contains("x=y")), "{path}");
            assert!(!answer.html.contains("<script>"), "{path} repeats a tag");
            if let Some(location) = &answer.location {
                assert!(
                    location.starts_with('/') && !location.starts_with("//"),
                    "{path} leads to {location}"
                );
            }
        }
        // Without the token, in whatever clothing, nothing happens.
        let multipart =
            b"--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nx\r\n--x--\r\n".to_vec();
        for (body, kind) in [
            (Vec::new(), "application/x-www-form-urlencoded"),
            (multipart, "multipart/form-data; boundary=x"),
            (b"{\"csrf\": \"x\"}".to_vec(), "application/json"),
            (b"csrf=%FF&csrf=x".to_vec(), "text/plain"),
        ] {
            let answer = call(&mut browser.clone(), &api, &route, &path, &body, kind).await;
            assert!([400, 403].contains(&answer.status), "{path} {kind}: {}", answer.status);
        }
    }
}
