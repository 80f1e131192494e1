//! Forged, old, repeated and misdirected assertions of operators open nothing.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tests::sim_cluster::enrol;
use tests::{TestApp, world};

const PATH: &str = "/agent/v1/bookings";

struct Forger {
    key: EncodingKey,
    public: String,
    kid: String,
    operator: String,
    audience: String,
    number: u32,
}

impl Forger {
    async fn enrolled(app: &TestApp, location: &str, provider: &str) -> Self {
        let stored = enrol(app, location, provider).await;
        let der = STANDARD.decode(serde_json::to_value(&stored).unwrap()["pkcs8"].as_str().unwrap()).unwrap();
        let enrolled = stored.enrolled().unwrap();
        Self {
            key: EncodingKey::from_ed_der(&der),
            public: stored.public().unwrap().x,
            kid: enrolled.key_id.clone(),
            operator: enrolled.operator.to_string(),
            audience: enrolled.audience.clone(),
            number: 0,
        }
    }

    fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "operator+jwt", "kid": self.kid})
    }

    fn claims(&mut self) -> Value {
        let now = jiff::Timestamp::now().as_second();
        self.number += 1;
        json!({
            "iss": self.operator, "sub": self.operator, "aud": self.audience,
            "iat": now, "nbf": now, "exp": now + 60, "jti": format!("jti-{}-{}", self.operator, self.number),
            "htm": format!("GET {PATH}"),
            "body_sha256": contract::canonical::sha256_hex(b""),
        })
    }

    /// Signs exactly these texts, however odd.
    fn sign(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        self.sign(&header.to_string(), &claims.to_string())
    }
}

async fn call(app: &TestApp, token: &str) -> (u16, Value) {
    let response =
        reqwest::Client::new().get(format!("{}{PATH}", app.url)).bearer_auth(token).send().await.unwrap();
    assert!(response.headers().contains_key("date"));
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or(Value::Null))
}

/// What each change of a good assertion must end with: status and code.
fn changed_claims(now: i64) -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("exp as text", json!({"exp": (now + 60).to_string()}), "unauthenticated"),
        ("nbf as text", json!({"nbf": now.to_string()}), "unauthenticated"),
        ("exp as fraction", json!({"exp": 1e10 + 0.5}), "unauthenticated"),
        ("exp beyond all numbers", json!({"exp": 1e300}), "unauthenticated"),
        ("lives too long", json!({"exp": now + 200}), "unauthenticated"),
        ("ends before it begins", json!({"exp": now - 1}), "unauthenticated"),
        ("no aud", json!({"aud": null}), "unauthenticated"),
        ("aud of somebody else", json!({"aud": "https://evil.example"}), "unauthenticated"),
        ("aud list", json!({"aud": ["AUDIENCE", "https://evil.example"]}), "unauthenticated"),
        ("other iss", json!({"iss": world::id::KLEINDORF}), "unauthenticated"),
        ("other sub", json!({"sub": world::id::KLEINDORF}), "unauthenticated"),
        ("no jti", json!({"jti": ""}), "unauthenticated"),
        ("endless jti", json!({"jti": "x".repeat(101)}), "unauthenticated"),
        ("other path", json!({"htm": "GET /agent/v1/reveals"}), "unauthenticated"),
        ("other method", json!({"htm": format!("POST {PATH}")}), "unauthenticated"),
        ("other body", json!({"body_sha256": contract::canonical::sha256_hex(b"x")}), "unauthenticated"),
        ("expired", json!({"iat": now - 67, "nbf": now - 67, "exp": now - 7}), "clock-skew"),
        ("not yet", json!({"iat": now + 60, "nbf": now + 60, "exp": now + 120}), "clock-skew"),
        ("valid later", json!({"nbf": now + 60}), "clock-skew"),
    ]
}

#[actix_web::test]
async fn changed_claims_are_refused() {
    let app = TestApp::start().await;
    let mut forger = Forger::enrolled(&app, world::id::LOCATION, "paul@beispielland.example").await;
    let good = forger.claims();
    assert_eq!(call(&app, &forger.token(&forger.header(), &good)).await.0, 200, "the unchanged one works");
    for (name, change, code) in changed_claims(jiff::Timestamp::now().as_second()) {
        let mut claims = forger.claims();
        for (key, value) in change.as_object().unwrap() {
            let audience = forger.audience.clone();
            let value: Value =
                serde_json::from_str(&value.to_string().replace("AUDIENCE", &audience)).unwrap();
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(key);
            } else {
                claims[key] = value;
            }
        }
        let (status, body) = call(&app, &forger.token(&forger.header(), &claims)).await;
        assert_eq!((status, body["code"].as_str().unwrap_or_default()), (401, code), "{name}: {body}");
        assert_eq!(body["now"].is_string(), code == "clock-skew", "{name}: {body}");
    }
}

