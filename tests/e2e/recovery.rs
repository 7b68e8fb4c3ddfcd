//! How long a start takes when much was left unfinished: a measurement, not a test of a time.

use std::collections::HashSet;
use std::time::Instant;

use longshore::testing::{LivePage, Visitor, within};
use serde_json::{Value, json};

use crate::rig::{World, setting};

const SIZE: u64 = 200_000;
const SENT: usize = 100_000;

/// Waits until all of what was sent of each stream is acknowledged.
async fn acknowledged(page: &mut LivePage, mut waiting: HashSet<u64>) {
    while !waiting.is_empty() {
        let message = within("an acknowledgement", page.next()).await.unwrap();
        if message["type"] == "ack" && message["offset"] == SENT {
            waiting.remove(&message["stream"].as_u64().unwrap());
        }
    }
}

#[actix_web::test]
#[ignore = "a measurement, which scripts/soak takes"]
async fn recovery_of_unfinished_entries_is_measured() {
    let entries = setting("RIG_ENTRIES").unwrap_or(1_000);
    let world = World::of_processes();
    let visitor = Visitor::at(&world.site.url);
    let mut page = visitor.live("files").await;
    let token = page.token();
    let offers: Vec<Value> = (0..entries)
        .map(|n| json!({ "ref": format!("f{n}"), "name": format!("{n}.bin"), "size": SIZE }))
        .collect();
    page.say(&json!({ "type": "register", "slot": "files", "entries": offers })).await;
    let registered = page.hear("registered").await;
    let streams = registered["entries"].as_array().unwrap().iter();
    let streams: Vec<u64> = streams.map(|entry| entry["stream"].as_u64().unwrap()).collect();
    assert_eq!(streams.len() as u64, entries, "{}", registered["errors"]);
    // In groups: the server reads no further while too much of a session waits for the disk.
    for group in streams.chunks(20) {
        for stream in group {
            page.data(u32::try_from(*stream).unwrap(), 0, &vec![0x81; SENT]).await;
        }
        acknowledged(&mut page, group.iter().copied().collect()).await;
    }

    world.kill();
    drop(page);
    let mut ready = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        world.start(&[]);
        ready.push(begun.elapsed().as_millis());
        world.kill();
    }
    world.start(&[]);
    let begun = Instant::now();
    let page = visitor.live_again("files", &token).await;
    let resumed = begun.elapsed().as_millis();
    let found = page.welcome()["entries"].as_array().unwrap();
    println!(
        "figures of recovery: entries={entries} bytes_each={SENT} ready_ms={ready:?} \
         resumed={} resume_ms={resumed}",
        found.len()
    );
    assert_eq!(found.len() as u64, entries);
    assert!(found.iter().all(|entry| entry["offset"] == SENT), "{:?}", found.first());
}
