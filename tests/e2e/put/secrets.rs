//! What is told to whom: headers and cookies go to the server that the user named, and are shown to nobody.

use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::fake::{Fake, Line, Trick};
use super::run::{Home, Ran, run};
use crate::rig::sha256;

const SECRET: &str = "s3cr3t-of-mine";

fn put(home: &Home, url: &str, flags: &[&str]) -> Ran {
    let header = format!("Authorization: Bearer {SECRET}");
    run(home.put(&[&home.file("a.bin", "abc")], url).args(["--header", &header]).args(flags))
}

fn knows(fake: &Fake) -> bool {
    fake.requests().iter().any(|request| format!("{request:?}").contains(SECRET))
}

#[test]
fn headers_go_with_every_request_and_are_never_printed() {
    let (fake, home) = (Fake::start(), Home::new());
    let ran = put(&home, &fake.url(), &[]);
    ran.stored();
    let said = |request: &super::fake_http::Request| request.header("authorization").is_some();
    assert!(fake.requests().iter().all(said));
    let no = Trick::Answer("POST", 401, String::new(), "who are you?".to_owned());
    fake.play(no);
    let refused = put(&home, &fake.url(), &[]);
    assert_eq!(refused.error(), "who are you?");
    for ran in [ran, refused] {
        assert!(!format!("{ran:?}").contains(SECRET));
    }
    assert!(!home.remembered().to_string().contains(SECRET));
}

#[test]
fn a_password_in_the_address_is_sent_and_never_printed() {
    let (fake, home) = (Fake::start(), Home::new());
    let url = format!("http://me:{SECRET}@{}/up/", fake.address);
    let ran = run(&mut home.put(&[&home.file("a.bin", "abc")], &url));
    ran.stored();
    let basic = fake.requests()[1].header("authorization").unwrap().to_owned();
    assert!(basic.starts_with("Basic "), "{basic}");
    assert!(!format!("{ran:?}").contains(SECRET));
    assert!(!home.remembered().to_string().contains(SECRET));
}

#[test]
fn an_upload_that_lies_elsewhere_is_sent_there_without_secrets() {
    let (fake, other, home) = (Fake::start(), Fake::start(), Home::new());
    let known = Trick::Answer(
        "OPTIONS",
        204,
        "Tus-Version: 1.0.0\r\nSet-Cookie: a=b; Path=/; Max-Age=99\r\n".into(),
        String::new(),
    );
    fake.play(known);
    fake.world.lock().unwrap().elsewhere = Some(format!("http://{}", other.address));
    other
        .world
        .lock()
        .unwrap()
        .uploads
        .insert(0, super::fake::Upload { length: Some(3), ..super::fake::Upload::default() });
    put(&home, &fake.url(), &[]).stored();
    assert_eq!(fake.methods(), ["OPTIONS", "POST"]);
    assert_eq!(fake.requests()[1].header("cookie"), Some("a=b"));
    assert_eq!(other.methods(), ["PATCH"]);
    assert_eq!(other.bytes(), b"abc");
    assert!(other.requests()[0].header("cookie").is_none() && !knows(&other));
}

#[test]
fn a_redirected_creation_is_followed_but_not_with_secrets_to_strangers() {
    let (fake, other, home) = (Fake::start(), Fake::start(), Home::new());
    let redirect =
        |to: String| Trick::Answer("POST", 307, format!("Location: {to}\r\n"), String::new());
    fake.play(redirect("/up/deeper/".to_owned()));
    put(&home, &fake.url(), &[]).stored();
    assert_eq!(fake.methods(), ["OPTIONS", "POST", "POST", "PATCH"]);
    assert!(fake.requests()[2].header("authorization").is_some());
    fake.play(redirect(other.url()));
    put(&home, &fake.url(), &[]).stored();
    assert_eq!(other.methods(), ["POST", "PATCH"]);
    assert!(!knows(&other));
    for _ in 0..9 {
        fake.play(redirect("/up/".to_owned()));
    }
    assert!(put(&home, &fake.url(), &[]).error().contains("from one place to the next"));
}

#[test]
fn an_upload_is_never_redirected() {
    let (fake, other, home) = (Fake::start(), Fake::start(), Home::new());
    let to = format!("Location: {}0\r\n", other.url());
    fake.play(Trick::Answer("PATCH", 307, to, String::new()));
    assert!(put(&home, &fake.url(), &[]).error().contains("do not go"));
    assert!(other.requests().is_empty());
}

#[test]
fn control_characters_of_names_and_servers_reach_no_terminal() {
    let (fake, home) = (Fake::start(), Home::new());
    fake.play(Trick::Answer("POST", 403, String::new(), "a\u{1b}[2Jb".to_owned()));
    let ran = run(&mut home.put(&[&home.file("x\u{1b}[2Jy", "abc")], &fake.url()));
    assert_eq!(ran.error(), "a\u{fffd}[2Jb");
    assert!(!ran.said.contains('\u{1b}'), "{ran:?}");
    assert!(ran.said.contains("x\u{fffd}[2Jy"), "{ran:?}");
}

impl Line for StreamOwned<ServerConnection, TcpStream> {
    fn end(&mut self) {
        self.conn.send_close_notify();
        let _ = self.conn.write_tls(&mut self.sock);
        self.sock.end();
    }

    fn reset(&mut self) {
        self.sock.reset();
    }
}

fn with_tls() -> Fake {
    let chain = CertificateDer::pem_slice_iter(include_bytes!("tls/cert.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/key.pem")).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key);
    let config = Arc::new(config.unwrap());
    Fake::with(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        Box::new(StreamOwned::new(connection, stream))
    })
}

#[test]
fn a_server_behind_tls_is_trusted_if_its_certificate_is() {
    let (fake, home) = (with_tls(), Home::new());
    let url = format!("https://{}/up/", fake.address);
    let stranger = put(&home, &url, &[]);
    assert_eq!(stranger.code, Some(1), "{stranger:?}");
    assert!(stranger.said.contains("TLS with 127.0.0.1 fails"), "{stranger:?}");
    assert!(!stranger.said.contains("try 1"), "{stranger:?}");
    assert!(fake.requests().is_empty());
    let certificate = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/put/tls/cert.pem");
    let trusted = ["--cacert", certificate];
    assert_eq!(put(&home, &url, &trusted).stored()["sha256"], sha256(b"abc"));
    fake.play(Trick::Cut(1));
    put(&home, &url, &trusted).stored();
    fake.play(Trick::No(1, 422, r#"{"detail":"No."}"#.to_owned()));
    assert_eq!(put(&home, &url, &trusted).error(), "No.");
    fake.world.lock().unwrap().elsewhere = Some(format!("http://{}", fake.address));
    assert!(put(&home, &url, &trusted).error().contains("without TLS"));
}
