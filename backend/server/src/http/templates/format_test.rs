use jiff::tz::TimeZone;

use super::*;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

#[test]
fn euros_are_grouped_and_keep_the_digits_of_unit_prices() {
    let cases = [
        ("0", "0,00 €", "€0.00"),
        ("195", "195,00 €", "€195.00"),
        ("1234.5", "1.234,50 €", "€1,234.50"),
        ("1234567.89", "1.234.567,89 €", "€1,234,567.89"),
        ("0.021", "0,021 €", "€0.021"),
        ("0.0210", "0,021 €", "€0.021"),
        ("-0.23", "− 0,23 €", "−€0.23"),
        ("-0.00", "0,00 €", "€0.00"),
    ];
    for (value, german, english) in cases {
        let spaced = |text: String| text.replace(NBSP, " ");
        assert_eq!(eur(Lang::De, value).map(spaced).as_deref(), Some(german), "{value}");
        assert_eq!(eur(Lang::En, value).map(spaced).as_deref(), Some(english), "{value}");
    }
    assert_eq!(eur(Lang::De, "zwölf"), None);
    assert!(eur(Lang::De, "1").unwrap().contains(NBSP));
}

#[test]
fn numbers_have_no_decimals_that_say_nothing() {
    assert_eq!(number(Lang::De, "4471").as_deref(), Some("4.471"));
    assert_eq!(number(Lang::De, "0.871141").as_deref(), Some("0,871141"));
    assert_eq!(number(Lang::De, "16.000").as_deref(), Some("16"));
    assert_eq!(number(Lang::En, "12480").as_deref(), Some("12,480"));
    assert_eq!(quantity(Lang::De, "4", "vCPU").as_deref(), Some("4\u{a0}vCPU"));
    assert_eq!(quantity(Lang::De, "2", "1.000 Gespräche").as_deref(), Some("2\u{a0}×\u{a0}1.000 Gespräche"));
}

#[test]
fn moments_are_shown_in_berlin_also_around_the_change_of_clocks() {
    let zone = berlin();
    let cases = [
        ("2026-11-24T17:00:00Z", "24.11.2026, 18:00\u{a0}Uhr"),
        ("2026-07-01T22:30:00Z", "02.07.2026, 00:30\u{a0}Uhr"),
        ("2026-10-25T00:30:00Z", "25.10.2026, 02:30\u{a0}Uhr"),
        ("2026-10-25T01:30:00Z", "25.10.2026, 02:30\u{a0}Uhr"),
        ("2026-12-31T23:00:00Z", "01.01.2027, 00:00\u{a0}Uhr"),
    ];
    for (value, german) in cases {
        assert_eq!(datetime(Lang::De, value, &zone).as_deref(), Some(german), "{value}");
    }
    let second = "2026-11-24T17:00:07Z";
    assert_eq!(exact(Lang::De, second, &zone).as_deref(), Some("24.11.2026, 18:00:07\u{a0}Uhr"));
    assert_eq!(exact(Lang::En, second, &zone).as_deref(), Some("24\u{a0}Nov\u{a0}2026, 18:00:07"));
    assert_eq!(
        datetime(Lang::En, "2026-11-24T17:00:00Z", &zone).as_deref(),
        Some("24\u{a0}Nov\u{a0}2026, 18:00")
    );
}

#[test]
fn days_do_not_move_with_the_zone() {
    let zone = berlin();
    assert_eq!(date(Lang::De, "2026-12-01", &zone).as_deref(), Some("01.12.2026"));
    assert_eq!(month(Lang::De, "2026-03-01", &zone).as_deref(), Some("März\u{a0}2026"));
    assert_eq!(month(Lang::En, "2026-12-01", &zone).as_deref(), Some("December\u{a0}2026"));
    assert_eq!(date(Lang::De, "2026-13-01", &zone), None);
}

#[test]
fn shares_stay_inside_the_bar() {
    assert_eq!(share("6820.44", "12000").as_deref(), Some("56.84%"));
    assert_eq!(share("5", "0").as_deref(), Some("0%"));
    assert_eq!(share("-5", "10").as_deref(), Some("0%"));
    assert_eq!(share("50", "10").as_deref(), Some("100%"));
}

#[test]
fn sizes_of_files_have_decimal_prefixes() {
    assert_eq!(bytes(Lang::De, "312000").as_deref(), Some("312\u{a0}kB"));
    assert_eq!(bytes(Lang::De, "1400000").as_deref(), Some("1,4\u{a0}MB"));
    assert_eq!(bytes(Lang::De, "9").as_deref(), Some("9\u{a0}Byte"));
}

#[test]
fn durations_to_the_second() {
    for (seconds, german, english) in [
        ("0", "0\u{a0}Sek.", "0\u{a0}s"),
        ("60", "1\u{a0}Min.", "1\u{a0}min"),
        (
            "90061",
            "1\u{a0}Tag 1\u{a0}Std. 1\u{a0}Min. 1\u{a0}Sek.",
            "1\u{a0}day 1\u{a0}h 1\u{a0}min 1\u{a0}s",
        ),
        ("172800", "2\u{a0}Tage", "2\u{a0}days"),
    ] {
        assert_eq!(duration(Lang::De, seconds).as_deref(), Some(german));
        assert_eq!(duration(Lang::En, seconds).as_deref(), Some(english));
    }
    assert_eq!(duration(Lang::De, "-1"), None);
}
