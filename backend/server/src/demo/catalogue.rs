//! Locations, offerings, prices and VAT decisions of the demonstration. Prices are invented.

mod offerings;

use super::id;
use super::organisations::{beginning, person_id};
use crate::app::App;
use crate::usecases::locations::{self, CreateLocation, StateProfile};
use crate::usecases::{Error, record};
use anyhow::{Context, ensure};
use contract::Kind;
use db::availability::MeasuredRow;
use db::offerings::{ComponentRow, OfferingRow, PlanRow, PriceRow, VatRow, VersionRow};
use domain::ids::{LocationId, OrganisationId, PersonId};
use domain::placement::{Certificate, CertificateClass, Need, Protection};
use domain::policy::{Action, Actor, Scope, authorize};
use domain::time::Month;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A provider's catalogue.
struct Catalogue {
    provider: &'static str,
    /// Who creates the locations.
    platform: &'static str,
    /// Name and place of each location.
    locations: &'static [(&'static str, &'static str)],
    /// Up to which need of protection they may be used.
    ceiling: Protection,
    /// Their evidence: class, number, last day.
    evidence: &'static [(CertificateClass, &'static str, Date)],
    /// Invented past of each offer that can be compared: bookings, and seconds in which they could not be used in August,
    /// September and October 2026.
    past: (i32, [i64; 3]),
    vat: Vat,
}

/// Confidentiality, integrity, availability.
const fn ceiling(confidentiality: Need, integrity: Need, availability: Need) -> Protection {
    Protection { confidentiality, integrity, availability }
}

/// Class, rate, code and words of the reason, evidence.
type Vat = (&'static str, i64, Option<&'static str>, Option<&'static str>, &'static str);

const CATALOGUES: [Catalogue; 3] = [
    Catalogue {
        provider: "it-verbund",
        platform: "paul.seidel@it-verbund.example",
        locations: &[
            ("Beispielhausen", "Beispielhausen, Thüringen"),
            ("Nordhafen", "Nordhafen, Niedersachsen"),
        ],
        ceiling: ceiling(Need::High, Need::High, Need::Normal),
        evidence: &[
            (CertificateClass::C5Type2, "C5-2026-118 (erfunden)", date(2027, 6, 30)),
            (CertificateClass::Grundschutz, "BSI-IGZ-9999 (erfunden)", date(2028, 5, 31)),
        ],
        past: (14, [5_220, 0, 11_700]),
        vat: ("S", 19, None, None, "Vermerk der Steuerstelle 2026-01 (erfunden)"),
    },
    Catalogue {
        provider: "datenzentrale",
        platform: "deniz.koch@datenzentrale.example",
        locations: &[("Musterregion", "Musterregion, Bayern")],
        ceiling: ceiling(Need::High, Need::Normal, Need::High),
        evidence: &[(CertificateClass::C5Type1, "C5-2026-044 (erfunden)", date(2027, 3, 31))],
        past: (9, [0, 2_040, 0]),
        vat: (
            "O",
            0,
            Some("VATEX-EU-O"),
            Some("Nicht steuerbar nach § 2b UStG"),
            "Vermerk der Steuerstelle 2026-02 (erfunden)",
        ),
    },
    Catalogue {
        provider: "talland-it",
        platform: "nils.bauer@talland-it.example",
        locations: &[("Talstadt", "Talstadt, Hessen")],
        ceiling: ceiling(Need::Normal, Need::Normal, Need::Normal),
        evidence: &[(CertificateClass::Iso27001, "ISO-27001-7311 (erfunden)", date(2027, 11, 30))],
        past: (3, [41_400, 9_000, 16_200]),
        vat: ("S", 19, None, None, "Vermerk der Steuerstelle 2026-03 (erfunden)"),
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
    /// Names of the locations where it can run; none where people fulfil it.
    locations: &'static [&'static str],
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
        let mut locations = BTreeMap::new();
        for (name, place) in catalogue.locations {
            let location = location(app, catalogue, name, place).await.context(*name)?;
            profile(app, catalogue, location).await.context(*name)?;
            locations.insert(*name, location);
        }
        load_vat(app, catalogue).await?;
        for offering in offerings::offerings().into_iter().filter(|it| it.provider == catalogue.provider) {
            let places = offering.locations.iter().filter_map(|name| locations.get(name).copied()).collect();
            load_offering(app, &offering, places).await.with_context(|| offering.slug.to_owned())?;
            load_past(app, &offering, catalogue.past).await.with_context(|| offering.slug.to_owned())?;
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
async fn location(app: &App, catalogue: &Catalogue, name: &str, place: &str) -> anyhow::Result<Uuid> {
    let actor = actor(app, catalogue.platform).await?;
    let scope = authorize(&actor, Action::ViewLocations)?;
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

/// States what the location promises, unless somebody has stated anything.
async fn profile(app: &App, catalogue: &Catalogue, location: Uuid) -> anyhow::Result<()> {
    let actor = actor(app, catalogue.platform).await?;
    let shown = locations::show(app, &actor, LocationId(location)).await?;
    if shown.profile.stated_at.is_some() {
        return Ok(());
    }
    let certificate = |(class, number, valid_until): &(CertificateClass, &str, Date)| Certificate {
        class: *class,
        number: (*number).to_owned(),
        valid_until: *valid_until,
    };
    let cmd = StateProfile {
        protection: catalogue.ceiling,
        data_centre_of: None,
        certificates: catalogue.evidence.iter().map(certificate).collect(),
    };
    Ok(locations::state_profile(app, &actor, LocationId(location), &cmd, Vec::new()).await?)
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
    let there = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::offerings::list_vat(conn, provider, Uuid::nil()).await?)
        })
        .await?;
    if !there.is_empty() {
        return Ok(());
    }
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            db::offerings::insert_vat(conn, &row).await?;
            let now = app.clock.now();
            let detail = json!({"event": "demonstration-loaded", "class": class});
            let subject = format!("vat-decision:{}", row.id);
            let entry =
                record::by_system(OrganisationId(provider), "demo", "vat.decide", subject, detail, now);
            Ok::<_, Error>(((), entry))
        })
        .await?;
    Ok(())
}

