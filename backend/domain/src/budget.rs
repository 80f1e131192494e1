//! Whether a budget line can bear an order.
//!
//! A budget line is a reservation beside the accounting system, never the accounting itself. An order reserves at its
//! submission, approval confirms, rejection, withdrawal and expiry release.

use crate::money::Money;
use serde::Serialize;

/// A budget line while its row is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BudgetLine {
    /// Calendar year.
    pub year: i16,
    /// Haushaltsansatz.
    pub amount: Money,
    /// Already ordered for payment (angeordnet), as the accounting system says.
    pub spent: Money,
    /// Reserved by undecided orders and bound by approved ones.
    pub committed: Money,
}

/// A budget line cannot bear the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("budget.exceeded")]
pub struct BudgetExceeded {
    /// What is left; may be below zero after a cut.
    pub available: Money,
    /// What the order needs.
    pub needed: Money,
}

impl BudgetLine {
    /// Ansatz − angeordnet − gebunden.
    pub fn available(&self) -> Money {
        self.amount - self.spent - self.committed
    }

    /// The line after reserving the amount.
    pub fn reserve(&self, needed: Money) -> Result<Self, BudgetExceeded> {
        if needed > self.available() {
            return Err(BudgetExceeded { available: self.available(), needed });
        }
        Ok(Self { committed: self.committed + needed, ..*self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> BudgetLine {
        BudgetLine {
            year: 2026,
            amount: Money::from_cents(1_200_000),
            spent: Money::from_cents(682_044),
            committed: Money::from_cents(119_000),
        }
    }

    #[test]
    fn the_last_cent_can_be_reserved_and_not_one_more() {
        let left = line().available();
        assert_eq!(left, Money::from_cents(398_956));
        assert_eq!(line().reserve(left).unwrap().available(), Money::ZERO);
        let more = left + Money::from_cents(1);
        assert_eq!(line().reserve(more), Err(BudgetExceeded { available: left, needed: more }));
    }
}
