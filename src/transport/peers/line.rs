//! The line that a request came by: its socket, which is where peers are cut off whatever is spoken on it, and
//! whether others could listen.

use std::any::Any;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use actix_web::rt::net::TcpStream;

use crate::transport::address::comes_from_trusted_proxy;
use crate::uploads::Uploads;

/// What proxies say of the scheme that they were asked by.
const SCHEME: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The TCP connection below what `HttpServer::on_connect` is shown; `None` for one that is none, such as a Unix
/// socket.
pub(in crate::transport) fn tcp(connection: &dyn Any) -> Option<&TcpStream> {
    let plain = connection.downcast_ref::<TcpStream>();
    plain.or_else(|| connection.downcast_ref::<TlsStream<TcpStream>>().map(|tls| tls.get_ref().0))
}

/// Whether a request came by HTTPS: to us, or to a trusted proxy that says so. Of several values the last one is the
/// proxy's own.
pub(in crate::transport) fn is_https(request: &HttpRequest, uploads: &Uploads) -> bool {
    let said = || {
        let last = request.headers().get_all(SCHEME).last()?;
        let scheme = last.to_str().ok()?.rsplit(',').next()?.trim();
        Some(scheme.eq_ignore_ascii_case("https"))
    };
    request.app_config().secure()
        || comes_from_trusted_proxy(request, uploads) && said().unwrap_or(false)
}
