//! [`CertificateError`]: what is wrong with a certificate's files. It names them, and nothing of what is in them.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a certificate can't be shown.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file can't be read.
    #[error("can't read {}", file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is no PEM.
    #[error("{} is no PEM file: {reason}", file.display())]
    Pem {
        /// Which file.
        file: PathBuf,
        /// Where it stops being one.
        reason: String,
    },
    /// A PEM file has nothing of what is wanted in it.
    #[error("{} has no part that begins with `-----{what}-----`", file.display())]
    Empty {
        /// Which file.
        file: PathBuf,
        /// What it should have.
        what: &'static str,
    },
    /// Key and certificate don't belong together, or are of a kind that isn't known.
    #[error("{} is not the certificate of the key {}", chain.display(), key.display())]
    Pair {
        /// The certificates' file.
        chain: PathBuf,
        /// The key's.
        key: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
}

impl CertificateError {
    pub(super) fn pem(file: &Path, source: rustls::pki_types::pem::Error) -> Self {
        use rustls::pki_types::pem::Error;
        let reason = match source {
            // They say the line that they can't read, which may be one of a key.
            Error::MissingSectionEnd { .. } => "a part has no end".to_owned(),
            Error::IllegalSectionStart { .. } => "a part has no name".to_owned(),
            Error::Base64Decode(_) => "a part is no base64".to_owned(),
            other => other.to_string(),
        };
        Self::Pem { file: file.to_owned(), reason }
    }
}
