//! Where an order runs: demands, a choice by rule or by hand, a reason for every location, and a location that fills up
//! before the approval.

use serde_json::{Value, json};
use tests::api::ApiAnswer;
use tests::world::id;
use tests::{SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const TOBIAS: &str = "tobias@mittelfeld.example";
const OLGA: &str = "olga@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
pub(super) const SECOND: &str = "00000000-0000-7000-8000-000000000303";
const RIVAL: &str = "00000000-0000-7000-8000-000000000404";

/// A second location of Beispielland in Bavaria, where its PostgreSQL runs, too.
pub(super) async fn second_location(app: &TestApp) {
    app.owner_sql(&format!(
        "insert into locations (id, provider_id, code, name, land, created_at)
            values ('{SECOND}', '{provider}', 'neustadt', 'Neustadt', '09', '2026-01-01');
         insert into operators (location_id, provider_id) values ('{SECOND}', '{provider}');
         insert into offering_locations (provider_id, offering_id, location_id)
            values ('{provider}', '{offering}', '{SECOND}');",
        provider = id::BEISPIELLAND,
        offering = id::POSTGRESQL,
    ))
    .await
    .unwrap();
}

/// PostgreSQL of both providers as one product: a new version of Beispielland's, and an offering of Musterregion.
pub(super) async fn rivals(app: &TestApp) {
    let version = |version: &str, provider: &str, offering: &str, number: u32, promise: &str| {
        format!(
            "insert into offering_versions (id, provider_id, offering_id, number, title, title_en, summary, description,
                details, order_schema, published_at)
             values ('{version}', '{provider}', '{offering}', {number}, 'Datenbank PostgreSQL', 'PostgreSQL database',
                'Datenbank zur Miete', 'Einzelknoten', '{{\"product\": \"postgresql\", \"keep_days\": {number}, {promise}}}',
                '{{\"type\": \"object\", \"properties\": {{}}}}', '2026-01-02');"
        )
    };
    let plan = |version: &str, plan: &str, provider: &str, price: &str| {
        let (component, base) = (plan.replace("00047", "00057"), plan.replace("00047", "00067"));
        format!(
            "insert into plans (id, provider_id, version_id, code, title, position, settings)
                select '{plan}', '{provider}', '{version}', code, title, position, settings from plans where id = '{old}';
             insert into components (id, provider_id, plan_id, code, title, position, meter, model)
                values ('{component}', '{provider}', '{plan}', 'base', 'Grundpreis', 1, null, '{{\"model\": \"flat\", \"per\": \"month\"}}');
             insert into prices (id, provider_id, component_id, amount, valid_from)
                values ('{base}', '{provider}', '{component}', {price}, '2026-01-01');",
            old = id::POSTGRESQL_PLAN,
        )
    };
    let (own, other) = ("00000000-0000-7000-8000-000000000460", "00000000-0000-7000-8000-000000000461");
    let offering = format!(
        "insert into offerings (id, provider_id, slug, kind, created_at)
            values ('{RIVAL}', '{provider}', 'postgresql', 'postgresql', '2026-01-01');
         insert into offering_locations (provider_id, offering_id, location_id)
            values ('{provider}', '{RIVAL}', '00000000-0000-7000-8000-000000000302');",
        provider = id::MUSTERREGION,
    );
    let promise = "\"availability\": {\"percent\": \"99.5\", \"maintenance_lead_hours\": 24}";
    for sql in [
        version(own, id::BEISPIELLAND, id::POSTGRESQL, 2, promise),
        plan(own, "00000000-0000-7000-8000-000000000470", id::BEISPIELLAND, "27.20"),
        offering,
        version(other, id::MUSTERREGION, RIVAL, 1, "\"tags\": []"),
        plan(other, "00000000-0000-7000-8000-000000000471", id::MUSTERREGION, "19.00"),
    ] {
        app.owner_sql(&sql).await.unwrap();
    }
}

fn wish(name: &str, place: &Value) -> Value {
    let mut order = json!({
        "offering": id::POSTGRESQL, "plan": id::POSTGRESQL_PLAN, "name": name,
        "parameters": {"database": "baum", "version": 15, "storage_gib": 10, "allowed_networks": ["192.0.2.0/24"]},
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": "2026-11-24", "justification": "Fachverfahren der Grünpflege",
    });
    order.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
    order
}

async fn place(app: &TestApp, key: &str, place: &Value) -> ApiAnswer {
    app.api(JANA).await.post("/api/v1/orders", key, &wish(key, place)).await
}

