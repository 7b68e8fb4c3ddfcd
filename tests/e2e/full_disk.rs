//! A disk without room, without inodes, read-only or broken; limits of the process. Each upload completes with
//! its bytes or fails with its code, the server stays up and says what is wrong, and what mends itself is used
//! again without a restart.

mod broken; // read-only, and a directory that can't be synced
mod limits; // limits of the process: the size of a file, open files

use std::path::Path;
use std::time::{Duration, Instant};

use awc::Client;
use futures_util::future::join_all;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client::{Live, get, post};
use crate::mounts::Mount;
use crate::server::{Server, command};

const MIB: u64 = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of an upload.
#[derive(Debug)]
enum End {
    Complete(Value),
    Refused(String),
}

impl End {
    fn code(&self) -> &str {
        match self {
            Self::Complete(_) => "complete",
            Self::Refused(code) => code,
        }
    }

    /// Its bytes are really there if it is complete; the code is this one if it is not.
    fn is_true_or(&self, code: &str, data: &Path) -> bool {
        match self {
            Self::Complete(told) => {
                let bytes = std::fs::read(data.join("files").join(told["id"].as_str().unwrap()));
                let digest = Sha256::digest(bytes.unwrap());
                let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(told["sha256"], digest);
                true
            }
            Self::Refused(why) => {
                assert_eq!(why, code);
                false
            }
        }
    }
}

/// A file on its way by a live page of its own.
struct Upload {
    live: Live,
    stream: u32,
    size: u64,
    sent: u64,
}

impl Upload {
    async fn offer(url: &str, name: &str, size: u64) -> Result<Self, String> {
        let mut live = Live::connect(url, "files").await;
        let entry = json!({ "ref": name, "name": name, "size": size });
        live.say(&json!({ "type": "register", "slot": "files", "entries": [entry] })).await;
        let answer = live.hear("registered").await;
        match answer["entries"][0]["stream"].as_u64() {
            Some(stream) => {
                Ok(Self { live, stream: u32::try_from(stream).unwrap(), size, sent: 0 })
            }
            None => Err(answer["errors"][0]["code"].as_str().unwrap().to_owned()),
        }
    }

    /// Sends up to this offset, which is within the window.
    async fn send(&mut self, until: u64) {
        while self.sent < until {
            let length = (until - self.sent).min(256 * 1024);
            let piece = vec![self.stream.to_be_bytes()[3]; usize::try_from(length).unwrap()];
            self.live.data(self.stream, self.sent, &piece).await;
            self.sent += length;
        }
    }

    async fn written(&mut self, offset: u64) {
        while self.live.hear("ack").await["offset"].as_u64().unwrap() < offset {}
    }

    async fn finish(mut self) -> End {
        let window = self.live.welcome["window"].as_u64().unwrap();
        let mut acked = 0;
        loop {
            self.send(self.size.min(acked + window)).await;
            let message = self.live.next().await.unwrap();
            if message["type"] == "ack" {
                acked = message["offset"].as_u64().unwrap();
            } else if message["url"].is_string() {
                return End::Complete(message);
            } else if let Some(code) = message["error"]["code"].as_str() {
                return End::Refused(code.to_owned());
            }
        }
    }
}

async fn upload(url: &str, name: &str, size: u64) -> End {
    match Upload::offer(url, name, size).await {
        Ok(upload) => upload.finish().await,
        Err(code) => End::Refused(code),
    }
}

async fn eight(url: &str, size: u64) -> Vec<Result<Upload, String>> {
    let offers = (0..8).map(|n| async move { Upload::offer(url, &format!("{n}.bin"), size).await });
    join_all(offers).await
}

