//! What a plan in chosen sizes will cost: the rules of `domain::rating`, put together with VAT and the budget year.
//!
//! Owns: [`Estimation`], which is shown, stored with an order as it was read, and decides what the order binds. Does not
//! own: the arithmetic (`domain`), which offer it is about (`offerings`).

use crate::http::views::estimate::{Estimate, EstimateLine, PricePeriod, VatPeriod, YearCost};
use crate::usecases::Error;
use crate::usecases::offerings::{Part, PlanParts};
use anyhow::anyhow;
use contract::{Kind, Nature, Power};
use db::offerings::VatRow;
use domain::money::Money;
use domain::order;
use domain::rating::{self, Amounts, Measure, Offered, Per, Terms, Unit};
use domain::tax::{VatDecision, VatTreatment, treatment_of};
use domain::time::{Month, berlin_day, ends};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How many months an open-ended service is estimated for where nobody says otherwise.
pub const MONTHS: u32 = 12;
/// Longest term that can be asked for.
pub const MONTHS_MAX: u32 = 60;

/// What is to be estimated.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// How it is provisioned.
    pub kind: Kind,
    /// The plan with its prices.
    pub plan: &'a PlanParts,
    /// The order of the kind.
    pub parameters: &'a Value,
    /// Events a month, by code of the component; what is missing counts as the provider expects.
    pub expected: &'a BTreeMap<String, i64>,
    /// VAT decisions that apply.
    pub vat: &'a [VatRow],
    /// First day.
    pub start: Date,
    /// Term.
    pub months: u32,
    /// At whose beginning it ends, where that is fixed.
    pub ends_on: Option<Date>,
}

/// How many months are estimated: those that a fixed term begins, else a year.
pub fn term(start: Date, ends_on: Option<Date>) -> u32 {
    let Some(last) = ends_on.and_then(|day| day.yesterday().ok()) else { return MONTHS };
    let month = |day: Date| i32::from(day.year()) * 12 + i32::from(day.month());
    u32::try_from(month(last) - month(start) + 1).unwrap_or(1).clamp(1, MONTHS_MAX)
}

/// Net, VAT and gross of a plan over its term.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimation {
    /// One per component.
    pub lines: Vec<Line>,
    /// Net, of the first month.
    pub monthly: Money,
    /// Net, of the first month if it were stopped all the time; nothing where the kind cannot be stopped.
    #[serde(default)]
    pub stopped: Option<Money>,
    /// Net, once.
    pub once: Money,
    /// Term in months.
    pub months: u32,
    /// By budget year.
    pub years: Vec<Year>,
    /// Net over the term.
    pub net: Money,
    /// Gross over the term.
    pub gross: Money,
    /// Treatments that apply within the term; empty if no decision is recorded.
    pub vat: Vec<VatPart>,
    /// Gross, what the order binds in its budget year.
    pub committed: Money,
}

/// One component: quantity × unit price = amount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Name of the component.
    pub title: String,
    /// In `unit`.
    pub quantity: Decimal,
    /// German word.
    pub unit: String,
    /// Euros.
    pub unit_price: Decimal,
    /// `month`, `once` or `unit`.
    pub period: String,
    /// Net.
    pub amount: Money,
    /// Remark of the provider.
    pub note: Option<String>,
}

/// One budget year of the term.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Year {
    /// Calendar year.
    pub year: i16,
    /// Begun months in it.
    pub months: u32,
    /// Net.
    pub net: Money,
    /// VAT, computed per month as invoices do.
    pub vat: Money,
}

/// A VAT treatment and its days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VatPart {
    /// First day.
    pub from: Date,
    /// Last day, if another treatment follows within the term.
    pub until: Option<Date>,
    /// In per cent; none where nothing is taxed.
    pub rate: Option<Decimal>,
    /// The recorded reason.
    pub basis: String,
}

