//! The past of the demonstration: bookings that ran and ended, measured and invoiced, in the two months that are closed.
//!
//! Everything goes through the use-cases of people and operators, with the clock moved back; nothing is written past them.
//! The operator of the past is a part that this file plays: its key is thrown away and its enrolment revoked at the end, so
//! that the real operator of a location enrols as if it were the first.

use super::catalogue::{actor, plan_id};
use super::id;
use super::organisations::{budget_line_id, legal_basis_id};
use crate::app::App;
use crate::ports::clock::Clock;
use crate::ports::secrets::new_secret;
use crate::usecases::approvals::{self, Decide, Verdict};
use crate::usecases::orders::{self, PlaceOrder, Terminate};
use crate::usecases::{Error, Refusal, agent, locations, months, operator_keys, usage};
use anyhow::{Context, ensure};
use contract::kinds::postgresql::extensions::EVERY;
use contract::{
    Abilities, Capacity, Condition, ConditionStatus, ConditionType, CumulativeReading, Endpoint, Enrolment,
    ExposureClass, Heartbeat, Kind, MessageKey, Nature, Observation, ObservationBatch, PostgresqlVersion,
    PublicJwk, UsageBatch, UsageRecord,
};
use domain::ids::{BookingId, LocationId, OrderId, OrganisationId, PlanId};
use domain::placement::Demand;
use domain::policy::{Action, Actor, OperatorIdentity, Scope, authorize};
use domain::time::{Month, Period};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A provider with the people who act for it.
struct Side {
    provider: &'static str,
    platform: &'static str,
    /// Where the past happened.
    location: &'static str,
    bills: &'static str,
}

const SIDES: [Side; 2] = [
    Side {
        provider: "it-verbund",
        platform: "paul.seidel@it-verbund.example",
        location: "Beispielhausen",
        bills: "berta.franke@it-verbund.example",
    },
    Side {
        provider: "datenzentrale",
        platform: "deniz.koch@datenzentrale.example",
        location: "Musterregion",
        bills: "klara.busch@datenzentrale.example",
    },
];

/// A booking of the past.
struct Past {
    key: &'static str,
    provider: &'static str,
    offering: &'static str,
    plan: &'static str,
    organisation: &'static str,
    orders: &'static str,
    approves: &'static str,
    name: &'static str,
    why: &'static str,
    cost_centre: &'static str,
    budget_line: &'static str,
    begins: &'static str,
    ends: &'static str,
    parameters: fn() -> Value,
    /// Moment, epoch and value of the counter, if the offering has one.
    readings: &'static [(&'static str, i64, i64)],
}

const PAST: [Past; 4] = [
    Past {
        key: "demo-past-1",
        provider: "it-verbund",
        offering: "postgresql",
        plan: "m",
        organisation: "musterstadt",
        orders: "jana.probst@musterstadt.example",
        approves: "heike.sommer@musterstadt.example",
        name: "Baumkataster, Probebetrieb",
        why: "Probebetrieb des Baumkatasters vor der Einführung",
        cost_centre: "55110",
        budget_line: "55.1.10",
        begins: "2026-09-03T07:00:00Z",
        ends: "2026-10-20T14:00:00Z",
        parameters: || json!({"database": "baumkataster", "version": 15, "storage_gib": 20}),
        readings: &[],
    },
    Past {
        key: "demo-past-2",
        provider: "it-verbund",
        offering: "chatbot",
        plan: "standard",
        organisation: "musterstadt",
        orders: "murat.demir@musterstadt.example",
        approves: "tobias.krell@musterstadt.example",
        name: "Auskunft zur Wahl",
        why: "Fragen zur Briefwahl außerhalb der Öffnungszeiten",
        cost_centre: "12200",
        budget_line: "11.1.40",
        begins: "2026-09-10T08:00:00Z",
        ends: "2026-10-28T12:00:00Z",
        parameters: || json!({"label": "wahl", "admin_email": "murat.demir@musterstadt.example"}),
        readings: &[
            ("2026-09-20T10:00:00Z", 1, 840),
            ("2026-09-30T21:00:00Z", 1, 2_315),
            ("2026-10-15T10:00:00Z", 1, 4_102),
            ("2026-10-28T11:00:00Z", 1, 5_740),
        ],
    },
    Past {
        key: "demo-past-3",
        provider: "datenzentrale",
        offering: "postgresql",
        plan: "s",
        organisation: "mittelfeld",
        orders: "lea.hoffmann@mittelfeld.example",
        approves: "bernd.scholz@mittelfeld.example",
        name: "Friedhofsverwaltung, Umstellung",
        why: "Datenbank während der Umstellung des Verfahrens",
        cost_centre: "11140",
        budget_line: "11.1.40",
        begins: "2026-09-15T09:00:00Z",
        ends: "2026-10-30T10:00:00Z",
        parameters: || json!({"database": "friedhof", "version": 15, "storage_gib": 8}),
        readings: &[],
    },
    Past {
        key: "demo-past-4",
        provider: "datenzentrale",
        offering: "strassenlicht",
        plan: "standard",
        organisation: "mittelfeld",
        orders: "lea.hoffmann@mittelfeld.example",
        approves: "ines.weber@mittelfeld.example",
        name: "Straßenlicht Ortsteil Nord",
        why: "Versuch im Ortsteil Nord",
        cost_centre: "54110",
        budget_line: "11.1.40",
        begins: "2026-09-05T06:00:00Z",
        ends: "2026-10-15T16:00:00Z",
        parameters: || json!({"label": "licht", "admin_email": "lea.hoffmann@mittelfeld.example"}),
        readings: &[
            ("2026-09-06T04:00:00Z", 1, 12),
            ("2026-10-01T04:00:00Z", 2, 12),
            ("2026-10-10T04:00:00Z", 2, 14),
        ],
    },
];

