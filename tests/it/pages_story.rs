//! What stands around and on pages for each person: numbers beside the navigation, tasks of the first page, the language.

use crate::billing::{What, at, book, complete_up_to, issue, records, report};
use crate::order_story::{decide, mails, sent, start, with};
use domain::time::Month;
use tests::browser::PageAnswer;
use tests::world::id;
use tests::{Browser, TestApp};

const NOTHING: [&str; 0] = [];
const JANA: &str = "jana@mittelfeld.example";
const TOBIAS: &str = "tobias@mittelfeld.example";
const PETRA: &str = "petra@mittelfeld.example";
const BOTH: &str = "both@mittelfeld.example";

/// The numbers of the main navigation, by the address that they stand beside.
fn numbers(page: &PageAnswer) -> Vec<(String, u32)> {
    let nav = page.html.split("wa-nav--large").nth(1).and_then(|rest| rest.split("</nav>").next()).unwrap();
    let entries = nav.split("<li>").skip(1).filter_map(|entry| {
        let href = entry.split("href=\"").nth(1)?.split('"').next()?;
        let number = entry.split("class=\"wa-count\">").nth(1)?.split('<').next()?;
        Some((href.to_owned(), number.parse().unwrap()))
    });
    entries.collect()
}

async fn shown(app: &TestApp, email: &str, path: &str) -> Vec<(String, u32)> {
    let page = app.sign_in(email).await.get(path).await;
    assert_eq!(page.status, 200, "{email} {path}");
    numbers(&page)
}

fn beside(href: &str, number: u32) -> Vec<(String, u32)> {
    vec![(href.to_owned(), number)]
}

#[actix_web::test]
async fn the_numbers_beside_the_navigation_are_what_waits_for_this_person() {
    let app = start().await;
    let (jana, tobias) = (app.api(JANA).await, app.api(TOBIAS).await);
    assert_eq!(shown(&app, TOBIAS, "/").await, [], "nothing waits yet");
    let first = sent(&jana, "k1").await;
    sent(&jana, "k2").await;
    sent(&app.api(BOTH).await, "k3").await;
    assert_eq!(shown(&app, TOBIAS, "/orders").await, beside("/approvals", 3));
    assert_eq!(shown(&app, BOTH, "/").await, beside("/approvals", 2), "nobody decides own orders");
    assert_eq!(shown(&app, PETRA, "/approvals").await, [], "73.06 are above a limit of 10");
    for (email, path) in [
        (JANA, "/"),
        ("hanna@mittelfeld.example", "/"),
        ("nobody@mittelfeld.example", "/"),
        ("tobias@kleindorf.example", "/approvals"),
        ("paul@beispielland.example", "/"),
    ] {
        assert_eq!(shown(&app, email, path).await, [], "{email}");
    }
    let petra = app.sign_in(PETRA).await.get("/approvals").await;
    assert!(
        petra.html.contains("Keine Bestellung wartet auf Sie") && petra.html.contains("Über Ihrer Grenze")
    );

    assert_eq!(decide(&tobias, &first, "approve", "").await.status, 200);
    assert_eq!(shown(&app, TOBIAS, "/").await, beside("/approvals", 2));
    let missing = app.sign_in(TOBIAS).await.get("/orders/kein-schluessel").await;
    assert_eq!(
        (missing.status, numbers(&missing)),
        (404, beside("/approvals", 2)),
        "on pages of errors, too"
    );
    app.app.clock.advance(jiff::SignedDuration::from_hours(24 * 7 + 1));
    assert_eq!(shown(&app, TOBIAS, "/").await, [], "their time is over, whether the sweep ran or not");
}

