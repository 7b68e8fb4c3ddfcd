//! Ctrl-C, and SIGTERM: an end at once. What is unfinished is remembered already, so there is nothing to wait for.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::board::Board;

/// Listens from now on, on a thread of its own.
pub(super) fn listen(board: Arc<Board>, remembers: bool) {
    std::thread::spawn(move || {
        if let Some(code) = wait() {
            board.interrupted(remembers);
            std::process::exit(code);
        }
    });
}

/// The exit code that the signal has by custom; nothing if signals can't be listened to, which then end us as always.
fn wait() -> Option<i32> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).ok()?;
        let mut terminate = signal(SignalKind::terminate()).ok()?;
        tokio::select! {
            _ = interrupt.recv() => Some(130),
            _ = terminate.recv() => Some(143),
        }
    })
}