#[actix_web::test]
async fn changed_headers_and_signatures_are_refused() {
    let app = TestApp::start().await;
    let mut forger = Forger::enrolled(&app, world::id::LOCATION, "paul@beispielland.example").await;
    let location = world::id::LOCATION;
    let mut cases: Vec<(&str, String)> = Vec::new();
    for (name, change) in [
        ("alg none", json!({"alg": "none"})),
        ("alg HS256", json!({"alg": "HS256"})),
        ("wrong typ", json!({"typ": "JWT"})),
        ("unknown kid", json!({"kid": format!("{location}.0000000000000000")})),
        ("kid that climbs", json!({"kid": format!("{location}.../../etc/passwd")})),
        ("kid of nothing", json!({"kid": "../../etc/passwd"})),
        ("kid of nobody", json!({"kid": format!("{}.0000000000000000", world::id::KLEINDORF)})),
        ("crit", json!({"crit": ["exp"]})),
        ("jku", json!({"jku": "https://evil.example/keys"})),
        ("x5u", json!({"x5u": "https://evil.example/cert"})),
        ("jwk", json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": forger.public}})),
    ] {
        let mut header = forger.header();
        for (key, value) in change.as_object().unwrap() {
            header[key] = value.clone();
        }
        let claims = forger.claims();
        cases.push((name, forger.token(&header, &claims)));
    }
    let claims = forger.claims();
    let good = forger.token(&forger.header(), &claims);
    cases.push(("no signature", good.rsplit_once('.').unwrap().0.to_owned() + "."));
    let hmac = Header {
        typ: Some("operator+jwt".into()),
        kid: Some(forger.kid.clone()),
        ..Header::new(Algorithm::HS256)
    };
    let secret = EncodingKey::from_secret(&URL_SAFE_NO_PAD.decode(&forger.public).unwrap());
    cases.push(("HMAC with the public key", jsonwebtoken::encode(&hmac, &forger.claims(), &secret).unwrap()));
    let twice = forger.claims().to_string().replacen('{', &format!("{{\"iss\":\"{}\",", forger.operator), 1);
    cases.push(("claim named twice", forger.sign(&forger.header().to_string(), &twice)));
    let mut long = forger.claims();
    long["filler"] = json!("x".repeat(5000));
    cases.push(("too long", forger.token(&forger.header(), &long)));
    cases.push(("no token at all", "x".into()));
    for (name, token) in cases {
        let (status, body) = call(&app, &token).await;
        assert_eq!((status, body["code"].as_str()), (401, Some("unauthenticated")), "{name}: {body}");
    }
    assert_eq!(call(&app, &good).await.0, 200, "nothing above has used it up");
    let (status, body) = call(&app, &good).await;
    assert_eq!((status, body["code"].as_str()), (401, Some("replayed")));
}

#[actix_web::test]
async fn codes_work_once_and_revocation_at_once() {
    let app = TestApp::start().await;
    let platform = "paul@beispielland.example";
    let code = tests::sim_cluster::code(&app, world::id::LOCATION, platform).await;
    let first = tests::sim_cluster::enrol_with(&app, &code).await.unwrap();
    // An answer that got lost is given again to the same key, and to no other.
    let repeated = tests::sim_cluster::enrol_key(&app, &code, &first).await.unwrap();
    assert_eq!(Some(&repeated), first.enrolled());
    let again = tests::sim_cluster::enrol_with(&app, &code).await.err().unwrap().to_string();
    assert!(again.contains("422") && again.contains("code-invalid"), "{again}");
    let late = tests::sim_cluster::code(&app, world::id::LOCATION, platform).await;
    app.app.clock.advance(jiff::SignedDuration::from_mins(61));
    let lapsed = tests::sim_cluster::enrol_key(&app, &code, &first).await.unwrap_err().to_string();
    assert!(lapsed.contains("code-invalid"), "no answer beyond the life of the code: {lapsed}");
    assert!(
        tests::sim_cluster::enrol_with(&app, &late).await.err().unwrap().to_string().contains("code-invalid")
    );

    let marketplace = tests::sim_cluster::client(&app, &first);
    marketplace.bookings(None).await.unwrap();
    let actor = app.actor(platform).await;
    let location = domain::ids::LocationId(world::id::LOCATION.parse().unwrap());
    let foreign = app.actor("paul@musterregion.example").await;
    server::usecases::locations::revoke(&app.app, &foreign, location).await.unwrap_err();
    let used = tests::sim_cluster::code(&app, world::id::LOCATION, platform).await;
    let second = tests::sim_cluster::enrol_with(&app, &used).await.unwrap();
    assert!(marketplace.bookings(None).await.is_err(), "a new enrolment ends the trust in the key before it");
    let marketplace = tests::sim_cluster::client(&app, &second);
    server::usecases::locations::revoke(&app.app, &actor, location).await.unwrap();
    assert!(marketplace.bookings(None).await.unwrap_err().to_string().contains("401"));
    let dead = tests::sim_cluster::enrol_key(&app, &used, &second).await.unwrap_err().to_string();
    assert!(dead.contains("code-invalid"), "a used code does not bring a revoked operator back: {dead}");
}

#[actix_web::test]
async fn one_code_and_many_keys_at_once_make_one_operator() {
    let app = TestApp::start().await;
    let code = tests::sim_cluster::code(&app, world::id::LOCATION, "paul@beispielland.example").await;
    let tries = (0..8).map(|_| tests::sim_cluster::enrol_with(&app, &code));
    let results = futures::future::join_all(tries).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
}

#[actix_web::test]
async fn an_operator_replaces_its_key() {
    let app = TestApp::start().await;
    let platform = "paul@beispielland.example";
    let first = enrol(&app, world::id::LOCATION, platform).await.with_next().unwrap();
    let second = first.clone().promoted(jiff::Timestamp::now()).unwrap();
    let (old, new) = (tests::sim_cluster::client(&app, &first), tests::sim_cluster::client(&app, &second));
    let next = |of: &controller::identity::Stored| contract::NextKey { key: of.public().unwrap() };
    assert!(new.bookings(None).await.is_err(), "a key that nobody named");
    let strange = contract::PublicJwk { crv: "P-256".to_owned(), ..second.public().unwrap() };
    let refused = old.replace_key(&contract::NextKey { key: strange }).await.unwrap_err().to_string();
    assert!(refused.contains("key-invalid"), "{refused}");

    let taken = old.replace_key(&next(&second)).await.unwrap();
    assert_eq!(taken.key_id, second.enrolled().unwrap().key_id);
    assert_eq!(old.replace_key(&next(&second)).await.unwrap(), taken, "the answer was lost");
    old.bookings(None).await.unwrap();
    new.bookings(None).await.unwrap();
    // Whoever holds the replaced key can neither name another one nor turn back.
    let third = second.clone().with_next().unwrap().promoted(jiff::Timestamp::now()).unwrap();
    for key in [next(&third), next(&first)] {
        let refused = old.replace_key(&key).await.unwrap_err().to_string();
        assert!(refused.contains("409") && refused.contains("key-replaced"), "{refused}");
    }
    assert!(new.replace_key(&next(&first)).await.unwrap_err().to_string().contains("key-replaced"));

    app.app.clock.advance(jiff::SignedDuration::from_mins(61));
    assert!(old.bookings(None).await.unwrap_err().to_string().contains("401"), "the overlap is over");
    // An operator that lost the answer and slept for a day asks with the key that took over.
    assert_eq!(new.replace_key(&next(&second)).await.unwrap().key_id, taken.key_id);

    new.replace_key(&next(&third)).await.unwrap();
    let newest = tests::sim_cluster::client(&app, &third);
    let actor = app.actor(platform).await;
    let location = domain::ids::LocationId(world::id::LOCATION.parse().unwrap());
    server::usecases::locations::revoke(&app.app, &actor, location).await.unwrap();
    for client in [&new, &newest] {
        assert!(client.bookings(None).await.unwrap_err().to_string().contains("401"), "both keys at once");
        let (unknown, refused) = (next(&first), "a revoked operator names no successor");
        assert!(client.replace_key(&unknown).await.unwrap_err().to_string().contains("401"), "{refused}");
    }
}

#[actix_web::test]
async fn a_key_of_another_provider_opens_nothing_here() {
    let app = TestApp::start().await;
    let mut mine = Forger::enrolled(&app, world::id::LOCATION, "paul@beispielland.example").await;
    let made = tests::sim_cluster::create_location(&app, "paul@musterregion.example", "Musterort").await;
    let theirs = Forger::enrolled(&app, &made.to_string(), "paul@musterregion.example").await;
    let mut header = mine.header();
    header["kid"] = json!(theirs.kid);
    let claims = mine.claims();
    assert_eq!(call(&app, &mine.token(&header, &claims)).await.0, 401, "their kid, my key and claims");
    let claims = mine.claims();
    assert_eq!(call(&app, &theirs.token(&mine.header(), &claims)).await.0, 401, "my kid, their key");
}
