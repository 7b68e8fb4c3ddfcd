//! Ids in addresses that are no ids: every verb of every door that takes one.

use actix_web::http::Method;
use longshore::testing::raw::RawConnection;
use longshore::testing::samples::text;

use super::super::oracle::Target;
use crate::filepond::pond::Pond;
use crate::support::tus::{Tus, id};

/// What stands in the place of an id. `VICTIM` is the id of an upload of the same caller.
const IDS: [&str; 18] = [
    "..%2fVICTIM",
    "%2e%2e/VICTIM",
    "%2e%2e%2f%2e%2e%2fcatalogue.sqlite3",
    "..%5cVICTIM",
    "..%252fVICTIM",
    "VICTIM%00",
    "VICTIM%0d%0aX:y",
    "VICTIM/../VICTIM",
    "VICTIM%2f..%2fVICTIM",
    "VICTIM.info",
    "VICTIM.part",
    "VICTIM;x",
    "VICTIM%20",
    "%7BVICTIM%7D",
    "urn:uuid:VICTIM",
    "0x1",
    "-1",
    "'%20OR%201=1--",
];

#[actix_web::test]
async fn nam_20_what_is_no_id_finds_nothing_and_hurts_nobody() {
    let target = Target::start().await;
    let tus = Tus::of(&target).await;
    let url = tus.create("any", 100).await;
    tus.brings(&url, 0, &text(40)).await;
    let victim = id(&url).to_owned();
    let pond = Pond::new(tus.visitor(), "inbox", "any");
    let chunked = pond.place(10).await;
    let stored =
        tus.visitor().store("inbox", "any", longshore::testing::Upload::text("b.txt", "b")).await;
    let kept = stored["id"].as_str().unwrap().to_owned();
    let mut wrong = Vec::new();
    for bad in IDS {
        for (place, of, verbs) in [
            ("/tus/inbox/any/ID", &victim, &["HEAD", "GET", "PATCH", "DELETE"][..]),
            ("/resumable/inbox/any/ID", &victim, &["HEAD", "GET", "PATCH", "DELETE"]),
            ("/filepond/inbox/any?patch=ID", &chunked, &["HEAD", "PATCH"]),
            ("/filepond/inbox/any?load=ID", &kept, &["GET"]),
            ("/filepond/inbox/any?restore=ID", &kept, &["GET"]),
            ("/api/entries/ID", &victim, &["GET", "DELETE"]),
            ("/api/entries/ID/events", &victim, &["GET"]),
            ("/api/files/ID", &kept, &["GET", "DELETE"]),
            ("/_upload/ID/b.txt", &kept, &["GET"]),
            ("/_upload/ID/thumbnail", &kept, &["GET"]),
        ] {
            // Behind a dot FilePond's id has a pass; its owner needs none, and nobody else has this one.
            if place.contains("filepond") && bad.starts_with("VICTIM.") {
                let path = place.replace("ID", &bad.replace("VICTIM", of));
                let verb = Method::from_bytes(verbs[0].as_bytes()).unwrap();
                let answer = target.visitor().send(verb, &path, &[], Vec::new()).await;
                assert_eq!(answer.status, 404, "{path}");
                continue;
            }
            // FilePond's ids are lists, and a space beside a comma is none of theirs.
            if place.contains("filepond") && bad == "VICTIM%20" {
                continue;
            }
            for verb in verbs {
                let path = place.replace("ID", &bad.replace("VICTIM", of));
                let headers = [
                    ("content-length", "0"),
                    ("sec-fetch-site", "same-origin"),
                    ("upload-offset", "40"),
                    ("upload-complete", "?0"),
                    ("content-type", "application/offset+octet-stream"),
                ];
                let mut connection = RawConnection::to(&target).await;
                // As it is: a library would tidy it up.
                tus.raw_on(&mut connection, verb, &path, &headers).await;
                let status = connection.head().await.status;
                if ![400, 404, 405, 415].contains(&status) {
                    wrong.push(format!("{verb} {path}: {status}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    // Nobody was hurt.
    assert_eq!(tus.offset(&url).await, 40);
    tus.brings(&url, 40, &text(100)[40..]).await;
    assert_eq!(target.blob(&victim), text(100));
    assert_eq!(target.blob(&kept), b"b");
    assert_eq!(pond.offset(&chunked).await, 0);
    target.end().await;
}
