//! `OPTIONS`: what can be done here, and within which limits (draft, "Limits").

use actix_web::HttpResponse;
use actix_web::http::header::ALLOW;

use super::answer::{ACCEPT_PATCH, set};
use super::ask::{Ask, PARTIAL};
use super::fields::UPLOAD_LIMIT;
use super::limits;

pub(super) async fn options(ask: Ask, allowed: &'static str) -> HttpResponse {
    let standing = match ask.stand().await {
        Ok(standing) => standing,
        Err(refused) => return refused.response(&ask),
    };
    let mut response = HttpResponse::NoContent().finish();
    let headers = response.headers_mut();
    set(headers, ALLOW.as_str(), allowed);
    set(headers, ACCEPT_PATCH, PARTIAL);
    set(headers, UPLOAD_LIMIT, &limits::of(standing.slot(), None));
    response
}
