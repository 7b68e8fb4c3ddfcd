//! The version of the protocol: asked for by every request, said by every answer.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;

use super::headers::single;
use super::refusal::Refusal;

/// The only version that there is.
pub(super) const VERSION: &str = "1.0.0";
pub(super) const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(super) const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");

/// "Tus-Resumable" and "Tus-Version": each request but OPTIONS has to name a version that the server knows. The
/// answer to any other is 412 with the list of those, and the request is not looked at any further.
pub(super) fn ensure(headers: &HeaderMap) -> Result<(), Refusal> {
    match single(headers, "tus-resumable") {
        Ok(Some(VERSION)) => Ok(()),
        _ => Err(Refusal::version()),
    }
}

/// "Tus-Resumable": each answer carries it, those that refuse too. Middleware, outside of everything that answers.
pub(super) async fn mark<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    response.headers_mut().insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::tus::tests::headers;

    /// C-VER-01, C-VER-02, C-VER-04
    #[test]
    fn one_version_is_asked_for_and_only_once() {
        for (lines, fine) in [
            (&["1.0.0"][..], true),
            (&[" 1.0.0 "], true),
            (&[], false),
            (&[""], false),
            (&["1.0"], false),
            (&["0.2.2"], false),
            (&["1.0.0, 1.0.0"], false),
            (&["1.0.0", "1.0.0"], false),
            (&["1.0.01"], false),
        ] {
            let pairs: Vec<_> = lines.iter().map(|line| ("tus-resumable", *line)).collect();
            assert_eq!(ensure(&headers(&pairs)).is_ok(), fine, "{lines:?}");
        }
    }
}
