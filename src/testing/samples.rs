//! Small files of known kinds, honest and not, and their digest.

mod archives;
mod documents;
mod kinds;

use sha2::{Digest, Sha256};

pub use self::archives::{gzip, tar, zip};
pub use self::documents::{epub, office, open_document, storage};
pub use self::kinds::{black_png, every_kind};

/// One white pixel.
#[must_use]
pub fn png() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0".to_vec();
    png.extend(b"\x1f\x15\xc4\x89\0\0\0\nIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4");
    png.extend(b"\0\0\0\0IEND\xaeB`\x82");
    png
}

/// The beginning of a JPEG, as large as asked for.
#[must_use]
pub fn jpeg(size: usize) -> Vec<u8> {
    let mut jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
    jpeg.resize(size.max(jpeg.len()), 0x5a);
    jpeg
}

/// The beginning of a GIF.
#[must_use]
pub fn gif() -> Vec<u8> {
    b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\x04\0\0\0\0\0,".to_vec()
}

/// A PDF without a page.
#[must_use]
pub fn pdf() -> Vec<u8> {
    b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n".to_vec()
}

/// A Windows program, whatever it calls itself.
#[must_use]
pub fn program() -> Vec<u8> {
    let mut program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0".to_vec();
    program.resize(512, 0);
    program
}

/// A web page with a script.
#[must_use]
pub fn html() -> Vec<u8> {
    b"<!doctype html><html><script>alert(1)</script></html>".to_vec()
}

/// An SVG image with a script.
#[must_use]
pub fn svg() -> Vec<u8> {
    b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"></svg>".to_vec()
}

/// Text of this many bytes, of which no two stretches are alike.
#[must_use]
pub fn text(size: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(size + 16);
    let mut line = 0_u64;
    while text.len() < size {
        text.extend(format!("line {line}\n").into_bytes());
        line += 1;
    }
    text.truncate(size);
    text
}

/// The BLAKE3 of some bytes in lower-case hex, as entries and stored files carry it.
#[must_use]
pub fn blake3(bytes: &[u8]) -> String {
    ::blake3::hash(bytes).to_hex().to_string()
}

/// The SHA-256 of some bytes in lower-case hex, as entries and stored files carry it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
