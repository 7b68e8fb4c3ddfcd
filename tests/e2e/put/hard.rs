//! Answers that a client has to get right, or it loses bytes, sends them twice or goes on for ever.

use serde_json::json;

use super::fake::{Fake, Trick};
use super::run::{Home, Ran, run};
use super::stored::bytes;
use crate::rig::sha256;

const SIZE: usize = 6_000_000;

/// Uploads a file to a server of tus that plays these tricks.
fn tricked(tricks: Vec<Trick>, flags: &[&str]) -> (Fake, Home, Ran) {
    let (fake, home) = (Fake::start(), Home::new());
    for trick in tricks {
        fake.play(trick);
    }
    let file = home.file("a.bin", bytes(1, SIZE as u64));
    let ran = run(home.put(&[&file], &fake.url()).args(flags));
    (fake, home, ran)
}

fn answer(method: &'static str, status: u16) -> Trick {
    Trick::Answer(method, status, String::new(), String::new())
}

/// The upload came to be whole, with so many bytes sent, and nothing is left to remember.
fn is_well(fake: &Fake, home: &Home, ran: &Ran, sent: usize) {
    assert_eq!(ran.stored()["sha256"], sha256(&fake.bytes()), "{ran:?}");
    assert!(fake.bytes() == bytes(1, SIZE as u64));
    // What a connection had taken before it broke is sent again.
    let more = ran.number("sent").checked_sub(sent as u64);
    assert!(more.is_some_and(|more| more < 8 << 20), "{ran:?}");
    assert_eq!(home.unfinished(), 0);
}

#[test]
fn an_upload_is_one_request_after_its_creation() {
    let (fake, home, ran) = tricked(vec![], &[]);
    is_well(&fake, &home, &ran, SIZE);
    assert_eq!(ran.number("sent"), SIZE as u64);
    assert_eq!(fake.methods(), ["OPTIONS", "POST", "PATCH"]);
    assert!(ran.file()["url"].as_str().unwrap().ends_with("/up/0"));
    let requests = fake.requests();
    assert_eq!(requests[1].header("upload-length"), Some("6000000"));
    assert_eq!(requests[1].header("content-length"), Some("0"));
    let metadata = requests[1].header("upload-metadata").unwrap();
    assert!(metadata.starts_with("filename YS5iaW4=,filetype "), "{metadata}");
    assert!(requests[2].header("content-type") == Some("application/offset+octet-stream"));
    assert!(requests.iter().skip(1).all(|one| one.header("tus-resumable") == Some("1.0.0")));
}

#[test]
fn a_cut_is_gone_on_with_where_the_server_says() {
    let (fake, home, ran) = tricked(vec![Trick::Cut(1_000_000), Trick::Cut(2_000_000)], &[]);
    is_well(&fake, &home, &ran, SIZE);
    assert_eq!(fake.methods(), ["OPTIONS", "POST", "PATCH", "HEAD", "PATCH", "HEAD", "PATCH"]);
    assert_eq!(fake.requests()[4].header("upload-offset"), Some("1000000"));
    assert_eq!(fake.requests()[6].header("upload-offset"), Some("3000000"));
}

#[test]
fn a_server_that_has_no_time_is_asked_again() {
    let busy = ["OPTIONS", "POST", "PATCH", "HEAD"].map(|method| answer(method, 503));
    let later = Trick::Answer("PATCH", 429, "Retry-After: 0\r\n".into(), String::new());
    let (fake, home, ran) = tricked([&busy[..], &[later, answer("PATCH", 409)]].concat(), &[]);
    // It says so when it has read everything.
    is_well(&fake, &home, &ran, 4 * SIZE);
    assert_eq!(fake.requests().iter().filter(|one| one.method == "POST").count(), 2);
}

#[test]
fn an_answer_that_is_lost_is_asked_for() {
    let (fake, home, ran) = tricked(vec![Trick::Silence("PATCH")], &[]);
    is_well(&fake, &home, &ran, SIZE);
    assert_eq!(fake.methods(), ["OPTIONS", "POST", "PATCH", "HEAD"]);
    let (fake, home, ran) = tricked(vec![Trick::Silence("POST"), Trick::Silence("OPTIONS")], &[]);
    is_well(&fake, &home, &ran, SIZE);
}

#[test]
fn what_the_server_lost_is_sent_again() {
    let (fake, home, ran) = tricked(vec![Trick::Cut(3_000_000), Trick::LoseFrom(500_000)], &[]);
    is_well(&fake, &home, &ran, SIZE);
    assert_eq!(fake.requests()[4].header("upload-offset"), Some("500000"));
}

#[test]
fn an_upload_that_the_server_lost_begins_again_but_not_for_ever() {
    let (fake, home, ran) = tricked(vec![Trick::Cut(1_000), answer("HEAD", 404)], &[]);
    is_well(&fake, &home, &ran, SIZE);
    let lost = (0..9).flat_map(|_| [Trick::Cut(1_000), answer("HEAD", 410)]).collect();
    let (fake, home, ran) = tricked(lost, &[]);
    assert!(ran.error().contains("no longer has"), "{ran:?}");
    assert_eq!(fake.requests().iter().filter(|one| one.method == "POST").count(), 3);
    assert_eq!(home.unfinished(), 0);
}

