//! The texts, sizes and prices of the demonstration's offerings. All of it is invented.

use super::{Offering, Plan};
use contract::Kind;
use serde_json::{Value, json};

/// Everything that is offered.
pub(super) fn offerings() -> Vec<Offering> {
    vec![
        postgresql("it-verbund", &["Beispielhausen"], ["12.00", "9.80", "4.10", "0.35"], &BEISPIELLAND),
        postgresql("datenzentrale", &["Musterregion"], ["15.50", "8.90", "3.60", "0.29"], &MUSTERREGION),
        virtual_machine("it-verbund", &["Beispielhausen"], ["4.00", "8.40", "3.20", "0.28"], &BEISPIELLAND),
        virtual_machine("datenzentrale", &["Musterregion"], ["5.50", "7.60", "2.90", "0.24"], &MUSTERREGION),
        virtual_machine("talland-it", &["Talstadt"], ["3.50", "8.10", "3.00", "0.31"], &TALLAND),
        chatbot(),
        street_lights(),
        exchange("45.00", "1.90"),
        residence_title(),
        tachograph_card(),
    ]
}

/// In what offers of the same product differ beyond the price.
struct Terms {
    place: &'static str,
    /// Days after the end.
    keep_days: u8,
    /// Confidentiality, integrity, availability.
    protection: [u8; 3],
    /// Per cent of a month, and hours before which maintenance is announced.
    availability: (&'static str, i64),
}

const BEISPIELLAND: Terms = Terms {
    place: "Zwei Rechenzentren in Beispielland",
    keep_days: 7,
    protection: [2, 2, 1],
    availability: ("99.5", 72),
};
const MUSTERREGION: Terms = Terms {
    place: "Ein Rechenzentrum in der Musterregion",
    keep_days: 14,
    protection: [2, 1, 2],
    availability: ("99.9", 120),
};
const TALLAND: Terms = Terms {
    place: "Ein Rechenzentrum in Talstadt",
    keep_days: 7,
    protection: [1, 1, 1],
    availability: ("99.0", 48),
};

impl Terms {
    fn protection(&self) -> Value {
        let [confidentiality, integrity, availability] = self.protection;
        json!({"confidentiality": confidentiality, "integrity": integrity, "availability": availability})
    }

