//! The checks before release: what a receiver's validator would reject, said in time and in German.
//!
//! These are the fatal rules of EN 16931, XRechnung 3.0 (BR-DE) and its Peppol part that master data and charges can
//! break. Structure is the exporter's concern, and an independent validator checks every document of the tests.

use serde::{Deserialize, Serialize};

use super::{Buyer, Draft, Issue, Seller};
use crate::leitweg::remainder_97;
use crate::money::Money;
use crate::tax::VatCategory;

/// A rule that the document would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// BR-DE-15.
    #[error("leitweg-missing")]
    LeitwegMissing,
    /// BR-16: no line.
    #[error("lines-missing")]
    LinesMissing,
    /// BR-06.
    #[error("seller-name-missing")]
    SellerNameMissing,
    /// BR-CO-26.
    #[error("seller-number-missing")]
    SellerNumberMissing,
    /// BR-DE-3, BR-DE-4, BR-09.
    #[error("seller-address-incomplete")]
    SellerAddressIncomplete,
    /// BR-DE-5.
    #[error("seller-contact-missing")]
    SellerContactMissing,
    /// BR-DE-6, BR-DE-27.
    #[error("seller-phone-invalid")]
    SellerPhoneInvalid,
    /// BR-DE-7, BR-DE-28.
    #[error("seller-email-invalid")]
    SellerEmailInvalid,
    /// PEPPOL-EN16931-R020, BR-62.
    #[error("seller-endpoint-missing")]
    SellerEndpointMissing,
    /// BR-DE-1, BR-61, BR-DE-19.
    #[error("iban-invalid")]
    IbanInvalid,
    /// BR-S-02, BR-E-02, BR-DE-16.
    #[error("tax-id-missing")]
    TaxIdMissing,
    /// The VAT id does not look like one (`DE` and nine digits).
    #[error("vat-id-invalid")]
    VatIdInvalid,
    /// BR-S-05: the rate must be above zero.
    #[error("vat-rate-invalid")]
    VatRateInvalid,
    /// BR-E-10, BR-O-10.
    #[error("vat-reason-missing")]
    VatReasonMissing,
    /// BR-07.
    #[error("buyer-name-missing")]
    BuyerNameMissing,
    /// BR-DE-8, BR-DE-9, BR-11.
    #[error("buyer-address-incomplete")]
    BuyerAddressIncomplete,
    /// BR-25: a line without a name.
    #[error("line-name-missing")]
    LineNameMissing,
    /// BR-CO-10, BR-CO-13, BR-CO-15: sums that are not the sums.
    #[error("totals-wrong")]
    TotalsWrong,
    /// PEPPOL-EN16931-R110, R111: a line outside the period of the document.
    #[error("line-outside-period")]
    LineOutsidePeriod,
    /// A negative total: what is given back needs a Rechnungskorrektur with positive amounts.
    #[error("total-negative")]
    TotalNegative,
    /// Seller, buyer or Leitweg-ID are not those of the charges.
    #[error("parties-differ")]
    PartiesDiffer,
}

impl Finding {
    /// What finance reads.
    pub fn message_de(self) -> &'static str {
        match self {
            Self::LeitwegMissing => "Die Leitweg-ID des Rechnungsempfängers fehlt.",
            Self::LinesMissing => "Die Rechnung hat keine Position.",
            Self::SellerNameMissing => "Der Name des Anbieters fehlt.",
            Self::SellerNumberMissing => "Die Anbieternummer fehlt.",
            Self::SellerAddressIncomplete => "Straße, Postleitzahl, Ort oder Land des Anbieters fehlen.",
            Self::SellerContactMissing => "Der Ansprechpartner des Anbieters fehlt.",
            Self::SellerPhoneInvalid => "Die Telefonnummer des Anbieters braucht mindestens drei Ziffern.",
            Self::SellerEmailInvalid => "Die E-Mail-Adresse des Anbieters ist nicht gültig.",
            Self::SellerEndpointMissing => "Die elektronische Adresse des Anbieters fehlt.",
            Self::IbanInvalid => "Die IBAN des Anbieters fehlt, oder ihre Prüfziffern stimmen nicht.",
            Self::TaxIdMissing => {
                "Die Umsatzsteuer-Identifikationsnummer oder die Steuernummer des Anbieters fehlt."
            }
            Self::VatIdInvalid => "Die Umsatzsteuer-Identifikationsnummer besteht aus DE und neun Ziffern.",
            Self::VatRateInvalid => {
                "Der Steuersatz einer steuerpflichtigen Leistung muss größer als null sein."
            }
            Self::VatReasonMissing => "Der Grund fehlt, warum keine Umsatzsteuer berechnet wird.",
            Self::BuyerNameMissing => "Der Name des Rechnungsempfängers fehlt.",
            Self::BuyerAddressIncomplete => "Postleitzahl, Ort oder Land des Rechnungsempfängers fehlen.",
            Self::LineNameMissing => "Eine Position hat keine Bezeichnung.",
            Self::TotalsWrong => "Die Summen stimmen nicht mit den Positionen überein.",
            Self::LineOutsidePeriod => "Der Zeitraum einer Position liegt außerhalb des Rechnungszeitraums.",
            Self::TotalNegative => "Der Betrag ist negativ. Dafür ist eine Rechnungskorrektur nötig.",
            Self::PartiesDiffer => "Anbieter, Empfänger oder Leitweg-ID passen nicht zu den Posten.",
        }
    }
}

