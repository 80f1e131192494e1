//! XRechnung 3.0.2 in UBL syntax: an issued invoice as bytes.
//!
//! The order of elements is that of the UBL schema. Type 381 is a `CreditNote` with its own names; everything else is
//! an `Invoice`. Nothing is computed here but words: every amount is copied from the invoice.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::german;
use super::xml::{Element, document};
use crate::invoice::{Buyer, Invoice, Line, Seller};
use crate::money::Money;
use crate::rating::{Per, Unit};
use crate::tax::{VatCategory, VatTreatment};

const CUSTOMIZATION: &str = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0";
const PROFILE: &str = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0";
const COMMON: &str = "urn:oasis:names:specification:ubl:schema:xsd:";

/// The names that differ between the two document types.
struct Names {
    root: &'static str,
    namespace: &'static str,
    type_code: &'static str,
    line: &'static str,
    quantity: &'static str,
}

const INVOICE: Names = Names {
    root: "Invoice",
    namespace: "Invoice-2",
    type_code: "cbc:InvoiceTypeCode",
    line: "cac:InvoiceLine",
    quantity: "cbc:InvoicedQuantity",
};

const CREDIT_NOTE: Names = Names {
    root: "CreditNote",
    namespace: "CreditNote-2",
    type_code: "cbc:CreditNoteTypeCode",
    line: "cac:CreditNoteLine",
    quantity: "cbc:CreditedQuantity",
};

/// The document, byte-identical for equal invoices. Only issued invoices can be written, so their checks have passed.
pub fn xrechnung(invoice: &Invoice) -> Vec<u8> {
    let kind = &invoice.draft.key.kind;
    let names = if kind.gives_back() { CREDIT_NOTE } else { INVOICE };
    let mut children = head(invoice, &names);
    children.extend(references(invoice));
    children.push(supplier(invoice));
    children.push(customer(&invoice.buyer));
    children.push(payment_means(invoice));
    children.push(Element::of("cac:PaymentTerms", vec![Element::text("cbc:Note", terms(invoice))]));
    children.push(tax_total(invoice));
    children.push(totals(invoice));
    children.extend(invoice.draft.lines.iter().map(|each| line(each, &invoice.draft.key.vat, &names)));
    document(
        &Element::of(names.root, children)
            .with("xmlns", format!("{COMMON}{}", names.namespace))
            .with("xmlns:cac", format!("{COMMON}CommonAggregateComponents-2"))
            .with("xmlns:cbc", format!("{COMMON}CommonBasicComponents-2")),
    )
}

fn head(invoice: &Invoice, names: &Names) -> Vec<Element> {
    let kind = &invoice.draft.key.kind;
    let mut children = vec![
        Element::text("cbc:CustomizationID", CUSTOMIZATION),
        Element::text("cbc:ProfileID", PROFILE),
        Element::text("cbc:ID", &invoice.number),
        Element::text("cbc:IssueDate", invoice.issued_on.to_string()),
    ];
    // A credit note has no due date at its head (schema).
    if !kind.gives_back() {
        children.push(Element::text("cbc:DueDate", invoice.due_on.to_string()));
    }
    children.push(Element::text(names.type_code, kind.type_code()));
    children.push(Element::text("cbc:Note", format!("Prüfsumme der Eingaben: {}", invoice.input_hash)));
    children.push(Element::text("cbc:DocumentCurrencyCode", "EUR"));
    children.push(Element::text("cbc:AccountingCost", common(invoice, |line| &line.text.cost_centre)));
    let leitweg = invoice.buyer.leitweg.as_ref().map(ToString::to_string).unwrap_or_default();
    children.push(Element::text("cbc:BuyerReference", leitweg));
    let (first, last) = invoice.draft.period.first_and_last_day();
    children.push(period(first, last));
    children
}

/// What all lines agree on; empty if they do not, because then only the lines can say it.
fn common<'a>(invoice: &'a Invoice, of: impl Fn(&'a Line) -> &'a String) -> String {
    let mut values = invoice.draft.lines.iter().map(of);
    let first = values.next().cloned().unwrap_or_default();
    if values.all(|value| *value == first) { first } else { String::new() }
}

fn references(invoice: &Invoice) -> Vec<Element> {
    let order = common(invoice, |line| &line.text.order_number);
    let mut children = vec![Element::of("cac:OrderReference", vec![Element::text("cbc:ID", order)])];
    if let Some(preceding) = invoice.draft.key.kind.preceding() {
        let reference = vec![
            Element::text("cbc:ID", &preceding.number),
            Element::text("cbc:IssueDate", preceding.issued_on.to_string()),
        ];
        children.push(Element::of(
            "cac:BillingReference",
            vec![Element::of("cac:InvoiceDocumentReference", reference)],
        ));
    }
    children
}

