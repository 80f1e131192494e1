//! Corrections: further documents, never changed ones.
//!
//! Two ways lead to one. Late usage of a closed month is rated with the prices of that month, and the difference to
//! what was invoiced becomes a document of that month. A whole invoice can also be given back (Storno); then its stored
//! values are copied, because a second rounding could differ by a cent.

use std::collections::BTreeMap;

use super::{Charge, DocumentKind, Draft, GroupKey, Invoice, LineText, Preceding, draft};
use crate::ids::{BookingId, ComponentId, PriceId};
use crate::money::{Money, MoneyRefused};
use crate::rating::Step;
use crate::time::Period;

/// What a correction comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Correction {
    /// Nothing changed.
    Nothing,
    /// A document of the corrected month: type 384 if more is owed, 381 with positive amounts if less.
    Document(Box<Draft>),
}

/// One component of one booking at one price: the identity of a line across its versions.
type LineKey = (BookingId, ComponentId, PriceId);

/// The difference between what was invoiced and what the month comes to now.
///
/// `invoiced` are the charges of the month on all documents so far (those given back with negative sign), `now` all
/// its charges as rated today with the prices and the VAT treatment of then. `of` is the month's invoice.
pub fn correct(
    of: &Invoice,
    invoiced: &[Charge],
    now: &[(Charge, LineText)],
) -> Result<Correction, MoneyRefused> {
    let mut parts: BTreeMap<LineKey, (Charge, LineText)> = BTreeMap::new();
    for (charge, text) in now {
        add(&mut parts, charge.clone(), text.clone());
    }
    for charge in invoiced {
        let text =
            of.draft.lines.iter().find(|line| key(&line.charge) == key(charge)).map(|line| line.text.clone());
        let text = text.or_else(|| parts.get(&key(charge)).map(|(_, text)| text.clone()));
        if let Some(text) = text {
            let steps = vec![Step::Invoiced { quantity: charge.quantity, amount: charge.amount }];
            add(&mut parts, Charge { steps, ..negated(charge) }, text);
        }
    }
    let mut lines: Vec<(Charge, LineText)> =
        parts.into_values().filter(|(charge, _)| !charge.amount.is_zero()).collect();
    if lines.is_empty() {
        return Ok(Correction::Nothing);
    }
    let preceding = Preceding { number: of.number.clone(), issued_on: of.issued_on };
    let less = lines.iter().map(|(charge, _)| charge.amount).sum::<Money>().is_negative();
    let kind = if less {
        for (charge, _) in &mut lines {
            *charge = negated(charge);
        }
        DocumentKind::Credit { of: preceding }
    } else {
        DocumentKind::Correction { of: preceding }
    };
    let key = GroupKey { kind, ..of.draft.key.clone() };
    Ok(Correction::Document(Box::new(draft(key, of.draft.month, lines)?)))
}

/// Gives a whole invoice back: the same lines with the same positive amounts, as type 381.
pub fn reverse(of: &Invoice) -> Draft {
    let preceding = Preceding { number: of.number.clone(), issued_on: of.issued_on };
    let mut copy = of.draft.clone();
    copy.key.kind = DocumentKind::Credit { of: preceding };
    copy
}

fn key(charge: &Charge) -> LineKey {
    (charge.booking, charge.component, charge.price)
}

/// Adds a charge to the line of its key. The steps of both stay, so that the reader sees what is and what was.
fn add(parts: &mut BTreeMap<LineKey, (Charge, LineText)>, charge: Charge, text: LineText) {
    match parts.entry(key(&charge)) {
        std::collections::btree_map::Entry::Vacant(entry) => {
            entry.insert((charge, text));
        }
        std::collections::btree_map::Entry::Occupied(mut entry) => {
            let (sum, _) = entry.get_mut();
            let from = sum.service.from().min(charge.service.from());
            let to = sum.service.to().max(charge.service.to());
            sum.service = Period::new(from, to).unwrap_or(sum.service);
            sum.quantity = (sum.quantity + charge.quantity).normalize();
            sum.amount += charge.amount;
            sum.steps.extend(charge.steps);
        }
    }
}

fn negated(charge: &Charge) -> Charge {
    Charge { quantity: -charge.quantity, amount: -charge.amount, ..charge.clone() }
}
