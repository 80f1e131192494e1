use super::*;
use proptest::prelude::*;

/// October 2026 in Berlin; the clock goes back in it.
fn month() -> Month {
    Month::new(2026, 10).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn event(text: &str, change: Change) -> Event {
    Event { at: at(text), change }
}

fn history(events: &[Event]) -> History<'_> {
    History {
        events,
        ends_at: None,
        gone_at: None,
        agreed: &[],
        silent: &[],
        now: at("2026-11-24T09:00:00Z"),
    }
}

fn totals(of: &History<'_>) -> Totals {
    Totals::of(&measure(month(), of))
}

const HOUR: i64 = 3600;
const WHOLE: i64 = 745 * HOUR;

fn period(from: &str, to: &str) -> Period {
    Period::new(at(from), at(to)).unwrap()
}

#[test]
fn a_month_of_service_with_one_interruption() {
    let events = [
        event("2026-09-10T08:00:00Z", Change::Ready),
        event("2026-10-05T10:00:00Z", Change::Down),
        event("2026-10-05T12:00:00Z", Change::Ready),
    ];
    let of = history(&events);
    let sum = totals(&of);
    assert_eq!((sum.available, sum.interrupted), (WHOLE - 2 * HOUR, 2 * HOUR));
    assert_eq!(sum.percent().unwrap().to_string(), "99.731");
    assert_eq!(sum.against("99.7".parse().unwrap()), Some(Outcome::Kept));
    assert_eq!(sum.against("99.8".parse().unwrap()), Some(Outcome::Missed));
    let kinds: Vec<Use> = measure(month(), &of).iter().map(|stretch| stretch.kind).collect();
    assert_eq!(kinds, [Use::Available, Use::Interrupted, Use::Available]);
}

#[test]
fn what_the_customer_asked_for_does_not_count() {
    let ready = event("2026-10-01T08:00:00Z", Change::Ready);
    let before = at("2026-10-01T08:00:00Z").as_second() - month().period().from().as_second();
    // Stopped for a weekend; the start takes five minutes.
    let events = [
        ready,
        event("2026-10-09T16:00:00Z", Change::StopOrdered),
        event("2026-10-09T16:01:00Z", Change::Down),
        event("2026-10-12T06:00:00Z", Change::StartOrdered),
        event("2026-10-12T06:05:00Z", Change::Ready),
    ];
    let sum = totals(&history(&events));
    assert_eq!((sum.interrupted, sum.not_counted), (0, before + 62 * HOUR + 300));
    // The same with a start that takes an hour: ten minutes are fair, the rest is not.
    let slow = [events[0], events[1], events[2], events[3], event("2026-10-12T07:00:00Z", Change::Ready)];
    assert_eq!(totals(&history(&slow)).interrupted, 50 * 60);
    // Started again before the location had even stopped it: it never said that it was down.
    let quick = [
        ready,
        event("2026-10-09T16:00:00Z", Change::StopOrdered),
        event("2026-10-09T16:01:00Z", Change::StartOrdered),
    ];
    let sum = totals(&history(&quick));
    assert_eq!((sum.interrupted, sum.not_counted), (0, before + 60));
    // Ended, and everything after it.
    let of = history(&events);
    let ended = History { ends_at: Some(at("2026-10-20T22:00:00Z")), ..of };
    let rest = month().period().to().as_second() - at("2026-10-20T22:00:00Z").as_second();
    assert_eq!(totals(&ended).not_counted, totals(&of).not_counted + rest);
    // Never ready: nothing to measure.
    let sum = totals(&history(&[event("2026-10-02T00:00:00Z", Change::Down)]));
    assert_eq!((sum.not_counted, sum.percent(), sum.against(Decimal::ONE)), (WHOLE, None, None));
}

