//! How much waits for a person: the numbers beside the navigation, on every page, so only counts by index.
//!
//! What it is that waits, one by one, is the business of `start`.

use crate::app::App;
use crate::http::views::page::NavCounts;
use crate::usecases::Error;
use domain::money::Money;
use domain::policy::{Action, Actor, authorize};

/// Counts what the roles of this person let them act on; whoever has none of them costs no query.
pub async fn counts(app: &App, actor: &Actor) -> Result<NavCounts, Error> {
    let (decides, orders) = (authorize(actor, Action::DecideOrder), authorize(actor, Action::PlaceOrder));
    let (may_decide, may_order) = (decides.is_ok(), orders.is_ok());
    // Both rights reach the same rows: those of the own organisation.
    let Ok(scope) = decides.or(orders) else { return Ok(NavCounts::default()) };
    let limit = actor.approval_limit().unwrap_or(Money::ZERO).decimal();
    let now = app.clock.now();
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let mut counts = NavCounts::default();
            if may_decide {
                let open = db::orders::count_decidable(conn, &scope, actor.person, limit, now).await?;
                counts.approvals = u32::try_from(open).unwrap_or(u32::MAX);
            }
            if may_order {
                let drafts = db::drafts::count(conn, &scope, actor.person).await?;
                counts.drafts = u32::try_from(drafts).unwrap_or(u32::MAX);
            }
            Ok(counts)
        })
        .await
}
