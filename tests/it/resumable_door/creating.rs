//! Creation: any method with content, `Upload-Complete` as a structured field, an address to go on at.

use actix_web::http::Method;
use longshore::testing::raw::RawConnection;
use longshore::testing::samples::text;

use super::{
    ANY, LARGE, NAMED, append, begun, create, create_at, head, id, is_at, is_stored, location,
    raw_header, told,
};
use crate::support::TestApp;

#[actix_web::test]
async fn r_11_what_begins_in_part_is_answered_201_with_an_address_and_limits() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for (body, offset) in [("", 0), ("hello ", 6)] {
        let answer = create(&visitor, &[("upload-complete", "?0")], body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(answer.header("upload-complete"), Some("?0"));
        assert_eq!(answer.header("upload-offset"), Some(&*offset.to_string()));
        assert_eq!(answer.header("upload-limit"), Some("max-size=1000000, max-age=86400"));
        let address = location(&answer);
        assert!(address.starts_with("/resumable/inbox/any/"), "{address}");
        is_at(&visitor, &address, offset, "?0").await;
        let answer = append(&visitor, &address, offset, "?1", "world").await;
        is_stored(&visitor, &answer, format!("{body}world")).await;
    }
    app.end().await;
}

#[actix_web::test]
async fn what_begins_whole_is_answered_as_the_file_that_it_is() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for method in [Method::POST, Method::PUT, Method::PATCH] {
        for body in ["", "hello"] {
            let headers = [NAMED, ("upload-complete", "?1")];
            let answer = visitor.send(method.clone(), ANY, &headers, body.into()).await;
            assert_eq!(answer.header("upload-complete"), Some("?1"), "{method}");
            is_stored(&visitor, &answer, body).await;
            // Whoever loses the answer still finds what became of it.
            is_at(&visitor, &location(&answer), body.len() as u64, "?1").await;
        }
    }
    assert_eq!(visitor.listed().await.len(), 6);
    app.end().await;
}

#[actix_web::test]
async fn every_method_with_content_begins_an_upload() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for method in [Method::POST, Method::PUT, Method::PATCH] {
        let headers = [NAMED, ("upload-complete", "?0")];
        let answer = visitor.send(method.clone(), ANY, &headers, b"hello".to_vec()).await;
        assert_eq!(answer.status, 201, "{method}: {}", answer.text());
        let answer = append(&visitor, &location(&answer), 5, "?1", "").await;
        is_stored(&visitor, &answer, "hello").await;
    }
    let answer = visitor.send(Method::PATCH, ANY, &[NAMED], b"hello".to_vec()).await;
    answer.is_problem(400, "invalid_message");
    for method in [Method::GET, Method::HEAD, Method::DELETE, Method::TRACE] {
        let answer = visitor.send(method.clone(), ANY, &[], Vec::new()).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("POST, PUT, PATCH, OPTIONS"));
    }
    app.end().await;
}

#[actix_web::test]
async fn r_12_the_length_that_a_creation_says_is_remembered() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for (length, expected) in [(None, None), (Some("10"), Some("10")), (Some("0"), Some("0"))] {
        let headers = length.map(|length| ("upload-length", length));
        let address = begun(&visitor, headers.as_slice()).await;
        assert_eq!(visitor.head(&address).await.header("upload-length"), expected);
    }
    app.stop().await;
}

