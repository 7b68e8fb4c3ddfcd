//! The rules of listings.

use super::{bare_entry, insert, list, parsed};
use crate::catalogue::{Catalogue, Query, Wanted};
use crate::domain::{Code, Entry, EntryState, Rejection, TicketId, Timestamp};

pub(super) async fn about_one_stage_of_life(catalogue: &impl Catalogue) {
    let kept_at = Some(Timestamp::from_millis(1));
    let in_state = |state| bare_entry().with_state(state);
    let mut stored = in_state(EntryState::Consumed);
    stored.kept_at = kept_at;
    let mut kept_but_expired = in_state(EntryState::Expired);
    kept_but_expired.kept_at = kept_at;
    let unconsumed = in_state(EntryState::Complete);
    let unfinished = [
        in_state(EntryState::Verifying),
        in_state(EntryState::Receiving),
        in_state(EntryState::Registered),
    ];
    let mut lost = stored.clone();
    lost.id = bare_entry().id;
    lost.lost_at = kept_at;
    let taken = in_state(EntryState::Consumed);
    let elsewhere = [
        kept_but_expired,
        lost,
        in_state(EntryState::Cancelled),
        in_state(EntryState::Failed(Rejection::new(Code::Infected))),
    ];
    insert(catalogue, &elsewhere).await;
    insert(catalogue, &unfinished).await;
    insert(catalogue, &[unconsumed.clone(), stored.clone(), taken.clone()]).await;

    let all = |wanted| Query::new(wanted, 100);
    assert_eq!(list(catalogue, &all(Wanted::Stored)).await, [stored]);
    assert_eq!(list(catalogue, &all(Wanted::Unconsumed)).await, [unconsumed]);
    assert_eq!(list(catalogue, &all(Wanted::Taken)).await, [taken]);
    assert_eq!(list(catalogue, &all(Wanted::Any)).await.len(), 10);
    let newest_first: Vec<Entry> = unfinished.into_iter().rev().collect();
    assert_eq!(list(catalogue, &all(Wanted::Unfinished)).await, sorted(newest_first));
}

pub(super) async fn obeying_every_condition(catalogue: &impl Catalogue) {
    let owners = [bare_entry().owner, bare_entry().owner];
    let sessions = [bare_entry().session, bare_entry().session];
    let ticket = TicketId::from_uuid(bare_entry().id.as_uuid());
    let mut entries = Vec::new();
    for number in 0..64_u8 {
        let chosen = |bit: u8| number & (1 << bit) != 0;
        let mut entry = bare_entry();
        entry.owner = owners[usize::from(chosen(0))];
        entry.session = sessions[usize::from(chosen(5))];
        entry.ticket = (chosen(1) || chosen(3)).then_some(ticket);
        entry.page = parsed(if chosen(1) { "avatar" } else { "photos" });
        entry.slot = parsed(if chosen(2) { "one" } else { "two" });
        entry.touched_at = Timestamp::from_millis(if chosen(3) { 1_000 } else { 2_000 });
        entry.created_at = Timestamp::from_millis(if chosen(2) { 500 } else { 900 });
        entry.kept_at = Some(Timestamp::from_millis(3_000));
        let consumed = if chosen(4) { EntryState::Consumed } else { EntryState::Complete };
        entries.push(entry.with_state(consumed));
    }
    insert(catalogue, &entries).await;
    let entries = sorted(entries);
    for wanted in [Wanted::Any, Wanted::Stored, Wanted::Unconsumed, Wanted::Unfinished] {
        for number in 0..64_u8 {
            let asked = |bit: u8| number & (1 << bit) != 0;
            let query = Query {
                wanted,
                owner: asked(0).then_some(owners[0]),
                ticket: (asked(5) && asked(2)).then_some(ticket),
                session: asked(5).then_some(sessions[0]),
                page: asked(1).then(|| parsed("avatar")),
                slot: asked(2).then(|| parsed("one")),
                before: asked(3).then_some(Timestamp::from_millis(2_000)),
                born_before: (asked(3) && asked(1)).then_some(Timestamp::from_millis(900)),
                cursor: asked(4).then(|| entries[10].id),
                limit: 100,
            };
            let expected: Vec<_> = entries.iter().filter(|entry| query.matches(entry)).collect();
            let listed = list(catalogue, &query).await;
            assert_eq!(listed.iter().collect::<Vec<_>>(), expected, "{query:?}");
        }
    }
}

pub(super) async fn in_pages_that_follow_one_another(catalogue: &impl Catalogue) {
    let entries: Vec<Entry> = (0..10).map(|_| bare_entry()).collect();
    insert(catalogue, &entries).await;
    let mut query = Query::new(Wanted::Unfinished, 4);
    let mut listed = Vec::new();
    for expected in [4, 4, 2, 0] {
        let page = list(catalogue, &query).await;
        assert_eq!(page.len(), expected, "a page has no more entries than asked for");
        query.cursor = page.last().map(|entry| entry.id).or(query.cursor);
        listed.extend(page);
    }
    assert_eq!(listed, sorted(entries), "no entry is left out and none comes twice");
    assert_eq!(list(catalogue, &Query::new(Wanted::Unfinished, 0)).await, []);
}

/// Newest id first, as listings are.
fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.id));
    entries
}
