use proptest::prelude::*;
use rust_decimal::dec;
use uuid::Uuid;

use super::*;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn eur(text: &str) -> UnitPrice {
    text.parse().unwrap()
}

fn component(measure: Measure) -> Component {
    Component { id: ComponentId(id(1)), measure }
}

/// A price valid from 2020 on, or between two instants.
fn price(n: u128, model: PriceModel) -> Price {
    Price { id: PriceId(id(n)), valid_from: at("2020-01-01T00:00:00Z"), valid_to: None, model }
}

fn rate_one(in_month: &str, component: &Component, prices: &[Price], seen: Seen) -> Vec<Charge> {
    let of = Rateable { booking: BookingId(id(9)), component, prices, seen: &seen, cuts: &[] };
    rate(month(in_month), &of).unwrap()
}

fn whole(in_month: &str, amount: i64) -> Seen {
    Seen::Held(vec![Held { period: month(in_month).period(), amount }])
}

fn hours(from: &str, hours: i64, amount: i64) -> Held {
    let start = at(from);
    let end = Timestamp::from_second(start.as_second() + hours * 3600).unwrap();
    Held { period: Period::new(start, end).unwrap(), amount }
}

#[test]
fn an_hourly_price_follows_the_length_of_the_month() {
    let model = PriceModel::PerUnit { price: eur("0.10"), unit: Unit::Piece, per: Per::Hour };
    let instance = component(Measure::Meter(Meter::Instance));
    for (in_month, cents) in [("2026-02", 6720), ("2026-03", 7430), ("2026-10", 7450), ("2028-02", 6960)] {
        let charges = rate_one(in_month, &instance, &[price(1, model)], whole(in_month, 1));
        assert_eq!(charges[0].amount, Money::from_cents(cents), "{in_month}");
    }
}

#[test]
fn a_monthly_price_does_not() {
    let model = PriceModel::Flat { price: eur("27.20"), per: Per::Month };
    for in_month in ["2026-02", "2026-03", "2026-07", "2026-10", "2028-02"] {
        let charges = rate_one(in_month, &component(Measure::Flat), &[price(1, model)], whole(in_month, 1));
        assert_eq!(
            (charges[0].amount, charges[0].quantity),
            (Money::from_cents(2720), Decimal::ONE),
            "{in_month}"
        );
    }
}

#[test]
fn the_months_of_a_yearly_price_make_the_year() {
    let model = PriceModel::Flat { price: eur("1200"), per: Per::Year };
    let twelve: Money = (1..=12)
        .map(|n| {
            let in_month = format!("2026-{n:02}");
            rate_one(&in_month, &component(Measure::Flat), &[price(1, model)], whole(&in_month, 1))[0].amount
        })
        .sum();
    assert!(
        (twelve - Money::from_cents(120_000)).cents().abs() <= 6,
        "{twelve}: half a cent per month at most"
    );
}

#[test]
fn the_reference_invoice_recomputes() {
    let flat = component(Measure::Flat);
    let running = component(Measure::Meter(Meter::Instance));
    let run = |component: &Component, model: PriceModel, seen: Seen| {
        let charges = rate_one("2026-10", component, &[price(1, model)], seen);
        (charges[0].quantity, charges[0].amount.cents())
    };
    // Stopped for 96 hours in a month of 745.
    let seen = Seen::Held(vec![
        hours("2026-09-30T22:00:00Z", 216, 1),
        hours("2026-10-09T22:00:00Z", 96, 0),
        hours("2026-10-13T22:00:00Z", 433, 1),
    ]);
    let model = PriceModel::PerUnit { price: eur("27.20"), unit: Unit::Piece, per: Per::Month };
    assert_eq!(run(&running, model, seen), (dec!(0.871141), 2370));
    // Begins on 15 October, 00:00.
    let seen = Seen::Held(vec![hours("2026-10-14T22:00:00Z", 409, 1)]);
    let model = PriceModel::Flat { price: eur("64.00"), per: Per::Month };
    assert_eq!(run(&flat, model, seen), (dec!(0.548993), 3514));
    // 14 pieces, whole month.
    let model = PriceModel::Flat { price: eur("3.20"), per: Per::Month };
    assert_eq!(run(&flat, model, whole("2026-10", 14)), (dec!(14), 4480));
    // 2 vCPU and 8 GiB, in the units of the meters.
    let vcpu = component(Measure::Meter(Meter::Vcpu));
    let model = PriceModel::PerUnit { price: eur("21.50"), unit: Unit::Vcpu, per: Per::Month };
    assert_eq!(run(&vcpu, model, whole("2026-10", 2000)), (dec!(2), 4300));
    let memory = component(Measure::Meter(Meter::Memory));
    let model = PriceModel::PerUnit { price: eur("4.75"), unit: Unit::Gibibyte, per: Per::Month };
    assert_eq!(run(&memory, model, whole("2026-10", 8192)), (dec!(8), 3800));
}

