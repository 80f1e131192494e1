//! Value-added tax: which recorded decision counts, and the tax on the sum.
//!
//! The product never decides how a supply is taxed. Somebody responsible records a decision for provider, customer
//! group and offer with the day from which it counts; this module finds it and applies it. Without a decision the
//! invoice run reports that it is missing; there is no silent default. The transition of § 27 (22a) UStG ends on
//! 31 December 2026, so the same booking may change its treatment from one month to the next: what counts is when the
//! service was rendered, never when it is invoiced.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::{Money, MoneyRefused};
use crate::time::{Period, berlin_day};

/// VAT category code of EN 16931 (BT-118, BT-151), as far as the public regimes need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum VatCategory {
    /// Taxable at a standard or reduced rate.
    S,
    /// Exempt from tax, with a reason.
    E,
    /// Not subject to VAT, with a reason; no VAT id may appear in the document.
    O,
}

impl VatCategory {
    /// The code in documents and tables.
    pub fn code(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::E => "E",
            Self::O => "O",
        }
    }

    /// The category with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::S, Self::E, Self::O].into_iter().find(|category| category.code() == code)
    }
}

/// How a supply is taxed, as somebody decided and recorded it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "treatment", rename_all = "kebab-case")]
pub enum VatTreatment {
    /// § 2b (1) sentence 2 UStG, or a private-law contract: taxable.
    Taxable {
        /// In per cent, such as 19.
        rate_percent: Decimal,
    },
    /// Sovereign, without significant competition: not subject to VAT. Its reason code is always `VATEX-EU-O`.
    NotTaxable {
        /// In words, as printed on the invoice (BT-120).
        reason: String,
    },
    /// Exempt, such as cost sharing after § 4 Nr. 29 UStG.
    Exempt {
        /// Code of the exemption (BT-121), such as `VATEX-EU-132-1F`.
        code: String,
        /// In words, as printed on the invoice (BT-120).
        reason: String,
    },
}

impl VatTreatment {
    /// Puts a recorded decision together. Refused if it says less than an invoice needs: a rate above zero for S, words
    /// for the reason of O and E, and a code for E.
    pub fn recorded(
        category: VatCategory,
        rate_percent: Decimal,
        code: Option<&str>,
        reason: Option<&str>,
    ) -> Result<Self, TaxRefused> {
        let said =
            |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        match (category, said(code), said(reason)) {
            (VatCategory::S, _, _) if rate_percent > Decimal::ZERO => Ok(Self::Taxable { rate_percent }),
            (VatCategory::S, _, _) => Err(TaxRefused::RateMissing),
            (VatCategory::O, _, Some(reason)) => Ok(Self::NotTaxable { reason }),
            (VatCategory::E, Some(code), Some(reason)) => Ok(Self::Exempt { code, reason }),
            (VatCategory::O | VatCategory::E, _, _) => Err(TaxRefused::ReasonMissing),
        }
    }

    /// The category code.
    pub fn category(&self) -> VatCategory {
        match self {
            Self::Taxable { .. } => VatCategory::S,
            Self::NotTaxable { .. } => VatCategory::O,
            Self::Exempt { .. } => VatCategory::E,
        }
    }

    /// Rate in per cent (BT-119); 0 where nothing is taxed.
    pub fn rate_percent(&self) -> Decimal {
        match self {
            Self::Taxable { rate_percent } => rate_percent.normalize(),
            Self::NotTaxable { .. } | Self::Exempt { .. } => Decimal::ZERO,
        }
    }

    /// Code and words of the reason for not taxing (BR-E-10, BR-O-10); S must not have one (BR-S-10).
    pub fn exemption(&self) -> Option<(&str, &str)> {
        match self {
            Self::Taxable { .. } => None,
            Self::NotTaxable { reason } => Some(("VATEX-EU-O", reason)),
            Self::Exempt { code, reason } => Some((code, reason)),
        }
    }

    /// The tax on the net sum of a category, rounded once (BR-CO-17). Never computed per line.
    pub fn tax_on(&self, net: Money) -> Result<Money, MoneyRefused> {
        let product = net.decimal().checked_mul(self.rate_percent()).ok_or(MoneyRefused::TooLarge)?;
        Money::rounded(product / Decimal::ONE_HUNDRED)
    }
}

/// A recorded decision and the instant from which it counts, which is a midnight in Berlin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatDecision {
    /// First instant.
    pub valid_from: Timestamp,
    /// What was decided.
    pub treatment: VatTreatment,
}

