//! What people do for a booking: who has to do what until when; and, where no operator fulfils it, from when to when the
//! service was there as the provider states and the customer confirms it.
//!
//! Owns: which tasks a booking begins and ends with, when one can be closed, when a statement can be made and what an answer
//! to it means. Does not own: who may act at all ([`crate::policy`]), what a confirmed stretch costs ([`crate::rating`]).

use crate::time::{berlin_day, days_after, midnight};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The event that the provider declined a booking.
pub const DECLINED: &str = "declined";

/// The provider takes the booking on.
pub const ACCEPT: &str = "accept";
/// The provider hands the access data over.
pub const ACCESS: &str = "access";
/// The provider states from when the service is there.
pub const START: &str = "start";
/// The customer confirms the start or objects.
pub const CONFIRM_START: &str = "confirm-start";
/// The provider states until when the service was there.
pub const END: &str = "end";
/// The customer confirms the end or objects.
pub const CONFIRM_END: &str = "confirm-end";
/// The provider enters access data for one display that waits for them.
pub const ANSWER_ACCESS: &str = "answer-access";

/// The online service that an operator provides is there for citizens: it comes after every other step.
pub const GO_LIVE: &str = "go-live";

/// Steps whose meaning is the product's; an offering may word `accept`, `access` and `start` in its own way.
pub const KNOWN: [&str; 7] = [ACCEPT, ACCESS, START, CONFIRM_START, END, CONFIRM_END, ANSWER_ACCESS];

/// A provider takes a booking on within so many days, unless its offering says otherwise.
const DAYS_TO_ACCEPT: u16 = 2;
/// The start is stated within so many days.
const DAYS_TO_START: u16 = 14;
/// Time for an answer to a statement.
const DAYS_TO_CONFIRM: u16 = 5;
/// Time to state an end, and to state anew what met an objection.
const DAYS_TO_STATE: u16 = 5;
/// Longest reason or note, in characters.
pub const REASON_MAX: usize = 500;

/// On which side of a booking somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Who fulfils.
    Provider,
    /// Who booked.
    Customer,
}

impl Side {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Customer => "customer",
        }
    }

    /// The side with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Provider, Self::Customer].into_iter().find(|side| side.code() == code)
    }
}

/// How a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Somebody has to do it, now or after another one.
    Open,
    /// It was done.
    Done,
    /// It does not have to be done; the task says why.
    NotNeeded,
    /// The provider does not take the booking on; the task says why.
    Declined,
}

impl State {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::NotNeeded => "not-needed",
            Self::Declined => "declined",
        }
    }

    /// The state with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        let all = [Self::Open, Self::Done, Self::NotNeeded, Self::Declined];
        all.into_iter().find(|state| state.code() == code)
    }
}

/// A task as an offering lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Key, unique in the list: small letters, digits and hyphens.
    pub step: String,
    /// What has to be done, in German.
    pub title: String,
    /// What it is about, in German.
    #[serde(default)]
    pub hint: String,
    /// Who does it.
    pub side: Side,
    /// Days after the beginning of the booking until it shall be done.
    pub days: u16,
}

/// A task that is to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Key.
    pub step: String,
    /// Title, in German; empty where the product words it.
    pub title: String,
    /// Hint, in German.
    pub hint: String,
    /// Who does it.
    pub side: Side,
    /// Until when; none while it waits for another one.
    pub due: Option<Timestamp>,
}

/// What a booking begins with: acceptance, the steps of the offering (without any: set-up and access data), the start and its
/// confirmation.
pub fn planned(list: &[Template], begins: Timestamp) -> Vec<Planned> {
    let own = |step: &str, days: u16| {
        let worded = list.iter().find(|template| template.step == step);
        Planned {
            step: step.to_owned(),
            title: worded.map(|it| it.title.clone()).unwrap_or_default(),
            hint: worded.map(|it| it.hint.clone()).unwrap_or_default(),
            side: Side::Provider,
            due: Some(due(begins, worded.map_or(days, |it| it.days))),
        }
    };
    let mut tasks = vec![own(ACCEPT, DAYS_TO_ACCEPT)];
    let middle = list.iter().filter(|it| it.step == ACCESS || !KNOWN.contains(&it.step.as_str()));
    tasks.extend(middle.map(|it| listed(it, begins)));
    if tasks.len() == 1 {
        tasks.push(own("set-up", 7));
        tasks.push(own(ACCESS, 10));
    }
    tasks.push(own(START, DAYS_TO_START));
    tasks.push(waiting(CONFIRM_START));
    tasks
}

/// What people do beside an operator that takes on, hands over and ends by itself: the steps of the offering, none without.
pub fn beside(list: &[Template], begins: Timestamp) -> Vec<Planned> {
    let own = list.iter().filter(|it| !KNOWN.contains(&it.step.as_str()));
    own.map(|it| listed(it, begins)).collect()
}

fn listed(it: &Template, begins: Timestamp) -> Planned {
    Planned {
        step: it.step.clone(),
        title: it.title.clone(),
        hint: it.hint.clone(),
        side: it.side,
        due: Some(due(begins, it.days)),
    }
}

