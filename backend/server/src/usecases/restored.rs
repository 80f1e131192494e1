//! The marketplace's database was restored from a backup: said once by the administrator of the machine, before anything
//! else is believed.
//!
//! It raises the epoch of every location. Operators refuse a lower one from then on, ask for the full list and compare it
//! with what they hold before they obey it; what does not fit comes as [`super::differences`].

use crate::app::App;
use crate::usecases::{Error, record};
use domain::ids::{LocationId, OrganisationId};
use domain::policy::Scope;
use serde_json::json;

/// A location with its epoch.
pub type Epoch = (LocationId, i64);

fn scope() -> Scope {
    Scope::system("a restore concerns every location")
}

/// The epochs as they are.
pub async fn epochs(app: &App) -> Result<Vec<Epoch>, Error> {
    let rows =
        app.db.read(&scope(), async |conn: &mut db::Conn| db::differences::list_epochs(conn).await).await?;
    Ok(rows.into_iter().map(|(_, location, epoch)| (LocationId(location), epoch)).collect())
}

/// Raises all of them in one transaction, or none; saying it twice only makes the operators compare twice.
pub async fn restored(app: &App) -> Result<Vec<Epoch>, Error> {
    if epochs(app).await?.is_empty() {
        return Ok(Vec::new());
    }
    let now = app.clock.now();
    app.db
        .write(&scope(), async |conn: &mut db::Conn| {
            let raised = db::differences::update_epochs(conn).await?;
            let entries = raised
                .iter()
                .map(|(provider, location, epoch)| {
                    let detail = json!({"event": "restored", "epoch": epoch});
                    let subject = format!("location:{location}");
                    let provider = OrganisationId(*provider);
                    record::entry_of_system(
                        provider,
                        "restored",
                        "marketplace.restored",
                        subject,
                        detail,
                        now,
                    )
                })
                .collect();
            let remembered = record::all(entries).ok_or(Error::NotFound)?;
            let epochs = raised.into_iter().map(|(_, location, epoch)| (LocationId(location), epoch));
            Ok::<_, Error>((epochs.collect(), remembered))
        })
        .await
}
