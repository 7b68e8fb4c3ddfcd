//! Upload tickets of the command line: made beside a running server, and good for what they say.

use std::path::Path;

use longshore::testing::{Form, Visitor};

use crate::server::{Server, command};

fn make(data: &Path, words: &[&str]) -> std::process::Output {
    command().arg("ticket").args(words).arg("--data").arg(data).output().unwrap()
}

fn ticket(data: &Path, words: &[&str]) -> String {
    let output = make(data, words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[actix_rt::test]
async fn a_ticket_that_is_made_beside_a_running_server_lets_one_file_in_and_holds_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--anonymous", "false"]);
    let ticket = ticket(
        folder.path(),
        &["files", "files", "--count", "1", "--max-size", "10", "--expires", "5m"],
    );
    let form = |bytes: &[u8]| Form::new().file("files", "a.txt", bytes);
    let path = format!("/files?ticket={ticket}");
    let post = |server: &Server, bytes: &'static [u8]| {
        let visitor = Visitor::at(&server.url);
        let path = path.clone();
        async move { visitor.post(&path, form(bytes)).await }
    };
    let large = post(&server, b"more than ten").await;
    assert_eq!(large.json()["errors"][0]["code"], "too_large", "{}", large.text());
    assert_eq!(post(&server, b"hello").await.json()["success"], true);
    server.kill();
    let server = Server::start(folder.path(), &["--anonymous", "false"]);
    let again = post(&server, b"hello").await;
    assert_eq!(again.json()["errors"][0]["code"], "too_many_files", "{}", again.text());
    assert_eq!(Visitor::at(&server.url).post("/files", form(b"hello")).await.status, 401);
}

#[actix_rt::test]
async fn the_command_line_client_shows_a_ticket_as_it_shows_any_header() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &["--anonymous", "false"]);
    let file = folder.path().join("a.txt");
    std::fs::write(&file, "hello").unwrap();
    let header =
        format!("Authorization: Bearer {}", ticket(&data, &["files", "files", "--count", "1"]));
    let put = |with: &[&str]| {
        let url = format!("{}/files", server.url);
        command().arg("put").args(with).arg(&file).arg(url).output().unwrap()
    };
    assert_ne!(put(&[]).status.code(), Some(0), "nobody without a ticket");
    let output = put(&["--header", &header]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_a_ticket_can_not_say_is_told_and_where_no_server_was_there_is_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let told = |words: &[&str]| {
        let output = make(folder.path(), words);
        assert!(!output.status.success() && output.stdout.is_empty(), "{words:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(told(&["files", "files"]).contains("secret"));
    drop(Server::start(folder.path(), &[]));
    for (words, expected) in [
        (&["no page", "files"][..], "page"),
        (&["files", "files", "--count", "0"], "count"),
        (&["files", "files", "--accept", "png"], "accept"),
        (&["files", "files", "--max-size", "much"], "500MB"),
        (&["files", "files", "--expires", "soon"], "--expires"),
        (&["files"], "SLOT"),
    ] {
        let message = told(words);
        assert!(message.contains(expected), "{words:?}: {message}");
    }
}
