//! Waiting for conditions instead of for the clock.

use std::time::Duration;

use tokio::time::Instant;

/// Generous: a loaded machine is slow, and only a failing test ever waits this long.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

/// Waits until something is true.
pub(crate) async fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let end = Instant::now() + BOUND;
    while !is_true() {
        assert!(Instant::now() < end, "not within {BOUND:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits for an answer, but not for ever.
pub(crate) async fn within<T>(what: &str, answer: impl Future<Output = T>) -> T {
    match tokio::time::timeout(BOUND, answer).await {
        Ok(answer) => answer,
        Err(_) => panic!("not within {BOUND:?}: {what}"),
    }
}
