//! [`Lane`]: steps of work on one thing, in order, beside the threads of the connections.
//!
//! A hop to another thread and back costs more than a step may take. So a lane's job takes the next step by itself as long
//! as there is one; it has the thing as long as it runs, and gives it back when nothing is left to do.
//!
//! INVARIANT: steps are done in the order in which they were asked for, whether anybody waits for them or not, and there
//! is one job of a lane at most.

mod patient;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use thiserror::Error;
use tokio::sync::oneshot;

/// The job was taken away with its runtime, or a step panicked.
#[derive(Debug, Error)]
#[error("a background task was lost")]
pub(crate) struct Lost;

impl From<Lost> for io::Error {
    fn from(lost: Lost) -> Self {
        Self::other(lost)
    }
}

/// Clones are the same lane.
pub(crate) struct Lane<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    spawn: fn(Work),
}

/// What a lane's job does.
type Work = Box<dyn FnOnce() + Send>;

struct State<T> {
    thing: Thing<T>,
    steps: VecDeque<Step<T>>,
}

enum Thing<T> {
    Here(T),
    /// The job has it.
    Away,
    Lost,
}

type Step<T> = Box<dyn FnOnce(&mut T) + Send>;

impl<T> Clone for Lane<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Lane<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lane")
    }
}

impl<T: Send + 'static> Lane<T> {
    /// Steps that may block: on the blocking pool.
    pub(crate) fn of(thing: T) -> Self {
        Self::on(thing, |work| drop(tokio::task::spawn_blocking(work)))
    }

    /// Steps that compute and don't block: on threads that leave the processors to all others.
    pub(crate) fn patient(thing: T) -> Self {
        Self::on(thing, patient::spawn)
    }

    fn on(thing: T, spawn: fn(Work)) -> Self {
        let state = State { thing: Thing::Here(thing), steps: VecDeque::new() };
        Self(Arc::new(Shared { state: Mutex::new(state), spawn }))
    }

    /// Asks for a step. It is done behind all that were asked for before, also if the answer is dropped.
    ///
    /// # Errors
    /// [`Lost`] if it never will be.
    pub(crate) fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> BoxFuture<'static, Result<R, Lost>> {
        let (tell, told) = oneshot::channel();
        // Whoever asked may have gone.
        self.push(Box::new(move |thing| drop(tell.send(work(thing)))));
        async { told.await.map_err(|_| Lost) }.boxed()
    }

    /// Does a step here and now, if nothing is before it.
    pub(crate) fn now<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        match &mut self.0.lock().thing {
            Thing::Here(thing) => Some(work(thing)),
            Thing::Away | Thing::Lost => None,
        }
    }

    fn push(&self, step: Step<T>) {
        let mut state = self.0.lock();
        match std::mem::replace(&mut state.thing, Thing::Away) {
            Thing::Here(thing) => {
                state.steps.push_back(step);
                drop(state);
                let job = Job { shared: Arc::clone(&self.0), thing: Some(thing) };
                // ORDER: without the lock. A runtime that has ended drops the job here, which looks at the state.
                (self.0.spawn)(Box::new(move || job.work()));
            }
            Thing::Away => state.steps.push_back(step),
            Thing::Lost => state.thing = Thing::Lost,
        }
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Job<T> {
    shared: Arc<Shared<T>>,
    thing: Option<T>,
}

impl<T> Job<T> {
    fn work(mut self) {
        while let Some(step) = self.next() {
            let Some(thing) = &mut self.thing else { return };
            step(thing);
        }
    }

    /// The next step; without one the thing is given back.
    fn next(&mut self) -> Option<Step<T>> {
        let mut state = self.shared.lock();
        let step = state.steps.pop_front();
        if step.is_none()
            && let Some(thing) = self.thing.take()
        {
            state.thing = Thing::Here(thing);
        }
        step
    }
}

impl<T> Drop for Job<T> {
    /// A step panicked, or the runtime ended before this began. Nobody is to wait for what doesn't come.
    fn drop(&mut self) {
        if self.thing.is_some() {
            let steps = {
                let mut state = self.shared.lock();
                state.thing = Thing::Lost;
                std::mem::take(&mut state.steps)
            };
            drop(steps);
        }
    }
}

#[cfg(test)]
mod tests;
