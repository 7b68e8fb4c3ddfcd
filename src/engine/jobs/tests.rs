//! A job that does what a test tells it, and what the engine makes of that.

use std::io;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::*;
use crate::blob::MemoryStore;
use crate::catalogue::Memory;
use crate::domain::{
    Caller, Chunk, ClientFacts, Declaration, EntryRef, OwnerId, PageName, SessionId, Slot,
};
use crate::engine::{Keep, Lifetime, Parts, Registration, SystemClock};
use crate::jobs::Jobs;

/// Remembers what it read, as soon as it may go on.
#[derive(Debug)]
struct Reader {
    may_go_on: Semaphore,
    read: Mutex<Vec<(EntryId, Vec<u8>)>>,
    fails: bool,
}

impl Reader {
    fn new(turns: usize, fails: bool) -> Arc<Self> {
        Arc::new(Self { may_go_on: Semaphore::new(turns), read: Mutex::default(), fails })
    }

    fn has(&self) -> Vec<(EntryId, Vec<u8>)> {
        self.read.lock().unwrap().clone()
    }
}

#[async_trait]
impl Job for Reader {
    fn name(&self) -> &'static str {
        "reader"
    }

    fn wants(&self, file: &StoredFile) -> bool {
        file.name.as_str() != "unwanted.txt"
    }

    async fn run(&self, file: &StoredFile, mut content: Box<dyn Content>) -> Result<(), JobError> {
        self.may_go_on.acquire().await.unwrap().forget();
        if self.fails {
            return Err(JobError::new("read", io::ErrorKind::Other.into()));
        }
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes).unwrap();
        self.read.lock().unwrap().push((file.id, bytes));
        Ok(())
    }

    async fn forget(&self, id: EntryId) -> Result<(), JobError> {
        self.read.lock().unwrap().retain(|(read, _)| *read != id);
        Ok(())
    }
}

fn engine(job: &Arc<Reader>) -> (Engine, Caller) {
    let engine = Engine::new(Parts {
        blobs: Arc::new(MemoryStore::new()),
        spool: None,
        room: None,
        catalogue: Arc::new(Memory::new()),
        checks: Vec::new(),
        jobs: Jobs::new(vec![Arc::<Reader>::clone(job)], 1),
        clock: Arc::new(SystemClock),
    });
    (engine, Caller::new(OwnerId::from_uuid(Uuid::new_v4())))
}

/// Uploads a file and has it kept or removed.
async fn consumed(engine: &Engine, caller: &Caller, name: &str, keep: Keep) -> EntryId {
    let to = Registration {
        session: SessionId::from_uuid(Uuid::now_v7()),
        caller: caller.clone(),
        page: PageName::try_from("files").unwrap(),
        slot: Arc::new(Slot::declare("files", Declaration::new()).unwrap()),
        hooks: Arc::default(),
        lifetime: Lifetime::Session,
    };
    let facts = ClientFacts { client_name: name.to_owned(), ..ClientFacts::default() };
    let offered = vec![(EntryRef::try_from("a").unwrap(), facts)];
    let id = engine.register(&to, offered).await.unwrap().remove(0).unwrap().id;
    let mut lease = engine.claim(id, caller).await.unwrap();
    lease.write(Chunk { offset: 0, bytes: Bytes::from_static(b"bytes") }).await.unwrap();
    lease.finish().await.unwrap();
    engine.consume(id, caller, keep).await.unwrap();
    id
}

#[tokio::test]
async fn a_kept_file_is_read_by_its_job_and_forgotten_with_it() {
    let job = Reader::new(9, false);
    let (engine, caller) = engine(&job);
    let id = consumed(&engine, &caller, "a.txt", Keep::Yes).await;
    let unwanted = consumed(&engine, &caller, "unwanted.txt", Keep::Yes).await;
    consumed(&engine, &caller, "b.txt", Keep::No).await;
    // Shares the run that the keeping began, or is one that does no harm.
    let file = engine.file(id, &caller).await.unwrap();
    let reader: Arc<dyn Job> = Arc::<Reader>::clone(&job);
    engine.run_job(&reader, &file).await.unwrap();
    let read = job.has();
    assert_eq!(read[0], (id, b"bytes".to_vec()));
    assert!(read.iter().all(|(read, _)| *read == id), "nobody else's: {unwanted}");
    engine.remove(id, &caller).await.unwrap();
    assert_eq!(job.has(), []);
}

#[tokio::test]
async fn a_file_that_is_removed_while_its_job_runs_leaves_nothing() {
    let job = Reader::new(0, false);
    let (engine, caller) = engine(&job);
    let id = consumed(&engine, &caller, "a.txt", Keep::Yes).await;
    let file = engine.file(id, &caller).await.unwrap();
    let reader: Arc<dyn Job> = Arc::<Reader>::clone(&job);
    let ending = engine.begin_job(&reader, &file).unwrap();
    // It has its bytes open and waits.
    tokio::task::yield_now().await;
    engine.remove(id, &caller).await.unwrap();
    job.may_go_on.add_permits(1);
    ending.wait().await;
    assert_eq!(job.has(), []);
    assert_eq!(job.may_go_on.available_permits(), 0, "it did run");
    // Once more, for a file whose bytes are gone before it begins.
    engine.run_job(&reader, &file).await.unwrap();
    assert_eq!(job.has(), []);
}

#[tokio::test]
async fn a_job_that_fails_takes_nothing_from_the_file() {
    let job = Reader::new(9, true);
    let (engine, caller) = engine(&job);
    let id = consumed(&engine, &caller, "a.txt", Keep::Yes).await;
    let file = engine.file(id, &caller).await.unwrap();
    let reader: Arc<dyn Job> = Arc::<Reader>::clone(&job);
    engine.run_job(&reader, &file).await.unwrap();
    assert_eq!(job.has(), []);
    assert!(engine.file(id, &caller).await.is_ok());
}

#[tokio::test]
async fn who_comes_when_too_many_wait_is_told_so() {
    let job = Reader::new(0, false);
    let (engine, caller) = engine(&job);
    let id = consumed(&engine, &caller, "a.txt", Keep::Yes).await;
    let file = engine.file(id, &caller).await.unwrap();
    let reader: Arc<dyn Job> = Arc::<Reader>::clone(&job);
    let another = || StoredFile { id: EntryId::from_uuid(Uuid::now_v7()), ..file.clone() };
    while engine.begin_job(&reader, &another()).is_ok() {}
    let busy = engine.run_job(&reader, &another()).await.unwrap_err();
    assert_eq!(busy.rejection().code(), Code::RateLimited);
    // To keep a file is no less possible.
    consumed(&engine, &caller, "b.txt", Keep::Yes).await;
}
