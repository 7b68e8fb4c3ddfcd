//! What a file's first bytes are, whatever its name says.
//!
//! The `infer` crate knows some ninety formats by their magic numbers. It doesn't know text, SVG or
//! which kind of film a film is, and many of its magics are two or three letters that prose may
//! begin with ("MZ", "BM", "BC"). So text is recognised first, and only magics that no prose begins
//! with by chance may overrule it.
//!
//! INVARIANT: the answer depends on the head alone; no byte sequence makes it panic.

use crate::checks::markup::{self, Markup};

/// What bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There are none.
    Nothing,
    /// A known format, by its media type.
    Known(&'static str),
    /// Machine code or byte code, by its media type.
    Program(&'static str),
    /// HTML, SVG or XML that a browser would run, a Flash film or a shortcut, by its media type.
    Active(&'static str),
    /// Unicode text.
    Text,
    /// No NUL and no control characters: text in an older encoding, or something unknown.
    MaybeText,
    /// Nothing that is known.
    Unknown,
}

/// Formats that are text themselves. All others have bytes that no text has within their first few, so that
/// `GIF89a=1;alert(1)` is a script and no picture.
const WRITTEN: &[&str] = &["application/pdf", "application/rtf", "application/postscript"];

/// Magics too short to mean anything, and text formats that are judged here.
const IGNORED: &[&str] = &[
    "application/x-llvm",
    "application/x-executable",
    "application/x-x509-ca-cert",
    "application/octet-stream",
    "application/vnd.microsoft.portable-executable",
    "text/html",
    "text/xml",
    "text/x-shellscript",
    "video/mp4",
    "video/x-m4v",
    "video/quicktime",
    "audio/m4a",
    "image/heif",
    "image/avif",
    "audio/mpeg",
    "application/java",
    "application/wasm",
    "application/x-mach-binary",
    "application/vnd.android.dex",
    "application/vnd.android.dey",
];

impl Found {
    /// The media type that this is stored and served under; `None` if nothing is known.
    pub(super) fn media_type(self) -> Option<&'static str> {
        match self {
            Self::Known(media_type) | Self::Program(media_type) | Self::Active(media_type) => {
                Some(media_type)
            }
            Self::Text => Some("text/plain"),
            Self::Nothing | Self::MaybeText | Self::Unknown => None,
        }
    }

    /// With its article, for sentences.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Nothing => "an empty file",
            Self::Text | Self::MaybeText => "a text file",
            Self::Unknown => "data of an unknown kind",
            Self::Known(media_type) | Self::Program(media_type) | Self::Active(media_type) => {
                noun_of(media_type)
            }
        }
    }
}

/// What the first bytes of a file are.
pub(super) fn sniff(head: &[u8]) -> Found {
    if head.is_empty() {
        return Found::Nothing;
    }
    let text = text(head);
    let readable = text.clone().unwrap_or_else(|| as_browsers_read(head));
    match markup::sniff(&readable) {
        Some(Markup::Html) => return Found::Active("text/html"),
        Some(Markup::Xhtml) => return Found::Active("application/xhtml+xml"),
        Some(Markup::Svg) => return Found::Active("image/svg+xml"),
        Some(Markup::ActiveXml) => return Found::Active("text/xml"),
        Some(Markup::Xml) => return Found::Known("text/xml"),
        None => {}
    }
    if let Some(active) = active(head, &readable) {
        return Found::Active(active);
    }
    let inferred = infer::get(head).map(|kind| kind.mime_type());
    if let Some(written) = inferred.filter(|mime| WRITTEN.contains(mime)) {
        return Found::Known(canonical(written));
    }
    if text.is_some() {
        return Found::Text;
    }
    if let Some(program) = program(head) {
        return Found::Program(program);
    }
    if let Some(media_type) = media_container(head) {
        return Found::Known(media_type);
    }
    if let Some(inferred) = inferred.filter(|mime| !IGNORED.contains(mime)) {
        return Found::Known(canonical(inferred));
    }
    // Readers of PDF look for its mark in the first 1,024 bytes, so some writers put things before it.
    if head.get(..1_024).unwrap_or(head).windows(5).any(|window| window == b"%PDF-") {
        return Found::Known("application/pdf");
    }
    if head.iter().any(|byte| is_binary(*byte)) { Found::Unknown } else { Found::MaybeText }
}

