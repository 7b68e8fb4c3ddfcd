//! The ways to know who asks, besides the cookie: the application's own, a proxy's header; and nobody else at all.

use actix_web::HttpRequest;
use actix_web::http::Method;
use longshore::{Caller, Code, Identity, Rejection, StartError, Uploads, async_trait};
use serde_json::json;

use crate::support::doors::{doors_of_few_words, every_door};
use crate::support::{Form, TestApp, Upload, Visitor};

/// An application that knows its users by a header, or by a cookie.
struct Members {
    header: &'static str,
    ambient: bool,
}

#[async_trait(?Send)]
impl Identity for Members {
    async fn identify(&self, request: &HttpRequest) -> Result<Option<Caller>, Rejection> {
        let Some(said) = request.headers().get(self.header) else { return Ok(None) };
        match said.to_str().unwrap_or_default() {
            "banned" => Err(Rejection::new(Code::Forbidden).with_message("You are banned.")),
            "forged" => Err(Rejection::new(Code::Unauthenticated)),
            user => Ok(Some(Caller::new(Uploads::owner_of(user)))),
        }
    }

    fn is_ambient(&self) -> bool {
        self.ambient
    }
}

/// Sends a form as this user of the application, from this origin.
async fn post(visitor: &Visitor, header: (&str, &str)) -> u16 {
    let kind = Form::content_type();
    let headers = [("content-type", &*kind), header];
    let body = Form::new().file("any", "a.txt", b"x").body();
    visitor.send(Method::POST, "/inbox", &headers, body).await.status
}

#[actix_web::test]
async fn whoever_the_application_knows_is_known_at_every_door_and_gets_no_cookie() {
    let app = TestApp::with(|builder| {
        builder.anonymous(false).identity(Members { header: "x-member", ambient: true })
    })
    .await;
    let ours = app.visitor();
    assert_eq!(post(&ours, ("x-member", "alice")).await, 200);
    let alices = ours.get_with("/api/files", &[("x-member", "alice")]).await;
    assert_eq!(alices.json()["files"].as_array().unwrap().len(), 1);
    assert_eq!(alices.header("set-cookie"), None);
    let bobs = ours.get_with("/api/files", &[("x-member", "bob")]).await;
    assert_eq!(bobs.json()["files"], json!([]));
    ours.get_with("/api/files", &[("x-member", "banned")]).await.is_problem(403, "forbidden");
    ours.get_with("/api/files", &[("x-member", "forged")]).await.is_problem(401, "unauthenticated");
    ours.get("/api/files").await.is_problem(401, "unauthenticated");
    app.end().await;
}

#[actix_web::test]
async fn what_browsers_send_by_themselves_needs_our_origin_and_what_scripts_send_does_not() {
    for ambient in [true, false] {
        let app =
            TestApp::with(|builder| builder.identity(Members { header: "x-member", ambient }))
                .await;
        let refused = if ambient { 403 } else { 200 };
        let alice = ("x-member", "alice");
        for origin in [Some("https://evil.example"), None] {
            let evil = app.visitor().coming_from(origin);
            assert_eq!(post(&evil, alice).await, refused, "{origin:?}, ambient: {ambient}");
        }
        assert_eq!(post(&app.visitor(), alice).await, 200);
        app.end().await;
    }
}

#[actix_web::test]
async fn a_proxys_user_is_believed_from_the_proxy_and_from_nobody_else() {
    let header = ("x-remote-user", "alice");
    let with = |proxy: &'static str| async move {
        TestApp::with(|builder| builder.proxy_user_header("X-Remote-User").trusted_proxy(proxy))
            .await
    };
    let app = with("127.0.0.0/8").await;
    let proxy = app.visitor();
    assert_eq!(post(&proxy, header).await, 200);
    let listed = proxy.get_with("/api/files", &[header]).await;
    assert_eq!(listed.json()["files"].as_array().unwrap().len(), 1);
    assert_eq!(listed.header("set-cookie"), None);
    // They are who the application's own identity would say they are.
    let alice = Caller::new(Uploads::owner_of("alice"));
    assert_eq!(
        app.uploads()
            .files(&alice, &longshore::FileQuery { limit: 5, ..Default::default() })
            .await
            .unwrap()
            .len(),
        1
    );
    // A proxy's browser sends what it is known by by itself.
    assert_eq!(post(&app.visitor().coming_from(Some("https://evil.example")), header).await, 403);
    assert_eq!(post(&app.visitor().coming_from(None), header).await, 403);
    for several in [[header, header], [header, ("x-remote-user", "root")]] {
        app.visitor().get_with("/api/files", &several).await.is_problem(403, "forbidden");
    }
    app.end().await;

    let app = with("10.0.0.0/8").await;
    app.visitor().get_with("/api/files", &[header]).await.is_problem(403, "forbidden");
    assert_eq!(post(&app.visitor(), header).await, 403);
    assert!(app.visitor().listed().await.is_empty(), "without it they are strangers");
    app.end().await;
}

#[actix_web::test]
async fn a_proxys_header_without_a_trusted_proxy_is_a_mistake() {
    let start = |name: &'static str| Uploads::builder().proxy_user_header(name).start();
    assert!(matches!(start("X-User").await, Err(StartError::ProxyHeaderOfNobody(_))));
    let bad = Uploads::builder().proxy_user_header("X User").trusted_proxy("127.0.0.1").start();
    assert!(matches!(bad.await, Err(StartError::ProxyHeader(_))));
}

#[actix_web::test]
async fn where_strangers_are_not_let_in_they_get_nothing_by_any_door() {
    let (token, text) = longshore::BearerToken::random("camera", longshore::Rights::ALL).unwrap();
    let app = TestApp::with(|builder| builder.anonymous(false).token(token)).await;
    // A cookie that was made when strangers were welcome; its signature is good.
    let stranger = app.visitor();
    assert_eq!(stranger.connect("inbox").await.err(), Some(401));
    for (method, path) in [
        (Method::GET, "/inbox"),
        (Method::HEAD, "/inbox"),
        (Method::POST, "/inbox"),
        (Method::GET, "/api/files"),
        (Method::POST, "/tus/inbox/any"),
        (Method::OPTIONS, "/tus/inbox/any"),
        (Method::POST, "/resumable/inbox/any"),
        (Method::PUT, "/resumable/inbox/any/a.txt"),
        (Method::POST, "/filepond/inbox/any"),
        (Method::GET, "/_upload/019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10/a.txt"),
    ] {
        let answer = stranger.send(method.clone(), path, &[], b"".to_vec()).await;
        assert_eq!(answer.status, 401, "{method} {path}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{method} {path}");
        assert_eq!(answer.header("set-cookie"), None, "{method} {path}");
    }
    let page = stranger.get_with("/inbox", &[("accept", "text/html")]).await;
    assert!(page.status == 401 && page.text().contains("Sign in first."), "{}", page.text());
    let camera = stranger.with_bearer(&text);
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let file = [Upload::text("a.txt", "hello")];
        let outcomes = door.send(&camera, "inbox", "any", &file).await;
        assert_eq!(outcomes[0].word(), "stored", "{}", door.name());
    }
    drop(camera);
    app.stop().await;
}
