//! Uploads go on where they were, whoever is killed, and whatever becomes of the line.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use longshore::testing::until;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::run::{Home, Ran, end, run, start};
use super::stored::bytes;
use crate::proxy::{Fate, Proxy};
use crate::rig::{Chance, sha256};
use crate::server::{Launch, Server};

/// What the kernel holds of a stalled connection is much less than half of it.
const SIZE: u64 = 40_000_000;
const HALF: u64 = 20_000_000;

/// A server, and a line to it that stalls half-way through the first file and is good afterwards.
struct Scene {
    folder: tempfile::TempDir,
    server: Server,
    proxy: Proxy,
    home: Home,
    file: PathBuf,
    bytes: Vec<u8>,
}

impl Scene {
    async fn new() -> Self {
        let (folder, home) = (tempfile::tempdir().unwrap(), Home::new());
        let server = Server::start(folder.path(), &[]);
        let proxy = Proxy::start(&server.url, vec![Fate::Stall { after: HALF }]).await;
        let bytes = bytes(1, SIZE);
        let file = home.file("a.bin", &bytes);
        Self { folder, server, proxy, home, file, bytes }
    }

    fn url(&self) -> String {
        format!("{}/files", self.proxy.url)
    }

    /// A client that is stuck when the server has what went through.
    async fn stuck(&self) -> Child {
        let child = start(self.home.put(&[&self.file], &self.url()).args(["--jobs", "1"]));
        until("the line to stall", || self.proxy.met().len() == 1).await;
        until("the server to have it", || spooled(self.folder.path()) > HALF / 2).await;
        child
    }

    /// Another run, beside which the proxy can work.
    async fn again(&self) -> Ran {
        let mut command = self.home.put(&[&self.file], &self.url());
        actix_web::web::block(move || run(&mut command)).await.unwrap()
    }
}

/// How much lies unfinished in a server's folder.
fn spooled(folder: &Path) -> u64 {
    let sessions = std::fs::read_dir(folder.join("spool")).into_iter().flatten().flatten();
    let files = sessions.flat_map(|one| std::fs::read_dir(one.path()).into_iter().flatten());
    files.flatten().filter_map(|file| file.metadata().ok()).map(|facts| facts.len()).sum()
}

async fn ended(child: Child) -> Ran {
    actix_web::web::block(move || end(child)).await.unwrap()
}

#[actix_web::test]
async fn an_upload_goes_on_after_its_client_was_killed() {
    let scene = Scene::new().await;
    let mut child = scene.stuck().await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(scene.home.unfinished(), 1);
    assert_eq!(scene.home.state_mode(), 0o600);
    let ran = scene.again().await;
    assert_eq!(ran.stored()["sha256"], sha256(&scene.bytes));
    let resumed = ran.number("resumed_at");
    assert!(resumed > HALF / 2, "{ran:?}");
    assert_eq!(ran.number("sent"), SIZE - resumed);
    assert_eq!(scene.home.unfinished(), 0);
}

#[actix_web::test]
async fn a_file_that_has_changed_begins_anew() {
    let scene = Scene::new().await;
    let mut child = scene.stuck().await;
    child.kill().unwrap();
    child.wait().unwrap();
    let mut other = scene.bytes.clone();
    other[0] ^= 1;
    std::fs::write(&scene.file, &other).unwrap();
    let ran = scene.again().await;
    assert_eq!(ran.stored()["sha256"], sha256(&other));
    assert_eq!((ran.number("sent"), &ran.file()["resumed_at"]), (SIZE, &Value::Null));
}

/// Asks the server itself how much it has, which makes that durable.
async fn offset(scene: &Scene) -> u64 {
    let address = scene.home.remembered()["uploads"][0]["address"].clone();
    let path = address.as_str().unwrap().strip_prefix(&scene.proxy.url).unwrap();
    let answer = awc::Client::default()
        .head(format!("{}{path}", scene.server.url))
        .insert_header(("tus-resumable", "1.0.0"))
        .insert_header(("cookie", scene.home.cookie()))
        .send()
        .await
        .unwrap();
    answer.headers().get("upload-offset").unwrap().to_str().unwrap().parse().unwrap()
}

#[actix_web::test]
async fn an_upload_goes_on_by_itself_after_its_server_was_killed() {
    let scene = Scene::new().await;
    let child = scene.stuck().await;
    let there = offset(&scene).await;
    assert!(there > HALF / 2, "{there}");
    let Scene { folder, server, proxy, .. } = &scene;
    let address = server.address().to_owned();
    kill_process(Pid::from_raw(server.pid().cast_signed()).unwrap(), Signal::KILL).unwrap();
    until("its port to be free", || std::net::TcpStream::connect(&address).is_err()).await;
    let _again = Launch { bind: &address, ..Launch::on(folder.path()) }.start(&[]);
    proxy.release();
    let ran = ended(child).await;
    assert_eq!(ran.stored()["sha256"], sha256(&scene.bytes));
    // What had gone into the stalled line, and then what the server had not.
    assert!(ran.number("sent") < SIZE - there + HALF + (16 << 20), "{ran:?}");
    assert!(ran.said.contains("try 1 of 10"), "{ran:?}");
}

