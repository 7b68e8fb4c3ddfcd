//! The suite that every [`Catalogue`] must pass: one function for each rule of the contract.
//!
//! Run it with a maker that gives a fresh, empty catalogue each time:
//!
//! ```ignore
//! #[tokio::test]
//! async fn my_catalogue_conforms() {
//!     longshore::catalogue::conformance::suite(async || MyCatalogue::new()).await;
//! }
//! ```
//!
//! A broken rule panics with the rule's words.

#![allow(clippy::expect_used, clippy::panic, reason = "a failed expectation is the outcome here")]

mod letters;
mod listing;
mod loading;
mod weighing;

use futures_util::future::join_all;
use uuid::Uuid;

use super::{Catalogue, CatalogueError, Checkpoint, Query, Wanted};
use crate::domain::{
    Blake3Digest, ClientFacts, Code, Entry, EntryId, EntryKind, EntryRef, EntryState, FileName,
    MediaType, NewEntry, OwnerId, PartialDigest, Rejection, RelativePath, SessionId, Sha256Digest,
    TicketId, Timestamp,
};

/// Every rule of [`Catalogue`].
pub async fn suite<C: Catalogue>(make: impl AsyncFn() -> C) {
    entries_come_back_as_they_were(&make().await).await;
    every_state_comes_back(&make().await).await;
    every_kind_of_digest_comes_back(&make().await).await;
    an_unknown_id_is_no_entry(&make().await).await;
    inserting_is_all_or_nothing(&make().await).await;
    inserting_nothing_is_no_error(&make().await).await;
    many_can_be_inserted_together(&make().await).await;
    a_checkpoint_only_rises(&make().await).await;
    a_checkpoint_may_bring_the_length(&make().await).await;
    settling_replaces_or_inserts(&make().await).await;
    removing_twice_is_removing(&make().await).await;
    removing_many_removes_those_and_no_other(&make().await).await;
    listing::about_one_stage_of_life(&make().await).await;
    listing::obeying_every_condition(&make().await).await;
    listing::in_pages_that_follow_one_another(&make().await).await;
    loading::finds_what_was_changed_a_moment_ago(&make().await).await;
    loading::never_finds_what_was_there_before_an_answered_change(&make().await).await;
    weighing::usage_is_what_the_rows_weigh(&make().await).await;
    callers_do_not_disturb_each_other(&make().await).await;
}

/// Every rule of [`Outbox`](super::Outbox), for a catalogue that is one.
pub async fn outbox<C: Catalogue + super::Outbox>(make: impl AsyncFn() -> C) {
    letters::come_back_until_they_are_delivered(&make().await).await;
    letters::are_of_one_receiver_each(&make().await).await;
    letters::are_written_with_their_row_or_not_at_all(&make().await).await;
    letters::wait_until_they_are_due(&make().await).await;
    letters::that_are_given_up_stay_given_up(&make().await).await;
    letters::have_bounds(&make().await).await;
}

/// A new entry without anything that may be missing.
#[must_use]
pub fn bare_entry() -> Entry {
    Entry::new(NewEntry {
        id: EntryId::from_uuid(Uuid::now_v7()),
        reference: parsed::<EntryRef>("c1"),
        session: SessionId::from_uuid(Uuid::now_v7()),
        owner: OwnerId::from_uuid(Uuid::now_v7()),
        ticket: None,
        page: parsed("photos"),
        slot: parsed("pictures"),
        name: FileName::sanitise("a.jpg").expect("a good name"),
        relative_path: None,
        facts: ClientFacts::default(),
        kind: EntryKind::File,
        memo: None,
        length: None,
        created_at: Timestamp::from_millis(1_700_000_000_000),
    })
}

/// A new entry with everything that there may be, the strangest claims included.
#[must_use]
pub fn full_entry() -> Entry {
    let mut entry = bare_entry();
    entry.name = FileName::sanitise("Übung 'eins'; -- (1).tar.gz").expect("a good name");
    entry.relative_path = Some(RelativePath::sanitise("fotos/2026/ü.jpg").expect("a good path"));
    entry.facts = ClientFacts {
        client_name: "../../Übung\u{202e}'eins';\n -- %_\\.gz".to_owned(),
        client_type: Some("image/jpeg; q=\"x\"".to_owned()),
        client_size: Some(u64::MAX),
        client_relative_path: Some(String::new()),
        client_last_modified: Some(i64::MIN),
        client_sha256: Some(Sha256Digest::from_bytes([0xAB; 32])),
    };
    entry.kind = EntryKind::Piece;
    entry.ticket = Some(TicketId::from_uuid(Uuid::now_v7()));
    entry.memo = Some("{\"metadata\":\"filename d29ybGQucGRm,ü\"}".to_owned());
    entry.length = Some(u64::MAX);
    entry.offset = 5_000_000_000;
    entry.digest = Some(Sha256Digest::from_bytes([7; 32]).into());
    entry.media_type = MediaType::parse("image/png");
    entry.home = SessionId::from_uuid(Uuid::now_v7());
    entry.partial_digest = Some(PartialDigest::new([0, 255, 7]));
    entry.touched_at = Timestamp::from_millis(1_700_000_000_002);
    entry.lost_at = Some(Timestamp::from_millis(1_700_000_000_003));
    entry.settled_at = Some(Timestamp::from_millis(1_700_000_000_001));
    entry.kept_at = Some(Timestamp::from_millis(-1));
    entry.writer_result = Some(serde_json::json!({ "key": "a", "parts": [1, 2] }));
    entry
}

