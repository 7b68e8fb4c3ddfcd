//! Other services are told of every file, once at least, signed, whatever breaks in between.

use std::net::TcpListener;
use std::time::Duration;

use longshore::blob::MemoryStore;
use longshore::catalogue::Memory;
use longshore::catalogue::faulty::FaultyCatalogue;
use longshore::testing::{TestServer, until};
use longshore::{Uploads, UploadsBuilder};

use crate::support::doors::{every_door, sent};
use crate::support::pages::{Inbox, templates};
use crate::support::receiver::{Manner, Receiver, SECRET};
use crate::support::{TestApp, Upload};

/// Often enough for a test.
const LOOK: Duration = Duration::from_millis(20);

fn telling(receiver: &Receiver) -> impl FnOnce(UploadsBuilder) -> UploadsBuilder {
    let webhook = receiver.webhook();
    move |builder| builder.webhook(webhook).webhook_look(LOOK)
}

#[actix_web::test]
async fn a_file_is_told_of_when_it_is_stored_and_when_it_is_deleted() {
    let receiver = Receiver::that(Manner::Status(204));
    let app = TestApp::with(telling(&receiver)).await;
    let visitor = app.visitor();
    let file = visitor.store("inbox", "any", Upload::bytes("Übung <1>.txt", b"hello")).await;
    let stored = receiver.hears(1).await.remove(0);
    let id = file["id"].as_str().unwrap();
    assert_eq!(visitor.delete(&format!("api/files/{id}")).await.status, 204);
    let deleted = receiver.hears(2).await.remove(1);
    for (letter, event) in [(&stored, "file.stored"), (&deleted, "file.deleted")] {
        assert!(letter.is_signed_with(SECRET), "{letter:?}");
        assert_eq!(letter.headers["content-type"], "application/json");
        assert_eq!(letter.headers["longshore-event"], event);
        let json = letter.json();
        assert_eq!((&json["event"], &json["id"]), (&event.into(), &letter.id().into()));
        assert!(json["created_at"].as_str().unwrap().ends_with('Z'), "{json}");
        for fact in ["id", "name", "size", "type", "sha256", "page", "slot", "created_at"] {
            assert_eq!(json["file"][fact], file[fact], "{fact}: {json}");
        }
        assert!(json["file"]["owner"].as_str().is_some_and(|owner| owner.len() == 36), "{json}");
    }
    assert_ne!(stored.id(), deleted.id());
    app.end().await;
}

#[actix_web::test]
async fn a_file_is_told_of_whatever_door_it_came_by_and_a_refused_one_is_not() {
    let receiver = Receiver::that(Manner::Status(200));
    let app = TestApp::with(telling(&receiver)).await;
    let mut told = 0;
    for door in every_door() {
        let visitor = app.visitor();
        let good = [sent("a.txt", b"good"), sent("evil.jpg", b"MZ is no picture at all")];
        door.send(&visitor, "inbox", "any", &good[..1]).await;
        door.send(&visitor, "inbox", "pictures", &good[1..]).await;
        told += 1;
        let letters = receiver.hears(told).await;
        assert_eq!(letters[told - 1].json()["file"]["name"], "a.txt", "{}", door.name());
    }
    app.end().await;
    assert_eq!(receiver.heard().len(), told);
}

#[actix_web::test]
async fn a_letter_that_was_not_taken_comes_again_with_the_same_id_and_body() {
    let receiver = Receiver::that(Manner::Status(503));
    let app = TestApp::with(telling(&receiver)).await;
    app.visitor().store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    receiver.hears(1).await;
    receiver.hears_in_time(2, app.clock()).await;
    receiver.behave(Manner::Status(200));
    let letters = receiver.hears_in_time(3, app.clock()).await;
    for letter in &letters {
        assert_eq!((letter.id(), &letter.body), (letters[0].id(), &letters[0].body));
        assert!(letter.is_signed_with(SECRET));
    }
    let sent_at = |at: usize| letters[at].headers["longshore-timestamp"].parse::<i64>().unwrap();
    assert!(sent_at(0) < sent_at(1) && sent_at(1) < sent_at(2), "each with its own time");
    app.clock().advance(Duration::from_secs(40_000));
    app.visitor().store("inbox", "any", Upload::bytes("b.txt", b"x")).await;
    let letters = receiver.hears(4).await;
    assert_eq!(letters[3].json()["file"]["name"], "b.txt", "what was taken does not come again");
    app.end().await;
}

