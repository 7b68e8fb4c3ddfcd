//! Floor 7: the service that the binary runs: configuration, server, logs.

pub mod config;
mod descriptors;
mod exposed;
mod health;
pub(crate) mod server;
pub(crate) mod telemetry;
