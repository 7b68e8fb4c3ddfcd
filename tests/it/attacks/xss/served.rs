//! XSS-01, 02, 03, 13, 14: hostile files as they are served.

use longshore::testing::samples::{html, png, svg};

use super::super::oracle::Target;
use super::is_harmless;
use crate::support::doors::{every_door, sent};
use crate::support::{Form, Visitor};

const EVIL_SVG: &[u8] = br#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" onload="alert(1)">
<script>alert(document.cookie)</script><foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><iframe src="javascript:alert(1)"/></body></foreignObject>
<use x:href="https://evil.example/x.svg#x"/></svg>"#;

/// The URL of what was stored, by any door.
async fn stored(visitor: &Visitor) -> String {
    visitor.listed().await[0]["url"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn xss_01_a_page_of_a_stranger_is_handed_out_to_be_saved_by_whatever_door_it_came() {
    for door in every_door() {
        let target = Target::start().await;
        let visitor = target.visitor();
        let outcome = door.send(&visitor, "inbox", "active", &[sent("x.html", html())]).await;
        assert_eq!(outcome[0].word(), "stored", "{}", door.name());
        let answer = visitor.get(&stored(&visitor).await).await;
        assert_eq!((answer.status, &answer.body[..]), (200, &html()[..]));
        assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"x.html\""));
        is_harmless(&answer, door.name());
        target.end().await;
    }
}

#[actix_web::test]
async fn xss_02_a_drawing_with_scripts_is_never_shown() {
    let target = Target::start().await;
    for (name, bytes) in [
        ("a.svg", svg()),
        ("b.svg", EVIL_SVG.to_vec()),
        ("c.png", EVIL_SVG.to_vec()),
        ("d", EVIL_SVG.to_vec()),
    ] {
        let visitor = target.visitor();
        let form = Form::new().file_of_type("active", name, "image/png", &bytes);
        let json = visitor.post("inbox", form).await.json();
        // A drawing that is called a photo is refused, and what is stored is saved.
        let Some(file) = json["files"].as_array().and_then(|files| files.first()) else { continue };
        let answer = visitor.get(file["url"].as_str().unwrap()).await;
        assert!(answer.header("content-disposition").unwrap().starts_with("attachment"), "{name}");
        assert!(answer.header("content-type").unwrap() != "image/png", "{name}");
        assert_eq!(
            (&file["thumbnail"], &file["is_image"]),
            (&serde_json::Value::Null, &false.into()),
            "{name}"
        );
        is_harmless(&answer, name);
        let small =
            visitor.get(&format!("/_upload/{}/thumbnail", file["id"].as_str().unwrap())).await;
        assert!(
            small.status == 404
                || small.header("content-disposition").unwrap().starts_with("attachment"),
            "{name}"
        );
    }
    target.end().await;
}

#[actix_web::test]
async fn xss_03_the_type_is_what_the_bytes_are_whatever_the_client_says() {
    let target = Target::start().await;
    for (name, claimed, bytes, served) in [
        ("a.png", "text/html", png(), "image/png"),
        ("page.bin", "image/png", html(), "text/html"),
        ("page.txt", "image/png", html(), "text/html"),
        ("b.dat", "text/html;\"><script>", png(), "image/png"),
    ] {
        let visitor = target.visitor();
        let form = Form::new().file_of_type("active", name, claimed, &bytes);
        let json = visitor.post("inbox", form).await.json();
        let url =
            json["files"][0]["url"].as_str().unwrap_or_else(|| panic!("{name}: {json}")).to_owned();
        let answer = visitor.get(&url).await;
        let kind = answer.header("content-type").unwrap();
        assert_eq!(kind.split(';').next(), Some(served), "{name}");
        let saved = answer.header("content-disposition").unwrap().starts_with("attachment");
        assert_eq!(saved, served == "text/html", "{name}");
        is_harmless(&answer, name);
    }
    target.end().await;
}

#[actix_web::test]
async fn xss_13_every_answer_about_a_file_has_the_headers_also_by_a_link() {
    let target = Target::start().await;
    let visitor = target.visitor();
    let form = Form::new().file("active", "x.html", html());
    let json = visitor.post("inbox", form).await.json();
    let own = json["files"][0]["url"].as_str().unwrap().to_owned();
    let id = json["files"][0]["id"].as_str().unwrap();
    let link = visitor
        .send("POST".parse().unwrap(), &format!("api/files/{id}/link"), &[], Vec::new())
        .await;
    let link = link.json()["url"].as_str().unwrap().to_owned();
    for (who, url) in [(visitor.clone(), own), (target.visitor(), link)] {
        let tag = who.get(&url).await.header("etag").unwrap().to_owned();
        for (status, headers) in [
            (200, vec![]),
            (206, vec![("range", "bytes=0-0")]),
            (206, vec![("range", "bytes=-5"), ("if-range", &*tag)]),
            (200, vec![("range", "bytes=0-0"), ("if-range", "\"other\"")]),
            (416, vec![("range", "bytes=99999-")]),
            (304, vec![("if-none-match", &*tag)]),
            (304, vec![("if-none-match", "*")]),
            (412, vec![("if-match", "\"other\"")]),
        ] {
            let answer = who.get_with(&url, &headers).await;
            assert_eq!(answer.status, status, "{url} {headers:?}");
            is_harmless(&answer, &format!("{url} {status} {headers:?}"));
        }
        // Several ranges, backwards ones and half ones: a part, the whole or nothing, and harmless in any case.
        for range in [
            "bytes=0-1,3-4",
            "bytes=0-0,0-0,0-0,0-0",
            "bytes=5-1",
            "bytes=-",
            "bytes=a-b",
            "lines=1-2",
            "bytes=0-18446744073709551615",
        ] {
            let answer = who.get_with(&url, &[("range", range)]).await;
            assert!([200, 206, 400, 416].contains(&answer.status), "{range}: {}", answer.status);
            is_harmless(&answer, range);
        }
        let head = who.head(&url).await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        is_harmless(&head, "HEAD");
    }
    target.end().await;
}

#[actix_web::test]
async fn xss_14_a_script_is_served_as_none_and_as_no_service_worker() {
    let target = Target::start().await;
    let visitor = target.visitor();
    let script = b"self.addEventListener('fetch', () => {})";
    for name in ["sw.js", "sw.mjs", "sw", "sw.txt"] {
        let form = Form::new().file_of_type("active", name, "text/javascript", script);
        let json = visitor.post("inbox", form).await.json();
        let Some(url) = json["files"][0]["url"].as_str() else { continue };
        let answer = visitor.get_with(url, &[("service-worker", "script")]).await;
        let kind = answer.header("content-type").unwrap();
        assert!(!kind.contains("script") && !kind.contains("json"), "{name}: {kind}");
        is_harmless(&answer, name);
    }
    target.end().await;
}