#[actix_web::test]
async fn r_12_r_14_a_creation_that_breaks_off_is_not_complete_and_keeps_what_came() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("inbox").await;
    let headers = "Upload-Complete: ?1\r\nContent-Length: 3000000\r\n\
                   Content-Disposition: inline; filename=a.txt";
    let whole = text(3_000_000);
    let mut connection = RawConnection::to(&app).await;
    connection
        .send(&[&*head(&visitor, "POST", LARGE, headers), &whole[..1_500_000]].concat())
        .await;
    // Its client knows no address; who looks into the folder does.
    let name = |path: &std::path::PathBuf| path.file_stem()?.to_str().map(ToOwned::to_owned);
    let uuids = || app.spool().iter().filter(|path| path.is_file()).find_map(name);
    longshore::testing::until("bytes in the folder", || uuids().is_some()).await;
    drop(connection);
    let address = format!("{LARGE}/{}", uuids().unwrap());
    let answer = visitor.head(&address).await;
    assert_eq!(answer.header("upload-complete"), Some("?0"));
    assert_eq!(answer.header("upload-length"), Some("3000000"));
    let offset: u64 = answer.header("upload-offset").unwrap().parse().unwrap();
    assert!(offset <= 1_500_000);
    let rest = &whole[usize::try_from(offset).unwrap()..];
    let answer = append(&visitor, &address, offset, "?1", rest).await;
    is_stored(&visitor, &answer, whole).await;
    app.end().await;
}

#[actix_web::test]
async fn r_04_a_malformed_upload_complete_makes_an_ordinary_upload() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for said in ["true", "1", "?2", "\"?1\"", "?1, ?1", ""] {
        let answer = create(&visitor, &[("upload-complete", said)], "hello").await;
        is_stored(&visitor, &answer, "hello").await;
        assert_eq!(answer.header("upload-complete"), None, "{said}");
        assert_eq!(answer.header("location"), None, "{said}");
    }
    app.end().await;
}

#[actix_web::test]
async fn r_05_a_malformed_upload_length_is_no_length() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for said in ["1e3", "\"5\"", "-5", "5.0", "1000000000000000", "5, 5"] {
        let address = begun(&visitor, &[("upload-length", said)]).await;
        assert_eq!(visitor.head(&address).await.header("upload-length"), None, "{said}");
        let answer = append(&visitor, &address, 0, "?1", "hello").await;
        is_stored(&visitor, &answer, "hello").await;
    }
    let address = begun(&visitor, &[("upload-length", "5;unit=bytes")]).await;
    assert_eq!(visitor.head(&address).await.header("upload-length"), Some("5"));
    app.stop().await;
}

#[actix_web::test]
async fn r_07_a_creation_that_contradicts_itself_begins_nothing() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for (complete, length) in [("?1", "4"), ("?1", "6"), ("?0", "4")] {
        let headers = [("upload-complete", complete), ("upload-length", length)];
        let answer = create(&visitor, &headers, "hello").await;
        answer.is_problem(400, "size_mismatch");
        let kind = answer.json()["type"].as_str().unwrap().to_owned();
        assert!(kind.ends_with("#inconsistent-upload-length"), "{kind}");
        assert_eq!(answer.header("upload-complete"), Some("?0"));
        assert_eq!(answer.header("location"), None);
    }
    assert!(app.spool().is_empty() && visitor.listed().await.is_empty());
    app.end().await;
}

#[actix_web::test]
async fn r_10_r_22_r_26_no_interim_answer_is_sent_and_the_interop_version_decides_nothing() {
    let app = TestApp::start().await;
    for version in ["", "8", "7", "10", "eight", "8, 8"] {
        let visitor = app.visitor();
        let version = match version {
            "" => String::new(),
            version => format!("Upload-Draft-Interop-Version: {version}\r\n"),
        };
        let headers = format!(
            "{version}Upload-Complete: ?0\r\nContent-Length: 5\r\n\
             Content-Disposition: inline; filename=a.txt"
        );
        let mut request = head(&visitor, "POST", ANY, &headers);
        request.extend(b"hello");
        // The first that comes is the last: an interim answer would stand before it.
        let answer = told(&app, &request).await;
        assert_eq!(answer.status, 201, "{}", answer.head);
        let address = raw_header(&answer, "location").unwrap().to_owned();
        let more = format!("{version}Content-Length: 1");
        let mut request = super::patch_head(&visitor, &address, 5, "?1", &more);
        request.extend(b"!");
        assert_eq!(told(&app, &request).await.status, 200);
    }
    app.end().await;
}

