//! What is different for a visitor who came by HTTPS, and whom we believe that they did. HTTPS of our own is in
//! `tests/e2e/tls.rs`.

use crate::support::TestApp;

/// Whether the cookie of a new visitor is only to be sent back by HTTPS, if these header lines come with the request.
async fn is_secure(app: &TestApp, headers: &[(&str, &str)]) -> bool {
    let answer = app.visitor().get_with("inbox", headers).await;
    let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"), "{cookie}");
    cookie.contains("; Secure")
}

#[actix_web::test]
async fn ses_21_only_a_trusted_proxy_says_that_a_visitor_came_by_https() {
    let https = ("x-forwarded-proto", "https");
    let stranger = TestApp::start().await;
    for headers in
        [&[][..], &[https], &[("forwarded", "proto=https")], &[("x-forwarded-ssl", "on")]]
    {
        assert!(!is_secure(&stranger, headers).await, "{headers:?} of anybody");
    }
    stranger.end().await;
    let behind = TestApp::with(|builder| builder.trusted_proxy("127.0.0.1")).await;
    for (headers, secure) in [
        (&[][..], false),
        (&[https], true),
        (&[("x-forwarded-proto", "HTTPS")], true),
        (&[("x-forwarded-proto", "http")], false),
        // What its client wrote stands left of what the proxy has added.
        (&[("x-forwarded-proto", "https, http")], false),
        (&[("x-forwarded-proto", "http"), https], true),
        (&[("x-forwarded-proto", "nonsense")], false),
    ] {
        assert_eq!(is_secure(&behind, headers).await, secure, "{headers:?}");
    }
    behind.end().await;
}
