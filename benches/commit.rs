//! The group commit: rows that wait for the disk go there together.

#![allow(clippy::unwrap_used)] // What can't be set up can't be measured.

use divan::Bencher;
use divan::counter::ItemsCount;
use futures_util::future::join_all;
use longshore::catalogue::{Catalogue, Sqlite, Synchronous};
use longshore::domain::{
    ClientFacts, Entry, EntryKind, EntryRef, FileName, NewEntry, PageName, SessionId, SlotName,
    Timestamp,
};
use longshore::{EntryId, OwnerId};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

fn main() {
    divan::main();
}

fn entry() -> Entry {
    Entry::new(NewEntry {
        id: EntryId::from_uuid(Uuid::now_v7()),
        reference: EntryRef::try_from("bench").unwrap(),
        session: SessionId::from_uuid(Uuid::now_v7()),
        owner: OwnerId::from_uuid(Uuid::new_v4()),
        ticket: None,
        page: PageName::try_from("files").unwrap(),
        slot: SlotName::try_from("files").unwrap(),
        name: FileName::sanitise("bench.bin").unwrap(),
        relative_path: None,
        facts: ClientFacts::default(),
        kind: EntryKind::File,
        memo: None,
        length: Some(16_384),
        created_at: Timestamp::from_millis(0),
    })
}

fn settle(bencher: Bencher<'_, '_>, count: usize, synchronous: Synchronous) {
    let folder = tempfile::tempdir().unwrap();
    let runtime: Runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let path = folder.path().join("catalogue.db");
    let catalogue = runtime.block_on(Sqlite::open(&path, synchronous)).unwrap();
    bencher
        .counter(ItemsCount::new(count))
        .with_inputs(|| (0..count).map(|_| entry()).collect::<Vec<_>>())
        .bench_local_refs(|entries| {
            let all = entries.iter().map(|entry| catalogue.settle(entry));
            runtime.block_on(join_all(all)).into_iter().for_each(|answer| answer.unwrap());
        });
    runtime.block_on(catalogue.close());
}

#[divan::bench(args = [1, 16, 256], sample_count = 20)]
fn settle_rows_together(bencher: Bencher<'_, '_>, count: usize) {
    settle(bencher, count, Synchronous::Full);
}

#[divan::bench(args = [1, 16, 256], sample_count = 20)]
fn settle_rows_together_without_a_sync(bencher: Bencher<'_, '_>, count: usize) {
    settle(bencher, count, Synchronous::Normal);
}
