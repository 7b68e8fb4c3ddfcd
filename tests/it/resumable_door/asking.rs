//! How far an upload is, and what its slot allows.

use actix_web::http::Method;

use super::{ANY, append, begun, begun_at, create, create_at, is_stored};
use crate::support::TestApp;

#[actix_web::test]
async fn r_15_head_and_get_tell_offset_completeness_length_and_limits() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[("upload-length", "8")]).await;
    append(&visitor, &address, 0, "?0", "hello").await;
    for (offset, complete) in [("5", "?0"), ("8", "?1")] {
        for method in [Method::HEAD, Method::GET] {
            let answer = visitor.send(method, &address, &[], Vec::new()).await;
            assert_eq!(answer.status, 204);
            assert_eq!(answer.header("upload-offset"), Some(offset));
            assert_eq!(answer.header("upload-complete"), Some(complete));
            assert_eq!(answer.header("upload-length"), Some("8"));
            assert!(answer.header("upload-limit").unwrap().starts_with("max-size=1000000"));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert!(answer.body.is_empty());
        }
        append(&visitor, &address, 5, "?1", "you").await;
    }
    app.end().await;
}

#[actix_web::test]
async fn r_16_no_question_and_no_cancellation_is_sent_elsewhere() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[]).await;
    for method in [Method::HEAD, Method::GET, Method::DELETE] {
        for address in [format!("{address}/"), address.clone(), ANY.into(), format!("{ANY}/x")] {
            let answer = visitor.send(method.clone(), &address, &[], Vec::new()).await;
            assert!(!(300..400).contains(&answer.status), "{method} {address}");
        }
    }
    app.end().await;
}

#[actix_web::test]
async fn r_08_r_09_options_tell_the_limits_of_a_slot() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let some = "/resumable/inbox/any/0199c2b0-6b7f-7000-8000-000000000000";
    for (place, allow, limits) in [
        (ANY, "POST, PUT, PATCH, OPTIONS", "max-size=1000000"),
        ("/resumable/inbox/any/", "POST, PUT, PATCH, OPTIONS", "max-size=1000000"),
        ("/resumable/inbox/any/a.txt", "POST, PUT, OPTIONS", "max-size=1000000"),
        (some, "GET, HEAD, PATCH, DELETE, OPTIONS", "max-size=1000000"),
        ("/resumable/inbox/sized", "POST, PUT, PATCH, OPTIONS", "max-size=100, min-size=10"),
        ("/resumable/inbox/total", "POST, PUT, PATCH, OPTIONS", "max-size=150"),
    ] {
        let answer = visitor.send(Method::OPTIONS, place, &[], Vec::new()).await;
        assert_eq!(answer.status, 204, "{place}");
        assert_eq!(answer.header("allow"), Some(allow), "{place}");
        assert_eq!(answer.header("accept-patch"), Some("application/partial-upload"), "{place}");
        assert_eq!(answer.header("upload-limit"), Some(limits), "{place}");
        assert!(answer.body.is_empty());
    }
    let nowhere = "/resumable/inbox/nowhere";
    let answer = visitor.send(Method::OPTIONS, nowhere, &[], Vec::new()).await;
    answer.is_problem(404, "unknown_slot");
    app.end().await;
}

#[actix_web::test]
async fn r_30_the_limits_of_an_upload_stay_and_413_tells_them() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let limits = |answer: crate::support::Answer| answer.header("upload-limit").map(str::to_owned);
    let created = create(&visitor, &[("upload-complete", "?0")], "").await;
    let address = super::location(&created);
    let first = limits(created);
    assert_eq!(first.as_deref(), Some("max-size=1000000, max-age=86400"));
    app.clock().advance(std::time::Duration::from_secs(3_600));
    for offset in 0..3 {
        assert_eq!(limits(append(&visitor, &address, offset, "?0", "x").await), first);
        assert_eq!(limits(visitor.head(&address).await), first);
    }
    let place = "/resumable/inbox/sized";
    let told = Some("max-size=100, min-size=10");
    let headers = [("upload-complete", "?1")];
    let too_large = create_at(&visitor, place, &headers, [b'x'; 101]).await;
    assert_eq!((too_large.status, limits(too_large).as_deref()), (413, told));
    let too_large = create_at(&visitor, place, &[], [b'x'; 101]).await;
    assert_eq!((too_large.status, limits(too_large).as_deref()), (413, told));
    app.stop().await;
}

#[actix_web::test]
async fn an_upload_of_another_slot_is_not_found_here() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun_at(&visitor, ANY, &[]).await;
    for place in ["/resumable/inbox/pair", "/resumable/desk/any"] {
        let elsewhere = address.replace(ANY, place);
        assert_eq!(visitor.head(&elsewhere).await.status, 404);
        assert_eq!(append(&visitor, &elsewhere, 0, "?1", "x").await.status, 404);
        assert_eq!(visitor.delete(&elsewhere).await.status, 404);
    }
    let answer = append(&visitor, &address, 0, "?1", "x").await;
    is_stored(&visitor, &answer, "x").await;
    app.end().await;
}
