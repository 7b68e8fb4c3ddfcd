//! The suite that every [`BlobStore`] must pass: one function for each rule of the contract.
//!
//! A store that passes can stand under the engine. Run it with a maker that gives a fresh, empty
//! store each time:
//!
//! ```ignore
//! #[tokio::test]
//! async fn my_store_conforms() {
//!     longshore::blob::conformance::suite(async || MyStore::new()).await;
//! }
//! ```
//!
//! A broken rule panics with the rule's words.

#![allow(clippy::expect_used, clippy::panic, reason = "a failed expectation is the outcome here")]

mod behind;
mod put;
mod spool;

use std::io::{self, Read};

use bytes::Bytes;
use futures_util::future::join_all;
use uuid::Uuid;

use super::{Blob, BlobError, BlobKey, BlobSource, BlobStore, BlobWriter};
use crate::domain::{EntryId, SessionId};

use self::behind::writes_that_nobody_waits_for_yet_land_in_their_order;
use self::put::what_is_put_whole_is_published;
pub use self::spool::spool_suite;

/// Every rule of [`BlobStore`] and [`BlobWriter`].
pub async fn suite<S: BlobStore>(make: impl AsyncFn() -> S) {
    what_was_written_comes_back(&make().await).await;
    an_unfinished_blob_is_not_open_to_readers(&make().await).await;
    an_empty_blob_is_a_blob(&make().await).await;
    a_place_can_be_written_again(&make().await).await;
    a_gap_is_refused_and_spoils_nothing(&make().await).await;
    pieces_of_all_sizes_arrive_in_order(&make().await).await;
    a_key_is_created_once(&make().await).await;
    a_writer_that_is_dropped_leaves_its_bytes(&make().await).await;
    what_is_not_there_can_not_be_reopened(&make().await).await;
    a_prefix_can_be_read_back(&make().await).await;
    what_is_cut_off_is_gone(&make().await).await;
    a_blob_does_not_grow_by_being_cut(&make().await).await;
    a_part_of_another_blob_is_copied_or_nothing_is_done(&make().await).await;
    a_published_blob_is_not_replaced(&make().await).await;
    what_is_put_whole_is_published(&make().await).await;
    aborting_removes_the_bytes(&make().await).await;
    removing_twice_is_removing(&make().await).await;
    an_open_blob_outlives_its_removal(&make().await).await;
    a_write_that_nobody_waits_for_stays_in_its_place(&make().await).await;
    writes_that_nobody_waits_for_yet_land_in_their_order(&make().await).await;
    writers_do_not_disturb_each_other(&make().await).await;
}

async fn what_was_written_comes_back(store: &impl BlobStore) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"hello ").await;
    write(&mut writer, 6, b"world").await;
    writer.sync().await.expect("a sync");
    writer.publish().await.expect("publishing");
    let blob = store.open(key.id).await.expect("a published blob can be opened");
    assert_eq!(blob.len(), 11, "a blob knows its length");
    assert!(!blob.is_empty());
    assert_eq!(content(blob), b"hello world", "what was written comes back");
    assert!(
        matches!(store.reopen(key).await, Err(BlobError::NotFound)),
        "a published blob is no longer unfinished"
    );
}

async fn an_unfinished_blob_is_not_open_to_readers(store: &impl BlobStore) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"half").await;
    writer.sync().await.expect("a sync");
    assert_not_found(store.open(key.id).await, "an unfinished blob isn't open to readers");
}

async fn an_empty_blob_is_a_blob(store: &impl BlobStore) {
    let key = key();
    let mut writer = create(store, key).await;
    writer.write_at(0, &[]).await.expect("writing nothing is no error");
    writer.sync().await.expect("a sync");
    writer.publish().await.expect("a blob without bytes can be published");
    let blob = store.open(key.id).await.expect("and opened");
    assert!(blob.is_empty());
    assert_eq!(content(blob), b"");
}

async fn a_place_can_be_written_again(store: &impl BlobStore) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"0123456789").await;
    write(&mut writer, 0, b"abc").await;
    write(&mut writer, 8, b"xyz").await;
    writer.publish().await.expect("publishing");
    assert_eq!(published(store, key).await, b"abc34567xyz", "the last write to a place counts");
}

async fn a_gap_is_refused_and_spoils_nothing(store: &impl BlobStore) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"abc").await;
    match writer.write_at(4, &[Bytes::from_static(b"e")]).await {
        Err(BlobError::Io { source, .. }) => {
            assert_eq!(source.kind(), io::ErrorKind::InvalidInput, "a gap is a mistake in a call");
        }
        other => panic!("a write beyond the end leaves a gap and is refused, not {other:?}"),
    }
    write(&mut writer, 3, b"d").await;
    writer.publish().await.expect("a refused write spoils nothing");
    assert_eq!(published(store, key).await, b"abcd");
}

