//! One folder holds everything: it is locked, it survives a restart, and an application finds its files.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use longshore::blob::MemoryStore;
use longshore::testing::{Form, samples};
use longshore::{
    Caller, DataError, Entry, EntryId, SlotOptions, StartError, UploadSession, Uploads, View,
    ViewError,
};

use crate::embedding::host::Host;
use crate::embedding::{builder, host};
use crate::support::pages;

#[actix_web::test]
async fn a_second_service_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = builder(&data).start().await.unwrap();
    let clone = first.clone();
    let refused = |what: &'static str, data: PathBuf| async move {
        let Err(error) = builder(&data).start().await else { panic!("{what}: it started") };
        assert!(matches!(error, StartError::Data(DataError::Taken(_))), "{what}: {error:?}");
        assert!(error.to_string().contains(&*data.to_string_lossy()), "{error}");
    };
    refused("while it runs", data.clone()).await;
    first.shutdown(Duration::ZERO).await;
    drop(first);
    refused("while somebody has it", data.clone()).await;
    drop(clone);
    let second = builder(&data).start().await.unwrap();
    second.shutdown(Duration::ZERO).await;
}

#[actix_web::test]
async fn everything_in_the_folder_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = host(&data).await;
    let browser = first.browser();
    let bytes = samples::text(100_000);
    let form = Form::new().file("any", "a.txt", &bytes);
    let json = browser.post("/uploads/inbox", &[], form).await.json();
    let url = json["files"][0]["url"].as_str().unwrap().to_owned();
    let jar = browser.jar.borrow().clone();
    first.stop().await;

    let mut names: Vec<_> = std::fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    // The catalogue was closed: its log is gone.
    let ours = ["boot", "catalogue.sqlite3", "files", "lock", "quarantine", "secret", "spool"];
    assert_eq!(names, ours);

    // Same secret, same catalogue, same files; a prefix may move without them.
    let moved = builder(&data).prefix("/moved").start().await.unwrap();
    let second = Host::with(vec![moved]).await;
    let browser = second.browser();
    let cookie = jar.iter().find(|cookie| cookie.name() == "longshore").unwrap();
    let mut cookie = cookie.clone();
    cookie.set_path("/moved");
    browser.jar.borrow_mut().push(cookie);
    let url = url.replacen("/uploads", "/moved", 1);
    assert_eq!(browser.get(&url).await.body, bytes);
    second.stop().await;
}

/// A page that writes down what its session says of a file.
#[derive(Debug)]
struct Diary(Arc<Mutex<Vec<Note>>>);

#[derive(Debug)]
struct Note {
    caller: Caller,
    id: EntryId,
    url: String,
    dir: Option<PathBuf>,
}

impl View for Diary {
    fn template(&self) -> &str {
        "inbox.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        Ok(session.allow_upload("any", SlotOptions::new())?)
    }

    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        if entry.done() {
            pages::keep(entry, session).await?;
            let file = session.stored_file(entry.id).await?;
            assert_eq!(session.facts(&file).url, session.get_upload_url(&file));
            self.0.lock().unwrap().push(Note {
                caller: session.caller().clone(),
                id: file.id,
                url: session.get_upload_url(&file),
                dir: session.get_upload_dir(),
            });
        }
        Ok(())
    }
}

#[actix_web::test]
async fn an_application_finds_the_folder_and_the_url_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let notes: Arc<Mutex<Vec<Note>>> = Arc::default();
    let diary = Arc::clone(&notes);
    let builder =
        builder(&data).prefix("/uploads").page("diary", move || Diary(Arc::clone(&diary)));
    let uploads = builder.start().await.unwrap();
    let host = Host::with(vec![uploads.clone()]).await;
    let form = Form::new().file("any", "ä.txt", b"here");
    let json = host.browser().post("/uploads/diary", &[], form).await.json();
    let note = notes.lock().unwrap().pop().expect("a note");

    let dir = uploads.get_upload_dir().expect("a folder on this machine");
    assert_eq!(dir, data.canonicalize().unwrap().join("files"));
    assert_eq!(note.dir.as_ref(), Some(&dir));
    assert_eq!(std::fs::read(dir.join(note.id.to_string())).unwrap(), b"here");

    let file = uploads.file(note.id, &note.caller).await.unwrap();
    assert_eq!(json["files"][0]["url"], note.url.as_str());
    assert_eq!(
        (uploads.get_upload_url(&file), uploads.facts(&file).url),
        (note.url.clone(), note.url)
    );
    host.stop().await;
}

#[actix_web::test]
async fn bytes_in_memory_lie_in_no_folder() {
    let uploads = Uploads::builder().start().await.unwrap();
    assert_eq!(uploads.get_upload_dir(), None);
    uploads.shutdown(Duration::ZERO).await;
    // What the application gives wins over what the data folder would make.
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::default();
    let mixed = Uploads::builder().data(folder.path()).store(store).start().await.unwrap();
    assert_eq!(mixed.get_upload_dir(), None);
    assert!(folder.path().join("catalogue.sqlite3").exists());
    assert!(!folder.path().join("files").exists());
    mixed.shutdown(Duration::ZERO).await;
}
