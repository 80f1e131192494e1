//! Every setting of the marketplace. Only this file reads the environment; `wolkenamt print-config` lists the settings.

use std::net::SocketAddr;
use std::path::PathBuf;

/// A setting that is missing or cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}; {remedy}")]
pub struct ConfigError {
    name: &'static str,
    problem: String,
    remedy: &'static str,
}

/// Where the database is.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// `WOLKENAMT_DATABASE_URL`: account `wolkenamt_app`.
    pub app_url: String,
    /// `WOLKENAMT_SYSTEM_DATABASE_URL`: account `wolkenamt_system`.
    pub system_url: String,
    /// `WOLKENAMT_DATABASE_CONNECTIONS`, default 5: connections of the application's pool.
    pub connections: usize,
}

/// Where the marketplace answers.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// `WOLKENAMT_LISTEN`, default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// `WOLKENAMT_PUBLIC_URL`: scheme and host under which people and operators reach it, without a slash at the end.
    pub public_url: String,
    /// `WOLKENAMT_METRICS_LISTEN`, default `127.0.0.1:9080`: metrics and health, never public.
    pub metrics_listen: SocketAddr,
    /// `WOLKENAMT_WEB`, default `web`: folder with templates, locales and assets.
    pub web: PathBuf,
    /// `WOLKENAMT_THREADS`, default 2: threads that answer.
    pub threads: usize,
}

/// How mails leave.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// `WOLKENAMT_SMTP_URL`: `smtp://…` or `smtps://…`, or `keep` for a demonstration that shows mails on a page.
    pub smtp_url: String,
    /// `WOLKENAMT_MAIL_FROM`, default `Wolkenamt <wolkenamt@localhost>`.
    pub from: String,
}

/// How the program speaks to the log.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// `WOLKENAMT_LOG_FORMAT`, `json` (default) or `text`.
    pub json: bool,
    /// `WOLKENAMT_LOG`, default `info`: filter of tracing.
    pub filter: String,
}

/// Everything together.
#[derive(Debug, Clone)]
pub struct Config {
    /// Database.
    pub database: DatabaseConfig,
    /// HTTP.
    pub http: HttpConfig,
    /// Mail.
    pub mail: MailConfig,
    /// Log.
    pub log: LogConfig,
    /// `WOLKENAMT_DEMO`, default `no`: `yes` marks every page as demonstration and shows the demo sign-ins.
    pub demo: bool,
}

/// Name, default and meaning of each setting, for `print-config` and the chart.
pub const SETTINGS: &[(&str, &str, &str)] = &[
    ("WOLKENAMT_DATABASE_URL", "", "PostgreSQL, account wolkenamt_app"),
    ("WOLKENAMT_SYSTEM_DATABASE_URL", "", "PostgreSQL, account wolkenamt_system"),
    ("WOLKENAMT_OWNER_DATABASE_URL", "", "PostgreSQL, owner's account; only for migrate"),
    ("WOLKENAMT_DATABASE_CONNECTIONS", "5", "connections of the application's pool"),
    ("WOLKENAMT_LISTEN", "127.0.0.1:8080", "address for people, API and operators"),
    ("WOLKENAMT_PUBLIC_URL", "", "address under which the marketplace is reached"),
    ("WOLKENAMT_METRICS_LISTEN", "127.0.0.1:9080", "address for metrics and health, not public"),
    ("WOLKENAMT_WEB", "web", "folder with templates, locales and assets"),
    ("WOLKENAMT_THREADS", "2", "threads that answer"),
    ("WOLKENAMT_SMTP_URL", "", "smtp:// or smtps:// address, or keep"),
    ("WOLKENAMT_MAIL_FROM", "Wolkenamt <wolkenamt@localhost>", "sender of mails"),
    ("WOLKENAMT_LOG_FORMAT", "json", "json or text"),
    ("WOLKENAMT_LOG", "info", "filter of the log"),
    ("WOLKENAMT_DEMO", "no", "yes: demonstration with invented data"),
];

