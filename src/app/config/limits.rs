//! How much strangers may have and do: the settings that bound callers, addresses and everybody together.

use std::fmt;
use std::time::Duration;

use super::resolve::{not_zero, value};
use super::size::size;
use super::{ConfigError, Settings};
use crate::uploads::{LIFE, PROXY, Proxies, UNFINISHED, UNFINISHED_IN_ALL};
use crate::{Holds, Quota, Rates, UploadsBuilder};

/// Slower than this nobody gets anywhere.
const SLOWEST: u64 = 1_024;

/// Bounds of callers and addresses.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Reverse proxies whose word about a request's sender is believed.
    pub trusted_proxies: Vec<String>,
    /// What one caller may have.
    pub caller: Quota,
    /// What all callers may have.
    pub total: Quota,
    /// How fast one caller may go.
    pub caller_rates: Rates,
    /// How fast one address may go.
    pub address_rates: Rates,
    /// What one caller or address may hold.
    pub holds: Holds,
    /// How many bytes a second a body has to bring.
    pub min_speed: Option<u64>,
    /// How long an upload may stay unfinished.
    pub upload_life: Duration,
}

impl Bounds {
    pub(super) fn understand(said: &Settings) -> Result<Self, ConfigError> {
        let trusted_proxies = said.trusted_proxy.clone().unwrap_or_default();
        if let Err(bad) = Proxies::read(&trusted_proxies) {
            return Err(value("trusted_proxy", &bad, PROXY));
        }
        let caller_rates = Rates {
            requests: rate("caller_request_rate", said.caller_request_rate, 0)?,
            sessions: rate("caller_session_rate", said.caller_session_rate, 0)?,
            new_callers: None,
            files: rate("caller_file_rate", said.caller_file_rate, 0)?,
            bytes: speed("caller_byte_rate", said.caller_byte_rate.as_deref(), "none")?,
        };
        let address_rates = Rates {
            requests: rate("address_request_rate", said.address_request_rate, 0)?,
            sessions: rate("address_session_rate", said.address_session_rate, 100)?,
            new_callers: rate("address_caller_rate", said.address_caller_rate, 0)?,
            files: rate("address_file_rate", said.address_file_rate, 1_000)?,
            bytes: speed("address_byte_rate", said.address_byte_rate.as_deref(), "none")?,
        };
        let usual = Holds::default();
        let holds = Holds {
            connections: places(
                "address_connections",
                said.address_connections,
                usual.connections,
            )?,
            sessions: places("address_sessions", said.address_sessions, usual.sessions)?,
            caller_sessions: places(
                "caller_sessions",
                said.caller_sessions,
                usual.caller_sessions,
            )?,
        };
        Ok(Self {
            trusted_proxies,
            caller: Quota {
                bytes: bytes("caller_bytes", said.caller_bytes.as_deref(), "none")?,
                files: some(said.caller_files.unwrap_or(0)),
                unfinished: Some(many(said.caller_unfinished.unwrap_or(UNFINISHED))),
            },
            total: Quota {
                bytes: bytes("total_bytes", said.total_bytes.as_deref(), "none")?,
                files: some(said.total_files.unwrap_or(0)),
                unfinished: Some(many(said.total_unfinished.unwrap_or(UNFINISHED_IN_ALL))),
            },
            caller_rates,
            address_rates,
            holds,
            min_speed: bytes("min_speed", said.min_speed.as_deref(), "auto")?,
            upload_life: not_zero("upload_life", said.upload_life.clone(), LIFE.as_secs())?,
        })
    }

    /// A service with these bounds.
    pub(crate) fn apply(&self, mut builder: UploadsBuilder) -> UploadsBuilder {
        for proxy in &self.trusted_proxies {
            builder = builder.trusted_proxy(proxy);
        }
        if let Some(speed) = self.min_speed {
            builder = builder.min_speed(speed);
        }
        builder
            .quota_per_caller(self.caller)
            .quota_in_all(self.total)
            .rates_per_caller(self.caller_rates)
            .rates_per_address(self.address_rates)
            .holds(self.holds)
            .upload_life(self.upload_life)
    }
}

