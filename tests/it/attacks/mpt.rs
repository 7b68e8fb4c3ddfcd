//! MPT: bodies in parts, through every door that reads them: the form, a form at a resumable slot, FilePond, Dropzone.

mod cuts;

use actix_web::http::Method;
use longshore::testing::BOUNDARY;
use longshore::testing::raw::{RawAnswer, RawConnection};

use super::oracle::Target;
use crate::support::{Form, Visitor};

/// Where a form may be posted to.
const PLACES: [&str; 3] = ["/inbox", "/resumable/inbox/any", "/filepond/inbox/any"];

/// Fields with which a form is a chunk of Dropzone's.
fn chunk() -> Form {
    [
        ("dzuuid", "u"),
        ("dzchunkindex", "0"),
        ("dztotalfilesize", "1"),
        ("dzchunksize", "1"),
        ("dztotalchunkcount", "1"),
        ("dzchunkbyteoffset", "0"),
    ]
    .into_iter()
    .fold(Form::new(), |form, (name, value)| form.text(name, value))
}

/// The beginnings of a form at each place that takes forms.
fn doors() -> Vec<(&'static str, Form)> {
    let mut doors: Vec<_> = PLACES.iter().map(|place| (*place, Form::new())).collect();
    doors.push(("/inbox", chunk()));
    doors
}

/// Posts a body as far as it is wanted, and answers what comes; nothing if the connection just ends.
async fn told(target: &Target, place: &str, kind: &str, body: &[u8]) -> Option<RawAnswer> {
    let mut connection = RawConnection::to(target).await;
    connection.post(place, kind, body).await;
    connection.try_answer().await
}

async fn is_refused(target: &Target, place: &str, kind: &str, body: &[u8]) {
    if let Some(answer) = told(target, place, kind, body).await {
        assert!((400..500).contains(&answer.status), "{place}: {}", answer.head);
    }
}

async fn nothing_is_stored(target: Target) {
    assert!(target.blobs().is_empty());
    target.end().await;
}

#[actix_web::test]
async fn mpt_01_a_hundred_thousand_parts_are_too_many() {
    for (place, form) in doors() {
        let target = Target::start().await;
        let empty = "Content-Disposition: form-data; name=\"x\"";
        let body = (0..100_000).fold(form, |form, _| form.part(empty, b"")).body();
        let answer = told(&target, place, &Form::content_type(), &body).await;
        let answer = answer.unwrap_or_else(|| panic!("{place}: no answer"));
        assert!([413, 422].contains(&answer.status), "{place}: {}", answer.head);
        // The rest was not read: most of the parts are still on their way.
        assert!(answer.says_close(), "{place}: {}", answer.head);
        nothing_is_stored(target).await;
    }
}

/// More than the kernel holds for both ends of a connection, and much less than is read in the time that an answer has to
/// arrive.
const UNREAD: u64 = 64 << 20;

#[actix_web::test]
async fn mpt_01_a_flood_of_parts_is_not_read_while_its_answer_is_on_its_way() {
    let target = Target::start().await;
    for (place, form) in doors() {
        let mut connection = RawConnection::to(&target).await;
        let kind = Form::content_type();
        let head = format!(
            "POST {place} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            8_u64 << 30
        );
        connection.send(head.as_bytes()).await;
        let body = form.part("Content-Disposition: form-data; name=\"x\"", b"").body();
        // Without the last boundary: it goes on.
        let part =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n\r\n");
        let last = format!("--{BOUNDARY}--\r\n");
        connection.send(body.strip_suffix(last.as_bytes()).unwrap()).await;
        let taken = connection.flood(part.repeat(10_000).as_bytes(), 4 << 30).await;
        assert!(taken < UNREAD, "{place}: {} MiB were taken", taken >> 20);
        assert!(connection.is_cut().await, "{place}");
    }
    nothing_is_stored(target).await;
}

