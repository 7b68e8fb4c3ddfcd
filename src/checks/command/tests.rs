//! Programs that say yes, no, nothing and too much, and those that don't end.

use std::path::Path;

use super::*;
use crate::checks::OnFailure;
use crate::checks::trial::{Unreadable, Whole, refused, verdict, verdict_on};
use crate::domain::Declaration;
use crate::testing::until;

/// A script of the operator's; the shell is his.
fn script(text: &str) -> CommandCheck {
    CommandCheck::run("/bin/sh").arguments(["-c", text])
}

fn failed() -> (Code, String) {
    (Code::CheckFailed, Code::CheckFailed.sentence().to_owned())
}

#[tokio::test]
async fn zero_is_yes_one_is_no_and_anything_else_is_a_failure() {
    let check = script("exec cat >/dev/null");
    assert_eq!((check.name(), check.stage()), ("command", Stage::Complete));
    assert_eq!(verdict(&check, "a", &b"hello"[..]).await, Verdict::Accept);
    let no = verdict(&script("exit 1"), "a", &b"hello"[..]).await;
    assert_eq!(refused(no), (Code::NotAccepted, Code::NotAccepted.sentence().to_owned()));
    for failing in [
        script("exit 2"),
        script("exit 127"),
        script("kill -9 $$"),
        CommandCheck::run("/nowhere/at/all"),
        CommandCheck::run("/"),
    ] {
        assert_eq!(refused(verdict(&failing, "a", &b"hello"[..]).await), failed(), "{failing:?}");
        let open = failing.on_failure(OnFailure::Accept);
        assert_eq!(verdict(&open, "a", &b"hello"[..]).await, Verdict::Accept);
    }
    for content in [None, Some(&Unreadable as &dyn crate::checks::Content)] {
        let answer = verdict_on(&script("cat"), "a", Declaration::new(), content).await;
        assert_eq!(refused(answer), failed());
    }
}

#[tokio::test]
async fn it_reads_the_whole_file_or_as_much_as_it_likes() {
    let bytes: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_be_bytes).collect();
    let digest = crate::testing::samples::sha256(&bytes);
    let same = script(&format!("test \"$(sha256sum)\" = '{digest}  -'"));
    assert_eq!(verdict(&same, "a", bytes.clone()).await, Verdict::Accept);
    assert_eq!(verdict(&script("head -c 3 >/dev/null"), "a", bytes).await, Verdict::Accept);
}

#[tokio::test]
async fn its_first_line_is_the_sentence() {
    for (prints, sentence) in [
        ("No cats, please.\\nA second line", "No cats, please."),
        ("\\033[31mRed\\r\\n", "[31mRed"),
        ("\\342\\200\\256evil", "evil"),
        ("", Code::NotAccepted.sentence()),
        ("\\n\\nlater", Code::NotAccepted.sentence()),
    ] {
        let check = script(&format!("printf '{prints}'; echo nothing of this >&2; exit 1"));
        let answer = refused(verdict(&check, "a", &b"hello"[..]).await);
        assert_eq!(answer, (Code::NotAccepted, sentence.to_owned()));
    }
    let long = script("head -c 100000 /dev/zero | tr '\\0' a; exit 1");
    let (_, sentence) = refused(verdict(&long, "a", &b"hello"[..]).await);
    assert_eq!(sentence.len(), LONGEST_SENTENCE);
}

#[tokio::test]
async fn nothing_of_ours_and_nothing_of_the_clients_is_in_its_environment() {
    let expected = "LANG=C.UTF-8\nLONGSHORE_ENTRY=00000000-0000-0000-0000-000000000001\n\
                    LONGSHORE_SIZE=0\nLONGSHORE_TYPE=application/octet-stream\n\
                    PATH=/usr/local/bin:/usr/bin:/bin";
    let check = script(&format!(
        "test \"$(/usr/bin/env | grep -v -e '^PWD=' -e '^OLDPWD=' -e '^SHLVL=' -e '^_=' | sort)\" = '{expected}' \
         && test \"$(pwd)\" = /"
    ));
    let named = verdict(&check, "$(touch pwned);`id`.txt", &b"hello"[..]).await;
    assert_eq!(named, Verdict::Accept);
}

#[tokio::test]
async fn no_shell_looks_at_the_arguments() {
    let odd = "$(exit 3); `exit 4` ' \" | *";
    let check = CommandCheck::run("/usr/bin/printf").arguments(["%s", odd]);
    assert_eq!(verdict(&check, "a", &b""[..]).await, Verdict::Accept);
    let same = CommandCheck::run("/usr/bin/test").arguments([odd, "=", odd]);
    assert_eq!(verdict(&same, "a", &b""[..]).await, Verdict::Accept);
}

/// A script that never ends, and neither does its child; both numbers are in a file.
fn endless(numbers: &Path) -> CommandCheck {
    let path = numbers.display();
    script(&format!(
        "sleep 1000 & echo $$ $! > '{path}.part'; mv '{path}.part' '{path}'; wait; wait"
    ))
}

/// Nothing of it runs any more. What was its child is somebody else's to wait for.
async fn are_gone(numbers: &Path) {
    until("the numbers are there", || numbers.exists()).await;
    let text = std::fs::read_to_string(numbers).unwrap();
    let (own, child) = text.trim().split_once(' ').unwrap();
    let state = |id: &str| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        stat.rsplit(')').next()?.trim().chars().next()
    };
    until("the program is gone, and waited for", || state(own).is_none()).await;
    until("its child is gone", || matches!(state(child), None | Some('Z'))).await;
}

#[tokio::test]
async fn whoever_does_not_end_is_killed_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = folder.path().join("numbers");
    let check = endless(&numbers).time_limit(Duration::from_millis(500));
    assert_eq!(refused(verdict(&check, "a", &b"hello"[..]).await), failed());
    are_gone(&numbers).await;
}

#[tokio::test]
async fn nobody_waits_any_more_and_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = folder.path().join("numbers");
    let check = endless(&numbers);
    let content = Whole(bytes::Bytes::from_static(b"hello"));
    tokio::select! {
        answer = verdict_on(&check, "a", Declaration::new(), Some(&content)) => {
            panic!("it ended: {answer:?}")
        }
        () = until("it runs", || numbers.exists()) => {}
    }
    are_gone(&numbers).await;
}

#[tokio::test]
async fn whoever_prints_without_end_takes_no_memory_and_is_killed() {
    for prints in ["yes", "yes >&2", "yes & yes >&2"] {
        let check = script(prints).time_limit(Duration::from_millis(200));
        assert_eq!(refused(verdict(&check, "a", &b"hello"[..]).await), failed());
    }
}

#[tokio::test]
async fn one_that_leaves_its_pipes_to_a_child_has_ended_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let number = folder.path().join("number");
    let text = format!("sleep 1000 & echo $! > '{}'; echo Because.; exit 1", number.display());
    let answer = refused(verdict(&script(&text), "a", &b"hello"[..]).await);
    assert_eq!(answer.1, "Because.");
    let child = std::fs::read_to_string(&number).unwrap().trim().parse().unwrap();
    let child = rustix::process::Pid::from_raw(child).unwrap();
    rustix::process::kill_process(child, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn one_at_a_time_is_one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("lock");
    let text = format!("mkdir '{0}' || exit 9; sleep 0.05; rmdir '{0}'", lock.display());
    let check = script(&text).at_once(1);
    let runs = (0..4).map(|_| verdict(&check, "a", &b"hello"[..]));
    let answers = futures_util::future::join_all(runs).await;
    assert!(answers.iter().all(|answer| *answer == Verdict::Accept), "{answers:?}");
}
