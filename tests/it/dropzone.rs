//! Dropzone: chunks in any order, at once and twice, and what makes no sense as one.

/// A client that speaks as Dropzone does.
pub(crate) mod drop;
/// Chunks that don't fit together.
mod odd;
/// Chunks that stop in their middle.
mod paused;
/// Chunks that can't be removed.
mod removed;

use actix_web::http::Method;
use longshore::testing::samples::{jpeg, program, sha256, text};
use longshore::testing::{
    Fault, Faults, FaultyCatalogue, FaultyStore, FrailStore, MemoryCatalogue, Operation, until,
};

use serde_json::Value;

use self::drop::Drop;
use crate::support::{Form, TestApp, Upload};

fn book() -> Upload {
    Upload::bytes("buch.txt", text(250_000))
}

const UUID: &str = "5f1a7a9e-6a1e-4b56-9d0e-1c6f2b7f0a11";

#[actix_web::test]
async fn a_file_without_chunks_is_a_form_as_any() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    for page in ["inbox", "desk"] {
        let drop = Drop::new(&visitor, page, UUID);
        let json = drop.whole("file", &[&book()]).await.json();
        assert_eq!(
            (&json["success"], &json["files"][0]["name"]),
            (&true.into(), &"buch.txt".into())
        );
    }
    // With `uploadMultiple`, and with a `paramName` of the page's.
    let drop = Drop::new(&visitor, "inbox", UUID);
    let json = drop.whole("file", &[&book(), &book()]).await.json();
    assert_eq!(json["files"].as_array().unwrap().len(), 2);
    let refused = drop.whole("pictures", &[&book()]).await;
    assert_eq!(refused.status, 415);
    let json = refused.json();
    assert_eq!(json["error"], json["errors"][0]["message"], "Dropzone shows `error`");
    app.end().await;
}

#[actix_web::test]
async fn chunks_come_in_any_order_and_twice() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    for (page, order) in [
        ("inbox", vec![0, 1, 2]),
        ("inbox", vec![2, 1, 0]),
        ("desk", vec![1, 1, 0, 1, 0, 2]),
        ("desk", vec![2, 0, 2, 1]),
    ] {
        let uuid = format!("{UUID}-{order:?}");
        let drop = Drop::new(&visitor, page, &uuid);
        let before = visitor.listed().await.len();
        let mut stored = Value::Null;
        for (sent, index) in order.iter().enumerate() {
            let answer = drop.chunk(&book(), *index, 100_000).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let json = answer.json();
            assert_eq!(json["success"], true, "{json}");
            let last = sent + 1 == order.len();
            assert_eq!(json["files"].as_array().unwrap().len(), usize::from(last), "{json}");
            stored = json["files"][0].clone();
        }
        assert_eq!(stored["sha256"], *sha256(book().contents()));
        assert_eq!(stored["name"], "buch.txt");
        assert_eq!(visitor.listed().await.len(), before + 1);
        assert_eq!(visitor.get(stored["url"].as_str().unwrap()).await.body, book().contents());
        // An answer was lost, and the chunk comes again: it is one file all the same.
        for index in [2, 0] {
            let again = drop.chunk(&book(), index, 100_000).await.json();
            assert_eq!(again["files"][0]["id"], stored["id"], "{again}");
        }
        assert_eq!(visitor.listed().await.len(), before + 1);
    }
    app.end().await;
}

#[actix_web::test]
async fn chunks_that_come_all_at_once_make_one_file() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let drop = Drop::new(&visitor, "inbox", UUID);
    let file = book();
    let all = (0..25).map(|index| drop.chunk(&file, index, 10_000));
    let answers = futures_util::future::join_all(all).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(visitor.listed().await.len(), 1);
    assert_eq!(visitor.listed().await[0]["sha256"], *sha256(file.contents()));
    app.end().await;
}

