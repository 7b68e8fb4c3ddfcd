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

    /// Which digest files get: `sha256`, `blake3` or `none`; one that a client declares is always compared
    /// [default: sha256]
    #[arg(long, global = true, env = "LONGSHORE_DIGEST", value_name = "KIND")]
    pub(super) digest: Option<String>,

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

    /// A ClamAV daemon that looks at every file: a path like /run/clamav/clamd.ctl, a host and port, or
    /// `off` [default: off]
    #[arg(long, global = true, env = "LONGSHORE_CLAMD", value_name = "ADDRESS")]
    pub(super) clamd: Option<String>,

    /// A program that is asked about every file, by its path, and its arguments with spaces between; no
    /// shell reads them
    #[arg(
        long,
        global = true,
        env = "LONGSHORE_CHECK_COMMAND",
        value_name = "PROGRAM",
        value_delimiter = ' '
    )]
    pub(super) check_command: Option<Vec<String>>,

    /// What becomes of a file that they could not look at: `closed` (refused) or `open` (taken)
    /// [default: closed]
    #[arg(long, global = true, env = "LONGSHORE_CHECK_FAILURE", value_name = "HOW")]
    pub(super) check_failure: Option<String>,

    /// How long they may look at one file, or `auto`: 150s and 60s [default: auto]
    #[arg(long, global = true, env = "LONGSHORE_CHECK_TIMEOUT", value_name = "TIME")]
    pub(super) check_timeout: Option<String>,

    /// Another origin whose pages may upload here, such as `https://app.example`; may be repeated
    #[arg(
        long,
        global = true,
        env = "LONGSHORE_ALLOWED_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub(super) allowed_origin: Option<Vec<String>>,

    /// Another origin that serves stored files, by links, and nothing else, such as `https://files.example`; it leads
    /// here, too [default: none, files are served to their owner beside the pages]
    #[arg(long, global = true, env = "LONGSHORE_FILES_ORIGIN", value_name = "ORIGIN")]
    pub(super) files_origin: Option<String>,

    /// A service that is told of every file that is stored or deleted, such as `https://app.example/hooks`; may be
    /// repeated (in the environment with spaces between)
    #[arg(
        long,
        global = true,
        env = "LONGSHORE_WEBHOOK",
        value_name = "URL",
        value_delimiter = ' '
    )]
    pub(super) webhook: Option<Vec<String>>,

    /// A file with the secret that signs what webhooks are sent: one of 16 bytes or more in each line
    #[arg(long, global = true, env = "LONGSHORE_WEBHOOK_SECRET_FILE", value_name = "FILE")]
    pub(super) webhook_secret_file: Option<String>,

    /// Let webhooks lead to private and loopback addresses [default: false]
    #[arg(long, global = true, env = "LONGSHORE_WEBHOOK_ALLOW_PRIVATE", num_args = 0..=1, default_missing_value = "true")]
    pub(super) webhook_allow_private: Option<bool>,

    /// Somebody who is known by a bearer token, as `longshore token NAME` prints it: NAME=SHA256, or
    /// NAME=SHA256:RIGHTS; may be repeated
    #[arg(
        long,
        global = true,
        env = "LONGSHORE_TOKEN",
        value_name = "NAME=SHA256",
        value_delimiter = ','
    )]
    pub(super) token: Option<Vec<String>>,

    /// The header in which a trusted proxy says who its user is, such as X-Remote-User [default: none]
    #[arg(long, global = true, env = "LONGSHORE_PROXY_USER_HEADER", value_name = "NAME")]
    pub(super) proxy_user_header: Option<String>,

    /// Whether whoever shows nothing is let in, as somebody new with a cookie [default: true]
    #[arg(long, global = true, env = "LONGSHORE_ANONYMOUS", value_name = "true|false")]
    pub(super) anonymous: Option<bool>,

    /// An origin whose pages may show ours in a frame; may be repeated [default: nobody's]
    #[arg(
        long,
        global = true,
        env = "LONGSHORE_FRAME_ANCESTOR",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub(super) frame_ancestor: Option<Vec<String>>,
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

    /// Bytes that one caller may have, stored and on their way, such as 1GB, or `none` [default: none]
    #[arg(long, global = true, env = "LONGSHORE_CALLER_BYTES", value_name = "SIZE")]
    pub(super) caller_bytes: Option<String>,

    /// Files that one caller may have, stored and on their way, 0 for any number [default: 0]
    #[arg(long, global = true, env = "LONGSHORE_CALLER_FILES", value_name = "NUMBER")]
    pub(super) caller_files: Option<u64>,

    /// Files that miss bytes that one caller may have, 0 for any number [default: 2000]
    #[arg(long, global = true, env = "LONGSHORE_CALLER_UNFINISHED", value_name = "NUMBER")]
    pub(super) caller_unfinished: Option<u64>,

    /// Bytes that all callers together may have, or `none` [default: none]
    #[arg(long, global = true, env = "LONGSHORE_TOTAL_BYTES", value_name = "SIZE")]
    pub(super) total_bytes: Option<String>,

    /// Files that all callers together may have, 0 for any number [default: 0]
    #[arg(long, global = true, env = "LONGSHORE_TOTAL_FILES", value_name = "NUMBER")]
    pub(super) total_files: Option<u64>,

    /// Files that miss bytes that all callers together may have, 0 for any number [default: 100000]
    #[arg(long, global = true, env = "LONGSHORE_TOTAL_UNFINISHED", value_name = "NUMBER")]
    pub(super) total_unfinished: Option<u64>,

    /// Requests a second of one caller, 0 for any number [default: 0]
    #[arg(long, global = true, env = "LONGSHORE_CALLER_REQUEST_RATE", value_name = "NUMBER")]
    pub(super) caller_request_rate: Option<u64>,

    /// Live pages that one caller opens in a second, 0 for any number [default: 0]
    #[arg(long, global = true, env = "LONGSHORE_CALLER_SESSION_RATE", value_name = "NUMBER")]
    pub(super) caller_session_rate: Option<u64>,

    /// Files a second that live pages of one caller may offer, 0 for any number [default: 0]
    #[arg(long, global = true, env = "LONGSHORE_CALLER_FILE_RATE", value_name = "NUMBER")]
    pub(super) caller_file_rate: Option<u64>,

    /// Bytes a second that one caller may send, or `none` [default: none]
    #[arg(long, global = true, env = "LONGSHORE_CALLER_BYTE_RATE", value_name = "SIZE")]
    pub(super) caller_byte_rate: Option<String>,

    /// Requests a second of one address, 0 for any number [default: 0]
    #[arg(long, global = true, env = "LONGSHORE_ADDRESS_REQUEST_RATE", value_name = "NUMBER")]
    pub(super) address_request_rate: Option<u64>,

    /// Live pages that one address opens in a second, 0 for any number [default: 100]
    #[arg(long, global = true, env = "LONGSHORE_ADDRESS_SESSION_RATE", value_name = "NUMBER")]
    pub(super) address_session_rate: Option<u64>,

    /// New anonymous callers a second of one address, 0 for any number [default: 0]
    #[arg(long, global = true, env = "LONGSHORE_ADDRESS_CALLER_RATE", value_name = "NUMBER")]
    pub(super) address_caller_rate: Option<u64>,

    /// Files a second that live pages of one address may offer, a tenth of it for callers without a cookie or another
    /// proof, 0 for any number [default: 1000]
    #[arg(long, global = true, env = "LONGSHORE_ADDRESS_FILE_RATE", value_name = "NUMBER")]
    pub(super) address_file_rate: Option<u64>,

    /// Bytes a second that one address may send, or `none` [default: none]
    #[arg(long, global = true, env = "LONGSHORE_ADDRESS_BYTE_RATE", value_name = "SIZE")]
    pub(super) address_byte_rate: Option<String>,

    /// Connections of one address at a time, 0 for any number [default: 2000]
    #[arg(long, global = true, env = "LONGSHORE_ADDRESS_CONNECTIONS", value_name = "NUMBER")]
    pub(super) address_connections: Option<u64>,

    /// Live pages of one address at a time, 0 for any number [default: 1000]
    #[arg(long, global = true, env = "LONGSHORE_ADDRESS_SESSIONS", value_name = "NUMBER")]
    pub(super) address_sessions: Option<u64>,

    /// Live pages of one caller at a time, 0 for any number [default: 100]
    #[arg(long, global = true, env = "LONGSHORE_CALLER_SESSIONS", value_name = "NUMBER")]
    pub(super) caller_sessions: Option<u64>,

    /// Bytes a second that the body of a request has to bring, over each --body-timeout, or `auto`: 1KiB in
    /// each [default: auto]
    #[arg(long, global = true, env = "LONGSHORE_MIN_SPEED", value_name = "SIZE")]
    pub(super) min_speed: Option<String>,

    /// How long an upload may stay unfinished, however often somebody goes on with it [default: 7d]
    #[arg(long, global = true, env = "LONGSHORE_UPLOAD_LIFE", value_name = "TIME")]
    pub(super) upload_life: Option<String>,

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
            digest: self.digest.or(other.digest),
            min_free: self.min_free.or(other.min_free),
            session_grace: self.session_grace.or(other.session_grace),
            entry_ttl: self.entry_ttl.or(other.entry_ttl),
            shutdown_timeout: self.shutdown_timeout.or(other.shutdown_timeout),
            body_timeout: self.body_timeout.or(other.body_timeout),
            clamd: self.clamd.or(other.clamd),
            check_command: self.check_command.or(other.check_command),
            check_failure: self.check_failure.or(other.check_failure),
            check_timeout: self.check_timeout.or(other.check_timeout),
            allowed_origin: self.allowed_origin.or(other.allowed_origin),
            files_origin: self.files_origin.or(other.files_origin),
            webhook: self.webhook.or(other.webhook),
            webhook_secret_file: self.webhook_secret_file.or(other.webhook_secret_file),
            webhook_allow_private: self.webhook_allow_private.or(other.webhook_allow_private),
            token: self.token.or(other.token),
            proxy_user_header: self.proxy_user_header.or(other.proxy_user_header),
            anonymous: self.anonymous.or(other.anonymous),
            frame_ancestor: self.frame_ancestor.or(other.frame_ancestor),
            trusted_proxy: self.trusted_proxy.or(other.trusted_proxy),
            caller_bytes: self.caller_bytes.or(other.caller_bytes),
            caller_files: self.caller_files.or(other.caller_files),
            caller_unfinished: self.caller_unfinished.or(other.caller_unfinished),
            total_bytes: self.total_bytes.or(other.total_bytes),
            total_files: self.total_files.or(other.total_files),
            total_unfinished: self.total_unfinished.or(other.total_unfinished),
            caller_request_rate: self.caller_request_rate.or(other.caller_request_rate),
            caller_session_rate: self.caller_session_rate.or(other.caller_session_rate),
            caller_file_rate: self.caller_file_rate.or(other.caller_file_rate),
            caller_byte_rate: self.caller_byte_rate.or(other.caller_byte_rate),
            address_request_rate: self.address_request_rate.or(other.address_request_rate),
            address_session_rate: self.address_session_rate.or(other.address_session_rate),
            address_caller_rate: self.address_caller_rate.or(other.address_caller_rate),
            address_file_rate: self.address_file_rate.or(other.address_file_rate),
            address_byte_rate: self.address_byte_rate.or(other.address_byte_rate),
            address_connections: self.address_connections.or(other.address_connections),
            address_sessions: self.address_sessions.or(other.address_sessions),
            caller_sessions: self.caller_sessions.or(other.caller_sessions),
            min_speed: self.min_speed.or(other.min_speed),
            upload_life: self.upload_life.or(other.upload_life),
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
