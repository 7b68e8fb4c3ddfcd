//! Writers of an application's, and faults behind them that no real server gets to on demand.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::watch;

use super::listening::Listening;
use super::*;
use crate::sink::{UploadWriter, WriterError};

/// What the writers of a rig were told, and where they wait.
#[derive(Debug, Default)]
pub(super) struct Told {
    calls: Mutex<Vec<String>>,
    bytes: Mutex<Vec<u8>>,
    /// Chunks and closes wait until this is true.
    open: watch::Sender<bool>,
    fails: AtomicBool,
}

impl Told {
    fn calls(&self) -> Vec<String> {
        let mut calls = self.calls.lock().unwrap().clone();
        calls.dedup();
        calls
    }

    async fn passed(&self) {
        self.open.subscribe().wait_for(|open| *open).await.unwrap();
    }

    async fn until(&self, call: &str) {
        while !self.calls().iter().any(|known| known == call) {
            tokio::task::yield_now().await;
        }
    }
}

struct Patient(Arc<Told>);

#[async_trait]
impl UploadWriter for Patient {
    async fn open(&mut self) -> Result<(), WriterError> {
        self.0.calls.lock().unwrap().push("open".to_owned());
        Ok(())
    }

    async fn write_chunk(&mut self, chunk: Chunk) -> Result<(), WriterError> {
        self.0.calls.lock().unwrap().push("chunk".to_owned());
        self.0.passed().await;
        let mut bytes = self.0.bytes.lock().unwrap();
        assert_eq!(chunk.offset, bytes.len() as u64, "no gap and no repetition");
        bytes.extend_from_slice(&chunk.bytes);
        match self.0.fails.load(Ordering::SeqCst) {
            true => Err(WriterError::failed("on purpose")),
            false => Ok(()),
        }
    }

    async fn close(&mut self) -> Result<Value, WriterError> {
        self.0.calls.lock().unwrap().push("close".to_owned());
        self.0.passed().await;
        Ok("closed".into())
    }

    async fn abort(&mut self, reason: &Rejection) {
        self.0.calls.lock().unwrap().push(format!("abort {}", reason.code()));
    }
}

/// A rig whose files go to a writer that waits where it is told to.
pub(super) fn patient(open: bool) -> (Rig, Arc<Listening>, Arc<Told>) {
    let (catalogue, told) = (Arc::new(Listening::default()), Arc::new(Told::default()));
    told.open.send_replace(open);
    let mut rig = Rig::files();
    rig.engine = rig.engine_with(Arc::<Listening>::clone(&catalogue));
    let writers = Arc::clone(&told);
    let writer: MakeWriter = Arc::new(move |_| Box::new(Patient(Arc::clone(&writers))));
    rig.to.hooks = Arc::new(Hooks { writer: Some(writer), ..Hooks::default() });
    (rig, catalogue, told)
}

#[tokio::test]
async fn a_writer_whose_end_could_not_be_recorded_is_aborted() {
    for lifetime in [Lifetime::Session, Lifetime::Request] {
        let (mut rig, catalogue, told) = patient(true);
        rig.to.lifetime = lifetime;
        catalogue.loses.store(true, Ordering::SeqCst);
        let id = rig.register("a.txt", 3).await;
        let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
        lease.write(chunk(0, b"abc")).await.unwrap();
        assert_eq!(lease.finish().await.unwrap_err().rejection().code(), Code::StorageError);
        assert_eq!(told.calls(), ["open", "chunk", "close", "abort storage_error"]);
        assert!(catalogue.load(id).await.unwrap().is_none(), "no row without its bytes");
    }
}