#[actix_web::test]
async fn drafts_are_counted_for_their_owner_alone() {
    let app = start().await;
    let mut jana = app.sign_in(JANA).await;
    let path = format!("/offerings/{}/order", id::POSTGRESQL);
    jana.get(&path).await;
    let saved = jana.submit(&path, &[("plan", id::POSTGRESQL_PLAN), ("name", "Baumkataster")]).await;
    assert!(saved.status == 303 || saved.status == 422, "{}", saved.status);
    let complete = order_form(&mut jana, "Baumkataster").await;
    assert_eq!(complete.status, 303, "{}", complete.html);
    assert_eq!(numbers(&jana.get("/").await), beside("/orders", 2), "what is wrong is kept as well");
    assert_eq!(shown(&app, BOTH, "/").await, [], "a draft is its author's alone");
}

/// Fills the order form of PostgreSQL completely and sends it.
async fn order_form(browser: &mut Browser, name: &str) -> PageAnswer {
    let path = format!("/offerings/{}/order", id::POSTGRESQL);
    browser.get(&path).await;
    let fields = [
        ("plan", id::POSTGRESQL_PLAN),
        ("name", name),
        ("parameters.database", "baum"),
        ("parameters.version", "15"),
        ("parameters.storage_gib", "10"),
        ("cost_centre", "11140"),
        ("ledger_account", "5431000"),
        ("budget_line", id::BUDGET_LINE),
        ("legal_basis", id::LEGAL_BASIS),
        ("start_day", "1"),
        ("start_month", "12"),
        ("start_year", "2026"),
        ("justification", "Grünpflege"),
    ];
    browser.submit(&path, &fields).await
}

#[actix_web::test]
async fn the_language_is_chosen_only_where_the_page_can_be_opened_again() {
    let app = TestApp::start().await;
    let mut paul = app.sign_in("paul@beispielland.example").await;
    let path = format!("/locations/{}", id::LOCATION);
    let page = paul.get(&path).await;
    assert!(page.html.contains("action=\"/language\""));
    let code = paul.submit(&format!("{path}/enrolment"), &[]).await;
    assert_eq!(code.status, 200);
    assert!(
        code.html.contains("lang=\"de\"") && !code.html.contains("/language"),
        "the code is shown this once"
    );
    assert!(
        code.html.contains("href=\"/locations\" aria-current=\"true\""),
        "and it is clear where it stands"
    );

    let mut jana = app.sign_in(JANA).await;
    let page = jana.get("/offerings?q=Datenbank").await;
    assert_eq!(page.hidden("next").as_deref(), Some("/offerings?q=Datenbank"));
    let chosen = jana.submit("/language", &[("lang", "en"), ("next", "/offerings?q=Datenbank")]).await;
    assert_eq!(chosen.location.as_deref(), Some("/offerings?q=Datenbank"));
    assert!(jana.get("/offerings?q=Datenbank").await.html.contains("<html lang=\"en\">"));
}

/// Links below `prefix` in the list of tasks of the first page.
async fn tasks(app: &TestApp, email: &str, prefix: &str) -> Vec<String> {
    let page = app.sign_in(email).await.get("/").await;
    assert_eq!(page.status, 200, "{email}");
    let list =
        page.html.split("id=\"h-tasks\"").nth(1).and_then(|rest| rest.split("</section>").next()).unwrap();
    let links = list.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| link.starts_with(prefix)).map(str::to_owned).collect()
}

