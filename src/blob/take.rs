//! Taking a published blob's bytes elsewhere: into memory, to another place on a disk.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::{Blob, BlobSource};

impl Blob {
    /// All bytes at once.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn read(self) -> io::Result<Bytes> {
        let length = usize::try_from(self.len()).map_err(io::Error::other)?;
        match self.into_source() {
            BlobSource::Memory(bytes) => Ok(bytes),
            BlobSource::File(mut file, _) => {
                hop(move || {
                    let mut bytes = Vec::with_capacity(length);
                    file.read_to_end(&mut bytes)?;
                    Ok(bytes.into())
                })
                .await
            }
        }
    }

    /// Copies the bytes to a path that must not exist, for ourselves only (0600), and syncs file and folder.
    /// Answers their number.
    ///
    /// # Errors
    /// `AlreadyExists`, or what the disk says; nothing is left at the target.
    ///
    /// # Cancellation
    /// Goes on by itself.
    pub async fn copy_to(self, target: &Path) -> io::Result<u64> {
        let target = target.to_owned();
        hop(move || copy(self, &target)).await
    }

    /// Gives the bytes another name, which must not exist, on the same file system; copies where that is
    /// not possible. The blob keeps its own name, and both are the same bytes until one is removed.
    ///
    /// # Errors
    /// As [`Blob::copy_to`].
    ///
    /// # Cancellation
    /// Goes on by itself.
    pub async fn move_to(self, target: &Path) -> io::Result<u64> {
        let target = target.to_owned();
        hop(move || {
            if let Some(path) = self.path() {
                match std::fs::hard_link(path, &target) {
                    Ok(()) => {
                        return sync_folder(&target).map(|()| self.len()).inspect_err(|_| {
                            let _ = std::fs::remove_file(&target);
                        });
                    }
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        return Err(error);
                    }
                    Err(_) => {} // Another file system, or one without links.
                }
            }
            copy(self, &target)
        })
        .await
    }
}

fn copy(blob: Blob, target: &Path) -> io::Result<u64> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(target)?;
    let copied = match blob.into_source() {
        BlobSource::Memory(bytes) => file.write_all(&bytes).map(|()| bytes.len() as u64),
        BlobSource::File(mut source, _) => io::copy(&mut source, &mut file),
    };
    let copied = copied.and_then(|length| {
        file.sync_all()?;
        sync_folder(target)?;
        Ok(length)
    });
    if copied.is_err() {
        let _ = std::fs::remove_file(target);
    }
    copied
}

/// A new name is durable once its folder is.
fn sync_folder(target: &Path) -> io::Result<()> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

async fn hop<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    fn blobs(bytes: &[u8], folder: &Path) -> [Blob; 2] {
        let path = folder.join("blob");
        std::fs::write(&path, bytes).unwrap();
        let file = BlobSource::File(File::open(&path).unwrap(), path);
        let memory = BlobSource::Memory(Bytes::copy_from_slice(bytes));
        [file, memory].map(|source| Blob::new(bytes.len() as u64, source))
    }

    async fn streamed(blob: Blob) -> Vec<u8> {
        let pieces: Vec<_> = blob.stream().collect().await;
        assert!(pieces.iter().flatten().all(|piece| piece.len() <= 1_000_000));
        pieces.into_iter().flat_map(|piece| piece.unwrap().to_vec()).collect()
    }

    #[tokio::test]
    async fn bytes_are_read_whole_and_piece_by_piece() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..700_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        for content in [&bytes[..], b""] {
            for blob in blobs(content, folder.path()) {
                assert_eq!(blob.read().await.unwrap(), content);
            }
            for blob in blobs(content, folder.path()) {
                assert_eq!(streamed(blob).await, content);
            }
        }
    }

    #[tokio::test]
    async fn a_copy_and_a_move_have_the_bytes_and_never_replace_anything() {
        let folder = tempfile::tempdir().unwrap();
        for (kind, blob) in ["file", "memory"].iter().zip(blobs(b"bytes", folder.path())) {
            let target = folder.path().join(format!("{kind} copied"));
            assert_eq!(blob.copy_to(&target).await.unwrap(), 5);
            assert_eq!(std::fs::read(&target).unwrap(), b"bytes");
        }
        for (kind, blob) in ["file", "memory"].iter().zip(blobs(b"bytes", folder.path())) {
            let target = folder.path().join(format!("{kind} moved"));
            assert_eq!(blob.move_to(&target).await.unwrap(), 5);
            assert_eq!(std::fs::read(&target).unwrap(), b"bytes");
        }
        let taken = folder.path().join("taken");
        std::fs::write(&taken, b"mine").unwrap();
        for blob in blobs(b"bytes", folder.path()) {
            let error = blob.copy_to(&taken).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        }
        for blob in blobs(b"bytes", folder.path()) {
            let error = blob.move_to(&taken).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        }
        assert_eq!(std::fs::read(&taken).unwrap(), b"mine");
    }
}
