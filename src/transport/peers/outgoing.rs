//! An answer whose receiver has to go on reading.
//!
//! actix has no time-out for writing: whoever asks for a large file and doesn't read it holds its connection,
//! the open file and the buffers for ever, and the kernel agrees as long as the peer's machine answers. An
//! answer is asked for its next piece when there is room for it, so its receiver's account runs from each piece
//! to the next question.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};

use crate::supervisor::{Cut, Pace, Watched};
use crate::uploads::Uploads;

/// An answer of no more bytes than this is in the connection's buffer at once.
const AT_ONCE: u64 = 32 * 1024;

/// Middleware: watches the receivers of answers that are larger than a connection's buffer.
pub(in crate::transport) async fn watch<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let uploads = request.app_data::<Data<Uploads>>().cloned();
    let response = next.call(request).await?;
    // A live page has a watch of its own.
    let live = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    let small = match response.response().body().size() {
        BodySize::None => true,
        BodySize::Sized(bytes) => bytes <= AT_ONCE,
        BodySize::Stream => false,
    };
    let (Some(uploads), false) = (uploads, live || small) else {
        return Ok(response.map_into_left_body());
    };
    let cut = response.request().conn_data::<Cut>().cloned();
    let pace = Arc::new(Pace::of_answer(uploads.patience().answer(), cut));
    let watched = uploads.watchlist().add(&pace);
    Ok(response.map_body(|_, body| {
        EitherBody::<B, _>::right(Outgoing { inner: body.boxed(), pace, _watched: watched })
    }))
}

/// A body whose receiver is watched.
struct Outgoing {
    inner: BoxBody,
    pace: Arc<Pace>,
    _watched: Watched,
}

impl MessageBody for Outgoing {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.pace.moved(0);
        let piece = ready!(Pin::new(&mut self.inner).poll_next(cx));
        self.pace.wait();
        Poll::Ready(piece)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use actix_web::body::BodyStream;
    use futures_util::{StreamExt, future, stream};

    use super::*;

    /// Longer than any receiver has in these tests, and time for the supervisor to look many times.
    const LONG: Duration = Duration::from_millis(400);

    async fn polled(body: &mut Outgoing) -> Poll<usize> {
        let next = future::poll_fn(|cx| {
            let polled = Pin::new(&mut *body).poll_next(cx);
            Poll::Ready(polled.map(|piece| piece.map_or(0, |piece| piece.map_or(0, |it| it.len()))))
        });
        next.await
    }

    #[actix_web::test]
    async fn a_stream_without_news_is_nobodys_fault_and_one_that_is_not_read_is_cut() {
        let uploads = Uploads::builder().body_timeout(Duration::from_millis(10));
        let uploads = uploads.start().await.unwrap();
        let was_cut = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&was_cut);
        let cut = Cut::new(move || flag.store(true, Ordering::SeqCst));
        let pace = Arc::new(Pace::of_answer(uploads.patience().answer(), Some(cut)));
        // An event, then nothing for long, then another event.
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let events = stream::iter([Bytes::from_static(b"first")]).chain(stream::once(async {
            let _ = receiver.await;
            Bytes::from_static(b"second")
        }));
        let inner = BodyStream::new(Box::pin(events.map(Ok::<_, actix_web::Error>))).boxed();
        let watched = uploads.watchlist().add(&pace);
        let mut body = Outgoing { inner, pace, _watched: watched };
        assert_eq!(polled(&mut body).await, Poll::Ready(5));
        assert_eq!(polled(&mut body).await, Poll::Pending);
        tokio::time::sleep(LONG).await;
        assert!(!was_cut.load(Ordering::SeqCst), "there was room, and nothing to say");
        sender.send(()).unwrap();
        assert_eq!(polled(&mut body).await, Poll::Ready(6));
        // Nobody asks for more: there is no room.
        let cut = async {
            while !was_cut.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), cut).await.unwrap();
        uploads.shutdown(Duration::ZERO).await;
    }
}
