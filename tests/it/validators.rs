//! Rules of an application's own: asked before a file travels, at its first bytes, and when it is whole.

use async_trait::async_trait;
use longshore::checks::{Check, Stage, Subject, Verdict};
use longshore::testing::Upload;
use longshore::{Code, Entry, Rejection, SlotOptions, ViewError};
use serde_json::{Value, json};

use crate::room::{Gate, Notes, Room};
use crate::support::live::OthersGoOn;
use crate::support::pages;
use crate::support::{Form, TestApp};
use longshore::testing::samples::text;

const WORDS: &str = "Its name must begin with “invoice”.";

async fn keep(entry: Entry, session: longshore::UploadSession) -> Result<(), ViewError> {
    if entry.done() { pages::keep(&entry, &session).await } else { Ok(()) }
}

/// A slot for two invoices of at most 50,000 bytes, whose validators note what they are asked.
async fn office(asked: &Notes, gate: &Gate) -> TestApp {
    let (first, second, gate) = (asked.clone(), asked.clone(), gate.clone());
    let invoices = SlotOptions::new()
        .accept(".txt")
        .max_entries(2)
        .max_file_size(50_000)
        .validate(move |entry| {
            first.note(format!("first {}", entry.name));
            assert_ne!(entry.name.as_str(), "invoice panics.txt", "on purpose");
            let gate = gate.clone();
            async move {
                match entry.name.as_str() {
                    "invoice panics later.txt" => panic!("on purpose"),
                    "invoice slow.txt" => gate.passed().await,
                    _ => tokio::task::yield_now().await,
                }
                match entry.name.as_str().starts_with("invoice") {
                    true => Ok(()),
                    false => Err(Rejection::because(WORDS)),
                }
            }
        })
        .validate(move |entry| {
            second.note(format!("second {}", entry.name));
            async move {
                match entry.name.as_str().contains("old") {
                    true => Err(Rejection::new(Code::QuotaExceeded).with_message("Too old.")),
                    false => Ok(()),
                }
            }
        });
    Room::new(vec![("invoices", invoices)]).on_progress(keep).open().await
}

async fn offer(live: &mut crate::support::LivePage, files: &[(&str, u64)]) -> Value {
    let entries: Vec<Value> = files
        .iter()
        .map(|(name, size)| json!({ "ref": name.replace(' ', "-"), "name": name, "size": size }))
        .collect();
    live.say(&json!({ "type": "register", "slot": "invoices", "entries": entries })).await;
    live.hear("registered").await
}

