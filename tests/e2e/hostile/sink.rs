//! Somebody who can be attacked and does nothing about it: the words that the mob waits for, and then all is read and
//! thrown away.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

/// Whatever a hostile client waits for.
const WORDS: &[u8] = b"\"welcome\" \"registered\"";

/// So often something is said to what was read: nobody waits for more.
const ANSWERS: usize = 4;

/// Listens on a thread of the mob's.
pub(super) fn open(runtime: &Runtime, local: &LocalSet) -> SocketAddr {
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = listener.local_addr().unwrap();
    local.spawn_local(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::task::spawn_local(async move {
                let (mut piece, mut heard) = (vec![0; 65_536], 0);
                while stream.read(&mut piece).await.is_ok_and(|count| count > 0) {
                    heard += 1;
                    if heard <= ANSWERS {
                        let _ = stream.write_all(WORDS).await;
                    }
                }
            });
        }
    });
    address
}
