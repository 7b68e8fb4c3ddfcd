//! [`Parser`]: the parts of a body, one after the other, with no more of it read than that takes.
//!
//! actix-multipart reads ahead until its buffer is full or nothing is there. Who sends would seem to let us wait then, and
//! be given up, while somebody thinks about a part that is here.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::Bytes;
use futures_util::Stream;
use mime::Mime;

use super::Part;
use super::body::Body;

/// Of one body. Each part is read before the next one is asked for, or given up.
pub(super) struct Parser {
    fields: Multipart,
    body: Body,
}

impl Parser {
    pub(super) fn of(
        headers: &HeaderMap,
        stream: impl Stream<Item = Result<Bytes, PayloadError>> + 'static,
    ) -> Self {
        let kind =
            headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()?.parse::<Mime>().ok());
        let boundary = kind.as_ref().and_then(|kind| kind.get_param(mime::BOUNDARY));
        let body = Body::new(stream, boundary.as_ref().map(mime::Name::as_str));
        Self { fields: Multipart::new(headers, body.clone()), body }
    }

    /// The next part, or none behind the last one.
    ///
    /// # Errors
    /// The body broke off, or is no form.
    pub(super) async fn next(&mut self) -> Option<Result<Part, MultipartError>> {
        let field = poll_fn(|cx| self.poll_field(cx)).await?;
        Some(field.map(|field| Part::new(field, self.body.clone())))
    }

    fn poll_field(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Field, MultipartError>>> {
        loop {
            let polled = Pin::new(&mut self.fields).poll_next(cx);
            if polled.is_ready() {
                return polled;
            }
            ready!(self.body.poll_ahead(cx))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use futures_util::stream;

    use super::super::{Content, Pieces};
    use super::*;
    use crate::fuzz::headers;

    const FIRST: &[u8] = b"--X\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.bin\"\r\n\r\nfirst\r\n--X\r\n";

    #[actix_web::test]
    async fn nobody_is_asked_for_more_before_all_that_is_here_was_read() {
        let head = headers(&[("content-type", b"multipart/form-data; boundary=X")]).unwrap();
        let is_asked = Rc::new(Cell::new(false));
        let (asked, mut pieces) = (Rc::clone(&is_asked), vec![Bytes::from_static(FIRST)]);
        let mut parser = Parser::of(
            &head,
            stream::poll_fn(move |_| match pieces.pop() {
                Some(piece) => Poll::Ready(Some(Ok::<_, PayloadError>(piece))),
                None => {
                    asked.set(true);
                    Poll::Pending
                }
            }),
        );
        let mut part = parser.next().await.unwrap().unwrap();
        let mut content = Content::of(&mut part);
        assert_eq!(content.next().await.unwrap().unwrap(), "first");
        assert!(content.next().await.unwrap().is_none());
        assert!(!is_asked.get(), "whoever thinks about it now doesn't wait for the rest");
        drop(part);
        assert!(futures_util::poll!(Box::pin(parser.next())).is_pending());
        assert!(is_asked.get());
    }
}
