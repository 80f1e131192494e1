//! Corrections: further documents, never changed ones.
//!
//! Two ways lead to one. Late usage of a closed month is rated with the prices of that month; the document then takes
//! off each line that was invoiced and is wrong, and charges it as it is right. So every line recomputes from its own
//! quantity and price, which a line of differences would not: the difference of two rounded amounts is not the rounded
//! amount of the difference. A whole invoice can also be given back (Storno); its stored values are copied.

use super::{Charge, DocumentKind, Draft, GroupKey, Invoice, LineText, Preceding, draft};
use crate::money::{Money, MoneyRefused};
use crate::rating::Step;

/// What a correction comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Correction {
    /// Nothing changed.
    Nothing,
    /// A document of the corrected month: type 384 if more is owed, 381 with a positive total if less.
    Document(Box<Draft>),
}

/// The difference between what was invoiced and what the month comes to now.
///
/// `of` is the month's invoice. `invoiced` are the lines of all its documents so far; those of a Rechnungskorrektur of
/// type 381 with their sign turned ([`signed_lines`]). `now` are all charges of the month as rated today, with the
/// prices of then.
pub fn correct(
    of: &Invoice,
    invoiced: &[(Charge, LineText)],
    now: &[(Charge, LineText)],
) -> Result<Correction, MoneyRefused> {
    let mut open: Vec<(Charge, LineText)> = Vec::new();
    let taken_off = invoiced.iter().map(|(charge, text)| {
        let steps = vec![Step::Invoiced { quantity: charge.quantity, amount: charge.amount }];
        (Charge { steps, ..negated(charge) }, text.clone())
    });
    for line in now.iter().cloned().chain(taken_off) {
        match open.iter().position(|(other, _)| cancels(other, &line.0)) {
            Some(at) => {
                open.swap_remove(at);
            }
            None => open.push(line),
        }
    }
    open.retain(|(charge, _)| !charge.amount.is_zero());
    if open.is_empty() {
        return Ok(Correction::Nothing);
    }
    let preceding = Preceding { number: of.number.clone(), issued_on: of.issued_on };
    let kind = if open.iter().map(|(charge, _)| charge.amount).sum::<Money>().is_negative() {
        for (charge, _) in &mut open {
            *charge = negated(charge);
        }
        DocumentKind::Credit { of: preceding }
    } else {
        DocumentKind::Correction { of: preceding }
    };
    let key = GroupKey { kind, ..of.draft.key.clone() };
    Ok(Correction::Document(Box::new(draft(key, of.draft.month, open)?)))
}

/// The lines of an issued document as they changed what is owed.
pub fn signed_lines(invoice: &Invoice) -> Vec<(Charge, LineText)> {
    let gives_back = invoice.draft.key.kind.gives_back();
    let sign = |charge: &Charge| if gives_back { negated(charge) } else { charge.clone() };
    invoice.draft.lines.iter().map(|line| (sign(&line.charge), line.text.clone())).collect()
}

/// Gives a whole invoice back: the same lines with the same positive amounts, as type 381.
pub fn reverse(of: &Invoice) -> Draft {
    let preceding = Preceding { number: of.number.clone(), issued_on: of.issued_on };
    let mut copy = of.draft.clone();
    copy.key.kind = DocumentKind::Credit { of: preceding };
    copy
}

/// Whether two lines of the same component and price add up to nothing.
fn cancels(a: &Charge, b: &Charge) -> bool {
    let same = (a.booking, a.component, a.price) == (b.booking, b.component, b.price);
    same && a.quantity == -b.quantity && a.amount == -b.amount
}

fn negated(charge: &Charge) -> Charge {
    Charge { quantity: -charge.quantity, amount: -charge.amount, ..charge.clone() }
}