/// The head as text, if it is UTF-8 or begins with UTF-16's mark, without NUL and without control
/// characters that texts don't have. A character may be cut at the end.
fn text(head: &[u8]) -> Option<String> {
    let text = match head {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        _ => match std::str::from_utf8(head) {
            Ok(text) => text.to_owned(),
            Err(error) if error.error_len().is_none() => {
                String::from_utf8_lossy(&head[..error.valid_up_to()]).into_owned()
            }
            Err(_) => return None,
        },
    };
    let plain = !text.is_empty() && text.bytes().all(|byte| !is_binary(byte));
    plain.then_some(text)
}

/// Every byte as some character, in the encoding that a browser would take: by its mark, or UTF-8.
fn as_browsers_read(head: &[u8]) -> String {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match head {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ if !begins_something(head) => String::new(),
        _ => String::from_utf8_lossy(head).into_owned(),
    }
}

/// Whether something readable may begin there that is looked for: most heads are of pictures and archives, and each would
/// be made a text in vain.
fn begins_something(head: &[u8]) -> bool {
    let longest = &head[..head.len().min(char::MAX_LEN_UTF8)];
    let first = longest.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    first.is_some_and(|c| c.is_whitespace() || matches!(c, '\u{feff}' | '<' | '['))
}

/// What isn't markup and runs, or leads elsewhere, when somebody opens it: Flash films and shortcuts of Windows.
fn active(head: &[u8], readable: &str) -> Option<&'static str> {
    match head {
        // The version of a film, which is no letter.
        [b'F' | b'C' | b'Z', b'W', b'S', 1..=50, ..]
            if head.iter().any(|byte| is_binary(*byte)) =>
        {
            return Some("application/x-shockwave-flash");
        }
        [0x4c, 0, 0, 0, 1, 0x14, 2, 0, 0, 0, 0, 0, 0xc0, ..] => {
            return Some("application/x-ms-shortcut");
        }
        _ => {}
    }
    let line = readable.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let begins =
        line.get(..18).is_some_and(|begin| begin.eq_ignore_ascii_case("[InternetShortcut]"));
    begins.then_some("application/internet-shortcut")
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let mut units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    // The second half of a pair may lie beyond the head.
    if units.last().is_some_and(|last| (0xd800..0xdc00).contains(last)) {
        units.pop();
    }
    String::from_utf16(&units).ok()
}

/// The bytes that the WHATWG's MIME sniffing standard calls binary: text has none of them.
fn is_binary(byte: u8) -> bool {
    matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f)
}

/// Machine code and byte code. Called for heads that aren't text, so "MZ" may be trusted.
fn program(head: &[u8]) -> Option<&'static str> {
    match head {
        [b'M', b'Z', ..] => Some("application/vnd.microsoft.portable-executable"),
        [0x7f, b'E', b'L', b'F', ..] => Some("application/x-executable"),
        [0, b'a', b's', b'm', ..] => Some("application/wasm"),
        [b'd', b'e', b'x' | b'y', b'\n', ..] => Some("application/vnd.android.dex"),
        [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] | [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] => {
            Some("application/x-mach-binary")
        }
        // Java and Mac share a magic: what follows is a class file's version or a count of machines.
        [0xca, 0xfe, 0xba, 0xbe, a, b, c, d, ..] => match u32::from_be_bytes([*a, *b, *c, *d]) {
            1..45 => Some("application/x-mach-binary"),
            _ => Some("application/java"),
        },
        _ => None,
    }
}

