//! File descriptors. Shells and service managers give a process few of them by default and let it have many
//! more; a server of ten thousand open pages needs two for each.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Takes as many descriptors as the operator allows.
pub(super) fn take_all() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    let more = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, more) {
        Ok(()) => tracing::info!(
            before = limit.current,
            now = limit.maximum,
            "more file descriptors, as many as are allowed"
        ),
        Err(error) => {
            tracing::warn!(%error, now = limit.current, "no more file descriptors can be had");
        }
    }
}
