//! HTTPS in the process: what is offered, what is said with it, certificates that change, peers that don't go on.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use longshore::testing::until;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned};

use crate::server::{Server, command};

type Stream = StreamOwned<ClientConnection, TcpStream>;

const MIB: usize = 1024 * 1024;

/// A certificate for 127.0.0.1 that only its holder knows.
struct Pair {
    chain: PathBuf,
    key: PathBuf,
}

impl Pair {
    fn make(folder: &Path, name: &str) -> Self {
        let (chain, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(["-noenc", "-days", "2", "-subj", "/CN=127.0.0.1"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&chain)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self { chain, key }
    }

    fn flags(&self) -> [&str; 4] {
        ["--tls-cert", self.chain.to_str().unwrap(), "--tls-key", self.key.to_str().unwrap()]
    }

    /// A client that trusts this certificate and no other one, and offers these protocols.
    fn connect(&self, server: &Server, protocols: &[&[u8]]) -> std::io::Result<Stream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.chain).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut socket = TcpStream::connect(server.address())?;
        socket.set_read_timeout(Some(Duration::from_secs(60)))?;
        while client.is_handshaking() {
            client.complete_io(&mut socket)?;
        }
        Ok(StreamOwned::new(client, socket))
    }

    fn get(&self, server: &Server, path: &str) -> String {
        let mut stream = self.connect(server, &[]).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        rest(&mut stream)
    }
}

/// Everything until the connection ends, which it does.
fn rest(stream: &mut Stream) -> String {
    let mut rest = Vec::new();
    let ends = [ErrorKind::ConnectionReset, ErrorKind::UnexpectedEof, ErrorKind::BrokenPipe];
    match stream.read_to_end(&mut rest) {
        Err(error) if !ends.contains(&error.kind()) => panic!("it goes on: {error}"),
        _ => String::from_utf8_lossy(&rest).into_owned(),
    }
}

