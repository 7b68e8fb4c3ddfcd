//! Who may import whom (`DESIGN` §5), read from the sources: arrows only point down.

mod rules;
mod source;

use std::path::{Path, PathBuf};

use rules::complaints;

/// Every Rust file under `src`, by its path below that.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::<PathBuf>::new());
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn arrows_only_point_down() {
    let sources = sources();
    assert!(sources.len() > 50, "these are not the sources");
    let all: Vec<String> = sources.iter().flat_map(|(file, text)| complaints(file, text)).collect();
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn every_folder_has_its_floor() {
    for (file, _) in sources() {
        assert!(rules::floor_of_file(&file).is_some(), "src/{file}: which floor is this?");
    }
}

#[test]
fn a_line_that_points_up_is_caught_with_its_place() {
    for (file, line) in [
        ("domain/slot.rs", "use crate::engine::Engine;"),
        ("domain/slot.rs", "use crate::{domain::Slot, checks::Check};"),
        ("domain/slot.rs", "fn now() -> std::time::SystemTime { todo() }"),
        ("domain/slot.rs", "use std::{fmt, fs};"),
        ("domain/slot.rs", "let id = Uuid::new_v4();"),
        ("domain/slot.rs", "use tokio::sync::Mutex;"),
        ("blob/local.rs", "use crate::catalogue::Catalogue;"),
        ("blob/local.rs", "use super::super::engine::Engine;"),
        ("folder.rs", "use crate::blob::BlobKey;"),
        ("checks/magic.rs", "use actix_web::web::Bytes;"),
        ("engine/mod.rs", "use crate::supervisor::Supervisor;"),
        ("engine/mod.rs", "use crate::Uploads;"),
        ("engine/mod.rs", "let file = std::fs::File::open(path);"),
        ("engine/mod.rs", "use rusqlite::Row;"),
        ("engine/mod.rs", "use actix::Addr;"),
        ("session.rs", "use actix_web::HttpRequest;"),
        ("session/consume.rs", "use crate::transport::Problem;"),
        ("uploads/builder.rs", "use crate::pages;"),
        ("transport/ws/session.rs", "use crate::engine::Lease;"),
        ("transport/ws/session.rs", "use crate::blob::Blob;"),
        ("transport/ws/session.rs", "use crate::transport::form::Receipt;"),
        ("transport/form/mod.rs", "use super::ws::WsSession;"),
        ("transport/answer.rs", "use super::ws::WsSession;"),
        ("transport/ws/session.rs", "use actix_web_actors::ws;"),
        ("pages/photos.rs", "use crate::domain::Entry;"),
        ("pages/photos.rs", "let entries = crate::engine::Engine::new();"),
        ("testing/live/wire.rs", "use crate::transport::ws::DataFrame;"),
        ("testing/server.rs", "use crate::pages::add_to;"),
        ("testing/server.rs", "use crate::app::server::run;"),
        ("pages/photos.rs", "use crate::testing::Upload;"),
        ("app/server.rs", "use crate::testing::FakeClock;"),
        ("transport/page.rs", "use crate::testing::Visitor;"),
        ("transport/download.rs", "let file = std::fs::File::open(name);"),
        ("transport/form/mod.rs", "use tokio::fs;"),
        ("jobs/thumbnail.rs", "use std::process::Command;"),
        ("transport/page.rs", "let run = tokio::process::Command::new(name);"),
        ("engine/mod.rs", "use super::*;"),
        ("engine/mod.rs", "// TODO: later"),
        ("engine/mod.rs", "    todo!(\"later\")"),
        ("engine/utils.rs", ""),
        ("transport/helpers/mod.rs", ""),
    ] {
        let found = complaints(file, &format!("//! Doc.\n\n{line}\n"));
        assert_eq!(found.len(), 1, "{file}: {line}: {found:?}");
        assert!(found[0].starts_with(&format!("src/{file}:")), "{found:?}");
        if !line.is_empty() {
            assert!(found[0].starts_with(&format!("src/{file}:3:")), "{found:?}");
        }
    }
    let long = "let x = 1;\n".repeat(401);
    assert_eq!(complaints("engine/mod.rs", &long).len(), 1);
}

#[test]
fn a_line_that_points_down_is_not() {
    for (file, text) in [
        ("domain/slot.rs", "use crate::domain::{Code, Rejection};\nuse super::name::SlotName;"),
        ("domain/slot.rs", "//! Not like crate::engine::Engine.\n/* crate::engine::X */"),
        ("domain/slot.rs", "let text = \"use crate::engine::Engine; // TODO\";"),
        ("domain/slot.rs", "let text = r#\"std::fs::File \"crate::engine\" \"#; let c = '\"';"),
        ("domain/id.rs", "pub struct Id(uuid::Uuid); impl<'a> From<&'a str> for Id {}"),
        ("blob/local.rs", "use std::fs::File;\nuse super::{BlobError, local::part::Part};"),
        ("catalogue/sqlite.rs", "use rusqlite::Row;\nuse crate::domain::Entry;"),
        (
            "engine/lease.rs",
            "use super::live::LiveEntry;\nuse crate::blob::BlobStore;\nuse bytes::Bytes;",
        ),
        (
            "uploads.rs",
            "use actix::Addr;\nuse crate::supervisor::Supervisor;\nuse self::builder::X;",
        ),
        ("transport/ws/socket.rs", "use actix_web_actors::ws;\nuse super::session::WsSession;"),
        ("transport/ws/wire/data.rs", "pub(in crate::transport::ws) struct Frame;"),
        (
            "transport/form/answer.rs",
            "use crate::transport::page::error_page;\nuse crate::view::Event;",
        ),
        (
            "pages/photos.rs",
            "use super::listing::keep;\nuse crate::{Context, Entry, UploadSession};",
        ),
        (
            "testing/view.rs",
            "use super::Upload;\nuse crate::mounted::Mounted;\nuse crate::{Uploads, View};",
        ),
        ("app/server.rs", "use crate::blob::{self, LocalStore};\nuse crate::{Uploads, pages};"),
        (
            "engine/lease.rs",
            "fn x() {}\n#[cfg(test)]\nmod tests {\n    use super::*;\n    use crate::app;\n}",
        ),
        ("checks/command.rs", "use tokio::process::Command;"),
        ("uploads/data.rs", "use std::fs::File;"),
        ("engine/tests.rs", "use super::*;\nuse crate::blob::faulty::FaultyStore;"),
    ] {
        assert_eq!(complaints(file, text), Vec::<String>::new(), "{file}: {text}");
    }
}