#[actix_web::test]
async fn what_was_not_told_is_told_by_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let nobody =
        longshore::Webhook::to(format!("http://{address}/")).secret(SECRET).allow_private();
    let data = folder.path().join("data");
    let start = async |webhook| {
        TestServer::start(|builder| {
            let builder = builder.templates(templates(&[])).page("inbox", || Inbox);
            builder.data(&data).webhook(webhook).webhook_look(LOOK)
        })
        .await
    };
    let server = start(nobody.clone()).await;
    let names = ["a.txt", "b.txt", "c.txt"];
    for name in names {
        server.visitor().store("inbox", "any", Upload::bytes(name, name)).await;
    }
    server.stop().await;
    let receiver = Receiver::on(TcpListener::bind(address).unwrap(), Manner::Status(200));
    let server = start(nobody).await;
    server.clock().advance(Duration::from_secs(60));
    let letters = receiver.hears(3).await;
    let mut told: Vec<_> = letters
        .iter()
        .map(|letter| letter.json()["file"]["name"].as_str().unwrap().to_owned())
        .collect();
    told.sort();
    assert_eq!(told, names);
    server.stop().await;
}

#[actix_web::test]
async fn each_of_several_receivers_is_told_whatever_becomes_of_the_others() {
    let (good, bad) = (Receiver::that(Manner::Status(200)), Receiver::that(Manner::Status(410)));
    let silent = Receiver::that(Manner::Silent);
    let app = TestApp::with(|builder| {
        let all = [&good, &bad, &silent];
        let builder = all.into_iter().fold(builder, |builder, one| builder.webhook(one.webhook()));
        builder.webhook_look(LOOK)
    })
    .await;
    for name in ["a.txt", "b.txt"] {
        app.visitor().store("inbox", "any", Upload::bytes(name, b"x")).await;
    }
    let letters = good.hears(2).await;
    bad.hears(2).await;
    silent.hears(2).await;
    let told = bad.heard();
    assert!(letters.iter().all(|letter| told.iter().any(|other| other.id() == letter.id())));
    // Whoever says that they will never want it is not asked again.
    app.clock().advance(Duration::from_secs(4_000));
    app.visitor().store("inbox", "any", Upload::bytes("c.txt", b"x")).await;
    good.hears(3).await;
    let letters = bad.hears(3).await;
    assert_eq!(letters[2].json()["file"]["name"], "c.txt");
    app.stop().await;
}

#[actix_web::test]
async fn while_a_secret_is_exchanged_receivers_of_either_are_content() {
    let receiver = Receiver::that(Manner::Status(200));
    let webhook = receiver.webhook().secret("the new one, which is better");
    let app = TestApp::with(|builder| builder.webhook(webhook).webhook_look(LOOK)).await;
    app.visitor().store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    let letter = receiver.hears(1).await.remove(0);
    assert!(letter.is_signed_with(SECRET) && letter.is_signed_with("the new one, which is better"));
    assert!(!letter.is_signed_with("a secret of somebody else"));
    app.end().await;
}

#[actix_web::test]
async fn a_catalogue_that_keeps_no_letters_is_said_at_the_start() {
    let receiver = Receiver::that(Manner::Status(200));
    let catalogue = FaultyCatalogue::new(Memory::new());
    let builder = || {
        let builder = Uploads::builder().store(MemoryStore::default()).catalogue(catalogue.clone());
        builder.webhook(receiver.webhook())
    };
    let error = builder().start().await.expect_err("no letters are kept").to_string();
    assert!(error.contains("outbox"), "{error}");
    let started = builder().outbox(catalogue.clone()).start().await.expect("now they are");
    started.shutdown(Duration::ZERO).await;
    let twice = builder().outbox(catalogue.clone()).webhook(receiver.webhook()).start().await;
    assert!(twice.expect_err("the same twice").to_string().contains("given twice"));
}

#[actix_web::test]
async fn a_stopped_service_tells_nobody_any_more() {
    let receiver = Receiver::that(Manner::Silent);
    let app = TestApp::with(telling(&receiver)).await;
    app.visitor().store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    receiver.hears(1).await;
    // Whoever hangs holds nobody up: this returns long before the attempt is over.
    app.stop().await;
    until("nobody is connected", || receiver.heard().len() == 1).await;
}
