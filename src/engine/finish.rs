//! Finishing: from "all bytes are here" to "complete".
//!
//! ORDER: whether its caller still may → size and digest → checks on the whole file → publish (synced, renamed, directories synced) → row
//! committed → only then does anybody hear "complete". A crash between two steps leaves bytes without a
//! row, which are not shown; never a row without bytes. The row of a file that came within one request, or is little, may
//! wait for its application: `record.rs`.

use std::sync::Arc;

use super::digests::{Digests, Needs};
use super::error::Causes;
use super::hooks::ask;
use super::live::LiveEntry;
use super::record::Next;
use super::sink::{Settled, Sink};
use super::{Engine, UploadError};
use crate::checks::{Content, Stage, Subject, Verdict};
use crate::domain::{Act, Caller, Code, Digest, Entry, MediaType, Rejection, Transition};

impl Engine {
    pub(super) async fn finish(
        &self,
        live: Arc<LiveEntry>,
        epoch: u64,
        caller: &Caller,
        next: Next,
    ) -> Result<Entry, UploadError> {
        let _work = self.busy().begin();
        let _commit = Arc::clone(&live.commit).lock_owned().await;
        // Our own task has given the pen back, so whoever holds it now has claimed the entry since. Waiting for
        // that one would keep the commit for as long as it writes, and everyone from cancelling.
        let Ok(mut place) = Arc::clone(&live.pen).try_lock_owned() else {
            return Err(live.gone());
        };
        if live.epoch() != epoch {
            return Err(live.gone());
        }
        let Some(mut pen) = place.take() else {
            return Err(live.gone());
        };
        drop(place);
        if let Err(error) = live.apply(Transition::Verify) {
            self.discard(&live, pen.sink, &Rejection::new(Code::Cancelled)).await;
            return Err(error.into());
        }
        self.news().moved(&live);
        // An empty file has not been written yet, and is a file all the same.
        let opened = pen.sink(self.parts(), &live).await.map(|_| ());
        let size = pen.written();
        let (sink, digests) = pen.cap().await;
        let result = match (opened.and(digests), sink) {
            (Ok(digests), Some(sink)) => {
                match self.may(caller, Act::Complete, &live.snapshot()).await {
                    Ok(()) => self.settle(&live, sink, digests, size, next).await,
                    Err(error) => Err((error, Some(sink))),
                }
            }
            (Err(error), sink) => Err((error, sink)),
            (Ok(_), None) => Err((UploadError::NotFound, None)),
        };
        match result {
            Ok(entry) => Ok(entry),
            Err((error, sink)) => {
                if is_given_up(&live, &error) {
                    self.end_unwanted(&live, sink).await;
                } else {
                    self.fail(&live, error.clone(), sink).await;
                }
                Err(error)
            }
        }
    }

    async fn settle(
        &self,
        live: &LiveEntry,
        mut sink: Sink,
        digests: Digests,
        size: u64,
        next: Next,
    ) -> Result<Entry, (UploadError, Option<Sink>)> {
        let digest = match self.verify(live, &mut sink, digests, size).await {
            Ok(digest) => digest,
            Err(error) => return Err((error, Some(sink))),
        };
        if sink.is_little() {
            self.announce_row(live).await;
        }
        let (written, undo) = match sink.settle().await? {
            Settled::Published => (None, None),
            Settled::Closed(result, undo) => (Some(result), Some(undo)),
        };
        let mut entry = live.snapshot();
        let now = self.parts().clock.now();
        entry.length = Some(size);
        entry.offset = size;
        entry.digest = digest;
        entry.touched_at = now;
        entry.settled_at = Some(now);
        entry.writer_result = written;
        entry.media_type.get_or_insert_with(MediaType::default);
        let waits = Self::may_wait_for_its_row(live, size, next);
        let settled = match entry.apply(Transition::Complete) {
            Ok(()) if waits => Ok(()),
            Ok(()) => self.settle_row(&entry).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = settled {
            // Nobody knows whether the row was written, and a row without bytes must not be: it goes, also
            // where none was before, and then the bytes go.
            let unsettled = match self.forget_row(live.id).await {
                Ok(()) if undo.is_none() => {
                    self.parts().blobs.remove(live.id).await.map_err(UploadError::from)
                }
                Ok(()) => Ok(()),
                // The row may be there, so its bytes stay; the next start or the sweep ends both.
                Err(error) => Err(error),
            };
            if let Err(error) = unsettled {
                tracing::warn!(entry.id = %live.id, error = %Causes(&error), "not all that was unsettled is removed");
            }
            return Err((error, undo));
        }
        if waits {
            live.leave_unrecorded();
        } else {
            live.row_is_written();
        }
        *live.entry() = entry.clone();
        live.marks.send_modify(|mark| mark.written = size);
        if !waits {
            self.news().moved(live);
        }
        if entry.home != entry.session || entry.session.is_standing() {
            // It may have been the last one that lay where it began.
            self.tidy(entry.home).await;
        }
        Ok(entry)
    }

    /// Size, digest and the checks that want the whole file, in the order of their price. Answers the digest that is kept.
    async fn verify(
        &self,
        live: &LiveEntry,
        sink: &mut Sink,
        digests: Digests,
        size: u64,
    ) -> Result<Option<Digest>, UploadError> {
        let mut entry = live.snapshot();
        if entry.length.is_some_and(|length| length != size) {
            return Err(Rejection::new(Code::SizeMismatch).into());
        }
        live.slot.constraints().check_final(size)?;
        if entry.facts.client_size.is_none() {
            // Nobody knew its size when it was admitted.
            let mut others = self.registry().usage(entry.session, &entry.slot);
            others.bytes = others.bytes.saturating_sub(entry.offset);
            live.slot.constraints().check_total(&others, size)?;
        }
        self.still_fits(live).await?;
        let needs = Needs::of(&live.slot, &entry);
        let digests = digests.or_read(needs, sink, size).await?;
        if !digests.confirm(entry.facts.client_sha256) {
            return Err(Rejection::new(Code::ChecksumMismatch).into());
        }
        entry.length = Some(size);
        entry.offset = size;
        entry.digest = digests.kept();
        let content = sink.content();
        for check in self.parts().checks.iter().chain(&live.hooks.checks) {
            if !matches!(check.stage(), Stage::Complete) {
                continue;
            }
            let subject = Subject {
                entry: &entry,
                slot: &live.slot,
                head: &[],
                whole: size == 0,
                content: content.as_ref().map(|content| content as &dyn Content),
            };
            let verdict = tokio::select! {
                biased;
                _ = live.wanted.acquire() => return Err(Rejection::new(Code::Cancelled).into()),
                verdict = ask(&**check, subject) => verdict,
            };
            match verdict {
                Verdict::Accept => {}
                Verdict::Identified(media_type) => {
                    entry.media_type = Some(media_type.clone());
                    live.entry().media_type = Some(media_type);
                }
                Verdict::Refuse(rejection) => return Err(rejection.into()),
            }
        }
        Ok(entry.digest)
    }
}

/// True if a check was broken off because nobody wants the file any more.
fn is_given_up(live: &LiveEntry, error: &UploadError) -> bool {
    let cancelled = matches!(error, UploadError::Rejected(it) if it.code() == Code::Cancelled);
    cancelled && live.wanted.is_closed()
}
