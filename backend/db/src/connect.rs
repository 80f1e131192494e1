//! The way to PostgreSQL: encrypted with a verified certificate (`sslmode=require`), or never leaving this machine.
//!
//! Whoever sits between could answer that there is no TLS, so trying it (`sslmode=prefer`) is no protection.

use crate::{Conn, Error, Result};
use diesel::{ConnectionError, ConnectionResult};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use std::net::IpAddr;
use std::sync::Arc;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Whether passwords and rows are safe on the way to an address: TLS is demanded, or every host of it is this machine.
/// `None` where it is no address at all.
pub fn is_safe(url: &str) -> Option<bool> {
    let config: Config = url.parse().ok()?;
    let near = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
    };
    // `hostaddr` says where a connection goes, whatever the name of the host is.
    let (hosts, addresses) = (config.get_hosts(), config.get_hostaddrs());
    if hosts.is_empty() && addresses.is_empty() {
        return None;
    }
    let stays = hosts.iter().all(near) && addresses.iter().all(IpAddr::is_loopback);
    Some(config.get_ssl_mode() == SslMode::Require || stays)
}

/// Who may sign the server's certificate: the authorities in a PEM text, or those of the system.
pub(crate) fn trusting(ca: Option<&str>) -> Result<MakeRustlsConnect> {
    let unreadable = |error: Box<dyn std::error::Error + Send + Sync>| Error::Unavailable(error);
    let mut roots = RootCertStore::empty();
    match ca {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(|error| unreadable(Box::new(error)))?;
                roots.add(certificate).map_err(|error| unreadable(Box::new(error)))?;
            }
            if roots.is_empty() {
                return Err(unreadable("the authority of PostgreSQL is no certificate in PEM".into()));
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unreadable(Box::new(error)))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Opens one connection.
pub(crate) async fn connect(url: &str, trusting: MakeRustlsConnect) -> ConnectionResult<Conn> {
    let bad = |error: tokio_postgres::Error| {
        // "error connecting to server" alone helps nobody; its cause says which certificate was not believed.
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        ConnectionError::BadConnection(format!("{error}{cause}"))
    };
    let config: Config = url.parse().map_err(bad)?;
    if config.get_ssl_mode() == SslMode::Require {
        let (client, connection) = config.connect(trusting).await.map_err(bad)?;
        Conn::try_from_client_and_connection(client, connection).await
    } else {
        let (client, connection) = config.connect(NoTls).await.map_err(bad)?;
        Conn::try_from_client_and_connection(client, connection).await
    }
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn an_address_is_safe_if_it_demands_tls_or_stays_here() {
        let safe = [
            "postgres://app@localhost/x",
            "postgres://app@127.0.0.1:5433/x",
            "postgres://app@[::1]/x",
            "postgres://app@%2Frun%2Fpostgresql/x",
            "postgres://app:secret@db.example.org/x?sslmode=require",
        ];
        for url in safe {
            assert_eq!(is_safe(url), Some(true), "{url}");
        }
        let unsafe_ones = [
            "postgres://app:secret@db.example.org/x",
            "postgres://app:secret@db.example.org/x?sslmode=prefer",
            "postgres://app:secret@db.example.org/x?sslmode=disable",
            "postgres://app@localhost,db.example.org/x",
            "postgres://app@localhost.example.org/x",
            "postgres://localhost@db.example.org/localhost",
            "postgres://app@localhost/x?hostaddr=10.0.0.5",
            "postgres:///x?hostaddr=10.0.0.5",
        ];
        for url in unsafe_ones {
            assert_eq!(is_safe(url), Some(false), "{url}");
        }
        assert_eq!(is_safe("postgres://app@db.example.org/x?sslmode=sometimes"), None);
        assert_eq!(is_safe("postgres:///x"), None);
    }
}
