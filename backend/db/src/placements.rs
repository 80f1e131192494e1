//! Where orders run: what providers state about their locations, what is promised there, and why an order went where.

use crate::schema::{booking_observations, bookings, location_profiles, operators, order_placements, plans};
use crate::{Conn, Error, Result, Ts};
use contract::{Heartbeat, Kind, Meter};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::OrderId;
use domain::placement::{Certificate, Need, Protection, Room, Size};
use domain::policy::Scope;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// What a provider stated about a location at a moment.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = location_profiles)]
pub struct ProfileRow {
    pub id: Uuid,
    pub provider_id: Uuid,
    pub location_id: Uuid,
    pub confidentiality: i32,
    pub integrity: i32,
    pub availability: i32,
    pub data_centre_of: Option<Uuid>,
    pub certificates: Value,
    pub stated_by: Option<Uuid>,
    pub stated_at: Ts,
}

impl ProfileRow {
    /// Up to which need of protection it may be used.
    pub fn ceiling(&self) -> Protection {
        let need = |level: i32| Need::from_level(u8::try_from(level).unwrap_or_default());
        Protection {
            confidentiality: need(self.confidentiality),
            integrity: need(self.integrity),
            availability: need(self.availability),
        }
    }

    /// What it can show.
    pub fn certificates(&self) -> Result<Vec<Certificate>> {
        Vec::deserialize(&self.certificates)
            .map_err(|error| Error::Refused(format!("location_profiles: {error}")))
    }
}

/// What a location has, and since when nothing was heard of it.
#[derive(Debug, Clone)]
pub struct StandingOf {
    /// Its last heartbeat.
    pub heard_at: Ts,
    /// Free after what is promised and not yet taken up; nothing where it does not report that.
    pub room: Option<Room>,
    /// vCPU of machines that share one CPU of its nodes.
    pub machine_cpu_ratio: i64,
}

/// Why an order runs where it runs.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = order_placements)]
pub struct PlacementRow {
    pub order_id: Uuid,
    pub organisation_id: Uuid,
    pub record: Value,
    pub placed_at: Ts,
}

/// States something about a location.
pub async fn insert_profile(conn: &mut Conn, row: &ProfileRow) -> Result<()> {
    diesel::insert_into(location_profiles::table).values(row).execute(conn).await?;
    Ok(())
}

/// The last statement about each of some locations.
pub async fn list_profiles(conn: &mut Conn, locations: &[Uuid]) -> Result<Vec<ProfileRow>> {
    Ok(location_profiles::table
        .filter(location_profiles::location_id.eq_any(locations))
        .distinct_on(location_profiles::location_id)
        .order((
            location_profiles::location_id,
            location_profiles::stated_at.desc(),
            location_profiles::id.desc(),
        ))
        .select(ProfileRow::as_select())
        .load(conn)
        .await?)
}

/// What enrolled operators of some locations said last, less what was promised since. Needs the right of the product itself:
/// what operators report belongs to their providers.
pub async fn list_standing(conn: &mut Conn, locations: &[Uuid]) -> Result<HashMap<Uuid, StandingOf>> {
    let rows: Vec<(Uuid, Option<Value>, Option<Ts>)> = operators::table
        .filter(operators::location_id.eq_any(locations))
        .filter(operators::enrolled_at.is_not_null())
        .filter(operators::revoked_at.is_null())
        .select((operators::location_id, operators::heartbeat, operators::heartbeat_at))
        .load(conn)
        .await?;
    let mut standing = HashMap::new();
    for (location, heartbeat, heard_at) in rows {
        let said = heartbeat.and_then(|value| serde_json::from_value::<Heartbeat>(value).ok());
        let (Some(said), Some(heard_at)) = (said, heard_at) else { continue };
        let machine_cpu_ratio = said.capacity.machine_cpu_ratio;
        standing.insert(location, StandingOf { heard_at, room: room(&said), machine_cpu_ratio });
    }
    for promise in list_promised(conn, locations).await? {
        let Some(of) = standing.get_mut(&promise.location) else { continue };
        let size = size_of(promise.kind, &promise.settings, &promise.parameters, of.machine_cpu_ratio);
        of.room = of.room.map(|room| room.without(size));
    }
    Ok(standing)
}

/// An operator that counts no node at all does not count.
fn room(said: &Heartbeat) -> Option<Room> {
    let of = &said.capacity;
    (of.nodes > 0).then_some(Room {
        vcpu_total: of.vcpu_total,
        vcpu_free: of.vcpu_total - of.vcpu_used,
        memory_total: of.memory_total,
        memory_free: of.memory_total - of.memory_used,
    })
}

/// A wanted booking that no operator has taken up yet, so that no node shows what it will take.
struct Promise {
    location: Uuid,
    kind: Kind,
    settings: Value,
    parameters: Value,
}

async fn list_promised(conn: &mut Conn, locations: &[Uuid]) -> Result<Vec<Promise>> {
    let rows: Vec<(Option<Uuid>, String, Value, Value)> = bookings::table
        .inner_join(plans::table.on(plans::id.eq(bookings::plan_id)))
        .left_join(booking_observations::table.on(booking_observations::booking_id.eq(bookings::id)))
        .filter(bookings::location_id.eq_any(locations))
        .filter(bookings::wanted.eq("present"))
        .filter(booking_observations::booking_id.is_null())
        .select((bookings::location_id, bookings::kind, plans::settings, bookings::parameters))
        .load(conn)
        .await?;
    let promise = |(location, kind, settings, parameters): (Option<Uuid>, String, Value, Value)| {
        Some(Promise { location: location?, kind: Kind::from_code(&kind)?, settings, parameters })
    };
    Ok(rows.into_iter().filter_map(promise).collect())
}

/// What an order asks of the nodes of a location, as Kubernetes counts it; nothing that cannot be read. Machines share the
/// processors of their node, everything else has its own.
pub fn size_of(kind: Kind, settings: &Value, parameters: &Value, machine_cpu_ratio: i64) -> Size {
    let sizes = kind.sizes(settings, parameters).unwrap_or_default();
    let amount = |meter: Meter| sizes.iter().find(|(it, _)| *it == meter).map_or(0, |(_, amount)| *amount);
    let share = if kind == Kind::VirtualMachine { machine_cpu_ratio.max(1) } else { 1 };
    Size { vcpu: amount(Meter::Vcpu) / share, memory: amount(Meter::Memory) }
}

/// Remembers why an order runs where it runs.
pub async fn insert(conn: &mut Conn, row: &PlacementRow) -> Result<()> {
    diesel::insert_into(order_placements::table).values(row).execute(conn).await?;
    Ok(())
}

/// Why an order of the scope runs where it runs; nothing for orders that move nothing.
pub async fn find(conn: &mut Conn, scope: &Scope, order: OrderId) -> Result<Option<PlacementRow>> {
    Ok(order_placements::table
        .filter(order_placements::order_id.eq(order.0))
        .filter(order_placements::organisation_id.eq_any(crate::scope_ids(scope)))
        .select(PlacementRow::as_select())
        .first(conn)
        .await
        .optional()?)
}
