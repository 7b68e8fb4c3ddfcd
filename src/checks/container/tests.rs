//! Documents under right and wrong names, and tables of contents that lie.

use super::*;
use crate::checks::trial::{Unreadable, Whole, entry, refused};
use crate::checks::{MagicBytes, Subject};
use crate::domain::{Declaration, Slot};
use crate::testing::samples::{epub, office, open_document, storage, text, zip as archive};

async fn verdict(name: &str, bytes: Vec<u8>) -> Verdict {
    let slot = Slot::declare("files", Declaration::new()).unwrap();
    let mut entry = entry(name, "");
    entry.offset = bytes.len() as u64;
    let content = Whole(bytes.into());
    let content: Option<&dyn Content> = Some(&content);
    let subject = Subject { entry: &entry, slot: &slot, head: &[], whole: false, content };
    Containers::new().check(subject).await
}

fn jar() -> Vec<u8> {
    archive(&[("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0")])
}

fn encrypted() -> Vec<u8> {
    storage("EncryptedPackage")
}

/// A document, and the extensions under which it is honest.
fn documents() -> Vec<(Vec<u8>, &'static [&'static str])> {
    vec![
        (office("word/document.xml"), &["docx", "docm", "dotx", "zip"]),
        (office("xl/workbook.xml"), &["xlsx", "xlsm", "xlsb", "zip"]),
        (office("ppt/presentation.xml"), &["pptx", "ppsx", "zip"]),
        // Parts at a place of their own.
        (
            office("document.xml"),
            &["docx", "xlsx", "pptx", "docm", "xlsm", "ppsx", "dotx", "xlsb", "zip"],
        ),
        (open_document("text"), &["odt", "ott", "zip"]),
        (open_document("spreadsheet"), &["ods", "zip"]),
        (open_document("presentation"), &["odp", "zip"]),
        (open_document("graphics"), &["odg", "zip"]),
        (
            archive(&[("content.xml", b"<a/>"), ("META-INF/manifest.xml", b"<a/>")]),
            &["odt", "ods", "odp", "odg", "ott", "zip"],
        ),
        (epub(), &["epub", "zip"]),
        (jar(), &["jar", "zip"]),
        (archive(&[("a/B.class", b"x")]), &["jar", "zip"]),
        (
            archive(&[("AndroidManifest.xml", b"x"), ("META-INF/MANIFEST.MF", b"x")]),
            &["apk", "jar", "zip"],
        ),
        (archive(&[("word/document.xml", b"x")]), &["zip"]),
        (storage("WordDocument"), &["doc", "dot"]),
        (storage("Workbook"), &["xls"]),
        (storage("Book"), &["xls"]),
        (storage("PowerPoint Document"), &["ppt", "pps"]),
        (
            encrypted(),
            &[
                "docx", "xlsx", "pptx", "docm", "xlsm", "ppsx", "dotx", "xlsb", "doc", "dot",
                "xls", "ppt", "pps",
            ],
        ),
        (storage("__properties_version1.0"), &[]),
    ]
}

#[tokio::test]
async fn a_document_is_taken_under_its_names_and_under_no_other() {
    let names: Vec<&str> = documents().into_iter().flat_map(|(_, names)| names).copied().collect();
    for (bytes, honest) in documents() {
        for name in &names {
            let answer = verdict(&format!("a.{name}"), bytes.clone()).await;
            if honest.contains(name) || *name == "zip" {
                assert_eq!(answer, Verdict::Accept, "{honest:?} as {name}");
            } else {
                assert_eq!(refused(answer).0, Code::ContentMismatch, "{honest:?} as {name}");
            }
        }
        // What promises nothing is not looked into.
        assert_eq!(verdict("a.dat", bytes).await, Verdict::Accept);
    }
}

#[tokio::test]
async fn the_sentence_says_what_it_is() {
    for (name, bytes, sentence) in [
        ("a.docx", office("xl/workbook.xml"), "This is an Excel document, not a Word document."),
        ("a.docx", storage("WordDocument"), "This is an older Word document, not a Word document."),
        ("a.docx", archive(&[("a", b"b")]), "This is a ZIP archive, not a Word document."),
        (
            "a.docx",
            b"PK\x03\x04nothing\0".to_vec(),
            "This is a damaged ZIP archive, not a Word document.",
        ),
        (
            "a.ods",
            open_document("text"),
            "This is an OpenDocument text, not an OpenDocument spreadsheet.",
        ),
    ] {
        assert_eq!(refused(verdict(name, bytes).await).1, sentence);
    }
}

