//! The door of "Resumable Uploads for HTTP", the IETF's draft (interop version 8), and of whoever just sends a
//! file: `/resumable/{page}/{slot}`.
//!
//! A request with `Upload-Complete` makes an upload that outlives it: an address that tells how far it is and takes
//! the rest. One without it is a whole file or nothing. Which rule of the draft is kept where, and which test says
//! so, is in `docs/protocols-draft.md`.
//!
//! Interim answers (104) can't be sent: actix has no way to. The draft allows that. A client that wants to
//! be able to go on begins with `Upload-Complete: ?0`. With that the interop version of a request decides
//! nothing: all it decides in the draft is whether a 104 may be sent.

mod answer;
mod append;
mod ask;
mod body;
mod cancel;
mod create;
mod digests;
mod fields;
mod form;
#[cfg(test)]
mod fuzz;
mod limits;
mod look;
mod name;
mod options;
mod receive;
mod whole;

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

use self::answer::Refused;
use self::ask::Ask;
use super::cors::{self, Shared};
use crate::domain::PageName;

/// Where uploads begin, with or without a slash at the end, and where one goes on or a file is named.
const AT_SLOT: &str = "POST, PUT, PATCH, OPTIONS";
const AT_UPLOAD: &str = "GET, HEAD, PATCH, DELETE, OPTIONS";
const AT_NAME: &str = "POST, PUT, OPTIONS";

const SHARED: Shared = Shared {
    methods: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    sent: "Authorization, Content-Type, Content-Disposition, Content-Encoding, Content-Digest, Repr-Digest, \
           Want-Repr-Digest, Upload-Complete, Upload-Draft-Interop-Version, Upload-Length, Upload-Offset, \
           X-Requested-With",
    read: "Accept-Patch, Allow, Location, Repr-Digest, Upload-Complete, Upload-Length, Upload-Limit, Upload-Offset",
};

/// The routes of one page.
pub(super) fn routes(page: &PageName, config: &mut ServiceConfig) {
    let slot = format!("/resumable/{page}/{{slot}}");
    for path in [slot.clone(), format!("{slot}/")] {
        config.service(
            super::resource(&path)
                .app_data(web::Data::new(page.clone()))
                .route(web::route().to(at_slot))
                .wrap(from_fn(|request, next| cors::share(SHARED, request, next))),
        );
    }
    config.service(
        super::resource(&format!("{slot}/{{name}}"))
            .app_data(web::Data::new(page.clone()))
            .route(web::route().to(at_name))
            .wrap(from_fn(|request, next| cors::share(SHARED, request, next))),
    );
}

async fn at_slot(ask: Ask, payload: web::Payload) -> HttpResponse {
    match *ask.request.method() {
        Method::POST | Method::PUT | Method::PATCH => create::create(ask, payload).await,
        Method::OPTIONS => options::options(ask, AT_SLOT).await,
        _ => ask.refuse(Refused::Method(AT_SLOT)),
    }
}

/// An id is an upload's; anything else is the name of a file that is to be.
async fn at_name(ask: Ask, payload: web::Payload) -> HttpResponse {
    match (ask.id(), ask.request.method()) {
        (Some(id), &Method::GET | &Method::HEAD) => look::look(ask, id).await,
        (Some(id), &Method::PATCH) => append::append(ask, id, payload).await,
        (Some(id), &Method::DELETE) => cancel::cancel(ask, id).await,
        (Some(_), &Method::OPTIONS) => options::options(ask, AT_UPLOAD).await,
        (Some(_), _) => ask.refuse(Refused::Method(AT_UPLOAD)),
        (None, &Method::POST | &Method::PUT) => create::create(ask, payload).await,
        (None, &Method::OPTIONS) => options::options(ask, AT_NAME).await,
        (None, &Method::GET | &Method::HEAD | &Method::PATCH | &Method::DELETE) => {
            ask.refuse(Refused::unknown())
        }
        (None, _) => ask.refuse(Refused::Method(AT_NAME)),
    }
}
