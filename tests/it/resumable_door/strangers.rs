//! Whose upload it is, and from which pages it may be asked for.

use actix_web::http::Method;

use super::{ANY, NAMED, append, begun, create, is_at, is_stored};
use crate::support::TestApp;

#[actix_web::test]
async fn what_is_somebody_elses_is_as_unknown_as_what_never_was() {
    let app = TestApp::start().await;
    let (owner, other) = (app.visitor(), app.visitor());
    owner.get("inbox").await;
    other.get("inbox").await;
    let address = begun(&owner, &[]).await;
    assert!(!address.contains('?'), "who has a cookie needs no pass: {address}");
    let unknown = format!("{ANY}/0199c2b0-6b7f-7000-8000-000000000000");
    for address in [&address, &unknown] {
        let answer = other.send(Method::GET, address, &[], Vec::new()).await;
        answer.is_problem(404, "unknown_entry");
        assert_eq!(other.head(address).await.status, 404);
        append(&other, address, 0, "?1", "x").await.is_problem(404, "unknown_entry");
        other.delete(address).await.is_problem(404, "unknown_entry");
    }
    let answer = append(&owner, &address, 0, "?1", "mine").await;
    is_stored(&owner, &answer, "mine").await;
    app.end().await;
}

#[actix_web::test]
async fn who_keeps_no_cookie_goes_on_with_the_address_alone() {
    let app = TestApp::start().await;
    let fresh = || app.visitor().coming_from(None);
    let address = begun(&fresh(), &[]).await;
    assert!(address.contains("?pass="), "{address}");
    assert_eq!(append(&fresh(), &address, 0, "?0", "hello").await.status, 204);
    is_at(&fresh(), &address, 5, "?0").await;
    assert_eq!(append(&fresh(), &address, 5, "?1", "").await.status, 200);
    let bare = address.split('?').next().unwrap();
    assert_eq!(fresh().head(bare).await.status, 404);
    let other = begun(&fresh(), &[]).await;
    let pass = address.split('?').nth(1).unwrap();
    let mixed = format!("{}?{pass}", other.split('?').next().unwrap());
    assert_eq!(fresh().head(&mixed).await.status, 404, "a pass opens one upload");
    assert_eq!(fresh().delete(&other).await.status, 204);
    app.end().await;
}

#[actix_web::test]
async fn another_sites_page_sends_nothing_unless_it_may() {
    let app = TestApp::with(|builder| builder.allowed_origin("https://good.example")).await;
    let visitor = app.visitor();
    visitor.get("inbox").await;
    let (good, evil) = (
        visitor.coming_from(Some("https://good.example")),
        visitor.coming_from(Some("https://evil.example")),
    );
    for headers in [&[("upload-complete", "?0")][..], &[]] {
        create(&evil, headers, "x").await.is_problem(403, "forbidden");
    }
    // A form that a page of another site could send as well, if its browser says nothing of where it is.
    let silent = visitor.coming_from(None);
    create(&silent, &[], "x").await.is_problem(403, "forbidden");
    let address = begun(&silent, &[]).await;
    assert_eq!(evil.delete(&address).await.status, 403);
    let origin = ("origin", "https://good.example");
    let answer = good.send(Method::HEAD, &address, &[origin], Vec::new()).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://good.example"));
    let read = answer.header("access-control-expose-headers").unwrap().to_owned();
    for name in ["Location", "Upload-Offset", "Upload-Complete", "Upload-Length", "Upload-Limit"] {
        assert!(read.contains(name), "{name}");
    }
    let preflight = [origin, ("access-control-request-method", "PATCH")];
    for place in [ANY, &address] {
        let answer = visitor.send(Method::OPTIONS, place, &preflight, Vec::new()).await;
        assert_eq!(answer.status, 204);
        let sent = answer.header("access-control-allow-headers").unwrap().to_owned();
        for name in ["Upload-Offset", "Upload-Complete", "Content-Disposition", "Content-Digest"] {
            assert!(sent.contains(name), "{name}");
        }
        assert!(answer.header("access-control-allow-methods").unwrap().contains("PATCH"));
    }
    let evil = [("origin", "https://evil.example"), ("access-control-request-method", "PATCH")];
    let answer = visitor.send(Method::OPTIONS, ANY, &evil, Vec::new()).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None));
    let headers = [NAMED, origin, ("upload-complete", "?1")];
    let answer = silent.send(Method::POST, ANY, &headers, b"hello".to_vec()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    app.stop().await;
}
