//! A peer that sends what it must not send isn't listened to any longer.
//!
//! actix reads what is left of a request behind its answer, as fast as it comes, so that the answer isn't lost; whoever
//! floods keeps a core busy with that for as long as it is let. So what is left of *such* a body is not read: it is held,
//! and actix doesn't read from a connection whose body is held and full. The peer's kernel has to wait, the answer has a
//! moment to arrive, and then the connection ends.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use tokio::time::{Sleep, sleep};

use crate::supervisor::Cut;

/// An answer, and the close of a live page, have so much time to arrive.
const ARRIVED: Duration = Duration::from_millis(250);

/// Whether a request's sender is still listened to.
#[derive(Debug, Clone, Default)]
pub(in crate::transport) struct Ear(Rc<State>);

#[derive(Debug, Default)]
struct State {
    closed: Cell<bool>,
    rest: RefCell<Option<Box<dyn Any>>>,
}

impl Ear {
    /// That of a request.
    pub(in crate::transport) fn of(request: &HttpRequest) -> Self {
        let mut extensions = request.extensions_mut();
        if let Some(known) = extensions.get::<Self>() {
            return known.clone();
        }
        let new = Self::default();
        extensions.insert(new.clone());
        new
    }

    /// From now on nothing more is read.
    pub(in crate::transport) fn close(&self) {
        self.0.closed.set(true);
    }

    /// Keeps the rest of a body that is given up, unread.
    pub(super) fn keep<S: 'static>(&self, rest: S) {
        if self.0.closed.get() {
            *self.0.rest.borrow_mut() = Some(Box::new(rest));
        }
    }

    /// What the sender of a request is told, and behind which nothing is read if it isn't listened to by then.
    pub(in crate::transport) fn answer(
        request: &HttpRequest,
        response: HttpResponse,
    ) -> HttpResponse {
        let ear = Self::of(request);
        // Of a live page it may be known later.
        if !ear.0.closed.get() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return response;
        }
        let cut = request.conn_data::<Cut>().cloned();
        response.map_body(|_, inner| BoxBody::new(LastWords { inner, ear, cut, arriving: None }))
    }
}

/// The body of an answer, which ends a moment after its last byte if its receiver isn't listened to.
struct LastWords {
    inner: BoxBody,
    ear: Ear,
    cut: Option<Cut>,
    arriving: Option<Pin<Box<Sleep>>>,
}

impl MessageBody for LastWords {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.arriving.is_none() {
            let piece = ready!(Pin::new(&mut self.inner).poll_next(cx));
            if piece.is_some() || !self.ear.0.closed.get() {
                return Poll::Ready(piece);
            }
        }
        ready!(self.arriving.get_or_insert_with(|| Box::pin(sleep(ARRIVED))).as_mut().poll(cx));
        if let Some(cut) = &self.cut {
            cut.reset();
        }
        self.ear.0.rest.take();
        // ORDER: actix has stopped asking for what comes, so nothing that comes would wake it.
        cx.waker().wake_by_ref();
        Poll::Ready(None)
    }
}
