//! An application with its own routes, its own cookie and its own state mounts Longshore below a path. All
//! of ours works there and answers nowhere else, and nothing of theirs changes.

pub(crate) mod browser;
pub(crate) mod host;
mod own_routes;

use std::path::Path;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::{App, web};
use longshore::testing::{Form, Upload};
use longshore::{
    Durability, SlotOptions, Templates, UploadSession, Uploads, UploadsBuilder, View, ViewError,
    embedded_templates, nothing_here,
};

use self::browser::{BROWSER, Browser};
use self::host::Host;
use crate::support::pages::{self, Desk, Inbox};

const PAGE: &str = r#"<!doctype html><body data-path="{{ path }}" data-live="{{ live_path }}"
data-assets="{{ assets }}" data-prefix="{{ prefix }}">
{% if files %}{% for file in files %}<a href="{{ file.url }}">{{ file.name }}</a>{% endfor %}{% endif %}"#;

fn templates() -> Templates {
    let notice = include_str!("../../templates/parts/notice.html");
    let error = r#"<p>{{ message }}</p><a href="{{ prefix }}/">home</a>"#;
    Templates::from_texts([
        ("inbox.html", &*format!("{PAGE}{{% include \"notice.html\" %}}")),
        ("inbox/list.html", pages::LIST),
        ("desk/list.html", pages::LIST),
        ("index.html", r#"<a href="{{ prefix }}/inbox">Inbox</a>"#),
        ("notice.html", notice),
        ("error.html", error),
    ])
    .unwrap()
}

#[derive(Debug)]
struct Index;

impl View for Index {
    fn template(&self) -> &str {
        "index.html"
    }

    async fn mount(&mut self, _: &UploadSession) -> Result<(), ViewError> {
        Ok(())
    }
}

pub(crate) fn builder(data: &Path) -> UploadsBuilder {
    Uploads::builder()
        .data(data)
        .durability(Durability::Os)
        .templates(templates())
        .page("inbox", || Inbox)
        .page("desk", || Desk)
        .session_grace(Duration::ZERO)
}

pub(crate) async fn host(data: &Path) -> Host {
    let uploads = builder(data).prefix("/uploads").index(|| Index).start().await.unwrap();
    Host::with(vec![uploads]).await
}

/// The value of an attribute that stands once on a page.
fn attribute(html: &str, name: &str) -> String {
    let after = html.split(&format!("{name}=\"")).nth(1).expect(name);
    after.split('"').next().unwrap().to_owned()
}

#[actix_web::test]
async fn every_door_works_below_the_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder.path().join("data")).await;
    let browser = host.browser();
    let page = browser.get("/uploads/inbox").await;
    assert_eq!(page.status, 200);
    let html = page.text();
    assert_eq!(attribute(&html, "data-path"), "/uploads/inbox");
    assert_eq!(attribute(&html, "data-prefix"), "/uploads");

    // Style and scripts.
    let assets = attribute(&html, "data-assets");
    assert!(assets.starts_with("/uploads/static/"), "{assets}");
    let script = browser.get(&format!("{assets}/longshore/index.js")).await;
    assert_eq!((script.status, &*script.kind), (200, "text/javascript; charset=utf-8"));

    // The live page, and a download.
    let mut live = browser.live(&attribute(&html, "data-live")).await;
    let end = live.upload("any", Upload::bytes("live & kicking.txt", "by socket")).await;
    let url = end.url().expect("the page kept it").to_owned();
    assert_eq!(
        url,
        format!("/uploads/_upload/{}/live%20%26%20kicking.txt", end["id"].as_str().unwrap())
    );
    assert_eq!(browser.get(&url).await.body, b"by socket");
    drop(live);

    // The form of a script, by the page and by the plain way.
    for path in ["/uploads/inbox", "/uploads/inbox?from=here"] {
        let json =
            browser.post(path, &[], Form::new().file("any", "a.txt", b"by form")).await.json();
        let url = json["files"][0]["url"].as_str().unwrap();
        assert!(url.starts_with("/uploads/_upload/"), "{json}");
        assert_eq!(browser.get(url).await.body, b"by form");
    }

    // The API.
    let list = browser.get("/uploads/api/files").await.json();
    let listed = list["files"].as_array().unwrap();
    assert_eq!(listed.len(), 3);
    for file in listed {
        assert!(file["url"].as_str().unwrap().starts_with("/uploads/_upload/"), "{file}");
        let path = format!("/uploads/api/files/{}", file["id"].as_str().unwrap());
        assert_eq!(browser.get(&path).await.json()["url"], file["url"]);
        assert_eq!(browser.send(Method::DELETE, &path, &[], Vec::new()).await.status, 204);
        assert_eq!(browser.get(file["url"].as_str().unwrap()).await.status, 404);
    }
    host.stop().await;
}

