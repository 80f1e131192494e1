//! From charges to issued documents.
//!
//! Owns: which charges share a document, totals, numbers, due dates, the hash of the inputs, the checks before release,
//! and corrections. Does not own: rating, file formats (export), and who may release.
//!
//! An issued invoice is a value that nobody edits. A correction is a further document that names the one it corrects.
//! Charges are never recomputed here: what an invoice says is copied from them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{BookingId, OrganisationId};
use crate::leitweg::LeitwegId;
use crate::money::{Money, MoneyRefused};
use crate::rating::Charge;
use crate::tax::VatTreatment;
use crate::time::{Month, Period, TimeRefused, days_after};

mod check;
mod correct;
mod inputs;

pub use check::{Finding, check, check_buyer, check_seller};
pub use correct::{Correction, correct, reverse, signed_lines};
pub use inputs::{RULES_VERSION, input_digest, input_hash};

/// Days between issue and due date where nothing else was agreed (§ 286 (3) BGB).
pub const TERMS_DAYS: u16 = 30;

/// An electronic address with its scheme (EAS code): `EM` for mail, `0204` for a Leitweg-ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// EAS code.
    pub scheme: String,
    /// The address.
    pub address: String,
}

/// Who sells (BG-4), as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    /// The provider.
    pub organisation: OrganisationId,
    /// The seller's number in the marketplace (BT-29).
    pub number: String,
    /// Legal name (BT-27).
    pub name: String,
    /// Street and house number (BT-35).
    pub street: String,
    /// Post code (BT-38).
    pub post_code: String,
    /// City (BT-37).
    pub city: String,
    /// Country code (BT-40), such as `DE`.
    pub country: String,
    /// VAT id (BT-31); never printed on a document that is not subject to VAT (BR-O-02).
    pub vat_id: Option<String>,
    /// Tax number (BT-32).
    pub tax_number: Option<String>,
    /// Whom to ask (BT-41).
    pub contact_name: String,
    /// Phone (BT-42).
    pub phone: String,
    /// Mail (BT-43).
    pub email: String,
    /// Electronic address (BT-34).
    pub endpoint: Endpoint,
    /// Account for the payment (BT-84).
    pub iban: String,
}

/// Who buys (BG-7), as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// The authority.
    pub organisation: OrganisationId,
    /// Name (BT-44).
    pub name: String,
    /// Amt or Fachbereich (BT-56).
    pub unit: Option<String>,
    /// Street and house number (BT-50).
    pub street: String,
    /// Post code (BT-53).
    pub post_code: String,
    /// City (BT-52).
    pub city: String,
    /// Country code (BT-55).
    pub country: String,
    /// Address of the invoice inside the administration (BT-10); nothing if the master data lack it.
    pub leitweg: Option<LeitwegId>,
    /// Electronic address (BT-49) if it is not the Leitweg-ID.
    pub endpoint: Option<Endpoint>,
}

/// An issued document that another one refers to (BG-3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Preceding {
    /// Its number (BT-25).
    pub number: String,
    /// When it was issued (BT-26).
    pub issued_on: Date,
}

/// What sort of document it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum DocumentKind {
    /// All charges of a month.
    Monthly,
    /// The last charges of a terminated booking, before its month ends.
    Final {
        /// The booking.
        booking: BookingId,
    },
    /// More is owed for a month that was invoiced before.
    Correction {
        /// The invoice of that month.
        of: Preceding,
    },
    /// Less is owed than was invoiced: amounts are positive and are given back. Called Rechnungskorrektur, because the
    /// word Gutschrift is reserved for self-billing (§ 14 (2) UStG).
    Credit {
        /// The invoice that is corrected.
        of: Preceding,
    },
}