#[tokio::test]
async fn what_cannot_be_read_back_is_told_apart_from_what_never_can() {
    let slot = Slot::declare("files", Declaration::new()).unwrap();
    let mut entry = entry("a.docx", "");
    entry.offset = 5;
    let subject =
        |content| Subject { entry: &entry, slot: &slot, head: &[], whole: false, content };
    assert_eq!(Containers.check(subject(None)).await, Verdict::Accept);
    let unreadable = Containers.check(subject(Some(&Unreadable))).await;
    assert_eq!(refused(unreadable).0, Code::CheckFailed);
    assert_eq!(MagicBytes.stage(), Stage::Head(HEAD), "both see the same head");
}

async fn table(bytes: &[u8]) -> zip::Read {
    let size = bytes.len() as u64;
    zip::directory(&Whole(bytes.to_vec().into()), size).await.unwrap()
}

fn names(read: zip::Read) -> Vec<String> {
    match read {
        zip::Read::Directory(files) => files.into_iter().map(|file| file.name).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_table_is_found_behind_anything_and_before_a_comment() {
    let plain = archive(&[("a.txt", b"hello"), ("b/c.txt", &text(5_000))]);
    let expected = ["a.txt", "b/c.txt"];
    assert_eq!(names(table(&plain).await), expected);
    let behind = [text(100_000), plain.clone()].concat();
    let zip::Read::Directory(files) = table(&behind).await else { panic!("no table") };
    assert_eq!((files[0].begins, files[1].unpacked), (100_000, 5_000));
    let mut commented = plain.clone();
    let comment = commented.len() - 2;
    commented[comment..].copy_from_slice(&[200, 0]);
    commented.extend([b'P'; 200]);
    assert_eq!(names(table(&commented).await), expected);
}

#[tokio::test]
async fn a_table_of_sixty_four_bits_is_read() {
    let plain = archive(&[("a.txt", b"hello")]);
    let end = plain.len() - 22;
    let number = |at: usize| u32::from_le_bytes(plain[at..at + 4].try_into().unwrap());
    let (length, begins) = (u64::from(number(end + 12)), u64::from(number(end + 16)));
    let mut wide = plain[..end].to_vec();
    wide.extend(b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
    for value in [1, 1, length, begins] {
        wide.extend(u64::to_le_bytes(value));
    }
    wide.extend(b"PK\x06\x07\0\0\0\0");
    wide.extend(u64::to_le_bytes(end as u64));
    wide.extend(b"\x01\0\0\0PK\x05\x06\0\0\0\0");
    wide.extend([0xff; 12]);
    wide.extend([0, 0]);
    assert_eq!(names(table(&wide).await), ["a.txt"]);
}

#[tokio::test]
async fn a_table_that_lies_about_itself_is_damaged_and_a_huge_one_is_left_alone() {
    let plain = archive(&[("a.txt", b"hello"), ("b.txt", b"hello")]);
    let end = plain.len() - 22;
    let with = |at: usize, bytes: &[u8]| {
        let mut lying = plain.clone();
        lying[end + at..end + at + bytes.len()].copy_from_slice(bytes);
        lying
    };
    for lying in [
        Vec::new(),
        b"PK\x05\x06".to_vec(),
        plain[..end].to_vec(),
        with(10, &[3, 0]),
        with(12, &[0xff, 0xff, 0xff, 0x7f]),
        with(16, &[0xff, 0xff, 0xff, 0x7f]),
        with(20, &[9, 0]),
    ] {
        assert_eq!(table(&lying).await, zip::Read::Damaged);
    }
    let mut huge = vec![0; 6_000_000];
    let place = huge.len() - 22;
    huge[place..place + 4].copy_from_slice(b"PK\x05\x06");
    huge[place + 12..place + 16].copy_from_slice(&5_000_000_u32.to_le_bytes());
    assert_eq!(table(&huge).await, zip::Read::TooLarge);
}

#[tokio::test]
async fn no_cut_and_no_flipped_byte_makes_it_panic() {
    for (name, whole) in
        [("a.docx", office("word/document.xml")), ("a.doc", storage("WordDocument"))]
    {
        for at in 0..whole.len() {
            verdict(name, whole[..at].to_vec()).await;
            for flip in [0xff, 0x80, 0x01] {
                let mut broken = whole.clone();
                broken[at] ^= flip;
                verdict(name, broken).await;
            }
        }
    }
}

#[tokio::test]
async fn a_directory_that_runs_in_a_circle_ends() {
    let mut circle = storage("WordDocument");
    // The table says that the directory's sector follows itself.
    circle[512 + 4..512 + 8].copy_from_slice(&1_u32.to_le_bytes());
    assert_eq!(verdict("a.doc", circle).await, Verdict::Accept);
}