#[test]
fn monthly_prices_are_not_read_as_hourly_ones() {
    // 0.086 per month was once charged per hour; the hour costs 0.000119.
    let model = PriceModel::PerUnit { price: eur("0.086"), unit: Unit::Gibibyte, per: Per::Month };
    let storage = component(Measure::Meter(Meter::Storage));
    let seen = Seen::Held(vec![hours("2026-04-10T00:00:00Z", 1, 1024 * 1000)]);
    let charge = &rate_one("2026-04", &storage, &[price(1, model)], seen)[0];
    assert_eq!(charge.amount, Money::from_cents(12), "1000 GiB for one of 720 hours");
    assert_eq!(charge.steps.len(), 1);
}

#[test]
fn a_price_change_splits_the_line() {
    let change = at("2026-10-15T22:00:00Z");
    let model = |p: &str| PriceModel::Flat { price: eur(p), per: Per::Month };
    let mut old = price(1, model("10.00"));
    old.valid_to = Some(change);
    let mut new = price(2, model("20.00"));
    new.valid_from = change;
    let charges = rate_one("2026-10", &component(Measure::Flat), &[new, old], whole("2026-10", 1));
    let lines: Vec<_> = charges.iter().map(|c| (c.price.0.as_u128(), c.amount.cents(), c.service)).collect();
    let (first, second) = month("2026-10").period().split_at(change).unwrap();
    // 360 and 385 of 745 hours.
    assert_eq!(lines, [(1, 483, first), (2, 1034, second)]);
}

#[test]
fn a_cut_for_tax_splits_the_line_at_the_same_price() {
    let model = PriceModel::Flat { price: eur("7.45"), per: Per::Month };
    let cut = at("2026-10-08T22:00:00Z");
    let seen = whole("2026-10", 1);
    let of = Rateable {
        booking: BookingId(id(9)),
        component: &component(Measure::Flat),
        prices: &[price(1, model)],
        seen: &seen,
        cuts: &[cut, at("2026-11-20T00:00:00Z")],
    };
    let charges = rate(month("2026-10"), &of).unwrap();
    assert_eq!(charges.iter().map(|c| c.amount.cents()).collect::<Vec<_>>(), [192, 553]);
    assert_eq!(charges[0].service.to(), cut);
}

#[test]
fn consumption_is_billed_in_proportion_and_by_its_reading() {
    let conversations = component(Measure::Meter(Meter::Conversations));
    let model = PriceModel::Consumption { price: eur("4.50"), each: 1000 };
    let counted =
        |from: &str, to: &str, count| Counted { period: Period::new(at(from), at(to)).unwrap(), count };
    let seen = Seen::Counted(vec![
        counted("2026-09-30T21:00:00Z", "2026-09-30T22:00:00Z", 999), // September's last hour in Berlin
        counted("2026-09-30T22:00:00Z", "2026-10-01T22:00:00Z", 1200),
        counted("2026-10-30T22:00:00Z", "2026-10-31T23:00:00Z", 1145), // read exactly at the end of October
    ]);
    let charge = &rate_one("2026-10", &conversations, &[price(1, model)], seen)[0];
    assert_eq!((charge.quantity, charge.base, charge.amount.cents()), (dec!(2345), 1000, 1055));
    assert_eq!(charge.steps.len(), 2);
}