/// What a location promises: levels and evidence.
async fn state(app: &TestApp, location: &str, levels: [&str; 3], certificates: &Value) {
    let [confidentiality, integrity, availability] = levels;
    let stated = json!({
        "protection": {"confidentiality": confidentiality, "integrity": integrity, "availability": availability},
        "certificates": certificates,
    });
    let paul = app.api(PAUL).await;
    let answer = paul.post(&format!("/api/v1/locations/{location}/profile"), "", &stated).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// Name, outcome and codes of the reasons of every row.
pub(super) fn verdicts(order: &Value) -> Vec<(String, String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = order["placement"]["rows"].as_array().unwrap();
    let reasons =
        |row: &Value| row["reasons"].as_array().unwrap().iter().map(|it| text(&it["code"])).collect();
    rows.iter().map(|row| (text(&row["name"]), text(&row["outcome"]), reasons(row))).collect()
}

pub(super) fn told(name: &str, outcome: &str, reasons: &[&str]) -> (String, String, Vec<String>) {
    (name.to_owned(), outcome.to_owned(), reasons.iter().map(|it| (*it).to_owned()).collect())
}

#[actix_web::test]
async fn a_size_that_is_none_is_refused_beside_every_rival() {
    let app = TestApp::start().await;
    rivals(&app).await;
    let _only = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let mut order = wish_of("00000000-0000-7000-8000-000000000470", "negative", &json!({}));
    for size in [-5_i64, -1, i64::MIN, i64::MAX] {
        order["parameters"]["storage_gib"] = json!(size);
        let refused = app.api(JANA).await.post("/api/v1/orders", "negative", &order).await;
        assert_eq!(refused.status, 422, "{size}: {}", refused.body);
        assert_eq!(refused.body["errors"][0]["pointer"], "/parameters/storage_gib", "{}", refused.body);
    }
}

#[actix_web::test]
async fn an_order_runs_where_every_demand_is_met_and_says_why_not_elsewhere() {
    let app = TestApp::start().await;
    second_location(&app).await;
    let _first = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let _second = SimCluster::enrol(&app, SECOND, PAUL).await;

    // Nobody has stated anything: only the lowest need of protection is covered, and names decide between equals.
    let plain = place(&app, "plain", &json!({})).await;
    assert_eq!(plain.status, 201, "{}", plain.body);
    let expected = [told("Beispielhausen", "chosen", &[]), told("Neustadt", "not-chosen", &["same-by-name"])];
    assert_eq!(verdicts(&plain.body), expected);
    let strict = json!({"demand": {"protection": {"confidentiality": "high"}}});
    let refused = place(&app, "too-strict", &strict).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(refused.body["errors"][0]["code"], "place-protection-confidentiality", "{}", refused.body);

    // The offering itself says nothing, so it stays the ceiling; one that does is covered by its locations.
    rivals_with_protection(&app).await;
    let over = json!({
        "protection": {"confidentiality": "normal", "integrity": "normal", "availability": "normal"},
        "certificates": [
            {"class": "iso-27001", "number": "", "valid_until": "2027-11-24"},
            {"class": "c5-type-2", "number": "C5-0", "valid_until": "2026-11-23"},
        ],
    });
    let refused = app.api(PAUL).await.post(&format!("/api/v1/locations/{SECOND}/profile"), "", &over).await;
    let said: Vec<(&str, &str)> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["pointer"].as_str().unwrap(), it["code"].as_str().unwrap()))
        .collect();
    let expected = [("/iso-27001_number", "certificate-number"), ("/c5-type-2_until", "certificate-over")];
    assert_eq!((refused.status, said.as_slice()), (422, expected.as_slice()), "{}", refused.body);
    assert!(refused.body["errors"][1].to_string().contains("23.11.2026"), "with the day: {}", refused.body);
    let c5 = json!([{"class": "c5-type-2", "number": "C5-1", "valid_until": "2026-11-24"}]);
    state(&app, SECOND, ["very-high", "high", "normal"], &c5).await;
    let demand = json!({"demand": {
        "protection": {"confidentiality": "high", "integrity": "high"}, "stay": "land-09", "certificate": "c5-type-1",
    }});
    let order = wish_of("00000000-0000-7000-8000-000000000480", "strict", &demand);
    let placed = app.api(JANA).await.post("/api/v1/orders", "strict", &order).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let reasons = ["protection-confidentiality", "protection-integrity", "other-land", "certificate-missing"];
    let expected = [told("Neustadt", "chosen", &[]), told("Beispielhausen", "left-out", &reasons)];
    assert_eq!(verdicts(&placed.body), expected);
    assert_eq!(placed.body["placement"]["demand"]["land"], "Bayern");

    // A day later the evidence has run out.
    app.app.clock.advance(jiff::SignedDuration::from_hours(24));
    let late = app.api(JANA).await.post("/api/v1/orders", "late", &order).await;
    assert_eq!(late.body["errors"][0]["code"], "place-certificate-over", "{}", late.body);

    // Orderer, approver and auditor read the same, and it never changes.
    let path = format!("/orders/{}", placed.body["id"].as_str().unwrap());
    for who in [JANA, OLGA] {
        let html = app.sign_in(who).await.get(&path).await.html;
        assert!(
            html.contains("Liegt nicht in dem verlangten Land.") && html.contains("scheidet aus"),
            "{html}"
        );
    }
    let path = format!("/approvals/{}", placed.body["id"].as_str().unwrap());
    let html = app.sign_in(TOBIAS).await.get(&path).await.html;
    assert!(html.contains("Warum hier und nicht woanders"), "{html}");
    let edited = app.owner_sql("update order_placements set record = '{}'").await;
    assert!(edited.unwrap_err().contains("append-only"));
}

