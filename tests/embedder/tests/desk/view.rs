//! The page's handlers, without a server.

use embedder::{Desk, Kind};
use longshore::testing::{Upload, mount_page};
use longshore::{Code, ViewError};
use serde_json::json;

use super::folder;

#[actix_web::test]
async fn a_photo_becomes_a_row_and_a_link() {
    let folder = folder();
    let desk = Desk::open(folder.path()).unwrap();
    let mut page = mount_page(|uploads| desk.describe(uploads), "claim").await;
    let entry = page.upload("evidence", Upload::png("dent.png")).await.unwrap();
    let rows = desk.results.of(entry.owner);
    let url = format!("/desk/_upload/{}/dent.png", entry.id);
    assert_eq!((rows.len(), &rows[0].kind), (1, &Kind::Evidence { url: url.clone() }));
    assert_eq!(page.pushed_regions(), ["results"]);
    assert!(page.region("results").await.unwrap().contains(&url));
    assert!(page.render().await.unwrap().contains("dent.png"));
}

#[actix_web::test]
async fn a_statement_waits_for_a_claim_to_be_saved_with() {
    let folder = folder();
    let desk = Desk::open(folder.path()).unwrap();
    let mut page = mount_page(|uploads| desk.describe(uploads), "claim").await;
    let nothing = page.event("save", json!({ "claim": "CL-1042" })).await.unwrap_err();
    assert_eq!(nothing.rejection().message(), "Choose a statement first.");
    let entry = page.upload("statement", Upload::text("CL-1042.txt", "It hailed.")).await.unwrap();
    assert!(page.region("results").await.unwrap().contains("not saved yet"));
    for claim in ["", "CL-", "1042", "CL-x"] {
        let error = page.event("save", json!({ "claim": claim })).await.unwrap_err();
        assert_eq!(error.rejection().code(), Code::NotAccepted, "{claim:?}");
    }
    let shapeless = page.event("save", json!({ "claim": 7 })).await.unwrap_err();
    assert!(matches!(shapeless, ViewError::Payload { .. }), "{shapeless}");
    assert_eq!(desk.results.of(entry.owner), []);
    page.event("save", json!({ "claim": " CL-1042 " })).await.unwrap();
    let rows = desk.results.of(entry.owner);
    assert!(matches!(&rows[0].kind, Kind::Statement { claim, .. } if claim == "CL-1042"));
    assert!(matches!(page.event("dance", json!({})).await, Err(ViewError::UnknownEvent(_))));
}
