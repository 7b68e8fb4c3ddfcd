//! [`Pieces`]: a part of a published blob on its way out.
//!
//! What the kernel has in memory is read where it is asked for, and at once: a hop to the blocking pool and back costs
//! more than the bytes of a piece do. What it would have to wait for the disk for, it doesn't read that way
//! (`RWF_NOWAIT`), and that comes through the pool; the kernel reads ahead meanwhile, so that the next pieces are there.
//!
//! Memory: a reader that waits holds no piece here. What is read at once goes into one buffer of the thread, as long as
//! whoever gets it lets go of it before they ask for more, and into a new one otherwise.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, IoSliceMut};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use rustix::fs::{Advice, fadvise};
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use tokio::task::{JoinHandle, spawn_blocking};

use super::{Blob, BlobSource};

/// The largest piece.
const PIECE: usize = 64 * 1024;
/// So much is read without a break by others of the same thread.
const RUN: usize = 1024 * 1024;

thread_local! {
    /// The last whole piece that was read at once in this thread.
    static LAST: Cell<Bytes> = const { Cell::new(Bytes::new()) };
}

/// A part of a blob, 64 KiB at most at a time. An error is the last item, also that of a file that ends too early.
#[derive(Debug)]
pub struct Pieces {
    source: Source,
    left: Range<u64>,
    run: usize,
}

#[derive(Debug)]
enum Source {
    Memory(Bytes),
    File { file: Arc<File>, at_once: bool, hop: Option<JoinHandle<io::Result<Bytes>>> },
}

impl Blob {
    /// The bytes piece by piece, 64 KiB at most each unless they are in memory; an error is the last item.
    pub fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + Unpin + use<> {
        let all = 0..self.len();
        match self.into_source() {
            BlobSource::File(file, _) => Pieces::of_file(file, all),
            BlobSource::Memory(bytes) => Pieces::of(Source::Memory(bytes), all),
        }
    }
}

impl Pieces {
    /// A part of a file.
    #[must_use]
    pub fn of_file(file: File, part: Range<u64>) -> Self {
        Self::of(Source::File { file: Arc::new(file), at_once: true, hop: None }, part)
    }

    fn of(source: Source, left: Range<u64>) -> Self {
        Self { source, left, run: 0 }
    }

    fn wanted(&self) -> usize {
        let left = self.left.end.saturating_sub(self.left.start);
        usize::try_from(left).map_or(PIECE, |left| left.min(PIECE))
    }

    fn came(&mut self, read: io::Result<Bytes>) -> Option<io::Result<Bytes>> {
        match &read {
            Ok(piece) if !piece.is_empty() => {
                self.left.start += piece.len() as u64;
                self.run += piece.len();
                Some(read)
            }
            Ok(_) => self.came(Err(io::ErrorKind::UnexpectedEof.into())),
            Err(_) => {
                self.left = 0..0;
                Some(read)
            }
        }
    }
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let (wanted, at) = (this.wanted(), this.left.start);
        if wanted == 0 {
            return Poll::Ready(None);
        }
        if this.run >= RUN {
            this.run = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let read = match &mut this.source {
            Source::Memory(bytes) => {
                this.left = 0..0;
                return Poll::Ready(Some(Ok(std::mem::take(bytes))));
            }
            Source::File { file, at_once, hop } => {
                let now = match hop {
                    None if *at_once => read_at_once(file, at, wanted, at_once),
                    _ => None,
                };
                match now {
                    Some(piece) => Ok(piece),
                    None => {
                        let begun = hop.get_or_insert_with(|| {
                            let file = Arc::clone(file);
                            spawn_blocking(move || read_patiently(&file, at, wanted))
                        });
                        let read = ready!(Pin::new(begun).poll(cx));
                        *hop = None;
                        read.unwrap_or_else(|gone| Err(io::Error::other(gone)))
                    }
                }
            }
        };
        Poll::Ready(this.came(read))
    }
}

/// What of it is in the kernel's memory, from the beginning on; nothing if that has to be waited for. `can` says
/// afterwards whether it is worth asking again.
fn read_at_once(file: &File, at: u64, wanted: usize, can: &mut bool) -> Option<Bytes> {
    let mut buffer = buffer(wanted);
    let read = preadv2(file, &mut [IoSliceMut::new(&mut buffer)], at, ReadWriteFlags::NOWAIT);
    let mut piece = buffer.freeze();
    if piece.len() == PIECE {
        LAST.set(piece.clone());
    }
    match read {
        // The end of a file is for who may wait to find.
        Ok(0) | Err(Errno::AGAIN | Errno::INTR) => None,
        Ok(length) => {
            piece.truncate(length);
            Some(piece)
        }
        // Neither this kernel nor this file system has to have such a call.
        Err(_) => {
            *can = false;
            None
        }
    }
}

fn buffer(wanted: usize) -> BytesMut {
    let last = if wanted == PIECE { LAST.take().try_into_mut() } else { Err(Bytes::new()) };
    last.ok().filter(|last| last.len() == wanted).unwrap_or_else(|| BytesMut::zeroed(wanted))
}

fn read_patiently(file: &File, at: u64, wanted: usize) -> io::Result<Bytes> {
    // Twice as much is read ahead then. That it can't be told changes nothing.
    let _ = fadvise(file, at, None, Advice::Sequential);
    let mut buffer = vec![0; wanted];
    let length = loop {
        match file.read_at(&mut buffer, at) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => break read?,
        }
    };
    buffer.truncate(length);
    Ok(buffer.into())
}

#[cfg(test)]
mod tests;
