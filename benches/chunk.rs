//! The rooms of a chunk (ARCHITECTURE.md): taken and queued, hashed, written; and the file that is settled at the end.
//!
//! Each figure has one room more than the one before, so the difference is what that room costs.

#![allow(clippy::unwrap_used)] // What can't be set up can't be measured.

use std::sync::Arc;

use bytes::Bytes;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use futures_util::future::join_all;
use longshore::blob::{BlobStore, LocalStore, MemoryStore};
use longshore::catalogue::{Catalogue, Memory, Sqlite, Synchronous};
use longshore::checks::MagicBytes;
use longshore::domain::{Declaration, EntryKind, PageName, SessionId, Slot};
use longshore::engine::{Engine, Lifetime, Offered, Parts, Registration, SystemClock};
use longshore::jobs::Jobs;
use longshore::{Caller, Chunk, ClientFacts, Durability, OwnerId};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

/// As a socket brings them.
const PIECE: usize = 64 * 1024;
const LARGE: usize = 64 * 1024 * 1024;
const SMALL: usize = 16 * 1024;

fn main() {
    divan::main();
}

/// One worker of the server.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// An engine, and where its files lie if they lie on a disk.
struct Rig {
    engine: Engine,
    to: Registration,
    _folder: TempDir,
}

impl Rig {
    fn new(blobs: Arc<dyn BlobStore>, catalogue: Arc<dyn Catalogue>, folder: TempDir) -> Self {
        let engine = Engine::new(Parts {
            blobs,
            spool: None,
            room: None,
            catalogue,
            checks: vec![Arc::new(MagicBytes)],
            jobs: Jobs::default(),
            clock: Arc::new(SystemClock),
        });
        let options = Declaration::new().max_entries(10_000).max_file_size(1 << 40);
        let to = Registration {
            session: SessionId::from_uuid(Uuid::now_v7()),
            caller: Caller::new(OwnerId::from_uuid(Uuid::new_v4())),
            page: PageName::try_from("files").unwrap(),
            slot: Arc::new(Slot::declare("files", options).unwrap()),
            hooks: Arc::default(),
            lifetime: Lifetime::Request,
        };
        Self { engine, to, _folder: folder }
    }

    fn in_memory() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::new(Arc::new(MemoryStore::new()), Arc::new(Memory::new()), folder)
    }

    fn on_disk(durability: Durability, catalogue: Arc<dyn Catalogue>, folder: TempDir) -> Self {
        let store = LocalStore::open(folder.path(), durability).unwrap();
        Self::new(Arc::new(store), catalogue, folder)
    }

    /// A file as the form door brings it.
    async fn upload(&self, pieces: &[Bytes]) {
        let length = pieces.iter().map(Bytes::len).sum::<usize>() as u64;
        let facts = ClientFacts {
            client_name: "bench.bin".to_owned(),
            client_size: Some(length),
            ..ClientFacts::default()
        };
        let reference = Uuid::new_v4().to_string().as_str().try_into().unwrap();
        let kind = EntryKind::File;
        let offered = Offered { id: None, reference, facts, kind, memo: None };
        let mut answers = self.engine.register(&self.to, vec![offered]).await.unwrap();
        let id = answers.remove(0).unwrap().id;
        let mut lease = self.engine.claim(id, &self.to.caller).await.unwrap();
        let mut offset = 0;
        for piece in pieces {
            offset = lease.write(Chunk::new(offset, piece.clone())).await.unwrap();
        }
        let entry = lease.finish().await.unwrap();
        self.engine.cancel(entry.id, &self.to.caller).await.unwrap();
    }
}

fn pieces(length: usize) -> Vec<Bytes> {
    let bytes: Vec<u8> = (0..length).map(|index| ((index * 31) >> 5) as u8).collect();
    let whole = Bytes::from(bytes);
    (0..length).step_by(PIECE).map(|at| whole.slice(at..length.min(at + PIECE))).collect()
}

fn large(bencher: Bencher<'_, '_>, rig: &Rig, runtime: &Runtime) {
    let pieces = pieces(LARGE);
    let bencher = bencher.counter(BytesCount::new(LARGE));
    bencher.bench_local(|| runtime.block_on(rig.upload(black_box(&pieces))));
}

/// What hashing costs at least.
#[divan::bench(sample_count = 10)]
fn hash_64_mib_alone(bencher: Bencher<'_, '_>) {
    let pieces = pieces(LARGE);
    bencher.counter(BytesCount::new(LARGE)).bench(|| {
        let mut hash = Sha256::new();
        pieces.iter().for_each(|piece| hash.update(piece));
        hash.finalize()
    });
}

#[divan::bench(sample_count = 10)]
fn receive_and_hash_64_mib(bencher: Bencher<'_, '_>) {
    large(bencher, &Rig::in_memory(), &runtime());
}

#[divan::bench(sample_count = 10)]
fn receive_hash_and_write_64_mib(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    large(bencher, &Rig::on_disk(Durability::Os, Arc::new(Memory::new()), folder), &runtime());
}

#[divan::bench(sample_count = 10)]
fn receive_hash_write_and_sync_64_mib(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    large(bencher, &Rig::on_disk(Durability::Always, Arc::new(Memory::new()), folder), &runtime());
}

/// So many small files side by side, each of them stored: bytes, name and row. What a group costs must grow less than
/// the group does.
#[divan::bench(args = [1, 16, 128], sample_count = 20)]
fn store_files_of_16_kib_together(bencher: Bencher<'_, '_>, count: usize) {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let path = folder.path().join("catalogue.db");
    let catalogue = runtime.block_on(Sqlite::open(&path, Synchronous::Full)).unwrap();
    let rig = Rig::on_disk(Durability::Always, Arc::new(catalogue), folder);
    let pieces = pieces(SMALL);
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        runtime.block_on(join_all((0..count).map(|_| rig.upload(&pieces))));
    });
}
