//! Whether the intervals of one booking and meter tile the time that they must cover.

use jiff::Timestamp;

use super::Usage;
use crate::time::Period;

/// What is wrong with the intervals of one booking and meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Irregular {
    /// Nothing was reported for this time. It is not billed.
    Gap(Period),
    /// Two intervals claim this time. Neither is billed until somebody has decided.
    Overlap(Period),
    /// Transitions are missing between two neighbours in time.
    MissingTransition {
        /// Where the neighbours meet.
        at: Timestamp,
        /// Sequence number before.
        before: i64,
        /// Sequence number after.
        after: i64,
    },
}

/// Intervals that may be billed, those that are held back, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tiled {
    /// In order of time.
    pub sound: Vec<Usage>,
    /// Held back because they overlap.
    pub quarantined: Vec<Usage>,
    /// To be shown to both sides.
    pub findings: Vec<Irregular>,
}

/// Checks that the intervals cover `expected` without gap and overlap: the time from provisioning to deprovisioning, as
/// far as it lies before the watermark. All intervals must be of one booking and one meter.
pub fn tile(usage: &[Usage], expected: &Period) -> Tiled {
    let mut sorted: Vec<Usage> = usage.to_vec();
    sorted.sort_by_key(|u| (u.period, u.seq));
    let mut tiled = Tiled::default();
    let mut covered_to = expected.from();
    let mut last: Option<Usage> = None;
    for next in sorted {
        if let Ok(gap) = Period::new(covered_to, next.period.from().min(expected.to())) {
            tiled.findings.push(Irregular::Gap(gap));
        }
        match last {
            Some(before) if before.period.overlap(&next.period).is_some() => {
                // The last interval reaches furthest, so the common part is the whole claim of both.
                tiled.findings.extend(before.period.overlap(&next.period).map(Irregular::Overlap));
                tiled.quarantined.extend(tiled.sound.pop_if(|sound| *sound == before));
                tiled.quarantined.push(next);
            }
            Some(before) => {
                tiled.findings.extend(missing_transition(&before, &next));
                tiled.sound.push(next);
            }
            None => tiled.sound.push(next),
        }
        covered_to = covered_to.max(next.period.to());
        if last.is_none_or(|before| next.period.to() >= before.period.to()) {
            last = Some(next);
        }
    }
    if let Ok(gap) = Period::new(covered_to, expected.to()) {
        tiled.findings.push(Irregular::Gap(gap));
    }
    tiled
}

/// Takes the parts that were given up out of the intervals of one booking and meter, before they are tiled.
pub fn without_waived(usage: &[Usage], waived: &[Period]) -> Vec<Usage> {
    usage
        .iter()
        .flat_map(|u| u.period.without(waived).into_iter().map(|period| Usage { period, ..*u }))
        .collect()
}

impl Irregular {
    /// What is left of a finding when some stretches were given up.
    pub fn without_waived(self, waived: &[Period]) -> Vec<Self> {
        match self {
            Self::Gap(period) => period.without(waived).into_iter().map(Self::Gap).collect(),
            Self::Overlap(_) | Self::MissingTransition { .. } => vec![self],
        }
    }

    /// When: the stretch itself, or the second in which a transition is missing.
    pub fn period(&self) -> Option<Period> {
        match self {
            Self::Gap(period) | Self::Overlap(period) => Some(*period),
            Self::MissingTransition { at, .. } => {
                let second = Timestamp::from_second(at.as_second().saturating_add(1)).ok()?;
                Period::new(*at, second).ok()
            }
        }
    }
}

/// Neighbours carry the same number (cut at midnight) or the next one; otherwise an entry of the log is lost.
fn missing_transition(before: &Usage, after: &Usage) -> Option<Irregular> {
    let touches = before.period.to() == after.period.from();
    let follows = after.seq == before.seq || after.seq == before.seq.saturating_add(1);
    (touches && !follows).then_some(Irregular::MissingTransition {
        at: after.period.from(),
        before: before.seq,
        after: after.seq,
    })
}
