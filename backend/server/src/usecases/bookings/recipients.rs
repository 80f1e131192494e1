//! Who is told about a booking by mail.

use crate::usecases::Error;
use crate::usecases::notify::Recipient;
use contract::Kind;
use db::bookings::BookingRow;
use db::people::PersonRow;
use domain::ids::OrganisationId;
use domain::policy::Role;
use jiff::Timestamp;

/// Where a person gets mail.
pub(super) fn recipient(person: &PersonRow) -> Recipient {
    Recipient {
        organisation: OrganisationId(person.organisation_id),
        email: person.email.clone(),
        language: person.language.clone(),
    }
}

/// Whoever ordered it; if that person has left, everybody who may order.
pub(super) async fn customer(
    conn: &mut db::Conn,
    row: &BookingRow,
    now: Timestamp,
) -> Result<Vec<PersonRow>, Error> {
    let orderer = db::bookings::find_orderer(conn, row.id.into()).await?;
    if let Some(orderer) = orderer.filter(|person| person.disabled_at.is_none()) {
        return Ok(vec![orderer]);
    }
    let customer = OrganisationId(row.organisation_id);
    Ok(db::bookings::list_responsible(conn, customer, Role::Orders, now).await?)
}

/// The platform team of a provider; where it has nobody, the people who operate the marketplace: somebody has to know.
pub(super) async fn provider(
    conn: &mut db::Conn,
    provider: OrganisationId,
    now: Timestamp,
) -> Result<Vec<PersonRow>, Error> {
    let team = db::bookings::list_responsible(conn, provider, Role::Platform, now).await?;
    if team.is_empty() { marketplace(conn, now).await } else { Ok(team) }
}

/// The people who operate the marketplace.
pub async fn marketplace(conn: &mut db::Conn, now: Timestamp) -> Result<Vec<PersonRow>, Error> {
    let mut people = Vec::new();
    for organisation in db::organisations::list(conn).await? {
        if organisation.kind == "marketplace" {
            let id = OrganisationId(organisation.id);
            people.extend(db::bookings::list_responsible(conn, id, Role::Operates, now).await?);
        }
    }
    Ok(people)
}

/// Where a mail about a booking leads: what a service broker makes has a page on which the provider's people say what shall be
/// done. Whoever operates the marketplace does not see single bookings of others.
pub(super) fn path(row: &BookingRow, person: &PersonRow) -> String {
    if person.organisation_id == row.organisation_id {
        format!("/bookings/{}", row.id)
    } else if person.organisation_id == row.provider_id {
        match row.location_id {
            Some(_) if row.kind == Kind::SharedService.code() => format!("/bookings/{}/broker", row.id),
            Some(id) => format!("/locations/{id}"),
            None => format!("/bookings/{}", row.id),
        }
    } else {
        "/".to_owned()
    }
}
