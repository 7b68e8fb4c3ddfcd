//! XSS-06: pictures that are something else besides.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use longshore::Thumbnails;
use longshore::testing::samples::{gif, png};

use super::super::oracle::Target;
use super::is_harmless;
use crate::support::Upload;

const PAYLOAD: &[u8] = b"<script>alert('PAYLOAD')</script>";

/// A chunk of text behind the header of a PNG, where no decoder looks at it.
fn png_with_text() -> Vec<u8> {
    let body = [b"tEXtComment\0", PAYLOAD].concat();
    let length = u32::try_from(body.len() - 4).unwrap().to_be_bytes();
    let chunk = [&length[..], &body, &crc32fast::hash(&body).to_be_bytes()].concat();
    let mut bytes = png();
    bytes.splice(33..33, chunk);
    bytes
}

/// A comment and Exif data with a place in them, as cameras write them.
fn jpeg_with_comment() -> Vec<u8> {
    let segment = |kind: u8, body: &[u8]| {
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&[0xff, kind][..], &length, body].concat()
    };
    // One entry of the first directory: the pointer to a directory of GPS, which has a version and no more.
    let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x88\x25\0\x04\0\0\0\x01\0\0\0\x1a\0\0\0\0\
        \0\x01\0\0\0\x01\0\0\0\x04\x02\x03\0\0\0\0\0\0GPS-PAYLOAD";
    let picture = RgbImage::from_fn(400, 300, |x, y| Rgb([(x % 256) as u8, (y % 256) as u8, 90]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let mut bytes = bytes.into_inner();
    bytes.splice(2..2, [segment(0xfe, PAYLOAD), segment(0xe1, exif)].concat());
    bytes
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[actix_web::test]
async fn xss_06_a_picture_is_served_as_it_came_and_its_thumbnail_is_a_picture_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let thumbnails = Thumbnails::in_folder(place.path().join("thumbnails"));
    let target = Target::with(|builder| builder.thumbnails(thumbnails)).await;
    let gifar = [gif(), b"PK\x03\x04PAYLOAD as a Java archive".to_vec()].concat();
    for (name, bytes) in
        [("a.png", png_with_text()), ("b.jpg", jpeg_with_comment()), ("c.gif", gifar)]
    {
        assert!(holds(&bytes, b"PAYLOAD"), "{name}");
        let visitor = target.visitor();
        let file = visitor.store("inbox", "any", Upload::bytes(name, &bytes)).await;
        let answer = visitor.get(file["url"].as_str().unwrap()).await;
        assert_eq!(answer.body, bytes, "{name} is what it was");
        assert!(answer.header("content-type").unwrap().starts_with("image/"), "{name}");
        is_harmless(&answer, name);
        let small = visitor.get(file["thumbnail"].as_str().unwrap()).await;
        is_harmless(&small, name);
        if small.status == 200 {
            assert!(!holds(&small.body, b"PAYLOAD") && !holds(&small.body, b"Exif"), "{name}");
            assert!(small.header("content-type").unwrap().starts_with("image/"), "{name}");
            image::load_from_memory(&small.body).expect("a picture");
        } else {
            // The drawing that says that there is none: ours, and nothing of the file is in it.
            assert!(!holds(&small.body, b"PAYLOAD"), "{name}");
        }
        if name == "b.jpg" {
            assert_eq!(small.status, 200, "a photo has one");
        }
    }
    target.end().await;
}