async fn status(url: &str, path: &str) -> (u16, Value) {
    let mut response = Client::default().get(format!("{url}{path}")).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Waits until `/readyz` gives exactly this reason, or none; and says how long that took.
async fn readiness_becomes(url: &str, reason: Option<&str>) -> Duration {
    let begun = Instant::now();
    loop {
        let (code, answer) = status(url, "/readyz").await;
        let as_wanted = match reason {
            None => code == 200 && answer["status"] == "ready",
            Some(reason) => code == 503 && answer["reasons"] == json!([reason]),
        };
        if as_wanted {
            assert_eq!(status(url, "/healthz").await.0, 200);
            return begun.elapsed();
        }
        assert!(begun.elapsed() < PATIENCE, "{answer} and not {reason:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[actix_web::test]
async fn what_has_no_room_above_the_watermark_is_refused_before_its_bytes_are_sent() {
    let mount = Mount::tmpfs("size=24m");
    let server = Server::start(&mount.data(), &[]);
    let url = &server.url;
    let (stored, cookie) = post(url, "first.bin", &vec![1; 3 * 1024 * 1024]).await;
    readiness_becomes(url, None).await;
    // A sixteenth of 24 MiB is left alone, and 3 MiB are taken: four of eight times 4 MiB fit.
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for offer in eight(url, 4 * MIB).await {
        match offer {
            Ok(upload) => taken.push(upload),
            Err(code) => refused.push(code),
        }
    }
    assert_eq!((taken.len(), refused), (4, vec!["disk_full".to_owned(); 4]));
    for end in join_all(taken.into_iter().map(Upload::finish)).await {
        assert!(end.is_true_or("complete", &mount.data()), "{end:?}");
    }
    // Somebody else takes what was left, too.
    let filler = mount.take_all_bytes();
    readiness_becomes(url, Some("low_space")).await;
    assert_eq!(upload(url, "late.bin", 1).await.code(), "disk_full");
    let (answer, _) = post(url, "late.bin", b"x").await;
    assert_eq!(answer["errors"][0]["code"], "disk_full", "{answer}");
    std::fs::remove_file(filler).unwrap();
    // A visitor makes room: what was stored can be deleted, and the room is used again.
    let id = stored["files"][0]["id"].as_str().unwrap();
    let delete = Client::default().delete(format!("{url}/api/files/{id}"));
    let delete = delete.insert_header(("cookie", &*cookie)).insert_header(("origin", &**url));
    assert_eq!(delete.send().await.unwrap().status(), 204);
    let back = readiness_becomes(url, None).await;
    println!("ready again {} ms after there was room", back.as_millis());
    let end = upload(url, "again.bin", 3 * MIB).await;
    assert!(end.is_true_or("complete", &mount.data()), "{end:?}");
}

#[actix_web::test]
async fn a_disk_that_fills_up_under_eight_uploads_fails_them_with_their_code_and_goes_on() {
    let mount = Mount::tmpfs("size=24m");
    let server = Server::start(&mount.data(), &["--min-free", "0"]);
    let url = &server.url;
    let mut uploads: Vec<Upload> =
        eight(url, 2 * MIB).await.into_iter().map(Result::unwrap).collect();
    for upload in &mut uploads {
        upload.send(MIB).await;
        upload.written(MIB).await;
    }
    // The catalogue lies on the same disk, and has no room either.
    let filler = mount.take_all_bytes();
    readiness_becomes(url, Some("low_space")).await;
    assert_eq!(upload(url, "more.bin", 1).await.code(), "disk_full");
    assert!(["disk_full", "complete"].contains(&upload(url, "empty.bin", 0).await.code()));
    let begun = Instant::now();
    let ends = join_all(uploads.into_iter().map(Upload::finish)).await;
    println!("told {} ms after the disk was full", begun.elapsed().as_millis());
    let whole = ends.iter().filter(|end| end.is_true_or("disk_full", &mount.data())).count();
    assert!(whole < 8, "the disk was not full");
    std::fs::remove_file(filler).unwrap();
    let back = readiness_becomes(url, None).await;
    println!("ready again {} ms after there was room; {whole} of 8 completed", back.as_millis());
    for offer in eight(url, MIB).await {
        let end = offer.unwrap().finish().await;
        assert!(end.is_true_or("complete", &mount.data()), "{end:?}");
    }
}

#[actix_web::test]
async fn eight_forms_that_do_not_fit_together_complete_or_say_that_the_disk_is_full() {
    for min_free in ["auto", "0"] {
        let mount = Mount::tmpfs("size=24m");
        let server = Server::start(&mount.data(), &["--min-free", min_free]);
        let url = &server.url;
        let bytes = vec![7; 4 * 1024 * 1024];
        let posts = (0..8).map(|n| {
            let bytes = &bytes;
            async move { post(url, &format!("{n}.bin"), bytes).await }
        });
        let mut complete = 0;
        for (answer, cookie) in join_all(posts).await {
            if answer["success"] == true {
                complete += 1;
                let place = answer["files"][0]["url"].as_str().unwrap();
                assert!(get(url, place, &cookie).await == bytes);
            } else {
                assert_eq!(answer["errors"][0]["code"], "disk_full", "{answer}");
            }
        }
        println!("--min-free {min_free}: {complete} of 8 forms were stored");
        assert!(complete < 8);
        assert_eq!(status(url, "/healthz").await.0, 200);
        // What a full catalogue had no room to forget is there until the sweep, and nothing else is.
        assert!(server.terminate().success());
        let mut sweep = command();
        sweep.args(["sweep", "--entry-ttl", "0s", "--data"]).arg(mount.data());
        assert!(sweep.output().unwrap().status.success());
        let there = std::fs::read_dir(mount.data().join("files")).unwrap().count();
        assert_eq!(there, complete);
    }
}

#[actix_web::test]
async fn a_disk_that_runs_out_of_inodes_under_eight_uploads_fails_them_with_their_code() {
    let mount = Mount::tmpfs("size=24m,nr_inodes=200");
    let server = Server::start(&mount.data(), &["--min-free", "0"]);
    let url = &server.url;
    let uploads: Vec<Upload> = eight(url, MIB).await.into_iter().map(Result::unwrap).collect();
    let fillers = mount.take_all_files();
    readiness_becomes(url, Some("low_inodes")).await;
    assert_eq!(upload(url, "more.bin", 1).await.code(), "disk_full");
    for end in join_all(uploads.into_iter().map(Upload::finish)).await {
        assert!(!end.is_true_or("disk_full", &mount.data()), "{end:?}");
    }
    std::fs::remove_dir_all(fillers).unwrap();
    readiness_becomes(url, None).await;
    for offer in eight(url, MIB).await {
        let end = offer.unwrap().finish().await;
        assert!(end.is_true_or("complete", &mount.data()), "{end:?}");
    }
}

#[actix_web::test]
async fn a_few_inodes_are_left_alone() {
    let mount = Mount::tmpfs("size=24m,nr_inodes=96");
    let server = Server::start(&mount.data(), &[]);
    let mut live = Live::connect(&server.url, "files").await;
    let entry = |n: u32| json!({ "ref": format!("c{n}"), "name": format!("{n}.bin"), "size": 10 });
    let entries: Vec<Value> = (0..90).map(entry).collect();
    live.say(&json!({ "type": "register", "slot": "files", "entries": entries })).await;
    let answer = live.hear("registered").await;
    let (taken, refused) = (answer["entries"].as_array(), answer["errors"].as_array().unwrap());
    let taken = taken.unwrap().len();
    assert!(taken > 20 && taken < 80, "{taken} of 90 were taken");
    assert!(refused.iter().all(|error| error["code"] == "disk_full"));
}
