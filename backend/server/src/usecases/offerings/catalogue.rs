//! The list of everything that can be ordered: products, each with the providers who offer it.

use super::{Offer, PlanParts, any_abilities, default_order, load_all};
use crate::app::App;
use crate::http::views::catalogue::{CatalogueView, Facet, OfferRow, PriceTag, ProductEntry};
use crate::http::views::estimate::PricePeriod;
use crate::usecases::Error;
use contract::{Kind, Nature};
use domain::policy::{Action, Actor, Scope, authorize};
use domain::rating::{Measure, Terms};
use domain::time::{Month, berlin_day};
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Products on one page.
const PAGE: usize = 20;

/// What the catalogue is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct CatalogueQuery {
    /// Words.
    pub q: String,
    /// Codes of kinds; empty means all.
    pub kinds: Vec<String>,
    /// Ids of providers; empty means all.
    pub providers: Vec<String>,
    /// Cursor of the page.
    pub after: Option<String>,
}

/// Products that match, by title. What is published is read by everybody, also without an account.
pub async fn catalogue(
    app: &App,
    reader: Option<&Actor>,
    query: &CatalogueQuery,
) -> Result<CatalogueView, Error> {
    // A list needs no abilities of locations, so the reader's own right is enough.
    let scope = match reader {
        Some(actor) => authorize(actor, Action::BrowseOfferings)?,
        None => Scope::everybody(),
    };
    let now = app.clock.now();
    let q: String = query.q.trim().chars().take(200).collect();
    let found = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            let currents = db::offerings::list_current(conn, &q).await?;
            load_all(conn, currents).await
        })
        .await?;
    let fits = |chosen: &[String], value: &str| chosen.is_empty() || chosen.iter().any(|it| it == value);
    let kind_fits = |offer: &Offer| fits(&query.kinds, offer.kind.code());
    let provider_fits =
        |offer: &Offer| fits(&query.providers, &offer.current.offering.provider_id.to_string());
    let kinds = Kind::ALL.map(|kind| Facet {
        value: kind.code().to_owned(),
        label: String::new(),
        count: count(found.iter().filter(|offer| offer.kind == kind && provider_fits(offer))),
        selected: query.kinds.iter().any(|code| code == kind.code()),
    });
    let providers = providers(&found).into_iter().map(|(label, value)| Facet {
        count: count(
            found.iter().filter(|it| it.current.offering.provider_id.to_string() == value && kind_fits(it)),
        ),
        selected: query.providers.contains(&value),
        value,
        label,
    });
    let shown: Vec<&Offer> = found.iter().filter(|offer| kind_fits(offer) && provider_fits(offer)).collect();
    let products = group(&shown);
    let start = query.after.as_deref().and_then(|after| after.parse().ok()).unwrap_or(0_usize);
    let entries = products.iter().skip(start).take(PAGE).map(|offers| product(offers, now));
    let entries = entries.collect::<Result<Vec<ProductEntry>, Error>>()?;
    let end = start.saturating_add(PAGE);
    Ok(CatalogueView {
        // A kind that nobody offers is no choice; what was chosen stays to be taken back.
        kinds: kinds.into_iter().filter(|kind| kind.count > 0 || kind.selected).collect(),
        providers: providers.collect(),
        products: entries,
        products_total: count(products.iter()),
        offerings_total: count(shown.iter()),
        prices_on: berlin_day(now).into(),
        next: (end < products.len()).then(|| end.to_string()),
        q,
    })
}

fn count<T>(found: impl Iterator<Item = T>) -> u64 {
    u64::try_from(found.count()).unwrap_or(u64::MAX)
}

fn providers(offers: &[Offer]) -> BTreeSet<(String, String)> {
    let pair =
        |offer: &Offer| (offer.current.provider.clone(), offer.current.offering.provider_id.to_string());
    offers.iter().map(pair).collect()
}

