//! TUS: what only uploads that go on can be asked, by tus, by the draft and by FilePond. Each rule of the protocols has its
//! own test in the door's folder; these are the attacks.

mod races;

use longshore::testing::raw::RawConnection;
use longshore::testing::samples::text;
use tokio::net::TcpListener;

use super::oracle::Target;
use crate::support::tus::{BYTES, Tus, id, metadata};

const PARTIAL: (&str, &str) = ("upload-concat", "partial");

/// Nothing of the machine is told: no path, no name of a table or of a source file.
fn tells_nothing(what: &str, answer: &str, target: &Target) {
    let data = target.data();
    let lower = answer.to_lowercase();
    for inside in [
        &*data.to_string_lossy(),
        &*data.parent().unwrap().to_string_lossy(),
        "/tmp",
        "/root",
        "spool",
        "sqlite",
        ".rs:",
        "src/",
        "os error",
        "panicked",
    ] {
        assert!(!lower.contains(&inside.to_lowercase()), "{what} tells `{inside}`: {answer}");
    }
}

#[actix_web::test]
async fn tus_01_an_id_that_climbs_reaches_no_file() {
    let target = Target::start().await;
    let tus = Tus::of(&target).await;
    let url = tus.create("any", 10).await;
    tus.brings(&url, 0, b"half ").await;
    for place in ["/tus/inbox/any", "/resumable/inbox/any"] {
        for path in [
            "..%2f..%2f..%2fetc%2fpasswd",
            "%2e%2e%2f%2e%2e%2fsecret",
            "..%5c..%5csecret",
            "../../secret",
            "%2fetc%2fpasswd",
            "....//....//secret",
            "secret%00",
        ] {
            for method in ["HEAD", "GET", "PATCH", "DELETE"] {
                let mut connection = RawConnection::to(&target).await;
                let headers = [
                    BYTES,
                    ("sec-fetch-site", "same-origin"),
                    ("upload-offset", "5"),
                    ("content-length", "0"),
                ];
                tus.raw_on(&mut connection, method, &format!("{place}/{path}"), &headers).await;
                let answer = connection.head().await;
                assert_eq!(answer.status, 404, "{method} {place}/{path}");
            }
        }
    }
    assert_eq!(tus.offset(&url).await, 5);
    assert!(target.data().join("secret").exists());
    target.end().await;
}

/// A finished part, to stand in a list beside what is none.
async fn part(tus: &Tus) -> String {
    let url = tus.create_with("any", &[PARTIAL, ("upload-length", "4")]).await;
    tus.brings(&url, 0, b"part").await;
    url
}

#[actix_web::test]
async fn tus_02_a_list_of_parts_that_climbs_joins_nothing() {
    let target = Target::start().await;
    let tus = Tus::of(&target).await;
    let part = part(&tus).await;
    let bare = id(&part);
    for list in [
        "../../etc/passwd".to_owned(),
        "/tus/inbox/any/../../../../etc/passwd".to_owned(),
        "%2e%2e/%2e%2e/etc/passwd".to_owned(),
        format!("/tus/inbox/any/%2e%2e%2fany%2f{bare}"),
        bare.to_owned(),
        format!("{part} ../../etc/passwd"),
        format!("{part}/../{bare}"),
        "file:///etc/passwd".to_owned(),
        " ".to_owned(),
    ] {
        let concat = format!("final;{list}");
        let answer = tus.post("any", &[("upload-concat", &concat)], b"").await;
        assert_eq!(answer.status, 400, "{list}: {}", answer.text());
        tells_nothing(&list, &answer.text(), &target);
    }
    tus.nothing_is_stored().await;
    target.end().await;
}

#[actix_web::test]
async fn tus_03_a_part_elsewhere_is_not_fetched() {
    let target = Target::start().await;
    let tus = Tus::of(&target).await;
    let part = part(&tus).await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = elsewhere.local_addr().unwrap();
    for url in [
        format!("http://{address}{part}"),
        format!("http://{address}/x"),
        format!("//{address}{part}"),
        format!("http://localhost:{}{part}", address.port()),
        format!("{}@{address}{part}", target.origin()),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[::1]/x".to_owned(),
    ] {
        for list in [url.clone(), format!("{part} {url}")] {
            let concat = format!("final;{list}");
            let answer = tus.post("any", &[("upload-concat", &concat)], b"").await;
            assert_eq!(answer.status, 400, "{list}: {}", answer.text());
        }
    }
    // Whoever connects waits in the queue of the listener until it is asked.
    let come = futures_util::FutureExt::now_or_never(elsewhere.accept());
    assert!(come.is_none(), "somebody came: {come:?}");
    target.end().await;
}

