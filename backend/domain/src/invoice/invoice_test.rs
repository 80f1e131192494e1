use super::sample::*;
use super::*;

fn draft_of(vat: VatTreatment) -> Draft {
    monthly(vat).draft
}

#[test]
fn charges_are_grouped_by_what_a_document_may_hold() {
    let other = Billable {
        leitweg: Some("16999001-MUSTERAU-85".parse().unwrap()),
        ..billable(taxable(), DocumentKind::Monthly, machine_lines(0).remove(0))
    };
    let finished = DocumentKind::Final { booking: machine_lines(0)[0].0.booking };
    let billables = vec![
        billable(taxable(), DocumentKind::Monthly, machine_lines(0).remove(1)),
        billable(not_taxable(), DocumentKind::Monthly, machine_lines(0).remove(0)),
        billable(exempt(), DocumentKind::Monthly, chatbot_lines().remove(0)),
        billable(taxable(), finished, machine_lines(0).remove(0)),
        billable(taxable(), DocumentKind::Monthly, chatbot_lines().remove(0)),
        other,
    ];
    let mut turned = billables.clone();
    turned.reverse();
    let drafts = group(october(), billables).unwrap();
    assert_eq!(drafts.len(), 5);
    assert_eq!(drafts.iter().map(|draft| draft.lines.len()).sum::<usize>(), 6);
    assert_eq!(group(october(), turned).unwrap(), drafts, "the order of arrival does not matter");
    let keys: std::collections::BTreeSet<_> = drafts.iter().map(|draft| draft.key.clone()).collect();
    assert_eq!(keys.len(), 5);
}

