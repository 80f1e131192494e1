//! Tasks of people, as tables.

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn known(planned: &[Planned]) -> Vec<Known> {
    planned
        .iter()
        .map(|it| Known { step: it.step.clone(), side: it.side, state: State::Open, due: it.due })
        .collect()
}

fn with(all: &[Known], step: &str, state: State) -> Vec<Known> {
    let change = |task: &Known| Known {
        state: if task.step == step { state } else { task.state },
        due: task.due.or((task.step == step).then_some(Timestamp::UNIX_EPOCH)),
        ..task.clone()
    };
    all.iter().map(change).collect()
}

fn find<'a>(all: &'a [Known], step: &str) -> &'a Known {
    all.iter().find(|task| task.step == step).unwrap()
}

fn template(step: &str, side: Side, days: u16) -> Template {
    Template { step: step.into(), title: step.to_uppercase(), hint: String::new(), side, days }
}

const BEGINS: &str = "2026-11-24T09:00:00.5Z";

fn begun() -> Vec<Known> {
    known(&planned(&[], at(BEGINS)))
}

/// Everything before the start is done.
fn set_up() -> Vec<Known> {
    [ACCEPT, "set-up", ACCESS].iter().fold(begun(), |all, step| with(&all, step, State::Done))
}

const LIFE: Life = Life { begun: Timestamp::UNIX_EPOCH, ready: None, ends: None };

fn life() -> Life {
    Life { begun: at(BEGINS), ..LIFE }
}

#[test]
fn a_booking_begins_with_what_its_offering_lists() {
    let steps = |list: &[Template]| -> Vec<String> {
        planned(list, at(BEGINS)).into_iter().map(|it| it.step).collect()
    };
    assert_eq!(steps(&[]), ["accept", "set-up", "access", "start", "confirm-start"]);
    let list = [
        template("avv", Side::Customer, 5),
        template("start", Side::Provider, 30),
        template("end", Side::Customer, 1),
    ];
    assert_eq!(steps(&list), ["accept", "avv", "start", "confirm-start"], "an end is no beginning");
    let tasks = planned(&list, at(BEGINS));
    assert_eq!((tasks[2].title.as_str(), tasks[2].side), ("START", Side::Provider), "worded by the offering");
    assert_eq!(tasks[0].due, Some(at("2026-11-26T22:59:59Z")), "the last second of the second day");
    assert_eq!(tasks[2].due, Some(at("2026-12-24T22:59:59Z")));
    assert_eq!(tasks[3].due, None, "waits for the statement");
    let ends: Vec<_> = ending(at(BEGINS)).into_iter().map(|it| (it.step, it.due.is_some())).collect();
    assert_eq!(ends, [("end".to_owned(), true), ("confirm-end".to_owned(), false)]);
}

#[test]
fn beside_an_operator_people_do_what_the_offering_lists_and_go_live_last() {
    assert_eq!(beside(&[], at(BEGINS)), Vec::new(), "an operator needs nobody");
    let list = [
        template("access", Side::Provider, 3),
        template("agreement", Side::Customer, 5),
        template("dvdv", Side::Provider, 9),
        template(GO_LIVE, Side::Provider, 20),
        template("start", Side::Provider, 30),
    ];
    let all = known(&beside(&list, at(BEGINS)));
    let steps: Vec<&str> = all.iter().map(|task| task.step.as_str()).collect();
    assert_eq!(
        steps,
        ["agreement", "dvdv", GO_LIVE],
        "the operator hands over, and says from when it is there"
    );
    let live = |all: &[Known], how| close(find(all, GO_LIVE), all, how, Side::Provider);
    assert_eq!(live(&all, Close::Done), Err(Refused::TasksOpen(2)));
    let all = with(&all, "agreement", State::Done);
    assert_eq!(live(&all, Close::Done), Err(Refused::TasksOpen(1)));
    assert_eq!(
        close(find(&all, "dvdv"), &all, Close::Done, Side::Provider),
        Ok(()),
        "nobody has to accept before"
    );
    assert_eq!(live(&with(&all, "dvdv", State::NotNeeded), Close::Done), Ok(()));
}

