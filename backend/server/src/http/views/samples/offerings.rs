//! Invented data: catalogue, offering, estimate, a schema of every input.

use serde_json::{Value, json};

use super::{amount, at, day, id};
use crate::http::views::catalogue::{CatalogueView, Facet, OfferRow, PriceTag, ProductEntry};
use crate::http::views::estimate::{Estimate, EstimateLine, PricePeriod, VatPeriod, YearCost};
use crate::http::views::offerings::{
    Calculator, Document, Eligibility, Fact, FactGroup, OfferingVersion, OfferingView, PlanView,
    PriceComponent, PriceTier, Protection, ProviderRef,
};
use crate::http::views::schema_form;
use crate::http::views::text::{Bearing, Check, Text};

/// Order parameters of every shape that the generated form knows.
#[must_use]
pub fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["name", "version", "storage_gib", "contact", "networks"],
        "properties": {
            "name": { "type": "string", "title": "Name der Datenbank", "pattern": "^[a-z][a-z0-9_]{0,30}$",
                "description": "Kleinbuchstaben, Ziffern und Unterstrich, zum Beispiel fachverfahren", "maxLength": 31 },
            "version": { "$ref": "#/$defs/Version", "title": "Version" },
            "storage_gib": { "type": "integer", "title": "Speicherplatz", "minimum": 10, "maximum": 2000, "default": 20,
                "description": "Kann später wachsen, aber nicht schrumpfen.", "x-unit": "GiB" },
            "share": { "type": ["number", "null"], "title": "Anteil", "minimum": 0 },
            "backup": { "type": "boolean", "title": "Tägliche Sicherung", "default": true },
            "contact": { "type": "string", "format": "email", "title": "Technische Ansprechperson" },
            "networks": { "type": "array", "items": { "type": "string" }, "title": "Zugelassene Netze", "maxItems": 32,
                "description": "In CIDR-Schreibweise, zum Beispiel 192.0.2.0/24." },
            "extensions": { "type": "array", "title": "Erweiterungen", "items": { "type": "string", "oneOf": [
                { "const": "pgcrypto", "title": "pgcrypto: Verschlüsselung und Prüfsummen in der Datenbank" },
                { "const": "citext", "title": "citext: Text ohne Unterschied von Groß- und Kleinschreibung" }] },
                "description": "Werden in der Datenbank eingerichtet.", "uniqueItems": true },
            "window": { "type": "object", "title": "Wartungsfenster", "required": ["day"], "properties": {
                "day": { "type": "string", "title": "Wochentag", "oneOf": [
                    { "const": "tue", "title": "Dienstag" }, { "const": "thu", "title": "Donnerstag" }] },
                "note": { "type": "string", "title": "Bemerkung", "maxLength": 200 } } }
        },
        "additionalProperties": false,
        "$defs": { "Version": { "type": "string", "enum": ["15", "16", "17"], "default": "17" } }
    })
}

#[must_use]
pub fn provider() -> ProviderRef {
    ProviderRef { id: id(4), name: "IT-Verbund Beispielland AöR".to_owned() }
}

#[must_use]
pub fn estimate() -> Estimate {
    let line = |title: &str, quantity: &str, unit: &str, price: &str, sum: &str| EstimateLine {
        title: title.to_owned(),
        quantity: amount(quantity),
        unit: unit.to_owned(),
        unit_price: amount(price),
        period: PricePeriod::Month,
        amount: amount(sum),
        note: None,
    };
    let year = |year: i16, months: u32, net: &str, vat: &str, gross: &str| YearCost {
        year,
        months,
        net: amount(net),
        vat: amount(vat),
        gross: amount(gross),
    };
    Estimate {
        lines: vec![
            line("Rechenleistung", "4", "vCPU", "21.50", "86.00"),
            line("Arbeitsspeicher", "16", "GiB", "4.75", "76.00"),
            line("Speicher, dreifach gehalten", "100", "GiB", "0.24", "24.00"),
            EstimateLine {
                note: Some("30 Tage".to_owned()),
                ..line("Sicherung", "100", "GiB", "0.09", "9.00")
            },
        ],
        monthly_net: amount("195.00"),
        once_net: amount("0.00"),
        stopped_monthly_net: Some(amount("33.00")),
        months: 13,
        years: vec![
            year(2026, 1, "195.00", "0.00", "195.00"),
            year(2027, 12, "2340.00", "444.60", "2784.60"),
        ],
        total_net: amount("2535.00"),
        total_gross: amount("2979.60"),
        vat: vec![
            VatPeriod {
                from: day("2026-12-01"),
                until: Some(day("2026-12-31")),
                rate: None,
                basis: "§ 2 Abs. 3 UStG a. F.".to_owned(),
            },
            VatPeriod {
                from: day("2027-01-01"),
                until: None,
                rate: Some(amount("19")),
                basis: "§ 2b UStG".to_owned(),
            },
        ],
    }
}

