//! Rewinding: what a lease has written is taken back, and the entry is as it was when the lease began.
//!
//! A part with a wrong checksum leaves an upload unchanged, and one that is cut off may have to leave nothing of
//! itself. A batch that has been written can't wait in memory for that, so it is cut off again.

use bytes::Bytes;

use super::digests::Running;
use super::live::LiveEntry;
use super::pen::Pen;
use super::{Lifetime, Parts, UploadError};
use crate::domain::{EntryState, MediaType};

/// Where a pen was.
#[derive(Debug)]
pub(super) struct Place {
    written: u64,
    /// Of what was written then.
    digests: Running,
    judged: bool,
    held: Vec<Bytes>,
    media_type: Option<MediaType>,
}

impl Pen {
    /// Where it is now, to come back to.
    ///
    /// # Errors
    /// The digest was lost.
    pub(super) async fn place(&mut self, live: &LiveEntry) -> Result<Place, UploadError> {
        Ok(Place {
            written: self.written,
            digests: self.hashing.so_far().await?,
            judged: self.judged,
            held: self.held.clone(),
            media_type: live.entry().media_type.clone(),
        })
    }

    /// Goes back to where it was. What is durable by now is so no longer.
    ///
    /// # Errors
    /// A fault of the store or the catalogue, or a writer of the application's has bytes that can't be taken from
    /// it: the pen is torn then.
    pub(super) async fn go_back(
        &mut self,
        parts: &Parts,
        live: &LiveEntry,
        place: Place,
    ) -> Result<(), UploadError> {
        if self.written > place.written {
            self.torn = true;
            self.sync.settled().await?;
            // ORDER: the row first. It never says more than there is, and of a standing session the next process
            // believes nothing else.
            if self.sync.durable() > place.written && live.lifetime == Lifetime::Session {
                let mut row = live.snapshot().with_state(EntryState::Registered);
                row.offset = place.written;
                row.partial_digest = place.digests.partial();
                parts.catalogue.settle(&row).await?;
            }
            if let Some(sink) = &mut self.sink {
                sink.truncate(place.written).await?;
            }
            self.sync.cut(place.written);
            self.torn = false;
        }
        (self.written, self.hashing) = (place.written, place.digests.into());
        (self.judged, self.held) = (place.judged, place.held);
        live.entry().media_type = place.media_type;
        self.tell(live);
        Ok(())
    }
}
