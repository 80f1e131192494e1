use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::ids::PriceId;
use crate::money::Money;
use crate::rating::{Per, RatingRefused, Terms, Unit, offered};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn booking() -> BookingId {
    BookingId(Uuid::from_u128(7))
}

fn part(n: u128, meter: Option<Meter>, terms: Terms, price: &str) -> Offered {
    let from_2026 = (PriceId(Uuid::from_u128(n)), at("2025-12-31T23:00:00Z"), price.parse().unwrap());
    offered(ComponentId(Uuid::from_u128(n)), meter, terms, vec![from_2026]).unwrap()
}

fn plan() -> Vec<Offered> {
    vec![
        part(1, Some(Meter::Vcpu), Terms::PerUnit { unit: Unit::Vcpu, per: Per::Month }, "21.50"),
        part(2, Some(Meter::Storage), Terms::PerUnit { unit: Unit::Gibibyte, per: Per::Month }, "0.24"),
        part(3, None, Terms::Flat { per: Per::Month }, "5"),
        part(4, None, Terms::OneTime, "99"),
        part(5, Some(Meter::Conversations), Terms::Consumption { each: 1000 }, "4.50"),
    ]
}

/// Intervals of a meter from instant to instant, cut at midnight as the operator does.
fn usage(meter: Meter, steps: &[(&str, i64)], end: &str) -> Vec<Usage> {
    let ends = steps.iter().skip(1).map(|(from, _)| *from).chain([end]);
    (1..)
        .zip(steps.iter().zip(ends))
        .flat_map(|(seq, ((from, amount), to))| {
            let period = Period::new(at(from), at(to)).unwrap();
            period.days().into_iter().map(move |(_, period)| Usage {
                booking: booking(),
                meter,
                seq,
                period,
                amount: *amount,
            })
        })
        .collect()
}

