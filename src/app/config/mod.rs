//! Configuration: as written ([`Settings`]), and as resolved ([`Config`]).
//!
//! Flags and environment win over the file, the file over the defaults. A bad value or an unknown key stops
//! the start with the key, what was given and what is allowed: a server that guesses what its operator
//! meant is worse than one that does not start.

#[cfg(test)]
mod fuzz;
mod limits;
mod resolve;
mod scanning;
mod settings;
mod size;
mod tls;
mod webhooks;
mod who;
mod written;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use self::limits::Bounds;
pub use self::resolve::ConfigError;
pub use self::scanning::Scanning;
pub use self::settings::Settings;
pub(crate) use self::size::size;
pub use self::tls::Tls;
pub use self::webhooks::WebhookConfig;
pub use self::who::Who;
pub use crate::blob::Durability;
pub use crate::domain::DigestKind;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// What the service runs with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens.
    pub bind: SocketAddr,
    /// The folder that holds everything.
    pub data: PathBuf,
    /// When an upload is safe.
    pub durability: Durability,
    /// Which digest files get.
    pub digest: DigestKind,
    /// Bytes that uploads leave free on the disk; as much as suits the disk unless said.
    pub min_free: Option<u64>,
    /// How long a disconnected page's unfinished uploads are kept.
    pub session_grace: Duration,
    /// How long an upload may stay unfinished, or complete and not consumed.
    pub entry_ttl: Duration,
    /// How long a shutdown may take.
    pub shutdown_timeout: Duration,
    /// In which time the body of a request has to bring 1 KiB or end.
    pub body_timeout: Duration,
    /// Who besides us looks at every file.
    pub scanning: Scanning,
    /// Other origins whose pages may upload here.
    pub allowed_origins: Vec<String>,
    /// The origin that serves files and nothing else.
    pub files_origin: Option<String>,
    /// Who is told of files.
    pub webhooks: WebhookConfig,
    /// Who is let in, and by what.
    pub who: Who,
    /// Bounds of callers and addresses.
    pub bounds: Bounds,
    /// Threads that serve connections.
    pub workers: usize,
    /// Connections of one worker.
    pub max_connections: usize,
    /// Parts of one multipart body.
    pub max_form_parts: usize,
    /// The certificate, if HTTPS is spoken.
    pub tls: Option<Tls>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged: a level, or a filter in the syntax of `tracing`.
    pub log: String,
    /// Templates are read from disk at each rendering.
    pub dev: bool,
}

impl fmt::Display for Config {
    /// A TOML file that says the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let durability = if self.durability == Durability::Always { "always" } else { "os" };
        let log_format = if self.log_format == LogFormat::Text { "text" } else { "json" };
        writeln!(f, "bind = \"{}\"", self.bind)?;
        writeln!(f, "data = {}", written::path(&self.data))?;
        writeln!(f, "durability = \"{durability}\"")?;
        writeln!(f, "digest = \"{}\"", self.digest)?;
        let min_free = self.min_free.map_or("auto".to_owned(), |bytes| bytes.to_string());
        writeln!(f, "min_free = \"{min_free}\"")?;
        writeln!(f, "session_grace = \"{}\"", humantime::format_duration(self.session_grace))?;
        writeln!(f, "entry_ttl = \"{}\"", humantime::format_duration(self.entry_ttl))?;
        let timeout = humantime::format_duration(self.shutdown_timeout);
        writeln!(f, "shutdown_timeout = \"{timeout}\"")?;
        writeln!(f, "body_timeout = \"{}\"", humantime::format_duration(self.body_timeout))?;
        write!(f, "{}", self.scanning)?;
        writeln!(f, "allowed_origin = {}", written::list(&self.allowed_origins))?;
        if let Some(origin) = &self.files_origin {
            writeln!(f, "files_origin = {}", written::text(origin))?;
        }
        self.webhooks.fmt(f)?;
        write!(f, "{}", self.who)?;
        write!(f, "{}", self.bounds)?;
        writeln!(f, "workers = {}", self.workers)?;
        writeln!(f, "max_connections = {}", self.max_connections)?;
        writeln!(f, "max_form_parts = {}", self.max_form_parts)?;
        tls::write(self.tls.as_ref(), f)?;
        writeln!(f, "log_format = \"{log_format}\"")?;
        writeln!(f, "log = {}", written::text(&self.log))?;
        writeln!(f, "dev = {}", self.dev)
    }
}
