//! What was told is there after a restart.

use std::io::Write;

use embedder::{Desk, Results};
use longshore::testing::Upload;

use super::{brought, folder, running};

#[actix_web::test]
async fn results_files_and_visitors_are_there_after_a_restart() {
    let folder = folder();
    let (_, server) = running(folder.path()).await;
    let visitor = server.visitor();
    visitor.store("claim", "evidence", Upload::png("dent.png")).await;
    let gone = visitor.store("claim", "evidence", Upload::png("thumb.png")).await;
    let mut page = visitor.live("claim").await;
    page.upload("log", Upload::text("device.log", "tick")).await;
    page.event("delete", serde_json::json!({ "id": gone["id"] })).await.unwrap();
    let before = brought(&visitor).await;
    assert_eq!(before.len(), 2);
    page.disconnect();
    server.end().await;

    let (_, server) = running(folder.path()).await;
    let visitor = server.visitor().with_cookie(&visitor.cookie().unwrap());
    assert_eq!(brought(&visitor).await, before);
    let url = visitor.listed().await[0]["url"].as_str().unwrap().to_owned();
    assert_eq!(visitor.get(&url).await.status, 200);
    assert!(visitor.get("claim").await.text().contains(&url));
    server.end().await;
}

#[actix_web::test]
async fn a_line_that_a_crash_cut_off_spoils_nothing() {
    let folder = folder();
    let path = folder.path().join("results.jsonl");
    let (_, server) = running(folder.path()).await;
    let visitor = server.visitor();
    visitor.store("claim", "evidence", Upload::png("dent.png")).await;
    let owner = brought(&visitor).await[0].owner;
    server.end().await;
    let whole = std::fs::read(&path).unwrap();
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(&whole[..whole.len() / 2]).unwrap();
    let results = Results::open(&path).unwrap();
    assert_eq!(results.of(owner).len(), 1);
    assert_eq!(std::fs::read(&path).unwrap(), whole);
    // A whole line that is not ours is no accident, and nothing is thrown away.
    file.write_all(b"{\"added\":{}}\n").unwrap();
    assert!(Desk::open(folder.path()).is_err());
}
