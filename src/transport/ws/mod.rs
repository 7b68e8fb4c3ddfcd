//! The live door: `GET /{page}/ws`, subprotocol `longshore.v1` (`docs/wire.md`).
//!
//! ```text
//! socket → guard (frame headers, before anything is buffered) → socket (actix-web-actors, only there)
//!        → session (the actor: decodes, calls, replies) → stream (one entry: window, lease, acks)
//! ```

mod allowance;
#[cfg(feature = "testing")]
mod echo;
mod elsewhere;
mod events;
mod finish;
mod frames;
mod guard;
mod handshake;
mod news;
mod progress;
mod register;
mod resume;
mod session;
mod socket;
mod streams;
#[cfg(test)]
mod tests;
mod window;
mod wire;
mod wishes;

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

#[cfg(feature = "testing")]
pub(crate) use self::echo::route as echo;
#[cfg(feature = "testing")]
pub use self::guard::rooms::{guarded, unmasked};
use self::guard::{FrameGuard, GuardLimits, Watch};
use self::session::WsSession;
use super::answer::{Problem, told};
use super::identity::Visitor;
use super::page::page_context;
use super::peers::{Ear, Metered};
use super::rates;
use crate::domain::{Code, PageName};
use crate::supervisor::{Cut, Liveness};
use crate::uploads::{Mount, Uploads};

pub(super) async fn get(
    request: HttpRequest,
    payload: web::Payload,
    page: web::Data<PageName>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> Result<HttpResponse, Problem> {
    if let Some(refused) = handshake::refusal(&request) {
        return Ok(refused);
    }
    let seats = rates::sit_down(&request, &uploads, &visitor.caller)?;
    let origin = rates::origin(&request, &uploads, visitor.is_new());
    let context = page_context(&uploads, &page, &visitor);
    let (mounted, guard) = uploads
        .mount(&page, visitor.caller, Mount::Live)
        .await
        .map_err(|error| Problem::from(told(&error)))?;
    let watch = Arc::new(Watch::new(Liveness::new()));
    let cut = request.conn_data::<Cut>().cloned().unwrap_or_else(|| Cut::new(|| ()));
    let limits = *uploads.limits();
    let frames = FrameGuard::new(
        Metered::new(payload, &request),
        GuardLimits { frame: limits.max_frame, text: limits.max_text },
        Arc::clone(&watch),
    );
    let session = WsSession::new(uploads.get_ref().clone(), mounted, context, guard, watch, cut);
    let session = session.patient(uploads.patience()).seated(seats, origin);
    let session = session.heard_by(Ear::of(&request));
    let started = socket::start(session, &request, frames).map_err(|error| {
        Problem::because(Code::InvalidMessage, format!("No WebSocket handshake: {error}"))
    })?;
    Ok(Ear::answer(&request, started))
}
