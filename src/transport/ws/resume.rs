//! Going on: a page that comes back takes up what it had, and a page takes up an entry that it knows.
//!
//! By its token a page has its old session again, whether the old socket is known to be dead or not: the newest
//! connection wins. The view is mounted afresh, and the entries are adopted, before anything else is read.

use std::future::ready;

use actix::{ActorFutureExt, ContextFutureSpawner, WrapFuture};
use futures_util::{StreamExt, stream};

use super::finish::told_of;
use super::session::WsSession;
use super::socket::{self, Closing, Ctx, Speaker};
use super::wire::{Accepted, AdoptedEntry, Progress, Refused, ServerMessage};
use crate::domain::{Code, Entry, EntryId, EntryRef, EntryState, Rejection, SessionId};
use crate::mounted::Mounted;
use crate::session::{Fate, UploadSession};
use crate::supervisor::SessionGuard;
use crate::transport::answer::{log, told};
use crate::uploads::{Mount, UploadError};

/// As many entries as are taken up at the same time.
const SIDE_BY_SIDE: usize = 32;

impl WsSession {
    /// The session that a token names.
    pub(super) fn resumed(&self, token: &str) -> Option<SessionId> {
        let session = &self.mounted.session;
        self.uploads.resumed(token, session.page(), session.caller())
    }

    /// Goes on with an earlier session if it has left anything; else this is a new one.
    pub(super) fn resume(&mut self, id: SessionId, ctx: &mut Ctx) {
        let (uploads, caller) = (self.uploads.clone(), self.mounted.session.caller().clone());
        let page = self.mounted.session.page().clone();
        let looking = async move {
            let left = uploads.left_by(id, &caller).await.map_err(|error| told(&error.into()))?;
            if left.is_empty() {
                return Ok(None);
            }
            let again = uploads.mount_session(id, &page, caller, Mount::Live).await;
            again.map(|(mounted, guard)| Some((mounted, guard, left))).map_err(|error| told(&error))
        };
        self.apart(looking)
            .into_actor(self)
            .map(|looked, actor, ctx| match looked {
                Some(Ok(Some((mounted, guard, left)))) => {
                    actor.take_over(mounted, guard, left, ctx);
                }
                Some(Ok(None)) | None => actor.welcome(Vec::new(), ctx),
                Some(Err(rejection)) => {
                    // A welcome would say that nothing is left; the page comes again in a moment.
                    actor.error(&rejection, ctx);
                    actor.close(Closing::Again, ctx);
                }
            })
            .wait(ctx);
    }

    fn take_over(
        &mut self,
        mounted: Mounted,
        guard: SessionGuard,
        left: Vec<Entry>,
        ctx: &mut Ctx,
    ) {
        let join = self.join(&guard, mounted.session.id(), ctx);
        let supervisor = guard.supervisor().clone();
        (self.mounted, self.guard) = (mounted.clone(), guard);
        self.listen(ctx);
        let adopting = async move {
            // ORDER: an older connection is told before its entries are taken away.
            let _ = supervisor.send(join).await;
            // Side by side, so that their syncs and commits are shared; told in their order.
            let session = &mounted.session;
            let adopted = left.into_iter().map(async |entry| adopt(session, entry).await);
            stream::iter(adopted).buffered(SIDE_BY_SIDE).filter_map(ready).collect::<Vec<_>>().await
        };
        self.apart(adopting)
            .into_actor(self)
            .map(|adopted, actor, ctx| actor.adopted(adopted.unwrap_or_default(), ctx))
            .wait(ctx);
    }

    fn adopted(&mut self, entries: Vec<Entry>, ctx: &mut Ctx) {
        let session = &self.mounted.session;
        tracing::info!(session.id = %session.id(), entries = entries.len(), "a live session goes on");
        let numbers: Vec<u32> = entries.iter().map(|entry| self.streams.reopen(entry)).collect();
        let known = entries.iter().zip(&numbers).map(|(e, n)| AdoptedEntry::new(e, *n)).collect();
        self.welcome(known, ctx);
        for (entry, number) in entries.into_iter().zip(numbers) {
            self.go_on(number, entry, ctx);
        }
    }

