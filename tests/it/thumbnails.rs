//! Small pictures of stored ones: made soon, made again, gone with their file, and of nobody else's.

use std::path::PathBuf;

use futures_util::future::join_all;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use longshore::{Thumbnails, UploadsBuilder};

use crate::support::{Answer, TestApp, Visitor};
use longshore::testing::samples::{jpeg, text};
use longshore::testing::{Upload, until};

/// A service that makes thumbnails, and the folder in which it keeps them.
struct Gallery {
    app: TestApp,
    _place: tempfile::TempDir,
    folder: PathBuf,
}

impl Gallery {
    async fn start() -> Self {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("thumbnails");
        let thumbnails = Thumbnails::in_folder(&folder);
        let change = |builder: UploadsBuilder| builder.thumbnails(thumbnails);
        Self { app: TestApp::with(change).await, _place: place, folder }
    }

    /// The job makes it without being asked.
    async fn made(&self, id: &str) -> PathBuf {
        let path = self.folder.join(id);
        until("the thumbnail is there", || path.exists()).await;
        path
    }
}

/// Red above blue, lying on its right side, with a maker in its Exif data.
fn photo() -> Vec<u8> {
    let upright = |x: u32| Rgb(if x < 400 { [220, 30, 30] } else { [30, 30, 220] });
    let picture = RgbImage::from_fn(800, 600, |x, _| upright(x));
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let mut bytes = bytes.into_inner();
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02\x01\x0f\0\x02\0\0\0\x0c\0\0\0\x26".to_vec();
    exif.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0SecretMaker\0");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let segment = [&[0xff, 0xe1][..], &length, &exif].concat();
    bytes.splice(2..2, segment);
    bytes
}

async fn store(visitor: &Visitor, name: &str, bytes: &[u8]) -> (String, String) {
    let file = visitor.store("inbox", "any", Upload::bytes(name, bytes)).await;
    let of = |field: &str| file[field].as_str().unwrap_or_default().to_owned();
    (of("id"), of("thumbnail"))
}

fn is_the_photo(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("image/jpeg"));
    let seen = image::load_from_memory(&answer.body).unwrap().to_rgb8();
    assert_eq!((seen.width(), seen.height()), (240, 320), "turned, and as small as it should be");
    let (above, below) = (seen.get_pixel(120, 20).0, seen.get_pixel(120, 300).0);
    assert!(above[0] > 150 && above[2] < 100, "{above:?}");
    assert!(below[2] > 150 && below[0] < 100, "{below:?}");
    for what in ["Exif", "SecretMaker", "ICC_PROFILE"] {
        let found = answer.body.windows(what.len()).any(|part| part == what.as_bytes());
        assert!(!found, "{what}");
    }
}

#[actix_web::test]
async fn a_kept_photo_gets_its_thumbnail_without_being_asked() {
    let gallery = Gallery::start().await;
    let visitor = gallery.app.visitor();
    let (id, url) = store(&visitor, "photo.jpg", &photo()).await;
    assert_eq!(url, format!("/_upload/{id}/thumbnail"));
    gallery.made(&id).await;
    let answer = visitor.get(&url).await;
    is_the_photo(&answer);
    assert_eq!(answer.header("content-disposition"), Some("inline"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
    assert!(answer.header("content-security-policy").unwrap().contains("sandbox"));
    assert!(answer.header("cache-control").unwrap().starts_with("private, max-age="));
    let head = visitor.head(&url).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(&*answer.body.len().to_string()));
    let etag = answer.header("etag").unwrap();
    let again = visitor.get_with(&url, &[("if-none-match", etag)]).await;
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(etag)));
    let other = visitor.get_with(&url, &[("if-none-match", "\"other\"")]).await;
    assert_eq!(other.status, 200);
    gallery.app.end().await;
}

#[actix_web::test]
async fn a_stranger_gets_what_an_unknown_file_gets() {
    let gallery = Gallery::start().await;
    let visitor = gallery.app.visitor();
    let (id, url) = store(&visitor, "photo.jpg", &photo()).await;
    gallery.made(&id).await;
    let stranger = gallery.app.visitor();
    let foreign = stranger.get(&url).await;
    foreign.is_problem(404, "unknown_entry");
    let unknown = stranger.get(&format!("/_upload/{}/thumbnail", uuid::Uuid::now_v7())).await;
    assert_eq!(foreign.body, unknown.body);
    // Not the drawing either, which would say that there is a file.
    let image = ("accept", "image/avif,image/webp,image/*,*/*;q=0.8");
    assert_eq!(stranger.get_with(&url, &[image]).await.body, unknown.body);
    visitor.get("/_upload/no-id/thumbnail").await.is_problem(404, "unknown_entry");
    gallery.app.end().await;
}

