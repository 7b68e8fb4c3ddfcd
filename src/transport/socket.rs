//! The socket of a connection, for whoever has to cut it off from outside.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Extensions;

use super::peers::{self, Rests, tcp};
use crate::supervisor::Cut;
use crate::uploads::Uploads;

/// What was sent and not acknowledged, or not let in because the peer's window is closed, is given up after
/// this time, whoever waits for it; its milliseconds.
const UNREAD: u32 = 60_000;
/// A connection on which nothing is to be sent is asked whether its peer is there, this often.
const ASK: Duration = Duration::from_secs(30);

/// For `HttpServer::on_connect`: keeps a handle of each connection's socket, so that a peer that neither reads
/// nor closes can be cut off from outside; lets the kernel give up on dead peers, and send answers as they are written.
pub fn remember_socket(connection: &dyn std::any::Any, extensions: &mut Extensions) {
    use rustix::net::{Shutdown, shutdown, sockopt};
    let Some(stream) = tcp(connection) else { return };
    // An answer's head and its body are two writes, and by Nagle's algorithm the second one waits until the peer has
    // acknowledged the first, which it does after 40 ms if it has nothing to say.
    let _ = sockopt::set_tcp_nodelay(stream, true);
    let _ = sockopt::set_socket_keepalive(stream, true);
    let _ = sockopt::set_tcp_keepidle(stream, ASK);
    let _ = sockopt::set_tcp_keepintvl(stream, ASK / 3);
    let _ = sockopt::set_tcp_user_timeout(stream, UNREAD);
    if let Ok(socket) = rustix::io::dup(stream) {
        let socket = Arc::new(socket);
        let same = Arc::clone(&socket);
        let cut = Cut::new(move || {
            let _ = shutdown(&*socket, Shutdown::Both);
        });
        let cut = cut.resetting(move || {
            // Without this a peer whose window is closed only learns of the end by asking now and then.
            let _ = sockopt::set_socket_linger(&*same, Some(Duration::ZERO));
            let _ = shutdown(&*same, Shutdown::Both);
        });
        extensions.insert(Arc::new(Rests::new(cut.clone())));
        extensions.insert(cut);
    }
}

impl Uploads {
    /// For `HttpServer::on_connect`, in the place of [`remember_socket`]: the same, and each address may have so many
    /// connections as [`Holds::connections`](crate::Holds::connections) says. One too many is closed at once.
    pub fn welcome(&self, connection: &dyn std::any::Any, extensions: &mut Extensions) {
        remember_socket(connection, extensions);
        peers::welcome(self, peers::peer_of(connection), extensions);
    }
}

#[cfg(test)]
mod tests {
    use actix_web::rt::net::TcpStream;
    use tokio::net::TcpListener;

    use super::*;

    #[actix_web::test]
    async fn small_answers_do_not_wait_for_acknowledgements() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (_client, (accepted, _)) = (client.unwrap(), accepted.unwrap());
        assert!(!accepted.nodelay().unwrap());
        remember_socket(&accepted, &mut Extensions::new());
        assert!(accepted.nodelay().unwrap());
    }
}