const OPENED: &str = "2026-09-01T06:00:00Z";
/// When the months are closed: the month, and the moment at which its invoices are issued.
const CLOSED: [(i8, &str); 2] = [(9, "2026-10-02T07:00:00Z"), (10, "2026-11-02T08:00:00Z")];

/// Loads the past if it is over and not there. A location whose real operator is at work is left alone.
pub(super) async fn load(app: &App) -> anyhow::Result<()> {
    let over: Timestamp = "2026-11-02T09:00:00Z".parse()?;
    if app.clock.now() < over || is_there(app).await? {
        return Ok(());
    }
    let mut operators = BTreeMap::new();
    for side in &SIDES {
        let Some(who) = enrol(app, side).await? else {
            tracing::warn!(
                provider = side.provider,
                "a real operator is at work; the demonstration gets no past"
            );
            return Ok(());
        };
        operators.insert(side.provider, who);
    }
    for past in &PAST {
        let who = operators.get(past.provider).context("operator of the past")?;
        live(app, past, who).await.with_context(|| past.key.to_owned())?;
    }
    for (month, issued_at) in CLOSED {
        let then = at(app, issued_at)?;
        for side in &SIDES {
            let who = operators.get(side.provider).context("operator of the past")?;
            beat(&then, who, Some(Month::new(2026, month)?.period().to())).await?;
            let bills = actor(&then, side.bills).await?;
            let issued = months::issue(&then, &bills, Month::new(2026, month)?).await?;
            ensure!(!issued.is_empty(), "{} has nothing to invoice for month {month}", side.provider);
        }
    }
    for side in &SIDES {
        let then = at(app, "2026-11-02T08:30:00Z")?;
        let who = operators.get(side.provider).context("operator of the past")?;
        locations::revoke(&then, &actor(&then, side.platform).await?, who.location).await?;
    }
    Ok(())
}

/// The marketplace at another time.
fn at(app: &App, when: &str) -> anyhow::Result<App> {
    Ok(App { clock: Clock::frozen_at(when.parse()?), ..app.clone() })
}

fn later(app: &App, minutes: i64) -> App {
    App { clock: Clock::frozen_at(app.clock.now() + SignedDuration::from_mins(minutes)), ..app.clone() }
}