/// Estimates a plan. Refuses nothing that `Kind::sizes` can read; the offer's own faults are internal.
pub fn compute(wish: &Wish<'_>) -> Result<Estimation, Error> {
    let amounts = amounts(wish, Power::On)?;
    let parts: Vec<Offered> = wish.plan.parts.iter().map(|part| part.offered.clone()).collect();
    let decisions = wish.vat.iter().map(VatRow::to_decision).collect::<Result<Vec<_>, _>>()?;
    let first = Month::of_day(wish.start);
    let now = estimate(&parts, &amounts, first)?;
    let months = wish.months.clamp(1, MONTHS_MAX);
    let mut years: Vec<Year> = Vec::new();
    let mut dearest_in_year = Money::ZERO;
    let mut month = first;
    for nth in 0..months {
        let net =
            if nth == 0 { now.per_month + now.once } else { estimate(&parts, &amounts, month)?.per_month };
        let vat = vat_on(&decisions, month, net)?;
        match years.last_mut() {
            Some(year) if year.year == month.year() => {
                year.months += 1;
                year.net += net;
                year.vat += vat;
            }
            _ => years.push(Year { year: month.year(), months: 1, net, vat }),
        }
        month = month.next();
    }
    let mut month = first;
    while month.year() == first.year() {
        let net = estimate(&parts, &amounts, month)?.per_month;
        dearest_in_year = dearest_in_year.max(net + vat_on(&decisions, month, net)?);
        month = month.next();
    }
    let once_gross = now.once + vat_on(&decisions, first, now.once)?;
    let lines = wish.plan.parts.iter().filter_map(|part| {
        let found = now.lines.iter().find(|line| line.component == part.offered.component.id)?;
        Some(line(part, found, wish.start))
    });
    let net: Money = years.iter().map(|year| year.net).sum();
    let tax: Money = years.iter().map(|year| year.vat).sum();
    Ok(Estimation {
        lines: lines.collect(),
        monthly: now.per_month,
        stopped: match wish.kind.stoppable() {
            true => Some(estimate(&parts, &self::amounts(wish, Power::Off)?, first)?.per_month),
            false => None,
        },
        once: now.once,
        months,
        net,
        gross: net + tax,
        years,
        vat: vat_parts(wish.vat, wish.start, month_end(first, months)),
        committed: order::committed(dearest_in_year, once_gross, wish.start, wish.ends_on),
    })
}

fn estimate(parts: &[Offered], amounts: &Amounts, month: Month) -> Result<rating::Estimate, Error> {
    rating::estimate(parts, amounts, month)
        .map_err(|refused| Error::Internal(anyhow!("offer without price: {refused}")))
}

/// Whether an order can be priced: the sizes of one that no check has seen may be anything, and absurd ones must not overflow.
pub fn is_sized(kind: Kind, settings: &Value, parameters: &Value) -> bool {
    // A million GiB, in MiB; nothing else is counted in larger numbers.
    let sane = |amount: i64| (0..=1_000_000 * 1024).contains(&amount);
    kind.sizes(settings, parameters).is_ok_and(|sizes| sizes.iter().all(|(_, amount)| sane(*amount)))
}

/// Sizes and expected events. While stopped, only what lasts is held, and nothing is counted.
fn amounts(wish: &Wish<'_>, power: Power) -> Result<Amounts, Error> {
    let sizes = wish.kind.sizes(&wish.plan.row.settings, wish.parameters);
    let sizes =
        sizes.map_err(|findings| Error::Internal(anyhow!("sizes of an unreadable order: {findings:?}")))?;
    let mut amounts = Amounts::new();
    for part in &wish.plan.parts {
        let Measure::Meter(meter) = part.offered.component.measure else { continue };
        let amount = match meter.nature() {
            _ if power == Power::Off && !meter.lasts_while_stopped() => 0,
            Nature::Allocation => {
                sizes.iter().find(|(size, _)| *size == meter).map_or(0, |(_, amount)| *amount)
            }
            Nature::Consumption => {
                wish.expected.get(&part.row.code).copied().unwrap_or_else(|| part.row.expected()).max(0)
            }
        };
        amounts.insert(part.offered.component.id, amount);
    }
    Ok(amounts)
}

fn vat_on(decisions: &[VatDecision], month: Month, net: Money) -> Result<Money, Error> {
    // Without a recorded decision nothing is added; the page says that the decision is missing.
    let Ok(treatment) = treatment_of(decisions, &month.period()) else { return Ok(Money::ZERO) };
    treatment.tax_on(net).map_err(|refused| Error::Internal(refused.into()))
}

fn line(part: &Part, found: &rating::EstimateLine, start: Date) -> Line {
    let at = domain::time::midnight(start);
    let price = part.price_at(at);
    let (unit_price, unit) = (price.unwrap_or_default(), part.unit());
    let amount = Decimal::from(found.amount);
    let month = Month::of_day(start);
    let share = |per: Per| Decimal::from(month.seconds()) / Decimal::from(per.seconds(month));
    let (quantity, period, money) = match part.terms {
        Terms::OneTime => (Decimal::ONE, "once", found.once),
        Terms::Flat { per } => (amount * share(per), "month", found.per_month),
        Terms::PerUnit { unit, per } => {
            let size = match part.offered.component.measure {
                Measure::Meter(meter) => unit.of_meter(meter).unwrap_or(1),
                Measure::Flat | Measure::Once => 1,
            };
            (amount / Decimal::from(size) * share(per), "month", found.per_month)
        }
        Terms::Consumption { each } => (amount / Decimal::from(each.max(1)), "unit", found.per_month),
    };
    let note = part.row.word("note").map(str::to_owned);
    Line {
        title: part.row.title.clone(),
        quantity: quantity.normalize(),
        unit,
        unit_price,
        period: period.to_owned(),
        amount: money,
        note,
    }
}

