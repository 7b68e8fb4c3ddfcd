//! Mistakes in flags and files are exit code 2 with what was given and what is allowed; a folder that is
//! taken is exit code 1.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::server::{Server, command};

#[test]
fn a_bad_value_stops_the_start() {
    let output = command().args(["--durability", "often"]).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("durability") && message.contains("often"), "{message}");
    assert!(message.contains("`always` or `os`"), "{message}");
}

#[test]
fn an_unknown_key_in_the_file_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("longshore.toml");
    std::fs::write(&file, "colour = \"blue\"").unwrap();
    let output = command().arg("--config").arg(&file).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("colour") && message.contains("durability"), "{message}");
}

#[test]
fn an_unknown_flag_is_a_usage_error() {
    assert_eq!(command().arg("--colour").output().unwrap().status.code(), Some(2));
}

#[test]
fn check_config_prints_a_file_that_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let first = command().args(["check-config", "--session-grace", "0s"]).output().unwrap();
    assert!(first.status.success());
    let file = folder.path().join("longshore.toml");
    std::fs::write(&file, &first.stdout).unwrap();
    let again = command().arg("check-config").arg("--config").arg(&file).output().unwrap();
    assert_eq!(again.stdout, first.stdout);
}

#[test]
fn the_environment_says_where_files_go_and_a_flag_wins_over_it() {
    let printed = |arguments: &[&str]| {
        let mut command = command();
        let output = command.args(arguments).env("LONGSHORE_DATA", "/srv/uploads").output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(printed(&["check-config"]).contains("data = \"/srv/uploads\""));
    assert!(printed(&["check-config", "--data", "/srv/mine"]).contains("data = \"/srv/mine\""));
}

#[test]
fn a_second_server_on_the_same_folder_refuses_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Server::start(folder.path(), &[]);
    let second = command().args(["--bind", "127.0.0.1:0", "--data"]).arg(folder.path()).output();
    let second = second.unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another longshore"));
}

#[test]
fn a_sweep_without_a_server_says_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let output = command().args(["sweep", "--data"]).arg(folder.path()).output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("removed 0 unfinished"));
}

#[actix_web::test]
async fn a_sweep_without_a_server_ends_uploads_whose_life_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let created = awc::Client::default()
        .post(format!("{}/tus/files/files", server.url))
        .insert_header(("tus-resumable", "1.0.0"))
        .insert_header(("upload-length", "5"))
        .send()
        .await
        .unwrap();
    assert_eq!(created.status(), 201);
    assert!(server.terminate().success());
    for (life, said) in [("1h", "removed 0 unfinished"), ("1ms", "removed 1 unfinished")] {
        let mut sweep = command();
        let output = sweep.args(["sweep", "--upload-life", life, "--data"]).arg(folder.path());
        let output = output.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(told.contains(said), "{life}: {told}");
    }
}

#[test]
fn a_health_check_says_whether_a_server_lives() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let address = server.address().to_owned();
    let asked = |bind: &str| command().args(["healthcheck", "--bind", bind]).output().unwrap();
    assert!(asked(&address).status.success());
    // As a container has it, where the server listens on every address.
    let port = address.rsplit(':').next().unwrap();
    assert!(asked(&format!("0.0.0.0:{port}")).status.success());
    server.kill();
    let gone = asked(&address);
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&gone.stderr).contains("nobody listens"));
}

#[test]
fn who_listens_for_strangers_is_warned_once_whatever_is_logged() {
    for log in ["error", "info"] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = command();
        server.args(["--bind", "0.0.0.0:0", "--log", log, "--data"]).arg(folder.path());
        let mut child = server.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
        child.kill().unwrap();
        let said = child.wait_with_output().unwrap().stderr;
        let said = String::from_utf8_lossy(&said);
        assert_eq!(said.matches("TLS is off").count(), 1, "{log}: {said}");
        assert_eq!(said.matches("may upload").count(), 1, "{log}: {said}");
    }
}