async fn pieces_of_all_sizes_arrive_in_order(store: &impl BlobStore) {
    const BIG: usize = 8 * 1024 * 1024;
    let whole: Bytes = noise(BIG).into();
    let key = key();
    let mut writer = create(store, key).await;
    let mut at = 0;
    let mut odd = 1;
    while at < BIG {
        let mut pieces = Vec::new();
        let start = at;
        for _ in 0..37 {
            let end = (at + odd).min(BIG);
            pieces.push(whole.slice(at..end));
            at = end;
            odd = odd * 7 % 65_521;
        }
        writer.write_at(start as u64, &pieces).await.expect("many pieces in one write");
    }
    writer.publish().await.expect("publishing");
    assert!(published(store, key).await == whole, "eight MiB in odd pieces come back the same");
}

async fn a_key_is_created_once(store: &impl BlobStore) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"first").await;
    assert!(
        matches!(store.create(key).await, Err(BlobError::AlreadyExists)),
        "what is there is not created again"
    );
    writer.publish().await.expect("and the refused creation harmed nothing");
    assert_eq!(published(store, key).await, b"first");
}

async fn a_writer_that_is_dropped_leaves_its_bytes(store: &impl BlobStore) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"so far").await;
    drop(writer);
    let (mut writer, length) = store.reopen(key).await.expect("what was left can be reopened");
    assert_eq!(length, 6, "with the bytes that are there");
    write(&mut writer, length, b" and on").await;
    writer.sync().await.expect("a sync");
    writer.publish().await.expect("publishing");
    assert_eq!(published(store, key).await, b"so far and on");
}

async fn what_is_not_there_can_not_be_reopened(store: &impl BlobStore) {
    let there = key();
    drop(create(store, there).await);
    let stranger = BlobKey { session: session(), ..there };
    for missing in [key(), stranger, BlobKey { id: id(), ..there }] {
        assert!(matches!(store.reopen(missing).await, Err(BlobError::NotFound)));
    }
    assert_not_found(store.open(id()).await, "what was never published can't be opened");
}

async fn a_prefix_can_be_read_back(store: &impl BlobStore) {
    let mut writer = create(store, key()).await;
    write(&mut writer, 0, b"0123456789").await;
    for (offset, length, expected) in [
        (0, 4, &b"0123"[..]),
        (4, 0, b""),
        (8, 100, b"89"),
        (10, 1, b""),
        (1_000, 1, b""),
        (0, usize::MAX, b"0123456789"),
    ] {
        let read = writer.read_at(offset, length).await.expect("reading back");
        assert_eq!(read, expected, "{length} bytes at {offset}");
    }
}

async fn what_is_cut_off_is_gone(store: &impl BlobStore) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"0123456789").await;
    writer.sync().await.expect("a sync");
    writer.truncate(10).await.expect("nothing is cut off");
    writer.truncate(4).await.expect("a cut");
    assert_eq!(writer.read_at(0, 100).await.expect("reading back"), "0123", "the rest is gone");
    writer.sync().await.expect("a sync");
    drop(writer);
    let (mut writer, length) = store.reopen(key).await.expect("what was left can be reopened");
    assert_eq!(length, 4, "what was cut off does not come back");
    writer.truncate(2).await.expect("a cut by another writer");
    write(&mut writer, 2, b"ab").await;
    writer.publish().await.expect("publishing");
    assert_eq!(published(store, key).await, b"01ab", "and writing goes on behind the cut");
}

async fn a_blob_does_not_grow_by_being_cut(store: &impl BlobStore) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"abc").await;
    match writer.truncate(4).await {
        Err(BlobError::Io { source, .. }) => {
            assert_eq!(source.kind(), io::ErrorKind::InvalidInput, "a mistake in a call");
        }
        other => panic!("a cut behind the end is refused, not {other:?}"),
    }
    writer.truncate(0).await.expect("a refused cut spoils nothing");
    writer.publish().await.expect("what has no bytes left is a blob");
    assert_eq!(published(store, key).await, b"");
}

async fn a_part_of_another_blob_is_copied_or_nothing_is_done(store: &impl BlobStore) {
    let (whole, other, key) = (Bytes::from(noise(3_000_000)), key(), key());
    let mut source = create(store, other).await;
    source.write_at(0, std::slice::from_ref(&whole)).await.expect("a write");
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"head").await;
    let mut expected = b"head".to_vec();
    for part in [1_000..2_500_000, 0..0, 0..3_000_000] {
        let bytes = &whole[usize_of(part.start)..usize_of(part.end)];
        let at = expected.len() as u64;
        if writer.copy_at(at, other, part).await.expect("copying, or saying that it can't be") {
            expected.extend_from_slice(bytes);
        }
    }
    let read = writer.read_at(0, usize::MAX).await.expect("reading back");
    assert!(read == expected, "a part arrives as it is, where the store can copy");
    assert!(source.read_at(0, usize::MAX).await.expect("its source") == whole, "and stays");
    let missing = writer.copy_at(0, other, 2_999_999..3_000_001).await;
    assert!(!matches!(missing, Ok(true)), "what isn't there can't be copied");
}

