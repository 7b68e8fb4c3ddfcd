//! Requests for one upload at the same time: the newest has it, and bytes of two never mix.

use futures_util::future::join;
use longshore::testing::raw::RawConnection;
use longshore::testing::samples::text;
use longshore::testing::within;

use crate::support::TestApp;
use crate::support::tus::{BYTES, Tus, id, is_on_the_disk};

/// A PATCH that has sent its first bytes, and then nothing: no end, and no goodbye.
async fn stalls(
    app: &TestApp,
    client: &Tus,
    url: &str,
    length: usize,
    sent: &[u8],
) -> RawConnection {
    let length = length.to_string();
    let headers = [BYTES, ("upload-offset", "0"), ("content-length", &length)];
    let mut connection = client.raw(app, "PATCH", url, &headers).await;
    connection.send(sent).await;
    let begun = async {
        let path = format!("api/entries/{}", id(url));
        while client.visitor().get(&path).await.json()["state"] != "receiving" {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    within("the first bytes", begun).await;
    connection
}

/// C-PAT-17
#[actix_web::test]
async fn of_two_that_write_at_one_offset_one_wins_at_most_and_nothing_mixes() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let mut wins = 0;
    for round in 0..20 {
        let size = [60, 9_000, 400_000, 600_000][round % 4];
        let whole = round % 2 == 0;
        let length = if whole { size } else { size + 40 };
        let url = client.create("any", length as u64).await;
        let (ours, theirs) = (vec![b'a'; size], vec![b'b'; size]);
        let (one, two) = join(
            client.try_send("PATCH", &url, &[BYTES, ("upload-offset", "0")], &ours),
            client.try_send("PATCH", &url, &[BYTES, ("upload-offset", "0")], &theirs),
        )
        .await;
        let statuses = [one, two].map(|answer| answer.map_or(0, |answer| answer.status));
        let won = statuses.iter().filter(|status| **status == 204).count();
        assert!(
            won <= 1 && statuses.iter().all(|status| [0, 204, 409].contains(status)),
            "{statuses:?}"
        );
        wins += won;
        let mut offset = usize::try_from(client.offset(&url).await).unwrap();
        if won == 1 {
            assert_eq!(offset, size, "{statuses:?}");
        }
        let first = [b'a', b'b'].into_iter().zip(statuses).find(|(_, status)| *status == 204);
        if offset < length {
            client.brings(&url, offset as u64, &vec![b'c'; length - offset]).await;
        } else {
            offset = length;
        }
        let stored = client.stored().await;
        let (before, behind) = stored.split_at(offset);
        let writer = first.map_or(before.first().copied().unwrap_or(b'c'), |(byte, _)| byte);
        assert!(before.iter().all(|byte| *byte == writer), "bytes of two writers are mixed");
        assert!(behind.iter().all(|byte| *byte == b'c'));
        assert_eq!(client.send("DELETE", &url, &[], b"").await.status, 204);
    }
    assert!(wins > 0, "somebody wins");
    app.end().await;
}

/// C-PAT-18, C-HEAD-06
#[actix_web::test]
async fn a_request_that_stalls_does_not_stop_the_next_and_writes_nothing_afterwards() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    for (length, sent) in [(100, 33), (900_000, 20_000), (900_000, 700_000)] {
        let whole = text(length);
        let url = client.create("any", length as u64).await;
        let mut stalled = stalls(&app, &client, &url, length, &vec![b'?'; sent]).await;
        let offset = usize::try_from(client.offset(&url).await).unwrap();
        assert!(offset <= sent, "{offset}");
        // Nobody else writes: this offset is right.
        client.brings(&url, offset as u64, &whole[offset..length - 1]).await;
        stalled.send_what_goes(&vec![b'?'; length - sent]).await;
        let told = stalled.try_answer().await.map(|answer| answer.status);
        assert!([None, Some(409)].contains(&told), "{told:?}");
        client.brings(&url, length as u64 - 1, &whole[length - 1..]).await;
        let expected = [&vec![b'?'; offset][..], &whole[offset..]].concat();
        assert!(client.stored().await == expected, "it wrote later");
        assert_eq!(client.send("DELETE", &url, &[], b"").await.status, 204);
    }
    app.end().await;
}

/// C-HEAD-06: while a request is under way, and whoever asks.
#[actix_web::test]
async fn the_offset_that_is_told_is_taken_by_the_next_request() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let whole = text(5_000_000);
    let url = client.create("large", 5_000_000).await;
    let mut at = 0;
    for round in 0..5 {
        let (offset, rest) = (at.to_string(), (whole.len() - at).to_string());
        let headers = [BYTES, ("upload-offset", &offset), ("content-length", &rest)];
        let mut connection = client.raw(&app, "PATCH", &url, &headers).await;
        let end = at + 800_000 + round * 10_000;
        connection.send(&whole[at..end]).await;
        is_on_the_disk(&app, at as u64 + 500_000).await;
        let offset = usize::try_from(client.offset(&url).await).unwrap();
        assert!((at + 500_000..=end).contains(&offset), "{at} {offset} {end}");
        // Exactly there the next byte is taken.
        client.brings(&url, offset as u64, &whole[offset..offset + 1]).await;
        at = offset + 1;
    }
    client.brings(&url, at as u64, &whole[at..]).await;
    assert_eq!(client.stored().await, whole);
    app.end().await;
}

/// A conflict does not disturb whoever writes.
#[actix_web::test]
async fn who_is_wrong_about_the_offset_takes_nothing_over() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let whole = text(900_000);
    let url = client.create("any", 900_000).await;
    let mut writer = stalls(&app, &client, &url, 900_000, &whole[..700_000]).await;
    for at in [1, 900_000] {
        assert_eq!(client.patch(&url, at, b"x").await.status, 409);
    }
    writer.send(&whole[700_000..]).await;
    assert_eq!(writer.answer().await.status, 204);
    assert_eq!(client.stored().await, whole);
    app.end().await;
}
