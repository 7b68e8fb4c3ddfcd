//! Files, folders and streams come to be stored; what a slot refuses is refused in its own words.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use super::run::{Home, run};
use crate::client::get;
use crate::rig::{Chance, Contents, sha256};
use crate::server::Server;

pub(super) fn bytes(seed: u64, size: u64) -> Vec<u8> {
    Contents::new(&mut Chance::new(seed), size).piece(0, size)
}

async fn listed(server: &Server, home: &Home) -> Vec<Value> {
    let listed = get(&server.url, "/api/files?limit=1000", &home.cookie()).await;
    let listed: Value = serde_json::from_slice(&listed).unwrap();
    listed["files"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn a_file_is_stored_and_both_sides_agree_on_it() {
    let (folder, home) = (tempfile::tempdir().unwrap(), Home::new());
    let server = Server::start(folder.path(), &[]);
    let bytes = bytes(1, 3_000_001);
    let file = home.file("report ä.bin", &bytes);
    let ran = run(&mut home.put(&[&file], &format!("{}/files", server.url)));
    let stored = ran.stored();
    assert_eq!(stored["name"], "report ä.bin");
    assert_eq!(stored["path"], file.to_str().unwrap());
    assert_eq!(stored["size"], bytes.len());
    assert_eq!(stored["sha256"], sha256(&bytes));
    assert_eq!(stored["sent"], bytes.len());
    let url = stored["url"].as_str().unwrap();
    let path = url.strip_prefix(&server.url).unwrap();
    assert!(get(&server.url, path, &home.cookie()).await == bytes);
    let files = listed(&server, &home).await;
    assert_eq!(files.len(), 1);
    assert_eq!(files[0]["id"], stored["id"]);
    assert_eq!(home.unfinished(), 0);
    assert_eq!(home.state_mode(), 0o600);
    assert_eq!(ran.summary["stored"], 1);
    assert_eq!(ran.summary["bytes"], bytes.len());
}

#[actix_web::test]
async fn a_server_that_keeps_no_sha_256_is_sent_files_all_the_same() {
    for kind in ["blake3", "none"] {
        let (folder, home) = (tempfile::tempdir().unwrap(), Home::new());
        let server = Server::start(folder.path(), &["--digest", kind]);
        let bytes = bytes(1, 300_001);
        let file = home.file("report.bin", &bytes);
        let ran = run(&mut home.put(&[&file], &format!("{}/files", server.url)));
        let stored = ran.stored();
        assert_eq!(stored["sha256"], sha256(&bytes), "what was read here");
        let files = listed(&server, &home).await;
        assert_eq!((files.len(), &files[0]["sha256"]), (1, &Value::Null));
        assert_eq!(files[0]["blake3"].is_string(), kind == "blake3");
    }
}

#[actix_web::test]
async fn a_folder_is_stored_with_its_paths_and_all_of_it_is_one_callers() {
    let (folder, home) = (tempfile::tempdir().unwrap(), Home::new());
    let server = Server::start(folder.path(), &[]);
    let mut names: Vec<String> = (0..120).map(|n| format!("tree/{}/file {n}.txt", n % 7)).collect();
    names.push("tree/.hidden".to_owned());
    names.push("tree/empty.txt".to_owned());
    names.sort();
    for name in &names {
        let bytes = if name.ends_with("empty.txt") { "" } else { name };
        home.file(name, bytes);
    }
    let tree = home.file("tree/.hidden", "hidden").parent().unwrap().to_owned();
    let ran = run(home.put(&[&tree], &format!("{}/files", server.url)).args(["--jobs", "8"]));
    assert_eq!(ran.code, Some(0), "{}", ran.said);
    let mut sent: Vec<&str> = ran.files.iter().map(|file| file["name"].as_str().unwrap()).collect();
    sent.sort_unstable();
    assert_eq!(sent, names);
    let files = listed(&server, &home).await;
    assert_eq!(files.len(), names.len());
    for file in &ran.files {
        let there = files.iter().find(|there| there["id"] == file["id"]).unwrap();
        assert_eq!(there["sha256"], file["sha256"]);
    }
    assert_eq!(home.unfinished(), 0);
}

#[actix_web::test]
async fn an_empty_file_is_stored() {
    let (folder, home) = (tempfile::tempdir().unwrap(), Home::new());
    let server = Server::start(folder.path(), &[]);
    let ran = run(&mut home.put(&[&home.file("empty.txt", "")], &format!("{}/files", server.url)));
    assert_eq!(ran.stored()["sha256"], sha256(b""));
    assert_eq!(ran.number("size"), 0);
}

#[actix_web::test]
async fn a_stream_is_stored_whatever_its_length() {
    let (folder, home) = (tempfile::tempdir().unwrap(), Home::new());
    let server = Server::start(folder.path(), &[]);
    for size in [0, 1, 1_000_000, 3_000_000, 3_500_000] {
        let bytes = bytes(size, size);
        let file = File::open(home.file("stream.bin", &bytes)).unwrap();
        let mut put = home.put(&[Path::new("-")], &format!("{}/files", server.url));
        put.args(["--name", "named.bin", "--chunk-size", "1MB"]).stdin(Stdio::from(file));
        let ran = run(&mut put);
        assert_eq!(ran.stored()["sha256"], sha256(&bytes), "{size}");
        assert_eq!((ran.number("size"), ran.number("sent")), (size, size));
        assert_eq!(ran.file()["name"], "named.bin");
    }
}

#[actix_web::test]
async fn what_a_slot_refuses_is_refused_in_its_words_and_the_others_are_stored() {
    let (folder, home) = (tempfile::tempdir().unwrap(), Home::new());
    let server = Server::start(folder.path(), &[]);
    let picture = [&b"\x89PNG\r\n\x1a\n"[..], &[0; 100]].concat();
    let liar = bytes(3, 3_000_000);
    let files = [
        home.file("a.png", picture),
        home.file("b.txt", "no picture"),
        home.file("c.png", liar),
        home.file("d.png", vec![0; 11_000_000]),
    ];
    let files: Vec<&Path> = files.iter().map(AsRef::as_ref).collect();
    let ran = run(home.put(&files, &format!("{}/photos", server.url)).args(["--jobs", "1"]));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let said = |n: usize| (&ran.files[n]["status"], &ran.files[n]["error"]["code"]);
    assert_eq!(said(0).0, "stored", "{ran:?}");
    for (n, code) in [(1, "not_accepted"), (2, "content_mismatch"), (3, "too_large")] {
        assert_eq!(said(n), (&"refused".into(), &code.into()), "{ran:?}");
        let message = ran.files[n]["error"]["message"].as_str().unwrap();
        assert!(message.len() > 15 && ran.said.contains(message), "{ran:?}");
    }
    assert!(!ran.said.contains("try 1"), "what is refused is asked once: {ran:?}");
    assert_eq!(home.unfinished(), 0);
    assert_eq!(listed(&server, &home).await.len(), 1);
}

#[actix_web::test]
async fn a_page_that_saves_when_it_is_told_to_saves_what_is_sent() {
    let (folder, home) = (tempfile::tempdir().unwrap(), Home::new());
    let server = Server::start(folder.path(), &[]);
    let url = format!("{}/tus/documents/documents", server.url);
    let ran = run(&mut home.put(&[&home.file("a.txt", "a paper")], &url));
    assert_eq!(ran.stored()["sha256"], sha256(b"a paper"));
    assert_eq!(listed(&server, &home).await.len(), 1);
}

#[actix_web::test]
async fn files_go_on_in_requests_of_a_size_that_a_proxy_lets_through() {
    let (folder, home) = (tempfile::tempdir().unwrap(), Home::new());
    let server = Server::start(folder.path(), &[]);
    let bytes = bytes(5, 2_500_000);
    let mut put = home.put(&[&home.file("a.bin", &bytes)], &format!("{}/files", server.url));
    let ran = run(put.args(["--chunk-size", "300kB"]));
    assert_eq!(ran.stored()["sha256"], sha256(&bytes));
    assert_eq!(ran.number("sent"), 2_500_000);
}
