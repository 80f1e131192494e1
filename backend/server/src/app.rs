//! What every use-case has at hand.

use crate::config::Config;
use crate::http::templates::Templates;
use crate::ports::clock::Clock;
use crate::ports::mailer::Mailer;
use crate::usecases::agent::ListHashes;
use anyhow::Context;
use db::{Db, DbConfig};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The marketplace as one value; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// Both database pools.
    pub db: Db,
    /// The one clock.
    pub clock: Clock,
    /// How mails leave.
    pub mailer: Mailer,
    /// How pages are rendered.
    pub templates: Templates,
    /// What was computed last for the operators that wait.
    pub list_hashes: ListHashes,
    /// True from the signal to end on: whoever waits for news is answered with what there is.
    pub ending: Arc<AtomicBool>,
    /// Settings.
    pub config: Arc<Config>,
}

impl App {
    /// Builds it from the settings; connects to nothing yet.
    pub fn new(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let db = Db::new(&DbConfig {
            app_url: config.database.app_url.clone(),
            system_url: config.database.system_url.clone(),
            app_connections: config.database.connections,
            system_connections: 3,
            ca: config.database.ca.clone(),
        })
        .context("WOLKENAMT_DATABASE_CA")?;
        Ok(Self {
            db,
            clock,
            mailer: Mailer::new(&config.mail, &config.http.public_url)
                .context("WOLKENAMT_SMTP_URL or WOLKENAMT_MAIL_FROM")?,
            templates: Templates::load(&config.http.web).context("WOLKENAMT_WEB")?,
            list_hashes: ListHashes::default(),
            ending: Arc::default(),
            config: Arc::new(config),
        })
    }
}
