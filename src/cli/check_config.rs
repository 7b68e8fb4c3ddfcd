//! `longshore check-config`: what the flags, the environment and the file come to.

use crate::app::config::Config;

#[allow(clippy::print_stdout, clippy::unnecessary_wraps)] // Its output is its purpose.
pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    print!("{config}");
    Ok(())
}