    pub(super) fn attach(&mut self, reference: EntryRef, id: EntryId, size: u64, ctx: &mut Ctx) {
        let session = self.mounted.session.clone();
        let wanted = reference.clone();
        let attaching = async move {
            let mut entry = session.entry(id).await?;
            if entry.page != *session.page() {
                return Err(UploadError::NotFound);
            }
            if entry.length.is_some_and(|length| length != size) {
                return Err(Rejection::new(Code::SizeMismatch).into());
            }
            if *entry.state() == EntryState::Consumed {
                // Its page did not hear that it was taken.
                entry.reference = wanted;
                return Ok(entry);
            }
            session.adopt(&entry, wanted).await
        };
        self.apart(attaching)
            .into_actor(self)
            .map(move |attached, actor, ctx| {
                let attached = attached.unwrap_or(Err(UploadError::NotFound));
                actor.attached(reference, attached, ctx);
            })
            .wait(ctx);
    }

    fn attached(
        &mut self,
        reference: EntryRef,
        attached: Result<Entry, UploadError>,
        ctx: &mut Ctx,
    ) {
        match attached {
            Ok(entry) => {
                let (slot, id, offset) = (entry.slot.to_string(), entry.id, entry.offset);
                let stream = self.streams.reopen(&entry);
                let entries = vec![Accepted { r#ref: reference, id, stream, offset }];
                let errors = Vec::new();
                socket::send(&ServerMessage::Registered { slot, entries, errors }, ctx);
                self.took_from_elsewhere();
                self.go_on(stream, entry, ctx);
            }
            Err(error) => {
                if error.is_ours() {
                    log(&error);
                }
                let errors = vec![Refused::new(reference, &error.rejection())];
                let (slot, entries) = (String::new(), Vec::new());
                socket::send(&ServerMessage::Registered { slot, entries, errors }, ctx);
            }
        }
    }

    /// Runs work beside the actor, to its end. The peer's silence does not count meanwhile, for nothing is read;
    /// that must end with the work, also when nobody polls this actor because its peer doesn't read.
    fn apart<T: 'static>(
        &self,
        work: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = Option<T>> + 'static {
        let deaf = self.deaf();
        let working = actix_rt::spawn(async move {
            let done = work.await;
            drop(deaf);
            done
        });
        async move { working.await.ok() }
    }

    /// What an entry needs that was taken up: bytes, a last step, an offer, or a word to its page.
    fn go_on(&mut self, number: u32, entry: Entry, ctx: &mut Ctx) {
        if entry.state().is_terminal() {
            self.streams.close(number);
            return self.tell_the_end(entry, ctx);
        }
        if entry.done() {
            self.offer_again(number, entry);
        } else if entry.length == Some(entry.offset) {
            self.claim(number, None, ctx);
        }
    }

    fn tell_the_end(&mut self, entry: Entry, ctx: &mut Ctx) {
        let session = self.mounted.session.clone();
        let asking = async move {
            let fate = if entry.done() { session.fate(entry.id).await } else { Fate::Waiting };
            told_of(&entry, &fate, &session).unwrap_or_else(|| Progress::ended(&entry))
        };
        asking
            .into_actor(self)
            .map(|progress, _, ctx| socket::send(&ServerMessage::Progress(progress), ctx))
            .wait(ctx);
    }
}

/// Takes up one entry of the session; what has ended says how, and of what is not known any more nothing is said.
async fn adopt(session: &UploadSession, entry: Entry) -> Option<Entry> {
    if entry.state().is_terminal() {
        return Some(entry);
    }
    match session.adopt(&entry, entry.reference.clone()).await {
        Ok(entry) => Some(entry),
        Err(error) => {
            if error.is_ours() {
                log(&error);
            }
            session.entry(entry.id).await.ok()
        }
    }
}
