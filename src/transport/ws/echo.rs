//! An echo: what comes goes back. Only tests have it (feature `testing`), to try guard and socket with the suites that
//! others have written for RFC 6455; those know nothing of pages.

use std::sync::Arc;

use actix::{Actor, StreamHandler};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{Error, HttpRequest, HttpResponse};

use super::guard::{FrameGuard, GuardLimits, Watch};
use super::socket::{self, Assembly, Closing, Context, Heard, Speaker};
use crate::supervisor::Liveness;
use crate::uploads::Limits;

/// Whoever echoes.
#[derive(Debug)]
struct Echo {
    limits: Limits,
    watch: Arc<Watch>,
    assembly: Assembly,
}

/// `GET /echo`, with the limits that live pages have unless an application says otherwise.
pub(crate) fn route(config: &mut ServiceConfig) {
    config.route("/echo", web::get().to(get));
}

async fn get(request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Error> {
    let limits = Limits::default();
    let watch = Arc::new(Watch::new(Liveness::new()));
    let bounds = GuardLimits { frame: limits.max_frame, text: limits.max_text };
    let frames = FrameGuard::new(payload, bounds, Arc::clone(&watch));
    socket::start(Echo { limits, watch, assembly: Assembly::default() }, &request, frames)
}

impl Actor for Echo {
    type Context = Context<Self>;
}

impl StreamHandler<Heard> for Echo {
    fn handle(&mut self, heard: Heard, ctx: &mut Self::Context) {
        socket::hear(self, heard, ctx);
    }
}

impl Speaker for Echo {
    fn max_frame(&self) -> usize {
        self.limits.max_frame
    }

    fn assembly(&mut self) -> &mut Assembly {
        &mut self.assembly
    }

    fn watch(&self) -> &Watch {
        &self.watch
    }

    fn text(&mut self, text: &str, ctx: &mut Self::Context) {
        ctx.text(text.to_owned());
    }

    fn data(&mut self, pieces: Vec<Bytes>, ctx: &mut Self::Context) {
        ctx.binary(pieces.concat());
    }

    fn close(&mut self, closing: Closing, ctx: &mut Self::Context) {
        socket::close(closing, ctx);
    }
}