#[test]
fn a_reading_across_a_price_change_counts_once() {
    let change = at("2026-10-15T22:00:00Z");
    let model = |p: &str| PriceModel::Consumption { price: eur(p), each: 1 };
    let mut old = price(1, model("1"));
    old.valid_to = Some(change);
    let mut new = price(2, model("2"));
    new.valid_from = change;
    let counted =
        |from: &str, to: &str| Counted { period: Period::new(at(from), at(to)).unwrap(), count: 10 };
    let seen = Seen::Counted(vec![
        counted("2026-10-15T21:00:00Z", "2026-10-15T22:00:00Z"), // read as the price changes: the old one
        counted("2026-10-15T22:00:00Z", "2026-10-15T22:10:00Z"),
    ]);
    let conversations = component(Measure::Meter(Meter::Conversations));
    let cents = |seen: Seen| {
        let charges = rate_one("2026-10", &conversations, &[old.clone(), new.clone()], seen);
        charges.iter().map(|c| c.amount.cents()).collect::<Vec<_>>()
    };
    assert_eq!(cents(seen), [1000, 2000]);
    assert_eq!(cents(Seen::Counted(vec![counted("2026-10-15T20:00:00Z", "2026-10-15T23:00:00Z")])), [2000]);
}

#[test]
fn a_fee_falls_due_once() {
    let fee = component(Measure::Once);
    let model = PriceModel::OneTime { price: eur("250") };
    let due = Seen::Due(Some(at("2026-10-14T22:00:00Z")));
    assert_eq!(rate_one("2026-10", &fee, &[price(1, model)], due.clone())[0].amount.cents(), 25_000);
    assert_eq!(rate_one("2026-11", &fee, &[price(1, model)], due), []);
    assert_eq!(rate_one("2026-10", &fee, &[price(1, model)], Seen::Due(None)), []);
}

#[test]
fn a_whole_month_stopped_costs_nothing() {
    let model = PriceModel::PerUnit { price: eur("21.50"), unit: Unit::Vcpu, per: Per::Month };
    let vcpu = component(Measure::Meter(Meter::Vcpu));
    assert_eq!(rate_one("2026-10", &vcpu, &[price(1, model)], whole("2026-10", 0)), []);
}

#[test]
fn what_cannot_be_rated_is_refused() {
    let refused = |component: &Component, prices: &[Price], seen: Seen| {
        let of = Rateable { booking: BookingId(id(9)), component, prices, seen: &seen, cuts: &[] };
        rate(month("2026-10"), &of).unwrap_err()
    };
    let flat = component(Measure::Flat);
    let model = PriceModel::Flat { price: eur("1"), per: Per::Month };
    let mut ended = price(1, model);
    ended.valid_to = Some(at("2026-10-20T00:00:00Z"));
    let no_price = RatingRefused::NoPrice { component: flat.id, at: at("2026-10-20T00:00:00Z") };
    assert_eq!(refused(&flat, &[ended], whole("2026-10", 1)), no_price);
    let two = [price(1, model), price(2, model)];
    assert_eq!(refused(&flat, &two, whole("2026-10", 1)), RatingRefused::TwoPrices { component: flat.id });
    let misfit = RatingRefused::ModelDoesNotFit { component: flat.id };
    let wrong = PriceModel::PerUnit { price: eur("1"), unit: Unit::Vcpu, per: Per::Month };
    assert_eq!(
        refused(&component(Measure::Meter(Meter::Memory)), &[price(1, wrong)], whole("2026-10", 1)),
        misfit
    );
    assert_eq!(refused(&flat, &[price(1, wrong)], whole("2026-10", 1)), misfit);
    let negative = RatingRefused::Negative { component: flat.id };
    assert_eq!(refused(&flat, &[price(1, model)], whole("2026-10", -1)), negative);
}

#[test]
fn an_estimate_is_what_the_invoices_will_say() {
    let part = |n: u128, measure, model| Offered {
        component: Component { id: ComponentId(id(n)), measure },
        prices: vec![price(n, model)],
    };
    let parts = [
        part(
            1,
            Measure::Meter(Meter::Vcpu),
            PriceModel::PerUnit { price: eur("21.50"), unit: Unit::Vcpu, per: Per::Month },
        ),
        part(2, Measure::Flat, PriceModel::Flat { price: eur("0.10"), per: Per::Hour }),
        part(3, Measure::Once, PriceModel::OneTime { price: eur("99.99") }),
        part(
            4,
            Measure::Meter(Meter::Conversations),
            PriceModel::Consumption { price: eur("4.50"), each: 1000 },
        ),
    ];
    let amounts = Amounts::from([(ComponentId(id(1)), 2000)]);
    let sum = estimate(&parts, &amounts, month("2026-03")).unwrap();
    assert_eq!(sum.per_month.cents(), 4300 + 7430);
    assert_eq!(sum.per_year.cents(), 12 * 4300 + 87_600, "8,760 hours from March to February");
    assert_eq!(sum.once.cents(), 9999);
    assert_eq!(sum.open, [ComponentId(id(4))], "nobody said how many conversations");
}