impl Config {
    /// Reads the environment as a whole and refuses to go on half-configured.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn read(get: &dyn Fn(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
        let needed = |name| {
            get(name).ok_or(ConfigError { name, problem: "is not set".into(), remedy: "see print-config" })
        };
        let database = DatabaseConfig {
            app_url: postgres(needed("WOLKENAMT_DATABASE_URL")?, "WOLKENAMT_DATABASE_URL")?,
            system_url: postgres(needed("WOLKENAMT_SYSTEM_DATABASE_URL")?, "WOLKENAMT_SYSTEM_DATABASE_URL")?,
            connections: parsed("WOLKENAMT_DATABASE_CONNECTIONS", get, "5")?,
        };
        if database.app_url == database.system_url {
            return Err(ConfigError {
                name: "WOLKENAMT_SYSTEM_DATABASE_URL",
                problem: "is the same as WOLKENAMT_DATABASE_URL".into(),
                remedy: "use the account wolkenamt_system, or the two walls between tenants are one",
            });
        }
        let public_url = needed("WOLKENAMT_PUBLIC_URL")?;
        if !public_url.starts_with("http") || public_url.ends_with('/') {
            return Err(ConfigError {
                name: "WOLKENAMT_PUBLIC_URL",
                problem: format!("is {public_url:?}"),
                remedy: "give scheme and host without a slash at the end, such as https://markt.example.org",
            });
        }
        let smtp_url = needed("WOLKENAMT_SMTP_URL")?;
        if smtp_url != "keep" && !smtp_url.starts_with("smtp://") && !smtp_url.starts_with("smtps://") {
            return Err(ConfigError {
                name: "WOLKENAMT_SMTP_URL",
                problem: "is neither an smtp address nor keep".into(),
                remedy: "give smtp://host:port, smtps://user:password@host:port or keep",
            });
        }
        Ok(Self {
            database,
            http: HttpConfig {
                listen: parsed("WOLKENAMT_LISTEN", get, "127.0.0.1:8080")?,
                public_url,
                metrics_listen: parsed("WOLKENAMT_METRICS_LISTEN", get, "127.0.0.1:9080")?,
                web: parsed("WOLKENAMT_WEB", get, "web")?,
                threads: parsed("WOLKENAMT_THREADS", get, "2")?,
            },
            mail: MailConfig {
                smtp_url,
                from: get("WOLKENAMT_MAIL_FROM").unwrap_or_else(|| "Wolkenamt <wolkenamt@localhost>".into()),
            },
            log: LogConfig {
                json: get("WOLKENAMT_LOG_FORMAT").as_deref() != Some("text"),
                filter: get("WOLKENAMT_LOG").unwrap_or_else(|| "info".into()),
            },
            demo: get("WOLKENAMT_DEMO").as_deref() == Some("yes"),
        })
    }
}

/// The owner's address, which only `migrate` uses.
pub fn owner_url() -> Result<String, ConfigError> {
    std::env::var("WOLKENAMT_OWNER_DATABASE_URL").map_err(|_absent| ConfigError {
        name: "WOLKENAMT_OWNER_DATABASE_URL",
        problem: "is not set".into(),
        remedy: "migrate needs the account that owns the tables",
    })
}

fn postgres(url: String, name: &'static str) -> Result<String, ConfigError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        Ok(url)
    } else {
        Err(ConfigError {
            name,
            problem: "is no address of PostgreSQL".into(),
            remedy: "start it with postgres://",
        })
    }
}

fn parsed<T: std::str::FromStr>(
    name: &'static str,
    get: &dyn Fn(&'static str) -> Option<String>,
    default: &str,
) -> Result<T, ConfigError> {
    let value = get(name).unwrap_or_else(|| default.to_owned());
    value.parse().map_err(|_unreadable| ConfigError {
        name,
        problem: format!("{value:?} cannot be read"),
        remedy: "see print-config for its form",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(changes: &[(&str, &str)]) -> Result<Config, String> {
        let base = [
            ("WOLKENAMT_DATABASE_URL", "postgres://wolkenamt_app@localhost/x"),
            ("WOLKENAMT_SYSTEM_DATABASE_URL", "postgres://wolkenamt_system@localhost/x"),
            ("WOLKENAMT_PUBLIC_URL", "https://markt.example.org"),
            ("WOLKENAMT_SMTP_URL", "keep"),
        ];
        Config::read(&|name| {
            changes
                .iter()
                .chain(&base)
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
                .filter(|value| !value.is_empty())
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn half_a_configuration_is_refused_with_a_remedy() {
        assert!(read(&[]).is_ok());
        for (name, value) in [
            ("WOLKENAMT_DATABASE_URL", ""),
            ("WOLKENAMT_DATABASE_URL", "mysql://x"),
            ("WOLKENAMT_SYSTEM_DATABASE_URL", "postgres://wolkenamt_app@localhost/x"),
            ("WOLKENAMT_PUBLIC_URL", "https://markt.example.org/"),
            ("WOLKENAMT_SMTP_URL", "localhost:25"),
            ("WOLKENAMT_LISTEN", "8080"),
        ] {
            assert!(read(&[(name, value)]).unwrap_err().starts_with(name), "{name}={value}");
        }
    }
}