#[actix_web::test]
async fn a_file_of_one_chunk_and_one_of_full_chunks_are_whole() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let drop = Drop::new(&visitor, "inbox", UUID);
    let json = drop.all(&Upload::bytes("one.txt", text(100)), 1_000).await.unwrap();
    assert_eq!(json["files"][0]["size"], 100);
    let drop = Drop::new(&visitor, "inbox", "another");
    let json = drop.all(&Upload::bytes("full.txt", text(3_000)), 1_000).await.unwrap();
    assert_eq!(json["files"][0]["sha256"], *sha256(&text(3_000)));
    app.end().await;
}

#[actix_web::test]
async fn a_picture_that_the_browser_made_smaller_is_as_long_as_its_chunks() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let drop = Drop::new(&visitor, "inbox", UUID).of_a_file_of(900_000);
    let picture = Upload::bytes("a.jpg", jpeg(25_000));
    // `dztotalfilesize` would be too large for the slot; it isn't what comes.
    let json = drop.named("pictures").all(&picture, 10_000).await.unwrap();
    assert_eq!(
        (&json["files"][0]["size"], &json["files"][0]["type"]),
        (&25_000.into(), &"image/jpeg".into())
    );
    app.end().await;
}

#[actix_web::test]
async fn a_file_is_refused_with_its_first_chunk_if_that_can_be_known() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let pictures = |uuid| Drop::new(&visitor, "inbox", uuid).named("pictures");
    for (what, file, code) in [
        ("kind", Upload::bytes("a.txt", text(30_000)), "not_accepted"),
        ("size", Upload::bytes("a.jpg", jpeg(100_001)), "too_large"),
        ("name", Upload::bytes("..", jpeg(30_000)), "invalid_name"),
    ] {
        let answer = pictures(what).chunk(&file, 1, 10_000).await;
        assert_eq!(answer.json()["errors"][0]["code"], code, "{what}");
        assert!(answer.json()["error"].is_string() && answer.status >= 400);
    }
    assert!(app.spool().is_empty(), "{:?}", app.spool());
    // So many chunks can't be a file that fits, whatever its length is said to be.
    let many = pictures("many").of_a_file_of(1);
    let answer = many.chunk(&Upload::bytes("a.jpg", jpeg(130_000)), 0, 10_000).await;
    assert_eq!(answer.json()["errors"][0]["code"], "too_large");
    // Content is looked at when it is all there, and is refused each time it comes.
    let fake = Upload::bytes("a.jpg", [program(), text(25_000)].concat());
    for index in [0, 1, 2, 2, 0] {
        let answer = pictures("fake").chunk(&fake, index, 10_000).await;
        if answer.status != 200 {
            assert_eq!(answer.json()["errors"][0]["code"], "content_mismatch");
        } else {
            assert!(index < 2);
        }
    }
    assert!(visitor.listed().await.is_empty());
    app.stop().await;
}

#[actix_web::test]
async fn chunks_without_a_cookie_find_each_other_and_no_others() {
    let app = TestApp::start().await;
    let file = book();
    let mut last = None;
    for index in [1, 0, 2] {
        let stranger = app.visitor();
        let answer = Drop::new(&stranger, "inbox", UUID).chunk(&file, index, 100_000).await;
        // Only the last one tells who they are now: a cookie for each would part them.
        assert_eq!(answer.header("set-cookie").is_some(), index == 2, "{index}");
        last = Some((stranger, answer));
    }
    let (owner, answer) = last.unwrap();
    let url = answer.json()["files"][0]["url"].as_str().unwrap().to_owned();
    assert_eq!(owner.get(&url).await.body, file.contents());
    assert_eq!(app.visitor().get(&url).await.status, 404);
    // A page that gets a cookie in the middle goes on.
    for (index, with_cookie) in [(0, false), (1, true), (2, true)] {
        let stranger = app.visitor();
        if with_cookie {
            stranger.get("/inbox").await;
        }
        let answer = Drop::new(&stranger, "inbox", "half").chunk(&file, index, 100_000).await;
        assert_eq!(answer.json()["files"].as_array().unwrap().len(), usize::from(index == 2));
    }
    app.end().await;
}

