//! The tus door: resumable uploads by tus 1.0.0, as tus-js-client, Uppy, tuspy and others speak it.
//!
//! `/tus/{page}/{slot}` creates uploads and `/tus/{page}/{slot}/{id}` is one. A request may break anywhere and the next
//! one goes on, on another connection and after a restart, so nothing here remembers anything: what an upload is
//! lies in its entry, and what only this protocol must echo in the entry's memo. One file for each verb; what
//! headers may say is in files of their own, each rule beside the clause that it comes from.
//!
//! ORDER of the middleware, from outside: every answer says the version, then whose pages may read it, then the
//! method that is meant, then who asks. Whoever is refused by one of them is told so in this protocol's way.

mod body;
mod checksum;
mod concat;
mod create;
mod delete;
mod expiry;
#[cfg(test)]
mod fuzz;
mod head;
mod headers;
mod join;
mod length;
mod memo;
mod metadata;
mod options;
mod patch;
mod place;
mod refusal;
#[cfg(test)]
mod tests;
mod verb;
mod version;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, web};

use self::place::{Place, Spot};
use self::refusal::Refusal;
use super::cors::{self, Shared};
use super::identity::{Visitor, meant_method};
use crate::domain::PageName;
use crate::uploads::Uploads;

/// What pages of other sites may send and read.
const SHARED: Shared = Shared {
    methods: "POST, HEAD, PATCH, OPTIONS, GET, DELETE",
    sent: "Authorization, Origin, X-Requested-With, X-Request-ID, X-HTTP-Method-Override, Content-Type, \
           Upload-Length, Upload-Offset, Tus-Resumable, Upload-Metadata, Upload-Defer-Length, Upload-Concat, \
           Upload-Incomplete, Upload-Complete, Upload-Draft-Interop-Version, Upload-Checksum, Content-Digest, \
           Repr-Digest, Want-Repr-Digest, Content-Disposition, Upload-Name",
    read: "Upload-Offset, Location, Upload-Length, Tus-Version, Tus-Resumable, Tus-Max-Size, Tus-Extension, \
           Upload-Metadata, Upload-Defer-Length, Upload-Concat, Upload-Incomplete, Upload-Complete, \
           Upload-Draft-Interop-Version, Upload-Expires, Tus-Checksum-Algorithm, Upload-Limit, Repr-Digest, \
           Retry-After",
};

/// Everything below `/tus/{page}/`. Paths that are none of ours are answered here too, with the version.
pub(super) fn resource(page: &PageName) -> impl actix_web::dev::HttpServiceFactory + 'static {
    super::resource(&format!("/tus/{page}/{{tail:.*}}"))
        .app_data(web::Data::new(page.clone()))
        .wrap(from_fn(verb::read))
        .wrap(from_fn(|request, next| cors::share(SHARED, request, next)))
        .wrap(from_fn(version::mark))
        .route(web::route().to(serve))
}

async fn serve(
    request: HttpRequest,
    payload: web::Payload,
    page: web::Data<PageName>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> HttpResponse {
    let method = meant_method(&request);
    let place = Place { request, page, visitor, uploads };
    let answer = answer(&method, &place, payload).await;
    let mut answer = answer.unwrap_or_else(Refusal::into_response);
    if method == Method::HEAD {
        // Also where the request is sent as a POST.
        answer = answer.drop_body().map_into_boxed_body();
    }
    answer
}

async fn answer(
    method: &Method,
    place: &Place,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let spot = place.spot()?;
    if *method == Method::OPTIONS {
        return options::options(place, &spot.slot).await;
    }
    match (method.as_str(), &spot) {
        ("POST", Spot { id: None, .. })
        | ("HEAD" | "PATCH" | "DELETE", Spot { id: Some(_), .. }) => {}
        // Whoever looks at an upload's address with a browser finds nothing: stored files lie elsewhere.
        ("GET", Spot { id: Some(_), .. }) => return Err(Refusal::nothing_to_get()),
        (_, Spot { id: None, .. }) => return Err(Refusal::method("OPTIONS, POST")),
        (_, Spot { id: Some(_), .. }) => {
            return Err(Refusal::method("OPTIONS, HEAD, PATCH, DELETE"));
        }
    }
    version::ensure(place.request.headers())?;
    if *method != Method::HEAD {
        place.visitor.ensure_meant(&place.request)?;
    }
    match (method.as_str(), spot.id) {
        ("HEAD", Some(id)) => head::head(place, &spot.slot, id).await,
        ("PATCH", Some(id)) => Box::pin(patch::patch(place, &spot.slot, id, payload)).await,
        ("DELETE", Some(id)) => delete::delete(place, &spot.slot, id).await,
        _ => Box::pin(create::create(place, &spot.slot, payload)).await,
    }
}
