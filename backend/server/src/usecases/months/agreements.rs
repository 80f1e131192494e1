//! What was agreed about the bookings of a month, and from when each agreement counts: from rows to `domain::terms`.

use crate::usecases::Error;
use contract::{Kind, Meter, Nature};
use db::months::MonthBooking;
use db::terms::AgreedRow;
use domain::rating::{Held, Offered, Term};
use domain::terms::{Reign, ceilings, reigns};
use domain::time::Month;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A component with its title and its place in the plan.
pub(super) type Priced = (Offered, String, u32);

/// From an instant on another agreement counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Its generation.
    pub generation: i64,
    /// When.
    pub from: Timestamp,
}

/// Agreements by booking, and for those that changed what their locations reported.
pub(super) struct Agreements {
    terms: HashMap<Uuid, Vec<AgreedRow>>,
    effects: HashMap<Uuid, Vec<(i64, Timestamp)>>,
}

impl Agreements {
    /// Everything that was agreed about some bookings.
    pub(super) async fn load(conn: &mut db::Conn, ids: &[Uuid]) -> Result<Self, Error> {
        let mut terms: HashMap<Uuid, Vec<AgreedRow>> = HashMap::new();
        for agreed in db::terms::list(conn, ids).await? {
            terms.entry(agreed.terms.booking_id).or_default().push(agreed);
        }
        let changed: Vec<Uuid> =
            terms.iter().filter(|(_, agreed)| agreed.len() > 1).map(|(booking, _)| *booking).collect();
        let mut effects: HashMap<Uuid, Vec<(i64, Timestamp)>> = HashMap::new();
        if !changed.is_empty() {
            for (booking, generation, at) in db::terms::list_effects(conn, &changed).await? {
                effects.entry(booking).or_default().push((generation, at));
            }
        }
        Ok(Self { terms, effects })
    }

    /// The plans that were ever agreed.
    pub(super) fn plans(&self) -> impl Iterator<Item = Uuid> {
        self.terms.values().flatten().map(|agreed| agreed.plan.id)
    }

    /// The agreements about one booking, in their order.
    pub(super) fn of(&self, booking: Uuid) -> &[AgreedRow] {
        self.terms.get(&booking).map(Vec::as_slice).unwrap_or_default()
    }

    /// Which of them counts when, as the rows say now.
    pub(super) fn reigns(&self, booking: Uuid) -> Result<Vec<Reign>, Error> {
        let effects = self.effects.get(&booking).map(Vec::as_slice).unwrap_or_default();
        let agreed = self.of(booking).iter().map(|it| it.terms.to_agreed()).collect::<Result<Vec<_>, _>>()?;
        Ok(reigns(&agreed, effects))
    }
}

/// A plan that counted for a while.
pub(super) struct Counted<'a> {
    /// The agreement with its plan.
    pub(super) agreed: &'a AgreedRow,
    /// First instant.
    pub(super) from: Timestamp,
    /// Its components with titles and places.
    pub(super) components: &'a [Priced],
    /// The same for the rules.
    pub(super) offered: Vec<Offered>,
}

impl Counted<'_> {
    /// As the rules see it.
    pub(super) fn term(&self) -> Term<'_> {
        Term { from: self.from, offered: &self.offered }
    }
}

/// Which plans counted when: the first one, and then as `changes` says. Agreements under the same plan are one stretch,
/// because only their sizes differ.
pub(super) fn counted<'a>(
    agreed: &'a [AgreedRow],
    changes: &[Changed],
    offered: &'a HashMap<Uuid, Vec<Priced>>,
) -> Vec<Counted<'a>> {
    let first = agreed.first().map(|it| (it.terms.generation, Timestamp::MIN));
    let mut counted: Vec<Counted<'a>> = Vec::new();
    for (generation, from) in first.into_iter().chain(changes.iter().map(|it| (it.generation, it.from))) {
        let Some(agreed) = agreed.iter().find(|it| it.terms.generation == generation) else { continue };
        if counted.last().is_some_and(|last| last.agreed.plan.id == agreed.plan.id) {
            continue;
        }
        let components = offered.get(&agreed.plan.id).map(Vec::as_slice).unwrap_or_default();
        let offered = components.iter().map(|(offered, ..)| offered.clone()).collect();
        counted.push(Counted { agreed, from, components, offered });
    }
    counted
}

/// What was ordered, by allocation meter: the ceiling of what is billed. Nothing if an agreement cannot be read.
pub(super) fn ordered(
    row: &MonthBooking,
    agreed: &[AgreedRow],
    month: Month,
) -> Option<BTreeMap<Meter, Vec<Held>>> {
    let kind = Kind::from_code(&row.booking.kind)?;
    let sizes = |it: &AgreedRow| {
        let sizes = kind.sizes(&it.plan.settings, &it.terms.parameters).ok()?;
        let allocated = sizes.into_iter().filter(|(meter, _)| meter.nature() == Nature::Allocation);
        Some((it.terms.agreed_at.to_jiff(), allocated.collect()))
    };
    Some(ceilings(month, &agreed.iter().map(sizes).collect::<Option<Vec<_>>>()?))
}
