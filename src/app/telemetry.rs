//! Logs, on standard error: standard output says where to go and nothing else.
//!
//! A log is read by people and by programs who believe each line. What a client said may stand in it, and neither
//! begins a line of its own nor tells a terminal what to do; a proof that somebody may do something (cookies, passes,
//! signatures, all of an address behind its `?`) never stands in it.

mod fields;
mod json;
mod panics;

use std::io::{IsTerminal, stderr};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use tracing_subscriber::EnvFilter;

use super::config::LogFormat;

/// As much of a path as a line shows, in characters.
const PATH: usize = 512;

/// Starts logging. A second call in one process changes nothing.
pub(crate) fn start(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter);
    let begun = match format {
        LogFormat::Text => {
            let colours = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            let logs = logs.with_writer(stderr).with_ansi(colours);
            logs.fmt_fields(fields::OnOneLine).try_init()
        }
        LogFormat::Json => {
            logs.with_writer(|| json::Escaped(stderr())).json().flatten_event(true).try_init()
        }
    };
    if begun.is_ok() {
        panics::log();
    }
}

/// Middleware: one line for each request, with the names that log readers search for.
pub(super) async fn log_request<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let begun = std::time::Instant::now();
    let method = request.method().clone();
    let path: String = request.path().chars().take(PATH).collect();
    let response = next.call(request).await?;
    let status = response.status().as_u16();
    let elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(http.method = %method, http.path = ?path, http.status = status, elapsed_ms, "request");
    Ok(response)
}