#[actix_web::test]
async fn the_first_page_names_what_each_role_can_do_now() {
    let app = TestApp::start_at(at("2026-11-03T09:00:00Z"), "keep").await;
    let (karl, berta) = ("karl@mittelfeld.example", "berta@beispielland.example");
    let booked =
        book(&app, 1, "mittelfeld", What::Postgresql { storage_gib: 10 }, "2026-10-05T07:00:00Z", None).await;
    assert_eq!(tasks(&app, berta, "/finance").await, NOTHING, "usage is not complete");
    report(&app, records(&booked, "2026-10-05T07:00:00Z", "2026-10-31T23:00:00Z"), vec![]).await;
    complete_up_to(&app, "2026-10-31T23:00:00Z").await;
    assert_eq!(tasks(&app, berta, "/finance").await, ["/finance/months"]);
    assert_eq!(tasks(&app, "berta@musterregion.example", "/finance").await, NOTHING);
    assert_eq!(tasks(&app, karl, "/invoices").await, NOTHING);
    let issued = issue(&app, &app.actor(berta).await, Month::new(2026, 10).unwrap()).await.unwrap();
    assert_eq!(tasks(&app, berta, "/finance").await, NOTHING, "the month is issued");
    assert_eq!(tasks(&app, karl, "/invoices").await, [format!("/invoices/{}", issued[0].id)]);
    assert_eq!(tasks(&app, "karl@kleindorf.example", "/invoices").await, NOTHING);

    let access = format!("/bookings/{}#access", booked.id);
    assert_eq!(tasks(&app, JANA, "/bookings").await, std::slice::from_ref(&access), "who ordered it");
    assert_eq!(tasks(&app, "murat@mittelfeld.example", "/bookings").await, [access], "and IT");
    for email in [BOTH, TOBIAS, "jana@kleindorf.example", "paul@beispielland.example"] {
        assert_eq!(tasks(&app, email, "/bookings").await, NOTHING, "{email}");
    }
    let shown = format!(
        "insert into reveals (id, booking_id, organisation_id, provider_id, location_id, person_id, public_key, \
            requested_at, expires_at, answered_at, shown_at)
         select gen_random_uuid(), b.id, b.organisation_id, b.provider_id, b.location_id, p.id, decode(repeat('00', 32), 'hex'), \
            now(), now(), now(), now() from bookings b, people p where b.id = '{}' and p.email = '{JANA}'",
        booked.id
    );
    app.owner_sql(&shown).await.unwrap();
    assert_eq!(tasks(&app, JANA, "/bookings").await, NOTHING, "they were shown");
}

#[actix_web::test]
async fn a_disturbed_booking_is_a_task_on_both_sides() {
    let app = TestApp::start_at(at("2026-11-03T09:00:00Z"), "keep").await;
    let what = What::Postgresql { storage_gib: 10 };
    let booked = book(&app, 1, "mittelfeld", what, "2026-10-05T07:00:00Z", None).await;
    let (murat, paul) = ("murat@mittelfeld.example", "paul@beispielland.example");
    let here = format!("/bookings/{}", booked.id);
    let disturbed = async |email: &str| tasks(&app, email, "/bookings").await.contains(&here);
    let seen = |status: &str| {
        format!(
            "update operators set enrolled_at = '2026-10-01', heartbeat_at = '2026-11-03T08:59:00Z' where location_id = '{}';
             update booking_observations set conditions = '[{{\"type\": \"Ready\", \"status\": \"{status}\", \
                \"reason\": \"X\", \"messageKey\": \"ready\", \"messageArgs\": {{}}, \"since\": \"2026-11-03T02:14:00Z\"}}]'
             where booking_id = '{}'",
            id::LOCATION, booked.id
        )
    };
    app.owner_sql(&seen("True")).await.unwrap();
    assert!(!disturbed(murat).await && !disturbed(paul).await);
    app.owner_sql(&seen("False")).await.unwrap();
    assert!(disturbed(murat).await && disturbed(paul).await);
    assert!(!disturbed("karl@mittelfeld.example").await, "finance can do nothing about it");
    assert!(!disturbed("paul@musterregion.example").await);
    app.app.clock.advance(jiff::SignedDuration::from_mins(11));
    assert!(!disturbed(paul).await, "its operator is silent, which is told of the location");
    assert_eq!(tasks(&app, paul, "/locations").await, [format!("/locations/{}", id::LOCATION)]);
}

