//! Two requests for one upload: the newest has it, the older one is ended, and no byte comes twice.

use longshore::testing::raw::RawConnection;
use longshore::testing::samples::text;

use super::{
    ANY, LARGE, append, begun, begun_at, flows, is_at, is_gone, is_stored, patch_head, raw_header,
};
use crate::support::{TestApp, Upload, Visitor};

const WHOLE: usize = 3_000_000;

/// A connection on which an append hangs in the middle: half of the file is written.
async fn stalled(app: &TestApp, visitor: &Visitor, address: &str) -> RawConnection {
    let mut connection = RawConnection::to(app).await;
    let length = format!("Content-Length: {WHOLE}");
    connection.send(&patch_head(visitor, address, 0, "?1", &length)).await;
    connection.send(&text(WHOLE)[..WHOLE / 2]).await;
    flows(visitor, address).await;
    connection
}

async fn offset(visitor: &Visitor, address: &str) -> u64 {
    let answer = visitor.head(address).await;
    assert_eq!(answer.header("upload-complete"), Some("?0"));
    answer.header("upload-offset").expect("an offset").parse().unwrap()
}

/// Asserts that whoever hung was told that it is over, without another byte of his.
async fn was_ended(mut connection: RawConnection, status: u16, code: &str) {
    let answer = connection.answer().await;
    assert_eq!((answer.status, &answer.json()["code"]), (status, &code.into()), "{}", answer.head);
    assert_eq!(raw_header(&answer, "upload-complete"), Some("?0"));
    assert!(answer.says_close() && connection.is_cut().await);
}

async fn goes_on(visitor: &Visitor, address: &str, at: u64) {
    let rest = &text(WHOLE)[usize::try_from(at).unwrap()..];
    let answer = append(visitor, address, at, "?1", rest).await;
    is_stored(visitor, &answer, text(WHOLE)).await;
}

#[actix_web::test]
async fn r_17_r_23_a_question_ends_the_append_that_hangs_and_the_next_one_goes_on() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun_at(&visitor, LARGE, &[]).await;
    let hangs = stalled(&app, &visitor, &address).await;
    let at = offset(&visitor, &address).await;
    assert!(at > 0 && at <= WHOLE as u64 / 2, "{at}");
    was_ended(hangs, 409, "superseded").await;
    goes_on(&visitor, &address, at).await;
    app.end().await;
}

#[actix_web::test]
async fn r_23_an_append_ends_the_append_that_hangs() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun_at(&visitor, LARGE, &[]).await;
    let first = stalled(&app, &visitor, &address).await;
    // Whoever guesses is told where it ends; it moves on for as long as bytes of the first are still on their way.
    let (whole, mut at) = (text(WHOLE), 1);
    let answer = loop {
        let answer = append(&visitor, &address, at as u64, "?1", &whole[at..]).await;
        if answer.status != 409 {
            break answer;
        }
        at = answer.header("upload-offset").unwrap().parse().unwrap();
        assert!(at <= WHOLE / 2, "{at}");
    };
    is_stored(&visitor, &answer, &whole).await;
    was_ended(first, 409, "superseded").await;
    app.end().await;
}

#[actix_web::test]
async fn r_23_an_append_at_the_wrong_place_ends_nothing() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun_at(&visitor, LARGE, &[]).await;
    let mut first = stalled(&app, &visitor, &address).await;
    assert_eq!(append(&visitor, &address, 1, "?1", "").await.status, 409);
    first.send(&text(WHOLE)[WHOLE / 2..]).await;
    let answer = first.answer().await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    is_at(&visitor, &address, WHOLE as u64, "?1").await;
    app.end().await;
}

#[actix_web::test]
async fn r_23_of_two_appends_at_once_one_counts() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for round in 0..20_u8 {
        let address = begun(&visitor, &[]).await;
        let (one, two) = (vec![b'a' + round; 70_000], vec![b'A' + round; 70_000]);
        let sent = |bytes: Vec<u8>| append(&visitor, &address, 0, "?0", bytes);
        let (first, second) = futures_util::join!(sent(one.clone()), sent(two.clone()));
        let counted = [(first, one), (second, two)].into_iter().filter(|(answer, _)| {
            assert!(matches!(answer.status, 204 | 409), "{}", answer.status);
            answer.status == 204
        });
        let counted: Vec<_> = counted.map(|(_, bytes)| bytes).collect();
        assert_eq!(counted.len(), 1, "both or none of them counted");
        let answer = append(&visitor, &address, 70_000, "?1", "").await;
        is_stored(&visitor, &answer, &counted[0]).await;
        let id = answer.json()["files"][0]["id"].as_str().unwrap().to_owned();
        visitor.delete(&format!("api/files/{id}")).await;
    }
    app.end().await;
}

#[actix_web::test]
async fn what_a_live_page_began_goes_on_here_by_its_id() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let mut live = visitor.live("inbox").await;
    let file = live.select("any", Upload::bytes("a.txt", text(100_000))).await.unwrap();
    live.send(&file, 50).await;
    live.progressed(&file, 50).await;
    let address = format!("{ANY}/{}", file.id);
    let at = offset(&visitor, &address).await;
    assert_eq!(at, 50_000);
    live.fails(&file, "superseded").await;
    let answer = append(&visitor, &address, at, "?1", &text(100_000)[50_000..]).await;
    is_stored(&visitor, &answer, text(100_000)).await;
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn r_29_a_cancellation_ends_the_append_that_hangs() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun_at(&visitor, LARGE, &[]).await;
    let hangs = stalled(&app, &visitor, &address).await;
    assert_eq!(visitor.delete(&address).await.status, 204);
    was_ended(hangs, 410, "cancelled").await;
    is_gone(&visitor, &address).await;
    app.end().await;
}

#[actix_web::test]
async fn r_17_an_append_that_breaks_off_is_not_complete_and_keeps_what_came() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun_at(&visitor, LARGE, &[]).await;
    drop(stalled(&app, &visitor, &address).await);
    let at = offset(&visitor, &address).await;
    assert!(at > 0 && at <= WHOLE as u64 / 2, "{at}");
    goes_on(&visitor, &address, at).await;
    app.end().await;
}

#[actix_web::test]
async fn r_24_the_offset_that_is_told_is_where_the_next_append_is_taken() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun_at(&visitor, LARGE, &[]).await;
    let whole = text(2_000_000);
    let (mut at, mut lot) = (0_u64, 7_u32);
    for _ in 0..300 {
        lot = lot.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let sent = (lot >> 16) as usize % 20_000;
        let start = usize::try_from(at).unwrap();
        let mut connection = RawConnection::to(&app).await;
        let expects = "Expect: 100-continue\r\nContent-Length: 30000";
        connection.send(&patch_head(&visitor, &address, at, "?0", expects)).await;
        // It is there, and on its way to the upload.
        assert_eq!(connection.answer().await.status, 100);
        connection.send(&whole[start..(start + sent).min(whole.len())]).await;
        drop(connection);
        let told = offset(&visitor, &address).await;
        assert!((at..=at + sent as u64).contains(&told), "{told} after {sent} bytes from {at}");
        let next = usize::try_from(told).unwrap();
        let answer = append(&visitor, &address, told, "?0", &whole[next..=next]).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        at = told + 1;
        assert_eq!(answer.header("upload-offset"), Some(&*at.to_string()));
        if at > 1_900_000 {
            break;
        }
    }
    let rest = &whole[usize::try_from(at).unwrap()..];
    let answer = append(&visitor, &address, at, "?1", rest).await;
    is_stored(&visitor, &answer, &whole).await;
    app.end().await;
}
