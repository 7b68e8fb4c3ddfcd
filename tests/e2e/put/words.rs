//! What the client says, and how it ends.

use std::path::Path;

use super::fake::Fake;
use super::run::{Home, ran, run};
use crate::server::{Server, command};

#[test]
fn wrong_usage_is_exit_code_2() {
    let home = Home::new();
    let file = home.file("a.bin", "abc");
    let file = file.to_str().unwrap();
    for words in [
        &["--colour", file, "http://127.0.0.1:1/files"][..],
        &[file],
        &[],
        &[file, "127.0.0.1:1/files"],
        &[file, "ftp://127.0.0.1/files"],
        &[file, "http://127.0.0.1:1/"],
        &["-", "http://127.0.0.1:1/files"],
        &[file, "http://127.0.0.1:1/files", "--header", "nonsense"],
        &[file, "http://127.0.0.1:1/files", "--cacert", "/nowhere"],
        &[file, "http://127.0.0.1:1/files", "--cacert", file],
        &[file, "http://127.0.0.1:1/files", "--state", "/proc/nowhere/put.json"],
    ] {
        let output = home.bare().args(words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
        assert!(said.len() > 20 && !said.contains("panicked"), "{words:?}: {said}");
    }
    let output = command().args(["--log", "info", "put", "a", "b"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn help_is_about_this_command_and_the_servers_environment_is_none_of_its_business() {
    let home = Home::new();
    let output = home.bare().arg("--help").env("LONGSHORE_DURABILITY", "wrong").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(text.contains("--chunk-size") && !text.contains("--durability"), "{text}");
    let all = String::from_utf8(command().arg("--help").output().unwrap().stdout).unwrap();
    assert!(all.contains("put "), "{all}");
}

#[test]
fn an_address_that_is_no_page_is_told_as_such() {
    let (folder, home) = (tempfile::tempdir().unwrap(), Home::new());
    let server = Server::start(folder.path(), &[]);
    let file = home.file("a.bin", "abc");
    let ran = run(&mut home.put(&[&file], &format!("{}/nowhere", server.url)));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.said.contains("/nowhere is neither a page of Longshore nor a tus address"));
    assert!(ran.summary["error"].as_str().unwrap().contains("/nowhere"));
    let ran = run(home.put(&[&file], &format!("{}/files", server.url)).args(["--slot", "other"]));
    assert_eq!(ran.file()["error"]["code"], "unknown_slot", "{ran:?}");
}

#[test]
fn a_server_that_is_not_there_is_given_up_and_the_files_are_counted() {
    let home = Home::new();
    let files = [home.file("a.bin", "abc"), home.file("b.bin", "abc"), home.file("c.bin", "abc")];
    let files: Vec<&Path> = files.iter().map(AsRef::as_ref).collect();
    // Nobody listens on the port of a socket that was closed.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = run(home.put(&files, &format!("http://{closed}/files")).args(["--retries", "1"]));
    assert_eq!(gone.code, Some(1), "{gone:?}");
    assert!(gone.said.contains("can't be reached"), "{gone:?}");
    let flags = ["--retries", "1", "--jobs", "1", "--tus"];
    let gone = run(home.put(&files, &format!("http://{closed}/files")).args(flags));
    assert_eq!((gone.code, gone.files.len()), (Some(1), 3), "{gone:?}");
    assert_eq!(gone.summary["failed"], 3);
    assert!(gone.said.contains("It was not tried"), "{gone:?}");
}

#[test]
fn what_is_not_there_fails_and_the_others_are_stored() {
    let (fake, home) = (Fake::start(), Home::new());
    let there = home.file("a.bin", "abc");
    let ran = run(&mut home.put(&[Path::new("/nowhere/b"), &there], &fake.url()));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!((&ran.summary["stored"], &ran.summary["failed"]), (&1.into(), &1.into()));
    assert_eq!(fake.bytes(), b"abc");
}

#[test]
fn lines_go_to_standard_error_and_nothing_to_standard_output() {
    let (fake, home) = (Fake::start(), Home::new());
    let file = home.file("a.bin", "abc");
    let output = home.bare().arg(&file).arg(fake.url()).output().unwrap();
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(output.status.success() && output.stdout.is_empty(), "{said}");
    assert!(said.contains("stored a.bin  3 B"), "{said}");
    assert!(said.contains("1 stored, 3 B in "), "{said}");
    let quiet = ran(&home.bare().arg("--quiet").arg(&file).arg(fake.url()).output().unwrap());
    assert_eq!((quiet.code, quiet.said.as_str()), (Some(0), ""));
    let gone = home.bare().args(["--quiet", "/nowhere/b"]).arg(fake.url()).output().unwrap();
    assert!(!gone.stderr.is_empty(), "what goes wrong is always said");
}

#[test]
fn an_empty_folder_is_nothing_to_send() {
    let (fake, home) = (Fake::start(), Home::new());
    let folder = home.file("empty/a", "").parent().unwrap().to_owned();
    std::fs::remove_file(folder.join("a")).unwrap();
    let ran = run(&mut home.put(&[&folder], &fake.url()));
    assert_eq!((ran.code, ran.files.len()), (Some(0), 0), "{ran:?}");
}

#[test]
fn memory_is_where_it_is_told_to_be_or_nowhere() {
    let (fake, home) = (Fake::start(), Home::new());
    let file = home.file("a.bin", "abc");
    let mut without = home.put(&[&file], &fake.url());
    run(without.arg("--no-state")).stored();
    assert!(!home.state().exists());
    let elsewhere = home.state().ancestors().nth(3).unwrap().join("elsewhere.json");
    let mut with = home.put(&[&file], &fake.url());
    run(with.arg("--state").arg(&elsewhere)).stored();
    assert!(!home.state().exists());
    assert!(elsewhere.exists() || elsewhere.with_extension("json.lock").exists());
    let mut homeless = home.put(&[&file], &fake.url());
    let ran = run(homeless.env_clear());
    ran.stored();
    assert!(ran.said.contains("nothing is remembered"), "{ran:?}");
}

#[test]
fn a_reader_who_goes_away_does_not_stop_the_upload() {
    let (fake, home) = (Fake::start(), Home::new());
    let file = home.file("a.bin", "abc");
    let mut child = super::run::start(&mut home.put(&[&file], &fake.url()));
    drop((child.stdout.take(), child.stderr.take()));
    assert!(child.wait().unwrap().success());
    assert_eq!(fake.bytes(), b"abc");
}
