//! A form's body, which the parser of its parts reads, and past which a part's content goes.
//!
//! The parser copies what it reads into a buffer of its own, at most 64 KiB at a time, and looks at each CR in it. Neither is
//! needed for the bytes of a file: only where they end has to be found. So the parser is given the heads of the parts and their
//! ends; what comes between goes past it as it came.
//!
//! INVARIANT: content goes past the parser only while the parser holds nothing.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::stream::{Fuse, LocalBoxStream, Stream, StreamExt};
use memchr::memrchr;

use super::delimiter::{Apart, Delimiter};

/// A body. Clones are the same one.
#[derive(Clone)]
pub(super) struct Body(Rc<RefCell<Shared>>);

struct Shared {
    stream: Fuse<LocalBoxStream<'static, Result<Bytes, PayloadError>>>,
    /// None where nobody can tell: then everything goes through the parser.
    delimiter: Option<Delimiter>,
    /// What was read and is for the parser, if nobody else wants it.
    ahead: VecDeque<Bytes>,
    /// How many bytes the parser was given behind the last CR.
    behind_cr: usize,
}

/// What was read of a part's content.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// In its order; either may be empty.
    pub(super) content: [Bytes; 2],
    /// Whether the content ends behind it.
    pub(super) is_last: bool,
}

impl Body {
    pub(super) fn new(
        stream: impl Stream<Item = Result<Bytes, PayloadError>> + 'static,
        boundary: Option<&str>,
    ) -> Self {
        Self(Rc::new(RefCell::new(Shared {
            stream: stream.boxed_local().fuse(),
            delimiter: boundary.map(Delimiter::of),
            ahead: VecDeque::new(),
            behind_cr: 0,
        })))
    }

    /// Whether the parser holds nothing: what it holds when it asks for more begins with a CR.
    pub(super) fn is_clear(&self) -> bool {
        let shared = self.0.borrow();
        let longest = shared.delimiter.as_ref().map(Delimiter::longest);
        shared.ahead.is_empty() && longest.is_some_and(|longest| shared.behind_cr >= longest)
    }

    /// Reads a piece for the parser, or lets it know that there is no more.
    ///
    /// # Errors
    /// The body broke off; or it has ended, and the parser knows.
    pub(super) fn poll_ahead(&self, cx: &mut Context<'_>) -> Poll<Result<(), PayloadError>> {
        let mut shared = self.0.borrow_mut();
        if shared.stream.is_done() {
            return Poll::Ready(Err(PayloadError::Incomplete(None)));
        }
        let piece = ready!(shared.stream.poll_next_unpin(cx)?);
        shared.ahead.extend(piece);
        Poll::Ready(Ok(()))
    }

    /// Reads a piece past the parser. What of it is no content for sure waits for the next piece, or for the parser. Nothing,
    /// where the parser has to go on.
    ///
    /// # Errors
    /// The body broke off.
    pub(super) fn poll_past(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Read>, PayloadError>> {
        let Shared { stream, delimiter: Some(delimiter), ahead, .. } = &mut *self.0.borrow_mut()
        else {
            return Poll::Ready(Ok(None));
        };
        let Some(piece) = ready!(stream.poll_next_unpin(cx)?) else {
            return Poll::Ready(Ok(None));
        };
        let before = ahead.pop_front().unwrap_or_default();
        let Apart { content, rest, ended } = delimiter.divide(before, piece);
        ahead.extend(rest);
        Poll::Ready(Ok(Some(Read { content, is_last: ended })))
    }
}

impl Shared {
    fn given(&mut self, piece: &[u8]) {
        self.behind_cr = match memrchr(b'\r', piece) {
            Some(at) => piece.len() - at - 1,
            None => self.behind_cr + piece.len(),
        };
    }
}

/// What the parser reads: nothing but what was read [ahead](Body::poll_ahead) of it.
impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut shared = self.0.borrow_mut();
        let piece = match shared.ahead.pop_front() {
            Some(piece) => piece,
            None if shared.stream.is_done() => return Poll::Ready(None),
            // Whoever polls the parser reads on, and polls it again.
            None => return Poll::Pending,
        };
        shared.given(&piece);
        Poll::Ready(Some(Ok(piece)))
    }
}
