//! Locations of a provider: where its clusters are, how their operators enrol, what they last said.

mod profile;

pub use profile::{StateProfile, state_profile};

use crate::app::App;
use crate::http::views::bookings::BookingPhase;
use crate::http::views::provider::{
    BrokerRow, CapacityRow, EnrolmentCode, LocationBooking, LocationListView, LocationRow, LocationState,
    LocationView, ProfileView,
};
use crate::http::views::text::{Bearing, Check, Text};
use crate::ports::secrets::{hash, new_id, new_secret};
use crate::usecases::words::{fitting, may_say};
use crate::usecases::{Error, Refusal, agent, bookings, record};
use contract::{Abilities, Heartbeat, Kind, PublicJwk};
use db::locations::LocationRow as Stored;
use db::operators::OperatorRow;
use domain::booking::SILENCE;
use domain::ids::LocationId;
use domain::order::Finding;
use domain::policy::{Action, Actor, Scope, authorize};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// A one-time code can be used for this long.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_hours(1);
const NAME_MAX: usize = 80;

/// The sixteen Länder with their keys (first two digits of the ARS).
const LAENDER: [(&str, &str); 16] = [
    ("01", "Schleswig-Holstein"),
    ("02", "Hamburg"),
    ("03", "Niedersachsen"),
    ("04", "Bremen"),
    ("05", "Nordrhein-Westfalen"),
    ("06", "Hessen"),
    ("07", "Rheinland-Pfalz"),
    ("08", "Baden-Württemberg"),
    ("09", "Bayern"),
    ("10", "Saarland"),
    ("11", "Berlin"),
    ("12", "Brandenburg"),
    ("13", "Mecklenburg-Vorpommern"),
    ("14", "Sachsen"),
    ("15", "Sachsen-Anhalt"),
    ("16", "Thüringen"),
];

/// The wish for a new location.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateLocation {
    /// What it is called in offerings and bookings.
    pub name: String,
    /// Town and Land, such as "Beispielhausen, Hessen"; the part after the last comma names the Land.
    pub place: String,
}

/// Adds a location. Its operator still has to enrol.
pub async fn create(app: &App, actor: &Actor, cmd: CreateLocation) -> Result<LocationId, Error> {
    let scope = authorize(actor, Action::ManageLocations)?;
    let now = app.clock.now();
    let name = cmd.name.trim();
    let land = land_of(&cmd.place);
    let mut findings = Vec::new();
    if !(1..=NAME_MAX).contains(&name.chars().count()) || code_of(name).len() < 2 {
        findings.push(Finding::new("/name", "location-name").with("max", NAME_MAX));
    }
    if land.is_none() {
        findings.push(Finding::new("/place", "location-place"));
    }
    let (Some(land), true) = (land, findings.is_empty()) else {
        return Err(Refusal::fields(findings).into());
    };
    let row = Stored {
        id: new_id(),
        provider_id: actor.organisation.0,
        code: code_of(name),
        name: name.to_owned(),
        land: land.to_owned(),
        created_at: now.into(),
    };
    let operator = OperatorRow {
        location_id: row.id,
        provider_id: row.provider_id,
        enrolment_code_hash: None,
        enrolment_expires_at: None,
        enrolment_used_at: None,
        public_key: None,
        former_key: None,
        former_key_ends_at: None,
        enrolled_at: None,
        revoked_at: None,
        epoch: 1,
        heartbeat: None,
        heartbeat_at: None,
        watermark_at: None,
    };
    let made = app
        .db
        .write(&scope, async |conn: &mut db::Conn| {
            db::locations::insert(conn, &row).await?;
            db::operators::insert(conn, &operator).await?;
            let detail = json!({"event": "created", "name": row.name, "land": row.land});
            let subject = format!("location:{}", row.id);
            Ok::<_, db::Error>((
                row.id,
                record::by_person(actor, Action::ManageLocations, subject, detail, now),
            ))
        })
        .await;
    match made {
        Ok(id) => Ok(LocationId(id)),
        Err(db::Error::Taken(_)) => {
            Err(Refusal::fields(vec![Finding::new("/name", "location-name-taken").with("name", name)]).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a one-time code; only its digest is kept, and an earlier code stops working.
pub async fn make_code(app: &App, actor: &Actor, location: LocationId) -> Result<EnrolmentCode, Error> {
    let scope = authorize(actor, Action::ManageLocations)?;
    let now = app.clock.now();
    let code = new_secret();
    let valid_until = now + CODE_LIFETIME;
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            db::operators::update_code(conn, &scope, location, &hash(&code), valid_until).await?;
            let detail = json!({"event": "code-made", "until": valid_until});
            let subject = format!("location:{location}");
            Ok::<_, Error>(((), record::by_person(actor, Action::ManageLocations, subject, detail, now)))
        })
        .await?;
    let command = format!(
        "WOLKENAMT_OPERATOR_MARKETPLACE_URL={} WOLKENAMT_OPERATOR_ENROLMENT_CODE={code} wolkenamt-operator run",
        app.config.http.public_url
    );
    Ok(EnrolmentCode { code, valid_until: valid_until.into(), command })
}

/// The operator is no longer trusted, from its next request on. What runs keeps running.
pub async fn revoke(app: &App, actor: &Actor, location: LocationId) -> Result<(), Error> {
    let scope = authorize(actor, Action::ManageLocations)?;
    let now = app.clock.now();
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            db::operators::update_revoked(conn, &scope, location, now).await?;
            let detail = json!({"event": "revoked"});
            let subject = format!("location:{location}");
            Ok::<_, Error>(((), record::by_person(actor, Action::ManageLocations, subject, detail, now)))
        })
        .await
}

