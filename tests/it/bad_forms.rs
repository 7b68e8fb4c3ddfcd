//! Forms that are no forms: each is refused with a reason, nothing of it is stored, and the server goes on.

use actix_web::http::Method;
use longshore::testing::BOUNDARY;
use longshore::testing::raw::RawConnection;
use longshore::testing::samples::{html, png, program, sha256, text};
use longshore::testing::until;

use crate::support::{Answer, Form, TestApp};

/// Asserts that a whole form was refused, and why.
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, &*answer.code()), (status, code), "{}", answer.text());
    let json = answer.json();
    assert_eq!(json["success"], false);
    assert_eq!(json["files"].as_array().map(Vec::len), Some(0));
    assert!(json["errors"][0]["message"].as_str().is_some_and(|text| !text.is_empty()), "{json}");
}

async fn nothing_came_of_it(app: TestApp) {
    assert!(app.blobs().is_empty());
    app.is_alive().await;
    app.end().await;
}

/// MP-01, MP-02, MP-03
#[actix_web::test]
async fn without_a_boundary_nothing_can_be_read() {
    let app = TestApp::start().await;
    let long = format!("multipart/form-data; boundary={}", "b".repeat(30_000));
    for kind in [
        "multipart/form-data",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=other",
        &long,
    ] {
        let body = Form::new().file("any", "a.txt", b"x").body();
        let answer =
            app.visitor().send(Method::POST, "/inbox", &[("content-type", kind)], body).await;
        refused(&answer, 400, "invalid_message");
    }
    nothing_came_of_it(app).await;
}

#[actix_web::test]
async fn another_content_type_is_told_what_to_send() {
    let app = TestApp::start().await;
    for kind in
        ["", "text/plain", "application/json", "application/octet-stream", "multipart/mixed"]
    {
        let headers = [("content-type", kind)];
        let headers = if kind.is_empty() { &headers[..0] } else { &headers[..] };
        let answer = app.visitor().send(Method::POST, "/inbox", headers, b"bytes".to_vec()).await;
        refused(&answer, 400, "invalid_message");
        assert!(answer.text().contains("multipart/form-data"), "{}", answer.text());
    }
    nothing_came_of_it(app).await;
}

/// MP-04
#[actix_web::test]
async fn the_type_is_read_in_any_case_and_the_boundary_in_quotes() {
    let app = TestApp::start().await;
    let kind = format!("Multipart/Form-Data; charset=utf-8; boundary=\"{BOUNDARY}\"");
    let body = Form::new().file("any", "a.txt", b"x").body();
    let answer = app.visitor().send(Method::POST, "/inbox", &[("content-type", &kind)], body).await;
    assert_eq!(answer.json()["success"], true);
    app.end().await;
}

/// MP-19
#[actix_web::test]
async fn a_file_without_a_name_has_an_empty_name() {
    let app = TestApp::start().await;
    for part in [
        // The field is a slot, so this is a file; it has no name.
        "Content-Disposition: form-data; name=\"any\"",
        "Content-Disposition: form-data; name=\"any\"; filename=\"\"",
    ] {
        let answer = app.visitor().post("inbox", Form::new().part(part, b"bytes")).await;
        refused(&answer, 400, "empty_name");
    }
    nothing_came_of_it(app).await;
}

/// MP-19
#[actix_web::test]
async fn a_file_input_with_nothing_chosen_is_no_file() {
    let app = TestApp::start().await;
    let nothing = "Content-Disposition: form-data; name=\"any\"; filename=\"\"\r\n\
                   Content-Type: application/octet-stream";
    let answer = app.visitor().post("inbox", Form::new().part(nothing, b"")).await;
    refused(&answer, 400, "empty_name");
    assert!(answer.text().contains("Choose a file"), "{}", answer.text());
    // Beside a real file it doesn't count.
    let form = Form::new().part(nothing, b"").file("any", "a.txt", b"x").part(nothing, b"");
    let json = app.visitor().post("inbox", form).await.json();
    assert_eq!((&json["success"], json["errors"].as_array().unwrap().len()), (&true.into(), 0));
    app.end().await;
}