fn supplier(invoice: &Invoice) -> Element {
    let seller = &invoice.seller;
    let endpoint = Element::text("cbc:EndpointID", &seller.endpoint.address);
    let mut party = vec![
        endpoint.with("schemeID", &seller.endpoint.scheme),
        Element::of("cac:PartyIdentification", vec![Element::text("cbc:ID", &seller.number)]),
        address(&seller.street, &seller.city, &seller.post_code, &seller.country),
    ];
    party.extend(tax_schemes(seller, invoice.draft.key.vat.category()));
    party
        .push(Element::of("cac:PartyLegalEntity", vec![Element::text("cbc:RegistrationName", &seller.name)]));
    party.push(Element::of(
        "cac:Contact",
        vec![
            Element::text("cbc:Name", &seller.contact_name),
            Element::text("cbc:Telephone", &seller.phone),
            Element::text("cbc:ElectronicMail", &seller.email),
        ],
    ));
    Element::of("cac:AccountingSupplierParty", vec![Element::of("cac:Party", party)])
}

/// VAT id and tax number. On a document that is not subject to VAT a VAT id would be an error (BR-O-02).
fn tax_schemes(seller: &Seller, category: VatCategory) -> Vec<Element> {
    let vat_id = seller.vat_id.as_ref().filter(|_| category != VatCategory::O).map(|id| (id, "VAT"));
    let number = seller.tax_number.as_ref().map(|number| (number, "FC"));
    [vat_id, number]
        .into_iter()
        .flatten()
        .map(|(id, scheme)| {
            Element::of("cac:PartyTaxScheme", vec![Element::text("cbc:CompanyID", id), tax_scheme(scheme)])
        })
        .collect()
}

fn customer(buyer: &Buyer) -> Element {
    let leitweg = buyer.leitweg.as_ref().map(|id| ("0204".to_owned(), id.to_string()));
    let (scheme, id) = match &buyer.endpoint {
        Some(endpoint) => (endpoint.scheme.clone(), endpoint.address.clone()),
        None => leitweg.unwrap_or_default(),
    };
    let party = vec![
        Element::text("cbc:EndpointID", id).with("schemeID", scheme),
        address(&buyer.street, &buyer.city, &buyer.post_code, &buyer.country),
        Element::of("cac:PartyLegalEntity", vec![Element::text("cbc:RegistrationName", &buyer.name)]),
        Element::of("cac:Contact", vec![Element::text("cbc:Name", buyer.unit.clone().unwrap_or_default())]),
    ];
    Element::of("cac:AccountingCustomerParty", vec![Element::of("cac:Party", party)])
}

fn payment_means(invoice: &Invoice) -> Element {
    let iban: String = invoice.seller.iban.chars().filter(|c| !c.is_whitespace()).collect();
    let account = Element::of("cac:PayeeFinancialAccount", vec![Element::text("cbc:ID", iban)]);
    let number = Element::text("cbc:PaymentID", &invoice.number);
    if invoice.draft.key.kind.gives_back() {
        // The seller pays back; to which account, the two settle between themselves. 1 = not defined.
        return Element::of("cac:PaymentMeans", vec![Element::text("cbc:PaymentMeansCode", "1"), number]);
    }
    // 58 = SEPA credit transfer.
    Element::of("cac:PaymentMeans", vec![Element::text("cbc:PaymentMeansCode", "58"), number, account])
}

fn terms(invoice: &Invoice) -> String {
    if invoice.draft.key.kind.gives_back() {
        "Der Betrag wird erstattet oder mit der nächsten Zahlung verrechnet.".to_owned()
    } else {
        format!("Zahlbar bis {} ohne Abzug.", german::day(invoice.due_on))
    }
}

fn tax_total(invoice: &Invoice) -> Element {
    let totals = &invoice.draft.totals;
    let vat = &invoice.draft.key.vat;
    let (code, reason) = vat.exemption().unwrap_or_default();
    let category = vec![
        Element::text("cbc:ID", vat.category().code()),
        // BR-DE-14 wants the rate also where nothing is taxed, but only here and not in the lines (BR-O-05).
        Element::text("cbc:Percent", vat.rate_percent().to_string()),
        Element::text("cbc:TaxExemptionReasonCode", code),
        Element::text("cbc:TaxExemptionReason", reason),
        tax_scheme("VAT"),
    ];
    let subtotal = vec![
        money("cbc:TaxableAmount", totals.net),
        money("cbc:TaxAmount", totals.tax),
        Element::of("cac:TaxCategory", category),
    ];
    Element::of(
        "cac:TaxTotal",
        vec![money("cbc:TaxAmount", totals.tax), Element::of("cac:TaxSubtotal", subtotal)],
    )
}

