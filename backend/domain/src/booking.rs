//! What runs: wanted by the customer, seen by the operator, and the phase that follows from both.
//!
//! No phase is ever stored. The end that the customer asked for counts even while the cluster is cut off.

use contract::message::Acts;
use contract::{Condition, ConditionStatus, ConditionType, MessageKey, Power, Wanted};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::time::Month;

/// After this long without a word from the operator, what it said last is no longer shown as the present.
pub const SILENCE: SignedDuration = SignedDuration::from_mins(10);

/// What the customer wants of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Present or absent.
    pub wanted: Wanted,
    /// Running or stopped.
    pub power: Power,
    /// Rises with every change of the wish.
    pub generation: i64,
}

/// The last word of the operator about one booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which wanted state it is about.
    pub generation: i64,
    /// Its conditions.
    pub conditions: Vec<Condition>,
    /// The latest wanted state that was reached; nothing from operators that do not say.
    pub reached: Option<i64>,
    /// When it could be used for the first time.
    pub ready_at: Option<Timestamp>,
    /// When everything was gone.
    pub gone_at: Option<Timestamp>,
}

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nobody at the location has taken it up yet.
    Waiting,
    /// Being set up.
    Provisioning,
    /// It can be used.
    Active,
    /// Stopped as ordered; its data stay.
    Stopped,
    /// It could be used before and cannot now, or a change is not effective yet.
    Degraded,
    /// Something prevents it, and somebody must act.
    Stuck,
    /// The operator has been silent for too long.
    Unknown,
    /// Being deleted.
    Terminating,
    /// Everything is deleted.
    Gone,
}

