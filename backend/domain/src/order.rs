//! How a wish becomes an order, and an order a decision.
//!
//! Owns: the checks of a submission, the money that it reserves, four eyes and limits. Does not own: what a kind
//! accepts (`contract::kinds`), whether the budget bears it ([`crate::budget`]), what runs afterwards
//! ([`crate::booking`]).

use crate::ids::{PersonId, UnitId};
use crate::money::Money;
use crate::policy::{Actor, Role};
use crate::time::{Month, midnight};
use jiff::{Span, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// What is wrong with one field, with arguments for the sentence that tells what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// JSON pointer into the submission, such as `/parameters/storage_gib`.
    pub pointer: String,
    /// Stable kebab-case code; `order-` and the code name the sentence in the locales.
    pub code: String,
    /// Arguments of the sentence, or the finished German sentence under `text` where a kind wrote it.
    pub args: std::collections::BTreeMap<String, String>,
}

impl Finding {
    /// A finding without arguments.
    pub fn new(pointer: &str, code: &str) -> Self {
        Self { pointer: pointer.to_owned(), code: code.to_owned(), args: std::collections::BTreeMap::new() }
    }

    /// The same with one more argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }
}

/// What the orderer says beside the parameters of the kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// Kostenstelle, as listed by the organisation; any short code if it lists none.
    pub cost_centre: String,
    /// Sachkonto, as listed by the organisation; any short code if it lists none.
    pub account: String,
    /// When it shall be usable; billing does not start before.
    pub wished_on: Date,
    /// What it is for: the approver and the auditor read it.
    pub justification: String,
}

/// Master data of the organisation, as far as the checks need them.
#[derive(Debug, Clone, Default)]
pub struct MasterData {
    /// Codes of the Kostenstellen.
    pub cost_centres: Vec<String>,
    /// Codes of the Sachkonten.
    pub accounts: Vec<String>,
    /// The Amt of the chosen budget line, and its year; none if the line is unknown.
    pub budget_year: Option<i16>,
    /// Whether the legal basis covers this provider on the day of the order.
    pub legal_basis_covers: bool,
    /// Price-free organisations (for trials and smoke tests) need no budget line.
    pub price_free: bool,
}

/// Longest Kostenstelle or Sachkonto that is typed freely, in characters.
pub const CODE_MAX: usize = 40;
/// Longest justification in characters.
pub const JUSTIFICATION_MAX: usize = 2000;
/// An order may be wished for at most this many days ahead.
pub const DAYS_AHEAD_MAX: i64 = 365;
/// A booking may be ordered for at most this many days.
pub const DAYS_TERM_MAX: i64 = 5 * 366;
/// An approver has this many days; then the order expires and its money is free again.
pub const DAYS_TO_DECIDE: i64 = 7;

/// What is wrong with the assignment; empty means nothing.
pub fn check(assignment: &Assignment, master: &MasterData, today: Date) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(code("/cost_centre", "cost-centre", &assignment.cost_centre, &master.cost_centres));
    findings.extend(code("/account", "account", &assignment.account, &master.accounts));
    match master.budget_year {
        None if !master.price_free => findings.push(Finding::new("/budget_line", "budget-line-unknown")),
        Some(year) if year != assignment.wished_on.year() => {
            findings.push(
                Finding::new("/budget_line", "budget-line-year")
                    .with("year", year)
                    .with("needed", assignment.wished_on.year()),
            );
        }
        None | Some(_) => {}
    }
    if !master.legal_basis_covers {
        findings.push(Finding::new("/legal_basis", "legal-basis-missing"));
    }
    if assignment.wished_on < today {
        findings.push(Finding::new("/wished_on", "wished-past").with("today", today));
    } else if today
        .checked_add(Span::new().days(DAYS_AHEAD_MAX))
        .is_ok_and(|last| assignment.wished_on > last)
    {
        findings.push(Finding::new("/wished_on", "wished-too-far").with("days", DAYS_AHEAD_MAX));
    }
    let length = assignment.justification.trim().chars().count();
    if length == 0 {
        findings.push(Finding::new("/justification", "justification-missing"));
    } else if length > JUSTIFICATION_MAX {
        findings
            .push(Finding::new("/justification", "justification-too-long").with("max", JUSTIFICATION_MAX));
    }
    findings
}

