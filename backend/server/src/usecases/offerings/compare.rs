//! The same product of several providers, side by side: one size, one set of demands, one organisation. No order among the
//! offers but the alphabet; the product recommends nothing.

use super::load::{Details, Offer, PlanParts};
use super::{Chosen, Tried, load_all, provider_ref, system, try_out};
use crate::app::App;
use crate::http::views::compare::{CompareView, ComparedBasis, ComparedOffer, ComparedPlan, MeasuredView};
use crate::http::views::placement::PlacementRow;
use crate::http::views::text::Text;
use crate::usecases::Error;
use crate::usecases::estimates::MONTHS;
use crate::usecases::orders::{basis_title, read_demand};
use crate::usecases::placement::{self, Judged, Ordered, Survey, levels, survey};
use db::availability::MeasuredRow;
use db::master_data::LegalBasisRow;
use db::organisations::OrganisationRow;
use domain::availability::Totals;
use domain::ids::OrganisationId;
use domain::order::Finding;
use domain::placement::{Demand, own_operator};
use domain::policy::{Action, Actor, Role, authorize};
use domain::time::{Month, berlin_day};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// So many months that are over are told.
const MEASURED_MONTHS: u32 = 12;

/// What a location says with [`domain::placement::LeftOut::NoLegalBasis`], and here its provider.
const NO_BASIS: &str = "no-legal-basis";

/// Every row of the comparison, in its order.
const ROWS: [&str; 10] = [
    "monthly",
    "total",
    "place",
    "protection",
    "certificates",
    "promised",
    "measured",
    "keep-days",
    "legal-basis",
    "order",
];

/// Who compares.
struct Reader<'a> {
    actor: &'a Actor,
    organisation: OrganisationRow,
    /// Legal bases that count now, by provider.
    bases: HashMap<Uuid, LegalBasisRow>,
    /// Providers that the organisation controls.
    own_operators: HashSet<Uuid>,
}

/// Compares the offers of a product. What is wrong with the chosen sizes comes beside it.
pub async fn compare(
    app: &App,
    reader: Option<&Actor>,
    product: &str,
    chosen: &Chosen,
) -> Result<(CompareView, Vec<Finding>), Error> {
    let now = app.clock.now();
    let (offers, known, measured) = app
        .db
        .read(&system(), async |conn: &mut db::Conn| {
            let found = db::offerings::list_of_product(conn, product).await?;
            let offers = load_all(conn, found).await?;
            let first = offers.first().ok_or(Error::NotFound)?;
            let known = survey(conn, first).await?;
            let ids: Vec<Uuid> = offers.iter().map(|offer| offer.current.offering.id).collect();
            let measured = db::availability::list_measured(conn, &ids, since(now)).await?;
            Ok::<_, Error>((offers, known, measured))
        })
        .await?;
    let reader = match reader {
        Some(actor) => Some(read(app, actor, &offers, now).await?),
        None => None,
    };
    let demand = read_demand(&chosen.typed);
    let mut findings: Vec<Finding> = Vec::new();
    if demand.is_none() {
        findings.push(Finding::new("/need_confidentiality", "demand"));
    }
    let comparison = Comparison {
        offers: &offers,
        known: &known,
        measured: &measured,
        reader: reader.as_ref(),
        chosen,
        demand: demand.unwrap_or_default(),
        now,
    };
    let view = comparison.view(product, &mut findings)?;
    Ok((view, findings))
}

/// The first of the months that are told.
fn since(now: Timestamp) -> Month {
    (0..MEASURED_MONTHS).fold(Month::of(now), |month, _| month.previous())
}

async fn read<'a>(
    app: &App,
    actor: &'a Actor,
    offers: &[Offer],
    now: Timestamp,
) -> Result<Reader<'a>, Error> {
    let scope = authorize(actor, Action::BrowseOfferings)?;
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let organisation = db::organisations::get(conn, actor.organisation).await?;
            let (mut bases, mut own_operators) = (HashMap::new(), HashSet::new());
            for offer in offers {
                let provider = offer.current.offering.provider_id;
                let found = db::master_data::list_legal_bases(conn, &scope, provider, now).await?;
                own_operators.extend(found.iter().any(|it| own_operator(&it.code)).then_some(provider));
                bases.extend(found.into_iter().next().map(|basis| (provider, basis)));
            }
            Ok(Reader { actor, organisation, bases, own_operators })
        })
        .await
}

struct Comparison<'a> {
    offers: &'a [Offer],
    known: &'a Survey,
    measured: &'a [MeasuredRow],
    reader: Option<&'a Reader<'a>>,
    chosen: &'a Chosen,
    demand: Demand,
    now: Timestamp,
}

