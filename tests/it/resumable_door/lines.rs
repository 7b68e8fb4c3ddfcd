//! What becomes of a connection whose request is refused before its body is read.

use longshore::testing::raw::RawConnection;
use longshore::testing::samples::html;

use super::{ANY, begun, head, is_gone, patch_head, raw_header};
use crate::support::TestApp;

/// A web page, and then so many bytes.
fn page_of(size: usize) -> Vec<u8> {
    let mut page = html();
    page.resize(size, b' ');
    page
}

#[actix_web::test]
async fn behind_a_small_rest_the_connection_goes_on() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[]).await;
    let wrong_offset = patch_head(&visitor, &address, 7, "?0", "Content-Length: 60000");
    let wrong_type = head(&visitor, "PATCH", &address, "Content-Length: 60000");
    let refused = patch_head(&visitor, &address, 0, "?1", "Content-Length: 60000");
    let mut connection = RawConnection::to(&app).await;
    for (request, status) in [(wrong_offset, 409), (wrong_type, 415), (refused, 415)] {
        connection.send(&request).await;
        connection.send(&page_of(60_000)).await;
        let answer = connection.answer().await;
        assert_eq!(answer.status, status, "{}", answer.head);
        assert!(!answer.says_close());
    }
    connection.get("/api/files").await;
    assert_eq!(connection.answer().await.status, 200);
    is_gone(&visitor, &address).await;
    app.end().await;
}

#[actix_web::test]
async fn behind_a_large_rest_the_connection_ends_on_purpose() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[]).await;
    let named = "Content-Disposition: inline; filename=a.txt\r\nContent-Length: 900000";
    let requests = [
        (patch_head(&visitor, &address, 7, "?0", "Content-Length: 900000"), 409),
        (head(&visitor, "PATCH", &address, "Content-Length: 900000"), 415),
        (head(&visitor, "DELETE", ANY, "Content-Length: 900000"), 405),
        (patch_head(&visitor, &address, 0, "?1", "Content-Length: 900000"), 415),
        (head(&visitor, "POST", ANY, &format!("Upload-Complete: ?1\r\n{named}")), 415),
        (head(&visitor, "POST", ANY, &format!("Upload-Complete: ?0\r\n{named}")), 415),
        (head(&visitor, "PUT", ANY, named), 415),
    ];
    for (request, status) in requests {
        let mut connection = RawConnection::to(&app).await;
        connection.send(&request).await;
        connection.send_what_goes(&page_of(900_000)[..300_000]).await;
        // No more comes: whoever waited for it would wait for ever.
        let answer = connection.answer().await;
        assert_eq!(answer.status, status, "{}", answer.head);
        assert!(answer.says_close(), "{}", answer.head);
        assert!(connection.is_cut().await);
    }
    is_gone(&visitor, &address).await;
    assert!(visitor.listed().await.is_empty());
    app.end().await;
}

#[actix_web::test]
async fn a_file_that_is_refused_in_the_middle_says_whether_that_was_about_all_of_it() {
    let app = TestApp::start().await;
    for (complete, said) in [("?1", Some("?1")), ("?0", Some("?0"))] {
        let headers = format!(
            "Content-Disposition: inline; filename=a.txt\r\nContent-Length: 900000\r\n\
             Upload-Complete: {complete}"
        );
        let mut connection = RawConnection::to(&app).await;
        connection.send(&head(&app.visitor(), "POST", ANY, &headers)).await;
        connection.send_what_goes(&page_of(100_000)).await;
        let answer = connection.answer().await;
        assert_eq!(answer.json()["errors"][0]["code"], "active_content");
        assert_eq!(raw_header(&answer, "upload-complete"), said);
        assert_eq!(raw_header(&answer, "location"), None);
    }
    app.end().await;
}
