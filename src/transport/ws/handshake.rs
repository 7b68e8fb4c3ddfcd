//! What a handshake has to say (RFC 6455 §4.2.1), looked at before anything is mounted for it.

use actix_web::http::header::{
    CONNECTION, HeaderMap, HeaderName, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use actix_web::http::{StatusCode, Version};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::wire::SUBPROTOCOL;
use crate::domain::Code;
use crate::transport::answer::Problem;

/// The version of RFC 6455.
const VERSION: &str = "13";
/// A key is so many bytes, written in base64.
const KEY: usize = 16;

/// The answer to a handshake that is none: 426 with the version that we speak to another one (§4.4), 400 for all else.
pub(super) fn refusal(request: &HttpRequest) -> Option<HttpResponse> {
    let headers = request.headers();
    if request.version() < Version::HTTP_11
        || !names(headers, UPGRADE, "websocket")
        || !names(headers, CONNECTION, "upgrade")
    {
        return Some(refused(format!("This is a WebSocket that speaks `{SUBPROTOCOL}`.")));
    }
    if only(headers, SEC_WEBSOCKET_VERSION) != Some(VERSION) {
        let problem = Problem::because(Code::InvalidMessage, "This WebSocket is of RFC 6455.");
        let mut response = problem.as_status(StatusCode::UPGRADE_REQUIRED);
        let version = actix_web::http::header::HeaderValue::from_static(VERSION);
        response.headers_mut().insert(SEC_WEBSOCKET_VERSION, version);
        return Some(response);
    }
    let key = only(headers, SEC_WEBSOCKET_KEY).and_then(|key| STANDARD.decode(key).ok());
    if key.is_none_or(|key| key.len() != KEY) {
        return Some(refused("A handshake has one key of 16 bytes.".to_owned()));
    }
    if !list(headers, SEC_WEBSOCKET_PROTOCOL).any(|offered| offered == SUBPROTOCOL) {
        return Some(refused(format!("This is a WebSocket that speaks `{SUBPROTOCOL}`.")));
    }
    None
}

fn refused(why: String) -> HttpResponse {
    Problem::because(Code::InvalidMessage, why).error_response()
}

/// The value of a header that may be there once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name);
    let value = values.next()?.to_str().ok()?.trim();
    values.next().is_none().then_some(value)
}

/// Whether a list of tokens has this one, in letters of any case.
fn names(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    list(headers, name).any(|one| one.eq_ignore_ascii_case(token))
}

fn list(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

#[cfg(test)]
mod fuzz;
