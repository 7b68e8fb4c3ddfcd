//! RES-14: another program has the catalogue's file, and lets nobody write.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::Method;
use futures_util::future::join_all;
use longshore::testing::samples::{sha256, text};
use longshore::testing::{Visitor, until};
use rusqlite::Connection;

use super::super::oracle::Target;
use crate::support::Upload;
use crate::support::doors::{Outcome, doors_of_few_words, every_door, sent};
use crate::support::tus::Tus;

/// Somebody with a shell, who has begun something and gone for a coffee.
struct Somebody(Connection);

impl Somebody {
    fn locks(data: &Path) -> Self {
        let file = data.join("catalogue.sqlite3");
        assert!(file.is_file(), "{} is the catalogue", file.display());
        let connection = Connection::open(file).unwrap();
        connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
        Self(connection)
    }

    fn comes_back(self) {
        self.0.execute_batch("ROLLBACK").unwrap();
    }
}

async fn files_of(visitor: &Visitor) -> Vec<String> {
    let listed = visitor.listed().await;
    listed.iter().map(|file| file["sha256"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn res_14_a_locked_catalogue_makes_everybody_wait_or_come_again_and_nobody_lose_anything() {
    let target = Target::start().await;
    let bytes = text(60_000);
    // Uploads that have begun, by a page and by requests; one of those is half way, which was acknowledged.
    let page = target.visitor();
    let mut live = page.live("inbox").await;
    let begun = live.select("any", Upload::bytes("live.txt", bytes.clone())).await.unwrap();
    live.send(&begun, 1).await;
    let tus = Tus::of(&target).await;
    let url = tus.create("any", 60_000).await;
    assert_eq!(tus.patch(&url, 0, &bytes[..30_000]).await.status, 204);

    let somebody = Somebody::locks(&target.data());
    let answered = AtomicUsize::new(0);
    let doors: Vec<_> = every_door().into_iter().chain(doors_of_few_words()).collect();
    let visitors: Vec<_> = doors.iter().map(|_| target.visitor()).collect();
    let sending = join_all(doors.iter().zip(&visitors).map(async |(door, visitor)| {
        let file = [sent("new.txt", &bytes)];
        let outcome = door.send(visitor, "inbox", "any", &file).await.remove(0);
        answered.fetch_add(1, Ordering::Relaxed);
        outcome
    }));
    let finishing = async {
        live.send_all(&begun).await;
        live.settled(&begun).await
    };
    let going_on = tus.patch(&url, 30_000, &bytes[30_000..]);
    let watching = async {
        // Nobody waits without end: whoever had to have a row first is told to come again.
        let to_be_told = ["live", "tus", "draft"].len();
        let told = until("those who have not begun are told", || {
            answered.load(Ordering::Relaxed) >= to_be_told
        });
        let creating = tus.post("any", &[("upload-length", "10")], b"");
        let (create, reasons, ()) =
            futures_util::join!(creating, target.uploads().not_ready(), told);
        create.is_problem(503, "busy");
        assert_eq!(create.header("retry-after"), Some("5"));
        assert_eq!(create.json()["params"]["retry_after"], 5);
        assert_eq!(reasons, [longshore::NotReady::Catalogue]);
        // What only reads goes on.
        assert_eq!(
            tus.visitor().send(Method::GET, "/api/files", &[], Vec::new()).await.status,
            200
        );
        somebody.comes_back();
    };
    let (outcomes, end, answer, ()) = futures_util::join!(sending, finishing, going_on, watching);

    assert!(end.is_complete(), "{end}");
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(files_of(&page).await, [sha256(&bytes)]);
    assert_eq!(files_of(tus.visitor()).await, [sha256(&bytes)]);
    for ((door, visitor), outcome) in doors.iter().zip(&visitors).zip(outcomes) {
        let kept = match &outcome {
            Outcome::Stored(_) => vec![sha256(&bytes)],
            Outcome::Refused(code) => {
                assert_eq!(code, "busy", "{}", door.name());
                Vec::new()
            }
        };
        assert_eq!(files_of(visitor).await, kept, "{}: {outcome:?}", door.name());
        // Right after: the same again is taken.
        let again = door.send(visitor, "inbox", "any", &[sent("again.txt", &bytes)]).await;
        assert_eq!(again[0].word(), "stored", "{}", door.name());
    }
    live.disconnect();
    target.end().await;
}