async fn entries_come_back_as_they_were(catalogue: &impl Catalogue) {
    for entry in [bare_entry(), full_entry()] {
        insert(catalogue, std::slice::from_ref(&entry)).await;
        assert_eq!(load(catalogue, &entry).await, Some(entry), "an entry comes back as it was");
    }
}

async fn every_kind_of_digest_comes_back(catalogue: &impl Catalogue) {
    let kinds = [
        Some(Sha256Digest::from_bytes([7; 32]).into()),
        Some(Blake3Digest::from_bytes([7; 32]).into()),
        None,
    ];
    for digest in kinds {
        let mut entry = full_entry().with_state(EntryState::Consumed);
        entry.digest = digest;
        settle(catalogue, &entry).await;
        let came_back = load(catalogue, &entry).await;
        assert_eq!(came_back, Some(entry), "a digest comes back as the kind that it was");
    }
}

async fn every_state_comes_back(catalogue: &impl Catalogue) {
    let reason = Rejection::too_large(Some(6_000_000), 5_000_000).with_text("found", "a 'ü'");
    let mut states = vec![
        EntryState::Registered,
        EntryState::Receiving,
        EntryState::Verifying,
        EntryState::Complete,
        EntryState::Consumed,
        EntryState::Cancelled,
        EntryState::Expired,
        EntryState::Failed(reason),
    ];
    states.extend(Code::ALL.iter().map(|code| EntryState::Failed(Rejection::new(*code))));
    for state in states {
        let entry = bare_entry().with_state(state.clone());
        settle(catalogue, &entry).await;
        assert_eq!(load(catalogue, &entry).await, Some(entry), "{state:?} comes back as it was");
    }
}

async fn an_unknown_id_is_no_entry(catalogue: &impl Catalogue) {
    let unknown = bare_entry();
    assert_eq!(load(catalogue, &unknown).await, None);
    match catalogue.checkpoint(unknown.id, &checkpoint(1)).await {
        Err(CatalogueError::NotFound(id)) => assert_eq!(id, unknown.id),
        other => panic!("an unknown entry has no checkpoint, not {other:?}"),
    }
    assert_eq!(load(catalogue, &unknown).await, None, "and a checkpoint makes none");
}

async fn inserting_is_all_or_nothing(catalogue: &impl Catalogue) {
    let known = full_entry();
    insert(catalogue, std::slice::from_ref(&known)).await;
    let (first, last) = (bare_entry(), bare_entry());
    let mut twin = bare_entry();
    twin.id = known.id;
    for (group, duplicate) in [
        (vec![twin.clone()], known.id),
        (vec![first.clone(), twin, last.clone()], known.id),
        (vec![first.clone(), last.clone(), first.clone()], first.id),
    ] {
        match catalogue.insert(&group).await {
            Err(CatalogueError::Duplicate(id)) => assert_eq!(id, duplicate),
            other => panic!("a known id is refused, not {other:?}"),
        }
    }
    assert_eq!(load(catalogue, &first).await, None, "no entry of a refused group is known");
    assert_eq!(load(catalogue, &last).await, None, "no entry of a refused group is known");
    assert_eq!(load(catalogue, &known).await, Some(known), "and the known one is as it was");
    insert(catalogue, &[first, last]).await;
}

async fn inserting_nothing_is_no_error(catalogue: &impl Catalogue) {
    insert(catalogue, &[]).await;
}

async fn many_can_be_inserted_together(catalogue: &impl Catalogue) {
    let entries: Vec<Entry> = (0..2_000).map(|_| bare_entry()).collect();
    insert(catalogue, &entries).await;
    let listed = list(catalogue, &Query::new(Wanted::Unfinished, u32::MAX)).await;
    assert_eq!(listed.len(), entries.len());
}

async fn a_checkpoint_only_rises(catalogue: &impl Catalogue) {
    let mut entry = bare_entry().with_state(EntryState::Receiving);
    insert(catalogue, std::slice::from_ref(&entry)).await;
    for (offset, remembered, seconds) in
        [(100, 100, 5), (40, 100, 6), (100, 100, 4), (5_000_000_000, 5_000_000_000, 9)]
    {
        let mark = Checkpoint {
            at: Timestamp::from_millis(1_700_000_000_000 + seconds),
            ..checkpoint(offset)
        };
        catalogue.checkpoint(entry.id, &mark).await.expect("a checkpoint");
        entry.touched_at = entry.touched_at.max(mark.at);
        if offset == remembered {
            entry.offset = offset;
            entry.partial_digest = mark.partial_digest;
        }
        let found = load(catalogue, &entry).await;
        assert_eq!(found.as_ref(), Some(&entry), "a checkpoint rises and changes nothing else");
    }
}

