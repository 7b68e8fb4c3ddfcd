//! What reads what comes over the wire: the frames of a live page, and the parts of a form.

#![allow(clippy::unwrap_used)] // What can't be set up can't be measured.

use bytes::Bytes;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tokio::runtime::{Builder, Runtime};

const BODY: usize = 16 * 1024 * 1024;
const BOUNDARY: &str = "----bench7MA4YWxkTrZu0gW";

fn main() {
    divan::main();
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// As a socket brings them, which knows nothing of what they hold.
fn cut(bytes: Vec<u8>) -> Vec<Bytes> {
    let (length, whole) = (bytes.len(), Bytes::from(bytes));
    (0..length).step_by(64 * 1024).map(|at| whole.slice(at..length.min(at + 64 * 1024))).collect()
}

/// Masked binary frames of so many bytes each.
fn frames(size: usize) -> Vec<Bytes> {
    let mut bytes = Vec::with_capacity(BODY + BODY / 16);
    for _ in 0..BODY / size {
        bytes.push(0x82);
        match size {
            0..126 => bytes.push(0x80 | size as u8),
            126..65_536 => {
                bytes.push(0xFE);
                bytes.extend_from_slice(&(size as u16).to_be_bytes());
            }
            _ => {
                bytes.push(0xFF);
                bytes.extend_from_slice(&(size as u64).to_be_bytes());
            }
        }
        bytes.extend_from_slice(&[7, 9, 200, 31]);
        bytes.resize(bytes.len() + size, 5);
    }
    cut(bytes)
}

fn form(size: usize) -> Vec<Bytes> {
    let mut bytes = Vec::with_capacity(BODY + BODY / 16);
    for _ in 0..BODY / size {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"bench.bin\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend((0..size).map(|index| ((index * 31) >> 5) as u8));
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    cut(bytes)
}

#[divan::bench(args = [1_024, 65_536, 262_144], sample_count = 20)]
fn guard(bencher: Bencher<'_, '_>, size: usize) {
    let (runtime, pieces) = (runtime(), frames(size));
    bencher.counter(BytesCount::new(BODY)).bench_local(|| {
        assert!(runtime.block_on(longshore::rooms::guarded(black_box(&pieces))) >= BODY);
    });
}

#[divan::bench(args = [1_024, 65_536, 262_144], sample_count = 20)]
fn guard_and_unmask(bencher: Bencher<'_, '_>, size: usize) {
    let (runtime, pieces) = (runtime(), frames(size));
    bencher.counter(BytesCount::new(BODY)).bench_local(|| {
        assert_eq!(runtime.block_on(longshore::rooms::unmasked(black_box(&pieces))), BODY);
    });
}

#[divan::bench(args = [16_384, BODY], sample_count = 20)]
fn multipart(bencher: Bencher<'_, '_>, size: usize) {
    let (runtime, pieces) = (runtime(), form(size));
    bencher.counter(BytesCount::new(BODY)).bench_local(|| {
        assert_eq!(runtime.block_on(longshore::rooms::parts(BOUNDARY, black_box(&pieces))), BODY);
    });
}
