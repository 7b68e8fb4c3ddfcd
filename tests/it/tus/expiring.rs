//! Upload-Expires, and uploads whose time is over.

use std::path::Path;
use std::time::Duration;

use longshore::testing::samples::text;
use longshore::testing::within;

use crate::support::TestApp;
use crate::support::tus::{BYTES, Tus, id};

const HOUR: Duration = Duration::from_secs(3_600);

async fn for_an_hour(data: Option<&Path>) -> TestApp {
    TestApp::with(|builder| {
        let builder = builder.entry_ttl(HOUR);
        match data {
            Some(data) => builder.data(data),
            None => builder,
        }
    })
    .await
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` and nothing else.
fn is_an_http_date(text: &str) -> bool {
    let form = "Aaa, 00 Aaa 0000 00:00:00 GMT";
    text.len() == form.len()
        && text.ends_with(" GMT")
        && text.chars().zip(form.chars()).all(|(c, form)| match form {
            '0' => c.is_ascii_digit(),
            'A' => c.is_ascii_uppercase(),
            'a' => c.is_ascii_lowercase(),
            form => c == form || form == 'G' || form == 'M' || form == 'T',
        })
}

/// EX-01, EX-02
#[actix_web::test]
async fn what_is_unfinished_says_until_when() {
    let app = for_an_hour(None).await;
    let client = Tus::of(&app).await;
    let answer = client.post("any", &[("upload-length", "100")], b"").await;
    let url = answer.header("location").unwrap().to_owned();
    let mut told = vec![answer.header("upload-expires").unwrap().to_owned()];
    app.clock().advance(HOUR / 2);
    let answer = client.patch(&url, 0, &text(40)).await;
    told.push(answer.header("upload-expires").unwrap().to_owned());
    told.push(client.head(&url).await.header("upload-expires").unwrap().to_owned());
    assert!(told.iter().all(|date| is_an_http_date(date)), "{told:?}");
    assert_ne!(told[0], told[1], "who goes on has more time");
    assert_eq!(told[1], told[2]);
    let last = client.patch(&url, 40, &text(60)).await;
    assert_eq!((last.status, last.header("upload-expires")), (204, None));
    assert_eq!(client.head(&url).await.header("upload-expires"), None);
    app.end().await;
}

/// EX-03, EX-05
#[actix_web::test]
async fn what_is_over_is_gone_and_what_is_complete_is_not() {
    let app = for_an_hour(None).await;
    let client = Tus::of(&app).await;
    let (over, whole) = (client.create("any", 100).await, client.create("any", 100).await);
    client.brings(&over, 0, &text(40)).await;
    client.brings(&whole, 0, &text(100)).await;
    app.clock().advance(HOUR + Duration::from_secs(1));
    for swept in [false, true] {
        if swept {
            app.sweep().await;
            app.spool_empties().await;
        }
        let head = client.head(&over).await;
        assert!([404, 410].contains(&head.status), "{}", head.status);
        assert!(swept || head.status == 410);
        assert_eq!(head.header("upload-offset"), None);
        let answer = client.patch(&over, 40, &text(60)).await;
        assert!([404, 410].contains(&answer.status), "{}", answer.status);
    }
    assert_eq!((client.offset(&whole).await, client.stored().await), (100, text(100)));
    app.end().await;
}

/// EX-04
#[actix_web::test]
async fn a_request_that_is_under_way_when_time_is_over_ends_with_all_or_nothing() {
    let app = for_an_hour(None).await;
    let client = Tus::of(&app).await;
    let whole = text(900_000);
    let url = client.create("any", 900_000).await;
    let headers = [BYTES, ("upload-offset", "0"), ("content-length", "900000")];
    let mut writer = client.raw(&app, "PATCH", &url, &headers).await;
    writer.send(&whole[..700_000]).await;
    let path = format!("api/entries/{}", id(&url));
    let begun = async {
        while client.visitor().get(&path).await.json()["state"] != "receiving" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within("the first bytes", begun).await;
    app.clock().advance(HOUR * 2);
    app.sweep().await;
    writer.send_what_goes(&whole[700_000..]).await;
    let answer = writer.answer().await;
    match answer.status {
        204 => assert_eq!(client.stored().await, whole),
        410 => client.nothing_is_stored().await,
        other => panic!("{other}: {}", answer.head),
    }
    app.end().await;
}

/// EX-06
#[actix_web::test]
async fn time_goes_on_while_the_server_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let app = for_an_hour(Some(&folder.path().join("data"))).await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    client.brings(&url, 0, &text(40)).await;
    let cookie = client.visitor().cookie().unwrap();
    app.stop().await;
    let app = for_an_hour(Some(&folder.path().join("data"))).await;
    app.clock().advance(HOUR + Duration::from_secs(1));
    let client = Tus::by(&app.visitor().with_cookie(&cookie));
    let head = client.head(&url).await;
    assert_eq!((head.status, head.header("upload-offset")), (410, None));
    assert_eq!(client.patch(&url, 40, &text(60)).await.status, 410);
    app.stop().await;
}
