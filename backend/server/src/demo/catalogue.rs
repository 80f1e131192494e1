//! Locations, offerings, prices and VAT decisions of the demonstration. Prices are invented.

use super::id;
use super::organisations::{beginning, person_id};
use crate::app::App;
use crate::usecases::locations::{self, CreateLocation};
use crate::usecases::{Error, record};
use anyhow::{Context, ensure};
use contract::Kind;
use db::offerings::{ComponentRow, OfferingRow, PlanRow, PriceRow, VatRow, VersionRow};
use domain::ids::{OrganisationId, PersonId};
use domain::policy::{Action, Actor, Scope, authorize};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

/// A provider's catalogue.
struct Catalogue {
    provider: &'static str,
    /// Who creates the location.
    platform: &'static str,
    /// Name and place of the location.
    location: (&'static str, &'static str),
    vat: Vat,
}

/// Class, rate, code and words of the reason, evidence.
type Vat = (&'static str, i64, Option<&'static str>, Option<&'static str>, &'static str);

const CATALOGUES: [Catalogue; 2] = [
    Catalogue {
        provider: "it-verbund",
        platform: "paul.seidel@it-verbund.example",
        location: ("Beispielhausen", "Beispielhausen, Thüringen"),
        vat: ("S", 19, None, None, "Vermerk der Steuerstelle 2026-01 (erfunden)"),
    },
    Catalogue {
        provider: "datenzentrale",
        platform: "deniz.koch@datenzentrale.example",
        location: ("Musterregion", "Musterregion, Bayern"),
        vat: (
            "O",
            0,
            Some("VATEX-EU-O"),
            Some("Nicht steuerbar nach § 2b UStG"),
            "Vermerk der Steuerstelle 2026-02 (erfunden)",
        ),
    },
];

/// A component: code, title, meter, model, price in euros.
type Part = (&'static str, &'static str, Option<&'static str>, Value, &'static str);

struct Plan {
    code: &'static str,
    title: &'static str,
    settings: Value,
    parts: Vec<Part>,
}

struct Offering {
    provider: &'static str,
    slug: &'static str,
    kind: Kind,
    title: &'static str,
    title_en: &'static str,
    summary: &'static str,
    description: &'static str,
    details: Value,
    order_schema: Value,
    plans: Vec<Plan>,
}

/// Loads what is missing of both catalogues.
pub(super) async fn load(app: &App) -> anyhow::Result<()> {
    for catalogue in &CATALOGUES {
        let location = location(app, catalogue).await.context(catalogue.location.0)?;
        load_vat(app, catalogue).await?;
        for offering in offerings().into_iter().filter(|it| it.provider == catalogue.provider) {
            load_offering(app, &offering, location).await.with_context(|| offering.slug.to_owned())?;
        }
    }
    Ok(())
}

/// The person of the demonstration as the policy sees it.
pub(super) async fn actor(app: &App, email: &str) -> anyhow::Result<Actor> {
    let scope = Scope::system("demonstration data act in the name of demo people");
    let now = app.clock.now();
    let person = PersonId(person_id(email));
    let found = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::people::find_recognised(conn, person, now).await?)
        })
        .await?;
    Ok(found.with_context(|| format!("{email} is missing"))?.actor)
}

/// Creates the location as its platform team would, if it is not there.
async fn location(app: &App, catalogue: &Catalogue) -> anyhow::Result<Uuid> {
    let actor = actor(app, catalogue.platform).await?;
    let scope = authorize(&actor, Action::ViewLocations)?;
    let (name, place) = catalogue.location;
    let there = app
        .db
        .read(&scope, async |conn: &mut db::Conn| Ok::<_, Error>(db::locations::list(conn, &scope).await?))
        .await?;
    if let Some(row) = there.into_iter().find(|row| row.name == name) {
        return Ok(row.id);
    }
    let wish = CreateLocation { name: name.to_owned(), place: place.to_owned() };
    Ok(locations::create(app, &actor, wish).await?.0)
}

