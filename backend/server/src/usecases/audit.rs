//! Reads the audit, and checks that nobody has tampered with it.
//!
//! A chain grows for years, so a page does not walk all of it: the sweep does, remembers how far it came, and begins anew
//! every day. A look goes on from there. `wolkenamt audit verify` walks everything at once.

use crate::app::App;
use crate::usecases::Error;
use db::audit::{AuditRow, CheckRow};
use domain::audit::{Broken, Verifier};
use domain::ids::OrganisationId;
use domain::policy::{Action, Actor, Scope, authorize};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Entries that are read at once, and at most walked for one look.
const PIECE: i64 = 1000;
/// After this time a chain is walked from its first entry again.
const WALK_EVERY: SignedDuration = SignedDuration::from_hours(24);

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

/// What is known about the own chain at this moment.
#[derive(Debug, Clone)]
pub struct ChainLook {
    /// Entries that fit.
    pub checked: i64,
    /// Entries that there are.
    pub length: i64,
    /// Since when the older of them were walked; nothing if this look walked all.
    pub begun_at: Option<Timestamp>,
    /// First entry that does not fit.
    pub broken_entry: Option<i64>,
}

/// Entries, and what people call that which they name by id: persons, orders, invoices and bookings that the reader may see.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// The youngest first.
    pub rows: Vec<AuditRow>,
    /// Name of a person, booking or organisation, number of an order or invoice.
    pub names: HashMap<Uuid, String>,
}

/// The youngest entries of the own organisation, before a number if one is given.
pub async fn list(app: &App, actor: &Actor, before: Option<i64>, limit: i64) -> Result<Listed, Error> {
    let scope = authorize(actor, Action::ViewAudit)?;
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let rows = db::audit::list_entries(conn, &scope, before, limit).await?;
            let texts = rows.iter().flat_map(|row| [&row.actor, &row.subject]);
            let ids: HashSet<Uuid> = texts.filter_map(|text| named(text)).collect();
            let ids: Vec<Uuid> = ids.into_iter().collect();
            let mut names: HashMap<Uuid, String> =
                db::people::list_names(conn, &scope, &ids).await?.into_iter().collect();
            names.extend(db::orders::list_numbers(conn, &scope, &ids).await?);
            names.extend(db::invoices::list_numbers(conn, &scope, &ids).await?);
            names.extend(db::organisations::list_names(conn, &ids).await?);
            names.extend(db::bookings::list_names(conn, &scope, &ids).await?);
            Ok(Listed { rows, names })
        })
        .await
}

/// The id in a reference like `order:0192f0a1-…`.
pub fn named(reference: &str) -> Option<Uuid> {
    reference.split_once(':')?.1.parse().ok()
}

/// Looks at the chain of the own organisation: what the sweep found, and one piece from there on.
pub async fn look(app: &App, actor: &Actor) -> Result<ChainLook, Error> {
    let scope = authorize(actor, Action::ViewAudit)?;
    app.db
        .read(&scope, async |conn: &mut db::Conn| {
            let known = db::audit::find_check(conn, actor.organisation).await?;
            let head = db::audit::find_head(conn, actor.organisation).await?;
            let length = head.map_or(0, |(sequence, _)| sequence);
            let begun_at = known.as_ref().map(|row| row.begun_at.to_jiff());
            if let Some(row) = known.as_ref().filter(|row| row.broken_entry.is_some()) {
                return Ok(ChainLook {
                    checked: row.sequence,
                    length,
                    begun_at,
                    broken_entry: row.broken_entry,
                });
            }
            let mut walk = Walk::after(known.as_ref())?;
            walk.go(conn, actor.organisation, 1).await?;
            let (checked, _) = walk.verifier.position();
            Ok(ChainLook { checked, length, begun_at, broken_entry: walk.broken.map(Broken::sequence) })
        })
        .await
}

