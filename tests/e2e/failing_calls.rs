//! Rig T5: system calls that fail. The file that is hit fails with its code and is never synced again, everybody else
//! goes on, and nobody is told of a success that wasn't one.

use std::path::{Path, PathBuf};

use longshore::testing::{Form, LivePage, Selected, Upload, Visitor};

use crate::rig::{Chance, Contents, sha256};
use crate::server::{Launch, Server};
use crate::strace::{Call, Strace};

const SIZE: u64 = 1_500_000;

/// A server, and a bystander who is in the middle of an upload.
struct Scene {
    folder: tempfile::TempDir,
    server: Server,
    visitor: Visitor,
}

/// Where the calls are hit.
#[derive(Clone, Copy)]
enum Place {
    Part,
    SessionFolder,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path(), &[]);
        let visitor = Visitor::at(&server.url);
        visitor.get("/").await;
        Self { folder, server, visitor }
    }

    fn session(&self, page: &LivePage) -> PathBuf {
        self.folder.path().join("spool").join(page.welcome()["session"].as_str().unwrap())
    }

    fn inject(&self, what: &str, place: &Path) -> Strace {
        let call = what.split(':').next().unwrap();
        let (inject, place) = (format!("inject={what}"), place.to_str().unwrap());
        let trace = format!("trace=fdatasync,fsync,{call}");
        Strace::attach(&self.server, &["-P", place, "-e", &trace, "-e", &inject])
    }

    async fn half_sent(&self, page: &mut LivePage, name: &str) -> Selected {
        let upload = Upload::bytes(name, bytes());
        let file = page.select("files", upload).await.unwrap();
        page.send(&file, 50).await;
        page.progressed(&file, 1).await;
        file
    }

    /// The names of the stored files, each of them compared.
    async fn stored(&self) -> Vec<String> {
        let mut names = Vec::new();
        for file in self.visitor.listed().await {
            let answer = self.visitor.get(file["url"].as_str().unwrap()).await;
            assert_eq!(answer.status, 200, "{file}");
            assert_eq!(file["sha256"], sha256(&answer.body), "{file}");
            names.push(file["name"].as_str().unwrap().to_owned());
        }
        names.sort();
        names
    }
}

fn bytes() -> Vec<u8> {
    Contents::new(&mut Chance::new(5), SIZE).all()
}

#[actix_web::test]
async fn a_file_whose_calls_fail_is_refused_and_hurts_nobody_else() {
    let scene = Scene::new().await;
    let cases = [
        ("fdatasync:error=EIO", Place::Part, "storage_error"),
        ("pwritev:error=EIO", Place::Part, "storage_error"),
        ("pwritev:error=ENOSPC", Place::Part, "disk_full"),
        ("pwritev:error=EDQUOT", Place::Part, "disk_full"),
        // A disk that takes nothing must not be asked for ever.
        ("pwritev:retval=0", Place::Part, "storage_error"),
        ("renameat2:error=EIO", Place::SessionFolder, "storage_error"),
        ("openat:error=EMFILE", Place::SessionFolder, "storage_error"),
    ];
    let mut expected = Vec::new();
    for (number, (what, place, code)) in cases.into_iter().enumerate() {
        let mut beside = scene.visitor.live("files").await;
        let good = scene.half_sent(&mut beside, &format!("beside{number}.bin")).await;
        let mut page = scene.visitor.live("files").await;
        // Its folder is there from now on.
        let first = page.upload("files", Upload::text(format!("first{number}.txt"), "first")).await;
        assert!(first.is_complete());
        let opens = what.starts_with("openat");
        let upload = Upload::bytes(format!("bad{number}.bin"), bytes());
        let bad = page.select("files", upload).await.unwrap();
        if !opens {
            page.send(&bad, 50).await;
            page.progressed(&bad, 1).await;
        }
        let strace = scene.inject(
            what,
            &match place {
                Place::Part => scene.session(&page).join(format!("{}.part", bad.id)),
                Place::SessionFolder => scene.session(&page),
            },
        );
        page.send_all(&bad).await;
        let end = page.settled(&bad).await;
        assert_eq!((end.status(), end.code()), ("error", Some(code)), "{what}: {end}");
        // While the call still fails for that file, the other one is finished.
        beside.send_all(&good).await;
        assert!(beside.settled(&good).await.is_complete(), "{what}");
        let calls = strace.detach();
        assert!(calls.iter().any(Call::was_tampered_with), "{what} never happened: {calls:?}");
        assert_no_sync_after_a_failure(&calls);

        let again =
            page.upload("files", Upload::bytes(format!("again{number}.bin"), bytes())).await;
        assert!(again.is_complete(), "{what}: {again}");
        for name in ["again", "beside"] {
            expected.push(format!("{name}{number}.bin"));
        }
        expected.push(format!("first{number}.txt"));
        expected.sort();
        assert_eq!(scene.stored().await, expected, "{what}");
    }
}