async fn load_vat(app: &App, catalogue: &Catalogue) -> anyhow::Result<()> {
    let provider = id(catalogue.provider);
    let (class, rate, code, reason, evidence) = catalogue.vat;
    let row = VatRow {
        id: id(&format!("vat:{}", catalogue.provider)),
        provider_id: provider,
        offering_id: None,
        class: class.to_owned(),
        rate: Decimal::from(rate),
        reason_code: code.map(str::to_owned),
        reason: reason.map(str::to_owned),
        evidence: evidence.to_owned(),
        valid_from: beginning()?.into(),
    };
    let scope = Scope::system("demonstration data");
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            let now = app.clock.now();
            let detail = json!({"event": "demonstration-loaded", "class": class});
            let subject = format!("vat-decision:{}", row.id);
            let entry = record::by_system(OrganisationId(provider), "demo", "vat.decide", subject, detail, now);
            if db::offerings::list_vat(conn, provider, Uuid::nil()).await?.is_empty() {
                db::offerings::insert_vat(conn, &row).await?;
            }
            Ok::<_, Error>(((), entry))
        })
        .await?;
    Ok(())
}

async fn load_offering(app: &App, it: &Offering, location: Uuid) -> anyhow::Result<()> {
    for plan in &it.plans {
        let findings = it.kind.check_plan(&plan.settings);
        ensure!(findings.is_empty(), "plan {}: {findings:?}", plan.code);
    }
    let scope = Scope::system("demonstration data");
    let since = beginning()?;
    let offering = id(&format!("offering:{}:{}", it.provider, it.slug));
    let there = app
        .db
        .read(&scope, async |conn: &mut db::Conn| match db::offerings::get_current(conn, offering.into()).await {
            Ok(_) => Ok(true),
            Err(db::Error::NotFound) => Ok(false),
            Err(other) => Err(Error::from(other)),
        })
        .await?;
    if there {
        return Ok(());
    }
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            insert(conn, it, offering, location, since).await?;
            let now = app.clock.now();
            let detail = json!({"event": "demonstration-loaded", "slug": it.slug});
            let provider = OrganisationId(id(it.provider));
            let subject = format!("offering:{offering}");
            Ok::<_, Error>(((), record::by_system(provider, "demo", "offering.publish", subject, detail, now)))
        })
        .await?;
    Ok(())
}

async fn insert(conn: &mut db::Conn, it: &Offering, offering: Uuid, location: Uuid, since: Timestamp) -> Result<(), Error> {
    let provider_id = id(it.provider);
    let row = OfferingRow {
        id: offering,
        provider_id,
        slug: it.slug.to_owned(),
        kind: it.kind.code().to_owned(),
        created_at: since.into(),
        withdrawn_at: None,
    };
    db::offerings::insert(conn, &row).await?;
    db::offerings::insert_place(conn, provider_id, offering, location).await?;
    let version = VersionRow {
        id: id(&format!("version:{offering}:1")),
        provider_id,
        offering_id: offering,
        number: 1,
        title: it.title.to_owned(),
        title_en: it.title_en.to_owned(),
        summary: it.summary.to_owned(),
        description: it.description.to_owned(),
        details: it.details.clone(),
        order_schema: it.order_schema.clone(),
        published_at: since.into(),
    };
    db::offerings::insert_version(conn, &version).await?;
    for (position, plan) in (1..).zip(&it.plans) {
        insert_plan(conn, plan, &version, position, since).await?;
    }
    Ok(())
}

async fn insert_plan(
    conn: &mut db::Conn,
    plan: &Plan,
    version: &VersionRow,
    position: i32,
    since: Timestamp,
) -> Result<(), Error> {
    let provider_id = version.provider_id;
    let plan_id = id(&format!("plan:{}:{}", version.id, plan.code));
    let row = PlanRow {
        id: plan_id,
        provider_id,
        version_id: version.id,
        code: plan.code.to_owned(),
        title: plan.title.to_owned(),
        position,
        settings: plan.settings.clone(),
    };
    db::offerings::insert_plan(conn, &row).await?;
    for (position, (code, title, meter, model, euros)) in (1..).zip(&plan.parts) {
        let component = ComponentRow {
            id: id(&format!("component:{plan_id}:{code}")),
            provider_id,
            plan_id,
            code: (*code).to_owned(),
            title: (*title).to_owned(),
            position,
            meter: meter.map(str::to_owned),
            model: model.clone(),
        };
        db::offerings::insert_component(conn, &component).await?;
        let price = PriceRow {
            id: id(&format!("price:{}", component.id)),
            provider_id,
            component_id: component.id,
            amount: euros.parse().map_err(|error| Error::Internal(anyhow::anyhow!("{euros}: {error}")))?,
            valid_from: since.into(),
        };
        db::offerings::insert_price(conn, &price).await?;
    }
    Ok(())
}

