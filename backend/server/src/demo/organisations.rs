//! Organisations of the demonstration with their master data: units, people, Kostenstellen, Sachkonten, budgets, legal
//! bases. Names, addresses and numbers are invented; Leitweg-IDs carry the check digits that they would have.

use super::people::{PEOPLE, Person};
use super::{PASSWORD, id};
use crate::app::App;
use crate::usecases::account::hash_password;
use crate::usecases::{Error, record};
use anyhow::Context;
use db::budgets::BudgetLineRow;
use db::master_data::{AccountRow, CostCentreRow, LegalBasisRow};
use db::organisations::{OrganisationRow, UnitRow};
use db::people::{PersonRow, RoleRow};
use domain::ids::OrganisationId;
use domain::leitweg::{LeitwegId, check_digits};
use domain::policy::Scope;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::json;

/// An organisation of the demonstration.
pub(super) struct Organisation {
    pub(super) slug: &'static str,
    kind: &'static str,
    name: &'static str,
    short_name: &'static str,
    /// Coarse and fine address of the Leitweg-ID, ARS, AGS.
    keys: Option<(&'static str, &'static str, &'static str, &'static str)>,
    address: (&'static str, &'static str, &'static str),
    contact: (&'static str, &'static str, &'static str),
    /// VAT id, tax number, IBAN, prefix of invoice numbers.
    seller: Option<(Option<&'static str>, Option<&'static str>, &'static str, &'static str)>,
    price_free: bool,
    /// Code, name, Amt.
    cost_centres: &'static [(&'static str, &'static str, &'static str)],
    /// Code, name, Amt, euros a year.
    budget_lines: &'static [(&'static str, &'static str, &'static str, i64)],
    /// Provider, code, evidence.
    legal_bases: &'static [(&'static str, &'static str, &'static str)],
}

const NOBODY: Organisation = Organisation {
    slug: "",
    kind: "authority",
    name: "",
    short_name: "",
    keys: None,
    address: ("", "", ""),
    contact: ("", "", ""),
    seller: None,
    price_free: false,
    cost_centres: &[],
    budget_lines: &[],
    legal_bases: &[],
};

const STATUTES: &str = "Verbandssatzung vom 12.03.2019, § 4 (erfunden)";
const CONTRACT: &str = "Rahmenvereinbarung DZ-2024-07 (erfunden)";

