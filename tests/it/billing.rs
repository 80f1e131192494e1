//! Bookings of the past for the stories of usage and months: rows for what other stories prove, usage only by the use-case.

use contract::{CumulativeReading, Kind, Meter, Nature, UsageBatch, UsageRecord};
use db::invoices::InvoiceRow;
use domain::ids::{LocationId, OrganisationId};
use domain::policy::{Actor, OperatorIdentity};
use domain::time::{Month, Period};
use jiff::Timestamp;
use server::usecases::{Error, months, usage};
use std::path::PathBuf;
use tests::TestApp;
use tests::world::id;
use uuid::Uuid;

/// Who issues invoices at Beispielland.
pub(crate) const BILLS: &str = "berta@beispielland.example";
/// Midnight in Berlin after 31 October 2026.
pub(crate) const OVER: &str = "2026-10-31T23:00:00Z";

/// The month of the stories; its clocks change.
pub(crate) fn october() -> Month {
    Month::new(2026, 10).unwrap()
}

/// Binds money for the order of a booking of Mittelfeld, as an approval would.
pub(crate) async fn bind(app: &TestApp, booked: &Booked, amount: &str) {
    let sql = format!(
        "insert into commitments (id, organisation_id, budget_line_id, order_id, amount, reserved_at, confirmed_at)
         select gen_random_uuid(), organisation_id, budget_line_id, order_id, {amount}, '2026-10-01', '2026-10-02'
         from booking_customer_private where booking_id = '{}'",
        booked.id
    );
    app.owner_sql(&sql).await.unwrap();
}

/// What is booked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// PostgreSQL of Beispielland: 27.20 € per month, 0.35 € per GiB·month.
    Postgresql {
        /// Ordered storage.
        storage_gib: i64,
    },
    /// Chatbot of Beispielland: 190 € per month, 12.50 € per 1,000 conversations, 250 € once.
    Chatbot,
}