/// Computes the phase. `heard_at` is the last call of the location's operator.
pub fn phase(wish: Wish, seen: Option<&Seen>, heard_at: Option<Timestamp>, now: Timestamp) -> Phase {
    if seen.is_some_and(|seen| seen.gone_at.is_some()) {
        return Phase::Gone;
    }
    let Some(seen) = seen else {
        return if wish.wanted == Wanted::Absent { Phase::Terminating } else { Phase::Waiting };
    };
    if heard_at.is_none_or(|at| now.duration_since(at) > SILENCE) {
        return Phase::Unknown;
    }
    if wish.wanted == Wanted::Absent {
        return Phase::Terminating;
    }
    let stopped = wish.power == Power::Off && says(seen, MessageKey::Stopped);
    // What is stopped and stays stopped is so whatever else was ordered.
    if seen.generation < wish.generation && !stopped {
        return if seen.ready_at.is_some() { Phase::Degraded } else { Phase::Provisioning };
    }
    let ready = seen.conditions.iter().find(|condition| condition.r#type == ConditionType::Ready);
    if ready.is_some_and(|condition| condition.status == ConditionStatus::True) {
        Phase::Active
    } else if stopped {
        Phase::Stopped
    } else if blocking(&seen.conditions).is_some() {
        Phase::Stuck
    } else if seen.ready_at.is_some() {
        Phase::Degraded
    } else {
        Phase::Provisioning
    }
}

/// Whether this is what it says of its readiness.
fn says(seen: &Seen, key: MessageKey) -> bool {
    let ready = seen.conditions.iter().find(|condition| condition.r#type == ConditionType::Ready);
    ready.is_some_and(|condition| condition.message_key == key)
}

/// What a booking is on its way to that is not as wanted, while nobody has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnderWay {
    /// Something else was agreed and is carried out.
    Change,
    /// It starts, as ordered or after its engine had to begin anew.
    Start,
    /// It is being stopped.
    Stop,
}

/// What is under way in [`Phase::Degraded`]; nothing where it simply cannot be used. `agreed` is the generation of what was
/// agreed last: a wish that is younger changes nothing but whether it runs.
pub fn under_way(wish: Wish, agreed: i64, seen: &Seen) -> Option<UnderWay> {
    let heard = seen.generation >= wish.generation;
    if wish.power == Power::Off {
        return (!heard || says(seen, MessageKey::Stopping)).then_some(UnderWay::Stop);
    }
    if !heard {
        return Some(if says(seen, MessageKey::Stopped) { UnderWay::Start } else { UnderWay::Change });
    }
    let changing = says(seen, MessageKey::Changing);
    let changes = seen.reached.map_or(changing, |reached| reached < agreed);
    let comes_up = changing || COMES_UP.into_iter().any(|key| says(seen, key));
    comes_up.then_some(if changes { UnderWay::Change } else { UnderWay::Start })
}

/// What is said of something that comes up by itself.
const COMES_UP: [MessageKey; 7] = [
    MessageKey::Applying,
    MessageKey::Applied,
    MessageKey::Starting,
    MessageKey::StartingImage,
    MessageKey::StartingVolume,
    MessageKey::StartingPrimary,
    MessageKey::StartingMachine,
];

/// The condition that somebody must act on, if there is one: also where it can be used, but not as ordered.
pub fn blocking(conditions: &[Condition]) -> Option<&Condition> {
    conditions.iter().find(|condition| {
        let key = condition.message_key;
        condition.status != ConditionStatus::True && key.acts() != Acts::Nobody || !key.as_ordered()
    })
}

/// The same of a booking that ends: whether it was once accepted does not matter any more.
pub fn blocking_end(conditions: &[Condition]) -> Option<&Condition> {
    let ends = |condition: &&Condition| condition.r#type != ConditionType::Accepted;
    conditions.iter().filter(ends).find(|condition| blocking(std::slice::from_ref(condition)).is_some())
}

/// Whether somebody must act although it can be used: it runs on as it was, and not as ordered.
pub fn tainted(conditions: &[Condition]) -> bool {
    let ready = conditions.iter().find(|condition| condition.r#type == ConditionType::Ready);
    blocking(conditions).is_some_and(|blocking| {
        // Operators of the last release call it not ready.
        !blocking.message_key.as_ordered() || ready.is_some_and(|ready| ready.status == ConditionStatus::True)
    })
}

/// The sentence that tells what is going on: what blocks, else what the readiness says.
pub fn message(conditions: &[Condition]) -> Option<(MessageKey, &Condition)> {
    blocking(conditions)
        .or_else(|| conditions.iter().find(|condition| condition.r#type == ConditionType::Ready))
        .or_else(|| conditions.first())
        .map(|condition| (condition.message_key, condition))
}

/// From when to when a booking costs: [max(ready, wished start), effective end). `None` while it never was usable.
pub fn billable(
    ready_at: Option<Timestamp>,
    wished_start_at: Timestamp,
    ends_at: Option<Timestamp>,
    gone_at: Option<Timestamp>,
) -> Option<(Timestamp, Option<Timestamp>)> {
    let from = ready_at?.max(wished_start_at);
    let to = match (ends_at, gone_at) {
        (Some(ends), Some(gone)) => Some(ends.min(gone)),
        (ends, gone) => ends.or(gone),
    };
    Some((from, to))
}

/// A booking as far as it matters whether everything that it cost was invoiced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// From when to when it costs, as [`billable`] tells.
    pub span: Option<(Timestamp, Option<Timestamp>)>,
    /// Whether the operator has reported that nothing is left.
    pub gone: bool,
    /// Whether its final invoice was issued.
    pub final_invoice: bool,
    /// Whether its customer gets no invoices at all.
    pub price_free: bool,
}

/// Whether a booking is over and nothing of it can be invoiced any more: each of its months was closed for its customer, or
/// its last one was invoiced by the final invoice. What comes in later becomes a correction and does not undo this.
pub fn settled(costs: &Costs, now: Timestamp, closed: impl Fn(Month) -> bool) -> bool {
    // Without a stretch that costs, an operator that was cut off could still report one; once all is gone it cannot.
    let Some((from, to)) = costs.span else { return costs.gone };
    let Some(to) = to.filter(|to| *to <= now) else { return false };
    if from >= to || costs.price_free {
        return costs.gone;
    }
    // The last second decides: what ends at midnight belongs to the month before.
    let last = Month::of(to - SignedDuration::from_secs(1)).max(Month::of(from));
    let mut month = Month::of(from);
    while month < last {
        if !closed(month) {
            return false;
        }
        month = month.next();
    }
    costs.final_invoice || closed(last)
}

/// How long the line of a commitment pays for its booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pays {
    /// As long as the booking lasts.
    ToTheEnd,
    /// Until another line took over.
    Until(Timestamp),
    /// It was replaced before it began.
    Never,
}

/// The same for one commitment: what another line pays for is not waited for.
pub fn settled_for(costs: &Costs, pays: Pays, now: Timestamp, closed: impl Fn(Month) -> bool) -> bool {
    match (pays, costs.span) {
        (Pays::Never, _) => true,
        (Pays::ToTheEnd, _) | (Pays::Until(_), None) => settled(costs, now, closed),
        (Pays::Until(at), Some((from, _))) if from >= at => at <= now,
        (Pays::Until(at), Some((from, to))) => {
            // The final invoice speaks for the month of the end, and for no other.
            let month = |at: Timestamp| Month::of(at - SignedDuration::from_secs(1));
            let final_invoice = costs.final_invoice && to.is_some_and(|to| month(to) == month(to.min(at)));
            let to = to.map_or(at, |to| to.min(at));
            settled(&Costs { span: Some((from, Some(to))), final_invoice, ..*costs }, now, closed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_free_once_the_months_are_closed_that_it_paid_for() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let span = Some((at("2026-10-05T08:00:00Z"), None));
        let costs = Costs { span, gone: false, final_invoice: false, price_free: false };
        let (moved, now) = (at("2026-11-15T08:00:00Z"), at("2026-12-05T08:00:00Z"));
        let until = |month: &str| {
            let last: Month = month.parse().unwrap();
            move |month: Month| month <= last
        };
        let free = |pays, last: &str| settled_for(&costs, pays, now, until(last));
        assert!(!free(Pays::ToTheEnd, "2026-11"), "the booking goes on");
        assert!(!free(Pays::Until(moved), "2026-10"), "November is open");
        assert!(free(Pays::Until(moved), "2026-11"));
        assert!(!free(Pays::Until(at("2026-12-15T08:00:00Z")), "2026-12"), "it still pays");
        assert!(free(Pays::Until(at("2026-10-04T08:00:00Z")), "2026-09"), "it could not be used before");
        assert!(free(Pays::Never, "2026-09"));
        let ended =
            Costs { span: Some((at("2026-10-05T08:00:00Z"), Some(at("2026-12-03T08:00:00Z")))), ..costs };
        let ended = Costs { gone: true, final_invoice: true, ..ended };
        assert!(
            !settled_for(&ended, Pays::Until(moved), now, until("2026-10")),
            "the final invoice is of December"
        );
        assert!(settled_for(&ended, Pays::Until(at("2026-12-02T08:00:00Z")), now, until("2026-11")));
    }

    fn condition(kind: ConditionType, status: ConditionStatus, key: MessageKey) -> Condition {
        Condition {
            r#type: kind,
            status,
            reason: "Because".into(),
            message_key: key,
            message_args: Default::default(),
            since: Timestamp::UNIX_EPOCH,
        }
    }

    fn seen(status: ConditionStatus, key: MessageKey) -> Seen {
        Seen {
            generation: 2,
            conditions: vec![condition(ConditionType::Ready, status, key)],
            reached: Some(2),
            ready_at: None,
            gone_at: None,
        }
    }

    #[test]
    fn a_start_is_no_change_and_a_change_no_start() {
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let (yes, no) = (ConditionStatus::True, ConditionStatus::False);
        let said = |status, key, generation, reached| Seen {
            generation,
            reached,
            ready_at: Some(now),
            ..seen(status, key)
        };
        let (change, start, stop) = (Some(UnderWay::Change), Some(UnderWay::Start), Some(UnderWay::Stop));
        let cases = [
            ("start ordered", Power::On, 1, said(no, MessageKey::Stopped, 2, Some(2)), start),
            ("start heard", Power::On, 1, said(no, MessageKey::StartingImage, 3, Some(2)), start),
            ("the same of a database", Power::On, 1, said(no, MessageKey::Changing, 3, Some(2)), start),
            ("begins anew by itself", Power::On, 3, said(no, MessageKey::Changing, 3, Some(3)), start),
            ("change ordered", Power::On, 3, said(yes, MessageKey::Ready, 2, Some(2)), change),
            ("change heard", Power::On, 3, said(no, MessageKey::Changing, 3, Some(2)), change),
            ("rolls out", Power::On, 3, said(no, MessageKey::Starting, 3, Some(2)), change),
            ("older operator", Power::On, 1, said(no, MessageKey::Changing, 3, None), change),
            ("stop ordered", Power::Off, 1, said(yes, MessageKey::Ready, 2, Some(2)), stop),
            ("stop heard", Power::Off, 1, said(no, MessageKey::Stopping, 3, Some(2)), stop),
            ("no address", Power::On, 1, said(no, MessageKey::WaitingForAddress, 3, Some(3)), None),
        ];
        for (name, power, agreed, seen, expected) in cases {
            let wish = Wish { wanted: Wanted::Present, power, generation: 3 };
            assert_eq!(phase(wish, Some(&seen), Some(now), now), Phase::Degraded, "{name}");
            assert_eq!(under_way(wish, agreed, &seen), expected, "{name}");
        }
        let asleep = said(no, MessageKey::Stopped, 2, Some(2));
        let wish = Wish { wanted: Wanted::Present, power: Power::Off, generation: 3 };
        assert_eq!(phase(wish, Some(&asleep), Some(now), now), Phase::Stopped, "changed while stopped");
    }

    #[test]
    fn phases_as_a_table() {
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let ready = seen(ConditionStatus::True, MessageKey::Ready);
        let starting = seen(ConditionStatus::False, MessageKey::Starting);
        let stuck = seen(ConditionStatus::False, MessageKey::ImageMissing);
        let dropped = Seen { ready_at: Some(now), ..starting.clone() };
        let gone = Seen { gone_at: Some(now), ..ready.clone() };
        let old = Seen { generation: 1, ..ready.clone() };
        let quiet = Some(now - SignedDuration::from_mins(11));
        let cases = [
            ("never heard", Wanted::Present, None, None, Phase::Waiting),
            ("starting", Wanted::Present, Some(&starting), Some(now), Phase::Provisioning),
            ("ready", Wanted::Present, Some(&ready), Some(now), Phase::Active),
            ("somebody must act", Wanted::Present, Some(&stuck), Some(now), Phase::Stuck),
            ("was ready before", Wanted::Present, Some(&dropped), Some(now), Phase::Degraded),
            ("said about an older state", Wanted::Present, Some(&old), Some(now), Phase::Provisioning),
            ("silent operator", Wanted::Present, Some(&ready), quiet, Phase::Unknown),
            ("ending", Wanted::Absent, Some(&ready), Some(now), Phase::Terminating),
            ("ending before it began", Wanted::Absent, None, None, Phase::Terminating),
            ("gone, and the operator too", Wanted::Absent, Some(&gone), quiet, Phase::Gone),
        ];
        for (name, wanted, seen, heard, expected) in cases {
            let wish = Wish { wanted, power: Power::On, generation: 2 };
            assert_eq!(phase(wish, seen, heard, now), expected, "{name}");
        }
    }

    #[test]
    fn what_runs_but_not_as_ordered_blocks_and_can_be_used() {
        let ready = |status, key| vec![condition(ConditionType::Ready, status, key)];
        let (on, off) = (ConditionStatus::True, ConditionStatus::False);
        let refused = condition(ConditionType::Accepted, off, MessageKey::PolicyRefused);
        let mut kept = ready(on, MessageKey::Ready);
        kept.push(refused.clone());
        let cases = [
            ("runs", ready(on, MessageKey::Ready), (false, false)),
            ("changes", ready(on, MessageKey::Changing), (false, false)),
            ("new credentials", ready(on, MessageKey::ServiceRenewed), (false, false)),
            ("refused by the broker", ready(on, MessageKey::ServiceChangeRefused), (true, true)),
            ("not set up inside", ready(on, MessageKey::DatabaseNotAsOrdered), (true, true)),
            ("not restored", ready(on, MessageKey::RestoreFailed), (true, true)),
            ("grows at the next start", ready(on, MessageKey::RestartNeeded), (true, true)),
            ("the same of an older operator", ready(off, MessageKey::RestartNeeded), (true, true)),
            ("refused by the provider", kept.clone(), (true, true)),
            ("down", ready(off, MessageKey::Crashing), (true, false)),
        ];
        for (name, conditions, expected) in cases {
            assert_eq!((blocking(&conditions).is_some(), tainted(&conditions)), expected, "{name}");
        }
        assert!(blocking_end(&kept).is_none(), "an end needs no acceptance");
        let stuck = [refused, condition(ConditionType::Ready, off, MessageKey::ServiceStuck)];
        assert_eq!(blocking_end(&stuck).map(|it| it.message_key), Some(MessageKey::ServiceStuck));
    }

    #[test]
    fn stopped_is_no_disturbance_only_where_it_was_ordered() {
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let asleep = Seen { ready_at: Some(now), ..seen(ConditionStatus::False, MessageKey::Stopped) };
        for (power, expected) in [(Power::Off, Phase::Stopped), (Power::On, Phase::Degraded)] {
            let wish = Wish { wanted: Wanted::Present, power, generation: 2 };
            assert_eq!(phase(wish, Some(&asleep), Some(now), now), expected);
        }
    }

    #[test]
    fn money_runs_from_the_later_start_to_the_earlier_end() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        assert_eq!(billable(None, at(5), Some(at(9)), None), None);
        assert_eq!(billable(Some(at(3)), at(5), None, None), Some((at(5), None)));
        assert_eq!(billable(Some(at(7)), at(5), Some(at(9)), Some(at(20))), Some((at(7), Some(at(9)))));
        assert_eq!(billable(Some(at(7)), at(5), None, Some(at(20))), Some((at(7), Some(at(20)))));
    }

    #[test]
    fn a_booking_is_settled_when_every_month_of_it_is() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-10T00:00:00Z");
        let months =
            |names: &'static [&'static str]| move |month: Month| names.contains(&month.to_string().as_str());
        // From September to the midnight that ends October.
        let span = Some((at("2026-09-15T08:00:00Z"), Some(at("2026-10-31T23:00:00Z"))));
        let over = Costs { span, gone: true, final_invoice: false, price_free: false };
        let cases = [
            ("nothing closed", over, months(&[]), false),
            ("only the last month", over, months(&["2026-10"]), false),
            ("both months", over, months(&["2026-09", "2026-10"]), true),
            ("final invoice, first month open", Costs { final_invoice: true, ..over }, months(&[]), false),
            (
                "final invoice and first month",
                Costs { final_invoice: true, ..over },
                months(&["2026-09"]),
                true,
            ),
            (
                "still runs",
                Costs { span: Some((at("2026-09-15T08:00:00Z"), None)), ..over },
                months(&["2026-09", "2026-10"]),
                false,
            ),
            (
                "ends later",
                Costs { span: Some((at("2026-09-15T08:00:00Z"), Some(at("2026-11-20T00:00:00Z")))), ..over },
                months(&["2026-09", "2026-10", "2026-11"]),
                false,
            ),
            ("never usable and gone", Costs { span: None, ..over }, months(&[]), true),
            (
                "never usable, not gone yet",
                Costs { span: None, gone: false, ..over },
                months(&["2026-10"]),
                false,
            ),
            (
                "ended before it began",
                Costs { span: Some((at("2026-10-02T00:00:00Z"), Some(at("2026-10-01T00:00:00Z")))), ..over },
                months(&[]),
                true,
            ),
            ("no invoices at all", Costs { price_free: true, ..over }, months(&[]), true),
        ];
        for (name, costs, closed, expected) in cases {
            assert_eq!(settled(&costs, now, closed), expected, "{name}");
        }
    }
}
