//! A developer's mistake stops the start, and says what was given and what is allowed.

use std::error::Error;
use std::path::{Path, PathBuf};

use longshore::blob::MemoryStore;
use longshore::catalogue::Memory;
use longshore::{
    Durability, Limits, SlotOptions, StartError, Templates, UploadSession, Uploads, UploadsBuilder,
    View, ViewError,
};

/// A page whose developer made a mistake.
#[derive(Debug, Clone)]
struct Mistaken {
    template: &'static str,
    slots: Vec<(&'static str, SlotOptions)>,
    mount: Mount,
}

#[derive(Debug, Clone, Copy)]
enum Mount {
    Works,
    Fails,
    Panics,
}

impl View for Mistaken {
    fn template(&self) -> &str {
        self.template
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        match self.mount {
            Mount::Works => {}
            Mount::Fails => return Err(ViewError::failed("the address book is not there")),
            Mount::Panics => panic!("the address book is upside down"),
        }
        for (name, options) in std::mem::take(&mut self.slots) {
            session.allow_upload(name, options)?;
        }
        Ok(())
    }
}

const FINE: Mistaken = Mistaken { template: "page.html", slots: Vec::new(), mount: Mount::Works };

fn slots(slots: &[(&'static str, SlotOptions)]) -> Mistaken {
    Mistaken { slots: slots.to_vec(), ..FINE }
}

fn builder() -> UploadsBuilder {
    Uploads::builder().templates(Templates::from_texts([("page.html", "")]).unwrap())
}

fn page(page: Mistaken) -> UploadsBuilder {
    builder().page("page", move || page.clone())
}

/// Why it does not start, with all causes.
fn told(error: &StartError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Asserts that each start is refused in a sentence that has all of these words in it.
async fn are_refused(mistakes: Vec<(&str, UploadsBuilder, Vec<&str>)>) {
    for (what, builder, expected) in mistakes {
        let Err(error) = builder.start().await else { panic!("{what}: it started all the same") };
        let text = told(&error);
        for part in expected {
            assert!(text.contains(part), "{what}: {part:?} should be in {text:?}");
        }
    }
}

#[actix_web::test]
async fn a_page_that_cannot_work_stops_the_start() {
    let missing = Mistaken { template: "missing.html", ..FINE };
    let mut mistakes = vec![
        (
            "a template that is not there",
            page(missing),
            vec!["`page`", "missing.html", "page.html"],
        ),
        (
            "a template where there are none",
            Uploads::builder().page("page", || FINE),
            vec!["`page`", "page.html", "none at all"],
        ),
        (
            "two pages of one name",
            builder().page("page", || FINE).page("page", || FINE),
            vec!["`page`", "twice", "of its own"],
        ),
        (
            "a mount that fails",
            page(Mistaken { mount: Mount::Fails, ..FINE }),
            vec!["`page` does not mount", "the address book is not there"],
        ),
        (
            "a mount that panics",
            page(Mistaken { mount: Mount::Panics, ..FINE }),
            vec!["`page` does not mount", "panicked", "upside down"],
        ),
        (
            "an index that does not mount",
            builder().index(|| Mistaken { mount: Mount::Fails, ..FINE }),
            vec!["`index` does not mount"],
        ),
    ];
    for name in [
        "upload",
        "tus",
        "resumable",
        "filepond",
        "api",
        "static",
        "healthz",
        "readyz",
        "metrics",
        "index",
    ] {
        mistakes.push((name, builder().page(name, || FINE), vec![name, "paths are ours"]));
    }
    for name in ["", "A", "a/b", "..", "_upload", "a b", "{x}"] {
        let expected = vec![name, "no name for a page", "a lower-case letter"];
        mistakes.push((name, builder().page(name, || FINE), expected));
    }
    are_refused(mistakes).await;
}

#[actix_web::test]
async fn a_slot_that_cannot_work_stops_the_start() {
    let new = SlotOptions::new;
    let table: Vec<(Mistaken, Vec<&str>)> = vec![
        (slots(&[("twice", new()), ("twice", new())]), vec!["twice", "declared already"]),
        (slots(&[("Big", new())]), vec!["Big", "lower-case"]),
        (slots(&[("x", new().accept("jpg"))]), vec!["x", "\"jpg\"", ".jpg", "image/*"]),
        (slots(&[("x", new().accept(".jpg,image/"))]), vec!["image/"]),
        (slots(&[("x", new().max_entries(0))]), vec!["max_entries", "0", "1 to 10000"]),
        (slots(&[("x", new().max_file_size(0))]), vec!["max_file_size", "0", "1 to"]),
        (
            slots(&[("x", new().min_file_size(11).max_file_size(10))]),
            vec!["min_file_size", "11", "0 to 10"],
        ),
        (slots(&[("x", new().chunk_size(1))]), vec!["chunk_size", "1", "1024 to 1000000"]),
        (slots(&[("x", new().max_total_size(0))]), vec!["max_total_size", "0"]),
    ];
    let mistakes = table.into_iter().map(|(view, mut expected)| {
        expected.push("`page`");
        ("a slot", page(view), expected)
    });
    are_refused(mistakes.collect()).await;
}

#[actix_web::test]
async fn a_place_that_is_none_stops_the_start() {
    let allowed = ["\"/uploads\"", "begins with `/`"];
    let mut mistakes = vec![(
        "two prefixes",
        builder().prefix("/a").prefix("/b"),
        vec!["\"/a\"", "\"/b\"", "allowed is one"],
    )];
    for prefix in ["", "/", "uploads", "/uploads/", "/a//b", "/../b", "/{id}", "/a b", "/a?b"] {
        mistakes.push((prefix, builder().prefix(prefix), [&[prefix][..], &allowed].concat()));
    }
    for origin in [
        "app.example",
        "https://app.example/",
        "https://App.example",
        "https://app.example:443",
        "ftp://app.example",
        "*",
    ] {
        let expected = vec![origin, "no origin", "scheme://host:port"];
        mistakes.push((origin, builder().allowed_origin(origin), expected));
    }
    for proxy in ["localhost", "10.0.0.0/33", "10.0.0.1:80", "*", ""] {
        let expected = vec![proxy, "trusted proxy", "10.0.0.0/8"];
        mistakes.push((proxy, builder().trusted_proxy(proxy), expected));
    }
    are_refused(mistakes).await;
}

#[actix_web::test]
async fn a_limit_of_nothing_stops_the_start() {
    let usual = Limits::default();
    let limits = |limits| builder().limits(limits);
    are_refused(vec![
        (
            "max_frame",
            limits(Limits { max_frame: 0, ..usual }),
            vec!["`max_frame`", "0", "1 or more"],
        ),
        ("window", limits(Limits { window: 0, ..usual }), vec!["`window`", "0"]),
        ("max_parts", limits(Limits { max_parts: 0, ..usual }), vec!["`max_parts`", "0"]),
    ])
    .await;
    // Never reading past a refused file is a wish that one may have.
    let started = limits(Limits { max_skip: 0, ..usual }).start().await.unwrap();
    started.shutdown(std::time::Duration::ZERO).await;
}

#[actix_web::test]
async fn folders_that_contradict_each_other_stop_the_start() {
    let own = || builder().store(MemoryStore::default()).catalogue(Memory::new());
    are_refused(vec![
        (
            "two folders",
            builder().data("/nowhere/a").data("/nowhere/b"),
            vec!["/nowhere/a", "/nowhere/b", "allowed is one"],
        ),
        (
            "a durability of memory",
            builder().durability(Durability::Os),
            vec!["`durability`", "Os", "no data folder", "give `data`"],
        ),
        (
            "a durability that nobody asks for",
            own().data("/nowhere/a").durability(Durability::Always),
            vec!["`durability`", "Always", "application's own", "leave `durability` out"],
        ),
    ])
    .await;
    assert!(!Path::new("/nowhere").exists());
}

#[actix_web::test]
async fn a_folder_that_cannot_hold_data_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| -> PathBuf { folder.path().join(name) };
    std::fs::write(at("file"), b"").unwrap();
    for (name, inside) in [("torn", "secret"), ("alien", "catalogue.sqlite3")] {
        std::fs::create_dir(at(name)).unwrap();
        std::fs::write(at(name).join(inside), b"no such thing").unwrap();
    }
    are_refused(vec![
        ("a file", builder().data(at("file")), vec!["can't make the data folder", "/file"]),
        ("half a secret", builder().data(at("torn")), vec!["torn/secret", "64 random bytes"]),
        ("no database", builder().data(at("alien")), vec!["can't open", "alien/catalogue.sqlite3"]),
    ])
    .await;
    // A mistake in a page is found when the folder is open, and leaves it free.
    let page = || Mistaken { mount: Mount::Fails, ..FINE };
    for _ in 0..2 {
        let mistaken = builder().data(at("data")).page("page", page).start().await;
        assert!(matches!(mistaken, Err(StartError::Page { .. })), "{mistaken:?}");
    }
    let started = builder().data(at("data")).start().await.unwrap();
    started.shutdown(std::time::Duration::ZERO).await;
}