#[actix_web::test]
async fn mpt_02_a_part_has_few_headers_and_short_ones() {
    let disposition = "Content-Disposition: form-data; name=\"any\"; filename=\"a\"";
    let many = "X-Filler: a\r\n".repeat(10_000);
    let long = format!("X-Filler: {}\r\n", "a".repeat(1 << 20));
    for (place, form) in doors() {
        let target = Target::start().await;
        for filler in [&many, &long] {
            let body = form.clone().part(&format!("{filler}{disposition}"), b"x").body();
            is_refused(&target, place, &Form::content_type(), &body).await;
        }
        nothing_is_stored(target).await;
    }
}

#[actix_web::test]
async fn mpt_03_what_is_no_boundary_is_refused_at_once() {
    let target = Target::start().await;
    let long = |length: usize| format!("multipart/form-data; boundary={}", "b".repeat(length));
    for place in PLACES {
        for kind in [
            "multipart/form-data".to_owned(),
            "multipart/form-data; boundary".to_owned(),
            "multipart/form-data; boundary=".to_owned(),
            "multipart/form-data; boundary=\"\"".to_owned(),
            "multipart/form-data; boundary=\"%0D%0A\"".to_owned(),
            "multipart/form-data; boundary=\"\\r\\n\"".to_owned(),
            "multipart/form-data; boundary=\"-\"".to_owned(),
            long(71),
            long(30_000),
            long(1 << 20),
        ] {
            // Whatever it is, the body's own is another one, full of what slow readers trip over.
            let body = "\r\n-".repeat(50_000) + "--" + BOUNDARY;
            is_refused(&target, place, &kind, body.as_bytes()).await;
        }
    }
    nothing_is_stored(target).await;
}

async fn names(visitor: &Visitor) -> Vec<String> {
    let listed = visitor.listed().await;
    listed.iter().map(|file| file["name"].as_str().unwrap().to_owned()).collect()
}

/// Of two boundaries either the first counts or the form is refused; it is never read by the second.
#[actix_web::test]
async fn mpt_07_a_content_type_has_one_reading() {
    let part = |boundary: &str, name: &str| {
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"any\"; filename=\"{name}\"\r\n\r\n\
             x\r\n--{boundary}--\r\n"
        )
    };
    for place in PLACES {
        let target = Target::start().await;
        let visitor = target.visitor();
        let twice = "multipart/form-data; boundary=one; boundary=two";
        for boundary in ["one", "two"] {
            let headers = [("content-type", twice)];
            let body = part(boundary, boundary).into_bytes();
            let answer = visitor.reconnected().send(Method::POST, place, &headers, body).await;
            assert!(answer.status < 500, "{place}: {}", answer.text());
        }
        let stored = names(&visitor).await;
        assert!(stored.len() <= 1, "{place} is read by both boundaries: {stored:?}");
        for kind in [
            "multipart/form-data; boundary=\"one\"",
            "MULTIPART/FORM-DATA; BOUNDARY=one",
            "multipart/form-data;charset=utf-8;boundary=one",
        ] {
            let visitor = target.visitor();
            let body = part("one", "a.txt").into_bytes();
            let answer = visitor.send(Method::POST, place, &[("content-type", kind)], body).await;
            assert!([200, 201].contains(&answer.status), "{place} {kind}: {}", answer.text());
            assert_eq!(names(&visitor).await, ["a.txt"], "{place} {kind}");
        }
        // What stands oddly is read the same way or not at all.
        let (visitor, body) = (target.visitor(), part("one", "a.txt").into_bytes());
        let headers = [("content-type", "multipart/form-data ; boundary=one")];
        let answer = visitor.send(Method::POST, place, &headers, body).await;
        assert!([200, 201, 400].contains(&answer.status), "{place}: {}", answer.text());
        // A boundary is compared byte by byte.
        let body = part("ONE", "a.txt").into_bytes();
        is_refused(&target, place, "multipart/form-data; boundary=one", &body).await;
        target.end().await;
    }
}
