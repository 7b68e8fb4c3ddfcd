//! `longshore token NAME`: a new bearer token, shown once, and what the configuration keeps of it.

use anyhow::Context;

use crate::domain::Rights;
use crate::uploads::BearerToken;

/// The token is the first line of what is printed, for scripts.
#[allow(clippy::print_stdout)]
pub(super) fn run(name: &str, rights: &str) -> anyhow::Result<()> {
    let rights: Rights = rights.parse().context("--rights")?;
    let (kept, text) = BearerToken::random(name, rights)?;
    println!("{text}");
    println!("# It is not kept anywhere. Its line for longshore.toml:");
    println!("token = [\"{kept}\"]");
    Ok(())
}