#[must_use]
pub fn offering() -> OfferingView {
    OfferingView {
        id: id(10),
        version: 7,
        valid_from: day("2026-10-01"),
        title: "Datenbank PostgreSQL".to_owned(),
        summary: "Eine Datenbank zur Miete für Ihre Fachverfahren und Webanwendungen. Der Anbieter betreibt, sichert und \
                  aktualisiert sie. Sie erhalten Adresse, Benutzer und Passwort."
            .to_owned(),
        provider: provider(),
        kind: "postgresql".to_owned(),
        tags: vec!["quelloffen".to_owned()],
        suited: vec!["Fachverfahren und Webanwendungen, die PostgreSQL sprechen".to_owned(), "Kurze Projekte: keine Mindestlaufzeit".to_owned()],
        unsuited: vec!["Verschlusssachen (VS-NfD): keine Freigabe".to_owned()],
        protection: Some(Protection { confidentiality: 2, integrity: 2, availability: 1 }),
        exports: vec![Text::new("database-dump")],
        facts: fact_groups(),
        documents: vec![Document {
            title: "Leistungsbeschreibung".to_owned(),
            edition: "7, 01.10.2026".to_owned(),
            sha256: "9f2c41d07be19f2c41d07be19f2c41d07be19f2c41d07be19f2c41d07be19f2c".to_owned(),
            format: "PDF".to_owned(),
            bytes: 312_000,
            url: None,
        }],
        versions: vec![OfferingVersion {
            version: 7,
            valid_from: day("2026-10-01"),
            change: "Speicher von 0,26 € auf 0,24 € je GiB gesenkt".to_owned(),
            published_at: at("2026-09-20T08:00:00Z"),
        }],
        plans: plans(),
        calculator: Calculator {
            plan: Some(id(12)),
            fields: schema_form::fields(&schema(), "parameters")
                .into_iter()
                .filter(|field| field.name.ends_with("storage_gib") || field.name.ends_with("version"))
                .collect(),
            months: 24,
        },
        estimate: Some(estimate()),
        eligibility: eligible(true),
        usual_minutes: Some(4),
        product: Some("postgresql".to_owned()),
    }
}

fn plans() -> Vec<PlanView> {
    let component = |title: &str, unit: &str, price: &str| PriceComponent {
        title: title.to_owned(),
        unit: unit.to_owned(),
        period: PricePeriod::Month,
        price: amount(price),
        included: None,
        tiers: Vec::new(),
        valid_from: day("2026-10-01"),
        valid_until: None,
    };
    vec![
        PlanView {
            id: id(11),
            title: "Einzelknoten".to_owned(),
            summary: "Ein Knoten, tägliche Sicherung".to_owned(),
            components: vec![
                component("Rechenleistung", "vCPU", "21.50"),
                component("Speicher", "GiB", "0.24"),
            ],
        },
        PlanView {
            id: id(12),
            title: "Hochverfügbar".to_owned(),
            summary: "Drei Knoten".to_owned(),
            components: vec![PriceComponent {
                tiers: vec![
                    PriceTier { up_to: Some(amount("1000")), price: amount("0.021") },
                    PriceTier { up_to: None, price: amount("0.018") },
                ],
                included: Some(amount("1000")),
                period: PricePeriod::Unit,
                ..component("Gespräche", "Gespräch", "0.021")
            }],
        },
    ]
}