/// Providers first, because legal bases name them.
const ORGANISATIONS: &[Organisation] = &[
    Organisation {
        slug: "it-verbund",
        kind: "provider",
        name: "IT-Verbund Beispielland AöR",
        short_name: "IT-Verbund Beispielland",
        address: ("Serverallee 3", "99001", "Beispielhausen"),
        contact: ("Team Abrechnung", "+49 361 0000010", "rechnung@it-verbund.example"),
        seller: Some((Some("DE999999999"), None, "DE93999999990000000001", "IVB")),
        ..NOBODY
    },
    Organisation {
        slug: "datenzentrale",
        kind: "provider",
        name: "Kommunale Datenzentrale Musterregion",
        short_name: "Datenzentrale Musterregion",
        address: ("Rechnerweg 4", "99004", "Musterregion"),
        contact: ("Team Abrechnung", "+49 361 0000020", "rechnung@datenzentrale.example"),
        seller: Some((None, Some("151/000/00000"), "DE93999999990000000001", "KDM")),
        ..NOBODY
    },
    Organisation {
        slug: "talland-it",
        kind: "provider",
        name: "Kommunale IT Talland eG",
        short_name: "Talland IT",
        address: ("Am Rechenwerk 8", "34999", "Talstadt"),
        contact: ("Team Abrechnung", "+49 561 0000040", "rechnung@talland-it.example"),
        seller: Some((Some("DE999999998"), None, "DE93999999990000000001", "KIT")),
        ..NOBODY
    },
    Organisation {
        slug: "marktplatz",
        kind: "marketplace",
        name: "Marktplatzbetrieb Beispielland",
        short_name: "Marktplatzbetrieb",
        address: ("Platz 5", "99005", "Beispielhausen"),
        contact: ("Betrieb", "+49 361 0000030", "betrieb@marktplatz.example"),
        ..NOBODY
    },
    Organisation {
        slug: "musterstadt",
        name: "Stadt Musterstadt",
        short_name: "Musterstadt",
        keys: Some(("16099001", "MUSTERSTADT", "160990000001", "16099001")),
        address: ("Marktplatz 1", "99010", "Musterstadt"),
        contact: ("Kämmerei", "+49 361 0000100", "rechnungen@musterstadt.example"),
        cost_centres: &[
            ("11140", "Digitalisierung", "Amt für Digitalisierung"),
            ("55110", "Grünflächen", "Grünflächenamt"),
            ("12200", "Bürgerdienste", "Amt für Digitalisierung"),
        ],
        budget_lines: &[
            ("11.1.40", "Rechenzentrum und Netze", "Amt für Digitalisierung", 48_000),
            ("55.1.10", "Grünflächen, Datenverarbeitung", "Grünflächenamt", 12_000),
        ],
        legal_bases: &[
            ("it-verbund", "INHOUSE_108_4", STATUTES),
            ("datenzentrale", "RAHMENVERTRAG", CONTRACT),
        ],
        ..NOBODY
    },
    Organisation {
        slug: "beispielkreis",
        name: "Landkreis Beispielkreis",
        short_name: "Beispielkreis",
        keys: Some(("16098000", "BEISPIELKREIS", "160980000000", "16098000")),
        address: ("Kreisstraße 7", "99020", "Kreisstadt"),
        contact: ("Kreiskasse", "+49 361 0000200", "rechnungen@beispielkreis.example"),
        cost_centres: &[("24300", "Schulverwaltung", "Amt für Schulen"), ("11200", "Finanzen", "Kämmerei")],
        budget_lines: &[("24.3.00", "Schulen, Anwendungen", "Amt für Schulen", 30_000)],
        legal_bases: &[
            ("it-verbund", "INHOUSE_108_4", STATUTES),
            ("datenzentrale", "RAHMENVERTRAG", CONTRACT),
        ],
        ..NOBODY
    },
    Organisation {
        slug: "mittelfeld",
        name: "Gemeinde Mittelfeld",
        short_name: "Mittelfeld",
        keys: Some(("16099012", "MITTELFELD", "160990000012", "16099012")),
        address: ("Am Markt 1", "99002", "Mittelfeld"),
        contact: ("Finanzverwaltung", "+49 361 0000300", "rechnungen@mittelfeld.example"),
        cost_centres: &[
            ("11140", "Digitalisierung", "Hauptamt"),
            ("54110", "Straßenbeleuchtung", "Hauptamt"),
        ],
        budget_lines: &[("11.1.40", "Datenverarbeitung", "Hauptamt", 12_000)],
        legal_bases: &[
            ("it-verbund", "INHOUSE_108_4", STATUTES),
            ("datenzentrale", "RAHMENVERTRAG", CONTRACT),
            ("talland-it", "KOOPERATION_108_6", "Kooperationsvertrag Talland vom 02.02.2026 (erfunden)"),
        ],
        ..NOBODY
    },
    Organisation {
        slug: "kleindorf",
        name: "Gemeinde Kleindorf",
        short_name: "Kleindorf",
        keys: Some(("16099013", "KLEINDORF", "160990000013", "16099013")),
        address: ("Dorfstraße 2", "99003", "Kleindorf"),
        contact: ("Gemeindeverwaltung", "+49 361 0000400", "gemeinde@kleindorf.example"),
        cost_centres: &[("10000", "Gemeindeverwaltung", "Gemeindeverwaltung")],
        budget_lines: &[("10.0.00", "Verwaltung", "Gemeindeverwaltung", 1_500)],
        legal_bases: &[(
            "datenzentrale",
            "DIREKTAUFTRAG",
            "Beschluss des Gemeinderats vom 14.01.2026 (erfunden)",
        )],
        ..NOBODY
    },
    Organisation {
        slug: "pruefamt",
        name: "Prüfamt Beispielland",
        short_name: "Prüfamt",
        keys: Some(("16999099", "PRUEFAMT", "160990000099", "16099099")),
        address: ("Probeweg 9", "99099", "Beispielhausen"),
        contact: ("Erprobung", "+49 361 0000900", "pruefamt@pruefamt.example"),
        price_free: true,
        cost_centres: &[("99999", "Erprobung", "Erprobung")],
        legal_bases: &[
            ("it-verbund", "GESETZLICHE_AUFGABE", "Erprobung nach jeder Änderung (erfunden)"),
            ("datenzentrale", "GESETZLICHE_AUFGABE", "Erprobung nach jeder Änderung (erfunden)"),
        ],
        ..NOBODY
    },
];

