//! RES-06: uploads that are held by hardly anything, and senders that are faster than they may be, by every door.

use std::time::{Duration, Instant};

use actix_web::http::Method;
use futures_util::future::join_all;
use longshore::Rates;
use longshore::testing::samples::text;
use longshore::testing::{LivePage, Selected, Visitor};

use super::super::oracle::Target;
use super::HOUR;
use crate::dropzone::drop::Drop;
use crate::filepond::pond::Pond;
use crate::support::Upload;
use crate::support::doors::{doors_of_few_words, every_door, sent};
use crate::support::tus::Tus;

const WHOLE: usize = 900_000;
/// As many bytes as are written at once, and no fewer.
const STEP: usize = 10_000;

/// An upload that has begun, by one of the doors whose uploads outlive a request.
enum Held {
    Live(Box<LivePage>, Selected),
    Tus(Tus, String),
    Draft(Visitor, String),
    Pond(Visitor, String),
    Drop(Visitor),
}

impl Held {
    /// One by each door, of which the first step is there.
    async fn all(target: &Target) -> Vec<Self> {
        let page = target.visitor();
        let mut live = page.live("inbox").await;
        let file = live.select("any", Upload::bytes("a.txt", text(WHOLE))).await.unwrap();
        let tus = Tus::of(target).await;
        let url = tus.create("any", WHOLE as u64).await;
        let drafter = target.visitor();
        drafter.get("inbox").await;
        let name = ("content-disposition", "inline; filename=\"a.txt\"");
        let length = ("upload-length", &*WHOLE.to_string());
        let headers = [("upload-complete", "?0"), name, length];
        let begun = drafter.send(Method::POST, "/resumable/inbox/any", &headers, Vec::new()).await;
        let address = begun.header("location").expect("an address").to_owned();
        let (ponder, dropper) = (target.visitor(), target.visitor());
        ponder.get("inbox").await;
        dropper.get("inbox").await;
        let place = Pond::new(&ponder, "inbox", "any").place(WHOLE).await;
        let mut all = vec![
            Self::Live(Box::new(live), file),
            Self::Tus(tus, url),
            Self::Draft(drafter, address),
            Self::Pond(ponder, place),
            Self::Drop(dropper),
        ];
        for held in &mut all {
            held.step(0).await;
        }
        all
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Live(..) => "live",
            Self::Tus(..) => "tus",
            Self::Draft(..) => "draft",
            Self::Pond(..) => "FilePond",
            Self::Drop(_) => "Dropzone",
        }
    }

    /// Sends the next few bytes.
    async fn step(&mut self, nth: usize) {
        let (file, at) = (Upload::bytes("a.txt", text(WHOLE)), nth * STEP);
        let bytes = &text(WHOLE)[at..at + STEP];
        let status = match self {
            Self::Live(page, file) => {
                page.data(file.stream, at as u64, bytes).await;
                page.progressed(file, 0).await;
                return;
            }
            Self::Tus(tus, url) => tus.patch(url, at as u64, bytes).await.status,
            Self::Draft(visitor, address) => append(visitor, address, at, bytes).await,
            Self::Pond(visitor, id) => {
                Pond::new(visitor, "inbox", "any").chunk(id, &file, at, at + STEP).await.status
            }
            Self::Drop(visitor) => drop_of(visitor).chunk(&file, nth, STEP).await.status,
        };
        assert!((200..300).contains(&status), "{}: {status}", self.name());
    }

    /// Says something about it that brings no byte.
    async fn nothing(&mut self) {
        let file = Upload::bytes("a.txt", text(WHOLE));
        match self {
            Self::Live(page, _) => {
                page.say(&serde_json::json!({ "type": "event", "name": "nothing", "seq": 1 })).await
            }
            Self::Tus(tus, url) => {
                assert_eq!(tus.patch(url, STEP as u64, b"").await.status, 204);
                assert_eq!(tus.head(url).await.status, 200);
            }
            Self::Draft(visitor, address) => {
                assert_eq!(append(visitor, address, STEP, b"").await, 204);
                assert_eq!(visitor.head(address).await.status, 204);
            }
            Self::Pond(visitor, id) => {
                let pond = Pond::new(visitor, "inbox", "any");
                assert_eq!(pond.offset(id).await, STEP as u64);
                // A chunk that is there already, and an empty one.
                assert_eq!(pond.chunk(id, &file, 0, STEP).await.status, 204);
                assert_eq!(pond.chunk(id, &file, STEP, STEP).await.status, 204);
            }
            Self::Drop(visitor) => {
                assert_eq!(drop_of(visitor).chunk(&file, 0, STEP).await.status, 200);
            }
        }
    }

    async fn leave(self) {
        if let Self::Live(page, _) = self {
            page.disconnect();
        }
    }
}