/// Whether each order for a location is decided by hand from now on. What was ordered before stays as it is.
pub async fn decide_by_hand(
    app: &App,
    actor: &Actor,
    location: LocationId,
    by_hand: bool,
) -> Result<(), Error> {
    let scope = authorize(actor, Action::ManageLocations)?;
    let now = app.clock.now();
    app.db
        .write(&scope, async |conn: &mut db::Conn| {
            db::locations::update_decided_by_hand(conn, &scope, location, by_hand).await?;
            let detail = json!({"event": "decision", "by_hand": by_hand});
            let subject = format!("location:{location}");
            Ok::<_, Error>(((), record::by_person(actor, Action::ManageLocations, subject, detail, now)))
        })
        .await
}

/// The provider's locations.
pub async fn list(app: &App, actor: &Actor) -> Result<LocationListView, Error> {
    let scope = authorize(actor, Action::ViewLocations)?;
    let now = app.clock.now();
    let may_manage = authorize(actor, Action::ManageLocations).is_ok();
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let stored = db::locations::list(conn, &scope).await?;
            let operators: HashMap<Uuid, OperatorRow> = db::operators::list(conn, &scope)
                .await?
                .into_iter()
                .map(|row| (row.location_id, row))
                .collect();
            let counts: HashMap<Uuid, i64> =
                db::locations::list_counts(conn, &scope).await?.into_iter().collect();
            let rows = stored.iter().map(|stored| {
                let bookings = counts.get(&stored.id).copied().unwrap_or(0);
                row(stored, operators.get(&stored.id), bookings, now)
            });
            Ok(LocationListView { rows: rows.collect(), may_manage })
        })
        .await
}

/// One location with its operator and its bookings.
pub async fn show(app: &App, actor: &Actor, location: LocationId) -> Result<LocationView, Error> {
    let scope = authorize(actor, Action::ViewLocations)?;
    let now = app.clock.now();
    let may_manage = authorize(actor, Action::ManageLocations).is_ok();
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let stored = db::locations::get(conn, &scope, location).await?;
            let operator = db::operators::get(conn, &scope, location).await?;
            let bookings =
                booked(conn, (actor, &scope), location, operator.heartbeat_at.map(|at| at.to_jiff()), now)
                    .await?;
            let count = i64::try_from(bookings.len()).unwrap_or(i64::MAX);
            let profile = profile::profile_view(conn, location).await?;
            let row = row(&stored, Some(&operator), count, now);
            let mut view = view(row, &operator, (bookings, profile), may_manage, now);
            view.decides_by_hand = db::locations::is_decided_by_hand(conn, location).await?;
            Ok(view)
        })
        .await
}