#[test]
fn https_is_spoken_with_modern_tls_and_http_1_1() {
    let place = tempfile::tempdir().unwrap();
    let pair = Pair::make(place.path(), "one");
    let [a, b, c, d] = pair.flags();
    let server = Server::start(&place.path().join("data"), &[a, b, c, d, "--hsts", "180d"]);
    assert!(server.url.starts_with("https://"), "{}", server.url);
    let answer = pair.get(&server, "/files");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let head = answer.to_lowercase();
    assert!(head.contains("strict-transport-security: max-age=15552000\r\n"), "{head}");
    let cookie = head.lines().find(|line| line.starts_with("set-cookie:")).expect("a cookie");
    assert!(cookie.contains("; secure") && cookie.contains("; httponly"), "{cookie}");
    let stream = pair.connect(&server, &[b"http/1.1"]).unwrap();
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert_eq!(stream.conn.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    // Who speaks plainly is not answered, and nobody is hurt.
    let mut plain = TcpStream::connect(server.address()).unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    plain.write_all(b"GET /files HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/1.1 200"));
    for version in ["-tls1", "-tls1_1"] {
        let old = Command::new("openssl")
            .args([
                "s_client",
                version,
                "-cipher",
                "DEFAULT:@SECLEVEL=0",
                "-connect",
                server.address(),
            ])
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        assert!(!old.status.success(), "{version}");
    }
    assert!(pair.get(&server, "/healthz").ends_with(r#"{"status":"ok"}"#));
    assert!(server.terminate().success());
}

#[actix_web::test]
async fn a_new_certificate_is_shown_at_sighup_and_a_broken_one_is_not() {
    let place = tempfile::tempdir().unwrap();
    let (old, new) = (Pair::make(place.path(), "old"), Pair::make(place.path(), "new"));
    let server = Server::start(&place.path().join("data"), &old.flags());
    old.get(&server, "/healthz");
    let was = fs::read(&old.chain).unwrap();
    let hang_up = || {
        let pid = rustix::process::Pid::from_raw(i32::try_from(server.pid()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    };
    // `old` goes on trusting what it trusted, wherever the files go.
    let trusts_old = Pair { chain: place.path().join("trusted.pem"), key: old.key.clone() };
    fs::write(&trusts_old.chain, was).unwrap();
    fs::copy(&new.chain, &old.chain).unwrap();
    hang_up();
    // The key is still the old one's.
    for _ in 0..20 {
        assert!(trusts_old.connect(&server, &[]).is_ok(), "the old one is still shown");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    fs::copy(&new.key, &old.key).unwrap();
    hang_up();
    until("the new one is shown", || new.connect(&server, &[]).is_ok()).await;
    assert!(trusts_old.connect(&server, &[]).is_err());
    assert!(server.terminate().success());
}

#[actix_web::test]
async fn peers_that_do_not_go_on_are_cut_off_below_tls_too() {
    let place = tempfile::tempdir().unwrap();
    let pair = Pair::make(place.path(), "one");
    let [a, b, c, d] = pair.flags();
    let server = Server::start(&place.path().join("data"), &[a, b, c, d, "--body-timeout", "1s"]);

    // A second request that never ends: only a cut ends that.
    let mut resting = pair.connect(&server, &[]).unwrap();
    resting.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut first = [0; 12];
    resting.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    resting.write_all(b"GET /healthz HTTP/1.1\r\nHo").unwrap();
    rest(&mut resting);

    // A large file that nobody reads.
    let body = [
        b"--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"large.bin\"\r\n\r\n"
            .to_vec(),
        vec![7; 48 * MIB],
        b"\r\n--cut--\r\n".to_vec(),
    ]
    .concat();
    let mut sender = pair.connect(&server, &[]).unwrap();
    let head = format!(
        "POST /upload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: multipart/form-data; boundary=cut\r\n\r\n",
        body.len()
    );
    sender.write_all(head.as_bytes()).unwrap();
    sender.write_all(&body).unwrap();
    let answer = rest(&mut sender);
    let url = answer.split("\"url\":\"").nth(1).expect("a stored file").split('"').next().unwrap();
    let cookie =
        answer.lines().find(|line| line.to_lowercase().starts_with("set-cookie:")).unwrap();
    let cookie = cookie[11..].split(';').next().unwrap().trim().to_owned();
    let readers: Vec<Stream> = (0..10)
        .map(|_| {
            let mut reader = pair.connect(&server, &[]).unwrap();
            let request = format!("GET {url} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n");
            reader.write_all(request.as_bytes()).unwrap();
            reader.read_exact(&mut first).unwrap();
            assert_eq!(&first, b"HTTP/1.1 200");
            reader
        })
        .collect();
    // A socket, a handle to cut it off, a file.
    let (full, each) = (server.descriptors(), 3 * readers.len());
    assert!(full > each);
    until("their connections are ended", || server.descriptors() + each <= full).await;
}

#[test]
fn what_is_wrong_with_a_certificate_stops_the_start_with_the_file() {
    let place = tempfile::tempdir().unwrap();
    let (one, two) = (Pair::make(place.path(), "one"), Pair::make(place.path(), "two"));
    let data = place.path().join("data");
    let start = |flags: &[&str]| {
        let output =
            command().args(["--bind", "127.0.0.1:0", "--data"]).arg(&data).args(flags).output();
        let output = output.unwrap();
        assert!(!output.status.success(), "{flags:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let [one_chain, two_key] = [one.chain.to_str().unwrap(), two.key.to_str().unwrap()];
    for (flags, says) in [
        (&["--tls-cert", one_chain][..], "tls_key"),
        (&["--tls-key", two_key], "tls_cert"),
        (&["--tls-cert", one_chain, "--tls-key", two_key], "two.key"),
        (&["--tls-cert", "/nowhere.pem", "--tls-key", two_key], "/nowhere.pem"),
        (&["--tls-cert", two_key, "--tls-key", two_key], "BEGIN CERTIFICATE"),
        (&["--hsts", "180d"], "hsts"),
    ] {
        let said = start(flags);
        assert!(said.contains(says), "{flags:?}: {said}");
    }
    assert!(!data.exists(), "the data folder isn't made for a server that can't start");
}