#[test]
fn tries_come_to_an_end_and_a_later_run_goes_on() {
    let mut tricks = vec![Trick::Cut(2_000_000)];
    tricks.extend((0..9).map(|_| answer("HEAD", 500)));
    let (fake, home, ran) = tricked(tricks, &["--retries", "3"]);
    assert_eq!(ran.error(), "The server answers 500.");
    assert_eq!(fake.methods(), ["OPTIONS", "POST", "PATCH", "HEAD", "HEAD", "HEAD"]);
    assert_eq!(home.unfinished(), 1);
    fake.world.lock().unwrap().tricks.clear();
    let file = home.state().ancestors().nth(3).unwrap().join("files/a.bin");
    let ran = run(&mut home.put(&[&file], &fake.url()));
    assert_eq!(ran.number("resumed_at"), 2_000_000);
    assert_eq!(ran.number("sent"), 4_000_000);
    is_well(&fake, &home, &ran, 4_000_000);
}

#[test]
fn no_is_heard_before_everything_is_sent() {
    let said = json!({ "code": "content_mismatch", "detail": "This is not a picture." });
    for status in [415, 422] {
        let no = Trick::No(100_000, status, said.to_string());
        let (fake, home, ran) = tricked(vec![no], &[]);
        assert_eq!(ran.error(), "This is not a picture.");
        assert_eq!(ran.file()["status"], "refused");
        assert_eq!(ran.file()["error"]["status"], status);
        assert_eq!(fake.methods(), ["OPTIONS", "POST", "PATCH"]);
        assert_eq!(home.unfinished(), 0);
    }
}

#[test]
fn a_refused_creation_is_not_tried_again() {
    for (status, body, message) in [
        (
            413,
            "ERR_MAX_SIZE_EXCEEDED: maximum size exceeded\n",
            "ERR_MAX_SIZE_EXCEEDED: maximum size exceeded",
        ),
        (403, "<html>no</html>", "The server answers 403."),
        (507, r#"{"detail":"The disk is full."}"#, "The disk is full."),
        (412, "", "The server does not speak tus 1.0.0."),
    ] {
        let no = Trick::Answer("POST", status, String::new(), body.to_owned());
        let (fake, _, ran) = tricked(vec![no], &[]);
        assert_eq!(ran.error(), message);
        assert_eq!(fake.methods(), ["OPTIONS", "POST"]);
    }
}

#[test]
fn answers_that_are_not_tus_are_not_believed() {
    let odd = |method, status, headers: &str| {
        let (fake, _, ran) =
            tricked(vec![Trick::Answer(method, status, headers.to_owned(), String::new())], &[]);
        assert!(ran.error().contains("not tus"), "{ran:?}");
        assert!(fake.methods().len() < 4, "{:?}", fake.methods());
    };
    odd("POST", 201, "");
    odd("PATCH", 204, "");
    odd("PATCH", 204, "Upload-Offset: many\r\n");
    let more = Trick::Answer("PATCH", 204, "Upload-Offset: 6000001\r\n".into(), String::new());
    assert!(tricked(vec![more], &[]).2.error().contains("more than the file"));
}

#[test]
fn a_server_that_never_takes_anything_is_given_up() {
    let nothing = || Trick::Answer("PATCH", 204, "Upload-Offset: 0\r\n".into(), String::new());
    let (fake, _, ran) = tricked((0..99).map(|_| nothing()).collect(), &["--retries", "4"]);
    assert_eq!(ran.error(), "the server took nothing");
    assert_eq!(fake.requests().iter().filter(|one| one.method == "PATCH").count(), 5);
}

#[test]
fn other_bytes_at_the_server_are_an_error() {
    let (fake, home) = (Fake::start(), Home::new());
    let file = home.file("a.bin", "abc");
    let url = format!("http://{}/tus/files/files", fake.address);
    let facts = |sha256: &str| json!({ "id": "0", "url": "/_upload/0/a.bin", "sha256": sha256 });
    fake.world.lock().unwrap().facts = Some(facts(&sha256(b"abc")).to_string());
    let ran = run(&mut home.put(&[&file], &url));
    assert_eq!(ran.stored()["url"], format!("http://{}/_upload/0/a.bin", fake.address));
    assert_eq!(ran.file()["id"], "0");
    fake.world.lock().unwrap().facts = Some(facts(&sha256(b"abd")).to_string());
    let ran = run(&mut home.put(&[&file], &url));
    assert!(
        ran.error().contains("other bytes") && ran.error().contains(&sha256(b"abc")),
        "{ran:?}"
    );
    assert_eq!(home.unfinished(), 0);
    let ran = run(home.put(&[&file], &url).arg("--no-verify"));
    assert_eq!(ran.stored()["sha256"], sha256(b"abd"), "nobody has looked at the file's own");
}

#[test]
fn a_streams_first_bytes_are_not_made_up() {
    let (fake, home) = (Fake::start(), Home::new());
    let input = home.file("input", bytes(4, 3_000_000));
    fake.play(answer("PATCH", 500));
    fake.play(Trick::LoseFrom(0));
    let put = |size: &str| {
        let mut put = home.put(&[std::path::Path::new("-")], &fake.url());
        put.args(["--name", "x", "--chunk-size", size]);
        put.stdin(std::fs::File::open(&input).unwrap());
        run(&mut put)
    };
    assert_eq!(put("1MB").stored()["size"], 3_000_000, "the first piece is still there");
    // It loses the first piece while the second one is sent.
    fake.play(Trick::Answer("PATCH", 204, "Upload-Offset: 1000000\r\n".into(), String::new()));
    fake.play(answer("PATCH", 500));
    fake.play(Trick::LoseFrom(0));
    assert!(put("1MB").error().contains("can't be read twice"));
    assert!(!home.state().exists(), "there is nothing to remember of a stream");
}
