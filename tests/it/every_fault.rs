//! Each operation that a door's upload asks of store and catalogue fails once, before and after it was done.
//!
//! Through every door: the visitor is told the truth, the server goes on, the same upload tried again works, and
//! when all is over nothing lies around that no row explains.

use actix_web::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use longshore::Code;
use longshore::catalogue::{Catalogue, Query, Wanted};
use longshore::domain::Entry;
use longshore::testing::{
    Answer, Fault, Faults, FaultyCatalogue, FaultyStore, Form, FrailStore, MemoryCatalogue,
    Operation, TestServer, Upload, Visitor, samples, until,
};
use uuid::Uuid;

use crate::dropzone::drop::Drop;
use crate::filepond::pond::Pond;
use crate::support::pages::{Desk, Inbox, templates};

/// What a visitor was told.
#[derive(Debug)]
enum Told {
    Stored,
    Refused(String),
}

type Way = for<'a> fn(&'a Visitor, Upload) -> LocalBoxFuture<'a, Told>;

/// The doors, each to a page that keeps at once and to one that waits for its event.
const WAYS: [(&str, Way); 9] = [
    ("live, kept at once", |visitor, file| live(visitor, "inbox", file).boxed_local()),
    ("live, kept by an event", |visitor, file| live(visitor, "desk", file).boxed_local()),
    ("form, kept at once", |visitor, file| form(visitor, "inbox", file).boxed_local()),
    ("form, kept by an event", |visitor, file| form(visitor, "desk", file).boxed_local()),
    ("tus, kept at once", |visitor, file| tus(visitor, "inbox", file).boxed_local()),
    ("tus, kept by an event", |visitor, file| tus(visitor, "desk", file).boxed_local()),
    ("draft, kept at once", |visitor, file| draft(visitor, file).boxed_local()),
    ("FilePond, kept at once", |visitor, file| pond(visitor, file).boxed_local()),
    ("Dropzone, kept at once", |visitor, file| dropzone(visitor, file).boxed_local()),
];

async fn live(visitor: &Visitor, page: &str, upload: Upload) -> Told {
    let refused = |code: Option<&str>| Told::Refused(code.expect("a code").to_owned());
    let mut live = visitor.live(page).await;
    let file = match live.select("any", upload).await {
        Ok(file) => file,
        Err(rejected) => return refused(Some(rejected.code())),
    };
    live.send_all(&file).await;
    let end = live.settled(&file).await;
    if !end.is_complete() {
        return refused(end.code());
    }
    if page == "desk"
        && let Err(rejected) = live.event("save", serde_json::Value::Null).await
    {
        return refused(Some(rejected.code()));
    }
    Told::Stored
}

async fn form(visitor: &Visitor, page: &str, upload: Upload) -> Told {
    let kind = Form::content_type();
    let body = Form::new().upload("any", &upload).body();
    let headers = [("content-type", &*kind)];
    let answer = visitor.send(Method::POST, page, &headers, body).await;
    if answer.json()["success"] == true { Told::Stored } else { Told::Refused(answer.code()) }
}

async fn tus(visitor: &Visitor, page: &str, upload: Upload) -> Told {
    let refused = |answer: &Answer| Told::Refused(answer.code());
    let length = upload.contents().len().to_string();
    let place = format!("/tus/{page}/any");
    let name = format!("filename {}", STANDARD.encode(upload.name()));
    let version = ("tus-resumable", "1.0.0");
    let headers = [version, ("upload-length", &length), ("upload-metadata", &name)];
    let answer = visitor.send(Method::POST, &place, &headers, Vec::new()).await;
    let Some(address) = answer.header("location") else { return refused(&answer) };
    let kind = ("content-type", "application/offset+octet-stream");
    let headers = [version, kind, ("upload-offset", "0")];
    let body = upload.contents().to_vec();
    let answer = visitor.send(Method::PATCH, address, &headers, body).await;
    if answer.status == 204 { Told::Stored } else { refused(&answer) }
}

async fn draft(visitor: &Visitor, upload: Upload) -> Told {
    let name = format!("attachment; filename=\"{}\"", upload.name());
    let headers = [("upload-complete", "?1"), ("content-disposition", &*name)];
    let body = upload.contents().to_vec();
    let answer = visitor.send(Method::POST, "/resumable/inbox/any", &headers, body).await;
    if answer.status < 300 { Told::Stored } else { Told::Refused(answer.code()) }
}

async fn pond(visitor: &Visitor, upload: Upload) -> Told {
    let answer = Pond::new(visitor, "inbox", "any").process_chunked(&upload, 12_000).await;
    answer.map_or_else(|refused| Told::Refused(refused.code()), |_| Told::Stored)
}

async fn dropzone(visitor: &Visitor, upload: Upload) -> Told {
    // Whoever is known by their cookie has their chunks under that, and finds their file again.
    visitor.get("inbox").await;
    let name = Uuid::new_v4().to_string();
    let sent = Drop::new(visitor, "inbox", &name).named("any").all(&upload, 12_000).await;
    sent.map_or_else(|refused| Told::Refused(refused.code()), |_| Told::Stored)
}