#[actix_web::test]
async fn an_empty_form_is_told_to_choose_a_file() {
    let app = TestApp::start().await;
    for form in [Form::new(), Form::new().text("_event", "save"), Form::new().text("note", "hello")]
    {
        let answer = app.visitor().post("inbox", form).await;
        refused(&answer, 400, "empty_name");
    }
    nothing_came_of_it(app).await;
}

/// MP-13
#[actix_web::test]
async fn a_part_without_a_disposition_is_refused() {
    let app = TestApp::start().await;
    for part in [
        "Content-Type: text/plain",
        "X: y",
        "Content-Disposition: attachment; name=\"any\"",
        "Content-Disposition: form-data; filename=\"a.txt\"",
    ] {
        let answer = app.visitor().post("inbox", Form::new().part(part, b"bytes")).await;
        assert!((400..500).contains(&answer.status), "{part}: {}", answer.status);
        assert_eq!(answer.json()["success"], false, "{part}");
    }
    nothing_came_of_it(app).await;
}

/// MP-09, MP-10
#[actix_web::test]
async fn a_form_that_ends_in_the_middle_stores_nothing_of_its_last_file() {
    let app = TestApp::start().await;
    let whole = Form::new().file("any", "whole.txt", text(20_000));
    let body = whole.file("any", "half.txt", text(50_000)).cut_off();
    // Everything was announced, everything was sent; only the last boundary and half a file are missing.
    let cut = body.len() - 25_000;
    let headers = [("content-type", &*Form::content_type())];
    let answer = app.visitor().send(Method::POST, "/inbox", &headers, body[..cut].to_vec()).await;
    let json = answer.json();
    assert_eq!(json["files"].as_array().unwrap().len(), 1, "{json}");
    assert_eq!(json["files"][0]["name"], "whole.txt");
    assert_eq!(json["errors"][0]["code"], "invalid_message", "{json}");
    assert_eq!(app.blobs().len(), 1);
    app.end().await;
}

/// MP-09, MP-10
#[actix_web::test]
async fn a_form_that_is_cut_anywhere_never_stores_half_a_file() {
    let app = TestApp::start().await;
    let bytes = text(300);
    let body = Form::new().file("any", "a.txt", &bytes).body();
    for cut in (0..body.len() - 4).step_by(7) {
        let visitor = app.visitor();
        let headers = [("content-type", &*Form::content_type())];
        let answer = visitor.send(Method::POST, "/inbox", &headers, body[..cut].to_vec()).await;
        assert!((400..500).contains(&answer.status), "cut at {cut}: {}", answer.status);
        assert!(visitor.listed().await.is_empty(), "cut at {cut}");
    }
    nothing_came_of_it(app).await;
}

#[actix_web::test]
async fn a_client_that_goes_away_in_the_middle_leaves_nothing() {
    let app = TestApp::start().await;
    for sent in [0, 100, 9_000, 2_000_000] {
        let mut client = RawConnection::to(&app).await;
        let form = Form::new().file("large", "half.bin", text(sent)).cut_off();
        let head = format!(
            "POST /inbox HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\nContent-Length: 9000000\r\n\r\n",
            app.address(),
            Form::content_type()
        );
        client.send(head.as_bytes()).await;
        client.send(&form).await;
        if sent > 1_000_000 {
            until("half a file lies in the spool", || !app.spool().is_empty()).await;
        }
        drop(client);
        app.spool_empties().await;
    }
    nothing_came_of_it(app).await;
}

