//! [`Scanning`]: who besides us looks at every file, as the settings say it.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::resolve::{not_zero, value};
use super::{ConfigError, Settings};
use crate::UploadsBuilder;
use crate::checks::{Clamd, CommandCheck, OnFailure};

/// A daemon, a program, both or, unless said, nobody.
#[derive(Debug, Clone)]
pub struct Scanning {
    clamd: Option<(String, Clamd)>,
    /// The program, and its arguments.
    command: Vec<String>,
    failure: OnFailure,
    time_limit: Option<Duration>,
}

impl Scanning {
    pub(super) fn understand(settings: &Settings) -> Result<Self, ConfigError> {
        let clamd = match settings.clamd.as_deref() {
            None | Some("off" | "") => None,
            Some(address) => {
                let clamd = Clamd::at(address).map_err(|_| value("clamd", address, ADDRESS))?;
                Some((address.to_owned(), clamd))
            }
        };
        let words = settings.check_command.clone().unwrap_or_default();
        let command: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        if let Some(program) = command.first().filter(|program| !is_program(program)) {
            return Err(value("check_command", program, "the whole path of a program"));
        }
        Ok(Self {
            clamd,
            command,
            failure: match settings.check_failure.as_deref() {
                None | Some("closed") => OnFailure::Refuse,
                Some("open") => OnFailure::Accept,
                Some(other) => return Err(value("check_failure", other, "`closed` or `open`")),
            },
            time_limit: match settings.check_timeout.as_deref() {
                None | Some("auto") => None,
                Some(given) => Some(not_zero("check_timeout", Some(given.to_owned()), 0)?),
            },
        })
    }

    /// A service whose files are all looked at by them.
    pub(crate) fn apply(&self, mut builder: UploadsBuilder) -> UploadsBuilder {
        if let Some((address, clamd)) = &self.clamd {
            tracing::info!(address, "every file is shown to clamd");
            let clamd = clamd.clone().on_failure(self.failure);
            builder = builder.check(match self.time_limit {
                Some(limit) => clamd.time_limit(limit),
                None => clamd,
            });
        }
        if let [program, arguments @ ..] = &self.command[..] {
            tracing::info!(program, "every file is shown to a program");
            let command = CommandCheck::run(program).arguments(arguments).on_failure(self.failure);
            builder = builder.check(match self.time_limit {
                Some(limit) => command.time_limit(limit),
                None => command,
            });
        }
        builder
    }
}

const ADDRESS: &str =
    "a path like /run/clamav/clamd.ctl, a host and port like 127.0.0.1:3310, or `off`";

fn is_program(path: &str) -> bool {
    let runs = |found: fs::Metadata| found.is_file() && found.permissions().mode() & 0o111 != 0;
    path.starts_with('/') && fs::metadata(path).is_ok_and(runs)
}

impl fmt::Display for Scanning {
    /// Lines of a TOML file that say the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clamd = self.clamd.as_ref().map_or("off", |(address, _)| address);
        let failure = if self.failure == OnFailure::Refuse { "closed" } else { "open" };
        let limit = self.time_limit.map(|limit| humantime::format_duration(limit).to_string());
        writeln!(f, "clamd = {}", super::written::text(clamd))?;
        writeln!(f, "check_command = {}", super::written::list(&self.command))?;
        writeln!(f, "check_failure = \"{failure}\"")?;
        writeln!(f, "check_timeout = \"{}\"", limit.as_deref().unwrap_or("auto"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Scanning, ConfigError> {
        Scanning::understand(&toml::from_str(text).unwrap())
    }

    #[test]
    fn nobody_looks_unless_said() {
        for text in ["", "clamd = \"off\"\ncheck_command = []"] {
            let scanning = of(text).unwrap();
            assert!(scanning.clamd.is_none() && scanning.command.is_empty());
            assert_eq!(scanning.failure, OnFailure::Refuse);
        }
    }

    #[test]
    fn what_is_printed_is_read_back() {
        for text in [
            "",
            "clamd = \"127.0.0.1:3310\"\ncheck_failure = \"open\"",
            "clamd = \"/run/clamd.ctl\"\ncheck_timeout = \"5s\"\n\
             check_command = [\"/bin/sh\", \"-c\", \"exit 0 # a \\\"word\\\"\"]",
        ] {
            let printed = of(text).unwrap().to_string();
            assert_eq!(of(&printed).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn what_is_wrong_is_refused_by_its_name() {
        for (text, key, allowed) in [
            ("clamd = \"there\"", "clamd", "127.0.0.1:3310"),
            ("check_command = [\"sh\"]", "check_command", "whole path"),
            ("check_command = [\"/nowhere\"]", "check_command", "whole path"),
            ("check_command = [\"/etc/passwd\"]", "check_command", "whole path"),
            ("check_failure = \"maybe\"", "check_failure", "`closed` or `open`"),
            ("check_timeout = \"0s\"", "check_timeout", "not zero"),
            ("check_timeout = \"soon\"", "check_timeout", "10m"),
        ] {
            let message = of(text).unwrap_err().to_string();
            assert!(message.contains(key) && message.contains(allowed), "{message}");
        }
    }
}
