//! A line between a client and the server that can die without a word: both ends stay open, and nothing arrives any
//! more. It is what a cable that was pulled looks like, or a firewall that drops.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(super) struct Line {
    address: SocketAddr,
    dead: watch::Sender<bool>,
    carrying: JoinHandle<()>,
}

impl Line {
    /// A line for one connection.
    pub(super) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (dead, mut dies) = watch::channel(false);
        let carrying = tokio::task::spawn_local(async move {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect(server).await.unwrap();
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = dies.wait_for(|dead| *dead) => std::future::pending().await,
            }
        });
        Self { address, dead, carrying }
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Nothing arrives from now on, on either side.
    pub(super) fn die(&self) {
        self.dead.send_replace(true);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}