/// Why a decision cannot be recorded, or a service not be invoiced yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TaxRefused {
    /// „USt-Einstufung fehlt“: no decision counts on this day.
    #[error("vat-decision-missing")]
    DecisionMissing {
        /// The first day of the service.
        on: Date,
    },
    /// A taxable supply without a rate above zero.
    #[error("vat-rate-missing")]
    RateMissing,
    /// A supply that is not taxed, without code or words of the reason.
    #[error("vat-reason-missing")]
    ReasonMissing,
}

/// The treatment of a service, by the instant at which it begins. Services are split at [`changes`], so it counts for all.
pub fn treatment_of<'a>(
    decisions: &'a [VatDecision],
    service: &Period,
) -> Result<&'a VatTreatment, TaxRefused> {
    decisions
        .iter()
        .filter(|decision| decision.valid_from <= service.from())
        .max_by_key(|decision| decision.valid_from)
        .map(|decision| &decision.treatment)
        .ok_or(TaxRefused::DecisionMissing { on: berlin_day(service.from()) })
}

/// The instants at which the treatment changes: rating ends its lines there ([`crate::rating::Rateable::cuts`]).
pub fn changes(decisions: &[VatDecision]) -> Vec<Timestamp> {
    let mut instants: Vec<Timestamp> = decisions.iter().map(|decision| decision.valid_from).collect();
    instants.sort_unstable();
    instants
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn taxable() -> VatTreatment {
        VatTreatment::Taxable { rate_percent: dec!(19.0) }
    }

    #[test]
    fn tax_is_computed_on_the_sum() {
        // 33 lines of 0.03: 0.33 if taxed per line, 0.19 on the sum.
        assert_eq!(taxable().tax_on(Money::from_cents(99)), Ok(Money::from_cents(19)));
        assert_eq!(taxable().tax_on(Money::from_cents(15_288)), Ok(Money::from_cents(2905)));
        // 0.5 cents exactly: 2.50 at 7 % is 0.175.
        let reduced = VatTreatment::Taxable { rate_percent: dec!(7) };
        assert_eq!(reduced.tax_on(Money::from_cents(250)), Ok(Money::from_cents(18)));
        assert_eq!(reduced.tax_on(Money::from_cents(-250)), Ok(Money::from_cents(-18)));
        let exempt =
            VatTreatment::Exempt { code: "VATEX-EU-132-1F".into(), reason: "§ 4 Nr. 29 UStG".into() };
        assert_eq!(exempt.tax_on(Money::from_cents(15_288)), Ok(Money::ZERO));
    }

    #[test]
    fn the_day_of_the_service_decides() {
        let old = VatTreatment::NotTaxable { reason: "Nicht steuerbar nach § 2b UStG".into() };
        let decisions = [
            VatDecision { valid_from: "2026-12-31T23:00:00Z".parse().unwrap(), treatment: taxable() },
            VatDecision { valid_from: "2025-12-31T23:00:00Z".parse().unwrap(), treatment: old.clone() },
        ];
        let service = |from: &str| {
            let from: Timestamp = from.parse().unwrap();
            Period::new(from, Timestamp::from_second(from.as_second() + 60).unwrap()).unwrap()
        };
        assert_eq!(treatment_of(&decisions, &service("2026-12-31T22:59:00Z")), Ok(&old));
        assert_eq!(treatment_of(&decisions, &service("2026-12-31T23:00:00Z")), Ok(&taxable()));
        assert_eq!(
            treatment_of(&decisions, &service("2025-12-31T22:00:00Z")),
            Err(TaxRefused::DecisionMissing { on: "2025-12-31".parse().unwrap() })
        );
        assert_eq!(changes(&decisions)[1].to_string(), "2026-12-31T23:00:00Z");
    }

    #[test]
    fn a_decision_says_what_an_invoice_needs() {
        let recorded = |code, rate, reason_code, reason| {
            VatTreatment::recorded(VatCategory::from_code(code).unwrap(), rate, reason_code, reason)
        };
        assert_eq!(recorded("S", dec!(19), None, None), Ok(taxable()));
        assert_eq!(recorded("S", dec!(0), None, None), Err(TaxRefused::RateMissing));
        assert_eq!(recorded("O", dec!(0), None, Some(" ")), Err(TaxRefused::ReasonMissing));
        assert_eq!(recorded("E", dec!(0), None, Some("§ 4 Nr. 29 UStG")), Err(TaxRefused::ReasonMissing));
        let exempt = recorded("E", dec!(0), Some("VATEX-EU-132-1F"), Some("§ 4 Nr. 29 UStG")).unwrap();
        assert_eq!(exempt.exemption(), Some(("VATEX-EU-132-1F", "§ 4 Nr. 29 UStG")));
        assert_eq!(VatCategory::from_code("Z"), None);
    }
}
