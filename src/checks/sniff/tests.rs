//! Real beginnings of files, and beginnings that only look like one.

use proptest::prelude::*;

use super::*;

fn known(head: &[u8]) -> &'static str {
    match sniff(head) {
        Found::Known(media_type) => media_type,
        other => panic!("{other:?} for {:?}", &head[..head.len().min(16)]),
    }
}

/// An ISO box `ftyp` with these brands, as long as it says.
fn ftyp(major: &[u8; 4], compatible: &[&[u8; 4]]) -> Vec<u8> {
    let length = 16 + 4 * compatible.len() as u32;
    let mut head = length.to_be_bytes().to_vec();
    head.extend(b"ftyp");
    head.extend(major);
    head.extend([0, 0, 2, 0]);
    compatible.iter().for_each(|brand| head.extend(*brand));
    head.extend([0; 32]);
    head
}

#[test]
fn formats_are_known_by_their_first_bytes() {
    for (head, media_type) in [
        (&b"\xff\xd8\xff\xe0\0\x10JFIF\0"[..], "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"GIF89a\x01\0\x01\0\x80\0\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"II*\0\x08\0\0\0\0\0\0\0", "image/tiff"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
        (b"%PDF-1.4\nall of it text", "application/pdf"),
        (b"{\\rtf1\\ansi hello}", "application/rtf"),
        (b"PK\x03\x04\x14\0\0\0\x08\0", "application/zip"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "application/gzip"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07\x01\0\x33", "application/vnd.rar"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0", "application/x-ole-storage"),
        (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64\0\0", "audio/mpeg"),
        (b"\xff\xf3\x84\xc4\0\0", "audio/mpeg"),
        (b"OggS\0\x02\0\0\0\0\0\0\0\0", "audio/ogg"),
        (b"fLaC\0\0\0\x22\x10\0", "audio/flac"),
        (b"<?xml version=\"1.0\"?><plist/>", "text/xml"),
    ] {
        assert_eq!(known(head), media_type);
    }
}

#[test]
fn films_and_pictures_in_iso_boxes_are_told_apart() {
    for (head, media_type) in [
        (ftyp(b"isom", &[b"isom", b"avc1", b"mp41"]), "video/mp4"),
        (ftyp(b"qt  ", &[b"qt  "]), "video/quicktime"),
        (ftyp(b"M4A ", &[b"M4A ", b"mp42"]), "audio/mp4"),
        (ftyp(b"heic", &[b"mif1", b"heic"]), "image/heif"),
        (ftyp(b"mif1", &[b"mif1", b"heic"]), "image/heif"),
        (ftyp(b"mif1", &[b"avif", b"miaf"]), "image/avif"),
        (ftyp(b"avif", &[b"mif1"]), "image/avif"),
        (b"\0\0\0\x08wide\0\0\x10\0mdat".to_vec(), "video/quicktime"),
    ] {
        assert_eq!(known(&head), media_type);
    }
}

#[test]
fn programs_are_known() {
    for (head, media_type) in [
        (&b"MZ\x90\0\x03\0\0\0"[..], "application/vnd.microsoft.portable-executable"),
        (b"\x7fELF\x02\x01\x01\0", "application/x-executable"),
        (b"\xcf\xfa\xed\xfe\x07\0\0\x01", "application/x-mach-binary"),
        (b"\xca\xfe\xba\xbe\0\0\0\x02\x01\0", "application/x-mach-binary"),
        (b"\xca\xfe\xba\xbe\0\0\0\x41\0\x10", "application/java"),
        (b"\0asm\x01\0\0\0", "application/wasm"),
        (b"dex\n035\0", "application/vnd.android.dex"),
    ] {
        assert_eq!(sniff(head), Found::Program(media_type));
    }
}

#[test]
fn active_content_is_known_in_every_encoding() {
    for (head, media_type) in [
        (&b"<!doctype html><title>x</title>"[..], "text/html"),
        (b"\xef\xbb\xbf  <HTML>", "text/html"),
        (b"<html>\xe9\0\x01", "text/html"),
        (b"\xff\xfe<\0s\0v\0g\0>\0", "image/svg+xml"),
        (b"\xfe\xff\0<\0s\0c\0r\0i\0p\0t\0>", "text/html"),
        (
            b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>",
            "application/xhtml+xml",
        ),
    ] {
        assert_eq!(sniff(head), Found::Active(media_type));
    }
}

#[test]
fn what_a_picture_would_never_look_like_is_text() {
    for head in [
        &b"GIF89a=1;alert(document.cookie)//"[..],
        b"GIF89a/*\x20\x20*/=1;",
        b"BM=1;alert(1)",
        b"II*=1",
        b"RIFF=1;/*WEBPVP8 */alert(1)",
        b"\xef\xbb\xbfPK=1",
    ] {
        assert_eq!(sniff(head), Found::Text, "{:?}", String::from_utf8_lossy(head));
    }
}

#[test]
fn films_and_shortcuts_that_act_are_active() {
    for (head, media_type) in [
        (&b"CWS\x0a\x10\0\0\0x\x9c"[..], "application/x-shockwave-flash"),
        (b"[InternetShortcut]\r\nURL=file://host/share", "application/internet-shortcut"),
        (b"\r\n\xef\xbb\xbf[internetshortcut]", "application/internet-shortcut"),
        (b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "application/x-ms-shortcut"),
    ] {
        assert_eq!(sniff(head), Found::Active(media_type));
    }
    // With a control character it is no text, and a browser reads it all the same.
    assert_eq!(sniff(b"\xff\xfe\x01\0<\0h\0t\0m\0l\0>\0"), Found::Unknown);
    assert_eq!(sniff(b"\xff\xfe<\0h\0t\0m\0l\0>\0\x01\0"), Found::Active("text/html"));
}

#[test]
fn prose_is_text_whatever_letters_it_begins_with() {
    for head in [
        &b"MZ is how every Windows program begins."[..],
        b"BM, BC, ID3 and BZh are short magics too",
        b"BC Ferries, timetable",
        b"dex\n",
        b"FWS, CWS",
        b"a,b\r\n1,2\r\n",
        b"# Title\n",
        b"#!/bin/sh\necho hello\n",
        b"{\"a\": 1}",
        b"tab\tform feed\x0c escape\x1b[0m",
        "Gr\u{fc}\u{df}e".as_bytes(),
        "\u{feff}with a mark".as_bytes(),
        b"\xff\xfeh\0i\0",
        b"\xfe\xff\0h\0i",
    ] {
        assert_eq!(sniff(head), Found::Text, "{:?}", String::from_utf8_lossy(head));
    }
}

#[test]
fn a_character_cut_at_the_heads_end_is_still_text() {
    let ship = "a ship 🚢".as_bytes();
    for end in 1..=ship.len() {
        assert_eq!(sniff(&ship[..end]), Found::Text, "{end}");
    }
    // UTF-16 cut inside a unit, and between the halves of a pair.
    assert_eq!(sniff(b"\xff\xfea\0\x3d"), Found::Text);
    assert_eq!(sniff(b"\xff\xfea\0\x3d\xd8"), Found::Text);
}

#[test]
fn older_encodings_may_be_text_and_nul_never_is() {
    assert_eq!(sniff(b"Gr\xfc\xdfe aus M\xfcnchen"), Found::MaybeText);
    assert_eq!(sniff(b"a\0b"), Found::Unknown);
    assert_eq!(sniff(b"\x01\x02\x03"), Found::Unknown);
    assert_eq!(sniff(b""), Found::Nothing);
}

#[test]
fn a_pdf_may_have_something_before_it() {
    let mut head = b"\0\0junk\xff".to_vec();
    head.extend(b"%PDF-1.3\n");
    assert_eq!(known(&head), "application/pdf");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(head in proptest::collection::vec(any::<u8>(), 0..400)) {
        sniff(&head);
    }

    #[test]
    fn no_continuation_of_a_magic_makes_it_panic(
        magic in proptest::sample::select(vec![
            &b"\0\0\0\x18ftyp"[..], b"\xff\xfb", b"\xca\xfe\xba\xbe", b"PK\x03\x04", b"RIFF", b"<?xml",
            b"<!doctype", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"%PDF-", b"<!--", b"OggS",
        ]),
        tail in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        sniff(&[magic, &tail].concat());
    }

    #[test]
    fn any_text_without_markup_is_text(text in "[a-zA-Z0-9 ,.;üß🚢\n\t]{1,200}") {
        prop_assert_eq!(sniff(text.as_bytes()), Found::Text);
    }
}
