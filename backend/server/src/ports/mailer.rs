//! Mail: an SMTP server, or a demonstration that only keeps what the outbox holds.

use crate::config::MailConfig;
use lettre::message::{Mailbox, header::ContentType};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::time::Duration;

/// Hands mails over.
#[derive(Clone)]
pub struct Mailer {
    smtp: Option<AsyncSmtpTransport<Tokio1Executor>>,
    from: Mailbox,
    host: String,
}

impl Mailer {
    /// Prepares the transport; connects only when a mail is sent.
    pub fn new(config: &MailConfig, public_url: &str) -> anyhow::Result<Self> {
        let smtp = match config.smtp_url.as_str() {
            "keep" => None,
            url => Some(
                AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?
                    .timeout(Some(Duration::from_secs(10)))
                    .build(),
            ),
        };
        let host = public_url.split("://").last().unwrap_or_default().split(':').next().unwrap_or_default();
        Ok(Self { smtp, from: config.from.parse()?, host: host.to_owned() })
    }

    /// Whether mails stay in the house.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.smtp.is_none()
    }

    /// Sends one mail. Its Message-ID derives from the outbox row, so that a second delivery is recognised as the same.
    pub async fn send(&self, id: uuid::Uuid, to: &str, subject: &str, body: &str) -> anyhow::Result<()> {
        let Some(smtp) = &self.smtp else { return Ok(()) };
        let message = Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.host)))
            .from(self.from.clone())
            .to(to.parse()?)
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(body.to_owned())?;
        smtp.send(message).await?;
        Ok(())
    }
}
