//! What a statement walks through: rows that it is about, and no others. Steps are counted and not time.

use rusqlite::{StatementStatus, params_from_iter};

use super::*;
use crate::catalogue::sqlite::listing::Listing;
use crate::domain::{OwnerId, TicketId, Timestamp};

/// Every kind of listing that somebody asks for, with the index that has just its rows.
fn asked_for() -> Vec<(Query, &'static str)> {
    let someone = bare_entry();
    let all = |wanted| Query::new(wanted, 10);
    let owner = Some(someone.owner);
    let untouched = |wanted| Query { before: Some(Timestamp::from_millis(5)), ..all(wanted) };
    let page = Some(someone.page);
    let by_slot = Query { owner, page, slot: Some(someone.slot), ..all(Wanted::Stored) };
    let mut asked = vec![
        (Query { owner, ..all(Wanted::Stored) }, "entries_stored_by_owner"),
        (by_slot, "entries_stored_by_slot"),
        (all(Wanted::Unconsumed), "entries_unconsumed"),
        (untouched(Wanted::Unconsumed), "entries_unconsumed"),
        (untouched(Wanted::Unfinished), "entries_unfinished"),
        (untouched(Wanted::Taken), "entries_taken"),
        (Query { session: Some(someone.session), ..all(Wanted::Unfinished) }, "entries_by_session"),
        (Query { owner, session: Some(someone.session), ..all(Wanted::Any) }, "entries_by_session"),
    ];
    for wanted in [Wanted::Unfinished, Wanted::Unconsumed, Wanted::Taken, Wanted::Stored] {
        let ticket = Some(TicketId::from_uuid(Uuid::now_v7()));
        asked.push((Query { ticket, ..all(wanted) }, "entries_by_ticket"));
    }
    asked
}

/// How SQLite does it, in its words, and how many of its steps that takes.
fn walked(connection: &Connection, query: &Query) -> (String, i32) {
    let Listing { sql, values } = Listing::of(query);
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let plan = plan.query_map(params_from_iter(&values), |step| step.get(3)).unwrap();
    let plan: Vec<String> = plan.map(|step| step.unwrap()).collect();
    let mut statement = connection.prepare(&sql).unwrap();
    let mut rows = statement.query(params_from_iter(&values)).unwrap();
    while rows.next().unwrap().is_some() {}
    drop(rows);
    (plan.join("; "), statement.get_status(StatementStatus::VmStep))
}

async fn keep(catalogue: &Sqlite, owner: OwnerId, page: &str, count: usize) {
    let kept = (0..count).map(|_| {
        let mut entry = bare_entry();
        (entry.owner, entry.page) = (owner, page.parse().unwrap());
        entry.kept_at = Some(Timestamp::from_millis(1));
        entry.with_state(EntryState::Consumed)
    });
    catalogue.insert(&kept.collect::<Vec<_>>()).await.unwrap();
}

#[tokio::test]
async fn listings_use_the_index_of_their_rows_and_sort_nothing() {
    let (_folder, path) = place();
    let _catalogue = open(&path).await;
    let stranger = stranger(&path);
    for (query, index) in asked_for() {
        for cursor in [None, Some(bare_entry().id)] {
            let query = Query { cursor, ..query.clone() };
            let (plan, _) = walked(&stranger, &query);
            assert!(plan.contains(&format!("USING INDEX {index}")), "{query:?}: {plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{query:?}: {plan}");
        }
    }
}

#[tokio::test]
async fn no_listing_walks_past_the_stored_files_of_others() {
    let (_folder, path) = place();
    let catalogue = open(&path).await;
    let stranger = stranger(&path);
    let mut before = Vec::new();
    for round in 0..2 {
        keep(&catalogue, bare_entry().owner, "others", 500).await;
        let steps: Vec<i32> =
            asked_for().iter().map(|(query, _)| walked(&stranger, query).1).collect();
        if round > 0 {
            assert_eq!(steps, before, "with twice as many rows");
        }
        before = steps;
    }
}

#[tokio::test]
async fn a_page_that_has_no_files_does_not_walk_past_those_of_its_owners_other_pages() {
    let (_folder, path) = place();
    let catalogue = open(&path).await;
    let stranger = stranger(&path);
    let someone = bare_entry();
    let query = Query {
        owner: Some(someone.owner),
        page: Some("empty".parse().unwrap()),
        slot: Some(someone.slot),
        ..Query::new(Wanted::Stored, 10)
    };
    keep(&catalogue, someone.owner, "full", 10).await;
    let (_, few) = walked(&stranger, &query);
    keep(&catalogue, someone.owner, "full", 500).await;
    assert_eq!(walked(&stranger, &query).1, few);
}

#[tokio::test]
async fn a_sweep_of_unfinished_rows_takes_as_many_steps_for_each_of_them_however_many_there_are() {
    let (_folder, path) = place();
    let catalogue = open(&path).await;
    let stranger = stranger(&path);
    let old = Query {
        before: Some(Timestamp::from_millis(i64::MAX)),
        ..Query::new(Wanted::Unfinished, 10)
    };
    let mut steps = Vec::new();
    for _ in 0..2 {
        let entries: Vec<Entry> = (0..400).map(|_| bare_entry()).collect();
        catalogue.insert(&entries).await.unwrap();
        steps.push(walked(&stranger, &old).1);
    }
    assert_eq!(steps[0], steps[1], "a round of ten");
}

/// SQLite makes one for a list of three values, such as the states of what is unfinished.
#[tokio::test]
async fn to_write_a_row_no_table_is_made() {
    let (_folder, path) = place();
    let _catalogue = open(&path).await;
    let stranger = stranger(&path);
    for sql in [
        include_str!("../insert.sql"),
        include_str!("../settle.sql"),
        include_str!("../settle_in_place.sql"),
        include_str!("../checkpoint.sql"),
        "DELETE FROM entries WHERE id = ?1",
    ] {
        let mut program = stranger.prepare(&format!("EXPLAIN {sql}")).unwrap();
        let nothing = vec![None::<i64>; program.parameter_count()];
        let program = program.query_map(params_from_iter(nothing), |step| step.get(1)).unwrap();
        let program: Vec<String> = program.map(|step| step.unwrap()).collect();
        assert!(program.iter().any(|step| step == "MakeRecord" || step == "Delete"), "{sql}");
        assert!(!program.iter().any(|step| step == "OpenEphemeral"), "{sql}");
    }
}
