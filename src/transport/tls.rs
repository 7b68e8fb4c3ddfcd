//! [`Certificate`]: TLS in this process, for those who put nothing in front of it.
//!
//! Certificates are renewed every few weeks by programs that write two files one after the other. A server that
//! reads them only at its start lets them expire; one that dies of a half-written pair is worse. So they are read
//! again while it runs, and a pair that doesn't fit is left alone until it does.

mod error;

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::signal::unix::{SignalKind, signal};

pub use self::error::CertificateError;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(30);

/// A certificate with its chain and its key, in two PEM files, as a server shows it. Clones are the same one.
///
/// TLS 1.2 and 1.3 with the ciphers of rustls and *ring*; HTTP/1.1 is the only protocol on it.
#[derive(Debug, Clone)]
pub struct Certificate(Arc<Shown>);

#[derive(Debug)]
struct Shown {
    chain: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    now: RwLock<Read>,
}

#[derive(Debug)]
struct Read {
    pair: Arc<CertifiedKey>,
    /// What the files looked like, so that nothing is read twice.
    stamps: [Option<Stamp>; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Certificate {
    /// Reads the chain, the server's own certificate first, and the key: PKCS #8, PKCS #1 or SEC1, without a
    /// passphrase.
    ///
    /// # Errors
    /// [`CertificateError`], with the file and what is wrong with it.
    pub fn read(
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Result<Self, CertificateError> {
        let (chain, key) = (chain.into(), key.into());
        let provider = Arc::new(ring::default_provider());
        // Before they are read: what is written meanwhile is read again.
        let stamps = stamps(&chain, &key);
        let pair = Arc::new(pair(&chain, &key, &provider)?);
        let now = RwLock::new(Read { pair, stamps });
        Ok(Self(Arc::new(Shown { chain, key, provider, now })))
    }

    /// Reads both files again. New connections are shown what is there now; those that are open stay as they
    /// are. After an error the old certificate is shown as before.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_again(&self) -> Result<(), CertificateError> {
        let shown = &self.0;
        let stamps = stamps(&shown.chain, &shown.key);
        let read = pair(&shown.chain, &shown.key, &shown.provider);
        let mut now = shown.now.write().unwrap_or_else(PoisonError::into_inner);
        // Also of what is broken: it is complained of once.
        now.stamps = stamps;
        now.pair = Arc::new(read?);
        Ok(())
    }

    /// What a server is bound with (`HttpServer::bind_rustls_0_23`): the certificate as it is at each
    /// handshake, and no client certificates.
    ///
    /// # Errors
    /// The provider has no cipher for TLS 1.2 and 1.3, which does not happen.
    pub fn server_config(&self) -> io::Result<ServerConfig> {
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Shown>::clone(&self.0);
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.0.provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(io::Error::other)?;
        Ok(builder.with_no_client_auth().with_cert_resolver(resolver))
    }

    /// Reads the files again when they have changed, looking every half minute, and at once when the process
    /// gets SIGHUP. It never ends; spawn it.
    ///
    /// # Errors
    /// Signals can't be heard.
    pub async fn watch(self) -> io::Result<()> {
        let mut hangup = signal(SignalKind::hangup())?;
        loop {
            let asked = tokio::select! {
                asked = hangup.recv() => asked.is_some(),
                () = tokio::time::sleep(LOOK) => false,
            };
            if asked || self.has_changed() {
                self.read_and_tell();
            }
        }
    }

    fn has_changed(&self) -> bool {
        let stamps = stamps(&self.0.chain, &self.0.key);
        self.0.now.read().unwrap_or_else(PoisonError::into_inner).stamps != stamps
    }

    fn read_and_tell(&self) {
        match self.read_again() {
            Ok(()) => {
                tracing::info!(file = %self.0.chain.display(), "the certificate was read again")
            }
            Err(error) => tracing::error!(
                error = %crate::uploads::Causes(&error),
                "the certificate can't be read again; the old one is still shown"
            ),
        }
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner).pair))
    }
}

fn pair(
    chain: &Path,
    key: &Path,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, CertificateError> {
    let certificates = CertificateDer::pem_slice_iter(&read(chain)?).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|source| CertificateError::pem(chain, source))?;
    if certificates.is_empty() {
        return Err(CertificateError::Empty { file: chain.to_owned(), what: "BEGIN CERTIFICATE" });
    }
    let der = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|source| match source {
        rustls::pki_types::pem::Error::NoItemsFound => {
            CertificateError::Empty { file: key.to_owned(), what: "BEGIN PRIVATE KEY" }
        }
        source => CertificateError::pem(key, source),
    })?;
    CertifiedKey::from_der(certificates, der, provider).map_err(|source| CertificateError::Pair {
        chain: chain.to_owned(),
        key: key.to_owned(),
        source,
    })
}

fn read(file: &Path) -> Result<Vec<u8>, CertificateError> {
    fs::read(file).map_err(|source| CertificateError::Read { file: file.to_owned(), source })
}

fn stamps(chain: &Path, key: &Path) -> [Option<Stamp>; 2] {
    [chain, key].map(|file| {
        let facts = fs::metadata(file).ok()?;
        Some(Stamp {
            inode: facts.ino(),
            length: facts.len(),
            seconds: facts.mtime(),
            nanoseconds: facts.mtime_nsec(),
        })
    })
}

#[cfg(test)]
mod tests;
