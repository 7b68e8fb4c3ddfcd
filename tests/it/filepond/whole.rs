//! `process`, `revert`, `load` and `restore` of files that come in one request.

use actix_web::http::Method;
use longshore::testing::samples::{html, jpeg, program, text};

use super::pond::Pond;
use crate::support::{Form, TestApp, Upload};

fn letter() -> Upload {
    Upload::bytes("letter.txt", text(30_000))
}

#[actix_web::test]
async fn a_file_is_answered_with_its_id_and_nothing_else() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let answer = Pond::new(&visitor, "inbox", "any").process(&letter()).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    let listed = visitor.listed().await;
    assert_eq!((listed.len(), listed[0]["id"].as_str()), (1, Some(&*answer.text())));
    assert_eq!(listed[0]["name"], "letter.txt");
    assert_eq!(app.blob(&answer.text()), letter().contents());
    app.end().await;
}

#[actix_web::test]
async fn metadata_may_be_there_or_not_and_be_anything() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let pond = Pond::new(&visitor, "inbox", "any");
    for metadata in
        [None, Some("{}"), Some("{\"filepond\":[1,2]}"), Some("no JSON \0 \u{1f}"), Some("")]
    {
        let form = metadata.iter().fold(Form::new(), |form, text| form.text("filepond", text));
        let answer = pond.post(form.upload("filepond", &letter()), &[]).await;
        assert_eq!(answer.status, 201, "{metadata:?}: {}", answer.text());
    }
    let large = Form::new().text("filepond", &"x".repeat(1 << 20)).upload("filepond", &letter());
    pond.post(large, &[]).await.is_problem(413, "too_large");
    assert_eq!(visitor.listed().await.len(), 5);
    app.end().await;
}

#[actix_web::test]
async fn an_empty_file_and_a_field_of_any_name_are_fine() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let pond = Pond::new(&visitor, "inbox", "any");
    // FilePond 5 calls its field `entry`.
    for field in ["filepond", "entry", "any", "photos[]"] {
        let answer = pond.post(Form::new().file(field, "empty.txt", b""), &[]).await;
        assert_eq!(answer.status, 201, "{field}: {}", answer.text());
        assert_eq!(app.blob(answer.text().split('.').next().unwrap()), b"");
    }
    app.end().await;
}

#[actix_web::test]
async fn a_refused_file_is_told_why_and_leaves_nothing() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let pictures = Pond::new(&visitor, "inbox", "pictures");
    pictures.process(&letter()).await.is_problem(415, "not_accepted");
    let program = Upload::bytes("photo.jpg", program());
    pictures.process(&program).await.is_problem(415, "content_mismatch");
    pictures.process(&Upload::bytes("a.jpg", jpeg(100_001))).await.is_problem(413, "too_large");
    let nowhere = Pond::new(&visitor, "inbox", "nowhere");
    nowhere.process(&letter()).await.is_problem(404, "unknown_slot");
    assert!(visitor.listed().await.is_empty());
    app.end().await;
}

#[actix_web::test]
async fn several_pictures_of_one_request_are_one_thing() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let pond = Pond::new(&visitor, "inbox", "pictures");
    let both = Form::new()
        .text("filepond", "{}")
        .upload("filepond", &Upload::bytes("large_a.jpg", jpeg(9_000)))
        .upload("filepond", &Upload::bytes("small_a.jpg", jpeg(900)));
    let id = pond.post(both, &[]).await.text();
    assert_eq!(id.split(',').count(), 2, "{id}");
    let names: Vec<_> = visitor.listed().await.iter().map(|file| file["name"].clone()).collect();
    assert_eq!(names, ["small_a.jpg", "large_a.jpg"]);
    // FilePond shows the first, and takes back all.
    assert_eq!(pond.load(&id).await.body.len(), 9_000);
    assert_eq!(pond.revert(&id).await.status, 204);
    assert!(visitor.listed().await.is_empty());
    app.end().await;
}

#[actix_web::test]
async fn a_bad_picture_among_several_takes_the_others_with_it() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let good = Upload::bytes("a.jpg", jpeg(900));
    for page in ["inbox", "desk"] {
        let form = Form::new()
            .upload("filepond", &good)
            .upload("filepond", &Upload::bytes("b.jpg", program()))
            .upload("filepond", &good);
        let answer = Pond::new(&visitor, page, "pictures").post(form, &[]).await;
        answer.is_problem(415, "content_mismatch");
    }
    assert!(visitor.listed().await.is_empty());
    app.end().await;
}

#[actix_web::test]
async fn what_is_taken_back_is_gone_stored_or_not() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for page in ["inbox", "desk"] {
        let pond = Pond::new(&visitor, page, "any");
        let id = pond.store(&letter()).await;
        assert_eq!(pond.load(&id).await.body, letter().contents());
        assert_eq!(pond.revert(&id).await.status, 204);
        pond.revert(&id).await.is_problem(404, "unknown_entry");
        pond.load(&id).await.is_problem(404, "unknown_entry");
        // FilePond 5 says it in the address.
        let id = pond.store(&letter()).await;
        assert_eq!(visitor.delete(&pond.at("id", &id)).await.status, 204);
    }
    assert!(app.blobs().is_empty(), "{:?}", app.blobs());
    app.end().await;
}

