//! From readings of a counter to what was counted.
//!
//! The operator sends what the counter shows, and the marketplace takes the difference from the maximum it has seen.
//! So a lost reading loses nothing, a repeated one adds nothing, and the order of arrival does not matter.

use std::collections::BTreeMap;

use super::Reading;
use crate::rating::Counted;
use crate::time::Period;

/// A counter fell within an epoch, which it must not. The fall counts as nothing and is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterFell {
    /// The reading that was lower than one before it.
    pub reading: Reading,
    /// The maximum before it.
    pub maximum: i64,
}

/// What one meter of one booking counted during `window`, which starts and ends where a price or a month does.
///
/// `readings` are all of that meter, also those before the window: the last of them is where counting starts. Without
/// one a counter starts at zero when its booking does. A reading taken exactly at the end of the window belongs to it.
pub fn counted(readings: &[Reading], window: &Period) -> (Vec<Counted>, Vec<CounterFell>) {
    let mut counters: BTreeMap<(&str, i64), Vec<&Reading>> = BTreeMap::new();
    for reading in readings {
        counters.entry((reading.uid.as_str(), reading.epoch)).or_default().push(reading);
    }
    let mut deltas = Vec::new();
    let mut falls = Vec::new();
    for mut counter in counters.into_values() {
        counter.sort_by_key(|r| (r.at, r.value));
        let mut maximum = 0;
        let mut since = window.from();
        for reading in counter {
            let inside = window.from() < reading.at && reading.at <= window.to();
            if reading.value < maximum && inside {
                falls.push(CounterFell { reading: reading.clone(), maximum });
            }
            if reading.value > maximum {
                let grown = reading.value - maximum;
                if let (true, Ok(period)) = (inside, Period::new(since, reading.at)) {
                    deltas.push(Counted { period, count: grown });
                }
                maximum = reading.value;
            }
            if inside {
                since = reading.at;
            }
        }
    }
    deltas.sort_by_key(|d| d.period);
    (deltas, falls)
}