#[test]
fn a_task_is_closed_by_its_side_once_and_in_its_way() {
    let all = begun();
    let taken = with(&all, ACCEPT, State::Done);
    let try_it = |all: &[Known], step: &str, how, own| close(find(all, step), all, how, own);
    let (provider, customer) = (Side::Provider, Side::Customer);
    assert_eq!(try_it(&all, ACCEPT, Close::Done, provider), Ok(()));
    assert_eq!(try_it(&all, ACCEPT, Close::Done, customer), Err(Refused::NotYours));
    assert_eq!(try_it(&taken, ACCEPT, Close::Done, provider), Err(Refused::AlreadyClosed));
    assert_eq!(try_it(&all, ACCEPT, Close::NotNeeded("x"), provider), Err(Refused::CannotSkip));
    assert_eq!(try_it(&all, "set-up", Close::Done, provider), Err(Refused::AcceptFirst));
    assert_eq!(try_it(&taken, "set-up", Close::Done, provider), Ok(()));
    assert_eq!(try_it(&taken, ACCESS, Close::NotNeeded(" "), provider), Err(Refused::ReasonMissing));
    let long = "x".repeat(REASON_MAX + 1);
    assert_eq!(try_it(&taken, ACCESS, Close::NotNeeded(&long), provider), Err(Refused::ReasonTooLong));
    assert_eq!(try_it(&taken, ACCESS, Close::NotNeeded("ohne Anmeldung"), provider), Ok(()));
    assert_eq!(try_it(&taken, START, Close::Done, provider), Err(Refused::OtherWay));
    assert_eq!(try_it(&taken, CONFIRM_START, Close::Done, customer), Err(Refused::NotYet));
}

#[test]
fn a_start_is_stated_after_everything_else_and_never_ahead_or_before_the_booking() {
    let now = at("2026-11-30T12:00:00Z");
    let start = |all: &[Known], text: &str, life: &Life| state(What::Start, day(text), all, life, now);
    assert_eq!(start(&begun(), "2026-11-30", &life()), Err(Refused::AcceptFirst));
    let taken = with(&begun(), ACCEPT, State::Done);
    assert_eq!(start(&taken, "2026-11-30", &life()), Err(Refused::TasksOpen(2)));
    let ready = set_up();
    assert_eq!(start(&ready, "2026-12-01", &life()), Err(Refused::InFuture));
    assert_eq!(start(&ready, "2026-11-23", &life()), Err(Refused::BeforeBooking(day("2026-11-24"))));
    assert_eq!(
        start(&ready, "2026-11-24", &life()),
        Ok(at("2026-11-24T09:00:01Z")),
        "never before the booking"
    );
    assert_eq!(start(&ready, "2026-11-26", &life()), Ok(at("2026-11-25T23:00:00Z")), "midnight in Berlin");
    let over = Life { ends: Some(at("2026-11-25T10:00:00Z")), ..life() };
    assert_eq!(start(&ready, "2026-11-26", &over), Err(Refused::AfterEnd(day("2026-11-25"))));
    assert_eq!(start(&with(&ready, START, State::Done), "2026-11-26", &life()), Err(Refused::AlreadyClosed));
    let asked =
        [ready, vec![Known { step: ANSWER_ACCESS.into(), ..find(&begun(), ACCEPT).clone() }]].concat();
    assert!(start(&asked, "2026-11-26", &life()).is_ok(), "a second look at access data holds nothing up");
}

#[test]
fn an_end_is_stated_only_where_one_was_ordered() {
    let now = at("2026-12-20T12:00:00Z");
    let ends = at("2026-12-10T10:15:00Z");
    let all = [with(&set_up(), START, State::Done), known(&ending(ends))].concat();
    let ready = Some(at("2026-11-30T23:00:00Z"));
    let end = |text: &str, life: Life| state(What::End, day(text), &all, &life, now);
    assert_eq!(end("2026-12-10", Life { ready, ..life() }), Err(Refused::NotYet), "nobody ordered it");
    let ordered = Life { ready, ends: Some(ends), ..life() };
    assert_eq!(end("2026-12-10", ordered), Ok(ends), "the ordered day means the ordered end");
    assert_eq!(end("2026-12-05", ordered), Ok(at("2026-12-04T23:00:00Z")));
    assert_eq!(end("2026-12-21", ordered), Err(Refused::InFuture));
    assert_eq!(end("2026-11-30", ordered), Err(Refused::BeforeStart(day("2026-12-01"))));
    let never = Life { ready: None, ..ordered };
    assert_eq!(end("2026-11-23", never), Err(Refused::BeforeStart(day("2026-11-24"))));
    assert_eq!(state(What::End, day("2026-12-10"), &set_up(), &ordered, now), Err(Refused::NotYet));
}

