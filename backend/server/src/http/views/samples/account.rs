//! Invented data: sign-in, start, account, audit, mails, API, errors.

use serde_json::json;

use super::bookings::list as booking_list;
use super::finance::budget_lines;
use super::orders::row as order_row;
use super::{amount, at, day, id};
use crate::http::views::account::{MadeToken, SessionRow, TokenRow, TokensView};
use crate::http::views::api_docs::{ApiDocsView, from_openapi};
use crate::http::views::audit::{AuditEntry, AuditView, ChainState};
use crate::http::views::error::ErrorView;
use crate::http::views::mails::{MailRow, MailView, MailsView};
use crate::http::views::orders::OrderState;
use crate::http::views::start::{DemoAccount, SignInView, StartView, Task, TaskKind};
use crate::http::views::text::Text;

#[must_use]
pub fn sign_in(demo: bool, locked: bool) -> SignInView {
    let account = DemoAccount {
        email: "jana.probst@musterstadt.example".to_owned(),
        password: "beispiel".to_owned(),
        name: "Jana Probst".to_owned(),
        organisation: "Stadt Musterstadt".to_owned(),
        roles: vec!["orders".to_owned(), "it".to_owned()],
    };
    SignInView {
        next: "/offerings".to_owned(),
        demo_accounts: if demo { vec![account] } else { Vec::new() },
        retry_after_seconds: locked.then_some(42),
    }
}

#[must_use]
pub fn start(filled: bool) -> StartView {
    if !filled {
        return StartView {
            first_day: true,
            tasks: Vec::new(),
            waiting: Vec::new(),
            bookings: Vec::new(),
            bookings_total: 0,
            budgets: Vec::new(),
            helper: Some("Murat Demir".to_owned()),
        };
    }
    let kinds = [
        TaskKind::Approve,
        TaskKind::FinishDraft,
        TaskKind::RevealAccess,
        TaskKind::CheckInvoice,
        TaskKind::CloseMonth,
        TaskKind::EnrolLocation,
        TaskKind::LookAtLocation,
        TaskKind::LookAtBooking,
        TaskKind::LookAtTainted,
        TaskKind::LookAtUnknown,
        TaskKind::LookAtDeletion,
        TaskKind::DoTask,
    ];
    let task = |kind: TaskKind| Task {
        kind,
        id: id(31),
        title: if kind == TaskKind::CloseMonth { "2026-10-01" } else { "Baumkataster, Datenbank" }.to_owned(),
        number: Some("B-2026-0412".to_owned()),
        note: match kind {
            TaskKind::Approve => Some(Text::new("requested-by").with("name", "Jana Probst")),
            TaskKind::DoTask => Some(Text::new("accept")),
            _ => None,
        },
        amount: (kind == TaskKind::Approve).then(|| amount("195.00")),
        due: (kind != TaskKind::CloseMonth).then(|| day("2026-11-29")),
        late: kind == TaskKind::FinishDraft,
        booking: (kind == TaskKind::DoTask).then(|| id(40)),
        at_broker: kind == TaskKind::LookAtTainted,
    };
    StartView {
        first_day: false,
        tasks: kinds.into_iter().map(task).collect(),
        waiting: vec![order_row(OrderState::Requested), order_row(OrderState::Approved)],
        bookings: booking_list("running", true).rows,
        bookings_total: 12,
        budgets: budget_lines(),
        helper: None,
    }
}

#[must_use]
pub fn tokens(filled: bool, made: bool) -> TokensView {
    let token = |expired: bool| TokenRow {
        id: id(70),
        name: "Nachtlauf Kostenbericht".to_owned(),
        starts_with: "wa_7F3K".to_owned(),
        created_at: at("2026-11-01T08:00:00Z"),
        expires_at: at("2027-11-01T08:00:00Z"),
        last_used_at: expired.then(|| at("2026-11-20T01:00:00Z")),
        roles: if expired { Vec::new() } else { vec!["orders".to_owned(), "it".to_owned()] },
        reads_only: expired,
        expired,
    };
    let session = |current: bool| SessionRow {
        id: id(71),
        created_at: at("2026-11-24T07:00:00Z"),
        last_seen_at: at("2026-11-24T10:00:00Z"),
        device: "Firefox, Linux".to_owned(),
        current,
    };
    TokensView {
        tokens: if filled { vec![token(false), token(true)] } else { Vec::new() },
        sessions: vec![session(true), session(false)],
        made: made.then(|| MadeToken {
            name: "Nachtlauf".to_owned(),
            token: "wa_7F3K92QDK1TT".to_owned(),
            expires_at: at("2027-11-01T08:00:00Z"),
        }),
        days: vec![30, 90, 365],
        roles: vec!["orders".to_owned(), "it".to_owned()],
    }
}

