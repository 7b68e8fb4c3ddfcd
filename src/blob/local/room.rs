//! How much room the disk has, and whether it takes anything.

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use async_trait::async_trait;
use rustix::fs::{StatVfsMountFlags, fstatvfs};

use super::LocalStore;
use super::root::Root;
use crate::blob::{BlobError, Room, Space};
use crate::folder::Folder;

/// The name of what a probe makes in the spool. It is no session's, so nobody takes it for one.
const PROBE: &str = "probe";

#[async_trait]
impl Room for LocalStore {
    async fn space(&self) -> Result<Space, BlobError> {
        const WHAT: &str = "ask how much room there is";
        self.hop(WHAT, |root| {
            ensure_whole(root)?;
            space(&root.files).map_err(|error| BlobError::from_io(WHAT, error))
        })
        .await
    }

    async fn probe(&self) -> Result<(), BlobError> {
        self.hop("try the disk", |root| {
            ensure_whole(root)?;
            try_out(root).map_err(|error| BlobError::from_io("try the disk", error))
        })
        .await
    }
}

/// After a directory sync failed, nobody is answered "stored" until the store is opened again, so
/// nobody should be asked for bytes either.
fn ensure_whole(root: &Arc<Root>) -> Result<(), BlobError> {
    let there = root.ensure_in_place();
    there.map_err(|source| BlobError::Io { what: "find the data folder where it was", source })?;
    match root.files.failure().or_else(|| root.spool.failure()) {
        None => Ok(()),
        Some(source) => Err(BlobError::Io {
            what: "sync a folder at an earlier time, so that nothing is safe before a restart",
            source,
        }),
    }
}

/// A file as an upload makes one. The folder is not synced: a sync that fails here would be the
/// end of the store, for a file that nobody wants.
fn try_out(root: &Arc<Root>) -> io::Result<()> {
    const PAGE: [u8; 4096] = [0; 4096];
    let spool = &root.spool;
    // What a probe left that was killed half-way.
    spool.remove(PROBE)?;
    let file = spool.create(PROBE)?;
    let written = file.write_all_at(&PAGE, 0).and_then(|()| file.sync_data());
    drop(file);
    written.and(spool.remove(PROBE))
}

/// The room of the file system that a folder lies on. `f_bavail` leaves out what the system keeps
/// for itself. A file system that doesn't count its files says zero of zero.
fn space(folder: &Folder) -> io::Result<Space> {
    let found = fstatvfs(folder.handle())?;
    let counts_files = found.f_files > 0;
    let files = |number: u64| if counts_files { number } else { u64::MAX };
    Ok(Space {
        bytes: found.f_bavail.saturating_mul(found.f_frsize),
        total_bytes: found.f_blocks.saturating_mul(found.f_frsize),
        files: files(found.f_favail),
        total_files: files(found.f_files),
        read_only: found.f_flag.contains(StatVfsMountFlags::RDONLY),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::Durability;

    fn store() -> (tempfile::TempDir, LocalStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::open(folder.path(), Durability::Always).unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn a_probe_leaves_nothing_and_minds_nothing_left() {
        let (folder, store) = store();
        let probe = folder.path().join("spool").join(PROBE);
        std::fs::write(&probe, "left by a crash").unwrap();
        store.probe().await.unwrap();
        assert!(!probe.exists());
    }

    #[tokio::test]
    async fn there_is_room_on_a_disk_that_has_some() {
        let (_folder, store) = store();
        let space = store.space().await.unwrap();
        assert!(space.bytes > 0 && space.bytes <= space.total_bytes, "{space:?}");
        assert!(space.files > 0 && space.files <= space.total_files, "{space:?}");
        assert!(!space.read_only);
    }

    #[tokio::test]
    async fn a_folder_that_could_not_be_synced_is_told_until_the_store_is_opened_again() {
        let (folder, store) = store();
        store.root.files.fail_a_sync(io::Error::from_raw_os_error(5));
        for answer in [store.space().await.map(drop), store.probe().await] {
            let Err(BlobError::Io { source, .. }) = answer else { panic!("{answer:?}") };
            assert_eq!(source.raw_os_error(), Some(5));
        }
        drop(store);
        LocalStore::open(folder.path(), Durability::Always).unwrap().probe().await.unwrap();
    }
}
