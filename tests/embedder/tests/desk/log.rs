//! The desk's own writer: what comes through it is what was sent, and what ends badly leaves nothing.

use std::io::Read;

use embedder::{Kind, Packed};
use flate2::read::GzDecoder;
use longshore::testing::{Upload, samples, until};

use super::{brought, folder, names, running};

#[actix_web::test]
async fn a_log_is_packed_while_it_comes() {
    let folder = folder();
    let (desk, server) = running(folder.path()).await;
    let visitor = server.visitor();
    let mut page = visitor.live("claim").await;
    let bytes = samples::text(700_000);
    page.upload("log", Upload::bytes("device.log", &bytes)).await;
    assert!(page.region("results").await.contains("log, 700 kB"));
    let row = brought(&visitor).await.remove(0);
    let path = desk.archive.path(row.id);
    let mut unpacked = Vec::new();
    GzDecoder::new(std::fs::File::open(&path).unwrap()).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == bytes, "the archive has other bytes");
    let packed = std::fs::metadata(&path).unwrap().len();
    assert_eq!((row.size, row.kind), (700_000, Kind::Log { packed }));
    assert!(packed < 700_000);
    assert_eq!(serde_json::to_value(Packed { packed }).unwrap()["packed"], packed);
    // Nothing of it was ever in Longshore's store.
    assert_eq!((server.blobs().len(), visitor.listed().await.len()), (0, 0));
    page.event("delete", serde_json::json!({ "id": row.id })).await.unwrap();
    assert!(!path.exists());
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn a_log_that_is_given_up_leaves_nothing() {
    let folder = folder();
    let (_, server) = running(folder.path()).await;
    let visitor = server.visitor();
    let logs = folder.path().join("logs");
    let mut page = visitor.live("claim").await;
    let file = page.select("log", Upload::bytes("a.log", samples::text(700_000))).await.unwrap();
    page.send(&file, 50).await;
    page.progressed(&file, 25).await;
    until("a part is there", || names(&logs).iter().any(|name| name.ends_with(".part"))).await;
    page.cancel(&file).await;
    until("the part is gone", || names(&logs).is_empty()).await;
    let file = page.select("log", Upload::bytes("b.log", samples::text(700_000))).await.unwrap();
    page.send(&file, 50).await;
    page.progressed(&file, 25).await;
    page.disconnect();
    until("the other part is gone", || names(&logs).is_empty()).await;
    assert_eq!(brought(&visitor).await, []);
    server.end().await;
}

#[actix_web::test]
async fn what_a_crash_left_half_packed_goes_at_the_next_start() {
    let folder = folder();
    let logs = folder.path().join("logs");
    drop(running(folder.path()).await);
    std::fs::write(logs.join("x.part"), "half").unwrap();
    std::fs::write(logs.join("y.gz"), "whole").unwrap();
    drop(running(folder.path()).await);
    assert_eq!(names(&logs), ["y.gz"]);
}
