//! A relay that makes a network of one machine long: what comes in goes on so many milliseconds later, each way.
//!
//! It delays and doesn't throttle: there is room for all that a fast disk takes in the meantime, and what it does is a
//! read and a write. So it is as if the network had no losses and its ends had windows that are large enough, and what
//! is left of a server's speed is what its own protocol makes of it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::args::Args;

/// Bytes of one read.
const PIECE: usize = 128 << 10;
/// As many reads may be on their way in one direction: 64 MiB, which at 25 ms are 2.5 GiB/s.
const ON_THE_WAY: usize = 512;

/// Bytes, and when they are there. None are the end.
type Piece = (Instant, Vec<u8>);

/// Listens on `--listen`, says where, and relays each connection to `--to`, `--ms` late each way.
pub(crate) fn run(args: &Args) -> Outcome<()> {
    let listener = TcpListener::bind(args.text("listen", "127.0.0.1:0"))?;
    let late = Duration::from_millis(args.number("ms", 25)? as u64);
    let to = args.get("to").ok_or("--to is missing")?.to_owned();
    println!("{}", listener.local_addr()?.port());
    for near in listener.incoming() {
        let (near, to) = (near?, to.clone());
        thread::spawn(move || {
            // A connection that can't be made ends, and whoever made it notices.
            let _ = relay(&near, &to, late);
        });
    }
    Ok(())
}

fn relay(near: &TcpStream, to: &str, late: Duration) -> Outcome<()> {
    let far = TcpStream::connect(to)?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    for (from, to) in [(near, &far), (&far, near)] {
        let (sender, receiver) = sync_channel(ON_THE_WAY);
        let (from, to) = (from.try_clone()?, to.try_clone()?);
        thread::spawn(move || read(from, &sender, late));
        thread::spawn(move || write(to, &receiver));
    }
    Ok(())
}

fn read(mut from: TcpStream, sender: &SyncSender<Piece>, late: Duration) {
    let mut buffer = vec![0; PIECE];
    loop {
        // A connection that breaks ends.
        let count = from.read(&mut buffer).unwrap_or(0);
        let piece = buffer[..count].to_vec();
        if sender.send((Instant::now() + late, piece)).is_err() || count == 0 {
            return;
        }
    }
}

#[allow(clippy::disallowed_methods)] // There is no worker here that could be blocked.
fn write(mut to: TcpStream, receiver: &Receiver<Piece>) {
    while let Ok((due, piece)) = receiver.recv() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if piece.is_empty() || to.write_all(&piece).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
