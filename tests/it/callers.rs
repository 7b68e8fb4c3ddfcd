//! An application's own routes below the prefix know who asks.

use longshore::testing::Upload;

use crate::embedding;

#[actix_web::test]
async fn a_route_of_the_application_knows_its_caller_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let host = embedding::host(&folder.path().join("data")).await;
    let one = host.browser();
    one.see("/uploads/inbox").await;
    let mut live = one.live("/uploads/inbox/ws").await;
    live.upload("any", Upload::bytes("a.txt", "hello")).await;
    assert_eq!(one.get("/uploads/mine").await.text(), "1 files");
    let other = host.browser();
    assert_eq!(other.get("/uploads/mine").await.status, 401, "nobody has a cookie yet");
    other.see("/uploads/inbox").await;
    assert_eq!(other.get("/uploads/mine").await.text(), "0 files");
    drop(live);
    host.stop().await;
}

#[actix_web::test]
async fn an_applications_own_page_finds_style_and_script() {
    let folder = tempfile::tempdir().unwrap();
    let host = embedding::host(&folder.path().join("data")).await;
    let assets = host.all[0].get_assets_url();
    assert!(assets.starts_with("/uploads/static/"), "{assets}");
    for file in ["style.css", "longshore/index.js"] {
        assert_eq!(host.browser().get(&format!("{assets}/{file}")).await.status, 200, "{file}");
    }
    host.stop().await;
}