#[test]
fn an_end_that_was_taken_back_is_a_pause_or_nothing() {
    let end = Change::EndOrdered { ends_at: at("2026-10-10T22:00:00Z") };
    let first = [event("2026-09-01T08:00:00Z", Change::Ready), event("2026-10-05T08:00:00Z", end)];
    let early = [first[0], first[1], event("2026-10-06T08:00:00Z", Change::ResumeOrdered { starts: false })];
    assert_eq!(totals(&history(&early)).available, WHOLE);
    let late = [
        first[0],
        first[1],
        event("2026-10-10T22:01:00Z", Change::Down),
        event("2026-10-11T22:00:00Z", Change::ResumeOrdered { starts: true }),
        event("2026-10-11T22:04:00Z", Change::Ready),
    ];
    let sum = totals(&history(&late));
    assert_eq!((sum.not_counted, sum.interrupted), (24 * HOUR + 240, 0));
}

#[test]
fn what_the_customer_stopped_or_let_end_is_not_the_providers() {
    let stopped = [
        event("2026-09-01T08:00:00Z", Change::Ready),
        event("2026-09-20T08:00:00Z", Change::StopOrdered),
        event("2026-09-20T08:01:00Z", Change::Down),
        event("2026-10-05T08:00:00Z", Change::ResumeOrdered { starts: false }),
    ];
    assert_eq!(totals(&history(&stopped)).not_counted, WHOLE, "its end is put off, it stays stopped");
    let ended = [
        event("2026-09-01T08:00:00Z", Change::Ready),
        event("2026-10-10T22:00:00Z", Change::EndCame),
        event("2026-10-10T22:01:00Z", Change::Down),
        event("2026-10-11T22:00:00Z", Change::ResumeOrdered { starts: true }),
        event("2026-10-11T22:04:00Z", Change::Ready),
    ];
    let sum = totals(&history(&ended));
    assert_eq!((sum.not_counted, sum.interrupted), (24 * HOUR + 240, 0));
}

#[test]
fn a_restart_for_an_ordered_change_has_ten_minutes() {
    let events = |back: &str| {
        [
            event("2026-09-01T08:00:00Z", Change::Ready),
            event("2026-10-05T08:00:00Z", Change::ChangeOrdered),
            event("2026-10-05T08:30:00Z", Change::Down),
            event(back, Change::Ready),
            event(back, Change::Effective),
            event("2026-10-07T00:00:00Z", Change::Down),
            event("2026-10-07T00:05:00Z", Change::Ready),
        ]
    };
    let sum = totals(&history(&events("2026-10-05T08:35:00Z")));
    assert_eq!((sum.not_counted, sum.interrupted), (300, 300), "the later one was not asked for");
    assert_eq!(totals(&history(&events("2026-10-05T09:00:00Z"))).interrupted, 20 * 60 + 300);
}

#[test]
fn a_change_that_was_refused_excuses_no_later_outage() {
    let events = [
        event("2026-09-01T08:00:00Z", Change::Ready),
        event("2026-10-05T08:00:00Z", Change::ChangeOrdered),
        event("2026-10-05T08:01:00Z", Change::Refused),
        event("2026-10-07T00:00:00Z", Change::Down),
        event("2026-10-07T00:05:00Z", Change::Ready),
    ];
    let sum = totals(&history(&events));
    assert_eq!((sum.not_counted, sum.interrupted), (0, 300));
}

#[test]
fn silence_is_unknown_and_never_available() {
    let events = [
        event("2026-09-01T08:00:00Z", Change::Ready),
        event("2026-10-05T10:00:00Z", Change::Down),
        event("2026-10-05T12:00:00Z", Change::Ready),
    ];
    let silent = [period("2026-10-05T09:00:00Z", "2026-10-05T13:00:00Z")];
    let sum = totals(&History { silent: &silent, ..history(&events) });
    assert_eq!((sum.unknown, sum.interrupted), (2 * HOUR, 2 * HOUR), "what was told later is known");
    assert_eq!(sum.percent().unwrap().to_string(), "99.73");
    assert_eq!(sum.at_least().unwrap().to_string(), "99.463");
    assert_eq!(sum.against("99.5".parse().unwrap()), Some(Outcome::Open));
    // A month of silence promises nothing.
    let silent = [period("2026-09-20T00:00:00Z", "2026-11-20T00:00:00Z")];
    let sum = totals(&History { silent: &silent, ..history(&events[..1]) });
    assert_eq!((sum.unknown, sum.percent()), (WHOLE, None));
    assert_eq!(sum.against(Decimal::ONE), Some(Outcome::Open));
}

