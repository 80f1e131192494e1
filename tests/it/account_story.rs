//! Sign-in, sessions and tokens, tried by breaking them.

use jiff::SignedDuration;
use tests::TestApp;
use tests::world::PASSWORD;

#[actix_web::test]
async fn a_session_begins_with_the_password_and_ends_with_the_sign_out() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let answer = browser.get("/account/tokens").await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/sign-in?next=/account/tokens")));

    let mut browser = app.sign_in("jana@mittelfeld.example").await;
    let copied = browser.clone();
    assert_eq!(browser.get("/account/tokens").await.status, 200);
    assert_eq!(browser.submit("/sign-out", &[]).await.status, 303);
    assert_eq!(browser.get("/account/tokens").await.status, 303);
    let mut thief = copied;
    assert_eq!(
        thief.get("/account/tokens").await.status,
        303,
        "a copied cookie opens nothing after sign-out"
    );
}

#[actix_web::test]
async fn a_wrong_password_and_a_wrong_address_look_the_same() {
    let app = TestApp::start().await;
    let mut pages = Vec::new();
    for (email, password) in
        [("jana@mittelfeld.example", "falsch"), ("gibt-es-nicht@mittelfeld.example", PASSWORD)]
    {
        let mut browser = app.browser();
        browser.get("/sign-in").await;
        let answer = browser.submit("/sign-in", &[("email", email), ("password", password)]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.html.contains(email), "what was typed stays");
        assert!(!answer.html.contains(password), "but never the password");
        let token = answer.hidden("csrf").unwrap();
        pages.push(answer.html.replace(email, "").replace(&token, ""));
    }
    let strip = |html: &str| html.split("idempotency_key").next().unwrap().to_owned();
    assert_eq!(strip(&pages[0]), strip(&pages[1]));
}

#[actix_web::test]
async fn guessing_is_stopped_even_if_the_last_guess_is_right() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    for _ in 0..8 {
        browser.get("/sign-in").await;
        app.app.clock.advance(SignedDuration::from_secs(1));
        let wrong =
            browser.submit("/sign-in", &[("email", "jana@mittelfeld.example"), ("password", "x")]).await;
        assert_eq!(wrong.headers["cache-control"], "no-store", "what asks for a password is kept nowhere");
    }
    browser.get("/sign-in").await;
    let right = [("email", "jana@mittelfeld.example"), ("password", PASSWORD)];
    assert_eq!(browser.submit("/sign-in", &right).await.status, 429);
    app.app.clock.advance(SignedDuration::from_mins(11));
    browser.get("/sign-in").await;
    assert_eq!(browser.submit("/sign-in", &right).await.status, 303);
}

#[actix_web::test]
async fn sessions_end_by_idleness_and_by_age() {
    let app = TestApp::start().await;
    let mut browser = app.sign_in("jana@mittelfeld.example").await;
    app.app.clock.advance(SignedDuration::from_mins(121));
    assert_eq!(browser.get("/account/tokens").await.status, 303);

    let mut browser = app.sign_in("jana@mittelfeld.example").await;
    for _ in 0..11 {
        app.app.clock.advance(SignedDuration::from_mins(61));
        assert_eq!(browser.get("/account/tokens").await.status, 200);
    }
    app.app.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(browser.get("/account/tokens").await.status, 303, "twelve hours are over");
}

#[actix_web::test]
async fn a_disabled_person_is_out_at_once() {
    let app = TestApp::start().await;
    let mut browser = app.sign_in("jana@mittelfeld.example").await;
    let api = app.api("jana@mittelfeld.example").await;
    app.owner_sql("update people set disabled_at = now() where email = 'jana@mittelfeld.example'")
        .await
        .unwrap();
    assert_eq!(browser.get("/account/tokens").await.status, 303);
    assert_eq!(api.get("/api/v1/account").await.status, 401);
}

#[actix_web::test]
async fn forged_forms_are_refused_by_either_wall() {
    let app = TestApp::start().await;
    let mut browser = app.sign_in("jana@mittelfeld.example").await;
    let page = browser.get("/account/tokens").await;
    let csrf = page.hidden("csrf").unwrap();
    let fields = |csrf: &str| {
        [("csrf", csrf), ("name", "x"), ("days", "30"), ("password", PASSWORD)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    };
    let from = |site: &'static str, fields: Vec<(String, String)>| {
        move |client: &reqwest::Client, url: &str| {
            client.post(format!("{url}/account/tokens")).header("sec-fetch-site", site).form(&fields)
        }
    };
    assert_eq!(
        browser.send(from("cross-site", fields(&csrf))).await.status,
        403,
        "right token, foreign page"
    );
    assert_eq!(browser.send(from("same-origin", fields("x"))).await.status, 403, "own page, wrong token");
    assert_eq!(browser.send(from("same-origin", fields(""))).await.status, 403);
    assert_eq!(browser.send(from("same-origin", fields(&csrf))).await.status, 200);
}

#[actix_web::test]
async fn a_token_is_shown_once_and_stops_with_its_revocation() {
    let app = TestApp::start().await;
    let mut browser = app.sign_in("jana@mittelfeld.example").await;
    browser.get("/account/tokens").await;
    let wish = [("name", "Nachtlauf"), ("days", "30"), ("roles", "orders"), ("password", PASSWORD)];
    let made = browser.submit("/account/tokens", &wish).await;
    let looks_like_a_secret = |part: &&str| {
        part.len() > 43
            && part.bytes().take(43).all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let token = made.html.split("wka_").skip(1).find(looks_like_a_secret).map(|part| &part[..43]);
    let api = tests::Api::new(&app.url, &format!("wka_{}", token.unwrap()));
    let account = api.get("/api/v1/account").await;
    assert_eq!((account.status, account.body["roles"][0].as_str()), (200, Some("orders")));

    let list = browser.get("/account/tokens").await;
    assert!(list.html.contains("Nachtlauf") && !list.html.contains(token.unwrap()));
    assert!(list.html.contains(&format!("wka_{}…", &token.unwrap()[..4])), "recognised by its beginning");
    assert!(list.html.contains("24.11.2026, 10:00"), "and when it was used last");
    let id =
        list.html.split("/account/tokens/").find_map(|part| part.split_once("/revoke")).unwrap().0.to_owned();
    let mut stranger = app.sign_in("jana@kleindorf.example").await;
    stranger.get("/account/tokens").await;
    assert_eq!(stranger.submit(&format!("/account/tokens/{id}/revoke"), &[]).await.status, 404);
    browser.get("/account/tokens").await;
    assert_eq!(browser.submit(&format!("/account/tokens/{id}/revoke"), &[]).await.status, 303);
    assert_eq!(api.get("/api/v1/account").await.status, 401);
}

#[actix_web::test]
async fn a_cookie_does_not_open_the_api_and_a_token_no_page() {
    let app = TestApp::start().await;
    let mut browser = app.sign_in("jana@mittelfeld.example").await;
    assert_eq!(browser.get("/api/v1/account").await.status, 401);
    let api = app.api("jana@mittelfeld.example").await;
    let page = api.get("/account/tokens").await;
    assert!(page.body.is_null() && page.status == 200, "followed to the sign-in page");
}

#[actix_web::test]
async fn wrong_input_names_field_reason_and_remedy() {
    let app = TestApp::start().await;
    let mut browser = app.sign_in("jana@mittelfeld.example").await;
    browser.get("/account/tokens").await;
    let answer = browser.submit("/account/tokens", &[("name", ""), ("days", "9999")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.html.contains("365"), "says what would be right");
    assert!(answer.html.contains("<title>Fehler:"), "and the title says so first");
}
