//! A virtual machine: ordered with the own public key, entered with it, stopped over the weekend, and ended.

use contract::Meter;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::bookings::{approve, show};
use tests::sim_cluster::{HOST_KEY, Play};
use tests::world::{PASSWORD, id};
use tests::{Browser, SimCluster, TestApp};

const JANA: &str = "jana@mittelfeld.example";
const PAUL: &str = "paul@beispielland.example";
const OFFERING: &str = "00000000-0000-7000-8000-000000000409";
const PLAN: &str = "00000000-0000-7000-8000-000000000429";

/// Made for this test; the private half was thrown away.
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrnd+xf8UZOGBRVihBryHMwCp1w8a6tvRXOgSfo/gB9 jana@rathaus";
/// The beginning of a file that must never be pasted into a form.
const PRIVATE: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\r\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAA\r\nQyNTUxOQAAACBq53fsX/FGThgUVYoQa8hzMAqdcPGurb0VzoEn6P4AfQAAAJidHDFEnRwx\r\n-----END OPENSSH PRIVATE KEY-----";

const MACHINE: &str = r#"
insert into offerings (id, provider_id, slug, kind, created_at) values
('00000000-0000-7000-8000-000000000409', '00000000-0000-7000-8000-000000000003', 'vm', 'virtual-machine', '2026-01-01');
insert into offering_locations (provider_id, offering_id, location_id) values
('00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000409', '00000000-0000-7000-8000-000000000301');
insert into offering_versions (id, provider_id, offering_id, number, title, title_en, summary, description, details,
    order_schema, published_at) values
('00000000-0000-7000-8000-000000000419', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000409', 1,
    'Virtuelle Maschine', 'Virtual machine', 'Eigener Rechner', 'Linux mit eigener Festplatte.', '{}',
    '{"type": "object", "properties": {}}', '2026-01-01');
insert into plans (id, provider_id, version_id, code, title, position, settings) values
('00000000-0000-7000-8000-000000000429', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000419', 's',
    'Maschine S', 1, '{"vcpu_milli": 2000, "memory_mib": 4096, "storage_gib_min": 10, "storage_gib_max": 100,
    "systems": [{"code": "debian-12", "title": "Debian 12"}, {"code": "windows", "title": "Windows"}]}');
insert into components (id, provider_id, plan_id, code, title, position, meter, model) values
('00000000-0000-7000-8000-000000000491', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000429', 'vcpu',
    'vCPU', 1, 'vcpu', '{"model": "per-unit", "unit": "vcpu", "per": "month"}'),
('00000000-0000-7000-8000-000000000492', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000429', 'memory',
    'Arbeitsspeicher', 2, 'memory', '{"model": "per-unit", "unit": "gibibyte", "per": "month"}'),
('00000000-0000-7000-8000-000000000493', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000429', 'storage',
    'Festplatte', 3, 'storage', '{"model": "per-unit", "unit": "gibibyte", "per": "month"}');