#[actix_web::test]
async fn r_25_whoever_waits_for_100_gets_it() {
    let app = TestApp::start().await;
    let headers = "Expect: 100-continue\r\nUpload-Complete: ?1\r\nContent-Length: 5\r\n\
                   Content-Disposition: inline; filename=a.txt";
    let mut connection = RawConnection::to(&app).await;
    connection.send(&head(&app.visitor(), "POST", ANY, headers)).await;
    assert_eq!(connection.answer().await.status, 100);
    connection.send(b"hello").await;
    let answer = connection.answer().await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert_eq!(answer.json()["files"][0]["size"], 5);
    app.end().await;
}

#[actix_web::test]
async fn r_13_each_answer_names_the_same_address() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[]).await;
    let said = append(&visitor, &address, 0, "?0", "hello").await;
    assert_eq!(said.header("location"), None, "an append has an address already");
    let answer = append(&visitor, &address, 5, "?1", "").await;
    is_stored(&visitor, &answer, "hello").await;
    assert_eq!(answer.header("location"), None);
    is_at(&visitor, &address, 5, "?1").await;
    app.end().await;
}

#[actix_web::test]
async fn r_27_an_address_says_nothing_and_a_name_is_made_safe() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let (first, second) = (begun(&visitor, &[]).await, begun(&visitor, &[]).await);
    for address in [&first, &second] {
        assert!(id(address).parse::<uuid::Uuid>().is_ok(), "{address}");
        assert!(!address.contains("a.txt"), "{address}");
    }
    // All but the time in front is drawn by lot.
    assert_ne!(id(&first)[19..], id(&second)[19..]);
    for (disposition, name) in [
        ("inline; filename=\"../../etc/passwd.txt\"", "passwd.txt"),
        ("inline; filename*=UTF-8''..%2F..%2Fna%C3%AFve.txt", "na\u{ef}ve.txt"),
        ("inline; filename=\"nul.txt\"", "_nul.txt"),
    ] {
        let headers = [("content-disposition", disposition), ("upload-complete", "?1")];
        let answer = visitor.send(Method::POST, ANY, &headers, b"x".to_vec()).await;
        assert_eq!(answer.json()["files"][0]["name"], name);
    }
    app.stop().await;
}

#[actix_web::test]
async fn what_a_slot_does_not_want_is_refused_before_it_comes() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let place = "/resumable/inbox/sized";
    for (length, code, status) in [("101", "too_large", 413), ("9", "too_small", 422)] {
        let headers = [("upload-complete", "?0"), ("upload-length", length)];
        let answer = create_at(&visitor, place, &headers, "").await;
        assert_eq!((answer.status, &*answer.code()), (status, code));
        assert_eq!(answer.header("location"), None);
    }
    for place in ["/resumable/inbox/nowhere", "/resumable/inbox/any%2F..", "/resumable/inbox/%00"] {
        let answer = create_at(&visitor, place, &[("upload-complete", "?0")], "").await;
        assert_eq!((answer.status, &*answer.code()), (404, "unknown_slot"), "{place}");
    }
    for place in ["/resumable/nowhere/any", "/resumable/inbox", "/resumable/inbox/any/a/b"] {
        let answer = create_at(&visitor, place, &[("upload-complete", "?0")], "").await;
        assert_eq!(answer.status, 404, "{place}");
    }
    app.end().await;
}

#[actix_web::test]
async fn a_form_can_come_whole_and_not_in_parts() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let form = || longshore::testing::Form::new().file("whatever", "b.txt", "by form").body();
    let kind = longshore::testing::Form::content_type();
    let headers = |complete| [("content-type", &*kind), ("upload-complete", complete)];
    let answer = visitor.send(Method::POST, ANY, &headers("?1"), form()).await;
    is_stored(&visitor, &answer, "by form").await;
    let answer = visitor.send(Method::POST, ANY, &headers("?0"), form()).await;
    answer.is_problem(400, "invalid_message");
    app.end().await;
}