#[actix_web::test]
async fn a_form_leads_back_to_its_page_below_the_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder.path().join("data")).await;
    let browser = host.browser();
    browser.see("/uploads/desk").await;
    let form = Form::new().file("any", "a.txt", b"1").file("sized", "b.txt", b"too small");
    let back = browser.post("/uploads/desk", &[BROWSER], form).await;
    assert_eq!(back.status, 303);
    let place = back.location.unwrap();
    assert!(place.starts_with("/uploads/desk?notice="), "{place}");
    let page = browser.see(&place).await.text();
    assert!(page.contains("data-state=\"stored\"") && page.contains("b.txt"), "{page}");
    // Both the notice and the list link to the file.
    assert_eq!(page.matches("href=\"/uploads/_upload/").count(), 2, "{page}");
    // Nothing was chosen; an event alone.
    let back = browser.post("/uploads/desk", &[BROWSER], Form::new()).await;
    assert!(back.location.unwrap().starts_with("/uploads/desk?notice="));
    let nothing = Form::new().text("_event", "nothing");
    let back = browser.post("/uploads/inbox", &[BROWSER], nothing).await;
    assert_eq!(back.location.as_deref(), Some("/uploads/inbox"));
    host.stop().await;
}

#[actix_web::test]
async fn the_index_and_errors_link_below_the_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder.path().join("data")).await;
    let browser = host.browser();
    for path in ["/uploads", "/uploads/"] {
        let index = browser.see(path).await;
        assert_eq!(index.status, 200, "{path}");
        assert_eq!(attribute(&index.text(), "href"), "/uploads/inbox");
    }
    for path in ["/uploads/nothing", "/uploads/inbox/nothing", "/uploads/_upload/x"] {
        let nothing = browser.see(path).await;
        assert_eq!(nothing.status, 404, "{path}");
        assert_eq!(attribute(&nothing.text(), "href"), "/uploads/");
        assert_eq!(browser.get(path).await.json()["code"], "unknown_entry");
    }
    host.stop().await;
}

#[actix_web::test]
async fn the_pages_of_the_house_have_no_link_that_forgets_the_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["avatar", "photos", "documents", "files"];
    let mut builder = Uploads::builder()
        .data(folder.path().join("data"))
        .durability(Durability::Os)
        .templates(embedded_templates().unwrap())
        .prefix("/uploads")
        .index(|| Index);
    for name in names {
        builder = builder.page(name, move || Named(name));
    }
    let host = Host::with(vec![builder.start().await.unwrap()]).await;
    let browser = host.browser();
    for path in ["", "avatar", "photos", "documents", "files", "nothing"] {
        let html = browser.see(&format!("/uploads/{path}")).await.text();
        for name in ["href", "src", "action", "data-longshore-live"] {
            let begin = format!(" {name}=\"");
            let values = html.split(&begin).skip(1);
            for value in values.map(|rest| rest.split('"').next().unwrap()) {
                let ours = value.starts_with("/uploads/") || value.starts_with('#');
                assert!(ours, "{name}=\"{value}\" on /uploads/{path}");
            }
        }
        assert!(html.contains("href=\"/uploads/avatar\""), "{html}");
    }
    host.stop().await;
}