#[test]
fn an_estimate_shows_what_begins_later_and_what_rises_within_the_year() {
    let flat = |p: &str| PriceModel::Flat { price: eur(p), per: Per::Month };
    let mut first = price(1, flat("10"));
    first.valid_from = at("2026-03-20T09:30:00Z");
    first.valid_to = Some(at("2026-12-31T23:00:00Z"));
    let mut risen = price(2, flat("12"));
    risen.valid_from = at("2026-12-31T23:00:00Z");
    let part = Offered { component: component(Measure::Flat), prices: vec![risen, first] };
    let sum = estimate(&[part], &Amounts::new(), month("2026-03")).unwrap();
    assert_eq!((sum.per_month.cents(), sum.per_year.cents()), (1000, 10 * 1000 + 2 * 1200));
    let without = Offered { component: component(Measure::Flat), prices: vec![] };
    assert!(matches!(
        estimate(&[without], &Amounts::new(), month("2026-03")),
        Err(RatingRefused::NoPrice { .. })
    ));
}

#[test]
fn models_and_charges_survive_json() {
    let model = PriceModel::Consumption { price: eur("4.5"), each: 1000 };
    let text = serde_json::to_string(&model).unwrap();
    assert_eq!(text, r#"{"model":"consumption","price":"4.50","each":1000}"#);
    assert_eq!(serde_json::from_str::<PriceModel>(&text).unwrap(), model);
    let charges = rate_one(
        "2026-10",
        &component(Measure::Flat),
        &[price(1, PriceModel::Flat { price: eur("64"), per: Per::Month })],
        Seen::Held(vec![hours("2026-10-14T22:00:00Z", 409, 1)]),
    );
    let text = serde_json::to_string(&charges).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Charge>>(&text).unwrap(), charges);
}

/// Contiguous sizes from the start of a month, some of them beyond its end.
fn sizes() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((1..400_000_i64, 0..64_000_i64), 1..20)
}

fn laid_out(start: Timestamp, sizes: &[(i64, i64)]) -> Vec<Held> {
    let mut from = start;
    let mut held = Vec::new();
    for (seconds, amount) in sizes {
        let to = Timestamp::from_second(from.as_second() + seconds).unwrap();
        held.push(Held { period: Period::new(from, to).unwrap(), amount: *amount });
        from = to;
    }
    held
}

fn any_month() -> impl Strategy<Value = Month> {
    (2024..2030_i16, 1..=12_i8).prop_map(|(year, number)| Month::new(year, number).unwrap())
}

fn per() -> impl Strategy<Value = Per> {
    prop_oneof![Just(Per::Hour), Just(Per::Month), Just(Per::Year)]
}

fn vcpu_charges(in_month: Month, price_millionths: i64, per: Per, seen: &Seen) -> Vec<Charge> {
    let unit_price = UnitPrice::new(Decimal::new(price_millionths, 6)).unwrap();
    let model = PriceModel::PerUnit { price: unit_price, unit: Unit::Vcpu, per };
    let component = component(Measure::Meter(Meter::Vcpu));
    let prices = [price(1, model)];
    let of = Rateable { booking: BookingId(id(9)), component: &component, prices: &prices, seen, cuts: &[] };
    rate(in_month, &of).unwrap()
}