/// PostgreSQL that may be used for high need of protection; its plan gets the id 480.
async fn rivals_with_protection(app: &TestApp) {
    rivals(app).await;
    app.owner_sql(&format!(
        "insert into offering_versions (id, provider_id, offering_id, number, title, title_en, summary, description,
            details, order_schema, published_at)
         values ('00000000-0000-7000-8000-000000000462', '{provider}', '{offering}', 3, 'Datenbank PostgreSQL',
            'PostgreSQL database', 'Datenbank zur Miete', 'Einzelknoten',
            '{{\"protection\": {{\"confidentiality\": 2, \"integrity\": 2, \"availability\": 2}}}}',
            '{{\"type\": \"object\", \"properties\": {{}}}}', '2026-01-03');
         insert into plans (id, provider_id, version_id, code, title, position, settings)
            select '00000000-0000-7000-8000-000000000480', provider_id, '00000000-0000-7000-8000-000000000462', code, title,
                position, settings from plans where id = '{plan}';",
        provider = id::BEISPIELLAND,
        offering = id::POSTGRESQL,
        plan = id::POSTGRESQL_PLAN,
    ))
    .await
    .unwrap();
}

fn wish_of(plan: &str, name: &str, place: &Value) -> Value {
    let mut order = wish(name, place);
    order["plan"] = plan.into();
    order
}

#[actix_web::test]
async fn a_location_is_picked_by_hand_among_those_that_remain() {
    let app = TestApp::start().await;
    second_location(&app).await;
    let _first = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let hand = place(&app, "no-operator", &json!({"location": SECOND})).await;
    assert_eq!(hand.status, 422, "{}", hand.body);
    assert_eq!(hand.body["errors"][0]["code"], "place-without-operator");
    assert_eq!(hand.body["errors"][0]["pointer"], "/location");
    let foreign = json!({"location": "00000000-0000-7000-8000-000000000302"});
    let foreign = place(&app, "foreign", &foreign).await;
    assert_eq!(foreign.body["errors"][0]["code"], "location-unknown", "{}", foreign.body);
    let odd = place(&app, "odd", &json!({"demand": {"stay": "moon"}})).await;
    assert_eq!(odd.body["errors"][0]["pointer"], "/demand", "{}", odd.body);

    let _second = SimCluster::enrol(&app, SECOND, PAUL).await;
    let mut jana = app.sign_in(JANA).await;
    let form = format!("/offerings/{}/order", id::POSTGRESQL);
    let html = jana.get(&form).await.html;
    assert!(html.contains("Wo soll es laufen?") && html.contains("Neustadt, Bayern"), "{html}");
    let fields = [
        ("plan", id::POSTGRESQL_PLAN),
        ("name", "Von Hand"),
        ("parameters.database", "baum"),
        ("parameters.version", "15"),
        ("parameters.storage_gib", "10"),
        ("parameters.allowed_networks", "192.0.2.0/24"),
        ("cost_centre", "11140"),
        ("ledger_account", "5431000"),
        ("budget_line", id::BUDGET_LINE),
        ("legal_basis", id::LEGAL_BASIS),
        ("start_day", "24"),
        ("start_month", "11"),
        ("start_year", "2026"),
        ("justification", "Nähe zum Amt"),
        ("need_confidentiality", "normal"),
        ("stay", "anywhere"),
        ("certificate", ""),
    ];
    let with = |more: &[(&'static str, &'static str)]| [&fields[..], more].concat();
    let wrong = jana.submit(&form, &with(&[("location", "00000000-0000-7000-8000-000000000302")])).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.html.contains("Diesen Standort gibt es in diesem Angebot nicht."), "{}", wrong.html);
    let saved = jana.submit(&form, &with(&[("location", SECOND)])).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let check = saved.location.unwrap();
    let html = jana.get(&check).await.html;
    assert!(html.contains("von der bestellenden Person gewählt"), "{html}");
    let submit = check.replace("/check", "/submit");
    let sent = jana.submit(&submit, &[("confirm", "true")]).await;
    assert_eq!(sent.status, 303, "{}", sent.html);
    let order = sent.location.unwrap();
    let shown = app.api(JANA).await.get(&format!("/api/v1{order}")).await;
    let expected = [told("Neustadt", "chosen", &[]), told("Beispielhausen", "not-chosen", &["picked"])];
    assert_eq!(verdicts(&shown.body), expected, "{}", shown.body);
    assert_eq!(shown.body["placement"]["by_hand"], true);
}

