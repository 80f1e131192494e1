//! Renders every template in every state and both languages, because errors of templates are run-time errors.
//!
//! `WOLKENAMT_SAMPLES=<folder>` also writes the pages there, to look at them and to check them with axe.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::Templates;
use crate::http::views::bookings::{BookingPhase, RevealState};
use crate::http::views::form::Form;
use crate::http::views::months::MonthState;
use crate::http::views::orders::{OrderAction, OrderState};
use crate::http::views::page::{Lang, Page};
use crate::http::views::provider::LocationState;
use crate::http::views::samples::{
    account, availability, bookings, finance, offerings, orders, page, provider, provider_page, refused,
    tasks, transfer, visitor_page, with_notice,
};
use crate::http::views::text::Bearing;
use crate::http::views::timeline::StepState;

fn web() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web")
}

fn load() -> Templates {
    Templates::load(&web()).unwrap_or_else(|error| panic!("{error}: {}", cause(&error)))
}

fn cause(error: &dyn std::error::Error) -> String {
    error.source().map(|inner| format!("{inner}\n{}", cause(inner))).unwrap_or_default()
}

struct Sample {
    name: String,
    template: &'static str,
    page: Page,
    view: Value,
    form: Form,
}

fn sample(name: impl Into<String>, template: &'static str, page: Page, view: &impl Serialize) -> Sample {
    let view = serde_json::to_value(view).unwrap();
    Sample { name: name.into(), template, page, view, form: Form::fresh("key-1") }
}

impl Sample {
    fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }
}

fn all(lang: Lang) -> Vec<Sample> {
    let mut found = Vec::new();
    found.extend(public(lang));
    found.extend(ordering(lang));
    found.extend(approving(lang));
    found.extend(booked(lang));
    found.extend(restoring(lang));
    found.extend(kept(lang));
    found.extend(money(lang));
    found.extend(providers(lang));
    found.extend(brokers(lang));
    found.extend(people(lang));
    found.extend(rest(lang));
    found
}

fn public(lang: Lang) -> Vec<Sample> {
    let anybody = |path: &str| visitor_page(lang, path);
    let mut visited = offerings::offering();
    visited.eligibility.organisation = None;
    visited.eligibility.checks.clear();
    let mut bare = offerings::offering();
    bare.estimate = None;
    bare.plans.truncate(1);
    bare.documents.clear();
    bare.suited.clear();
    bare.unsuited.clear();
    bare.facts.clear();
    bare.eligibility = offerings::eligible(false);
    let wrong = [("email", "E-Mail-Adresse oder Passwort stimmt nicht.")];
    vec![
        sample("sign-in", "account/sign-in.html", anybody("/sign-in"), &account::sign_in(true, false)),
        sample(
            "sign-in-refused",
            "account/sign-in.html",
            anybody("/sign-in"),
            &account::sign_in(false, true),
        )
        .form(refused(&wrong).value("email", "jana.probst@musterstadt.example")),
        sample(
            "catalogue",
            "offerings/catalogue.html",
            page(lang, "/offerings"),
            &offerings::catalogue(true, ""),
        ),
        sample(
            "catalogue-none",
            "offerings/catalogue.html",
            anybody("/offerings?q=Zeit"),
            &offerings::catalogue(false, "Zeiterfassung"),
        ),
        sample(
            "catalogue-empty",
            "offerings/catalogue.html",
            anybody("/offerings"),
            &offerings::catalogue(false, ""),
        ),
        sample("offering", "offerings/offering.html", page(lang, "/offerings/10"), &offerings::offering()),
        sample("offering-visitor", "offerings/offering.html", anybody("/offerings/10"), &visited),
        sample("offering-denied", "offerings/offering.html", page(lang, "/offerings/10"), &bare).form(
            refused(&[(
                "parameters.storage_gib",
                "Speicherplatz: Geben Sie eine Zahl von 10 bis 2000 GiB ein.",
            )]),
        ),
        sample(
            "compare",
            "offerings/compare.html",
            page(lang, "/products/postgresql"),
            &availability::compare(false),
        )
        .form(
            refused(&[("need_confidentiality", "Wählen Sie aus den angebotenen Werten.")])
                .value("stay", "own"),
        ),
        sample(
            "compare-visitor",
            "offerings/compare.html",
            anybody("/products/postgresql"),
            &availability::compare(true),
        ),
        sample("accessibility", "pages/accessibility.html", anybody("/accessibility"), &()),
        sample("api", "api/docs.html", anybody("/api"), &account::api_docs()),
    ]
}

