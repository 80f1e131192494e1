//! What is offered, where, and at which price. Everybody who signed in may read it; only the provider writes.

use crate::schema::{
    components, locations, offering_locations, offering_versions, offerings, operators, organisations, plans,
    prices, vat_decisions,
};
use crate::{Conn, Error, Result, Ts};
use contract::{Abilities, Heartbeat, Meter};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;
use domain::ids::{ComponentId, OfferingId, PriceId, VersionId};
use domain::money::UnitPrice;
use domain::rating::{Offered, Terms, offered};
use domain::tax::{VatDecision, VatTreatment};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

/// What a provider lists.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = offerings)]
pub struct OfferingRow {
    pub id: Uuid,
    pub provider_id: Uuid,
    pub slug: String,
    pub kind: String,
    pub created_at: Ts,
    pub withdrawn_at: Option<Ts>,
}

/// A published state of it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = offering_versions)]
pub struct VersionRow {
    pub id: Uuid,
    pub provider_id: Uuid,
    pub offering_id: Uuid,
    pub number: i32,
    pub title: String,
    pub title_en: String,
    pub summary: String,
    pub description: String,
    pub details: Value,
    pub order_schema: Value,
    pub published_at: Ts,
}

/// A Tarif; `settings` is the plan of the kind.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = plans)]
pub struct PlanRow {
    pub id: Uuid,
    pub provider_id: Uuid,
    pub version_id: Uuid,
    pub code: String,
    pub title: String,
    pub position: i32,
    pub settings: Value,
}

/// A Preisbestandteil; `model` holds [`Terms`], with the words `unit_title` and `note`, and with
/// the consumption per month that the provider expects (`expected`).
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = components)]
pub struct ComponentRow {
    pub id: Uuid,
    pub provider_id: Uuid,
    pub plan_id: Uuid,
    pub code: String,
    pub title: String,
    pub position: i32,
    pub meter: Option<String>,
    pub model: Value,
}

/// A price with the moment from which it counts.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = prices)]
pub struct PriceRow {
    pub id: Uuid,
    pub provider_id: Uuid,
    pub component_id: Uuid,
    pub amount: Decimal,
    pub valid_from: Ts,
}

/// A recorded VAT decision.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = vat_decisions)]
pub struct VatRow {
    pub id: Uuid,
    pub provider_id: Uuid,
    pub offering_id: Option<Uuid>,
    pub class: String,
    pub rate: Decimal,
    pub reason_code: Option<String>,
    pub reason: Option<String>,
    pub evidence: String,
    pub valid_from: Ts,
}

/// An offering in its present version.
#[derive(Debug, Clone)]
pub struct CurrentOffering {
    /// The offering.
    pub offering: OfferingRow,
    /// Its youngest version.
    pub version: VersionRow,
    /// Name of the provider.
    pub provider: String,
}

/// Where an offering can run, with what the location's operator reported.
#[derive(Debug, Clone)]
pub struct Place {
    /// The location.
    pub location_id: Uuid,
    /// Its name.
    pub name: String,
    /// Two-digit key of the Land.
    pub land: String,
    /// What an enrolled operator said last; none without one.
    pub abilities: Option<Abilities>,
}

type Current = (OfferingRow, VersionRow, String);

/// Every offering that can be found now, in its present version; with words of a search, only those that match.
pub async fn list_current(conn: &mut Conn, q: &str) -> Result<Vec<CurrentOffering>> {
    let mut query = offering_versions::table
        .inner_join(offerings::table.on(offerings::id.eq(offering_versions::offering_id)))
        .inner_join(organisations::table.on(organisations::id.eq(offering_versions::provider_id)))
        .filter(offerings::withdrawn_at.is_null())
        .filter(is_latest())
        .order((offering_versions::title, organisations::name, offerings::id))
        .select((OfferingRow::as_select(), VersionRow::as_select(), organisations::short_name))
        .into_boxed();
    if !q.is_empty() {
        let words = "(to_tsvector('german', offering_versions.title || ' ' || offering_versions.summary || ' ' || \
            offering_versions.description) @@ websearch_to_tsquery('german', ";
        // Parts of compound words are found by the title, because full text knows whole words only.
        let part = like_pattern(q);
        query = query.filter(
            sql::<Bool>(words)
                .bind::<Text, _>(q.to_owned())
                .sql("))")
                .or(offering_versions::title.ilike(part.clone()))
                .or(organisations::short_name.ilike(part)),
        );
    }
    let rows: Vec<Current> = query.load(conn).await?;
    Ok(rows.into_iter().map(current).collect())
}

/// One offering in its present version; not found once it was withdrawn.
pub async fn get_current(conn: &mut Conn, id: OfferingId) -> Result<CurrentOffering> {
    let row: Current = offering_versions::table
        .inner_join(offerings::table.on(offerings::id.eq(offering_versions::offering_id)))
        .inner_join(organisations::table.on(organisations::id.eq(offering_versions::provider_id)))
        .filter(offerings::id.eq(id.0))
        .filter(offerings::withdrawn_at.is_null())
        .filter(is_latest())
        .select((OfferingRow::as_select(), VersionRow::as_select(), organisations::short_name))
        .first(conn)
        .await?;
    Ok(current(row))
}