/// Films and pictures in ISO boxes, by their brands, films in EBML, and MP3, whose frames come in more kinds than
/// `infer` knows.
fn media_container(head: &[u8]) -> Option<&'static str> {
    if let [0xff, second, third, ..] = head {
        // Eleven bits of sync, a version, layer III, a bit rate and a sampling rate that exist.
        let version = second & 0x18;
        let frame = second & 0xe6 == 0xe2 && version != 0x08;
        if frame && third & 0xf0 != 0xf0 && third & 0x0c != 0x0c {
            return Some("audio/mpeg");
        }
    }
    if head.starts_with(b"ID3") {
        return Some("audio/mpeg");
    }
    if head.starts_with(b"\x1a\x45\xdf\xa3") {
        // What kind it is stands among the first elements, whose lengths are written in several ways.
        let first = &head[..head.len().min(64)];
        let says = |kind: &[u8]| first.windows(kind.len()).any(|part| part == kind);
        return if says(b"webm") {
            Some("video/webm")
        } else {
            says(b"matroska").then_some("video/x-matroska")
        };
    }
    match head.get(4..8)? {
        b"ftyp" => {}
        b"moov" | b"mdat" | b"wide" | b"skip" | b"pnot" => return Some("video/quicktime"),
        _ => return None,
    }
    let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let end = length.clamp(8, head.len());
    // The major brand, then a version that no brand looks like, then the compatible ones.
    let brands: Vec<&[u8]> = head[8..end].chunks_exact(4).collect();
    let any =
        |wanted: &[&[u8; 4]]| brands.iter().any(|brand| wanted.iter().any(|w| w[..] == **brand));
    Some(match brands.first().copied().unwrap_or_default() {
        b"qt  " => "video/quicktime",
        b"M4A " | b"M4B " | b"M4P " => "audio/mp4",
        b"crx " => "image/x-canon-cr3",
        _ if any(&[b"avif", b"avis"]) => "image/avif",
        _ if any(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"]) => {
            "image/heif"
        }
        _ => "video/mp4",
    })
}

/// Standard names for those of `infer`'s that aren't.
fn canonical(media_type: &'static str) -> &'static str {
    match media_type {
        "audio/x-wav" => "audio/wav",
        "audio/x-flac" => "audio/flac",
        "audio/opus" => "audio/ogg",
        "application/font-woff" => "font/woff",
        "application/font-sfnt" => "font/sfnt",
        _ => media_type,
    }
}

fn noun_of(media_type: &str) -> &'static str {
    match media_type {
        "application/vnd.microsoft.portable-executable" => "a Windows program",
        "application/x-executable" => "a Linux program",
        "application/x-mach-binary" => "a Mac program",
        "application/java" => "a Java program",
        "application/wasm" => "a WebAssembly program",
        "application/vnd.android.dex" => "an Android program",
        "text/html" | "application/xhtml+xml" => "a web page",
        "image/svg+xml" => "an SVG image",
        "text/xml" => "an XML file",
        "application/x-shockwave-flash" => "a Flash film",
        "application/x-ms-shortcut" | "application/internet-shortcut" => "a shortcut",
        "image/jpeg" => "a JPG image",
        "image/png" => "a PNG image",
        "image/gif" => "a GIF image",
        "image/webp" => "a WebP image",
        "image/avif" => "an AVIF image",
        "image/heif" => "an HEIC image",
        "image/bmp" => "a BMP image",
        "image/tiff" => "a TIFF image",
        "application/pdf" => "a PDF document",
        "application/rtf" => "an RTF document",
        "application/zip" => "a ZIP archive",
        "application/gzip" => "a gzip archive",
        "application/x-7z-compressed" => "a 7z archive",
        "application/vnd.rar" => "a RAR archive",
        "application/x-tar" => "a tar archive",
        "audio/mpeg" => "an MP3 recording",
        _ if media_type.starts_with("image/") => "another kind of image",
        _ if media_type.starts_with("video/") => "a video",
        _ if media_type.starts_with("audio/") => "a sound recording",
        _ if media_type.starts_with("font/") => "a font",
        "application/msword" => "a Word document",
        "application/vnd.ms-excel" => "an Excel document",
        "application/vnd.ms-powerpoint" => "a PowerPoint document",
        _ if media_type.contains("officedocument") || media_type.contains("opendocument") => {
            "an office document"
        }
        "application/x-ole-storage" => "an older office document or installer",
        _ => "another kind of file",
    }
}

#[cfg(test)]
mod tests;