insert into prices (id, provider_id, component_id, amount, valid_from) values
('00000000-0000-7000-8000-000000000494', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000491', 8.40, '2026-01-01'),
('00000000-0000-7000-8000-000000000495', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000492', 3.20, '2026-01-01'),
('00000000-0000-7000-8000-000000000496', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000493', 0.28, '2026-01-01');
"#;

async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.owner_sql(MACHINE).await.unwrap();
    app
}

type Typed = Vec<(&'static str, &'static str)>;

fn form() -> Typed {
    vec![
        ("plan", PLAN),
        ("name", "Fachverfahren, Rechner"),
        ("parameters.hostname", "fachverfahren"),
        ("parameters.system", "debian-12"),
        ("parameters.storage_gib", "20"),
        ("parameters.ssh_keys", KEY),
        ("parameters.allowed_networks", "192.0.2.0/24"),
        ("cost_centre", "11140"),
        ("ledger_account", "5431000"),
        ("budget_line", id::BUDGET_LINE),
        ("legal_basis", id::LEGAL_BASIS),
        ("start_day", "24"),
        ("start_month", "11"),
        ("start_year", "2026"),
        ("justification", "Eigener Rechner für das Fachverfahren"),
    ]
}

fn with(field: &str, value: &'static str) -> Typed {
    form().into_iter().map(|(name, old)| (name, if name == field { value } else { old })).collect()
}

/// Orders in the browser, from the draft's check page on. Returns the order.
async fn send(app: &TestApp, jana: &mut Browser, check: &str) -> Value {
    let page = jana.get(check).await;
    assert_eq!(page.status, 200, "{}", page.html);
    for shown in ["Debian 12", KEY, "192.0.2.0/24", "20"] {
        assert!(
            page.html.contains(&shown.replace('+', "&#x2B;")) || page.html.contains(shown),
            "{shown}: {}",
            page.html
        );
    }
    let etag = page.hidden("etag").unwrap();
    let sent =
        jana.submit(&check.replace("/check", "/submit"), &[("confirm", "true"), ("etag", &etag)]).await;
    assert_eq!(sent.status, 303, "{}", sent.html);
    app.api(JANA).await.get("/api/v1/orders").await.body["rows"][0].clone()
}

#[actix_web::test]
async fn a_wrong_key_is_explained_and_what_was_typed_is_kept() {
    let app = start().await;
    let _sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let mut jana = app.sign_in(JANA).await;
    let path = format!("/offerings/{OFFERING}/order");
    let page = jana.get(&path).await.html;
    assert!(page.contains("Öffentliche SSH-Schlüssel") && page.contains("Debian 12"), "{page}");
    assert!(!page.contains("Windows"), "the location has no image of it");
    let wrong = jana.submit(&path, &with("parameters.ssh_keys", "ssh-rsa AAAAB3Nz jana@rathaus")).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.html.contains("href=\"#parameters.ssh_keys\""), "the summary leads to the field");
    assert!(
        wrong.html.contains("Schlüssel 1:") && wrong.html.contains("AAAAB3Nz jana@rathaus"),
        "{}",
        wrong.html
    );
    assert!(wrong.html.contains("value=\"fachverfahren\""), "everything else stands there as well");

    let all = [
        ("parameters.hostname", "Groß", "Rechnername: Diese Schreibweise"),
        ("parameters.storage_gib", "viel", "Geben Sie eine Zahl ein"),
        ("parameters.ssh_keys", "ssh-rsa AAAAB3Nz jana@rathaus", "Schlüssel 1:"),
        ("parameters.allowed_networks", "10.0.0.0/40", "„10.0.0.0/40“ ist kein Netz"),
    ];
    let replaced = |(name, old)| (name, all.iter().find(|it| it.0 == name).map_or(old, |it| it.1));
    let faulty: Typed = form().into_iter().map(replaced).collect();
    let told = jana.submit(&path, &faulty).await.html;
    for (field, _, sentence) in all {
        assert!(told.contains(&format!("href=\"#{field}\"")) && told.contains(sentence), "{field}: {told}");
    }

    let edit = wrong.html.split("action=\"").nth(1).map(|rest| rest.split('"').next().unwrap()).unwrap();
    let draft = wrong.html.split("action=\"/orders/").nth(1).unwrap_or_else(|| panic!("{edit}"));
    let edit = format!("/orders/{}", draft.split('"').next().unwrap());
    let private = jana.submit(&edit, &with("parameters.ssh_keys", PRIVATE)).await;
    assert_eq!(private.status, 422);
    assert!(private.html.contains("Das ist ein privater Schlüssel"), "{}", private.html);
    assert!(private.html.contains("value=\"fachverfahren\""), "the rest is kept");
    let elsewhere = jana.submit(&edit, &with("justification", PRIVATE)).await;
    for (place, html) in [("page", &private.html), ("other field", &elsewhere.html)] {
        assert!(!html.contains("b3BlbnNzaC1rZXktdjE"), "{place}: the key does not travel back");
    }
    assert!(!jana.get(&edit).await.html.contains("b3BlbnNzaC1rZXktdjE"), "nor is it in the draft");
    let dump = crate::chain_story::dump(&app).await;
    assert!(
        dump.contains("fachverfahren") && !dump.contains("b3BlbnNzaC1rZXktdjE"),
        "nor anywhere in the database"
    );

    let refused = app.api(JANA).await.post("/api/v1/orders", "a", &order(json!([PRIVATE]))).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["pointer"]),
        (422, &json!("/parameters/ssh_keys"))
    );
    let saved = jana.submit(&edit, &form()).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
}

fn order(keys: Value) -> Value {
    json!({
        "offering": OFFERING, "plan": PLAN, "name": "Fachverfahren, Rechner",
        "parameters": {"hostname": "fachverfahren", "system": "debian-12", "storage_gib": 20, "ssh_keys": keys,
            "allowed_networks": ["192.0.2.0/24"]},
        "cost_centre": "11140", "account": "5431000", "budget_line": id::BUDGET_LINE, "legal_basis": id::LEGAL_BASIS,
        "wished_on": "2026-11-24", "justification": "Eigener Rechner für das Fachverfahren",
    })
}