async fn booked(
    conn: &mut db::Conn,
    (actor, scope): (&Actor, &Scope),
    location: LocationId,
    heard_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<LocationBooking>, Error> {
    let rows = db::bookings::list_of_location(conn, scope, location, 200).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.booking.id).collect();
    let seen = db::observations::list(conn, scope, &ids).await?;
    let seen: HashMap<Uuid, _> = seen.iter().map(|row| (row.booking_id, row)).collect();
    rows.into_iter()
        .map(|row| {
            let said = seen.get(&row.booking.id).map(|row| row.to_seen()).transpose()?;
            let standing = bookings::standing((&row.booking, row.agreed), said.as_ref(), heard_at, now);
            let gone = matches!(standing.phase, BookingPhase::Gone | BookingPhase::NotBegun);
            let reason = standing.reason.filter(|_| !gone && standing.phase != BookingPhase::Active);
            Ok(LocationBooking {
                at_broker: may_say(actor, &row.booking)
                    && !fitting(&row.booking, seen.get(&row.booking.id).copied())?.is_empty(),
                id: row.booking.id,
                number: row.booking.number.clone(),
                customer: row.customer,
                offering: row.title,
                phase: standing.phase,
                generation: row.booking.generation,
                observed_generation: said.as_ref().map(|seen| seen.generation),
                reason,
            })
        })
        .collect()
}

fn view(
    location: LocationRow,
    operator: &OperatorRow,
    (bookings, profile): (Vec<LocationBooking>, ProfileView),
    may_manage: bool,
    now: Timestamp,
) -> LocationView {
    let beat = heartbeat(operator);
    let key: Option<PublicJwk> = operator.public_key.clone().and_then(|key| serde_json::from_value(key).ok());
    LocationView {
        may_manage,
        decides_by_hand: false,
        enrolment: None,
        code_until: operator
            .enrolment_expires_at
            .map(|at| at.to_jiff())
            .filter(|at| *at > now)
            .map(Into::into),
        operator_version: beat.as_ref().map(|beat| beat.operator_version.clone()),
        version_refused: beat.as_ref().and_then(|beat| match agent::check_version(&beat.operator_version) {
            Err(Error::Refused(Refusal { code, args, .. })) => Some(Text { code, args }),
            Err(_) | Ok(()) => None,
        }),
        kubernetes_version: beat.as_ref().map(|beat| beat.kubernetes_version.clone()),
        key_fingerprint: key.map(|key| contract::key_id(location.id, &key)),
        enrolled_at: operator.enrolled_at.map(|at| at.to_jiff().into()),
        abilities: beat.as_ref().map(abilities).unwrap_or_default(),
        brokers: beat.as_ref().map(|beat| brokers(&beat.abilities)).unwrap_or_default(),
        exposures: beat
            .iter()
            .flat_map(|beat| &beat.abilities.exposures)
            .map(|class| class.code().to_owned())
            .collect(),
        kinds: beat
            .map(|beat| beat.abilities.kinds.iter().map(|kind| kind.code().to_owned()).collect())
            .unwrap_or_default(),
        location,
        profile,
        bookings,
    }
}

fn row(stored: &Stored, operator: Option<&OperatorRow>, bookings: i64, now: Timestamp) -> LocationRow {
    let beat = operator.and_then(heartbeat);
    let heard_at = operator.and_then(|row| row.heartbeat_at).map(|at| at.to_jiff());
    let state = match operator {
        Some(row) if row.revoked_at.is_some() => LocationState::Revoked,
        Some(row) if row.enrolled_at.is_some() => match heard_at {
            Some(at) if now.duration_since(at) <= SILENCE => LocationState::Connected,
            _ => LocationState::Silent,
        },
        _ => LocationState::NotEnrolled,
    };
    LocationRow {
        id: stored.id,
        name: stored.name.clone(),
        place: place(stored),
        state,
        last_heartbeat: heard_at.map(Into::into),
        watermark: operator.and_then(|row| row.watermark_at).map(|at| at.to_jiff().into()),
        bookings: u64::try_from(bookings).unwrap_or(0),
        simulated: beat.as_ref().is_some_and(|beat| beat.abilities.nodes_simulated),
        capacity: beat.as_ref().map(capacity).unwrap_or_default(),
    }
}

