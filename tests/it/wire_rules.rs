//! What every answer of the server keeps to, whatever the route.

use reqwest::Method;
use tests::TestApp;

#[actix_web::test]
async fn browsers_are_told_what_they_need_to_know() {
    let app = TestApp::start().await;
    for path in ["/sign-in", "/gibt-es-nicht", "/assets/wolkenamt/base.css", "/api/v1/account"] {
        let answer = app.browser().get(path).await;
        let policy = &answer.headers["content-security-policy"];
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert!(answer.headers["strict-transport-security"].contains("max-age=31536000"), "{path}");
        if !path.starts_with("/assets") {
            assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        }
    }
}

#[actix_web::test]
async fn cookies_are_bound_to_the_host() {
    let app = TestApp::start().await;
    let answer = app.browser().get("/sign-in").await;
    let cookie = &answer.headers["set-cookie"];
    for needed in ["__Host-", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(needed), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
}

/// Pages are compressed; a token that is the same in every answer could be guessed by lengths (BREACH).
#[actix_web::test]
async fn the_token_of_forms_is_another_in_every_answer() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let tokens = [browser.get("/sign-in").await, browser.get("/sign-in").await].map(|page| {
        assert!(!page.html.contains(&browser.cookies["__Host-visit"]), "the token itself is in no page");
        page.hidden("csrf").unwrap()
    });
    assert_ne!(tokens[0], tokens[1]);

    let mut jana = app.sign_in("jana@mittelfeld.example").await;
    let (one, two) = (jana.get("/account/tokens").await, jana.get("/account/tokens").await);
    let (one, two) = (one.hidden("csrf").unwrap(), two.hidden("csrf").unwrap());
    assert_ne!(one, two);
    let to = |token: String| vec![("csrf".to_owned(), token), ("lang".into(), "de".into())];
    for token in [one, two] {
        assert_eq!(jana.post_raw("/language", &to(token)).await.status, 303, "every mask opens");
    }
    assert_eq!(jana.post_raw("/language", &to(tokens[0].clone())).await.status, 403, "of another visit");
    let visit = jana.cookies.get("__Host-visit").cloned().unwrap_or_default();
    assert_eq!(jana.post_raw("/language", &to(visit)).await.status, 403, "unmasked");
}

#[actix_web::test]
async fn what_does_not_exist_is_said_to_people_and_to_programs() {
    let app = TestApp::start().await;
    let page = app.sign_in("jana@mittelfeld.example").await.get("/gibt-es-nicht").await;
    assert_eq!(page.status, 404);
    assert!(page.headers["content-type"].starts_with("text/html"));
    let api = app.api("jana@mittelfeld.example").await.get("/api/v1/gibt-es-nicht").await;
    assert_eq!((api.status, api.content_type.as_str()), (404, "application/problem+json"));
    assert_eq!(api.body["code"], "not-found");
}

#[actix_web::test]
async fn oversized_and_malformed_bodies_are_the_clients_fault() {
    let app = TestApp::start().await;
    let mut browser = app.sign_in("jana@mittelfeld.example").await;
    let page = browser.get("/account/tokens").await;
    let csrf = page.hidden("csrf").unwrap();
    let long = "x".repeat(70 * 1024);
    let form = vec![("csrf".to_owned(), csrf), ("name".to_owned(), long)];
    assert_eq!(browser.post_raw("/account/tokens", &form).await.status, 413);
    let garbage = |client: &reqwest::Client, url: &str| {
        client
            .post(format!("{url}/account/tokens"))
            .header("sec-fetch-site", "same-origin")
            .body(vec![0xff, 0xfe])
    };
    assert_eq!(browser.send(garbage).await.status, 400);
}

#[actix_web::test]
async fn assets_never_leave_their_folder() {
    let app = TestApp::start().await;
    for path in [
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/%2e%2e/Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets//etc/passwd",
    ] {
        let answer = app.browser().get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.html.contains("[workspace]") && !answer.html.contains("root:"), "{path}");
    }
}

/// An escaped letter would be read by the router and not by the guards before it.
#[actix_web::test]
async fn escaped_paths_lead_nowhere() {
    let app = TestApp::start().await;
    let mut jana = app.sign_in("jana@mittelfeld.example").await;
    for path in ["/%61pi/v1/account", "/%62udgets", "/account/%74okens", "/%61gent/v1/bookings"] {
        assert_eq!(jana.get(path).await.status, 404, "{path}");
    }
}

/// Every route of the API is in the OpenAPI document, and nothing else is.
#[actix_web::test]
async fn the_document_and_the_table_of_routes_agree() {
    let app = TestApp::start().await;
    let api = app.api("jana@mittelfeld.example").await;
    let document = api.finish(api.request(Method::GET, "/api/openapi.json")).await.body;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut documented: Vec<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        })
        .collect();
    let mut routed: Vec<String> = server::http::routes::table()
        .iter()
        .filter(|route| route.path.starts_with("/api/v1/"))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    documented.sort();
    routed.sort();
    assert_eq!(documented, routed);
}
