//! Amounts of money and unit prices, and the only place of the product that rounds.
//!
//! Owns: [`Money`] (always whole cents), [`UnitPrice`] (never rounded), commercial rounding, and the quantity that an
//! invoice line prints. Does not own: how an amount looks on a page, and who owes what.
//!
//! Rounding happens once per invoice line, half away from zero (kaufmännisch). `Decimal::round` would be half-even
//! and XPath's `round` goes towards plus infinity; both differ from us at exactly half a cent, so nobody else may call
//! a rounding function.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Name of the rounding rule; part of the input hash of an invoice.
pub const ROUNDING_RULE: &str = "line-half-away-from-zero-2";

/// Largest amount that is taken for real, in whole euros. Sums of ten billion such amounts still fit a `Decimal`.
const LIMIT_EUR: i64 = 1_000_000_000_000_000;
/// A unit price may have this many decimals; BT-146 sets no limit.
const PRICE_DECIMALS: u32 = 10;
/// An invoice line prints at least this many decimals of a fractional quantity, and as many more as it needs.
const QUANTITY_DECIMALS: std::ops::RangeInclusive<u32> = 6..=20;

/// Why something is not an amount of money or a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyRefused {
    /// Not a decimal number with a point.
    #[error("money-not-a-number")]
    NotANumber,
    /// An amount has more than two decimals, a price more than ten.
    #[error("money-too-precise")]
    TooPrecise,
    /// Beyond what can be an amount.
    #[error("money-too-large")]
    TooLarge,
    /// A unit price below zero (BR-27).
    #[error("money-negative-price")]
    NegativePrice,
}

/// An amount in euros, always in whole cents. Written as a string with two decimals, never as a JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(Decimal);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// An amount given in cents.
    pub fn from_cents(cents: i64) -> Self {
        Self(Decimal::new(cents, 2))
    }

    /// An amount that is already in whole cents, such as one read from the database.
    pub fn from_exact(amount: Decimal) -> Result<Self, MoneyRefused> {
        if amount.round_dp(2) != amount {
            return Err(MoneyRefused::TooPrecise);
        }
        Self::bounded(amount)
    }

    /// Rounds an exact result to cents, half away from zero. Called once per invoice line and once per VAT category.
    pub fn rounded(exact: Decimal) -> Result<Self, MoneyRefused> {
        Self::bounded(exact.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
    }

    /// The amount in euros, with exactly two decimals.
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// The amount in cents.
    pub fn cents(self) -> i64 {
        // `bounded` keeps every amount far inside i64, and sums of them would have to exceed it by count.
        (self.0 * Decimal::ONE_HUNDRED).to_i64().unwrap_or(i64::MAX)
    }

    /// True for 0.00.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// True below 0.00.
    pub fn is_negative(self) -> bool {
        self.0 < Decimal::ZERO
    }

    fn bounded(amount: Decimal) -> Result<Self, MoneyRefused> {
        if amount.abs() > Decimal::from(LIMIT_EUR) {
            return Err(MoneyRefused::TooLarge);
        }
        let mut cents = amount;
        cents.rescale(2);
        Ok(Self(cents))
    }
}

/// Prints `12.30`: the form of files and databases. Pages use the German form.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.0)
    }
}

impl FromStr for Money {
    type Err = MoneyRefused;
    fn from_str(text: &str) -> Result<Self, MoneyRefused> {
        Self::from_exact(parse(text)?)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// A price per unit in euros: not negative, never rounded, at most ten decimals. Written as a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitPrice(Decimal);

impl UnitPrice {
    /// Takes a price as somebody entered it.
    pub fn new(price: Decimal) -> Result<Self, MoneyRefused> {
        let price = price.normalize();
        if price < Decimal::ZERO {
            Err(MoneyRefused::NegativePrice)
        } else if price.scale() > PRICE_DECIMALS {
            Err(MoneyRefused::TooPrecise)
        } else if price > Decimal::from(LIMIT_EUR) {
            Err(MoneyRefused::TooLarge)
        } else {
            Ok(Self(price))
        }
    }

    /// The price in euros.
    pub fn decimal(self) -> Decimal {
        self.0
    }
}

/// Prints at least two decimals and no useless zeros after them: `0.021`, `27.20`.
impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.normalize();
        if shown.scale() < 2 {
            shown.rescale(2);
        }
        shown.fmt(f)
    }
}

impl FromStr for UnitPrice {
    type Err = MoneyRefused;
    fn from_str(text: &str) -> Result<Self, MoneyRefused> {
        Self::new(parse(text)?)
    }
}

