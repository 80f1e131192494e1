use super::*;
use db::offerings::{ComponentRow, PlanRow, PriceRow};
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::json;
use uuid::Uuid;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn part(code: &str, meter: Option<&str>, model: Value, prices: &[(&str, &str)]) -> Part {
    let row = ComponentRow {
        id: Uuid::new_v5(&Uuid::nil(), code.as_bytes()),
        provider_id: Uuid::nil(),
        plan_id: Uuid::nil(),
        code: code.into(),
        title: code.into(),
        position: 1,
        meter: meter.map(str::to_owned),
        model,
    };
    let prices: Vec<PriceRow> = prices
        .iter()
        .map(|(from, amount)| PriceRow {
            id: Uuid::new_v5(&row.id, from.as_bytes()),
            provider_id: Uuid::nil(),
            component_id: row.id,
            amount: amount.parse().unwrap(),
            valid_from: at(from).into(),
        })
        .collect();
    Part { offered: row.to_offered(&prices).unwrap(), terms: row.to_terms().unwrap(), row }
}

fn plan(parts: Vec<Part>) -> PlanParts {
    let settings = json!({
        "vcpu_milli": 500, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 20, "versions": [15], "instances": 1,
    });
    let id = Uuid::nil();
    let row = PlanRow {
        id,
        provider_id: id,
        version_id: id,
        code: "s".into(),
        title: "S".into(),
        position: 1,
        settings,
    };
    PlanParts { row, parts }
}

fn vat(class: &str, rate: i64, from: &str) -> VatRow {
    VatRow {
        id: Uuid::nil(),
        provider_id: Uuid::nil(),
        offering_id: None,
        class: class.into(),
        rate: rate.into(),
        reason_code: None,
        reason: (class != "S").then(|| "§ 2b UStG".to_owned()),
        evidence: "Vermerk".into(),
        valid_from: at(from).into(),
    }
}

const YEAR: &str = "2025-12-31T23:00:00Z";

fn estimate_of(plan: &PlanParts, vat: &[VatRow], start: Date) -> Estimation {
    let parameters = json!({"database": "x", "version": 15, "storage_gib": 10, "allowed_networks": []});
    let expected = BTreeMap::new();
    let wish = Wish {
        kind: Kind::Postgresql,
        plan,
        parameters: &parameters,
        expected: &expected,
        vat,
        start,
        months: 12,
        ends_on: None,
    };
    compute(&wish).unwrap()
}

fn cents(cents: i64) -> Money {
    Money::from_cents(cents)
}

#[test]
fn tax_that_begins_with_the_next_year_binds_nothing_in_this_one() {
    let plan = plan(vec![
        part("base", None, json!({"model": "flat", "per": "month"}), &[(YEAR, "27.20")]),
        part(
            "storage",
            Some("storage"),
            json!({"model": "per-unit", "unit": "gibibyte", "per": "month"}),
            &[(YEAR, "0.35")],
        ),
        part("setup", None, json!({"model": "one-time"}), &[(YEAR, "100")]),
    ]);
    let vat = [vat("O", 0, YEAR), vat("S", 19, "2026-12-31T23:00:00Z")];
    let estimation = estimate_of(&plan, &vat, date(2026, 11, 24));
    assert_eq!((estimation.monthly, estimation.once), (cents(3070), cents(10_000)));
    let years: Vec<_> =
        estimation.years.iter().map(|year| (year.year, year.months, year.net, year.vat)).collect();
    assert_eq!(years, [(2026, 2, cents(16_140), Money::ZERO), (2027, 10, cents(30_700), cents(5830))]);
    assert_eq!(estimation.committed, cents(16_140));
    let parts: Vec<_> = estimation.vat.iter().map(|part| (part.until, part.rate)).collect();
    assert_eq!(parts, [(Some(date(2026, 12, 31)), None), (None, Some(Decimal::from(19)))]);
    for line in &estimation.lines {
        assert_eq!(Money::rounded(line.quantity * line.unit_price).unwrap(), line.amount, "{}", line.title);
    }
}

#[test]
fn a_dearer_price_later_in_the_year_is_bound_from_the_start() {
    let later = [(YEAR, "10"), ("2026-11-30T23:00:00Z", "12")];
    let plan = plan(vec![part("base", None, json!({"model": "flat", "per": "month"}), &later)]);
    let estimation = estimate_of(&plan, &[], date(2026, 11, 1));
    assert_eq!((estimation.monthly, estimation.committed), (cents(1000), cents(2400)));
    assert!(estimation.vat.is_empty(), "a missing decision is not hidden by a default");
}

#[test]
fn what_is_counted_costs_what_is_expected() {
    let model = json!({"model": "consumption", "each": 1000, "expected": 2000});
    let plan = plan(vec![part("conversations", Some("conversations"), model, &[(YEAR, "12.50")])]);
    let estimation = estimate_of(&plan, &[], date(2026, 11, 1));
    assert_eq!(estimation.monthly, cents(2500));
    let line = &estimation.lines[0];
    assert_eq!((line.quantity, line.unit.as_str()), (Decimal::from(2), "1000 × Gespräch"));
}