const ACCOUNTS: [(&str, &str); 2] =
    [("5431000", "IT-Dienstleistungen"), ("5291000", "Sonstige Dienstleistungen")];
/// Budget lines exist for these years, so that an order at the end of a year can begin in the next.
const YEARS: [i32; 2] = [2026, 2027];

/// Short name of an organisation of the demonstration.
pub(super) fn name_of(slug: &str) -> &'static str {
    ORGANISATIONS.iter().find(|it| it.slug == slug).map_or("", |it| it.short_name)
}

/// Loads every organisation that is not there.
pub(super) async fn load(app: &App) -> anyhow::Result<()> {
    let hash = hash_password(PASSWORD)?;
    for organisation in ORGANISATIONS {
        load_one(app, organisation, &hash).await.with_context(|| organisation.slug.to_owned())?;
    }
    Ok(())
}

async fn load_one(app: &App, it: &Organisation, hash: &str) -> anyhow::Result<()> {
    let scope = Scope::system("demonstration data");
    let own = OrganisationId(id(it.slug));
    let there = app
        .db
        .read(&scope, async |conn: &mut db::Conn| match db::organisations::get(conn, own).await {
            Ok(_) => Ok(true),
            Err(db::Error::NotFound) => Ok(false),
            Err(other) => Err(Error::from(other)),
        })
        .await?;
    if there {
        return Ok(());
    }
    let since = beginning()?;
    let row = organisation_row(it, since)?;
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            db::organisations::insert(conn, &row).await?;
            insert_units(conn, it, since).await?;
            for person in PEOPLE.iter().filter(|person| person.organisation == it.slug) {
                insert_person(conn, person, hash, since).await?;
            }
            if it.kind == "authority" {
                insert_master_data(conn, it, since).await?;
            }
            let detail = json!({"event": "demonstration-loaded", "slug": it.slug});
            let subject = format!("organisation:{own}");
            Ok::<_, Error>((
                (),
                record::by_system(own, "demo", "organisation.admit", subject, detail, app.clock.now()),
            ))
        })
        .await?;
    Ok(())
}

/// From when everything of the demonstration counts: the beginning of 2026 in Berlin.
pub(super) fn beginning() -> anyhow::Result<Timestamp> {
    Ok("2025-12-31T23:00:00Z".parse()?)
}

fn organisation_row(it: &Organisation, since: Timestamp) -> anyhow::Result<OrganisationRow> {
    let leitweg_id = match it.keys {
        Some((coarse, fine, ..)) => {
            let digits = check_digits(coarse, Some(fine)).context("Leitweg-ID")?;
            Some(LeitwegId::parse(&format!("{coarse}-{fine}-{digits:02}"))?.as_str().to_owned())
        }
        None => None,
    };
    let text = |value: &'static str| Some(value.to_owned());
    let (vat_id, tax_number, iban, prefix) = match it.seller {
        Some((vat_id, tax_number, iban, prefix)) => (vat_id, tax_number, Some(iban), Some(prefix)),
        None => (None, None, None, None),
    };
    Ok(OrganisationRow {
        id: id(it.slug),
        kind: it.kind.to_owned(),
        name: it.name.to_owned(),
        short_name: it.short_name.to_owned(),
        slug: it.slug.to_owned(),
        ars: it.keys.and_then(|(_, _, ars, _)| text(ars)),
        ags: it.keys.and_then(|(.., ags)| text(ags)),
        leitweg_id,
        street: it.address.0.to_owned(),
        postcode: it.address.1.to_owned(),
        city: it.address.2.to_owned(),
        contact_name: it.contact.0.to_owned(),
        contact_phone: it.contact.1.to_owned(),
        contact_email: it.contact.2.to_owned(),
        vat_id: vat_id.and_then(text),
        tax_number: tax_number.and_then(text),
        iban: iban.and_then(text),
        invoice_prefix: prefix.and_then(text),
        price_free: it.price_free,
        created_at: since.into(),
    })
}

