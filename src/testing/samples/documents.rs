//! Documents as office programs write them, with next to nothing in them.

use super::archives::zip;

const TYPES: &[u8] = b"<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
const RELATIONS: &[u8] =
    b"<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"/>";
const MANIFEST: &[u8] = b"<?xml version=\"1.0\"?><manifest:manifest/>";

/// A document of Word, Excel or PowerPoint since 2007: `main` is `word/document.xml`, `xl/workbook.xml` or
/// `ppt/presentation.xml`.
#[must_use]
pub fn office(main: &str) -> Vec<u8> {
    let part = b"<?xml version=\"1.0\" standalone=\"yes\"?><part/>";
    zip(&[("[Content_Types].xml", TYPES), ("_rels/.rels", RELATIONS), (main, part)])
}

/// A document of LibreOffice: `kind` is `text`, `spreadsheet`, `presentation` or `graphics`.
#[must_use]
pub fn open_document(kind: &str) -> Vec<u8> {
    let media_type = format!("application/vnd.oasis.opendocument.{kind}");
    let content = b"<?xml version=\"1.0\"?><office:document-content/>";
    zip(&[
        ("mimetype", media_type.as_bytes()),
        ("content.xml", content),
        ("META-INF/manifest.xml", MANIFEST),
    ])
}

/// A book.
#[must_use]
pub fn epub() -> Vec<u8> {
    let container = b"<?xml version=\"1.0\"?><container/>";
    zip(&[("mimetype", b"application/epub+zip"), ("META-INF/container.xml", container)])
}

/// A storage in Microsoft's compound format with one empty stream of this name: `WordDocument`, `Workbook`,
/// `PowerPoint Document`, or `EncryptedPackage` for what is behind a password.
#[must_use]
pub fn storage(stream: &str) -> Vec<u8> {
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.extend([0; 16]);
    // Version 3, little endian, sectors of 512 bytes, of 64 for small streams.
    file.extend(b"\x3e\0\x03\0\xfe\xff\x09\0\x06\0");
    file.extend([0; 10]);
    // One sector of the table, the directory begins in sector 1.
    for number in [1, 1, 0, 4_096, END, 0, END, 0] {
        file.extend(u32::to_le_bytes(number));
    }
    file.extend(0_u32.to_le_bytes());
    file.resize(512, 0xff);
    // The table: itself, and the directory, which ends there.
    file.extend(0xffff_fffd_u32.to_le_bytes());
    file.extend(END.to_le_bytes());
    file.resize(1_024, 0xff);
    file.extend(directory_entry("Root Entry", 5, 1));
    file.extend(directory_entry(stream, 2, FREE));
    file.resize(1_536, 0);
    file
}

const END: u32 = 0xffff_fffe;
const FREE: u32 = 0xffff_ffff;

fn directory_entry(name: &str, kind: u8, child: u32) -> Vec<u8> {
    let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u16::try_from(entry.len() + 2).expect("a short name");
    entry.resize(64, 0);
    entry.extend(length.to_le_bytes());
    entry.extend([kind, 1]);
    for number in [FREE, FREE, child] {
        entry.extend(number.to_le_bytes());
    }
    entry.resize(116, 0);
    entry.extend(END.to_le_bytes());
    entry.resize(128, 0);
    entry
}