fn drop_of(visitor: &Visitor) -> Drop<'_> {
    Drop::new(visitor, "inbox", "held").named("any")
}

async fn append(visitor: &Visitor, address: &str, at: usize, bytes: &[u8]) -> u16 {
    let at = at.to_string();
    let kind = ("content-type", "application/partial-upload");
    let headers = [kind, ("upload-offset", &*at), ("upload-complete", "?0")];
    visitor.send(Method::PATCH, address, &headers, bytes.to_vec()).await.status
}

#[actix_web::test]
async fn res_06_what_brings_no_byte_keeps_no_upload_whatever_the_door() {
    let target = Target::start().await;
    let mut held = Held::all(&target).await;
    let mut swept = 0;
    for day in 0..4 {
        target.clock().advance(7 * HOUR);
        if day < 3 {
            for upload in &mut held {
                upload.nothing().await;
            }
        }
        swept += target.sweep().await.unfinished;
        assert_eq!(swept, if day < 3 { 0 } else { held.len() }, "after {} h", 7 * (day + 1));
    }
    for upload in held {
        upload.leave().await;
    }
    target.end().await;
}

#[actix_web::test]
async fn res_06_a_few_bytes_now_and_then_keep_no_upload_for_ever_whatever_the_door() {
    let target = Target::with(|builder| builder.upload_life(40 * HOUR)).await;
    let mut held = Held::all(&target).await;
    // Each of Dropzone's chunks is an upload of its own, whose time is that of one that nobody touches.
    let chunks = held.len();
    let mut swept = 0;
    for nth in 1..=3 {
        target.clock().advance(11 * HOUR);
        for upload in &mut held {
            upload.step(nth).await;
        }
        swept += target.sweep().await.unfinished;
        assert!(swept <= nth.saturating_sub(1), "after {} h: {swept}", 11 * nth);
    }
    target.clock().advance(11 * HOUR);
    swept += target.sweep().await.unfinished;
    assert!(swept >= chunks, "{swept} of {chunks} are over");
    for upload in held {
        upload.leave().await;
    }
    target.end().await;
}

/// A rate's bytes are those of all doors. How long it takes at least follows from the rate, on any machine.
#[actix_web::test]
async fn res_06_no_door_takes_bytes_faster_than_their_sender_may() {
    const RATE: u64 = 200_000;
    let rates = Rates { bytes: Some(RATE), ..Rates::default() };
    let target = Target::with(|builder| builder.rates_per_caller(rates)).await;
    let doors: Vec<_> = every_door().into_iter().chain(doors_of_few_words()).collect();
    let bytes = text(700_000);
    let sending = doors.iter().map(async |door| {
        // Who has no cookie yet is somebody else with each request.
        let visitor = target.visitor();
        visitor.get("inbox").await;
        let begun = Instant::now();
        let outcome = door.send(&visitor, "inbox", "any", &[sent("a.txt", &bytes)]).await;
        (door.name(), outcome[0].word().to_owned(), begun.elapsed())
    });
    for (door, word, took) in join_all(sending).await {
        assert_eq!(word, "stored", "{door}");
        // A second's worth may come at once.
        assert!(took >= Duration::from_millis(1_500), "{door} took {took:?}");
    }
    target.end().await;
}
