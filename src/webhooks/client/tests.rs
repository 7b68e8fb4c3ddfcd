use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Names that lead where a test wants, another way each time.
#[derive(Debug, Clone)]
struct Names(Vec<Vec<SocketAddr>>, Arc<AtomicUsize>);

impl Names {
    fn leading(to: &[&[&str]]) -> Self {
        let parse = |all: &&[&str]| all.iter().map(|one| one.parse().unwrap()).collect();
        Self(to.iter().map(parse).collect(), Arc::default())
    }
}

impl Resolver for Names {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let turn = self.1.fetch_add(1, Ordering::SeqCst);
        let mut found = self.empty();
        for address in &self.0[turn.min(self.0.len() - 1)] {
            found.push(*address);
        }
        Ok(found)
    }
}

fn attempt(url: &str) -> Attempt {
    Attempt {
        url: url.to_owned(),
        headers: vec![("x-test", "1".to_owned())],
        body: "{}".to_owned(),
    }
}

/// Answers each connection with these bytes, and counts them.
fn server(answer: &'static [u8]) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, count) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = socket.read(&mut [0; 4096]);
            let _ = socket.write_all(answer);
        }
    });
    (address, count)
}

#[test]
fn srf_01_a_name_that_leads_to_a_private_address_is_not_connected_to() {
    let (address, count) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let here = address.to_string();
    for found in [
        &[&*here][..],
        &["169.254.169.254:80"],
        &["10.0.0.1:80"],
        &["[::ffff:127.0.0.1]:80"],
        // The public one would be tried first, and the other when it fails.
        &["1.1.1.1:80", &*here],
        &[&*here, "1.1.1.1:80"],
    ] {
        let client = Client::looking_up(Names::leading(&[found]), false);
        let refused = client.send(&attempt("http://app.example/hooks"));
        assert_eq!(refused, Err(Trouble::Private), "{found:?}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0, "nobody was spoken to");
    let allowed = Client::looking_up(Names::leading(&[&[&here]]), true);
    assert_eq!(allowed.send(&attempt("http://app.example/hooks")), Ok(()));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn srf_01_a_name_that_leads_elsewhere_the_next_time_is_judged_anew() {
    let (address, count) = server(b"HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n");
    let here = address.to_string();
    // 192.0.2.0/24 is nowhere, so a public answer is made of an address that refuses at once: none is needed,
    // because what counts is that the second answer is judged as the first was.
    let names = Names::leading(&[&["127.0.0.1:1"], &[&here]]);
    let client = Client::looking_up(names.clone(), false);
    for _ in 0..3 {
        assert_eq!(client.send(&attempt("http://app.example/")), Err(Trouble::Private));
    }
    assert_eq!(names.1.load(Ordering::SeqCst), 3, "looked up each time");
    assert_eq!(count.load(Ordering::SeqCst), 0);
    let twice = Names::leading(&[&[&here]]);
    let client = Client::looking_up(twice.clone(), true);
    for _ in 0..2 {
        assert_eq!(client.send(&attempt("http://app.example/")), Err(Trouble::Status(500)));
    }
    assert_eq!(
        twice.1.load(Ordering::SeqCst),
        2,
        "one look for each connection, and none beside it"
    );
    assert_eq!(count.load(Ordering::SeqCst), 2, "and no connection is kept");
}

#[test]
fn srf_01_the_machines_own_name_is_private() {
    let client = Client::new(false);
    for url in ["http://localhost:9/", "http://127.0.0.1:9/", "http://[::1]:9/"] {
        assert_eq!(client.send(&attempt(url)), Err(Trouble::Private), "{url}");
    }
}

#[test]
fn srf_01_redirects_are_not_followed() {
    let (target, reached) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let answer =
        format!("HTTP/1.1 307 go\r\nlocation: http://{target}/\r\ncontent-length: 0\r\n\r\n");
    let (address, _) = server(answer.into_bytes().leak());
    let sent = Client::new(true).send(&attempt(&format!("http://{address}/")));
    assert_eq!(sent, Err(Trouble::Status(307)));
    assert_eq!(reached.load(Ordering::SeqCst), 0);
    let answer =
        b"HTTP/1.1 302 go\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
    let (address, _) = server(answer);
    let sent = Client::new(true).send(&attempt(&format!("http://{address}/")));
    assert_eq!(sent, Err(Trouble::Status(302)));
}

#[test]
fn res_12_answers_without_end_and_answers_that_are_none_are_bounded() {
    let mut endless = b"HTTP/1.1 200 OK\r\n".to_vec();
    endless.extend(b"x: y\r\n".repeat(100_000));
    for (answer, expected) in [
        (endless, Trouble::Protocol),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n\r\n".to_vec(), Trouble::Protocol),
        (
            b"HTTP/1.1 410 Gone\r\ncontent-length: 99999999999\r\n\r\nabc".to_vec(),
            Trouble::Status(410),
        ),
    ] {
        let (address, _) = server(answer.leak());
        let sent = Client::new(true).send(&attempt(&format!("http://{address}/")));
        assert_eq!(sent, Err(expected));
    }
    assert!(Trouble::Status(410).is_final() && !Trouble::Status(404).is_final());
}
