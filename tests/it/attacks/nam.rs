//! NAM: names and paths. The table of names is that of [`names`](crate::names).

mod ids;

use actix_web::http::Method;
use longshore::testing::raw::RawConnection;
use longshore::testing::samples::text;
use serde_json::json;

use super::oracle::Target;
use crate::names::{become_harmless, is_shown_as};
use crate::support::doors::{doors_of_few_words, every_door, sent};
use crate::support::tus::{Tus, metadata};
use crate::support::{Form, Upload};

#[actix_web::test]
async fn nam_01_a_path_climbs_nowhere() {
    become_harmless("NAM-01").await;
}

#[actix_web::test]
async fn nam_02_an_absolute_path_leads_nowhere() {
    become_harmless("NAM-02").await;
}

#[actix_web::test]
async fn nam_03_dots_and_nothing_are_no_names() {
    become_harmless("NAM-03").await;
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        let outcomes = door.send(&target.visitor(), "inbox", "any", &[sent("..\\", "x")]).await;
        // In a form the backslash takes the end of the name away.
        let code = outcomes[0].word();
        assert!(["empty_name", "invalid_message"].contains(&code), "{}: {code}", door.name());
        target.end().await;
    }
}

#[actix_web::test]
async fn nam_04_of_a_windows_path_the_last_component_is_left() {
    become_harmless("NAM-04").await;
}

#[actix_web::test]
async fn nam_05_an_encoded_path_is_text() {
    become_harmless("NAM-05").await;
}

#[actix_web::test]
async fn nam_07_a_name_with_nul_is_refused_by_every_door() {
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        let visitor = target.visitor();
        for name in ["a.png\0.php", "\0", "a\0"] {
            let files = [sent(name, "bytes")];
            if !door.can_send("inbox", "any", &files) {
                continue;
            }
            let outcomes = door.send(&visitor, "inbox", "any", &files).await;
            // In a form NUL already breaks the header of its part.
            let code = outcomes[0].word();
            assert!(["invalid_name", "invalid_message"].contains(&code), "{}: {code}", door.name());
        }
        assert!(visitor.listed().await.is_empty());
        target.end().await;
    }
}

#[actix_web::test]
async fn nam_08_controls_are_taken_out_or_refused() {
    become_harmless("NAM-08").await;
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        let visitor = target.visitor();
        let files = [sent("bell\u{7}esc\u{1b}[31m\u{7f}.txt", "bytes")];
        if door.can_send("inbox", "any", &files) {
            let outcomes = door.send(&visitor, "inbox", "any", &files).await;
            match outcomes[0].word() {
                "stored" => is_shown_as(&visitor, "bellesc[31m.txt").await.unwrap(),
                // They are no part of a header, so a form can't be read.
                code => assert_eq!(code, "invalid_message", "{}", door.name()),
            }
        }
        target.end().await;
    }
}

#[actix_web::test]
async fn nam_09_what_turns_a_name_around_is_taken_out() {
    become_harmless("NAM-09").await;
    // The extension is the one that a program goes by, not the one that is seen.
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        let files = [sent("photo\u{202e}gnp.exe", "MZ")];
        if door.can_send("inbox", "pictures", &files) {
            let outcomes = door.send(&target.visitor(), "inbox", "pictures", &files).await;
            assert_eq!(outcomes[0].word(), "not_accepted", "{}", door.name());
        }
        target.end().await;
    }
}

#[actix_web::test]
async fn nam_11_devices_of_windows_become_files() {
    become_harmless("NAM-11").await;
}

#[actix_web::test]
async fn nam_13_dots_and_spaces_at_the_ends_hide_nothing() {
    become_harmless("NAM-13").await;
}

#[actix_web::test]
async fn nam_14_a_long_name_is_cut_before_its_extension() {
    become_harmless("NAM-14").await;
}

/// 65,536 bytes are more than a header may have; a live page could say them, but for its limit of messages.
#[actix_web::test]
async fn nam_14_a_name_of_64_kib_is_cut_or_refused() {
    let target = Target::start().await;
    let (long, visitor) = ("n".repeat(65_536), target.visitor());
    let mut statuses = Vec::new();
    for (path, header) in [
        (
            "/tus/inbox/any",
            format!("Tus-Resumable: 1.0.0\r\nUpload-Length: 1\r\nUpload-Metadata: filename {long}"),
        ),
        (
            "/resumable/inbox/any",
            format!("Content-Length: 0\r\nContent-Disposition: inline; filename=\"{long}\""),
        ),
        (&*format!("/resumable/inbox/any/{long}"), "Content-Length: 0".to_owned()),
        ("/filepond/inbox/any?patch=x", format!("Content-Length: 0\r\nUpload-Name: {long}")),
    ] {
        let mut connection = RawConnection::to(&target).await;
        let request = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n");
        connection.send_what_goes(request.as_bytes()).await;
        statuses.push(connection.try_answer().await.map_or(0, |answer| answer.status));
    }
    let fine = |status: &u16| [0, 200, 400, 404, 414, 431].contains(status);
    assert!(statuses.iter().all(fine), "{statuses:?}");
    for page in ["inbox", "filepond/inbox/any", "resumable/inbox/any"] {
        let body = Form::new().file("any", &format!("{long}.txt"), b"x");
        let answer = visitor.reconnected().post(page, body).await;
        assert!([200, 201, 400].contains(&answer.status), "{page}: {}", answer.text());
    }
    let mut live = visitor.live("inbox").await;
    let entry = json!({ "ref": "c1", "name": long, "size": 1 });
    live.say(&json!({ "type": "register", "slot": "any", "entries": [entry] })).await;
    assert_eq!(live.close_code().await, 1009);
    for file in visitor.listed().await {
        assert!(file["name"].as_str().unwrap().len() <= 255);
    }
    target.end().await;
}

