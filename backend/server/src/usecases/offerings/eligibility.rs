//! "Darf meine Behörde bestellen?": facts that the own organisation has on file, and who helps where one is missing.
//!
//! The product states what is there. It never says that something is legally permitted.

use super::{NoPlace, Offer, check};
use crate::http::views::text::{Bearing, Check, Text};
use crate::usecases::Error;
use crate::usecases::orders::basis_title;
use db::budgets::HeldLine;
use db::master_data::LegalBasisRow;
use db::orders::OrderRow;
use db::organisations::OrganisationRow;
use db::people::{PersonRow, RoleRow};
use domain::money::Money;
use domain::policy::{Actor, Role, Scope};
use domain::time::berlin_day;
use jiff::Timestamp;

/// Code of the check that finds no role to order.
const ROLE_MISSING: &str = "role-bad";

/// Where the organisation stands with one offering.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Short name of the organisation.
    pub organisation: String,
    /// Needs no budget line.
    pub price_free: bool,
    /// Legal bases for this provider that count now.
    pub bases: Vec<LegalBasisRow>,
    /// Budget lines of this and later years.
    pub lines: Vec<HeldLine>,
    /// Who may approve such an amount; never the person who asks.
    pub approvers: Vec<PersonRow>,
    /// Facts for the page.
    pub checks: Vec<Check>,
    /// Whom to ask.
    pub helper: Option<PersonRow>,
}

impl Standing {
    /// Nothing that prevents an order is missing.
    #[must_use]
    pub fn may_order(&self) -> bool {
        self.checks.iter().all(|check| check.bearing != Bearing::Bad)
    }
}

/// Looks everything up for an amount that an order would bind.
pub async fn look(
    conn: &mut db::Conn,
    actor: &Actor,
    scope: &Scope,
    offer: &Offer,
    amount: Money,
    now: Timestamp,
) -> Result<Standing, Error> {
    let organisation = db::organisations::get(conn, actor.organisation).await?;
    let bases =
        db::master_data::list_legal_bases(conn, scope, offer.current.offering.provider_id, now).await?;
    let year = berlin_day(now).year();
    let lines = db::budgets::list_held(conn, scope, None).await?;
    let lines: Vec<HeldLine> = lines.into_iter().filter(|line| line.row.year >= i32::from(year)).collect();
    let needed = if organisation.price_free { Money::ZERO } else { amount };
    let approvers = approvers(conn, actor, scope, needed, now).await?;
    let checks = checks(actor, &organisation, offer, (&bases, &lines, &approvers), needed)?;
    let missing =
        checks.iter().find(|check| check.bearing == Bearing::Bad).map(|check| check.text.code.clone());
    let helper = match missing {
        Some(code) => helper_for(conn, actor, scope, &code, now).await?,
        None => None,
    };
    Ok(Standing {
        organisation: organisation.short_name.clone(),
        price_free: organisation.price_free,
        bases,
        lines,
        approvers,
        checks,
        helper,
    })
}

/// People of the organisation who may approve such an amount and are not the one who orders.
pub async fn approvers(
    conn: &mut db::Conn,
    actor: &Actor,
    scope: &Scope,
    amount: Money,
    now: Timestamp,
) -> Result<Vec<PersonRow>, Error> {
    let holders: Vec<(PersonRow, RoleRow)> =
        db::people::list_holders(conn, scope, Role::Approves, now).await?;
    Ok(holders
        .into_iter()
        .filter(|(person, role)| {
            person.id != actor.person.0 && role.limit_amount.is_some_and(|limit| limit >= amount.decimal())
        })
        .map(|(person, _)| person)
        .collect())
}

/// People who may decide an order now: the limit reaches, and it is not their own.
pub async fn approvers_of(
    conn: &mut db::Conn,
    scope: &Scope,
    order: &OrderRow,
    now: Timestamp,
) -> Result<Vec<PersonRow>, Error> {
    Ok(who_may_decide(&db::people::list_holders(conn, scope, Role::Approves, now).await?, order))
}

/// The same out of those who hold the role.
#[must_use]
pub fn who_may_decide(holders: &[(PersonRow, RoleRow)], order: &OrderRow) -> Vec<PersonRow> {
    let may = |person: &PersonRow, role: &RoleRow| {
        person.id != order.requested_by
            && role.limit_amount.is_some_and(|limit| limit >= order.committed_amount)
    };
    holders.iter().filter(|(person, role)| may(person, role)).map(|(person, _)| person.clone()).collect()
}

