//! Connections of one address: beyond a bound they are closed before anything is read from them.

use std::any::Any;
use std::net::IpAddr;

use actix_web::dev::Extensions;

use super::tcp;
use crate::supervisor::Cut;
use crate::uploads::{Seat, Uploads};

/// Held by a connection as long as it is open.
struct Connected {
    _seat: Option<Seat>,
}

/// Takes a place for a connection from this address, or ends it.
pub(in crate::transport) fn welcome(
    uploads: &Uploads,
    peer: Option<IpAddr>,
    extensions: &mut Extensions,
) {
    let Some(peer) = peer else { return };
    if let Some(seat) = uploads.meters().connect(peer, uploads.proxies()) {
        extensions.insert(Connected { _seat: seat });
    } else if let Some(cut) = extensions.get::<Cut>() {
        cut.cut();
    }
}

/// The address of a connection that the server has just accepted.
pub(in crate::transport) fn peer_of(connection: &dyn Any) -> Option<IpAddr> {
    Some(tcp(connection)?.peer_addr().ok()?.ip())
}