/// MP-12
#[actix_web::test]
async fn ten_thousand_parts_are_too_many() {
    let app = TestApp::start().await;
    for named in ["", "; filename=\"\""] {
        let headers = format!("Content-Disposition: form-data; name=\"x\"{named}");
        let form = (0..10_000).fold(Form::new(), |form, _| form.part(&headers, b""));
        let mut client = RawConnection::to(&app).await;
        client.post("/inbox", &Form::content_type(), &form.body()).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 422, "{}", answer.head);
        assert_eq!(answer.json()["errors"][0]["code"], "too_many_files");
        assert!(answer.says_close(), "the rest of the body is still on its way: {}", answer.head);
    }
    nothing_came_of_it(app).await;
}

/// MP-11
#[actix_web::test]
async fn ten_thousand_headers_of_a_part_are_refused() {
    let app = TestApp::start().await;
    let many = "X-Filler: a\r\n".repeat(10_000);
    let long = format!("X-Filler: {}\r\n", "a".repeat(1 << 20));
    for filler in [many, long] {
        let headers =
            format!("{filler}Content-Disposition: form-data; name=\"any\"; filename=\"a\"");
        let mut client = RawConnection::to(&app).await;
        client
            .post("/inbox", &Form::content_type(), &Form::new().part(&headers, b"x").body())
            .await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 400, "{}", answer.head);
        assert_eq!(answer.json()["errors"][0]["code"], "invalid_message");
    }
    nothing_came_of_it(app).await;
}

#[actix_web::test]
async fn a_text_field_of_a_mebibyte_is_too_large() {
    let app = TestApp::start().await;
    let form = Form::new().text("note", &"a".repeat(1 << 20)).file("any", "a.txt", b"x");
    let mut client = RawConnection::to(&app).await;
    client.post("/inbox", &Form::content_type(), &form.body()).await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 413, "{}", answer.head);
    assert_eq!(answer.json()["errors"][0]["code"], "too_large");
    nothing_came_of_it(app).await;
}

#[actix_web::test]
async fn text_fields_are_bounded_together_too() {
    let app = TestApp::start().await;
    let note = "a".repeat(60_000);
    let form = (0..1_000).fold(Form::new(), |form, n| form.text(&format!("note{n}"), &note));
    let mut client = RawConnection::to(&app).await;
    client.post("/inbox", &Form::content_type(), &form.text("_event", "nothing").body()).await;
    // Sixty megabytes of notes for one request are too many, whatever each has.
    assert_eq!(client.answer().await.status, 413);
    nothing_came_of_it(app).await;
}

#[actix_web::test]
async fn a_file_for_an_unknown_field_is_refused_and_its_neighbours_are_not() {
    let app = TestApp::start().await;
    let form = Form::new()
        .file("nowhere", "a.txt", b"x")
        .file("any", "b.txt", b"y")
        .file("../any", "c.txt", b"z");
    let json = app.visitor().post("inbox", form).await.json();
    assert_eq!(json["success"], true);
    assert_eq!(json["files"].as_array().unwrap().len(), 1);
    for (at, name) in [(0, "a.txt"), (1, "c.txt")] {
        assert_eq!(json["errors"][at]["name"], name);
        assert_eq!(json["errors"][at]["code"], "unknown_slot");
    }
    app.end().await;
}

#[actix_web::test]
async fn the_fields_of_other_clients_mean_the_first_slot() {
    let app = TestApp::start().await;
    let fields = ["file", "files", "files[]", "file[]", "any", "any[]"];
    for field in fields {
        let visitor = app.visitor();
        let form = Form::new().file(field, "a.txt", b"x").file(field, "b.txt", b"y");
        assert_eq!(
            visitor.post("inbox", form).await.json()["files"].as_array().unwrap().len(),
            2,
            "{field}"
        );
        assert!(visitor.listed().await.iter().all(|file| file["slot"] == "any"), "{field}");
    }
    app.end().await;
}

