//! Billed allocation never exceeds what was ordered.

use crate::rating::Held;
use crate::time::Period;

/// More was reported than was ordered; the difference is not billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excess {
    /// When.
    pub period: Period,
    /// What the operator reported.
    pub reported: i64,
    /// What was ordered at that time; 0 where nothing was.
    pub ordered: i64,
}

/// Cuts what was held down to what was ordered, and tells where that made a difference.
///
/// `ordered` is the size that the customer wanted over time, without overlaps: a change order starts a new stretch when
/// it is approved. So a smaller size is cheaper from then on, even if the cluster takes until tomorrow to shrink.
pub fn below_order(held: &[Held], ordered: &[Held]) -> (Vec<Held>, Vec<Excess>) {
    let mut sorted: Vec<Held> = ordered.to_vec();
    sorted.sort_by_key(|o| o.period);
    let mut billed = Vec::new();
    let mut excess = Vec::new();
    for piece in held {
        let mut rest = Some(piece.period);
        for order in &sorted {
            let Some(open) = rest else { break };
            let Some(common) = open.overlap(&order.period) else { continue };
            if let Ok(before) = Period::new(open.from(), common.from()) {
                cap(&mut billed, &mut excess, before, piece.amount, 0);
            }
            cap(&mut billed, &mut excess, common, piece.amount, order.amount);
            rest = Period::new(common.to(), open.to()).ok();
        }
        if let Some(unordered) = rest {
            cap(&mut billed, &mut excess, unordered, piece.amount, 0);
        }
    }
    (billed, excess)
}

fn cap(billed: &mut Vec<Held>, excess: &mut Vec<Excess>, period: Period, reported: i64, ordered: i64) {
    billed.push(Held { period, amount: reported.min(ordered) });
    if reported > ordered {
        excess.push(Excess { period, reported, ordered });
    }
}
