//! A daemon that scans, hangs, dies, lies and babbles.

use futures_util::future::join_all;

use super::*;
use crate::checks::Content;
use crate::checks::trial::{Unreadable, Whole, refused, verdict, verdict_on};
use crate::domain::Declaration;
use crate::testing::{FakeClamd, Mood, until};

const SHORT: Duration = Duration::from_millis(200);

async fn scanner() -> (FakeClamd, Clamd) {
    let daemon = FakeClamd::start().await;
    let check = Clamd::at(&daemon.address()).unwrap();
    (daemon, check)
}

fn failed() -> (Code, String) {
    (Code::CheckFailed, Code::CheckFailed.sentence().to_owned())
}

#[tokio::test]
async fn a_clean_file_passes_and_an_infected_one_does_not() {
    let (daemon, check) = scanner().await;
    assert_eq!((check.name(), check.stage()), ("clamd", Stage::Complete));
    assert_eq!(verdict(&check, "a.txt", &b""[..]).await, Verdict::Accept);
    assert_eq!(verdict(&check, "a.txt", &b"hello"[..]).await, Verdict::Accept);
    // Across pieces, too.
    for at in [0, 1, 256 * 1024 - 30, 600_000] {
        let mut bytes = vec![b'a'; at];
        bytes.extend(FakeClamd::eicar());
        bytes.extend([b'z'; 100]);
        let (code, sentence) = refused(verdict(&check, "a.txt", bytes).await);
        assert_eq!(code, Code::Infected);
        assert_eq!(sentence, Code::Infected.sentence(), "no signature is told");
    }
    assert_eq!(daemon.asked(), 6);
}

#[tokio::test]
async fn it_is_asked_over_a_socket_of_the_machine_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clamd.ctl");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let (daemon, _) = scanner().await;
    let relay = async {
        let (mut from, _) = listener.accept().await.unwrap();
        let mut to = tokio::net::TcpStream::connect(daemon.address()).await.unwrap();
        tokio::io::copy_bidirectional(&mut from, &mut to).await.unwrap();
    };
    let check = Clamd::at(path.to_str().unwrap()).unwrap();
    let (answer, ()) = tokio::join!(verdict(&check, "a", FakeClamd::eicar()), relay);
    assert_eq!(refused(answer).0, Code::Infected);
}

#[tokio::test]
async fn whatever_is_no_answer_is_a_refusal_unless_failures_are_let_in() {
    let (daemon, check) = scanner().await;
    let check = check.time_limit(SHORT);
    let open = check.clone().on_failure(OnFailure::Accept);
    for mood in [
        Mood::Waits,
        Mood::Sleeps,
        Mood::HangsUp,
        Mood::Says(b"stream: OK"),
        Mood::Says(b""),
        Mood::Says(b"HTTP/1.1 200 OK\r\n\r\n\0"),
        Mood::Says(b"INSTREAM size limit exceeded. ERROR\0"),
        Mood::Says(&[b'x'; 100_000]),
        Mood::Blurts(b"nonsense\0"),
    ] {
        daemon.mood(mood);
        for size in [10, 3_000_000] {
            let bytes = vec![b'a'; size];
            let answer = verdict(&check, "a.txt", bytes.clone()).await;
            assert_eq!(refused(answer), failed(), "{mood:?}");
            assert_eq!(verdict(&open, "a.txt", bytes).await, Verdict::Accept, "{mood:?}");
        }
    }
}

#[tokio::test]
async fn a_yes_before_all_was_sent_is_none() {
    let (daemon, check) = scanner().await;
    daemon.mood(Mood::Blurts(b"stream: OK\0"));
    // More than lies on the way between two sockets.
    let answer = verdict(&check, "a.txt", vec![b'a'; 50_000_000]).await;
    assert_eq!(refused(answer), failed());
}

#[tokio::test]
async fn what_is_found_is_found_however_failures_are_treated() {
    let (daemon, check) = scanner().await;
    let open = check.on_failure(OnFailure::Accept);
    assert_eq!(refused(verdict(&open, "a", FakeClamd::eicar()).await).0, Code::Infected);
    // It need not see the whole file to know.
    daemon.mood(Mood::Blurts(b"stream: X FOUND\0"));
    assert_eq!(refused(verdict(&open, "a", &b"hello"[..]).await).0, Code::Infected);
}

#[tokio::test]
async fn nobody_there_and_nothing_to_read_is_a_refusal() {
    let (daemon, check) = scanner().await;
    let unreadable: Option<&dyn Content> = Some(&Unreadable);
    for content in [None, unreadable] {
        let answer = verdict_on(&check, "a", Declaration::new(), content).await;
        assert_eq!(refused(answer), failed());
    }
    drop(daemon);
    let nobody = Clamd::at("/nowhere/clamd.ctl").unwrap();
    assert_eq!(refused(verdict(&nobody, "a", &b"hello"[..]).await), failed());
}

#[tokio::test]
async fn so_many_are_scanned_at_once_and_no_more() {
    let (daemon, check) = scanner().await;
    daemon.mood(Mood::Waits);
    let check = check.at_once(2);
    let files: Vec<Whole> = (0..6).map(|_| Whole(FakeClamd::eicar().into())).collect();
    let scans = files.iter().map(|file| {
        let check = check.clone();
        async move { verdict_on(&check, "a", Declaration::new(), Some(file)).await }
    });
    let watching = async {
        until("two are asked for", || daemon.asked() == 2).await;
        // Whoever may come too comes now.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(daemon.asked(), 2);
        daemon.mood(Mood::Scans);
    };
    let (answers, ()) = tokio::join!(join_all(scans), watching);
    assert!(answers.into_iter().all(|answer| refused(answer).0 == Code::Infected));
    assert_eq!(daemon.asked(), 6);
}

#[tokio::test]
async fn whoever_never_has_a_turn_is_not_kept_for_ever() {
    let (daemon, check) = scanner().await;
    daemon.mood(Mood::Waits);
    let check = check.at_once(1).time_limit(SHORT);
    let answers = join_all((0..4).map(|_| verdict(&check, "a", &b"hello"[..]))).await;
    assert!(answers.into_iter().all(|answer| refused(answer) == failed()));
}