#[actix_web::test]
async fn a_refused_file_is_told_in_the_applications_words_through_every_door() {
    let app = office(&Notes::default(), &Gate::closed()).await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let answer = offer(&mut live, &[("letter.txt", 5)]).await;
    let error = &answer["errors"][0];
    assert_eq!((&error["code"], &error["message"]), (&"not_accepted".into(), &WORDS.into()));

    let form = || Form::new().file("invoices", "letter.txt", b"bytes");
    let json = visitor.post("/room", form().file("invoices", "invoice.txt", b"1")).await.json();
    let error = &json["errors"][0];
    assert_eq!((&error["name"], &error["message"]), (&"letter.txt".into(), &WORDS.into()));
    assert_eq!(json["files"][0]["name"], "invoice.txt");

    let back = visitor.submit("/room", form()).await;
    let page = visitor.get(back.header("location").expect("a way back")).await.text();
    assert!(page.contains("letter.txt") && page.contains(WORDS), "{page}");
    assert_eq!(visitor.listed().await.len(), 1);
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn the_slots_own_rules_come_first_and_the_first_refusal_counts() {
    let asked = Notes::default();
    let app = office(&asked, &Gate::closed()).await;
    let mut live = app.visitor().live("room").await;
    let files =
        [("huge.txt", 50_001), ("invoice.exe", 5), ("letter old.txt", 5), ("invoice old.txt", 5)];
    let answer = offer(&mut live, &files).await;
    let codes: Vec<&str> =
        answer["errors"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["too_large", "not_accepted", "not_accepted", "quota_exceeded"]);
    let expected = ["first letter old.txt", "first invoice old.txt", "second invoice old.txt"];
    assert_eq!(asked.all(), expected, "nobody is asked about what a rule refuses");
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_refused_file_takes_no_place_from_the_others() {
    let app = office(&Notes::default(), &Gate::closed()).await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let files = [
        ("a.txt", 5),
        ("invoice 1.txt", 5),
        ("b.txt", 5),
        ("invoice 2.txt", 5),
        ("invoice 3.txt", 5),
    ];
    let answer = offer(&mut live, &files).await;
    let names: Vec<&Value> =
        answer["entries"].as_array().unwrap().iter().map(|entry| &entry["ref"]).collect();
    assert_eq!(names, ["invoice-1.txt", "invoice-2.txt"]);
    assert_eq!(answer["errors"][2]["code"], "too_many_files");
    let form =
        files.iter().fold(Form::new(), |form, (name, _)| form.file("invoices", name, b"12345"));
    let json = visitor.post("/room", form).await.json();
    assert_eq!(
        (json["files"].as_array().unwrap().len(), &json["errors"][2]["code"]),
        (2, &"too_many_files".into())
    );
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_validator_that_panics_refuses_the_file_and_no_other() {
    let app = office(&Notes::default(), &Gate::closed()).await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    for name in ["invoice panics.txt", "invoice panics later.txt"] {
        let answer = offer(&mut live, &[(name, 5), ("invoice.txt", 5)]).await;
        assert_eq!(answer["errors"][0]["code"], "check_failed", "{answer}");
        assert_eq!(answer["entries"].as_array().unwrap().len(), 1, "{answer}");
        live.say(&json!({ "type": "cancel", "ref": "invoice.txt" })).await;
        live.settled("invoice.txt").await;
        let answer = visitor.post("/room", Form::new().file("invoices", name, b"12345")).await;
        assert_eq!(answer.code(), "check_failed");
    }
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_validator_that_thinks_holds_up_nobody_elses_bytes() {
    let (asked, gate) = (Notes::default(), Gate::closed());
    let app = office(&asked, &gate).await;
    let mut live = app.visitor().live("room").await;
    let other = live.register("any", "c1", "other.txt", 50_000).await.unwrap();
    let entries = json!([{ "ref": "c2", "name": "invoice slow.txt", "size": 5 }]);
    live.say(&json!({ "type": "register", "slot": "invoices", "entries": entries })).await;
    let entries = json!([{ "ref": "c3", "name": "next.txt", "size": 5 }]);
    live.say(&json!({ "type": "register", "slot": "any", "entries": entries })).await;
    asked.until("first invoice slow.txt").await;
    live.write(&other, &text(50_000)).await;
    assert_eq!(live.settled("c1").await["status"], "complete");
    let said = live.said_until_now().await;
    assert!(!said.iter().any(|message| message["type"] == "registered"), "{said:?}");
    gate.open();
    for reference in ["c2", "c3"] {
        let answer = live.hear("registered").await;
        assert_eq!(
            answer["entries"][0]["ref"], reference,
            "in the order in which they were offered"
        );
    }
    drop(live);
    app.end().await;
}

/// Refuses files in which the letter at this place is not an `x`, at one stage or the other.
#[derive(Debug)]
struct Marked(Stage, Notes);

/// Where the mark is: on both sides of a border between two blocks of the store.
const PLACE: u64 = 65_534;

#[async_trait]
impl Check for Marked {
    fn name(&self) -> &'static str {
        "marked"
    }

    fn stage(&self) -> Stage {
        self.0
    }

    async fn check(&self, subject: Subject<'_>) -> Verdict {
        let name = subject.entry.name.as_str();
        self.1.note(format!("{:?} {name}", self.0));
        assert_ne!(name, "panics.txt", "on purpose");
        let Some(content) = subject.content else {
            assert_eq!(subject.head.len(), 4);
            return match subject.head {
                b"line" => Verdict::Accept,
                _ => Verdict::Refuse(Rejection::because("It must begin with a line.")),
            };
        };
        let read = async |from, length| content.read_at(from, length).await.unwrap();
        let length = subject.entry.offset;
        assert_eq!(read(length - 2, 10).await.len(), 2, "fewer at the end");
        assert!(read(length, 10).await.is_empty(), "none behind it");
        assert_eq!(&read(0, 6).await[..], b"line 0");
        match &read(PLACE, 4).await[..] {
            b"xxxx" => Verdict::Accept,
            _ => Verdict::Refuse(Rejection::new(Code::Infected).with_message("It has no mark.")),
        }
    }
}

fn marked() -> Vec<u8> {
    let (mut bytes, place) = (text(200_000), usize::try_from(PLACE).unwrap());
    bytes[place..place + 4].fill(b'x');
    bytes
}

#[actix_web::test]
async fn a_check_of_the_whole_file_reads_it_and_says_no_before_it_is_stored() {
    let asked = Notes::default();
    let (head, whole) =
        (Marked(Stage::Head(4), asked.clone()), Marked(Stage::Complete, asked.clone()));
    let slot = SlotOptions::new().max_entries(10).check(head).check(whole);
    let app = Room::new(vec![("marked", slot)]).on_progress(keep).open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let mut headless = marked();
    headless[0] = b'L';
    for (name, bytes, code, message) in [
        ("unmarked.txt", text(200_000), "infected", "It has no mark."),
        ("headless.txt", headless, "not_accepted", "It must begin with a line."),
        ("panics.txt", marked(), "check_failed", "This file couldn't be checked. Try again later."),
    ] {
        let entry = live.register("marked", name, name, 200_000).await.unwrap();
        live.write(&entry, &bytes).await;
        let end = live.settled(name).await;
        assert_eq!(
            (&end["error"]["code"], &end["error"]["message"]),
            (&code.into(), &message.into())
        );
        let json = visitor.post("/room", Form::new().file("marked", name, &bytes)).await.json();
        let error = &json["errors"][0];
        assert_eq!((&error["code"], &error["message"]), (&code.into(), &message.into()));
        assert!(app.blobs().is_empty(), "{name}");
        until_spool_empties(&app).await;
    }
    live.upload("marked", Upload::bytes("good.txt", marked())).await;
    visitor.post("/room", Form::new().file("marked", "good.txt", marked())).await;
    assert_eq!((visitor.listed().await.len(), app.blobs().len()), (2, 2));
    // The checks of one slot are not asked about the files of another.
    let before = asked.all().len();
    live.others_go_on().await;
    assert_eq!(asked.all().len(), before);
    let seen = |note: &str| asked.all().iter().filter(|known| *known == note).count();
    assert_eq!((seen("Head(4) headless.txt"), seen("Complete headless.txt")), (2, 0));
    assert_eq!((seen("Head(4) good.txt"), seen("Complete good.txt")), (2, 2));
    drop(live);
    app.end().await;
}

/// No file: a live session keeps its folder.
async fn until_spool_empties(app: &TestApp) {
    let files = || app.spool().into_iter().filter(|path| path.is_file()).count();
    longshore::testing::until("no unfinished file", || files() == 0).await;
}