/// A page in the dress of the house, with one slot of its own name.
#[derive(Debug)]
struct Named(&'static str);

impl View for Named {
    fn template(&self) -> &str {
        match self.0 {
            "avatar" => "avatar.html",
            "photos" => "photos.html",
            "documents" => "documents.html",
            _ => "files.html",
        }
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        Ok(session.allow_upload(self.0, SlotOptions::new())?)
    }
}

#[actix_web::test]
async fn nothing_of_ours_answers_outside_the_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder.path().join("data")).await;
    let browser = host.browser();
    let json =
        browser.post("/uploads/inbox", &[], Form::new().file("any", "a.txt", b"1")).await.json();
    let url = json["files"][0]["url"].as_str().unwrap();
    let html = browser.get("/uploads/inbox").await.text();
    let script = format!("{}/longshore/index.js", attribute(&html, "data-assets"));
    for path in [
        url,
        &script,
        "/uploads/desk",
        "/uploads/inbox/ws",
        "/uploads/api/files/x",
        "/uploads/upload",
    ] {
        let outside = path.strip_prefix("/uploads").unwrap();
        for method in [Method::GET, Method::POST] {
            let answer = browser.send(method, outside, &[], Vec::new()).await;
            assert_eq!((answer.status, &*answer.text()), (404, "not theirs"), "{outside}");
        }
    }
    host.stop().await;
}

#[actix_web::test]
async fn the_applications_own_routes_cookies_and_state_are_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder.path().join("data")).await;
    let browser = host.browser();
    assert_eq!(browser.get("/").await.text(), "visit 1");
    browser.get("/uploads/inbox").await;
    assert_eq!(browser.get("/").await.text(), "visit 2");
    let find = || browser.jar.borrow().iter().find(|cookie| cookie.name() == "longshore").cloned();
    let ours = find().expect("our cookie");
    assert_eq!((ours.path(), ours.http_only()), (Some("/uploads"), Some(true)));
    // Ours goes to us and to nobody else; theirs goes where they said.
    for path in ["/inbox", "/uploadsx", "/api/files"] {
        assert_eq!(browser.get(path).await.text(), "theirs, with longshoreman", "{path}");
    }
    // A route that was registered before ours stays, below the prefix too.
    assert_eq!(browser.get("/uploads/theirs").await.text(), "theirs, with longshore longshoreman");
    assert_eq!(browser.get("/nothing").await.text(), "not theirs");
    assert_eq!(browser.get("/count").await.text(), "2 pages below /uploads");
    // The same visitor, as long as the cookie comes along.
    browser.post("/uploads/inbox", &[], Form::new().file("any", "a.txt", b"1")).await;
    let list = browser.get("/uploads/api/files").await.json();
    assert_eq!(list["files"].as_array().unwrap().len(), 1);
    assert_eq!(find().unwrap().value(), ours.value());
    host.stop().await;
}

#[actix_web::test]
async fn two_of_us_live_in_one_application() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for (name, prefix) in [("a", "/uploads"), ("b", "/team/b")] {
        let uploads = builder(&folder.path().join(name)).prefix(prefix).start().await.unwrap();
        all.push(uploads);
    }
    let host = Host::with(all).await;
    let browser = host.browser();
    for prefix in ["/uploads", "/team/b"] {
        let form = Form::new().file("any", "a.txt", prefix.as_bytes());
        let json = browser.post(&format!("{prefix}/inbox"), &[], form).await.json();
        let url = json["files"][0]["url"].as_str().unwrap();
        assert!(url.starts_with(prefix), "{json}");
        assert_eq!(browser.get(url).await.body, prefix.as_bytes());
        let list = browser.get(&format!("{prefix}/api/files")).await.json();
        assert_eq!(list["files"].as_array().unwrap().len(), 1);
    }
    host.stop().await;
}

#[actix_web::test]
async fn without_a_prefix_the_error_page_and_the_cookie_are_the_hosts() {
    let folder = tempfile::tempdir().unwrap();
    let uploads = builder(&folder.path().join("data")).start().await.unwrap();
    assert_eq!(uploads.prefix(), "");
    let routes = uploads.clone();
    let factory =
        move || App::new().configure(routes.routes()).default_service(web::to(nothing_here));
    let app = actix_web::test::init_service(factory()).await;
    let ask = |path: &str| {
        actix_web::test::TestRequest::get().uri(path).insert_header(BROWSER).to_request()
    };
    let page = actix_web::test::call_service(&app, ask("/inbox")).await;
    let cookie = page.response().cookies().next().expect("our cookie");
    assert_eq!((cookie.name(), cookie.path()), ("longshore", Some("/")));
    let nothing = actix_web::test::call_service(&app, ask("/nothing")).await;
    assert_eq!(nothing.status(), 404);
    let html = actix_web::test::read_body(nothing).await;
    assert_eq!(attribute(&String::from_utf8_lossy(&html).replace("&#x2F;", "/"), "href"), "/");
    uploads.shutdown(Duration::ZERO).await;
}
