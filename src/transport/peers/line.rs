//! The socket below a connection, whatever is spoken on it: whoever is to be cut off is cut off there.

use std::any::Any;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::rt::net::TcpStream;

/// The TCP connection below what `HttpServer::on_connect` is shown; `None` for one that is none, such as a Unix
/// socket.
pub(in crate::transport) fn tcp(connection: &dyn Any) -> Option<&TcpStream> {
    let plain = connection.downcast_ref::<TcpStream>();
    plain.or_else(|| connection.downcast_ref::<TlsStream<TcpStream>>().map(|tls| tls.get_ref().0))
}