/// The colleague who can do something about a missing fact: whoever orders, else whoever keeps the budget.
pub async fn helper_for(
    conn: &mut db::Conn,
    actor: &Actor,
    scope: &Scope,
    code: &str,
    now: Timestamp,
) -> Result<Option<PersonRow>, Error> {
    let roles =
        if code == ROLE_MISSING { [Role::Orders, Role::Budget] } else { [Role::Budget, Role::Orders] };
    for role in roles {
        let holders = db::people::list_holders(conn, scope, role, now).await?;
        let unit = actor.unit.map(|unit| unit.0);
        let others: Vec<PersonRow> = holders
            .into_iter()
            .map(|(person, _)| person)
            .filter(|person| person.id != actor.person.0)
            .collect();
        let near = others.iter().find(|person| unit.is_some() && person.unit_id == unit);
        if let Some(found) = near.or(others.first()) {
            return Ok(Some(found.clone()));
        }
    }
    Ok(None)
}

type OnFile<'a> = (&'a [LegalBasisRow], &'a [HeldLine], &'a [PersonRow]);

fn checks(
    actor: &Actor,
    organisation: &OrganisationRow,
    offer: &Offer,
    (bases, lines, approvers): OnFile<'_>,
    amount: Money,
) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    checks.push(match (organisation.kind == "authority", actor.holds(Role::Orders)) {
        (false, _) => check(Bearing::Bad, Text::new("authority-bad")),
        (true, true) => check(Bearing::Good, Text::new("role-good")),
        (true, false) => check(Bearing::Bad, Text::new(ROLE_MISSING)),
    });
    checks.push(match bases.first() {
        Some(basis) => check(
            Bearing::Good,
            Text::new("legal-basis-good")
                .with("title", basis_title(&basis.code))
                .with("evidence", &basis.reference),
        ),
        None => check(Bearing::Bad, Text::new("legal-basis-bad")),
    });
    checks.push(budget_check(organisation.price_free, lines, amount)?);
    checks.push(if approvers.is_empty() {
        check(Bearing::Bad, Text::new("approval-bad"))
    } else {
        let names = approvers.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join(", ");
        check(Bearing::Info, Text::new("approval-info").with("names", names))
    });
    checks.push(match offer.place(None) {
        _ if offer.kind.by_people() => {
            check(Bearing::Info, Text::new("by-people-info").with("provider", &offer.current.provider))
        }
        Ok((place, abilities)) if abilities.nodes_simulated => {
            check(Bearing::Warn, Text::new("location-simulated-warn").with("location", &place.name))
        }
        Ok((place, _)) => check(Bearing::Good, Text::new("location-good").with("location", &place.name)),
        Err(why) => check(Bearing::Bad, no_place(why)),
    });
    if offer.vat.is_empty() {
        checks.push(check(Bearing::Warn, Text::new("vat-warn").with("provider", &offer.current.provider)));
    }
    Ok(checks)
}

/// In words, why an offering runs nowhere.
pub fn no_place(why: NoPlace) -> Text {
    Text::new(match why {
        NoPlace::NoOperator => "location-without-operator-bad",
        NoPlace::NoneAble => "location-not-able-bad",
        NoPlace::NoBroker => "location-without-broker-bad",
    })
}

fn budget_check(price_free: bool, lines: &[HeldLine], amount: Money) -> Result<Check, Error> {
    if price_free {
        return Ok(check(Bearing::Info, Text::new("price-free-info")));
    }
    // What begins now is paid from a line of the first year that has one.
    let year = lines.iter().map(|line| line.row.year).min();
    let mut best: Option<(Money, &HeldLine)> = None;
    for line in lines.iter().filter(|line| Some(line.row.year) == year) {
        let available = line.to_line()?.available();
        if best.is_none_or(|(most, _)| available > most) {
            best = Some((available, line));
        }
    }
    Ok(match best {
        None => check(Bearing::Bad, Text::new("budget-line-bad")),
        Some((available, line)) => {
            let (bearing, code) = if available >= amount {
                (Bearing::Good, "budget-good")
            } else {
                (Bearing::Warn, "budget-warn")
            };
            let text = Text::new(code)
                .with("line", &line.row.code)
                .with("year", line.row.year)
                .with("available_eur", available)
                .with("amount_eur", amount);
            check(bearing, text)
        }
    })
}