#[actix_web::test]
async fn a_location_that_filled_up_is_not_approved_but_named() {
    let app = TestApp::start().await;
    second_location(&app).await;
    let _first = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let placed = place(&app, "first", &json!({})).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let fill = |used: i64| {
        format!(
            "update operators set heartbeat = jsonb_set(heartbeat, '{{capacity,memory_used}}', '{used}')
             where location_id = '{}'",
            id::LOCATION
        )
    };
    app.owner_sql(&fill(16_000)).await.unwrap();
    let order = placed.body["id"].as_str().unwrap();
    let tobias = app.api(TOBIAS).await;
    let path = format!("/api/v1/approvals/{order}");
    let approve = json!({"decision": "approve", "reason": ""});
    let refused = tobias.post(&path, "", &approve).await;
    assert_eq!(
        (refused.status, refused.body["code"].as_str()),
        (422, Some("place-full")),
        "{}",
        refused.body
    );
    let mut browser = app.sign_in(TOBIAS).await;
    let html = browser.get(&format!("/approvals/{order}")).await.html;
    assert!(html.contains("Am Standort Beispielhausen ist kein Platz mehr"), "{html}");
    let answer = browser.submit(&format!("/approvals/{order}"), &[("decision", "approve")]).await;
    assert!(
        answer.html.contains("Kein anderer Standort dieses Angebots hat zurzeit Platz."),
        "{}",
        answer.html
    );
    assert_eq!(app.count("order_decisions", "true").await, 0);

    // Another location of the offer has room: it is named, and nothing is moved behind anybody's back.
    let _second = SimCluster::enrol(&app, SECOND, PAUL).await;
    let html = browser.get(&format!("/approvals/{order}")).await.html;
    assert!(html.contains("Platz haben noch: Neustadt."), "{html}");
    let elsewhere = place(&app, "second", &json!({})).await;
    let reasons = ["full-memory"];
    let expected = [told("Neustadt", "chosen", &[]), told("Beispielhausen", "left-out", &reasons)];
    assert_eq!(verdicts(&elsewhere.body), expected);

    // What was approved and not yet taken up counts as taken: 900 MiB hold one plan of 512 and not two.
    app.owner_sql(&fill(16_384 - 900)).await.unwrap();
    let decided = tobias.post(&path, "", &approve).await;
    assert_eq!(decided.status, 200, "{}", decided.body);
    let third = place(&app, "third", &json!({"location": id::LOCATION})).await;
    assert_eq!(third.body["errors"][0]["code"], "place-full-memory", "{}", third.body);
}

#[actix_web::test]
async fn other_offers_of_the_product_are_explained_too() {
    let app = TestApp::start().await;
    rivals(&app).await;
    let _own = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let _other =
        SimCluster::enrol(&app, "00000000-0000-7000-8000-000000000302", "paul@musterregion.example").await;
    let plan = "00000000-0000-7000-8000-000000000470";
    let order = wish_of(plan, "own", &json!({}));
    let placed = app.api(JANA).await.post("/api/v1/orders", "own", &order).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let expected =
        [told("Beispielhausen", "chosen", &[]), told("Musterregion", "left-out", &["no-legal-basis"])];
    assert_eq!(verdicts(&placed.body), expected);
    assert!(placed.body["placement"]["rows"][1]["total_gross"].is_string(), "its price is told");

    // With a legal basis on file, the cheaper offer was possible: the order says that a person chose otherwise.
    app.owner_sql(&format!(
        "insert into legal_bases select '00000000-0000-7000-8000-000000000519', organisation_id, '{}', code, reference,
            asserted_by, valid_from, valid_until, created_at from legal_bases where id = '{}'",
        id::MUSTERREGION,
        id::LEGAL_BASIS
    ))
    .await
    .unwrap();
    let order = wish_of(plan, "again", &json!({}));
    let placed = app.api(JANA).await.post("/api/v1/orders", "again", &order).await;
    let expected = [told("Beispielhausen", "chosen", &[]), told("Musterregion", "not-chosen", &["picked"])];
    assert_eq!(verdicts(&placed.body), expected, "{}", placed.body);
}

