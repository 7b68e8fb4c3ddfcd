//! From settings to a configuration: every value is understood here, or refused by its name.

use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::size::{SIZE, size};
use super::webhooks::WebhookConfig;
use super::{Bounds, Config, DigestKind, Durability, LogFormat, Scanning, Settings, Who, tls};
use crate::uploads::{ORIGIN, is_origin};

/// The file that is read if it is there and no other is named.
const DEFAULT_FILE: &str = "longshore.toml";

/// What a digest may be.
const DIGEST: &str = "`sha256`, `blake3` or `none`";

/// A configuration that can't be run with.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A value that is none.
    #[error("`{key}` can't be `{given}`: {allowed}")]
    Value {
        /// The setting.
        key: &'static str,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
    /// The file can't be read.
    #[error("can't read the configuration file {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no configuration: an unknown key, or not TOML.
    #[error("{} is no configuration: {message}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where, what was given and what is allowed.
        message: String,
    },
}

impl Config {
    /// Resolves flags and environment over the configuration file over the defaults.
    ///
    /// # Errors
    /// [`ConfigError`], with the key, what was given and what is allowed.
    pub fn resolve(flags: Settings, file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut settings = flags.or(read(file)?);
        let who = Who::resolve(&mut settings)?;
        let scanning = Scanning::understand(&settings)?;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let bounds = Bounds::understand(&settings)?;
        let origins = settings.allowed_origin.unwrap_or_default();
        if let Some(bad) = origins.iter().find(|origin| !is_origin(origin)) {
            return Err(value("allowed_origin", bad, ORIGIN));
        }
        let data = settings.data.unwrap_or_else(|| "./data".to_owned());
        if data.is_empty() {
            return Err(value("data", &data, "the path of a folder"));
        }
        let bind = settings.bind.unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        Ok(Self {
            bind: bind
                .parse()
                .map_err(|_| value("bind", &bind, "an address and a port, like 127.0.0.1:8080"))?,
            data: data.into(),
            durability: match settings.durability.as_deref() {
                None | Some("always") => Durability::Always,
                Some("os") => Durability::Os,
                Some(other) => return Err(value("durability", other, "`always` or `os`")),
            },
            digest: match settings.digest.as_deref() {
                None => DigestKind::default(),
                Some(given) => given.parse().map_err(|_| value("digest", given, DIGEST))?,
            },
            min_free: match settings.min_free.as_deref() {
                None | Some("auto") => None,
                Some(given) => Some(size(given).ok_or_else(|| value("min_free", given, SIZE))?),
            },
            session_grace: time("session_grace", settings.session_grace, 600)?,
            entry_ttl: time("entry_ttl", settings.entry_ttl, 24 * 3600)?,
            shutdown_timeout: time("shutdown_timeout", settings.shutdown_timeout, 30)?,
            body_timeout: not_zero("body_timeout", settings.body_timeout, 30)?,
            scanning,
            allowed_origins: origins,
            files_origin: match settings.files_origin {
                Some(bad) if !is_origin(&bad) => return Err(value("files_origin", &bad, ORIGIN)),
                given => given,
            },
            webhooks: WebhookConfig::understood(
                settings.webhook,
                settings.webhook_secret_file,
                settings.webhook_allow_private,
            )?,
            who,
            bounds,
            workers: number("workers", settings.workers, cores, 1..=1_024)?,
            max_connections: number(
                "max_connections",
                settings.max_connections,
                25_000,
                1..=1_000_000,
            )?,
            max_form_parts: number("max_form_parts", settings.max_form_parts, 1_200, 1..=100_000)?,
            tls: tls::understand(settings.tls_cert, settings.tls_key, settings.hsts)?,
            log_format: match settings.log_format.as_deref() {
                None | Some("text") => LogFormat::Text,
                Some("json") => LogFormat::Json,
                Some(other) => return Err(value("log_format", other, "`text` or `json`")),
            },
            log: filter(settings.log)?,
            dev: settings.dev.unwrap_or(false),
        })
    }
}

fn read(file: Option<&Path>) -> Result<Settings, ConfigError> {
    let path = file.unwrap_or_else(|| Path::new(DEFAULT_FILE));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Settings::default());
        }
        Err(source) => return Err(ConfigError::File { path: path.to_owned(), source }),
    };
    toml::from_str(&text).map_err(|error| ConfigError::Syntax {
        path: path.to_owned(),
        message: error.to_string().trim().to_owned(),
    })
}

pub(super) fn value(key: &'static str, given: &str, allowed: impl Into<String>) -> ConfigError {
    ConfigError::Value {
        key,
        given: given.to_owned(),
        allowed: format!("allowed is {}", allowed.into()),
    }
}

fn time(key: &'static str, given: Option<String>, default: u64) -> Result<Duration, ConfigError> {
    let Some(given) = given else { return Ok(Duration::from_secs(default)) };
    humantime::parse_duration(&given).map_err(|_| value(key, &given, "a time like 90s, 10m or 24h"))
}

pub(super) fn not_zero(
    key: &'static str,
    given: Option<String>,
    default: u64,
) -> Result<Duration, ConfigError> {
    let said = given.clone().unwrap_or_default();
    let time = time(key, given, default)?;
    if time.is_zero() { Err(value(key, &said, "a time like 30s, not zero")) } else { Ok(time) }
}

fn number(
    key: &'static str,
    given: Option<u64>,
    default: usize,
    allowed: std::ops::RangeInclusive<usize>,
) -> Result<usize, ConfigError> {
    let Some(given) = given else { return Ok(default) };
    usize::try_from(given).ok().filter(|number| allowed.contains(number)).ok_or_else(|| {
        let allowed = format!("a number from {} to {}", allowed.start(), allowed.end());
        value(key, &given.to_string(), allowed)
    })
}

