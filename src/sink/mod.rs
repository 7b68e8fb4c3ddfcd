//! Floor 1: sinks. Where bytes go that an application wants for itself, as they arrive.
//!
//! Without a seam of its own an application that sends uploads on to somewhere else would have to
//! wait until they are complete and read them back from a disk on which it never wanted them. A slot
//! with a writer hands every byte over in order, once, and waits for it: the slower the writer, the
//! slower the browser sends.
//!
//! INVARIANT: this folder knows the domain and nothing else. It does not know who calls a writer.

mod buffered;
mod error;
mod stream;

use async_trait::async_trait;
use serde_json::Value;

pub use self::buffered::{BufferedWriter, PART, PartWriter};
pub use self::error::WriterError;
pub(crate) use self::stream::StreamWriter;
pub use self::stream::{ChunkStream, QUEUED};

use crate::domain::{Chunk, Rejection};

/// An application's own place for the bytes of one upload, made afresh for each entry.
///
/// # Contract
///
/// `open` comes first, before the first byte and after the rules and the first look at the content
/// have passed. Chunks come in order without gaps: each begins where the one before ended, the first
/// at 0; their sizes are as the network brought them. One call is awaited before the next is made.
/// After the last byte `close` is called, once size, declared digest and the checks have passed; what
/// it answers is the entry's `writer_result`. An empty file is opened and closed.
///
/// Every writer that was opened and is not closed for good gets `abort`, once, as its last call: when
/// one of its own calls failed (`close` too), when a rule was broken on the way, when the upload was
/// cancelled or expired, when the server shuts down, and when what `close` did could not be recorded.
/// Only the death of the process comes without a word. What was closed is the application's: nobody
/// tells the writer when the complete entry is cancelled, or expires, before it is consumed.
///
/// # Errors
///
/// [`WriterError::Refused`] is told to the user beside the file; [`WriterError::Failed`] is logged,
/// and the user is told that the file could not be stored. Either ends the entry. So does a panic.
///
/// # Cancellation
///
/// Calls are never dropped half-way while the process lives.
///
/// # Implementing
///
/// The trait is written with [`async_trait`](crate::async_trait), which is exported for implementations.
///
/// The whole file is never in memory here; keep it so. What is not all of S3 or a database may
/// fit better into a [`PartWriter`] (parts of one size) or a [`ChunkStream`] (a handler that reads).
#[async_trait]
pub trait UploadWriter: Send {
    /// Begins.
    async fn open(&mut self) -> Result<(), WriterError>;

    /// Takes the next bytes. They are shared, not copied; keep them only as long as needed.
    async fn write_chunk(&mut self, chunk: Chunk) -> Result<(), WriterError>;

    /// All bytes have come. Answers what the application wants to find again, such as a key.
    async fn close(&mut self) -> Result<Value, WriterError>;

    /// The upload ends without success: undo what can be undone.
    async fn abort(&mut self, reason: &Rejection);
}
