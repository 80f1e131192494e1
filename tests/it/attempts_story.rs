//! Guessing passwords: many at once, from many places, and what it does to the person whose password it is.

use futures::future::join_all;
use jiff::SignedDuration;
use reqwest::header::COOKIE;
use tests::world::PASSWORD;
use tests::{Browser, TestApp};

const JANA: &str = "jana@mittelfeld.example";

/// One attempt in this browser, as if it came from an address; the status.
async fn attempt(browser: &mut Browser, source: &str, email: &str, password: &str) -> u16 {
    let page = browser.get("/sign-in").await;
    let fields = [("csrf", page.hidden("csrf").unwrap().as_str()), ("email", email), ("password", password)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let source = source.to_owned();
    let answer = browser.send(move |client, url| {
        client
            .post(format!("{url}/sign-in"))
            .header("sec-fetch-site", "same-origin")
            .header("x-forwarded-for", source)
            .form(&fields)
    });
    answer.await.status
}

/// Counting after the check would let all of them through: each would see that nobody has failed yet.
#[actix_web::test]
async fn guesses_at_the_same_moment_count_like_guesses_one_after_the_other() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    let csrf = page.hidden("csrf").unwrap();
    let visit = format!("__Host-visit={}", browser.cookies["__Host-visit"]);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let guesses = (0..40).map(|number| {
        let password = if number == 39 { PASSWORD.to_owned() } else { format!("geraten {number}") };
        let fields = [("csrf", csrf.clone()), ("email", JANA.to_owned()), ("password", password)];
        let request = client.post(format!("{}/sign-in", app.url)).header(COOKIE, &visit).form(&fields);
        async move { request.send().await.unwrap().status().as_u16() }
    });
    let statuses = join_all(guesses).await;
    let checked = statuses.iter().filter(|status| **status != 429).count();
    assert!((1..=8).contains(&checked), "{statuses:?}");
    assert!(statuses.iter().all(|status| [422, 429, 303].contains(status)), "{statuses:?}");
}

#[actix_web::test]
async fn whoever_guesses_elsewhere_does_not_lock_the_owner_out() {
    let app = TestApp::start().await;
    let mut owner = app.sign_in(JANA).await;
    owner.get("/account/tokens").await;
    assert_eq!(owner.submit("/sign-out", &[]).await.status, 303);

    let mut guesser = app.browser();
    let mut checked = 0;
    for place in 0..30 {
        let status = attempt(&mut guesser, &format!("198.51.100.{place}"), JANA, "geraten").await;
        checked += usize::from(status == 422);
    }
    assert_eq!(checked, 24, "from however many places");
    assert_eq!(
        attempt(&mut guesser, "198.51.100.200", JANA, PASSWORD).await,
        429,
        "a new device has to wait"
    );
    assert_eq!(attempt(&mut owner, "198.51.100.201", JANA, PASSWORD).await, 303, "the known one does not");

    // A stolen device secret opens no more than its own bucket, and only for people who used the device.
    let mut thief = app.browser();
    thief.cookies.insert("__Host-device".into(), owner.cookies["__Host-device"].clone());
    let mut checked = 0;
    for _ in 0..10 {
        checked += usize::from(attempt(&mut thief, "198.51.100.202", JANA, "geraten").await == 422);
    }
    assert_eq!(checked, 8);
    app.app.clock.advance(SignedDuration::from_secs(76));
    assert_eq!(attempt(&mut owner, "198.51.100.203", JANA, PASSWORD).await, 303, "one is free again");
}

#[actix_web::test]
async fn a_place_that_failed_is_not_the_place_of_others() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    for _ in 0..8 {
        assert_eq!(attempt(&mut browser, "203.0.113.1", JANA, "geraten").await, 422);
    }
    assert_eq!(attempt(&mut browser, "203.0.113.1", JANA, PASSWORD).await, 429);
    let invented = "192.0.2.1, 203.0.113.1";
    assert_eq!(
        attempt(&mut browser, invented, JANA, PASSWORD).await,
        429,
        "an invented part changes nothing"
    );
    assert_eq!(attempt(&mut browser, "203.0.113.1", "tobias@mittelfeld.example", PASSWORD).await, 303);
    assert_eq!(attempt(&mut browser, "203.0.113.2", JANA, PASSWORD).await, 303);
}

/// Right passwords do not use the attempts up, and a device secret that nobody was given is not taken over.
#[actix_web::test]
async fn who_knows_the_password_signs_in_as_often_as_wished() {
    let app = TestApp::start().await;
    for number in 0..30 {
        let mut browser = app.browser();
        browser.cookies.insert("__Host-device".into(), format!("erfunden-{number}"));
        assert_eq!(attempt(&mut browser, "203.0.113.1", JANA, PASSWORD).await, 303, "{number}");
        assert_eq!(browser.cookies["__Host-device"].len(), 43, "a fresh secret");
    }
}

/// Two people at one device: both are known there, and neither uses up the attempts of the other.
#[actix_web::test]
async fn a_shared_device_is_known_for_each_of_its_people() {
    let app = TestApp::start().await;
    let mut browser = app.sign_in(JANA).await;
    let device = browser.cookies["__Host-device"].clone();
    assert_eq!(attempt(&mut browser, "203.0.113.1", "tobias@mittelfeld.example", PASSWORD).await, 303);
    assert_eq!(browser.cookies["__Host-device"], device);
    for _ in 0..9 {
        attempt(&mut browser, "203.0.113.1", "tobias@mittelfeld.example", "falsch").await;
    }
    assert_eq!(attempt(&mut browser, "203.0.113.1", "tobias@mittelfeld.example", PASSWORD).await, 429);
    assert_eq!(attempt(&mut browser, "203.0.113.1", JANA, PASSWORD).await, 303);
}