#[actix_web::test]
async fn one_bad_file_does_not_fail_the_good_ones() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let form = Form::new()
        .file("pictures", "good.png", png())
        .file("pictures", "evil.jpg", program())
        .file("pictures", "evil.txt", b"x")
        .file("any", "page.html", html())
        .file("any", "note.txt", b"fine");
    let answer = visitor.post("inbox", form).await;
    let json = answer.json();
    assert_eq!((answer.status, &json["success"]), (200, &true.into()), "{json}");
    let names = |list: &str| -> Vec<String> {
        json[list]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].as_str().unwrap().into())
            .collect()
    };
    assert_eq!(names("files"), ["good.png", "note.txt"]);
    assert_eq!(names("errors"), ["evil.jpg", "evil.txt", "page.html"]);
    let file = &json["files"][0];
    assert_eq!(file["sha256"], sha256(&png()).as_str());
    assert_eq!((&file["size"], &file["type"]), (&png().len().into(), &"image/png".into()));
    assert_eq!(visitor.get(file["url"].as_str().unwrap()).await.body, png());
    app.end().await;
}

#[actix_web::test]
async fn if_nothing_was_stored_the_status_says_so() {
    let app = TestApp::start().await;
    let answer = app.visitor().post("inbox", Form::new().file("sized", "a.txt", text(500))).await;
    refused(&answer, 413, "too_large");
    assert_eq!(answer.json()["errors"][0]["name"], "a.txt");
    assert_eq!(answer.json()["errors"][0]["params"]["max"], 100);
    nothing_came_of_it(app).await;
}

#[actix_web::test]
async fn a_browser_is_sent_back_to_its_page_which_tells_what_happened() {
    let app = TestApp::start().await;
    let browser = app.visitor();
    browser.get("/inbox").await;
    let form = Form::new()
        .file("any", "good.txt", b"x")
        .file("any", "<img src=x onerror=alert(1)>.html", b"x")
        .file("sized", "\"quoted\" & {{ 7*7 }}.txt", text(500));
    let answer = browser.submit("/inbox", form).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let place = answer.header("location").unwrap().to_owned();
    assert!(place.starts_with("/inbox?notice="), "{place}");
    let page = browser.get(&place).await;
    assert_eq!(page.status, 200);
    let html = page.text();
    assert!(html.contains("good.txt"), "{html}");
    assert!(
        html.contains("data-code=\"active_content\"") && html.contains("data-code=\"too_large\"")
    );
    assert!(html.contains("&lt;img src=x onerror=alert(1)&gt;"), "{html}");
    assert!(!html.contains("<img"), "names are text: {html}");
    assert!(html.contains("{{ 7*7 }}"), "and no templates: {html}");
    // A reload shows it again; another visitor never sees it.
    assert!(browser.get(&place).await.text().contains("data-code=\"too_large\""));
    assert!(!app.visitor().get(&place).await.text().contains("data-code"));
    app.end().await;
}

#[actix_web::test]
async fn a_browser_that_chose_nothing_is_sent_back_and_told() {
    let app = TestApp::start().await;
    let browser = app.visitor();
    browser.get("/inbox").await;
    let nothing = "Content-Disposition: form-data; name=\"any\"; filename=\"\"";
    let answer = browser.submit("/inbox", Form::new().part(nothing, b"")).await;
    assert_eq!(answer.status, 303);
    let page = browser.get(answer.header("location").unwrap()).await;
    assert!(page.text().contains("Choose a file"), "{}", page.text());
    app.end().await;
}

#[actix_web::test]
async fn a_script_gets_json_even_if_it_would_take_a_page() {
    let app = TestApp::start().await;
    let kind = Form::content_type();
    let headers =
        [("content-type", &*kind), ("accept", "text/html"), ("x-requested-with", "XMLHttpRequest")];
    let body = Form::new().file("any", "a.txt", b"x").body();
    let answer = app.visitor().send(Method::POST, "/inbox", &headers, body).await;
    assert_eq!((answer.status, &answer.json()["success"]), (200, &true.into()));
    app.end().await;
}