#[actix_web::test]
async fn cost_centre_and_account_are_chosen_from_the_list_or_typed_where_there_is_none() {
    let app = start().await;
    let mut jana = app.sign_in(JANA).await;
    let path = format!("/offerings/{}/order", id::POSTGRESQL);
    let form = jana.get(&path).await.html;
    assert!(form.contains("<select class=\"kern-form-input__select\" id=\"cost_centre\""), "{form}");
    assert!(
        form.contains("<option value=\"11140\" selected>11140 Digitalisierung</option>"),
        "the only one is chosen"
    );
    assert!(form.contains("<option value=\"5431000\" selected>5431000 IT-Dienstleistungen</option>"));
    assert!(!form.contains("10000 Hauptamt"), "no list of another authority");

    app.owner_sql(&format!("delete from cost_centres where organisation_id = '{}'", id::MITTELFELD))
        .await
        .unwrap();
    let form = jana.get(&path).await.html;
    assert!(form.contains("<input class=\"kern-form-input__input wa-w-m\" id=\"cost_centre\""), "{form}");
    let api = app.api(JANA).await;
    let typed = ["", "1\n2", &"9".repeat(41), "55 1/10"];
    for (key, (typed, status)) in typed.into_iter().zip([422, 422, 422, 201]).enumerate() {
        let answer = api.post("/api/v1/orders", &format!("k{key}"), &with("cost_centre", typed.into())).await;
        assert_eq!(answer.status, status, "{typed:?} {}", answer.body);
    }
}

#[actix_web::test]
async fn whoever_may_not_order_leaves_a_draft_with_the_person_who_may() {
    let app = start().await;
    app.owner_sql("delete from person_roles where person_id in (select id from people where email = 'both@mittelfeld.example')")
        .await
        .unwrap();
    let mut nobody = app.sign_in("nobody@mittelfeld.example").await;
    let offering = format!("/offerings/{}", id::POSTGRESQL);
    let page = nobody.get(&format!("{offering}?parameters.storage_gib=7")).await;
    assert!(page.html.contains("jana mittelfeld um die Bestellung bitten"), "{}", page.html);
    let wish =
        [("plan", id::POSTGRESQL_PLAN), ("parameters.storage_gib", "7"), ("budget_line", id::BUDGET_LINE)];
    for _ in 0..2 {
        nobody.get(&offering).await;
        assert_eq!(nobody.submit(&format!("{offering}/ask"), &wish).await.status, 303);
    }
    let sent = mails(&app).await;
    assert_eq!(sent.len(), 1, "asked twice, told once: {sent:?}");
    assert!(sent[0].0 == JANA && sent[0].1.contains("nobody mittelfeld"), "{sent:?}");

    let draft = tasks(&app, JANA, "/orders").await;
    assert_eq!(draft.len(), 1);
    let wish_id = draft[0].trim_start_matches("/orders/").trim_end_matches("/check").to_owned();
    assert!(sent[0].1.contains(&format!("/orders/{wish_id}/edit")));
    let mut jana = app.sign_in(JANA).await;
    assert!(jana.get("/").await.html.contains("erbeten von nobody mittelfeld"));
    let form = jana.get(&format!("/orders/{wish_id}/edit")).await.html;
    assert!(form.contains("name=\"parameters.storage_gib\" type=\"text\" value=\"7\""), "{form}");
    assert!(
        !form.contains(&format!("value=\"{}\" checked", id::BUDGET_LINE)),
        "who pays decides whoever orders"
    );
    assert_eq!(nobody.get(&format!("/orders/{wish_id}/edit")).await.status, 403);
    let stranger = app.api("jana@kleindorf.example").await;
    let discard = format!("/api/v1/orders/{wish_id}/discard");
    assert_eq!(stranger.post(&discard, "", &serde_json::json!({})).await.status, 404);

    jana.get("/orders?tab=drafts").await;
    assert_eq!(jana.submit(&format!("/orders/{wish_id}/discard"), &[]).await.status, 303);
    assert_eq!(tasks(&app, JANA, "/orders").await, NOTHING);
    let sent = mails(&app).await;
    let told = sent.iter().find(|mail| mail.0 == "nobody@mittelfeld.example");
    assert!(told.is_some_and(|mail| mail.1.contains("verworfen")), "whoever asked is told: {sent:?}");
    assert_eq!(
        app.api(JANA).await.post(&discard, "", &serde_json::json!({})).await.status,
        404,
        "gone is gone"
    );
    nobody.get(&offering).await;
    nobody.submit(&format!("{offering}/ask"), &wish).await;
    assert_eq!(tasks(&app, JANA, "/orders").await.len(), 1, "asked anew");

    let lena = app.sign_in("lena@beispielland.example").await.get(&offering).await.html;
    assert!(!lena.contains("/ask\"") && lena.contains("Behörden bestellen"), "a provider has nobody to ask");
}