#[actix_web::test]
async fn the_same_name_of_two_callers_is_two_files() {
    let app = TestApp::start().await;
    let (one, other) = (app.visitor(), app.visitor());
    one.get("/inbox").await;
    other.get("/inbox").await;
    let (ours, theirs) = (book(), Upload::bytes("theirs.txt", text(210_000)));
    for index in 0..3 {
        for (visitor, file) in [(&one, &ours), (&other, &theirs)] {
            let answer = Drop::new(visitor, "inbox", UUID).chunk(file, index, 100_000).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
    }
    assert_eq!(one.listed().await[0]["sha256"], *sha256(ours.contents()));
    assert_eq!(other.listed().await[0]["sha256"], *sha256(theirs.contents()));
    app.end().await;
}

#[actix_web::test]
async fn chunks_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let app = TestApp::with(|builder| builder.data(&data)).await;
    let visitor = app.visitor();
    visitor.get("/desk").await;
    for index in [2, 0] {
        let answer = Drop::new(&visitor, "desk", UUID).chunk(&book(), index, 100_000).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let cookie = visitor.cookie().unwrap();
    app.stop().await;
    let app = TestApp::with(|builder| builder.data(&data)).await;
    let visitor = app.visitor().with_cookie(&cookie);
    let drop = Drop::new(&visitor, "desk", UUID);
    let json = drop.chunk(&book(), 0, 100_000).await.json();
    assert_eq!(json["files"].as_array().unwrap().len(), 0, "{json}");
    let json = drop.chunk(&book(), 1, 100_000).await.json();
    assert_eq!(json["files"][0]["sha256"], *sha256(book().contents()), "{json}");
    app.end().await;
}

#[actix_web::test]
async fn a_form_of_another_site_may_bring_no_chunk() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    for origin in [Some("https://evil.example"), None] {
        let stranger = visitor.coming_from(origin);
        let answer = Drop::new(&stranger, "inbox", UUID).chunk(&book(), 0, 100_000).await;
        assert_eq!(answer.status, 403, "{}", answer.text());
    }
    let kind = Form::content_type();
    let cut = Drop::form("file", &book(), 0, 100_000, UUID, None).cut_off();
    let answer = visitor.try_send(Method::POST, "/inbox", &[("content-type", &kind)], cut).await;
    assert!(answer.is_none_or(|answer| answer.status >= 400));
    let json = Drop::new(&visitor, "inbox", UUID).all(&book(), 100_000).await.unwrap();
    assert_eq!(json["files"][0]["sha256"], *sha256(book().contents()));
    app.end().await;
}

#[actix_web::test]
async fn chunks_that_a_dying_process_has_joined_and_not_removed_make_no_second_file() {
    let folder = tempfile::tempdir().unwrap();
    let faults = Faults::none();
    let store = FaultyStore::sharing(FrailStore::new(), faults.clone());
    let catalogue = FaultyCatalogue::sharing(MemoryCatalogue::new(), faults.clone());
    let start = || {
        TestApp::with(|builder| {
            let builder = builder.data(folder.path().join("data"));
            builder.store(store.clone()).catalogue(catalogue.clone())
        })
    };
    let app = start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let chunks = 3;
    for nth in 1..=chunks {
        faults.of(Operation::Forget, nth, Fault::Broken);
        // And when it is tried once more.
        faults.of(Operation::Abort, 2 * nth - 1, Fault::Broken);
        faults.of(Operation::Abort, 2 * nth, Fault::Broken);
    }
    let drop = Drop::new(&visitor, "inbox", UUID);
    let json = drop.all(&book(), 100_000).await.unwrap();
    let id = json["files"][0]["id"].clone();
    until("no chunk is removed", || faults.seen(Operation::Abort) >= 2 * chunks).await;
    let cookie = visitor.cookie().unwrap();
    app.abandon().await;

    let app = start().await;
    let visitor = app.visitor().with_cookie(&cookie);
    let json = Drop::new(&visitor, "inbox", UUID).chunk(&book(), 2, 100_000).await.json();
    assert_eq!(json["files"][0]["id"], id, "{json}");
    assert_eq!(visitor.listed().await.len(), 1);
    until("the chunks are gone", || store.inner().unfinished().is_empty()).await;
    app.stop().await;
}