#[actix_web::test]
async fn events_come_by_both_kinds_of_form() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let answer = visitor.post("inbox", Form::new().text("_event", "nothing")).await;
    assert_eq!((answer.status, &answer.json()["success"]), (200, &true.into()));
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let answer =
        visitor.send(Method::POST, "/inbox", &[kind], b"_event=nothing&x=1".to_vec()).await;
    assert_eq!((answer.status, &answer.json()["success"]), (200, &true.into()));
    let page = [kind, ("accept", "text/html")];
    let answer = visitor.send(Method::POST, "/inbox", &page, b"_event=nothing".to_vec()).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/inbox")));
    // What the page doesn't know, and what isn't a form at all.
    let answer = visitor.send(Method::POST, "/inbox", &[kind], b"_event=dance".to_vec()).await;
    refused(&answer, 400, "invalid_message");
    for body in ["", "x=1", "\u{0}\u{1}", "%ff%fe"] {
        let answer = visitor.send(Method::POST, "/inbox", &[kind], body.into()).await;
        refused(&answer, 400, "invalid_message");
    }
    let long = format!("_event=nothing&x={}", "a".repeat(1 << 20));
    let mut client = RawConnection::to(&app).await;
    client.post("/inbox", kind.1, long.as_bytes()).await;
    assert_eq!(client.answer().await.status, 413);
    nothing_came_of_it(app).await;
}

#[actix_web::test]
async fn after_a_refusal_the_connection_goes_on() {
    let app = TestApp::start().await;
    let mut client = RawConnection::to(&app).await;
    for _ in 0..3 {
        let form = Form::new().file("sized", "a.txt", text(200_000)).body();
        client.post("/inbox", &Form::content_type(), &form).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.says_close()), (413, false), "{}", answer.head);
    }
    client.get("/api/files").await;
    assert_eq!(client.answer().await.status, 200);
    nothing_came_of_it(app).await;
}

#[actix_web::test]
async fn after_an_early_answer_nothing_of_the_body_is_taken_for_a_request() {
    let app = TestApp::start().await;
    let mut client = RawConnection::to(&app).await;
    // Refused before its body is read; the body looks like a request.
    let smuggled = format!("GET /smuggled HTTP/1.1\r\nHost: {}\r\n\r\n", app.address());
    let body = smuggled.repeat(20_000);
    client.post("/inbox", "text/plain", body.as_bytes()).await;
    assert_eq!(client.answer().await.status, 400);
    client.get("/api/files").await;
    // Either the connection has ended, or this is the answer to our own second request.
    if let Some(answer) = client.try_answer().await {
        assert_eq!(answer.status, 200, "{}", answer.head);
        assert!(answer.json()["files"].is_array());
    }
    nothing_came_of_it(app).await;
}

/// MP-20
#[actix_web::test]
async fn a_body_in_single_bytes_is_the_same_body() {
    let app = TestApp::start().await;
    let form = Form::new().file("any", "a.txt", b"few bytes").text("note", "x").body();
    let mut client = RawConnection::to(&app).await;
    let head = format!(
        "POST /inbox HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        app.address(),
        Form::content_type()
    );
    client.send(head.as_bytes()).await;
    for byte in form {
        client.send(&[b"1\r\n", &[byte][..], b"\r\n"].concat()).await;
        tokio::task::yield_now().await;
    }
    client.send(b"0\r\n\r\n").await;
    let json = client.answer().await.json();
    assert_eq!(json["files"][0]["sha256"], sha256(b"few bytes").as_str(), "{json}");
    app.end().await;
}

#[actix_web::test]
async fn contradictory_lengths_are_refused() {
    let app = TestApp::start().await;
    for headers in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Transfer-Encoding: xchunked",
    ] {
        let mut client = RawConnection::to(&app).await;
        let head = format!("POST /inbox HTTP/1.1\r\nHost: {}\r\n{headers}\r\n\r\n", app.address());
        client.send(head.as_bytes()).await;
        client.send_what_goes(b"0\r\n\r\n").await;
        let status = client.try_answer().await.map(|answer| answer.status);
        assert!(matches!(status, None | Some(400 | 501)), "{headers}: {status:?}");
    }
    nothing_came_of_it(app).await;
}