#[actix_web::test]
async fn the_catalogue_is_read_by_everybody_and_the_way_to_an_order_leads_over_the_sign_in() {
    let app = start().await;
    let mut visitor = app.browser();
    let list = visitor.get("/offerings?q=Datenbank").await;
    assert_eq!(list.status, 200);
    assert!(list.html.contains("Datenbank PostgreSQL") && list.html.contains("27,55"), "{}", list.html);
    assert!(list.html.contains("href=\"/sign-in?next=/offerings%3Fq%3DDatenbank\""));
    let path = format!("/offerings/{}", id::POSTGRESQL);
    let page = visitor.get(&format!("{path}?parameters.storage_gib=10&months=2")).await;
    assert_eq!(page.status, 200);
    assert!(page.html.contains("30,70"), "list price, net");
    assert!(page.html.contains("Nach der Anmeldung") && page.html.contains("Ob und wie viel Umsatzsteuer"));
    for private in ["Mittelfeld", "Kleindorf", "19 %", "36,53", "11.1.40"] {
        assert!(!page.html.contains(private) && !list.html.contains(private), "{private}");
    }
    assert_eq!(visitor.get(&format!("{path}?months=0")).await.status, 422);
    assert_eq!(visitor.get("/offerings/00000000-0000-7000-8000-ffffffffffff").await.status, 404);
    app.owner_sql(&format!("update offerings set withdrawn_at = '2026-11-01' where id = '{}'", id::CHATBOT))
        .await
        .unwrap();
    assert_eq!(visitor.get(&format!("/offerings/{}", id::CHATBOT)).await.status, 404);

    let order = format!("{path}/order?plan={}&parameters.storage_gib=10", id::POSTGRESQL_PLAN);
    let led = visitor.get(&order).await;
    assert_eq!(led.status, 303);
    let sign_in = visitor.get(&led.location.unwrap()).await;
    let kept = format!("name=\"next\" value=\"{}\"", order.replace('&', "&amp;"));
    assert!(sign_in.html.contains(&kept), "{}", sign_in.html);
    let person = [("email", JANA), ("password", tests::world::PASSWORD), ("next", order.as_str())];
    let back = visitor.submit("/sign-in", &person).await;
    assert_eq!(back.location.as_deref(), Some(order.as_str()));
    let form = visitor.get(&order).await;
    assert!(
        form.status == 200
            && form.html.contains("name=\"parameters.storage_gib\" type=\"text\" value=\"10\"")
    );

    let refused = app.sign_in(TOBIAS).await.get(&order).await;
    assert_eq!(refused.status, 403);
    assert!(
        refused.html.contains("tobias mittelfeld") && !refused.html.contains("href=\"/sign-in"),
        "still signed in"
    );
    assert!(refused.html.contains(&format!("href=\"{path}\"")), "leads to where one can ask");
}

