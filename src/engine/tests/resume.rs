//! Going on: what a new connection, another session and the next process make of what was left.

use super::*;
use crate::blob::{BlobKey, BlobStore};

impl Rig {
    /// The same store and catalogue in the hands of the next process.
    pub(super) async fn restarted(self) -> (Self, Recovered) {
        let engine = Engine::new(Parts {
            blobs: Arc::<FaultyStore<MemoryStore>>::clone(&self.store),
            spool: Some(Arc::<FaultyStore<MemoryStore>>::clone(&self.store)),
            room: None,
            catalogue: Arc::<Memory>::clone(&self.catalogue),
            checks: vec![Arc::new(MagicBytes)],
            jobs: Jobs::default(),
            clock: Arc::<HandClock>::clone(&self.clock),
        });
        let recovered = engine.recover().await.unwrap();
        (Self { engine, ..self }, recovered)
    }

    /// Sends the first part of a file and lets it rest.
    pub(super) async fn begin(&self, bytes: &[u8], sent: usize) -> EntryId {
        let id = self.register("a.bin", bytes.len()).await;
        let mut lease = self.engine.claim(id, &self.caller).await.unwrap();
        lease.write(chunk(0, &bytes[..sent])).await.unwrap();
        lease.release().await.unwrap();
        id
    }

    pub(super) async fn adopt(&self, to: &Registration, id: EntryId) -> Result<Entry, UploadError> {
        self.engine.adopt(to, id, EntryRef::try_from("again").unwrap()).await
    }

    /// Sends the rest and checks what is stored.
    pub(super) async fn send_rest(&self, id: EntryId, bytes: &[u8]) {
        let mut lease = self.engine.claim(id, &self.caller).await.unwrap();
        let at = usize::try_from(lease.offset()).unwrap();
        lease.write(chunk(at as u64, &bytes[at..])).await.unwrap();
        let entry = lease.finish().await.unwrap();
        assert_eq!(entry.digest, Some(digest(bytes)));
        assert_eq!(self.read(id).await, bytes);
    }

    pub(super) fn elsewhere(&self) -> Registration {
        Registration { session: SessionId::from_uuid(Uuid::now_v7()), ..self.to.clone() }
    }
}

#[tokio::test]
async fn an_upload_goes_on_in_the_next_process_from_the_byte_that_the_server_has() {
    let bytes = noise(3_000_000);
    for sent in [0, 1, 8_192, 100_000, 2_999_999, 3_000_000] {
        let rig = Rig::files();
        let id = rig.begin(&bytes, sent).await;
        let (rig, recovered) = rig.restarted().await;
        assert_eq!((recovered.unfinished, recovered.lost), (1, 0));
        assert_eq!(recovered.sessions, [rig.to.session]);
        let left = rig.engine.left_by(rig.to.session, &rig.caller).await.unwrap();
        assert_eq!(left.iter().map(|entry| entry.id).collect::<Vec<_>>(), [id]);
        let entry = rig.engine.adopt(&rig.to, id, left[0].reference.clone()).await.unwrap();
        // Less than a head is not written before it was looked at.
        assert_eq!(entry.offset, if sent < 8_192 { 0 } else { sent as u64 }, "{sent} sent");
        rig.send_rest(id, &bytes).await;
    }
}

#[tokio::test]
async fn the_digest_goes_on_from_the_last_checkpoint_or_from_the_beginning() {
    let bytes = noise(300_000);
    for forget in [false, true] {
        let rig = Rig::files();
        let id = rig.begin(&bytes, 200_000).await;
        let mut row = rig.catalogue.load(id).await.unwrap().unwrap();
        assert_eq!(row.offset, 200_000);
        assert!(row.partial_digest.is_some());
        if forget {
            row.partial_digest = None;
            rig.catalogue.settle(&row).await.unwrap();
        }
        // The process died in the middle of a write behind the checkpoint.
        let key = BlobKey { session: row.home, id };
        let (mut writer, _) = rig.store.reopen(key).await.unwrap();
        writer
            .write_at(200_000, &[Bytes::copy_from_slice(&bytes[200_000..250_000])])
            .await
            .unwrap();
        let (rig, _) = rig.restarted().await;
        assert_eq!(rig.adopt(&rig.to, id).await.unwrap().offset, 250_000);
        rig.send_rest(id, &bytes).await;
    }
}

