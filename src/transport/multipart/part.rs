//! A part of a form, and its content.

use std::future::poll_fn;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_multipart::{Field, MultipartError};
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::Bytes;
use futures_util::Stream;

use super::body::{Body, Read};
use super::broken;
use crate::transport::answer::Problem;
use crate::transport::intake::Pieces;

/// A part: its head, and where its content comes from.
pub(in crate::transport) struct Part {
    field: Field,
    body: Body,
}

impl Part {
    pub(super) fn new(field: Field, body: Body) -> Self {
        Self { field, body }
    }
}

impl Deref for Part {
    type Target = Field;

    fn deref(&self) -> &Field {
        &self.field
    }
}

/// A part's bytes. A [`Field`] panics when it is asked again behind its end; this does not.
pub(in crate::transport) struct Content<'a> {
    part: &'a mut Part,
    way: Way,
    ended: bool,
}

/// Which way the content takes.
enum Way {
    /// Through the parser, until that holds nothing.
    In,
    /// Past it; this was read and perhaps not handed on.
    Past(Read),
    /// Through the parser, which knows best where it ends.
    Out,
}

impl<'a> Content<'a> {
    pub(in crate::transport) fn of(part: &'a mut Part) -> Self {
        // What says how long it is may have a delimiter in it.
        let says = part.headers().contains_key(CONTENT_LENGTH);
        let way = if says { Way::Out } else { Way::In };
        Self { part, way, ended: false }
    }

    pub(in crate::transport) fn field(&self) -> &Field {
        self.part
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, MultipartError>>> {
        loop {
            let Part { field, body } = &mut *self.part;
            if let Way::Past(read) = &mut self.way {
                if let Some(piece) = read.content.iter_mut().find(|piece| !piece.is_empty()) {
                    return Poll::Ready(Some(Ok(std::mem::take(piece))));
                }
                let more = if read.is_last { None } else { ready!(body.poll_past(cx))? };
                self.way = more.map_or(Way::Out, Way::Past);
                continue;
            }
            let polled = Pin::new(field).poll_next(cx);
            if polled.is_ready() {
                return polled;
            }
            if matches!(self.way, Way::In) && body.is_clear() {
                self.way = Way::Past(Read::default());
            } else {
                ready!(body.poll_ahead(cx))?;
            }
        }
    }
}

impl Pieces for Content<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        if self.ended {
            return Ok(None);
        }
        let piece = poll_fn(|cx| self.poll_piece(cx)).await;
        self.ended = !matches!(piece, Some(Ok(_)));
        piece.transpose().map_err(|error| broken(&error))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::error::PayloadError;
    use futures_util::stream;

    use super::super::Parser;
    use super::*;
    use crate::fuzz::headers;

    const HEAD: &[u8] =
        b"--X\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.bin\"\r\n\r\n";

    /// The contents of a form's parts, in the pieces in which they were handed on.
    async fn contents(pieces: Vec<Bytes>) -> Result<Vec<Vec<Bytes>>, ()> {
        let head = headers(&[("content-type", b"multipart/form-data; boundary=X")]).unwrap();
        let pieces = stream::iter(pieces.into_iter().map(Ok::<_, PayloadError>));
        let mut parser = Parser::of(&head, pieces);
        let mut contents = Vec::new();
        while let Some(part) = parser.next().await {
            let mut part = part.map_err(drop)?;
            let (mut content, mut pieces) = (Content::of(&mut part), Vec::new());
            while let Some(piece) = content.next().await.map_err(drop)? {
                pieces.push(piece);
            }
            assert!(content.next().await.map_err(drop)?.is_none(), "and stays at its end");
            contents.push(pieces);
        }
        Ok(contents)
    }

    fn large() -> Bytes {
        vec![7; 100_000].into()
    }

    #[actix_web::test]
    async fn the_bytes_of_a_file_are_not_copied_and_what_comes_behind_them_is_found() {
        let (one, two) = (large(), large());
        let pieces = vec![
            Bytes::from_static(HEAD),
            Bytes::from_static(b"it begins"),
            one.clone(),
            Bytes::from_static(b"\r\n-"),
            two.clone(),
            Bytes::from_static(b"\r"),
            Bytes::from([b"\n", HEAD, b"little\r\n--X--\r\n"].concat()),
        ];
        let contents = contents(pieces).await.unwrap();
        assert_eq!(contents[0].concat(), [b"it begins", &one[..], b"\r\n-", &two[..]].concat());
        // The parser had no part of the first one either: it is given no more than it needs.
        for large in [&one, &two] {
            assert!(contents[0].iter().any(|piece| piece.as_ptr() == large.as_ptr()));
        }
        assert_eq!(contents[1].concat(), b"little");
        assert_eq!(contents.len(), 2);
    }

    #[actix_web::test]
    async fn a_body_that_ends_within_a_file_is_broken_wherever_it_does() {
        for rest in [&b""[..], b"\r", b"\r\n", b"\r\n--", b"\r\n--X"] {
            let pieces = vec![Bytes::from_static(HEAD), large(), Bytes::from_static(rest)];
            assert!(contents(pieces).await.is_err(), "{rest:?}");
        }
    }
}
