//! Places: how much of the server one caller or one address may hold at a time.

use std::time::Duration;

use longshore::Holds;
use longshore::testing::raw::RawConnection;

use crate::support::TestApp;

const NONE: Holds = Holds { connections: None, sessions: None, caller_sessions: None };

#[actix_web::test]
async fn res_07_connections_of_one_address_are_bounded_and_their_places_are_free_again() {
    let app = TestApp::with(|builder| builder.holds(Holds { connections: Some(3), ..NONE })).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut connection = RawConnection::to(&app).await;
        connection.get("/api/files").await;
        assert_eq!(connection.answer().await.status, 200);
        open.push(connection);
    }
    assert!(RawConnection::to(&app).await.is_cut().await, "one too many");
    drop(open);
    let mut came_in = false;
    for _ in 0..500 {
        let mut connection = RawConnection::to(&app).await;
        connection.get("/api/files").await;
        if connection.try_answer().await.is_some_and(|answer| answer.status == 200) {
            came_in = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(came_in, "there are places again");
    app.end().await;
}

#[actix_web::test]
async fn res_08_live_pages_of_one_caller_are_bounded_and_their_places_are_free_again() {
    let app =
        TestApp::with(|builder| builder.holds(Holds { caller_sessions: Some(2), ..NONE })).await;
    let visitor = app.visitor();
    visitor.get("inbox").await;
    let (one, other) = (visitor.live("inbox").await, visitor.live("inbox").await);
    assert_eq!(visitor.connect("inbox").await.err(), Some(429));
    let neighbour = app.live().await;
    one.disconnect();
    let mut again = None;
    for _ in 0..500 {
        again = visitor.connect("inbox").await.ok();
        if again.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(again.is_some(), "there is a place again");
    for page in [again, Some(other), Some(neighbour)].into_iter().flatten() {
        page.disconnect();
    }
    app.end().await;
}
