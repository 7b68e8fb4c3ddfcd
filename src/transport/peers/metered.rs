//! Bytes that are read no faster than their sender may send: what has come is handed on at once, and the next is waited
//! for until it has been paid for. Nothing is buffered meanwhile, so the sender's kernel has to wait, too.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;
use tokio::time::{Sleep, sleep};

use super::Ear;
use crate::transport::rates;
use crate::uploads::Toll;

/// A body, or the frames of a live page.
#[derive(Debug)]
pub(in crate::transport) struct Metered<S: 'static> {
    inner: Option<S>,
    toll: Toll,
    ear: Ear,
    resting: Option<Pin<Box<Sleep>>>,
}

impl<S> Metered<S> {
    pub(in crate::transport) fn new(inner: S, request: &HttpRequest) -> Self {
        let toll = rates::toll(request);
        // What this sender's other requests have brought is paid for first: they may all be short.
        let resting = rest(toll.pay(0));
        Self { inner: Some(inner), toll, ear: Ear::of(request), resting }
    }

    /// It is we who let the peer wait.
    pub(super) fn is_resting(&self) -> bool {
        self.resting.is_some()
    }
}

impl<S> Stream for Metered<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(resting) = &mut self.resting {
            if resting.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.resting = None;
        }
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let polled = Pin::new(inner).poll_next(cx);
        if let Poll::Ready(Some(Ok(piece))) = &polled {
            let wait = self.toll.pay(piece.len());
            self.resting = rest(wait);
        }
        polled
    }
}

impl<S> Drop for Metered<S> {
    fn drop(&mut self) {
        self.ear.keep(self.inner.take());
    }
}

fn rest(wait: Duration) -> Option<Pin<Box<Sleep>>> {
    (!wait.is_zero()).then(|| Box::pin(sleep(wait)))
}