#[actix_web::test]
async fn nam_16_equal_names_are_files_side_by_side() {
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        let visitor = target.visitor();
        let files = [sent("a.txt", "one"), sent("A.txt", "two"), sent("a.txt", "three")];
        for outcome in door.send(&visitor, "inbox", "any", &files).await {
            assert_eq!(outcome.word(), "stored", "{}", door.name());
        }
        let mut found = Vec::new();
        for file in visitor.listed().await {
            let bytes = visitor.get(file["url"].as_str().unwrap()).await.text();
            found.push((file["name"].as_str().unwrap().to_owned(), bytes));
        }
        found.sort();
        let expected = [("A.txt", "two"), ("a.txt", "one"), ("a.txt", "three")];
        assert_eq!(found, expected.map(|(name, bytes)| (name.to_owned(), bytes.to_owned())));
        target.end().await;
    }
}

#[actix_web::test]
async fn nam_17_markup_and_templates_are_text() {
    become_harmless("NAM-17").await;
}

#[actix_web::test]
async fn nam_18_what_a_shell_or_a_spreadsheet_would_run_is_text() {
    become_harmless("NAM-18").await;
}

/// The doors that carry paths are the live page and tus.
#[actix_web::test]
async fn nam_19_a_relative_path_that_climbs_is_refused() {
    let target = Target::start().await;
    let visitor = target.visitor();
    visitor.get("inbox").await;
    let mut live = visitor.live("inbox").await;
    let tus = Tus::by(&visitor);
    let (deep, long) = ("d/".repeat(1_000) + "a.txt", ["a".repeat(200).as_str(); 6].join("/"));
    for path in [
        "a/../../b.txt",
        "../b.txt",
        "/etc/passwd",
        "a//b",
        "a/./b",
        "C:\\x\\y",
        "..",
        &deep,
        &long,
    ] {
        let upload = Upload::bytes("b.txt", "x").in_folder(path);
        let refused = live.select("any", upload).await.unwrap_err();
        assert_eq!(refused.code(), "invalid_name", "{path:.40}");
        let said = metadata(&[("filename", "b.txt"), ("relativePath", path)]);
        let headers = [("upload-length", "1"), ("upload-metadata", &*said)];
        tus.post("any", &headers, b"").await.is_problem(400, "invalid_name");
    }
    let deepest = vec!["d"; 32].join("/");
    let file = live.select("any", Upload::bytes("d", "x").in_folder(&deepest)).await.unwrap();
    live.send_all(&file).await;
    assert!(live.settled(&file).await.is_complete());
    let listed = visitor.listed().await;
    assert_eq!((listed.len(), &listed[0]["relative_path"]), (1, &deepest.into()));
    drop(live);
    target.end().await;
}

#[actix_web::test]
async fn nam_22_of_two_names_in_a_part_the_plain_one_counts_and_is_made_safe() {
    let target = Target::start().await;
    for page in ["inbox", "resumable/inbox/any", "filepond/inbox/any"] {
        let visitor = target.visitor();
        for (plain, shown) in [("a.txt", "a.txt"), ("../../a.txt", "a.txt")] {
            let part = format!(
                "Content-Disposition: form-data; name=\"any\"; filename=\"{plain}\"; \
                 filename*=UTF-8''..%2f..%2fb.php"
            );
            visitor.post(page, Form::new().part(&part, b"x")).await;
            assert_eq!(visitor.listed().await[0]["name"], shown, "{page}");
        }
    }
    target.end().await;
}

#[actix_web::test]
async fn nam_24_a_slot_that_is_not_there_is_unknown_whatever_it_is_called() {
    let long = "x".repeat(10_240);
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        let visitor = target.visitor();
        for slot in ["nowhere", "../x", "__proto__", "ANY", "any\\..\\any", &long] {
            let outcomes = door.send(&visitor, "inbox", slot, &[sent("a.txt", text(20))]).await;
            assert_eq!(outcomes[0].word(), "unknown_slot", "{}: {slot:.20}", door.name());
        }
        assert!(visitor.listed().await.is_empty());
        target.end().await;
    }
    let target = Target::start().await;
    // Through a form's address a page can't be left either.
    for path in ["/inbox%2f..%2fdesk", "/%2e%2e/inbox", "/inbox/..%2f..", "/__proto__"] {
        let body = Form::new().file("any", "a.txt", b"x").body();
        let kind = Form::content_type();
        let (visitor, headers) = (target.visitor(), [("content-type", &*kind)]);
        let status = visitor.send(Method::POST, path, &headers, body).await.status;
        assert!([404, 405].contains(&status), "{path}: {status}");
    }
    target.end().await;
}
