//! Names and claims against bytes: ATTACKS.md TYP and XSS.

use super::*;
use crate::checks::trial::{entry, refused};
use crate::domain::{Code, Declaration, Slot};

const JPG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
const EXE: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0";
const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0";
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0";
const HTML: &[u8] = b"<!DOCTYPE html><script>alert(1)</script>";
const SVG: &[u8] = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='x'/>";
const UNKNOWN: &[u8] = b"\x01\x02\0\x03";

fn verdict(options: Declaration, name: &str, claimed: &str, head: &[u8]) -> Verdict {
    let slot = Slot::declare("files", options).unwrap();
    judge(Subject { entry: &entry(name, claimed), slot: &slot, head, whole: true, content: None })
}

/// The verdict of a slot that takes anything.
fn anything(name: &str, head: &[u8]) -> Verdict {
    verdict(Declaration::new(), name, "", head)
}

fn accepting(accept: &str, name: &str, claimed: &str, head: &[u8]) -> Verdict {
    verdict(Declaration::new().accept(accept), name, claimed, head)
}

fn identified(media_type: &str) -> Verdict {
    Verdict::Identified(MediaType::parse(media_type).unwrap())
}

fn mismatch(sentence: &str) -> (Code, String) {
    (Code::ContentMismatch, sentence.to_owned())
}

