//! What a panic says goes into the log, like everything else.
//!
//! Rust writes it to standard error as it is, over several lines: in a log of JSON that is no JSON, and in any log a
//! panic that quotes a client could forge lines.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic;

/// From now on panics are lines of the log. With `RUST_BACKTRACE=1` the way there is one of its fields.
pub(super) fn log() {
    panic::set_hook(Box::new(|panic| {
        let what = panic.payload_as_str().unwrap_or("something that is no text");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let way = Backtrace::capture();
        match way.status() {
            BacktraceStatus::Captured => {
                tracing::error!(place, backtrace = %way, "panicked: {what}");
            }
            _ => tracing::error!(place, "panicked: {what}"),
        }
    }));
}
