//! Memory does not grow with a file's size, nor with a client's dishonesty.

use std::io::{Read, Write};
use std::net::TcpStream;

use futures_util::future::join_all;
use longshore::testing::samples::black_png;
use sha2::{Digest, Sha256};

use crate::client::{Live, post};
use crate::server::Server;

const MIB: u64 = 1024 * 1024;

/// A quarter MiB that compresses badly and is no known type.
fn pattern() -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..MIB / 4).map(|_| next()).collect()
}

fn digest(pattern: &[u8], times: u64) -> String {
    let mut hasher = Sha256::new();
    (0..times).for_each(|_| hasher.update(pattern));
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[actix_web::test]
async fn two_gib_arrive_whole_in_less_than_64_mib_of_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let pattern = pattern();
    let mut live = Live::connect(&server.url, "files").await;
    let done = live.upload("big.bin", 2048 * MIB, &pattern).await;
    assert_eq!(done["sha256"].as_str().unwrap(), digest(&pattern, 4 * 2048));
    let peak = server.memory_kib("VmHWM") / 1024;
    println!("peak memory of one 2 GiB file: {peak} MiB");
    assert!(peak < 64, "peak memory was {peak} MiB");
}

#[actix_web::test]
async fn eight_large_files_at_once_need_less_than_128_mib_of_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let pattern = pattern();
    let expected = digest(&pattern, 4 * 256);
    let uploads = (0..8).map(|n| {
        let (url, pattern) = (server.url.clone(), &pattern);
        async move {
            let mut live = Live::connect(&url, "files").await;
            live.upload(&format!("{n}.bin"), 256 * MIB, pattern).await
        }
    });
    for done in join_all(uploads).await {
        assert_eq!(done["sha256"].as_str().unwrap(), expected);
    }
    let peak = server.memory_kib("VmHWM") / 1024;
    println!("peak memory of eight files at once: {peak} MiB");
    assert!(peak < 128, "peak memory was {peak} MiB");
}

#[actix_web::test]
async fn a_picture_of_two_and_a_half_thousand_million_pixels_costs_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let bomb = black_png(50_000);
    let before = server.memory_kib("VmHWM");
    let (answer, cookie) = post(&server.url, "black.png", &bomb).await;
    let file = &answer["files"][0];
    assert_eq!(file["type"], "image/png", "{answer}");
    let id = file["id"].as_str().unwrap();
    // Whoever asks is told when somebody has looked whether there can be one.
    let asked = awc::Client::default()
        .get(format!("{}/_upload/{id}/thumbnail", server.url))
        .insert_header(("cookie", cookie))
        .send();
    assert_eq!(asked.await.unwrap().status(), 404);
    let grown = (server.memory_kib("VmHWM") - before) / 1024;
    println!("memory for a picture of 50,000 by 50,000 pixels: {grown} MiB");
    assert!(grown < 64, "{grown} MiB");
}

#[test]
fn a_frame_that_announces_a_gib_is_refused_at_its_header() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let mut socket = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    let handshake = "GET /files/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: longshore.v1\r\n\r\n";
    socket.write_all(handshake.as_bytes()).unwrap();
    let mut answer = [0; 4096];
    let read = socket.read(&mut answer).unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 101"));
    let before = server.memory_kib("VmRSS");
    let mut frame = vec![0x82, 0x80 | 127];
    frame.extend((1_u64 << 30).to_be_bytes());
    frame.extend([0; 4]);
    socket.write_all(&frame).unwrap();
    // It goes on sending as if nothing were wrong, until it is cut off.
    let piece = vec![0; 1 << 20];
    let sent = (0..400).take_while(|_| socket.write_all(&piece).is_ok()).count();
    let grown = server.memory_kib("VmRSS").saturating_sub(before) / 1024;
    assert!(grown < 32, "memory grew by {grown} MiB while {sent} MiB came");
}