struct Case {
    offered: Vec<Offered>,
    usage: Vec<Usage>,
    waived: Vec<Waived>,
    ordered: BTreeMap<Meter, Vec<Held>>,
    pieces: BTreeMap<ComponentId, Vec<Held>>,
    readings: Vec<Reading>,
    end: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Case {
    /// Ready and wished on 14 October 22:00 UTC; the processors stop for a day, the storage does not.
    fn new() -> Self {
        let mut all = usage(
            Meter::Vcpu,
            &[("2026-10-14T21:50:00Z", 2000), ("2026-10-19T22:00:00Z", 0), ("2026-10-20T22:00:00Z", 2000)],
            "2026-11-02T00:00:00Z",
        );
        all.extend(usage(Meter::Storage, &[("2026-10-14T21:40:00Z", 51_200)], "2026-11-02T00:00:00Z"));
        let readings =
            [("2026-10-20T00:00:00Z", 1000), ("2026-10-31T23:00:00Z", 3000), ("2026-11-01T10:00:00Z", 3500)]
                .map(|(when, value)| Reading {
                    booking: booking(),
                    meter: Meter::Conversations,
                    uid: "c".into(),
                    epoch: 1,
                    value,
                    at: at(when),
                });
        Self {
            offered: plan(),
            usage: all,
            waived: Vec::new(),
            ordered: BTreeMap::new(),
            pieces: BTreeMap::new(),
            readings: readings.to_vec(),
            end: None,
            until: None,
        }
    }

    fn rate(&self, in_month: &str) -> Result<Rated, RatingRefused> {
        let known = BookingMonth {
            booking: booking(),
            ready: Some(at("2026-10-14T22:00:00Z")),
            wished: at("2026-10-09T22:00:00Z"),
            end: self.end,
            until: self.until,
            offered: &self.offered,
            usage: &self.usage,
            waived: &self.waived,
            ordered: &self.ordered,
            pieces: &self.pieces,
            readings: &self.readings,
            cuts: &[],
        };
        rate_booking(month(in_month), &known)
    }

    fn cents(&self, in_month: &str) -> Vec<i64> {
        self.rate(in_month).unwrap().charges.iter().map(|charge| charge.amount.cents()).collect()
    }
}

#[test]
fn a_month_of_a_booking_becomes_its_charges() {
    let case = Case::new();
    // 385 of 745 hours for 2 vCPU; 409 of 745 for 50 GiB and the flat price; the fee; 3000 conversations.
    assert_eq!(case.cents("2026-10"), [2222, 659, 274, 9900, 1350]);
    assert_eq!(case.rate("2026-10").unwrap().doubts, []);
    assert!(case.cents("2026-09").is_empty(), "not ready yet");
    let november = case.rate("2026-11").unwrap();
    assert_eq!(november.charges.len(), 4, "no second fee");
    assert_eq!(november.doubts.len(), 2, "usage after 2 November is missing, for both meters");
}

#[test]
fn the_wished_end_counts_even_if_the_cluster_goes_on() {
    let mut case = Case::new();
    case.end = Some(at("2026-10-19T22:00:00Z"));
    // 5 days = 120 of 745 hours; the counter was read after the end only.
    assert_eq!(case.cents("2026-10"), [693, 193, 81, 9900]);
    assert_eq!(case.rate("2026-10").unwrap().doubts, []);
    assert!(case.cents("2026-11").is_empty());
}

#[test]
fn a_preview_ends_at_the_watermark_without_a_gap() {
    let mut case = Case::new();
    case.usage.retain(|u| u.period.to() <= at("2026-10-16T22:00:00Z"));
    case.until = Some(at("2026-10-16T22:00:00Z"));
    let preview = case.rate("2026-10").unwrap();
    assert_eq!(preview.doubts, []);
    assert_eq!(preview.charges.first().map(|c| c.amount), Some(Money::from_cents(277)), "48 of 745 hours");
    case.until = None;
    assert_eq!(case.rate("2026-10").unwrap().doubts.len(), 2, "at the close it is one, for both meters");
}

#[test]
fn doubtful_usage_is_named_and_not_charged() {
    let mut case = Case::new();
    let stretch = Period::new(at("2026-10-17T01:00:00Z"), at("2026-10-17T02:00:00Z")).unwrap();
    case.usage.push(Usage {
        booking: booking(),
        meter: Meter::Vcpu,
        seq: 1,
        period: stretch,
        amount: 64_000,
    });
    let rated = case.rate("2026-10").unwrap();
    assert_eq!(rated.doubts, [Doubt::Irregular(Meter::Vcpu, Irregular::Overlap(stretch))]);
    assert_eq!(rated.charges.first().map(|c| c.amount.cents()), Some(2084), "24 hours less than 385");
    let mut case = Case::new();
    let ordered = Held { period: month("2026-10").period(), amount: 1000 };
    case.ordered.insert(Meter::Vcpu, vec![ordered]);
    let rated = case.rate("2026-10").unwrap();
    assert_eq!(
        rated.charges.first().map(|c| c.amount.cents()),
        Some(1111),
        "one vCPU was ordered, two reported"
    );
    assert!(
        rated.doubts.iter().all(|doubt| matches!(doubt, Doubt::Excess(Meter::Vcpu, _)))
            && !rated.doubts.is_empty()
    );
    let of_another = Usage { booking: BookingId(Uuid::from_u128(8)), ..case.usage[0] };
    case.usage.push(of_another);
    assert_eq!(case.rate("2026-10").unwrap(), rated, "another booking's usage does no harm");
}

#[test]
fn pieces_follow_the_order() {
    let mut case = Case::new();
    let (before, after) = month("2026-10").period().split_at(at("2026-10-24T22:00:00Z")).unwrap();
    let pieces = vec![Held { period: before, amount: 10 }, Held { period: after, amount: 14 }];
    case.pieces.insert(ComponentId(Uuid::from_u128(3)), pieces);
    // 10 × 240 and 14 × 169 of 745 hours at 5.00.
    assert_eq!(case.cents("2026-10").get(2), Some(&3199));
}

#[test]
fn prices_follow_one_another() {
    let id = ComponentId(Uuid::from_u128(1));
    let number =
        |n: u128, from: &str, price: &str| (PriceId(Uuid::from_u128(n)), at(from), price.parse().unwrap());
    let rising = vec![number(2, "2026-10-20T00:00:00Z", "9"), number(1, "2026-01-01T00:00:00Z", "8")];
    let flat = Terms::Flat { per: Per::Month };
    let part = offered(id, None, flat, rising).unwrap();
    assert_eq!(part.prices[0].valid_to, Some(part.prices[1].valid_from));
    assert_eq!(part.prices[1].valid_to, None);
    let twice = vec![number(1, "2026-01-01T00:00:00Z", "8"), number(2, "2026-01-01T00:00:00Z", "9")];
    assert_eq!(offered(id, None, flat, twice), Err(RatingRefused::TwoPrices { component: id }));
    assert_eq!(
        offered(id, Some(Meter::Vcpu), flat, vec![]),
        Err(RatingRefused::ModelDoesNotFit { component: id })
    );
    assert_eq!(Terms::Consumption { each: 0 }.measure(Some(Meter::Lamps)), None);
    assert_eq!(Terms::PerUnit { unit: Unit::Vcpu, per: Per::Hour }.measure(Some(Meter::Memory)), None);
    let text = serde_json::to_string(&Terms::PerUnit { unit: Unit::Vcpu, per: Per::Hour }).unwrap();
    assert_eq!(text, r#"{"model":"per-unit","unit":"vcpu","per":"hour"}"#);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    /// Records may come in any order, and more than once is filtered by their identity before: the charges are the same.
    #[test]
    fn the_order_of_records_does_not_matter(seed in any::<u64>()) {
        let case = Case::new();
        let mut shuffled = Case::new();
        let count = u64::try_from(shuffled.usage.len()).unwrap();
        for n in (1..shuffled.usage.len()).rev() {
            let turned = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(u64::try_from(n).unwrap());
            shuffled.usage.swap(n, usize::try_from(turned % count).unwrap());
        }
        shuffled.readings.reverse();
        prop_assert_eq!(shuffled.rate("2026-10"), case.rate("2026-10"));
    }
}

#[test]
fn what_was_given_up_is_neither_billed_nor_missed() {
    let hour = Period::new(at("2026-10-16T08:00:00Z"), at("2026-10-16T09:00:00Z")).unwrap();
    let mut gap = Case::new();
    gap.usage = gap
        .usage
        .iter()
        .filter(|u| u.meter == Meter::Vcpu)
        .flat_map(|u| u.period.without(&[hour]).into_iter().map(|period| Usage { period, ..*u }))
        .chain(gap.usage.iter().filter(|u| u.meter != Meter::Vcpu).copied())
        .collect();
    let rated = gap.rate("2026-10").unwrap();
    assert_eq!(rated.doubts, [Doubt::Irregular(Meter::Vcpu, Irregular::Gap(hour))]);

    gap.waived = vec![Waived { meter: Meter::Vcpu, period: hour }];
    let given_up = gap.rate("2026-10").unwrap();
    assert_eq!((given_up.charges.clone(), given_up.doubts), (rated.charges, vec![]));

    // What comes in for it afterwards changes nothing, and another meter is not touched.
    let mut late = Case::new();
    late.waived = gap.waived.clone();
    assert_eq!(late.rate("2026-10").unwrap().charges, given_up.charges);
    assert_ne!(Case::new().rate("2026-10").unwrap().charges, given_up.charges);

    // A part of a gap that was not given up stays one.
    let half = Period::new(at("2026-10-16T08:00:00Z"), at("2026-10-16T08:30:00Z")).unwrap();
    gap.waived = vec![Waived { meter: Meter::Vcpu, period: half }];
    let rest = Period::new(half.to(), hour.to()).unwrap();
    assert_eq!(gap.rate("2026-10").unwrap().doubts, [Doubt::Irregular(Meter::Vcpu, Irregular::Gap(rest))]);
}

#[test]
fn an_overlap_that_was_given_up_bills_what_lies_around_it() {
    let mut case = Case::new();
    let twice = Period::new(at("2026-10-16T08:00:00Z"), at("2026-10-16T09:00:00Z")).unwrap();
    case.usage.push(Usage { booking: booking(), meter: Meter::Vcpu, seq: 1, period: twice, amount: 2000 });
    let found = case.rate("2026-10").unwrap().doubts;
    assert!(
        matches!(found[..], [Doubt::Irregular(Meter::Vcpu, Irregular::Overlap(period))] if period == twice),
        "{found:?}"
    );
    let mut given_up = Case::new();
    given_up.waived = vec![Waived { meter: Meter::Vcpu, period: twice }];
    case.waived = given_up.waived.clone();
    assert_eq!(case.rate("2026-10"), given_up.rate("2026-10"));
}

fn change(case: &Case, from: &str, later: &[Offered], in_month: &str) -> Rated {
    let known = BookingMonth {
        booking: booking(),
        ready: Some(at("2026-10-14T22:00:00Z")),
        wished: at("2026-10-09T22:00:00Z"),
        end: case.end,
        until: case.until,
        offered: &[],
        usage: &case.usage,
        waived: &case.waived,
        ordered: &case.ordered,
        pieces: &case.pieces,
        readings: &case.readings,
        cuts: &[],
    };
    let terms =
        [Term { from: Timestamp::MIN, offered: &case.offered }, Term { from: at(from), offered: later }];
    rate_terms(month(in_month), &known, &terms).unwrap()
}

#[test]
fn another_plan_costs_from_the_second_at_which_it_counts() {
    let case = Case::new();
    let later = vec![
        part(11, Some(Meter::Vcpu), Terms::PerUnit { unit: Unit::Vcpu, per: Per::Month }, "30"),
        part(13, None, Terms::Flat { per: Per::Month }, "10"),
        part(14, None, Terms::OneTime, "500"),
    ];
    let rated = change(&case, "2026-10-24T22:00:00Z", &later, "2026-10");
    let cents: Vec<i64> = rated.charges.iter().map(|charge| charge.amount.cents()).collect();
    // Until the change 216 of 745 hours of 2 vCPU (240 without the stopped day), 240 of 745 hours of the rest, the fee;
    // from then on 169 of 745 hours. No second fee, and nothing for what the later plan does not price.
    assert_eq!(cents, [1247, 387, 161, 9900, 450, 1361, 227]);
    assert_eq!(rated.doubts, []);
    let never = change(&case, "2026-11-24T22:00:00Z", &later, "2026-10");
    assert_eq!(never, case.rate("2026-10").unwrap(), "a later change leaves the month alone");
    let first = change(&case, "2026-10-12T22:00:00Z", &later, "2026-10");
    let fees = first.charges.iter().filter(|charge| charge.component.0 == Uuid::from_u128(14)).count();
    assert_eq!(
        fees, 1,
        "changed before it could be used: the fee is the one of the plan that was used first"
    );
}

proptest! {
    #[test]
    fn the_same_plan_once_more_costs_the_same_but_for_rounding(second in 0i64..2_600_000) {
        let case = Case::new();
        let cut = Timestamp::from_second(at("2026-10-01T22:00:00Z").as_second() + second).unwrap();
        let whole: i64 = case.cents("2026-10").iter().sum();
        let parts: i64 =
            change(&case, &cut.to_string(), &case.offered, "2026-10").charges.iter().map(|it| it.amount.cents()).sum();
        prop_assert!((whole - parts).abs() <= 3, "{whole} {parts}");
    }
}
