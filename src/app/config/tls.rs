//! The settings of HTTPS, which only make sense together.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::ConfigError;
use super::resolve::value;

/// A certificate, and what is promised with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate with its chain.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// For how long browsers are told to come back by HTTPS only. Nothing is said unless an operator wants it: a
    /// browser holds to it whatever happens to the certificate, and for every port of the host.
    pub hsts: Option<Duration>,
}

const TIME: &str = "a time like 180d, or `off`";

pub(super) fn understand(
    cert: Option<String>,
    key: Option<String>,
    hsts: Option<String>,
) -> Result<Option<Tls>, ConfigError> {
    let hsts = hsts.filter(|given| given != "off");
    let (cert, key) = match (cert, key) {
        (Some(cert), Some(key)) => (cert, key),
        (Some(_), None) => {
            return Err(value("tls_key", "nothing", "the file of the key of `tls_cert`"));
        }
        (None, Some(_)) => {
            return Err(value("tls_cert", "nothing", "the file of the certificate of `tls_key`"));
        }
        (None, None) => {
            let Some(given) = hsts else { return Ok(None) };
            let why = "`off` unless there is a `tls_cert`: a proxy in front says it itself";
            return Err(value("hsts", &given, why));
        }
    };
    let understood =
        |given: &String| humantime::parse_duration(given).map_err(|_| value("hsts", given, TIME));
    let hsts = hsts.as_ref().map(understood).transpose()?;
    Ok(Some(Tls { cert: cert.into(), key: key.into(), hsts }))
}

pub(super) fn write(tls: Option<&Tls>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some(tls) = tls else { return Ok(()) };
    writeln!(f, "tls_cert = {}", super::written::path(&tls.cert))?;
    writeln!(f, "tls_key = {}", super::written::path(&tls.key))?;
    let hsts = tls.hsts.map(|time| humantime::format_duration(time).to_string());
    writeln!(f, "hsts = \"{}\"", hsts.as_deref().unwrap_or("off"))
}
