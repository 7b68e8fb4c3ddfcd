//! TYP: bytes that aren't what they are called.

use longshore::testing::samples::{
    every_kind, html, jpeg, office, open_document, png, program, svg, text,
};
use longshore::testing::{Form, Upload};
use proptest::prelude::Strategy;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::oracle::Target;
use crate::support::doors::{doors_of_few_words, every_door, sent};

#[actix_web::test]
async fn typ_01_a_program_called_photo_jpg_is_refused_by_every_door() {
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        let mut long = program();
        long.resize(90_000, 0x5a);
        for (slot, bytes) in [("pictures", program()), ("pictures", long.clone()), ("any", long)] {
            let visitor = target.visitor();
            let outcomes = door.send(&visitor, "inbox", slot, &[sent("photo.jpg", bytes)]).await;
            assert_eq!(outcomes[0].word(), "content_mismatch", "{}", door.name());
            assert!(visitor.listed().await.is_empty());
        }
        target.end().await;
    }
}

#[actix_web::test]
async fn typ_01_it_is_refused_by_its_first_bytes_and_never_written() {
    let target = Target::start().await;
    let mut live = target.live().await;
    let file = live.register("large", "c1", "photo.jpg", 50_000_000).await.unwrap();
    let mut first = program();
    first.resize(8_192, 0);
    live.data(file.stream, 0, &first).await;
    live.fails("c1", "content_mismatch").await;
    assert!(target.spool().iter().all(|path| path.is_dir()), "nothing of it was written");
    live.disconnect();
    target.end().await;
}

#[actix_web::test]
async fn typ_02_the_last_extension_decides_and_a_dangerous_one_before_it_is_taken_apart() {
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        for (slot, name, bytes, word, shown) in [
            ("pictures", "shell.php.jpg", jpeg(500), "stored", "shell_php.jpg"),
            ("pictures", "A.JPG", jpeg(500), "stored", "A.JPG"),
            ("pictures", "a.jpg.php", jpeg(500), "not_accepted", ""),
            ("pictures", "a.jpg%00.php", jpeg(500), "not_accepted", ""),
            ("pictures", "a.php.jpg.php", b"<?php".to_vec(), "not_accepted", ""),
            ("any", "a.jpg.php", jpeg(500), "content_mismatch", ""),
            ("any", "a.jpg.html", jpeg(500), "content_mismatch", ""),
            ("any", "a.html.jpg", html(), "content_mismatch", ""),
        ] {
            let visitor = target.visitor();
            let outcomes = door.send(&visitor, "inbox", slot, &[sent(name, bytes)]).await;
            // Names of active content are refused at the door, before there are bytes to look at.
            let word = if name.ends_with(".html") { "active_content" } else { word };
            assert_eq!(outcomes[0].word(), word, "{}: {name}", door.name());
            if !shown.is_empty() {
                assert_eq!(visitor.listed().await[0]["name"], shown, "{}", door.name());
            }
        }
        target.end().await;
    }
}

#[actix_web::test]
async fn typ_04_what_a_client_calls_a_file_changes_nothing() {
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        for claimed in ["image/png", "image/png\"><script>alert(1)</script>", "x", "a/b;c=\"d\""] {
            let files = [sent("notes.txt", text(300)).of_type(claimed)];
            if !door.can_send("inbox", "any", &files) {
                continue;
            }
            let visitor = target.visitor();
            let outcomes = door.send(&visitor, "inbox", "any", &files).await;
            assert_eq!(outcomes[0].word(), "stored", "{}: {claimed}", door.name());
            let file = visitor.listed().await.remove(0);
            assert_eq!(file["type"], "text/plain", "{}: {claimed}", door.name());
            let answer = visitor.get(file["url"].as_str().unwrap()).await;
            assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
        }
        let files = [sent("notes.bin", "hi").of_type("text/html;\"><script>")];
        if door.can_send("inbox", "any", &files) {
            // A claim that begins as a web page's is taken at its word; a part of a form that says such a thing says nothing.
            let visitor = target.visitor();
            let outcomes = door.send(&visitor, "inbox", "any", &files).await;
            let word = outcomes[0].word();
            assert!(["stored", "active_content"].contains(&word), "{}: {word}", door.name());
            assert!(visitor.listed().await.iter().all(|file| file["type"] == "text/plain"));
            let page = visitor.get("inbox").await.text();
            assert!(!page.contains("\"><script>"), "{page}");
        }
        target.end().await;
    }
}

/// Bytes under a name, and what must become of them.
fn judged() -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    let longer = |mut bytes: Vec<u8>| {
        bytes.resize(9_000, b' ');
        bytes
    };
    vec![
        (
            "a.webp",
            b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88".to_vec(),
            None,
        ),
        ("a.wav", b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0".to_vec(), Some("content_mismatch")),
        ("a.jpg", program(), Some("content_mismatch")),
        ("a.png", png(), None),
        ("a.txt", longer(html()), Some("active_content")),
        ("a.txt", text(9_000), None),
        ("a.docx", office("word/document.xml"), None),
        ("a.docx", office("xl/workbook.xml"), Some("content_mismatch")),
        ("a.odt", open_document("text"), None),
        ("a.txt", "\u{1f6a2}".as_bytes().repeat(2_100), None),
    ]
}

/// Cuts of a file into frames: of one byte, empty ones, and any.
fn cuts(length: usize, runner: &mut TestRunner) -> Vec<usize> {
    let strategy = proptest::collection::vec(0..3_000_usize, 1..8);
    let mut sizes = strategy.new_tree(runner).unwrap().current();
    let mut ends = vec![0, 1, 2, 3, 3, 11];
    while ends.last().is_some_and(|end| *end < length) {
        let size = sizes.pop().unwrap_or(length);
        ends.push(ends[ends.len() - 1] + size);
    }
    ends.into_iter().map(|end| end.min(length)).collect()
}