#[test]
fn totals_are_sums_and_tax_is_on_the_sum() {
    let draft = draft_of(taxable());
    let cents: Vec<i64> = draft.lines.iter().map(|line| line.charge.amount.cents()).collect();
    // 27.20 × 649 ÷ 745; 40 GiB × 0.12; 409 h × 0.04567; 2345 × 4.50 ÷ 1000; set-up.
    assert_eq!(cents, [2370, 480, 1868, 1055, 25_000]);
    assert_eq!(draft.lines.iter().map(|line| line.position).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let totals = draft.totals;
    assert_eq!((totals.net.cents(), totals.tax.cents(), totals.gross.cents()), (30_773, 5847, 36_620));
    assert_eq!(draft_of(not_taxable()).totals.tax, Money::ZERO);
    assert_eq!(draft.period, october().period());
}

#[test]
fn numbers_and_due_dates() {
    let invoice = monthly(taxable());
    assert_eq!(invoice.number, "RE-2026-10-000317");
    assert_eq!(invoice.due_on.to_string(), "2026-12-03");
    assert_eq!(corrected(6).number, "RK-2026-10-000318");
    let booking = BookingId(uuid::Uuid::nil());
    assert_eq!(DocumentKind::Final { booking }.key(), "final:00000000-0000-0000-0000-000000000000");
}

#[test]
fn the_hash_names_the_inputs_and_nothing_else() {
    let draft = draft_of(taxable());
    let base = issue_as("RE-2026-10-000317");
    let hash = input_hash(&draft, &base);
    assert_eq!(hash.len(), "sha256:".len() + 64);
    let mut later = base.clone();
    later.issued_on = "2026-11-09".parse().unwrap();
    later.number = "RE-2026-10-000999".into();
    later.evidence.reverse();
    assert_eq!(input_hash(&draft, &later), hash, "number, day and order of evidence are no inputs");
    let mut other = base.clone();
    other.evidence.push("c".repeat(64));
    assert_ne!(input_hash(&draft, &other), hash);
    let mut other = draft.clone();
    other.lines[0].charge.price = crate::ids::PriceId(uuid::Uuid::from_u128(99));
    assert_ne!(input_hash(&other, &base), hash);
    assert_ne!(input_hash(&draft_of(exempt()), &base), hash);
}

#[test]
fn what_a_receiver_would_reject_is_found_before() {
    let found = |change: &dyn Fn(&mut Draft, &mut Issue)| {
        let (mut draft, mut issue) = (draft_of(taxable()), issue_as("RE-1"));
        change(&mut draft, &mut issue);
        check(&draft, &issue)
    };
    assert_eq!(found(&|_, _| {}), []);
    let one = |change: &dyn Fn(&mut Draft, &mut Issue), finding: Finding| {
        assert_eq!(found(change), [finding], "{}", finding.message_de());
    };
    one(&|_, i| i.seller.phone = "12".into(), Finding::SellerPhoneInvalid);
    one(&|_, i| i.seller.email = "rechnung@example".into(), Finding::SellerEmailInvalid);
    one(&|_, i| i.seller.iban = "DE94999999990000000001".into(), Finding::IbanInvalid);
    one(&|_, i| i.seller.contact_name = " ".into(), Finding::SellerContactMissing);
    one(&|_, i| i.seller.city.clear(), Finding::SellerAddressIncomplete);
    one(&|_, i| i.seller.endpoint.address.clear(), Finding::SellerEndpointMissing);
    one(&|_, i| i.seller.number.clear(), Finding::SellerNumberMissing);
    one(&|_, i| i.seller.name.clear(), Finding::SellerNameMissing);
    one(&|_, i| i.seller.vat_id = Some("DE99999999".into()), Finding::VatIdInvalid);
    one(&|_, i| (i.seller.vat_id, i.seller.tax_number) = (None, None), Finding::TaxIdMissing);
    one(&|_, i| i.buyer.name.clear(), Finding::BuyerNameMissing);
    one(&|_, i| i.buyer.post_code.clear(), Finding::BuyerAddressIncomplete);
    one(&|d, i| (d.key.leitweg, i.buyer.leitweg) = (None, None), Finding::LeitwegMissing);
    one(&|_, i| i.buyer.leitweg = Some("16999001-MUSTERAU-85".parse().unwrap()), Finding::PartiesDiffer);
    one(&|d, _| d.lines[0].text.name.clear(), Finding::LineNameMissing);
    one(&|d, _| d.totals.tax += Money::from_cents(1), Finding::TotalsWrong);
    one(&|d, _| d.period = d.lines[2].charge.service, Finding::LineOutsidePeriod);
    one(
        &|d, _| {
            d.key.vat = VatTreatment::NotTaxable { reason: " ".into() };
            d.totals = draft_of(not_taxable()).totals;
        },
        Finding::VatReasonMissing,
    );
    assert_eq!(found(&|d, _| d.lines.clear()), [Finding::LinesMissing, Finding::TotalsWrong]);
    let refused = issue(Draft { lines: vec![], ..draft_of(taxable()) }, issue_as("RE-1"));
    assert!(matches!(refused, Err(IssueRefused::Incomplete(_))));
}

#[test]
fn the_cent_of_tax_is_checked_here() {
    // An EN 16931 validator lets a tax amount pass that is wrong by less than a euro.
    let mut draft = draft_of(taxable());
    draft.totals.tax -= Money::from_cents(1);
    draft.totals.gross -= Money::from_cents(1);
    assert_eq!(check(&draft, &issue_as("RE-1")), [Finding::TotalsWrong]);
}

#[test]
fn less_than_invoiced_becomes_a_credit_with_positive_amounts() {
    let credit = corrected(6);
    assert_eq!(credit.draft.key.kind.type_code(), "381");
    assert_eq!(credit.draft.key.kind.preceding().unwrap().number, "RE-2026-10-000317");
    // 649 and 643 of 745 hours at 27.20: 23.70 is given back, 23.48 charged instead.
    let amounts: Vec<i64> = credit.draft.lines.iter().map(|line| line.charge.amount.cents()).collect();
    assert_eq!(amounts, [-2348, 2370]);
    assert_eq!(credit.draft.totals.gross.cents(), 22);
    for line in &credit.draft.lines {
        let product = line.charge.quantity * line.charge.unit_price.decimal();
        assert_eq!(Money::rounded(product), Ok(line.charge.amount), "each line recomputes");
    }
}

#[test]
fn more_than_invoiced_becomes_a_correction() {
    let more = corrected(-6);
    assert_eq!(more.draft.key.kind.type_code(), "384");
    // 649 and 655 of 745 hours at 27.20: 23.70 and 23.91.
    assert_eq!(more.draft.totals.net.cents(), 21);
}

#[test]
fn an_unchanged_month_needs_no_document_and_a_second_run_finds_nothing_left() {
    let original = monthly(not_taxable());
    let invoiced = signed_lines(&original);
    let rated = |more_hours_stopped| {
        machine_lines(more_hours_stopped).into_iter().chain(chatbot_lines()).collect::<Vec<_>>()
    };
    assert_eq!(correct(&original, &invoiced, &rated(0)), Ok(Correction::Nothing));
    for hours in [6, -6] {
        let so_far: Vec<_> = invoiced.iter().cloned().chain(signed_lines(&corrected(hours))).collect();
        assert_eq!(correct(&original, &so_far, &rated(hours)), Ok(Correction::Nothing));
        let Ok(Correction::Document(back)) = correct(&original, &so_far, &rated(0)) else {
            panic!("changed back")
        };
        assert_eq!(back.totals.net, corrected(hours).draft.totals.net);
        assert_ne!(back.key.kind.gives_back(), corrected(hours).draft.key.kind.gives_back());
    }
}

#[test]
fn an_amount_that_was_wrong_at_the_same_quantity_is_corrected() {
    let original = monthly(not_taxable());
    let now = signed_lines(&original);
    let mut invoiced = now.clone();
    invoiced[0].0.amount += Money::from_cents(100);
    let Ok(Correction::Document(back)) = correct(&original, &invoiced, &now) else {
        panic!("one euro too much")
    };
    assert_eq!((back.totals.net.cents(), back.key.kind.gives_back()), (100, true));
}

#[test]
fn a_reversal_copies_and_sums_to_nothing() {
    let original = monthly(taxable());
    let back = reverse(&original);
    assert_eq!(back.totals, original.draft.totals);
    assert_eq!(back.key.kind.type_code(), "381");
    assert!(issue(back, issue_as("RK-2026-10-000400")).is_ok());
}

#[test]
fn a_terminated_booking_gets_its_last_invoice_early() {
    let line = machine_lines(0).remove(1);
    let kind = DocumentKind::Final { booking: line.0.booking };
    let draft = group(october(), vec![billable(taxable(), kind, line.clone())]).unwrap().remove(0);
    assert_eq!(draft.period, line.0.service);
    assert_eq!(draft.key.kind.type_code(), "380");
}

#[test]
fn invoices_survive_json() {
    let invoice = corrected(6);
    let text = serde_json::to_string(&invoice).unwrap();
    assert_eq!(serde_json::from_str::<Invoice>(&text).unwrap(), invoice);
}
