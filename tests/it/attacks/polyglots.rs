//! XSS-06: files that are two things at once. What is served is one of them, so the other never runs; what is kept is every
//! byte, and a thumbnail is made of pixels only.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use longshore::Thumbnails;
use longshore::testing::samples::{pdf, zip};
use longshore::testing::until;

use super::oracle::Target;
use crate::support::doors::{doors_of_few_words, every_door, sent};

const PAYLOAD: &[u8] = b"<html><script>alert('longshore-payload')</script></html>";

fn picture(format: ImageFormat) -> Vec<u8> {
    let picture =
        RgbImage::from_fn(400, 300, |x, y| Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 7]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A picture with a text chunk that is a web page, right behind its header.
fn png_with_a_page() -> Vec<u8> {
    let mut png = picture(ImageFormat::Png);
    let mut chunk = b"tEXtComment\0".to_vec();
    chunk.extend(PAYLOAD);
    let sum = crc32fast::hash(&chunk).to_be_bytes();
    let length = u32::try_from(chunk.len() - 4).unwrap().to_be_bytes();
    png.splice(33..33, [&length[..], &chunk, &sum].concat());
    png
}

/// A photo whose comment is a script.
fn jpeg_with_a_script() -> Vec<u8> {
    let mut jpeg = picture(ImageFormat::Jpeg);
    let length = u16::try_from(PAYLOAD.len() + 2).unwrap().to_be_bytes();
    jpeg.splice(2..2, [&[0xff, 0xfe][..], &length, PAYLOAD].concat());
    jpeg
}

/// GIFAR: a picture at its beginning, a Java archive at its end.
fn gif_and_jar() -> Vec<u8> {
    let jar = zip(&[("META-INF/MANIFEST.MF", b"Main-Class: Payload"), ("Payload.class", PAYLOAD)]);
    [picture(ImageFormat::Gif), PAYLOAD.to_vec(), jar].concat()
}

fn polyglots() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    vec![
        ("a.png", png_with_a_page(), "image/png"),
        ("a.jpg", jpeg_with_a_script(), "image/jpeg"),
        ("a.gif", gif_and_jar(), "image/gif"),
        ("a.webp", [picture(ImageFormat::WebP), PAYLOAD.to_vec()].concat(), "image/webp"),
        ("a.pdf", [pdf(), PAYLOAD.to_vec()].concat(), "application/pdf"),
    ]
}

#[actix_web::test]
async fn xss_06_a_picture_that_is_a_page_too_is_stored_as_the_picture_and_unchanged() {
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("thumbnails");
        let thumbnails = Thumbnails::in_folder(&folder);
        let target = Target::with(|builder| builder.thumbnails(thumbnails)).await;
        for (name, bytes, media_type) in polyglots() {
            let visitor = target.visitor();
            let outcomes = door.send(&visitor, "inbox", "any", &[sent(name, &bytes)]).await;
            assert_eq!(outcomes[0].word(), "stored", "{}: {name}", door.name());
            let file = visitor.listed().await.remove(0);
            assert_eq!(file["type"], media_type, "{}", door.name());
            let answer = visitor.get(file["url"].as_str().unwrap()).await;
            assert_eq!(answer.body, bytes, "{}: {name}", door.name());
            assert_eq!(answer.header("content-type"), Some(media_type));
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            if media_type.starts_with("image/") {
                let id = file["id"].as_str().unwrap();
                until("the thumbnail is made", || folder.join(id).exists()).await;
                let small = visitor.get(&format!("/_upload/{id}/thumbnail")).await;
                // Of a WebP with something behind its end none is made.
                let status = if name == "a.webp" { 404 } else { 200 };
                assert_eq!(small.status, status, "{name}");
                for part in [&b"longshore-payload"[..], b"script", b"PK\x03\x04", b"tEXt"] {
                    let found = small.body.windows(part.len()).any(|window| window == part);
                    assert!(!found, "{name}: {:?}", String::from_utf8_lossy(part));
                }
            }
        }
        target.end().await;
    }
}

#[actix_web::test]
async fn xss_06_what_only_begins_like_a_picture_is_none() {
    let page_first = [PAYLOAD.to_vec(), picture(ImageFormat::Png)].concat();
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        for (name, bytes, word) in [
            ("a.gif", b"GIF89a=1;alert(1)//".to_vec(), "content_mismatch"),
            ("a.webp", b"RIFF=1;/*WEBPVP8 */alert(1)".to_vec(), "content_mismatch"),
            ("a.png", page_first.clone(), "content_mismatch"),
            ("a.bin", page_first.clone(), "active_content"),
            ("a.pdf", [PAYLOAD.to_vec(), pdf()].concat(), "content_mismatch"),
            ("a.jar", gif_and_jar(), "content_mismatch"),
            ("a.html", gif_and_jar(), "active_content"),
        ] {
            let files = [sent(name, bytes)];
            let outcomes = door.send(&target.visitor(), "inbox", "any", &files).await;
            assert_eq!(outcomes[0].word(), word, "{}: {name}", door.name());
        }
        target.end().await;
    }
}