fn fact_groups() -> Vec<FactGroup> {
    let fact = |label: &str, value: &str, note: Option<&str>| Fact {
        label: label.to_owned(),
        value: value.to_owned(),
        note: note.map(str::to_owned),
    };
    vec![
        FactGroup {
            key: "data".to_owned(),
            facts: vec![
                fact(
                    "Standort",
                    "Rechenzentrum Beispielhausen, Hessen",
                    Some("Sicherungen: Rechenzentrum Neubeispiel"),
                ),
                fact("Übermittlung in Drittländer", "keine", None),
            ],
        },
        FactGroup {
            key: "security".to_owned(),
            facts: vec![fact("Verschlüsselung", "Transport mit TLS 1.3, Speicher verschlüsselt", None)],
        },
        FactGroup {
            key: "operation".to_owned(),
            facts: vec![fact("Verfügbarkeit", "99,9 % im Monat", None)],
        },
        FactGroup { key: "exit".to_owned(), facts: vec![fact("Kündigung", "jederzeit, ohne Frist", None)] },
    ]
}

#[must_use]
pub fn eligible(may_order: bool) -> Eligibility {
    let checks = if may_order {
        vec![
            Check::new(Bearing::Good, Text::new("role")),
            Check::new(
                Bearing::Good,
                Text::new("legal-basis")
                    .with("title", "Inhouse-Vergabe, § 108 Abs. 4 GWB")
                    .with("evidence", "Verbandssatzung vom 12.03.2019"),
            ),
            Check::new(Bearing::Info, Text::new("approval").with("names", "Dr. Heike Sommer")),
        ]
    } else {
        vec![
            Check::new(Bearing::Bad, Text::new("role-helper").with("name", "Murat Demir")),
            Check::new(Bearing::Good, Text::new("budget").with("available_eur", "3989.56")),
        ]
    };
    Eligibility {
        organisation: Some("Stadt Musterstadt".to_owned()),
        may_order,
        checks,
        helper: (!may_order).then(|| "Murat Demir".to_owned()),
    }
}

#[must_use]
pub fn catalogue(filled: bool, q: &str) -> CatalogueView {
    let offer = |number: u128, name: &str, price: &str| OfferRow {
        id: id(number),
        provider: ProviderRef { id: id(number + 100), name: name.to_owned() },
        place: "Beispielhausen, Hessen".to_owned(),
        price: Some(PriceTag {
            amount: amount(price),
            period: PricePeriod::Month,
            from: true,
            unit: None,
            plan: Some("Einzelknoten S".to_owned()),
            plus: vec!["Nutzende".to_owned()],
        }),
        protection: Some(Protection { confidentiality: 2, integrity: 2, availability: 2 }),
    };
    let products = vec![
        ProductEntry {
            product: Some("postgresql".to_owned()),
            title: "Datenbank PostgreSQL".to_owned(),
            summary: "Datenbank zur Miete, als Einzelknoten oder hochverfügbar, Versionen 15 bis 17, mit Sicherung.".to_owned(),
            kind: "postgresql".to_owned(),
            tags: vec!["quelloffen".to_owned()],
            offers: vec![offer(10, "Datenzentrale Musterland AöR", "53.90"), offer(13, "IT-Verbund Beispielland AöR", "47.10")],
        },
        ProductEntry {
            product: None,
            title: "Straßenlicht-App".to_owned(),
            summary: "Bürgerinnen und Bürger schalten Leuchten bei Bedarf ein.".to_owned(),
            kind: "application".to_owned(),
            tags: Vec::new(),
            offers: vec![OfferRow {
                price: Some(PriceTag {
                    amount: amount("0.04"),
                    period: PricePeriod::Month,
                    from: false,
                    unit: Some("Leuchte".to_owned()),
                    plan: None,
                    plus: vec!["Nutzende".to_owned()],
                }),
                protection: None,
                ..offer(14, "IT-Verbund Beispielland AöR", "0.04")
            }],
        },
    ];
    let facet = |value: &str, label: &str, count: u64, selected: bool| Facet {
        value: value.to_owned(),
        label: label.to_owned(),
        count,
        selected,
    };
    CatalogueView {
        q: q.to_owned(),
        kinds: vec![
            facet("postgresql", "", 2, !q.is_empty()),
            facet("application", "", 3, false),
            facet("manual", "", 0, false),
        ],
        providers: vec![facet(&id(110).to_string(), "Datenzentrale Musterland AöR", 2, false)],
        products: if filled { products } else { Vec::new() },
        products_total: if filled { 17 } else { 0 },
        offerings_total: if filled { 24 } else { 0 },
        prices_on: day("2026-11-24"),
        next: filled.then(|| "eyJ0Ijo".to_owned()),
    }
}