/// What is wrong with a Kostenstelle or a Sachkonto: one of the organisation's list, or, where it keeps none, any short code.
fn code(pointer: &str, what: &str, typed: &str, list: &[String]) -> Option<Finding> {
    let length = typed.trim().chars().count();
    if length == 0 {
        return Some(Finding::new(pointer, &format!("{what}-missing")));
    }
    if list.is_empty() {
        let unfit = Finding::new(pointer, &format!("{what}-unfit")).with("max", CODE_MAX);
        return (length > CODE_MAX || typed.chars().any(char::is_control)).then_some(unfit);
    }
    let unknown = Finding::new(pointer, &format!("{what}-unknown")).with("code", typed);
    (!list.iter().any(|known| known == typed)).then_some(unknown)
}

/// What is wrong with the day at whose beginning a booking shall end; it begins on `from`.
pub fn check_end(ends_on: Option<Date>, from: Date) -> Option<Finding> {
    let end = ends_on?;
    if end <= from {
        return Some(Finding::new("/ends_on", "end-before-start").with("from_date", from));
    }
    let last = from.checked_add(Span::new().days(DAYS_TERM_MAX)).ok()?;
    (end > last).then(|| Finding::new("/ends_on", "end-too-far").with("last_date", last))
}

/// The first moment at which the service is wished for: midnight of the day, but never before the order.
pub fn wished_at(wished_on: Date, now: Timestamp) -> Timestamp {
    let whole_second = Timestamp::from_second(now.as_second()).unwrap_or(now);
    midnight(wished_on).max(whole_second)
}

/// What an order binds in its budget year: the one-time fees and every begun month until the year ends, or until the day at
/// whose beginning the booking ends.
///
/// Begun months count whole, because a commitment must never be smaller than what can be invoiced in the year.
pub fn committed(monthly: Money, one_time: Money, wished_on: Date, ends_on: Option<Date>) -> Money {
    let first = Month::of_day(wished_on);
    let last_day = ends_on.and_then(|day| day.yesterday().ok()).map(|day| day.max(wished_on));
    let last = last_day.map(Month::of_day).filter(|last| last.year() == first.year());
    let months = i64::from(last.map_or(13, |last| last.number() + 1) - first.number());
    (0..months).map(|_| monthly).sum::<Money>() + one_time
}

/// What a change binds beside what is bound already: the difference for the rest of the budget year. What becomes cheaper
/// binds nothing, and frees nothing before the booking is over.
pub fn committed_more(before: Money, after: Money) -> Money {
    (after - before).max(Money::ZERO)
}

/// Until when somebody must have decided.
pub fn decide_by(requested_at: Timestamp) -> Timestamp {
    requested_at.checked_add(Span::new().hours(24 * DAYS_TO_DECIDE)).unwrap_or(Timestamp::MAX)
}

/// What an order asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// A new booking.
    Create,
    /// Another plan or other parameters.
    Change,
    /// Stop it; the data stay.
    Stop,
    /// Start it again.
    Start,
    /// End it.
    Terminate,
    /// Take the end back.
    Resume,
    /// Another Kostenstelle, Sachkonto or Haushaltsansatz, and with it another unit.
    Transfer,
    /// Have the data as they were at an earlier moment.
    Restore,
}

impl OrderKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Create,
        Self::Change,
        Self::Stop,
        Self::Start,
        Self::Terminate,
        Self::Resume,
        Self::Transfer,
        Self::Restore,
    ];

    /// The stable code, as in the database.
    pub fn code(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Terminate => "terminate",
            Self::Resume => "resume",
            Self::Transfer => "transfer",
            Self::Restore => "restore",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.code() == code)
    }

    /// Whether a second person decides. Stopping and starting cost no more than what was approved, and lose nothing.
    pub fn needs_approval(self) -> bool {
        match self {
            Self::Create | Self::Change | Self::Terminate | Self::Resume | Self::Transfer | Self::Restore => {
                true
            }
            Self::Stop | Self::Start => false,
        }
    }
}