#[actix_web::test]
async fn a_machine_from_the_order_to_its_end() {
    let app = start().await;
    let mut sim = SimCluster::enrol(&app, id::LOCATION, PAUL).await;
    let mut jana = app.sign_in(JANA).await;
    let path = format!("/offerings/{OFFERING}/order");
    jana.get(&path).await;
    let saved = jana.submit(&path, &form()).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let order = send(&app, &mut jana, &saved.location.unwrap()).await;
    approve(&app, &order).await;
    let api = app.api(JANA).await;
    let list = api.get("/api/v1/bookings").await.body;
    let booking = list["rows"][0]["id"].as_str().unwrap().to_owned();

    sim.play = Play::NoRoom;
    sim.tick().await;
    let view = show(&api, &booking).await;
    assert!(view["progress"].to_string().contains("Insufficient memory"), "{:#}", view["progress"]);
    sim.play = Play::Ready;
    app.app.clock.advance(SignedDuration::from_secs(40));
    sim.tick().await;
    let view = show(&api, &booking).await;
    assert_eq!(view["phase"], "active", "{:#}", view["progress"]);
    assert_eq!(
        (&view["endpoints"][0]["port"], &view["endpoints"][0]["allowed_from"][0]),
        (&json!(22), &json!("192.0.2.0/24"))
    );
    let machine = sim.objects().find(|object| object["kind"] == "VirtualMachine").unwrap();
    assert_eq!(machine["spec"]["template"]["spec"]["hostname"], "fachverfahren");

    access(&app, &mut jana, &sim, &booking).await;
    weekend(&app, &mut sim, &booking).await;

    let end = format!("/api/v1/bookings/{booking}/terminate");
    let ended = api.post(&end, "end", &json!({"justification": "abgelöst"})).await;
    approve(&app, &ended.body).await;
    app.app.clock.advance(SignedDuration::from_secs(60));
    sim.pull(false).await;
    sim.reconcile();
    sim.push().await;
    app.app.clock.advance(SignedDuration::from_secs(5));
    sim.tick().await;
    let view = show(&api, &booking).await;
    assert_eq!(view["phase"], "gone", "{:#}", view["progress"]);
    let proof = view["end"]["proof"]["objects"].to_string();
    for kind in ["VirtualMachine", "PersistentVolumeClaim"] {
        assert!(proof.contains(kind), "{proof}");
    }
    assert_eq!(sim.objects().count(), 0, "nothing is left");
    assert!(view["usage"]["gaps"].as_array().unwrap().is_empty(), "{:#}", view["usage"]["gaps"]);
}

/// Who asks sees where to sign in and by what to know the machine; there is no password.
async fn access(app: &TestApp, jana: &mut Browser, sim: &SimCluster<'_>, booking: &str) {
    let reveal = format!("/bookings/{booking}/reveal");
    let page = jana.get(&format!("/bookings/{booking}")).await;
    assert!(page.html.contains("Jetzt anhalten"), "{}", page.html);
    assert_eq!(jana.submit(&reveal, &[("password", PASSWORD)]).await.status, 303);
    assert_eq!(sim.answer_reveals().await, 1);
    let shown = jana.get(&reveal).await.html;
    for line in [
        "ssh verwaltung@fachverfahren-",
        "SHA256:uXA5HwPILqim1kbVQGlLINZAOxxlOnjeWdvq7nzm1xI",
        "Fingerabdruck der Maschine",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let public = HOST_KEY.split(' ').nth(1).unwrap();
    assert!(shown.contains(&public.replace('+', "&#x2B;")) || shown.contains(public), "{shown}");
    assert!(!shown.contains("Passwort:"), "{shown}");
    assert!(!crate::chain_story::dump(app).await.contains(public), "access data are not kept");
}

/// While it is stopped nothing but its disk is held.
async fn weekend(app: &TestApp, sim: &mut SimCluster<'_>, booking: &str) {
    let api = app.api(JANA).await;
    let path = format!("/api/v1/bookings/{booking}/power");
    let wait = |hours| app.app.clock.advance(SignedDuration::from_hours(hours));
    wait(8);
    sim.tick().await;
    let stopped = api.post(&path, "stop", &json!({"power": "stopped", "justification": "Wochenende"})).await;
    assert_eq!(stopped.status, 201, "{}", stopped.body);
    app.app.clock.advance(SignedDuration::from_secs(5));
    sim.tick().await;
    assert_eq!(show(&api, booking).await["phase"], "stopped");
    assert!(sim.objects().any(|object| object["kind"] == "PersistentVolumeClaim"), "the disk stays");
    assert!(sim.objects().all(|object| object["kind"] != "VirtualMachineInstance"));
    wait(60);
    sim.tick().await;
    assert_eq!(api.post(&path, "start", &json!({"power": "running"})).await.status, 201);
    app.app.clock.advance(SignedDuration::from_secs(5));
    sim.tick().await;
    assert_eq!(show(&api, booking).await["phase"], "active");
    wait(8);
    sim.tick().await;
    for (meter, size) in [(Meter::Vcpu, 2000), (Meter::Memory, 4096), (Meter::Instance, 1)] {
        let usage = sim.intervals(meter);
        let held = |amount: i64| -> i64 {
            let rows = usage.iter().filter(|row| row.amount == amount);
            rows.map(|row| row.to.as_second() - row.from.as_second()).sum()
        };
        assert!((held(0) - 60 * 3600).abs() < 120, "{meter:?}: {usage:#?}");
        assert!(usage.iter().all(|row| row.amount == 0 || row.amount == size), "{usage:#?}");
    }
    let disk = sim.intervals(Meter::Storage);
    assert!(disk.iter().all(|row| row.amount == 20 * 1024), "{disk:#?}");
}
