//! Live pages at the end of a long way.

use std::time::Duration;

use longshore::Limits;
use longshore::testing::data_frame;
use longshore::testing::raw::RawConnection;
use longshore::testing::samples::{sha256, text};
use serde_json::Value;

use crate::support::TestApp;
use crate::support::opcodes::{BINARY, TEXT};

/// Far more than the way must be long for the larger window.
const LATE: Duration = Duration::from_millis(200);
const NEAR: u64 = 65_536;
const FAR: u64 = 131_072;

/// A page that says hello late, and its welcome.
async fn late(app: &TestApp) -> (RawConnection, Value) {
    let mut page = RawConnection::live(app, "inbox").await;
    tokio::time::sleep(LATE).await;
    page.frame(TEXT, br#"{"type":"hello"}"#).await;
    let welcome = serde_json::from_str(&page.text().await).unwrap();
    (page, welcome)
}

#[actix_web::test]
async fn who_answers_late_may_have_more_on_its_way_unless_the_application_says_otherwise() {
    let app = TestApp::start().await;
    let (_page, welcome) = late(&app).await;
    assert_eq!(welcome["window"], 64 * 1024 * 1024);
    app.end().await;
    let limits = Limits { far_window: 0, ..Limits::default() };
    let app = TestApp::with_limits(limits).await;
    let (_page, welcome) = late(&app).await;
    assert_eq!(welcome["window"], 2 * 1024 * 1024, "all have the same");
    app.end().await;
}

#[actix_web::test]
async fn a_window_holds_as_it_was_promised() {
    let limits = Limits { window: NEAR, far_window: FAR, ..Limits::default() };
    let app = TestApp::with_limits(limits).await;
    let (mut page, welcome) = late(&app).await;
    assert_eq!(welcome["window"], FAR);
    let bytes = text(200_000);
    page.frame(
        TEXT,
        br#"{"type":"register","slot":"any","entries":[{"ref":"c1","name":"far.txt","size":200000}]}"#,
    )
    .await;
    assert!(page.text().await.contains("registered"));
    let hear = async |page: &mut RawConnection, kind: &str| loop {
        let message: Value = serde_json::from_str(&page.text().await).unwrap();
        if message["type"] == kind && (kind != "progress" || message["status"] == "complete") {
            return message;
        }
    };
    let far = usize::try_from(FAR).unwrap();
    page.frame(BINARY, &data_frame(1, 0, 0, &bytes[..=far])).await;
    let nack = hear(&mut page, "nack").await;
    assert_eq!((&nack["offset"], &nack["code"]), (&0.into(), &"rate_limited".into()));
    page.frame(BINARY, &data_frame(1, 0, 0, &bytes[..far])).await;
    assert_eq!(hear(&mut page, "ack").await["offset"], FAR);
    page.frame(BINARY, &data_frame(1, 0, FAR, &bytes[far..])).await;
    assert_eq!(hear(&mut page, "progress").await["sha256"], sha256(&bytes).as_str());
    drop(page);
    app.end().await;
}