#[test]
fn agreed_maintenance_excuses_what_was_down_and_hides_nothing() {
    let events = [
        event("2026-09-01T08:00:00Z", Change::Ready),
        event("2026-10-05T20:30:00Z", Change::Down),
        event("2026-10-05T23:00:00Z", Change::Ready),
    ];
    let agreed = [period("2026-10-05T20:00:00Z", "2026-10-05T22:00:00Z")];
    let of = History { agreed: &agreed, ..history(&events) };
    let sum = totals(&of);
    assert_eq!((sum.maintenance, sum.interrupted), (90 * 60, HOUR));
    assert_eq!(sum.available, WHOLE - 150 * 60, "what ran within the window was available");
}

#[test]
fn the_future_is_not_counted() {
    let events = [event("2026-09-01T08:00:00Z", Change::Ready)];
    let now = at("2026-10-15T10:00:00Z");
    let sum = totals(&History { now, ..history(&events) });
    assert_eq!(sum.available, now.as_second() - month().period().from().as_second());
}

#[test]
fn maintenance_is_announced_in_time_or_counts_for_nothing() {
    let window = period("2026-10-05T20:00:00Z", "2026-10-05T22:00:00Z");
    let announced = |text: &str| Window { period: window, announced_at: at(text) };
    assert!(announced("2026-10-02T20:00:00Z").agreed(LEAD));
    assert!(!announced("2026-10-02T20:00:01Z").agreed(LEAD));
    let now = at("2026-10-01T00:00:00Z");
    assert_eq!(announce(window.from(), window.to(), now), Ok(window));
    assert_eq!(announce(window.to(), window.from(), now), Err(WindowRefused::Empty));
    assert_eq!(announce(now, window.to(), now), Err(WindowRefused::Past));
    let week = window.from() + WINDOW_MAX + SignedDuration::from_secs(1);
    assert_eq!(announce(window.from(), week, now), Err(WindowRefused::TooLong));
    let far = |days: i64| now + SignedDuration::from_hours(24 * days);
    assert!(announce(far(366), far(367), now).is_ok());
    assert_eq!(announce(far(367), far(368), now), Err(WindowRefused::TooFar));
}

#[test]
fn maintenance_only_shrinks_and_only_in_the_future() {
    let window = period("2026-10-05T20:00:00Z", "2026-10-05T22:00:00Z");
    let (before, within) = (at("2026-10-01T00:00:00Z"), at("2026-10-05T21:00:00Z"));
    let (later, sooner) = (at("2026-10-05T20:30:00Z"), at("2026-10-05T21:30:00Z"));
    let cut = |from, to, now| shorten(window, from, to, now);
    assert_eq!(cut(later, sooner, before), Period::new(later, sooner).map_err(|_unfit| WindowRefused::Empty));
    assert_eq!(cut(window.from(), within, within).map(|it| it.to()), Ok(within), "finished earlier");
    assert_eq!(cut(later, window.to(), within), Err(WindowRefused::Begun));
    assert_eq!(cut(window.from(), later, within), Err(WindowRefused::Past), "half an hour ago it still ran");
    assert_eq!(cut(window.from(), window.to(), before), Err(WindowRefused::NotShorter));
    assert_eq!(cut(before, window.to(), before), Err(WindowRefused::NotShorter));
    assert_eq!(cut(window.from(), sooner, window.to()), Err(WindowRefused::Over));
    assert_eq!(withdraw(window, before), Ok(()));
    assert_eq!(withdraw(window, window.from()), Err(WindowRefused::Begun));
    assert_eq!(withdraw(window, window.to()), Err(WindowRefused::Over));
    let codes = [WindowRefused::Empty, WindowRefused::Past, WindowRefused::Begun];
    assert!(codes.iter().all(|refused| refused.code() == refused.to_string()));
}