impl Serialize for UnitPrice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitPrice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The quantity that an invoice line prints, so that printed quantity × printed price, rounded, is the printed amount.
///
/// `exact` is the quantity at full precision and `amount` the rounded amount, which was computed from exact products
/// and not from this quantity. Six decimals are enough for nearly every line; a high price needs more, and an amount
/// at exactly half a cent needs a digit that does not fall short of it.
pub fn printed_quantity(exact: Decimal, price: UnitPrice, amount: Money) -> Decimal {
    let agrees = |quantity: &Decimal| {
        quantity.checked_mul(price.decimal()).and_then(|v| Money::rounded(v).ok()) == Some(amount)
    };
    QUANTITY_DECIMALS
        .map(|places| exact.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero))
        .find(agrees)
        .unwrap_or_else(|| {
            exact.round_dp_with_strategy(*QUANTITY_DECIMALS.end(), RoundingStrategy::AwayFromZero)
        })
        .normalize()
}

fn parse(text: &str) -> Result<Decimal, MoneyRefused> {
    Decimal::from_str_exact(text).map_err(|reason| match reason {
        rust_decimal::Error::Underflow | rust_decimal::Error::ScaleExceedsMaximumPrecision(_) => {
            MoneyRefused::TooPrecise
        }
        rust_decimal::Error::ExceedsMaximumPossibleValue
        | rust_decimal::Error::LessThanMinimumPossibleValue => MoneyRefused::TooLarge,
        rust_decimal::Error::ErrorString(_) | rust_decimal::Error::ConversionTo(_) => {
            MoneyRefused::NotANumber
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn rounding_vectors() {
        for (exact, cents) in [
            (dec!(2.345), 235),
            (dec!(-2.345), -235),
            (dec!(1.005), 101),
            (dec!(0.005), 1),
            (dec!(-0.005), -1),
            (dec!(0.0049999999999999999999999999), 0),
            (dec!(32.8824), 3288),
        ] {
            assert_eq!(Money::rounded(exact), Ok(Money::from_cents(cents)), "{exact}");
        }
    }

    #[test]
    fn a_thousand_half_cents_depend_on_when_they_are_rounded() {
        let each: Money = (0..1000).map(|_| Money::rounded(dec!(0.005)).unwrap()).sum();
        assert_eq!(each, Money::from_cents(1000));
        let once: Decimal = (0..1000).map(|_| dec!(0.005)).sum();
        assert_eq!(Money::rounded(once), Ok(Money::from_cents(500)));
    }

    #[test]
    fn amounts_are_whole_cents_and_strings() {
        assert_eq!("12.345".parse::<Money>(), Err(MoneyRefused::TooPrecise));
        assert_eq!("12.340".parse::<Money>(), Ok(Money::from_cents(1234)));
        assert_eq!("zwölf".parse::<Money>(), Err(MoneyRefused::NotANumber));
        assert_eq!("1000000000000000.01".parse::<Money>(), Err(MoneyRefused::TooLarge));
        assert_eq!(serde_json::to_string(&Money::from_cents(-5)).unwrap(), "\"-0.05\"");
        assert_eq!(serde_json::to_string(&Money::ZERO).unwrap(), "\"0.00\"");
        assert_eq!(serde_json::from_str::<Money>("\"7.5\"").unwrap(), Money::from_cents(750));
        assert!(serde_json::from_str::<Money>("7.5").is_err(), "a JSON number went through a float");
        assert_eq!(Money::from_cents(-123).cents(), -123);
    }

    #[test]
    fn prices_keep_their_digits() {
        assert_eq!("0.021".parse::<UnitPrice>().unwrap().to_string(), "0.021");
        assert_eq!("27.2".parse::<UnitPrice>().unwrap().to_string(), "27.20");
        assert_eq!("120".parse::<UnitPrice>().unwrap().to_string(), "120.00");
        assert_eq!("-1".parse::<UnitPrice>(), Err(MoneyRefused::NegativePrice));
        assert_eq!("0.00000000001".parse::<UnitPrice>(), Err(MoneyRefused::TooPrecise));
    }

    #[test]
    fn a_printed_quantity_recomputes() {
        // 649 of 745 hours at 27.20 per month, as the reference invoice prints it.
        let price = "27.20".parse().unwrap();
        let exact = dec!(649) / dec!(745);
        assert_eq!(printed_quantity(exact, price, Money::from_cents(2370)), dec!(0.871141));
        // 50.5 of 745 hours at 7.45: exactly half a cent, which a quantity cut too short would miss.
        let price = "7.45".parse().unwrap();
        let quantity = printed_quantity(dec!(50.5) / dec!(745), price, Money::from_cents(51));
        assert_eq!(Money::rounded(quantity * price.decimal()), Ok(Money::from_cents(51)));
    }
}