/// A refusal at every kind of input of the order form.
const ORDER_ERRORS: [(&str, &str); 11] = [
    ("plan", "Tarif: Wählen Sie einen der angebotenen Tarife."),
    ("parameters.name", "Name der Datenbank: Diese Schreibweise geht nicht."),
    ("parameters.version", "Version: Wählen Sie einen der angebotenen Werte."),
    ("parameters.storage_gib", "Speicherplatz: Geben Sie eine Zahl von 10 bis 2000 GiB ein."),
    ("parameters.networks", "Zugelassene Netze: Höchstens 32 Einträge."),
    ("parameters.backup", "Tägliche Sicherung: Diese Angabe passt nicht."),
    ("cost_centre", "Kostenstelle: Diese Kostenstelle ist nicht angelegt."),
    ("budget_line", "Haushaltsansatz: Wählen Sie, aus welchem Ansatz bezahlt wird."),
    ("legal_basis", "Rechtsgrundlage: Wählen Sie eine."),
    ("start_day", "Beginn: Das Datum liegt in der Vergangenheit. Frühester Tag ist der 24.11.2026."),
    ("justification", "Begründung: Schreiben Sie, wofür Sie es brauchen."),
];

fn approving(lang: Lang) -> Vec<Sample> {
    let here = |path: &str| page(lang, path);
    vec![
        sample("approvals", "approvals/list.html", here("/approvals"), &orders::approvals(true, true)),
        sample("approvals-empty", "approvals/list.html", here("/approvals"), &orders::approvals(false, true)),
        sample("approvals-role", "approvals/list.html", here("/approvals"), &orders::approvals(false, false)),
        sample(
            "approval",
            "approvals/approval.html",
            here("/approvals/31"),
            &orders::approval(OrderState::Requested, true),
        ),
        sample("approval-change", "approvals/approval.html", here("/approvals/31"), &{
            let mut approval = orders::approval(OrderState::Requested, true);
            approval.order.content = orders::content(OrderAction::Change);
            approval
        }),
        sample("approval-terminate", "approvals/approval.html", here("/approvals/31"), &{
            let mut approval = orders::approval(OrderState::Requested, true);
            approval.order.content = orders::content(OrderAction::Terminate);
            approval.order.estimate.lines.clear();
            approval
        }),
        sample(
            "approval-refused",
            "approvals/approval.html",
            here("/approvals/31"),
            &orders::approval(OrderState::Requested, true),
        )
        .form(
            refused(&[
                ("decision", "Wählen Sie, ob Sie freigeben oder ablehnen."),
                ("reason", "Begründung: Schreiben Sie, warum Sie ablehnen."),
            ])
            .value("decision", "reject"),
        ),
        sample(
            "approval-done",
            "approvals/approval.html",
            here("/approvals/31"),
            &orders::approval(OrderState::Rejected, false),
        ),
    ]
}

fn ordering(lang: Lang) -> Vec<Sample> {
    let here = |path: &str| page(lang, path);
    let mut found = vec![
        sample("order-form", "orders/form.html", here("/offerings/10/order"), &orders::form(true))
            .form(orders::typed()),
        sample("order-form-empty", "orders/form.html", here("/offerings/10/order"), &orders::form(false))
            .form(refused(&[("", "Zurzeit nimmt kein Standort dieses Angebots Bestellungen an.")])),
        sample("order-form-refused", "orders/form.html", here("/offerings/10/order"), &orders::form(true))
            .form(Form { errors: refused(&ORDER_ERRORS).errors, ..orders::typed() }),
        sample("order-check", "orders/check.html", here("/orders/30/check"), &orders::check()),
        sample("order-check-refused", "orders/check.html", here("/orders/30/check"), &orders::check()).form(
            refused(&[
                ("confirm", "Bestätigen Sie, dass Sie die Angaben geprüft haben."),
                ("", "Das Budget reicht nicht."),
            ]),
        ),
        sample("order-transfer", "orders/order.html", here("/orders/31"), &{
            let mut order = orders::order(OrderState::Requested);
            order.content = orders::content(OrderAction::Transfer);
            order
        }),
        sample("order-extend", "orders/order.html", here("/orders/31"), &{
            let mut order = orders::order(OrderState::Requested);
            order.content = orders::content(OrderAction::Resume);
            order
        }),
        sample("order-terminate", "orders/order.html", here("/orders/31"), &{
            let mut order = orders::order(OrderState::Approved);
            order.content = orders::content(OrderAction::Terminate);
            order.may_decide = true;
            order.commitment = None;
            order.estimate.lines.clear();
            order
        }),
    ];
    for tab in ["mine", "organisation", "drafts"] {
        found.push(sample(
            format!("orders-{tab}"),
            "orders/list.html",
            here("/orders"),
            &orders::list(tab, tab != "drafts"),
        ));
        found.push(sample(
            format!("orders-{tab}-empty"),
            "orders/list.html",
            here("/orders"),
            &orders::list(tab, false),
        ));
    }
    for state in orders::STATES {
        let sent = with_notice(here("/orders/31"), Bearing::Good, "order-sent");
        found.push(sample(
            format!("order-{state:?}").to_lowercase(),
            "orders/order.html",
            sent,
            &orders::order(state),
        ));
    }
    found
}

