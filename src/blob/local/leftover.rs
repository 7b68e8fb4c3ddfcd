//! What an earlier process left, and taking it up again.

use std::io;
use std::str::FromStr;

use super::part::part_name;
use super::root::Root;
use crate::blob::{BlobError, BlobKey, Leftover, Trust};
use crate::domain::{EntryId, SessionId};
use crate::folder::{Folder, Kind};

impl Root {
    /// All that lies under names of ours. What others put beside it is left alone.
    pub(super) fn leftover(&self) -> io::Result<Leftover> {
        let mut leftover = Leftover::default();
        self.remove_drafts()?;
        for (id, name) in named::<EntryId>(&self.files, "")? {
            if let Kind::File(length) = self.files.kind(&name)? {
                leftover.published.push((id, length));
            }
        }
        for (session, name) in named::<SessionId>(&self.spool, "")? {
            // A symbolic link is no folder here.
            if self.spool.kind(&name)? == Kind::Folder {
                leftover.sessions.push(session);
                self.note_place(session);
                let parts = named::<EntryId>(&self.spool.open_folder(&name)?, ".part")?;
                leftover.unfinished.extend(parts.map(|(id, _)| BlobKey { session, id }));
            }
        }
        Ok(leftover)
    }

    pub(super) fn reclaim(
        &self,
        key: BlobKey,
        durable: u64,
        trust: Trust,
    ) -> Result<u64, BlobError> {
        let failed = |error| BlobError::from_io("take up a file again", error);
        self.ensure_in_place().map_err(failed)?;
        let folder = self.session(key.session).map_err(failed)?;
        let withdrawn = self.withdraw(key, &folder).map_err(failed)?;
        let file = folder.open_to_write(&part_name(key)).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        if length < durable {
            return Err(BlobError::NotFound);
        }
        let in_doubt = withdrawn && self.boot.doubts_of_published(key.id);
        if !in_doubt && !self.boot.doubts_of(key) {
            if trust == Trust::Written {
                return Ok(length);
            }
            file.set_len(durable).map_err(failed)?;
            return Ok(durable);
        }
        if durable > 0 && !self.boot.was_synced() {
            // Somebody remembers a checkpoint, and nothing was synced for it: any of its bytes may be wrong.
            return Err(BlobError::NotFound);
        }
        file.set_len(durable).and_then(|()| file.sync_all()).map_err(failed)?;
        self.boot.settle(key).map_err(failed)?;
        Ok(durable)
    }

    /// Makes a published file unfinished again. Nobody was told of it, or it would have a row that says so.
    fn withdraw(&self, key: BlobKey, folder: &Folder) -> io::Result<bool> {
        let name = key.id.to_string();
        match self.files.move_into(&name, folder, &part_name(key)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            // Both names are there: publishing by a second name was interrupted between its two steps.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.files.remove(&name).map(|()| true)
            }
            Err(error) => Err(error),
        }
    }
}

/// What in a folder is named by an id and this ending.
fn named<T: FromStr>(
    folder: &Folder,
    ending: &'static str,
) -> io::Result<impl Iterator<Item = (T, String)> + use<T>> {
    Ok(folder.names()?.into_iter().filter_map(move |name| {
        let id = name.strip_suffix(ending)?.parse().ok()?;
        Some((id, name))
    }))
}