/// The plan of an offering of the demonstration.
pub(super) fn plan_id(provider: &str, slug: &str, plan: &str) -> Uuid {
    let offering = id(&format!("offering:{provider}:{slug}"));
    id(&format!("plan:{}:{plan}", id(&format!("version:{offering}:1"))))
}

fn offerings() -> Vec<Offering> {
    vec![
        postgresql("it-verbund", ["12.00", "9.80", "4.10", "0.35"], "Zwei Rechenzentren in Beispielland"),
        postgresql("datenzentrale", ["15.50", "8.90", "3.60", "0.29"], "Ein Rechenzentrum in der Musterregion"),
        chatbot(),
        street_lights(),
        exchange("it-verbund", "45.00", "1.90"),
    ]
}

fn flat() -> Value {
    json!({"model": "flat", "per": "month"})
}

fn per_unit(unit: &str) -> Value {
    json!({"model": "per-unit", "unit": unit, "per": "month"})
}

fn no_questions() -> Value {
    json!({"type": "object", "properties": {}, "additionalProperties": false})
}

fn fact(label: &str, value: &str) -> Value {
    json!({"label": label, "value": value})
}

/// What every offering of the demonstration answers in the same way.
fn facts(place: &str, exit: &str) -> Value {
    json!([
        {"key": "data", "facts": [
            fact("Ort der Daten", place),
            fact("Personenbezogene Daten", "Möglich; Vertrag zur Auftragsverarbeitung liegt beim Anbieter vor (erfunden)"),
            fact("Übermittlung in Drittländer", "Keine"),
        ]},
        {"key": "security", "facts": [
            fact("Verschlüsselung", "Auf dem Weg mit geprüftem Zertifikat"),
            fact("Trennung", "Eigener Namensraum je Behörde, Netzregeln nach Positivliste"),
        ]},
        {"key": "operation", "facts": [
            fact("Betreuung", "Montag bis Freitag 8 bis 17 Uhr (erfunden)"),
            fact("Messung", "Sekundengenau durch das Betreiberprogramm, für Sie einsehbar"),
        ]},
        {"key": "exit", "facts": [
            fact("Ausstieg", exit),
            fact("Löschung", "Der Standort meldet die Löschung, der Nachweis bleibt auf der Seite der Buchung"),
        ]},
    ])
}

