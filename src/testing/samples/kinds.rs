//! A small file of every kind that people upload.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::archives::{gzip, tar, zip};
use super::documents::{epub, office, open_document, storage};
use super::{pdf, program, text};

/// Files as cameras, programs and people make them, small: the extension under which each is honest, and its bytes.
/// None of them is active content.
#[must_use]
pub fn every_kind() -> Vec<(&'static str, Vec<u8>)> {
    let mut kinds = pictures();
    kinds.extend(documents());
    kinds.extend(archives());
    kinds.extend(sound_and_film());
    kinds.extend(texts());
    kinds.extend(programs());
    kinds
}

/// A black square of so many pixels a side, one bit each. It is a valid picture, and a small file however many they are:
/// one of 50,000 takes some 1.4 MB and, decoded, 2.5 GB.
#[must_use]
pub fn black_png(side: u32) -> Vec<u8> {
    let mut header = [side.to_be_bytes(), side.to_be_bytes()].concat();
    header.extend([1, 0, 0, 0, 0]);
    let row = vec![0; 1 + usize::try_from(side.div_ceil(8)).expect("a number")];
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..side {
        pixels.write_all(&row).expect("memory takes it");
    }
    let pixels = pixels.finish().expect("memory takes it");
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", &header[..]), (b"IDAT", &pixels), (b"IEND", b"")] {
        png.extend(u32::try_from(data.len()).expect("a small picture").to_be_bytes());
        let summed = png.len();
        png.extend(kind);
        png.extend(data);
        let sum = crc32fast::hash(&png[summed..]);
        png.extend(sum.to_be_bytes());
    }
    png
}

fn picture(format: ImageFormat) -> Vec<u8> {
    let colour = |x: u32, y: u32| Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 99]);
    let picture = DynamicImage::from(RgbImage::from_fn(40, 30, colour));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("it can be encoded");
    bytes.into_inner()
}

fn pictures() -> Vec<(&'static str, Vec<u8>)> {
    let (jpg, png) = (picture(ImageFormat::Jpeg), picture(ImageFormat::Png));
    // One entry of 16 by 16 pixels, which is a PNG right behind it.
    let mut icon = b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0".to_vec();
    icon.extend(u32::try_from(png.len()).expect("a small picture").to_le_bytes());
    icon.extend(b"\x16\0\0\0");
    icon.extend(&png);
    let mut bitmap =
        b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0".to_vec();
    bitmap.extend([0; 24]);
    bitmap.extend(b"\x10\x20\x30\0");
    // A directory without tags, and pixels of which nobody speaks.
    let tiff = b"II*\0\x08\0\0\0\x01\0\0\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0".to_vec();
    let tiff_of_a_mac = b"MM\0*\0\0\0\x08\0\x01\x01\0\0\x03\0\0\0\x01\0\x01\0\0\0\0\0\0".to_vec();
    vec![
        ("jpg", jpg.clone()),
        ("jpeg", jpg.clone()),
        ("jfif", jpg),
        ("png", png),
        ("gif", picture(ImageFormat::Gif)),
        ("webp", picture(ImageFormat::WebP)),
        ("heic", boxes(b"heic", &[b"mif1", b"heic"])),
        ("heif", boxes(b"mif1", &[b"mif1", b"heic"])),
        ("avif", boxes(b"avif", &[b"avif", b"mif1", b"miaf"])),
        ("ico", icon),
        ("bmp", bitmap),
        ("tiff", tiff),
        ("tif", tiff_of_a_mac),
        ("psd", b"8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0\0\x01\0\0\0\x01\0\x08\0\x03".to_vec()),
    ]
}

fn documents() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("pdf", pdf()),
        ("rtf", b"{\\rtf1\\ansi\\deff0 Hello}".to_vec()),
        ("docx", office("word/document.xml")),
        ("docm", office("word/document.xml")),
        ("xlsx", office("xl/workbook.xml")),
        ("pptx", office("ppt/presentation.xml")),
        ("odt", open_document("text")),
        ("ods", open_document("spreadsheet")),
        ("odp", open_document("presentation")),
        ("odg", open_document("graphics")),
        ("epub", epub()),
        ("doc", storage("WordDocument")),
        ("xls", storage("Workbook")),
        ("ppt", storage("PowerPoint Document")),
        ("msg", storage("__properties_version1.0")),
    ]
}

