//! The parent form: FilePond's hidden fields name what was uploaded before the form is sent.

use actix_web::http::Method;
use longshore::testing::samples::text;
use serde_json::Value;

use super::pond::Pond;
use crate::support::{Form, TestApp, Upload, Visitor};

fn letter() -> Upload {
    Upload::bytes("letter.txt", text(3_000))
}

async fn names(visitor: &Visitor) -> Vec<Value> {
    visitor.listed().await.iter().map(|file| file["name"].clone()).collect()
}

#[actix_web::test]
async fn a_file_that_waits_for_its_form_is_saved_with_it() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/desk").await;
    let pond = Pond::new(&visitor, "desk", "any");
    for field in ["filepond", "filepond[]", "any", "any[]"] {
        let (whole, chunks) = (pond.store(&letter()).await, Upload::bytes("b.txt", text(9_000)));
        let chunked = pond.process_chunked(&chunks, 4_000).await.unwrap();
        assert!(visitor.listed().await.is_empty(), "nothing is saved before the form");
        let form = Form::new().text(field, &whole).text(field, &chunked).text("note", "hello");
        let json = visitor.post("desk", form).await.json();
        assert_eq!((&json["success"], json["errors"].as_array().unwrap().len()), (&true.into(), 0));
        assert_eq!(
            (&json["files"][0]["id"], &json["files"][1]["id"]),
            (&(&*whole).into(), &(&*chunked).into())
        );
        assert_eq!(names(&visitor).await, ["b.txt", "letter.txt"]);
        // What a form has saved is no longer FilePond's to take back, and a form that is sent again changes nothing.
        pond.revert(&whole).await.is_problem(404, "unknown_entry");
        let json = visitor.post("desk", Form::new().text(field, &whole)).await.json();
        assert_eq!((&json["success"], &json["files"][0]["id"]), (&true.into(), &(&*whole).into()));
        assert_eq!(names(&visitor).await.len(), 2);
        for id in [whole, chunked] {
            visitor.delete(&format!("/api/files/{id}")).await;
        }
    }
    app.end().await;
}

#[actix_web::test]
async fn a_file_that_is_stored_already_is_part_of_its_form() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let id = Pond::new(&visitor, "inbox", "any").store(&letter()).await;
    let form = Form::new().text("filepond", &id).file("any", "with.txt", b"x");
    let json = visitor.post("inbox", form).await.json();
    let told: Vec<_> = json["files"].as_array().unwrap().iter().map(|file| &file["name"]).collect();
    assert_eq!(told, ["with.txt", "letter.txt"], "{json}");
    // A browser is shown it.
    let back = visitor.submit("inbox", Form::new().text("filepond", &id)).await;
    assert_eq!(back.status, 303);
    let shown = visitor.get(back.header("location").unwrap()).await.text();
    assert!(shown.contains("letter.txt"), "{shown}");
    app.end().await;
}

#[actix_web::test]
async fn a_form_without_files_may_be_urlencoded() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/desk").await;
    let id = Pond::new(&visitor, "desk", "any").store(&letter()).await;
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("filepond={id}&note=x&filepond=");
    let answer = visitor.send(Method::POST, "/desk", &kind, body.into_bytes()).await;
    assert_eq!((answer.status, &answer.json()["files"][0]["id"]), (200, &(&*id).into()));
    assert_eq!(names(&visitor).await, ["letter.txt"]);
    app.end().await;
}

#[actix_web::test]
async fn a_pond_without_files_is_no_claim() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let form = Form::new().text("filepond", "").file("any", "a.txt", b"x").text("any[]", "");
    let json = visitor.post("inbox", form).await.json();
    assert_eq!((&json["success"], json["errors"].as_array().unwrap().len()), (&true.into(), 0));
    let nothing = visitor.post("inbox", Form::new().text("filepond", "")).await;
    assert_eq!((nothing.status, &*nothing.code()), (400, "empty_name"));
    app.end().await;
}

#[actix_web::test]
async fn what_is_not_the_callers_is_unknown_and_does_not_fail_the_rest() {
    let app = TestApp::start().await;
    let (visitor, other) = (app.visitor(), app.visitor());
    visitor.get("/desk").await;
    other.get("/desk").await;
    let pond = Pond::new(&visitor, "desk", "any");
    let mine = pond.store(&letter()).await;
    let unfinished = pond.place(100).await;
    let theirs = Pond::new(&other, "desk", "any").store(&letter()).await;
    let elsewhere = Pond::new(&visitor, "desk", "large").store(&letter()).await;
    let never = "019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10";
    let form = [&theirs, never, "no id", &mine, &mine, &unfinished]
        .iter()
        .fold(Form::new(), |form, id| form.text("filepond", id))
        .text("any", &elsewhere);
    let json = visitor.post("desk", form).await.json();
    let codes: Vec<_> = json["errors"].as_array().unwrap().iter().map(|e| &e["code"]).collect();
    assert_eq!(codes, vec!["unknown_entry"; 5], "{json}");
    assert_eq!(
        (json["files"].as_array().unwrap().len(), &json["files"][0]["id"]),
        (1, &(&*mine).into())
    );
    let json = visitor.post("desk", Form::new().text("filepond", never)).await;
    assert_eq!((json.status, &json.json()["success"]), (404, &false.into()));
    // Theirs is still theirs to send.
    let json = other.post("desk", Form::new().text("filepond", &theirs)).await.json();
    assert_eq!(json["success"], true);
    for id in [&unfinished, &elsewhere] {
        let slot = if *id == elsewhere { "large" } else { "any" };
        assert_eq!(Pond::new(&visitor, "desk", slot).revert(id).await.status, 204);
    }
    app.end().await;
}

#[actix_web::test]
async fn a_form_that_breaks_off_claims_nothing() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/desk").await;
    let pond = Pond::new(&visitor, "desk", "any");
    let id = pond.store(&letter()).await;
    let kind = Form::content_type();
    let body = Form::new().text("filepond", &id).file("any", "a.txt", b"half").cut_off();
    let answer = visitor.try_send(Method::POST, "/desk", &[("content-type", &kind)], body).await;
    assert_eq!(answer.unwrap().json()["success"], false);
    assert!(visitor.listed().await.is_empty());
    assert_eq!(pond.load(&id).await.status, 200);
    app.end().await;
}

#[actix_web::test]
async fn a_file_waits_for_its_form_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let app = TestApp::with(|builder| builder.data(&data)).await;
    let visitor = app.visitor();
    visitor.get("/desk").await;
    let id = Pond::new(&visitor, "desk", "any").store(&letter()).await;
    let cookie = visitor.cookie().unwrap();
    app.stop().await;
    let app = TestApp::with(|builder| builder.data(&data)).await;
    let visitor = app.visitor().with_cookie(&cookie);
    assert!(visitor.listed().await.is_empty());
    let json = visitor.post("desk", Form::new().text("filepond", &id)).await.json();
    assert_eq!(json["success"], true, "{json}");
    assert_eq!(names(&visitor).await, ["letter.txt"]);
    app.end().await;
}
