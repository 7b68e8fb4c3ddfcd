//! Files that a slot, a check or the application refuses: our codes, in the answers of this protocol.

use longshore::SlotOptions;
use longshore::testing::samples::{program, text};
use longshore::{Rejection, ViewError};

use crate::room::{Notes, Room};
use crate::support::TestApp;
use crate::support::tus::{BYTES, Tus, metadata};

#[actix_web::test]
async fn what_a_check_refuses_is_told_with_its_code_and_is_gone() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let said = metadata(&[("filename", "a.jpg"), ("filetype", "image/jpeg")]);
    let bytes = [program(), vec![0; 50_000]].concat();
    let length = bytes.len().to_string();
    let headers = [("upload-length", &*length), ("upload-metadata", &said)];
    let url = client.create_with("pictures", &headers).await;
    client.patch(&url, 0, &bytes).await.is_problem(415, "content_mismatch");
    let head = client.head(&url).await;
    assert!([404, 410].contains(&head.status), "{}", head.status);
    assert_eq!(head.header("upload-offset"), None);
    let again = client.patch(&url, 0, &bytes).await;
    assert!([404, 410].contains(&again.status), "{}", again.status);
    let at_once = [&headers[..], &[BYTES]].concat();
    let answer = client.post("pictures", &at_once, &bytes).await;
    answer.is_problem(415, "content_mismatch");
    app.end().await;
}

/// CR-09, CK-09: the application hears of each complete file, once.
#[actix_web::test]
async fn the_application_hears_of_each_file_once_and_its_words_are_told() {
    let notes = Notes::default();
    let heard = notes.clone();
    let slots = vec![("judged", SlotOptions::new().max_entries(9))];
    let room = Room::new(slots).on_progress(move |entry, session| {
        let heard = heard.clone();
        async move {
            if entry.done() {
                heard.note(&entry.name);
                if entry.name.as_str() == "bad.txt" {
                    return Err(ViewError::from(Rejection::because("Not this one.")));
                }
                crate::support::pages::keep(&entry, &session).await?;
            }
            Ok(())
        }
    });
    let app = room.open().await;
    let client = Tus::of(&app).await;
    client.visitor().get("room").await;
    for (name, bytes) in [("empty.txt", vec![]), ("good.txt", text(100)), ("bad.txt", text(100))] {
        let said = metadata(&[("filename", name)]);
        let length = bytes.len().to_string();
        let headers = [("upload-length", &*length), ("upload-metadata", &said)];
        let answer = client.send("POST", "/tus/room/judged", &headers, b"").await;
        let url = answer.header("location").unwrap();
        if bytes.is_empty() {
            assert_eq!(client.head(url).await.header("upload-offset"), Some("0"));
            continue;
        }
        let wrong = [("upload-checksum", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=")];
        assert_eq!(client.patch_with(url, 0, &wrong, &bytes).await.status, 460);
        assert!(!notes.has(name), "it is not complete");
        client.brings(url, 0, &bytes[..40]).await;
        let answer = client.patch(url, 40, &bytes[40..]).await;
        if name == "bad.txt" {
            answer.is_problem(415, "not_accepted");
            assert_eq!(answer.json()["detail"], "Not this one.");
            assert!([404, 410].contains(&client.head(url).await.status));
        } else {
            assert_eq!(answer.status, 204, "{}", answer.text());
            assert_eq!(client.patch(url, 100, b"").await.status, 204);
        }
    }
    assert_eq!(notes.all(), ["empty.txt", "good.txt", "bad.txt"]);
    app.end().await;
}
