//! Archives, made here.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

/// A ZIP archive of these files; the first one isn't packed, as OpenDocument and EPUB want it.
#[must_use]
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut archive, mut table) = (Vec::new(), Vec::new());
    for (number, (name, bytes)) in files.iter().enumerate() {
        let (method, packed) =
            if number == 0 { (0_u16, bytes.to_vec()) } else { (8, deflated(bytes)) };
        let begins = four(archive.len());
        // Version, flags, method, time and date, checksum, both sizes, length of the name, nothing more.
        let mut facts = vec![20, 0, 0, 0];
        facts.extend(method.to_le_bytes());
        facts.extend([0, 0, 0x21, 0x5a]);
        facts.extend(crc32fast::hash(bytes).to_le_bytes());
        facts.extend(four(packed.len()));
        facts.extend(four(bytes.len()));
        facts.extend(two(name.len()));
        facts.extend([0, 0]);
        archive.extend(b"PK\x03\x04");
        archive.extend(&facts);
        archive.extend(name.as_bytes());
        archive.extend(packed);
        table.extend(b"PK\x01\x02\x14\0");
        table.extend(facts);
        table.extend([0; 10]);
        table.extend(begins);
        table.extend(name.as_bytes());
    }
    let begins = four(archive.len());
    let length = four(table.len());
    archive.extend(table);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(two(files.len()));
    archive.extend(two(files.len()));
    archive.extend(length);
    archive.extend(begins);
    archive.extend([0, 0]);
    archive
}

/// What `gzip` makes of some bytes.
#[must_use]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// A tar archive of one file.
#[must_use]
pub fn tar(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut head = vec![0; 512];
    head[..name.len()].copy_from_slice(name.as_bytes());
    // Rights, user, group, size, time, room for the checksum, a plain file; and, further on, the format.
    let fields: [(usize, String); 6] = [
        (100, "0000644\0".to_owned()),
        (108, "0000000\0".to_owned()),
        (116, "0000000\0".to_owned()),
        (124, format!("{:011o}\0", bytes.len())),
        (136, "00000000000\0        0".to_owned()),
        (257, "ustar\x0000".to_owned()),
    ];
    for (at, text) in fields {
        head[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    head.extend(bytes);
    head.resize(head.len().next_multiple_of(512) + 1_024, 0);
    head
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn two(number: usize) -> [u8; 2] {
    u16::try_from(number).expect("a small archive").to_le_bytes()
}

fn four(number: usize) -> [u8; 4] {
    u32::try_from(number).expect("a small archive").to_le_bytes()
}