/// Walks on in the chains that grew, and from the beginning in those that were not walked for a day; at most so many
/// pieces in one pass. Returns how many chains it looked at; the sweep of the worker.
pub async fn check(app: &App, pieces: usize) -> Result<usize, Error> {
    let scope = Scope::system("sweep over every chain");
    let now = app.clock.now();
    let (heads, known) = app
        .db
        .read(&scope, async |conn: &mut db::Conn| {
            Ok::<_, Error>((db::audit::list_heads(conn).await?, db::audit::list_checks(conn).await?))
        })
        .await?;
    let known: HashMap<Uuid, CheckRow> = known.into_iter().map(|row| (row.organisation_id, row)).collect();
    let (mut left, mut looked) = (pieces, 0);
    for (organisation, length, _) in heads {
        let row =
            known.get(&organisation).filter(|row| now.duration_since(row.begun_at.to_jiff()) < WALK_EVERY);
        if left == 0 || row.is_some_and(|row| row.broken_entry.is_some() || row.sequence == length) {
            continue;
        }
        let begun_at = row.map_or(now, |row| row.begun_at.to_jiff());
        let mut walk = Walk::after(row)?;
        let walk = app
            .db
            .read(&scope, async |conn: &mut db::Conn| {
                walk.go(conn, OrganisationId(organisation), left).await?;
                Ok::<_, Error>(walk)
            })
            .await?;
        if let Some(broken) = walk.broken {
            tracing::error!(event = "audit_broken", %organisation, %broken, at = broken.sequence(), "a chain does not fit");
            metrics::counter!("wolkenamt_audit_broken_total").increment(1);
        }
        let (sequence, hash) = walk.verifier.position();
        let row = CheckRow {
            organisation_id: organisation,
            sequence,
            hash: hash.to_vec(),
            begun_at: begun_at.into(),
            checked_at: now.into(),
            broken_entry: walk.broken.map(Broken::sequence),
        };
        app.db
            .touch(&scope, "how far a chain was walked is nobody's decision", async |conn: &mut db::Conn| {
                Ok::<_, Error>(db::audit::update_check(conn, &row).await?)
            })
            .await?;
        left = left.saturating_sub(walk.pieces.max(1));
        looked += 1;
    }
    Ok(looked)
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
    let mut walk = Walk::after(None)?;
    walk.go(conn, organisation, usize::MAX).await?;
    let (entries, _) = walk.verifier.position();
    Ok(ChainReport { organisation: organisation.0, entries, broken: walk.broken })
}

/// A walk along one chain.
struct Walk {
    verifier: Verifier,
    broken: Option<Broken>,
    pieces: usize,
}

impl Walk {
    /// From where an earlier walk stopped, else from the first entry.
    fn after(known: Option<&CheckRow>) -> Result<Self, Error> {
        let verifier = match known {
            Some(row) => {
                let hash: Result<[u8; 32], _> = row.hash.as_slice().try_into();
                Verifier::after(
                    row.sequence,
                    hash.map_err(|error| Error::Internal(anyhow::Error::new(error)))?,
                )
            }
            None => Verifier::default(),
        };
        Ok(Self { verifier, broken: None, pieces: 0 })
    }

    /// Walks until the end, until something does not fit, or for so many pieces.
    async fn go(&mut self, conn: &mut db::Conn, chain: OrganisationId, pieces: usize) -> Result<(), Error> {
        while self.pieces < pieces {
            let (before, _) = self.verifier.position();
            let piece = db::audit::list_chain(conn, chain, before, PIECE).await?;
            self.pieces += 1;
            for row in &piece {
                if let Err(broken) = self.verifier.entry(row.sequence, &row.to_entry(), &row.hash) {
                    self.broken = Some(broken);
                    return Ok(());
                }
            }
            if i64::try_from(piece.len()).unwrap_or(i64::MAX) < PIECE {
                let head = db::audit::find_head(conn, chain).await?;
                self.broken = head.and_then(|(sequence, hash)| self.verifier.head(sequence, &hash).err());
                return Ok(());
            }
        }
        Ok(())
    }
}
