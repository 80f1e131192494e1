//! Consumption counters: read through the API server's proxy, kept as cumulative values with an epoch.
//!
//! The operator needs no way into the pod network. A counter that fell, or whose own beginning changed, has started anew
//! and gets a higher epoch; what it counted before stays counted.

use crate::cluster::Cluster;
use crate::crd::{BookingStatus, CounterState};
use contract::kinds::application::Counter;
use contract::kinds::namespace;
use contract::{CumulativeReading, Desired};
use jiff::Timestamp;

/// Reads every counter of a booking into its status. Returns what could not be read.
pub async fn read(
    cluster: &Cluster,
    desired: &Desired,
    status: &mut BookingStatus,
    at: Timestamp,
) -> Result<(), String> {
    let name = desired.kind.object_name(desired.booking);
    let namespace = namespace::name(desired);
    for counter in desired.kind.counters(&desired.plan) {
        let path = format!(
            "/api/v1/namespaces/{namespace}/services/{name}:http/proxy/{}",
            counter.path.trim_start_matches('/')
        );
        let page = cluster.text(&path).await.map_err(|error| error.to_string())?;
        let value = sum(&page, &counter.series)
            .ok_or_else(|| format!("no series {} on {}", counter.series, counter.path))?;
        let begun = counter.epoch_series.as_deref().and_then(|series| sum(&page, series));
        advance(status, &counter, value, begun, at);
    }
    Ok(())
}

/// Takes a reading over, if it says something new.
pub fn advance(status: &mut BookingStatus, counter: &Counter, value: i64, begun: Option<i64>, at: Timestamp) {
    let Some(known) = status.counters.iter_mut().find(|known| known.meter == counter.meter) else {
        let epoch = begun.unwrap_or(0);
        status.counters.push(CounterState { meter: counter.meter, epoch, value, at, acknowledged: false });
        return;
    };
    let epoch = match begun {
        Some(begun) => begun.max(known.epoch),
        None if value < known.value => known.epoch + 1,
        None => known.epoch,
    };
    if epoch == known.epoch && value <= known.value {
        return;
    }
    *known = CounterState { meter: counter.meter, epoch, value, at, acknowledged: false };
}

/// What still has to be sent.
pub fn unacknowledged(desired: &Desired, status: &BookingStatus) -> Vec<CumulativeReading> {
    status
        .counters
        .iter()
        .filter(|counter| !counter.acknowledged)
        .map(|counter| CumulativeReading {
            booking: desired.booking,
            meter: counter.meter,
            uid: desired.kind.object_name(desired.booking),
            epoch: counter.epoch,
            value: counter.value,
            at: counter.at,
        })
        .collect()
}

/// Sum of all series of a name on a page in Prometheus' text format, cut to a whole number without floating point.
pub fn sum(page: &str, name: &str) -> Option<i64> {
    let mut total: Option<i64> = None;
    for line in page.lines() {
        let Some(rest) = line.strip_prefix(name) else { continue };
        let value = match rest.chars().next() {
            Some('{') => rest.rsplit_once('}').map(|(_labels, value)| value),
            Some(' ' | '\t') => Some(rest),
            _ => None,
        };
        if let Some(value) = value.and_then(|value| value.split_whitespace().next()).and_then(whole) {
            total = Some(total.unwrap_or(0).checked_add(value)?);
        }
    }
    total
}

/// `12`, `12.0` and `1.2e+01` are all twelve.
fn whole(text: &str) -> Option<i64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.trim_start_matches('+').parse::<usize>().ok()?),
        None => (text, 0),
    };
    let (digits, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let moved: String = fraction.chars().chain(std::iter::repeat('0')).take(exponent).collect();
    format!("{digits}{moved}").parse().ok().filter(|value: &i64| *value >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Meter;

    fn counter() -> Counter {
        Counter {
            meter: Meter::Conversations,
            path: "/metrics".to_owned(),
            series: "conversations_total".to_owned(),
            epoch_series: None,
        }
    }

    #[test]
    fn pages_as_table() {
        let cases = [
            ("conversations_total 3", Some(3)),
            ("# HELP conversations_total x\nconversations_total 3.0\n", Some(3)),
            ("conversations_total{lang=\"de\"} 3\nconversations_total{lang=\"en\"} 4 1700000000", Some(7)),
            ("conversations_total 1.2e+01", Some(12)),
            ("conversations_total_created 9", None),
            ("conversations_total NaN", None),
            ("", None),
        ];
        for (page, expected) in cases {
            assert_eq!(sum(page, "conversations_total"), expected, "{page}");
        }
    }

    #[test]
    fn a_counter_that_starts_anew_gets_a_new_epoch() {
        let mut status = BookingStatus::default();
        let at = Timestamp::from_second(1).unwrap();
        let read = |status: &mut BookingStatus, value, begun| {
            advance(status, &counter(), value, begun, at);
            (status.counters[0].epoch, status.counters[0].value)
        };
        assert_eq!(read(&mut status, 5, None), (0, 5));
        status.counters[0].acknowledged = true;
        assert_eq!(read(&mut status, 5, None), (0, 5));
        assert!(status.counters[0].acknowledged, "nothing new, nothing to send");
        assert_eq!(read(&mut status, 7, None), (0, 7));
        assert!(!status.counters[0].acknowledged);
        assert_eq!(read(&mut status, 2, None), (1, 2));
    }

    #[test]
    fn the_counter_may_name_its_own_beginning() {
        let mut status = BookingStatus::default();
        let at = Timestamp::from_second(1).unwrap();
        advance(&mut status, &counter(), 5, Some(1000), at);
        advance(&mut status, &counter(), 9, Some(2000), at);
        assert_eq!((status.counters[0].epoch, status.counters[0].value), (2000, 9));
    }
}
