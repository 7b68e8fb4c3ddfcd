//! Upload-Concat: parts that are joined to one file.

use actix_web::http::Method;
use longshore::Secret;
use longshore::testing::samples::text;
use longshore::testing::{
    Fault, Faults, FaultyCatalogue, FaultyStore, FrailStore, MemoryCatalogue,
};
use uuid::Uuid;

use crate::support::TestApp;
use crate::support::tus::{BYTES, TUS, Tus, id, metadata};

const PARTIAL: (&str, &str) = ("upload-concat", "partial");

/// A whole part.
async fn part(client: &Tus, slot: &str, bytes: &[u8]) -> String {
    let length = bytes.len().to_string();
    let url = client.create_with(slot, &[PARTIAL, ("upload-length", &length)]).await;
    if !bytes.is_empty() {
        client.brings(&url, 0, bytes).await;
    }
    url
}

fn list(parts: &[&String]) -> String {
    let parts: Vec<&str> = parts.iter().map(|part| part.as_str()).collect();
    format!("final;{}", parts.join(" "))
}

async fn join(client: &Tus, slot: &str, concat: &str) -> longshore::testing::Answer {
    client.post(slot, &[("upload-concat", concat)], b"").await
}

/// CO-01, CO-02, CO-03, CO-04, CO-08, CO-18
#[actix_web::test]
async fn parts_are_joined_in_the_order_of_the_list() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let (hello, world) =
        (part(&client, "any", b"hello ").await, part(&client, "any", b"world").await);
    let nothing = part(&client, "any", b"").await;
    client.nothing_is_stored().await;
    let head = client.head(&hello).await;
    assert_eq!(head.header("upload-concat"), Some("partial"));
    assert_eq!(
        (head.header("upload-offset"), head.header("upload-length")),
        (Some("6"), Some("6"))
    );
    for (parts, whole) in [
        (vec![&hello, &world], "hello world"),
        (vec![&world, &hello], "worldhello "),
        (vec![&hello, &hello], "hello hello "),
        (vec![&nothing, &world, &nothing], "world"),
    ] {
        let concat = list(&parts);
        let answer = join(&client, "any", &concat).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let url = answer.header("location").unwrap();
        let head = client.head(url).await;
        let length = whole.len().to_string();
        // The offset is there at once, for the parts are joined when this is answered.
        assert_eq!(head.header("upload-length"), Some(&*length));
        assert_eq!(head.header("upload-offset"), Some(&*length));
        assert_eq!(head.header("upload-concat"), Some(&*concat));
        assert_eq!(client.stored().await, whole.as_bytes());
        assert_eq!(client.send("DELETE", url, &[], b"").await.status, 204);
    }
    assert_eq!(client.offset(&hello).await, 6, "the parts are as they were");
    app.stop().await;
}

/// CO-02: parts that come side by side, larger than what is kept in memory.
#[actix_web::test]
async fn large_parts_come_side_by_side() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let whole = text(6_000_000);
    let mut parts = Vec::new();
    for piece in whole.chunks(2_000_000) {
        let url = client
            .create_with("large", &[PARTIAL, ("upload-length", &piece.len().to_string())])
            .await;
        parts.push((url, piece));
    }
    let bring = parts.iter().map(|(url, piece)| client.brings(url, 0, piece));
    futures_util::future::join_all(bring).await;
    let urls: Vec<&String> = parts.iter().map(|(url, _)| url).collect();
    let said = metadata(&[("filename", "whole.txt")]);
    let headers = [("upload-concat", &*list(&urls)), ("upload-metadata", &said)];
    let answer = client.post("large", &headers, b"").await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(client.stored().await == whole);
    assert_eq!(client.visitor().listed().await[0]["name"], "whole.txt");
    app.stop().await;
}

