//! Reads the audit, and checks that nobody has tampered with it.

use crate::app::App;
use crate::usecases::Error;
use db::audit::AuditRow;
use domain::audit::{Broken, Verifier};
use domain::ids::OrganisationId;
use domain::policy::{Action, Actor, Scope, authorize};
use uuid::Uuid;

const PIECE: i64 = 1000;

/// What the check of one chain says.
#[derive(Debug, Clone)]
pub struct ChainReport {
    /// Whose chain.
    pub organisation: Uuid,
    /// Entries that fit.
    pub entries: i64,
    /// Where it does not.
    pub broken: Option<Broken>,
}

/// The youngest entries of the own organisation, before a number if one is given.
pub async fn list(app: &App, actor: &Actor, before: Option<i64>, limit: i64) -> Result<Vec<AuditRow>, Error> {
    let scope = authorize(actor, Action::ViewAudit)?;
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok(db::audit::list_entries(conn, &scope, before, limit).await?)
        })
        .await
}

/// Checks the chain of the own organisation.
pub async fn verify_own(app: &App, actor: &Actor) -> Result<ChainReport, Error> {
    let scope = authorize(actor, Action::ViewAudit)?;
    app.db.read(&scope, async |conn: &mut db::Conn| verify(conn, actor.organisation).await).await
}

/// Checks every chain; for `wolkenamt audit verify`.
pub async fn verify_all(app: &App) -> Result<Vec<ChainReport>, Error> {
    let scope = Scope::system("audit verify walks every chain");
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let mut reports = Vec::new();
            for (organisation, ..) in db::audit::list_heads(conn).await? {
                reports.push(verify(conn, OrganisationId(organisation)).await?);
            }
            Ok(reports)
        })
        .await
}

async fn verify(conn: &mut db::Conn, organisation: OrganisationId) -> Result<ChainReport, Error> {
    let mut verifier = Verifier::default();
    let mut entries = 0;
    let report = |entries, broken| ChainReport { organisation: organisation.0, entries, broken };
    loop {
        let piece = db::audit::list_chain(conn, organisation, entries, PIECE).await?;
        if piece.is_empty() {
            break;
        }
        for row in &piece {
            if let Err(broken) = verifier.entry(row.sequence, &row.to_entry(), &row.hash) {
                return Ok(report(entries, Some(broken)));
            }
            entries = row.sequence;
        }
    }
    let heads = db::audit::list_heads(conn).await?;
    let head = heads.into_iter().find(|(id, ..)| *id == organisation.0);
    let broken = head.and_then(|(_, sequence, hash)| verifier.head(sequence, &hash).err());
    Ok(report(entries, broken))
}