/// What outlives a server, and can break.
#[derive(Clone)]
struct Ground {
    store: FaultyStore<FrailStore>,
    catalogue: FaultyCatalogue<MemoryCatalogue>,
    faults: Faults,
}

impl Ground {
    fn new() -> Self {
        let faults = Faults::none();
        Self {
            store: FaultyStore::sharing(FrailStore::new(), faults.clone()),
            catalogue: FaultyCatalogue::sharing(MemoryCatalogue::new(), faults.clone()),
            faults,
        }
    }

    async fn serve(&self) -> TestServer {
        TestServer::start(|builder| {
            let builder = builder.templates(templates(&[]));
            let builder = builder.page("inbox", || Inbox).page("desk", || Desk);
            builder.store(self.store.clone()).catalogue(self.catalogue.clone())
        })
        .await
    }

    /// A visitor goes one way, and their session ends, unless it is one that nobody leaves.
    async fn go(
        &self,
        server: &TestServer,
        (name, way): (&str, Way),
        visitor: &Visitor,
        upload: &Upload,
    ) -> Told {
        let ended = self.faults.seen(Operation::Tidy);
        let told = way(visitor, upload.clone()).await;
        // Dropzone's chunks are removed behind the answer.
        server.settles().await;
        if !name.starts_with("live") && !name.starts_with("form") {
            return told;
        }
        let over = || self.faults.seen(Operation::Tidy) > ended;
        until("the end of the session", over).await;
        told
    }

    async fn rows(&self, wanted: Wanted) -> Vec<Entry> {
        self.catalogue.inner().list(&Query::new(wanted, u32::MAX)).await.unwrap()
    }

    /// Every file has its row, every row its file, and nothing is under way.
    async fn is_in_order(&self, words: &str) {
        let stored: Vec<_> = self.rows(Wanted::Stored).await.iter().map(|entry| entry.id).collect();
        let mut files = self.store.inner().published();
        files.reverse(); // Rows come newest first.
        assert_eq!(files, stored, "{words}: files and rows");
        assert_eq!(self.store.inner().unfinished(), [], "{words}: unfinished bytes");
        for wanted in [Wanted::Unfinished, Wanted::Unconsumed] {
            assert_eq!(self.rows(wanted).await, [], "{words}: {wanted:?}");
        }
    }
}

/// What this visitor was told of their last file is true of all that they see.
async fn no_lie(visitor: &Visitor, told: &Told, stored: &mut usize, bytes: &[u8], words: &str) {
    match told {
        Told::Stored => *stored += 1,
        Told::Refused(code) => {
            let ours = [Code::StorageError.as_str(), Code::DiskFull.as_str()];
            assert!(ours.contains(&code.as_str()), "{words}: {code}");
        }
    }
    let listed = visitor.listed().await;
    assert_eq!(listed.len(), *stored, "{words}: told {told:?}, and sees {listed:?}");
    for file in listed {
        let answer = visitor.get(file["url"].as_str().unwrap()).await;
        assert!(answer.status == 200 && answer.body == bytes, "{words}: other bytes");
    }
}

#[actix_web::test]
async fn a_fault_at_any_operation_is_told_and_leaves_nothing() {
    let bytes = samples::text(20_000);
    let upload = Upload::text("a.txt", String::from_utf8(bytes.clone()).unwrap());
    for way in WAYS {
        let (name, _) = way;
        let ground = Ground::new();
        let server = ground.serve().await;
        let before = ground.faults.count();
        let told = ground.go(&server, way, &server.visitor(), &upload).await;
        assert!(matches!(told, Told::Stored), "{name}, on a healthy disk: {told:?}");
        let operations = ground.faults.count() - before;
        assert!(operations > 5, "{name}: {:?}", ground.faults.log());
        for fault in Fault::ERRORS {
            for nth in 1..=operations {
                let (visitor, mut stored) = (server.visitor(), 0);
                ground.faults.at(ground.faults.count() + nth, fault);
                let told = ground.go(&server, way, &visitor, &upload).await;
                ground.faults.heal();
                let words = format!("{name}, operation {nth}: {:?}", ground.faults.met().last());
                no_lie(&visitor, &told, &mut stored, &bytes, &words).await;
                let again = ground.go(&server, way, &visitor, &upload).await;
                assert!(matches!(again, Told::Stored), "{words}: not again: {again:?}");
                no_lie(&visitor, &again, &mut stored, &bytes, &words).await;
            }
        }
        server.clock().advance(std::time::Duration::from_secs(48 * 3_600));
        server.sweep().await;
        server.stop().await;
        let server = ground.serve().await;
        server.sweep().await;
        ground.is_in_order(name).await;
        let again = ground.go(&server, way, &server.visitor(), &upload).await;
        assert!(matches!(again, Told::Stored), "{name}: not again after a restart: {again:?}");
        server.stop().await;
    }
}