#[actix_web::test]
async fn it_is_made_again_for_everybody_who_waits_when_the_folder_is_gone() {
    let gallery = Gallery::start().await;
    let visitor = gallery.app.visitor();
    let (id, url) = store(&visitor, "photo.jpg", &photo()).await;
    gallery.made(&id).await;
    let before = visitor.get(&url).await.body;
    std::fs::remove_dir_all(&gallery.folder).unwrap();
    let answers = join_all((0..6).map(|_| visitor.get(&url))).await;
    for answer in answers {
        assert_eq!((answer.status, &answer.body), (200, &before));
    }
    // What a power cut left is made anew too.
    std::fs::write(gallery.folder.join(&id), b"").unwrap();
    assert_eq!(visitor.get(&url).await.body, before);
    gallery.app.end().await;
}

#[actix_web::test]
async fn it_goes_with_its_file() {
    let gallery = Gallery::start().await;
    let visitor = gallery.app.visitor();
    let (id, url) = store(&visitor, "photo.jpg", &photo()).await;
    let path = gallery.made(&id).await;
    assert_eq!(visitor.delete(&format!("/api/files/{id}")).await.status, 204);
    assert!(!path.exists());
    visitor.get(&url).await.is_problem(404, "unknown_entry");
    assert_eq!(std::fs::read_dir(&gallery.folder).unwrap().count(), 0);
    gallery.app.end().await;
}

#[actix_web::test]
async fn what_cannot_be_rendered_is_stored_and_tried_once() {
    let gallery = Gallery::start().await;
    let visitor = gallery.app.visitor();
    let (broken, url) = store(&visitor, "broken.jpg", &jpeg(5_000)).await;
    let mark = std::fs::read(gallery.made(&broken).await).unwrap();
    visitor.get(&url).await.is_problem(404, "unknown_entry");
    let image = ("accept", "image/avif,image/webp,image/apng,image/*,*/*;q=0.8");
    let drawn = visitor.get_with(&url, &[image]).await;
    assert_eq!((drawn.status, drawn.header("content-type")), (404, Some("image/svg+xml")));
    assert!(drawn.header("content-security-policy").unwrap().contains("sandbox"));
    assert_eq!(drawn.header("vary"), Some("accept"));
    assert_eq!(visitor.get(&format!("/_upload/{broken}/broken.jpg")).await.body, jpeg(5_000));
    // The mark is believed: with it, not even a good picture is rendered.
    let (good, url) = store(&visitor, "good.jpg", &photo()).await;
    std::fs::write(gallery.made(&good).await, mark).unwrap();
    visitor.get(&url).await.is_problem(404, "unknown_entry");
    std::fs::remove_file(gallery.folder.join(&good)).unwrap();
    is_the_photo(&visitor.get(&url).await);
    gallery.app.end().await;
}

#[actix_web::test]
async fn what_is_no_picture_has_none_and_leaves_nothing() {
    let gallery = Gallery::start().await;
    let visitor = gallery.app.visitor();
    let (id, thumbnail) = store(&visitor, "photo.txt", &text(500)).await;
    assert_eq!(thumbnail, "");
    visitor.get(&format!("/_upload/{id}/thumbnail")).await.is_problem(404, "unknown_entry");
    assert_eq!(std::fs::read_dir(&gallery.folder).unwrap().count(), 0);
    gallery.app.end().await;
}

#[actix_web::test]
async fn a_file_that_is_called_thumbnail_is_served_all_the_same() {
    let gallery = Gallery::start().await;
    let visitor = gallery.app.visitor();
    for bytes in [text(50), photo()] {
        let file = visitor.store("inbox", "any", Upload::bytes("thumbnail", &bytes)).await;
        let answer = visitor.get(file["url"].as_str().unwrap()).await;
        assert_eq!((answer.status, &answer.body[..]), (200, &bytes[..]));
        let disposition = answer.header("content-disposition").unwrap();
        assert!(disposition.contains("filename=\"thumbnail\""), "{disposition}");
    }
    gallery.app.end().await;
}

#[actix_web::test]
async fn a_service_that_makes_none_serves_the_picture_itself() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let (_, url) = store(&visitor, "photo.jpg", &photo()).await;
    assert_eq!(visitor.get(&url).await.body, photo());
    app.end().await;
}
