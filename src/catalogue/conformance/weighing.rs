//! The rule of usage: it is what the rows weigh, whatever has become of them.

use uuid::Uuid;

use super::{bare_entry, checkpoint, full_entry, insert, parsed, settle};
use crate::catalogue::{Catalogue, Holder, Usage};
use crate::domain::{Code, Entry, EntryKind, EntryState, OwnerId, Rejection, Timestamp};

/// What becomes of a row.
type Change = fn(&mut Entry);

/// Rows of all kinds come, change and go, and after each step usage is what [`Usage::add`] says of the rows that
/// are left.
pub(super) async fn usage_is_what_the_rows_weigh(catalogue: &impl Catalogue) {
    let owners = [OwnerId::from_uuid(Uuid::now_v7()), OwnerId::from_uuid(Uuid::now_v7())];
    let mut rows: Vec<Entry> = Vec::new();
    agrees(catalogue, &rows, &owners).await;
    for (index, owner) in owners.iter().cycle().take(8).enumerate() {
        let mut entry = bare_entry();
        entry.owner = *owner;
        entry.length = [None, Some(0), Some(10), Some(u64::MAX)][index / 2];
        entry.offset = [3, 0, 5, 1 << 63][index / 2];
        if index >= 4 {
            entry.slot = parsed("others");
        }
        if index == 5 {
            entry.kind = EntryKind::Piece;
        }
        insert(catalogue, std::slice::from_ref(&entry)).await;
        rows.push(entry);
        agrees(catalogue, &rows, &owners).await;
    }
    // Of the one whose length nobody knows the bytes that are there count.
    let mut mark = checkpoint(7);
    mark.at = rows[0].touched_at;
    catalogue.checkpoint(rows[0].id, &mark).await.expect("a checkpoint");
    (rows[0].offset, rows[0].partial_digest) = (7, mark.partial_digest.clone());
    agrees(catalogue, &rows, &owners).await;
    let kept = Some(Timestamp::from_millis(1));
    let ends: [(EntryState, Change); 7] = [
        (EntryState::Verifying, |_| ()),
        (EntryState::Complete, |entry| (entry.length, entry.offset) = (Some(9), 9)),
        (EntryState::Complete, |entry| entry.writer_result = Some(serde_json::json!("taken"))),
        (EntryState::Consumed, |_| ()),
        (EntryState::Failed(Rejection::new(Code::Infected)), |_| ()),
        (EntryState::Expired, |_| ()),
        (EntryState::Registered, |entry| entry.kind = EntryKind::Piece),
    ];
    for (row, (state, change)) in rows.iter_mut().zip(ends) {
        *row = row.clone().with_state(state);
        change(row);
        settle(catalogue, row).await;
    }
    agrees(catalogue, &rows, &owners).await;
    for change in
        [|row: &mut Entry| row.lost_at = None, |row: &mut Entry| row.lost_at = row.kept_at]
    {
        let stored = &mut rows[1];
        *stored = stored.clone().with_state(EntryState::Consumed);
        stored.kept_at = kept;
        change(stored);
        settle(catalogue, &rows[1]).await;
        agrees(catalogue, &rows, &owners).await;
    }
    // A row that is replaced by quite another one.
    let mut other = full_entry();
    (other.id, other.owner) = (rows[2].id, owners[1]);
    settle(catalogue, &other).await;
    rows[2] = other;
    agrees(catalogue, &rows, &owners).await;
    while let Some(row) = rows.pop() {
        catalogue.remove(row.id).await.expect("a row goes");
        catalogue.remove(row.id).await.expect("a row goes once");
        agrees(catalogue, &rows, &owners).await;
    }
}

async fn agrees(catalogue: &impl Catalogue, rows: &[Entry], owners: &[OwnerId]) {
    for owner in owners {
        for slot in ["pictures", "others", "none"] {
            let holder = Holder { owner: *owner, page: parsed("photos"), slot: parsed(slot) };
            let mut expected = Usage::default();
            rows.iter().for_each(|row| expected.add(&holder, row));
            let usage = catalogue.usage(&holder).await.expect("usage");
            assert_eq!(usage, expected, "usage of {slot} is what its rows weigh");
        }
    }
}