#[tokio::test]
async fn whoever_adopts_an_entry_supersedes_its_holder_at_once() {
    let rig = Rig::files();
    let bytes = noise(200_000);
    let id = rig.register("a.bin", bytes.len()).await;
    let mut old = rig.engine.claim(id, &rig.caller).await.unwrap();
    old.write(chunk(0, &bytes[..100_000])).await.unwrap();
    let mut endings = rig.engine.endings(rig.to.session);
    let there = rig.elsewhere();
    rig.adopt(&there, id).await.unwrap();
    let late = old.push(chunk(100_000, &[0; 10]));
    assert!(matches!(late, Err(UploadError::Superseded)), "{late:?}");
    assert_eq!(endings.recv().await.unwrap().rejection().unwrap().code(), Code::Superseded);
    assert!(rig.engine.entries(rig.to.session).is_empty());
    assert_eq!(rig.engine.entries(there.session).len(), 1);
    rig.send_rest(id, &bytes).await;
    assert!(matches!(old.finish().await, Err(UploadError::Superseded)));
}

#[tokio::test]
async fn the_end_of_a_session_takes_no_entry_that_another_one_has_adopted() {
    let rig = Rig::files();
    let bytes = noise(200_000);
    let id = rig.begin(&bytes, 100_000).await;
    let there = rig.elsewhere();
    rig.adopt(&there, id).await.unwrap();
    rig.engine.abandon(rig.to.session).await;
    rig.send_rest(id, &bytes).await;
    let row = rig.catalogue.load(id).await.unwrap().unwrap();
    assert_eq!((row.session, row.home), (there.session, rig.to.session));
}

#[tokio::test]
async fn what_rests_is_taken_up_and_what_somebody_has_is_left_to_him() {
    let bytes = noise(100_000);
    let rig = Rig::files();
    let id = rig.upload("a.bin", &bytes).await.unwrap().id;
    let (rig, _) = rig.restarted().await;
    let visitor = rig.elsewhere();
    rig.adopt(&visitor, id).await.unwrap();
    let mut endings = rig.engine.endings(visitor.session);
    let marks = rig.engine.subscribe(id, &rig.caller).unwrap();
    let late = rig.engine.adopt_resting(&rig.to, id).await;
    assert!(matches!(late, Err(UploadError::Superseded)), "{late:?}");
    // Of a complete entry nothing is taken from its page, whoever adopts it.
    rig.adopt(&rig.elsewhere(), id).await.unwrap();
    assert!(endings.try_recv().is_err() && marks.borrow().failure.is_none());

    let (rig, _) = rig.restarted().await;
    assert!(rig.engine.adopt_resting(&visitor, id).await.unwrap().done());
}

#[tokio::test]
async fn of_many_who_adopt_an_entry_at_the_same_time_one_has_it() {
    for restarted in [false, true] {
        let mut rig = Rig::files();
        let bytes = noise(200_000);
        let id = rig.begin(&bytes, 100_000).await;
        if restarted {
            rig = rig.restarted().await.0;
        }
        let sessions: Vec<_> = (0..8).map(|_| rig.elsewhere()).collect();
        let adopted = sessions.iter().map(|to| rig.adopt(to, id));
        for entry in futures_util::future::join_all(adopted).await {
            assert_eq!(entry.unwrap().offset, 100_000);
        }
        let holders = sessions.iter().filter(|to| !rig.engine.entries(to.session).is_empty());
        assert_eq!(holders.count(), 1);
        rig.send_rest(id, &bytes).await;
    }
}

#[tokio::test]
async fn nobody_adopts_what_is_not_his_or_what_does_not_fit() {
    let rig = Rig::new(Declaration::new().max_entries(1));
    let id = rig.begin(&noise(100_000), 50_000).await;
    let stranger = Caller::new(OwnerId::from_uuid(Uuid::new_v4()));
    let foreign = Registration { caller: stranger, ..rig.elsewhere() };
    let page = Registration { page: PageName::try_from("other").unwrap(), ..rig.elsewhere() };
    let slot = Arc::new(Slot::declare("other", Declaration::new()).unwrap());
    let slot = Registration { slot, ..rig.elsewhere() };
    for to in [foreign, page, slot] {
        assert!(matches!(rig.adopt(&to, id).await, Err(UploadError::NotFound)));
    }
    let full = rig.elsewhere();
    let offer = vec![(EntryRef::try_from("b").unwrap(), facts("b.bin", 5))];
    rig.engine.register(&full, offer).await.unwrap().remove(0).unwrap();
    let refused = rig.adopt(&full, id).await.unwrap_err();
    assert_eq!(refused.rejection().code(), Code::TooManyFiles);
    assert_eq!(rig.engine.entries(rig.to.session).len(), 1, "it stays where it is");
    rig.engine.claim(id, &rig.caller).await.unwrap();
}