impl DocumentKind {
    /// Type code of UNTDID 1001 (BT-3).
    pub fn type_code(&self) -> &'static str {
        match self {
            Self::Monthly | Self::Final { .. } => "380",
            Self::Correction { .. } => "384",
            Self::Credit { .. } => "381",
        }
    }

    /// Names the kind in the unique key (provider, buyer, Leitweg-ID, month, VAT, kind) that forbids a second invoice.
    pub fn key(&self) -> String {
        match self {
            Self::Monthly => "monthly".to_owned(),
            Self::Final { booking } => format!("final:{booking}"),
            Self::Correction { of } => format!("correction:{}", of.number),
            Self::Credit { of } => format!("credit:{}", of.number),
        }
    }

    /// The document that this one corrects.
    pub fn preceding(&self) -> Option<&Preceding> {
        match self {
            Self::Monthly | Self::Final { .. } => None,
            Self::Correction { of } | Self::Credit { of } => Some(of),
        }
    }

    /// Whether the amounts are given back instead of charged.
    pub fn gives_back(&self) -> bool {
        match self {
            Self::Monthly | Self::Final { .. } | Self::Correction { .. } => false,
            Self::Credit { .. } => true,
        }
    }
}

/// The words around a charge, as they stood when it was rated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineText {
    /// Plan and component (BT-153), such as `PostgreSQL, Hochverfügbar S: vCPU`.
    pub name: String,
    /// The seller's number of the plan (BT-155).
    pub item_number: String,
    /// Number of the booking, such as `BU-2026-0088`.
    pub booking_number: String,
    /// Number of the order or the Mittelbindung (BT-13), such as `BE-2026-0412`.
    pub order_number: String,
    /// Kostenstelle (BT-133).
    pub cost_centre: String,
    /// Sachkonto.
    pub account: String,
    /// Order of the component in its plan, so that lines always come in the same order.
    pub rank: u32,
}

/// A charge that waits for its invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Billable {
    /// Who sells.
    pub provider: OrganisationId,
    /// Who pays; not always who booked.
    pub buyer: OrganisationId,
    /// Where the invoice goes.
    pub leitweg: Option<LeitwegId>,
    /// How it is taxed.
    pub vat: VatTreatment,
    /// On what sort of document it belongs.
    pub kind: DocumentKind,
    /// What is owed.
    pub charge: Charge,
    /// The words around it.
    pub text: LineText,
}

/// What the charges of one document have in common. Unique together with the month.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GroupKey {
    /// Who sells.
    pub provider: OrganisationId,
    /// Who pays.
    pub buyer: OrganisationId,
    /// Where the invoice goes.
    pub leitweg: Option<LeitwegId>,
    /// How it is taxed. O must not be mixed with anything (BR-O-11), so every treatment has documents of its own.
    pub vat: VatTreatment,
    /// Sort of document.
    pub kind: DocumentKind,
}

/// One line of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// 1, 2, 3 … (BT-126).
    pub position: u32,
    /// What is owed.
    pub charge: Charge,
    /// The words around it.
    pub text: LineText,
}

/// The sums of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Sum of the lines (BT-106, BT-109).
    pub net: Money,
    /// Tax on it (BT-110).
    pub tax: Money,
    /// Net and tax (BT-112); to be paid (BT-115).
    pub gross: Money,
}

/// A document before it has a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What its charges have in common.
    pub key: GroupKey,
    /// The month of the service.
    pub month: Month,
    /// The part of the month that it covers (BG-14).
    pub period: Period,
    /// In a fixed order.
    pub lines: Vec<Line>,
    /// The sums.
    pub totals: Totals,
}

/// What a draft needs to become an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// See [`number`]; assigned in the transaction that stores the invoice.
    pub number: String,
    /// Day of issue.
    pub issued_on: Date,
    /// Days until it is due.
    pub terms_days: u16,
    /// Master data of the seller as they stand now.
    pub seller: Seller,
    /// Master data of the buyer as they stand now.
    pub buyer: Buyer,
    /// Content hashes of the usage records and readings behind the charges.
    pub evidence: Vec<String>,
}

