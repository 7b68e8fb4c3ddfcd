//! Flags and environment, as written. A flag wins over the environment, which wins over the file.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::app::config::Settings;

/// Receives files from pages, forms and curl, and keeps them safely.
#[derive(Debug, Parser)]
#[command(name = "longshore", version, about)]
pub(super) struct Flags {
    #[command(subcommand)]
    pub(super) command: Option<Command>,

    /// The configuration file; `longshore.toml` is read if it is there.
    #[arg(long, global = true, env = "LONGSHORE_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    #[command(flatten)]
    pub(super) settings: Settings,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(super) enum Command {
    /// Serve the pages and doors (what happens without a command).
    Serve,
    /// Read the configuration, say what it comes to, and stop.
    CheckConfig,
    /// Remove what has expired, once, while no server runs on the data folder.
    Sweep,
    /// Make a bearer token: prints it once, and the line that the configuration keeps of it.
    Token {
        /// Whom it stands for: letters, digits and `.`, `_`, `@`, `-`.
        name: String,
        /// What it allows: upload, read, delete, with + between them.
        #[arg(long, default_value = "upload+read+delete")]
        rights: String,
    },
    /// Ask the server that runs with this configuration whether it is alive, for containers.
    Healthcheck,
    /// Make an upload ticket with the secret of the data folder, and print it. A server may be running on it.
    Ticket(super::ticket::Wish),
    /// Send files and folders to a server: `longshore put --help`.
    #[cfg(feature = "put")]
    #[command(disable_help_flag = true)]
    Put,
}
