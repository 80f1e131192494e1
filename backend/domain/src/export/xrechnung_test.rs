use std::path::Path;

use super::*;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use crate::invoice::sample::{
    buyer, corrected, exempt, issue_as, monthly, not_taxable, random_invoice, random_part, taxable,
};
use crate::invoice::{issue, reverse};

/// Whatever was rated, at odd prices and sizes, gives sums that agree and the same bytes twice. With
/// `WOLKENAMT_INVOICES` set to a folder the documents are also written there, for the independent validator.
#[test]
fn any_rated_month_can_be_written() {
    let folder = std::env::var_os("WOLKENAMT_INVOICES");
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let vat = prop_oneof![Just(taxable()), Just(not_taxable()), Just(exempt())];
    let parts = prop::collection::vec(random_part(), 1..8);
    let count = std::cell::Cell::new(0);
    runner
        .run(&(vat, parts), |(vat, parts)| {
            count.set(count.get() + 1);
            let invoice = random_invoice(vat, &parts);
            let Some(invoice) = invoice else { return Ok(()) };
            let net: Money = invoice.draft.lines.iter().map(|line| line.charge.amount).sum();
            prop_assert_eq!(net, invoice.draft.totals.net);
            let bytes = xrechnung(&invoice);
            prop_assert_eq!(&bytes, &xrechnung(&invoice));
            if let Some(folder) = &folder {
                std::fs::write(Path::new(folder).join(format!("random-{}.xml", count.get())), bytes).unwrap();
            }
            Ok(())
        })
        .unwrap();
}

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