/// Everything that keeps a draft from being issued; empty means nothing.
pub fn check(draft: &Draft, issue: &Issue) -> Vec<Finding> {
    let mut findings = check_seller(&issue.seller);
    findings.extend(check_buyer(&issue.buyer));
    let key = &draft.key;
    let seller = &issue.seller;
    let taxed_or_exempt = key.vat.category() != VatCategory::O;
    let rate = key.vat.rate_percent();
    let reason_blank = key.vat.exemption().is_some_and(|(code, reason)| blank(code) || blank(reason));
    let differ = seller.organisation != key.provider
        || issue.buyer.organisation != key.buyer
        || issue.buyer.leitweg != key.leitweg;
    let net: Money = draft.lines.iter().map(|line| line.charge.amount).sum();
    let (tax_rule, totals) = (key.vat.tax_on(net), draft.totals);
    let sums_agree = totals.net == net && tax_rule == Ok(totals.tax) && totals.gross == net + totals.tax;
    let (first, last) = draft.period.first_and_last_day();
    let outside = draft.lines.iter().any(|line| {
        let (from, to) = line.charge.service.first_and_last_day();
        from < first || to > last
    });
    for (broken, finding) in [
        (draft.lines.is_empty(), Finding::LinesMissing),
        (taxed_or_exempt && seller.vat_id.is_none() && seller.tax_number.is_none(), Finding::TaxIdMissing),
        (
            key.vat.category() == VatCategory::S && rate <= rust_decimal::Decimal::ZERO,
            Finding::VatRateInvalid,
        ),
        (reason_blank, Finding::VatReasonMissing),
        (draft.lines.iter().any(|line| blank(&line.text.name)), Finding::LineNameMissing),
        (!sums_agree, Finding::TotalsWrong),
        (outside, Finding::LineOutsidePeriod),
        (totals.gross.is_negative(), Finding::TotalNegative),
        (differ, Finding::PartiesDiffer),
    ] {
        if broken {
            findings.push(finding);
        }
    }
    findings
}

/// What is wrong with a seller's master data, before a priced offer is published.
pub fn check_seller(seller: &Seller) -> Vec<Finding> {
    let address = [&seller.street, &seller.post_code, &seller.city, &seller.country];
    let vat_id_wrong = seller.vat_id.as_ref().is_some_and(|id| !german_vat_id(id));
    let endpoint = &seller.endpoint;
    [
        (blank(&seller.name), Finding::SellerNameMissing),
        (blank(&seller.number), Finding::SellerNumberMissing),
        (address.iter().any(|part| blank(part)), Finding::SellerAddressIncomplete),
        (blank(&seller.contact_name), Finding::SellerContactMissing),
        (seller.phone.chars().filter(char::is_ascii_digit).count() < 3, Finding::SellerPhoneInvalid),
        (!email(&seller.email), Finding::SellerEmailInvalid),
        (blank(&endpoint.scheme) || blank(&endpoint.address), Finding::SellerEndpointMissing),
        (!iban(&seller.iban), Finding::IbanInvalid),
        (vat_id_wrong, Finding::VatIdInvalid),
    ]
    .into_iter()
    .filter_map(|(broken, finding)| broken.then_some(finding))
    .collect()
}

/// What is wrong with a buyer's master data, before a priced offer is booked.
pub fn check_buyer(buyer: &Buyer) -> Vec<Finding> {
    let address = [&buyer.post_code, &buyer.city, &buyer.country];
    [
        (buyer.leitweg.is_none(), Finding::LeitwegMissing),
        (blank(&buyer.name), Finding::BuyerNameMissing),
        (address.iter().any(|part| blank(part)), Finding::BuyerAddressIncomplete),
    ]
    .into_iter()
    .filter_map(|(broken, finding)| broken.then_some(finding))
    .collect()
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn german_vat_id(id: &str) -> bool {
    id.strip_prefix("DE")
        .is_some_and(|digits| digits.len() == 9 && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// `^[^@\s]+@([^@.\s]+\.)+[^@.\s]+$`, the form that BR-DE-28 asks for.
fn email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let labels: Vec<&str> = domain.split('.').collect();
    !local.is_empty()
        && !text.contains(char::is_whitespace)
        && !domain.contains('@')
        && labels.len() >= 2
        && labels.iter().all(|label| !label.is_empty())
}

/// ISO 13616 check digits (MOD 97-10); blanks are allowed.
fn iban(text: &str) -> bool {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let Some((head, account)) = compact.split_at_checked(4) else { return false };
    let well_formed = (15..=34).contains(&compact.len())
        && compact.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && head.chars().take(2).all(|c| c.is_ascii_uppercase())
        && head.chars().skip(2).all(|c| c.is_ascii_digit());
    well_formed && remainder_97(account.chars().chain(head.chars())) == Some(1)
}
