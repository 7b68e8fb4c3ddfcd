//! Floor 6: the service that the binary runs: configuration, data folder, server, logs.

pub mod config;
pub(crate) mod data;
mod health;
pub(crate) mod server;
pub(crate) mod telemetry;
