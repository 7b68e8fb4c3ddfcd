//! `longshore serve`.

use crate::app::config::Config;
use crate::app::{server, telemetry};

pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    telemetry::start(config.log_format, &config.log);
    actix_web::rt::System::new().block_on(server::run(config))
}
