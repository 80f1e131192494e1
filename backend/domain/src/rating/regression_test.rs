//! What went wrong in other billing systems, as tests with our data. Each names the public report that it stands for.

use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use super::*;
use crate::ids::ComponentId;
use crate::metering::{Irregular, Usage, tile};
use crate::time::Month;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn flat(price: &str, per: Per, held: Vec<Held>, in_month: Month) -> Vec<Charge> {
    let component = Component { id: ComponentId(Uuid::from_u128(1)), measure: Measure::Flat };
    let prices = [Price {
        id: PriceId(Uuid::from_u128(1)),
        valid_from: at("2020-01-01T00:00:00Z"),
        valid_to: None,
        model: PriceModel::Flat { price: price.parse().unwrap(), per },
    }];
    let seen = Seen::Held(held);
    let booking = BookingId(Uuid::from_u128(2));
    rate(in_month, &Rateable { booking, component: &component, prices: &prices, seen: &seen, cuts: &[] })
        .unwrap()
}

/// getlago/lago-api 879, 662, 1074: "already billed?" was asked in UTC, so that runs at 20:00 and 23:00 UTC in summer
/// billed the same period twice. The month that a run closes is the month in Berlin at both times.
#[test]
fn two_runs_around_midnight_mean_the_same_month_or_the_next() {
    let evening = Month::of(at("2026-07-31T20:00:00Z"));
    let night = Month::of(at("2026-07-31T23:00:00Z"));
    assert_eq!(evening.next(), night);
    assert_eq!(evening.period().to(), night.period().from(), "no second belongs to both");
    assert_eq!(Month::of(at("2026-07-30T20:00:00Z")), Month::of(at("2026-07-30T23:00:00Z")));
}

/// getlago/lago-api 1438 and killbill 1934: proration across the change of the clocks, with an offset that was fixed when
/// the account was created. A day costs its share of the real month, whenever the booking began.
#[test]
fn proration_does_not_depend_on_the_season_of_the_start() {
    let october = Month::new(2026, 10).unwrap();
    let winter_start =
        Held { period: Period::new(at("2026-01-10T00:00:00Z"), october.period().to()).unwrap(), amount: 1 };
    let summer_start =
        Held { period: Period::new(at("2026-06-10T00:00:00Z"), october.period().to()).unwrap(), amount: 1 };
    assert_eq!(
        flat("100", Per::Month, vec![winter_start], october),
        flat("100", Per::Month, vec![summer_start], october)
    );
    // 25 October has 25 hours: 25 of 745, not one of 31 days.
    let long_day = Period::new(at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z")).unwrap();
    let charge = &flat("100", Per::Month, vec![Held { period: long_day, amount: 1 }], october)[0];
    assert_eq!(charge.amount.cents(), 336);
}

/// killbill 445 and 139: an endless loop of invoices, and spurious credits from a date that was off by one day. Twenty
/// years of months end where they should, and each begins where the last one ended.
#[test]
fn months_follow_one_another_without_end_or_loop() {
    let life = Period::new(at("2026-01-15T10:00:00Z"), at("2046-01-15T10:00:00Z")).unwrap();
    let months = life.months();
    assert_eq!(months.len(), 241);
    assert!(months.iter().zip(months.iter().skip(1)).all(|((_, a), (_, b))| a.to() == b.from()));
    assert_eq!(months.iter().map(|(_, part)| part.seconds()).sum::<i64>(), life.seconds());
}

/// killbill 1856, 1966, 1981, 1987: recurring items in the account's zone, usage items not, so that the last evening of a
/// month was billed twice. Flat and measured parts share their months.
#[test]
fn the_last_evening_is_billed_once() {
    let evening = Period::new(at("2026-07-31T20:00:00Z"), at("2026-08-01T02:00:00Z")).unwrap();
    let held = vec![Held { period: evening, amount: 1 }];
    let july = flat("1", Per::Hour, held.clone(), Month::new(2026, 7).unwrap());
    let august = flat("1", Per::Hour, held, Month::new(2026, 8).unwrap());
    assert_eq!((july[0].quantity, august[0].quantity), (dec!(2), dec!(4)));
}

/// kubecost 1825, 2184 and opencost 1702: after a missed scrape something else was billed in its place. Time without a
/// record is a finding and costs nothing.
#[test]
fn a_hole_is_not_filled() {
    let day = crate::time::day_period("2026-10-05".parse().unwrap()).unwrap();
    let (morning, rest) = day.split_at(at("2026-10-05T04:00:00Z")).unwrap();
    let (hole, evening) = rest.split_at(at("2026-10-05T14:00:00Z")).unwrap();
    let usage = |period| Usage {
        booking: BookingId(Uuid::from_u128(2)),
        meter: Meter::Vcpu,
        seq: 1,
        period,
        amount: 2000,
    };
    let tiled = tile(&[usage(evening), usage(morning)], &day);
    assert_eq!(tiled.findings, [Irregular::Gap(hole)]);
    assert_eq!(tiled.sound.iter().map(|u| u.period.seconds()).sum::<i64>(), 14 * 3600);
}

/// opencost 3766: a monthly price was read as an hourly one, 0.086 instead of 0.000119 per hour.
#[test]
fn a_monthly_price_is_divided_by_the_hours_of_the_month() {
    let november = Month::new(2026, 11).unwrap();
    let hour = Period::new(at("2026-11-10T10:00:00Z"), at("2026-11-10T11:00:00Z")).unwrap();
    let charge = &flat("0.086", Per::Month, vec![Held { period: hour, amount: 1000 }], november)[0];
    assert_eq!(charge.amount.cents(), 12, "1000 × 0.086 ÷ 720 = 0.1194");
}

/// civo/kube100 77: hourly costs with 18 decimals on the bill.
#[test]
fn printed_numbers_are_short() {
    let october = Month::new(2026, 10).unwrap();
    let third = Period::new(at("2026-10-05T00:00:00Z"), at("2026-10-15T07:07:07Z")).unwrap();
    let charge = &flat("64", Per::Month, vec![Held { period: third, amount: 1 }], october)[0];
    assert!(charge.quantity.scale() <= 6, "{}", charge.quantity);
    assert_eq!(charge.amount.decimal().scale(), 2);
}

/// ManageIQ 15908: the monthly price divided by 31 × 24 hours, so that the length of the month decided the price.
#[test]
fn a_whole_month_costs_the_monthly_price() {
    let mut month = Month::new(2026, 1).unwrap();
    for _ in 0..36 {
        let held = vec![Held { period: month.period(), amount: 1 }];
        let charges = flat("97.53", Per::Month, held, month);
        assert_eq!((charges[0].amount.cents(), charges[0].quantity), (9753, Decimal::ONE), "{month}");
        month = month.next();
    }
}
