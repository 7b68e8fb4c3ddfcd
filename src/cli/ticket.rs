//! `longshore ticket PAGE SLOT`: a permission to upload into one slot, to hand out.

use std::time::Duration;

use anyhow::Context;
use clap::Args;

use crate::app::config::{Config, size};
use crate::engine::{Clock, SystemClock};
use crate::uploads::{DataFolder, Ticket, TicketOptions, Uploads};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(super) struct Wish {
    /// The page.
    page: String,
    /// The slot of that page.
    slot: String,
    /// For how long, such as 90s or 7days.
    #[arg(long, default_value = "1h", value_name = "TIME", value_parser = humantime::parse_duration)]
    expires: Duration,
    /// The largest file, such as 10MB, if that is less than the slot takes.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    max_size: Option<u64>,
    /// Which kinds of files, such as .jpg,image/png, of those that the slot takes.
    #[arg(long, value_name = "LIST")]
    accept: Option<String>,
    /// How many files in all.
    #[arg(long, value_name = "NUMBER")]
    count: Option<u32>,
    /// Whose the files are: a user as a proxy's header names them. An owner of the ticket's own unless said.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

/// Prints the ticket and nothing else, for scripts.
#[allow(clippy::print_stdout)]
pub(super) fn run(config: &Config, wish: Wish) -> anyhow::Result<()> {
    let secret = DataFolder::secret_of(&config.data)
        .context("a server makes the secret when it starts for the first time")?;
    let ticket = Ticket::sign(wish.into(), &secret, SystemClock.now())?;
    println!("{}", ticket.as_str());
    Ok(())
}

impl From<Wish> for TicketOptions {
    fn from(wish: Wish) -> Self {
        let mut options = Self::new(wish.page, wish.slot).expires_in(wish.expires);
        if let Some(bytes) = wish.max_size {
            options = options.max_file_size(bytes);
        }
        if let Some(accept) = wish.accept {
            options = options.accept(accept);
        }
        if let Some(count) = wish.count {
            options = options.count(count);
        }
        match wish.user {
            Some(user) => options.owner(Uploads::owner_of(&user)),
            None => options,
        }
    }
}

fn bytes(text: &str) -> Result<u64, String> {
    size(text).ok_or_else(|| "write bytes, like 500MB or 256MiB".to_owned())
}
