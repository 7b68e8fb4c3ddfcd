//! Going on after the server was started again, and while it is being stopped.

use std::path::Path;
use std::time::Duration;

use longshore::testing::samples::text;

use crate::support::TestApp;
use crate::support::tus::{BYTES, Tus, is_on_the_disk, metadata};

async fn on(data: &Path) -> TestApp {
    TestApp::with(|builder| builder.data(data)).await
}

/// MI-04, CR-02
#[actix_web::test]
async fn every_kind_of_upload_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let app = on(&data).await;
    let client = Tus::of(&app).await;
    let anonymous = Tus::without_cookies(&app);
    let said = metadata(&[("filename", "a.txt")]);
    let whole = text(900_000);
    let mut urls = Vec::new();
    for (client, sent) in [(&client, 0), (&client, 40), (&client, 700_000), (&anonymous, 5_000)] {
        let url = client
            .create_with("any", &[("upload-length", "900000"), ("upload-metadata", &said)])
            .await;
        client.brings(&url, 0, &whole[..sent]).await;
        urls.push((url, sent));
    }
    let later = client.create_with("any", &[("upload-defer-length", "1")]).await;
    client.brings(&later, 0, &whole[..10]).await;
    let cookie = client.visitor().cookie().unwrap();
    app.stop().await;

    let app = on(&data).await;
    let client = Tus::by(&app.visitor().with_cookie(&cookie));
    let anonymous = Tus::without_cookies(&app);
    for (url, sent) in urls {
        let client = if url.contains('?') { &anonymous } else { &client };
        let head = client.head(&url).await;
        assert_eq!(head.header("upload-offset"), Some(&*sent.to_string()));
        assert_eq!(head.header("upload-metadata"), Some(&*said));
        client.brings(&url, sent as u64, &whole[sent..]).await;
        assert_eq!(client.offset(&url).await, 900_000);
    }
    let head = client.head(&later).await;
    assert_eq!(head.header("upload-defer-length"), Some("1"));
    let end = [("upload-length", "20")];
    assert_eq!(client.patch_with(&later, 10, &end, &whole[10..20]).await.status, 204);
    let stored = client.visitor().listed().await;
    assert_eq!(stored.len(), 4);
    app.stop().await;
}

/// MI-04
#[actix_web::test]
async fn a_server_that_is_being_stopped_says_when_to_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let app = on(&data).await;
    let client = Tus::of(&app).await;
    let whole = text(900_000);
    let (idle, busy) = (client.create("any", 900_000).await, client.create("any", 900_000).await);
    client.brings(&idle, 0, &whole[..40]).await;
    let headers = [BYTES, ("upload-offset", "0"), ("content-length", "900000")];
    let mut writer = client.raw(&app, "PATCH", &busy, &headers).await;
    writer.send(&whole[..800_000]).await;
    is_on_the_disk(&app, 500_000).await;
    app.uploads().drain(Duration::from_secs(10)).await;
    for answer in [
        client.patch(&idle, 40, b"x").await,
        client.post("any", &[("upload-length", "1")], b"").await,
        client.head(&idle).await,
    ] {
        assert_eq!(answer.status, 503);
        assert!(answer.header("retry-after").is_some());
    }
    // Who is under way may end, or is told to come again.
    writer.send_what_goes(&whole[800_000..]).await;
    let told = writer.answer().await;
    assert!([204, 503].contains(&told.status), "{}", told.head);
    assert!(told.status == 204 || told.head.to_ascii_lowercase().contains("retry-after:"));
    let cookie = client.visitor().cookie().unwrap();
    app.stop().await;

    let app = on(&data).await;
    let client = Tus::by(&app.visitor().with_cookie(&cookie));
    for (url, least) in [(idle, 40), (busy, 500_000)] {
        let offset = usize::try_from(client.offset(&url).await).unwrap();
        assert!((least..=900_000).contains(&offset), "{offset}");
        client.brings(&url, offset as u64, &whole[offset..]).await;
    }
    assert_eq!(client.visitor().listed().await.len(), 2);
    app.stop().await;
}
