//! [`Proxy`]: a bad line. It forwards a connection until so many bytes have gone up, and then does what lines do: ends,
//! resets, falls silent or slows down.
//!
//! Bounded: a connection holds one buffer for each direction, and what isn't read here fills the kernel's buffers and
//! stops its sender.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use actix_web::rt::spawn;
use rustix::net::sockopt::set_socket_linger;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of a connection when that many bytes have gone from the client to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing.
    Good,
    /// Both sides see an orderly end.
    Cut { after: u64 },
    /// Both sides see a reset, and what was on its way is lost.
    Reset { after: u64 },
    /// Nobody sees anything: nothing goes either way any more, until the proxy is told to [`Proxy::release`] it.
    Stall { after: u64 },
    /// From here on it crawls, and after a while it ends.
    Slow { after: u64 },
}

/// So many bytes go over a slow line.
const CRAWL: u64 = 30_000;

/// A proxy in front of a server. Connections meet their fates in the order in which they come; later ones are good.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) url: String,
    released: watch::Sender<bool>,
    met: Rc<RefCell<Vec<Fate>>>,
}

impl Proxy {
    pub(crate) async fn start(server: &str, fates: Vec<Fate>) -> Self {
        let server: SocketAddr = server.trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (released, release) = watch::channel(false);
        let met = Rc::new(RefCell::new(Vec::new()));
        let seen = Rc::clone(&met);
        spawn(async move {
            let mut fates = fates.into_iter();
            while let Ok((client, _)) = listener.accept().await {
                let fate = fates.next().unwrap_or(Fate::Good);
                let (release, seen) = (release.clone(), Rc::clone(&seen));
                spawn(async move {
                    if let Ok(server) = TcpStream::connect(server).await {
                        carry(client, server, fate, release, &seen).await;
                    }
                });
            }
        });
        Self { url, released, met }
    }

    /// Lets stalled connections go on with what they hold.
    pub(crate) fn release(&self) {
        self.released.send_replace(true);
    }

    /// The fates that were met so far.
    pub(crate) fn met(&self) -> Vec<Fate> {
        self.met.borrow().clone()
    }
}

async fn carry(
    mut client: TcpStream,
    mut server: TcpStream,
    fate: Fate,
    mut release: watch::Receiver<bool>,
    met: &RefCell<Vec<Fate>>,
) {
    let after = match fate {
        Fate::Good => u64::MAX,
        Fate::Cut { after }
        | Fate::Reset { after }
        | Fate::Stall { after }
        | Fate::Slow { after } => after,
    };
    let over = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        tokio::select! {
            over = forward(from_client, to_server, after, 16_384) => over,
            over = forward(from_server, to_client, u64::MAX, 16_384) => over,
        }
    };
    if over {
        return;
    }
    met.borrow_mut().push(fate);
    match fate {
        Fate::Good | Fate::Cut { .. } => {}
        Fate::Reset { .. } => {
            for side in [&client, &server] {
                let _ = set_socket_linger(side, Some(Duration::ZERO));
            }
        }
        Fate::Stall { .. } => {
            let _ = release.wait_for(|released| *released).await;
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        }
        Fate::Slow { .. } => {
            let (from_client, to_client) = client.split();
            let (from_server, to_server) = server.split();
            tokio::select! {
                _ = forward(from_client, to_server, CRAWL, 1_000) => {}
                _ = forward(from_server, to_client, u64::MAX, 1_000) => {}
            }
        }
    }
}

/// Carries so many bytes, in pieces; false when that is done, true when one side has ended before.
async fn forward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    most: u64,
    piece: usize,
) -> bool {
    let mut buffer = vec![0; piece];
    let mut left = most;
    while left > 0 {
        let room = usize::try_from(left).unwrap_or(usize::MAX).min(piece);
        let read = from.read(&mut buffer[..room]).await.unwrap_or(0);
        if read == 0 || to.write_all(&buffer[..read]).await.is_err() {
            return true;
        }
        left -= read as u64;
        if piece < 16_384 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    false
}
