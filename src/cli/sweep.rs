//! `longshore sweep`: one sweep without a server, for those who keep time with cron.

use crate::app::config::Config;
use crate::app::{server, telemetry};

#[allow(clippy::print_stdout)] // Its output is its purpose.
pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    telemetry::start(config.log_format, &config.log);
    let swept = actix_web::rt::System::new().block_on(server::sweep(config))?;
    println!(
        "removed {} unfinished and {} complete but unconsumed entries, and {} files from quarantine",
        swept.unfinished, swept.unconsumed, swept.quarantined
    );
    Ok(())
}
