//! The engine, on stores in memory: what each verb promises, and what happens when somebody lies.

mod announced;
mod bounds;
mod checkpoints;
mod digests;
mod ends;
mod every_fault;
mod hands;
mod letters;
mod listening;
mod machine;
mod many;
mod news;
mod quota;
mod resume;
mod sinks;
mod standing;
mod under_way;
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::*;
use crate::blob::faulty::{Fault, FaultyStore, Operation};
use crate::blob::{BlobSource, MemoryStore};
use crate::catalogue::{Catalogue, Memory, Query, Wanted};
use crate::checks::MagicBytes;
use crate::domain::{
    Caller, Chunk, ClientFacts, Code, Declaration, Digest, Entry, EntryId, EntryKind, EntryRef,
    EntryState, Occasion, OwnerId, PageName, Rejection, SessionId, Sha256Digest, Slot, StoredFile,
    Timestamp,
};

#[derive(Debug, Default)]
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

struct Rig {
    engine: Engine,
    store: Arc<FaultyStore<MemoryStore>>,
    catalogue: Arc<Memory>,
    clock: Arc<HandClock>,
    caller: Caller,
    to: Registration,
}

impl Rig {
    fn new(options: Declaration) -> Self {
        let store = Arc::new(FaultyStore::new(MemoryStore::new()));
        let (catalogue, clock) = (Arc::new(Memory::new()), Arc::new(HandClock::default()));
        let engine = Engine::new(Parts {
            blobs: Arc::<FaultyStore<MemoryStore>>::clone(&store),
            spool: Some(Arc::<FaultyStore<MemoryStore>>::clone(&store)),
            room: None,
            catalogue: Arc::<Memory>::clone(&catalogue),
            checks: vec![Arc::new(MagicBytes)],
            jobs: Jobs::default(),
            clock: Arc::<HandClock>::clone(&clock),
        });
        let caller = Caller::new(OwnerId::from_uuid(Uuid::new_v4()));
        let to = Registration {
            session: SessionId::from_uuid(Uuid::now_v7()),
            caller: caller.clone(),
            page: PageName::try_from("files").unwrap(),
            slot: Arc::new(Slot::declare("files", options).unwrap()),
            hooks: Arc::default(),
            lifetime: Lifetime::Session,
        };
        Self { engine, store, catalogue, clock, caller, to }
    }

    fn files() -> Self {
        Self::new(Declaration::new().max_entries(100).max_file_size(64_000_000))
    }

    /// An engine on the same store with another catalogue: it checks nothing and has nowhere to look for leftovers.
    fn engine_with(&self, catalogue: Arc<dyn Catalogue>) -> Engine {
        Engine::new(Parts {
            blobs: Arc::<FaultyStore<MemoryStore>>::clone(&self.store),
            spool: None,
            room: None,
            catalogue,
            checks: Vec::new(),
            jobs: Jobs::default(),
            clock: Arc::<HandClock>::clone(&self.clock),
        })
    }

    async fn offer(&self, facts: ClientFacts) -> Result<Entry, Rejection> {
        let reference = EntryRef::try_from(Uuid::new_v4().to_string().as_str()).unwrap();
        let mut answers = self.engine.register(&self.to, vec![(reference, facts)]).await.unwrap();
        answers.remove(0)
    }

    async fn register(&self, name: &str, size: usize) -> EntryId {
        self.offer(facts(name, size)).await.unwrap().id
    }

    async fn upload(&self, name: &str, bytes: &[u8]) -> Result<Entry, UploadError> {
        let mut lease =
            self.engine.claim(self.register(name, bytes.len()).await, &self.caller).await?;
        lease.write(chunk(0, bytes)).await?;
        lease.finish().await
    }

    async fn read(&self, id: EntryId) -> Vec<u8> {
        match self.engine.open(id, &self.caller).await.unwrap().1.into_source() {
            BlobSource::Memory(bytes) => bytes.to_vec(),
            BlobSource::File(..) => unreachable!("this store has no files"),
        }
    }

    async fn code_of(&self, id: EntryId) -> Option<Code> {
        let entry = self.engine.get(id, &self.caller).await.unwrap();
        entry.rejection().map(Rejection::code)
    }
}

fn facts(name: &str, size: usize) -> ClientFacts {
    ClientFacts {
        client_name: name.to_owned(),
        client_size: Some(size as u64),
        ..ClientFacts::default()
    }
}

fn chunk(offset: u64, bytes: &[u8]) -> Chunk {
    Chunk { offset, bytes: Bytes::copy_from_slice(bytes) }
}

fn sha256(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest::from(<[u8; 32]>::from(Sha256::digest(bytes)))
}

fn digest(bytes: &[u8]) -> Digest {
    sha256(bytes).into()
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let step = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(step).take(length).collect()
}

