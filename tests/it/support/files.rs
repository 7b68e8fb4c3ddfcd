//! Small files of known kinds.

use sha2::{Digest, Sha256};

/// One white pixel.
pub(crate) fn png() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0".to_vec();
    png.extend(b"\x1f\x15\xc4\x89\0\0\0\nIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4");
    png.extend(b"\0\0\0\0IEND\xaeB`\x82");
    png
}

/// The beginning of a JPEG, as large as asked for.
pub(crate) fn jpeg(size: usize) -> Vec<u8> {
    let mut jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
    jpeg.resize(size.max(jpeg.len()), 0x5a);
    jpeg
}

pub(crate) fn gif() -> Vec<u8> {
    b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\x04\0\0\0\0\0,".to_vec()
}

pub(crate) fn pdf() -> Vec<u8> {
    b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n".to_vec()
}

/// A Windows program, whatever it calls itself.
pub(crate) fn program() -> Vec<u8> {
    let mut program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0".to_vec();
    program.resize(512, 0);
    program
}

pub(crate) fn html() -> Vec<u8> {
    b"<!doctype html><html><script>alert(1)</script></html>".to_vec()
}

pub(crate) fn svg() -> Vec<u8> {
    b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"></svg>".to_vec()
}

/// Text of this many bytes, of which no two stretches are alike.
pub(crate) fn text(size: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(size + 16);
    let mut line = 0_u64;
    while text.len() < size {
        text.extend(format!("line {line}\n").into_bytes());
        line += 1;
    }
    text.truncate(size);
    text
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