fn filter(given: Option<String>) -> Result<String, ConfigError> {
    let Some(given) = given else { return Ok("info".to_owned()) };
    match given.parse::<tracing_subscriber::EnvFilter>() {
        Ok(_) => Ok(given),
        Err(_) => Err(value("log", &given, "a level, or a filter like longshore=debug")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("longshore.toml");
        std::fs::write(&path, text).unwrap();
        Config::resolve(Settings::default(), Some(&path))
    }

    #[test]
    fn an_empty_file_is_the_defaults() {
        let config = from("").unwrap();
        assert_eq!(config.bind.to_string(), "127.0.0.1:8080");
        assert_eq!(config.durability, Durability::Always);
        assert_eq!(config.digest, DigestKind::Sha256);
        assert_eq!(config.session_grace, Duration::from_secs(600));
    }

    #[test]
    fn what_check_config_prints_is_a_configuration() {
        let text = "bind = \"127.0.0.1:9\"\nsession_grace = \"0s\"\nmin_free = \"1GiB\"\ndev = true\n\
             anonymous = false\nproxy_user_header = \"X-User\"\nframe_ancestor = [\"https://a.example\"]\n\
             token = [\"a=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08:upload\"]\n\
             tls_cert = \"a \\\"b\\\".pem\"\ntls_key = \"key.pem\"\nhsts = \"180d\"";
        let config = from(text).unwrap();
        assert_eq!(config.min_free, Some(1 << 30));
        let bounds = from(
            "caller_bytes = \"1GB\"\ncaller_unfinished = 0\naddress_sessions = 0\n\
             address_request_rate = 7\nmin_speed = \"2KiB\"\nupload_life = \"1h\"",
        );
        let bounds = bounds.unwrap().bounds;
        assert_eq!(bounds.caller.bytes, Some(1_000_000_000));
        assert_eq!((bounds.caller.unfinished, bounds.holds.sessions), (Some(u64::MAX), None));
        assert!(!config.who.anonymous && config.who.tokens.len() == 1);
        let again = from(&config.to_string()).unwrap();
        assert_eq!(config.to_string(), again.to_string());
        let again = from(&bounds.to_string()).unwrap().bounds;
        assert_eq!(bounds.to_string(), again.to_string());
    }

    #[test]
    fn a_bad_value_is_refused_with_its_key_what_was_given_and_what_is_allowed() {
        for (text, key, given, allowed) in [
            ("bind = \"here\"", "bind", "here", "an address"),
            ("durability = \"often\"", "durability", "often", "`always` or `os`"),
            ("digest = \"md5\"", "digest", "md5", "`sha256`, `blake3` or `none`"),
            ("entry_ttl = \"soon\"", "entry_ttl", "soon", "10m"),
            ("min_free = \"much\"", "min_free", "much", "256MiB"),
            ("body_timeout = \"0s\"", "body_timeout", "0s", "not zero"),
            ("log_format = \"xml\"", "log_format", "xml", "`text` or `json`"),
            ("workers = 0", "workers", "0", "from 1"),
            ("caller_bytes = \"0\"", "caller_bytes", "0", "`none`"),
            ("total_bytes = \"much\"", "total_bytes", "much", "256MiB"),
            ("caller_byte_rate = \"10\"", "caller_byte_rate", "10", "1KiB"),
            (
                "address_request_rate = 5000000000",
                "address_request_rate",
                "5000000000",
                "any number",
            ),
            ("min_speed = \"fast\"", "min_speed", "fast", "`auto`"),
            ("upload_life = \"0s\"", "upload_life", "0s", "not zero"),
            ("token = [\"secret\"]", "token", "…", "NAME=SHA256"),
            ("frame_ancestor = [\"*\"]", "frame_ancestor", "*", "scheme"),
            ("tls_cert = \"c.pem\"", "tls_key", "nothing", "the file of the key"),
            ("hsts = \"180d\"", "hsts", "180d", "tls_cert"),
            ("tls_cert = \"c\"\ntls_key = \"k\"\nhsts = \"soon\"", "hsts", "soon", "`off`"),
            ("trusted_proxy = [\"lo\"]", "trusted_proxy", "lo", "10.0.0.0/8"),
            ("allowed_origin = [\"app.example\"]", "allowed_origin", "app.example", "scheme"),
        ] {
            let message = from(text).unwrap_err().to_string();
            for part in [key, given, allowed] {
                assert!(message.contains(part), "{message} should say {part}");
            }
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_those_that_are_known() {
        let message = from("spool = \"/x\"").unwrap_err().to_string();
        assert!(message.contains("spool") && message.contains("session_grace"), "{message}");
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, "durability = \"os\"\nlog = \"warn\"").unwrap();
        let flags = Settings { durability: Some("always".to_owned()), ..Settings::default() };
        let config = Config::resolve(flags, Some(&path)).unwrap();
        assert_eq!((config.durability, config.log.as_str()), (Durability::Always, "warn"));
    }

    #[test]
    fn each_kind_of_digest_is_read_and_written_again() {
        for kind in DigestKind::ALL {
            let config = from(&format!("digest = \"{kind}\"")).unwrap();
            assert_eq!(config.digest, kind);
            assert_eq!(from(&config.to_string()).unwrap().digest, kind);
        }
    }

    #[test]
    fn a_named_file_that_is_missing_is_an_error() {
        let missing = Path::new("/nowhere/longshore.toml");
        assert!(Config::resolve(Settings::default(), Some(missing)).is_err());
    }
}