#[actix_web::test]
async fn typ_05_a_verdict_does_not_depend_on_how_the_bytes_come() {
    let target = Target::start().await;
    let mut runner = TestRunner::deterministic();
    for round in 0..4 {
        for (number, (name, bytes, refused)) in judged().into_iter().enumerate() {
            let mut live = target.live().await;
            let reference = format!("c{round}x{number}");
            let size = bytes.len() as u64;
            let file = live.register("any", &reference, name, size).await.unwrap();
            let mut begin = 0;
            for end in cuts(bytes.len(), &mut runner) {
                live.data(file.stream, begin as u64, &bytes[begin..end]).await;
                begin = end;
            }
            let end = live.settled(&reference).await;
            assert_eq!(end.code(), refused, "{name} in round {round}: {end}");
            live.disconnect();
        }
    }
    target.end().await;
}

/// A name that this kind of file doesn't have.
fn wrong(extension: &str) -> &'static str {
    if extension == "png" { "wrong.jpg" } else { "wrong.png" }
}

#[actix_web::test]
async fn typ_07_files_of_every_kind_are_taken_under_their_names_and_refused_under_others() {
    let kinds = every_kind();
    assert!(kinds.len() >= 60, "{} kinds", kinds.len());
    let target = Target::start().await;
    let mut wrongs = Vec::new();
    for (extension, bytes) in kinds {
        let visitor = target.visitor();
        let right = format!("right.{extension}");
        let form = Form::new()
            .upload("any", &Upload::bytes(&right, &bytes))
            .upload("any", &Upload::bytes(wrong(extension), &bytes));
        let answer = visitor.post("inbox", form).await.json();
        let (stored, refused) = (&answer["files"][0], &answer["errors"][0]);
        let is_right = stored["name"] == right
            && refused["code"] == "content_mismatch"
            && refused["name"] == wrong(extension);
        if !is_right {
            wrongs.push(format!("{extension}: {answer}"));
            continue;
        }
        let url = stored["url"].as_str().unwrap();
        assert_eq!(visitor.get(url).await.body, bytes, "{extension}");
    }
    assert!(wrongs.is_empty(), "\n{}", wrongs.join("\n"));
    target.end().await;
}

#[actix_web::test]
async fn typ_07_documents_are_judged_by_what_they_hold_by_every_door() {
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        for (name, bytes, word) in [
            ("a.docx", office("word/document.xml"), "stored"),
            ("a.docx", office("xl/workbook.xml"), "content_mismatch"),
            ("a.odt", open_document("text"), "stored"),
            ("a.odt", open_document("spreadsheet"), "content_mismatch"),
            ("a.csv", b"name;size\na;1\n".to_vec(), "stored"),
            ("a.md", b"# Title\n<p align=center>".to_vec(), "stored"),
            ("a.svg", svg(), "active_content"),
            ("a.md", svg(), "active_content"),
        ] {
            let files = [sent(name, bytes)];
            let outcomes = door.send(&target.visitor(), "inbox", "any", &files).await;
            assert_eq!(outcomes[0].word(), word, "{}: {name}", door.name());
        }
        let wanted = door.send(&target.visitor(), "inbox", "active", &[sent("a.svg", svg())]).await;
        assert_eq!(wanted[0].word(), "stored", "{}", door.name());
        target.end().await;
    }
}

#[actix_web::test]
async fn typ_07_active_content_is_refused_however_it_begins() {
    let target = Target::start().await;
    let wide: Vec<u8> = "\u{feff}<script>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (name, bytes) in [
        ("notes.txt", b"<script>alert(1)</script>".to_vec()),
        ("notes.txt", b"\xef\xbb\xbf \r\n\t<!-- x --><!-- y -->\n<HTML>".to_vec()),
        ("notes.txt", wide),
        ("notes.txt", b"<html>\xe9\0\x01".to_vec()),
        ("notes.md", b"<?xml version='1.0'?><!-- x --><!DOCTYPE svg><svg onload='x'/>".to_vec()),
        ("data.xml", b"<?xml version='1.0'?><?xml-stylesheet href='x.xsl'?><a/>".to_vec()),
        ("data.xml", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>".to_vec()),
        ("data", b"<s:svg xmlns:s='http://www.w3.org/2000/svg'>".to_vec()),
        ("data.bin", b"CWS\x0a\x10\0\0\0x\x9c".to_vec()),
        ("link.txt", b"[InternetShortcut]\r\nURL=file://host/share\r\n".to_vec()),
        ("page.mht", b"MIME-Version: 1.0\r\n".to_vec()),
        ("link.lnk", b"x".to_vec()),
        // A web page that is a PDF further on: browsers told what it is would show a page.
        ("paper.pdf", [html(), b"%PDF-1.4\n".to_vec()].concat()),
    ] {
        let mut live = target.live().await;
        let code = match live.select("any", Upload::bytes(name, &bytes)).await {
            Ok(file) => {
                live.send_all(&file).await;
                live.settled(&file).await.code().unwrap_or("stored").to_owned()
            }
            Err(refused) => refused.code().to_owned(),
        };
        let expected = if name == "paper.pdf" { "content_mismatch" } else { "active_content" };
        assert_eq!(code, expected, "{name}: {:?}", String::from_utf8_lossy(&bytes));
        live.disconnect();
    }
    target.end().await;
}
