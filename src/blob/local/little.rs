//! Little files: all bytes are here already, so one job makes, writes and publishes.
//!
//! Three jobs, a folder of their own and its sync cost such a file more than its bytes do. What a crash leaves of it in the
//! spool lies beside the sessions' folders; nobody was ever told of that, so the next start removes it.

use std::io;

use bytes::Bytes;

use super::root::Root;
use crate::blob::BlobError;
use crate::blob::gather::write_all_at;
use crate::domain::EntryId;
use crate::folder::Kind;

/// What the name of a file ends with that is being made.
const ENDING: &str = ".little";

impl Root {
    pub(super) fn put(&self, id: EntryId, pieces: &[Bytes]) -> Result<(), BlobError> {
        let put = self.ensure_in_place().and_then(|()| {
            if self.syncs() { self.put_durably(id, pieces) } else { self.put_at_once(id, pieces) }
        });
        put.map_err(|error| BlobError::from_io("store a file", error))
    }

    /// ORDER: bytes, then name, then the folder. A name must never lead to bytes that a power cut can take away.
    fn put_durably(&self, id: EntryId, pieces: &[Bytes]) -> io::Result<()> {
        let draft = format!("{id}{ENDING}");
        let file = self.spool.create(&draft)?;
        let named = write_all_at(&file, 0, pieces)
            .and_then(|()| Ok(rustix::fs::fdatasync(&file)?))
            .and_then(|()| self.spool.move_into(&draft, &self.files, &id.to_string()));
        if named.is_err() {
            let _ = self.spool.remove(&draft);
        }
        named.and_then(|()| self.files.sync())
    }

    /// Nothing is synced here, so no order would survive a power cut; after one, files without a row are doubted.
    fn put_at_once(&self, id: EntryId, pieces: &[Bytes]) -> io::Result<()> {
        let name = id.to_string();
        let file = self.files.create(&name)?;
        write_all_at(&file, 0, pieces).inspect_err(|_| {
            let _ = self.files.remove(&name);
        })
    }

    /// Removes what was being made when an earlier process ended.
    pub(super) fn remove_drafts(&self) -> io::Result<()> {
        for name in self.spool.names()? {
            let ours = name.strip_suffix(ENDING).is_some_and(|id| id.parse::<EntryId>().is_ok());
            if ours && matches!(self.spool.kind(&name)?, Kind::File(_)) {
                self.spool.remove(&name)?;
            }
        }
        Ok(())
    }
}