/// A booking that was ordered, approved and became ready.
pub(crate) struct Booked {
    /// Its id.
    pub(crate) id: Uuid,
    /// What it is.
    pub(crate) what: What,
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The operator of Beispielland.
pub(crate) fn operator() -> OperatorIdentity {
    OperatorIdentity {
        location: LocationId(id::LOCATION.parse().unwrap()),
        provider: OrganisationId(id::BEISPIELLAND.parse().unwrap()),
    }
}

/// Puts a booking there: number, customer (`mittelfeld` or `kleindorf`), from when it was ready, and until when.
pub(crate) async fn book(
    app: &TestApp,
    number: u32,
    customer: &str,
    what: What,
    ready: &str,
    end: Option<&str>,
) -> Booked {
    let (offering, version, plan, kind, parameters) = match what {
        What::Postgresql { storage_gib } => (
            id::POSTGRESQL,
            "00000000-0000-7000-8000-000000000411",
            id::POSTGRESQL_PLAN,
            "postgresql",
            format!(r#"{{"database": "fachverfahren", "version": 15, "storage_gib": {storage_gib}}}"#),
        ),
        What::Chatbot => (
            id::CHATBOT,
            "00000000-0000-7000-8000-000000000412",
            id::CHATBOT_PLAN,
            "application",
            r#"{"label": "auskunft", "admin_email": "it@mittelfeld.example"}"#.to_owned(),
        ),
    };
    let (location, provider) = (id::LOCATION, id::BEISPIELLAND);
    // Fixed ids, so that the same story gives the same invoice to the byte, today and tomorrow.
    let customer_digit = u128::from(customer == "kleindorf");
    let booking = Uuid::from_u128(0x7000_8000_0000_0000_0000 + customer_digit * 0x10000 + u128::from(number));
    let order = Uuid::from_u128(booking.as_u128() + 0x1000_0000);
    let ends = end.map_or("null".to_owned(), |end| format!("'{end}'"));
    let wanted = if end.is_some() { "absent" } else { "present" };
    let sql = format!(
        "insert into orders (id, organisation_id, number, kind, name, booking_id, provider_id, version_id, plan_id,
            location_id, parameters, answers, unit_id, cost_centre, account, budget_line_id, legal_basis_id, wished_at,
            justification, monthly_amount, committed_amount, estimate, requested_by, requested_at, decide_by,
            idempotency_key, request_hash)
         select '{order}', o.id, 'BE-2026-{number:04}', 'create', 'Verfahren {number}', '{booking}', '{provider}',
            '{version}', '{plan}', '{location}', '{parameters}', '{{}}', u.id, c.code, '5431000', b.id, l.id, '{ready}',
            'Test', 0, 0, '{{}}', p.id, '{ready}', '{ready}', '{booking}', 'x'
         from organisations o join units u on u.organisation_id = o.id join cost_centres c on c.organisation_id = o.id
            join budget_lines b on b.organisation_id = o.id join legal_bases l on l.organisation_id = o.id
            join people p on p.organisation_id = o.id and p.email like 'jana@%'
         where o.slug = '{customer}';
         insert into bookings (id, number, organisation_id, provider_id, location_id, offering_id, version_id, plan_id, kind,
            name, parameters, exposure, generation, revision, wanted, wished_start_at, ends_at, created_at)
         select '{booking}', 'BU-2026-{number:04}', o.id, '{provider}', '{location}', '{offering}', '{version}', '{plan}',
            '{kind}', 'Verfahren {number}', '{parameters}', '{{\"class\": \"cluster\"}}', 1, {number}, '{wanted}', '{ready}',
            {ends}, '{ready}'
         from organisations o where o.slug = '{customer}';
         insert into booking_terms (booking_id, generation, organisation_id, provider_id, version_id, plan_id, parameters,
            agreed_at, counts_from)
         select id, 1, organisation_id, provider_id, version_id, plan_id, parameters, created_at, 'agreement'
         from bookings where id = '{booking}';
         insert into booking_customer_private (booking_id, organisation_id, unit_id, cost_centre, account, budget_line_id,
            legal_basis_id, order_id)
         select booking_id, organisation_id, unit_id, cost_centre, account, budget_line_id, legal_basis_id, id
         from orders where id = '{order}';
         insert into booking_assignments (booking_id, position, organisation_id, begins_at, unit_id, cost_centre, account,
            budget_line_id, order_id, paid_by, agreed_at)
         select booking_id, 1, organisation_id, requested_at, unit_id, cost_centre, account, budget_line_id, id, id, requested_at
         from orders where id = '{order}';
         insert into booking_observations (booking_id, organisation_id, provider_id, generation, conditions, endpoints,
            ready_at, gone_at, observed_at)
         select id, organisation_id, provider_id, 1, '[]', '[]', '{ready}', {ends}, '{ready}' from bookings where id = '{booking}';",
    );
    app.owner_sql(&sql).await.unwrap();
    Booked { id: booking, what }
}

/// The operator of Beispielland has reported everything up to here.
pub(crate) async fn complete_up_to(app: &TestApp, to: &str) {
    let sql = format!("update operators set watermark_at = '{to}' where location_id = '{}'", id::LOCATION);
    app.owner_sql(&sql).await.unwrap();
}

/// What an operator reports of a PostgreSQL booking that stood unchanged: one record per meter and Berlin day.
pub(crate) fn records(booked: &Booked, from: &str, to: &str) -> Vec<UsageRecord> {
    let (kind, storage) = match booked.what {
        What::Postgresql { storage_gib } => (Kind::Postgresql, storage_gib * 1024),
        What::Chatbot => (Kind::Application, 1024),
    };
    let days = Period::new(at(from), at(to)).unwrap().days();
    let meters = kind.meters().iter().copied().filter(|meter| meter.nature() == Nature::Allocation);
    meters
        .flat_map(|meter| {
            let amount = match meter {
                Meter::Storage => storage,
                Meter::Vcpu => 500,
                Meter::Memory => 512,
                _ => 1,
            };
            days.iter().map(move |(_, part)| UsageRecord {
                booking: booked.id,
                meter,
                seq: 0,
                from: part.from(),
                to: part.to(),
                amount,
                epoch: 1,
            })
        })
        .collect()
}

/// A reading of the conversations.
pub(crate) fn reading(booked: &Booked, when: &str, value: i64) -> CumulativeReading {
    CumulativeReading {
        booking: booked.id,
        meter: Meter::Conversations,
        uid: "conversations-0".to_owned(),
        epoch: 1,
        value,
        at: at(when),
    }
}

/// Sends everything in batches, all of which must be accepted.
pub(crate) async fn report(app: &TestApp, records: Vec<UsageRecord>, readings: Vec<CumulativeReading>) {
    for batch in records.chunks(1000) {
        let batch = UsageBatch { records: batch.to_vec(), readings: Vec::new() };
        let answers = usage::accept(&app.app, &operator(), batch).await.unwrap();
        assert!(answers.records.iter().all(|answer| *answer == contract::Answer::Accepted), "{answers:?}");
    }
    let batch = UsageBatch { records: Vec::new(), readings };
    let answers = usage::accept(&app.app, &operator(), batch).await.unwrap();
    assert!(answers.readings.iter().all(|answer| *answer == contract::Answer::Accepted), "{answers:?}");
}

/// Issues a month and keeps every document for the validator.
pub(crate) async fn issue(app: &TestApp, actor: &Actor, month: Month) -> Result<Vec<InvoiceRow>, Error> {
    let issued = months::issue(&app.app, actor, month).await?;
    for row in &issued {
        keep(app, &row.number, &row.xml);
    }
    Ok(issued)
}

/// Keeps an XRechnung for the independent validator, which judges all of them at the end of `make test`.
pub(crate) fn keep(app: &TestApp, name: &str, xml: &[u8]) {
    let folder = std::env::var_os("WOLKENAMT_TEST_OUTPUT")
        .map_or_else(|| tests::app::repository().join("target/invoices"), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{}-{name}.xml", app.db.name)), xml).unwrap();
}