#[actix_web::test]
async fn tus_05_metadata_become_no_header_and_no_key_comes_twice() {
    let target = Target::start().await;
    let tus = Tus::of(&target).await;
    for (key, value) in [
        ("filename", "a\r\nSet-Cookie: evil=1\r\n\r\n<script>.txt"),
        ("Set-Cookie", "evil=1"),
        ("Location", "http://evil.example/"),
        ("filetype", "text/plain\r\nSet-Cookie: evil=1"),
        ("relativePath", "d/a\r\nX-Evil: 1.txt"),
    ] {
        let said = metadata(&[(key, value)]);
        let headers = [("upload-length", "4"), ("upload-metadata", &*said)];
        let created = tus.post("any", &headers, b"").await;
        assert_eq!(created.status, 201, "{key}: {}", created.text());
        let url = created.header("location").unwrap().to_owned();
        assert!(url.starts_with("/tus/inbox/any/"), "{key}: {url}");
        let asked = tus.head(&url).await;
        tus.brings(&url, 0, b"text").await;
        let listed = tus.visitor().listed().await;
        let got = tus.visitor().get(listed[0]["url"].as_str().unwrap()).await;
        for answer in [&created, &asked, &got] {
            for (name, line) in &answer.headers {
                let line = String::from_utf8_lossy(line.as_bytes()).into_owned();
                let injected = name == "x-evil" || (name == "set-cookie" && line.contains("evil"));
                assert!(!injected && !line.contains(['\r', '\n']), "{key}: {name}: {line}");
            }
        }
    }
    for twice in ["filename YQ==,filename Yg==", "a YQ==,b YQ==,a YQ=="] {
        let headers = [("upload-length", "4"), ("upload-metadata", twice)];
        tus.post("any", &headers, b"").await.is_problem(400, "invalid_message");
    }
    target.end().await;
}

#[actix_web::test]
async fn tus_10_a_wrong_checksum_leaves_nothing_and_the_right_bytes_are_taken_afterwards() {
    let target = Target::start().await;
    let tus = Tus::of(&target).await;
    let whole = text(50_000);
    let url = tus.create("any", 50_000).await;
    // SHA-1 of nothing.
    let wrong = [("upload-checksum", "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=")];
    for at in [0, 20_000] {
        for _ in 0..3 {
            let piece = &whole[at..at + 20_000];
            let answer = tus.patch_with(&url, at as u64, &wrong, piece).await;
            answer.is_problem(460, "checksum_mismatch");
            assert_eq!(tus.offset(&url).await, at as u64);
        }
        tus.brings(&url, at as u64, &whole[at..at + 20_000]).await;
    }
    tus.brings(&url, 40_000, &whole[40_000..]).await;
    assert_eq!(tus.stored().await, whole);
    target.end().await;
}

#[actix_web::test]
async fn tus_14_a_refusal_tells_nothing_of_the_machine() {
    let target = Target::start().await;
    let visitor = target.visitor();
    visitor.get("inbox").await;
    let tus = Tus::by(&visitor);
    let url = tus.create("any", 10).await;
    let draft = [("upload-complete", "?0"), ("content-disposition", "inline; filename=\"a\"")];
    let begun =
        visitor.send(actix_web::http::Method::POST, "/resumable/inbox/any", &draft, Vec::new());
    let begun = begun.await.header("location").unwrap().to_owned();
    let append = [
        ("content-type", "application/partial-upload"),
        ("upload-offset", "7"),
        ("upload-complete", "?0"),
    ];
    let answers = [
        tus.patch(&url, 7, b"x").await,
        tus.patch(&url, 0, &text(50)).await,
        tus.patch("/tus/inbox/any/x", 0, b"x").await,
        tus.post("any", &[("upload-concat", "final;/x")], b"").await,
        visitor.send(actix_web::http::Method::PATCH, &begun, &append, b"x".to_vec()).await,
        visitor.get("/resumable/inbox/any/x").await,
        visitor.get("/filepond/inbox/any?load=..%2f..%2fsecret").await,
        visitor.get("/_upload/x/..%2fsecret").await,
        visitor.get("/api/files/..%2fsecret").await,
        visitor.get("/api/files?cursor=..%2fsecret").await,
    ];
    for answer in answers {
        assert!((400..500).contains(&answer.status), "{}: {}", answer.status, answer.text());
        assert!(answer.json()["code"].is_string(), "{}", answer.text());
        tells_nothing("an answer", &answer.text(), &target);
        for (name, line) in &answer.headers {
            tells_nothing(name.as_str(), &String::from_utf8_lossy(line.as_bytes()), &target);
        }
    }
    target.end().await;
}