/// CO-05, CO-14
#[actix_web::test]
async fn a_list_that_is_none_creates_nothing() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let one = part(&client, "any", b"hello").await;
    let good = list(&[&one]);
    for more in [("upload-length", "5"), ("upload-defer-length", "1")] {
        let answer = client.post("any", &[("upload-concat", &*good), more], b"").await;
        answer.is_problem(400, "invalid_message");
    }
    let answer = client.post("any", &[("upload-concat", &*good), BYTES], b"x").await;
    answer.is_problem(400, "invalid_message");
    let (spaced, doubled) = (format!("final; {one}"), format!("final;{one}  {one}"));
    let many = format!("final;{}", vec![one.as_str(); 10_001].join(" "));
    for bad in ["final", "final;", "Partial", "", "final,x", &spaced, &doubled] {
        let headers = [("upload-concat", bad), ("upload-length", "5")];
        client.post("any", &headers, b"").await.is_problem(400, "invalid_message");
    }
    let twice = [("upload-concat", &*good), ("upload-concat", &*good)];
    client.post("any", &twice, b"").await.is_problem(400, "invalid_message");
    // Ten thousand don't even fit into the head of a request. Its connection ends, and the answer doesn't announce it
    // (actix-http), so that it must not be the one that the next request takes.
    let headers = [TUS, ("upload-concat", &*many)];
    let apart = client.visitor().reconnected();
    let refused = apart.try_send(Method::POST, "/tus/inbox/any", &headers, Vec::new());
    assert!(refused.await.is_none_or(|answer| [400, 431].contains(&answer.status)));
    client.nothing_is_stored().await;
    app.is_alive().await;
    app.stop().await;
}

/// CO-06
#[actix_web::test]
async fn a_joined_upload_takes_no_bytes() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let one = part(&client, "any", b"hello").await;
    let answer = join(&client, "any", &list(&[&one])).await;
    let url = answer.header("location").unwrap();
    for at in [0, 5] {
        client.patch(url, at, b"x").await.is_problem(403, "forbidden");
    }
    assert_eq!((client.offset(url).await, client.offset(&one).await), (5, 5));
    assert_eq!(client.stored().await, b"hello");
    app.stop().await;
}

/// CO-07, CO-11, CO-12, CO-13
#[actix_web::test]
async fn only_whole_parts_of_ones_own_are_joined() {
    let app = TestApp::start().await;
    let (client, other) = (Tus::of(&app).await, Tus::of(&app).await);
    let whole = part(&client, "any", b"hello").await;
    let unfinished = client.create_with("any", &[PARTIAL, ("upload-length", "9")]).await;
    let unsaid = client.create_with("any", &[PARTIAL, ("upload-defer-length", "1")]).await;
    let foreign = part(&other, "any", b"theirs").await;
    let elsewhere = part(&client, "large", b"elsewhere").await;
    let ordinary = client.create("any", 4).await;
    let gone = part(&client, "any", b"gone").await;
    assert_eq!(client.send("DELETE", &gone, &[], b"").await.status, 204);
    let joined = join(&client, "any", &list(&[&whole])).await;
    let joined = joined.header("location").unwrap().to_owned();
    let unknown = format!("/tus/inbox/any/{}", Uuid::now_v7());
    for (bad, statuses) in [
        (&unfinished, &[400][..]),
        (&unsaid, &[400]),
        (&foreign, &[404]),
        (&elsewhere, &[400]),
        (&ordinary, &[400]),
        (&joined, &[400]),
        (&gone, &[404, 410]),
        (&unknown, &[404]),
    ] {
        let answer = join(&client, "any", &list(&[&whole, bad])).await;
        assert!(statuses.contains(&answer.status), "{bad}: {}", answer.text());
        assert_eq!(answer.header("location"), None);
    }
    assert_eq!(client.stored().await, b"hello", "nothing else was created");
    app.stop().await;
}

/// CO-09
#[actix_web::test]
async fn what_parts_were_called_counts_for_nothing() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let said = metadata(&[("filename", "part.txt"), ("filetype", "text/plain")]);
    let headers = [PARTIAL, ("upload-length", "5"), ("upload-metadata", &said)];
    let one = client.create_with("any", &headers).await;
    client.brings(&one, 0, b"hello").await;
    let answer = join(&client, "any", &list(&[&one])).await;
    let url = answer.header("location").unwrap();
    assert_eq!(client.head(url).await.header("upload-metadata"), None);
    assert_eq!(client.visitor().listed().await[0]["name"], "file");
    app.stop().await;
}

/// CO-10
#[actix_web::test]
async fn a_part_may_have_an_absolute_address_on_this_server_only() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let one = part(&client, "any", b"hello").await;
    let (here, path) = (app.origin(), one.split_once("/tus/").unwrap().1);
    for good in [format!("{here}{one}"), format!("{}{one}", here.to_uppercase())] {
        let answer = join(&client, "any", &list(&[&good])).await;
        assert_eq!(answer.status, 201, "{good}: {}", answer.text());
    }
    for bad in [
        format!("http://evil.example{one}"),
        format!("http://evil.example/tus/{path}"),
        format!("//evil.example{one}"),
        format!("{here}@evil.example{one}"),
        format!("{here}/tus/inbox/large/{}", id(&one)),
        format!("{here}/tus/desk/any/{}", id(&one)),
        format!("/tus/inbox/any/../any/{}", id(&one)),
        "http://127.0.0.1:1/x".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let answer = join(&client, "any", &list(&[&bad])).await;
        assert_eq!(answer.status, 400, "{bad}");
    }
    app.stop().await;
}