fn archives() -> Vec<(&'static str, Vec<u8>)> {
    let packed = zip(&[("a.txt", b"hello"), ("b.txt", &text(1_000))]);
    let manifest = b"Manifest-Version: 1.0\r\n";
    let tape = tar("a.txt", b"hello");
    vec![
        ("zip", packed),
        ("jar", zip(&[("META-INF/MANIFEST.MF", manifest)])),
        ("apk", zip(&[("AndroidManifest.xml", b"\x03\0\x08\0"), ("classes.dex", b"dex\n035\0")])),
        ("gz", gzip(&text(1_000))),
        ("tgz", gzip(&tape)),
        ("tar", tape),
        ("bz2", b"BZh91AY&SY\x19\x31\x65\x3d\0\0\0\x81\0\x02\x44\xa0\0\x21\x9a\x68".to_vec()),
        ("xz", b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46\0\0\0\0\x1c\xdf\x44\x21".to_vec()),
        ("zst", b"\x28\xb5\x2f\xfd\x04\x58\x29\0\0hello\x12\x34\x56\x78".to_vec()),
        ("7z", b"7z\xbc\xaf\x27\x1c\0\x04\x5b\x38\x25\xfe\0\0\0\0\0\0\0\0".to_vec()),
        ("rar", b"Rar!\x1a\x07\x01\0\x33\x92\xb5\xe5\x0a\x01\x05\x06\0\x05\x01\x01".to_vec()),
    ]
}

fn sound_and_film() -> Vec<(&'static str, Vec<u8>)> {
    let silence = vec![0; 400];
    let mut wav = b"RIFF\xb4\x01\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x44\xac\0\0\x88\x58\x01\0\x02\0\x10\0data\x90\x01\0\0".to_vec();
    wav.extend(&silence);
    let mut mp3 = b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\x64".to_vec();
    mp3.extend(&silence);
    let ogg = b"OggS\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x12\x34\x56\x78\x01\x1e\x01vorbis\0\0\0\0\x01".to_vec();
    let opus = b"OggS\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x12\x34\x56\x78\x01\x13OpusHead\x01\x01\x38\x01".to_vec();
    let ebml = |kind: &[u8]| {
        let length = u8::try_from(kind.len()).expect("a short name");
        let mut head = vec![0x1a, 0x45, 0xdf, 0xa3, 0x80 + 12 + length];
        head.extend(b"\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82");
        head.push(0x80 + length);
        head.extend(kind);
        head.extend(b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff");
        head
    };
    vec![
        ("wav", wav),
        ("mp3", mp3.clone()),
        ("ogg", ogg),
        ("opus", opus),
        ("flac", b"fLaC\0\0\0\x22\x10\0\x10\0\0\0\x0c\0\0\x0c\x0a\xc4\x42\xf0".to_vec()),
        ("m4a", boxes(b"M4A ", &[b"M4A ", b"mp42", b"isom"])),
        ("mp4", boxes(b"isom", &[b"isom", b"iso2", b"avc1", b"mp41"])),
        ("m4v", boxes(b"M4V ", &[b"M4V ", b"mp42"])),
        ("mov", boxes(b"qt  ", &[b"qt  "])),
        ("webm", ebml(b"webm")),
        ("mkv", ebml(b"matroska")),
        ("avi", b"RIFF\x24\0\0\0AVI LIST\x18\0\0\0hdrlavih\0\0\0\0".to_vec()),
        ("aac", b"\xff\xf1\x50\x80\x02\x1f\xfc\xde\x02\0\x4c\x61\x76\x63".to_vec()),
    ]
}

/// A box that says what is in the others, and an empty one.
fn boxes(major: &[u8; 4], compatible: &[&[u8; 4]]) -> Vec<u8> {
    let length = u32::try_from(16 + 4 * compatible.len()).expect("a few brands");
    let mut film = length.to_be_bytes().to_vec();
    film.extend(b"ftyp");
    film.extend(major);
    film.extend([0, 0, 2, 0]);
    compatible.iter().for_each(|brand| film.extend(*brand));
    film.extend(b"\0\0\0\x08free");
    film
}

fn texts() -> Vec<(&'static str, Vec<u8>)> {
    let wide = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        let units = "Gr\u{fc}\u{df}e \u{1f6a2}\r\n".encode_utf16();
        mark.into_iter().chain(units.flat_map(bytes)).collect::<Vec<u8>>()
    };
    vec![
        ("txt", "Gr\u{fc}\u{df}e\n".as_bytes().to_vec()),
        ("txt", b"Gr\xfc\xdfe aus M\xfcnchen\r\n".to_vec()),
        ("txt", wide([0xff, 0xfe], u16::to_le_bytes)),
        ("txt", wide([0xfe, 0xff], u16::to_be_bytes)),
        ("txt", Vec::new()),
        ("csv", b"\xef\xbb\xbfname;size\r\na;1\r\n".to_vec()),
        ("tsv", b"name\tsize\na\t1\n".to_vec()),
        ("md", b"<!-- lint off -->\n<h1 align=center>Readme</h1>\n\n* a\n".to_vec()),
        ("json", b"{\"a\": [1, 2.5e3, null]}".to_vec()),
        ("jsonl", b"{\"a\":1}\n{\"a\":2}\n".to_vec()),
        ("xml", b"<?xml version=\"1.0\"?><note><to>You</to></note>".to_vec()),
        ("yaml", b"---\na: 1\n".to_vec()),
        ("toml", b"[a]\nb = 1\n".to_vec()),
        ("ics", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n".to_vec()),
        ("vcf", b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:A\r\nEND:VCARD\r\n".to_vec()),
        ("eml", b"From: a@example.org\r\nSubject: Hi\r\n\r\nHello\r\n".to_vec()),
        ("srt", b"1\n00:00:01,000 --> 00:00:02,000\nHello\n".to_vec()),
        ("css", b"body { color: red }\n".to_vec()),
        ("sql", b"select 1;\n".to_vec()),
        ("sh", b"#!/bin/sh\necho hello\n".to_vec()),
        ("py", b"#!/usr/bin/env python3\nprint(1)\n".to_vec()),
        ("bat", b"@echo off\r\n".to_vec()),
    ]
}

fn programs() -> Vec<(&'static str, Vec<u8>)> {
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
    elf.resize(64, 0);
    let mut mac = b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x06\0\0\0".to_vec();
    mac.resize(64, 0);
    vec![
        ("exe", program()),
        ("dll", program()),
        ("so", elf),
        ("dylib", mac),
        ("wasm", b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0".to_vec()),
        ("class", b"\xca\xfe\xba\xbe\0\0\0\x41\0\x10\x0a\0\x02".to_vec()),
    ]
}
