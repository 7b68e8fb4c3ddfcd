//! The desk's own place for logs: they are packed while they arrive, and never lie anywhere unpacked.

use std::fs::{File, create_dir_all, read_dir, remove_file, rename};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use actix_web::web::block;
use async_trait::async_trait;
use flate2::Compression;
use flate2::write::GzEncoder;
use longshore::{Chunk, Entry, EntryId, Rejection, UploadWriter, WriterError};
use serde::{Deserialize, Serialize};

/// The folder of packed logs. Each is called by its upload's id; no name of a visitor gets here.
#[derive(Debug, Clone)]
pub struct Archive(PathBuf);

impl Archive {
    /// Opens the folder, or makes it, and clears away what a crash left half-packed.
    ///
    /// # Errors
    /// The folder can't be used.
    pub fn open(folder: &Path) -> io::Result<Self> {
        create_dir_all(folder)?;
        for path in
            read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?
        {
            if path.extension().is_some_and(|extension| extension == "part") {
                remove_file(path)?;
            }
        }
        Ok(Self(folder.to_owned()))
    }

    /// Where a log lies.
    #[must_use]
    pub fn path(&self, id: EntryId) -> PathBuf {
        self.0.join(format!("{id}.gz"))
    }

    /// A writer for an upload.
    #[must_use]
    pub fn packer(&self, entry: &Entry) -> Packer {
        let path = self.path(entry.id);
        Packer { part: path.with_extension("part"), path, packing: None }
    }

    /// Removes a log, if it is there.
    ///
    /// # Errors
    /// A fault of the disk.
    pub async fn remove(&self, id: EntryId) -> io::Result<()> {
        let path = self.path(id);
        block(move || gone(&path)).await.map_err(io::Error::other)?
    }
}

/// What a packer answers when all bytes have come: the `writer_result` of its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// The size in the archive, in bytes.
    pub packed: u64,
}

/// Packs one upload.
#[derive(Debug)]
pub struct Packer {
    part: PathBuf,
    path: PathBuf,
    packing: Option<GzEncoder<File>>,
}

#[async_trait]
impl UploadWriter for Packer {
    async fn open(&mut self) -> Result<(), WriterError> {
        let part = self.part.clone();
        let file = block(move || File::create_new(part)).await.map_err(WriterError::failed)??;
        self.packing = Some(GzEncoder::new(file, Compression::default()));
        Ok(())
    }

    async fn write_chunk(&mut self, chunk: Chunk) -> Result<(), WriterError> {
        let mut packing = self.packing.take().ok_or_else(not_open)?;
        let packed = block(move || packing.write_all(&chunk.bytes).map(|()| packing));
        self.packing = Some(packed.await.map_err(WriterError::failed)??);
        Ok(())
    }

    async fn close(&mut self) -> Result<serde_json::Value, WriterError> {
        let packing = self.packing.take().ok_or_else(not_open)?;
        let (part, path) = (self.part.clone(), self.path.clone());
        let packed = block(move || {
            let file = packing.finish()?;
            file.sync_all()?;
            rename(part, &path)?;
            path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
            Ok::<_, io::Error>(Packed { packed: file.metadata()?.len() })
        });
        let packed = packed.await.map_err(WriterError::failed)??;
        serde_json::to_value(packed).map_err(WriterError::failed)
    }

    // Also after `close`, if what it did could not be recorded.
    async fn abort(&mut self, _: &Rejection) {
        let (packing, part, path) = (self.packing.take(), self.part.clone(), self.path.clone());
        let removed = block(move || {
            drop(packing);
            gone(&part).and(gone(&path))
        });
        // Nobody is left to be told. What stays behind goes at the next start.
        let _ = removed.await;
    }
}

fn not_open() -> WriterError {
    WriterError::failed("the log is not open")
}

fn gone(path: &Path) -> io::Result<()> {
    match remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
