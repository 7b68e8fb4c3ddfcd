//! The page without JavaScript.

use embedder::Kind;
use longshore::testing::{Form, Upload, samples};

use super::{brought, folder, running};

#[actix_web::test]
async fn one_form_brings_photos_and_a_log() {
    let folder = folder();
    let (desk, server) = running(folder.path()).await;
    let visitor = server.visitor();
    let form = Form::new()
        .text("_event", "add")
        .upload("evidence", &Upload::png("dent.png"))
        .upload("evidence", &Upload::bytes("program.png", samples::program()))
        .upload("log", &Upload::bytes("device.log", samples::text(20_000)));
    let back = visitor.submit("claim", form).await;
    assert_eq!(back.status, 303, "{}", back.text());
    let page = visitor.get(back.header("location").unwrap()).await.text();
    assert!(page.contains("dent.png: taken"), "{page}");
    assert!(page.contains("program.png: This is a Windows program"), "{page}");
    let rows = brought(&visitor).await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    let log = rows.iter().find(|row| matches!(row.kind, Kind::Log { .. })).unwrap();
    assert_eq!((&*log.name, log.size), ("device.log", 20_000));
    assert!(desk.archive.path(log.id).exists());
    server.end().await;
}

#[actix_web::test]
async fn a_statement_is_saved_with_the_fields_of_its_form() {
    let folder = folder();
    let (_, server) = running(folder.path()).await;
    let visitor = server.visitor();
    let form = |claim: &str, name: &str| {
        let statement = Upload::text(name, "It hailed.");
        Form::new().text("_event", "save").text("claim", claim).upload("statement", &statement)
    };
    let back = visitor.submit("claim", form("CL-1042", "CL-1042.txt")).await;
    assert_eq!(back.status, 303, "{}", back.text());
    assert!(matches!(&brought(&visitor).await[0].kind,
        Kind::Statement { claim, .. } if claim == "CL-1042"));
    for (claim, name, words) in [
        ("hail", "CL-1042.txt", "Give the number of the claim"),
        ("CL-1042", "scan.txt", "Call the file after its claim"),
    ] {
        let back = visitor.submit("claim", form(claim, name)).await;
        let page = visitor.get(back.header("location").unwrap()).await.text();
        assert!(page.contains(words), "{claim}, {name}: {page}");
    }
    let answer = visitor.post("claim", form("hail", "CL-1042.txt")).await;
    assert_eq!(answer.json()["success"], false, "{}", answer.text());
    assert_eq!(brought(&visitor).await.len(), 1);
    server.end().await;
}