fn kept(lang: Lang) -> Vec<Sample> {
    let of = |name: &str, rotation: &str, changing: bool| {
        let mut booking = bookings::booking(BookingPhase::Active);
        booking.access = bookings::custody(changing);
        rotation.clone_into(&mut booking.access.rotation);
        booking.access.may_change &= rotation == "engine" || rotation == "broker";
        sample(name, "bookings/booking.html", page(lang, "/bookings/40"), &booking)
    };
    vec![
        of("booking-access-seen", "engine", false),
        of("booking-access-seen-broker", "broker", false),
        of("booking-access-changing", "engine", true),
        of("booking-access-inside", "inside", true),
        of("booking-access-nothing", "nothing", true),
    ]
}

fn booked(lang: Lang) -> Vec<Sample> {
    let here = |path: &str| page(lang, path);
    let mut found = vec![
        sample(
            "availability-none",
            "bookings/availability.html",
            page(lang, "/bookings/40/availability"),
            &availability::month(None),
        ),
        sample(
            "availability-kept",
            "bookings/availability.html",
            page(lang, "/bookings/40/availability"),
            &availability::month(Some("kept")),
        ),
        sample(
            "availability-missed",
            "bookings/availability.html",
            page(lang, "/bookings/40/availability"),
            &availability::month(Some("missed")),
        ),
        sample("bookings", "bookings/list.html", here("/bookings"), &bookings::list("running", true)),
        sample("bookings-empty", "bookings/list.html", here("/bookings"), &bookings::list("running", false)),
        sample(
            "bookings-ended-empty",
            "bookings/list.html",
            here("/bookings"),
            &bookings::list("ended", false),
        ),
    ];
    found.extend(about_a_booking(lang));
    found.push(
        sample(
            "booking-reveal-refused",
            "bookings/booking.html",
            here("/bookings/40"),
            &bookings::booking(BookingPhase::Active),
        )
        .form(refused(&[("password", "Passwort: Das Passwort stimmt nicht.")])),
    );
    for phase in bookings::PHASES {
        let name = format!("booking-{phase:?}").to_lowercase();
        found.push(sample(name, "bookings/booking.html", here("/bookings/40"), &bookings::booking(phase)));
    }
    for state in [StepState::Done, StepState::Running, StepState::Waiting, StepState::Failed, StepState::Todo]
    {
        let name = format!("progress-{state:?}").to_lowercase();
        found.push(sample(name, "bookings/progress.html", here("/bookings/40"), &bookings::progress(state)));
    }
    for state in [
        RevealState::Waiting,
        RevealState::Shown,
        RevealState::AlreadyShown,
        RevealState::Expired,
        RevealState::Failed,
    ] {
        let name = format!("reveal-{state:?}").to_lowercase();
        found.push(sample(
            name,
            "bookings/reveal.html",
            here("/bookings/40/reveal"),
            &bookings::reveal(state),
        ));
    }
    found
}

fn restoring(lang: Lang) -> Vec<Sample> {
    let form = |name| {
        sample(name, "bookings/restore.html", page(lang, "/bookings/40/restore"), &bookings::restore())
    };
    let wrong = [("at_day", "Zeitpunkt: Geben Sie Tag und Uhrzeit ein."), ("confirm", "Bestätigen Sie.")];
    vec![form("restore"), form("restore-refused").form(refused(&wrong))]
}