fn postgresql(provider: &'static str, [base, vcpu, memory, storage]: [&'static str; 4], place: &str) -> Offering {
    let plan = |code, title, vcpu_milli: i64, memory_mib: i64, storage_gib_max: i64| Plan {
        code,
        title,
        settings: json!({
            "vcpu_milli": vcpu_milli, "memory_mib": memory_mib, "storage_gib_min": 1, "storage_gib_max": storage_gib_max,
            "versions": [15], "instances": 1,
        }),
        parts: vec![
            ("base", "Grundpreis", None, flat(), base),
            ("vcpu", "vCPU", Some("vcpu"), per_unit("vcpu"), vcpu),
            ("memory", "Arbeitsspeicher", Some("memory"), per_unit("gibibyte"), memory),
            ("storage", "Speicherplatz", Some("storage"), per_unit("gibibyte"), storage),
        ],
    };
    Offering {
        provider,
        slug: "postgresql",
        kind: Kind::Postgresql,
        title: "Datenbank PostgreSQL",
        title_en: "PostgreSQL database",
        summary: "Datenbank zur Miete für ein Fachverfahren, mit eigener Adresse und geprüftem Zertifikat.",
        description: "PostgreSQL 15 als Einzelknoten. Zugangsdaten werden einmal auf der Seite der Buchung gezeigt und \
            nirgends gespeichert. Speicherplatz, Arbeitsspeicher und Prozessoren werden gemessen. Erfundenes Angebot der \
            Demonstration.",
        details: json!({
            "product": "postgresql",
            "tags": ["Datenbank", "Demonstration"],
            "suited": ["Fachverfahren, die eine eigene Datenbank brauchen", "Test und Betrieb ohne eigene Server"],
            "unsuited": ["Verfahren, die keinen Ausfall eines Knotens vertragen"],
            "protection": {"confidentiality": 1, "integrity": 1, "availability": 1},
            "facts": facts(place, "Auszug mit pg_dump jederzeit, ohne Zutun des Anbieters"),
            "change": "Erste Fassung",
        }),
        order_schema: no_questions(),
        plans: vec![
            plan("s", "Einzelknoten S", 500, 512, 20),
            plan("m", "Einzelknoten M", 1000, 1024, 50),
            plan("l", "Einzelknoten L", 2000, 4096, 200),
        ],
    }
}

fn chatbot() -> Offering {
    Offering {
        provider: "it-verbund",
        slug: "chatbot",
        kind: Kind::Application,
        title: "Bürgerservice-Chatbot",
        title_en: "Citizen service chatbot",
        summary: "Beantwortet Fragen der Bürgerinnen und Bürger rund um die Uhr.",
        description: "Auskunft zu Öffnungszeiten, Unterlagen und Zuständigkeiten auf der Seite der Behörde. Bezahlt werden \
            ein Grundpreis und die geführten Gespräche. Erfundenes Angebot der Demonstration.",
        details: json!({
            "tags": ["Bürgerservice", "Demonstration"],
            "suited": ["Auskunft außerhalb der Öffnungszeiten"],
            "unsuited": ["Fachliche Entscheidungen im Einzelfall"],
            "protection": {"confidentiality": 1, "integrity": 1, "availability": 1},
            "facts": facts("Zwei Rechenzentren in Beispielland", "Gesprächszahlen als Datei, Inhalte werden nicht aufgehoben"),
            "change": "Erste Fassung",
        }),
        order_schema: json!({
            "type": "object",
            "properties": {"contact": {
                "type": "string", "title": "Fachliche Ansprechperson", "maxLength": 120,
                "description": "Wer die Antworten inhaltlich verantwortet; Name oder Stelle",
            }},
            "additionalProperties": false,
        }),
        plans: vec![Plan {
            code: "standard",
            title: "Standard",
            settings: json!({
                "image": "localhost/wolkenamt/chatbot:1", "port": 8080, "vcpu_milli": 100, "memory_mib": 128,
                "storage_gib": 1, "health_path": "/healthz", "run_as_user": 1000,
                "counters": [{
                    "meter": "conversations", "path": "/metrics", "series": "wolkenamt_conversations_total",
                    "epoch_series": "wolkenamt_epoch",
                }],
            }),
            parts: vec![
                ("base", "Grundpreis", None, flat(), "190.00"),
                (
                    "conversations",
                    "Gespräche",
                    Some("conversations"),
                    json!({
                        "model": "consumption", "each": 1000, "unit_title": "1.000 Gespräche", "expected": 2000,
                        "expected_title": "Erwartete Gespräche im Monat",
                        "expected_hint": "Nur für die Schätzung und die Mittelbindung; bezahlt wird, was gezählt wurde",
                    }),
                    "12.50",
                ),
                ("setup", "Einrichtung", None, json!({"model": "one-time"}), "250.00"),
            ],
        }],
    }
}

