//! Invented charges and parties for the tests of invoices and exports.

use contract::Meter;
use jiff::Timestamp;
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::*;
use crate::ids::{ComponentId, PriceId};
use crate::rating::{Component, Counted, Held, Measure, Per, Price, PriceModel, Rateable, Seen, Unit, rate};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn october() -> Month {
    Month::new(2026, 10).unwrap()
}

pub(crate) fn seller() -> Seller {
    Seller {
        organisation: OrganisationId(Uuid::from_u128(17)),
        number: "ANB-17".into(),
        name: "IT-Verbund Beispielland AöR".into(),
        street: "Serverallee 3".into(),
        post_code: "99001".into(),
        city: "Beispielheim".into(),
        country: "DE".into(),
        vat_id: Some("DE999999999".into()),
        tax_number: Some("151/000/00000".into()),
        contact_name: "Team Abrechnung".into(),
        phone: "+49 361 000000".into(),
        email: "rechnung@it-verbund.example".into(),
        endpoint: Endpoint { scheme: "EM".into(), address: "rechnung@it-verbund.example".into() },
        iban: "DE93 9999 9999 0000 0000 01".into(),
    }
}

pub(crate) fn buyer() -> Buyer {
    Buyer {
        organisation: OrganisationId(Uuid::from_u128(21)),
        name: "Stadt Musterstadt".into(),
        unit: Some("Grünflächenamt".into()),
        street: "Musterplatz 1".into(),
        post_code: "99999".into(),
        city: "Musterstadt".into(),
        country: "DE".into(),
        leitweg: Some("06999000-MUSTERSTADT-76".parse().unwrap()),
        endpoint: None,
    }
}

pub(crate) fn taxable() -> VatTreatment {
    VatTreatment::Taxable { rate_percent: Decimal::from(19) }
}

pub(crate) fn not_taxable() -> VatTreatment {
    VatTreatment::NotTaxable { reason: "Nicht steuerbar nach § 2b UStG".into() }
}

pub(crate) fn exempt() -> VatTreatment {
    VatTreatment::Exempt { code: "VATEX-EU-132-1F".into(), reason: "Steuerfrei nach § 4 Nr. 29 UStG".into() }
}

/// Rates one component of a booking in October 2026.
fn charge(booking: u128, component: u128, measure: Measure, model: PriceModel, seen: &Seen) -> Charge {
    let component = Component { id: ComponentId(Uuid::from_u128(component)), measure };
    let id = PriceId(component.id.0);
    let prices = [Price { id, valid_from: at("2026-01-01T00:00:00Z"), valid_to: None, model }];
    let booking = BookingId(Uuid::from_u128(booking));
    let of = Rateable { booking, component: &component, prices: &prices, seen, cuts: &[] };
    rate(october(), &of).unwrap().remove(0)
}

fn held(from: &str, to: &str, amount: i64) -> Held {
    Held { period: Period::new(at(from), at(to)).unwrap(), amount }
}

fn whole(amount: i64) -> Seen {
    Seen::Held(vec![Held { period: october().period(), amount }])
}

fn text(name: &str, booking: &str, rank: u32) -> LineText {
    LineText {
        name: name.into(),
        item_number: name.split(':').next().unwrap().into(),
        booking_number: booking.into(),
        order_number: booking.replace("BU", "BE"),
        cost_centre: "1020-440".into(),
        account: "5431700".into(),
        rank,
    }
}

/// A virtual machine that stood still for four days, given the hours that it stood still in addition.
pub(crate) fn machine_lines(more_hours_stopped: i64) -> Vec<(Charge, LineText)> {
    let stop = at("2026-10-09T22:00:00Z");
    let stop = Timestamp::from_second(stop.as_second() - more_hours_stopped * 3600).unwrap().to_string();
    let price = "27.20".parse().unwrap();
    let running = Seen::Held(vec![
        held("2026-09-30T22:00:00Z", &stop, 1),
        held(&stop, "2026-10-13T22:00:00Z", 0),
        held("2026-10-13T22:00:00Z", "2026-10-31T23:00:00Z", 1),
    ]);
    let model = PriceModel::PerUnit { price, unit: Unit::Piece, per: Per::Month };
    let compute = charge(31, 1, Measure::Meter(Meter::Instance), model, &running);
    let model = PriceModel::PerUnit { price: "0.12".parse().unwrap(), unit: Unit::Gibibyte, per: Per::Month };
    let disk = charge(31, 2, Measure::Meter(Meter::Storage), model, &whole(40 * 1024));
    vec![
        (compute, text("Virtuelle Maschine Linux, M: Rechenleistung", "BU-2026-0031", 1)),
        (disk, text("Virtuelle Maschine Linux, M: Festplatte", "BU-2026-0031", 2)),
    ]
}

