//! What was agreed about a booking over time, and from when each agreement counts for its price.
//!
//! What becomes dearer costs more once the location has it; what becomes cheaper costs less from the moment it was agreed,
//! also where the location is cut off. The size that may be billed at most follows the agreement alone
//! ([`crate::metering::below_order`]).

use contract::Meter;
use jiff::Timestamp;
use std::collections::BTreeMap;

use crate::money::Money;
use crate::rating::Held;
use crate::time::{Month, Period};

/// When an agreement begins to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountsFrom {
    /// When it was agreed.
    Agreement,
    /// When the location reported that it is so.
    Effect,
}

impl CountsFrom {
    /// For a change of the net price of a month.
    pub fn of_change(before: Money, after: Money) -> Self {
        if after > before { Self::Effect } else { Self::Agreement }
    }

    /// The stable code, as in the database.
    pub fn code(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::Effect => "effect",
        }
    }

    /// The rule with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Agreement, Self::Effect].into_iter().find(|it| it.code() == code)
    }
}

/// One agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// The wanted state that it began; agreements are told apart by it.
    pub generation: i64,
    /// When it was approved.
    pub at: Timestamp,
    /// When it begins to count.
    pub counts_from: CountsFrom,
}

/// An agreement and the first instant at which it counts. It counts until the next one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reign {
    /// Of the agreement.
    pub generation: i64,
    /// From here on; for the first one from ever.
    pub from: Timestamp,
}

/// Which agreement counts when, in order of time. `agreed` is in the order of generations, `effects` says since when which
/// wanted state was reached. An agreement that was replaced before it was reached never counts.
pub fn reigns(agreed: &[Agreed], effects: &[(i64, Timestamp)]) -> Vec<Reign> {
    let mut reigns: Vec<Reign> = Vec::new();
    for (position, own) in agreed.iter().enumerate() {
        let next = agreed.get(position + 1).map_or(i64::MAX, |next| next.generation);
        let reached = effects.iter().filter(|(generation, _)| (own.generation..next).contains(generation));
        let from = match own.counts_from {
            _ if position == 0 => Some(Timestamp::MIN),
            CountsFrom::Agreement => Some(own.at),
            CountsFrom::Effect => reached.map(|(_, at)| (*at).max(own.at)).min(),
        };
        let Some(from) = from else { continue };
        reigns.retain(|reign| reign.from < from);
        reigns.push(Reign { generation: own.generation, from });
    }
    reigns
}

/// The most that may be billed of each meter in a month: the sizes of each agreement, from when it was agreed until the
/// next one was. `agreed` is in order of time; the first one holds from ever.
pub fn ceilings(month: Month, agreed: &[(Timestamp, Vec<(Meter, i64)>)]) -> BTreeMap<Meter, Vec<Held>> {
    let whole = month.period();
    let starts = agreed.iter().enumerate().map(|(position, (at, _))| match position {
        0 => whole.from(),
        _ => second(*at).max(whole.from()),
    });
    let ends = agreed.iter().skip(1).map(|(at, _)| second(*at).min(whole.to())).chain([whole.to()]);
    let mut ceilings: BTreeMap<Meter, Vec<Held>> = BTreeMap::new();
    for ((from, to), (_, sizes)) in starts.zip(ends).zip(agreed) {
        let Ok(period) = Period::new(from, to) else { continue };
        for (meter, amount) in sizes {
            ceilings.entry(*meter).or_default().push(Held { period, amount: *amount });
        }
    }
    ceilings
}

/// Begun seconds belong to what was agreed before.
fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn agreed(generation: i64, second: i64, counts_from: CountsFrom) -> Agreed {
        Agreed { generation, at: at(second), counts_from }
    }

    fn found(agreed: &[Agreed], effects: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let effects: Vec<_> = effects.iter().map(|(generation, second)| (*generation, at(*second))).collect();
        let first = Timestamp::MIN;
        reigns(agreed, &effects)
            .into_iter()
            .map(|it| (it.generation, if it.from == first { 0 } else { it.from.as_second() }))
            .collect()
    }

    #[test]
    fn who_reigns_as_a_table() {
        use CountsFrom::{Agreement, Effect};
        let first = agreed(1, 10, Agreement);
        type Case = (&'static str, Vec<Agreed>, Vec<(i64, i64)>, Vec<(i64, i64)>);
        let cases: [Case; 8] = [
            ("alone", vec![first], vec![(1, 20)], vec![(1, 0)]),
            ("dearer, not reached", vec![first, agreed(2, 50, Effect)], vec![(1, 20)], vec![(1, 0)]),
            ("dearer, reached", vec![first, agreed(2, 50, Effect)], vec![(2, 70)], vec![(1, 0), (2, 70)]),
            (
                "reached later, after a stop",
                vec![first, agreed(2, 50, Effect)],
                vec![(3, 90)],
                vec![(1, 0), (2, 90)],
            ),
            (
                "said to be reached before it was agreed",
                vec![first, agreed(2, 50, Effect)],
                vec![(2, 40)],
                vec![(1, 0), (2, 50)],
            ),
            (
                "cheaper, cluster cut off",
                vec![first, agreed(2, 50, Agreement)],
                vec![],
                vec![(1, 0), (2, 50)],
            ),
            (
                "taken back before it was reached",
                vec![first, agreed(2, 50, Effect), agreed(3, 60, Agreement)],
                vec![(3, 65)],
                vec![(1, 0), (3, 60)],
            ),
            (
                "one after the other",
                vec![first, agreed(2, 50, Effect), agreed(4, 80, Effect)],
                vec![(2, 55), (3, 60), (4, 90)],
                vec![(1, 0), (2, 55), (4, 90)],
            ),
        ];
        for (name, agreed, effects, expected) in cases {
            assert_eq!(found(&agreed, &effects), expected, "{name}");
        }
    }

    #[test]
    fn ceilings_follow_the_agreements_and_stay_in_the_month() {
        let month: Month = "2026-10".parse().unwrap();
        let (from, to) = (month.period().from(), month.period().to());
        let change: Timestamp = "2026-10-10T08:00:00.7Z".parse().unwrap();
        let later: Timestamp = "2026-11-03T08:00:00Z".parse().unwrap();
        let sizes = |amount| vec![(Meter::Vcpu, amount)];
        let found = ceilings(month, &[(from, sizes(500)), (change, sizes(1000)), (later, sizes(2000))]);
        let change = second(change);
        let expected = vec![
            Held { period: Period::new(from, change).unwrap(), amount: 500 },
            Held { period: Period::new(change, to).unwrap(), amount: 1000 },
        ];
        assert_eq!(found.get(&Meter::Vcpu), Some(&expected));
    }
}