impl Comparison<'_> {
    fn view(&self, product: &str, findings: &mut Vec<Finding>) -> Result<CompareView, Error> {
        let first = self.offers.first().ok_or(Error::NotFound)?;
        let plans = plans(self.offers);
        let wanted =
            self.chosen.typed.get("plan").filter(|code| plans.iter().any(|plan| plan.code == **code));
        let code = wanted.or(plans.first().map(|plan| &plan.code)).cloned().unwrap_or_default();
        let mut tried = Vec::new();
        for offer in self.offers {
            tried.push(self.try_one(offer, &code)?);
        }
        // A size that one provider does not offer is no mistake; one that nobody offers is.
        if let Some(all) = tried.iter().flatten().map(|one| &one.findings).min_by_key(|all| all.len()) {
            findings.extend(all.iter().cloned());
        }
        let judged = self.judge(&tried)?;
        let rows: Vec<PlacementRow> = judged.as_ref().map(|judged| judged.rows.clone()).unwrap_or_default();
        let mut offers = Vec::new();
        for (offer, tried) in self.offers.iter().zip(&tried) {
            offers.push(self.offer(offer, tried.as_ref(), &rows)?);
        }
        let same: Vec<String> =
            ROWS.iter().filter(|row| same(row, &offers)).map(|row| (*row).to_owned()).collect();
        let own_land = self.reader.and_then(|it| it.organisation.ars.as_deref()?.get(..2));
        let empty = Judged { verdicts: Vec::new(), rows: Vec::new(), months: MONTHS };
        Ok(CompareView {
            product: product.to_owned(),
            title: first.current.version.title.clone(),
            summary: first.current.version.summary.clone(),
            kind: first.kind.code().to_owned(),
            organisation: self.reader.map(|it| it.organisation.short_name.clone()),
            plans,
            plan: code,
            fields: tried.iter().flatten().next().map(|one| one.fields.clone()).unwrap_or_default(),
            place: judged.as_ref().unwrap_or(&empty).to_form(first, self.known, own_land),
            months: MONTHS,
            as_of: self.now.into(),
            offers,
            different: ROWS.iter().map(|row| (*row).to_owned()).filter(|row| !same.contains(row)).collect(),
            same,
        })
    }

    /// The chosen sizes in the plan of one offer that has the compared code.
    fn try_one<'b>(&self, offer: &'b Offer, code: &str) -> Result<Option<Tried<'b>>, Error> {
        let Some(plan) = offer.plans.iter().find(|plan| plan.row.code == code) else { return Ok(None) };
        let mut typed = self.chosen.typed.clone();
        typed.insert("plan".to_owned(), plan.row.id.to_string());
        typed.insert("months".to_owned(), MONTHS.to_string());
        let vat = if self.reader.is_some() { offer.vat.as_slice() } else { &[] };
        try_out(offer, vat, &Chosen { typed }, self.now).map(Some)
    }

    /// What each location lacks for the smallest order of these sizes.
    fn judge(&self, tried: &[Option<Tried<'_>>]) -> Result<Option<Judged>, Error> {
        let mut fitting = self.offers.iter().zip(tried).filter_map(|(offer, one)| {
            let one = one.as_ref().filter(|one| one.findings.is_empty())?;
            Some((offer, one, one.plan?))
        });
        let Some((first, one, plan)) = fitting.next() else { return Ok(None) };
        let known = self.known.beside(first, self.offers);
        let bases: HashSet<Uuid> = match self.reader {
            Some(reader) => reader.bases.keys().copied().collect(),
            // Whoever has not signed in has no legal basis that could be missing.
            None => self.offers.iter().map(|offer| offer.current.offering.provider_id).collect(),
        };
        let nobody = HashSet::new();
        let ordered = Ordered {
            demand: &self.demand,
            location: None,
            plan,
            parameters: &one.parameters,
            expected: &BTreeMap::new(),
            start: berlin_day(self.now),
            ends_on: None,
            runs_at: None,
            customer: self.reader.map_or(OrganisationId(Uuid::nil()), |reader| reader.actor.organisation),
            bases: &bases,
            own_operators: self.reader.map_or(&nobody, |reader| &reader.own_operators),
        };
        let judged = placement::judge(first, &known, &ordered, one.estimation.as_ref(), self.now)?;
        Ok(Some(if self.reader.is_some() { judged } else { judged.concealed() }))
    }

    fn offer(
        &self,
        offer: &Offer,
        tried: Option<&Tried<'_>>,
        rows: &[PlacementRow],
    ) -> Result<ComparedOffer, Error> {
        let id = offer.current.offering.id;
        let estimation = tried.and_then(|one| one.estimation.as_ref());
        let mut places: Vec<PlacementRow> = rows.iter().filter(|row| row.offering == id).cloned().collect();
        let basis = self.reader.and_then(|it| it.bases.get(&offer.current.offering.provider_id));
        let why_not = self.why_not(estimation.is_some(), basis.is_some(), &places);
        // Said once for the provider, not once more for each of its locations.
        for place in &mut places {
            place.reasons.retain(|reason| reason.code != NO_BASIS);
        }
        let total = estimation.map(|it| if self.reader.is_some() { it.gross } else { it.net });
        let details: &Details = &offer.details;
        Ok(ComparedOffer {
            id,
            version: u32::try_from(offer.current.version.number).unwrap_or_default(),
            provider: provider_ref(offer.current.offering.provider_id, &offer.current.provider),
            plan: tried.and_then(|one| one.plan).map(|plan| plan.row.id),
            monthly_net: estimation.map(|it| it.monthly.decimal().into()),
            once_net: estimation.map(|it| it.once.decimal().into()),
            total: total.map(|total| total.decimal().into()),
            protection: levels(offer.ceiling()),
            promised: details.availability.as_ref().map(|promise| promise.percent.into()),
            measured: measured(self.measured.iter().filter(|row| row.offering_id == id)),
            keep_days: details.keep_days,
            legal_basis: basis.map(|basis| ComparedBasis {
                title: basis_title(&basis.code).to_owned(),
                valid_until: basis.valid_until.map(|until| berlin_day(until.to_jiff()).into()),
            }),
            places,
            may_order: self.reader.is_some() && why_not.is_empty(),
            why_not,
        })
    }

    fn why_not(&self, priced: bool, basis: bool, places: &[PlacementRow]) -> Vec<Text> {
        let mut why = Vec::new();
        if let Some(reader) = self.reader {
            if reader.organisation.kind != "authority" {
                why.push(Text::new("authority"));
            } else if !reader.actor.holds(Role::Orders) {
                why.push(Text::new("role"));
            }
            if !basis {
                why.push(Text::new(NO_BASIS));
            }
        }
        if !priced {
            why.push(Text::new("size"));
        } else if places
            .iter()
            .all(|row| row.reasons.iter().any(|reason| reason.code != NO_BASIS) && row.outcome == "left-out")
        {
            why.push(Text::new("place"));
        }
        why
    }
}

