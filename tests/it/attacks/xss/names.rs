//! XSS-08, 09, 11: names and words of strangers on our pages, in our errors and in our headers.

use super::super::oracle::Target;
use super::is_harmless;
use crate::support::Form;
use crate::support::doors::{every_door, sent};

const SCRIPT: &str = "<script>alert(1)</script>";

#[actix_web::test]
async fn xss_08_a_name_is_text_on_a_page_and_in_a_region() {
    let target = Target::start().await;
    for door in every_door() {
        let visitor = target.visitor();
        let name = "\"><img src=x onerror=alert(1)>'&lt;{{7777*7777}}.txt";
        let outcome = door.send(&visitor, "inbox", "any", &[sent(name, b"x")]).await;
        assert_eq!(outcome[0].word(), "stored", "{}", door.name());
        let page = visitor.get("/inbox").await;
        let text = page.text();
        assert!(
            !text.contains("<img") && !text.contains("\"><") && !text.contains("60481729"),
            "{text}"
        );
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
    }
    target.end().await;
}

#[actix_web::test]
async fn xss_09_what_is_asked_for_is_not_answered_as_markup() {
    let target = Target::start().await;
    let visitor = target.visitor();
    let encoded = "%3Cscript%3Ealert(1)%3C/script%3E";
    let page = ("accept", "text/html");
    for path in [
        format!("/{encoded}"),
        format!("/inbox/{encoded}"),
        format!("/inbox?msg={encoded}"),
        format!("/inbox?notice={encoded}"),
        format!("/api/files?limit={encoded}"),
        format!("/api/files?cursor={encoded}"),
        format!("/api/files?{encoded}=1&{encoded}=2"),
        format!("/api/files/{encoded}"),
        format!("/api/entries/{encoded}"),
        format!("/_upload/{encoded}/{encoded}"),
        format!("/static/{encoded}/{encoded}"),
        format!("/tus/inbox/any/{encoded}"),
        format!("/filepond/inbox/any?load={encoded}"),
    ] {
        for headers in [&[][..], &[page][..]] {
            let answer = visitor.get_with(&path, headers).await;
            let kind = answer.header("content-type").unwrap_or_default().to_owned();
            assert!(
                kind.contains("json") || !answer.text().contains(SCRIPT),
                "{path}: {}",
                answer.text()
            );
            let is_page = kind.starts_with("text/html") && answer.status == 200;
            assert!(answer.status >= 400 || is_page || kind.contains("json"), "{path}: {kind}");
            if answer.status >= 400
                && headers.is_empty()
                && !answer.body.is_empty()
                && !path.contains("/static/")
            {
                assert_eq!(kind, "application/problem+json", "{path}: {}", answer.text());
            }
        }
    }
    // A refused name comes back as JSON to a script and as text to a form.
    let form = || Form::new().file("pictures", &format!("{SCRIPT}.png"), b"no picture");
    let answer = visitor.post("inbox", form()).await;
    assert!(answer.header("content-type").unwrap().contains("json"));
    let back = visitor.submit("inbox", form()).await;
    let page = visitor.get(back.header("location").unwrap()).await;
    assert!(!page.text().contains(SCRIPT), "{}", page.text());
    target.end().await;
}

#[actix_web::test]
async fn xss_11_a_name_is_one_line_of_the_answer_and_no_more() {
    let target = Target::start().await;
    for door in every_door().into_iter().filter(|door| ["live", "tus"].contains(&door.name())) {
        for name in [
            "a\"; filename=\"x.txt",
            "a\r\nSet-Cookie: a=b\r\n\r\n<script>.txt",
            "ü\u{202e}\"\\.txt",
            "a%0d%0aX: y.txt",
        ] {
            let visitor = target.visitor();
            let outcome = door.send(&visitor, "inbox", "any", &[sent(name, b"x")]).await;
            assert_eq!(outcome[0].word(), "stored", "{}: {name:?}", door.name());
            let listed = visitor.listed().await;
            let answer = visitor.get(listed[0]["url"].as_str().unwrap()).await;
            let lines: Vec<_> = answer.headers.get_all("content-disposition").collect();
            assert_eq!(lines.len(), 1, "{name:?}");
            let line = lines[0].to_str().unwrap();
            assert!(line.is_ascii(), "{line}");
            // Two quotes: whatever else looks like a parameter stands between them.
            assert_eq!(line.matches('"').count(), 2, "{line}");
            // The name as it is shown, which is not always what was said.
            let shown = listed[0]["name"].as_str().unwrap();
            let extended = !shown.is_ascii() || shown.contains('%');
            assert_eq!(line.contains("filename*=UTF-8''"), extended, "{line}");
            assert!(answer.header("set-cookie").is_none() && answer.header("x").is_none());
            is_harmless(&answer, name);
        }
    }
    target.end().await;
}
