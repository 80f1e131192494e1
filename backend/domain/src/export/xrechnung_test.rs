use std::path::Path;

use super::*;
use crate::invoice::sample::{buyer, corrected, exempt, issue_as, monthly, not_taxable, taxable};
use crate::invoice::{issue, reverse};

/// Compares with the stored document; `UPDATE_GOLDENS=1` writes it anew, and the validator judges it then.
fn golden(name: &str, invoice: &Invoice) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/export/goldens").join(name);
    let bytes = xrechnung(invoice);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, &bytes).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), stored, "{name}");
}

#[test]
fn taxable_not_taxable_and_exempt() {
    golden("s.xml", &monthly(taxable()));
    golden("o.xml", &monthly(not_taxable()));
    golden("e.xml", &monthly(exempt()));
}

#[test]
fn corrections_and_reversal() {
    golden("correction-384.xml", &corrected(-6));
    golden("credit-381.xml", &corrected(6));
    let reversal = issue(reverse(&monthly(taxable())), issue_as("RK-2026-10-000400")).unwrap();
    golden("reversal-381.xml", &reversal);
}

#[test]
fn whatever_was_pasted_into_a_name_stays_well_formed() {
    let mut invoice = monthly(taxable());
    invoice.seller.name = "Müller & Söhne <\"GmbH\"> \u{0}\u{b}'x'".into();
    invoice.buyer.unit = None;
    let text = String::from_utf8(xrechnung(&invoice)).unwrap();
    let mut reader = quick_xml::Reader::from_str(&text);
    while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
    assert!(text.contains("Müller &amp; Söhne &lt;&quot;GmbH&quot;&gt; &apos;x&apos;"));
    assert_eq!(text.matches("<cac:Contact>").count(), 1, "an empty contact is left out");
}

#[test]
fn equal_invoices_are_equal_bytes() {
    assert_eq!(xrechnung(&monthly(taxable())), xrechnung(&monthly(taxable())));
    assert_ne!(xrechnung(&monthly(taxable())), xrechnung(&monthly(exempt())));
}

#[test]
fn no_vat_id_where_nothing_is_taxed() {
    let text = String::from_utf8(xrechnung(&monthly(not_taxable()))).unwrap();
    assert!(!text.contains("DE999999999") && text.contains("151/000/00000"));
    assert!(text.contains(&buyer().leitweg.unwrap().to_string()));
}