/// The offerings of one product, in their present versions, by provider.
pub async fn list_of_product(conn: &mut Conn, product: &str) -> Result<Vec<CurrentOffering>> {
    let rows: Vec<Current> = offering_versions::table
        .inner_join(offerings::table.on(offerings::id.eq(offering_versions::offering_id)))
        .inner_join(organisations::table.on(organisations::id.eq(offering_versions::provider_id)))
        .filter(offerings::withdrawn_at.is_null())
        .filter(is_latest())
        .filter(sql::<Bool>("offering_versions.details ->> 'product' = ").bind::<Text, _>(product.to_owned()))
        .order((organisations::short_name, offerings::id))
        .select((OfferingRow::as_select(), VersionRow::as_select(), organisations::short_name))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(current).collect())
}

/// One version with its offering, as it read on the day it was published.
pub async fn get_version(conn: &mut Conn, id: VersionId) -> Result<CurrentOffering> {
    let row: Current = offering_versions::table
        .inner_join(offerings::table.on(offerings::id.eq(offering_versions::offering_id)))
        .inner_join(organisations::table.on(organisations::id.eq(offering_versions::provider_id)))
        .filter(offering_versions::id.eq(id.0))
        .select((OfferingRow::as_select(), VersionRow::as_select(), organisations::short_name))
        .first(conn)
        .await?;
    Ok(current(row))
}

/// Several versions with their offerings; for lists of orders.
pub async fn list_of_versions(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<CurrentOffering>> {
    let rows: Vec<Current> = offering_versions::table
        .inner_join(offerings::table.on(offerings::id.eq(offering_versions::offering_id)))
        .inner_join(organisations::table.on(organisations::id.eq(offering_versions::provider_id)))
        .filter(offering_versions::id.eq_any(ids))
        .select((OfferingRow::as_select(), VersionRow::as_select(), organisations::short_name))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(current).collect())
}

/// Every version of an offering, the youngest first.
pub async fn list_versions(conn: &mut Conn, id: OfferingId) -> Result<Vec<VersionRow>> {
    Ok(offering_versions::table
        .filter(offering_versions::offering_id.eq(id.0))
        .order(offering_versions::number.desc())
        .select(VersionRow::as_select())
        .load(conn)
        .await?)
}

/// Plans of versions, in the order of the provider.
pub async fn list_plans(conn: &mut Conn, versions: &[Uuid]) -> Result<Vec<PlanRow>> {
    Ok(plans::table
        .filter(plans::version_id.eq_any(versions))
        .order((plans::version_id, plans::position, plans::id))
        .select(PlanRow::as_select())
        .load(conn)
        .await?)
}

/// Components of plans, in the order of the provider.
pub async fn list_components(conn: &mut Conn, plans: &[Uuid]) -> Result<Vec<ComponentRow>> {
    Ok(components::table
        .filter(components::plan_id.eq_any(plans))
        .order((components::plan_id, components::position, components::id))
        .select(ComponentRow::as_select())
        .load(conn)
        .await?)
}

/// Prices of components, the oldest first.
pub async fn list_prices(conn: &mut Conn, components: &[Uuid]) -> Result<Vec<PriceRow>> {
    Ok(prices::table
        .filter(prices::component_id.eq_any(components))
        .order((prices::component_id, prices::valid_from))
        .select(PriceRow::as_select())
        .load(conn)
        .await?)
}

/// VAT decisions that apply to an offering: its own if there are any, else those of its provider as a whole.
pub async fn list_vat(conn: &mut Conn, provider: Uuid, offering: Uuid) -> Result<Vec<VatRow>> {
    Ok(vat_of(&list_vat_of_providers(conn, &[provider]).await?, provider, offering))
}

/// Every VAT decision of some providers, the oldest first; [`vat_of`] picks those of an offering.
pub async fn list_vat_of_providers(conn: &mut Conn, providers: &[Uuid]) -> Result<Vec<VatRow>> {
    Ok(vat_decisions::table
        .filter(vat_decisions::provider_id.eq_any(providers))
        .order(vat_decisions::valid_from)
        .select(VatRow::as_select())
        .load(conn)
        .await?)
}

/// The decisions of an offering itself if there are any, else those of its provider as a whole.
pub fn vat_of(rows: &[VatRow], provider: Uuid, offering: Uuid) -> Vec<VatRow> {
    let of = |wanted: Option<Uuid>| -> Vec<VatRow> {
        rows.iter().filter(|row| row.provider_id == provider && row.offering_id == wanted).cloned().collect()
    };
    let own = of(Some(offering));
    if own.is_empty() { of(None) } else { own }
}