fn unit_id(organisation: &str, unit: &str) -> uuid::Uuid {
    id(&format!("unit:{organisation}:{unit}"))
}

async fn insert_units(conn: &mut db::Conn, it: &Organisation, since: Timestamp) -> Result<(), Error> {
    let mut names: Vec<&str> =
        PEOPLE.iter().filter(|who| who.organisation == it.slug).filter_map(|who| who.unit).collect();
    names.extend(it.cost_centres.iter().map(|(_, _, unit)| *unit));
    names.sort_unstable();
    names.dedup();
    for name in names {
        let row = UnitRow {
            id: unit_id(it.slug, name),
            organisation_id: id(it.slug),
            name: name.to_owned(),
            created_at: since.into(),
        };
        db::organisations::insert_unit(conn, &row).await?;
    }
    Ok(())
}

async fn insert_person(
    conn: &mut db::Conn,
    person: &Person,
    hash: &str,
    since: Timestamp,
) -> Result<(), Error> {
    let row = PersonRow {
        id: person_id(person.email),
        organisation_id: id(person.organisation),
        unit_id: person.unit.map(|unit| unit_id(person.organisation, unit)),
        name: person.name.to_owned(),
        email: person.email.to_owned(),
        phone: None,
        password_hash: hash.to_owned(),
        language: "de".to_owned(),
        created_at: since.into(),
        disabled_at: None,
    };
    db::people::insert(conn, &row).await?;
    for role in person.roles {
        let until = role.until.and_then(|day| day.parse().ok()).map(domain::time::midnight);
        let held = RoleRow {
            organisation_id: row.organisation_id,
            person_id: row.id,
            role: role.code.to_owned(),
            limit_amount: role.limit.map(Decimal::from),
            valid_from: since.into(),
            valid_to: until.map(Into::into),
        };
        db::people::insert_role(conn, &held).await?;
    }
    Ok(())
}

/// The id of a person of the demonstration.
pub(super) fn person_id(email: &str) -> uuid::Uuid {
    id(&format!("person:{email}"))
}

/// The id of a budget line of the demonstration.
pub(super) fn budget_line_id(organisation: &str, year: i32, code: &str) -> uuid::Uuid {
    id(&format!("budget:{organisation}:{year}:{code}"))
}

/// The id of a legal basis of the demonstration.
pub(super) fn legal_basis_id(organisation: &str, provider: &str) -> uuid::Uuid {
    id(&format!("basis:{organisation}:{provider}"))
}

async fn insert_master_data(conn: &mut db::Conn, it: &Organisation, since: Timestamp) -> Result<(), Error> {
    let organisation_id = id(it.slug);
    for (code, name, unit) in it.cost_centres {
        let unit_id = Some(unit_id(it.slug, unit));
        let row =
            CostCentreRow { organisation_id, code: (*code).to_owned(), name: (*name).to_owned(), unit_id };
        db::master_data::insert_cost_centre(conn, &row).await?;
    }
    for (code, name) in ACCOUNTS {
        let row = AccountRow { organisation_id, code: code.to_owned(), name: name.to_owned() };
        db::master_data::insert_account(conn, &row).await?;
    }
    for year in YEARS {
        for (code, name, unit, euros) in it.budget_lines {
            let row = BudgetLineRow {
                id: budget_line_id(it.slug, year, code),
                organisation_id,
                unit_id: unit_id(it.slug, unit),
                year,
                code: (*code).to_owned(),
                name: (*name).to_owned(),
                amount: Decimal::from(*euros),
                spent: Decimal::ZERO,
                created_at: since.into(),
            };
            db::budgets::insert_line(conn, &row).await?;
        }
    }
    for (provider, code, evidence) in it.legal_bases {
        let row = LegalBasisRow {
            id: legal_basis_id(it.slug, provider),
            organisation_id,
            provider_id: id(provider),
            code: (*code).to_owned(),
            reference: (*evidence).to_owned(),
            asserted_by: it.contact.0.to_owned(),
            valid_from: since.into(),
            valid_until: "2029-12-31".parse().ok().map(domain::time::midnight).map(Into::into),
            created_at: since.into(),
        };
        db::master_data::insert_legal_basis(conn, &row).await?;
    }
    Ok(())
}
