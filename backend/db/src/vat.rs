//! Recorded VAT decisions of a provider, for all its offerings at once; the month run finds the one that counts.

use crate::offerings::VatRow;
use crate::schema::vat_decisions;
use crate::{Conn, Result};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::OrganisationId;
use domain::tax::VatDecision;
use uuid::Uuid;

/// All decisions of a provider.
#[derive(Debug, Clone)]
pub struct Decisions(Vec<VatRow>);

/// Every decision of a provider, the oldest first.
pub async fn list(conn: &mut Conn, provider: OrganisationId) -> Result<Decisions> {
    Ok(Decisions(
        vat_decisions::table
            .filter(vat_decisions::provider_id.eq(provider.0))
            .order((vat_decisions::valid_from, vat_decisions::id))
            .select(VatRow::as_select())
            .load(conn)
            .await?,
    ))
}

impl Decisions {
    /// Those that apply to an offering: its own if there are any, else those of its provider as a whole.
    pub fn of(&self, offering: Uuid) -> Result<Vec<VatDecision>> {
        let own: Vec<&VatRow> = self.0.iter().filter(|row| row.offering_id == Some(offering)).collect();
        let whole = || self.0.iter().filter(|row| row.offering_id.is_none()).collect();
        let rows = if own.is_empty() { whole() } else { own };
        rows.into_iter().map(VatRow::to_decision).collect()
    }
}
