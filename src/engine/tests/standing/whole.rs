//! What counts whole or not at all, and what is taken back.

use super::*;
use crate::blob::{BlobKey, BlobStore};

impl Rig {
    /// What the store has of an unfinished upload.
    async fn stored(&self, id: EntryId) -> Vec<u8> {
        let key = BlobKey { session: self.to.session, id };
        let (mut writer, length) = self.store.reopen(key).await.unwrap();
        writer.read_at(0, usize::try_from(length).unwrap()).await.unwrap().to_vec()
    }

    /// An upload of which the first bytes are there.
    async fn begun(&self, bytes: &[u8], sent: usize) -> EntryId {
        let id = self.register("a.bin", bytes.len()).await;
        self.step(id, &bytes[..sent]).await.unwrap();
        id
    }

    /// Nothing but the first bytes is there, whoever asks, and with them the file becomes what it was to be.
    async fn proves_unchanged(self, id: EntryId, bytes: &[u8], sent: usize) {
        let offset = sent as u64;
        assert_eq!(self.take_up(id).await.unwrap(), offset);
        assert_eq!(self.engine.get(id, &self.caller).await.unwrap().offset, offset);
        assert_eq!(self.catalogue.load(id).await.unwrap().unwrap().offset, offset);
        assert_eq!(self.stored(id).await, &bytes[..sent]);
        let (rig, _) = self.restarted().await;
        assert_eq!(rig.take_up(id).await.unwrap(), offset);
        rig.send_rest(id, bytes).await;
    }
}