#[must_use]
pub fn audit(filled: bool, intact: bool) -> AuditView {
    let hash = "4be1d07f9a3c52e60f8842bbc7d915ae6630f1d284ab79c51e27f09db3506ca8";
    let entry = |number: i64, code: &str, link: bool| AuditEntry {
        number,
        at: at("2026-11-24T10:00:00Z"),
        actor: if link { "person:0192f000-0000-7000-8000-000000000001" } else { "Jana Probst" }.to_owned(),
        actor_name: link.then(|| "Jana Probst".to_owned()),
        subject_name: link.then(|| "B-2026-0412".to_owned()),
        action: Text::new(code),
        subject: Some(
            if link { "order:0192f000-0000-7000-8000-000000000031" } else { "B-2026-0412" }.to_owned(),
        ),
        link: link.then(|| "/orders/1".to_owned()),
        hash: hash.to_owned(),
        request_id: Some(id(80)),
    };
    AuditView {
        entries: if filled {
            vec![
                entry(3, "order.place", true),
                entry(2, "a.code.of.the.future", false),
                entry(1, "session.opened", false),
            ]
        } else {
            Vec::new()
        },
        total: 3,
        next: None,
        chain: ChainState {
            intact,
            checked_at: at("2026-11-24T10:00:00Z"),
            checked: if intact { 3 } else { 1 },
            begun_at: intact.then(|| at("2026-11-24T03:00:00Z")),
            length: 3,
            head: hash.to_owned(),
            broken_entry: (!intact).then_some(2),
        },
    }
}

#[must_use]
pub fn mails(filled: bool, open: bool) -> MailsView {
    MailsView {
        mails: if filled {
            vec![MailRow {
                id: id(90),
                at: at("2026-11-24T10:00:00Z"),
                to: "heike.sommer@musterstadt.example".to_owned(),
                subject: "Freigabe nötig: Baumkataster (B-2026-0412)".to_owned(),
            }]
        } else {
            Vec::new()
        },
        total: if filled { 80 } else { 0 },
        next: filled.then(|| "1795514400000000.x".to_owned()),
        open: open.then(|| MailView {
            id: id(90),
            at: at("2026-11-24T10:00:00Z"),
            from: "wolkenamt@example".to_owned(),
            to: "heike.sommer@musterstadt.example".to_owned(),
            subject: "Freigabe nötig: Baumkataster (B-2026-0412)".to_owned(),
            text: "Guten Tag,\n\nJana Probst hat bestellt.".to_owned(),
        }),
    }
}

#[must_use]
pub fn api_docs() -> ApiDocsView {
    from_openapi(&json!({
        "info": { "title": "Wolkenamt", "version": "1", "description": "Everything that the pages can do." },
        "paths": {
            "/api/v1/orders": { "post": { "tags": ["orders"], "operationId": "place_order", "summary": "Place an order",
                "parameters": [{ "name": "Idempotency-Key", "in": "header", "required": true, "schema": { "type": "string", "format": "uuid" } }],
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/PlaceOrder" } } } },
                "responses": { "201": { "description": "placed", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/OrderView" } } } },
                    "422": { "description": "refused" } } } },
            "/api/v1/orders/{id}": { "get": { "responses": { "200": { "description": "the order" } } } }
        },
        "components": { "schemas": {
            "PlaceOrder": { "type": "object", "description": "What is wished for.", "required": ["plan"], "properties": {
                "plan": { "type": "string", "format": "uuid" }, "networks": { "type": "array", "items": { "type": "string" } },
                "note": { "type": ["string", "null"] }, "state": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/OrderState" }] } } },
            "OrderState": { "type": "string", "enum": ["draft", "requested"] },
            "OrderView": { "type": "object", "properties": { "id": { "type": "string" } } }
        } }
    }))
}

pub const ERRORS: [(u16, &str); 14] = [
    (400, "malformed"),
    (401, "unauthenticated"),
    (401, "signed-out"),
    (403, "forbidden"),
    (403, "csrf"),
    (403, "foreign-origin"),
    (404, "not-found"),
    (409, "conflict"),
    (410, "gone"),
    (413, "too-large"),
    (422, "refused"),
    (429, "too-many"),
    (500, "internal"),
    (503, "unavailable"),
];

#[must_use]
pub fn error(status: u16, code: &str) -> ErrorView {
    ErrorView {
        status,
        text: Text::new(code),
        detail: (status == 422).then(|| "Der Haushaltsansatz reicht nicht.".to_owned()),
        helper: (status == 403).then(|| "orders, it".to_owned()),
        incident: "0192f000-7f3k".to_owned(),
        at: at("2026-11-24T10:00:00Z"),
        back: (status == 422).then(|| "/orders".to_owned()),
    }
}
