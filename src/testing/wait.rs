//! Waiting for conditions instead of for the clock: a test that sleeps is either slow or wrong, mostly both.

use std::time::Duration;

use tokio::time::Instant;

/// How long anything is waited for. Generous: a loaded machine is slow, and only a failing test ever waits
/// this long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until something is true, and panics with `what` if it isn't within [`PATIENCE`].
///
/// ```
/// # actix_web::rt::System::new().block_on(async {
/// let mut looks = 0;
/// longshore::testing::until("the third look", || {
///     looks += 1;
///     looks == 3
/// })
/// .await;
/// # });
/// ```
pub async fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_true() {
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits for an answer, but not for ever: panics with `what` if it doesn't come within [`PATIENCE`].
pub async fn within<T>(what: &str, answer: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer,
        Err(_) => panic!("not within {PATIENCE:?}: {what}"),
    }
}
