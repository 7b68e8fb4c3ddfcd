//! One upload, one address.

use longshore::testing::raw::RawConnection;
use longshore::testing::samples::text;

use crate::support::TestApp;
use crate::support::tus::{BYTES, Tus, id};

/// MI-03
#[actix_web::test]
async fn no_other_spelling_of_an_address_is_an_upload() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    client.brings(&url, 0, &text(40)).await;
    let id = id(&url);
    for path in [
        format!("{url}/"),
        format!("{url}//"),
        format!("/tus/inbox/any//{id}"),
        format!("/tus//inbox/any/{id}"),
        format!("/tus/inbox//any/{id}"),
        format!("/tus/inbox/any/{}", id.to_uppercase()),
        format!("/tus/inbox/any/{}", id.replace('-', "")),
        format!("/tus/inbox/any/%7B{id}%7D"),
        format!("{url}.info"),
        format!("{url}.part"),
        format!("{url}%3Fx"),
        format!("{url}%00"),
        format!("/tus/inbox/any/..%2Fany%2F{id}"),
        format!("/tus/inbox/any/%2e%2e/any/{id}"),
        format!("/tus/inbox/%2e%2e/inbox/any/{id}"),
        "/tus/inbox/any/..%2f..%2f..%2fetc%2fpasswd".to_owned(),
        "/tus/inbox/any/".to_owned(),
        "/tus/inbox/".to_owned(),
        "/tus/inbox".to_owned(),
        "/tus/nowhere/any".to_owned(),
        format!("/tus/nowhere/any/{id}"),
        format!("/tus/index/any/{id}"),
    ] {
        for method in ["GET", "PATCH", "DELETE", "POST"] {
            // As it is: a library would tidy it up.
            let mut connection = RawConnection::to(&app).await;
            let headers =
                [BYTES, ("upload-offset", "40"), ("upload-length", "1"), ("content-length", "0")];
            client.raw_on(&mut connection, method, &path, &headers).await;
            let status = connection.answer().await.status;
            assert_eq!(status, 404, "{method} {path}");
        }
    }
    // What follows a question mark is not part of the address.
    assert_eq!(client.offset(&format!("{url}?x")).await, 40);
    app.stop().await;
}
