//! The lives of uploads, as their clients live them: what each is told, and what it may hold us to.

mod little;

use std::cell::RefCell;
use std::collections::BTreeMap;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::super::world::{TTL, World, registration, text};
use super::super::*;

/// What a client was told of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Nothing that anybody could hold us to.
    Nothing,
    /// It is complete.
    Complete,
    /// It was complete, and is being kept: it is the one or the other.
    Safe,
    /// It is a stored file.
    Kept,
    /// It failed.
    Failed,
    /// It is gone.
    Gone,
}

/// The client's side of a life: what it does, sent and heard.
pub(super) struct Client<'a> {
    pub(super) world: &'a World,
    pub(super) engine: &'a Engine,
    pub(super) to: Registration,
    pub(super) told: &'a RefCell<BTreeMap<EntryId, (Vec<u8>, Told)>>,
}

pub(super) type Life = for<'a> fn(&'a Client<'a>) -> LocalBoxFuture<'a, Result<(), UploadError>>;

/// The lives whose every operation fails once.
pub(super) const LIVES: [(&str, Lifetime, Life); 21] = [
    ("keep", Lifetime::Session, |client| client.keep().boxed_local()),
    ("form", Lifetime::Request, |client| client.form().boxed_local()),
    ("form that waits", Lifetime::Request, |client| client.form_that_waits().boxed_local()),
    ("form that is taken", Lifetime::Request, |client| client.form_that_is_taken().boxed_local()),
    ("offered", Lifetime::Session, |client| client.offered().boxed_local()),
    ("offered and waits", Lifetime::Session, |client| client.offered_and_waits().boxed_local()),
    ("offered and taken", Lifetime::Session, |client| client.offered_and_taken().boxed_local()),
    ("offered twice", Lifetime::Session, |client| client.offered_twice().boxed_local()),
    ("brought", Lifetime::Session, |client| client.brought().boxed_local()),
    ("brought in part", Lifetime::Session, |client| client.brought_in_part().boxed_local()),
    ("take", Lifetime::Session, |client| client.take().boxed_local()),
    ("empty", Lifetime::Session, |client| client.empty().boxed_local()),
    ("cancel", Lifetime::Session, |client| client.cancel().boxed_local()),
    ("too long", Lifetime::Session, |client| client.too_long().boxed_local()),
    ("supersede", Lifetime::Session, |client| client.supersede().boxed_local()),
    ("adopt", Lifetime::Session, |client| client.adopt().boxed_local()),
    ("steps", Lifetime::Session, |client| client.in_steps().boxed_local()),
    ("whole", Lifetime::Session, |client| client.as_a_whole().boxed_local()),
    ("join", Lifetime::Session, |client| client.join().boxed_local()),
    ("expire", Lifetime::Session, |client| client.expire().boxed_local()),
    ("remove", Lifetime::Session, |client| client.remove().boxed_local()),
];