/// The one decision that a booking waits for where an operator does the rest.
pub fn decision(list: &[Template], begins: Timestamp) -> Vec<Planned> {
    planned(list, begins).into_iter().filter(|plan| plan.step == ACCEPT).collect()
}

/// What a booking ends with that was taken on.
pub fn ending(ends_at: Timestamp) -> Vec<Planned> {
    let end = Planned { side: Side::Provider, due: Some(due(ends_at, DAYS_TO_STATE)), ..waiting(END) };
    vec![end, waiting(CONFIRM_END)]
}

fn waiting(step: &str) -> Planned {
    Planned {
        step: step.to_owned(),
        title: String::new(),
        hint: String::new(),
        side: Side::Customer,
        due: None,
    }
}

/// The last second of the day so many days later.
fn due(from: Timestamp, days: u16) -> Timestamp {
    let after = days_after(berlin_day(from), days.saturating_add(1));
    after.map_or(Timestamp::MAX, |day| midnight(day) - SignedDuration::from_secs(1))
}

/// Until when the customer answers a statement.
pub fn confirm_by(now: Timestamp) -> Timestamp {
    due(now, DAYS_TO_CONFIRM)
}

/// Until when the provider states anew what met an objection.
pub fn restate_by(now: Timestamp) -> Timestamp {
    due(now, DAYS_TO_STATE)
}

/// A task as the rules need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Key.
    pub step: String,
    /// Who does it.
    pub side: Side,
    /// How it stands.
    pub state: State,
    /// Until when; none while it waits for another one.
    pub due: Option<Timestamp>,
}

impl Known {
    /// Whether somebody can do it now.
    pub fn actionable(&self) -> bool {
        self.state == State::Open && self.due.is_some()
    }

    /// Whether it should have been done before.
    pub fn overdue(&self, now: Timestamp) -> bool {
        self.state == State::Open && self.due.is_some_and(|due| due < now)
    }
}

/// What happens next: the acceptance, else the task that can be done and is due first.
pub fn next(tasks: &[Known]) -> Option<&Known> {
    let accept = tasks.iter().find(|task| task.step == ACCEPT && task.actionable());
    accept.or_else(|| tasks.iter().filter(|task| task.actionable()).min_by_key(|task| task.due))
}

/// Whether the provider has taken the booking on; where an operator does, nobody is asked.
pub fn accepted(tasks: &[Known]) -> bool {
    tasks.iter().find(|task| task.step == ACCEPT).is_none_or(|task| task.state == State::Done)
}

/// How somebody closes a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close<'a> {
    /// It was done.
    Done,
    /// It does not have to be done, for this reason.
    NotNeeded(&'a str),
    /// The provider does not take the booking on, for this reason.
    Declined(&'a str),
}

/// Why a task, a statement or an answer is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The other side does it.
    NotYours,
    /// It was closed before.
    AlreadyClosed,
    /// It waits for another one.
    NotYet,
    /// The booking has to be taken on first.
    AcceptFirst,
    /// It is closed by a statement, an answer or by access data, not by itself.
    OtherWay,
    /// Acceptance cannot be left out.
    CannotSkip,
    /// Only acceptance can be declined.
    CannotDecline,
    /// A reason is missing.
    ReasonMissing,
    /// The reason or note is too long.
    ReasonTooLong,
    /// So many tasks before it are open.
    TasksOpen(usize),
    /// The day lies ahead.
    InFuture,
    /// The day lies before the booking began.
    BeforeBooking(Date),
    /// The day lies before the service was there.
    BeforeStart(Date),
    /// The day lies at or after the end that was ordered.
    AfterEnd(Date),
    /// The start was stated and has no answer yet.
    StartUnanswered,
}

impl Refused {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotYours => "task-not-yours",
            Self::AlreadyClosed => "task-already-closed",
            Self::NotYet => "task-not-yet",
            Self::AcceptFirst => "task-accept-first",
            Self::OtherWay => "task-other-way",
            Self::CannotSkip => "task-cannot-skip",
            Self::CannotDecline => "task-cannot-decline",
            Self::ReasonMissing => "task-reason-missing",
            Self::ReasonTooLong => "task-reason-too-long",
            Self::TasksOpen(_) => "tasks-open",
            Self::InFuture => "stated-in-future",
            Self::BeforeBooking(_) => "stated-before-booking",
            Self::BeforeStart(_) => "stated-before-start",
            Self::AfterEnd(_) => "stated-after-end",
            Self::StartUnanswered => "start-unanswered",
        }
    }
}

/// Whether somebody of `own` side may do something about an open task now.
fn may(task: &Known, all: &[Known], own: Side) -> Result<(), Refused> {
    match () {
        () if task.side != own => Err(Refused::NotYours),
        () if task.state != State::Open => Err(Refused::AlreadyClosed),
        () if task.due.is_none() => Err(Refused::NotYet),
        () if task.step != ACCEPT && task.side == Side::Provider && !accepted(all) => {
            Err(Refused::AcceptFirst)
        }
        () => Ok(()),
    }
}