/// The forms that order something about a booking.
fn about_a_booking(lang: Lang) -> Vec<Sample> {
    let here = |path: &str| page(lang, path);
    vec![
        sample("change", "bookings/change.html", here("/bookings/40/change"), &bookings::change_page(false)),
        sample(
            "change-compared",
            "bookings/change.html",
            here("/bookings/40/change"),
            &bookings::change_page(true),
        ),
        sample("transfer", "bookings/transfer.html", here("/bookings/40/transfer"), &transfer::page()),
        sample("power-stop", "bookings/power.html", here("/bookings/40/power"), &bookings::power_page(false)),
        sample("power-start", "bookings/power.html", here("/bookings/40/power"), &bookings::power_page(true)),
        sample(
            "terminate",
            "bookings/terminate.html",
            here("/bookings/40/terminate"),
            &bookings::terminate(true),
        ),
        sample(
            "terminate-refused",
            "bookings/terminate.html",
            here("/bookings/40/terminate"),
            &bookings::terminate(false),
        )
        .form(refused(&[
            ("end_day", "Ende: Frühester Tag ist der 25.11.2026."),
            ("confirm", "Bestätigen Sie."),
        ])),
    ]
}

fn money(lang: Lang) -> Vec<Sample> {
    let here = |path: &str| page(lang, path);
    let seller = |path: &str| provider_page(lang, path);
    let mut found = vec![
        sample("invoices", "invoices/list.html", here("/invoices"), &finance::invoices(true, false)),
        sample("invoices-empty", "invoices/list.html", here("/invoices"), &finance::invoices(false, false)),
        sample("invoices-seller", "invoices/list.html", seller("/invoices"), &finance::invoices(true, true)),
        sample(
            "invoices-seller-empty",
            "invoices/list.html",
            seller("/invoices"),
            &finance::invoices(false, true),
        ),
        sample("budgets", "budgets/list.html", here("/budgets"), &finance::budgets(true)),
        sample("budgets-empty", "budgets/list.html", here("/budgets"), &finance::budgets(false)),
        sample("months-empty", "finance/months.html", seller("/finance/months"), &finance::months(None)),
    ];
    for kind in finance::KINDS {
        let name = format!("invoice-{kind:?}").to_lowercase();
        found.push(sample(name, "invoices/invoice.html", here("/invoices/50"), &finance::invoice(kind)));
    }
    for state in [MonthState::Open, MonthState::Complete, MonthState::Rated, MonthState::Issued] {
        let name = format!("months-{state:?}").to_lowercase();
        found.push(sample(
            name,
            "finance/months.html",
            seller("/finance/months"),
            &finance::months(Some(state)),
        ));
    }
    found
}

fn providers(lang: Lang) -> Vec<Sample> {
    let here = |path: &str| provider_page(lang, path);
    let mut found = vec![
        sample("locations", "provider/locations.html", here("/locations"), &provider::locations(true)),
        sample("locations-empty", "provider/locations.html", here("/locations"), &provider::locations(false))
            .form(refused(&[("name", "Name des Standorts: Geben Sie einen Namen ein.")])),
        sample(
            "location-code",
            "provider/location.html",
            here("/locations/60"),
            &provider::location(LocationState::NotEnrolled, true),
        ),
        sample("booking-provider-gone", "bookings/booking.html", here("/bookings/40"), &{
            let mut booking = bookings::booking(BookingPhase::Gone);
            if let Some(end) = booking.end.as_mut() {
                end.final_invoice = None;
                end.proof = None;
            }
            booking
        }),
        sample(
            "maintenance",
            "provider/maintenance.html",
            here("/locations/60/maintenance"),
            &availability::maintenance(true),
        )
        .form(refused(&[
            ("starts_at", "Geben Sie Tag und Uhrzeit an."),
            ("reason", "Sagen Sie, was Sie tun."),
        ])),
        sample(
            "maintenance-empty",
            "provider/maintenance.html",
            here("/locations/60/maintenance"),
            &availability::maintenance(false),
        ),
        sample(
            "differences",
            "provider/differences.html",
            here("/differences"),
            &provider::differences(true),
        ),
        sample(
            "differences-empty",
            "provider/differences.html",
            here("/differences"),
            &provider::differences(false),
        ),
        sample("start-provider", "start/start.html", here("/"), &account::start(true)),
        sample("start-provider-empty", "start/start.html", here("/"), &account::start(false)),
    ];
    for state in provider::STATES {
        let name = format!("location-{state:?}").to_lowercase();
        found.push(sample(
            name,
            "provider/location.html",
            here("/locations/60"),
            &provider::location(state, false),
        ));
    }
    found
}

