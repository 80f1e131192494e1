//! Who gets which mail about differences: whoever decides, and the customer whose booking it is.

use crate::app::App;
use crate::http::views::text::Text;
use crate::usecases::notify::{self, Recipient};
use crate::usecases::{Error, bookings};
use db::differences::DifferenceRow;
use db::people::PersonRow;
use domain::ids::OrganisationId;
use domain::policy::{OperatorIdentity, Role};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// There is something new: the provider's platform team and the marketplace's own people decide, customers look.
pub(super) async fn reported(
    conn: &mut db::Conn,
    app: &App,
    who: &OperatorIdentity,
    new: &[DifferenceRow],
    told: &HashSet<Uuid>,
    now: Timestamp,
) -> Result<(), Error> {
    let location = db::locations::get(conn, &who.scope(), who.location).await?;
    let mut people = db::bookings::list_responsible(conn, who.provider, Role::Platform, now).await?;
    people.extend(bookings::marketplace(conn, now).await?);
    let text =
        |code: &str, count: usize| Text::new(code).with("location", &location.name).with("n_count", count);
    send(conn, app, people, &text("differences", new.len()), now).await?;
    let mut customers: BTreeMap<Uuid, usize> = BTreeMap::new();
    for customer in
        new.iter().filter(|row| !told.contains(&row.booking_id)).filter_map(|row| row.organisation_id)
    {
        *customers.entry(customer).or_default() += 1;
    }
    // A location names the customer itself: nobody is mailed who never had anything to do with its provider.
    let named: Vec<Uuid> = customers.keys().copied().collect();
    let known = db::differences::list_customers(conn, who.provider.0, &named).await?;
    customers.retain(|customer, _| known.contains(customer));
    for (customer, count) in customers {
        let people = users(conn, customer, now).await?;
        send(conn, app, people, &text("differences-own", count), now).await?;
    }
    Ok(())
}

/// Somebody decided about a booking: its customer learns of it. `code` says what.
pub(super) async fn decided(
    conn: &mut db::Conn,
    app: &App,
    row: &DifferenceRow,
    (code, name): (&str, &str),
    now: Timestamp,
) -> Result<(), Error> {
    let Some(customer) = row.organisation_id else { return Ok(()) };
    let location = db::availability::get_location_name(conn, row.location_id).await?;
    let text = Text::new(code).with("title", name).with("location", location);
    let people = users(conn, customer, now).await?;
    send(conn, app, people, &text, now).await
}

/// Who orders for a customer, and who looks after what was ordered.
async fn users(conn: &mut db::Conn, customer: Uuid, now: Timestamp) -> Result<Vec<PersonRow>, Error> {
    let mut people: BTreeMap<Uuid, PersonRow> = BTreeMap::new();
    for role in [Role::Orders, Role::It] {
        let holders = db::bookings::list_responsible(conn, OrganisationId(customer), role, now).await?;
        people.extend(holders.into_iter().map(|person| (person.id, person)));
    }
    Ok(people.into_values().collect())
}

async fn send(
    conn: &mut db::Conn,
    app: &App,
    people: Vec<PersonRow>,
    text: &Text,
    now: Timestamp,
) -> Result<(), Error> {
    for person in people {
        let to = Recipient {
            organisation: OrganisationId(person.organisation_id),
            email: person.email,
            language: person.language,
        };
        notify::mail(conn, app, &to, text.clone(), "/differences", now).await?;
    }
    Ok(())
}
