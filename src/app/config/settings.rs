//! Settings as they are written, in flags, environment or file: text, not yet understood.

use clap::Args;
use serde::Deserialize;

/// Every setting, each of them optional. The names in the file are the flags' with underscores.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "LONGSHORE_BIND", value_name = "ADDRESS")]
    pub(super) bind: Option<String>,

    /// The folder that holds everything [default: ./data]
    #[arg(long, global = true, env = "LONGSHORE_DATA", value_name = "FOLDER")]
    pub(super) data: Option<String>,

    /// When an upload is safe: `always` (synced before it is answered) or `os` [default: always]
    #[arg(long, global = true, env = "LONGSHORE_DURABILITY", value_name = "WHEN")]
    pub(super) durability: Option<String>,

    /// Bytes that uploads leave free on the disk, such as 1GiB, or `auto`: 256MiB, or a sixteenth of a
    /// small disk [default: auto]
    #[arg(long, global = true, env = "LONGSHORE_MIN_FREE", value_name = "SIZE")]
    pub(super) min_free: Option<String>,

    /// How long a disconnected page's unfinished uploads are kept, 0s for not at all [default: 10m]
    #[arg(long, global = true, env = "LONGSHORE_SESSION_GRACE", value_name = "TIME")]
    pub(super) session_grace: Option<String>,

    /// How long an upload may rest since its last byte, or complete and not consumed [default: 24h]
    #[arg(long, global = true, env = "LONGSHORE_ENTRY_TTL", value_name = "TIME")]
    pub(super) entry_ttl: Option<String>,

    /// How long a shutdown may take [default: 30s]
    #[arg(long, global = true, env = "LONGSHORE_SHUTDOWN_TIMEOUT", value_name = "TIME")]
    pub(super) shutdown_timeout: Option<String>,

    /// In which time the body of a request has to bring 1 KiB or end [default: 30s]
    #[arg(long, global = true, env = "LONGSHORE_BODY_TIMEOUT", value_name = "TIME")]
    pub(super) body_timeout: Option<String>,

    /// Another origin whose pages may upload here, such as `https://app.example`; may be repeated
    #[arg(
        long,
        global = true,
        env = "LONGSHORE_ALLOWED_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub(super) allowed_origin: Option<Vec<String>>,

    /// A reverse proxy in front of us whose `X-Forwarded-For` or `Forwarded` is believed, such as 127.0.0.1 or
    /// 10.0.0.0/8; may be repeated
    #[arg(
        long,
        global = true,
        env = "LONGSHORE_TRUSTED_PROXY",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    pub(super) trusted_proxy: Option<Vec<String>>,

    /// Threads that serve connections [default: one for each core]
    #[arg(long, global = true, env = "LONGSHORE_WORKERS", value_name = "NUMBER")]
    pub(super) workers: Option<u64>,

    /// Connections of one worker [default: 25000]
    #[arg(long, global = true, env = "LONGSHORE_MAX_CONNECTIONS", value_name = "NUMBER")]
    pub(super) max_connections: Option<u64>,

    /// Parts of one multipart body [default: 1200]
    #[arg(long, global = true, env = "LONGSHORE_MAX_FORM_PARTS", value_name = "NUMBER")]
    pub(super) max_form_parts: Option<u64>,

    /// The certificate with its chain, a PEM file: HTTPS is spoken, and nothing else [default: none, HTTP]
    #[arg(long, global = true, env = "LONGSHORE_TLS_CERT", value_name = "FILE")]
    pub(super) tls_cert: Option<String>,

    /// The certificate's key, a PEM file without a passphrase
    #[arg(long, global = true, env = "LONGSHORE_TLS_KEY", value_name = "FILE")]
    pub(super) tls_key: Option<String>,

    /// How long browsers come back by HTTPS only (HSTS), such as 180d, or `off` [default: off]
    #[arg(long, global = true, env = "LONGSHORE_HSTS", value_name = "TIME")]
    pub(super) hsts: Option<String>,

    /// How log lines look: `text` or `json` [default: text]
    #[arg(long, global = true, env = "LONGSHORE_LOG_FORMAT", value_name = "FORMAT")]
    pub(super) log_format: Option<String>,

    /// What is logged: error, warn, info, debug, trace, or a filter like longshore=debug [default: info]
    #[arg(long, global = true, env = "LONGSHORE_LOG", value_name = "FILTER")]
    pub(super) log: Option<String>,

    /// Read templates and static files from ./templates and ./static at each request
    #[arg(long, global = true, env = "LONGSHORE_DEV", num_args = 0..=1, default_missing_value = "true")]
    pub(super) dev: Option<bool>,
}

impl Settings {
    /// These settings, and where they are silent, those.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            bind: self.bind.or(other.bind),
            data: self.data.or(other.data),
            durability: self.durability.or(other.durability),
            min_free: self.min_free.or(other.min_free),
            session_grace: self.session_grace.or(other.session_grace),
            entry_ttl: self.entry_ttl.or(other.entry_ttl),
            shutdown_timeout: self.shutdown_timeout.or(other.shutdown_timeout),
            body_timeout: self.body_timeout.or(other.body_timeout),
            allowed_origin: self.allowed_origin.or(other.allowed_origin),
            trusted_proxy: self.trusted_proxy.or(other.trusted_proxy),
            workers: self.workers.or(other.workers),
            max_connections: self.max_connections.or(other.max_connections),
            max_form_parts: self.max_form_parts.or(other.max_form_parts),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
            hsts: self.hsts.or(other.hsts),
            log_format: self.log_format.or(other.log_format),
            log: self.log.or(other.log),
            dev: self.dev.or(other.dev),
        }
    }
}