fn brokers(lang: Lang) -> Vec<Sample> {
    let here = |path: &str| provider_page(lang, path);
    vec![
        sample(
            "broker-waiting",
            "provider/broker.html",
            here("/bookings/40/broker"),
            &provider::broker(true, true),
        ),
        sample(
            "broker-nothing",
            "provider/broker.html",
            here("/bookings/40/broker"),
            &provider::broker(false, false),
        ),
        sample("broker", "provider/broker.html", here("/bookings/40/broker"), &provider::broker(true, false))
            .form(
                refused(&[
                    ("reason", "Begründung: Schreiben Sie, warum."),
                    ("confirm", "Bestätigung: Setzen Sie das Häkchen."),
                ])
                .value("word", "delete"),
            ),
    ]
}

fn people(lang: Lang) -> Vec<Sample> {
    let here = |path: &str| page(lang, path);
    let mut found = vec![
        sample("tasks", "tasks/list.html", here("/tasks"), &tasks::list("open", true)),
        sample("tasks-empty", "tasks/list.html", here("/tasks?tab=overdue"), &tasks::list("overdue", false)),
        sample("tasks-closed", "tasks/list.html", here("/tasks?tab=closed"), &tasks::list("closed", false)),
        sample(
            "terminate-people",
            "bookings/terminate.html",
            here("/bookings/40/terminate"),
            &tasks::terminate(),
        ),
    ];
    for (name, rows, taken) in
        [("counts", false, false), ("counts-preview", true, false), ("counts-taken", true, true)]
    {
        found.push(sample(
            name,
            "tasks/counts.html",
            here("/bookings/40/counts"),
            &tasks::counts(rows, taken),
        ));
    }
    for form in tasks::FORMS {
        let name = format!("task-{form:?}").to_lowercase();
        found.push(sample(name, "tasks/task.html", here("/bookings/40/tasks/70"), &tasks::page(form)));
    }
    for phase in [BookingPhase::Waiting, BookingPhase::Active, BookingPhase::Gone] {
        let name = format!("booking-people-{phase:?}").to_lowercase();
        found.push(sample(name, "bookings/booking.html", here("/bookings/40"), &tasks::booking(phase)));
    }
    for state in [RevealState::Waiting, RevealState::Expired, RevealState::Shown] {
        let name = format!("reveal-people-{state:?}").to_lowercase();
        found.push(sample(name, "bookings/reveal.html", here("/bookings/40/reveal"), &tasks::reveal(state)));
    }
    found
}

fn rest(lang: Lang) -> Vec<Sample> {
    let here = |path: &str| page(lang, path);
    let mut found = vec![
        sample("start", "start/start.html", here("/"), &account::start(true)),
        sample("start-first-day", "start/start.html", here("/"), &account::start(false)),
        sample("tokens", "account/tokens.html", here("/account/tokens"), &account::tokens(true, true)),
        sample(
            "tokens-empty",
            "account/tokens.html",
            here("/account/tokens"),
            &account::tokens(false, false),
        )
        .form(refused(&[
            ("name", "Wofür ist es: Geben Sie einen Namen ein."),
            ("days", "Gültig für: Höchstens 365 Tage."),
        ])),
        sample("audit", "audit/list.html", here("/audit"), &account::audit(true, true)),
        sample("audit-broken", "audit/list.html", here("/audit"), &account::audit(true, false)),
        sample("audit-empty", "audit/list.html", here("/audit"), &account::audit(false, true)),
        sample("mails", "mails/list.html", here("/mails"), &account::mails(true, false)),
        sample("mail", "mails/list.html", here("/mails/90"), &account::mails(true, true)),
        sample("mails-empty", "mails/list.html", here("/mails"), &account::mails(false, false)),
    ];
    for (status, code) in account::ERRORS {
        found.push(sample(
            format!("error-{code}"),
            "error.html",
            here("/orders/99"),
            &account::error(status, code),
        ));
    }
    found
}

