//! A request's body whose peer has to go on: wrap it, and read that instead.
//!
//! actix waits for a body as long as its peer likes; a byte a minute holds a connection, a session and an
//! unfinished file for ever. Here the time in which we wait is on the peer's account: it has to bring so much
//! in each `body_timeout`, or reading ends with an error of which [`broken`] makes a 408.
//! Whoever reads slowly itself, for whatever reason, is not hurried.

use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;

use super::Metered;
use crate::domain::Code;
use crate::supervisor::{Cut, Pace, Watched, Watchlist};
use crate::transport::answer::Problem;
use crate::uploads::Uploads;

/// A body that is watched while it is waited for.
#[derive(Debug)]
pub(in crate::transport) struct Incoming<S: 'static> {
    inner: Metered<S>,
    pace: Arc<Pace>,
    list: Watchlist,
    watched: Option<Watched>,
}

impl<S> Incoming<S> {
    pub(in crate::transport) fn new(inner: S, request: &HttpRequest, uploads: &Uploads) -> Self {
        let cut = request.conn_data::<Cut>().cloned();
        let patience = uploads.patience();
        let pace =
            Arc::new(Pace::of_body(patience.body, uploads.meters().least(patience.body), cut));
        let inner = Metered::new(inner, request);
        Self { inner, pace, list: uploads.watchlist().clone(), watched: None }
    }
}

/// What a body that did not come to its end is answered with; `what` could not be read.
pub(in crate::transport) fn broken(error: &PayloadError, what: &str) -> Problem {
    match error {
        PayloadError::Io(error) if error.kind() == ErrorKind::TimedOut => {
            Problem::new(Code::TimedOut)
        }
        error => Problem::because(Code::InvalidMessage, format!("{what} can't be read: {error}.")),
    }
}

impl<S> Stream for Incoming<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match Pin::new(&mut self.inner).poll_next(cx) {
            Poll::Ready(piece) => {
                let length = piece.as_ref().and_then(|piece| piece.as_ref().ok()).map(Bytes::len);
                self.pace.moved(length.unwrap_or(usize::MAX));
                Poll::Ready(piece)
            }
            // We let the peer wait, and not the other way round.
            Poll::Pending if self.inner.is_resting() => Poll::Pending,
            Poll::Pending => {
                self.pace.wait();
                if self.watched.is_none() {
                    self.watched = Some(self.list.add(&self.pace));
                }
                self.pace.poll_over(cx).map(|()| {
                    let slow = Error::new(ErrorKind::TimedOut, "nothing arrived for too long");
                    Some(Err(PayloadError::Io(slow)))
                })
            }
        }
    }
}