/// Whether the last invoice of the past was issued.
async fn is_there(app: &App) -> anyhow::Result<bool> {
    for side in &SIDES {
        let bills = actor(app, side.bills).await?;
        let picture = months::show(app, &bills, Month::new(2026, 10)?).await?;
        if picture.buyers.is_empty() || picture.state != months::State::Issued {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Enrols with a key whose private half nobody has. None if the location has an operator already.
async fn enrol(app: &App, side: &Side) -> anyhow::Result<Option<OperatorIdentity>> {
    let then = at(app, OPENED)?;
    let platform = actor(&then, side.platform).await?;
    let scope = authorize(&platform, Action::ViewLocations)?;
    let read = async |conn: &mut db::Conn| {
        let all = db::locations::list(conn, &scope).await?;
        let Some(found) = all.into_iter().find(|it| it.name == side.location) else { return Ok(None) };
        Ok::<_, Error>(Some(db::operators::get(conn, &scope, LocationId(found.id)).await?))
    };
    let row = then.db.read(&scope, read).await?.context(side.location)?;
    if row.enrolled_at.is_some_and(|enrolled| enrolled.to_jiff() > then.clock.now())
        && row.revoked_at.is_none()
    {
        return Ok(None);
    }
    let who =
        OperatorIdentity { location: LocationId(row.location_id), provider: OrganisationId(row.provider_id) };
    let code = locations::make_code(&then, &platform, who.location).await?.code;
    let key = PublicJwk { kty: "OKP".into(), crv: "Ed25519".into(), x: new_secret() };
    operator_keys::enrol(&then, Enrolment { code, key, operator_version: "demonstration".into() }).await?;
    beat(&then, &who, None).await?;
    Ok(Some(who))
}

async fn beat(then: &App, who: &OperatorIdentity, watermark: Option<Timestamp>) -> anyhow::Result<()> {
    let now = then.clock.now();
    let word = Heartbeat {
        epoch: 1,
        revision: 0,
        hash: String::new(),
        operator_version: "demonstration".into(),
        kubernetes_version: "demonstration".into(),
        abilities: Abilities {
            kinds: Kind::ALL.to_vec(),
            postgresql_versions: vec![PostgresqlVersion { major: 15, full: "15.14".into() }],
            postgresql_extensions: vec![EVERY.into()],
            postgresql_backups: true,
            exposures: vec![ExposureClass::ProviderNetwork],
            application_networks: true,
            application_settings: true,
            ..Abilities::default()
        },
        capacity: Capacity::default(),
        bookings: 0,
        watermark,
        at: now,
    };
    agent::beat(then, who, word, now).await?;
    Ok(())
}

/// One booking from its order to its end.
async fn live(app: &App, past: &Past, who: &OperatorIdentity) -> anyhow::Result<()> {
    let ordered = at(app, past.begins)?;
    // A location that was silent for a week takes no orders.
    beat(&ordered, who, None).await?;
    let orderer = actor(&ordered, past.orders).await?;
    let placed = orders::place(&ordered, &orderer, past.key, &wish(past)?, None).await?;
    approve(&later(&ordered, 45), past.approves, placed.id).await?;
    let scope = authorize(&orderer, Action::ViewOrders)?;
    let order = OrderId(placed.id);
    let (row, _) = ordered
        .db
        .read(&scope, async |conn: &mut db::Conn| Ok::<_, Error>(db::orders::get(conn, &scope, order).await?))
        .await?;
    let booking = BookingId(row.booking_id);
    let ready = later(&ordered, 49);
    observe(&ready, who, past, booking, 1, None).await?;

    let ending = at(app, past.ends)?;
    let end =
        Terminate { ends_on: None, justification: "Wird nicht mehr gebraucht".into(), delete_at_once: true };
    let ended =
        orders::place_termination(&ending, &orderer, &format!("{}-end", past.key), booking, &end).await?;
    approve(&later(&ending, 30), past.approves, ended.id).await?;
    let stop = stop_of(&ending, &orderer, booking).await?;
    measure(&later(&ending, 40), who, past, booking, (ready.clock.now(), stop), &row.parameters).await?;
    observe(&later(&ending, 41), who, past, booking, 2, Some(ready.clock.now())).await
}

fn wish(past: &Past) -> anyhow::Result<PlaceOrder> {
    let begins: Timestamp = past.begins.parse()?;
    Ok(PlaceOrder {
        offering: id(&format!("offering:{}:{}", past.provider, past.offering)),
        plan: Some(plan_id(past.provider, past.offering, past.plan)),
        name: past.name.to_owned(),
        parameters: (past.parameters)(),
        answers: json!({}),
        expected: BTreeMap::new(),
        cost_centre: past.cost_centre.to_owned(),
        account: "5431000".to_owned(),
        budget_line: Some(budget_line_id(past.organisation, 2026, past.budget_line)),
        legal_basis: Some(legal_basis_id(past.organisation, past.provider)),
        wished_on: Some(domain::time::berlin_day(begins)),
        ends_on: None,
        justification: past.why.to_owned(),
        demand: Demand::default(),
        location: None,
        takes_over: None,
    })
}

/// Approves in the name of this demo person.
pub(super) async fn approve(then: &App, approves: &str, order: Uuid) -> anyhow::Result<()> {
    let approver = actor(then, approves).await?;
    let cmd = Decide { decision: Verdict::Approve, reason: String::new() };
    match approvals::decide(then, &approver, OrderId(order), &cmd, "").await {
        Ok(_) => Ok(()),
        // Loading was interrupted before; what was decided then stays.
        Err(Error::Refused(Refusal { code, .. })) if code == "order-already-decided" => Ok(()),
        Err(other) => Err(other.into()),
    }
}

async fn stop_of(then: &App, orderer: &Actor, booking: BookingId) -> anyhow::Result<Timestamp> {
    let scope = authorize(orderer, Action::ViewBookings)?;
    let row = then
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::bookings::get(conn, &scope, booking).await?)
        })
        .await?;
    Ok(row.ends_at.context("a terminated booking has an end")?.to_jiff())
}