async fn a_checkpoint_may_bring_the_length(catalogue: &impl Catalogue) {
    let mut entry = bare_entry().with_state(EntryState::Receiving);
    entry.length = None;
    insert(catalogue, std::slice::from_ref(&entry)).await;
    for (offset, length) in [(100, None), (0, Some(5_000_000_000)), (200, None)] {
        let mark = Checkpoint { length, ..checkpoint(offset) };
        catalogue.checkpoint(entry.id, &mark).await.expect("a checkpoint");
        entry.length = length.or(entry.length);
        entry.touched_at = entry.touched_at.max(mark.at);
        if offset >= entry.offset {
            entry.offset = offset;
            entry.partial_digest = mark.partial_digest;
        }
        let found = load(catalogue, &entry).await;
        assert_eq!(found.as_ref(), Some(&entry), "a length stays once it is known");
    }
}

async fn settling_replaces_or_inserts(catalogue: &impl Catalogue) {
    let new = full_entry().with_state(EntryState::Complete);
    settle(catalogue, &new).await;
    assert_eq!(load(catalogue, &new).await.as_ref(), Some(&new), "an unknown entry is inserted");

    let mut other = bare_entry().with_state(EntryState::Failed(Rejection::new(Code::TooLarge)));
    other.id = new.id;
    settle(catalogue, &other).await;
    assert_eq!(load(catalogue, &new).await, Some(other), "every field is replaced");
    settle(catalogue, &new).await;
    assert_eq!(load(catalogue, &new).await.as_ref(), Some(&new), "and back again");
}

async fn removing_twice_is_removing(catalogue: &impl Catalogue) {
    let (gone, kept) = (bare_entry(), bare_entry());
    insert(catalogue, &[gone.clone(), kept.clone()]).await;
    for _ in 0..2 {
        catalogue.remove(gone.id).await.expect("removing what may be gone is no error");
        assert_eq!(load(catalogue, &gone).await, None, "a removed entry is gone");
    }
    assert_eq!(load(catalogue, &kept).await, Some(kept), "and no other");
}

async fn removing_many_removes_those_and_no_other(catalogue: &impl Catalogue) {
    let gone: Vec<Entry> = (0..300).map(|_| bare_entry()).collect();
    let kept = bare_entry();
    insert(catalogue, &gone).await;
    insert(catalogue, std::slice::from_ref(&kept)).await;
    let mut ids: Vec<EntryId> = gone.iter().map(|entry| entry.id).collect();
    ids.extend([bare_entry().id, gone[0].id]);
    for _ in 0..2 {
        catalogue.remove_all(&ids).await.expect("removing what may be gone is no error");
        for entry in &gone {
            assert_eq!(load(catalogue, entry).await, None, "a removed entry is gone");
        }
    }
    catalogue.remove_all(&[]).await.expect("removing nothing is no error");
    assert_eq!(load(catalogue, &kept).await, Some(kept), "and no other");
}

async fn callers_do_not_disturb_each_other(catalogue: &impl Catalogue) {
    let known = bare_entry();
    insert(catalogue, std::slice::from_ref(&known)).await;
    let callers = (0..50_u64).map(|number| {
        let known = &known;
        async move {
            if number % 5 == 0 {
                let twin = [bare_entry(), known.clone()];
                let refused = catalogue.insert(&twin).await;
                assert!(matches!(refused, Err(CatalogueError::Duplicate(id)) if id == known.id));
                assert_eq!(load(catalogue, &twin[0]).await, None);
                let missing = catalogue.checkpoint(bare_entry().id, &checkpoint(1)).await;
                assert!(matches!(missing, Err(CatalogueError::NotFound(_))));
                return;
            }
            let entry = bare_entry();
            insert(catalogue, std::slice::from_ref(&entry)).await;
            catalogue.checkpoint(entry.id, &checkpoint(number)).await.expect("a checkpoint");
            let mut entry = entry.with_state(EntryState::Complete);
            entry.offset = number;
            settle(catalogue, &entry).await;
            assert_eq!(load(catalogue, &entry).await, Some(entry), "what was answered is there");
        }
    });
    join_all(callers).await;
    assert_eq!(list(catalogue, &Query::new(Wanted::Unconsumed, 100)).await.len(), 40);
}

/// A checkpoint at that offset, with a digest of its own.
fn checkpoint(offset: u64) -> Checkpoint {
    Checkpoint {
        offset,
        partial_digest: Some(PartialDigest::new(offset.to_be_bytes())),
        length: None,
        at: Timestamp::from_millis(0),
    }
}

fn parsed<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text} is well formed"))
}

async fn insert(catalogue: &impl Catalogue, entries: &[Entry]) {
    catalogue.insert(entries).await.expect("inserting");
}

async fn settle(catalogue: &impl Catalogue, entry: &Entry) {
    catalogue.settle(entry).await.expect("settling");
}

async fn load(catalogue: &impl Catalogue, entry: &Entry) -> Option<Entry> {
    catalogue.load(entry.id).await.expect("loading")
}

async fn list(catalogue: &impl Catalogue, query: &Query) -> Vec<Entry> {
    catalogue.list(query).await.expect("listing")
}
