//! The page over its socket.

use longshore::testing::{Upload, samples};
use serde_json::json;

use super::{brought, folder, running};

#[actix_web::test]
async fn photos_are_taken_one_by_one_while_they_come() {
    let folder = folder();
    let (_, server) = running(folder.path()).await;
    let visitor = server.visitor();
    let mut page = visitor.live("claim").await;
    let photo = Upload::bytes("dent.jpg", samples::jpeg(60_000)).of_type("image/jpeg");
    let file = page.select("evidence", photo).await.unwrap();
    page.send(&file, 50).await;
    assert_eq!(page.progressed(&file, 50).await, 50);
    page.send_all(&file).await;
    let end = page.settled(&file).await;
    let url = end.url().expect("the page keeps photos").to_owned();
    assert_eq!(visitor.get(&url).await.body, samples::jpeg(60_000));
    assert!(page.region("results").await.contains(&url));
    assert_eq!(serde_json::to_value(&brought(&visitor).await[0]).unwrap()["url"], *url);
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn a_statement_is_saved_for_its_claim_and_deleted_again() {
    let folder = folder();
    let (_, server) = running(folder.path()).await;
    let visitor = server.visitor();
    let mut page = visitor.live("claim").await;
    let statement = Upload::bytes("CL-1042.pdf", samples::pdf()).of_type("application/pdf");
    let file = page.select("statement", statement).await.unwrap();
    page.send_all(&file).await;
    assert!(page.settled(&file).await.is_complete());
    assert!(page.region("results").await.contains("not saved yet"));
    let refused = page.event("save", json!({ "claim": "hail" })).await.unwrap_err();
    assert_eq!(refused.message(), "Give the number of the claim, such as CL-1042.");
    page.event("save", json!({ "claim": "CL-1042" })).await.unwrap();
    assert!(page.region("results").await.contains("for CL-1042"));
    let id = brought(&visitor).await[0].id;
    page.event("delete", json!({ "id": id })).await.unwrap();
    assert!(!page.region("results").await.contains("CL-1042"));
    assert_eq!((brought(&visitor).await.len(), visitor.listed().await.len()), (0, 0));
    assert_eq!(server.blobs().len(), 0);
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn what_is_not_saved_yet_can_be_withdrawn() {
    let folder = folder();
    let (_, server) = running(folder.path()).await;
    let visitor = server.visitor();
    let mut page = visitor.live("claim").await;
    let file = page.select("statement", Upload::text("CL-7.txt", "It hailed.")).await.unwrap();
    page.send_all(&file).await;
    assert!(page.settled(&file).await.is_complete());
    page.event("cancel", json!({ "slot": "statement", "ref": file.as_ref() })).await.unwrap();
    assert_eq!(page.settled(&file).await.status(), "cancelled");
    let refused = page.event("save", json!({ "claim": "CL-7" })).await.unwrap_err();
    assert_eq!(refused.message(), "Choose a statement first.");
    // There is room for another one now; the visitor gives that one up while it is on its way.
    let long = Upload::bytes("CL-7.txt", samples::text(100_000));
    let file = page.select("statement", long).await.unwrap();
    page.send(&file, 50).await;
    page.cancel(&file).await;
    assert_eq!(brought(&visitor).await, []);
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn a_statement_of_another_name_is_refused_in_the_desks_own_words() {
    let folder = folder();
    let (_, server) = running(folder.path()).await;
    let mut page = server.visitor().live("claim").await;
    let refused = page.select("statement", Upload::text("scan.txt", "x")).await.unwrap_err();
    assert_eq!(refused.message(), "Call the file after its claim, such as CL-1042.pdf.");
    assert_eq!(refused.code(), "not_accepted");
    page.disconnect();
    server.end().await;
}