#[test]
fn the_customer_confirms_or_objects_with_a_reason_and_the_start_first() {
    let ended = [set_up(), known(&ending(at(BEGINS)))].concat();
    let stated = with(&ended, CONFIRM_START, State::Open);
    let (start, end) = (What::Start, What::End);
    assert_eq!(answer(start, Answer::Confirmed, &ended, false), Err(Refused::NotYet), "nothing is stated");
    assert_eq!(answer(start, Answer::Confirmed, &stated, true), Ok(()));
    assert_eq!(answer(start, Answer::Objected(""), &stated, true), Err(Refused::ReasonMissing));
    assert_eq!(answer(start, Answer::Objected("Anmeldung geht nicht"), &stated, true), Ok(()));
    let both = with(&stated, CONFIRM_END, State::Open);
    assert_eq!(answer(end, Answer::Confirmed, &both, true), Err(Refused::StartUnanswered));
    assert_eq!(answer(end, Answer::Confirmed, &both, false), Ok(()));
}

#[test]
fn what_comes_next_is_the_acceptance_and_then_what_is_due_first() {
    let all = begun();
    assert_eq!(next(&all).unwrap().step, ACCEPT);
    let taken = with(&all, ACCEPT, State::Done);
    assert_eq!(next(&taken).unwrap().step, "set-up");
    assert!(find(&taken, "set-up").overdue(at("2027-01-01T00:00:00Z")));
    assert!(!find(&taken, "set-up").overdue(at(BEGINS)));
    assert!(!find(&taken, CONFIRM_START).overdue(at("2027-01-01T00:00:00Z")), "it waits");
    let done: Vec<Known> = all.iter().map(|task| Known { state: State::Done, ..task.clone() }).collect();
    assert_eq!(next(&done), None);
}

#[test]
fn codes_go_there_and_back() {
    for side in [Side::Provider, Side::Customer] {
        assert_eq!(Side::from_code(side.code()), Some(side));
    }
    for state in [State::Open, State::Done, State::NotNeeded] {
        assert_eq!(State::from_code(state.code()), Some(state));
    }
    for what in [What::Start, What::End] {
        assert_eq!(What::of_step(what.stated_by()), Some(what));
        assert_eq!(What::of_step(what.answered_by()), Some(what));
    }
    assert_eq!(What::of_step(ACCESS), None);
}

#[test]
fn only_acceptance_can_be_declined_and_only_with_a_reason() {
    let of =
        |step: &str, side| Known { step: step.into(), side, state: State::Open, due: Some(Timestamp::MAX) };
    let accept = of(ACCEPT, Side::Provider);
    let declined =
        |task: &Known, reason, own| close(task, std::slice::from_ref(task), Close::Declined(reason), own);
    assert_eq!(declined(&accept, "kein Platz", Side::Provider), Ok(()));
    assert_eq!(declined(&accept, " ", Side::Provider), Err(Refused::ReasonMissing));
    assert_eq!(declined(&accept, "kein Platz", Side::Customer), Err(Refused::NotYours));
    let closed = Known { state: State::Declined, ..accept.clone() };
    assert_eq!(declined(&closed, "noch einmal", Side::Provider), Err(Refused::AlreadyClosed));
    assert!(!accepted(&[closed]));
    let agreement = of("agreement", Side::Customer);
    assert_eq!(declined(&agreement, "nein", Side::Customer), Err(Refused::CannotDecline));
    let steps: Vec<String> = decision(&[], Timestamp::UNIX_EPOCH).into_iter().map(|plan| plan.step).collect();
    assert_eq!(steps, [ACCEPT]);
}