    fn availability(&self) -> Value {
        let (percent, hours) = self.availability;
        json!({"percent": percent, "maintenance_lead_hours": hours})
    }
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
    facts_with(place, "Auf dem Weg mit geprüftem Zertifikat", exit)
}

fn facts_with(place: &str, encryption: &str, exit: &str) -> Value {
    facts_apart(place, (encryption, "Eigener Namensraum je Behörde, Netzregeln nach Positivliste"), exit)
}

fn facts_apart(place: &str, (encryption, separation): (&str, &str), exit: &str) -> Value {
    json!([
        {"key": "data", "facts": [
            fact("Ort der Daten", place),
            fact("Personenbezogene Daten", "Möglich; Vertrag zur Auftragsverarbeitung liegt beim Anbieter vor (erfunden)"),
            fact("Übermittlung in Drittländer", "Keine"),
        ]},
        {"key": "security", "facts": [
            fact("Verschlüsselung", encryption),
            fact("Trennung", separation),
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

fn postgresql(
    provider: &'static str,
    locations: &'static [&'static str],
    [base, vcpu, memory, storage]: [&'static str; 4],
    terms: &Terms,
) -> Offering {
    let extensions =
        ["btree_gist", "citext", "hstore", "ltree", "pg_trgm", "pgcrypto", "tablefunc", "unaccent"];
    let sized = |code, title, [vcpu_milli, memory_mib, storage_gib_max, connections]: [i64; 4]| Plan {
        code,
        title,
        settings: json!({
            "vcpu_milli": vcpu_milli, "memory_mib": memory_mib, "storage_gib_min": 1, "storage_gib_max": storage_gib_max,
            "versions": [15, 16, 17], "instances": 1, "connections": connections, "extensions": extensions,
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
        locations,
        slug: "postgresql",
        kind: Kind::Postgresql,
        title: "Datenbank PostgreSQL",
        title_en: "PostgreSQL database",
        summary: "Datenbank zur Miete für ein Fachverfahren, mit eigener Adresse und geprüftem Zertifikat.",
        description: "PostgreSQL in den Versionen, die der Standort hat: als Einzelknoten, mit täglichen Sicherungen oder mit \
            einer zweiten Instanz, die mitläuft. Zugangsdaten werden einmal auf der Seite der Buchung gezeigt und \
            nirgends gespeichert. Speicherplatz, Arbeitsspeicher und Prozessoren werden gemessen. Erfundenes Angebot der \
            Demonstration.",
        details: json!({
            "product": "postgresql",
            "keep_days": terms.keep_days,
            "tags": ["Datenbank", "Demonstration"],
            "suited": ["Fachverfahren, die eine eigene Datenbank brauchen", "Test und Betrieb ohne eigene Server"],
            "unsuited": ["Verfahren, die keinen Ausfall eines Knotens vertragen"],
            "protection": terms.protection(),
            "availability": terms.availability(),
            "facts": facts(terms.place, "Auszug mit pg_dump jederzeit, ohne Zutun des Anbieters"),
            "change": "Erste Fassung",
        }),
        order_schema: no_questions(),
        plans: vec![
            sized("s", "Einzelknoten S", [500, 512, 20, 40]),
            sized("m", "Einzelknoten M", [1000, 1024, 50, 100]),
            sized("l", "Einzelknoten L", [2000, 4096, 200, 200]),
            with(sized("b", "Einzelknoten S mit Sicherungen", [500, 512, 20, 40]), 1, 7),
            with(sized("h", "Hochverfügbar M mit Sicherungen", [1000, 1024, 50, 100]), 2, 14),
        ],
    }
}

/// The same plan with more instances and with backups for some days.
fn with(mut plan: Plan, instances: i64, days: i64) -> Plan {
    if let Some(settings) = plan.settings.as_object_mut() {
        settings.insert("instances".to_owned(), json!(instances));
        settings.insert("backup_days".to_owned(), json!(days));
    }
    plan
}

fn virtual_machine(
    provider: &'static str,
    locations: &'static [&'static str],
    [base, processor, memory, disk]: [&'static str; 4],
    terms: &Terms,
) -> Offering {
    let plan = |code, title, vcpu: i64, memory_mib: i64, storage_gib_max: i64| Plan {
        code,
        title,
        settings: json!({
            "vcpu_milli": vcpu * 1000, "memory_mib": memory_mib, "storage_gib_min": 1, "storage_gib_max": storage_gib_max,
            "systems": [{"code": "linux-klein", "title": "Linux klein 1 (Debian-Kern, für die Demonstration)"}],
            "user": "verwaltung",
        }),
        parts: vec![
            ("base", "Grundpreis", None, flat(), base),
            ("vcpu", "vCPU", Some("vcpu"), per_unit("vcpu"), processor),
            ("memory", "Arbeitsspeicher", Some("memory"), per_unit("gibibyte"), memory),
            ("storage", "Festplatte", Some("storage"), per_unit("gibibyte"), disk),
        ],
    };
    Offering {
        provider,
        locations,
        slug: "virtuelle-maschine",
        kind: Kind::VirtualMachine,
        title: "Virtuelle Maschine Linux",
        title_en: "Linux virtual machine",
        summary: "Ein eigener Rechner im Rechenzentrum, den nur Ihr SSH-Schlüssel öffnet.",
        description: "Linux mit eigener Festplatte und fester Adresse. Angemeldet wird mit Ihrem eigenen SSH-Schlüssel; ein \
            Kennwort gibt es nicht. Angehalten kostet die Maschine nur noch Grundpreis und Festplatte. Erfundenes Angebot \
            der Demonstration.",
        details: json!({
            "product": "virtual-machine",
            "keep_days": terms.keep_days,
            "tags": ["Infrastruktur", "Linux", "Demonstration"],
            "suited": ["Software, die einen eigenen Rechner braucht", "Rechner, die nur zu Bürozeiten laufen"],
            "unsuited": ["Verfahren, die keinen Ausfall eines Rechners vertragen"],
            "protection": terms.protection(),
            "availability": terms.availability(),
            "facts": facts_with(
                terms.place,
                "Auf dem Weg mit SSH; den Fingerabdruck der Maschine nennt der Standort vor der ersten Anmeldung",
                "Alle Daten jederzeit über SSH, zum Beispiel mit rsync"
            ),
            "change": "Erste Fassung",
        }),
        order_schema: no_questions(),
        plans: vec![
            plan("s", "Maschine S", 1, 512, 20),
            plan("m", "Maschine M", 2, 4096, 100),
            plan("l", "Maschine L", 4, 8192, 200),
            plan("xl", "Maschine XL", 8, 16384, 500),
        ],
    }
}

fn chatbot() -> Offering {
    Offering {
        provider: "it-verbund",
        locations: &["Beispielhausen", "Nordhafen"],
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
        locations: &["Musterregion"],
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

fn exchange(base: &'static str, user: &'static str) -> Offering {
    let plan = |code, title, memory_mib: i64, storage_gib: i64, expected: i64| Plan {
        code,
        title,
        settings: json!({
            "image": "localhost/wolkenamt/datenaustausch:1", "port": 8080, "vcpu_milli": 200, "memory_mib": memory_mib,
            "storage_gib": storage_gib, "data_path": "/data", "health_path": "/healthz", "live_path": "/healthz",
            "run_as_user": 1000, "fields": exchange_settings(),
            "first_admin": {"email_env": "ADMIN_USER", "password_env": "ADMIN_PASSWORD", "url_env": "PUBLIC_URL"},
            "counters": [{
                "meter": "users", "path": "/metrics", "series": "wolkenamt_users", "epoch_series": "wolkenamt_epoch",
            }],
            "exposures": ["provider-network", "internet"],
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
        provider: "it-verbund",
        locations: &["Beispielhausen"],
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

/// What an order decides about an exchange, and a change decides anew.
fn exchange_settings() -> Value {
    json!([
        {
            "name": "largest_file_mb", "title": "Größte Datei (MB)", "input": "number", "minimum": 1, "maximum": 100,
            "default": 100, "variable": "LARGEST_FILE_MB",
            "description": "Was größer ist, wird beim Hochladen abgewiesen",
        },
        {
            "name": "greeting", "title": "Begrüßung", "input": "text", "max_length": 160, "optional": true,
            "variable": "GREETING",
            "description": "Steht auf der ersten Seite, zum Beispiel: Austausch des Stadtplanungsamts",
        },
    ])
}

/// A task of an offering.
fn task(step: &str, title: &str, side: &str, days: u16, hint: &str) -> Value {
    json!({"step": step, "title": title, "side": side, "days": days, "hint": hint})
}

/// The way of every EfA service to its start: `standard` is what the applications are written in, `last` the step that ends it.
fn efa_steps(standard: &str, (last, title): (&str, &str)) -> Value {
    let connection = format!(
        "Der Hersteller Ihres Fachverfahrens richtet den Empfang von {standard} ein; zehn Testfälle kommen an."
    );
    json!([
        task(
            "agreement",
            "Nachnutzung und Auftragsverarbeitung vereinbaren",
            "customer",
            10,
            "Land und Behörde unterschreiben die Nachnutzungsvereinbarung und den Vertrag zur Auftragsverarbeitung."
        ),
        task("connection", "Fachverfahren anbinden", "customer", 21, &connection),
        task(
            "dvdv",
            "Eintrag im DVDV",
            "provider",
            28,
            "Die pflegende Stelle trägt Ihre Behörde im Deutschen Verwaltungsdiensteverzeichnis ein."
        ),
        task(
            "service-finder",
            "Eintrag im Zuständigkeitsfinder",
            "provider",
            30,
            "Der Onlinedienst wird mit Leistungsschlüssel und Gebiet eingetragen."
        ),
        task(
            last,
            title,
            "provider",
            35,
            "Der Dienst ist im Zuständigkeitsfinder freigeschaltet und nimmt Anträge an."
        ),
    ])
}

/// What every EfA service asks: for which area, and which program takes the applications in.
fn area_and_procedure() -> Value {
    json!({
        "type": "object",
        "properties": {
            "ars": {
                "type": "string", "title": "Amtlicher Regionalschlüssel (ARS)", "pattern": "^[0-9]{12}$",
                "minLength": 12, "maxLength": 12,
                "description": "Gebiet, für das Ihre Behörde zuständig ist: 12 Ziffern, zum Beispiel 069990000000",
            },
            "procedure": {
                "type": "string", "title": "Fachverfahren", "minLength": 1, "maxLength": 120,
                "description": "Hersteller und Fassung, die die Anträge empfängt",
            },
        },
        "required": ["ars", "procedure"],
        "additionalProperties": false,
    })
}

/// An EfA service that a broker sets up: one more tenant at once, and the steps of people around it.
fn residence_title() -> Offering {
    let plan = |code, title, broker_plan: &str, base| Plan {
        code,
        title,
        settings: json!({"broker": "efa", "service_id": "aufenthalt", "plan_id": broker_plan}),
        parts: vec![
            ("base", "Grundpreis", None, flat(), base),
            ("setup", "Anbindung", None, json!({"model": "one-time"}), "450.00"),
        ],
    };
    Offering {
        provider: "it-verbund",
        locations: &["Nordhafen"],
        slug: "aufenthaltstitel",
        kind: Kind::SharedService,
        title: "Aufenthaltstitel zum Zweck der Erwerbstätigkeit (EfA)",
        title_en: "Residence title for employment (EfA)",
        summary: "Einer-für-alle-Onlinedienst: Aufenthaltstitel werden online beantragt und kommen im Fachverfahren an.",
        description: "Der Onlinedienst läuft einmal für alle. Nach der Freigabe richtet der Service-Broker des Standorts einen \
            Mandanten für Ihre Behörde ein; Vereinbarung, Anbindung und Einträge sind Aufgaben mit Zuständigen und Terminen \
            auf der Seite der Buchung. Bezahlt wird nach Größe der Behörde. Erfundenes Angebot der Demonstration nach einem \
            echten Vorbild.",
        details: json!({
            "tags": ["EfA", "Onlinedienst", "Demonstration"],
            "suited": ["Ausländerbehörden der Kreise und kreisfreien Städte"],
            "unsuited": ["Behörden ohne Anschluss an das DVDV"],
            "protection": {"confidentiality": 2, "integrity": 2, "availability": 1},
            "exposure": "internet",
            "facts": facts_apart(
                "Ein Rechenzentrum in Nordhafen",
                ("Auf dem Weg mit geprüftem Zertifikat", "Ein Dienst für alle, ein eigener Mandant je Behörde"),
                "Anträge als XAusländer-Nachrichten, jederzeit abrufbar"
            ),
            "change": "Erste Fassung",
            "online_service": {"url": "https://aufenthaltstitel.example/{ars}", "leika": ["99010020000000"]},
            "tasks": efa_steps("XAusländer", ("go-live", "Freischalten (Go-live)")),
        }),
        order_schema: area_and_procedure(),
        plans: vec![
            plan("bis-100000", "Bis 100.000 Einwohner", "klein", "320.00"),
            plan("bis-500000", "Bis 500.000 Einwohner", "gross", "780.00"),
        ],
    }
}

/// An EfA service from an operator who has only people: its steps are tasks, its cases are reported.
fn tachograph_card() -> Offering {
    Offering {
        provider: "it-verbund",
        locations: &[],
        slug: "fahrtenschreiberkarte",
        kind: Kind::Manual,
        title: "Fahrtenschreiberkarte beantragen (EfA)",
        title_en: "Tachograph card application (EfA)",
        summary: "Einer-für-alle-Onlinedienst: Fahrer- und Unternehmenskarten werden online beantragt.",
        description: "Der Onlinedienst läuft einmal für alle; Ihre Behörde wird angebunden. Die Schritte bis zum Start sind \
            Aufgaben mit Zuständigen und Terminen auf der Seite der Buchung. Bezahlt werden ein Grundpreis und die Fälle. \
            Erfundenes Angebot der Demonstration nach einem echten Vorbild.",
        details: json!({
            "tags": ["EfA", "Onlinedienst", "Demonstration"],
            "suited": ["Behörden, die Fahrtenschreiberkarten ausgeben"],
            "unsuited": ["Behörden ohne Anschluss an das DVDV"],
            "protection": {"confidentiality": 2, "integrity": 2, "availability": 1},
            "facts": facts("Ein Rechenzentrum in Beispielland", "Anträge als XFahrtenschreiber-Nachrichten"),
            "change": "Erste Fassung",
            "online_service": {"url": "https://fahrtenschreiberkarte.example/{ars}", "leika": ["99108055001000"]},
            "tasks": efa_steps("XFahrtenschreiber", ("start", "Start (Go-live) angeben")),
        }),
        order_schema: area_and_procedure(),
        plans: vec![Plan {
            code: "standard",
            title: "Standard",
            settings: json!({
                "includes": "Betrieb des Onlinedienstes, Anbindung, Pflege der Formulare", "counts": ["cases"],
            }),
            parts: vec![
                ("base", "Grundpreis", None, flat(), "60.00"),
                (
                    "cases",
                    "Fälle",
                    Some("cases"),
                    json!({
                        "model": "consumption", "each": 1, "unit_title": "Fall", "expected": 15,
                        "expected_title": "Erwartete Fälle im Monat",
                        "expected_hint": "Nur für die Schätzung und die Mittelbindung; bezahlt wird, was gemeldet wurde",
                    }),
                    "2.40",
                ),
            ],
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What order forms can do to a cluster is tried with every shape of plan; a new one belongs into that list.
    #[test]
    fn the_walls_are_tried_with_every_plan() {
        let tried = include_str!("../../../../../operator/contract/tests/walls/plans.json");
        let tried: Vec<Value> = serde_json::from_str(tried).unwrap();
        for offering in offerings().into_iter().filter(|offering| !offering.kind.by_people()) {
            for plan in offering.plans {
                let entry = json!({"kind": offering.kind.code(), "plan": plan.settings});
                assert!(tried.contains(&entry), "add to operator/contract/tests/walls/plans.json: {entry}");
            }
        }
    }
}