#[actix_web::test]
async fn the_right_of_everybody_reaches_no_row_of_any_tenant() {
    let app = start().await;
    sent(&app.api(JANA).await, "k").await;
    let scope = domain::policy::Scope::everybody();
    let counts = app.app.db.read(&scope, async |conn: &mut db::Conn| {
        let orders = db::orders::count(conn, &scope, db::orders::Which::All).await?;
        let units = db::organisations::list_units(conn, &scope).await?.len();
        let lines = db::budgets::list_held(conn, &scope, None).await?.len();
        // Without the filters of the finders, only row-level security is left.
        let people = db::people::find_by_email(conn, JANA).await?;
        Ok::<_, db::Error>((orders, units, lines, people.is_none()))
    });
    assert_eq!(counts.await.unwrap(), (0, 0, 0, true));
    let write = app.app.db.touch(&scope, "a visitor writes nothing", async |conn: &mut db::Conn| {
        db::attempts::lock(conn, b"x", app.app.clock.now()).await
    });
    assert!(write.await.is_err());
}

#[actix_web::test]
async fn provider_and_customer_read_what_the_offering_asked() {
    let app = TestApp::start_at(at("2026-11-03T09:00:00Z"), "keep").await;
    let booked = book(&app, 1, "mittelfeld", What::Chatbot, "2026-10-05T07:00:00Z", None).await;
    let asked = format!(
        "alter table offering_versions disable trigger user; alter table orders disable trigger user;
         update offering_versions set order_schema = '{{\"type\": \"object\", \"properties\": {{\"domain\": \
            {{\"type\": \"string\", \"title\": \"Wunschname der Adresse\"}}}}}}'
         where offering_id = '{}';
         update orders set answers = '{{\"domain\": \"auskunft.mittelfeld.example\"}}' where booking_id = '{}';
         insert into order_decisions (order_id, organisation_id, decision, requested_by, decided_by, decided_at)
         select o.id, o.organisation_id, 'approved', o.requested_by, p.id, '2026-10-05' from orders o, people p
         where o.booking_id = '{}' and p.email = '{TOBIAS}'",
        id::CHATBOT, booked.id, booked.id
    );
    app.owner_sql(&asked).await.unwrap();
    let path = format!("/bookings/{}", booked.id);
    for email in [JANA, "felix@beispielland.example", "paul@beispielland.example"] {
        let page = app.sign_in(email).await.get(&path).await.html;
        assert!(
            page.contains("Wunschname der Adresse") && page.contains("auskunft.mittelfeld.example"),
            "{email}"
        );
        let view = app.api(email).await.get(&format!("/api/v1{path}")).await.body;
        assert_eq!(view["answers"][0]["values"][0], "auskunft.mittelfeld.example", "{email}");
    }
    assert_eq!(app.sign_in("paul@musterregion.example").await.get(&path).await.status, 404);
}

#[actix_web::test]
async fn a_proof_tells_what_is_known_even_if_no_object_was_ever_listed() {
    let app = TestApp::start_at(at("2026-11-03T09:00:00Z"), "keep").await;
    let what = What::Postgresql { storage_gib: 10 };
    let end = Some("2026-10-20T22:00:00Z");
    let booked = book(&app, 1, "mittelfeld", what, "2026-10-05T07:00:00Z", end).await;
    let page = app.sign_in(JANA).await.get(&format!("/bookings/{}", booked.id)).await.html;
    assert!(page.contains("Beispielhausen") && page.contains("21.10.2026"), "where and when: {page}");
    assert!(page.contains("Einzelne Objekte hat der Standort nicht aufgezählt") && page.contains("sha256:"));
    let event = format!(
        "insert into booking_events (id, booking_id, organisation_id, provider_id, happened_at, recorded_at, name, detail)
         select gen_random_uuid(), id, organisation_id, provider_id, '2026-10-20T21:58:00Z', '2026-10-20T21:58:00Z', 'deleting',
            '{{\"args\": {{\"detail\": \"Cluster b-1, Secret b-1\"}}}}' from bookings where id = '{}'",
        booked.id
    );
    app.owner_sql(&event).await.unwrap();
    let page = app.sign_in(JANA).await.get(&format!("/bookings/{}", booked.id)).await.html;
    assert!(page.contains("Cluster b-1, Secret b-1") && page.contains("Die Löschung begann am"));
    assert!(!page.contains("Einzelne Objekte hat"));
}
