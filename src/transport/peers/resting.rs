//! Connections on which no request is under way.
//!
//! actix times the head of the first request of a connection, and of no other: who has had one answer may
//! send half of the next request, or the rest of a body that nobody wants any more, a byte a minute. So a
//! connection may rest for so long between two requests and is then cut off, whatever dribbles in meanwhile.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};

use crate::supervisor::{Cut, Pace, Watched};
use crate::uploads::Uploads;

/// The rests of one connection.
#[derive(Debug)]
pub(in crate::transport) struct Rests {
    cut: Cut,
    requests: AtomicUsize,
    /// From the first request on; until then actix keeps the time.
    watched: OnceLock<(Arc<Pace>, Watched)>,
}

impl Rests {
    pub(in crate::transport) fn new(cut: Cut) -> Self {
        Self { cut, requests: AtomicUsize::new(0), watched: OnceLock::new() }
    }

    fn begin(self: &Arc<Self>, uploads: &Uploads) -> Busy {
        let (pace, _) = self.watched.get_or_init(|| {
            let pace = Pace::of_answer(uploads.patience().rest(), Some(self.cut.clone()));
            let pace = Arc::new(pace);
            let watched = uploads.watchlist().add(&pace);
            (pace, watched)
        });
        self.requests.fetch_add(1, Ordering::SeqCst);
        pace.moved(0);
        Busy(Arc::clone(self))
    }
}

/// A request is under way.
struct Busy(Arc<Rests>);

impl Drop for Busy {
    fn drop(&mut self) {
        let last = self.0.requests.fetch_sub(1, Ordering::SeqCst) == 1;
        if let Some((pace, _)) = self.0.watched.get().filter(|_| last) {
            pace.wait();
        }
    }
}

/// Middleware around a whole application: ends connections that rest for too long between requests.
pub(crate) async fn watch<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let rests = request.conn_data::<Arc<Rests>>().cloned();
    let uploads = request.app_data::<Data<Uploads>>();
    let busy = rests.zip(uploads).map(|(rests, uploads)| rests.begin(uploads));
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| Body { inner: body.boxed(), _busy: busy }))
}

/// An answer; its request is under way until it is sent or given up.
struct Body {
    inner: BoxBody,
    _busy: Option<Busy>,
}

impl MessageBody for Body {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.inner).poll_next(cx)
    }
}
