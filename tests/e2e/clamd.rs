//! A real ClamAV behind the real binary, with a signature of our own that finds the EICAR test file.
//!
//! `CLAMAV` names a folder into which Debian's packages were unpacked; `scripts/test` does that and runs these tests,
//! which are left out elsewhere because a scanner can't be had everywhere.

use std::fmt::Write as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use awc::Client;
use longshore::testing::{FakeClamd, samples, until, within};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::client::{Live, post};
use crate::server::Server;

const WHY: &str = "needs a ClamAV in CLAMAV; scripts/test has one";

/// A running `clamd`. Dropping it kills it.
struct Clamd {
    child: Child,
    socket: PathBuf,
}

impl Clamd {
    /// One that knows the EICAR test file and nothing else, and takes a megabyte of a stream.
    async fn start(folder: &Path) -> Self {
        let root = std::env::var_os("CLAMAV").map(PathBuf::from).expect(WHY);
        let (database, socket) = (folder.join("database"), folder.join("clamd.ctl"));
        std::fs::create_dir_all(&database).unwrap();
        let hex = FakeClamd::eicar().iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        // Name, kind of file (any), place (anywhere), bytes.
        std::fs::write(database.join("own.ndb"), format!("Longshore.Eicar:0:*:{hex}\n")).unwrap();
        let settings = folder.join("clamd.conf");
        let text = format!(
            "LocalSocket {}\nDatabaseDirectory {}\nForeground yes\nStreamMaxLength 1M\n",
            socket.display(),
            database.display()
        );
        std::fs::write(&settings, text).unwrap();
        let child = Command::new(root.join("usr/sbin/clamd"))
            .arg("-c")
            .arg(&settings)
            .env(
                "LD_LIBRARY_PATH",
                root.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH)),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let started = Self { child, socket };
        until("clamd listens", || UnixStream::connect(&started.socket).is_ok()).await;
        started
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn guarded(data: &Path, socket: &Path, more: &[&str]) -> Server {
    let flags = [&["--clamd", socket.to_str().unwrap()], more].concat();
    Server::start(data, &flags)
}

/// The code of a form's refusal, or `stored`.
async fn by_form(url: &str, name: &str, bytes: &[u8]) -> String {
    let (answer, _) = post(url, name, bytes).await;
    word(&answer["errors"][0])
}

async fn by_page(url: &str, bytes: &[u8]) -> String {
    let mut live = Live::connect(url, "files").await;
    let size = bytes.len() as u64;
    let end = live.upload("a.bin", size, bytes).await;
    word(&end["error"])
}

fn word(error: &Value) -> String {
    error["code"].as_str().unwrap_or("stored").to_owned()
}

/// One request that brings all: tus' creation with upload, or a plain PUT.
async fn at_once(request: awc::ClientRequest, bytes: &[u8]) -> String {
    let mut response = request.send_body(bytes.to_vec()).await.unwrap();
    let body = response.body().await.unwrap();
    if response.status().is_success() {
        return "stored".to_owned();
    }
    // A problem, or a form's answer with a list of them.
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let list = &answer["errors"][0];
    word(if list.is_object() { list } else { &answer })
}

async fn by_tus(url: &str, bytes: &[u8]) -> String {
    let request = Client::default()
        .post(format!("{url}/tus/files/files"))
        .insert_header(("tus-resumable", "1.0.0"))
        .insert_header(("upload-length", bytes.len().to_string()))
        .insert_header(("upload-metadata", "filename YS5iaW4="))
        .insert_header(("content-type", "application/offset+octet-stream"));
    at_once(request, bytes).await
}

async fn by_put(url: &str, bytes: &[u8]) -> String {
    let request = Client::default().put(format!("{url}/resumable/files/files/a.bin"));
    at_once(request, bytes).await
}

/// How many files lie below a folder of the data folder.
fn lying(data: &Path, folder: &str) -> usize {
    let files = |path: PathBuf| std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut count = 0;
    let mut folders = vec![data.join(folder)];
    while let Some(next) = folders.pop() {
        for found in files(next) {
            match found.path() {
                path if path.is_dir() => folders.push(path),
                _ => count += 1,
            }
        }
    }
    count
}

#[actix_web::test]
#[ignore = "needs a ClamAV in CLAMAV; scripts/test has one"]
async fn what_clamav_calls_infected_comes_in_by_no_door() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let clamd = Clamd::start(folder.path()).await;
    let server = guarded(&data, &clamd.socket, &[]);
    let url = server.url.clone();
    let clean = samples::text(300_000);
    let mut infected = samples::text(200_000);
    infected.extend(FakeClamd::eicar());
    infected.extend(samples::text(1_000));
    for (bytes, word) in [(&clean, "stored"), (&infected, "infected")] {
        assert_eq!(by_form(&url, "a.bin", bytes).await, word);
        assert_eq!(by_page(&url, bytes).await, word);
        assert_eq!(by_tus(&url, bytes).await, word);
        assert_eq!(by_put(&url, bytes).await, word);
    }
    assert_eq!(lying(&data, "files"), 4, "what is clean, and nothing else");
    // More than it takes of a stream is more than was looked at.
    let long = samples::text(3_000_000);
    assert_eq!(by_form(&url, "long.txt", &long).await, "check_failed");
    until("the spool is empty", || lying(&data, "spool") == 0).await;
    assert_eq!(lying(&data, "files"), 4);
    assert!(server.terminate().success());
}

#[actix_web::test]
#[ignore = "needs a ClamAV in CLAMAV; scripts/test has one"]
async fn a_clamav_that_hangs_and_dies_lets_nothing_in_and_is_asked_again_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let clamd = Clamd::start(folder.path()).await;
    let socket = clamd.socket.clone();
    let server = guarded(&data, &socket, &[]);
    let url = server.url.clone();
    assert_eq!(by_form(&url, "a.txt", b"hello").await, "stored");
    // It takes the connection and says nothing; then it is killed in the middle of the scan.
    clamd.signal(Signal::STOP);
    let dying = async {
        until("the file waits for its verdict", || lying(&data, "spool") == 1).await;
        drop(clamd);
    };
    // Too long to be kept in memory until it is published.
    let long = samples::text(100_000);
    let (word, ()) = tokio::join!(by_page(&url, &long), dying);
    assert_eq!(word, "check_failed");
    // Nobody is there.
    assert_eq!(by_form(&url, "a.txt", b"hello").await, "check_failed");
    assert_eq!(lying(&data, "files"), 1);
    until("the spool is empty", || lying(&data, "spool") == 0).await;
    let back = Clamd::start(folder.path()).await;
    assert_eq!(by_form(&url, "a.txt", b"hello").await, "stored");
    assert_eq!(by_form(&url, "a.txt", &FakeClamd::eicar()).await, "infected");
    // One that hangs is given up when its time is over; who prefers that lets files in.
    back.signal(Signal::STOP);
    let other = folder.path().join("other");
    let open = ["--check-failure", "open", "--check-timeout", "300ms"];
    let lenient = guarded(&other, &socket, &open);
    let word = within("an answer", by_form(&lenient.url, "a.txt", b"hello")).await;
    assert_eq!(word, "stored");
    let closed = guarded(&folder.path().join("third"), &socket, &open[2..]);
    let word = within("an answer", by_form(&closed.url, "a.txt", b"hello")).await;
    assert_eq!(word, "check_failed");
}
