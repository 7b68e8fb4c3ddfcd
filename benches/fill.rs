//! Fills the data folder of a service that does not run, so that a catalogue of a million rows can be measured
//! (`scripts/bench --workloads catalogue`). Rows and files are made as a door makes them, by engine, store and catalogue.
//!
//! Every second file is that of the owner whose file is the newest one in the folder, so that somebody who has a cookie can
//! list them; the others belong to strangers with ten files each. Files are empty: a row costs the same, and a million
//! files cost no room.
//!
//! `fill --data FOLDER --stored COUNT --unfinished COUNT`. It says how many there are and the ids of our oldest and
//! middle ones.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)] // What can't be filled can't be measured.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use longshore::blob::LocalStore;
use longshore::catalogue::{Catalogue, Query, Sqlite, Synchronous, Wanted};
use longshore::domain::{Declaration, DigestKind, EntryRef, PageName, SessionId, Slot};
use longshore::engine::{Engine, Keep, Lifetime, Offered, Parts, Registration, Rules, SystemClock};
use longshore::jobs::Jobs;
use longshore::{Caller, ClientFacts, Durability, OwnerId};
use tokio::runtime::Builder;
use uuid::Uuid;

/// As many files as are on their way at once, which is about what a commit takes.
const TOGETHER: usize = 240;
/// Files of a stranger.
const STRANGERS: usize = 10;

struct Wish {
    data: PathBuf,
    stored: usize,
    unfinished: usize,
}

impl Wish {
    /// None if nothing was wished, as by `cargo bench`, which runs all there is.
    fn read() -> Option<Self> {
        let words: Vec<String> = std::env::args().collect();
        let word = |name: &str| {
            let at = words.iter().position(|word| word == name)?;
            words.get(at + 1).cloned()
        };
        let number = |name: &str| word(name).map_or(0, |count| count.parse().unwrap());
        let (stored, unfinished) = (number("--stored"), number("--unfinished"));
        Some(Self { data: word("--data")?.into(), stored, unfinished })
    }
}

struct Filler {
    engine: Engine,
    slot: Arc<Slot>,
    page: PageName,
}

impl Filler {
    fn place(&self, owner: OwnerId, lifetime: Lifetime) -> Registration {
        Registration {
            session: SessionId::from_uuid(Uuid::now_v7()),
            caller: Caller::new(owner),
            page: self.page.clone(),
            slot: Arc::clone(&self.slot),
            hooks: Arc::default(),
            lifetime,
        }
    }

    async fn register(&self, to: &Registration, length: u64) -> longshore::EntryId {
        let facts = ClientFacts {
            client_name: format!("report-{length}.bin"),
            client_size: Some(length),
            ..ClientFacts::default()
        };
        let reference = EntryRef::try_from(Uuid::new_v4().to_string().as_str()).unwrap();
        let offered = Offered::from((reference, facts));
        self.engine.register(to, vec![offered]).await.unwrap().remove(0).unwrap().id
    }

    /// As a form brings it: one request, one row.
    async fn store(&self, owner: OwnerId) {
        let to = self.place(owner, Lifetime::Request);
        let id = self.register(&to, 0).await;
        self.engine.claim(id, &to.caller).await.unwrap().finish().await.unwrap();
        self.engine.consume(id, &to.caller, Keep::Yes).await.unwrap();
        self.engine.abandon(to.session).await;
    }

    /// As a live page leaves it whose server dies.
    async fn begin(&self, owner: OwnerId) {
        let to = self.place(owner, Lifetime::Session);
        self.register(&to, 1_000).await;
    }
}

async fn fill(wish: &Wish) {
    let store = LocalStore::open(&wish.data, Durability::Os).unwrap();
    let path = wish.data.join("catalogue.sqlite3");
    let catalogue = Sqlite::open(&path, Synchronous::Normal).await.unwrap();
    let newest = catalogue.list(&Query::new(Wanted::Stored, 1)).await.unwrap();
    let ours = newest.first().map_or_else(|| OwnerId::from_uuid(Uuid::new_v4()), |row| row.owner);
    let parts = Parts {
        blobs: Arc::new(store.clone()),
        spool: Some(Arc::new(store)),
        room: None,
        catalogue: Arc::new(catalogue.clone()),
        checks: Vec::new(),
        jobs: Jobs::default(),
        clock: Arc::new(SystemClock),
    };
    let rules = Rules { digest: DigestKind::None, ..Rules::default() };
    let options = Declaration::new().max_entries(10_000).max_file_size(1 << 40);
    let filler = Filler {
        engine: Engine::ruled(parts, rules),
        slot: Arc::new(Slot::declare("files", options).unwrap()),
        page: PageName::try_from("files").unwrap(),
    };
    let mut stranger = OwnerId::from_uuid(Uuid::new_v4());
    for begin in (0..wish.stored).step_by(TOGETHER) {
        let many = (begin..wish.stored.min(begin + TOGETHER)).map(|number| {
            if number % (2 * STRANGERS) == 0 {
                stranger = OwnerId::from_uuid(Uuid::new_v4());
            }
            filler.store(if number % 2 == 0 { ours } else { stranger })
        });
        join_all(many).await;
    }
    for begin in (0..wish.unfinished).step_by(TOGETHER) {
        let many = begin..wish.unfinished.min(begin + TOGETHER);
        join_all(many.map(|_| filler.begin(stranger))).await;
    }
    say(&catalogue, ours).await;
    catalogue.close().await;
}

/// Where a listing of ours begins that is to show the middle and the end.
async fn say(catalogue: &Sqlite, ours: OwnerId) {
    let mut query = Query { owner: Some(ours), ..Query::new(Wanted::Stored, 10_000) };
    let mut ids = Vec::new();
    loop {
        let rows = catalogue.list(&query).await.unwrap();
        let Some(last) = rows.last() else { break };
        query.cursor = Some(last.id);
        ids.extend(rows.iter().map(|row| row.id));
    }
    let at = |place: usize| ids.get(place.min(ids.len().saturating_sub(1)));
    println!(
        "{}",
        serde_json::json!({ "ours": ids.len(), "middle": at(ids.len() / 2), "near_the_end": at(ids.len().saturating_sub(101)) })
    );
}

fn main() {
    let Some(wish) = Wish::read() else { return };
    let begun = Instant::now();
    Builder::new_multi_thread().enable_all().build().unwrap().block_on(fill(&wish));
    eprintln!("filled in {:.1} s", begun.elapsed().as_secs_f64());
}