impl fmt::Display for Bounds {
    /// Lines of a TOML file that say the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said =
            |size: Option<u64>, none: &str| size.map_or(none.to_owned(), |it| it.to_string());
        let (caller, address) = (&self.caller_rates, &self.address_rates);
        writeln!(f, "trusted_proxy = {}", super::written::list(&self.trusted_proxies))?;
        for (name, size) in [
            ("caller_bytes", self.caller.bytes),
            ("total_bytes", self.total.bytes),
            ("caller_byte_rate", caller.bytes),
            ("address_byte_rate", address.bytes),
        ] {
            writeln!(f, "{name} = \"{}\"", said(size, "none"))?;
        }
        writeln!(f, "min_speed = \"{}\"", said(self.min_speed, "auto"))?;
        let wide = |number: Option<u32>| number.map(u64::from);
        let count = |number: Option<usize>| number.map(|number| number as u64);
        for (name, number) in [
            ("caller_files", self.caller.files),
            ("caller_unfinished", self.caller.unfinished.filter(|max| *max < ANY)),
            ("total_files", self.total.files),
            ("total_unfinished", self.total.unfinished.filter(|max| *max < ANY)),
            ("caller_request_rate", wide(caller.requests)),
            ("caller_session_rate", wide(caller.sessions)),
            ("caller_file_rate", wide(caller.files)),
            ("address_request_rate", wide(address.requests)),
            ("address_session_rate", wide(address.sessions)),
            ("address_caller_rate", wide(address.new_callers)),
            ("address_file_rate", wide(address.files)),
            ("address_connections", count(self.holds.connections)),
            ("address_sessions", count(self.holds.sessions)),
            ("caller_sessions", count(self.holds.caller_sessions)),
        ] {
            writeln!(f, "{name} = {}", number.unwrap_or(0))?;
        }
        writeln!(f, "upload_life = \"{}\"", humantime::format_duration(self.upload_life))
    }
}

/// Any number of unfinished files: nobody has so many.
const ANY: u64 = u64::MAX;

/// Zero is any number.
fn some(number: u64) -> Option<u64> {
    (number > 0).then_some(number)
}

fn many(number: u64) -> u64 {
    if number == 0 { ANY } else { number }
}

fn rate(key: &'static str, given: Option<u64>, usual: u32) -> Result<Option<u32>, ConfigError> {
    let Some(given) = given else { return Ok(Some(usual).filter(|usual| *usual > 0)) };
    let number = u32::try_from(given).map_err(|_| {
        value(key, &given.to_string(), "a number up to 4294967295, or 0 for any number")
    })?;
    Ok(Some(number).filter(|number| *number > 0))
}

fn places(
    key: &'static str,
    given: Option<u64>,
    usual: Option<usize>,
) -> Result<Option<usize>, ConfigError> {
    let Some(given) = given else { return Ok(usual) };
    let number = usize::try_from(given)
        .map_err(|_| value(key, &given.to_string(), "a number, or 0 for any number"))?;
    Ok(Some(number).filter(|number| *number > 0))
}

/// A size, or the word for none.
fn bytes(
    key: &'static str,
    given: Option<&str>,
    none: &'static str,
) -> Result<Option<u64>, ConfigError> {
    match given {
        None => Ok(None),
        Some(given) if given == none => Ok(None),
        Some(given) => match size(given).filter(|size| *size > 0) {
            Some(size) => Ok(Some(size)),
            None => {
                Err(value(key, given, format!("bytes like 500MB or 256MiB, not zero, or `{none}`")))
            }
        },
    }
}

fn speed(
    key: &'static str,
    given: Option<&str>,
    none: &'static str,
) -> Result<Option<u64>, ConfigError> {
    let speed = bytes(key, given, none)?;
    match speed {
        Some(slow) if slow < SLOWEST => {
            Err(value(key, &slow.to_string(), format!("1KiB or more, or `{none}`")))
        }
        speed => Ok(speed),
    }
}