/// Where a write began, and how much the kernel said that it took: `pwritev(…, 1, 81920) = 1 (INJECTED)`.
fn write(call: &Call) -> (u64, u64) {
    let (arguments, answer) = call.text.rsplit_once(") ").unwrap();
    let number = |text: &str| text.split_whitespace().next().unwrap().parse().unwrap();
    (
        number(arguments.rsplit(", ").next().unwrap()),
        number(answer.trim_start().trim_start_matches("= ")),
    )
}

#[actix_web::test]
async fn a_write_that_stops_short_goes_on_where_it_stopped() {
    let scene = Scene::new().await;
    let mut page = scene.visitor.live("files").await;
    let file = page.select("files", Upload::bytes("short.bin", bytes())).await.unwrap();
    page.send(&file, 20).await;
    page.progressed(&file, 1).await;
    let part = scene.session(&page).join(format!("{}.part", file.id));
    let strace = scene.inject("pwritev:retval=1:when=1", &part);
    page.send(&file, 90).await;
    page.progressed(&file, 85).await;
    // The kernel was made to lie, so the file has a hole now, and nobody wants it.
    page.cancel(&file).await;
    let calls = strace.detach();
    assert!(calls.iter().any(Call::was_tampered_with), "no write stopped short: {calls:?}");
    let writes: Vec<(u64, u64)> =
        calls.iter().filter(|call| call.is("pwritev")).map(write).collect();
    for two in writes.windows(2) {
        assert_eq!(two[0].0 + two[0].1, two[1].0, "{writes:?}");
    }
}

/// The kernel forgets what it could not write, so a second sync that succeeds would be a lie.
fn assert_no_sync_after_a_failure(calls: &[Call]) {
    let failed = calls.iter().find(|call| call.is_sync() && !call.is_done());
    let Some(failed) = failed else { return };
    let file = failed.text.split(['<', '>']).nth(1).unwrap();
    let again = calls.iter().find(|call| {
        call.is_sync() && call.begun > failed.begun && call.is_on(&format!("<{file}"))
    });
    assert!(again.is_none(), "synced again after {}: {again:?}", failed.text);
}

/// Whatever the server makes of a folder or a log that it can't sync: it tells no lie, it lives, and after a restart
/// everything acknowledged is there.
async fn nobody_is_lied_to(what: &str, place: &str) {
    let mut scene = Scene::new().await;
    let before = scene.visitor.store("files", "files", Upload::bytes("before.bin", bytes())).await;
    assert!(before["url"].is_string());
    let mut page = scene.visitor.live("files").await;
    let bad = scene.half_sent(&mut page, "bad.bin").await;
    let strace = scene.inject(what, &scene.folder.path().join(place));
    page.send_all(&bad).await;
    let end = page.settled(&bad).await;
    assert_eq!((end.status(), end.code()), ("error", Some("storage_error")), "{what}: {end}");
    let calls = strace.detach();
    assert!(calls.iter().any(Call::was_tampered_with), "{what} never happened: {calls:?}");

    // It may take files again, or none before it is started again. Those it takes, it keeps.
    let mut expected = vec!["before.bin".to_owned()];
    let form = Form::new().file("files", "after.bin", bytes());
    let answer = scene.visitor.post("files", form).await;
    if answer.json()["success"] == true {
        expected.insert(0, "after.bin".to_owned());
    }
    assert_eq!(scene.visitor.get("/healthz").await.status, 200);
    assert_eq!(scene.stored().await, expected, "{what}");

    drop(page);
    let bind = scene.server.url.trim_start_matches("http://").to_owned();
    scene.server.kill();
    scene.server = Launch { bind: &bind, ..Launch::on(scene.folder.path()) }.start(&[]);
    scene.visitor = scene.visitor.reconnected();
    assert_eq!(scene.stored().await, expected, "{what}, after a restart");
}

#[actix_web::test]
async fn a_folder_that_can_not_be_synced_makes_no_lie() {
    nobody_is_lied_to("fsync:error=EIO", "files").await;
}

#[actix_web::test]
async fn a_log_that_can_not_be_synced_makes_no_lie() {
    nobody_is_lied_to("fsync:error=EIO", "catalogue.sqlite3-wal").await;
}