/// CO-11: whoever keeps no cookies is somebody new with each request, and shows by passes that parts are theirs.
#[actix_web::test]
async fn who_keeps_no_cookies_joins_parts_by_their_passes() {
    let app = TestApp::start().await;
    let client = Tus::without_cookies(&app);
    let (hello, world) =
        (part(&client, "any", b"hello ").await, part(&client, "any", b"world").await);
    let answer = join(&client, "any", &list(&[&hello, &world, &hello])).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let url = answer.header("location").unwrap();
    assert_eq!(client.offset(url).await, 17);
    assert_eq!(app.blob(id(url)), b"hello worldhello ");
    // A pass opens its own upload only.
    let bare = hello.split('?').next().unwrap().to_owned();
    let forged = format!("{world}x");
    for parts in [[&hello, &bare], [&bare, &hello], [&hello, &forged], [&bare, &bare]] {
        assert_eq!(join(&client, "any", &list(&parts)).await.status, 404, "{parts:?}");
    }
    app.stop().await;
}

/// CO-15
#[actix_web::test]
async fn together_the_parts_are_no_larger_than_the_slot_allows() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let said = metadata(&[("filename", "a.txt")]);
    let one = part(&client, "sized", &text(60)).await;
    let headers = [("upload-concat", &*list(&[&one, &one])), ("upload-metadata", &said)];
    client.post("sized", &headers, b"").await.is_problem(413, "too_large");
    let headers = [("upload-concat", &*list(&[&one])), ("upload-metadata", &said)];
    assert_eq!(client.post("sized", &headers, b"").await.status, 201);
    let long = [PARTIAL, ("upload-length", "101")];
    client.post("sized", &long, b"").await.is_problem(413, "too_large");
    app.stop().await;
}

/// TE-07
#[actix_web::test]
async fn a_part_that_is_deleted_takes_nothing_from_the_file() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let one = part(&client, "any", b"hello").await;
    let answer = join(&client, "any", &list(&[&one])).await;
    assert_eq!(client.send("DELETE", &one, &[], b"").await.status, 204);
    assert_eq!(client.head(&one).await.status, 404);
    assert_eq!(client.offset(answer.header("location").unwrap()).await, 5);
    assert_eq!(client.stored().await, b"hello");
    app.end().await;
}

/// CO-16, CO-17
#[actix_web::test]
async fn whatever_breaks_while_parts_are_joined_leaves_the_parts_as_they_were() {
    let faults = Faults::none();
    let store = FaultyStore::sharing(FrailStore::new(), faults.clone());
    let catalogue = FaultyCatalogue::sharing(MemoryCatalogue::new(), faults.clone());
    let serve = || {
        TestApp::with(|builder| {
            let builder = builder.store(store.clone()).catalogue(catalogue.clone());
            builder.secret(Secret::new([7; 64]))
        })
    };
    let app = serve().await;
    let client = Tus::of(&app).await;
    let whole = text(40_000);
    let parts = [
        part(&client, "any", &whole[..20_000]).await,
        part(&client, "any", &whole[20_000..]).await,
    ];
    let concat = list(&[&parts[0], &parts[1]]);
    let before = faults.count();
    let answer = join(&client, "any", &concat).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let operations = faults.count() - before;
    client.send("DELETE", answer.header("location").unwrap(), &[], b"").await;
    for fault in [Fault::NoSpace, Fault::Broken] {
        for nth in 1..=operations {
            faults.at(faults.count() + nth, fault);
            let answer = join(&client, "any", &concat).await;
            faults.heal();
            match answer.status {
                // What broke was not needed for the file.
                201 => {
                    drop(client.send("DELETE", answer.header("location").unwrap(), &[], b"").await)
                }
                status => {
                    assert!([500, 507].contains(&status), "{fault:?} {nth}: {}", answer.text())
                }
            }
            client.nothing_is_stored().await;
            for part in &parts {
                assert_eq!(client.offset(part).await, 20_000, "{fault:?} {nth}");
            }
        }
    }
    let cookie = client.visitor().cookie().unwrap();
    app.stop().await;
    let app = serve().await;
    let client = Tus::by(&app.visitor().with_cookie(&cookie));
    client.nothing_is_stored().await;
    assert_eq!(join(&client, "any", &concat).await.status, 201);
    assert_eq!(client.stored().await, whole);
    app.stop().await;
}
