use super::*;
use crate::ids::OrganisationId;
use crate::policy::Grant;
use jiff::civil::date;
use uuid::Uuid;

fn assignment() -> Assignment {
    Assignment {
        cost_centre: "11140".into(),
        account: "5431000".into(),
        wished_on: date(2026, 12, 1),
        justification: "Baumkataster".into(),
    }
}

fn master() -> MasterData {
    MasterData {
        cost_centres: vec!["11140".into()],
        accounts: vec!["5431000".into()],
        budget_year: Some(2026),
        legal_basis_covers: true,
        price_free: false,
    }
}

fn codes(assignment: &Assignment, master: &MasterData) -> Vec<(String, String)> {
    check(assignment, master, date(2026, 11, 24)).into_iter().map(|it| (it.pointer, it.code)).collect()
}

#[test]
fn each_wrong_field_is_named_alone() {
    assert_eq!(codes(&assignment(), &master()), []);
    let cases: Vec<(Assignment, MasterData, &str, &str)> = vec![
        (
            Assignment { cost_centre: "1".into(), ..assignment() },
            master(),
            "/cost_centre",
            "cost-centre-unknown",
        ),
        (Assignment { account: "1".into(), ..assignment() }, master(), "/account", "account-unknown"),
        (assignment(), MasterData { budget_year: None, ..master() }, "/budget_line", "budget-line-unknown"),
        (
            Assignment { wished_on: date(2027, 1, 1), ..assignment() },
            master(),
            "/budget_line",
            "budget-line-year",
        ),
        (
            assignment(),
            MasterData { legal_basis_covers: false, ..master() },
            "/legal_basis",
            "legal-basis-missing",
        ),
        (Assignment { wished_on: date(2026, 11, 23), ..assignment() }, master(), "/wished_on", "wished-past"),
        (
            Assignment { justification: " \n".into(), ..assignment() },
            master(),
            "/justification",
            "justification-missing",
        ),
        (
            Assignment { justification: "ä".repeat(2001), ..assignment() },
            master(),
            "/justification",
            "justification-too-long",
        ),
    ];
    for (assignment, master, pointer, code) in cases {
        assert_eq!(codes(&assignment, &master), [(pointer.to_owned(), code.to_owned())]);
    }
    let far = Assignment { wished_on: date(2027, 11, 25), ..assignment() };
    assert!(
        codes(&far, &MasterData { budget_year: Some(2027), ..master() })
            .contains(&("/wished_on".into(), "wished-too-far".into()))
    );
}

#[test]
fn without_a_list_a_short_code_is_typed() {
    let none = MasterData { cost_centres: Vec::new(), ..master() };
    let of = |cost_centre: &str| {
        let typed = Assignment { cost_centre: cost_centre.into(), ..assignment() };
        codes(&typed, &none).into_iter().map(|it| it.1).collect::<Vec<_>>()
    };
    assert_eq!(of("55 1/10"), Vec::<&str>::new());
    assert_eq!(of(" "), ["cost-centre-missing"]);
    assert_eq!(of(&"9".repeat(41)), ["cost-centre-unfit"]);
    assert_eq!(of("1\n2"), ["cost-centre-unfit"]);
    let listed = Assignment { cost_centre: " ".into(), ..assignment() };
    assert_eq!(codes(&listed, &master()), [("/cost_centre".into(), "cost-centre-missing".into())]);
}

#[test]
fn a_price_free_organisation_needs_no_budget_line() {
    assert_eq!(codes(&assignment(), &MasterData { budget_year: None, price_free: true, ..master() }), []);
}

#[test]
fn begun_months_are_bound_whole() {
    let (monthly, once) = (Money::from_cents(19_500), Money::from_cents(5_000));
    assert_eq!(committed(monthly, once, date(2026, 12, 31), None), Money::from_cents(24_500));
    assert_eq!(committed(monthly, once, date(2026, 11, 24), None), Money::from_cents(44_000));
    assert_eq!(committed(monthly, Money::ZERO, date(2026, 1, 1), None), Money::from_cents(12 * 19_500));
    let months =
        |ends: Date| committed(Money::from_cents(1), Money::ZERO, date(2026, 10, 5), Some(ends)).cents();
    assert_eq!(months(date(2026, 11, 1)), 1, "ends with October");
    assert_eq!(months(date(2026, 11, 2)), 2);
    assert_eq!(months(date(2027, 1, 1)), 3, "the whole year");
    assert_eq!(months(date(2028, 6, 1)), 3, "no more than the year of the line");
}

#[test]
fn nothing_is_wished_before_the_order() {
    let now = "2026-11-24T10:11:12.5Z".parse().unwrap();
    assert_eq!(wished_at(date(2026, 11, 24), now).to_string(), "2026-11-24T10:11:12Z");
    assert_eq!(wished_at(date(2026, 12, 1), now).to_string(), "2026-11-30T23:00:00Z");
}

fn actor(person: u128, limit: Option<i64>) -> Actor {
    Actor {
        person: PersonId(Uuid::from_u128(person)),
        organisation: OrganisationId(Uuid::from_u128(9)),
        unit: None,
        name: "x".into(),
        grants: limit
            .map(|cents| Grant { role: Role::Approves, limit: Some(Money::from_cents(cents)) })
            .into_iter()
            .collect(),
        means: crate::policy::Means::Pages,
    }
}

#[test]
fn decisions_as_a_table() {
    let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
    let order = Pending {
        requested_by: PersonId(Uuid::from_u128(1)),
        amount: Money::from_cents(10_000),
        decide_by: now,
        decided: None,
        unit: UnitId(Uuid::from_u128(5)),
    };
    let late = now + jiff::SignedDuration::from_secs(1);
    let decided = Pending { decided: Some(Withdrawn), ..order };
    use Decision::{Approved, Rejected, Withdrawn};
    let cases = [
        ("at the limit, in the last second", order, Approved, "", actor(2, Some(10_000)), now, Ok(())),
        ("one second late", order, Approved, "", actor(2, Some(10_000)), late, Err(DecideRefused::Expired)),
        ("own order", order, Approved, "", actor(1, Some(10_000)), now, Err(DecideRefused::OwnOrder)),
        (
            "own order, rejected",
            order,
            Rejected,
            "nein",
            actor(1, Some(10_000)),
            now,
            Err(DecideRefused::OwnOrder),
        ),
        ("without the role", order, Approved, "", actor(2, None), now, Err(DecideRefused::OwnOrder)),
        (
            "a cent above the limit",
            order,
            Approved,
            "",
            actor(2, Some(9_999)),
            now,
            Err(DecideRefused::AboveLimit { limit: Money::from_cents(9_999), amount: order.amount }),
        ),
        ("rejecting needs no limit", order, Rejected, "zu teuer", actor(2, Some(0)), now, Ok(())),
        (
            "rejecting needs a reason",
            order,
            Rejected,
            "  ",
            actor(2, Some(0)),
            now,
            Err(DecideRefused::ReasonMissing),
        ),
        ("taken back by the orderer", order, Withdrawn, "", actor(1, None), now, Ok(())),
        ("taken back by another", order, Withdrawn, "", actor(2, Some(1)), now, Err(DecideRefused::NotOwn)),
        (
            "decided before",
            decided,
            Approved,
            "",
            actor(2, Some(10_000)),
            now,
            Err(DecideRefused::AlreadyDecided(Withdrawn)),
        ),
    ];
    for (name, order, decision, reason, by, at, expected) in cases {
        assert_eq!(decide(&order, decision, reason, &by, at), expected, "{name}");
    }
}