#[tokio::test]
async fn an_uploaded_file_is_complete_with_its_size_and_digest() {
    let rig = Rig::files();
    let bytes = noise(3_000_000);
    let entry = rig.upload("noise.bin", &bytes).await.unwrap();
    assert_eq!(*entry.state(), EntryState::Complete);
    assert_eq!((entry.length, entry.digest), (Some(3_000_000), Some(digest(&bytes))));
    assert_eq!(rig.read(entry.id).await, bytes);
    assert_eq!(*rig.catalogue.load(entry.id).await.unwrap().unwrap().state(), EntryState::Complete);
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let rig = Rig::files();
    let id = rig.register("empty.txt", 0).await;
    let entry = rig.engine.claim(id, &rig.caller).await.unwrap().finish().await.unwrap();
    assert_eq!((entry.length, entry.digest), (Some(0), Some(digest(b""))));
    assert_eq!(rig.read(id).await, b"");
}

#[tokio::test]
async fn a_second_claim_supersedes_the_first_at_once() {
    let rig = Rig::files();
    let id = rig.register("a.bin", 20_000).await;
    let mut old = rig.engine.claim(id, &rig.caller).await.unwrap();
    old.write(chunk(0, &noise(20_000)[..9_000])).await.unwrap();
    let mut new = rig.engine.claim(id, &rig.caller).await.unwrap();
    let late = old.write(chunk(9_000, b"late")).await.unwrap_err();
    assert!(matches!(late, UploadError::Superseded), "{late}");
    let from = usize::try_from(new.offset()).unwrap();
    new.write(chunk(from as u64, &noise(20_000)[from..])).await.unwrap();
    assert!(old.finish().await.is_err());
    new.finish().await.unwrap();
    assert_eq!(rig.read(id).await, noise(20_000));
}

#[tokio::test]
async fn what_a_released_lease_was_sent_is_kept_and_the_next_claim_goes_on() {
    let rig = Rig::files();
    let bytes = noise(2_000_000);
    let id = rig.register("a.bin", bytes.len()).await;
    let mut at = 0;
    // The first piece is shorter than the head that the checks want to see.
    for piece in [1_000, 100_000, 1_300_000, 598_999, 1] {
        let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
        assert_eq!(lease.offset(), at as u64);
        lease.write(chunk(at as u64, &bytes[at..at + piece])).await.unwrap();
        lease.release().await.unwrap();
        at += piece;
    }
    rig.engine.claim(id, &rig.caller).await.unwrap().finish().await.unwrap();
    assert_eq!(rig.read(id).await, bytes);
}

#[tokio::test]
async fn a_chunk_at_a_wrong_offset_leaves_the_entry_as_it_was() {
    let rig = Rig::files();
    let id = rig.register("a.txt", 6).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.write(chunk(0, b"abc")).await.unwrap();
    for wrong in [0, 2, 4, u64::MAX] {
        let error = lease.write(chunk(wrong, b"def")).await.unwrap_err();
        assert!(
            matches!(error, UploadError::OffsetMismatch { expected: 3, got } if got == wrong),
            "{error}"
        );
    }
    lease.write(chunk(3, b"def")).await.unwrap();
    lease.finish().await.unwrap();
    assert_eq!(rig.read(id).await, b"abcdef");
}

#[tokio::test]
async fn more_bytes_than_declared_end_the_entry() {
    let rig = Rig::files();
    let id = rig.register("a.txt", 3).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    let error = lease.write(chunk(0, b"abcd")).await.unwrap_err();
    assert_eq!(error.rejection().code(), Code::SizeMismatch);
    assert!(lease.finish().await.is_err());
    assert_eq!(rig.code_of(id).await, Some(Code::SizeMismatch));
    assert!(rig.catalogue.load(id).await.unwrap().is_none());
}

#[tokio::test]
async fn fewer_bytes_than_declared_are_no_file() {
    let rig = Rig::files();
    let id = rig.register("a.txt", 10).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.write(chunk(0, b"abc")).await.unwrap();
    assert_eq!(lease.finish().await.unwrap_err().rejection().code(), Code::SizeMismatch);
    assert!(rig.engine.open(id, &rig.caller).await.is_err());
}

#[tokio::test]
async fn a_renamed_program_is_refused_before_anything_is_written() {
    let rig = Rig::files();
    let mut program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".to_vec();
    program.resize(4_000_000, 0);
    let id = rig.register("photo.jpg", program.len()).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.push(chunk(0, &program[..10_000])).unwrap();
    let error = lease.changed().await.unwrap_err();
    assert_eq!(error.rejection().code(), Code::ContentMismatch);
    assert_eq!(rig.store.seen(Operation::Write), 0);
    assert_eq!(rig.code_of(id).await, Some(Code::ContentMismatch));
}