/// Plans of all offers by code, in the order of the first offer that has them.
fn plans(offers: &[Offer]) -> Vec<ComparedPlan> {
    let mut plans: Vec<ComparedPlan> = Vec::new();
    let all = offers.iter().flat_map(|offer| &offer.plans);
    for PlanParts { row, .. } in all.clone() {
        if plans.iter().all(|known| known.code != row.code) {
            let summary = all.clone().find(|plan| plan.row.id == row.id).map(PlanParts::summary);
            plans.push(ComparedPlan {
                code: row.code.clone(),
                title: row.title.clone(),
                summary: summary.unwrap_or_default(),
            });
        }
    }
    plans
}

/// Months of one offer together.
fn measured<'a>(rows: impl Iterator<Item = &'a MeasuredRow>) -> Option<MeasuredView> {
    let (mut sum, mut months, mut bookings) = (Totals::default(), 0, 0);
    for row in rows {
        sum = sum.with(Totals {
            available: row.available,
            interrupted: row.interrupted,
            maintenance: row.maintenance,
            unknown: row.unknown,
            not_counted: row.not_counted,
        });
        months += 1;
        bookings = bookings.max(row.bookings);
    }
    Some(MeasuredView {
        percent: sum.percent()?.into(),
        at_least: sum.at_least()?.into(),
        months,
        bookings: u32::try_from(bookings).unwrap_or_default(),
    })
}

/// Whether a row says the same of every offer; one offer alone has no differences.
fn same(row: &str, offers: &[ComparedOffer]) -> bool {
    fn equal<T: PartialEq>(offers: &[ComparedOffer], of: impl Fn(&ComparedOffer) -> T) -> bool {
        let Some(first) = offers.first().map(&of) else { return true };
        offers.iter().all(|offer| of(offer) == first)
    }
    let places = |offer: &ComparedOffer, of: fn(&PlacementRow) -> String| -> Vec<String> {
        offer.places.iter().map(of).collect()
    };
    match row {
        "monthly" => equal(offers, |it| (it.monthly_net, it.once_net)),
        "total" => equal(offers, |it| it.total),
        "place" => equal(offers, |it| places(it, |row| format!("{} {:?}", row.name, row.land))),
        "protection" => equal(offers, |it| it.protection),
        "certificates" => equal(offers, |it| places(it, |row| format!("{:?}", row.certificates))),
        "promised" => equal(offers, |it| it.promised),
        "measured" => equal(offers, |it| it.measured.clone()),
        "keep-days" => equal(offers, |it| it.keep_days),
        "legal-basis" => equal(offers, |it| it.legal_basis.clone()),
        _ => equal(offers, |it| (it.may_order, it.why_not.clone())),
    }
}
