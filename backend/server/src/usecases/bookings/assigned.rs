//! Where a booking belonged over time, and where it will, as its page lists it.

use super::load::Loaded;
use crate::app::App;
use crate::http::views::transfer::AssignedView;
use crate::usecases::Error;
use domain::policy::Scope;

/// Nothing while it was never transferred: then its Kostenstelle says everything.
pub(super) async fn assigned(app: &App, scope: &Scope, of: &Loaded) -> Result<Vec<AssignedView>, Error> {
    if of.assigned.agreed().len() < 2 {
        return Ok(Vec::new());
    }
    let units = app
        .db
        .read(scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>(db::organisations::list_units(conn, scope).await?)
        })
        .await?;
    let present = of.assigned.at(of.now).map(|it| it.position);
    let mut rows: Vec<AssignedView> = of
        .assigned
        .counting()
        .enumerate()
        .map(|(place, (from, it))| AssignedView {
            from: (place > 0).then(|| from.into()),
            unit: units
                .iter()
                .find(|unit| unit.id == it.unit_id)
                .map_or_else(String::new, |unit| unit.name.clone()),
            cost_centre: it.cost_centre.clone(),
            ledger_account: it.account.clone(),
            order: it.order_id,
            present: present == Some(it.position),
        })
        .collect();
    rows.reverse();
    Ok(rows)
}
