//! Little files: all bytes are here already, so one job makes, writes and publishes, and that for all who wait.
//!
//! Three jobs, a folder of their own and its sync cost such a file more than its bytes do. Whoever comes while others are
//! being made waits for those, and is made together with everybody who came meanwhile: the disk writes all of their bytes
//! at once, the journal's commit that the first one waits for has the others in it, and one sync of the folder has all
//! names. What a crash leaves of them in the spool lies beside the sessions' folders; nobody was ever told of that, so the
//! next start removes it.

use std::fs::File;
use std::io;
use std::num::NonZeroU64;

use bytes::Bytes;
use rustix::fs::fdatasync;

use super::at_once::AtOnce;
use super::early::begin;
use super::root::Root;
use crate::blob::BlobError;
use crate::blob::gather::write_all_at;
use crate::domain::EntryId;
use crate::folder::{Kind, copy};

/// What the name of a file ends with that is being made.
const ENDING: &str = ".little";

/// One of them.
#[derive(Debug)]
pub(super) struct Little {
    pub(super) id: EntryId,
    pub(super) pieces: Vec<Bytes>,
}

impl Root {
    /// Makes and publishes all of these; what becomes of one is nothing to the others.
    pub(super) fn put_all(&self, all: &[Little]) -> Vec<Result<(), BlobError>> {
        let put = match self.ensure_in_place() {
            Err(error) => all.iter().map(|_| Err(copy(&error))).collect(),
            Ok(()) if self.syncs() => self.put_durably(all),
            Ok(()) => all.iter().map(|little| self.put_at_once(little)).collect::<Vec<_>>(),
        };
        let told =
            |put: io::Result<()>| put.map_err(|error| BlobError::from_io("store a file", error));
        put.into_iter().map(told).collect()
    }

    /// ORDER: bytes, then name, then the folder. A name must never lead to bytes that a power cut can take away.
    fn put_durably(&self, all: &[Little]) -> Vec<io::Result<()>> {
        let at_once = self.at_once.suits(all.len());
        let draft = |little| self.draft(little, at_once);
        let written: Vec<io::Result<File>> = all.iter().map(draft).collect();
        let is_synced = at_once && AtOnce::sync(&self.spool);
        let named = all.iter().zip(written).map(|(little, written)| {
            let draft = draft_of(little.id);
            let file = written?;
            let synced = if is_synced { Ok(()) } else { fdatasync(&file).map_err(io::Error::from) };
            let named = synced
                .and_then(|()| self.spool.move_into(&draft, &self.files, &little.id.to_string()));
            named.inspect_err(|_| drop(self.spool.remove(&draft)))
        });
        let named: Vec<io::Result<()>> = named.collect();
        if named.iter().all(Result::is_err) {
            return named;
        }
        match self.files.sync() {
            Ok(()) => named,
            Err(error) => named.into_iter().map(|named| named.and(Err(copy(&error)))).collect(),
        }
    }

    /// A file that is written and not yet durable; the disk begins with it, if it isn't told to write all of them soon.
    fn draft(&self, little: &Little, at_once: bool) -> io::Result<File> {
        let draft = draft_of(little.id);
        let file = self.spool.create(&draft)?;
        let written = write_all_at(&file, 0, &little.pieces);
        written.inspect_err(|_| drop(self.spool.remove(&draft)))?;
        let length = little.pieces.iter().map(|piece| piece.len() as u64).sum();
        if let Some(length) = NonZeroU64::new(length).filter(|_| !at_once) {
            begin(&file, 0, length);
        }
        Ok(file)
    }

    /// Nothing is synced here, so no order would survive a power cut; after one, files without a row are doubted.
    fn put_at_once(&self, little: &Little) -> io::Result<()> {
        let name = little.id.to_string();
        let file = self.files.create(&name)?;
        write_all_at(&file, 0, &little.pieces).inspect_err(|_| drop(self.files.remove(&name)))
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

fn draft_of(id: EntryId) -> String {
    format!("{id}{ENDING}")
}