#[tokio::test]
async fn a_declared_digest_must_be_the_bytes_own() {
    let rig = Rig::files();
    for (declared, refused) in [(sha256(b"abc"), false), (sha256(b"abd"), true)] {
        let facts = ClientFacts { client_sha256: Some(declared), ..facts("a.txt", 3) };
        let id = rig.offer(facts).await.unwrap().id;
        let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
        lease.write(chunk(0, b"abc")).await.unwrap();
        let code = lease.finish().await.err().map(|error| error.rejection().code());
        assert_eq!(code, refused.then_some(Code::ChecksumMismatch));
    }
}

#[tokio::test]
async fn a_file_of_unknown_length_stops_at_the_slots_limit() {
    let rig = Rig::new(Declaration::new().max_file_size(10_000));
    let facts = ClientFacts { client_size: None, ..facts("a.txt", 0) };
    let id = rig.offer(facts).await.unwrap().id;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.write(chunk(0, &[b'a'; 10_000])).await.unwrap();
    let error = lease.write(chunk(10_000, b"a")).await.unwrap_err();
    assert_eq!(error.rejection().code(), Code::TooLarge);
}

#[tokio::test]
async fn a_fault_of_the_store_fails_its_entry_and_no_other() {
    for operation in [Operation::Write, Operation::Publish] {
        let rig = Rig::files();
        rig.store.next(operation, Fault::NoSpace);
        let error = rig.upload("a.txt", b"abc").await.unwrap_err();
        assert_eq!(error.rejection().code(), Code::DiskFull, "{operation:?}");
        let unfinished = Query::new(Wanted::Unfinished, 10);
        assert!(rig.engine.list(&unfinished).await.unwrap().is_empty());
        assert_eq!(rig.read(rig.upload("b.txt", b"def").await.unwrap().id).await, b"def");
    }
}

#[tokio::test]
async fn a_failed_publish_is_never_tried_again() {
    let rig = Rig::files();
    rig.store.next(Operation::Publish, Fault::Broken);
    let error = rig.upload("a.txt", b"abc").await.unwrap_err();
    assert_eq!(error.rejection().code(), Code::StorageError);
    assert_eq!(rig.store.seen(Operation::Publish), 1);
}

#[tokio::test]
async fn a_reference_is_taken_until_its_entry_has_ended() {
    let rig = Rig::files();
    let reference = EntryRef::try_from("c1").unwrap();
    let offer =
        || vec![(reference.clone(), facts("a.txt", 3)), (reference.clone(), facts("b.txt", 3))];
    let answers = rig.engine.register(&rig.to, offer()).await.unwrap();
    assert!(answers[0].is_ok());
    assert_eq!(answers[1].as_ref().unwrap_err().code(), Code::InvalidMessage);
    rig.engine.cancel(answers[0].as_ref().unwrap().id, &rig.caller).await.unwrap();
    assert!(rig.engine.register(&rig.to, offer()).await.unwrap()[0].is_ok());
}

#[tokio::test]
async fn a_cancelled_file_makes_room_for_another() {
    let rig = Rig::new(Declaration::new().max_entries(1));
    let first = rig.register("a.txt", 3).await;
    assert_eq!(rig.offer(facts("b.txt", 3)).await.unwrap_err().code(), Code::TooManyFiles);
    rig.engine.cancel(first, &rig.caller).await.unwrap();
    assert!(rig.offer(facts("b.txt", 3)).await.is_ok());
}

#[tokio::test]
async fn files_of_unknown_length_count_together() {
    let rig = Rig::new(Declaration::new().max_entries(9).max_total_size(10_000));
    for (bytes, code) in [(6_000, None), (4_000, None), (1, Some(Code::TotalTooLarge))] {
        let facts = ClientFacts { client_size: None, ..facts("a.txt", 0) };
        let id = rig.offer(facts).await.unwrap().id;
        let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
        lease.write(chunk(0, &vec![b'a'; bytes])).await.unwrap();
        let refused = lease.finish().await.err().map(|error| error.rejection().code());
        assert_eq!(refused, code, "{bytes} more bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_same_bytes_are_the_same_file_however_they_are_cut(
        length in 0_usize..700_000,
        cuts in proptest::collection::vec(1_usize..90_000, 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let rig = Rig::files();
            let bytes = noise(length);
            let id = rig.register("a.bin", length).await;
            let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
            let (mut at, mut cuts) = (0, cuts.iter().cycle());
            while at < length {
                let end = (at + cuts.next().unwrap()).min(length);
                lease.write(chunk(at as u64, &bytes[at..end])).await.unwrap();
                at = end;
            }
            let entry = lease.finish().await.unwrap();
            assert_eq!(entry.digest, Some(digest(&bytes)));
            assert_eq!(rig.read(id).await, bytes);
        });
    }
}
