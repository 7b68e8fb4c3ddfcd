//! What is told of a refusal says what a person can do, and nothing of how the server is built or where it runs.

use actix_web::http::Method;
use longshore::testing::raw::RawConnection;
use longshore::testing::{Answer, Form, Upload, samples};

use crate::support::TestApp;
use crate::support::doors::{Outcome, doors_of_few_words, every_door};

/// Words of paths, of sources, of libraries and of system calls.
const INSIDES: [&str; 20] = [
    "/tmp",
    "/root",
    "/home",
    "/var",
    "spool",
    ".part",
    "catalogue",
    "sqlite",
    "SELECT",
    "os error",
    "No such file",
    "Permission denied",
    "panicked",
    "src/",
    ".rs",
    "actix",
    "tokio",
    "serde",
    "rustls",
    "backtrace",
];
const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];
const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

#[track_caller]
fn is_opaque(what: &str, text: &str, app: &TestApp) {
    let data = app.data().to_string_lossy().into_owned();
    for inside in INSIDES.iter().copied().chain([&*data]) {
        assert!(!text.contains(inside), "{what} tells of {inside}: {text}");
    }
}

fn whole(answer: &Answer) -> String {
    let head: Vec<_> =
        answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    format!("{}\n{}", head.join("\n"), answer.text())
}

/// Every path with every method, with bodies and headers that are wrong in one way or another.
async fn ask_for_everything(app: &TestApp) -> usize {
    let visitor = app.visitor();
    let mut refusals = 0;
    let paths = [
        "/",
        "/inbox",
        "/upload",
        "/nowhere",
        "/inbox/ws",
        "/static/x/../../Cargo.toml",
        "/api/files?limit=x&cursor=%00",
        "/api/entries",
        "/tus/inbox/any",
        "/tus/inbox/none",
        "/tus/none/any",
        "/resumable/inbox/any",
        "/filepond/inbox/any",
        "/api/files/x",
        "/_upload/x/y",
    ];
    let ids = [
        "/api/files/",
        "/api/entries/",
        "/tus/inbox/any/",
        "/resumable/inbox/any/",
        "/filepond/inbox/any/",
        "/_upload/",
    ];
    let of_ids = ids.iter().flat_map(|path| {
        [NOBODYS, "..%2f..%2fetc%2fpasswd", "%00", "a"].map(|id| format!("{path}{id}"))
    });
    let form = ("content-type", Form::content_type());
    for path in paths.iter().map(|path| (*path).to_owned()).chain(of_ids) {
        for method in METHODS {
            for headers in [
                vec![],
                vec![("content-type", "application/json"), ("range", "bytes=9-1")],
                vec![("content-type", "multipart/form-data"), ("upload-length", "-1")],
                vec![
                    ("content-type", &*form.1),
                    ("tus-resumable", "1.0.0"),
                    ("upload-length", "x"),
                ],
                vec![("tus-resumable", "0.0.1"), ("upload-offset", "99999999999999999999")],
                vec![
                    ("upload-complete", "yes"),
                    ("upload-draft-interop-version", "8"),
                    ("accept", "text/html"),
                ],
                vec![("origin", "https://evil.example"), ("accept", "text/html")],
            ] {
                let body = b"--x\r\nnonsense".to_vec();
                let Some(answer) = visitor.try_send(method.clone(), &path, &headers, body).await
                else {
                    continue;
                };
                if answer.status >= 400 {
                    is_opaque(&format!("{method} {path} {headers:?}"), &whole(&answer), app);
                    refusals += 1;
                }
            }
        }
    }
    refusals
}

#[actix_web::test]
async fn no_refusal_tells_of_the_insides() {
    let app = TestApp::start().await;
    let refusals = ask_for_everything(&app).await;
    assert!(refusals > 300, "only {refusals} refusals");
    for bytes in
        ["NONSENSE\r\n\r\n", "GET / HTTP/9\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"]
    {
        let mut connection = RawConnection::to(&app).await;
        connection.send_what_goes(bytes.as_bytes()).await;
        if let Some(answer) = connection.try_answer().await {
            is_opaque(
                bytes,
                &format!("{}{}", answer.head, String::from_utf8_lossy(&answer.body)),
                &app,
            );
        }
    }
    app.clock().advance(std::time::Duration::from_secs(30 * 24 * 3_600));
    app.sweep().await;
    app.is_alive().await;
    app.end().await;
}

/// The store fails here with words that have its path in them.
#[actix_web::test]
async fn nor_does_one_that_is_a_fault_of_ours() {
    let app = TestApp::start().await;
    let away = app.data().with_file_name("away");
    let visitor = app.visitor();
    let stored = visitor.store("inbox", "any", Upload::text("a.txt", "hello")).await;
    let files = app.data().join("files");
    let file = files.join(stored["id"].as_str().unwrap());
    std::fs::rename(&file, files.join("gone")).unwrap();
    let lost = visitor.get(stored["url"].as_str().unwrap()).await;
    assert!(lost.status >= 400);
    is_opaque("a lost file", &whole(&lost), &app);
    std::fs::rename(files.join("gone"), &file).unwrap();

    std::fs::rename(app.data(), &away).unwrap();
    for door in every_door().iter().chain(&doors_of_few_words()) {
        let file = Upload::bytes("a.txt", samples::text(20_000));
        if door.can_send("inbox", "any", std::slice::from_ref(&file)) {
            for outcome in door.send(&app.visitor(), "inbox", "any", &[file]).await {
                let Outcome::Refused(code) = outcome else { panic!("{}: stored", door.name()) };
                assert_eq!(code, "storage_error", "{}", door.name());
            }
        }
    }
    let form = Form::new().file("any", "a.txt", b"hello");
    for answer in [
        app.visitor().post("inbox", form).await,
        visitor.submit("inbox", Form::new().file("any", "a.txt", b"x")).await,
    ] {
        is_opaque("a form", &whole(&answer), &app);
    }
    let mut live = app.live().await;
    let refused = live.select("any", Upload::text("a.txt", "hello")).await.unwrap_err();
    is_opaque("a live page", &format!("{refused:?}"), &app);
    drop(live);
    std::fs::rename(&away, app.data()).unwrap();
    for _ in 0..200 {
        if app.uploads().is_ready().await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    app.is_alive().await;
    app.end().await;
}
