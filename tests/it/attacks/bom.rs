//! BOM: small files that become large ones.

use std::path::PathBuf;

use actix_web::http::Method;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use longshore::testing::samples::{black_png, gzip, text, zip};
use longshore::testing::{Form, Upload, until};
use longshore::{Thumbnails, UploadsBuilder};

use super::oracle::Target;
use crate::support::doors::{doors_of_few_words, every_door, sent};

/// A server that makes thumbnails, and where it keeps them.
async fn gallery() -> (Target, PathBuf, tempfile::TempDir) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("thumbnails");
    let thumbnails = Thumbnails::in_folder(&folder);
    let target = Target::with(|builder: UploadsBuilder| builder.thumbnails(thumbnails)).await;
    (target, folder, place)
}

#[actix_web::test]
async fn bom_01_a_picture_of_two_and_a_half_thousand_million_pixels_is_stored_and_not_decoded() {
    let (target, folder, _place) = gallery().await;
    let bomb = black_png(50_000);
    assert!(bomb.len() < 5_000_000, "{} bytes", bomb.len());
    let visitor = target.visitor();
    let file = visitor.store("inbox", "large", sent("black.png", &bomb)).await;
    let id = file["id"].as_str().unwrap();
    let url = format!("/_upload/{id}/thumbnail");
    until("somebody has looked whether there can be one", || folder.join(id).exists()).await;
    visitor.get(&url).await.is_problem(404, "unknown_entry");
    assert_eq!(visitor.get(file["url"].as_str().unwrap()).await.body, bomb);
    target.end().await;
}

#[actix_web::test]
async fn bom_04_an_archive_is_never_unpacked() {
    // Each level holds sixteen of the one below: a megabyte of nothing, a thousand million times.
    let mut bomb = zip(&[("0", b""), ("zero", &vec![0; 1_000_000])]);
    for level in 0..5 {
        let names: Vec<String> = (0..16).map(|number| format!("{level}/{number}.zip")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &*bomb)).collect();
        bomb = zip(&files);
    }
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        for name in ["bomb.zip", "bomb.dat", "bomb.jar", "bomb.docx"] {
            let visitor = target.visitor();
            let files = [sent(name, &bomb)];
            let outcomes = door.send(&visitor, "inbox", "any", &files).await;
            // What holds neither a program nor a document is none.
            let named = !["bomb.zip", "bomb.dat"].contains(&name);
            let word = if named { "content_mismatch" } else { "stored" };
            assert_eq!(outcomes[0].word(), word, "{}: {name}", door.name());
            for file in visitor.listed().await {
                assert_eq!(visitor.get(file["url"].as_str().unwrap()).await.body, bomb);
            }
        }
        assert_eq!(target.blobs().len(), 2, "{}: as they came, and nothing else", door.name());
        target.end().await;
    }
}

/// A photo that lies on its side, with the place where it was taken. Its lists of tags lead back to themselves.
fn photo() -> Vec<u8> {
    let red_left = |x: u32| Rgb(if x < 400 { [220, 30, 30] } else { [30, 30, 220] });
    let picture = RgbImage::from_fn(800, 600, |x, _| red_left(x));
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let mut bytes = bytes.into_inner();
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02".to_vec();
    // Turned to the right; GPS data at 38; and the next list is this one again.
    exif.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0");
    exif.extend(b"\x88\x25\0\x04\0\0\0\x01\0\0\0\x26");
    exif.extend(b"\0\0\0\x08");
    // A place in words, and the next list is this one again.
    exif.extend(b"\0\x01\0\x1c\0\x02\0\0\0\x10\0\0\0\x38\0\0\0\x26SecretHarbour1\0\0");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    bytes.splice(2..2, [&[0xff, 0xe1][..], &length, &exif].concat());
    bytes
}

#[actix_web::test]
async fn bom_05_a_thumbnail_is_upright_and_says_nothing_of_where_it_was_taken() {
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let (target, folder, _place) = gallery().await;
        let visitor = target.visitor();
        let outcomes = door.send(&visitor, "inbox", "any", &[sent("photo.jpg", photo())]).await;
        assert_eq!(outcomes[0].word(), "stored", "{}", door.name());
        let file = visitor.listed().await.remove(0);
        let id = file["id"].as_str().unwrap();
        until("the thumbnail is made", || folder.join(id).exists()).await;
        let small = visitor.get(&format!("/_upload/{id}/thumbnail")).await.body;
        let seen = image::load_from_memory(&small).unwrap().to_rgb8();
        assert_eq!((seen.width(), seen.height()), (240, 320), "{}", door.name());
        assert!(seen.get_pixel(120, 20).0[0] > 150, "what was left is above");
        for word in ["Exif", "SecretHarbour", "GPS", "MM\0\x2a"] {
            let found = small.windows(word.len()).any(|part| part == word.as_bytes());
            assert!(!found, "{word:?} in a thumbnail");
        }
        // The file itself is its owner's, as it came.
        assert_eq!(visitor.get(file["url"].as_str().unwrap()).await.body, photo());
        target.end().await;
    }
}

/// A thousand times as large when it is unpacked.
fn packed() -> Vec<u8> {
    gzip(&vec![b'a'; 10_000_000])
}

#[actix_web::test]
async fn bom_07_a_body_that_says_it_is_packed_is_stored_as_it_comes_or_refused() {
    let target = Target::start().await;
    let visitor = target.visitor();
    visitor.get("inbox").await;
    let packed = packed();
    let length = packed.len().to_string();
    for coding in ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, gzip"] {
        let coding = ("content-encoding", coding);
        let bytes = ("content-type", "application/offset+octet-stream");
        // "a.gz"
        let tus = [
            ("tus-resumable", "1.0.0"),
            ("upload-length", &*length),
            ("upload-metadata", "filename YS5neg=="),
        ];
        let created = [&tus[..], &[coding, bytes]].concat();
        let answers = [
            visitor.send(Method::POST, "/tus/inbox/any", &created, packed.clone()).await,
            visitor.send(Method::PUT, "/resumable/inbox/any/a.gz", &[coding], packed.clone()).await,
        ];
        for answer in answers {
            assert!([201, 200, 415, 400].contains(&answer.status), "{}", answer.text());
        }
        let form = Form::new().file("any", "a.gz", &packed).body();
        let kind = Form::content_type();
        let headers = [("content-type", &*kind), coding];
        // A form that is as it should be but for what it says of itself, and one that is packed as a whole.
        for body in [form.clone(), gzip(&form)] {
            for path in ["inbox", "upload", "filepond/inbox/any"] {
                let answer = visitor.try_send(Method::POST, path, &headers, body.clone()).await;
                assert!(answer.is_none_or(|answer| answer.status < 500), "{path}");
            }
        }
    }
    // Not one byte more than was sent, and nothing was unpacked.
    for file in visitor.listed().await {
        let body = visitor.get(file["url"].as_str().unwrap()).await.body;
        assert_eq!(body, packed, "{file}");
    }
    assert!(visitor.listed().await.len() >= 6, "some of it is stored as it came");
    target.end().await;
}

#[actix_web::test]
async fn bom_07_a_packed_frame_is_no_frame_of_ours() {
    // The live door agrees to no extension, so a packed message is what it is: bytes of a file.
    let target = Target::start().await;
    let mut live = target.live().await;
    let end = live.upload("any", Upload::bytes("a.gz", packed())).await;
    assert!(end.is_complete(), "{end}");
    let other = live.upload("any", Upload::bytes("a.txt", text(100))).await;
    assert!(other.is_complete());
    live.disconnect();
    target.end().await;
}
