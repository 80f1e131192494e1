//! A secret walks through the whole chain of a display, and afterwards nothing that is kept or told holds it: not the
//! database, the log, the audit, the mails, the exports or any page.

use super::chain_story::dump;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard};
use tests::bookings::booked;
use tests::sim_cluster::CANARY;
use tests::world::{PASSWORD, PEOPLE, id};
use tests::{SimCluster, TestApp};

/// Everything that the programs of this process log, at the level at which a desperate administrator would set it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> Self {
        let log = Self::default();
        let made = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter("debug,hyper=info,h2=info,tera=info")
            .with_writer(move || made.clone())
            .json()
            .finish();
        assert!(
            tracing_subscriber::util::SubscriberInitExt::try_init(subscriber).is_ok(),
            "one log per process"
        );
        log
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.bytes().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A secret as it could lie around: as it is, in hexadecimal, and in Base64 wherever it begins within three bytes.
fn forms(secret: &[u8]) -> Vec<String> {
    let mut forms = vec![hex(secret), hex(secret).to_uppercase()];
    forms.extend(String::from_utf8(secret.to_vec()));
    for before in 0..3 {
        let padded = [vec![b'x'; before], secret.to_vec()].concat();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            // The first and last letters depend on the neighbours.
            let text = engine.encode(&padded);
            forms.push(text[4..text.len() - 4].to_owned());
        }
    }
    forms
}

fn assert_absent(what: &str, text: &str, forms: &[String]) {
    for form in forms {
        assert!(!text.contains(form.as_str()), "{what} holds the secret as {form}");
    }
}

#[actix_web::test]
async fn a_secret_leaves_no_trace_on_its_way() {
    let log = Log::start();
    let app = TestApp::start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, "paul@beispielland.example").await;
    let jana = app.api("jana@mittelfeld.example").await;
    let booking = booked(&app, &jana, "Baumkataster", "a").await;
    sim.tick().await;
    let mut murat = app.sign_in("murat@mittelfeld.example").await;
    let (page, reveal) = (format!("/bookings/{booking}"), format!("/bookings/{booking}/reveal"));
    murat.get(&page).await;
    let asked = murat.submit(&reveal, &[("password", PASSWORD)]).await;
    let set = &asked.headers["set-cookie"];
    for flag in ["__Host-reveal=", "HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=120"] {
        assert!(set.contains(flag), "{flag} in the cookie");
    }
    let cookie = murat.cookies["__Host-reveal"].clone();
    let key = URL_SAFE_NO_PAD.decode(cookie.split_once('.').unwrap().1).unwrap();
    assert_eq!(sim.answer_reveals().await, 1);
    // Between answer and display the sealed text lies in the database; its key does not.
    let mut secrets = forms(CANARY.as_bytes());
    secrets.extend(forms(&key));
    assert_absent("the database, sealed", &dump(&app).await, &secrets);
    let once = murat.get(&reveal).await;
    assert!(once.html.contains(CANARY), "shown this once");
    assert_eq!(once.headers["cache-control"], "no-store");
    assert!(!murat.cookies.contains_key("__Host-reveal"), "the browser forgets the key");
    murat.cookies.insert("__Host-reveal".into(), cookie);
    assert!(!murat.get(&reveal).await.html.contains(CANARY), "a kept cookie shows nothing again");

    // Seeing again means changing: the new secret walks the same way, and the order to change leaves no trace of either.
    let jana_page = jana.post(&format!("/api/v1/bookings/{booking}/access-rotations"), "", &json!({})).await;
    assert_eq!(jana_page.status, 202, "{}", jana_page.body);
    assert_eq!(sim.rotate_access(true).await, 1);
    let renewed = sim.password(booking.parse().unwrap());
    assert_ne!(renewed, CANARY);
    app.app.clock.advance(jiff::SignedDuration::from_secs(1));
    murat.get(&page).await;
    assert_eq!(murat.submit(&reveal, &[("password", PASSWORD)]).await.status, 303);
    let cookie = murat.cookies["__Host-reveal"].clone();
    secrets.extend(forms(&URL_SAFE_NO_PAD.decode(cookie.split_once('.').unwrap().1).unwrap()));
    secrets.extend(forms(renewed.as_bytes()));
    assert_eq!(sim.answer_reveals().await, 1);
    assert_absent("the database, sealed again", &dump(&app).await, &secrets);
    let again = murat.get(&reveal).await;
    assert!(again.html.contains(&renewed), "{}", again.html);
    assert_absent("the operator's objects", &serde_json::to_string(&sim.bookings).unwrap(), &secrets);

    let kept = dump(&app).await;
    assert!(kept.contains("Baumkataster"), "the dump holds the data");
    assert_absent("the database", &kept, &secrets);
    let paths =
        ["/", "/orders", "/bookings", &page, &reveal, "/invoices", "/audit", "/locations", "/finance/months"];
    let exports = [
        format!("/bookings/{booking}/usage.csv"),
        format!("/api/v1/bookings/{booking}"),
        "/api/v1/bookings".into(),
        "/api/v1/orders".into(),
        "/api/v1/invoices".into(),
        "/api/v1/audit".into(),
    ];
    for (_, email, _) in PEOPLE {
        let (mut browser, api) = (app.sign_in(email).await, app.api(email).await);
        for path in paths.iter().copied().chain(exports.iter().map(String::as_str)) {
            let text = match path.starts_with("/api/") {
                true => api.get(path).await.body.to_string(),
                false => browser.get(path).await.html,
            };
            assert_absent(&format!("{path} for {email}"), &text, &secrets);
        }
    }
    let logged = String::from_utf8_lossy(&log.bytes()).into_owned();
    assert!(logged.contains("/reveal"), "the log tells about the display");
    assert_absent("the log", &logged, &secrets);
    assert_absent("the log", &logged, &forms(PASSWORD.as_bytes()));
}