/// An issued document. Never edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Number (BT-1).
    pub number: String,
    /// Day of issue (BT-2).
    pub issued_on: Date,
    /// Day by which it is to be paid (BT-9).
    pub due_on: Date,
    /// Who sells.
    pub seller: Seller,
    /// Who buys.
    pub buyer: Buyer,
    /// What it says.
    pub draft: Draft,
    /// `sha256:` and the hash of all inputs, as printed.
    pub input_hash: String,
}

/// Groups charges into drafts, one per key, in a fixed order; lines are ordered by booking, component and time.
pub fn group(month: Month, billables: Vec<Billable>) -> Result<Vec<Draft>, MoneyRefused> {
    let mut groups: BTreeMap<GroupKey, Vec<(Charge, LineText)>> = BTreeMap::new();
    for billable in billables {
        let Billable { provider, buyer, leitweg, vat, kind, charge, text } = billable;
        let key = GroupKey { provider, buyer, leitweg, vat, kind };
        groups.entry(key).or_default().push((charge, text));
    }
    groups.into_iter().map(|(key, lines)| draft(key, month, lines)).collect()
}

/// Makes one draft. The period of a monthly invoice is the month, that of every other document what its lines cover.
fn draft(key: GroupKey, month: Month, mut parts: Vec<(Charge, LineText)>) -> Result<Draft, MoneyRefused> {
    parts.sort_by(|(a, text_a), (b, text_b)| {
        let order = |charge: &Charge, text: &LineText| {
            (
                text.booking_number.clone(),
                charge.booking,
                text.rank,
                charge.component,
                charge.service,
                charge.price,
            )
        };
        order(a, text_a).cmp(&order(b, text_b))
    });
    let net: Money = parts.iter().map(|(charge, _)| charge.amount).sum();
    let tax = key.vat.tax_on(net)?;
    let whole = month.period();
    let from = parts.iter().map(|(charge, _)| charge.service.from()).min();
    let to = parts.iter().map(|(charge, _)| charge.service.to()).max();
    let period = match (&key.kind, from, to) {
        (DocumentKind::Monthly, _, _) | (_, None, _) | (_, _, None) => whole,
        (_, Some(from), Some(to)) => Period::new(from, to).unwrap_or(whole),
    };
    let lines = (1..).zip(parts).map(|(position, (charge, text))| Line { position, charge, text }).collect();
    Ok(Draft { key, month, period, lines, totals: Totals { net, tax, gross: net + tax } })
}

/// A number such as `RE-2026-10-000317`, from the month of the service and a counter per provider. Corrections start
/// with `RK`.
pub fn number(kind: &DocumentKind, month: Month, counter: u32) -> String {
    let prefix = match kind {
        DocumentKind::Monthly | DocumentKind::Final { .. } => "RE",
        DocumentKind::Correction { .. } | DocumentKind::Credit { .. } => "RK",
    };
    format!("{prefix}-{month}-{counter:06}")
}

/// Why a draft was not issued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueRefused {
    /// Rules that a receiver's validator would reject it for.
    #[error("invoice-incomplete")]
    Incomplete(Vec<Finding>),
    /// The due date lies beyond the calendar.
    #[error(transparent)]
    Time(#[from] TimeRefused),
}

/// Issues a draft: checks it, sets the due date and the hash of its inputs.
pub fn issue(draft: Draft, issue: Issue) -> Result<Invoice, IssueRefused> {
    let findings = check(&draft, &issue);
    if !findings.is_empty() {
        return Err(IssueRefused::Incomplete(findings));
    }
    let due_on = days_after(issue.issued_on, issue.terms_days)?;
    let input_hash = input_hash(&draft, &issue);
    let Issue { number, issued_on, seller, buyer, .. } = issue;
    Ok(Invoice { number, issued_on, due_on, seller, buyer, draft, input_hash })
}

#[cfg(test)]
pub(crate) mod sample;

#[cfg(test)]
#[path = "invoice/invoice_test.rs"]
mod tests;