/// Where offerings can run. Needs the right of the product itself for `abilities`, because what operators report belongs
/// to their providers; under any other right every location looks as if it had no operator.
pub async fn list_places(conn: &mut Conn, offerings: &[Uuid]) -> Result<Vec<(Uuid, Place)>> {
    type Found = (Uuid, Uuid, String, String, Option<Value>, Option<Ts>, Option<Ts>);
    let rows: Vec<Found> = offering_locations::table
        .inner_join(locations::table.on(locations::id.eq(offering_locations::location_id)))
        .left_join(operators::table.on(operators::location_id.eq(locations::id)))
        .filter(offering_locations::offering_id.eq_any(offerings))
        .order((locations::name, locations::id))
        .select((
            offering_locations::offering_id,
            locations::id,
            locations::name,
            locations::land,
            operators::heartbeat.nullable(),
            operators::enrolled_at.nullable(),
            operators::revoked_at.nullable(),
        ))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(offering, location_id, name, land, heartbeat, enrolled_at, revoked_at)| {
            let works = enrolled_at.is_some() && revoked_at.is_none();
            let heartbeat = heartbeat.filter(|_| works);
            let abilities = heartbeat.and_then(|value| serde_json::from_value::<Heartbeat>(value).ok());
            (offering, Place { location_id, name, land, abilities: abilities.map(|said| said.abilities) })
        })
        .collect())
}

impl ComponentRow {
    /// As rating sees it, with every price version; each counts until the next one begins.
    pub fn to_offered(&self, prices: &[PriceRow]) -> Result<Offered> {
        let broken = || Error::Refused("components_model".into());
        let meter = match &self.meter {
            Some(code) => Some(Meter::from_code(code).ok_or_else(broken)?),
            None => None,
        };
        let numbers = prices
            .iter()
            .filter(|price| price.component_id == self.id)
            .map(|price| {
                let amount =
                    UnitPrice::new(price.amount).map_err(|_broken| Error::Refused("prices_amount".into()))?;
                Ok((PriceId(price.id), price.valid_from.to_jiff(), amount))
            })
            .collect::<Result<Vec<_>>>()?;
        offered(ComponentId(self.id), meter, self.to_terms()?, numbers).map_err(|_misfit| broken())
    }

    /// How it is priced, without the number.
    pub fn to_terms(&self) -> Result<Terms> {
        Terms::deserialize(&self.model).map_err(|_broken| Error::Refused("components_model".into()))
    }

    /// A word of the provider about it, such as `unit_title` or `note`.
    pub fn word(&self, name: &str) -> Option<&str> {
        self.model.get(name).and_then(Value::as_str)
    }

    /// How many events a month the provider expects.
    pub fn expected(&self) -> i64 {
        self.model.get("expected").and_then(Value::as_i64).unwrap_or(0)
    }
}

impl VatRow {
    /// As the rules see it.
    pub fn to_decision(&self) -> Result<VatDecision> {
        let reason = self.reason.clone().unwrap_or_default();
        let treatment = match self.class.as_str() {
            "S" => VatTreatment::Taxable { rate_percent: self.rate },
            "O" => VatTreatment::NotTaxable { reason },
            "E" => VatTreatment::Exempt { code: self.reason_code.clone().unwrap_or_default(), reason },
            _ => return Err(Error::Refused("vat_decisions_class_check".into())),
        };
        Ok(VatDecision { valid_from: self.valid_from.to_jiff(), treatment })
    }
}

macro_rules! inserts {
    ($($(#[$doc:meta])* $name:ident $table:ident $row:ty;)*) => {$(
        $(#[$doc])*
        pub async fn $name(conn: &mut Conn, row: &$row) -> Result<()> {
            diesel::insert_into($table::table).values(row).execute(conn).await?;
            Ok(())
        }
    )*};
}

inserts! {
    /// Adds an offering.
    insert offerings OfferingRow;
    /// Publishes a version.
    insert_version offering_versions VersionRow;
    /// Adds a plan to a version.
    insert_plan plans PlanRow;
    /// Adds a component to a plan.
    insert_component components ComponentRow;
    /// Sets a price.
    insert_price prices PriceRow;
    /// Records a VAT decision.
    insert_vat vat_decisions VatRow;
}

/// Lets an offering run at a location of the same provider.
pub async fn insert_place(conn: &mut Conn, provider: Uuid, offering: Uuid, location: Uuid) -> Result<()> {
    diesel::insert_into(offering_locations::table)
        .values((
            offering_locations::provider_id.eq(provider),
            offering_locations::offering_id.eq(offering),
            offering_locations::location_id.eq(location),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

fn is_latest() -> diesel::expression::SqlLiteral<Bool> {
    sql::<Bool>(
        "not exists (select 1 from offering_versions later \
         where later.offering_id = offering_versions.offering_id and later.number > offering_versions.number)",
    )
}

/// Contains these words, with the signs of patterns taken literally.
fn like_pattern(q: &str) -> String {
    let literal: String = q
        .chars()
        .flat_map(|sign| match sign {
            '%' | '_' | '\\' => vec!['\\', sign],
            other => vec![other],
        })
        .collect();
    format!("%{literal}%")
}

fn current((offering, version, provider): Current) -> CurrentOffering {
    CurrentOffering { offering, version, provider }
}
