//! Whether a budget line can bear an order.
//!
//! A budget line is a reservation beside the accounting system, never the accounting itself. An order reserves at its
//! submission, approval confirms, rejection, withdrawal and expiry release. What was invoiced is spent; when the booking of
//! an order is over and invoiced, what is left of its commitment is free again.

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

/// What a commitment still binds after so much of it was invoiced. An invoice above the commitment binds nothing more.
pub fn still_bound(committed: Money, invoiced: Money) -> Money {
    (committed - invoiced).max(Money::ZERO)
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

    #[test]
    fn what_was_invoiced_is_not_bound_twice() {
        let cents = Money::from_cents;
        assert_eq!(still_bound(cents(60_000), cents(45_651)), cents(14_349));
        assert_eq!(still_bound(cents(60_000), cents(60_001)), Money::ZERO);
        // A correction gave more back than was invoiced out of this line.
        assert_eq!(still_bound(cents(60_000), cents(-100)), cents(60_100));
    }
}