fn street_lights() -> Offering {
    Offering {
        provider: "datenzentrale",
        slug: "strassenlicht",
        kind: Kind::Application,
        title: "Straßenlicht-App",
        title_en: "Street light app",
        summary: "Bürgerinnen und Bürger schalten die Straßenbeleuchtung mit dem Telefon ein.",
        description: "Geschrieben für ein Dorf, nachnutzbar für alle: Die Beleuchtung bleibt nachts aus und geht an, wenn \
            jemand sie braucht. Bezahlt wird je Leuchte. Erfundenes Angebot der Demonstration nach einem echten Vorbild.",
        details: json!({
            "tags": ["Smart City", "Nachnutzung", "Demonstration"],
            "suited": ["Gemeinden, die nachts Strom sparen wollen"],
            "unsuited": ["Straßen mit Beleuchtungspflicht"],
            "protection": {"confidentiality": 1, "integrity": 2, "availability": 1},
            "facts": facts("Ein Rechenzentrum in der Musterregion", "Liste der Leuchten als Datei"),
            "change": "Erste Fassung",
        }),
        order_schema: no_questions(),
        plans: vec![Plan {
            code: "standard",
            title: "Standard",
            settings: json!({
                "image": "localhost/wolkenamt/strassenlicht:1", "port": 8080, "vcpu_milli": 100, "memory_mib": 128,
                "storage_gib": 1, "health_path": "/healthz", "run_as_user": 1000, "environment": {"LAMPS": "12"},
                "counters": [{
                    "meter": "lamps", "path": "/metrics", "series": "wolkenamt_lamps", "epoch_series": "wolkenamt_epoch",
                }],
            }),
            parts: vec![(
                "lamps",
                "Leuchten",
                Some("lamps"),
                json!({
                    "model": "consumption", "each": 1, "unit_title": "Leuchte", "expected": 12,
                    "expected_title": "Erwartete Leuchten",
                }),
                "0.85",
            )],
        }],
    }
}

fn exchange(provider: &'static str, base: &'static str, user: &'static str) -> Offering {
    let plan = |code, title, memory_mib: i64, storage_gib: i64, expected: i64| Plan {
        code,
        title,
        settings: json!({
            "image": "localhost/wolkenamt/datenaustausch:1", "port": 8080, "vcpu_milli": 200, "memory_mib": memory_mib,
            "storage_gib": storage_gib, "data_path": "/data", "health_path": "/healthz", "run_as_user": 1000,
            "first_admin": {"email_env": "ADMIN_USER", "password_env": "ADMIN_PASSWORD", "url_env": "PUBLIC_URL"},
            "counters": [{
                "meter": "users", "path": "/metrics", "series": "wolkenamt_users", "epoch_series": "wolkenamt_epoch",
            }],
        }),
        parts: vec![
            ("base", "Grundpreis", None, flat(), base),
            ("storage", "Speicherplatz", Some("storage"), per_unit("gibibyte"), "0.40"),
            (
                "users",
                "Nutzer",
                Some("users"),
                json!({
                    "model": "consumption", "each": 1, "unit_title": "Nutzer", "expected": expected,
                    "expected_title": "Erwartete Nutzer",
                }),
                user,
            ),
        ],
    };
    Offering {
        provider,
        slug: "datenaustausch",
        kind: Kind::Application,
        title: "Datenaustauschplattform",
        title_en: "Data exchange platform",
        summary: "Dateien mit Kolleginnen, anderen Behörden und eingeladenen Dritten austauschen.",
        description: "Offene Software für den Dateiaustausch, für alle Körperschaften eines Landes. Die erste Anmeldung \
            wird auf der Seite der Buchung gezeigt. Erfundenes Angebot der Demonstration.",
        details: json!({
            "tags": ["Zusammenarbeit", "Offene Software", "Demonstration"],
            "suited": ["Austausch großer Dateien mit Externen"],
            "unsuited": ["Ablage von Akten nach der Aktenordnung"],
            "protection": {"confidentiality": 2, "integrity": 1, "availability": 1},
            "facts": facts("Zwei Rechenzentren in Beispielland", "Alle Dateien als Archiv"),
            "change": "Erste Fassung",
        }),
        order_schema: no_questions(),
        plans: vec![plan("s", "Klein", 256, 5, 25), plan("m", "Mittel", 512, 50, 250)],
    }
}