/// The same product of different providers stands together; order follows the titles.
fn group<'a>(offers: &[&'a Offer]) -> Vec<Vec<&'a Offer>> {
    let mut products: Vec<Vec<&Offer>> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for offer in offers {
        let own = offer.current.offering.id.to_string();
        let key = offer.details.product.clone().unwrap_or(own);
        match places.get(&key).and_then(|at| products.get_mut(*at)) {
            Some(product) => product.push(offer),
            None => {
                places.insert(key, products.len());
                products.push(vec![offer]);
            }
        }
    }
    products
}

fn product(offers: &[&Offer], now: Timestamp) -> Result<ProductEntry, Error> {
    let first = offers.first().ok_or(Error::NotFound)?;
    let row = |offer: &&Offer| -> Result<OfferRow, Error> {
        Ok(OfferRow {
            id: offer.current.offering.id,
            provider: offer.provider_ref(),
            place: offer.places.iter().map(|place| place.name.as_str()).collect::<Vec<_>>().join(", "),
            price: price_tag(offer, now)?,
            protection: offer.details.protection.as_ref().map(super::protection),
        })
    };
    Ok(ProductEntry {
        product: first.details.product.clone().filter(|_| offers.len() > 1),
        title: first.current.version.title.clone(),
        summary: first.current.version.summary.clone(),
        kind: first.kind.code().to_owned(),
        tags: first.details.tags.clone(),
        offers: offers.iter().map(row).collect::<Result<_, _>>()?,
    })
}

/// The lowest monthly price of the smallest order, or the price of one event where nothing else costs.
fn price_tag(offer: &Offer, now: Timestamp) -> Result<Option<PriceTag>, Error> {
    let mut monthly: Vec<(Decimal, &PlanParts)> = Vec::new();
    for plan in &offer.plans {
        if let Some(amount) = fixed_month(offer, plan, now)? {
            monthly.push((amount, plan));
        }
    }
    monthly.sort_by_key(|(amount, _)| *amount);
    let plan_title = |plan: &PlanParts| (offer.plans.len() > 1).then(|| plan.row.title.clone());
    if let Some((amount, plan)) = monthly.first().filter(|(amount, _)| !amount.is_zero()) {
        let more = plan
            .parts
            .iter()
            .any(|part| matches!(part.terms, Terms::Consumption { .. } | Terms::PerUnit { .. }));
        // An estimate counts nothing that nobody knows yet: what grows with use is named instead.
        let plus = plan.counted().map(|part| part.row.title.clone()).collect();
        return Ok(Some(PriceTag {
            amount: (*amount).into(),
            period: PricePeriod::Month,
            from: more || offer.plans.len() > 1,
            unit: None,
            plan: plan_title(plan),
            plus,
        }));
    }
    let mut events = offer.plans.iter().flat_map(PlanParts::counted);
    Ok(events.next().and_then(|part| {
        Some(PriceTag {
            amount: part.price_at(now)?.into(),
            period: PricePeriod::Unit,
            from: false,
            unit: Some(part.unit()),
            plan: None,
            plus: Vec::new(),
        })
    }))
}

/// What a plan costs in a month before anything is counted.
fn fixed_month(offer: &Offer, plan: &PlanParts, now: Timestamp) -> Result<Option<Decimal>, Error> {
    let order = default_order(&offer.order_schema(plan, &any_abilities())?);
    let sizes = offer.kind.sizes(&plan.row.settings, &order).unwrap_or_default();
    let mut amounts = domain::rating::Amounts::new();
    for part in &plan.parts {
        let Measure::Meter(meter) = part.offered.component.measure else { continue };
        let size = match meter.nature() {
            Nature::Allocation => {
                sizes.iter().find(|(size, _)| *size == meter).map_or(0, |(_, amount)| *amount)
            }
            Nature::Consumption => 0,
        };
        amounts.insert(part.offered.component.id, size);
    }
    let parts: Vec<_> = plan.parts.iter().map(|part| part.offered.clone()).collect();
    // A plan whose prices do not reach the whole coming year is listed without a price.
    let estimate = domain::rating::estimate(&parts, &amounts, Month::of(now)).ok();
    Ok(estimate.map(|estimate| estimate.per_month.decimal()))
}
