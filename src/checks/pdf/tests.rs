//! PDF documents that run something, in the ways in which that is hidden.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::*;
use crate::checks::trial::{Unreadable, refused, verdict, verdict_on};
use crate::domain::Declaration;
use crate::testing::samples::pdf;

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A document with this object in it.
fn with(object: &[u8]) -> Vec<u8> {
    [b"%PDF-1.7\n1 0 obj\n", object, b"\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"].concat()
}

fn with_stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let dictionary = format!("<<{dictionary}/Length {}>>stream\r\n", data.len());
    with(&[dictionary.as_bytes(), data, b"\r\nendstream"].concat())
}

#[tokio::test]
async fn a_document_without_scripts_passes_and_so_does_what_is_none() {
    let page = packed(b"BT /F1 12 Tf (Hello) Tj ET");
    let script_in_text = packed(b"BT (how JavaScript works) Tj ET");
    for bytes in [
        pdf(),
        with(b"<</Type/Catalog/OpenAction[1 0 R/Fit]/Outlines<</First 2 0 R>>>>"),
        with_stream("/Filter/FlateDecode", &page),
        with_stream("/Filter/FlateDecode", &script_in_text),
        with_stream("/Type/XRef/Filter/FlateDecode/DecodeParms<</Predictor 12>>", &packed(b"\0\0")),
        with_stream("/Filter[/ASCII85Decode/DCTDecode]", b"87cURD]~>"),
        with_stream("/Filter/FlateDecode", b"x\x9cbroken"),
        b"no PDF, and all about /JavaScript".to_vec(),
        Vec::new(),
    ] {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(verdict(&PdfScripts::new(), "a.pdf", bytes).await, Verdict::Accept, "{shown}");
    }
}

#[tokio::test]
async fn one_that_runs_something_is_refused_however_that_is_written() {
    let action = b"<</S/JavaScript/JS(app.alert(1))>>";
    let nested = [b"x stream\n".to_vec(), packed(action)].concat();
    for bytes in [
        with(action),
        with(b"<</S /J#61#76aScript /JS 2 0 R>>"),
        with(b"<</S/Launch/F(cmd.exe)>>"),
        with(b"<</S/Rendition/JS 2 0 R>>"),
        with_stream("/Type/ObjStm/N 1/First 4/Filter/FlateDecode", &packed(action)),
        // It doesn't say that it holds objects, nor how it is packed.
        with_stream("", &packed(action)),
        // Far in, and across pieces.
        with_stream("", &packed(&[&vec![b' '; 3_000_000][..], action].concat())),
        with(&[&vec![b' '; 200_000][..], action].concat()),
        // A stream that doesn't end where the script's begins.
        with_stream("", &[packed(b"nothing")[..4].to_vec(), nested].concat()),
        // The last word.
        b"%PDF-1.4 /S /JavaScript".to_vec(),
    ] {
        let (code, sentence) = refused(verdict(&PdfScripts::new(), "a.pdf", bytes).await);
        assert_eq!(code, Code::ActiveContent);
        assert!(sentence.contains("scripts or programs"), "{sentence}");
    }
}

#[tokio::test]
async fn one_that_cannot_be_looked_into_is_refused() {
    // Each begins within the one before, as a part of 65,535 bytes that isn't packed.
    let deep = b"stream\n\x78\x01\0\xff\xff\0\0 ".repeat(6);
    for bytes in [
        with(b"<</Encrypt 2 0 R>>"),
        with_stream("/Type/ObjStm/N 1/First 4/Filter/LZWDecode", b"\x80\x0b\x60"),
        with_stream("/Type/ObjStm/Filter/FlateDecode/DecodeParms<</Predictor 12>>", b"\0"),
        with(&deep),
    ] {
        let (code, sentence) = refused(verdict(&PdfScripts::new(), "a.pdf", bytes).await);
        assert_eq!(code, Code::ActiveContent);
        assert!(sentence.contains("can't be looked into"), "{sentence}");
    }
    for content in [None, Some(&Unreadable as &dyn Content)] {
        let answer = verdict_on(&PdfScripts::new(), "a.pdf", Declaration::new(), content).await;
        assert_eq!(refused(answer).0, Code::CheckFailed);
    }
    let allowing = Declaration::new().allow_active_content();
    assert_eq!(verdict_on(&PdfScripts::new(), "a.pdf", allowing, None).await, Verdict::Accept);
}

#[test]
fn one_that_unpacks_to_too_much_is_not_unpacked_any_further() {
    let bomb = with_stream("", &packed(&vec![0; 3_000_000]));
    assert_eq!(Objects::of_at_most(2_000_000).read(&bomb), Some(Scan::Closed));
    assert_eq!(Objects::of_at_most(4_000_000).read(&bomb), None);
}

proptest::proptest! {
    #[test]
    fn pieces_make_no_difference_and_nothing_makes_it_panic(
        bytes in proptest::collection::vec(proptest::sample::select(&b"/JavScript#61 stream\n\x78\x9c<>()"[..]), 0..300),
        cut in 0..300_usize,
    ) {
        let whole = [b"/S /JavaScript stream\n".to_vec(), packed(&bytes), bytes].concat();
        let whole = &whole[4..];
        let read = |pieces: &[&[u8]]| {
            let mut objects = Objects::of_at_most(1 << 20);
            let found = pieces.iter().find_map(|piece| objects.read(piece));
            found.or_else(|| objects.end())
        };
        let cut = cut.min(whole.len());
        proptest::prop_assert_eq!(read(&[whole]), read(&[&whole[..cut], &whole[cut..]]));
    }
}
