//! To which unit, Kostenstelle, Sachkonto and Haushaltsansatz a booking belonged over time.
//!
//! An assignment is agreed with a first instant. What was agreed later counts from its first instant on, whatever was agreed
//! before; so a transfer that lies ahead can be replaced, and nothing is ever edited. No transfer counts before it was agreed:
//! what was invoiced does not move.

use jiff::Timestamp;

/// One assignment while it counts; until the next one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Place in the order of agreement, from 0.
    pub position: usize,
    /// First instant; for the first one from ever.
    pub from: Timestamp,
}

/// Which assignments count when, in order of time. `agreed` are their first instants in the order of agreement; one that was
/// replaced before it began counts never.
pub fn stretches(agreed: impl IntoIterator<Item = Timestamp>) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for (position, from) in agreed.into_iter().enumerate() {
        let from = if position == 0 { Timestamp::MIN } else { from };
        while stretches.last().is_some_and(|last| last.from >= from && last.position > 0) {
            stretches.pop();
        }
        stretches.push(Stretch { position, from });
    }
    stretches
}

/// The assignment that counts at an instant.
pub fn at(stretches: &[Stretch], instant: Timestamp) -> Option<usize> {
    stretches.iter().rev().find(|stretch| stretch.from <= instant).map(|stretch| stretch.position)
}

/// When an approved transfer begins: with the wished day, and never before the approval.
pub fn begins(wished: Timestamp, approved: Timestamp) -> Timestamp {
    wished.max(Timestamp::from_second(approved.as_second()).unwrap_or(approved))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: i64) -> Timestamp {
        Timestamp::from_second(n).unwrap()
    }

    fn found(agreed: &[i64]) -> Vec<(usize, i64)> {
        let stretches = stretches(agreed.iter().map(|n| second(*n)));
        assert_eq!(stretches[0].from, Timestamp::MIN, "a booking always belonged somewhere");
        stretches.iter().skip(1).map(|it| (it.position, it.from.as_second())).collect()
    }

    #[test]
    fn later_agreements_replace_from_their_first_instant() {
        assert_eq!(found(&[5]), []);
        assert_eq!(found(&[5, 20, 30]), [(1, 20), (2, 30)]);
        assert_eq!(found(&[5, 30, 20]), [(2, 20)], "one that lay ahead is replaced");
        assert_eq!(found(&[5, 30, 30]), [(2, 30)], "the same moment: the later word counts");
        assert_eq!(found(&[5, 20, 40, 30]), [(1, 20), (3, 30)]);
    }

    #[test]
    fn every_instant_has_the_last_agreed_assignment_that_had_begun() {
        let agreed = [5, 30, 20, 50, 45];
        let stretches = stretches(agreed.iter().map(|n| second(*n)));
        for instant in 0..60 {
            let simple = (0..agreed.len()).rev().find(|i| *i == 0 || agreed[*i] <= instant);
            assert_eq!(at(&stretches, second(instant)), simple, "at {instant}");
        }
    }

    #[test]
    fn nothing_moves_before_it_was_agreed() {
        let wished = "2026-11-01T23:00:00Z".parse().unwrap();
        let approved: Timestamp = "2026-11-03T10:00:00.7Z".parse().unwrap();
        assert_eq!(begins(wished, approved).to_string(), "2026-11-03T10:00:00Z");
        assert_eq!(
            begins("2026-12-31T23:00:00Z".parse().unwrap(), approved).to_string(),
            "2026-12-31T23:00:00Z"
        );
    }
}