#[tokio::test]
async fn a_row_that_may_have_been_written_goes_with_the_bytes() {
    for lifetime in [Lifetime::Session, Lifetime::Request] {
        let (mut rig, catalogue, _) = patient(true);
        rig.to.hooks = Arc::default();
        rig.to.lifetime = lifetime;
        catalogue.loses.store(true, Ordering::SeqCst);
        let reason = match (rig.upload("a.txt", b"abc").await, lifetime) {
            (Err(error), Lifetime::Session) => error.rejection(),
            // Its row comes behind what its application does, or when its request is answered.
            (Ok(entry), Lifetime::Request) => {
                let (id, reason) = rig.engine.record(rig.to.session).await.pop().unwrap();
                assert_eq!(id, entry.id);
                reason
            }
            (ended, _) => panic!("{lifetime:?}: {ended:?}"),
        };
        assert_eq!(reason.code(), Code::StorageError);
        assert!(rig.engine.list(&Query::new(Wanted::Unconsumed, 9)).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn another_lease_goes_on_where_the_writer_is() {
    let (rig, _, told) = patient(true);
    let bytes = noise(60_000);
    let id = rig.register("a.bin", bytes.len()).await;
    for (from, to) in [(0, 20_000), (20_000, 20_001), (20_001, 60_000)] {
        let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
        lease.write(chunk(from as u64, &bytes[from..to])).await.unwrap();
        lease.release().await.unwrap();
    }
    rig.engine.claim(id, &rig.caller).await.unwrap().finish().await.unwrap();
    assert_eq!(told.calls(), ["open", "chunk", "close"]);
    assert!(*told.bytes.lock().unwrap() == bytes);
}

#[tokio::test]
async fn a_writer_that_failed_is_not_handed_to_a_newer_claim() {
    let (rig, _, told) = patient(false);
    let id = rig.register("a.bin", 60_000).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.push(chunk(0, &noise(20_000))).unwrap();
    told.until("chunk").await;
    // The newer claim waits for the write that is under way, which then fails.
    let claim = tokio::spawn({
        let (engine, caller) = (rig.engine.clone(), rig.caller.clone());
        async move { engine.claim(id, &caller).await.map(|_| ()) }
    });
    tokio::task::yield_now().await;
    told.fails.store(true, Ordering::SeqCst);
    told.open.send_replace(true);
    assert_eq!(claim.await.unwrap().unwrap_err().rejection().code(), Code::StorageError);
    assert_eq!(told.calls(), ["open", "chunk", "abort storage_error"]);
    assert_eq!(rig.code_of(id).await, Some(Code::StorageError));
}

#[tokio::test]
async fn an_upload_that_is_cancelled_while_its_writer_fails_is_aborted_once() {
    let (rig, _, told) = patient(false);
    let id = rig.register("a.bin", 60_000).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.push(chunk(0, &noise(20_000))).unwrap();
    told.until("chunk").await;
    let cancel = tokio::spawn({
        let (engine, caller) = (rig.engine.clone(), rig.caller.clone());
        async move { engine.cancel(id, &caller).await }
    });
    while rig.engine.get(id, &rig.caller).await.unwrap().state().is_active() {
        tokio::task::yield_now().await;
    }
    // Whoever sends on is told what happened, not that somebody else took over.
    let late = lease.push(chunk(20_000, &noise(10))).unwrap_err();
    assert_eq!(late.rejection().code(), Code::Cancelled);
    told.fails.store(true, Ordering::SeqCst);
    told.open.send_replace(true);
    assert_eq!(*cancel.await.unwrap().unwrap().state(), EntryState::Cancelled);
    assert_eq!(told.calls(), ["open", "chunk", "abort cancelled"]);
}

#[tokio::test]
async fn whoever_writes_too_fast_for_the_writer_waits() {
    let (rig, _, told) = patient(false);
    let bytes = noise(2_000_000);
    let id = rig.register("a.bin", bytes.len()).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    let mut pushed = 0;
    loop {
        let piece = &bytes[pushed..pushed + 100_000];
        let mut write = Box::pin(lease.write(chunk(pushed as u64, piece)));
        pushed += piece.len();
        if futures_util::poll!(&mut write).is_pending() {
            assert!(pushed < 1_700_000, "{pushed} bytes are in memory");
            told.open.send_replace(true);
            write.await.unwrap();
            break;
        }
    }
    lease.write(chunk(pushed as u64, &bytes[pushed..])).await.unwrap();
    lease.finish().await.unwrap();
    assert!(*told.bytes.lock().unwrap() == bytes);
}

#[tokio::test]
async fn what_is_being_settled_when_its_session_ends_becomes_complete() {
    let (rig, catalogue, told) = patient(true);
    let id = rig.register("a.txt", 3).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.write(chunk(0, b"abc")).await.unwrap();
    lease.flush();
    while lease.written() < 3 {
        lease.flush();
        tokio::task::yield_now().await;
    }
    told.open.send_replace(false);
    let finish = tokio::spawn(lease.finish());
    told.until("close").await;
    let abandon = tokio::spawn({
        let (engine, session) = (rig.engine.clone(), rig.to.session);
        async move { engine.abandon(session).await }
    });
    tokio::task::yield_now().await;
    told.open.send_replace(true);
    assert_eq!(*finish.await.unwrap().unwrap().state(), EntryState::Complete);
    abandon.await.unwrap();
    let row = catalogue.load(id).await.unwrap().expect("a row");
    assert_eq!(
        (row.state(), row.writer_result.as_ref()),
        (&EntryState::Complete, Some(&"closed".into()))
    );
    assert_eq!(told.calls(), ["open", "chunk", "close"]);
}

#[tokio::test]
async fn an_application_that_refuses_for_ever_is_not_remembered_for_ever() {
    let rig = Rig::files();
    for _ in 0..300 {
        let id = rig.upload("a.txt", b"abc").await.unwrap().id;
        rig.engine.refuse(id, &rig.caller, Rejection::because("No.")).await.unwrap();
    }
    assert!(rig.engine.entries(rig.to.session).len() <= 101);
}

#[tokio::test]
async fn what_a_request_has_brought_counts_however_much_of_it_fails() {
    let mut rig = Rig::new(Declaration::new().max_entries(150));
    rig.to.lifetime = Lifetime::Request;
    for _ in 0..149 {
        let id = rig.upload("a.txt", b"abc").await.unwrap().id;
        rig.engine.consume(id, &rig.caller, Keep::No).await.unwrap();
    }
    let id = rig.register("b.txt", 3).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.push(chunk(0, b"more than declared")).unwrap_err();
    assert!(lease.finish().await.is_err());
    rig.register("c.txt", 3).await;
    assert_eq!(rig.offer(facts("d.txt", 3)).await.unwrap_err().code(), Code::TooManyFiles);
}