/// A chatbot by the hour, its conversations per thousand, and its set-up fee.
pub(crate) fn chatbot_lines() -> Vec<(Charge, LineText)> {
    let model = PriceModel::Flat { price: "0.04567".parse().unwrap(), per: Per::Hour };
    let hosting = charge(
        88,
        3,
        Measure::Flat,
        model,
        &Seen::Held(vec![held("2026-10-14T22:00:00Z", "2026-10-31T23:00:00Z", 1)]),
    );
    let model = PriceModel::Consumption { price: "4.50".parse().unwrap(), each: 1000 };
    let read = Period::new(at("2026-10-14T22:00:00Z"), at("2026-10-31T23:00:00Z")).unwrap();
    let counted = Seen::Counted(vec![Counted { period: read, count: 2345 }]);
    let conversations = charge(88, 4, Measure::Meter(Meter::Conversations), model, &counted);
    let model = PriceModel::OneTime { price: "250".parse().unwrap() };
    let fee = charge(88, 5, Measure::Once, model, &Seen::Due(Some(at("2026-10-14T22:00:00Z"))));
    vec![
        (hosting, text("Bürgerservice-Chatbot: Betrieb", "BU-2026-0088", 1)),
        (conversations, text("Bürgerservice-Chatbot: Gespräche", "BU-2026-0088", 2)),
        (fee, text("Bürgerservice-Chatbot: Einrichtung", "BU-2026-0088", 3)),
    ]
}

pub(crate) fn billable(
    vat: VatTreatment,
    kind: DocumentKind,
    (charge, text): (Charge, LineText),
) -> Billable {
    Billable {
        provider: seller().organisation,
        buyer: buyer().organisation,
        leitweg: buyer().leitweg,
        vat,
        kind,
        charge,
        text,
    }
}

pub(crate) fn issue_as(number: &str) -> Issue {
    Issue {
        number: number.into(),
        issued_on: "2026-11-03".parse().unwrap(),
        terms_days: TERMS_DAYS,
        seller: seller(),
        buyer: buyer(),
        evidence: vec!["b".repeat(64), "a".repeat(64)],
    }
}

/// The October invoice of both services, taxed as given.
pub(crate) fn monthly(vat: VatTreatment) -> Invoice {
    let billables = machine_lines(0)
        .into_iter()
        .chain(chatbot_lines())
        .map(|line| billable(vat.clone(), DocumentKind::Monthly, line))
        .collect();
    let draft = group(october(), billables).unwrap().remove(0);
    let number = number(&draft.key.kind, october(), 317);
    issue(draft, issue_as(&number)).unwrap()
}

/// The correction after a late record: the machine stood still for six hours more, or ran six hours more.
pub(crate) fn corrected(more_hours_stopped: i64) -> Invoice {
    let original = monthly(not_taxable());
    let now: Vec<_> = machine_lines(more_hours_stopped).into_iter().chain(chatbot_lines()).collect();
    let Correction::Document(draft) = correct(&original, &signed_lines(&original), &now).unwrap() else {
        panic!("something changed")
    };
    let number = number(&draft.key.kind, october(), 318);
    issue(*draft, issue_as(&number)).unwrap()
}

/// Seconds after the start of October, length in seconds, size, price in hundred-thousandths of a euro, and which model.
pub(crate) type RandomPart = (i64, i64, i64, i64, u8);

pub(crate) fn random_part() -> impl Strategy<Value = RandomPart> {
    (0..2_600_000_i64, 1..3_000_000_i64, 0..100_000_i64, 0..500_000_000_i64, 0..6_u8)
}

/// An invoice of random components; nothing if none of them cost anything.
pub(crate) fn random_invoice(vat: VatTreatment, parts: &[RandomPart]) -> Option<Invoice> {
    let start = october().period().from().as_second();
    let lines = (0..).zip(parts).filter_map(|(n, (offset, length, size, price, model))| {
        let second = |s: i64| Timestamp::from_second(start + s).unwrap();
        let period = Period::new(second(*offset), second((offset + length).min(2_682_000))).unwrap();
        let price = crate::money::UnitPrice::new(Decimal::new(*price, 5)).unwrap();
        let held = Seen::Held(vec![Held { period, amount: *size }]);
        let (measure, model, seen) = match model {
            0 => (
                Measure::Meter(Meter::Vcpu),
                PriceModel::PerUnit { price, unit: Unit::Vcpu, per: Per::Month },
                held,
            ),
            1 => (
                Measure::Meter(Meter::Memory),
                PriceModel::PerUnit { price, unit: Unit::Gibibyte, per: Per::Hour },
                held,
            ),
            2 => (Measure::Flat, PriceModel::Flat { price, per: Per::Year }, held),
            3 => (Measure::Flat, PriceModel::Flat { price, per: Per::Month }, held),
            4 => {
                let counted = Seen::Counted(vec![Counted { period, count: *size }]);
                (Measure::Meter(Meter::Lamps), PriceModel::Consumption { price, each: 1000 }, counted)
            }
            _ => (Measure::Once, PriceModel::OneTime { price }, Seen::Due(Some(period.from()))),
        };
        let component = Component { id: ComponentId(Uuid::from_u128(n)), measure };
        let id = PriceId(component.id.0);
        let prices = [Price { id, valid_from: at("2026-01-01T00:00:00Z"), valid_to: None, model }];
        let booking = BookingId(Uuid::from_u128(n));
        let of = Rateable { booking, component: &component, prices: &prices, seen: &seen, cuts: &[] };
        let charge = rate(october(), &of).unwrap().pop()?;
        Some(billable(
            vat.clone(),
            DocumentKind::Monthly,
            (charge, text("Zufall: Teil", &format!("BU-2026-{n:04}"), 1)),
        ))
    });
    let draft = group(october(), lines.collect()).unwrap().pop()?;
    let number = number(&draft.key.kind, october(), 500);
    Some(issue(draft, issue_as(&number)).unwrap())
}