/// How an order can end without or with a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It becomes, changes or ends a booking.
    Approved,
    /// Took effect at once, because such an order needs nobody ([`OrderKind::needs_approval`]).
    ByRule,
    /// Refused, with a reason.
    Rejected,
    /// Taken back by the orderer.
    Withdrawn,
    /// Nobody decided in time.
    Expired,
}

impl Decision {
    /// The stable code, as in the database.
    pub fn code(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::ByRule => "by-rule",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    /// The decision with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Approved, Self::ByRule, Self::Rejected, Self::Withdrawn, Self::Expired]
            .into_iter()
            .find(|it| it.code() == code)
    }

    /// Whether the order takes effect.
    pub fn takes_effect(self) -> bool {
        match self {
            Self::Approved | Self::ByRule => true,
            Self::Rejected | Self::Withdrawn | Self::Expired => false,
        }
    }
}

/// An order as the person who decides finds it.
#[derive(Debug, Clone, Copy)]
pub struct Pending {
    /// Who ordered.
    pub requested_by: PersonId,
    /// What it binds.
    pub amount: Money,
    /// Until when it can be decided.
    pub decide_by: Timestamp,
    /// What was decided before, if anything.
    pub decided: Option<Decision>,
    /// The Amt that pays.
    pub unit: UnitId,
}

/// Why a decision cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecideRefused {
    /// Somebody was faster.
    #[error("order-already-decided")]
    AlreadyDecided(Decision),
    /// The time to decide is over.
    #[error("order-expired")]
    Expired,
    /// Four eyes: nobody decides an own order.
    #[error("order-own")]
    OwnOrder,
    /// More than this person may approve.
    #[error("order-above-limit")]
    AboveLimit {
        /// The personal limit.
        limit: Money,
        /// What the order binds.
        amount: Money,
    },
    /// A rejection tells the orderer why.
    #[error("order-reason-missing")]
    ReasonMissing,
    /// Only the orderer takes an order back.
    #[error("order-not-own")]
    NotOwn,
}

impl DecideRefused {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::AlreadyDecided(_) => "order-already-decided",
            Self::Expired => "order-expired",
            Self::OwnOrder => "order-own",
            Self::AboveLimit { .. } => "order-above-limit",
            Self::ReasonMissing => "order-reason-missing",
            Self::NotOwn => "order-not-own",
        }
    }
}

/// Whether this person may approve or reject this order now.
pub fn decide(
    order: &Pending,
    decision: Decision,
    reason: &str,
    by: &Actor,
    now: Timestamp,
) -> Result<(), DecideRefused> {
    if let Some(before) = order.decided {
        return Err(DecideRefused::AlreadyDecided(before));
    }
    if now > order.decide_by {
        return Err(DecideRefused::Expired);
    }
    match decision {
        Decision::Withdrawn => {
            return if by.person == order.requested_by { Ok(()) } else { Err(DecideRefused::NotOwn) };
        }
        Decision::Approved | Decision::ByRule | Decision::Rejected | Decision::Expired => {}
    }
    if by.person == order.requested_by || !by.holds(Role::Approves) {
        return Err(DecideRefused::OwnOrder);
    }
    let limit = by.approval_limit().unwrap_or(Money::ZERO);
    if decision == Decision::Approved && order.amount > limit {
        return Err(DecideRefused::AboveLimit { limit, amount: order.amount });
    }
    if decision == Decision::Rejected && reason.trim().is_empty() {
        return Err(DecideRefused::ReasonMissing);
    }
    Ok(())
}

#[cfg(test)]
#[path = "order_test.rs"]
mod tests;