/// Writes noise, and waits until it has been written.
async fn scribble(lease: &mut Lease, length: usize) {
    let at = lease.offset();
    lease.write(chunk(at, &vec![b'x'; length])).await.unwrap();
    lease.flush();
    while lease.queued() > 0 && lease.offset() >= 8_192 {
        lease.changed().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_sent_as_a_whole_counts_when_its_lease_ends_and_not_before() {
    let bytes = noise(3_000_000);
    for sent in [1, 40, 10_000, 1_000_000] {
        let rig = Rig::standing_files();
        let id = rig.begun(&bytes, sent).await;
        let mut lease = rig.engine.claim_whole(id, &rig.caller).await.unwrap();
        lease.write(chunk(sent as u64, &bytes[sent..2_000_000])).await.unwrap();
        lease.flush();
        while lease.queued() > 0 {
            lease.changed().await.unwrap();
        }
        let during = rig.engine.get(id, &rig.caller).await.unwrap();
        assert_eq!(during.offset, sent as u64, "it does not count yet");
        lease.release().await.unwrap();
        assert_eq!(rig.engine.get(id, &rig.caller).await.unwrap().offset, 2_000_000);
        assert_eq!(rig.catalogue.load(id).await.unwrap().unwrap().offset, 2_000_000);
        rig.send_rest(id, &bytes).await;
    }
}

#[tokio::test]
async fn a_whole_that_is_dropped_leaves_nothing() {
    let bytes = noise(30_000);
    for sent in [0, 1, 40, 8_192, 20_000] {
        for length in [1, 9_000] {
            let rig = Rig::standing_files();
            let id = rig.begun(&bytes, sent).await;
            let mut lease = rig.engine.claim_whole(id, &rig.caller).await.unwrap();
            scribble(&mut lease, length).await;
            drop(lease);
            rig.engine.settled().await;
            if sent > 0 {
                rig.proves_unchanged(id, &bytes, sent).await;
            } else {
                assert_eq!(rig.take_up(id).await.unwrap(), 0);
                rig.send_rest(id, &bytes).await;
            }
        }
    }
}

#[tokio::test]
async fn a_whole_that_is_superseded_leaves_nothing_and_its_sender_hears_so() {
    let bytes = noise(30_000);
    for sent in [1, 40, 10_000] {
        let rig = Rig::standing_files();
        let id = rig.begun(&bytes, sent).await;
        let mut lease = rig.engine.claim_whole(id, &rig.caller).await.unwrap();
        scribble(&mut lease, 9_000).await;
        assert_eq!(rig.take_up(id).await.unwrap(), sent as u64);
        let late = lease.release().await;
        assert!(matches!(late, Err(UploadError::Superseded)), "{late:?}");
        rig.proves_unchanged(id, &bytes, sent).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_takes_back_what_it_has_written_and_what_is_durable_of_it() {
    let bytes = noise(30_000);
    for whole in [false, true] {
        for sent in [1, 40, 8_192, 10_000] {
            let rig = Rig::standing_files();
            let id = rig.begun(&bytes, sent).await;
            let mut lease = match whole {
                true => rig.engine.claim_whole(id, &rig.caller).await.unwrap(),
                false => rig.engine.claim(id, &rig.caller).await.unwrap(),
            };
            let marks = lease.marks();
            scribble(&mut lease, 9_000).await;
            tokio::time::sleep(Duration::from_secs(3)).await;
            let durable = marks.borrow().durable;
            assert_eq!(durable, sent as u64 + if whole { 0 } else { 9_000 });
            scribble(&mut lease, 500).await;
            assert_eq!(lease.rewind().await.unwrap(), sent as u64);
            assert_eq!(marks.borrow().durable, sent as u64);
            rig.proves_unchanged(id, &bytes, sent).await;
        }
    }
}

#[tokio::test]
async fn of_a_whole_whose_process_died_nothing_is_believed() {
    let bytes = noise(30_000);
    for sent in [40, 10_000] {
        let rig = Rig::standing_files();
        let id = rig.begun(&bytes, sent).await;
        let mut lease = rig.engine.claim_whole(id, &rig.caller).await.unwrap();
        scribble(&mut lease, 9_000).await;
        assert_eq!(rig.stored(id).await.len(), sent + 9_000);
        // Its task never hears of an end.
        std::mem::forget(lease);
        let (rig, _) = rig.restarted().await;
        rig.proves_unchanged(id, &bytes, sent).await;
    }
}

#[tokio::test]
async fn what_can_not_be_taken_back_ends_the_upload() {
    for operation in [Operation::Truncate, Operation::Write] {
        let rig = Rig::standing_files();
        let id = rig.begun(&noise(30_000), 10_000).await;
        let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
        if operation == Operation::Write {
            rig.store.next(operation, Fault::Broken);
            lease.write(chunk(10_000, b"abc")).await.unwrap();
            lease.flush();
            assert!(lease.changed().await.is_err());
        } else {
            scribble(&mut lease, 9_000).await;
            rig.store.next(operation, Fault::Broken);
        }
        let failed = lease.rewind().await.unwrap_err();
        assert_eq!(failed.rejection().code(), Code::StorageError);
        assert!(rig.catalogue.load(id).await.unwrap().is_none());
        assert!(rig.take_up(id).await.is_err());
    }
}

#[tokio::test]
async fn a_writer_of_the_applications_gives_nothing_back() {
    let mut rig = Rig::standing_files();
    let writer: MakeWriter = Arc::new(|_: &Entry| Box::new(super::heads::Gone));
    rig.to.hooks = Arc::new(Hooks { writer: Some(writer), ..Hooks::default() });
    let bytes = noise(30_000);
    // What it has not been given can be taken back.
    let id = rig.begun(&bytes, 10).await;
    let mut lease = rig.engine.claim_whole(id, &rig.caller).await.unwrap();
    scribble(&mut lease, 100).await;
    drop(lease);
    assert_eq!(rig.take_up(id).await.unwrap(), 10);
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    scribble(&mut lease, 9_000).await;
    let failed = lease.rewind().await.unwrap_err();
    assert_eq!(failed.rejection().code(), Code::StorageError);
    assert!(rig.take_up(id).await.is_err());
}

#[tokio::test]
async fn what_was_written_before_somebody_took_it_over_is_its_senders_success() {
    let rig = Rig::standing_files();
    let bytes = noise(30_000);
    let id = rig.register("a.bin", bytes.len()).await;
    let mut old = rig.engine.claim(id, &rig.caller).await.unwrap();
    old.write(chunk(0, &bytes[..10_000])).await.unwrap();
    old.flush();
    while old.queued() > 0 {
        old.changed().await.unwrap();
    }
    assert_eq!(rig.take_up(id).await.unwrap(), 10_000);
    old.release().await.unwrap();
    rig.send_rest(id, &bytes).await;
}

/// What a door does with a part for an offset; true if it may say that it was taken.
async fn part(rig: &Rig, id: EntryId, at: u64, bytes: &[u8], whole: bool) -> bool {
    let entry = rig.engine.get(id, &rig.caller).await.unwrap();
    if entry.offset != at || rig.take_up(id).await.is_ok_and(|offset| offset != at) {
        return false;
    }
    let claimed = match whole {
        true => rig.engine.claim_whole(id, &rig.caller).await,
        false => rig.engine.claim(id, &rig.caller).await,
    };
    let Ok(mut lease) = claimed else { return false };
    if lease.offset() != at || lease.write(chunk(at, bytes)).await.is_err() {
        return false;
    }
    tokio::task::yield_now().await;
    lease.release().await.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_send_the_same_part_at_once_exactly_one_succeeds() {
    let bytes = noise(40 * 500);
    for whole in [false, true] {
        let rig = Arc::new(Rig::standing_files());
        let id = rig.register("a.bin", bytes.len()).await;
        for (round, piece) in (0..).zip(bytes.chunks(500)) {
            let at = round * 500;
            let sent = (0..2).map(|_| {
                let (rig, piece) = (Arc::clone(&rig), piece.to_vec());
                tokio::spawn(async move { part(&rig, id, at, &piece, whole).await })
            });
            let won = futures_util::future::join_all(sent).await.into_iter().map(Result::unwrap);
            let won = won.filter(|won| *won).count();
            let now = rig.engine.get(id, &rig.caller).await.unwrap().offset;
            assert_eq!((won, now), (1, at + 500), "round {round}, whole: {whole}");
        }
        assert_eq!(rig.finish(id).await.unwrap().digest, Some(digest(&bytes)));
    }
}
