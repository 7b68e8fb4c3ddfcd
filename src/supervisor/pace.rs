//! How long one peer has let us wait: for bytes of a request's body, or for room for an answer's.
//!
//! Whoever reads or writes notes when it begins to wait and what came then; the supervisor looks whether that
//! took too long. Time in which nobody waits (our disk is slow, a view thinks) is on nobody's account.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::time::Instant;

use super::Cut;

/// What is done about a peer that is too slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Whoever waits is told, and may still answer.
    Tell,
    /// The connection ends.
    Cut,
}

/// Whoever was told does not answer: then the connection ends after this time.
const TOLD: Duration = Duration::from_secs(10);

/// One peer's account.
#[derive(Debug)]
pub struct Pace {
    within: Duration,
    least: usize,
    then: Then,
    cut: Option<Cut>,
    account: Mutex<Account>,
    waker: AtomicWaker,
}

#[derive(Debug, Default)]
struct Account {
    /// We wait since then.
    since: Option<Instant>,
    /// What was waited before, since enough came.
    waited: Duration,
    /// What came since.
    bytes: usize,
    /// It was too slow.
    over: Option<Instant>,
    /// Whoever waited knows.
    told: bool,
}

impl Pace {
    /// For a body: at least so many bytes within each time of waiting. Who waits is told when it is over.
    #[must_use]
    pub fn of_body(within: Duration, least: usize, cut: Option<Cut>) -> Self {
        Self::new(within, least, Then::Tell, cut)
    }

    /// For an answer: a piece within each time of waiting. The connection is cut when it is over.
    #[must_use]
    pub fn of_answer(within: Duration, cut: Option<Cut>) -> Self {
        Self::new(within, 0, Then::Cut, cut)
    }

    fn new(within: Duration, least: usize, then: Then, cut: Option<Cut>) -> Self {
        let (account, waker) = (Mutex::default(), AtomicWaker::new());
        Self { within, least, then, cut, account, waker }
    }

    /// From now on the peer lets us wait.
    pub fn wait(&self) {
        self.account().since.get_or_insert_with(Instant::now);
    }

    /// The peer did so much.
    pub fn moved(&self, bytes: usize) {
        let mut account = self.account();
        if let Some(since) = account.since.take() {
            account.waited += since.elapsed();
        }
        account.bytes = account.bytes.saturating_add(bytes);
        if account.bytes >= self.least {
            (account.waited, account.bytes) = (Duration::ZERO, 0);
        }
    }

    /// Ready when the peer's time is over.
    pub fn poll_over(&self, cx: &Context<'_>) -> Poll<()> {
        self.waker.register(cx.waker());
        let mut account = self.account();
        if account.over.is_none() {
            return Poll::Pending;
        }
        account.told = true;
        Poll::Ready(())
    }

    /// The supervisor's look.
    pub(super) fn look(&self) {
        let mut account = self.account();
        let waited = account.waited + account.since.map_or(Duration::ZERO, |since| since.elapsed());
        let now = Instant::now();
        let cut = match account.over {
            Some(over) => !account.told && now.duration_since(over) >= TOLD,
            None if waited <= self.within => return,
            None => {
                account.over = Some(now);
                self.then == Then::Cut
            }
        };
        account.told |= cut;
        drop(account);
        self.waker.wake();
        if let Some(connection) = self.cut.as_ref().filter(|_| cut) {
            tracing::info!("cutting off a peer that does not go on");
            connection.cut();
        }
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::task::noop_waker;

    use super::*;

    fn counting() -> (Arc<AtomicUsize>, Cut) {
        let cuts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&cuts);
        let cut = Cut::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        (cuts, cut)
    }

    fn body() -> (Arc<AtomicUsize>, Pace) {
        let (cuts, cut) = counting();
        (cuts, Pace::of_body(Duration::from_secs(30), 1_024, Some(cut)))
    }

    async fn after(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    fn is_over(pace: &Pace) -> bool {
        pace.look();
        pace.poll_over(&Context::from_waker(&noop_waker())).is_ready()
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_each_second_is_no_progress() {
        let (_, pace) = body();
        for _ in 0..30 {
            pace.wait();
            after(1).await;
            pace.moved(1);
            assert!(!is_over(&pace));
        }
        pace.wait();
        after(1).await;
        assert!(is_over(&pace));
    }

    #[tokio::test(start_paused = true)]
    async fn a_thin_line_is_none_either() {
        let (_, pace) = body();
        for _ in 0..1_000 {
            pace.wait();
            after(14).await;
            pace.moved(512);
            assert!(!is_over(&pace));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_nobody_waits_does_not_count() {
        let (_, pace) = body();
        for _ in 0..29 {
            pace.wait();
            after(1).await;
            pace.moved(1);
            after(1_000).await;
            assert!(!is_over(&pace));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_told_has_all_time_to_answer() {
        let (cuts, pace) = body();
        pace.wait();
        after(31).await;
        assert!(is_over(&pace));
        after(1_000).await;
        pace.look();
        assert_eq!(cuts.load(Ordering::SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_can_not_be_told_is_cut_off() {
        let (cuts, pace) = body();
        pace.wait();
        after(31).await;
        pace.look();
        after(9).await;
        pace.look();
        assert_eq!(cuts.load(Ordering::SeqCst), 0);
        after(1).await;
        pace.look();
        assert_eq!(cuts.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_nobody_takes_is_cut_off_at_once() {
        let (cuts, cut) = counting();
        let pace = Pace::of_answer(Duration::from_secs(120), Some(cut));
        for _ in 0..10 {
            pace.wait();
            after(119).await;
            pace.look();
            pace.moved(0);
        }
        assert_eq!(cuts.load(Ordering::SeqCst), 0);
        pace.wait();
        after(121).await;
        pace.look();
        assert_eq!(cuts.load(Ordering::SeqCst), 1);
    }
}
