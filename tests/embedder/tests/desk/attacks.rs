//! Visitors who try things.

use longshore::testing::{Upload, samples, until};
use serde_json::json;

use super::{brought, folder, names, running};

#[actix_web::test]
async fn nobody_sees_or_deletes_what_another_has_brought() {
    let folder = folder();
    let (_, server) = running(folder.path()).await;
    let (owner, other) = (server.visitor(), server.visitor());
    let photo = owner.store("claim", "evidence", Upload::png("dent.png")).await;
    let mut page = other.live("claim").await;
    page.event("delete", json!({ "id": photo["id"] })).await.unwrap();
    assert!(!page.region("results").await.contains("Delete"));
    assert_eq!(other.get(photo["url"].as_str().unwrap()).await.status, 404);
    assert_eq!(brought(&other).await, []);
    assert_eq!(brought(&server.visitor().with_cookie("longshore=me")).await, []);
    assert_eq!((brought(&owner).await.len(), owner.listed().await.len()), (1, 1));
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn lies_cost_nobody_but_the_liar() {
    let folder = folder();
    let (_, server) = running(folder.path()).await;
    let visitor = server.visitor();
    let mut page = visitor.live("claim").await;
    let program = Upload::bytes("dent.png", samples::program());
    let file = page.claim_another_type("evidence", program, "image/png").await.unwrap();
    page.fails(&file, "content_mismatch").await;
    let liar = Upload::bytes("a.log", samples::text(50_001)).claiming("size", 50_000);
    let file = page.select("log", liar).await.unwrap();
    page.data(file.stream, 0, &samples::text(50_001)).await;
    page.fails(&file, "size_mismatch").await;
    until("nothing of the log is left", || names(&folder.path().join("logs")).is_empty()).await;
    page.upload("evidence", Upload::png("dent.png")).await;
    assert_eq!(brought(&visitor).await.len(), 1);
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn a_page_of_another_site_can_change_nothing() {
    let folder = folder();
    let (_, server) = running(folder.path()).await;
    let visitor = server.visitor();
    visitor.store("claim", "evidence", Upload::png("dent.png")).await;
    let there = visitor.coming_from(Some("https://evil.example"));
    let form = longshore::testing::Form::new().text("_event", "delete");
    assert_eq!(there.post("claim", form).await.status, 403);
    assert_eq!(there.connect("claim").await.err(), Some(403));
    assert_eq!(brought(&visitor).await.len(), 1);
    server.end().await;
}
