//! What happens when documents are issued, in one transaction at both sides of the sale: number, document and charges; an
//! entry in either audit; a mail to the customer's finance; and what is no longer needed of a commitment is freed.

use crate::app::App;
use crate::http::views::text::Text;
use crate::usecases::invoices::document::{self, Prepared};
use crate::usecases::notify::{self, Recipient};
use crate::usecases::{Error, record, settlement};
use db::closings::ClosingRow;
use db::invoices::InvoiceRow;
use db::organisations::OrganisationRow;
use domain::audit::Entry;
use domain::ids::OrganisationId;
use domain::invoice::Invoice;
use domain::money::Money;
use domain::policy::{Action, Actor, Role};
use domain::time::Month;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// Who issues to whom.
pub(super) struct Sale<'a> {
    pub(super) app: &'a App,
    pub(super) actor: &'a Actor,
    pub(super) seller: &'a OrganisationRow,
    pub(super) buyer: &'a OrganisationRow,
    pub(super) month: Month,
    pub(super) now: Timestamp,
}

/// What was issued, and what the audit remembers of it.
#[derive(Default)]
pub(super) struct Done {
    pub(super) rows: Vec<InvoiceRow>,
    pub(super) entries: Vec<Entry>,
}

impl Sale<'_> {
    fn provider(&self) -> OrganisationId {
        OrganisationId(self.seller.id)
    }

    fn customer(&self) -> OrganisationId {
        OrganisationId(self.buyer.id)
    }

    /// Closes the month for the customer: what comes in later is a correction.
    pub(super) async fn close(&self, conn: &mut db::Conn) -> Result<Entry, Error> {
        let closing = ClosingRow {
            provider_id: self.seller.id,
            organisation_id: self.buyer.id,
            month_from_at: self.month.period().from().into(),
            closed_at: self.now.into(),
            closed_by: self.actor.person.0,
        };
        db::closings::insert(conn, &closing).await?;
        Ok(Entry {
            organisation: self.provider(),
            at: self.now,
            actor: format!("person:{}", self.actor.person),
            action: "month.close".to_owned(),
            subject: format!("month:{}", self.month),
            detail: json!({"buyer": self.buyer.id}),
        })
    }

    /// Stores documents, tells the customer, and frees what the bookings no longer bind. Each document comes with the one
    /// that it follows, if it is a correction.
    pub(super) async fn store(
        &self,
        conn: &mut db::Conn,
        documents: Vec<(Prepared, Option<Uuid>)>,
    ) -> Result<Done, Error> {
        let mut done = Done::default();
        for one in documents {
            let parties = (self.seller, self.buyer);
            let (row, invoice) = document::store(conn, self.actor, one, parties, self.now).await?;
            done.entries.push(self.issued(&row));
            done.entries.push(self.received(&row));
            self.tell(conn, &row, &invoice).await?;
            done.rows.push(row);
        }
        done.entries.extend(settlement::settle_sale(conn, self.provider(), self.customer(), self.now).await?);
        Ok(done)
    }

    fn issued(&self, row: &InvoiceRow) -> Entry {
        Entry {
            organisation: self.provider(),
            at: self.now,
            actor: format!("person:{}", self.actor.person),
            action: Action::IssueInvoices.code().to_owned(),
            subject: format!("invoice:{}", row.id),
            detail: self.detail(row),
        }
    }

    fn received(&self, row: &InvoiceRow) -> Entry {
        let subject = format!("invoice:{}", row.id);
        record::by_partner(
            self.customer(),
            self.provider(),
            "invoice.receive",
            subject,
            self.detail(row),
            self.now,
        )
    }

    fn detail(&self, row: &InvoiceRow) -> serde_json::Value {
        json!({
            "number": row.number,
            "document": row.document,
            "seller": row.provider_id,
            "buyer": row.organisation_id,
            "month": self.month.to_string(),
            "gross": Money::from_exact(row.gross).map(|gross| gross.to_string()).unwrap_or_default(),
            "input_hash": crate::usecases::usage::hash_text(&row.input_hash),
        })
    }

    /// Whoever pays at the customer gets a mail that leads to the document.
    async fn tell(&self, conn: &mut db::Conn, row: &InvoiceRow, invoice: &Invoice) -> Result<(), Error> {
        let code = match row.document.as_str() {
            "correction" => "correction-received",
            "credit" => "credit-received",
            _ => "invoice-received",
        };
        let (first, last) = invoice.draft.period.first_and_last_day();
        let text = Text::new(code)
            .with("number", &row.number)
            .with("seller", &self.seller.short_name)
            .with("amount_eur", invoice.draft.totals.gross)
            .with("due_date", invoice.due_on)
            .with("from_date", first)
            .with("until_date", last)
            .with("corrects", invoice.draft.key.kind.preceding().map_or("", |of| of.number.as_str()));
        for person in db::bookings::list_responsible(conn, self.customer(), Role::Finance, self.now).await? {
            let to =
                Recipient { organisation: self.customer(), email: person.email, language: person.language };
            notify::mail(conn, self.app, &to, text.clone(), &format!("/invoices/{}", row.id), self.now)
                .await?;
        }
        Ok(())
    }
}