/// Loads once and renders everything; says every failure, not only the first.
fn rendered(lang: Lang) -> Vec<(Sample, String)> {
    let templates = load();
    let mut failures = Vec::new();
    let mut pages = Vec::new();
    for sample in all(lang) {
        match templates.render(sample.template, &sample.page, &sample.view, &sample.form) {
            Ok(html) => pages.push((sample, html)),
            Err(error) => {
                failures.push(format!("{} ({}): {error}: {}", sample.name, lang.code(), cause(&error)));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    pages
}

#[test]
fn every_page_renders_in_every_state() {
    for lang in [Lang::De, Lang::En] {
        let pages = rendered(lang);
        if let Some(folder) = std::env::var_os("WOLKENAMT_SAMPLES") {
            let folder = Path::new(&folder).join(lang.code());
            std::fs::create_dir_all(&folder).unwrap();
            for (sample, html) in &pages {
                std::fs::write(folder.join(format!("{}.html", sample.name)), html).unwrap();
            }
        }
        for (sample, html) in &pages {
            let name = &sample.name;
            assert!(!html.contains(" style="), "{name} has an inline style");
            assert!(!html.contains("<script>"), "{name} has an inline script or unescaped input");
            assert!(!html.contains(" disabled"), "{name} has a disabled button");
            let forms = html.matches("method=\"post\"").count();
            assert_eq!(html.matches("name=\"csrf\"").count(), forms, "{name} has a form without its token");
        }
    }
}

#[test]
fn every_template_is_rendered_by_a_sample() {
    let templates = load();
    let used: BTreeSet<&str> = all(Lang::De).iter().map(|sample| sample.template).collect();
    let part = |name: &str| {
        name.starts_with("partials/") || matches!(name, "layout.html" | "offerings/order-action.html")
    };
    let unused: Vec<String> =
        templates.names().into_iter().filter(|name| !part(name) && !used.contains(name.as_str())).collect();
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn refused_pages_say_so_in_title_and_field() {
    for (sample, html) in rendered(Lang::De).iter().filter(|(sample, _)| !sample.form.errors.is_empty()) {
        let name = &sample.name;
        assert!(html.contains("<title>Fehler: "), "{name}");
        for error in sample.form.errors.iter().filter(|error| !error.field.is_empty()) {
            assert!(
                html.contains(&format!("href=\"#{}\"", error.field)),
                "{name}: no link to {}",
                error.field
            );
            assert!(html.contains(&format!("id=\"{}\"", error.field)), "{name}: no field {}", error.field);
        }
    }
}

#[test]
fn typed_text_is_kept_and_escaped() {
    let (_, html) =
        rendered(Lang::De).into_iter().find(|(sample, _)| sample.name == "order-form-refused").unwrap();
    assert!(html.contains("value=\"Baumkataster, Datenbank\""));
    assert!(html.contains("&lt;script&gt;"));
    assert!(html.contains("192.0.2.0/24\n198.51.100.0/24</textarea>"));
}

/// Every key of one language, attributes as `key.attribute`.
fn keys(lang: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(web().join("locales").join(lang)).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut message = String::new();
        for (key, _) in text.lines().filter_map(|line| line.split_once(" = ")) {
            let new = match key.trim().strip_prefix('.') {
                Some(attribute) => format!("{message}.{attribute}"),
                None => key.trim().to_owned(),
            };
            message = if new.contains('.') { message } else { new.clone() };
            assert!(found.insert(new.clone()), "{lang} has {new} twice");
        }
    }
    found
}

/// Prefixes of keys whose rest is a code: asked for by Rust, or by templates through a variable.
const CODED: [&str; 7] = ["field-", "refused-", "error-", "mail-", "mail-body-", "budget-", "answers-"];

#[test]
fn every_key_is_used() {
    let mut whole = BTreeSet::new();
    let mut prefixes: BTreeSet<String> = CODED.iter().map(|prefix| (*prefix).to_owned()).collect();
    for path in super::walk(&web().join("templates")).unwrap() {
        let text = std::fs::read_to_string(path).unwrap();
        for part in text.split("key=\"").skip(1) {
            let (key, rest) = part.split_once('"').unwrap();
            if rest.starts_with(" ~") {
                prefixes.insert(key.to_owned())
            } else {
                whole.insert(key.to_owned())
            };
        }
        for part in text.split("prefix=\"").skip(1) {
            prefixes.insert(format!("{}-", part.split_once('"').unwrap().0));
        }
    }
    let used = |key: &String| {
        let message = key.split('.').next().unwrap();
        whole.contains(key)
            || whole.contains(message)
            || prefixes.iter().any(|prefix| message.starts_with(prefix.as_str()))
    };
    let unused: Vec<String> = keys("de").into_iter().filter(|key| !used(key)).collect();
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn both_languages_know_the_same_keys() {
    let (german, english) = (keys("de"), keys("en"));
    assert!(german.len() > 500);
    assert_eq!(german.difference(&english).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(english.difference(&german).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_way_out_of_a_booking_is_worded() {
    let known = keys("de");
    for way in contract::kinds::Export::ALL {
        for part in ["", ".how", ".kept"] {
            let key = format!("export-{}{part}", way.code());
            assert!(known.contains(&key), "{key}");
        }
    }
}