/// Reports that it runs, or that everything is gone.
async fn observe(
    then: &App,
    who: &OperatorIdentity,
    past: &Past,
    booking: BookingId,
    generation: i64,
    was_ready: Option<Timestamp>,
) -> anyhow::Result<()> {
    let now = then.clock.now();
    let gone = was_ready.is_some();
    let said = |kind, key, reason: &str| Condition {
        r#type: kind,
        status: if gone && kind == ConditionType::Ready {
            ConditionStatus::False
        } else {
            ConditionStatus::True
        },
        reason: reason.to_owned(),
        message_key: key,
        message_args: BTreeMap::new(),
        since: now,
    };
    let ready = if gone { MessageKey::Gone } else { MessageKey::Ready };
    let word = Observation {
        booking: booking.0,
        generation,
        conditions: vec![
            said(ConditionType::Accepted, MessageKey::Accepted, "Accepted"),
            said(ConditionType::Applied, MessageKey::Applied, "Applied"),
            said(ConditionType::Ready, ready, if gone { "Gone" } else { "Ready" }),
            said(ConditionType::Metered, MessageKey::Metered, "Metered"),
        ],
        endpoints: if gone { Vec::new() } else { vec![endpoint(past)] },
        first_ready: Some(was_ready.unwrap_or(now)),
        in_effect: None,
        recoverable: None,
        restored: None,
        repairs: Vec::new(),
        seen_at: now,
        gone: gone.then_some(now),
    };
    agent::observe(then, who, ObservationBatch { epoch: 1, observations: vec![word] }).await?;
    Ok(())
}

fn endpoint(past: &Past) -> Endpoint {
    let database = past.offering == "postgresql";
    let host = format!("{}.{}.example", past.key, past.provider);
    Endpoint {
        name: if database { "postgresql" } else { "web" }.to_owned(),
        port: if database { 5432 } else { 443 },
        address: None,
        url: (!database).then(|| format!("https://{host}/")),
        host,
    }
}

/// Sends what was held and counted, as an operator would at the end.
async fn measure(
    then: &App,
    who: &OperatorIdentity,
    past: &Past,
    booking: BookingId,
    (from, to): (Timestamp, Timestamp),
    parameters: &Value,
) -> anyhow::Result<()> {
    let plan = PlanId(plan_id(past.provider, past.offering, past.plan));
    let scope = Scope::system("demonstration data read a plan");
    let settings = then
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::bookings::get_plan_settings(conn, plan).await?)
        })
        .await?;
    let kind = if past.offering == "postgresql" { Kind::Postgresql } else { Kind::Application };
    let sizes = kind.sizes(&settings, parameters).map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
    let mut batch = UsageBatch::default();
    let days = Period::new(from, to)?.days();
    for (meter, amount) in sizes.into_iter().filter(|(meter, _)| meter.nature() == Nature::Allocation) {
        for (_, part) in &days {
            let (from, to) = (part.from(), part.to());
            batch.records.push(UsageRecord { booking: booking.0, meter, seq: 0, from, to, amount, epoch: 1 });
        }
    }
    for counter in kind.counters(&settings) {
        for (when, epoch, value) in past.readings {
            batch.readings.push(CumulativeReading {
                booking: booking.0,
                meter: counter.meter,
                uid: format!("{}-{booking}", counter.meter.code()),
                epoch: *epoch,
                value: *value,
                at: when.parse()?,
            });
        }
    }
    let answers = usage::accept(then, who, batch).await?;
    let open = answers.records.iter().chain(&answers.readings).find(|answer| !answer.settles());
    ensure!(open.is_none(), "usage of the past is refused: {open:?}");
    Ok(())
}