fn usize_of(offset: u64) -> usize {
    usize::try_from(offset).expect("a place in memory")
}

async fn a_published_blob_is_not_replaced(store: &impl BlobStore) {
    let first = key();
    let mut writer = create(store, first).await;
    write(&mut writer, 0, b"first").await;
    writer.publish().await.expect("publishing");
    for session in [first.session, session()] {
        let again = BlobKey { session, ..first };
        // A store that knows may also refuse earlier.
        let mut writer = match store.create(again).await {
            Err(BlobError::AlreadyExists) => continue,
            created => created.expect("an unfinished blob"),
        };
        write(&mut writer, 0, b"second").await;
        assert!(
            matches!(writer.publish().await, Err(BlobError::AlreadyExists)),
            "a second blob of one entry is refused"
        );
    }
    assert_eq!(published(store, first).await, b"first", "and the first one is as it was");
}

async fn aborting_removes_the_bytes(store: &impl BlobStore) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"unwanted").await;
    writer.abort().await.expect("aborting");
    assert!(matches!(store.reopen(key).await, Err(BlobError::NotFound)), "the bytes are gone");
    assert_not_found(store.open(key.id).await, "and nothing was published");
    create(store, key).await.abort().await.expect("the key is free again");
}

async fn removing_twice_is_removing(store: &impl BlobStore) {
    let key = key();
    create(store, key).await.publish().await.expect("publishing");
    for _ in 0..2 {
        store.remove(key.id).await.expect("removing what may be gone is no error");
        assert_not_found(store.open(key.id).await, "a removed blob is gone");
    }
}

async fn an_open_blob_outlives_its_removal(store: &impl BlobStore) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"still here").await;
    writer.publish().await.expect("publishing");
    let blob = store.open(key.id).await.expect("opening");
    store.remove(key.id).await.expect("removing");
    assert_eq!(content(blob), b"still here", "a reader keeps what it opened");
}

async fn a_write_that_nobody_waits_for_stays_in_its_place(store: &impl BlobStore) {
    let key = key();
    let mut writer = create(store, key).await;
    let late = [Bytes::from(vec![b'-'; 100_000])];
    {
        // Polled once, so that it begins, and then dropped, as a cancelled handler drops it.
        let mut write = Box::pin(writer.write_at(0, &late));
        let _ = futures_util::poll!(&mut write);
    }
    let whole = Bytes::from(noise(100_000));
    writer
        .write_at(0, std::slice::from_ref(&whole))
        .await
        .expect("the next write to the same place");
    writer.publish().await.expect("publishing");
    assert!(
        published(store, key).await == whole,
        "a cancelled write never lands after a later one"
    );
}

async fn writers_do_not_disturb_each_other(store: &impl BlobStore) {
    let session = session();
    let uploads = (0..16_usize).map(|number| async move {
        let key = if number.is_multiple_of(2) { BlobKey { session, id: id() } } else { key() };
        let mut writer = create(store, key).await;
        let byte = Bytes::from(vec![u8::try_from(number).unwrap_or(0); 1_000]);
        for step in 0..10 {
            writer
                .write_at(step * 1_000, std::slice::from_ref(&byte))
                .await
                .expect("a write among others");
        }
        writer.sync().await.expect("a sync among others");
        writer.publish().await.expect("publishing among others");
        (key, byte.repeat(10))
    });
    for (key, whole) in join_all(uploads).await {
        assert_eq!(published(store, key).await, whole, "each blob has its own bytes");
    }
}

fn key() -> BlobKey {
    BlobKey { session: session(), id: id() }
}

fn session() -> SessionId {
    SessionId::from_uuid(Uuid::now_v7())
}

fn id() -> EntryId {
    EntryId::from_uuid(Uuid::now_v7())
}

/// Bytes without a pattern that a misplaced piece could hide in, the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(&mut next).take(length).collect()
}

async fn create(store: &impl BlobStore, key: BlobKey) -> Box<dyn BlobWriter> {
    store.create(key).await.expect("a new blob")
}

async fn write(writer: &mut Box<dyn BlobWriter>, offset: u64, bytes: &'static [u8]) {
    writer.write_at(offset, &[Bytes::from_static(bytes)]).await.expect("a write");
}

async fn published(store: &impl BlobStore, key: BlobKey) -> Vec<u8> {
    content(store.open(key.id).await.expect("a published blob"))
}

fn content(blob: Blob) -> Vec<u8> {
    match blob.into_source() {
        BlobSource::Memory(bytes) => bytes.to_vec(),
        BlobSource::File(mut file, path) => {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            bytes
        }
    }
}

fn assert_not_found(outcome: Result<Blob, BlobError>, rule: &str) {
    assert!(matches!(outcome, Err(BlobError::NotFound)), "{rule}: {outcome:?}");
}