#[test]
fn honest_files_are_identified() {
    for (name, head, media_type) in [
        ("a.jpg", JPG, "image/jpeg"),
        ("a.JPEG", JPG, "image/jpeg"),
        ("a.png", PNG, "image/png"),
        ("a.txt", b"hello", "text/plain"),
        ("a.csv", b"a;b\n\xe4;\xf6\n", "text/plain"),
        ("a.json", b"{}", "text/plain"),
        ("a.md", b"<!-- lint off -->\n<h1>Readme</h1>", "text/plain"),
        ("empty.txt", b"", "text/plain"),
        ("a.docx", ZIP, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (
            "secret.docx",
            OLE,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("a.odt", ZIP, "application/vnd.oasis.opendocument.text"),
        ("a.zip", ZIP, "application/zip"),
        ("a.doc", OLE, "application/msword"),
        ("a.doc", b"{\\rtf1 hello}", "application/rtf"),
        ("a.xls", OLE, "application/vnd.ms-excel"),
        ("a.pdf", b"%PDF-1.4\n", "application/pdf"),
        ("a.xml", b"<?xml version='1.0'?><a/>", "text/xml"),
        ("no extension", PNG, "image/png"),
        ("photo.dat", PNG, "image/png"),
        ("setup.exe", EXE, "application/vnd.microsoft.portable-executable"),
    ] {
        assert_eq!(anything(name, head), identified(media_type), "{name}");
    }
}

#[test]
fn what_promises_nothing_and_is_nothing_known_is_accepted() {
    for (name, head) in
        [("a.dat", UNKNOWN), ("a", UNKNOWN), ("a.xyz", b""), ("old.log", b"caf\xe9 noir")]
    {
        assert_eq!(anything(name, head), Verdict::Accept, "{name}");
    }
}

#[test]
fn a_broken_promise_is_said_in_a_sentence() {
    for (name, head, sentence) in [
        ("photo.jpg", EXE, "This is a Windows program, not a JPG image."),
        ("photo.jpg", PNG, "This is a PNG image, not a JPG image."),
        ("photo.jpg", b"just text", "This is a text file, not a JPG image."),
        ("photo.jpg", HTML, "This is a web page, not a JPG image."),
        ("photo.jpg", b"", "This is an empty file, not a JPG image."),
        ("photo.png", UNKNOWN, "This is data of an unknown kind, not a PNG image."),
        ("a.pdf", ZIP, "This is a ZIP archive, not a PDF document."),
        ("a.docx", b"\x7fELF\x02\x01\x01\0", "This is a Linux program, not a Word document."),
        ("a.txt", EXE, "This is a Windows program, not a text file."),
        ("a.txt", PNG, "This is a PNG image, not a text file."),
        ("a.csv", UNKNOWN, "This is data of an unknown kind, not a table in text form."),
        ("a.zip", b"not a zip", "This is a text file, not a ZIP archive."),
    ] {
        assert_eq!(refused(anything(name, head)), mismatch(sentence));
        // A slot that names the extension or allows active content changes nothing.
        let allowing = Declaration::new().accept(".jpg,.png,.pdf,.docx,.txt,.csv,.zip");
        let allowing = allowing.allow_active_content();
        assert_eq!(refused(verdict(allowing, name, "", head)), mismatch(sentence));
    }
}

#[test]
fn programs_are_taken_only_where_they_are_honest_or_everything_is_taken() {
    assert!(matches!(anything("notes.dat", EXE), Verdict::Identified(_)));
    assert!(matches!(accepting(".exe", "setup.exe", "", EXE), Verdict::Identified(_)));
    assert_eq!(
        refused(accepting(".dat", "notes.dat", "", EXE)),
        mismatch("This is a Windows program, not a .dat file.")
    );
}

#[test]
fn a_claimed_type_that_opened_the_slot_must_be_true() {
    for (accept, name, claimed, head, sentence) in [
        ("image/*", "a", "image/png", EXE, "This is a Windows program, not a PNG image."),
        ("image/*", "a", "image/png", b"", "This is an empty file, not a PNG image."),
        (
            "image/*",
            "a.dat",
            "image/x-odd",
            UNKNOWN,
            "This is data of an unknown kind, not an image.",
        ),
        ("image/png", "a", "image/png", JPG, "This is a JPG image, not a PNG image."),
        (
            "application/x-odd",
            "a",
            "application/x-odd",
            PNG,
            "This is a PNG image, not a file of type application/x-odd.",
        ),
        (
            "application/*",
            "a",
            "application/x-odd",
            EXE,
            "This is a Windows program, not what its name says.",
        ),
    ] {
        assert_eq!(refused(accepting(accept, name, claimed, head)), mismatch(sentence));
    }
}

#[test]
fn a_claimed_type_is_read_with_good_will() {
    for (accept, name, claimed, head) in [
        ("image/*", "a", "image/jpg", JPG),
        ("image/*", "a", "image/png", JPG),
        ("image/jpg", "a", "image/jpg; q=1", JPG),
        ("text/csv", "table", "text/csv", b"a,b\n"),
        ("text/*", "a.log", "text/x-log", b"caf\xe9 noir"),
        ("application/json", "a", "application/json", b"{}"),
        ("application/x-zip-compressed", "a", "application/x-zip-compressed", ZIP),
        ("application/x-odd", "a", "application/x-odd", UNKNOWN),
        (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "a",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ZIP,
        ),
    ] {
        let verdict = accepting(accept, name, claimed, head);
        assert!(!matches!(verdict, Verdict::Refuse(_)), "{accept} {claimed}: {verdict:?}");
    }
}

#[test]
fn a_claim_that_nobody_needed_is_ignored() {
    assert_eq!(accepting(".png", "a.png", "image/jpeg", PNG), identified("image/png"));
    assert_eq!(verdict(Declaration::new(), "a.png", "video/mp4", PNG), identified("image/png"));
    assert_eq!(accepting(".png", "a.png", "\"><script>", PNG), identified("image/png"));
}

#[test]
fn active_content_is_refused_whatever_it_is_called() {
    for (name, head) in [
        ("a.txt", HTML),
        ("a.txt", SVG),
        ("a", HTML),
        ("a.xml", SVG),
        ("a.dat", SVG),
        ("a.svg", SVG),
        ("a.html", HTML),
        ("a.js", b"alert(1)"),
        ("a.html", b"<p>only a part of a page</p>"),
        ("a.xml", b"<?xml version='1.0'?><?xml-stylesheet href='x'?><a/>"),
    ] {
        assert_eq!(refused(anything(name, head)).0, Code::ActiveContent, "{name}");
        let allowing = Declaration::new().allow_active_content();
        let verdict = verdict(allowing, name, "", head);
        assert!(matches!(verdict, Verdict::Identified(_)), "{name}: {verdict:?}");
    }
    let claimed = verdict(Declaration::new(), "a.png", "text/html", PNG);
    assert_eq!(refused(claimed).0, Code::ActiveContent);
    assert_eq!(
        refused(anything("a.txt", SVG)).1,
        "This is an SVG image, which can run scripts. It can't be uploaded here."
    );
}

#[test]
fn what_is_allowed_to_be_active_is_stored_as_what_it_is() {
    let allowing = || Declaration::new().allow_active_content();
    assert_eq!(verdict(allowing(), "a.txt", "", HTML), identified("text/html"));
    assert_eq!(verdict(allowing(), "a.svg", "", SVG), identified("image/svg+xml"));
    assert_eq!(refused(verdict(allowing(), "a.svg", "", PNG)).0, Code::ContentMismatch);
}

#[test]
fn only_the_head_is_looked_at() {
    let mut long = vec![b' '; HEAD];
    long.extend(b"\0\0<html>");
    assert_eq!(anything("a.txt", &long), identified("text/plain"));
}

#[tokio::test]
async fn the_engine_sees_a_check_of_the_head() {
    let slot = Slot::declare("files", Declaration::new()).unwrap();
    let entry = entry("photo.jpg", "");
    let check = MagicBytes::new();
    assert_eq!((check.name(), check.stage()), ("magic_bytes", Stage::Head(8_192)));
    let verdict = check
        .check(Subject { entry: &entry, slot: &slot, head: JPG, whole: false, content: None })
        .await;
    assert_eq!(verdict, identified("image/jpeg"));
}