/// The same amount in whole numbers only, as an independent oracle: cents = round(2·n / 2·d), half away from zero.
fn oracle(in_month: Month, price_millionths: i64, per: Per, held: &[Held]) -> i64 {
    let weight: i128 = held
        .iter()
        .filter_map(|h| {
            h.period.overlap(&in_month.period()).map(|p| i128::from(h.amount) * i128::from(p.seconds()))
        })
        .sum();
    let numerator = weight * i128::from(price_millionths) * 100;
    let denominator = 1000 * 1_000_000 * i128::from(per.seconds(in_month));
    i64::try_from((2 * numerator + denominator) / (2 * denominator)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn amounts_agree_with_whole_number_arithmetic(
        in_month in any_month(), sizes in sizes(), millionths in 0..100_000_000_i64, per in per(),
    ) {
        let held = laid_out(in_month.period().from(), &sizes);
        let expected = oracle(in_month, millionths, per, &held);
        let charges = vcpu_charges(in_month, millionths, per, &Seen::Held(held));
        prop_assert_eq!(charges.iter().map(|c| c.amount.cents()).sum::<i64>(), expected);
    }

    #[test]
    fn the_printed_numbers_recompute(
        in_month in any_month(), sizes in sizes(), millionths in 0..100_000_000_i64, per in per(),
    ) {
        let held = laid_out(in_month.period().from(), &sizes);
        for charge in vcpu_charges(in_month, millionths, per, &Seen::Held(held)) {
            let product = charge.quantity * charge.unit_price.decimal();
            prop_assert_eq!(Money::rounded(product), Ok(charge.amount));
            prop_assert!((product - charge.amount.decimal()).abs() <= dec!(0.005));
        }
    }

    #[test]
    fn cutting_usage_changes_nothing(
        in_month in any_month(), sizes in sizes(), millionths in 1..100_000_000_i64, per in per(),
        cuts in prop::collection::vec(0..2_600_000_i64, 0..12),
    ) {
        let held = laid_out(in_month.period().from(), &sizes);
        let mut pieces = held.clone();
        for offset in cuts {
            let at = Timestamp::from_second(in_month.period().from().as_second() + offset).unwrap();
            pieces = pieces
                .into_iter()
                .flat_map(|h| match h.period.split_at(at) {
                    Some((a, b)) => vec![Held { period: b, ..h }, Held { period: a, ..h }],
                    None => vec![h],
                })
                .collect();
        }
        let whole = vcpu_charges(in_month, millionths, per, &Seen::Held(held));
        prop_assert_eq!(vcpu_charges(in_month, millionths, per, &Seen::Held(pieces)), whole);
    }

    #[test]
    fn splitting_a_line_moves_at_most_half_a_cent_per_line(
        in_month in any_month(), millionths in 1..100_000_000_i64, offset in 1..2_400_000_i64,
    ) {
        let period = in_month.period();
        let change = Timestamp::from_second(period.from().as_second() + offset).unwrap();
        let model = PriceModel::Flat { price: UnitPrice::new(Decimal::new(millionths, 6)).unwrap(), per: Per::Month };
        let mut before = price(1, model);
        before.valid_to = Some(change);
        let mut after = price(2, model);
        after.valid_from = change;
        let seen = Seen::Held(vec![Held { period, amount: 1 }]);
        let component = component(Measure::Flat);
        let rated = |prices: &[Price]| {
            let of = Rateable { booking: BookingId(id(9)), component: &component, prices, seen: &seen, cuts: &[] };
            rate(in_month, &of).unwrap()
        };
        let split = rated(&[before.clone(), after]);
        prop_assert_eq!(split.len(), 2);
        prop_assert_eq!(split[0].service.to(), split[1].service.from());
        let total: Money = split.iter().map(|c| c.amount).sum();
        prop_assert!((total - rated(&[price(1, model)])[0].amount).cents().abs() <= 1);
    }

    #[test]
    fn months_share_usage_without_loss(sizes in sizes(), millionths in 0..1_000_000_i64) {
        // An hourly price has the same base everywhere: what lies in no month would be missing from the sum.
        let start = at("2026-02-20T13:17:11Z");
        let held = laid_out(start, &sizes);
        let exact: Decimal = held
            .iter()
            .map(|h| Decimal::from(h.amount) * Decimal::from(h.period.seconds()) / dec!(3600000))
            .sum::<Decimal>() * Decimal::new(millionths, 6);
        let seen = Seen::Held(held);
        let mut in_month = Month::of(start);
        let mut billed = Decimal::ZERO;
        for _ in 0..5 {
            let charges = vcpu_charges(in_month, millionths, Per::Hour, &seen);
            billed += charges.iter().map(|c| c.amount.decimal()).sum::<Decimal>();
            in_month = in_month.next();
        }
        prop_assert!((billed - exact).abs() <= dec!(0.025), "{billed} for {exact}");
    }
}