#[tokio::test]
async fn what_was_published_and_never_told_is_unfinished_again() {
    let rig = Rig::files();
    let bytes = noise(100_000);
    let id = rig.begin(&bytes, bytes.len()).await;
    // The process died between publishing and the row.
    let key = BlobKey { session: rig.to.session, id };
    rig.store.reopen(key).await.unwrap().0.publish().await.unwrap();
    let (rig, recovered) = rig.restarted().await;
    assert_eq!((recovered.unfinished, recovered.quarantined), (1, 0));
    assert!(matches!(rig.engine.open(id, &rig.caller).await, Err(UploadError::NotFound)));
    assert_eq!(rig.adopt(&rig.to, id).await.unwrap().offset, 100_000);
    rig.send_rest(id, &bytes).await;
}

#[tokio::test]
async fn bytes_that_no_row_explains_are_put_aside_for_a_day() {
    let rig = Rig::files();
    let unfinished = rig.begin(&noise(100_000), 50_000).await;
    let stored = rig.upload("b.txt", b"abc").await.unwrap().id;
    rig.catalogue.remove(unfinished).await.unwrap();
    rig.catalogue.remove(stored).await.unwrap();
    let (rig, recovered) = rig.restarted().await;
    assert_eq!((recovered.quarantined, recovered.unfinished), (2, 0));
    assert!(rig.store.open(stored).await.is_err());
    for (hours, swept) in [(23, 0), (25, 2)] {
        rig.clock.0.store(hours * 3_600_000, Ordering::SeqCst);
        assert_eq!(rig.engine.sweep(Duration::MAX).await.unwrap().quarantined, swept);
    }
}

#[tokio::test]
async fn a_row_whose_bytes_are_missing_is_shown_to_nobody() {
    let rig = Rig::files();
    let [unfinished, unconsumed, stored] = [
        rig.begin(&noise(100_000), 50_000).await,
        rig.upload("b.txt", b"abc").await.unwrap().id,
        rig.upload("c.txt", b"abc").await.unwrap().id,
    ];
    rig.engine.consume(stored, &rig.caller, Keep::Yes).await.unwrap();
    let key = BlobKey { session: rig.to.session, id: unfinished };
    rig.store.reopen(key).await.unwrap().0.abort().await.unwrap();
    rig.store.remove(unconsumed).await.unwrap();
    rig.store.remove(stored).await.unwrap();
    let (rig, recovered) = rig.restarted().await;
    assert_eq!(recovered.lost, 3);
    for id in [unfinished, unconsumed] {
        assert!(rig.catalogue.load(id).await.unwrap().is_none());
    }
    assert!(matches!(rig.engine.file(stored, &rig.caller).await, Err(UploadError::NotFound)));

    // Somebody brings the stored file back from a copy.
    let mut writer =
        rig.store.create(BlobKey { session: rig.to.session, id: stored }).await.unwrap();
    writer.write_at(0, &[Bytes::from_static(b"abc")]).await.unwrap();
    writer.publish().await.unwrap();
    let (rig, recovered) = rig.restarted().await;
    assert_eq!(recovered.lost, 0);
    assert!(rig.engine.file(stored, &rig.caller).await.is_ok());
}

#[tokio::test]
async fn a_session_that_does_not_come_back_after_a_restart_leaves_nothing_unfinished() {
    let rig = Rig::files();
    let id = rig.begin(&noise(100_000), 50_000).await;
    let (rig, _) = rig.restarted().await;
    rig.engine.abandon(rig.to.session).await;
    assert!(rig.catalogue.load(id).await.unwrap().is_none());
    let key = BlobKey { session: rig.to.session, id };
    assert!(rig.store.reopen(key).await.is_err());
}

#[tokio::test]
async fn an_upload_that_takes_longer_than_its_time_to_live_is_not_swept_while_bytes_come() {
    let rig = Rig::files();
    let bytes = noise(300_000);
    let id = rig.register("a.bin", bytes.len()).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    for (hour, piece) in (1..).zip(bytes.chunks(100_000)) {
        rig.clock.0.store(hour * 3_600_000, Ordering::SeqCst);
        let offset = lease.offset();
        lease.write(chunk(offset, piece)).await.unwrap();
        lease.flush();
        while lease.queued() > 0 {
            lease.changed().await.unwrap();
        }
        rig.engine.sweep(Duration::from_secs(3_700)).await.unwrap();
    }
    assert_eq!(lease.finish().await.unwrap().digest, Some(digest(&bytes)));
}