fn totals(invoice: &Invoice) -> Element {
    let totals = &invoice.draft.totals;
    Element::of(
        "cac:LegalMonetaryTotal",
        vec![
            money("cbc:LineExtensionAmount", totals.net),
            money("cbc:TaxExclusiveAmount", totals.net),
            money("cbc:TaxInclusiveAmount", totals.gross),
            money("cbc:PayableAmount", totals.gross),
        ],
    )
}

fn line(line: &Line, vat: &VatTreatment, names: &Names) -> Element {
    let (charge, text) = (&line.charge, &line.text);
    let (first, last) = charge.service.first_and_last_day();
    let code = unit_code(charge.unit, charge.per);
    let item = vec![
        Element::text("cbc:Description", german::explanation(charge)),
        Element::text("cbc:Name", &text.name),
        Element::of("cac:SellersItemIdentification", vec![Element::text("cbc:ID", &text.item_number)]),
        line_tax(vat),
    ];
    let mut price =
        vec![Element::text("cbc:PriceAmount", charge.unit_price.to_string()).with("currencyID", "EUR")];
    if charge.base != 1 {
        price.push(Element::text("cbc:BaseQuantity", charge.base.to_string()).with("unitCode", code));
    }
    let note = format!(
        "Buchung {}, Bestellung {}, Menge in {}",
        text.booking_number,
        text.order_number,
        german::unit(charge)
    );
    Element::of(
        names.line,
        vec![
            Element::text("cbc:ID", line.position.to_string()),
            Element::text("cbc:Note", note),
            Element::text(names.quantity, plain(charge.quantity)).with("unitCode", code),
            money("cbc:LineExtensionAmount", charge.amount),
            Element::text("cbc:AccountingCost", &text.cost_centre),
            period(first, last),
            Element::of("cac:Item", item),
            Element::of("cac:Price", price),
        ],
    )
}

fn line_tax(vat: &VatTreatment) -> Element {
    let mut category = vec![Element::text("cbc:ID", vat.category().code())];
    if vat.category() != VatCategory::O {
        category.push(Element::text("cbc:Percent", vat.rate_percent().to_string()));
    }
    category.push(tax_scheme("VAT"));
    Element::of("cac:ClassifiedTaxCategory", category)
}

/// Unit code of UN/ECE Recommendation 20 (BT-130). What is held for a time and is no time itself has no code of its own:
/// the line then counts pieces (C62), and its note names the unit.
fn unit_code(unit: Unit, per: Option<Per>) -> &'static str {
    match (unit, per) {
        (Unit::Piece, Some(Per::Hour)) => "HUR",
        (Unit::Piece, Some(Per::Month)) => "MON",
        (Unit::Piece, Some(Per::Year)) => "ANN",
        (Unit::Piece, None) | (Unit::Vcpu | Unit::Gibibyte | Unit::Tebibyte, _) => "C62",
    }
}

fn money(name: &'static str, amount: Money) -> Element {
    Element::text(name, amount.to_string()).with("currencyID", "EUR")
}

fn plain(quantity: Decimal) -> String {
    quantity.normalize().to_string()
}

fn period(first: Date, last: Date) -> Element {
    Element::of(
        "cac:InvoicePeriod",
        vec![
            Element::text("cbc:StartDate", first.to_string()),
            Element::text("cbc:EndDate", last.to_string()),
        ],
    )
}

fn address(street: &str, city: &str, post_code: &str, country: &str) -> Element {
    Element::of(
        "cac:PostalAddress",
        vec![
            Element::text("cbc:StreetName", street),
            Element::text("cbc:CityName", city),
            Element::text("cbc:PostalZone", post_code),
            Element::of("cac:Country", vec![Element::text("cbc:IdentificationCode", country)]),
        ],
    )
}

fn tax_scheme(code: &'static str) -> Element {
    Element::of("cac:TaxScheme", vec![Element::text("cbc:ID", code)])
}

#[cfg(test)]
#[path = "xrechnung_test.rs"]
mod tests;