async fn load_offering(app: &App, it: &Offering, places: Vec<Uuid>) -> anyhow::Result<()> {
    for plan in &it.plans {
        let findings = it.kind.check_plan(&plan.settings);
        ensure!(findings.is_empty(), "plan {}: {findings:?}", plan.code);
    }
    let scope = Scope::system("demonstration data");
    let since = beginning()?;
    let offering = id(&format!("offering:{}:{}", it.provider, it.slug));
    let there = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            match db::offerings::get_current(conn, offering.into()).await {
                Ok(_) => Ok(true),
                Err(db::Error::NotFound) => Ok(false),
                Err(other) => Err(Error::from(other)),
            }
        })
        .await?;
    if there {
        return Ok(());
    }
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            insert(conn, it, (offering, &places), since).await?;
            let now = app.clock.now();
            let detail = json!({"event": "demonstration-loaded", "slug": it.slug});
            let provider = OrganisationId(id(it.provider));
            let subject = format!("offering:{offering}");
            Ok::<_, Error>((
                (),
                record::by_system(provider, "demo", "offering.publish", subject, detail, now),
            ))
        })
        .await?;
    Ok(())
}

/// What an offer that can be compared came to in three months that are over.
async fn load_past(app: &App, it: &Offering, (bookings, disturbed): (i32, [i64; 3])) -> anyhow::Result<()> {
    if it.details.get("product").is_none() {
        return Ok(());
    }
    let scope = Scope::system("demonstration data");
    let (provider, offering) = (id(it.provider), id(&format!("offering:{}:{}", it.provider, it.slug)));
    let months = [8, 9, 10].map(|number| Month::new(2026, number));
    let months = months.into_iter().collect::<Result<Vec<_>, _>>()?;
    let (Some(first), now) = (months.first().copied(), app.clock.now()) else { return Ok(()) };
    let known = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::availability::list_measured(conn, &[offering], first).await?)
        })
        .await?;
    if !known.is_empty() {
        return Ok(());
    }
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            for (month, interrupted) in months.iter().zip(disturbed) {
                let row = MeasuredRow {
                    offering_id: offering,
                    provider_id: provider,
                    month_from_at: month.period().from().into(),
                    bookings,
                    available: month.seconds() * i64::from(bookings) - interrupted,
                    interrupted,
                    maintenance: 0,
                    unknown: 0,
                    not_counted: 0,
                    measured_at: now.into(),
                };
                db::availability::insert_measured(conn, &row).await?;
            }
            let detail = json!({"event": "demonstration-loaded", "months": months.len()});
            let subject = format!("offering:{offering}");
            let provider = OrganisationId(provider);
            let entry = record::by_system(provider, "demo", "availability.measure", subject, detail, now);
            Ok::<_, Error>(((), entry))
        })
        .await?;
    Ok(())
}

async fn insert(
    conn: &mut db::Conn,
    it: &Offering,
    (offering, places): (Uuid, &[Uuid]),
    since: Timestamp,
) -> Result<(), Error> {
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
    for location in places {
        db::offerings::insert_place(conn, provider_id, offering, *location).await?;
    }
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