#[actix_web::test]
async fn a_product_is_compared_for_one_organisation() {
    let app = TestApp::start().await;
    rivals(&app).await;
    let _own = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let c5 = json!([{"class": "c5-type-2", "number": "C5-1", "valid_until": "2027-06-30"}]);
    state(&app, id::LOCATION, ["normal", "normal", "normal"], &c5).await;
    let jana = app.api(JANA).await;
    let view = jana.get("/api/v1/products/postgresql").await;
    assert_eq!(view.status, 200, "{}", view.body);
    let offers = view.body["offers"].as_array().unwrap();
    let names: Vec<&str> = offers.iter().map(|it| it["provider"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Datenzentrale Musterregion", "IT-Verbund Beispielland"], "by name, not by price");
    let (other, own) = (&offers[0], &offers[1]);
    assert_eq!((own["may_order"].as_bool(), own["promised"].as_str()), (Some(true), Some("99.5")));
    assert_eq!(own["places"][0]["certificates"][0]["class"], "c5-type-2");
    assert_eq!(other["may_order"], false);
    let codes: Vec<&str> =
        other["why_not"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["no-legal-basis", "place"], "its location has no operator");
    // VAT of the buyer's side: one provider is taxed, the other is not.
    assert_eq!((own["monthly_net"].as_str(), own["total"].as_str()), (Some("27.20"), Some("388.44")));
    assert_eq!(other["total"], "228.00");

    let mut browser = app.sign_in(JANA).await;
    let html = browser.get("/offerings").await.html;
    assert!(
        html.contains("href=\"/products/postgresql\"") && html.contains("2 Anbieter vergleichen"),
        "{html}"
    );
    let html = browser.get("/products/postgresql?plan=s&need_confidentiality=high&stay=land-16").await.html;
    assert!(html.contains("Wolkenamt gibt keine Empfehlung.") && html.contains("keine hinterlegt"), "{html}");
    assert!(html.contains("zugelassen bis normal, verlangt ist hoch"), "{html}");
    let html = app.browser().get("/products/postgresql").await.html;
    assert!(html.contains("Listenpreise, netto"), "whoever has not signed in sees net prices: {html}");
    assert_eq!(browser.get("/products/nothing").await.status, 404);
    let odd = jana.get("/api/v1/products/postgresql?stay=moon").await;
    assert_eq!(odd.body["errors"][0]["code"], "demand", "{}", odd.body);
}

#[actix_web::test]
async fn what_a_location_promises_is_stated_on_its_page() {
    let app = TestApp::start().await;
    let mut paul = app.sign_in(PAUL).await;
    let page = format!("/locations/{}", id::LOCATION);
    let html = paul.get(&page).await.html;
    assert!(html.contains("noch nie angegeben"), "{html}");
    let form = format!("{page}/profile");
    let levels =
        [("need_confidentiality", "high"), ("need_integrity", "high"), ("need_availability", "normal")];
    let wrong = [&levels[..], &[("c5-type-2_number", "C5-1"), ("c5-type-2_until", "bald")]].concat();
    let refused = paul.submit(&form, &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(refused.html.contains("Geben Sie den letzten Tag an"), "{}", refused.html);
    let unknown = [&levels[..], &[("data_centre_of", "atlantis")]].concat();
    assert!(paul.submit(&form, &unknown).await.html.contains("Diese Organisation gibt es hier nicht."));
    let right = [
        &levels[..],
        &[("data_centre_of", "mittelfeld"), ("c5-type-2_number", "C5-1"), ("c5-type-2_until", "2027-06-30")],
    ]
    .concat();
    let sent = paul.submit(&form, &right).await;
    assert_eq!((sent.status, sent.location), (303, Some(page.clone())), "{}", sent.html);
    let html = paul.get(&page).await.html;
    assert!(html.contains("Mittelfeld") && html.contains("C5-1, gültig bis 30.06.2027"), "{html}");
    let lena = app.api("lena@beispielland.example").await;
    let denied = lena.post(&format!("/api/v1{form}"), "", &json!({"protection": {}})).await;
    assert_eq!(denied.status, 403);
    let stranger = app.api("paul@musterregion.example").await;
    let missing = stranger.post(&format!("/api/v1{form}"), "", &json!({"protection": {}})).await;
    assert_eq!(missing.status, 404, "{}", missing.body);
}
