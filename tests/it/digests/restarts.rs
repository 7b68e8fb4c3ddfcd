//! Uploads go on in a process that was started with another kind of digest than the one before.

use std::path::Path;

use longshore::testing::samples::text;

use super::*;
use crate::support::tus::{Tus, metadata};

async fn on(data: &Path, kind: DigestKind) -> TestApp {
    TestApp::with(|builder| builder.data(data).digest(kind)).await
}

fn pairs() -> impl Iterator<Item = (DigestKind, DigestKind)> {
    DigestKind::ALL.into_iter().flat_map(|first| DigestKind::ALL.map(|second| (first, second)))
}

#[actix_web::test]
async fn an_upload_by_tus_ends_with_the_digest_of_the_process_that_ends_it() {
    let whole = text(900_000);
    let said = metadata(&[("filename", "a.txt")]);
    let headers = [("upload-length", "900000"), ("upload-metadata", &*said)];
    for (first, second) in pairs() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let app = on(&data, first).await;
        let client = Tus::of(&app).await;
        let mut urls = Vec::new();
        for sent in [0, 40, 700_000, 899_999] {
            let url = client.create_with("any", &headers).await;
            client.brings(&url, 0, &whole[..sent]).await;
            urls.push((url, sent));
        }
        let cookie = client.visitor().cookie().unwrap();
        app.stop().await;

        let app = on(&data, second).await;
        let client = Tus::by(&app.visitor().with_cookie(&cookie));
        for (url, sent) in &urls {
            assert_eq!(client.offset(url).await, *sent as u64, "{first} {second}");
            client.brings(url, *sent as u64, &whole[*sent..]).await;
        }
        let listed = client.visitor().listed().await;
        assert_eq!(listed.len(), urls.len(), "{first} {second}");
        for file in &listed {
            tells(file, second, &whole);
            let stored = client.visitor().get(file["url"].as_str().unwrap()).await;
            assert_eq!(stored.body, whole, "{first} {second}");
        }
        app.stop().await;
    }
}

#[actix_web::test]
async fn what_was_declared_to_one_process_is_compared_by_the_next() {
    let whole = text(300_000);
    let name = ("content-disposition", "inline; filename=\"a.txt\"");
    let send =
        async |visitor: &Visitor, method, url: &str, headers: &[(&str, &str)], bytes: &[u8]| {
            visitor.send(method, url, headers, bytes.to_vec()).await
        };
    for (first, second) in pairs() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let app = on(&data, first).await;
        let visitor = app.visitor();
        let mut addresses = Vec::new();
        for declared in [repr_digest(&whole), repr_digest(b"other")] {
            let headers = [name, ("upload-complete", "?0"), ("repr-digest", &*declared)];
            let url = "/resumable/inbox/any";
            let answer = send(&visitor, Method::POST, url, &headers, &whole[..200_000]).await;
            assert_eq!(answer.status, 201, "{}", answer.text());
            addresses.push(answer.header("location").unwrap().to_owned());
        }
        let cookie = visitor.cookie().unwrap();
        app.stop().await;

        let app = on(&data, second).await;
        let visitor = app.visitor().with_cookie(&cookie);
        let headers = [
            ("content-type", "application/partial-upload"),
            ("upload-offset", "200000"),
            ("upload-complete", "?1"),
        ];
        for (address, is_right) in addresses.iter().zip([true, false]) {
            let answer = send(&visitor, Method::PATCH, address, &headers, &whole[200_000..]).await;
            if is_right {
                tells(&answer.json()["files"][0], told(second, true), &whole);
            } else {
                assert_eq!(&*answer.code(), "checksum_mismatch", "{first} {second}");
            }
        }
        assert_eq!(visitor.listed().await.len(), 1, "{first} {second}");
        app.stop().await;
    }
}

#[actix_web::test]
async fn what_is_stored_keeps_the_digest_that_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (mut cookie, mut ids) = (None::<String>, Vec::new());
    for kind in DigestKind::ALL.into_iter().chain([DigestKind::Sha256]) {
        let app = on(&data, kind).await;
        let visitor = match &cookie {
            Some(cookie) => app.visitor().with_cookie(cookie),
            None => app.visitor(),
        };
        let form = Form::new().file("any", "a.txt", b"bytes");
        let answer = visitor.post("inbox", form).await;
        ids.push((answer.json()["files"][0]["id"].as_str().unwrap().to_owned(), kind));
        for (id, kind) in &ids {
            tells(&visitor.get(&format!("api/files/{id}")).await.json(), *kind, b"bytes");
        }
        cookie = visitor.cookie();
        app.stop().await;
    }
}