impl Client<'_> {
    /// What is complete may end now, whoever sent it.
    fn time_passes(&self, time: Duration) {
        self.world.tick(time);
        nothing_is_promised(self.told);
    }

    fn tell(&self, id: EntryId, what: Told) {
        self.told.borrow_mut().get_mut(&id).unwrap().1 = what;
    }

    fn bytes(&self, id: EntryId) -> Vec<u8> {
        self.told.borrow()[&id].0.clone()
    }

    async fn register(&self, size: u64, known: bool) -> Result<EntryId, UploadError> {
        self.offer(size, known.then_some(size), EntryKind::File, None).await
    }

    async fn offer(
        &self,
        size: u64,
        client_size: Option<u64>,
        kind: EntryKind,
        brings: Option<u64>,
    ) -> Result<EntryId, UploadError> {
        let seed = self.told.borrow().len();
        let reference = EntryRef::try_from(format!("c{seed}").as_str()).unwrap();
        let facts = ClientFacts { client_size, ..facts("a.txt", 0) };
        let offered = Offered { id: None, reference, facts, kind, memo: None };
        let mut answers = match brings {
            Some(brings) => self.engine.register_bringing(&self.to, offered, brings).await?,
            None => self.engine.register(&self.to, vec![offered]).await?,
        };
        let id = answers.remove(0)?.id;
        self.told.borrow_mut().insert(id, (text(seed, size), Told::Nothing));
        Ok(id)
    }

    async fn claim(&self, id: EntryId) -> Result<Lease, UploadError> {
        self.engine.claim(id, &self.to.caller).await
    }

    /// Sends what is missing of the first `end` bytes, in two pieces.
    async fn send(&self, lease: &mut Lease, end: u64) -> Result<(), UploadError> {
        let bytes = self.bytes(lease.id());
        let from = lease.offset();
        for (from, end) in [(from, from.midpoint(end)), (from.midpoint(end), end)] {
            let (first, last) = (usize::try_from(from).unwrap(), usize::try_from(end).unwrap());
            lease.write(chunk(from, &bytes[first..last])).await?;
        }
        Ok(())
    }

    async fn finish(&self, lease: Lease) -> Result<(), UploadError> {
        let id = lease.id();
        let finished = lease.finish().await.map(drop);
        self.tell(
            id,
            match finished {
                // Nobody is told of a request's file before it is recorded.
                Ok(()) if self.to.lifetime == Lifetime::Request => Told::Nothing,
                Ok(()) => Told::Complete,
                Err(_) => Told::Failed,
            },
        );
        finished
    }

    /// What is told at the end of a request.
    async fn record(&self, id: EntryId) -> Result<(), UploadError> {
        let failed = self.engine.record(self.to.session).await.pop();
        self.tell(id, if failed.is_none() { Told::Complete } else { Told::Failed });
        failed.map_or(Ok(()), |(_, reason)| Err(reason.into()))
    }

    async fn upload(&self, size: u64) -> Result<EntryId, UploadError> {
        let id = self.register(size, true).await?;
        let mut lease = self.claim(id).await?;
        self.send(&mut lease, size).await?;
        self.finish(lease).await?;
        Ok(id)
    }

    async fn consume(&self, id: EntryId, keep: Keep) -> Result<(), UploadError> {
        let recorded = self.told.borrow()[&id].1 == Told::Complete;
        let (asked, done) = match keep {
            Keep::Yes if recorded => (Told::Safe, Told::Kept),
            Keep::Yes => (Told::Nothing, Told::Kept),
            Keep::No => (Told::Nothing, Told::Gone),
        };
        self.tell(id, asked);
        if let Err(error) = self.engine.consume(id, &self.to.caller, keep).await {
            if keep == Keep::Yes {
                self.ask(id).await;
            }
            return Err(error);
        }
        self.tell(id, done);
        Ok(())
    }

    /// Another request of the same client asks what has become of the file.
    async fn ask(&self, id: EntryId) {
        if self.engine.get(id, &self.to.caller).await.is_ok_and(|entry| entry.done()) {
            self.tell(id, Told::Safe);
        }
    }

    /// Two leases, and the file is kept.
    async fn keep(&self) -> Result<(), UploadError> {
        let id = self.register(18_000, true).await?;
        let mut lease = self.claim(id).await?;
        self.send(&mut lease, 12_000).await?;
        lease.release().await?;
        let mut lease = self.claim(id).await?;
        assert_eq!(lease.offset(), 12_000, "what was released is there");
        self.send(&mut lease, 18_000).await?;
        self.finish(lease).await?;
        let (_, blob) = self.engine.open(id, &self.to.caller).await?;
        assert_eq!(blob.len(), 18_000);
        self.consume(id, Keep::Yes).await
    }

    /// Of unknown size, and without a row before it is complete.
    async fn form(&self) -> Result<(), UploadError> {
        let id = self.register(12_000, false).await?;
        let mut lease = self.claim(id).await?;
        self.send(&mut lease, 12_000).await?;
        self.finish(lease).await?;
        self.consume(id, Keep::Yes).await
    }

    /// The same; the application doesn't take it before its request is answered.
    async fn form_that_waits(&self) -> Result<(), UploadError> {
        let id = self.upload(9_000).await?;
        self.record(id).await?;
        self.consume(id, Keep::Yes).await
    }

    async fn form_that_is_taken(&self) -> Result<(), UploadError> {
        let id = self.upload(9_000).await?;
        self.consume(id, Keep::No).await
    }

    /// The application takes the file away.
    async fn take(&self) -> Result<(), UploadError> {
        let id = self.upload(9_000).await?;
        self.consume(id, Keep::No).await
    }

    async fn empty(&self) -> Result<(), UploadError> {
        let id = self.upload(0).await?;
        self.consume(id, Keep::Yes).await
    }

    /// One on its way is cancelled, and one that is complete.
    async fn cancel(&self) -> Result<(), UploadError> {
        let complete = self.upload(9_000).await?;
        let under_way = self.register(18_000, true).await?;
        let mut lease = self.claim(under_way).await?;
        self.send(&mut lease, 12_000).await?;
        for id in [under_way, complete] {
            self.tell(id, Told::Nothing);
            let cancelled = self.engine.cancel(id, &self.to.caller).await;
            // Its page hears what the entry says, not only what its request was answered.
            let entry = self.engine.get(id, &self.to.caller).await;
            if cancelled.is_ok() || entry.is_ok_and(|entry| *entry.state() == EntryState::Cancelled)
            {
                self.tell(id, Told::Gone);
            }
            cancelled?;
        }
        Ok(())
    }

    /// More comes than was declared, after something was written.
    async fn too_long(&self) -> Result<(), UploadError> {
        let id = self.register(12_000, true).await?;
        let mut lease = self.claim(id).await?;
        self.send(&mut lease, 11_000).await?;
        lease.flush();
        lease.changed().await?;
        lease.push(chunk(11_000, &[b'x'; 2_000])).unwrap_err();
        assert!(lease.finish().await.is_err());
        self.tell(id, Told::Failed);
        Ok(())
    }

    /// A newer claim takes the file over.
    async fn supersede(&self) -> Result<(), UploadError> {
        let id = self.register(18_000, true).await?;
        let mut old = self.claim(id).await?;
        self.send(&mut old, 12_000).await?;
        old.flush();
        old.changed().await?;
        let mut new = self.claim(id).await?;
        assert!(old.push(chunk(old.offset(), b"late")).is_err());
        self.send(&mut new, 18_000).await?;
        self.finish(new).await
    }

    /// Another session takes the file up and finishes it.
    async fn adopt(&self) -> Result<(), UploadError> {
        let id = self.register(18_000, true).await?;
        let mut lease = self.claim(id).await?;
        self.send(&mut lease, 12_000).await?;
        lease.release().await?;
        let to = registration(&self.to.caller, Lifetime::Session);
        let adopted = async {
            let entry = self.engine.adopt(&to, id, EntryRef::try_from("again").unwrap()).await?;
            assert_eq!(entry.offset, 12_000, "what was released is there");
            let mut lease = self.claim(id).await?;
            self.send(&mut lease, 18_000).await?;
            self.finish(lease).await?;
            self.consume(id, Keep::Yes).await
        };
        let adopted = adopted.await;
        self.engine.abandon(to.session).await;
        adopted
    }

    /// The same client, whose uploads come by requests.
    fn standing(&self) -> Self {
        let session = Engine::standing_session(&self.to.caller, &self.to.page);
        Client { to: Registration { session, ..self.to.clone() }, ..*self }
    }

    /// What a request does before it sends anything.
    async fn take_up(&self, id: EntryId) -> Result<u64, UploadError> {
        let entry = self.engine.get(id, &self.to.caller).await?;
        Ok(self.engine.adopt(&self.to, id, entry.reference).await?.offset)
    }

    /// Each request brings a few bytes, and what it answers is there for the next one.
    async fn in_steps(&self) -> Result<(), UploadError> {
        let client = self.standing();
        let id = client.register(12_000, true).await?;
        let mut at = 0;
        for end in [1, 40, 9_000] {
            assert_eq!(client.take_up(id).await?, at, "what was answered is there");
            let mut lease = client.claim(id).await?;
            client.send(&mut lease, end).await?;
            lease.release().await?;
            let row = self.world.row(id).unwrap();
            assert_eq!(row.offset, end, "and remembered");
            at = end;
        }
        self.engine.park(Duration::ZERO);
        client.take_up(id).await?;
        let mut lease = client.claim(id).await?;
        client.send(&mut lease, 12_000).await?;
        client.finish(lease).await?;
        client.consume(id, Keep::Yes).await
    }

    /// A part is taken back, another one counts.
    async fn as_a_whole(&self) -> Result<(), UploadError> {
        let client = self.standing();
        let id = client.register(18_000, true).await?;
        let mut lease = client.claim(id).await?;
        client.send(&mut lease, 300).await?;
        lease.release().await?;
        for end in [400, 12_000] {
            let mut lease = self.engine.claim_whole(id, &self.to.caller).await?;
            client.send(&mut lease, end).await?;
            assert_eq!(lease.rewind().await?, 300);
            assert_eq!(client.take_up(id).await?, 300, "nothing is left of it");
        }
        let mut lease = self.engine.claim_whole(id, &self.to.caller).await?;
        client.send(&mut lease, 18_000).await?;
        client.finish(lease).await?;
        client.consume(id, Keep::Yes).await
    }

    /// Two pieces become a file, which is kept; then they go.
    async fn join(&self) -> Result<(), UploadError> {
        let client = self.standing();
        let (mut pieces, mut whole) = (Vec::new(), Vec::new());
        for size in [300, 9_000] {
            let id = client.offer(size, Some(size), EntryKind::Piece, None).await?;
            let mut lease = client.claim(id).await?;
            client.send(&mut lease, size).await?;
            lease.release().await?;
            pieces.push((id, client.to.caller.clone()));
            whole.extend(client.bytes(id));
        }
        let reference = EntryRef::try_from(Uuid::new_v4().to_string().as_str()).unwrap();
        let offered = Offered::from((reference, facts("joined.txt", 0)));
        let joined = self.engine.join(&client.to, &pieces, offered).await?;
        self.told.borrow_mut().insert(joined.id, (whole, Told::Complete));
        client.consume(joined.id, Keep::Yes).await?;
        for (id, _) in pieces {
            self.engine.cancel(id, &self.to.caller).await?;
            self.tell(id, Told::Gone);
        }
        Ok(())
    }

    /// One that nobody finishes and one that nobody consumes, till their time is over.
    async fn expire(&self) -> Result<(), UploadError> {
        let unconsumed = self.upload(9_000).await?;
        let unfinished = self.register(18_000, true).await?;
        let mut lease = self.claim(unfinished).await?;
        self.send(&mut lease, 12_000).await?;
        lease.release().await?;
        self.time_passes(TTL * 2);
        self.engine.sweep(TTL).await?;
        // What a sweep can't remove it leaves to the next one.
        if self.world.faults.met().is_empty() {
            self.tell(unconsumed, Told::Gone);
            self.tell(unfinished, Told::Gone);
        }
        Ok(())
    }

    /// A stored file is removed again.
    async fn remove(&self) -> Result<(), UploadError> {
        let id = self.upload(9_000).await?;
        self.consume(id, Keep::Yes).await?;
        self.tell(id, Told::Nothing);
        self.engine.remove(id, &self.to.caller).await?;
        self.tell(id, Told::Gone);
        Ok(())
    }
}

/// Of what nobody consumed in time.
pub(super) fn nothing_is_promised(told: &RefCell<BTreeMap<EntryId, (Vec<u8>, Told)>>) {
    for (_, told) in told.borrow_mut().values_mut() {
        if matches!(told, Told::Complete | Told::Safe) {
            *told = Told::Nothing;
        }
    }
}