/// Name and Land of a location.
pub fn place(stored: &Stored) -> String {
    format!("{}, {}", stored.name, land_name(&stored.land))
}

/// The name of a Land by its key; the key itself if there is none.
pub fn land_name(key: &str) -> &str {
    LAENDER.iter().find(|(known, _)| *known == key).map_or(key, |(_, name)| name)
}

fn heartbeat(row: &OperatorRow) -> Option<Heartbeat> {
    row.heartbeat.as_ref().and_then(|value| Heartbeat::deserialize(value).ok())
}

fn capacity(beat: &Heartbeat) -> Vec<CapacityRow> {
    let milli = |value: i64| Decimal::new(value, 3).normalize();
    let gib = |value: i64| (Decimal::from(value) / Decimal::from(1024)).round_dp(1).normalize();
    let of = &beat.capacity;
    vec![
        CapacityRow {
            title: "vCPU".to_owned(),
            unit: "vCPU".to_owned(),
            total: milli(of.vcpu_total).into(),
            used: milli(of.vcpu_used).into(),
        },
        CapacityRow {
            title: "Arbeitsspeicher".to_owned(),
            unit: "GiB".to_owned(),
            total: gib(of.memory_total).into(),
            used: gib(of.memory_used).into(),
        },
    ]
}

fn abilities(beat: &Heartbeat) -> Vec<Check> {
    let can = &beat.abilities;
    let check = |has: bool, otherwise: Bearing, code: &str| {
        Check::new(if has { Bearing::Good } else { otherwise }, Text::new(code))
    };
    let machines = match (can.kinds.contains(&Kind::VirtualMachine), can.kvm) {
        (true, true) => Bearing::Good,
        (true, false) => Bearing::Warn,
        (false, _) => Bearing::Info,
    };
    vec![
        check(can.network_policy_enforced, Bearing::Warn, "network-policy"),
        check(can.snapshots, Bearing::Info, "snapshots"),
        Check::new(machines, Text::new("kvm")),
    ]
}

/// The service brokers by name, each with what it offers.
fn brokers(can: &Abilities) -> Vec<BrokerRow> {
    let mut rows: Vec<BrokerRow> = Vec::new();
    for plan in can.broker_plans.iter().flatten() {
        match rows.iter_mut().find(|row| row.name == plan.broker) {
            Some(row) => row.plans += 1,
            None => rows.push(BrokerRow { name: plan.broker.clone(), plans: 1 }),
        }
    }
    rows
}

/// The key of the Land that a place ends with.
fn land_of(place: &str) -> Option<&'static str> {
    let last = place.rsplit(',').next()?.trim();
    LAENDER.iter().find(|(key, name)| *key == last || name.eq_ignore_ascii_case(last)).map(|(key, _)| *key)
}

/// A code of a-z, 0-9 and hyphens from a name, at most 30 characters.
fn code_of(name: &str) -> String {
    let mut code = String::new();
    for sign in name.to_lowercase().chars() {
        match sign {
            'ä' => code.push_str("ae"),
            'ö' => code.push_str("oe"),
            'ü' => code.push_str("ue"),
            'ß' => code.push_str("ss"),
            'a'..='z' | '0'..='9' => code.push(sign),
            _ if !code.is_empty() && !code.ends_with('-') => code.push('-'),
            _ => {}
        }
    }
    let cut: String = code.chars().take(30).collect();
    cut.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_name_their_land() {
        for (place, land) in [
            ("Beispielhausen, Hessen", Some("06")),
            ("Hamburg", Some("02")),
            ("Am Fluss, Nord, baden-württemberg", Some("08")),
            ("Irgendwo, 16", Some("16")),
            ("Irgendwo, Atlantis", None),
            ("", None),
        ] {
            assert_eq!(land_of(place), land, "{place:?}");
        }
    }

    #[test]
    fn codes_have_only_plain_characters() {
        assert_eq!(code_of("Rechenzentrum Süd (Weißensee) 2"), "rechenzentrum-sued-weissensee");
        assert_eq!(code_of("  Köln/Bonn  "), "koeln-bonn");
        assert_eq!(code_of("!"), "");
    }
}
