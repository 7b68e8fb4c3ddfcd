//! Bytes: whoever sends too many is read more slowly.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The bytes of all bodies of each caller, or of each address.
#[derive(Debug)]
pub(super) struct Pipes<K> {
    rate: u64,
    pipes: Mutex<HashMap<K, Arc<Pipe>>>,
}

/// One of them. It is remembered while somebody sends, and until all is paid for: whoever sends in many requests is not
/// somebody new with each. A pause of a second makes it as good as new.
#[derive(Debug)]
pub(super) struct Pipe {
    rate: u64,
    /// When all that was sent so far has been paid for.
    paid: Mutex<Option<Instant>>,
}

/// What bytes that have come have to wait for before more are read.
#[derive(Debug, Default, Clone)]
pub(crate) struct Toll(Vec<Arc<Pipe>>);

/// So much may come at once.
const AHEAD: Duration = Duration::from_secs(1);

impl<K: Hash + Eq + Clone> Pipes<K> {
    pub(super) fn new(rate: u64) -> Self {
        Self { rate, pipes: Mutex::default() }
    }

    pub(super) fn of(&self, key: &K) -> Arc<Pipe> {
        let mut pipes = lock(&self.pipes);
        if let Some(pipe) = pipes.get(key) {
            return Arc::clone(pipe);
        }
        if pipes.len() == pipes.capacity() {
            pipes.retain(|_, pipe| Arc::strong_count(pipe) > 1 || pipe.is_owed());
        }
        let pipe = Arc::new(Pipe { rate: self.rate, paid: Mutex::default() });
        pipes.insert(key.clone(), Arc::clone(&pipe));
        pipe
    }
}

impl Pipe {
    /// Something that came is not paid for yet.
    fn is_owed(&self) -> bool {
        lock(&self.paid).is_some_and(|until| until > Instant::now())
    }

    fn pay(&self, bytes: u64) -> Duration {
        let now = Instant::now();
        let price = Duration::from_secs_f64(bytes as f64 / self.rate.max(1) as f64);
        let mut paid = lock(&self.paid);
        let until = paid.unwrap_or(now).max(now) + price;
        *paid = Some(until);
        until.duration_since(now).saturating_sub(AHEAD)
    }
}

impl Toll {
    pub(super) fn new(pipes: Vec<Arc<Pipe>>) -> Self {
        Self(pipes)
    }

    /// So many bytes have come; how long to wait before more are read.
    pub(crate) fn pay(&self, bytes: usize) -> Duration {
        let waits = self.0.iter().map(|pipe| pipe.pay(bytes as u64));
        waits.max().unwrap_or(Duration::ZERO)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
