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

/// Where the database is. No `Debug`: the addresses hold passwords.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// `WOLKENAMT_DATABASE_URL`: account `wolkenamt_app`.
    pub app_url: String,
    /// `WOLKENAMT_SYSTEM_DATABASE_URL`: account `wolkenamt_system`.
    pub system_url: String,
    /// `WOLKENAMT_DATABASE_CONNECTIONS`, default 5: connections of the application's pool.
    pub connections: usize,
    /// `WOLKENAMT_DATABASE_CA`: PEM of the authority that signs PostgreSQL's certificate; none: those of the system.
    pub ca: Option<String>,
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
    /// `WOLKENAMT_TRUSTED_PROXIES`, default 0: how many servers in front append to `X-Forwarded-For`, such as an ingress.
    pub trusted_proxies: usize,
}

/// How mails leave. No `Debug`: the address holds a password.
#[derive(Clone)]
pub struct MailConfig {
    /// `WOLKENAMT_SMTP_URL`: `smtps://…` or `smtp://…?tls=required`, or `keep` for a demonstration that shows mails on a
    /// page. An address without TLS is taken for the own machine only, or with `WOLKENAMT_SMTP_INSECURE=yes`.
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
#[derive(Clone)]
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
    (
        "WOLKENAMT_DATABASE_CA",
        "",
        "authority that signs PostgreSQL's certificate, as PEM; empty: those of the system",
    ),
    ("WOLKENAMT_DATABASE_CONNECTIONS", "5", "connections of the application's pool"),
    ("WOLKENAMT_LISTEN", "127.0.0.1:8080", "address for people, API and operators"),
    ("WOLKENAMT_PUBLIC_URL", "", "address under which the marketplace is reached"),
    ("WOLKENAMT_METRICS_LISTEN", "127.0.0.1:9080", "address for metrics and health, not public"),
    ("WOLKENAMT_WEB", "web", "folder with templates, locales and assets"),
    ("WOLKENAMT_THREADS", "2", "threads that answer"),
    ("WOLKENAMT_TRUSTED_PROXIES", "0", "servers in front that append to X-Forwarded-For, such as an ingress"),
    ("WOLKENAMT_SMTP_URL", "", "smtps://… or smtp://…?tls=required, or keep"),
    ("WOLKENAMT_SMTP_INSECURE", "no", "yes: mails may leave this machine without TLS"),
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
            ca: get("WOLKENAMT_DATABASE_CA"),
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
        let insecure = get("WOLKENAMT_SMTP_INSECURE").as_deref() == Some("yes");
        let smtp_url = mail_server(needed("WOLKENAMT_SMTP_URL")?, insecure)?;
        Ok(Self {
            database,
            http: HttpConfig {
                listen: parsed("WOLKENAMT_LISTEN", get, "127.0.0.1:8080")?,
                public_url,
                metrics_listen: parsed("WOLKENAMT_METRICS_LISTEN", get, "127.0.0.1:9080")?,
                web: parsed("WOLKENAMT_WEB", get, "web")?,
                threads: parsed("WOLKENAMT_THREADS", get, "2")?,
                trusted_proxies: parsed("WOLKENAMT_TRUSTED_PROXIES", get, "0")?,
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
    const NAME: &str = "WOLKENAMT_OWNER_DATABASE_URL";
    let url = std::env::var(NAME).map_err(|_absent| ConfigError {
        name: NAME,
        problem: "is not set".into(),
        remedy: "migrate needs the account that owns the tables",
    })?;
    postgres(url, NAME)
}

/// Who signs PostgreSQL's certificate, as PEM.
pub fn database_ca() -> Option<String> {
    std::env::var("WOLKENAMT_DATABASE_CA").ok().filter(|pem| !pem.is_empty())
}

/// Takes an address of a mail server if mails and the password are safe on the way there: TLS from the beginning, TLS
/// demanded after the greeting, or no way at all because the server is on this machine. What only tries TLS
/// (`tls=opportunistic`) is no protection: whoever sits between answers that there is none.
fn mail_server(url: String, insecure: bool) -> Result<String, ConfigError> {
    let refused =
        |problem: &str, remedy| ConfigError { name: "WOLKENAMT_SMTP_URL", problem: problem.into(), remedy };
    if url == "keep" || url.starts_with("smtps://") {
        return Ok(url);
    }
    let Some(rest) = url.strip_prefix("smtp://") else {
        return Err(refused(
            "is neither an smtp address nor keep",
            "give smtps://user:password@host:port, smtp://host:port?tls=required or keep",
        ));
    };
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    // A fragment ends the host like a path does.
    let host = address.split(['/', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let near = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next() == Some("::1"),
        None => {
            let name = host.split(':').next().unwrap_or_default();
            name == "localhost" || name.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        }
    };
    if near || insecure || query == "tls=required" {
        return Ok(url);
    }
    Err(refused(
        "would send mails without TLS",
        "give smtps://… or smtp://…?tls=required; or accept it with WOLKENAMT_SMTP_INSECURE=yes",
    ))
}

fn postgres(url: String, name: &'static str) -> Result<String, ConfigError> {
    match db::connect::is_safe(&url).filter(|_| url.starts_with("postgres")) {
        Some(true) => Ok(url),
        Some(false) => Err(ConfigError {
            name,
            problem: "would send passwords and data to another machine without TLS".into(),
            remedy: "append ?sslmode=require; the certificate is verified with WOLKENAMT_DATABASE_CA",
        }),
        None => Err(ConfigError {
            name,
            problem: "is no address of PostgreSQL".into(),
            remedy: "give postgres://user:password@host:port/database?sslmode=require; chain and name of the \
                     certificate are always verified, so there is no verify-full and no sslrootcert",
        }),
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
    fn mails_leave_this_machine_with_tls_only() {
        for url in [
            "smtps://nutzer:geheim@mail.example.org",
            "smtp://mail.example.org?tls=required",
            "smtp://nutzer:geheim@mail.example.org:587?tls=required",
            "smtp://127.0.0.1:25",
            "smtp://localhost",
            "smtp://[::1]:2525",
        ] {
            assert!(read(&[("WOLKENAMT_SMTP_URL", url)]).is_ok(), "{url}");
        }
        for url in [
            "smtp://nutzer:geheim@mail.example.org:587",
            "smtp://mail.example.org?tls=opportunistic",
            "smtp://mail.example.org?tls=opportunistic&tls=required",
            "smtp://mail.example.org/?x=tls=required",
            "smtp://mail.example.org/localhost",
            "smtp://localhost@mail.example.org",
            "smtp://mail.example.org#@localhost",
            "smtp://127.0.0.1.example.org",
            "smtp://localhost.example.org:25",
            "smtp://[2001:db8::1]:25",
        ] {
            let refused = read(&[("WOLKENAMT_SMTP_URL", url)]).err().unwrap();
            assert!(refused.contains("without TLS") && !refused.contains("geheim"), "{url}: {refused}");
            assert!(
                read(&[("WOLKENAMT_SMTP_URL", url), ("WOLKENAMT_SMTP_INSECURE", "yes")]).is_ok(),
                "{url}"
            );
        }
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
            assert!(read(&[(name, value)]).err().unwrap().starts_with(name), "{name}={value}");
        }
    }
}