fn month_end(first: Month, months: u32) -> Date {
    let mut month = first;
    for _ in 1..months {
        month = month.next();
    }
    month.last_day()
}

/// The treatments between two days.
fn vat_parts(rows: &[VatRow], from: Date, to: Date) -> Vec<VatPart> {
    let mut sorted: Vec<&VatRow> = rows.iter().collect();
    sorted.sort_by_key(|row| row.valid_from.to_jiff());
    let starts: Vec<Date> = sorted.iter().map(|row| berlin_day(row.valid_from.to_jiff())).collect();
    let mut parts = Vec::new();
    for ((row, begins), end) in sorted.iter().zip(starts.iter().copied()).zip(ends(&starts)) {
        if begins > to || end.is_some_and(|end| end <= from) {
            continue;
        }
        let taxed = matches!(row.to_decision().map(|it| it.treatment), Ok(VatTreatment::Taxable { .. }));
        parts.push(VatPart {
            from: begins.max(from),
            until: end.filter(|end| *end <= to).and_then(|end| end.yesterday().ok()),
            rate: taxed.then(|| row.rate.normalize()),
            basis: row.reason.clone().unwrap_or_else(|| row.evidence.clone()),
        });
    }
    parts
}

/// What the screen calls the unit of a component.
pub fn unit_of(terms: Terms, meter: Option<contract::Meter>, word: Option<&str>) -> String {
    if let Some(word) = word {
        return word.to_owned();
    }
    match terms {
        Terms::Flat { .. } | Terms::OneTime => "Buchung".to_owned(),
        Terms::PerUnit { unit, .. } => match unit {
            Unit::Piece => "Stück".to_owned(),
            Unit::Vcpu => "vCPU".to_owned(),
            Unit::Gibibyte => "GiB".to_owned(),
            Unit::Tebibyte => "TiB".to_owned(),
        },
        Terms::Consumption { each } => {
            let unit = meter.map_or("Stück", contract::Meter::unit);
            if each == 1 { unit.to_owned() } else { format!("{each} × {unit}") }
        }
    }
}

impl Estimation {
    /// Of an order that adds no cost, such as one that ends a booking.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            lines: Vec::new(),
            monthly: Money::ZERO,
            stopped: None,
            once: Money::ZERO,
            months: 0,
            years: Vec::new(),
            net: Money::ZERO,
            gross: Money::ZERO,
            vat: Vec::new(),
            committed: Money::ZERO,
        }
    }

    /// As pages and API show it.
    #[must_use]
    pub fn to_view(&self) -> Estimate {
        Estimate {
            lines: self.lines.iter().map(Line::to_view).collect(),
            monthly_net: self.monthly.decimal().into(),
            once_net: self.once.decimal().into(),
            stopped_monthly_net: self.stopped.map(|net| net.decimal().into()),
            months: self.months,
            years: self
                .years
                .iter()
                .map(|year| YearCost {
                    year: year.year,
                    months: year.months,
                    net: year.net.decimal().into(),
                    vat: year.vat.decimal().into(),
                    gross: (year.net + year.vat).decimal().into(),
                })
                .collect(),
            total_net: self.net.decimal().into(),
            total_gross: self.gross.decimal().into(),
            vat: self
                .vat
                .iter()
                .map(|part| VatPeriod {
                    from: part.from.into(),
                    until: part.until.map(Into::into),
                    rate: part.rate.map(Into::into),
                    basis: part.basis.clone(),
                })
                .collect(),
        }
    }
}

impl Line {
    fn to_view(&self) -> EstimateLine {
        EstimateLine {
            title: self.title.clone(),
            quantity: self.quantity.into(),
            unit: self.unit.clone(),
            unit_price: self.unit_price.into(),
            period: match self.period.as_str() {
                "once" => PricePeriod::Once,
                "unit" => PricePeriod::Unit,
                _ => PricePeriod::Month,
            },
            amount: self.amount.decimal().into(),
            note: self.note.clone(),
        }
    }
}

#[cfg(test)]
#[path = "estimates_test.rs"]
mod tests;
