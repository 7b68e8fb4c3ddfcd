//! The first bytes, before there are enough of them to be judged.

use super::*;
use crate::blob::BlobStore;
use crate::sink::{UploadWriter, WriterError};

/// The head of a Windows program.
const PROGRAM: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0";

#[tokio::test]
async fn a_file_that_comes_byte_by_byte_is_the_same_whoever_had_it_in_between() {
    for (length, small) in [(100, 100), (20_000, 150)] {
        let mut rig = Rig::standing_files();
        let bytes = noise(length);
        let id = rig.register("a.bin", length).await;
        for (at, byte) in (0..).zip(&bytes[..small]) {
            assert_eq!(rig.step(id, &[*byte]).await.unwrap(), at + 1);
            let row = rig.catalogue.load(id).await.unwrap().unwrap();
            assert_eq!(row.offset, at + 1, "what was answered is remembered");
            assert_eq!(rig.engine.get(id, &rig.caller).await.unwrap().offset, at + 1);
            match at % 4 {
                0 => assert_eq!(rig.take_up(id).await.unwrap(), at + 1),
                1 => {
                    rig.park();
                    assert!(rig.engine.entries(rig.to.session).is_empty());
                }
                2 => rig = rig.restarted().await.0,
                _ => {}
            }
        }
        if small < length {
            rig.step(id, &bytes[small..]).await.unwrap();
        }
        assert_eq!(rig.finish(id).await.unwrap().digest, Some(digest(&bytes)));
        assert_eq!(rig.read(id).await, bytes);
    }
}

#[tokio::test]
async fn a_lease_goes_on_behind_a_head_that_the_one_before_it_left() {
    let rig = Rig::standing_files();
    let bytes = noise(30_000);
    let id = rig.register("a.bin", bytes.len()).await;
    let mut at = 0;
    for end in [40, 140, 8_191, 8_192, 30_000] {
        let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
        lease.write(chunk(at as u64, &bytes[at..end])).await.unwrap();
        lease.release().await.unwrap();
        at = end;
    }
    let entry = rig.engine.claim(id, &rig.caller).await.unwrap().finish().await.unwrap();
    assert_eq!(entry.digest, Some(digest(&bytes)));
}

#[tokio::test]
async fn a_head_that_came_in_pieces_is_judged_as_a_whole() {
    for length in [600_usize, 40_000] {
        for between in [0, 1, 2] {
            let mut rig = Rig::standing_files();
            let mut program = PROGRAM.to_vec();
            program.resize(length, 0);
            let id = rig.register("photo.jpg", length).await;
            for piece in [&program[..1], &program[1..500]] {
                rig.step(id, piece).await.unwrap();
                match between {
                    0 => {}
                    1 => rig.park(),
                    _ => rig = rig.restarted().await.0,
                }
            }
            let written = rig.store.seen(Operation::Write);
            let refused = rig.step(id, &program[500..]).await.unwrap_err();
            assert_eq!(refused.rejection().code(), Code::ContentMismatch, "{length}, {between}");
            assert_eq!(rig.store.seen(Operation::Write), written, "nothing more was written");
            assert!(rig.catalogue.load(id).await.unwrap().is_none());
            let key = crate::blob::BlobKey { session: rig.to.session, id };
            assert!(rig.store.reopen(key).await.is_err(), "and its bytes are gone");
        }
    }
}

#[tokio::test]
async fn what_the_head_says_of_the_file_is_known_however_it_came() {
    let rig = Rig::standing_files();
    let mut picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    picture.resize(9_000, 0);
    let id = rig.register("a.png", picture.len()).await;
    for piece in picture.chunks(4_000) {
        rig.step(id, piece).await.unwrap();
        rig.park();
    }
    let entry = rig.finish(id).await.unwrap();
    assert_eq!(entry.media_type.unwrap().to_string(), "image/png");
}

#[tokio::test]
async fn a_live_page_that_takes_up_a_short_head_goes_on_behind_it() {
    for restarted in [false, true] {
        let mut rig = Rig::standing_files();
        let bytes = noise(20_000);
        let id = rig.register("a.bin", bytes.len()).await;
        rig.step(id, &bytes[..70]).await.unwrap();
        let page = rig.elsewhere();
        assert_eq!(rig.adopt(&page, id).await.unwrap().offset, 70);
        if restarted {
            rig = rig.restarted().await.0;
            assert_eq!(rig.adopt(&page, id).await.unwrap().offset, 70);
        }
        rig.send_rest(id, &bytes).await;
    }
}

#[tokio::test]
async fn a_head_of_which_the_store_fails_ends_its_upload() {
    for operation in [Operation::Create, Operation::Write, Operation::Sync] {
        let rig = Rig::standing_files();
        let id = rig.register("a.bin", 20_000).await;
        rig.store.next(operation, Fault::NoSpace);
        let full = rig.step(id, b"abc").await.unwrap_err();
        assert_eq!(full.rejection().code(), Code::DiskFull, "{operation:?}");
        assert!(rig.catalogue.load(id).await.unwrap().is_none());
    }
}

/// A writer that takes everything and forgets it.
pub(super) struct Gone;

#[async_trait::async_trait]
impl UploadWriter for Gone {
    async fn open(&mut self) -> Result<(), WriterError> {
        Ok(())
    }

    async fn write_chunk(&mut self, _: Chunk) -> Result<(), WriterError> {
        Ok(())
    }

    async fn close(&mut self) -> Result<serde_json::Value, WriterError> {
        Ok(serde_json::Value::Null)
    }

    async fn abort(&mut self, _: &Rejection) {}
}

#[tokio::test]
async fn a_head_for_the_applications_own_writer_waits_in_memory_and_never_goes_back() {
    let mut rig = Rig::standing_files();
    let writer: MakeWriter = Arc::new(|_: &Entry| Box::new(Gone) as Box<dyn UploadWriter>);
    rig.to.hooks = Arc::new(Hooks { writer: Some(writer), ..Hooks::default() });
    let bytes = noise(20_000);
    let [id, lost, fresh] = [
        rig.register("a.bin", bytes.len()).await,
        rig.register("b.bin", bytes.len()).await,
        rig.register("c.bin", bytes.len()).await,
    ];
    for (at, byte) in (0..20).zip(&bytes) {
        assert_eq!(rig.step(id, &[*byte]).await.unwrap(), at + 1);
        rig.park();
        assert_eq!(rig.engine.get(id, &rig.caller).await.unwrap().offset, at + 1);
    }
    assert_eq!(rig.store.seen(Operation::Write), 0);
    rig.step(id, &bytes[20..]).await.unwrap();
    assert_eq!(rig.finish(id).await.unwrap().digest, Some(digest(&bytes)));
    rig.step(lost, &bytes[..10]).await.unwrap();

    let (rig, recovered) = rig.restarted().await;
    assert_eq!(recovered.lost, 1);
    let lost = rig.engine.adopt(&rig.to, lost, EntryRef::try_from("x").unwrap()).await;
    assert!(matches!(lost, Err(UploadError::NotFound)), "{lost:?}");
    assert_eq!(rig.take_up(fresh).await.unwrap(), 0, "of which nobody was told anything");
}
