//! TLS as a client.

use super::Host;
use std::fmt;
use std::sync::{Arc, OnceLock};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

/// What all connections have in common: the roots that are trusted.
pub(super) struct Tls {
    extra: RootCertStore,
    /// Made with the first connection.
    config: OnceLock<Result<Arc<ClientConfig>, rustls::Error>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tls({} roots more)", self.extra.len())
    }
}

impl Tls {
    pub(super) fn new(roots: &[Vec<u8>]) -> Result<Self, String> {
        let mut extra = RootCertStore::empty();
        for root in roots {
            let root = CertificateDer::from(root.clone());
            extra.add(root).map_err(|error| error.to_string())?;
        }
        Ok(Self {
            extra,
            config: OnceLock::new(),
        })
    }

    pub(super) fn connector(&self) -> Result<TlsConnector, rustls::Error> {
        let config = self.config.get_or_init(|| {
            let mut roots = self.extra.clone();
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            let provider = Arc::new(ring::default_provider());
            let mut config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()?
                .with_root_certificates(roots)
                .with_no_client_auth();
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            // A session that is taken up again would tell one call of another.
            config.resumption = Resumption::disabled();
            Ok(Arc::new(config))
        });
        config.clone().map(TlsConnector::from)
    }
}

/// Whom a certificate has to name.
pub(super) fn server_name(host: &Host) -> Option<ServerName<'static>> {
    match host {
        Host::Address(address) => Some(ServerName::from(*address)),
        Host::Name(name) => ServerName::try_from(name.clone()).ok(),
    }
}
