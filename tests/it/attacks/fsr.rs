//! FSR: other users of the machine, and what lies in the data folder. What needs a process of its own (its umask, a
//! disk that is unmounted under it) is in `tests/e2e/data_folder.rs`.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use longshore::testing::{Upload, samples, until};
use longshore::{DataError, StartError, Thumbnails, Uploads, UploadsBuilder};

use crate::support::doors::{Outcome, doors_of_few_words, every_door};
use crate::support::tus::{BYTES, Tus};
use crate::support::{OthersGoOn, TestApp};

/// A folder beside the data folder with a file that nobody may touch.
struct Elsewhere {
    place: tempfile::TempDir,
}

impl Elsewhere {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("precious"), "precious").unwrap();
        Self { place }
    }

    fn path(&self) -> &Path {
        self.place.path()
    }

    fn precious(&self) -> PathBuf {
        self.path().join("precious")
    }

    #[track_caller]
    fn is_untouched(&self) {
        let names = fs::read_dir(self.path()).unwrap().count();
        assert_eq!(names, 1, "something was made there");
        assert_eq!(fs::read(self.precious()).unwrap(), b"precious");
        let mode = fs::metadata(self.precious()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644 & mode, "its rights were changed");
    }
}

/// Waits for the store's trial, whose outcome holds for a second.
async fn readiness_is(app: &TestApp, ready: bool) {
    for _ in 0..200 {
        if app.uploads().is_ready().await == ready {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("readiness never became {ready}: {:?}", app.uploads().not_ready().await);
}

#[actix_web::test]
async fn fsr_01_a_link_in_the_place_of_a_folder_of_ours_is_not_followed_by_any_door() {
    for name in ["spool", "files"] {
        let app = TestApp::start().await;
        let elsewhere = Elsewhere::new();
        let (ours, away) = (app.data().join(name), app.data().join("away"));
        fs::rename(&ours, &away).unwrap();
        symlink(elsewhere.path(), &ours).unwrap();
        readiness_is(&app, false).await;
        for door in every_door().iter().chain(&doors_of_few_words()) {
            let file = Upload::bytes("a.txt", samples::text(20_000));
            if !door.can_send("inbox", "any", std::slice::from_ref(&file)) {
                continue;
            }
            let outcomes = door.send(&app.visitor(), "inbox", "any", &[file]).await;
            for outcome in outcomes {
                let Outcome::Refused(code) = outcome else { panic!("{}: {name}", door.name()) };
                assert_eq!(code, "storage_error", "{}: {name}", door.name());
            }
            elsewhere.is_untouched();
        }
        fs::remove_file(&ours).unwrap();
        fs::rename(&away, &ours).unwrap();
        readiness_is(&app, true).await;
        app.is_alive().await;
        app.end().await;
    }
}

#[actix_web::test]
async fn fsr_01_a_link_in_the_place_of_a_file_is_neither_written_nor_replaced() {
    let app = TestApp::start().await;
    let elsewhere = Elsewhere::new();
    let client = Tus::of(&app).await;
    let create = || client.send("POST", "/tus/inbox/any", &[("upload-length", "20000")], b"");
    let send = async |url: &str, offset: &str, bytes: &[u8]| {
        client.send("PATCH", url, &[BYTES, ("upload-offset", offset)], bytes).await.status
    };
    let bytes = samples::text(20_000);

    // The first one shows where the session's unfinished files lie.
    let first = create().await.header("location").unwrap().to_owned();
    assert_eq!(send(&first, "0", &bytes[..10_000]).await, 204);
    let part = app.spool().into_iter().find(|path| path.is_file()).expect("a part");
    let id_of = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    assert!(part.ends_with(format!("{}.part", id_of(&first))), "{}", part.display());

    // A link where the next one would begin.
    let next = create().await.header("location").unwrap().to_owned();
    let planted = part.with_file_name(format!("{}.part", id_of(&next)));
    symlink(elsewhere.precious(), &planted).unwrap();
    assert!(send(&next, "0", &bytes[..10_000]).await >= 400);
    elsewhere.is_untouched();

    // The same of one that comes at once, and needs no place in its session's folder: wherever it is made.
    let little = create().await.header("location").unwrap().to_owned();
    let draft = app.data().join("spool").join(format!("{}.little", id_of(&little)));
    let file = app.data().join("files").join(id_of(&little));
    symlink(elsewhere.precious(), &draft).unwrap();
    symlink(elsewhere.precious(), &file).unwrap();
    assert!(send(&little, "0", &bytes).await >= 400);
    elsewhere.is_untouched();
    let _ = (fs::remove_file(&draft), fs::remove_file(&file));

    // And one where the first one would end.
    let planted_file = app.data().join("files").join(id_of(&first));
    symlink(elsewhere.precious(), &planted_file).unwrap();
    assert!(send(&first, "10000", &bytes[10_000..]).await >= 400);
    elsewhere.is_untouched();
    assert!(
        !planted_file.is_file(),
        "what is there is not replaced, or it is the link itself that goes"
    );

    let _ = fs::remove_file(&planted_file);
    fs::remove_file(&planted).unwrap();
    for url in [first, next, little] {
        client.send("DELETE", &url, &[], b"").await;
    }
    // The links have kept the session's folder from going with its last file; the next last one takes it along.
    let last = create().await.header("location").unwrap().to_owned();
    assert_eq!(send(&last, "0", &bytes[..10_000]).await, 204);
    assert_eq!(client.send("DELETE", &last, &[], b"").await.status, 204);
    app.is_alive().await;
    app.end().await;
}

#[actix_web::test]
async fn fsr_01_a_link_in_the_place_of_a_stored_file_is_not_served() {
    let app = TestApp::start().await;
    let elsewhere = Elsewhere::new();
    let visitor = app.visitor();
    let file = visitor.store("inbox", "any", Upload::text("a.txt", "hello")).await;
    let (id, url) = (file["id"].as_str().unwrap(), file["url"].as_str().unwrap());
    let path = app.data().join("files").join(id);
    fs::remove_file(&path).unwrap();
    symlink(elsewhere.precious(), &path).unwrap();
    let answer = visitor.get(url).await;
    assert!(answer.status >= 400, "{}", answer.status);
    assert!(!answer.text().contains("precious"), "{}", answer.text());
    assert!(!answer.text().contains("/files"), "no path is told: {}", answer.text());
    fs::remove_file(&path).unwrap();
    app.is_alive().await;
    app.stop().await;
}

#[actix_web::test]
async fn fsr_02_a_data_folder_that_others_decide_about_is_refused_before_anything_is_made_in_it() {
    async fn refused(data: &Path, says: &str) {
        let before = fs::read_dir(data).unwrap().count();
        let Err(error) = Uploads::builder().data(data).start().await else { panic!("it starts") };
        let StartError::Data(DataError::Unsafe { source, .. }) = error else { panic!("{error:?}") };
        assert!(source.to_string().contains(says), "{source}");
        assert_eq!(fs::read_dir(data).unwrap().count(), before, "nothing was made");
    }
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    fs::create_dir(&data).unwrap();
    for mode in [0o777, 0o1777, 0o702] {
        fs::set_permissions(&data, fs::Permissions::from_mode(mode)).unwrap();
        refused(&data, "writable by everybody").await;
    }
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    // Who may not give a folder away can't make this case; the end-to-end tests need root anyway.
    let given = std::os::unix::fs::chown(&data, Some(12_345), None);
    if fs::metadata(place.path()).unwrap().uid() == 0 {
        given.unwrap();
        refused(&data, "belongs to user 12345").await;
    }
}

#[actix_web::test]
async fn fsr_03_a_folder_that_is_swapped_for_a_link_during_a_clean_up_leads_it_nowhere() {
    let app = TestApp::start().await;
    let elsewhere = Elsewhere::new();
    let mut live = app.live().await;
    let upload = Upload::bytes("a.txt", samples::text(100_000));
    let file = live.select("any", upload).await.unwrap();
    live.send(&file, 50).await;
    live.progressed(&file, 10).await;
    let part = app.spool().into_iter().find(|path| path.is_file()).expect("a part");
    let session = part.parent().unwrap().to_owned();

    // Somebody's file that has the name of the one that will be removed.
    let victims = tempfile::tempdir().unwrap();
    let victim = victims.path().join(part.file_name().unwrap());
    fs::write(&victim, "not ours").unwrap();
    let away = app.data().with_file_name("away");
    fs::rename(&session, &away).unwrap();
    symlink(victims.path(), &session).unwrap();
    live.say(&serde_json::json!({ "type": "cancel", "ref": file.as_ref() })).await;
    assert_eq!(live.settled(&file).await.status(), "cancelled");
    until("the part is gone", || fs::read_dir(&away).unwrap().count() == 0).await;
    assert_eq!(fs::read(&victim).unwrap(), b"not ours");

    // The same with what the sweep empties.
    let old = victims.path().join("1-00000000-0000-7000-8000-000000000000");
    fs::write(&old, "not ours").unwrap();
    let quarantine = app.data().join("quarantine");
    fs::rename(&quarantine, app.data().with_file_name("quarantined")).unwrap();
    symlink(victims.path(), &quarantine).unwrap();
    app.clock().advance(Duration::from_secs(30 * 24 * 3_600));
    app.sweep().await;
    assert_eq!(fs::read(&old).unwrap(), b"not ours");

    fs::remove_file(&quarantine).unwrap();
    fs::rename(app.data().with_file_name("quarantined"), &quarantine).unwrap();
    fs::remove_file(&session).unwrap();
    fs::remove_dir(&away).unwrap();
    drop(live);
    elsewhere.is_untouched();
    app.is_alive().await;
    app.end().await;
}

#[actix_web::test]
async fn fsr_05_a_data_folder_that_was_taken_away_takes_no_upload_and_is_not_made_again() {
    let with_pictures = |builder: UploadsBuilder| builder.thumbnails(Thumbnails::in_memory());
    let app = TestApp::with(with_pictures).await;
    let away = app.data().with_file_name("away");
    let mut live = app.live().await;
    let under_way = live.select("any", Upload::bytes("b.txt", samples::text(100_000))).await;
    let under_way = under_way.unwrap();
    live.send(&under_way, 50).await;
    live.progressed(&under_way, 10).await;
    // First there is nothing, then the empty folder that a disk was mounted on.
    for mount_point in [false, true] {
        fs::rename(app.data(), &away).unwrap();
        if mount_point {
            fs::create_dir(app.data()).unwrap();
        }
        readiness_is(&app, false).await;
        for door in every_door() {
            let file = Upload::bytes("a.txt", samples::text(20_000));
            let outcomes = door.send(&app.visitor(), "inbox", "any", &[file]).await;
            for outcome in outcomes {
                assert_eq!(outcome.word(), "storage_error", "{}", door.name());
            }
        }
        if mount_point {
            // What was under way is not said to be stored.
            live.send_all(&under_way).await;
            live.fails(&under_way, "storage_error").await;
            assert_eq!(fs::read_dir(app.data()).unwrap().count(), 0, "something was made there");
            fs::remove_dir(app.data()).unwrap();
        }
        assert!(!app.data().exists(), "it was made again");
        fs::rename(&away, app.data()).unwrap();
        readiness_is(&app, true).await;
    }
    live.others_go_on().await;
    drop(live);
    app.is_alive().await;
    app.end().await;
}

#[actix_web::test]
async fn fsr_06_a_second_service_on_the_same_folder_is_refused() {
    let app = TestApp::start().await;
    let second = Uploads::builder().data(app.data()).start().await;
    let Err(StartError::Data(DataError::Taken(_))) = second else { panic!("it starts") };
    app.is_alive().await;
    app.end().await;
}

#[actix_web::test]
async fn fsr_07_nothing_that_is_made_can_be_run_or_read_by_others_or_has_attributes() {
    let app = TestApp::start().await;
    for door in every_door().iter().chain(&doors_of_few_words()) {
        for name in ["run.sh", "a.txt"] {
            let file = Upload::bytes(name, "#!/bin/sh\necho run\n");
            if door.can_send("inbox", "any", std::slice::from_ref(&file)) {
                let outcomes = door.send(&app.visitor(), "inbox", "any", &[file]).await;
                assert_eq!(outcomes[0].word(), "stored", "{}: {name}", door.name());
            }
        }
    }
    let mut live = app.live().await;
    let file = live.select("any", Upload::bytes("half.txt", samples::text(100_000))).await.unwrap();
    live.send(&file, 50).await;
    live.progressed(&file, 10).await;
    let mut seen = 0;
    let mut folders = vec![app.data()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let facts = fs::symlink_metadata(&path).unwrap();
            let expected = if facts.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(facts.mode() & 0o7777, expected, "{}", path.display());
            let mut names = vec![0; 4_096];
            let length = rustix::fs::llistxattr(&path, &mut names).unwrap();
            let names = String::from_utf8_lossy(&names[..length]).into_owned();
            assert!(!names.contains("user."), "{}: {names}", path.display());
            if facts.is_dir() {
                folders.push(path);
            }
            seen += 1;
        }
    }
    assert!(seen > 15, "only {seen} files and folders");
    drop(live);
    app.end().await;
}
