//! Locations, offerings, prices and VAT decisions of the demonstration. Prices are invented.

mod offerings;

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
        for offering in offerings::offerings().into_iter().filter(|it| it.provider == catalogue.provider) {
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
            insert(conn, it, offering, location, since).await?;
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

async fn insert(
    conn: &mut db::Conn,
    it: &Offering,
    offering: Uuid,
    location: Uuid,
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
    if !it.kind.by_people() {
        db::offerings::insert_place(conn, provider_id, offering, location).await?;
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