/// Whether a task can be closed in this way.
pub fn close(task: &Known, all: &[Known], how: Close<'_>, own: Side) -> Result<(), Refused> {
    may(task, all, own)?;
    if [START, CONFIRM_START, END, CONFIRM_END].contains(&task.step.as_str()) {
        return Err(Refused::OtherWay);
    }
    let before = all.iter().filter(|it| it.step != task.step && it.state == State::Open).count();
    match how {
        Close::Done if task.step == ANSWER_ACCESS => Err(Refused::OtherWay),
        Close::Done if task.step == GO_LIVE && before > 0 => Err(Refused::TasksOpen(before)),
        Close::Done => Ok(()),
        Close::Declined(reason) if task.step == ACCEPT => needed(reason),
        Close::Declined(_) => Err(Refused::CannotDecline),
        Close::NotNeeded(_) if task.step == ACCEPT => Err(Refused::CannotSkip),
        Close::NotNeeded(reason) => needed(reason),
    }
}

/// A reason that must be there.
pub fn needed(reason: &str) -> Result<(), Refused> {
    if reason.trim().is_empty() { Err(Refused::ReasonMissing) } else { fits(reason) }
}

/// A note that may be empty.
pub fn fits(note: &str) -> Result<(), Refused> {
    if note.trim().chars().count() > REASON_MAX { Err(Refused::ReasonTooLong) } else { Ok(()) }
}

/// What a statement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// From when the service is there.
    Start,
    /// Until when it was there.
    End,
}

impl What {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
        }
    }

    /// What the task of this step states or confirms.
    pub fn of_step(step: &str) -> Option<Self> {
        match step {
            START | CONFIRM_START => Some(Self::Start),
            END | CONFIRM_END => Some(Self::End),
            _ => None,
        }
    }

    /// The task of the provider.
    pub fn stated_by(self) -> &'static str {
        match self {
            Self::Start => START,
            Self::End => END,
        }
    }

    /// The task of the customer.
    pub fn answered_by(self) -> &'static str {
        match self {
            Self::Start => CONFIRM_START,
            Self::End => CONFIRM_END,
        }
    }
}

/// The life of a booking as far as statements need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// When it began.
    pub begun: Timestamp,
    /// The confirmed start.
    pub ready: Option<Timestamp>,
    /// The end that the customer ordered.
    pub ends: Option<Timestamp>,
}

/// The instant that a statement about a day means. A start counts from the beginning of the day, but never before the booking;
/// an end on the ordered day means the ordered end, any other the beginning of its day.
pub fn state(
    what: What,
    day: Date,
    all: &[Known],
    life: &Life,
    now: Timestamp,
) -> Result<Timestamp, Refused> {
    let task = all.iter().find(|task| task.step == what.stated_by()).ok_or(Refused::NotYet)?;
    may(task, all, Side::Provider)?;
    if day > berlin_day(now) {
        return Err(Refused::InFuture);
    }
    let begun = ceil(life.begun);
    match what {
        What::Start => {
            let before = |task: &&Known| task.state == State::Open && What::of_step(&task.step).is_none();
            let open = all.iter().filter(before).filter(|task| task.step != ANSWER_ACCESS).count();
            if open > 0 {
                return Err(Refused::TasksOpen(open));
            }
            if day < berlin_day(begun) {
                return Err(Refused::BeforeBooking(berlin_day(begun)));
            }
            let at = midnight(day).max(begun);
            match life.ends.filter(|ends| at >= *ends) {
                Some(ends) => Err(Refused::AfterEnd(berlin_day(ends))),
                None => Ok(at),
            }
        }
        What::End => {
            let ends = life.ends.ok_or(Refused::NotYet)?;
            let at = if day == berlin_day(ends) { ends } else { midnight(day) };
            let first = life.ready.unwrap_or(begun);
            if at < first { Err(Refused::BeforeStart(berlin_day(first))) } else { Ok(at) }
        }
    }
}

fn ceil(at: Timestamp) -> Timestamp {
    let whole = Timestamp::from_second(at.as_second()).unwrap_or(at);
    if whole < at { whole + SignedDuration::from_secs(1) } else { whole }
}

/// What the customer says to a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// It was so.
    Confirmed,
    /// It was not so, for this reason.
    Objected(&'a str),
}

/// Whether the customer can answer now. `start_open` tells whether a start was stated that has no answer.
pub fn answer(what: What, said: Answer<'_>, all: &[Known], start_open: bool) -> Result<(), Refused> {
    let task = all.iter().find(|task| task.step == what.answered_by()).ok_or(Refused::NotYet)?;
    may(task, all, Side::Customer)?;
    if what == What::End && start_open {
        return Err(Refused::StartUnanswered);
    }
    match said {
        Answer::Confirmed => Ok(()),
        Answer::Objected(reason) => needed(reason),
    }
}

#[cfg(test)]
#[path = "task_test.rs"]
mod tests;