#[actix_web::test]
async fn a_stream_goes_on_after_its_server_was_killed() {
    let (folder, home) = (tempfile::tempdir().unwrap(), Home::new());
    let server = Server::start(folder.path(), &[]);
    let bytes = bytes(2, 3_000_000);
    let mut put = home.put(&[Path::new("-")], &format!("{}/files", server.url));
    put.args(["--name", "a.bin", "--chunk-size", "1MB", "--retries", "60"]).stdin(Stdio::piped());
    let mut child = start(&mut put);
    let mut input = child.stdin.take().unwrap();
    input.write_all(&bytes[..1_500_000]).unwrap();
    until("the first piece to arrive", || spooled(folder.path()) == 1_000_000).await;
    let address = server.address().to_owned();
    server.kill();
    let rest = bytes[1_500_000..].to_vec();
    // The client takes no more while its server is not there.
    let writer = std::thread::spawn(move || input.write_all(&rest).unwrap());
    let _again = Launch { bind: &address, ..Launch::on(folder.path()) }.start(&[]);
    let ran = ended(child).await;
    assert_eq!(ran.stored()["sha256"], sha256(&bytes));
    writer.join().unwrap();
    assert!(ran.number("sent") < 5_000_000, "{ran:?}");
}

#[actix_web::test]
async fn an_interrupted_run_ends_at_once_and_says_how_to_go_on() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let scene = Scene::new().await;
        let child = scene.stuck().await;
        kill_process(Pid::from_child(&child), signal).unwrap();
        let ran = ended(child).await;
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.said.contains("the same command again goes on"), "{ran:?}");
        assert_eq!(ran.summary["interrupted"], true);
        assert!(scene.again().await.number("resumed_at") > HALF / 2);
    }
}

#[actix_web::test]
async fn two_runs_do_not_take_the_same_file_from_each_other() {
    let scene = Scene::new().await;
    let mut child = scene.stuck().await;
    let ran = scene.again().await;
    assert!(ran.error().contains(&format!("process {}", child.id())), "{ran:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    scene.again().await.stored();
}

#[actix_web::test]
async fn a_bad_line_is_gone_on_with_again_and_again() {
    let mut chance = Chance::of_this_run("put over a bad line");
    let (folder, home) = (tempfile::tempdir().unwrap(), Home::new());
    let server = Server::start(folder.path(), &[]);
    let fates = (0..16).map(|_| {
        let after = chance.within(100_000..900_000);
        *chance.pick(&[Fate::Cut { after }, Fate::Reset { after }, Fate::Slow { after }])
    });
    let proxy = Proxy::start(&server.url, fates.collect()).await;
    let all: Vec<Vec<u8>> = (0..3).map(|n| bytes(n, 4_000_000)).collect();
    let files: Vec<PathBuf> =
        all.iter().enumerate().map(|(n, bytes)| home.file(&format!("{n}.bin"), bytes)).collect();
    let files: Vec<&Path> = files.iter().map(AsRef::as_ref).collect();
    let mut put = home.put(&files, &format!("{}/files", proxy.url));
    put.args(["--retries", "50"]);
    let ran = actix_web::web::block(move || run(&mut put)).await.unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for file in &ran.files {
        let n: usize = file["name"].as_str().unwrap()[..1].parse().unwrap();
        assert_eq!(file["sha256"], sha256(&all[n]));
    }
    assert!(proxy.met().len() >= 10, "only {:?}", proxy.met());
}

#[actix_web::test]
async fn a_large_file_costs_no_memory() {
    let (folder, home) = (tempfile::tempdir().unwrap(), Home::new());
    let server = Server::start(folder.path(), &[]);
    let proxy = Proxy::start(&server.url, vec![Fate::Stall { after: 200 << 20 }]).await;
    let file = home.file("large.bin", "");
    std::fs::File::options().write(true).open(&file).unwrap().set_len(256 << 20).unwrap();
    let mut child =
        start(home.put(&[&file], &format!("{}/files", proxy.url)).args(["--jobs", "1"]));
    until("200 MiB to be sent", || proxy.met().len() == 1).await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let most: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    println!("figures: sending 200 MiB took {most} KiB of memory");
    assert!(most < 48 * 1024, "{most} KiB");
}