const FIRST: i64 = 1_788_000_000; // 29 August 2026
const SPAN: i64 = 100 * 24 * HOUR;

fn moment() -> impl Strategy<Value = Timestamp> {
    (FIRST..FIRST + SPAN, 0i32..1_000_000_000)
        .prop_map(|(second, part)| Timestamp::new(second, part).unwrap())
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => Just(Change::Ready),
        4 => Just(Change::Down),
        1 => Just(Change::StopOrdered),
        1 => Just(Change::StartOrdered),
        1 => Just(Change::ChangeOrdered),
        1 => Just(Change::Effective),
        1 => Just(Change::Refused),
        1 => moment().prop_map(|ends_at| Change::EndOrdered { ends_at }),
        1 => Just(Change::EndCame),
        1 => any::<bool>().prop_map(|starts| Change::ResumeOrdered { starts }),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec((moment(), change()).prop_map(|(at, change)| Event { at, change }), 0..30)
}

fn periods() -> impl Strategy<Value = Vec<Period>> {
    let one = (FIRST..FIRST + SPAN, 1i64..10 * 24 * HOUR).prop_map(|(from, long)| {
        Period::new(Timestamp::from_second(from).unwrap(), Timestamp::from_second(from + long).unwrap())
            .unwrap()
    });
    prop::collection::vec(one, 0..6)
}

proptest! {
    /// Every second of the month has exactly one use.
    #[test]
    fn the_uses_are_the_whole_month_to_the_second(
        events in events(), agreed in periods(), silent in periods(), now in moment(),
        ends_at in prop::option::of(moment()), gone_at in prop::option::of(moment()), number in 9i8..12,
    ) {
        let month = Month::new(2026, number).unwrap();
        let of = History { events: &events, ends_at, gone_at, agreed: &agreed, silent: &silent, now };
        let stretches = measure(month, &of);
        let sum = Totals::of(&stretches);
        let all = sum.available + sum.interrupted + sum.maintenance + sum.unknown + sum.not_counted;
        prop_assert_eq!(all, month.seconds());
        prop_assert_eq!(stretches.first().map(|it| it.period.from()), Some(month.period().from()));
        prop_assert_eq!(stretches.last().map(|it| it.period.to()), Some(month.period().to()));
        for (one, next) in stretches.iter().zip(stretches.iter().skip(1)) {
            prop_assert_eq!(one.period.to(), next.period.from());
            prop_assert!(one.kind != next.kind);
        }
        for stretch in &stretches {
            let (from, inside) = (stretch.period.from(), |all: &[Period]| {
                all.iter().any(|period| period.contains(stretch.period.from()))
            });
            match stretch.kind {
                Use::Available => prop_assert!(!inside(&silent) && from < now),
                Use::Unknown => prop_assert!(inside(&silent) && !inside(&agreed)),
                Use::Maintenance => prop_assert!(inside(&agreed)),
                Use::Interrupted => prop_assert!(!inside(&agreed)),
                Use::NotCounted => {}
            }
        }
        if let (Some(known), Some(least)) = (sum.percent(), sum.at_least()) {
            prop_assert!(least <= known && known <= Decimal::ONE_HUNDRED);
            prop_assert!(sum.interrupted == 0 || known < Decimal::ONE_HUNDRED, "never rounded up");
        }
    }

    /// More silence never makes a month look better, and more maintenance never adds interruptions.
    #[test]
    fn nothing_is_gained_by_silence(events in events(), silent in periods(), agreed in periods(), now in moment()) {
        let of = History { events: &events, ends_at: None, gone_at: None, agreed: &[], silent: &[], now };
        let (heard, quiet) = (totals(&of), totals(&History { silent: &silent, ..of }));
        prop_assert!(quiet.available <= heard.available && quiet.interrupted == heard.interrupted);
        prop_assert!(quiet.at_least() <= heard.at_least());
        let agreed = totals(&History { agreed: &agreed, ..of });
        prop_assert!(agreed.interrupted <= heard.interrupted && agreed.available == heard.available);
        prop_assert_eq!(agreed.not_counted, heard.not_counted);
    }
}
