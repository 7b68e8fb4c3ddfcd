//! Floor 7: the command line.
//!
//! Exit codes: 0 stopped on request, 1 runtime failure, 2 usage or configuration.

mod check_config;
mod flags;
mod healthcheck;
#[cfg(feature = "put")]
mod put;
mod serve;
mod sweep;
mod ticket;
mod token;

use std::process::ExitCode;

use clap::Parser;

use self::flags::{Command, Flags};
use crate::app::config::Config;

/// Reads the command line and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    #[cfg(feature = "put")]
    if let Some(words) = put::asked() {
        return put::main(words);
    }
    // clap prints usage errors itself and exits with 2.
    let flags = Flags::parse();
    let command = flags.command.unwrap_or(Command::Serve);
    #[cfg(feature = "put")]
    if command == Command::Put {
        return fail(2, &anyhow::anyhow!("`put` has to come first: longshore put FILE… URL"));
    }
    if let Command::Token { name, rights } = &command {
        return token::run(name, rights)
            .map_or_else(|error| fail(2, &error), |()| ExitCode::SUCCESS);
    }
    let config = match Config::resolve(flags.settings, flags.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return fail(2, &error.into()),
    };
    let result = match command {
        Command::Serve => serve::run(&config),
        Command::CheckConfig => check_config::run(&config),
        Command::Sweep => sweep::run(&config),
        Command::Token { .. } => Ok(()),
        Command::Ticket(wish) => ticket::run(&config, wish),
        Command::Healthcheck => healthcheck::run(&config),
        #[cfg(feature = "put")]
        Command::Put => Ok(()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &error),
    }
}

#[allow(clippy::print_stderr)] // The command line is where errors are printed.
fn fail(code: u8, error: &anyhow::Error) -> ExitCode {
    eprintln!("longshore: {error:#}");
    ExitCode::from(code)
}
