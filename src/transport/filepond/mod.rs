//! FilePond's server protocol, `/filepond/{page}/{slot}`: what `FilePond.setOptions({ server: … })` speaks.
//!
//! A file comes whole in one `POST`, or as a `POST` that asks for a place and one `PATCH` for each chunk; `HEAD` asks
//! how far it is, `DELETE` takes it back, `GET` reads it again. FilePond's client believes what it is told of bytes
//! without looking again, so each answer here is true only of what is durable, and a chunk counts whole or not at
//! all. A file of a slot that is sent with its form waits for that form, which names it by its id.

mod load;
mod patch;
mod process;
mod revert;
mod wire;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL};
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, web};

use super::answer::Problem;
use super::cors::{self, Shared};
use super::download::harmless;
use crate::domain::{Code, PageName};

const METHODS: &str = "GET, HEAD, POST, PATCH, DELETE, OPTIONS";

const SHARED: Shared = Shared {
    methods: METHODS,
    sent: "Authorization, Content-Type, X-Requested-With, Upload-Length, Upload-Name, Upload-Offset",
    read: "Content-Disposition, Content-Length, Upload-Length, Upload-Offset",
};

/// The one resource of a page's slots.
pub(super) fn resource(page: &PageName) -> impl actix_web::dev::HttpServiceFactory + 'static {
    super::resource(&format!("/filepond/{page}/{{slot}}"))
        .app_data(web::Data::new(page.clone()))
        .route(web::post().to(process::post))
        .route(web::patch().to(patch::patch))
        .route(web::delete().to(revert::delete))
        .route(web::head().to(load::head).wrap(harmless()))
        .route(web::get().to(load::get).wrap(harmless()))
        .default_service(web::to(other_method))
        .wrap(from_fn(|request, next| cors::share(SHARED, request, next)))
}

async fn other_method(request: HttpRequest) -> HttpResponse {
    if request.method() == actix_web::http::Method::OPTIONS {
        return HttpResponse::NoContent().insert_header((ALLOW, METHODS)).finish();
    }
    let problem = Problem::because(Code::InvalidMessage, "FilePond knows no such method.");
    let mut response = problem.as_status(StatusCode::METHOD_NOT_ALLOWED);
    response
        .headers_mut()
        .insert(ALLOW, actix_web::http::header::HeaderValue::from_static(METHODS));
    // It may have a body that nobody reads.
    response.head_mut().set_connection_type(actix_http::ConnectionType::Close);
    response
}

/// A text that says an id, as FilePond wants it: nothing before it and nothing behind.
fn id(text: String) -> HttpResponse {
    HttpResponse::Created()
        .content_type("text/plain; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(text)
}

fn unknown() -> Problem {
    Problem::new(Code::UnknownEntry)
}
