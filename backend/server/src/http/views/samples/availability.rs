//! Invented data: availability, maintenance, offers side by side.

use super::offerings::provider;
use super::{amount, at, day, id, orders};
use crate::http::views::availability::{
    AvailabilityView, MaintenanceListView, MaintenanceView, NoticeView, PromiseView, SecondsView, StretchView,
};
use crate::http::views::compare::{CompareView, ComparedBasis, ComparedOffer, ComparedPlan, MeasuredView};
use crate::http::views::offerings::Protection;
use crate::http::views::placement::{PlaceForm, PlacementRow};
use crate::http::views::schema_form;
use crate::http::views::text::Text;

/// A month with every kind of time, or one without anything to tell.
#[must_use]
pub fn month(outcome: Option<&str>) -> AvailabilityView {
    let told = outcome.is_some();
    let stretch = |kind: &str, from: &str, until: &str, open: bool| StretchView {
        kind: kind.to_owned(),
        from: at(from),
        until: at(until),
        seconds: 5_400,
        open,
        reason: (kind == "interrupted")
            .then(|| Text::new("engine-down").with("detail", "–").with("object", "–")),
    };
    AvailabilityView {
        booking: id(50),
        number: "BU-2026-0007".to_owned(),
        name: "Baumkataster, Datenbank".to_owned(),
        month: "2026-10".to_owned(),
        over: told,
        promised: told.then(|| PromiseView { percent: amount("99.5"), lead_hours: 72 }),
        percent: told.then(|| amount("99.799")),
        at_least: told.then(|| amount("99.598")),
        outcome: outcome.map(str::to_owned),
        seconds: SecondsView {
            available: 2_671_200,
            interrupted: 5_400,
            maintenance: 0,
            unknown: if told { 5_400 } else { 2_682_000 },
            not_counted: 0,
        },
        interruptions: if told {
            vec![
                stretch("interrupted", "2026-10-05T10:00:00Z", "2026-10-05T11:30:00Z", false),
                stretch("maintenance", "2026-10-12T20:00:00Z", "2026-10-12T21:30:00Z", false),
                stretch("unknown", "2026-10-31T21:30:00Z", "2026-10-31T23:00:00Z", true),
            ]
        } else {
            Vec::new()
        },
        maintenance: if told {
            ["announced", "shortened", "withdrawn"].map(window).to_vec()
        } else {
            Vec::new()
        },
        months: vec!["2026-11".to_owned(), "2026-10".to_owned()],
    }
}

/// A window whose last word is this one.
#[must_use]
pub fn window(state: &str) -> MaintenanceView {
    let notice = |what: &str| NoticeView {
        what: what.to_owned(),
        from: at("2026-12-05T20:00:00Z"),
        until: at("2026-12-05T23:00:00Z"),
        reason: "Neue Netzgeräte; Verbindungen brechen kurz ab.".to_owned(),
        said_at: at("2026-11-24T09:00:00Z"),
    };
    let mut history = vec![notice("announced")];
    history.extend((state != "announced").then(|| notice(state)));
    MaintenanceView {
        id: id(70),
        from: at("2026-12-05T20:00:00Z"),
        until: at("2026-12-05T23:00:00Z"),
        reason: "Neue Netzgeräte; Verbindungen brechen kurz ab.".to_owned(),
        announced_at: at("2026-11-24T09:00:00Z"),
        agreed: Some(state != "shortened"),
        state: state.to_owned(),
        begun: state == "shortened",
        over: false,
        history,
    }
}

#[must_use]
pub fn maintenance(filled: bool) -> MaintenanceListView {
    MaintenanceListView {
        location: id(60),
        name: "Beispielhausen".to_owned(),
        may_manage: filled,
        bookings: if filled { 12 } else { 0 },
        customers: if filled { 4 } else { 0 },
        lead_hours: 72,
        earliest_agreed: at("2026-11-27T09:00:00Z"),
        windows: if filled {
            ["announced", "shortened", "withdrawn"].map(window).to_vec()
        } else {
            Vec::new()
        },
    }
}

/// One offer, or one of which there is nothing good to tell.
fn offer(number: u128, monthly: &str, may_order: bool, visitor: bool) -> ComparedOffer {
    ComparedOffer {
        id: id(number),
        version: 1,
        provider: provider(),
        plan: Some(id(11)),
        monthly_net: may_order.then(|| amount(monthly)),
        once_net: may_order.then(|| amount("120.00")),
        total: may_order.then(|| amount("2784.60")),
        protection: Protection { confidentiality: 2, integrity: 2, availability: 1 },
        promised: may_order.then(|| amount("99.9")),
        measured: may_order.then(|| MeasuredView {
            percent: amount("99.97"),
            at_least: amount("99.91"),
            months: 3,
            bookings: 42,
        }),
        keep_days: if may_order { 30 } else { 0 },
        legal_basis: may_order.then(|| ComparedBasis {
            title: "Inhouse-Vergabe, § 108 Abs. 4 GWB".to_owned(),
            valid_until: Some(day("2028-12-31")),
        }),
        places: orders::placement().rows,
        may_order: may_order && !visitor,
        why_not: if may_order {
            Vec::new()
        } else {
            ["authority", "role", "no-legal-basis", "size", "place"].map(Text::new).to_vec()
        },
    }
}

/// What whoever has not signed in reads about locations that cannot take an order.
fn concealed() -> Vec<PlacementRow> {
    let mut rows = orders::placement().rows;
    for row in rows.iter_mut().filter(|row| row.outcome == "left-out") {
        row.reasons = ["silent", "full-vcpu", "full-memory"].map(Text::new).to_vec();
    }
    rows
}

/// Three offers that differ in everything, or one for a visitor.
#[must_use]
pub fn compare(visitor: bool) -> CompareView {
    let plan = |code: &str| ComparedPlan {
        code: code.to_owned(),
        title: format!("Einzelknoten {code}"),
        summary: "4 vCPU, 16 GiB".to_owned(),
    };
    let rows = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    CompareView {
        product: "postgresql".to_owned(),
        title: "Datenbank PostgreSQL".to_owned(),
        summary: "Datenbank zur Miete".to_owned(),
        kind: "postgresql".to_owned(),
        organisation: (!visitor).then(|| "Musterstadt".to_owned()),
        plans: if visitor { vec![plan("s")] } else { vec![plan("s"), plan("m")] },
        plan: "s".to_owned(),
        fields: schema_form::fields(&super::offerings::schema(), "parameters").into_iter().take(1).collect(),
        place: PlaceForm {
            needs: ["normal", "high", "very-high"].map(str::to_owned).to_vec(),
            lands: Vec::new(),
            certificates: vec!["c5-type-1".to_owned()],
            rows: if visitor { concealed() } else { Vec::new() },
            by_people: false,
        },
        months: 12,
        as_of: at("2026-11-24T09:00:00Z"),
        offers: if visitor {
            vec![offer(10, "195.00", true, visitor)]
        } else {
            vec![
                offer(10, "195.00", true, visitor),
                offer(12, "193.20", true, visitor),
                offer(13, "", false, visitor),
            ]
        },
        different: if visitor {
            Vec::new()
        } else {
            rows(&[
                "monthly",
                "total",
                "place",
                "protection",
                "certificates",
                "promised",
                "measured",
                "keep-days",
            ])
        },
        same: if visitor {
            rows(&["monthly", "total", "place", "keep-days", "legal-basis", "order"])
        } else {
            rows(&["legal-basis", "order"])
        },
    }
}