#[actix_web::test]
async fn a_file_comes_back_with_its_name_and_can_do_no_harm() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let pond = Pond::new(&visitor, "inbox", "active");
    let id = pond.store(&Upload::bytes("seite 100%.html", html())).await;
    for what in ["load", "restore", "id"] {
        let answer = visitor.get(&pond.at(what, &id)).await;
        assert_eq!((answer.status, &answer.body[..]), (200, &html()[..]));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(answer.header("content-security-policy").unwrap().contains("sandbox"));
        // FilePond takes the last name of the header, and runs `decodeURI` over it.
        let disposition = answer.header("content-disposition").unwrap();
        assert!(disposition.starts_with("attachment"), "{disposition}");
        assert!(disposition.ends_with("filename*=UTF-8''seite%20100%25.html"), "{disposition}");
    }
    let head = visitor.head(&pond.at("id", &id)).await;
    assert_eq!(head.header("content-length"), Some(&*html().len().to_string()));
    let picture = Pond::new(&visitor, "inbox", "pictures");
    let id = picture.store(&Upload::bytes("a.jpg", jpeg(900))).await;
    let answer = picture.load(&id).await;
    assert_eq!(answer.header("content-disposition"), Some("inline; filename=\"a.jpg\""));
    assert_eq!(answer.header("content-type"), Some("image/jpeg"));
    // Each file is read where it was put, and nowhere else.
    pond.load(&id).await.is_problem(404, "unknown_entry");
    Pond::new(&visitor, "desk", "pictures").load(&id).await.is_problem(404, "unknown_entry");
    app.end().await;
}

#[actix_web::test]
async fn nothing_is_fetched_from_other_servers() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = format!("/filepond/inbox/any?fetch={}/api/files", app.origin());
    let answer = visitor.get(&address).await;
    answer.is_problem(403, "forbidden");
    assert!(answer.text().contains("other servers"));
    assert_eq!(visitor.head(&address).await.status, 403);
    app.end().await;
}

#[actix_web::test]
async fn files_are_their_owners_only() {
    let app = TestApp::start().await;
    let (owner, other) = (app.visitor(), app.visitor());
    owner.get("/inbox").await;
    other.get("/inbox").await;
    for page in ["inbox", "desk"] {
        let id = Pond::new(&owner, page, "any").store(&letter()).await;
        let theirs = Pond::new(&other, page, "any");
        theirs.load(&id).await.is_problem(404, "unknown_entry");
        theirs.revert(&id).await.is_problem(404, "unknown_entry");
        assert_eq!(Pond::new(&owner, page, "any").load(&id).await.status, 200);
        assert_eq!(Pond::new(&owner, page, "any").revert(&id).await.status, 204);
    }
    app.end().await;
}

#[actix_web::test]
async fn an_id_carries_a_pass_for_whoever_has_no_cookie() {
    let app = TestApp::start().await;
    for page in ["inbox", "desk"] {
        let id = Pond::new(&app.visitor(), page, "any").store(&letter()).await;
        let bare = id.split('.').next().unwrap();
        assert!(bare.len() < id.len(), "{id}");
        // Each request comes from somebody new.
        assert_eq!(Pond::new(&app.visitor(), page, "any").load(&id).await.status, 200);
        for wrong in [bare.to_owned(), format!("{bare}.x.y"), format!("{}0", &id[..id.len() - 1])] {
            if wrong != id {
                let answer = Pond::new(&app.visitor(), page, "any").load(&wrong).await;
                answer.is_problem(404, "unknown_entry");
            }
        }
        assert_eq!(Pond::new(&app.visitor(), page, "any").revert(&id).await.status, 204);
    }
    app.end().await;
}

#[actix_web::test]
async fn a_body_that_breaks_off_leaves_nothing() {
    use longshore::testing::raw::RawConnection;
    let app = TestApp::start().await;
    let body = Form::new().file("filepond", "a.txt", text(50_000)).cut_off();
    let mut client = RawConnection::to(&app).await;
    let head = format!(
        "POST /filepond/desk/any HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\n\
         Content-Length: {}\r\n\r\n",
        Form::content_type(),
        body.len() + 10_000
    );
    client.send(&[head.as_bytes(), &body].concat()).await;
    drop(client);
    app.spool_empties().await;
    app.end().await;
}

#[actix_web::test]
async fn pages_of_other_sites_may_not_unless_they_are_named() {
    let app = TestApp::with(|builder| builder.allowed_origin("https://shop.example")).await;
    let stranger = app.visitor().coming_from(Some("https://evil.example"));
    Pond::new(&stranger, "inbox", "any").process(&letter()).await.is_problem(403, "forbidden");
    let shop = app.visitor().coming_from(Some("https://shop.example"));
    let answer = Pond::new(&shop, "inbox", "any").process(&letter()).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.example"));
    let asks = [
        ("origin", "https://shop.example"),
        ("access-control-request-method", "PATCH"),
        ("access-control-request-headers", "content-type,upload-length,upload-name,upload-offset"),
    ];
    let answer = shop.send(Method::OPTIONS, "/filepond/inbox/any", &asks, Vec::new()).await;
    assert_eq!(answer.status, 204);
    assert!(answer.header("access-control-allow-headers").unwrap().contains("Upload-Name"));
    // A program with a cookie that doesn't say where it comes from may be a bare form of another site.
    let silent = shop.coming_from(None);
    Pond::new(&silent, "inbox", "any").process(&letter()).await.is_problem(403, "forbidden");
    app.end().await;
}
