//! The method that is meant, where a client can't send it as it is.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};

use super::refusal::Refusal;
use crate::transport::identity::Meant;

const OVERRIDE: &str = "x-http-method-override";

/// "X-HTTP-Method-Override": the header's value is the request's method, and the one that was sent is ignored. Only
/// this protocol's methods are heard, as they are written and once: a header that says DELETE in a way which
/// something in front of us reads otherwise must not delete anything.
fn overridden(headers: &HeaderMap) -> Result<Option<Method>, ()> {
    let mut values = headers.get_all(OVERRIDE);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => match value.as_bytes() {
            b"HEAD" => Ok(Some(Method::HEAD)),
            b"PATCH" => Ok(Some(Method::PATCH)),
            b"DELETE" => Ok(Some(Method::DELETE)),
            b"POST" => Ok(Some(Method::POST)),
            b"OPTIONS" => Ok(Some(Method::OPTIONS)),
            _ => Err(()),
        },
        (Some(_), Some(_)) => Err(()),
    }
}

/// Middleware: notes the method that is meant, before anybody asks whether the request may do what it does.
pub(super) async fn read<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match overridden(request.headers()) {
        Ok(Some(method)) => {
            request.extensions_mut().insert(Meant(method));
        }
        Ok(None) => {}
        Err(()) => {
            let refusal = Refusal::bad("The header X-HTTP-Method-Override names no method of tus.");
            return Ok(request.into_response(refusal.into_response()).map_into_boxed_body());
        }
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::tus::tests::headers;

    /// C-OVR-04
    #[test]
    fn only_methods_of_the_protocol_are_heard() {
        for (lines, meant) in [
            (&[][..], Ok(None)),
            (&["PATCH"], Ok(Some(Method::PATCH))),
            (&["DELETE"], Ok(Some(Method::DELETE))),
            (&["HEAD"], Ok(Some(Method::HEAD))),
            (&["POST"], Ok(Some(Method::POST))),
            (&["OPTIONS"], Ok(Some(Method::OPTIONS))),
            (&["GET"], Err(())),
            (&["TRACE"], Err(())),
            (&["FOO"], Err(())),
            (&["patch"], Err(())),
            (&[""], Err(())),
            (&["PATCH, DELETE"], Err(())),
            (&["PATCH", "PATCH"], Err(())),
        ] {
            let pairs: Vec<_> = lines.iter().map(|line| (OVERRIDE, *line)).collect();
            assert_eq!(overridden(&headers(&pairs)), meant, "{lines:?}");
        }
    }
}
